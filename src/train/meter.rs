//! Step records on their way from the device to the host: a row a step, read once a batch.

use tch::{Device, Kind, Tensor};

use super::game::Updates;
use crate::domain::{Metric, Metrics, StepRecord};

/// The most steps in one batch.
const ROWS: i64 = 512;

/// The number of metrics that are measured on the device: the first ones, in the order of [`Metric::ALL`]. The host
/// knows the rest.
const MEASURED: usize = Metric::Penalty as usize + 1;

/// Numbers in a row: the measured metrics, and how many updates the guard let through.
const COLUMNS: usize = MEASURED + 1;

/// The figures of one step, by the names of the metrics.
#[derive(Debug)]
pub struct StepFigures<F> {
    pub critic_loss: F,
    pub generator_loss: F,
    pub bound: F,
    pub critic_real: F,
    pub critic_fake: F,
    pub score_real: F,
    pub score_fake: F,
    pub critic_grad_norm: F,
    pub generator_grad_norm: F,
    pub clip_share: F,
    pub penalty: F,
    /// The number of the step's updates that the guard let through.
    pub passed: F,
}

impl<F> StepFigures<F> {
    /// The first [`MEASURED`] metrics in the order of [`Metric::ALL`], then the number of updates.
    fn row(self) -> [F; COLUMNS] {
        [
            self.critic_loss,
            self.generator_loss,
            self.bound,
            self.critic_real,
            self.critic_fake,
            self.score_real,
            self.score_fake,
            self.critic_grad_norm,
            self.generator_grad_norm,
            self.clip_share,
            self.penalty,
            self.passed,
        ]
    }
}

/// The figures of one step, as a row of the meter.
#[derive(Debug)]
pub enum Measured {
    /// Scalars on the device.
    Device([Tensor; COLUMNS]),
    Host([f32; COLUMNS]),
}

impl Measured {
    /// Figures that are scalars on the device.
    pub fn on_device(figures: StepFigures<Tensor>) -> Measured {
        Measured::Device(figures.row())
    }

    /// Figures that are numbers on the host.
    pub fn on_host(figures: StepFigures<f32>) -> Measured {
        Measured::Host(figures.row())
    }
}

#[cfg(test)]
impl Measured {
    /// The number of updates that the guard let through.
    pub fn passed(&self) -> f64 {
        match self {
            Measured::Device(scalars) => scalars[COLUMNS - 1].double_value(&[]),
            Measured::Host(row) => row[COLUMNS - 1].into(),
        }
    }

    /// All its numbers.
    pub fn row(&self) -> [f64; COLUMNS] {
        match self {
            Measured::Device(scalars) => std::array::from_fn(|i| scalars[i].double_value(&[])),
            Measured::Host(row) => row.map(f64::from),
        }
    }
}

/// The facts that the host knows of a step without asking the device.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    pub step: u64,
    /// Seconds of training at its end.
    pub seconds: f64,
    pub critic_lr: f64,
    pub generator_lr: f64,
    /// Critic updates in it; one of the generator follows.
    pub critic_updates: u64,
    /// The updates of both.
    pub updates: u64,
    /// The optimisers' counters before it.
    pub before: Updates,
}

/// Collects the records of a batch of steps.
#[derive(Debug)]
pub struct Meter {
    /// \[ROWS, COLUMNS\], of which the first `stamps.len()` rows are filled.
    rows: Tensor,
    /// The rows that were measured on the host, in place of those on the device.
    host: Vec<Option<[f32; COLUMNS]>>,
    stamps: Vec<Stamp>,
}

/// A batch of records on the host.
#[derive(Debug)]
pub struct Batch {
    /// The records of completed steps.
    pub records: Vec<StepRecord>,
    /// The first step that met a number that is not finite. It and the steps after it are not among the records.
    pub unsound: Option<Unsound>,
}

/// A step that met a number that is not finite, as the device knows it.
#[derive(Debug)]
pub struct Unsound {
    pub stamp: Stamp,
    /// The figures that it measured.
    pub values: Metrics,
    /// The number of its updates that were let through before; every later update left the weights alone.
    pub passed: u64,
}

impl Meter {
    pub fn new(device: Device) -> Meter {
        let rows = Tensor::zeros([ROWS, COLUMNS as i64], (Kind::Float, device));
        let capacity = ROWS as usize;
        Meter { rows, host: Vec::with_capacity(capacity), stamps: Vec::with_capacity(capacity) }
    }

    /// Adds the record of a completed step.
    pub fn push(&mut self, stamp: Stamp, measured: &Measured) {
        self.host.push(match measured {
            Measured::Host(row) => Some(*row),
            Measured::Device(scalars) => {
                let row = self.rows.get(self.stamps.len() as i64);
                let _ = tch::no_grad(|| Tensor::stack_out(&row, scalars, 0));
                None
            }
        });
        self.stamps.push(stamp);
    }

    /// Whether the batch must be taken before the next push.
    pub fn is_full(&self) -> bool {
        self.stamps.len() as i64 == ROWS
    }

    /// Takes the records of the batch over to the host: the only read of step records from the device.
    pub fn take(&mut self) -> Batch {
        let mut numbers = vec![0f32; self.stamps.len() * COLUMNS];
        if self.host.iter().any(Option::is_none) {
            let filled = self.rows.narrow(0, 0, self.stamps.len() as i64).to_device(Device::Cpu).reshape([-1]);
            filled.copy_data(&mut numbers, filled.numel());
        }
        for (row, host) in numbers.chunks_exact_mut(COLUMNS).zip(self.host.drain(..)) {
            if let Some(host) = host {
                row.copy_from_slice(&host);
            }
        }
        let mut batch = Batch { records: Vec::with_capacity(self.stamps.len()), unsound: None };
        for (stamp, row) in self.stamps.drain(..).zip(numbers.chunks_exact(COLUMNS)) {
            let mut values = Metrics::none();
            for (metric, value) in Metric::ALL[..MEASURED].iter().zip(row) {
                values[*metric] = *value;
            }
            values[Metric::CriticLr] = stamp.critic_lr as f32;
            values[Metric::GeneratorLr] = stamp.generator_lr as f32;
            let passed = row[COLUMNS - 1] as u64;
            if passed < stamp.updates {
                batch.unsound = Some(Unsound { stamp, values, passed });
                break;
            }
            batch.records.push(StepRecord { step: stamp.step, seconds: stamp.seconds, values });
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures that are all different.
    fn figures<F>(of: impl Fn(f32) -> F) -> StepFigures<F> {
        StepFigures {
            critic_loss: of(1.0),
            generator_loss: of(2.0),
            bound: of(3.0),
            critic_real: of(4.0),
            critic_fake: of(5.0),
            score_real: of(6.0),
            score_fake: of(7.0),
            critic_grad_norm: of(8.0),
            generator_grad_norm: of(9.0),
            clip_share: of(10.0),
            penalty: of(11.0),
            passed: of(12.0),
        }
    }

    #[test]
    fn every_figure_is_recorded_under_its_own_name() {
        let mut meter = Meter::new(Device::Cpu);
        let before = Updates { generator: 0, critic: 0 };
        let stamp = Stamp {
            step: 1,
            seconds: 0.5,
            critic_lr: 13.0,
            generator_lr: 14.0,
            critic_updates: 11,
            updates: 12,
            before,
        };
        meter.push(stamp, &Measured::on_host(figures(|number| number)));
        meter.push(Stamp { step: 2, ..stamp }, &Measured::on_device(figures(Tensor::from)));
        let batch = meter.take();
        assert_eq!((batch.records.len(), batch.unsound.is_none()), (2, true));
        for record in batch.records {
            for (metric, expected) in [
                (Metric::CriticLoss, 1.0),
                (Metric::GeneratorLoss, 2.0),
                (Metric::Bound, 3.0),
                (Metric::CriticReal, 4.0),
                (Metric::CriticFake, 5.0),
                (Metric::ScoreReal, 6.0),
                (Metric::ScoreFake, 7.0),
                (Metric::CriticGradNorm, 8.0),
                (Metric::GeneratorGradNorm, 9.0),
                (Metric::ClipShare, 10.0),
                (Metric::Penalty, 11.0),
                (Metric::CriticLr, 13.0),
                (Metric::GeneratorLr, 14.0),
            ] {
                assert_eq!(record.values[metric], expected, "{metric:?} of step {}", record.step);
            }
        }
    }
}
