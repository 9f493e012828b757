//! Recorded runs on the dashboard, gantop's own and foreign ones: each is played by a thread, and one more generates
//! from the newest checkpoint.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::screen::{self, Left, NoScreen};
use super::{LEAVE_GRACE, leave_at_once, runs};
use crate::config::{self, Config};
use crate::domain::{MetricInfo, SampleShape, exit};
use crate::foreign::{self, Reading, find};
use crate::link::{self, Alert, Link, Report, RunInfo, Settings};
use crate::run::checkpoints::{self, FOLDER};
use crate::run::journal::{Events, What};
use crate::run::labels::labels;
use crate::run::list::{Found, list};
use crate::run::replayer::{self, Part};
use crate::run::{CONFIG_FILE, JOURNAL_FILE, METRICS_FILE, ReadError, folder, metrics};
use crate::session::request::View;
use crate::system::{files, output};
use crate::train;
use crate::train::data::Source;
use crate::ui::charts::beside::MOST_RUNS;
use crate::ui::state::viewing::{self, First, Other};
use crate::ui::update::{IMAGES, POINTS};
use crate::ui::{self, Ending, Exit};

/// The time between two looks for a newer checkpoint.
const POLL: Duration = Duration::from_millis(500);

/// Why there is nothing to be viewed. Each says all there is to say: it has no source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("gantop view shows a dashboard, which {0}; gantop runs and gantop journal print what is recorded")]
    NoScreen(NoScreen),
    #[error("{} runs are too many to be told apart: view {MOST_RUNS} at most", .0)]
    TooMany(usize),
    #[error("{}: no such file or directory, and no run of this name in {}", .0.display(), folder::RUNS)]
    NoPath(PathBuf),
    #[error(
        "{}: not a run: neither a {CONFIG_FILE} of gantop's nor event files, *.jsonl, trainer_state.json or *.csv of \
         another program are in it or below it{}", .0.display(), .1
    )]
    NoRun(PathBuf, &'static str),
    #[error("{}: its path is not UTF-8", .0.display())]
    Path(PathBuf),
    #[error("{}: {why}", dir.display())]
    Lost { dir: PathBuf, why: String },
    #[error(transparent)]
    Unclear(#[from] folder::Unclear),
    #[error(transparent)]
    Config(#[from] config::Error),
}

/// Shows recorded runs on the dashboard, and follows those that go on. Nothing is written.
///
/// # Errors
///
/// There is no terminal, or one of them is no run.
pub fn view(args: &View) -> anyhow::Result<ExitCode> {
    let (Left { code, line, runs }, over) = dashboard(args)?;
    if runs {
        return runs::come(args.runs.first().map(PathBuf::as_path), line, &args.display);
    }
    if let Some(line) = line {
        let _ = writeln!(output::err(), "gantop: {line}");
    }
    if !over {
        leave_at_once(code, None);
    }
    Ok(ExitCode::from(code))
}

/// As [`view`], without a word behind it; whether every thread that could be in the middle of something has ended.
pub(super) fn dashboard(args: &View) -> anyhow::Result<(Left, bool)> {
    screen::can_show().map_err(Error::NoScreen)?;
    let own = crate::config::own()?;
    let paths = paths(args)?;
    let names = names(&paths);
    let runs =
        paths.iter().zip(&names).map(|(path, name)| Viewed::read(path, name)).collect::<Result<Vec<_>, Error>>()?;
    let named: Vec<(String, &Config)> =
        names.into_iter().zip(&runs).map(|(name, run)| (name, &run.info.config)).collect();
    let labels = labels(&named);
    let foreign = runs.first().is_some_and(|run| run.foreign);
    let mut links: Vec<Link> = Vec::new();
    let (done, ended) = crossbeam_channel::bounded(0);
    let mut looker = None;
    for (i, Viewed { path, info, foreign }) in runs.into_iter().enumerate() {
        let (link, end) = link::pair();
        let part = if i == 0 { Part::Whole } else { Part::Records };
        let reports = (i == 0 && !foreign).then(|| end.reports.clone());
        match foreign {
            true => {
                let reading = Reading { divide: args.divide_steps, assigned: args.tag.clone() };
                foreign::play(path.clone(), info, reading, end)
            }
            false => replayer::play(path.clone(), info, part, end),
        }
        .context("cannot start a thread that reads the run")?;
        if let Some(reports) = reports {
            looker = Some(look(path, reports, ended.clone()).context("cannot start a thread for samples")?);
        }
        links.push(link);
    }
    let left = show(&links, foreign, labels, args, &own);
    // Whoever reads for the dashboard finds that it has gone.
    drop((links, done));
    Ok((left?, looker.is_none_or(|looker| ends(&looker))))
}

/// A run that is viewed.
struct Viewed {
    path: PathBuf,
    info: RunInfo,
    /// Whether it is another program's.
    foreign: bool,
}

impl Viewed {
    /// The description of the run at a path before it is played; `name` tells it from others.
    fn read(path: &Path, name: &str) -> Result<Viewed, Error> {
        let own = find::is_own(path);
        let info = match own {
            true => describe(path, read_config(path)?),
            false => foreign::describe(path, name)?,
        };
        Ok(Viewed { path: path.to_owned(), info, foreign: !own })
    }
}

/// The runs that are meant: of a directory that holds several, those that were written last.
fn paths(args: &View) -> Result<Vec<PathBuf>, Error> {
    if args.runs.len() > MOST_RUNS {
        return Err(Error::TooMany(args.runs.len()));
    }
    if args.runs.is_empty() {
        let parent = Path::new(folder::RUNS);
        return newest(parent)
            .map(|run| vec![run])
            .ok_or_else(|| Error::Unclear(folder::Unclear::None(parent.to_owned())));
    }
    let mut paths = Vec::new();
    for run in &args.runs {
        let path = folder::find(run)?;
        let found = if find::is_own(&path) { vec![path.clone()] } else { find::runs(&path) };
        match (found.is_empty(), files::kind(&path)) {
            (false, _) => paths.extend(found),
            (true, Ok(None)) => return Err(Error::NoPath(path)),
            (true, _) => return Err(Error::NoRun(path.clone(), find::advice(&path))),
        }
    }
    if paths.len() > MOST_RUNS {
        let left_out = paths.split_off(MOST_RUNS).len();
        let _ = writeln!(
            output::err(),
            "gantop: {MOST_RUNS} runs are shown and {left_out} left out: name those that you mean"
        );
    }
    Ok(paths)
}

/// The run in a directory that was written last, gantop's own or another program's.
fn newest(parent: &Path) -> Option<PathBuf> {
    let own = list(parent).unwrap_or_default().into_iter().find(|run| matches!(run.found, Found::Run(_)));
    let foreign = find::runs(parent).into_iter().next();
    let written = |run: &PathBuf| {
        let written = find::files_of(run).iter().filter_map(|file| files::modified(&file.path)).max();
        written.or_else(|| files::modified(run))
    };
    own.map(|run| run.dir).into_iter().chain(foreign).max_by_key(written)
}

/// A name for each run: the last part of its path, or as many as tell it from the others, fit for a terminal.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let parts: Vec<Vec<String>> = paths.iter().map(|path| parts(path)).collect();
    let most = parts.iter().map(Vec::len).max().unwrap_or(0);
    let named = |count: usize| -> Vec<String> {
        parts.iter().map(|parts| parts[parts.len().saturating_sub(count)..].join("/")).collect()
    };
    let differ = |names: &Vec<String>| (1..names.len()).all(|i| !names[..i].contains(&names[i]));
    (1..=most).map(named).find(differ).unwrap_or_else(|| named(1))
}

/// The parts of a path, fit for a terminal.
fn parts(path: &Path) -> Vec<String> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let parts = path.iter().map(|part| part.to_string_lossy().chars().filter(|c| !output::is_unsafe(*c)).collect());
    parts.collect()
}

/// The config of gantop's own run in `dir`.
pub(super) fn read_config(dir: &Path) -> Result<Config, Error> {
    let path = dir.join(CONFIG_FILE);
    if let Some(known) = checkpoints::lost_config(dir) {
        return known.map_err(|why| Error::Lost { dir: dir.to_owned(), why });
    }
    let path = path.to_str().ok_or_else(|| Error::Path(path.clone()))?;
    Ok(config::load(Some(path), &[])?)
}

/// The facts about a run before its records: the config, what its journal says of the start, the data's shape.
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

/// When, on what device, with how many threads, which settings and further metrics the run started, as its journal
/// says.
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

/// Runs the dashboard. The line that is left says why the first run could not be read any more.
fn show(links: &[Link], foreign: bool, labels: Vec<String>, args: &View, own: &Config) -> anyhow::Result<Left> {
    let options = ui::Options { keymap: own.keys.keymap(), ..super::screen::options(&args.display, own.ui) };
    let mut terminal = super::screen::enter(None, &args.display, own.ui)?;
    let events = terminal.events();
    let mut others = links.iter().zip(labels).map(|(link, label)| Other { label, reports: link.reports.clone() });
    let (Some(first), Some(link)) = (others.next(), links.first()) else { return Ok(Left::with(exit::DONE)) };
    let first = First { label: first.label, foreign };
    let left = viewing::view(&mut terminal, events, link, options, first, others.collect());
    terminal.leave();
    let failed = |ending: &Option<Ending>| match ending {
        Some(Ending::Gone) => Some("the thread that reads the run has ended; this is a defect of gantop".to_owned()),
        _ => None,
    };
    Ok(match left {
        Ok(Exit::Quit(ending)) => match failed(&ending) {
            Some(why) => Left { line: Some(why), ..Left::with(exit::FAILED) },
            None => Left::with(exit::DONE),
        },
        Ok(Exit::Ended(_) | Exit::Detach) => Left::with(exit::DONE),
        Ok(Exit::Runs) => Left { runs: true, ..Left::with(exit::DONE) },
        Ok(Exit::Terminate(_)) => Left::with(exit::TERMINATED),
        Ok(Exit::Interrupt(_)) => Left::with(exit::INTERRUPTED),
        // A terminal that cannot be written to has gone.
        Ok(Exit::HangUp(_)) | Err(_) => Left::with(exit::HUNG_UP),
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
