//! Things of a run at some of its steps, thinned evenly so that a bounded number spans the whole run.

/// At most so many things, each with its step, in order. Whenever they run out, every second one goes.
#[derive(Clone, Debug)]
pub struct Thinned<T> {
    things: Vec<(u64, T)>,
    most: usize,
    /// At most one thing is kept of so many steps; a power of two.
    width: u64,
}

impl<T> Thinned<T> {
    /// Nothing yet, and never more than `most`, which is at least 2.
    pub fn new(most: usize) -> Thinned<T> {
        Thinned { things: Vec::new(), most: most.max(2), width: 1 }
    }

    /// Takes in the thing of a step, if it is time for one; `make` is called only then. Things of this step and later
    /// ones, from before the run was put back, go.
    pub fn push(&mut self, step: u64, make: impl FnOnce() -> T) {
        self.things.truncate(self.things.partition_point(|(at, _)| *at < step));
        let slot = |step: u64| step / self.width;
        if self.things.last().is_some_and(|(last, _)| slot(*last) == slot(step)) {
            return;
        }
        self.things.push((step, make()));
        while self.things.len() > self.most {
            self.width = self.width.saturating_mul(2);
            let width = self.width;
            self.things.dedup_by(|next, kept| next.0 / width == kept.0 / width);
        }
    }

    /// Forgets every thing after `step`.
    pub fn rewind(&mut self, step: u64) {
        self.things.truncate(self.things.partition_point(|(at, _)| *at <= step));
    }

    /// Keeps at most so many from now on, at least 2.
    pub fn limit(&mut self, most: usize) {
        self.most = most.max(2);
    }

    /// All of them with their steps, in order.
    pub fn all(&self) -> &[(u64, T)] {
        &self.things
    }

    /// The last one up to a step.
    pub fn at(&self, step: u64) -> Option<&(u64, T)> {
        self.things[..self.things.partition_point(|(at, _)| *at <= step)].last()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn few_things_span_the_run_evenly(most in 2usize..40, gaps in prop::collection::vec(1u64..500, 1..400)) {
            let mut thinned = Thinned::new(most);
            let mut step = 0;
            for gap in gaps {
                step += gap;
                thinned.push(step, || step);
                let all = thinned.all();
                prop_assert!(all.len() <= most && all.windows(2).all(|pair| pair[0].0 < pair[1].0));
            }
            let all = thinned.all();
            prop_assert!(all[0].0 <= 500, "the beginning is lost: {:?}", all[0]);
            prop_assert!(step - all[all.len() - 1].0 < thinned.width.max(2));
            // No hole: neighbours lie within two slots, or as far apart as they came.
            prop_assert!(all.windows(2).all(|pair| pair[1].0 - pair[0].0 <= 2 * thinned.width + 500));
        }
    }

    #[test]
    fn a_run_that_is_put_back_forgets_what_came_after() {
        let mut thinned = Thinned::new(8);
        (1..=5).for_each(|step| thinned.push(step, || 'a'));
        thinned.push(3, || 'b');
        assert_eq!(thinned.all(), [(1, 'a'), (2, 'a'), (3, 'b')]);
        assert_eq!(thinned.at(2), Some(&(2, 'a')));
        assert_eq!((thinned.at(0), thinned.at(99)), (None, Some(&(3, 'b'))));
        thinned.rewind(2);
        assert_eq!(thinned.all(), [(1, 'a'), (2, 'a')]);
    }
}
