//! What a run plays for, by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What the two play for.
pub const OBJECTIVE: ObjectiveKind = ObjectiveKind::Wgan;
/// The weight π of `js-weighted`; ½ would be `js`.
pub const OBJECTIVE_PI: f64 = 0.3;
/// The α of `alpha`: half way from ½, twice the squared Hellinger distance, to 2, half of Pearson's.
pub const OBJECTIVE_ALPHA: f64 = 1.25;

/// An objective by name: one of those that there are, so that whoever holds one need not ask whether it exists. Names are
/// read where they enter, and an unknown one is an error there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObjectiveKind {
    Gan,
    Js,
    JsWeighted,
    Kl,
    ReverseKl,
    Jeffrey,
    Pearson,
    Neyman,
    Hellinger,
    TotalVariation,
    Alpha,
    Hinge,
    Lsgan,
    Wgan,
}

/// A name that no objective has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownObjective(String);

impl ObjectiveKind {
    /// All of them, in the order in which they are listed.
    pub const ALL: [ObjectiveKind; 14] = [
        ObjectiveKind::Gan,
        ObjectiveKind::Js,
        ObjectiveKind::JsWeighted,
        ObjectiveKind::Kl,
        ObjectiveKind::ReverseKl,
        ObjectiveKind::Jeffrey,
        ObjectiveKind::Pearson,
        ObjectiveKind::Neyman,
        ObjectiveKind::Hellinger,
        ObjectiveKind::TotalVariation,
        ObjectiveKind::Alpha,
        ObjectiveKind::Hinge,
        ObjectiveKind::Lsgan,
        ObjectiveKind::Wgan,
    ];

    /// The name that configs, journals and commands call it by.
    pub const fn name(self) -> &'static str {
        match self {
            ObjectiveKind::Gan => "gan",
            ObjectiveKind::Js => "js",
            ObjectiveKind::JsWeighted => "js-weighted",
            ObjectiveKind::Kl => "kl",
            ObjectiveKind::ReverseKl => "reverse-kl",
            ObjectiveKind::Jeffrey => "jeffrey",
            ObjectiveKind::Pearson => "pearson",
            ObjectiveKind::Neyman => "neyman",
            ObjectiveKind::Hellinger => "hellinger",
            ObjectiveKind::TotalVariation => "total-variation",
            ObjectiveKind::Alpha => "alpha",
            ObjectiveKind::Hinge => "hinge",
            ObjectiveKind::Lsgan => "lsgan",
            ObjectiveKind::Wgan => "wgan",
        }
    }
}

impl fmt::Display for ObjectiveKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ObjectiveKind {
    type Err = UnknownObjective;

    fn from_str(name: &str) -> Result<ObjectiveKind, UnknownObjective> {
        let found = ObjectiveKind::ALL.into_iter().find(|kind| kind.name() == name);
        found.ok_or_else(|| UnknownObjective(name.to_owned()))
    }
}

impl fmt::Display for UnknownObjective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = ObjectiveKind::ALL.map(ObjectiveKind::name);
        write!(f, "there is no objective \"{}\"; there are {}", self.0, known.join(", "))
    }
}

impl std::error::Error for UnknownObjective {}

/// What the two play for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectiveChoice {
    /// Which row of [`crate::theory::objective::ALL`].
    pub kind: ObjectiveKind,
    /// The weight π of `js-weighted`, in [`crate::config::limits::PI`]; kept while another objective is in force.
    pub pi: f64,
    /// The α of `alpha`, which [`crate::config::limits::alpha`] allows; kept while another objective is in force.
    pub alpha: f64,
    /// How a score becomes a critic value.
    pub head: Head,
    /// What the generator descends.
    pub generator_loss: GeneratorLoss,
}

/// How a score becomes a critic value, T = g(v).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// The score estimates log(p/q): T = f'(e^v).
    LogRatio,
    /// The output activation of the f-GAN paper's table.
    Paper,
}

/// What the generator descends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratorLoss {
    /// What suits the objective.
    Auto,
    /// −E_Q[g(v)].
    NonSaturating,
    /// −E_Q[f*(T)]: the minimax game itself.
    Saturating,
}

impl Default for ObjectiveChoice {
    fn default() -> ObjectiveChoice {
        ObjectiveChoice {
            kind: OBJECTIVE,
            pi: OBJECTIVE_PI,
            alpha: OBJECTIVE_ALPHA,
            head: Head::LogRatio,
            generator_loss: GeneratorLoss::Auto,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_an_unknown_one_is_refused() {
        for kind in ObjectiveKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        let error = "wgn".parse::<ObjectiveKind>().unwrap_err().to_string();
        assert!(error.contains("\"wgn\"; there are gan, js"), "{error}");
        let error = serde_json::from_str::<ObjectiveChoice>(r#"{"kind":"wgn"}"#).unwrap_err().to_string();
        assert!(error.contains("unknown variant `wgn`") && error.contains("`gan`"), "{error}");
    }
}
