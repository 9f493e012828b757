//! The terminal as the dashboard's screen.

use std::io;

use ratatui::Frame;

use crate::terminal::Terminal;
use crate::terminal::graphics::{CellSize, Placed};
use crate::ui::Screen;

impl Screen for Terminal {
    fn draw(&mut self, view: &mut dyn FnMut(&mut Frame) -> Option<Placed>) -> io::Result<()> {
        Terminal::draw(self, view)
    }

    fn pictures(&mut self) -> Option<CellSize> {
        Terminal::pictures(self)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.repaint();
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        Terminal::suspend(self)
    }

    fn written(&self) -> u64 {
        Terminal::written(self)
    }
}
