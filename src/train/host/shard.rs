//! One share of a batch: its passes through both networks, and the sums that the whole batch's are made of.

use std::ops::Range;
use std::slice;

use super::pass::Pass;
use super::{Side, Table};
use crate::link::Player;
use crate::objective::Term;

/// A gradient that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    Critic,
    Generator,
    /// Both from the same point.
    Both,
}

/// Sums over the samples of a shard.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    /// Of T(x) and V(x) of real samples.
    pub value_real: f64,
    pub score_real: f64,
    /// Of f*(T), T and V of generated ones.
    pub penalty: f64,
    pub value_fake: f64,
    pub score_fake: f64,
    /// Of the generator's loss.
    pub descent: f64,
}

/// The buffers of a share of the batch. The critic looks at real and generated samples together: the first rows are the
/// real ones.
#[derive(Debug)]
pub struct Shard {
    /// Which samples of the batch.
    samples: Range<usize>,
    critic: Pass,
    generator: Pass,
    /// The share's part of each gradient of the last task that asked for it.
    critic_gradient: Vec<f32>,
    generator_gradient: Vec<f32>,
    pub sums: Sums,
}

impl Shard {
    /// Buffers for these samples of the batch.
    pub fn new(table: &Table, samples: Range<usize>) -> Shard {
        let n = samples.len();
        Shard {
            samples,
            critic: Pass::new(&table.critic.stages, 2 * n, true),
            generator: Pass::new(&table.generator.stages, n, false),
            critic_gradient: vec![0.0; table.critic.weights.len()],
            generator_gradient: vec![0.0; table.generator.weights.len()],
            sums: Sums::default(),
        }
    }

    /// This share's part of what `table` asks for.
    pub fn run(&mut self, table: &Table) {
        let n = self.samples.len();
        self.generate(table);
        match table.task {
            Task::Critic => {
                self.look_at_real(table);
                self.score(table, 0..2 * n);
                self.critic_backward(table);
            }
            Task::Generator => {
                self.score(table, n..2 * n);
                self.generator_backward(table);
            }
            Task::Both => {
                self.look_at_real(table);
                self.score(table, 0..2 * n);
                self.critic_backward(table);
                self.generator_backward(table);
            }
        }
    }

    /// Brings the real samples in.
    fn look_at_real(&mut self, table: &Table) {
        let real = table.real.rows(&self.samples);
        self.critic.input[..real.len()].copy_from_slice(real);
    }

    /// Generates samples from the noise.
    fn generate(&mut self, table: &Table) {
        self.generator.input.copy_from_slice(table.noise.rows(&self.samples));
        let player = &table.generator;
        self.generator.forward(&player.stages, &player.weights, 0..self.samples.len());
        let output = self.generator.output();
        self.critic.input[output.len()..].copy_from_slice(output);
    }

    fn score(&mut self, table: &Table, rows: Range<usize>) {
        self.critic.forward(&table.critic.stages, &table.critic.weights, rows);
    }

    fn critic_backward(&mut self, table: &Table) {
        let n = self.samples.len();
        let (scores, rises) = self.critic.ends();
        let ((real, fake), (real_rises, fake_rises)) = (scores.split_at(n), rises.split_at_mut(n));
        let (objective, head) = (table.objective(), table.head);
        let share = 1.0 / table.batch as f64;
        // The critic descends −F = −E_P[g(v)] + E_Q[h(v)].
        self.sums.value_real = objective.sweep(head, Term::Value, real, -share, real_rises);
        self.sums.penalty = objective.sweep(head, Term::Penalty, fake, share, fake_rises);
        self.sums.value_fake = fake.iter().map(|&v| objective.value(head, v.into())).sum();
        let sum = |scores: &[f32]| scores.iter().map(|&v| f64::from(v)).sum::<f64>();
        (self.sums.score_real, self.sums.score_fake) = (sum(real), sum(fake));
        let Side { stages, weights } = &table.critic;
        self.critic.backward(stages, weights, 0..2 * n, 0..0);
        self.critic.gradient(stages, 0..2 * n, &[0..n, n..2 * n], &mut self.critic_gradient);
    }

    fn generator_backward(&mut self, table: &Table) {
        let n = self.samples.len();
        let (scores, rises) = self.critic.ends();
        let share = 1.0 / table.batch as f64;
        let term = Term::Descent(table.form);
        self.sums.descent = table.objective().sweep(table.head, term, &scores[n..], share, &mut rises[n..]);
        let Side { stages, weights } = &table.critic;
        self.critic.backward(stages, weights, n..2 * n, n..2 * n);
        let rise = self.generator.output_rise();
        let from = self.critic.input_rise.len() - rise.len();
        rise.copy_from_slice(&self.critic.input_rise[from..]);
        let Side { stages, weights } = &table.generator;
        self.generator.backward(stages, weights, 0..n, 0..0);
        self.generator.gradient(stages, 0..n, slice::from_ref(&(0..n)), &mut self.generator_gradient);
    }

    /// The same, to be summed into.
    pub fn gradient_mut(&mut self, player: Player) -> &mut [f32] {
        match player {
            Player::Critic => &mut self.critic_gradient,
            Player::Generator => &mut self.generator_gradient,
        }
    }

    /// The share's part of a player's gradient.
    pub fn gradient(&self, player: Player) -> &[f32] {
        match player {
            Player::Critic => &self.critic_gradient,
            Player::Generator => &self.generator_gradient,
        }
    }
}
