//! Changes of settings: which are possible, and what they turn the settings into.

use std::ops::RangeInclusive;

use crate::config::{Constraint, RampKey, limits, live};
use crate::domain::GeneratorLoss;
use crate::link::{Applied, By, Change, Player, Rejected, Settings};
use crate::theory::objective;

/// Why there is no half-life to change.
const NO_AVERAGE: &str = "the run keeps no average of its generator: one with generator.ema does";

/// The settings that `change`, asked for by `by`, turns `now` into after `step` completed steps, or why it cannot.
pub fn resolve(now: &Settings, step: u64, change: &Change, by: By) -> Result<Applied, Rejected> {
    let refused = |what: &str, why: String| Rejected { step, what: what.into(), why, by };
    let check_range = |what: &str, value: f64, range: RangeInclusive<f64>| match range.contains(&value) {
        true => Ok(()),
        false => Err(refused(what, format!("{value} is not between {:e} and {:e}", range.start(), range.end()))),
    };
    let check_constraint = |constraint: &Constraint| match constraint.number() {
        Some(number) => check_range(&format!("constraint.{}", number.key), number.value, number.range),
        None => Ok(()),
    };
    let mut settings = now.clone();
    let (what, old, new, note) = match change {
        Change::Objective(wanted) => {
            let what = "objective.kind";
            let row = objective::of(wanted).map_err(|unknown| refused(what, unknown.to_string()))?;
            if !limits::PI.contains(&wanted.pi) {
                return Err(refused("objective.pi", format!("{} {}", wanted.pi, limits::PI_MUST)));
            }
            if !limits::alpha(wanted.alpha) {
                return Err(refused("objective.alpha", format!("{} {}", wanted.alpha, limits::ALPHA_MUST)));
            }
            settings.objective = wanted.clone();
            let mut note = "weights stay, the critic's optimiser moments restart".to_string();
            if row.resolve(wanted.generator_loss) == GeneratorLoss::NonSaturating && !row.about().lipschitz {
                note += &format!("; the non-saturating generator minimises {}", row.about().non_saturating);
            }
            if row.about().lipschitz && now.constraint == Constraint::None {
                note += "; its critic needs a constraint: clip, gradient-penalty, spectral-norm or r1";
            }
            (what, describe(now), describe(&settings), Some(note))
        }
        Change::Constraint(wanted) => {
            check_constraint(wanted)?;
            settings.constraint = *wanted;
            let notes = constraint_notes(now, &settings);
            ("constraint", now.constraint.to_string(), wanted.to_string(), notes)
        }
        Change::ScaleConstraint(factor) => {
            let what = "constraint";
            let Some(number) = now.constraint.number() else {
                let why = match now.constraint {
                    Constraint::None => "nothing constrains the critic",
                    _ => "the constraint in force has no number",
                };
                return Err(refused(what, format!("{why}; choose clip, gradient-penalty or r1")));
            };
            settings.constraint = now.constraint.with(tidy(number.value * factor));
            check_constraint(&settings.constraint)?;
            (what, now.constraint.to_string(), settings.constraint.to_string(), None)
        }
        Change::Rate(player, rate) => {
            let (what, current) = match player {
                Player::Generator => ("optimizer.generator.lr", &mut settings.generator_lr),
                Player::Critic => ("optimizer.critic.lr", &mut settings.critic_lr),
            };
            check_range(what, *rate, limits::LR)?;
            let old = std::mem::replace(current, *rate);
            (what, old.to_string(), rate.to_string(), None)
        }
        Change::Beta1(player, beta) | Change::Beta2(player, beta) => {
            let (what, current, name) = match (change, player) {
                (Change::Beta1(..), Player::Generator) => (live::GENERATOR_BETA1, &mut settings.generator_beta1, "β1"),
                (Change::Beta1(..), Player::Critic) => (live::CRITIC_BETA1, &mut settings.critic_beta1, "β1"),
                (_, Player::Generator) => (live::GENERATOR_BETA2, &mut settings.generator_beta2, "β2"),
                (_, Player::Critic) => (live::CRITIC_BETA2, &mut settings.critic_beta2, "β2"),
            };
            let Some(old) = *current else {
                return Err(refused(what, format!("the {player}'s optimiser is not adam, and has no {name}")));
            };
            if !(0.0..1.0).contains(beta) {
                return Err(refused(what, format!("{beta} is not from 0 on and below 1")));
            }
            *current = Some(*beta);
            (what, old.to_string(), beta.to_string(), None)
        }
        Change::Ema(half_life) => {
            let what = live::GENERATOR_EMA;
            let Some(old) = settings.ema else { return Err(refused(what, NO_AVERAGE.to_owned())) };
            check_range(what, *half_life, limits::EMA)?;
            settings.ema = Some(*half_life);
            (what, old.to_string(), half_life.to_string(), None)
        }
        Change::FreshCritic => {
            let note = "other initial weights, and no moments".to_owned();
            let (old, new) = ("trained".to_owned(), live::FRESH.to_owned());
            return Ok(Applied {
                step,
                what: live::CRITIC_WEIGHTS.into(),
                old,
                new,
                note: Some(note),
                settings,
                by,
                joins: false,
            });
        }
        Change::LastStep(last) => {
            let what = live::STEPS;
            if *last > 0 && *last < step {
                return Err(refused(
                    what,
                    format!("step {step} is done already: must be {step} or more, or 0 for no last step"),
                ));
            }
            settings.steps = Some(*last);
            (what, now.steps.map(|last| last.to_string()).unwrap_or_default(), last.to_string(), None)
        }
        Change::CriticSteps(updates) => {
            let what = "critic.steps";
            if !(1..=limits::MAX_LIVE_CRITIC_STEPS).contains(updates) {
                return Err(refused(what, format!("{updates} is not between 1 and {}", limits::MAX_LIVE_CRITIC_STEPS)));
            }
            settings.critic_steps = *updates;
            (what, now.critic_steps.to_string(), updates.to_string(), None)
        }
        Change::Control(name, _) => {
            return Err(refused(name, "gantop's own trainer has keys of the config, and no other controls".to_owned()));
        }
        Change::Ramp(ramp) => {
            let what = ramp.key.name();
            let before = now.number(ramp.key).map_or(String::new(), |number| number.to_string());
            let replaced = now.ramp(ramp.key).is_some_and(|ramp| step < ramp.end());
            let Some(begun) = settings.begin_ramp(ramp, step) else {
                let why = match ramp.key {
                    RampKey::Ema => NO_AVERAGE.to_owned(),
                    key if key.is_of_constraint() => {
                        format!("the constraint in force is {}, which has no such number", now.constraint)
                    }
                    _ => "the optimiser is not adam, and has no such number".to_owned(),
                };
                return Err(refused(what, why));
            };
            if let Some(why) = begun.ramp().impossible() {
                return Err(refused(what, why));
            }
            (what, before, begun.to_string(), replaced.then(|| "in place of the ramp before it".to_owned()))
        }
    };
    let ended = match change {
        Change::Ramp(_) => None,
        _ => end_ramps(&mut settings, now, change, step),
    };
    // That a ramp is forgotten which was over is no change.
    if ended.is_none()
        && (Settings { ramps: now.ramps.clone(), ..settings.clone() }) == *now
        && !matches!(change, Change::Ramp(_))
    {
        return Err(refused(what, format!("it is {new} already")));
    }
    let notes: Vec<String> = note.into_iter().chain(ended).collect();
    let note = (!notes.is_empty()).then(|| notes.join("; "));
    Ok(Applied { step, what: what.into(), old, new, note, settings, by, joins: false })
}

/// Takes away the ramps of the numbers that a change names, and of those that are no longer in force; says so of those
/// that would have gone on.
fn end_ramps(settings: &mut Settings, now: &Settings, change: &Change, step: u64) -> Option<String> {
    let named = |key: RampKey| match change {
        Change::Rate(Player::Generator, _) => key == RampKey::GeneratorLr,
        Change::Rate(Player::Critic, _) => key == RampKey::CriticLr,
        Change::Beta1(Player::Generator, _) => key == RampKey::GeneratorBeta1,
        Change::Beta1(Player::Critic, _) => key == RampKey::CriticBeta1,
        Change::Beta2(Player::Generator, _) => key == RampKey::GeneratorBeta2,
        Change::Beta2(Player::Critic, _) => key == RampKey::CriticBeta2,
        Change::Ema(_) => key == RampKey::Ema,
        Change::Constraint(_) | Change::ScaleConstraint(_) => key.is_of_constraint(),
        Change::Objective(_)
        | Change::CriticSteps(_)
        | Change::LastStep(_)
        | Change::FreshCritic
        | Change::Ramp(_)
        | Change::Control(..) => false,
    };
    let in_force = settings.clone();
    settings.ramps.retain(|ramp| !named(ramp.key) && in_force.number(ramp.key).is_some());
    let gone = now.ramps.iter().filter(|ramp| !settings.ramps.contains(ramp) && step < ramp.end());
    let gone: Vec<&str> = gone.map(|ramp| ramp.key.name()).collect();
    (!gone.is_empty()).then(|| format!("this ends the ramp of {}", gone.join(" and of ")))
}

/// Whether a change of settings restarts the critic's optimiser moments: they belong to the gradients of the old
/// objective, or of a critic with another penalty or another use of its weights. Another clip range, λ or γ only moves
/// or scales what the moments are made of.
pub fn restarts_moments(old: &Settings, new: &Settings) -> bool {
    let shaped = |settings: &Settings| settings.constraint.shapes_the_gradient().then(|| settings.constraint.kind());
    old.objective != new.objective || shaped(old) != shaped(new)
}

/// The further effects of a change of the constraint, and what is then missing.
fn constraint_notes(old: &Settings, new: &Settings) -> Option<String> {
    let mut notes = Vec::new();
    if restarts_moments(old, new) {
        notes.push("weights stay, the critic's optimiser moments restart".to_string());
    }
    let spectral = |settings: &Settings| settings.constraint == Constraint::SpectralNorm;
    match (spectral(old), spectral(new)) {
        (false, true) => notes.push("the critic's matrices are divided by their norms from now on".into()),
        (true, false) => notes.push("the critic's matrices are used as they are again".into()),
        _ => {}
    }
    let lipschitz = objective::of(&new.objective).is_ok_and(|row| row.about().lipschitz);
    if lipschitz && new.constraint == Constraint::None {
        notes.push(format!("the critic of {} needs a constraint", new.objective.kind));
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

/// The value at six significant digits, so that dividing after multiplying shows the old number again.
fn tidy(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// The objective in words: its name, and what differs from the defaults.
fn describe(settings: &Settings) -> String {
    use crate::domain::Head;
    let mut text = settings.objective.kind.clone();
    if let Some(parameter) = objective::of(&settings.objective).ok().and_then(|objective| objective.parameter()) {
        text += &format!(" {parameter}");
    }
    if settings.objective.head == Head::Paper {
        text += ", paper head";
    }
    match settings.objective.generator_loss {
        GeneratorLoss::Auto => {}
        GeneratorLoss::NonSaturating => text += ", non-saturating",
        GeneratorLoss::Saturating => text += ", saturating",
    }
    text
}

#[cfg(test)]
mod tests;
