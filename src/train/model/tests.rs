//! Networks against their formulas.

use super::*;
use crate::config::{Architecture, Init, Mlp, Norm};
use crate::domain::seed::{Stream, rng};

const PLANE: SampleShape = SampleShape::Point { dims: 2 };

fn mlp(hidden: Vec<usize>, activation: Activation) -> Network {
    normalised(hidden, activation, Norm::None)
}

fn normalised(hidden: Vec<usize>, activation: Activation, norm: Norm) -> Network {
    let mlp = Mlp { hidden, activation, pieces: 3, norm, init: Init::Pytorch };
    test_critic(mlp, PLANE)
}

#[test]
fn a_perceptron_is_its_formula() {
    let network = mlp(vec![3], Activation::Tanh);
    assert_eq!(network.params.len(), 2 * 3 + 3 + 3 + 1);
    let w: Vec<f32> = Vec::try_from(network.params.flat()).unwrap();
    let x = [0.4f32, -1.3];
    let mut score = w[12];
    for unit in 0..3 {
        score += w[9 + unit] * (w[2 * unit] * x[0] + w[2 * unit + 1] * x[1] + w[6 + unit]).tanh();
    }
    let out = tch::no_grad(|| network.forward(&Tensor::from_slice(&x).view([1, 2])));
    assert!((out.double_value(&[0, 0]) - score as f64).abs() < 1e-6);
}

#[test]
fn initial_weights_are_within_pytorchs_bound() {
    let network = mlp(vec![64], Activation::Relu);
    let w: Vec<f32> = Vec::try_from(network.params.flat()).unwrap();
    let (first, second) = (1.0 / 2f32.sqrt(), 1.0 / 64f32.sqrt());
    assert!(w[..64 * 3].iter().all(|x| x.abs() <= first));
    assert!(w[64 * 3..].iter().all(|x| x.abs() <= second));
    assert!(w[..64 * 3].iter().any(|x| x.abs() > second));
}

#[test]
fn the_gradient_is_that_of_a_finite_difference() {
    for (activation, norm) in [
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Elu,
        Activation::Silu,
        Activation::Softplus,
        Activation::Maxout,
    ]
    .into_iter()
    .flat_map(|activation| [(activation, Norm::None), (activation, Norm::Batch)])
    {
        let mut network = normalised(vec![5, 4], activation, norm);
        let x = Tensor::from_slice(&[0.3f32, -0.8, 1.2, 0.5, -0.4, 0.9, 0.1, -1.1]).view([4, 2]);
        let loss = network.forward(&x).square().sum(None);
        network.params.backward(&loss, false);
        let gradient: Vec<f32> = Vec::try_from(network.params.gradient()).unwrap();
        for (i, expected) in gradient.iter().enumerate() {
            let h = 1e-3;
            let at = |delta: f64| {
                tch::no_grad(|| {
                    let _ = network.params.flat().get(i as i64).g_add_scalar_(delta);
                    let value = network.forward(&x).square().sum(None).double_value(&[]);
                    let _ = network.params.flat().get(i as i64).g_add_scalar_(-delta);
                    value
                })
            };
            let slope = (at(h) - at(-h)) / (2.0 * h);
            assert!(
                (slope - *expected as f64).abs() < 2e-3 * (1.0 + slope.abs()),
                "{activation:?} {norm:?} {i}: {slope} {expected}"
            );
        }
    }
}

#[test]
fn a_maxout_unit_is_the_largest_of_its_pieces() {
    let network = mlp(vec![2], Activation::Maxout);
    // Six linear functions of two numbers, then one of two units.
    assert_eq!(network.params.len(), 6 * 3 + 3);
    let w: Vec<f32> = Vec::try_from(network.params.flat()).unwrap();
    let x = [0.7f32, -0.2];
    let piece = |i: usize| w[2 * i] * x[0] + w[2 * i + 1] * x[1] + w[12 + i];
    let unit = |j: usize| (3 * j..3 * j + 3).map(piece).fold(f32::NEG_INFINITY, f32::max);
    let expected = w[18] * unit(0) + w[19] * unit(1) + w[20];
    let out = tch::no_grad(|| network.forward(&Tensor::from_slice(&x).view([1, 2])));
    assert!((out.double_value(&[0, 0]) - expected as f64).abs() < 1e-6);
}

#[test]
fn batch_normalisation_is_its_formula_and_stands_one_sample() {
    let network = normalised(vec![1], Activation::Relu, Norm::Batch);
    let w: Vec<f32> = Vec::try_from(network.params.flat()).unwrap();
    assert_eq!((w.len(), w[3], w[4]), (7, 1.0, 0.0));
    let xs = [[0.4f32, 1.0], [-0.9, 0.3], [1.5, -2.0]];
    let inner = xs.map(|x| w[0] * x[0] + w[1] * x[1] + w[2]);
    let mean = inner.iter().sum::<f32>() / 3.0;
    let variance = inner.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 3.0;
    let out = tch::no_grad(|| network.forward(&Tensor::from_slice(&xs.concat()).view([3, 2])));
    for (i, v) in inner.iter().enumerate() {
        let expected = w[5] * ((v - mean) / (variance + 1e-5).sqrt()).max(0.0) + w[6];
        assert!((out.double_value(&[i as i64, 0]) - expected as f64).abs() < 1e-5);
    }
    let alone = tch::no_grad(|| network.forward(&Tensor::from_slice(&xs[0]).view([1, 2])));
    assert!((alone.double_value(&[0, 0]) - w[6] as f64).abs() < 1e-6);
}

#[test]
fn a_packed_critic_is_one_of_points_side_by_side_and_of_pictures_stacked() {
    let data = "data={kind='idx', path='/nowhere'}".to_owned();
    let image = SampleShape::Image { width: 8, height: 8, channels: 3, range: crate::domain::PixelRange::Signed };
    let kinds = ["{hidden=[5]}", "{kind='dcgan', base=2}", "{kind='resnet', widths=[3, 4]}"];
    for (kind, shape) in [(kinds[0], PLANE), (kinds[0], image), (kinds[1], image), (kinds[2], image)] {
        let config = crate::config::load(None, &[data.clone(), format!("critic={kind}")]).unwrap().critic;
        let critic = |config: &Critic, shape| {
            Network::critic(config, shape, &mut rng(3, Stream::Weights, 0), Device::Cpu).unwrap()
        };
        let packed = critic(&Critic { pack: 2, ..config.clone() }, shape);
        // The same weights, for samples of twice the numbers.
        let wide = critic(&config, Critic { pack: 2, ..config.clone() }.packed(shape));
        assert_eq!(packed.params.flat(), wide.params.flat());
        assert_eq!((packed.pack(), wide.pack()), (2, 1));
        let names = |network: &Network| network.named().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names(&packed), names(&wide));
        let samples = Tensor::randn([6, shape.len() as i64], (Kind::Float, Device::Cpu));
        let pairs = match shape {
            SampleShape::Point { .. } => samples.view([3, -1]),
            // The channels of a sample lie last.
            SampleShape::Image { .. } if kind == kinds[0] => samples.view([3, -1]),
            SampleShape::Image { .. } => samples.view([3, 2, 64, 3]).permute([0, 2, 1, 3]).reshape([3, -1]),
        };
        let (scores, expected) = tch::no_grad(|| (packed.forward(&samples), wide.forward(&pairs)));
        assert_eq!(scores.size(), [3, 1]);
        assert!((scores - expected).abs().max().double_value(&[]) < 1e-5, "{kind}");
        let other = samples.flip([0]);
        let [real, fake] = tch::no_grad(|| packed.scores(&samples, &other));
        assert_eq!((real.size(), fake.size()), (vec![3, 1], vec![3, 1]));
    }
}

#[test]
fn noise_has_the_moments_of_its_law() {
    for (prior, variance) in [(Prior::Normal, 1.0), (Prior::Uniform, 1.0 / 3.0)] {
        let mut out = vec![0f32; 100_000];
        fill_noise(prior, &mut rng(5, Stream::Noise, 1), &mut out);
        let mean = out.iter().map(|&x| x as f64).sum::<f64>() / 1e5;
        let square = out.iter().map(|&x| (x as f64).powi(2)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.015 && (square - variance).abs() < 0.02, "{prior:?} {mean} {square}");
    }
}

fn affine(mean: Vec<f64>, scale: Vec<f64>) -> Generator {
    Generator {
        architecture: Architecture::Affine { mean, scale },
        prior: Prior::Normal,
        ema: None,
        steps: 1,
        ends: None,
    }
}

#[test]
fn an_affine_generator_starts_where_it_is_told_or_as_the_identity() {
    let config = affine(vec![], vec![]);
    let network = Network::generator(&config, PLANE, &mut rng(1, Stream::Weights, 0), Device::Cpu).unwrap();
    assert_eq!(network.params.len(), 4);
    let z = Tensor::from_slice(&[0.5f32, -2.0]).view([1, 2]);
    assert_eq!(tch::no_grad(|| network.forward(&z)), z);
    assert_eq!(network.affine(), Some((vec![0.0; 2], vec![1.0; 2])));
    assert_eq!(mlp(vec![], Activation::Relu).affine(), None);
    let config = affine(vec![3.0], vec![0.0, 0.5]);
    let network = Network::generator(&config, PLANE, &mut rng(1, Stream::Weights, 0), Device::Cpu).unwrap();
    assert_eq!(network.affine(), Some((vec![3.0, 0.0], vec![0.0, 0.5])));
}
