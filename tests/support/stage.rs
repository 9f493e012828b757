//! The dashboard without a terminal: a stage without an event loop, and a screen and a person for the event loop.

use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use gantop::link::Report;
use gantop::terminal::Event;
use gantop::terminal::graphics::{CellSize, Placed};
use gantop::ui::state::app::App;
use gantop::ui::update::{Effect, update};
use gantop::ui::{Message, Options, Screen};
use ratatui::backend::TestBackend;
use ratatui::layout::Size;
use ratatui::{Frame, Terminal};

use super::TEST_TIMEOUT;

pub fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

pub fn ctrl(c: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
}

/// The keys that type this text.
pub fn typed(text: &str) -> impl Iterator<Item = KeyEvent> {
    text.chars().map(|c| {
        key(match c {
            '\n' => KeyCode::Enter,
            '\t' => KeyCode::Tab,
            '\u{1b}' => KeyCode::Esc,
            '↓' => KeyCode::Down,
            '↑' => KeyCode::Up,
            '←' => KeyCode::Left,
            '→' => KeyCode::Right,
            '⇤' => KeyCode::Home,
            '⇥' => KeyCode::End,
            '⇟' => KeyCode::PageDown,
            c => KeyCode::Char(c),
        })
    })
}

/// A dashboard without an event loop: messages in, effects and text out.
pub struct Stage {
    pub app: App,
    pub effects: Vec<Effect>,
}

impl Stage {
    pub fn new(options: Options) -> Stage {
        Stage { app: App::new(options), effects: Vec::new() }
    }

    pub fn message(&mut self, message: Message) -> &mut Stage {
        self.effects.extend(update(&mut self.app, message));
        self
    }

    pub fn report(&mut self, report: Report) -> &mut Stage {
        self.message(Message::Report(report))
    }

    pub fn press(&mut self, keys: &str) -> &mut Stage {
        for key in typed(keys) {
            self.message(Message::Input(Event::Key(key)));
        }
        self
    }

    /// The screen as text, without blanks at the ends of lines.
    pub fn text(&mut self, width: u16, height: u16) -> String {
        self.message(Message::Drawn(Size::new(width, height)));
        text(&self.terminal(width, height))
    }

    pub fn terminal(&self, width: u16, height: u16) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| gantop::ui::draw::view::draw(&self.app, frame)).unwrap();
        terminal
    }
}

/// What a terminal shows, without blanks at the ends of lines.
pub fn text(terminal: &Terminal<TestBackend>) -> String {
    let buffer = terminal.backend().buffer();
    let area = buffer.area;
    let line = |y| {
        let line: String = (0..area.width).map(|x| buffer[(x, y)].symbol()).collect();
        line.trim_end().to_string()
    };
    (0..area.height).map(line).collect::<Vec<_>>().join("\n")
}

/// A screen for the event loop that keeps what it shows.
pub struct TestScreen {
    pub terminal: Terminal<TestBackend>,
    pub draws: usize,
    pub clears: usize,
    pub suspends: usize,
    /// The pixels of a cell, where it draws pictures.
    pub cell: Option<CellSize>,
    /// The picture of the last frame.
    pub picture: Option<Placed>,
    /// Where each drawn frame goes as text.
    pub frames: Option<Sender<String>>,
}

impl TestScreen {
    pub fn new(width: u16, height: u16) -> TestScreen {
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        TestScreen { terminal, draws: 0, clears: 0, suspends: 0, cell: None, picture: None, frames: None }
    }
}

impl Screen for TestScreen {
    fn draw(&mut self, view: &mut dyn FnMut(&mut Frame) -> Option<Placed>) -> std::io::Result<()> {
        self.terminal.draw(|frame| self.picture = view(frame)).unwrap();
        self.draws += 1;
        if let Some(frames) = &self.frames {
            let _ = frames.send(text(&self.terminal));
        }
        Ok(())
    }

    fn pictures(&mut self) -> Option<CellSize> {
        self.cell
    }

    fn clear(&mut self) -> std::io::Result<()> {
        self.clears += 1;
        self.terminal.clear().unwrap();
        Ok(())
    }

    fn suspend(&mut self) -> std::io::Result<()> {
        self.suspends += 1;
        Ok(())
    }
}

/// Somebody at the keyboard of an event loop, with an eye on its screen.
pub struct Person {
    pub keys: Sender<Event>,
    pub frames: Receiver<String>,
}

impl Person {
    pub fn press(&self, keys: &str) {
        typed(keys).for_each(|key| self.event(Event::Key(key)));
    }

    pub fn event(&self, event: Event) {
        self.keys.send(event).unwrap();
    }

    /// Waits until the screen shows `text`.
    pub fn sees(&self, text: &str) -> String {
        let deadline = Instant::now() + TEST_TIMEOUT;
        let mut last = String::new();
        while let Ok(frame) = self.frames.recv_deadline(deadline) {
            if frame.contains(text) {
                return frame;
            }
            last = frame;
        }
        panic!("the screen never showed “{text}”; at last:\n{last}");
    }
}
