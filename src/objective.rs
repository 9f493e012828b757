//! Objectives: what the generator and the critic play for. Pure mathematics.

/// A divergence or distance with its two losses.
pub trait Objective: Sync {
    /// Its name in configs, e.g. `reverse-kl`.
    fn name(&self) -> &'static str;
    /// What it is, in a few words, e.g. `reverse Kullback–Leibler`.
    fn title(&self) -> &'static str;
    /// Its generator function or definition, on one line, e.g. `f(u) = −log u`.
    fn formula(&self) -> &'static str;
}

/// Every objective, in the order in which they are shown.
pub static ALL: [&dyn Objective; 7] = [
    &Row("gan", "vanilla GAN: 2·JSD − log 4", "f(u) = u log u − (u+1) log(u+1)"),
    &Row("js", "Jensen–Shannon: 2·JSD", "f(u) = u log u − (u+1) log((u+1)/2)"),
    &Row("kl", "Kullback–Leibler", "f(u) = u log u"),
    &Row("reverse-kl", "reverse Kullback–Leibler", "f(u) = −log u"),
    &Row("pearson", "Pearson χ²", "f(u) = (u − 1)²"),
    &Row("hellinger", "squared Hellinger", "f(u) = (√u − 1)²"),
    &Row("wgan", "Earth Mover's distance", "sup over 1-Lipschitz T of E_P[T] − E_Q[T]"),
];

/// The objective with this name.
pub fn find(name: &str) -> Option<&'static dyn Objective> {
    ALL.iter().copied().find(|objective| objective.name() == name)
}

struct Row(&'static str, &'static str, &'static str);

impl Objective for Row {
    fn name(&self) -> &'static str {
        self.0
    }
    fn title(&self) -> &'static str {
        self.1
    }
    fn formula(&self) -> &'static str {
        self.2
    }
}
