//! gantop: train GANs and watch them. All of it is in the library; this says how the program ends.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use gantop::cli;

fn main() -> ExitCode {
    match cli::run(&cli::Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            // The chain on one line, the cause last; where stderr is gone there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::from(cli::exit_code(&error))
        }
    }
}
