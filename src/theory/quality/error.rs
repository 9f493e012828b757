//! Why there is no figure, a sentence each.

/// Why there is no figure.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// Too few samples for the figure.
    #[error("{figure} needs at least {least} samples of each kind; there are {samples}")]
    Few {
        /// The figure that was asked for.
        figure: &'static str,
        /// The fewest samples.
        least: usize,
        /// The samples that there are, of the kind that has fewer.
        samples: usize,
    },
    /// Features of different networks.
    #[error("the real samples have {real} features, the generated ones {generated}; both need the same network's")]
    Dims {
        /// Features of a real sample.
        real: usize,
        /// Features of a generated one.
        generated: usize,
    },
    /// Numbers that are not whole samples.
    #[error("{numbers} numbers are not whole samples of {dims} features")]
    NotWhole {
        /// The number of values there are.
        numbers: usize,
        /// Features of a sample.
        dims: usize,
    },
    /// A feature that is NaN or infinite.
    #[error("feature {feature} of sample {sample} is {value}; every feature must be finite")]
    NotFinite {
        /// The sample, from 1.
        sample: usize,
        /// The feature, from 1.
        feature: usize,
        /// Its kind.
        value: f32,
    },
    /// Eigenvalues that were not found. Not known to happen with finite numbers.
    #[error("the eigenvalues of a covariance were not found")]
    Eigenvalues,
    /// Whoever watches has broken it off.
    #[error("cancelled")]
    Cancelled,
}
