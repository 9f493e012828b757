//! The keys that a swap brings along to an objective whose critic must be Lipschitz.

use super::{Change, Command, Settings};
use crate::config::limits::LR;
use crate::config::live::{Assignments, CRITIC_BETA1, CRITIC_STEPS, CRITIC_WEIGHTS, Datum, FRESH, GENERATOR_BETA1};
use crate::config::{Constraint, Ramp, RampKey, Shape, defaults};
use crate::domain::ObjectiveChoice;
use crate::theory::objective;

/// How much faster the learning rates are after a swap, how much slower in the end, and how many steps that takes: measured in
/// docs/cure.md.
const FASTER: f64 = 8.0;
const SLOWER: f64 = 20.0;
const COURSE: u64 = 10_000;

/// The keys that a swap from the settings in force to `wanted` should set besides the objective itself: none but where its
/// critic must be Lipschitz and that of the objective in force need not be. Where the samples are `points` and Adam trains on them
/// without a constraint, the learning rates take a course of their own.
///
/// A critic that was trained without a constraint is far too steep for one: clamped to a clip range it saturates or dies, and
/// under a penalty it has to unlearn first. So the critic begins anew. Its gradient changes its kind with every update of the
/// critic, so the optimisers must not average over many (Arjovsky et al. 2017, section 4: no momentum).
pub fn needs(now: &Settings, wanted: &ObjectiveChoice, points: bool) -> Assignments {
    let lipschitz = |choice| objective::of(choice).is_ok_and(|row| row.about().lipschitz);
    let mut set = Assignments::default();
    if !lipschitz(wanted) || lipschitz(&now.objective) {
        return set;
    }
    if now.constraint == Constraint::None {
        let constraint = Constraint::GradientPenalty { lambda: defaults::LAMBDA };
        set.extend(Assignments::of_table("constraint", &toml::Table::try_from(constraint).unwrap_or_default()));
    }
    if now.critic_steps < defaults::WGAN_CRITIC_STEPS {
        set.insert(CRITIC_STEPS, Datum::Count(defaults::WGAN_CRITIC_STEPS));
    }
    for (key, beta1) in [(GENERATOR_BETA1, now.generator_beta1), (CRITIC_BETA1, now.critic_beta1)] {
        if beta1.is_some_and(|beta1| beta1 > 0.0) {
            set.insert(key, Datum::Number(0.0));
        }
    }
    set.insert(CRITIC_WEIGHTS, Datum::Name(FRESH.to_owned()));
    if points && now.constraint == Constraint::None && now.generator_beta1.is_some() && now.critic_beta1.is_some() {
        for (key, lr) in [(RampKey::GeneratorLr, now.generator_lr), (RampKey::CriticLr, now.critic_lr)] {
            set.insert(key.name(), Datum::Ramp(course(key, lr)));
        }
    }
    set
}

/// The course of a learning rate after such a swap: fast while there is mass to move, slow at the end, for modes may be narrow.
fn course(key: RampKey, lr: f64) -> Ramp {
    let tidy = |rate: f64| format!("{:.3e}", rate.clamp(*LR.start(), *LR.end())).parse().unwrap_or(rate);
    Ramp { key, from: Some(tidy(lr * FASTER)), to: tidy(lr / SLOWER), over: COURSE, shape: Shape::Cosine }
}

/// The command that sets this objective, and what it `needs` besides.
pub fn command(wanted: ObjectiveChoice, needs: Assignments) -> Command {
    let change = Change::Objective(wanted);
    if needs.is_empty() {
        return Command::Set(change);
    }
    let mut set = change.keys();
    set.extend(needs);
    Command::Assign(set)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::link::Player;

    fn settings(sets: &[&str]) -> Settings {
        Settings::of(&config::load(None, &sets.iter().map(|set| (*set).to_owned()).collect::<Vec<_>>()).unwrap())
    }

    fn of(kind: &str) -> ObjectiveChoice {
        ObjectiveChoice { kind: kind.into(), ..ObjectiveChoice::default() }
    }

    #[test]
    fn a_swap_to_wgan_brings_along_what_a_critic_without_a_constraint_needs() {
        let adam = "{kind='adam', lr=1e-3, beta1=0.9}";
        let optimizers = format!("optimizer={{critic={adam}, generator={adam}}}");
        let now = settings(&["objective.kind='gan'", "constraint.kind='none'", "critic.steps=1", &optimizers]);
        let Command::Assign(set) = command(of("wgan"), needs(&now, &of("wgan"), true)) else { panic!() };
        let changes = Change::of_keys(&now, &set);
        assert!(matches!(changes[0], Change::Constraint(Constraint::GradientPenalty { .. })), "{changes:?}");
        for change in [Change::Objective(of("wgan")), Change::FreshCritic, Change::CriticSteps(5)] {
            assert!(changes.contains(&change), "{change:?}: {changes:?}");
        }
        for player in [Player::Critic, Player::Generator] {
            assert!(changes.contains(&Change::Beta1(player, 0.0)), "{changes:?}");
        }
        let ramps = |changes: &[Change]| changes.iter().filter(|change| matches!(change, Change::Ramp(_))).count();
        let course = Ramp { key: RampKey::CriticLr, from: Some(8e-3), to: 5e-5, over: COURSE, shape: Shape::Cosine };
        assert!(ramps(&changes) == 2 && changes.contains(&Change::Ramp(course)), "{changes:?}");
        // Nobody has measured that for images.
        assert_eq!(ramps(&Change::of_keys(&now, &needs(&now, &of("wgan"), false))), 0);
        assert_eq!(command(of("wgan"), Assignments::default()), Command::Set(Change::Objective(of("wgan"))));
        assert!(needs(&now, &of("kl"), true).is_empty());
        // What is right already stays as it is.
        let now = settings(&[
            "objective.kind='gan'",
            "critic.steps=9",
            "constraint={kind='r1', gamma=2}",
            "optimizer.critic.kind='rmsprop'",
        ]);
        let changes = Change::of_keys(&now, &needs(&now, &of("wgan"), true));
        let settled = |change: &Change| {
            matches!(change, Change::Constraint(_) | Change::CriticSteps(_) | Change::Beta1(Player::Critic, _))
        };
        assert!(!changes.iter().any(settled) && changes.contains(&Change::FreshCritic), "{changes:?}");
        let now = settings(&["objective.kind='wgan'"]);
        assert!(needs(&now, &of("wgan"), true).is_empty());
    }
}
