//! Asks a run over its socket.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::Value;

/// How long a run may take to begin.
const START_TIMEOUT: Duration = Duration::from_secs(120);

/// Waits until the run in a directory listens.
///
/// # Errors
/// It takes too long.
pub fn wait(directory: &Path) -> anyhow::Result<()> {
    let start = Instant::now();
    while UnixStream::connect(directory.join("socket")).is_err() {
        ensure!(start.elapsed() < START_TIMEOUT, "the run did not begin");
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Somebody connected who has said hello.
///
/// # Errors
/// Nobody listens.
pub fn greeted(directory: &Path, watch: bool) -> anyhow::Result<UnixStream> {
    let mut stream = UnixStream::connect(directory.join("socket"))?;
    writeln!(stream, r#"{{"hello":{{"version":1,"program":"bench","watch":{watch}}}}}"#)?;
    Ok(stream)
}

/// Somebody who only asks, and hears only answers.
pub struct Teller {
    stream: UnixStream,
    lines: BufReader<UnixStream>,
}

impl Teller {
    /// Connects to the run in a directory.
    ///
    /// # Errors
    /// Nobody listens.
    pub fn connect(directory: &Path) -> anyhow::Result<Teller> {
        let stream = greeted(directory, false)?;
        Ok(Teller { lines: BufReader::new(stream.try_clone()?), stream })
    }

    /// Gives an order and waits for its answer.
    ///
    /// # Errors
    /// The run has gone.
    pub fn ask(&mut self, order: &str) -> anyhow::Result<Value> {
        writeln!(self.stream, r#"{{"command":{{"id":1,"do":{order}}}}}"#)?;
        loop {
            let mut line = String::new();
            ensure!(self.lines.read_line(&mut line)? > 0, "the run has gone");
            let mut line: Value = serde_json::from_str(&line)?;
            if let Some(answer) = line.get_mut("answer") {
                return Ok(answer.take());
            }
        }
    }

    /// The last step, and when that was said.
    ///
    /// # Errors
    /// The run has gone.
    pub fn step(&mut self) -> anyhow::Result<(u64, Instant)> {
        let step = self.ask(r#""status""#)?["status"]["step"].as_u64().context("no step")?;
        Ok((step, Instant::now()))
    }
}

/// Steps a second between two looks.
pub fn rate(before: (u64, Instant), after: (u64, Instant)) -> f64 {
    (after.0 - before.0) as f64 / (after.1 - before.1).as_secs_f64()
}
