//! The measuring of the quality of samples.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize, Serializer};

use super::defaults as d;
use super::error::Problem;
use super::layers::Value;
use super::limits::{EVALUATED_SAMPLES, MAX_IMAGE_SIZE, MAX_WHOLE};
use super::section::{Kind, Section};
use super::value::Bounds;
use crate::domain::MetricInfo;
use crate::domain::quality::{EvaluationFact, FeatureKind, Quality};

/// The measuring of the quality of samples, and how often.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluate {
    /// After every so many steps; 0: when it is asked for.
    pub every_steps: u64,
    /// The number of samples are generated for it.
    pub samples: usize,
    /// The real samples that they are compared with.
    pub against: Against,
    /// The figures that are wanted.
    pub metrics: Vec<Metric>,
    /// The source of samples' features.
    pub features: Features,
}

/// The real samples that generated ones are compared with.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Against {
    /// The samples that the run trains on.
    #[default]
    Train,
    /// Others of the same kind of data, at this path.
    Path(PathBuf),
}

impl Against {
    /// As it is written.
    pub fn path(&self) -> &Path {
        match self {
            Against::Train => Path::new(TRAIN),
            Against::Path(path) => path,
        }
    }

    /// The samples that this text names.
    pub fn of(text: &str) -> Against {
        if text == TRAIN { Against::Train } else { Against::Path(PathBuf::from(text)) }
    }
}

const TRAIN: &str = "train";

impl Serialize for Against {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.path().serialize(serializer)
    }
}

/// A figure that can be asked for. Some bring others with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// The Fréchet distance: FID in Inception's features.
    Fd,
    /// The kernel distance and its deviation: KID in Inception's features.
    Kd,
    Precision,
    Recall,
    Density,
    Coverage,
    /// The inception score and its deviation.
    Is,
    /// The classes covered, and the entropy and the KL divergence of their shares.
    Classes,
}

impl Metric {
    /// Every one.
    pub const ALL: [Metric; 8] = [
        Metric::Fd,
        Metric::Kd,
        Metric::Precision,
        Metric::Recall,
        Metric::Density,
        Metric::Coverage,
        Metric::Is,
        Metric::Classes,
    ];

    /// The first of the figures that it brings.
    pub fn figure(self) -> Quality {
        match self {
            Metric::Fd => Quality::Frechet,
            Metric::Kd => Quality::Kernel,
            Metric::Precision => Quality::Precision,
            Metric::Recall => Quality::Recall,
            Metric::Density => Quality::Density,
            Metric::Coverage => Quality::Coverage,
            Metric::Is => Quality::Score,
            Metric::Classes => Quality::Classes,
        }
    }
}

/// The source of samples' features.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Features {
    /// A fixed random projection of the samples themselves.
    #[default]
    Pixels,
    /// A small classifier that is trained on the data's labels, once.
    Judge {
        /// The share of held-back images that it must name right.
        accuracy: f64,
    },
    /// A network in a TorchScript file.
    File(FeatureFile),
}

/// A network in a TorchScript file, and what it is given.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FeatureFile {
    pub path: PathBuf,
    /// Channels of the pictures that it takes: 1 or 3; grey ones are repeated, coloured ones averaged.
    pub channels: usize,
    /// The range of their pixels.
    pub range: FeatureRange,
    /// Pixels across and down that pictures are scaled to; 0: as they are, it scales them by itself.
    pub size: usize,
    /// The arguments that it takes behind the pictures: of the Inception in StyleGAN's files `[true]`, which asks for
    /// features.
    pub flags: Vec<bool>,
    /// Whether it is the Inception network of published figures, whose distance alone is called FID.
    pub inception: bool,
}

/// The range of a picture's pixels for a network in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureRange {
    /// From −1 to 1.
    Signed,
    /// From 0 to 1.
    Unit,
    /// Whole numbers from 0 to 255.
    Byte,
}

impl Features {
    /// The kind of features.
    pub fn kind(&self) -> FeatureKind {
        match self {
            Features::Pixels => FeatureKind::Pixels,
            Features::Judge { .. } => FeatureKind::Judge,
            Features::File(FeatureFile { inception: true, .. }) => FeatureKind::Inception,
            Features::File(_) => FeatureKind::File,
        }
    }

    /// A judge as it usually is.
    pub fn judge() -> Features {
        Features::Judge { accuracy: d::JUDGE_ACCURACY }
    }

    /// The network in this file, taken as Inception's usually are.
    pub fn file(path: PathBuf) -> Features {
        Features::File(FeatureFile {
            path,
            channels: d::FEATURE_CHANNELS,
            range: FeatureRange::Byte,
            size: 0,
            flags: Vec::new(),
            inception: false,
        })
    }
}

impl Default for Evaluate {
    fn default() -> Evaluate {
        Evaluate {
            every_steps: d::EVALUATE_EVERY,
            samples: d::EVALUATE_SAMPLES,
            against: Against::Train,
            features: Features::Pixels,
            metrics: Metric::ALL.to_vec(),
        }
    }
}

impl Evaluate {
    /// The figures that come of it, in the order in which they are shown.
    pub fn figures(&self) -> Vec<Quality> {
        let classes = self.features.kind().has_classes();
        let wanted = |figure: &Quality| {
            let asked = self.metrics.iter().any(|metric| metric.figure() == figure.asked());
            asked && (classes || !figure.needs_classes())
        };
        Quality::ALL.into_iter().filter(wanted).collect()
    }

    /// The metrics that a run declares for it.
    pub fn declared(&self) -> Vec<MetricInfo> {
        let kind = self.features.kind();
        let facts = EvaluationFact::ALL.map(EvaluationFact::metric);
        self.figures().into_iter().map(|figure| figure.metric(kind)).chain(facts).collect()
    }
}

pub(super) const KINDS: [Kind<Features>; 3] = [
    Kind { name: "pixels", read: |_| Features::Pixels },
    Kind {
        name: "judge",
        read: |t| Features::Judge { accuracy: t.number("accuracy", d::JUDGE_ACCURACY, Bounds::Share) },
    },
    Kind {
        name: "file",
        read: |t| {
            let path = t.require("path", "a TorchScript module, such as \"inception.pt\"", Value::path);
            Features::File(FeatureFile {
                path: path.unwrap_or_default(),
                channels: t.read("channels", channels).unwrap_or(d::FEATURE_CHANNELS),
                range: t.variant("range", FeatureRange::Byte),
                size: t.count("size", 0, 0..=MAX_IMAGE_SIZE),
                flags: t.read("flags", flags).unwrap_or_default(),
                inception: t.read("inception", Value::flag).unwrap_or(false),
            })
        },
    },
];

/// Reads the table; none where it is not written.
pub fn read(root: &mut Section<'_, '_>) -> Option<Evaluate> {
    let written = root.has("evaluate");
    let (mut t, usual) = (root.table("evaluate"), Evaluate::default());
    let evaluate = Evaluate {
        every_steps: t.whole("every_steps", usual.every_steps, 0..=MAX_WHOLE),
        samples: t.count("samples", usual.samples, EVALUATED_SAMPLES),
        against: t.read("against", against).unwrap_or(usual.against),
        metrics: t.read("metrics", metrics).unwrap_or(usual.metrics),
        features: t.table("features").kind(&KINDS, "pixels"),
    };
    t.finish();
    written.then_some(evaluate)
}

fn against(value: &Value<'_>) -> Result<Against, Problem> {
    Ok(match value.text()?.as_ref() {
        TRAIN => Against::Train,
        _ => Against::Path(value.path()?),
    })
}

fn channels(value: &Value<'_>) -> Result<usize, Problem> {
    match value.whole(1..=3) {
        Ok(channels @ (1 | 3)) => Ok(channels as usize),
        _ => Err(value.wrong("must be 1 or 3")),
    }
}

fn flags(value: &Value<'_>) -> Result<Vec<bool>, Problem> {
    let elements = value.elements().ok_or_else(|| value.wrong("must be a list of true and false"))?;
    elements.iter().map(Value::flag).collect()
}

fn metrics(value: &Value<'_>) -> Result<Vec<Metric>, Problem> {
    const MUST: &str = "must be a list of one or more of \"fd\", \"kd\", \"precision\", \"recall\", \"density\", \
                        \"coverage\", \"is\", \"classes\"";
    let elements = value.elements().filter(|elements| !elements.is_empty()).ok_or_else(|| value.wrong(MUST))?;
    let mut metrics: Vec<Metric> = elements.iter().map(Value::variant).collect::<Result<_, _>>()?;
    metrics.sort_unstable();
    metrics.dedup();
    Ok(metrics)
}
