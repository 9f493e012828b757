//! What the dashboard's own thread does: taking in records, drawing a frame, and the bytes that a frame sends.
//!
//!     cargo bench --bench dashboard

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/dashboard/mod.rs"]
mod stage;

use std::cell::Cell;
use std::io;
use std::rc::Rc;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use gantop::history::History;
use gantop::link::{Report, RunState};
use gantop::ui::{Message, Options, view};
use ratatui::Terminal;
use ratatui::backend::{CrosstermBackend, TestBackend};
use ratatui::layout::Size;
use stage::Stage;

fn main() {
    divan::main();
}

/// The screens that are drawn.
const SIZES: [(u16, u16); 2] = [(120, 36), (200, 50)];
/// Steps that the history already holds: enough that its bins have been merged several times.
const STEPS: u64 = 20_000;
/// Steps in one batch of records.
const BATCH: u64 = 10;
/// Steps from one frame to the next.
const FRAME: u64 = 30;

/// The dashboard of a run on a ring that has done [`STEPS`] steps, with a snapshot.
fn ring() -> Stage {
    let mut stage = Stage::new(Options::default());
    stage.report(Report::Started(Box::new(stage::ring())));
    stage.report(stage::state(0, RunState::Running, None));
    stage.report(Report::Steps(stage::records(1, STEPS)));
    stage.report(Report::Snapshot(Box::new(stage::ring_snapshot(STEPS))));
    stage
}

/// The dashboard of a run on images, with a snapshot of as many as are ever asked for.
fn digits() -> Stage {
    let mut stage = Stage::new(Options::default());
    stage.report(Report::Started(Box::new(stage::digits())));
    stage.report(stage::state(0, RunState::Running, None));
    stage.report(Report::Steps(stage::records(1, STEPS)));
    stage.report(Report::Snapshot(Box::new(stage::digits_snapshot(STEPS, gantop::ui::update::IMAGES))));
    stage
}

/// One record into the history.
#[divan::bench]
fn history_push(bencher: Bencher) {
    let records = stage::records(1, STEPS);
    let mut history = History::default();
    let mut next = records.iter().cycle();
    let mut step = 0;
    bencher.counter(ItemsCount::new(1usize)).bench_local(move || {
        if let Some(record) = next.next() {
            step += 1;
            history.push(black_box(&gantop::link::StepRecord { step, ..*record }));
        }
    });
}

/// A batch of records and a snapshot into the dashboard's state: what follows from a report.
#[divan::bench]
fn reports(bencher: Bencher) {
    let mut stage = ring();
    let mut step = STEPS;
    bencher
        .with_inputs(|| {
            step += BATCH;
            let snapshot = Box::new(stage::ring_snapshot(step));
            (Report::Steps(stage::records(step - BATCH + 1, step)), Report::Snapshot(snapshot))
        })
        .bench_local_values(|(steps, snapshot)| {
            stage.report(steps).report(snapshot).effects.clear();
        });
}

/// Building a frame of a ring and comparing it with an empty screen.
#[divan::bench(args = SIZES)]
fn full_draw(bencher: Bencher, size: (u16, u16)) {
    draw(bencher, &ring(), size);
}

/// The same of a run on images.
#[divan::bench(args = SIZES)]
fn full_draw_images(bencher: Bencher, size: (u16, u16)) {
    draw(bencher, &digits(), size);
}

fn draw(bencher: Bencher, stage: &Stage, (width, height): (u16, u16)) {
    let app = &stage.app;
    bencher
        .counter(ItemsCount::new(usize::from(width) * usize::from(height)))
        .with_inputs(|| Terminal::new(TestBackend::new(width, height)).expect("a test backend never fails"))
        .bench_local_refs(|terminal| {
            terminal.draw(|frame| view::draw(app, frame)).expect("a test backend never fails");
        });
}

/// A terminal that only counts the bytes that it is sent.
#[derive(Clone, Default)]
struct Sent(Rc<Cell<usize>>);

impl io::Write for Sent {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(|sent| sent + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The frame after so many more steps as come between two, as bytes for a terminal; counted are those of an average frame.
#[divan::bench(args = SIZES)]
fn next_frame(bencher: Bencher, (width, height): (u16, u16)) {
    let mut stage = ring();
    stage.message(Message::Drawn(Size::new(width, height)));
    let size = ratatui::layout::Rect::new(0, 0, width, height);
    let options = ratatui::TerminalOptions { viewport: ratatui::Viewport::Fixed(size) };
    let sent = Sent::default();
    let backend = CrosstermBackend::new(sent.clone());
    let mut terminal = Terminal::with_options(backend, options).expect("a fixed viewport asks for nothing");
    let mut step = STEPS;
    let mut frame = |stage: &mut Stage| {
        step += FRAME;
        stage.report(Report::Steps(stage::records(step - FRAME + 1, step)));
        terminal.draw(|frame| view::draw(&stage.app, frame)).expect("counting never fails");
        sent.0.take()
    };
    frame(&mut stage);
    let average = (0..64).map(|_| frame(&mut stage)).sum::<usize>() / 64;
    bencher.counter(BytesCount::new(average)).bench_local(|| frame(&mut stage));
}
