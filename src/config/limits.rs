//! The largest values a config may hold: far above what is useful, far below what breaks the program.

use std::ops::RangeInclusive;

/// The largest whole number: what TOML can hold.
pub const MAX_WHOLE: u64 = i64::MAX as u64;
/// The most samples of each kind in one update.
pub const MAX_BATCH_SIZE: usize = 1 << 20;
/// The most threads.
pub const MAX_THREADS: usize = 1024;
/// The most Gaussians of a ring, along one side of a grid, or in a mixture.
pub const MAX_MODES: usize = 1024;
/// Pixels across and down of an image that others are scaled to.
pub const MAX_IMAGE_SIZE: usize = 4096;
/// The largest latent space and the widest hidden layer.
pub const MAX_WIDTH: usize = 1 << 16;
/// The most channels of the largest picture inside a convolutional network.
pub const MAX_BASE: usize = 4096;
/// The most channels of a picture inside a residual network.
pub const MAX_CHANNELS: usize = 1 << 15;
/// The most residual blocks.
pub const MAX_BLOCKS: usize = 16;
/// The most hidden layers.
pub const MAX_LAYERS: usize = 64;
/// The most linear functions in a maxout unit.
pub const MAX_PIECES: usize = 64;
/// The most samples that a critic judges together.
pub const MAX_PACK: usize = 64;
/// The most critic updates in one step.
pub const MAX_CRITIC_STEPS: u64 = 1_000_000;
/// The most critic updates a step that can be asked for while a run goes on: a slip of the pen must not hold it up for
/// longer than a person waits.
pub const MAX_LIVE_CRITIC_STEPS: u64 = 1000;
/// The most entries of a schedule.
pub const MAX_SCHEDULE: usize = 10_000;
/// Over how many steps a rule of health looks: fewer tell nothing of what moves.
pub const HEALTH_WINDOW: RangeInclusive<u64> = 4..=MAX_WHOLE;
/// Learning rates. What lies outside becomes 0 or infinite in single precision, or is a slip of the pen.
pub const LR: RangeInclusive<f64> = 1e-12..=1e3;
/// Half-lives of a generator's average, in images.
pub const EMA: RangeInclusive<f64> = 1.0..=1e12;
/// Clip ranges.
pub const CLIP: RangeInclusive<f64> = 1e-9..=1e9;
/// λ of the gradient penalty and γ of R1.
pub const PENALTY: RangeInclusive<f64> = 1e-9..=1e9;
/// The number that keeps an optimiser from dividing by zero, which it must do in single precision too.
pub const EPS: RangeInclusive<f64> = 1e-30..=1e3;
/// Distances and deviations of the data.
pub const DISTANCE: RangeInclusive<f64> = -1e9..=1e9;
/// Samples that an evaluation generates: neighbours need some, and a person does not wait for ever.
pub const EVALUATED_SAMPLES: RangeInclusive<usize> = 10..=1_000_000;
/// The most checkpoints kept.
pub const MAX_KEPT: usize = 1_000_000;
/// The most minutes between two checkpoints: a year.
pub const MAX_MINUTES: f64 = 525_600.0;
/// The longest name, in characters.
pub const MAX_NAME: usize = 80;

/// The weights π of `js-weighted`: at 0 and 1 nothing is left of it.
pub const PI: RangeInclusive<f64> = 0.001..=0.999;
/// The α of `alpha`, but for those that [`alpha`] excludes: as far below ½ as above, for α and 1 − α are the two sides
/// of one divergence. Beyond, single precision overflows.
pub const ALPHA: RangeInclusive<f64> = -4.0..=5.0;
/// The least distance of α from 0 and 1.
pub const ALPHA_GAP: f64 = 0.01;

/// Whether `alpha` may have this α.
pub fn alpha(x: f64) -> bool {
    ALPHA.contains(&x) && x.abs() >= ALPHA_GAP && (x - 1.0).abs() >= ALPHA_GAP
}

/// The values that [`alpha`] allows, in words.
pub const ALPHA_MUST: &str = "must be from -4 to 5, and at least 0.01 from 0 and from 1, where it is reverse-kl and kl";
/// The values that [`PI`] allows, in words.
pub const PI_MUST: &str = "must be from 0.001 to 0.999";
/// Seconds between two calls of the command for alerts.
pub const ALERT_EVERY: RangeInclusive<u64> = 0..=86_400;
/// Seconds that a call of it may take.
pub const ALERT_TIME_LIMIT: RangeInclusive<u64> = 1..=600;
