//! Recorded runs on the dashboard: played as reports, several over one another, and through the program.

mod damage;
mod follow;
mod list;
mod overlay;
mod program;

use std::path::Path;
use std::time::Instant;

use gantop::config;
use gantop::domain::{Metric, StepRecord};
use gantop::link::{self, Link, PauseReason, Report, RunInfo, RunState, StateChange};
use gantop::run::replayer::{self, Part};
use gantop::ui::Options;

use crate::support::program::{gantop, said};
use crate::support::records::records as steps_of;
use crate::support::stage::Stage;
use crate::support::{TEST_TIMEOUT, runs};

/// Networks so small that a step takes a moment even without optimisation.
const TINY: [&str; 5] = ["threads=1", "batch_size=16", "generator.hidden=[8]", "critic.hidden=[8]", "record.every=1"];

/// Trains a small run into `dir`, headless.
#[track_caller]
fn train(dir: &Path, steps: u64, sets: &[&str]) {
    let (steps, dir) = (steps.to_string(), dir.to_str().unwrap());
    let sets = TINY.iter().chain(sets).flat_map(|set| ["--set", set]);
    let args: Vec<&str> =
        ["train", "--headless", "--steps", &steps, "--run-dir", dir].into_iter().chain(sets).collect();
    let (code, _, err) = said(gantop(&args));
    assert_eq!((code, err.as_str()), (0, ""), "{args:?}");
}

/// What the run in `dir` is, as far as its config says.
fn info(dir: &Path) -> RunInfo {
    let path = dir.join("config.toml");
    runs::info(config::load(path.to_str(), &[]).unwrap())
}

/// Plays the run in `dir`.
fn play(dir: &Path, info: RunInfo) -> Link {
    let (link, end) = link::pair();
    replayer::play(dir.to_owned(), info, Part::Whole, end).unwrap();
    link
}

/// Everything that is reported until `last` says that it is enough, or the player has gone.
#[track_caller]
fn heard(link: &Link, last: impl Fn(&Report) -> bool) -> Vec<Report> {
    let (deadline, mut reports) = (Instant::now() + TEST_TIMEOUT, Vec::new());
    loop {
        match link.reports.recv_deadline(deadline) {
            Ok(report) => {
                let enough = last(&report);
                reports.push(report);
                if enough {
                    return reports;
                }
            }
            Err(_) if Instant::now() < deadline => return reports,
            Err(_) => panic!("what was to be heard never came; heard: {reports:?}"),
        }
    }
}

/// The records among reports.
fn records(reports: &[Report]) -> Vec<StepRecord> {
    let records = reports.iter().filter_map(|report| match report {
        Report::Steps(records) => Some(records.clone()),
        _ => None,
    });
    records.flatten().collect()
}

/// The texts of the alerts among reports.
fn alerts(reports: &[Report]) -> Vec<&str> {
    let alerts = reports.iter().filter_map(|report| match report {
        Report::Alert(alert) => Some(alert.text.as_str()),
        _ => None,
    });
    alerts.collect()
}

/// The lines of a metrics.csv with these steps; the bound is the step.
fn csv(steps: impl IntoIterator<Item = u64>) -> String {
    let header: Vec<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
    let rows = steps.into_iter().map(|step| format!("{step},{step}.5{}\n", format!(",{step}").repeat(Metric::COUNT)));
    format!("step,seconds,{}\n{}", header.join(","), rows.collect::<String>())
}

#[test]
fn a_run_whose_process_is_gone_is_interrupted_and_has_no_time_left() {
    let mut stage = Stage::new(Options::default());
    let run = RunInfo { threads: 0, device: "device not known".to_owned(), ..runs::ring() };
    stage.report(Report::Started(Box::new(run)));
    stage.report(Report::Steps(steps_of(1, 500))).report(Report::Steps(steps_of(501, 900)));
    let alive = stage.text(120, 36);
    assert!(alive.contains("running") && alive.contains(" left"), "{alive}");
    let why = Some(PauseReason::Interrupted);
    stage.report(Report::State(StateChange { step: 900, state: RunState::Paused, why }));
    let screen = stage.text(120, 36);
    let header = screen.lines().take(2).collect::<Vec<_>>().join("\n");
    assert!(header.contains("  interrupted  ") && header.contains(" trained"), "{header}");
    assert!(!header.contains(" left") && !header.contains("training paused"), "{header}");
    assert!(header.contains("device not known  seed"), "{header}");
}
