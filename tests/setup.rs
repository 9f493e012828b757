//! scripts/libtorch, tried in a copy of the scripts with a pip, a PyTorch and an nvidia-smi that are ours: which
//! libtorch it takes, what it leaves behind, and what it says when it cannot. Nothing is downloaded.
//!
//! Where there is no python3 or no C compiler for the stand-in libraries, these tests say so and pass.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// Stands in for pip: writes down that it was called, then does what FAKE_PIP says.
const PIP: &str = r##"
import os, sys, time, zipfile
place = os.environ["FAKE_PLACE"]
with open(place + "/calls", "a") as calls: calls.write(" ".join(sys.argv[1:]) + "\n")
wheels = sys.argv[sys.argv.index("-d") + 1]
mode = os.environ.get("FAKE_PIP", "good")
stub = open(place + "/stub.so", "rb").read()
def wheel(name, files):
    with zipfile.ZipFile(wheels + "/" + name + "-1-py3-none-any.whl", "w") as archive:
        for path, content in files: archive.writestr(path, content)
if mode == "slow": time.sleep(1)
if mode == "hang":
    open(wheels + "/half", "w").close()
    open(place + "/pid", "w").write(str(os.getpid()))
    time.sleep(60)
if mode == "damaged":
    open(wheels + "/torch-1-py3-none-any.whl", "w").write("not an archive")
    sys.exit(0)
if mode not in ("good", "slow", "old"):
    open(wheels + "/half", "w").close()
    print("WARNING: something\n" + mode, file=sys.stderr)
    sys.exit(2)
version = "\n".join("#define TORCH_VERSION_%s %s" % pair for pair in zip(("MAJOR", "MINOR", "PATCH"), ("2", "10" if mode == "old" else "11", "0")))
libraries = ["libc10", "libtorch", "libtorch_cpu", "libtorch_cuda", "libtorch_python"]
wheel("torch", [("torch/include/torch/csrc/api/include/torch/torch.h", ""), ("torch/include/torch/headeronly/version.h", version),
    ("torch/version.py", ""), ("torch/lib/libgomp.so.1", stub)] + [("torch/lib/%s.so" % name, stub) for name in libraries])
wheel("nvidia_cuda", [("nvidia/cu13/lib/libcudart.so.13", stub), ("nvidia/cu13/lib/libcupti.so.13", stub), ("nvidia/cu13/include/cuda.h", "")])
"##;

/// A folder with the scripts in it, as in a clone, and a place beside it for what stands in for the machine.
struct Machine {
    folder: TempDir,
    python: PathBuf,
}

impl Machine {
    /// None where the tests cannot run.
    fn new() -> Option<Machine> {
        let folder = TempDir::new().unwrap();
        let root = folder.path();
        for sub in ["clone/scripts", "bin", "python/pip"] {
            std::fs::create_dir_all(root.join(sub)).unwrap();
        }
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts")).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), root.join("clone/scripts").join(entry.file_name())).unwrap();
        }
        std::fs::write(root.join("python/pip/__init__.py"), "").unwrap();
        std::fs::write(root.join("python/pip/__main__.py"), PIP).unwrap();
        let python = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output();
        let Ok(python) = python.map(|answer| PathBuf::from(String::from_utf8(answer.stdout).unwrap().trim())) else {
            println!("skipped: there is no python3 here");
            return None;
        };
        let compiled = Command::new("cc")
            .args(["-shared", "-x", "c", "/dev/null", "-o"])
            .arg(root.join("stub.so"))
            .status()
            .is_ok_and(|status| status.success());
        if !compiled {
            println!("skipped: there is no C compiler here");
            return None;
        }
        Some(Machine { folder, python })
    }

    /// One that the downloadable libraries are for.
    fn downloading() -> Option<Machine> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
            println!("skipped: there is nothing to download for this platform");
            return None;
        }
        Machine::new()
    }

    fn path(&self, sub: &str) -> PathBuf {
        self.folder.path().join(sub)
    }

    /// A folder that looks like a libtorch.
    fn libtorch(&self, sub: &str, version: &str, libraries: &[&str]) -> PathBuf {
        let root = self.path(sub);
        let numbers: Vec<_> = version.split('.').collect();
        let header: String = ["MAJOR", "MINOR", "PATCH"]
            .iter()
            .zip(numbers)
            .map(|(part, number)| format!("#define TORCH_VERSION_{part} {number}\n"))
            .collect();
        for (file, text) in [("csrc/api/include/torch/torch.h", ""), ("headeronly/version.h", header.as_str())] {
            let file = root.join("include/torch").join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        std::fs::create_dir_all(root.join("lib")).unwrap();
        for library in libraries {
            std::fs::copy(self.path("stub.so"), root.join("lib").join(format!("{library}.so"))).unwrap();
        }
        root
    }

    /// Installs a PyTorch for python3.
    fn install(&self, version: &str, libraries: &[&str]) {
        let info = self.path("python").join(format!("torch-{version}.dist-info"));
        std::fs::create_dir(&info).unwrap();
        std::fs::write(info.join("METADATA"), format!("Metadata-Version: 2.1\nName: torch\nVersion: {version}\n"))
            .unwrap();
        self.libtorch("python/torch", version.split('+').next().unwrap(), libraries);
    }

    /// Puts in an NVIDIA driver of this version.
    fn gpu(&self, driver: &str) {
        let program = self.path("bin/nvidia-smi");
        std::fs::write(&program, format!("#!/bin/sh\necho {driver}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn command(&self, args: &[&str], environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(&self.python);
        // -S: what is installed for the python3 of this machine must not matter.
        command.arg("-S").arg(self.path("clone/scripts/libtorch")).args(args);
        command.env_clear().env("PATH", self.path("bin")).env("PYTHONPATH", self.path("python"));
        command.env("FAKE_PLACE", self.folder.path()).envs(environment.iter().copied());
        command.current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, args: &[&str], environment: &[(&str, &str)]) -> Output {
        self.command(args, environment).output().unwrap()
    }

    /// What a run that must succeed says.
    #[track_caller]
    fn succeed(&self, args: &[&str], environment: &[(&str, &str)]) -> String {
        let output = self.run(args, environment);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.stderr, b"");
        said
    }

    /// The sentence of a run that must fail with nothing left behind.
    #[track_caller]
    fn fail(&self, args: &[&str], environment: &[(&str, &str)]) -> String {
        let before = self.left();
        let output = self.run(args, environment);
        let sentence = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{sentence}");
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
        assert!(sentence.starts_with("scripts/libtorch: "), "{sentence}");
        assert_eq!(self.left(), before);
        sentence
    }

    /// What lies in the clone beside the scripts.
    fn left(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("clone")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != "scripts").collect();
        names.sort();
        names
    }

    /// How often pip was asked to download, and what the last time.
    fn downloads(&self) -> (usize, String) {
        let calls = std::fs::read_to_string(self.path("calls")).unwrap_or_default();
        (calls.lines().count(), calls.lines().last().unwrap_or_default().to_string())
    }
}

const CPU: &[&str] = &["libc10", "libtorch_cpu", "libtorch"];
const CUDA: &[&str] = &["libc10", "libtorch_cpu", "libtorch", "libtorch_cuda"];

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_libtorch_of_the_users_comes_first_and_nothing_is_made() {
    let Some(machine) = Machine::new() else { return };
    machine.libtorch("clone/.libtorch", "2.11.0", CPU);
    machine.install("2.11.0", CPU);
    let own = machine.libtorch("own", "2.11.0", CUDA);
    let said = machine.succeed(&[], &[("LIBTORCH", own.to_str().unwrap())]);
    assert_eq!(said, format!("libtorch: taking {} (CUDA), because LIBTORCH is set to it\n", own.display()));
    assert_eq!(machine.left(), [".libtorch"]);
    assert_eq!(machine.downloads().0, 0);
}

#[test]
fn a_libtorch_of_the_users_that_will_not_do_is_an_error() {
    let Some(machine) = Machine::new() else { return };
    let old = machine.libtorch("old", "2.10.0", CPU);
    let partial = machine.libtorch("partial", "2.11.0", &["libtorch_cpu"]);
    let broken = machine.libtorch("broken", "2.11.0", CPU);
    std::fs::write(broken.join("lib/libtorch.so"), "\x7fELF").unwrap();
    let stated = machine.libtorch("stated", "2.11.0", CPU);
    std::fs::write(stated.join("build-version"), "2.9.1+cu128\n").unwrap();
    let missing = machine.path("missing");
    for (folder, part) in [
        (old.to_str().unwrap(), "is libtorch 2.10.0, and gantop needs 2.11.0"),
        (stated.to_str().unwrap(), "is libtorch 2.9.1+cu128, and gantop needs 2.11.0"),
        (partial.to_str().unwrap(), "lacks lib/libc10.so"),
        (broken.to_str().unwrap(), "does not load"),
        (missing.to_str().unwrap(), "is not a folder"),
        ("own/libtorch", "must be an absolute path"),
        ("", "LIBTORCH is set but empty"),
    ] {
        let sentence = machine.fail(&[], &[("LIBTORCH", folder)]);
        assert!(sentence.contains(part), "{sentence}");
    }
    let good = machine.libtorch("good", "2.11.0", CPU);
    let sentence = machine.fail(&["--cuda"], &[("LIBTORCH", good.to_str().unwrap())]);
    assert!(sentence.contains("a CPU build, which --cuda rules out"), "{sentence}");
    let sentence = machine.fail(&[], &[("LIBTORCH_LIB", good.to_str().unwrap())]);
    assert!(sentence.contains("LIBTORCH_LIB and LIBTORCH_INCLUDE go together"), "{sentence}");
    // As torch-sys itself allows.
    machine.succeed(&[], &[("LIBTORCH", old.to_str().unwrap()), ("LIBTORCH_BYPASS_VERSION_CHECK", "1")]);
}

#[test]
fn one_made_earlier_is_taken_before_an_installed_one() {
    let Some(machine) = Machine::new() else { return };
    let made = machine.libtorch("clone/.libtorch", "2.11.0", CPU);
    machine.install("2.11.0", CUDA);
    assert_eq!(machine.succeed(&[], &[]), "libtorch: taking .libtorch/ (CPU), made earlier\n");
    // What cargo itself passes on to what it runs is not a choice of the user's.
    machine.succeed(&[], &[("LIBTORCH", made.to_str().unwrap())]);
    assert_eq!(names(&made), ["include", "lib"]);
    machine.gpu("580.95.05");
    assert!(machine.succeed(&[], &[]).contains("scripts/libtorch --cuda makes it anew"));
    // Unless it is not of the kind asked for.
    let said = machine.succeed(&["--cuda"], &[]);
    assert!(said.contains("is a CPU build, and --cuda asks for another"), "{said}");
    assert!(made.join("lib/libtorch_cuda.so").exists());
    assert_eq!(machine.left(), [".libtorch"]);
}

#[test]
fn an_installed_pytorch_is_linked_before_anything_is_downloaded() {
    let Some(machine) = Machine::new() else { return };
    machine.install("2.11.0+cu130", CUDA);
    let said = machine.succeed(&[], &[]);
    assert!(said.contains("taking PyTorch 2.11.0+cu130, installed for python3, by links to"), "{said}");
    assert!(said.ends_with("made .libtorch/ (CUDA)\n"), "{said}");
    let made = machine.path("clone/.libtorch");
    let installed = machine.path("python/torch").canonicalize().unwrap();
    assert_eq!(std::fs::read_link(made.join("lib")).unwrap(), installed.join("lib"));
    assert_eq!(std::fs::read_link(made.join("include")).unwrap(), installed.join("include"));
    assert_eq!(std::fs::read_to_string(made.join("build-version")).unwrap(), "2.11.0\n");
    assert_eq!(machine.succeed(&[], &[]), "libtorch: taking .libtorch/ (CUDA), made earlier\n");
    assert_eq!(machine.downloads().0, 0);
}

#[test]
fn an_installed_pytorch_that_will_not_do_is_passed_over_with_the_reason() {
    let Some(machine) = Machine::downloading() else { return };
    machine.install("2.10.0", CPU);
    let said = machine.succeed(&[], &[]);
    assert!(said.contains("PyTorch 2.10.0, installed for python3, is passed over: gantop needs libtorch 2.11.0, which goes into .libtorch"), "{said}");
    assert_eq!(machine.downloads().0, 1);

    let Some(machine) = Machine::downloading() else { return };
    machine.install("2.11.0", CPU);
    let said = machine.succeed(&["--cuda"], &[]);
    assert!(said.contains("is passed over: it is a CPU build"), "{said}");
    assert_eq!(machine.downloads().0, 1);
}

#[test]
fn the_cpu_libraries_are_downloaded_where_no_gpu_answers() {
    let Some(machine) = Machine::downloading() else { return };
    let said = machine.succeed(&[], &[]);
    assert!(said.contains("2.11.0 for CPU, 544 MB, 500 MB on disk (nvidia-smi does not answer)"), "{said}");
    let (calls, call) = machine.downloads();
    assert_eq!(calls, 1);
    assert!(call.contains("--require-hashes") && call.contains("scripts/libtorch-cpu.txt"), "{call}");
    let made = machine.path("clone/.libtorch");
    assert_eq!(machine.left(), [".libtorch"]);
    assert_eq!(names(&made), ["build-version", "include", "lib"]);
    let libraries = "libc10.so libcudart.so.13 libcupti.so.13 libgomp.so libgomp.so.1 libtorch.so libtorch_cpu.so";
    assert_eq!(names(&made.join("lib")).join(" "), libraries);
    assert_eq!(std::fs::read_link(made.join("lib/libtorch.so")).unwrap(), Path::new("libtorch_cpu.so"));
    machine.succeed(&[], &[]);
    assert_eq!(machine.downloads().0, 1);
    machine.succeed(&["--force"], &[]);
    assert_eq!(machine.downloads().0, 2);
}

#[test]
fn the_cuda_set_is_downloaded_where_a_gpu_answers_or_it_is_asked_for() {
    for (driver, args, kind, why) in [
        (Some("580.95.05"), &[][..], "CUDA", "(nvidia-smi answers)"),
        (None, &["--cuda"], "CUDA", "(asked for)"),
        (Some("580.95.05"), &["--cpu"], "CPU", "(asked for)"),
        (Some("535.104.05"), &[], "CPU", "the NVIDIA driver, 535, is older than the 580 that CUDA 13.0 needs"),
        (Some("NVIDIA-SMI has failed"), &[], "CPU", "(nvidia-smi does not answer)"),
    ] {
        let Some(machine) = Machine::downloading() else { return };
        if let Some(driver) = driver {
            machine.gpu(driver);
        }
        let said = machine.succeed(args, &[]);
        assert!(said.contains(why) && said.contains(&format!("made .libtorch/ ({kind})")), "{said}");
        let made = machine.path("clone/.libtorch");
        assert_eq!(made.join("lib/libtorch_cuda.so").exists(), kind == "CUDA");
        if kind == "CUDA" {
            // As installed, because the libraries find each other by paths relative to their own.
            assert!(made.join("lib/../../nvidia/cu13/lib/libcudart.so.13").exists());
            assert!(!made.join("site/nvidia/cu13/include").exists() && !made.join("lib/libtorch_python.so").exists());
        }
    }
}

#[test]
fn a_broken_one_made_earlier_is_made_anew() {
    let Some(machine) = Machine::downloading() else { return };
    let made = machine.libtorch("clone/.libtorch", "2.11.0", CPU);
    std::fs::write(made.join("lib/libtorch.so"), "").unwrap();
    let said = machine.succeed(&[], &[]);
    assert!(said.contains(".libtorch/ does not load") && said.contains("making it anew"), "{said}");
    machine.succeed(&[], &[]);
    assert_eq!(machine.downloads().0, 1);

    // Links to a PyTorch that was removed.
    std::fs::remove_dir_all(&made).unwrap();
    std::os::unix::fs::symlink(machine.path("gone"), &made).unwrap();
    let said = machine.succeed(&[], &[]);
    assert!(said.contains("which is gone: making it anew"), "{said}");
    assert_eq!(machine.left(), [".libtorch"]);
}

#[test]
fn a_download_that_fails_leaves_nothing_and_says_why_in_one_sentence() {
    for (complaint, part) in [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "its hash differs"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        (
            "WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: No matching",
            "cannot reach the package index",
        ),
        ("no such option: --abi", "pip is too old"),
        ("ERROR: pip has a bad day", "pip failed with code 2: ERROR: pip has a bad day"),
        ("damaged", "is damaged"),
        ("old", "the downloaded libtorch does not work here: it is libtorch 2.10.0"),
    ] {
        let Some(machine) = Machine::downloading() else { return };
        let sentence = machine.fail(&[], &[("FAKE_PIP", complaint)]);
        assert!(sentence.contains(part), "{sentence}");
        // A good one that is to be made anew survives the failure.
        let made = machine.libtorch("clone/.libtorch", "2.11.0", CPU);
        machine.fail(&["--force"], &[("FAKE_PIP", complaint)]);
        assert_eq!(names(&made), ["include", "lib"]);
    }
}

#[test]
fn without_pip_there_is_one_sentence() {
    let Some(machine) = Machine::downloading() else { return };
    std::fs::remove_dir_all(machine.path("python/pip")).unwrap();
    let sentence = machine.fail(&[], &[]);
    for part in ["has no pip to download libtorch with", "install PyTorch 2.11.0 in that environment", "set LIBTORCH"] {
        assert!(sentence.contains(part), "{sentence}");
    }
}

#[test]
fn a_system_without_glibc_is_not_sent_to_a_pytorch_that_there_is_none_of() {
    let Some(machine) = Machine::downloading() else { return };
    // What Python says of itself under musl.
    let says = |what: &str, value: &str| format!("def {what}(*names): return {value}\n");
    let musl = says("libc_ver", "('', '')") + &says("system", "'Linux'") + &says("machine", "'x86_64'");
    std::fs::write(machine.path("python/platform.py"), musl).unwrap();
    let sentence = machine.fail(&[], &[]);
    assert!(sentence.contains("without glibc") && sentence.contains("use a system with glibc"), "{sentence}");
    assert!(!sentence.contains("install PyTorch"), "{sentence}");
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what} did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn kill(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(child.id() as i32).unwrap(), signal).unwrap();
}

/// Whether this process, and so what it starts, ignores a signal.
fn is_ignored(signal: Signal) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() >> (signal.as_raw() - 1) & 1 == 1
}

#[test]
fn a_signal_ends_the_download_and_leaves_nothing() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        if is_ignored(signal) {
            println!("skipped: {signal:?} is ignored here, as in a shell's background job");
            continue;
        }
        let Some(machine) = Machine::downloading() else { return };
        let child = machine.command(&[], &[("FAKE_PIP", "hang")]).spawn().unwrap();
        let pid = machine.path("pid");
        wait_for("the download", || std::fs::read_to_string(&pid).is_ok_and(|pid| !pid.is_empty()));
        kill(&child, signal);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(output.stderr, b"scripts/libtorch: stopped; nothing is left half made\n");
        assert!(machine.left().is_empty(), "{:?}", machine.left());
        let pip = Pid::from_raw(std::fs::read_to_string(&pid).unwrap().parse().unwrap()).unwrap();
        assert!(rustix::process::test_kill_process(pip).is_err(), "pip goes on");
    }
}

#[test]
fn what_a_killed_run_left_is_removed_by_the_next() {
    let Some(machine) = Machine::downloading() else { return };
    let mut child = machine.command(&[], &[("FAKE_PIP", "hang")]).spawn().unwrap();
    let pid = machine.path("pid");
    wait_for("the download", || std::fs::read_to_string(&pid).is_ok_and(|pid| !pid.is_empty()));
    kill(&child, Signal::KILL);
    child.wait().unwrap();
    let pip = Pid::from_raw(std::fs::read_to_string(&pid).unwrap().parse().unwrap()).unwrap();
    kill_process(pip, Signal::KILL).unwrap();
    assert_eq!(machine.left().len(), 1);
    machine.succeed(&[], &[]);
    assert_eq!(machine.left(), [".libtorch"]);
}

#[test]
fn of_two_at_once_one_downloads_and_both_succeed() {
    let Some(machine) = Machine::downloading() else { return };
    let start = || machine.command(&[], &[("FAKE_PIP", "slow")]).spawn().unwrap();
    let (first, second) = (start(), start());
    let said = [first, second].map(|child| {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    });
    assert_eq!(machine.downloads().0, 1);
    assert_eq!(machine.left(), [".libtorch"]);
    assert!(said.iter().any(|said| said.contains("waiting for another scripts/libtorch")), "{said:?}");
}
