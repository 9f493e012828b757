//! How a run is followed where nobody is asked, and a view for nobody.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::{Ending, Event, View};
use crate::config::OnHangup;
use crate::domain::StepRecord;
use crate::link::RunInfo;

/// How a run is followed where nobody is asked.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// What happens when the terminal goes away, or SIGHUP comes.
    pub on_hangup: OnHangup,
    /// Whether a run that pauses waits for somebody who resumes it; else it is stopped.
    pub waits: bool,
    /// Where standard output and standard error go once the terminal has gone away; nowhere without it.
    pub log: Option<PathBuf>,
    /// What the run is, where it has said so before.
    pub info: Option<Box<RunInfo>>,
}

/// Shows nothing.
#[derive(Clone, Copy, Debug)]
pub struct Unattended;

impl View for Unattended {
    fn is_seen(&self) -> bool {
        false
    }

    fn period(&self) -> Duration {
        Duration::MAX
    }

    fn started(&mut self, _info: &RunInfo) -> io::Result<()> {
        Ok(())
    }

    fn step(&mut self, _record: &StepRecord, _rate: Option<f64>) -> io::Result<()> {
        Ok(())
    }

    fn event(&mut self, _event: Event) -> io::Result<()> {
        Ok(())
    }

    fn ended(&mut self, _ending: &Ending) -> io::Result<()> {
        Ok(())
    }
}
