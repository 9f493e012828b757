//! The meaning of a tag, by the words in it: where the figures that GANs are judged by belong on the dashboard.

use std::borrow::Cow;

use clap::ValueEnum;

use crate::domain::{Better, Cadence, Metric, MetricInfo};

/// Words for the critic and for the generator.
const CRITIC: [&str; 9] = ["d", "dis", "disc", "discriminator", "critic", "netd", "errd", "dloss", "lossd"];
const GENERATOR: [&str; 7] = ["g", "gen", "generator", "netg", "errg", "gloss", "lossg"];
/// Words for a loss.
const LOSS: [&str; 10] = ["loss", "losses", "err", "error", "errd", "errg", "dloss", "lossd", "gloss", "lossg"];
/// Words for what a critic says of a sample.
const SCORE: [&str; 6] = ["score", "scores", "logit", "logits", "output", "outputs"];
const REAL: [&str; 2] = ["real", "x"];
const FAKE: [&str; 3] = ["fake", "generated", "gz"];
/// Words that do not make another figure of it.
const NEUTRAL: [&str; 22] = [
    "train", "training", "trainer", "total", "avg", "average", "mean", "epoch", "step", "iter", "batch", "running",
    "scalar", "scalars", "metric", "metrics", "all", "gan", "model", "net", "log", "logs",
];
/// Words for where a loss was measured: each is a figure of its own.
const SPLIT: [&str; 6] = ["val", "valid", "validation", "eval", "test", "dev"];

/// The words of a tag in lower case: parted by what is no letter or digit, and where a capital follows a small letter.
fn words(tag: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    for c in tag.chars().take(256) {
        if c.is_alphanumeric() {
            let begins = !before.is_alphanumeric() || before.is_lowercase() && c.is_uppercase();
            if begins || words.is_empty() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        before = c;
    }
    words
}

/// Where on the overview the figure under a tag belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Place {
    CriticLoss,
    GeneratorLoss,
    CriticLr,
    GeneratorLr,
    /// One learning rate for both networks
    LearningRate,
    /// The critic's score of real samples
    ScoreReal,
    /// The critic's score of generated samples
    ScoreGenerated,
    Fid,
    Kid,
    InceptionScore,
    /// A chart of its own
    Overview,
}

/// A tag that belongs to a place because a person says so, whatever it looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned {
    pub place: Place,
    pub tag: String,
}

impl std::str::FromStr for Assigned {
    type Err = String;

    fn from_str(text: &str) -> Result<Assigned, String> {
        let names = || {
            let names = Place::value_variants().iter().filter_map(clap::ValueEnum::to_possible_value);
            names.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(", ")
        };
        let (place, tag) = text.split_once('=').filter(|(_, tag)| !tag.is_empty()).ok_or("must be like fid=TAG")?;
        let place = Place::from_str(place, false)
            .map_err(|_| format!("{place:?} is not a place; the places are {}", names()))?;
        Ok(Assigned { place, tag: tag.to_owned() })
    }
}

impl Place {
    /// The same metric as a figure that belongs here.
    pub fn take(self, plain: MetricInfo) -> MetricInfo {
        let placed = |name: &'static str, better: Better| {
            let (group, label) = (Cow::Borrowed(name), Cow::Borrowed(name));
            MetricInfo { group, label, better, front: true, ..plain.clone() }
        };
        let like = |metric: Metric| {
            let MetricInfo { label, group, better, .. } = metric.info().clone();
            MetricInfo { label, group, better, front: true, ..plain.clone() }
        };
        match self {
            Place::CriticLoss => like(Metric::CriticLoss),
            Place::GeneratorLoss => like(Metric::GeneratorLoss),
            Place::CriticLr => like(Metric::CriticLr),
            Place::GeneratorLr => like(Metric::GeneratorLr),
            Place::LearningRate => placed("learning rate", Better::Neither),
            Place::ScoreReal => like(Metric::CriticReal),
            Place::ScoreGenerated => like(Metric::CriticFake),
            Place::Fid => placed("FID", Better::Lower),
            Place::Kid => placed("KID", Better::Lower),
            Place::InceptionScore => placed("inception score", Better::Higher),
            Place::Overview => MetricInfo { front: true, ..plain },
        }
    }

    /// The place of a tag, by the words in it.
    fn of(tag: &str) -> Option<Place> {
        let words = words(tag);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let only = |lists: &[&[&str]]| {
            words.iter().all(|word| lists.iter().any(|list| list.contains(&word.as_str())) || is_number(word))
        };
        let (critic, generator) = (has(&CRITIC), has(&GENERATOR));
        let rate = has(&["lr"]) || has(&["learning"]) && has(&["rate"]);
        match () {
            () if rate && critic && !generator => Some(Place::CriticLr),
            () if rate && generator && !critic => Some(Place::GeneratorLr),
            () if rate => Some(Place::LearningRate),
            () if words.iter().any(|word| is_named(word, "fid")) => Some(Place::Fid),
            () if words.iter().any(|word| is_named(word, "kid")) => Some(Place::Kid),
            () if has(&["inception"]) && has(&["score"]) => Some(Place::InceptionScore),
            () if has(&SCORE) && has(&REAL) && !has(&FAKE) => Some(Place::ScoreReal),
            () if has(&SCORE) && has(&FAKE) && !has(&REAL) => Some(Place::ScoreGenerated),
            () if only(&[&["d", "x"]]) && has(&["x"]) && critic => Some(Place::ScoreReal),
            () if has(&LOSS) && critic && !generator && only(&[&LOSS, &CRITIC, &NEUTRAL]) => Some(Place::CriticLoss),
            () if has(&LOSS) && generator && !critic && only(&[&LOSS, &GENERATOR, &NEUTRAL]) => {
                Some(Place::GeneratorLoss)
            }
            () if has(&LOSS) && only(&[&LOSS, &NEUTRAL, &SPLIT]) => Some(Place::Overview),
            () => None,
        }
    }
}

/// The figure under a tag, and where it is shown: in its place on the overview where it has one by the words in the
/// tag, else in a chart of its own. `name` is the tag, fit for a screen.
pub fn recognise(tag: &str, name: String) -> MetricInfo {
    let plain = plain(name);
    match Place::of(tag) {
        Some(place) => place.take(plain),
        None => plain,
    }
}

/// A metric in a chart of its own.
pub fn plain(name: String) -> MetricInfo {
    let label = name.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or(&name).to_owned();
    let (label, group) = (Cow::Owned(label), Cow::Owned(name.clone()));
    MetricInfo { label, group, cadence: Cadence::Occasional, ..MetricInfo::named(name) }
}

fn is_number(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit())
}

/// Whether a word is this one, perhaps with how many samples it was taken over: `fid50k`.
fn is_named(word: &str, name: &str) -> bool {
    word.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_may_say_otherwise() {
        let assigned: Assigned = "critic-loss=train/adv=1".parse().unwrap();
        assert_eq!((assigned.place, assigned.tag.as_str()), (Place::CriticLoss, "train/adv=1"));
        assert!("best=x".parse::<Assigned>().unwrap_err().contains("score-generated, fid, kid"));
        assert!("fid=".parse::<Assigned>().is_err() && "fid".parse::<Assigned>().is_err());
    }

    #[test]
    fn the_tags_that_people_use_find_their_place() {
        let place = |tag: &str| {
            let info = recognise(tag, tag.to_owned());
            (info.group.to_string(), info.label.to_string(), info.front)
        };
        let own = |metric: Metric| (metric.info().group.to_string(), metric.info().label.to_string(), true);
        for tag in [
            "Loss/D/loss",
            "D_loss",
            "d_loss",
            "errD",
            "loss_D",
            "train/discriminator_loss",
            "Loss_D",
            "lossD",
            "critic_loss",
        ] {
            assert_eq!(place(tag), own(Metric::CriticLoss), "{tag}");
        }
        for tag in ["Loss/G/loss", "G_loss", "train/g_loss_epoch", "errG", "netG/loss", "generator_loss", "GLoss"] {
            assert_eq!(place(tag), own(Metric::GeneratorLoss), "{tag}");
        }
        for tag in ["Metrics/fid50k_full", "FID", "eval/fid", "fid_score"] {
            assert_eq!(place(tag), ("FID".into(), "FID".into(), true), "{tag}");
        }
        assert_eq!(place("lr_d"), own(Metric::CriticLr));
        assert_eq!(place("optim/generator/lr"), own(Metric::GeneratorLr));
        assert_eq!(place("learning_rate"), ("learning rate".into(), "learning rate".into(), true));
        assert_eq!(place("Loss/scores/fake"), own(Metric::CriticFake));
        assert_eq!(place("D(x)"), own(Metric::CriticReal));
        // A loss of something: on the overview, in a chart of its own.
        assert_eq!(place("eval_loss"), ("eval_loss".into(), "eval_loss".into(), true));
        assert_eq!(place("train/loss"), ("train/loss".into(), "loss".into(), true));
        for tag in ["D_loss_real", "val/d_loss", "Loss/G/reg", "good", "grad_norm", "d", "kids", "fidelity", "", "///"]
        {
            assert_eq!(
                place(tag),
                (tag.into(), tag.rsplit('/').find(|_| true).filter(|l| !l.is_empty()).unwrap_or(tag).into(), false),
                "{tag}"
            );
        }
    }
}
