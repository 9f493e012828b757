//! A run that broke: what is said of it, and what of it is left.

use crate::link::Command;
use crate::ui::Ending;
use crate::ui::state::app::{App, Popup};

/// Shows why the run broke, with what of it is left, until it has been read.
pub fn show(app: &mut App, why: &str) {
    app.popup = Some(Popup::Notice { title: TITLE.into(), text: text(app, why), scroll: 0 });
}

/// A checkpoint came to disk, which it may have done after the run broke.
pub fn saved(app: &mut App) {
    if let Some(Ending::Failed(why)) = app.ending.clone() {
        let now = text(app, &why);
        if let Some(Popup::Notice { title, text, .. }) = &mut app.popup
            && title == TITLE
        {
            *text = now;
        }
    }
}

/// Why a run that broke cannot be commanded any more.
pub fn refuses(app: &App, command: &Command) -> String {
    match command {
        Command::Save => format!("the trainer is gone, and with it what came later: {}", left(app)),
        _ => "the run has failed: nothing can be changed".to_owned(),
    }
}

const TITLE: &str = "the run failed";

fn text(app: &App, why: &str) -> String {
    if !app.keeps && app.last_saved.is_none() {
        return why.to_owned();
    }
    let left = left(app);
    let mut letters = left.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{why}\n\n{first}{}.", letters.as_str())
}

/// The files of the run that are left on disk.
fn left(app: &App) -> String {
    match &app.last_saved {
        Some((step, file)) => format!("the last checkpoint is {}, of step {step}", file.display()),
        None => "no checkpoint was made".to_owned(),
    }
}
