use proptest::prelude::*;

use super::*;
use crate::config;
use crate::domain::Metric;

fn checkpoint() -> Checkpoint {
    let config = config::load(None, &["seed=9".to_owned(), "name='a ring'".to_owned()]).unwrap();
    let named = |name: &str, shape: &[usize]| Named {
        name: name.to_owned(),
        shape: shape.to_vec(),
        values: (0..shape.iter().product::<usize>()).map(|i| 0.1 + i as f32).collect(),
    };
    let mut settings = Settings::of(&config);
    settings.critic_lr = 1.2345678901234567e-5;
    settings.objective.kind = "kl".to_owned();
    Checkpoint {
        info: crate::link::checkpoint::CheckpointInfo {
            step: 12,
            seconds: 0.1 + 0.2,
            reason: Reason::Asked,
            settings,
            config,
            shape: SampleShape::Point { dims: 2 },
            metrics: Some(Metrics::of([0.3; Metric::COUNT])),
            generator_updates: 12,
            critic_updates: 60,
            scheduled: 0,
        },
        tensors: vec![
            named("critic.0.bias", &[3]),
            named("critic.0.weight", &[3, 2]),
            named("generator.0.bias", &[]),
            named("optimizer.critic.moment1", &[9]),
        ],
    }
}

/// The bytes of its file.
fn bytes(checkpoint: &Checkpoint) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.safetensors");
    write(checkpoint, 3, 7, &path).unwrap();
    std::fs::read(path).unwrap()
}

#[test]
fn what_is_written_reads_back_to_the_bit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.safetensors");
    let written = checkpoint();
    write(&written, 3, 7, &path).unwrap();
    let read = read(&path).unwrap();
    assert_eq!(read, written);
    assert_eq!(read.differs_from(&written), None);
    let header = peek(&path).unwrap();
    assert_eq!((header.info.step, header.ordinal, header.rows), (12, 3, 7));
    assert_eq!(header, Header::of(&written, 3, 7));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "something is left of the writing");
    let error = write(&written, 3, 7, &path).unwrap_err().to_string();
    assert!(error.ends_with("a.safetensors: cannot be written: it exists"), "{error}");
}

#[test]
fn other_networks_are_told_by_name_and_shape() {
    let checkpoint = checkpoint();
    let mut expected: Vec<_> = checkpoint.tensors.iter().map(|t| (t.name.clone(), t.shape.clone())).collect();
    assert!(checkpoint.fits(&expected).is_ok());
    expected[1].1 = vec![4, 2];
    expected[3].0 = "optimizer.critic.moment2".to_owned();
    let error = checkpoint.fits(&expected).unwrap_err().to_string();
    for part in ["critic.0.weight is [3, 2], not [4, 2]", "moment2 is missing", "moment1 is one too many"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_difference_of_one_bit_is_found() {
    let (one, mut other) = (checkpoint(), checkpoint());
    other.tensors[1].values[2] = f32::from_bits(other.tensors[1].values[2].to_bits() ^ 1);
    assert_eq!(one.differs_from(&other).unwrap(), "1 of 6 numbers of critic.0.weight differ");
    other.info.critic_updates += 1;
    assert!(one.differs_from(&other).unwrap().contains("updates"));
}

#[test]
fn a_number_that_is_not_finite_and_another_version_are_refused() {
    let mut bad = checkpoint();
    bad.tensors[0].values[1] = f32::NAN;
    assert_eq!(file::parse(&bytes(&bad)).unwrap_err(), "critic.0.bias holds NaN, which is not finite");
    let mut newer = bytes(&checkpoint());
    let at = newer.windows(11).position(|part| part == br#""gantop":"1"#).unwrap();
    newer[at + 10] = b'2';
    assert_eq!(file::parse(&newer).unwrap_err(), "has version 2 of the format; this gantop reads version 1");
}

#[test]
fn foreign_files_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.safetensors");
    let foreign = safetensors::serialize([("x", &checkpoint().tensors[0])], &None).unwrap();
    for (content, why) in [
        (&b""[..], "is not a safetensors file"),
        (b"step,seconds\n", "is not a safetensors file"),
        (&foreign, "is not a checkpoint of gantop"),
    ] {
        std::fs::write(&path, content).unwrap();
        for error in [read(&path).unwrap_err(), peek(&path).unwrap_err()] {
            let error = error.to_string();
            assert!(error.contains("a.safetensors: ") && error.contains(why), "{error}");
        }
    }
    let error = read(dir.path()).unwrap_err().to_string();
    assert!(error.contains("cannot be read"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_an_error_and_never_a_panic(cut in 0usize..10_000, flips in proptest::collection::vec((0usize..10_000, 1u8..), 0..4)) {
        let mut damaged = bytes(&checkpoint());
        let whole = damaged.len();
        damaged.truncate(if cut < 5000 { cut } else { whole });
        let short = damaged.len() < whole;
        for (at, by) in flips {
            let at = at % whole;
            if let Some(byte) = damaged.get_mut(at) {
                *byte ^= by;
            }
        }
        let parsed = file::parse(&damaged);
        prop_assert!(!(short && parsed.is_ok()));
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.safetensors");
        std::fs::write(&path, &damaged).unwrap();
        prop_assert_eq!(read(&path).is_ok(), parsed.is_ok());
        let _ = peek(&path);
    }
}
