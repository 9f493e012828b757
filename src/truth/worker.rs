//! The analyst's thread: the newest snapshot in, its analysis out, and rests in between.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};

use super::{Analysis, analyse};
use crate::link::{self, RunInfo, Snapshot};
use crate::system::machine;

/// The longest rest between two analyses, however dear they are.
const LONGEST_REST: Duration = Duration::from_secs(10);

/// The share of a core that the analyst usually takes: a fiftieth of all cores, and never more than a twentieth of one.
pub fn usual_share() -> f64 {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    (0.02 * cores as f64).min(0.05)
}

/// A message of the analyst: an analysis, or why there will be no more.
pub type Found = Result<Box<Analysis>, String>;

/// A thread that analyses snapshots of one run. It ends soon after this is dropped.
#[derive(Debug)]
pub struct Analyst {
    submit: Sender<Arc<Snapshot>>,
    /// The thread's own end, to take back a snapshot that a newer one makes useless.
    waiting: Receiver<Arc<Snapshot>>,
    found: Receiver<Found>,
    /// Ends a rest.
    hurry: Sender<()>,
    /// Dropped with the rest: the thread listens to it while it rests.
    _alive: Sender<()>,
}

impl Analyst {
    /// Starts the thread for the run that `info` tells of. It takes a `share` of a core, which is above 0 and at most
    /// 1: after every analysis it rests the longer, the more processor time that took, but never longer than ten
    /// seconds.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(info: &RunInfo, share: f64) -> io::Result<Analyst> {
        let modes = info.modes.clone();
        Analyst::with(share, move |snapshot| analyse(snapshot, &modes))
    }

    fn with(share: f64, work: impl Fn(&Snapshot) -> Analysis + Send + 'static) -> io::Result<Analyst> {
        let (submit, waiting) = bounded(1);
        let (report, found) = bounded(1);
        let (alive, gone) = bounded(0);
        let (hurry, hurried) = bounded(1);
        let snapshots = waiting.clone();
        let rest = (1.0 / share.clamp(1e-3, 1.0)) - 1.0;
        let thread = move || toil(&snapshots, &report, Calls { gone, hurried }, rest, work);
        thread::Builder::new().name("analyst".into()).spawn(thread)?;
        Ok(Analyst { submit, waiting, found, hurry, _alive: alive })
    }

    /// Ends the rest that it takes, or the next one: what was handed in last is looked at now.
    pub fn hurry(&self) {
        let _ = self.hurry.try_send(());
    }

    /// Hands in a snapshot. Never waits: one that has not been looked at yet gives way to it.
    pub fn submit(&self, snapshot: Arc<Snapshot>) {
        let mut snapshot = snapshot;
        while let Err(TrySendError::Full(back)) = self.submit.try_send(snapshot) {
            snapshot = back;
            let _ = self.waiting.try_recv();
        }
    }

    /// The channel of analyses, in the order of their snapshots.
    pub fn found(&self) -> &Receiver<Found> {
        &self.found
    }
}

/// The requests that the thread hears while it rests.
struct Calls {
    /// The other side has gone.
    gone: Receiver<()>,
    /// There is no time to rest.
    hurried: Receiver<()>,
}

impl Calls {
    /// Rests. False where the other side has gone meanwhile.
    fn rest(&self, pause: Duration) -> bool {
        select! {
            recv(self.gone) -> _ => false,
            recv(self.hurried) -> _ => true,
            default(pause) => true,
        }
    }
}

/// The processor time that this thread has used.
fn processor_time() -> Duration {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(used).unwrap_or_default()
}

/// Analyses what comes until the other side is gone, or an analysis breaks.
fn toil(
    snapshots: &Receiver<Arc<Snapshot>>,
    report: &Sender<Found>,
    calls: Calls,
    rest: f64,
    work: impl Fn(&Snapshot) -> Analysis,
) {
    machine::give_way();
    loop {
        // The channel of snapshots stays open while this thread holds an end of it: only `gone` tells.
        let snapshot = select! {
            recv(snapshots) -> snapshot => snapshot,
            recv(calls.gone) -> _ => return,
        };
        let Ok(snapshot) = snapshot else { return };
        let start = processor_time();
        let found = match catch_unwind(AssertUnwindSafe(|| work(&snapshot))) {
            Ok(analysis) => Ok(Box::new(analysis)),
            Err(panic) => Err(format!(
                "the analysis of the snapshot of step {} broke, and there will be no more; the training goes on. This is \
                 a defect of gantop: {}",
                snapshot.step,
                link::panic_text(panic.as_ref())
            )),
        };
        let broke = found.is_err();
        // Not by the clock: where the machine is busy that would count the time in which this thread did nothing.
        let pause = processor_time().saturating_sub(start).mul_f64(rest).min(LONGEST_REST);
        let told = select! {
            send(report, found) -> sent => sent.is_ok(),
            recv(calls.gone) -> _ => false,
        };
        if !told || broke || !calls.rest(pause) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use crossbeam_channel::RecvTimeoutError;

    use super::*;
    use crate::domain::SampleShape;

    const LONG: Duration = Duration::from_secs(30);

    fn snapshot(step: u64) -> Arc<Snapshot> {
        Arc::new(Snapshot::empty(step, SampleShape::Point { dims: 1 }))
    }

    fn step(analyst: &Analyst) -> u64 {
        analyst.found().recv_timeout(LONG).unwrap().unwrap().step
    }

    #[test]
    fn the_newest_snapshot_wins_and_handing_one_in_never_waits() {
        let (begun, begins) = bounded(0);
        let (go, may_go) = bounded::<()>(0);
        let work = move |snapshot: &Snapshot| {
            begun.send(snapshot.step).unwrap();
            may_go.recv().unwrap();
            Analysis::empty(snapshot.step)
        };
        let analyst = Analyst::with(1.0, work).unwrap();
        analyst.submit(snapshot(1));
        assert_eq!(begins.recv_timeout(LONG), Ok(1));
        (2..=9).for_each(|step| analyst.submit(snapshot(step)));
        go.send(()).unwrap();
        assert_eq!(step(&analyst), 1);
        assert_eq!(begins.recv_timeout(LONG), Ok(9));
        go.send(()).unwrap();
        assert_eq!(step(&analyst), 9);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn it_gives_way_to_other_threads() {
        let (nice, told) = bounded(1);
        let work = move |snapshot: &Snapshot| {
            nice.send(rustix::process::getpriority_process(Some(rustix::thread::gettid()))).unwrap();
            Analysis::empty(snapshot.step)
        };
        let worker = Analyst::with(1.0, work).unwrap();
        worker.submit(snapshot(1));
        // Whatever the tests themselves run at.
        let own = rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
        let analyst = told.recv_timeout(LONG).unwrap().unwrap();
        assert!(analyst > own || own == machine::LEAST, "{analyst} where the rest has {own}");
    }

    /// Uses the processor for so long, and says how long truly.
    fn burn(time: Duration) -> Duration {
        let start = processor_time();
        while processor_time() - start < time {
            std::hint::spin_loop();
        }
        processor_time() - start
    }

    #[test]
    fn after_work_it_rests_as_its_share_asks() {
        let (time, worked) = crossbeam_channel::unbounded();
        let work = move |snapshot: &Snapshot| {
            let start = Instant::now();
            // Time in which the thread does nothing, as on a busy machine, asks for no rest.
            thread::sleep(Duration::from_millis(1));
            let used = burn(Duration::from_millis(10));
            time.send((start, used, Instant::now())).unwrap();
            Analysis::empty(snapshot.step)
        };
        let analyst = Analyst::with(0.2, work).unwrap();
        for i in 0..3 {
            analyst.submit(snapshot(i));
            assert_eq!(step(&analyst), i);
        }
        let times: Vec<_> = worked.try_iter().collect();
        for pair in times.windows(2) {
            let (busy, rest) = (pair[0].1, pair[1].0 - pair[0].2);
            assert!(rest >= busy * 4, "{busy:?} of work, {rest:?} of rest");
        }
    }

    #[test]
    fn a_hurry_ends_the_rest() {
        // An hour of rest were it not for the longest one; nobody waits for either.
        let work = |snapshot: &Snapshot| {
            burn(Duration::from_millis(20));
            Analysis::empty(snapshot.step)
        };
        let analyst = Analyst::with(0.001, work).unwrap();
        let start = Instant::now();
        for i in 0..20 {
            analyst.submit(snapshot(i));
            analyst.hurry();
            assert_eq!(step(&analyst), i);
        }
        assert!(start.elapsed() < LONGEST_REST * 19, "each rest was waited for");
    }

    #[test]
    fn a_panic_is_told_and_is_the_end() {
        let work = |snapshot: &Snapshot| match snapshot.step {
            1 => Analysis::empty(1),
            _ => panic!("no such point"),
        };
        let analyst = Analyst::with(1.0, work).unwrap();
        analyst.submit(snapshot(1));
        assert_eq!(step(&analyst), 1);
        analyst.submit(snapshot(2));
        let why = analyst.found().recv_timeout(LONG).unwrap().unwrap_err();
        assert!(why.contains("step 2") && why.contains("no such point"), "{why}");
        assert!(analyst.found().recv_timeout(LONG).is_err());
        (3..9).for_each(|step| analyst.submit(snapshot(step)));
    }

    #[test]
    fn it_ends_with_its_owner_even_while_it_rests() {
        let (ended, end) = bounded::<()>(0);
        let work = move |snapshot: &Snapshot| {
            let _kept = &ended;
            thread::sleep(Duration::from_millis(20));
            Analysis::empty(snapshot.step)
        };
        // A rest of twenty seconds.
        let analyst = Analyst::with(1e-3, work).unwrap();
        analyst.submit(snapshot(1));
        assert_eq!(step(&analyst), 1);
        drop(analyst);
        assert_eq!(end.recv_timeout(Duration::from_secs(10)), Err(RecvTimeoutError::Disconnected));
    }
}
