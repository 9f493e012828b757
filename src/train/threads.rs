//! The number of threads that a step uses on the CPU: libtorch's, and the workers of the explicit engine.
//!
//! `threads = 0` measures: a scratch copy of the run does the same few steps with 1, 2, 4, … threads, up to the
//! processors there are. The fastest wins, one thread unless another is at least 15 % faster, for an idle core serves
//! the screen. Only counts whose weights after those steps are those of one thread to the bit are taken, so that a
//! measurement, which is never the same twice, cannot change what a run computes. Those of the explicit engine always
//! are.

use std::num::NonZero;
use std::time::{Duration, Instant};

use tch::{Device, Tensor};

use super::Setup;
use super::game::Game;
use super::guard::Guard;
use crate::config::Config;
use crate::domain::format::number;
use crate::link;

/// The longest time for the trial of one thread; every other one does as many steps, and is given up when it takes
/// longer.
const TRIAL: Duration = Duration::from_millis(150);
/// The most steps of a trial.
const MOST_STEPS: u64 = 100;
/// The factor by which more threads must be faster.
const WORTHWHILE: f64 = 1.15;

/// A thread count, and how it was chosen, for a person.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub threads: usize,
    pub why: String,
}

/// The measurement of one thread count.
struct Trial {
    threads: usize,
    /// Steps a second.
    rate: f64,
    /// Whether the weights are those of one thread to the bit; `None` for a trial that was given up.
    identical: Option<bool>,
}

/// Chooses a count, measuring if the config leaves it open, and sets libtorch's for the calling thread.
pub fn choose(setup: &Setup) -> Choice {
    let choice = match (setup.config.threads, setup.place.is_cpu()) {
        (0, false) => Choice { threads: 1, why: "1 on the host: the work is on the CUDA device".into() },
        (0, true) => measure(setup),
        (set, _) => Choice { threads: set, why: "set by the config".into() },
    };
    set(choice.threads);
    choice
}

/// Sets how many threads libtorch uses for the calling thread.
pub fn set(threads: usize) {
    tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
}

fn measure(setup: &Setup) -> Choice {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    if cores == 1 {
        return Choice { threads: 1, why: "there is one processor".into() };
    }
    let mut config = setup.config.clone();
    config.critic.warmup_steps = 0;
    let (first, reference) = trial(setup, &config, 1, |done, time| done >= 2 && (done >= MOST_STEPS || time >= TRIAL));
    let mut trials = vec![Trial { threads: 1, rate: first.rate(), identical: Some(true) }];
    let mut threads = 2;
    while threads <= cores {
        let over = |done, time| done >= first.steps || time > first.time;
        let (timed, weights) = trial(setup, &config, threads, over);
        let identical = (timed.steps == first.steps).then(|| weights == reference);
        trials.push(Trial { threads, rate: timed.rate(), identical });
        threads *= 2;
    }
    pick(&trials)
}

/// The fastest of the trials that compute the same, as the module's docs say. The first is that of one thread.
fn pick(trials: &[Trial]) -> Choice {
    let base = trials.first().map_or(0.0, |trial| trial.rate);
    let better = |trial: &&Trial| trial.identical == Some(true) && trial.rate >= WORTHWHILE * base;
    let best = trials.iter().filter(better).max_by(|a, b| a.rate.total_cmp(&b.rate));
    let figures: Vec<String> = trials
        .iter()
        .map(|trial| {
            let note = if trial.identical == Some(false) { ", but rounds differently" } else { "" };
            // Less than one in a second is no 0.
            let rate = if trial.rate < 10.0 { number(trial.rate) } else { format!("{:.0}", trial.rate) };
            format!("{} {rate} steps/s{note}", link::threads(trial.threads))
        })
        .collect();
    Choice { threads: best.map_or(1, |trial| trial.threads), why: format!("measured: {}", figures.join("; ")) }
}

/// The steps of a trial, and its time.
struct Timed {
    steps: u64,
    time: Duration,
}

impl Timed {
    /// Steps a second.
    fn rate(&self) -> f64 {
        self.steps as f64 / self.time.as_secs_f64().max(1e-9)
    }
}

/// Does steps on a scratch copy of the run until `over` says so of their number and time. Returns both, and the weights
/// of the two networks.
fn trial(setup: &Setup, config: &Config, threads: usize, over: impl Fn(u64, Duration) -> bool) -> (Timed, Vec<Tensor>) {
    set(threads);
    let mut game = Game::new(config, &setup.source, Device::Cpu, Guard::Immediate).with_workers(threads);
    // The first step wakes the threads and is not timed. A step that fails fails the same for every count.
    let _ = game.step(1);
    let start = Instant::now();
    let mut timed = Timed { steps: 0, time: Duration::ZERO };
    while !over(timed.steps, timed.time) {
        let _ = game.step(2 + timed.steps);
        timed = Timed { steps: timed.steps + 1, time: start.elapsed() };
    }
    (timed, vec![game.generator().params.flat().copy(), game.critic().params.flat().copy()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(trials: &[(usize, f64, bool)]) -> usize {
        let trials: Vec<Trial> = trials
            .iter()
            .map(|&(threads, rate, identical)| Trial { threads, rate, identical: Some(identical) })
            .collect();
        pick(&trials).threads
    }

    #[test]
    fn more_threads_must_be_worth_it_and_compute_the_same() {
        assert_eq!(picked(&[(1, 100.0, true), (2, 110.0, true)]), 1);
        assert_eq!(picked(&[(1, 100.0, true), (2, 150.0, true), (4, 140.0, true)]), 2);
        assert_eq!(picked(&[(1, 100.0, true), (2, 150.0, false), (4, 140.0, true)]), 4);
        assert_eq!(picked(&[(1, 100.0, true), (2, 190.0, false)]), 1);
    }
}
