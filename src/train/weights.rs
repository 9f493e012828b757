//! The weights of both networks, layer by layer, for a person to look at. Reads them and touches nothing; what it costs
//! has a bound.

use rand_distr::{Distribution, StandardNormal};
use tch::{Tensor, no_grad};

use super::game::Game;
use super::model::{Layer, Network};
use super::snapshot::{paired, to_host};
use crate::domain::seed::{self, Stream};
use crate::domain::{PixelRange, SampleShape};
use crate::link::{Filters, Histogram, LayerWeights, PairedHistogram, Weights};

/// The most weights of a layer that are counted: of more, evenly spread ones stand for all.
const COUNTED: usize = 1 << 16;
/// About so many multiplications go into a layer's norm, and so many steps of its power iteration at the most.
const MULTIPLICATIONS: usize = 1 << 26;
const ITERATIONS: usize = 50;
/// The most filters that are shown, and the most weights of all of them.
const FILTERS: usize = 64;
const FILTER_WEIGHTS: usize = 1 << 16;

/// The weights of both networks.
pub fn of(game: &Game<'_>) -> Weights {
    let clip = game.settings().constraint.clip();
    no_grad(|| {
        let mut critic = layers(game.critic(), clip);
        if let Some(first) = critic.first_mut() {
            first.filters = filters(game.critic(), game.source().shape());
        }
        Weights { critic, generator: layers(game.generator(), None) }
    })
}

/// The filters that the first units of a critic of images look for, where its first layer looks at pixels; of packs in the
/// first image of each.
fn filters(critic: &Network, shape: SampleShape) -> Option<Filters> {
    let SampleShape::Image { width, height, channels, .. } = shape else { return None };
    let first = critic.layers().iter().flat_map(Layer::each).find(|layer| name(layer).is_some())?;
    let weight = critic.params.views().first()?.detach();
    let image = |width, height, channels| SampleShape::Image { width, height, channels, range: PixelRange::Signed };
    let (weight, shape) = match (first, &weight.size()[..]) {
        (Layer::Convolution { geometry, .. }, &[_, _, high, wide]) if !geometry.transposed => {
            let first = weight.narrow(1, 0, channels as i64);
            (first.permute([0, 2, 3, 1]).flatten(1, -1), image(wide as usize, high as usize, channels))
        }
        (Layer::Linear { .. }, &[_, inputs]) if inputs == shape.len() as i64 * critic.pack() => {
            (weight.narrow(1, 0, shape.len() as i64), image(width, height, channels))
        }
        _ => return None,
    };
    let most = (FILTER_WEIGHTS / shape.len().max(1)).clamp(1, FILTERS) as i64;
    let weight = weight.narrow(0, 0, most.min(weight.size()[0]));
    let largest = weight.abs().amax([1], true).clamp_min(f64::from(f32::MIN_POSITIVE));
    Some(Filters { shape, values: to_host(&(weight / largest)) })
}

/// The layers of a network that have weights, from the input on; `clip` is the range that they are clipped to.
fn layers(network: &Network, clip: Option<f64>) -> Vec<LayerWeights> {
    let with_weights = network.layers().iter().flat_map(Layer::each).filter_map(|layer| Some((name(layer)?, layer)));
    let mut rest = network.params.views();
    with_weights
        .map(|(name, layer)| {
            let (own, others) = rest.split_at(layer.parameters().len().min(rest.len()));
            rest = others;
            let weight = own[0].detach();
            let sizes: Vec<String> = ends(layer, &weight).iter().map(i64::to_string).collect();
            let matrix = matrix(layer, &weight);
            let all: Vec<Tensor> = own.iter().map(|view| view.detach().reshape([-1])).collect();
            let counted = counted(&Tensor::cat(&all, 0));
            let share = |c: f64| {
                // As exact as the clip itself, which is in single precision.
                let at = counted.iter().filter(|weight| weight.abs() >= c as f32).count();
                at as f32 / counted.len().max(1) as f32
            };
            let PairedHistogram { low, high, real, .. } = paired("weight", &counted, &[]);
            LayerWeights {
                name: format!("{name} {}", sizes.join("→")),
                weights: all.iter().map(Tensor::numel).sum(),
                histogram: Histogram { low, high, counts: real },
                share_at_clip: clip.map(share),
                norm: matrix.map(|matrix| norm(&matrix) as f32),
                filters: None,
            }
        })
        .collect()
}

/// The name of a layer that has weights, for a person.
fn name(layer: &Layer) -> Option<String> {
    Some(match layer {
        Layer::Linear { .. } => "linear".to_owned(),
        Layer::Affine { .. } => "affine".to_owned(),
        Layer::BatchNorm { .. } => "batch norm".to_owned(),
        Layer::GroupNorm { groups: 1, .. } => "layer norm".to_owned(),
        Layer::GroupNorm { .. } => "instance norm".to_owned(),
        Layer::Convolution { geometry, .. } => {
            let kind = if geometry.transposed { "transposed conv" } else { "conv" };
            format!("{kind} {0}×{0}", geometry.kernel)
        }
        Layer::Halving | Layer::Pooling(_) | Layer::Residual { .. } => return None,
        Layer::Upsampling | Layer::Pixels { .. } | Layer::Samples | Layer::Unflatten { .. } | Layer::Flatten => {
            return None;
        }
        Layer::Pack { .. } => return None,
        Layer::Maxout { .. } | Layer::Function(..) => return None,
    })
}

/// The numbers, or channels, that go into a layer and come out of it; of one that keeps them their number.
fn ends(layer: &Layer, weight: &Tensor) -> Vec<i64> {
    match (layer, weight.size()[..].split_at(weight.dim().min(2)).0) {
        (Layer::Convolution { geometry, .. }, &[input, output]) if geometry.transposed => vec![input, output],
        (_, sizes) => sizes.iter().rev().copied().collect(),
    }
}

/// The matrix that a layer multiplies by, \[out, in\], if it does; of a convolution \[out, in·height·width\].
fn matrix(layer: &Layer, weight: &Tensor) -> Option<Tensor> {
    match layer {
        Layer::Linear { .. } => Some(weight.shallow_clone()),
        Layer::Convolution { geometry, .. } if geometry.transposed => Some(weight.transpose(0, 1).flatten(1, -1)),
        Layer::Convolution { .. } => Some(weight.flatten(1, -1)),
        _ => None,
    }
}

/// Weights on the host: all, or evenly spread ones.
fn counted(flat: &Tensor) -> Vec<f32> {
    let stride = flat.numel().div_ceil(COUNTED).max(1) as i64;
    to_host(&flat.slice(0, None, None, stride))
}

/// The largest singular value of a matrix by the power iteration on WᵀW, from a direction that is always the same;
/// never above the true one.
fn norm(matrix: &Tensor) -> f64 {
    let columns = matrix.size()[1] as usize;
    let mut rng = seed::rng(0, Stream::Snapshot, columns as u64);
    let start: Vec<f32> = (0..columns).map(|_| StandardNormal.sample(&mut rng)).collect();
    let mut v = Tensor::from_slice(&start).to_device(matrix.device());
    let iterations = (MULTIPLICATIONS / (2 * matrix.numel()).max(1)).clamp(2, ITERATIONS);
    let transposed = matrix.tr();
    for _ in 0..iterations {
        let length = v.norm().clamp_min(f64::from(f32::MIN_POSITIVE));
        v = transposed.mv(&matrix.mv(&(&v / length)));
    }
    let length = v.norm().clamp_min(f64::from(f32::MIN_POSITIVE));
    matrix.mv(&(v / length)).norm().double_value(&[])
}

#[cfg(test)]
mod tests {
    use tch::Kind;

    use super::*;

    #[test]
    fn the_norm_is_the_largest_singular_value() {
        for (rows, columns) in [(3, 8), (40, 40), (1, 64), (64, 1)] {
            let mut rng = seed::rng(7, Stream::Weights, rows as u64);
            let values: Vec<f32> = (0..rows * columns).map(|_| StandardNormal.sample(&mut rng)).collect();
            let matrix = Tensor::from_slice(&values).view([rows as i64, columns as i64]);
            let exact = matrix.svd(true, false).1.max().double_value(&[]);
            let found = norm(&matrix);
            assert!(found <= exact * 1.0001 && found >= exact * 0.98, "{rows}×{columns}: {found} {exact}");
        }
        assert_eq!(norm(&Tensor::zeros([4, 4], (Kind::Float, tch::Device::Cpu))), 0.0);
    }

    #[test]
    fn of_many_weights_evenly_spread_ones_are_counted() {
        let flat = Tensor::arange(1_000_000, (Kind::Float, tch::Device::Cpu));
        let counted = counted(&flat);
        assert!(counted.len() <= COUNTED && counted.len() > COUNTED / 2);
        let mean = counted.iter().map(|&x| f64::from(x)).sum::<f64>() / counted.len() as f64;
        assert!((mean / 500_000.0 - 1.0).abs() < 1e-3);
    }
}
