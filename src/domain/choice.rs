//! The objective of a run, by name.

use serde::{Deserialize, Serialize};

/// The objective.
pub const OBJECTIVE: &str = "wgan";
/// The weight π of `js-weighted`; ½ would be `js`.
pub const OBJECTIVE_PI: f64 = 0.3;
/// The α of `alpha`: half way from ½, twice the squared Hellinger distance, to 2, half of Pearson's.
pub const OBJECTIVE_ALPHA: f64 = 1.25;

/// The objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectiveChoice {
    /// The name of a row of [`crate::theory::objective::ALL`].
    pub kind: String,
    /// The weight π of `js-weighted`, in [`crate::config::limits::PI`]; kept while another objective is in force.
    pub pi: f64,
    /// The α of `alpha`, which [`crate::config::limits::alpha`] allows; kept while another objective is in force.
    pub alpha: f64,
    /// The map from a score to a critic value.
    pub head: Head,
    /// The generator's loss.
    pub generator_loss: GeneratorLoss,
}

/// The map from a score to a critic value, T = g(v).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// The score estimates log(p/q): T = f'(e^v).
    LogRatio,
    /// The output activation of the f-GAN paper's table.
    Paper,
}

/// The generator's loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GeneratorLoss {
    /// The form that suits the objective.
    Auto,
    /// −E_Q[g(v)].
    NonSaturating,
    /// −E_Q[f*(T)]: the minimax game itself.
    Saturating,
}

impl Default for ObjectiveChoice {
    fn default() -> ObjectiveChoice {
        ObjectiveChoice {
            kind: OBJECTIVE.into(),
            pi: OBJECTIVE_PI,
            alpha: OBJECTIVE_ALPHA,
            head: Head::LogRatio,
            generator_loss: GeneratorLoss::Auto,
        }
    }
}
