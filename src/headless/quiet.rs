//! A run that is shown to nobody here.

use std::io;
use std::time::Duration;

use super::{Ending, Event, View};
use crate::link::{RunInfo, StepRecord};

/// Shows nothing.
#[derive(Clone, Copy, Debug)]
pub struct Quiet;

impl View for Quiet {
    fn period(&self) -> Duration {
        Duration::from_secs(3600)
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
