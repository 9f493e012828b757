//! The list of runs: a screen of its own, before and between dashboards. It sorts, filters and ticks what is in a
//! directory, and says what is to be opened; the session opens it.
//!
//! [`list`] has the state, [`press`] what keys do to it, [`draw`] how it looks, [`compare`] several runs side by side.

pub mod compare;
pub mod draw;
pub mod list;
pub mod press;

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Select, TryRecvError};

use super::Screen;
use crate::run::differences::Keys;
use crate::run::removal::Contents;
use crate::run::row::Row;
use crate::terminal::Event;
use list::RunList;
use press::Effect;

/// The contents of the directory at some time.
#[derive(Clone, Debug)]
pub struct Listing {
    pub at: SystemTime,
    /// The runs, or why they cannot be told.
    pub rows: Result<Vec<Row>, String>,
}

/// The directory of runs, for the list.
pub trait Library {
    /// The source of a listing whenever somebody has looked again.
    fn listings(&self) -> &Receiver<Listing>;
    /// Has somebody look again at once.
    fn look(&self);
    /// The config of gantop's own run in `dir`, or what is wrong with it.
    fn config(&self, dir: &Path) -> Result<Keys, String>;
    /// The contents of the directory if its run may be removed, or why it may not be.
    fn contents(&self, dir: &Path) -> Result<Contents, String>;
    /// Removes the run, or says why that cannot be; gives the contents that it had.
    fn remove(&self, dir: &Path) -> Result<Contents, String>;
}

/// The way in which the list was left.
#[derive(Clone, Debug, PartialEq)]
pub enum Left {
    Quit,
    /// The dashboard of a run that goes on is wanted.
    Attach(PathBuf),
    /// The dashboard of these runs is wanted, the first one in front.
    View(Vec<PathBuf>),
    /// The process was told to end, or interrupted.
    Terminate,
    Interrupt,
    /// The terminal is gone.
    HangUp,
}

/// Shows the list until it is left, in whatever state it is.
///
/// # Errors
///
/// Those of the screen.
pub fn choose(
    screen: &mut impl Screen,
    events: &Receiver<Event>,
    library: &dyn Library,
    list: &mut RunList,
) -> io::Result<Left> {
    list.dirty = true;
    // A terminal that says how bright it is says so now and then.
    let mut bright = None;
    loop {
        while let Ok(listing) = library.listings().try_recv() {
            list.listed(listing);
        }
        loop {
            let event = match events.try_recv() {
                Ok(event) => event,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(Left::HangUp),
            };
            for effect in press::take(list, event) {
                if let Some(left) = done(screen, library, list, effect)? {
                    return Ok(left);
                }
            }
            // The next key may ask for what is in them.
            read(library, list);
        }
        read(library, list);
        let now = screen.is_bright();
        if bright.replace(now) != Some(now) {
            list.paint_for(now);
        }
        if std::mem::take(&mut list.dirty) {
            let drawn = screen.draw(&mut |frame| {
                list.fit(frame.area().as_size());
                draw::draw(list, frame);
                None
            });
            if let Err(error) = drawn {
                // What waits may say why: a screen that does not read is given up when the process is told to end.
                let why = events.try_iter().find_map(|event| ends(&event));
                return why.ok_or(error);
            }
        }
        let mut select = Select::new();
        select.recv(events);
        select.recv(library.listings());
        let _ = select.ready();
    }
}

/// Reads the configs that are wanted and not known yet.
fn read(library: &dyn Library, list: &mut RunList) {
    for dir in list.unread() {
        let config = library.config(&dir);
        list.read(dir, config);
    }
}

/// Does what is to be done; how the list is left, if it is.
fn done(
    screen: &mut impl Screen,
    library: &dyn Library,
    list: &mut RunList,
    effect: Effect,
) -> io::Result<Option<Left>> {
    match effect {
        Effect::Leave(left) => return Ok(Some(left)),
        Effect::Clear => screen.clear()?,
        Effect::Suspend => {
            screen.suspend()?;
            list.dirty = true;
        }
        Effect::Ask(dirs) => {
            let found = dirs.into_iter().map(|dir| (library.contents(&dir), dir)).map(|(found, dir)| (dir, found));
            press::ask(list, found.collect());
        }
        Effect::Remove(dirs) => {
            let removed = dirs.into_iter().map(|dir| (library.remove(&dir), dir)).map(|(left, dir)| (dir, left));
            press::removed(list, removed.collect());
            library.look();
        }
    }
    Ok(None)
}

/// The way in which an event ends the list whatever is on the screen.
fn ends(event: &Event) -> Option<Left> {
    match event {
        Event::HangUp => Some(Left::HangUp),
        Event::Terminate => Some(Left::Terminate),
        Event::Interrupt => Some(Left::Interrupt),
        _ => None,
    }
}
