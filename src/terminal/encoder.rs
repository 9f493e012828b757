//! A frame's changed cells as few bytes: what a frame costs decides how the dashboard feels over a slow connection.
//!
//! ratatui's own backend names both colours at every change of one, ends with four resets, and moves the cursor by
//! absolute addresses. Here only what differs is said, short moves are relative, a blank cell takes whatever colour
//! the text has, and a row whose colours alternate is written one colour after the other. Nobody sees the order: a
//! frame is one synchronized update.

use std::io::{self, Write};

use crossterm::cursor::MoveTo;
use crossterm::queue;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use ratatui::style::{Color, Modifier};

use super::size;
use crate::system::output;

/// A backend that writes through [`Pencil`], and leaves everything but drawing to crossterm's.
pub(super) struct Encoder<W: Write>(CrosstermBackend<W>);

impl<W: Write> Encoder<W> {
    pub(super) fn new(writer: W) -> Encoder<W> {
        Encoder(CrosstermBackend::new(writer))
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.0)
    }
}

impl<W: Write> Backend for Encoder<W> {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let mut pencil = Pencil::default();
        let mut row: Vec<(u16, &Cell)> = Vec::new();
        let mut at = 0;
        for (x, y, cell) in content {
            if y != at {
                pencil.row(at, &mut row)?;
                at = y;
            }
            row.push((x, cell));
        }
        pencil.row(at, &mut row)?;
        pencil.style(Style::default());
        self.0.write_all(&pencil.bytes)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.0.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.0.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        self.0.get_cursor_position()
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.0.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.0.clear()
    }

    fn clear_region(&mut self, part: ClearType) -> io::Result<()> {
        self.0.clear_region(part)
    }

    fn size(&self) -> io::Result<Size> {
        // Asked before every frame; crossterm opens the terminal anew for it.
        Ok(size::drawn())
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.0.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.0)
    }
}

/// The attributes of written text.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Style {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// The attributes that show on a blank cell too.
const ON_BLANKS: Modifier = Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT);

impl Style {
    fn of(cell: &Cell) -> Style {
        Style { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a cell of style `wanted` looks the same written in this one.
    fn serves(&self, cell: &Cell) -> bool {
        let (wanted, blank) = (Style::of(cell), cell.symbol() == " ");
        *self == wanted || blank && self.bg == wanted.bg && !self.modifier.union(wanted.modifier).intersects(ON_BLANKS)
    }
}

/// The bytes of a frame so far, and the terminal's state after them. A frame begins and ends with plain text.
#[derive(Clone, Default)]
struct Pencil {
    bytes: Vec<u8>,
    /// The cell of the cursor, where that is known.
    cursor: Option<(u16, u16)>,
    style: Style,
}

impl Pencil {
    /// Writes the cells of a row, in the cheaper of two orders: from left to right, or a style at a time.
    fn row(&mut self, y: u16, row: &mut Vec<(u16, &Cell)>) -> io::Result<()> {
        let mut plain = Pencil { bytes: Vec::new(), ..*self };
        plain.cells(y, row)?;
        let mut grouped = Pencil { bytes: Vec::new(), ..*self };
        grouped.by_style(y, row)?;
        row.clear();
        let Pencil { bytes, cursor, style } = if grouped.bytes.len() < plain.bytes.len() { grouped } else { plain };
        self.bytes.extend(bytes);
        (self.cursor, self.style) = (cursor, style);
        Ok(())
    }

    fn cells(&mut self, y: u16, row: &[(u16, &Cell)]) -> io::Result<()> {
        row.iter().try_for_each(|(x, cell)| self.cell(*x, y, cell))
    }

    /// All cells that the present style serves, then all that the first of the others needs, and so on.
    fn by_style(&mut self, y: u16, row: &[(u16, &Cell)]) -> io::Result<()> {
        let mut left: Vec<(u16, &Cell)> = row.to_vec();
        loop {
            let (now, later): (Vec<_>, Vec<_>) = left.into_iter().partition(|(_, cell)| self.style.serves(cell));
            self.cells(y, &now)?;
            let Some((_, next)) = later.first() else { return Ok(()) };
            self.style(Style::of(next));
            left = later;
        }
    }

    fn cell(&mut self, x: u16, y: u16, cell: &Cell) -> io::Result<()> {
        self.move_to(x, y)?;
        if !self.style.serves(cell) {
            self.style(Style::of(cell));
        }
        // The last gate: whatever a text from outside holds, it does not command the terminal.
        let symbol = if cell.symbol().chars().any(output::is_unsafe) { "\u{fffd}" } else { cell.symbol() };
        self.bytes.extend(symbol.as_bytes());
        // Terminals differ on how wide a wide character is, and on where the cursor stands after a full row.
        let narrow = symbol.chars().count() == 1 && ratatui::text::Span::raw(symbol).width() == 1;
        self.cursor = narrow.then_some((x + 1, y));
        Ok(())
    }

    fn move_to(&mut self, x: u16, y: u16) -> io::Result<()> {
        match self.cursor {
            Some(at) if at == (x, y) => {}
            Some((from, row)) if row == y && from < x => match x - from {
                1 => self.bytes.extend(b"\x1b[C"),
                n => write!(self.bytes, "\x1b[{n}C")?,
            },
            _ if x == 0 => write!(self.bytes, "\x1b[{}H", y + 1)?,
            _ => queue!(self.bytes, MoveTo(x, y))?,
        }
        self.cursor = Some((x, y));
        Ok(())
    }

    /// Goes over to another style: by what differs, or by a reset and all of it, whichever is shorter.
    fn style(&mut self, wanted: Style) {
        let difference = change(self.style, wanted);
        let whole = change(Style::default(), wanted);
        let afresh = if whole.is_empty() { String::new() } else { format!("0;{whole}") };
        if difference.is_empty() {
        } else if afresh.len() < difference.len() {
            self.bytes.extend(format!("\x1b[{afresh}m").bytes());
        } else {
            self.bytes.extend(format!("\x1b[{difference}m").bytes());
        }
        self.style = wanted;
    }
}

/// The parameters of the SGR sequence that turns one style into another (ECMA-48, 8.3.117).
fn change(from: Style, to: Style) -> String {
    let mut codes: Vec<String> = Vec::new();
    let (mut gone, mut new) = (from.modifier - to.modifier, to.modifier - from.modifier);
    // One code takes off both bold and dim.
    if gone.intersects(Modifier::BOLD | Modifier::DIM) {
        gone |= Modifier::BOLD | Modifier::DIM;
        new |= to.modifier & (Modifier::BOLD | Modifier::DIM);
    }
    for (modifier, on, off) in MODIFIERS {
        if gone.contains(modifier) && codes.iter().all(|code| code != off) {
            codes.push(off.into());
        }
        if new.contains(modifier) {
            codes.push(on.into());
        }
    }
    if from.fg != to.fg {
        codes.push(colour(to.fg, 0));
    }
    if from.bg != to.bg {
        codes.push(colour(to.bg, 10));
    }
    codes.join(";")
}

const MODIFIERS: [(Modifier, &str, &str); 8] = [
    (Modifier::BOLD, "1", "22"),
    (Modifier::DIM, "2", "22"),
    (Modifier::ITALIC, "3", "23"),
    (Modifier::UNDERLINED, "4", "24"),
    (Modifier::SLOW_BLINK, "5", "25"),
    (Modifier::REVERSED, "7", "27"),
    (Modifier::HIDDEN, "8", "28"),
    (Modifier::CROSSED_OUT, "9", "29"),
];

/// The parameters of a colour: of text, or, 10 higher, of the ground.
fn colour(colour: Color, ground: u8) -> String {
    let code = match colour {
        Color::Reset => 39,
        Color::Black => 30,
        Color::Red => 31,
        Color::Green => 32,
        Color::Yellow => 33,
        Color::Blue => 34,
        Color::Magenta => 35,
        Color::Cyan => 36,
        Color::Gray => 37,
        Color::DarkGray => 90,
        Color::LightRed => 91,
        Color::LightGreen => 92,
        Color::LightYellow => 93,
        Color::LightBlue => 94,
        Color::LightMagenta => 95,
        Color::LightCyan => 96,
        Color::White => 97,
        Color::Indexed(index) => return format!("{};5;{index}", 38 + ground),
        Color::Rgb(r, g, b) => return format!("{};2;{r};{g};{b}", 38 + ground),
    };
    (code + ground).to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::Terminal;
    use ratatui::layout::Rect;
    use ratatui::{TerminalOptions, Viewport};

    use super::*;

    const SIZE: (u16, u16) = (12, 4);

    /// The picture on a terminal: per cell its text and, unless nothing of it is to be seen, its style.
    type Shown = Vec<(String, Option<String>)>;

    fn shown(bytes: &[u8]) -> Shown {
        let mut parser = vt100::Parser::new(SIZE.1, SIZE.0, 0);
        parser.process(bytes);
        let screen = parser.screen();
        let cell = |(x, y)| {
            let cell = screen.cell(y, x).unwrap();
            let text = if cell.contents().is_empty() { " " } else { cell.contents() };
            let ink = format!("{:?} {} {}", cell.fgcolor(), cell.bold(), cell.dim());
            let ground = format!("{:?} {} {}", cell.bgcolor(), cell.inverse(), cell.underline());
            let bare = text == " " && !cell.inverse() && !cell.underline();
            (text.to_owned(), Some(if bare { format!("{:?}", cell.bgcolor()) } else { ink + &ground }))
        };
        (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| (x, y))).map(cell).collect()
    }

    /// The bytes of these frames, one after the other.
    fn bytes<B: Backend>(backend: B, frames: &[Vec<Cell>], written: impl Fn() -> Vec<u8>) -> Vec<u8> {
        let viewport = Viewport::Fixed(Rect::new(0, 0, SIZE.0, SIZE.1));
        let mut terminal = Terminal::with_options(backend, TerminalOptions { viewport }).unwrap();
        for frame in frames {
            terminal.draw(|to| to.buffer_mut().content.clone_from(frame)).unwrap();
        }
        written()
    }

    #[derive(Clone, Default)]
    struct Sink(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn both(frames: &[Vec<Cell>]) -> (Vec<u8>, Vec<u8>) {
        let (ours, theirs) = (Sink::default(), Sink::default());
        (
            bytes(Encoder::new(ours.clone()), frames, || ours.0.borrow().clone()),
            bytes(CrosstermBackend::new(theirs.clone()), frames, || theirs.0.borrow().clone()),
        )
    }

    fn cell() -> impl Strategy<Value = Cell> {
        let colour = prop::sample::select(vec![
            Color::Reset,
            Color::Red,
            Color::LightBlue,
            Color::Indexed(33),
            Color::Indexed(208),
            Color::Rgb(1, 2, 3),
        ]);
        let modifiers = [
            Modifier::empty(),
            Modifier::BOLD,
            Modifier::DIM,
            Modifier::REVERSED,
            Modifier::UNDERLINED | Modifier::BOLD,
        ];
        let symbol = prop::sample::select(vec![" ", " ", "a", "⣿", "─", "é"]);
        (symbol, colour.clone(), colour, prop::sample::select(modifiers.to_vec())).prop_map(
            |(symbol, fg, bg, modifier)| {
                let mut cell = Cell::default();
                cell.set_symbol(symbol);
                (cell.fg, cell.bg, cell.modifier) = (fg, bg, modifier);
                cell
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn the_screen_is_that_of_ratatuis_own_backend(
            frames in prop::collection::vec(
                prop::collection::vec(cell(), SIZE.0 as usize * SIZE.1 as usize), 1..4)
        ) {
            let (ours, theirs) = both(&frames);
            prop_assert_eq!(shown(&ours), shown(&theirs));
            prop_assert!(ours.len() <= theirs.len(), "{} bytes for {}", ours.len(), theirs.len());
        }
    }

    #[test]
    fn two_colours_that_alternate_are_written_one_after_the_other() {
        let mut row = vec![Cell::default(); SIZE.0 as usize * SIZE.1 as usize];
        for (i, cell) in row.iter_mut().enumerate().take(8) {
            cell.set_symbol("x");
            cell.fg = if i % 2 == 0 { Color::Indexed(33) } else { Color::Indexed(208) };
        }
        let (ours, theirs) = both(&[row]);
        assert_eq!(shown(&ours), shown(&theirs));
        assert!(ours.len() * 2 < theirs.len(), "{} bytes for {}", ours.len(), theirs.len());
        assert_eq!(String::from_utf8_lossy(&ours).matches("38;5;208").count(), 1);
    }

    #[test]
    fn a_cell_never_commands_the_terminal() {
        // ratatui itself stops at control characters, in a build that checks.
        for text in ["\u{202e}", "a\u{e0041}", "\u{200f}", "\u{2066}"] {
            let mut row = vec![Cell::default(); SIZE.0 as usize * SIZE.1 as usize];
            row[1].set_symbol(text);
            let (ours, _) = both(&[row]);
            assert!(!String::from_utf8_lossy(&ours).contains(text), "{text:?}");
        }
    }

    #[test]
    fn wide_characters_stand_where_they_belong() {
        let mut buffer = ratatui::buffer::Buffer::empty(Rect::new(0, 0, SIZE.0, SIZE.1));
        buffer.set_string(1, 1, "日本 語e\u{301}x", ratatui::style::Style::new());
        let (ours, theirs) = both(&[buffer.content]);
        assert_eq!(shown(&ours), shown(&theirs));
    }
}
