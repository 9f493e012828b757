//! Samples from a checkpoint's generator, without a run.

use tch::{Device, Tensor, no_grad};

use super::model::{self, Network, Still};
use super::snapshot::to_host;
use crate::config::{self, Config, Prior};
use crate::domain::SampleShape;
use crate::domain::seed::{self, Rng, Stream};
use crate::evaluate::Generate;
use crate::link::checkpoint::{AVERAGED, Checkpoint, Error};

/// Samples that are generated at once.
const BATCH: usize = 4096;
/// The same of convolutions, whose pictures inside take more room.
const BATCH_OF_PICTURES: usize = 256;

/// The generator of a checkpoint, on the CPU.
#[derive(Debug)]
pub struct Maker {
    generator: Still,
    prior: Prior,
    latent: usize,
    /// Whether its layers are convolutions.
    convolutional: bool,
    /// Steps completed.
    step: u64,
}

impl Maker {
    /// The generator of a checkpoint: its average where the run keeps one, unless the weights themselves are asked for,
    /// `raw`.
    ///
    /// # Errors
    ///
    /// The checkpoint's generator is not the one that its config describes.
    pub fn new(checkpoint: &Checkpoint, raw: bool) -> Result<Maker, Error> {
        let (config, shape) = (&checkpoint.info.config.generator, checkpoint.info.shape);
        let generator = generator_of(checkpoint, raw, Device::Cpu)?;
        Ok(Maker {
            generator: still(generator, config, checkpoint.info.config.seed, shape, Device::Cpu),
            prior: model::prior(config),
            latent: config.latent_dims(shape),
            convolutional: config.architecture.is_convolutional(),
            step: checkpoint.info.step,
        })
    }

    /// Latent noise for `n` samples, row-major, drawn from `seed`. Where there is a `limit`, numbers beyond it on
    /// either side are drawn again (the truncation trick: Brock, Donahue and Simonyan 2018, arXiv:1809.11096).
    pub fn noise(&self, seed: u64, n: usize, limit: Option<f32>) -> Vec<f32> {
        let mut rng = seed::rng(seed, Stream::Export, self.step);
        let mut noise = vec![0f32; n * self.latent];
        for rows in batches(n, self.convolutional).into_iter().scan(0, |first, rows| {
            *first += rows;
            Some(*first - rows..*first)
        }) {
            model::fill_noise(self.prior, &mut rng, &mut noise[rows.start * self.latent..rows.end * self.latent]);
        }
        if let Some(limit) = limit {
            noise.iter_mut().for_each(|number| self.redraw(number, limit, &mut rng));
        }
        noise
    }

    /// The noise of the recorded snapshots of a run with this seed, for `n` samples: the same at every step.
    pub fn fixed_noise(&self, seed: u64, n: usize) -> Vec<f32> {
        let mut noise = vec![0f32; n * self.latent];
        model::fill_noise(self.prior, &mut seed::rng(seed, Stream::FixedNoise, 0), &mut noise);
        noise
    }

    /// Draws a number again until it is within the limit, which is no less than a hundredth.
    fn redraw(&self, number: &mut f32, limit: f32, rng: &mut Rng) {
        while number.abs() > limit.max(0.01) {
            model::fill_noise(self.prior, rng, std::slice::from_mut(number));
        }
    }

    /// The path between two rows of noise in so many steps, both ends among them, row-major: along the arc between them
    /// where the noise is normal, whose numbers lie about a sphere (Shoemake 1985; White 2016, arXiv:1609.04468), along
    /// the line where it is uniform.
    pub fn path(&self, from: &[f32], to: &[f32], steps: usize) -> Vec<f32> {
        let last = steps.saturating_sub(1).max(1) as f64;
        (0..steps).flat_map(|step| self.between(from, to, step as f64 / last)).collect()
    }

    fn between(&self, from: &[f32], to: &[f32], share: f64) -> Vec<f32> {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
        let angle = (dot(from, to) / (dot(from, from) * dot(to, to)).sqrt()).clamp(-1.0, 1.0).acos();
        // Of ends in one line no arc is the shortest.
        let arc = self.prior == Prior::Normal && angle.sin() > 1e-4;
        let (first, second) = match arc {
            true => (((1.0 - share) * angle).sin() / angle.sin(), (share * angle).sin() / angle.sin()),
            false => (1.0 - share, share),
        };
        from.iter().zip(to).map(|(&a, &b)| (first * f64::from(a) + second * f64::from(b)) as f32).collect()
    }

    /// Numbers of a row of noise.
    pub fn latent(&self) -> usize {
        self.latent
    }

    /// The samples that the generator makes of rows of noise, row-major.
    pub fn samples(&self, noise: &[f32]) -> Vec<f32> {
        let n = noise.len() / self.latent.max(1);
        let (mut samples, mut rest) = (Vec::new(), noise);
        for rows in batches(n, self.convolutional) {
            let (own, others) = rest.split_at(rows * self.latent);
            rest = others;
            let input = Tensor::from_slice(own).view([rows as i64, -1]);
            samples.extend(to_host(&no_grad(|| self.generator.forward(&input))));
        }
        samples
    }
}

/// A generator that makes a number of samples, batch by batch, from noise of its own.
#[derive(Debug)]
pub struct Sampler {
    generator: Still,
    prior: Prior,
    latent: usize,
    rng: Rng,
    device: Device,
    /// The sizes of the batches that are still to be made, the next one last.
    left: Vec<usize>,
}

impl Sampler {
    /// `n` samples of the checkpoint's generator, as [`Maker::new`] says, made on `device`.
    ///
    /// # Errors
    /// The checkpoint's generator is not the one that its config describes.
    pub fn of_checkpoint(
        checkpoint: &Checkpoint,
        n: usize,
        rng: Rng,
        raw: bool,
        device: Device,
    ) -> Result<Sampler, Error> {
        let generator = generator_of(checkpoint, raw, device)?;
        let info = &checkpoint.info;
        Ok(Sampler::of(generator, &info.config, info.shape, n, rng, device))
    }

    /// `n` samples of a generator of a run with this config, which nobody else changes.
    pub(super) fn of(
        generator: Network,
        config: &Config,
        shape: SampleShape,
        n: usize,
        rng: Rng,
        device: Device,
    ) -> Sampler {
        let (seed, config) = (config.seed, &config.generator);
        let generator = still(generator, config, seed, shape, device);
        let mut left = batches(n, config.architecture.is_convolutional());
        left.reverse();
        let (prior, latent) = (model::prior(config), config.latent_dims(shape));
        Sampler { generator, prior, latent, rng, device, left }
    }

    /// The next batch of samples, row-major; none when all have been made.
    pub fn batch(&mut self) -> Option<Vec<f32>> {
        let rows = self.left.pop()?;
        let mut noise = vec![0f32; rows * self.latent];
        model::fill_noise(self.prior, &mut self.rng, &mut noise);
        let input = Tensor::from_slice(&noise).view([rows as i64, -1]).to_device(self.device);
        Some(to_host(&no_grad(|| self.generator.forward(&input))))
    }
}

impl Generate for Sampler {
    fn next(&mut self) -> Option<Vec<f32>> {
        self.batch()
    }
}

/// The generator of a checkpoint on `device`: its average where the run keeps one, unless the weights themselves are
/// asked for, `raw`.
///
/// # Errors
///
/// The checkpoint's generator is not the one that its config describes.
fn generator_of(checkpoint: &Checkpoint, raw: bool, device: Device) -> Result<Network, Error> {
    checkpoint.check_size()?;
    let (config, shape) = (&checkpoint.info.config.generator, checkpoint.info.shape);
    let mut rng = seed::rng(checkpoint.info.config.seed, Stream::Weights, 0);
    let generator = Network::generator(config, shape, &mut rng, device);
    let generator = generator.map_err(|misfit| Error::Differs(misfit.to_string()))?;
    let weights = if config.ema.is_some() && !raw { AVERAGED } else { "generator" };
    for (name, mut tensor) in generator.named() {
        let (name, size) = (format!("{weights}.{name}"), tensor.size());
        let saved = checkpoint.tensor(&name).ok_or_else(|| Error::Differs(format!("{name} is missing")))?;
        if !saved.shape.iter().map(|&side| side as i64).eq(size.iter().copied()) {
            return Err(Error::Differs(format!("{name} is {:?}, not {size:?}", saved.shape)));
        }
        no_grad(|| tensor.copy_(&Tensor::from_slice(&saved.values).reshape(size)));
    }
    Ok(generator)
}

/// The generator as a function of the noise of one sample, on `device`: where it normalises batches, by the means and
/// variances of one large batch, which is always the same in a run with this seed. So a sample does not depend on how many
/// are asked for.
fn still(generator: Network, config: &config::Generator, seed: u64, shape: SampleShape, device: Device) -> Still {
    // Without batch normalisation nothing passes.
    let rows = match (generator.normalises_batches(), config.architecture.is_convolutional()) {
        (false, _) => 0,
        (true, false) => BATCH,
        (true, true) => BATCH_OF_PICTURES,
    };
    let mut noise = vec![0f32; rows * config.latent_dims(shape)];
    model::fill_noise(model::prior(config), &mut seed::rng(seed, Stream::Export, u64::MAX), &mut noise);
    let batch = Tensor::from_slice(&noise).view([rows as i64, config.latent_dims(shape) as i64]).to_device(device);
    generator.still(&batch)
}

/// The numbers of samples that are generated at once until there are `n`. Of pictures they are as equal as can be.
fn batches(n: usize, pictures: bool) -> Vec<usize> {
    if pictures {
        let count = n.div_ceil(BATCH_OF_PICTURES);
        (0..count).map(|i| n / count + usize::from(i < n % count)).collect()
    } else {
        (0..n).step_by(BATCH).map(|first| BATCH.min(n - first)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_all_samples() {
        for n in [0, 1, 255, 256, 257, 2500, 5000] {
            for pictures in [false, true] {
                let batches = batches(n, pictures);
                assert_eq!(batches.iter().sum::<usize>(), n);
                let (most, least) = (batches.iter().max(), batches.iter().min());
                assert!(!pictures || most.zip(least).is_none_or(|(most, least)| *most <= 256 && most - least <= 1));
            }
        }
    }

    fn maker(prior: &str) -> Maker {
        let set = format!("generator={{prior=\"{prior}\", hidden=[2], latent=3}}");
        let config = crate::config::load(Some("ring"), &[set]).expect("a config");
        let shape = crate::domain::SampleShape::Point { dims: 2 };
        let mut rng = seed::rng(1, Stream::Weights, 0);
        let generator = Network::generator(&config.generator, shape, &mut rng, Device::Cpu).expect("a generator");
        let generator = still(generator, &config.generator, 1, shape, Device::Cpu);
        Maker { generator, prior: config.generator.prior, latent: 3, convolutional: false, step: 0 }
    }

    #[test]
    fn what_is_evaluated_is_what_is_exported_however_many_there_are() {
        let sets = ["generator={hidden=[4], latent=3, norm='batch'}".to_owned()];
        let config = crate::config::load(Some("ring"), &sets).expect("a config");
        let shape = SampleShape::Point { dims: 2 };
        let mut weights = seed::rng(1, Stream::Weights, 0);
        let generator = Network::generator(&config.generator, shape, &mut weights, Device::Cpu).expect("a generator");
        let made = still(generator.twin(), &config.generator, config.seed, shape, Device::Cpu);
        let maker = Maker { generator: made, prior: Prior::Normal, latent: 3, convolutional: false, step: 0 };
        let exported = maker.samples(&maker.noise(5, 9000, None));
        for n in [1, 7, 5000] {
            let rng = seed::rng(5, Stream::Export, 0);
            let mut sampler = Sampler::of(generator.twin(), &config, shape, n, rng, Device::Cpu);
            let sampled: Vec<f32> = std::iter::from_fn(|| sampler.batch()).flatten().collect();
            assert_eq!(sampled.len(), 2 * n);
            let near = sampled.iter().zip(&exported).all(|(a, b)| (a - b).abs() < 1e-5);
            assert!(near, "{n}");
        }
    }

    #[test]
    fn noise_is_within_its_limit_and_otherwise_as_without_one() {
        for prior in ["normal", "uniform"] {
            let maker = maker(prior);
            let (all, within) = (maker.noise(5, 400, None), maker.noise(5, 400, Some(0.5)));
            assert!(within.iter().all(|number| number.abs() <= 0.5) && all.iter().any(|number| number.abs() > 0.5));
            assert!(all.iter().zip(&within).all(|(all, within)| all.abs() > 0.5 || all == within));
        }
    }

    #[test]
    fn a_path_goes_from_one_end_to_the_other_on_a_sphere_or_a_line() {
        let (from, to) = ([3.0f32, 0.0, 0.0], [0.0f32, 3.0, 0.0]);
        let path = maker("normal").path(&from, &to, 5);
        assert_eq!((path.len(), &path[..3]), (15, &from[..]));
        for row in path.chunks(3) {
            assert!((row.iter().map(|x| x * x).sum::<f32>().sqrt() - 3.0).abs() < 1e-5, "{row:?}");
        }
        // A quarter of a right angle.
        let angle = std::f32::consts::FRAC_PI_8;
        assert!((path[3] - 3.0 * angle.cos()).abs() < 1e-5 && (path[4] - 3.0 * angle.sin()).abs() < 1e-5);
        assert!(path[12..].iter().zip(&to).all(|(path, to)| (path - to).abs() < 1e-6));
        assert_eq!(maker("uniform").path(&from, &to, 3)[3..6], [1.5, 1.5, 0.0]);
        // Ends on one line, and no length at all.
        assert_eq!(maker("normal").path(&from, &[-3.0, 0.0, 0.0], 3)[3..6], [0.0; 3]);
        assert_eq!(maker("normal").path(&[0.0; 3], &to, 2), [0.0, 0.0, 0.0, 0.0, 3.0, 0.0]);
    }
}
