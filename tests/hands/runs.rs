//! The list of runs by its keys, through its real event loop, with directories that are told and not read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, Sender, unbounded};
use gantop::domain::action::{Action, Context, Group, TABLE};
use gantop::run::differences::Keys;
use gantop::run::list::{Foreign, Found, Listed, Run, State};
use gantop::run::removal::Contents;
use gantop::run::row::Row;
use gantop::terminal::{Event, Mouse, MouseAct};
use gantop::ui::Options;
use gantop::ui::draw::glyphs::GlyphSet;
use gantop::ui::runs::list::RunList;
use gantop::ui::runs::{Left, Library, Listing, choose};

use crate::support::stage::{Person, TestScreen, ctrl, key};

/// The time that everything is as of: 2026-11-28 12:00.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_867_200)
}

fn row(directory: &str, minutes: u64, found: Found) -> Row {
    let listed =
        Listed { dir: Path::new("runs").join(directory), started: now() - Duration::from_secs(minutes * 60), found };
    Row::new(&listed, Path::new("runs"), |run, metric| run.metrics.get(metric.name()).copied())
}

fn run(name: &str, objective: &str, state: State, steps: u64, bound: Option<f32>) -> Found {
    let figures = [("bound", bound), ("critic_loss", bound.map(|bound| -bound)), ("generator_loss", Some(0.75))];
    let metrics: BTreeMap<String, Option<f32>> = figures.map(|(name, value)| (name.to_owned(), value)).into();
    Found::Run(Run { name: name.into(), objective: objective.into(), state, steps, metrics })
}

/// A run that goes on, five that are over in their ways, one of another program, and a directory that is none.
fn rows() -> Vec<Row> {
    let metrics = BTreeMap::from([("critic_loss".to_owned(), Some(1.5))]);
    vec![
        row("20261128-115500-ring", 5, run("ring", "wgan", State::Running, 12_345, Some(0.25))),
        row("20261128-110000-moons", 60, run("moons", "gan", State::Finished, 20_000, Some(0.125))),
        row("20261128-100000-ring-gan", 120, run("ring-gan", "gan", State::Stopped, 7_000, Some(0.5))),
        row("20261127-120000-ring", 1440, run("ring", "wgan", State::Failed, 420, None)),
        row("20261126-120000-grid", 2880, run("grid", "wgan", State::Interrupted, 900, Some(-0.5))),
        row("20261125-120000-ring", 4320, run("ring", "wgan", State::Finished, 20_000, Some(0.2))),
        row(
            "lightning/version_0",
            10_000,
            Found::Foreign(Foreign { foreign: "a table of text", steps: Some(199), metrics }),
        ),
        row("notes", 20_000, Found::Wrong { wrong: "not a run: it has no config.toml".into() }),
    ]
}

/// Directories as they are told, and what has been done to them.
struct Told {
    listings: Receiver<Listing>,
    news: Sender<Listing>,
    done: RefCell<Vec<String>>,
}

impl Told {
    fn new() -> Told {
        let (news, listings) = unbounded();
        Told { listings, news, done: RefCell::default() }
    }
}

fn name(dir: &Path) -> String {
    dir.file_name().unwrap().to_str().unwrap().to_owned()
}

impl Library for Told {
    fn listings(&self) -> &Receiver<Listing> {
        &self.listings
    }

    fn look(&self) {
        self.done.borrow_mut().push("look".into());
    }

    fn config(&self, dir: &Path) -> Result<Keys, String> {
        let clip = match name(dir).as_str() {
            "20261128-110000-moons" => return Err("config.toml:1:1: no".to_owned()),
            "20261125-120000-ring" => "0.1",
            _ => "0.01",
        };
        let keys = [("constraint.clip", clip), ("constraint.kind", "clip"), ("data.kind", "ring"), ("seed", "1")];
        Ok(keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into())
    }

    fn contents(&self, dir: &Path) -> Result<Contents, String> {
        match name(dir).as_str() {
            "20261128-115500-ring" => Err("runs/20261128-115500-ring: the run goes on: stop it first".to_owned()),
            "version_0" | "notes" => Err(format!("{}: not a run directory of gantop's", dir.display())),
            "20261126-120000-grid" => Ok(Contents { files: 9, bytes: 5 << 20, strange: vec!["notes.txt".into()] }),
            _ => Ok(Contents { files: 8, bytes: 3 << 20, strange: vec![] }),
        }
    }

    fn remove(&self, dir: &Path) -> Result<Contents, String> {
        self.done.borrow_mut().push(format!("remove {}", name(dir)));
        match name(dir).as_str() {
            "20261127-120000-ring" => Err("runs/20261127-120000-ring/metrics.csv: read-only".to_owned()),
            _ => self.contents(dir),
        }
    }
}

/// A list on a screen of this size.
fn list(options: &Options) -> RunList {
    RunList::new(options, "runs".into(), Listing { at: now(), rows: Ok(rows()) })
}

/// Shows the list while somebody presses keys and looks; how it was left, and what was done to the directories.
fn play_on(
    (width, height): (u16, u16),
    options: Options,
    script: impl FnOnce(&Person, &Sender<Listing>) + Send,
) -> (Left, Vec<String>) {
    let library = Told::new();
    let (keys, events) = unbounded();
    let (frame_tx, frames) = unbounded();
    let mut screen = TestScreen::new(width, height);
    screen.frames = Some(frame_tx);
    let (person, news) = (Person { keys, frames }, library.news.clone());
    let mut list = list(&options);
    let left = std::thread::scope(|scope| {
        // A script that breaks lets go of the keys, and the list is left.
        scope.spawn(move || script(&person, &news));
        choose(&mut screen, &events, &library, &mut list).unwrap()
    });
    (left, library.done.into_inner())
}

fn play(script: impl FnOnce(&Person) + Send) -> (Left, Vec<String>) {
    play_on((120, 36), Options::default(), |person, _| script(person))
}

fn dirs(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| Path::new("runs").join(name)).collect()
}

/// The run on which the cursor is, by its row.
fn under(frame: &str) -> &str {
    frame.lines().find(|line| line.starts_with('▸')).unwrap_or_else(|| panic!("no cursor: {frame}"))
}

#[test]
fn the_list_at_two_sizes() {
    for (size, glyphs) in [((120, 36), GlyphSet::Braille), ((80, 24), GlyphSet::Braille), ((80, 24), GlyphSet::Ascii)] {
        let name = format!("list_{}x{}_{glyphs:?}", size.0, size.1).to_lowercase();
        play_on(size, Options { glyphs, ..Options::default() }, |person, _| {
            insta::assert_snapshot!(name.clone(), person.sees("seed 1"));
            // Two runs and the live one.
            person.press("  ");
            person.press("↓↓↓ ");
            insta::assert_snapshot!(name.clone() + "_ticked", person.sees("3 ticked"));
            person.press("d");
            insta::assert_snapshot!(
                name.clone() + "_side_by_side",
                person.sees(&format!("{} side by side", glyphs.rule()))
            );
            person.press("\u{1b}x");
            insta::assert_snapshot!(name.clone() + "_remove", person.sees("for good"));
            person.press("\n?");
            insta::assert_snapshot!(name + "_help", person.sees(&format!("{} help", glyphs.rule())));
            person.press("qq");
        });
    }
}

#[test]
fn a_run_that_goes_on_is_attached_to_and_one_that_is_over_is_viewed() {
    assert_eq!(play(|person| person.press("\n")).0, Left::Attach("runs/20261128-115500-ring".into()));
    assert_eq!(play(|person| person.press("v")).0, Left::View(dirs(&["20261128-115500-ring"])));
    assert_eq!(play(|person| person.press("j\n")).0, Left::View(dirs(&["20261128-110000-moons"])));
    // Around the end, past what cannot be opened, to a run of another program.
    let (left, _) = play(|person| {
        person.press("↑\n");
        person.sees("not a run: it has no config.toml  ");
        person.press("↑\n");
    });
    assert_eq!(left, Left::View(dirs(&["lightning/version_0"])));
    for (keys, left) in [("q", Left::Quit), ("?qq", Left::Quit)] {
        assert_eq!(play(|person| person.press(keys)).0, left);
    }
    for (event, left) in
        [(Event::Terminate, Left::Terminate), (Event::Interrupt, Left::Interrupt), (Event::HangUp, Left::HangUp)]
    {
        assert_eq!(play(|person| person.event(event.clone())).0, left);
    }
    assert_eq!(play(|person| person.event(Event::Key(ctrl('c')))).0, Left::Quit);
}

#[test]
fn runs_are_sorted_by_any_column_and_the_cursor_stays_on_its_run() {
    play(|person| {
        person.press("↓");
        assert!(under(&person.sees("▸   20261128-110000-moons")).contains("moons"));
        person.press("→");
        // The fewest steps first, and what has none last.
        let frame = person.sees("by steps");
        let at = |name: &str| frame.find(name).unwrap_or_else(|| panic!("{name}: {frame}"));
        assert!(
            at("lightning") < at("20261127-120000-ring") && at("20261128-115500") < at("20261125-120000"),
            "{frame}"
        );
        assert!(under(&frame).contains("moons"), "{frame}");
        person.press("r");
        let frame = person.sees("by steps, reversed");
        assert!(frame.find("20261128-115500") > frame.find("20261125-120000"), "{frame}");
        person.press("r→→→→");
        person.sees("by directory");
        person.press("<");
        person.sees("by generator loss");
        person.press("q");
    });
}

#[test]
fn a_filter_shows_what_has_all_its_words_and_a_tick_outlives_it() {
    let (left, _) = play(|person| {
        person.press("/RING wgan");
        let frame = person.sees("3 of 8 with “RING wgan”");
        assert!(!frame.contains("moons") && !frame.contains("ring-gan"), "{frame}");
        person.press("\na");
        person.sees("3 ticked");
        // Taken back while it is typed, then taken away.
        person.press("/x\u{1b}");
        person.sees("3 of 8 with “RING wgan”");
        person.event(Event::Paste("no\nwhere".into()));
        person.press("/zzz\n");
        person.sees("nothing contains this");
        person.press("\u{1b}");
        person.sees("8 in all");
        person.press("c");
    });
    assert_eq!(left, Left::View(dirs(&["20261128-115500-ring", "20261127-120000-ring", "20261125-120000-ring"])));
}

#[test]
fn ticks_are_set_and_taken_away_and_two_are_needed_to_compare() {
    play(|person| {
        person.press("c");
        person.sees("tick two runs or more with Space");
        person.press(" d");
        person.sees("tick two runs or more with Space");
        person.press(" ");
        person.sees("2 ticked");
        person.press("\u{1b}");
        person.sees("8 in all  1 running  by age");
        person.press("a");
        // What is no run is not ticked.
        person.sees("7 ticked");
        person.press("a");
        person.sees("8 in all  1 running  by age");
        person.press("↑↑↑");
        person.sees("▸   notes");
        person.press(" ");
        person.sees("this is not a run");
        person.press("q");
    });
}

#[test]
fn what_differs_is_shown_side_by_side() {
    play(|person| {
        person.press(" ↓↓↓↓ ");
        let frame = person.sees("2 ticked");
        let row = frame.lines().find(|line| line.contains("constraint.clip")).unwrap();
        assert!(row.contains("0.01") && row.contains("0.1") && !frame.contains("constraint.kind"), "{frame}");
        person.press("d");
        let frame = person.sees("─ side by side");
        assert!(frame.contains("1  20261128-115500-ring") && frame.contains("2  20261125-120000-ring"), "{frame}");
        person.press("\u{1b}\u{1b}↑↑↑↑ ");
        person.press("↑↑↑↑");
        person.press("q");
    });
    // However fast the keys come: their configs are read before.
    play(|person| {
        person.press(" ↓↓↓↓ d");
        let frame = person.sees("─ side by side");
        assert!(frame.contains("constraint.clip") && !frame.contains("not known"), "{frame}");
        person.press("qq");
    });
}

#[test]
fn a_run_is_removed_only_after_a_yes() {
    // Enter, n and Esc keep it.
    for no in ["\n", "n", "\u{1b}"] {
        let (left, done) = play(|person| {
            person.press("↓x");
            person.sees("Remove this run for good, 3.0 MiB?");
            person.press(no);
            person.press("q");
        });
        assert_eq!((left, done), (Left::Quit, vec![]));
    }
    let (_, done) = play(|person| {
        person.press("↓xy");
        let frame = person.sees("removed a run, 3.0 MiB");
        assert!(!frame.contains("moons") && under(&frame).contains("ring-gan"), "{frame}");
        person.event(Event::Key(key(crossterm::event::KeyCode::Delete)));
        person.sees("20261128-100000-ring-gan  8 files");
        person.press("nq");
    });
    assert_eq!(done, ["remove 20261128-110000-moons", "look"]);
}

#[test]
fn what_goes_on_or_is_no_run_of_gantops_is_not_removed() {
    let (_, done) = play(|person| {
        person.press("x");
        person.sees("the run goes on: stop it first");
        person.press("↑↑x");
        person.sees("not a run directory of gantop's");
        person.press("y");
        person.press("q");
    });
    assert_eq!(done, [""; 0]);
    let (_, done) = play(|person| {
        person.press("ax");
        let frame = person.sees("Remove these 5 runs for good, 17.0 MiB?");
        assert!(frame.contains("the run goes on") && frame.contains("not a run directory"), "{frame}");
        assert!(frame.contains("1 files or folders that gantop has not written stay"), "{frame}");
        person.press("y");
        let frame = person.sees("removed 4 runs, 14.0 MiB");
        assert!(frame.contains("stays with what gantop has not written: notes.txt"), "{frame}");
        assert!(frame.contains("metrics.csv: read-only"), "{frame}");
        person.press("\nq");
    });
    assert!(done.iter().all(|done| !done.contains("115500") && !done.contains("version_0")), "{done:?}");
}

#[test]
fn the_list_follows_what_happens_in_the_directory() {
    play_on((120, 36), Options::default(), |person, news| {
        person.press("↓↓ ");
        person.sees("1 ticked");
        let mut rows = rows();
        rows.remove(2);
        rows.insert(0, row("20261128-115959-new", 0, run("new", "gan", State::Running, 1, None)));
        news.send(Listing { at: now(), rows: Ok(rows) }).unwrap();
        let frame = person.sees("20261128-115959-new");
        assert!(frame.contains("2 running") && !frame.contains("ticked"), "{frame}");
        news.send(Listing { at: now(), rows: Err("runs: cannot be read: gone".into()) }).unwrap();
        let frame = person.sees("cannot be read: gone");
        assert!(frame.contains("20261128-115959-new"), "{frame}");
        person.press("q");
    });
}

#[test]
fn the_mouse_chooses_and_opens() {
    let click = |y| Event::Mouse(Mouse { act: MouseAct::Left, x: 10, y });
    let (left, _) = play(|person| {
        person.sees("▸");
        person.event(click(4));
        person.sees("▸   20261128-100000-ring-gan");
        // The rule, the headings and what lies below are no runs.
        [0, 1, 20, 35].into_iter().for_each(|y| person.event(click(y)));
        person.event(Event::Mouse(Mouse { act: MouseAct::WheelDown, x: 0, y: 0 }));
        person.sees("▸   20261127-120000-ring");
        person.event(click(5));
    });
    assert_eq!(left, Left::View(dirs(&["20261127-120000-ring"])));
}

#[test]
fn every_action_of_the_list_is_tried_here() {
    let tried = [
        Action::Open,
        Action::View,
        Action::Tick,
        Action::TickAll,
        Action::Compare,
        Action::Differences,
        Action::Remove,
        Action::SortBefore,
        Action::SortNext,
        Action::Turn,
    ];
    let own: Vec<Action> = TABLE.iter().filter(|row| row.group == Group::Runs).map(|row| row.action).collect();
    assert_eq!(own, tried);
    assert!(TABLE.iter().filter(|row| row.group == Group::Runs).all(|row| row.contexts == [Context::Runs]));
}
