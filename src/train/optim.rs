//! Optimisers on flat vectors, with a state that can be saved.
//!
//! libtorch's own optimisers cannot give up or take back their state through tch, so exact resume is impossible with
//! them. On a flat parameter vector an optimiser is a few lines, and its state is one tensor. The updates are
//! PyTorch's.

mod slices;

use tch::Tensor;

use crate::config::Optimizer as Config;

/// One network's optimiser.
#[derive(Debug)]
pub struct Optimizer {
    config: Config,
    /// The learning rate in force.
    lr: f64,
    /// Updates since the moments were zero.
    updates: i64,
    /// The moments, \[k, n\]: those of [`Config::moments`].
    moments: Tensor,
    /// Room for an update's intermediate results, \[n\].
    room: Tensor,
}

impl Optimizer {
    /// An optimiser with zero moments for the flat vector `weights`.
    pub fn new(config: Config, weights: &Tensor) -> Optimizer {
        let rows = config.moments() as i64;
        let moments = Tensor::zeros([rows, weights.numel() as i64], (weights.kind(), weights.device()));
        Optimizer { config, lr: config.lr(), updates: 0, moments, room: weights.zeros_like() }
    }

    /// The learning rate in force.
    pub fn lr(&self) -> f64 {
        self.lr
    }

    /// Sets the learning rate from the next update on.
    pub fn set_lr(&mut self, lr: f64) {
        self.lr = lr;
    }

    /// Sets β1 of Adam from the next update on, its mean as it is.
    pub fn set_beta1(&mut self, beta1: f64) {
        self.config.set_beta1(beta1);
    }

    /// Sets β2 of Adam from the next update on, its mean square as it is.
    pub fn set_beta2(&mut self, beta2: f64) {
        self.config.set_beta2(beta2);
    }

    /// Updates since the moments were zero.
    pub fn updates(&self) -> i64 {
        self.updates
    }

    /// Sets the number of updates that the moments are made of.
    pub fn set_updates(&mut self, updates: i64) {
        self.updates = updates;
    }

    /// The moments, \[k, n\].
    pub fn moments(&self) -> &Tensor {
        &self.moments
    }

    /// Forgets everything: the next update is as the first.
    pub fn restart(&mut self) {
        self.updates = 0;
        let _ = tch::no_grad(|| self.moments.zero_());
    }

    /// Descends along `gradient`: one update of the flat vector `weights`, in place.
    pub fn update(&mut self, weights: &Tensor, gradient: &Tensor) {
        self.updates += 1;
        tch::no_grad(|| self.descend(&mut weights.shallow_clone(), gradient));
    }

    fn descend(&mut self, weights: &mut Tensor, gradient: &Tensor) {
        let (lr, room) = (self.lr, &mut self.room);
        match self.config {
            Config::Sgd { momentum: 0.0, .. } => {
                let _ = weights.subtract_(&gradient.mul_scalar_out(room, lr));
            }
            Config::Sgd { momentum, .. } => {
                let mut velocity = self.moments.get(0);
                let _ = velocity.g_mul_scalar_(momentum).g_add_(gradient);
                let _ = weights.subtract_(&velocity.mul_scalar_out(room, lr));
            }
            Config::Rmsprop { alpha, eps, .. } => {
                let mut square = self.moments.get(0);
                let _ = square.lerp_(&gradient.square_out(room), 1.0 - alpha);
                let _ = square.sqrt_out(room).g_add_scalar_(eps).g_mul_scalar_(-1.0 / lr);
                let _ = weights.addcdiv_(gradient, room);
            }
            Config::Adam { beta1, beta2, eps, .. } => {
                let (mut mean, mut square) = (self.moments.get(0), self.moments.get(1));
                let _ = mean.lerp_(gradient, 1.0 - beta1);
                let _ = square.lerp_(&gradient.square_out(room), 1.0 - beta2);
                let (bias1, bias2) = (1.0 - beta1.powf(self.updates as f64), 1.0 - beta2.powf(self.updates as f64));
                // √(square/bias2) + eps, times −bias1/lr
                let factor = -bias1 / lr;
                let _ = square.sqrt_out(room).g_mul_scalar_(factor / bias2.sqrt()).g_add_scalar_(eps * factor);
                let _ = weights.addcdiv_(&mean, room);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    /// Three updates with the gradients 1, 2, −1 from weight 1, by the textbook formulas in double precision.
    fn three_updates(config: Config) -> f64 {
        let weights = Tensor::from_slice(&[1.0f64]);
        let mut optimizer = Optimizer::new(config, &weights);
        for g in [1.0, 2.0, -1.0] {
            optimizer.update(&weights, &Tensor::from_slice(&[g]));
        }
        weights.double_value(&[0])
    }

    #[test]
    fn sgd() {
        assert!((three_updates(Config::Sgd { lr: 0.1, momentum: 0.0 }) - 0.8).abs() < 1e-12);
        // velocities 1, 2.5, 0.25
        assert!((three_updates(Config::Sgd { lr: 0.1, momentum: 0.5 }) - 0.625).abs() < 1e-12);
    }

    #[test]
    fn rmsprop() {
        // squares .1, .49, .541
        let expected = 1.0 - 0.1 / 0.1f64.sqrt() - 0.2 / 0.49f64.sqrt() + 0.1 / 0.541f64.sqrt();
        let config = Config::Rmsprop { lr: 0.1, alpha: 0.9, eps: 0.0 };
        assert!((three_updates(config) - expected).abs() < 1e-12);
    }

    #[test]
    fn adam() {
        // means .5, 1.25, .125; squares .1, .49, .541, each divided by its bias
        let expected = 1.0
            - 0.1 * (0.5 / 0.5) / (0.1f64 / 0.1).sqrt()
            - 0.1 * (1.25 / 0.75) / (0.49f64 / 0.19).sqrt()
            - 0.1 * (0.125 / 0.875) / (0.541f64 / 0.271).sqrt();
        let config = Config::Adam { lr: 0.1, beta1: 0.5, beta2: 0.9, eps: 0.0 };
        assert!((three_updates(config) - expected).abs() < 1e-9, "{} {expected}", three_updates(config));
    }

    #[test]
    fn a_changed_beta_weighs_from_the_next_update_on_with_its_own_bias() {
        let config = Config::Adam { lr: 0.1, beta1: 0.5, beta2: 0.9, eps: 0.0 };
        let weights = Tensor::from_slice(&[1.0f64]);
        let mut optimizer = Optimizer::new(config, &weights);
        optimizer.update(&weights, &Tensor::from_slice(&[1.0f64]));
        optimizer.set_beta2(0.99);
        optimizer.update(&weights, &Tensor::from_slice(&[2.0f64]));
        let expected = 1.0 - 0.1 - 0.1 * (1.25 / 0.75) / (0.139f64 / (1.0 - 0.99 * 0.99)).sqrt();
        let found = weights.double_value(&[0]);
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }

    #[test]
    fn restart_forgets() {
        let config = Config::Adam { lr: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8 };
        let (weights, gradient) =
            (Tensor::zeros([3], (Kind::Float, tch::Device::Cpu)), Tensor::from_slice(&[1f32, -2., 3.]));
        let mut optimizer = Optimizer::new(config, &weights);
        optimizer.update(&weights, &gradient);
        let once = weights.copy();
        optimizer.restart();
        let _ = weights.shallow_clone().zero_();
        optimizer.update(&weights, &gradient);
        assert_eq!(weights, once);
    }
}
