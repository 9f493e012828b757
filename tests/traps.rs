//! Run directories that somebody else has prepared: links, second names, pipes and devices in place of files. Nothing
//! outside is changed, nothing is waited for, and what is refused is named.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use crate::support::program::{ended, gantop};

/// The smallest networks, and something of every kind on disk.
const SMALL: [&str; 6] = ["--set", "batch_size=8", "--set", "generator.hidden=[4]", "--set", "critic.hidden=[4]"];

/// What a stranger may have put in place of a file or folder of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trap {
    Link,
    SecondName,
    Pipe,
    Endless,
}

const FILES: [&str; 6] =
    ["config.toml", "config.partial", "journal.jsonl", "metrics.csv", "summary.json", "gantop.log"];
const FOLDERS: [&str; 2] = ["checkpoints", "tensorboard"];

/// A run of ten steps, and a place outside it.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: TempDir::new().unwrap() };
        let run = place.run();
        let mut args = vec!["train", "ring", "--headless", "--steps", "10", "--run-dir", run.to_str().unwrap()];
        args.extend(SMALL);
        assert_eq!(place.call(&args), (0, String::new()), "the first run");
        place
    }

    fn run(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    fn outside(&self) -> PathBuf {
        self.folder.path().join("outside")
    }

    /// Puts a trap in place of `name`; what lies outside looks like what was there.
    fn set(&self, trap: Trap, name: &str) {
        let (inside, outside) = (self.run().join(name), self.outside());
        let there = fs::read(&inside).unwrap_or_else(|_| b"precious\n".to_vec());
        // A part of a line at the end, which a run that goes on would cut off.
        fs::write(&outside, [&there[..], b"precious"].concat()).unwrap();
        let _ = fs::remove_file(&inside);
        match trap {
            Trap::Link => symlink(&outside, &inside).unwrap(),
            Trap::SecondName => fs::hard_link(&outside, &inside).unwrap(),
            Trap::Pipe => mknodat(CWD, &inside, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap(),
            Trap::Endless => symlink("/dev/zero", &inside).unwrap(),
        }
    }

    /// The exit code of a command, and what it wrote to standard error.
    fn call(&self, args: &[&str]) -> (i32, String) {
        let said = self.folder.path().join("said");
        let mut command = gantop(args);
        command.current_dir(self.folder.path()).stdout(Stdio::null()).stderr(fs::File::create(&said).unwrap());
        // One that waits for a pipe would wait for ever.
        let status = ended(&mut command.spawn().unwrap());
        (status.code().unwrap_or(-1), fs::read_to_string(said).unwrap())
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_run_that_is_gone_on_with_writes_to_nothing_outside() {
    for name in FILES {
        for trap in [Trap::Link, Trap::SecondName, Trap::Pipe, Trap::Endless] {
            let place = Place::new();
            place.set(trap, name);
            let before = fs::read(place.outside()).unwrap();
            let (code, said) = place.call(&["train", "--headless", "--resume", text(&place.run()), "--steps", "14"]);
            assert_eq!(fs::read(place.outside()).unwrap(), before, "{trap:?} {name}: {said}");
            // What is made anew is put in place of whatever has its name; what is gone on with must be the run's own.
            let replaced = ["config.toml", "config.partial", "summary.json", "gantop.log"].contains(&name);
            assert_eq!(code, if replaced { 0 } else { 2 }, "{trap:?} {name}: {said}");
            assert!(replaced || said.contains(name), "{trap:?} {name}: {said}");
        }
    }
}

#[test]
fn folders_of_a_run_are_its_own() {
    for name in FOLDERS {
        let place = Place::new();
        let outside = place.outside();
        fs::rename(place.run().join(name), &outside).unwrap();
        fs::write(outside.join("theirs.partial"), "precious").unwrap();
        symlink(&outside, place.run().join(name)).unwrap();
        let names = |dir: &Path| {
            let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let before = names(&outside);
        let (code, said) = place.call(&["train", "--headless", "--resume", text(&place.run()), "--steps", "14"]);
        assert_eq!((code, said.contains(name)), (2, true), "{name}: {said}");
        assert_eq!(names(&outside), before, "{name}");
    }
}

#[test]
fn nobody_waits_for_a_pipe_or_reads_a_device_to_its_end() {
    for name in
        ["config.toml", "journal.jsonl", "metrics.csv", "summary.json", "checkpoints/step-000000010.safetensors"]
    {
        for trap in [Trap::Pipe, Trap::Endless] {
            let place = Place::new();
            place.set(trap, name);
            let (run, out) = (place.run(), place.folder.path().join("out.csv"));
            let (run, out, file) = (text(&run), text(&out), place.run().join(name));
            let commands: [&[&str]; 9] = [
                &["runs", text(place.folder.path())],
                &["journal", run],
                &["replay", run],
                &["export", run, "--samples", "4", "--out", out],
                &["ctl", run, "status"],
                &["train", "--headless", "--resume", run, "--steps", "14"],
                &["check", text(&file)],
                &["distance", text(&file), text(&file)],
                &["train", "--headless", "--resume", text(&file), "--steps", "14", "--no-record"],
            ];
            for command in commands {
                let (code, said) = place.call(command);
                assert!((0..=2).contains(&code), "{trap:?} {name}: {command:?}: {code} {said}");
                assert!(!said.contains("panicked"), "{trap:?} {name}: {command:?}: {said}");
            }
        }
    }
}

#[test]
fn what_a_header_promises_is_compared_with_the_file_before_it_is_read() {
    let place = Place::new();
    let file = place.run().join("checkpoints/step-000000010.safetensors");
    // A hole of 12 GiB behind it, which takes no room on the disk.
    fs::File::options().write(true).open(&file).unwrap().set_len(12 << 30).unwrap();
    let (code, said) = place.call(&["train", "--headless", "--resume", text(&file), "--steps", "14", "--no-record"]);
    assert_eq!((code, said.contains("its header promises")), (2, true), "{said}");
    let journal = place.run().join("journal.jsonl");
    fs::File::options().write(true).open(&journal).unwrap().set_len(20 << 30).unwrap();
    fs::remove_file(&file).unwrap();
    let fresh = Place::new();
    fs::copy(fresh.run().join("checkpoints/step-000000010.safetensors"), &file).unwrap();
    let (code, said) = place.call(&["train", "--headless", "--resume", text(&place.run()), "--steps", "14"]);
    assert_eq!((code, said.contains("journal.jsonl")), (2, true), "{said}");
}
