//! The terminal: enter, leave, suspend, panic hook, signals. The only writer to the tty.
//!
//! A process has one terminal, so what is true of it (entered, suspended, gone) is kept in one place, `state`, where
//! the panic hook and the signal thread reach it too. `input` holds the two threads that turn bytes and signals into
//! [`Event`]s; they live as long as the process and are never joined, because a thread that waits for a key cannot be
//! woken for certain.
//!
//! It uses `domain`, `system` and `config`. Start reading at `screen`, then `stream`.

mod answers;
mod decode;
mod encoder;
pub mod endings;
pub mod graphics;
mod input;
mod job;
mod keyboard;
mod notice;
mod panics;
mod screen;
mod size;
mod state;
mod stream;
mod writer;

use std::io::{self, BufWriter, Write};
use std::path::Path;

use crossbeam_channel::Receiver;
use crossterm::event::KeyEvent;
use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::Frame;
use ratatui::layout::Rect;
use rustix::event::Timespec;

use crate::config::Alerts;
use encoder::Encoder;
use graphics::ask::Questions;
use graphics::image_slot::ImageSlot;
use graphics::{CellSize, Placed, Wish};
pub use input::is_typed;
pub use job::{can_be_continued, group, is_in_foreground_of};
pub use keyboard::is_in_foreground;
pub use panics::panic_report;
use state::state;
use writer::Output;

/// An event from the terminal or the system for the dashboard.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A key was pressed (releases are left out).
    Key(KeyEvent),
    /// The mouse was used, where it is heeded.
    Mouse(Mouse),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size, or was entered again after a suspension: draw everything.
    Redraw,
    /// The terminal is gone (SIGHUP, or its file descriptor reports a hang-up).
    HangUp,
    /// SIGTERM: stop the run, restore the terminal, end.
    Terminate,
    /// SIGINT from outside (Ctrl-C is a key here): the same.
    Interrupt,
    /// SIGUSR1: keep a checkpoint and go on.
    Save,
}

/// An act with the mouse, and its cell, counted from the upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    pub act: MouseAct,
    pub x: u16,
    pub y: u16,
}

/// The acts with the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseAct {
    /// The left button was pressed.
    Left,
    /// The right button was pressed.
    Right,
    /// The wheel was turned away from the person.
    WheelUp,
    /// The wheel was turned towards the person.
    WheelDown,
}

type Drawing = ratatui::Terminal<Encoder<BufWriter<Output>>>;

/// The terminal while the dashboard has it: raw mode, alternate screen, hidden cursor, bracketed paste, and file
/// descriptor 2 pointed away. Dropping it leaves it.
pub struct Terminal {
    drawing: Drawing,
    events: Receiver<Event>,
    /// Whether the screen may hold something other than the last frame.
    unknown: bool,
    /// The questions to the terminal about its graphics, and its answers.
    questions: Questions,
    /// The picture on the screen.
    image_slot: ImageSlot,
    /// The ways of asking it to notify a person.
    alerts: Alerts,
}

impl Terminal {
    /// Takes the terminal for the calling thread, which is from now on the one whose panic restores it.
    ///
    /// While it is held, whatever is written to file descriptor 2 goes to the end of `log`, or nowhere without one.
    ///
    /// # Errors
    ///
    /// Standard input or output is not a terminal, the log cannot be opened, the terminal is already entered, or the
    /// system refuses. Nothing is changed then.
    pub fn enter(log: Option<&Path>) -> io::Result<Terminal> {
        // Signals first: one that arrives halfway through must find the terminal restorable.
        let events = state().input.start()?;
        state().panics.install();
        state().screen.enter(log)?;
        match ratatui::Terminal::new(Encoder::new(BufWriter::with_capacity(1 << 16, Output::open()))) {
            Ok(drawing) => {
                let (questions, image_slot) = (Questions::default(), ImageSlot::default());
                let alerts = Alerts::default();
                Ok(Terminal { drawing, events, unknown: true, questions, image_slot, alerts })
            }
            Err(error) => {
                state().screen.leave();
                Err(error)
            }
        }
    }

    /// Asks the terminal to notify a person in this way from now on.
    pub fn set_alerts(&mut self, alerts: Alerts) {
        self.alerts = alerts;
    }

    /// Finds out what the terminal can draw pictures with, as far as that is wished for, and whether its background is
    /// bright, if that is to be asked. A terminal that says nothing is waited for a moment only; an answer that comes
    /// later still counts, and [`Event::Redraw`] follows it.
    ///
    /// # Errors
    ///
    /// The terminal cannot be written to.
    pub fn seek(&mut self, wish: Wish, ground: bool) -> io::Result<()> {
        self.questions = Questions::new(wish, ground);
        while self.ask_on()? && state().answers.wait() {}
        Ok(())
    }

    /// Asks the next question, if there is one and nothing is open; says whether it did.
    fn ask_on(&mut self) -> io::Result<bool> {
        let Some(question) = self.questions.next() else { return Ok(false) };
        let backend = self.drawing.backend_mut();
        backend.write_all(&question)?;
        Write::flush(backend)?;
        Ok(true)
    }

    /// Has the terminal tell what is done with the mouse, until it is left: then, as while it is suspended, the mouse
    /// is the terminal's own again.
    ///
    /// # Errors
    ///
    /// The terminal cannot be written to.
    pub fn heed_mouse(&mut self) -> io::Result<()> {
        state().screen.heed_mouse()
    }

    /// Whether the terminal's background is bright, if it has been asked and has said so.
    pub fn is_bright(&self) -> Option<bool> {
        self.questions.is_bright()
    }

    /// The pixels of a cell, where the terminal is known to draw pictures.
    pub fn pictures(&mut self) -> Option<CellSize> {
        // What has been heard since may call for another question. A terminal that cannot be written to is met by the
        // next frame.
        let _ = self.ask_on();
        let kind = self.questions.found();
        self.image_slot.draw_with(kind);
        kind.and_then(|kind| self.questions.cell(kind))
    }

    /// Draws one frame, as one synchronized update, with the picture that the view leaves room for, if any. What has
    /// not changed since the last frame is not sent.
    ///
    /// # Errors
    ///
    /// The terminal is gone, was left, or cannot be written to; or it does not read, and [`Event::Terminate`] or
    /// [`Event::HangUp`] waits. One that does not read is waited for otherwise.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame) -> Option<Placed>) -> io::Result<()> {
        // Asking a terminal that is gone for its size would start a `tput` for every frame.
        let screen = &state().screen;
        if screen.is_gone() {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the terminal is gone"));
        }
        if !screen.is_held() {
            return Err(io::Error::new(io::ErrorKind::NotConnected, "the terminal was left"));
        }
        if screen.take_stale() {
            screen.show()?;
            self.unknown = true;
        }
        if !screen.is_shown() {
            // Suspended: what is missed now is drawn once the terminal is ours again.
            self.unknown = true;
            return Ok(());
        }
        let update = Synchronized::begin(&mut self.drawing)?;
        let drawing = &mut *update.0;
        let (before, size) = (drawing.get_frame().area(), drawing.size()?);
        if std::mem::take(&mut self.unknown) || before.as_size() != size {
            self.questions.resized(before.as_size() != size);
            drawing.backend_mut().write_all(&self.image_slot.forget())?;
            // Not ratatui's `clear`: that asks the terminal where its cursor is and waits for the answer.
            drawing.resize(Rect::from((ratatui::layout::Position::ORIGIN, size)))?;
        }
        // Not ratatui's `draw`: between the view and the cells what was under a picture is taken away.
        let picture = view(&mut drawing.get_frame());
        drawing.backend_mut().write_all(&self.image_slot.make_room(picture.as_ref()))?;
        drawing.flush()?;
        drawing.backend_mut().write_all(&self.image_slot.hang(picture))?;
        drawing.swap_buffers();
        Ok(())
    }

    /// Notifies a person of this, in the way that was set.
    ///
    /// # Errors
    ///
    /// The terminal cannot be written to.
    pub fn notify(&mut self, text: &str) -> io::Result<()> {
        let bytes = notice::bytes(&self.alerts, text);
        if bytes.is_empty() {
            return Ok(());
        }
        let backend = self.drawing.backend_mut();
        backend.write_all(&bytes)?;
        Write::flush(backend)
    }

    /// The bytes of all frames so far.
    pub fn written(&self) -> u64 {
        state().screen.written()
    }

    /// Makes the next frame repaint every cell, for a screen that something else has written on.
    pub fn repaint(&mut self) {
        self.unknown = true;
    }

    /// Gives the terminal back, stops this process with its whole job (as Ctrl-Z does in a shell), and takes the
    /// terminal again when it is continued; then [`Event::Redraw`] follows. Training stops too. Where no shell could
    /// continue the process, nothing stops and the terminal is taken again at once.
    ///
    /// # Errors
    ///
    /// The terminal cannot be taken again: it is gone.
    pub fn suspend(&mut self) -> io::Result<()> {
        state().screen.suspend();
        state().input.stop_job();
        // In the background the run goes on without its screen.
        if state().screen.mark_stale() && state().screen.take_stale() {
            state().screen.show()?;
        }
        self.unknown = true;
        state().input.redraw();
        Ok(())
    }

    /// Keys, pastes and what the system says, in order. Bounded: while nobody reads, keys are lost, the rest is kept.
    ///
    /// SIGTERM, SIGINT, SIGHUP and SIGUSR1 arrive here and do nothing else, but for a second one to end: that is
    /// nothing, or gives the terminal back and ends the process at once, as [`endings::Endings`] says.
    pub fn events(&self) -> Receiver<Event> {
        self.events.clone()
    }

    /// Gives the terminal back: main screen, cursor, modes, file descriptor 2. May be called again, also when the
    /// terminal is gone. Afterwards the first SIGTERM or SIGINT still does nothing, for the process is about to end;
    /// SIGHUP does nothing, so that a dropped connection, which often sends it twice, does not
    /// cut off the last writes to disk.
    pub fn leave(&mut self) {
        // What a slow terminal has not answered yet would come to the shell; but it is waited for only a moment.
        let state = state();
        if state.screen.is_shown() && !state.screen.is_gone() && state.answers.are_due() {
            state.answers.wait();
        }
        state.screen.leave();
    }
}

/// Starts to listen for signals, which wait until [`Terminal::enter`]: for a process that has something to do before.
///
/// # Errors
///
/// The system refuses.
pub fn listen() -> io::Result<()> {
    state().input.start().map(drop)
}

/// Whether the terminal behind standard input has hung up.
pub fn has_hung_up() -> bool {
    state().screen.is_gone() || keyboard::wait_for_input(&Timespec::default()).is_ok_and(keyboard::is_hung_up)
}

/// Lets go of the terminal for good, so that the process goes on without it: nothing is read from it any more, and
/// standard output and standard error go to the end of `log`, or nowhere without one or where it cannot be opened.
///
/// A screen that is held is given back first. From then on SIGTERM, SIGINT, SIGHUP and SIGUSR1 are for other handlers,
/// which should stand before this is called, and do nothing by themselves.
///
/// # Errors
///
/// The system refuses to point the descriptors elsewhere.
pub fn disown(log: Option<&Path>) -> io::Result<()> {
    state().screen.leave();
    state().input.disown();
    screen::point_away(log)
}

/// The number of the signal to end, SIGINT or SIGTERM, that came first since [`listen`], if one has come: for a process
/// that has something to do before it reads [`Terminal::events`], where it waits too.
pub fn ending() -> Option<i32> {
    state().input.ending()
}

/// Notes that the run is over and all of it is kept, so that a signal that comes again may end the process.
pub fn saved() {
    state().input.saved();
}

/// Whether the terminal says that it cannot be drawn on, as an editor's shell window or some logs do: it only takes lines.
pub fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Whether a word on standard error would not have to wait for a terminal that does not read.
pub(crate) fn accepts_words() -> bool {
    !(crate::system::output::err().is_terminal() && is_stalled())
}

/// Whether the terminal behind standard output takes no bytes at present, so that writing to it would wait.
pub fn is_stalled() -> bool {
    !writer::accepts_output()
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A synchronized update, ended however the frame ends.
struct Synchronized<'a>(&'a mut Drawing);

impl<'a> Synchronized<'a> {
    fn begin(drawing: &'a mut Drawing) -> io::Result<Synchronized<'a>> {
        queue!(drawing.backend_mut(), BeginSynchronizedUpdate)?;
        Ok(Synchronized(drawing))
    }
}

impl Drop for Synchronized<'_> {
    fn drop(&mut self) {
        // An error here is met again by the next frame.
        let backend = self.0.backend_mut();
        let _ = queue!(backend, EndSynchronizedUpdate);
        let _ = Write::flush(backend);
    }
}
