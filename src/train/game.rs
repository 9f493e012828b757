//! The two networks, their optimisers and the data: one training step, nothing of threads or channels.

mod state;

use tch::{Device, Kind, Tensor, no_grad};

use super::draw::Draw;
use super::engine::{CriticMeasured, Engine, GeneratorMeasured, Play};
use super::guard::{Guard, NonFinite};
use super::meter::Measured;
use super::settings::restarts_moments;
use crate::config::{self, Config, Constraint, EngineChoice, Head, Prior, Update};
use crate::data::Source;
use crate::link::{Law, Player, Settings};
use crate::model::{self, Network};
use crate::objective::{self, Objective};
use crate::optim::Optimizer;
use crate::seed::{self, Rng, Stream};

/// A run's whole mutable state: networks, optimisers and the settings in force.
pub struct Game<'a> {
    source: &'a Source,
    device: Device,
    seed: u64,
    batch: usize,
    update: Update,
    critic_config: config::Critic,
    prior: Prior,
    latent: usize,
    pub generator: Network,
    pub critic: Network,
    generator_optimizer: Optimizer,
    critic_optimizer: Optimizer,
    guard: Guard,
    settings: Settings,
    objective: Box<dyn Objective>,
    config: Config,
    engine: Engine,
    /// The host's side of a batch of real samples and of latent noise.
    real: Vec<f32>,
    noise: Vec<f32>,
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
    pub fn new(config: &Config, source: &'a Source, device: Device, guard: Guard) -> Game<'a> {
        let sample = source.shape().len();
        let mut rng = seed::rng(config.seed, Stream::Weights, 0);
        let generator = Network::generator(&config.generator, sample, &mut rng, device);
        let critic = Network::critic(&config.critic, sample, &mut rng, device);
        let latent = model::latent_dims(&config.generator, sample);
        let kind = engine_under(config, &config.constraint);
        let engine = Engine::new(kind, &generator, &critic, config.batch_size);
        let settings = Settings::of(config);
        let mut game = Game {
            source,
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
            engine,
            // A validated config names an objective that exists.
            objective: objective::of(&settings.objective).unwrap_or(objective::ALL[0].with(&settings.objective)),
            settings,
            real: vec![0.0; config.batch_size * sample],
            noise: vec![0.0; config.batch_size * latent],
        };
        game.constrain();
        game
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What computes the gradients.
    pub fn engine(&self) -> EngineChoice {
        self.engine.kind()
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
            self.choose_engine();
        }
    }

    /// Has the gradients computed by what the constraint in force allows.
    fn choose_engine(&mut self) {
        let kind = engine_under(&self.config, &self.settings.constraint);
        if kind != self.engine.kind() {
            self.engine = Engine::new(kind, &self.generator, &self.critic, self.batch);
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
    /// they were before the update that met the non-finite number; the step can be tried again.
    pub fn step(&mut self, step: u64) -> Result<Measured, NonFinite> {
        let mut draw = Draw::new(self.seed, step);
        let updates = self.critic_updates(step);
        self.guard.begin();
        for _ in 1..updates {
            self.critic_update(&mut draw)?;
        }
        let (critic, generator) = match self.update {
            Update::Alternating => (self.critic_update(&mut draw)?, self.generator_update(&mut draw)?),
            Update::Simultaneous => self.simultaneous_update(&mut draw)?,
        };
        Ok(self.measured(critic, generator, updates + 1))
    }

    /// A batch of real samples, \[batch, sample\].
    fn real(&mut self, draw: &mut Draw) -> Tensor {
        self.source.fill(&mut draw.data, &mut self.real);
        self.on_device(&self.real, self.batch)
    }

    /// A batch of latent noise, \[batch, latent\].
    fn noise(&mut self, draw: &mut Draw) -> Tensor {
        model::fill_noise(self.prior, &mut draw.noise, &mut self.noise);
        self.on_device(&self.noise, self.batch)
    }

    /// `n` samples from the host on the device, \[n, sample\].
    pub fn on_device(&self, samples: &[f32], n: usize) -> Tensor {
        let host = Tensor::from_slice(samples).view([n as i64, -1]);
        // On the CPU nothing is to be done, and asking costs as much as a small operation.
        if self.device == Device::Cpu { host } else { host.to_device(self.device) }
    }

    /// The engine, and what it computes the gradients of.
    fn play<'b>(&'b mut self, draw: &'b mut Draw) -> (&'b mut Engine, Play<'b>) {
        let play = Play {
            generator: &mut self.generator,
            critic: &mut self.critic,
            objective: &*self.objective,
            head: self.settings.objective.head,
            form: self.settings.objective.generator_loss,
            constraint: self.settings.constraint,
            between: &mut draw.penalty,
        };
        (&mut self.engine, play)
    }

    fn critic_update(&mut self, draw: &mut Draw) -> Result<CriticMeasured, NonFinite> {
        let real = self.real(draw);
        let noise = self.noise(draw);
        let (engine, mut play) = self.play(draw);
        let measured = engine.critic(&mut play, &real, &noise);
        self.update_critic(&measured)?;
        Ok(measured)
    }

    fn generator_update(&mut self, draw: &mut Draw) -> Result<GeneratorMeasured, NonFinite> {
        let noise = self.noise(draw);
        let (engine, mut play) = self.play(draw);
        let measured = engine.generator(&mut play, &noise);
        self.update_generator(&measured)?;
        Ok(measured)
    }

    /// Both gradients from the same point, then both updates.
    fn simultaneous_update(&mut self, draw: &mut Draw) -> Result<(CriticMeasured, GeneratorMeasured), NonFinite> {
        let real = self.real(draw);
        let noise = self.noise(draw);
        let (engine, mut play) = self.play(draw);
        let (critic, generator) = engine.both(&mut play, &real, &noise);
        self.update_critic(&critic)?;
        self.update_generator(&generator)?;
        Ok((critic, generator))
    }

    /// Applies the critic's gradient, then the clip or a power iteration, so that the generator never sees a critic
    /// without its constraint.
    fn update_critic(&mut self, measured: &CriticMeasured) -> Result<(), NonFinite> {
        let mut parts = vec![("loss", &measured.bound)];
        if let Some(penalty) = &measured.penalty {
            parts.extend([("penalty", penalty), ("loss", &measured.loss)]);
        }
        parts.push(("gradient", &measured.norm));
        self.guard.update(Player::Critic, &self.critic, &mut self.critic_optimizer, &parts)?;
        if let Constraint::Clip { clip } = self.settings.constraint {
            self.critic.params.clip(clip);
        }
        if let Some(vectors) = self.critic.spectral.as_ref().map(|spectral| spectral.vectors().shallow_clone()) {
            self.guard.follow(&vectors, || self.critic.iterate_spectrum());
        }
        Ok(())
    }

    fn update_generator(&mut self, measured: &GeneratorMeasured) -> Result<(), NonFinite> {
        let parts = [("loss", &measured.loss), ("gradient", &measured.norm)];
        self.guard.update(Player::Generator, &self.generator, &mut self.generator_optimizer, &parts)
    }

    /// The scalars of a completed step of so many updates of both networks.
    fn measured(&self, critic: CriticMeasured, generator: GeneratorMeasured, updates: u64) -> Measured {
        no_grad(|| {
            let zero = || Tensor::zeros([], (Kind::Float, self.device));
            let share = self.settings.constraint.clip().map_or_else(zero, |clip| {
                // The bound as the weights hold it, in single precision.
                let at_bound = self.critic.params.flat().abs().ge((clip as f32) as f64);
                at_bound.to_kind(Kind::Float).mean(None)
            });
            [
                critic.loss,
                generator.loss,
                critic.bound,
                critic.value_real,
                self.objective.values(self.head(), &critic.score_fake).mean(None),
                critic.score_real.mean(None),
                critic.score_fake.mean(None),
                critic.norm,
                generator.norm,
                share,
                critic.penalty.unwrap_or_else(zero),
                self.guard.passed(updates, self.device),
            ]
        })
    }

    /// `n` generated samples for a snapshot, \[n, sample\].
    pub fn generate(&self, rng: &mut Rng, n: usize) -> Tensor {
        let mut noise = vec![0f32; n * self.latent];
        model::fill_noise(self.prior, rng, &mut noise);
        no_grad(|| self.generator.forward(&self.on_device(&noise, n)))
    }

    /// Scores V(x) of samples, \[n\], with the graph back to them if they ask for gradients.
    pub fn scores(&self, samples: &Tensor) -> Tensor {
        self.critic.forward(samples).reshape([-1])
    }

    /// What the two play for.
    pub fn objective(&self) -> &dyn Objective {
        &*self.objective
    }

    /// The law of what the generator draws, where it is known exactly: of an affine one.
    pub fn law(&self) -> Option<Law> {
        let (mean, scale) = self.generator.affine()?;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn config(sets: &[&str]) -> Config {
        let small = ["threads=1", "batch_size=32", "generator.hidden=[16]", "critic={hidden=[16], steps=3}"];
        config::load(None, &[&small[..], sets].concat().iter().map(|set| set.to_string()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn only_another_clip_range_touches_the_weights() {
        let config = config(&["constraint={kind='clip', clip=0.01}"]);
        let source = Source::open(&config.data).unwrap();
        let mut game = Game::new(&config, &source, Device::Cpu, Guard::Immediate);
        let initial = game.critic.params.flat().copy();
        game.set(Settings { critic_lr: 1e-3, ..game.settings().clone() });
        assert_eq!(game.critic.params.flat(), &initial);
        game.set(Settings { constraint: Constraint::Clip { clip: 0.02 }, ..game.settings().clone() });
        assert_eq!(game.critic.params.flat(), &initial.clamp(-0.02, 0.02));
    }

    #[test]
    fn a_step_refused_half_way_counts_the_updates_before() {
        for constraint in Constraint::ALL.into_iter().filter(|constraint| constraint.clip().is_none()) {
            refused_half_way(constraint);
        }
    }

    fn refused_half_way(constraint: Constraint) {
        let constraint = format!("constraint.kind='{}'", constraint.kind());
        let config =
            config(&["objective={kind='pearson', head='paper'}", &constraint, "optimizer.critic={kind='sgd', lr=1e3}"]);
        let source = Source::open(&config.data).unwrap();
        let game = |deferred| Game::new(&config, &source, Device::Cpu, Guard::new(Device::Cpu, deferred));
        let (mut immediate, mut deferred) = (game(false), game(true));
        for step in 1..100 {
            let before = deferred.mark();
            let measured = deferred.step(step).unwrap();
            let passed = measured[measured.len() - 1].double_value(&[]) as u64;
            if immediate.step(step).is_ok() {
                assert_eq!(passed, 4);
                continue;
            }
            deferred.rewind(before, passed);
            assert_eq!(deferred.mark(), immediate.mark());
            assert!((1..=3).contains(&passed), "step {step} failed at its first update: the test sees nothing");
            assert_eq!(deferred.critic.params.flat(), immediate.critic.params.flat());
            let vectors = |game: &Game<'_>| game.critic.spectral.as_ref().map(|kept| kept.vectors().copy());
            assert_eq!(vectors(&deferred), vectors(&immediate));
            return;
        }
        panic!("nothing broke");
    }
}
