//! A real run for benchmarks: a trainer on one thread of the CPU, commanded and listened to through its channels.

use std::path::Path;
use std::thread::JoinHandle;

use gantop::config;
use gantop::domain::seed::{Stream, derive};
use gantop::link::{self, Command, Link, Report, RunInfo, RunState, SnapshotRequest};
use gantop::train::Setup;

/// Images in the data.
const DIGITS: usize = 1000;

/// A run of a preset, paused after a few steps, on one thread of the CPU.
pub struct Run {
    pub info: Box<RunInfo>,
    link: Link,
    trainer: Option<JoinHandle<()>>,
}

impl Run {
    /// The default preset.
    pub fn ring() -> Run {
        Run::start("ring", None, &[])
    }

    /// The default preset with one engine on so many threads, networks with these hidden layers, and batches of 256.
    pub fn engine(engine: &str, threads: usize, hidden: &[usize]) -> Run {
        let sets = [
            format!("engine='{engine}'"),
            format!("threads={threads}"),
            format!("generator.hidden={hidden:?}"),
            format!("critic.hidden={hidden:?}"),
            "batch_size=256".to_owned(),
        ];
        Run::start("ring", None, &sets)
    }

    /// The preset for handwritten digits, on images of noise, which are as much work as any.
    pub fn digits() -> Run {
        let folder = tempfile::tempdir().expect("a folder for a small file");
        let path = folder.path().join("noise-idx3-ubyte");
        let header = [0x803u32, DIGITS as u32, 28, 28].into_iter().flat_map(u32::to_be_bytes);
        let pixels = (0..DIGITS as u64 * 28 * 28).map(|i| derive(1, Stream::Data, i) as u8);
        std::fs::write(&path, header.chain(pixels).collect::<Vec<u8>>()).expect("room for a small file");
        Run::start("mnist-wgan", Some(&path), &[])
    }

    fn start(preset: &str, data: Option<&Path>, further: &[String]) -> Run {
        let mut sets = ["threads=1", "device='cpu'", "steps=0"].map(str::to_owned).to_vec();
        sets.extend_from_slice(further);
        sets.extend(data.map(|path| format!("data.path={:?}", path.display().to_string())));
        let config = config::load(Some(preset), &sets).expect("a config without fault");
        let (link, end) = link::pair();
        let setup = Setup::new(config).expect("data that can be read").paused();
        let trainer = Some(setup.spawn(end, None).expect("a thread"));
        let Ok(Report::Started(info)) = link.reports.recv() else { panic!("a trainer starts with its run") };
        let run = Run { info, link, trainer };
        run.steps(10);
        run
    }

    /// Does so many steps.
    pub fn steps(&self, steps: u64) {
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

    /// Asks for a snapshot and waits for it.
    pub fn snapshot(&self, samples: usize) -> Report {
        self.send(Command::Snapshot(SnapshotRequest { samples, weights: false, fixed: false }));
        self.hear(|report| matches!(report, Report::Snapshot(_)))
    }

    fn send(&self, command: Command) {
        self.link.commands.send(command).expect("a trainer that listens");
    }

    /// Listens to the trainer until a report is the one that is waited for.
    fn hear(&self, mut last: impl FnMut(&Report) -> bool) -> Report {
        loop {
            let report = self.link.reports.recv().expect("a trainer that answers");
            assert!(!matches!(report, Report::Failed(_)), "{report:?}");
            if last(&report) {
                return report;
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
