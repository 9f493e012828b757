//! Snapshots to show: of a ring, a mixture in one dimension, and images that could be digits.

use gantop::domain::SampleShape;
use gantop::link::{Histogram, LayerWeights, PairedHistogram, Snapshot, Weights};

use super::records::noise;
use super::runs::ring_mode;

fn histogram(
    label: &str,
    low: f32,
    high: f32,
    real: impl Iterator<Item = f64>,
    fake: impl Iterator<Item = f64>,
) -> PairedHistogram {
    let mut outside = [0; 2];
    let mut bins = |which: usize, values: &mut dyn Iterator<Item = f64>| {
        let mut bins = vec![0u32; 64];
        for value in values {
            let share = (value - low as f64) / (high - low) as f64;
            if (0.0..1.0).contains(&share) { bins[(share * 64.0) as usize] += 1 } else { outside[which] += 1 }
        }
        bins
    };
    let (mut real, mut fake) = (real, fake);
    let (real, fake) = (bins(0, &mut real), bins(1, &mut fake));
    PairedHistogram { label: label.into(), low, high, real, fake, outside }
}

fn normal(i: u64) -> f64 {
    (0..12).map(|k| noise(i * 12 + k + 50_000_000)).sum::<f64>() - 6.0
}

/// A snapshot of a ring whose generated samples reach seven of eight modes.
pub fn ring_snapshot(step: u64) -> Snapshot {
    ring_of(step, 7)
}

/// The same with so many modes.
pub fn ring_of(step: u64, modes: u64) -> Snapshot {
    let point = |i: u64, modes: u64, spread: f64, seed: u64| {
        let [x, y] = ring_mode((i % modes) as usize);
        [(x + spread * normal(2 * i + seed)) as f32, (y + spread * normal(2 * i + 1 + seed)) as f32]
    };
    let real: Vec<f32> = (0..1000).flat_map(|i| point(i, 8, 0.05, 0)).collect();
    let fake: Vec<f32> = (0..1000).flat_map(|i| point(i, modes, 0.15, 9000)).collect();
    let axis = |values: &[f32], axis: usize| {
        values.iter().skip(axis).step_by(2).map(|&v| v as f64).collect::<Vec<_>>().into_iter()
    };
    let critic = |shift: f64| (0..1000).map(move |i| shift + 0.3 * normal(i + 77_000));
    Snapshot {
        critic: histogram("critic value", -1.5, 1.5, critic(0.3), critic(-0.3)),
        values: vec![
            histogram("x", -3.0, 3.0, axis(&real, 0), axis(&fake, 0)),
            histogram("y", -3.0, 3.0, axis(&real, 1), axis(&fake, 1)),
        ],
        real,
        fake,
        ..Snapshot::empty(step, SampleShape::Point { dims: 2 })
    }
}

/// The weights of two small networks, of which the critic's are clipped to ±0.05.
pub fn weights() -> Weights {
    let layer = |inputs: usize, outputs: usize, clip: Option<f64>| {
        let weights = outputs * (inputs + 1);
        let spread = clip.unwrap_or(1.0 / (inputs as f64).sqrt());
        let mut counts = vec![0u32; 64];
        for i in 0..weights as u64 {
            let value = if clip.is_some() { (0.8 * normal(i)).clamp(-1.0, 1.0) } else { 2.0 * noise(i) - 1.0 };
            counts[((value + 1.0) * 31.99) as usize] += 1;
        }
        LayerWeights {
            name: format!("linear {inputs}→{outputs}"),
            weights,
            histogram: Histogram { low: -spread as f32, high: spread as f32, counts },
            share_at_clip: clip.map(|_| 0.211),
            norm: Some(0.25 + inputs as f32 / 100.0),
            filters: None,
        }
    };
    let layers = |clip| vec![layer(2, 64, clip), layer(64, 64, clip), layer(64, 1, clip)];
    Weights { critic: layers(Some(0.05)), generator: layers(None) }
}

pub fn mixture_snapshot(step: u64) -> Snapshot {
    let real: Vec<f32> = (0..1000)
        .map(|i| if noise(i) < 0.33 { -1.0 + 0.25 * normal(i) } else { 2.0 + 1.41 * normal(i) } as f32)
        .collect();
    let fake: Vec<f32> = (0..1000).map(|i| (1.0 + 1.8 * normal(i + 5000)) as f32).collect();
    let wide = |values: &[f32]| values.iter().map(|&v| v as f64).collect::<Vec<_>>().into_iter();
    let critic = |shift: f64| (0..1000).map(move |i| shift + 0.3 * normal(i + 77_000));
    Snapshot {
        critic: histogram("critic value", -1.5, 1.5, critic(0.1), critic(-0.1)),
        values: vec![histogram("x", -5.0, 7.0, wide(&real), wide(&fake))],
        real,
        fake,
        ..Snapshot::empty(step, SampleShape::Point { dims: 1 })
    }
}

/// The same of colour images of three classes, whose snapshots are all of the same noise.
pub fn colours_snapshot(step: u64, count: usize) -> Snapshot {
    let shape = SampleShape::Image { width: 12, height: 12, channels: 3, range: Default::default() };
    let image = |class: usize, i: usize| {
        (0usize..12 * 12 * 3).map(move |at| {
            let (x, y, channel) = (at / 3 % 12, at / 36, at % 3);
            let inside = x.abs_diff(5).max(y.abs_diff(5)) < 2 + i % 4;
            if inside == (channel == class) { 0.9f32 } else { -0.6 }
        })
    };
    let labels: Vec<u16> = (0..count).map(|i| (i % 3) as u16).collect();
    let real: Vec<f32> = (0..count).flat_map(|i| image(i % 3, i)).collect();
    let fake: Vec<f32> = (0..count).flat_map(|i| image(i % 2, i + 1)).collect();
    let pixels = |values: &[f32], channel: usize| -> Vec<f64> {
        values.iter().skip(channel).step_by(3).map(|&value| f64::from(value)).collect()
    };
    let values = ["red", "green", "blue"].into_iter().enumerate().map(|(channel, name)| {
        histogram(name, -1.0, 1.0, pixels(&real, channel).into_iter(), pixels(&fake, channel).into_iter())
    });
    Snapshot {
        critic: histogram("critic value", -1.5, 1.5, (0..99).map(normal), (0..99).map(|i| normal(i + 500))),
        values: values.collect(),
        classes: vec!["aeroplane".into(), "cat".into(), "frog".into()],
        fixed: true,
        labels,
        real,
        fake,
        ..Snapshot::empty(step, shape)
    }
}

/// A snapshot of `count` images: rings and bars that could be digits.
pub fn digits_snapshot(step: u64, count: usize) -> Snapshot {
    let image = |i: usize| {
        let (radius, bar) = (5.0 + (i % 4) as f64, i.is_multiple_of(3));
        (0..28 * 28).map(move |p| {
            let (x, y) = ((p % 28) as f64 - 13.5, (p / 28) as f64 - 13.5);
            let ring = ((x * 1.4).hypot(y) - radius).abs();
            let distance = if bar { x.abs().max(y.abs() - radius) } else { ring };
            (1.0 - distance / 1.5).clamp(-1.0, 1.0) as f32
        })
    };
    let fake: Vec<f32> = (0..count).flat_map(image).collect();
    let pixels = |values: &[f32]| values.iter().map(|&v| v as f64 * 0.999).collect::<Vec<_>>().into_iter();
    let critic = |shift: f64| (0..1000).map(move |i| shift + 0.3 * normal(i + 77_000));
    Snapshot {
        critic: histogram("critic value", -1.5, 1.5, critic(0.5), critic(-0.5)),
        values: vec![histogram("pixel", -1.0, 1.0, pixels(&fake), pixels(&fake))],
        real: fake.clone(),
        fake,
        ..Snapshot::empty(step, SampleShape::Image { width: 28, height: 28, channels: 1, range: Default::default() })
    }
}
