//! Reading one value: its type, its range, its names.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::de::value::StrDeserializer;
use toml::de::DeValue;

use super::error::Problem;
use super::layers::Value;
use super::limits;
use super::source::Origin;

/// The message about a name that is not in the list that follows.
const NOT_ALLOWED: &str = "must be one of the allowed names";

/// The range of allowed numbers. None of these allows one that is not finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bounds {
    /// Any finite number.
    Finite,
    /// x > 0
    Positive,
    /// 0 ≤ x < 1
    Share,
    /// Both ends are allowed.
    Within(f64, f64),
    /// The range of π of the weighted Jensen–Shannon divergence.
    Pi,
    /// The range of α of the α-divergence.
    Alpha,
}

impl Bounds {
    /// These bounds.
    pub const fn within(range: &RangeInclusive<f64>) -> Bounds {
        Bounds::Within(*range.start(), *range.end())
    }

    pub(super) fn contain(self, x: f64) -> bool {
        x.is_finite()
            && match self {
                Bounds::Finite => true,
                Bounds::Positive => x > 0.0,
                Bounds::Share => (0.0..1.0).contains(&x),
                Bounds::Within(low, high) => (low..=high).contains(&x),
                Bounds::Pi => limits::PI.contains(&x),
                Bounds::Alpha => limits::alpha(x),
            }
    }

    pub(super) fn must(self) -> String {
        match self {
            Bounds::Finite => "must be a finite number".to_owned(),
            Bounds::Positive => "must be finite and greater than 0".to_owned(),
            Bounds::Share => "must be at least 0 and less than 1".to_owned(),
            Bounds::Within(0.0, high) => format!("must be from 0 to {high:e}"),
            Bounds::Within(low, high) => format!("must be from {low:e} to {high:e}"),
            Bounds::Pi => limits::PI_MUST.to_owned(),
            Bounds::Alpha => limits::ALPHA_MUST.to_owned(),
        }
    }
}

impl<'s> Value<'s> {
    /// A number within `bounds`; a whole one may be written without a point.
    pub fn number(&self, bounds: Bounds) -> Result<f64, Problem> {
        let number = self.deserialize::<f64>().ok_or_else(|| self.wrong("must be a number, such as 0.5"))?;
        if bounds.contain(number) { Ok(number) } else { Err(self.wrong(&bounds.must())) }
    }

    /// A whole number in `range`.
    pub fn whole(&self, range: RangeInclusive<u64>) -> Result<u64, Problem> {
        let (low, high) = (*range.start(), *range.end());
        let must = || format!("must be a whole number from {low} to {high}");
        match self.deserialize::<u64>() {
            Some(number) if range.contains(&number) => Ok(number),
            _ => Err(self.wrong(&must())),
        }
    }

    /// Text. From a `--set` argument, what reads as another TOML value is text too: `name=7`.
    pub fn text(&self) -> Result<Cow<'_, str>, Problem> {
        match &self.value {
            DeValue::String(text) => Ok(Cow::Borrowed(text)),
            DeValue::Array(_) | DeValue::Table(_) => Err(self.wrong("must be text")),
            _ if self.spot.source.is_argument() => Ok(Cow::Borrowed(self.spot.text())),
            _ => Err(self.wrong("must be text, in quotes")),
        }
    }

    /// Yes or no.
    pub fn flag(&self) -> Result<bool, Problem> {
        self.deserialize().ok_or_else(|| self.wrong("must be true or false"))
    }

    /// One of `names`.
    pub fn one_of<'n>(&self, names: &[&'n str]) -> Result<&'n str, Problem> {
        let text = self.text().map_err(|problem| problem.allowed("", names))?;
        let found = names.iter().copied().find(|&name| name == text);
        found.ok_or_else(|| self.wrong(NOT_ALLOWED).allowed(&text, names))
    }

    /// A unit variant of `T`, by the name that serde knows it by.
    pub fn variant<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let find = |name: &str| T::deserialize(StrDeserializer::<NoVariant>::new(name));
        match self.text() {
            Ok(text) => find(&text).map_err(|NoVariant(names)| self.wrong(NOT_ALLOWED).allowed(&text, names)),
            Err(problem) => Err(match find("") {
                Err(NoVariant(names)) => problem.allowed("", names),
                Ok(_) => problem,
            }),
        }
    }

    /// A path, made absolute: in a file it is relative to the file's directory, in an argument to the current one.
    /// `~/` is the home directory.
    pub fn path(&self) -> Result<PathBuf, Problem> {
        let text = self.text()?;
        if text.is_empty() {
            return Err(self.wrong("must be a path"));
        }
        let path = match (text.strip_prefix("~/"), std::env::home_dir()) {
            (Some(rest), Some(home)) => home.join(rest),
            (Some(_), None) => return Err(self.wrong("there is no home directory for `~` to stand for")),
            (None, _) => match &self.spot.source.origin {
                Origin::File(directory) => directory.join(Path::new(&*text)),
                Origin::Preset | Origin::Argument => PathBuf::from(&*text),
            },
        };
        // Absolute, so that the resolved config means the same wherever it is read again.
        let path = std::path::absolute(path).map_err(|error| self.wrong(&error.to_string()))?;
        match path.to_str() {
            Some(_) => Ok(path),
            None => Err(self.wrong(&format!("leads to {}, which is not UTF-8", path.display()))),
        }
    }

    /// The elements of a list of at most `max`.
    pub fn list(&self, max: usize) -> Result<Vec<Value<'s>>, Problem> {
        let elements = self.elements().ok_or_else(|| self.wrong("must be a list, such as [64, 64]"))?;
        if elements.len() > max {
            return Err(self.wrong(&format!("has {} elements: there may be {max}", elements.len())));
        }
        Ok(elements)
    }
}

/// The names of the unit variants of `T`, as serde knows them.
pub fn names<T: DeserializeOwned>() -> Vec<&'static str> {
    match T::deserialize(StrDeserializer::<NoVariant>::new("")) {
        Err(NoVariant(names)) => names.to_vec(),
        Ok(_) => Vec::new(),
    }
}

/// serde's answer to a name that is none of an enum's, which lists the ones it has.
#[derive(Debug)]
struct NoVariant(&'static [&'static str]);

impl serde::de::Error for NoVariant {
    fn custom<T: fmt::Display>(_: T) -> Self {
        NoVariant(&[])
    }

    fn unknown_variant(_: &str, names: &'static [&'static str]) -> Self {
        NoVariant(names)
    }
}

impl fmt::Display for NoVariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "none of {}", self.0.join(", "))
    }
}

impl std::error::Error for NoVariant {}
