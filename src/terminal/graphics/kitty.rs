//! kitty's graphics protocol: pictures have numbers, and lie over the cells until they are deleted.

use std::io::Write;

use base64ct::{Base64, Encoding};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use ratatui::layout::Rect;

use super::{Painter, Placed, move_to};

/// The most of a picture that one command may hold, in base64.
const CHUNK: usize = 4096;
/// The numbers in use, in turn. Other programs in the same window should not have them.
const NUMBERS: [u32; 2] = [1_735_094_896, 1_735_094_897];

#[derive(Default)]
pub(super) struct Kitty {
    /// The number that the next picture gets.
    next: usize,
    /// Whether the last one has not been deleted.
    shown: bool,
}

impl Painter for Kitty {
    fn place(&mut self, placed: &Placed) -> Vec<u8> {
        let Placed { area, picture } = placed;
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        // Writing to memory does not fail.
        let _ = packed.write_all(&picture.pixels);
        let text = Base64::encode_string(&packed.finish().unwrap_or_default());
        let mut bytes = move_to(*area).into_bytes();
        let mut rest = &text[..];
        let mut keys = format!(
            "a=T,f=24,o=z,s={},v={},i={},c={},r={},C=1,",
            picture.width, picture.height, NUMBERS[self.next], area.width, area.height
        );
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(rest.len().min(CHUNK));
            let more = u8::from(!later.is_empty());
            let _ = write!(bytes, "\x1b_G{keys}q=2,m={more};{chunk}\x1b\\");
            (rest, keys) = (later, String::new());
        }
        // The old picture goes when the new one lies over it.
        bytes.extend(self.forget());
        (self.next, self.shown) = (1 - self.next, true);
        bytes
    }

    fn remove(&mut self, _: Rect) -> Vec<u8> {
        self.forget()
    }

    fn forget(&mut self) -> Vec<u8> {
        let bytes = if self.shown { delete(NUMBERS[1 - self.next]) } else { Vec::new() };
        self.shown = false;
        bytes
    }

    fn taken_down(&self, _: Rect) -> Vec<u8> {
        delete(NUMBERS[1 - self.next])
    }
}

/// Deletes a picture wherever it lies, and what is kept of it.
fn delete(number: u32) -> Vec<u8> {
    format!("\x1b_Ga=d,d=I,i={number},q=2\x1b\\").into_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;

    use super::super::tests::noise;
    use super::*;

    /// The commands of some bytes: their keys, and what follows these.
    fn commands(bytes: &[u8]) -> Vec<(String, String)> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let commands = text.split("\x1b_G").skip(1).map(|command| command.strip_suffix("\x1b\\").unwrap());
        commands
            .map(|command| command.split_once(';').unwrap_or((command, "")))
            .map(|(keys, text)| (keys.to_owned(), text.to_owned()))
            .collect()
    }

    #[test]
    fn the_pixels_come_back_from_the_chunks() {
        let placed = noise(Rect::new(3, 4, 10, 5), (80, 90));
        let bytes = Kitty::default().place(&placed);
        assert!(bytes.starts_with(b"\x1b[5;4H\x1b_G"));
        let commands = commands(&bytes);
        assert!(commands.len() > 2, "noise fits in one chunk?");
        assert_eq!(commands[0].0, format!("a=T,f=24,o=z,s=80,v=90,i={},c=10,r=5,C=1,q=2,m=1", NUMBERS[0]));
        let (last, rest) = commands.split_last().unwrap();
        assert!(rest[1..].iter().all(|(keys, _)| keys == "q=2,m=1") && last.0 == "q=2,m=0");
        assert!(rest.iter().all(|(_, text)| text.len() == CHUNK) && last.1.len() <= CHUNK);
        let text: String = commands.into_iter().map(|(_, text)| text).collect();
        let mut pixels = Vec::new();
        ZlibDecoder::new(&Base64::decode_vec(&text).unwrap()[..]).read_to_end(&mut pixels).unwrap();
        assert_eq!(pixels, placed.picture.pixels);
    }

    #[test]
    fn the_picture_before_is_deleted_after_the_next_is_there() {
        let (mut kitty, placed) = (Kitty::default(), noise(Rect::new(0, 0, 1, 1), (8, 16)));
        let number = |keys: &str| keys.split(',').find_map(|key| key.strip_prefix("i=")).unwrap().to_owned();
        let first = number(&commands(&kitty.place(&placed))[0].0);
        let second = commands(&kitty.place(&placed));
        assert_ne!(number(&second[0].0), first);
        assert_eq!(second.last().unwrap().0, format!("a=d,d=I,i={first},q=2"));
        let shown = number(&second[0].0);
        assert_eq!(commands(&kitty.taken_down(placed.area))[0].0, format!("a=d,d=I,i={shown},q=2"));
        assert_eq!(commands(&kitty.remove(placed.area))[0].0, format!("a=d,d=I,i={shown},q=2"));
        assert!(kitty.forget().is_empty(), "deleted twice");
    }
}
