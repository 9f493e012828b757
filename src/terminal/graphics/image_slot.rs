//! The picture that hangs on the screen, and the bytes written when another one is to hang there.

use std::sync::Arc;

use super::super::state::state;
use super::{Kind, Painter, Placed};

/// The picture on the screen. Nothing hangs where the terminal draws none.
#[derive(Default)]
pub(in super::super) struct ImageSlot {
    painter: Option<(Kind, Box<dyn Painter>)>,
    hung: Option<Placed>,
}

impl ImageSlot {
    /// Draws pictures so from now on.
    pub(in super::super) fn draw_with(&mut self, kind: Option<Kind>) {
        if self.painter.as_ref().map(|(kind, _)| *kind) != kind {
            self.painter = kind.map(|kind| (kind, kind.painter()));
        }
    }

    /// Takes away what hangs unless `next` belongs in the same place: to be written before the cells of a frame.
    pub(in super::super) fn make_room(&mut self, next: Option<&Placed>) -> Vec<u8> {
        let area = next.map(|next| next.area);
        let gone = self.hung.take_if(|hung| Some(hung.area) != area);
        let Some((gone, (_, painter))) = gone.zip(self.painter.as_mut()) else { return Vec::new() };
        state().screen.set_take_down(Vec::new());
        painter.remove(gone.area)
    }

    /// Draws a picture unless it hangs there: to be written after the cells of a frame.
    pub(in super::super) fn hang(&mut self, next: Option<Placed>) -> Vec<u8> {
        let (Some(next), Some((_, painter))) = (next, self.painter.as_mut()) else { return Vec::new() };
        if self.hung.as_ref().is_some_and(|hung| hung.area == next.area && Arc::ptr_eq(&hung.picture, &next.picture)) {
            return Vec::new();
        }
        let bytes = painter.place(&next);
        state().screen.set_take_down(painter.taken_down(next.area));
        self.hung = Some(next);
        bytes
    }

    /// Takes away what hangs before everything is drawn again.
    pub(in super::super) fn forget(&mut self) -> Vec<u8> {
        self.hung = None;
        state().screen.set_take_down(Vec::new());
        self.painter.as_mut().map_or_else(Vec::new, |(_, painter)| painter.forget())
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;

    use super::super::blank;
    use super::super::tests::noise;
    use super::*;

    // One test: there is one terminal, and so one way to give it back.
    #[test]
    fn a_picture_is_written_once_and_taken_away_when_it_goes() {
        let mut image_slot = ImageSlot::default();
        let [here, there] = [Rect::new(1, 1, 4, 2), Rect::new(9, 1, 4, 2)].map(|area| noise(area, (32, 32)));
        assert!(image_slot.hang(Some(here.clone())).is_empty(), "no terminal draws pictures by itself");
        image_slot.draw_with(Some(Kind::Sixel));
        assert!(image_slot.make_room(Some(&here)).is_empty() && state().screen.taken_down().is_empty());
        assert!(!image_slot.hang(Some(here.clone())).is_empty());
        assert_eq!(state().screen.taken_down(), blank(here.area));
        for _ in 0..3 {
            assert!(image_slot.make_room(Some(&here)).is_empty() && image_slot.hang(Some(here.clone())).is_empty());
        }
        // A new picture in the same place is drawn over the old one, another place is cleared first.
        let newer = Placed { picture: Arc::new((*here.picture).clone()), ..here.clone() };
        assert!(image_slot.make_room(Some(&newer)).is_empty() && !image_slot.hang(Some(newer)).is_empty());
        assert_eq!(image_slot.make_room(Some(&there)), blank(here.area));
        assert!(!image_slot.hang(Some(there.clone())).is_empty());
        assert_eq!(image_slot.make_room(None), blank(there.area));
        assert!(
            image_slot.hang(None).is_empty()
                && image_slot.make_room(None).is_empty()
                && state().screen.taken_down().is_empty()
        );
        // Where everything is drawn again it is, too.
        assert!(!image_slot.hang(Some(here.clone())).is_empty());
        assert!(image_slot.forget().is_empty() && state().screen.taken_down().is_empty());
        assert!(image_slot.make_room(Some(&here)).is_empty() && !image_slot.hang(Some(here)).is_empty());
        state().screen.set_take_down(Vec::new());
    }
}
