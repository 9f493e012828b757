//! Random state by derivation: every stream of random numbers is a function of (run seed, stream, step).
//!
//! libtorch's generator is one for the whole process and its state cannot be read back, so it is not used, and nothing
//! carries random state from one step to the next: a step seeds itself. Resume and replay follow from that, and a
//! snapshot cannot disturb training.

use rand_xoshiro::rand_core::SeedableRng;

/// The generator of random numbers on the host: small, fast, the same on every machine.
pub type Rng = rand_xoshiro::Xoshiro256PlusPlus;

/// The purpose of a stream of random numbers. Streams of one run never overlap in their seeds by construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Initial weights of both networks.
    Weights = 1,
    /// Latent noise of one step.
    Noise = 2,
    /// Real samples of one step.
    Data = 3,
    /// Everything a snapshot draws.
    Snapshot = 4,
    /// Subsamples and projections of distances.
    Distance = 5,
    /// The points between real and generated samples at which a step's gradient penalty looks.
    Penalty = 6,
    /// The vectors that the spectral norm's power iteration starts from.
    Spectral = 7,
    /// Samples generated for a file.
    Export = 8,
    /// Noise of the samples that an evaluation generates, and real samples that it draws.
    Evaluate = 9,
    /// The weights and the batches of the judge, the same for every run.
    Judge = 10,
    /// Random projections of samples and the order of real ones, the same for every run.
    Projection = 11,
    /// The noise of snapshots whose samples are always of the same one.
    FixedNoise = 12,
    /// Weights of a critic that begins anew at a step.
    Critic = 13,
}

/// The seed of `stream` at `step` of the run seeded with `seed`.
pub fn derive(seed: u64, stream: Stream, step: u64) -> u64 {
    let mut state = mix(seed ^ 0x6761_6e74_6f70_0001);
    state = mix(state ^ (stream as u64));
    mix(state ^ step)
}

/// A host generator for `stream` at `step` of the run seeded with `seed`.
pub fn rng(seed: u64, stream: Stream, step: u64) -> Rng {
    Rng::seed_from_u64(derive(seed, stream, step))
}

/// The output function of SplitMix64 (Steele, Lea, Flood 2014) after one increment of its state.
fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mix_is_splitmix64() {
        // SplitMix64 seeded with 1: the first output as a fraction of 2^64 (53 bits).
        let first = (mix(1) >> 11) as f64 * 2f64.powi(-53);
        assert_eq!(first, 0.5665615751722809);
    }

    #[test]
    fn streams_and_steps_differ() {
        let mut seen = std::collections::HashSet::new();
        for stream in [
            Stream::Weights,
            Stream::Noise,
            Stream::Data,
            Stream::Snapshot,
            Stream::Distance,
            Stream::Penalty,
            Stream::Spectral,
            Stream::Export,
            Stream::Evaluate,
            Stream::Judge,
            Stream::Projection,
            Stream::Critic,
        ] {
            for step in 0..1000 {
                assert!(seen.insert(derive(7, stream, step)));
            }
        }
    }
}
