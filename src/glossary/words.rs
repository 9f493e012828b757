//! Words: what the program calls things, on the screen and in its documents.

use super::{About, terms};
use crate::domain::action::Action;

terms! {
    /// A word.
    Word {
        Step: About {
            name: "step",
            what: "One generator update together with the critic updates before it. Changes take effect between two steps.",
            press: &[Action::Step, Action::Steps, Action::Pause],
            see: &["updates", "steps/s"],
            ..About::EMPTY
        },
        ForeignRun: About {
            name: "foreign run",
            also: &["other programs' runs"],
            what: "What another program has logged of its training, as event files, JSON lines or a table, which `gantop view` \
                   reads and follows. It cannot be steered.",
            press: &[Action::Filter, Action::Pin],
            see: &["declared metrics", "run"],
            ..About::EMPTY
        },
        Critic: About {
            name: "critic",
            also: &["discriminator"],
            what: "The second network, whatever the objective: it tells real samples from generated ones, and its judgement is \
                   what the generator learns from.",
            formula: "V(x), a number for each sample",
            good: "a little ahead of the generator",
            bad: "so far ahead that it teaches nothing, or so weak that it is wrong",
            press: &[Action::CriticSteps, Action::Constraint],
            see: &["critic value", "critic loss", "generator"],
        },
        Generator: About {
            name: "generator",
            what: "The first network: it turns noise into samples that are to be taken for real.",
            formula: "x = G(z), z ~ N(0, I)",
            good: "its samples cover the data",
            bad: "it makes the same few samples again and again",
            press: &[Action::Objective, Action::Rates],
            see: &["generator loss", "samples", "mode collapse"],
            ..About::EMPTY
        },
        ModeCollapse: About {
            name: "mode collapse",
            also: &["collapse"],
            what: "The generator makes samples of only some of the data's modes, and leaves the others out.",
            formula: "modes covered < modes",
            bad: "on the screen: coverage falls, histograms of generated samples lose bumps, reverse KL rises. Go back to a \
                  checkpoint from before; then another objective, a constraint, or more critic updates",
            press: &[Action::Back, Action::Checkpoints, Action::Objective, Action::Constraint],
            see: &["coverage", "health.coverage-falling", "checkpoint"],
            ..About::EMPTY
        },
        Engine: About {
            name: "engine",
            what: "What computes gradients: autograd is libtorch's own; explicit knows the layers and computes the same faster. \
                   A constraint can ask for autograd.",
            see: &["steps/s", "step"],
            ..About::EMPTY
        },
        Grad: About {
            name: "grad",
            what: "The derivative of the loss with respect to what a unit gives; with respect to the weights it is the \
                   gradient.",
            formula: "∂loss/∂x",
            see: &["gradient norm"],
            ..About::EMPTY
        },
        Conjugate: About {
            name: "conjugate",
            also: &["f*"],
            what: "What the bound subtracts on generated samples: the convex conjugate of the objective's function f, fused \
                   with the head.",
            formula: "f*(t) = sup over u of ut − f(u); h(v) = f*(g(v))",
            see: &["bound", "head", "objective"],
            ..About::EMPTY
        },
        Average: About {
            name: "average",
            also: &["EMA", "raw"],
            what: "A moving average of the generator's weights, which makes better samples than the weights of one step; raw \
                   samples are of the latter.",
            formula: "average ← β·average + (1 − β)·w",
            press: &[Action::Raw],
            see: &["samples", "generator", "half-life"],
            ..About::EMPTY
        },
        Snapshot: About {
            name: "snapshot",
            what: "What the screen needs besides step records: samples and histograms of one step. The dashboard asks for the \
                   next one when it has shown the last.",
            press: &[Action::Freeze, Action::Goto],
            see: &["samples", "snapshots"],
            ..About::EMPTY
        },
        Journal: About {
            name: "journal",
            what: "The run's list of what happened, by step, on disk: `gantop journal RUN` prints it, and a replay makes the same \
                   changes at the same steps.",
            press: &[Action::Page],
            see: &["log", "schedule"],
            ..About::EMPTY
        },
        Schedule: About {
            name: "schedule",
            what: "The changes that a config makes by itself, by step.",
            see: &["journal", "rates"],
            ..About::EMPTY
        },
        Checkpoint: About {
            name: "checkpoint",
            what: "The run's whole state after a step, and its file: weights, optimisers, random state. A run goes back to one, or \
                   is taken up from it, to the bit.",
            press: &[Action::Save, Action::Checkpoints, Action::Back],
            see: &["branch", "run"],
            ..About::EMPTY
        },
        Branch: About {
            name: "branch",
            what: "The steps after a run went back to a checkpoint. What was done before stays in the files, and off the charts.",
            press: &[Action::Checkpoints, Action::Back],
            see: &["checkpoint", "journal"],
            ..About::EMPTY
        },
        Run: About {
            name: "run",
            what: "One training from its first step to its last, through pauses and resumes; recorded in a directory of `runs`.",
            press: &[Action::Detach, Action::Quit],
            see: &["live run", "journal", "checkpoint", "seed"],
            ..About::EMPTY
        },
        LiveRun: About {
            name: "live run",
            what: "A run whose process is there, training or paused. `gantop attach` shows it, and `gantop ctl` commands it from a \
                   script.",
            press: &[Action::Detach, Action::Runs],
            see: &["run"],
            ..About::EMPTY
        },
        Seed: About {
            name: "seed",
            what: "The number that all chance comes from: the same config, seed and commands by step give the same weights to the \
                   bit.",
            see: &["run", "schedule"],
            ..About::EMPTY
        },
        Batch: About {
            name: "batch",
            also: &["batch_size", "micro_batch"],
            what: "How many samples an update looks at, of each kind.",
            good: "64 to 512; larger ones for steadier figures",
            bad: "tiny: every figure is noise",
            see: &["step", "bound", "pack"],
            ..About::EMPTY
        },
        Pack: About {
            name: "pack",
            also: &["critic.pack", "PacGAN"],
            what: "So many samples of one kind that a critic judges together by one score. The bound is then that of packs, which \
                   differ more than samples do, and a generator that draws few modes is told by its packs: they are too alike. A \
                   sample alone has no score, so maps, slopes and full bounds are left out.",
            formula: "V(x, y, …): a score for several samples",
            good: "2 to 4, where modes are lost",
            bad: "many: the critic sees as many times fewer packs",
            see: &["batch", "coverage", "bound"],
            ..About::EMPTY
        },
        Alert: About {
            name: "alert",
            also: &["health"],
            what: "What a rule of health says once it holds; it is cleared when a whole window is well again. `gantop health` \
                   lists the rules with their thresholds.",
            press: &[Action::Kinds, Action::Page],
            see: &["health.non-finite", "health.no-progress", "events"],
            ..About::EMPTY
        },
        Frozen: About {
            name: "frozen display",
            also: &["display frozen"],
            what: "The charts and samples stand still while training goes on; a pause is the other way round.",
            press: &[Action::Freeze, Action::Pause],
            see: &["snapshot"],
            ..About::EMPTY
        },
    }
}
