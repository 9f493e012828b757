//! Runs to tell of: configs, and what a trainer says first.

use gantop::config::{self, Config};
use gantop::domain::{MetricTable, SampleShape};
use gantop::link::{RunInfo, Settings};
use gantop::train::data::Source;

/// The preset, with these settings on top.
pub fn config(preset: &str, sets: &[&str]) -> Config {
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    config::load(Some(preset), &sets).unwrap_or_else(|error| panic!("{error}"))
}

/// The first report's content of a run of this config.
pub fn info(config: Config) -> RunInfo {
    let (shape, modes) = match &config.data {
        // Nobody looks for the file.
        data if data.images().is_some() => {
            (SampleShape::Image { width: 28, height: 28, channels: 1, range: Default::default() }, Vec::new())
        }
        data => Source::open(data).map(|source| (source.shape(), source.modes())).expect("known data"),
    };
    RunInfo {
        settings: Settings {
            objective: config.objective.clone(),
            constraint: config.constraint,
            generator_lr: config.optimizer.generator.lr(),
            critic_lr: config.optimizer.critic.lr(),
            generator_beta1: config.optimizer.generator.beta1(),
            critic_beta1: config.optimizer.critic.beta1(),
            generator_beta2: config.optimizer.generator.beta2(),
            critic_beta2: config.optimizer.critic.beta2(),
            ema: config.generator.ema,
            critic_steps: config.critic.steps,
            steps: None,
            controls: Default::default(),
            ramps: Vec::new(),
        },
        device: "cpu".into(),
        threads: 2,
        threads_why: "fastest of 1 and 2".into(),
        engine: config.engine_under(&config.constraint).expect("an engine that knows the constraint"),
        shape,
        modes,
        metrics: MetricTable::own(),
        generator_weights: 4482,
        critic_weights: 4417,
        config,
    }
}

/// What the runs that are shown have in common.
const SHOWN: [&str; 7] = [
    "seed=1",
    "steps=20000",
    "batch_size=256",
    "constraint={kind=\"clip\", clip=0.05}",
    "optimizer.generator={kind=\"rmsprop\", lr=5e-5}",
    "optimizer.critic={kind=\"rmsprop\", lr=5e-5}",
    "critic.steps=5",
];

fn shown(preset: &str, sets: &[&str]) -> RunInfo {
    info(config(preset, &[&SHOWN[..], sets].concat()))
}

/// A run on a ring of eight modes.
pub fn ring() -> RunInfo {
    shown("ring", &["data.std=0.02"])
}

/// A run in one dimension.
pub fn mixture() -> RunInfo {
    shown("two-gaussians", &["name=mixture", "objective={kind=\"wgan\", generator_loss=\"auto\"}"])
}

/// A run on images.
pub fn digits() -> RunInfo {
    shown("mnist-wgan", &["data.path=mnist"])
}

/// The settings that these runs start with.
pub fn settings() -> Settings {
    ring().settings
}

/// Where a mode of the ring lies.
pub fn ring_mode(i: usize) -> [f64; 2] {
    let angle = i as f64 / 8.0 * std::f64::consts::TAU;
    [angle.cos() * 2.0, angle.sin() * 2.0]
}
