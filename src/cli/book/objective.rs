//! The objectives: a table, and a page on each.

use super::{code, escaped, table as lines};
use crate::domain::GeneratorLoss;
use crate::theory::objective::{ALL, Objective};

/// Every objective in a line, with the way to its page.
pub fn table() -> String {
    lines(
        ["objective", "what it is", "formula", "when to use it"],
        ALL.iter().map(|objective| {
            let about = objective.about();
            let name = format!("[{}](objectives/{0}.md)", about.name);
            [name, escaped(about.title), code(about.formula), escaped(about.when)]
        }),
    )
}

/// A page on one.
pub fn page(objective: &dyn Objective) -> String {
    let about = objective.about();
    let is_divergence = objective.divergence().is_some();
    let mut rows =
        vec![[if is_divergence { "divergence" } else { "the critic maximises" }.to_owned(), code(about.formula)]];
    let mut row = |label: &str, text: &str, is_code: bool| {
        if !text.is_empty() {
            rows.push([label.to_owned(), if is_code { code(text) } else { escaped(text) }]);
        }
    };
    row("conjugate", about.conjugate, true);
    row("its domain", about.domain, true);
    row("optimal critic, u = p/q", about.optimal, true);
    about.terms.iter().for_each(|[label, text]| row(label, text, true));
    let auto = match objective.resolve(GeneratorLoss::Auto) {
        GeneratorLoss::Saturating => "saturating",
        _ => "non-saturating",
    };
    row("`generator_loss = \"auto\"`", auto, false);
    row("non-saturating, at an optimal critic, minimises", about.non_saturating, false);
    let parameter =
        objective.parameter().map_or(String::new(), |p| format!(" --set objective.{}={}", bare(p.key), p.value));
    format!(
        "# {}: {}\n\n{}\n**When to use it.** {}\n\n**What goes wrong.** {}\n\n**Source.** {}\n\n```sh\ngantop two-gaussians --set objective.kind={}{parameter}\n```\n",
        about.name,
        escaped(about.title),
        lines(["", ""], rows),
        sentence(about.when),
        sentence(about.trouble),
        escaped(about.paper),
        about.name,
    )
}

/// A key without its table.
fn bare(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// A text as a sentence of its own.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let text = escaped(&(first + letters.as_str()));
    if text.ends_with('.') { text } else { text + "." }
}
