//! `gantop attach --listen`: a trainer of another program on the dashboard, the example in Python. Where there is no
//! `python3` or no pseudo-terminal these tests say so and pass.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use portable_pty::CommandBuilder;
use rustix::process::Signal;
use serde_json::Value;

use super::watchers::steps;
use crate::program::dashboard::{WIDE, in_terminal, press};
use crate::support::TEST_TIMEOUT;
use crate::support::program::ended;
use crate::support::pty::Pty;

/// Waits for a trainer at a socket in `folder`; gives the dashboard and the socket.
pub fn listen(folder: &Path, args: &[&str]) -> Option<(Pty, PathBuf)> {
    let path = folder.join("trainer.socket");
    let command = CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
    let args = [&["attach", "--listen", path.to_str().unwrap()], args].concat();
    let mut pty = Pty::start(in_terminal(command, &args), WIDE)?;
    pty.wait_for_text("waiting for a trainer at");
    Some((pty, path))
}

/// The example, as somebody starts it; killed when dropped. None where there is no Python.
struct Example(Child);

impl Example {
    fn start(path: &Path, args: &[&str]) -> Option<Example> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/report.py");
        let mut command = Command::new("python3");
        command.arg(script).arg(path).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        match command.spawn() {
            Ok(child) => Some(Example(child)),
            Err(error) => {
                println!("skipped: there is no python3 here: {error}");
                None
            }
        }
    }

    /// The next line that it says on standard error.
    fn says(&mut self) -> String {
        let mut line = String::new();
        BufReader::with_capacity(1, self.0.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_example_is_shown_and_obeys_and_goes_on_when_the_dashboard_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let Some((mut pty, path)) = listen(folder.path(), &[]) else { return };
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let Some(mut example) = Example::start(&path, &["--steps", "1000000"]) else { return };
    pty.wait_for_text("attached to toy");
    pty.assert_entered();
    for text in ["running", "steps/s", "─ losses", "wgan", "±0.1 ", "/ 1,000,000", "─ histograms"] {
        pty.wait_for_text(text);
    }
    // A generated sample is somewhere.
    pty.wait_for("samples", |screen| !screen.contents().contains("no snapshot yet"));
    // What it does not know is not offered.
    let footer = pty.contents().lines().last().unwrap().to_owned();
    assert!(footer.contains("pause") && footer.contains("c clip"), "{footer}");
    assert!(!footer.contains("w save") && !footer.contains("k constraint"), "{footer}");
    press(&mut pty, " ");
    pty.wait_for_text(" paused  step ");
    let header = |pty: &Pty| pty.contents().lines().next().unwrap().to_owned();
    let at = header(&pty);
    press(&mut pty, "c0.03\r");
    pty.wait_for_text("±0.03 ");
    press(&mut pty, ":set critic.steps 2\r");
    pty.wait_for_text("report.py 1 does not know `critic.steps`");
    press(&mut pty, ":set optimizer.critic.lr 20\r");
    pty.wait_for_text("out of range");
    press(&mut pty, "w");
    pty.wait_for_text("report.py 1 does not know how to do this");
    assert_eq!(header(&pty), at, "it does steps while it is paused");
    press(&mut pty, ":set optimizer.critic.lr 0.02\r");
    pty.wait_for_text("critic 0.02");
    press(&mut pty, "s");
    pty.wait_for("another step", |screen| !screen.contents().starts_with(&at));
    pty.wait_for_text(" paused  step ");
    press(&mut pty, " ");
    pty.wait_for_text(" running  step ");
    press(&mut pty, "qy");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
    pty.wait_for_text("the trainer goes on");
    assert!(!path.exists(), "the socket is left");
    assert_eq!(example.says(), "report: the dashboard has left; training goes on\n");
    // The next one has the past in its charts and the settings as they are.
    let Some((mut pty, _)) = listen(folder.path(), &[]) else { return };
    for text in ["attached to toy", "±0.03 ", "critic 0.02"] {
        pty.wait_for_text(text);
    }
    pty.wait_for("the first steps", |screen| {
        screen.contents().lines().any(|line| line.trim_start().starts_with("1   "))
    });
    press(&mut pty, "qs");
    assert_eq!(pty.end().exit_code(), 0);
    pty.wait_for_text("the run was stopped after");
    assert!(ended(&mut example.0).success());
}

#[test]
fn the_example_trains_without_a_dashboard_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nobody");
    let Some(mut example) = Example::start(&path, &["--steps", "200"]) else { return };
    assert!(example.says().contains("nobody listens at"));
    assert!(ended(&mut example.0).success());
}

#[test]
fn who_is_no_trainer_is_sent_away_and_a_stale_socket_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    drop(UnixListener::bind(folder.path().join("trainer.socket")).unwrap());
    let Some((mut pty, path)) = listen(folder.path(), &[]) else { return };
    // Nor does one that says nothing hold up another.
    let silent = UnixStream::connect(&path).unwrap();
    for line in ["GET / HTTP/1.1", r#"{"hello":{"version":9}}"#, r#"{"steps":{"step":[],"seconds":[],"metrics":{}}}"#] {
        writeln!(UnixStream::connect(&path).unwrap(), "{line}").unwrap();
    }
    pty.wait_for_text("version 9 of the protocol");
    pty.wait_for_text("does not begin with a hello");
    let mut trainer = UnixStream::connect(&path).unwrap();
    trainer.set_read_timeout(Some(TEST_TIMEOUT)).unwrap();
    let hello = r#"{"hello":{"version":1,"program":"mine","run":"a\u001b[31mb","commands":[]}}"#;
    writeln!(trainer, "{hello}").unwrap();
    let mut heard = String::new();
    BufReader::new(&trainer).read_line(&mut heard).unwrap();
    assert!(heard.contains(r#""watch":true"#), "{heard}");
    pty.wait_for_text("attached to a[31mb");
    // The least that it must say, and what makes no sense.
    let settings = r#"{"objective":{"kind":"mine"},"constraint":{"kind":"none"},"generator_lr":0.1,"critic_lr":0.1,"critic_steps":1}"#;
    for line in [
        format!(r#"{{"started":{{"shape":{{"point":{{"dims":0}}}},"settings":{settings}}}}}"#),
        format!(
            r#"{{"started":{{"config":{{"name":"mine","x":1}},"shape":{{"point":{{"dims":2}}}},"settings":{settings}}}}}"#
        ),
        format!(
            r#"{{"started":{{"config":{{"name":"mine"}},"shape":{{"point":{{"dims":2}}}},"metrics":[{{"name":"fid","group":"quality","cadence":"occasional"}}],"settings":{settings}}}}}"#
        ),
        // None of these ends the connection.
        "not JSON".to_owned(),
        r#"{"later":{}}"#.to_owned(),
        r#"{"event":{"step":1,"kind":"even later"}}"#.to_owned(),
        r#"{"steps":{"step":[5,6],"seconds":[1,2],"metrics":{"bound":[0.5,"NaN"]},"occasional":{"fid":[[6,31.5]]}}}"#
            .to_owned(),
        r#"{"steps":{"step":[5,3],"seconds":[1,2],"metrics":{"bound":[0.5,"inf"],"new":[1,2]}}}"#.to_owned(),
        r#"{"steps":{"step":[18446744073709551615],"seconds":[1],"metrics":{}}}"#.to_owned(),
        r#"{"snapshot":{"step":6,"shape":{"point":{"dims":2}},"real":[1],"fake":[]}}"#.to_owned(),
        r#"{"snapshot":{"step":6,"shape":{"point":{"dims":2}},"real":[1,2],"fake":["NaN",3]}}"#.to_owned(),
        r#"{"event":{"step":7,"kind":"alert","text":"the end is near"}}"#.to_owned(),
    ] {
        writeln!(trainer, "{line}").unwrap();
    }
    pty.wait_for_text("the end is near");
    pty.wait_for_text("mine");
    press(&mut pty, "2");
    pty.wait_for_text("quality");
    for page in ["3", "4", "5", "6"] {
        press(&mut pty, page);
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    pty.wait_for_text("must be at most 9223372036854775807");
    pty.wait_for_text("must be a multiple of 2");
    pty.wait_for_text("`x`");
    pty.wait_for_text("unknown variant `even later`");
    drop((trainer, silent));
    pty.wait_for_text("connection to the trainer was lost");
    press(&mut pty, "\rq");
    assert_eq!(pty.end().exit_code(), 1);
    pty.assert_restored();
    assert!(!path.exists());
}

#[test]
fn while_it_waits_a_signal_ends_it_and_the_socket_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let Some((mut pty, path)) = listen(folder.path(), &[]) else { return };
    let command = CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
    let Some(mut second) = Pty::start(in_terminal(command, &["attach", "--listen", path.to_str().unwrap()]), WIDE)
    else {
        return;
    };
    second.wait_for_text("another process listens there");
    assert_eq!(second.end().exit_code(), 2);
    pty.signal(Signal::INT);
    assert_eq!(pty.end().exit_code(), 130);
    pty.assert_restored();
    assert!(!path.exists());
}

#[test]
fn the_example_waits_for_no_dashboard_and_its_steps_come_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slow");
    let listener = UnixListener::bind(&path).unwrap();
    let Some(mut example) = Example::start(&path, &["--steps", "4000"]) else { return };
    let (mut stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(TEST_TIMEOUT)).unwrap();
    writeln!(stream, r#"{{"hello":{{"version":1,"program":"slow","watch":true,"read_only":false}}}}"#).unwrap();
    // It reads nothing until all is over, but for the example's patience with its last word.
    let mut line = String::new();
    BufReader::with_capacity(1, example.0.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("4000 steps: "), "{line}");
    assert!(ended(&mut example.0).success());
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let lines: Vec<Value> = lines.map_while(|line| serde_json::from_str(&line).ok()).collect();
    assert_eq!(lines[0]["hello"]["run"], "toy");
    let mut next = 1;
    for (first, last) in lines.iter().flat_map(steps) {
        assert_eq!(first, next);
        next = last + 1;
    }
    assert!(next > 1);
}
