//! Jobs of a shell: whether somebody could continue this process if it stopped, and whose turn the terminal is.
//!
//! A process that was started into a namespace of its own, as in a container, may have a group and a session that have
//! no number there; the system calls then answer 0, which is no process, and which rustix's own functions do not expect.

use std::os::fd::AsFd;

use rustix::process::Pid;
use rustix::termios::tcgetpgrp;

/// The relations of a process to others; `None` is one that lies outside of this namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Relations {
    parent: Option<Pid>,
    group: Option<Pid>,
    session: Option<Pid>,
}

impl Relations {
    /// Those of this process.
    fn own() -> Option<Relations> {
        Relations::of(rustix::process::getpid())
    }

    /// Those of a process; none where the system does not tell.
    #[cfg(target_os = "linux")]
    fn of(pid: Pid) -> Option<Relations> {
        let path = format!("/proc/{}/stat", pid.as_raw_nonzero());
        Relations::read(&crate::system::files::read_text(std::path::Path::new(&path), 1 << 16).ok()?)
    }

    /// Those in the text of a process's `stat`.
    #[cfg(any(target_os = "linux", test))]
    fn read(stat: &str) -> Option<Relations> {
        // The name may have anything in it; behind it come the state, the parent, the group and the session.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
        let mut next = || fields.next()?.parse().ok().map(Pid::from_raw);
        Some(Relations { parent: next()?, group: next()?, session: next()? })
    }

    /// Those of a process; the parents of other processes are not told.
    #[cfg(not(target_os = "linux"))]
    fn of(pid: Pid) -> Option<Relations> {
        use rustix::process::{getpgid, getpid, getppid, getsid};
        let parent = if pid == getpid() { getppid() } else { None };
        Some(Relations { parent, group: Some(getpgid(Some(pid)).ok()?), session: Some(getsid(Some(pid)).ok()?) })
    }
}

/// Whether a shell waits for this process's job: among those that started it, one of its own session is of another
/// group. The kernel stops nobody by the terminal's signals where that is not so.
pub fn can_be_continued() -> bool {
    let Some(own) = Relations::own() else { return false };
    let mut ancestor = own.parent;
    while let Some(pid) = ancestor {
        match Relations::of(pid) {
            Some(its) if its.group == own.group => ancestor = its.parent,
            Some(its) => return its.session == own.session,
            None => return false,
        }
    }
    false
}

/// The process group of this process, which is its job; none where it has no number here.
pub fn group() -> Option<Pid> {
    Relations::own()?.group
}

/// Whether this process's job is in the foreground of a terminal; none where that cannot be told, or nobody controls
/// jobs there.
pub fn is_in_foreground_of(terminal: impl AsFd) -> Option<bool> {
    let (foreground, own) = (tcgetpgrp(terminal).ok()?, group()?);
    Some(foreground == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_are_read_whatever_a_program_is_called() {
        let pid = |n| Pid::from_raw(n);
        let plain = Relations::read("7 (gantop) S 5 6 4 34816 6 4194304 1 2").unwrap();
        assert_eq!(plain, Relations { parent: pid(5), group: pid(6), session: pid(4) });
        assert_eq!(Relations::read("7 (a) S 1 2 (b c) R 5 6 4 0"), Some(plain));
        // Started into a namespace, it has a group and a session outside of it.
        let outside = Relations { parent: None, group: None, session: None };
        assert_eq!(Relations::read("1 (sh) S 0 0 0 34816 0"), Some(outside));
        for bad in ["", "7 (gantop", "7 (gantop) S", "7 (gantop) S 5 6", "7 (gantop) S a b c"] {
            assert_eq!(Relations::read(bad), None, "{bad}");
        }
    }
}
