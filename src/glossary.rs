//! The glossary: what everything on the screen is, its formula, what is good, what is bad and what to press.
//!
//! One source for the dashboard's help, `gantop explain`, the manual page and docs/glossary.md. Panels, figures,
//! settings and words have their texts here; rules of health, objectives, constraints and actions have theirs in tables
//! of their own, which `entry` reads.
//!
//! It uses `domain`, `theory` and `config`. Start reading at [`Term`] and [`Entry`].

mod entry;
mod figures;
mod panels;
mod settings;
mod words;

use crate::domain::action::Action;
use crate::domain::metric::{Metric, MetricId};

pub use entry::{Entry, Kind, Unknown, all, find, found, of_metric, plain};
pub use figures::Figure;
pub use panels::Panel;
pub use settings::Setting;
pub use words::Word;

/// The entry of a term.
#[derive(Debug)]
pub struct About {
    /// Its name, in lower case but for proper names.
    pub name: &'static str,
    /// Other names: labels of the screen, metrics, keys of the config.
    pub also: &'static [&'static str],
    /// The meaning in a sentence or two; the first one stands alone in lists.
    pub what: &'static str,
    /// Its formula on one line; empty where there is none.
    pub formula: &'static str,
    /// The good, the bad and what helps; empty where there is none.
    pub good: &'static str,
    pub bad: &'static str,
    /// The actions to press for it.
    pub press: &'static [Action],
    /// Names of other entries.
    pub see: &'static [&'static str],
}

impl About {
    /// A row says of these what it has to say.
    const EMPTY: About = About { name: "", also: &[], what: "", formula: "", good: "", bad: "", press: &[], see: &[] };
}

/// Something on the screen that has an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Term {
    Panel(Panel),
    Figure(Figure),
    Setting(Setting),
    Word(Word),
    /// A metric that a run's trainer declares, which its table says all of.
    Declared(MetricId),
}

/// Declares the terms of one kind: each variant with what is said of it, in the order of the glossary.
macro_rules! terms {
    ($(#[$about:meta])* $kind:ident { $($variant:ident: $entry:expr,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $kind { $($variant,)* }

        impl $kind {
            /// Every one, in order.
            pub const ALL: &[$kind] = &[$($kind::$variant,)*];

            /// The entry of the term.
            pub fn about(self) -> &'static About {
                match self { $($kind::$variant => { static ABOUT: About = $entry; &ABOUT })* }
            }
        }

        impl From<$kind> for crate::glossary::Term {
            fn from(term: $kind) -> crate::glossary::Term {
                crate::glossary::Term::$kind(term)
            }
        }
    };
}
use terms;

impl Term {
    /// The entry of the term; nothing here of what a run declares.
    pub fn about(self) -> Option<&'static About> {
        match self {
            Term::Panel(panel) => Some(panel.about()),
            Term::Figure(figure) => Some(figure.about()),
            Term::Setting(setting) => Some(setting.about()),
            Term::Word(word) => Some(word.about()),
            Term::Declared(_) => None,
        }
    }
}

impl From<MetricId> for Term {
    fn from(metric: MetricId) -> Term {
        Metric::ALL.get(metric.index()).map_or(Term::Declared(metric), |metric| (*metric).into())
    }
}

impl From<Metric> for Term {
    fn from(metric: Metric) -> Term {
        match metric {
            Metric::CriticLoss => Figure::CriticLoss.into(),
            Metric::GeneratorLoss => Figure::GeneratorLoss.into(),
            Metric::Bound => Figure::Bound.into(),
            Metric::CriticReal | Metric::CriticFake => Figure::CriticValue.into(),
            Metric::ScoreReal | Metric::ScoreFake => Figure::Score.into(),
            Metric::CriticGradNorm | Metric::GeneratorGradNorm => Figure::GradientNorm.into(),
            Metric::ClipShare => Figure::ClipShare.into(),
            Metric::Penalty => Figure::Penalty.into(),
            Metric::CriticLr | Metric::GeneratorLr => Setting::Rates.into(),
        }
    }
}

#[cfg(test)]
mod tests;
