//! What does it mean: the help of a page, the entries of the glossary, and the way back.

use gantop::domain::MetricInfo;
use gantop::glossary::{Figure, Panel, Term};
use gantop::link::Report;
use gantop::ui::Options;
use gantop::ui::draw::spots;
use gantop::ui::draw::theme::Palette;
use gantop::ui::pages::Page;

use crate::support::analyses::*;
use crate::support::records::*;
use crate::support::runs::*;
use crate::support::stage::*;

/// A dashboard of a run under way.
fn stage() -> Stage {
    let mut stage = Stage::new(Options { palette: Palette::Mono, ..Options::default() });
    stage.report(Report::Started(Box::new(ring()))).report(Report::Steps(records(1, 100)));
    stage
}

/// The terms of the page that is open, with their names.
fn names(stage: &Stage) -> Vec<&'static str> {
    spots::terms(&stage.app).into_iter().filter_map(|term| Some(term.about()?.name)).collect()
}

#[test]
fn every_page_says_what_it_shows() {
    let mut stage = stage();
    stage.report(Report::Snapshot(Box::new(ring_field_snapshot(100, "gan"))));
    for (at, page) in Page::all().enumerate() {
        stage.press(&(at + 1).to_string()).text(120, 36);
        let shown = names(&stage);
        assert!(!shown.is_empty(), "{page:?}");
        let screen = stage.press("?").text(120, 36);
        assert!(screen.contains("On this page"), "{screen}");
        shown.iter().take(5).for_each(|name| assert!(screen.contains(name), "{name} is not in {screen}"));
        stage.press("\u{1b}");
    }
    stage.press("1").text(120, 36);
    let shown = names(&stage);
    for name in ["losses", "critic loss", "bound", "controls", "clip range", "rates", "samples", "events"] {
        assert!(shown.contains(&name), "{name}: {shown:?}");
    }
}

#[test]
fn the_chosen_charts_figures_come_first() {
    let mut stage = stage();
    // The second chart of the page.
    stage.press("2gg").text(120, 36);
    assert_eq!(spots::terms(&stage.app)[0], Figure::Bound.into());
    let screen = stage.press("?\n").text(120, 36);
    assert!(screen.contains("─ bound") && screen.contains("E_P[T] − E_Q[f*(T)]"), "{screen}");
}

#[test]
fn an_entry_leads_on_and_esc_leads_back() {
    let mut stage = stage();
    let screen = stage.press(":explain bound\n").text(120, 36);
    for text in ["─ bound", "good", "bad", "press", "see also", "n: type the critic updates a step"] {
        assert!(screen.contains(text), "{text}: {screen}");
    }
    // Down chooses what lies in sight, Enter opens it, Esc goes back the same way.
    let screen = stage.press("↓\n").text(120, 36);
    assert!(screen.contains("─ full bound"), "{screen}");
    assert!(stage.press("\u{1b}").text(120, 36).contains("─ bound"));
    assert!(!stage.press("\u{1b}").text(120, 36).contains("see also"));
    // From the help back to the help, where it was, and q out of both.
    let screen = stage.press("?/full bound\n\n").text(120, 36);
    assert!(screen.contains("─ full bound"), "{screen}");
    assert!(stage.press("\u{1b}").text(120, 36).contains("only full bound"));
    assert!(!stage.press("\nq").text(120, 36).contains("see also"));
    // As small as anything is drawn it scrolls to its end.
    let screen = stage.press(":explain weights\n").text(60, 16);
    assert!(screen.contains("more below"), "{screen}");
    let screen = stage.press(&"↓".repeat(40)).text(60, 16);
    assert!(screen.contains("clip range") && !screen.contains("more below"), "{screen}");
    stage.press("↓\n").text(10, 3);
}

#[test]
fn a_name_is_completed_and_a_wrong_one_is_helped() {
    let mut stage = stage();
    assert!(stage.press(":explain full\t\n").text(120, 36).contains("─ full bound"));
    assert!(stage.press("\u{1b}:explain critic loss\n").text(120, 36).contains("─ critic loss"));
    assert!(stage.press("\u{1b}:explain optimizer.critic.lr\n").text(120, 36).contains("─ rates"));
    let screen = stage.press("\u{1b}:explain buond\n").text(120, 36);
    assert!(screen.contains("did you mean `bound`?"), "{screen}");
}

#[test]
fn a_declared_metric_has_an_entry_of_what_its_table_says() {
    let mut stage = stage();
    let declared = MetricInfo { label: "Fréchet".into(), unit: "px".into(), ..MetricInfo::named("fid") };
    let metrics = gantop::domain::MetricTable::declaring([declared]).unwrap();
    stage.report(Report::Started(Box::new(gantop::link::RunInfo { metrics, ..ring() })));
    let screen = stage.press(":explain fid\n").text(120, 36);
    assert!(screen.contains("─ fid") && screen.contains("Fréchet in px"), "{screen}");
    stage.press("\u{1b}2").text(120, 60);
    let terms = spots::terms(&stage.app);
    assert!(terms.iter().any(|term| matches!(term, Term::Declared(_))), "{terms:?}");
    assert!(terms.contains(&Panel::Declared.into()), "{terms:?}");
}
