//! The explicit engine on the host: a step in plain numbers, without libtorch.
//!
//! Both networks' weights, gradients and moments are `f32` vectors here, the passes matrix products of a library and
//! loops over slices. A batch is cut into shards, by its size alone; workers do them, each shard in buffers of its own,
//! and the shards' gradients are summed in their order. So the numbers are the same to the bit however many workers
//! there are, and whichever is faster.
//!
//! The networks' tensors stay what everybody else reads and writes. [`Host::store`] brings them up to date when somebody
//! looks, [`Host::load`] takes over what somebody has changed.

mod function;
mod pass;
mod plan;
mod pool;
mod product;
mod shard;
mod slope;
mod sum;

use std::fmt;
use std::ops::Range;
use std::sync::MutexGuard;

use tch::{Tensor, no_grad};

use super::penalty;
use crate::config::{self, Constraint, GeneratorLoss, Head};
use crate::link::Player;
use crate::model::Network;
use crate::objective::{self, Objective};
use crate::optim::Optimizer;
use crate::seed::Rng;
use plan::Stage;
use pool::Pool;
use shard::{Shard, Sums, Task};

/// A shard is of at least so many samples of each kind. Matrix products of few rows are slower, by a twentieth to a tenth
/// here, but a batch of one shard keeps one worker busy.
const LEAST_SAMPLES: usize = 32;
/// The most shards: each adds a gradient to be summed.
const MOST_SHARDS: usize = 4;

/// What all shards read, and nobody writes while they do.
struct Table {
    generator: Side,
    critic: Side,
    /// Real samples and latent noise.
    real: Samples,
    noise: Samples,
    /// Where between the samples a gradient penalty looks, \[batch\].
    shares: Vec<f32>,
    /// Samples of each kind.
    batch: usize,
    task: Task,
    objective: Box<dyn Objective>,
    head: Head,
    form: GeneratorLoss,
    constraint: Constraint,
}

/// A network's stages and weights.
#[derive(Debug)]
struct Side {
    stages: Vec<Stage>,
    weights: Vec<f32>,
}

/// Samples, a row each.
#[derive(Debug)]
struct Samples {
    numbers: Vec<f32>,
    width: usize,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({:?} of {} samples of each kind)", self.task, self.batch)
    }
}

impl Table {
    fn objective(&self) -> &dyn Objective {
        &*self.objective
    }

    fn side(&self, player: Player) -> &Side {
        match player {
            Player::Generator => &self.generator,
            Player::Critic => &self.critic,
        }
    }

    fn side_mut(&mut self, player: Player) -> &mut Side {
        match player {
            Player::Generator => &mut self.generator,
            Player::Critic => &mut self.critic,
        }
    }
}

impl Side {
    fn new(network: &Network) -> Side {
        Side { stages: plan::stages(network), weights: zeros(network.params.len()) }
    }

    /// Samples for its input.
    fn inputs(&self, n: usize) -> Samples {
        let width = self.stages.first().map_or(0, |stage| stage.inputs);
        Samples { numbers: zeros(n * width), width }
    }
}

impl Samples {
    fn rows(&self, rows: &Range<usize>) -> &[f32] {
        &self.numbers[rows.start * self.width..rows.end * self.width]
    }
}

/// Means over a batch, from a critic's pass.
#[derive(Clone, Copy, Debug)]
pub struct CriticFigures {
    pub bound: f32,
    /// What the constraint adds to the loss.
    pub penalty: f32,
    /// −bound + penalty.
    pub loss: f32,
    pub value_real: f32,
    pub value_fake: f32,
    pub score_real: f32,
    pub score_fake: f32,
    /// Of the gradient.
    pub norm: f32,
}

/// The generator's loss, and the norm of its gradient.
#[derive(Clone, Copy, Debug)]
pub struct GeneratorFigures {
    pub loss: f32,
    pub norm: f32,
}

/// The state of a step on the host.
#[derive(Debug)]
pub struct Host {
    pool: Pool,
    /// \[k, n\] row-major, as the optimisers have them.
    generator_moments: Vec<f32>,
    critic_moments: Vec<f32>,
}

/// The shards that a batch is cut into: as equal as can be.
fn cut(batch: usize) -> Vec<Range<usize>> {
    let shards = (batch / LEAST_SAMPLES).clamp(1, MOST_SHARDS);
    (0..shards).map(|i| i * batch / shards..(i + 1) * batch / shards).collect()
}

impl Host {
    /// For two networks, batches of `batch` samples of each kind, and so many workers, at least one. Knows no weights
    /// before [`Host::load`].
    pub fn new(generator: &Network, critic: &Network, batch: usize, workers: usize) -> Host {
        let (generator, critic) = (Side::new(generator), Side::new(critic));
        // Until it is told.
        let unknown = config::Objective::default();
        let table = Table {
            real: critic.inputs(batch),
            noise: generator.inputs(batch),
            generator,
            critic,
            batch,
            shares: vec![0.0; batch],
            task: Task::Both,
            objective: objective::ALL[0].with(&unknown),
            head: unknown.head,
            form: unknown.generator_loss,
            constraint: Constraint::None,
        };
        let shards = cut(batch).into_iter().map(|samples| Shard::new(&table, samples)).collect();
        Host { pool: Pool::new(table, shards, workers), generator_moments: Vec::new(), critic_moments: Vec::new() }
    }

    /// What the two play for from now on, and under which constraint.
    pub fn play_for(&mut self, settings: &config::Objective, constraint: Constraint) {
        let mut table = self.pool.table_mut();
        // Settings in force name an objective that exists.
        if let Some(objective) = objective::of(settings) {
            table.objective = objective;
        }
        (table.head, table.form, table.constraint) = (settings.head, settings.generator_loss, constraint);
    }

    /// Takes a player's weights and moments over.
    pub fn load(&mut self, player: Player, network: &Network, optimizer: &Optimizer) {
        read(network.params.flat(), &mut self.pool.table_mut().side_mut(player).weights);
        read(optimizer.moments(), self.moments_mut(player));
    }

    /// Brings a player's weights and moments to its tensors.
    pub fn store(&self, player: Player, network: &Network, optimizer: &Optimizer) {
        let (table, moments) = (self.pool.table(), self.moments(player));
        write(&table.side(player).weights, network.params.flat());
        write(moments, optimizer.moments());
    }

    /// Has a batch of real samples and of latent noise written, row-major.
    pub fn draw(&mut self, fill: impl FnOnce(&mut [f32], &mut [f32])) {
        let mut table = self.pool.table_mut();
        let Table { real, noise, .. } = &mut *table;
        fill(&mut real.numbers, &mut noise.numbers);
    }

    /// Draws where between the samples a gradient penalty looks, if there is one.
    pub fn draw_shares(&mut self, rng: &mut Rng) {
        let mut table = self.pool.table_mut();
        if matches!(table.constraint, Constraint::GradientPenalty { .. }) {
            penalty::fill_shares(rng, &mut table.shares);
        }
    }

    /// The critic's gradient at the batch that was drawn.
    pub fn critic(&mut self) -> CriticFigures {
        self.run(Task::Critic);
        self.critic_figures()
    }

    /// The generator's gradient at the noise that was drawn.
    pub fn generator(&mut self) -> GeneratorFigures {
        self.run(Task::Generator);
        self.generator_figures()
    }

    /// Both gradients from the same point.
    pub fn both(&mut self) -> (CriticFigures, GeneratorFigures) {
        self.run(Task::Both);
        (self.critic_figures(), self.generator_figures())
    }

    fn run(&mut self, task: Task) {
        self.pool.table_mut().task = task;
        self.pool.run();
    }

    fn critic_figures(&mut self) -> CriticFigures {
        let norm = self.sum(Player::Critic);
        let mean = self.means();
        let value_real = mean(|sums| sums.value_real);
        let bound = (value_real - mean(|sums| sums.conjugate)) as f32;
        let penalty = mean(|sums| sums.constraint) as f32;
        CriticFigures {
            bound,
            penalty,
            loss: penalty - bound,
            value_real: value_real as f32,
            value_fake: mean(|sums| sums.value_fake) as f32,
            score_real: mean(|sums| sums.score_real) as f32,
            score_fake: mean(|sums| sums.score_fake) as f32,
            norm,
        }
    }

    fn generator_figures(&mut self) -> GeneratorFigures {
        let norm = self.sum(Player::Generator);
        GeneratorFigures { loss: self.means()(|sums| sums.descent) as f32, norm }
    }

    /// Means over the batch.
    fn means(&self) -> impl Fn(fn(&Sums) -> f64) -> f64 {
        let batch = self.pool.table().batch as f64;
        let sums: Vec<Sums> = self.pool.shards().map(|shard| shard.sums).collect();
        move |of| sums.iter().map(of).sum::<f64>() / batch
    }

    /// Sums a player's gradient over the shards, into the first one's. Returns its norm.
    fn sum(&mut self, player: Player) -> f32 {
        let mut shards: Vec<MutexGuard<'_, Shard>> = self.pool.shards().collect();
        let Some((first, others)) = shards.split_first_mut() else { return 0.0 };
        let parts: Vec<&[f32]> = others.iter().map(|shard| shard.gradient(player)).collect();
        sum::parts(first.gradient_mut(player), &parts)
    }

    /// One update of a player's weights along its gradient; then the clip, if there is one.
    pub fn update(&mut self, player: Player, optimizer: &mut Optimizer, clip: Option<f64>) {
        let moments = match player {
            Player::Generator => &mut self.generator_moments,
            Player::Critic => &mut self.critic_moments,
        };
        let mut table = self.pool.table_mut();
        let weights = &mut table.side_mut(player).weights;
        if let Some(first) = self.pool.shards().next() {
            optimizer.update_slices(weights, first.gradient(player), moments);
        }
        if let Some(clip) = clip {
            function::clip(weights, clip as f32);
        }
    }

    /// The share of the critic's weights at the ends of the clip range.
    pub fn share_at(&self, clip: f64) -> f32 {
        let table = self.pool.table();
        let weights = &table.critic.weights;
        function::count_at(weights, clip as f32) as f32 / weights.len() as f32
    }

    /// A player's gradient.
    #[cfg(test)]
    pub fn gradient(&self, player: Player) -> Vec<f32> {
        self.pool.shards().next().unwrap().gradient(player).to_vec()
    }

    fn moments(&self, player: Player) -> &[f32] {
        match player {
            Player::Generator => &self.generator_moments,
            Player::Critic => &self.critic_moments,
        }
    }

    fn moments_mut(&mut self, player: Player) -> &mut Vec<f32> {
        match player {
            Player::Generator => &mut self.generator_moments,
            Player::Critic => &mut self.critic_moments,
        }
    }
}

/// Copies a tensor's numbers.
fn read(tensor: &Tensor, numbers: &mut Vec<f32>) {
    numbers.resize(tensor.numel(), 0.0);
    tensor.copy_data(numbers, tensor.numel());
}

/// Copies numbers into a tensor, in place: views of it see them.
fn write(numbers: &[f32], tensor: &Tensor) {
    no_grad(|| tensor.shallow_clone().copy_(&Tensor::from_slice(numbers).reshape(tensor.size())));
}

/// So many zeros.
///
/// # Panics
///
/// There is no memory for them. The trainer's thread tells that; an allocation that fails would end the process at once,
/// its terminal as it is.
#[allow(clippy::panic)]
fn zeros(n: usize) -> Vec<f32> {
    // Asked for twice: only this way is it known beforehand, and only the other way are its pages cleared when they are used.
    if Vec::<f32>::new().try_reserve_exact(n).is_err() {
        panic!("no memory for {n} numbers; a smaller batch_size or narrower layers need less");
    }
    vec![0.0; n]
}
