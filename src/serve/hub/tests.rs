use super::watcher::MOST_WAITING;
use super::*;
use crate::domain::{Metric, Metrics, SampleShape, StepRecord};
use crate::link::{RunState, SnapshotRequest, StateChange, TrainerEnd};

const MESSAGE_TIMEOUT: Duration = Duration::from_secs(20);

fn hub() -> (Link, HubHandle, TrainerEnd, JoinHandle<()>) {
    let (link, end) = link::pair();
    let (here, handle, thread) = start(link, None, None).unwrap();
    (here, handle, end, thread)
}

/// Somebody from elsewhere, with so much room for reports.
fn join(handle: &HubHandle, watcher: u64, watches: bool, room: usize) -> (Receiver<Report>, UnixStream) {
    let (reports, heard) = crossbeam_channel::bounded(room);
    let (socket, other) = UnixStream::pair().unwrap();
    handle.join(watcher, watches, reports, socket).unwrap();
    (heard, other)
}

fn step(step: u64) -> Report {
    Report::Steps(vec![StepRecord { step, seconds: step as f64, values: Metrics::of([0.0; Metric::COUNT]) }])
}

fn paused(step: u64) -> Report {
    Report::State(StateChange { step, state: RunState::Paused, why: None })
}

/// Obeys the next command with what it says.
fn obey(end: &TrainerEnd, says: Option<Report>) -> Command {
    let Command::Numbered(number, command) = end.commands.recv_timeout(MESSAGE_TIMEOUT).unwrap() else {
        panic!("a command without a number")
    };
    for report in says.into_iter().chain([Report::Answered(Answer::plain(number))]) {
        end.reports.send(report).unwrap();
    }
    *command
}

/// The next report that is no step.
fn next(heard: &Receiver<Report>) -> Report {
    loop {
        match heard.recv_timeout(MESSAGE_TIMEOUT).unwrap() {
            Report::Steps(_) | Report::Merged(_) => {}
            report => return report,
        }
    }
}

#[test]
fn all_hear_what_happens_and_each_its_own_answer() {
    let (here, handle, end, thread) = hub();
    let (one, _a) = join(&handle, 1, true, 64);
    let (two, _b) = join(&handle, 2, false, 64);
    here.commands.send(Command::Pause).unwrap();
    assert_eq!(obey(&end, Some(paused(3))), Command::Pause);
    assert!(matches!(next(&here.reports), Report::State(change) if change.step == 3));
    assert!(matches!(next(&one), Report::State(change) if change.step == 3));
    handle.ask(2, 8, Ask::Command(Command::Pause)).unwrap();
    obey(&end, Some(paused(4)));
    let Report::Answered(answer) = next(&two) else { panic!("an answer") };
    assert!(answer.id == 8 && matches!(&answer.said[..], [Report::State(change)] if change.step == 4));
    assert!(matches!(next(&here.reports), Report::State(change) if change.step == 4));
    handle.ask(1, 9, Ask::Status).unwrap();
    let status = std::iter::from_fn(|| one.recv_timeout(MESSAGE_TIMEOUT).ok()).find_map(|report| match report {
        Report::Answered(answer) => answer.status,
        _ => None,
    });
    let status = status.unwrap();
    assert_eq!((status.step, status.state, status.watchers), (4, RunState::Paused, 1));
    // At the departure of the watcher here the trainer is left alone, and all that it still says is heard elsewhere.
    drop(here);
    assert!(end.commands.recv_timeout(MESSAGE_TIMEOUT).is_err());
    end.reports.send(step(5)).unwrap();
    drop(end);
    thread.join().unwrap();
    assert!(one.iter().any(|report| matches!(report, Report::Steps(records) if records[0].step == 5)));
    assert_eq!(handle.join(3, true, crossbeam_channel::bounded(1).0, UnixStream::pair().unwrap().0), Err(Over));
}

#[test]
fn the_past_of_a_run_that_is_taken_up_comes_after_its_start() {
    for wanted in [true, false] {
        let mut past = Past::default();
        (1..=9).for_each(|at| past.take(&step(at)));
        let (link, end) = link::pair();
        let (here, handle, _thread) = start(link, Some(Earlier { past, here: wanted }), None).unwrap();
        end.reports.send(Report::Started(super::past::tests::info())).unwrap();
        end.reports.send(step(10)).unwrap();
        let heard = |from: &Receiver<Report>| {
            let mut steps = Vec::new();
            let mut started = false;
            while steps.last() != Some(&10) {
                match from.recv_timeout(MESSAGE_TIMEOUT).unwrap() {
                    Report::Started(_) => {
                        assert!(!started && steps.is_empty(), "{steps:?}");
                        started = true;
                    }
                    Report::Steps(records) => steps.extend(records.iter().map(|record| record.step)),
                    Report::Merged(spans) => steps.extend(spans.iter().flat_map(|span| span.first..=span.last)),
                    _ => {}
                }
            }
            assert!(started);
            steps
        };
        assert_eq!(heard(&here.reports), if wanted { (1..=10).collect::<Vec<u64>>() } else { vec![10] });
        // Who comes late hears all of it in any case.
        let (late, _socket) = join(&handle, 1, true, 64);
        assert_eq!(heard(&late), (1..=10).collect::<Vec<u64>>());
    }
}

#[test]
fn snapshots_are_asked_for_once_for_all() {
    let (here, handle, end, _thread) = hub();
    let wanted = SnapshotRequest { samples: 10, weights: false, fixed: false };
    let (one, _a) = join(&handle, 1, true, 64);
    let (idle, _b) = join(&handle, 2, true, 64);
    here.commands.send(Command::Snapshot(wanted)).unwrap();
    let Command::Numbered(number, _) = end.commands.recv_timeout(MESSAGE_TIMEOUT).unwrap() else { panic!("no number") };
    handle.ask(1, 5, Ask::Command(Command::Snapshot(wanted))).unwrap();
    handle.ask(1, 6, Ask::Status).unwrap();
    assert!(matches!(next(&one), Report::Answered(answer) if answer.id == 6));
    let shape = SampleShape::Point { dims: 2 };
    end.reports.send(Report::Snapshot(Box::new(Snapshot::empty(7, shape)))).unwrap();
    end.reports.send(Report::Answered(Answer::plain(number))).unwrap();
    assert!(matches!(next(&here.reports), Report::Snapshot(snapshot) if snapshot.step == 7));
    assert!(matches!(next(&one), Report::Snapshot(snapshot) if snapshot.step == 7));
    assert!(matches!(next(&one), Report::Answered(answer) if answer.id == 5));
    assert!(end.commands.try_recv().is_err(), "asked twice");
    // One that nobody asked for, as at the end of a run, is for all.
    end.reports.send(Report::Snapshot(Box::new(Snapshot::empty(9, shape)))).unwrap();
    assert!(matches!(next(&idle), Report::Snapshot(snapshot) if snapshot.step == 9));
}

#[test]
fn who_does_not_read_holds_up_nobody_and_is_let_go_when_too_much_piles_up() {
    let (here, handle, end, _thread) = hub();
    let (silent, socket) = join(&handle, 1, true, 1);
    let reader = thread::spawn(move || here.reports.iter().filter(|report| matches!(report, Report::Alert(_))).count());
    let alerts = 2 * MOST_WAITING as u64;
    for at in 1..=alerts {
        end.reports.send_timeout(step(at), MESSAGE_TIMEOUT).unwrap();
        end.reports.send_timeout(Report::Alert(link::Alert::new(at, "x")), MESSAGE_TIMEOUT).unwrap();
    }
    drop(end);
    assert_eq!(reader.join().unwrap() as u64, alerts);
    // Its connection is shut down.
    let mut buffer = [0];
    socket.set_read_timeout(Some(MESSAGE_TIMEOUT)).unwrap();
    assert_eq!(std::io::Read::read(&mut &socket, &mut buffer).unwrap(), 0);
    assert!(silent.iter().count() <= 2);
}

#[test]
fn too_many_commands_of_one_watcher_are_refused() {
    let (_here, handle, end, _thread) = hub();
    let (one, _a) = join(&handle, 1, false, 64);
    for id in 0..=MOST_COMMANDS as u64 {
        handle.ask(1, id, Ask::Command(Command::Pause)).unwrap();
    }
    let Report::Answered(answer) = next(&one) else { panic!("an answer") };
    assert!(answer.id == MOST_COMMANDS as u64 && answer.refusal().is_some());
    // Snapshots that wait count too.
    let (two, _b) = join(&handle, 2, false, 64);
    for id in 0..=MOST_COMMANDS as u64 {
        let wanted = SnapshotRequest { samples: 10, weights: false, fixed: false };
        handle.ask(2, id, Ask::Command(Command::Snapshot(wanted))).unwrap();
    }
    assert!(matches!(next(&two), Report::Answered(answer) if answer.id == MOST_COMMANDS as u64));
    drop(end);
}
