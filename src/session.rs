//! A session: a run with its recorder and whoever watches it, from the arguments to the exit code.
//!
//! It uses all rooms below it but `theory` and `truth`. Start reading at [`train`].

pub mod attach;
pub mod ctl;
pub mod detach;
mod guard;
mod listen;
pub mod memory;
mod notify;
mod reading;
pub mod replay;
pub mod request;
mod resume;
pub mod runs;
mod screen;
mod unattended;
pub mod view;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use crossbeam_channel::{RecvTimeoutError, TrySendError};

use crate::config::{Alerts, Config, OnHangup};
use crate::domain::exit;
use crate::headless;
use crate::link::{self, Command, Link, Report, Summary};
use crate::run::{self, Recorder};
use crate::serve::hub;
use crate::serve::server::Server;
use crate::system::output;
use crate::terminal;
use crate::ui::{self, Ending, Exit, Shelf};
use headless::Interrupts;
use notify::Notifier;
pub use reading::BrokenOff;
pub use request::{Attach, ConfigArgs, Ctl, DisplayArgs, Train, View};
pub use resume::BadResume;
use resume::Fate;

/// The time that a run that must end has for its current step before the person is told what is waited for.
const LEAVE_GRACE: Duration = Duration::from_secs(1);
/// The time between two trials of a full channel.
const RETRY: Duration = Duration::from_millis(50);

/// The end of the watching of a run.
struct Watched {
    code: u8,
    /// Whether the trainer's thread has ended or will by itself.
    over: bool,
    /// The run in one line, for the shell's screen.
    line: Option<String>,
    /// The failure.
    why: Option<String>,
}

/// `--paused` where nobody could resume.
#[derive(Debug, thiserror::Error)]
#[error("--paused waits until somebody resumes the run, and here nobody can: {0}")]
pub struct NobodyResumes(String);

/// Goes on with a run, from a run directory or a checkpoint's file: see [`train`].
///
/// # Errors
///
/// The run that `--resume` names cannot be gone on from; and the errors of [`train`].
pub fn resume(run: &Path, args: &Train) -> anyhow::Result<ExitCode> {
    let taken = match resume::find(run, args)? {
        Fate::GoesOn(taken) => *taken,
        Fate::Over(said) => {
            let _ = writeln!(output::out(), "gantop: {said}");
            return Ok(ExitCode::from(exit::DONE));
        }
    };
    for note in &taken.notes {
        let _ = writeln!(output::err(), "gantop: {note}");
    }
    if args.detach {
        // The new process holds the run itself.
        let config = taken.config.clone();
        drop(taken);
        return detach::start(&config, args);
    }
    // Keys, and how alerts leave the screen, are of the person, not of the run.
    let own = crate::config::own_with(&args.config.set)?;
    let config = Config { keys: own.keys, alerts: own.alerts, ..taken.config.clone() };
    start(config, args, Some(taken))
}

/// Trains as `config` says: with the dashboard if standard input and output are a terminal, else without.
///
/// # Errors
///
/// `--paused` where nobody can resume; the data, the device or the run directory cannot be used; the terminal or the
/// recorder broke.
pub fn train(config: Config, args: &Train) -> anyhow::Result<ExitCode> {
    if args.detach {
        return detach::start(&config, args);
    }
    start(config, args, None)
}

fn start(mut config: Config, args: &Train, from: Option<resume::Taken>) -> anyhow::Result<ExitCode> {
    if args.detached {
        detach::leave_session();
    }
    let dashboard = !args.headless && !args.detached && screen::is_there();
    let background = dashboard && !terminal::is_in_foreground();
    let dashboard = dashboard && !background;
    if args.paused
        && !dashboard
        && !(from.as_ref().is_some_and(|taken| taken.hold.is_some()) || is_recorded(&config, args))
    {
        let why = "there is no dashboard without a terminal in the foreground, and gantop attach and gantop ctl \
             reach only a run that is recorded";
        return Err(NobodyResumes(why.to_owned()).into());
    }
    // What comes while the data are read breaks that off.
    if dashboard {
        terminal::listen().context("cannot listen for signals")?;
    }
    let interrupts = (!dashboard).then(Interrupts::listen).transpose().context("cannot listen for signals")?;
    // A run knows nothing of keys, and its directory keeps none.
    let keymap = std::mem::take(&mut config.keys).keymap();
    let alerts_leave = std::mem::take(&mut config.alerts);
    let setup = reading::setup(config.clone(), interrupts.as_ref())?;
    let recorded = from.as_ref().is_some_and(|taken| taken.hold.is_some()) || is_recorded(&config, args);
    memory::ensure(&setup.need(recorded), args, from.as_ref())?;
    let setup = if args.paused { setup.paused() } else { setup };
    let setup = if dashboard { setup.waiting_for_more() } else { setup };
    let (link, end) = link::pair();
    let at_step = from.as_ref().map_or(0, |taken| taken.checkpoint.info.step);
    // What goes on in its own directory, and where.
    let (setup, own) = match from {
        Some(taken) => {
            let at = taken.at();
            let own = taken.hold.map(|hold| (hold, at));
            (setup.resumed(taken.checkpoint, taken.file)?.changed(taken.set)?, own)
        }
        None => (setup, None),
    };
    let alerts = end.reports.clone();
    let mut earlier = None;
    let (dir, recorder) = match own {
        Some((hold, at)) => {
            let dir = hold.path().to_owned();
            // Before the rows after the checkpoint are cut off.
            let mut past = hub::Past::default();
            run::replayer::tell_past(&dir, &config, |report| past.take(&report));
            earlier = Some(hub::Earlier { past, here: dashboard });
            let recorder = Recorder::resume(hold, &config, at, alerts)?;
            (Some(dir), Some(recorder))
        }
        None => {
            let dir = directory(&config, args)?;
            let recorder = dir.as_deref().map(|dir| Recorder::start(dir, &config, alerts)).transpose()?;
            (dir, recorder)
        }
    };
    if let Some(note) = config.note(recorder.is_some()) {
        let _ = writeln!(output::err(), "gantop: note: {note}");
    }
    let (mut recorder, feed) = recorder.unzip();
    let (mut holds, on_hangup) = (None, config.on_hangup(dir.is_some()));
    let notifier = Notifier::start(&alerts_leave, &config.name, dir.as_deref());
    let (notifier, tap) = notifier.context("cannot start a thread for alerts")?.unzip();
    let (link, door, hub) = hub::start(link, earlier, tap).context("cannot start the hub's thread")?;
    let (server, unreached) = match dir.as_deref().map(|dir| Server::start(dir, door)) {
        Some(Ok(server)) => (Some(server), None),
        Some(Err(why)) => (None, Some(why.to_string())),
        None => (None, None),
    };
    if let Some(why) = &unreached {
        if args.paused && !dashboard {
            return Err(NobodyResumes(why.clone()).into());
        }
        let text = format!("nobody can attach to this run: {why}");
        if let Some(dir) = &dir {
            let _ = run::log::note(&dir.join(run::LOG_FILE), &text);
        }
        // The first command, before the first step: the journal has it, and whoever watches.
        let _ = link.commands.try_send(Command::Alert(link::Alert::new(at_step, text)));
    }
    let trainer = setup.spawn(end, feed).context("cannot start the trainer's thread")?;
    if args.detached {
        detach::tell_up(unreached.as_deref());
    }
    if args.paused
        && !dashboard
        && let Some(dir) = dir.as_deref().map(Path::display)
    {
        let text = format!("the run waits before its first step: gantop ctl {dir} resume, or gantop attach {dir}");
        let _ = writeln!(output::err(), "gantop: {text}");
    }
    let thread = trainer.thread().id();
    let endings = interrupts.clone();
    let watched = match interrupts {
        None => {
            let options = ui::Options {
                keymap,
                detaches: server.is_some(),
                is_job: terminal::can_be_continued(),
                notifies: alerts_leave.reaches_the_terminal(),
                ..screen::options(&args.display, config.ui)
            };
            let continues = server.is_some() && on_hangup == OnHangup::Continue;
            let go_on = |broke: &str| leave_to_itself(&link, dir.as_deref(), broke);
            let watch = || watch(&link, &config, (&args.display, alerts_leave), options, dir.as_deref());
            guard::guarded(&link, watch, continues.then_some(go_on))
        }
        Some(interrupts) if args.detached => {
            Ok(unattended::follow(&link, &interrupts, dir.as_deref(), None, OnHangup::Continue))
        }
        Some(interrupts) if background => {
            let _ = writeln!(output::err(), "gantop: {}", unattended::in_background(dir.as_deref(), server.is_some()));
            Ok(unattended::follow(&link, &interrupts, dir.as_deref(), None, on_hangup))
        }
        Some(interrupts) => {
            let settle = &mut || {
                let Some(recorder) = recorder.take() else { return headless::Settled::default() };
                let run::Settled { complete, analysis, held } = recorder.settle();
                holds = held;
                headless::Settled { lost: complete.err().map(|error| error.to_string()), analysis }
            };
            let log_every = args.log_every.unwrap_or_default();
            Ok(unattended::on_output(&link, &interrupts, (on_hangup, log_every), dir.as_deref(), settle))
        }
    };
    // Without anybody to command it the trainer ends before its next step.
    drop(link);
    let over = watched.as_ref().map_or(true, |watched| watched.over);
    let mut unsaid = None;
    if over {
        let _ = trainer.join();
        let _ = hub.join();
        unsaid = notifier.and_then(Notifier::finish);
    }
    // Before another process may take the run up.
    if let Some(server) = server {
        server.finish();
    }
    drop(holds);
    let recorded = recorder.map(Recorder::finish).transpose();
    terminal::saved();
    if let Some(endings) = endings {
        endings.saved();
    }
    let watched = watched?;
    // Behind a stalled connection nothing would be read, and the process would not end.
    let stalled = dashboard && terminal::is_stalled();
    if let Some(line) = watched.line.filter(|_| !stalled) {
        // A reader that has gone misses nothing that is not on disk.
        let _ = writeln!(output::out(), "{line}");
    }
    // While the dashboard is shown a panic is not printed, but kept.
    if let Some(report) = terminal::panic_report(thread).filter(|_| !stalled) {
        let _ = writeln!(output::err(), "{report}");
    }
    if let Some(why) = unsaid.filter(|_| !stalled) {
        let _ = writeln!(output::err(), "gantop: {why}");
    }
    if let Some(why) = watched.why.filter(|_| !(stalled && output::err().is_terminal())) {
        let _ = writeln!(output::err(), "gantop: {why}");
        if watched.code == exit::FAILED
            && let Some(way_back) = dir.as_deref().and_then(resume::way_back)
        {
            let _ = writeln!(output::err(), "gantop: {way_back}");
        }
    }
    if !over {
        leave_at_once(if recorded.is_ok() { watched.code } else { exit::FAILED }, recorded.err());
    }
    recorded?;
    Ok(ExitCode::from(watched.code))
}

/// Whether a new run has a directory.
fn is_recorded(config: &Config, args: &Train) -> bool {
    args.run_dir.is_some() || !args.no_record && config.record.enabled
}

/// The run directory: the one that was asked for, else a new one, unless nothing is to be recorded.
fn directory(config: &Config, args: &Train) -> Result<Option<PathBuf>, run::Error> {
    if let Some(dir) = &args.run_dir {
        return Ok(Some(dir.clone()));
    }
    if !is_recorded(config, args) {
        return Ok(None);
    }
    let parent = config.record.dir.as_deref().unwrap_or(Path::new(run::folder::RUNS));
    run::folder::create(parent, &config.name, SystemTime::now()).map(Some)
}

/// Ends the process while the trainer is in the middle of a step: an orderly end would take libtorch down under it, and
/// crash.
fn leave_at_once(code: u8, error: Option<run::Error>) -> ! {
    if let Some(error) = error {
        let _ = writeln!(output::err(), "gantop: {error}");
    }
    signal_hook::low_level::exit(i32::from(code))
}

/// Shows the run on the dashboard.
fn watch(
    link: &Link,
    config: &Config,
    (display, alerts): (&DisplayArgs, Alerts),
    options: ui::Options,
    dir: Option<&Path>,
) -> anyhow::Result<Watched> {
    let options = ui::Options { machine: true, ..options };
    let on_hangup = config.on_hangup(dir.is_some());
    let log = dir.map(|dir| dir.join(run::LOG_FILE));
    let shelf = dir.map(|dir| resume::RunShelf(dir.to_owned()));
    let left = match screen::enter(log.as_deref(), display, config.ui) {
        Ok(mut terminal) => {
            terminal.set_alerts(alerts);
            let events = terminal.events();
            ui::run_with(&mut terminal, events, link, options, shelf.as_ref().map(|shelf| shelf as &dyn Shelf))
        }
        Err(_) if terminal::has_hung_up() => Ok(Exit::HangUp(None)),
        Err(error) => return Err(error),
    };
    let (code, ending) = match left {
        Ok(Exit::Quit(ending)) => (exit::DONE, ending),
        Ok(Exit::Ended(ending)) => (exit::DONE, Some(ending)),
        Ok(Exit::Detach | Exit::Runs) => return leave_to_itself(link, dir, ""),
        Ok(Exit::HangUp(info)) if on_hangup == OnHangup::Continue => {
            return unattended::go_on(link, dir, info);
        }
        // A terminal that cannot be written to has gone.
        Err(_) if on_hangup == OnHangup::Continue => return unattended::go_on(link, dir, None),
        Ok(Exit::HangUp(_)) | Err(_) => (exit::HUNG_UP, Some(stop(link))),
        Ok(Exit::Terminate(ended)) => (exit::TERMINATED, ended.or_else(|| Some(stop(link)))),
        Ok(Exit::Interrupt(ended)) => (exit::INTERRUPTED, ended.or_else(|| Some(stop(link)))),
    };
    Ok(match ending {
        Some(Ending::Finished(summary)) => {
            Watched { code, over: true, line: Some(last_line(&summary, dir)), why: None }
        }
        Some(Ending::Failed(why)) => Watched { code: exit::FAILED, over: true, line: None, why: Some(why) },
        Some(Ending::Gone) => {
            let why = "the trainer ended without saying why; this is a defect of gantop".to_owned();
            Watched { code: exit::FAILED, over: true, line: None, why: Some(why) }
        }
        None => Watched { code, over: false, line: None, why: Some("the run was left in the middle of a step".into()) },
    })
}

/// Says that the run goes on, after what was `said` before, gives the terminal back to the shell and follows the run.
fn leave_to_itself(link: &Link, dir: Option<&Path>, said: &str) -> anyhow::Result<Watched> {
    let path = dir.unwrap_or(Path::new(".")).display().to_string();
    let said = if said.is_empty() { String::new() } else { format!("{said}; ") };
    let _ = writeln!(output::out(), "gantop: {said}{}", ui::state::attached::goes_on(&path));
    detach::while_away(dir, || unattended::go_on(link, dir, None))
}

/// Tells the run to stop and waits for its last word, however long its current step takes: a run that is recorded keeps
/// a checkpoint then. Who cannot wait sends a second signal.
fn stop(link: &Link) -> Ending {
    let start = Instant::now();
    let (mut told, mut said) = (false, false);
    loop {
        told = told || !matches!(link.commands.try_send(Command::Stop), Err(TrySendError::Full(_)));
        match link.reports.recv_timeout(if told { LEAVE_GRACE } else { RETRY }) {
            Ok(Report::Finished(summary)) => return Ending::Finished(summary),
            Ok(Report::Failed(why)) => return Ending::Failed(why),
            Ok(_) => {}
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ending::Gone,
        }
        if !said && start.elapsed() >= LEAVE_GRACE {
            said = true;
            if terminal::accepts_words() {
                let text = "the run ends after its current step; Ctrl-C ends it at once, and loses what it did since \
                            its last checkpoint";
                let _ = writeln!(output::err(), "gantop: {text}");
            }
        }
    }
}

/// The run in one line.
fn last_line(summary: &Summary, dir: Option<&Path>) -> String {
    let recorded = dir.map_or(String::new(), |dir| format!("; recorded in {}", dir.display()));
    format!(
        "gantop: {} steps in {:.1} s ({:.1} a second) on {}{recorded}",
        summary.steps,
        summary.seconds,
        summary.steps_per_second(),
        summary.device
    )
}
