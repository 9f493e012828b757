//! Foreign runs on the dashboard: what is recognised on the overview, every metric on its page.

use gantop::domain::{MetricId, MetricTable, Metrics, StepRecord};
use gantop::foreign;
use gantop::link::{Report, RunInfo};
use gantop::ui::state::viewing;
use gantop::ui::{Message, Options};

use super::{Known, fixture, play};
use crate::support::stage::Stage;

/// The dashboard of the run in a fixture.
fn stage(name: &str, until: (&str, u64), others: Vec<String>) -> Stage {
    let (link, mut known) = (play(&fixture(name), 1), Known::default());
    known.listen(&link, |known| known.last(until.0) == Some(until.1));
    let app = viewing::watching(Options::default(), name.to_owned(), others);
    let mut stage = Stage { app, effects: Vec::new() };
    for report in known.all {
        let report = match report {
            // Where the repository lies is no matter.
            Report::Started(info) => Report::Started(Box::new(RunInfo { device: "logs".into(), ..*info })),
            report => report,
        };
        stage.report(report);
    }
    stage
}

/// A run with so many metrics that tell nothing by their names.
fn plain(count: usize) -> Stage {
    let mut stage = Stage { app: viewing::watching(Options::default(), "many".into(), vec![]), effects: vec![] };
    let path = fixture("keras");
    let names = (0..count).map(|i| format!("{}/metric {i}", ["train", "val"][i % 2]));
    let infos: Vec<_> = names
        .map(|name| gantop::domain::MetricInfo {
            group: name.clone().into(),
            label: name.clone().into(),
            cadence: gantop::domain::Cadence::Occasional,
            ..gantop::domain::MetricInfo::named(name)
        })
        .collect();
    let info = RunInfo {
        metrics: MetricTable::foreign(&infos),
        device: "logs".into(),
        ..foreign::describe(&path, "many").unwrap()
    };
    stage.report(Report::Started(Box::new(info)));
    let record = |step: u64| {
        let mut values = Metrics::none();
        (0..count).for_each(|at| values.set(MetricId::of_declared(at), (step * at as u64) as f32));
        StepRecord { step, seconds: step as f64, values }
    };
    stage.report(Report::Steps((1..=50).map(record).collect()));
    stage
}

#[test]
fn what_is_recognised_is_on_the_overview_and_nothing_is_empty() {
    let mut stage = stage("lightning", ("val/fid", 199), vec![]);
    insta::assert_snapshot!("foreign_overview_120x36", stage.text(120, 36));
    insta::assert_snapshot!("foreign_overview_80x24", stage.text(80, 24));
    insta::assert_snapshot!("foreign_metrics_120x36", stage.press("2").text(120, 36));
    // No panel of gantop's own that would have nothing in it, on any page.
    for page in ["1", "2", "4", "6"] {
        let text = stage.press(page).text(160, 48);
        for panel in ["controls", "bound", "gradient norms", "critic values", "constraint", "Weights", "seed"] {
            assert!(!text.contains(panel), "{page}: {panel}\n{text}");
        }
    }
    let refused = stage.press("1").press("5").text(120, 36);
    assert!(refused.contains("a foreign run has nothing for this page"), "{refused}");
    stage.press("\t\t");
    assert_eq!(stage.app.page, gantop::ui::pages::Page::Samples);
    assert!(stage.text(120, 36).contains("no pictures"), "{}", stage.text(120, 36));
}

#[test]
fn samples_stand_beside_the_charts_and_can_be_gone_through() {
    let (link, mut known) = (play(&fixture("events"), 1), Known::default());
    known.listen(&link, |known| known.pictures.len() == 4);
    let mut stage = Stage { app: viewing::watching(Options::default(), "events".into(), vec![]), effects: vec![] };
    for report in known.all {
        stage.report(report);
    }
    let text = stage.text(120, 36);
    assert!(text.contains("generated samples") && text.contains("step 150") && text.contains("losses"), "{text}");
    let text = stage.press("4").text(120, 36);
    assert!(text.contains("step 150, the latest") && text.contains("4 kept") && !text.contains("histograms"), "{text}");
    assert!(stage.press("←").text(120, 36).contains("─ step 100 "), "{}", stage.text(120, 36));
    let log = stage.press("6").text(160, 36);
    assert!(log.contains("hyper-parameters: ") && log.contains("about: a small run"), "{log}");
    // Nobody analyses pictures of another program's.
    assert!(!stage.effects.iter().any(|effect| matches!(effect, gantop::ui::update::Effect::Analyse(_))));
}

#[test]
fn metrics_are_filtered_pinned_and_turned_over() {
    let mut stage = plain(100);
    let text = stage.press("2").text(120, 36);
    assert!(text.contains("train/metric 0 ") && text.contains("chart 1 of 100") && !text.contains("val/"), "{text}");
    // A page further, then a row.
    let page = stage.press("⇟").text(120, 36);
    assert!(page.contains("▸ train/metric 12 "), "{page}");
    let filtered = stage.press("/val/METRIC 1\n").text(120, 36);
    assert!(
        filtered.contains("val/metric 1 ") && filtered.contains("val/metric 11 ") && !filtered.contains("train/metric"),
        "{filtered}"
    );
    stage.press("*");
    let overview = stage.press("1").text(120, 36);
    assert!(overview.contains("val/metric 1 ") && !overview.contains("metric 0 "), "{overview}");
    // Another filter, and none.
    stage.press("2/zzz\n");
    assert!(stage.text(120, 36).contains("no metric's name contains this"), "{}", stage.text(120, 36));
    stage.press(":filter metric 42\n");
    assert!(stage.text(120, 36).contains("train/metric 42"), "{}", stage.text(120, 36));
    for (width, height) in [(60, 16), (80, 24), (250, 70)] {
        for page in ["1", "2", "4", "6"] {
            stage.press(page).text(width, height);
        }
    }
}

#[test]
fn other_runs_lie_over_it_by_name_and_by_place() {
    let mut stage = stage("lightning", ("val/fid", 199), vec!["keras".into()]);
    let (link, mut known) = (play(&fixture("keras"), 1), Known::default());
    known.listen(&link, |known| known.last("d_loss") == Some(19));
    for report in known.all {
        stage.message(Message::Other(0, Box::new(report)));
    }
    let text = stage.text(120, 36);
    let losses: String = text.lines().filter(|line| line.contains("2a") || line.contains("2b")).collect();
    assert!(text.contains(" runs  1 lightning step 199") && !losses.is_empty(), "{text}");
}
