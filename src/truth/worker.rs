//! The analyst's thread: the newest snapshot in, its analysis out, and rests in between.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// The share of the processor time of a process that trains which the analyst in it takes at most, so that it costs no more
/// than a fiftieth of the steps on a busy machine or on one core: the waking and the telling come on top.
const OF_STEPS: f64 = 0.018;

/// How much of the machine an analyst may take.
struct Pace<C> {
    /// The rest after an analysis, in times of the processor time that it took.
    rest: f64,
    /// Whether this process trains now.
    training: Arc<AtomicBool>,
    /// The processor time that all threads of this process have used.
    process: C,
}

impl<C: Fn() -> Duration> Pace<C> {
    /// The least rest after so much work.
    fn rest(&self, used: Duration) -> Duration {
        used.mul_f64(self.rest).min(LONGEST_REST)
    }

    /// The processor time that the training has to use before the next analysis, after one that used so much and began
    /// when the process had used `before`.
    fn owed(&self, used: Duration, before: Duration) -> Duration {
        if !self.training.load(Ordering::Relaxed) {
            return Duration::ZERO;
        }
        used.mul_f64(1.0 / OF_STEPS).saturating_sub((self.process)().saturating_sub(before))
    }
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
    /// Whether this process trains now.
    training: Arc<AtomicBool>,
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
        Analyst::with(share, process_time, move |snapshot| analyse(snapshot, &modes))
    }

    fn with(
        share: f64,
        process: impl Fn() -> Duration + Send + 'static,
        work: impl Fn(&Snapshot) -> Analysis + Send + 'static,
    ) -> io::Result<Analyst> {
        let (submit, waiting) = bounded(1);
        let (report, found) = bounded(1);
        let (alive, gone) = bounded(0);
        let (hurry, hurried) = bounded(1);
        let (snapshots, training) = (waiting.clone(), Arc::new(AtomicBool::new(false)));
        let pace = Pace { rest: 1.0 / share.clamp(1e-3, 1.0) - 1.0, training: training.clone(), process };
        let thread = move || toil(&snapshots, &report, &Calls { gone, hurried }, &pace, work);
        thread::Builder::new().name("analyst".into()).spawn(thread)?;
        Ok(Analyst { submit, waiting, found, hurry, training, _alive: alive })
    }

    /// Says whether this process trains now. While it does, the rests last until the training has used `OF_STEPS`'
    /// share of processor time, too, however little of it a busy machine leaves to this process.
    pub fn heed_training(&self, trains: bool) {
        self.training.store(trains, Ordering::Relaxed);
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

/// The end of a rest.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Rested {
    /// It is over.
    Over,
    /// There is no time for more of it.
    Hurried,
    /// The other side has gone.
    Gone,
}

impl Calls {
    fn rest(&self, pause: Duration) -> Rested {
        select! {
            recv(self.gone) -> _ => Rested::Gone,
            recv(self.hurried) -> _ => Rested::Hurried,
            default(pause) => Rested::Over,
        }
    }

    /// Rests for `pause`, and on until nothing is `owed`, at most [`LONGEST_REST`] in all.
    fn rest_until(&self, pause: Duration, owed: impl Fn() -> Duration) -> Rested {
        let mut rested = self.rest(pause);
        let mut left = LONGEST_REST.saturating_sub(pause);
        while rested == Rested::Over && !left.is_zero() && !owed().is_zero() {
            let part = owed().clamp(LOOK, 8 * LOOK).min(left);
            rested = self.rest(part);
            left = left.saturating_sub(part);
        }
        rested
    }
}

/// The least time between two looks at what the process has used.
const LOOK: Duration = Duration::from_millis(50);

/// The processor time that this thread has used.
fn processor_time() -> Duration {
    of_clock(rustix::time::ClockId::ThreadCPUTime)
}

/// The processor time that all threads of this process have used.
fn process_time() -> Duration {
    of_clock(rustix::time::ClockId::ProcessCPUTime)
}

fn of_clock(clock: rustix::time::ClockId) -> Duration {
    Duration::try_from(rustix::time::clock_gettime(clock)).unwrap_or_default()
}

/// Analyses what comes until the other side is gone, or an analysis breaks.
fn toil(
    snapshots: &Receiver<Arc<Snapshot>>,
    report: &Sender<Found>,
    calls: &Calls,
    pace: &Pace<impl Fn() -> Duration>,
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
        let (start, before) = (processor_time(), (pace.process)());
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
        let used = processor_time().saturating_sub(start);
        let told = select! {
            send(report, found) -> sent => sent.is_ok(),
            recv(calls.gone) -> _ => false,
        };
        if !told || broke || calls.rest_until(pace.rest(used), || pace.owed(used, before)) == Rested::Gone {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;
    use std::time::Instant;

    use crossbeam_channel::RecvTimeoutError;

    use super::*;
    use crate::domain::SampleShape;

    const LONG: Duration = Duration::from_secs(30);

    /// An analyst with this share of a core.
    fn with(share: f64, work: impl Fn(&Snapshot) -> Analysis + Send + 'static) -> io::Result<Analyst> {
        Analyst::with(share, process_time, work)
    }

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
        let analyst = with(1.0, work).unwrap();
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
        let worker = with(1.0, work).unwrap();
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
        let analyst = with(0.2, work).unwrap();
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
    fn beside_training_it_takes_no_more_than_its_share_of_the_steps() {
        // A process that computes nothing, as on a machine where others do.
        let time = Arc::new(AtomicU64::new(0));
        let (clock, work) = (time.clone(), |snapshot: &Snapshot| {
            burn(Duration::from_millis(5));
            Analysis::empty(snapshot.step)
        });
        let analyst = Analyst::with(1.0, move || Duration::from_millis(clock.load(Ordering::SeqCst)), work).unwrap();
        analyst.heed_training(true);
        analyst.submit(snapshot(1));
        assert_eq!(step(&analyst), 1);
        analyst.submit(snapshot(2));
        assert!(analyst.found().recv_timeout(Duration::from_millis(300)).is_err(), "it did not wait for the steps");
        time.store(60_000, Ordering::SeqCst);
        assert_eq!(step(&analyst), 2);
        // The steps owed are none while it is paused.
        analyst.submit(snapshot(3));
        analyst.heed_training(false);
        assert_eq!(step(&analyst), 3);
        let pace = |trains| Pace { rest: 1.0, training: Arc::new(AtomicBool::new(trains)), process: || LONG };
        let [used, before] = [Duration::from_millis(20), LONG - Duration::from_millis(400)];
        assert_eq!(pace(true).rest(used), used);
        let owed = pace(true).owed(used, before);
        assert!(owed > Duration::from_millis(700) && owed < Duration::from_millis(720), "{owed:?}");
        assert_eq!(pace(true).owed(used, LONG - Duration::from_secs(2)), Duration::ZERO);
        assert_eq!(pace(false).owed(used, before), Duration::ZERO);
    }

    #[test]
    fn a_hurry_ends_the_rest() {
        // An hour of rest were it not for the longest one; nobody waits for either.
        let work = |snapshot: &Snapshot| {
            burn(Duration::from_millis(20));
            Analysis::empty(snapshot.step)
        };
        let analyst = with(0.001, work).unwrap();
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
        let analyst = with(1.0, work).unwrap();
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
        let analyst = with(1e-3, work).unwrap();
        analyst.submit(snapshot(1));
        assert_eq!(step(&analyst), 1);
        drop(analyst);
        assert_eq!(end.recv_timeout(Duration::from_secs(10)), Err(RecvTimeoutError::Disconnected));
    }
}
