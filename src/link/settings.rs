//! Settings, configs and changes: from one to the other.

use super::{Change, Player, Settings};
use crate::config::Config;
use crate::domain::ControlValues;

impl Settings {
    /// Those that a run of this config starts with.
    pub fn of(config: &Config) -> Settings {
        Settings {
            objective: config.objective.clone(),
            constraint: config.constraint,
            generator_lr: config.optimizer.generator.lr(),
            critic_lr: config.optimizer.critic.lr(),
            critic_steps: config.critic.steps,
            controls: ControlValues::new(),
        }
    }

    /// The config of a run that would start with these.
    pub fn on(&self, config: &Config) -> Config {
        let Settings { objective, constraint, generator_lr, critic_lr, critic_steps, controls: _ } = self.clone();
        let mut config = Config { objective, constraint, ..config.clone() };
        config.optimizer.generator.set_lr(generator_lr);
        config.optimizer.critic.set_lr(critic_lr);
        config.critic.steps = critic_steps;
        config
    }

    /// The changes that turn these into `to`.
    pub fn changes(&self, to: &Settings) -> Vec<Change> {
        let Settings { objective, constraint, generator_lr, critic_lr, critic_steps, controls } = to.clone();
        let all = [
            (objective != self.objective).then_some(Change::Objective(objective)),
            (constraint != self.constraint).then_some(Change::Constraint(constraint)),
            (generator_lr != self.generator_lr).then_some(Change::Rate(Player::Generator, generator_lr)),
            (critic_lr != self.critic_lr).then_some(Change::Rate(Player::Critic, critic_lr)),
            (critic_steps != self.critic_steps).then_some(Change::CriticSteps(critic_steps)),
        ];
        let moved = controls.into_iter().filter(|(name, value)| self.controls.get(name) != Some(value));
        all.into_iter().flatten().chain(moved.map(|(name, value)| Change::Control(name, value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

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
}
