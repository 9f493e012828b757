//! The layers that networks are made of.

use tch::{Kind, Tensor};

use crate::config::{Activation, Pooling};

/// The slope of the leaky ReLU below zero.
pub const LEAK: f32 = 0.2;

/// The number that normalisation adds to a variance before it divides by its root.
pub(super) const EPS: f64 = 1e-5;

/// One layer. Its weights are views of the network's parameters, from index `first` on. A picture is \[n, channels,
/// height, width\]; in memory a pixel's channels may lie together, as in samples.
#[derive(Clone, Debug)]
pub enum Layer {
    /// x·Wᵀ + b, with W \[out, in\] and b \[out\].
    Linear { first: usize },
    /// μ + σx, coordinate by coordinate.
    Affine { first: usize },
    /// γ(x − m)/√(s² + ε) + β in each feature, m and s² the mean and the variance of the batch; of pictures in each
    /// channel, over the pixels too.
    BatchNorm { first: usize },
    /// The same with m and s² those of a sample's features or channels in so many equal groups: 1 is layer
    /// normalisation, as many groups as channels is instance normalisation.
    GroupNorm { first: usize, groups: i64 },
    /// A convolution of pictures with W \[out, in, k, k\], or the transpose of one with W \[in, out, k, k\]; b \[out\]
    /// if it has one.
    Convolution { first: usize, geometry: Geometry },
    /// Every pixel twice as high and wide.
    Upsampling,
    /// The mean of each square of 2×2 pixels.
    Halving,
    /// The sum or the mean of a channel's pixels: pictures as vectors.
    Pooling(Pooling),
    /// body(x) + shortcut(x), two paths of layers; x itself where there is no layer in the second.
    Residual { body: Vec<Layer>, shortcut: Vec<Layer> },
    /// Samples, \[n, height·width·channels\], as pictures; the data's order of numbers, which no module of PyTorch's
    /// names.
    Pixels { size: [i64; 3] },
    /// Pictures as samples: the way back.
    Samples,
    /// So many neighbours as one: pictures stacked along their channels, points side by side.
    Pack { size: i64 },
    /// Vectors as pictures of these channels, height and width.
    Unflatten { size: [i64; 3] },
    /// Pictures as vectors, channel by channel.
    Flatten,
    /// The largest of each group of neighbours among features or channels: \[n, width · pieces\] to \[n, width\].
    Maxout { pieces: i64 },
    /// A function without a parameter, elementwise.
    Function(Activation, fn(&Tensor) -> Tensor),
}

/// A convolution but for its weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Whether it is the transpose of one.
    pub transposed: bool,
    pub bias: bool,
    /// The side of its kernel.
    pub kernel: i64,
    pub stride: i64,
    pub padding: i64,
}

impl Geometry {
    /// One that halves the sides of a picture, or doubles them where it is transposed.
    pub fn halving(kernel: usize, transposed: bool) -> Geometry {
        let kernel = kernel as i64;
        Geometry { transposed, bias: true, kernel, stride: 2, padding: (kernel - 1) / 2 }
    }

    /// One that keeps the sides of a picture; its kernel has a middle.
    pub fn keeping(kernel: usize) -> Geometry {
        let kernel = kernel as i64;
        Geometry { transposed: false, bias: true, kernel, stride: 1, padding: kernel / 2 }
    }

    /// The same with a bias or without.
    pub fn biased(self, bias: bool) -> Geometry {
        Geometry { bias, ..self }
    }

    /// The padding that a transposed convolution adds at the far ends, so that it doubles the sides exactly.
    fn output_padding(self) -> i64 {
        self.stride - self.kernel + 2 * self.padding
    }

    fn forward(self, x: &Tensor, views: &[Tensor]) -> Tensor {
        let (bias, stride, padding) = (self.bias.then(|| &views[1]), [self.stride; 2], [self.padding; 2]);
        if self.transposed {
            x.conv_transpose2d(&views[0], bias, stride, padding, [self.output_padding(); 2], 1, [1; 2])
        } else {
            x.conv2d(&views[0], bias, stride, padding, [1; 2], 1)
        }
    }
}

impl Layer {
    /// The names of its parameters, in order. Those of a residual block are `body.2.weight`, `shortcut.0.weight`.
    pub fn parameters(&self) -> Vec<String> {
        let names: &[&str] = match self {
            Layer::Residual { body, shortcut } => {
                let of = |path: &str, layers: &[Layer]| -> Vec<String> {
                    names(layers).into_iter().map(|name| format!("{path}.{name}")).collect()
                };
                return [of("body", body), of("shortcut", shortcut)].concat();
            }
            Layer::Linear { .. } | Layer::BatchNorm { .. } | Layer::GroupNorm { .. } => &["weight", "bias"],
            Layer::Convolution { geometry: Geometry { bias: true, .. }, .. } => &["weight", "bias"],
            Layer::Convolution { .. } => &["weight"],
            Layer::Affine { .. } => &["mean", "scale"],
            Layer::Upsampling | Layer::Halving | Layer::Pooling(_) | Layer::Unflatten { .. } | Layer::Flatten => &[],
            Layer::Pixels { .. } | Layer::Samples | Layer::Pack { .. } => &[],
            Layer::Maxout { .. } | Layer::Function(..) => &[],
        };
        names.iter().map(|name| name.to_string()).collect()
    }

    /// It and the layers inside it, in the order of their parameters.
    pub fn each(&self) -> Vec<&Layer> {
        match self {
            Layer::Residual { body, shortcut } => {
                [self].into_iter().chain(body.iter().chain(shortcut).flat_map(Layer::each)).collect()
            }
            _ => vec![self],
        }
    }

    /// Whether it is a module of a `Sequential` of PyTorch's that takes and gives pictures as its own do.
    pub fn is_module(&self) -> bool {
        !matches!(self, Layer::Pixels { .. } | Layer::Samples | Layer::Pack { .. })
    }

    /// The index of the weights of a layer that multiplies by a matrix, seen as \[out, in\], among the network's
    /// parameters: of a convolution \[out, in·height·width\].
    pub fn matrix(&self) -> Option<usize> {
        match self {
            Layer::Linear { first } => Some(*first),
            Layer::Convolution { first, geometry } if !geometry.transposed => Some(*first),
            _ => None,
        }
    }

    /// The layer's output, given all the network's parameter views.
    pub fn forward(&self, x: &Tensor, views: &[Tensor]) -> Tensor {
        match self {
            Layer::Linear { first } => x.linear(&views[*first], Some(&views[first + 1])),
            Layer::Affine { first } => &views[*first] + x * &views[first + 1],
            Layer::BatchNorm { first } => {
                let (scale, shift) = (Some(&views[*first]), Some(&views[first + 1]));
                x.batch_norm(scale, shift, None, None, true, 0.0, EPS, false)
            }
            Layer::GroupNorm { first, groups } => {
                x.group_norm(*groups, Some(&views[*first]), Some(&views[first + 1]), EPS, false)
            }
            Layer::Convolution { first, geometry } => geometry.forward(x, &views[*first..]),
            Layer::Upsampling => {
                let size = x.size();
                x.upsample_nearest2d([2 * size[2], 2 * size[3]], 2.0, 2.0)
            }
            Layer::Halving => x.avg_pool2d([2, 2], [2, 2], [0, 0], false, true, None::<i64>),
            Layer::Pooling(Pooling::Sum) => x.sum_dim_intlist([2i64, 3].as_slice(), false, None::<Kind>),
            Layer::Pooling(Pooling::Mean) => x.mean_dim([2i64, 3].as_slice(), false, None::<Kind>),
            Layer::Residual { body, shortcut } => pass(body, x, views) + pass(shortcut, x, views),
            Layer::Pixels { size: [channels, height, width] } => {
                x.view([-1, *height, *width, *channels]).permute([0, 3, 1, 2])
            }
            Layer::Samples => x.permute([0, 2, 3, 1]).flatten(1, -1),
            Layer::Pack { size } => {
                let mut sizes = x.size();
                (sizes[0], sizes[1]) = (sizes[0] / size, sizes[1] * size);
                let packed = x.reshape(sizes);
                if packed.dim() == 4 { channels_last(&packed) } else { packed }
            }
            Layer::Unflatten { size } => channels_last(&x.unflatten(1, size)),
            Layer::Flatten => x.flatten(1, -1),
            Layer::Maxout { pieces } => x.unflatten(1, [-1, *pieces]).max_dim(2, false).0,
            Layer::Function(_, function) => function(x),
        }
    }
}

/// x for x > 0, else [`LEAK`]·x. libtorch's `leaky_relu` takes no slope through tch, but its way back does, which is
/// the same function of the grad: one pass over the numbers, as its derivative is. `prelu` took four times as long.
pub fn leaky(x: &Tensor) -> Tensor {
    x.detach().leaky_relu_backward(x, f64::from(LEAK), false)
}

/// The same pictures with a pixel's channels together in memory, as they are in samples. What comes of them keeps that
/// order; normalisation and some convolutions take less time in it.
fn channels_last(pictures: &Tensor) -> Tensor {
    pictures.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2])
}

/// The output of layers, one after the other, given all the network's parameter views.
pub fn pass(layers: &[Layer], x: &Tensor, views: &[Tensor]) -> Tensor {
    layers.iter().fold(x.shallow_clone(), |x, layer| layer.forward(&x, views))
}

/// The names of the parameters of layers, in order, each behind the number of its module.
pub fn names(layers: &[Layer]) -> Vec<String> {
    let modules = layers.iter().filter(|layer| layer.is_module()).enumerate();
    modules.flat_map(|(i, layer)| layer.parameters().into_iter().map(move |name| format!("{i}.{name}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaky_unit_is_prelu_to_the_bit_once_and_twice_differentiated() {
        let numbers = [-2.5f32, -1e-30, -0.0, 0.0, 1e-30, 0.7, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 3.1e-41];
        let x = Tensor::from_slice(&numbers).set_requires_grad(true);
        let slope = Tensor::from_slice(&[LEAK]);
        let bits = |tensor: &Tensor| -> Vec<u32> {
            Vec::<f32>::try_from(tensor.detach()).unwrap().into_iter().map(f32::to_bits).collect()
        };
        let derivatives = |y: &Tensor| {
            let shares = Tensor::arange(10, (Kind::Float, tch::Device::Cpu)).sin();
            let once = Tensor::run_backward(&[(y * shares).sum(None)], &[&x], true, true).remove(0);
            let twice = Tensor::run_backward(&[(&once * &x).sum(None)], &[&x], false, false).remove(0);
            (bits(&once), bits(&twice))
        };
        let (ours, theirs) = (leaky(&x), x.prelu(&slope));
        assert_eq!(bits(&ours), bits(&theirs));
        assert_eq!(derivatives(&ours), derivatives(&theirs));
    }
}
