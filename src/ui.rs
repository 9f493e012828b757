//! The dashboard: shows what the trainer reports and sends it what the person asks for.
//!
//! [`run`] goes round the event loop. What it learns becomes a [`Message`]; [`update`] turns a message into new state
//! and effects; [`draw::view`] draws the state. Everything is drawn from acknowledged state: what was asked for is only
//! marked as pending.
//!
//! It uses all rooms but `train`, `headless`, `reproduce`, `session` and `cli`. Start reading at `state::app`, then
//! `update`.

pub mod actions;
pub mod charts;
pub mod draw;
pub mod pages;
pub mod popups;
pub mod runs;
pub mod state;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crossbeam_channel::Receiver;
use ratatui::Frame;
use ratatui::layout::Size;

use crate::domain::keymap::Keymap;
use crate::link::checkpoint::Checkpoint;
use crate::link::{Link, Report, RunInfo, Summary};
use crate::run::checkpoints::Item;
use crate::terminal::Event;
use crate::terminal::graphics::{CellSize, Placed};
use crate::truth::{self, Analysis};

mod event_loop;
pub mod update;

use crate::ui::pages::machine::Load;
use crate::ui::state::app::App;
use event_loop::Loop;

/// The look of the dashboard, and how often it draws.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The colours that were asked for.
    pub theme: draw::theme::Theme,
    /// The colours in use: see [`draw::theme::Theme::resolve`].
    pub palette: draw::theme::Palette,
    /// The glyphs in use: see [`crate::config::Glyphs::resolve`].
    pub glyphs: draw::glyphs::GlyphSet,
    /// The keys and their actions.
    pub keymap: Keymap,
    /// At most so many draws a second for what the trainer reports.
    pub fps: f64,
    /// At most so many snapshots a second while the run goes on.
    pub snapshots_per_second: f64,
    /// The share of a core that the analysis of snapshots may take; 0 for no analysis.
    pub analyst_share: f64,
    /// Whether to show what the machine does.
    pub machine: bool,
    /// Whether the run can go on without the dashboard, so that somebody may come back to it.
    pub detaches: bool,
    /// Whether a shell waits for the process, and takes it for stopped when it leaves the screen.
    pub is_job: bool,
    /// Whether trouble is also told outside the screen.
    pub notifies: bool,
}

/// Frames a second where nothing is said.
const FPS: f64 = 8.0;
/// The most snapshots a second. One changes most of the scatter and the histograms: more of them are bytes, not news.
const SNAPSHOTS: f64 = 2.0;

impl Options {
    /// The usual look at so many frames a second, of which at most every fourth has a new snapshot.
    pub fn at(fps: f64) -> Options {
        Options { fps, snapshots_per_second: SNAPSHOTS.min(fps / 4.0), ..Options::default() }
    }
}

impl Default for Options {
    fn default() -> Options {
        Options {
            theme: draw::theme::Theme::Auto,
            palette: draw::theme::Palette::Ansi16,
            glyphs: draw::glyphs::GlyphSet::Braille,
            keymap: Keymap::default(),
            fps: FPS,
            snapshots_per_second: SNAPSHOTS,
            analyst_share: truth::usual_share(),
            machine: false,
            detaches: false,
            is_job: false,
            notifies: false,
        }
    }
}

/// The surface that the dashboard is drawn on.
pub trait Screen {
    /// Draws one frame, and the picture that the view gives where the terminal draws pictures.
    fn draw(&mut self, view: &mut dyn FnMut(&mut Frame) -> Option<Placed>) -> io::Result<()>;
    /// The pixels of a cell, where the terminal draws pictures.
    fn pictures(&mut self) -> Option<CellSize> {
        None
    }
    /// Whether its background is bright, where it has been asked and has said so.
    fn is_bright(&self) -> Option<bool> {
        None
    }
    /// Forgets what is on the screen, so that the next draw writes every cell.
    fn clear(&mut self) -> io::Result<()>;
    /// Gives the terminal back to the shell and stops the process; returns when it goes on.
    fn suspend(&mut self) -> io::Result<()>;
    /// Notifies a person of this outside the screen, where that is wanted.
    fn notify(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }
    /// The bytes of all frames so far, where they are counted.
    fn written(&self) -> u64 {
        0
    }
}

/// The folder of the run's checkpoints.
pub trait Shelf {
    /// The checkpoints, the newest first, or why they cannot be told.
    fn list(&self) -> Result<Vec<Item>, String>;
    /// One of them, or what is wrong with it.
    fn load(&self, file: &Path) -> Result<Checkpoint, String>;
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// It did its steps, or was stopped.
    Finished(Summary),
    /// It broke: why, for a person.
    Failed(String),
    /// The trainer went away without a last report.
    Gone,
}

/// The way in which the dashboard was left.
#[derive(Clone, Debug, PartialEq)]
pub enum Exit {
    /// The person quit while the run was under way. It was told to stop; how it ended, or `None` if it had not ended
    /// when the person or the loop lost patience.
    Quit(Option<Ending>),
    /// The run had ended, and then the person quit.
    Ended(Ending),
    /// The person left, and the run is to go on.
    Detach,
    /// The same, for the list of runs.
    Runs,
    /// The terminal is gone while the run is under way, which has not been told anything. What the run is, once it has
    /// started, is for whoever follows it from here on.
    HangUp(Option<Box<RunInfo>>),
    /// The process was told to end. The run has not been told anything; how it had ended before, if it had.
    Terminate(Option<Ending>),
    /// The process was interrupted: the same.
    Interrupt(Option<Ending>),
}

/// An event of the event loop.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "few messages wait at once")]
pub enum Message {
    /// The time that has passed since the dashboard started.
    Tick(Duration),
    /// A frame was drawn on a screen of this size.
    Drawn(Size),
    /// The last frame had so many bytes, where they are counted.
    Sent(u64),
    /// The terminal draws pictures on cells of this size, or none.
    Pictures(Option<CellSize>),
    /// Something came from the terminal or the system.
    Input(Event),
    Report(Report),
    /// Another run, by its place among those beside the first one, has reported.
    Other(usize, Box<Report>),
    /// The analyst has looked at a snapshot.
    Analysis(Box<Analysis>),
    /// There will be no more analyses: why, for a person.
    NoAnalyst(String),
    /// The colours that a theme is here.
    Palette(draw::theme::Palette),
    /// The load of the machine, and the cost of the dashboard.
    Machine(Box<Load>),
    /// The checkpoints there are, the newest first; `newest`: the person wants to go back to that one.
    Listed {
        newest: bool,
        items: Result<Vec<Item>, String>,
    },
    /// A checkpoint was read.
    Loaded {
        file: PathBuf,
        checkpoint: Result<Box<Checkpoint>, String>,
    },
    /// The trainer has let go of the channels.
    Gone,
}

/// Runs the dashboard of a run that keeps no checkpoints; else as [`run_with`].
///
/// # Errors
///
/// Those of the screen.
pub fn run(screen: &mut impl Screen, events: Receiver<Event>, link: &Link, options: Options) -> io::Result<Exit> {
    run_with(screen, events, link, options, None)
}

/// Runs the dashboard until the person leaves it, the terminal is gone or the process is told to end.
///
/// Draws only when something visible has changed. Commands wait here, in order, while the trainer's channel is full.
///
/// # Errors
///
/// Those of the screen.
pub fn run_with(
    screen: &mut impl Screen,
    events: Receiver<Event>,
    link: &Link,
    options: Options,
    shelf: Option<&dyn Shelf>,
) -> io::Result<Exit> {
    let app = App { keeps: shelf.is_some(), ..App::new(options.clone()) };
    Loop::new(screen, link, shelf, app, options).run(&events)
}
