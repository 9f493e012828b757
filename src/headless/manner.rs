//! The manner in which a run is followed where nobody is asked, and a view for nobody.

use std::io;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::{Ending, Event, View};
use crate::config::OnHangup;
use crate::domain::StepRecord;
use crate::link::RunInfo;

/// The manner in which a run is followed where nobody is asked.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// The action when the terminal goes away, or SIGHUP comes.
    pub on_hangup: OnHangup,
    /// Whether a run that pauses waits for somebody who resumes it; else it is stopped.
    pub waits: bool,
    /// The file for standard output and standard error once the terminal has gone away; nowhere without it.
    pub log: Option<PathBuf>,
    /// The interval of lines of steps on standard output where it is no terminal.
    pub log_every: LogEvery,
    /// The description of the run, where it has given it before.
    pub info: Option<Box<RunInfo>>,
}

/// The time between two lines of steps in a log that has no end in sight: as in a log of a minute, one sixtieth of the
/// time that the run has been followed.
const SHARE: u32 = 60;
/// The intervals that it grows from, and to.
const GROWS: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(10));

/// The interval of lines of steps in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogEvery {
    /// Four times a second at first, once in ten seconds after ten minutes.
    #[default]
    Growing,
    /// After so much time.
    Time(Duration),
    /// After so many steps.
    Steps(u64),
}

/// The time and steps since the last line of steps.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    pub time: Duration,
    pub steps: u64,
    /// Since the run has been followed.
    pub run: Duration,
}

impl LogEvery {
    /// Whether the next line is due.
    pub fn is_due(self, passed: Passed) -> bool {
        match self {
            LogEvery::Steps(steps) => passed.steps >= steps,
            _ => passed.time >= self.period(passed.run),
        }
    }

    /// The time between two lines after the run has been followed for so long; 0 where steps say it.
    pub fn period(self, run: Duration) -> Duration {
        match self {
            LogEvery::Growing => (run / SHARE).clamp(GROWS.0, GROWS.1),
            LogEvery::Time(time) => time,
            LogEvery::Steps(_) => Duration::ZERO,
        }
    }
}

impl FromStr for LogEvery {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<LogEvery, &'static str> {
        let wrong = "must be a time, as in 30s or 5m, or a number of steps, as in 1000; at least 1";
        let every = match text.parse::<u64>() {
            Ok(steps) => (steps > 0).then_some(LogEvery::Steps(steps)),
            Err(_) => humantime::parse_duration(text).ok().filter(|time| !time.is_zero()).map(LogEvery::Time),
        };
        every.ok_or(wrong)
    }
}

/// Shows nothing.
#[derive(Clone, Copy, Debug)]
pub struct Unattended;

impl View for Unattended {
    fn is_seen(&self) -> bool {
        false
    }

    fn is_due(&self, _passed: Passed) -> bool {
        false
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_grows_ever_more_slowly_and_then_evenly() {
        let due = |every: LogEvery, time: f64, run: u64| {
            every.is_due(Passed { time: Duration::from_secs_f64(time), steps: 10, run: Duration::from_secs(run) })
        };
        for (run, period) in [(0, 0.25), (15, 0.25), (60, 1.0), (600, 10.0), (86_400, 10.0)] {
            assert!(due(LogEvery::Growing, period, run) && !due(LogEvery::Growing, period - 0.01, run), "{run} s");
        }
        assert!(due(LogEvery::Steps(10), 0.0, 0) && !due(LogEvery::Steps(11), 1e6, 0));
        assert!(due("2m".parse().unwrap(), 120.0, 0) && !due("2m".parse().unwrap(), 119.0, 86_400));
        assert_eq!("1000".parse(), Ok(LogEvery::Steps(1000)));
        assert_eq!("30s".parse(), Ok(LogEvery::Time(Duration::from_secs(30))));
        for text in ["0", "0s", "-5", "", "soon", "1.5"] {
            assert!(text.parse::<LogEvery>().is_err(), "{text}");
        }
    }
}
