//! A person's choices for the charts: their scales, smoothing, axes, the steps in sight, and the cursor.

use std::collections::{HashMap, HashSet};

use super::declared::{self, Group};
use super::scale::Scale;
use super::smoothing::Smoothing;
use super::zoom::Zoom;
use crate::domain::MetricTable;
use crate::glossary::{Figure, Panel, Setting, Term};
use crate::ui::pages::Page;
use crate::ui::state::event_log::Entry;

/// A chart whose scale a person can choose. It is the same wherever the chart is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChartId {
    Losses,
    Values,
    Gradients,
    Bound,
    Constraint,
    Divergence,
    EarthMover,
    Coverage,
    /// A chart of metrics that the run declares, by the place of its first one among those.
    Declared(u16),
}

impl ChartId {
    /// The term of the glossary for it.
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

    /// The charts of a page that every run of gantop's has, in the order in which they are chosen.
    fn on(page: Page) -> &'static [ChartId] {
        match page {
            Page::Overview => &[ChartId::Losses, ChartId::Values, ChartId::Gradients, ChartId::Coverage],
            Page::Losses => &[ChartId::Losses, ChartId::Bound, ChartId::Gradients, ChartId::Constraint],
            Page::Critic => &[ChartId::Divergence, ChartId::EarthMover, ChartId::Coverage],
            Page::Samples | Page::Weights | Page::Log => &[],
        }
    }
}

/// The choices for all charts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Charts {
    pub zoom: Zoom,
    /// Scales that are not the usual one.
    scales: HashMap<ChartId, Scale>,
    /// The charts of declared metrics, which the losses page has behind its own.
    groups: Vec<Group>,
    /// Whether those are all that there are, as of a foreign run.
    pub foreign: bool,
    /// The text that the names of declared charts must have in them.
    filter: String,
    /// Declared charts that a person has put onto the overview, or taken from it.
    turned: HashSet<ChartId>,
    /// The smoothing of charts, and those that are not smoothed so.
    smoothing: Smoothing,
    smoothings: HashMap<ChartId, Smoothing>,
    /// Whether the two lines of the losses have a y axis each.
    pub two_axes: bool,
    /// The step under the cursor, if there is one.
    pub cursor: Option<u64>,
    /// The chart that a choice of the scale is for.
    chosen: Option<ChartId>,
}

impl Charts {
    /// Takes in which metrics the run declares.
    pub fn declare(&mut self, metrics: &MetricTable) {
        let groups = declared::groups(metrics);
        self.groups = if self.foreign { declared::by_prefix(groups) } else { groups };
    }

    /// A chart of declared metrics.
    pub fn group(&self, chart: ChartId) -> Option<&Group> {
        self.groups.iter().find(|group| group.chart == chart)
    }

    /// The number of charts of declared metrics.
    pub fn declared(&self) -> usize {
        self.groups.len()
    }

    /// Shows only declared charts that have this text in their name, whatever the case of its letters.
    pub fn set_filter(&mut self, text: &str) {
        self.filter = text.trim().to_lowercase();
    }

    fn passes(&self, group: &Group) -> bool {
        self.filter.is_empty() || group.name.to_lowercase().contains(&self.filter)
    }

    /// The declared charts of the overview: those that belong there by what they are, and as a person would have it;
    /// the first ones where there are none.
    fn pinned(&self) -> Vec<ChartId> {
        let is_pinned = |group: &&Group| group.front != self.turned.contains(&group.chart);
        let pinned: Vec<ChartId> = self.groups.iter().filter(is_pinned).map(|group| group.chart).collect();
        let all = || self.groups.iter().map(|group| group.chart).collect();
        if pinned.is_empty() && self.turned.is_empty() { all() } else { pinned }
    }

    /// Puts the chosen chart of a page onto the overview, or takes it from there; says whether it is there now. None
    /// where it is no chart of declared metrics.
    pub fn turn_pin(&mut self, page: Page) -> Option<bool> {
        let chart = self.chosen(page).filter(|chart| self.group(*chart).is_some())?;
        self.chosen = Some(chart);
        if !self.turned.remove(&chart) {
            self.turned.insert(chart);
        }
        Some(self.pinned().contains(&chart))
    }

    /// The charts of a page, in the order in which they are chosen.
    pub fn on(&self, page: Page) -> Vec<ChartId> {
        let own = if self.foreign { &[] } else { ChartId::on(page) };
        let declared = match page {
            Page::Losses => self.groups.iter().filter(|group| self.passes(group)).map(|group| group.chart).collect(),
            Page::Overview if self.foreign => self.pinned(),
            _ => Vec::new(),
        };
        own.iter().copied().chain(declared).collect()
    }

    /// The scale of a chart.
    pub fn scale(&self, chart: ChartId) -> Scale {
        self.scales.get(&chart).copied().unwrap_or_default()
    }

    /// The smoothing of a chart.
    pub fn smoothing(&self, chart: ChartId) -> Smoothing {
        self.smoothings.get(&chart).copied().unwrap_or(self.smoothing)
    }

    /// Smooths the marked chart of a page more, or where none is marked every chart as much as the page's first. False
    /// where the page has none.
    pub fn next_smoothing(&mut self, page: Page) -> bool {
        let Some(chart) = self.chosen(page) else { return false };
        let next = self.smoothing(chart).next();
        match self.is_marked(page, chart) {
            true => drop(self.smoothings.insert(chart, next)),
            false => {
                self.smoothing = next;
                self.smoothings.clear();
            }
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

    /// Chooses a chart.
    pub fn choose(&mut self, chart: ChartId) {
        self.chosen = Some(chart);
    }

    /// Chooses the next chart of a page. False where it has none.
    pub fn choose_next(&mut self, page: Page) -> bool {
        let charts = self.on(page);
        let now = self.chosen.and_then(|chosen| charts.iter().position(|chart| *chart == chosen));
        self.chosen = charts.get(now.map_or(0, |now| (now + 1) % charts.len())).copied().or(self.chosen);
        !charts.is_empty()
    }

    /// Chooses the chart so many places on among those of a page, or back; the first or last where there are no more.
    pub fn choose_further(&mut self, page: Page, by: isize) {
        let charts = self.on(page);
        let now = self.chosen(page).and_then(|chosen| charts.iter().position(|chart| *chart == chosen)).unwrap_or(0);
        let at = now.saturating_add_signed(by).min(charts.len().saturating_sub(1));
        self.chosen = charts.get(at).copied().or(self.chosen);
    }

    /// Gives the chosen chart of a page its next scale. False where the page has none.
    pub fn next_scale(&mut self, page: Page) -> bool {
        let Some(chart) = self.chosen(page) else { return false };
        self.chosen = Some(chart);
        self.scales.insert(chart, self.scale(chart).next());
        true
    }

    /// Moves the cursor by a hundredth of what is shown, from the last of the steps `known` where there was none, and
    /// the window with it. Beyond the last step the cursor goes away.
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

/// The choices for one chart.
#[derive(Clone, Copy, Debug)]
pub struct ChartView<'a> {
    /// The chart that it is.
    pub chart: ChartId,
    /// The first and last step of the x axis.
    pub window: (u64, u64),
    pub scale: Scale,
    pub smoothing: Smoothing,
    /// Whether a second line has an axis of its own, on the right.
    pub two_axes: bool,
    pub cursor: Option<u64>,
    /// The events, with the steps after which they happened.
    pub marks: &'a [Entry],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::MetricInfo;

    #[test]
    fn charts_of_a_foreign_run_are_filtered_and_pinned() {
        let of = |name: &'static str, front| MetricInfo { group: name.into(), front, ..MetricInfo::named(name) };
        let mut charts = Charts { foreign: true, ..Charts::default() };
        charts.declare(&MetricTable::foreign(&[of("train/a", false), of("val/a", false), of("FID", true)]));
        let [a, b, fid] = [0, 1, 2].map(ChartId::Declared);
        assert_eq!((charts.on(Page::Overview), charts.on(Page::Losses)), (vec![fid], vec![fid, a, b]));
        charts.set_filter(" VAL");
        assert_eq!((charts.on(Page::Overview), charts.on(Page::Losses)), (vec![fid], vec![b]));
        assert_eq!((charts.turn_pin(Page::Losses), charts.on(Page::Overview)), (Some(true), vec![fid, b]));
        charts.set_filter("fid");
        assert_eq!((charts.turn_pin(Page::Losses), charts.on(Page::Overview)), (Some(false), vec![b]));
        assert_eq!(charts.turn_pin(Page::Log), None);
        // More metrics move nothing that was chosen.
        charts.set_filter("");
        charts.declare(&MetricTable::foreign(&[
            of("train/a", false),
            of("val/a", false),
            of("FID", true),
            of("train/b", true),
        ]));
        assert_eq!(charts.on(Page::Overview), [ChartId::Declared(3), b]);
        charts.choose_further(Page::Losses, 2);
        charts.choose_further(Page::Losses, 90);
        assert_eq!(charts.chosen(Page::Losses), Some(b));
        charts.choose_further(Page::Losses, -90);
        assert_eq!(charts.chosen(Page::Losses), Some(fid));
        // Where nothing belongs on the overview, what there is stands there.
        let mut plain = Charts { foreign: true, ..Charts::default() };
        plain.declare(&MetricTable::foreign(&[of("x", false)]));
        assert_eq!(plain.on(Page::Overview), [a]);
        assert_eq!(Charts::default().on(Page::Overview).len(), 4);
    }

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
