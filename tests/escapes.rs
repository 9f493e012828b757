//! No command lets what comes from outside command the terminal: names of files and directories, configs, journals, damaged
//! checkpoints and another program at a run's socket, all with sequences that would.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Output;

use clap::CommandFactory;
use gantop::cli::Cli;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::program::gantop;
use crate::support::socket::SMALL;

/// Sets a title, colours, deletes, reverses, hides.
const HOSTILE: &str =
    "a\x1b]0;t\x07\x1b[31m\u{9b}7m\x7f\x08\u{202e}\u{2067}\u{200f}\u{61c}\u{2028}\u{200b}\u{e0041}\rb";

/// What must not be printed.
fn is_forbidden(c: char) -> bool {
    let laid_out = c == '\n' || c == '\t';
    c.is_control() && !laid_out
        || "\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}".contains(c)
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
        || ('\u{e0000}'..='\u{e007f}').contains(&c)
}

/// A run and files of hostile names, and a socket where a hostile program answers.
struct Outside {
    folder: TempDir,
}

impl Outside {
    fn new() -> Outside {
        let outside = Outside { folder: tempfile::tempdir().unwrap() };
        let run = outside.path("run");
        let args = ["train", "ring", "--headless", "--steps", "20", "--run-dir", run.as_str()];
        outside.check(&[&args[..], &SMALL].concat(), true);
        let run = PathBuf::from(run);
        let mut journal = fs::OpenOptions::new().append(true).open(run.join("journal.jsonl")).unwrap();
        let time = HOSTILE;
        for event in [
            json!({"kind": "rejected", "what": HOSTILE, "why": HOSTILE, "who": "person"}),
            json!({"kind": "alert", "text": HOSTILE}),
            json!({"kind": "checkpoint", "file": HOSTILE, "reason": "asked"}),
            json!({"kind": "checkpoint", "why": HOSTILE, "reason": "asked"}),
            json!({"kind": HOSTILE}),
            json!({"kind": "rejected", "what": "x", "why": "y", "who": HOSTILE}),
            json!({"kind": "state", "state": HOSTILE}),
            json!({"kind": "ended", "outcome": HOSTILE}),
        ] {
            let mut event = event;
            (event["time"], event["step"]) = (json!(time), json!(20));
            writeln!(journal, "{event}").unwrap();
        }
        fs::write(run.join("checkpoints").join(format!("{HOSTILE}.safetensors")), "damaged").unwrap();
        outside.write("bad.toml", format!("name = \"{}\"\n[{HOSTILE}]\n", HOSTILE.replace('\r', "")));
        outside.write("named.toml", "name = \"a\\u009b\\u202e\\u001b\"\n".to_owned());
        outside.write("points.csv", format!("1,2\n{HOSTILE},3\n"));
        outside.write("points.npy", format!("\u{93}NUMPY{HOSTILE}"));
        let broken = outside.path("broken");
        fs::create_dir(&broken).unwrap();
        fs::write(Path::new(&broken).join("config.toml"), "").unwrap();
        let line = |kind: &str| format!("{{\"time\":\"\",\"step\":1,\"kind\":\"{kind}\u{202e}\u{9b}\"}}\n");
        fs::write(Path::new(&broken).join("journal.jsonl"), line("x") + &line("y")).unwrap();
        outside.answer();
        outside
    }

    /// The path of what has a hostile name and ends so.
    fn path(&self, end: &str) -> String {
        self.folder.path().join(format!("{HOSTILE}{end}")).to_str().unwrap().to_owned()
    }

    fn write(&self, end: &str, text: String) {
        fs::write(self.path(end), text).unwrap();
    }

    /// Speaks for a run at a socket for as long as the test goes on.
    fn answer(&self) {
        let dir = self.folder.path().join("foreign");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("config.toml"), "").unwrap();
        let listener = UnixListener::bind(dir.join("socket")).unwrap();
        let settings = json!({"objective": {"kind": HOSTILE}, "constraint": {"kind": "none"}, "generator_lr": 0.1,
            "critic_lr": 0.1, "critic_steps": 1});
        let event = |what: Value| {
            let mut event = what;
            event["step"] = json!(1);
            event
        };
        let events = [
            event(json!({"kind": "state", "state": "paused"})),
            event(json!({"kind": "applied", "what": HOSTILE, "old": HOSTILE, "new": HOSTILE, "who": "person",
                "note": HOSTILE, "settings": settings})),
            event(json!({"kind": "checkpoint", "file": HOSTILE, "reason": "asked"})),
            event(json!({"kind": "restored", "file": HOSTILE, "settings": settings})),
        ];
        let status = json!({"name": HOSTILE, "state": "paused", "step": 1, "steps": 2, "seconds": 1.0,
            "settings": settings, "metrics": {HOSTILE: 1.0}, "watchers": 0, "dropped": 0,
            "refused_connections": 0, "refused_lines": 0});
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let hello = json!({"hello": {"version": 1, "program": HOSTILE, "run": HOSTILE, "commands": [HOSTILE]}});
                let _ = writeln!(stream, "{hello}");
                for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                    let Ok(asked) = serde_json::from_str::<Value>(&line.unwrap_or_default()) else { break };
                    let command = &asked["command"];
                    let (id, order) = (&command["id"], &command["do"]);
                    if command.is_null() {
                        continue;
                    }
                    let _ = match order.as_str() {
                        Some("status") => {
                            writeln!(stream, "{}", json!({"answer": {"id": id, "events": events, "status": status}}))
                        }
                        Some("stop") => writeln!(stream, "{}", json!({"answer": {"id": id, "refused": HOSTILE}})),
                        Some("save") => writeln!(stream, "{}", json!({"refused": {"why": HOSTILE}})),
                        _ => writeln!(stream, "{}", json!({HOSTILE: {"id": id}})),
                    };
                    if order != "status" && order != "stop" {
                        break;
                    }
                }
            }
        });
    }

    /// Runs the program, in the folder, and looks at all that it prints.
    fn check(&self, args: &[&str], said: bool) {
        let Output { stdout, stderr, .. } = gantop(args).current_dir(self.folder.path()).output().unwrap();
        for bytes in [&stdout, &stderr] {
            let text = std::str::from_utf8(bytes).unwrap_or_else(|error| panic!("{args:?}: {error}"));
            assert!(!text.contains(is_forbidden), "{args:?}: {text:?}");
        }
        assert!(!(said && stdout.is_empty() && stderr.is_empty()), "{args:?} says nothing");
    }
}

#[test]
fn no_command_prints_what_commands_a_terminal() {
    let outside = Outside::new();
    let path = |end: &str| outside.path(end);
    let (run, broken, missing) = (path("run"), path("broken"), path("missing"));
    let (bad, named, csv, npy) = (path("bad.toml"), path("named.toml"), path("points.csv"), path("points.npy"));
    let (new, set) = (path("new"), format!("data.path={}", path("missing")));
    let key = format!("{HOSTILE}=1");
    let name = format!("name={HOSTILE}");
    let unknown = format!("--{HOSTILE}");
    let out_csv = path("out.csv");
    let idx = ["--headless", "--no-record", "--set", "data.kind=idx", "--set", &set];
    // For each command what reaches it from outside.
    let rows: &[(&str, &[&[&str]])] = &[
        (
            "train",
            &[
                &[&missing],
                &[&bad],
                &[&named],
                &["ring", "--set", &key],
                &["ring", "--set", &name],
                &[&["ring"], &idx[..]].concat(),
                &["ring", "--headless", "--steps", "2", "--run-dir", &run],
                &["ring", "--headless", "--steps", "2", "--run-dir", &new],
                &["ring", "--detach", "--steps", "2", "--run-dir", &format!("{csv}/x")],
                &["--headless", "--resume", &run, "--steps", "30"],
                &["--headless", "--resume", &run, "--steps", "3"],
                &["--headless", "--resume", &broken],
                &["--headless", "--resume", &missing],
                &["--headless", "--resume", &csv],
                &["--device", HOSTILE],
                &[&unknown],
            ],
        ),
        ("presets", &[&[HOSTILE]]),
        ("objectives", &[&[HOSTILE]]),
        ("health", &[&[HOSTILE]]),
        ("check", &[&[&bad], &[&named], &[&missing], &[HOSTILE], &["--sources", "ring", "--set", &set], &[&run]]),
        ("data", &[&[&missing], &[&bad], &[&csv], &[&run], &["ring"], &[HOSTILE], &[&npy, "--sheet", &csv]]),
        ("distance", &[&[&csv, &csv], &[&npy, &csv], &[&missing, &csv], &[&run, &broken]]),
        ("runs", &[&["."], &[".", "--json"], &[&missing], &[&csv], &[&run]]),
        ("view", &[&[&run], &[&missing], &[HOSTILE]]),
        ("attach", &[&[&run], &["--listen", &csv], &[HOSTILE]]),
        (
            "ctl",
            &[
                &["foreign", "status"],
                &["foreign", "status", "--json"],
                &["foreign", "stop"],
                &["foreign", "stop", "--json"],
                &["foreign", "checkpoint"],
                &["foreign", "pause"],
                &["foreign", "set", HOSTILE, "1"],
                &["foreign", "set", "constraint.clip", HOSTILE],
                &[&run, "status"],
                &[&missing, "status"],
                &[&run, HOSTILE],
            ],
        ),
        ("journal", &[&[&run], &[&run, "--as-schedule"], &[&broken], &[&missing]]),
        ("reproduce", &[&[HOSTILE], &["modes", "--objectives", HOSTILE]]),
        ("replay", &[&[&run], &[&broken], &[&missing]]),
        (
            "export",
            &[
                &[&run, "--out", &out_csv],
                &[&run, "--out", &csv],
                &[&run, "--out", &missing],
                &[&csv, "--out", &path("other.csv")],
                &[&broken, "--out", &path("other.csv")],
                &[&run, "--out", &format!("{missing}/out.csv")],
            ],
        ),
        (
            "evaluate",
            &[
                &[&run, "--samples", "20", "--features", "pixels"],
                &[&run, "--samples", "20", "--features", "pixels", "--json"],
                &[&run, "--against", HOSTILE],
                &[&run, "--features", HOSTILE],
                &[&missing],
                &[&broken],
            ],
        ),
        ("cache", &[&[], &["clear"], &[HOSTILE]]),
        ("explain", &[&[HOSTILE]]),
        ("keys", &[&[HOSTILE]]),
        ("man", &[&[HOSTILE]]),
        ("completions", &[&[HOSTILE]]),
    ];
    let commands: Vec<String> = Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let listed: Vec<&str> = rows.iter().map(|(command, _)| *command).collect();
    assert_eq!(commands, listed, "a command without a row here");
    for (command, cases) in rows {
        for args in *cases {
            outside.check(&[&[*command], *args].concat(), true);
        }
    }
    // What is read in a terminal later, too.
    for file in ["summary.json", "gantop.log"] {
        if let Ok(text) = fs::read_to_string(Path::new(&new).join(file)) {
            assert!(!text.contains(is_forbidden), "{file}: {text:?}");
        }
    }
}
