//! The events of a run: from the reports that tell of them, and back to reports.

use std::borrow::Cow;
use std::path::Path;

use super::journal::{Outcome, What};
use super::{checkpoints, old_reasons};
use crate::config::live;
use crate::link::{
    Alert, Applied, EvaluationNews, EvaluationReport, PauseReason, Rejected, Report, Restored, RunState, Saved,
    StateChange, StateSource,
};

/// A state and why it is so, from a line that may have the sentence alone.
fn state_change(step: u64, state: RunState, reason: Option<PauseReason>, why: Option<&str>) -> StateChange {
    StateChange { step, state, why: reason.or_else(|| why.map(|sentence| old_reasons::parse(sentence, step))) }
}

impl What {
    /// The change of state that this is of, after `step` completed steps.
    pub fn state_change(&self, step: u64) -> Option<StateChange> {
        let What::State { state, reason, why } = self else { return None };
        Some(state_change(step, *state, reason.clone(), why.as_deref()))
    }

    /// The event of a report, and the steps completed then; none for step records, snapshots and the like. `step` is
    /// what is known of the steps completed, for a report that does not say.
    pub fn of(report: &Report, step: u64) -> Option<(u64, What)> {
        Some(match report {
            Report::Started(info) => {
                let (gantop, settings) = (env!("CARGO_PKG_VERSION").to_owned(), info.settings.clone());
                let (device, metrics) = (info.device.clone(), info.metrics.declared().to_vec());
                (step, What::Started { gantop, device, threads: info.threads, settings, metrics })
            }
            Report::State(change) => {
                // What is no reason of this program's has its sentence alone.
                let reason = change.why.clone().filter(|reason| !matches!(reason, PauseReason::Other(_)));
                (change.step, What::State { state: change.state, reason, why: change.sentence() })
            }
            Report::Applied(applied) => {
                let (what, old, new) = (applied.what.to_string(), applied.old.clone(), applied.new.clone());
                let (note, settings) = (applied.note.clone(), applied.settings.clone());
                (applied.step, What::Applied { what, old, new, who: applied.by, note, settings, joins: applied.joins })
            }
            Report::Rejected(rejected) => {
                let (what, why) = (rejected.what.clone(), rejected.why.clone());
                (rejected.step, What::Rejected { what, why, who: rejected.by })
            }
            Report::Saved(saved) => {
                let file = saved.file.as_ref().ok().map(|file| checkpoints::name(file));
                let why = saved.file.as_ref().err().cloned();
                (saved.step, What::Checkpoint { file, reason: saved.reason, why })
            }
            Report::Restored(restored) => {
                let file = restored.source.file().map_or_else(String::new, |file| file.display().to_string());
                let (undo, settings) = (restored.source == StateSource::Undo, restored.settings.clone());
                (restored.to, What::Restored { from: restored.from, file, undo, settings })
            }
            Report::Alert(alert) => (alert.step, What::Alert { text: alert.text.clone(), sign: alert.sign }),
            Report::Evaluation(report) => {
                let what = match &report.news {
                    EvaluationNews::Begun => What::Evaluating {},
                    EvaluationNews::Progress { .. } => return None,
                    EvaluationNews::Found(found) => What::Evaluated { found: Some(found.clone()), why: None },
                    EvaluationNews::Ended(why) => What::Evaluated { found: None, why: Some(why.clone()) },
                };
                (report.step, what)
            }
            Report::Finished(summary) => {
                let outcome = if summary.stopped { Outcome::Stopped } else { Outcome::Finished };
                (summary.steps, What::Ended { outcome, why: None })
            }
            Report::Failed(why) => (step, What::Ended { outcome: Outcome::Failed, why: Some(why.clone()) }),
            Report::Steps(_) | Report::Merged(_) | Report::Snapshot(_) | Report::Answered(_) | Report::Noted(_) => {
                return None;
            }
        })
    }

    /// The report that tells of it, of the run in `dir`; none of what is told otherwise.
    pub fn report(self, step: u64, dir: &Path) -> Option<Report> {
        Some(match self {
            What::Started { .. } | What::Ended { .. } => return None,
            What::State { state, reason, why } => Report::State(state_change(step, state, reason, why.as_deref())),
            What::Applied { what, old, new, who, note, settings, joins } => {
                let known = match live::known(&what) {
                    Some(key) => Some(Cow::Borrowed(key)),
                    None => settings.controls.contains_key(&what).then(|| Cow::Owned(what.clone())),
                };
                // A setting of another version has no name here.
                let note = if known.is_some() { note } else { Some(format!("it is {what}")) };
                let what = known.unwrap_or("a setting that this version does not know".into());
                Report::Applied(Applied { step, what, old, new, note, settings, by: who, joins })
            }
            What::Rejected { what, why, who } => Report::Rejected(Rejected { step, what, why, by: who }),
            What::Alert { text, sign } => Report::Alert(Alert { step, text, sign }),
            What::Checkpoint { file, reason, why } => {
                let folder = dir.join(checkpoints::FOLDER);
                let file = file.map(|file| folder.join(file)).ok_or_else(|| why.unwrap_or_default());
                Report::Saved(Saved { step, reason, file })
            }
            What::Restored { from, file, undo, settings } => {
                let source = if undo { StateSource::Undo } else { StateSource::File(file.into()) };
                Report::Restored(Restored { from, to: step, source, settings })
            }
            What::Evaluating {} => Report::Evaluation(EvaluationReport { step, news: EvaluationNews::Begun }),
            What::Evaluated { found, why } => {
                let ended = || EvaluationNews::Ended(why.unwrap_or_else(|| "the evaluation ended".to_owned()));
                let news = found.map_or_else(ended, EvaluationNews::Found);
                Report::Evaluation(EvaluationReport { step, news })
            }
        })
    }
}
