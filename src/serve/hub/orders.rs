//! Which answer belongs to which command: commands of all watchers go to the trainer under the hub's own numbers.

use std::collections::VecDeque;

use crate::link::checkpoint::Reason;
use crate::link::{Answer, By, Command, Rejected, Report};

/// Whose a command is: the watcher, and the number it gave, if it wants an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whose {
    pub watcher: u64,
    pub id: Option<u64>,
}

/// What the trainer has answered.
#[derive(Debug)]
pub enum Answered {
    /// A snapshot that the hub asked for.
    Look,
    /// Somebody's command.
    Order(Whose, Vec<Report>),
}

/// What kind of answer a command gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    State,
    Change,
    Save,
    Restore,
    Look,
    Stop,
    Silent,
}

#[derive(Clone, Copy, Debug)]
struct Order {
    number: u64,
    /// None: the hub's own.
    whose: Option<Whose>,
    kind: Kind,
}

/// The commands that have not been answered.
#[derive(Debug, Default)]
pub struct Orders {
    last: u64,
    /// Those on their way to the trainer, which answers in this order.
    sent: VecDeque<Order>,
    /// Checkpoints that are not on disk yet.
    saves: VecDeque<Order>,
    /// What may answer the first of those that were sent: what was said since the last answer.
    since: Vec<Report>,
}

impl Orders {
    /// Gives a command its number on its way to the trainer.
    pub fn number(&mut self, whose: Option<Whose>, command: Command) -> Command {
        let kind = match &command {
            Command::Pause | Command::Resume | Command::Advance(_) => Kind::State,
            Command::Set(_) | Command::Assign(_) => Kind::Change,
            Command::Save => Kind::Save,
            Command::Restore { .. } => Kind::Restore,
            Command::Snapshot(_) => Kind::Look,
            Command::Stop => Kind::Stop,
            Command::Alert(_) | Command::Numbered(..) => Kind::Silent,
        };
        self.last += 1;
        self.sent.push_back(Order { number: self.last, whose, kind });
        Command::Numbered(self.last, Box::new(command))
    }

    /// How many commands of a watcher have not been answered.
    pub fn of(&self, watcher: u64) -> usize {
        let mine = |order: &&Order| order.whose.is_some_and(|whose| whose.watcher == watcher);
        self.sent.iter().chain(&self.saves).filter(mine).count()
    }

    /// Takes in a report that may be an answer. Some are answered by it.
    pub fn hear(&mut self, report: &Report) -> Option<Answered> {
        match report {
            Report::Answered(answer) => return self.answered(answer.id),
            Report::Saved(saved) if saved.reason == Reason::Asked => {
                let order = self.saves.pop_front()?;
                return Some(Answered::Order(order.whose?, vec![report.clone()]));
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
            _ => {}
        }
        None
    }

    /// The answers to everything that the end of the run, which was this report, leaves undone.
    pub fn end(&mut self, end: &Report, step: u64) -> Vec<(Whose, Vec<Report>)> {
        let finished = matches!(end, Report::Finished(_));
        let answer = |order: Order| {
            let said = if order.kind == Kind::Stop && finished {
                end.clone()
            } else {
                let why = "the run has ended".to_owned();
                Report::Rejected(Rejected { step, what: "a command".to_owned(), why, by: By::Person })
            };
            Some((order.whose?, vec![said]))
        };
        self.saves.drain(..).chain(self.sent.drain(..)).filter_map(answer).collect()
    }

    /// The trainer has answered the command with this number.
    fn answered(&mut self, number: u64) -> Option<Answered> {
        let since = std::mem::take(&mut self.since);
        // Numbers go up; one that is missing was lost with the end of a run.
        while self.sent.front().is_some_and(|order| order.number < number) {
            self.sent.pop_front();
        }
        let order = *self.sent.front().filter(|order| order.number == number)?;
        self.sent.pop_front();
        let mut said = since;
        said.retain(|report| {
            matches!(
                (order.kind, report),
                (Kind::State, Report::State(_))
                    | (Kind::Change, Report::Applied(_))
                    | (Kind::Restore, Report::Restored(_))
                    | (Kind::Change | Kind::Save | Kind::Restore, Report::Rejected(_))
            )
        });
        match order.kind {
            Kind::Look => Some(Answered::Look),
            Kind::Save if said.is_empty() => {
                self.saves.push_back(order);
                None
            }
            _ => Some(Answered::Order(order.whose?, said)),
        }
    }
}

/// A watcher's answer.
pub fn answer(whose: Whose, said: Vec<Report>) -> Option<Report> {
    Some(Report::Answered(Answer { said, ..Answer::plain(whose.id?) }))
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
        let mut orders = Orders::default();
        let whose = |watcher, id| Some(Whose { watcher, id: Some(id) });
        let pause = numbered(orders.number(whose(1, 70), Command::Pause));
        let scale = Command::Set(crate::link::Change::ScaleConstraint(2.0));
        let scale = numbered(orders.number(whose(2, 70), scale));
        let save = numbered(orders.number(whose(1, 71), Command::Save));
        assert_eq!((orders.of(1), orders.of(2)), (2, 1));
        // A rule of health pauses the run just before the command does.
        for report in [state(4, RunState::Paused), rejected(By::Schedule, "not mine"), state(5, RunState::Paused)] {
            assert!(orders.hear(&report).is_none());
        }
        let answered = |found: Option<Answered>| match found {
            Some(Answered::Order(whose, said)) => (whose.watcher, whose.id, format!("{said:?}")),
            other => panic!("{other:?}"),
        };
        let (watcher, id, said) = answered(orders.hear(&Report::Answered(Answer::plain(pause))));
        assert_eq!((watcher, id), (1, Some(70)));
        assert!(said.contains("step: 5") && !said.contains("step: 4"), "{said}");
        orders.hear(&rejected(By::Person, "nothing to scale"));
        let (watcher, _, said) = answered(orders.hear(&Report::Answered(Answer::plain(scale))));
        assert!(watcher == 2 && said.contains("nothing to scale"), "{said}");
        // A checkpoint is answered when it is on disk.
        assert!(orders.hear(&Report::Answered(Answer::plain(save))).is_none());
        let due = Saved { step: 3, reason: Reason::Due, file: Ok("due".into()) };
        assert!(orders.hear(&Report::Saved(due.clone())).is_none());
        let (.., said) = answered(orders.hear(&Report::Saved(Saved { reason: Reason::Asked, ..due })));
        assert!(said.contains("Saved"), "{said}");
        assert_eq!(orders.of(1), 0);
    }

    #[test]
    fn the_end_of_the_run_answers_the_rest() {
        let mut orders = Orders::default();
        orders.number(Some(Whose { watcher: 1, id: Some(1) }), Command::Stop);
        orders.number(Some(Whose { watcher: 2, id: Some(1) }), Command::Pause);
        orders.number(None, Command::Pause);
        let answers = orders.end(&Report::Failed("a disk".into()), 7);
        assert_eq!(answers.len(), 2);
        assert!(answers.iter().all(|(_, said)| matches!(said[0], Report::Rejected(_))));
    }
}
