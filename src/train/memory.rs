//! The memory that a run needs, reckoned from its config before any of it is taken: an allocation that fails would end
//! the process at once, and one that succeeds on paper alone would have the kernel end it.
//!
//! The sum is of what a run holds for certain, so that no run is refused that could go on: weights, gradients,
//! optimisers and checkpoints of both networks, and the numbers that a batch leaves behind in them. It says nothing of
//! libtorch itself, nor of the data, which are read before.

use std::fmt;

use super::backend::gradients;
use super::device::{self, Place};
use crate::config::{Config, Constraint, EngineChoice, Optimizer, Size};
use crate::domain::{SampleShape, format};
use crate::system::machine::Memory;

/// Bytes of a number.
const NUMBER: usize = 4;

/// The memory that a run needs on the host, at least.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    parts: Vec<Part>,
}

/// A use of a part of the memory.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    /// The key that lowers it.
    key: String,
    what: String,
    bytes: u64,
}

/// A run that needs more memory than there is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub struct Shortage {
    need: Need,
    /// Bytes that there are.
    there: u64,
    /// Their kind.
    are: &'static str,
}

impl Need {
    /// The need of a run of `config` on samples of this shape, trained at `place`; `recorded`: whether it keeps
    /// checkpoints.
    pub fn of(config: &Config, shape: SampleShape, place: Place, recorded: bool) -> Need {
        let sample = shape.len();
        let critic = config.critic.size(shape);
        let generator = config.generator.size(shape);
        let copies = Copies { config, on_host: place.is_cpu(), recorded };
        let player = |table: &str, size: &Size, optimizer: &Optimizer, further: usize| Part {
            key: format!("{table}.{}", size.key),
            what: format!(
                "the {table}'s {} weights with gradient{}",
                format::count(size.weights as u64),
                if recorded { ", optimiser and checkpoint" } else { " and optimiser" }
            ),
            bytes: bytes(&[size.weights, copies.of(optimizer) + further]),
        };
        let averaged = usize::from(config.generator.ema.is_some());
        // Matrices divided by their norms stand beside the weights.
        let divided = usize::from(config.constraint == Constraint::SpectralNorm && place.is_cpu());
        // Values and their derivatives: of real and generated samples together, and once more for a penalty's points.
        let looks = if config.constraint.is_penalty() { 4 } else { 2 };
        let rows = critic.activations.saturating_mul(looks).saturating_add(generator.activations).saturating_mul(2);
        let part = config.micro_batch();
        let batches = Part {
            key: if config.micro_batch.is_some() { "micro_batch" } else { "batch_size" }.to_owned(),
            what: format!("what {} samples of each kind leave in both networks", format::count(part as u64)),
            bytes: if place.is_cpu() { bytes(&[part, rows]) } else { bytes(&[config.batch_size, sample]) },
        };
        Need {
            parts: vec![
                player("critic", &critic, &config.optimizer.critic, divided),
                player("generator", &generator, &config.optimizer.generator, averaged),
                batches,
            ],
        }
    }

    /// The need of a recorded run of `config` at the place that it would be trained at here; None if that is not there.
    pub fn here(config: &Config, shape: SampleShape) -> Option<Need> {
        let place = device::choose(config.device).ok()?;
        Some(Need::of(config, shape, place, config.record.enabled))
    }

    /// Bytes in all.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.bytes))
    }

    /// Whether so much memory is free; where nobody knows, it is. What is a tight fit is said.
    ///
    /// # Errors
    ///
    /// It is not.
    pub fn within(&self, memory: Option<Memory>) -> Result<Option<String>, Shortage> {
        let Some(Memory { free, .. }) = memory else { return Ok(None) };
        let bytes = self.bytes();
        if bytes > free {
            return Err(Shortage { need: self.clone(), there: free, are: "free" });
        }
        let shown = |bytes: u64| format::bytes(bytes as f64);
        let note = || format!("the run needs {} of memory or more, and {} are free", shown(bytes), shown(free));
        Ok((bytes > free / 2).then(note))
    }

    /// Whether the machine has so much memory at all; otherwise as [`Need::within`], but what is not free now may be
    /// later.
    ///
    /// # Errors
    ///
    /// It has not.
    pub fn at_all(&self, memory: Option<Memory>) -> Result<Option<String>, Shortage> {
        match memory {
            Some(Memory { total, .. }) if self.bytes() > total => {
                Err(Shortage { need: self.clone(), there: total, are: "all there is" })
            }
            _ => Ok(self.within(memory).unwrap_or_else(|shortage| Some(shortage.to_string()))),
        }
    }
}

/// The number of copies of each weight.
struct Copies<'a> {
    config: &'a Config,
    /// Whether the run trains there.
    on_host: bool,
    recorded: bool,
}

impl Copies<'_> {
    /// Numbers on the host for a weight under this optimiser.
    fn of(&self, optimizer: &Optimizer) -> usize {
        let state = 1 + optimizer.moments();
        // A checkpoint as numbers, and as the bytes of its file.
        let kept = if self.recorded { 2 * state } else { 0 };
        if !self.on_host {
            // Initial weights are drawn on the host.
            return kept.max(1);
        }
        // The weights with their moments, the gradient, and room for the optimiser.
        let tensors = state + 2;
        let engine = match self.config.engine_under(&self.config.constraint) {
            Ok(EngineChoice::Explicit) => state + gradients(self.config.micro_batch()),
            // A gradient is made beside the last one.
            _ => 1,
        };
        // Those of the parts of a batch are added up beside the last one.
        let engine = engine + usize::from(self.config.micro_batch() < self.config.batch_size);
        // The trials that choose the number of threads end with both weights to compare.
        let measured = if self.config.threads == 0 { 2 } else { 0 };
        tensors + engine + kept.max(measured)
    }
}

fn bytes(factors: &[usize]) -> u64 {
    factors.iter().fold(NUMBER as u64, |product, factor| product.saturating_mul(*factor as u64))
}

impl Shortage {
    /// The key that is most to blame.
    pub fn key(&self) -> &str {
        self.need.parts.iter().max_by_key(|part| part.bytes).map_or("", |part| &part.key)
    }

    /// The problem, in one line.
    pub fn said(&self) -> String {
        let (needed, there) = (format::bytes(self.need.bytes() as f64), format::bytes(self.there as f64));
        format!("the run needs {needed} of memory or more, and {there} are {}", self.are)
    }

    /// The uses of the memory, and what lowers them, in a line each, the largest part first; parts that hardly matter
    /// are left out.
    pub fn parts(&self) -> Vec<String> {
        let least = self.need.bytes() / 50;
        let mut parts: Vec<&Part> = self.need.parts.iter().filter(|part| part.bytes > least).collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.bytes));
        let line =
            |part: &Part| format!("{} for {}: lower `{}`", format::bytes(part.bytes as f64), part.what, part.key);
        parts.into_iter().map(line).collect()
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.said(), self.parts().join("; "))
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::config;

    const PLANE: SampleShape = SampleShape::Point { dims: 2 };

    fn need(sets: &[&str], recorded: bool) -> Need {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        Need::of(&config::load(None, &sets).unwrap(), PLANE, Place(Device::Cpu), recorded)
    }

    #[test]
    fn a_need_is_counted_by_hand() {
        let sets = [
            "threads=1",
            "engine='autograd'",
            "batch_size=8",
            "constraint.kind='none'",
            "critic.hidden=[10]",
            "generator={latent=3, hidden=[4], norm='batch'}",
            "optimizer.critic.kind='adam'",
            "optimizer.generator.kind='sgd'",
        ];
        let need = |recorded| need(&sets, recorded).parts;
        let [critic, generator, batches] = &need(false)[..] else { panic!("three parts") };
        // Weights, two moments, the gradient, room and the next gradient.
        assert_eq!((critic.key.as_str(), critic.bytes), ("critic.hidden", 4 * 6 * (2 * 10 + 10)));
        assert_eq!(generator.bytes, 4 * 4 * (3 * 4 + 4 * 2));
        assert_eq!(batches.bytes, 4 * 8 * 2 * (2 * (2 + 10 + 1) + (3 + 4 + 4 + 2)));
        assert_eq!(need(true)[0].bytes - critic.bytes, 4 * 6 * 30);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_what_is_tight_is_said() {
        let need = need(&[], true);
        let bytes = need.bytes();
        let of = |free| Some(Memory { free, total: 2 * bytes });
        assert_eq!(need.within(None), Ok(None));
        assert_eq!(need.within(of(2 * bytes)), Ok(None));
        assert!(need.within(of(bytes)).unwrap().unwrap().contains("are free"));
        let shortage = need.within(of(bytes - 1)).unwrap_err();
        assert!(shortage.to_string().contains("lower `critic.hidden`"), "{shortage}");
        assert!(need.at_all(of(0)).unwrap().unwrap().contains("and 0 B are free"));
        assert!(need.at_all(Some(Memory { free: 0, total: bytes - 1 })).is_err());
    }

    #[test]
    fn the_key_to_blame_is_that_of_the_largest_part() {
        let little = Some(Memory { free: 1 << 20, total: 1 << 20 });
        for (set, key) in [
            ("critic.hidden=[65536,65536]", "critic.hidden"),
            ("generator.hidden=[30000,30000]", "generator.hidden"),
            ("batch_size=1048576", "batch_size"),
        ] {
            assert_eq!(need(&[set], true).within(little).unwrap_err().key(), key);
        }
    }

    #[test]
    fn the_largest_networks_that_a_config_may_have_are_counted_without_overflow() {
        let hidden = vec!["65536"; 64].join(",");
        let sets = ["critic", "generator"]
            .map(|table| format!("{table}={{hidden=[{hidden}], activation='maxout', pieces=64}}"));
        let need = need(&[&sets[0], &sets[1], "batch_size=1048576"], true);
        assert!(need.bytes() > 1 << 46 && need.bytes() < u64::MAX);
    }
}
