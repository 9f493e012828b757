//! The defaults of a config.
//!
//! Three defaults follow from the objective, because what suits one spoils another. WGAN wants a critic near its
//! optimum, weights kept in a box, and an optimiser without momentum: [`WGAN_CRITIC_STEPS`], `constraint` clip at
//! [`CLIP`], RMSProp. Every other objective: [`CRITIC_STEPS`], no constraint, Adam.

/// The run seed.
pub const SEED: u64 = 1;
/// Steps to train: until stopped.
pub const STEPS: u64 = 0;
/// Samples of each kind in one update.
pub const BATCH_SIZE: usize = 256;
/// Threads of libtorch: chosen by measurement.
pub const THREADS: usize = 0;

/// Gaussians on the ring.
pub const RING_MODES: usize = 8;
/// The ring's radius.
pub const RING_RADIUS: f64 = 2.0;
/// The deviation of each of the ring's Gaussians.
pub const RING_STD: f64 = 0.02;
/// Gaussians along one side of the grid.
pub const GRID_SIDE: usize = 5;
/// The distance between neighbours on the grid.
pub const GRID_SPACING: f64 = 2.0;
/// The deviation of each of the grid's Gaussians.
pub const GRID_STD: f64 = 0.05;
/// The noise of the swiss roll, before its division by 7.5.
pub const SWISS_ROLL_NOISE: f64 = 0.25;
/// The noise of the moons.
pub const MOONS_NOISE: f64 = 0.1;
/// The place of the segment of `lines`.
pub const LINES_THETA: f64 = 1.0;
/// Images to use: all.
pub const IMAGE_LIMIT: usize = 0;
/// The size that images are scaled to: none, they stay as they are.
pub const IMAGE_SIZE: usize = 0;
/// Channels of images from files that may have any.
pub const IMAGE_CHANNELS: usize = 3;

/// Dimensions of the latent space of an mlp generator.
pub const LATENT: usize = 2;
/// Dimensions of the latent space of a DCGAN, as in its paper.
pub const DCGAN_LATENT: usize = 100;
/// Channels of the largest picture inside a DCGAN.
pub const BASE: usize = 64;
/// Sides of a DCGAN's kernels: those of PyTorch's example. Its paper has 5.
pub const KERNEL: usize = 4;
/// Dimensions of the latent space of a residual generator, as in its papers.
pub const RESNET_LATENT: usize = 128;
/// Channels of a residual generator of 32×32 pixels: 4×4, 8×8, 16×16, 32×32 (Miyato and others).
pub const RESNET_WIDTHS: [usize; 4] = [256; 4];
/// Channels of the blocks of a residual critic, of which the first [`DOWN`] halve the picture.
pub const RESNET_CRITIC_WIDTHS: [usize; 4] = [128; 4];
/// Blocks of a residual critic that halve the picture.
pub const DOWN: usize = 2;
/// Hidden layers of either network.
pub const HIDDEN: [usize; 2] = [128, 128];

/// Linear functions in a maxout unit: those of its authors, and of PacGAN.
pub const PIECES: usize = 5;

/// Critic updates a step.
pub const CRITIC_STEPS: u64 = 1;
/// Generator updates a step.
pub const GENERATOR_STEPS: u64 = 1;
/// Critic updates a step of a WGAN.
pub const WGAN_CRITIC_STEPS: u64 = 5;
/// Warm-up steps: none.
pub const PACK: usize = 1;
pub const WARMUP_STEPS: u64 = 0;
/// Critic updates in a warm-up step, if there are any: what WGAN's authors do.
pub const WARMUP_UPDATES: u64 = 100;

/// The clip range: on 1-D and 2-D data the 0.01 of WGAN's authors leaves the critic almost flat.
pub const CLIP: f64 = 0.05;
/// λ of the gradient penalty, as in its paper; on 2-D toys its authors take 0.1.
pub const LAMBDA: f64 = 10.0;
/// γ of R1, as in its paper.
pub const GAMMA: f64 = 10.0;

/// SGD's learning rate.
pub const SGD_LR: f64 = 1e-2;
/// SGD's momentum.
pub const SGD_MOMENTUM: f64 = 0.0;
/// RMSProp's learning rate.
pub const RMSPROP_LR: f64 = 5e-4;
/// RMSProp's decay of the mean square.
pub const RMSPROP_ALPHA: f64 = 0.99;
/// Adam's learning rate.
pub const ADAM_LR: f64 = 1e-3;
/// Adam's decay of the mean; GANs want less of it than the usual 0.9.
pub const ADAM_BETA1: f64 = 0.5;
/// Adam's decay of the mean square.
pub const ADAM_BETA2: f64 = 0.9;
/// The number that keeps RMSProp and Adam from dividing by zero.
pub const EPS: f64 = 1e-8;

/// Every how many steps metrics.csv gets a row, and the event files a snapshot: chosen so that the files stay small.
pub const RECORD_EVERY: u64 = 0;

/// Checkpoints by steps: none.
pub const CHECKPOINT_STEPS: u64 = 0;
/// Minutes of training between two checkpoints.
pub const CHECKPOINT_MINUTES: f64 = 5.0;
/// The number of the latest checkpoints that are kept.
pub const CHECKPOINT_KEEP: usize = 5;
/// The metric by which the best checkpoint is kept: none.
pub const CHECKPOINT_BEST: &str = "none";

/// Evaluations by steps: none, only those that are asked for.
pub const EVALUATE_EVERY: u64 = 0;
/// Samples that are generated for an evaluation: half a minute of digits, on one core.
pub const EVALUATE_SAMPLES: usize = 5000;
/// The share of held-back images that a judge must name right.
pub const JUDGE_ACCURACY: f64 = 0.9;
/// Channels of the pictures that a network in a file takes.
pub const FEATURE_CHANNELS: usize = 3;
