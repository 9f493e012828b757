//! Changes as keys of the config and their values, and back.

use super::{Change, Player, Settings};
use crate::config::live::{
    Assignments, CRITIC_BETA1, CRITIC_BETA2, CRITIC_LR, CRITIC_STEPS, CRITIC_WEIGHTS, Datum, FRESH, GENERATOR_BETA1,
    GENERATOR_BETA2, GENERATOR_EMA, GENERATOR_LR, STEPS,
};
use crate::config::{Constraint, RampKey};

impl Change {
    /// The changes that set these keys, from the settings in force. Each key says what is to hold, so nothing that is
    /// computed depends on their order; a constraint comes before an objective that may need it, and goes after one.
    pub fn of_keys(now: &Settings, set: &Assignments) -> Vec<Change> {
        let objective = set.objective(&now.objective).map(Change::Objective);
        let constraint = set.constraint(now.constraint);
        let goes = constraint == Some(Constraint::None);
        let constraint = constraint.map(Change::Constraint);
        let [first, second] = if goes { [objective, constraint] } else { [constraint, objective] };
        [
            first,
            second,
            set.number(GENERATOR_LR).map(|rate| Change::Rate(Player::Generator, rate)),
            set.number(CRITIC_LR).map(|rate| Change::Rate(Player::Critic, rate)),
            set.number(GENERATOR_BETA1).map(|beta1| Change::Beta1(Player::Generator, beta1)),
            set.number(CRITIC_BETA1).map(|beta1| Change::Beta1(Player::Critic, beta1)),
            set.number(GENERATOR_BETA2).map(|beta2| Change::Beta2(Player::Generator, beta2)),
            set.number(CRITIC_BETA2).map(|beta2| Change::Beta2(Player::Critic, beta2)),
            set.number(GENERATOR_EMA).map(Change::Ema),
            set.count(CRITIC_STEPS).map(Change::CriticSteps),
            set.has(CRITIC_WEIGHTS).then_some(Change::FreshCritic),
            set.count(STEPS).map(Change::LastStep),
        ]
        .into_iter()
        .flatten()
        .chain(RampKey::ALL.iter().filter_map(|key| set.ramp(key.name()).map(Change::Ramp)))
        .collect()
    }

    /// The keys that the change sets; none of a factor, which depends on what is in force, and of a control of another
    /// program's trainer.
    pub fn keys(&self) -> Assignments {
        let of = |name: &str, table: Result<toml::Table, _>| Assignments::of_table(name, &table.unwrap_or_default());
        let one = |name: &str, value: Datum| {
            let mut set = Assignments::default();
            set.insert(name, value);
            set
        };
        match self {
            Change::Objective(objective) => of("objective", toml::Table::try_from(objective)),
            Change::Constraint(constraint) => of("constraint", toml::Table::try_from(constraint)),
            Change::Rate(Player::Generator, rate) => one(GENERATOR_LR, Datum::Number(*rate)),
            Change::Rate(Player::Critic, rate) => one(CRITIC_LR, Datum::Number(*rate)),
            Change::Beta1(Player::Generator, beta1) => one(GENERATOR_BETA1, Datum::Number(*beta1)),
            Change::Beta1(Player::Critic, beta1) => one(CRITIC_BETA1, Datum::Number(*beta1)),
            Change::Beta2(Player::Generator, beta2) => one(GENERATOR_BETA2, Datum::Number(*beta2)),
            Change::Beta2(Player::Critic, beta2) => one(CRITIC_BETA2, Datum::Number(*beta2)),
            Change::Ema(half_life) => one(GENERATOR_EMA, Datum::Number(*half_life)),
            Change::CriticSteps(steps) => one(CRITIC_STEPS, Datum::Count(*steps)),
            Change::LastStep(step) => one(STEPS, Datum::Count(*step)),
            Change::FreshCritic => one(CRITIC_WEIGHTS, Datum::Name(FRESH.to_owned())),
            Change::Ramp(ramp) => one(ramp.key.name(), Datum::Ramp(*ramp)),
            Change::ScaleConstraint(_) | Change::Control(..) => Assignments::default(),
        }
    }
}

impl Settings {
    /// These settings as keys of the config.
    pub fn keys(&self) -> Assignments {
        let mut set = Assignments::default();
        for (name, table) in [
            ("objective", toml::Table::try_from(&self.objective)),
            ("constraint", toml::Table::try_from(self.constraint)),
        ] {
            set.extend(Assignments::of_table(name, &table.unwrap_or_default()));
        }
        set.insert(GENERATOR_LR, Datum::Number(self.generator_lr));
        set.insert(CRITIC_LR, Datum::Number(self.critic_lr));
        for (key, number) in [
            (GENERATOR_BETA1, self.generator_beta1),
            (CRITIC_BETA1, self.critic_beta1),
            (GENERATOR_BETA2, self.generator_beta2),
            (CRITIC_BETA2, self.critic_beta2),
            (GENERATOR_EMA, self.ema),
        ] {
            number.into_iter().for_each(|number| set.insert(key, Datum::Number(number)));
        }
        set.insert(CRITIC_STEPS, Datum::Count(self.critic_steps));
        self.steps.into_iter().for_each(|steps| set.insert(STEPS, Datum::Count(steps)));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{GeneratorLoss, Head, ObjectiveChoice};

    fn settings(constraint: Constraint) -> Settings {
        let objective = ObjectiveChoice::default();
        Settings {
            objective,
            constraint,
            generator_lr: 1e-4,
            critic_lr: 2e-4,
            generator_beta1: Some(0.9),
            critic_beta1: None,
            generator_beta2: Some(0.99),
            critic_beta2: None,
            ema: Some(500.0),
            critic_steps: 5,
            steps: None,
            controls: Default::default(),
            ramps: Vec::new(),
        }
    }

    fn changes(now: &Settings, arguments: &[&str]) -> Vec<Change> {
        let arguments: Vec<String> = arguments.iter().map(|argument| argument.to_string()).collect();
        Change::of_keys(now, &Assignments::parse(&arguments).unwrap_or_else(|error| panic!("{error}")))
    }

    #[test]
    fn keys_become_changes_of_what_is_in_force() {
        let now = settings(Constraint::Clip { clip: 0.05 });
        let objective = ObjectiveChoice { kind: "kl".into(), head: Head::Paper, ..ObjectiveChoice::default() };
        let arguments = ["objective.head=paper", "critic.steps=2", "objective.kind=kl", "optimizer.critic.lr=1"];
        let wanted = [Change::Objective(objective), Change::Rate(Player::Critic, 1.0), Change::CriticSteps(2)];
        assert_eq!(changes(&now, &arguments), wanted);
    }

    #[test]
    fn a_constraint_comes_before_the_objective_that_needs_it_and_goes_after_it() {
        let names = |now: Constraint, arguments: &[&str]| -> Vec<bool> {
            changes(&settings(now), arguments).iter().map(|change| matches!(change, Change::Constraint(_))).collect()
        };
        assert_eq!(names(Constraint::None, &["objective.kind=gan", "constraint.clip=0.1"]), [true, false]);
        let clip = Constraint::Clip { clip: 0.1 };
        assert_eq!(names(clip, &["objective.kind=gan", "constraint.kind=none"]), [false, true]);
    }

    #[test]
    fn a_key_of_a_constraint_chooses_its_kind() {
        let (none, clip) = (settings(Constraint::None), settings(Constraint::Clip { clip: 0.3 }));
        let to = |clip| vec![Change::Constraint(Constraint::Clip { clip })];
        assert_eq!(changes(&none, &["constraint.clip=0.02"]), to(0.02));
        assert_eq!(changes(&clip, &["constraint.clip=0.02"]), to(0.02));
        assert_eq!(changes(&clip, &["constraint.kind=clip"]), to(0.3));
        assert_eq!(changes(&none, &["constraint.kind=clip"]), to(crate::config::defaults::CLIP));
        assert_eq!(changes(&clip, &["constraint.kind=none"]), [Change::Constraint(Constraint::None)]);
        let penalty = Constraint::GradientPenalty { lambda: 3.0 };
        assert_eq!(changes(&clip, &["constraint.lambda=3"]), [Change::Constraint(penalty)]);
        assert_eq!(changes(&clip, &["constraint.gamma=3"]), [Change::Constraint(Constraint::R1 { gamma: 3.0 })]);
        let error = Assignments::parse(&["constraint={kind='none', clip=1}".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("no kind of constraint has all of constraint.clip, constraint.kind"), "{error}");
    }

    #[test]
    fn the_keys_that_differ_lead_from_one_to_the_other() {
        let from = settings(Constraint::None);
        let generator_loss = GeneratorLoss::Saturating;
        let objective =
            ObjectiveChoice { kind: "alpha".into(), alpha: 1.1, generator_loss, ..ObjectiveChoice::default() };
        let to = Settings {
            objective,
            constraint: Constraint::Clip { clip: 0.1 },
            generator_lr: 0.1 + 0.2,
            critic_lr: 1e-12,
            generator_beta1: Some(0.0),
            critic_beta1: None,
            generator_beta2: Some(0.9),
            critic_beta2: None,
            ema: Some(1e4),
            critic_steps: 1,
            steps: None,
            controls: Default::default(),
            ramps: Vec::new(),
        };
        for (from, to) in [(&from, &to), (&to, &from), (&from, &from)] {
            let mut now = from.clone();
            for change in Change::of_keys(from, &to.keys().without(&from.keys())) {
                match change {
                    Change::Objective(objective) => now.objective = objective,
                    Change::Constraint(constraint) => now.constraint = constraint,
                    Change::Rate(Player::Generator, rate) => now.generator_lr = rate,
                    Change::Rate(Player::Critic, rate) => now.critic_lr = rate,
                    Change::CriticSteps(steps) => now.critic_steps = steps,
                    Change::LastStep(step) => now.steps = Some(step),
                    Change::Beta1(Player::Generator, beta1) => now.generator_beta1 = Some(beta1),
                    Change::Beta1(Player::Critic, beta1) => now.critic_beta1 = Some(beta1),
                    Change::Beta2(Player::Generator, beta2) => now.generator_beta2 = Some(beta2),
                    Change::Beta2(Player::Critic, beta2) => now.critic_beta2 = Some(beta2),
                    Change::Ema(half_life) => now.ema = Some(half_life),
                    Change::Control(name, value) => drop(now.controls.insert(name, value)),
                    Change::ScaleConstraint(_) | Change::Ramp(_) | Change::FreshCritic => {
                        panic!("no setting by itself")
                    }
                }
            }
            assert_eq!(&now, to);
        }
    }
}
