//! A program in a real pseudo-terminal, and what its screen shows.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use super::TEST_TIMEOUT;

/// Rows and columns.
pub type Size = (u16, u16);

/// What has come out of a pseudo-terminal.
struct Shown {
    parser: vt100::Parser,
    bytes: Vec<u8>,
}

/// A child in a pseudo-terminal, and what its screen shows.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    shown: Arc<Mutex<Shown>>,
    /// Whether what the child writes is read.
    reads: Arc<AtomicBool>,
    writer: Box<dyn Write + Send>,
    master: Box<dyn MasterPty + Send>,
    // Kept open, so that the line discipline can still be looked at when the child has ended.
    _slave: Box<dyn SlavePty + Send>,
    modes: String,
}

impl Pty {
    /// None where there are no pseudo-terminals.
    pub fn start(command: CommandBuilder, (rows, cols): Size) -> Option<Pty> {
        let pair = match native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }) {
            Ok(pair) => pair,
            Err(error) => {
                println!("skipped: no pseudo-terminal can be opened here: {error}");
                return None;
            }
        };
        let modes = format!("{:?}", pair.master.get_termios());
        let shown = Arc::new(Mutex::new(Shown { parser: vt100::Parser::new(rows, cols, 0), bytes: Vec::new() }));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let reads = Arc::new(AtomicBool::new(true));
        let (screen, reading) = (shown.clone(), reads.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                while !reading.load(Ordering::SeqCst) {
                    std::thread::sleep(Duration::from_millis(10));
                }
                let Ok(n @ 1..) = reader.read(&mut bytes) else { return };
                let mut shown = screen.lock().unwrap();
                shown.parser.process(&bytes[..n]);
                shown.bytes.extend(&bytes[..n]);
            }
        });
        Some(Pty { child, shown, reads, writer, master: pair.master, _slave: pair.slave, modes })
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap()
    }

    pub fn type_keys(&mut self, keys: &[u8]) {
        self.writer.write_all(keys).unwrap();
        self.writer.flush().unwrap();
    }

    pub fn resize(&self, (rows, cols): Size) {
        self.shown().parser.screen_mut().set_size(rows, cols);
        self.resize_unseen((rows, cols));
    }

    /// Gives the terminal another size, and its screen here none: that one breaks where lines of a column wrap.
    pub fn resize_unseen(&self, (rows, cols): Size) {
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// Whether the screen is so now.
    pub fn shows(&self, condition: impl Fn(&vt100::Screen) -> bool) -> bool {
        condition(self.shown().parser.screen())
    }

    #[track_caller]
    pub fn wait_for(&mut self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) {
        let start = Instant::now();
        while !condition(self.shown().parser.screen()) {
            let ended = self.child.try_wait().unwrap();
            if ended.is_some() || start.elapsed() > TEST_TIMEOUT {
                // What it said last may still be on its way.
                std::thread::sleep(Duration::from_millis(200));
                if condition(self.shown().parser.screen()) {
                    return;
                }
                panic!("{what} did not come; the child {ended:?}, and the screen shows:\n{}", self.contents());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[track_caller]
    pub fn wait_for_text(&mut self, text: &str) {
        self.wait_for(&format!("“{text}”"), |screen| screen.contents().contains(text));
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.process_id().unwrap() as i32).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Whether the child has not ended.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The leader of the process group that has the terminal.
    pub fn foreground(&self) -> Pid {
        Pid::from_raw(self.master.process_group_leader().unwrap()).unwrap()
    }

    /// Whether the line discipline is as it was before the child.
    pub fn is_cooked(&self) -> bool {
        format!("{:?}", self.master.get_termios()) == self.modes
    }

    /// Stops reading what the child writes, as a stalled connection does, or goes on.
    pub fn read(&self, reads: bool) {
        self.reads.store(reads, Ordering::SeqCst);
    }

    /// Empties the screen, as if nothing had been written on it.
    pub fn forget(&self) {
        let mut shown = self.shown();
        let (rows, cols) = shown.parser.screen().size();
        *shown = Shown { parser: vt100::Parser::new(rows, cols, 0), bytes: Vec::new() };
    }

    /// Kilobytes of the child in memory, where the system tells.
    pub fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.process_id()?)).ok()?;
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse().ok())
    }

    /// Processor time of the child and of what it started in this terminal, in clock ticks (a hundredth of a second);
    /// 0 where the system does not tell.
    pub fn ticks(&self) -> u64 {
        let stats = self.members().into_iter().filter_map(|pid| stat(&pid.as_raw_nonzero().to_string()));
        stats.map(|stat| spent(&stat)).sum()
    }

    /// The processes of this terminal's session, where the system tells.
    fn members(&self) -> Vec<Pid> {
        let Some(leader) = self.child.process_id() else { return Vec::new() };
        let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
        let ours = |pid: &i32| stat(&pid.to_string()).is_some_and(|fields| fields[3] == leader.to_string());
        pids.filter(ours).filter_map(Pid::from_raw).collect()
    }

    /// Waits for the child's end.
    #[track_caller]
    pub fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // Let the reader catch up.
                std::thread::sleep(Duration::from_millis(100));
                return status;
            }
            assert!(start.elapsed() < TEST_TIMEOUT, "the child did not end; the screen shows:\n{}", self.contents());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the screen shows.
    pub fn contents(&self) -> String {
        self.shown().parser.screen().contents()
    }

    /// Everything that the child has written.
    pub fn bytes(&self) -> Vec<u8> {
        self.shown().bytes.clone()
    }

    /// The dashboard's modes are on.
    #[track_caller]
    pub fn assert_entered(&mut self) {
        self.wait_for("the alternate screen", |screen| screen.alternate_screen());
        let shown = self.shown();
        assert!(shown.parser.screen().hide_cursor(), "the cursor shows on the dashboard");
        assert!(shown.parser.screen().bracketed_paste(), "a paste would look like keys");
        assert!(!self.is_cooked(), "not raw");
    }

    /// Everything is as it was before the child.
    #[track_caller]
    pub fn assert_restored(&mut self) {
        self.wait_for("the main screen", |screen| !screen.alternate_screen());
        let shown = self.shown();
        assert!(!shown.parser.screen().hide_cursor(), "the cursor is hidden");
        assert!(!shown.parser.screen().bracketed_paste(), "bracketed paste is on");
        assert!(self.is_cooked(), "the line discipline has changed: {:?}", self.master.get_termios());
    }
}

impl Pty {
    /// No mode of the dashboard's is left on, by the bytes alone: a terminal may know modes that the screen here does not,
    /// of the mouse, the keyboard and the drawing.
    #[track_caller]
    pub fn assert_modes_off(&self) {
        let bytes = self.bytes();
        let text = String::from_utf8_lossy(&bytes);
        let mut modes: BTreeMap<&str, bool> = BTreeMap::new();
        let mut keyboards = 0;
        for rest in text.split("\x1b[").skip(1) {
            if let Some(rest) = rest.strip_prefix('?') {
                let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(rest.len());
                let on = rest[end..].starts_with('h');
                if on || rest[end..].starts_with('l') {
                    modes.extend(rest[..end].split(';').map(|mode| (mode, on)));
                }
            } else if let Some(sign @ ('>' | '<')) = rest.chars().next()
                && rest[1..].trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').starts_with('u')
            {
                // Keyboard protocols are stacked: > puts one on, < takes it off.
                keyboards += if sign == '>' { 1 } else { -1 };
            }
        }
        // The cursor is the one mode that is usually on.
        let cursor = modes.remove("25");
        assert_ne!(cursor, Some(false), "the cursor is hidden");
        let on: Vec<_> = modes.iter().filter(|(_, on)| **on).collect();
        assert!(on.is_empty() && keyboards == 0, "left on: {on:?}, {keyboards} keyboard protocols");
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        self.read(true);
        // A test that failed leaves nothing running; a run would outlive its terminal.
        for pid in self.members() {
            let _ = kill_process(pid, Signal::KILL);
        }
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
        }
    }
}

/// This test program as a command that runs one of its functions only, named with its modules.
pub fn again(function: &str) -> CommandBuilder {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args(["--exact", function, "--nocapture", "--test-threads=1"]);
    command.env("RUST_BACKTRACE", "0");
    command.env_remove("NO_COLOR");
    command.cwd(env!("CARGO_MANIFEST_DIR"));
    command
}

/// Set for the owner: the words of the command, a line each.
const OWNED: &str = "GANTOP_TEST_PTY_OWNED";

/// Runs `command` in a pseudo-terminal of a process of its own, types `typed` once the screen shows `shows`, or a file of
/// that path is there, and kills that process, so that the kernel closes the terminal under the command. Gives the process id of the command, which
/// may still run; None where there are no pseudo-terminals.
pub fn hang_up(command: &CommandBuilder, shows: &str, typed: &str) -> Option<String> {
    hang_up_after(Duration::from_millis(300), command, shows, typed)
}

/// As [`hang_up`], so long after the typing.
pub fn hang_up_after(time: Duration, command: &CommandBuilder, shows: &str, typed: &str) -> Option<String> {
    let words: Vec<&str> = command.get_argv().iter().map(|word| word.to_str().unwrap()).collect();
    let mut owner = std::process::Command::new(std::env::current_exe().unwrap());
    owner.args(["--exact", "support::pty::owner", "--nocapture", "--test-threads=1"]);
    owner.env_clear().envs(command.iter_full_env_as_str());
    owner.env("GANTOP_TEST_PTY_MICROS", time.as_micros().to_string());
    owner.env(OWNED, words.join("\n")).env("GANTOP_TEST_PTY_SHOWS", shows).env("GANTOP_TEST_PTY_TYPED", typed);
    if command.get_controlling_tty() {
        owner.env("GANTOP_TEST_PTY_CONTROLLING", "1");
    }
    let output = owner.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    if said.contains("skipped: ") {
        println!("skipped: no pseudo-terminal can be opened here");
        return None;
    }
    let pid = said.lines().find_map(|line| line.split_once("owned: ")).map(|(_, pid)| pid.trim().to_owned());
    // It ends by the signal that it sends itself, or it did not get so far.
    let killed = output.status.code().is_none();
    assert!(killed && pid.is_some(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    pid
}

/// Not a test but, when run again by [`hang_up`], the process that owns the pseudo-terminal.
#[test]
fn owner() {
    let Ok(words) = std::env::var(OWNED) else { return };
    let mut command = CommandBuilder::from_argv(words.lines().map(OsString::from).collect());
    command.cwd(env!("CARGO_MANIFEST_DIR"));
    command.set_controlling_tty(std::env::var_os("GANTOP_TEST_PTY_CONTROLLING").is_some());
    let Some(mut pty) = Pty::start(command, (36, 120)) else { return };
    let shows = std::env::var("GANTOP_TEST_PTY_SHOWS").unwrap();
    match shows.starts_with('/') {
        true => pty.wait_for(&shows, |_| std::path::Path::new(&shows).exists()),
        false => pty.wait_for_text(&shows),
    }
    pty.type_keys(std::env::var("GANTOP_TEST_PTY_TYPED").unwrap().as_bytes());
    let micros = std::env::var("GANTOP_TEST_PTY_MICROS").unwrap();
    std::thread::sleep(Duration::from_micros(micros.parse().unwrap()));
    println!("owned: {}", pty.child.process_id().unwrap());
    kill_process(rustix::process::getpid(), Signal::KILL).unwrap();
}

/// What the system tells of a process, from its state on.
pub fn stat(pid: &str) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

/// Processor time in clock ticks, of what [`stat`] gives.
pub fn spent(stat: &[String]) -> u64 {
    stat[11].parse::<u64>().unwrap() + stat[12].parse::<u64>().unwrap()
}

/// Waits until a process has ended, and says whether it has.
pub fn ends(pid: &str) -> bool {
    let start = Instant::now();
    while start.elapsed() < TEST_TIMEOUT {
        // One that has ended and waits to be asked about is a zombie.
        if stat(pid).is_none_or(|stat| stat[0] == "Z") {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}
