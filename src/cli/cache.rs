//! `gantop cache`: what is kept between runs because it is costly to make, and its removal.

use anyhow::Context;
use clap::{Args, Subcommand};

use crate::domain::format;
use crate::system::cache::{self, Kept};
use crate::system::output::one_line;

/// `gantop cache`.
#[derive(Clone, Debug, Args)]
pub struct Cache {
    #[command(subcommand)]
    act: Option<Act>,
}

/// What to do with it.
#[derive(Clone, Debug, Subcommand)]
enum Act {
    /// Remove all that is kept; it is made again when it is needed
    Clear,
}

impl Cache {
    /// The list of what is kept, or what was removed.
    ///
    /// # Errors
    ///
    /// It cannot be read, or not removed.
    pub fn text(&self) -> anyhow::Result<String> {
        let folder = cache::folder().context("neither XDG_CACHE_HOME nor HOME says where the cache is")?;
        let shown = one_line(&folder.display().to_string());
        let kept = cache::kept(&folder).with_context(|| shown.clone())?;
        let all = format!("{}, {}", files(kept.len()), format::bytes(kept.iter().map(|kept| kept.bytes as f64).sum()));
        match self.act {
            _ if kept.is_empty() => Ok(format!("{shown}: nothing is kept\n")),
            None => Ok(format!("{shown}: {all}\n{}", kept.iter().map(line).collect::<String>())),
            Some(Act::Clear) => {
                cache::remove(&folder, &kept).with_context(|| shown.clone())?;
                Ok(format!("{shown}: removed {all}\n"))
            }
        }
    }
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".to_owned() } else { format!("{} files", format::count(count as u64)) }
}

fn line(kept: &Kept) -> String {
    let ending = kept.name.extension();
    let what = if ending.is_some_and(|ending| ending == cache::IMAGES) { "decoded images" } else { "of evaluations" };
    let name = kept.name.display().to_string();
    format!("{:>10}  {what:<14}  {}\n", format::bytes(kept.bytes as f64), one_line(&name))
}
