//! The entries: those of the terms, and what other tables say of rules, objectives, constraints and actions.

use std::sync::LazyLock;

use super::{About, Figure, Panel, Setting, Term, Word};
use crate::config::{Constraint, Watch, nearest};
use crate::domain::action::{Action, Entry as Row, TABLE};
use crate::domain::keymap::Keymap;
use crate::domain::rule::Rule;
use crate::domain::{Better, Cadence, MetricInfo};
use crate::theory::objective::{self, Objective};

/// The kind of an entry, in the order of the glossary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Panel,
    Figure,
    Setting,
    Word,
    Rule,
    Objective,
    Constraint,
    Action,
}

impl Kind {
    /// Every one, in order.
    pub const ALL: [Kind; 8] = [
        Kind::Panel,
        Kind::Figure,
        Kind::Setting,
        Kind::Word,
        Kind::Rule,
        Kind::Objective,
        Kind::Constraint,
        Kind::Action,
    ];

    /// The heading over its entries.
    pub fn title(self) -> &'static str {
        match self {
            Kind::Panel => "Panels",
            Kind::Figure => "Figures",
            Kind::Setting => "Settings",
            Kind::Word => "Words",
            Kind::Rule => "Health rules",
            Kind::Objective => "Objectives",
            Kind::Constraint => "Constraints",
            Kind::Action => "Actions",
        }
    }
}

/// An entry of the glossary.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub kind: Kind,
    pub name: String,
    /// The other names of it.
    pub also: Vec<String>,
    /// The meaning, the formula, what is good and what is bad, as in [`About`].
    pub what: String,
    pub formula: String,
    pub good: String,
    pub bad: String,
    /// The actions to press for it.
    pub press: Vec<Action>,
    /// Names of other entries.
    pub see: Vec<String>,
}

/// That nothing is called so.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the glossary has no `{name}`{hint}")]
pub struct Unknown {
    name: String,
    hint: String,
}

/// Every entry, by kind.
pub fn all() -> &'static [Entry] {
    static ALL: LazyLock<Vec<Entry>> = LazyLock::new(gathered);
    &ALL
}

fn gathered() -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    all.extend(Panel::ALL.iter().map(|term| Entry::of(Kind::Panel, term.about())));
    all.extend(Figure::ALL.iter().map(|term| Entry::of(Kind::Figure, term.about())));
    all.extend(Setting::ALL.iter().map(|term| Entry::of(Kind::Setting, term.about())));
    all.extend(Word::ALL.iter().map(|term| Entry::of(Kind::Word, term.about())));
    for rule in Rule::ALL {
        let mut entry = of_rule(rule);
        // A metric may be called so already.
        entry.also.retain(|name| !all.iter().any(|other| other.is_called(name)));
        all.push(entry);
    }
    all.extend(objective::ALL.iter().map(|objective| of_objective(*objective)));
    all.extend(Constraint::ALL.iter().map(of_constraint));
    for row in &TABLE {
        // What has its name has its key, too: a test says so.
        if !all.iter().any(|entry| entry.is_called(row.long)) {
            all.push(of_action(row, &all));
        }
    }
    all
}

/// The entry that is called so; the beginning of its name is enough if no other begins so, and a part of it if no other
/// has that.
///
/// # Errors
/// None is, or more than one may be meant.
pub fn find(name: &str) -> Result<&'static Entry, Unknown> {
    let unknown = |hint: String| Unknown { name: name.trim().to_owned(), hint };
    if plain(name).is_empty() {
        return Err(unknown(String::new()));
    }
    let by = |test: &dyn Fn(&str) -> bool| -> Vec<&'static Entry> {
        all().iter().filter(|entry| entry.names().any(test)).collect()
    };
    let wanted = plain(name);
    if let Some(entry) = by(&|other| plain(other) == wanted).into_iter().next() {
        return Ok(entry);
    }
    let part: [&dyn Fn(&str) -> bool; 2] =
        [&|other| plain(other).starts_with(&wanted), &|other| plain(other).contains(&wanted)];
    match part.into_iter().map(by).find(|found| !found.is_empty()) {
        Some(found) if found.len() == 1 => Ok(found[0]),
        Some(found) => {
            let names: Vec<&str> = found.iter().map(|entry| entry.name.as_str()).collect();
            Err(unknown(format!("; what has it in its name: {}", names.join(", "))))
        }
        None => {
            let names: Vec<&str> = all().iter().flat_map(Entry::names).collect();
            let near = nearest(name.trim(), &names);
            Err(unknown(near.map_or(String::new(), |near| format!(": did you mean `{near}`?"))))
        }
    }
}

/// Every entry that has this text in it: first those that have it in a name.
pub fn found(text: &str) -> Vec<&'static Entry> {
    let (named, said): (Vec<_>, Vec<_>) =
        all().iter().filter(|entry| entry.has(text)).partition(|entry| entry.is_named_like(text));
    [named, said].concat()
}

/// The entry of a metric that a run's trainer declares: all that its table says.
pub fn of_metric(info: &MetricInfo) -> Entry {
    let unit = if info.unit.is_empty() { String::new() } else { format!(" in {}", info.unit) };
    let when = match info.cadence {
        Cadence::EveryStep => "with every step",
        Cadence::Occasional => "now and then",
    };
    let good = match info.better {
        Better::Lower => "lower is better",
        Better::Higher => "higher is better",
        Better::Neither => "",
    };
    let what = format!(
        "A metric that the run's trainer declares: {}{unit}, of the group {}. It comes {when}; what it means the trainer knows.",
        info.label, info.group
    );
    let see = vec![Panel::Declared.about().name.to_owned()];
    let (name, press) = (info.name.to_string(), Panel::Declared.about().press.to_vec());
    Entry { name, what, good: good.to_owned(), press, see, ..Entry::empty(Kind::Figure) }
}

/// A name as it is compared, and as one word: in lower case, with hyphens.
pub fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace(['_', ' '], "-")
}

impl Entry {
    fn empty(kind: Kind) -> Entry {
        let (also, press, see) = (Vec::new(), Vec::new(), Vec::new());
        let [name, what, formula, good, bad] = std::array::from_fn(|_| String::new());
        Entry { kind, name, also, what, formula, good, bad, press, see }
    }

    fn of(kind: Kind, about: &About) -> Entry {
        let texts = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Entry {
            kind,
            name: about.name.to_owned(),
            also: texts(about.also),
            what: about.what.to_owned(),
            formula: about.formula.to_owned(),
            good: about.good.to_owned(),
            bad: about.bad.to_owned(),
            press: about.press.to_vec(),
            see: texts(about.see),
        }
    }

    /// All that it is called.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.also).map(String::as_str)
    }

    fn is_called(&self, name: &str) -> bool {
        self.names().any(|own| plain(own) == plain(name))
    }

    fn is_named_like(&self, text: &str) -> bool {
        self.names().any(|name| plain(name).contains(&plain(text)))
    }

    /// Whether it has a text in it, in upper or lower case.
    pub fn has(&self, text: &str) -> bool {
        let has = |own: &str| own.to_lowercase().contains(&text.trim().to_lowercase());
        self.is_named_like(text) || [&self.what, &self.formula, &self.good, &self.bad].into_iter().any(|own| has(own))
    }

    /// The first sentence of what it is.
    pub fn in_short(&self) -> &str {
        self.what.split_once(". ").map_or(self.what.trim_end_matches('.'), |(first, _)| first)
    }

    /// The parts of the entry, each with its label; keys as they are in force. A part that is empty is left out.
    pub fn parts(&self, keymap: &Keymap) -> Vec<(&'static str, String)> {
        let press = self.press.iter().map(|action| {
            let row = action.entry();
            let key = match keymap.first(*action) {
                key if key.is_empty() => row.usage(),
                key => key,
            };
            format!("{key}: {}", row.doc)
        });
        let parts = [
            ("what", self.what.clone()),
            ("also", self.also.join(", ")),
            ("formula", self.formula.clone()),
            ("good", self.good.clone()),
            ("bad", self.bad.clone()),
            ("press", press.collect::<Vec<_>>().join("\n")),
            ("see also", self.see.join(", ")),
        ];
        parts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
    }
}

impl Term {
    /// Its entry; nothing of what a run declares.
    pub fn entry(self) -> Option<&'static Entry> {
        let name = self.about()?.name;
        all().iter().find(|entry| entry.name == name)
    }
}

fn of_rule(rule: Rule) -> Entry {
    let (about, watch) = (rule.about(), Watch::of(rule));
    let when = match rule.has_threshold() {
        true => format!("by: {}, over {} steps", about.when(watch.threshold), watch.window),
        false => "at once".to_owned(),
    };
    let (press, see): (&[Action], &[&str]) = match rule {
        Rule::NonFinite => (&[Action::Back, Action::Rates, Action::Objective], &["gradient norm", "rates"]),
        Rule::EmNegative => (&[Action::CriticSteps, Action::Rates], &["bound", "critic EM"]),
        Rule::CriticSaturated => (&[Action::Objective, Action::CriticSteps], &["score", "generator's loss"]),
        Rule::GradientsVanishing => (&[Action::Objective, Action::Clip], &["gradient norm", "clip range"]),
        Rule::GradientsExploding => (&[Action::Rates, Action::Constraint], &["gradient norm", "rates"]),
        Rule::ClipShare => (&[Action::Clip, Action::Constraint], &["share at ±c", "clip range"]),
        Rule::CriticDead => (&[Action::Set, Action::Undo], &["fresh critic", "gradient norm", "clip range"]),
        Rule::CoverageFalling => (&[Action::Back, Action::Objective], &["coverage", "mode collapse"]),
        Rule::NoProgress => (&[Action::Rates, Action::Quit], &["bound"]),
    };
    Entry {
        name: format!("health.{rule}"),
        also: vec![rule.name().to_owned()],
        what: format!("A rule of health, for {}. It is raised {when}.", about.of),
        bad: about.means.to_owned(),
        press: press.to_vec(),
        see: see.iter().copied().chain(["alert"]).map(str::to_owned).collect(),
        ..Entry::empty(Kind::Rule)
    }
}

fn of_objective(objective: &dyn Objective) -> Entry {
    let about = objective.about();
    let mut see = vec![Setting::Objective.about().name, Figure::Bound.about().name];
    if about.lipschitz {
        see.push(Setting::Constraint.about().name);
    }
    // Without a bound on its slope it is a function of the ratio of the densities.
    let optimal = match about.lipschitz {
        false => format!("is T* = {}, where u = p/q", about.optimal),
        true => format!("is {}", about.optimal),
    };
    Entry {
        name: about.name.to_owned(),
        what: format!("An objective: {}. The optimal critic {optimal}.", about.title),
        formula: about.formula.to_owned(),
        good: about.when.to_owned(),
        bad: about.trouble.to_owned(),
        press: vec![Action::Objective],
        see: see.into_iter().map(str::to_owned).collect(),
        ..Entry::empty(Kind::Objective)
    }
}

fn of_constraint(constraint: &Constraint) -> Entry {
    let setting = match constraint {
        Constraint::None | Constraint::SpectralNorm => None,
        Constraint::Clip { .. } => Some(Setting::ClipRange),
        Constraint::GradientPenalty { .. } => Some(Setting::Lambda),
        Constraint::R1 { .. } => Some(Setting::Gamma),
    };
    let paper = if constraint.paper().is_empty() { String::new() } else { format!(" ({})", constraint.paper()) };
    let mut press = vec![Action::Constraint];
    press.extend(setting.map(|setting| setting.about().press).unwrap_or_default());
    press.dedup();
    let see = std::iter::once(Setting::Constraint).chain(setting).map(|setting| setting.about().name.to_owned());
    Entry {
        name: constraint.kind().to_owned(),
        what: format!("A constraint on the critic: {}{paper}.", constraint.about()),
        press,
        see: see.collect(),
        ..Entry::empty(Kind::Constraint)
    }
}

fn of_action(row: &Row, terms: &[Entry]) -> Entry {
    let is_pressed_for = |entry: &&Entry| {
        matches!(entry.kind, Kind::Figure | Kind::Setting | Kind::Word) && entry.press.contains(&row.action)
    };
    let see = terms.iter().filter(is_pressed_for).map(|entry| entry.name.clone()).collect();
    let typed = if row.is_command() { format!(" It is typed as `{}`.", row.usage()) } else { String::new() };
    let what = format!("An action: {}.{typed}", row.doc);
    Entry { name: row.long.to_owned(), what, press: vec![row.action], see, ..Entry::empty(Kind::Action) }
}
