//! Metrics that a run declares besides gantop's own, from the trainer to everything that keeps or shows them.

use std::path::Path;

use gantop::config;
use gantop::domain::*;
use gantop::history::History;
use gantop::link::*;
use gantop::run::replayer::{self, Part};
use gantop::run::tensorboard::{self, What};
use gantop::run::{Recorder, checkpoints, metrics as csv};
use gantop::serve::protocol::{Incoming, ServerMessage};
use gantop::ui::draw::glyphs::GlyphSet;
use gantop::ui::draw::theme::Palette;
use gantop::ui::{Message, Options};

use crate::headless::json_of;
use crate::support::declared::{EVERY, all, declared, fid, info, metrics};
use crate::support::records::summary;
use crate::support::runs;
use crate::support::scripted::{Act, ScriptedTrainer};
use crate::support::stage::Stage;

fn id(name: &str) -> MetricId {
    metrics().find(name).unwrap()
}

/// The values of `fid` among records.
fn distances(records: &[StepRecord]) -> Vec<(u64, f32)> {
    records.iter().filter_map(|record| Some((record.step, record.values.get(id("fid"))?))).collect()
}

fn wanted(steps: u64) -> Vec<(u64, f32)> {
    (1..=steps).filter_map(|step| Some((step, fid(step)?))).collect()
}

/// Records so many steps into `dir`, with these settings.
fn recorded(dir: &Path, steps: u64, sets: &[&str]) {
    let info = info(sets);
    let (alerts, _told) = crossbeam_channel::bounded(64);
    let (recorder, feed) = Recorder::declaring(dir, &info.config, &info.metrics, alerts).unwrap();
    feed.send(Entry::Said(Report::Started(Box::new(info)))).unwrap();
    for first in (1..=steps).step_by(100) {
        feed.send(Entry::Steps(all(first, (first + 99).min(steps)))).unwrap();
    }
    drop(feed);
    recorder.finish().unwrap();
}

#[test]
fn the_history_keeps_a_metric_that_comes_now_and_then_and_nothing_in_between() {
    let (mut own, mut history) = (History::default(), History::default());
    for record in all(1, 20_000) {
        own.push(&StepRecord { values: Metrics::of(record.values.own.0), ..record.clone() });
        history.push(&record);
    }
    let values: Vec<f64> =
        history.columns(id("fid"), 1, 20_000, 20_000).into_iter().flatten().filter_map(|s| s.mean()).collect();
    assert_eq!(values.len(), 40);
    assert_eq!((values[0], values[39]), (95.0, -100.0));
    // The accuracy takes a series; the distance as many bins as it has values, among the recent and in the past.
    let one = own.len();
    assert_eq!(history.len(), one + one + 2 * 40);
    assert_eq!(history.latest().unwrap().get(id("fid")), fid(20_000));
    assert_eq!(history.until(id("fid"), 1_499).unwrap().mean(), Some(90.0));
    assert_eq!(history.until(id("fid"), 499), None);
    // Merged records count as the records.
    let mut merged = History::default();
    for records in all(1, 20_000).chunks(700) {
        let mut span = Span::of(&records[0]);
        records[1..].iter().for_each(|record| span.merge(&Span::of(record)));
        merged.push_span(&span);
    }
    for metric in [id("fid"), id("d_real_acc"), Metric::Bound.into()] {
        let of = |history: &History| history.columns(metric, 1, 20_000, 1)[0].unwrap();
        let (single, merged) = (of(&history), of(&merged));
        assert_eq!((single.counts(), single.range()), (merged.counts(), merged.range()));
        assert!((single.mean().unwrap() - merged.mean().unwrap()).abs() < 1e-2);
    }
    history.rewind(1_200);
    assert_eq!(history.columns(id("fid"), 1, 20_000, 1)[0].unwrap().counts(), (2, 0));
}

#[test]
fn a_recorded_run_has_its_columns_and_is_played_with_them() {
    let dir = tempfile::tempdir().unwrap();
    recorded(dir.path(), 2_000, &["record.every=1", "record.tensorboard=true"]);
    let text = std::fs::read_to_string(dir.path().join("metrics.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(",critic_lr,generator_lr,d_real_acc,fid"), "{}", lines[0]);
    assert!(lines[499].ends_with(",0.59000003,") && lines[500].ends_with(",0.5,95"), "{}\n{}", lines[499], lines[500]);
    // What it is comes back from the journal, and from the header alone where that says nothing.
    let path = dir.path().join("metrics.csv");
    let from_header = csv::of_header(&path, &[]);
    assert_eq!(from_header.find("fid"), Some(id("fid")));
    let config = config::load(dir.path().join("config.toml").to_str(), &[]).unwrap();
    for table in [metrics(), from_header] {
        let (link, end) = gantop::link::pair();
        replayer::play(
            dir.path().to_owned(),
            RunInfo { metrics: table, ..runs::info(config.clone()) },
            Part::Whole,
            end,
        )
        .unwrap();
        let mut played = Vec::new();
        let last = loop {
            match link.reports.recv_timeout(crate::support::TEST_TIMEOUT).unwrap() {
                Report::Steps(records) => played.extend(records),
                Report::Finished(summary) => break summary,
                Report::Alert(alert) => panic!("{}", alert.text),
                _ => {}
            }
        };
        assert_eq!((distances(&played), played.len()), (wanted(2_000), 2_000));
        assert_eq!(played[6].values.get(id("d_real_acc")), declared(7).values.get(id("d_real_acc")));
        assert_eq!(last.metrics.unwrap().get(id("fid")), Some(80.0));
    }
    let listed = gantop::run::list::list(dir.path().parent().unwrap()).unwrap();
    let run = listed.into_iter().find(|run| run.dir == dir.path());
    // A temporary directory is hidden from the list where its name begins with a dot.
    if let Some(gantop::run::list::Listed { found: gantop::run::list::Found::Run(run), .. }) = run {
        assert_eq!(run.metrics["fid"], Some(80.0));
    }
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(dir.path().join("summary.json")).unwrap()).unwrap();
    assert_eq!((&summary["metrics"]["fid"], &summary["metrics"]["d_real_acc"]), (&80.0.into(), &0.5.into()));
}

#[test]
fn rows_that_are_seldom_lose_no_value_and_tensorboard_has_each_at_its_step() {
    let dir = tempfile::tempdir().unwrap();
    recorded(dir.path(), 2_000, &["record.every=7", "record.tensorboard=true"]);
    let rows: Vec<StepRecord> =
        csv::read(&dir.path().join("metrics.csv"), &metrics()).unwrap().collect::<Result<_, _>>().unwrap();
    // In the first row from its step on.
    let steps = [504, 1_001, 1_505];
    assert_eq!(distances(&rows), steps.map(|step| (step, fid(step / EVERY * EVERY).unwrap())));
    let file = std::fs::read_dir(dir.path().join("tensorboard")).unwrap().next().unwrap().unwrap();
    let (events, _) = tensorboard::read(&file.path()).unwrap();
    let scalars = |name: &str| {
        let of = |event: &tensorboard::Event| match &event.what {
            Some(What::Summary(summary)) => {
                let value = summary.value.iter().find(|value| value.tag == name)?;
                Some((event.step as u64, value.simple_value?))
            }
            _ => None,
        };
        events.iter().filter_map(of).collect::<Vec<_>>()
    };
    assert_eq!(scalars("fid"), wanted(2_000));
    assert_eq!(scalars("d_real_acc").len(), 2_000 / 7);
}

#[test]
fn the_protocol_carries_them_and_a_late_watcher_gets_them_merged() {
    let early = all(1, 19_000);
    let spans = early.chunks(95).map(|records| {
        let mut span = Span::of(&records[0]);
        records[1..].iter().for_each(|record| span.merge(&Span::of(record)));
        span
    });
    let reports = [
        Report::Started(Box::new(info(&[]))),
        Report::Merged(spans.collect()),
        Report::Steps(all(19_001, 20_000)),
        Report::Finished(Summary { metrics: Some(declared(20_000).values), ..summary(20_000, false) }),
    ];
    let (mut incoming, mut history) = (Incoming::default(), History::default());
    for report in reports {
        let line = serde_json::to_vec(&ServerMessage::of(report, &metrics())).unwrap();
        match incoming.read(&line, Path::new("")).unwrap() {
            Report::Started(info) => assert_eq!(info.metrics, metrics()),
            Report::Steps(records) => records.iter().for_each(|record| history.push(record)),
            Report::Merged(spans) => spans.iter().for_each(|span| history.push_span(span)),
            Report::Finished(summary) => assert_eq!(summary.metrics.unwrap().get(id("fid")), fid(20_000)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(incoming.refused(), 0);
    let of = |metric| history.columns(metric, 1, 20_000, 1)[0].unwrap();
    assert_eq!((of(id("fid")).counts(), of(id("fid")).range()), ((40, 0), Some((-100.0, 95.0))));
    assert_eq!(of(id("d_real_acc")).counts(), (20_000, 0));
}

#[test]
fn version_1_without_a_declaration_has_gantops_own_metrics() {
    let mut incoming = Incoming::default();
    let mut said = |report: Report, table: &MetricTable| {
        incoming.read(&serde_json::to_vec(&ServerMessage::of(report, table)).unwrap(), Path::new(""))
    };
    let own = RunInfo { metrics: MetricTable::own(), ..info(&[]) };
    assert!(said(Report::Started(Box::new(own)), &MetricTable::own()).is_some());
    let Some(Report::Steps(records)) = said(Report::Steps(all(500, 500)), &metrics()) else { panic!("no records") };
    assert!(records[0].values.others().is_empty());
    assert_eq!(records[0].values.own, declared(500).values.own);
}

#[test]
fn json_has_a_metric_that_comes_now_and_then_once() {
    let started = Act::Say(Report::Started(Box::new(info(&["steps=1200"]))));
    let steps = |first, last| Act::Say(Report::Steps(all(first, last)));
    let summary = Summary {
        steps: 1_200,
        seconds: 12.0,
        metrics: Some(declared(1_000).values),
        stopped: false,
        device: "cpu".into(),
        threads: 1,
    };
    let (_, lines) = json_of(vec![started, steps(1, 1_200), Act::Say(Report::Finished(summary))]);
    let step: Vec<_> = lines.iter().filter(|line| line["kind"] == "step").collect();
    let with: Vec<_> = step.iter().filter_map(|line| line["metrics"].get("fid")).collect();
    assert_eq!(with.last().unwrap().as_f64(), Some(90.0));
    assert!(with.len() <= 2 && step.iter().all(|line| line["metrics"]["d_real_acc"].is_number()), "{lines:?}");
    assert_eq!(lines.last().unwrap()["metrics"]["fid"], 90.0);
}

#[test]
fn the_best_checkpoint_may_be_by_a_declared_metric() {
    let dir = tempfile::tempdir().unwrap();
    let config = runs::config("ring", &["checkpoint.keep=1"]);
    let best = config::Checkpoints { best: "fid".into(), ..config.checkpoint.clone() };
    let mut store = checkpoints::Store::open(dir.path(), &best, &metrics());
    let source = gantop::train::data::Source::open(&config.data).unwrap();
    for (step, value) in [(1, 5.0), (2, 3.0), (3, 4.0), (4, 9.0)] {
        let mut values = declared(step).values;
        values.set(id("fid"), value);
        let checkpoint = gantop::link::checkpoint::Checkpoint {
            info: gantop::link::checkpoint::CheckpointInfo {
                step,
                seconds: 1.0,
                reason: gantop::link::checkpoint::Reason::Due,
                config: config.clone(),
                settings: Settings::of(&config),
                shape: source.shape(),
                metrics: Some(values),
                generator_updates: 0,
                critic_updates: 0,
                scheduled: 0,
            },
            tensors: vec![gantop::link::checkpoint::Named {
                name: "generator".into(),
                shape: vec![1],
                values: vec![0.0],
            }],
        };
        store.save(&checkpoint, 0).0.file.unwrap();
    }
    let mut kept: Vec<u64> =
        checkpoints::list(dir.path()).unwrap().into_iter().map(|item| item.header.unwrap().info.step).collect();
    kept.sort_unstable();
    assert_eq!(kept, [2, 4]);
}

fn stage(glyphs: GlyphSet) -> Stage {
    let mut stage = Stage::new(Options { glyphs, palette: Palette::Mono, ..Options::default() });
    stage.report(Report::Started(Box::new(info(&["steps=20000"]))));
    for part in 0..10 {
        stage.report(Report::Steps(all(part * 500 + 1, part * 500 + 500)));
    }
    stage.press("2");
    stage
}

#[test]
fn they_have_charts_on_the_losses_page() {
    insta::assert_snapshot!("declared_charts", stage(GlyphSet::Braille).text(120, 44));
}

#[test]
fn where_not_all_charts_have_room_the_chosen_one_is_in_sight() {
    let mut stage = stage(GlyphSet::Ascii);
    let small = stage.text(80, 24);
    assert!(small.contains("losses") && !small.contains("quality"), "{small}");
    // The key that chooses a chart gets to the last one, and round to the first.
    let last = stage.press("gggggg").text(80, 24);
    assert!(last.contains("> quality") && last.contains("FID") && !last.contains("losses"), "{last}");
    assert!(last.contains('+'), "each value is a point: {last}");
    assert!(stage.text(140, 24).contains("chart 6 of 6"));
    assert!(stage.press("y").text(80, 24).contains("quality all"));
    assert!(stage.press("g").text(80, 24).contains("> losses"));
    // At the cursor stands the value that came last.
    stage.press("⇤").press(&"→".repeat(12)).press("ggggg");
    let at = stage.text(80, 24);
    assert!(at.contains("FID   95.00"), "{at}");
}

#[test]
fn another_run_beside_it_is_matched_by_name() {
    let options = Options { glyphs: GlyphSet::Ascii, palette: Palette::Mono, ..Options::default() };
    let app = gantop::ui::state::app::App::viewing(options, "a".into(), vec!["b".into()]);
    let mut stage = Stage { app, effects: Vec::new() };
    stage.report(Report::Started(Box::new(info(&[])))).report(Report::Steps(all(1, 1_000)));
    // It has one more before, and so `fid` elsewhere.
    let more = [MetricInfo::named("early"), MetricInfo { cadence: Cadence::Occasional, ..MetricInfo::named("fid") }];
    let table = MetricTable::declaring(more).unwrap();
    let mut records = all(1, 1_000);
    for record in &mut records {
        record.values = Metrics::of(record.values.own.0);
        if let Some(value) = fid(record.step) {
            record.values.set(table.find("fid").unwrap(), value + 7.0);
        }
    }
    stage.message(Message::Other(0, Box::new(Report::Started(Box::new(RunInfo { metrics: table, ..info(&[]) })))));
    stage.message(Message::Other(0, Box::new(Report::Steps(records))));
    let other = &stage.app.live.others[0];
    assert_eq!(other.history.latest().unwrap().get(other.metrics.find("fid").unwrap()), Some(97.0));
    let text = stage.press("2").text(120, 44);
    let quality = text.lines().skip_while(|line| !line.contains("quality")).collect::<Vec<_>>().join("\n");
    assert!(quality.contains('2'), "{text}");
}

#[test]
fn a_scripted_trainer_reaches_the_dashboards_link_with_them() {
    let (link, trainer) = ScriptedTrainer::play(vec![
        Act::Say(Report::Started(Box::new(info(&[])))),
        Act::Say(Report::Steps(all(1, 500))),
    ]);
    let mut stage = Stage::new(Options { glyphs: GlyphSet::Ascii, ..Options::default() });
    for report in &link.reports {
        stage.report(report);
    }
    trainer.end();
    assert_eq!(stage.app.latest(id("fid")), Some(95.0));
    assert!(stage.app.is_occasional(id("fid")) && !stage.app.is_occasional(Metric::Bound.into()));
}
