//! The terminal as the dashboard's screen.

use std::io::{self, IsTerminal, Write};
use std::path::Path;

use anyhow::Context;
use ratatui::Frame;

use super::DisplayArgs;
use crate::config::{Theme, Ui};
use crate::system::output;
use crate::terminal::graphics::{self, CellSize, Placed, Wish};
use crate::terminal::{self, Terminal};
use crate::ui::{self, Screen};

/// The end of a dashboard that no run ends with.
pub(super) struct Left {
    pub(super) code: u8,
    /// The line to leave on the shell's screen.
    pub(super) line: Option<String>,
    /// Whether the list of runs is wanted.
    pub(super) runs: bool,
}

impl Left {
    /// Left with this exit code, and nothing to be said.
    pub(super) fn with(code: u8) -> Left {
        Left { code, line: None, runs: false }
    }
}

/// The look of the dashboard here: as `ui` says, unless something else was asked for.
pub(super) fn options(display: &DisplayArgs, ui: Ui) -> ui::Options {
    let env = |name: &str| std::env::var(name).ok();
    let theme = display.theme.unwrap_or(ui.theme);
    ui::Options {
        theme,
        palette: theme.resolve(env, None),
        glyphs: display.glyphs.unwrap_or(ui.glyphs).resolve(env),
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

/// Why no dashboard can be shown here; reads on after its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoScreen {
    #[error("needs a terminal on standard input and output")]
    NoTerminal,
    #[error("needs a terminal that it can draw on, and TERM=dumb says that this is not one")]
    Dumb,
}

/// Whether a dashboard can be shown on standard input and output.
///
/// # Errors
/// Why it cannot.
pub(super) fn can_show() -> Result<(), NoScreen> {
    if !(io::stdin().is_terminal() && output::out().is_terminal()) {
        return Err(NoScreen::NoTerminal);
    }
    if terminal::is_dumb() { Err(NoScreen::Dumb) } else { Ok(()) }
}

/// The same as an answer; of a terminal that only takes lines the person is told, who may not know.
pub(super) fn is_there() -> bool {
    let shown = can_show();
    if let Err(why @ NoScreen::Dumb) = shown {
        let _ = writeln!(output::err(), "gantop: there is no dashboard here: it {why}");
    }
    shown.is_ok()
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
