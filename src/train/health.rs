//! Health: rules over what a run records, each of which says once that something is wrong, and once that it is over.
//!
//! A [`Monitor`] is fed every step's record and knows nothing else, so what it says depends on the run alone, not on
//! who watches. [`crate::truth::CoverageRule`] is fed the analyst's figures, which only a watcher has. What is to
//! happen when a rule raises an alert is in the config ([`crate::config::Health`]).

mod monitor;
mod window;

use crate::config::Constraint;
use crate::domain::rule::Rule;
use crate::link::Settings;
use crate::theory::objective;

pub use monitor::Monitor;

impl Rule {
    /// Whether it says anything of a run with these settings.
    pub fn applies(self, settings: &Settings) -> bool {
        let about = objective::find(&settings.objective.kind).map(|objective| objective.about());
        match self {
            Rule::EmNegative => about.is_some_and(|about| about.lipschitz),
            Rule::CriticSaturated => about.is_some_and(|about| about.jensen_shannon.is_some()),
            Rule::ClipShare => matches!(settings.constraint, Constraint::Clip { .. }),
            _ => true,
        }
    }
}
