//! Means over a sliding window of steps, in memory that does not depend on its length.

use std::collections::VecDeque;

/// The most parts of a window: it slides by one part at a time.
const PARTS: u64 = 16;

/// The latest steps, at least as many as asked for.
#[derive(Clone, Debug)]
pub struct Window {
    /// Steps in a part.
    width: u64,
    /// Parts in a full window.
    parts: usize,
    full: VecDeque<Part>,
    open: Part,
}

/// Sums over consecutive steps.
#[derive(Clone, Copy, Debug, Default)]
struct Part {
    steps: u64,
    /// Sum and count of the finite values of each figure.
    sums: [(f64, u64); 2],
}

impl Window {
    /// An empty window of so many steps, rounded up to whole parts.
    pub fn new(steps: u64) -> Window {
        let width = steps.div_ceil(PARTS).max(1);
        let parts = steps.div_ceil(width).max(1) as usize;
        Window { width, parts, full: VecDeque::with_capacity(parts + 1), open: Part::default() }
    }

    /// Takes in the figures of the next step. True where the window is full and has just moved: the time to look at it.
    pub fn push(&mut self, figures: [f32; 2]) -> bool {
        self.open.steps += 1;
        for (sum, value) in self.open.sums.iter_mut().zip(figures).filter(|(_, value)| value.is_finite()) {
            *sum = (sum.0 + f64::from(value), sum.1 + 1);
        }
        if self.open.steps < self.width {
            return false;
        }
        self.full.push_back(std::mem::take(&mut self.open));
        if self.full.len() > self.parts {
            self.full.pop_front();
        }
        self.full.len() == self.parts
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.full.clear();
        self.open = Part::default();
    }

    /// Steps that it holds, the part that is not full left out.
    pub fn steps(&self) -> u64 {
        self.full.len() as u64 * self.width
    }

    /// The mean of a figure's finite values.
    pub fn mean(&self, figure: usize) -> Option<f64> {
        mean(self.full.iter(), figure)
    }

    /// The means of a figure over `count` consecutive stretches of the window, as equal as its parts allow.
    pub fn means(&self, figure: usize, count: usize) -> Vec<Option<f64>> {
        let cut = |i: usize| i * self.full.len() / count;
        (0..count).map(|i| mean(self.full.range(cut(i)..cut(i + 1)), figure)).collect()
    }
}

fn mean<'a>(parts: impl Iterator<Item = &'a Part>, figure: usize) -> Option<f64> {
    let (sum, count) = parts.map(|part| part.sums[figure]).fold((0.0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_holds_the_latest_steps_and_no_fewer_than_asked(steps in 1u64..300, pushed in 0u64..2000) {
            let mut window = Window::new(steps);
            let mut first = None;
            for step in 1..=pushed {
                if window.push([step as f32, f32::NAN]) {
                    first.get_or_insert(step);
                    let held = window.steps();
                    prop_assert!(held >= steps && held < steps + PARTS);
                    // The mean of the whole numbers from step − held + 1 to step.
                    let mean = step as f64 - (held - 1) as f64 / 2.0;
                    prop_assert!((window.mean(0).unwrap() - mean).abs() < 1e-6);
                    prop_assert_eq!(window.mean(1), None);
                }
                prop_assert!(window.full.len() as u64 <= PARTS);
            }
            prop_assert!(first.is_none_or(|first| first >= steps));
        }
    }
}
