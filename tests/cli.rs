//! The program as a shell sees it: what it prints, where, and its exit code.

use std::process::Stdio;

use crate::support::program::{self, gantop};

/// (exit code, stdout, stderr)
fn said(args: &[&str]) -> (i32, String, String) {
    program::said(gantop(args))
}

#[test]
fn presets_lists_one_a_line() {
    let (code, out, err) = said(&["presets"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let names: Vec<&str> = out.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    let listed: Vec<&str> = gantop::config::presets::ALL.iter().map(|preset| preset.name).collect();
    assert_eq!(names, listed);
}

#[test]
fn objectives_lists_and_explains_each() {
    let (code, table, err) = said(&["objectives"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for objective in gantop::theory::objective::ALL {
        let about = objective.about();
        let line = table.lines().find(|line| line.split_whitespace().next() == Some(about.name)).expect(about.name);
        assert!(
            [about.optimal, about.conjugate, about.non_saturating].iter().all(|text| line.contains(text)),
            "{line}"
        );
        let (code, page, err) = said(&["objectives", about.name]);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(
            page.starts_with(&format!("{}: {}", about.name, about.title)) && page.contains(about.optimal),
            "{page}"
        );
        for text in
            [about.formula, about.optimal, about.when, about.trouble, about.paper, about.non_saturating, about.title]
        {
            assert!(!text.is_empty(), "{} lacks a text", about.name);
        }
        assert_eq!(about.conjugate.is_empty(), objective.divergence().is_none(), "{}", about.name);
        assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
        // What the page tells to set is a config.
        let set: Vec<&str> =
            page.lines().last().unwrap().split_whitespace().filter(|word| word.contains('=')).collect();
        let sets: Vec<&str> = set.iter().flat_map(|set| ["--set", set]).collect();
        assert_eq!(said(&[&["check", "ring"], &sets[..]].concat()).0, 0, "{set:?}");
    }
    insta::assert_snapshot!("objectives", table);
    insta::assert_snapshot!("objective_alpha", said(&["objectives", "alpha"]).1);
}

#[test]
fn check_prints_a_config_that_it_reads_again() {
    let directory = tempfile::tempdir().unwrap();
    let (code, out, err) =
        said(&["check", "two-gaussians", "--set", "critic.steps=3", "--seed", "9", "--device", "cpu"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let path = directory.path().join("resolved.toml");
    std::fs::write(&path, &out).unwrap();
    assert_eq!(said(&["check", path.to_str().unwrap()]), (0, out.clone(), String::new()));
    for line in ["steps = 3", "seed = 9", "device = \"cpu\"", "name = \"two-gaussians\""] {
        assert!(out.lines().any(|said| said == line), "{line} is not in\n{out}");
    }
}

#[test]
fn bad_input_ends_with_2_and_says_why_on_stderr() {
    for (args, why) in [
        (&["check", "--set", "data.radius=-1"][..], "--set data.radius=-1: `data.radius` is -1"),
        (&["train", "--set", "sede=1"], "did you mean `seed`?"),
        (&["rnig"], "did you mean `ring`?"),
        (&["mnist-wgan"], "--set data.path=DIR"),
        (&["check", "no/such.toml"], "no/such.toml: cannot be read"),
        (&["presest"], "gantop presets"),
        (&["--seed", "1", "presets"], "gantop presets"),
        (&["--device", "gpu"], "cuda:N"),
        (&["--seed", "9223372036854775808"], "9223372036854775807"),
        (&["objectives", "reverse_kl"], "did you mean `reverse-kl`?"),
        (&["check", "--set", "objective.alpha=1"], "where it is reverse-kl and kl"),
        (&["check", "--set", "objective.pi=0"], "from 0.001 to 0.999"),
        (&["--fps", "nan"], "from 0.5 to 60"),
        (&["--glyphs", "dots"], "braille"),
        (&["completions", "csh"], "bash"),
    ] {
        let (code, out, err) = said(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(err.contains(why), "{args:?}: {err}");
    }
}

#[test]
fn an_error_in_a_file_begins_with_its_place() {
    let (code, _, err) = said(&["check", "tests/config/invalid/radius-negative.toml"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("tests/config/invalid/radius-negative.toml:5:10: `data.radius` is -1.0: must be"), "{err}");
}

#[test]
fn a_preset_wins_over_a_file_of_its_name_unless_it_is_written_as_one() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ring"), "name = \"mine\"\n").unwrap();
    std::fs::write(directory.path().join("plain"), "name = \"plain file\"\n").unwrap();
    let name = |config: &str| {
        let output = gantop(&["check", config]).current_dir(directory.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned()
    };
    assert_eq!(name("ring"), "name = \"ring\"");
    assert_eq!(name("./ring"), "name = \"mine\"");
    assert_eq!(name("plain"), "name = \"plain file\"");
}

#[test]
fn home_and_current_directory_are_where_paths_begin() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path().canonicalize().unwrap();
    let path = |argument: &str| {
        let mut command = gantop(&["check", "mnist-wgan", "--set", argument]);
        command.current_dir(&here).env("HOME", "/home/of/ada");
        let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
        out.lines().find_map(|line| line.strip_prefix("path = ")).unwrap().to_owned()
    };
    assert_eq!(path("data.path=~/digits"), "\"/home/of/ada/digits\"");
    assert_eq!(path("data.path=digits"), format!("\"{}/digits\"", here.display()));
}

#[test]
fn in_a_directory_that_has_been_removed_it_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" keys", env!("CARGO_BIN_EXE_gantop")]);
    let output = command.current_dir(&directory).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the current directory has been removed") && said.lines().count() == 1, "{said}");
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    for args in [&["presets"][..], &["check", "ring"], &["completions", "bash"], &["--version"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = gantop(args).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
}

#[test]
fn version_names_libtorch_and_the_devices() {
    let (code, out, err) = said(&["--version"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with(&format!("gantop {}\n", env!("CARGO_PKG_VERSION"))), "{out}");
    assert!(out.contains("libtorch 2.") && out.contains("cpu"), "{out}");
    assert_eq!(said(&["-V"]).1, out);
}

#[test]
fn a_run_is_named_by_as_much_of_its_name_as_is_its_own_and_the_newest_by_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let train = |name: &str| {
        let mut command =
            gantop(&["--headless", "--steps", "2", "--set", &format!("name={name}"), "--set", "batch_size=4"]);
        command.current_dir(dir.path());
        let (code, _, err) = program::said(command);
        assert_eq!(code, 0, "{err}");
    };
    let journal = |args: &[&str]| {
        let mut command = gantop(&[&["journal"], args].concat());
        command.current_dir(dir.path());
        program::said(command)
    };
    let (code, out, err) = journal(&[]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("there is no run in runs"), "{err}");
    train("first");
    train("second-a");
    train("second-b");
    for (args, has) in
        [(&["first"][..], true), (&["second-a"], true), (&["newest"], true), (&[], true), (&["third"], false)]
    {
        let (code, out, err) = journal(args);
        assert_eq!((code == 0, out.contains("the run finished")), (has, has), "{args:?}: {err}");
    }
    let (code, _, err) = journal(&["second"]);
    assert!(code == 2 && err.contains("second-a") && err.contains("second-b") && !err.contains("first"), "{err}");
    // The newest one's steps are done: what it says is of that run.
    let mut command = gantop(&["--headless", "--resume"]);
    command.current_dir(dir.path());
    let (code, _, err) = program::said(command);
    assert!(code == 2 && err.contains("--steps N with a larger N"), "{err}");
}
