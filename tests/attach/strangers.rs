//! What another user, or a run directory from elsewhere, can do to a run: nothing.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use portable_pty::CommandBuilder;
use rustix::process::geteuid;

use crate::program::dashboard::{WIDE, in_terminal, press};
use crate::support::program::{gantop, said};
use crate::support::pty::Pty;
use crate::support::socket::{Served, ctl};

/// The user and the group that own nothing.
const NOBODY: u32 = 65_534;
const FOLDER: &str = "GANTOP_TEST_STRANGER";

/// What the other user finds; none where this process cannot become one.
fn stranger(folder: &Path, what: &str) -> Option<String> {
    if !geteuid().is_root() {
        println!("skipped: only root can become another user");
        return None;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "attach::strangers::somebody_else", "--nocapture", "--test-threads=1"]);
    command.env(FOLDER, folder).env("GANTOP_TEST_WHAT", what).current_dir("/").uid(NOBODY).gid(NOBODY);
    match command.output() {
        Ok(output) if output.status.success() => Some(String::from_utf8(output.stdout).unwrap()),
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            println!("skipped: another user cannot run this program: {error}");
            None
        }
    }
}

/// Not a test but, when run again by [`stranger`], the other user.
#[test]
fn somebody_else() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let dir = Path::new(&folder).join("run");
    let socket = dir.join("socket");
    match std::env::var("GANTOP_TEST_WHAT").unwrap().as_str() {
        "break in" => {
            println!("list: {:?}", fs::read_dir(&dir).map(|_| ()).map_err(|error| error.kind()));
            println!("read: {:?}", fs::read(dir.join("config.toml")).map(|_| ()).map_err(|error| error.kind()));
            println!("connect: {:?}", UnixStream::connect(&socket).map(|_| ()).map_err(|error| error.kind()));
            println!("remove: {:?}", fs::remove_file(&socket).map_err(|error| error.kind()));
            println!("replace: {:?}", UnixListener::bind(dir.join("new")).map(|_| ()).map_err(|error| error.kind()));
        }
        "speak" => {
            let mut line = String::new();
            BufReader::new(UnixStream::connect(&socket).unwrap()).read_line(&mut line).unwrap();
            println!("{line}");
        }
        "pretend" => {
            drop(UnixListener::bind(&socket).unwrap());
        }
        what => panic!("{what}"),
    }
}

#[test]
fn another_user_can_neither_connect_nor_read_nor_replace_the_socket() {
    let run = Served::start(&["--steps", "0"]);
    let folder = run.folder.path();
    // All around it is open.
    fs::set_permissions(folder, Permissions::from_mode(0o777)).unwrap();
    let Some(found) = stranger(folder, "break in") else { return };
    for what in ["list", "read", "connect", "remove", "replace"] {
        assert!(found.contains(&format!("{what}: Err(PermissionDenied)")), "{found}");
    }
    // Where somebody has opened all of it, the other user is still known.
    fs::set_permissions(run.dir(), Permissions::from_mode(0o777)).unwrap();
    fs::set_permissions(run.dir().join("socket"), Permissions::from_mode(0o777)).unwrap();
    let before = run.status()["refused_connections"].as_u64().unwrap();
    let said = stranger(folder, "speak").unwrap();
    assert!(said.contains(r#"{"refused":{"why":"the run belongs to another user"}}"#), "{said}");
    assert_eq!(run.status()["refused_connections"].as_u64(), Some(before + 1));
}

#[test]
fn a_socket_of_another_user_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let dir = folder.path().join("run");
    fs::create_dir(&dir).unwrap();
    fs::set_permissions(&dir, Permissions::from_mode(0o777)).unwrap();
    fs::write(dir.join("config.toml"), "").unwrap();
    if stranger(folder.path(), "pretend").is_none() {
        return;
    }
    let (code, _, err) = ctl(&dir, &["pause"]);
    assert!(code == 2 && err.contains("is not yours"), "{code} {err}");
    let (code, _, err) = said({
        let mut command = gantop(&["ring", "--headless", "--steps", "1", "--run-dir", dir.to_str().unwrap()]);
        command.current_dir(folder.path());
        command
    });
    assert!(code == 2, "{code} {err}");
}

#[test]
fn the_socket_of_a_run_that_was_killed_is_known_for_stale() {
    let mut run = Served::start(&["--steps", "0", "--set", "checkpoint.every_steps=5"]);
    while run.status()["step"].as_u64() < Some(20) {}
    run.child.kill().unwrap();
    run.child.wait().unwrap();
    assert!(run.dir().join("socket").exists(), "who is killed takes nothing away");
    let (code, _, err) = run.ctl(&["status"]);
    assert!(code == 2 && err.contains("is over") && err.contains("gantop view"), "{code} {err}");
    // The run goes on in another process, at the same place.
    let dir = run.dir();
    let mut again = gantop(&["--headless", "--resume", dir.to_str().unwrap(), "--steps", "0"]);
    let mut again = again.stdout(std::process::Stdio::null()).spawn().unwrap();
    while run.ctl(&["status"]).0 != 0 {
        assert!(again.try_wait().unwrap().is_none(), "it has ended");
    }
    assert_eq!(run.ctl(&["stop"]).0, 0);
    again.wait().unwrap();
}

/// Every file below a directory, links as what they say, with its bytes.
fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            found.extend(tree(&path));
        }
        let bytes = match kind.is_symlink() {
            true => fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes(),
            false if kind.is_file() => fs::read(&path).unwrap(),
            false => Vec::new(),
        };
        found.insert(path, bytes);
    }
    found
}

/// `gantop` with these arguments in a pseudo-terminal.
fn shown(args: &[&str]) -> Option<Pty> {
    Pty::start(in_terminal(CommandBuilder::new(env!("CARGO_BIN_EXE_gantop")), args), WIDE)
}

#[test]
fn a_run_directory_from_elsewhere_makes_nobody_write_outside_it_or_in_it() {
    let run = Served::start(&["--steps", "60"]);
    while run.ctl(&["status"]).0 == 0 {}
    let folder = tempfile::tempdir().unwrap();
    let (outside, dir) = (folder.path().join("outside"), folder.path().join("run"));
    fs::create_dir_all(outside.join("checkpoints")).unwrap();
    fs::create_dir(&dir).unwrap();
    // Its files are links that lead out of it, of both kinds.
    for entry in fs::read_dir(run.dir()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_file() && name != "config.toml" {
            fs::copy(&path, outside.join(name)).unwrap();
            symlink(Path::new("../outside").join(name), dir.join(name)).unwrap();
        }
    }
    fs::copy(run.dir().join("config.toml"), dir.join("config.toml")).unwrap();
    symlink(outside.join("checkpoints"), dir.join("checkpoints")).unwrap();
    let _ = fs::remove_file(dir.join("log.txt"));
    symlink(outside.join("log.txt"), dir.join("log.txt")).unwrap();
    let before = tree(folder.path());
    let Some(mut pty) = shown(&["view", dir.to_str().unwrap()]) else { return };
    pty.wait_for_text("step 60");
    press(&mut pty, "23456bwq");
    pty.end();
    assert_eq!(before, tree(folder.path()), "view has written");
    // A socket that leads to another run is none.
    let other = Served::start(&["--steps", "0"]);
    symlink(other.dir().join("socket"), dir.join("socket")).unwrap();
    let (code, _, err) = ctl(&dir, &["stop"]);
    assert!(code == 2 && err.contains("is not a socket"), "{code} {err}");
    assert_eq!(other.ctl(&["pause"]).0, 0);
    fs::remove_file(dir.join("socket")).unwrap();
    // What speaks there names files outside; nothing is written, wherever that leads.
    let listener = UnixListener::bind(dir.join("socket")).unwrap();
    let before = tree(folder.path());
    let Some(mut pty) = shown(&["attach", dir.to_str().unwrap()]) else { return };
    let (mut stream, _) = listener.accept().unwrap();
    let settings = r#"{"objective":{"kind":"wgan"},"constraint":{"kind":"none"},"generator_lr":0.1,"critic_lr":0.1,"critic_steps":1}"#;
    for line in [
        r#"{"hello":{"version":1,"program":"x","run":"../x","commands":["save","restore","snapshot"]}}"#.to_owned(),
        format!(
            r#"{{"started":{{"config":{{"name":"../x"}},"shape":{{"point":{{"dims":2}}}},"settings":{settings}}}}}"#
        ),
        r#"{"steps":{"step":[1],"seconds":[1],"metrics":{}}}"#.to_owned(),
        r#"{"event":{"step":1,"kind":"checkpoint","file":"../../outside/new.safetensors","reason":"asked"}}"#
            .to_owned(),
        format!(
            r#"{{"event":{{"step":0,"kind":"restored","from":1,"file":"../../outside/a","settings":{settings}}}}}"#
        ),
        r#"{"event":{"step":1,"kind":"alert","text":"all is said"}}"#.to_owned(),
    ] {
        writeln!(stream, "{line}").unwrap();
    }
    pty.wait_for_text("all is said");
    press(&mut pty, "wb");
    press(&mut pty, "\x1bU\x1b23456");
    drop((stream, listener));
    pty.wait_for_text("connection to the run was lost");
    press(&mut pty, "\rq");
    pty.end();
    assert_eq!(before, tree(folder.path()), "attach has written");
}
