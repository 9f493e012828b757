//! Mode coverage: how many modes of a known mixture a set of samples reaches.

/// One Gaussian mode of the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Mode {
    /// Its mean: one or two coordinates.
    pub mean: Vec<f64>,
    /// Its standard deviation, the same in every direction.
    pub std: f64,
}
