//! The command line.

use gantop::config::Constraint;
use gantop::domain::{GeneratorLoss, Head, ObjectiveChoice};
use gantop::link::*;
use gantop::ui::draw::glyphs::GlyphSet;
use gantop::ui::draw::theme::{Palette, Theme};
use gantop::ui::state::app::App;
use gantop::ui::update::Effect;
use gantop::ui::{Message, Options};

use crate::support::records::*;
use crate::support::runs::*;
use crate::support::stage::*;

/// A dashboard of a run under way.
fn stage() -> Stage {
    let mut stage = Stage::new(Options { palette: Palette::Mono, glyphs: GlyphSet::Ascii, ..Options::default() });
    stage.report(Report::Started(Box::new(ring()))).report(Report::Steps(records(1, 100)));
    stage.effects.clear();
    stage
}

/// The commands to the trainer that follow from what is typed, but for those for snapshots.
fn sent(typed: &str) -> Vec<Command> {
    let mut stage = stage();
    stage.press(typed);
    let commands = stage.effects.into_iter().filter_map(|effect| match effect {
        Effect::Send(Command::Snapshot(_)) => None,
        Effect::Send(command) => Some(command),
        _ => None,
    });
    commands.collect()
}

/// What the screen shows after this has been typed.
fn shown(typed: &str) -> String {
    stage().press(typed).text(80, 24)
}

fn constraint(constraint: Constraint) -> Vec<Command> {
    vec![Command::Set(Change::Constraint(constraint))]
}

#[test]
fn settings_are_set_by_name() {
    let clip = |clip| constraint(Constraint::Clip { clip });
    let objective = |change: fn(&mut ObjectiveChoice)| {
        let mut objective = settings().objective;
        change(&mut objective);
        vec![Command::Set(Change::Objective(objective))]
    };
    for line in
        [":set constraint.clip 0.02", ":set constraint.clip=0.02", ":clip 0.02", ":constraint clip 0.02", "::clip 2e-2"]
    {
        assert_eq!(sent(&format!("{line}\n")), clip(0.02), "{line}");
    }
    assert_eq!(sent(":set constraint.kind clip\n"), constraint(settings().constraint));
    assert_eq!(sent(":clip none\n"), constraint(Constraint::None));
    assert_eq!(sent(":constraint r1 3\n"), constraint(Constraint::R1 { gamma: 3.0 }));
    assert_eq!(sent(":set constraint.lambda=3\n"), constraint(Constraint::GradientPenalty { lambda: 3.0 }));
    assert_eq!(sent(":set objective.kind kl\n"), objective(|objective| objective.kind = "kl".into()));
    assert_eq!(sent(":objective kl\n"), objective(|objective| objective.kind = "kl".into()));
    let both = objective(|objective| {
        (objective.head, objective.generator_loss) = (Head::Paper, GeneratorLoss::Saturating);
    });
    assert_eq!(sent(":set objective.head=paper objective.generator_loss=saturating\n"), both);
    let rate = |player, rate| Command::Set(Change::Rate(player, rate));
    assert_eq!(sent(":rates 1e-4 2e-4\n"), [rate(Player::Critic, 1e-4), rate(Player::Generator, 2e-4)]);
    assert_eq!(sent(":rates 1e-4\n"), [rate(Player::Critic, 1e-4)]);
    assert_eq!(sent(":set optimizer.generator.lr 0.01\n"), [rate(Player::Generator, 0.01)]);
    assert_eq!(sent(":updates 3\n"), [Command::Set(Change::CriticSteps(3))]);
    assert_eq!(sent(":steps 1,000\n"), [Command::Advance(1000)]);
    assert_eq!(sent(":checkpoint\n"), [Command::Save]);
    // The beginning of a name is enough where no other begins so; `step` begins `steps` and is itself.
    assert_eq!(sent(":step\n"), [Command::Advance(1)]);
    assert_eq!(sent(":pau\n"), [Command::Pause]);
    assert_eq!(sent(":\n"), []);
}

#[test]
fn what_is_wrong_is_said_and_sends_nothing() {
    for (line, why) in [
        ("clpi", "did you mean `clip`?"),
        ("frobnicate", "allowed: pause, step"),
        ("pa", "`pa` is short for more than one: pause"),
        ("pause now", "`pause` takes no argument"),
        ("set", "`set` needs KEY VALUE"),
        ("set objective.kind", "`objective.kind` is wgan: type what it is to be"),
        ("set objective.kind wgn", "did you mean `wgan`?"),
        ("set objective.kidn wgan", "did you mean `objective.kind`?"),
        ("set constraint.clip", "`constraint.clip` is 0.05"),
        ("set constraint.clip -1", "must be from 1e-9 to 1e9"),
        ("set seed 3", "is not a setting that can change while a run goes on"),
        ("set a b c", "as in `set constraint.clip 0.02`"),
        ("clip lots", "is not a number"),
        ("clip 1 2", "too many words"),
        ("steps 0", "it must be at least 1"),
        ("constraint clup", "did you mean `clip`?"),
        ("constraint none 3", "none has no number"),
        ("page nine", "there is no page `nine`"),
        ("page 0", "there is no page `0`"),
        ("goto 5000", "the charts know the steps from 1 to 100"),
        ("goto soon", "not a whole number"),
        ("theme drak", "allowed: auto, 16, 256"),
    ] {
        let screen = shown(&format!(":{line}\n"));
        // However the line is broken.
        let plain = |text: &str| text.replace('|', " ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(plain(&screen).contains(&plain(why)), "{line}: {screen}");
        assert!(screen.contains(&format!(":{line}")), "it stays to be mended: {screen}");
        assert_eq!(sent(&format!(":{line}\n")), [], "{line}");
    }
}

#[test]
fn nothing_is_set_where_nothing_can_be() {
    let mut recorded = Stage { app: App::viewing(Options::default(), "ring".into(), Vec::new()), effects: Vec::new() };
    recorded.report(Report::Started(Box::new(ring())));
    for line in [":clip 0.02", ":set critic.steps 3", ":pause", ":steps 3"] {
        recorded.press(&format!("{line}\n"));
        let screen = recorded.text(120, 36);
        assert!(screen.contains("recorded"), "{line}: {screen}");
        recorded.press("\u{1b}");
    }
    assert!(!recorded.effects.iter().any(|effect| matches!(effect, Effect::Send(_))));
    let ended = stage().report(Report::Finished(summary(100, false))).press(":clip 0.02\n").text(80, 24);
    assert!(ended.contains("the run has ended: nothing can be changed"), "{ended}");
}

#[test]
fn tab_completes() {
    // As far as it is sure, then one after the other.
    assert!(shown(":che\t").contains(":checkpoint "));
    assert!(shown(":che\t\t\t").contains(":checkpoints"));
    assert!(shown(":obj\t").contains(":objective"));
    let screen = shown(":set obj\t");
    assert!(screen.contains(":set objective.") && screen.contains("objective.generator_loss  now auto"), "{screen}");
    assert_eq!(sent(":se\tobjective.k\trever\t\n").len(), 1);
    assert!(shown(":set constraint.kind gr\t").contains("constraint.kind gradient-penalty"));
    assert!(shown(":theme tr\t").contains(":theme truecolor"));
    assert!(shown(":page sa\t").contains(":page samples"));
    // What has it in it, where nothing begins so; nothing, where nothing may follow.
    assert!(shown(":norm").contains("there is no command") && shown(":constraint norm\t").contains("spectral-norm"));
    assert!(shown(":steps 5\t").contains(":steps 5"));
    // The value in force stands beside.
    assert!(shown(":clip ").contains("now +-0.05") && shown(":set critic.steps ").contains("now 5"));
}

#[test]
fn commands_are_remembered() {
    let mut stage = stage();
    stage.press(":clip 0.1\n:steps 3\n:steps 3\n:dra");
    let mut line = |keys: &str| {
        let screen = stage.press(keys).text(80, 24);
        let line = screen.lines().find_map(|line| line.split_once("| :").map(|(_, line)| line.to_owned())).unwrap();
        line.trim_end_matches(['|', ' ']).split("  now").next().unwrap().trim_end().to_owned()
    };
    assert_eq!([line("↑"), line("↑"), line("↑")], ["steps 3", "clip 0.1", "clip 0.1"]);
    assert_eq!([line("↓"), line("↓"), line("↓")], ["steps 3", "dra", "dra"]);
}

#[test]
fn the_view_is_steered_by_name() {
    let mut stage = stage();
    assert!(stage.press(":page losses\n:goto 50\n").text(120, 36).contains("at step 50"));
    assert!(stage.press(":filter clip range\n").text(120, 36).contains(" clip range  0 of 1"));
    assert!(stage.press(":page 1\n:freeze\n").text(120, 36).contains("display frozen"));
    assert!(stage.press(":help\n").text(120, 70).contains(":constraint [KIND [NUMBER]]"));
}

#[test]
fn another_theme_is_asked_for_and_drawn() {
    let mut stage = stage();
    stage.press(":theme light\n");
    assert!(stage.effects.contains(&Effect::Theme(Theme::Light)));
    stage.app.dirty = false;
    stage.message(Message::Palette(Palette::Truecolor));
    assert!(stage.app.dirty && stage.app.palette == Palette::Truecolor);
}

#[test]
fn the_command_line_on_the_screen() {
    insta::assert_snapshot!("command", stage().press(":").text(80, 24));
    insta::assert_snapshot!("command_set", stage().press(":set objective.kind \t\t").text(80, 24));
    insta::assert_snapshot!("command_refused", stage().press(":set objective.kind wgn\n").text(80, 24));
    // As small as anything is drawn, and smaller.
    for (width, height) in [(60, 16), (61, 17), (1, 1), (10, 3)] {
        stage().press(":set objective.kind wgn\n").text(width, height);
    }
}

#[test]
fn the_help_is_searched() {
    let mut stage = stage();
    let screen = stage.press("?/clip").text(80, 24);
    assert!(screen.contains("type a clip range") && !screen.contains("pause training"), "{screen}");
    // The keys of the help are text while it is typed.
    assert!(stage.press("q").text(80, 24).contains("nothing contains this"));
    let screen = stage.press("\u{1b}").text(80, 24);
    assert!(screen.contains("pause training") && screen.contains("help"), "{screen}");
    assert!(stage.press("/freeze\n").text(80, 24).contains("freeze the display"));
    assert!(!stage.press("\u{1b}").text(80, 24).contains("only freeze"));
}

#[test]
fn a_pause_and_a_freeze_say_what_they_are_not() {
    let mut stage = stage();
    stage.press(" ").report(state(100, RunState::Paused, None));
    let screen = stage.text(80, 24);
    assert!(screen.contains("training paused") && !screen.contains("frozen"), "{screen}");
    let screen = stage.press("f").text(120, 36);
    assert!(screen.contains("display frozen ") && screen.contains("training is paused too; f thaws it"), "{screen}");
    let screen = stage.press("f").report(state(100, RunState::Running, None)).press("f").text(120, 36);
    assert!(screen.contains("display frozen ") && screen.contains("training goes on; f thaws it"), "{screen}");
    assert!(screen.contains("  running"), "{screen}");
}
