//! What a tag stands for, by the words in it: where the figures that GANs are judged by belong on the dashboard.

use std::borrow::Cow;

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
const NEUTRAL: [&str; 21] = [
    "train", "training", "trainer", "total", "avg", "average", "mean", "epoch", "step", "iter", "batch", "running",
    "scalar", "scalars", "metric", "metrics", "all", "gan", "model", "log", "logs",
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

/// What the figure under a tag is, and where it is shown: with gantop's own name for the place where it is such a figure,
/// else in a chart of its own. `name` is the tag, fit for a screen.
pub fn recognise(tag: &str, name: String) -> MetricInfo {
    let words = words(tag);
    let label = name.rsplit('/').next().filter(|last| !last.is_empty()).unwrap_or(&name).to_owned();
    let plain = MetricInfo {
        label: label.into(),
        group: name.clone().into(),
        cadence: Cadence::Occasional,
        ..MetricInfo::named(name)
    };
    let placed = |group: &'static str, label: &'static str, better: Better| MetricInfo {
        group: Cow::Borrowed(group),
        label: Cow::Borrowed(label),
        better,
        front: true,
        ..plain.clone()
    };
    let like = |metric: Metric| {
        let MetricInfo { label, group, better, .. } = metric.info().clone();
        MetricInfo { label, group, better, front: true, ..plain.clone() }
    };
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let only = |lists: &[&[&str]]| {
        words.iter().all(|word| lists.iter().any(|list| list.contains(&word.as_str())) || is_number(word))
    };
    let (critic, generator) = (has(&CRITIC), has(&GENERATOR));
    let rate = has(&["lr"]) || has(&["learning"]) && has(&["rate"]);
    match () {
        () if rate && critic && !generator => like(Metric::CriticLr),
        () if rate && generator && !critic => like(Metric::GeneratorLr),
        () if rate => placed("learning rate", "learning rate", Better::Neither),
        () if words.iter().any(|word| is_named(word, "fid")) => placed("FID", "FID", Better::Lower),
        () if words.iter().any(|word| is_named(word, "kid")) => placed("KID", "KID", Better::Lower),
        () if has(&["inception"]) && has(&["score"]) => placed("inception score", "inception score", Better::Higher),
        () if has(&SCORE) && has(&REAL) && !has(&FAKE) => like(Metric::CriticReal),
        () if has(&SCORE) && has(&FAKE) && !has(&REAL) => like(Metric::CriticFake),
        () if only(&[&["d", "x"]]) && has(&["x"]) && critic => like(Metric::CriticReal),
        () if has(&LOSS) && critic && !generator && only(&[&LOSS, &CRITIC, &NEUTRAL]) => like(Metric::CriticLoss),
        () if has(&LOSS) && generator && !critic && only(&[&LOSS, &GENERATOR, &NEUTRAL]) => like(Metric::GeneratorLoss),
        () if has(&LOSS) && only(&[&LOSS, &NEUTRAL, &SPLIT]) => MetricInfo { front: true, ..plain },
        () => plain,
    }
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
