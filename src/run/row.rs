//! A row of the list of runs: what a directory holds in a few words and figures, for the table that is printed and the
//! list on the screen.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::list::{Foreign, Found, Listed, State};
use crate::domain::Metric;
use crate::system::output::one_line;

/// The metrics that have a column.
pub const FIGURES: [Metric; 3] = [Metric::Bound, Metric::CriticLoss, Metric::GeneratorLoss];

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub dir: PathBuf,
    /// The directory as a person knows it: below the one that was listed, fit for a terminal.
    pub directory: String,
    /// The run's name and its objective, where they are known.
    pub name: Option<String>,
    pub objective: Option<String>,
    pub kind: Kind,
    /// When the run began; of another program's when it was last written.
    pub started: SystemTime,
    pub steps: Option<u64>,
    /// The last value of each of [`FIGURES`], where there is one; none within of one that is not finite.
    pub figures: [Option<Option<f32>>; FIGURES.len()],
}

/// The kind of a directory.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A run of gantop's.
    Own(State),
    /// A run of another program: what its files are.
    Foreign(&'static str),
    /// No run, or a damaged one: why, for a person.
    Wrong(String),
}

impl Row {
    /// The row of what was found, of a directory in `parent`; `foreign` gives the metric of a foreign run.
    pub fn new(listed: &Listed, parent: &Path, foreign: impl Fn(&Foreign, Metric) -> Option<Option<f32>>) -> Row {
        let directory = one_line(&listed.dir.strip_prefix(parent).unwrap_or(&listed.dir).to_string_lossy());
        let (dir, started) = (listed.dir.clone(), listed.started);
        let empty = |kind| Row {
            dir,
            directory,
            name: None,
            objective: None,
            kind,
            started,
            steps: None,
            figures: [None; FIGURES.len()],
        };
        match &listed.found {
            Found::Run(run) => Row {
                name: Some(one_line(&run.name)),
                objective: Some(one_line(&run.objective)),
                steps: Some(run.steps),
                figures: FIGURES.map(|metric| run.metrics.get(metric.name()).copied()),
                ..empty(Kind::Own(run.state))
            },
            Found::Foreign(run) => Row {
                steps: run.steps,
                figures: FIGURES.map(|metric| foreign(run, metric)),
                ..empty(Kind::Foreign(run.foreign))
            },
            Found::Wrong { wrong } => empty(Kind::Wrong(one_line(wrong))),
        }
    }

    /// Whether a process writes it.
    pub fn goes_on(&self) -> bool {
        self.kind == Kind::Own(State::Running)
    }

    /// Whether it is a run, of whatever program.
    pub fn is_run(&self) -> bool {
        !matches!(self.kind, Kind::Wrong(_))
    }

    /// The text of a cell; empty behind the directory of what is no run.
    pub fn cell(&self, column: Column, now: SystemTime) -> String {
        let known = |text: &Option<String>| text.clone().unwrap_or("-".into());
        if !self.is_run() && column != Column::Directory {
            return String::new();
        }
        match column {
            Column::Directory => self.directory.clone(),
            Column::Name => known(&self.name),
            Column::Objective => known(&self.objective),
            Column::State => match &self.kind {
                Kind::Own(state) => state.to_string(),
                Kind::Foreign(files) => (*files).to_owned(),
                Kind::Wrong(_) => String::new(),
            },
            Column::Age => age(now.duration_since(self.started).unwrap_or_default()),
            Column::Steps => self.steps.map_or("-".to_owned(), |steps| steps.to_string()),
            Column::Figure(which) => figure(self.figures.get(which).copied().flatten()),
        }
    }

    /// The order of two rows by a column, the least first: what has no value there comes last, and what is the same
    /// there by age, the youngest first.
    pub fn compare(&self, other: &Row, column: Column, reversed: bool) -> Ordering {
        let turned = |order: Ordering| if reversed { order.reverse() } else { order };
        fn last<T>(a: Option<T>, b: Option<T>, order: impl Fn(&T, &T) -> Ordering) -> Ordering {
            match (&a, &b) {
                (Some(a), Some(b)) => order(a, b),
                _ => b.is_some().cmp(&a.is_some()),
            }
        }
        let by = match column {
            Column::Directory => turned(self.directory.cmp(&other.directory)),
            Column::Name => last(self.name.as_ref(), other.name.as_ref(), |a, b| turned(a.cmp(b))),
            Column::Objective => last(self.objective.as_ref(), other.objective.as_ref(), |a, b| turned(a.cmp(b))),
            Column::State => turned(self.place().cmp(&other.place())),
            Column::Age => turned(other.started.cmp(&self.started)),
            Column::Steps => last(self.steps, other.steps, |a, b| turned(a.cmp(b))),
            Column::Figure(which) => {
                let value = |row: &Row| row.figures.get(which).copied().flatten().flatten();
                last(value(self), value(other), |a, b| turned(a.total_cmp(b)))
            }
        };
        let youngest = || other.started.cmp(&self.started).then_with(|| other.dir.cmp(&self.dir));
        by.then_with(youngest)
    }

    /// Its place among the states: what goes on first, what is no run last.
    fn place(&self) -> u8 {
        match self.kind {
            Kind::Own(State::Running) => 0,
            Kind::Own(State::Finished) => 1,
            Kind::Own(State::Stopped) => 2,
            Kind::Own(State::Interrupted) => 3,
            Kind::Own(State::Failed) => 4,
            Kind::Foreign(_) => 5,
            Kind::Wrong(_) => 6,
        }
    }
}

/// A column of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Directory,
    Name,
    Objective,
    State,
    Age,
    Steps,
    /// One of [`FIGURES`], by its place there.
    Figure(usize),
}

impl Column {
    /// Every one, from the left.
    pub const ALL: [Column; 9] = [
        Column::Directory,
        Column::Name,
        Column::Objective,
        Column::State,
        Column::Age,
        Column::Steps,
        Column::Figure(0),
        Column::Figure(1),
        Column::Figure(2),
    ];

    /// Its heading.
    pub fn title(self) -> String {
        match self {
            Column::Directory => "directory".to_owned(),
            Column::Name => "name".to_owned(),
            Column::Objective => "objective".to_owned(),
            Column::State => "state".to_owned(),
            Column::Age => "age".to_owned(),
            Column::Steps => "steps".to_owned(),
            Column::Figure(which) => FIGURES.get(which).map_or(String::new(), |metric| metric.name().replace('_', " ")),
        }
    }

    /// Whether it holds figures, which stand to the right.
    pub fn is_figure(self) -> bool {
        matches!(self, Column::Age | Column::Steps | Column::Figure(_))
    }
}

/// A last value, if there is one; none of one that is not finite.
fn figure(value: Option<Option<f32>>) -> String {
    match value {
        Some(Some(value)) => format!("{value:.4}"),
        Some(None) => "not finite".to_owned(),
        None => "-".to_owned(),
    }
}

/// The time since, in its largest unit.
fn age(since: Duration) -> String {
    let seconds = since.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::run::list::Run;

    fn row(name: &str, age: u64, steps: u64, bound: Option<f32>) -> Row {
        let metrics = BTreeMap::from([("bound".to_owned(), bound)]);
        let (name, objective) = (name.to_owned(), "gan".to_owned());
        let run = Run { name: name.clone(), objective, state: State::Finished, steps, metrics };
        let started = SystemTime::UNIX_EPOCH + Duration::from_secs(1000 - age);
        let listed = Listed { dir: Path::new("runs").join(name), started, found: Found::Run(run) };
        Row::new(&listed, Path::new("runs"), |_, _| None)
    }

    #[test]
    fn rows_are_ordered_by_any_column_and_what_has_no_value_comes_last_either_way() {
        let wrong = Listed {
            dir: "runs/w".into(),
            started: SystemTime::UNIX_EPOCH,
            found: Found::Wrong { wrong: "no run\u{1b}".into() },
        };
        let wrong = Row::new(&wrong, Path::new("runs"), |_, _| None);
        let rows = [row("b", 30, 5, Some(0.5)), row("a", 20, 5, None), row("c", 10, 7, Some(-1.0)), wrong];
        let order = |column, reversed| {
            let mut rows: Vec<&Row> = rows.iter().collect();
            rows.sort_by(|a, b| a.compare(b, column, reversed));
            rows.iter().map(|row| row.directory.as_str()).collect::<String>()
        };
        assert_eq!((order(Column::Age, false), order(Column::Age, true)), ("cabw".into(), "wbac".into()));
        assert_eq!((order(Column::Name, false), order(Column::Name, true)), ("abcw".into(), "cbaw".into()));
        // The same number of steps: the younger first, whichever way.
        assert_eq!((order(Column::Steps, false), order(Column::Steps, true)), ("abcw".into(), "cabw".into()));
        assert_eq!((order(Column::Figure(0), false), order(Column::Figure(0), true)), ("cbaw".into(), "bcaw".into()));
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let cells = |row: &Row| Column::ALL.map(|column| row.cell(column, now));
        assert_eq!(cells(&rows[1]), ["a", "a", "gan", "finished", "20 s", "5", "not finite", "-", "-"]);
        assert_eq!(cells(&rows[3]), ["w", "", "", "", "", "", "", "", ""]);
        assert_eq!(rows[3].kind, Kind::Wrong("no run\u{fffd}".to_owned()));
    }
}
