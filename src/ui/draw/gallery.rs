//! The images of a panel: which ones, in what order, and one of them alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::link::Snapshot;

/// The images of a snapshot that a panel shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Generated ones, of the generator's average where there is one.
    Generated,
    /// Generated ones of the weights themselves.
    Raw,
    /// Real ones, as they were drawn.
    Real,
    /// Real ones, a row for each class.
    Classes,
}

/// The images of a panel.
#[derive(Clone, Debug)]
pub struct Gallery {
    pub snapshot: Arc<Snapshot>,
    pub part: Part,
    /// The place of the only one that is shown, where it is only one.
    pub alone: Option<usize>,
    /// Classes that are scrolled out of sight.
    pub skipped: usize,
}

impl PartialEq for Gallery {
    /// Whether the same images are shown in the same order: another snapshot may have the same.
    fn eq(&self, other: &Gallery) -> bool {
        let chosen = |gallery: &Gallery| (gallery.part, gallery.alone, gallery.skipped, gallery.snapshot.shape);
        let alike = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits();
        let samples = (self.samples(), other.samples());
        let same = || {
            samples.0.len() == samples.1.len()
                && samples.0.iter().zip(samples.1).all(alike)
                && self.snapshot.labels == other.snapshot.labels
        };
        chosen(self) == chosen(other) && (Arc::ptr_eq(&self.snapshot, &other.snapshot) || same())
    }
}

impl Gallery {
    /// Every image of a part.
    pub fn of(snapshot: Arc<Snapshot>, part: Part) -> Gallery {
        Gallery { snapshot, part, alone: None, skipped: 0 }
    }

    /// The samples that its images are among.
    fn samples(&self) -> &[f32] {
        match self.part {
            Part::Generated => self.snapshot.generated(false),
            Part::Raw => self.snapshot.generated(true),
            Part::Real | Part::Classes => &self.snapshot.real,
        }
    }

    /// The number of images.
    pub fn count(&self) -> usize {
        self.samples().len() / self.snapshot.shape.len().max(1)
    }

    /// The images for a grid, row by row; none where a place stays empty.
    pub fn images(&self, columns: usize, rows: usize) -> Vec<Option<&[f32]>> {
        let len = self.snapshot.shape.len().max(1);
        let all = || self.samples().chunks_exact(len);
        if let Some(place) = self.alone {
            return vec![all().nth(place.min(self.count().saturating_sub(1)))];
        }
        if self.part != Part::Classes {
            return all().take(columns * rows).map(Some).collect();
        }
        let row = |class: &(u16, Vec<usize>)| -> Vec<Option<&[f32]>> {
            (0..columns).map(|column| all().nth(*class.1.get(column)?)).collect()
        };
        self.classes().iter().skip(self.skipped).take(rows).flat_map(row).collect()
    }

    /// The classes that real images are of, in the order of their numbers, with the places of their images.
    pub fn classes(&self) -> Vec<(u16, Vec<usize>)> {
        let mut classes = BTreeMap::<u16, Vec<usize>>::new();
        for (place, label) in self.snapshot.labels.iter().take(self.count()).enumerate() {
            classes.entry(*label).or_default().push(place);
        }
        classes.into_iter().collect()
    }

    /// Whether each row is of one class, and has its name beside it.
    pub fn is_by_class(&self) -> bool {
        self.part == Part::Classes && self.alone.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SampleShape;

    fn gallery(part: Part) -> Gallery {
        let shape = SampleShape::Image { width: 1, height: 1, channels: 1, range: Default::default() };
        let (real, labels) = (vec![0.0, 0.1, 0.2, 0.3, 0.4], vec![7, 2, 7, 9, 7]);
        let (fake, averaged) = (vec![1.0, 2.0], vec![-1.0, -2.0]);
        Gallery::of(Arc::new(Snapshot { real, fake, averaged, labels, ..Snapshot::empty(0, shape) }), part)
    }

    fn shown(gallery: &Gallery, columns: usize, rows: usize) -> Vec<Option<f32>> {
        gallery.images(columns, rows).into_iter().map(|image| image.map(|image| image[0])).collect()
    }

    #[test]
    fn a_grid_is_filled_row_by_row_or_class_by_class() {
        assert_eq!(shown(&gallery(Part::Raw), 2, 2), [Some(1.0), Some(2.0)]);
        assert_eq!(shown(&gallery(Part::Generated), 1, 1), [Some(-1.0)]);
        assert_eq!(shown(&gallery(Part::Real), 2, 1), [Some(0.0), Some(0.1)]);
        let classes = gallery(Part::Classes);
        assert_eq!(shown(&classes, 2, 2), [Some(0.1), None, Some(0.0), Some(0.2)]);
        let below = Gallery { skipped: 1, ..classes };
        assert_eq!(shown(&below, 2, 9), [Some(0.0), Some(0.2), Some(0.3), None]);
    }

    #[test]
    fn one_alone_is_the_last_where_there_are_fewer() {
        for (place, shown_one) in [(0, 1.0), (1, 2.0), (99, 2.0)] {
            assert_eq!(shown(&Gallery { alone: Some(place), ..gallery(Part::Raw) }, 4, 4), [Some(shown_one)]);
        }
        let none = Gallery { alone: Some(3), ..gallery(Part::Raw) };
        let empty = Snapshot::empty(0, none.snapshot.shape);
        assert_eq!(shown(&Gallery { snapshot: Arc::new(empty), ..none }, 1, 1), [None]);
    }

    #[test]
    fn the_same_images_of_another_snapshot_are_the_same() {
        let (one, two) = (gallery(Part::Real), gallery(Part::Real));
        assert_eq!(one, two);
        let other = Snapshot { real: vec![9.0; 5], ..(*two.snapshot).clone() };
        assert_ne!(one, Gallery { snapshot: Arc::new(other), ..two });
        assert_ne!(one, Gallery { alone: Some(0), ..one.clone() });
    }
}
