//! What computes the gradients.

use serde::{Deserialize, Serialize};

use super::{Activation, Architecture, Config, Constraint, Norm};

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
    /// The engine of this run while `constraint` is in force: never [`EngineChoice::Auto`].
    ///
    /// # Errors
    ///
    /// The config insists on the explicit engine, which does not know all that the run needs: what to do, for a person.
    pub fn engine_under(&self, constraint: &Constraint) -> Result<EngineChoice, String> {
        match (self.engine, self.beyond_explicit(constraint)) {
            (EngineChoice::Auto | EngineChoice::Explicit, None) => Ok(EngineChoice::Explicit),
            (EngineChoice::Auto, Some(_)) | (EngineChoice::Autograd, _) => Ok(EngineChoice::Autograd),
            (EngineChoice::Explicit, Some(what)) => {
                Err(format!("engine = \"explicit\" does not know {what}; start with engine = \"auto\" or \"autograd\""))
            }
        }
    }

    /// What of this run the explicit engine does not know: it takes a weight matrix for what it multiplies by, which the
    /// spectral norm does not, and works sample by sample, unit by unit.
    fn beyond_explicit(&self, constraint: &Constraint) -> Option<String> {
        let networks = [&self.critic.architecture, &self.generator.architecture];
        let mut perceptrons = networks.into_iter().filter_map(Architecture::mlp);
        if *constraint == Constraint::SpectralNorm {
            Some(format!("the constraint {constraint}"))
        } else if perceptrons.clone().any(|mlp| mlp.norm != Norm::None) {
            Some("batch normalisation".into())
        } else if perceptrons.any(|mlp| mlp.activation == Activation::Maxout) {
            Some("maxout units".into())
        } else {
            None
        }
    }
}
