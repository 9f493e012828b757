//! Images on the samples page: beside real ones, by class, one alone, of the same noise or of fresh.

use std::sync::Arc;

use gantop::domain::SampleShape;
use gantop::link::*;
use gantop::terminal::graphics::CellSize;
use gantop::ui::Message;
use gantop::ui::Options;
use gantop::ui::draw::glyphs::GlyphSet;
use gantop::ui::draw::image_grid::{self, ImageCache};
use gantop::ui::draw::theme::Palette;
use gantop::ui::update::Effect;
use ratatui::layout::Rect;

use crate::support::pictures::{encoded, put};
use crate::support::records::*;
use crate::support::run::Run;
use crate::support::runs::*;
use crate::support::snapshots::*;
use crate::support::stage::*;

/// A run on colour images, after its first snapshot of them.
fn colours(snapshot: Snapshot) -> Stage {
    let mut stage = Stage::new(Options { glyphs: GlyphSet::Braille, palette: Palette::Mono, ..Options::default() });
    stage.text(120, 36);
    stage.report(Report::Started(Box::new(RunInfo { shape: snapshot.shape, ..digits() })));
    stage.report(Report::Steps(records(1, 3000)));
    stage.report(Report::Snapshot(Box::new(snapshot)));
    stage
}

#[test]
fn each_look_at_images_has_its_page() {
    let mut stage = colours(colours_snapshot(3000, 64));
    for (keys, look) in [("4", "histograms"), ("r", "real"), ("r", "classes"), ("r", "nothing"), ("rri", "alone")] {
        for (width, height) in [(120, 36), (80, 24)] {
            let keys = if (width, height) == (120, 36) { keys } else { "" };
            insta::assert_snapshot!(format!("gallery_{look}_{width}x{height}"), stage.press(keys).text(width, height));
        }
    }
}

#[test]
fn without_labels_there_are_no_classes_and_points_have_neither() {
    let mut stage = colours(Snapshot { labels: Vec::new(), ..colours_snapshot(3000, 64) });
    let text = stage.press("4rr").text(120, 36);
    assert!(!text.contains("real samples") && !text.contains("histograms"), "{text}");
    let mut points = Stage::new(Options::default());
    points.report(Report::Started(Box::new(ring())));
    points.report(Report::Snapshot(Box::new(ring_snapshot(1))));
    for key in ["r", "z", "i"] {
        assert!(points.press(key).text(120, 36).contains("only of images"));
    }
}

#[test]
fn up_and_down_choose_the_image_that_is_alone_and_the_classes() {
    let mut stage = colours(colours_snapshot(3000, 5));
    assert!(stage.press("4i").text(120, 36).contains("generated sample 1 of 5"));
    assert!(stage.press("↓↓").text(120, 36).contains("generated sample 3 of 5"));
    assert!(stage.press("↓↓↓↓").text(120, 36).contains("generated sample 5 of 5"));
    assert!(stage.press("↑").text(120, 36).contains("generated sample 4 of 5"));
    // The real one in the same place, and its class.
    let beside = stage.press("r").text(120, 36);
    assert!(beside.contains("real sample 4") && beside.contains("aeroplane"), "{beside}");
    let classes = stage.press("ir").text(120, 36);
    assert!(classes.contains("aeroplane") && classes.contains("frog"), "{classes}");
    let below = stage.press("↓").text(120, 36);
    assert!(!below.contains("aeroplane") && below.contains("frog"), "{below}");
    assert!(stage.press("↓↓↓↓").text(120, 36).contains("frog"), "the last class stays");
}

/// The last snapshot that was asked for.
fn asked(stage: &mut Stage) -> SnapshotRequest {
    let asked = stage.effects.drain(..).rev().find_map(|effect| match effect {
        Effect::Send(Command::Snapshot(request)) => Some(request),
        _ => None,
    });
    asked.expect("a snapshot is asked for")
}

#[test]
fn images_are_of_the_same_noise_until_fresh_is_asked_for() {
    let mut stage = colours(colours_snapshot(3000, 64));
    assert!(asked(&mut stage).fixed);
    assert!(stage.press("4").text(120, 36).contains("fixed noise  step 3,000"));
    stage.press("z").message(Message::Tick(std::time::Duration::from_secs(9)));
    assert!(!asked(&mut stage).fixed);
    stage.report(Report::Snapshot(Box::new(Snapshot { fixed: false, ..colours_snapshot(3001, 64) })));
    assert!(!stage.text(120, 36).contains("fixed noise"));
    // By class some of each have to be there.
    stage.press("rr").message(Message::Tick(std::time::Duration::from_secs(18)));
    assert_eq!(asked(&mut stage).samples, 256);
}

#[test]
fn a_terminal_that_draws_pictures_has_both_sides_in_one_and_draws_the_same_one_once() {
    let mut stage = colours(colours_snapshot(3000, 64));
    let cell = CellSize { width: 8, height: 16 };
    stage.message(Message::Pictures(Some(cell)));
    let mut cache = ImageCache::default();
    for keys in ["4", "r", "r", "r", "i", "r", "r"] {
        let text = stage.press(keys).text(120, 36);
        let mut shown = || cache.picture(image_grid::of(&stage.app, Rect::new(0, 0, 120, 36))).expect("a picture");
        let first = shown();
        let terminal = stage.terminal(120, 36);
        let below = first.area.positions().all(|at| terminal.backend().buffer()[at].symbol() == " ");
        assert!(below, "something is written below the picture of {keys}:\n{text}");
        assert_eq!(first.picture.pixels.len(), 3 * first.picture.width * first.picture.height);
        // A paused run gives the same images again, and nothing has to be sent.
        stage.report(Report::Snapshot(Box::new(colours_snapshot(3000, 64))));
        let again = cache.picture(image_grid::of(&stage.app, Rect::new(0, 0, 120, 36))).expect("a picture");
        assert!(Arc::ptr_eq(&first.picture, &again.picture));
    }
}

#[test]
fn the_weights_page_shows_what_the_first_layer_looks_for() {
    let mut stage = colours(colours_snapshot(3000, 8));
    let shape = SampleShape::Image { width: 4, height: 4, channels: 3, range: Default::default() };
    let values = (0..16 * shape.len()).map(|i| if i % 7 < 3 { 1.0 } else { -0.7 }).collect();
    let mut weights = weights();
    weights.critic[0].filters = Some(Filters { shape, values });
    stage.report(Report::Snapshot(Box::new(Snapshot { weights: Some(weights), ..colours_snapshot(3001, 8) })));
    insta::assert_snapshot!("gallery_filters", stage.press("5").text(120, 36));
    assert!(!stage.text(60, 16).contains("filters"), "there is no room");
}

#[test]
fn a_trainer_gives_the_same_noise_and_real_images_again_with_their_classes() {
    let folder = tempfile::tempdir().unwrap();
    for (i, class) in ["cat", "dog", "cat", "dog"].into_iter().enumerate() {
        let image = image::RgbImage::from_pixel(4, 4, image::Rgb([60 * i as u8, 10, 200]));
        put(folder.path(), &format!("{class}/{i}.png"), &encoded(image, image::ImageFormat::Png));
    }
    let data = format!("data={{kind=\"folder\", path=\"{}\"}}", folder.path().display());
    let mut run = Run::start(&[&data, "threads=1", "batch_size=4", "generator.hidden=[8]", "critic.hidden=[8]"]);
    let look = |run: &mut Run, samples, fixed| run.look(SnapshotRequest { samples, weights: true, fixed });
    let (few, many) = (look(&mut run, 6, true), look(&mut run, 9, true));
    assert!(few.real == many.real[..few.real.len()], "the first are the same");
    assert!(few.fake.iter().zip(&many.fake).all(|(few, many)| (few - many).abs() < 1e-5), "but for rounding");
    assert!(few.fixed && few.fake != look(&mut run, 6, false).fake);
    // Their labels are theirs: the first channel of a cat is 0 or 120, of a dog 60 or 180.
    assert_eq!(few.classes, ["cat", "dog"]);
    for (image, label) in few.real.chunks_exact(48).zip(&few.labels) {
        let red = ((image[0] + 1.0) * 127.5).round() as u16;
        assert_eq!(red / 60 % 2, *label);
    }
    let names: Vec<&str> = few.values.iter().map(|histogram| histogram.label.as_str()).collect();
    assert_eq!(names, ["red", "green", "blue"]);
    assert_eq!(few.values[2].real.iter().sum::<u32>(), 6 * 16);
    let filters = few.weights.expect("weights").critic[0].filters.clone().expect("filters of a critic of images");
    assert_eq!((filters.shape, filters.values.len()), (few.shape, 8 * 48));
    let largest = filters.values.chunks_exact(48).map(|filter| filter.iter().fold(0f32, |most, w| most.max(w.abs())));
    assert!(largest.into_iter().all(|most| (most - 1.0).abs() < 1e-6));
    run.advance(3);
    let later = look(&mut run, 6, true);
    assert!(later.real == few.real && later.fake != few.fake, "the generator has changed, and nothing else");
}
