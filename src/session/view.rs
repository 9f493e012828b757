//! Recorded runs on the dashboard: each is played by a thread, and one more generates from the newest checkpoint.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::{LEAVE_GRACE, leave_at_once};
use crate::config::{self, Config};
use crate::domain::{MetricInfo, SampleShape, exit};
use crate::link::{self, Alert, Link, Report, RunInfo, Settings};
use crate::run::checkpoints::{self, FOLDER};
use crate::run::journal::{Events, What};
use crate::run::labels::labels;
use crate::run::list::{Found, list};
use crate::run::replayer::{self, Part};
use crate::run::{CONFIG_FILE, JOURNAL_FILE, METRICS_FILE, ReadError, folder, metrics};
use crate::session::request::View;
use crate::system::output;
use crate::train;
use crate::train::data::Source;
use crate::ui::charts::beside::MOST_RUNS;
use crate::ui::state::viewing::{self, Other};
use crate::ui::update::{IMAGES, POINTS};
use crate::ui::{self, Ending, Exit};

/// How often it is looked whether there is a newer checkpoint.
const POLL: Duration = Duration::from_millis(500);

/// Why there is nothing to be viewed. Each says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "gantop view shows a dashboard, which needs a terminal on standard input and output; gantop runs and gantop \
         journal print what is recorded"
    )]
    NoTerminal,
    #[error("there is no run in {}: name a run's directory", .0.display())]
    NoRuns(PathBuf),
    #[error("{} runs are too many to be told apart: view {MOST_RUNS} at most", .0)]
    TooMany(usize),
    #[error("{}: not a run: it has no {CONFIG_FILE}", .0.display())]
    NoRun(PathBuf),
    #[error("{}: its path is not UTF-8", .0.display())]
    Path(PathBuf),
    #[error("{}: {why}", dir.display())]
    Lost { dir: PathBuf, why: String },
    #[error(transparent)]
    Config(#[from] config::Error),
}

/// Shows recorded runs on the dashboard, and follows those that go on. Nothing is written.
///
/// # Errors
///
/// There is no terminal, or one of them is no run.
pub fn view(args: &View) -> anyhow::Result<ExitCode> {
    if !(io::stdin().is_terminal() && output::out().is_terminal()) {
        return Err(Error::NoTerminal.into());
    }
    let own = crate::config::own()?;
    let mut runs = Vec::new();
    for dir in directories(args)? {
        let config = read_config(&dir)?;
        runs.push((dir, config));
    }
    let named = |(dir, config): &'_ (PathBuf, Config)| (plain_name(dir), config.clone());
    let named: Vec<(String, Config)> = runs.iter().map(named).collect();
    let labels = labels(&named.iter().map(|(name, config)| (name.clone(), config)).collect::<Vec<_>>());
    let mut links: Vec<Link> = Vec::new();
    let (done, ended) = crossbeam_channel::bounded(0);
    let mut looker = None;
    for (i, (dir, config)) in runs.into_iter().enumerate() {
        let (link, end) = link::pair();
        let part = if i == 0 { Part::Whole } else { Part::Records };
        let reports = (i == 0).then(|| end.reports.clone());
        let info = describe(&dir, config);
        replayer::play(dir.clone(), info, part, end).context("cannot start a thread that reads the run")?;
        if let Some(reports) = reports {
            looker = Some(look(dir, reports, ended.clone()).context("cannot start a thread for samples")?);
        }
        links.push(link);
    }
    let left = show(&links, labels, args, &own);
    // Whoever reads for the dashboard finds that it has gone.
    drop((links, done));
    let (code, why) = left?;
    if let Some(why) = why {
        let _ = writeln!(output::err(), "gantop: {why}");
    }
    if !looker.is_none_or(|looker| ends(&looker)) {
        leave_at_once(code, None);
    }
    Ok(ExitCode::from(code))
}

/// The directories that are meant.
fn directories(args: &View) -> Result<Vec<PathBuf>, Error> {
    if args.runs.len() > MOST_RUNS {
        return Err(Error::TooMany(args.runs.len()));
    }
    if !args.runs.is_empty() {
        return Ok(args.runs.iter().map(|run| folder::find(run)).collect());
    }
    let parent = Path::new(folder::RUNS);
    let newest = list(parent).unwrap_or_default().into_iter().find(|run| matches!(run.found, Found::Run(_)));
    newest.map(|run| vec![run.dir]).ok_or_else(|| Error::NoRuns(parent.to_owned()))
}

fn read_config(dir: &Path) -> Result<Config, Error> {
    let path = dir.join(CONFIG_FILE);
    if !path.is_file() {
        return Err(Error::NoRun(dir.to_owned()));
    }
    if let Some(known) = checkpoints::lost_config(dir) {
        return known.map_err(|why| Error::Lost { dir: dir.to_owned(), why });
    }
    let path = path.to_str().ok_or_else(|| Error::Path(path.clone()))?;
    Ok(config::load(Some(path), &[])?)
}

/// The name of a directory, fit for a terminal.
fn plain_name(dir: &Path) -> String {
    let name = dir.canonicalize().ok().and_then(|dir| Some(dir.file_name()?.to_string_lossy().into_owned()));
    let name = name.unwrap_or_else(|| dir.display().to_string());
    name.chars().filter(|c| !output::is_unsafe(*c)).collect()
}

/// What is known of a run before its records: the config, what its journal says of the start, the data's shape.
fn describe(dir: &Path, config: Config) -> RunInfo {
    let (time, device, threads, settings, declared) = started(&dir.join(JOURNAL_FILE)).unwrap_or_else(|| {
        ("nobody knows when".into(), "device not known".into(), 0, Settings::of(&config), Vec::new())
    });
    let (shape, modes) = match config.data.images() {
        // The data itself may be large, or elsewhere: a checkpoint knows the shape, and nothing else is shown in it.
        Some(images) => {
            let items = checkpoints::list(dir).unwrap_or_default();
            let header = items.into_iter().find_map(|item| item.header.ok());
            let unknown = SampleShape::Image { width: 1, height: 1, channels: 1, range: images.range };
            (header.map_or(unknown, |header| header.info.shape), Vec::new())
        }
        None => Source::open(&config.data)
            .map_or((SampleShape::Point { dims: 2 }, Vec::new()), |data| (data.shape(), data.modes())),
    };
    RunInfo {
        device,
        threads,
        threads_why: time,
        engine: config.engine_under(&settings.constraint).unwrap_or(config.engine),
        shape,
        modes,
        metrics: metrics::of_header(&dir.join(METRICS_FILE), &declared),
        generator_weights: 0,
        critic_weights: 0,
        settings,
        config,
    }
}

/// When, on what device, with how many threads, which settings and further metrics the run started, as its journal says.
fn started(journal: &Path) -> Option<(String, String, usize, Settings, Vec<MetricInfo>)> {
    // A pipe in its place would never answer.
    let mut events = journal.is_file().then(|| Events::open(journal).ok()).flatten()?;
    loop {
        match events.event() {
            Ok(Some(event)) => {
                if let What::Started { device, threads, settings, metrics, .. } = event.what {
                    return Some((event.time, device, threads, settings, metrics));
                }
            }
            Err(ReadError::Line { .. }) => {}
            Ok(None) | Err(ReadError::File { .. }) => return None,
        }
    }
}

/// Runs the dashboard. Gives the exit code, and why the first run had failed.
fn show(links: &[Link], labels: Vec<String>, args: &View, own: &Config) -> anyhow::Result<(u8, Option<String>)> {
    let options = ui::Options { keymap: own.keys.keymap(), ..super::screen::options(&args.display, own.ui.theme) };
    let mut terminal = super::screen::enter(None, &args.display, own.ui)?;
    let events = terminal.events();
    let mut others = links.iter().zip(labels).map(|(link, label)| Other { label, reports: link.reports.clone() });
    let (Some(first), Some(link)) = (others.next(), links.first()) else { return Ok((exit::DONE, None)) };
    let left = viewing::view(&mut terminal, events, link, options, first.label, others.collect());
    terminal.leave();
    let failed = |ending: &Option<Ending>| match ending {
        Some(Ending::Gone) => Some("the thread that reads the run has ended; this is a defect of gantop".to_owned()),
        _ => None,
    };
    Ok(match left {
        Ok(Exit::Quit(ending)) => match failed(&ending) {
            Some(why) => (exit::FAILED, Some(why)),
            None => (exit::DONE, None),
        },
        Ok(Exit::Ended(_) | Exit::Detach) => (exit::DONE, None),
        Ok(Exit::Terminate(_)) => (exit::TERMINATED, None),
        Ok(Exit::Interrupt(_)) => (exit::INTERRUPTED, None),
        // A terminal that cannot be written to has gone.
        Ok(Exit::HangUp(_)) | Err(_) => (exit::HUNG_UP, None),
    })
}

/// Takes a snapshot of each newest checkpoint of the run in `dir`, in a thread of its own, until `ended` is let go.
fn look(dir: PathBuf, reports: Sender<Report>, ended: Receiver<()>) -> io::Result<JoinHandle<()>> {
    thread::Builder::new().name("looker".to_owned()).spawn(move || {
        let folder = dir.join(FOLDER);
        let (mut changed, mut shown, mut damaged) = (None, None, Vec::new());
        loop {
            let now = crate::system::files::modified(&folder);
            if now != changed {
                changed = now;
                for report in look_once(&dir, &mut shown, &mut damaged) {
                    if reports.send(report).is_err() {
                        return;
                    }
                }
            }
            if !matches!(ended.recv_timeout(POLL), Err(RecvTimeoutError::Timeout)) {
                return;
            }
        }
    })
}

/// A snapshot of the newest checkpoint, unless it is the one that is `shown`, and what is newly found to be damaged.
fn look_once(dir: &Path, shown: &mut Option<PathBuf>, damaged: &mut Vec<String>) -> Vec<Report> {
    let mut reports = Vec::new();
    let alert = |step, text: String| Report::Alert(Alert::new(step, text));
    let wrong = match checkpoints::newest(dir) {
        Ok((_, path, checkpoint, wrong)) => {
            if shown.as_ref() != Some(&path) {
                let samples = match checkpoint.info.shape {
                    SampleShape::Point { .. } => POINTS,
                    SampleShape::Image { .. } => IMAGES,
                };
                reports.push(match train::checkpoint_snapshot(&checkpoint, samples) {
                    Ok(snapshot) => Report::Snapshot(Box::new(snapshot)),
                    Err(why) => alert(checkpoint.info.step, format!("{}: no samples: {why}", path.display())),
                });
                *shown = Some(path);
            }
            wrong
        }
        Err(_) if checkpoints::list(dir).is_ok_and(|items| items.is_empty()) => Vec::new(),
        Err(why) => vec![why],
    };
    reports.extend(wrong.iter().filter(|why| !damaged.contains(why)).map(|why| alert(0, format!("skipped: {why}"))));
    *damaged = wrong;
    reports
}

/// Whether the thread ends soon: the process cannot end in an orderly way under it.
fn ends(thread: &JoinHandle<()>) -> bool {
    let start = Instant::now();
    while !thread.is_finished() && start.elapsed() < LEAVE_GRACE {
        thread::sleep(Duration::from_millis(5));
    }
    thread.is_finished()
}
