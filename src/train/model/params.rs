//! One flat vector of weights with its views, and the flat gradient beside it.

use tch::{Device, Kind, Tensor};

/// A network's weights as one flat vector, \[n\], and its gradient as another.
#[derive(Debug)]
pub struct Params {
    flat: Tensor,
    gradient: Tensor,
    /// A leaf of the autograd graph a parameter, each sharing its storage with `flat`.
    views: Vec<Tensor>,
}

impl Params {
    /// The vector that holds `weights`, cut into parameters of these shapes in order.
    pub fn new(weights: &[f32], shapes: Vec<Vec<i64>>, device: Device) -> Params {
        Params::cut(Tensor::from_slice(weights).to_device(device), &shapes)
    }

    fn cut(flat: Tensor, shapes: &[Vec<i64>]) -> Params {
        let gradient = flat.zeros_like();
        let mut offset = 0;
        let views = shapes
            .iter()
            .map(|shape| {
                let n = shape.iter().product();
                let view = flat.narrow(0, offset, n).view(shape.as_slice()).detach().set_requires_grad(true);
                offset += n;
                view
            })
            .collect();
        Params { flat, gradient, views }
    }

    /// All weights, \[n\]. Changing them in place changes the network.
    pub fn flat(&self) -> &Tensor {
        &self.flat
    }

    /// The gradient of the loss of the last [`Params::backward`], \[n\].
    pub fn gradient(&self) -> &Tensor {
        &self.gradient
    }

    /// The parameters, in the order in which the layers were laid out.
    pub fn views(&self) -> &[Tensor] {
        &self.views
    }

    /// Number of weights.
    pub fn len(&self) -> usize {
        self.flat.numel()
    }

    /// Whether there is nothing to train.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes the gradient of the scalar `loss` with respect to these weights, and to no others, over the last one.
    /// The graph behind `loss` is freed unless `keep_graph`.
    pub fn backward(&mut self, loss: &Tensor, keep_graph: bool) {
        let _ = Tensor::cat_out(&self.gradient, &self.gradients(loss, keep_graph), 0);
    }

    /// The gradient of the scalar `loss` with respect to these weights, \[n\], which leaves the last one as it is. The
    /// graph is freed.
    pub fn gradient_of(&self, loss: &Tensor) -> Tensor {
        Tensor::cat(&self.gradients(loss, false), 0)
    }

    /// Puts a gradient in the place of the last one.
    pub fn set_gradient(&mut self, gradient: &Tensor) {
        self.gradient.copy_(gradient);
    }

    fn gradients(&self, loss: &Tensor, keep_graph: bool) -> Vec<Tensor> {
        let gradients = Tensor::run_backward(&[loss], &self.views, keep_graph, false);
        gradients.iter().map(|gradient| gradient.reshape([-1])).collect()
    }

    /// The same weights for another thread: what is written to the one is written to the other.
    pub fn shared(&self) -> Params {
        Params {
            flat: self.flat.shallow_clone(),
            gradient: self.gradient.shallow_clone(),
            views: self.views.iter().map(Tensor::shallow_clone).collect(),
        }
    }

    /// Adds the gradient of another scalar, a further term of the loss, to the last one. The graph behind it is freed;
    /// it need not lead to every weight.
    pub fn backward_further(&mut self, term: &Tensor) {
        let gradients = Tensor::run_backward(&[term], &self.views, false, false);
        let mut offset = 0;
        tch::no_grad(|| {
            for (view, gradient) in self.views.iter().zip(gradients) {
                let n = view.numel() as i64;
                if gradient.defined() {
                    let _ = self.gradient.narrow(0, offset, n).g_add_(&gradient.reshape([-1]));
                }
                offset += n;
            }
        });
    }

    /// A copy of the weights, in this precision.
    pub fn of_kind(&self, kind: Kind) -> Params {
        let shapes: Vec<Vec<i64>> = self.views.iter().map(Tensor::size).collect();
        Params::cut(self.flat.to_kind(kind).copy(), &shapes)
    }

    /// Puts these weights, \[n\], in place of its own.
    pub fn put(&mut self, weights: &Tensor) {
        tch::no_grad(|| self.flat.copy_(weights));
    }

    /// Clamps every weight to \[−c, c\].
    pub fn clip(&mut self, c: f64) {
        let _ = tch::no_grad(|| self.flat.clamp_(-c, c));
    }
}
