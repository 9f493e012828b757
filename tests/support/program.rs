//! The built program as a shell starts it.

use std::process::{Command, Output, Stdio};

/// The program, with nobody at its standard input.
pub fn gantop(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gantop"));
    command.args(args).stdin(Stdio::null()).env_remove("RUST_BACKTRACE");
    command
}

/// How a command ended: its exit code, and what it wrote to standard output and to standard error.
pub fn said(mut command: Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or_else(|| panic!("{status}")), text(stdout), text(stderr))
}
