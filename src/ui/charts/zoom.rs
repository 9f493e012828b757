//! The steps that the charts show: the whole run, its recent part, or a part that a person has chosen.

use super::axis::round_step;

/// The steps that the charts show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zoom {
    /// The whole run.
    #[default]
    All,
    /// About the last so many; the window goes along with the run.
    Last(u64),
    /// These, first and last, wherever the run is.
    Between(u64, u64),
}

impl Zoom {
    /// The narrowest window that goes along with the run.
    const LEAST: u64 = 100;
    /// The narrowest window of a person's choice.
    const LEAST_BETWEEN: u64 = 16;

    /// The last so many steps, or as few as a window that goes along can have.
    pub fn going_along(steps: u64) -> Zoom {
        Zoom::Last(steps.max(Zoom::LEAST))
    }

    /// Half as many steps of a run that knows the steps `known`: about the step `about`, else the recent ones.
    pub fn closer(self, known: (u64, u64), about: Option<u64>) -> Zoom {
        match (self, about) {
            // The largest 100 · 2ⁿ below the length of the run.
            (Zoom::All, None) => {
                let mut last = Zoom::LEAST;
                while last.saturating_mul(2) < known.1 {
                    last *= 2;
                }
                Zoom::Last(last)
            }
            (Zoom::Last(last), None) => Zoom::Last((last / 2).max(Zoom::LEAST)),
            _ => {
                let (from, to) = self.window(known.0, known.1);
                let half = ((to - from) / 2).max(Zoom::LEAST_BETWEEN - 1).min(to - from);
                let middle = about.filter(|step| (from..=to).contains(step)).unwrap_or(from + (to - from) / 2);
                let from = middle.saturating_sub(half / 2).max(from).min(to - half);
                Zoom::Between(from, from + half)
            }
        }
    }

    /// Twice as many steps of a run that knows the steps `known`.
    pub fn wider(self, known: (u64, u64)) -> Zoom {
        match self {
            Zoom::Last(last) if last.saturating_mul(2) < known.1 => Zoom::Last(last * 2),
            Zoom::All | Zoom::Last(_) => Zoom::All,
            Zoom::Between(..) => {
                let (from, to) = self.window(known.0, known.1);
                let more = (to - from).div_ceil(2).max(1);
                let (from, to) = (from.saturating_sub(more).max(known.0), to.saturating_add(more));
                if from <= known.0 && to >= known.1 { Zoom::All } else { Zoom::Between(from, to) }
            }
        }
    }

    /// Half a window back (`back`) or on, within the steps `known`. Where it reaches the last step it goes along again.
    pub fn panned(self, known: (u64, u64), back: bool) -> Zoom {
        let (from, to) = self.window(known.0, known.1);
        let (span, by) = (to - from, ((to - from) / 2).max(1));
        match (back, self) {
            (true, _) if from <= known.0 => self,
            (true, _) => {
                let from = from.saturating_sub(by).max(known.0);
                Zoom::Between(from, from + span)
            }
            (false, Zoom::Between(..)) if to.saturating_add(by) >= known.1 => Zoom::going_along(span),
            (false, Zoom::Between(..)) => Zoom::Between(from + by, to + by),
            (false, _) => self,
        }
    }

    /// The same, moved so far that it shows `step`.
    pub fn showing(self, known: (u64, u64), step: u64) -> Zoom {
        let (from, to) = self.window(known.0, known.1);
        if (from..=to).contains(&step) {
            return self;
        }
        let (span, from) = (to - from, step.saturating_sub((to - from) / 2).max(known.0));
        Zoom::Between(from, from.saturating_add(span))
    }

    /// The first and last step of the x axis when the known steps are `first..=last`. An axis that goes along moves by
    /// an eighth of its width.
    pub fn window(self, first: u64, last: u64) -> (u64, u64) {
        let up = |step: u64, jump: u64| step.div_ceil(jump).max(1).saturating_mul(jump);
        match self {
            // A run that was put back may know less than was chosen.
            Zoom::Between(from, to) if from <= last && first <= to && from < to => (from.max(first), to.max(first + 1)),
            Zoom::Last(n) if last.saturating_sub(first) > n => {
                let jump = (n / 8).max(1);
                let end = up(last, jump);
                ((end.saturating_sub(n)).max(first), end)
            }
            _ => {
                let span = (last - first).max(16);
                let jump = (round_step(span as f64, 10) as u64).max(1);
                (first, first.saturating_sub(1).saturating_add(up(last - first + 1, jump)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_x_axis_moves_in_jumps() {
        let ends: std::collections::BTreeSet<u64> = (1..=10_000).map(|step| Zoom::All.window(1, step).1).collect();
        assert!(ends.len() < 90, "{}", ends.len());
        let ends: std::collections::BTreeSet<u64> =
            (5_000..=6_000).map(|step| Zoom::Last(800).window(1, step).1).collect();
        assert!(ends.len() <= 11);
    }

    #[test]
    fn zoom_goes_there_and_back() {
        let known = (1, 1000);
        assert_eq!(Zoom::All.closer(known, None), Zoom::Last(800));
        assert_eq!(Zoom::Last(800).closer(known, None), Zoom::Last(400));
        assert_eq!(Zoom::Last(400).wider(known), Zoom::Last(800));
        assert_eq!(Zoom::Last(800).wider(known), Zoom::All);
        assert_eq!(Zoom::Last(100).closer(known, None), Zoom::Last(100));
    }

    #[test]
    fn zoom_about_a_step_keeps_it_in_sight() {
        let mut zoom = Zoom::All;
        for _ in 0..12 {
            zoom = zoom.closer((1, 10_000), Some(2_000));
            let (from, to) = zoom.window(1, 10_000);
            assert!((from..=to).contains(&2_000), "{zoom:?}");
        }
        assert_eq!(zoom.window(1, 10_000).1 - zoom.window(1, 10_000).0, Zoom::LEAST_BETWEEN - 1);
        (0..20).for_each(|_| zoom = zoom.wider((1, 10_000)));
        assert_eq!(zoom, Zoom::All);
    }

    #[test]
    fn panning_stays_within_the_run_and_ends_where_it_goes_along() {
        let known = (1, 10_000);
        let mut zoom = Zoom::Last(800);
        (0..100).for_each(|_| zoom = zoom.panned(known, true));
        assert_eq!(zoom.window(1, 10_000).0, 1);
        assert_eq!(zoom.panned(known, true), zoom);
        (0..100).for_each(|_| zoom = zoom.panned(known, false));
        assert_eq!(zoom, Zoom::Last(800));
        assert_eq!(Zoom::All.panned(known, true), Zoom::All);
    }

    #[test]
    fn a_window_follows_a_step_out_of_sight() {
        let zoom = Zoom::Last(800).showing((1, 10_000), 3_000);
        let (from, to) = zoom.window(1, 10_000);
        assert!(from < 3_000 && 3_000 < to && to - from == 800);
        assert_eq!(Zoom::All.showing((1, 10_000), 3_000), Zoom::All);
    }

    proptest! {
        #[test]
        fn a_window_holds_the_last_step(first in 1u64..1000, more in 0u64..10_000_000_000, n in 100u64..100_000) {
            for zoom in [Zoom::All, Zoom::Last(n)] {
                let (low, high) = zoom.window(first, first + more);
                prop_assert!(low <= first + more && first + more <= high && low >= first);
            }
        }

        #[test]
        fn whatever_is_pressed_there_is_a_window(
            first in 0u64..1000, more in 0u64..10_000_000, keys in prop::collection::vec(0u8..7, 0..40), at in any::<u64>(),
        ) {
            let mut known = (first, first + more);
            let mut zoom = Zoom::All;
            for key in keys {
                let about = known.0 + at % (known.1 - known.0 + 1);
                zoom = match key {
                    0 => zoom.closer(known, None),
                    1 => zoom.closer(known, Some(about)),
                    2 => zoom.wider(known),
                    3 => zoom.panned(known, true),
                    4 => zoom.panned(known, false),
                    5 => zoom.showing(known, about),
                    _ => { known.1 = known.0 + (known.1 - known.0) / 2; zoom }
                };
                let (from, to) = zoom.window(known.0, known.1);
                prop_assert!(known.0 <= from && from < to, "{zoom:?} of {known:?}");
            }
        }
    }

    #[test]
    fn extremes_do_not_break_anything() {
        Zoom::All.window(1, u64::MAX);
        Zoom::All.window(u64::MAX, u64::MAX);
        Zoom::Last(100).window(0, u64::MAX);
        Zoom::Last(100).closer((1, u64::MAX), None);
        Zoom::Last(u64::MAX).wider((1, u64::MAX));
    }
}
