//! The size of what is drawn.

use ratatui::layout::Size;
use rustix::stdio::stdout;
use rustix::termios::tcgetwinsize;

/// The most columns and rows that are drawn. No screen has as many; a terminal that claims more, as some do that know
/// no better (65,535 by 65,535), would have us keep cells for gigabytes.
const LARGEST: (u16, u16) = (1000, 300);
/// The size taken for a terminal that does not say its own, as in a container.
const USUAL: (u16, u16) = (80, 24);

/// The part that is drawn of a screen of as many columns and rows as the terminal says; 0 where it says nothing.
fn drawable((columns, rows): (u16, u16)) -> Size {
    let within = |said: u16, usual: u16, largest: u16| if said == 0 { usual } else { said.min(largest) };
    Size::new(within(columns, USUAL.0, LARGEST.0), within(rows, USUAL.1, LARGEST.1))
}

/// The part of the screen behind standard output that is drawn.
pub(super) fn drawn() -> Size {
    drawable(tcgetwinsize(stdout()).map_or((0, 0), |size| (size.ws_col, size.ws_row)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_may_say_any_size() {
        for (said, drawn) in [
            ((120, 36), (120, 36)),
            ((0, 0), USUAL),
            ((0, 50), (80, 50)),
            ((3000, 3000), LARGEST),
            ((u16::MAX, 1), (LARGEST.0, 1)),
        ] {
            assert_eq!(drawable(said), Size::new(drawn.0, drawn.1), "{said:?}");
        }
    }
}
