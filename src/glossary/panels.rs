//! Panels: what a part of a page shows as a whole.

use super::{About, terms};
use crate::domain::action::Action;

/// The actions that every chart answers to.
const CHART: &[Action] = &[Action::Chart, Action::Scale, Action::Smooth, Action::ZoomIn, Action::Earlier];

terms! {
    /// A panel.
    Panel {
        Losses: About {
            name: "losses",
            what: "Both networks' losses by step. In each column of the chart the faint band is their range and the \
                   line their mean, over as many steps as the title says.",
            formula: "critic: −bound + penalty; generator: see there",
            good: "both keep to a band: neither wins for good",
            bad: "one runs away, or both stand still",
            press: CHART,
            see: &["critic loss", "generator loss", "bound"],
            ..About::EMPTY
        },
        CriticValues: About {
            name: "critic values",
            what: "The mean critic values on real and on generated samples by step. Above them stand the bound that \
                   they make, their difference (real − gen), and the bound's mean over the last 100 steps (mean of \
                   100).",
            formula: "E_P[T] and E_Q[T]",
            good: "real above generated, coming nearer to each other",
            bad: "they part and go flat: the critic is sure and teaches nothing",
            press: CHART,
            see: &["critic value", "bound", "JSD"],
            ..About::EMPTY
        },
        GradientNorms: About {
            name: "gradient norms",
            what: "How long both networks' gradients are, by step.",
            formula: "‖∇_w loss‖₂ of each",
            good: "both steady",
            bad: "one falls to 0 or climbs without end",
            press: CHART,
            see: &["gradient norm", "rates"],
            ..About::EMPTY
        },
        Declared: About {
            name: "declared metrics",
            what: "Metrics that the run's trainer declares besides gantop's own, a chart for each group. Points joined by a \
                   line are of a metric that comes only now and then.",
            press: CHART,
            see: &["losses", "run"],
            ..About::EMPTY
        },
        Readout: About {
            name: "figures at the cursor",
            also: &["cursor", "latest"],
            what: "Every line of the page as a figure at the cursor's step, or at the latest step without a cursor. \
                   Where a column of the chart holds several steps, their range stands there too. The nearest \
                   change or alert is named.",
            press: &[Action::Earlier, Action::Later, Action::Latest, Action::Goto],
            see: &["losses", "step"],
            ..About::EMPTY
        },
        Histograms: About {
            name: "histograms",
            what: "How values of real samples (above) and of generated ones (below) are spread over one axis: each coordinate, \
                   a pixel's brightness, and the critic's values. On the samples page earlier histograms lie below, the \
                   newest first: a mode that is lost ends its column.",
            formula: "share of samples in each bin",
            good: "the two have the same shape",
            bad: "a bump of the real ones is missing below: that mode is not generated",
            press: &[Action::Page],
            see: &["samples", "mode collapse", "critic value"],
            ..About::EMPTY
        },
        CriticHistogram: About {
            name: "critic value histogram",
            what: "How the critic's values are spread over real samples and over generated ones, for data whose densities are \
                   not known.",
            formula: "share of samples by T(x)",
            good: "the two overlap more and more",
            bad: "two heaps far apart: the critic tells all apart",
            press: &[Action::CriticSteps, Action::Objective],
            see: &["critic value", "histograms"],
            ..About::EMPTY
        },
        Samples: About {
            name: "samples",
            also: &["generated samples", "real samples"],
            what: "What the generator makes at the latest snapshot: points beside real ones, numbers as densities, images as a \
                   grid. Samples beyond the edge are counted in the rule.",
            formula: "x = G(z), z ~ N(0, I)",
            good: "they cover the real ones, and no more",
            bad: "all in one place, or on a few of the modes: the generator collapses",
            press: &[Action::Raw, Action::Freeze, Action::Page],
            see: &["snapshot", "average", "mode collapse"],
        },
        Snapshots: About {
            name: "snapshots",
            also: &["scrubber"],
            what: "The snapshots that are kept of the whole run, on a line, and which of them the page shows.",
            press: &[Action::Earlier, Action::Later, Action::First, Action::Latest, Action::Goto],
            see: &["snapshot", "samples"],
            ..About::EMPTY
        },
        Controls: About {
            name: "controls",
            what: "Every setting that can change while the run goes on, as it stands now. … marks a change that was \
                   asked for and has not been answered. Below them figures that matter most.",
            press: &[
                Action::Objective,
                Action::Constraint,
                Action::Clip,
                Action::Rates,
                Action::CriticSteps,
                Action::Controls,
                Action::Command,
            ],
            see: &["objective", "constraint", "clip range", "rates", "updates", "control"],
            ..About::EMPTY
        },
        Events: About {
            name: "events",
            what: "What happened in the run, the newest last: changes, states, checkpoints, refusals and alerts, each after its \
                   step.",
            press: &[Action::EventsUp, Action::EventsDown, Action::Page],
            see: &["log", "journal", "alert"],
            ..About::EMPTY
        },
        Log: About {
            name: "log",
            what: "All that happened in the run, by step, with a filter by text and by kind.",
            press: &[Action::Filter, Action::Kinds, Action::EventsUp, Action::EventsDown],
            see: &["events", "journal"],
            ..About::EMPTY
        },
        Critic: About {
            name: "learned and optimal critic",
            also: &["optimal critic", "critic curve"],
            what: "The learned critic over the line, beside the optimal one, which follows from both densities. Below \
                   them are the densities themselves.",
            formula: "T*(x) = f'(p(x)/q(x))",
            good: "the two curves meet wherever p or q has mass",
            bad: "apart where there are samples: the critic is not optimal. More updates, or a higher rate",
            press: &[Action::CriticSteps, Action::Rates],
            see: &["critic value", "densities", "gap"],
        },
        CriticMap: About {
            name: "critic map",
            what: "The critic over the plane as colours, with real and generated samples on it: the learned critic, the \
                   optimal one, or the difference of both.",
            formula: "T(x), T*(x) = f'(p(x)/q(x)), T − T*",
            good: "the difference is pale wherever there are samples",
            bad: "strong colours among the samples: the critic is wrong there",
            press: &[Action::CriticView, Action::CriticSteps],
            see: &["critic value", "gap", "E_Q[p/q]"],
            ..About::EMPTY
        },
        Densities: About {
            name: "densities",
            what: "The data's density p and the generator's q over the line; q is a kernel estimate from samples where it is \
                   not known exactly.",
            formula: "p(x), q(x)",
            good: "q lies on p",
            bad: "a hill of p without one of q: a mode is lost. q between the hills: bad samples",
            press: &[Action::Page],
            see: &["divergence", "coverage"],
            ..About::EMPTY
        },
        Truth: About {
            name: "truth",
            also: &["analysis"],
            what: "What is true, beside what the critic estimates. It is worked out beside the run: each figure \
                   belongs to the step in the title, and is dim once it is old.",
            good: "estimates near the truth",
            bad: "an estimate that says less than the truth: do not trust the losses",
            press: &[Action::CriticSteps, Action::Rates],
            see: &["full bound", "divergence", "gap", "EM distance", "coverage"],
            ..About::EMPTY
        },
        Weights: About {
            name: "weights",
            what: "A histogram of every layer's weights, the critic's first: how many there are, the spectral norm σ, the share \
                   at ±c with marks there, and the range.",
            good: "bell shapes that widen slowly",
            bad: "all at ±c, all at 0, or a few far out",
            press: &[Action::EventsUp, Action::EventsDown, Action::Clip],
            see: &["σ", "share at ±c", "clip range"],
            ..About::EMPTY
        },
        Machine: About {
            name: "machine",
            also: &["gpu", "cpu", "memory", "process", "screen", "frames/s", "records merged"],
            what: "What the machine does: the GPU in use, this process's share of cores and its memory, and what the dashboard \
                   itself costs in bytes and frames a second. Records are merged where the dashboard cannot keep up; no \
                   extreme is lost.",
            good: "a few KiB a second",
            bad: "memory that grows without end; a GPU that idles while the CPU is busy",
            press: &[Action::Freeze],
            see: &["steps/s", "engine"],
            ..About::EMPTY
        },
        Runs: About {
            name: "run list",
            also: &["runs"],
            what: "The runs of a directory, a row each: gantop's own with the last recorded figures, and those of \
                   other programs that are known by their files. What is not a run is listed with the reason.",
            press: &[
                Action::Runs,
                Action::Open,
                Action::Tick,
                Action::Filter,
                Action::SortNext,
                Action::Turn,
                Action::Remove,
            ],
            see: &["run", "side by side"],
            ..About::EMPTY
        },
        RunsBeside: About {
            name: "side by side",
            also: &["differences"],
            what: "The ticked runs, a column each: how far they have come, and the keys that differ in the configs \
                   that they began with. What is the same as in the first run is pale; what was changed while a run \
                   went on is in its journal.",
            press: &[Action::Differences, Action::Compare],
            see: &["run list", "run"],
            ..About::EMPTY
        },
    }
}
