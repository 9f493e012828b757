//! The memory that this process may take, as the kernel tells it: of the machine, of the control groups that the
//! process is in, and of its own limits. The least of them counts.

use std::path::{Path, PathBuf};

use rustix::process::{Resource, getrlimit};

use crate::system::files;

/// More than any of these files holds.
const MOST: u64 = 1 << 16;

/// An amount of memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// The bytes that may still be taken without pushing others out.
    pub free: u64,
    /// The bytes in all.
    pub total: u64,
}

impl Memory {
    /// The memory that is left of `total` when `used` is taken.
    fn left(total: u64, used: u64) -> Memory {
        Memory { free: total.saturating_sub(used), total }
    }

    /// The memory that both allow.
    fn least(self, other: Memory) -> Memory {
        Memory { free: self.free.min(other.free), total: self.total.min(other.total) }
    }
}

/// Memory for this process. None where the system does not tell.
pub fn memory() -> Option<Memory> {
    let found = [machine(Path::new("/")), group(Path::new("/")), own()];
    found.into_iter().flatten().reduce(Memory::least)
}

/// Bytes that this process may still take without pushing others out. None where the system does not tell.
pub fn free() -> Option<u64> {
    memory().map(|memory| memory.free)
}

/// The number of bytes behind `name` in a text of `/proc`, which counts in kilobytes.
pub(super) fn bytes(text: &str, name: &str) -> Option<u64> {
    let mut words = text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace();
    let kilobytes: u64 = words.next()?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

fn read(path: impl AsRef<Path>) -> Option<String> {
    files::read_text(path.as_ref(), MOST).ok()
}

/// The machine's memory, by the files below `root`.
fn machine(root: &Path) -> Option<Memory> {
    let text = read(root.join("proc/meminfo"))?;
    Some(Memory { free: bytes(&text, "MemAvailable:")?, total: bytes(&text, "MemTotal:")? })
}

/// The names of the files of a version of control groups.
struct Files {
    limit: &'static str,
    used: &'static str,
    /// The line of `memory.stat` that counts what can be dropped at once: copies of files that nobody has looked at
    /// lately.
    droppable: &'static str,
}

const FIRST: Files =
    Files { limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes", droppable: "total_inactive_file " };
const SECOND: Files = Files { limit: "memory.max", used: "memory.current", droppable: "inactive_file " };

/// The memory that the control groups of this process allow, by the files below `root`.
fn group(root: &Path) -> Option<Memory> {
    let mounts = root.join("sys/fs/cgroup");
    let text = read(root.join("proc/self/cgroup")).unwrap_or_default();
    // hierarchy:controllers:path; the second version has no controllers.
    let allowed = text.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let (mount, names) = match controllers {
            "" => (mounts.clone(), &SECOND),
            _ if controllers.split(',').any(|name| name == "memory") => (mounts.join("memory"), &FIRST),
            _ => return None,
        };
        limits(&mount, path, names)
    });
    allowed.reduce(Memory::least)
}

/// The memory that the groups from `path` up to the one at `mount` allow. In a container the path may be the host's,
/// and is not there: its own group is the mount then.
fn limits(mount: &Path, path: &str, names: &Files) -> Option<Memory> {
    let own = Path::new(path.trim_start_matches('/'));
    let groups = own.ancestors().map(|group: &Path| -> PathBuf { mount.join(group) });
    let number = |path: PathBuf| read(path)?.trim().parse::<u64>().ok();
    let allowed = groups.filter_map(|group| {
        // A group without a limit says `max`, which is no number, or more than any machine has.
        let (limit, used) = (number(group.join(names.limit))?, number(group.join(names.used))?);
        let stat = read(group.join("memory.stat")).unwrap_or_default();
        let droppable = stat.lines().find_map(|line| line.strip_prefix(names.droppable)?.trim().parse().ok());
        Some(Memory::left(limit, used.saturating_sub(droppable.unwrap_or(0))))
    });
    allowed.reduce(Memory::least)
}

/// The memory that the process's own limits (`ulimit -v`, `ulimit -d`) allow.
fn own() -> Option<Memory> {
    let status = read("/proc/self/status")?;
    let limits = [(Resource::As, "VmSize:"), (Resource::Data, "VmData:")];
    let left = limits
        .into_iter()
        .filter_map(|(resource, used)| Some(Memory::left(getrlimit(resource).current?, bytes(&status, used)?)));
    left.reduce(Memory::least)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn the_machines_memory_is_read_from_meminfo() {
        let meminfo = "MemTotal:  90000 kB\nMemFree: 7 kB\nMemAvailable:   24010 kB\n";
        let machine = |text| machine(root(&[("proc/meminfo", text)]).path());
        assert_eq!(machine(meminfo), Some(Memory { free: 24_010 << 10, total: 90_000 << 10 }));
        for bad in
            ["", "MemAvailable:", "MemTotal: many kB\nMemAvailable: 1 kB", "MemAvailable: 18446744073709551615 kB"]
        {
            assert_eq!(machine(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_narrowest_group_counts_and_files_that_can_be_dropped_are_free() {
        let second = root(&[
            ("proc/self/cgroup", "0::/user/mine\n"),
            ("sys/fs/cgroup/user/memory.max", "1000\n"),
            ("sys/fs/cgroup/user/memory.current", "900\n"),
            ("sys/fs/cgroup/user/memory.stat", "anon 100\ninactive_file 500\n"),
            ("sys/fs/cgroup/user/mine/memory.max", "max\n"),
            ("sys/fs/cgroup/user/mine/memory.current", "5\n"),
        ]);
        assert_eq!(group(second.path()), Some(Memory { free: 600, total: 1000 }));
        let first = root(&[
            ("proc/self/cgroup", "5:devices:/\n4:cpu,memory:/gone\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "700\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "800\n"),
        ]);
        assert_eq!(group(first.path()), Some(Memory { free: 0, total: 700 }));
        for none in [root(&[]), root(&[("proc/self/cgroup", "a\n0::\n::/../..\n")])] {
            assert_eq!(group(none.path()), None);
        }
    }

    #[test]
    fn this_machine_tells_of_itself() {
        if Path::new("/proc/meminfo").exists() {
            let Memory { free, total } = memory().unwrap();
            assert!(free <= total && total > 0, "{free} of {total}");
        }
    }
}
