//! A run of the built program that can be attached to, and a client that speaks the protocol by hand.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::TEST_TIMEOUT;
use super::program::{ended, gantop, said};

/// What makes a run small.
pub const SMALL: [&str; 8] =
    ["--set", "threads=1", "--set", "batch_size=16", "--set", "generator.hidden=[8]", "--set", "critic.hidden=[8]"];

/// A headless run in a directory of its own; killed when dropped.
pub struct Served {
    pub folder: TempDir,
    pub child: Child,
}

impl Served {
    /// Starts a small run on points, and waits until it listens.
    pub fn start(args: &[&str]) -> Served {
        Served::on(tempfile::tempdir().unwrap(), &[&["ring"], args, &SMALL].concat())
    }

    /// Starts the run of these arguments in a directory of this folder, and waits until it listens.
    pub fn on(folder: TempDir, args: &[&str]) -> Served {
        let dir = folder.path().join("run").display().to_string();
        let mut command = gantop(&[args, &["--headless", "--run-dir", &dir]].concat());
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut served = Served { folder, child };
        let start = Instant::now();
        while UnixStream::connect(served.dir().join("socket")).is_err() {
            assert!(start.elapsed() < TEST_TIMEOUT, "nobody listens");
            assert!(served.child.try_wait().unwrap().is_none(), "the run has ended");
            std::thread::sleep(Duration::from_millis(20));
        }
        served
    }

    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// `gantop ctl` of this run: exit code, standard output and standard error.
    pub fn ctl(&self, args: &[&str]) -> (i32, String, String) {
        ctl(&self.dir(), args)
    }

    /// How the run stands.
    #[track_caller]
    pub fn status(&self) -> Value {
        let (code, out, err) = self.ctl(&["status", "--json"]);
        assert_eq!((code, err.as_str()), (0, ""));
        serde_json::from_str::<Value>(&out).unwrap()["status"].clone()
    }

    /// A client that has said hello.
    pub fn client(&self, watch: bool, read_only: bool) -> Client {
        let mut client = Client::connect(&self.dir());
        client.say(&json!({"hello": {"version": 1, "program": "test", "watch": watch, "read_only": read_only}}));
        client
    }

    /// Stops the run and waits for its end.
    pub fn stop(mut self) -> TempDir {
        assert_eq!(self.ctl(&["stop"]).0, 0);
        ended(&mut self.child);
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `gantop ctl` of the run in `dir`.
pub fn ctl(dir: &Path, args: &[&str]) -> (i32, String, String) {
    said(gantop(&[&["ctl", dir.to_str().unwrap()], args].concat()))
}

/// One end of a connection.
pub struct Client {
    pub stream: UnixStream,
    lines: BufReader<UnixStream>,
    /// The run's first line.
    pub hello: Value,
}

impl Client {
    /// Connects and hears the first line.
    pub fn connect(dir: &Path) -> Client {
        let stream = UnixStream::connect(dir.join("socket")).unwrap();
        stream.set_read_timeout(Some(TEST_TIMEOUT)).unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap());
        let mut client = Client { stream, lines, hello: Value::Null };
        client.hello = client.hear().expect("a first line");
        client
    }

    pub fn say(&mut self, line: &Value) {
        self.write(format!("{line}\n").as_bytes());
    }

    pub fn write(&mut self, bytes: &[u8]) {
        // A run that refuses may close before all is written.
        let _ = self.stream.write_all(bytes);
    }

    /// The next line; none at the end.
    pub fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))),
            // Closed with something of ours unread.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// The next line that has this key, under it.
    #[track_caller]
    pub fn wait(&mut self, key: &str) -> Value {
        while let Some(line) = self.hear() {
            if let Some(found) = line.get(key) {
                return found.clone();
            }
        }
        panic!("the connection ended before `{key}`");
    }
}
