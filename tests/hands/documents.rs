//! What is made from the table of actions: the keys in Markdown, the manual page, completions.

use std::fs;
use std::path::Path;
use std::process::Command;

use gantop::cli::keys::markdown;
use gantop::domain::action::TABLE;

use crate::support::program::{gantop, said};

fn printed(args: &[&str]) -> String {
    let (code, out, err) = said(gantop(args));
    assert_eq!((code, err.as_str()), (0, ""), "{args:?}");
    out
}

#[test]
fn the_keys_are_printed_as_the_table_has_them() {
    // That docs/keys.md has the same is a rule of the book.
    assert_eq!(printed(&["keys", "--markdown"]), markdown());
    for row in &TABLE {
        let line = markdown().lines().find(|line| line.ends_with(&format!("| {} |", row.doc))).map(str::to_owned);
        let line = line.unwrap_or_else(|| panic!("{}", row.long));
        assert!(!row.is_command() || line.contains(&row.usage()), "{line}");
    }
}

#[test]
fn the_manual_page_has_every_action_option_and_command() {
    let page = printed(&["man"]);
    // roff writes a hyphen as \-.
    let plain = page.replace("\\-", "-").replace("\\*(Aq", "'").replace("\\(aq", "'");
    assert!(page.starts_with(".ie") || page.starts_with(".TH"), "{page}");
    for row in &TABLE {
        assert!(plain.contains(row.doc), "{}", row.long);
        assert!(!row.is_command() || plain.contains(&row.usage()), "{}", row.usage());
    }
    let sections = ["EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "FILES", "KEYS"];
    for section in sections {
        assert!(
            plain.contains(&format!(".SH {section}")) || plain.contains(&format!(".SH \"{section}\"")),
            "{section}:\n{plain}"
        );
    }
    for word in
        ["--headless", "--run-dir", "gantop-view(1)", "gantop-export(1)", "gantop/config.toml", "NO_COLOR", "143"]
    {
        assert!(plain.contains(word), "{word}:\n{plain}");
    }
    let view = printed(&["man", "view"]).replace("\\-", "-");
    assert!(view.contains("gantop-view") && view.contains("--theme"), "{view}");
    let list = printed(&["man", "--list"]);
    assert!(["train", "view", "completions"].iter().all(|name| list.lines().any(|line| line == *name)), "{list}");
    let (code, out, err) = said(gantop(&["man", "veiw"]));
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("did you mean `view`?") && err.contains("allowed: train"), "{err}");
}

/// What a shell is offered for the last of these words, with what is said of each.
fn completed(directory: &Path, words: &[&str]) -> Vec<(String, String)> {
    let mut command = gantop(&[&["--", "gantop"], words].concat());
    command.env("GANTOP_COMPLETE", "fish").current_dir(directory);
    let (code, out, err) = said(command);
    assert_eq!((code, err.as_str()), (0, ""), "{words:?}");
    let cells =
        |line: &str| line.split_once('\t').map_or((line.to_owned(), String::new()), |(a, b)| (a.into(), b.into()));
    out.lines().map(cells).collect()
}

#[test]
fn completions_know_presets_runs_keys_and_what_can_be_explained() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "20261128-120000-a\u{1b}[31mb";
    for name in ["20261127-120000-ring", "20261128-110000-moons", hostile] {
        let run = folder.path().join("runs").join(name);
        fs::create_dir_all(&run).unwrap();
        fs::write(run.join("config.toml"), "").unwrap();
    }
    fs::write(folder.path().join("rings.toml"), "").unwrap();
    let words =
        |typed: &[&str]| -> Vec<String> { completed(folder.path(), typed).into_iter().map(|(word, _)| word).collect() };
    assert_eq!(words(&["train", "ring"]), ["ring", "ring-gan", "ring-hinge", "rings.toml"]);
    assert!(completed(folder.path(), &["train", "ring-h"])[0].1.contains("hinge"));
    // A config stands where a command may.
    let both = words(&["r"]);
    assert!(["ring", "runs", "replay"].iter().all(|word| both.contains(&word.to_string())), "{both:?}");
    for command in ["view", "attach", "journal", "replay", "export", "evaluate"] {
        // The newest first, and none that would command the terminal.
        assert_eq!(words(&[command, "2026"]), ["20261128-110000-moons", "20261127-120000-ring"], "{command}");
        assert_eq!(words(&[command, "new"]), ["newest"], "{command}");
    }
    assert_eq!(words(&["train", "--resume", "20261127"]), ["20261127-120000-ring"]);
    assert_eq!(words(&["train", "--set", "optimizer.critic.l"]), ["optimizer.critic.lr="]);
    assert_eq!(words(&["train", "--set", "objective.kind=reverse"]), ["objective.kind=reverse-kl"]);
    assert_eq!(words(&["ctl", "set", "constraint.cl"]), ["constraint.clip"]);
    assert_eq!(words(&["ctl", "objective", "wg"]), ["wgan"]);
    assert_eq!(words(&["objectives", "wg"]), ["wgan"]);
    assert_eq!(words(&["explain", "full-b"]), ["full-bound"]);
    assert!(words(&["runs", "--p"]).contains(&"--plain".to_owned()));
}

#[test]
fn the_scripts_of_shells_ask_the_program() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        assert!(script.contains("GANTOP_COMPLETE") && script.contains("gantop"), "{shell}: {script}");
    }
    // One shell, from the script to what it offers.
    let program = Path::new(env!("CARGO_BIN_EXE_gantop")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let script = "source <(gantop completions bash); COMP_WORDS=(gantop train moo); COMP_CWORD=2; COMP_TYPE=9; \
                  _clap_complete_gantop gantop moo train; echo \"${COMPREPLY[@]}\"";
    match Command::new("bash").args(["--norc", "-c", script]).env("PATH", path).output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            assert_eq!(said, "moons", "{}", String::from_utf8_lossy(&output.stderr));
        }
        Err(why) => println!("skipped: there is no bash here: {why}"),
    }
}
