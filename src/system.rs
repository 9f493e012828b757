//! The services of the operating system.
//!
//! It uses no other room. Start reading at `files` and `output`: all that is opened and printed goes through them.

pub mod cache;
pub mod files;
pub mod machine;
pub mod output;
pub mod version;
