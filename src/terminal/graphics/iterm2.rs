//! iTerm2's inline images: a PNG file that takes so many cells, and goes when something is written there.

use base64ct::{Base64, Encoding};

use super::{Painter, Placed, move_to};

pub(super) struct Iterm2;

impl Painter for Iterm2 {
    fn place(&mut self, Placed { area, picture }: &Placed) -> Vec<u8> {
        // Only a picture without pixels has no PNG.
        let Ok(png) = picture.png() else { return Vec::new() };
        let place = move_to(*area);
        let keys = format!("inline=1;size={};width={};height={}", png.len(), area.width, area.height);
        let text = Base64::encode_string(&png);
        format!("{place}\x1b]1337;File={keys};preserveAspectRatio=0;doNotMoveCursor=1:{text}\x07").into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::super::tests::noise;
    use super::*;

    #[test]
    fn the_pixels_come_back_from_the_file() {
        let placed = noise(Rect::new(3, 4, 10, 5), (80, 90));
        let text = String::from_utf8(Iterm2.place(&placed)).unwrap();
        let file = text.strip_prefix("\x1b[5;4H\x1b]1337;File=").unwrap().strip_suffix('\x07').unwrap();
        let (keys, file) = file.split_once(':').unwrap();
        let file = Base64::decode_vec(file).unwrap();
        let size = file.len();
        assert_eq!(keys, format!("inline=1;size={size};width=10;height=5;preserveAspectRatio=0;doNotMoveCursor=1"));
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height, &pixels), (80, 90, &placed.picture.pixels));
    }

    #[test]
    fn it_is_taken_away_by_blanks() {
        let bytes = Iterm2.remove(Rect::new(2, 1, 3, 2));
        assert_eq!(String::from_utf8(bytes).unwrap(), "\x1b[m\x1b[2;3H   \x1b[3;3H   ");
    }
}
