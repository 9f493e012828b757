//! The initial weights, the random numbers and the losses of a run's first steps, for another trainer to do the same.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use gantop::config::{self, Config};
use gantop::domain::Metric;
use gantop::domain::seed::{Stream, rng};
use gantop::link::{self, Command, Entry, Report, RunState, checkpoint};
use gantop::train::data::Source;
use gantop::train::{Setup, model};
use rand::Rng as _;

/// Writes to `dir`: `start.safetensors`, the networks before the first step; `real.f32`, `noise.f32` and `between.f32`,
/// the random numbers of all steps in the order of their use; `losses.json`, both losses of every step.
///
/// # Errors
///
/// Where the run fails or a file cannot be written.
pub fn prepare(config: Config, dir: &Path, steps: u64) -> anyhow::Result<()> {
    draw(&config, dir, steps)?;
    let (link, end) = link::pair();
    let (feed, entries) = crossbeam_channel::unbounded();
    let trainer = Setup::new(config)?.paused().spawn(end, Some(feed))?;
    for command in [Command::Save, Command::Advance(steps)] {
        link.commands.send(command)?;
    }
    let mut losses = Vec::new();
    while losses.len() < steps as usize {
        match entries.recv().context("the trainer ended early")? {
            Entry::Checkpoint(start) if losses.is_empty() => {
                checkpoint::write(&start, 0, 0, &dir.join("start.safetensors"))?;
            }
            Entry::Steps(records) => losses.extend(
                records.iter().map(|record| [Metric::CriticLoss, Metric::GeneratorLoss].map(|m| record.values[m])),
            ),
            Entry::Said(Report::Failed(why)) => bail!(why),
            Entry::Said(Report::State(change)) if change.state == RunState::Failed => bail!("the run failed"),
            _ => {}
        }
    }
    fs::write(dir.join("losses.json"), serde_json::to_string(&losses)?)?;
    link.commands.send(Command::Stop)?;
    while !matches!(link.reports.recv()?, Report::Finished(_) | Report::Failed(_)) {}
    let _ = trainer.join();
    Ok(())
}

/// What each step draws: a batch of real samples and one of noise for every critic update, and one of noise more.
fn draw(config: &Config, dir: &Path, steps: u64) -> anyhow::Result<()> {
    let source = Source::open(&config.data)?;
    let sample = source.shape().len();
    let latent = config.generator.latent_dims(source.shape());
    let prior = config.generator.prior;
    let updates = config.critic.steps as usize;
    let (mut real, mut noise, mut between) = (Vec::new(), Vec::new(), Vec::new());
    for step in 1..=steps {
        let mut data = vec![0.0f32; updates * config.batch_size * sample];
        let mut random = rng(config.seed, Stream::Data, step);
        data.chunks_mut(config.batch_size * sample).try_for_each(|batch| source.fill(&mut random, batch))?;
        real.extend(data);
        let mut latents = vec![0.0f32; (updates + 1) * config.batch_size * latent];
        let mut random = rng(config.seed, Stream::Noise, step);
        latents.chunks_mut(config.batch_size * latent).for_each(|batch| model::fill_noise(prior, &mut random, batch));
        noise.extend(latents);
        if matches!(config.constraint, config::Constraint::GradientPenalty { .. }) {
            let mut random = rng(config.seed, Stream::Penalty, step);
            between.extend((0..updates * config.batch_size).map(|_| random.gen_range(0.0f32..1.0)));
        }
    }
    for (name, numbers) in [("real.f32", real), ("noise.f32", noise), ("between.f32", between)] {
        fs::write(dir.join(name), numbers.into_iter().flat_map(f32::to_le_bytes).collect::<Vec<u8>>())?;
    }
    Ok(())
}
