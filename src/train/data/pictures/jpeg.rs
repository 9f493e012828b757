//! The facts about a JPEG file that its decoder does not tell: whether it is all there, and its number of colours.

/// The findings of a walk through the segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Whether the end of the image stands behind its first scan: the decoder fills what is missing with grey.
    pub ends: bool,
    /// Components of its frame: 1 grey, 3 colour, 4 CMYK.
    pub components: Option<u8>,
}

/// Walks through the segments before the first scan, and looks for the end of the image behind it.
pub fn scan(bytes: &[u8]) -> Scan {
    let mut found = Scan::default();
    // Behind the marker of the start.
    let mut at = 2;
    while let Some(&[0xff, marker]) = bytes.get(at..at + 2) {
        match marker {
            // A marker may be filled up with this.
            0xff => {
                at += 1;
                continue;
            }
            // Without a length.
            0x01 | 0xd0..=0xd8 => {
                at += 2;
                continue;
            }
            0xd9 => break,
            _ => {}
        }
        let Some(&[high, low]) = bytes.get(at + 2..at + 4) else { break };
        let next = at + 2 + usize::from(u16::from_be_bytes([high, low]));
        // Frames, but not the tables that have a number among theirs.
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            found.components = bytes.get(at + 9).copied();
        }
        if marker == 0xda {
            // Among the data of a scan a zero follows each 0xff.
            found.ends = bytes.get(next..).is_some_and(|rest| rest.windows(2).any(|pair| pair == [0xff, 0xd9]));
            break;
        }
        at = next;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_counts_only_behind_the_scan() {
        // A thumbnail with an end of its own in a segment, a frame of four components, a scan.
        let thumbnail = [0xff, 0xe1, 0, 6, 0xff, 0xd8, 0xff, 0xd9];
        let frame = [0xff, 0xc0, 0, 8, 8, 0, 1, 0, 1, 4];
        let scan_of = [0xff, 0xda, 0, 2, 1, 0xff, 0, 2];
        let head = [&[0xff, 0xd8][..], &thumbnail, &frame, &scan_of].concat();
        assert_eq!(scan(&head), Scan { ends: false, components: Some(4) });
        assert!(scan(&[&head[..], &[0xff, 0xd9]].concat()).ends);
        for short in 0..head.len() {
            assert!(!scan(&head[..short]).ends, "{short}");
        }
    }
}
