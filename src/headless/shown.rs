//! Output that cannot be written: a terminal or a reader that has gone, a full disk behind standard output.

use std::io::{self, Write};

use super::{Exit, View, Watch};
use crate::link::Alert;
use crate::system::output;
use crate::{run, terminal};

impl Watch<'_> {
    /// Shows something, as long as anybody can see it.
    pub(super) fn show(&mut self, show: impl FnOnce(&mut dyn View) -> io::Result<()>) {
        if self.watched
            && let Err(error) = show(self.view)
        {
            self.not_shown(&error);
        }
    }

    /// A terminal that has gone is a hang-up; when nobody reads any more the run stops quietly; of anything else the
    /// person is told, once, and the run goes on: what it is for is in its directory.
    fn not_shown(&mut self, error: &io::Error) {
        let is_gone = error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error());
        if is_gone && (self.view.needs_terminal() || terminal::has_hung_up()) {
            return self.hung_up();
        }
        self.watched = false;
        if error.kind() == io::ErrorKind::BrokenPipe {
            return self.stop(Exit::Unread, None);
        }
        let text = format!("standard output cannot be written: {error}; the run goes on, and shows no more there");
        let _ = writeln!(output::err(), "gantop: {text}");
        if let Some(log) = &self.manner.log {
            let _ = run::log::note(log, &text);
        }
        // Through the trainer into the journal, and to whoever is attached.
        let step = self.latest.as_ref().map_or(0, |(record, _)| record.step);
        self.found.get_or_insert_with(|| Alert::new(step, text));
    }
}
