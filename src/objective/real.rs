//! The numbers that formulas are written over: one scalar in double precision, or a tensor of them.

use tch::Tensor;

/// The operations that the formulas of objectives need, elementwise on a tensor.
pub trait Real: Sized {
    /// self + other
    fn plus(&self, other: &Self) -> Self;
    /// self + constant
    fn shifted(&self, constant: f64) -> Self;
    /// self · constant
    fn times(&self, constant: f64) -> Self;
    /// self²
    fn squared(&self) -> Self;
    /// e^self
    fn exp(&self) -> Self;
    /// e^self − 1
    fn exp_m1(&self) -> Self;
    /// tanh self
    fn tanh(&self) -> Self;
    /// log(1 + e^self), exact to rounding on both sides
    fn softplus(&self) -> Self;
    /// self, for a formula that is the identity
    fn same(&self) -> Self;

    /// −self
    fn negated(&self) -> Self {
        self.times(-1.0)
    }
}

impl Real for f64 {
    fn plus(&self, other: &f64) -> f64 {
        self + other
    }
    fn shifted(&self, constant: f64) -> f64 {
        self + constant
    }
    fn times(&self, constant: f64) -> f64 {
        self * constant
    }
    fn squared(&self) -> f64 {
        self * self
    }
    fn exp(&self) -> f64 {
        f64::exp(*self)
    }
    fn exp_m1(&self) -> f64 {
        f64::exp_m1(*self)
    }
    fn tanh(&self) -> f64 {
        f64::tanh(*self)
    }
    fn softplus(&self) -> f64 {
        self.max(0.0) + f64::exp(-self.abs()).ln_1p()
    }
    fn same(&self) -> f64 {
        *self
    }
}

impl Real for Tensor {
    fn plus(&self, other: &Tensor) -> Tensor {
        self + other
    }
    fn shifted(&self, constant: f64) -> Tensor {
        self + constant
    }
    fn times(&self, constant: f64) -> Tensor {
        self * constant
    }
    fn squared(&self) -> Tensor {
        self.square()
    }
    fn exp(&self) -> Tensor {
        Tensor::exp(self)
    }
    fn exp_m1(&self) -> Tensor {
        self.expm1()
    }
    fn tanh(&self) -> Tensor {
        Tensor::tanh(self)
    }
    fn softplus(&self) -> Tensor {
        // libtorch's softplus returns its argument above a threshold of 20, where e^−20 = 2e-9 is still visible in
        // double precision: −logsigmoid(−v) has no such seam.
        -(-self).log_sigmoid()
    }
    fn same(&self) -> Tensor {
        self.shallow_clone()
    }
}
