//! This process: what the kernel tells of it.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Bytes of this process in memory, where there is a `/proc` that tells.
pub(crate) fn memory() -> Option<u64> {
    resident(&crate::system::files::read_text(std::path::Path::new("/proc/self/status"), 1 << 20).ok()?)
}

/// The resident bytes in the text of a `/proc/…/status`.
fn resident(status: &str) -> Option<u64> {
    super::memory::bytes(status, "VmRSS:")
}

/// Processor time of all threads together.
fn spent() -> Option<Duration> {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Some(Duration::new(time.tv_sec.try_into().ok()?, time.tv_nsec.try_into().ok()?))
}

/// The processor time of this process, from one look to the next.
#[derive(Debug, Default)]
pub(crate) struct Process {
    last: Option<(Instant, Duration)>,
}

impl Process {
    /// Processor time since the last look, over the time since then; `None` the first time.
    pub(crate) fn cpu(&mut self) -> Option<f64> {
        let (now, spent) = (Instant::now(), spent()?);
        let (then, before) = self.last.replace((now, spent))?;
        let elapsed = now.duration_since(then).as_secs_f64();
        (elapsed > 0.0).then(|| spent.saturating_sub(before).as_secs_f64() / elapsed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resident_size_is_read_from_status() {
        assert_eq!(resident("Name:\tgantop\nVmPeak:\t  9 kB\nVmRSS:\t  130848 kB\n"), Some(130_848 * 1024));
        for bad in ["", "VmRSS:", "VmRSS: many kB", "VmRSS: 99999999999999999999 kB", "VmRSS: 18446744073709551615 kB"]
        {
            assert_eq!(resident(bad), None, "{bad}");
        }
    }

    #[test]
    fn work_is_seen_from_the_second_look_on() {
        let mut process = Process::default();
        assert_eq!(process.cpu(), None);
        let begun = spent().unwrap();
        while spent().unwrap() - begun < Duration::from_millis(20) {}
        assert!(process.cpu().unwrap() > 0.0);
    }
}
