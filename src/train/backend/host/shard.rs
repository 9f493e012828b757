//! One share of a batch: its passes through both networks, and the sums that the whole batch's are made of.

use std::ops::Range;
use std::slice;

use super::pass::Pass;
use super::slope;
use super::table::{Side, Table, zeros};
use crate::config::Constraint;
use crate::link::Player;
use crate::theory::objective::Term;
use crate::train::penalty;

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
    pub conjugate: f64,
    pub value_fake: f64,
    pub score_fake: f64,
    /// Of what the constraint adds to the critic's loss.
    pub constraint: f64,
    /// Of the generator's loss.
    pub descent: f64,
}

/// The buffers of a share of the batch. The critic looks at real and generated samples together: the first rows are the
/// real ones, the next as many the generated ones, the next the points at which a penalty looks at its slope, and the
/// last are room for what comes of those.
#[derive(Debug)]
pub struct Shard {
    /// The samples of the batch.
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
            critic: Pass::new(&table.critic.stages, 4 * n, true),
            generator: Pass::new(&table.generator.stages, n, false),
            critic_gradient: zeros(table.critic.weights.len()),
            generator_gradient: zeros(table.generator.weights.len()),
            sums: Sums::default(),
        }
    }

    /// This share's part of what `table` asks for.
    pub fn run(&mut self, table: &Table) {
        let n = self.samples.len();
        self.generate(table);
        match table.task {
            Task::Critic => {
                self.critic_forward(table);
                self.critic_backward(table);
            }
            Task::Generator => {
                self.score(table, n..2 * n);
                self.generator_backward(table);
            }
            Task::Both => {
                self.critic_forward(table);
                self.critic_backward(table);
                self.generator_backward(table);
            }
        }
    }

    /// Brings the real samples in, and the points of a penalty, and scores all.
    fn critic_forward(&mut self, table: &Table) {
        let n = self.samples.len();
        let real = table.real.rows(&self.samples);
        self.critic.input[..real.len()].copy_from_slice(real);
        let (samples, points) = self.critic.input.split_at_mut(2 * real.len());
        let fake = &samples[real.len()..];
        match table.constraint {
            Constraint::GradientPenalty { .. } => {
                let shares = &table.shares[self.samples.clone()];
                let width = table.real.width;
                for (((point, real), fake), share) in points
                    .chunks_exact_mut(width)
                    .zip(real.chunks_exact(width))
                    .zip(fake.chunks_exact(width))
                    .zip(shares)
                {
                    for ((point, real), fake) in point.iter_mut().zip(real).zip(fake) {
                        *point = fake + share * (real - fake);
                    }
                }
            }
            Constraint::R1 { .. } => points[..real.len()].copy_from_slice(real),
            Constraint::None | Constraint::Clip { .. } | Constraint::SpectralNorm => {}
        }
        self.score(table, 0..if table.constraint.is_penalty() { 3 * n } else { 2 * n });
    }

    /// Generates samples from the noise.
    fn generate(&mut self, table: &Table) {
        self.generator.input.copy_from_slice(table.noise.rows(&self.samples));
        let player = &table.generator;
        self.generator.forward(&player.stages, &player.weights, 0..self.samples.len());
        let output = self.generator.output();
        self.critic.input[output.len()..2 * output.len()].copy_from_slice(output);
    }

    fn score(&mut self, table: &Table, rows: Range<usize>) {
        self.critic.forward(&table.critic.stages, &table.critic.weights, rows);
    }

    fn critic_backward(&mut self, table: &Table) {
        let n = self.samples.len();
        let (scores, grads) = self.critic.ends();
        let (real, fake) = scores[..2 * n].split_at(n);
        let (grads, point_grads) = grads.split_at_mut(2 * n);
        let (real_grads, fake_grads) = grads.split_at_mut(n);
        let (objective, head) = (table.objective(), table.head);
        let share = 1.0 / table.batch as f64;
        // The critic descends −F = −E_P[g(v)] + E_Q[h(v)].
        self.sums.value_real = objective.sweep(head, Term::Value, real, -share, real_grads);
        self.sums.conjugate = objective.sweep(head, Term::Conjugate, fake, share, fake_grads);
        self.sums.value_fake = fake.iter().map(|&v| objective.value(head, v.into())).sum();
        let sum = |scores: &[f32]| scores.iter().map(|&v| f64::from(v)).sum::<f64>();
        (self.sums.score_real, self.sums.score_fake) = (sum(real), sum(fake));
        let Side { stages, weights } = &table.critic;
        if !table.constraint.is_penalty() {
            self.sums.constraint = 0.0;
            self.critic.backward(stages, weights, 0..2 * n, 0..0, 0..0);
            self.critic.gradient(stages, 0..2 * n, &[0..n, n..2 * n], &mut self.critic_gradient);
            return;
        }
        point_grads[..n].fill(1.0);
        let points = 2 * n..3 * n;
        let curved = slope::curved(stages);
        self.critic.backward(stages, weights, 0..3 * n, points.clone(), if curved { points.clone() } else { 0..0 });
        self.sums.constraint = self.penalise(table, share);
        self.critic.tangent(stages, weights, &points);
        let (rows, second) = if curved { (4 * n, 3 * n..4 * n) } else { (3 * n, 0..0) };
        self.critic.gradient(stages, 0..rows, &[0..n, n..2 * n, second], &mut self.critic_gradient);
    }

    /// Moves the points of a penalty to the rows behind them, and writes the penalty's derivative with respect to the
    /// score's gradient at each in its place. Returns the sum of what it adds to the loss.
    fn penalise(&mut self, table: &Table, share: f64) -> f64 {
        let width = table.real.width;
        let (from, to) = (2 * self.samples.len() * width, 3 * self.samples.len() * width);
        self.critic.input.copy_within(from..to, to);
        self.critic.input[from..to].copy_from_slice(&self.critic.input_grad[from..to]);
        let gradients = self.critic.input[from..to].chunks_exact_mut(width);
        gradients.map(|gradient| penalty::penalty_grad(table.constraint, gradient, share)).sum()
    }

    fn generator_backward(&mut self, table: &Table) {
        let n = self.samples.len();
        let (scores, grads) = self.critic.ends();
        let share = 1.0 / table.batch as f64;
        let term = Term::Descent(table.form);
        self.sums.descent = table.objective().sweep(table.head, term, &scores[n..2 * n], share, &mut grads[n..2 * n]);
        let Side { stages, weights } = &table.critic;
        self.critic.backward(stages, weights, n..2 * n, n..2 * n, 0..0);
        let grad = self.generator.output_grad();
        grad.copy_from_slice(&self.critic.input_grad[grad.len()..2 * grad.len()]);
        let Side { stages, weights } = &table.generator;
        self.generator.backward(stages, weights, 0..n, 0..0, 0..0);
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
