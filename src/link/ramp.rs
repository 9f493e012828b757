//! Ramps that have begun, as a part of the settings: what they make of these after so many steps.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Settings;
use crate::config::{Ramp, RampKey, Shape};

/// A ramp that has begun. It is kept when it is over: then it changes nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BegunRamp {
    pub key: RampKey,
    /// Steps completed when it began.
    pub start: u64,
    /// The steps that it takes, at least one.
    pub over: u64,
    pub from: f64,
    pub to: f64,
    pub shape: Shape,
}

impl BegunRamp {
    /// The step after which it is over.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.over)
    }

    /// The number that holds after so many completed steps.
    pub fn value(&self, step: u64) -> f64 {
        let share = step.saturating_sub(self.start) as f64 / self.over.max(1) as f64;
        self.shape.value(self.from, self.to, share)
    }

    /// The ramp as a config asks for it.
    pub fn ramp(&self) -> Ramp {
        Ramp { key: self.key, from: Some(self.from), to: self.to, over: self.over, shape: self.shape }
    }
}

impl fmt::Display for BegunRamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ramp().fmt(f)
    }
}

impl Settings {
    /// The number of a key, where it is in force.
    pub fn number(&self, key: RampKey) -> Option<f64> {
        match key {
            RampKey::GeneratorLr => Some(self.generator_lr),
            RampKey::CriticLr => Some(self.critic_lr),
            RampKey::GeneratorBeta1 => self.generator_beta1,
            RampKey::CriticBeta1 => self.critic_beta1,
            RampKey::GeneratorBeta2 => self.generator_beta2,
            RampKey::CriticBeta2 => self.critic_beta2,
            RampKey::Ema => self.ema,
            RampKey::Clip | RampKey::Lambda | RampKey::Gamma => {
                let number = self.constraint.number()?;
                (key.name().strip_prefix("constraint.") == Some(number.key)).then_some(number.value)
            }
        }
    }

    /// Sets the number of a key; one that is not in force stays as it is.
    fn set_number(&mut self, key: RampKey, to: f64) {
        if self.number(key).is_none() {
            return;
        }
        match key {
            RampKey::GeneratorLr => self.generator_lr = to,
            RampKey::CriticLr => self.critic_lr = to,
            RampKey::GeneratorBeta1 => self.generator_beta1 = Some(to),
            RampKey::CriticBeta1 => self.critic_beta1 = Some(to),
            RampKey::GeneratorBeta2 => self.generator_beta2 = Some(to),
            RampKey::CriticBeta2 => self.critic_beta2 = Some(to),
            RampKey::Ema => self.ema = Some(to),
            RampKey::Clip | RampKey::Lambda | RampKey::Gamma => self.constraint = self.constraint.with(to),
        }
    }

    /// These settings as the ramps make them after so many completed steps.
    pub fn after(&self, step: u64) -> Settings {
        let mut settings = self.clone();
        self.ramps.iter().for_each(|ramp| settings.set_number(ramp.key, ramp.value(step)));
        settings
    }

    /// The ramp of a key that has begun.
    pub fn ramp(&self, key: RampKey) -> Option<&BegunRamp> {
        self.ramps.iter().find(|ramp| ramp.key == key)
    }

    /// Whether the ramps change something with the step.
    pub fn is_moving(&self, step: u64) -> bool {
        self.ramps.iter().any(|ramp| step < ramp.end())
    }

    /// Begins a ramp after so many completed steps, in place of one of the same number; none where that is not in
    /// force.
    pub fn begin_ramp(&mut self, ramp: &Ramp, step: u64) -> Option<BegunRamp> {
        let from = ramp.from.unwrap_or(self.number(ramp.key)?);
        let begun = BegunRamp { key: ramp.key, start: step, over: ramp.over, from, to: ramp.to, shape: ramp.shape };
        self.ramps.retain(|other| other.key != ramp.key);
        self.ramps.push(begun);
        self.set_number(ramp.key, from);
        Some(begun)
    }
}
