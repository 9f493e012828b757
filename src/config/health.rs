//! The rules of health, and what happens when one speaks.

use std::ops::Index;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::error::Problem;
use super::layers::Value;
use super::limits::HEALTH_WINDOW;
use super::section::Section;
use super::value::Bounds;
use crate::domain::rule::{AlertAction, Rule};

/// The use of each rule of health.
#[derive(Clone, Debug, PartialEq)]
pub struct Health([Watch; Rule::COUNT]);

/// The use of a rule of health. [`Rule::NonFinite`] has an action alone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Watch {
    pub enabled: bool,
    /// The threshold of the rule: see [`crate::domain::rule::About::when`].
    pub threshold: f64,
    /// Over how many steps.
    pub window: u64,
    /// The actions when an alert is raised, besides that it is told: at least one, each once, in order.
    pub action: Vec<AlertAction>,
}

impl Index<Rule> for Health {
    type Output = Watch;
    fn index(&self, rule: Rule) -> &Watch {
        &self.0[rule as usize]
    }
}

impl Health {
    /// Without the rules that can be turned off.
    pub fn off(mut self) -> Health {
        self.0.iter_mut().for_each(|watch| watch.enabled = false);
        self
    }

    /// The same with a rule applied otherwise.
    pub fn with(mut self, rule: Rule, watch: Watch) -> Health {
        self.0[rule as usize] = watch;
        self
    }
}

impl Default for Health {
    fn default() -> Health {
        Health(Rule::ALL.map(Watch::of))
    }
}

impl Watch {
    /// The use of a rule where nothing is said.
    pub fn of(rule: Rule) -> Watch {
        let about = rule.about();
        let (threshold, window) = (about.threshold, about.window);
        Watch { enabled: true, threshold, window, action: about.action.to_vec() }
    }

    /// Whether this is among what happens.
    pub fn has(&self, action: AlertAction) -> bool {
        self.action.contains(&action)
    }
}

impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Only<'a> {
            action: &'a [AlertAction],
        }
        let mut map = serializer.serialize_map(Some(Rule::COUNT))?;
        for rule in Rule::ALL {
            let watch = &self[rule];
            if rule.has_threshold() {
                map.serialize_entry(rule.name(), watch)?;
            } else {
                map.serialize_entry(rule.name(), &Only { action: &watch.action })?;
            }
        }
        map.end()
    }
}

/// Reads the table.
pub fn read(mut t: Section<'_, '_>) -> Health {
    let health = Health(Rule::ALL.map(|rule| {
        let (mut t, usual) = (t.table(rule.name()), Watch::of(rule));
        let mut watch = usual.clone();
        if rule.has_threshold() {
            watch.enabled = t.read("enabled", Value::flag).unwrap_or(usual.enabled);
            watch.threshold = t.number("threshold", usual.threshold, bounds(rule));
            watch.window = t.whole("window", usual.window, HEALTH_WINDOW);
        }
        watch.action = t.read("action", |value| actions(value, rule)).unwrap_or(usual.action);
        t.finish();
        watch
    }));
    t.finish();
    health
}

fn bounds(rule: Rule) -> Bounds {
    match rule {
        Rule::EmNegative => Bounds::Finite,
        Rule::ClipShare | Rule::CriticDead => Bounds::Share,
        _ => Bounds::Positive,
    }
}

fn actions(value: &Value<'_>, rule: Rule) -> Result<Vec<AlertAction>, Problem> {
    const MUST: &str = "must be a list of one or more of \"note\", \"pause\", \"checkpoint\"";
    let elements = value.elements().filter(|elements| !elements.is_empty()).ok_or_else(|| value.wrong(MUST))?;
    let mut actions: Vec<AlertAction> = elements.iter().map(Value::variant).collect::<Result<_, _>>()?;
    actions.sort_unstable();
    actions.dedup();
    if rule == Rule::NonFinite && !actions.contains(&AlertAction::Pause) {
        return Err(value.wrong("must have \"pause\": the step cannot be made, so the run cannot go on"));
    }
    Ok(actions)
}
