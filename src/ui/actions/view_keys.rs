//! The effects of the keys of the view: pages, charts, the samples' scrubber, the log's filter. None reaches the
//! trainer.

use super::PAGE;
use crate::domain::action::Action;
use crate::ui::charts::zoom::Zoom;
use crate::ui::pages::{Page, log, losses, samples_page};
use crate::ui::popups::help;
use crate::ui::state::app::{App, Popup};
use crate::ui::state::chart_filter;
use crate::ui::update::{say, want_more};

/// Does what an action of the view asks for.
pub fn press(app: &mut App, action: Action) {
    let known = app.known();
    match action {
        Action::NextPage => open(app, app.page.turned(1, app)),
        Action::PreviousPage => open(app, app.page.turned(-1, app)),
        Action::CriticView => app.critic_view = app.critic_view.next(),
        Action::Raw => turn_raw(app),
        Action::Beside | Action::Noise | Action::Alone => look(app, action),
        Action::Earlier | Action::Later | Action::First | Action::Latest => go(app, action),
        Action::ZoomIn => app.charts.zoom = app.charts.zoom.closer(known, app.charts.cursor),
        Action::ZoomOut => app.charts.zoom = app.charts.zoom.wider(known),
        Action::ZoomAll => app.charts.zoom = Zoom::All,
        Action::PanBack => app.charts.zoom = app.charts.zoom.panned(known, true),
        Action::PanForward => app.charts.zoom = app.charts.zoom.panned(known, false),
        Action::Smooth if !app.charts.next_smoothing(app.page) => say(app, "this page has no charts", true),
        Action::Axes => app.charts.two_axes = !app.charts.two_axes,
        Action::Chart if !app.charts.choose_next(app.page) => say(app, "this page has no charts", true),
        Action::Scale if !app.charts.next_scale(app.page) => say(app, "this page has no charts", true),
        Action::Filter if chart_filter::is_meant(app) => {
            open(app, Page::Losses);
            app.popup = Some(Popup::Filter(app.chart_filter.text().to_owned()));
        }
        Action::Pin => match app.charts.turn_pin(app.page) {
            Some(true) => say(app, "this chart is on the overview now", false),
            Some(false) => say(app, "this chart is not on the overview any more", false),
            None => say(app, "only charts of metrics that the run itself names can be pinned", true),
        },
        Action::Filter => {
            open(app, Page::Log);
            app.popup = Some(Popup::Filter(app.log.filter().to_string()));
        }
        Action::Kinds if app.page != Page::Log => say(app, "only on the log page", true),
        Action::Kinds => app.log.next_kind(),
        Action::EventsUp => scroll(app, 1),
        Action::EventsDown => scroll(app, -1),
        Action::PageUp => scroll(app, PAGE),
        Action::PageDown => scroll(app, -PAGE),
        _ => {}
    }
}

/// Shows samples of the generator's average, or of its weights themselves.
fn turn_raw(app: &mut App) {
    if app.plots().snapshot.as_ref().is_some_and(|snapshot| snapshot.has_average()) {
        app.raw = !app.raw;
    } else {
        say(app, "the run keeps no average of its generator; generator.ema keeps one", true);
    }
}

/// The images that the samples page shows.
fn look(app: &mut App, action: Action) {
    if !app.run.has_images() {
        return say(app, "only of images", true);
    }
    if app.page != Page::Samples {
        open(app, Page::Samples);
    }
    match action {
        Action::Beside => samples_page::turn(app),
        Action::Alone => samples_page::turn_alone(app),
        _ => {
            app.samples_view.fresh = !app.samples_view.fresh;
            let text = match app.samples_view.fresh {
                true => "fresh noise and other real samples with every snapshot",
                false => "the same noise and real samples with every snapshot",
            };
            say(app, text, false);
            app.puller.changed();
        }
    }
    want_more(app);
}

/// Opens a page.
pub fn open(app: &mut App, page: Page) {
    if !page.is_of(app) {
        return say(app, "a foreign run has nothing for this page", true);
    }
    app.page = page;
    want_more(app);
}

/// Through time: the snapshots on the samples page, the cursor of the charts elsewhere.
fn go(app: &mut App, action: Action) {
    let known = app.known();
    let samples = app.page == Page::Samples;
    match action {
        Action::Earlier | Action::Later if samples => samples_page::browse(app, action == Action::Earlier),
        Action::First if samples => app.browsed = app.plots().past.samples().first().map(|(step, _)| *step),
        Action::Latest if samples => app.browsed = None,
        Action::Earlier | Action::Later if !app.plots().history.is_empty() => {
            app.charts.move_cursor(known, action == Action::Earlier);
        }
        Action::First if !app.plots().history.is_empty() => app.charts.put_cursor(known, known.0),
        Action::Latest => {
            app.charts.cursor = None;
            if matches!(app.charts.zoom, Zoom::Between(..)) {
                let (from, to) = app.window();
                app.charts.zoom = Zoom::going_along(to - from);
            }
        }
        _ => {}
    }
}

/// Scrolls what the page has to scroll, up for positive rows.
fn scroll(app: &mut App, by: isize) {
    match app.page {
        Page::Log => log::scroll(app, by),
        Page::Samples if app.run.has_images() => samples_page::scroll(app, -by),
        Page::Weights => crate::ui::pages::weights::scroll(app, -by),
        // A row or a page of charts.
        Page::Losses if app.charts.foreign => {
            let charts = if by.abs() == 1 { losses::across(app, app.size.width) } else { losses::in_sight(app) };
            app.charts.choose_further(app.page, -by.signum() * charts as isize);
        }
        _ => app.events.scroll_by(by),
    }
}

/// Puts the cursor of the charts at a step; on the samples page shows the last snapshot up to it, or the first.
pub fn goto(app: &mut App, step: u64) {
    if app.page == Page::Samples {
        let kept = app.plots().past.samples();
        let at = kept.iter().rev().find(|(of, _)| *of <= step).or(kept.first());
        app.browsed = at.map(|(of, _)| *of);
    } else {
        app.charts.put_cursor(app.known(), step);
    }
}

/// While the filter of the log page or of the help is typed.
pub fn filtering(app: &mut App, action: Action) {
    if let Some(Popup::Help(view)) = &mut app.popup {
        match action {
            Action::Accept => view.typing = false,
            Action::Close => help::clear(app),
            _ => {}
        }
        return;
    }
    match action {
        Action::Accept => app.popup = None,
        Action::Close => {
            if let Some(Popup::Filter(before)) = app.popup.take() {
                if chart_filter::is_meant(app) {
                    chart_filter::set(app, before);
                } else {
                    app.log.set_filter(before);
                }
            }
        }
        _ => {}
    }
}
