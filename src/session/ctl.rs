//! Commands to a run in another process from a script.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use super::attach::{Error, connect, meant};
use super::view::read_config;
use crate::domain::{exit, format};
use crate::link::RunState;
use crate::run::checkpoints;
use crate::run::journal::What;
use crate::serve::client::Remote;
use crate::serve::protocol::{Answered, Capabilities, Request, Status};
use crate::session::request::{Ctl, Typed, Verb};
use crate::system::output;
use crate::ui::popups::command;
use crate::ui::state::subject::Subject;

/// The longest wait for the trainer of a run to be up, and the time between two looks.
const START: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(50);

/// Commands a run from a script; prints the answers.
///
/// # Errors
///
/// The command is malformed, or there is no such run.
pub fn ctl(args: &Ctl) -> anyhow::Result<ExitCode> {
    let dir = meant(args.run.as_deref())?;
    let mut remote = connect(&dir)?;
    remote.greet(false, false)?;
    let requests = match &args.verb {
        Verb::Pause => vec![Request::Pause],
        Verb::Resume => vec![Request::Resume],
        Verb::Step { steps } => vec![Request::Advance(*steps)],
        Verb::Checkpoint => vec![Request::Save],
        Verb::Restore { checkpoint } => vec![Request::Restore(checkpoint_of(&dir, checkpoint.as_deref())?)],
        Verb::Evaluate { cancel: false } => vec![Request::Evaluate],
        Verb::Evaluate { cancel: true } => vec![Request::CancelEvaluation],
        Verb::Stop => vec![Request::Stop],
        Verb::Status => vec![Request::Status],
        Verb::Typed(typed) => of_typed(&mut remote, &dir, typed)?,
    };
    for request in requests {
        let answer = remote.ask(request.clone())?;
        let text = if args.json { output::json::to_line(&answer)? } else { in_words(&request, &answer).into_bytes() };
        let mut out = output::out();
        let _ = out.write_all(&text).and_then(|()| out.flush());
        if let Some(why) = &answer.refused {
            let _ = writeln!(output::err(), "gantop: refused: {why}");
        }
        // What comes behind it was meant for a run in which this had been done.
        if answer.refused.is_some() || failed(&answer) {
            return Ok(ExitCode::from(exit::FAILED));
        }
    }
    Ok(ExitCode::from(exit::DONE))
}

/// How the run stands once it has settings: one that has just been left to itself answers before its trainer is up. It is
/// waited for a while.
fn started(remote: &mut Remote) -> anyhow::Result<Option<Box<Status>>> {
    let asked = Instant::now();
    loop {
        let status = remote.ask(Request::Status)?.status;
        if status.as_ref().is_some_and(|status| status.settings.is_some()) || asked.elapsed() > START {
            return Ok(status);
        }
        thread::sleep(LOOK);
    }
}

/// The requests that a command of the dashboard's command line amounts to. The run is asked for its settings first.
fn of_typed(remote: &mut Remote, dir: &Path, typed: &Typed) -> anyhow::Result<Vec<Request>> {
    let status = started(remote)?;
    let last = status.as_ref().and_then(|status| Subject::last(status.step, status.steps));
    let settings = status.and_then(|status| status.settings).ok_or(Error::NotStarted)?;
    let capabilities = Capabilities::of(&remote.hello);
    // A trainer of another program leaves no config of gantop's.
    let points = read_config(dir).is_ok_and(|config| config.data.images().is_none());
    let run = Subject { now: &settings, capabilities: Some(&capabilities), last, points };
    let words: Vec<&str> = typed.words.iter().map(String::as_str).collect();
    let commands = command::for_run(run, &typed.name, &words).map_err(Error::Command)?;
    Ok(commands.iter().filter_map(Request::of).collect())
}

/// The name of the checkpoint of a run that `wanted` says: the beginning of its file's name, or its step; the newest if
/// nothing is said.
fn checkpoint_of(dir: &Path, wanted: Option<&str>) -> Result<String, Error> {
    let items = checkpoints::list(dir).unwrap_or_default();
    let sound = items.iter().filter_map(|item| Some((checkpoints::name(&item.path), item.header.as_ref().ok()?)));
    let all: Vec<(String, u64)> = sound.map(|(name, header)| (name, header.info.step)).collect();
    let Some(wanted) = wanted else {
        return all.into_iter().next().map(|(name, _)| name).ok_or(Error::NoCheckpoint);
    };
    // The whole of a name, with its ending or without: a second one of the same step begins like the first.
    let is_whole = |name: &str| Path::new(name).file_stem().is_some_and(|stem| stem == wanted) || name == wanted;
    if let Some((name, _)) = all.iter().find(|(name, _)| is_whole(name)) {
        return Ok(name.clone());
    }
    // Of a step that there are several of the newest one.
    let by_step = wanted.parse().ok().and_then(|step: u64| all.iter().find(|(_, of)| *of == step));
    let begin: Vec<&(String, u64)> = all.iter().filter(|(name, _)| name.starts_with(wanted)).collect();
    match (by_step, begin.as_slice()) {
        (Some((name, _)), _) | (None, [(name, _)]) => Ok(name.clone()),
        (None, found) => {
            let shown = if found.is_empty() { all.iter().collect() } else { begin.clone() };
            let names: Vec<&str> = shown.iter().map(|(name, _)| name.as_str()).collect();
            let what = if found.is_empty() { "is not a checkpoint of the run" } else { "begins the names of several" };
            Err(Error::Command(format!("`{wanted}` {what}; there are {}", names.join(", "))))
        }
    }
}

/// Whether a checkpoint could not be written.
fn failed(answer: &Answered) -> bool {
    answer.events.iter().any(|event| matches!(&event.what, What::Checkpoint { why: Some(_), .. }))
}

/// An answer, a line an event.
fn in_words(request: &Request, answer: &Answered) -> String {
    let mut text = String::new();
    for event in &answer.events {
        let step = event.step;
        let line = match &event.what {
            What::State { state, .. } => {
                let sentence = event.what.state_change(step).and_then(|change| change.sentence());
                let why = sentence.map(|why| format!(": {why}")).unwrap_or_default();
                let then = match (request, state) {
                    (Request::Advance(steps), RunState::Running) => format!(" for {steps} steps"),
                    _ => String::new(),
                };
                format!("{state}{then} at step {step}{why}")
            }
            What::Applied { what, old, new, note, .. } => {
                let note = note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default();
                format!("{what} {old} → {new} at step {step}{note}")
            }
            What::Checkpoint { file: Some(file), .. } => format!("checkpoint {file} at step {step}"),
            What::Checkpoint { why, .. } => format!("no checkpoint: {}", why.as_deref().unwrap_or("nobody knows why")),
            What::Restored { undo: true, .. } => format!("took back the last change, at step {step} again"),
            What::Restored { file, .. } => format!("went back to {file} at step {step}"),
            What::Ended { outcome, .. } => format!("{outcome} at step {step}"),
            What::Evaluating {} => format!("evaluating step {step}"),
            What::Evaluated { found: Some(found), .. } => format!("evaluated {}", found.sentence()),
            What::Evaluated { why, .. } => why.clone().unwrap_or_default(),
            // Told on standard error.
            What::Rejected { .. } | What::Started { .. } | What::Alert { .. } => continue,
        };
        // No text of the run begins a line of its own.
        let _ = writeln!(text, "{}", output::one_line(&line));
    }
    if let Some(status) = &answer.status {
        text += &of_status(status);
    }
    if text.is_empty() && answer.refused.is_none() {
        text.push_str("done\n");
    }
    text
}

fn of_status(status: &Status) -> String {
    let of = if status.steps > 0 { format!(" / {}", status.steps) } else { String::new() };
    let rate = status.steps_per_second.map_or(String::new(), |rate| format!("  {} steps/s", format::rate(rate.0)));
    let mut text =
        format!("{}  {}  step {}{of}  {:.1} s{rate}\n", status.name, status.state, status.step, status.seconds);
    for alert in &status.alerts {
        let _ = writeln!(text, "alert: {}", output::one_line(alert));
    }
    if let Some(settings) = &status.settings
        && let Ok(serde_json::Value::Object(keys)) = serde_json::to_value(settings.keys())
    {
        for (key, value) in keys {
            let _ = writeln!(text, "{key} = {value}");
        }
        for (name, value) in &settings.controls {
            let _ = writeln!(text, "{} = {}", output::one_line(name), output::one_line(&value.to_string()));
        }
    }
    for (name, value) in &status.metrics {
        let _ = writeln!(text, "{name}  {}", value.0);
    }
    let _ = writeln!(
        text,
        "watchers {}, let go {}; refused: {} connections, {} lines",
        status.watchers, status.dropped, status.refused_connections, status.refused_lines
    );
    text
}
