//! A picture in dots finer than cells, in two layers, for lines and for points.

use ratatui::layout::Rect;

use crate::ui::draw::glyphs::GlyphSet;
use crate::ui::draw::pen::Pen;
use crate::ui::draw::theme::{Palette, Role};

/// The layers of the dots. Where colour does not tell the layers apart, the glyphs do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Lines,
    /// Lines that stand back behind others.
    Behind,
    Points,
    /// Points that the glyphs tell apart whatever the colours: those say something else here.
    Marks,
}

/// The look of the two layers. Lines are solid where there are colours: dashes over a band of noise look like bursts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ink {
    /// The roles of the first layer, the second, and both in one cell.
    pub roles: [Role; 3],
}

impl Default for Ink {
    /// Two of one kind: real and generated, critic and generator.
    fn default() -> Ink {
        Ink { roles: [Role::First, Role::Second, Role::Both] }
    }
}

impl Ink {
    /// Marks on a coloured ground.
    pub const OVER: Ink = Ink { roles: [Role::Strong; 3] };
    /// The critic's estimate and the truth.
    pub const TRUTH: Ink = Ink { roles: [Role::First, Role::Truth, Role::Both] };

    /// The same for what stands back behind these lines.
    pub fn behind(self) -> Ink {
        let roles = self.roles.map(|role| match role {
            Role::First => Role::FirstBand,
            Role::Second => Role::SecondBand,
            Role::Truth => Role::TruthBand,
            _ => Role::Dim,
        });
        Ink { roles }
    }
}

/// Cells in which one of two lines is in front before it is the other's turn.
const TURN: usize = 2;

/// Dots over an area of cells. Layer 0 is the first of two, layer 1 the second.
pub struct Dots {
    glyphs: GlyphSet,
    cells: (usize, usize),
    masks: Vec<[u8; 2]>,
}

impl Dots {
    /// No dots yet over `width` × `height` cells.
    pub fn new(glyphs: GlyphSet, width: u16, height: u16) -> Dots {
        let cells = (width as usize, height as usize);
        Dots { glyphs, cells, masks: vec![[0; 2]; cells.0 * cells.1] }
    }

    /// Dots across and down.
    pub fn size(&self) -> (usize, usize) {
        let (w, h) = self.glyphs.dots();
        (self.cells.0 * w, self.cells.1 * h)
    }

    /// Sets a dot; one outside is left out.
    pub fn set(&mut self, layer: usize, x: usize, y: usize) {
        let (w, h) = self.glyphs.dots();
        if x / w < self.cells.0 && y / h < self.cells.1 {
            self.masks[y / h * self.cells.0 + x / w][layer & 1] |= self.glyphs.bit(x % w, y % h);
        }
    }

    /// A vertical line, both ends included.
    pub fn vertical(&mut self, layer: usize, x: usize, a: usize, b: usize) {
        for y in a.min(b)..=a.max(b).min(self.size().1.saturating_sub(1)) {
            self.set(layer, x, y);
        }
    }

    /// A line from one dot to another, both included.
    pub fn line(&mut self, layer: usize, from: (usize, usize), to: (usize, usize)) {
        let (dx, dy) = (to.0 as f64 - from.0 as f64, to.1 as f64 - from.1 as f64);
        let steps = dx.abs().max(dy.abs()).max(1.0) as usize;
        for i in 0..=steps {
            let t = i as f64 / steps as f64;
            self.set(layer, (from.0 as f64 + t * dx).round() as usize, (from.1 as f64 + t * dy).round() as usize);
        }
    }

    /// Paints every cell that has a dot, with its top left corner at that of `area`.
    pub fn paint(&self, pen: &mut Pen, area: Rect, kind: Kind, ink: Ink) {
        for (i, &[a, b]) in self.masks.iter().enumerate() {
            let (x, y) = (i % self.cells.0, i / self.cells.0);
            let layer = match (a > 0, b > 0) {
                (false, false) => continue,
                (true, false) => 0,
                (false, true) => 1,
                (true, true) => 2,
            };
            let marks = self.glyphs == GlyphSet::Ascii || pen.palette == Palette::Mono;
            // A third colour would stand for nothing in the legend. Of two lines in one cell each is in front in turn, so
            // that neither hides the other where they go along together; a band is behind both, and may be hidden.
            let (a, b, layer) = match (kind, layer) {
                (Kind::Lines, 2) if !marks && x / TURN % 2 == 1 => (0, b, 1),
                (Kind::Lines | Kind::Behind, 2) if !marks => (a, 0, 0),
                _ => (a, b, layer),
            };
            let role = ink.roles[layer];
            let symbol = match kind {
                Kind::Marks => point_mark(self.glyphs, layer),
                Kind::Points if marks => point_mark(self.glyphs, layer),
                Kind::Behind if self.glyphs == GlyphSet::Ascii => ',',
                // Without colours the second line is always dashed.
                Kind::Lines if marks && layer == 1 && self.glyphs != GlyphSet::Ascii && x % 3 == 2 => {
                    continue;
                }
                _ => self.glyphs.dot_char(a | b, layer),
            };
            pen.symbol(area.x + x as u16, area.y + y as u16, symbol.encode_utf8(&mut [0; 4]), role);
        }
    }

    /// Paints layer 0 in a stroke of cells drawn and left out in turn, in `symbol` where one is given.
    pub fn paint_stroke(&self, pen: &mut Pen, area: Rect, role: Role, (on, off): (usize, usize), symbol: Option<char>) {
        for (i, &[mask, _]) in self.masks.iter().enumerate() {
            let (x, y) = (i % self.cells.0, i / self.cells.0);
            if mask > 0 && (symbol.is_some() || x % (on + off) < on) {
                let symbol = symbol.unwrap_or_else(|| self.glyphs.dot_char(mask, 0));
                pen.symbol(area.x + x as u16, area.y + y as u16, symbol.encode_utf8(&mut [0; 4]), role);
            }
        }
    }
}

fn point_mark(glyphs: GlyphSet, layer: usize) -> char {
    match (layer, glyphs) {
        (0, GlyphSet::Ascii) => '.',
        (0, _) => '·',
        (1, _) => 'o',
        _ => '@',
    }
}

/// The look of a layer, or as layer 2 of both in one cell, for a legend.
pub fn swatch(pen: &Pen, layer: usize, kind: Kind) -> String {
    let marks = pen.glyphs == GlyphSet::Ascii || pen.palette == Palette::Mono;
    match (kind, pen.glyphs, layer) {
        (Kind::Marks, glyphs, _) => point_mark(glyphs, layer).into(),
        (Kind::Points, glyphs, _) if marks => point_mark(glyphs, layer).into(),
        (Kind::Points, _, _) => "•".into(),
        (Kind::Behind, GlyphSet::Ascii, _) => ",".into(),
        (Kind::Behind, ..) => "━".into(),
        (Kind::Lines, GlyphSet::Ascii, _) => pen.glyphs.dot_char(1, layer).into(),
        (Kind::Lines, _, 1) if marks => "╌".into(),
        (Kind::Lines, ..) => "━".into(),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::buffer::Buffer;

    use super::*;

    fn painted(dots: &Dots, palette: Palette, kind: Kind) -> Buffer {
        let area = Rect::new(0, 0, dots.cells.0 as u16, dots.cells.1 as u16);
        let mut buffer = Buffer::empty(area);
        dots.paint(&mut Pen::new(&mut buffer, dots.glyphs, palette), area, kind, Ink::default());
        buffer
    }

    #[test]
    fn a_diagonal() {
        let mut dots = Dots::new(GlyphSet::Braille, 2, 1);
        dots.line(0, (0, 0), (3, 3));
        dots.set(0, 99, 99);
        assert_eq!(painted(&dots, Palette::Mono, Kind::Lines), Buffer::with_lines(["⠑⢄"]));
    }

    #[test]
    fn with_colours_lines_are_solid_and_where_they_share_cells_each_is_in_front_in_turn() {
        let mut dots = Dots::new(GlyphSet::Braille, 6, 1);
        dots.line(1, (0, 0), (11, 0));
        dots.line(0, (2, 3), (9, 3));
        let colours = painted(&dots, Palette::Truecolor, Kind::Lines);
        let symbols: String = (0..6).map(|x| colours[(x, 0)].symbol()).collect();
        assert_eq!(symbols, "⠉⣀⠉⠉⣀⠉");
        // A cell has the colour of the line that is in front, and nothing of the other: no third one.
        let looks = [Role::First, Role::Second].map(|role| Palette::Truecolor.style(role));
        for x in 0..6 {
            let second = ["⠉"].contains(&colours[(x, 0)].symbol());
            assert_eq!(Some(colours[(x, 0)].fg), looks[usize::from(second)].fg, "column {x}");
        }
        // Without them it is dashed, and both are seen.
        let mono = painted(&dots, Palette::Mono, Kind::Lines);
        assert_eq!((mono[(1, 0)].symbol(), mono[(5, 0)].symbol()), ("⣉", " "));
    }

    #[test]
    fn layers_differ_without_colour() {
        let mut dots = Dots::new(GlyphSet::Braille, 3, 1);
        dots.set(0, 0, 0);
        dots.set(1, 2, 0);
        dots.set(0, 4, 0);
        dots.set(1, 4, 1);
        let text: String = painted(&dots, Palette::Mono, Kind::Points).content.iter().map(|c| c.symbol()).collect();
        assert_eq!(text, "·o@");
    }
}
