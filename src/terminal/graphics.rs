//! Pictures in pixels, drawn by the terminal itself: what it can, and who writes it.
//!
//! A view leaves cells blank and says what picture belongs there. The terminal draws it after the cells, and only when
//! it is another picture or another place. `ask` finds out what the terminal understands; `kitty`, `iterm2` and `sixel`
//! write it; `wall` knows what hangs.

pub(super) mod ask;
pub(super) mod image_slot;
mod iterm2;
mod kitty;
mod sixel;

use std::fmt::Write;
use std::sync::Arc;

use ratatui::layout::Rect;

use crate::config::Images;
pub use crate::domain::picture::Picture;

/// Pixels of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellSize {
    pub width: u16,
    pub height: u16,
}

/// A picture and the cells that it covers, as many pixels as they have. The same one is told by its `Arc`.
#[derive(Clone, Debug)]
pub struct Placed {
    pub area: Rect,
    pub picture: Arc<Picture>,
}

/// A protocol by which a terminal is told to draw a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Kitty,
    Iterm2,
    Sixel,
}

/// The protocol that is wished for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// No pictures.
    #[default]
    Nothing,
    /// The protocol that the terminal says it has. `nested`: it is drawn by another program, of which only a tmux that
    /// says so draws pictures.
    Ask { nested: bool },
    /// This, whatever it says.
    Take(Kind),
}

impl Wish {
    /// The graphics that `images` amounts to, given a way to look up environment variables. Nothing is asked without
    /// `colours`, nor on the Linux console, which would show the questions; and GNU screen draws no pictures.
    pub fn new(images: Images, colours: bool, env: impl Fn(&str) -> Option<String>) -> Wish {
        let (term, set) = (env("TERM").unwrap_or_default(), |name| env(name).is_some_and(|value| !value.is_empty()));
        match images {
            Images::Blocks => Wish::Nothing,
            Images::Kitty => Wish::Take(Kind::Kitty),
            Images::Iterm2 => Wish::Take(Kind::Iterm2),
            Images::Sixel => Wish::Take(Kind::Sixel),
            Images::Auto if !colours || !answers(&env) => Wish::Nothing,
            Images::Auto => {
                let nested = set("TMUX") || ["tmux", "screen"].iter().any(|name| term.starts_with(name));
                Wish::Ask { nested }
            }
        }
    }
}

/// Whether the terminal is one that answers questions: not the consoles that draw what they do not know, nor GNU
/// screen, which passes nothing on.
pub fn answers(env: impl Fn(&str) -> Option<String>) -> bool {
    let term = env("TERM").unwrap_or_default();
    !["", "dumb", "linux"].contains(&&*term) && env("STY").is_none_or(|value| value.is_empty())
}

/// Writes pictures for one kind of terminal. Text before and after is plain; where the cursor is left does not matter.
trait Painter: Send {
    /// Draws a picture, over the one before if that has the same place.
    fn place(&mut self, placed: &Placed) -> Vec<u8>;

    /// Takes the picture away that covers these cells.
    fn remove(&mut self, area: Rect) -> Vec<u8> {
        blank(area)
    }

    /// Takes the picture away before everything is drawn again.
    fn forget(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// The bytes that take the picture away that covers these cells when the terminal is given back.
    fn taken_down(&self, area: Rect) -> Vec<u8> {
        blank(area)
    }
}

impl Kind {
    fn painter(self) -> Box<dyn Painter> {
        match self {
            Kind::Kitty => Box::new(kitty::Kitty::default()),
            Kind::Iterm2 => Box::new(iterm2::Iterm2),
            Kind::Sixel => Box::new(sixel::Sixel),
        }
    }
}

/// Moves the cursor to where a picture begins.
fn move_to(area: Rect) -> String {
    format!("\x1b[{};{}H", area.y + 1, area.x + 1)
}

/// Blanks over these cells. Written, they take away what is drawn there in every terminal; erasing does not.
fn blank(area: Rect) -> Vec<u8> {
    let mut text = String::from("\x1b[m");
    for y in area.rows() {
        // Writing to a string does not fail.
        let _ = write!(text, "{}{:width$}", move_to(y), "", width = usize::from(area.width));
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of so many pixels that nothing makes smaller.
    pub fn noise(area: Rect, (width, height): (usize, usize)) -> Placed {
        let byte = |i: usize| (i as u32).wrapping_add(77).wrapping_mul(2_654_435_761).rotate_left(9).to_le_bytes()[0];
        let pixels = (0..3 * width * height).map(|i| byte(i * i)).collect();
        Placed { area, picture: Arc::new(Picture { width, height, pixels }) }
    }

    #[test]
    fn the_environment_says_where_not_to_ask() {
        let wish = |images, pairs: &[(&str, &str)]| {
            Wish::new(images, true, |name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string())
            })
        };
        let ask = |pairs: &[(&str, &str)]| wish(Images::Auto, pairs);
        assert_eq!(ask(&[("TERM", "xterm")]), Wish::Ask { nested: false });
        assert_eq!(ask(&[("TERM", "tmux-256color")]), Wish::Ask { nested: true });
        assert_eq!(ask(&[("TERM", "xterm"), ("TMUX", "x,1,0")]), Wish::Ask { nested: true });
        assert_eq!(ask(&[("TERM", "screen"), ("STY", "1.pts")]), Wish::Nothing);
        assert_eq!(ask(&[("TERM", "linux")]), Wish::Nothing);
        assert_eq!(ask(&[]), Wish::Nothing);
        assert_eq!(Wish::new(Images::Auto, false, |_| Some("xterm".into())), Wish::Nothing);
        assert_eq!(wish(Images::Sixel, &[("TERM", "linux")]), Wish::Take(Kind::Sixel));
        assert_eq!(wish(Images::Blocks, &[("TERM", "xterm")]), Wish::Nothing);
    }
}
