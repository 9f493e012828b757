//! Settings, configs and changes: from one to the other.

use super::{Change, Player, Settings};
use crate::config::{self, Config, RampKey};
use crate::domain::ControlValues;

impl Settings {
    /// The settings that a run of this config starts with.
    pub fn of(config: &Config) -> Settings {
        Settings {
            objective: config.objective.clone(),
            constraint: config.constraint,
            generator_lr: config.optimizer.generator.lr(),
            critic_lr: config.optimizer.critic.lr(),
            generator_beta1: config.optimizer.generator.beta1(),
            critic_beta1: config.optimizer.critic.beta1(),
            generator_beta2: config.optimizer.generator.beta2(),
            critic_beta2: config.optimizer.critic.beta2(),
            ema: config.generator.ema,
            critic_steps: config.critic.steps,
            steps: None,
            controls: ControlValues::new(),
            ramps: Vec::new(),
        }
    }

    /// The config of a run that would start with these numbers; it says nothing of the ramps.
    pub fn on(&self, config: &Config) -> Config {
        let mut config = Config { objective: self.objective.clone(), constraint: self.constraint, ..config.clone() };
        let config::Optimizers { generator, critic } = &mut config.optimizer;
        generator.set_lr(self.generator_lr);
        critic.set_lr(self.critic_lr);
        self.generator_beta1.into_iter().for_each(|beta1| generator.set_beta1(beta1));
        self.critic_beta1.into_iter().for_each(|beta1| critic.set_beta1(beta1));
        self.generator_beta2.into_iter().for_each(|beta2| generator.set_beta2(beta2));
        self.critic_beta2.into_iter().for_each(|beta2| critic.set_beta2(beta2));
        config.generator.ema = self.ema.or(config.generator.ema);
        config.critic.steps = self.critic_steps;
        config.steps = self.steps.unwrap_or(config.steps);
        config
    }

    /// These, with what was not told of them as it is in `now`.
    pub fn filled(&self, now: &Settings) -> Settings {
        Settings {
            generator_beta1: self.generator_beta1.or(now.generator_beta1),
            critic_beta1: self.critic_beta1.or(now.critic_beta1),
            generator_beta2: self.generator_beta2.or(now.generator_beta2),
            critic_beta2: self.critic_beta2.or(now.critic_beta2),
            ema: self.ema.or(now.ema),
            steps: self.steps.or(now.steps),
            ..self.clone()
        }
    }

    /// The changes that turn these into `to`. What was not told of those stays. A number that a ramp moves in both is
    /// left to it, and of one whose ramp has ended it is said what it is, even where that is the same.
    pub fn changes(&self, to: &Settings) -> Vec<Change> {
        let Settings {
            objective,
            constraint,
            generator_lr,
            critic_lr,
            generator_beta1,
            critic_beta1,
            generator_beta2,
            critic_beta2,
            ema,
            critic_steps,
            steps,
            controls,
            ramps,
        } = to.filled(self);
        let set = |keys: &[RampKey], differs: bool| {
            let ramps = |of: &Settings| keys.iter().find_map(|key| of.ramp(*key).copied());
            match (ramps(self), ramps(to)) {
                (before, Some(now)) if before == Some(now) => false,
                (Some(_), None) => true,
                // One that begins says where.
                (_, Some(_)) => differs && keys.iter().all(|key| to.number(*key).is_none()),
                (None, None) => differs,
            }
        };
        let number = |key, now: Option<f64>, to: Option<f64>| to.filter(|_| set(&[key], to != now));
        let of_constraint = [RampKey::Clip, RampKey::Lambda, RampKey::Gamma];
        let kind = constraint.kind() != self.constraint.kind();
        let all = [
            (objective != self.objective).then_some(Change::Objective(objective)),
            (kind || set(&of_constraint, constraint != self.constraint)).then_some(Change::Constraint(constraint)),
            set(&[RampKey::GeneratorLr], generator_lr != self.generator_lr)
                .then_some(Change::Rate(Player::Generator, generator_lr)),
            set(&[RampKey::CriticLr], critic_lr != self.critic_lr).then_some(Change::Rate(Player::Critic, critic_lr)),
            number(RampKey::GeneratorBeta1, self.generator_beta1, generator_beta1)
                .map(|beta1| Change::Beta1(Player::Generator, beta1)),
            number(RampKey::CriticBeta1, self.critic_beta1, critic_beta1)
                .map(|beta1| Change::Beta1(Player::Critic, beta1)),
            number(RampKey::GeneratorBeta2, self.generator_beta2, generator_beta2)
                .map(|beta2| Change::Beta2(Player::Generator, beta2)),
            number(RampKey::CriticBeta2, self.critic_beta2, critic_beta2)
                .map(|beta2| Change::Beta2(Player::Critic, beta2)),
            number(RampKey::Ema, self.ema, ema).map(Change::Ema),
            (critic_steps != self.critic_steps).then_some(Change::CriticSteps(critic_steps)),
            steps.filter(|_| steps != self.steps).map(Change::LastStep),
        ];
        let moved = controls.into_iter().filter(|(name, value)| self.controls.get(name) != Some(value));
        let moved = moved.map(|(name, value)| Change::Control(name, value));
        let begun = ramps.into_iter().filter(|ramp| !self.ramps.contains(ramp)).map(|ramp| Change::Ramp(ramp.ramp()));
        all.into_iter().flatten().chain(moved).chain(begun).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{self, Ramp, Shape};

    #[test]
    fn settings_go_into_a_config_and_come_back() {
        let config = config::load(None, &[]).unwrap();
        let mut settings = Settings::of(&config);
        assert_eq!(settings.on(&config), config);
        assert_eq!(settings.changes(&settings), []);
        settings.critic_lr = 0.125;
        settings.critic_steps = 7;
        assert_eq!(Settings::of(&settings.on(&config)), settings);
        let changes = Settings::of(&config).changes(&settings);
        assert_eq!(changes, [Change::Rate(Player::Critic, 0.125), Change::CriticSteps(7)]);
    }

    #[test]
    fn what_a_ramp_moves_is_no_change_but_its_beginning_and_its_end_are() {
        let start = Settings::of(&config::load(None, &[]).unwrap());
        let ramp = Ramp { key: RampKey::CriticLr, from: Some(1.0), to: 0.5, over: 10, shape: Shape::Linear };
        let mut begun = start.clone();
        begun.begin_ramp(&ramp, 100).expect("a ramp");
        assert_eq!(begun.critic_lr, 1.0);
        assert_eq!(start.changes(&begun), [Change::Ramp(ramp)]);
        let later = Settings { critic_steps: 9, ..begun.after(104) };
        assert_eq!(later.critic_lr, 0.8);
        assert_eq!(begun.changes(&later), [Change::CriticSteps(9)]);
        // A number that is set ends it, even where it is the number that was there when it was last said.
        let ended = Settings { critic_lr: 1.0, ramps: Vec::new(), ..begun.after(105) };
        assert_eq!(begun.changes(&ended), [Change::Rate(Player::Critic, 1.0)]);
        assert!(begun.is_moving(109) && !begun.is_moving(110) && !ended.is_moving(105));
    }
}
