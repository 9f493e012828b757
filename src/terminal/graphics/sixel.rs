//! Sixel graphics (DEC STD 070, 9): bands of six rows, a colour after the other, repeats counted.
//!
//! Greys in 32 steps, colours in the cube of six steps a channel: each colour of a band costs a pass over it.

use std::io::Write;

use super::{Painter, Picture, Placed, move_to};

/// Steps of grey.
const GREYS: usize = 32;
/// Steps of each channel of a colour.
const STEPS: usize = 6;
/// Rows of a band.
const BAND: usize = 6;
/// A repeat is counted from this many on.
const COUNTED: usize = 4;

pub(super) struct Sixel;

impl Painter for Sixel {
    fn place(&mut self, Placed { area, picture }: &Placed) -> Vec<u8> {
        let mut bytes = move_to(*area).into_bytes();
        bytes.extend(encode(picture));
        bytes
    }
}

fn encode(picture: &Picture) -> Vec<u8> {
    let palette = Palette::of(picture);
    let indices: Vec<u8> = picture.pixels.chunks_exact(3).map(|rgb| palette.index([rgb[0], rgb[1], rgb[2]])).collect();
    // Pixels are square; what is not set stays as it is.
    let mut bytes = format!("\x1bP0;1;0q\"1;1;{};{}", picture.width, picture.height).into_bytes();
    let mut used = [false; 256];
    indices.iter().for_each(|&index| used[usize::from(index)] = true);
    for index in (0..=u8::MAX).filter(|&index| used[usize::from(index)]) {
        let [r, g, b] = palette.percent(index);
        // Writing to memory does not fail.
        let _ = write!(bytes, "#{index};2;{r};{g};{b}");
    }
    for band in indices.chunks(BAND * picture.width.max(1)) {
        encode_band(&mut bytes, band, picture.width);
        bytes.push(b'-');
    }
    bytes.extend(b"\x1b\\");
    bytes
}

fn encode_band(bytes: &mut Vec<u8>, band: &[u8], width: usize) {
    let mut left = [false; 256];
    band.iter().for_each(|&index| left[usize::from(index)] = true);
    let mut first = true;
    for colour in (0..=u8::MAX).filter(|&colour| left[usize::from(colour)]) {
        if !std::mem::take(&mut first) {
            bytes.push(b'$');
        }
        let _ = write!(bytes, "#{colour}");
        let column = |x: usize| {
            let rows = band.iter().skip(x).step_by(width).enumerate();
            rows.filter(|(_, index)| **index == colour).fold(0, |bits, (row, _)| bits | 1 << row)
        };
        let columns: Vec<u8> = (0..width).map(column).collect();
        // Nothing needs to be said of the rest of a row.
        let end = columns.iter().rposition(|&bits| bits != 0).map_or(0, |last| last + 1);
        for run in columns[..end].chunk_by(|a, b| a == b) {
            let symbol = b'?' + run[0];
            if run.len() >= COUNTED {
                let _ = write!(bytes, "!{}", run.len());
                bytes.push(symbol);
            } else {
                bytes.extend(std::iter::repeat_n(symbol, run.len()));
            }
        }
    }
}

/// The colours of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Palette {
    Greys,
    Cube,
}

impl Palette {
    fn of(picture: &Picture) -> Palette {
        let grey = picture.pixels.chunks_exact(3).all(|rgb| rgb[0] == rgb[1] && rgb[1] == rgb[2]);
        if grey { Palette::Greys } else { Palette::Cube }
    }

    fn index(self, rgb: [u8; 3]) -> u8 {
        let step = |value: u8, steps: usize| (usize::from(value) * (steps - 1) + 127) / 255;
        let index = match self {
            Palette::Greys => step(rgb[0], GREYS),
            Palette::Cube => rgb.iter().fold(0, |index, &value| index * STEPS + step(value, STEPS)),
        };
        // 32 greys, 216 colours.
        index as u8
    }

    /// A colour in hundredths of each channel.
    fn percent(self, index: u8) -> [usize; 3] {
        let index = usize::from(index);
        let share = |step: usize, steps: usize| (step * 100 + (steps - 1) / 2) / (steps - 1);
        match self {
            Palette::Greys => [share(index, GREYS); 3],
            Palette::Cube => [index / STEPS / STEPS, index / STEPS % STEPS, index % STEPS].map(|s| share(s, STEPS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::super::tests::noise;
    use super::*;

    /// A number at the start of some bytes, and the rest.
    fn number(bytes: &[u8]) -> (usize, &[u8]) {
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (std::str::from_utf8(&bytes[..digits]).unwrap().parse().unwrap(), &bytes[digits..])
    }

    /// The picture that a terminal draws: the size and the pixels, None where none was set.
    fn decode(bytes: &[u8]) -> (usize, usize, Vec<Option<[u8; 3]>>) {
        let body = bytes.strip_prefix(b"\x1bP0;1;0q\"1;1;").unwrap().strip_suffix(b"\x1b\\").unwrap();
        let (width, rest) = number(body);
        let (height, mut rest) = number(&rest[1..]);
        let mut pixels = vec![None; width * height];
        let (mut colours, mut colour) = (vec![None; 256], 0);
        let (mut x, mut y) = (0, 0);
        while let Some((&symbol, after)) = rest.split_first() {
            rest = after;
            let mut repeats = 1;
            let mut symbol = symbol;
            match symbol {
                b'$' => x = 0,
                b'-' => (x, y) = (0, y + BAND),
                b'#' => {
                    (colour, rest) = number(rest);
                    if let Some(mut definition) = rest.strip_prefix(b";2;") {
                        let mut rgb = [0; 3];
                        for (i, channel) in rgb.iter_mut().enumerate() {
                            let (percent, after) = number(&definition[usize::from(i > 0)..]);
                            *channel = ((percent * 255 + 50) / 100) as u8;
                            definition = after;
                        }
                        colours[colour] = Some(rgb);
                        rest = definition;
                    }
                }
                _ => {
                    if symbol == b'!' {
                        (repeats, rest) = number(rest);
                        (symbol, rest) = (rest[0], &rest[1..]);
                    }
                    let bits = symbol.checked_sub(b'?').filter(|bits| *bits < 64).expect("a sixel");
                    for x in x..x + repeats {
                        for row in (0..BAND).filter(|row| bits >> row & 1 == 1) {
                            assert!(x < width && y + row < height, "outside at {x}, {}", y + row);
                            pixels[(y + row) * width + x] = Some(colours[colour].expect("a defined colour"));
                        }
                    }
                    x += repeats;
                }
            }
        }
        (width, height, pixels)
    }

    #[track_caller]
    fn comes_back(picture: &Picture, within: u8) {
        let (width, height, pixels) = decode(&encode(picture));
        assert_eq!((width, height), (picture.width, picture.height));
        for (drawn, wanted) in pixels.iter().zip(picture.pixels.chunks(3)) {
            let drawn = drawn.expect("every pixel is set");
            assert!(drawn.iter().zip(wanted).all(|(a, b)| a.abs_diff(*b) <= within), "{drawn:?} for {wanted:?}");
        }
    }

    #[test]
    fn the_pixels_come_back_but_for_the_steps_of_the_palette() {
        // Not a whole number of bands.
        let coloured = noise(Rect::new(0, 0, 5, 3), (41, 47)).picture;
        comes_back(&coloured, 27);
        let grey = coloured.pixels.iter().step_by(3).flat_map(|value| [*value; 3]).collect();
        comes_back(&Picture { pixels: grey, ..(*coloured).clone() }, 6);
    }

    #[test]
    fn black_and_white_are_black_and_white() {
        let pixels = (0..64).flat_map(|i| [if i % 2 == 0 { 0 } else { 255 }; 3]).collect();
        comes_back(&Picture { width: 8, height: 8, pixels }, 0);
    }

    #[test]
    fn what_repeats_costs_little() {
        let plain = Picture { width: 480, height: 336, pixels: vec![48; 3 * 480 * 336] };
        comes_back(&plain, 6);
        assert!(encode(&plain).len() < 1000, "{} bytes", encode(&plain).len());
    }

    #[test]
    fn it_begins_where_it_belongs() {
        assert!(Sixel.place(&noise(Rect::new(3, 4, 5, 3), (8, 8))).starts_with(b"\x1b[5;4H\x1bP"));
    }
}
