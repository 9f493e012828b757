//! The foreign runs below a directory, and how far each has come: from the ends of their files alone.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::document::DocumentReader;
use super::events::{self, EventReader};
use super::find::{self, Kind, LogFile};
use super::lines::LineReader;
use super::recognise::recognise;
use super::sink::{Said, Sink};
use super::table::TableReader;
use crate::domain::{Metric, MetricTable, StepRecord};
use crate::run::list::{self, Foreign, Found, Listed};
use crate::run::row::Row;
use crate::run::summary::by_name;
use crate::system::files;

/// Bytes at the end of a file that are looked at.
const END: u64 = 1 << 18;
/// Reads of a file's end at the most.
const MOST_READS: usize = 64;

/// Looks again at the directories that are no runs of gantop's: those with foreign runs in or below them become these.
pub fn found_too(listed: Vec<Listed>) -> Vec<Listed> {
    let again = |listed: Listed| match &listed.found {
        Found::Wrong { .. } if !find::is_own(&listed.dir) => {
            let runs = find::runs(&listed.dir);
            if runs.is_empty() { vec![listed] } else { runs.into_iter().map(look).collect() }
        }
        _ => vec![listed],
    };
    let mut all: Vec<Listed> = listed.into_iter().flat_map(again).collect();
    all.sort_by(|a, b| b.started.cmp(&a.started).then_with(|| b.dir.cmp(&a.dir)));
    all
}

/// What is in a directory, the newest run first, gantop's own and foreign ones.
///
/// # Errors
/// The directory cannot be read.
pub fn rows(parent: &Path) -> io::Result<Vec<Row>> {
    let all = found_too(list::list(parent)?);
    Ok(all.iter().map(|listed| Row::new(listed, parent, figure)).collect())
}

/// The last value of what a foreign run has for a metric.
fn figure(run: &Foreign, metric: Metric) -> Option<Option<f32>> {
    run.metrics.iter().find(|(tag, _)| stands_for(tag, metric)).map(|(_, value)| *value)
}

/// The run at a path, as far as the ends of its files say.
fn look(dir: PathBuf) -> Listed {
    let files = find::files_of(&dir);
    let written = files.iter().filter_map(|file| files::modified(&file.path)).max();
    let mut sink = Sink::default();
    for file in &files {
        sink.read_from(&file.origin);
        // What cannot be read says nothing.
        let _ = read_end(file, &mut sink);
        sink.end_record();
    }
    let (mut table, mut last): (MetricTable, Option<StepRecord>) = Default::default();
    for said in sink.take() {
        match said {
            Said::Metrics(metrics) => table = metrics,
            Said::Steps(records) => records.iter().for_each(|record| StepRecord::advance(&mut last, record)),
            _ => {}
        }
    }
    let named = |record: StepRecord| {
        by_name(&record.values, &table).into_iter().filter(|(name, _)| is_foreign(&table, name)).collect()
    };
    let foreign = files.first().map_or("", |file| file.kind.name());
    let found =
        Found::Foreign(Foreign { foreign, steps: sink.last_step(), metrics: last.map(named).unwrap_or_default() });
    Listed { dir, started: written.unwrap_or(SystemTime::UNIX_EPOCH), found }
}

fn is_foreign(table: &MetricTable, name: &str) -> bool {
    table.declared().iter().any(|info| info.name == name)
}

fn read_end(file: &LogFile, sink: &mut Sink) -> Option<()> {
    let path: &Path = &file.path;
    match file.kind {
        Kind::Events => {
            let mut reader = EventReader::open_near_end(path, END).ok()?;
            for _ in 0..MOST_READS {
                if reader.read(sink).ok()? == events::Read::Through {
                    break;
                }
            }
        }
        Kind::Lines => {
            let mut reader = LineReader::open(path).ok()?;
            reader.skip_to_the_last(END as usize).ok()?;
            // A line that is wrong is passed over.
            let _through = (0..MOST_READS).any(|_| matches!(reader.read(sink), Ok(false)));
        }
        Kind::Table => {
            let mut reader = TableReader::open(path).ok()?;
            reader.skip_to_the_last(END as usize).ok()?;
            let _through = (0..MOST_READS).any(|_| matches!(reader.read(sink), Ok(false)));
        }
        Kind::Document => drop(DocumentReader::new(path).read(sink)),
    }
    Some(())
}

/// Whether the figure under a tag is what gantop has this metric for.
fn stands_for(tag: &str, metric: Metric) -> bool {
    let (info, own) = (recognise(tag, tag.to_owned()), metric.info());
    info.front && (info.group, info.label) == (own.group.clone(), own.label.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_with_foreign_runs_are_listed_with_how_far_they_have_come() {
        let dir = tempfile::tempdir().unwrap();
        let make = |name: &str, text: String| {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let rows: String = (0..50_000).map(|step| format!("{step},{}.5,0\n", step * 2)).collect();
        make("a/version_0/metrics.csv", format!("step,d_loss,x\n{rows}"));
        make("b/log.jsonl", "{\"step\": 7, \"g_loss\": 1}\n{\"step\": 8, \"g_loss\": NaN}\nno\n".into());
        make("c/notes.txt", String::new());
        let listed = found_too(list::list(dir.path()).unwrap());
        let find = |name: &str| listed.iter().find(|run| run.dir == dir.path().join(name)).map(|run| run.found.clone());
        let Some(Found::Foreign(a)) = find("a/version_0") else { panic!("{listed:?}") };
        assert_eq!((a.steps, a.metrics["d_loss"], a.foreign), (Some(49_999), Some(99_998.5), "a table of text"));
        let Some(Found::Foreign(b)) = find("b") else { panic!("{listed:?}") };
        assert_eq!((b.steps, b.metrics["g_loss"], b.metrics.len()), (Some(8), None, 1));
        assert!(matches!(find("c"), Some(Found::Wrong { .. })) && listed.len() == 3);
        assert!(stands_for("Loss/D", Metric::CriticLoss) && !stands_for("fid", Metric::CriticLoss));
    }
}
