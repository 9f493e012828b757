//! The optimisers.

use serde::Serialize;

/// The optimiser of each network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Optimizers {
    pub generator: Optimizer,
    pub critic: Optimizer,
}

/// One network's optimiser.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Optimizer {
    Sgd { lr: f64, momentum: f64 },
    Rmsprop { lr: f64, alpha: f64, eps: f64 },
    Adam { lr: f64, beta1: f64, beta2: f64, eps: f64 },
}

impl Optimizer {
    /// The numbers that it keeps beside each weight: none for plain SGD, the velocity for momentum, the mean square for
    /// RMSProp, the mean and the mean square for Adam.
    pub fn moments(&self) -> usize {
        match *self {
            Optimizer::Sgd { momentum: 0.0, .. } => 0,
            Optimizer::Sgd { .. } | Optimizer::Rmsprop { .. } => 1,
            Optimizer::Adam { .. } => 2,
        }
    }

    /// The learning rate.
    pub fn lr(&self) -> f64 {
        match *self {
            Optimizer::Sgd { lr, .. } | Optimizer::Rmsprop { lr, .. } | Optimizer::Adam { lr, .. } => lr,
        }
    }

    /// Sets the learning rate.
    pub fn set_lr(&mut self, to: f64) {
        match self {
            Optimizer::Sgd { lr, .. } | Optimizer::Rmsprop { lr, .. } | Optimizer::Adam { lr, .. } => *lr = to,
        }
    }

    /// β1 of Adam, the weight of the past in the mean of its gradients; others have none.
    pub fn beta1(&self) -> Option<f64> {
        match *self {
            Optimizer::Adam { beta1, .. } => Some(beta1),
            Optimizer::Sgd { .. } | Optimizer::Rmsprop { .. } => None,
        }
    }

    /// Sets β1 of Adam; others stay as they are.
    pub fn set_beta1(&mut self, to: f64) {
        if let Optimizer::Adam { beta1, .. } = self {
            *beta1 = to;
        }
    }

    /// β2 of Adam, the weight of the past in the mean of its squared gradients; others have none.
    pub fn beta2(&self) -> Option<f64> {
        match *self {
            Optimizer::Adam { beta2, .. } => Some(beta2),
            Optimizer::Sgd { .. } | Optimizer::Rmsprop { .. } => None,
        }
    }

    /// Sets β2 of Adam; others stay as they are.
    pub fn set_beta2(&mut self, to: f64) {
        if let Optimizer::Adam { beta2, .. } = self {
            *beta2 = to;
        }
    }
}
