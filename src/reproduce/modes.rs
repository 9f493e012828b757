//! The modes of a mixture that a generator reaches, by PacGAN's protocol (Lin, Khetan, Fanti, Oh 2018,
//! arXiv:1712.04086, section 4.1): a ring of 8 and a grid of 25 Gaussians, 2,500 samples, each good within 3σ of its
//! nearest mode.

use super::course::Course;
use super::table::{Cell, Table};
use super::{Broken, Error, Options, Outcome, SEED, Watcher, chosen, config, pool};
use crate::config::Config;
use crate::link::Snapshot;
use crate::theory::distance::modes::{Mode, ceiling, coverage, reverse_kl};
use crate::theory::objective::{self, Objective};
use crate::train::data::Source;

pub const NAME: &str = "modes";
pub const ABOUT: &str = "which modes of a ring and a grid each objective reaches, several seeds, by PacGAN's protocol";

/// Samples that a generator is judged by.
const SAMPLES: usize = 2500;

/// The size of the runs.
#[derive(Clone, Copy, Debug)]
struct Size {
    generator: &'static str,
    critic: &'static str,
    lr: f64,
    steps: u64,
    seeds: u64,
}

/// The paper's.
const FULL: Size =
    Size { generator: "[400, 400, 400, 400]", critic: "[200, 200, 200]", lr: 1e-4, steps: 400_000, seeds: 10 };
/// One that takes minutes.
const SMALL: Size = Size { generator: "[64, 64]", critic: "[64, 64]", lr: 1e-3, steps: 5000, seeds: 3 };

/// A law with known modes, as a config has it, and what PacGAN's table says of it.
#[derive(Clone, Copy, Debug)]
struct Law {
    name: &'static str,
    preset: &'static str,
    data: [&'static str; 2],
    published: &'static str,
}

const LAWS: [Law; 2] = [
    Law {
        name: "Ring of 8",
        preset: "ring",
        data: ["data.radius=1.0", "data.std=0.01"],
        published: "GAN reaches 6.3 ± 0.5 of 8 modes, 98.2 % good",
    },
    Law {
        name: "Grid of 25",
        preset: "grid",
        data: ["data.spacing=2.0", "data.std=0.05"],
        published: "GAN reaches 17.3 ± 0.8 of 25 modes, 94.8 % good; PacGAN4 24.8 ± 0.2, 93.6 %",
    },
];

/// The quality of samples.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Score {
    covered: f64,
    good: f64,
    /// Nothing without a good sample.
    reverse_kl: Option<f64>,
}

impl Score {
    fn of(samples: &[f32], modes: &[Mode]) -> Score {
        let found = coverage(samples, 2, modes);
        Score { covered: found.covered as f64, good: found.good_share, reverse_kl: reverse_kl(&found.counts, modes) }
    }
}

/// One run: the scores of its samples and of as many true ones; or why it broke.
type Scores = Result<[Score; 2], String>;

/// Runs the experiment.
///
/// # Errors
/// A row that there is not; a run that cannot start or was told to stop.
pub fn run(options: &Options, watcher: &dyn Watcher) -> Result<Outcome, Error> {
    let rows = objective::names();
    // js has the gradients of gan, so it would be the same run.
    let usual = |name: &&'static str| !options.objectives.is_empty() || *name != "js";
    let rows: Vec<_> = chosen(NAME, options, &rows, |name| name)?.into_iter().filter(usual).collect();
    let size = if options.full { FULL } else { SMALL };
    let size = Size { steps: options.steps.unwrap_or(size.steps), seeds: options.seeds.unwrap_or(size.seeds), ..size };
    let first = options.seed.unwrap_or(SEED);
    let jobs: Vec<(Law, &str, u64)> = LAWS
        .iter()
        .flat_map(|law| rows.iter().flat_map(move |row| (0..size.seeds).map(move |i| (*law, *row, first + i))))
        .collect();
    watcher.expect(size.steps * jobs.len() as u64);
    let scores = pool::all(options.jobs, &jobs, |(law, objective, seed)| {
        score(&settings(law, objective, *seed, &size)?, size.steps, watcher)
    })?;
    let per_law = scores.chunks(scores.len() / LAWS.len());
    let tables = LAWS.iter().zip(per_law).map(|(law, scores)| table(law, &rows, scores, first, &size, options.full));
    Ok(Outcome { tables: tables.collect(), missed: Vec::new() })
}

/// The config of one run.
fn settings(law: &Law, kind: &str, seed: u64, size: &Size) -> Result<Config, Broken> {
    let Size { generator, critic, lr, .. } = size;
    let lipschitz = objective::find(kind).is_some_and(|row: &dyn Objective| row.about().lipschitz);
    let (updates, constraint) = if lipschitz { (5, "{kind='clip', clip=0.1}") } else { (1, "{kind='none'}") };
    let optimizer = match lipschitz {
        true => format!("{{kind='rmsprop', lr={}}}", lr / 2.0),
        false => format!("{{kind='adam', lr={lr}, beta1=0.8, beta2=0.999}}"),
    };
    let sets = [
        format!("seed={seed}"),
        "threads=1".into(),
        "device='cpu'".into(),
        "batch_size=100".into(),
        format!("objective.kind='{kind}'"),
        format!("generator={{kind='mlp', latent=2, hidden={generator}, norm='batch'}}"),
        format!("critic={{hidden={critic}, activation='maxout', pieces=5, steps={updates}}}"),
        format!("constraint={constraint}"),
        format!("optimizer={{generator={optimizer}, critic={optimizer}}}"),
    ];
    config(law.preset, &[&sets[..], &law.data.map(str::to_owned)].concat())
}

/// Trains, and judges the samples at the end.
fn score(config: &Config, steps: u64, watcher: &dyn Watcher) -> Result<Scores, Broken> {
    let modes = Source::open(&config.data).map_err(|error| Broken::Failed(error.to_string()))?.modes();
    let mut course = Course::start(config.clone(), watcher)?;
    match course.advance(steps, |_| {}) {
        Err(Broken::Failed(why)) => return Ok(Err(why)),
        done => done?,
    }
    let Snapshot { real, fake, .. } = course.snapshot(SAMPLES)?;
    Ok(Ok([Score::of(&fake, &modes), Score::of(&real, &modes)]))
}

/// The mean and its standard error; no error of fewer than two.
fn mean(values: impl Iterator<Item = f64> + Clone) -> (Option<f64>, Option<f64>) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    ((n > 0.0).then_some(mean), (n > 1.0).then(|| (variance / n).sqrt()))
}

/// A row of the table: how many modes, how many good samples, how evenly, each with its standard error.
fn cells(name: &str, scores: &[Score]) -> Vec<Cell> {
    let (covered, good) = (mean(scores.iter().map(|s| s.covered)), mean(scores.iter().map(|s| 100.0 * s.good)));
    let even = mean(scores.iter().filter_map(|s| s.reverse_kl));
    let decimals = [(covered, 1), (good, 1), (even, 3)];
    let figures = decimals
        .into_iter()
        .flat_map(|((mean, error), decimals)| [Cell::number(mean, decimals), Cell::number(error, decimals)]);
    std::iter::once(Cell::text(name)).chain(figures).chain([Cell::Number(scores.len() as f64, 0)]).collect()
}

fn table(law: &Law, rows: &[&str], scores: &[Scores], first: u64, size: &Size, full: bool) -> Table {
    let sound = |scores: &[Scores], which: usize| -> Vec<Score> {
        scores.iter().filter_map(|scores| scores.as_ref().ok().map(|pair| pair[which])).collect()
    };
    let of_row = scores.chunks(size.seeds as usize);
    let mut cells_of: Vec<_> = rows.iter().zip(of_row).map(|(row, scores)| cells(row, &sound(scores, 0))).collect();
    cells_of.push(cells("true samples", &sound(scores, 1)));
    let Size { generator, critic, lr, steps, seeds } = size;
    let caption = format!(
        "{seeds} seeds from {first} on, {steps} steps each. Generator {generator} ReLU with batch normalisation, critic \
         {critic} maxout-5, z in 2-D, batch 100, Adam {lr} with β1 0.8; wgan: clip range 0.1, 5 critic updates \
         a step, RMSProp at half that rate. \
         {SAMPLES} samples of each run, as one batch; ± is the standard error over the seeds. A true sample is good with \
         probability {:.1} %.",
        100.0 * ceiling(2)
    );
    let size = match (full, *steps == FULL.steps) {
        (true, true) => "Networks, optimiser, batch and steps are PacGAN's here; initial weights are PyTorch's.".into(),
        (true, false) => {
            format!("Here the networks and the optimiser are the paper's, and {steps} steps of its 400000.")
        }
        _ => format!(
            "PacGAN's generator has four hidden layers of 400, its critic three of 200, its Adam 0.0001, and it trains \
             400000 steps (`--full`): the rows above are smaller networks at another rate for {steps} steps, so the two are not \
             to be compared number by number."
        ),
    };
    let mut notes = vec![format!("Published (PacGAN's table, 10 runs): {}. {size}", law.published)];
    for (row, scores) in rows.iter().zip(scores.chunks(*seeds as usize)) {
        for why in scores.iter().filter_map(|scores| scores.as_ref().err()) {
            notes.push(format!("A run of {row} broke and is not counted: {why}"));
        }
    }
    let head = ["objective", "modes", "±", "good %", "± ", "reverse KL", "±  ", "runs"];
    Table { title: law.name.to_owned(), caption, head: head.map(str::to_owned).into(), rows: cells_of, notes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_error_is_that_of_the_mean() {
        assert_eq!(mean([2.0, 4.0, 6.0].into_iter()), (Some(4.0), Some((4.0f64 / 3.0).sqrt())));
        assert_eq!(mean([5.0].into_iter()), (Some(5.0), None));
        assert_eq!(mean([].into_iter()), (None, None));
    }

    #[test]
    fn the_full_size_is_pacgans() {
        let config = settings(&LAWS[1], "gan", 4, &FULL).unwrap();
        let toml = config.to_toml().unwrap();
        for line in [
            "seed = 4",
            "batch_size = 100",
            "hidden = [400, 400, 400, 400]",
            "norm = \"batch\"",
            "hidden = [200, 200, 200]",
            "activation = \"maxout\"",
            "pieces = 5",
            "lr = 0.0001",
            "beta1 = 0.8",
            "spacing = 2.0",
            "std = 0.05",
        ] {
            assert!(toml.contains(line), "{line} is not in\n{toml}");
        }
    }
}
