//! The quality of generated samples, by the features that some network gives them and by the classes that one gives
//! them.
//!
//! [`frechet`] and [`kernel`] are distances between all real and all generated features, [`neighbours`] asks which lie
//! among which, [`classes`] looks at what a classifier says. All of it is `f64`, with memory that is bounded, and gives
//! up within a fraction of a second where [`Pulse`] says so.
//!
//! Formulas: Heusel and others 2017 (arXiv:1706.08500), Bińkowski and others 2018 (arXiv:1801.01401), Kynkäänniemi and
//! others 2019 (arXiv:1904.06991), Naeem and others 2020 (arXiv:2002.09797), Salimans and others 2016
//! (arXiv:1606.03498).

pub mod classes;
mod error;
mod features;
pub mod frechet;
pub mod gaussian;
pub mod kernel;
pub mod neighbours;

use std::ops::ControlFlow;

pub use error::Error;
pub use features::Features;

/// Told the share of the work that is done, from 0 to 1, now and then; says whether to go on.
pub type Pulse<'a> = &'a mut dyn FnMut(f64) -> ControlFlow<()>;

/// Nobody watches: the work is never broken off.
pub fn unwatched(_: f64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Tells `pulse` the share of the work that is done.
///
/// # Errors
/// It says to give up.
fn beat(pulse: Pulse<'_>, done: f64) -> Result<(), Error> {
    match pulse(done) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::Cancelled),
    }
}
