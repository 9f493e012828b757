//! `gantop health`: the rules of health.

use crate::config::Watch;
use crate::domain::rule::Rule;
use crate::ui::draw::pen::wrap;

/// Columns of the page.
const PAGE: usize = 100;
/// Columns of the labels.
const LABEL: usize = 10;
const HEAD: &str = "Rules over what a run records. An alert appears once, with its step, and is cleared when a whole \
                    window is well again. For each, [health.NAME] of the config has enabled, threshold, window (in \
                    steps) and action, a list of note (tell it, as always), pause (a headless run stops instead) and \
                    checkpoint. The usual values are:";

/// Every rule with its defaults.
pub fn page() -> String {
    let head: String = wrap(HEAD, PAGE).iter().map(|line| format!("{line}\n")).collect();
    head + &Rule::ALL.into_iter().map(rule).collect::<String>()
}

fn rule(rule: Rule) -> String {
    let (about, watch) = (rule.about(), Watch::of(rule));
    let when = match rule.has_threshold() {
        true => format!("{}, over {} steps", about.when(watch.threshold), watch.window),
        false => "at once".to_owned(),
    };
    let actions: Vec<&str> = watch.action.iter().map(|action| action.name()).collect();
    let rows = [("when", when), ("of", about.of.into()), ("means", about.means.into()), ("action", actions.join(", "))];
    let body: String = rows.iter().map(|(label, text)| labelled(label, text)).collect();
    format!("\n{rule}\n{body}")
}

/// A text behind its label, in lines of at most [`PAGE`] columns.
fn labelled(label: &str, text: &str) -> String {
    let lines = wrap(text, PAGE - LABEL);
    let label = |i| if i == 0 { label } else { "" };
    lines.iter().enumerate().map(|(i, line)| format!("  {:width$}{line}\n", label(i), width = LABEL - 2)).collect()
}
