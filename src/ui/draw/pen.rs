//! Writing styled text and panel rules into the buffer, always inside it and in the glyphs and colours in use.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::Span;

use super::glyphs::GlyphSet;
use super::spots::{Spot, Target};
use super::theme::{Palette, Role};
use crate::glossary::Term;

/// A line of text in pieces of one style each.
pub type Text = Vec<(Role, String)>;

/// The columns a string takes.
pub fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// The pen with which a view draws.
pub struct Pen<'a> {
    pub buffer: &'a mut Buffer,
    pub glyphs: GlyphSet,
    pub palette: Palette,
    /// The places drawn so far that can be pointed at; a later one lies above.
    pub spots: Vec<Spot>,
}

impl<'a> Pen<'a> {
    /// Draws into a buffer in these glyphs and colours.
    pub fn new(buffer: &'a mut Buffer, glyphs: GlyphSet, palette: Palette) -> Pen<'a> {
        Pen { buffer, glyphs, palette, spots: Vec::new() }
    }

    /// Notes what stands in an area, which may be empty where it is named and has no place of its own.
    pub fn spot(&mut self, area: Rect, target: Target) {
        self.spots.push(Spot { area, target });
    }

    /// Puts one symbol, one column wide, at a place that may lie outside the buffer.
    pub fn symbol(&mut self, x: u16, y: u16, symbol: &str, role: Role) {
        let style = self.palette.style(role);
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            restyle(cell.set_symbol(symbol), style);
        }
    }

    /// Lays a level of a diverging ground under what stands at a place; without colours for it, a character where
    /// nothing stands.
    pub fn ground(&mut self, x: u16, y: u16, level: i8) {
        let blank = self.is_blank(x, y);
        let style = self.palette.ground(level);
        let symbol = self.glyphs.ground(level);
        if let (Some(cell), Some(style)) = (self.buffer.cell_mut((x, y)), style) {
            cell.set_style(style);
        } else if blank {
            let role = if level > 0 { Role::First } else { Role::Second };
            self.symbol(x, y, symbol.encode_utf8(&mut [0; 4]), role);
        }
    }

    /// Whether nothing has been put at this place.
    pub fn is_blank(&self, x: u16, y: u16) -> bool {
        self.buffer.cell((x, y)).is_some_and(|cell| cell.symbol() == " ")
    }

    /// The cell at this place; nothing outside the buffer.
    pub fn at(&self, x: u16, y: u16) -> &str {
        self.buffer.cell((x, y)).map_or("", |cell| cell.symbol())
    }

    /// Writes `text` from the left of a row that is `room` wide. What does not fit ends in an ellipsis. Returns the
    /// columns used.
    pub fn text(&mut self, x: u16, y: u16, room: u16, text: &[(Role, impl AsRef<str>)]) -> u16 {
        let area = self.buffer.area;
        if y < area.top() || y >= area.bottom() || x < area.left() || x >= area.right() {
            return 0;
        }
        let room = room.min(area.right() - x);
        let end = x + room;
        let mut at = x;
        for (i, (role, piece)) in text.iter().enumerate() {
            let piece = self.glyphs.text(piece.as_ref());
            let style = self.palette.style(*role);
            let left = (end - at) as usize;
            let more = text[i + 1..].iter().any(|(_, rest)| !rest.as_ref().trim().is_empty());
            let cut = width(&piece) > left || (more && width(&piece) == left);
            at = self.write(at, y, &piece, left, style);
            if cut {
                if room > 0 {
                    let (ellipsis, last) = (if self.glyphs == GlyphSet::Ascii { "~" } else { "…" }, end - 1);
                    self.write(last, y, ellipsis, 1, style);
                }
                break;
            }
        }
        at - x
    }

    /// Writes a piece of one style into at most `left` columns. Returns the column after it.
    fn write(&mut self, x: u16, y: u16, piece: &str, left: usize, style: Style) -> u16 {
        let (end, _) = self.buffer.set_stringn(x, y, piece, left, style);
        for at in x..end {
            if let Some(cell) = self.buffer.cell_mut((at, y)) {
                restyle(cell, style);
            }
        }
        end
    }

    /// The columns that `text` takes in the glyphs in use.
    pub fn width(&self, text: &[(Role, impl AsRef<str>)]) -> u16 {
        text.iter().map(|(_, piece)| width(&self.glyphs.text(piece.as_ref()))).sum::<usize>().min(u16::MAX as usize)
            as u16
    }

    /// A text in the glyphs in use as a cell of a list: so many columns wide, with two blanks behind it.
    pub fn cell(&self, text: &str, columns: u16) -> String {
        let text = self.glyphs.text(text);
        format!("{text}{}  ", " ".repeat((columns as usize).saturating_sub(width(&text))))
    }

    /// Draws a panel's rule with its title on the left and the first of `legends` that fits on the right. Returns the
    /// rest. `term` is what the glossary has of it.
    pub fn panel(&mut self, area: Rect, term: impl Into<Term>, title: &str, legends: &[Text]) -> Rect {
        if area.is_empty() {
            return Rect { height: 0, ..area };
        }
        self.spot(area, Target::Term(term.into()));
        let rule = self.glyphs.rule();
        for x in area.left()..area.right() {
            self.symbol(x, area.y, rule, Role::Dim);
        }
        let used =
            self.text(area.x + 1, area.y, area.width.saturating_sub(2), &[(Role::Strong, format!(" {title} "))]) + 1;
        let room = area.width.saturating_sub(used + 2);
        if let Some(legend) = legends.iter().find(|legend| !legend.is_empty() && self.width(legend) + 2 <= room) {
            let mut spaced: Text = vec![(Role::Plain, " ".into())];
            spaced.extend(legend.iter().cloned());
            spaced.push((Role::Plain, " ".into()));
            let width = self.width(&spaced);
            self.text(area.right() - width - 1, area.y, width, &spaced);
        }
        Rect { y: area.y + 1, height: area.height - 1, ..area }
    }

    /// Says something in the middle of an area that has nothing else to show, in as many lines as it takes.
    pub fn note(&mut self, area: Rect, text: &str) {
        let lines = wrap(&self.glyphs.text(text), area.width.saturating_sub(2) as usize);
        let top = area.y + area.height.saturating_sub(lines.len() as u16) / 2;
        for (y, line) in (top..area.bottom()).zip(&lines) {
            let x = area.x + area.width.saturating_sub(width(line) as u16) / 2;
            self.text(x, y, area.width, &[(Role::Dim, line)]);
        }
    }

    /// Blanks an area and puts a frame with a title around it. Returns the inside, a column away from the sides.
    pub fn framed(&mut self, area: Rect, title: &str) -> Rect {
        let area = area.intersection(self.buffer.area);
        self.blank(area);
        self.spot(area, Target::Popup);
        if area.width < 4 || area.height < 3 {
            return Rect { height: 0, ..area };
        }
        let [top_left, top_right, bottom_left, bottom_right, side] = self.glyphs.frame();
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        for x in area.left()..area.right() {
            self.symbol(x, area.y, self.glyphs.rule(), Role::Plain);
            self.symbol(x, bottom, self.glyphs.rule(), Role::Plain);
        }
        for y in area.top()..area.bottom() {
            self.symbol(area.x, y, side, Role::Plain);
            self.symbol(right, y, side, Role::Plain);
        }
        self.symbol(area.x, area.y, top_left, Role::Plain);
        self.symbol(right, area.y, top_right, Role::Plain);
        self.symbol(area.x, bottom, bottom_left, Role::Plain);
        self.symbol(right, bottom, bottom_right, Role::Plain);
        self.text(area.x + 2, area.y, area.width - 4, &[(Role::Strong, format!(" {title} "))]);
        Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
    }

    /// Blanks an area.
    pub fn blank(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                if let Some(cell) = self.buffer.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }
}

/// Gives a cell this style whole, over the ground that lies there: a style added to one that is dim would be dim, too.
fn restyle(cell: &mut Cell, style: Style) {
    // A ground brings the colour of what is plain on it.
    let plain = if cell.bg == Color::Reset { Color::Reset } else { cell.fg };
    cell.fg = style.fg.unwrap_or(plain);
    cell.bg = style.bg.unwrap_or(cell.bg);
    cell.modifier = style.add_modifier;
}

/// Breaks `text` at spaces into lines of at most `room` columns; longer words are cut.
pub fn wrap(text: &str, room: usize) -> Vec<String> {
    let room = room.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let mut word = word.to_string();
            if !line.is_empty() && width(&line) + 1 + width(&word) <= room {
                line.push(' ');
                line.push_str(&word);
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            while width(&word) > room {
                let mut cut = word.len();
                let mut taken = 0;
                for (i, c) in word.char_indices() {
                    taken += width(c.encode_utf8(&mut [0; 4]));
                    if taken > room && i > 0 {
                        cut = i;
                        break;
                    }
                }
                if cut == word.len() {
                    break;
                }
                let rest = word.split_off(cut);
                lines.push(std::mem::replace(&mut word, rest));
            }
            line = word;
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use ratatui::style::Modifier;

    use super::*;

    #[test]
    fn wrapping_keeps_every_word() {
        assert_eq!(wrap("the critic is wrong", 10), ["the critic", "is wrong"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("a\n\nb", 9), ["a", "", "b"]);
        assert_eq!(wrap("日本語", 1), ["日", "本", "語"]);
        assert!(wrap("", 5).is_empty());
    }

    #[test]
    fn text_outside_the_buffer_is_left_out_and_cut_text_says_so() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 6, 1));
        let mut pen = Pen::new(&mut buffer, GlyphSet::Braille, Palette::Mono);
        assert_eq!(pen.text(0, 3, 6, &[(Role::Plain, "no")]), 0);
        pen.text(0, 0, 6, &[(Role::Plain, "critic"), (Role::Plain, " loss")]);
        assert_eq!(buffer, Buffer::with_lines(["criti…"]));
    }

    #[test]
    fn what_is_drawn_over_a_dim_cell_is_not_dim_and_keeps_the_ground() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        let mut pen = Pen::new(&mut buffer, GlyphSet::Braille, Palette::Ansi256);
        (0..8).for_each(|x| pen.symbol(x, 0, "┈", Role::Dim));
        pen.ground(0, 0, 3);
        pen.symbol(0, 0, "x", Role::First);
        pen.text(2, 0, 2, &[(Role::First, "ab")]);
        let mut fresh = Buffer::empty(Rect::new(0, 0, 8, 1));
        let mut pen = Pen::new(&mut fresh, GlyphSet::Braille, Palette::Ansi256);
        pen.ground(0, 0, 3);
        pen.symbol(0, 0, "x", Role::First);
        pen.text(2, 0, 2, &[(Role::First, "ab")]);
        for x in [0, 2, 3] {
            assert_eq!(buffer[(x, 0)], fresh[(x, 0)], "column {x}");
        }
        assert_ne!(buffer[(0, 0)].bg, Color::Reset);
        assert_eq!((buffer[(2, 0)].modifier, buffer[(3, 0)].modifier), (Modifier::empty(), Modifier::empty()));
        assert_ne!(buffer[(4, 0)].modifier, buffer[(2, 0)].modifier);
    }
}
