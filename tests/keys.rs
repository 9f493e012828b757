//! Keys through the real event loop, with a trainer that plays reports and records commands.

use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, unbounded};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use gantop::config::Constraint;
use gantop::domain::*;
use gantop::domain::{GeneratorLoss, Head};
use gantop::link::*;
use gantop::terminal::Event;
use gantop::ui::state::attached::{Attached, attach};
use gantop::ui::{self, Ending, Exit, Options};

use crate::support::analyses::*;
use crate::support::records::*;
use crate::support::runs::*;
use crate::support::scripted::ScriptedTrainer;
use crate::support::snapshots::*;
use crate::support::stage::*;

/// Runs the dashboard while `script` plays the trainer and the person. Returns how it was left, and its screen.
pub fn play(options: Options, script: impl FnOnce(&mut ScriptedTrainer, &Person) + Send) -> (Exit, TestScreen) {
    play_on(None, options, script)
}

/// The same, attached to a run in another process.
pub fn play_on(
    to: Option<Attached>,
    options: Options,
    script: impl FnOnce(&mut ScriptedTrainer, &Person) + Send,
) -> (Exit, TestScreen) {
    let (link, mut trainer) = ScriptedTrainer::new();
    let (keys, events) = unbounded();
    // The keyboard outlives the script.
    let _keyboard = keys.clone();
    let lifeline = Lifeline(keys.clone());
    let (frame_tx, frames) = unbounded();
    let mut screen = TestScreen::new(120, 36);
    screen.frames = Some(frame_tx);
    let person = Person { keys, frames };
    let exit = std::thread::scope(|scope| {
        scope.spawn(move || {
            let _lifeline = lifeline;
            script(&mut trainer, &person);
        });
        match to {
            None => ui::run(&mut screen, events, &link, options).unwrap(),
            Some(to) => attach(&mut screen, events, &link, options, None, to).unwrap(),
        }
    });
    (exit, screen)
}

/// Hangs up where a script breaks, so that its test fails instead of waiting for a key.
struct Lifeline(Sender<Event>);

impl Drop for Lifeline {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.0.send(Event::HangUp);
        }
    }
}

#[test]
#[should_panic(expected = "a scoped thread panicked")]
fn a_script_that_breaks_fails_its_test() {
    play(options(), |_, _| panic!("as it should"));
}

pub fn options() -> Options {
    // Fast, so that the tests are.
    Options { fps: 200.0, snapshots_per_second: 50.0, analyst_share: 0.0, ..Options::default() }
}

pub fn start(trainer: &ScriptedTrainer, person: &Person) {
    trainer.report(Report::Started(Box::new(ring())));
    trainer.report(Report::Steps(records(1, 100)));
    person.sees("step 100");
}

/// Quits without waiting for an answer.
pub fn leave(person: &Person) {
    for _ in 0..3 {
        person.event(Event::Key(ctrl('c')));
    }
}

#[test]
fn pause_and_go_on() {
    play(options(), |trainer, person| {
        start(trainer, person);
        person.press(" ");
        assert_eq!(trainer.command(), Command::Pause);
        person.sees("pausing…");
        trainer.report(state(100, RunState::Paused, None));
        person.sees("paused");
        person.press("p");
        assert_eq!(trainer.command(), Command::Resume);
        // Asked for but not answered: the next press takes it back.
        person.press("p");
        assert_eq!(trainer.command(), Command::Pause);
        person.press("s");
        assert_eq!(trainer.command(), Command::Advance(1));
        person.press("S25\n");
        assert_eq!(trainer.command(), Command::Advance(25));
        leave(person);
    });
}

#[test]
fn the_screen_shows_what_was_applied() {
    play(options(), |trainer, person| {
        start(trainer, person);
        person.press("]");
        let Command::Set(Change::ScaleConstraint(factor)) = trainer.command() else { panic!() };
        assert_eq!(factor, 1.25);
        // Until the answer, the old value stands and is marked.
        person.sees("±0.05 …");
        let mut now = settings();
        now.constraint = Constraint::Clip { clip: 0.0625 };
        trainer.report(Report::Applied(Applied {
            step: 120,
            what: "constraint.clip".into(),
            old: "0.05".into(),
            new: "0.0625".into(),
            note: None,
            settings: now,
            by: By::Person,
            joins: false,
        }));
        let frame = person.sees("constraint.clip 0.05 → 0.0625");
        assert!(frame.contains("±0.0625 ") && !frame.contains("±0.0625 …"), "{frame}");
        person.press("[");
        let Command::Set(Change::ScaleConstraint(factor)) = trainer.command() else { panic!() };
        assert_eq!(factor, 0.8);
        trainer.report(Report::Rejected(Rejected {
            step: 121,
            what: "clip range".into(),
            why: "not now".into(),
            by: By::Person,
        }));
        let frame = person.sees("refused clip range: not now");
        assert!(!frame.contains("±0.0625 …"), "{frame}");
        leave(person);
    });
}

#[test]
fn prompts_send_what_was_typed() {
    play(options(), |trainer, person| {
        start(trainer, person);
        person.press("c0.1\n");
        assert_eq!(trainer.command(), Command::Set(Change::Constraint(Constraint::Clip { clip: 0.1 })));
        person.press("cnone\n");
        assert_eq!(trainer.command(), Command::Set(Change::Constraint(Constraint::None)));
        // A mistake keeps the prompt open, and Enter sends nothing.
        person.press("c-1\n");
        person.sees("it must be above 0");
        person.event(Event::Key(ctrl('u')));
        person.event(Event::Paste("0.2".into()));
        person.press("\n");
        assert_eq!(trainer.command(), Command::Set(Change::Constraint(Constraint::Clip { clip: 0.2 })));
        person.press("l1e-4\t2e-4\n");
        assert_eq!(trainer.command(), Command::Set(Change::Rate(Player::Critic, 1e-4)));
        assert_eq!(trainer.command(), Command::Set(Change::Rate(Player::Generator, 2e-4)));
        person.press("n7\n");
        assert_eq!(trainer.command(), Command::Set(Change::CriticSteps(7)));
        // Closed without a change; keys typed into a prompt are not commands.
        person.press("cpqs\u{1b}s");
        assert_eq!(trainer.command(), Command::Advance(1));
        person.press("l");
        person.event(Event::Key(ctrl('g')));
        person.press(" ");
        assert_eq!(trainer.command(), Command::Pause);
        leave(person);
    });
}

#[test]
fn the_objective_popup() {
    play(options(), |trainer, person| {
        start(trainer, person);
        let all = gantop::theory::objective::ALL;
        let now = all.iter().position(|row| row.name() == "wgan").unwrap();
        person.press("o↓hg\n");
        let Command::Set(Change::Objective(objective)) = trainer.command() else { panic!() };
        assert_eq!(objective.kind, all[(now + 1) % all.len()].name());
        assert_eq!((objective.head, objective.generator_loss), (Head::Paper, GeneratorLoss::NonSaturating));
        person.press("o\u{1b}s");
        assert_eq!(trainer.command(), Command::Advance(1));
        leave(person);
    });
}

#[test]
fn the_constraint_popup() {
    play(options(), |trainer, person| {
        start(trainer, person);
        // From the clip in force: the gradient penalty's usual λ is typed in already.
        person.press("k↓\n");
        person.sees("gradient-penalty");
        person.press("\n");
        assert_eq!(trainer.command(), Command::Set(Change::Constraint(Constraint::GradientPenalty { lambda: 10.0 })));
        // Spectral norm has no number to type.
        person.press("kjj\n");
        assert_eq!(trainer.command(), Command::Set(Change::Constraint(Constraint::SpectralNorm)));
        person.press("k↓↓↓\n");
        person.event(Event::Key(ctrl('u')));
        person.press("2.5\n");
        assert_eq!(trainer.command(), Command::Set(Change::Constraint(Constraint::R1 { gamma: 2.5 })));
        person.press("kk\n");
        assert_eq!(trainer.command(), Command::Set(Change::Constraint(Constraint::None)));
        // The one in force, with its number.
        person.press("k\n1\n");
        assert_eq!(trainer.command(), Command::Set(Change::Constraint(Constraint::Clip { clip: 0.051 })));
        person.press("k\u{1b}s");
        assert_eq!(trainer.command(), Command::Advance(1));
        leave(person);
    });
}

#[test]
fn pages_are_turned_while_the_run_goes_on() {
    play(options(), |trainer, person| {
        start(trainer, person);
        person.press("3");
        person.sees("─ truth");
        trainer.report(Report::Snapshot(Box::new(ring_field_snapshot(100, "gan"))));
        person.sees("─ learned T(x)");
        person.press("v");
        person.sees("─ optimal T*(x)");
        // Commands are given on every page, and Esc is none.
        person.press("\u{1b}s");
        assert_eq!(trainer.command(), Command::Advance(1));
        person.press("1");
        person.sees("─ losses");
        leave(person);
    });
}

#[test]
fn quitting_asks_and_waits_for_the_run_to_stop() {
    let (exit, _) = play(options(), |trainer, person| {
        start(trainer, person);
        person.press("q");
        person.sees("Stop the run at step 100 and quit?");
        person.press("n");
        // Nor does Enter stop it, nor a capital ask.
        person.press("q\r");
        person.press("Q");
        person.press("qy");
        assert_eq!(trainer.command(), Command::Stop);
        person.sees("stopping…");
        trainer.report(Report::Steps(records(101, 110)));
        trainer.report(Report::Finished(summary(110, true)));
    });
    assert_eq!(exit, Exit::Quit(Some(Ending::Finished(summary(110, true)))));
}

#[test]
fn a_second_ctrl_c_does_not_ask_and_a_third_does_not_wait() {
    let (exit, _) = play(options(), |trainer, person| {
        start(trainer, person);
        person.event(Event::Key(ctrl('c')));
        person.sees("quit?");
        person.event(Event::Key(ctrl('c')));
        assert_eq!(trainer.command(), Command::Stop);
        person.event(Event::Key(ctrl('c')));
    });
    assert_eq!(exit, Exit::Quit(None));
}

#[test]
fn a_finished_run_stays_on_the_screen_until_quit() {
    let (exit, _) = play(options(), |trainer, person| {
        start(trainer, person);
        trainer.report(Report::Finished(summary(100, false)));
        person.sees("finished after 0:00; q quits");
        person.press("q");
    });
    assert_eq!(exit, Exit::Ended(Ending::Finished(summary(100, false))));
}

#[test]
fn a_broken_run_says_why() {
    let (exit, _) = play(options(), |trainer, person| {
        start(trainer, person);
        trainer.report(Report::Failed("out of memory".into()));
        person.sees("the run failed");
        person.press("q");
    });
    assert_eq!(exit, Exit::Ended(Ending::Failed("out of memory".into())));
}

#[test]
fn a_trainer_that_vanishes_is_noticed() {
    let (exit, _) = play(options(), |trainer, person| {
        start(trainer, person);
        // The channels of a trainer that is gone.
        let (_, end) = pair();
        drop(std::mem::replace(&mut trainer.end, end));
        person.sees("the trainer is gone");
        person.press("q");
    });
    assert_eq!(exit, Exit::Ended(Ending::Gone));
}

#[test]
fn a_hang_up_or_a_signal_leaves_at_once_without_drawing() {
    for (event, wanted) in [
        (Event::HangUp, Exit::HangUp(None)),
        (Event::Terminate, Exit::Terminate(None)),
        (Event::Interrupt, Exit::Interrupt(None)),
    ] {
        let (link, _end) = pair();
        let (keys, events) = unbounded();
        keys.send(event).unwrap();
        let mut screen = TestScreen::new(80, 24);
        assert_eq!(ui::run(&mut screen, events, &link, options()).unwrap(), wanted);
        assert_eq!(screen.draws, 0);
    }
}

#[test]
fn snapshots_are_analysed_beside_the_loop() {
    let options = Options { analyst_share: 1.0, ..options() };
    play(options, |trainer, person| {
        start(trainer, person);
        // A few samples: the exact distance takes its time in a debug build.
        let few = |step| {
            let snapshot = ring_snapshot(step);
            Snapshot { real: snapshot.real[..80].to_vec(), fake: snapshot.fake[..80].to_vec(), ..snapshot }
        };
        trainer.report(Report::Snapshot(Box::new(few(100))));
        person.sees(" of 8 modes");
        leave(person);
    });
}

#[test]
fn redraw_and_suspend() {
    let (_, screen) = play(options(), |trainer, person| {
        start(trainer, person);
        person.event(Event::Key(ctrl('l')));
        person.event(Event::Redraw);
        person.event(Event::Key(ctrl('z')));
        leave(person);
    });
    assert_eq!((screen.clears, screen.suspends), (2, 1));
}

#[test]
fn releases_are_ignored() {
    play(options(), |trainer, person| {
        start(trainer, person);
        let mut release = KeyEvent::new(KeyCode::Char(' '), KeyModifiers::NONE);
        release.kind = KeyEventKind::Release;
        person.event(Event::Key(release));
        person.press("s");
        assert_eq!(trainer.command(), Command::Advance(1));
        leave(person);
    });
}

#[test]
fn no_command_is_lost_while_the_channel_is_full() {
    let presses = 3 * COMMAND_CAPACITY;
    play(options(), move |trainer, person| {
        start(trainer, person);
        person.press(&"]".repeat(presses));
        person.press("s");
        for _ in 0..presses {
            assert_eq!(trainer.command(), Command::Set(Change::ScaleConstraint(1.25)));
        }
        assert_eq!(trainer.command(), Command::Advance(1));
        leave(person);
    });
}

#[test]
fn one_snapshot_is_asked_for_at_a_time() {
    play(Options { snapshots_per_second: 20.0, ..options() }, |trainer, person| {
        start(trainer, person);
        let wanted = Command::Snapshot(SnapshotRequest { samples: 1000, weights: false, fixed: false });
        assert_eq!(trainer.next_command(), Ok(wanted.clone()));
        // Not answered: nothing more is asked for, whatever else happens.
        trainer.report(Report::Steps(records(101, 200)));
        assert!(trainer.is_left_alone());
        trainer.report(Report::Snapshot(Box::new(ring_snapshot(200))));
        assert_eq!(trainer.next_command(), Ok(wanted.clone()));
        // Paused: once more, then none.
        trainer.report(state(200, RunState::Paused, None));
        trainer.report(Report::Snapshot(Box::new(ring_snapshot(200))));
        assert_eq!(trainer.next_command(), Ok(wanted));
        trainer.report(Report::Snapshot(Box::new(ring_snapshot(200))));
        assert!(trainer.is_left_alone());
        leave(person);
    });
}

#[test]
fn draws_are_bounded_and_a_still_screen_is_not_drawn() {
    let (_, screen) = play(Options { fps: 10.0, ..Options::default() }, |trainer, person| {
        trainer.report(Report::Started(Box::new(ring())));
        let begin = Instant::now();
        let mut step = 0;
        while begin.elapsed() < Duration::from_millis(1000) {
            step += 1;
            trainer.report(Report::Steps(records(step, step)));
            std::thread::sleep(Duration::from_millis(2));
        }
        trainer.report(state(step, RunState::Paused, None));
        std::thread::sleep(Duration::from_millis(300));
        while person.frames.try_recv().is_ok() {}
        std::thread::sleep(Duration::from_millis(400));
        assert!(person.frames.try_recv().is_err(), "a still screen was drawn");
        leave(person);
    });
    assert!((4..=20).contains(&screen.draws), "{} draws", screen.draws);
}

#[test]
fn everything_that_was_reported_is_taken_in() {
    // Far more reports than the channel holds, as fast as they go.
    play(options(), |trainer, person| {
        trainer.report(Report::Started(Box::new(ring())));
        for batch in 0..500 {
            trainer.report(Report::Steps(records(batch * 10 + 1, batch * 10 + 10)));
        }
        trainer.report(Report::Merged(vec![Span::of(&records(5001, 5001)[0])]));
        person.sees("step 5,001");
        leave(person);
    });
}
