//! Micro-batches: a batch that goes through the networks in equal parts, so that only a part's intermediate results are in
//! memory at a time.
//!
//! Losses and penalties are means over a batch, so the mean of the parts' gradients is the whole's, to rounding. What looks
//! at a batch as one, batch normalisation, sees a part.

use tch::{Tensor, no_grad};

use super::backend::Reduce;
use super::draw::Drawn;
use crate::link::Player;

/// The parts of a batch, and room for one of them.
#[derive(Debug)]
pub struct Parts {
    /// At least one.
    count: usize,
    room: Drawn,
    sums: Sums,
}

/// What the parts so far have come to, for each player: a reduction over parts in place of processes. What it is lent last
/// becomes the mean over all.
#[derive(Debug)]
pub struct Sums {
    parts: usize,
    generator: Sum,
    critic: Sum,
}

/// A gradient and its figures, summed in the order of the parts, on the host or on the device.
#[derive(Debug, Default)]
struct Sum {
    seen: usize,
    numbers: Vec<f32>,
    figures: Vec<f32>,
    tensor: Option<Tensor>,
    scalars: Vec<Tensor>,
}

impl Parts {
    /// The parts of `part` samples, of `sample` and `latent` numbers, of batches of `batch`, which is a multiple of that.
    pub fn new(batch: usize, part: usize, sample: usize, latent: usize) -> Parts {
        let count = (batch / part.max(1)).max(1);
        // One part is the batch itself.
        let room =
            if count == 1 { Drawn { size: batch, ..Drawn::new(0, 0, 0) } } else { Drawn::new(part, sample, latent) };
        Parts { count, room, sums: Sums { parts: count, generator: Sum::default(), critic: Sum::default() } }
    }

    /// Samples of each kind in a part.
    pub fn size(&self) -> usize {
        self.room.size
    }

    /// Calls `pass` with each part of a batch; what it makes of the last. Where there are several, it lends every gradient
    /// that it computes to the sums.
    pub fn each<R>(&mut self, whole: &mut Drawn, mut pass: impl FnMut(&mut Drawn, Option<&mut Sums>) -> R) -> R {
        let Parts { count, room, sums } = self;
        if *count == 1 {
            return pass(whole, None);
        }
        let mut of = |place| {
            room.take(whole, place);
            pass(room, Some(sums))
        };
        let mut last = of(0);
        for place in 1..*count {
            last = of(place);
        }
        last
    }
}

impl Sums {
    /// A player's sum with one more part, and whether that was the last.
    fn next(&mut self, player: Player) -> (&mut Sum, bool) {
        let sum = match player {
            Player::Generator => &mut self.generator,
            Player::Critic => &mut self.critic,
        };
        sum.seen = sum.seen % self.parts + 1;
        let last = sum.seen == self.parts;
        (sum, last)
    }
}

impl Reduce for Sums {
    fn numbers(&mut self, player: Player, gradient: &mut [f32], figures: &mut dyn Iterator<Item = &mut f32>) {
        let parts = self.parts as f32;
        let (sum, last) = self.next(player);
        if sum.seen == 1 {
            (sum.numbers, sum.figures) = (Vec::new(), Vec::new());
            sum.numbers.resize(gradient.len(), 0.0);
        }
        for (to, number) in sum.numbers.iter_mut().zip(gradient) {
            *to += *number;
            if last {
                *number = *to / parts;
            }
        }
        for (i, figure) in figures.enumerate() {
            if sum.figures.len() <= i {
                sum.figures.push(0.0);
            }
            sum.figures[i] += *figure;
            if last {
                *figure = sum.figures[i] / parts;
            }
        }
    }

    fn tensors(&mut self, player: Player, gradient: &mut Tensor, figures: &mut dyn Iterator<Item = &mut Tensor>) {
        let parts = self.parts as f64;
        let (sum, last) = self.next(player);
        if sum.seen == 1 {
            (sum.tensor, sum.scalars) = (None, Vec::new());
        }
        no_grad(|| {
            let total = sum.tensor.take().map_or_else(|| gradient.copy(), |total| total + &*gradient);
            if last {
                gradient.copy_(&(&total / parts));
            }
            sum.tensor = Some(total);
            for (i, figure) in figures.enumerate() {
                match sum.scalars.get_mut(i) {
                    Some(total) => *total = &*total + &*figure,
                    None => sum.scalars.push(figure.copy()),
                }
                if last {
                    *figure = &sum.scalars[i] / parts;
                }
            }
        });
    }
}
