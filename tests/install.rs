//! `make install` and `make uninstall`: the program, its manual pages and its completions below a prefix, and nothing left of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn script(root: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/install"));
    command.args(["--prefix", "/usr"]).args(args).env("DESTDIR", root).output().unwrap()
}

/// The files below a directory, by their paths from it.
fn files(root: &Path) -> Vec<PathBuf> {
    let mut open = vec![root.to_owned()];
    let mut found = Vec::new();
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { open.push(path) } else { found.push(path.strip_prefix(root).unwrap().to_owned()) }
        }
    }
    found
}

#[test]
fn what_is_installed_works_and_all_of_it_goes_away_again() {
    let root = tempfile::tempdir().unwrap();
    let foreign = root.path().join("usr/share/man/man1/other.1");
    fs::create_dir_all(foreign.parent().unwrap()).unwrap();
    fs::write(&foreign, "").unwrap();

    let output = script(root.path(), &["--program", env!("CARGO_BIN_EXE_gantop")]);
    assert!(output.status.success(), "{output:?}");
    let read =
        |path: &str| fs::read_to_string(root.path().join("usr").join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    assert!(read("share/man/man1/gantop.1").contains("EXAMPLES"));
    assert!(read("share/man/man1/gantop-train.1").contains(".TH gantop-train"));
    for shell in
        ["bash-completion/completions/gantop", "zsh/site-functions/_gantop", "fish/vendor_completions.d/gantop.fish"]
    {
        assert!(read(&format!("share/{shell}")).contains("gantop"), "{shell}");
    }
    let list = read("share/gantop/installed");
    let installed = files(root.path());
    // What is listed, the list itself, and what was there.
    assert_eq!(installed.len(), list.lines().count() + 2, "{installed:?}");
    let presets = Command::new(root.path().join("usr/bin/gantop")).arg("presets").output().unwrap();
    assert!(presets.status.success() && !presets.stdout.is_empty());

    let output = script(root.path(), &["--remove"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(files(root.path()), [foreign.strip_prefix(root.path()).unwrap()]);
    assert!(!root.path().join("usr/bin").exists());
    let output = script(root.path(), &["--remove"]);
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("nothing of gantop"));
}

#[test]
fn what_cannot_be_installed_is_told() {
    let root = tempfile::tempdir().unwrap();
    for (args, why) in [
        (&["--program", "/nowhere/gantop"][..], "there is no program at /nowhere/gantop"),
        (&["--prefix", "here", "--remove"][..], "must be an absolute path"),
        (&["--what"][..], "--what is nothing"),
    ] {
        let output = script(root.path(), args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(why), "{said}");
    }
    assert_eq!(files(root.path()), [""; 0].map(PathBuf::from));
}
