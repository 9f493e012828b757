//! Keys and settings of one's own.

use std::fs;

use gantop::config::{self, Config};
use gantop::link::*;
use gantop::terminal::Event;
use gantop::ui::Options;
use gantop::ui::draw::theme::Palette;

use crate::keys::{leave, options, play, start};
use crate::support::program::{gantop, said};
use crate::support::runs::*;
use crate::support::stage::*;

fn keys(text: &str) -> Config {
    config::parse(text, "keys").unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn keys_of_ones_own_reach_the_trainer_and_are_shown() {
    let text =
        "[keys.dashboard]\npause = [\"P\", \"Ctrl-X\"]\nstep = []\nhelp = \"F2\"\n[keys.everywhere]\nclose = \"Esc\"";
    let keymap = keys(text).keys.keymap();
    play(Options { keymap, ..options() }, |trainer, person| {
        start(trainer, person);
        person.press("2");
        let footer = person.sees("P pause");
        assert!(footer.contains("F2 help") && !footer.contains(" s step"), "{footer}");
        // Space and s are free now.
        person.press(" s");
        person.event(Event::Key(ctrl('x')));
        assert_eq!(trainer.command(), Command::Pause);
        person.press("P:step\n");
        assert_eq!(trainer.command(), Command::Resume);
        assert_eq!(trainer.command(), Command::Advance(1));
        person.press("c");
        person.event(Event::Key(ctrl('g')));
        person.press("0.3\n");
        assert!(matches!(trainer.command(), Command::Set(_)), "Ctrl-G closes nothing any more");
        leave(person);
    });
}

#[test]
fn keys_like_those_of_vi() {
    let keymap = keys("keys.preset = \"vim\"").keys.keymap();
    play(Options { keymap, ..options() }, |trainer, person| {
        start(trainer, person);
        person.press("2h");
        person.sees("at step 100");
        person.press("0");
        person.sees("at step 1 ");
        person.press("$K");
        person.sees("goes with any objective");
        person.press("\u{1b}r");
        person.sees("learning rates");
        leave(person);
    });
}

#[test]
fn the_last_of_several_layers_of_keys_wins() {
    let directory = tempfile::tempdir().unwrap();
    let user = directory.path().join("config.toml");
    fs::write(&user, "threads = 3\n[ui]\ntheme = \"light\"\n[keys]\npreset = \"vim\"\ndashboard.pause = \"P\"")
        .unwrap();
    let load = |set: &[&str]| {
        let set: Vec<String> = set.iter().map(|set| set.to_string()).collect();
        config::load_over(Some(&user), Some("ring"), &set).unwrap_or_else(|error| panic!("{error}"))
    };
    let keys = |config: &Config| config.keys.keymap().keys(gantop::domain::action::Action::Pause);
    let config = load(&[]);
    assert_eq!((config.threads, config.ui.theme, keys(&config)), (3, config::Theme::Light, "P".into()));
    assert_eq!(config.keys.preset, config::KeyPreset::Vim);
    let config = load(&["threads=2", "keys.dashboard.pause=[\"X\"]"]);
    assert_eq!((config.threads, keys(&config)), (2, "X".into()));
    // What is trained is not of the person: it is the same for everybody.
    assert_eq!(config::load(Some("ring"), &[]).unwrap().data, config.data);
}

#[test]
fn a_persons_file_may_not_say_what_is_trained() {
    let directory = tempfile::tempdir().unwrap();
    let user = directory.path().join("config.toml");
    let refused = |text: &str| {
        fs::write(&user, text).unwrap();
        let error = config::load_over(Some(&user), None, &[]).unwrap_err().to_string();
        error.replace(directory.path().to_str().unwrap(), "DIR")
    };
    insta::assert_snapshot!(refused("[keys.dashboard]\npause = \"P\"\n[data]\nkind = \"moons\""), @r#"
    DIR/config.toml:3:2: `data` cannot stand in your own settings
      |
    3 | [data]
      |  ^^^^
      = say what to train in a config or on the command line
      = allowed: device, threads, record, checkpoint, health, alerts, ui, keys
    "#);
    assert!(refused("[keys.dashboard]\nquit = \"s\"").starts_with("DIR/config.toml:2:8: "));
    assert!(refused("keys = ").starts_with("DIR/config.toml:1:"));
}

#[test]
fn where_a_persons_file_is() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("gantop");
    fs::create_dir(&place).unwrap();
    let file = |name: &'static str, value: &'static str| {
        let path = directory.path().to_str().unwrap().to_owned();
        config::user_file(move |asked| {
            (asked == name).then(|| if value.is_empty() { path.clone() } else { value.into() })
        })
    };
    assert_eq!(file("XDG_CONFIG_HOME", ""), None);
    fs::write(place.join("config.toml"), "").unwrap();
    assert_eq!(file("XDG_CONFIG_HOME", ""), Some(place.join("config.toml")));
    assert_eq!((file("XDG_CONFIG_HOME", "relative"), file("HOME", "")), (None, None));
    fs::create_dir(directory.path().join(".config")).unwrap();
    fs::rename(&place, directory.path().join(".config/gantop")).unwrap();
    assert_eq!(file("HOME", ""), Some(directory.path().join(".config/gantop/config.toml")));
}

#[test]
fn the_program_reads_a_persons_file_and_says_where_a_key_is_from() {
    let directory = tempfile::tempdir().unwrap();
    let home = directory.path().to_str().unwrap();
    fs::create_dir(directory.path().join("gantop")).unwrap();
    fs::write(directory.path().join("gantop/config.toml"), "[keys.dashboard]\npause = \"P\"\n").unwrap();
    let run = |args: &[&str]| {
        let mut command = gantop(args);
        command.env("XDG_CONFIG_HOME", home);
        let (code, out, err) = said(command);
        (code, out.replace(home, "HOME"), err.replace(home, "HOME"))
    };
    let (code, out, err) = run(&["check", "two-gaussians", "--sources", "--set", "seed=7"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(
        out.starts_with("# later ones win: defaults < HOME/gantop/config.toml < preset two-gaussians < --set seed=7\n"),
        "{out}"
    );
    let line = |key: &str| out.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("{key}: {out}"));
    assert!(line("keys.dashboard.pause = \"P\" ").ends_with("# HOME/gantop/config.toml:2:1"), "{out}");
    assert!(line("seed = 7 ").ends_with("# --set seed=7"), "{out}");
    assert!(line("objective.kind = ").contains("# preset two-gaussians:"), "{out}");
    let (code, out, _) = run(&["keys"]);
    assert!(code == 0 && out.lines().any(|line| line.starts_with("  P ") && line.contains(":pause")), "{out}");
    // A run directory keeps nothing of it, so that others find their own keys there.
    let dir = directory.path().join("run");
    let small = ["ring", "--steps", "1", "--headless", "--set", "threads=1", "--set", "batch_size=8"];
    let (code, _, err) = run(&[&small[..], &["--run-dir", dir.to_str().unwrap()]].concat());
    assert_eq!(code, 0, "{err}");
    assert!(!fs::read_to_string(dir.join("config.toml")).unwrap().contains("keys"));
    // What is wrong in it stops what would read it.
    fs::write(directory.path().join("gantop/config.toml"), "[keys.dashboard]\npuase = \"P\"\n").unwrap();
    let (code, _, err) = run(&["check", "ring"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("HOME/gantop/config.toml:2:1: ") && err.contains("did you mean `pause`?"), "{err}");
}

#[test]
fn other_colours_come_at_once() {
    let mono = |screen: &TestScreen| {
        let buffer = screen.terminal.backend().buffer();
        buffer.content().iter().all(|cell| cell.fg == ratatui::style::Color::Reset)
    };
    let options = || Options { palette: Palette::Truecolor, ..options() };
    let (_, screen) = play(options(), |trainer, person| {
        trainer.report(Report::Started(Box::new(ring())));
        person.sees("running");
        leave(person);
    });
    assert!(!mono(&screen));
    let (_, screen) = play(options(), |trainer, person| {
        trainer.report(Report::Started(Box::new(ring())));
        person.press(":theme mono\n?");
        person.sees("─ help");
        leave(person);
    });
    assert!(mono(&screen));
}
