//! The questions to a terminal about its graphics and its background, and what follows from its answers.
//!
//! Each round of questions ends with one that every terminal answers (DA1), so that a terminal that does not know the
//! others is waited for no longer than its answer takes. kitty's question comes second: tmux takes it for a title, so
//! it is not asked where tmux has said its name.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::stdio::stdout;
use rustix::termios::tcgetwinsize;

use super::super::answers::Answer;
use super::super::state::state;
use super::{CellSize, Kind, Wish};

/// The time that a round of questions is waited for.
const ANSWER_WAIT: Duration = Duration::from_millis(150);

/// XTVERSION, the pixels of a cell, DA1.
const WHO: &[u8] = b"\x1b[>0q\x1b[16t\x1b[c";
/// Whether a picture of one pixel could be taken in, DA1.
const KITTY: &[u8] = b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c";
const CELL: &[u8] = b"\x1b[16t\x1b[c";
/// The colour of the background (OSC 11), which goes before another question's DA1; and DA1 alone.
const GROUND: &[u8] = b"\x1b]11;?\x1b\\";
const DA1: &[u8] = b"\x1b[c";
/// Where nobody says how large a cell is, and the terminal fits a picture to its cells.
const USUAL: CellSize = CellSize { width: 8, height: 16 };
/// The first tmux that draws sixels.
const TMUX: (u32, u32) = (3, 4);

/// The answers of the terminal so far.
#[derive(Clone, Debug, Default)]
struct Told {
    /// Rounds that are not over.
    open: usize,
    /// Whether somebody waits for the end of one.
    waiting: bool,
    attributes: Vec<u16>,
    version: String,
    kitty: bool,
    cell: Option<CellSize>,
    bright: Option<bool>,
}

/// The terminal's answers: a part of its state.
#[derive(Default)]
pub(in super::super) struct Answers {
    told: Mutex<Told>,
    /// Told when a round is over.
    over: Condvar,
}

impl Answers {
    /// Whether answers may still come.
    pub(in super::super) fn are_due(&self) -> bool {
        self.told().open > 0
    }

    /// Takes in an answer. True at the end of a round that nobody waits for any more: the dashboard is to be drawn
    /// anew.
    pub(in super::super) fn take(&self, answer: Answer) -> bool {
        let mut told = self.told();
        match answer {
            // One that was not asked for ends nothing.
            Answer::Attributes(_) if told.open == 0 => {}
            Answer::Attributes(attributes) => {
                told.attributes = attributes;
                told.open -= 1;
                self.over.notify_all();
                return told.open == 0 && !told.waiting;
            }
            Answer::Version(version) => told.version = version,
            Answer::Kitty(kitty) => told.kitty = kitty,
            Answer::Ground { bright } => told.bright = Some(bright),
            Answer::Cell(width, height) => told.cell = Some(CellSize { width, height }),
        }
        false
    }

    /// Waits for the end of the round, but not long; says whether it has come.
    pub(in super::super) fn wait(&self) -> bool {
        let mut told = self.told();
        told.waiting = true;
        let waited = self.over.wait_timeout_while(told, ANSWER_WAIT, |told| told.open > 0);
        let (mut told, _) = waited.unwrap_or_else(PoisonError::into_inner);
        told.waiting = false;
        told.open == 0
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told() -> Told {
    state().answers.told().clone()
}

/// The stage of the questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Begun,
    Who,
    Last,
    Over,
}

/// The questions to one terminal.
#[derive(Debug, Default)]
pub(in super::super) struct Questions {
    wish: Wish,
    stage: Stage,
    /// Whether the background is still to be asked for.
    ground: bool,
}

impl Questions {
    /// The questions that follow from what is wished for; `ground`: the background's brightness too.
    pub(in super::super) fn new(wish: Wish, ground: bool) -> Questions {
        Questions { wish, stage: Stage::Begun, ground }
    }

    /// The bytes to be written next, if any; they count as asked.
    pub(in super::super) fn next(&mut self) -> Option<Vec<u8>> {
        if self.stage == Stage::Over || state().answers.are_due() {
            return None;
        }
        let told = told();
        let (stage, question) = match (self.stage, self.wish) {
            (Stage::Begun, Wish::Ask { .. }) => (Stage::Who, Some(WHO)),
            (Stage::Begun, Wish::Take(_)) if window().is_none() => (Stage::Last, Some(CELL)),
            (Stage::Who, Wish::Ask { nested: false }) if !told.version.starts_with("tmux") => {
                (Stage::Last, Some(KITTY))
            }
            _ => (Stage::Over, None),
        };
        self.stage = stage;
        let ground = std::mem::take(&mut self.ground).then_some(GROUND);
        let question = question.or(ground.map(|_| DA1))?;
        state().answers.told().open += 1;
        Some([ground.unwrap_or_default(), question].concat())
    }

    /// Whether the terminal's background is bright, as far as it has said.
    pub(in super::super) fn is_bright(&self) -> Option<bool> {
        told().bright
    }

    /// Takes in that the screen is drawn anew, and whether that is for another size: its cells may have one too.
    pub(in super::super) fn resized(&mut self, resized: bool) {
        if resized && self.found().is_some() && window().is_none() && self.stage == Stage::Over && told().cell.is_some()
        {
            (self.wish, self.stage) = (self.found().map_or(Wish::Nothing, Wish::Take), Stage::Begun);
        }
    }

    /// The protocol by which the terminal draws pictures, once that is known.
    pub(in super::super) fn found(&self) -> Option<Kind> {
        match self.wish {
            Wish::Take(kind) => Some(kind),
            Wish::Ask { nested } if self.stage == Stage::Over => choose(&told(), nested),
            _ => None,
        }
    }

    /// The pixels of a cell, for pictures of this kind.
    pub(in super::super) fn cell(&self, kind: Kind) -> Option<CellSize> {
        // A sixel has the size that it has.
        let fits = kind != Kind::Sixel || self.wish == Wish::Take(Kind::Sixel);
        window().or(told().cell).or(fits.then_some(USUAL))
    }
}

/// The pixels of a cell as the system knows them, if it does.
fn window() -> Option<CellSize> {
    let size = tcgetwinsize(stdout()).ok()?;
    let divided = |pixels: u16, cells: u16| pixels.checked_div(cells).filter(|&pixels| pixels > 0);
    Some(CellSize { width: divided(size.ws_xpixel, size.ws_col)?, height: divided(size.ws_ypixel, size.ws_row)? })
}

fn choose(told: &Told, nested: bool) -> Option<Kind> {
    let sixel = told.attributes.contains(&4).then_some(Kind::Sixel);
    match told.version.strip_prefix("tmux ") {
        Some(version) => sixel.filter(|_| number(version) >= TMUX),
        None if nested => None,
        None if told.kitty => Some(Kind::Kitty),
        None if ["iTerm2", "WezTerm"].iter().any(|name| told.version.starts_with(name)) => Some(Kind::Iterm2),
        None => sixel.filter(|_| window().or(told.cell).is_some()),
    }
}

/// The first two numbers of a version such as `3.3a` or `next-3.5`; 0 where there are none.
fn number(version: &str) -> (u32, u32) {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_decides() {
        let cell = Some(CellSize { width: 9, height: 18 });
        let told = |version: &str, attributes: &[u16], kitty| Told {
            version: version.into(),
            attributes: attributes.to_vec(),
            kitty,
            cell,
            ..Told::default()
        };
        let choose = |version, attributes: &[u16], kitty| super::choose(&told(version, attributes, kitty), false);
        assert_eq!(choose("kitty(0.35.1)", &[62], true), Some(Kind::Kitty));
        assert_eq!(choose("WezTerm 20240203", &[65, 4, 6], true), Some(Kind::Kitty));
        assert_eq!(choose("iTerm2 3.5.0", &[62, 4], false), Some(Kind::Iterm2));
        assert_eq!(choose("XTerm(390)", &[64, 4], false), Some(Kind::Sixel));
        assert_eq!(choose("XTerm(390)", &[64, 44], false), None);
        assert_eq!(choose("", &[], false), None);
        for (version, drawn) in [("3.2a", false), ("3.3", false), ("3.4", true), ("next-3.6", true), ("4.0", true)] {
            let told = told(&format!("tmux {version}"), &[1, 2, 4], false);
            assert_eq!(super::choose(&told, true), drawn.then_some(Kind::Sixel), "{version}");
        }
        assert_eq!(choose("tmux 3.5", &[1, 2], false), None);
        // An old one says nothing but is known by its name in TERM.
        assert_eq!(super::choose(&told("", &[1, 2, 4], true), true), None);
        // Without the size of a cell a sixel would cover who knows what.
        assert_eq!(super::choose(&Told { cell: None, ..told("", &[4], false) }, false), None);
    }
}
