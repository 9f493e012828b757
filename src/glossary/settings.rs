//! Settings: what a person changes while the run goes on.

use super::{About, terms};
use crate::domain::action::Action;

terms! {
    /// A setting.
    Setting {
        Objective: About {
            name: "objective",
            also: &["objective.kind", "formula"],
            what: "What the two networks play for: a divergence or distance, with its two losses. Each has an entry of its \
                   own, as has `gantop objectives NAME`.",
            formula: "F = E_P[g(V)] − E_Q[h(V)]",
            good: "wgan with a constraint where the two hardly overlap; gan with the non-saturating loss for images",
            bad: "one whose critic saturates: its generator learns nothing once the critic is sure",
            press: &[Action::Objective, Action::Set],
            see: &["head", "generator's loss", "constraint", "bound"],
        },
        Head: About {
            name: "head",
            also: &["objective.head"],
            what: "How a score becomes a critic value: log-ratio lets the score estimate log(p/q), paper is the output \
                   activation of the f-GAN paper's table.",
            formula: "T = g(V); log-ratio: g(v) = f'(e^v)",
            good: "log-ratio, where nothing speaks against it: it is defined for every score",
            bad: "a changed head under a trained critic: its scores mean something else at once",
            press: &[Action::Objective, Action::Head, Action::Set],
            see: &["objective", "score", "critic value"],
        },
        GeneratorLoss: About {
            name: "generator's loss",
            also: &["objective.generator_loss", "non-saturating", "saturating"],
            what: "Which loss the generator descends: auto takes what suits the objective.",
            formula: "saturating: −E_Q[f*(T)]; non-saturating: −E_Q[g(V)]",
            good: "non-saturating for gan: its gradient is large just where samples are bad",
            bad: "saturating under a sure critic: a gradient of nearly 0",
            press: &[Action::Objective, Action::GeneratorLoss, Action::Set],
            see: &["generator loss", "objective", "health.gradients-vanishing"],
        },
        Pi: About {
            name: "π",
            also: &["pi", "objective.pi"],
            what: "The weight of js-weighted: how much the data counts against the generated samples.",
            formula: "π KL(P‖M) + (1 − π) KL(Q‖M), M = πP + (1 − π)Q",
            good: "½ is the Jensen–Shannon divergence; smaller covers modes, larger seeks them",
            bad: "near 0 or 1: one side hardly counts, and gradients get small",
            press: &[Action::Set],
            see: &["objective", "js-weighted"],
        },
        Alpha: About {
            name: "α",
            also: &["objective.alpha"],
            what: "The order of the alpha divergence, between the Kullback–Leibler divergences and beyond.",
            formula: "f(u) = (u^α − 1 − α(u − 1)) / (α(α − 1))",
            good: "from ½ to 2: ½ is like Hellinger, 2 like Pearson",
            bad: "far beyond: a few samples decide everything",
            press: &[Action::Set],
            see: &["objective", "alpha"],
        },
        Constraint: About {
            name: "constraint",
            also: &["constraint.kind"],
            what: "What keeps the critic Lipschitz, so that its slope, and with it the generator's gradient, stays bounded. Any \
                   goes with any objective; wgan needs one.",
            formula: "|V(x) − V(y)| ≤ K·‖x − y‖",
            good: "a gradient penalty or spectral norm for wgan; r1 for gan",
            bad: "none with wgan: the bound is no distance and grows without end",
            press: &[Action::Constraint, Action::Clip, Action::Set],
            see: &["clip range", "lambda", "gamma", "spectral-norm", "penalty"],
        },
        ClipRange: About {
            name: "clip range",
            also: &["constraint.clip", "c", "±c"],
            what: "c in the box [−c, c] that every critic weight is clamped to after every critic update.",
            formula: "w ← min(max(w, −c), c)",
            good: "0.01 to 0.1 with RMSProp and a small rate",
            bad: "too narrow: gradients vanish and most weights lie at ±c. Too wide: the critic takes long to reach its \
                  optimum. Clamping a critic that was trained without a clip can kill it",
            press: &[Action::Clip, Action::NudgeDown, Action::NudgeUp],
            see: &["share at ±c", "constraint", "weights"],
        },
        Lambda: About {
            name: "λ",
            also: &["lambda", "constraint.lambda"],
            what: "The weight of the gradient penalty in the critic's loss.",
            formula: "+ λ·E[(‖∇V(x)‖ − 1)²], x between real and generated samples",
            good: "10 for images, 0.1 to 1 for toys",
            bad: "too small: the critic's slope is free. Too large: the critic does nothing but keep its slope",
            press: &[Action::Constraint, Action::NudgeDown, Action::NudgeUp],
            see: &["penalty", "gradient-penalty", "constraint"],
        },
        Gamma: About {
            name: "γ",
            also: &["gamma", "constraint.gamma"],
            what: "The weight of R1 in the critic's loss: how much its slope at real samples costs.",
            formula: "+ γ/2·E_P‖∇V(x)‖²",
            good: "0.1 to 10; more for larger images",
            bad: "too large: the critic is flat and teaches nothing. Too small: training circles and does not settle",
            press: &[Action::Constraint, Action::NudgeDown, Action::NudgeUp],
            see: &["penalty", "r1", "constraint"],
        },
        Rates: About {
            name: "rates",
            also: &["learning rate", "critic_lr", "generator_lr", "optimizer.critic.lr", "optimizer.generator.lr", "lr"],
            what: "The learning rates of both networks: how far an update goes along its gradient.",
            formula: "w ← w − rate · (what the optimiser makes of ∇_w loss)",
            good: "the critic's the same or a few times higher",
            bad: "too high: losses jump and gradients explode. Too low: nothing happens for minutes",
            press: &[Action::Rates, Action::Set],
            see: &["updates", "gradient norm", "health.gradients-exploding"],
        },
        LastStep: About {
            name: "last step",
            also: &["steps"],
            what: "The step after which the run is finished. On a dashboard it waits there, and more steps can be \
                   asked for; without one it ends. 0: it goes on until it is stopped.",
            formula: "step = steps",
            good: "enough for the figures to settle",
            bad: "an end while coverage still rises: ask for more",
            press: &[Action::Steps, Action::Set],
            see: &["step"],
        },
        Beta1: About {
            name: "Adam's β1",
            also: &["beta1", "momentum", "optimizer.critic.beta1", "optimizer.generator.beta1"],
            what: "How much of the past Adam keeps in the mean of its gradients, for each network; other optimisers have none.",
            formula: "m ← β1·m + (1 − β1)·gradient",
            good: "0 to 0.5 for GANs; 0 for wgan, whose critic turns the generator's gradient with every update",
            bad: "0.9: updates go on in a direction that the other network has left, and modes are lost",
            press: &[Action::Set, Action::Objective],
            see: &["rates", "updates"],
        },
        FreshCritic: About {
            name: "fresh critic",
            also: &["critic.weights"],
            what: "An act, not a setting: the critic gets other initial weights, drawn for this step, and its optimiser forgets \
                   its past. The generator stays as it is.",
            formula: "w ~ the initial law, from the run's seed and the step",
            good: "with a swap to wgan: a critic trained without a constraint is far too steep for one",
            bad: "a critic that was right: it has to learn all again, and misleads the generator meanwhile",
            press: &[Action::Objective, Action::Clip, Action::Set],
            see: &["constraint", "health.critic-dead"],
        },
        Updates: About {
            name: "updates",
            also: &["critic.steps", "critic updates"],
            what: "How many critic updates come before each generator update.",
            formula: "a step = so many critic updates + 1 generator update",
            good: "1 for gan, 3 to 5 for wgan with a clip or a penalty",
            bad: "too few: the critic lags, and the bound is no estimate. Too many: steps are slow, and a saturating critic gets \
                  too sure",
            press: &[Action::CriticSteps, Action::Set],
            see: &["step", "rates", "bound"],
        },
        Ramp: About {
            name: "ramp",
            also: &["ramps"],
            what: "A setting that the schedule moves a little with every step, from one number to another, until its last \
                   step. The schedule's entry says its shape: linear, cosine or exponential.",
            formula: "linear: from + (to − from)·(step − at)/over",
            good: "the run follows it without a jump",
            bad: "it goes on where the run needs the opposite: type the number, which ends the ramp",
            press: &[Action::Rates, Action::Constraint, Action::Set],
            see: &["rates", "clip range"],
        },
        Control: About {
            name: "control",
            also: &["declared control"],
            what: "A setting of a trainer of another program, which it has declared with its range, its unit and its name. \
                   gantop hands it on and shows what the trainer makes of it.",
            formula: "its trainer's own",
            good: "the trainer answers at its next step",
            bad: "it is refused: the value is beyond the range that the trainer declared",
            press: &[Action::Controls, Action::Set],
            see: &["rates", "updates"],
        },
    }
}
