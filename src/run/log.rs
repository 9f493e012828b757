//! gantop.log: what a person should find in a run's directory that the screen may not have shown.

use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

use super::journal;
use crate::system::files;
use crate::system::output::Escaping;

/// Adds a line, with the time, to the log at `path`.
///
/// # Errors
/// It cannot be opened or written.
pub fn note(path: &Path, text: &str) -> io::Result<()> {
    let mut log = Escaping::new(files::append(path)?);
    writeln!(log, "{} {text}", journal::timestamp(SystemTime::now()))
}
