//! `gantop distance` as a shell sees it.

use std::f64::consts::LN_2;
use std::fs;
use std::path::PathBuf;

use crate::support::program::{self, gantop};

/// A directory with files of samples in it.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, contents).unwrap();
        path
    }

    /// (exit code, stdout, stderr) of `gantop distance` on two of them, with more arguments.
    fn said(&self, a: &str, b: &str, more: &[&str]) -> (i32, String, String) {
        let mut command = gantop(&[&["distance", a, b], more].concat());
        command.current_dir(self.0.path());
        program::said(command)
    }
}

/// A .npy file of points in the plane.
fn npy(points: &[[f64; 2]]) -> Vec<u8> {
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, 2), }}\n", points.len());
    let data = points.iter().flatten().flat_map(|x| x.to_le_bytes()).collect();
    [b"\x93NUMPY\x01\x00".to_vec(), (header.len() as u16).to_le_bytes().to_vec(), header.into_bytes(), data].concat()
}

/// n points of the example of disjoint supports: on the line x = θ.
fn line(theta: f64, n: usize) -> Vec<[f64; 2]> {
    (0..n).map(|i| [theta, i as f64 / n as f64]).collect()
}

/// The value and note of each distance in the CSV that was printed.
fn values(csv: &str) -> Vec<(String, f64, String)> {
    let row = |line: &str| {
        let fields: Vec<&str> = line.splitn(8, ',').collect();
        (fields[2].to_owned(), fields[3].parse().unwrap(), fields[7].to_owned())
    };
    assert_eq!(csv.lines().next().unwrap(), "a,b,distance,value,samples_a,samples_b,seconds,note");
    csv.lines().skip(1).map(row).collect()
}

#[test]
fn disjoint_supports_are_as_far_apart_as_theory_says() {
    let files = Files::new();
    files.write("zero.npy", npy(&line(0.0, 100)));
    let text: String = line(0.5, 100).iter().map(|[x, y]| format!("{x},{y}\n")).collect();
    files.write("half.csv", format!("x,y\n{text}"));
    let (code, out, err) = files.said("zero.npy", "half.csv", &["--csv"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let expected = [
        ("em", 0.5, 1e-12),
        // A shift by ½ in the plane: 1/π, from 128 directions.
        ("sliced", 0.5 * 2.0 / std::f64::consts::PI, 0.04),
        ("jsd", LN_2, 1e-12),
        ("kl", f64::INFINITY, 0.0),
        ("reverse-kl", f64::INFINITY, 0.0),
        ("tv", 1.0, 1e-12),
    ];
    let got = values(&out);
    assert_eq!(got.len(), expected.len(), "{out}");
    for ((name, value, _), (expected_name, expected, within)) in got.iter().zip(expected) {
        assert_eq!(name, expected_name);
        assert!(*value == expected || (value - expected).abs() <= within, "{name}: {value}, not {expected}");
    }
    assert!(got[0].2.contains("exact, by assignment"), "{out}");
    assert!(out.lines().skip(1).all(|row| row.starts_with("zero.npy,half.csv,")), "{out}");
}

#[test]
fn the_table_says_of_how_many_samples_and_how() {
    let files = Files::new();
    files.write("a.npy", npy(&line(0.0, 60)));
    files.write("b.npy", npy(&line(1.0, 40)));
    let (code, out, err) = files.said("a.npy", "b.npy", &["--em-samples", "50", "--seed", "7", "--cells", "4"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for part in [
        "A  a.npy  60 samples of 2 numbers",
        "B  b.npy  40 samples of 2 numbers",
        "50, 40",
        "exact, by transport",
        "of a random subsample, seed 7",
        "128 directions, standard error",
        "4 × 4 cells",
    ] {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
    let again = |seed| values(&files.said("a.npy", "b.npy", &["--em-samples", "50", "--seed", seed, "--csv"]).1);
    assert_eq!(again("7"), again("7"));
    assert_ne!(again("7")[1], again("8")[1]);
}

#[test]
fn files_that_cannot_be_compared_end_with_2_and_one_line() {
    let files = Files::new();
    files.write("plane.csv", "1,2\n3,4\n");
    files.write("line.csv", "1\n2\n");
    files.write("bad.csv", "x,y\n1,2\n3,oops\n");
    files.write("far.csv", "-1.7e308,0\n");
    files.write("near.csv", "1.7e308,0\n");
    let mut cut = npy(&line(0.0, 10));
    cut.truncate(cut.len() - 1);
    files.write("cut.npy", cut);
    files.write("huge.npy", {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000000, 1000), }\n";
        [b"\x93NUMPY\x01\x00".to_vec(), (text.len() as u16).to_le_bytes().to_vec(), text.into()].concat()
    });
    for (a, b, more, why) in [
        ("plane.csv", "line.csv", &[][..], "plane.csv and line.csv: the first set has points of 2 coordinates"),
        ("bad.csv", "plane.csv", &[], "bad.csv:3:3: `oops` is no number"),
        ("plane.csv", "cut.npy", &[], "cut.npy: its header says 10 × 2 numbers, 160 bytes, but 159 follow"),
        ("plane.csv", "huge.npy", &[], "huge.npy: its header says 1000000000000 × 1000 numbers"),
        ("none.csv", "plane.csv", &[], "none.csv: cannot be read: No such file"),
        (".", "plane.csv", &[], ".: cannot be read"),
        ("far.csv", "near.csv", &[], "too far apart"),
        ("plane.csv", "plane.csv", &["--cells", "100000"], "at most 2^24"),
    ] {
        let (code, out, err) = files.said(a, b, more);
        assert_eq!((code, out.as_str(), err.lines().count()), (2, "", 1), "{a} {b}: {err}");
        assert!(err.contains(why), "{a} {b}: {err}");
    }
    assert_eq!(files.said("plane.csv", "plane.csv", &["--em-samples", "0"]).0, 2);
}
