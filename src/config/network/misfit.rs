//! Networks that cannot work with the samples that there are.

/// A network that cannot work with samples of the data's shape.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{table}.{key} {why}")]
pub struct Misfit {
    /// The network whose table it is.
    pub(super) table: &'static str,
    /// The key to change.
    pub(super) key: &'static str,
    /// The problem with it, and what would fit.
    pub(super) why: String,
}

/// Why samples do not fit, but for the network.
#[derive(Debug)]
pub struct Unfit {
    /// The key to change.
    pub(super) key: &'static str,
    /// The problem with it, as the end of a sentence that begins with the key, and what would fit.
    pub(super) why: String,
}

impl Unfit {
    /// The problem of a network for images, of this kind, where samples are points.
    pub(super) fn points(kind: &str, dims: usize) -> Unfit {
        let why =
            format!("is \"{kind}\", which is for images, but a sample is a point of {dims} coordinates: use \"mlp\"");
        Unfit { key: "kind", why }
    }
}

/// That samples fit a network, or its misfit.
pub(super) fn fitting<T>(table: &'static str, fits: Result<T, Unfit>) -> Result<(), Misfit> {
    fits.map(drop).map_err(|Unfit { key, why }| Misfit { table, key, why })
}
