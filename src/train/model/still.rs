//! A network as a function of one sample, where batch normalisation makes it one of all that pass together.

use tch::{Tensor, no_grad};

use super::Network;
use super::layer::{self, Layer};

impl Network {
    /// The network as a function of one sample: batch normalisation takes its means and variances from `batch`, whatever
    /// passes.
    pub fn still(&self, batch: &Tensor) -> Still {
        let mut statistics = Statistics::default();
        if self.normalises_batches() {
            let pass = |views: &[Tensor]| drop(pass_by(&self.layers, batch, views, &mut statistics));
            no_grad(|| self.with_views(pass));
        }
        Still { network: self.shared(), statistics }
    }
}

/// A network whose batch normalisation has fixed means and variances; it shares its weights with the one that it is of.
#[derive(Debug)]
pub struct Still {
    network: Network,
    statistics: Statistics,
}

impl Still {
    /// The outputs, \[n, out\], of the inputs, \[n, in\]: each depends on its own input alone.
    pub fn forward(&self, input: &Tensor) -> Tensor {
        let layers = &self.network.layers;
        self.network.with_views(|views| pass_by(layers, input, views, &mut self.statistics.again()))
    }
}

/// The means and variances of batch normalisations, in the order in which a pass comes to them.
#[derive(Debug, Default)]
struct Statistics {
    kept: Vec<[Tensor; 2]>,
    next: usize,
}

impl Statistics {
    /// The same for a further pass.
    fn again(&self) -> Statistics {
        let kept = self.kept.iter().map(|of| of.each_ref().map(Tensor::shallow_clone)).collect();
        Statistics { kept, next: 0 }
    }

    /// Those of the next one: on the first pass those of `x`, \[n, features\] or pictures.
    fn next(&mut self, x: &Tensor) -> &[Tensor; 2] {
        if self.next == self.kept.len() {
            let over: Vec<i64> = (0..x.dim() as i64).filter(|dim| *dim != 1).collect();
            let (variance, mean) = x.var_mean_dim(over.as_slice(), false, false);
            self.kept.push([mean, variance]);
        }
        self.next += 1;
        &self.kept[self.next - 1]
    }
}

/// As [`layer::pass`], with these means and variances in place of a batch's own.
fn pass_by(layers: &[Layer], x: &Tensor, views: &[Tensor], statistics: &mut Statistics) -> Tensor {
    layers.iter().fold(x.shallow_clone(), |x, layer| match layer {
        Layer::BatchNorm { first } => {
            let [mean, variance] = statistics.next(&x);
            let (scale, shift) = (Some(&views[*first]), Some(&views[first + 1]));
            x.batch_norm(scale, shift, Some(mean), Some(variance), false, 0.0, layer::EPS, false)
        }
        Layer::Residual { body, shortcut } => {
            pass_by(body, &x, views, statistics) + pass_by(shortcut, &x, views, statistics)
        }
        layer => layer.forward(&x, views),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Activation, Init, Mlp, Norm};
    use crate::domain::SampleShape;

    fn of(norm: Norm) -> Network {
        let mlp = Mlp { hidden: vec![4, 3], activation: Activation::Tanh, pieces: 3, norm, init: Init::Pytorch };
        super::super::test_critic(mlp, SampleShape::Point { dims: 2 })
    }

    #[test]
    fn a_still_network_treats_each_sample_as_its_batch_was_treated() {
        let network = of(Norm::Batch);
        let batch = Tensor::from_slice(&[0.4f32, 1.0, -0.9, 0.3, 1.5, -2.0, 0.2, 0.1]).view([4, 2]);
        let still = network.still(&batch);
        let all: Vec<f32> = Vec::try_from(no_grad(|| network.forward(&batch)).reshape([-1])).unwrap();
        for (i, expected) in all.iter().enumerate() {
            let alone = no_grad(|| still.forward(&batch.narrow(0, i as i64, 1))).double_value(&[0, 0]);
            assert!((alone - f64::from(*expected)).abs() < 1e-6, "{i}: {alone} {expected}");
        }
        // Without batch normalisation it is the network itself, to the bit.
        let network = of(Norm::Layer);
        assert_eq!(no_grad(|| network.still(&batch).forward(&batch)), no_grad(|| network.forward(&batch)));
    }
}
