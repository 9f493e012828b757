//! Every key of a config with its default and its range, once.

use super::error::{Error, Problem};
use super::layers::{Entries, Value};
use super::limits::{CLIP, EPS, LR, MAX_BATCH_SIZE, MAX_NAME, MAX_SCHEDULE, MAX_THREADS, MAX_WHOLE, PENALTY};
use super::live::{Assignments, Scheduled};
use super::section::{Asked, Kind, Notes, Section};
use super::value::Bounds;
use super::{
    Config, Constraint, DeviceChoice, EngineChoice, Generator, Glyphs, Images, Optimizer, Optimizers, RampKey, Record,
    Theme, Ui, Update, checkpoints, data, defaults as d, network, ramp,
};
use crate::domain::{GeneratorLoss, Head, ObjectiveChoice, choice};

const SCHEDULED: &str = "{ at = 5000, set = { \"objective.kind\" = \"wgan\", \"constraint.clip\" = 0.02 } }";

pub(super) const CONSTRAINT: [Kind<Constraint>; 5] = [
    Kind { name: "none", read: |_| Constraint::None },
    Kind { name: "clip", read: |t| Constraint::Clip { clip: t.number("clip", d::CLIP, Bounds::within(&CLIP)) } },
    Kind {
        name: "gradient-penalty",
        read: |t| Constraint::GradientPenalty { lambda: t.number("lambda", d::LAMBDA, Bounds::within(&PENALTY)) },
    },
    Kind { name: "spectral-norm", read: |_| Constraint::SpectralNorm },
    Kind { name: "r1", read: |t| Constraint::R1 { gamma: t.number("gamma", d::GAMMA, Bounds::within(&PENALTY)) } },
];

pub(super) const OPTIMIZER: [Kind<Optimizer>; 3] = [
    Kind {
        name: "sgd",
        read: |t| Optimizer::Sgd {
            lr: t.number("lr", d::SGD_LR, Bounds::within(&LR)),
            momentum: t.number("momentum", d::SGD_MOMENTUM, Bounds::Share),
        },
    },
    Kind {
        name: "rmsprop",
        read: |t| Optimizer::Rmsprop {
            lr: t.number("lr", d::RMSPROP_LR, Bounds::within(&LR)),
            alpha: t.number("alpha", d::RMSPROP_ALPHA, Bounds::Share),
            eps: t.number("eps", d::EPS, Bounds::within(&EPS)),
        },
    },
    Kind {
        name: "adam",
        read: |t| Optimizer::Adam {
            lr: t.number("lr", d::ADAM_LR, Bounds::within(&LR)),
            beta1: t.number("beta1", d::ADAM_BETA1, Bounds::Share),
            beta2: t.number("beta2", d::ADAM_BETA2, Bounds::Share),
            eps: t.number("eps", d::EPS, Bounds::within(&EPS)),
        },
    },
];

/// The config that the tree describes; it is called `name` if it does not say otherwise.
///
/// # Errors
///
/// Everything in it that is wrong.
pub fn resolve(tree: Entries<'_>, name: &str) -> Result<Config, Error> {
    let (config, problems, _) = read(tree, name);
    if problems.is_empty() { Ok(config) } else { Err(Error::new(problems)) }
}

/// The config that the tree describes, with a default for what is wrong; everything that is wrong; and every key that
/// such a tree may have.
pub(super) fn read(tree: Entries<'_>, name: &str) -> (Config, Vec<Problem>, Vec<Asked>) {
    let notes = Notes::default();
    let mut root = Section::root(tree, &notes);
    let name = root.read("name", config_name).unwrap_or_else(|| name.to_owned());
    let seed = root.whole("seed", d::SEED, 0..=MAX_WHOLE);
    let steps = root.whole("steps", d::STEPS, 0..=MAX_WHOLE);
    let device = root.read("device", device).unwrap_or(DeviceChoice::Auto);
    let batch_size = root.count("batch_size", d::BATCH_SIZE, 1..=MAX_BATCH_SIZE);
    let micro_batch = root.read("micro_batch", |value| micro_batch(value, batch_size));
    let threads = root.count("threads", d::THREADS, 0..=MAX_THREADS);
    let engine = root.variant("engine", EngineChoice::Auto);
    let update = root.variant("update", Update::Alternating);

    let data = root.table("data").kind(&data::KINDS, "ring");
    let generator = network::generator(root.table("generator"), &data);
    let critic = root.table("critic");
    let objective = objective(root.table("objective"));
    let wgan = crate::theory::objective::find(&objective.kind).is_some_and(|row| row.about().lipschitz);
    let packs = critic.value("pack").cloned();
    let critic = network::critic(critic, &data, if wgan { d::WGAN_CRITIC_STEPS } else { d::CRITIC_STEPS });
    let part = micro_batch.unwrap_or(batch_size);
    if let Some(value) = packs.filter(|_| !part.is_multiple_of(critic.pack)) {
        let key = if micro_batch.is_some() { "micro_batch" } else { "batch_size" };
        root.report(value.wrong(&format!("must divide `{key}`, which is {part}")));
    }
    let constraint = root.table("constraint");
    // The number of a constraint alone says which one is meant: a clip range that weights are to be clipped.
    let meant = Constraint::ALL.iter().find(|kind| kind.number().is_some_and(|number| constraint.has(number.key)));
    let meant = meant.map_or(if wgan { "clip" } else { "none" }, Constraint::kind);
    let constraint = constraint.kind(&CONSTRAINT, meant);
    let mut optimizers = root.table("optimizer");
    let usual = if wgan { "rmsprop" } else { "adam" };
    let optimizer = Optimizers {
        generator: optimizers.table("generator").kind(&OPTIMIZER, usual),
        critic: optimizers.table("critic").kind(&OPTIMIZER, usual),
    };
    optimizers.finish();
    let record = self::record(&mut root);
    let run = super::run::read(root.table("run"));
    let evaluate = super::evaluate::read(&mut root);
    let checkpoint = checkpoints::read(root.table("checkpoint"), evaluate.as_ref());
    let health = super::health::read(root.table("health"));
    let alerts = super::alerts::read(root.table("alerts"));
    let ui = ui(root.table("ui"));
    let keys = super::keys::read(root.table("keys"));
    let schedule = schedule(&mut root, |key| missing(key, &optimizer, &generator));
    root.finish();

    let config = Config {
        name,
        seed,
        steps,
        device,
        batch_size,
        micro_batch,
        threads,
        engine,
        update,
        data,
        generator,
        critic,
        objective,
        constraint,
        optimizer,
        record,
        evaluate,
        health,
        alerts,
        ui,
        keys,
        schedule,
        checkpoint,
        run,
    };
    let (problems, asked) = notes.into_inner();
    (config, problems, asked)
}

/// A part of a batch.
fn micro_batch(value: &Value<'_>, batch_size: usize) -> Result<usize, Problem> {
    let part = value.whole(1..=MAX_BATCH_SIZE as u64)? as usize;
    let fits = |part: &usize| batch_size.is_multiple_of(*part);
    if fits(&part) {
        return Ok(part);
    }
    let near = (1..=part.min(batch_size)).rev().find(fits).unwrap_or(1);
    Err(value.wrong(&format!("must divide `batch_size`, which is {batch_size}; {near} does")))
}

fn objective(mut t: Section<'_, '_>) -> ObjectiveChoice {
    let objective = ObjectiveChoice {
        kind: t
            .read("kind", |value| value.one_of(&crate::theory::objective::names()))
            .unwrap_or(choice::OBJECTIVE)
            .to_owned(),
        pi: t.number("pi", choice::OBJECTIVE_PI, Bounds::Pi),
        alpha: t.number("alpha", choice::OBJECTIVE_ALPHA, Bounds::Alpha),
        head: t.variant("head", Head::LogRatio),
        generator_loss: t.variant("generator_loss", GeneratorLoss::Auto),
    };
    t.finish();
    objective
}

fn record(root: &mut Section<'_, '_>) -> Record {
    let (mut t, usual) = (root.table("record"), Record::default());
    let record = Record {
        enabled: t.read("enabled", Value::flag).unwrap_or(usual.enabled),
        dir: t.read("dir", Value::path),
        every: t.whole("every", usual.every, 0..=MAX_WHOLE),
        tensorboard: t.read("tensorboard", Value::flag).unwrap_or(usual.tensorboard),
        snapshot_every: t.whole("snapshot_every", usual.snapshot_every, 0..=MAX_WHOLE),
    };
    t.finish();
    record
}

fn ui(mut t: Section<'_, '_>) -> Ui {
    let ui = Ui {
        theme: t.variant("theme", Theme::Auto),
        images: t.variant("images", Images::Auto),
        mouse: t.read("mouse", Value::flag).unwrap_or(false),
        glyphs: t.variant("glyphs", Glyphs::Auto),
    };
    t.finish();
    ui
}

/// Why a run with these optimisers and this generator never has a number; those of constraints come and go.
fn missing(key: RampKey, optimizer: &Optimizers, generator: &Generator) -> Option<String> {
    let no_adam = |player: &str, beta: Option<f64>| {
        beta.is_none().then(|| format!("the {player}'s optimiser is not adam: `optimizer.{player}.kind` says which"))
    };
    match key {
        RampKey::GeneratorBeta1 | RampKey::GeneratorBeta2 => no_adam("generator", optimizer.generator.beta2()),
        RampKey::CriticBeta1 | RampKey::CriticBeta2 => no_adam("critic", optimizer.critic.beta2()),
        RampKey::Ema if generator.ema.is_none() => Some("the run keeps no average: `generator.ema` would".to_owned()),
        RampKey::Ema | RampKey::GeneratorLr | RampKey::CriticLr => None,
        RampKey::Clip | RampKey::Lambda | RampKey::Gamma => None,
    }
}

fn schedule(root: &mut Section<'_, '_>, missing: impl Fn(RampKey) -> Option<String>) -> Vec<Scheduled> {
    let mut schedule = root.optional_rows("schedule", SCHEDULED, MAX_SCHEDULE, |row| {
        if ramp::is_one(row) {
            let at = row.whole("at", 0, 0..=MAX_WHOLE);
            return Scheduled { at, set: Assignments::default(), ramp: ramp::read(row, &missing) };
        }
        let at = row.require("at", "after how many steps", |v| v.whole(0..=MAX_WHOLE)).unwrap_or(0);
        Scheduled::setting(at, row.assignments("set"))
    });
    schedule.sort_by_key(|entry| entry.at);
    schedule
}

fn config_name(value: &Value<'_>) -> Result<String, Problem> {
    let name = value.text()?;
    let fits = (1..=MAX_NAME).contains(&name.chars().count());
    if fits && !name.chars().any(crate::system::output::is_unsafe) && !name.trim().is_empty() {
        Ok(name.into_owned())
    } else {
        Err(value.wrong(&format!("must be one line of 1 to {MAX_NAME} characters")))
    }
}

fn device(value: &Value<'_>) -> Result<DeviceChoice, Problem> {
    value.text()?.parse().map_err(|allowed| value.wrong(allowed))
}
