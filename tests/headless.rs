//! What a run without a dashboard says, and how it ends, played by a scripted trainer.

use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gantop::domain::*;
use gantop::headless::{self, Bar, Exit, Interrupts, Json, LogEvery, Outcome};
use gantop::link::*;
use indicatif::{ProgressDrawTarget, TermLike};
use serde_json::{Value, json};

use crate::support::records::{applied, record, state};
use crate::support::runs;
use crate::support::scripted::{Act, ScriptedTrainer};

/// Plays a script to the JSON view: the outcome and the lines.
pub fn json_of(script: Vec<Act>) -> (Outcome, Vec<Value>) {
    json_every(LogEvery::default(), script)
}

/// The same, with a line of steps so often.
fn json_every(every: LogEvery, script: Vec<Act>) -> (Outcome, Vec<Value>) {
    let (link, trainer) = ScriptedTrainer::play(script);
    let mut out = Vec::new();
    let outcome = headless::follow(&link, &mut Json::every(&mut out, every), &Interrupts::default());
    trainer.end();
    let text = String::from_utf8(out).expect("UTF-8");
    assert!(text.ends_with('\n'));
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(lines.last().expect("a line")["kind"], "summary", "{text}");
    assert!(lines.iter().all(|line| line["kind"].is_string()), "{text}");
    (outcome, lines)
}

/// The first report of a run of so many steps on two modes.
fn started(steps: u64) -> Act {
    let sets = ["name=scripted", "seed=7", "data.modes=2", "data.radius=1", &format!("steps={steps}")];
    Act::Say(Report::Started(Box::new(runs::info(runs::config("ring", &sets)))))
}

/// The records of these steps in one batch.
fn steps(steps: RangeInclusive<u64>) -> Act {
    Act::Say(Report::Steps(steps.map(record).collect()))
}

#[test]
fn a_line_of_steps_comes_as_often_as_it_was_asked_for() {
    let steps_of = |every: &str| -> Vec<u64> {
        let mut script = vec![started(8)];
        script.extend((1..=8).map(|step| steps(step..=step)));
        script.push(finished(8, false));
        let (_, lines) = json_every(every.parse().unwrap(), script);
        let steps = lines.iter().filter(|line| line["kind"] == "step");
        steps.map(|line| line["step"].as_u64().unwrap()).collect()
    };
    assert_eq!(steps_of("1"), (1..=8).collect::<Vec<_>>());
    assert_eq!(steps_of("3"), [1, 4, 7, 8], "and the last one");
    assert_eq!(steps_of("1day"), [1, 8]);
}

/// A snapshot with these generated points.
fn snapshot(step: u64, fake: &[[f32; 2]]) -> Act {
    let critic = PairedHistogram {
        label: "critic value".to_owned(),
        low: 0.0,
        high: 1.0,
        real: vec![0],
        fake: vec![0],
        outside: [0, 0],
    };
    let shape = SampleShape::Point { dims: 2 };
    let (real, fake) = (vec![1.0, 0.0, -1.0, 0.0], fake.concat());
    Act::Say(Report::Snapshot(Box::new(Snapshot { real, fake, critic, ..Snapshot::empty(step, shape) })))
}

/// The last report of a run that ended after this step.
fn finished(step: u64, stopped: bool) -> Act {
    let last = (step > 0).then(|| record(step));
    Act::Say(Report::Finished(Summary {
        steps: step,
        seconds: last.as_ref().map_or(0.0, |r| r.seconds),
        metrics: last.map(|r| r.values),
        stopped,
        device: "cpu".to_owned(),
        threads: 2,
    }))
}

fn of_kind<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["kind"] == kind).collect()
}

#[test]
fn a_whole_run() {
    let (outcome, lines) = json_of(vec![
        started(300),
        steps(1..=100),
        Act::Say(applied(100, "constraint.clip", "0.01", "0.02", None)),
        Act::Say(Report::Rejected(Rejected {
            step: 100,
            what: "scale".to_owned(),
            why: "no clip".to_owned(),
            by: By::Person,
        })),
        Act::Say(Report::Alert(Alert::new(100, "the bound is negative"))),
        Act::Say(state(100, RunState::Running, None)),
        steps(101..=300),
        snapshot(300, &[[1.0, 0.1], [1.0, 0.0], [0.0, 0.0], [f32::NAN, 0.0]]),
        finished(300, false),
    ]);
    assert_eq!((outcome.exit, outcome.why, outcome.exit.code()), (Exit::Done, None, 0));
    assert_eq!(outcome.summary.expect("a summary").steps, 300);
    let why = "fastest of 1 and 2";
    assert_eq!(
        lines[0],
        json!({"kind": "started", "name": "scripted", "seed": 7, "steps": 300, "device": "cpu", "threads": 2, "threads_why": why,
            "engine": "explicit"})
    );
    let applied = json!({"kind": "applied", "step": 100, "what": "constraint.clip", "old": "0.01", "new": "0.02"});
    assert_eq!(of_kind(&lines, "applied"), [&applied]);
    let rejected = json!({"kind": "rejected", "step": 100, "what": "scale", "why": "no clip"});
    assert_eq!(of_kind(&lines, "rejected"), [&rejected]);
    let alert = json!({"kind": "alert", "step": 100, "text": "the bound is negative"});
    assert_eq!(of_kind(&lines, "alert"), [&alert]);
    assert_eq!(of_kind(&lines, "state"), [&json!({"kind": "state", "step": 100, "state": "running"})]);

    let first = of_kind(&lines, "step")[0];
    assert_eq!(
        (&first["step"], &first["seconds"], &first["steps_per_second"]),
        (&json!(100), &json!(1.0), &json!(100.0))
    );
    assert_eq!(first["metrics"]["critic_loss"], json!(100.0));
    assert_eq!(first["metrics"].as_object().expect("an object").len(), Metric::COUNT);

    let last = lines.last().expect("a line");
    for (key, value) in [
        ("outcome", json!("done")),
        ("exit_code", json!(0)),
        ("steps", json!(300)),
        ("seconds", json!(3.0)),
        ("steps_per_second", json!(100.0)),
        ("device", json!("cpu")),
        ("threads", json!(2)),
        ("coverage", json!({"covered": 1, "modes": 2, "good_share": 0.5, "counts": [2, 0], "samples": 4})),
    ] {
        assert_eq!(last[key], value, "{key} in {last}");
    }
    assert!((last["metrics"]["bound"].as_f64().expect("a number") - 300.2).abs() < 1e-4);
}

#[test]
fn steps_are_shown_a_few_times_a_second_and_the_last_known_one() {
    let mut script = vec![started(0)];
    for i in 0..100 {
        script.push(steps(10 * i + 1..=10 * i + 10));
        script.push(Act::Rest(Duration::from_millis(10)));
    }
    script.push(finished(1000, false));
    let begin = Instant::now();
    let (_, lines) = json_of(script);
    // One at once, one at the end.
    let most = begin.elapsed().as_millis() as usize / 250 + 2;
    let shown = of_kind(&lines, "step");
    assert!(shown.len() >= 3 && shown.len() <= most, "{} lines where {most} may be", shown.len());
    let shown: Vec<u64> = shown.iter().map(|line| line["step"].as_u64().expect("a step")).collect();
    assert!(shown.is_sorted() && shown.iter().all(|step| step % 10 == 0), "the last of each batch: {shown:?}");
    assert_eq!(shown.last(), Some(&1000), "the run's last step is always shown");
}

#[test]
fn merged_records_show_their_latest() {
    let mut span = Span::of(&record(1));
    (2..=50).for_each(|step| span.merge(&Span::of(&record(step))));
    let (_, lines) = json_of(vec![started(50), Act::Say(Report::Merged(vec![span])), finished(50, false)]);
    assert_eq!(of_kind(&lines, "step")[0]["step"], 50);
    assert_eq!(of_kind(&lines, "step")[0]["metrics"]["critic_loss"], 50.0);
}

#[test]
fn what_is_not_finite_is_null() {
    let mut bad = record(3);
    bad.values[Metric::CriticLoss] = f32::NAN;
    bad.values[Metric::Bound] = f32::NEG_INFINITY;
    let summary = Summary {
        steps: 3,
        seconds: 0.0,
        metrics: Some(bad.values.clone()),
        stopped: false,
        device: "cpu".to_owned(),
        threads: 1,
    };
    let script = vec![started(3), Act::Say(Report::Steps(vec![bad])), Act::Say(Report::Finished(summary))];
    let (_, lines) = json_of(script);
    for line in &lines[1..] {
        let metrics = line["metrics"].as_object().expect("metrics");
        assert!(
            metrics["critic_loss"].is_null() && metrics["bound"].is_null() && metrics["generator_loss"].is_number()
        );
    }
}

#[test]
fn nobody_resumes_a_paused_run() {
    let (outcome, lines) = json_of(vec![
        started(100),
        steps(1..=41),
        Act::Say(state(41, RunState::Paused, Some("critic_loss is NaN at step 42"))),
        Act::Hear(Command::Stop),
        finished(41, true),
    ]);
    assert_eq!(outcome.exit, Exit::Failed);
    let why = outcome.why.expect("a reason");
    assert!(
        why.contains("step 41") && why.contains("critic_loss is NaN at step 42") && why.contains("nobody"),
        "{why}"
    );
    assert_eq!(of_kind(&lines, "state")[0]["why"], "critic_loss is NaN at step 42");
    assert_eq!(of_kind(&lines, "alert")[0]["text"], why);
    let last = lines.last().expect("a line");
    assert_eq!((&last["exit_code"], &last["why"], &last["steps"]), (&json!(1), &json!(why), &json!(41)));
}

#[test]
fn a_broken_run_is_summed_up_as_far_as_it_is_known() {
    let broke = || Act::Say(Report::Failed("out of memory".to_owned()));
    let (outcome, lines) = json_of(vec![started(100), steps(1..=20), broke()]);
    assert_eq!((outcome.exit, outcome.why.as_deref()), (Exit::Failed, Some("out of memory")));
    let last = lines.last().expect("a line");
    assert_eq!((&last["outcome"], &last["why"]), (&json!("failed"), &json!("out of memory")));
    assert_eq!((&last["steps"], &last["metrics"]["critic_loss"]), (&json!(20), &json!(20.0)));

    let (outcome, lines) = json_of(vec![broke()]);
    assert_eq!((outcome.exit, outcome.summary), (Exit::Failed, None));
    assert_eq!(lines, [json!({"kind": "summary", "outcome": "failed", "exit_code": 1, "why": "out of memory"})]);
}

#[test]
fn a_trainer_that_hangs_up_is_a_failure() {
    let (outcome, _) = json_of(vec![started(100), steps(1..=5)]);
    assert_eq!(outcome.exit, Exit::Failed);
    assert!(outcome.why.expect("a reason").contains("without saying why"));
}

#[test]
fn a_run_that_stops_unasked_is_a_failure() {
    let (outcome, _) = json_of(vec![started(100), steps(1..=5), finished(5, true)]);
    assert_eq!(outcome.exit, Exit::Failed);
    assert!(outcome.why.expect("a reason").contains("stopped at step 5"));
}

#[test]
fn an_older_snapshot_tells_no_coverage() {
    let (_, lines) = json_of(vec![started(2), snapshot(1, &[[1.0, 0.0]]), steps(1..=2), finished(2, false)]);
    assert!(lines.last().expect("a line").get("coverage").is_none());
}

/// The one test that raises a signal in this process, and again, as a supervisor does: once counts.
#[test]
fn sigint_stops_the_run_and_is_the_exit_code() {
    let interrupts = Interrupts::listen().expect("handlers");
    assert_eq!(interrupts.received(), None);
    let (link, trainer) = ScriptedTrainer::play(vec![
        started(0),
        steps(1..=5),
        Act::Hear(Command::Stop),
        steps(6..=6),
        finished(6, true),
    ]);
    for _ in 0..3 {
        signal_hook::low_level::raise(signal_hook::consts::SIGINT).expect("raised");
    }
    let mut out = Vec::new();
    let outcome = headless::follow(&link, &mut Json::new(&mut out), &interrupts);
    trainer.end();
    assert_eq!((outcome.exit, outcome.exit.code(), outcome.why), (Exit::Interrupted, 130, None));
    let text = String::from_utf8(out).expect("UTF-8");
    let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["outcome"], &last["exit_code"], &last["steps"]), (&json!("interrupted"), &json!(130), &json!(6)));
    assert_eq!(Exit::Terminated.code(), 143);
}

/// Takes so many writes, then fails in one way.
struct Failing(usize, io::ErrorKind);

impl Write for Failing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or(self.1)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_leaves_ends_the_run_quietly() {
    // Gone after the first line, with steps to come; and gone only when the summary is written.
    for (lines, script) in [
        (1, vec![started(100), steps(1..=5), Act::Hear(Command::Stop), finished(6, true)]),
        (2, vec![started(100), steps(1..=100), finished(100, false)]),
    ] {
        let (link, trainer) = ScriptedTrainer::play(script);
        let mut out = Failing(lines, io::ErrorKind::BrokenPipe);
        let outcome = headless::follow(&link, &mut Json::new(&mut out), &Interrupts::default());
        trainer.end();
        assert_eq!((outcome.exit, outcome.exit.code(), outcome.why), (Exit::Unread, 0, None));
    }
}

#[test]
fn output_that_cannot_be_written_does_not_stop_the_run() {
    let hears = |command: &Command| match command {
        Command::Alert(alert) => alert.text.starts_with("standard output cannot be written: "),
        _ => false,
    };
    let (link, trainer) = ScriptedTrainer::play(vec![
        started(100),
        steps(1..=5),
        Act::HearThat(hears),
        steps(6..=100),
        finished(100, false),
    ]);
    let mut out = Failing(1, io::ErrorKind::StorageFull);
    let folder = tempfile::tempdir().expect("a temporary directory");
    let log = folder.path().join("gantop.log");
    let manner = headless::Manner { log: Some(log.clone()), ..headless::Manner::default() };
    let outcome = headless::follow_as(&link, &mut Json::new(&mut out), &Interrupts::default(), manner);
    trainer.end();
    assert_eq!((outcome.exit, outcome.why), (Exit::Done, None));
    let log = std::fs::read_to_string(log).expect("a log");
    assert_eq!(log.matches("standard output cannot be written: ").count(), 1, "{log}");
}

/// A terminal that keeps what is written to it, moves and all left out.
#[derive(Clone, Debug, Default)]
struct Screen(Arc<Mutex<String>>);

impl Screen {
    fn text(&self) -> String {
        self.0.lock().expect("no panic").clone()
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        80
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)?;
        self.write_str("\n")
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.lock().expect("no panic").push_str(text);
        Ok(())
    }
    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_terminal_gets_a_bar_and_lines() {
    for total in [200, 0] {
        let (link, trainer) = ScriptedTrainer::play(vec![
            started(total),
            steps(1..=20),
            Act::Rest(Duration::from_millis(300)),
            steps(21..=50),
            Act::Say(Report::Alert(Alert::new(50, "a word of warning"))),
            Act::Rest(Duration::from_millis(300)),
            snapshot(50, &[[1.0, 0.0], [-1.0, 0.0], [9.0, 9.0]]),
            finished(50, false),
        ]);
        let (screen, mut out) = (Screen::default(), Vec::new());
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let outcome = headless::follow(&link, &mut Bar::new(target, &mut out), &Interrupts::default());
        trainer.end();
        assert_eq!(outcome.exit, Exit::Done);
        let drawn = screen.text();
        let position = if total == 0 { "50 steps" } else { "50/200 steps" };
        for part in [position, "100 steps/s", "critic loss 50.0000  generator loss 50.1000  bound 50.2000"] {
            assert!(drawn.contains(part), "no “{part}” in {drawn}");
        }
        let lines = String::from_utf8(out).expect("UTF-8");
        for part in [
            "scripted: seed 7, on cpu with 2 threads (fastest of 1 and 2), explicit engine\n",
            "step 50: a word of warning\n",
            "done: 50 steps in 0.5 s, 100.0 steps/s, on cpu with 2 threads\n",
            "2 of 2 modes covered, 66.7 % of 3 samples good; 98.9 % of true samples are\n",
            "Earth Mover's distance ",
        ] {
            assert!(lines.contains(part), "no “{part}” in {lines}");
        }
    }
}
