//! The figures of the quality of samples, and the features that they are taken in.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::metric::{Better, Cadence, MetricInfo};

/// The source of samples' features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureKind {
    /// A fixed random projection of the samples themselves.
    Pixels,
    /// A classifier that gantop trains on the data's labels.
    Judge,
    /// A network in a TorchScript file.
    File,
    /// The same where it is the Inception network that published figures are taken with.
    Inception,
}

impl FeatureKind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            FeatureKind::Pixels => "pixels",
            FeatureKind::Judge => "judge",
            FeatureKind::File => "file",
            FeatureKind::Inception => "inception",
        }
    }

    /// Whether it says which class a sample is of.
    pub fn has_classes(self) -> bool {
        self == FeatureKind::Judge
    }
}

/// A figure of the quality of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quality {
    /// The Fréchet distance of features: FID in Inception's, and never called so in others.
    Frechet,
    /// The kernel distance of features, the mean over subsets: KID in Inception's.
    Kernel,
    /// Its standard deviation over them.
    KernelDeviation,
    Precision,
    Recall,
    Density,
    Coverage,
    /// The inception score of a classifier.
    Score,
    /// Its standard deviation over the splits.
    ScoreDeviation,
    /// The number of classes that the samples are of.
    Classes,
    /// The entropy of their shares, in nats.
    ClassEntropy,
    /// KL of their shares from those of the data, in nats.
    ClassDivergence,
}

impl Quality {
    /// Every one, in the order in which they are shown.
    pub const ALL: [Quality; 12] = [
        Quality::Frechet,
        Quality::Kernel,
        Quality::KernelDeviation,
        Quality::Precision,
        Quality::Recall,
        Quality::Density,
        Quality::Coverage,
        Quality::Score,
        Quality::ScoreDeviation,
        Quality::Classes,
        Quality::ClassEntropy,
        Quality::ClassDivergence,
    ];

    /// The figure that a person asks for to get this one: itself, mostly.
    pub fn asked(self) -> Quality {
        match self {
            Quality::KernelDeviation => Quality::Kernel,
            Quality::ScoreDeviation => Quality::Score,
            Quality::ClassEntropy | Quality::ClassDivergence => Quality::Classes,
            itself => itself,
        }
    }

    /// The word that a person asks for it by, in a config.
    pub fn word(self) -> &'static str {
        match self {
            Quality::Frechet => "fd",
            Quality::Kernel => "kd",
            Quality::KernelDeviation => "kd_std",
            Quality::Precision => "precision",
            Quality::Recall => "recall",
            Quality::Density => "density",
            Quality::Coverage => "coverage",
            Quality::Score => "is",
            Quality::ScoreDeviation => "is_std",
            Quality::Classes => "classes",
            Quality::ClassEntropy => "class_entropy",
            Quality::ClassDivergence => "class_kl",
        }
    }

    /// Whether it needs a classifier.
    pub fn needs_classes(self) -> bool {
        matches!(self.asked(), Quality::Score | Quality::Classes)
    }

    /// Its name in files, in features of this kind: a distance in a judge's features is not to be taken for FID.
    pub fn name(self, features: FeatureKind) -> String {
        let of = features.name();
        match (self, features) {
            (Quality::Frechet, FeatureKind::Inception) => "fid".to_owned(),
            (Quality::Kernel, FeatureKind::Inception) => "kid".to_owned(),
            (Quality::KernelDeviation, FeatureKind::Inception) => "kid_std".to_owned(),
            (Quality::Frechet | Quality::Kernel | Quality::Score, _) => format!("{}_{of}", self.word()),
            (Quality::KernelDeviation, _) => format!("kd_{of}_std"),
            (Quality::ScoreDeviation, _) => format!("is_{of}_std"),
            _ => self.word().to_owned(),
        }
    }

    /// Its name for a person, in features of this kind.
    pub fn label(self, features: FeatureKind) -> String {
        let of = features.name();
        match (self, features) {
            (Quality::Frechet, FeatureKind::Inception) => "FID".to_owned(),
            (Quality::Kernel, FeatureKind::Inception) => "KID".to_owned(),
            (Quality::Frechet, _) => format!("FD({of})"),
            (Quality::Kernel, _) => format!("KD({of})"),
            (Quality::Score, _) => format!("IS({of})"),
            (Quality::KernelDeviation | Quality::ScoreDeviation, _) => "deviation".to_owned(),
            (Quality::ClassEntropy, _) => "class entropy".to_owned(),
            (Quality::ClassDivergence, _) => "class KL".to_owned(),
            _ => self.word().to_owned(),
        }
    }

    /// It as a metric of a run.
    pub fn metric(self, features: FeatureKind) -> MetricInfo {
        let (group, better) = match self {
            Quality::Frechet => (self.label(features), Better::Lower),
            Quality::Kernel => (self.label(features), Better::Lower),
            Quality::KernelDeviation => (Quality::Kernel.label(features), Better::Neither),
            Quality::Precision | Quality::Recall | Quality::Density | Quality::Coverage => {
                (format!("neighbours ({})", features.name()), Better::Higher)
            }
            Quality::Score => (self.label(features), Better::Higher),
            Quality::ScoreDeviation => (Quality::Score.label(features), Better::Neither),
            Quality::Classes => ("classes".to_owned(), Better::Higher),
            Quality::ClassEntropy => ("class shares".to_owned(), Better::Higher),
            Quality::ClassDivergence => ("class shares".to_owned(), Better::Lower),
        };
        let nats = matches!(self, Quality::ClassEntropy | Quality::ClassDivergence);
        occasional(self.name(features), self.label(features), group, if nats { "nats" } else { "" }, better)
    }
}

/// The facts about an evaluation besides its figures, as a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvaluationFact {
    /// The step whose generator was evaluated: a record comes later than that.
    Step,
    /// The number of samples were generated.
    Samples,
    /// The seconds that it took.
    Seconds,
}

impl EvaluationFact {
    /// Every one.
    pub const ALL: [EvaluationFact; 3] = [EvaluationFact::Step, EvaluationFact::Samples, EvaluationFact::Seconds];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            EvaluationFact::Step => "evaluated_step",
            EvaluationFact::Samples => "evaluated_samples",
            EvaluationFact::Seconds => "evaluated_seconds",
        }
    }

    /// It as a metric of a run.
    pub fn metric(self) -> MetricInfo {
        let (label, unit) = match self {
            EvaluationFact::Step => ("evaluated step", ""),
            EvaluationFact::Samples => ("evaluated samples", ""),
            EvaluationFact::Seconds => ("evaluation", "s"),
        };
        occasional(self.name(), label, label, unit, Better::Neither)
    }
}

fn occasional(
    name: impl Into<Cow<'static, str>>,
    label: impl Into<Cow<'static, str>>,
    group: impl Into<Cow<'static, str>>,
    unit: &'static str,
    better: Better,
) -> MetricInfo {
    let (name, label, group) = (name.into(), label.into(), group.into());
    MetricInfo { name, label, group, unit: unit.into(), better, cadence: Cadence::Occasional, front: false }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_distance_is_called_fid_in_inceptions_features_alone() {
        for kind in [FeatureKind::Pixels, FeatureKind::Judge, FeatureKind::File, FeatureKind::Inception] {
            let metrics: Vec<MetricInfo> = Quality::ALL.iter().map(|figure| figure.metric(kind)).collect();
            let fid = metrics.iter().any(|info| info.name.contains("fid") || info.label.contains("FID"));
            assert_eq!(fid, kind == FeatureKind::Inception, "{metrics:?}");
            let names: BTreeSet<_> = metrics.iter().map(|info| info.name.clone()).collect();
            assert_eq!(names.len(), Quality::ALL.len());
        }
        assert_eq!(Quality::Frechet.label(FeatureKind::Judge), "FD(judge)");
    }
}
