//! A step, the same for every backend: the critic's updates, then the generator's, mostly one.
//!
//! Each update is a batch drawn, a gradient, its reduction over processes, the guard's verdict, and the update itself.

use super::backend::{Backend, CriticFigures, Figure, Losses, Players, Reduce, ScoreFigures};
use super::data::Reader;
use super::draw::{Draw, Drawn};
use super::guard::{Guard, Quantity};
use super::meter::{Measured, StepFigures};
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

impl Step<'_, '_> {
    /// Does the step. On an error the weights are as they were before the update that met it.
    pub fn run<B: Backend>(mut self, backend: &mut B) -> Result<Measured, Setback> {
        self.guard.begin();
        backend.begin(self.players, &self.losses);
        for _ in 1..self.critic_updates {
            self.draw_samples()?;
            let mut critic = backend.critic(self.players, &self.losses, self.drawn);
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
        let (mut critic, mut scores) = backend.critic_recorded(self.players, &self.losses, self.drawn);
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
        let mut loss = backend.generator(self.players, &self.losses, self.drawn);
        let norm = self.update_generator(backend, &mut loss)?;
        Ok((loss, norm))
    }

    /// Both gradients from the same point, then both updates.
    fn simultaneous<B: Backend>(&mut self, backend: &mut B) -> Result<Last<B::Figure>, Setback> {
        self.draw_samples()?;
        let (mut critic, mut scores, mut generator_loss) = backend.both(self.players, &self.losses, self.drawn);
        let critic_norm = self.update_critic(backend, &mut critic, Some(&mut scores))?;
        let mut generator_norm = self.update_generator(backend, &mut generator_loss)?;
        for _ in 1..self.generator_updates {
            (generator_loss, generator_norm) = self.answer(backend)?;
        }
        Ok(Last { critic, scores, critic_norm, generator_loss, generator_norm })
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
