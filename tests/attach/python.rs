//! The Python package: its own tests, and loops that use it, watched and commanded by the built program. Where there is no
//! `python3` of 3.9 or later, or no pseudo-terminal, these tests say so and pass. `GANTOP_TEST_PYTHON` names another Python, such as
//! one with PyTorch.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use crate::program::dashboard::{WIDE, in_terminal, press};
use crate::support::TEST_TIMEOUT;
use crate::support::program::{ended, gantop, said};
use crate::support::pty::Pty;
use crate::support::socket::ctl;

/// The Python that tests use.
fn interpreter() -> Command {
    let mut command = Command::new("/usr/bin/env");
    command.arg(std::env::var("GANTOP_TEST_PYTHON").as_deref().unwrap_or("python3"));
    command
}

/// Python with the package, its runs in `runs`; None where there is none that is new enough.
fn python(runs: &Path) -> Option<Command> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("python");
    let mut command = interpreter();
    command.current_dir(&root).stdin(Stdio::null());
    command.env("PYTHONPATH", &root).env("GANTOP_RUNS", runs).env("PYTHONDONTWRITEBYTECODE", "1");
    for name in ["GANTOP", "RANK", "LOCAL_RANK", "PYTHONWARNINGS"] {
        command.env_remove(name);
    }
    let version = ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"];
    match interpreter().args(version).stderr(Stdio::null()).status() {
        Ok(status) if status.success() => Some(command),
        found => {
            println!("skipped: there is no python3 of 3.9 or later here: {found:?}");
            None
        }
    }
}

#[test]
fn the_tests_of_the_package_pass() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut command) = python(folder.path()) else { return };
    let output = command.args(["-m", "unittest", "discover", "-s", "tests", "-t", "."]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    println!("{text}");
}

/// A small loop of points with every kind of control.
const LOOP: &str = r#"
import gantop, time
held = {"lr": 0.5, "noise": 0.25, "ema": True, "mode": "plain", "layers": 3}
def control(run, name, key, **more):
    run.control(name, lambda: held[key], lambda value: held.__setitem__(key, value), **more)
def save(path):
    with open(path, "x") as file:
        file.write("kept")
with gantop.Run("toy", config={"batch": 64}, steps=1_000_000, checkpoint=save) as run:
    control(run, "lr_g", "lr", low=0, high=1)
    control(run, "noise", "noise", low=0, high=1, unit="V")
    control(run, "ema", "ema")
    control(run, "mode", "mode", choices=["plain", "hinge"])
    run.samples(real=lambda: [[1.0, 2.0]] * 50, fake=lambda: [[held["noise"], 2.0]] * 50)
    step = 0
    while run.step():
        step += 1
        run.log(step, d_loss=1 / step, g_loss=held["lr"], d_real_acc=0.5)
        if step % 20 == 0:
            run.log(step, {"quality/fid": 30 + 100 / step})
        time.sleep(0.002)
"#;

/// A loop in Python; killed when dropped.
struct Loop(Child);

impl Drop for Loop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program of Python, and waits until its run can be attached to; gives its directory.
fn start(runs: &Path, args: &[&str]) -> Option<(Loop, PathBuf)> {
    let mut running = Loop(python(runs)?.args(args).stdout(Stdio::null()).spawn().unwrap());
    let begin = Instant::now();
    loop {
        let found = std::fs::read_dir(runs).unwrap().next().map(|entry| entry.unwrap().path());
        if let Some(run) = found.filter(|run| run.join("socket").exists()) {
            return Some((running, run));
        }
        assert!(begin.elapsed() < TEST_TIMEOUT, "nobody listens");
        assert!(running.0.try_wait().unwrap().is_none(), "the loop has ended");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[track_caller]
fn asks(run: &Path, args: &[&str], code: i32, text: &str) {
    let (ended, out, err) = ctl(run, args);
    assert!(ended == code && (out + &err).contains(text), "{args:?}: {ended}");
}

#[test]
fn a_loop_in_python_is_commanded_listed_and_recorded_as_a_run_of_gantop() {
    let folder = tempfile::tempdir().unwrap();
    let Some((mut running, run)) = start(folder.path(), &["-c", LOOP]) else { return };
    asks(&run, &["pause"], 0, "paused at step");
    asks(&run, &["set", "noise", "0.75"], 0, "noise 0.25 → 0.75 at step");
    asks(&run, &["set", "lr_g", "0.125"], 0, "optimizer.generator.lr 0.5 → 0.125 at step");
    asks(&run, &["set", "optimizer.generator.lr", "0.25"], 0, "optimizer.generator.lr 0.125 → 0.25 at step");
    asks(&run, &["set", "ema", "off"], 0, "ema true → false at step");
    asks(&run, &["set", "mode", "hinge"], 0, "mode plain → hinge at step");
    asks(&run, &["set", "mode", "soft"], 2, "must be one of plain, hinge");
    asks(&run, &["set", "noise", "7"], 2, "noise: “7”: must be a number from 0 to 1 V");
    asks(&run, &["set", "nose", "7"], 2, "no control `nose`: did you mean `noise`?");
    asks(&run, &["set", "constraint.clip", "7"], 1, "cannot be set; what can: lr_g, noise, ema, mode");
    asks(&run, &["checkpoint"], 0, "checkpoint step-");
    asks(&run, &["status"], 0, "noise = 0.75");
    let (code, out, err) = said(gantop(&["runs", folder.path().to_str().unwrap()]));
    assert!(code == 0 && out.contains("toy   custom     running"), "{out}{err}");
    asks(&run, &["stop"], 0, "stopped at step");
    assert!(ended(&mut running.0).success());
    let files = |name: &str| std::fs::read_dir(run.join(name)).unwrap().count();
    assert_eq!(files("checkpoints"), 1);
    let (code, out, err) = said(gantop(&["journal", run.to_str().unwrap()]));
    assert!(code == 0 && out.contains("mode plain → hinge (person)"), "{out}{err}");
    let (_, out, _) = said(gantop(&["runs", folder.path().to_str().unwrap()]));
    assert!(out.contains("stopped"), "{out}");
    asks(&run, &["pause"], 2, "is over (stopped at step");
    // Played afterwards, with the charts and the changes of the whole run.
    let command = CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
    let Some(mut pty) = Pty::start(in_terminal(command, &["view", run.to_str().unwrap()]), WIDE) else { return };
    for text in ["─ losses", "mode plain → hinge", "/ 1,000,000", "noise  0.75"] {
        pty.wait_for_text(text);
    }
    press(&mut pty, "2");
    pty.wait_for_text("quality");
    press(&mut pty, "q");
    assert_eq!(pty.end().exit_code(), 0);
}

#[test]
fn a_loop_in_python_is_shown_and_steered_on_the_dashboard() {
    let folder = tempfile::tempdir().unwrap();
    let Some((mut running, run)) = start(folder.path(), &["-c", LOOP]) else { return };
    let attach = || {
        let command = CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
        Pty::start(in_terminal(command, &["attach", run.to_str().unwrap()]), WIDE)
    };
    let Some(mut pty) = attach() else { return };
    for text in ["attached to", "─ losses", "custom", "noise  0.25 V", "a controls"] {
        pty.wait_for_text(text);
    }
    pty.wait_for("samples", |screen| !screen.contents().contains("no snapshot yet"));
    press(&mut pty, " ");
    pty.wait_for_text(" paused  step ");
    let header = |pty: &Pty| pty.contents().lines().next().unwrap().to_owned();
    let at = header(&pty);
    press(&mut pty, "a\t0.5\r");
    pty.wait_for_text("noise  0.5 V");
    press(&mut pty, ":set mode hinge\r");
    pty.wait_for_text("mode  hinge");
    press(&mut pty, "l\t0.125\r");
    pty.wait_for_text("gen 0.125");
    assert_eq!(header(&pty), at, "it does steps while it is paused");
    // Another one at the same time.
    let Some(mut second) = attach() else { return };
    second.wait_for_text("noise  0.5 V");
    press(&mut second, "2");
    for text in ["quality", "d real acc"] {
        second.wait_for_text(text);
    }
    press(&mut second, "s");
    pty.wait_for("another step", |screen| !screen.contents().starts_with(&at));
    press(&mut second, "qy");
    assert_eq!(second.end().exit_code(), 0);
    press(&mut pty, " ");
    pty.wait_for_text(" running  step ");
    press(&mut pty, "qs");
    assert_eq!(pty.end().exit_code(), 0);
    pty.wait_for_text("the run was stopped after");
    assert!(ended(&mut running.0).success());
}

#[test]
fn a_dcgan_of_pytorch_is_watched_paused_and_changed() {
    let folder = tempfile::tempdir().unwrap();
    let torch = interpreter().args(["-c", "import torch"]).stderr(Stdio::null()).status();
    if !torch.is_ok_and(|status| status.success()) {
        println!("skipped: there is no PyTorch here");
        return;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/dcgan.py");
    let args = [script.to_str().unwrap(), "--width", "4", "--batch", "4", "--latent", "8"];
    let Some((mut running, run)) = start(folder.path(), &args) else { return };
    let command = CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
    let Some(mut pty) = Pty::start(in_terminal(command, &["attach", run.to_str().unwrap()]), WIDE) else { return };
    for text in
        ["attached to", "─ losses", "─ critic values", "critic 2e-4  gen 2e-4", "real_label  1", "─ generated samples"]
    {
        pty.wait_for_text(text);
    }
    press(&mut pty, " ");
    pty.wait_for_text(" paused  step ");
    let header = |pty: &Pty| pty.contents().lines().next().unwrap().to_owned();
    let at = header(&pty);
    press(&mut pty, "l\t0.001\r");
    pty.wait_for_text("critic 2e-4  gen 0.001");
    press(&mut pty, ":set real_label 0.9\r");
    pty.wait_for_text("real_label  0.9");
    assert_eq!(header(&pty), at, "it does steps while it is paused");
    press(&mut pty, "4");
    pty.wait_for_text("latest");
    asks(&run, &["checkpoint"], 0, "checkpoint step-");
    press(&mut pty, "s");
    pty.wait_for("another step", |screen| !screen.contents().starts_with(&at));
    press(&mut pty, "qs");
    assert_eq!(pty.end().exit_code(), 0);
    assert!(ended(&mut running.0).success());
    let journal = std::fs::read_to_string(run.join("journal.jsonl")).unwrap();
    assert!(journal.contains("optimizer.generator.lr") && journal.contains("real_label"), "{journal}");
}
