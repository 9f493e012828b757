//! A step's updates on tensors, by an engine that computes the gradients.

use tch::{Kind, Tensor, no_grad};

use super::super::draw::Draw;
use super::super::engine::{CriticMeasured, Engine, GeneratorMeasured, Play};
use super::super::guard::{NonFinite, Quantity};
use super::super::meter::Measured;
use super::{Game, Means};
use crate::config::{Constraint, Update};
use crate::link::Player;
use crate::model;

impl Game<'_> {
    /// Step number `step`, of so many critic updates.
    pub(super) fn step_on_tensors(&mut self, draw: &mut Draw, updates: u64) -> Result<Measured, NonFinite> {
        self.guard.begin();
        for _ in 1..updates {
            self.critic_update(draw)?;
        }
        let (critic, generator) = match self.update {
            Update::Alternating => (self.critic_update(draw)?, self.generator_update(draw)?),
            Update::Simultaneous => self.simultaneous_update(draw)?,
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

    /// The engine, and what it computes the gradients of.
    fn play<'b>(&'b mut self, draw: &'b mut Draw) -> (&'b mut Engine, Play<'b>) {
        let Means::Tensors(engine) = &mut self.means else {
            unreachable!("a step on tensors without an engine for them")
        };
        let play = Play {
            generator: &mut self.generator,
            critic: &mut self.critic,
            objective: &*self.objective,
            head: self.settings.objective.head,
            form: self.settings.objective.generator_loss,
            constraint: self.settings.constraint,
            between: &mut draw.penalty,
        };
        (engine, play)
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
        let mut parts = vec![(Quantity::Loss, &measured.bound)];
        if let Some(penalty) = &measured.penalty {
            parts.extend([(Quantity::Penalty, penalty), (Quantity::Loss, &measured.loss)]);
        }
        parts.push((Quantity::Gradient, &measured.norm));
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
        let parts = [(Quantity::Loss, &measured.loss), (Quantity::Gradient, &measured.norm)];
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
            Measured::Device([
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
            ])
        })
    }
}
