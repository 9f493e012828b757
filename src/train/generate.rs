//! Samples from a checkpoint's generator, without a run.

use tch::{Device, Tensor, no_grad};

use super::model::{self, Network};
use super::snapshot::to_host;
use crate::domain::seed::{self, Stream};
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
    checkpoint.check_size()?;
    let (config, shape) = (&checkpoint.info.config.generator, checkpoint.info.shape);
    let mut rng = seed::rng(checkpoint.info.config.seed, Stream::Weights, 0);
    let generator = Network::generator(config, shape, &mut rng, Device::Cpu);
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
    let latent = config.latent_dims(shape);
    let mut rng = seed::rng(seed, Stream::Export, checkpoint.info.step);
    let mut samples = Vec::new();
    for rows in batches(n, config.architecture.is_convolutional()) {
        let mut noise = vec![0f32; rows * latent];
        model::fill_noise(model::prior(config), &mut rng, &mut noise);
        let input = Tensor::from_slice(&noise).view([rows as i64, -1]);
        samples.extend(to_host(&no_grad(|| generator.forward(&input))));
    }
    Ok(samples)
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
