//! The requests of a person to a session, as the command line takes them.

mod attach;
mod typed;
mod view;
pub mod words;

use std::path::PathBuf;

use clap::Args;

pub use self::attach::{Attach, Ctl, Verb};
pub use self::typed::Typed;
pub use self::view::View;
use crate::config::limits::MAX_WHOLE;
use crate::config::{self, Config, DeviceChoice, Glyphs, Images, Theme};
use crate::headless::LogEvery;
use crate::run;

/// A config, by name, with what goes on top of it.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigArgs {
    /// A config file or a preset; a name with a slash or `.toml` is always a file [default: ring]
    #[arg(add = words::configs())]
    pub config: Option<String>,
    /// Set a key of the config, as in `--set data.radius=3`; can be repeated
    #[arg(long, value_name = "KEY=VALUE", add = words::assignments())]
    pub set: Vec<String>,
    /// Steps to train; 0: until stopped
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=MAX_WHOLE))]
    pub steps: Option<u64>,
    /// The run seed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=MAX_WHOLE))]
    pub seed: Option<u64>,
    /// Where to train: auto, cpu, cuda or cuda:N
    #[arg(long)]
    pub device: Option<DeviceChoice>,
}

/// `gantop train`.
#[derive(Clone, Debug, Args)]
pub struct Train {
    #[command(flatten)]
    pub config: ConfigArgs,
    /// No dashboard: a progress bar on a terminal, else a JSON object a line
    #[arg(long)]
    pub headless: bool,
    /// How often a line of steps is written where standard output is not a terminal: a time (30s) or steps (1000) [default:
    /// four times a second at first, once in ten seconds after ten minutes]
    #[arg(long, value_name = "TIME|STEPS", conflicts_with = "detach")]
    pub log_every: Option<LogEvery>,
    /// Wait before the first step until somebody resumes the run: here, or with gantop attach or gantop ctl
    #[arg(long)]
    pub paused: bool,
    /// Start the run without a terminal, print its directory and return; gantop attach opens its dashboard
    #[arg(long, conflicts_with_all = ["headless", "no_record"])]
    pub detach: bool,
    /// The process that --detach starts
    #[arg(long, hide = true)]
    pub detached: bool,
    /// Resume a run from its newest checkpoint, or start from a checkpoint's file. RUN is a directory, or the beginning
    /// of a name in `runs`; without it, the newest run. --steps counts from the run's first step
    #[arg(long, value_name = "RUN", num_args = 0..=1, default_missing_value = run::folder::NEWEST, add = words::runs())]
    pub resume: Option<PathBuf>,
    /// Record the run in this directory [default: a new one in `record.dir`]
    #[arg(long, value_name = "DIR")]
    pub run_dir: Option<PathBuf>,
    /// Record nothing
    #[arg(long, conflicts_with = "run_dir")]
    pub no_record: bool,
    #[command(flatten)]
    pub display: DisplayArgs,
}

/// The look of the dashboard.
#[derive(Clone, Debug, Args)]
pub struct DisplayArgs {
    /// What charts are drawn with [default: `ui.glyphs`]
    #[arg(long, value_enum)]
    pub glyphs: Option<Glyphs>,
    /// The colours that the terminal has [default: `ui.theme`]
    #[arg(long, value_enum)]
    pub theme: Option<Theme>,
    /// What images are drawn with [default: `ui.images`]
    #[arg(long, value_enum)]
    pub images: Option<Images>,
    /// Frames a second at most, from 0.5 to 60
    #[arg(long, value_name = "N", default_value_t = 8.0, value_parser = fps)]
    pub fps: f32,
}

impl ConfigArgs {
    /// The config asked for.
    ///
    /// # Errors
    ///
    /// Everything in it that is wrong.
    pub fn load(&self) -> Result<Config, config::Error> {
        let mut config = config::load_over(config::own_file().as_deref(), self.config.as_deref(), &self.set)?;
        config.steps = self.steps.unwrap_or(config.steps);
        config.seed = self.seed.unwrap_or(config.seed);
        config.device = self.device.unwrap_or(config.device);
        Ok(config)
    }
}

fn fps(text: &str) -> Result<f32, &'static str> {
    match text.parse::<f32>() {
        Ok(fps) if (0.5..=60.0).contains(&fps) => Ok(fps),
        _ => Err("must be a number from 0.5 to 60"),
    }
}
