//! The places on the screen that can be pointed at, noted while they are drawn: so that help and mouse know what the
//! eye sees.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{pen::Pen, view};
use crate::glossary::Term;
use crate::ui::charts::chart_view::ChartId;
use crate::ui::pages::Page;
use crate::ui::state::app::App;

/// The target of a place on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A panel or a figure with an entry in the glossary.
    Term(Term),
    /// The name of a page.
    Tab(Page),
    /// The plot of a chart, from the first to the last of these steps.
    Plot(ChartId, (u64, u64)),
    /// A row of the list that is open, by its place in the list.
    Row(usize),
    /// A popup over the page: nothing below it is meant.
    Popup,
}

/// A place and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    pub area: Rect,
    pub target: Target,
}

/// All spots of the screen as it was last drawn, from the ground up.
pub fn all(app: &App) -> Vec<Spot> {
    let mut buffer = Buffer::empty(Rect::new(0, 0, app.size.width, app.size.height));
    let area = buffer.area;
    let mut pen = Pen::new(&mut buffer, app.glyphs, app.palette);
    view::paint(app, &mut pen, area);
    pen.spots
}

/// The spots at a place, the uppermost first, down to a popup.
pub fn at(spots: &[Spot], x: u16, y: u16) -> impl Iterator<Item = &Spot> {
    let here = spots.iter().rev().filter(move |spot| spot.area.contains(Position { x, y }));
    let mut covered = false;
    here.take_while(move |spot| !std::mem::replace(&mut covered, spot.target == Target::Popup))
}

/// The terms of the page that is open, in the order of reading, those of the chosen chart first; none in a popup.
pub fn terms(app: &App) -> Vec<Term> {
    let spots = all(app);
    let chosen = app.charts.chosen(app.page).filter(|chart| app.charts.is_marked(app.page, *chart));
    let shown = spots.iter().filter_map(|spot| match spot.target {
        Target::Term(term) => Some(term),
        _ => None,
    });
    let mut terms: Vec<Term> = Vec::new();
    for term in chosen.map(ChartId::term).into_iter().chain(shown) {
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    terms
}
