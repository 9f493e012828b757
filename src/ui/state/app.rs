//! The dashboard's state: what has been reported, what has been asked for, and what the person looks at.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ratatui::layout::{Rect, Size};

use super::alerts::Notifies;
use super::attached::{self, Attached};
use super::chart_filter::ChartFilter;
use super::event_log::{Entry, EventLog, Kind};
use super::pacer::{Puller, StepRate};
use super::past::Past;
pub use super::popup::{ConstraintChoice, Popup};
use super::truths::Truths;
use super::viewing::Overlay;
use crate::domain::action::{Action, Context};
use crate::domain::keymap::Keymap;
use crate::domain::{Cadence, MetricId, MetricTable};
use crate::history::History;
use crate::link::{Change, Command, PauseReason, RunState, RunStatus, Snapshot};
use crate::terminal::graphics::CellSize;
use crate::truth::{Analysis, CoverageRule, Modes};
use crate::ui::charts::chart_view::{ChartId, ChartView, Charts};
use crate::ui::draw::glyphs::GlyphSet;
use crate::ui::draw::theme::Palette;
use crate::ui::pages::Page;
use crate::ui::pages::critic::CriticView;
use crate::ui::pages::layout::{self, Frame};
use crate::ui::pages::log::LogView;
use crate::ui::pages::machine::Load;
use crate::ui::pages::samples_page::SamplesView;
use crate::ui::popups::command::History as CommandHistory;
use crate::ui::popups::help::HelpView;
use crate::ui::{Ending, Options};

/// The number of changes and alerts that the charts can mark: the latest ones.
pub const MARKS: usize = 256;

/// The data of the charts and the samples. Freezing the display keeps a copy of it.
#[derive(Clone, Debug, Default)]
pub struct Plots {
    pub history: History,
    pub snapshot: Option<Arc<Snapshot>>,
    /// The analyst's findings about a snapshot: the latest analysis, which may be of an earlier step than the snapshot.
    pub analysis: Option<Box<Analysis>>,
    /// The coverage of the data's modes by a snapshot, where it has known ones: the step of the latest one, and its
    /// figures.
    pub covered: Option<(u64, Modes)>,
    /// The figures of every analysis, and the coverage of every snapshot, so far.
    pub truths: Truths,
    /// Snapshots of the whole run.
    pub past: Past,
    /// Changes and alerts, in order, with the steps after which they happened.
    pub marks: Vec<Entry>,
    /// Other runs beside this one.
    pub others: Vec<Overlay>,
}

/// A word to the person in the header, until something newer happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    pub text: String,
    /// Whether something is wrong.
    pub bad: bool,
}

/// Everything the views draw from.
#[derive(Debug)]
pub struct App {
    pub palette: Palette,
    pub glyphs: GlyphSet,
    /// The keys and their actions.
    pub keymap: Keymap,
    /// The commands that were typed so far.
    pub commands: CommandHistory,
    /// Time since the dashboard started.
    pub now: Duration,
    /// The screen's size when it was last drawn.
    pub size: Size,
    /// The pixels of a cell, where the terminal draws pictures.
    pub cell: Option<CellSize>,
    /// The status of the run, as far as it has said.
    pub run: RunStatus,
    pub rate: StepRate,
    /// Commands that have not been answered, oldest first; snapshots left out.
    pub pending: VecDeque<Command>,
    pub live: Plots,
    pub frozen: Option<Box<Plots>>,
    /// The page that is open.
    pub page: Page,
    /// The map that the critic page shows in the plane.
    pub critic_view: CriticView,
    /// Whether samples are of the generator's weights themselves where there is an average.
    pub raw: bool,
    /// The images that the samples page shows.
    pub samples_view: SamplesView,
    /// The choices for the charts.
    pub charts: Charts,
    /// The text that the charts of a foreign run are filtered by.
    pub chart_filter: ChartFilter,
    /// The step of the earlier snapshot that the samples page shows; the latest one if none.
    pub browsed: Option<u64>,
    /// Rows of layers that are scrolled out of sight on the weights page.
    pub layers_scroll: usize,
    /// The part of the log that its page shows.
    pub log: LogView,
    pub events: EventLog,
    /// The rule of health over mode coverage, where it is enabled.
    pub coverage: Option<CoverageRule>,
    pub status: Option<Status>,
    pub popup: Option<Popup>,
    /// The end of the run, once it has ended.
    pub ending: Option<Ending>,
    /// When to stop waiting for the run to stop, once the person has quit.
    pub quitting: Option<Duration>,
    pub puller: Puller,
    /// Whether the run keeps checkpoints.
    pub keeps: bool,
    /// The last checkpoint that is known to be on disk, and its step.
    pub last_saved: Option<(u64, PathBuf)>,
    /// Whether nothing of the run can be changed, as of a recorded one.
    pub read_only: bool,
    /// The connection of the dashboard, where the run is in another process.
    pub attached: Option<Attached>,
    /// Whether the run can go on without the dashboard.
    pub detaches: bool,
    /// Whether a shell waits for the process, and takes it for stopped when it leaves the screen.
    pub is_job: bool,
    /// Whether trouble is also told outside the screen, and when it was last.
    pub notifies: Option<Notifies>,
    /// Whether snapshots are analysed.
    pub analyses: bool,
    /// The label that tells the run from the others beside it.
    pub label: String,
    /// The load of the machine, where that is shown.
    pub machine: Option<Box<Load>>,
    /// Step records that were merged because the dashboard did not keep up.
    pub merged: u64,
    /// Whether something visible has changed since the last draw.
    pub dirty: bool,
}

impl App {
    /// The dashboard of a run that has not started.
    pub fn new(options: Options) -> App {
        App {
            palette: options.palette,
            glyphs: options.glyphs,
            keymap: options.keymap,
            commands: CommandHistory::default(),
            now: Duration::ZERO,
            size: Size::default(),
            cell: None,
            run: RunStatus::default(),
            rate: StepRate::default(),
            pending: VecDeque::new(),
            live: Plots::default(),
            frozen: None,
            page: Page::default(),
            critic_view: CriticView::default(),
            raw: false,
            samples_view: SamplesView::default(),
            charts: Charts::default(),
            chart_filter: ChartFilter::default(),
            browsed: None,
            layers_scroll: 0,
            log: LogView::default(),
            events: EventLog::default(),
            coverage: None,
            status: None,
            popup: None,
            ending: None,
            quitting: None,
            puller: Puller::new(options.snapshots_per_second),
            keeps: false,
            last_saved: None,
            read_only: false,
            attached: None,
            detaches: options.detaches,
            is_job: options.is_job,
            notifies: options.notifies.then(Notifies::default),
            analyses: options.analyst_share > 0.0,
            label: String::new(),
            machine: None,
            merged: 0,
            dirty: true,
        }
    }

    /// The dashboard of a recorded run, with others beside it; labels tell them apart.
    pub fn viewing(options: Options, label: String, others: Vec<String>) -> App {
        let mut app = App { read_only: true, label, ..App::new(options) };
        app.live.others = others
            .into_iter()
            .map(|label| Overlay { label, history: History::default(), metrics: MetricTable::own() })
            .collect();
        app
    }

    /// The data of the charts and the samples now.
    pub fn plots(&self) -> &Plots {
        self.frozen.as_deref().unwrap_or(&self.live)
    }

    /// The layout of a screen of this size, or `None` where it is too small.
    pub fn frame(&self, screen: Rect) -> Option<Frame> {
        let frame = layout::frame(screen)?;
        let frame = if self.run.alerts.is_empty() { frame } else { frame.with_alerts() };
        Some(if self.machine.is_some() { frame.with_machine() } else { frame })
    }

    /// The place of the keyboard's attention.
    pub fn context(&self) -> Context {
        match self.popup {
            None => Context::Main,
            Some(Popup::Objectives(_)) => Context::Objectives,
            Some(Popup::Constraints(_)) => Context::Constraints,
            Some(Popup::Prompt(_)) => Context::Prompt,
            Some(Popup::Filter(_)) => Context::Filter,
            Some(Popup::Command(_)) => Context::Command,
            Some(Popup::Help(HelpView { typing: true, .. })) => Context::Filter,
            Some(Popup::Help(_) | Popup::Explain(_) | Popup::Notice { .. }) => Context::Reading,
            Some(Popup::Checkpoints(_)) => Context::Checkpoints,
            Some(Popup::Back(_) | Popup::Undo | Popup::Quit | Popup::Leave) => Context::Question,
        }
    }

    /// Whether the run is a recorded one, which answers nothing.
    pub fn is_recorded(&self) -> bool {
        self.read_only && self.attached.is_none()
    }

    /// The key of an action where the keyboard's attention is, or where the action is at home if it does not hold
    /// there.
    pub fn key(&self, action: Action) -> String {
        let here = self.context();
        match action.entry().contexts.contains(&here) {
            true => self.keymap.first_in(here, action),
            false => self.keymap.first(action),
        }
    }

    /// Whether the run is under way: it has not ended as far as anyone knows.
    pub fn under_way(&self) -> bool {
        self.ending.is_none()
    }

    /// Whether snapshots are asked for.
    pub fn pulls(&self) -> bool {
        let gives = self.attached.as_ref().is_none_or(|to| to.capabilities.obeys("snapshot"));
        gives && self.frozen.is_none() && self.under_way() && self.quitting.is_none() && !self.is_recorded()
    }

    /// Whether the run will go on once every command sent so far has been answered.
    pub fn will_run(&self) -> bool {
        let asked = self.pending.iter().rev().find_map(|command| match command {
            Command::Pause => Some(false),
            Command::Resume | Command::Advance(_) => Some(true),
            _ => None,
        });
        asked.unwrap_or(self.run.state == RunState::Running)
    }

    /// The first and the last step that the charts know, of any run on them.
    pub fn known(&self) -> (u64, u64) {
        let plots = self.plots();
        let all = std::iter::once(&plots.history).chain(plots.others.iter().map(|other| &other.history));
        let both = |(a, b): (u64, u64), (c, d): (u64, u64)| (a.min(c), b.max(d));
        all.filter_map(History::steps).reduce(both).unwrap_or((1, 1))
    }

    /// The first and last step of the charts.
    pub fn window(&self) -> (u64, u64) {
        let (first, last) = self.known();
        self.charts.zoom.window(first, last)
    }

    /// The choices for a chart.
    pub fn view(&self, chart: ChartId) -> ChartView<'_> {
        let charts = &self.charts;
        let two_axes = charts.two_axes && matches!(chart, ChartId::Losses | ChartId::Gradients | ChartId::Declared(_));
        ChartView {
            chart,
            window: self.window(),
            scale: charts.scale(chart),
            smoothing: charts.smoothing(chart),
            two_axes,
            cursor: charts.cursor,
            marks: &self.plots().marks,
        }
    }

    /// The message where there is no snapshot to show.
    pub fn no_snapshot(&self) -> &'static str {
        match &self.attached {
            _ if self.charts.foreign => "no pictures: neither in its files nor in a folder of samples beside them",
            _ if self.is_recorded() => "no checkpoint to generate from: a recorded run keeps no other samples",
            Some(to) if !to.capabilities.obeys("snapshot") => "this trainer sends no snapshots",
            _ => "no snapshot yet",
        }
    }

    /// The last value of a metric.
    pub fn latest(&self, metric: impl Into<MetricId>) -> Option<f64> {
        let metric = metric.into();
        let value = self.plots().history.latest()?.get(metric).map(f64::from)?;
        (!value.is_nan() || !attached::is_untold(self, metric)).then_some(value)
    }

    /// Whether the run's metric comes only now and then.
    pub fn is_occasional(&self, metric: MetricId) -> bool {
        let info = self.run.info.as_ref().and_then(|run| run.metrics.get(metric));
        info.is_some_and(|info| info.cadence == Cadence::Occasional)
    }

    /// The value of a metric at the cursor, of one that comes now and then the last up to there; else the last one of
    /// all. NaN at the cursor where none was finite.
    pub fn shown(&self, metric: impl Into<MetricId>) -> Option<f64> {
        let (metric, history) = (metric.into(), &self.plots().history);
        let Some(step) = self.charts.cursor else { return self.latest(metric) };
        let stat = if self.is_occasional(metric) { history.until(metric, step) } else { history.at(metric, step) };
        stat?.mean().or_else(|| (!attached::is_untold(self, metric)).then_some(f64::NAN))
    }

    /// Writes down what happened: in the list of events, and as a mark of the charts if it is a change or an alert.
    pub fn happened(&mut self, entry: Entry) {
        if matches!(entry.kind, Kind::Change | Kind::Alert) && !self.live.marks.contains(&entry) {
            if self.live.marks.len() == MARKS {
                self.live.marks.remove(0);
            }
            // What a rule of health says may be of a step before the last change.
            let at = self.live.marks.partition_point(|mark| mark.step <= entry.step);
            self.live.marks.insert(at, entry.clone());
        }
        self.events.push(entry);
    }

    /// Seconds until the last step, where there is one and the pace is known.
    pub fn seconds_left(&self) -> Option<f64> {
        if self.run.why == Some(PauseReason::Interrupted) {
            // Its process is gone: no time brings the rest.
            return None;
        }
        let steps = self.run.last_step();
        let rate = self.rate.per_second()?;
        (steps > 0 && rate > 0.0).then(|| steps.saturating_sub(self.run.step) as f64 / rate)
    }

    /// Whether a change of some kind has been asked for and not been answered.
    pub fn asked(&self, matches: impl Fn(&Change) -> bool) -> bool {
        self.pending.iter().any(|command| match command {
            Command::Set(change) => matches(change),
            Command::Assign(set) => {
                let settings = self.run.settings.as_ref();
                settings.is_some_and(|now| Change::of_keys(now, set).iter().any(&matches))
            }
            _ => false,
        })
    }
}
