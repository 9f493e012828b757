//! The past of the snapshots: samples to browse and histograms to follow, from the whole run, in bounded memory.

use std::sync::Arc;

use crate::domain::SampleShape;
use crate::history::Thinned;
use crate::link::{PairedHistogram, Snapshot};

/// Bytes of samples that are kept, about.
const BYTES: usize = 16 << 20;
/// The most and the fewest snapshots whose samples are kept.
const SNAPSHOTS: (usize, usize) = (64, 8);
/// The most images of a snapshot that are kept.
const IMAGES: usize = 64;
/// Snapshots whose histograms are kept.
const ROWS: usize = 256;
/// Histograms of a snapshot that are kept: the critic's and the first coordinates'.
const HISTOGRAMS: usize = 4;

/// Snapshots of the whole run, thinned evenly.
#[derive(Clone, Debug)]
pub struct Past {
    samples: Thinned<Arc<Snapshot>>,
    histograms: Thinned<Arc<[PairedHistogram]>>,
}

impl Default for Past {
    fn default() -> Past {
        Past { samples: Thinned::new(SNAPSHOTS.0), histograms: Thinned::new(ROWS) }
    }
}

impl Past {
    /// Takes in the latest snapshot.
    pub fn push(&mut self, snapshot: &Arc<Snapshot>) {
        let kept = bytes(snapshot, kept_images(snapshot));
        self.samples.limit((BYTES / kept.max(1)).clamp(SNAPSHOTS.1, SNAPSHOTS.0));
        self.samples.push(snapshot.step, || Arc::new(trimmed(snapshot)));
        let all = || std::iter::once(&snapshot.critic).chain(&snapshot.values).take(HISTOGRAMS).cloned().collect();
        self.histograms.push(snapshot.step, all);
    }

    /// Forgets every snapshot after `step`.
    pub fn rewind(&mut self, step: u64) {
        self.samples.rewind(step);
        self.histograms.rewind(step);
    }

    /// Snapshots with their samples, in order; without the critic's field, and of images without the real ones.
    pub fn samples(&self) -> &[(u64, Arc<Snapshot>)] {
        self.samples.all()
    }

    /// The samples of the last kept snapshot up to a step.
    pub fn samples_at(&self, step: u64) -> Option<&Arc<Snapshot>> {
        Some(&self.samples.at(step)?.1)
    }

    /// The histogram with this place among a snapshot's, the critic's being the first, as it was last known at a step.
    pub fn histogram_at(&self, place: usize, step: u64) -> Option<&PairedHistogram> {
        self.histograms.at(step)?.1.get(place)
    }

    /// The last step of which histograms are known.
    pub fn last(&self) -> Option<u64> {
        Some(self.histograms.all().last()?.0)
    }
}

/// The number of images of a snapshot that are kept.
fn kept_images(snapshot: &Snapshot) -> usize {
    let kinds = 1 + usize::from(snapshot.has_average());
    (BYTES / SNAPSHOTS.1 / (4 * kinds * snapshot.shape.len().max(1))).clamp(1, IMAGES)
}

/// Bytes of what is kept of a snapshot.
fn bytes(snapshot: &Snapshot, images: usize) -> usize {
    4 * match snapshot.shape {
        SampleShape::Point { .. } => snapshot.real.len() + snapshot.fake.len() + snapshot.averaged.len(),
        SampleShape::Image { .. } => {
            let most = images * snapshot.shape.len();
            snapshot.fake.len().min(most) + snapshot.averaged.len().min(most)
        }
    }
}

fn trimmed(snapshot: &Snapshot) -> Snapshot {
    let (real, most) = match snapshot.shape {
        SampleShape::Point { .. } => (snapshot.real.clone(), usize::MAX),
        SampleShape::Image { .. } => (Vec::new(), kept_images(snapshot) * snapshot.shape.len()),
    };
    let kept = |samples: &[f32]| samples.iter().take(most).copied().collect();
    let (fake, averaged) = (kept(&snapshot.fake), kept(&snapshot.averaged));
    let (critic, values) = (snapshot.critic.clone(), snapshot.values.clone());
    Snapshot { critic, values, real, fake, averaged, ..Snapshot::empty(snapshot.step, snapshot.shape) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(shape: SampleShape, samples: usize) -> (usize, usize) {
        let mut past = Past::default();
        for step in 1..500 {
            let values = vec![0.5; samples * shape.len()];
            let (real, averaged) = (values.clone(), values.clone());
            past.push(&Arc::new(Snapshot { real, fake: values, averaged, ..Snapshot::empty(step, shape) }));
        }
        let bytes: usize =
            past.samples().iter().map(|(_, kept)| 4 * (kept.real.len() + kept.fake.len() + kept.averaged.len())).sum();
        (past.samples().len(), bytes)
    }

    #[test]
    fn memory_is_bounded_whatever_the_samples() {
        for (shape, samples) in [
            (SampleShape::Point { dims: 2 }, 1000),
            (SampleShape::Point { dims: 100 }, 1000),
            (SampleShape::Image { width: 28, height: 28, channels: 1, range: Default::default() }, 256),
            (SampleShape::Image { width: 256, height: 256, channels: 3, range: Default::default() }, 4),
        ] {
            let (snapshots, bytes) = held(shape, samples);
            assert!(bytes <= BYTES && snapshots >= 4, "{shape:?}: {snapshots} snapshots, {bytes} bytes");
        }
    }

    #[test]
    fn earlier_snapshots_are_found_by_step() {
        let mut past = Past::default();
        let shape = SampleShape::Point { dims: 1 };
        for step in 0..100 {
            past.push(&Arc::new(Snapshot { fake: vec![step as f32], ..Snapshot::empty(step * 10, shape) }));
        }
        assert_eq!(past.samples_at(5).unwrap().fake, [0.0]);
        assert!(past.samples_at(500).unwrap().step.abs_diff(500) <= 30);
        assert_eq!(past.last(), Some(990));
    }
}
