//! Answers and the commands to which they belong: commands of all watchers go to the trainer under the hub's own
//! numbers.

use std::collections::VecDeque;

use crate::link::checkpoint::Reason;
use crate::link::{Answer, By, Command, Rejected, Report};

/// Whose a command is: the watcher, and the number it gave, if it wants an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Requester {
    pub watcher: u64,
    pub id: Option<u64>,
}

/// The trainer's answers.
#[derive(Debug)]
pub enum Answered {
    /// A snapshot that the hub asked for.
    Snapshot,
    /// Somebody's command.
    Command(Requester, Vec<Report>),
}

/// The kind of answer that a command gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    State,
    Change,
    Save,
    Restore,
    Snapshot,
    Evaluation,
    Stop,
    Silent,
}

#[derive(Clone, Copy, Debug)]
struct PendingCommand {
    number: u64,
    /// None: the hub's own.
    requester: Option<Requester>,
    kind: Kind,
}

/// The commands that have not been answered.
#[derive(Debug, Default)]
pub struct PendingCommands {
    last: u64,
    /// The commands on their way to the trainer, which answers in this order.
    sent: VecDeque<PendingCommand>,
    /// Checkpoints that are not on disk yet.
    saves: VecDeque<PendingCommand>,
    /// The reports that may answer the first of those that were sent: those since the last answer.
    since: Vec<Report>,
}

impl PendingCommands {
    /// Gives a command its number on its way to the trainer.
    pub fn number(&mut self, requester: Option<Requester>, command: Command) -> Command {
        let kind = match &command {
            Command::Pause | Command::Resume | Command::Advance(_) => Kind::State,
            Command::Set(_) | Command::Assign(_) => Kind::Change,
            Command::Save => Kind::Save,
            Command::Restore { .. } | Command::Undo => Kind::Restore,
            Command::Snapshot(_) => Kind::Snapshot,
            Command::Evaluate | Command::CancelEvaluation => Kind::Evaluation,
            Command::Stop => Kind::Stop,
            Command::Alert(_) | Command::Unattended | Command::Numbered(..) => Kind::Silent,
        };
        self.last += 1;
        self.sent.push_back(PendingCommand { number: self.last, requester, kind });
        Command::Numbered(self.last, Box::new(command))
    }

    /// The number of a watcher's commands that have not been answered.
    pub fn of(&self, watcher: u64) -> usize {
        let mine = |command: &&PendingCommand| command.requester.is_some_and(|requester| requester.watcher == watcher);
        self.sent.iter().chain(&self.saves).filter(mine).count()
    }

    /// Takes in a report that may be an answer. Some are answered by it.
    pub fn hear(&mut self, report: &Report) -> Option<Answered> {
        match report {
            Report::Answered(answer) => return self.answered(answer.id),
            Report::Saved(saved) if saved.reason == Reason::Asked => {
                let command = self.saves.pop_front()?;
                return Some(Answered::Command(command.requester?, vec![report.clone()]));
            }
            _ if self.sent.is_empty() => {}
            // The last state is the one that was asked for.
            Report::State(_) => {
                self.since.retain(|report| !matches!(report, Report::State(_)));
                self.since.push(report.clone());
            }
            Report::Applied(applied) if applied.by == By::Person => self.since.push(report.clone()),
            Report::Rejected(rejected) if rejected.by == By::Person => self.since.push(report.clone()),
            Report::Restored(_) => self.since.push(report.clone()),
            Report::Evaluation(news) if !news.is_progress() => self.since.push(report.clone()),
            _ => {}
        }
        None
    }

    /// The answers to everything that the end of the run, which was this report, leaves undone.
    pub fn end(&mut self, end: &Report, step: u64) -> Vec<(Requester, Vec<Report>)> {
        let finished = matches!(end, Report::Finished(_));
        let answer = |command: PendingCommand| {
            let said = if command.kind == Kind::Stop && finished {
                end.clone()
            } else {
                let why = "the run has ended".to_owned();
                Report::Rejected(Rejected { step, what: "a command".to_owned(), why, by: By::Person })
            };
            Some((command.requester?, vec![said]))
        };
        self.saves.drain(..).chain(self.sent.drain(..)).filter_map(answer).collect()
    }

    /// The trainer has answered the command with this number.
    fn answered(&mut self, number: u64) -> Option<Answered> {
        let since = std::mem::take(&mut self.since);
        // Numbers go up; one that is missing was lost with the end of a run.
        while self.sent.front().is_some_and(|command| command.number < number) {
            self.sent.pop_front();
        }
        let command = *self.sent.front().filter(|command| command.number == number)?;
        self.sent.pop_front();
        let mut said = since;
        said.retain(|report| {
            matches!(
                (command.kind, report),
                (Kind::State, Report::State(_))
                    | (Kind::Change, Report::Applied(_))
                    | (Kind::Restore, Report::Restored(_))
                    | (Kind::Evaluation, Report::Evaluation(_))
                    | (Kind::Change | Kind::Save | Kind::Restore | Kind::Evaluation, Report::Rejected(_))
            )
        });
        match command.kind {
            Kind::Snapshot => Some(Answered::Snapshot),
            Kind::Save if said.is_empty() => {
                self.saves.push_back(command);
                None
            }
            _ => Some(Answered::Command(command.requester?, said)),
        }
    }
}

/// A watcher's answer.
pub fn answer(requester: Requester, said: Vec<Report>) -> Option<Report> {
    Some(Report::Answered(Answer { said, ..Answer::plain(requester.id?) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{RunState, Saved, StateChange};

    fn state(step: u64, state: RunState) -> Report {
        Report::State(StateChange { step, state, why: None })
    }

    fn rejected(by: By, why: &str) -> Report {
        Report::Rejected(Rejected { step: 1, what: "x".into(), why: why.into(), by })
    }

    fn numbered(command: Command) -> u64 {
        let Command::Numbered(number, _) = command else { panic!("{command:?} has no number") };
        number
    }

    #[test]
    fn each_command_gets_its_own_answer() {
        let mut pending = PendingCommands::default();
        let requester = |watcher, id| Some(Requester { watcher, id: Some(id) });
        let pause = numbered(pending.number(requester(1, 70), Command::Pause));
        let scale = Command::Set(crate::link::Change::ScaleConstraint(2.0));
        let scale = numbered(pending.number(requester(2, 70), scale));
        let save = numbered(pending.number(requester(1, 71), Command::Save));
        assert_eq!((pending.of(1), pending.of(2)), (2, 1));
        // A rule of health pauses the run just before the command does.
        for report in [state(4, RunState::Paused), rejected(By::Schedule, "not mine"), state(5, RunState::Paused)] {
            assert!(pending.hear(&report).is_none());
        }
        let answered = |found: Option<Answered>| match found {
            Some(Answered::Command(requester, said)) => (requester.watcher, requester.id, format!("{said:?}")),
            other => panic!("{other:?}"),
        };
        let (watcher, id, said) = answered(pending.hear(&Report::Answered(Answer::plain(pause))));
        assert_eq!((watcher, id), (1, Some(70)));
        assert!(said.contains("step: 5") && !said.contains("step: 4"), "{said}");
        pending.hear(&rejected(By::Person, "nothing to scale"));
        let (watcher, _, said) = answered(pending.hear(&Report::Answered(Answer::plain(scale))));
        assert!(watcher == 2 && said.contains("nothing to scale"), "{said}");
        // A checkpoint is answered when it is on disk.
        assert!(pending.hear(&Report::Answered(Answer::plain(save))).is_none());
        let due = Saved { step: 3, reason: Reason::Due, file: Ok("due".into()) };
        assert!(pending.hear(&Report::Saved(due.clone())).is_none());
        let (.., said) = answered(pending.hear(&Report::Saved(Saved { reason: Reason::Asked, ..due })));
        assert!(said.contains("Saved"), "{said}");
        assert_eq!(pending.of(1), 0);
    }

    #[test]
    fn the_end_of_the_run_answers_the_rest() {
        let mut pending = PendingCommands::default();
        pending.number(Some(Requester { watcher: 1, id: Some(1) }), Command::Stop);
        pending.number(Some(Requester { watcher: 2, id: Some(1) }), Command::Pause);
        pending.number(None, Command::Pause);
        let answers = pending.end(&Report::Failed("a disk".into()), 7);
        assert_eq!(answers.len(), 2);
        assert!(answers.iter().all(|(_, said)| matches!(said[0], Report::Rejected(_))));
    }
}
