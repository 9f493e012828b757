//! What the dashboard's own thread does: taking in records, drawing a frame, and the bytes that a frame sends.

use std::cell::Cell;
use std::io::{self, Write as _};
use std::rc::Rc;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use gantop::domain::seed::{Stream, derive};
use gantop::domain::{Metric, Metrics, StepRecord};
use gantop::history::History;
use gantop::link::Report;
use gantop::ui::draw::view;
use gantop::ui::pages::Page;
use gantop::ui::state::app::App;
use gantop::ui::update::{IMAGES, POINTS, update};
use gantop::ui::{Message, Options};
use ratatui::Terminal;
use ratatui::backend::{CrosstermBackend, TestBackend};
use ratatui::layout::Size;

use crate::run::Run;

/// The screens that are drawn.
const SIZES: [(u16, u16); 2] = [(120, 36), (200, 50)];
/// Steps that the history already holds: enough that its bins have been merged several times.
const STEPS: u64 = 20_000;
/// Steps in one batch of records.
const BATCH: u64 = 10;
/// Steps from one frame to the next.
const FRAME: u64 = 30;

/// Records of the steps `first..=last` at 200 steps a second: waves with noise.
fn records(first: u64, last: u64) -> Vec<StepRecord> {
    let value = |step: u64, metric: usize| {
        let noise = derive(metric as u64, Stream::Noise, step) as f64 / u64::MAX as f64;
        ((step as f64 / 3000.0 + metric as f64).sin() + 0.3 * noise) as f32
    };
    let values = |step| Metrics::of(std::array::from_fn::<f32, { Metric::COUNT }, _>(|metric| value(step, metric)));
    (first..=last).map(|step| StepRecord { step, seconds: step as f64 / 200.0, values: values(step) }).collect()
}

/// The dashboard of a run that has done [`STEPS`] steps, with a snapshot of so many samples.
fn dashboard(run: &Run, samples: usize) -> App {
    let mut app = App::new(Options::default());
    for report in [Report::Started(run.info.clone()), Report::Steps(records(1, STEPS)), run.snapshot(samples)] {
        update(&mut app, Message::Report(report));
    }
    app
}

/// One record into the history.
#[divan::bench(sample_size = 1000)]
fn history_push(bencher: Bencher) {
    let records = records(1, STEPS);
    let mut history = History::default();
    let mut next = records.iter().cycle();
    let mut step = 0;
    bencher.counter(ItemsCount::new(1usize)).bench_local(move || {
        if let Some(record) = next.next() {
            step += 1;
            history.push(black_box(&StepRecord { step, ..record.clone() }));
        }
    });
}

/// A batch of records and a snapshot into the dashboard's state: what follows from a report.
#[divan::bench]
fn reports(bencher: Bencher) {
    let run = Run::ring();
    let (mut app, mut step) = (dashboard(&run, POINTS), STEPS);
    bencher
        .with_inputs(|| {
            step += BATCH;
            (Report::Steps(records(step - BATCH + 1, step)), run.snapshot(POINTS))
        })
        .bench_local_values(|(steps, snapshot)| {
            update(&mut app, Message::Report(steps));
            update(&mut app, Message::Report(snapshot))
        });
}

/// Building a frame of a ring and comparing it with an empty screen.
#[divan::bench(args = SIZES)]
fn full_draw(bencher: Bencher, size: (u16, u16)) {
    draw(bencher, &dashboard(&Run::ring(), POINTS), size);
}

/// The same on every other page, with what can cost most chosen: smoothing, two axes, the cursor.
#[divan::bench(args = [Page::Losses, Page::Critic, Page::Samples, Page::Weights, Page::Log])]
fn full_draw_of(bencher: Bencher, page: Page) {
    let mut app = dashboard(&Run::ring(), POINTS);
    app.page = page;
    app.charts.next_smoothing(app.page);
    (app.charts.two_axes, app.charts.cursor) = (true, Some(STEPS / 2));
    draw(bencher, &app, SIZES[1]);
}

/// What the metrics of ten million steps take, which is said here: it is bounded by how many bins there are.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn history_of_ten_million_steps(bencher: Bencher) {
    bencher.bench_local(|| {
        let mut history = History::default();
        let records = records(1, STEPS);
        for (step, record) in (1..=10_000_000).zip(records.iter().cycle()) {
            history.push(&StepRecord { step, ..record.clone() });
        }
        let (bytes, bins) = (history.bytes(), history.len());
        let _ = writeln!(io::stderr(), "{} metrics of 10,000,000 steps: {bins} bins, {bytes} bytes", Metric::COUNT);
        history
    });
}

/// The same of a run on images.
#[divan::bench(args = SIZES)]
fn full_draw_images(bencher: Bencher, size: (u16, u16)) {
    draw(bencher, &dashboard(&Run::digits(), IMAGES), size);
}

fn draw(bencher: Bencher, app: &App, (width, height): (u16, u16)) {
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
    let mut app = dashboard(&Run::ring(), POINTS);
    update(&mut app, Message::Drawn(Size::new(width, height)));
    let size = ratatui::layout::Rect::new(0, 0, width, height);
    let options = ratatui::TerminalOptions { viewport: ratatui::Viewport::Fixed(size) };
    let sent = Sent::default();
    let backend = CrosstermBackend::new(sent.clone());
    let mut terminal = Terminal::with_options(backend, options).expect("a fixed viewport asks for nothing");
    let mut step = STEPS;
    let mut frame = |app: &mut App| {
        step += FRAME;
        update(app, Message::Report(Report::Steps(records(step - FRAME + 1, step))));
        terminal.draw(|frame| view::draw(app, frame)).expect("counting never fails");
        sent.0.take()
    };
    frame(&mut app);
    let average = (0..64).map(|_| frame(&mut app)).sum::<usize>() / 64;
    bencher.counter(BytesCount::new(average)).bench_local(|| frame(&mut app));
}
