//! What a person can choose about the charts: their scales, smoothing, axes, the steps in sight, and the cursor.

use super::scale::Scale;
use super::smoothing::Smoothing;
use super::zoom::Zoom;
use crate::domain::metric::MOST_DECLARED;
use crate::glossary::{Figure, Panel, Setting, Term};
use crate::ui::pages::Page;
use crate::ui::state::event_log::Entry;

/// A chart whose scale a person can choose. It is the same wherever the chart is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartId {
    Losses,
    Values,
    Gradients,
    Bound,
    Constraint,
    Divergence,
    EarthMover,
    Coverage,
    /// A chart of metrics that the run declares, by its place among those.
    Declared(u8),
}

impl ChartId {
    /// How many there are but for those of declared metrics.
    const COUNT: usize = 8;

    /// Its place among all charts.
    fn place(self) -> usize {
        match self {
            ChartId::Losses => 0,
            ChartId::Values => 1,
            ChartId::Gradients => 2,
            ChartId::Bound => 3,
            ChartId::Constraint => 4,
            ChartId::Divergence => 5,
            ChartId::EarthMover => 6,
            ChartId::Coverage => 7,
            ChartId::Declared(at) => ChartId::COUNT + usize::from(at).min(MOST_DECLARED - 1),
        }
    }

    /// What the glossary has of it.
    pub fn term(self) -> Term {
        match self {
            ChartId::Losses => Panel::Losses.into(),
            ChartId::Values => Panel::CriticValues.into(),
            ChartId::Gradients => Panel::GradientNorms.into(),
            ChartId::Bound => Figure::Bound.into(),
            ChartId::Constraint => Setting::Constraint.into(),
            ChartId::Divergence => Figure::Divergence.into(),
            ChartId::EarthMover => Figure::EarthMover.into(),
            ChartId::Coverage => Figure::Coverage.into(),
            ChartId::Declared(_) => Panel::Declared.into(),
        }
    }

    /// The charts of a page that every run has, in the order in which they are chosen.
    fn on(page: Page) -> &'static [ChartId] {
        match page {
            Page::Overview => &[ChartId::Losses, ChartId::Values, ChartId::Gradients, ChartId::Coverage],
            Page::Losses => &[ChartId::Losses, ChartId::Bound, ChartId::Gradients, ChartId::Constraint],
            Page::Critic => &[ChartId::Divergence, ChartId::EarthMover, ChartId::Coverage],
            Page::Samples | Page::Weights | Page::Log => &[],
        }
    }
}

/// What is chosen about all charts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Charts {
    pub zoom: Zoom,
    scales: [Scale; ChartId::COUNT + MOST_DECLARED],
    /// How many charts of declared metrics there are, which the losses page has behind its own.
    pub declared: u8,
    smoothings: [Smoothing; ChartId::COUNT + MOST_DECLARED],
    /// Whether the two lines of the losses have a y axis each.
    pub two_axes: bool,
    /// The step under the cursor, if there is one.
    pub cursor: Option<u64>,
    /// The chart that a choice of the scale is for.
    chosen: Option<ChartId>,
}

impl Default for Charts {
    fn default() -> Charts {
        Charts {
            zoom: Zoom::default(),
            scales: [Scale::default(); ChartId::COUNT + MOST_DECLARED],
            declared: 0,
            smoothings: [Smoothing::default(); ChartId::COUNT + MOST_DECLARED],
            two_axes: false,
            cursor: None,
            chosen: None,
        }
    }
}

impl Charts {
    /// The charts of a page, in the order in which they are chosen.
    pub fn on(&self, page: Page) -> Vec<ChartId> {
        let declared = if page == Page::Losses { self.declared } else { 0 };
        ChartId::on(page).iter().copied().chain((0..declared).map(ChartId::Declared)).collect()
    }

    /// The scale of a chart.
    pub fn scale(&self, chart: ChartId) -> Scale {
        self.scales[chart.place()]
    }

    /// How much a chart is smoothed.
    pub fn smoothing(&self, chart: ChartId) -> Smoothing {
        self.smoothings[chart.place()]
    }

    /// Smooths the marked chart of a page more, or where none is marked every chart as much as the page's first. False
    /// where the page has none.
    pub fn next_smoothing(&mut self, page: Page) -> bool {
        let Some(chart) = self.chosen(page) else { return false };
        let next = self.smoothing(chart).next();
        match self.is_marked(page, chart) {
            true => self.smoothings[chart.place()] = next,
            false => self.smoothings = [next; ChartId::COUNT + MOST_DECLARED],
        }
        true
    }

    /// The chart of a page that a choice is for, if the page has one.
    pub fn chosen(&self, page: Page) -> Option<ChartId> {
        let charts = self.on(page);
        self.chosen.filter(|chart| charts.contains(chart)).or(charts.first().copied())
    }

    /// Whether a chart is marked as the chosen one: once a person has chosen any.
    pub fn is_marked(&self, page: Page, chart: ChartId) -> bool {
        self.chosen.is_some() && self.chosen(page) == Some(chart)
    }

    /// Chooses the next chart of a page. False where it has none.
    pub fn choose_next(&mut self, page: Page) -> bool {
        let charts = self.on(page);
        let now = self.chosen.and_then(|chosen| charts.iter().position(|chart| *chart == chosen));
        self.chosen = charts.get(now.map_or(0, |now| (now + 1) % charts.len())).copied().or(self.chosen);
        !charts.is_empty()
    }

    /// Gives the chosen chart of a page its next scale. False where the page has none.
    pub fn next_scale(&mut self, page: Page) -> bool {
        let Some(chart) = self.chosen(page) else { return false };
        self.chosen = Some(chart);
        self.scales[chart.place()] = self.scale(chart).next();
        true
    }

    /// Moves the cursor by a hundredth of what is shown, from the last of the steps `known` where there was none, and the
    /// window with it. Beyond the last step the cursor goes away.
    pub fn move_cursor(&mut self, known: (u64, u64), back: bool) {
        let (from, to) = self.zoom.window(known.0, known.1);
        let by = ((to - from + 1) / 100).max(1);
        let at = match (self.cursor, back) {
            (None, true) => known.1.min(to),
            (None, false) => return,
            (Some(at), true) => at.saturating_sub(by).max(known.0),
            (Some(at), false) if at >= known.1 => return self.cursor = None,
            (Some(at), false) => at.saturating_add(by).min(known.1),
        };
        self.put_cursor(known, at);
    }

    /// Puts the cursor at a step, and the window where it shows it.
    pub fn put_cursor(&mut self, known: (u64, u64), at: u64) {
        self.cursor = Some(at);
        self.zoom = self.zoom.showing(known, at);
    }
}

/// How one chart is to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct ChartView<'a> {
    /// Which one it is.
    pub chart: ChartId,
    /// The first and last step of the x axis.
    pub window: (u64, u64),
    pub scale: Scale,
    pub smoothing: Smoothing,
    /// Whether a second line has an axis of its own, on the right.
    pub two_axes: bool,
    pub cursor: Option<u64>,
    /// What happened, with the steps after which it did.
    pub marks: &'a [Entry],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_comes_and_goes_at_the_last_step() {
        let (mut charts, known) = (Charts::default(), (1, 1000));
        charts.move_cursor(known, false);
        assert_eq!(charts.cursor, None);
        charts.move_cursor(known, true);
        assert_eq!(charts.cursor, Some(1000));
        (0..5).for_each(|_| charts.move_cursor(known, true));
        assert_eq!(charts.cursor, Some(950));
        (0..6).for_each(|_| charts.move_cursor(known, false));
        assert_eq!(charts.cursor, None);
        (0..1000).for_each(|_| charts.move_cursor(known, true));
        assert_eq!(charts.cursor, Some(1));
    }

    #[test]
    fn a_scale_is_for_the_chosen_chart_of_the_page() {
        let mut charts = Charts::default();
        assert!(charts.choose_next(Page::Losses) && charts.choose_next(Page::Losses));
        assert!(charts.next_scale(Page::Losses));
        assert_eq!((charts.scale(ChartId::Bound), charts.scale(ChartId::Losses)), (Scale::All, Scale::Linear));
        // The bound is not on the overview: its first chart is meant.
        assert!(charts.next_scale(Page::Overview));
        assert_eq!(charts.scale(ChartId::Losses), Scale::All);
        assert!(!charts.next_scale(Page::Log) && !charts.choose_next(Page::Log));
    }
}
