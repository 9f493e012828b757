//! The past of what is true beside the estimate: a few figures of every analysis, and the coverage of every snapshot,
//! in bounded memory.

use super::app::App;
use crate::history::{Series, Stat};
use crate::truth::{Analysis, Modes};

/// Seconds of training after which what an analysis found counts as old: a little more than usually lies between two.
pub const FRESH_SECONDS: f64 = 6.0;

/// One figure of what is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// D_f(P‖Q), where the densities are known.
    Divergence,
    /// The learned critic's bound, by quadrature of the same densities.
    Bound,
    /// The gap of the bound below the divergence.
    Gap,
    /// The exact Earth Mover's distance of the samples.
    EarthMover,
    /// The critic's estimate of it.
    CriticEarthMover,
    /// E_Q\[p/q\] as the critic has it.
    Ratio,
    /// The share of the data's modes that a snapshot's samples cover, in percent.
    Covered,
    /// The share of good samples in a snapshot, in percent.
    Good,
}

impl Figure {
    /// The figures of an analysis.
    const ANALYSED: [Figure; 6] =
        [Figure::Divergence, Figure::Bound, Figure::Gap, Figure::EarthMover, Figure::CriticEarthMover, Figure::Ratio];
    /// The number of them.
    const COUNT: usize = Figure::ANALYSED.len();

    /// Its value in an analysis, if it has one there.
    pub fn of(self, analysis: &Analysis) -> Option<f64> {
        let (truth, em) = (analysis.truth.as_ref(), analysis.em.as_ref());
        match self {
            Figure::Divergence => truth?.divergence,
            Figure::Bound => Some(truth?.bound),
            Figure::Gap => truth?.gap(),
            Figure::EarthMover => Some(em?.exact),
            Figure::CriticEarthMover => em?.critic,
            Figure::Ratio => analysis.ratio,
            Figure::Covered | Figure::Good => None,
        }
    }
}

/// The figures of every analysis and the coverage of every snapshot so far, by step.
#[derive(Clone, Debug, Default)]
pub struct Truths {
    analyses: Series<{ Figure::COUNT }>,
    /// [`Figure::Covered`] and [`Figure::Good`].
    coverage: Series<2>,
}

impl Truths {
    /// Takes in the next analysis.
    pub fn push(&mut self, analysis: &Analysis) {
        let stat = |figure: Figure| figure.of(analysis).map_or(Stat::EMPTY, |value| Stat::of(value as f32));
        self.analyses.push(analysis.step, analysis.step, Figure::ANALYSED.map(stat));
    }

    /// Takes in how the next snapshot covers the data's modes.
    pub fn push_coverage(&mut self, step: u64, modes: &Modes) {
        let coverage = &modes.coverage;
        let covered = coverage.covered as f64 / coverage.modes.max(1) as f64;
        self.coverage.push(step, step, [covered, coverage.good_share].map(|share| Stat::of(100.0 * share as f32)));
    }

    /// Forgets what came after `step`.
    pub fn rewind(&mut self, step: u64) {
        self.analyses.rewind(step);
        self.coverage.rewind(step);
    }

    /// Whether no snapshot's coverage is known yet.
    pub fn is_coverage_empty(&self) -> bool {
        self.coverage.is_empty()
    }

    /// Whether nothing has been analysed yet.
    pub fn is_empty(&self) -> bool {
        self.analyses.is_empty()
    }

    /// A figure over the steps `first..=last`, divided evenly into `columns`: see [`Series::columns`]. Analyses are
    /// rare: a column without one is `None`, and one whose analyses do not have the figure counts no value.
    pub fn columns(&self, figure: Figure, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>> {
        match figure {
            Figure::Covered => self.coverage.columns(0, first, last, columns),
            Figure::Good => self.coverage.columns(1, first, last, columns),
            _ => self.analyses.columns(figure as usize, first, last, columns),
        }
    }
}

impl App {
    /// Whether the data has known modes.
    pub fn has_modes(&self) -> bool {
        self.run.info.as_ref().is_some_and(|run| !run.modes.is_empty())
    }

    /// Whether what was found of this step is old beside what the charts show: the run has trained on since for more
    /// than [`FRESH_SECONDS`].
    pub fn is_stale(&self, step: u64) -> bool {
        let now = self.plots().history.steps().map_or(0, |(_, last)| last);
        let rate = self.rate.per_second().unwrap_or(0.0);
        now.saturating_sub(step) as f64 > FRESH_SECONDS * rate.max(f64::MIN_POSITIVE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{BINS, RECENT};
    use crate::truth::{EarthMover, Truth};

    fn analysis(step: u64, exact: f64, divergence: f64) -> Analysis {
        let em = Some(EarthMover { exact, samples: 100, critic: None });
        let truth = Some(Truth { divergence: Some(divergence), bound: 0.25, ..Truth::default() });
        Analysis { em, truth, ..Analysis::empty(step) }
    }

    #[test]
    fn every_figure_has_a_past_of_its_own() {
        let mut truths = Truths::default();
        assert!(truths.is_empty());
        truths.push(&analysis(10, 2.0, 0.5));
        truths.push(&analysis(20, 1.0, f64::INFINITY));
        let of = |figure| truths.columns(figure, 1, 20, 2);
        let range = |stat: Option<Stat>| stat.unwrap().range();
        assert_eq!(
            of(Figure::EarthMover).into_iter().map(range).collect::<Vec<_>>(),
            [Some((2.0, 2.0)), Some((1.0, 1.0))]
        );
        // An infinite divergence is counted as such, and has no gap.
        assert_eq!(of(Figure::Divergence)[1].unwrap().counts(), (1, 1));
        assert_eq!(of(Figure::Gap).into_iter().map(range).collect::<Vec<_>>(), [Some((0.25, 0.25)), None]);
        assert_eq!(of(Figure::Ratio)[0].unwrap().counts(), (0, 0));
    }

    #[test]
    fn memory_is_bounded() {
        let mut truths = Truths::default();
        (1..50_000).for_each(|step| truths.push(&analysis(7 * step, 1.0, 1.0)));
        assert!(truths.analyses.len() <= RECENT + BINS);
    }
}
