//! The share of the processor that a thread wants where others want it too.

/// The nice value of a thread that gives way to others: beside two threads that use all of two cores it still gets
/// about a tenth of one, where the least of all values would leave it a hundredth.
#[cfg(target_os = "linux")]
const GIVES_WAY: i32 = 10;
/// The nice value of a thread that gives way to all others.
#[cfg(target_os = "linux")]
pub const LEAST: i32 = 19;

/// Lets every other thread have most of the processor, so that a trainer that uses all cores is hardly held up; on one
/// that nobody needs it is as fast as ever. Elsewhere than on Linux a thread has no such value of its own.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{getpriority_process, setpriority_process};
        let this = Some(rustix::thread::gettid());
        // The process may give way itself.
        let nice = if getpriority_process(this).is_ok_and(|now| now >= GIVES_WAY) { LEAST } else { GIVES_WAY };
        // Where it is refused there is nothing lost but some steps a second.
        let _ = setpriority_process(this, nice);
    }
}
