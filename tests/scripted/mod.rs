//! A trainer that plays a script, for what watches trainers: no tensors, no training.
#![allow(dead_code)]

use std::thread::{self, JoinHandle};
use std::time::Duration;

use gantop::config::{self, Config};
use gantop::distance::modes::Mode;
use gantop::link::{self, *};

/// What a scripted trainer does next.
#[derive(Debug)]
pub enum Act {
    /// Sends a report.
    Say(Report),
    /// Waits for the next command and checks that it is this one.
    Hear(Command),
    /// Does nothing for so long.
    Rest(Duration),
}

/// A thread that plays a script through a real pair of channels, then hangs up.
pub struct ScriptedTrainer {
    thread: JoinHandle<()>,
}

impl ScriptedTrainer {
    /// Starts to play.
    pub fn play(script: Vec<Act>) -> (Link, ScriptedTrainer) {
        let (link, end) = link::pair();
        let play = move |act: Act| match act {
            Act::Say(report) => end.reports.send(report).expect("somebody listens"),
            Act::Rest(time) => thread::sleep(time),
            Act::Hear(expected) => {
                let got = end.commands.recv_timeout(Duration::from_secs(20));
                assert_eq!(got, Ok(expected), "the command that was to come");
            }
        };
        let thread = thread::spawn(move || script.into_iter().for_each(play));
        (link, ScriptedTrainer { thread })
    }

    /// Waits for the end of the script; panics if it did not go as written.
    pub fn end(self) {
        self.thread.join().expect("the script went as written");
    }
}

/// A small, whole config of so many steps on two modes.
pub fn config(steps: u64) -> Config {
    let optimizer = config::Optimizer::Rmsprop { lr: 5e-5, alpha: 0.99, eps: 1e-8 };
    Config {
        name: "scripted".to_owned(),
        seed: 7,
        steps,
        device: config::DeviceChoice::Cpu,
        batch_size: 64,
        threads: 1,
        update: config::Update::Alternating,
        data: config::Data::Ring { modes: 2, radius: 1.0, std: 0.1 },
        generator: config::Generator::Affine { prior: config::Prior::Normal },
        critic: config::Critic {
            kind: config::CriticKind::Mlp,
            hidden: vec![8],
            activation: config::Activation::Relu,
            steps: 5,
            warmup_steps: 0,
            warmup_updates: 0,
        },
        objective: config::Objective {
            kind: "wgan".to_owned(),
            head: config::Head::LogRatio,
            generator_loss: config::GeneratorLoss::Auto,
        },
        constraint: config::Constraint::Clip { clip: 0.01 },
        optimizer: config::Optimizers { generator: optimizer, critic: optimizer },
        record: config::Record { every: 1 },
    }
}

/// The first report of a run of [`config`].
pub fn started(steps: u64) -> Act {
    let config = config(steps);
    let settings = Settings {
        objective: config.objective.clone(),
        constraint: config.constraint,
        generator_lr: config.optimizer.generator.lr(),
        critic_lr: config.optimizer.critic.lr(),
        critic_steps: config.critic.steps,
    };
    Act::Say(Report::Started(Box::new(RunInfo {
        config,
        device: "cpu".to_owned(),
        threads: 2,
        threads_why: "as the config says".to_owned(),
        shape: SampleShape::Point { dims: 2 },
        modes: [1.0, -1.0].map(|x| Mode { mean: vec![x, 0.0], std: 0.1 }).to_vec(),
        generator_weights: 4,
        critic_weights: 33,
        settings,
    })))
}

/// The record of a step, at 100 steps a second; each metric is the step plus a tenth of its index.
pub fn record(step: u64) -> StepRecord {
    let mut values = Metrics([0.0; Metric::COUNT]);
    for (i, value) in values.0.iter_mut().enumerate() {
        *value = step as f32 + i as f32 / 10.0;
    }
    StepRecord { step, seconds: step as f64 / 100.0, values }
}

/// The records of these steps in one batch.
pub fn steps(steps: std::ops::RangeInclusive<u64>) -> Act {
    Act::Say(Report::Steps(steps.map(record).collect()))
}

/// The run goes into another state.
pub fn state(step: u64, state: RunState, why: Option<&str>) -> Act {
    Act::Say(Report::State(StateChange { step, state, why: why.map(str::to_owned) }))
}

/// A snapshot with these generated points.
pub fn snapshot(step: u64, fake: &[[f32; 2]]) -> Act {
    let empty = PairedHistogram {
        label: "critic value".to_owned(),
        low: 0.0,
        high: 1.0,
        real: vec![0],
        fake: vec![0],
        outside: [0, 0],
    };
    Act::Say(Report::Snapshot(Box::new(Snapshot {
        step,
        shape: SampleShape::Point { dims: 2 },
        real: vec![1.0, 0.0, -1.0, 0.0],
        fake: fake.concat(),
        critic: empty,
        values: vec![],
    })))
}

/// The last report of a run that ended after this step.
pub fn finished(step: u64, stopped: bool) -> Act {
    let last = (step > 0).then(|| record(step));
    Act::Say(Report::Finished(Summary {
        steps: step,
        seconds: last.map_or(0.0, |r| r.seconds),
        metrics: last.map(|r| r.values),
        stopped,
        device: "cpu".to_owned(),
        threads: 2,
    }))
}
