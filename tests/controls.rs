//! Controls that a trainer of another program declares: offered, typed, refused and shown as gantop's own settings are.

use std::path::Path;

use gantop::domain::ControlValue;
use gantop::link::{Change, Command, Report};
use gantop::serve::protocol::{Capabilities, Incoming, ServerMessage};
use gantop::ui::Options;
use gantop::ui::state::attached::Attached;
use gantop::ui::update::Effect;

use crate::support::stage::Stage;

const HELLO: &str = r#"{"hello":{"version":1,"program":"toy 1","run":"a","commands":["set"],"keys":["optimizer.generator.lr"],"controls":[{"name":"noise","low":0,"high":1,"unit":"V","label":"input noise"},{"name":"layers","kind":"whole","low":1,"high":9},{"name":"ema","kind":"flag"},{"name":"Mode","kind":"choice","choices":["plain","hinge"]}]}}"#;

fn settings(noise: f64) -> String {
    format!(
        r#"{{"objective":{{"kind":"custom"}},"constraint":{{"kind":"none"}},"generator_lr":0.5,"critic_lr":0,"critic_steps":1,"controls":{{"noise":{noise},"layers":4,"ema":true,"Mode":"plain"}}}}"#
    )
}

fn started(metrics: &str) -> String {
    let settings = settings(0.5);
    format!(r#"{{"started":{{"shape":{{"point":{{"dims":1}}}},"metrics":{metrics},"settings":{settings}}}}}"#)
}

/// A dashboard that is attached to the trainer, and what it hears of it.
struct Watched {
    stage: Stage,
    incoming: Incoming,
}

impl Watched {
    fn new() -> Watched {
        let Ok(ServerMessage::Hello(hello)) = serde_json::from_str(HELLO) else { panic!("no hello") };
        let mut stage = Stage::new(Options::default());
        let capabilities = Capabilities::of(&hello);
        let (run, path) = ("a".to_owned(), "runs/a".to_owned());
        stage.app.attached = Some(Attached { run, path, read_only: false, listens: true, capabilities });
        let mut watched = Watched { stage, incoming: Incoming::default() };
        watched.hear(&started("[]"));
        watched
    }

    fn hear(&mut self, line: &str) {
        let report = self.incoming.read(line.as_bytes(), Path::new("")).expect("a report");
        assert_eq!(self.incoming.refused(), 0, "{report:?}");
        self.stage.report(report);
    }

    /// Presses keys; gives the controls that are then asked to be set.
    fn asks(&mut self, keys: &str) -> Vec<(String, ControlValue)> {
        self.stage.effects.clear();
        self.stage.press(keys);
        let set = |effect: &Effect| match effect {
            Effect::Send(Command::Set(Change::Control(name, value))) => Some((name.clone(), value.clone())),
            _ => None,
        };
        self.stage.effects.iter().filter_map(set).collect()
    }
}

#[test]
fn declared_controls_are_offered_in_a_popup_each_with_its_range() {
    let mut watched = Watched::new();
    let text = watched.stage.text(120, 36);
    assert!(text.contains("a controls") && text.contains("input noise  0.5 V"), "{text}");
    // What gantop's own runs have and this one does not is not shown.
    assert!(!text.contains("gen loss") && !text.contains("k constraint"), "{text}");
    let text = watched.stage.press("a").text(120, 36);
    for part in ["input noise", "now 0.5", "now 4", "now true", "now plain", "a number from 0 to 1 V"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let text = watched.stage.press("7").text(120, 36);
    assert!(text.contains("“7”: must be a number from 0 to 1"), "{text}");
    assert_eq!(watched.asks("\n"), []);
    let set = watched.asks("\u{8}\u{1b}a0.25\t↑\t↓\t↑\n");
    let name = |name: &str| ControlValue::Name(name.to_owned());
    let wanted = [
        ("noise", ControlValue::Number(0.25)),
        ("layers", ControlValue::Number(5.0)),
        ("ema", ControlValue::Flag(false)),
        ("Mode", name("hinge")),
    ];
    assert_eq!(set, wanted.map(|(name, value)| (name.to_owned(), value)));
    let text = watched.stage.text(120, 36);
    assert!(text.contains("0.5 V …"), "it is not marked as asked for: {text}");
    for (kind, at) in [("applied", 7), ("applied", 8), ("applied", 9), ("applied", 10)] {
        let settings = settings(0.25);
        watched.hear(&format!(
            r#"{{"event":{{"step":{at},"kind":"{kind}","what":"noise","old":"0.5","new":"0.25","who":"person","settings":{settings}}}}}"#
        ));
    }
    let text = watched.stage.text(120, 36);
    assert!(text.contains("input noise  0.25 V\n") && text.contains("noise 0.5 → 0.25"), "{text}");
    // A screen with little room shows the field that is typed into.
    let text = watched.stage.press("a\t\t\t").text(60, 16);
    assert!(text.contains("Mode") && text.contains("one of plain, hinge"), "{text}");
}

#[test]
fn declared_controls_are_set_by_name_beside_keys_of_the_config() {
    let mut watched = Watched::new();
    let text = watched.stage.press(":set ").text(120, 36);
    for part in ["noise", "now 0.5; a number from 0 to 1 V", "layers", "optimizer.generator.lr"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("constraint.clip"), "{text}");
    assert_eq!(watched.asks("noise 0.125\n"), [("noise".to_owned(), ControlValue::Number(0.125))]);
    let text = watched.stage.press(":set Mode ").text(120, 36);
    assert!(text.contains("hinge") && text.contains("now plain"), "{text}");
    watched.stage.press("\u{1b}");
    let mode = [("Mode".to_owned(), ControlValue::Name("hinge".to_owned()))];
    assert_eq!(watched.asks(":set Mode=hinge optimizer.generator.lr=0.1\n"), mode);
    let sent = |effect: &Effect| matches!(effect, Effect::Send(Command::Set(Change::Rate(_, rate))) if *rate == 0.1);
    assert!(watched.stage.effects.iter().any(sent));
    let text = watched.stage.press(":set layers 1.5\n").text(120, 36);
    assert!(text.contains("layers: “1.5”: must be a whole number from 1 to 9"), "{text}");
}

#[test]
fn a_trainer_that_says_again_what_it_is_begins_its_past_anew() {
    let mut watched = Watched::new();
    let steps = |steps: &str, more: &str| {
        let bound = vec!["0.5"; steps.split(',').count()].join(",");
        format!(r#"{{"steps":{{"step":[{steps}],"seconds":[{steps}],"metrics":{{"bound":[{bound}]}}{more}}}}}"#)
    };
    watched.hear(&steps("1,2,3", ""));
    watched.hear(&started(r#"[{"name":"fid","cadence":"occasional"}]"#));
    assert!(watched.stage.app.live.history.is_empty());
    watched.hear(&steps("1,2,3,4", r#","occasional":{"fid":[[4,31.5]]}"#));
    assert_eq!(watched.stage.app.live.history.steps(), Some((1, 4)));
    let text = watched.stage.press("2").text(120, 36);
    assert!(text.contains("fid"), "{text}");
    assert_eq!(text.matches("started on").count(), 0);
    let events = watched.stage.press("6").text(120, 36);
    assert_eq!(events.matches("started on").count(), 1, "{events}");
}

#[test]
fn values_of_controls_that_cannot_be_are_refused() {
    let many: Vec<String> = (0..65).map(|at| format!(r#""c{at}":1"#)).collect();
    for (controls, why) in [(many.join(","), "at most 64"), (r#""\u001b[31m":1"#.to_owned(), "a name that cannot be")] {
        let settings = settings(0.5).replace(r#""noise":0.5"#, &controls);
        let line = format!(r#"{{"started":{{"shape":{{"point":{{"dims":1}}}},"settings":{settings}}}}}"#);
        let mut incoming = Incoming::default();
        let Some(Report::Alert(alert)) = incoming.read(line.as_bytes(), Path::new("")) else { panic!("{line}") };
        assert!(alert.text.contains(why), "{}", alert.text);
    }
}
