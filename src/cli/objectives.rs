//! `gantop objectives`: the table of objectives, and a page on one of them.

use crate::config;
use crate::domain::{GeneratorLoss, Head, ObjectiveChoice, choice, format};
use crate::theory::objective::{self, ALL, Objective};
use crate::ui::draw::pen::wrap;

/// Columns of a page.
const PAGE: usize = 100;
/// Columns of a page's labels.
const LABEL: usize = 17;

/// A name that is no objective's.
#[derive(Debug, thiserror::Error)]
#[error("there is no objective `{name}`{suggestion}\n  = allowed: {allowed}")]
pub struct Unknown {
    name: String,
    suggestion: String,
    allowed: String,
}

/// The headings of the table.
const COLUMNS: [&str; 7] =
    ["name", "f(u)", "f*(t)", "T*(u)", "domain of f*", "f'(1)", "what the non-saturating form minimises"];
/// The labels, a line each, where a line has no room for all.
const LABELS: [&str; 7] = ["", "  f(u)", "  f*(t)", "  T*(u)", "  domain of f*", "  f'(1)", "  non-saturating"];
const NOTE: &str = "P is the data, Q the model, u = p/q. f'(1) is the critic value between real and generated; with the \
                    log-ratio head that is the score 0 in every row. `gantop objectives NAME` explains one.";

fn cells(objective: &dyn Objective) -> [String; 7] {
    let about = objective.about();
    let or_none = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    [
        about.name.to_owned(),
        bare(about.formula).to_owned(),
        or_none(about.conjugate),
        about.optimal.to_owned(),
        or_none(about.domain),
        threshold(objective).unwrap_or_else(|| "–".into()),
        about.non_saturating.to_owned(),
    ]
}

/// A generator function without the `f(u) =` before it.
fn bare(formula: &str) -> &str {
    formula.strip_prefix("f(u) = ").unwrap_or(formula)
}

/// f'(1), the critic value between real and generated, for an f-divergence.
fn threshold(objective: &dyn Objective) -> Option<String> {
    let value = objective.divergence()?.derivative(1.0);
    // Neither −0 nor more digits than a person reads.
    Some(if value.abs() < 1e-12 {
        "0".into()
    } else {
        format!("{:.4}", value).trim_end_matches(".0000").replace('-', "−")
    })
}

/// Every objective: a line each, or, where a terminal has too few columns for that, a few lines each.
pub fn table(width: Option<usize>) -> String {
    let rows: Vec<[String; 7]> = ALL.iter().map(|objective| cells(*objective)).collect();
    let heads = COLUMNS.map(str::to_owned);
    let widths: [usize; 7] =
        std::array::from_fn(|i| rows.iter().chain([&heads]).map(|row| row[i].chars().count()).max().unwrap_or(0));
    let line = |row: &[String; 7]| {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned() + "\n"
    };
    let whole = widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
    let room = match width {
        Some(width) if whole > width => width,
        _ => return [&heads].into_iter().chain(&rows).map(line).collect::<String>() + "\n" + &paragraph(NOTE, PAGE),
    };
    let block = |row: &[String; 7]| {
        let lines = row.iter().zip(LABELS).skip(1).map(|(cell, label)| labelled(label, cell, room));
        format!("{}\n{}\n", row[0], lines.collect::<String>())
    };
    rows.iter().map(block).collect::<String>() + &paragraph(NOTE, room)
}

/// One objective, explained.
///
/// # Errors
///
/// [`Unknown`] if nothing is called so.
pub fn page(name: &str) -> Result<String, Unknown> {
    let objective = objective::find(name).ok_or_else(|| unknown(name))?;
    let about = objective.about();
    let mut page = format!("{}: {}\n\n", about.name, about.title);
    let mut entry = |label: &str, text: &str| page += &labelled(label, text, PAGE);

    let family = objective.divergence().is_some();
    entry(if family { "f(u)" } else { "critic maximises" }, bare(about.formula));
    if family {
        entry("f*(t)", &format!("{}, domain {}", about.conjugate, about.domain));
    }
    entry(if family { "optimal T*(u)" } else { "optimal critic" }, about.optimal);
    for [label, text] in about.terms {
        entry(label, text);
    }
    if let Some(threshold) = threshold(objective) {
        entry("threshold", &format!("T = {threshold}; with the log-ratio head the score 0"));
    }
    if let Some(text) = score_range(objective) {
        entry("soft clamp", &text);
    }
    let auto = match objective.resolve(GeneratorLoss::Auto) {
        GeneratorLoss::Saturating => "saturating",
        _ => "non-saturating",
    };
    let form = match about.non_saturating.strip_prefix("the same: ") {
        Some(both) => both.to_owned(),
        None => format!("auto is {auto}; at an optimal critic non-saturating minimises {}", about.non_saturating),
    };
    entry("generator loss", &form);
    page += "\n";
    let mut entry = |label: &str, text: &str| page += &labelled(label, text, PAGE);
    entry("when to use it", about.when);
    entry("what goes wrong", about.trouble);
    entry("paper", about.paper);
    let parameter = objective.parameter().map_or(String::new(), |p| format!(" --set {}={}", p.key, p.value));
    entry("in a config", &format!("--set objective.kind={}{parameter}", about.name));
    Ok(page)
}

/// Values of α to either side of those at which the α-divergence's terms change.
const ALPHAS: [f64; 4] = [-1.0, 0.5, choice::OBJECTIVE_ALPHA, 2.0];

/// The bending of scores before the terms, with each head: as a run does it.
fn score_range(objective: &dyn Objective) -> Option<String> {
    let heads = [(Head::LogRatio, "the log-ratio head"), (Head::Paper, "the paper's head")];
    let of = |objective: &dyn Objective, (head, name): (Head, &str)| match (
        objective.soft_clamp(head),
        objective.score_cap(head),
    ) {
        (Some(c), _) => Some(format!("±{c} with {name}")),
        (None, Some(cap)) => Some(format!("at most {} with {name}", format::number(cap))),
        (None, None) => None,
    };
    let all =
        |objective: &dyn Objective| -> Vec<String> { heads.iter().filter_map(|head| of(objective, *head)).collect() };
    let usual = all(objective);
    let mut text = usual.join(", ");
    let others =
        ALPHAS.map(|alpha| (alpha, all(&*objective.with(&ObjectiveChoice { alpha, ..ObjectiveChoice::default() }))));
    if others.iter().any(|(_, ranges)| *ranges != usual) {
        let each = |(alpha, ranges): &(f64, Vec<String>)| format!("α = {alpha}: {}", ranges.join(", "));
        text = others.iter().map(each).collect::<Vec<_>>().join("; ");
    }
    (!text.is_empty()).then(|| format!("scores are bent softly, v ← c·tanh(v/c), into {text}"))
}

fn unknown(name: &str) -> Unknown {
    let names = objective::names();
    let suggestion =
        config::nearest(name, &names).map_or(String::new(), |near| format!("\n  = did you mean `{near}`?"));
    Unknown { name: name.to_owned(), suggestion, allowed: names.join(", ") }
}

/// A label and a text beside it, in lines of at most so many columns.
fn labelled(label: &str, text: &str, columns: usize) -> String {
    let labels = [label].into_iter().chain(std::iter::repeat(""));
    let lines = wrap(text, columns.saturating_sub(LABEL));
    lines.iter().zip(labels).map(|(line, label)| format!("{label:LABEL$}{line}\n")).collect()
}

fn paragraph(text: &str, columns: usize) -> String {
    wrap(text, columns).join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::draw::pen::width;

    #[test]
    fn a_narrow_terminal_gets_a_few_lines_each() {
        let wide = table(None);
        assert_eq!(table(Some(1000)), wide);
        for columns in [60, 80, 120] {
            let narrow = table(Some(columns));
            assert!(narrow.lines().all(|line| width(line) <= columns), "{narrow}");
            assert_eq!(narrow.lines().filter(|line| line.starts_with("  T*(u) ")).count(), ALL.len());
            assert!(narrow.contains("π log(u/(1−π+π u))"), "{narrow}");
        }
        assert!(!table(Some(1)).is_empty());
    }
}
