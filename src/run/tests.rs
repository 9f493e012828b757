use std::fs;
use std::fs::OpenOptions;
use std::io::Write;

use crossbeam_channel::Receiver;

use super::checkpoints::Store;
use super::keeper::Told;
use super::*;
use crate::config;
use crate::domain::{Metric, MetricTable, Metrics, StepRecord};
use crate::link::Alert;

fn config(steps: u64, every: u64) -> Config {
    let optimizer = config::Optimizer::Sgd { lr: 0.1, momentum: 0.0 };
    Config {
        name: "test".to_owned(),
        seed: 1,
        steps,
        device: config::DeviceChoice::Cpu,
        batch_size: 8,
        micro_batch: None,
        threads: 1,
        engine: config::EngineChoice::Auto,
        update: config::Update::Alternating,
        data: config::Data::Lines { theta: 0.5 },
        generator: config::Generator {
            architecture: config::Architecture::Affine { mean: vec![], scale: vec![] },
            prior: config::Prior::Normal,
            ema: None,
            steps: 1,
            ends: None,
        },
        critic: config::Critic {
            architecture: config::Architecture::Mlp(config::Mlp {
                hidden: vec![4],
                activation: config::Activation::Relu,
                pieces: 1,
                norm: config::Norm::None,
                init: config::Init::Pytorch,
            }),
            steps: 1,
            warmup_steps: 0,
            warmup_updates: 0,
            batches: None,
            pack: 1,
        },
        objective: crate::domain::ObjectiveChoice::default(),
        constraint: config::Constraint::Clip { clip: 0.01 },
        optimizer: config::Optimizers { generator: optimizer, critic: optimizer },
        evaluate: None,
        health: config::Health::default(),
        run: config::Run::default(),
        checkpoint: config::Checkpoints {
            every_steps: 0,
            every_minutes: 0.0,
            keep: 5,
            best: "none".to_owned(),
            prefer: config::Prefer::Min,
            fallback_dir: None,
        },
        record: config::Record { every, ..config::Record::default() },
        keys: config::Keys::default(),
        alerts: config::Alerts::default(),
        ui: config::Ui::default(),
        schedule: Vec::new(),
    }
}

fn records(steps: std::ops::RangeInclusive<u64>) -> Vec<StepRecord> {
    steps
        .map(|step| StepRecord { step, seconds: step as f64 / 8.0, values: Metrics::of([step as f32; Metric::COUNT]) })
        .collect()
}

fn alerts() -> (Sender<Report>, Receiver<Report>) {
    crossbeam_channel::bounded(4)
}

fn steps_in(dir: &Path) -> Vec<u64> {
    let text = fs::read_to_string(dir.join(METRICS_FILE)).expect("metrics.csv");
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    assert!(header.starts_with("step,seconds,critic_loss,generator_loss,bound,"), "{header}");
    assert_eq!(header.split(',').count(), 2 + Metric::COUNT);
    assert!(text.ends_with('\n'));
    lines.map(|line| line.split(',').next().and_then(|s| s.parse().ok()).expect("a step")).collect()
}

#[test]
fn every_due_step_gets_a_row_and_the_config_is_beside_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let dir = dir.path().join("new/run");
    let (recorder, feed) = Recorder::start(&dir, &config(1000, 3), alerts().0).expect("a fresh directory");
    for batch in [1..=5, 6..=6, 7..=1000] {
        feed.send(Entry::Steps(records(batch))).expect("the recorder listens");
    }
    assert_eq!(recorder.finish().expect("all written"), 333);
    assert_eq!(steps_in(&dir), (1..=333).map(|i| 3 * i).collect::<Vec<_>>());
    let toml: toml::Table =
        toml::from_str(&fs::read_to_string(dir.join(CONFIG_FILE)).expect("config.toml")).expect("TOML");
    assert_eq!(toml["constraint"]["clip"].as_float(), Some(0.01));
    assert_eq!(toml["data"]["kind"].as_str(), Some("lines"));
}

#[test]
fn rows_are_on_disk_before_the_end() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (recorder, feed) = Recorder::start(dir.path(), &config(0, 1), alerts().0).expect("a fresh directory");
    feed.send(Entry::Steps(records(1..=2))).expect("the recorder listens");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while steps_in(dir.path()) != [1, 2] {
        assert!(std::time::Instant::now() < deadline, "the batch was not written");
        thread::yield_now();
    }
    recorder.finish().expect("all written");
    assert!(feed.send(Entry::Steps(records(3..=3))).is_err(), "a late batch is refused, not queued for ever");
}

#[test]
fn a_run_is_never_overwritten() {
    for file in [METRICS_FILE, CONFIG_FILE] {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = dir.path().join(file);
        fs::write(&path, "precious").expect("a file");
        let error = Recorder::start(dir.path(), &config(10, 1), alerts().0).expect_err("it exists").to_string();
        assert!(error.starts_with(&format!("{} exists", path.display())), "{error}");
        assert_eq!(fs::read_to_string(&path).expect("still there"), "precious");
        assert_eq!(fs::read_dir(dir.path()).expect("a directory").count(), 1, "something was left half made");
    }
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("file");
    fs::write(&file, "").expect("a file");
    for path in [file.clone(), file.join("inside")] {
        let error = Recorder::start(&path, &config(10, 1), alerts().0).expect_err("no directory").to_string();
        assert!(error.contains("run directory") && error.contains(&path.display().to_string()), "{error}");
    }
}

#[test]
fn a_full_disk_is_told_once_and_the_missing_rows_are_counted() {
    let Ok(full) = OpenOptions::new().append(true).open("/dev/full") else {
        let _ = writeln!(io::stderr(), "skipped: there is no /dev/full");
        return;
    };
    let (tx, rx) = alerts();
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (full, config) = (Appender::new(full), config(0, 1));
    let journal = Appender::create(&dir.path().join(JOURNAL_FILE)).expect("a new file");
    let (table, seen) = (Table::resume(full, &MetricTable::own(), 2, 0), Seen::new(&config));
    let store = Store::open(dir.path(), &config.checkpoint, &MetricTable::own());
    let dir = dir.path().to_owned();
    let told = Told::default();
    let keeper =
        Keeper { dir, config, table, journal, events: None, store, alerts: tx, told, seen, settled: false, last: None };
    let (recorder, feed) = Recorder::spawn(keeper).expect("a thread");
    for batch in [1..=4, 5..=8, 9..=10] {
        feed.send(Entry::Steps(records(batch))).expect("the recorder still listens");
    }
    let error = recorder.finish().expect_err("nothing was written").to_string();
    assert!(
        error.contains("5 rows of metrics.csv are missing, 0 are written") && error.contains("No space left"),
        "{error}"
    );
    let told: Vec<Report> = rx.try_iter().collect();
    let [Report::Alert(alert)] = &told[..] else { panic!("one alert, not {told:?}") };
    assert_eq!(alert.step, 4);
    assert!(alert.text.contains("metrics.csv") && alert.text.contains("No space left"), "{}", alert.text);
}

#[test]
fn a_lost_directory_is_noticed() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (tx, rx) = alerts();
    let (recorder, feed) = Recorder::start(dir.path(), &config(0, 1), tx).expect("a fresh directory");
    drop(dir);
    feed.send(Entry::Steps(records(1..=7))).expect("the recorder still listens");
    let error = recorder.finish().expect_err("nothing was written").to_string();
    assert!(error.contains("7 rows of metrics.csv are missing") && error.contains("deleted"), "{error}");
    assert!(matches!(rx.try_recv(), Ok(Report::Alert(_))));
}

#[test]
fn the_alert_waits_for_room_and_the_recorder_does_not_wait_for_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (tx, rx) = crossbeam_channel::bounded(1);
    tx.send(Report::Failed("fills the channel".to_owned())).expect("room for one");
    let (recorder, feed) = Recorder::start(dir.path(), &config(0, 1), tx).expect("a fresh directory");
    drop(dir);
    // More batches than the feed holds: the recorder must have taken some while there was no room for its alert.
    for step in 1..=2 * CAPACITY as u64 {
        feed.send(Entry::Steps(records(step..=step))).expect("the recorder still listens");
    }
    assert!(matches!(rx.recv(), Ok(Report::Failed(_))));
    feed.send(Entry::Steps(records(1000..=1000))).expect("the recorder still listens");
    assert!(matches!(rx.recv(), Ok(Report::Alert(_))));
    assert!(recorder.finish().is_err());
}

#[test]
fn a_trainer_that_dies_ends_the_recorder_and_with_it_the_reports() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (tx, rx) = alerts();
    let (recorder, feed) = Recorder::start(dir.path(), &config(0, 1), tx).expect("a fresh directory");
    feed.send(Entry::Steps(records(1..=3))).expect("the recorder listens");
    drop(feed);
    assert!(rx.recv().is_err(), "watchers see that nobody can report any more");
    assert_eq!(recorder.finish().expect("all written"), 3);
}

#[test]
fn the_file_stays_below_a_hundred_megabytes_unless_told_otherwise() {
    assert_eq!(row_every(&config(1_000_000, 1)), 1);
    assert_eq!(row_every(&config(0, 50)), 50);
    assert_eq!(row_every(&config(300_000, 0)), 1, "short runs are recorded step by step");
    let longest = table::longest_row(Metric::COUNT);
    for steps in [0, 1, 400_000, 1_000_000, 1_000_001, 123_456_789, u64::MAX] {
        let every = row_every(&config(steps, 0));
        let rows = if steps == 0 { 1_000_000 } else { steps } / every;
        assert!(rows * longest + 1_000 < 100_000_000, "{steps} steps: a row every {every}");
        assert!(every == 1 || rows * longest > 45_000_000, "{steps} steps: a row every {every} is too seldom");
    }
}

fn events_in(dir: &Path) -> Vec<journal::What> {
    let (events, torn) = journal::read(&dir.join(JOURNAL_FILE)).expect("a journal");
    assert_eq!(torn, None);
    events.into_iter().map(|event| event.what).collect()
}

#[test]
fn a_run_that_breaks_says_so_in_its_journal_and_summary() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (recorder, feed) = Recorder::start(dir.path(), &config(0, 1), alerts().0).expect("a fresh directory");
    assert!(folder::is_written(dir.path()));
    feed.send(Entry::Steps(records(1..=5))).expect("the recorder listens");
    feed.send(Entry::Said(Report::Failed("it broke".to_owned()))).expect("the recorder listens");
    recorder.finish().expect("all written");
    assert!(!folder::is_written(dir.path()));
    let (outcome, why) = (journal::Outcome::Failed, Some("it broke".to_owned()));
    assert_eq!(events_in(dir.path()), [journal::What::Ended { outcome, why: why.clone() }]);
    let summary = summary::Summary::read(dir.path()).expect("a summary").expect("a summary");
    assert_eq!((summary.state, summary.why, summary.steps, summary.rows), (outcome, why, 5, 5));
    assert_eq!((summary.seconds, summary.metrics["bound"]), (0.625, Some(5.0)));
}

#[test]
fn a_run_left_in_the_middle_of_a_step_has_an_end_too() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (recorder, _feed) = Recorder::start(dir.path(), &config(0, 1), alerts().0).expect("a fresh directory");
    recorder.finish().expect("all written");
    let [journal::What::Ended { outcome: journal::Outcome::Stopped, why: Some(why) }] = &events_in(dir.path())[..]
    else {
        panic!("one line")
    };
    assert!(why.contains("middle of a step"), "{why}");
}

#[test]
fn lines_that_a_lost_journal_misses_are_counted_and_the_log_says_why() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (tx, rx) = alerts();
    let (recorder, feed) = Recorder::start(dir.path(), &config(0, 1), tx).expect("a fresh directory");
    fs::remove_file(dir.path().join(JOURNAL_FILE)).expect("it was there");
    for step in 1..=3 {
        let alert = Alert::new(step, "look");
        feed.send(Entry::Said(Report::Alert(alert))).expect("the recorder listens");
    }
    feed.send(Entry::Steps(records(1..=2))).expect("the recorder listens");
    let error = recorder.finish().expect_err("lines are missing").to_string();
    // The three, the alert of the trouble, and the last one.
    assert!(error.contains("0 rows of metrics.csv are missing, 2 are written; 5 lines"), "{error}");
    assert_eq!(rx.try_iter().count(), 1);
    let log = fs::read_to_string(dir.path().join(LOG_FILE)).expect("a log");
    assert!(log.contains("journal.jsonl: cannot be written: it was deleted") && log.lines().count() == 1, "{log}");
    assert_eq!(summary::Summary::read(dir.path()).expect("a summary").map(|s| s.missing_events), Some(5));
}
