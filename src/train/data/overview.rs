//! The facts about images before anybody trains on them.

use super::images::Images;
use super::pictures::Survey;
use super::watch::{Progress, Watch};
use super::{Error, Kind, Source};
use crate::config::Data;
use crate::domain::SampleShape;

/// The most images that are measured where each must be read from disk.
const MOST_READ: usize = 10_000;

/// The facts about images.
#[derive(Clone, Debug)]
pub struct Overview {
    pub shape: SampleShape,
    /// The number of images to draw from.
    pub count: usize,
    /// Whether they are more than the memory allows, so that they are read as they are needed.
    pub is_streamed: bool,
    /// The name of each class and how many images are of it, where there are labels.
    pub classes: Vec<(String, usize)>,
    /// The survey of the files.
    pub survey: Survey,
    /// The number of images that were measured, evenly over all.
    pub measured: usize,
    /// The mean of each channel, black 0 and white 1.
    pub mean: Vec<f64>,
    /// The standard deviation of each channel over all pixels, in the same scale.
    pub deviation: Vec<f64>,
    /// Samples, evenly over all images, one after the other.
    pub samples: Vec<f32>,
}

/// Looks through the images of `data`, of which `samples` are to be shown; none where the kind of data is no images.
///
/// # Errors
/// Those of [`Source::open_watched`]; an image cannot be read.
pub fn overview(data: &Data, samples: usize, watch: Watch<'_>) -> Result<Option<Overview>, Error> {
    if data.images().is_none() {
        return Ok(None);
    }
    match Source::open_watched(data, watch)?.0 {
        Kind::Mixture(_) | Kind::Curve(_) => Ok(None),
        Kind::Images(images) => look(&images, samples, watch).map(Some),
    }
}

fn look(images: &Images, samples: usize, watch: Watch<'_>) -> Result<Overview, Error> {
    let SampleShape::Image { channels, .. } = images.shape else { return Err(Error::Stopped) };
    let len = images.shape.len();
    let mut bytes = vec![0; len];
    // The counts of each value in each channel say all.
    let mut counts = vec![[0u64; 256]; channels];
    let measured = if images.is_streamed() { images.count.min(MOST_READ) } else { images.count };
    for i in spread(measured, images.count) {
        if watch(Progress { done: i, total: images.count }).is_break() {
            return Err(Error::Interrupted);
        }
        images.read(i, &mut bytes)?;
        for pixel in bytes.chunks_exact(channels) {
            pixel.iter().zip(&mut counts).for_each(|(&byte, counts)| counts[usize::from(byte)] += 1);
        }
    }
    let (mean, deviation) = counts.iter().map(moments).unzip();
    let shown = samples.min(images.count);
    let mut samples = vec![0.0; shown * len];
    for (i, sample) in spread(shown, images.count).zip(samples.chunks_exact_mut(len)) {
        images.read(i, &mut bytes)?;
        images.convert(&bytes, false, sample);
    }
    Ok(Overview {
        shape: images.shape,
        count: images.count,
        is_streamed: images.is_streamed(),
        classes: classes(images),
        survey: images.survey.clone(),
        measured,
        mean,
        deviation,
        samples,
    })
}

/// Numbers below `count`, evenly over all.
fn spread(n: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..n).map(move |i| (i as u128 * count as u128 / n as u128) as usize)
}

/// The mean and the standard deviation of values of which these are the counts, the last value being 1.
fn moments(counts: &[u64; 256]) -> (f64, f64) {
    let all = counts.iter().sum::<u64>() as f64;
    let mean_of = |of: &dyn Fn(f64) -> f64| {
        counts.iter().zip(0..=u8::MAX).map(|(&count, byte)| count as f64 * of(f64::from(byte) / 255.0)).sum::<f64>()
            / all
    };
    let mean = mean_of(&|value| value);
    (mean, mean_of(&|value| (value - mean).powi(2)).sqrt())
}

fn classes(images: &Images) -> Vec<(String, usize)> {
    let Some(labels) = &images.labels else { return Vec::new() };
    let mut counts = vec![0; images.classes().unwrap_or(0)];
    labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
    let name = |label: usize| images.survey.classes.get(label).cloned().unwrap_or_else(|| label.to_string());
    counts.into_iter().enumerate().map(|(label, count)| (name(label), count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ImageData;
    use crate::train::data::images::{Pixels, shape};

    #[test]
    fn a_look_counts_and_measures() {
        let data = ImageData::of("x");
        let images = Images {
            shape: shape(&data, 1, 2, 1),
            count: 4,
            pixels: Pixels::Memory(vec![0, 255, 0, 255, 0, 255, 255, 255]),
            labels: Some(vec![0, 2, 2, 0]),
            flip: true,
            survey: Survey { classes: vec!["a".into(), "b".into(), "c".into(), "d".into()], ..Survey::default() },
        };
        let seen = look(&images, 2, &mut crate::train::data::unwatched).expect("images in memory");
        assert_eq!((seen.mean, seen.measured), (vec![0.625], 4));
        assert!((seen.deviation[0] - (0.625f64 * 0.375).sqrt()).abs() < 1e-12);
        assert_eq!(seen.samples, [-1.0, 1.0, -1.0, 1.0]);
        let counts: Vec<usize> = seen.classes.iter().map(|class| class.1).collect();
        assert_eq!((counts, seen.classes[2].0.as_str()), (vec![2, 0, 2, 0], "c"));
    }
}
