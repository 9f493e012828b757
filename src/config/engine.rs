//! What computes the gradients.

use serde::{Deserialize, Serialize};

use super::{Config, Constraint};

/// What computes the gradients. The engines agree to rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineChoice {
    /// The explicit engine where it knows all that the run needs, else autograd.
    Auto,
    /// libtorch's autograd.
    Autograd,
    /// Forward and backward passes written out, without a graph.
    Explicit,
}

impl EngineChoice {
    /// Its name in configs.
    pub fn name(self) -> &'static str {
        match self {
            EngineChoice::Auto => "auto",
            EngineChoice::Autograd => "autograd",
            EngineChoice::Explicit => "explicit",
        }
    }
}

impl Config {
    /// The engine of this run while `constraint` is in force: never [`EngineChoice::Auto`]. The explicit engine knows
    /// every network there is, but no second derivative, as a penalty on the critic's gradient needs it.
    ///
    /// # Errors
    ///
    /// The config insists on the explicit engine, which does not know the constraint: what to do, for a person.
    pub fn engine_under(&self, constraint: &Constraint) -> Result<EngineChoice, String> {
        let known = matches!(constraint, Constraint::None | Constraint::Clip { .. });
        match self.engine {
            EngineChoice::Auto if known => Ok(EngineChoice::Explicit),
            EngineChoice::Auto | EngineChoice::Autograd => Ok(EngineChoice::Autograd),
            EngineChoice::Explicit if known => Ok(EngineChoice::Explicit),
            EngineChoice::Explicit => Err(format!(
                "engine = \"explicit\" does not know the constraint {constraint}; start with engine = \"auto\" or \
                 \"autograd\""
            )),
        }
    }
}
