//! The exponential moving average of a generator's weights, which makes better samples than the weights themselves do.

use tch::{Tensor, no_grad};

use super::guard::Guard;
use super::model::Network;

/// While a run is young, the half-life is this share of the images seen, if that is less: what the first steps left
/// would stay too long otherwise (Karras and others 2020, arXiv:2006.06676, `ema_rampup`).
const RAMP: f64 = 0.05;

/// A generator's average.
#[derive(Debug)]
pub struct Average {
    network: Network,
    /// In images.
    half_life: f64,
}

impl Average {
    /// The average of a generator that has made no step.
    pub fn new(generator: &Network, half_life: f64) -> Average {
        Average { network: generator.twin(), half_life }
    }

    /// The generator with the averaged weights.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Sets the half-life from the next step on, in images.
    pub fn set_half_life(&mut self, half_life: f64) {
        self.half_life = half_life;
    }

    /// Goes along with the weights that a step of so many images left, \[n\], where `guard` has let its update through;
    /// `seen` are the images of the steps before it.
    pub fn follow(&self, weights: &Tensor, seen: f64, images: f64, guard: &Guard) {
        let kept = kept(self.half_life, seen, images);
        let average = self.network.params.flat();
        guard.follow([average], || {
            let _ = no_grad(|| average.shallow_clone().lerp_(weights, 1.0 - kept));
        });
    }
}

/// The share of the average that a step of so many images keeps: β = ½^(images / half-life).
fn kept(half_life: f64, seen: f64, images: f64) -> f64 {
    0.5f64.powf(images / half_life.min(RAMP * seen).max(f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_average_is_gone_after_its_half_life() {
        // Long after the start.
        let whole: f64 = (0..10).map(|step| kept(640.0, 1e6 + 64.0 * step as f64, 64.0)).product();
        assert!((whole - 0.5).abs() < 1e-12);
        // Nothing is kept of the initial weights, and little of the next: a half-life of a twentieth of 64 images.
        assert_eq!(kept(1e4, 0.0, 64.0), 0.0);
        assert!((kept(1e4, 64.0, 64.0) - 0.5f64.powf(20.0)).abs() < 1e-12);
        assert!((kept(1e4, 64e3, 64.0) - 0.5f64.powf(64.0 / 3200.0)).abs() < 1e-12);
        assert_eq!(kept(1e4, 1e6, 64.0), kept(1e4, 1e9, 64.0));
    }
}
