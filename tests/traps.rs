//! Run directories that somebody else has prepared: links, second names, pipes and devices in place of files. Nothing
//! outside is changed, nothing is waited for, and what is refused is named.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use crate::program::dashboard::{WIDE, in_terminal, press};
use crate::support::program::{ended, gantop};
use crate::support::pty::Pty;

/// The smallest networks, and something of every kind on disk.
const SMALL: [&str; 6] = ["--set", "batch_size=8", "--set", "generator.hidden=[4]", "--set", "critic.hidden=[4]"];

/// What a stranger may have put in place of a file or folder of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trap {
    Link,
    SecondName,
    Pipe,
    Endless,
    Folder,
}

pub const TRAPS: [Trap; 5] = [Trap::Link, Trap::SecondName, Trap::Pipe, Trap::Endless, Trap::Folder];

/// What a run that goes on makes anew, in place of whatever has its name; or does not need.
pub const MADE_ANEW: [&str; 8] = [
    "config.toml",
    "config.partial",
    "summary.json",
    "gantop.log",
    "checkpoints/step-000000014.partial",
    "checkpoints/step-000000014.safetensors",
    "socket",
    ".socket.new",
];
/// What it goes on with, which must be its own.
pub const GONE_ON_WITH: [&str; 2] = ["journal.jsonl", "metrics.csv"];
pub const FOLDERS: [&str; 2] = ["checkpoints", "tensorboard"];

/// A run of ten steps, and a place outside it.
pub struct Place {
    pub folder: TempDir,
}

impl Place {
    pub fn new() -> Place {
        let place = Place { folder: TempDir::new().unwrap() };
        let run = place.run();
        let mut args = vec!["train", "ring", "--headless", "--steps", "10", "--run-dir", run.to_str().unwrap()];
        args.extend(SMALL);
        assert_eq!(place.call(&args), (0, String::new()), "the first run");
        place
    }

    /// The same run in another place.
    pub fn again(&self) -> Place {
        let place = Place { folder: TempDir::new().unwrap() };
        copy(&self.run(), &place.run());
        place
    }

    pub fn run(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// What lies outside and looks like the run's `name`.
    pub fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("outside-{}", name.replace('/', "-")))
    }

    /// Puts a trap in place of `name`; what lies outside looks like what was there.
    pub fn set(&self, trap: Trap, name: &str) {
        let (inside, outside) = (self.run().join(name), self.outside(name));
        let there = fs::read(&inside).unwrap_or_else(|_| b"precious\n".to_vec());
        // A part of a line at the end, which a run that goes on would cut off.
        fs::write(&outside, [&there[..], b"precious"].concat()).unwrap();
        let _ = fs::remove_file(&inside);
        match trap {
            Trap::Link => symlink(&outside, &inside).unwrap(),
            Trap::SecondName => fs::hard_link(&outside, &inside).unwrap(),
            Trap::Pipe => mknodat(CWD, &inside, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap(),
            Trap::Endless => symlink("/dev/zero", &inside).unwrap(),
            Trap::Folder => fs::create_dir(&inside).unwrap(),
        }
    }

    /// The exit code of a command, and what it wrote to standard error.
    pub fn call(&self, args: &[&str]) -> (i32, String) {
        let said = self.folder.path().join("said");
        let mut command = gantop(args);
        command.current_dir(self.folder.path()).stdout(Stdio::null()).stderr(fs::File::create(&said).unwrap());
        // One that waits for a pipe would wait for ever.
        let status = ended(&mut command.spawn().unwrap());
        (status.code().unwrap_or(-1), fs::read_to_string(said).unwrap())
    }

    /// Goes on with the run.
    fn go_on(&self) -> (i32, String) {
        self.call(&["train", "--headless", "--resume", text(&self.run()), "--steps", "14"])
    }
}

/// Copies a directory with all in it but sockets.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (kind, to) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy(&entry.path(), &to);
        } else if kind.is_file() {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn what_a_run_makes_anew_replaces_whatever_has_its_name() {
    let base = Place::new();
    for trap in TRAPS {
        let place = base.again();
        // A folder of that name is in the way: these are told one by one, below.
        let in_the_way =
            |name: &str| trap == Trap::Folder && ["toml", "partial", "json"].iter().any(|end| name.ends_with(end));
        let names: Vec<&str> = MADE_ANEW.into_iter().filter(|name| !in_the_way(name)).collect();
        names.iter().for_each(|name| place.set(trap, name));
        let (code, said) = place.go_on();
        assert_eq!(code, 0, "{trap:?}: {said}");
        for name in names {
            let there = fs::read(place.outside(name)).unwrap();
            assert!(there.ends_with(b"precious"), "{trap:?} {name}: {said}");
        }
    }
}

#[test]
fn what_a_run_goes_on_with_must_be_its_own() {
    let base = Place::new();
    let in_the_way = ["config.toml", "config.partial", "summary.json"].map(|name| (Trap::Folder, name));
    let foreign = GONE_ON_WITH.into_iter().flat_map(|name| TRAPS.map(|trap| (trap, name)));
    for (trap, name) in foreign.chain(in_the_way) {
        let place = base.again();
        place.set(trap, name);
        let before = fs::read(place.outside(name)).unwrap();
        let (code, said) = place.go_on();
        assert_eq!(fs::read(place.outside(name)).unwrap(), before, "{trap:?} {name}: {said}");
        assert_eq!((code, said.contains(name)), (2, true), "{trap:?} {name}: {said}");
    }
}

#[test]
fn folders_of_a_run_are_its_own() {
    let base = Place::new();
    for name in FOLDERS {
        let place = base.again();
        let outside = place.outside(name);
        fs::rename(place.run().join(name), &outside).unwrap();
        fs::write(outside.join("theirs.partial"), "precious").unwrap();
        symlink(&outside, place.run().join(name)).unwrap();
        let names = |dir: &Path| {
            let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let before = names(&outside);
        let (code, said) = place.go_on();
        assert_eq!((code, said.contains(name)), (2, true), "{name}: {said}");
        assert_eq!(names(&outside), before, "{name}");
    }
}

/// What is read of a run.
pub const READ: [&str; 5] =
    ["config.toml", "journal.jsonl", "metrics.csv", "summary.json", "checkpoints/step-000000010.safetensors"];

#[test]
fn nobody_waits_for_a_pipe_or_reads_a_device_to_its_end() {
    let base = Place::new();
    for name in READ {
        for trap in [Trap::Pipe, Trap::Endless] {
            let place = base.again();
            place.set(trap, name);
            let (run, out) = (place.run(), place.folder.path().join("out.csv"));
            let (run, out, file) = (text(&run), text(&out), place.run().join(name));
            let commands: [(&[&str], bool); 11] = [
                (&["runs", text(place.folder.path())], false),
                (&["journal", run], false),
                (&["replay", run], false),
                (&["export", run, "--samples", "4", "--out", out], false),
                (&["ctl", run, "status"], false),
                (&["attach", run], false),
                (&["check", text(&file)], true),
                (&["data", text(&file)], true),
                (&["distance", text(&file), text(&file)], true),
                (&["train", "--headless", "--resume", text(&file), "--steps", "14", "--no-record"], true),
                // The last: it replaces what it makes anew.
                (&["train", "--headless", "--resume", run, "--steps", "14"], false),
            ];
            for (command, named) in commands {
                let (code, said) = place.call(command);
                assert!((0..=2).contains(&code), "{trap:?} {name}: {command:?}: {code} {said}");
                assert!(!said.contains("panicked"), "{trap:?} {name}: {command:?}: {said}");
                let what = ["is a named pipe", "is a device"][usize::from(trap == Trap::Endless)];
                let told = (code, said.contains(name), said.contains(what)) == (2, true, true);
                assert!(told || !named, "{trap:?} {name}: {command:?}: {code} {said}");
            }
        }
    }
}

#[test]
fn a_run_with_pipes_for_files_can_be_looked_at_and_left() {
    let base = Place::new();
    let place = base.again();
    for name in READ.iter().filter(|name| **name != "config.toml") {
        place.set(Trap::Pipe, name);
    }
    let command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
    let Some(mut pty) = Pty::start(in_terminal(command, &["view", text(&place.run())]), WIDE) else { return };
    pty.wait_for_text("is a named pipe");
    press(&mut pty, "q");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
    // Where even the config is one there is no run, and that is said.
    place.set(Trap::Pipe, "config.toml");
    let command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
    let Some(mut pty) = Pty::start(in_terminal(command, &["view", text(&place.run())]), WIDE) else { return };
    assert_eq!(pty.end().exit_code(), 2);
}

#[test]
fn what_a_header_promises_is_compared_with_the_file_before_it_is_read() {
    let made = Place::new();
    let place = made.again();
    let file = place.run().join("checkpoints/step-000000010.safetensors");
    // A hole of 12 GiB behind it, which takes no room on the disk.
    fs::File::options().write(true).open(&file).unwrap().set_len(12 << 30).unwrap();
    let (code, said) = place.call(&["train", "--headless", "--resume", text(&file), "--steps", "14", "--no-record"]);
    assert_eq!((code, said.contains("its header promises")), (2, true), "{said}");
    let journal = place.run().join("journal.jsonl");
    fs::File::options().write(true).open(&journal).unwrap().set_len(20 << 30).unwrap();
    fs::remove_file(&file).unwrap();
    fs::copy(made.run().join("checkpoints/step-000000010.safetensors"), &file).unwrap();
    let (code, said) = place.call(&["train", "--headless", "--resume", text(&place.run()), "--steps", "14"]);
    assert_eq!((code, said.contains("journal.jsonl")), (2, true), "{said}");
}
