//! Samples from a checkpoint's generator, without a run.

use tch::{Device, Tensor, no_grad};

use super::model::{self, Network};
use super::snapshot::to_host;
use crate::config::{self, Prior};
use crate::domain::SampleShape;
use crate::domain::seed::{self, Rng, Stream};
use crate::evaluate::Generate;
use crate::link::checkpoint::{AVERAGED, Checkpoint, Error};

/// Samples that are generated at once.
const BATCH: usize = 4096;
/// The same of convolutions, whose pictures inside take more room.
const BATCH_OF_PICTURES: usize = 256;

/// `n` samples, row-major, from the checkpoint's generator, the noise drawn from `seed`; on the CPU. They are of its average
/// where the run keeps one, unless the weights themselves are asked for, `raw`.
///
/// # Errors
///
/// The checkpoint's generator is not the one that its config describes.
pub fn generate(checkpoint: &Checkpoint, seed: u64, n: usize, raw: bool) -> Result<Vec<f32>, Error> {
    let rng = seed::rng(seed, Stream::Export, checkpoint.info.step);
    let mut sampler = Sampler::of_checkpoint(checkpoint, n, rng, raw, Device::Cpu)?;
    let mut samples = Vec::new();
    while let Some(batch) = sampler.batch() {
        samples.extend(batch);
    }
    Ok(samples)
}

/// A generator that makes a number of samples, batch by batch, from noise of its own.
#[derive(Debug)]
pub struct Sampler {
    generator: Network,
    prior: Prior,
    latent: usize,
    rng: Rng,
    device: Device,
    /// The sizes of the batches that are still to be made, the next one last.
    left: Vec<usize>,
}

impl Sampler {
    /// `n` samples of the checkpoint's generator, as [`generate`] says, made on `device`.
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
        checkpoint.check_size()?;
        let (config, shape) = (&checkpoint.info.config.generator, checkpoint.info.shape);
        let mut weights_rng = seed::rng(checkpoint.info.config.seed, Stream::Weights, 0);
        let generator = Network::generator(config, shape, &mut weights_rng, device);
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
        Ok(Sampler::of(generator, config, shape, n, rng, device))
    }

    /// `n` samples of a generator that `config` describes, which nobody else changes.
    pub(super) fn of(
        generator: Network,
        config: &config::Generator,
        shape: SampleShape,
        n: usize,
        rng: Rng,
        device: Device,
    ) -> Sampler {
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

/// The numbers of samples that are generated at once until there are `n`. Of pictures they are as equal as can be: a last
/// one alone would be normalised by itself.
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
}
