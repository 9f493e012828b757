//! A terminal's screen as SVG: braille and blocks as shapes, all else as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use vt100::{Color, Screen};

/// The width and height of a cell in the units of the picture, and how far apart its eight dots of braille lie.
const CELL: (usize, usize) = (8, 16);
const APART: usize = 4;

/// A look: the theme that the program is given, and the colours of plain text and of the ground.
pub struct Look {
    pub name: &'static str,
    pub theme: &'static str,
    pub text: (u8, u8, u8),
    pub ground: (u8, u8, u8),
}

/// The look on a dark ground.
pub const DARK: Look = Look { name: "dark", theme: "truecolor", text: (214, 214, 214), ground: (18, 18, 20) };
/// The look on a bright ground.
pub const LIGHT: Look = Look { name: "light", theme: "light", text: (30, 30, 30), ground: (252, 252, 250) };

/// What is drawn in one colour.
#[derive(Default)]
struct Layer {
    blocks: Vec<Block>,
    /// Dots, by row and column.
    dots: BTreeSet<(usize, usize)>,
}

/// A rectangle: its top, height, left side and width.
type Block = [usize; 4];

/// Rectangles as a path, those side by side as one.
fn rectangles(mut blocks: Vec<Block>) -> String {
    blocks.sort_unstable();
    let mut path = String::new();
    let mut open: Option<Block> = None;
    let mut close = |block: Option<Block>| {
        if let Some([top, high, left, wide]) = block {
            let _ = write!(path, "M{left} {top}h{wide}v{high}h-{wide}z");
        }
    };
    for block in blocks {
        match &mut open {
            Some([top, high, left, wide]) if [*top, *high, *left + *wide] == block[..3] => *wide += block[3],
            _ => close(open.replace(block)),
        }
    }
    close(open);
    path
}

/// Dots as a path to be drawn in dashes of no length, four apart, with square ends: those side by side as one line.
fn dashes(dots: &BTreeSet<(usize, usize)>) -> String {
    let mut path = String::new();
    let mut open: Option<(usize, usize, usize)> = None;
    let mut close = |line: Option<(usize, usize, usize)>| {
        if let Some((y, from, to)) = line {
            // A little more, so that the last one is not lost in rounding.
            let _ = write!(path, "M{from} {y}h{}.1", to - from);
        }
    };
    for &(y, x) in dots {
        match &mut open {
            Some((row, _, to)) if *row == y && *to + APART == x => *to = x,
            _ => close(open.replace((y, x, x))),
        }
    }
    close(open);
    path
}

/// The screen as a picture.
pub fn draw(screen: &Screen, look: &Look) -> String {
    let (rows, columns) = screen.size();
    page((rows, columns), look, "", &part(screen, 0..rows, look))
}

/// A picture of a screen of this many rows and columns, with more rules of style.
pub fn page((rows, columns): (u16, u16), look: &Look, style: &str, body: &str) -> String {
    let (width, height) = (usize::from(columns) * CELL.0, usize::from(rows) * CELL.1);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"DejaVu Sans Mono,Menlo,Consolas,monospace\" font-size=\"13\">\n<style>.b{{font-weight:bold}}.d{{stroke-width:2.6;stroke-linecap:square;stroke-dasharray:0 {APART}}}{style}</style>\n\
         <path fill=\"{}\" d=\"M0 0h{width}v{height}H0z\"/>\n{body}</svg>\n",
        hex(look.ground)
    )
}

/// What stands in these rows of the screen, to be put onto a page.
pub fn part(screen: &Screen, rows: Range<u16>, look: &Look) -> String {
    let (_, columns) = screen.size();
    let mut grounds: BTreeMap<String, Vec<Block>> = BTreeMap::new();
    let mut layers: BTreeMap<String, Layer> = BTreeMap::new();
    let mut texts = String::new();
    for row in rows {
        let y = usize::from(row) * CELL.1;
        // What stands side by side in one style is one piece of text.
        let mut piece: Option<(usize, String, String)> = None;
        for column in 0..columns {
            let x = usize::from(column) * CELL.0;
            let Some(cell) = screen.cell(row, column) else { continue };
            let (mut text, mut ground) = (rgb(cell.fgcolor(), look.text), rgb(cell.bgcolor(), look.ground));
            if cell.inverse() {
                std::mem::swap(&mut text, &mut ground);
            }
            if cell.dim() {
                text = mixed(text, ground);
            }
            if ground != look.ground {
                grounds.entry(hex(ground)).or_default().push([y, CELL.1, x, CELL.0]);
            }
            let symbol = cell.contents().chars().next().unwrap_or(' ');
            let layer = || hex(text);
            if let Some(dots) = (symbol as u32).checked_sub(0x2800).filter(|dots| *dots < 0x100) {
                let layer = layers.entry(layer()).or_default();
                braille(&mut layer.dots, (x, y), dots);
            } else if let Some([left, top, wide, high]) = block(symbol) {
                layers.entry(layer()).or_default().blocks.push([y + top, high, x + left, wide]);
            } else if symbol != ' ' {
                let style = format!("{}{}", hex(text), if cell.bold() { " b" } else { "" });
                match &mut piece {
                    Some((start, text, of)) if *of == style && *start + text.chars().count() * CELL.0 == x => {
                        text.push(symbol);
                    }
                    _ => {
                        finish(&mut texts, y, piece.take());
                        piece = Some((x, symbol.to_string(), style));
                    }
                }
            }
        }
        finish(&mut texts, y, piece);
    }
    let mut svg = String::new();
    for (colour, blocks) in grounds {
        let _ = writeln!(svg, "<path fill=\"{colour}\" d=\"{}\"/>", rectangles(blocks));
    }
    for (colour, Layer { blocks, dots }) in layers {
        if !blocks.is_empty() {
            let _ = writeln!(svg, "<path fill=\"{colour}\" d=\"{}\"/>", rectangles(blocks));
        }
        if !dots.is_empty() {
            let _ = writeln!(svg, "<path stroke=\"{colour}\" class=\"d\" d=\"{}\"/>", dashes(&dots));
        }
    }
    svg + &texts
}

/// Adds a piece of text, as wide as its cells whatever the font.
fn finish(texts: &mut String, y: usize, piece: Option<(usize, String, String)>) {
    let Some((x, text, style)) = piece else { return };
    let (colour, class) = style.split_once(' ').map_or((style.as_str(), ""), |(colour, _)| (colour, " class=\"b\""));
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(
        texts,
        "<text x=\"{x}\" y=\"{}\" fill=\"{colour}\" textLength=\"{}\"{class}>{escaped}</text>",
        y + 12,
        text.chars().count() * CELL.0
    );
}

/// The dots of a braille character, by its bits: the left column, the right one, then both of the last row.
fn braille(dots: &mut BTreeSet<(usize, usize)>, (x, y): (usize, usize), bits: u32) {
    const PLACES: [(usize, usize); 8] = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
    for (bit, (across, down)) in PLACES.into_iter().enumerate() {
        if bits >> bit & 1 == 1 {
            dots.insert((y + 2 + APART * down, x + 2 + APART * across));
        }
    }
}

/// Left, top, width and height of a block character in its cell.
fn block(symbol: char) -> Option<[usize; 4]> {
    let (wide, high) = CELL;
    Some(match symbol {
        '█' => [0, 0, wide, high],
        '▀' => [0, 0, wide, high / 2],
        '▌' => [0, 0, wide / 2, high],
        '▐' => [wide / 2, 0, wide / 2, high],
        // Eighths from below.
        '▁'..='▇' => {
            let eighths = symbol as usize - '▁' as usize + 1;
            [0, high - 2 * eighths, wide, 2 * eighths]
        }
        _ => return None,
    })
}

/// A colour of the terminal; `usual` where it is its own.
fn rgb(colour: Color, usual: (u8, u8, u8)) -> (u8, u8, u8) {
    const SIXTEEN: [(u8, u8, u8); 16] = [
        (0, 0, 0),
        (205, 49, 49),
        (13, 188, 121),
        (229, 229, 16),
        (36, 114, 200),
        (188, 63, 188),
        (17, 168, 205),
        (229, 229, 229),
        (102, 102, 102),
        (241, 76, 76),
        (35, 209, 139),
        (245, 245, 67),
        (59, 142, 234),
        (214, 112, 214),
        (41, 184, 219),
        (255, 255, 255),
    ];
    match colour {
        Color::Default => usual,
        Color::Rgb(red, green, blue) => (red, green, blue),
        Color::Idx(index @ 0..16) => SIXTEEN[usize::from(index)],
        // The cube of 6·6·6, and the greys behind it.
        Color::Idx(index @ 16..232) => {
            let level = |part: u8| if part == 0 { 0 } else { 55 + 40 * part };
            let index = index - 16;
            (level(index / 36), level(index / 6 % 6), level(index % 6))
        }
        Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            (grey, grey, grey)
        }
    }
}

/// Half way to the ground.
fn mixed(text: (u8, u8, u8), ground: (u8, u8, u8)) -> (u8, u8, u8) {
    (text.0.midpoint(ground.0), text.1.midpoint(ground.1), text.2.midpoint(ground.2))
}

fn hex((red, green, blue): (u8, u8, u8)) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}
