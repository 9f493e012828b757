//! `gantop data`: what there is to train on, before anybody trains on it.

mod guess;
mod show;

use std::fmt::Write as _;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{self, Data, OnBad};
use crate::domain::{SampleShape, format, picture};
use crate::headless::ReadingBar;
use crate::system::files;
use crate::system::output::one_line;
use crate::train::data::{self, Overview};

/// The number of images that are shown.
const SHOWN: usize = 64;
/// The most classes, sizes and bad files that are told.
const MOST_TOLD: usize = 20;
/// The size that images are shown at where they are of several and none is set.
const SIZE: usize = 64;

/// `gantop data`.
#[derive(Clone, Debug, Args)]
pub struct Look {
    /// A config or a preset, or a file or folder of images
    pub what: String,
    /// Set a key of the config, as in `--set data.size=64`; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Write a sheet of samples as PNG
    #[arg(long, value_name = "FILE")]
    pub sheet: Option<PathBuf>,
    /// Overwrite a file that is there
    #[arg(long, requires = "sheet")]
    pub force: bool,
}

/// Why there is nothing to tell.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "this config makes its own samples, so there are no images to look at; name a file, a folder or a config of images"
    )]
    NoImages,
    #[error(transparent)]
    Data(#[from] data::Error),
    #[error("{}: {why}", path.display())]
    Sheet { path: PathBuf, why: String },
    #[error("{}: cannot be written: {why}", path.display())]
    Write { path: PathBuf, why: io::Error },
}

impl Error {
    /// Whether other arguments would have done.
    pub fn is_bad_input(&self) -> bool {
        !matches!(self, Error::Write { .. })
    }
}

impl Look {
    /// Looks through the images, writes and shows a sheet of them where that is asked for, and says what there is.
    ///
    /// # Errors
    ///
    /// There are no images, or they cannot be used; the sheet cannot be written.
    pub fn run(&self) -> anyhow::Result<String> {
        if let Some(path) = self.sheet.as_ref().filter(|path| path.exists() && !self.force) {
            return Err(Error::Sheet { path: path.clone(), why: "exists; --force writes over it".to_owned() }.into());
        }
        let mut data = self.load()?;
        // Files that cannot be used are told, all of them.
        let on_bad = passed_over(&mut data);
        let (overview, sized) = look(&mut data)?;
        if let Some(path) = &self.sheet {
            write_sheet(path, &overview)?;
        }
        show::show(overview.shape, &overview.samples);
        let mut text = told(&overview, data.images().map_or(Path::new(""), |images| &images.path));
        if sized {
            let _ =
                writeln!(text, "set data.size to train on them; here all are cropped and scaled to {SIZE} × {SIZE}");
        }
        if overview.survey.bad_count > 0 && on_bad == Some(OnBad::Error) {
            text += "training stops at the bad files, unless data.on_bad = \"skip\" passes over them\n";
        }
        if let Some(path) = &self.sheet {
            let _ = writeln!(text, "sheet      {}", path.display());
        }
        Ok(text)
    }

    /// Where the images are: as the config says, or at the path.
    fn load(&self) -> anyhow::Result<Data> {
        let path = Path::new(&self.what);
        let Some(kind) = guess::kind(path) else {
            return Ok(config::load_over(config::own_file().as_deref(), Some(&self.what), &self.set)?.data);
        };
        // A TOML string, so that any name may be that of a folder.
        let own = [format!("data.kind={kind}"), format!("data.path={}", toml::Value::String(self.what.clone()))];
        let set: Vec<String> = own.into_iter().chain(self.set.iter().cloned()).collect();
        Ok(config::load_over(config::own_file().as_deref(), None, &set)?.data)
    }
}

/// Has files that cannot be used passed over; gives what was to be done about them.
fn passed_over(data: &mut Data) -> Option<OnBad> {
    match data {
        Data::Folder { on_bad, .. } | Data::Zip { on_bad, .. } => Some(std::mem::replace(on_bad, OnBad::Skip)),
        _ => None,
    }
}

/// The overview, and whether the images had to be given a size for it.
fn look(data: &mut Data) -> Result<(Overview, bool), Error> {
    let bar = ReadingBar::new();
    let mut watch = |data::Progress { done, total }: data::Progress| {
        bar.tell(done, total);
        // A signal ends the process by itself.
        ControlFlow::Continue(())
    };
    match data::overview(data, SHOWN, &mut watch) {
        Err(error) if error.wants_size() => {
            if let Data::Folder { fit, .. } | Data::Zip { fit, .. } = data {
                fit.size = SIZE;
            }
            Ok((data::overview(data, SHOWN, &mut watch)?.ok_or(Error::NoImages)?, true))
        }
        overview => Ok((overview?.ok_or(Error::NoImages)?, false)),
    }
}

fn write_sheet(path: &Path, overview: &Overview) -> Result<(), Error> {
    let (low, high) = overview.shape.pixel_range().unwrap_or_default().ends();
    let fail = |why| Error::Write { path: path.to_owned(), why };
    let sheet = picture::sheet(overview.shape, &overview.samples, low, high).ok_or(Error::NoImages)?;
    let bytes = sheet.png().map_err(|why| fail(io::Error::other(why)))?;
    files::replace(path, &bytes).map_err(fail)
}

/// The overview in words.
fn told(overview: &Overview, path: &Path) -> String {
    let Overview { shape, count, survey, measured, .. } = overview;
    let mut text = String::new();
    let mut line = |label: &str, what: String| {
        let _ = writeln!(text, "{label:10} {what}");
    };
    let SampleShape::Image { width, height, channels, .. } = *shape else { return text };
    line("images", format!("{} in {}", format::count(*count as u64), one_line(&path.display().to_string())));
    line("sample", format!("{width} × {height}, {channels} {}", if channels == 1 { "channel" } else { "channels" }));
    if overview.is_streamed {
        line("memory", "more than data.memory allows: read as they are needed".to_owned());
    }
    let numbers = |numbers: &[f64]| numbers.iter().map(|n| format!("{n:.3}")).collect::<Vec<_>>().join(" ");
    let of = if measured < count { format!(" (of {} images)", format::count(*measured as u64)) } else { String::new() };
    line(
        "mean",
        format!("{}  deviation {}, black 0 and white 1{of}", numbers(&overview.mean), numbers(&overview.deviation)),
    );
    let classes: Vec<String> = overview.classes.iter().map(|(name, n)| format!("{} {n}", one_line(name))).collect();
    match classes.len() {
        0 => line("labels", survey.unlabelled.map_or("none".to_owned(), |why| format!("none: {why}"))),
        n => line("labels", format!("{n} classes: {}", first(&classes))),
    }
    if survey.sizes.len() > 1 {
        let sizes: Vec<String> = survey.sizes.iter().map(|((w, h), n)| format!("{w} × {h} {n}")).collect();
        line("sizes", first(&sizes));
    }
    for (note, n) in &survey.notes {
        line("of them", format!("{n} {}", note.words()));
    }
    survey.remarks.iter().for_each(|remark| line("note", remark.clone()));
    for (label, n, names) in [("others", survey.others, &survey.other_names[..]), ("hidden", survey.hidden, &[])] {
        let more = if names.len() < n && !names.is_empty() { ", …" } else { "" };
        let names = names.iter().map(|name| one_line(name)).collect::<Vec<_>>().join(", ");
        if n > 0 {
            line(label, format!("{n} left alone  {names}{more}").trim_end().to_owned());
        }
    }
    if survey.circles > 0 {
        line("links", format!("{} to folders that had been read already", survey.circles));
    }
    if survey.bad_count > 0 {
        line("bad", format!("{} cannot be used:", survey.bad_count));
        survey.bad.iter().take(MOST_TOLD).for_each(|bad| line("", bad.to_string()));
        if survey.bad_count > MOST_TOLD {
            line("", format!("and {} more", survey.bad_count - MOST_TOLD));
        }
    }
    text
}

/// The first of these, and how many more there are.
fn first(of: &[String]) -> String {
    let more = of.len().saturating_sub(MOST_TOLD);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{}{more}", of[..of.len().min(MOST_TOLD)].join(", "))
}
