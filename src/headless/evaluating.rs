//! A progress bar while samples are evaluated, outside a run.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Draws on standard error, where that is a terminal, and leaves nothing there.
#[derive(Debug)]
pub struct EvaluatingBar(ProgressBar);

impl EvaluatingBar {
    /// A bar of which nothing is drawn yet.
    pub fn new() -> EvaluatingBar {
        let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {percent} %") {
            bar.set_style(style.progress_chars("=> "));
        }
        EvaluatingBar(bar)
    }

    /// Shows that this share, from 0 to 1, of what it is at is done.
    pub fn tell(&self, what: &'static str, done: f64) {
        if self.0.message() != what {
            self.0.set_message(what);
        }
        self.0.set_position((1000.0 * done) as u64);
    }
}

impl Default for EvaluatingBar {
    fn default() -> EvaluatingBar {
        EvaluatingBar::new()
    }
}

impl Drop for EvaluatingBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
