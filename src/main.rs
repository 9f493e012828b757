//! gantop: train GANs and watch them. All of it is in the library; this says how the program ends.

use std::io::Write;
use std::process::ExitCode;

use gantop::cli;

fn main() -> ExitCode {
    let args = match cli::usage::parse() {
        Ok(args) => args,
        Err(error) => return cli::misused(&error),
    };
    match cli::run(&args) {
        Ok(code) => code,
        Err(error) => {
            // The chain on one line, the cause last; where stderr is gone there is nobody to tell.
            let _ = writeln!(gantop::system::output::err(), "{error:#}");
            ExitCode::from(cli::exit_code(&error))
        }
    }
}
