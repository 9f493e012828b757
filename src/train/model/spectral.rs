//! The spectral norm of a network's weight matrices (Miyato, Kataoka, Koyama, Yoshida 2018, arXiv:1802.05957).
//!
//! Each matrix W is used as W/σ(W), where σ = uᵀWv is its largest singular value as the power iteration has it: with
//! the kept vector u, v ← Wᵀu/‖Wᵀu‖, u ← Wv/‖Wv‖. The gradient flows through σ, with u and v constant.

use rand_distr::{Distribution, StandardNormal};
use tch::{Device, Tensor, no_grad};

use super::Params;
use crate::domain::seed::Rng;

/// Below it a norm is taken for 0: there is nothing to divide.
const TINY: f64 = 1e-12;

/// The vectors u and v of each matrix, kept from one critic update to the next.
#[derive(Debug)]
pub struct Spectral {
    /// All of them, one after the other: u and v of the first matrix, then of the second.
    vectors: Tensor,
    matrices: Vec<Matrix>,
}

/// One weight matrix and its vectors, which are views of [`Spectral::vectors`].
#[derive(Debug)]
struct Matrix {
    /// Its index among the network's parameters.
    index: usize,
    /// \[out\]
    u: Tensor,
    /// \[in\]
    v: Tensor,
}

impl Spectral {
    /// Vectors for the matrices at `indices` of the parameters, in directions that `rng` draws.
    pub fn new(params: &Params, indices: &[usize], rng: &mut Rng, device: Device) -> Spectral {
        let sizes: Vec<[usize; 2]> = indices
            .iter()
            .map(|&index| {
                let size = params.views()[index].size();
                [size[0] as usize, size[1..].iter().product::<i64>() as usize]
            })
            .collect();
        let mut start = Vec::new();
        for length in sizes.iter().flatten() {
            let vector: Vec<f32> = (0..*length).map(|_| StandardNormal.sample(rng)).collect();
            let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
            start.extend(vector.iter().map(|x| x / norm));
        }
        let vectors = Tensor::from_slice(&start).to_device(device);
        let mut offset = 0;
        let mut next = |length: usize| {
            let view = vectors.narrow(0, offset, length as i64);
            offset += length as i64;
            view
        };
        let matrices =
            indices.iter().zip(&sizes).map(|(&index, &[o, i])| Matrix { index, u: next(o), v: next(i) }).collect();
        Spectral { vectors, matrices }
    }

    /// The same vectors for another thread.
    pub fn shared(&self) -> Spectral {
        let matrix =
            |Matrix { index, u, v }: &Matrix| Matrix { index: *index, u: u.shallow_clone(), v: v.shallow_clone() };
        Spectral { vectors: self.vectors.shallow_clone(), matrices: self.matrices.iter().map(matrix).collect() }
    }

    /// All vectors as one, \[Σ(out + in)\]: a part of the run's state. Changing it in place changes the norms.
    pub fn vectors(&self) -> &Tensor {
        &self.vectors
    }

    /// One power iteration on every matrix, in place. The vectors of a matrix of zeros stay.
    pub fn iterate(&mut self, params: &Params) {
        no_grad(|| {
            for Matrix { index, u, v } in &mut self.matrices {
                let weights = params.views()[*index].flatten(1, -1);
                turn(v, &weights.tr().mv(u));
                turn(u, &weights.mv(v));
            }
        });
    }

    /// The parameters with W/σ in place of each matrix W, in a graph that leads to the parameters.
    pub fn normalised(&self, params: &Params) -> Vec<Tensor> {
        let mut views: Vec<Tensor> = params.views().iter().map(Tensor::shallow_clone).collect();
        for Matrix { index, u, v } in &self.matrices {
            let weights = &params.views()[*index];
            let sigma = weights.flatten(1, -1).mv(v).dot(u);
            views[*index] = weights / sigma.clamp_min(TINY);
        }
        views
    }
}

/// Turns a unit vector, in place, into the direction of `image`, if that has one.
fn turn(vector: &mut Tensor, image: &Tensor) {
    let norm = image.norm();
    let unit = image / norm.clamp_min(TINY);
    vector.copy_(&unit.where_self(&norm.gt(TINY), vector));
}

#[cfg(test)]
mod tests {
    use super::super::Network;
    use super::*;
    use crate::config::{Activation, Init, Mlp, Norm};
    use crate::domain::SampleShape;
    use crate::domain::seed::{Stream, rng};

    fn critic(hidden: Vec<usize>) -> Network {
        let mlp = Mlp { hidden, activation: Activation::Tanh, pieces: 2, norm: Norm::None, init: Init::Pytorch };
        crate::train::model::test_critic(mlp, SampleShape::Point { dims: 2 })
    }

    fn normalise(network: &mut Network, iterations: usize) {
        network.normalise_spectrum(&mut rng(3, Stream::Spectral, 0), iterations);
    }

    #[test]
    fn the_largest_singular_value_of_every_matrix_in_use_is_one() {
        let mut network = critic(vec![24, 16]);
        normalise(&mut network, 300);
        let spectral = network.spectral.as_ref().unwrap();
        let used = spectral.normalised(&network.params);
        let matrices: Vec<&Tensor> = used.iter().filter(|view| view.dim() == 2).collect();
        assert_eq!(matrices.len(), 3);
        for matrix in matrices {
            let largest = matrix.svd(true, false).1.max().double_value(&[]);
            assert!((largest - 1.0).abs() < 1e-4, "{largest}");
        }
        // Biases are used as they are.
        for (used, own) in used.iter().zip(network.params.views()).filter(|(view, _)| view.dim() == 1) {
            assert_eq!(used, own);
        }
        assert_eq!(spectral.vectors().size(), [(24 + 2) + (16 + 24) + (1 + 16)]);
    }

    #[test]
    fn a_few_iterations_are_near_enough_and_never_above() {
        let mut network = critic(vec![64, 64]);
        normalise(&mut network, 20);
        let used = network.spectral.as_ref().unwrap().normalised(&network.params);
        for matrix in used.iter().filter(|view| view.dim() == 2) {
            let largest = matrix.svd(true, false).1.max().double_value(&[]);
            assert!((1.0 - 1e-5..1.05).contains(&largest), "{largest}");
        }
    }

    #[test]
    fn the_gradient_flows_through_the_norm() {
        let mut network = critic(vec![6]);
        normalise(&mut network, 50);
        let x = Tensor::from_slice(&[0.3f32, -0.8, 1.2, 0.5, -0.4, 0.9]).view([3, 2]);
        let loss = network.forward(&x).square().sum(None);
        network.params.backward(&loss, false);
        let gradient: Vec<f32> = Vec::try_from(network.params.gradient()).unwrap();
        for (i, expected) in gradient.iter().enumerate() {
            let at = |delta: f64| {
                no_grad(|| {
                    let _ = network.params.flat().get(i as i64).g_add_scalar_(delta);
                    let value = network.forward(&x).square().sum(None).double_value(&[]);
                    let _ = network.params.flat().get(i as i64).g_add_scalar_(-delta);
                    value
                })
            };
            let slope = (at(1e-3) - at(-1e-3)) / 2e-3;
            assert!((slope - *expected as f64).abs() < 2e-3 * (1.0 + slope.abs()), "{i}: {slope} {expected}");
        }
        // A matrix may grow without a change of the critic: its gradient is orthogonal to it.
        let along = (&network.params.gradient().narrow(0, 0, 12) * network.params.flat().narrow(0, 0, 12)).sum(None);
        assert!(along.double_value(&[]).abs() < 1e-4);
    }

    #[test]
    fn a_matrix_of_zeros_leaves_its_vectors_and_makes_nothing_infinite() {
        let mut network = critic(vec![4]);
        let _ = no_grad(|| network.params.flat().shallow_clone().zero_());
        normalise(&mut network, 0);
        let start = network.spectral.as_ref().unwrap().vectors().copy();
        network.iterate_spectrum();
        assert_eq!(network.spectral.as_ref().unwrap().vectors(), &start);
        let loss = network.forward(&Tensor::from_slice(&[1f32, 2.0]).view([1, 2])).sum(None);
        network.params.backward(&loss, false);
        assert!(network.params.gradient().isfinite().all().int64_value(&[]) == 1);
    }
}
