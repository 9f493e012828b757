//! The two networks, their optimisers and the data: one training step, nothing of threads or channels.

mod state;
#[cfg(test)]
mod tests;

use tch::{Device, Tensor, no_grad};

use super::average::Average;
use super::backend::{Alone, AnyBackend, Losses, Players, Reduce, Trained, on_device};
use super::data::{Reader, Source};
use super::draw::{Draw, Drawn};
use super::guard::Guard;
use super::meter::Measured;
use super::model::{self, Network, Still};
use super::parts::Parts;
use super::setback::Setback;
use super::settings::restarts_moments;
use super::step::Step;
use super::threads;
use crate::config::{self, Config, Constraint, EngineChoice, Prior, Update};
use crate::domain::seed::{self, Rng, Stream};
use crate::link::{Law, Settings};
use crate::theory::objective::{self, Objective};

/// A run's whole mutable state: networks, optimisers and the settings in force.
pub struct Game<'a> {
    source: &'a Source,
    reader: Reader<'a>,
    seed: u64,
    update: Update,
    critic_config: config::Critic,
    /// Generator updates in a step.
    generator_updates: u64,
    prior: Prior,
    latent: usize,
    players: Players,
    /// The generator's average, where the config asks for one.
    average: Option<Average>,
    guard: Guard,
    /// The reducer that brings gradients of several processes together.
    reduce: Box<dyn Reduce>,
    settings: Settings,
    objective: Box<dyn Objective>,
    config: Config,
    backend: AnyBackend,
    /// Workers of the explicit engine on the host; 0 where it works on tensors.
    workers: usize,
    /// Room for what a step draws.
    drawn: Drawn,
    /// The parts in which a batch goes through the networks.
    parts: Parts,
}

/// Power iterations that bring the spectral norms near when they are put in force; each critic update adds one.
const POWER_ITERATIONS: usize = 20;

/// The number of updates that each optimiser has made since its moments were zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Updates {
    pub generator: i64,
    pub critic: i64,
}

impl<'a> Game<'a> {
    /// The networks of `config` with the initial weights that its seed gives, on `device`, their updates under `guard`.
    /// They fit the data, and the objective is one of gantop's: [`super::Setup::new`] refuses others.
    pub fn new(config: &Config, source: &'a Source, device: Device, guard: Guard) -> Game<'a> {
        let sample = source.shape().len();
        let mut rng = seed::rng(config.seed, Stream::Weights, 0);
        let generator = checked(Network::generator(&config.generator, source.shape(), &mut rng, device));
        let critic = checked(Network::critic(&config.critic, source.shape(), &mut rng, device));
        let latent = config.generator.latent_dims(source.shape());
        let players = Players {
            generator: Trained::new(generator, config.optimizer.generator),
            critic: Trained::new(critic, config.optimizer.critic),
        };
        let settings = Settings::of(config);
        let immediate = matches!(guard, Guard::Immediate);
        let parts = Parts::new(config.batch_size, config.micro_batch(), sample, latent);
        let mut game = Game {
            source,
            reader: Reader::new(source, config.seed, config.batch_size),
            seed: config.seed,
            update: config.update,
            critic_config: config.critic.clone(),
            generator_updates: config.generator.steps,
            prior: model::prior(&config.generator),
            latent,
            backend: AnyBackend::new(EngineChoice::Autograd, &players, parts.size(), 0),
            average: config.generator.ema.map(|half_life| Average::new(&players.generator.network, half_life)),
            players,
            guard,
            reduce: Box::new(Alone),
            config: config.clone(),
            workers: usize::from(device == Device::Cpu && immediate),
            objective: checked(objective::of(&settings.objective)),
            settings,
            drawn: Drawn::new(config.batch_size, sample, latent),
            parts,
        };
        game.constrain();
        game.choose_backend();
        game
    }

    /// The same with so many workers of the explicit engine on the host; 0: it works on tensors. One that had to work
    /// on tensors, because of its device or its guard, goes on so.
    pub fn with_workers(mut self, workers: usize) -> Game<'a> {
        self.unsettle();
        self.workers = if self.workers > 0 { workers } else { 0 };
        self.make_backend();
        self.choose_backend();
        self
    }

    /// The generator as it is now.
    pub fn generator(&self) -> &Network {
        self.settle();
        &self.players.generator.network
    }

    /// The generator's average, where the run keeps one.
    pub fn averaged(&self) -> Option<&Network> {
        self.average.as_ref().map(Average::network)
    }

    /// The critic as it is now.
    pub fn critic(&self) -> &Network {
        self.settle();
        &self.players.critic.network
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The engine that computes the gradients.
    pub fn engine(&self) -> EngineChoice {
        self.backend.engine()
    }

    /// The optimisers' counters.
    pub fn updates(&self) -> Updates {
        let Players { generator, critic } = &self.players;
        Updates { generator: generator.optimizer.updates(), critic: critic.optimizer.updates() }
    }

    /// Goes back to where the optimisers stood before a step, of which the device refused every update but the first
    /// `passed`, of which as many as it has are the critic's, and lets updates through again.
    pub fn rewind(&mut self, before: Updates, passed: u64, critic_updates: u64) {
        let Players { generator, critic } = &mut self.players;
        let of_critic = passed.min(critic_updates);
        generator.optimizer.set_updates(before.generator.saturating_add_unsigned(passed - of_critic));
        critic.optimizer.set_updates(before.critic.saturating_add_unsigned(of_critic));
        self.guard.revive();
    }

    /// Puts other settings in force, which [`super::settings::resolve`] has checked. The weights stay, but for another
    /// clip range, which holds at once. Where [`restarts_moments`] says so, the critic's optimiser moments restart.
    pub fn set(&mut self, settings: Settings) {
        self.unsettle();
        if restarts_moments(&self.settings, &settings) {
            self.players.critic.optimizer.restart();
        }
        if settings.objective != self.settings.objective {
            self.objective = checked(objective::of(&settings.objective));
        }
        tune(&mut self.players, &settings);
        if let (Some(average), Some(half_life)) = (&mut self.average, settings.ema) {
            average.set_half_life(half_life);
        }
        let constraint = std::mem::replace(&mut self.settings, settings).constraint;
        if constraint != self.settings.constraint {
            if let Constraint::Clip { clip } = self.settings.constraint {
                self.players.critic.network.params.clip(clip);
            }
            self.constrain();
            self.choose_backend();
        }
    }

    /// Begins anew with the critic: initial weights that the seed gives for this step, within the constraint in force,
    /// and an optimiser that has seen nothing.
    pub fn renew_critic(&mut self, step: u64) {
        self.unsettle();
        let mut rng = seed::rng(self.seed, Stream::Critic, step);
        let Trained { network, optimizer } = &mut self.players.critic;
        // It has been built with this config before.
        if let Ok(fresh) =
            Network::critic(&self.config.critic, self.source.shape(), &mut rng, network.params.flat().device())
        {
            network.params.put(fresh.params.flat());
        }
        if let Constraint::Clip { clip } = self.settings.constraint {
            network.params.clip(clip);
        }
        optimizer.restart();
        self.constrain();
    }

    /// Takes the backend that the constraint in force asks for, another one only where the engine changes. The tensors
    /// are up to date.
    fn choose_backend(&mut self) {
        if engine_under(&self.config, &self.settings.constraint) != self.engine() {
            self.make_backend();
        }
        // What the host's engine leaves to libtorch, snapshots above all, must not wake threads that would wait for more
        // of it on the workers' cores.
        match self.backend {
            AnyBackend::Host(_) => threads::set(1),
            AnyBackend::Autograd(ref autograd) if autograd.has_lane() => threads::set(1),
            AnyBackend::Autograd(_) | AnyBackend::Tape(_) if self.workers > 0 => threads::set(self.workers),
            AnyBackend::Autograd(_) | AnyBackend::Tape(_) => {}
        }
    }

    fn make_backend(&mut self) {
        let engine = engine_under(&self.config, &self.settings.constraint);
        // The buffers of two would not fit where those of one do; autograd has none.
        self.backend = AnyBackend::new(EngineChoice::Autograd, &self.players, self.parts.size(), 0);
        self.backend = AnyBackend::new(engine, &self.players, self.parts.size(), self.workers);
    }

    /// Has the critic's weight matrices used as the constraint in force says.
    fn constrain(&mut self) {
        match self.settings.constraint {
            Constraint::SpectralNorm => {
                let mut rng = seed::rng(self.seed, Stream::Spectral, 0);
                self.players.critic.network.normalise_spectrum(&mut rng, POWER_ITERATIONS);
            }
            _ => self.players.critic.network.spectral = None,
        }
    }

    /// Generator updates in a step.
    pub fn generator_updates(&self) -> u64 {
        self.generator_updates
    }

    /// Critic updates in step number `step`, counted from 1.
    pub fn critic_updates(&self, step: u64) -> u64 {
        let config = &self.critic_config;
        if step <= config.warmup_steps { config.warmup_updates } else { self.settings.critic_steps }
    }

    /// Step number `step`, counted from 1: the critic's updates, then the generator's. On an error the weights are as
    /// they were before the update that met it, for want of data mostly before the first; the step can be tried again.
    pub fn step(&mut self, step: u64) -> Result<Measured, Setback> {
        let critic_updates = self.critic_updates(step);
        self.reader.prepare(step, critic_updates)?;
        let losses = Losses {
            objective: &*self.objective,
            settings: &self.settings.objective,
            constraint: &self.settings.constraint,
        };
        let measured = self.backend.step(Step {
            players: &mut self.players,
            losses,
            guard: &mut self.guard,
            reduce: &mut *self.reduce,
            reader: &mut self.reader,
            prior: self.prior,
            draw: Draw::new(self.seed, step),
            drawn: &mut self.drawn,
            parts: &mut self.parts,
            update: self.update,
            critic_updates,
            generator_updates: self.generator_updates,
        })?;
        if let Some(average) = &self.average {
            self.settle();
            // Those that its updates of a step see.
            let images = self.drawn.size as f64 * self.generator_updates as f64;
            average.follow(
                self.players.generator.network.params.flat(),
                (step - 1) as f64 * images,
                images,
                &self.guard,
            );
        }
        Ok(measured)
    }

    /// Brings the networks' tensors and the optimisers' up to date.
    fn settle(&self) {
        self.backend.settle(&self.players);
    }

    /// The same before somebody changes the tensors or the settings.
    fn unsettle(&mut self) {
        self.backend.unsettle(&self.players);
    }

    /// `n` samples from the host on the device, \[n, sample\].
    pub fn on_device(&self, samples: &[f32], n: usize) -> Tensor {
        on_device(samples, n, self.players.weights())
    }

    /// Latent noise for `n` samples of a snapshot, \[n, latent\].
    pub fn noise(&self, rng: &mut Rng, n: usize) -> Tensor {
        let mut noise = vec![0f32; n * self.latent];
        model::fill_noise(self.prior, rng, &mut noise);
        self.on_device(&noise, n)
    }

    /// The generator's samples of latent noise, \[n, sample\].
    pub fn generate(&self, noise: &Tensor) -> Tensor {
        no_grad(|| self.generator().forward(noise))
    }

    /// Samples of a kind that the critic judges together by one score.
    pub fn pack(&self) -> usize {
        self.critic_config.pack
    }

    /// The scores V(x) of real and of generated samples, or of their packs, \[n\] each, as the critic's updates see them.
    pub fn scores(&self, real: &Tensor, fake: &Tensor) -> [Tensor; 2] {
        let critic = self.critic();
        let scores = match critic.mixes_kinds() {
            true => critic.scores(real, fake),
            false => [real, fake].map(|samples| critic.forward(samples)),
        };
        scores.map(|scores| scores.reshape([-1]))
    }

    /// The critic as a function of a point alone; none where it judges packs. What normalises batches takes its means and variances from the batch that
    /// the real samples are part of: themselves, or with the generated ones.
    pub fn still_critic(&self, real: &Tensor, fake: &Tensor) -> Option<Still> {
        let critic = self.critic();
        (self.pack() == 1).then(|| match critic.mixes_kinds() {
            true => critic.still(&Tensor::cat(&[real, fake], 0)),
            false => critic.still(real),
        })
    }

    /// The fewest samples of each kind that pass at once where what becomes of one depends on the others: a training batch, or a part.
    pub fn least_batch(&self) -> usize {
        let normalised = self.generator().normalises_batches() || self.critic().normalises_batches();
        if normalised { self.parts.size() } else { 1 }
    }

    /// The objective.
    pub fn objective(&self) -> &dyn Objective {
        &*self.objective
    }

    /// The law of what the generator draws, where it is known exactly: of an affine one.
    pub fn law(&self) -> Option<Law> {
        let (mean, scale) = self.generator().affine()?;
        Some(Law { prior: self.prior, mean, scale })
    }

    /// The source of real samples.
    pub fn source(&self) -> &'a Source {
        self.source
    }
}

/// The thing that a check before the run, or before a change, has found to be there.
fn checked<T, E: std::fmt::Display>(found: Result<T, E>) -> T {
    found.unwrap_or_else(|why| unreachable!("refused before it is in force: {why}"))
}

/// Has both optimisers use the settings' learning rates, β1 and β2.
fn tune(players: &mut Players, settings: &Settings) {
    let Players { generator, critic } = players;
    for (trained, lr, beta1, beta2) in [
        (generator, settings.generator_lr, settings.generator_beta1, settings.generator_beta2),
        (critic, settings.critic_lr, settings.critic_beta1, settings.critic_beta2),
    ] {
        trained.optimizer.set_lr(lr);
        beta1.into_iter().for_each(|beta1| trained.optimizer.set_beta1(beta1));
        beta2.into_iter().for_each(|beta2| trained.optimizer.set_beta2(beta2));
    }
}

/// The engine in force. What the explicit one does not know has been refused before, and autograd knows everything.
fn engine_under(config: &Config, constraint: &Constraint) -> EngineChoice {
    config.engine_under(constraint).unwrap_or(EngineChoice::Autograd)
}
