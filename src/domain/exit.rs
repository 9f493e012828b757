//! The exit codes of the program: once, for every way it ends.

/// The request is done; a person who quits has it done too.
pub const DONE: u8 = 0;
/// Something broke.
pub const FAILED: u8 = 1;
/// Nothing was started: a wrong argument, config, data file or run directory.
pub const BAD_INPUT: u8 = 2;
/// The terminal went away (128 + SIGHUP).
pub const HUNG_UP: u8 = 129;
/// Interrupted (128 + SIGINT).
pub const INTERRUPTED: u8 = 130;
/// Told to end (128 + SIGTERM).
pub const TERMINATED: u8 = 143;
