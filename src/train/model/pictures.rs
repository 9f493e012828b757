//! The properties of layers of networks for images: gradients, names, sizes, initial weights.

use tch::{Device, Kind, Tensor, no_grad};

use super::{Layer, Network};
use crate::config::{self, Activation, Config, Misfit};
use crate::domain::seed::{Rng, Stream, rng};
use crate::domain::{PixelRange, SampleShape};

const SMALL: SampleShape = SampleShape::Image { width: 8, height: 12, channels: 3, range: PixelRange::Signed };

const SMALL_SQUARE: SampleShape = SampleShape::Image { width: 8, height: 8, channels: 3, range: PixelRange::Signed };

fn config(generator: &str, critic: &str) -> Config {
    let (generator, critic) = (format!("kind='dcgan', base=2, {generator}"), format!("kind='dcgan', base=2, {critic}"));
    of(&generator, &critic)
}

/// Two networks for images by their keys.
fn of(generator: &str, critic: &str) -> Config {
    let sets = [
        "data={kind='idx', path='/nowhere'}".to_owned(),
        format!("generator={{latent=3, {generator}}}"),
        format!("critic={{{critic}}}"),
    ];
    config::load(None, &sets).unwrap()
}

fn random() -> Rng {
    rng(5, Stream::Weights, 0)
}

fn networks(config: &Config, shape: SampleShape) -> Result<[Network; 2], Misfit> {
    let mut rng = random();
    let generator = Network::generator(&config.generator, shape, &mut rng, Device::Cpu)?;
    Ok([generator, Network::critic(&config.critic, shape, &mut rng, Device::Cpu)?])
}

fn inputs(n: i64, width: usize) -> Tensor {
    let numbers: Vec<f64> = (0..n as usize * width).map(|i| (i as f64 * 1.7).sin() * 1.3).collect();
    Tensor::from_slice(&numbers).view([n, width as i64])
}

/// Compares the gradients of Σ y²·(a number of its own) with finite differences, in double precision.
fn check(network: &Network, width: usize, what: &str) {
    let mut network = network.doubled();
    // Away from where initial weights make everything small, or a gradient vanish.
    let n = network.params.len();
    let moved: Vec<f64> = (0..n).map(|i| (i as f64 * 0.9).cos() * 0.3).collect();
    let _ = no_grad(|| network.params.flat().shallow_clone().g_add_(&Tensor::from_slice(&moved)));
    let x = inputs(3, width).set_requires_grad(true);
    let loss = |network: &Network, x: &Tensor| {
        let y = network.forward(x);
        let shares = Tensor::arange(y.numel() as i64, (Kind::Double, Device::Cpu)).sin().view_as(&y);
        (y.square() * shares).sum(None)
    };
    let value = loss(&network, &x);
    let input_gradient = Tensor::run_backward(&[&value], &[&x], true, false).remove(0);
    network.params.backward(&value, false);
    let compare = |numbers: &Tensor, gradient: &Tensor, of: &str| {
        let (numbers, gradient) = (numbers.detach().view([-1]), gradient.reshape([-1]));
        let scale = gradient.abs().max().double_value(&[]);
        let n = numbers.size()[0];
        for i in (0..n).step_by((n as usize / 50).max(1)) {
            let at = |delta: f64| {
                no_grad(|| {
                    let _ = numbers.get(i).g_add_scalar_(delta);
                    let value = loss(&network, &x).double_value(&[]);
                    let _ = numbers.get(i).g_add_scalar_(-delta);
                    value
                })
            };
            let slope = (at(1e-6) - at(-1e-6)) / 2e-6;
            let found = gradient.double_value(&[i]);
            assert!((slope - found).abs() < 1e-6 * (1.0 + scale), "{what}, {of} {i}: {slope} {found}");
        }
    };
    compare(network.params.flat(), network.params.gradient(), "weight");
    compare(&x, &input_gradient, "input");
}

#[test]
fn the_gradients_of_every_layer_are_those_of_finite_differences() {
    for (generator, critic) in [
        ("norm='batch'", "norm='batch', activation='tanh'"),
        ("norm='layer', kernel=5", "norm='layer', kernel=5, activation='silu'"),
        ("norm='instance', up='nearest'", "norm='instance', activation='softplus'"),
        ("norm='none', up='nearest', kernel=5, activation='silu'", "norm='none'"),
        ("activation='maxout', pieces=2, init='orthogonal'", "activation='maxout', pieces=3, init='xavier'"),
    ] {
        let config = config(generator, critic);
        // Two halvings in the one direction, so that there is a norm in the critic.
        let shape = SampleShape::Image { width: 16, height: 24, channels: 1, range: PixelRange::Signed };
        let [generator_of, critic_of] = networks(&config, shape).unwrap();
        check(&generator_of, 3, generator);
        check(&critic_of, shape.len(), critic);
    }
}

#[test]
fn the_gradients_of_residual_blocks_are_those_of_finite_differences() {
    for (generator, critic) in [
        ("norm='batch', widths=[3, 2]", "pooling='sum', widths=[2, 3, 3], activation='softplus'"),
        ("norm='layer', widths=[2, 3], activation='silu'", "pooling='mean', widths=[2, 3], norm='layer', down=1"),
        ("norm='none', widths=[2, 2]", "norm='instance', widths=[3, 3], down=0, activation='tanh'"),
    ] {
        let config = of(&format!("kind='resnet', {generator}"), &format!("kind='resnet', {critic}"));
        let [generator_of, critic_of] = networks(&config, SMALL).unwrap();
        check(&generator_of, 3, generator);
        check(&critic_of, SMALL.len(), critic);
    }
}

#[test]
fn parameters_of_residual_blocks_have_the_names_of_nested_modules() {
    let config = of("kind='resnet', widths=[4, 2]", "kind='resnet', widths=[2, 4, 4], down=1");
    let [generator, critic] = networks(&config, SMALL_SQUARE).unwrap();
    let named = |network: &Network| -> Vec<String> { network.named().into_iter().map(|(name, _)| name).collect() };
    // Linear, Unflatten, block of (norm, ReLU, Upsample, conv, norm, ReLU, conv) and (conv, Upsample), norm, ReLU, conv
    let expected = [
        "0.weight",
        "0.bias",
        "2.body.0.weight",
        "2.body.0.bias",
        "2.body.3.weight",
        "2.body.4.weight",
        "2.body.4.bias",
        "2.body.6.weight",
        "2.body.6.bias",
        "2.shortcut.0.weight",
        "2.shortcut.0.bias",
        "3.weight",
        "3.bias",
        "5.weight",
        "5.bias",
    ];
    assert_eq!(named(&generator), expected);
    // block of (conv, ReLU, conv, mean) and (mean, conv); of (ReLU, conv, ReLU, conv) and (conv); and one without a
    // second path; ReLU, sum, Linear
    let expected = [
        "0.body.0.weight",
        "0.body.0.bias",
        "0.body.2.weight",
        "0.body.2.bias",
        "0.shortcut.1.weight",
        "0.shortcut.1.bias",
        "1.body.1.weight",
        "1.body.1.bias",
        "1.body.3.weight",
        "1.body.3.bias",
        "1.shortcut.0.weight",
        "1.shortcut.0.bias",
        "2.body.1.weight",
        "2.body.1.bias",
        "2.body.3.weight",
        "2.body.3.bias",
        "5.weight",
        "5.bias",
    ];
    assert_eq!(named(&critic), expected);
    // Every one that is a matrix has its spectral norm.
    let mut critic = critic;
    critic.normalise_spectrum(&mut random(), 300);
    let used = critic.spectral.as_ref().unwrap().normalised(&critic.params);
    for ((name, own), used) in critic.named().iter().zip(&used) {
        let matrix = (own.dim() > 1).then(|| used.flatten(1, -1));
        let largest = matrix.map_or(1.0, |matrix| matrix.svd(true, false).1.max().double_value(&[]));
        assert!((largest - 1.0).abs() < 1e-3, "{name}: {largest}");
    }
    for (network, least) in
        [(&generator, config.generator.weights(SMALL_SQUARE)), (&critic, config.critic.weights(SMALL_SQUARE))]
    {
        assert!(least > 0 && least <= network.params.len());
    }
}

#[test]
fn the_penalties_differentiate_twice() {
    for norm in ["none", "layer", "instance", "batch"] {
        for constraint in ["{kind='gradient-penalty', lambda=2.0}", "{kind='r1', gamma=3.0}"] {
            penalty_differentiates_twice(&config("", &format!("activation='softplus', norm='{norm}'")), constraint);
            let critic = format!("kind='resnet', widths=[2, 2], activation='softplus', norm='{norm}'");
            penalty_differentiates_twice(&of("", &critic), constraint);
        }
    }
}

fn penalty_differentiates_twice(config: &Config, constraint: &str) {
    let what = format!("{:?}", config.critic.architecture);
    let sets = [format!("constraint={constraint}")];
    let constraint = config::load(None, &sets).unwrap().constraint;
    let mut critic = networks(config, SMALL).unwrap()[1].doubled();
    let (real, fake) = (inputs(4, SMALL.len()), inputs(4, SMALL.len()).flip([0]) * 0.7);
    let at = |critic: &Network| {
        let penalty = crate::train::penalty::penalty(&constraint, critic, &real, &fake, &[0.2, 0.9, 0.4, 0.6]);
        // A term of every weight's own, for those that the slope does not depend on.
        penalty.unwrap() + critic.forward(&real).square().sum(None)
    };
    let value = at(&critic);
    critic.params.backward(&value, false);
    let gradient: Vec<f64> = Vec::try_from(critic.params.gradient()).unwrap();
    for i in (0..gradient.len()).step_by(gradient.len() / 10) {
        let moved = |delta: f64| {
            let _ = no_grad(|| critic.params.flat().get(i as i64).g_add_scalar_(delta));
            let value = at(&critic).double_value(&[]);
            let _ = no_grad(|| critic.params.flat().get(i as i64).g_add_scalar_(-delta));
            value
        };
        let slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
        let apart = (slope - gradient[i]).abs();
        assert!(apart < 1e-5 * (1.0 + slope.abs()), "{what} {constraint} {i}: {slope} {}", gradient[i]);
    }
}

#[test]
fn parameters_have_the_names_and_shapes_of_pytorchs_modules() {
    let named = |network: &Network| -> Vec<String> {
        let text = |(name, tensor): (String, Tensor)| format!("{name} {:?}", tensor.size());
        network.named().into_iter().map(text).collect()
    };
    let shape = SampleShape::Image { width: 28, height: 28, channels: 1, range: PixelRange::Signed };
    let [generator, critic] = networks(&config("kernel=5", ""), shape).unwrap();
    // Linear, Unflatten, BatchNorm2d, ReLU, ConvTranspose2d, BatchNorm2d, ReLU, ConvTranspose2d, Tanh
    let expected = [
        "0.weight [196, 3]",
        "0.bias [196]",
        "2.weight [4]",
        "2.bias [4]",
        "4.weight [4, 2, 5, 5]",
        "5.weight [2]",
        "5.bias [2]",
        "7.weight [2, 1, 5, 5]",
        "7.bias [1]",
    ];
    assert_eq!(named(&generator), expected);
    // Conv2d, LeakyReLU, Conv2d, BatchNorm2d, LeakyReLU, Flatten, Linear
    let expected = [
        "0.weight [2, 1, 4, 4]",
        "0.bias [2]",
        "2.weight [4, 2, 4, 4]",
        "3.weight [4]",
        "3.bias [4]",
        "6.weight [1, 196]",
        "6.bias [1]",
    ];
    assert_eq!(named(&critic), expected);
}

#[test]
fn every_size_that_fits_comes_out_and_goes_in() {
    for up in ["transposed", "nearest"] {
        for (kernel, width, height, channels) in [(4, 8, 8, 1), (5, 28, 28, 1), (4, 16, 36, 3), (5, 10, 64, 2)] {
            let shape = SampleShape::Image { width, height, channels, range: PixelRange::Signed };
            let config = config(&format!("kernel={kernel}, up='{up}'"), &format!("kernel={kernel}"));
            let Ok([generator, critic]) = networks(&config, shape) else {
                assert_eq!((width, height), (10, 64), "10 is halved once, which leaves 32 of 64");
                continue;
            };
            let samples = no_grad(|| generator.forward(&inputs(5, 3).to_kind(Kind::Float)));
            assert_eq!(samples.size(), [5, shape.len() as i64]);
            assert_eq!(no_grad(|| critic.forward(&samples)).size(), [5, 1]);
            let held = |network: &Network| network.params.len();
            assert!(config.generator.weights(shape) <= held(&generator) && config.critic.weights(shape) > 0);
            assert!(config.critic.weights(shape) <= held(&critic) && config.generator.weights(shape) > 0);
        }
    }
}

#[test]
fn pixels_keep_their_places() {
    // A critic whose first kernel looks at one channel of one pixel of each 2×2 square, and passes it on.
    let config = config("", "norm='none', activation='relu'");
    let mut critic = networks(&config, SMALL).unwrap().into_iter().nth(1).unwrap();
    assert_eq!(config.critic.architecture.mlp(), None);
    let _ = no_grad(|| critic.params.flat().shallow_clone().zero_());
    let views = critic.named();
    no_grad(|| {
        let at = |name: &str| views.iter().find(|(own, _)| own == name).unwrap().1.shallow_clone();
        // Channel 2, at an odd row and an even column: padding of 1 makes row 2 and column 1 of the kernel of them.
        let _ = at("0.weight").get(0).get(2).get(2).get(1).fill_(1.0);
        let _ = at("3.weight").get(0).get(4 * 2 + 1).fill_(1.0);
    });
    let mut sample = vec![0f32; SMALL.len()];
    // Row 2·2 + 1 and column 2·1 of the picture.
    sample[(5 * 8 + 2) * 3 + 2] = 7.0;
    let score = no_grad(|| critic.forward(&Tensor::from_slice(&sample).view([1, -1])));
    assert_eq!(score.double_value(&[0, 0]), 7.0);
    critic.params.clip(0.5);
    let score = no_grad(|| critic.forward(&Tensor::from_slice(&sample).view([1, -1])));
    assert_eq!(score.double_value(&[0, 0]), 7.0 * 0.25);
}

#[test]
fn batch_normalisation_sees_each_kind_of_sample_by_itself() {
    let (real, fake) = (inputs(4, 24 * 16).to_kind(Kind::Float), inputs(4, 24 * 16).to_kind(Kind::Float) * 9.0 + 1.0);
    let shape = SampleShape::Image { width: 16, height: 24, channels: 1, range: PixelRange::Signed };
    for norm in ["batch", "layer"] {
        let critic = networks(&config("", &format!("norm='{norm}'")), shape).unwrap().into_iter().nth(1).unwrap();
        let together = no_grad(|| critic.scores(&real, &fake));
        let alone = no_grad(|| critic.forward(&real));
        assert!((&together[0] - &alone).abs().max().double_value(&[]) < 1e-5, "{norm}");
    }
}

#[test]
fn a_convolutions_weights_start_as_they_are_told() {
    let shape = SampleShape::Image { width: 16, height: 16, channels: 3, range: PixelRange::Signed };
    let weights = |init: &str| -> Vec<(String, Tensor)> {
        let sets = [
            "data={kind='idx', path='/nowhere'}".to_owned(),
            format!("generator={{kind='dcgan', base=16, init='{init}', norm='none'}}"),
            format!("critic={{kind='dcgan', base=16, init='{init}', norm='none'}}"),
        ];
        let [generator, critic] = networks(&config::load(None, &sets).unwrap(), shape).unwrap();
        let of = |player: &str, network: &Network| {
            network.named().into_iter().map(|(name, w)| (format!("{player}.{name}"), w)).collect::<Vec<_>>()
        };
        of("generator", &generator).into_iter().chain(of("critic", &critic)).collect()
    };
    let find = |all: &[(String, Tensor)], name: &str| {
        all.iter().find(|(own, _)| own == name).unwrap_or_else(|| panic!("{name}")).1.shallow_clone()
    };
    // critic.2: 16 → 32 channels of 4×4; generator.3: 32 → 16, transposed.
    let normal = weights("normal");
    let deviation = find(&normal, "critic.2.weight").std(true).double_value(&[]);
    assert!((deviation / 0.02 - 1.0).abs() < 0.05, "{deviation}");
    assert_eq!(find(&normal, "critic.2.bias").abs().max().double_value(&[]), 0.0);
    let pytorch = weights("pytorch");
    for (name, bound) in [("critic.2.weight", 16.0), ("critic.2.bias", 16.0), ("generator.3.weight", 16.0)] {
        let bound = 1.0 / (bound * 16f64).sqrt();
        let most = find(&pytorch, name).abs().max().double_value(&[]);
        assert!(most <= bound * (1.0 + 1e-6) && most > 0.8 * bound, "{name}: {most}, not {bound}");
    }
    let xavier = find(&weights("xavier"), "generator.3.weight").abs().max().double_value(&[]);
    let bound = (6.0 / (48.0 * 16.0f64)).sqrt();
    assert!(xavier <= bound * (1.0 + 1e-6) && xavier > 0.95 * bound, "{xavier}");
    let orthogonal = weights("orthogonal");
    for (name, transposed) in [("critic.2.weight", false), ("generator.3.weight", true)] {
        let weight = find(&orthogonal, name);
        let matrix = if transposed { weight.transpose(0, 1) } else { weight }.flatten(1, -1);
        let rows = matrix.size()[0];
        let apart = matrix.matmul(&matrix.tr()) - Tensor::eye(rows, (Kind::Float, Device::Cpu));
        assert!(apart.abs().max().double_value(&[]) < 1e-5, "{name}");
    }
}

#[test]
fn maxout_units_are_channels() {
    let config = config("", "activation='maxout', pieces=2, norm='none'");
    let [_, critic] = networks(&config, SMALL).unwrap();
    assert_eq!(critic.named()[0].1.size(), [4, 3, 4, 4]);
    assert!(critic.layers().iter().all(|layer| !matches!(layer, Layer::Function(Activation::Maxout, _))));
}

#[test]
fn a_block_adds_nothing_at_first_where_it_is_told_so() {
    let config = of("kind='resnet', widths=[8, 8], init='fixup'", "kind='resnet', widths=[8, 8, 8], init='fixup'");
    let [generator, critic] = networks(&config, SMALL_SQUARE).unwrap();
    let find = |network: &Network, name: &str| {
        network.named().into_iter().find(|(own, _)| own == name).unwrap_or_else(|| panic!("{name}")).1
    };
    let deviation = |network: &Network, name: &str| find(network, name).std(true).double_value(&[]);
    // Eight channels of 3×3; one block in the generator, three in the critic.
    let he = (2.0 / 72f64).sqrt();
    for (network, name, expected) in [
        (&generator, "2.body.3.weight", he),
        (&generator, "5.weight", he),
        (&critic, "1.body.1.weight", he / 3f64.sqrt()),
        (&critic, "2.body.1.weight", he / 3f64.sqrt()),
    ] {
        let found = deviation(network, name);
        assert!((found / expected - 1.0).abs() < 0.15, "{name}: {found}, not {expected}");
    }
    for (network, name) in [(&generator, "2.body.6.weight"), (&critic, "0.body.2.weight"), (&critic, "2.body.3.weight")]
    {
        assert_eq!(find(network, name).abs().max().double_value(&[]), 0.0, "{name}");
    }
}
