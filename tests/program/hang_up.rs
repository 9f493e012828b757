//! What becomes of a run whose terminal goes away.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use gantop::link::checkpoint::{self, Reason};
use gantop::run::checkpoints;
use portable_pty::CommandBuilder;
use rand::Rng;
use rustix::process::{Pid, Signal, kill_process};

use super::dashboard::in_terminal;
use super::small;
use crate::support::TEST_TIMEOUT;
use crate::support::program::{ended, gantop, metrics, said, steps};
use crate::support::pty::{ends, hang_up, hang_up_after};

/// A run that records every step in `dir`.
fn run(dir: &Path, args: &[&str]) -> CommandBuilder {
    let always = ["ring", "--set", "record.every=1", "--run-dir", dir.to_str().unwrap()];
    in_terminal(CommandBuilder::new(env!("CARGO_BIN_EXE_gantop")), &small(&[&always, args].concat()))
}

/// The newest checkpoint's file.
#[track_caller]
fn newest(dir: &Path) -> PathBuf {
    checkpoints::list(dir).unwrap().remove(0).path
}

#[track_caller]
fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < TEST_TIMEOUT, "{what} did not come");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn with_a_checkpoint_it_ends_the_run_with_everything_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    let (dir, code) = (folder.path().join("run"), folder.path().join("code"));
    // A shell that outlives the hang-up tells the exit code; without one, the program itself is the terminal's.
    for shell in [true, false] {
        let args = small(&[
            "ring",
            "--steps",
            "0",
            "--set",
            "record.every=1",
            "--set",
            "run.on_hangup=checkpoint",
            "--run-dir",
            dir.to_str().unwrap(),
        ]);
        let command = if shell {
            let script = format!(r#"trap : HUP; "$0" "$@"; echo $? > '{}'"#, code.display());
            in_terminal(
                CommandBuilder::new("sh"),
                &[&["-c", &script, env!("CARGO_BIN_EXE_gantop")], &args[..]].concat(),
            )
        } else {
            in_terminal(CommandBuilder::new(env!("CARGO_BIN_EXE_gantop")), &args)
        };
        let Some(pid) = hang_up(&command, "coverage", "f") else { return };
        assert!(ends(&pid), "the process outlives its terminal");
        if shell {
            assert_eq!(std::fs::read_to_string(&code).unwrap(), "129\n");
        }
        let done = steps(&metrics(&dir));
        assert!(!done.is_empty());
        assert_eq!(done, (1..=done.len() as u64).collect::<Vec<_>>());
        std::fs::remove_dir_all(&dir).unwrap();
    }
}

#[test]
fn a_run_without_end_that_nobody_could_find_again_ends() {
    for args in [&["ring", "--no-record", "--steps", "0"][..], &["ring", "--no-record", "--steps", "0", "--headless"]] {
        let command = in_terminal(CommandBuilder::new(env!("CARGO_BIN_EXE_gantop")), &small(args));
        let shows = if args.contains(&"--headless") { "critic loss" } else { "coverage" };
        let Some(pid) = hang_up(&command, shows, "") else { return };
        assert!(ends(&pid), "{args:?}: the process outlives its terminal");
    }
}

/// Processor time of each thread of a process, in hundredths of a second, with its name.
fn times(pid: &str) -> Vec<(String, u64)> {
    let time = |task: PathBuf| {
        let stat = fs::read_to_string(task.join("stat")).ok()?;
        let (name, rest) = stat.split_once('(')?.1.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        Some((name.to_owned(), fields[11].parse::<u64>().ok()? + fields[12].parse::<u64>().ok()?))
    };
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    tasks.filter_map(|task| time(task.unwrap().path())).collect()
}

/// Processor time of all threads but the two that do the run's work.
fn idle(pid: &str) -> u64 {
    times(pid).iter().filter(|(name, _)| !["trainer", "recorder"].contains(&name.as_str())).map(|(_, time)| time).sum()
}

#[test]
fn the_run_goes_on_unseen_and_at_rest_and_can_still_be_told() {
    let folder = tempfile::tempdir().unwrap();
    for (name, args, typed, controlling) in [
        ("dashboard", &["--steps", "0"][..], "2f", true),
        ("no-signal", &["--steps", "0"], "\x1b[", false),
        ("bar", &["--steps", "0", "--headless"], "", true),
    ] {
        let dir = folder.path().join(name);
        let mut command = run(&dir, args);
        command.set_controlling_tty(controlling);
        let shows = if name == "bar" { "critic loss" } else { "coverage" };
        let Some(pid) = hang_up(&command, shows, typed) else { return };
        let tell = |signal| kill_process(Pid::from_raw(pid.parse().unwrap()).unwrap(), signal).unwrap();
        let rows = || fs::read_to_string(dir.join("metrics.csv")).unwrap().lines().count();
        thread::sleep(Duration::from_millis(500));
        // What it had in hand when the screen went, it may finish.
        wait_for("the analyst's end", || times(&pid).iter().all(|(name, _)| name != "analyst"));
        let (before, done) = (idle(&pid), rows());
        thread::sleep(Duration::from_secs(2));
        let spent = idle(&pid) - before;
        assert!(spent <= 12, "{name}: {spent} hundredths of a second in two seconds: {:?}", times(&pid));
        assert!(rows() > done, "{name}: the run has stopped");
        // Nothing of it is left to be written to.
        let targets = [0, 1, 2].map(|fd| fs::read_link(format!("/proc/{pid}/fd/{fd}")).unwrap());
        assert!(targets.iter().all(|target| !target.starts_with("/dev/pts")), "{name}: {targets:?}");
        tell(Signal::HUP);
        let kept = || fs::read_dir(dir.join("checkpoints")).map_or(0, |files| files.count());
        let saved = kept();
        tell(Signal::USR1);
        wait_for("a checkpoint", || kept() > saved);
        let done = rows();
        wait_for("another step", || rows() > done);
        tell(Signal::TERM);
        assert!(ends(&pid), "{name}: the process does not end");
        let done = steps(&metrics(&dir));
        let header = checkpoints::list(&dir).unwrap()[0].header.clone().unwrap();
        assert_eq!((header.info.step, header.info.reason), (done.len() as u64, Reason::End), "{name}");
    }
}

#[test]
fn headless_it_heeds_signals_where_the_config_and_the_shell_let_it() {
    let outcome = |dir: &Path, before: &str, sets: &[&str]| {
        let args = [&["ring", "--headless", "--steps", "0", "--run-dir", dir.to_str().unwrap()], sets].concat();
        let mut command = Command::new("sh");
        command.args(["-c", &format!(r#"{before} exec "$0" "$@""#), env!("CARGO_BIN_EXE_gantop")]).args(small(&args));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let (mut out, mut line) = (BufReader::new(child.stdout.take().unwrap()), String::new());
        let mut lines = |word: &str| {
            line.clear();
            while !line.contains(word) {
                assert!(out.read_line(&mut line).unwrap() > 0, "{word} did not come: {line}");
            }
        };
        lines(r#""kind":"step""#);
        kill_process(pid, Signal::USR1).unwrap();
        lines(r#""kind":"saved""#);
        kill_process(pid, Signal::HUP).unwrap();
        if sets_continue(before, &args) {
            lines(r#""kind":"step""#);
            kill_process(pid, Signal::TERM).unwrap();
        }
        lines(r#""kind":"summary""#);
        let code = ended(&mut child).code();
        let header = checkpoints::list(dir).unwrap()[0].header.clone().unwrap();
        assert_eq!(header.info.reason, Reason::End);
        code
    };
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = &["--set", "run.on_hangup=checkpoint"];
    assert_eq!(outcome(&folder.path().join("continue"), "", &[]), Some(143));
    assert_eq!(outcome(&folder.path().join("checkpoint"), "", checkpoint), Some(129));
    assert_eq!(outcome(&folder.path().join("nohup"), "trap '' HUP;", checkpoint), Some(143));
}

/// Whether a run goes on after SIGHUP.
fn sets_continue(before: &str, args: &[&str]) -> bool {
    !before.is_empty() || !args.contains(&"run.on_hangup=checkpoint")
}

/// Hangs up a run of so many steps at so many random moments: each goes on to its end, and ends where an undisturbed
/// one does.
fn at_random_moments(moments: usize, count: u64) {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = folder.path().join("undisturbed");
    let (undisturbed, count) = (undisturbed.as_path(), count.to_string());
    let args = ["ring", "--headless", "--set", "record.every=1", "--steps", &count, "--run-dir"];
    let start = Instant::now();
    let (code, _, err) = said(gantop(&small(&[&args[..], &[undisturbed.to_str().unwrap()]].concat())));
    assert_eq!((code, err.as_str()), (0, ""));
    let took = start.elapsed();
    let wanted = checkpoint::read(&newest(undisturbed)).unwrap();
    for moment in 0..moments {
        let dir = folder.path().join(moment.to_string());
        // Before the first frame, too.
        let time = took.mul_f64(rand::thread_rng().gen_range(0.0..0.9));
        let command = run(&dir, &["--steps", &count]);
        let exists = dir.join("config.toml");
        let Some(pid) = hang_up_after(time, &command, exists.to_str().unwrap(), "") else { return };
        assert!(ends(&pid), "hung up after {time:?}: the run does not end");
        assert_eq!(metrics(&dir), metrics(undisturbed), "hung up after {time:?}");
        let checkpoint = checkpoint::read(&newest(&dir)).unwrap();
        assert_eq!(checkpoint.tensors, wanted.tensors, "hung up after {time:?}");
        println!("hung up after {time:?} of {took:?}: {} steps, the same to the bit", checkpoint.info.step);
    }
}

#[test]
fn a_run_hung_up_at_any_moment_ends_as_an_undisturbed_one() {
    at_random_moments(2, 800);
}

#[test]
#[ignore = "takes minutes: cargo test -- --ignored twenty"]
fn a_run_hung_up_at_twenty_moments_ends_as_an_undisturbed_one() {
    at_random_moments(20, 3000);
}
