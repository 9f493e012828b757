//! Jobs of a shell: whether somebody could continue this process if it stopped.

use std::path::Path;

use rustix::process::{Pid, getpgid, getpgrp, getppid, getsid};

use crate::system::files;

/// Whether a shell waits for this process's job: among those that started it, one of its own session is of another
/// group. The kernel stops nobody by the terminal's signals where that is not so.
pub fn can_be_continued() -> bool {
    let mut ancestor = getppid();
    while let Some(pid) = ancestor {
        match getpgid(Some(pid)) {
            Ok(group) if group == getpgrp() => ancestor = parent(pid),
            Ok(_) => return getsid(None).is_ok_and(|ours| getsid(Some(pid)) == Ok(ours)),
            Err(_) => return false,
        }
    }
    false
}

/// The parent of a process, where the system tells.
fn parent(pid: Pid) -> Option<Pid> {
    let stat = files::read_text(Path::new(&format!("/proc/{}/stat", pid.as_raw_nonzero())), 1 << 16).ok()?;
    // The name may have anything in it; behind it come the state and the parent.
    Pid::from_raw(stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?)
}
