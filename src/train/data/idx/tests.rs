use proptest::prelude::*;

use super::*;

fn file(magic: u32, sizes: &[u32], pixels: &[u8]) -> Vec<u8> {
    let header = std::iter::once(magic).chain(sizes.iter().copied()).flat_map(u32::to_be_bytes);
    header.chain(pixels.iter().copied()).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::bufread::GzEncoder::new(bytes, flate2::Compression::fast()).read_to_end(&mut packed).expect("memory");
    packed
}

fn parse_bytes(bytes: &[u8], limit: usize) -> Result<(Header, Vec<u8>), Problem> {
    match parse(|| Ok(bytes), bytes.len() as u64, false, limit, u64::MAX)? {
        (header, Contents::Pixels(pixels)) => Ok((header, pixels)),
        (_, Contents::Elsewhere { .. }) => panic!("any memory is enough"),
    }
}

/// Small images, with or without channels.
fn valid() -> impl Strategy<Value = (Vec<u32>, Vec<u8>)> {
    (1u32..6, 1u32..5, 1u32..5, prop_oneof![Just(None), Just(Some(1u32)), Just(Some(3))]).prop_flat_map(
        |(n, h, w, c)| {
            let sizes: Vec<u32> = [n, h, w].into_iter().chain(c).collect();
            let len = sizes.iter().product::<u32>() as usize;
            (Just(sizes), proptest::collection::vec(any::<u8>(), len))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64), limit in 0usize..3) {
        let _ = parse_bytes(&bytes, limit);
        let _ = parse_bytes(&gzip(&bytes), limit);
        let _ = parse_bytes(&[&format::GZIP[..], &[8, 0], &bytes].concat(), limit);
    }

    #[test]
    fn arbitrary_sizes_never_panic_nor_allocate(sizes in proptest::collection::vec(any::<u32>(), 3..5), some in 0usize..9) {
        let bytes = file(0x800 + sizes.len() as u32, &sizes, &vec![1; some]);
        prop_assert!(parse_bytes(&bytes, 0).is_err());
        prop_assert!(parse_bytes(&gzip(&bytes), 0).is_err());
    }

    #[test]
    fn a_valid_file_reads_back((sizes, pixels) in valid(), packed: bool, limit in 0usize..8) {
        let bytes = file(0x800 + sizes.len() as u32, &sizes, &pixels);
        let (header, got) = parse_bytes(&if packed { gzip(&bytes) } else { bytes }, limit).expect("a valid file");
        let kept = if limit == 0 { sizes[0] as usize } else { limit.min(sizes[0] as usize) };
        prop_assert_eq!(&[header.images, header.height, header.width][..2], &[kept, sizes[1] as usize][..]);
        prop_assert_eq!(header.channels as u32, sizes.get(3).copied().unwrap_or(1));
        prop_assert_eq!(&got[..], &pixels[..kept * pixels.len() / sizes[0] as usize]);
    }

    #[test]
    fn any_cut_and_any_addition_is_an_error((sizes, pixels) in valid(), packed: bool, at: prop::sample::Index, more in 1usize..20) {
        let mut bytes = file(0x800 + sizes.len() as u32, &sizes, &pixels);
        if packed {
            bytes = gzip(&bytes);
        }
        prop_assert!(parse_bytes(&bytes[..at.index(bytes.len())], 1).is_err());
        bytes.resize(bytes.len() + more, 7);
        // What follows a packed file is passed over, as gzip does.
        let added = parse_bytes(&bytes, 1);
        prop_assert_eq!(added.map(|(header, _)| header.garbage).ok(), packed.then_some(true));
    }

    #[test]
    fn a_changed_byte_in_gzip_is_noticed((sizes, pixels) in valid(), at: prop::sample::Index, change in 1u8..) {
        let bytes = file(0x800 + sizes.len() as u32, &sizes, &pixels);
        let mut packed = gzip(&bytes);
        // Bytes 3 to 9 of a gzip header are flags, a date and a system: changing those may change nothing.
        let at = 10 + at.index(packed.len() - 10);
        packed[at] ^= change;
        // Bits that only pad the last block to a byte may differ too; then the pixels are still the same.
        if let Ok((_, got)) = parse_bytes(&packed, 0) {
            prop_assert_eq!(got, pixels);
        }
    }
}

/// Reads what has been unpacked, whose length nobody knows.
fn unpacked(mut file: impl BufRead) -> Result<(Header, Contents), Problem> {
    Promise::read(&mut file, MAX_BYTES)?.keep(&mut file, None, 0, u64::MAX)
}

#[test]
fn a_bomb_stops_one_byte_after_what_its_header_claims() {
    // A billion zeros would take seconds to unpack; the claim is 2 × 2 × 2 bytes.
    struct Bomb(u64);
    impl Read for Bomb {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.0 += buffer.len() as u64;
            buffer.fill(0);
            Ok(buffer.len())
        }
    }
    let header = file(0x803, &[2, 2, 2], &[]);
    let mut bomb = Bomb(0);
    let problem = unpacked(BufReader::new((&header[..]).chain(&mut bomb))).expect_err("a bomb");
    assert!(matches!(problem, Problem::Trailing { .. }), "{problem}");
    assert!(bomb.0 < 1 << 17, "{} bytes were read", bomb.0);
}

#[test]
fn foreign_files_are_called_by_their_name() {
    let cases: [(&[u8], &str); 11] = [
        (&[0, 0, 8, 1, 0, 0, 0, 9, 5], "labels"),
        (&[0, 0, 8, 2, 0, 0, 0, 9, 5], "IDX of bytes with 2 sizes, magic 0x00000802"),
        (&[0, 0, 0xd, 3, 0, 0, 0, 9, 5], "32-bit floats with 3 sizes"),
        (&[3, 8, 0, 0, 9, 0, 0, 0], "wrong byte order"),
        (b"\x89PNG\r\n\x1a\n", "PNG image (data.kind = \"folder\" reads a folder of such)"),
        (b"PK\x03\x04....", "\"npz\" one of NumPy"),
        (b"\x93NUMPY\x01\0", "data.kind = \"npy\" reads it"),
        (&[6, 59, 43, 50, 68, 98, 119, 139], "data.kind = \"cifar\" reads CIFAR's"),
        (b"<!DOCTYPE html>", "HTML"),
        (b"version https://git-lfs", "Git LFS"),
        (&[0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4], "de ad be ef"),
    ];
    for (bytes, expected) in cases {
        for (bytes, inside) in [(bytes.to_vec(), "it is "), (gzip(bytes), "inside it ")] {
            let text = parse_bytes(&bytes, 0).expect_err("no images").to_string();
            assert!(text.contains(expected) && text.contains(inside), "{text}");
        }
    }
}

#[test]
fn a_packed_promise_of_much_is_checked_before_room_is_made() {
    let whole = file(0x803, &[2, 10, 10], &[7; 200]);
    for (pixels, opened_again) in [(199, false), (200, true)] {
        let packed = gzip(&whole[..16 + pixels]);
        let again = std::cell::Cell::new(false);
        let open = || {
            again.set(true);
            Ok(&packed[..])
        };
        match unpack(&packed[..], open, 0, u64::MAX, 150) {
            Ok((_, Contents::Pixels(kept))) => assert_eq!(kept, [7; 200]),
            Ok((_, contents)) => panic!("{contents:?}"),
            Err(problem) => assert!(matches!(problem, Problem::Truncated { got: 199, .. }), "{problem}"),
        }
        assert_eq!(again.get(), opened_again);
        // Of what is little at once.
        again.set(false);
        assert_eq!(unpack(&packed[..], open, 1, u64::MAX, 150).is_ok(), opened_again);
        assert!(!again.get());
    }
}
