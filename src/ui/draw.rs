//! Characters, colours and pictures in the terminal's cells.

pub mod glyphs;
pub mod images;
pub mod pen;
pub mod rows;
pub mod sheet;
pub mod theme;
pub mod view;
