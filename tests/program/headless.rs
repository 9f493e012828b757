//! Without the dashboard: what is printed, what is written, and how it ends.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};

use gantop::domain::Metric;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::dashboard::dashboard;
use super::small;
use crate::support::program::{ended, gantop, metrics, said, steps};

/// Lines of JSON, each with a kind; the last one is the summary.
#[track_caller]
fn lines(text: &str) -> Vec<Value> {
    assert!(text.ends_with('\n'), "{text}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    for (i, line) in lines.iter().enumerate() {
        let kind = line["kind"].as_str().expect("a kind");
        let kinds = ["started", "step", "state", "saved", "alert", "analysis", "summary"];
        assert!(kinds.contains(&kind), "{line}");
        assert_eq!(kind == "summary", i + 1 == lines.len(), "the summary is the last line: {text}");
    }
    lines
}

/// A run without end that has shown its first step, and its output from there.
fn under_way(args: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut command = gantop(&small(&[&["--steps", "0"], args].concat()));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"kind\":\"step\"") {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "the output ended");
    }
    (child, out)
}

fn complaints(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn piped_it_prints_json_and_a_summary() {
    for args in [&["ring"][..], &["train", "ring", "--headless"]] {
        let (code, out, err) = said(gantop(&small(&[args, &["--steps", "40", "--seed", "3"]].concat())));
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        let lines = lines(&out);
        let first = json!({"kind": "started", "name": "ring", "seed": 3, "steps": 40, "device": "cpu", "threads": 1,
            "threads_why": lines[0]["threads_why"], "engine": "explicit"});
        assert_eq!(lines[0], first);
        let shown: Vec<u64> =
            lines.iter().filter(|line| line["kind"] == "step").filter_map(|l| l["step"].as_u64()).collect();
        assert!(shown.is_sorted() && shown.last() == Some(&40), "{shown:?}");
        let last = lines.last().unwrap();
        for (key, value) in [
            ("outcome", json!("done")),
            ("exit_code", json!(0)),
            ("steps", json!(40)),
            ("device", json!("cpu")),
            ("threads", json!(1)),
        ] {
            assert_eq!(last[key], value, "{key} in {last}");
        }
        let (seconds, rate) = (last["seconds"].as_f64().unwrap(), last["steps_per_second"].as_f64().unwrap());
        assert!(seconds > 0.0 && (seconds * rate - 40.0).abs() < 1e-6, "{last}");
        for metric in Metric::ALL {
            assert!(last["metrics"][metric.name()].is_f64(), "{} in {last}", metric.name());
        }
    }
}

#[test]
fn a_signal_ends_it_with_a_summary_and_its_own_code() {
    for (signal, outcome, code) in [(Signal::INT, "interrupted", 130), (Signal::TERM, "terminated", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("run");
        let (mut child, mut out) = under_way(&["--set", "record.every=1", "--run-dir", dir.to_str().unwrap()]);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let mut rest = String::new();
        out.read_to_string(&mut rest).unwrap();
        assert_eq!(ended(&mut child).code(), Some(code));
        assert_eq!(complaints(&mut child), "");
        let lines = lines(&rest);
        let last = lines.last().unwrap();
        assert_eq!((&last["outcome"], &last["exit_code"]), (&json!(outcome), &json!(code)));
        let done = last["steps"].as_u64().unwrap();
        assert_eq!(steps(&metrics(&dir)), (1..=done).collect::<Vec<_>>());
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let (mut child, out) = under_way(&[]);
    drop(out);
    assert_eq!(ended(&mut child).code(), Some(0));
    assert_eq!(complaints(&mut child), "");
}

#[test]
fn bad_input_is_one_message_and_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().join("taken");
    fs::create_dir(&taken).unwrap();
    fs::write(taken.join("metrics.csv"), "precious").unwrap();
    let dir = folder.path().join("run");
    let (new, taken, inside) = (dir.to_str().unwrap(), taken.to_str().unwrap(), "/dev/null/run");
    for (args, run_dir, why) in [
        (&["--set", "data.radius=-1"][..], new, "--set data.radius=-1: `data.radius` is -1"),
        (&["--set", "data.kind=idx", "--set", "data.path=/no/such"], new, "data.path: /no/such: no such file"),
        (&["--device", "cuda:99"], new, "cuda:99"),
        (&[], taken, "metrics.csv exists: it may be another run's"),
        (&[], inside, "run directory /dev/null/run: cannot be made: Not a directory"),
    ] {
        let (code, out, err) = said(gantop(&small(&[&["--steps", "3", "--run-dir", run_dir], args].concat())));
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
        assert_eq!(err.matches(why).count(), 1, "{args:?}: {err}");
        assert!(err.lines().skip(1).all(|line| line.starts_with("  = ")), "more than hints follow: {err}");
        assert!(!dir.exists(), "{args:?}");
    }
    assert_eq!(fs::read_to_string(Path::new(taken).join("metrics.csv")).unwrap(), "precious");
    assert_eq!(fs::read_dir(taken).unwrap().count(), 1);
}

#[test]
fn a_run_directory_holds_the_config_and_the_metrics() {
    let folder = tempfile::tempdir().unwrap();
    for (every, rows) in [("0", (1..=40).collect::<Vec<u64>>()), ("7", vec![7, 14, 21, 28, 35])] {
        let dir = folder.path().join(every);
        let every = format!("record.every={every}");
        let config = small(&["grid", "--steps", "40", "--seed", "5", "--set", &every]);
        let checked = said(gantop(&[&["check"], &config[..]].concat()));
        assert_eq!(checked.0, 0, "{}", checked.2);
        let (code, _, err) = said(gantop(&[&config[..], &["--run-dir", dir.to_str().unwrap()]].concat()));
        assert_eq!((code, err.as_str()), (0, ""));
        let mut files: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        assert_eq!(
            files,
            ["checkpoints", "config.toml", "journal.jsonl", "metrics.csv", "summary.json", "tensorboard"]
        );
        let path = dir.join("config.toml");
        assert_eq!(said(gantop(&["check", path.to_str().unwrap()])), checked);
        assert_eq!(fs::read_to_string(&path).unwrap(), checked.1);

        let metrics = metrics(&dir);
        assert_eq!(metrics[0].1, Metric::ALL.map(Metric::name).join(","));
        assert_eq!(steps(&metrics), rows);
        let numbers = metrics[1..].iter().flat_map(|(_, values)| values.split(','));
        assert!(numbers.map(|number| number.parse::<f32>().unwrap()).all(f32::is_finite));
    }
}

#[test]
fn the_last_step_is_analysed_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let (code, out, err) =
        said(gantop(&small(&["ring", "--headless", "--steps", "30", "--run-dir", dir.to_str().unwrap()])));
    assert_eq!(code, 0, "{err}");
    let mut told = lines(&out).into_iter().rfind(|line| line["kind"] == "analysis").unwrap();
    assert!(told["em"].is_f64() && told["covered"].is_u64(), "{told}");
    told.as_object_mut().unwrap().remove("kind");
    let summary: Value = serde_json::from_slice(&fs::read(dir.join("summary.json")).unwrap()).unwrap();
    assert_eq!((&summary["analysis"], &told["step"]), (&told, &json!(30)));
}

#[test]
fn on_a_terminal_it_draws_a_bar_and_ctrl_c_ends_it() {
    let Some(mut pty) = dashboard(&["ring", "--steps", "0", "--headless"]) else { return };
    pty.wait_for_text("ring: seed 1, on cpu with 1 thread (");
    pty.wait_for_text("critic loss");
    pty.type_keys(b"\x03");
    assert_eq!(pty.end().exit_code(), 130);
    pty.assert_restored();
    pty.wait_for_text("interrupted: ");
    assert!(!String::from_utf8_lossy(&pty.bytes()).contains("\x1b[?1049h"), "it took the whole screen");

    let Some(mut pty) = dashboard(&["ring", "--steps", "40", "--headless"]) else { return };
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
    pty.wait_for_text("done: 40 steps in ");
    pty.wait_for_text("of 8 modes covered");
}

#[test]
fn a_full_disk_behind_standard_output_does_not_end_it() {
    let Ok(full) = fs::OpenOptions::new().append(true).open("/dev/full") else {
        println!("skipped: there is no /dev/full");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    let mut command = gantop(&small(&["ring", "--headless", "--steps", "30", "--run-dir", dir.to_str().unwrap()]));
    let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{err}");
    assert_eq!(err.matches("standard output cannot be written: No space left").count(), 1, "{err}");
    let log = fs::read_to_string(dir.join("gantop.log")).unwrap();
    assert_eq!(log.matches("standard output cannot be written: No space left").count(), 1, "{log}");
    let summary: Value = serde_json::from_slice(&fs::read(dir.join("summary.json")).unwrap()).unwrap();
    assert_eq!((&summary["state"], &summary["steps"]), (&json!("finished"), &json!(30)));
}

#[test]
fn a_disk_that_is_full_at_the_end_is_told_the_same_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("run");
    // Files of at most 8 KiB: a checkpoint is larger, and so are the rows of all these steps.
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -f 16; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_gantop")]);
    command.args(small(&["ring", "--headless", "--steps", "60", "--run-dir", dir.to_str().unwrap()]));
    command.args(["--set", "record.every=1", "--set", "record.tensorboard=false", "--set", "critic.hidden=[64, 64]"]);
    command.stdin(Stdio::null()).env("XDG_CONFIG_HOME", crate::support::program::NOBODY);
    let (code, out, err) = said(command);
    assert_eq!(code, 1, "{out}\n{err}");
    let lines = lines(&out);
    let summary = lines.last().unwrap();
    assert_eq!((&summary["outcome"], &summary["exit_code"]), (&json!("failed"), &json!(1)), "{summary}");
    let why = summary["why"].as_str().unwrap();
    assert!(why.contains("rows of metrics.csv are missing") && err.contains(why), "{why}\n{err}");
    assert!(why.contains("the last checkpoint, of step 60, is missing"), "{why}");
    // All its steps are done, though not all are on disk.
    let (_, listed, _) = said(gantop(&["runs", folder.path().to_str().unwrap()]));
    assert!(listed.contains("finished") && !listed.contains("interrupted"), "{listed}");
    // Without the summary, too.
    fs::remove_file(dir.join("summary.json")).unwrap();
    let (_, listed, _) = said(gantop(&["runs", folder.path().to_str().unwrap()]));
    assert!(listed.contains("finished") && !listed.contains("interrupted"), "{listed}");
}
