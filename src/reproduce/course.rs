//! One run of an experiment, driven step by step through the trainer's own channels.

use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, TrySendError};

use super::{Broken, Watcher};
use crate::config::Config;
use crate::domain::StepRecord;
use crate::link::{self, Change, Command, Entry, Link, Report, RunState, Snapshot, SnapshotRequest};
use crate::train::Setup;

/// The longest time that a wish to stop may wait to be seen.
const TICK: Duration = Duration::from_millis(50);

/// A run that waits, paused, between what is asked of it. Everything it is asked happens at a step that is known
/// before, so that its results do not depend on time.
pub struct Course<'a> {
    link: Option<Link>,
    /// The exact record of every step.
    recorded: Receiver<Entry>,
    thread: Option<JoinHandle<()>>,
    watcher: &'a dyn Watcher,
    /// Steps completed.
    step: u64,
}

impl<'a> Course<'a> {
    /// The run of `config`, before its first step.
    ///
    /// # Errors
    /// The data or the device cannot be used.
    pub fn start(mut config: Config, watcher: &'a dyn Watcher) -> Result<Course<'a>, Broken> {
        // It ends when nobody asks for more.
        config.steps = 0;
        let failed = |error: &dyn std::fmt::Display| Broken::Failed(error.to_string());
        let (link, end) = link::pair();
        // Read at every pause; what is recorded until then is kept.
        let (feed, recorded) = crossbeam_channel::unbounded();
        let setup = Setup::new(config).map_err(|error| failed(&error))?.paused();
        let thread = setup.spawn(end, Some(feed)).map_err(|error| failed(&error))?;
        let mut course = Course { link: Some(link), recorded, thread: Some(thread), watcher, step: 0 };
        course.listen(|report| matches!(report, Report::State(change) if change.state == RunState::Paused))?;
        Ok(course)
    }

    /// Does so many steps more, and gives their records to `each`, in order.
    ///
    /// # Errors
    /// The run met a number that is not finite, or was told to stop.
    pub fn advance(&mut self, steps: u64, mut each: impl FnMut(&StepRecord)) -> Result<(), Broken> {
        if steps == 0 {
            return Ok(());
        }
        let goal = self.step + steps;
        self.send(Command::Advance(steps))?;
        let report =
            self.listen(|report| matches!(report, Report::State(change) if change.state == RunState::Paused))?;
        for entry in self.recorded.try_iter() {
            if let Entry::Steps(records) = entry {
                records.iter().for_each(&mut each);
            }
        }
        match report {
            Report::State(change) if change.step < goal => {
                Err(Broken::Failed(change.sentence().unwrap_or_else(|| format!("paused at step {}", change.step))))
            }
            _ => Ok(()),
        }
    }

    /// Changes a setting.
    ///
    /// # Errors
    /// The trainer refuses, or was told to stop.
    pub fn set(&mut self, change: Change) -> Result<(), Broken> {
        self.send(Command::Set(change))?;
        match self.listen(|report| matches!(report, Report::Applied(_) | Report::Rejected(_)))? {
            Report::Rejected(rejected) => Err(Broken::Failed(format!("{}: {}", rejected.what, rejected.why))),
            _ => Ok(()),
        }
    }

    /// A look at the run, with so many samples of each kind.
    ///
    /// # Errors
    /// The run was told to stop.
    pub fn snapshot(&mut self, samples: usize) -> Result<Snapshot, Broken> {
        self.send(Command::Snapshot(SnapshotRequest { samples, weights: false, fixed: false }))?;
        match self.listen(|report| matches!(report, Report::Snapshot(_)))? {
            Report::Snapshot(snapshot) => Ok(*snapshot),
            _ => Err(Broken::gone()),
        }
    }

    fn send(&self, command: Command) -> Result<(), Broken> {
        let link = self.link.as_ref().ok_or_else(Broken::gone)?;
        // One command waits at a time, so there is room.
        link.commands.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => Broken::Failed("the trainer takes no commands; this is a defect of gantop".into()),
            TrySendError::Disconnected(_) => Broken::gone(),
        })
    }

    /// Listens until `wanted` is said.
    fn listen(&mut self, wanted: impl Fn(&Report) -> bool) -> Result<Report, Broken> {
        let link = self.link.as_ref().ok_or_else(Broken::gone)?;
        loop {
            if self.watcher.stopped() {
                return Err(Broken::Stopped);
            }
            let report = match link.reports.recv_timeout(TICK) {
                Ok(report) => report,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return Err(Broken::gone()),
            };
            let reached = match &report {
                Report::Steps(records) => records.last().map(|record| record.step),
                Report::Merged(spans) => spans.last().map(|span| span.last),
                Report::State(change) => Some(change.step),
                _ => None,
            };
            if let Some(step) = reached {
                self.watcher.stepped(step.saturating_sub(self.step));
                self.step = step.max(self.step);
            }
            match report {
                Report::Failed(why) => return Err(Broken::Failed(why)),
                report if wanted(&report) => return Ok(report),
                _ => {}
            }
        }
    }
}

impl Drop for Course<'_> {
    fn drop(&mut self) {
        // Without anybody to command it the trainer ends before its next step; a process that ended while it computes
        // would take libtorch down under it.
        drop(self.link.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
