//! What the trainer does: a step, and a snapshot for the screen. Through the channels, as the program has it.
//!
//! The time of a step includes its record's way to the watcher. The dashboard asks for at most four snapshots a second,
//! so a snapshot's time in milliseconds × 0.4 is the percentage of the throughput that it takes.

use divan::Bencher;
use divan::counter::ItemsCount;
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
    let run = Run::engine("autograd", SIZES[size]);
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| run.steps(STEPS));
}

/// The same steps by the explicit engine.
#[divan::bench(sample_count = 5, sample_size = 1, args = [0, 1, 2])]
fn explicit_steps(bencher: Bencher, size: usize) {
    let run = Run::engine("explicit", SIZES[size]);
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| run.steps(STEPS));
}

/// A snapshot of the default preset as the dashboard asks for it.
#[divan::bench(sample_count = 40, sample_size = 1)]
fn ring_snapshot(bencher: Bencher) {
    let run = Run::ring();
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| run.snapshot(POINTS));
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
