//! The rules of health: what they are called, and what a person should know of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::format::setting;

/// The action when a rule raises an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertAction {
    /// It is told, as always.
    Note,
    /// The run pauses.
    Pause,
    /// A checkpoint is kept.
    Checkpoint,
}

impl AlertAction {
    /// Its name in configs.
    pub fn name(self) -> &'static str {
        match self {
            AlertAction::Note => "note",
            AlertAction::Pause => "pause",
            AlertAction::Checkpoint => "checkpoint",
        }
    }
}

/// A rule, by what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    NonFinite,
    EmNegative,
    CriticSaturated,
    GradientsVanishing,
    GradientsExploding,
    ClipShare,
    CriticDead,
    CoverageFalling,
    NoProgress,
}

/// The facts that a person should know of a rule, and its defaults.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name, in the config too.
    pub name: &'static str,
    /// When it raises an alert, with `{}` where the threshold stands; empty for the rule that has none.
    pub when: &'static str,
    /// The meaning of that, and what helps.
    pub means: &'static str,
    /// Of which runs it speaks.
    pub of: &'static str,
    /// The usual threshold.
    pub threshold: f64,
    /// Over how many steps, usually.
    pub window: u64,
    /// The usual action.
    pub action: &'static [AlertAction],
}

impl Rule {
    /// Every rule, in the order in which they are shown.
    pub const ALL: [Rule; 9] = [
        Rule::NonFinite,
        Rule::EmNegative,
        Rule::CriticSaturated,
        Rule::GradientsVanishing,
        Rule::GradientsExploding,
        Rule::ClipShare,
        Rule::CriticDead,
        Rule::CoverageFalling,
        Rule::NoProgress,
    ];
    /// The number of them.
    pub const COUNT: usize = Rule::ALL.len();

    /// Its name.
    pub fn name(self) -> &'static str {
        self.about().name
    }

    /// The facts that a person should know of it.
    pub fn about(self) -> &'static About {
        &TABLE[self as usize]
    }

    /// Whether it has a threshold and a window. What is not finite needs neither.
    pub fn has_threshold(self) -> bool {
        self != Rule::NonFinite
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl About {
    /// When it raises an alert, with this threshold.
    pub fn when(&self, threshold: f64) -> String {
        self.when.replace("{}", &setting(threshold))
    }
}

const EVERY_RUN: &str = "every run";

/// The rules, in the order of [`Rule::ALL`].
static TABLE: [About; Rule::COUNT] = [
    About {
        name: "non-finite",
        when: "",
        means: "a loss or a gradient is not finite; the step is not made and the run always pauses before it. Lower a \
                learning rate, or change the objective or the constraint",
        of: EVERY_RUN,
        threshold: 0.0,
        window: 0,
        action: &[AlertAction::Pause, AlertAction::Checkpoint],
    },
    About {
        name: "em-negative",
        when: "mean bound below {}",
        means: "the critic is far from its optimum, and the bound is no distance. Give it more updates a step or a higher \
                learning rate",
        of: "objectives whose critic must be Lipschitz (wgan)",
        threshold: 0.0,
        window: 500,
        action: &[AlertAction::Note],
    },
    About {
        name: "critic-saturated",
        when: "mean score above {} on real and below minus that on generated samples",
        means: "D is near 1 on real and near 0 on generated samples, the bound is at its ceiling, and the generator learns \
                little. Weaken the critic, or play for wgan",
        of: "objectives whose critic is a probability (gan, js)",
        threshold: 4.0,
        window: 500,
        action: &[AlertAction::Note],
    },
    About {
        name: "gradients-vanishing",
        when: "mean gradient norm of a network below {}",
        means: "that network hardly moves. Look at the critic's values; change the objective or its generator loss, or \
                widen the clip range",
        of: EVERY_RUN,
        threshold: 1e-5,
        window: 200,
        action: &[AlertAction::Note],
    },
    About {
        name: "gradients-exploding",
        when: "mean gradient norm of a network above {}",
        means: "steps are no longer small. Lower its learning rate, or choose a stronger constraint",
        of: EVERY_RUN,
        threshold: 1e3,
        window: 50,
        action: &[AlertAction::Note],
    },
    About {
        name: "clip-share",
        when: "more than {} of the critic's weights at ±c",
        means: "the box rather than the data shapes the critic. Widen the clip range, or use a gradient penalty",
        of: "runs that clip",
        threshold: 0.5,
        window: 200,
        action: &[AlertAction::Note],
    },
    About {
        name: "critic-dead",
        when: "the critic's gradient exactly 0 in more than {} of the steps",
        means: "no unit of the critic passes a gradient any more, so nothing is learned and no step will revive it. Give it fresh weights (:set critic.weights fresh), or take the last change back (u)",
        of: EVERY_RUN,
        threshold: 0.9,
        window: 50,
        action: &[AlertAction::Note],
    },
    About {
        name: "coverage-falling",
        when: "modes covered at least {} below the run's best",
        means: "the generator is losing modes. Go back to a checkpoint, or change the objective",
        of: "data with known modes, while somebody watches",
        threshold: 2.0,
        window: 500,
        action: &[AlertAction::Note],
    },
    About {
        name: "no-progress",
        when: "means of the bound over four parts of the window within {} of each other, relative to the largest",
        means: "the run has converged or is stuck",
        of: EVERY_RUN,
        threshold: 0.005,
        window: 20_000,
        action: &[AlertAction::Note],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_row() {
        for rule in Rule::ALL {
            let about = rule.about();
            assert_eq!(toml::Value::try_from(rule).unwrap().as_str(), Some(about.name));
            assert_eq!(rule.has_threshold(), about.when.contains("{}"), "{rule}");
            assert!(!about.means.ends_with('.') && !about.action.is_empty() && !about.of.is_empty(), "{rule}");
        }
    }
}
