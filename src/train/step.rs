//! A step, the same for every backend: the critic's updates, then the generator's, mostly one.
//!
//! Each update is a batch drawn, a gradient, its reduction over processes, the guard's verdict, and the update itself.

use super::backend::{Backend, CriticFigures, Figure, Losses, Players, Reduce, ScoreFigures};
use super::data::Reader;
use super::draw::{Draw, Drawn};
use super::guard::{Guard, Quantity};
use super::meter::{Measured, StepFigures};
use super::parts::Parts;
use super::setback::Setback;
use crate::config::{Prior, Update};
use crate::link::Player;

/// One step, before it is done.
pub struct Step<'a, 'b> {
    pub players: &'a mut Players,
    pub losses: Losses<'a>,
    pub guard: &'a mut Guard,
    pub reduce: &'a mut dyn Reduce,
    pub reader: &'a mut Reader<'b>,
    pub prior: Prior,
    pub draw: Draw,
    /// Room for what is drawn.
    pub drawn: &'a mut Drawn,
    /// The parts in which it goes through the networks.
    pub parts: &'a mut Parts,
    /// Whether the generator answers the critic's last update, or both go at once.
    pub update: Update,
    /// Critic updates, at least one.
    pub critic_updates: u64,
    /// Generator updates, at least one.
    pub generator_updates: u64,
}

/// The figures of the last updates of a step.
struct Last<F> {
    critic: CriticFigures<F>,
    scores: ScoreFigures<F>,
    critic_norm: F,
    generator_loss: F,
    generator_norm: F,
}

/// The figures of a recorded critic update.
type Recorded<F> = (CriticFigures<F>, ScoreFigures<F>);

impl Step<'_, '_> {
    /// Does the step. On an error the weights are as they were before the update that met it.
    pub fn run<B: Backend>(mut self, backend: &mut B) -> Result<Measured, Setback> {
        self.guard.begin();
        backend.begin(self.players, &self.losses);
        for _ in 1..self.critic_updates {
            self.draw_samples()?;
            let mut critic = self.critic(backend);
            self.update_critic(backend, &mut critic, None)?;
        }
        let last = match self.update {
            Update::Alternating => self.alternating(backend)?,
            Update::Simultaneous => self.simultaneous(backend)?,
        };
        Ok(self.measured(backend, last))
    }

    /// The critic's last update, then the generator's against it.
    fn alternating<B: Backend>(&mut self, backend: &mut B) -> Result<Last<B::Figure>, Setback> {
        self.draw_samples()?;
        let (mut critic, mut scores) = self.critic_recorded(backend);
        let critic_norm = self.update_critic(backend, &mut critic, Some(&mut scores))?;
        let (mut generator_loss, mut generator_norm) = self.answer(backend)?;
        for _ in 1..self.generator_updates {
            (generator_loss, generator_norm) = self.answer(backend)?;
        }
        Ok(Last { critic, scores, critic_norm, generator_loss, generator_norm })
    }

    /// A generator update against the critic as it is, of noise of its own: its loss, and its gradient's norm.
    fn answer<B: Backend>(&mut self, backend: &mut B) -> Result<(B::Figure, B::Figure), Setback> {
        self.draw.noise(self.prior, self.drawn);
        let mut loss = self.generator(backend);
        let norm = self.update_generator(backend, &mut loss)?;
        Ok((loss, norm))
    }

    /// Both gradients from the same point, then both updates.
    fn simultaneous<B: Backend>(&mut self, backend: &mut B) -> Result<Last<B::Figure>, Setback> {
        self.draw_samples()?;
        let (mut critic, mut scores, mut generator_loss) = self.both(backend);
        let critic_norm = self.update_critic(backend, &mut critic, Some(&mut scores))?;
        let mut generator_norm = self.update_generator(backend, &mut generator_loss)?;
        for _ in 1..self.generator_updates {
            (generator_loss, generator_norm) = self.answer(backend)?;
        }
        Ok(Last { critic, scores, critic_norm, generator_loss, generator_norm })
    }

    /// The critic's gradient at the batch.
    fn critic<B: Backend>(&mut self, backend: &mut B) -> CriticFigures<B::Figure> {
        let Step { players, losses, drawn, parts, .. } = self;
        parts.each(drawn, |drawn, sums| {
            let mut critic = backend.critic(players, losses, drawn);
            if let Some(sums) = sums {
                backend.reduce(Player::Critic, players, sums, &mut critic.each_mut());
            }
            critic
        })
    }

    /// The same with what only the step's record needs.
    fn critic_recorded<B: Backend>(&mut self, backend: &mut B) -> Recorded<B::Figure> {
        let Step { players, losses, drawn, parts, .. } = self;
        parts.each(drawn, |drawn, sums| {
            let (mut critic, mut scores) = backend.critic_recorded(players, losses, drawn);
            if let Some(sums) = sums {
                backend.reduce(Player::Critic, players, sums, &mut critic.each_mut().chain(scores.each_mut()));
            }
            (critic, scores)
        })
    }

    /// The generator's gradient at the batch's noise, and its loss.
    fn generator<B: Backend>(&mut self, backend: &mut B) -> B::Figure {
        let Step { players, losses, drawn, parts, .. } = self;
        parts.each(drawn, |drawn, sums| {
            let mut loss = backend.generator(players, losses, drawn);
            if let Some(sums) = sums {
                backend.reduce(Player::Generator, players, sums, &mut std::iter::once(&mut loss));
            }
            loss
        })
    }

    /// Both gradients from the same point.
    fn both<B: Backend>(&mut self, backend: &mut B) -> (CriticFigures<B::Figure>, ScoreFigures<B::Figure>, B::Figure) {
        let Step { players, losses, drawn, parts, .. } = self;
        parts.each(drawn, |drawn, sums| {
            let (mut critic, mut scores, mut loss) = backend.both(players, losses, drawn);
            if let Some(sums) = sums {
                backend.reduce(Player::Critic, players, sums, &mut critic.each_mut().chain(scores.each_mut()));
                backend.reduce(Player::Generator, players, sums, &mut std::iter::once(&mut loss));
            }
            (critic, scores, loss)
        })
    }

    /// A batch of real samples and of latent noise.
    fn draw_samples(&mut self) -> Result<(), Setback> {
        self.draw.real(self.reader, self.losses.constraint, self.drawn)?;
        self.draw.noise(self.prior, self.drawn);
        Ok(())
    }

    /// The critic's update along its gradient. Returns the gradient's norm.
    fn update_critic<B: Backend>(
        &mut self,
        backend: &mut B,
        figures: &mut CriticFigures<B::Figure>,
        scores: Option<&mut ScoreFigures<B::Figure>>,
    ) -> Result<B::Figure, Setback> {
        let player = Player::Critic;
        let scores = scores.into_iter().flat_map(ScoreFigures::each_mut);
        let norm = backend.reduce(player, self.players, self.reduce, &mut figures.each_mut().chain(scores));
        self.apply(backend, player, figures.verdict(&norm))?;
        Ok(norm)
    }

    /// The generator's.
    fn update_generator<B: Backend>(&mut self, backend: &mut B, loss: &mut B::Figure) -> Result<B::Figure, Setback> {
        let player = Player::Generator;
        let norm = backend.reduce(player, self.players, self.reduce, &mut std::iter::once(&mut *loss));
        self.apply(backend, player, [(Quantity::Loss, &*loss), (Quantity::Gradient, &norm)].into_iter())?;
        Ok(norm)
    }

    /// A player's update along its reduced gradient, after the guard's verdict on the figures.
    fn apply<'f, B: Backend>(
        &mut self,
        backend: &mut B,
        player: Player,
        figures: impl Iterator<Item = (Quantity, &'f B::Figure)>,
    ) -> Result<(), Setback>
    where
        B::Figure: 'f,
    {
        self.guard.verdict(player, figures)?;
        backend.apply(player, self.players, self.losses.constraint, self.guard);
        Ok(())
    }

    /// The step's figures for its record.
    fn measured<B: Backend>(&self, backend: &B, last: Last<B::Figure>) -> Measured {
        let Last { critic, scores, critic_norm, generator_loss, generator_norm } = last;
        let number = |number: f64| backend.figure(self.players, number);
        let share_at_clip = |clip| backend.share_at_clip(self.players, clip);
        Figure::measured(StepFigures {
            critic_loss: critic.loss,
            generator_loss,
            bound: critic.bound,
            critic_real: critic.value_real,
            critic_fake: scores.value_fake,
            score_real: scores.score_real,
            score_fake: scores.score_fake,
            critic_grad_norm: critic_norm,
            generator_grad_norm: generator_norm,
            clip_share: self.losses.constraint.clip().map_or_else(|| number(0.0), share_at_clip),
            penalty: critic.penalty.unwrap_or_else(|| number(0.0)),
            passed: match self.guard.passed() {
                Some(passed) => Figure::of(passed),
                None => number((self.critic_updates + self.generator_updates) as f64),
            },
        })
    }
}
