//! The memory that is free, as the kernel tells it.

use std::path::Path;

use crate::system::files;

/// More than any of these files holds.
const MOST: u64 = 1 << 16;

/// Bytes that this process may still take without pushing others out: what the machine has available, or what the process's
/// control group has left, where that is less. None where the system does not tell.
pub fn free() -> Option<u64> {
    let read = |path: &str| files::read_text(Path::new(path), MOST).ok();
    let machine = read("/proc/meminfo").and_then(|text| available(&text));
    let number = |path: &str| read(path)?.trim().parse::<u64>().ok();
    // A group without a limit says `max`, which is no number.
    let limit = number("/sys/fs/cgroup/memory.max");
    let group = limit.zip(number("/sys/fs/cgroup/memory.current")).map(|(limit, used)| limit.saturating_sub(used));
    machine.into_iter().chain(group).min()
}

/// The available bytes in the text of `/proc/meminfo`.
fn available(meminfo: &str) -> Option<u64> {
    let mut words = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?.split_whitespace();
    let kilobytes: u64 = words.next()?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_available_memory_is_read_from_meminfo() {
        assert_eq!(available("MemTotal:  9 kB\nMemAvailable:   24010 kB\n"), Some(24_010 * 1024));
        for bad in ["", "MemAvailable:", "MemAvailable: many kB", "MemAvailable: 18446744073709551615 kB"] {
            assert_eq!(available(bad), None, "{bad}");
        }
    }
}
