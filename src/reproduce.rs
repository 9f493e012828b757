//! Published experiments, run again from their exact settings: `gantop reproduce`.
//!
//! Each experiment trains through the trainer's public channels, by commands at steps that are known before, and takes
//! its averages from the exact record of every step. So a table is a function of the options and the seed alone.
//!
//! It uses `domain`, `theory`, `config`, `link` and `train`. Start reading at `course`.

mod course;
mod disjoint;
pub mod fgan;
pub mod minimise;
mod modes;
mod pool;
pub mod table;

pub use table::Table;

/// The seed of an experiment where none is given.
pub const SEED: u64 = 1;

/// The options of an experiment besides its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// The run seed, or the first of several.
    pub seed: Option<u64>,
    /// Steps of every run, instead of the experiment's own.
    pub steps: Option<u64>,
    /// Seeds of every row, where an experiment has several.
    pub seeds: Option<u64>,
    /// The rows to run, instead of all.
    pub objectives: Vec<String>,
    /// The paper's own size, where the default is a smaller one.
    pub full: bool,
    /// Runs at a time; 0 is as many as there are processors.
    pub jobs: usize,
}

/// The watcher of an experiment.
pub trait Watcher: Sync {
    /// Announces the number of steps in all.
    fn expect(&self, steps: u64);
    /// Counts the steps done since the last call.
    fn stepped(&self, steps: u64);
    /// Whether the experiment is to stop.
    fn stopped(&self) -> bool;
}

/// Nobody.
impl Watcher for () {
    fn expect(&self, _: u64) {}
    fn stepped(&self, _: u64) {}
    fn stopped(&self) -> bool {
        false
    }
}

/// The outcome of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub tables: Vec<Table>,
    /// The claims that it did not show, a line each.
    pub missed: Vec<String>,
}

/// Why an experiment has no result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Broken {
    /// It was told to stop.
    #[error("stopped before the end; there is no table")]
    Stopped,
    /// A run of it failed.
    #[error("{0}")]
    Failed(String),
}

impl Broken {
    fn gone() -> Broken {
        Broken::Failed("the trainer ended without saying why; this is a defect of gantop".into())
    }

    /// The same of the run called so.
    fn of(self, run: &str) -> Broken {
        match self {
            Broken::Failed(why) => Broken::Failed(format!("{run}: {why}")),
            Broken::Stopped => Broken::Stopped,
        }
    }
}

/// Why an experiment was not begun.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("there is no experiment `{name}`{suggestion}\n  = allowed: {allowed}")]
    Unknown { name: String, suggestion: String, allowed: String },
    #[error("`{experiment}` has no row `{name}`{suggestion}\n  = allowed: {allowed}")]
    Row { experiment: &'static str, name: String, suggestion: String, allowed: String },
    #[error("`{experiment}` takes no {option}: {why}")]
    Unfit { experiment: &'static str, option: &'static str, why: &'static str },
    #[error("`{experiment}` needs {least} steps or more with --steps, to average over the last of them")]
    Short { experiment: &'static str, least: u64 },
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl Error {
    /// Whether nothing was begun, for what was asked for makes no sense.
    pub fn is_bad_input(&self) -> bool {
        !matches!(self, Error::Broken(_))
    }
}

/// An experiment.
pub struct Experiment {
    pub name: &'static str,
    /// The claim of it, in a line.
    pub about: &'static str,
    run: fn(&Options, &dyn Watcher) -> Result<Outcome, Error>,
}

/// Every experiment, in the order in which they are listed.
pub static ALL: [Experiment; 3] = [
    Experiment { name: fgan::NAME, about: fgan::ABOUT, run: fgan::run },
    Experiment { name: disjoint::NAME, about: disjoint::ABOUT, run: disjoint::run },
    Experiment { name: modes::NAME, about: modes::ABOUT, run: modes::run },
];

/// Runs the experiment called `name`.
///
/// # Errors
/// There is none; an option that it does not take; a run that failed, or was told to stop.
pub fn run(name: &str, options: &Options, watcher: &dyn Watcher) -> Result<Outcome, Error> {
    let Some(experiment) = ALL.iter().find(|experiment| experiment.name == name) else {
        let names: Vec<&str> = ALL.iter().map(|experiment| experiment.name).collect();
        let (suggestion, allowed) = allowed(name, &names);
        return Err(Error::Unknown { name: name.to_owned(), suggestion, allowed });
    };
    (experiment.run)(options, watcher)
}

/// The names near `name`, and all that there are.
fn allowed(name: &str, names: &[&str]) -> (String, String) {
    let near = crate::config::nearest(name, names);
    (near.map_or(String::new(), |near| format!("\n  = did you mean `{near}`?")), names.join(", "))
}

/// The rows, in their order, that the options ask for.
fn chosen<T: Copy>(
    experiment: &'static str,
    options: &Options,
    rows: &[T],
    name: impl Fn(&T) -> &'static str,
) -> Result<Vec<T>, Error> {
    let names: Vec<&str> = rows.iter().map(&name).collect();
    if let Some(unknown) = options.objectives.iter().find(|wanted| !names.contains(&wanted.as_str())) {
        let (suggestion, allowed) = allowed(unknown, &names);
        return Err(Error::Row { experiment, name: unknown.clone(), suggestion, allowed });
    }
    let wanted = |row: &T| options.objectives.is_empty() || options.objectives.iter().any(|wanted| wanted == name(row));
    Ok(rows.iter().copied().filter(wanted).collect())
}

/// The config of a preset with these settings on top.
fn config(preset: &str, sets: &[String]) -> Result<crate::config::Config, Broken> {
    crate::config::load(Some(preset), sets).map_err(|error| Broken::Failed(error.to_string()))
}

/// The mean of numbers as they come.
#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    count: u64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    /// NaN of nothing.
    fn value(&self) -> f64 {
        self.sum / self.count as f64
    }
}
