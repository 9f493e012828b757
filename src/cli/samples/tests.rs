//! Files of samples, good, bad and random.

use proptest::prelude::*;

use super::*;

fn parsed(bytes: impl AsRef<[u8]>) -> Result<Points, String> {
    parse(bytes.as_ref(), false).map_err(|problem| problem.to_string())
}

fn points(values: &[f64], dims: usize) -> Result<Points, String> {
    Ok(Points::new(values.to_vec(), dims).unwrap())
}

/// A .npy file of version 1 with this header and these bytes.
fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [crate::domain::npy::MAGIC, &[1, 0], &length, header.as_bytes(), data].concat()
}

fn header(descr: &str, fortran: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}      \n")
}

fn le(values: &[f64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn csv_in_its_dialects() {
    let expected = points(&[1.0, 2.5, -3e-2, 4.0], 2);
    for text in [
        "1,2.5\n-3e-2,4",
        "x,y\n1,2.5\n-3e-2,4\n",
        "\u{feff}\"x\", y\r\n1, 2.5\r\n\r\n-3e-2 ,4\r\n\r\n",
        "first x;second y\n1;2.5\n-3e-2;4\n",
        "1\t2.5\n-3e-2\t4\n",
        "# written by savetxt\n1.0e+00 2.5e+00\n-3e-2  4\n",
    ] {
        assert_eq!(parsed(text), expected, "{text:?}");
    }
    assert_eq!(parsed("the value\n1\n2\n"), points(&[1.0, 2.0], 1));
    assert_eq!(parsed("7"), points(&[7.0], 1));
}

#[test]
fn a_text_of_too_many_numbers_is_given_up() {
    let text = "1,2\n".repeat(501_000);
    assert_eq!(csv::parse(&text.as_bytes()[..2_000_000], 1_000_000).unwrap().len(), 500_000);
    let problem = csv::parse(text.as_bytes(), 1_000_000).unwrap_err().to_string();
    assert_eq!(problem, ": more than 1 million numbers; keep a part of the samples, distances are estimates anyway");
}

#[test]
fn csv_errors_have_their_place() {
    for (text, expected) in [
        ("", ": holds no samples"),
        ("\n\n# nothing\n", ": holds no samples"),
        ("x,y\n", ": holds no samples"),
        ("1,2\n3,four\n", ":2:3: `four` is no number"),
        ("1,y\n3,4\n", ":1:3: `y` is no number"),
        ("x,y\na,b\n", ":2:1: `a` is no number"),
        ("1,2\n3, nan\n", ":2:4: `nan` is not finite; every number must be"),
        ("1e999\n", ":1:1: `1e999` is not finite; every number must be"),
        ("1,2\n3,\n", ":2:3: a number is missing"),
        ("1,2\n3\n", ":2:1: 1 field where line 1 has 2; every line needs as many"),
        ("x\n\n1,2\n", ":3:1: 2 fields where line 1 has 1; every line needs as many"),
        ("é,ü\n1,ö€x\n", ":2:3: `ö€x` is no number"),
        ("1,2\nabcdefghijklmnopqrstuvwxyzabcdef,2", ":2:1: `abcdefghijklmnopqrstuvwx…` is no number"),
    ] {
        assert_eq!(parsed(text), Err(expected.to_owned()), "{text:?}");
    }
    let endless = parsed("1,".repeat(9_000_000)).unwrap_err();
    assert_eq!(endless, ":1:1: the line is longer than 16 MiB; a sample a line is needed");
    assert!(parsed(b"1,2\n\xff\xfe,1\n").unwrap_err().starts_with(":2:1: not text"));
}

#[test]
fn npy_of_both_widths_shapes_and_versions() {
    let data = le(&[1.0, 2.5, -0.03, 4.0]);
    assert_eq!(parsed(npy(&header("<f8", "False", "(2, 2)"), &data)), points(&[1.0, 2.5, -0.03, 4.0], 2));
    assert_eq!(parsed(npy(&header("<f8", "False", "(4,)"), &data)), points(&[1.0, 2.5, -0.03, 4.0], 1));
    // A vector is in both orders.
    assert_eq!(parsed(npy(&header("<f8", "True", "(4,)"), &data)), points(&[1.0, 2.5, -0.03, 4.0], 1));
    let single: Vec<u8> = [0.5f32, -1.0].iter().flat_map(|value| value.to_le_bytes()).collect();
    let header = "{\"shape\":(1,2),\"fortran_order\":False,\"descr\":\"<f4\"}";
    let length = (header.len() as u32).to_le_bytes();
    let second = [crate::domain::npy::MAGIC, &[2, 0], &length, header.as_bytes(), &single].concat();
    assert_eq!(parsed(second), points(&[0.5, -1.0], 2));
}

#[test]
fn npy_errors_say_what_is_wrong() {
    let eight = [0; 8];
    let with = |descr, fortran, shape| parsed(npy(&header(descr, fortran, shape), &eight)).unwrap_err();
    for (got, expected) in [
        (with("<f8", "False", "(2,)"), "2 × 1 numbers, 16 bytes, but 8 follow; the file is cut short"),
        (with("<f4", "False", "(1,)"), "1 × 1 numbers, 4 bytes, but 8 follow"),
        (with("<f8", "False", "(4611686018427387904, 4)"), "more bytes than there can be"),
        (with("<f8", "False", "(99999999999999999999999,)"), "not the dictionary"),
        (with("<f8", "False", "()"), "0 dimensions"),
        (with("<f8", "False", "(1, 1, 1)"), "x.reshape(len(x), -1)"),
        (with("<f8", "False", "(0, 2)"), "no samples"),
        (with("<f8", "True", "(1, 1)"), "Fortran order"),
        (with(">f8", "False", "(1,)"), "`>f8`; save them as '<f4' or '<f8'"),
        (with("<i8", "False", "(1,)"), "`<i8`"),
        (parsed(npy("{'descr': [('x', '<f8')], 'shape': (1,)}", &eight)).unwrap_err(), "save a plain array"),
        (parsed(npy("{'descr': '<f8', 'shape': (1,)}", &eight)).unwrap_err(), "not the dictionary"),
        (parsed(npy(&header("<f8", "False", "(1,)"), &le(&[f64::NAN]))).unwrap_err(), "point 1, coordinate 1 is NaN"),
        (parsed([crate::domain::npy::MAGIC, &[3, 0, 9, 0]].concat()).unwrap_err(), "version 3"),
        (parsed([crate::domain::npy::MAGIC, &[1, 0, 9, 0]].concat()).unwrap_err(), "cut short inside its header"),
        (
            parsed([crate::domain::npy::MAGIC, &[2, 0, 255, 255, 255, 255, 1]].concat()).unwrap_err(),
            "cut short inside its header",
        ),
        (parsed(crate::domain::npy::MAGIC).unwrap_err(), "cut short inside its header"),
        (parse(&b"1,2\n"[..], true).unwrap_err().to_string(), "named .npy"),
    ] {
        assert!(got.contains(expected), "{got}, not {expected}");
    }
}

#[test]
fn a_text_is_read_as_it_comes_and_no_further_than_it_must() {
    // One without end.
    let text = BufReader::new(io::repeat(b'1').take(1 << 40));
    assert!(parse(text, false).unwrap_err().to_string().contains("longer than 16 MiB"));
    let text = BufReader::new(io::repeat(b'\n').chain(&b"1"[..]).take(1 << 20));
    assert!(matches!(parse(text, false), Err(Problem::Empty)));
}

#[test]
fn a_file_is_named_in_its_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.csv");
    let said = |path: &Path| read(path).unwrap_err().to_string();
    assert!(said(&path).starts_with(&format!("{}: cannot be read: ", path.display())));
    assert!(said(directory.path()).contains("cannot be read"));
    std::fs::write(&path, "1\nx\n").unwrap();
    assert_eq!(said(&path), format!("{}:2:1: `x` is no number", path.display()));
    std::fs::write(&path, npy(&header("<f8", "False", "(1,)"), &le(&[2.0]))).unwrap();
    assert_eq!(read(&path).unwrap().values(), [2.0]);
}

proptest! {
    #[test]
    fn numbers_come_back(rows in proptest::collection::vec([-1e300..1e300f64, -1.0..1.0f64], 1..20)) {
        let values: Vec<f64> = rows.iter().flatten().copied().collect();
        let text: String = rows.iter().map(|[x, y]| format!("{x},{y:e}\n")).collect();
        prop_assert_eq!(parsed(text), points(&values, 2));
        let file = npy(&header("<f8", "False", &format!("({}, 2)", rows.len())), &le(&values));
        prop_assert_eq!(parsed(file), points(&values, 2));
    }

    #[test]
    fn no_bytes_are_too_odd(bytes in proptest::collection::vec(any::<u8>(), 0..200), npy: bool) {
        let _ = parse(&bytes[..], npy);
    }

    #[test]
    fn no_text_is_too_odd(text in "[-0-9a-z.,;\t \r\n#\"é\u{fe0f}]{0,80}") {
        let _ = parsed(text);
    }

    #[test]
    fn damage_to_npy_is_noticed_or_harmless(
        at in 0usize..120, byte: u8, cut in 0usize..130, shape in "[(), 0-9]{0,24}"
    ) {
        let _ = parsed(npy(&header("<f8", "False", &shape), &le(&[1.0; 4])));
        let mut file = npy(&header("<f8", "False", "(2, 2)"), &le(&[1.0; 4]));
        let whole = file.len();
        file.truncate(cut);
        if file.len() < whole && file.len() >= crate::domain::npy::MAGIC.len() {
            prop_assert!(parsed(&file).is_err());
        }
        if let Some(place) = file.get_mut(at) {
            *place = byte;
        }
        let _ = parsed(&file);
    }
}
