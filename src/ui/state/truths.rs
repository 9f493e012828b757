//! The past of what the analyst found out: a few figures of every analysis, in bounded memory.

use crate::history::{Series, Stat};
use crate::truth::Analysis;

/// One figure of an analysis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// D_f(P‖Q), where the densities are known.
    Divergence,
    /// The learned critic's bound, by quadrature of the same densities.
    Bound,
    /// What the bound is below the divergence.
    Gap,
    /// The exact Earth Mover's distance of the samples.
    EarthMover,
    /// The critic's estimate of it.
    CriticEarthMover,
    /// E_Q\[p/q\] as the critic has it.
    Ratio,
}

impl Figure {
    /// Every figure.
    pub const ALL: [Figure; 6] =
        [Figure::Divergence, Figure::Bound, Figure::Gap, Figure::EarthMover, Figure::CriticEarthMover, Figure::Ratio];
    /// How many there are.
    pub const COUNT: usize = Figure::ALL.len();

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
        }
    }
}

/// The figures of every analysis so far, by step.
#[derive(Clone, Debug, Default)]
pub struct Truths(Series<{ Figure::COUNT }>);

impl Truths {
    /// Takes in the next analysis.
    pub fn push(&mut self, analysis: &Analysis) {
        let stat = |figure: Figure| figure.of(analysis).map_or(Stat::EMPTY, |value| Stat::of(value as f32));
        self.0.push(analysis.step, analysis.step, Figure::ALL.map(stat));
    }

    /// Forgets what came after `step`.
    pub fn rewind(&mut self, step: u64) {
        self.0.rewind(step);
    }

    /// Whether nothing has been analysed yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A figure over the steps `first..=last`, divided evenly into `columns`: see [`Series::columns`]. Analyses are rare:
    /// a column without one is `None`, and one whose analyses do not have the figure counts no value.
    pub fn columns(&self, figure: Figure, first: u64, last: u64, columns: usize) -> Vec<Option<Stat>> {
        self.0.columns(figure as usize, first, last, columns)
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
        assert!(truths.0.len() <= RECENT + BINS);
    }
}
