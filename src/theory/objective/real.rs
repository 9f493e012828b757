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
    /// self · other
    fn by(&self, other: &Self) -> Self;
    /// self / other
    fn over(&self, other: &Self) -> Self;
    /// self²
    fn squared(&self) -> Self;
    /// self^constant, for self ≥ 0
    fn power(&self, constant: f64) -> Self;
    /// e^self
    fn exp(&self) -> Self;
    /// e^self − 1
    fn exp_m1(&self) -> Self;
    /// log self
    fn ln(&self) -> Self;
    /// log(1 + self)
    fn ln_1p(&self) -> Self;
    /// tanh self
    fn tanh(&self) -> Self;
    /// log(1 + e^self), exact to rounding on both sides
    fn softplus(&self) -> Self;
    /// 1/(1 + e^−self), the slope of softplus
    fn sigmoid(&self) -> Self;
    /// self, for a formula that is the identity
    fn same(&self) -> Self;
    /// self as a constant, through which no gradient flows
    fn detached(&self) -> Self;
    /// `above` where self > seam, `below` elsewhere. Each sees only numbers of its own side, so that one may be
    /// infinite on the other's and neither the result nor its gradient is.
    fn split(&self, seam: f64, below: impl FnOnce(&Self) -> Self, above: impl FnOnce(&Self) -> Self) -> Self;

    /// −self
    fn negated(&self) -> Self {
        self.times(-1.0)
    }

    /// self − other
    fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    /// max(self, 0)
    fn positive(&self) -> Self {
        self.split(0.0, |low| low.times(0.0), Self::same)
    }

    /// The smaller of self and `most`, with the corner rounded off: self − log(1 + e^(self − most)).
    fn capped(&self, most: f64) -> Self {
        self.minus(&self.shifted(-most).softplus())
    }

    /// log log(1 + e^−self), which is −self where e^−self vanishes
    fn ln_softplus_of_negative(&self) -> Self {
        self.split(20.0, |v| v.negated().softplus().ln(), |v| v.negated().plus(&v.negated().exp().times(-0.5)))
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
    fn by(&self, other: &f64) -> f64 {
        self * other
    }
    fn over(&self, other: &f64) -> f64 {
        self / other
    }
    fn squared(&self) -> f64 {
        self * self
    }
    fn power(&self, constant: f64) -> f64 {
        self.powf(constant)
    }
    fn exp(&self) -> f64 {
        f64::exp(*self)
    }
    fn exp_m1(&self) -> f64 {
        f64::exp_m1(*self)
    }
    fn ln(&self) -> f64 {
        f64::ln(*self)
    }
    fn ln_1p(&self) -> f64 {
        f64::ln_1p(*self)
    }
    fn tanh(&self) -> f64 {
        f64::tanh(*self)
    }
    fn softplus(&self) -> f64 {
        self.max(0.0) + f64::exp(-self.abs()).ln_1p()
    }
    fn sigmoid(&self) -> f64 {
        let small = f64::exp(-self.abs());
        (if *self < 0.0 { small } else { 1.0 }) / (1.0 + small)
    }
    fn same(&self) -> f64 {
        *self
    }
    fn detached(&self) -> f64 {
        *self
    }
    fn split(&self, seam: f64, below: impl FnOnce(&f64) -> f64, above: impl FnOnce(&f64) -> f64) -> f64 {
        if *self > seam { above(self) } else { below(self) }
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
    fn by(&self, other: &Tensor) -> Tensor {
        self * other
    }
    fn over(&self, other: &Tensor) -> Tensor {
        self / other
    }
    fn squared(&self) -> Tensor {
        self.square()
    }
    fn power(&self, constant: f64) -> Tensor {
        self.pow_tensor_scalar(constant)
    }
    fn exp(&self) -> Tensor {
        Tensor::exp(self)
    }
    fn exp_m1(&self) -> Tensor {
        self.expm1()
    }
    fn ln(&self) -> Tensor {
        self.log()
    }
    fn ln_1p(&self) -> Tensor {
        self.log1p()
    }
    fn tanh(&self) -> Tensor {
        Tensor::tanh(self)
    }
    fn softplus(&self) -> Tensor {
        // libtorch's softplus returns its argument above a threshold of 20, where e^−20 = 2e-9 is still visible in
        // double precision: −logsigmoid(−v) has no such seam.
        -(-self).log_sigmoid()
    }
    fn sigmoid(&self) -> Tensor {
        Tensor::sigmoid(self)
    }
    fn same(&self) -> Tensor {
        self.shallow_clone()
    }
    fn detached(&self) -> Tensor {
        self.detach()
    }
    fn split(&self, seam: f64, below: impl FnOnce(&Tensor) -> Tensor, above: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
        above(&self.clamp_min(seam)).where_self(&self.gt(seam), &below(&self.clamp_max(seam)))
    }
    // One operation, where the split is five.
    fn positive(&self) -> Tensor {
        self.relu()
    }
}
