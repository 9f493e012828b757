//! The popup that chooses the constraint: what each does, and its paper.

use ratatui::layout::Rect;

use super::centred;
use crate::config::Constraint;
use crate::domain::action::Action;
use crate::domain::format::setting;
use crate::ui::draw::pen::{Pen, Text, width};
use crate::ui::draw::spots::Target;
use crate::ui::draw::theme::Role;
use crate::ui::state::app::{App, ConstraintChoice};

/// The constraint at `cursor` with the number in force if it is the one in force, else with its usual number.
pub fn at(cursor: usize, now: Constraint) -> Option<Constraint> {
    let usual = Constraint::ALL.get(cursor)?;
    Some(if usual.kind() == now.kind() { now } else { *usual })
}

/// The number of a constraint, e.g. `λ = 10`; empty where it has none.
pub fn number(constraint: &Constraint) -> String {
    constraint.number().map_or(String::new(), |number| format!("{} = {}", number.symbol, setting(number.value)))
}

/// Draws the popup: kinds, what they do and their numbers, with the papers beside them where there is room, else that
/// of the chosen one below.
pub fn draw(app: &App, choice: &ConstraintChoice, pen: &mut Pen, area: Rect) {
    let Some(now) = app.run.settings.as_ref().map(|settings| settings.constraint) else { return };
    let rows: Vec<Constraint> = (0..Constraint::ALL.len()).filter_map(|i| at(i, now)).collect();
    let columns = |text: &dyn Fn(&Constraint) -> String| {
        rows.iter().map(|row| width(&pen.glyphs.text(&text(row)))).max().unwrap_or(0) as u16
    };
    let [kind, about, paper]: [&dyn Fn(&Constraint) -> String; 3] =
        [&|row| row.kind().into(), &|row| row.about().into(), &|row| row.paper().into()];
    let (kinds, abouts, papers, numbers) = (columns(kind), columns(about), columns(paper), columns(&number));
    let all = kinds + abouts + papers + numbers + 8;
    let beside = all + 4 <= area.width;
    let wanted = if beside { all } else { kinds + abouts + 6 };
    let below = 3 + u16::from(!beside);
    let inner = pen.framed(centred(area, wanted + 4, rows.len() as u16 + below + 2), "constraint");
    let shown = inner.height.saturating_sub(below) as usize;
    if shown == 0 {
        return;
    }
    let first = (choice.cursor + 1).saturating_sub(shown);
    for (i, row) in rows.iter().enumerate().skip(first).take(shown) {
        let chosen = i == choice.cursor;
        let role = |other| if chosen { Role::Selected } else { other };
        let pad = |text: &str, columns: u16| pen.cell(text, columns);
        let mut text: Text = vec![
            (Role::Strong, if chosen { pen.glyphs.cursor() } else { " " }.into()),
            (Role::Good, if row.kind() == now.kind() { "*" } else { " " }.into()),
            (role(Role::Strong), pad(row.kind(), kinds)),
        ];
        if !beside {
            text.push((role(Role::Plain), row.about().into()));
        } else {
            text.push((role(Role::Plain), pad(row.about(), abouts)));
            text.push((role(Role::Plain), pad(&number(row), numbers)));
            text.push((role(Role::Dim), pad(row.paper(), papers).trim_end().to_string()));
        }
        let y = inner.y + (i - first) as u16;
        pen.spot(Rect { y, height: 1, ..inner }, Target::Row(i));
        pen.text(inner.x, y, inner.width, &text);
    }
    let mut y = inner.y + shown as u16;
    let room = inner.width.saturating_sub(2);
    if let (false, Some(row)) = (beside, rows.get(choice.cursor)) {
        let gap = if number(row).is_empty() { "" } else { "  " };
        let text: Text = vec![(Role::Plain, number(row)), (Role::Plain, gap.into()), (Role::Dim, row.paper().into())];
        pen.text(inner.x + 2, y, room, &text);
        y += 1;
    }
    pen.text(inner.x + 2, y + 1, room, &[(Role::Dim, "goes with any objective; only a clip moves weights")]);
    let mut hints: Text = vec![(Role::Plain, "  ".into())];
    for action in [Action::Accept, Action::Close] {
        hints.extend([(Role::Strong, app.key(action)), (Role::Dim, format!(" {}  ", action.entry().name))]);
    }
    hints.push((Role::Dim, "* in force".into()));
    pen.text(inner.x, y + 2, inner.width, &hints);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::draw::glyphs::GlyphSet;

    #[test]
    fn what_a_constraint_does_has_an_ascii_spelling() {
        for constraint in Constraint::ALL {
            for text in [constraint.about(), &number(&constraint)] {
                let spelt = GlyphSet::Ascii.text(text);
                assert!(spelt.is_ascii() && !spelt.contains('?'), "{text} became {spelt}");
            }
        }
    }

    #[test]
    fn the_number_in_force_is_kept() {
        let now = Constraint::R1 { gamma: 3.0 };
        assert_eq!(at(4, now), Some(now));
        assert_eq!(at(2, now), Some(Constraint::ALL[2]));
        assert_eq!(at(5, now), None);
    }
}
