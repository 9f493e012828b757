//! Step records on their way from the device to the host: a row a step, read once a batch.

use tch::{Device, Kind, Tensor};

use super::game::Mark;
use crate::link::{Metric, Metrics, StepRecord};

/// The most steps in one batch.
const ROWS: i64 = 512;

/// How many metrics are measured on the device: the first ones, in the order of [`Metric::ALL`]. The host knows the rest.
const MEASURED: usize = Metric::Penalty as usize + 1;

/// Numbers in a row: the measured metrics, and how many updates the guard let through.
const COLUMNS: usize = MEASURED + 1;

/// What one step measured: the first [`MEASURED`] metrics, then [`super::guard::Guard::passed`].
#[derive(Debug)]
pub enum Measured {
    /// Scalars on the device.
    Device([Tensor; COLUMNS]),
    Host([f32; COLUMNS]),
}

#[cfg(test)]
impl Measured {
    /// How many updates the guard let through.
    pub fn passed(&self) -> f64 {
        match self {
            Measured::Device(scalars) => scalars[COLUMNS - 1].double_value(&[]),
            Measured::Host(row) => row[COLUMNS - 1].into(),
        }
    }
}

/// What the host knows of a step without asking the device.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    pub step: u64,
    /// Seconds of training at its end.
    pub seconds: f64,
    pub critic_lr: f64,
    pub generator_lr: f64,
    /// Critic updates in it; one of the generator follows.
    pub critic_updates: u64,
    /// Where the optimisers stood before it.
    pub before: Mark,
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
    /// What it measured.
    pub values: Metrics,
    /// How many of its critic updates were let through before; every later update left the weights alone.
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
            if passed <= stamp.critic_updates {
                batch.unsound = Some(Unsound { stamp, values, passed });
                break;
            }
            batch.records.push(StepRecord { step: stamp.step, seconds: stamp.seconds, values });
        }
        batch
    }
}
