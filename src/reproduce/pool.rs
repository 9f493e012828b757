//! Several runs at a time, their results in order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::Broken;

/// The results of `run` on each job, with so many threads (0: a processor each). After a failure no new job is begun.
///
/// # Errors
/// The first job's, in their order, that has one.
pub fn all<J: Sync, R: Send>(
    threads: usize,
    jobs: &[J],
    run: impl Fn(&J) -> Result<R, Broken> + Sync,
) -> Result<Vec<R>, Broken> {
    let available = || thread::available_parallelism().map_or(1, |threads| threads.get());
    let threads = if threads == 0 { available() } else { threads };
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Result<R, Broken>)>> = Mutex::new(Vec::new());
    // Nothing panics while it holds the lock.
    let locked = || done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(at) else { return };
                    let result = run(job);
                    if result.is_err() {
                        next.store(jobs.len(), Ordering::Relaxed);
                    }
                    locked().push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_a_failure_is_the_result() {
        let jobs: Vec<u64> = (0..50).collect();
        let squares = all(3, &jobs, |job| Ok(job * job)).unwrap();
        assert_eq!(squares, jobs.iter().map(|job| job * job).collect::<Vec<_>>());
        let failing = |job: &u64| if *job == 7 { Err(Broken::Stopped) } else { Ok(()) };
        assert_eq!(all(2, &jobs, failing), Err(Broken::Stopped));
        assert_eq!(all(0, &[] as &[u64], |_| Ok(())), Ok(vec![]));
    }
}
