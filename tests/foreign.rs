//! Runs of other programs: what each kind of log says, followed as it grows, damaged, and on the dashboard.

mod damage;
mod follow;
mod screens;

use std::path::{Path, PathBuf};
use std::time::Instant;

use gantop::domain::{MetricTable, StepRecord};
use gantop::foreign::{self, Reading};
use gantop::link::{self, Link, Report, Snapshot};

use crate::support::TEST_TIMEOUT;

/// The logs that fixtures/make.py has written.
fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/fixtures").join(name)
}

/// The functions of the step that fixtures/make.py writes.
fn d_loss(step: u64) -> f32 {
    (1.0 + 1.0 / (1.0 + step as f64)) as f32
}

fn g_loss(step: u64) -> f32 {
    (2.0 - 1.0 / (1.0 + step as f64)) as f32
}

fn fid(step: u64) -> f32 {
    (300.0 / (1.0 + step as f64 / 100.0)) as f32
}

/// Plays the run at a path.
fn play(path: &Path, divide: u64) -> Link {
    let (link, end) = link::pair();
    let info = foreign::describe(path, "run").unwrap();
    foreign::play(path.to_owned(), info, Reading { divide, ..Reading::default() }, end).unwrap();
    link
}

/// What is known of a run from its reports: its metrics, and the records of its last branch.
#[derive(Default)]
struct Known {
    metrics: MetricTable,
    records: Vec<StepRecord>,
    troubles: Vec<String>,
    /// How often it went back.
    backs: usize,
    pictures: Vec<Snapshot>,
    notes: Vec<String>,
    /// Where more may come from.
    link: Option<Link>,
    all: Vec<Report>,
}

impl Known {
    fn take(&mut self, report: Report) {
        match &report {
            Report::Started(info) => self.metrics = info.metrics.clone(),
            Report::Steps(records) => self.records.extend(records.iter().cloned()),
            Report::Restored(restored) => {
                self.records.retain(|record| record.step <= restored.to && restored.to > 0);
                self.backs += 1;
            }
            Report::Snapshot(snapshot) => self.pictures.push((**snapshot).clone()),
            Report::Noted(note) => self.notes.push(note.text.clone()),
            Report::Alert(alert) => self.troubles.push(alert.text.clone()),
            _ => {}
        }
        self.all.push(report);
    }

    /// Listens until enough is known.
    #[track_caller]
    fn listen(&mut self, link: &Link, enough: impl Fn(&Known) -> bool) {
        let deadline = Instant::now() + TEST_TIMEOUT;
        while !enough(self) {
            match link.reports.recv_deadline(deadline) {
                Ok(report) => self.take(report),
                Err(why) => panic!("{why}; steps {:?}, troubles {:?}", self.steps(), self.troubles),
            }
        }
    }

    fn steps(&self) -> Vec<u64> {
        self.records.iter().map(|record| record.step).collect()
    }

    /// The values of a tag by step.
    fn values(&self, tag: &str) -> Vec<(u64, f32)> {
        let Some(id) = self.metrics.find(tag) else { return Vec::new() };
        self.records.iter().filter_map(|record| Some((record.step, record.values.get(id)?))).collect()
    }

    /// The step of the last record that has a tag.
    fn last(&self, tag: &str) -> Option<u64> {
        self.values(tag).last().map(|(step, _)| *step)
    }
}

/// All that is known of a run once a tag has reached a step.
#[track_caller]
fn known(path: &Path, until: &[(&str, u64)]) -> Known {
    let (link, mut known) = (play(path, 1), Known::default());
    known.listen(&link, |known| until.iter().all(|(tag, step)| known.last(tag) == Some(*step)));
    known.link = Some(link);
    known
}

#[track_caller]
fn same(values: Vec<(u64, f32)>, steps: impl IntoIterator<Item = u64>, value: fn(u64) -> f32) {
    let wanted: Vec<(u64, f32)> = steps.into_iter().map(|step| (step, value(step))).collect();
    assert_eq!(values.len(), wanted.len(), "{values:?}");
    for ((step, value), (wanted_step, wanted)) in values.into_iter().zip(wanted) {
        assert_eq!(step, wanted_step);
        assert!((value - wanted).abs() <= 1e-6 * wanted.abs(), "step {step}: {value}, not {wanted}");
    }
}

#[test]
fn an_event_file_of_tensorboardx_is_read_with_all_that_is_in_it() {
    let mut known = known(&fixture("events"), &[("Loss/D", 198), ("both/a", 150), ("both/b", 150)]);
    same(known.values("Loss/D"), (0..200).step_by(2), d_loss);
    same(known.values("Loss/G"), (0..200).step_by(2), g_loss);
    same(known.values("eval/fid"), (0..200).step_by(50), fid);
    assert_eq!(known.values("both/b").iter().map(|(_, value)| *value).collect::<Vec<_>>(), [2.0; 4]);
    assert!(matches!(known.values("broken")[..], [(100, value)] if value.is_nan()));
    let seconds = |step: u64| known.records.iter().find(|record| record.step == step).unwrap().seconds;
    assert_eq!((seconds(2), seconds(198)), (2.0, 198.0));
    // Pictures of the generated samples, not of the real ones; they come behind all that is in the files.
    let link = known.link.take().unwrap();
    known.listen(&link, |known| known.pictures.len() == 4);
    for (snapshot, step) in known.pictures.iter().zip([0u64, 50, 100, 150]) {
        assert_eq!((snapshot.step, snapshot.fake.len()), (step, 8 * 8 * 3));
        assert!(snapshot.fake.iter().all(|level| (level - step as f32 / 255.0).abs() < 1e-6), "{:?}", snapshot.fake);
    }
    assert!(known.notes.contains(&"about: a small run".to_owned()), "{:?}", known.notes);
    let parameters = known.notes.iter().find(|note| note.starts_with("hyper-parameters")).unwrap();
    assert!(["lr = 0.001", "name = dcgan", "ema = true"].iter().all(|text| parameters.contains(text)), "{parameters}");
    assert_eq!((known.troubles.len(), known.backs), (0, 0), "{:?}", known.troubles);
}

#[test]
fn scalars_that_are_tensors_are_read() {
    let known = known(&fixture("tensors"), &[("d_loss", 95), ("g_loss", 95)]);
    same(known.values("d_loss"), (0..100).step_by(5), d_loss);
    same(known.values("g_loss"), (0..100).step_by(5), g_loss);
    assert_eq!((known.troubles.len(), known.backs), (0, 0), "{:?}", known.troubles);
}

#[test]
fn gantops_own_event_files_are_a_foreign_run_too() {
    let dir = tempfile::tempdir().unwrap();
    let config = gantop::config::load(None, &["steps=1000".into(), "record.every=1".into()]).unwrap();
    let mut events = gantop::run::tensorboard::Events::create(dir.path(), &config, &MetricTable::own()).unwrap();
    let record = |step: u64| StepRecord {
        step,
        seconds: step as f64,
        values: gantop::domain::Metrics::of([step as f32; gantop::domain::Metric::COUNT]),
    };
    events.records(&(1..=20).map(record).collect::<Vec<_>>()).unwrap();
    // It goes back, and says so.
    events.go_back_to(10).unwrap();
    events.records(&(11..=30).map(record).collect::<Vec<_>>()).unwrap();
    let known = known(&dir.path().join("tensorboard"), &[("critic_loss", 30)]);
    assert_eq!(known.values("bound"), (1..=30).map(|step| (step, step as f32)).collect::<Vec<_>>());
    assert_eq!(known.backs, 1);
}

#[test]
fn lightnings_table_is_read_with_its_gaps() {
    let known = known(&fixture("lightning"), &[("train/d_loss", 199), ("val/fid", 199)]);
    assert_eq!((known.troubles.len(), known.backs), (0, 0), "{:?}", known.troubles);
    same(known.values("train/d_loss"), (9..200).step_by(10), d_loss);
    same(known.values("train/g_loss"), (9..200).step_by(10), g_loss);
    same(known.values("val/fid"), [49, 99, 149, 199], fid);
    let front: Vec<_> =
        known.metrics.declared().iter().filter(|info| info.front).map(|info| info.group.as_ref()).collect();
    assert_eq!(front, ["losses", "losses", "FID"]);
}

#[test]
fn stylegans_statistics_and_evaluations_are_one_run() {
    let known = known(&fixture("stylegan"), &[("Loss/D/loss", 196), ("Metrics/fid50k_full", 160)]);
    assert_eq!((known.troubles.len(), known.backs), (0, 0), "{:?}", known.troubles);
    same(known.values("Loss/D/loss"), (0..200).step_by(4), d_loss);
    same(known.values("Loss/G/loss"), (0..200).step_by(4), g_loss);
    same(known.values("Metrics/fid50k_full"), (0..200).step_by(40), fid);
    assert_eq!(known.values("Loss/r1_penalty"), []);
    let seconds: Vec<f64> =
        known.records.iter().filter(|record| record.step == 196).map(|record| record.seconds).collect();
    assert_eq!(seconds, [49.0 * 60.0]);
}

#[test]
fn hugging_faces_state_is_read_from_the_newest_checkpoint() {
    let known = known(&fixture("huggingface"), &[("loss", 200), ("eval_loss", 200)]);
    same(known.values("loss"), (10..=200).step_by(10), d_loss);
    same(known.values("eval_loss"), (50..=200).step_by(50), g_loss);
    assert_eq!(known.values("learning_rate").len(), 20);
    assert_eq!((known.troubles.len(), known.backs), (0, 0), "{:?}", known.troubles);
}

#[test]
fn kerass_epochs_are_steps() {
    let known = known(&fixture("keras"), &[("d_loss", 19)]);
    same(known.values("d_loss"), 0..20, d_loss);
    same(known.values("g_loss"), 0..20, g_loss);
}

#[test]
fn steps_can_be_divided() {
    let (link, mut known) = (play(&fixture("lightning"), 2), Known::default());
    known.listen(&link, |known| known.last("val/fid") == Some(99));
    assert_eq!(
        known.values("train/d_loss").iter().map(|(step, _)| *step).collect::<Vec<_>>(),
        (4..100).step_by(5).collect::<Vec<_>>()
    );
}
