//! Logs that grow, are rewritten, exchanged and gone on with while somebody looks.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use gantop::link::{Command, Report};
use gantop::run::replayer::ONLY_LOOKS;

use super::{Known, fixture, play};

fn add(path: &Path, text: impl AsRef<[u8]>) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_ref()).unwrap();
}

#[test]
fn a_table_grows_by_parts_of_rows_and_is_rewritten_with_more_columns() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("metrics.csv");
    add(&path, "step,loss\n1,10\n2,2");
    let (link, mut known) = (play(dir.path(), 1), Known::default());
    known.listen(&link, |known| known.last("loss") == Some(1));
    // Only now is the row whole.
    add(&path, "0\n3,30\n");
    known.listen(&link, |known| known.last("loss") == Some(3));
    assert_eq!(known.values("loss"), [(1, 10.0), (2, 20.0), (3, 30.0)]);
    // CSVLogger writes all anew when a column comes.
    fs::write(&path, "step,loss,fid\n1,10,\n2,20,\n3,30,\n4,40,7\n").unwrap();
    known.listen(&link, |known| known.last("fid") == Some(4) && known.last("loss") == Some(4));
    assert_eq!(known.values("loss"), [(1, 10.0), (2, 20.0), (3, 30.0), (4, 40.0)]);
    assert_eq!((known.backs, known.troubles.len()), (1, 0), "{:?}", known.troubles);
}

#[test]
fn a_log_that_goes_back_begins_a_branch_that_is_drawn_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.jsonl");
    let line = |step: u64, value: u64| format!("{{\"step\": {step}, \"loss\": {value}}}\n");
    add(&path, (1..=10).map(|step| line(step, step)).collect::<String>());
    let (link, mut known) = (play(dir.path(), 1), Known::default());
    known.listen(&link, |known| known.last("loss") == Some(10));
    // Gone on with from a checkpoint after step 5.
    add(&path, (6..=12).map(|step| line(step, 100 + step)).collect::<String>());
    known.listen(&link, |known| known.last("loss") == Some(12));
    let wanted: Vec<(u64, f32)> =
        (1..=12).map(|step| (step, if step > 5 { 100 + step } else { step } as f32)).collect();
    assert_eq!((known.values("loss"), known.backs), (wanted, 1));
    // The same log exchanged for a fresh one.
    let other = dir.path().join("other");
    add(&other, line(1, 7));
    fs::rename(&other, &path).unwrap();
    known.listen(&link, |known| known.values("loss") == [(1, 7.0)]);
}

/// The name of a fixture's event file.
const EVENTS: &str = "events.out.tfevents.1700000000.fixture";

#[test]
fn an_event_file_grows_by_parts_and_a_second_one_goes_back() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = fs::read(fixture("events").join(EVENTS)).unwrap();
    let path = dir.path().join("events.out.tfevents.1.a");
    add(&path, &bytes[..bytes.len() / 3]);
    let (link, mut known) = (play(dir.path(), 1), Known::default());
    known.listen(&link, |known| known.last("Loss/G").is_some_and(|step| step > 20));
    // What comes is read where it stopped, in the middle of an event.
    let mut at = bytes.len() / 3;
    while at < bytes.len() {
        let to = bytes.len().min(at + 7_001);
        add(&path, &bytes[at..to]);
        at = to;
    }
    known.listen(&link, |known| known.last("Loss/G") == Some(198));
    super::same(known.values("Loss/G"), (0..200).step_by(2), super::g_loss);
    // Gone on with from the start, in a file of its own: the old branch is forgotten, though it had come further.
    add(&dir.path().join("events.out.tfevents.2.a"), &bytes[..bytes.len() / 2]);
    known.listen(&link, |known| known.backs == 1 && known.last("Loss/G").is_some_and(|step| step > 40));
    let last = known.last("Loss/G").unwrap();
    assert!(last < 198, "{last}");
    super::same(known.values("Loss/G"), (0..=last).step_by(2), super::g_loss);
    assert!(known.troubles.is_empty(), "{:?}", known.troubles);
}

#[test]
fn samples_in_a_folder_are_shown_as_they_come() {
    let dir = tempfile::tempdir().unwrap();
    add(&dir.path().join("stats.jsonl"), "{\"step\": 5, \"loss\": 1}\n");
    let picture =
        |level: u8| gantop::domain::picture::Picture { width: 6, height: 4, pixels: vec![level; 72] }.png().unwrap();
    fs::write(dir.path().join("fakes000100.png"), picture(255)).unwrap();
    fs::write(dir.path().join("reals.png"), picture(1)).unwrap();
    let (link, mut known) = (play(dir.path(), 1), Known::default());
    known.listen(&link, |known| known.pictures.len() == 1);
    fs::write(dir.path().join("fakes000200.png"), picture(0)).unwrap();
    known.listen(&link, |known| known.pictures.len() == 2);
    let seen: Vec<_> =
        known.pictures.iter().map(|picture| (picture.step, picture.fake[0], picture.fake.len())).collect();
    assert_eq!(seen, [(100, 1.0, 72), (200, 0.0, 72)]);
}

#[test]
fn files_that_come_later_are_read_and_a_newer_state_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let state = |steps: u64| {
        let folder = dir.path().join(format!("checkpoint-{steps}"));
        fs::create_dir(&folder).unwrap();
        let rows: Vec<String> = (1..=steps).map(|step| format!("{{\"step\": {step}, \"loss\": {step}}}")).collect();
        fs::write(folder.join("trainer_state.json"), format!("{{\"log_history\": [{}]}}", rows.join(","))).unwrap();
    };
    state(5);
    let (link, mut known) = (play(dir.path(), 1), Known::default());
    known.listen(&link, |known| known.last("loss") == Some(5));
    state(10);
    known.listen(&link, |known| known.last("loss") == Some(10));
    assert_eq!((known.steps(), known.backs), ((1..=10).collect(), 0));
}

#[test]
fn nothing_can_be_commanded_and_the_follower_goes_with_its_watcher() {
    let dir = tempfile::tempdir().unwrap();
    add(&dir.path().join("metrics.csv"), "step,loss\n1,10\n");
    let (link, mut known) = (play(dir.path(), 1), Known::default());
    known.listen(&link, |known| known.last("loss") == Some(1));
    link.commands.send(Command::Pause).unwrap();
    known.listen(&link, |known| matches!(known.all.last(), Some(Report::Rejected(no)) if no.why == ONLY_LOOKS));
    link.commands.send(Command::Stop).unwrap();
    while link.reports.recv().is_ok() {}
}
