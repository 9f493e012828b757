//! The panic hook: a panic of the thread that holds the terminal restores it first; any other thread's panic leaves
//! the screen alone, goes to the log, and is kept for whoever joins that thread.

use std::backtrace::Backtrace;
use std::collections::VecDeque;
use std::panic::PanicHookInfo;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::ThreadId;

use super::state::state;

/// The most panics that are kept; a thread that is caught and panics again must not fill the memory.
const KEPT: usize = 16;

/// The panics of threads that do not hold the terminal: a part of the terminal's state.
pub(super) struct Panics {
    reports: Mutex<VecDeque<(ThreadId, String)>>,
    hooked: Once,
}

impl Default for Panics {
    fn default() -> Panics {
        Panics { reports: Mutex::default(), hooked: Once::new() }
    }
}

impl Panics {
    /// Puts the hook in front of the present one, once.
    pub(super) fn install(&'static self) {
        self.hooked.call_once(|| {
            let previous = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                if state().screen.is_mine() {
                    state().screen.leave();
                } else {
                    self.keep(info);
                }
                // Prints to file descriptor 2: the terminal in the first case, the log in the second.
                previous(info);
            }));
        });
    }

    fn keep(&self, info: &PanicHookInfo<'_>) {
        let mut reports = self.reports();
        reports.push_back((std::thread::current().id(), report(info)));
        if reports.len() > KEPT {
            reports.pop_front();
        }
    }

    fn reports(&self) -> MutexGuard<'_, VecDeque<(ThreadId, String)>> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last panic of a thread: its message, place and backtrace; once. Only panics since the terminal was first
/// entered are known, and not those of the thread that holds it.
pub fn panic_report(thread: ThreadId) -> Option<String> {
    let mut reports = state().panics.reports();
    let last = reports.iter().rposition(|(id, _)| *id == thread)?;
    reports.remove(last).map(|(_, report)| report)
}

fn report(info: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("unnamed");
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let message = text.unwrap_or("no message");
    let place = info.location().map(|location| format!(" at {location}")).unwrap_or_default();
    format!("thread '{name}' panicked{place}: {message}\n{}", Backtrace::force_capture())
}

#[cfg(test)]
mod tests {
    use super::*;

    // One test: its parts would push each other's reports out.
    #[test]
    fn the_last_panics_are_kept_each_told_once() {
        state().panics.install();
        let panic_as = |message: String| {
            let thread = std::thread::Builder::new().name("worker".into()).spawn(move || panic!("{message}")).unwrap();
            let id = thread.thread().id();
            assert!(thread.join().is_err());
            id
        };
        let id = panic_as("three is not four".into());
        let report = panic_report(id).unwrap();
        assert!(report.starts_with("thread 'worker' panicked at src/terminal/panics.rs:"), "{report}");
        assert!(report.contains("three is not four"), "{report}");
        assert_eq!(panic_report(id), None);

        let ids: Vec<_> = (0..=KEPT).map(|i| panic_as(format!("number {i}"))).collect();
        assert_eq!(panic_report(ids[0]), None);
        assert!(panic_report(ids[KEPT]).unwrap().contains(&format!("number {KEPT}")));
    }
}
