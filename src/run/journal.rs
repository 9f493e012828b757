//! journal.jsonl: what happened in a run, a JSON object a line.
//!
//! Every line has `time` (RFC 3339, UTC), `step` (steps completed then) and `kind`. The lines of applied changes hold
//! the settings in force after them, so that a run can be trained again.

mod schedule;

use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::lines::{Lines, ReadError, Torn};
use crate::domain::MetricInfo;
use crate::link::checkpoint::Reason;
use crate::link::{By, Evaluation, PauseReason, Report, RunState, Settings, Sign};
pub use schedule::{NoSchedule, schedule};

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, in RFC 3339, UTC.
    pub time: String,
    /// Steps completed when it happened.
    pub step: u64,
    #[serde(flatten)]
    pub what: What,
}

/// An event of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum What {
    /// The run is ready for its first step.
    Started {
        /// gantop's version.
        gantop: String,
        device: String,
        threads: usize,
        /// The settings at the first step.
        settings: Settings,
        /// The metrics besides gantop's own.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        metrics: Vec<MetricInfo>,
    },
    /// It goes on, pauses, ends.
    State {
        state: RunState,
        /// Why it pauses. Journals from before there was such a key have the sentence alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<PauseReason>,
        /// The sentence for a person that is made from the reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A change took effect: it holds from the step after.
    Applied {
        /// The setting, by its config key.
        what: String,
        old: String,
        new: String,
        who: By,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// All settings, as in force from there.
        settings: Settings,
        /// Whether it is taken back together with the change before it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        joins: bool,
    },
    /// A command was impossible.
    Rejected { what: String, why: String, who: By },
    /// Something a person should know.
    Alert {
        text: String,
        /// The verdict of a rule of health, where one speaks: its keys are `rule` and `raised`.
        #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
        sign: Option<Sign>,
    },
    /// A checkpoint was written.
    Checkpoint {
        /// Its file's name in the run's folder of checkpoints, if it could be written.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        /// The reason for which it was made.
        reason: Reason,
        /// Why there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// The run went back to a checkpoint or took its last change back (it was at step `from`), or a new process took it
    /// up at a checkpoint: `step` is that of the state that it goes on from.
    Restored {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<u64>,
        /// The checkpoint's file; left out where the last change was taken back.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        file: String,
        /// Whether the last change was taken back.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        undo: bool,
        /// The settings in force from there.
        settings: Settings,
    },
    /// An evaluation begins.
    Evaluating {},
    /// An evaluation ended.
    Evaluated {
        /// The findings, if it came so far.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        found: Option<Box<Evaluation>>,
        /// Why it did not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// The last line of a run that ended.
    Ended {
        outcome: Outcome,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
}

/// The end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Its last step is done.
    Finished,
    /// It was stopped before its last step.
    Stopped,
    /// It broke.
    Failed,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::Finished => "finished",
            Outcome::Stopped => "stopped",
            Outcome::Failed => "failed",
        })
    }
}

impl Event {
    /// The event that a report tells of, at this time; see [`What::of`].
    pub fn of(report: &Report, step: u64, time: SystemTime) -> Option<Event> {
        let (step, what) = What::of(report, step)?;
        Some(Event { time: timestamp(time), step, what })
    }
}

/// A time as the journal has it, to the millisecond.
pub fn timestamp(time: SystemTime) -> String {
    humantime::format_rfc3339_millis(in_four_digits(time)).to_string()
}

/// The time, or of a clock that is before 1970 or after 9999 the nearest that RFC 3339 can write.
pub(super) fn in_four_digits(time: SystemTime) -> SystemTime {
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    time.clamp(SystemTime::UNIX_EPOCH, last)
}

/// The events of a journal, in order.
#[derive(Debug)]
pub struct Events(Lines);

impl Events {
    /// Opens the journal at `path`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(path: &Path) -> Result<Events, ReadError> {
        Lines::open(path).map(Events)
    }

    /// The next event. After the last one there may be more later, of a run that goes on; after a line that is wrong,
    /// the one behind it is next.
    ///
    /// # Errors
    /// The file cannot be read, or a whole line is no event.
    pub fn event(&mut self) -> Result<Option<Event>, ReadError> {
        let Some(line) = self.0.next_line()? else { return Ok(None) };
        serde_json::from_slice(line).map(Some).map_err(|error| {
            // serde_json ends with a place in this line alone.
            let why = error.to_string();
            let why = why.split(" at line ").next().unwrap_or_default();
            self.0.wrong(error.column().max(1), format!("not an event of a journal: {why}"))
        })
    }
}

/// The events of the journal at `path`, in order, and the torn last line that was skipped, if there was one.
///
/// # Errors
/// The file cannot be read, or a whole line is no event.
pub fn read(path: &Path) -> Result<(Vec<Event>, Option<Torn>), ReadError> {
    let mut reader = Events::open(path)?;
    let mut events = Vec::new();
    while let Some(event) = reader.event()? {
        events.push(event);
    }
    Ok((events, reader.0.torn().cloned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Constraint;
    use crate::domain::ObjectiveChoice;
    use crate::link::Applied;

    fn settings(lr: f64, clip: f64) -> Settings {
        let constraint = Constraint::Clip { clip };
        Settings {
            objective: ObjectiveChoice::default(),
            constraint,
            generator_lr: lr,
            critic_lr: lr / 3.0,
            generator_beta1: None,
            critic_beta1: Some(0.5),
            generator_beta2: None,
            critic_beta2: None,
            ema: None,
            critic_steps: 5,
            steps: None,
            controls: Default::default(),
            ramps: Vec::new(),
        }
    }

    fn applied(lr: f64, clip: f64) -> Event {
        let (what, old, new, note) = ("constraint", "none".into(), "clip".into(), None);
        let applied = Applied {
            step: 40,
            what: what.into(),
            old,
            new,
            note,
            settings: settings(lr, clip),
            by: By::Person,
            joins: false,
        };
        Event::of(&Report::Applied(applied), 0, SystemTime::UNIX_EPOCH + Duration::from_millis(1500)).unwrap()
    }

    fn read_text(text: &[u8]) -> Result<(Vec<Event>, Option<Torn>), String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal.jsonl");
        std::fs::write(&path, text).unwrap();
        let name = path.display().to_string();
        read(&path).map_err(|error| error.to_string().replace(&name, "J"))
    }

    #[test]
    fn a_clock_may_be_wrong_by_centuries() {
        let (start, century) = (SystemTime::UNIX_EPOCH, Duration::from_secs(36_525 * 86_400));
        assert_eq!(timestamp(start - century), "1970-01-01T00:00:00.000Z");
        assert_eq!(timestamp(start + century * 90), "9999-12-31T23:59:59.000Z");
    }

    #[test]
    fn a_line_says_when_what_and_who() {
        let line = serde_json::to_value(applied(3e-4, 0.1)).unwrap();
        assert_eq!(line["time"], "1970-01-01T00:00:01.500Z");
        assert_eq!((&line["kind"], &line["who"], &line["step"]), (&"applied".into(), &"person".into(), &40.into()));
        assert_eq!(line["settings"]["constraint"]["clip"], 0.1);
        assert_eq!(line["settings"]["objective"]["kind"], "wgan");
        assert!(line.get("note").is_none());
    }

    #[test]
    fn a_torn_last_line_is_skipped_and_told() {
        let whole = serde_json::to_string(&applied(1e-3, 0.1)).unwrap();
        let (events, torn) = read_text(format!("{whole}\n{}", &whole[..40]).as_bytes()).unwrap();
        assert_eq!((events.len(), torn.unwrap().line), (1, 2));
        assert_eq!(read_text(b"").unwrap(), (vec![], None));
    }

    #[test]
    fn a_bad_line_is_named() {
        let whole = serde_json::to_string(&applied(1e-3, 0.1)).unwrap();
        let wrong = |line: &str| read_text(format!("{whole}\n{line}\n{whole}\n").as_bytes()).unwrap_err();
        for (line, why) in [
            ("{\"time\": \"x\", \"step\": 1}", "J:2:24: not an event of a journal: missing field `kind`"),
            ("{\"step\": -1", "J:2:"),
            ("", "J:2:"),
            ("{\"time\":\"\",\"step\":1,\"kind\":\"dance\"}", "unknown variant `dance`"),
        ] {
            assert!(wrong(line).contains(why), "{line}: {}", wrong(line));
        }
        assert!(read_text(&vec![b'x'; 2 << 20]).unwrap_err().contains("longer than 1 MiB"));
    }

    #[test]
    fn a_schedule_forgets_what_a_killed_process_did_after_the_checkpoint() {
        let at = |step: u64, what: What| Event { time: String::new(), step, what };
        let change = |step: u64, clip: f64| Event { step, ..applied(1e-3, clip) };
        let settings = |clip: f64| settings(1e-3, clip);
        let started = at(
            0,
            What::Started {
                gantop: "0".into(),
                device: "cpu".into(),
                threads: 1,
                settings: settings(0.1),
                metrics: vec![],
            },
        );
        let back = |from: Option<u64>, step: u64, clip: f64| {
            at(step, What::Restored { from, file: "f".into(), undo: false, settings: settings(clip) })
        };
        let ends_with = |events: &[Event]| -> Vec<u64> { schedule(events).unwrap().iter().map(|s| s.at).collect() };
        let first = [started, change(10, 0.2), change(20, 0.3), change(30, 0.4)];
        assert_eq!(ends_with(&first), [10, 20, 30]);
        let killed = [&first[..], &[back(None, 25, 0.3), change(28, 0.5)]].concat();
        assert_eq!(ends_with(&killed), [10, 20, 28]);
        // The checkpoint of step 20 was made before the change there.
        let before = [&first[..], &[back(None, 20, 0.2), change(21, 0.3)]].concat();
        assert_eq!(ends_with(&before), [10, 20, 20, 21]);
        let steered = [&first[..], &[back(Some(30), 10, 0.2)]].concat();
        assert_eq!(schedule(&steered), Err(NoSchedule::Back { from: 30, to: 10 }));
        // A change that was taken back is none of the schedule, and what was changed after that is.
        let taken_back = |from: u64, step: u64, clip: f64| {
            at(step, What::Restored { from: Some(from), file: String::new(), undo: true, settings: settings(clip) })
        };
        let undone = [&first[..], &[taken_back(35, 30, 0.3), taken_back(32, 20, 0.2), change(27, 0.6)]].concat();
        assert_eq!(ends_with(&undone), [10, 27]);
        let text = schedule(&undone).unwrap()[1].set.shown("constraint.clip");
        assert_eq!(text.as_deref(), Some("0.6"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn numbers_read_back_to_the_bit(lr in 1e-12..1e3f64, clip in 1e-9..1e9f64) {
            let event = applied(lr, clip);
            let line = serde_json::to_string(&event).unwrap() + "\n";
            prop_assert_eq!(read_text(line.as_bytes()).unwrap(), (vec![event], None));
        }

        #[test]
        fn damage_is_an_error_or_a_note(at in 0usize..2000, byte: u8, cut in 0usize..2000) {
            let line = serde_json::to_string(&applied(0.1, 0.2)).unwrap() + "\n";
            let mut text = line.repeat(3).into_bytes();
            let at = at % text.len();
            text[at] = byte;
            text.truncate(cut.max(1));
            if let Err(error) = read_text(&text) {
                prop_assert!(error.starts_with("J:"), "{}", error);
            }
        }

        #[test]
        fn noise_is_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_text(&bytes);
        }
    }
}
