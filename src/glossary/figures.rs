//! Figures: every number that the dashboard shows.

use super::{About, terms};
use crate::domain::action::Action;

terms! {
    /// A figure.
    Figure {
        Bound: About {
            name: "bound",
            what: "The critic's estimate of how far the generated samples are from the real ones, from one batch. It \
                   is a lower bound of the divergence: the better the critic, the nearer it comes. Without a penalty, \
                   the critic's loss is −bound.",
            formula: "E_P[T] − E_Q[f*(T)]; for the Earth Mover's distance E_P[T] − E_Q[T]",
            good: "it rises while the critic learns, then falls towards 0 as the generator does; for wgan it follows the \
                   quality of the samples",
            bad: "below 0 on average for wgan: the critic is wrong, give it more updates or a higher rate. At its ceiling \
                  (0 for gan, log 4 for js): the critic tells all apart and the generator learns little",
            press: &[Action::CriticSteps, Action::Rates],
            see: &["full bound", "divergence", "gap", "critic loss", "health.em-negative"],
            ..About::EMPTY
        },
        CriticLoss: About {
            name: "critic loss",
            also: &["critic_loss"],
            what: "What the critic's optimiser makes smaller: minus the bound, and the penalty where there is one.",
            formula: "−bound + penalty",
            good: "it settles at a level and moves slowly",
            bad: "it runs away to ±∞: lower the critic's rate or choose a stronger constraint",
            press: &[Action::Rates, Action::Constraint],
            see: &["bound", "penalty", "generator loss"],
        },
        GeneratorLoss: About {
            name: "generator loss",
            also: &["generator_loss", "gen loss"],
            what: "What the generator's optimiser makes smaller. It is measured by a critic that changes too, so that its \
                   height says little and its trend a little more.",
            formula: "non-saturating: −E_Q[g(v)]; saturating: −E_Q[f*(T)]",
            good: "it stays within a band; for wgan it falls",
            bad: "it climbs without end: the critic is too far ahead. Weaken the critic, or change the objective or the \
                  generator's loss",
            press: &[Action::Objective, Action::GeneratorLoss, Action::CriticSteps, Action::Rates],
            see: &["generator's loss", "critic loss"],
        },
        CriticValue: About {
            name: "critic value",
            also: &["critic_real", "critic_fake", "T"],
            what: "The mean of what the critic says of a batch, after the objective's output activation: of real samples, and \
                   of generated ones. The bound is made of the two.",
            formula: "T(x) = g(V(x))",
            good: "real above generated, by a distance that shrinks as the samples get better",
            bad: "far apart and flat: the critic is done and teaches nothing. On one another from the start: it has not \
                  learned yet",
            press: &[Action::CriticSteps, Action::Objective],
            see: &["score", "bound", "conjugate"],
        },
        Score: About {
            name: "score",
            also: &["score_real", "score_fake", "V"],
            what: "The critic's raw output before the objective's output activation, as a mean over a batch of real or of \
                   generated samples. With the log-ratio head it estimates log(p/q).",
            formula: "V(x); log-ratio head: V ≈ log p(x)/q(x)",
            good: "small numbers: between −4 and 4",
            bad: "beyond ±4 on both for gan and js: the critic is saturated",
            press: &[Action::Objective],
            see: &["critic value", "head", "health.critic-saturated"],
        },
        GradientNorm: About {
            name: "gradient norm",
            also: &["critic_grad_norm", "generator_grad_norm", "gradients", "critic grad", "gen grad"],
            what: "How long the gradient of a network's loss is, over all its weights, in its last update of the step.",
            formula: "‖∇_w loss‖₂",
            good: "steady, of the same order for minutes; the generator's well above 1e-5",
            bad: "0 or nearly: that network no longer moves, see what its critic values say. Above 1e3 or rising: steps are no \
                  longer small, lower the rate or choose a stronger constraint",
            press: &[Action::Rates, Action::Constraint, Action::Objective],
            see: &["grad", "rates", "health.gradients-vanishing", "health.gradients-exploding"],
        },
        ClipShare: About {
            name: "share at ±c",
            also: &["clip_share"],
            what: "How many of the critic's weights lie at the ends of the clip range.",
            formula: "share of critic weights w with |w| = c",
            good: "below a half",
            bad: "most of them: the box shapes the critic and not the data. Widen the clip range, or use a gradient penalty",
            press: &[Action::Clip, Action::NudgeUp, Action::Constraint],
            see: &["clip range", "health.clip-share"],
        },
        Penalty: About {
            name: "penalty",
            what: "What a gradient penalty or R1 adds to the critic's loss.",
            formula: "λ·E[(‖∇V(x)‖ − 1)²], or γ/2·E_P‖∇V(x)‖²",
            good: "small beside the bound",
            bad: "far above the bound: the critic does little but keep its slope; lower λ or γ. 0 for ever: it does not act",
            press: &[Action::NudgeDown, Action::NudgeUp, Action::Constraint],
            see: &["constraint", "lambda", "gamma", "critic loss"],
            ..About::EMPTY
        },
        FullBound: About {
            name: "full bound",
            what: "The bound of this critic by quadrature over both densities, where they are known or estimated: \
                   without the noise of a batch's samples.",
            formula: "∫ p·T dx − ∫ q·f*(T) dx",
            good: "just below the divergence",
            bad: "far below it: the critic is not optimal; more critic updates or a higher rate help",
            press: &[Action::CriticSteps, Action::Rates],
            see: &["bound", "divergence", "gap", "truth"],
            ..About::EMPTY
        },
        Divergence: About {
            name: "divergence",
            also: &["D"],
            what: "How far the generator's distribution really is from the data's, in the objective's own measure, by \
                   quadrature of the two densities. The chart shows it above the full bound that estimates it. Where a \
                   density is estimated in a plane, ± says how far the figure may be off.",
            formula: "D_f(P‖Q) = ∫ q·f(p/q) dx",
            good: "it falls towards 0: the generator learns",
            bad: "infinite, or not falling while the bound does: the critic misses what is wrong",
            press: &[Action::CriticSteps, Action::Objective],
            see: &["full bound", "gap", "JSD", "truth"],
        },
        Gap: About {
            name: "gap",
            what: "How far the full bound is below the divergence: what the critic could still learn.",
            formula: "divergence − full bound ≥ 0",
            good: "near 0 and steady",
            bad: "it grows: the generator runs away from the critic. Give the critic more updates or a higher rate",
            press: &[Action::CriticSteps, Action::Rates],
            see: &["full bound", "divergence"],
            ..About::EMPTY
        },
        JensenShannon: About {
            name: "JSD",
            also: &["Jensen-Shannon divergence"],
            what: "The Jensen–Shannon divergence, for objectives that have one: of the true divergence, or with ≈ of the \
                   bound. It cannot exceed log 2.",
            formula: "½ KL(P‖M) + ½ KL(Q‖M), M = ½ (P + Q); gan: ½ (bound + log 4)",
            good: "near 0",
            bad: "at log 2 = 0.693: the two do not overlap, and the saturating gradient is 0",
            press: &[Action::Objective],
            see: &["divergence", "bound"],
        },
        Ratio: About {
            name: "E_Q[p/q]",
            also: &["ratio"],
            what: "The mean over generated samples of the density ratio that the critic claims. The true ratio has a mean of \
                   1, so that this says whether the critic is near its optimum.",
            formula: "E_Q[p/q] = ∫ q·(p/q) dx = 1, with p/q from T = f'(p/q)",
            good: "between 0.8 and 1.25",
            bad: "far from 1: the critic is not optimal, and the bound no estimate yet",
            press: &[Action::CriticSteps, Action::Rates],
            see: &["full bound", "critic value"],
        },
        EarthMover: About {
            name: "EM distance",
            also: &["exact EM", "EM", "Earth Mover's distance", "Wasserstein distance"],
            what: "How much work it takes to move the generated samples onto the real ones, exactly, by an assignment of the \
                   latest snapshot's samples. The chart shows the critic's estimate beside it.",
            formula: "min over pairings of mean ‖x − y‖",
            good: "it falls; a little above 0 is the noise of a finite number of samples",
            bad: "it rises or stays: the generator does not come nearer, whatever the losses say",
            press: &[Action::Objective, Action::Rates],
            see: &["critic EM", "wgan", "truth"],
        },
        CriticEarthMover: About {
            name: "critic EM",
            what: "The critic's estimate of the Earth Mover's distance: the difference of its mean scores over its steepest \
                   slope between samples, with the slope itself.",
            formula: "(E_P[V] − E_Q[V]) / slope",
            good: "near the exact distance",
            bad: "below 0: the critic is wrong. Far below the exact distance: it is too weak or held too tight",
            press: &[Action::CriticSteps, Action::Constraint],
            see: &["EM distance", "clip range"],
            ..About::EMPTY
        },
        Coverage: About {
            name: "coverage",
            also: &["coverage %"],
            what: "Which of the data's known modes the generated samples reach, and how many of the samples lie near one. A \
                   mode is covered once a sample lies within three deviations of it. The chart shows both by step.",
            formula: "modes covered / modes; samples near a mode / samples",
            good: "all modes, and about as many good samples as the real ones have",
            bad: "modes go missing: the generator collapses. Go back to a checkpoint, or change the objective",
            press: &[Action::Back, Action::Objective],
            see: &["modes", "good", "reverse KL of the modes", "mode collapse", "health.coverage-falling"],
        },
        Modes: About {
            name: "modes",
            what: "How many of the data's modes the latest snapshot's generated samples cover.",
            formula: "modes with a sample within 3σ of their mean",
            good: "all of them",
            bad: "fewer than before: the generator is losing modes",
            press: &[Action::Back, Action::Objective],
            see: &["coverage", "mode collapse"],
            ..About::EMPTY
        },
        Good: About {
            name: "good",
            also: &["good samples"],
            what: "The share of generated samples that lie near any mode. The share after it is what real samples \
                   reach.",
            formula: "samples within 3σ of a mode / samples",
            good: "about as many as of real samples",
            bad: "few: the samples lie between the modes, or nowhere near them",
            press: &[Action::Rates, Action::CriticSteps],
            see: &["coverage", "modes"],
        },
        ReverseKl: About {
            name: "reverse KL of the modes",
            what: "How unevenly the good samples are spread over the modes, compared with the data: Kullback–Leibler \
                   of the generated counts to the real shares.",
            formula: "Σ q_i log(q_i / p_i) over modes",
            good: "near 0: each mode has its share",
            bad: "large: some modes get most samples, even where all are covered",
            press: &[Action::Objective],
            see: &["modes", "mode collapse"],
            ..About::EMPTY
        },
        LayerNorm: About {
            name: "σ",
            also: &["sigma", "spectral norm of a layer"],
            what: "The spectral norm of a layer's weight matrix: how much it can stretch what goes through it.",
            formula: "the largest singular value of W",
            good: "of the order of 1; their product bounds the critic's slope",
            bad: "one grows without end: the critic gets ever steeper. A constraint holds it",
            press: &[Action::Constraint],
            see: &["weights", "spectral-norm"],
        },
        StepRate: About {
            name: "steps/s",
            also: &["speed", "rate", "steps per second"],
            what: "Steps a second over the last seconds, and from it the time that is left. Frames never slow it; a pause does \
                   not count.",
            formula: "steps done / seconds",
            good: "steady",
            bad: "falling: the machine is shared, or gets too warm; see the line on the machine",
            press: &[Action::Pause, Action::CriticSteps],
            see: &["machine", "step"],
        },
    }
}
