//! Characters, colours and pictures in the terminal's cells.

pub mod gallery;
pub mod glyphs;
pub mod image_grid;
pub mod images;
pub mod pen;
pub mod rows;
pub mod spots;
pub mod theme;
pub mod view;
