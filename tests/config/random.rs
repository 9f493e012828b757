//! Random valid configs.

use std::ops::RangeInclusive;

use gantop::config::limits::{
    ALPHA, CLIP, DISTANCE, EMA, EPS, EVALUATED_SAMPLES, LR, MAX_BASE, MAX_BATCH_SIZE, MAX_BLOCKS, MAX_CHANNELS,
    MAX_CRITIC_STEPS, MAX_IMAGE_SIZE, MAX_KEPT, MAX_LIVE_CRITIC_STEPS, MAX_MINUTES, MAX_MODES, MAX_PIECES, MAX_THREADS,
    MAX_WHOLE, MAX_WIDTH, PENALTY, PI,
};
use gantop::config::live::{Assignments, Scheduled};
use gantop::config::{
    Activation, Against, Architecture, Batches, Bytes, Checkpoints, Component, Config, Constraint, Critic, Data, Dcgan,
    DeviceChoice, Ends, EngineChoice, Evaluate, EvaluatedMetric, FeatureFile, FeatureRange, Features, Filter, Fit,
    Generator, Glyphs, Health, ImageData, Images, Init, Judge, Mlp, Norm, OnBad, OnHangup, Optimizer, Optimizers,
    Output, Pooling, Prefer, Prior, Ramp, RampKey, Record, Resnet, Run, Shape, Theme, Ui, Up, Update, Watch,
};
use gantop::domain::rule::{AlertAction, Rule};
use gantop::domain::{GeneratorLoss, Head, Metric, ObjectiveChoice, PixelRange};
use gantop::link::Settings;
use proptest::collection::vec;
use proptest::num::f64 as float;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn positive() -> impl Strategy<Value = f64> {
    prop_oneof![0.001..10.0, float::POSITIVE | float::NORMAL | float::SUBNORMAL]
}

fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![-10.0..10.0, float::POSITIVE | float::NEGATIVE | float::NORMAL | float::SUBNORMAL | float::ZERO]
}

fn share() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), 0.0..1.0]
}

/// A number of this range, whatever its size, and both its ends.
fn within(range: RangeInclusive<f64>) -> impl Strategy<Value = f64> {
    let (low, high) = range.into_inner();
    let sizes = (low.max(1e-30).log10()..high.log10()).prop_map(move |size| 10f64.powf(size).clamp(low, high));
    prop_oneof![Just(low), Just(high), sizes]
}

fn noise() -> impl Strategy<Value = f64> {
    within(0.0..=*DISTANCE.end())
}

fn hidden() -> impl Strategy<Value = Vec<usize>> {
    vec(1..=MAX_WIDTH, 0..5)
}

fn prior() -> impl Strategy<Value = Prior> {
    select(vec![Prior::Normal, Prior::Uniform])
}

fn activation() -> impl Strategy<Value = Activation> {
    use Activation::*;
    select(vec![Relu, LeakyRelu, Tanh, Sigmoid, Elu, Silu, Softplus, Maxout])
}

fn data() -> impl Strategy<Value = Data> {
    let component = |dims| {
        (positive(), vec(finite(), dims), positive()).prop_map(|(weight, mean, std)| Component { weight, mean, std })
    };
    prop_oneof![
        (1..=MAX_MODES, positive(), positive()).prop_map(|(modes, radius, std)| Data::Ring { modes, radius, std }),
        (1..=MAX_MODES, positive(), positive()).prop_map(|(side, spacing, std)| Data::Grid { side, spacing, std }),
        noise().prop_map(|noise| Data::SwissRoll { noise }),
        noise().prop_map(|noise| Data::Moons { noise }),
        Just(Data::Checkerboard),
        within(DISTANCE).prop_map(|theta| Data::Lines { theta }),
        (1..=2usize)
            .prop_flat_map(move |dims| vec(component(dims), 1..4))
            .prop_map(|components| Data::Mixture { components }),
        images().prop_map(Data::Idx),
        (images(), any::<bool>()).prop_map(|(images, coarse)| Data::Cifar { images, coarse }),
        (images(), fit(), on_bad()).prop_map(|(images, fit, on_bad)| Data::Folder { images, fit, on_bad }),
        (images(), fit(), on_bad()).prop_map(|(images, fit, on_bad)| Data::Zip { images, fit, on_bad }),
        images().prop_map(Data::Npy),
        (images(), "[a-z_0-9]{0,8}").prop_map(|(images, array)| Data::Npz { images, array }),
    ]
}

fn fit() -> impl Strategy<Value = Fit> {
    let filter = select(vec![Filter::Lanczos, Filter::Area]);
    (0..=MAX_IMAGE_SIZE, select(vec![1, 3]), filter).prop_map(|(size, channels, filter)| Fit { size, channels, filter })
}

fn on_bad() -> impl Strategy<Value = OnBad> {
    select(vec![OnBad::Error, OnBad::Skip])
}

fn images() -> impl Strategy<Value = ImageData> {
    let range = select(vec![PixelRange::Signed, PixelRange::Unit]);
    let memory = option::of(any::<u64>().prop_map(Bytes));
    let path = "(/[^/\0]{1,8}){1,3}";
    (path, 0..=MAX_WHOLE as usize, range, memory, any::<bool>(), any::<bool>())
        // An absolute path is kept as it is but for `.` components.
        .prop_map(|(path, limit, range, memory, flip, labels)| {
            let path = std::path::absolute(path).unwrap();
            ImageData { path, limit, range, memory, flip, labels }
        })
}

fn norm() -> impl Strategy<Value = Norm> {
    select(vec![Norm::None, Norm::Batch, Norm::Layer])
}

fn init() -> impl Strategy<Value = Init> {
    select(vec![Init::Pytorch, Init::Normal, Init::Xavier, Init::Orthogonal])
}

fn mlp() -> impl Strategy<Value = Architecture> {
    (hidden(), activation(), 1..=MAX_PIECES, norm(), init()).prop_map(|(hidden, activation, pieces, norm, init)| {
        Architecture::Mlp(Mlp { hidden, activation, pieces, norm, init })
    })
}

/// A network for images.
fn dcgan(up: Option<Up>) -> impl Strategy<Value = Architecture> {
    let norm = prop_oneof![norm(), Just(Norm::Instance)];
    (1..=MAX_BASE, 4..=5usize, activation(), 1..=MAX_PIECES, norm, init()).prop_map(
        move |(base, kernel, activation, pieces, norm, init)| {
            Architecture::Dcgan(Dcgan { base, kernel, up, activation, pieces, norm, init })
        },
    )
}

/// A network of residual blocks; of a critic so many of them halve the picture.
fn resnet(judge: bool) -> impl Strategy<Value = Architecture> {
    use Activation::*;
    let activation = select(vec![Relu, LeakyRelu, Tanh, Sigmoid, Elu, Silu, Softplus]);
    let norm = prop_oneof![norm(), Just(Norm::Instance)];
    let widths = vec(1..=MAX_CHANNELS, if judge { 1 } else { 2 }..=MAX_BLOCKS);
    let pooling = select(vec![Pooling::Sum, Pooling::Mean]);
    let init = prop_oneof![init(), Just(Init::Fixup)];
    (widths, activation, norm, init, 0..=MAX_BLOCKS, pooling).prop_map(
        move |(widths, activation, norm, init, down, pooling)| {
            let judge = judge.then(|| Judge { down: down.min(widths.len()), pooling });
            Architecture::Resnet(Resnet { widths, judge, activation, norm, init })
        },
    )
}

fn generator() -> impl Strategy<Value = Generator> {
    let output = select(vec![Output::Linear, Output::Tanh, Output::Sigmoid]);
    let ups = select(vec![Up::Transposed, Up::Nearest]);
    // One number at most fits all data.
    let numbers = || vec(within(DISTANCE), 0..2);
    let generators = prop_oneof![
        (prop_oneof![mlp(), ups.prop_flat_map(|up| dcgan(Some(up))), resnet(false)], prior(), 1..=MAX_WIDTH, output)
            .prop_map(|(architecture, prior, latent, output)| {
                Generator { architecture, prior, ema: None, steps: 1, ends: Some(Ends { latent, output }) }
            }),
        (prior(), numbers(), numbers()).prop_map(|(prior, mean, scale)| {
            Generator { architecture: Architecture::Affine { mean, scale }, prior, ema: None, steps: 1, ends: None }
        }),
    ];
    (generators, option::of(within(EMA)), 1..=MAX_LIVE_CRITIC_STEPS).prop_map(|(generator, ema, steps)| Generator {
        ema,
        steps,
        ..generator
    })
}

fn critic() -> impl Strategy<Value = Critic> {
    let batches = select(vec![Batches::Apart, Batches::Together]);
    let counts = (1..=MAX_CRITIC_STEPS, 0..=MAX_WHOLE, 1..=MAX_CRITIC_STEPS);
    (prop_oneof![mlp(), dcgan(None), resnet(true)], counts, batches).prop_map(
        |(architecture, (steps, warmup_steps, warmup_updates), batches)| {
            let batches = architecture.normalises_batches().then_some(batches);
            Critic { architecture, steps, warmup_steps, warmup_updates, batches, pack: 1 }
        },
    )
}

fn objective() -> impl Strategy<Value = ObjectiveChoice> {
    use GeneratorLoss::*;
    let kinds: Vec<&str> = gantop::theory::objective::ALL.iter().map(|objective| objective.name()).collect();
    let parameters = (PI, ALPHA.prop_filter("too near to 0 or 1", |x| gantop::config::limits::alpha(*x)));
    let heads = select(vec![Head::LogRatio, Head::Paper]);
    (select(kinds), parameters, heads, select(vec![Auto, NonSaturating, Saturating])).prop_map(
        |(kind, (pi, alpha), head, generator_loss)| ObjectiveChoice {
            kind: kind.to_owned(),
            pi,
            alpha,
            head,
            generator_loss,
        },
    )
}

fn optimizer() -> impl Strategy<Value = Optimizer> {
    prop_oneof![
        (within(LR), share()).prop_map(|(lr, momentum)| Optimizer::Sgd { lr, momentum }),
        (within(LR), share(), within(EPS)).prop_map(|(lr, alpha, eps)| Optimizer::Rmsprop { lr, alpha, eps }),
        (within(LR), share(), share(), within(EPS)).prop_map(|(lr, beta1, beta2, eps)| Optimizer::Adam {
            lr,
            beta1,
            beta2,
            eps
        }),
    ]
}

fn evaluate() -> impl Strategy<Value = Evaluate> {
    let path = || "(/[^/\0]{1,8}){1,3}".prop_map(|path| std::path::absolute(path).unwrap());
    let file = (path(), select(vec![1, 3]), 0..=MAX_IMAGE_SIZE, vec(any::<bool>(), 0..3), any::<bool>());
    let range = select(vec![FeatureRange::Signed, FeatureRange::Unit, FeatureRange::Byte]);
    let file = (file, range).prop_map(|((path, channels, size, flags, inception), range)| {
        Features::File(FeatureFile { path, channels, range, size, flags, inception })
    });
    let features =
        prop_oneof![Just(Features::Pixels), (0.0..1.0).prop_map(|accuracy| Features::Judge { accuracy }), file];
    let against = prop_oneof![Just(Against::Train), path().prop_map(Against::Path)];
    let metrics = proptest::sample::subsequence(EvaluatedMetric::ALL.to_vec(), 1..=EvaluatedMetric::ALL.len());
    (0..=MAX_WHOLE, EVALUATED_SAMPLES, against, features, metrics).prop_map(
        |(every_steps, samples, against, features, metrics)| Evaluate {
            every_steps,
            samples,
            against,
            features,
            metrics,
        },
    )
}

fn checkpoints() -> impl Strategy<Value = Checkpoints> {
    let best = Metric::ALL.iter().map(|metric| metric.name()).chain(["none"]).collect::<Vec<_>>();
    let prefer = select(vec![Prefer::Min, Prefer::Max]);
    (0..=MAX_WHOLE, 0.0..=MAX_MINUTES, 0..=MAX_KEPT, select(best), prefer).prop_map(
        |(every_steps, every_minutes, keep, best, prefer)| Checkpoints {
            every_steps,
            every_minutes,
            keep,
            best: best.to_owned(),
            prefer,
            fallback_dir: None,
        },
    )
}

fn health() -> impl Strategy<Value = Health> {
    let actions =
        proptest::sample::subsequence(vec![AlertAction::Note, AlertAction::Pause, AlertAction::Checkpoint], 1..=3);
    let watch = (any::<bool>(), positive(), share(), 4..=MAX_WHOLE, actions);
    (vec(watch, Rule::COUNT), finite()).prop_map(|(watches, bound)| {
        Rule::ALL.into_iter().zip(watches).fold(Health::default(), |health, (rule, watch)| {
            let (enabled, positive, share, window, mut action) = watch;
            let threshold = match rule {
                Rule::EmNegative => bound,
                Rule::ClipShare | Rule::CriticDead => share,
                _ => positive,
            };
            if rule.has_threshold() {
                return health.with(rule, Watch { enabled, threshold, window, action });
            }
            if !action.contains(&AlertAction::Pause) {
                action = vec![AlertAction::Pause];
            }
            health.with(rule, Watch { action, ..Watch::of(rule) })
        })
    })
}

fn record() -> impl Strategy<Value = Record> {
    let dir = proptest::option::of("(/[^/\0.]{1,8}){1,3}".prop_map(std::path::PathBuf::from));
    (any::<[bool; 2]>(), dir, 0..=MAX_WHOLE, 0..=MAX_WHOLE).prop_map(
        |([enabled, tensorboard], dir, every, snapshot_every)| Record {
            enabled,
            dir,
            every,
            tensorboard,
            snapshot_every,
        },
    )
}

fn schedule() -> impl Strategy<Value = Vec<Scheduled>> {
    let entry = (0..=MAX_WHOLE, within(LR), within(CLIP), 1..=MAX_LIVE_CRITIC_STEPS, objective(), any::<bool>());
    vec(entry, 0..3).prop_map(|mut entries| {
        entries.sort_by_key(|entry| entry.0);
        let scheduled = |(at, rate, clip, steps, objective, ramp): (u64, f64, f64, u64, ObjectiveChoice, bool)| {
            if ramp {
                let (key, from) =
                    if steps.is_multiple_of(2) { (RampKey::Clip, None) } else { (RampKey::GeneratorLr, Some(rate)) };
                let to = if key == RampKey::Clip { clip } else { rate };
                let shape = [Shape::Linear, Shape::Cosine, Shape::Exponential][steps as usize % 3];
                let ramp = Some(Ramp { key, from, to, over: steps, shape });
                return Scheduled { at, set: Assignments::default(), ramp };
            }
            let constraint = Constraint::Clip { clip };
            let (generator_lr, critic_lr, ramps) = (rate, rate, Vec::new());
            let settings = Settings {
                objective,
                constraint,
                generator_lr,
                critic_lr,
                generator_beta1: (steps % 3 == 0).then_some(0.5),
                critic_beta1: (steps % 3 == 1).then_some(0.0),
                generator_beta2: (steps % 3 == 2).then_some(0.99),
                critic_beta2: (steps % 3 == 0).then_some(0.9),
                ema: (steps % 3 == 1).then_some(5000.0),
                critic_steps: steps,
                steps: (steps % 4 == 0).then_some(at),
                controls: Default::default(),
                ramps,
            };
            Scheduled::setting(at, settings.keys())
        };
        entries.into_iter().map(scheduled).collect()
    })
}

/// Any config that is valid.
pub fn config() -> impl Strategy<Value = Config> {
    let device =
        prop_oneof![Just(DeviceChoice::Auto), Just(DeviceChoice::Cpu), (0..=127usize).prop_map(DeviceChoice::Cuda)];
    let update = select(vec![Update::Alternating, Update::Simultaneous]);
    let engine = select(vec![EngineChoice::Auto, EngineChoice::Autograd, EngineChoice::Explicit]);
    let constraint = prop_oneof![
        Just(Constraint::None),
        within(CLIP).prop_map(|clip| Constraint::Clip { clip }),
        within(PENALTY).prop_map(|lambda| Constraint::GradientPenalty { lambda }),
        Just(Constraint::SpectralNorm),
        within(PENALTY).prop_map(|gamma| Constraint::R1 { gamma }),
    ];
    // What a terminal would obey has no place in a name.
    let name = "[^\\p{Cc} ][^\\p{Cc}]{0,30}".prop_map(|name| name.replace(gantop::system::output::is_unsafe, "x"));
    let plain = (name, 0..=MAX_WHOLE, 0..=MAX_WHOLE, device, 1..=MAX_BATCH_SIZE, 0..=MAX_THREADS);
    let networks = (data(), generator(), critic(), objective());
    let theme = <Theme as clap::ValueEnum>::value_variants().to_vec();
    let images = <Images as clap::ValueEnum>::value_variants().to_vec();
    let glyphs = vec![Glyphs::Auto, Glyphs::Braille, Glyphs::Block, Glyphs::Ascii];
    let ui = (select(theme), select(images), select(glyphs), any::<bool>());
    let ui = ui.prop_map(|(theme, images, glyphs, mouse)| Ui { theme, images, glyphs, mouse });
    let run = select(vec![OnHangup::Continue, OnHangup::Checkpoint]).prop_map(|on_hangup| Run { on_hangup });
    let keys = select(vec![
        "",
        "keys.preset = 'vim'",
        "[keys.dashboard]\npause = 'P'\nquit = []",
        "keys.everywhere.close = ['Esc']",
    ]);
    let keys = keys.prop_map(|text| gantop::config::parse(text, "keys").unwrap().keys);
    let kept = (record(), (ui, keys), schedule(), (checkpoints(), option::of(evaluate())), health(), run);
    (plain, (engine, update), networks, constraint, (optimizer(), optimizer()), kept).prop_map(
        |(
            plain,
            (engine, update),
            networks,
            constraint,
            (for_generator, for_critic),
            (record, (ui, keys), schedule, (checkpoint, evaluate), health, run),
        )| {
            let (name, seed, steps, device, batch_size, threads) = plain;
            let (data, mut generator, mut critic, objective) = networks;
            // Networks for images fit no points.
            if let Some(shape) = data.known_shape() {
                let mlp = gantop::config::parse("", "").unwrap().critic.architecture;
                if generator.fits(shape).is_err() {
                    generator.architecture = mlp.clone();
                }
                if critic.fits(shape).is_err() {
                    critic.architecture = mlp;
                    critic.batches = None;
                }
            }
            // The explicit engine does not know it.
            let known = constraint != Constraint::SpectralNorm;
            let engine = if known { engine } else { EngineChoice::Auto };
            Config {
                name,
                seed,
                steps,
                device,
                batch_size,
                micro_batch: (steps % 2 == 0).then_some(batch_size),
                threads,
                engine,
                update,
                data,
                generator,
                critic,
                objective,
                constraint,
                optimizer: Optimizers { generator: for_generator, critic: for_critic },
                record,
                // A person's, and never written.
                alerts: gantop::config::Alerts::default(),
                ui,
                keys,
                schedule,
                checkpoint,
                evaluate,
                health,
                run,
            }
        },
    )
}
