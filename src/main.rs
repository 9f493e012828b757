//! gantop: train GANs and watch them. All of it is in the library; this says how the program ends.

use std::io::Write;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use gantop::cli;

/// Whether the directory in which the program was started is there no more.
static STARTED_NOWHERE: AtomicBool = AtomicBool::new(false);

/// The executable's `.preinit_array` runs before the libraries' own initialisers: MKL, in libtorch, ends the process
/// with a message that helps nobody where the working directory has been removed.
#[cfg(target_os = "linux")]
#[used]
#[expect(unsafe_code, reason = "the linker's section decides when it runs")]
#[unsafe(link_section = ".preinit_array")]
static BEFORE_LIBRARIES: extern "C" fn() = leave_a_removed_directory;

/// Goes to `/` if the working directory has been removed. Nothing but the C library is initialised yet: it makes two
/// system calls.
#[cfg(target_os = "linux")]
extern "C" fn leave_a_removed_directory() {
    if rustix::process::getcwd(Vec::new()) == Err(rustix::io::Errno::NOENT) {
        STARTED_NOWHERE.store(true, Ordering::Relaxed);
        // Where that cannot be, MKL has the word.
        let _ = rustix::process::chdir("/");
    }
}

fn main() -> ExitCode {
    if STARTED_NOWHERE.load(Ordering::Relaxed) {
        let gone =
            "the current directory has been removed; change to one that is there (cd ~), then start gantop again";
        let _ = writeln!(gantop::system::output::err(), "{gone}");
        return ExitCode::from(2);
    }
    cli::completions::answer();
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
