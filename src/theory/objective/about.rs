//! The facts that a person should know of an objective: its names, its formulas in writing, and when to use it.

use std::fmt;

/// The facts that a person should know of an objective.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name in configs, e.g. `reverse-kl`.
    pub name: &'static str,
    /// The objective in a few words.
    pub title: &'static str,
    /// Its generator function f, or its definition, on one line.
    pub formula: &'static str,
    /// f*(t), and its domain; empty where the objective is no f-divergence.
    pub conjugate: &'static str,
    pub domain: &'static str,
    /// The optimal critic T* as a function of u = p/q, or in words.
    pub optimal: &'static str,
    /// The two terms in formulas of the score v, each with what it is called: an output head, or a loss.
    pub terms: &'static [[&'static str; 2]],
    /// The divergence that the non-saturating generator minimises at an optimal critic: the h-divergence with h'' =
    /// f''/u.
    pub non_saturating: &'static str,
    /// When to use it.
    pub when: &'static str,
    /// The pitfalls.
    pub trouble: &'static str,
    /// The source.
    pub paper: &'static str,
    /// Whether the bound means something only for a Lipschitz critic: then it needs a constraint, and it is the gap
    /// between the mean critic values itself, which must not be negative.
    pub lipschitz: bool,
    /// The Jensen–Shannon divergence that a bound estimates, in nats up to log 2, where it does.
    pub jensen_shannon: Option<fn(f64) -> f64>,
}

impl About {
    /// The facts that hold of most objectives; every row gives the rest.
    pub const USUAL: About = About {
        name: "",
        title: "",
        formula: "",
        conjugate: "",
        domain: "",
        optimal: "",
        terms: &[],
        non_saturating: "",
        when: "",
        trouble: "",
        paper: F_GAN,
        lipschitz: false,
        jensen_shannon: None,
    };
}

/// A number that an objective depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// Its key in configs.
    pub key: &'static str,
    /// Its symbol in formulas.
    pub symbol: &'static str,
    pub value: f64,
}

impl fmt::Display for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.symbol, self.value)
    }
}

/// The paper of the whole family.
const F_GAN: &str = "Nowozin, Cseke, Tomioka 2016, f-GAN, arXiv:1606.00709";
