//! A progress bar while data are read, before a run begins.

use std::cell::Cell;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Draws on standard error, where that is a terminal, and leaves nothing there.
#[derive(Debug)]
pub struct ReadingBar {
    bar: ProgressBar,
    /// The number in all when it was last told.
    total: Cell<Option<usize>>,
}

impl ReadingBar {
    /// A bar of which nothing is drawn yet.
    pub fn new() -> ReadingBar {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        ReadingBar { bar, total: Cell::new(None) }
    }

    /// Shows that so many files of all have been read; of 0 in all, that so many have been found.
    pub fn tell(&self, done: usize, total: usize) {
        if self.total.replace(Some(total)) != Some(total) {
            let template =
                if total == 0 { "looking for images: {pos}" } else { "{wide_bar} {pos}/{len} images read  {eta} left" };
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.bar.set_style(style.progress_chars("=> "));
            }
            self.bar.set_length(total as u64);
        }
        self.bar.set_position(done as u64);
    }
}

impl Default for ReadingBar {
    fn default() -> ReadingBar {
        ReadingBar::new()
    }
}

impl Drop for ReadingBar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
