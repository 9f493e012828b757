//! Recorded runs on the dashboard: nothing of them can be changed, and several lie over one another on the charts.

use std::io;

use crossbeam_channel::{Receiver, TryRecvError};
use ratatui::layout::Rect;

use super::app::App;
use super::event_log::{Entry, Kind};
use crate::domain::{MetricTable, format};
use crate::history::History;
use crate::link::{Link, REPORT_CAPACITY, Report};
use crate::run::replayer::ONLY_LOOKS;
use crate::terminal::Event;
use crate::ui::charts::beside;
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::theme::Role;
use crate::ui::event_loop::Loop;
use crate::ui::pages::layout::split_rows;
use crate::ui::update::say;
use crate::ui::{Exit, Message, Options, Screen};

/// A run that is shown beside the first one.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// The label that tells it from the others.
    pub label: String,
    pub history: History,
    /// The metrics that it has.
    pub metrics: MetricTable,
}

/// The run that the others lie beside.
#[derive(Debug)]
pub struct First {
    /// The label that tells it from the others.
    pub label: String,
    /// Whether it is another program's.
    pub foreign: bool,
}

/// The source of a run that is shown beside the first one.
#[derive(Debug)]
pub struct Other {
    /// The label that tells it from the others.
    pub label: String,
    pub reports: Receiver<Report>,
}

/// Runs the dashboard of a recorded run: as [`crate::ui::run`], but nothing can be changed, and others lie beside it on
/// the charts.
///
/// # Errors
///
/// Those of the screen.
pub fn view(
    screen: &mut impl Screen,
    events: Receiver<Event>,
    link: &Link,
    options: Options,
    first: First,
    others: Vec<Other>,
) -> io::Result<Exit> {
    let (labels, reports): (Vec<String>, Vec<_>) = others.into_iter().map(|other| (other.label, other.reports)).unzip();
    let app = match first.foreign {
        true => watching(options.clone(), first.label, labels),
        false => App::viewing(options.clone(), first.label, labels),
    };
    let others = Others(reports.into_iter().enumerate().collect());
    let mut dashboard = Loop::new(screen, link, None, app, options);
    dashboard.others = others;
    dashboard.run(&events)
}

/// The dashboard of a foreign run, with others beside it; labels tell them apart.
pub fn watching(options: Options, label: String, others: Vec<String>) -> App {
    let mut app = App::viewing(options, label, others);
    app.charts.foreign = true;
    app
}

/// The other runs that may still report, by their place.
#[derive(Debug, Default)]
pub struct Others(Vec<(usize, Receiver<Report>)>);

impl Others {
    /// Their reports since, not all of them if those are many.
    pub fn take(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        self.0.retain(|(which, reports)| {
            for _ in 0..REPORT_CAPACITY {
                match reports.try_recv() {
                    Ok(report) => messages.push(Message::Other(*which, Box::new(report))),
                    Err(TryRecvError::Empty) => return true,
                    Err(TryRecvError::Disconnected) => return false,
                }
            }
            true
        });
        messages
    }

    /// The source of reports.
    pub fn receivers(&self) -> impl Iterator<Item = &Receiver<Report>> {
        self.0.iter().map(|(_, reports)| reports)
    }
}

/// Takes in what was reported of another run.
pub fn reported(app: &mut App, which: usize, report: Report) {
    let Some(other) = app.live.others.get_mut(which) else { return };
    app.dirty = true;
    match report {
        Report::Started(info) => other.metrics = info.metrics,
        Report::Steps(records) => records.iter().for_each(|record| other.history.push(record)),
        Report::Merged(spans) => spans.iter().for_each(|span| other.history.push_span(span)),
        Report::Restored(restored) => other.history.rewind(restored.to),
        // Only trouble with its files is told of another run.
        Report::Alert(alert) => {
            let text = format!("{}: {}", other.label, alert.text);
            app.events.push(Entry { step: alert.step, kind: Kind::Alert, text: text.clone() });
            say(app, text, true);
        }
        _ => {}
    }
}

/// Says that nothing can be changed, if that is so.
pub fn refuses(app: &mut App) -> bool {
    if app.read_only {
        let attached = "this dashboard is attached read-only: it cannot change the run";
        say(app, if app.is_recorded() { ONLY_LOOKS } else { attached }, true);
    }
    app.read_only
}

/// The row that tells several runs apart, and the rest of the body for the page.
pub fn split(app: &App, body: Rect) -> (Rect, Rect) {
    split_rows(body, u16::from(!app.plots().others.is_empty()))
}

/// Draws the row that tells several runs apart: each with its number, stroke, label and last step.
pub fn legend(app: &App, pen: &mut Pen, area: Rect) {
    if area.is_empty() {
        return;
    }
    let plots = app.plots();
    let row = |steps: bool| {
        let mut text: Text = vec![(Role::Dim, " runs".into())];
        let histories = std::iter::once(&plots.history).chain(plots.others.iter().map(|other| &other.history));
        let labels = std::iter::once(&app.label).chain(plots.others.iter().map(|other| &other.label));
        for (i, (label, history)) in labels.zip(histories).enumerate() {
            let role = if i == 0 { Role::First } else { beside::role(i - 1) };
            let stroke = if i == 0 { "1".to_owned() } else { beside::swatch(pen, i - 1) };
            text.extend([(Role::Plain, "  ".into()), (role, stroke), (Role::Plain, format!(" {label}"))]);
            if steps {
                let last = history.steps().map_or(0, |(_, last)| last);
                text.push((Role::Dim, format!(" step {}", format::count(last))));
            }
        }
        text
    };
    let (long, short) = (row(true), row(false));
    let text = if pen.width(&long) < area.width { long } else { short };
    pen.text(area.x, area.y, area.width, &text);
}
