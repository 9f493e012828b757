//! `gantop evaluate`: how good the samples of a checkpoint's generator are.

use std::cell::OnceCell;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::config::limits::{EVALUATED_SAMPLES, MAX_WHOLE};
use crate::config::{Against, DeviceChoice, Features};
use crate::domain::quality::FeatureKind;
use crate::domain::{Better, format};
use crate::evaluate::{Cache, Progress};
use crate::headless::{EvaluatingBar, ReadingBar};
use crate::link::Evaluation;
use crate::link::checkpoint::Checkpoint;
use crate::run::{checkpoints, folder};
use crate::session::request::words;
use crate::system::output::{json, one_line};
use crate::train;

/// `gantop evaluate`.
#[derive(Clone, Debug, Args)]
pub struct Evaluate {
    /// A run's directory or the beginning of its name in `runs`: its newest checkpoint is taken. Or a checkpoint's
    /// file
    #[arg(default_value = folder::NEWEST, add = words::runs_and_files())]
    pub run: PathBuf,
    /// How many samples are generated [default: evaluate.samples of the run]
    #[arg(long, value_name = "N", value_parser = samples)]
    pub samples: Option<usize>,
    /// The real samples to compare with: `train`, or a path of the same kind of data [default: evaluate.against]
    #[arg(long, value_name = "PATH")]
    pub against: Option<String>,
    /// What gives features: `pixels`, `judge`, or a TorchScript file, which takes evaluate.features of the run's config
    /// [default: those of the run; without any a judge where there are labels]
    #[arg(long, value_name = "FEATURES")]
    pub features: Option<String>,
    /// The seed of the noise [default: the run's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=MAX_WHOLE))]
    pub seed: Option<u64>,
    /// Take the generator's weights themselves where the run keeps an average of them
    #[arg(long)]
    pub raw: bool,
    /// Where to compute: cpu, cuda or cuda:N [default: a GPU if there is one]
    #[arg(long, value_name = "DEVICE")]
    pub device: Option<DeviceChoice>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

fn samples(text: &str) -> Result<usize, String> {
    let (least, most) = (EVALUATED_SAMPLES.start(), EVALUATED_SAMPLES.end());
    text.parse().ok().filter(|n| EVALUATED_SAMPLES.contains(n)).ok_or(format!("must be from {least} to {most}"))
}

/// Why there is no evaluation.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Checkpoint(#[from] checkpoints::NotFound),
    #[error(transparent)]
    Evaluate(#[from] train::evaluation::Error),
}

/// The evaluation as it is printed as JSON.
#[derive(Serialize)]
struct Told<'a> {
    checkpoint: &'a Path,
    #[serde(flatten)]
    evaluation: &'a Evaluation,
    /// The same figures by the names of their metrics.
    metrics: serde_json::Map<String, serde_json::Value>,
}

impl Evaluate {
    /// Evaluates, and says what came of it.
    ///
    /// # Errors
    /// No checkpoint or no data can be read, or there are no such features of these data.
    pub fn text(&self) -> anyhow::Result<String> {
        let (file, checkpoint) = checkpoints::find(&self.run)?;
        let wanted = train::evaluation::Wanted {
            samples: self.samples,
            against: self.against.as_deref().map(Against::of),
            features: self.features.as_deref().map(|text| features(text, &checkpoint)),
            seed: self.seed,
            raw: self.raw,
            device: self.device.unwrap_or(DeviceChoice::Auto),
        };
        // A signal ends the process by itself.
        let reading = OnceCell::new();
        let mut read = |progress: train::data::Progress| {
            reading.get_or_init(ReadingBar::new).tell(progress.done, progress.total);
            ControlFlow::Continue(())
        };
        let bar = EvaluatingBar::new();
        let mut watch = |Progress { stage, done }: Progress| {
            bar.tell(stage.words(), done);
            ControlFlow::Continue(())
        };
        let found = train::evaluation::evaluate(&checkpoint, &wanted, &Cache::usual(), &mut read, &mut watch);
        drop((bar, reading));
        let evaluation = found.map_err(Error::Evaluate)?;
        Ok(if self.json { in_json(&file, &evaluation)? } else { table(&file, &evaluation) })
    }
}

/// The features that a text names: a file is taken as the run's config says of its own file.
fn features(text: &str, checkpoint: &Checkpoint) -> Features {
    let of_run = checkpoint.info.config.evaluate.as_ref().map(|evaluate| &evaluate.features);
    match (text, of_run) {
        ("pixels", _) => Features::Pixels,
        ("judge", Some(judge @ Features::Judge { .. })) => judge.clone(),
        ("judge", _) => Features::judge(),
        (path, Some(Features::File(file))) => {
            let mut file = file.clone();
            file.path = path.into();
            Features::File(file)
        }
        (path, _) => Features::file(path.into()),
    }
}

fn in_json(file: &Path, evaluation: &Evaluation) -> anyhow::Result<String> {
    let number = |value: f64| match serde_json::Number::from_f64(value) {
        Some(number) => number.into(),
        None => serde_json::Value::from(value.to_string()),
    };
    let metric = |of: &crate::link::Figured| (of.figure.name(evaluation.features), number(of.value));
    let metrics = evaluation.figures.iter().map(metric).collect();
    let line = json::to_line(&Told { checkpoint: file, evaluation, metrics })?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}

fn table(file: &Path, evaluation: &Evaluation) -> String {
    let mut out = String::new();
    let mut line = |label: &str, what: &str| {
        let _ = writeln!(out, "{label:14} {what}");
    };
    let generator = if evaluation.averaged { "averaged generator" } else { "generator" };
    let (samples, real) = (format::count(evaluation.samples as u64), format::count(evaluation.real_samples as u64));
    line("checkpoint", &one_line(&file.display().to_string()));
    line("samples", &format!("{samples} of the {generator} after {} steps", format::count(evaluation.step)));
    line("against", &format!("{real} of {}", one_line(&evaluation.against)));
    line("features", &format!("{} of each, by {}", evaluation.dims, one_line(&evaluation.which)));
    line("", "");
    for (figure, label, value) in evaluation.said() {
        let better = match figure.metric(evaluation.features).better {
            Better::Lower => "lower is better",
            Better::Higher => "higher is better",
            Better::Neither => "",
        };
        line(&label, &format!("{value:24} {better}"));
    }
    line("", "");
    if let Some(note) = comparison(evaluation.features) {
        line("note", note);
    }
    evaluation.notes.iter().for_each(|note| line("note", note));
    line("time", &format!("{:.1} s", evaluation.seconds));
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The figures that those in these features may be compared with.
fn comparison(features: FeatureKind) -> Option<&'static str> {
    match features {
        FeatureKind::Pixels => Some(
            "compare figures of pixels only between runs on data of the same size; they say little about how \
                 samples look",
        ),
        FeatureKind::Judge => Some(
            "compare figures of a judge only between runs with the same judge; they are not \
             FID",
        ),
        FeatureKind::File => Some("compare figures of a file only between runs with the same file"),
        FeatureKind::Inception => None,
    }
}
