//! A sheet of images in a terminal's characters.

use std::io::Write;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

use crate::config::{Glyphs, Theme};
use crate::domain::SampleShape;
use crate::link::Snapshot;
use crate::system::output::{self, half_blocks, half_blocks::Ink};
use crate::ui::draw::gallery::{Gallery, Part};
use crate::ui::draw::{images, pen::Pen};

/// The most rows of characters.
const ROWS: u16 = 16;

/// Shows images where standard output is a terminal.
pub fn show(shape: SampleShape, samples: &[f32]) {
    let Some(columns) = crate::cli::width().and_then(|columns| u16::try_from(columns).ok()) else { return };
    let env = |name: &str| std::env::var(name).ok();
    let (glyphs, palette) = (Glyphs::default().resolve(env), Theme::Auto.resolve(env, None));
    let area = Rect::new(0, 0, columns.min(200), ROWS);
    let mut buffer = Buffer::empty(area);
    let snapshot = Snapshot { fake: samples.to_vec(), ..Snapshot::empty(0, shape) };
    let gallery = Gallery::of(Arc::new(snapshot), Part::Generated);
    images::draw(&mut Pen::new(&mut buffer, glyphs, palette), area, &gallery);
    // A sheet that cannot be written is missed by nobody who still reads.
    let _ = match buffer.content().iter().any(|cell| cell.symbol() == "▀") {
        true => half_blocks::print(&rows(&buffer)),
        false => write!(output::out(), "{}", text(&buffer)),
    };
}

fn rows(buffer: &Buffer) -> Vec<Vec<[Ink; 2]>> {
    let ink = |colour: Color| match colour {
        Color::Rgb(red, green, blue) => Ink::Rgb(red, green, blue),
        Color::Indexed(index) => Ink::Indexed(index),
        _ => Ink::None,
    };
    let cells = buffer.content().iter().map(|cell| match cell.symbol() {
        "▀" => [ink(cell.fg), ink(cell.bg)],
        _ => [Ink::None; 2],
    });
    let cells: Vec<[Ink; 2]> = cells.collect();
    let rows = cells.chunks(usize::from(buffer.area.width).max(1)).map(<[_]>::to_vec);
    rows.take_while(|row| row.iter().any(|cell| *cell != [Ink::None; 2])).collect()
}

fn text(buffer: &Buffer) -> String {
    let rows = buffer.content().chunks(usize::from(buffer.area.width).max(1));
    let rows: Vec<String> = rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>()).collect();
    let last = rows.iter().rposition(|row| !row.trim().is_empty()).map_or(0, |last| last + 1);
    rows[..last].iter().map(|row| format!("{}\n", row.trim_end())).collect()
}
