use proptest::prelude::*;

use super::*;
use crate::domain::{Metric, Metrics, SampleShape};

fn written(dir: &Path) -> std::path::PathBuf {
    let config = crate::config::load(None, &["steps=1000".to_owned(), "record.every=2".to_owned()]).unwrap();
    let mut events = Events::create(dir, &config, &MetricTable::own()).unwrap();
    let record = |step: u64| StepRecord { step, seconds: 0.1, values: Metrics::of([step as f32 / 2.0; Metric::COUNT]) };
    events.records(&[1, 2, 3, 4].map(record)).unwrap();
    let mut snapshot = Snapshot::empty(4, SampleShape::Point { dims: 2 });
    (snapshot.real, snapshot.fake) = (vec![0.0, 0.0, 1.0, 2.0], vec![0.5, 0.75]);
    snapshot.critic = PairedHistogram {
        label: "critic value".into(),
        low: -1.0,
        high: 1.0,
        real: vec![1, 3],
        fake: vec![2, 0],
        outside: [0; 2],
    };
    let weights = Histogram { low: -0.5, high: 0.5, counts: vec![5, 0, 5] };
    snapshot.values = vec![PairedHistogram { label: "x".into(), ..snapshot.critic.clone() }; 2];
    let weights = (weights.clone(), weights, [Moments::of([0.25, -0.25, 0.5]), Moments::of([])]);
    let (generator, critic, weights) = weights;
    let values = [Moments::of([-0.5, 0.25, 0.25, 1.0, f32::NAN]), Moments::of([-0.75, -0.25])];
    events.record_snapshot(&RecordedSnapshot { snapshot, generator, critic, weights, values }).unwrap();
    let file = std::fs::read_dir(dir.join(TENSORBOARD_DIR)).unwrap().next().unwrap().unwrap();
    file.path()
}

#[test]
fn what_is_written_reads_back() {
    let dir = tempfile::tempdir().unwrap();
    let (events, torn) = read(&written(dir.path())).unwrap();
    assert_eq!((events.len(), torn), (4, 0));
    assert_eq!(events[0].what, Some(What::FileVersion("brain.Event:2".to_owned())));
    let values = |event: &Event| {
        let Some(What::Summary(summary)) = &event.what else { panic!("{event:?}") };
        summary.value.clone()
    };
    assert_eq!((events[1].step, events[2].step, events[3].step), (2, 4, 4));
    assert_eq!(values(&events[2]).len(), Metric::COUNT);
    assert!(values(&events[2]).iter().all(|value| value.simple_value == Some(2.0)));
    let last = values(&events[3]);
    let tags: Vec<&str> = last.iter().map(|value| value.tag.as_str()).collect();
    let wanted = ["weights/generator", "weights/critic", "critic_value/real", "critic_value/generated"];
    assert_eq!(tags[..4], wanted);
    assert_eq!(tags[4..], ["x/real", "x/generated", "x/real", "x/generated", "samples/plane"]);
    // Of the numbers, not of the bins.
    let of = |i: usize| last[i].histo.as_ref().map(|h| [h.min, h.max, h.sum, h.sum_squares]).unwrap();
    assert_eq!((of(0), of(1)), ([-0.25, 0.5, 0.5, 0.375], [-0.5, 0.5, 0.0, 0.0]));
    assert_eq!((of(4), of(6), of(7)), ([0.0, 1.0, 1.0, 1.0], [0.0, 2.0, 2.0, 4.0], [0.75, 0.75, 0.75, 0.5625]));
    let real = last[2].histo.as_ref().unwrap();
    assert_eq!((real.num, real.sum, real.sum_squares), (4.0, 1.0, 1.375));
    assert_eq!((&real.bucket_limit[..], &real.bucket[..]), (&[0.0, 1.0][..], &[1.0, 3.0][..]));
    let generated = last[3].histo.as_ref().unwrap();
    assert_eq!((real.min, real.max, generated.min, generated.max), (-0.5, 1.0, -0.75, -0.25));
    assert!(last[8].image.as_ref().unwrap().encoded_image_string.starts_with(b"\x89PNG"));
}

#[test]
fn scalars_are_thinned_with_the_rows() {
    let every = |steps: u64, every: u64| {
        let sets = [format!("steps={steps}"), format!("record.every={every}")];
        scalars_every(&crate::config::load(None, &sets).unwrap())
    };
    assert_eq!((every(5000, 1), every(5000, 7), every(10_000, 0)), (1, 7, 1));
    assert_eq!((every(1_000_000, 1), every(0, 10), every(u64::MAX >> 1, 1 << 62)), (100, 100, 1 << 62));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_an_error_and_a_torn_end_is_skipped(at: usize, flip in 1..=255u8, cut: usize) {
        let dir = tempfile::tempdir().unwrap();
        let path = written(dir.path());
        let whole = std::fs::read(&path).unwrap();
        let cut = cut % whole.len();
        std::fs::write(&path, &whole[..cut]).unwrap();
        let (events, torn) = read(&path).unwrap();
        prop_assert!(events.len() < 4 && torn <= cut);
        let mut spoilt = whole.clone();
        spoilt[at % whole.len()] ^= flip;
        std::fs::write(&path, &spoilt).unwrap();
        prop_assert!(read(&path).is_err());
    }

    #[test]
    fn noise_is_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &bytes).unwrap();
        let _ = read(file.path());
        let _ = <Event as prost::Message>::decode(&bytes[..]);
    }
}
