//! A journal as a schedule that makes the same changes.

use super::{Event, What};
use crate::config::Scheduled;
use crate::config::live::{self, Assignments, Datum};
use crate::link::{By, Settings};

/// Why no schedule makes the changes of a journal.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoSchedule {
    /// Nobody knows what the settings were before the first change.
    #[error("the journal does not say with which settings the run started")]
    NoStart,
    /// The run went back to a step before.
    #[error("the run went back from step {from} to step {to}: no schedule can do that")]
    Back { from: u64, to: u64 },
}

/// The entries of a schedule that turn settings into others after so many steps: what is set, but for what ramps move,
/// and the ramps that begin.
fn entries(before: &Settings, now: &Settings, at: u64) -> Vec<Scheduled> {
    let mut set = now.keys().without(&before.after(at).keys());
    now.ramps.iter().for_each(|ramp| set.remove(ramp.key.name()));
    let begun = now.ramps.iter().filter(|ramp| !before.ramps.contains(ramp));
    let ramps = begun.map(|ramp| Scheduled { at, set: Assignments::default(), ramp: Some(ramp.ramp()) });
    let set = (!set.is_empty()).then(|| Scheduled::setting(at, set));
    set.into_iter().chain(ramps).collect()
}

/// The schedule that makes the changes of these events, whoever asked for them, at the same steps.
///
/// # Errors
/// There is none.
pub fn schedule(events: &[Event]) -> Result<Vec<Scheduled>, NoSchedule> {
    let (mut schedule, mut now, mut last): (Vec<Scheduled>, Option<&Settings>, u64) = (Vec::new(), None, 0);
    // The settings before each entry, and the entries before each change that can be taken back, with the settings then.
    let (mut before_each, mut changes): (Vec<&Settings>, Vec<(usize, &Settings)>) = (Vec::new(), Vec::new());
    for event in events {
        match &event.what {
            What::Restored { from: Some(from), undo: true, .. } => {
                let back = NoSchedule::Back { from: *from, to: event.step };
                let (kept, before) = changes.pop().ok_or(back)?;
                schedule.truncate(kept);
                before_each.truncate(kept);
                (now, last) = (Some(before), event.step);
            }
            What::Restored { from: Some(from), .. } => {
                return Err(NoSchedule::Back { from: *from, to: event.step });
            }
            // A new process went on: what the one before changed after the checkpoint is forgotten.
            What::Restored { from: None, settings, .. } => {
                let kept = schedule.partition_point(|entry| entry.at <= event.step);
                let before = before_each.get(kept).copied().or(now).unwrap_or(settings);
                schedule.truncate(kept);
                before_each.truncate(kept);
                changes.clear();
                // A change at the checkpoint's own step may have come after it.
                for entry in entries(before, settings, event.step) {
                    schedule.push(entry);
                    before_each.push(before);
                }
                (now, last) = (Some(settings), event.step);
            }
            What::Started { settings, .. } => now = now.or(Some(settings)),
            What::Applied { what, settings, who, joins, .. } => {
                if event.step < last {
                    return Err(NoSchedule::Back { from: last, to: event.step });
                }
                let before = now.replace(settings).ok_or(NoSchedule::NoStart)?;
                last = event.step;
                if *who == By::Person && !joins {
                    changes.push((schedule.len(), before));
                }
                let mut entries = entries(before, settings, event.step);
                // An act, which the settings do not show.
                if what == live::CRITIC_WEIGHTS {
                    let mut set = Assignments::default();
                    set.insert(live::CRITIC_WEIGHTS, Datum::Name(live::FRESH.to_owned()));
                    entries.push(Scheduled::setting(event.step, set));
                }
                for entry in entries {
                    schedule.push(entry);
                    before_each.push(before);
                }
            }
            _ => {}
        }
    }
    Ok(schedule)
}
