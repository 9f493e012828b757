//! Pictures of the real program: it runs `gantop` in a pseudo-terminal, presses keys, and writes what the terminal shows as SVG.
//!
//!     pictures PROGRAM DIRECTORY [PRESET [ARGUMENT...]]...
//!     pictures --film RECORDING FILE SECOND...
//!
//! Each preset, given as one word with its arguments (`"mnist-wgan --set data.path=DIR"`), is trained for some steps, dark and
//! light; each page is then drawn at 120×36 and at 80×24: DIRECTORY/PRESET-PAGE-120x36-dark.svg and so on.
//! The second form makes a moving picture of an asciicast: the screen at each of these seconds of it, in turn.
//! `scripts/pictures` calls both.

#![allow(clippy::print_stdout)]

mod draw;
mod film;

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use vt100::{Parser, Screen};

use draw::{Look, draw};

/// The pages by their keys.
const PAGES: [&str; 6] = ["overview", "losses", "critic", "samples", "weights", "log"];
/// Rows and columns.
const SIZES: [(u16, u16); 2] = [(36, 120), (24, 80)];
/// How long a run may take, and a page to be drawn.
const PATIENCE: Duration = Duration::from_secs(900);
/// A screen that has not changed for so long is drawn.
const STILL: Duration = Duration::from_millis(700);

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(program), Some(directory)) = (arguments.next(), arguments.next()) else {
        bail!("pictures PROGRAM DIRECTORY [\"PRESET [ARGUMENT...]\"]..., or pictures --film RECORDING FILE SECOND...");
    };
    if program == "--film" {
        return film::make(&directory, arguments);
    }
    // A terminal starts it by its whole path alone.
    let program = std::fs::canonicalize(&program).with_context(|| format!("there is no program at {program}"))?;
    let program = program.to_str().context("the program's path is not UTF-8")?.to_owned();
    std::fs::create_dir_all(&directory).with_context(|| format!("cannot make {directory}"))?;
    let mut bytes = 0;
    for preset in arguments {
        let words: Vec<&str> = preset.split_whitespace().collect();
        let Some((name, rest)) = words.split_first() else { continue };
        for look in &[draw::DARK, draw::LIGHT] {
            bytes += shoot(&program, (name, rest), look, Path::new(&directory))?;
        }
    }
    println!("{} KiB in {directory}", bytes / 1024);
    Ok(())
}

/// Draws every page of a preset in one look; the bytes that were written.
fn shoot(program: &str, (preset, rest): (&str, &[&str]), look: &Look, directory: &Path) -> anyhow::Result<usize> {
    let mut command = CommandBuilder::new(program);
    command.args([
        preset,
        "--no-record",
        "--seed",
        "1",
        "--theme",
        look.theme,
        "--images",
        "blocks",
        "--glyphs",
        "braille",
    ]);
    command.args(rest);
    for (name, value) in [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LC_ALL", "C.UTF-8")] {
        command.env(name, value);
    }
    ["TMUX", "STY", "NO_COLOR"].into_iter().for_each(|name| command.env_remove(name));
    let mut terminal = Terminal::start(command, SIZES[0])?;
    terminal.wait_for(preset, |screen| screen.contents().contains("finished after"))?;
    let mut bytes = 0;
    for (rows, columns) in SIZES {
        terminal.resize((rows, columns))?;
        for (at, page) in PAGES.into_iter().enumerate() {
            terminal.press(&(at + 1).to_string())?;
            let svg = terminal.still(|screen| draw(screen, look));
            let file = directory.join(format!("{preset}-{page}-{columns}x{rows}-{}.svg", look.name));
            std::fs::write(&file, &svg).with_context(|| format!("cannot write {}", file.display()))?;
            println!("{}", file.display());
            bytes += svg.len();
        }
    }
    terminal.press("q")?;
    Ok(bytes)
}

/// A program in a pseudo-terminal.
struct Terminal {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    shown: Arc<Mutex<(Parser, Instant)>>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
}

impl Terminal {
    fn start(command: CommandBuilder, (rows, cols): (u16, u16)) -> anyhow::Result<Terminal> {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })?;
        let child = pair.slave.spawn_command(command)?;
        let (mut reader, writer) = (pair.master.try_clone_reader()?, pair.master.take_writer()?);
        let shown = Arc::new(Mutex::new((Parser::new(rows, cols, 0), Instant::now())));
        let screen = shown.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 1 << 14];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                let Ok(mut shown) = screen.lock() else { return };
                shown.0.process(&bytes[..count]);
                shown.1 = Instant::now();
            }
        });
        Ok(Terminal { master: pair.master, writer, shown, child })
    }

    fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.writer.write_all(keys.as_bytes())?;
        self.writer.flush()?;
        // What follows from it counts, not what was before.
        if let Ok(mut shown) = self.shown.lock() {
            shown.1 = Instant::now();
        }
        Ok(())
    }

    fn resize(&self, (rows, cols): (u16, u16)) -> anyhow::Result<()> {
        if let Ok(mut shown) = self.shown.lock() {
            shown.0.screen_mut().set_size(rows, cols);
            shown.1 = Instant::now();
        }
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 })
    }

    fn wait_for(&mut self, what: &str, condition: impl Fn(&Screen) -> bool) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            let shown = self.shown.lock().map_err(|_| anyhow::anyhow!("the terminal's reader broke"))?;
            if condition(shown.0.screen()) {
                return Ok(());
            }
            let ended = self.child.try_wait()?.is_some();
            if ended || start.elapsed() > PATIENCE {
                let how = if ended { "ended" } else { "took too long" };
                bail!("{what} {how}; the screen shows:\n{}", shown.0.screen().contents());
            }
            drop(shown);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What is made of the screen once it stands still.
    fn still(&self, make: impl Fn(&Screen) -> String) -> String {
        loop {
            if let Ok(shown) = self.shown.lock()
                && shown.1.elapsed() > STILL
            {
                return make(shown.0.screen());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
