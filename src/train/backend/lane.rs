//! A thread beside the trainer's for passes that do not depend on each other.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::train::threads;

type Work = Box<dyn FnOnce() + Send>;

/// The thread, which ends with this.
pub struct Lane {
    work: Sender<Work>,
}

/// Work that is being done there.
struct Started<T>(Receiver<Result<T, Box<dyn Any + Send>>>);

impl Lane {
    /// A thread in which libtorch uses no others; none where the system gives none.
    pub fn new() -> Option<Lane> {
        let (work, waiting) = bounded::<Work>(1);
        let run = move || {
            threads::set(1);
            waiting.iter().for_each(|work| work());
        };
        thread::Builder::new().name("lane".into()).spawn(run).ok()?;
        Some(Lane { work })
    }

    /// Starts `work` there.
    fn start<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Started<T> {
        let (done, result) = bounded(1);
        let work = move || drop(done.send(catch_unwind(AssertUnwindSafe(work))));
        // Were the thread gone, the result would be missing.
        let _ = self.work.send(Box::new(work));
        Started(result)
    }
}

/// The results of both: `there` is done in the lane, if there is one, while `here` is; else after it.
pub fn both<A: Send + 'static, B>(
    lane: Option<&Lane>,
    there: impl FnOnce() -> A + Send + 'static,
    here: impl FnOnce() -> B,
) -> (A, B) {
    match lane {
        Some(lane) => {
            let started = lane.start(there);
            let here = here();
            (started.wait(), here)
        }
        None => {
            let here = here();
            (there(), here)
        }
    }
}

impl<T> Started<T> {
    /// Waits for the result; panics as the work did.
    fn wait(self) -> T {
        match self.0.recv() {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(gone) => resume_unwind(Box::new(format!("a pass beside the trainer's was lost: {gone}"))),
        }
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lane")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_done_beside_and_its_panic_comes_back() {
        let lane = Lane::new().unwrap();
        let here = thread::current().id();
        assert_ne!(lane.start(|| thread::current().id()).wait(), here);
        let panic = catch_unwind(AssertUnwindSafe(|| lane.start(|| -> u8 { panic!("broken") }).wait()));
        assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"broken"));
        assert_eq!(both(Some(&lane), || 7, || 8), (7, 8));
        assert_eq!(both(None, || 7, || 8), (7, 8));
    }
}
