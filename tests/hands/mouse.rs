//! The mouse: tabs, charts and lists, and that nothing is changed by a single click.

use gantop::link::Report;
use gantop::terminal::{Event, Mouse, MouseAct};
use gantop::ui::draw::spots::{self, Target};
use gantop::ui::draw::theme::Palette;
use gantop::ui::pages::Page;
use gantop::ui::update::Effect;
use gantop::ui::{Message, Options};

use crate::support::records::*;
use crate::support::runs::*;
use crate::support::stage::*;

/// A dashboard of a run under way that has been drawn.
fn stage() -> Stage {
    let mut stage = Stage::new(Options { palette: Palette::Mono, ..Options::default() });
    stage.report(Report::Started(Box::new(ring()))).report(Report::Steps(records(1, 1000)));
    stage.text(120, 36);
    stage.effects.clear();
    stage
}

/// Uses the mouse at a place, and draws again.
fn at(stage: &mut Stage, act: MouseAct, (x, y): (u16, u16)) -> String {
    stage.message(Message::Input(Event::Mouse(Mouse { act, x, y })));
    stage.text(120, 36)
}

/// The middle of the first spot that is so.
fn place(stage: &Stage, wanted: impl Fn(Target) -> bool) -> (u16, u16) {
    let all = spots::all(&stage.app);
    let spot = all.iter().find(|spot| !spot.area.is_empty() && wanted(spot.target)).unwrap();
    (spot.area.x + spot.area.width / 2, spot.area.y + spot.area.height / 2)
}

fn is_plot(target: Target) -> bool {
    matches!(target, Target::Plot(..))
}

#[test]
fn a_click_opens_a_page_and_puts_the_cursor() {
    let mut stage = stage();
    for page in Page::all() {
        let tab = place(&stage, |target| target == Target::Tab(page));
        at(&mut stage, MouseAct::Left, tab);
        assert_eq!(stage.app.page, page);
    }
    stage.press("2").text(120, 36);
    let plot = place(&stage, is_plot);
    let screen = at(&mut stage, MouseAct::Left, plot);
    let step = stage.app.charts.cursor.unwrap();
    assert!((450..=550).contains(&step) && screen.contains(&format!("at step {step}")), "{screen}");
    // The wheel shows fewer steps about the cursor, and more again.
    at(&mut stage, MouseAct::WheelUp, plot);
    let (from, to) = stage.app.window();
    assert!(to - from < 600 && (from..=to).contains(&step), "{from} to {to}");
    at(&mut stage, MouseAct::WheelDown, plot);
    assert!(stage.app.window().1 - stage.app.window().0 > to - from);
}

#[test]
fn the_right_button_explains_what_it_points_at() {
    let mut stage = stage();
    let row = place(&stage, |target| target == term("clip range"));
    let screen = at(&mut stage, MouseAct::Right, row);
    assert!(screen.contains("─ clip range"), "{screen}");
    // What it leads to is chosen by a click and opened by a second one.
    let row = place(&stage, |target| matches!(target, Target::Row(_)));
    assert!(at(&mut stage, MouseAct::Left, row).contains("─ clip range"));
    assert!(at(&mut stage, MouseAct::Left, row).contains("─ share at ±c"));
}

fn term(name: &str) -> Target {
    use gantop::glossary::{Setting, Term};
    let setting = Setting::ALL.iter().find(|setting| setting.about().name == name).unwrap();
    Target::Term(Term::Setting(*setting))
}

#[test]
fn a_list_is_chosen_from_by_two_clicks_and_nothing_below_it_is_met() {
    let mut stage = stage();
    stage.press("k").text(120, 36);
    let row = place(&stage, |target| target == Target::Row(3));
    at(&mut stage, MouseAct::Left, row);
    assert!(stage.effects.iter().all(|effect| !matches!(effect, Effect::Send(_))), "{:?}", stage.effects);
    at(&mut stage, MouseAct::Left, row);
    assert!(stage.effects.iter().any(|effect| matches!(effect, Effect::Send(_))), "{:?}", stage.effects);
    // Beside a popup and on a question a click is nothing.
    stage.press("q").text(120, 36);
    let before = stage.app.page;
    for y in 0..36 {
        for x in (0..120).step_by(7) {
            stage.message(Message::Input(Event::Mouse(Mouse { act: MouseAct::Left, x, y })));
        }
    }
    assert!(stage.app.page == before && stage.text(120, 36).contains("Stop the run"));
    // Nor is one anywhere on a screen that is too small, or off it.
    stage.press("n");
    stage.text(20, 5);
    for act in [MouseAct::Left, MouseAct::Right, MouseAct::WheelUp, MouseAct::WheelDown] {
        stage.message(Message::Input(Event::Mouse(Mouse { act, x: 300, y: 300 })));
    }
}
