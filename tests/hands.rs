//! What a person does with the keyboard: every action by its key and by its name, commands, keys of one's own, and the
//! documents that are made from the table of actions.

mod commands;
mod documents;
mod every;
mod explain;
mod mouse;
mod own;
mod runs;
