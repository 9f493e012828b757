//! The judge: a small convolutional classifier of the data's labels, whose last hidden layer gives features.
//!
//! It is trained once, on nine of ten images, and kept by the content of the data; the tenth ones say how good it is.
//! Its features are no Inception's: a distance in them compares runs on the same judge alone, and it says by its digest
//! which one it is.

use rand::Rng as _;
use tch::{Device, Kind, Reduction, Tensor};

use super::cache::{Kept, Numbers};
use super::digest::Digest;
use super::features::{Seen, numbers, pictures};
use super::reals::Content;
use super::{Cache, Error, Reals, Stage, Watch, tell};
use crate::domain::SampleShape;
use crate::domain::seed::{self, Rng, Stream};

/// Images larger than this a side are averaged down to it first.
const MOST_SIDE: usize = 32;
/// Images of an update.
const BATCH: usize = 64;
/// The times that each image is seen, about, and the bounds of the updates that this makes.
const EPOCHS: usize = 12;
const UPDATES: [usize; 2] = [100, 1000];
/// Channels of the two convolutions.
const CHANNELS: [i64; 2] = [16, 32];
/// Every so many images one is held back.
const HELD_BACK: usize = 10;
/// The most of those that are judged.
const MOST_HELD: usize = 5000;
/// The fewest images to learn from.
const FEWEST: usize = 50;
/// Adam's largest learning rate; it falls to 0 along half a cosine.
const RATE: f64 = 2e-3;

/// The judge of some data.
#[derive(Debug)]
pub struct Judge {
    shape: SampleShape,
    classes: usize,
    weights: Vec<Tensor>,
    accuracy: f64,
    digest: String,
    device: Device,
}

impl Judge {
    /// Features of a sample: the width of the last hidden layer.
    pub const DIMS: usize = 64;

    /// The judge of these data: the one that the cache keeps, or a new one, which takes about a minute.
    ///
    /// # Errors
    /// The data are no images, have no labels or too few; the judge names too few right; a sample cannot be read;
    /// cancelled.
    pub fn open(
        accuracy: f64,
        data: &dyn Reals,
        content: &Content,
        cache: &Cache,
        device: Device,
        watch: Watch<'_>,
    ) -> Result<Judge, Error> {
        let refuse = |why: &str| {
            Err(Error::Features(format!(
                "a judge is trained on labelled images, and {why}: use features of another kind"
            )))
        };
        let SampleShape::Image { .. } = data.shape() else { return refuse("the samples are points") };
        let Some(classes) = data.classes() else { return refuse("the data have no labels") };
        if classes < 2 {
            return refuse("all images are of one class");
        }
        if content.indices().len() < FEWEST {
            return refuse(&format!("{} images are too few to learn from", content.indices().len()));
        }
        let name = format!("judge-{}", content.digest());
        let judge = match cache.read(&name).and_then(|kept| Judge::kept(&kept, data.shape(), classes, device)) {
            Some(judge) => judge,
            None => {
                let judge = Judge::trained(data, classes, content, device, watch)?;
                cache.write(&name, &judge.to_keep()?);
                judge
            }
        };
        if judge.accuracy < accuracy {
            return Err(Error::Judge { accuracy: judge.accuracy, wanted: accuracy });
        }
        Ok(judge)
    }

    /// The number of classes that it tells apart.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The identity of it: no other one has the same.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The name of it, for a person.
    pub fn which(&self) -> String {
        format!("judge {}, which names {:.1} % of held-back images right", &self.digest[..8], 100.0 * self.accuracy)
    }

    /// The features and classes of samples.
    pub fn see(&self, samples: &[f32]) -> Result<Seen, Error> {
        let Some(pictures) = pictures(samples, self.shape, self.device) else {
            return Err(Error::Features("a judge judges images; the samples are points".to_owned()));
        };
        let [features, logits] = pass(&self.weights, &pictures);
        Ok(Seen { features: numbers(&features)?, logits: numbers(&logits)? })
    }

    fn with(
        weights: Vec<Tensor>,
        accuracy: f64,
        shape: SampleShape,
        classes: usize,
        device: Device,
    ) -> Result<Judge, Error> {
        let mut digest = Digest::of("judge");
        for tensor in &weights {
            digest.floats(&numbers(tensor)?);
        }
        Ok(Judge { shape, classes, weights, accuracy, digest: digest.finish(), device })
    }

    /// The judge that was kept; none where it is another's.
    fn kept(kept: &Kept, shape: SampleShape, classes: usize, device: Device) -> Option<Judge> {
        let sizes = sizes(shape, classes)?;
        let weight = |(i, size): (usize, &Vec<i64>)| {
            let numbers = kept.single(&i.to_string())?;
            (numbers.len() as i64 == size.iter().product::<i64>())
                .then(|| Tensor::from_slice(numbers).view(size.as_slice()).to_device(device))
        };
        let weights = sizes.iter().enumerate().map(weight).collect::<Option<Vec<_>>>()?;
        Judge::with(weights, kept.text("accuracy")?, shape, classes, device).ok()
    }

    fn to_keep(&self) -> Result<Kept, Error> {
        let mut kept = Kept::default();
        kept.texts.insert("accuracy".to_owned(), self.accuracy.to_string());
        for (i, tensor) in self.weights.iter().enumerate() {
            kept.tensors.push((i.to_string(), Numbers::Single(numbers(tensor)?)));
        }
        Ok(kept)
    }

    /// A judge that learns the labels of all images but those held back, which then say how good it is.
    fn trained(
        data: &dyn Reals,
        classes: usize,
        content: &Content,
        device: Device,
        watch: Watch<'_>,
    ) -> Result<Judge, Error> {
        let shape = data.shape();
        let Some(sizes) = sizes(shape, classes) else {
            return Err(Error::Features("a judge judges images; the samples are points".to_owned()));
        };
        let labelled = |index: &&usize| data.label(**index).is_some();
        let (held, learned): (Vec<usize>, Vec<usize>) =
            content.indices().iter().filter(labelled).partition(|index| *index % HELD_BACK == HELD_BACK - 1);
        if learned.is_empty() || held.is_empty() {
            return Err(Error::Features("there are no labelled images to learn from".to_owned()));
        }
        let mut rng = seed::rng(0, Stream::Judge, 0);
        let mut weights: Vec<Tensor> = sizes.iter().map(|size| initial(size, &mut rng, device)).collect();
        let updates = (EPOCHS * learned.len() / BATCH).clamp(UPDATES[0], UPDATES[1]);
        let mut moments: Vec<[Tensor; 2]> = weights.iter().map(|w| [w.zeros_like(), w.zeros_like()]).collect();
        for update in 0..updates {
            tell(watch, Stage::Judge, update as f64 / updates as f64)?;
            let chosen: Vec<usize> = (0..BATCH).map(|_| learned[rng.gen_range(0..learned.len())]).collect();
            let (pictures, labels) = batch(data, &chosen, device)?;
            let [_, logits] = pass(&weights, &pictures);
            let loss = logits.cross_entropy_loss::<Tensor>(&labels, None, Reduction::Mean, -100, 0.0);
            let gradients = Tensor::f_run_backward(&[loss], &weights, false, false)?;
            let rate = 0.5 * RATE * (1.0 + (std::f64::consts::PI * update as f64 / updates as f64).cos());
            for ((weight, gradient), moments) in weights.iter_mut().zip(&gradients).zip(&mut moments) {
                tch::no_grad(|| descend(weight, gradient, moments, update + 1, rate));
            }
        }
        let held = &held[..held.len().min(MOST_HELD)];
        let mut right = 0;
        for chosen in held.chunks(BATCH) {
            tell(watch, Stage::Judge, 1.0)?;
            let (pictures, labels) = batch(data, chosen, device)?;
            let [_, logits] = tch::no_grad(|| pass(&weights, &pictures));
            right += logits.argmax(1, false).eq_tensor(&labels).sum(Kind::Int64).int64_value(&[]);
        }
        let weights = weights.iter().map(Tensor::detach).collect();
        Judge::with(weights, right as f64 / held.len() as f64, shape, classes, device)
    }
}

/// The sizes of the weights: two convolutions, a hidden layer and the classes, each with its bias.
fn sizes(shape: SampleShape, classes: usize) -> Option<Vec<Vec<i64>>> {
    let SampleShape::Image { width, height, channels, .. } = shape else { return None };
    // Two poolings that halve, rounding up.
    let left = |side: usize| side.min(MOST_SIDE).div_ceil(4) as i64;
    let (dims, classes) = (Judge::DIMS as i64, classes as i64);
    Some(vec![
        vec![CHANNELS[0], channels as i64, 3, 3],
        vec![CHANNELS[0]],
        vec![CHANNELS[1], CHANNELS[0], 3, 3],
        vec![CHANNELS[1]],
        vec![dims, CHANNELS[1] * left(width) * left(height)],
        vec![dims],
        vec![classes, dims],
        vec![classes],
    ])
}

/// The features, \[n, d\], and the logits, \[n, classes\], of pictures.
fn pass(weights: &[Tensor], pictures: &Tensor) -> [Tensor; 2] {
    let side = |axis: usize| pictures.size()[axis].min(MOST_SIDE as i64);
    let mut x = match [side(2), side(3)] {
        size if size == pictures.size()[2..] => pictures.shallow_clone(),
        size => pictures.adaptive_avg_pool2d(size),
    };
    for layer in 0..2 {
        let (weight, bias) = (&weights[2 * layer], &weights[2 * layer + 1]);
        x = x.conv2d(weight, Some(bias), [1, 1], [1, 1], [1, 1], 1).relu();
        x = x.max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], true);
    }
    let features = x.flatten(1, -1).linear(&weights[4], Some(&weights[5])).relu();
    let logits = features.linear(&weights[6], Some(&weights[7]));
    [features, logits]
}

/// Weights to begin with, uniform within √(6 / inputs) (He and others 2015); biases of 0.
fn initial(size: &[i64], rng: &mut Rng, device: Device) -> Tensor {
    let count: i64 = size.iter().product();
    let inputs = if size.len() > 1 { (count / size[0]) as f64 } else { f64::INFINITY };
    let bound = (6.0 / inputs).sqrt() as f32;
    let draw = |_| if bound > 0.0 { rng.gen_range(-bound..=bound) } else { 0.0 };
    let values: Vec<f32> = (0..count).map(draw).collect();
    Tensor::from_slice(&values).view(size).to_device(device).set_requires_grad(true)
}

/// Adam's update number `update`, from 1.
fn descend(weight: &mut Tensor, gradient: &Tensor, [mean, square]: &mut [Tensor; 2], update: usize, rate: f64) {
    let (beta1, beta2) = (0.9f64, 0.999f64);
    let _ = mean.lerp_(gradient, 1.0 - beta1);
    let _ = square.lerp_(&gradient.square(), 1.0 - beta2);
    let update = i32::try_from(update).unwrap_or(i32::MAX);
    let (bias1, bias2) = (1.0 - beta1.powi(update), 1.0 - beta2.powi(update));
    let below = (&*square / bias2).sqrt() + 1e-8;
    let _ = weight.subtract_(&(&*mean * (rate / bias1) / below));
}

/// The images of these numbers, \[n, channels, height, width\], and their classes, \[n\].
fn batch(data: &dyn Reals, chosen: &[usize], device: Device) -> Result<(Tensor, Tensor), Error> {
    let len = data.shape().len();
    let mut samples = vec![0f32; chosen.len() * len];
    for (index, sample) in chosen.iter().zip(samples.chunks_exact_mut(len)) {
        data.read(*index, sample).map_err(Error::Read)?;
    }
    let labels: Vec<i64> = chosen.iter().map(|&index| data.label(index).unwrap_or(0) as i64).collect();
    let pictures = pictures(&samples, data.shape(), device)
        .ok_or_else(|| Error::Features("a judge judges images; the samples are points".to_owned()))?;
    Ok((pictures, Tensor::from_slice(&labels).to_device(device)))
}
