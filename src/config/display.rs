//! The look of the dashboard: of no consequence for the run.

use serde::{Deserialize, Serialize};

/// The look of the dashboard where the command line does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ui {
    /// The colours.
    pub theme: Theme,
    /// The graphics with which images are drawn.
    pub images: Images,
    /// Whether the mouse is heeded.
    pub mouse: bool,
    /// What charts and lines are drawn with.
    pub glyphs: Glyphs,
}

/// What charts and lines are drawn with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Glyphs {
    /// Braille if the locale is UTF-8, else ASCII
    #[default]
    Auto,
    /// Eight dots a cell
    Braille,
    /// Half and quarter blocks
    Block,
    /// Nothing beyond ASCII: also for a terminal that gives some characters two cells
    Ascii,
}

/// The graphics with which images are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Images {
    /// The terminal's own graphics where it says that it has some, else blocks
    #[default]
    Auto,
    /// kitty's graphics: kitty, Ghostty, Konsole, WezTerm
    Kitty,
    /// iTerm2's inline images: iTerm2, WezTerm, mintty
    Iterm2,
    /// Sixel: xterm, foot, mlterm, tmux from 3.4 on
    Sixel,
    /// Characters: half blocks, dots or shades
    Blocks,
}

/// The colours a person asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// Take what NO_COLOR, COLORTERM, TERM and COLORFGBG say
    #[default]
    Auto,
    /// The terminal's sixteen
    #[value(name = "16")]
    #[serde(rename = "16")]
    Ansi16,
    /// The palette of 256
    #[value(name = "256")]
    #[serde(rename = "256")]
    Ansi256,
    /// 24 bits
    Truecolor,
    /// For a bright background, as many colours as the terminal has
    Light,
    /// None: bold, dim and reverse alone
    Mono,
}
