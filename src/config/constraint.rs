//! The constraint that keeps the critic Lipschitz.

use std::fmt;
use std::ops::RangeInclusive;

use serde::Serialize;

use super::{defaults, limits};

/// The constraint that keeps the critic Lipschitz. Any of them goes with any objective.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Constraint {
    /// Nothing.
    None,
    /// Every critic weight is clamped to [−clip, clip] after every critic update.
    Clip { clip: f64 },
    /// The critic's loss grows by λ·E[(‖∇V(x̂)‖ − 1)²], x̂ on the lines between real and generated samples.
    GradientPenalty { lambda: f64 },
    /// Every weight matrix W of the critic is used as W/σ(W), σ its largest singular value.
    SpectralNorm,
    /// The critic's loss grows by γ/2·E_P‖∇V(x)‖².
    R1 { gamma: f64 },
}

/// The number that a constraint has.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// Its key in configs.
    pub key: &'static str,
    /// Its symbol in formulas.
    pub symbol: &'static str,
    pub value: f64,
    /// The range in which it may be.
    pub range: RangeInclusive<f64>,
}

impl Constraint {
    /// Every kind, each with its usual number.
    pub const ALL: [Constraint; 5] = [
        Constraint::None,
        Constraint::Clip { clip: defaults::CLIP },
        Constraint::GradientPenalty { lambda: defaults::LAMBDA },
        Constraint::SpectralNorm,
        Constraint::R1 { gamma: defaults::GAMMA },
    ];

    /// Its kind's name in configs.
    pub fn kind(&self) -> &'static str {
        match self {
            Constraint::None => "none",
            Constraint::Clip { .. } => "clip",
            Constraint::GradientPenalty { .. } => "gradient-penalty",
            Constraint::SpectralNorm => "spectral-norm",
            Constraint::R1 { .. } => "r1",
        }
    }

    /// Its effect, on one line.
    pub fn about(&self) -> &'static str {
        match self {
            Constraint::None => "nothing holds the critic",
            Constraint::Clip { .. } => "every weight clamped to [−c, c]",
            Constraint::GradientPenalty { .. } => "+ λ·E[(‖∇V‖ − 1)²] between real and generated",
            Constraint::SpectralNorm => "every weight matrix W used as W/σ(W)",
            Constraint::R1 { .. } => "+ γ/2·E‖∇V‖² on real samples",
        }
    }

    /// The source; empty for none.
    pub fn paper(&self) -> &'static str {
        match self {
            Constraint::None => "",
            Constraint::Clip { .. } => "Arjovsky 2017",
            Constraint::GradientPenalty { .. } => "Gulrajani 2017",
            Constraint::SpectralNorm => "Miyato 2018",
            Constraint::R1 { .. } => "Mescheder 2018",
        }
    }

    /// Its number, if it has one.
    pub fn number(&self) -> Option<Number> {
        let number = |key, symbol, value, range| Some(Number { key, symbol, value, range });
        match *self {
            Constraint::None | Constraint::SpectralNorm => None,
            Constraint::Clip { clip } => number("clip", "c", clip, limits::CLIP),
            Constraint::GradientPenalty { lambda } => number("lambda", "λ", lambda, limits::PENALTY),
            Constraint::R1 { gamma } => number("gamma", "γ", gamma, limits::PENALTY),
        }
    }

    /// The same kind with another number; the same where it has none.
    pub fn with(self, value: f64) -> Constraint {
        match self {
            Constraint::None | Constraint::SpectralNorm => self,
            Constraint::Clip { .. } => Constraint::Clip { clip: value },
            Constraint::GradientPenalty { .. } => Constraint::GradientPenalty { lambda: value },
            Constraint::R1 { .. } => Constraint::R1 { gamma: value },
        }
    }

    /// The clip range c of the box [−c, c], if weights are clipped.
    pub fn clip(&self) -> Option<f64> {
        match *self {
            Constraint::Clip { clip } => Some(clip),
            _ => None,
        }
    }

    /// Whether it adds a penalty to the critic's loss.
    pub fn is_penalty(&self) -> bool {
        matches!(self, Constraint::GradientPenalty { .. } | Constraint::R1 { .. })
    }

    /// Whether it changes the gradient that the critic's optimiser sees: a penalty and the spectral norm do, a clip
    /// only moves weights.
    pub fn shapes_the_gradient(&self) -> bool {
        self.is_penalty() || *self == Constraint::SpectralNorm
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        self.number().map_or(Ok(()), |number| write!(f, " {}", number.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_called_as_they_are_written() {
        for constraint in Constraint::ALL {
            let toml = toml::Value::try_from(constraint).unwrap();
            assert_eq!(toml["kind"].as_str(), Some(constraint.kind()));
            assert_eq!(constraint.number().is_some(), toml.as_table().unwrap().len() == 2);
            let Some(number) = constraint.number() else { continue };
            assert_eq!(toml[number.key].as_float(), Some(number.value));
            assert!(number.range.contains(&number.value));
            assert_eq!(constraint.with(2.5).number().unwrap().value, 2.5);
            assert_eq!(constraint.with(2.5).kind(), constraint.kind());
        }
    }
}
