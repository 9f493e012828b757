//! Every action through the real event loop, by its usual keys and by its name.

use std::time::Duration;

use crossterm::event::{KeyEvent, KeyModifiers};
use gantop::domain::action::{Action, Context, Group, Key, TABLE};
use gantop::domain::keymap::Keymap;
use gantop::link::*;
use gantop::serve::protocol::Capabilities;
use gantop::terminal::Event;
use gantop::ui::state::attached::Attached;

use crate::keys::{leave, options, play_on, start};
use crate::support::TEST_TIMEOUT;
use crate::support::analyses::*;
use crate::support::records::*;
use crate::support::scripted::ScriptedTrainer;
use crate::support::stage::*;

/// What must follow.
enum Expect {
    Sends(Command),
    Shows(&'static str),
    /// The screen no longer shows this.
    Hides(&'static str),
    /// The screen shows something else than before.
    Changes,
    Clears,
    Suspends,
}

use Expect::*;

/// What is typed before the action is asked for, where it is asked for, and what must follow.
fn trial(action: Action) -> (&'static str, Context, Expect) {
    let main = |before, expect| (before, Context::Main, expect);
    let set = |change| Sends(Command::Set(change));
    match action {
        Action::Pause => main("", Sends(Command::Pause)),
        Action::Step => main("", Sends(Command::Advance(1))),
        Action::Steps => main("", Shows("do a number of steps")),
        Action::Save => main("", Sends(Command::Save)),
        Action::Checkpoints | Action::Back => main("", Shows("it keeps no checkpoints")),
        Action::Undo => main("", Shows("there is no change to take back")),
        Action::Evaluate => main("", Sends(Command::Evaluate)),
        Action::Objective => main("", Shows("generator loss ")),
        Action::Constraint => main("", Shows("goes with any objective")),
        Action::Clip => main("", Shows("a number above 0, or none")),
        Action::NudgeDown => main("", set(Change::ScaleConstraint(0.8))),
        Action::NudgeUp => main("", set(Change::ScaleConstraint(1.25))),
        Action::Rates => main("", Shows("an empty field changes nothing")),
        Action::CriticSteps => main("", Shows("critic updates a step")),
        Action::Controls => main("", Shows("has no controls besides its settings")),
        Action::Page => main("6", Shows("─ losses")),
        Action::NextPage => main("", Shows("latest, step 3,000")),
        Action::PreviousPage => main("", Shows("all kinds")),
        Action::CriticView => main("3", Shows("─ optimal T*(x)")),
        Action::Beside | Action::Noise | Action::Alone => main("", Shows("only of images")),
        Action::Raw => main("4", Shows("keeps no average")),
        Action::Earlier => main("2", Shows("─ at step")),
        Action::Later => main("2←←←", Shows("─ at step 2,970")),
        Action::First => main("2", Shows("─ at step 1 ")),
        Action::Latest => main("2←", Shows("latest, step 3,000")),
        Action::ZoomIn | Action::Chart => main("2", Changes),
        Action::ZoomOut | Action::ZoomAll | Action::PanBack => main("2++", Changes),
        Action::PanForward => main("2++<<", Changes),
        Action::Pin => main("2", Shows("only charts of metrics that the run itself names")),
        Action::Scale => main("2", Shows("losses all")),
        Action::Smooth => main("2", Shows("smooth over 512")),
        Action::Axes => main("2", Shows("two axes")),
        Action::Filter => main("", Shows("of 41")),
        Action::Kinds => main("6", Shows("changes")),
        Action::Freeze => main("", Shows("training goes on; f thaws it")),
        Action::EventsUp => main("6", Shows("1 newer below")),
        Action::EventsDown => main("6↑↑↑", Shows("2 newer below")),
        Action::PageUp => main("6", Shows("10 newer below")),
        Action::PageDown => main("6↑↑↑↑↑↑↑↑↑↑↑↑", Shows("2 newer below")),
        Action::Brings => ("o", Context::Objectives, Shows("nothing is needed")),
        Action::Up | Action::Down | Action::Head | Action::GeneratorLoss => ("o", Context::Objectives, Changes),
        Action::Help => main("", Shows("─ help")),
        Action::Command => main("", Shows("─ command")),
        Action::Explain => main("full-bound", Shows("─ full bound")),
        Action::Set => main("critic.steps 3", set(Change::CriticSteps(3))),
        Action::Goto => main("50", Changes),
        Action::Theme => main("mono", Changes),
        Action::Redraw => main("", Clears),
        Action::Suspend => main("", Suspends),
        Action::Quit | Action::Interrupt => main("", Shows("Stop the run")),
        Action::Accept => {
            let clip = gantop::config::Constraint::Clip { clip: 0.2 };
            ("c0.2", Context::Prompt, set(Change::Constraint(clip)))
        }
        Action::Close => ("c", Context::Prompt, Hides("a number above 0")),
        Action::ValueUp => ("n", Context::Prompt, Shows("updates  6")),
        Action::ValueDown => ("n", Context::Prompt, Shows("updates  4")),
        Action::NextField | Action::PreviousField => ("l", Context::Prompt, Changes),
        Action::Complete => (":obj", Context::Command, Shows(":objective")),
        Action::EarlierLine => (":freeze\n:", Context::Command, Shows(":freeze")),
        Action::LaterLine => (":freeze\n:pau↑", Context::Command, Shows(":pau ")),
        Action::Yes => ("q", Context::Question, Sends(Command::Stop)),
        Action::No => ("q", Context::Question, Hides("Stop the run")),
        Action::Detach => main("", Shows("nobody could come back to this run")),
        Action::Runs => main("", Shows("the run would end with this dashboard")),
        // Of an attached dashboard.
        Action::StopRun => ("q", Context::Question, Sends(Command::Stop)),
        action => unreachable!("{action:?} is of the list of runs: runs.rs tries it"),
    }
}

fn event(key: Key) -> Event {
    Event::Key(KeyEvent::new(key.code, if key.ctrl { KeyModifiers::CONTROL } else { KeyModifiers::NONE }))
}

/// What the screen shows once nothing has been drawn for a while; `last` if nothing is.
fn still(person: &Person, mut last: String) -> String {
    while let Ok(frame) = person.frames.recv_timeout(Duration::from_millis(60)) {
        last = frame;
    }
    last
}

/// Waits for a frame that is as it should be.
fn waits(person: &Person, what: &str, right: impl Fn(&str) -> bool) {
    let mut last = String::new();
    while let Ok(frame) = person.frames.recv_timeout(TEST_TIMEOUT) {
        if right(&frame) {
            return;
        }
        last = frame;
    }
    panic!("{what}: {last}");
}

/// Runs the dashboard, does what comes before, then `ask`, and looks for what must follow.
fn attempt(what: &str, before: &str, expect: &Expect, to: Option<Attached>, ask: impl FnOnce(&Person) + Send) {
    let (_, screen) = play_on(to, options(), |trainer: &mut ScriptedTrainer, person| {
        start(trainer, person);
        for step in 1..=40 {
            let why = "not now".to_owned();
            trainer.report(Report::Rejected(Rejected { step, what: "clip range".into(), why, by: By::Person }));
        }
        trainer.report(Report::Snapshot(Box::new(ring_field_snapshot(100, "gan"))));
        // The last of it: keys come before reports.
        trainer.report(Report::Steps(records(101, 3000)));
        let frame = person.sees("step 3,000");
        person.press(before);
        let shown = match expect {
            Hides(text) => person.sees(text),
            Changes => still(person, frame),
            _ => frame,
        };
        ask(person);
        match expect {
            Sends(command) => assert_eq!(trainer.command(), *command, "{what}"),
            Shows(text) => drop(person.sees(text)),
            Hides(text) => waits(person, what, |frame| !frame.contains(text)),
            Changes => waits(person, what, |frame| frame != shown),
            Clears | Suspends => {}
        }
        leave(person);
    });
    match expect {
        Clears => assert_eq!(screen.clears, 1, "{what}"),
        Suspends => assert_eq!(screen.suspends, 1, "{what}"),
        _ => {}
    }
}

#[test]
fn every_action_does_what_it_says_by_each_of_its_keys() {
    let keymap = Keymap::default();
    for row in TABLE.iter().filter(|row| !row.keys.is_empty() && row.group != Group::Runs) {
        let (before, context, expect) = trial(row.action);
        let keys = keymap.of(context, row.action);
        assert!(!keys.is_empty(), "{} in {context:?}", row.long);
        // Each key of this opens a page of its own; a test of the pages presses them all.
        let keys = if row.action == Action::Page { &keys[..1] } else { keys };
        for key in keys {
            let to = || Attached {
                run: "a".into(),
                path: "runs/a".into(),
                read_only: false,
                listens: false,
                capabilities: Capabilities::all(),
            };
            let to = (row.action == Action::StopRun).then(to);
            attempt(&format!("{key} for {}", row.long), before, &expect, to, |person| person.event(event(*key)));
        }
    }
}

#[test]
fn every_action_of_the_dashboard_does_the_same_by_its_name() {
    for row in TABLE.iter().filter(|row| row.is_command()) {
        let (before, _, expect) = trial(row.action);
        // What needs an argument was given it as what comes before.
        let (before, line) = match row.argument {
            _ if row.action == Action::Page => (before, ":page overview\n".to_owned()),
            _ if row.keys.is_empty() => ("2", format!(":{} {before}\n", row.long)),
            _ => (before, format!(":{}\n", row.long)),
        };
        let expect = match (row.action, expect) {
            // Its colours change and its text does not: `own` looks at those.
            (Action::Theme, _) => Hides("─ command"),
            (_, expect) => expect,
        };
        let before = if row.action == Action::Theme { ":" } else { before };
        let line = if row.action == Action::Theme { line.trim_start_matches(':').to_owned() } else { line };
        attempt(&line, before, &expect, None, |person| person.press(&line));
    }
}
