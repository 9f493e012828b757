//! Playing the files of a run as the reports of a trainer, up to where they are and on from there.

use std::io;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, TryRecvError};

use super::document::{self, DocumentReader};
use super::events::{self, EventReader};
use super::find::{Kind, LogFile, files_of};
use super::follow::{Became, Followed};
use super::lines::LineReader;
use super::pictures::{self, Folder};
use super::sink::{Reading, Said, Sink, fit};
use super::table::TableReader;
use crate::config::{self, Config, EngineChoice};
use crate::domain::{MetricTable, SampleShape};
use crate::link::{Alert, By, Command, Note, Rejected, Report, Restored, RunInfo, Settings, StateSource, TrainerEnd};
use crate::run::ReadError;
use crate::run::replayer::ONLY_LOOKS;

/// The time between two looks at the files: often enough for a person, seldom enough for a network file system.
const POLL: Duration = Duration::from_millis(250);
/// Every how many looks it is looked for files that have come.
const RESCAN: u32 = 8;
/// The most troubles with one file that are told.
const MOST_TROUBLES: u32 = 5;

/// The description of the run at a path before it is read; `name` tells it from others.
///
/// # Errors
/// gantop's own usual config cannot be made.
pub fn describe(path: &Path, name: &str) -> Result<RunInfo, config::Error> {
    let config = Config { name: fit(name), steps: 0, ..config::load(None, &[])? };
    let mut kinds: Vec<&str> = files_of(path).iter().map(|file| file.kind.name()).collect();
    kinds.dedup();
    Ok(RunInfo {
        device: format!("{} in {}", kinds.join(", "), fit(&path.display().to_string())),
        threads: 0,
        threads_why: String::new(),
        engine: EngineChoice::Autograd,
        // Nothing is drawn of it before there are samples.
        shape: SampleShape::Point { dims: 2 },
        modes: Vec::new(),
        metrics: MetricTable::own(),
        generator_weights: 0,
        critic_weights: 0,
        settings: Settings::of(&config),
        config,
    })
}

/// Plays the run at `path`, which `info` describes, in a thread of its own, until the watcher's departure; its files
/// are read as `reading` says. The first report, that it started, is made before this returns, and again whenever the
/// run turns out to have more metrics. Commands are refused.
///
/// # Errors
/// There is no thread to be had.
pub fn play(path: PathBuf, info: RunInfo, reading: Reading, end: TrainerEnd) -> io::Result<JoinHandle<()>> {
    // There is room: nobody else has said anything.
    let _ = end.reports.send(Report::Started(Box::new(info.clone())));
    thread::Builder::new().name("follower".to_owned()).spawn(move || {
        let folder = Folder::new(&path);
        let player = Player { path, info, end, sink: Sink::new(reading), parts: Vec::new(), folder };
        // The watcher has gone: nobody needs to hear of it.
        let _ = player.work();
    })
}

/// Nobody listens any more.
struct Gone;

struct Player {
    path: PathBuf,
    info: RunInfo,
    end: TrainerEnd,
    sink: Sink,
    parts: Vec<Part>,
    /// Pictures that lie beside the logs.
    folder: Folder,
}

/// A file of the run as far as it is read.
struct Part {
    file: LogFile,
    followed: Followed,
    reader: Option<Reader>,
    troubles: u32,
}

enum Reader {
    Events(EventReader),
    Lines(LineReader),
    Table(TableReader),
    Document(DocumentReader),
}

impl Reader {
    fn open(file: &LogFile) -> Result<Reader, ReadError> {
        Ok(match file.kind {
            Kind::Events => Reader::Events(EventReader::open(&file.path).map_err(|why| file.unreadable(why))?),
            Kind::Lines => Reader::Lines(LineReader::open(&file.path)?),
            Kind::Table => Reader::Table(TableReader::open(&file.path)?),
            Kind::Document => Reader::Document(DocumentReader::new(&file.path)),
        })
    }
}

/// The outcome of reading some of a file.
enum Progress {
    /// There may be more at once.
    More,
    /// It is read to its end.
    Through,
    /// It is another file now: all must be read anew.
    Anew,
}

impl Player {
    fn work(mut self) -> Result<(), Gone> {
        let mut looks = 0;
        loop {
            if looks % RESCAN == 0 {
                self.look_for_files();
            }
            let beside = looks % RESCAN == 0;
            looks = looks.wrapping_add(1);
            if self.read()? {
                // From the first file on, with what has come since.
                self.parts.clear();
                self.sink.restart();
                self.folder.restart();
                looks = 0;
                continue;
            }
            self.show_pictures(beside)?;
            match self.end.commands.recv_timeout(POLL) {
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(command) => self.refuse(&command)?,
            }
        }
    }

    /// Takes in the files that have come: those that are there keep their places.
    fn look_for_files(&mut self) {
        for mut file in files_of(&self.path) {
            if self.parts.iter().any(|part| part.file.path == file.path) {
                continue;
            }
            // The newest state of a trainer holds all that the ones before did.
            let replaced =
                self.parts.iter_mut().find(|part| part.file.kind == Kind::Document && file.kind == Kind::Document);
            match replaced {
                Some(part) => {
                    file.origin = part.file.origin.clone();
                    (part.followed, part.file.path) = (Followed::new(&file.path), file.path);
                    if let Some(Reader::Document(reader)) = &mut part.reader {
                        reader.goes_on_in(&part.file.path);
                    }
                }
                None => {
                    file.origin.file = self.parts.len();
                    let followed = Followed::new(&file.path);
                    self.parts.push(Part { file, followed, reader: None, troubles: 0 });
                }
            }
        }
    }

    /// Reads what the files have, one after the other. Whether all must be read anew.
    fn read(&mut self) -> Result<bool, Gone> {
        for at in 0..self.parts.len() {
            let became = self.parts[at].followed.look();
            let rewritten = self.parts[at].file.kind == Kind::Document;
            match became {
                // A document is written anew each time.
                Became::Another if !rewritten => return Ok(true),
                Became::Same => {
                    let part = &mut self.parts[at];
                    if let Some(Reader::Document(reader)) = &mut part.reader
                        && let Some(why) = reader.trouble()
                    {
                        self.sink.trouble(why);
                    }
                    continue;
                }
                Became::Grown | Became::Another => {}
            }
            self.sink.read_from(&self.parts[at].file.origin);
            loop {
                match self.parts[at].read(&mut self.sink) {
                    Progress::More => {}
                    Progress::Through => break,
                    Progress::Anew => return Ok(true),
                }
                self.tell()?;
                match self.end.commands.try_recv() {
                    Err(TryRecvError::Empty) => {}
                    Err(TryRecvError::Disconnected) => return Err(Gone),
                    Ok(command) => self.refuse(&command)?,
                }
            }
        }
        self.sink.end_record();
        self.tell()?;
        Ok(false)
    }

    /// Reports what the sink has gathered.
    fn tell(&mut self) -> Result<(), Gone> {
        for said in self.sink.take() {
            let report = match said {
                Said::Metrics(metrics) => {
                    self.info.metrics = metrics;
                    Report::Started(Box::new(self.info.clone()))
                }
                Said::Steps(records) => Report::Steps(records),
                Said::Back { from, to } => Report::Restored(Restored {
                    from: Some(from),
                    to,
                    source: StateSource::File(format!("step {to}").into()),
                    settings: self.info.settings.clone(),
                }),
                Said::Note(step, text) => Report::Noted(Note { step, text }),
                Said::Trouble(text) => Report::Alert(Alert::new(self.sink.last_step().unwrap_or(0), text)),
            };
            self.say(report)?;
        }
        Ok(())
    }

    /// Shows the pictures that have come, those `beside` the logs too.
    fn show_pictures(&mut self, beside: bool) -> Result<(), Gone> {
        let mut pictures = self.sink.pictures.take();
        if beside {
            pictures.extend(self.folder.look(self.sink.last_step().unwrap_or(0)));
        }
        for encoded in pictures {
            match pictures::snapshot(&encoded) {
                Ok(snapshot) => {
                    if self.info.shape != snapshot.shape {
                        self.info.shape = snapshot.shape;
                        self.say(Report::Started(Box::new(self.info.clone())))?;
                    }
                    self.say(Report::Snapshot(Box::new(snapshot)))?;
                }
                Err(why) => {
                    let text = format!("{}: not a picture: {why}", fit(&encoded.tag));
                    self.say(Report::Alert(Alert::new(encoded.step, text)))?;
                }
            }
        }
        Ok(())
    }

    fn refuse(&mut self, command: &Command) -> Result<(), Gone> {
        match command {
            Command::Stop => Err(Gone),
            Command::Snapshot(_) | Command::Unattended => Ok(()),
            _ => {
                let (step, what) = (self.sink.last_step().unwrap_or(0), "a command".to_owned());
                self.say(Report::Rejected(Rejected { step, what, why: ONLY_LOOKS.to_owned(), by: By::Person }))
            }
        }
    }

    fn say(&self, report: Report) -> Result<(), Gone> {
        self.end.reports.send(report).map_err(|_| Gone)
    }
}

impl Part {
    fn read(&mut self, sink: &mut Sink) -> Progress {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => match Reader::open(&self.file) {
                Ok(reader) => self.reader.insert(reader),
                Err(error) => {
                    self.tell(error.to_string(), sink);
                    return Progress::Through;
                }
            },
        };
        let more = match reader {
            Reader::Lines(reader) => reader.read(sink),
            Reader::Table(reader) => reader.read(sink),
            Reader::Document(reader) => match reader.read(sink) {
                document::Read::All => Ok(false),
                document::Read::Fewer => return Progress::Anew,
            },
            Reader::Events(reader) => match reader.read(sink) {
                Ok(events::Read::More) => Ok(true),
                Ok(events::Read::Through) => Ok(false),
                Ok(events::Read::Damaged(text)) => {
                    self.tell(text, sink);
                    return Progress::More;
                }
                Err(why) => Err(self.file.unreadable(why)),
            },
        };
        match more {
            Ok(true) => Progress::More,
            Ok(false) => Progress::Through,
            Err(error) => {
                let goes_on = matches!(error, ReadError::Line { .. });
                self.tell(error.to_string(), sink);
                if goes_on { Progress::More } else { Progress::Through }
            }
        }
    }

    /// Tells of a trouble with the file, unless there have been many.
    fn tell(&mut self, text: String, sink: &mut Sink) {
        self.troubles = self.troubles.saturating_add(1);
        match self.troubles {
            ..MOST_TROUBLES => sink.trouble(text),
            MOST_TROUBLES => sink.trouble(format!("{text}; further trouble with this file is not reported")),
            _ => {}
        }
    }
}
