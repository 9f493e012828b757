//! Penalties on the critic's slope: scalars that its loss grows by, with a graph that leads to its weights.

use rand::Rng as _;
use tch::Tensor;

use super::model::Network;
use crate::config::Constraint;
use crate::domain::seed::Rng;
use crate::theory::objective::{Dual, Real, Slope};

/// The slopes ‖∇V(x)‖ of the critic's score at `points`, \[n, sample\]: one norm a score, over all coordinates of its point
/// or pack, \[n\], in a graph that leads to the weights. At a slope of 0 the norm's derivative is taken for 0.
fn slopes(critic: &Network, points: &Tensor) -> Tensor {
    let points = points.detach().set_requires_grad(true);
    let scores = critic.forward(&points);
    // A score depends on its own point only, so the gradient of their sum has each one's own gradient as a row.
    let n = scores.size()[0];
    let gradients = Tensor::run_backward(&[scores], &[points], true, true);
    gradients[0].reshape([n, -1]).norm_scalaropt_dim(2, [1i64].as_slice(), false)
}

/// Fills `shares` with the ε of [`penalty`]'s points, uniform in \[0, 1).
pub fn fill_shares(rng: &mut Rng, shares: &mut [f32]) {
    shares.fill_with(|| rng.gen_range(0.0..1.0));
}

/// The penalty of `constraint` in the critic's loss for a point at which the critic has this slope; nothing where it is
/// no penalty.
///
/// * The gradient penalty, λ(‖∇V(x̂)‖ − 1)² (Gulrajani and others 2017, arXiv:1704.00028).
/// * R1, γ/2·‖∇V(x)‖² (Mescheder, Geiger, Nowozin 2018, arXiv:1801.04406).
fn term<R: Real>(constraint: Constraint, slope: &R) -> Option<R> {
    match constraint {
        Constraint::None | Constraint::Clip { .. } | Constraint::SpectralNorm => None,
        Constraint::GradientPenalty { lambda } => Some(slope.shifted(-1.0).squared().times(lambda)),
        Constraint::R1 { gamma } => Some(slope.squared().times(gamma / 2.0)),
    }
}

/// The penalty of `constraint` for a point at which the critic's score has this gradient. Writes `share` times the
/// derivative with respect to it over it. At a slope of 0 the norm's derivative is taken for 0.
pub fn penalty_grad(constraint: Constraint, gradient: &mut [f32], share: f64) -> f64 {
    let slope = gradient.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
    let Some(Dual { value, slope: grad }) = term(constraint, &Dual::variable(slope)) else { return 0.0 };
    let (Slope::Constant(grad) | Slope::Varying(grad)) = grad;
    let scale = if slope == 0.0 { 0.0 } else { share * grad / slope };
    gradient.iter_mut().for_each(|g| *g = (scale * f64::from(*g)) as f32);
    value
}

/// A point on the line from each generated sample to the real one beside it: x̂ = εx + (1 − ε)x̃, with the ε in
/// `shares`, of which all samples of a pack have its first.
fn between(real: &Tensor, fake: &Tensor, shares: &[f32], pack: i64) -> Tensor {
    let mut shares = Tensor::from_slice(shares).view([-1, 1]).to_device(real.device());
    if pack > 1 {
        shares = shares.slice(0, None, None, pack).repeat_interleave_self_int(pack, 0, None);
    }
    fake + shares * (real - fake)
}

/// The penalty of `constraint` in the critic's loss on these samples, \[batch, sample\] each; nothing where it is no
/// penalty: the mean over points between them, at these `shares` of the way, \[batch\], or for R1 over the real ones.
pub fn penalty(
    constraint: &Constraint,
    critic: &Network,
    real: &Tensor,
    fake: &Tensor,
    shares: &[f32],
) -> Option<Tensor> {
    let slopes = match constraint {
        Constraint::None | Constraint::Clip { .. } | Constraint::SpectralNorm => return None,
        Constraint::GradientPenalty { .. } => {
            slopes(critic, &between(&real.detach(), &fake.detach(), shares, critic.pack()))
        }
        Constraint::R1 { .. } => slopes(critic, real),
    };
    term(*constraint, &slopes).map(|penalties| penalties.mean(None))
}

#[cfg(test)]
mod tests {
    use tch::{Device, no_grad};

    use super::*;
    use crate::config::{Activation, Init, Mlp, Norm};
    use crate::domain::SampleShape;
    use crate::domain::seed::{Stream, rng};

    const ACTIVATIONS: [Activation; 7] = [
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Elu,
        Activation::Silu,
        Activation::Softplus,
    ];

    fn critic(hidden: &[usize], activation: Activation) -> Network {
        let mlp = Mlp { hidden: hidden.to_vec(), activation, pieces: 2, norm: Norm::None, init: Init::Pytorch };
        crate::train::model::test_critic(mlp, SampleShape::Point { dims: 2 })
    }

    fn samples() -> (Tensor, Tensor) {
        let real = Tensor::from_slice(&[0.3f32, -0.8, 1.2, 0.5, -0.4, 0.9]).view([3, 2]);
        (real, Tensor::from_slice(&[-1.1f32, 0.2, 0.7, 1.6, 0.1, -0.5]).view([3, 2]))
    }

    fn shares(n: usize) -> Vec<f32> {
        let mut shares = vec![0.0; n];
        fill_shares(&mut rng(1, Stream::Penalty, 1), &mut shares);
        shares
    }

    fn of(constraint: Constraint, network: &Network) -> Tensor {
        let (real, fake) = samples();
        penalty(&constraint, network, &real, &fake, &shares(3)).unwrap()
    }

    fn host(tensor: &Tensor) -> Vec<f32> {
        Vec::try_from(&tensor.reshape([-1])).unwrap()
    }

    /// The slope at a point, by finite differences of the score.
    fn slope_by_differences(network: &Network, x: f32, y: f32) -> f64 {
        let h = 1e-3f32;
        let at =
            |x: f32, y: f32| no_grad(|| network.forward(&Tensor::from_slice(&[x, y]).view([1, 2]))).double_value(&[0]);
        let step = 2.0 * h as f64;
        ((at(x + h, y) - at(x - h, y)) / step).hypot((at(x, y + h) - at(x, y - h)) / step)
    }

    #[test]
    fn the_penalty_of_packs_is_that_of_points_of_as_many_coordinates() {
        let mlp =
            Mlp { hidden: vec![6], activation: Activation::Tanh, pieces: 2, norm: Norm::None, init: Init::Pytorch };
        let wide = crate::train::model::test_critic(mlp, SampleShape::Point { dims: 4 });
        let config = crate::config::load(None, &["critic={hidden=[6], activation='tanh', pack=2}".to_owned()]);
        let mut random = rng(3, Stream::Weights, 0);
        let plane = SampleShape::Point { dims: 2 };
        let packed = Network::critic(&config.unwrap().critic, plane, &mut random, Device::Cpu).unwrap();
        assert_eq!(packed.params.flat(), wide.params.flat());
        let samples = |seed: i64| (Tensor::arange(8, (tch::Kind::Float, Device::Cpu)) * 0.7 + seed).sin().view([4, 2]);
        let (real, fake) = (samples(1), samples(5));
        for constraint in [Constraint::GradientPenalty { lambda: 2.0 }, Constraint::R1 { gamma: 3.0 }] {
            let of = |critic: &Network, real: &Tensor, fake: &Tensor, shares: &[f32]| {
                penalty(&constraint, critic, real, fake, shares).unwrap().double_value(&[])
            };
            let found = of(&packed, &real, &fake, &[0.2, 0.9, 0.7, 0.1]);
            let expected = of(&wide, &real.view([2, 4]), &fake.view([2, 4]), &[0.2, 0.7]);
            assert!((found - expected).abs() < 1e-6, "{constraint}: {found} {expected}");
        }
    }

    #[test]
    fn there_is_a_slope_a_sample() {
        for activation in ACTIVATIONS {
            let network = critic(&[6, 5], activation);
            let (real, _) = samples();
            let found = host(&slopes(&network, &real));
            let expected: Vec<f64> =
                host(&real).chunks(2).map(|point| slope_by_differences(&network, point[0], point[1])).collect();
            assert_eq!(found.len(), 3);
            for (slope, expected) in found.iter().zip(&expected) {
                assert!((*slope as f64 - expected).abs() < 1e-3, "{activation:?} {found:?} {expected:?}");
            }
            // Were the norm taken over the whole batch, these two would be the same.
            let mean = expected.iter().map(|s| (s - 1.0).powi(2)).sum::<f64>() / 3.0;
            let whole = (expected.iter().map(|s| s * s).sum::<f64>().sqrt() - 1.0).powi(2);
            let r1 = expected.iter().map(|s| s * s).sum::<f64>() / 3.0;
            let both = Tensor::cat(&[&real], 0);
            let constraint = Constraint::GradientPenalty { lambda: 1.0 };
            let penalised = penalty(&constraint, &network, &both, &both, &shares(3)).unwrap();
            assert!((penalised.double_value(&[]) - mean).abs() < 3e-3 && (mean - whole).abs() > 1e-2, "{activation:?}");
            let r1_found = of(Constraint::R1 { gamma: 3.0 }, &network).double_value(&[]);
            assert!((r1_found - 1.5 * r1).abs() < 3e-3, "{activation:?} {r1_found} {r1}");
        }
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        for activation in ACTIVATIONS {
            for constraint in [Constraint::GradientPenalty { lambda: 2.0 }, Constraint::R1 { gamma: 2.0 }] {
                let mut network = critic(&[5, 4], activation);
                // The last bias is in no penalty; another term brings it into the graph, as the bound does.
                let loss = of(constraint, &network) + network.forward(&samples().0).sum(None) * 0.0;
                network.params.backward(&loss, false);
                for (i, expected) in host(network.params.gradient()).into_iter().enumerate() {
                    let at = |delta: f64| {
                        let _ = no_grad(|| network.params.flat().get(i as i64).g_add_scalar_(delta));
                        let value = of(constraint, &network).double_value(&[]);
                        let _ = no_grad(|| network.params.flat().get(i as i64).g_add_scalar_(-delta));
                        value
                    };
                    // Single precision: a step this wide keeps the rounding below a thousandth of the slope, and
                    // crosses no kink at these weights.
                    let slope = (at(2e-3) - at(-2e-3)) / 4e-3;
                    assert!(
                        (slope - expected as f64).abs() < 3e-3 * (1.0 + slope.abs()),
                        "{activation:?} {constraint} {i}: {slope} {expected}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_flat_critic_has_a_finite_gradient() {
        for activation in ACTIVATIONS {
            for constraint in [Constraint::GradientPenalty { lambda: 2.0 }, Constraint::R1 { gamma: 2.0 }] {
                let mut network = critic(&[5, 4], activation);
                let _ = no_grad(|| network.params.flat().shallow_clone().zero_());
                let found = of(constraint, &network);
                let expected = if constraint == (Constraint::R1 { gamma: 2.0 }) { 0.0 } else { 2.0 };
                assert_eq!(found.double_value(&[]), expected);
                let loss = found + network.forward(&samples().0).sum(None) * 0.0;
                network.params.backward(&loss, false);
                assert!(host(network.params.gradient()).iter().all(|g| g.is_finite()), "{activation:?} {constraint}");
            }
        }
    }

    #[test]
    fn points_lie_between_their_samples_each_at_its_own_share() {
        let (real, fake) = (
            Tensor::ones([500, 3], (tch::Kind::Float, Device::Cpu)),
            Tensor::zeros([500, 3], (tch::Kind::Float, Device::Cpu)),
        );
        let points = host(&between(&real, &fake, &shares(500), 1));
        assert!(points.chunks(3).all(|point| point[0] == point[1] && point[1] == point[2]));
        assert!(points.iter().all(|share| (0.0..1.0).contains(share)));
        let mean = points.iter().sum::<f32>() / 1500.0;
        let square = points.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 1500.0;
        assert!((mean - 0.5).abs() < 0.05 && (square - 1.0 / 12.0).abs() < 0.01, "{mean} {square}");
    }
}
