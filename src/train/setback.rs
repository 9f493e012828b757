//! The reasons that keep a step from being done.

use super::data;
use crate::link::NonFinite;

/// Why a step was not done. The weights are as before the update that met it, and the step can be tried again.
#[derive(Debug)]
pub enum Setback {
    /// A number that is not finite.
    NonFinite(NonFinite),
    /// There are no real samples.
    Data(data::Error),
}

impl From<NonFinite> for Setback {
    fn from(number: NonFinite) -> Setback {
        Setback::NonFinite(number)
    }
}

impl From<data::Error> for Setback {
    fn from(error: data::Error) -> Setback {
        Setback::Data(error)
    }
}
