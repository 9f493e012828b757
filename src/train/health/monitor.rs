//! The rules over step records.

use super::Rule;
use super::window::Window;
use crate::config::Health;
use crate::domain::format::number;
use crate::domain::{Metric, Metrics, StepRecord};
use crate::link::{Alert, NonFinite, Settings};

/// The distance that a value must come back before an alert is cleared, relative to the threshold.
const MARGIN: f64 = 0.1;
/// Into how many stretches the window is divided to see whether the bound moves.
const STRETCHES: usize = 4;

/// Watches a run by its records. Every alert is raised once, and cleared before it is raised again; between the two,
/// and after a change of settings, lies at least a whole window. Costs a few sums a record and little, bounded memory.
#[derive(Clone, Debug)]
pub struct Monitor {
    watched: Vec<Watched>,
    /// The step that was not made for a number that is not finite, until it is.
    refused: Option<u64>,
}

/// A rule at work.
#[derive(Clone, Debug)]
struct Watched {
    rule: Rule,
    threshold: f64,
    window: Window,
    applies: bool,
    raised: bool,
}

/// Differences of two batch means in f32 smaller than this, relative to the means, are rounding.
const ROUNDING: f64 = 8.0 * f32::EPSILON as f64;

/// The reading of a window.
struct Reading {
    /// The name of the quantity, as in `the mean bound`.
    what: &'static str,
    value: f64,
}

impl Monitor {
    /// Watches a run that begins with these settings by the rules that are enabled.
    pub fn new(config: &Health, settings: &Settings) -> Monitor {
        let watches = |rule: &Rule| rule.has_threshold() && *rule != Rule::CoverageFalling && config[*rule].enabled;
        let watched = |rule: Rule| {
            let watch = &config[rule];
            let (threshold, window) = (watch.threshold, Window::new(watch.window));
            Watched { rule, threshold, window, applies: rule.applies(settings), raised: false }
        };
        Monitor { watched: Rule::ALL.into_iter().filter(watches).map(watched).collect(), refused: None }
    }

    /// Takes in the record of the next step, and says what is raised or cleared by it.
    pub fn record(&mut self, record: &StepRecord) -> Vec<Alert> {
        let mut alerts = Vec::new();
        if self.refused.take_if(|step| record.step >= *step).is_some() {
            let text = format!("{} is over: step {} is made", Rule::NonFinite, record.step);
            alerts.push(Alert::of_rule(Rule::NonFinite, false, record.step, text));
        }
        alerts.extend(self.watched.iter_mut().filter_map(|watched| watched.record(record)));
        alerts
    }

    /// The step after the last record met a number that is not finite.
    pub fn refuse(&mut self, step: u64, number: Option<NonFinite>) -> Option<Alert> {
        let before = self.refused.replace(step);
        let text = || format!("{}: step {step}: {}", Rule::NonFinite, NonFinite::described(number));
        before.is_none().then(|| Alert::of_rule(Rule::NonFinite, true, step.saturating_sub(1), text()))
    }

    /// These settings are in force after `step`: every window begins anew, and what no longer applies is cleared.
    pub fn settle(&mut self, settings: &Settings, step: u64) -> Vec<Alert> {
        self.restart();
        let settle = |watched: &mut Watched| {
            watched.applies = watched.rule.applies(settings);
            let over = !watched.applies && std::mem::take(&mut watched.raised);
            let text = || format!("{} is over: it says nothing of the settings now in force", watched.rule);
            over.then(|| Alert::of_rule(watched.rule, false, step, text()))
        };
        self.watched.iter_mut().filter_map(settle).collect()
    }

    /// Forgets the records so far, as where the run goes back to an earlier step. What is raised stays so.
    pub fn restart(&mut self) {
        self.watched.iter_mut().for_each(|watched| watched.window.clear());
    }
}

impl Watched {
    fn record(&mut self, record: &StepRecord) -> Option<Alert> {
        if !self.applies || !self.window.push(figures(self.rule, &record.values)) {
            return None;
        }
        let Reading { what, value } = self.read()?;
        let (below, threshold) = (below(self.rule), self.threshold);
        let margin = if self.raised { MARGIN * threshold.abs() } else { 0.0 };
        let wrong = if below { value < threshold + margin } else { value > threshold - margin };
        if wrong == self.raised {
            return None;
        }
        // At a threshold of 0 there is no margin, and what is neither above nor below clears nothing.
        if self.raised && value == threshold {
            return None;
        }
        self.raised = wrong;
        let steps = self.window.steps();
        self.window.clear();
        let (rule, value) = (self.rule, number(value));
        let text = if wrong {
            let side = if below { "below" } else { "above" };
            let (threshold, means) = (number(threshold), rule.about().means);
            format!("{rule}: {what} over {steps} steps is {value}, {side} {threshold}: {means}")
        } else {
            format!("{rule} is over: {what} over {steps} steps is {value}")
        };
        Some(Alert::of_rule(rule, wrong, record.step, text))
    }

    /// The size below which the window's bound is rounding: a critic that gives every sample one score has a bound of a
    /// few units in the last place, of either sign.
    fn resolution(&self) -> f64 {
        self.window.mean(1).map_or(0.0, |score| ROUNDING * score.abs())
    }

    /// The reading of a full window; nothing where it has no finite value.
    fn read(&self) -> Option<Reading> {
        let mean = |figure| self.window.mean(figure);
        let norms = |pick: fn(f64, f64) -> bool| {
            let (critic, generator) = (mean(0)?, mean(1)?);
            let critic_is_it = pick(critic, generator);
            let what =
                if critic_is_it { "the critic's mean gradient norm" } else { "the generator's mean gradient norm" };
            Some(Reading { what, value: if critic_is_it { critic } else { generator } })
        };
        match self.rule {
            Rule::EmNegative => {
                let bound = mean(0)?;
                let value = if bound.abs() <= self.resolution() { 0.0 } else { bound };
                Some(Reading { what: "the mean bound", value })
            }
            Rule::CriticSaturated => {
                Some(Reading { what: "the smaller of the mean scores' sizes", value: mean(0)?.min(-mean(1)?) })
            }
            Rule::GradientsVanishing => norms(|critic, generator| critic <= generator),
            Rule::GradientsExploding => norms(|critic, generator| critic >= generator),
            Rule::ClipShare => Some(Reading { what: "the share of the critic's weights at ±c", value: mean(0)? }),
            Rule::CriticDead => {
                Some(Reading { what: "the share of steps with a critic's gradient of exactly 0", value: mean(0)? })
            }
            Rule::NoProgress => {
                let means: Vec<f64> = self.window.means(0, STRETCHES).into_iter().collect::<Option<_>>()?;
                let (low, high) = (means.iter().copied().reduce(f64::min)?, means.iter().copied().reduce(f64::max)?);
                let size = low.abs().max(high.abs());
                let value = if size > self.resolution() { (high - low) / size } else { 0.0 };
                Some(Reading { what: "what the bound moved, relative to its size,", value })
            }
            // The first is told by the trainer, the other by the analyst.
            Rule::NonFinite | Rule::CoverageFalling => None,
        }
    }
}

/// The figures of a record that a rule looks at.
fn figures(rule: Rule, values: &Metrics) -> [f32; 2] {
    let [first, second] = match rule {
        Rule::CriticSaturated => [Metric::ScoreReal, Metric::ScoreFake],
        Rule::GradientsVanishing | Rule::GradientsExploding => [Metric::CriticGradNorm, Metric::GeneratorGradNorm],
        Rule::ClipShare => [Metric::ClipShare, Metric::ClipShare],
        Rule::CriticDead => return [f32::from(values[Metric::CriticGradNorm] == 0.0); 2],
        _ => [Metric::Bound, Metric::ScoreReal],
    };
    [values[first], values[second]]
}

/// Whether a rule speaks up below its threshold, not above.
fn below(rule: Rule) -> bool {
    matches!(rule, Rule::EmNegative | Rule::GradientsVanishing | Rule::NoProgress)
}
