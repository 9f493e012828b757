//! Generated images as one picture in pixels, for a terminal that draws pictures: each enlarged by a whole factor, or
//! made smaller by one, side by side on a ground.

use std::sync::Arc;

use ratatui::layout::Rect;

use super::gallery::Gallery;
use super::images::Image;
use super::theme::Palette;
use crate::domain::SampleShape;
use crate::terminal::graphics::{CellSize, Picture, Placed};
use crate::ui::pages::samples;
use crate::ui::state::app::{App, Popup};

/// Images are enlarged as long as so many are in sight.
const ENOUGH: usize = 12;
/// Rows of the screen that an image is enlarged to at most: on a large screen more of them say more.
const TALLEST: usize = 8;
/// The fewest pixels across to which an image is made smaller so that more are in sight.
const LEAST: usize = 48;
/// The most pixels of the picture: painting and sending it must stay cheap on the finest screen.
const MOST: usize = 1_500_000;
/// Levels of each channel: in small images more are not seen, and every bit is sent.
const LEVELS: f32 = 32.0;

/// The layout of images in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// A pixel of an image is a square of so many pixels of the picture.
    enlarge: usize,
    /// Or so many of an image are one of the picture.
    shrink: usize,
    /// Pixels of an image in the picture.
    tile: (usize, usize),
    /// Pixels between images and around them.
    gap: usize,
    columns: usize,
    rows: usize,
}

impl Grid {
    /// The grid for an area of cells of this size, of one image alone or of many; `None` without room for one, or if
    /// samples are not images.
    pub fn new(area: Rect, cell: CellSize, shape: SampleShape, alone: bool) -> Option<Grid> {
        let SampleShape::Image { width, height, .. } = shape else { return None };
        let across = usize::from(area.width) * usize::from(cell.width);
        let down = (usize::from(area.height) * usize::from(cell.height)).min(MOST.checked_div(across)?);
        if width == 0 || height == 0 {
            return None;
        }
        let with = |enlarge: usize, shrink: usize| {
            let tile = (width.div_ceil(shrink) * enlarge, height.div_ceil(shrink) * enlarge);
            let gap = enlarge.clamp(2, 6);
            let fit = |room: usize, side: usize| room.saturating_sub(gap) / (side + gap);
            let most = if alone { 1 } else { usize::MAX };
            let (columns, rows) = (fit(across, tile.0).min(most), fit(down, tile.1).min(most));
            Grid { enlarge, shrink, tile, gap, columns, rows }
        };
        let mut grid = with(1, 1);
        let (enough, tallest) = if alone { (1, usize::MAX) } else { (ENOUGH, TALLEST * usize::from(cell.height)) };
        loop {
            let larger = with(grid.enlarge + 1, 1);
            if larger.count() < enough || larger.tile.1 > tallest {
                break;
            }
            grid = larger;
        }
        while grid.count() < enough && width.min(height) / (grid.shrink + 1) >= LEAST
            || grid.count() == 0 && grid.shrink < width.max(height)
        {
            grid = with(1, grid.shrink + 1);
        }
        (grid.count() > 0).then_some(grid)
    }

    /// The number of images it has room for.
    pub fn count(&self) -> usize {
        self.columns * self.rows
    }

    /// The first row of cells of this height of a row of images, counted from the top of the area.
    pub fn row(&self, row: usize, cell: CellSize) -> Option<u16> {
        let top = self.gap + row * (self.tile.1 + self.gap);
        (row < self.rows).then_some((top / usize::from(cell.height).max(1)) as u16)
    }

    /// Pixels of all images with what is between and around them.
    fn size(&self) -> (usize, usize) {
        let all = |count: usize, side: usize| count * (side + self.gap) + self.gap;
        (all(self.columns, self.tile.0), all(self.rows, self.tile.1))
    }
}

/// The picture to be painted, and the cells that are left blank for it.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageGrid {
    area: Rect,
    cell: CellSize,
    /// Grids side by side.
    parts: Vec<Part>,
    /// Between images.
    ground: u8,
}

/// A grid in a picture.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    /// The cells of it, counted from the left of the picture.
    left: u16,
    width: u16,
    grid: Grid,
    gallery: Gallery,
}

/// The picture that belongs on a screen of this size, if one does. Nothing may lie over one.
pub fn of(app: &App, screen: Rect) -> Option<ImageGrid> {
    let cell = app.cell.filter(|_| matches!(app.popup, None | Some(Popup::Filter(_))))?;
    let panels = samples::panels(app, screen);
    let (mut parts, mut area): (Vec<Part>, Option<Rect>) = (Vec::new(), None);
    for panel in panels {
        let inner = panel.images();
        let grid = Grid::new(inner, cell, panel.gallery.snapshot.shape, panel.gallery.alone.is_some())?;
        let (width, height) = grid.size();
        // Both fit into the area, which is counted in such cells.
        let width = width.div_ceil(usize::from(cell.width)) as u16;
        let height = height.div_ceil(usize::from(cell.height)) as u16;
        let own = Rect { x: inner.x + (inner.width - width) / 2, y: inner.y, width, height };
        // From the left to the right.
        let all = area.map_or(own, |area| area.union(own));
        parts.push(Part { left: own.x - all.x, width, grid, gallery: panel.gallery });
        area = Some(all);
    }
    let ground = if matches!(app.palette, Palette::Light(_)) { 208 } else { 48 };
    Some(ImageGrid { area: area?, cell, parts, ground })
}

impl ImageGrid {
    fn paint(&self) -> Picture {
        let across = usize::from(self.area.width) * usize::from(self.cell.width);
        let down = usize::from(self.area.height) * usize::from(self.cell.height);
        let mut picture = Picture { width: across, height: down, pixels: vec![self.ground; 3 * across * down] };
        self.parts.iter().for_each(|part| self.paint_part(part, &mut picture));
        picture
    }

    fn paint_part(&self, part: &Part, picture: &mut Picture) {
        let SampleShape::Image { width, height, channels, range } = part.gallery.snapshot.shape else { return };
        let Picture { width: across, height: down, pixels } = picture;
        let (across, down) = (*across, *down);
        let Grid { enlarge, shrink, tile, gap, columns, rows } = part.grid;
        let used = part.grid.size();
        let [first, own] = [part.left, part.width].map(|cells| usize::from(cells) * usize::from(self.cell.width));
        let (left, top) = (first + (own - used.0) / 2 + gap, (down - used.1) / 2 + gap);
        for (i, values) in part.gallery.images(columns, rows).into_iter().enumerate() {
            let Some(values) = values else { continue };
            let image = Image { pixels: values, width, height, channels, shrink, enlarge: 1, range: range.ends() };
            let (x, y) = (left + i % columns * (tile.0 + gap), top + i / columns * (tile.1 + gap));
            for row in 0..tile.1 {
                let start = 3 * ((y + row) * across + x);
                if row % enlarge > 0 {
                    // The same as the row above.
                    pixels.copy_within(start - 3 * across..start - 3 * across + 3 * tile.0, start);
                    continue;
                }
                for (column, at) in pixels[start..start + 3 * tile.0].chunks_exact_mut(3 * enlarge).enumerate() {
                    let rgb = image.pixel(column, row / enlarge).unwrap_or_default();
                    let step = |level: f32| (level.clamp(0.0, 1.0) * (LEVELS - 1.0)).round() / (LEVELS - 1.0);
                    // What is not finite becomes 0.
                    let rgb = rgb.map(|level| (255.0 * step(level)).round() as u8);
                    at.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&rgb));
                }
            }
        }
    }
}

/// Keeps the picture that was painted last: most frames show the same.
#[derive(Debug, Default)]
pub struct ImageCache(Option<(ImageGrid, Arc<Picture>)>);

impl ImageCache {
    /// The picture of a sheet.
    pub fn picture(&mut self, images: Option<ImageGrid>) -> Option<Placed> {
        let images = images?;
        let area = images.area;
        let kept = self.0.take().filter(|(painted, _)| *painted == images);
        let (_, picture) = self.0.insert(kept.unwrap_or_else(|| {
            let picture = Arc::new(images.paint());
            (images, picture)
        }));
        Some(Placed { area, picture: picture.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::gallery;
    use super::*;
    use crate::link::Snapshot;

    const CELL: CellSize = CellSize { width: 8, height: 16 };

    fn digits() -> SampleShape {
        SampleShape::Image { width: 28, height: 28, channels: 1, range: Default::default() }
    }

    #[test]
    fn images_are_enlarged_by_whole_factors_while_enough_are_in_sight() {
        let grid = |width, height, cell| Grid::new(Rect::new(0, 0, width, height), cell, digits(), false).unwrap();
        let of = |grid: Grid| (grid.enlarge, grid.columns, grid.rows);
        assert_eq!(of(grid(60, 21, CELL)), (3, 5, 3));
        assert_eq!(of(grid(40, 10, CELL)), (1, 10, 5));
        assert_eq!(of(grid(120, 44, CELL)), (4, 8, 6));
        // About as large on a screen of twice as many pixels.
        assert_eq!(of(grid(60, 21, CellSize { width: 16, height: 32 })), (7, 4, 3));
        // However fine the screen, there is an end.
        let (width, height) = grid(500, 200, CellSize { width: 40, height: 80 }).size();
        assert!(width * height <= MOST);
    }

    #[test]
    fn one_alone_is_as_large_as_there_is_room() {
        let grid = Grid::new(Rect::new(0, 0, 60, 21), CELL, digits(), true).unwrap();
        assert_eq!((grid.enlarge, grid.count()), (11, 1));
        assert_eq!((grid.row(0, CELL), grid.row(1, CELL)), (Some(0), None));
    }

    #[test]
    fn large_images_are_made_smaller() {
        let shape = SampleShape::Image { width: 300, height: 200, channels: 3, range: Default::default() };
        let grid = |width, height| Grid::new(Rect::new(0, 0, width, height), CELL, shape, false);
        assert_eq!(grid(60, 21).map(|grid| (grid.shrink, grid.columns, grid.rows)), Some((3, 4, 4)));
        assert_eq!(grid(3, 1).map(|grid| (grid.shrink, grid.count())), Some((17, 1)));
        assert_eq!((grid(0, 9), grid(9, 0)), (None, None));
    }

    #[test]
    fn every_pixel_becomes_a_square() {
        let shape = SampleShape::Image { width: 2, height: 1, channels: 3, range: Default::default() };
        let fake = vec![1.0, -1.0, 0.0, f32::NAN, 1.0, 9.0, -1.0, -1.0, -1.0, 1.0, 1.0, 1.0];
        let snapshot = Arc::new(Snapshot { fake, ..Snapshot::empty(0, shape) });
        let grid = Grid { enlarge: 3, shrink: 1, tile: (6, 3), gap: 2, columns: 2, rows: 1 };
        let area = Rect::new(0, 0, 3, 1);
        let gallery = Gallery::of(snapshot.clone(), gallery::Part::Generated);
        let parts = vec![Part { left: 0, width: 3, grid, gallery: gallery.clone() }];
        let images = ImageGrid { area, cell: CellSize { width: 8, height: 8 }, parts, ground: 9 };
        let picture = images.paint();
        assert_eq!((picture.width, picture.height), (24, 8));
        let at = |x: usize, y: usize| &picture.pixels[3 * (24 * y + x)..][..3];
        // What is over lies around the grid.
        for (y, inside) in [(1, false), (2, true), (4, true), (5, false)] {
            for (x, colour) in
                [(4, [9; 3]), (5, [255, 0, 132]), (7, [255, 0, 132]), (8, [0, 255, 255]), (10, [0, 255, 255])]
            {
                assert_eq!(at(x, y), if inside { colour } else { [9; 3] }, "at {x}, {y}");
            }
            assert_eq!(at(11, y), [9; 3]);
            assert_eq!(at(17, y), if inside { [255; 3] } else { [9; 3] });
        }
        let mut cache = ImageCache::default();
        let [first, again] = [(); 2].map(|()| cache.picture(Some(images.clone())).unwrap().picture);
        assert!(Arc::ptr_eq(&first, &again));
        let same = Gallery { snapshot: Arc::new((*snapshot).clone()), ..gallery };
        let with =
            |gallery: Gallery| ImageGrid { parts: vec![Part { gallery, ..images.parts[0].clone() }], ..images.clone() };
        assert!(Arc::ptr_eq(&first, &cache.picture(Some(with(same.clone()))).unwrap().picture), "the same images");
        let changed = Snapshot { fake: vec![0.5; 12], ..(*snapshot).clone() };
        let other = with(Gallery { snapshot: Arc::new(changed), ..same });
        assert!(!Arc::ptr_eq(&first, &cache.picture(Some(other)).unwrap().picture));
        assert!(cache.picture(None).is_none());
    }
}
