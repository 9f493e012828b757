//! The load of the machine while a run goes on: this process's memory and processor time, and the GPU.
//!
//! A thread of its own looks once a second, so that a driver that answers slowly holds up neither the training nor the
//! screen. What the system does not tell is left out.

mod gpu;
mod memory;
mod priority;
mod process;

use std::io;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};

pub use memory::{Memory, free, memory};
#[cfg(target_os = "linux")]
pub use priority::LEAST;
pub use priority::give_way;

/// From one look to the next.
const EVERY: Duration = Duration::from_secs(1);

/// The figures of one look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Bytes of this process in memory.
    pub memory: Option<u64>,
    /// Processor time of this process since the last look, over the time since then: 1 is one core.
    pub cpu: Option<f64>,
    /// The GPU that the run is on, or the first one; `None` without an NVIDIA driver.
    pub gpu: Option<Gpu>,
}

/// The load of a GPU.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gpu {
    /// Its number as the driver counts.
    pub index: u32,
    /// The share of the last moments in which it computed.
    pub busy: Option<f64>,
    /// Bytes in use, by everyone, and in all.
    pub memory: Option<(u64, u64)>,
    /// Degrees Celsius.
    pub temperature: Option<u32>,
    /// Watts.
    pub power: Option<f64>,
}

/// The thread that looks. It ends soon after this is dropped.
#[derive(Debug)]
pub struct Watcher {
    samples: Receiver<Sample>,
    /// Its end tells the thread to end.
    _alive: Sender<()>,
}

impl Watcher {
    /// Starts looking, for a run on this device (`cpu`, `cuda:0`).
    ///
    /// # Errors
    ///
    /// No thread can be started.
    pub fn start(device: &str) -> io::Result<Watcher> {
        let (sender, samples) = bounded(1);
        let (_alive, stop) = bounded(0);
        let ordinal = device.strip_prefix("cuda:").and_then(|n| n.parse().ok()).unwrap_or(0);
        std::thread::Builder::new().name("machine".into()).spawn(move || look(ordinal, &sender, &stop))?;
        Ok(Watcher { samples, _alive })
    }

    /// The line on which samples come; one that nobody has taken is the last until it is.
    pub fn samples(&self) -> &Receiver<Sample> {
        &self.samples
    }
}

/// Looks until nobody wants to know.
fn look(ordinal: usize, samples: &Sender<Sample>, stop: &Receiver<()>) {
    let driver = gpu::Driver::load(ordinal);
    let mut process = process::Process::default();
    loop {
        let gpu = driver.as_ref().map(gpu::Driver::look);
        let sample = Sample { memory: process::memory(), cpu: process.cpu(), gpu };
        if let Err(TrySendError::Disconnected(_)) = samples.try_send(sample) {
            return;
        }
        if stop.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_at_once_and_ends_when_nobody_looks_on() {
        let watcher = Watcher::start("cpu").unwrap();
        let first = watcher.samples().recv_timeout(Duration::from_secs(60)).unwrap();
        assert_eq!(first.cpu, None, "there was no time to compare with");
        if std::path::Path::new("/proc/self/status").exists() {
            assert!(first.memory.unwrap() > 1 << 20);
        }
        let samples = watcher.samples().clone();
        drop(watcher);
        // The thread lets go of its end.
        while samples.recv_timeout(Duration::from_secs(60)).is_ok() {}
        assert!(samples.try_recv().is_err());
    }
}
