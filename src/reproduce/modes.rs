//! todo
use super::{Error, Options, Outcome, Watcher};
pub const NAME: &str = "modes";
pub const ABOUT: &str = "";
pub fn run(_: &Options, _: &dyn Watcher) -> Result<Outcome, Error> {
    Ok(Outcome { tables: vec![], missed: vec![] })
}
