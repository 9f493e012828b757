//! Snapshots: a look at the run at one step, for the screen.

use serde::{Deserialize, Serialize};

use crate::config::Prior;
use crate::domain::{ObjectiveChoice, SampleShape, number, pixels};

/// The parts that a snapshot should hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotRequest {
    /// Samples of each kind, real and generated.
    pub samples: usize,
    /// Whether it should hold the weights too.
    pub weights: bool,
    /// Whether its samples are to be those of every other such snapshot: the same real ones, and what the generator
    /// makes now of the same noise. Who asks for fresh ones while somebody else asks for these gets these.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fixed: bool,
}

/// A look at the run at one step, for the screen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Steps completed when it was taken.
    pub step: u64,
    pub shape: SampleShape,
    /// The objective when it was taken.
    #[serde(default)]
    pub objective: ObjectiveChoice,
    /// Samples, one after the other, each of `shape.len()` numbers.
    #[serde(with = "pixels")]
    pub real: Vec<f32>,
    #[serde(with = "pixels")]
    pub fake: Vec<f32>,
    /// The samples that the generator's average makes of the noise that `fake` are made of, where the run keeps an
    /// average. All figures are of `fake`.
    #[serde(with = "pixels", default, skip_serializing_if = "Vec::is_empty")]
    pub averaged: Vec<f32>,
    /// Whether the real samples and the noise are those of every other such snapshot.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fixed: bool,
    /// The class of each real sample, where they have labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<u16>,
    /// The names of the classes, by their numbers, where they have names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// Critic values T(x) on both kinds of sample.
    #[serde(default = "PairedHistogram::empty")]
    pub critic: PairedHistogram,
    /// Each coordinate of a point, or all pixel values of an image.
    #[serde(default)]
    pub values: Vec<PairedHistogram>,
    /// The mean score V(x) on the real and on the generated samples.
    #[serde(with = "number", default = "unknown")]
    pub scores: [f32; 2],
    /// The bound on these samples.
    #[serde(with = "number", default = "unsaid")]
    pub bound: f32,
    /// E_Q\[p/q\] as the critic has it on the generated samples: 1 for an optimal critic. None where its score says
    /// nothing of p/q.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f32>,
    /// The steepest slope of the score found at these samples and between them, max ‖∇V(x)‖.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub slope: Option<f32>,
    /// The critic over the sample space, where that has one or two dimensions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
    /// The critic as far as both densities have mass, where it is asked for beyond `field`: more coarsely.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wide: Option<Field>,
    /// The law of the generated samples, where it is known exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub law: Option<Law>,
    /// The weights, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
}

impl Snapshot {
    /// A snapshot that holds nothing yet.
    pub fn empty(step: u64, shape: SampleShape) -> Snapshot {
        Snapshot {
            step,
            shape,
            objective: ObjectiveChoice::default(),
            real: Vec::new(),
            fake: Vec::new(),
            averaged: Vec::new(),
            fixed: false,
            labels: Vec::new(),
            classes: Vec::new(),
            critic: PairedHistogram::empty(),
            values: Vec::new(),
            scores: unknown(),
            bound: unsaid(),
            ratio: None,
            slope: None,
            field: None,
            wide: None,
            law: None,
            weights: None,
        }
    }

    /// The name of a class: its number where it has none.
    pub fn class(&self, label: u16) -> String {
        self.classes.get(usize::from(label)).cloned().unwrap_or_else(|| label.to_string())
    }

    /// The histograms that it has, each with its place: the critic's is the first one. A trainer of another program
    /// need not say what its critic does.
    pub fn histograms(&self) -> impl Iterator<Item = (usize, &PairedHistogram)> {
        let all = std::iter::once(&self.critic).chain(&self.values).enumerate();
        all.filter(|(_, histogram)| !histogram.real.is_empty())
    }

    /// Whether it has samples of the generator's average.
    pub fn has_average(&self) -> bool {
        !self.averaged.is_empty()
    }

    /// Generated samples: of the average where there is one and `raw` is not asked for.
    pub fn generated(&self, raw: bool) -> &[f32] {
        if raw || !self.has_average() { &self.fake } else { &self.averaged }
    }
}

fn unsaid() -> f32 {
    f32::NAN
}

fn unknown() -> [f32; 2] {
    [f32::NAN; 2]
}

/// The weights of both networks, a layer each, from the input on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    pub critic: Vec<LayerWeights>,
    pub generator: Vec<LayerWeights>,
}

/// The weights of one layer: its matrix and its bias, or its scale and its shift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerWeights {
    /// Its kind and size, e.g. `linear 2→64`.
    pub name: String,
    /// The number that it has.
    pub weights: usize,
    /// All of them, or, of a large layer, evenly spread ones.
    pub histogram: Histogram,
    /// The share of those that lie at the clip range, where they are clipped.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub share_at_clip: Option<f32>,
    /// The largest singular value of its matrix, where it has one.
    #[serde(with = "number", default, skip_serializing_if = "Option::is_none")]
    pub norm: Option<f32>,
    /// The filters that its units look for in an image, where it is the first layer of a critic of images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filters: Option<Filters>,
}

/// The weights with which the first units of a layer look at a piece of an image, or at all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Filters {
    /// Of one filter: an image whose pixels are weights, from −1 to 1, the largest of each filter being 1 or −1.
    pub shape: SampleShape,
    /// Filters, one after the other, each of `shape.len()` numbers.
    #[serde(with = "number")]
    pub values: Vec<f32>,
}

/// The critic's scores on a regular grid of points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// The first and the last point of each axis; the second axis of a 1-D field is 0..0.
    #[serde(with = "number")]
    pub low: [f32; 2],
    #[serde(with = "number")]
    pub high: [f32; 2],
    /// Points along the first axis.
    pub columns: usize,
    /// Points along the second axis: 1 in one dimension.
    pub rows: usize,
    /// The score V at each point, the first axis running fastest, the second from `low` up.
    #[serde(with = "number")]
    pub scores: Vec<f32>,
}

/// The law of μ + σz, coordinate by coordinate: what an affine generator draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Law {
    /// The law of each coordinate of z.
    pub prior: Prior,
    /// μ, a coordinate each.
    #[serde(with = "number")]
    pub mean: Vec<f64>,
    /// σ, a coordinate each; its sign means nothing.
    #[serde(with = "number")]
    pub scale: Vec<f64>,
}

/// Two histograms over the same bins of equal width.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedHistogram {
    /// The quantity that is counted, e.g. `critic value`, `x`, `pixel`.
    pub label: String,
    /// The interval that the bins divide evenly; what lies outside, or is not a number, is in `outside`.
    #[serde(with = "number")]
    pub low: f32,
    #[serde(with = "number")]
    pub high: f32,
    pub real: Vec<u32>,
    pub fake: Vec<u32>,
    /// The number of real and of generated values that the bins do not hold.
    pub outside: [u32; 2],
}

impl PairedHistogram {
    /// One without bins.
    pub fn empty() -> PairedHistogram {
        PairedHistogram { label: String::new(), low: 0.0, high: 1.0, real: vec![], fake: vec![], outside: [0; 2] }
    }
}

/// The part of the run's state at one step that the recorder keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedSnapshot {
    pub snapshot: Snapshot,
    /// All weights of each network.
    pub generator: Histogram,
    pub critic: Histogram,
    /// The moments of those weights, the generator's first.
    pub weights: [Moments; 2],
    /// The moments of the snapshot's critic values, on real and on generated samples.
    pub values: [Moments; 2],
}

/// What is known of numbers exactly beside their histogram; of those that are finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    pub min: f64,
    pub max: f64,
    pub sum: f64,
    pub sum_squares: f64,
}

impl Moments {
    /// Those of these numbers; of none the extremes are infinite, +∞ the smallest.
    pub fn of(numbers: impl IntoIterator<Item = f32>) -> Moments {
        let none = Moments { min: f64::INFINITY, max: f64::NEG_INFINITY, sum: 0.0, sum_squares: 0.0 };
        let finite = numbers.into_iter().filter(|number| number.is_finite()).map(f64::from);
        finite.fold(none, |m, x| Moments {
            min: m.min.min(x),
            max: m.max.max(x),
            sum: m.sum + x,
            sum_squares: m.sum_squares + x * x,
        })
    }
}

/// A histogram over bins of equal width.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// The interval that the bins divide evenly. What is not a number is in no bin.
    #[serde(with = "number")]
    pub low: f32,
    #[serde(with = "number")]
    pub high: f32,
    pub counts: Vec<u32>,
}
