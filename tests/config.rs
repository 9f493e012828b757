//! Configs as a person meets them: files that are right, files that are wrong and what is said about them, presets,
//! `--set`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gantop::config::{self, Config, Constraint, Data, DeviceChoice, Optimizer, defaults, presets};
use proptest::prelude::*;

mod random;

/// The presets of images, which need to be told where these are.
const IMAGES: [&str; 6] = ["mnist-wgan", "mnist-dcgan", "cifar-dcgan", "cifar-sngan", "cifar-wgan-gp", "folder-dcgan"];

/// The TOML files in a directory of this crate, sorted.
fn files(directory: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    assert!(!files.is_empty(), "{directory}");
    files
}

fn load(name: &str, set: &[&str]) -> Result<Config, String> {
    let set: Vec<String> = set.iter().map(|argument| argument.to_string()).collect();
    config::load(Some(name), &set).map_err(|error| error.to_string())
}

/// What is read from a file that holds `text`.
fn load_text(text: &str, set: &[&str]) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("test.toml");
    fs::write(&path, text).unwrap();
    load(path.to_str().unwrap(), set).map_err(|error| error.replace(directory.path().to_str().unwrap(), "DIR"))
}

#[test]
fn valid_files_load_and_read_back_the_same() {
    for path in files("tests/config/valid") {
        let config = load(path.to_str().unwrap(), &[]).unwrap_or_else(|error| panic!("{error}"));
        let again = load_text(&config.to_toml().unwrap(), &[]);
        assert_eq!(again.as_ref(), Ok(&config), "{}", path.display());
    }
}

#[test]
fn invalid_files_are_explained() {
    let mut names = BTreeSet::new();
    for path in files("tests/config/invalid") {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let error = load(path.to_str().unwrap(), &[]).expect_err(&name);
        assert!(error.starts_with(&format!("{}:", path.display())), "{name}: {error}");
        insta::with_settings!({
            snapshot_path => "config/invalid", prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(name.clone(), error);
        });
        names.insert(name);
    }
    for entry in fs::read_dir("tests/config/invalid").unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(stem) = name.strip_suffix(".snap") else { continue };
        assert!(names.contains(stem), "{name} belongs to no file");
    }
}

#[test]
fn unreadable_files_are_explained() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    fs::write(at("latin.toml"), b"seed = 1\nname = \"caf\xe9\"\n").unwrap();
    fs::write(at("huge.toml"), "# filler\n".repeat(150_000)).unwrap();
    let said = |path: &str| load(path, &[]).unwrap_err().replace(directory.path().to_str().unwrap(), "DIR");
    insta::assert_snapshot!(said(&at("latin.toml")), @"DIR/latin.toml:2:12: is not UTF-8, which TOML must be");
    insta::assert_snapshot!(said(&at("huge.toml")), @"DIR/huge.toml: is larger than 1 MiB: that is not a config file");
    insta::assert_snapshot!(said(&at("")), @"DIR/: is a directory: name a config file in it");
    insta::assert_snapshot!(said(&at("ring.toml")), @r"
    DIR/ring.toml: cannot be read: No such file or directory (os error 2)
      = the preset is called `ring`
    ");
    insta::assert_snapshot!(said("rnig"), @r"
    there is no preset and no file called `rnig`
      = did you mean `ring`?
      = allowed: ring, ring-gan, ring-hinge, grid, grid-wgan-gp, swiss-roll, moons, checkerboard, lines, two-gaussians, fgan-univariate, mass-covering, mode-seeking, mnist-wgan, mnist-dcgan, cifar-dcgan, cifar-sngan, cifar-wgan-gp, folder-dcgan
      = a config file has a slash in its name or ends in .toml
    ");
}

#[test]
fn presets_are_the_files_of_configs() {
    let listed: BTreeSet<String> = presets::ALL.iter().map(|preset| format!("configs/{}.toml", preset.name)).collect();
    let there: BTreeSet<String> = files("configs").iter().map(|path| path.display().to_string()).collect();
    assert_eq!(listed, there);
    assert!(presets::find(presets::DEFAULT).is_some());
    for preset in presets::ALL {
        assert_eq!(preset.text, fs::read_to_string(format!("configs/{}.toml", preset.name)).unwrap());
        assert!(preset.text.starts_with("# ") && preset.about().len() > 10, "{}", preset.name);
    }
}

#[test]
fn every_preset_loads_by_name_and_as_a_file() {
    for preset in presets::ALL {
        let set: &[&str] = if IMAGES.contains(&preset.name) { &["data.path=/data/mnist"] } else { &[] };
        let config = load(preset.name, set).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.name, preset.name);
        assert_eq!(load(&format!("configs/{}.toml", preset.name), set), Ok(config));
    }
    assert_eq!(config::load(None, &[]).unwrap(), load("ring", &[]).unwrap());
}

#[test]
fn a_preset_of_images_asks_for_their_path() {
    for preset in IMAGES {
        let error = load(preset, &[]).unwrap_err();
        assert!(error.starts_with(&format!("preset {preset}:")) && error.contains("--set data.path=DIR"), "{error}");
    }
}

#[test]
fn what_is_not_said_follows_from_the_objective() {
    let wgan = load_text("", &[]).unwrap();
    assert_eq!(wgan.name, "test");
    assert_eq!(wgan.objective.kind, gantop::domain::choice::OBJECTIVE);
    assert_eq!(wgan.critic.steps, 5);
    assert_eq!(wgan.constraint, Constraint::Clip { clip: defaults::CLIP });
    assert!(matches!(wgan.optimizer.critic, Optimizer::Rmsprop { .. }));
    for objective in
        gantop::theory::objective::ALL.iter().map(|objective| objective.name()).filter(|name| *name != "wgan")
    {
        let config = load_text(&format!("objective.kind = \"{objective}\""), &[]).unwrap();
        assert_eq!(config.objective.kind, objective);
        assert_eq!(config.critic.steps, 1);
        assert_eq!(config.constraint, Constraint::None);
        assert!(matches!(config.optimizer.generator, Optimizer::Adam { .. }));
    }
}

#[test]
fn the_number_of_a_penalty_alone_means_that_penalty() {
    for kind in ["gan", "wgan"] {
        let text = format!("objective.kind = \"{kind}\"");
        let constraint = |set: &str| load_text(&text, &[set]).unwrap().constraint;
        assert_eq!(constraint("constraint.lambda=0.1"), Constraint::GradientPenalty { lambda: 0.1 });
        assert_eq!(constraint("constraint.gamma=2"), Constraint::R1 { gamma: 2.0 });
        for usual in Constraint::ALL {
            assert_eq!(constraint(&format!("constraint.kind={}", usual.kind())), usual);
        }
    }
}

#[test]
fn a_clip_range_alone_means_clipping() {
    let config = load_text("objective.kind = \"gan\"", &["constraint.clip=0.05"]).unwrap();
    assert_eq!(config.constraint, Constraint::Clip { clip: 0.05 });
    let error = load_text("[constraint]\nkind = \"none\"", &["constraint.clip=0.05"]).unwrap_err();
    insta::assert_snapshot!(error, @r#"
    --set constraint.clip=0.05: `constraint.clip` is not a setting of constraint.kind = "none"
      = it belongs to constraint.kind = "clip": set that too
      = allowed here: kind
    "#);
}

#[test]
fn arguments_lie_on_top_of_the_file_and_of_each_other() {
    let file = "seed = 1\nsteps = 2\n[data]\nkind = \"ring\"\nmodes = 5\n";
    let set = ["seed=10", "data.radius=3", "data.modes=6", "data.modes=7", "critic.hidden=[8, 9]", "device=cuda:2"];
    let config = load_text(file, &set).unwrap();
    assert_eq!((config.seed, config.steps, config.device), (10, 2, DeviceChoice::Cuda(2)));
    assert_eq!(config.data, Data::Ring { modes: 7, radius: 3.0, std: defaults::RING_STD });
    assert_eq!(config.critic.architecture.mlp().unwrap().hidden, [8, 9]);
    let config = load_text(file, &["data={kind = \"ring\", std = 0.5}", "critic.hidden=[]"]).unwrap();
    assert_eq!(config.data, Data::Ring { modes: 5, radius: defaults::RING_RADIUS, std: 0.5 });
    assert!(config.critic.architecture.mlp().unwrap().hidden.is_empty());
}

#[test]
fn an_argument_is_text_where_text_is_wanted() {
    for (argument, name) in [
        ("name=plain", "plain"),
        ("name=\"quoted\"", "quoted"),
        ("name=two words", "two words"),
        ("name=7", "7"),
        ("name=2026-01-02", "2026-01-02"),
        ("name=a=b", "a=b"),
        ("name=a#b", "a#b"),
        ("name=say \"hi\" \\ there", "say \"hi\" \\ there"),
        ("name = spaced ", "spaced"),
        ("name=007", "007"),
    ] {
        assert_eq!(load("ring", &[argument]).unwrap_or_else(|error| panic!("{error}")).name, name, "{argument}");
    }
}

#[test]
fn a_changed_kind_drops_what_the_file_says_of_the_old_one() {
    let file = "[data]\nkind = \"ring\"\nmodes = 5\nradius = 3\nstd = 0.5\n[optimizer.critic]\nkind = \"adam\"\nlr = 0.25\nbeta1 = 0.1";
    let config = load_text(file, &["data.kind=grid", "optimizer.critic.kind=sgd"]).unwrap();
    // What both kinds have stays.
    assert_eq!(config.data, Data::Grid { side: defaults::GRID_SIDE, spacing: defaults::GRID_SPACING, std: 0.5 });
    assert_eq!(config.optimizer.critic, Optimizer::Sgd { lr: 0.25, momentum: 0.0 });
    // A key that no kind has is still wrong, and so is one of another kind beside it on the command line.
    assert!(load_text(&format!("{file}\nbeta9 = 1"), &["optimizer.critic.kind=sgd"]).unwrap_err().contains("beta9"));
    assert!(load("ring", &["data.kind=grid", "data.radius=3"]).unwrap_err().starts_with("--set data.radius=3: "));
    assert!(load("ring", &["data.side=3"]).unwrap_err().contains("data.kind = \"grid\""));
}

#[test]
fn wrong_arguments_are_explained() {
    let arguments = [
        "seed",
        "=3",
        "data.components[0].std=3",
        "data..radius=3",
        "dta.radius=3",
        "data.raduis=3",
        "data.radius=-1",
        "data.kind=rings",
        "data=5",
        "data.radius.x=5",
        "critic.hidden=[64, 64",
        "critic.hidden=64,64",
        "constraint.clip=.05",
        "seed=18446744073709551615",
        "name=",
        "data.path=",
        "objective.kind=\x1b[31mred",
    ];
    let said: Vec<String> = arguments.iter().map(|argument| load("ring", &[argument]).unwrap_err()).collect();
    for (argument, error) in arguments.iter().zip(&said) {
        assert!(error.starts_with(&format!("--set {}: ", argument.replace('\x1b', "\u{fffd}"))), "{error}");
    }
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn a_path_is_relative_to_who_says_it() {
    let path = |config: Config| config.data.images().unwrap().path.clone();
    let here = std::env::current_dir().unwrap();
    let in_file = load("tests/config/valid/relative-path.toml", &[]).unwrap();
    assert_eq!(path(in_file), here.join("tests/config/valid/digits/train-images-idx3-ubyte.gz"));
    let in_argument = load("tests/config/valid/relative-path.toml", &["data.path=some/where"]).unwrap();
    assert_eq!(path(in_argument), here.join("some/where"));
    let absolute = load("mnist-wgan", &["data.path=/some/where"]).unwrap();
    assert_eq!(path(absolute), Path::new("/some/where"));
    if let Some(home) = std::env::home_dir() {
        assert_eq!(path(load("mnist-wgan", &["data.path=~/digits"]).unwrap()), home.join("digits"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_valid_config_reads_back_the_same(config in random::config()) {
        let text = config.to_toml().unwrap();
        prop_assert_eq!(load_text(&text, &[]), Ok(config), "{}", text);
    }

    #[test]
    fn no_text_is_too_strange(text in "\\PC{0,40}|([a-z_.\\[\\]{}\"'=\n# 0-9-]{0,60})", set in "\\PC{0,30}") {
        // Neither panics nor hangs; what it says is another test's concern.
        let _ = load_text(&text, &[&set]);
        let _ = load("ring", &[&format!("data.kind={text}"), &set]);
    }

    #[test]
    fn a_spoilt_preset_is_refused_or_read(at in 0..2000usize, spoilt in "\\PC|[\n\"=\\[\\]{}.#-]") {
        let text = presets::ALL[0].text;
        let at = (0..=at % text.len()).rev().find(|&i| text.is_char_boundary(i)).unwrap();
        let text = format!("{}{spoilt}{}", &text[..at], &text[at..]);
        if let Err(error) = load_text(&text, &[]) {
            prop_assert!(error.starts_with("DIR/test.toml:"), "{}", error);
        }
    }
}

#[test]
fn a_checkpoint_on_hangup_needs_a_record() {
    let said = |set: &[&str]| {
        let config = load("ring", set).unwrap();
        config.note(config.record.enabled)
    };
    let wish = "run.on_hangup=checkpoint";
    assert_eq!((said(&[]), said(&[wish]), said(&["record.enabled=false"])), (None, None, None));
    let note = said(&[wish, "record.enabled=false"]).unwrap();
    assert!(note.contains("run.on_hangup") && note.contains("no directory"), "{note}");
    let error = load("ring", &["run.on_hangup=stop"]).unwrap_err();
    assert!(error.contains("allowed: continue, checkpoint"), "{error}");
}
