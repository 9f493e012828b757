//! An analysis as plain figures, for files and lines of JSON.

use serde::Serialize;

use super::{Analysis, Density};

/// The findings about a snapshot. Those that cannot be told are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Findings {
    /// The exact Earth Mover's distance between so many real and generated samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    em: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    em_samples: Option<usize>,
    /// The critic's estimate of it: mean score on real less generated samples, over its steepest slope.
    #[serde(skip_serializing_if = "Option::is_none")]
    critic_em: Option<f64>,
    /// D_f(P‖Q); null where it is infinite.
    #[serde(skip_serializing_if = "Option::is_none")]
    divergence: Option<f64>,
    /// How far that may be from the true one, where the generator's density is estimated in a plane.
    #[serde(skip_serializing_if = "Option::is_none")]
    divergence_error: Option<f64>,
    /// The learned critic's bound on it, from the same densities, and what that is below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    bound: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<f64>,
    /// The source of the generator's density: `exact` or `kernel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    density: Option<&'static str>,
    /// E_Q\[p/q\] as the critic has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    covered: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    good_share: Option<f64>,
    /// The good share that the data itself reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    ceiling: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reverse_kl: Option<f64>,
}

impl Findings {
    /// The figures of an analysis.
    pub fn of(analysis: &Analysis) -> Findings {
        let (em, truth, modes) = (&analysis.em, &analysis.truth, &analysis.modes);
        Findings {
            em: em.map(|em| em.exact),
            em_samples: em.map(|em| em.samples),
            critic_em: em.and_then(|em| em.critic),
            divergence: truth.as_ref().and_then(|truth| truth.divergence),
            divergence_error: truth.as_ref().and_then(|truth| truth.error),
            bound: truth.as_ref().map(|truth| truth.bound),
            gap: truth.as_ref().and_then(|truth| truth.gap()),
            density: truth.as_ref().map(|truth| match truth.density {
                Density::Exact => "exact",
                Density::Kernel => "kernel",
            }),
            ratio: analysis.ratio,
            covered: modes.as_ref().map(|modes| modes.coverage.covered),
            good_share: modes.as_ref().map(|modes| modes.coverage.good_share),
            ceiling: modes.as_ref().map(|modes| modes.ceiling),
            reverse_kl: modes.as_ref().and_then(|modes| modes.reverse_kl),
        }
    }
}
