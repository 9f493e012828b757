//! What the dashboard looks like: of no consequence for the run.

use serde::{Deserialize, Serialize};

/// What the dashboard looks like where the command line does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ui {
    /// The colours.
    pub theme: Theme,
}

/// The colours a person asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// What NO_COLOR, COLORTERM, TERM and COLORFGBG say
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
