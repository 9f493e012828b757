//! What the trainer does: a step, and a snapshot for the screen. Through the channels, as the program has it.
//!
//! The time of a step includes its record's way to the watcher. The dashboard asks for at most two snapshots a second,
//! so a snapshot's time in milliseconds × 0.2 is the percentage of the throughput that it takes.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};
use gantop::domain::{Metrics, StepRecord};
use gantop::train::health::Monitor;
use gantop::ui::update::{IMAGES, POINTS};

use crate::run::Run;

/// Steps that are measured together.
const STEPS: u64 = 20;

/// Steps of the default preset.
#[divan::bench(sample_count = 40, sample_size = 1)]
fn ring_steps(bencher: Bencher) {
    let run = Run::ring();
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| run.steps(STEPS));
}

/// Hidden layers of the networks that the engines are compared on.
const SIZES: [&[usize]; 3] = [&[32, 32], &[128, 128], &[512, 512, 512]];

/// Steps by autograd: five updates of a WGAN's critic and one of its generator, at one of the [`SIZES`].
#[divan::bench(sample_count = 5, sample_size = 1, args = [0, 1, 2])]
fn autograd_steps(bencher: Bencher, size: usize) {
    let run = Run::engine("autograd", 1, SIZES[size]);
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| run.steps(STEPS));
}

/// The same steps by the explicit engine.
#[divan::bench(sample_count = 5, sample_size = 1, args = [0, 1, 2])]
fn explicit_steps(bencher: Bencher, size: usize) {
    let run = Run::engine("explicit", 1, SIZES[size]);
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| run.steps(STEPS));
}

/// The same steps by the explicit engine with two workers.
#[divan::bench(sample_count = 5, sample_size = 1, args = [0, 1, 2])]
fn explicit_steps_of_two_workers(bencher: Bencher, size: usize) {
    let run = Run::engine("explicit", 2, SIZES[size]);
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| run.steps(STEPS));
}

/// The matrix products of the same steps and nothing else, on one thread: what a step cannot be faster than.
#[divan::bench(sample_count = 5, sample_size = 1, args = [0, 1, 2])]
fn products_of_steps(bencher: Bencher, size: usize) {
    let networks = [layers(2, SIZES[size], 1), layers(2, SIZES[size], 2)];
    let widest = SIZES[size].iter().copied().max().unwrap_or(1);
    let mut numbers = [(); 3].map(|()| Mat::<f32>::full(512.max(widest), 512.max(widest), 0.01));
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| {
        for _ in 0..STEPS {
            let mut pass = |network: usize, rows: usize, weights: bool, further: bool| {
                for (i, &(inputs, outputs)) in networks[network].iter().enumerate() {
                    multiply(&mut numbers, rows, inputs, outputs);
                    if weights {
                        multiply(&mut numbers, outputs, rows, inputs);
                    }
                    if further || (weights && i > 0) {
                        multiply(&mut numbers, rows, outputs, inputs);
                    }
                }
            };
            for _ in 0..5 {
                pass(1, 256, false, false);
                pass(0, 512, true, false);
            }
            pass(1, 256, true, false);
            pass(0, 256, false, true);
        }
    });
}

/// Inputs and outputs of a network's layers.
fn layers(input: usize, hidden: &[usize], output: usize) -> Vec<(usize, usize)> {
    let widths: Vec<usize> = std::iter::once(input).chain(hidden.iter().copied()).chain([output]).collect();
    widths.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// One product of so many rows, terms and columns.
fn multiply(numbers: &mut [Mat<f32>; 3], rows: usize, terms: usize, columns: usize) {
    let [out, a, b] = numbers;
    let out = out.as_mut().submatrix_mut(0, 0, rows, columns);
    matmul(out, Accum::Replace, a.submatrix(0, 0, rows, terms), b.submatrix(0, 0, terms, columns), 1.0, Par::Seq);
}

/// A snapshot of the default preset as the dashboard asks for it.
#[divan::bench(sample_count = 40, sample_size = 1)]
fn ring_snapshot(bencher: Bencher) {
    let run = Run::ring();
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| run.snapshot(POINTS));
}

/// What the rules make of a record.
#[divan::bench(sample_size = 1000)]
fn rules(bencher: Bencher) {
    let run = Run::ring();
    let mut monitor = Monitor::new(&run.info.config.health, &run.info.settings);
    let mut step = 0;
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| {
        step += 1;
        // A bound that moves and is well above 0.
        let values = Metrics::of(std::array::from_fn(|_| 1.0 + (step % 7) as f32));
        monitor.record(black_box(&StepRecord { step, seconds: step as f64, values }))
    });
}

/// Steps of the preset for handwritten digits.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn digits_steps(bencher: Bencher) {
    let run = Run::digits();
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| run.steps(STEPS));
}

/// Snapshots of the preset for handwritten digits: as many images as a common screen has room for, and as are ever asked
/// for.
#[divan::bench(sample_count = 40, sample_size = 1, args = [8, IMAGES])]
fn digits_snapshot(bencher: Bencher, images: usize) {
    let run = Run::digits();
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| run.snapshot(images));
}
