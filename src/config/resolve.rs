//! Every key of a config with its default and its range, once.

use std::cell::RefCell;
use std::path::PathBuf;

use super::bytes::BYTES_MUST;
use super::error::{Error, Problem};
use super::layers::{Entries, Value};
use super::limits::{
    CLIP, DISTANCE, EPS, LR, MAX_BATCH_SIZE, MAX_MODES, MAX_NAME, MAX_SCHEDULE, MAX_THREADS, MAX_WHOLE, PENALTY,
};
use super::live::Scheduled;
use super::section::{Kind, Section};
use super::value::Bounds;
use super::{
    Bytes, Component, Config, Constraint, Data, DeviceChoice, EngineChoice, Images, Optimizer, Optimizers, Record,
    Theme, Ui, Update, checkpoints, defaults as d, network,
};
use crate::domain::{GeneratorLoss, Head, ObjectiveChoice, PixelRange, choice};

const NOISE: Bounds = Bounds::Within(0.0, *DISTANCE.end());

const DATA: [Kind<Data>; 8] = [
    Kind {
        name: "ring",
        read: |t| Data::Ring {
            modes: t.count("modes", d::RING_MODES, 1..=MAX_MODES),
            radius: t.number("radius", d::RING_RADIUS, Bounds::Positive),
            std: t.number("std", d::RING_STD, Bounds::Positive),
        },
    },
    Kind {
        name: "grid",
        read: |t| Data::Grid {
            side: t.count("side", d::GRID_SIDE, 1..=MAX_MODES),
            spacing: t.number("spacing", d::GRID_SPACING, Bounds::Positive),
            std: t.number("std", d::GRID_STD, Bounds::Positive),
        },
    },
    Kind { name: "swiss-roll", read: |t| Data::SwissRoll { noise: t.number("noise", d::SWISS_ROLL_NOISE, NOISE) } },
    Kind { name: "moons", read: |t| Data::Moons { noise: t.number("noise", d::MOONS_NOISE, NOISE) } },
    Kind { name: "checkerboard", read: |_| Data::Checkerboard },
    Kind {
        name: "lines",
        read: |t| Data::Lines { theta: t.number("theta", d::LINES_THETA, Bounds::within(&DISTANCE)) },
    },
    Kind { name: "mixture", read: |t| Data::Mixture { components: components(t) } },
    Kind {
        name: "idx",
        read: |t| Data::Idx {
            path: t.require("path", IDX_PATH, Value::path).unwrap_or_else(PathBuf::new),
            limit: t.count("limit", d::IDX_LIMIT, 0..=MAX_WHOLE as usize),
            range: t.variant("range", PixelRange::Signed),
            memory: t.read("memory", bytes),
        },
    },
];

const IDX_PATH: &str = "where the images are, an IDX file or a directory of MNIST; say it with --set data.path=DIR";
const SCHEDULED: &str = "{ at = 5000, set = { \"objective.kind\" = \"wgan\", \"constraint.clip\" = 0.02 } }";
const COMPONENT: &str = "{ weight = 0.5, mean = [0.0, 0.0], std = 0.1 }";

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

const OPTIMIZER: [Kind<Optimizer>; 3] = [
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
    let problems = RefCell::default();
    let mut root = Section::root(tree, &problems);
    let name = root.read("name", config_name).unwrap_or_else(|| name.to_owned());
    let seed = root.whole("seed", d::SEED, 0..=MAX_WHOLE);
    let steps = root.whole("steps", d::STEPS, 0..=MAX_WHOLE);
    let device = root.read("device", device).unwrap_or(DeviceChoice::Auto);
    let batch_size = root.count("batch_size", d::BATCH_SIZE, 1..=MAX_BATCH_SIZE);
    let threads = root.count("threads", d::THREADS, 0..=MAX_THREADS);
    let engine = root.variant("engine", EngineChoice::Auto);
    let update = root.variant("update", Update::Alternating);

    let data = root.table("data").kind(&DATA, "ring");
    let generator = network::generator(root.table("generator"), &data);
    let critic = root.table("critic");
    let objective = objective(root.table("objective"));
    let wgan = crate::theory::objective::find(&objective.kind).is_some_and(|row| row.about().lipschitz);
    let critic = network::critic(critic, &data, if wgan { d::WGAN_CRITIC_STEPS } else { d::CRITIC_STEPS });
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
    let checkpoint = checkpoints::read(root.table("checkpoint"));
    let record = self::record(&mut root);
    let run = super::run::read(root.table("run"));
    let health = super::health::read(root.table("health"));
    let ui = ui(root.table("ui"));
    let keys = super::keys::read(root.table("keys"));
    let schedule = schedule(&mut root);
    root.finish();

    let config = Config {
        name,
        seed,
        steps,
        device,
        batch_size,
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
        health,
        ui,
        keys,
        schedule,
        checkpoint,
        run,
    };
    let problems = problems.into_inner();
    if problems.is_empty() { Ok(config) } else { Err(Error::new(problems)) }
}

fn objective(mut t: Section<'_, '_>) -> ObjectiveChoice {
    let kinds: Vec<&'static str> = crate::theory::objective::ALL.iter().map(|objective| objective.name()).collect();
    let objective = ObjectiveChoice {
        kind: t.read("kind", |value| value.one_of(&kinds)).unwrap_or(choice::OBJECTIVE).to_owned(),
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
    let ui = Ui { theme: t.variant("theme", Theme::Auto), images: t.variant("images", Images::Auto) };
    t.finish();
    ui
}

fn schedule(root: &mut Section<'_, '_>) -> Vec<Scheduled> {
    let mut schedule = root.optional_rows("schedule", SCHEDULED, MAX_SCHEDULE, |row| Scheduled {
        at: row.require("at", "after how many steps", |v| v.whole(0..=MAX_WHOLE)).unwrap_or(0),
        set: row.assignments("set"),
    });
    schedule.sort_by_key(|entry| entry.at);
    schedule
}

fn components(t: &mut Section<'_, '_>) -> Vec<Component> {
    let dims = RefCell::new(None);
    t.rows("components", COMPONENT, MAX_MODES, |row| Component {
        weight: row.require("weight", "its share, a number", |v| v.number(Bounds::Positive)).unwrap_or(1.0),
        mean: row.require("mean", "one or two numbers", |v| mean(v, &mut dims.borrow_mut())).unwrap_or_default(),
        std: row.require("std", "its standard deviation", |v| v.number(Bounds::Positive)).unwrap_or(1.0),
    })
}

/// A mean of one or two numbers: as many as `dims`, which the first mean decides.
fn mean(value: &Value<'_>, dims: &mut Option<usize>) -> Result<Vec<f64>, Problem> {
    let elements = value.elements().unwrap_or_default();
    if !(1..=2).contains(&elements.len()) {
        return Err(value.wrong("must be a list of one or two numbers"));
    }
    let first = *dims.get_or_insert(elements.len());
    if elements.len() != first {
        return Err(value.wrong(&format!("must have as many numbers as the first mean, {first}")));
    }
    elements.iter().map(|element| element.number(Bounds::Finite)).collect()
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

/// An amount of memory: a whole number, or text with a unit.
fn bytes(value: &Value<'_>) -> Result<Bytes, Problem> {
    match value.deserialize::<u64>() {
        Some(bytes) => Ok(Bytes(bytes)),
        None => value.text().ok().and_then(|text| text.parse().ok()).ok_or_else(|| value.wrong(BYTES_MUST)),
    }
}

fn device(value: &Value<'_>) -> Result<DeviceChoice, Problem> {
    value.text()?.parse().map_err(|allowed| value.wrong(allowed))
}
