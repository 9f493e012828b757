//! Derivatives of the formulas with respect to the score, by dual numbers: a value and its slope go through every
//! operation together (forward differentiation; Griewank, Walther 2008, Evaluating Derivatives, chapter 3). So a row's
//! derivative is its formula, written once, and no graph is recorded.

use super::Real;

/// A number that depends on the score, and its derivative with respect to it.
#[derive(Debug)]
pub struct Dual<R> {
    pub value: R,
    pub slope: Slope<R>,
}

/// A derivative with respect to the score.
#[derive(Debug)]
pub enum Slope<R> {
    /// The same for every score.
    Constant(f64),
    /// One for each score.
    Varying(R),
}

impl<R: Real> Slope<R> {
    fn same(&self) -> Slope<R> {
        match self {
            Slope::Constant(constant) => Slope::Constant(*constant),
            Slope::Varying(slope) => Slope::Varying(slope.same()),
        }
    }

    fn times(&self, constant: f64) -> Slope<R> {
        match self {
            Slope::Constant(slope) => Slope::Constant(slope * constant),
            Slope::Varying(slope) => Slope::Varying(slope.times(constant)),
        }
    }

    fn plus(&self, other: &Slope<R>) -> Slope<R> {
        match (self, other) {
            (Slope::Constant(a), Slope::Constant(b)) => Slope::Constant(a + b),
            (Slope::Constant(constant), Slope::Varying(slope)) | (Slope::Varying(slope), Slope::Constant(constant)) => {
                Slope::Varying(slope.shifted(*constant))
            }
            (Slope::Varying(a), Slope::Varying(b)) => Slope::Varying(a.plus(b)),
        }
    }

    /// The chain rule: this slope of the inner function, and `outer`, that of the outer one, which is asked for only
    /// where it matters.
    fn through(&self, outer: impl FnOnce() -> R) -> Slope<R> {
        match self {
            Slope::Constant(0.0) => Slope::Constant(0.0),
            Slope::Constant(1.0) => Slope::Varying(outer()),
            Slope::Constant(constant) => Slope::Varying(outer().times(*constant)),
            Slope::Varying(slope) => Slope::Varying(slope.by(&outer())),
        }
    }

    /// As numbers, one for each of `like`.
    fn spread(self, like: &R) -> R {
        match self {
            Slope::Constant(constant) => like.times(0.0).shifted(constant),
            Slope::Varying(slope) => slope,
        }
    }
}

impl<R: Real> Dual<R> {
    /// The score itself, of slope 1.
    pub fn variable(value: R) -> Dual<R> {
        Dual { value, slope: Slope::Constant(1.0) }
    }

    /// The value of an operation on this number, and its slope, `outer`, as a function of both arguments: the number's
    /// value and the operation's.
    fn map(&self, value: R, outer: impl FnOnce(&R, &R) -> R) -> Dual<R> {
        Dual { slope: self.slope.through(|| outer(&self.value, &value)), value }
    }
}

impl<R: Real> Real for Dual<R> {
    fn plus(&self, other: &Dual<R>) -> Dual<R> {
        Dual { value: self.value.plus(&other.value), slope: self.slope.plus(&other.slope) }
    }
    fn shifted(&self, constant: f64) -> Dual<R> {
        Dual { value: self.value.shifted(constant), slope: self.slope.same() }
    }
    fn times(&self, constant: f64) -> Dual<R> {
        Dual { value: self.value.times(constant), slope: self.slope.times(constant) }
    }
    fn by(&self, other: &Dual<R>) -> Dual<R> {
        let slope = self.slope.through(|| other.value.same()).plus(&other.slope.through(|| self.value.same()));
        Dual { value: self.value.by(&other.value), slope }
    }
    fn over(&self, other: &Dual<R>) -> Dual<R> {
        let value = self.value.over(&other.value);
        // (a' − (a/b)·b')/b
        let numerator = self.slope.plus(&other.slope.through(|| value.negated()));
        let slope = match numerator {
            Slope::Constant(0.0) => Slope::Constant(0.0),
            numerator => Slope::Varying(numerator.spread(&other.value).over(&other.value)),
        };
        Dual { value, slope }
    }
    fn squared(&self) -> Dual<R> {
        self.map(self.value.squared(), |x, _| x.times(2.0))
    }
    fn power(&self, constant: f64) -> Dual<R> {
        self.map(self.value.power(constant), |x, _| x.power(constant - 1.0).times(constant))
    }
    fn exp(&self) -> Dual<R> {
        self.map(self.value.exp(), |_, y| y.same())
    }
    fn exp_m1(&self) -> Dual<R> {
        // Not 1 + the value, which has lost its digits where the value is near −1.
        self.map(self.value.exp_m1(), |x, _| x.exp())
    }
    fn ln(&self) -> Dual<R> {
        self.map(self.value.ln(), |x, _| x.power(-1.0))
    }
    fn ln_1p(&self) -> Dual<R> {
        self.map(self.value.ln_1p(), |x, _| x.shifted(1.0).power(-1.0))
    }
    fn tanh(&self) -> Dual<R> {
        // sech² x = 4·σ(2x)·σ(−2x); 1 − tanh² has lost its digits where tanh is near ±1.
        self.map(self.value.tanh(), |x, _| x.times(2.0).sigmoid().by(&x.times(-2.0).sigmoid()).times(4.0))
    }
    fn softplus(&self) -> Dual<R> {
        self.map(self.value.softplus(), |x, _| x.sigmoid())
    }
    fn sigmoid(&self) -> Dual<R> {
        self.map(self.value.sigmoid(), |x, y| y.by(&x.negated().sigmoid()))
    }
    fn same(&self) -> Dual<R> {
        Dual { value: self.value.same(), slope: self.slope.same() }
    }
    fn detached(&self) -> Dual<R> {
        Dual { value: self.value.detached(), slope: Slope::Constant(0.0) }
    }
    fn capped(&self, most: f64) -> Dual<R> {
        // Not 1 − σ(x − most), which has lost its digits where it is near 0.
        self.map(self.value.capped(most), |x, _| x.negated().shifted(most).sigmoid())
    }
    fn split(
        &self,
        seam: f64,
        below: impl FnOnce(&Dual<R>) -> Dual<R>,
        above: impl FnOnce(&Dual<R>) -> Dual<R>,
    ) -> Dual<R> {
        // A scalar asks one side, a tensor both.
        let (mut low, mut high) = (None, None);
        let value = self.value.split(
            seam,
            |x| {
                let side = below(&Dual { value: x.same(), slope: self.slope.same() });
                low = Some(side.slope);
                side.value
            },
            |x| {
                let side = above(&Dual { value: x.same(), slope: self.slope.same() });
                high = Some(side.slope);
                side.value
            },
        );
        let slope = match (low, high) {
            (Some(Slope::Constant(a)), Some(Slope::Constant(b))) if a == b => Slope::Constant(a),
            (Some(low), Some(high)) => Slope::Varying(self.value.split(seam, |x| low.spread(x), |x| high.spread(x))),
            (Some(side), None) | (None, Some(side)) => side,
            // A number is on one side of the seam or on the other.
            (None, None) => Slope::Constant(0.0),
        };
        Dual { value, slope }
    }
}
