//! Whether a run fits the memory that is free, said before it starts and before the terminal is taken.

use std::io::Write;
use std::path::Path;

use super::request::{ConfigArgs, Train};
use super::resume::Taken;
use crate::config::{self, Config, Named};
use crate::domain::SampleShape;
use crate::run::CONFIG_FILE;
use crate::system::{machine, output};
use crate::train::SetupError;
use crate::train::memory::{Need, Shortage};

/// Whether the run that is about to start fits; says so where it is tight.
///
/// # Errors
///
/// It does not, at the key that asks for so much where that is said in a file.
pub fn ensure(need: &Need, args: &Train, from: Option<&Taken>) -> anyhow::Result<()> {
    let fits = need.within(machine::memory());
    note(fits.map_err(|shortage| match from.map(|taken| &taken.hold) {
        None => anyhow::Error::from(asked(&args.config, &shortage)),
        Some(Some(hold)) => recorded(hold.path(), &shortage).into(),
        Some(None) => SetupError::from(shortage).into(),
    })?);
    Ok(())
}

/// Whether the run in `directory` can be trained again.
///
/// # Errors
///
/// As [`ensure`].
pub fn ensure_again(need: &Need, directory: &Path) -> Result<(), config::Error> {
    note(need.within(machine::memory()).map_err(|shortage| recorded(directory, &shortage))?);
    Ok(())
}

/// Whether a run of the config that was asked for could ever fit this machine; says so where it would not now.
///
/// # Errors
///
/// As [`ensure`].
pub fn ensure_ever(config: &Config, args: &ConfigArgs) -> Result<(), config::Error> {
    // How large images are is not known before they are read.
    let shape = config.data.known_shape().unwrap_or(SampleShape::Point { dims: 1 });
    let Some(need) = Need::here(config, shape) else { return Ok(()) };
    note(need.at_all(machine::memory()).map_err(|shortage| asked(args, &shortage))?);
    Ok(())
}

fn note(note: Option<String>) {
    if let Some(note) = note {
        let _ = writeln!(output::err(), "gantop: note: {note}");
    }
}

/// The error of a config that was asked for.
fn asked(args: &ConfigArgs, shortage: &Shortage) -> config::Error {
    let user = config::own_file();
    at(Named { user: user.as_deref(), name: args.config.as_deref(), set: &args.set }, shortage)
}

/// The error of a recorded run's config.
fn recorded(directory: &Path, shortage: &Shortage) -> config::Error {
    let file = directory.join(CONFIG_FILE);
    at(Named { user: None, name: file.to_str(), set: &[] }, shortage)
}

fn at(named: Named<'_>, shortage: &Shortage) -> config::Error {
    named.error(shortage.key(), &shortage.said(), &shortage.parts())
}
