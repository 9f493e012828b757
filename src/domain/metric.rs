//! The metrics of a run: gantop's own, which every run has in the same places, and those that its trainer declares.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The most metrics that a trainer may declare besides gantop's own.
pub const MOST_DECLARED: usize = 64;
/// The most metrics of a foreign run that are kept: as many as their history has room for.
pub const MOST_FOREIGN: usize = 512;
/// The most bytes of a metric's name, label, group or unit.
const MOST_BYTES: usize = 64;

/// One of gantop's own metrics: a column of every record, and a row of [`OWN`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    CriticLoss,
    GeneratorLoss,
    Bound,
    CriticReal,
    CriticFake,
    ScoreReal,
    ScoreFake,
    CriticGradNorm,
    GeneratorGradNorm,
    ClipShare,
    /// The constraint's part of the critic's loss; 0 without one.
    Penalty,
    CriticLr,
    GeneratorLr,
}

/// The direction in which a metric's values are better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    Lower,
    Higher,
    /// Neither says anything by itself.
    #[default]
    Neither,
}

/// The frequency of a metric.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cadence {
    /// With every step: a step without it has a value that is not finite.
    #[default]
    EveryStep,
    /// Now and then: a step without it says nothing.
    Occasional,
}

/// The description of a metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricInfo {
    /// Its name in files, lines and configs.
    pub name: Cow<'static, str>,
    /// Its name within its group, for a person.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub label: Cow<'static, str>,
    /// The chart that it is drawn in.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub group: Cow<'static, str>,
    /// The unit; empty for a plain number.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub unit: Cow<'static, str>,
    #[serde(default)]
    pub better: Better,
    #[serde(default)]
    pub cadence: Cadence,
    /// Whether its chart belongs on the overview.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub front: bool,
}

impl MetricInfo {
    /// A metric of every step with this name, of which no more is known.
    pub fn named(name: impl Into<Cow<'static, str>>) -> MetricInfo {
        let (label, group, unit) = Default::default();
        let (better, cadence) = (Better::Neither, Cadence::EveryStep);
        MetricInfo { name: name.into(), label, group, unit, better, cadence, front: false }
    }

    /// Whether it is the same figure as `other` by where it is shown, whatever each is called.
    fn is_like(&self, other: &MetricInfo) -> bool {
        !self.group.is_empty() && (&self.group, &self.label) == (&other.group, &other.label)
    }
}

const fn own(name: &'static str, label: &'static str, group: &'static str, better: Better) -> MetricInfo {
    let (name, label, group) = (Cow::Borrowed(name), Cow::Borrowed(label), Cow::Borrowed(group));
    MetricInfo { name, label, group, unit: Cow::Borrowed(""), better, cadence: Cadence::EveryStep, front: false }
}

/// gantop's own metrics, in the order of a record and of metrics.csv.
pub static OWN: [MetricInfo; Metric::COUNT] = [
    own("critic_loss", "critic", "losses", Better::Neither),
    own("generator_loss", "generator", "losses", Better::Lower),
    own("bound", "bound", "bound", Better::Neither),
    own("critic_real", "real", "critic values", Better::Neither),
    own("critic_fake", "generated", "critic values", Better::Neither),
    own("score_real", "real", "scores", Better::Neither),
    own("score_fake", "generated", "scores", Better::Neither),
    own("critic_grad_norm", "critic", "gradient norms", Better::Neither),
    own("generator_grad_norm", "generator", "gradient norms", Better::Neither),
    own("clip_share", "share at ±c", "constraint", Better::Neither),
    own("penalty", "penalty", "constraint", Better::Lower),
    own("critic_lr", "critic", "learning rates", Better::Neither),
    own("generator_lr", "generator", "learning rates", Better::Neither),
];

impl Metric {
    /// Every one, in the order of [`OWN`].
    pub const ALL: [Metric; 13] = [
        Metric::CriticLoss,
        Metric::GeneratorLoss,
        Metric::Bound,
        Metric::CriticReal,
        Metric::CriticFake,
        Metric::ScoreReal,
        Metric::ScoreFake,
        Metric::CriticGradNorm,
        Metric::GeneratorGradNorm,
        Metric::ClipShare,
        Metric::Penalty,
        Metric::CriticLr,
        Metric::GeneratorLr,
    ];
    /// The number of them.
    pub const COUNT: usize = Metric::ALL.len();

    /// Its kind.
    pub fn info(self) -> &'static MetricInfo {
        &OWN[self as usize]
    }

    /// Its name in files.
    pub fn name(self) -> &'static str {
        &self.info().name
    }
}

/// A metric of a run, by its place in the run's [`MetricTable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetricId(u16);

impl MetricId {
    /// Its place in the table.
    pub fn index(self) -> usize {
        self.0.into()
    }

    /// Its place among the declared metrics; none for one of gantop's own.
    pub fn declared(self) -> Option<usize> {
        self.index().checked_sub(Metric::COUNT)
    }

    /// The declared metric at this place among them.
    pub fn of_declared(at: usize) -> MetricId {
        // There are never more than a table has.
        MetricId(u16::try_from(Metric::COUNT + at).unwrap_or(u16::MAX))
    }
}

impl From<Metric> for MetricId {
    fn from(metric: Metric) -> MetricId {
        MetricId(metric as u16)
    }
}

/// The metrics that a run has: gantop's own first, then those that its trainer declares, in the order in which it does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetricTable {
    declared: Option<Arc<[MetricInfo]>>,
}

impl MetricTable {
    /// gantop's own metrics alone.
    pub fn own() -> MetricTable {
        MetricTable::default()
    }

    /// gantop's own metrics and these; a declaration of one of gantop's own is passed over.
    ///
    /// # Errors
    /// There are too many, or one has a name that cannot be, or that another one has.
    pub fn declaring(declared: impl IntoIterator<Item = MetricInfo>) -> Result<MetricTable, String> {
        let mut names = BTreeSet::new();
        let mut metrics = Vec::new();
        for mut info in declared {
            fit(&info)?;
            if !names.insert(info.name.clone()) {
                return Err(format!("the metric `{}` is declared twice", info.name));
            }
            if OWN.iter().any(|own| own.name == info.name) {
                if info.cadence == Cadence::Occasional {
                    return Err(format!("the metric `{}` is gantop's own, which comes with every step", info.name));
                }
                continue;
            }
            for text in [&mut info.label, &mut info.group] {
                if text.is_empty() {
                    *text = Cow::Owned(info.name.replace('_', " "));
                }
            }
            metrics.push(info);
            if metrics.len() > MOST_DECLARED {
                return Err(format!("more than {MOST_DECLARED} metrics are declared"));
            }
        }
        Ok(MetricTable { declared: (!metrics.is_empty()).then(|| metrics.into()) })
    }

    /// The table of a foreign run: of gantop's own metrics it has none. Names are as its files have them, fit for a
    /// screen; those beyond [`MOST_FOREIGN`] are passed over.
    pub fn foreign(found: &[MetricInfo]) -> MetricTable {
        let found = &found[..found.len().min(MOST_FOREIGN)];
        MetricTable { declared: (!found.is_empty()).then(|| found.into()) }
    }

    /// The metrics besides gantop's own.
    pub fn declared(&self) -> &[MetricInfo] {
        self.declared.as_deref().unwrap_or_default()
    }

    /// Every metric, in order.
    pub fn iter(&self) -> impl Iterator<Item = (MetricId, &MetricInfo)> {
        let declared = self.declared().iter().enumerate().map(|(at, info)| (MetricId::of_declared(at), info));
        Metric::ALL.into_iter().map(|metric| (metric.into(), metric.info())).chain(declared)
    }

    /// The declared metrics, in order.
    pub fn iter_declared(&self) -> impl Iterator<Item = (MetricId, &MetricInfo)> {
        self.iter().skip(Metric::COUNT)
    }

    /// The description of a metric, if the table has it.
    pub fn get(&self, metric: MetricId) -> Option<&MetricInfo> {
        match metric.declared() {
            None => OWN.get(metric.index()),
            Some(at) => self.declared().get(at),
        }
    }

    /// The metric of this name. One that a foreign run calls as gantop calls one of its own is the foreign one.
    pub fn find(&self, name: &str) -> Option<MetricId> {
        let named = |(_, info): &(MetricId, &MetricInfo)| info.name == name;
        self.iter_declared().find(named).or_else(|| self.iter().find(named)).map(|(metric, _)| metric)
    }

    /// The metric that another run's `info` is to be compared with: of the same name, else shown in the same place.
    pub fn find_like(&self, info: &MetricInfo) -> Option<MetricId> {
        let like = |(_, own): &(MetricId, &MetricInfo)| own.is_like(info);
        let shown = || self.iter_declared().find(like).or_else(|| self.iter().find(like));
        let declared = self.iter_declared().find(|(_, own)| own.name == info.name);
        declared.or_else(shown).map(|(metric, _)| metric).or_else(|| self.find(&info.name))
    }
}

/// Whether a metric may be declared so, or why not.
fn fit(info: &MetricInfo) -> Result<(), String> {
    let MetricInfo { name, label, group, unit, .. } = info;
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./@".contains(c);
    if name.is_empty() || name.len() > MOST_BYTES || !name.chars().all(plain) {
        let name: String = name.chars().filter(|c| !c.is_control()).take(MOST_BYTES).collect();
        return Err(format!(
            "the metric `{name}` cannot be: a name has from 1 to {MOST_BYTES} letters, digits and characters of _-./@"
        ));
    }
    if ["step", "seconds"].contains(&name.as_ref()) {
        return Err(format!("a metric cannot be named `{name}`, as a column of every record is"));
    }
    let shown = [("label", label), ("group", group), ("unit", unit)];
    match shown.into_iter().find(|(_, text)| text.len() > MOST_BYTES || text.chars().any(char::is_control)) {
        Some((what, _)) => Err(format!(
            "the {what} of the metric `{name}` cannot be: it has at most {MOST_BYTES} bytes and no control characters"
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, cadence: Cadence) -> MetricInfo {
        MetricInfo { cadence, ..MetricInfo::named(name.to_owned()) }
    }

    #[test]
    fn a_table_has_gantops_own_first_and_finds_by_name() {
        let declared = [
            named("d_real_acc", Cadence::EveryStep),
            named("bound", Cadence::EveryStep),
            named("fid", Cadence::Occasional),
        ];
        let table = MetricTable::declaring(declared).unwrap();
        let names: Vec<&str> = table.iter().map(|(_, info)| info.name.as_ref()).collect();
        assert_eq!(names[..Metric::COUNT], Metric::ALL.map(Metric::name));
        assert_eq!(names[Metric::COUNT..], ["d_real_acc", "fid"]);
        for (metric, info) in table.iter() {
            assert_eq!((table.find(&info.name), table.get(metric)), (Some(metric), Some(info)));
        }
        assert_eq!(table.find("bound"), Some(Metric::Bound.into()));
        assert_eq!(
            (table.declared()[0].label.as_ref(), table.declared()[0].group.as_ref()),
            ("d real acc", "d real acc")
        );
        assert_eq!(table.find("loss"), None);
    }

    #[test]
    fn runs_are_compared_by_name_and_else_by_place() {
        let of = |name: &'static str, group: &'static str, label: &'static str| MetricInfo {
            label: label.into(),
            group: group.into(),
            ..MetricInfo::named(name)
        };
        let ours = MetricTable::foreign(&[of("Loss/D", "losses", "critic"), of("bound", "bound 2", "x")]);
        let theirs = MetricTable::foreign(&[of("bound", "else", "y"), of("d_loss", "losses", "critic")]);
        let name = |table: &MetricTable, metric: Option<MetricId>| table.get(metric.unwrap()).unwrap().name.to_string();
        assert_eq!(name(&theirs, theirs.find_like(&ours.declared()[0])), "d_loss");
        assert_eq!(theirs.find_like(&ours.declared()[1]), Some(MetricId::of_declared(0)));
        assert_eq!(theirs.find_like(Metric::CriticLoss.info()), Some(MetricId::of_declared(1)));
        assert_eq!(MetricTable::own().find_like(&ours.declared()[0]), Some(Metric::CriticLoss.into()));
        assert_eq!(MetricTable::own().find_like(&of("fid", "FID", "FID")), None);
        let many: Vec<MetricInfo> = (0..=MOST_FOREIGN).map(|i| MetricInfo::named(format!("m {i}"))).collect();
        assert_eq!(MetricTable::foreign(&many).declared().len(), MOST_FOREIGN);
    }

    #[test]
    fn what_cannot_be_declared_is_named() {
        let long = "x".repeat(65);
        for (name, why) in [
            ("", "cannot be"),
            ("a b", "cannot be"),
            ("a\u{1b}[m", "cannot be"),
            (&long, "cannot be"),
            ("step", "column"),
        ] {
            let error = MetricTable::declaring([named(name, Cadence::EveryStep)]).unwrap_err();
            assert!(error.contains(why) && !error.contains('\u{1b}'), "{error}");
        }
        let twice = [named("fid", Cadence::Occasional), named("fid", Cadence::Occasional)];
        assert!(MetricTable::declaring(twice).unwrap_err().contains("twice"));
        assert!(MetricTable::declaring([named("bound", Cadence::Occasional)]).unwrap_err().contains("every step"));
        let many = (0..=MOST_DECLARED).map(|i| named(&format!("m{i}"), Cadence::EveryStep));
        assert!(MetricTable::declaring(many).unwrap_err().contains("more than 64"));
        let painted = MetricInfo { label: "\u{9b}31m".into(), ..named("fid", Cadence::Occasional) };
        assert!(MetricTable::declaring([painted]).unwrap_err().contains("label"));
    }
}
