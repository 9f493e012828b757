use rand_xoshiro::rand_core::SeedableRng as _;

use super::*;

/// Images of so many pixels in a row, of one channel.
fn images(range: PixelRange, width: usize, pixels: &[u8]) -> Images {
    let shape = SampleShape::Image { width, height: 1, channels: 1, range };
    let pixels = Pixels::Memory(pixels.to_vec());
    Images { shape, count: 1, pixels, labels: None, flip: false, survey: Survey::default() }
}

fn drawn(images: &Images, seed: u64, samples: usize) -> Vec<f32> {
    let mut out = vec![f32::NAN; samples * images.shape.len()];
    images.draw(&mut Rng::seed_from_u64(seed), &mut Batch::of(&mut out)).expect("images in memory");
    out
}

#[test]
fn bytes_are_mapped_onto_the_whole_range() {
    for (range, low, middle, high) in [(PixelRange::Signed, -1.0, 0.2, 1.0), (PixelRange::Unit, 0.0, 0.6, 1.0)] {
        let out = drawn(&images(range, 3, &[0, 153, 255]), 1, 1);
        assert_eq!((out[0], out[2]), (low, high));
        assert!((out[1] - middle).abs() < 1e-6, "{}", out[1]);
    }
}

#[test]
fn every_image_is_drawn_about_as_often() {
    let images = Images { count: 4, ..images(PixelRange::Unit, 2, &[0, 0, 51, 51, 102, 102, 153, 153]) };
    let mut counts = [0; 4];
    for sample in drawn(&images, 5, 40_000).chunks_exact(2) {
        assert_eq!(sample[0], sample[1], "a sample is one whole image");
        counts[(sample[0] * 5.0).round() as usize] += 1;
    }
    assert!(counts.iter().all(|c| (9_500..10_500).contains(c)), "{counts:?}");
}

#[test]
fn half_of_the_samples_are_mirrored_where_that_is_asked_for() {
    // Two rows of two pixels of three channels.
    let shape = SampleShape::Image { width: 2, height: 2, channels: 3, range: PixelRange::Unit };
    let pixels: Vec<u8> = (1..=12).collect();
    let images = Images { shape, flip: true, ..images(PixelRange::Unit, 2, &pixels) };
    let as_it_is: Vec<f32> = pixels.iter().map(|&byte| f32::from(byte) / 255.0).collect();
    let mirrored: Vec<f32> = [4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9].map(|byte: u8| f32::from(byte) / 255.0).to_vec();
    let samples = drawn(&images, 3, 10_000);
    let count = |of: &[f32]| samples.chunks_exact(12).filter(|sample| *sample == of).count();
    assert_eq!(count(&as_it_is) + count(&mirrored), 10_000);
    assert!((4_800..5_200).contains(&count(&mirrored)), "{}", count(&mirrored));
    // Moving on without drawing comes to the same place.
    let mut rng = Rng::seed_from_u64(3);
    images.skip(&mut rng, 7_000);
    let mut rest = vec![0.0; 12 * 3_000];
    images.draw(&mut rng, &mut Batch::of(&mut rest)).expect("images in memory");
    assert_eq!(rest, samples[12 * 7_000..]);
}
