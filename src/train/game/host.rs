//! A step's updates in plain numbers on the host, and when these and the tensors tell each other.

use super::super::draw::Draw;
use super::super::guard::{NonFinite, Quantity, check};
use super::super::host::{CriticFigures, GeneratorFigures, Host};
use super::super::meter::Measured;
use super::{Game, Means};
use crate::config::Update;
use crate::link::Player;
use crate::model;

/// What a step on the host means to a game that has no host.
fn absent() -> ! {
    unreachable!("a step on the host without one")
}

impl Game<'_> {
    /// Brings the tensors up to date.
    pub(super) fn settle(&self) {
        if let Means::Host(host) = &self.means
            && self.host_ahead.replace(false)
        {
            host.store(Player::Generator, &self.generator, &self.generator_optimizer);
            host.store(Player::Critic, &self.critic, &self.critic_optimizer);
        }
    }

    /// The same before somebody changes the tensors or the settings.
    pub(super) fn unsettle(&mut self) {
        self.settle();
        self.host_behind = true;
    }

    fn host(&mut self) -> &mut Host {
        match &mut self.means {
            Means::Host(host) => host,
            Means::Tensors(_) => absent(),
        }
    }

    /// Step number `step`, of so many critic updates.
    pub(super) fn step_on_host(&mut self, draw: &mut Draw, updates: u64) -> Result<Measured, NonFinite> {
        if std::mem::take(&mut self.host_behind) {
            let Means::Host(host) = &mut self.means else { absent() };
            host.play_for(&self.settings.objective, self.settings.constraint);
            host.load(Player::Generator, &self.generator, &self.generator_optimizer);
            host.load(Player::Critic, &self.critic, &self.critic_optimizer);
        }
        for _ in 1..updates {
            self.critic_on_host(draw)?;
        }
        let (critic, generator) = match self.update {
            Update::Alternating => (self.critic_on_host(draw)?, self.generator_on_host(draw)?),
            Update::Simultaneous => {
                self.draw_on_host(draw, true);
                let (critic, generator) = self.host().both();
                self.update_critic_on_host(critic)?;
                self.update_generator_on_host(generator)?;
                (critic, generator)
            }
        };
        let share = self.settings.constraint.clip().map_or(0.0, |clip| self.host().share_at(clip));
        let CriticFigures { bound, penalty, loss, value_real, value_fake, score_real, score_fake, norm } = critic;
        let passed = (updates + 1) as f32;
        Ok(Measured::Host([
            loss,
            generator.loss,
            bound,
            value_real,
            value_fake,
            score_real,
            score_fake,
            norm,
            generator.norm,
            share,
            penalty,
            passed,
        ]))
    }

    /// Draws a batch of latent noise, and one of real samples where they are looked at.
    fn draw_on_host(&mut self, draw: &mut Draw, real_too: bool) {
        let (source, prior) = (self.source, self.prior);
        self.host().draw(|real, noise| {
            if real_too {
                source.fill(&mut draw.data, real);
            }
            model::fill_noise(prior, &mut draw.noise, noise);
        });
        if real_too {
            self.host().draw_shares(&mut draw.penalty);
        }
    }

    fn critic_on_host(&mut self, draw: &mut Draw) -> Result<CriticFigures, NonFinite> {
        self.draw_on_host(draw, true);
        let figures = self.host().critic();
        self.update_critic_on_host(figures)?;
        Ok(figures)
    }

    fn generator_on_host(&mut self, draw: &mut Draw) -> Result<GeneratorFigures, NonFinite> {
        self.draw_on_host(draw, false);
        let figures = self.host().generator();
        self.update_generator_on_host(figures)?;
        Ok(figures)
    }

    fn update_critic_on_host(&mut self, figures: CriticFigures) -> Result<(), NonFinite> {
        check(Player::Critic, Quantity::Loss, figures.bound.into())?;
        check(Player::Critic, Quantity::Penalty, figures.penalty.into())?;
        self.update_on_host(Player::Critic, figures.loss, figures.norm)
    }

    fn update_generator_on_host(&mut self, figures: GeneratorFigures) -> Result<(), NonFinite> {
        self.update_on_host(Player::Generator, figures.loss, figures.norm)
    }

    /// Applies a player's gradient, unless its loss or its norm is not finite; to the critic then the clip.
    fn update_on_host(&mut self, player: Player, loss: f32, norm: f32) -> Result<(), NonFinite> {
        check(player, Quantity::Loss, loss.into())?;
        check(player, Quantity::Gradient, norm.into())?;
        let Means::Host(host) = &mut self.means else { absent() };
        let (optimizer, clip) = match player {
            Player::Generator => (&mut self.generator_optimizer, None),
            Player::Critic => (&mut self.critic_optimizer, self.settings.constraint.clip()),
        };
        host.update(player, optimizer, clip);
        self.host_ahead.set(true);
        Ok(())
    }
}
