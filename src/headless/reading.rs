//! A progress bar while data are read, before a run begins.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Draws on standard error, where that is a terminal, and leaves nothing there.
#[derive(Debug)]
pub struct ReadingBar(ProgressBar);

impl ReadingBar {
    /// A bar of which nothing is drawn yet.
    pub fn new() -> ReadingBar {
        ReadingBar(ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()))
    }

    /// Shows that so many files of all have been read; of 0 in all, that so many have been found.
    pub fn tell(&self, done: usize, total: usize) {
        let template =
            if total == 0 { "looking for images: {pos}" } else { "{wide_bar} {pos}/{len} images read  {eta} left" };
        if self.0.length() != Some(total as u64) || self.0.position() == 0 {
            if let Ok(style) = ProgressStyle::with_template(template) {
                self.0.set_style(style.progress_chars("=> "));
            }
            self.0.set_length(total as u64);
        }
        self.0.set_position(done as u64);
    }
}

impl Default for ReadingBar {
    fn default() -> ReadingBar {
        ReadingBar::new()
    }
}

impl Drop for ReadingBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
