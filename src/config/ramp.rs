//! Ramps: numbers that change with every step, from one value to another.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::limits::{CLIP, EMA, LR, MAX_WHOLE, PENALTY};
use super::section::Section;
use super::value::Bounds;

/// A number that a ramp can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RampKey {
    #[serde(rename = "optimizer.generator.lr")]
    GeneratorLr,
    #[serde(rename = "optimizer.critic.lr")]
    CriticLr,
    #[serde(rename = "optimizer.generator.beta1")]
    GeneratorBeta1,
    #[serde(rename = "optimizer.critic.beta1")]
    CriticBeta1,
    #[serde(rename = "optimizer.generator.beta2")]
    GeneratorBeta2,
    #[serde(rename = "optimizer.critic.beta2")]
    CriticBeta2,
    #[serde(rename = "generator.ema")]
    Ema,
    #[serde(rename = "constraint.clip")]
    Clip,
    #[serde(rename = "constraint.lambda")]
    Lambda,
    #[serde(rename = "constraint.gamma")]
    Gamma,
}

/// The course of a ramp. With s from 0 to 1 over its steps:
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// from + (to − from)·s
    #[default]
    Linear,
    /// to + (from − to)·(1 + cos πs)/2 (Loshchilov and Hutter 2016, arXiv:1608.03983)
    Cosine,
    /// from·(to/from)ˢ
    Exponential,
}

/// A ramp as a config asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Ramp {
    pub key: RampKey,
    /// The number that it starts from; the number in force where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    pub to: f64,
    /// The steps that it takes, at least one.
    pub over: u64,
    pub shape: Shape,
}

impl RampKey {
    /// Every one.
    pub const ALL: [RampKey; 10] = [
        RampKey::GeneratorLr,
        RampKey::CriticLr,
        RampKey::GeneratorBeta1,
        RampKey::CriticBeta1,
        RampKey::GeneratorBeta2,
        RampKey::CriticBeta2,
        RampKey::Ema,
        RampKey::Clip,
        RampKey::Lambda,
        RampKey::Gamma,
    ];

    /// Its path in a config.
    pub fn name(self) -> &'static str {
        match self {
            RampKey::GeneratorLr => super::live::GENERATOR_LR,
            RampKey::CriticLr => super::live::CRITIC_LR,
            RampKey::GeneratorBeta1 => super::live::GENERATOR_BETA1,
            RampKey::CriticBeta1 => super::live::CRITIC_BETA1,
            RampKey::GeneratorBeta2 => super::live::GENERATOR_BETA2,
            RampKey::CriticBeta2 => super::live::CRITIC_BETA2,
            RampKey::Ema => super::live::GENERATOR_EMA,
            RampKey::Clip => "constraint.clip",
            RampKey::Lambda => "constraint.lambda",
            RampKey::Gamma => "constraint.gamma",
        }
    }

    /// Whether it is a number of the constraint, which only one of its kinds has.
    pub fn is_of_constraint(self) -> bool {
        matches!(self, RampKey::Clip | RampKey::Lambda | RampKey::Gamma)
    }

    /// The values that it may take.
    pub(super) fn bounds(self) -> Bounds {
        match self {
            RampKey::GeneratorLr | RampKey::CriticLr => Bounds::within(&LR),
            RampKey::GeneratorBeta1 | RampKey::CriticBeta1 | RampKey::GeneratorBeta2 | RampKey::CriticBeta2 => {
                Bounds::Share
            }
            RampKey::Ema => Bounds::within(&EMA),
            RampKey::Clip => Bounds::within(&CLIP),
            RampKey::Lambda | RampKey::Gamma => Bounds::within(&PENALTY),
        }
    }
}

impl Ramp {
    /// The ramp of a number that a text says, in the words in which ramps are shown: `0.1 to 1e-3 over 500 steps,
    /// cosine`; the first number, the word steps and the shape may be left out. None: it is no such text.
    pub fn of_text(key: RampKey, text: &str) -> Option<Ramp> {
        let plain = text.replace(',', " ");
        let words: Vec<&str> = plain.split_whitespace().collect();
        let number = |word: &str| word.parse::<f64>().ok().filter(|number| number.is_finite());
        let (from, words) = match words.as_slice() {
            [from, "to", rest @ ..] => (Some(number(from)?), rest),
            ["to", rest @ ..] | rest => (None, rest),
        };
        let [to, "over", over, rest @ ..] = words else { return None };
        let (to, over) = (number(to)?, over.replace('_', "").parse().ok().filter(|over| *over > 0)?);
        let shape = match rest.strip_prefix(&["steps"]).unwrap_or(rest) {
            [] => Shape::Linear,
            [name] => Shape::ALL.into_iter().find(|shape| shape.name() == *name)?,
            _ => return None,
        };
        Some(Ramp { key, from, to, over, shape })
    }

    /// Why it leads nowhere, for a person: by a factor a step no number comes from 0 or to it.
    pub fn impossible(&self) -> Option<String> {
        let zero = self.from == Some(0.0) || self.to == 0.0;
        let why = || "goes from 0 or to 0, where a factor a step leads nowhere: take \"linear\" or \"cosine\"";
        (zero && self.shape == Shape::Exponential).then(|| format!("an exponential ramp {}", why()))
    }
}

impl fmt::Display for Ramp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.from {
            Some(from) => write!(f, "{from} to ")?,
            None => f.write_str("to ")?,
        }
        write!(f, "{} over {} steps, {}", self.to, self.over, self.shape.name())
    }
}

impl Shape {
    /// Every one.
    pub const ALL: [Shape; 3] = [Shape::Linear, Shape::Cosine, Shape::Exponential];

    /// The number after a share of the ramp's steps, from 0 to 1. The ends are exact.
    pub fn value(self, from: f64, to: f64, share: f64) -> f64 {
        match self {
            _ if share <= 0.0 => from,
            _ if share >= 1.0 => to,
            Shape::Linear => from + (to - from) * share,
            Shape::Cosine => to + (from - to) * (1.0 + (std::f64::consts::PI * share).cos()) / 2.0,
            Shape::Exponential => from * (to / from).powf(share),
        }
    }

    /// Its name in a config.
    pub fn name(self) -> &'static str {
        match self {
            Shape::Linear => "linear",
            Shape::Cosine => "cosine",
            Shape::Exponential => "exponential",
        }
    }
}

/// Whether a row of the schedule says anything of a ramp.
pub fn is_one(row: &Section<'_, '_>) -> bool {
    ["key", "from", "to", "over", "shape"].iter().any(|key| row.has(key))
}

/// Reads the ramp of a row of the schedule; none where what it says is wrong. `missing` says why a run of the config has
/// no such number.
pub fn read(row: &mut Section<'_, '_>, missing: impl Fn(RampKey) -> Option<String>) -> Option<Ramp> {
    let names = RampKey::ALL.map(RampKey::name);
    let key = row.require("key", "the number that changes, such as \"optimizer.critic.lr\"", |value| {
        let name = value.one_of(&names)?;
        let key = RampKey::ALL.into_iter().find(|key| key.name() == name);
        match key.and_then(&missing) {
            Some(why) => Err(value.spot.problem(format!("`{name}` cannot change: {why}"))),
            None => Ok(key),
        }
    });
    let key = key.flatten();
    // Of an unknown key nothing more can be said than that it is a number.
    let bounds = || key.map_or(Bounds::within(&PENALTY), RampKey::bounds);
    let from = row.read("from", |value| value.number(bounds()));
    let to = row.require("to", "what the number is to be at the end", |value| value.number(bounds()));
    let over = row.require("over", "how many steps it takes", |value| value.whole(1..=MAX_WHOLE));
    let shape = row.variant("shape", Shape::Linear);
    let ramp = Ramp { key: key?, from, to: to?, over: over?, shape };
    match ramp.impossible() {
        Some(why) => row.report(row.problem(why)),
        None => return Some(ramp),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_goes_from_one_end_to_the_other() {
        for shape in [Shape::Linear, Shape::Cosine, Shape::Exponential] {
            let values: Vec<f64> = (-1..=9).map(|i| shape.value(2e-4, 1e-6, f64::from(i) / 8.0)).collect();
            assert_eq!((values[0], values[1], values[9], values[10]), (2e-4, 2e-4, 1e-6, 1e-6));
            assert!(values[1..10].windows(2).all(|pair| pair[1] < pair[0]), "{values:?}");
        }
        assert_eq!(Shape::Linear.value(1.0, 3.0, 0.25), 1.5);
        assert!((Shape::Cosine.value(1.0, 3.0, 0.5) - 2.0).abs() < 1e-12);
        assert!((Shape::Cosine.value(1.0, 0.0, 0.25) - (1.0 + 0.5f64.sqrt()) / 2.0).abs() < 1e-12);
        assert!((Shape::Exponential.value(1.0, 0.01, 0.5) - 0.1).abs() < 1e-12);
    }

    #[test]
    fn a_ramp_is_read_in_the_words_in_which_it_is_shown() {
        let ramp = Ramp { key: RampKey::CriticLr, from: Some(8e-3), to: 5e-5, over: 10_000, shape: Shape::Cosine };
        for ramp in [ramp, Ramp { from: None, shape: Shape::Linear, ..ramp }] {
            assert_eq!(Ramp::of_text(RampKey::CriticLr, &ramp.to_string()), Some(ramp));
        }
        let short = Ramp { from: None, shape: Shape::Linear, over: 500, ..ramp };
        assert_eq!(Ramp::of_text(RampKey::CriticLr, "5e-5 over 500"), Some(short));
        for wrong in [
            "",
            "5e-5",
            "1 to 2",
            "1 to 2 over 0",
            "1 to 2 over x",
            "1 to nan over 3",
            "1 to 2 over 3 steps, round",
            "1 to 2 over 3 steps cosine now",
        ] {
            assert_eq!(Ramp::of_text(RampKey::CriticLr, wrong), None, "{wrong}");
        }
    }

    #[test]
    fn names_are_those_that_are_written() {
        for key in RampKey::ALL {
            assert_eq!(serde_json::to_value(key).unwrap(), key.name());
            assert!(crate::config::live::known(key.name()).is_some());
        }
        for shape in [Shape::Linear, Shape::Cosine, Shape::Exponential] {
            assert_eq!(serde_json::to_value(shape).unwrap(), shape.name());
        }
    }
}
