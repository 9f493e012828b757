//! Alerts that leave the screen: a program of the person's choice is called with each, never more often than they like,
//! and training waits for none of it.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use rustix::process::{Pid, Signal, kill_process_group};
use serde::Serialize;

use crate::config::Alerts;
use crate::link::{Alert, Report};
use crate::serve::hub::Tap;
use crate::system::output::json;

/// The most reports that may wait for the thread.
const CAPACITY: usize = 64;
/// The time between two looks whether a called program has ended.
const POLL: Duration = Duration::from_millis(10);
/// The most characters of an alert's text.
const MOST_TEXT: usize = 2000;

/// The message to the program: as JSON on its standard input and in `GANTOP_ALERT`, and word by word in the
/// environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Notice {
    /// `alert`, `pause` or `failed`.
    kind: &'static str,
    run: String,
    /// The run's directory, if it has one.
    dir: Option<String>,
    /// Steps completed then, where that is known.
    step: Option<u64>,
    /// The rule of health that raised it, if one did.
    rule: Option<&'static str>,
    text: String,
    /// The number of others that came since the last call and were left out.
    left_out: u64,
}

/// The notice that waits to be told, and when that may be.
#[derive(Debug, Default)]
struct Waiting {
    newest: Option<Notice>,
    left_out: u64,
    /// Nothing is told before that; time counts from the start.
    not_before: Duration,
}

impl Waiting {
    fn add(&mut self, notice: Notice) {
        self.left_out += u64::from(self.newest.replace(notice).is_some());
    }

    /// The newest one, if it may be told now; the next one not before `every` has passed.
    fn take(&mut self, now: Duration, every: Duration) -> Option<Notice> {
        if now < self.not_before {
            return None;
        }
        let notice = Notice { left_out: self.left_out, ..self.newest.take()? };
        (self.left_out, self.not_before) = (0, now + every);
        Some(notice)
    }
}

/// The thread that calls the program.
#[derive(Debug)]
pub struct Notifier(JoinHandle<Option<String>>);

impl Notifier {
    /// Starts it, if there is a program to call, and gives where trouble is to be told; from there comes, once, what
    /// goes wrong with the program itself.
    ///
    /// # Errors
    /// There is no thread to be had.
    pub fn start(config: &Alerts, run: &str, dir: Option<&Path>) -> io::Result<Option<(Notifier, Tap)>> {
        if config.command.is_empty() {
            return Ok(None);
        }
        let (trouble, reports) = bounded(CAPACITY);
        let (alerts, said) = bounded(1);
        let caller = Caller {
            config: config.clone(),
            run: run.to_owned(),
            dir: dir.map(|dir| dir.display().to_string()),
            alerts: Some(alerts),
            unsaid: None,
            waiting: Waiting::default(),
            start: Instant::now(),
        };
        let thread = thread::Builder::new().name("alerts".to_owned()).spawn(move || caller.work(&reports))?;
        Ok(Some((Notifier(thread), Tap { trouble, said })))
    }

    /// Waits until all is told, at most as long as a call may take; gives what went wrong with it and could not be
    /// said.
    pub fn finish(self) -> Option<String> {
        self.0.join().ok().flatten()
    }
}

struct Caller {
    config: Alerts,
    run: String,
    dir: Option<String>,
    /// Where it is told that the program cannot be called, until it has been.
    alerts: Option<Sender<Report>>,
    /// The same, where nobody could hear it.
    unsaid: Option<String>,
    waiting: Waiting,
    start: Instant,
}

impl Caller {
    fn work(mut self, reports: &Receiver<Report>) -> Option<String> {
        let every = Duration::from_secs(self.config.every);
        loop {
            let now = self.start.elapsed();
            let told = match self.waiting.newest {
                Some(_) => reports.recv_timeout(self.waiting.not_before.saturating_sub(now)),
                None => reports.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match told {
                Ok(report) => self.notice(&report).into_iter().for_each(|notice| self.waiting.add(notice)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    // The last word is told at once.
                    if let Some(notice) = self.waiting.take(Duration::MAX, Duration::ZERO) {
                        self.call(&notice);
                    }
                    return self.unsaid;
                }
            }
            if let Some(notice) = self.waiting.take(self.start.elapsed(), every) {
                self.call(&notice);
            }
        }
    }

    fn notice(&self, report: &Report) -> Option<Notice> {
        let (kind, step, rule, text) = match report {
            Report::Alert(alert) => {
                ("alert", Some(alert.step), alert.sign.map(|sign| sign.rule.name()), alert.text.clone())
            }
            Report::State(change) => ("pause", Some(change.step), None, change.sentence().unwrap_or_default()),
            Report::Failed(why) => ("failed", None, None, why.clone()),
            _ => return None,
        };
        let text = text.chars().take(MOST_TEXT).collect();
        Some(Notice { kind, run: self.run.clone(), dir: self.dir.clone(), step, rule, text, left_out: 0 })
    }

    fn call(&mut self, notice: &Notice) {
        if let Err(why) = run(&self.config, notice)
            && let Some(alerts) = self.alerts.take()
        {
            let program = self.config.command.first().map(String::as_str).unwrap_or_default();
            let text = format!("alerts.command: {program}: {why}; alerts may be lost, and this is reported only once");
            if alerts.try_send(Report::Alert(Alert::new(notice.step.unwrap_or(0), text.clone()))).is_err() {
                self.unsaid = Some(text);
            }
        }
    }
}

/// Calls the program, and waits for it as long as it may take.
fn run(config: &Alerts, notice: &Notice) -> Result<(), String> {
    let Some((program, arguments)) = config.command.split_first() else { return Ok(()) };
    let line = json::to_line(notice).map_err(|error| error.to_string())?;
    let step = notice.step.map(|step| step.to_string()).unwrap_or_default();
    let mut child = Command::new(program)
        .args(arguments)
        .env("GANTOP_ALERT", String::from_utf8_lossy(&line).trim_end())
        .env("GANTOP_KIND", notice.kind)
        .env("GANTOP_RUN", &notice.run)
        .env("GANTOP_DIR", notice.dir.as_deref().unwrap_or_default())
        .env("GANTOP_STEP", step)
        .env("GANTOP_RULE", notice.rule.unwrap_or_default())
        .env("GANTOP_TEXT", &notice.text)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C is for the run, and what the program starts ends with it.
        .process_group(0)
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        // A pipe holds so little without anybody to read it; one that reads nothing is none of ours.
        let _ = input.write_all(&line);
    }
    wait(&mut child, Duration::from_secs(config.time_limit))
}

fn wait(child: &mut Child, limit: Duration) -> Result<(), String> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("it ended with {status}")),
            Ok(None) if start.elapsed() < limit => thread::sleep(POLL),
            Ok(None) => {
                if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                    let _ = kill_process_group(pid, Signal::KILL);
                }
                let _ = child.wait();
                return Err(format!("it took longer than {} seconds and was ended", limit.as_secs()));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::domain::rule::Rule;

    /// Has a shell script called with these reports; gives what it wrote to `out`, and what was told of it.
    fn told(script: &str, config: Alerts, reports: &[Report]) -> (String, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let (program, out) = (dir.path().join("tell"), dir.path().join("out"));
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        let words = [program, out.clone()].map(|path| path.to_str().unwrap().to_owned());
        let config = Alerts { command: [words.to_vec(), config.command].concat(), ..config };
        let (notifier, Tap { trouble, said }) = Notifier::start(&config, "ring", Some(dir.path())).unwrap().unwrap();
        reports.iter().for_each(|report| trouble.send(report.clone()).unwrap());
        drop(trouble);
        assert_eq!(notifier.finish(), None);
        let text = |report| match report {
            Report::Alert(alert) => alert.text,
            other => panic!("{other:?}"),
        };
        (fs::read_to_string(out).unwrap_or_default(), said.try_iter().map(text).collect())
    }

    #[test]
    fn the_program_has_the_alert_as_json_and_in_its_environment() {
        let alert = Alert::of_rule(Rule::EmNegative, true, 40, "the \"mean\" bound\n$(touch x)".to_owned());
        let config = Alerts { every: 0, command: vec!["a b".to_owned(), "$HOME".to_owned()], ..Alerts::default() };
        let script =
            r#"{ cat; printf '%s|' "$GANTOP_KIND" "$GANTOP_STEP" "$GANTOP_RULE" "$GANTOP_RUN" "$2" "$3"; } >> "$1""#;
        let (out, trouble) = told(script, config, &[Report::Alert(alert), Report::Failed("no memory".to_owned())]);
        let (first, rest) = out.split_once('\n').unwrap();
        let said: serde_json::Value = serde_json::from_str(first).unwrap();
        assert_eq!((&said["text"], &said["step"]), (&"the \"mean\" bound\n$(touch x)".into(), &40.into()));
        let (second, last) = rest.split_once('\n').unwrap();
        assert_eq!(second.split('{').next(), Some("alert|40|em-negative|ring|a b|$HOME|"));
        assert!(second.contains(r#""kind":"failed""#) && last == "failed|||ring|a b|$HOME|", "{out}");
        assert_eq!(trouble, [""; 0]);
    }

    #[test]
    fn a_program_that_fails_or_hangs_is_told_of_once() {
        let alert = || Report::Alert(Alert::new(3, "x"));
        let usual = || Alerts { every: 0, ..Alerts::default() };
        let (_, trouble) = told("exit 7", usual(), &[alert(), alert()]);
        assert!(trouble.len() == 1 && trouble[0].contains("exit status: 7"), "{trouble:?}");
        let (_, trouble) = told("sleep 60", Alerts { time_limit: 1, ..usual() }, &[alert()]);
        assert!(trouble.len() == 1 && trouble[0].contains("longer than 1 seconds"), "{trouble:?}");
        let config = Alerts { command: vec!["/nobody/there".to_owned()], ..usual() };
        // Where nobody hears it any more it is left to whoever waits for the end.
        let (notifier, Tap { trouble, said }) = Notifier::start(&config, "ring", None).unwrap().unwrap();
        drop(said);
        trouble.send(alert()).unwrap();
        drop(trouble);
        assert!(notifier.finish().is_some_and(|why| why.contains("/nobody/there: No such file")));
    }

    #[test]
    fn what_comes_too_often_is_told_together() {
        let notice = |text: &str| Notice {
            kind: "alert",
            run: String::new(),
            dir: None,
            step: None,
            rule: None,
            text: text.to_owned(),
            left_out: 0,
        };
        let (second, every) = (Duration::from_secs(1), Duration::from_secs(60));
        let mut waiting = Waiting::default();
        waiting.add(notice("a"));
        assert_eq!(waiting.take(second, every), Some(notice("a")));
        for text in ["b", "c", "d"] {
            waiting.add(notice(text));
            assert_eq!(waiting.take(every, every), None);
        }
        assert_eq!(waiting.take(every + second, every), Some(Notice { left_out: 2, ..notice("d") }));
        assert_eq!(waiting.take(every * 9, every), None);
    }
}
