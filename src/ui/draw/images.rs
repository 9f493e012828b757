//! A grid of images in cells: half blocks where there are colours for greys, dots or shades elsewhere.

use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::gallery::Gallery;
use super::glyphs::GlyphSet;
use super::pen::Pen;
use super::theme::{Depth, Palette, Role};
use crate::domain::SampleShape;

/// The grid is made finer until it shows so many images, as long as they can be made out.
const ENOUGH: usize = 12;
/// The fewest pixels across at which an image can be made out.
const PIXELS: usize = 9;

/// The parts of a cell of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ink {
    /// Two pixels, one above the other, in their own colours.
    HalfBlock,
    /// 2 × 4 pixels, each set or not, dithered.
    Braille,
    /// Two pixels' mean as a character of more or less ink.
    Shade,
}

impl Ink {
    fn of(glyphs: GlyphSet, palette: Palette) -> Ink {
        let colours = matches!(palette.depth(), Some(Depth::Ansi256 | Depth::Truecolor));
        match glyphs {
            GlyphSet::Ascii => Ink::Shade,
            _ if colours => Ink::HalfBlock,
            GlyphSet::Braille => Ink::Braille,
            GlyphSet::Block => Ink::Shade,
        }
    }

    /// Pixels across and down in a cell.
    fn pixels(self) -> (usize, usize) {
        match self {
            Ink::Braille => (2, 4),
            Ink::HalfBlock | Ink::Shade => (1, 2),
        }
    }
}

/// The layout of images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    ink: Ink,
    /// One pixel of the grid is a square of so many of the image.
    shrink: usize,
    /// Or a pixel of the image is a square of so many of the grid.
    enlarge: usize,
    /// Cells of an image.
    tile: (usize, usize),
    columns: usize,
    rows: usize,
}

impl Grid {
    /// The grid for an area, of one image alone or of many; `None` without room for one, or if samples are not images.
    pub fn new(glyphs: GlyphSet, palette: Palette, area: Rect, shape: SampleShape, alone: bool) -> Option<Grid> {
        let SampleShape::Image { width, height, .. } = shape else { return None };
        if width == 0 || height == 0 {
            return None;
        }
        let ink = Ink::of(glyphs, palette);
        let with = |enlarge: usize, shrink: usize| {
            let (across, down) = ink.pixels();
            let side = |pixels: usize, in_cell: usize| (enlarge * pixels.div_ceil(shrink)).div_ceil(in_cell);
            let tile = (side(width, across), side(height, down));
            // A blank column between images.
            let columns = (area.width as usize + 1) / (tile.0 + 1);
            let rows = area.height as usize / tile.1;
            let (columns, rows) = if alone { (columns.min(1), rows.min(1)) } else { (columns, rows) };
            Grid { ink, shrink, enlarge, tile, columns, rows }
        };
        let mut grid = with(1, 1);
        while alone && with(grid.enlarge + 1, 1).count() > 0 {
            grid = with(grid.enlarge + 1, 1);
        }
        while !alone && grid.count() < ENOUGH && width.min(height) / (grid.shrink + 1) >= PIXELS {
            grid = with(1, grid.shrink + 1);
        }
        while grid.count() == 0 && grid.shrink < width.max(height) {
            grid = with(1, grid.shrink + 1);
        }
        (grid.count() > 0).then_some(grid)
    }

    /// The number of images in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The number of images it has room for.
    pub fn count(&self) -> usize {
        self.columns * self.rows
    }
}

/// One image, read at a grid's size.
pub struct Image<'a> {
    pub pixels: &'a [f32],
    pub width: usize,
    pub height: usize,
    pub channels: usize,
    /// A pixel that is read is a square of so many.
    pub shrink: usize,
    /// Or so many that are read, across and down, are one pixel.
    pub enlarge: usize,
    /// The interval that pixels span.
    pub range: (f32, f32),
}

impl Image<'_> {
    /// The mean of a square of pixels, 0 at the low end of the range and 1 at the high end; `None` outside the image.
    pub fn pixel(&self, x: usize, y: usize) -> Option<[f32; 3]> {
        let (left, top) = (x / self.enlarge * self.shrink, y / self.enlarge * self.shrink);
        if left >= self.width || top >= self.height {
            return None;
        }
        let (right, bottom) = ((left + self.shrink).min(self.width), (top + self.shrink).min(self.height));
        let mean = |channel: usize| {
            let mut sum = 0.0;
            for row in top..bottom {
                for column in left..right {
                    sum += self.pixels.get((row * self.width + column) * self.channels + channel).unwrap_or(&0.0);
                }
            }
            (sum / ((right - left) * (bottom - top)) as f32 - self.range.0) / (self.range.1 - self.range.0)
        };
        Some(if self.channels >= 3 { [mean(0), mean(1), mean(2)] } else { [mean(0); 3] })
    }

    fn grey(&self, x: usize, y: usize) -> Option<f32> {
        self.pixel(x, y).map(|[r, g, b]| 0.299 * r + 0.587 * g + 0.114 * b)
    }
}

/// Draws images.
pub fn draw(pen: &mut Pen, area: Rect, gallery: &Gallery) {
    let shape = gallery.snapshot.shape;
    let Some(grid) = Grid::new(pen.glyphs, pen.palette, area, shape, gallery.alone.is_some()) else {
        if area.height > 0 {
            pen.text(area.x, area.y, area.width, &[(Role::Dim, "no room for an image")]);
        }
        return;
    };
    grid.draw(pen, area, shape, &gallery.images(grid.columns, grid.rows));
}

impl Grid {
    /// The first row of cells of a row of images, counted from the top of the area.
    pub fn row(&self, row: usize) -> Option<u16> {
        (row < self.rows).then_some((row * self.tile.1) as u16)
    }

    /// Draws images of this shape in the area that it is for.
    pub fn draw(&self, pen: &mut Pen, area: Rect, shape: SampleShape, images: &[Option<&[f32]>]) {
        let SampleShape::Image { width, height, channels, range } = shape else { return };
        let left = area.x + (area.width - (self.columns * (self.tile.0 + 1) - 1) as u16) / 2;
        let (shrink, enlarge, range) = (self.shrink, self.enlarge, range.ends());
        for (i, pixels) in images.iter().take(self.count()).enumerate() {
            let Some(pixels) = pixels else { continue };
            let image = Image { pixels, width, height, channels, shrink, enlarge, range };
            let x = left + (i % self.columns * (self.tile.0 + 1)) as u16;
            let y = area.y + (i / self.columns * self.tile.1) as u16;
            for row in 0..self.tile.1 {
                for column in 0..self.tile.0 {
                    cell(pen, (x + column as u16, y + row as u16), &image, self.ink, (column, row));
                }
            }
        }
    }
}

fn cell(pen: &mut Pen, (x, y): (u16, u16), image: &Image, ink: Ink, (column, row): (usize, usize)) {
    match ink {
        Ink::HalfBlock => {
            let colour = |pixel: Option<[f32; 3]>| pixel.and_then(|rgb| pen.palette.pixel(rgb)).unwrap_or(Color::Reset);
            let (above, below) = (colour(image.pixel(column, 2 * row)), colour(image.pixel(column, 2 * row + 1)));
            if let Some(cell) = pen.buffer.cell_mut((x, y)) {
                cell.set_symbol("▀").set_style(Style::new().fg(above).bg(below));
            }
        }
        Ink::Braille => {
            let mut mask = 0;
            for (dx, dy) in (0..8).map(|i| (i % 2, i / 2)) {
                let (px, py) = (2 * column + dx, 4 * row + dy);
                if image.grey(px, py).is_some_and(|level| level > threshold(px, py)) {
                    mask |= GlyphSet::Braille.bit(dx, dy);
                }
            }
            if mask > 0 {
                pen.symbol(x, y, GlyphSet::Braille.dot_char(mask, 0).encode_utf8(&mut [0; 4]), Role::Plain);
            }
        }
        Ink::Shade => {
            let levels = [image.grey(column, 2 * row), image.grey(column, 2 * row + 1)];
            let (sum, count) =
                levels.iter().flatten().fold((0.0, 0.0), |(sum, count), level| (sum + level, count + 1.0));
            let shade = pen.glyphs.shade(if count > 0.0 { sum / count } else { 0.0 });
            pen.symbol(x, y, shade.encode_utf8(&mut [0; 4]), Role::Plain);
        }
    }
}

/// The level above which a pixel is set: Bayer's 4 × 4 pattern, drawn towards the middle so that faint noise stays
/// blank.
fn threshold(x: usize, y: usize) -> f32 {
    const PATTERN: [[u8; 4]; 4] = [[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]];
    let even = (PATTERN[y % 4][x % 4] as f32 + 0.5) / 16.0;
    0.25 + even / 2.0
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ratatui::buffer::Buffer;

    use super::super::gallery::Part;
    use super::*;
    use crate::link::Snapshot;

    fn snapshot(width: usize, height: usize, channels: usize, level: impl Fn(usize) -> f32) -> Snapshot {
        let fake = (0..width * height * channels).map(level).collect();
        Snapshot {
            fake,
            ..Snapshot::empty(0, SampleShape::Image { width, height, channels, range: Default::default() })
        }
    }

    fn drawn(snapshot: &Snapshot, glyphs: GlyphSet, palette: Palette, size: (u16, u16)) -> Buffer {
        let area = Rect::new(0, 0, size.0, size.1);
        let mut buffer = Buffer::empty(area);
        let gallery = Gallery::of(Arc::new(snapshot.clone()), Part::Generated);
        draw(&mut Pen::new(&mut buffer, glyphs, palette), area, &gallery);
        buffer
    }

    #[test]
    fn a_half_block_holds_two_pixels() {
        // Two rows of one pixel: white above black.
        let buffer = drawn(&snapshot(1, 2, 1, |i| 1.0 - 2.0 * i as f32), GlyphSet::Braille, Palette::Truecolor, (1, 1));
        let cell = &buffer[(0, 0)];
        assert_eq!((cell.symbol(), cell.fg, cell.bg), ("▀", Color::Rgb(255, 255, 255), Color::Rgb(0, 0, 0)));
        // Colour: one red pixel.
        let red = snapshot(1, 1, 3, |i| if i == 0 { 1.0 } else { -1.0 });
        assert_eq!(drawn(&red, GlyphSet::Block, Palette::Truecolor, (1, 1))[(0, 0)].fg, Color::Rgb(255, 0, 0));
    }

    #[test]
    fn without_colours_ink_stands_for_light() {
        let bright = snapshot(4, 4, 1, |_| 1.0);
        assert_eq!(drawn(&bright, GlyphSet::Braille, Palette::Mono, (2, 1)), Buffer::with_lines(["⣿⣿"]));
        assert_eq!(drawn(&bright, GlyphSet::Ascii, Palette::Truecolor, (4, 2)), Buffer::with_lines(["@@@@", "@@@@"]));
        let dark = snapshot(4, 4, 1, |_| -1.0);
        assert_eq!(drawn(&dark, GlyphSet::Braille, Palette::Ansi16, (2, 1)), Buffer::with_lines(["  "]));
    }

    #[test]
    fn images_shrink_until_enough_are_in_sight() {
        let shape = SampleShape::Image { width: 28, height: 28, channels: 1, range: Default::default() };
        let grid = |w, h| Grid::new(GlyphSet::Braille, Palette::Truecolor, Rect::new(0, 0, w, h), shape, false);
        assert_eq!(grid(60, 21).map(|g| (g.shrink, g.columns, g.rows)), Some((2, 4, 3)));
        assert_eq!(grid(200, 60).map(|g| (g.shrink, g.columns, g.rows)), Some((1, 6, 4)));
        assert!(grid(3, 3).is_some_and(|g| g.count() > 0));
        assert_eq!(grid(0, 0), None);
        let empty = SampleShape::Image { width: 0, height: 0, channels: 1, range: Default::default() };
        assert_eq!(Grid::new(GlyphSet::Ascii, Palette::Mono, Rect::new(0, 0, 9, 9), empty, false), None);
    }

    #[test]
    fn one_alone_is_as_large_as_there_is_room() {
        let shape = SampleShape::Image { width: 28, height: 28, channels: 1, range: Default::default() };
        let of = |w, h| Grid::new(GlyphSet::Braille, Palette::Truecolor, Rect::new(0, 0, w, h), shape, true).unwrap();
        let sizes = |grid: Grid| (grid.enlarge, grid.shrink, grid.tile, grid.count());
        assert_eq!(sizes(of(90, 50)), (3, 1, (84, 42), 1));
        assert_eq!(sizes(of(200, 13)), (1, 2, (14, 7), 1));
        // Every pixel is a square of four: the left half of the picture is bright.
        let halves = Snapshot { fake: vec![1.0, -1.0], ..snapshot(2, 1, 1, |_| 0.0) };
        let area = Rect::new(0, 0, 4, 1);
        let mut buffer = Buffer::empty(area);
        let gallery = Gallery { alone: Some(0), ..Gallery::of(Arc::new(halves), Part::Generated) };
        draw(&mut Pen::new(&mut buffer, GlyphSet::Block, Palette::Truecolor), area, &gallery);
        let (white, black) = (Color::Rgb(255, 255, 255), Color::Rgb(0, 0, 0));
        let colours: Vec<_> = buffer.content().iter().map(|cell| (cell.fg, cell.bg)).collect();
        assert_eq!(colours, [(white, white), (white, white), (black, black), (black, black)]);
    }
}
