//! What the trainer does: a step, and a snapshot for the screen. Through the channels, as the program has it.
//!
//!     cargo bench --bench training
//!
//! The time of a step includes its record's way to the watcher. The dashboard asks for at most four snapshots a second,
//! so a snapshot's time in milliseconds × 0.4 is the percentage of the throughput that it takes.

#![allow(clippy::expect_used)]

use std::path::Path;
use std::thread::JoinHandle;

use divan::Bencher;
use divan::counter::ItemsCount;
use gantop::config;
use gantop::link::{self, Command, Link, Report, RunState, SnapshotRequest};
use gantop::train::Setup;
use gantop::ui::update::{IMAGES, POINTS};

fn main() {
    divan::main();
}

/// Steps that are measured together.
const STEPS: u64 = 20;
/// Images in the data.
const DIGITS: usize = 1000;

/// A run of a preset, paused after a few steps, on one thread of the CPU.
struct Run {
    link: Link,
    trainer: Option<JoinHandle<()>>,
}

impl Run {
    fn ring() -> Run {
        Run::start("ring", None)
    }

    /// On images of noise, which are as much work as any.
    fn digits() -> Run {
        let folder = tempfile::tempdir().expect("a folder for a small file");
        let path = folder.path().join("noise-idx3-ubyte");
        let header = [0x803u32, DIGITS as u32, 28, 28].into_iter().flat_map(u32::to_be_bytes);
        let pixels = (0..DIGITS as u64 * 28 * 28).map(|i| gantop::seed::derive(1, gantop::seed::Stream::Data, i) as u8);
        std::fs::write(&path, header.chain(pixels).collect::<Vec<u8>>()).expect("room for a small file");
        Run::start("mnist-wgan", Some(&path))
    }

    fn start(preset: &str, data: Option<&Path>) -> Run {
        let mut sets = ["threads=1", "device='cpu'", "steps=0"].map(str::to_owned).to_vec();
        sets.extend(data.map(|path| format!("data.path={:?}", path.display().to_string())));
        let config = config::load(Some(preset), &sets).expect("a config without fault");
        let (link, end) = link::pair();
        let setup = Setup::new(config).expect("data that can be read").paused();
        let run = Run { link, trainer: Some(setup.spawn(end, None).expect("a thread")) };
        run.steps(10);
        run
    }

    /// Does so many steps.
    fn steps(&self, steps: u64) {
        self.send(Command::Advance(steps));
        let mut running = false;
        self.hear(|report| match report {
            Report::State(change) => {
                running |= change.state == RunState::Running;
                running && change.state == RunState::Paused
            }
            _ => false,
        });
    }

    fn snapshot(&self, samples: usize) {
        self.send(Command::Snapshot(SnapshotRequest { samples }));
        self.hear(|report| matches!(report, Report::Snapshot(_)));
    }

    fn send(&self, command: Command) {
        self.link.commands.send(command).expect("a trainer that listens");
    }

    /// Listens to the trainer until a report is the one that is waited for.
    fn hear(&self, mut last: impl FnMut(&Report) -> bool) {
        loop {
            let report = self.link.reports.recv().expect("a trainer that answers");
            assert!(!matches!(report, Report::Failed(_)), "{report:?}");
            if last(&report) {
                return;
            }
        }
    }
}

impl Drop for Run {
    /// Waits for the trainer's end: libtorch takes it ill when the process ends first.
    fn drop(&mut self) {
        self.send(Command::Stop);
        self.hear(|report| matches!(report, Report::Finished(_)));
        let _ = self.trainer.take().map(JoinHandle::join);
    }
}

/// Steps of the default preset.
#[divan::bench(sample_count = 40, sample_size = 1)]
fn ring_steps(bencher: Bencher) {
    let run = Run::ring();
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| run.steps(STEPS));
}

/// A snapshot of the default preset as the dashboard asks for it.
#[divan::bench(sample_count = 40, sample_size = 1)]
fn ring_snapshot(bencher: Bencher) {
    let run = Run::ring();
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| run.snapshot(POINTS));
}

/// Steps of the preset for handwritten digits.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn digits_steps(bencher: Bencher) {
    let run = Run::digits();
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| run.steps(STEPS));
}

/// Snapshots of the preset for handwritten digits: as many images as a common screen has room for, and as are ever asked
/// for.
#[divan::bench(sample_count = 40, sample_size = 1, args = [8, IMAGES])]
fn digits_snapshot(bencher: Bencher, images: usize) {
    let run = Run::digits();
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| run.snapshot(images));
}
