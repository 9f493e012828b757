//! `gantop train --detach`: a run without a terminal.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gantop::run::folder::is_written;
use gantop::run::journal::{self, What};
use serde_json::Value;

use crate::support::TEST_TIMEOUT;
use crate::support::program::{NOBODY, ended, gantop, said};
use crate::support::socket::{SMALL, ctl};

#[test]
fn a_run_starts_without_a_terminal_and_its_directory_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = gantop(&[&["train", "ring", "--detach", "--steps", "0"], &SMALL[..]].concat());
    let (code, out, err) = said({
        command.current_dir(folder.path());
        command
    });
    assert_eq!((code, err.as_str()), (0, ""));
    let dir = folder.path().join(out.trim());
    assert!(dir.starts_with(folder.path().join("runs")) && dir.join("config.toml").is_file(), "{out}");
    assert_eq!(ctl(&dir, &["pause"]).0, 0);
    // Without a terminal nobody can show it.
    let (code, _, err) = said({
        let mut command = gantop(&["attach"]);
        command.current_dir(folder.path());
        command
    });
    assert!(code == 2 && err.contains("needs a terminal"), "{err}");
    stop(&dir);
}

/// Stops a run, and waits for its end.
#[track_caller]
fn stop(dir: &Path) {
    assert_eq!(ctl(dir, &["stop"]).0, 0);
    wait_for("its end", || (!is_written(dir)).then_some(()));
    assert!(dir.join("summary.json").is_file());
}

/// Looks again and again until there is what is waited for.
#[track_caller]
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < TEST_TIMEOUT, "no sign of {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The state that a run says it is in, and after how many steps; none where it cannot be asked yet.
fn state(dir: &Path) -> Option<(String, u64)> {
    let (_, out, _) = ctl(dir, &["status", "--json"]);
    let status = serde_json::from_str::<Value>(&out).ok()?["status"].clone();
    Some((status["state"].as_str()?.to_owned(), status["step"].as_u64()?))
}

#[test]
fn a_run_without_a_screen_waits_paused_for_whoever_resumes_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("detached");
    let start = ["train", "ring", "--detach", "--paused", "--steps", "5", "--run-dir", run.to_str().unwrap()];
    let (code, _, err) = said(gantop(&[&start[..], &SMALL].concat()));
    assert_eq!((code, err.as_str()), (0, ""));
    // It is up, but may not have come to its pause.
    wait_for("its pause", || state(&run).filter(|(state, _)| state == "paused"));
    assert_eq!(state(&run).unwrap().1, 0);
    stop(&run);

    let run = folder.path().join("headless");
    let start = ["train", "ring", "--headless", "--paused", "--steps", "5", "--run-dir", run.to_str().unwrap()];
    let mut command = gantop(&[&start[..], &SMALL].concat());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("its pause", || state(&run).filter(|(state, _)| state == "paused"));
    assert_eq!(ctl(&run, &["resume"]).0, 0);
    assert_eq!(ended(&mut child).code(), Some(0));
    let mut err = String::new();
    std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut err).unwrap();
    assert!(err.contains(&format!("gantop ctl {} resume", run.display())), "{err}");
    let (code, _, err) = said(gantop(&["train", "ring", "--headless", "--paused", "--no-record"]));
    assert!(code == 2 && err.contains("nobody can") && err.contains("a run that is recorded"), "{err}");
}

/// A run that is started without a terminal where this many of the first sockets cannot be made (0: none can), with its
/// directory of sockets in `folder`; none where nothing can be traced.
fn where_sockets_fail(folder: &Path, fail: usize, steps: &str) -> Option<(std::process::Child, String, PathBuf)> {
    let (run, out) = (folder.join("run"), folder.join("out"));
    let when = if fail == 0 { String::new() } else { format!(":when=1..{fail}") };
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=bind", "-e", &format!("inject=bind:error=EPERM{when}")]);
    command.args([env!("CARGO_BIN_EXE_gantop"), "train", "ring", "--detach", "--steps", steps, "--run-dir"]);
    command.arg(&run).args(SMALL).env("XDG_CONFIG_HOME", NOBODY).env("XDG_RUNTIME_DIR", folder).stdin(Stdio::null());
    command.stdout(std::fs::File::create(&out).unwrap()).stderr(std::fs::File::create(folder.join("err")).unwrap());
    let Ok(mut child) = command.spawn() else {
        println!("skipped: there is no strace here");
        return None;
    };
    // It lasts as long as the run, which its first process does not wait for.
    let told = wait_for("the run", || {
        let over = child.try_wait().unwrap();
        let told = std::fs::read_to_string(&out).unwrap();
        (told.ends_with('\n') || over.is_some()).then_some(told)
    });
    let err = std::fs::read_to_string(folder.join("err")).unwrap();
    if told.is_empty() {
        println!("skipped: nothing can be traced here: {err}");
        return None;
    }
    assert_eq!(Path::new(told.trim()), run);
    Some((child, err, run))
}

#[test]
fn a_run_whose_directory_can_have_no_socket_is_found_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let Some((mut child, err, run)) = where_sockets_fail(folder.path(), 1, "0") else { return };
    assert_eq!(err, "");
    assert!(!run.join("socket").exists() && run.join("socket.json").is_file());
    // Who attaches need not have the same surroundings.
    assert!(wait_for("its first step", || state(&run).filter(|(_, step)| *step > 0)).0 == "running");
    stop(&run);
    ended(&mut child);
    assert!(!run.join("socket.json").exists());
    assert_eq!(std::fs::read_dir(folder.path().join("gantop")).unwrap().count(), 0);
}

#[test]
fn a_run_that_nobody_can_attach_to_is_started_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let Some((mut child, err, run)) = where_sockets_fail(folder.path(), 0, "30") else { return };
    assert_eq!(err.matches("nobody can attach to this run: no socket can be made").count(), 1, "{err}");
    assert!(err.contains(&format!("{}: Operation not permitted", run.join("socket").display())), "{err}");
    assert_eq!(ended(&mut child).code(), Some(0));
    assert!(std::fs::read_to_string(run.join("gantop.log")).unwrap().contains("nobody can attach"));
    let (events, _) = journal::read(&run.join("journal.jsonl")).unwrap();
    let told = |what: &What| matches!(what, What::Alert { text, .. } if text.contains("nobody can attach"));
    assert_eq!(events.iter().filter(|event| told(&event.what)).count(), 1);
}

#[test]
fn a_run_that_does_not_come_up_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let start = |args: &[&str]| {
        let mut command = gantop(&[&["train", "ring", "--detach"], args].concat());
        command.current_dir(folder.path());
        said(command)
    };
    let (code, out, err) = start(&["--device", "cuda:97"]);
    assert!(code == 2 && out.is_empty() && err.contains("cuda"), "{code} {err}");
    let runs = std::fs::read_dir(folder.path().join("runs")).map_or(0, Iterator::count);
    assert_eq!(runs, 0, "an empty directory is left");
    let (code, _, err) = start(&["--set", "record.enabled=false"]);
    assert!(code == 2 && err.contains("run directory"), "{err}");
    assert!(!Path::new(&folder.path().join("runs/x")).exists());
}
