//! A journal as a list of what must be done again.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::config::live;
use crate::link::checkpoint::Reason;
use crate::link::{By, Settings};
use crate::run::checkpoints;
use crate::run::journal::{Event, What};

/// Something that is done after so many steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    pub step: u64,
    pub deed: Deed,
}

/// The act.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// These settings are put in force, by the change of this number.
    Set { settings: Settings, change: usize },
    /// The critic begins anew, by the change of this number.
    Renew { change: usize },
    /// The change of this number is taken back, together with what came after it.
    Undo { change: usize },
    /// A checkpoint is made.
    Save { name: String },
    /// The trainer made a checkpoint by itself, with what was done just before.
    Made { name: String },
    /// The run goes back to a checkpoint.
    Restore { name: String, file: PathBuf },
    /// The next step is tried, and refused because of a number that is not finite.
    Refused,
}

/// The acts of a journal.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// The checkpoint of another run that this one began with.
    pub from: Option<PathBuf>,
    pub acts: Vec<Act>,
    /// The checkpoints that the run went back to.
    pub wanted: HashSet<String>,
    /// The changes that were taken back, by their numbers.
    pub undone: HashSet<usize>,
}

/// The acts of the journal of the run with this folder of checkpoints.
///
/// # Errors
/// It goes on from another run in the middle.
pub fn acts(events: &[Event], folder: &Path) -> Result<Plan, String> {
    let mut plan = Plan::default();
    // An alert's checkpoint is told before the pause that it comes with.
    let mut alert = None;
    // How many changes there were so far, and those that can be taken back.
    let (mut count, mut changes): (usize, Vec<usize>) = (0, Vec::new());
    for event in events {
        let deed = match &event.what {
            What::Applied { what, settings, who, joins, .. } => {
                let change = count;
                count += 1;
                if *who == By::Person && !joins {
                    changes.push(change);
                }
                match what == live::CRITIC_WEIGHTS {
                    true => Deed::Renew { change },
                    false => Deed::Set { settings: settings.clone(), change },
                }
            }
            What::Checkpoint { file: Some(name), reason: Reason::Alert, .. } => {
                alert = Some(name.clone());
                continue;
            }
            What::Checkpoint { file: Some(name), reason: Reason::Branch, .. } => Deed::Made { name: name.clone() },
            What::Checkpoint { file: Some(name), .. } => Deed::Save { name: name.clone() },
            What::State { .. } => {
                let refused = event.what.state_change(event.step).is_some_and(|change| change.is_refused_step());
                if refused {
                    plan.acts.push(Act { step: event.step, deed: Deed::Refused });
                }
                let Some(name) = alert.take() else { continue };
                // Without a refused step, data could not be read, which is no act of the run: its state was kept.
                if refused { Deed::Made { name } } else { Deed::Save { name } }
            }
            What::Restored { from: Some(from), undo: true, .. } => {
                let none = || format!("step {from}: a change is taken back that the journal does not have");
                let change = changes.pop().ok_or_else(none)?;
                plan.undone.insert(change);
                plan.acts.push(Act { step: *from, deed: Deed::Undo { change } });
                continue;
            }
            What::Restored { from: Some(_), file, .. } => {
                changes.clear();
                let file = PathBuf::from(file);
                let name = checkpoints::name(&file);
                // The act is one of the step that the run was at then.
                let step = plan.acts.last().map_or(0, |act| act.step);
                plan.wanted.insert(name.clone());
                let file = folder.join(&name);
                let at = from_step(&event.what).unwrap_or(step);
                plan.acts.push(Act { step: at, deed: Deed::Restore { name, file } });
                continue;
            }
            What::Restored { from: None, file, .. } => {
                changes.clear();
                go_on(&mut plan, event.step, Path::new(file), folder)?;
                alert = None;
                continue;
            }
            _ => continue,
        };
        plan.acts.push(Act { step: event.step, deed });
    }
    Ok(plan)
}

fn from_step(what: &What) -> Option<u64> {
    if let What::Restored { from, .. } = what { *from } else { None }
}

/// A new process went on from `file`, which was made after `step` steps: what came after it is forgotten.
fn go_on(plan: &mut Plan, step: u64, file: &Path, folder: &Path) -> Result<(), String> {
    let name = checkpoints::name(file);
    let makes = |act: &Act| match &act.deed {
        Deed::Save { name: made } | Deed::Made { name: made } => *made == name,
        _ => false,
    };
    if let Some(at) = plan.acts.iter().rposition(makes) {
        plan.acts.truncate(at + 1);
    } else if file.parent().is_some_and(|parent| is_same(parent, folder)) {
        // The process ended between the file and the journal's line: nothing was done after it but steps.
        while plan.acts.last().is_some_and(|act| act.step > step) {
            plan.acts.pop();
        }
        plan.acts.push(Act { step, deed: Deed::Save { name } });
    } else if plan.acts.is_empty() && plan.from.is_none() {
        plan.from = Some(file.to_owned());
    } else {
        return Err(format!("at step {step} it goes on from {}, which is of another run", file.display()));
    }
    Ok(())
}

fn is_same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::link::{PauseReason, RunState};
    use crate::run::journal;

    fn event(step: u64, what: What) -> Event {
        Event { time: String::new(), step, what }
    }

    fn saved(step: u64, reason: Reason) -> Event {
        event(step, What::Checkpoint { file: Some(format!("{step}.safetensors")), reason, why: None })
    }

    fn restored(from: Option<u64>, to: u64) -> Event {
        let settings = Settings::of(&config::load(None, &[]).unwrap());
        event(to, What::Restored { from, file: format!("r/checkpoints/{to}.safetensors"), undo: false, settings })
    }

    #[test]
    fn a_journal_with_sentences_alone_asks_for_the_same_as_one_with_reasons() {
        let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/record/old-journal.jsonl");
        let (mut events, torn) = journal::read(&old).unwrap();
        assert!(torn.is_none());
        let plan = acts(&events, Path::new("r/checkpoints")).unwrap();
        let deeds: Vec<_> = plan.acts.iter().map(|act| (act.step, &act.deed)).collect();
        let [(20, Deed::Refused), (20, Deed::Made { name }), (20, Deed::Set { .. })] = deeds[..] else {
            panic!("{deeds:?}")
        };
        assert_eq!(name, "step-000000020.safetensors");
        // The same lines as they are written today, in which no sentence counts.
        for event in &mut events {
            if let Some(change) = event.what.state_change(event.step)
                && let What::State { reason, why, .. } = &mut event.what
            {
                (*reason, *why) = (change.why, Some("step 21: whatever it says".to_owned()));
            }
        }
        let paused = What::State { state: RunState::Paused, reason: Some(PauseReason::Person), why: None };
        events.push(event(41, paused));
        assert_eq!(acts(&events, Path::new("r/checkpoints")).unwrap(), plan);
    }

    fn steps(plan: &Plan) -> Vec<u64> {
        plan.acts.iter().map(|act| act.step).collect()
    }

    #[test]
    fn what_came_after_the_checkpoint_that_the_next_process_went_on_from_is_left_out() {
        let folder = Path::new("r/checkpoints");
        let refused =
            event(40, What::State { state: RunState::Paused, reason: Some(PauseReason::NonFinite(None)), why: None });
        let paused = event(41, What::State { state: RunState::Paused, reason: Some(PauseReason::Person), why: None });
        let events = [
            saved(10, Reason::Due),
            saved(20, Reason::Asked),
            saved(40, Reason::Alert),
            refused,
            paused,
            restored(Some(40), 10),
            saved(10, Reason::Branch),
        ];
        let plan = acts(&events, folder).unwrap();
        assert_eq!(steps(&plan), [10, 20, 40, 40, 40, 10]);
        assert_eq!(plan.acts[3].deed, Deed::Made { name: "40.safetensors".into() });
        assert!(plan.wanted.contains("10.safetensors") && plan.from.is_none());

        let plan = acts(&[&events[..], &[restored(None, 20), saved(30, Reason::End)]].concat(), folder).unwrap();
        assert_eq!(steps(&plan), [10, 20, 30]);
        let elsewhere = acts(&[restored(None, 7), saved(9, Reason::End)], Path::new("s/checkpoints")).unwrap();
        assert_eq!(elsewhere.from, Some(PathBuf::from("r/checkpoints/7.safetensors")));
        let error = acts(&[saved(5, Reason::End), restored(None, 7)], Path::new("s/checkpoints")).unwrap_err();
        assert!(error.contains("another run"), "{error}");
    }

    #[test]
    fn the_last_change_is_the_one_that_is_taken_back() {
        let settings = || Settings::of(&config::load(None, &[]).unwrap());
        let applied = |step: u64, who: By, joins: bool| {
            let (what, old, new) = ("critic.steps".to_owned(), "5".to_owned(), "4".to_owned());
            event(step, What::Applied { what, old, new, who, note: None, settings: settings(), joins })
        };
        let undo = |from: u64, to: u64| {
            event(to, What::Restored { from: Some(from), file: String::new(), undo: true, settings: settings() })
        };
        let person = |step: u64| applied(step, By::Person, false);
        let events = [person(5), person(10), applied(10, By::Person, true), applied(12, By::Schedule, false)];
        let plan = acts(&[&events[..], &[undo(20, 10), undo(15, 5)]].concat(), Path::new("r/checkpoints")).unwrap();
        let undone: Vec<_> = plan.acts.iter().filter(|act| matches!(act.deed, Deed::Undo { .. })).collect();
        assert_eq!((&undone[0].deed, undone[0].step), (&Deed::Undo { change: 1 }, 20));
        assert_eq!((&undone[1].deed, undone[1].step), (&Deed::Undo { change: 0 }, 15));
        assert_eq!(plan.undone, HashSet::from([0, 1]));
        // What was changed before the run went back to a checkpoint cannot be taken back.
        let back = [saved(3, Reason::Asked), person(5), restored(Some(8), 3), undo(9, 5)];
        assert!(acts(&back, Path::new("r/checkpoints")).unwrap_err().contains("the journal does not have"));
    }
}
