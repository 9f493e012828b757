//! Opening files that others may have made, changed or exchanged: a run directory may come from anybody.
//!
//! * [`open`] reads a file that a person or a run names. It waits for nobody: a named pipe, a socket, a device or a
//!   directory is refused by what it is.
//! * What is written goes through a [`Directory`], relative to its descriptor, and follows no link: a file that is
//!   there already must be a plain file of this user with no second name, or it is refused and left as it is. New files
//!   are new: whatever has their name is not written to.
//!
//! No other room opens, renames or removes files; a test holds to that.

mod directory;
mod read;

pub use directory::{Directory, Mark};
pub use read::{
    Entry, Identity, Stamp, beginning, entries, identity, is_directory, is_file, kind, modified, open, read, read_text,
    stamp,
};

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use rustix::process::Signal;

/// The extension of a file that is being written.
pub const PARTIAL: &str = "partial";

/// The directory that a path's last part lies in, and that part.
///
/// # Errors
/// The path has no last part, or there is no such directory.
pub fn parent(path: &Path) -> io::Result<(Directory, &Path)> {
    let name = path.file_name().ok_or_else(|| io::Error::other("its last part is not the name of a file"))?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((Directory::open(dir)?, Path::new(name)))
}

/// A file to add to, made if there is none; see [`Directory::append`].
///
/// # Errors
/// What is there is no plain file of this user's own, or it cannot be opened.
pub fn append(path: &Path) -> io::Result<File> {
    let (dir, name) = parent(path)?;
    dir.append(name)
}

/// A file with this content in place of what was there; see [`Directory::replace`].
///
/// # Errors
/// It cannot be written; then what was there is as it was.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let (dir, name) = parent(path)?;
    dir.replace(name, content)
}

/// Takes a name away, if it is there; see [`Directory::remove`].
///
/// # Errors
/// It cannot be removed.
pub fn remove(path: &Path) -> io::Result<()> {
    let (dir, name) = parent(path)?;
    dir.remove(name)
}

/// Makes a new directory that nobody else may look into.
///
/// # Errors
/// There is something of this name, or it cannot be made.
pub fn make_private(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().mode(0o700).create(path)
}

/// Makes a directory and what lies above it, unless they are there.
///
/// # Errors
/// It cannot be made.
pub fn make_all(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Takes an empty directory away.
///
/// # Errors
/// It is not empty, no directory, or cannot be removed.
pub fn remove_empty(path: &Path) -> io::Result<()> {
    fs::remove_dir(path)
}

/// From now on a file that has reached the largest size that this process may write is to it what a full disk is: the
/// writing fails. Otherwise the system ends the process, run and all.
pub fn outlive_size_limit() {
    // Whatever has a handler is not ended by the signal. Where none can be set all is as the system has it.
    let _ = signal_hook::flag::register(Signal::XFSZ.as_raw(), Arc::default());
}

/// The file that swallows all that is written to it.
///
/// # Errors
/// The system has no such thing.
pub fn nowhere() -> io::Result<File> {
    File::options().write(true).open("/dev/null")
}
