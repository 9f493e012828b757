//! A trainer that trains nothing: it plays reports and takes commands, for what watches trainers.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use gantop::link::{self, Command, Link, Report, TrainerEnd};

use super::TEST_TIMEOUT;

/// A trainer's end of the channels that answers nothing by itself.
pub struct ScriptedTrainer {
    pub end: TrainerEnd,
}

/// What a trainer that plays a script does next.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a script is short")]
pub enum Act {
    /// Sends a report.
    Say(Report),
    /// Waits for the next command and checks that it is this one.
    Hear(Command),
    /// Waits for the next command and checks that it is such a one.
    HearThat(fn(&Command) -> bool),
    /// Does nothing for so long.
    Rest(Duration),
}

/// A script that is being played.
pub struct Playing(JoinHandle<()>);

impl ScriptedTrainer {
    /// A trainer, and its watcher's ends.
    pub fn new() -> (Link, ScriptedTrainer) {
        let (link, end) = link::pair();
        (link, ScriptedTrainer { end })
    }

    /// Plays a script in a thread of its own, then hangs up.
    pub fn play(script: Vec<Act>) -> (Link, Playing) {
        let (link, trainer) = ScriptedTrainer::new();
        let act = move |act: Act| match act {
            Act::Say(report) => trainer.report(report),
            Act::Rest(time) => thread::sleep(time),
            Act::Hear(expected) => assert_eq!(trainer.command(), expected, "the command that was to come"),
            Act::HearThat(fits) => {
                let command = trainer.command();
                assert!(fits(&command), "not the command that was to come: {command:?}");
            }
        };
        (link, Playing(thread::spawn(move || script.into_iter().for_each(act))))
    }

    pub fn report(&self, report: Report) {
        self.end.reports.send_timeout(report, TEST_TIMEOUT).expect("somebody listens");
    }

    /// The next command that is not for a snapshot.
    pub fn command(&self) -> Command {
        loop {
            match self.next_command().expect("a command") {
                Command::Snapshot(_) => {}
                command => return command,
            }
        }
    }

    /// The next command, whatever it is.
    pub fn next_command(&self) -> Result<Command, RecvTimeoutError> {
        self.end.commands.recv_timeout(TEST_TIMEOUT)
    }

    /// Whether no command comes for a while.
    pub fn is_left_alone(&self) -> bool {
        self.end.commands.recv_timeout(Duration::from_millis(300)).is_err()
    }
}

impl Playing {
    /// Waits for the end of the script; panics if it did not go as written.
    pub fn end(self) {
        self.0.join().expect("the script went as written");
    }
}
