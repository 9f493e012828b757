//! The terminal as the dashboard's screen.

use std::io;
use std::path::Path;

use anyhow::Context;
use ratatui::Frame;

use super::DisplayArgs;
use crate::config::{Theme, Ui};
use crate::terminal::Terminal;
use crate::terminal::graphics::{self, CellSize, Placed, Wish};
use crate::ui::{self, Screen};

/// The look of the dashboard here: in `theme`, unless another was asked for.
pub(super) fn options(display: &DisplayArgs, theme: Theme) -> ui::Options {
    let env = |name: &str| std::env::var(name).ok();
    let theme = display.theme.unwrap_or(theme);
    ui::Options {
        theme,
        palette: theme.resolve(env, None),
        glyphs: display.glyphs.resolve(env),
        ..ui::Options::at(f64::from(display.fps))
    }
}

/// Takes the terminal, and finds out whether it draws pictures where that is wanted.
pub(super) fn enter(log: Option<&Path>, display: &DisplayArgs, ui: Ui) -> anyhow::Result<Terminal> {
    let mut terminal = Terminal::enter(log).context("cannot take the terminal for the dashboard")?;
    let env = |name: &str| std::env::var(name).ok();
    let theme = display.theme.unwrap_or(ui.theme);
    let colours = theme.resolve(env, None).depth().is_some();
    let wish = Wish::new(display.images.unwrap_or(ui.images), colours, env);
    let ground = theme == Theme::Auto && colours && graphics::answers(env);
    // A terminal that cannot be written to is met by the first frame.
    let _ = terminal.seek(wish, ground);
    if ui.mouse {
        let _ = terminal.heed_mouse();
    }
    Ok(terminal)
}

impl Screen for Terminal {
    fn draw(&mut self, view: &mut dyn FnMut(&mut Frame) -> Option<Placed>) -> io::Result<()> {
        Terminal::draw(self, view)
    }

    fn pictures(&mut self) -> Option<CellSize> {
        Terminal::pictures(self)
    }

    fn is_bright(&self) -> Option<bool> {
        Terminal::is_bright(self)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.repaint();
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        Terminal::suspend(self)
    }

    fn notify(&mut self, text: &str) -> io::Result<()> {
        Terminal::notify(self, text)
    }

    fn written(&self) -> u64 {
        Terminal::written(self)
    }
}
