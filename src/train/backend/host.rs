//! The explicit engine on the host: a step in plain numbers, without libtorch.
//!
//! Both networks' weights, gradients and moments are `f32` vectors here, the passes matrix products of a library and
//! loops over slices. A batch is cut into shards, by its size alone; workers do them, each shard in buffers of its own,
//! and the shards' gradients are summed in their order. So the numbers are the same to the bit however many workers
//! there are, and whichever is faster.
//!
//! The networks' tensors stay what everybody else reads and writes. [`Host::settle`] brings them up to date when
//! somebody looks; after [`Host::unsettle`] the next step takes over what somebody has changed.

mod function;
mod pass;
mod plan;
mod pool;
mod product;
mod shard;
mod slope;
mod sum;
mod table;

use std::cell::Cell;
use std::mem::swap;

use tch::{Tensor, no_grad};

use super::super::draw::Drawn;
use super::super::guard::Guard;
use super::{Backend, CriticFigures, Losses, Players, Reduce, ScoreFigures, Trained, layers};
use crate::config::{Constraint, EngineChoice, LayerKind, Unsupported};
use crate::link::Player;
use crate::theory::objective;
use crate::train::model::Network;
use pool::Pool;
use shard::{Shard, Sums, Task};
use table::{MOST_SHARDS, Side, Table};

/// The state of a step on the host.
#[derive(Debug)]
pub struct Host {
    pool: Pool,
    /// \[k, n\] row-major, as the optimisers have them.
    generator_moments: Vec<f32>,
    critic_moments: Vec<f32>,
    /// Whether the numbers here are newer than the tensors.
    ahead: Cell<bool>,
    /// Whether somebody has changed the tensors, or the losses, since they were read.
    behind: bool,
}

impl Host {
    /// For two networks, batches of `batch` samples of each kind, and so many workers, at least one. Knows no weights
    /// before its first step.
    ///
    /// # Errors
    ///
    /// A layer that it does not know.
    pub fn new(generator: &Network, critic: &Network, batch: usize, workers: usize) -> Result<Host, Unsupported> {
        let (generator, critic) = (Side::new(generator)?, Side::new(critic)?);
        // Until it is told.
        let unknown = crate::domain::ObjectiveChoice::default();
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
        let shards = table::cut(batch).into_iter().map(|samples| Shard::new(&table, samples)).collect();
        let pool = Pool::new(table, shards, workers);
        let (generator_moments, critic_moments) = (Vec::new(), Vec::new());
        Ok(Host { pool, generator_moments, critic_moments, ahead: Cell::new(false), behind: true })
    }

    /// Takes a player's weights and moments over.
    fn load(&mut self, player: Player, players: &Players) {
        let Trained { network, optimizer } = players.of(player);
        read(network.params.flat(), &mut self.pool.table_mut().side_mut(player).weights);
        read(optimizer.moments(), self.moments_mut(player));
    }

    /// Brings a player's weights and moments to its tensors.
    fn store(&self, player: Player, players: &Players) {
        let Trained { network, optimizer } = players.of(player);
        write(&self.pool.table().side(player).weights, network.params.flat());
        let moments = match player {
            Player::Generator => &self.generator_moments,
            Player::Critic => &self.critic_moments,
        };
        write(moments, optimizer.moments());
    }

    /// Computes gradients at a batch, of which it keeps the vectors that it needs. Each player's is summed over the
    /// shards into the first one's.
    fn run(&mut self, task: Task, drawn: &mut Drawn) {
        let mut table = self.pool.table_mut();
        table.task = task;
        swap(&mut table.noise.numbers, &mut drawn.noise);
        if task != Task::Generator {
            swap(&mut table.real.numbers, &mut drawn.real);
            swap(&mut table.shares, &mut drawn.shares);
        }
        drop(table);
        self.pool.run();
        if task != Task::Generator {
            self.sum(Player::Critic);
        }
        if task != Task::Critic {
            self.sum(Player::Generator);
        }
    }

    /// Sums a player's gradient over the shards, in their order, into the first one's.
    fn sum(&mut self, player: Player) {
        let mut shards = self.pool.shards();
        let Some(mut first) = shards.next() else { return };
        for shard in shards {
            sum::add(first.gradient_mut(player), shard.gradient(player));
        }
    }

    fn critic_figures(&self) -> (CriticFigures<f32>, ScoreFigures<f32>) {
        let mean = self.means();
        let value_real = mean(|sums| sums.value_real);
        let bound = (value_real - mean(|sums| sums.conjugate)) as f32;
        let penalty = mean(|sums| sums.constraint) as f32;
        let loss = penalty - bound;
        let figures = CriticFigures { bound, penalty: Some(penalty), loss, value_real: value_real as f32 };
        let scores = ScoreFigures {
            value_fake: mean(|sums| sums.value_fake) as f32,
            score_real: mean(|sums| sums.score_real) as f32,
            score_fake: mean(|sums| sums.score_fake) as f32,
        };
        (figures, scores)
    }

    fn generator_loss(&self) -> f32 {
        self.means()(|sums| sums.descent) as f32
    }

    /// Means over the batch.
    fn means(&self) -> impl Fn(fn(&Sums) -> f64) -> f64 + use<> {
        let batch = self.pool.table().batch as f64;
        let (mut sums, mut shards) = ([Sums::default(); MOST_SHARDS], 0);
        for (to, shard) in sums.iter_mut().zip(self.pool.shards()) {
            *to = shard.sums;
            shards += 1;
        }
        move |of| sums[..shards].iter().map(of).sum::<f64>() / batch
    }

    fn moments_mut(&mut self, player: Player) -> &mut Vec<f32> {
        match player {
            Player::Generator => &mut self.generator_moments,
            Player::Critic => &mut self.critic_moments,
        }
    }
}

impl Backend for Host {
    type Figure = f32;
    const ENGINE: EngineChoice = EngineChoice::Explicit;

    fn supports(layers: &[LayerKind], constraint: &Constraint) -> Result<(), Unsupported> {
        layers::supports(layers, constraint)
    }

    fn begin(&mut self, players: &Players, losses: &Losses<'_>) {
        if !std::mem::take(&mut self.behind) {
            return;
        }
        let mut table = self.pool.table_mut();
        table.objective = losses.objective.with(losses.settings);
        (table.head, table.form, table.constraint) = (losses.head(), losses.form(), *losses.constraint);
        drop(table);
        self.load(Player::Generator, players);
        self.load(Player::Critic, players);
    }

    fn critic(&mut self, _: &mut Players, _: &Losses<'_>, drawn: &mut Drawn) -> CriticFigures<f32> {
        self.run(Task::Critic, drawn);
        self.critic_figures().0
    }

    fn critic_recorded(
        &mut self,
        _: &mut Players,
        _: &Losses<'_>,
        drawn: &mut Drawn,
    ) -> (CriticFigures<f32>, ScoreFigures<f32>) {
        self.run(Task::Critic, drawn);
        self.critic_figures()
    }

    fn generator(&mut self, _: &mut Players, _: &Losses<'_>, drawn: &mut Drawn) -> f32 {
        self.run(Task::Generator, drawn);
        self.generator_loss()
    }

    fn both(
        &mut self,
        _: &mut Players,
        _: &Losses<'_>,
        drawn: &mut Drawn,
    ) -> (CriticFigures<f32>, ScoreFigures<f32>, f32) {
        self.run(Task::Both, drawn);
        let (figures, scores) = self.critic_figures();
        (figures, scores, self.generator_loss())
    }

    fn reduce(
        &mut self,
        player: Player,
        _: &Players,
        reduce: &mut dyn Reduce,
        figures: &mut dyn Iterator<Item = &mut f32>,
    ) -> f32 {
        let Some(mut first) = self.pool.shards().next() else { return 0.0 };
        let gradient = first.gradient_mut(player);
        reduce.numbers(player, gradient, figures);
        sum::norm(gradient)
    }

    /// Whatever the guard has let through: it knows before, for it waits for no device.
    fn apply(&mut self, player: Player, players: &mut Players, constraint: &Constraint, _: &Guard) {
        let moments = match player {
            Player::Generator => &mut self.generator_moments,
            Player::Critic => &mut self.critic_moments,
        };
        let mut table = self.pool.table_mut();
        let weights = &mut table.side_mut(player).weights;
        if let Some(first) = self.pool.shards().next() {
            players.of_mut(player).optimizer.update_slices(weights, first.gradient(player), moments);
        }
        if let Some(clip) = constraint.clip().filter(|_| player == Player::Critic) {
            function::clip(weights, clip as f32);
        }
        self.ahead.set(true);
    }

    fn share_at_clip(&self, _: &Players, clip: f64) -> f32 {
        let table = self.pool.table();
        let weights = &table.critic.weights;
        function::count_at(weights, clip as f32) as f32 / weights.len() as f32
    }

    fn figure(&self, _: &Players, number: f64) -> f32 {
        number as f32
    }

    fn settle(&self, players: &Players) {
        if self.ahead.replace(false) {
            self.store(Player::Generator, players);
            self.store(Player::Critic, players);
        }
    }

    fn unsettle(&mut self) {
        self.behind = true;
    }
}

/// The copies of a gradient that it keeps for batches of this size: one a shard.
pub fn gradients(batch: usize) -> usize {
    table::cut(batch).len()
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
