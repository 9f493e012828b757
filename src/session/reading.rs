//! The data of a run, read before it starts, where it can be seen how far that has come, and broken off.

use std::io::Write;
use std::ops::ControlFlow;

use crate::config::Config;
use crate::headless::{Exit, Interrupts, ReadingBar};
use crate::system::output;
use crate::terminal;
use crate::train::Setup;
use crate::train::data::Progress;

/// A signal came while the data were read.
#[derive(Debug, thiserror::Error)]
#[error("{} while the data were read: no run was started", exit.name())]
pub struct BrokenOff {
    exit: Exit,
}

impl BrokenOff {
    /// The exit code of a process that ends with it.
    pub fn code(&self) -> u8 {
        self.exit.code()
    }
}

/// Reads the data of a run and finds its device. Says what was done to images, if anything was.
///
/// # Errors
///
/// They cannot be used; a signal, which `interrupts` or else the terminal listens for, broke the reading off.
pub fn setup(config: Config, interrupts: Option<&Interrupts>) -> anyhow::Result<Setup> {
    let asked = || match interrupts {
        Some(interrupts) => interrupts.received(),
        None => terminal::ending().and_then(Exit::of_signal),
    };
    let bar = ReadingBar::new();
    let mut exit = None;
    let setup = Setup::watched(config, &mut |Progress { done, total }| {
        bar.tell(done, total);
        exit = asked();
        if exit.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    drop(bar);
    match (setup, exit) {
        (Err(error), Some(exit)) if error.is_interruption() => Err(BrokenOff { exit }.into()),
        (setup, _) => {
            let setup = setup?;
            for line in setup.said_of_data() {
                // Where nobody reads it, the run goes on.
                let _ = writeln!(output::err(), "gantop: data: {line}");
            }
            Ok(setup)
        }
    }
}
