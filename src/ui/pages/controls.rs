//! The controls: every setting that can be changed, as it is in force.

use ratatui::layout::Rect;

use super::critic::figures;
use crate::config::Constraint;
use crate::domain::format::{count, number, percent, setting};
use crate::domain::{ControlInfo, GeneratorLoss, Head, Metric};
use crate::glossary::{Figure, Panel, Setting, Term};
use crate::link::{BegunRamp, Change, Player};
use crate::theory::objective;
use crate::ui::draw::pen::{Pen, Text};
use crate::ui::draw::rows::{self, Row, dim, plain, strong};
use crate::ui::draw::theme::Role;
use crate::ui::popups::constraints;
use crate::ui::state::app::App;

/// The rows, from top to bottom.
pub fn rows(app: &App) -> Vec<Row> {
    let Some(settings) = &app.run.settings else { return Vec::new() };
    let kind = &settings.objective.kind;
    let objective = objective::of(&settings.objective).ok();
    let mark = |asked: bool| (Role::Warn, if asked { " …" } else { "" }.to_string());
    let row = |term: Term, label, rank, value: Text, short: Text| Row { term, label, value, short, rank };

    let asked = mark(app.asked(|change| matches!(change, Change::Objective(_))));
    let parameter = objective.as_ref().and_then(|objective| objective.parameter());
    let parameter = parameter.map_or(String::new(), |parameter| format!("  {parameter}"));
    let name: Text = vec![strong(kind.clone()), strong(parameter), asked];
    let title = plain(objective.as_ref().map_or(String::new(), |objective| format!("  {}", objective.about().title)));
    let mut rows = vec![row(Setting::Objective.into(), "objective", 0, [name.clone(), vec![title]].concat(), name)];
    let known = objective.is_some();
    if let Some(objective) = objective {
        let formula: Text = vec![plain(objective.about().formula.into())];
        rows.push(row(Setting::Objective.into(), "formula", 8, formula.clone(), formula));
    }
    // What another program plays for has none of gantop's variants.
    if known {
        let text: Text = vec![plain(head(settings.objective.head).into())];
        rows.push(row(Setting::Head.into(), "head", 7, text.clone(), text));
        let text: Text = vec![plain(generator_loss(settings.objective.generator_loss).into())];
        rows.push(row(Setting::GeneratorLoss.into(), "gen loss", 6, text.clone(), text));
    }
    rows.push(constraint(app, &settings.constraint));

    let pair = |[critic, generator]: [(Role, String); 2], marks: [bool; 2], names: [&str; 2]| -> Text {
        let ([first, second], [a, b]) = (names, marks);
        vec![dim(first), critic, mark(a), dim(second), generator, mark(b)]
    };
    let rates = [settings.critic_lr, settings.generator_lr].map(|rate| strong(setting(rate)));
    let marks = [Player::Critic, Player::Generator]
        .map(|player| app.asked(|change| matches!(change, Change::Rate(of, _) if *of == player)));
    let (long, short) = (["critic ", "  gen "], ["c ", "  g "]);
    // 0: of a trainer that does not say.
    if settings.critic_lr != 0.0 || settings.generator_lr != 0.0 {
        rows.push(row(Setting::Rates.into(), "rates", 2, pair(rates.clone(), marks, long), pair(rates, marks, short)));
    }
    if let (Some(critic), Some(generator)) = (settings.critic_beta1, settings.generator_beta1) {
        let betas = [critic, generator].map(|beta1| strong(setting(beta1)));
        let marks = [Player::Critic, Player::Generator]
            .map(|player| app.asked(|change| matches!(change, Change::Beta1(of, _) if *of == player)));
        let (value, short) = (pair(betas.clone(), marks, long), pair(betas, marks, short));
        rows.push(row(Setting::Beta1.into(), "Adam's β1", 9, value, short));
    }
    if let (Some(critic), Some(generator)) = (settings.critic_beta2, settings.generator_beta2) {
        let betas = [critic, generator].map(|beta2| strong(setting(beta2)));
        let marks = [Player::Critic, Player::Generator]
            .map(|player| app.asked(|change| matches!(change, Change::Beta2(of, _) if *of == player)));
        let (value, short) = (pair(betas.clone(), marks, long), pair(betas, marks, short));
        rows.push(row(Setting::Beta2.into(), "Adam's β2", 10, value, short));
    }
    if let Some(half_life) = settings.ema {
        let asked = mark(app.asked(|change| matches!(change, Change::Ema(_))));
        let now: Text = vec![strong(setting(half_life)), asked];
        let long = [now.clone(), vec![dim(" images, of the average")]].concat();
        rows.push(row(Setting::HalfLife.into(), "half-life", 10, long, now));
    }
    rows.extend(declared(app));
    let steps = strong(settings.critic_steps.to_string());
    let asked = mark(app.asked(|change| matches!(change, Change::CriticSteps(_))));
    let of_generator = app.run.info.as_ref().map_or(1, |run| run.config.generator.steps);
    rows.push(row(
        Setting::Updates.into(),
        "updates",
        3,
        vec![steps.clone(), asked.clone(), dim(&format!(" critic, {of_generator} generator a step"))],
        vec![steps, asked, dim(" critic a step")],
    ));
    let moving: Vec<&BegunRamp> = settings.ramps.iter().filter(|ramp| app.run.step < ramp.end()).collect();
    if let Some(ramp) = moving.first() {
        let name = ramp.key.name().trim_start_matches("optimizer.").trim_start_matches("constraint.");
        let to: Text = vec![plain(format!("{name} ")), strong(format!("→ {}", setting(ramp.to)))];
        let more = if moving.len() > 1 { format!(", {} more", moving.len() - 1) } else { String::new() };
        let end = dim(&format!("  {} until step {}{more}", ramp.shape.name(), count(ramp.end())));
        let (long, short) = ([to.clone(), vec![end]].concat(), [to, vec![dim(&more)]].concat());
        rows.push(row(Setting::Ramp.into(), "ramp", 4, long, short));
    }
    if let (Some(critic), Some(generator)) = (app.latest(Metric::CriticGradNorm), app.latest(Metric::GeneratorGradNorm))
    {
        let norms = [critic, generator].map(|norm| plain(number(norm)));
        rows.push(row(
            Figure::GradientNorm.into(),
            "gradients",
            5,
            pair(norms.clone(), [false; 2], long),
            pair(norms, [false; 2], short),
        ));
    }
    if let Some((_, modes)) = &app.plots().covered {
        let coverage = &modes.coverage;
        let modes: Text = vec![strong(format!("{} of {}", coverage.covered, coverage.modes)), dim(" modes")];
        let good = vec![plain(format!("  {}", percent(coverage.good_share))), dim(" good")];
        rows.push(row(Figure::Coverage.into(), "coverage", 4, [modes.clone(), good].concat(), modes));
    }
    rows.extend(figures::summary(app));
    rows
}

/// The controls that a trainer of another program has declared; of a recorded run their names and values alone.
fn declared(app: &App) -> Vec<Row> {
    let Some(values) = app.run.settings.as_ref().map(|settings| &settings.controls) else { return Vec::new() };
    let declared = app.attached.iter().flat_map(|to| &to.capabilities.controls);
    let known: Vec<&ControlInfo> = declared.filter(|control| values.contains_key(&control.name)).collect();
    let others = values.keys().filter(|name| known.iter().all(|control| control.name != **name));
    let others: Vec<ControlInfo> =
        others.map(|name| ControlInfo { name: name.clone(), ..ControlInfo::default() }).collect();
    let row = |control: &ControlInfo| {
        let asked = app.asked(|change| matches!(change, Change::Control(name, _) if *name == control.name));
        let mark = (Role::Warn, if asked { " …" } else { "" }.to_string());
        let unit = if control.unit.is_empty() { String::new() } else { format!(" {}", control.unit) };
        let now = strong(values.get(&control.name)?.to_string());
        let text: Text = vec![plain(format!("{}  ", control.shown())), now, dim(&unit), mark];
        Some(Row { term: Setting::Control.into(), label: "control", value: text.clone(), short: text, rank: 4 })
    };
    known.into_iter().chain(&others).filter_map(row).collect()
}

fn constraint(app: &App, constraint: &Constraint) -> Row {
    let asked = app.asked(|change| matches!(change, Change::Constraint(_) | Change::ScaleConstraint(_)));
    let text = match constraint.clip() {
        Some(clip) => format!("±{}", setting(clip)),
        None => format!("{}  {}", constraint.kind(), constraints::number(constraint)).trim_end().to_string(),
    };
    let mark = (Role::Warn, if asked { " …" } else { "" }.to_string());
    let mut value = vec![strong(text.clone()), mark.clone()];
    let mut short = vec![strong(text.replace("gradient-penalty ", "grad")), mark];
    if let (Some(_), Some(share)) = (constraint.clip(), app.latest(Metric::ClipShare)) {
        value.extend([plain(format!("  {}", percent(share))), dim(" of weights at ±c")]);
        short.extend([plain(format!("  {}", percent(share))), dim(" at ±c")]);
    }
    if let (true, Some(penalty)) = (constraint.is_penalty(), app.latest(Metric::Penalty)) {
        value.extend([dim("  penalty "), plain(number(penalty))]);
        short.push(plain(format!("  {}", number(penalty))));
    }
    let (term, label): (Term, _) = match constraint.clip() {
        Some(_) => (Setting::ClipRange.into(), "clip range"),
        None => (Setting::Constraint.into(), "constraint"),
    };
    Row { term, label, value, short, rank: 1 }
}

/// A head's name in configs.
pub fn head(head: Head) -> &'static str {
    match head {
        Head::LogRatio => "log-ratio",
        Head::Paper => "paper",
    }
}

/// A generator loss's name in configs.
pub fn generator_loss(loss: GeneratorLoss) -> &'static str {
    match loss {
        GeneratorLoss::Auto => "auto",
        GeneratorLoss::NonSaturating => "non-saturating",
        GeneratorLoss::Saturating => "saturating",
    }
}

/// Draws the panel.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let inner = pen.panel(area, Panel::Controls, "controls", &[]);
    rows::draw(pen, inner, rows(app));
}
