//! The objects of a backend: the two players and their losses.

use tch::{Device, Tensor};

use crate::config::{self, Constraint};
use crate::domain::{GeneratorLoss, Head};
use crate::link::Player;
use crate::theory::objective::Objective;
use crate::train::model::Network;
use crate::train::optim::Optimizer;

/// Both players.
#[derive(Debug)]
pub struct Players {
    pub generator: Trained,
    pub critic: Trained,
}

/// A network and its optimiser.
#[derive(Debug)]
pub struct Trained {
    pub network: Network,
    pub optimizer: Optimizer,
}

/// The parts of the two losses.
#[derive(Clone, Copy)]
pub struct Losses<'a> {
    pub objective: &'a dyn Objective,
    /// The settings that name it.
    pub settings: &'a crate::domain::ObjectiveChoice,
    pub constraint: &'a Constraint,
}

impl Players {
    pub fn of(&self, player: Player) -> &Trained {
        match player {
            Player::Generator => &self.generator,
            Player::Critic => &self.critic,
        }
    }

    pub fn of_mut(&mut self, player: Player) -> &mut Trained {
        match player {
            Player::Generator => &mut self.generator,
            Player::Critic => &mut self.critic,
        }
    }

    /// The device of both networks.
    pub fn device(&self) -> Device {
        self.weights().device()
    }

    /// A flat vector of weights, whose device and precision are those of both.
    pub fn weights(&self) -> &Tensor {
        self.critic.network.params.flat()
    }
}

impl Trained {
    /// A network with an optimiser that has made no update.
    pub fn new(network: Network, optimizer: config::Optimizer) -> Trained {
        Trained { optimizer: Optimizer::new(optimizer, network.params.flat()), network }
    }
}

impl Losses<'_> {
    pub fn head(&self) -> Head {
        self.settings.head
    }

    /// The form of the generator's loss.
    pub fn form(&self) -> GeneratorLoss {
        self.settings.generator_loss
    }
}
