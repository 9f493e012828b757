//! The same updates on slices, each one loop over all weights.

use pulp::Arch;

use super::{Config, Optimizer};

impl Optimizer {
    /// Descends along `gradient`, as [`Optimizer::update`] does, with moments, \[k, n\], that are the caller's.
    pub fn update_slices(&mut self, weights: &mut [f32], gradient: &[f32], moments: &mut [f32]) {
        self.updates += 1;
        let (mean, square) = moments.split_at_mut(moments.len().min(weights.len()));
        let lr = self.lr as f32;
        match self.config {
            Config::Sgd { momentum: 0.0, .. } => each(weights, gradient, |w, g| *w -= lr * g),
            Config::Sgd { momentum, .. } => {
                let momentum = momentum as f32;
                each_with(weights, gradient, mean, |w, g, velocity| {
                    *velocity = *velocity * momentum + g;
                    *w -= lr * *velocity;
                });
            }
            Config::Rmsprop { alpha, eps, .. } => {
                let (rest, eps) = ((1.0 - alpha) as f32, eps as f32);
                each_with(weights, gradient, mean, |w, g, square| {
                    *square += rest * (g * g - *square);
                    *w -= lr * (g / (square.sqrt() + eps));
                });
            }
            Config::Adam { beta1, beta2, eps, .. } => {
                let [bias1, bias2] = [beta1, beta2].map(|beta| 1.0 - beta.powf(self.updates as f64));
                let (rest1, rest2) = ((1.0 - beta1) as f32, (1.0 - beta2) as f32);
                let (lr, root, eps) = ((self.lr / bias1) as f32, (1.0 / bias2.sqrt()) as f32, eps as f32);
                each_with_both(weights, gradient, mean, square, |w, g, mean, square| {
                    *mean += rest1 * (g - *mean);
                    *square += rest2 * (g * g - *square);
                    *w -= lr * (*mean / (square.sqrt() * root + eps));
                });
            }
        }
    }
}

#[inline(always)]
fn each(weights: &mut [f32], gradient: &[f32], update: impl Fn(&mut f32, f32)) {
    Arch::new().dispatch(
        #[inline(always)]
        || weights.iter_mut().zip(gradient).for_each(|(w, &g)| update(w, g)),
    );
}

#[inline(always)]
fn each_with(weights: &mut [f32], gradient: &[f32], moment: &mut [f32], update: impl Fn(&mut f32, f32, &mut f32)) {
    Arch::new().dispatch(
        #[inline(always)]
        || weights.iter_mut().zip(gradient).zip(moment).for_each(|((w, &g), moment)| update(w, g, moment)),
    );
}

#[inline(always)]
fn each_with_both(
    weights: &mut [f32],
    gradient: &[f32],
    mean: &mut [f32],
    square: &mut [f32],
    update: impl Fn(&mut f32, f32, &mut f32, &mut f32),
) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let moments = mean.iter_mut().zip(square);
            weights.iter_mut().zip(gradient).zip(moments).for_each(|((w, &g), (m, s))| update(w, g, m, s));
        },
    );
}

#[cfg(test)]
mod tests {
    use tch::Tensor;

    use super::*;

    #[test]
    fn slices_and_tensors_are_updated_alike() {
        for config in [
            Config::Sgd { lr: 0.1, momentum: 0.0 },
            Config::Sgd { lr: 0.1, momentum: 0.9 },
            Config::Rmsprop { lr: 0.01, alpha: 0.99, eps: 1e-8 },
            Config::Adam { lr: 0.01, beta1: 0.5, beta2: 0.9, eps: 1e-8 },
        ] {
            let mut weights: Vec<f32> = (0..37).map(|i| (i as f32 * 0.7).sin()).collect();
            let tensor = Tensor::from_slice(&weights);
            let (mut on_slices, mut on_tensors) = (Optimizer::new(config, &tensor), Optimizer::new(config, &tensor));
            let mut moments = vec![0.0; on_slices.moments().numel()];
            for round in 1..=5 {
                let gradient: Vec<f32> = (0..37).map(|i| ((i * round) as f32).cos()).collect();
                on_slices.update_slices(&mut weights, &gradient, &mut moments);
                on_tensors.update(&tensor, &Tensor::from_slice(&gradient));
            }
            assert_eq!(on_slices.updates(), on_tensors.updates());
            for (slices, tensors) in [(&weights, &tensor), (&moments, on_tensors.moments())] {
                let tensors: Vec<f32> = Vec::try_from(tensors.reshape([-1])).unwrap();
                for (a, b) in slices.iter().zip(&tensors) {
                    assert!((a - b).abs() <= 1e-6 * (1.0 + b.abs()), "{config:?}: {a} {b}");
                }
            }
        }
    }
}
