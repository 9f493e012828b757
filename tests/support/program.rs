//! The built program as a shell starts it.

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use gantop::domain::Metric;

use super::TEST_TIMEOUT;

/// A place for a person's own settings that has none.
pub const NOBODY: &str = "/nobody's settings";

/// The program, with nobody at its standard input.
pub fn gantop(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gantop"));
    command.args(args).stdin(Stdio::null()).env_remove("RUST_BACKTRACE").env("XDG_CONFIG_HOME", NOBODY);
    // Nothing is kept between tests, nor with the person who runs them.
    command.env("XDG_CACHE_HOME", "/dev/null");
    command
}

/// How a command ended: its exit code, and what it wrote to standard output and to standard error.
pub fn said(mut command: Command) -> (i32, String, String) {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap_or_else(|| panic!("{status}")), text(stdout), text(stderr))
}

/// Waits for the end of a child, but not for ever.
#[track_caller]
pub fn ended(child: &mut Child) -> ExitStatus {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > TEST_TIMEOUT {
            child.kill().unwrap();
            panic!("the process did not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The rows of a run directory's metrics.csv without their seconds, the header first. Every row is whole.
#[track_caller]
pub fn metrics(dir: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(dir.join("metrics.csv")).unwrap();
    assert!(text.ends_with('\n'), "the last row is torn: {text}");
    let row = |line: &str| {
        let (step, rest) = line.split_once(',').unwrap();
        let (seconds, values) = rest.split_once(',').unwrap();
        assert!(step == "step" || seconds.parse::<f64>().unwrap() >= 0.0, "{line}");
        assert_eq!(values.split(',').count(), Metric::COUNT, "{line}");
        (step.to_owned(), values.to_owned())
    };
    text.lines().map(row).collect()
}

/// The steps of those rows.
pub fn steps(metrics: &[(String, String)]) -> Vec<u64> {
    metrics[1..].iter().map(|(step, _)| step.parse().unwrap()).collect()
}
