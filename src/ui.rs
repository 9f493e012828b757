//! The dashboard: shows what the trainer reports and sends it what the person asks for.
//!
//! [`run`] is the event loop. What it learns becomes a [`Message`]; [`update`] turns a message into new state and
//! effects; [`view`] draws the state. Everything is drawn from acknowledged state: what was asked for is only marked
//! as pending.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Select, TryRecvError, TrySendError};
use ratatui::Frame;
use ratatui::layout::Size;

use crate::analyst::{self, Analysis};
use crate::link::{Command, Link, REPORT_CAPACITY, Report, Summary};
use crate::terminal::Event;

pub mod album;
pub mod app;
pub mod axis;
pub mod chart;
pub mod constraints;
pub mod controls;
pub mod critic;
pub mod dots;
pub mod event_list;
pub mod event_log;
pub mod footer;
pub mod format;
pub mod glyphs;
pub mod gradients;
pub mod header;
pub mod help;
pub mod histograms;
pub mod images;
pub mod keys;
pub mod layout;
pub mod log;
pub mod look;
pub mod losses;
pub mod objectives;
pub mod overview;
pub mod pacer;
pub mod page;
pub mod past;
pub mod pen;
pub mod popup;
pub mod prompt;
pub mod reach;
pub mod readout;
pub mod rows;
pub mod ruler;
pub mod samples;
pub mod scale;
pub mod smoothing;
pub mod strips;
mod study;
pub mod theme;
pub mod truths;
pub mod update;
pub mod values;
pub mod view;
pub mod weights;
pub mod zoom;

use app::App;
use study::Study;
use update::Effect;

/// How the dashboard looks and how often it draws.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// The colours in use: see [`theme::Theme::resolve`].
    pub palette: theme::Palette,
    /// The glyphs in use: see [`glyphs::Glyphs::resolve`].
    pub glyphs: glyphs::GlyphSet,
    /// At most so many draws a second for what the trainer reports.
    pub fps: f64,
    /// At most so many snapshots a second while the run goes on.
    pub snapshots_per_second: f64,
    /// The share of a core that the analysis of snapshots may take; 0 for no analysis.
    pub analyst_share: f64,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            palette: theme::Palette::Ansi16,
            glyphs: glyphs::GlyphSet::Braille,
            fps: 8.0,
            snapshots_per_second: 4.0,
            analyst_share: analyst::SHARE,
        }
    }
}

/// What the dashboard is drawn on.
pub trait Screen {
    /// Draws one frame.
    fn draw(&mut self, view: &mut dyn FnMut(&mut Frame)) -> io::Result<()>;
    /// Forgets what is on the screen, so that the next draw writes every cell.
    fn clear(&mut self) -> io::Result<()>;
    /// Gives the terminal back to the shell and stops the process; returns when it goes on.
    fn suspend(&mut self) -> io::Result<()>;
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// It did its steps, or was stopped.
    Finished(Summary),
    /// It broke: why, for a person.
    Failed(String),
    /// The trainer went away without a last report.
    Gone,
}

/// How the dashboard was left.
#[derive(Clone, Debug, PartialEq)]
pub enum Exit {
    /// The person quit while the run was under way. It was told to stop; how it ended, or `None` if it had not ended
    /// when the person or the loop lost patience.
    Quit(Option<Ending>),
    /// The run had ended, and then the person quit.
    Ended(Ending),
    /// The terminal is gone. The run has not been told anything.
    HangUp,
    /// The process was told to end. The run has not been told anything.
    Terminate,
    /// The process was interrupted. The run has not been told anything.
    Interrupt,
}

/// What the event loop learns.
#[derive(Clone, Debug)]
pub enum Message {
    /// So much time has passed since the dashboard started.
    Tick(Duration),
    /// A frame was drawn on a screen of this size.
    Drawn(Size),
    /// Something came from the terminal or the system.
    Input(Event),
    Report(Report),
    /// The analyst has looked at a snapshot.
    Analysis(Box<Analysis>),
    /// There will be no more analyses: why, for a person.
    NoAnalyst(String),
    /// The trainer has let go of the channels.
    Gone,
}

/// A key is answered by a draw this soon, however slowly reports are drawn.
const KEY_INTERVAL: Duration = Duration::from_millis(33);

/// Runs the dashboard until the person leaves it, the terminal is gone or the process is told to end.
///
/// Draws only when something visible has changed. Commands wait here, in order, while the trainer's channel is full.
///
/// # Errors
///
/// Those of the screen.
pub fn run(screen: &mut impl Screen, events: Receiver<Event>, link: &Link, options: Options) -> io::Result<Exit> {
    let mut dashboard = Loop {
        screen,
        link,
        app: App::new(options),
        analyst: Study::new(options.analyst_share),
        outbox: VecDeque::new(),
        trainer_gone: false,
        start: Instant::now(),
    };
    let interval = Duration::try_from_secs_f64(1.0 / options.fps.max(0.01)).unwrap_or(Duration::MAX);
    let mut drawn: Option<Duration> = None;
    // Whether a key has been pressed since the last draw.
    let mut urgent = true;
    loop {
        if let Some(exit) = dashboard.take_in(&events, &mut urgent)? {
            return Ok(exit);
        }
        let pace = if urgent { KEY_INTERVAL.min(interval) } else { interval };
        let due = drawn.map_or(Duration::ZERO, |at| at.saturating_add(pace));
        if dashboard.app.dirty && dashboard.now() >= due {
            let size = match dashboard.draw() {
                Ok(size) => size,
                // What waits may say why: a screen that does not read is given up when the process is told to end.
                Err(error) => return dashboard.take_in(&events, &mut urgent)?.ok_or(error),
            };
            (drawn, urgent) = (Some(dashboard.now()), false);
            if let Some(exit) = dashboard.feed(Message::Drawn(size))? {
                return Ok(exit);
            }
        }
        let due = drawn.map_or(Duration::ZERO, |at| at.saturating_add(pace));
        dashboard.wait(&events, due);
    }
}

struct Loop<'a, S: Screen> {
    screen: &'a mut S,
    link: &'a Link,
    app: App,
    analyst: Study,
    /// Commands that the channel had no room for yet.
    outbox: VecDeque<Command>,
    trainer_gone: bool,
    start: Instant,
}

impl<S: Screen> Loop<'_, S> {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Takes in everything that waits: the time, input, and reports.
    fn take_in(&mut self, events: &Receiver<Event>, urgent: &mut bool) -> io::Result<Option<Exit>> {
        let mut exit = self.feed(Message::Tick(self.now()))?;
        loop {
            match events.try_recv() {
                Ok(event) => {
                    *urgent = true;
                    exit = exit.or(self.feed(Message::Input(event))?);
                }
                Err(TryRecvError::Empty) => break,
                // Nobody can reach the dashboard any more.
                Err(TryRecvError::Disconnected) => return Ok(exit.or(Some(Exit::HangUp))),
            }
            if exit.is_some() {
                return Ok(exit);
            }
        }
        // A trainer that reports faster than this is drained in several turns, with a look at the keyboard in between.
        for _ in 0..2 * REPORT_CAPACITY {
            match self.link.reports.try_recv() {
                Ok(report) => exit = exit.or(self.feed(Message::Report(report))?),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) if self.trainer_gone => break,
                Err(TryRecvError::Disconnected) => {
                    self.trainer_gone = true;
                    exit = exit.or(self.feed(Message::Gone)?);
                    break;
                }
            }
        }
        if let Some(message) = self.analyst.take() {
            exit = exit.or(self.feed(message)?);
        }
        self.send();
        Ok(exit)
    }

    /// Updates the state with one message and does what follows from it.
    fn feed(&mut self, message: Message) -> io::Result<Option<Exit>> {
        let mut exit = None;
        for effect in update::update(&mut self.app, message) {
            match effect {
                Effect::Send(command) => self.outbox.push_back(command),
                Effect::Analyse(snapshot) => self.analyst.submit(self.app.run.as_deref(), snapshot),
                Effect::Clear => self.screen.clear()?,
                Effect::Suspend => {
                    self.screen.suspend()?;
                    self.app.dirty = true;
                }
                Effect::Exit(how) => exit = exit.or(Some(how)),
            }
        }
        self.send();
        Ok(exit)
    }

    fn send(&mut self) {
        while let Some(command) = self.outbox.pop_front() {
            match self.link.commands.try_send(command) {
                Ok(()) => {}
                Err(TrySendError::Full(command)) => return self.outbox.push_front(command),
                // The report channel says so too, after the last reports.
                Err(TrySendError::Disconnected(_)) => self.outbox.clear(),
            }
        }
    }

    fn draw(&mut self) -> io::Result<Size> {
        let app = &self.app;
        let mut size = Size::default();
        self.screen.draw(&mut |frame: &mut Frame| {
            size = frame.area().as_size();
            view::draw(app, frame);
        })?;
        self.app.dirty = false;
        Ok(size)
    }

    /// Waits until there is something to do: input, a report, room for a command, a draw or a snapshot that is due.
    fn wait(&self, events: &Receiver<Event>, draw_due: Duration) {
        let mut until = self.app.quitting;
        let mut sooner = |at: Option<Duration>| until = [until, at].into_iter().flatten().min();
        if self.app.dirty {
            sooner(Some(draw_due));
        }
        let app = &self.app;
        if app.run.is_some() && app.frozen.is_none() && app.under_way() && app.quitting.is_none() {
            sooner(app.puller.next(app.state == crate::link::RunState::Running));
        }
        let mut select = Select::new();
        select.recv(events);
        if !self.trainer_gone {
            select.recv(&self.link.reports);
            if !self.outbox.is_empty() {
                select.send(&self.link.commands);
            }
        }
        if let Some(found) = self.analyst.found() {
            select.recv(found);
        }
        match until {
            None => drop(select.ready()),
            Some(at) => drop(select.ready_timeout(at.saturating_sub(self.now()))),
        }
    }
}
