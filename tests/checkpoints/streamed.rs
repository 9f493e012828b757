//! Runs whose images stay on disk: the same as from memory, gone on with and trained again, and with a file that fails.

use std::fs;
use std::io::Write as _;

use gantop::domain::seed::{self, Stream};
use gantop::link::{Command, PauseReason, RunState};
use rand::Rng as _;

use super::*;
use crate::support::idx::{many_images, write};
use crate::support::pictures::{encoded, put};
use crate::support::run::{Run, values};

const IMAGES: u32 = 40;

/// A run of few updates on the images in `file`, of which so many bytes may be in memory.
fn sets(file: &Path, memory: &str) -> Vec<String> {
    let path = format!("data.path={}", file.display());
    let set = ["threads=1", "batch_size=4", "critic.steps=2", "generator.hidden=[8]", "critic.hidden=[8]"];
    [path.as_str(), &format!("data.memory={memory}")].iter().chain(&set).map(|set| set.to_string()).collect()
}

#[test]
fn a_run_from_disk_is_the_run_from_memory_in_one_part_or_two() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "images", &many_images(IMAGES));
    let [kept, streamed, parts] = ["kept", "streamed", "parts"].map(|name| folder.path().join(name));
    for (run, memory, steps) in [(&kept, "1 MiB", "60"), (&streamed, "0", "60"), (&parts, "0", "25")] {
        let sets = sets(&file, memory);
        let sets: Vec<&str> = sets.iter().map(String::as_str).collect();
        train(&["mnist-wgan", "--steps", steps, "--run-dir", text(run)], &sets);
    }
    train(&["--resume", text(&parts), "--steps", "60"], &[]);
    assert_same(&kept, &streamed);
    assert_same(&kept, &parts);
}

#[test]
fn mirrored_images_of_a_folder_are_the_same_from_disk_in_two_parts() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("images");
    for i in 0..12u8 {
        let image = image::RgbImage::from_fn(4, 4, |x, y| image::Rgb([20 * i, 50 * x as u8, 80 * y as u8]));
        put(&place, &format!("{}/{i}.png", i % 3), &encoded(image, image::ImageFormat::Png));
    }
    let [kept, parts] = ["kept", "parts"].map(|name| folder.path().join(name));
    for (run, memory, steps) in [(&kept, "1 MiB", "40"), (&parts, "0", "15")] {
        let sets = sets(&place, memory);
        let more = ["data.kind=folder", "data.size=4", "data.flip=true", "engine=autograd"];
        let sets: Vec<&str> = sets.iter().map(String::as_str).chain(more).collect();
        train(&["mnist-wgan", "--steps", steps, "--run-dir", text(run)], &sets);
    }
    train(&["--resume", text(&parts), "--steps", "40"], &[]);
    assert_same(&kept, &parts);
}

/// The first step of the run with this seed whose batches have the last image in them.
fn first_step_with_the_last(seed: u64) -> u64 {
    let has = |step: &u64| {
        let mut rng = seed::rng(seed, Stream::Data, *step);
        (0..2 * 4).any(|_| rng.gen_range(0..IMAGES as usize) == IMAGES as usize - 1)
    };
    (1..).find(has).unwrap()
}

#[test]
fn a_file_that_fails_pauses_the_run_with_its_state_and_the_run_goes_on_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = many_images(IMAGES);
    let file = write(folder.path(), "images", &bytes);
    let (seed, step) = (1..).map(|seed| (seed, first_step_with_the_last(seed))).find(|(_, step)| *step > 7).unwrap();
    let seed = format!("seed={seed}");
    let start = |name: &str| {
        let sets = sets(&file, "0");
        let words = ["mnist-wgan"].into_iter().chain(sets.iter().map(String::as_str));
        let sets: Vec<&str> = words.chain(["steps=30", &seed]).collect();
        Run::recorded(&folder.path().join(name), &sets)
    };
    let mut whole = start("whole");
    whole.go_to_the_end();

    let mut broken = start("broken");
    broken.settled();
    let open = || fs::OpenOptions::new().write(true).open(&file).unwrap();
    open().set_len(bytes.len() as u64 - 1).unwrap();
    for tried in 1..=2 {
        broken.paused = None;
        broken.send(Command::Resume);
        broken.wait(|run| matches!(&run.paused, Some(PauseReason::Data(_))));
        assert_eq!((broken.state, broken.step()), (RunState::Paused, step - 1), "tried {tried}");
        let Some(PauseReason::Data(failure)) = &broken.paused else { unreachable!() };
        assert_eq!((failure.file.as_deref(), failure.index), (file.to_str(), Some(u64::from(IMAGES) - 1)));
    }
    broken.wait(|run| run.saved.last().is_some_and(|saved| saved.step == step - 1));
    // In its place: the run has the file open.
    open().write_all(&bytes).unwrap();
    broken.go_to_the_end();
    assert!(values(&whole.records) == values(&broken.records), "the same numbers as without a failure");
    drop((whole, broken));
    let [whole, broken] = ["whole", "broken"].map(|name| folder.path().join(name));
    assert_same(&whole, &broken);
    // Trained again without the failure, it is the same run.
    let (code, out, err) = said(gantop(&["replay", text(&broken)]));
    assert_eq!(code, 0, "{out}{err}");
}
