//! Pixels on standard output, two in a character: the only codes for a terminal that are written beside the screen and
//! the progress bars. Nothing from outside is among them but the colours.

use std::io::{self, Write};

/// The colour of a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The terminal's own.
    None,
    /// One of the terminal's 256.
    Indexed(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

/// Writes rows of characters, each of a pixel above one below.
///
/// # Errors
/// Standard output cannot be written to.
pub fn print(rows: &[Vec<[Ink; 2]>]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text(rows).as_bytes())?;
    out.flush()
}

fn text(rows: &[Vec<[Ink; 2]>]) -> String {
    let mut text = String::new();
    for row in rows {
        let mut now = [Ink::None; 2];
        for &cell in row {
            if cell != now {
                text += "\x1b[0";
                code(&mut text, 38, cell[0]);
                code(&mut text, 48, cell[1]);
                text.push('m');
                now = cell;
            }
            text.push(if cell == [Ink::None; 2] { ' ' } else { '▀' });
        }
        text += "\x1b[0m\n";
    }
    text
}

/// Adds what sets a colour, `which` of the letters or behind them.
fn code(text: &mut String, which: u8, ink: Ink) {
    match ink {
        Ink::None => {}
        Ink::Indexed(index) => *text += &format!(";{which};5;{index}"),
        Ink::Rgb(red, green, blue) => *text += &format!(";{which};2;{red};{green};{blue}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_set_where_they_change_and_no_longer_than_a_row() {
        let (red, grey) = (Ink::Rgb(255, 0, 0), Ink::Indexed(240));
        let said = text(&[vec![[red, grey], [red, grey], [Ink::None; 2]], vec![[Ink::None; 2]]]);
        assert_eq!(said, "\x1b[0;38;2;255;0;0;48;5;240m▀▀\x1b[0m \x1b[0m\n \x1b[0m\n");
    }
}
