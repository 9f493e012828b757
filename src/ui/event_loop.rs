//! The event loop: what comes in becomes messages, and what follows from them is done.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Select, TryRecvError, TrySendError};
use ratatui::Frame;
use ratatui::layout::Size;

use super::draw::image_grid::{self, ImageCache};
use super::draw::theme::{Palette, Theme};
use super::draw::view;
use super::popups::checkpoints;
use super::state::analyst_handle::AnalystHandle;
use super::state::app::App;
use super::state::load_sampler::LoadSampler;
use super::state::pacer::FramePace;
use super::state::viewing::Others;
use super::update::{self, Effect};
use super::{Exit, Message, Options, Screen, Shelf};
use crate::link::{Command, Link, REPORT_CAPACITY, RunState};
use crate::terminal::Event;

/// The longest wait of reports while the next frame is not due: their channel holds more than come in this time.
const LULL: Duration = Duration::from_millis(125);

/// A dashboard on its screen, with whatever it hears from and speaks to.
pub struct Loop<'a, S: Screen> {
    screen: &'a mut S,
    link: &'a Link,
    shelf: Option<&'a dyn Shelf>,
    app: App,
    analyst: AnalystHandle,
    load_sampler: LoadSampler,
    /// Commands that the channel had no room for yet.
    outbox: VecDeque<Command>,
    trainer_gone: bool,
    /// The other runs beside a recorded one.
    pub others: Others,
    pace: FramePace,
    image_cache: ImageCache,
    /// The colours that were asked for last.
    theme: Theme,
    /// The terminal's word on its background when the colours were chosen.
    bright: Option<bool>,
    start: Instant,
}

impl<'a, S: Screen> Loop<'a, S> {
    /// A dashboard that has not heard anything yet.
    pub fn new(
        screen: &'a mut S,
        link: &'a Link,
        shelf: Option<&'a dyn Shelf>,
        app: App,
        options: Options,
    ) -> Loop<'a, S> {
        let (analyst, load_sampler) = (AnalystHandle::new(options.analyst_share), LoadSampler::new(options.machine));
        let (outbox, others, image_cache) = (VecDeque::new(), Others::default(), ImageCache::default());
        let (pace, start) = (FramePace::new(options.fps), Instant::now());
        Loop {
            screen,
            link,
            shelf,
            app,
            analyst,
            load_sampler,
            outbox,
            trainer_gone: false,
            others,
            pace,
            image_cache,
            theme: options.theme,
            bright: None,
            start,
        }
    }

    /// Goes round until the dashboard is left.
    ///
    /// # Errors
    ///
    /// Those of the screen.
    pub fn run(mut self, events: &Receiver<Event>) -> io::Result<Exit> {
        // Whether a key has been pressed since the last draw.
        let mut urgent = true;
        loop {
            if let Some(exit) = self.take_in(events, &mut urgent)? {
                return Ok(exit);
            }
            let begun = self.now();
            let cell = self.screen.pictures();
            if cell != self.app.cell
                && let Some(exit) = self.feed(Message::Pictures(cell))?
            {
                return Ok(exit);
            }
            let bright = self.screen.is_bright();
            if std::mem::replace(&mut self.bright, bright) != bright
                && let Some(exit) = self.feed(Message::Palette(self.palette()))?
            {
                return Ok(exit);
            }
            if self.app.dirty && begun >= self.pace.due(urgent) {
                let before = self.screen.written();
                let size = match self.draw() {
                    Ok(size) => size,
                    // What waits may say why: a screen that does not read is given up when the process is told to end.
                    Err(error) => return self.take_in(events, &mut urgent)?.ok_or(error),
                };
                self.pace.drawn(begun, self.now());
                urgent = false;
                let bytes = self.screen.written().saturating_sub(before);
                for message in [Message::Sent(bytes), Message::Drawn(size)] {
                    if let Some(exit) = self.feed(message)? {
                        return Ok(exit);
                    }
                }
            }
            self.wait(events, self.pace.due(urgent));
        }
    }

    /// The colours in use here.
    fn palette(&self) -> Palette {
        self.theme.resolve(|name| std::env::var(name).ok(), self.bright)
    }

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
                Err(TryRecvError::Disconnected) => return Ok(exit.or(Some(update::hung_up(&self.app)))),
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
        for message in self.others.take().into_iter().chain(self.analyst.take()) {
            exit = exit.or(self.feed(message)?);
        }
        // A run in another process is trained there, and one that is viewed is trained no more.
        let trains = self.app.attached.is_none() && !self.app.read_only && self.app.run.state == RunState::Running;
        self.analyst.heed_training(trains);
        if let Some(run) = &self.app.run.info {
            self.load_sampler.start(&run.device);
        }
        if let Some(load) = self.load_sampler.take(self.now(), self.screen.written()) {
            exit = exit.or(self.feed(Message::Machine(load))?);
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
                Effect::Analyse(snapshot) => self.analyst.submit(self.app.run.info.as_deref(), snapshot),
                Effect::HurryAnalyst => self.analyst.hurry(),
                Effect::Clear => self.screen.clear()?,
                Effect::Notify(text) => self.screen.notify(&text)?,
                Effect::Suspend => {
                    self.screen.suspend()?;
                    self.app.dirty = true;
                }
                Effect::List { newest } => {
                    let items = self.shelf.map_or_else(|| Err(checkpoints::NONE.to_owned()), Shelf::list);
                    exit = exit.or(self.feed(Message::Listed { newest, items })?);
                }
                Effect::Load(file) => {
                    let load = |shelf: &dyn Shelf| shelf.load(&file).map(Box::new);
                    let checkpoint = self.shelf.map_or_else(|| Err(checkpoints::NONE.to_owned()), load);
                    exit = exit.or(self.feed(Message::Loaded { file, checkpoint })?);
                }
                Effect::Theme(theme) => {
                    self.theme = theme;
                    exit = exit.or(self.feed(Message::Palette(self.palette()))?);
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
        let (app, image_cache) = (&self.app, &mut self.image_cache);
        let mut size = Size::default();
        self.screen.draw(&mut |frame: &mut Frame| {
            size = frame.area().as_size();
            view::draw(app, frame);
            image_cache.picture(image_grid::of(app, frame.area()))
        })?;
        self.app.dirty = false;
        self.load_sampler.drew();
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
        if app.run.info.is_some() && app.pulls() {
            sooner(app.puller.next(app.run.state == RunState::Running));
        }
        // What comes before the next frame is seen with it: looking at once would only wake this thread for every batch,
        // on a core that training may need.
        let lull = app.run.state == RunState::Running
            && app.quitting.is_none()
            && !self.link.reports.is_full()
            && draw_due > self.now();
        if lull {
            sooner(Some(draw_due.min(self.now() + LULL)));
        }
        let mut select = Select::new();
        select.recv(events);
        if !self.trainer_gone {
            if !lull {
                select.recv(&self.link.reports);
            }
            if !self.outbox.is_empty() {
                select.send(&self.link.commands);
            }
        }
        for reports in self.others.receivers() {
            select.recv(reports);
        }
        if let Some(found) = self.analyst.found() {
            select.recv(found);
        }
        if let Some(samples) = self.load_sampler.samples() {
            select.recv(samples);
        }
        match until {
            None => drop(select.ready()),
            Some(at) => drop(select.ready_timeout(at.saturating_sub(self.now()))),
        }
    }
}
