//! The popup that chooses the objective, its head and the generator loss.

use ratatui::layout::Rect;

use super::{centred, constraints};
use crate::domain::ObjectiveChoice;
use crate::domain::action::Action;
use crate::domain::format::{count, setting};
use crate::link::Change;
use crate::theory::objective::{self, ALL, Objective};
use crate::ui::draw::pen::{Pen, Text, width, wrap};
use crate::ui::draw::spots::Target;
use crate::ui::draw::theme::Role;
use crate::ui::pages::controls::{generator_loss, head};
use crate::ui::state::app::App;
use crate::ui::state::subject::Subject;

/// Columns of a key and the name of what it sets.
const BESIDES: u16 = 17;

/// The objective popup.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectiveSelection {
    /// The row of [`crate::theory::objective::ALL`] under the cursor.
    pub cursor: usize,
    /// The choice but for its kind: the head and the generator loss, and the parameters in force.
    pub wanted: ObjectiveChoice,
    /// Whether what the objective's critic needs is brought along.
    pub brings: bool,
}

impl ObjectiveSelection {
    /// The objective that it amounts to.
    pub fn chosen(&self) -> Option<ObjectiveChoice> {
        let kind = ALL.get(self.cursor)?.name().to_string();
        Some(ObjectiveChoice { kind, ..self.wanted.clone() })
    }
}

/// Draws the popup: names and formulas, with the titles beside them where there is room, else that of the chosen one
/// below.
pub fn draw(app: &App, choice: &ObjectiveSelection, pen: &mut Pen, area: Rect) {
    let column = |text: fn(&dyn Objective) -> &'static str| {
        ALL.iter().map(|row| width(&pen.glyphs.text(text(*row)))).max().unwrap_or(0) as u16
    };
    let (names, titles, formulas) = (column(|o| o.name()), column(|o| o.about().title), column(|o| o.about().formula));
    let all = names + titles + formulas + 4;
    let beside = all + 8 <= area.width;
    let wanted = if beside { all } else { names + formulas + 2 };
    let needs = needs(app, choice);
    let (besides, note) = match &needs {
        Some(needs) if choice.brings => {
            (needs.as_str(), "the generator's weights stay; what its critic needs comes along")
        }
        Some(_) => ("nothing", "weights stay: a critic without a constraint so far may saturate or die"),
        None => ("nothing is needed", "weights stay; the critic's optimiser starts afresh"),
    };
    // Behind the frame, the margin, the key and the name.
    let besides = wrap(besides, usize::from((wanted + 8).min(area.width).saturating_sub(4 + BESIDES)));
    let below = 5 + besides.len() as u16 + u16::from(!beside);
    let inner = pen.framed(centred(area, wanted + 8, ALL.len() as u16 + below + 2), "objective");
    let rows = inner.height.saturating_sub(below) as usize;
    if rows == 0 {
        return;
    }
    let first = (choice.cursor + 1).saturating_sub(rows);
    let current = app.run.settings.as_ref().map(|settings| settings.objective.kind.as_str());
    for (i, objective) in ALL.iter().enumerate().skip(first).take(rows) {
        let y = inner.y + (i - first) as u16;
        let chosen = i == choice.cursor;
        let role = |other| if chosen { Role::Selected } else { other };
        let pad = |text: &str, columns: u16| pen.cell(text, columns);
        let mut text: Text = vec![
            (Role::Strong, if chosen { pen.glyphs.cursor() } else { " " }.into()),
            (Role::Good, if current == Some(objective.name()) { "*" } else { " " }.into()),
            (role(Role::Strong), pad(objective.name(), names)),
        ];
        if beside {
            text.push((role(Role::Plain), pad(objective.about().title, titles)));
        }
        text.push((role(Role::Dim), pad(objective.about().formula, formulas).trim_end().to_string()));
        pen.spot(Rect { y, height: 1, ..inner }, Target::Row(i));
        pen.text(inner.x, y, inner.width, &text);
    }
    let mut y = inner.y + rows as u16;
    if let (false, Some(objective)) = (beside, ALL.get(choice.cursor)) {
        pen.text(inner.x + 2, y, inner.width.saturating_sub(2), &[(Role::Plain, objective.about().title)]);
        y += 1;
    }
    // The gap below the list: where in it this is, if not all of it is seen, and the parameter that would be in force.
    let place = (rows < ALL.len()).then(|| format!("{} of {}  ", choice.cursor + 1, ALL.len()));
    let parameter = choice.chosen().and_then(|wanted| objective::of(&wanted).ok()?.parameter());
    let parameter = parameter.map(|parameter| format!("{parameter}, from {}", parameter.key));
    let gap: Text = vec![(Role::Dim, place.unwrap_or_default()), (Role::Plain, parameter.unwrap_or_default())];
    pen.text(inner.x + 2, y, inner.width.saturating_sub(2), &gap);
    let setting = |action: Action, name: &str, value: &'static str| -> Text {
        vec![(Role::Strong, app.key(action)), (Role::Dim, format!(" {name:<15}")), (Role::Plain, value.into())]
    };
    pen.text(inner.x + 2, y + 1, inner.width, &setting(Action::Head, "head", head(choice.wanted.head)));
    let loss = generator_loss(choice.wanted.generator_loss);
    pen.text(inner.x + 2, y + 2, inner.width, &setting(Action::GeneratorLoss, "generator loss", loss));
    let mut hints: Text = vec![(Role::Plain, "  ".into())];
    for action in [Action::Accept, Action::Close] {
        hints.extend([(Role::Strong, app.key(action)), (Role::Dim, format!(" {}  ", action.entry().name))]);
    }
    hints.push((Role::Dim, "* in force".into()));
    let name = [(Role::Strong, app.key(Action::Brings)), (Role::Dim, " besides".into())];
    y += 3;
    pen.text(inner.x + 2, y, inner.width.saturating_sub(2), &name);
    for line in &besides {
        pen.text(inner.x + 2 + BESIDES, y, inner.width.saturating_sub(2 + BESIDES), &[(Role::Plain, line)]);
        y += 1;
    }
    pen.text(inner.x + 2, y, inner.width.saturating_sub(2), &[(Role::Dim, note)]);
    pen.text(inner.x, y + 1, inner.width, &hints);
}

/// The settings that would be brought along, in words; none where nothing is needed.
fn needs(app: &App, choice: &ObjectiveSelection) -> Option<String> {
    let (run, wanted) = (Subject::of(app).ok()?, choice.chosen()?);
    let mut words: Vec<String> = Vec::new();
    for change in Change::of_keys(run.now, &run.needs(&wanted)) {
        let word = match change {
            Change::Constraint(constraint) => format!("{} {}", constraint.kind(), constraints::number(&constraint)),
            Change::CriticSteps(steps) => format!("{steps} updates"),
            Change::Beta1(_, beta1) => format!("β1 = {}", setting(beta1)),
            Change::Beta2(_, beta2) => format!("β2 = {}", setting(beta2)),
            Change::Rate(_, lr) => format!("rates {}", setting(lr)),
            Change::Ramp(ramp) => {
                let ends = [ramp.from.unwrap_or(ramp.to), ramp.to].map(setting);
                format!("rates {} to {} over {} steps", ends[0], ends[1], count(ramp.over))
            }
            Change::FreshCritic => "fresh critic".to_owned(),
            Change::Ema(_)
            | Change::LastStep(_)
            | Change::Objective(_)
            | Change::ScaleConstraint(_)
            | Change::Control(..) => continue,
        };
        // Of both networks alike.
        if !words.contains(&word) {
            words.push(word);
        }
    }
    (!words.is_empty()).then(|| words.join(", "))
}
