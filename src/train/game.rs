//! The two networks, their optimisers and the data: one training step, nothing of threads or channels.

mod state;

use tch::{Device, Kind, Tensor, no_grad};

use super::guard::{Guard, NonFinite};
use super::meter::Measured;
use crate::config::{self, Config, Constraint, Head, Prior, Update};
use crate::data::Source;
use crate::link::{Player, Settings};
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
    /// The host's side of a batch of real samples and of latent noise.
    real: Vec<f32>,
    noise: Vec<f32>,
}

/// The random numbers of one step.
struct Draw {
    data: Rng,
    noise: Rng,
}

impl Draw {
    fn new(seed: u64, step: u64) -> Draw {
        Draw { data: seed::rng(seed, Stream::Data, step), noise: seed::rng(seed, Stream::Noise, step) }
    }
}

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

/// What the critic's update leaves for the step's record: scalars on the device.
struct CriticMeasured {
    bound: Tensor,
    value_real: Tensor,
    norm: Tensor,
    /// The scores behind them, \[batch, 1\] each: only the step's last update is measured further.
    score_real: Tensor,
    score_fake: Tensor,
}

/// The generator's loss and the norm of its gradient, scalars on the device.
struct GeneratorMeasured {
    loss: Tensor,
    norm: Tensor,
}

impl<'a> Game<'a> {
    /// The networks of `config` with the initial weights that its seed gives, on `device`, their updates under `guard`.
    pub fn new(config: &Config, source: &'a Source, device: Device, guard: Guard) -> Game<'a> {
        let sample = source.shape().len();
        let mut rng = seed::rng(config.seed, Stream::Weights, 0);
        let generator = Network::generator(&config.generator, sample, &mut rng, device);
        let critic = Network::critic(&config.critic, sample, &mut rng, device);
        let latent = model::latent_dims(&config.generator, sample);
        let settings = Settings::of(config);
        Game {
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
            // A validated config names an objective that exists.
            objective: objective::of(&settings.objective).unwrap_or(objective::ALL[0].with(&settings.objective)),
            settings,
            real: vec![0.0; config.batch_size * sample],
            noise: vec![0.0; config.batch_size * latent],
        }
    }

    /// The settings in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
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

    /// Puts other settings in force. The weights stay, but for another clip range, which holds at once; with another
    /// objective, head or generator's loss the critic's optimiser moments restart, for they belong to the gradients of
    /// the old one.
    pub fn set(&mut self, settings: Settings) {
        if settings.objective != self.settings.objective {
            self.critic_optimizer.restart();
            if let Some(objective) = objective::of(&settings.objective) {
                self.objective = objective;
            }
        }
        self.generator_optimizer.set_lr(settings.generator_lr);
        self.critic_optimizer.set_lr(settings.critic_lr);
        if let Constraint::Clip { clip } = settings.constraint
            && settings.constraint != self.settings.constraint
        {
            self.critic.params.clip(clip);
        }
        self.settings = settings;
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
        Tensor::from_slice(samples).view([n as i64, -1]).to_device(self.device)
    }

    /// The critic's gradient from one pass over real and generated samples together, and the generated samples' scores.
    fn critic_gradient(&mut self, real: &Tensor, fake: &Tensor, keep_graph: bool) -> (CriticMeasured, Tensor) {
        let scores = self.critic.forward(&Tensor::cat(&[real, fake], 0));
        let batch = self.batch as i64;
        let (score_real, score_fake) = (scores.narrow(0, 0, batch), scores.narrow(0, batch, batch));
        let values_real = self.objective.values(self.head(), &score_real).mean(None);
        let penalty = self.objective.penalties(self.head(), &score_fake).mean(None);
        let bound = values_real.subtract(&penalty);
        self.critic.params.backward(&-&bound, keep_graph);
        let measured = CriticMeasured {
            bound: bound.detach(),
            value_real: values_real.detach(),
            norm: self.critic.params.gradient().norm(),
            score_real: score_real.detach(),
            score_fake: score_fake.detach(),
        };
        (measured, score_fake)
    }

    /// The generator's gradient from the scores of samples that it generated with its graph.
    fn generator_gradient(&mut self, score_fake: &Tensor) -> GeneratorMeasured {
        let form = self.settings.objective.generator_loss;
        let loss = self.objective.generator_loss(self.head(), form, score_fake);
        self.generator.params.backward(&loss, false);
        GeneratorMeasured { loss: loss.detach(), norm: self.generator.params.gradient().norm() }
    }

    fn critic_update(&mut self, draw: &mut Draw) -> Result<CriticMeasured, NonFinite> {
        let real = self.real(draw);
        let noise = self.noise(draw);
        let fake = no_grad(|| self.generator.forward(&noise));
        let (measured, _) = self.critic_gradient(&real, &fake, false);
        self.update_critic(&measured)?;
        Ok(measured)
    }

    fn generator_update(&mut self, draw: &mut Draw) -> Result<GeneratorMeasured, NonFinite> {
        let noise = self.noise(draw);
        let fake = self.generator.forward(&noise);
        let scores = self.critic.forward(&fake);
        let measured = self.generator_gradient(&scores);
        self.update_generator(&measured)?;
        Ok(measured)
    }

    /// Both gradients from the same point, then both updates.
    fn simultaneous_update(&mut self, draw: &mut Draw) -> Result<(CriticMeasured, GeneratorMeasured), NonFinite> {
        let real = self.real(draw);
        let noise = self.noise(draw);
        let fake = self.generator.forward(&noise);
        let (critic, score_fake) = self.critic_gradient(&real, &fake, true);
        let generator = self.generator_gradient(&score_fake);
        self.update_critic(&critic)?;
        self.update_generator(&generator)?;
        Ok((critic, generator))
    }

    /// Applies the critic's gradient, then the clip, so that the generator never sees an unclipped critic.
    fn update_critic(&mut self, measured: &CriticMeasured) -> Result<(), NonFinite> {
        let (bound, norm) = (&measured.bound, &measured.norm);
        self.guard.update(Player::Critic, &self.critic, &mut self.critic_optimizer, bound, norm)?;
        if let Constraint::Clip { clip } = self.settings.constraint {
            self.critic.params.clip(clip);
        }
        Ok(())
    }

    fn update_generator(&mut self, measured: &GeneratorMeasured) -> Result<(), NonFinite> {
        let (loss, norm) = (&measured.loss, &measured.norm);
        self.guard.update(Player::Generator, &self.generator, &mut self.generator_optimizer, loss, norm)
    }

    /// The scalars of a completed step of so many updates of both networks.
    fn measured(&self, critic: CriticMeasured, generator: GeneratorMeasured, updates: u64) -> Measured {
        no_grad(|| {
            let share = match self.settings.constraint {
                Constraint::None => Tensor::zeros([], (Kind::Float, self.device)),
                Constraint::Clip { clip } => {
                    // The bound as the weights hold it, in single precision.
                    let at_bound = self.critic.params.flat().abs().ge((clip as f32) as f64);
                    at_bound.to_kind(Kind::Float).mean(None)
                }
            };
            [
                -&critic.bound,
                generator.loss,
                critic.bound,
                critic.value_real,
                self.objective.values(self.head(), &critic.score_fake).mean(None),
                critic.score_real.mean(None),
                critic.score_fake.mean(None),
                critic.norm,
                generator.norm,
                share,
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

    /// Critic values T(x) of samples, \[n\].
    pub fn critic_values(&self, samples: &Tensor) -> Tensor {
        no_grad(|| self.objective.values(self.head(), &self.critic.forward(samples)).reshape([-1]))
    }

    /// Where real samples come from.
    pub fn source(&self) -> &'a Source {
        self.source
    }
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
        let config = config(&[
            "objective={kind='pearson', head='paper'}",
            "constraint.kind='none'",
            "optimizer.critic={kind='sgd', lr=1e3}",
        ]);
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
            return;
        }
        panic!("nothing broke");
    }
}
