//! What comes from outside and is printed: names of files, a config's texts, a journal's lines. Nothing in it reaches
//! the terminal as a command, whichever command prints it.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use gantop::cli::Cli;
use gantop::output::is_unsafe;

use crate::support::program::gantop;

/// Sets the title, rings, moves up, erases; a C1 control, a deletion, and an override that turns what follows around.
const HOSTILE: &str = "a\u{1b}]0;x\u{7}\u{1b}[1A\u{9b}2J\u{7f}\u{202e}b";

/// What a command wrote, to both outputs, in a folder.
fn printed(folder: &Path, args: &[&str]) -> String {
    let output = gantop(args).current_dir(folder).output().unwrap();
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat()
}

#[track_caller]
fn assert_safe(text: &str, what: &[&str]) {
    let found = text.chars().find(|&c| is_unsafe(c) && c != '\n' && c != '\t');
    assert_eq!(found, None, "{what:?}: {text:?}");
}

/// A recorded run in a directory of that name, whose name, journal and checkpoint's name are hostile too.
fn hostile_run(folder: &Path) {
    let run = folder.join(HOSTILE);
    let name = format!("name={}", serde_json::to_string("harmless").unwrap());
    let args = ["train", "ring", "--headless", "--steps", "4", "--run-dir", run.to_str().unwrap(), "--set", &name];
    let small = ["--set", "batch_size=8", "--set", "generator.hidden=[4]", "--set", "critic.hidden=[4]"];
    assert_safe(&printed(folder, &[&args[..], &small].concat()), &["train"]);
    let kept = run.join("checkpoints/step-000000004.safetensors");
    fs::copy(&kept, run.join("checkpoints").join(format!("{HOSTILE}.safetensors"))).unwrap();
    let alert = serde_json::json!({"time": HOSTILE, "step": 3, "kind": "alert", "text": HOSTILE});
    let odd = serde_json::json!({"time": HOSTILE, "step": 3, "kind": HOSTILE});
    let journal = run.join("journal.jsonl");
    let lines = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, format!("{lines}{alert}\n")).unwrap();
    fs::create_dir(folder.join("broken")).unwrap();
    fs::write(folder.join("broken/config.toml"), "name = \"x\"").unwrap();
    fs::write(folder.join("broken/journal.jsonl"), format!("{odd}\n")).unwrap();
    fs::write(folder.join(format!("{HOSTILE}.toml")), format!("[{HOSTILE}]\nname = 3\n")).unwrap();
    fs::write(folder.join(format!("{HOSTILE}.csv")), format!("1,2\n3,{HOSTILE}\n")).unwrap();
}

#[test]
fn no_command_prints_what_a_terminal_would_obey() {
    let folder = tempfile::tempdir().unwrap();
    hostile_run(folder.path());
    let (toml, csv) = (format!("./{HOSTILE}.toml"), format!("./{HOSTILE}.csv"));
    let (missing, data) = (format!("./{HOSTILE}-none"), format!("data.path=./{HOSTILE}"));
    let calls: &[&[&str]] = &[
        &["train", "--headless", &toml],
        &["train", "--headless", "--resume", HOSTILE],
        &["train", "--headless", "--resume", &missing],
        &["train", "mnist-wgan", "--headless", "--set", &data],
        &["train", "ring", "--headless", "--steps", "1", "--run-dir", HOSTILE],
        &["train", "ring", "--set", HOSTILE],
        &["presets"],
        &["objectives", HOSTILE],
        &["health"],
        &["check", &toml],
        &["check", HOSTILE],
        &["distance", &csv, &missing],
        &["distance", &csv, &csv],
        &["runs", "."],
        &["runs", &missing],
        &["view", HOSTILE],
        &["view", &missing],
        &["attach", HOSTILE],
        &["attach", &missing],
        &["ctl", HOSTILE, "status"],
        &["ctl", &missing, HOSTILE],
        &["journal", HOSTILE],
        &["journal", "broken"],
        &["journal", HOSTILE, "--json"],
        &["reproduce", HOSTILE],
        &["replay", HOSTILE],
        &["replay", &missing],
        &["export", HOSTILE, "--samples", "2", "--out", &csv],
        &["export", &missing, "--samples", "2", "--out", "x.csv"],
        &["keys"],
        &["completions", HOSTILE],
        &["man", HOSTILE],
        &[HOSTILE],
        &["--set", HOSTILE],
    ];
    for call in calls {
        assert_safe(&printed(folder.path(), call), call);
    }
    // A new command needs a row.
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        assert!(calls.iter().any(|call| call[0] == name), "{name} has no row");
    }
}
