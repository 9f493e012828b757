//! The two networks, their optimisers and the data: one training step, nothing of threads or channels.

mod host;
mod state;
mod tensors;
#[cfg(test)]
mod tests;

use std::cell::Cell;

use tch::{Device, Tensor, no_grad};

use super::draw::Draw;
use super::engine::Engine;
use super::guard::Guard;
use super::host::Host;
use super::meter::Measured;
use super::setback::Setback;
use super::settings::restarts_moments;
use super::threads;
use crate::config::{self, Config, Constraint, EngineChoice, Head, Misfit, Prior, Update};
use crate::data::{Reader, Source};
use crate::link::{Law, Settings};
use crate::model::{self, Network};
use crate::objective::{self, Objective};
use crate::optim::Optimizer;
use crate::seed::{self, Rng, Stream};

/// A run's whole mutable state: networks, optimisers and the settings in force.
pub struct Game<'a> {
    source: &'a Source,
    reader: Reader<'a>,
    device: Device,
    seed: u64,
    batch: usize,
    update: Update,
    critic_config: config::Critic,
    prior: Prior,
    latent: usize,
    generator: Network,
    critic: Network,
    generator_optimizer: Optimizer,
    critic_optimizer: Optimizer,
    guard: Guard,
    settings: Settings,
    objective: Box<dyn Objective>,
    config: Config,
    means: Means,
    /// Workers of the explicit engine on the host; 0 where it works on tensors.
    workers: usize,
    /// Whether the host has newer numbers than the tensors.
    host_ahead: Cell<bool>,
    /// Whether somebody has changed what the host knows.
    host_behind: bool,
    /// The host's side of a batch of real samples and of latent noise.
    real: Vec<f32>,
    noise: Vec<f32>,
}

/// What does a step's updates.
enum Means {
    /// An engine on tensors.
    Tensors(Engine),
    /// The explicit engine in plain numbers.
    Host(Box<Host>),
}

/// Power iterations that bring the spectral norms near when they are put in force; each critic update adds one.
const POWER_ITERATIONS: usize = 20;

/// How many updates each optimiser has made since its moments were zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    generator: i64,
    critic: i64,
}

impl Mark {
    /// The generator's updates and the critic's.
    pub fn updates(self) -> (i64, i64) {
        (self.generator, self.critic)
    }
}

impl<'a> Game<'a> {
    /// The networks of `config` with the initial weights that its seed gives, on `device`, their updates under `guard`.
    /// They fit the data: [`super::Setup::new`] refuses others.
    pub fn new(config: &Config, source: &'a Source, device: Device, guard: Guard) -> Game<'a> {
        let sample = source.shape().len();
        let mut rng = seed::rng(config.seed, Stream::Weights, 0);
        let fitting = |network: Result<Network, Misfit>| match network {
            Ok(network) => network,
            Err(misfit) => unreachable!("refused before a run starts: {misfit}"),
        };
        let generator = fitting(Network::generator(&config.generator, source.shape(), &mut rng, device));
        let critic = fitting(Network::critic(&config.critic, source.shape(), &mut rng, device));
        let latent = model::latent_dims(&config.generator, source.shape());
        let settings = Settings::of(config);
        let immediate = matches!(guard, Guard::Immediate);
        let mut game = Game {
            source,
            reader: Reader::new(source, config.seed, config.batch_size),
            device,
            seed: config.seed,
            batch: config.batch_size,
            update: config.update,
            critic_config: config.critic.clone(),
            prior: model::prior(&config.generator),
            latent,
            generator_optimizer: Optimizer::new(config.optimizer.generator, generator.params.flat()),
            critic_optimizer: Optimizer::new(config.optimizer.critic, critic.params.flat()),
            generator,
            critic,
            guard,
            config: config.clone(),
            means: Means::Tensors(Engine::Autograd),
            workers: usize::from(device == Device::Cpu && immediate),
            host_ahead: Cell::new(false),
            host_behind: true,
            // A validated config names an objective that exists.
            objective: objective::of(&settings.objective).unwrap_or(objective::ALL[0].with(&settings.objective)),
            settings,
            real: vec![0.0; config.batch_size * sample],
            noise: vec![0.0; config.batch_size * latent],
        };
        game.constrain();
        game.choose_means();
        game
    }

    /// The same with so many workers of the explicit engine on the host; 0: it works on tensors. One that had to work on
    /// tensors, because of its device or its guard, goes on so.
    pub fn with_workers(mut self, workers: usize) -> Game<'a> {
        self.settle();
        self.workers = if self.workers > 0 { workers } else { 0 };
        self.means = Means::Tensors(Engine::Autograd);
        self.choose_means();
        self
    }

    /// The generator as it is now.
    pub fn generator(&self) -> &Network {
        self.settle();
        &self.generator
    }

    /// The critic as it is now.
    pub fn critic(&self) -> &Network {
        self.settle();
        &self.critic
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What computes the gradients.
    pub fn engine(&self) -> EngineChoice {
        match &self.means {
            Means::Tensors(engine) => engine.kind(),
            Means::Host(_) => EngineChoice::Explicit,
        }
    }

    fn head(&self) -> Head {
        self.settings.objective.head
    }

    /// Where the optimisers stand.
    pub fn mark(&self) -> Mark {
        Mark { generator: self.generator_optimizer.updates(), critic: self.critic_optimizer.updates() }
    }

    /// Goes back to `mark` after the device refused every update since but the first `passed`, the critic's, and lets
    /// updates through again.
    pub fn rewind(&mut self, mark: Mark, passed: u64) {
        self.generator_optimizer.set_updates(mark.generator);
        self.critic_optimizer.set_updates(mark.critic.saturating_add_unsigned(passed));
        self.guard.revive();
    }

    /// Puts other settings in force. The weights stay, but for another clip range, which holds at once. Where
    /// [`restarts_moments`] says so, the critic's optimiser moments restart.
    pub fn set(&mut self, settings: Settings) {
        self.unsettle();
        if restarts_moments(&self.settings, &settings) {
            self.critic_optimizer.restart();
        }
        if settings.objective != self.settings.objective
            && let Some(objective) = objective::of(&settings.objective)
        {
            self.objective = objective;
        }
        self.generator_optimizer.set_lr(settings.generator_lr);
        self.critic_optimizer.set_lr(settings.critic_lr);
        let constraint = std::mem::replace(&mut self.settings, settings).constraint;
        if constraint != self.settings.constraint {
            if let Constraint::Clip { clip } = self.settings.constraint {
                self.critic.params.clip(clip);
            }
            self.constrain();
            self.choose_means();
        }
    }

    /// Has the updates made by what the constraint in force allows. The tensors are up to date.
    fn choose_means(&mut self) {
        let kind = engine_under(&self.config, &self.settings.constraint);
        if kind != self.engine() {
            let (generator, critic) = (&self.generator, &self.critic);
            self.means = if kind == EngineChoice::Explicit && self.workers > 0 {
                self.host_behind = true;
                Means::Host(Box::new(Host::new(generator, critic, self.batch, self.workers)))
            } else {
                Means::Tensors(Engine::new(kind, generator, critic, self.batch))
            };
        }
        // What the host's engine leaves to libtorch, snapshots above all, must not wake threads that would wait for more
        // of it on the workers' cores.
        match self.means {
            Means::Host(_) => threads::set(1),
            Means::Tensors(_) if self.workers > 0 => threads::set(self.workers),
            Means::Tensors(_) => {}
        }
    }

    /// Has the critic's weight matrices used as the constraint in force says.
    fn constrain(&mut self) {
        match self.settings.constraint {
            Constraint::SpectralNorm => {
                let mut rng = seed::rng(self.seed, Stream::Spectral, 0);
                self.critic.normalise_spectrum(&mut rng, POWER_ITERATIONS);
            }
            _ => self.critic.spectral = None,
        }
    }

    /// Critic updates in step number `step`, counted from 1.
    pub fn critic_updates(&self, step: u64) -> u64 {
        let config = &self.critic_config;
        if step <= config.warmup_steps { config.warmup_updates } else { self.settings.critic_steps }
    }

    /// Step number `step`, counted from 1: the critic's updates, then the generator's. On an error the weights are as
    /// they were before the update that met it, for want of data mostly before the first; the step can be tried again.
    pub fn step(&mut self, step: u64) -> Result<Measured, Setback> {
        let mut draw = Draw::new(self.seed, step);
        let updates = self.critic_updates(step);
        self.reader.prepare(step, updates)?;
        match self.means {
            Means::Tensors(_) => self.step_on_tensors(&mut draw, updates),
            Means::Host(_) => self.step_on_host(&mut draw, updates),
        }
    }

    /// `n` samples from the host on the device, \[n, sample\].
    pub fn on_device(&self, samples: &[f32], n: usize) -> Tensor {
        let host = Tensor::from_slice(samples).view([n as i64, -1]);
        // On the CPU nothing is to be done, and asking costs as much as a small operation.
        if self.device == Device::Cpu { host } else { host.to_device(self.device) }
    }

    /// `n` generated samples for a snapshot, \[n, sample\].
    pub fn generate(&self, rng: &mut Rng, n: usize) -> Tensor {
        let mut noise = vec![0f32; n * self.latent];
        model::fill_noise(self.prior, rng, &mut noise);
        no_grad(|| self.generator().forward(&self.on_device(&noise, n)))
    }

    /// Scores V(x) of samples, \[n\], with the graph back to them if they ask for gradients.
    pub fn scores(&self, samples: &Tensor) -> Tensor {
        self.critic().forward(samples).reshape([-1])
    }

    /// What the two play for.
    pub fn objective(&self) -> &dyn Objective {
        &*self.objective
    }

    /// The law of what the generator draws, where it is known exactly: of an affine one.
    pub fn law(&self) -> Option<Law> {
        let (mean, scale) = self.generator().affine()?;
        Some(Law { prior: self.prior, mean, scale })
    }

    /// Where real samples come from.
    pub fn source(&self) -> &'a Source {
        self.source
    }
}

/// The engine in force. What the explicit one does not know has been refused before, and autograd knows everything.
fn engine_under(config: &Config, constraint: &Constraint) -> EngineChoice {
    config.engine_under(constraint).unwrap_or(EngineChoice::Autograd)
}
