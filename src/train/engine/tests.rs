//! The engines against each other, in double precision, where a difference is an error and not rounding; and in single
//! precision, on tensors and on the host, against autograd in double.

use tch::{Device, Kind, Tensor};

use super::super::game::Game;
use super::super::guard::Guard;
use super::super::host::Host;
use super::tape::cut;
use super::*;
use crate::config::{self, Config};
use crate::data::Source;
use crate::link::Player;
use crate::link::SampleShape;
use crate::model::{fill_noise, latent_dims, prior};
use crate::objective;
use crate::optim::Optimizer;
use crate::seed::{Stream, rng};

const SMALL: [&str; 2] = ["generator.hidden=[7, 5]", "critic.hidden=[6, 8]"];
const FORMS: [GeneratorLoss; 2] = [GeneratorLoss::Saturating, GeneratorLoss::NonSaturating];
const HEADS: [Head; 2] = [Head::LogRatio, Head::Paper];

/// Two networks, a batch for them, and what they play for.
struct Table {
    generator: Network,
    critic: Network,
    real: Tensor,
    noise: Tensor,
    objective: config::Objective,
    constraint: Constraint,
}

/// What an engine found: both gradients, and the scalars.
struct Found {
    gradients: [Tensor; 2],
    scalars: [f64; 9],
}

fn config(sets: &[&str]) -> Config {
    config::load(None, &[&["batch_size=12"], sets].concat().iter().map(|set| set.to_string()).collect::<Vec<_>>())
        .unwrap()
}

impl Table {
    fn new(config: &Config) -> Table {
        let (mut rng, plane) = (rng(3, Stream::Weights, 0), SampleShape::Point { dims: 2 });
        let generator = Network::generator(&config.generator, plane, &mut rng, Device::Cpu).unwrap();
        let critic = Network::critic(&config.critic, plane, &mut rng, Device::Cpu).unwrap();
        let n = config.batch_size;
        let mut draw = |width: usize| {
            let mut numbers = vec![0f32; n * width];
            fill_noise(prior(&config.generator), &mut rng, &mut numbers);
            Tensor::from_slice(&numbers).view([n as i64, width as i64])
        };
        let (real, noise) = (draw(2) * 1.5 + 0.5, draw(latent_dims(&config.generator, plane)));
        Table { generator, critic, real, noise, objective: config.objective.clone(), constraint: config.constraint }
    }

    fn doubled(&self) -> Table {
        Table {
            generator: self.generator.doubled(),
            critic: self.critic.doubled(),
            real: self.real.to_kind(Kind::Double),
            noise: self.noise.to_kind(Kind::Double),
            objective: self.objective.clone(),
            constraint: self.constraint,
        }
    }

    /// What an engine finds: one network after the other, or both at once. Buffers are used before, so that what is left
    /// in them would show.
    fn found(&mut self, kind: EngineChoice, update: config::Update) -> Found {
        let mut engine = Engine::new(kind, &self.generator, &self.critic, self.real.size()[0] as usize);
        let objective = objective::of(&self.objective).unwrap();
        let (real, noise) = (&self.real, &self.noise);
        let mut play = Play {
            generator: &mut self.generator,
            critic: &mut self.critic,
            objective: &*objective,
            head: self.objective.head,
            form: self.objective.generator_loss,
            constraint: self.constraint,
            between: &mut rng(3, Stream::Penalty, 1),
        };
        engine.generator(&mut play, &(noise * -0.5));
        let (critic, generator) = match update {
            config::Update::Alternating => {
                let critic = engine.critic(&mut play, real, noise);
                (critic, engine.generator(&mut play, &noise.flip([0i64])))
            }
            config::Update::Simultaneous => engine.both(&mut play, real, noise),
        };
        let scalar = |tensor: &Tensor| tensor.double_value(&[]);
        let mean = |tensor: &Tensor| tensor.mean(None).double_value(&[]);
        Found {
            gradients: [play.critic.params.gradient().copy(), play.generator.params.gradient().copy()],
            scalars: [
                scalar(&critic.bound),
                scalar(&critic.loss),
                critic.penalty.as_ref().map_or(0.0, scalar),
                scalar(&critic.value_real),
                scalar(&critic.norm),
                mean(&critic.score_real),
                mean(&critic.score_fake),
                scalar(&generator.loss),
                scalar(&generator.norm),
            ],
        }
    }
}

impl Table {
    /// What the explicit engine finds on the host with so many workers, in single precision.
    fn found_on_host(&self, workers: usize, update: config::Update) -> Found {
        let mut host = Host::new(&self.generator, &self.critic, self.real.size()[0] as usize, workers);
        host.play_for(&self.objective, self.constraint);
        for (player, network) in [(Player::Generator, &self.generator), (Player::Critic, &self.critic)] {
            let sgd = config::Optimizer::Sgd { lr: 0.1, momentum: 0.0 };
            host.load(player, network, &Optimizer::new(sgd, network.params.flat()));
        }
        let draw = |host: &mut Host, noise: &Tensor| {
            host.draw(|to_real, to_noise| {
                for (tensor, numbers) in [(&self.real, to_real), (noise, to_noise)] {
                    tensor.contiguous().copy_data(numbers, numbers.len());
                }
            });
            host.draw_shares(&mut rng(3, Stream::Penalty, 1));
        };
        draw(&mut host, &(&self.noise * -0.5));
        host.generator();
        draw(&mut host, &self.noise);
        let (critic, generator) = match update {
            config::Update::Alternating => {
                let critic = host.critic();
                draw(&mut host, &self.noise.flip([0i64]));
                (critic, host.generator())
            }
            config::Update::Simultaneous => host.both(),
        };
        Found {
            gradients: [Player::Critic, Player::Generator].map(|player| Tensor::from_slice(&host.gradient(player))),
            scalars: [
                critic.bound,
                critic.loss,
                critic.penalty,
                critic.value_real,
                critic.norm,
                critic.score_real,
                critic.score_fake,
                generator.loss,
                generator.norm,
            ]
            .map(f64::from),
        }
    }
}

/// Fails unless both found the same, relative to the largest number of each gradient.
fn agree(a: &Found, b: &Found, tolerance: f64, what: &str) {
    for (a, b) in a.gradients.iter().zip(&b.gradients) {
        let (a, b) = (a.to_kind(Kind::Double), b.to_kind(Kind::Double));
        let apart = (&a - &b).abs().max().double_value(&[]);
        let scale = b.abs().max().double_value(&[]);
        assert!(apart <= tolerance * scale && scale > 0.0, "{what}: gradients {apart} apart of {scale}");
    }
    for (a, b) in a.scalars.iter().zip(b.scalars) {
        assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{what}: {a} {b}");
    }
}

/// Compares the engines at this config, one network after the other and both at once.
fn compare(config: &Config, what: &str) {
    let mut single = Table::new(config);
    let mut double = single.doubled();
    for update in [config::Update::Alternating, config::Update::Simultaneous] {
        let truth = double.found(EngineChoice::Autograd, update);
        agree(&double.found(EngineChoice::Explicit, update), &truth, 1e-12, &format!("{what}, {update:?}, double"));
        agree(&single.found(EngineChoice::Explicit, update), &truth, 2e-5, &format!("{what}, {update:?}, single"));
        agree(&single.found_on_host(1, update), &truth, 2e-5, &format!("{what}, {update:?}, on the host"));
    }
}

#[test]
fn both_engines_find_the_gradients_of_every_objective() {
    let mut config = config(&["generator.hidden=[5]", "critic.hidden=[6]"]);
    for row in objective::ALL {
        for head in HEADS {
            for generator_loss in FORMS {
                config.objective.kind = row.name().into();
                (config.objective.head, config.objective.generator_loss) = (head, generator_loss);
                compare(&config, &format!("{} {head:?} {generator_loss:?}", row.name()));
            }
        }
    }
}

#[test]
fn both_engines_find_the_gradients_of_every_activation() {
    for activation in ["relu", "leaky-relu", "tanh", "sigmoid", "elu", "silu", "softplus"] {
        let networks = [format!("generator.activation='{activation}'"), format!("critic.activation='{activation}'")];
        let networks = [networks[0].as_str(), &networks[1], "objective.kind='jeffrey'"];
        compare(&config(&[&SMALL[..], &networks].concat()), activation);
    }
}

#[test]
fn both_engines_find_the_gradients_of_every_penalty() {
    for activation in ["relu", "leaky-relu", "tanh", "sigmoid", "elu", "silu", "softplus"] {
        for penalty in ["{kind='gradient-penalty', lambda=3.0}", "{kind='r1', gamma=5.0}"] {
            for hidden in ["[]", "[6]", "[6, 8, 5]"] {
                let sets = [
                    &format!("critic.hidden={hidden}"),
                    &format!("critic.activation='{activation}'"),
                    &format!("constraint={penalty}"),
                    "objective.kind='gan'",
                ];
                compare(&config(&[&SMALL[..1], &sets].concat()), &format!("{activation} {penalty} {hidden}"));
            }
        }
    }
}

#[test]
fn both_engines_find_the_gradients_of_every_generator() {
    for generator in [
        "generator={kind='affine', prior='uniform'}",
        "generator.output='tanh'",
        "generator.output='sigmoid'",
        "generator={hidden=[], latent=5}",
        "generator={hidden=[], latent=3, output='tanh'}",
        "generator={hidden=[4], activation='silu'}",
    ] {
        for critic in ["critic.hidden=[]", "critic={hidden=[5], activation='softplus'}"] {
            compare(&config(&[generator, critic, "objective.kind='kl'"]), &format!("{generator} {critic}"));
        }
    }
}

#[test]
fn a_bias_that_cancels_has_no_gradient_at_all() {
    // The mean score of real samples minus that of generated ones does not depend on the bias of a unit that is active on
    // all of them. Hundredths are not exact in binary: a residue of their sum would be a step of the optimiser's full
    // length.
    for activation in ["relu", "leaky-relu"] {
        for batch in [100, 99, 130, 256, 300] {
            let sets = ["critic.hidden=[37, 64, 8]", &format!("critic.activation='{activation}'")];
            let config = config(&[&sets[..], &["objective.kind='wgan'", &format!("batch_size={batch}")]].concat());
            let mut table = Table::new(&config);
            let biases = |parameters: &[Tensor]| -> Vec<Tensor> {
                parameters.iter().filter(|parameter| parameter.dim() == 1).map(Tensor::shallow_clone).collect()
            };
            biases(table.critic.params.views()).iter().for_each(|bias| drop(bias.detach().g_add_scalar_(20.0)));
            let what = format!("{activation}, batches of {batch}");
            let check = |table: &Table, gradient: &Tensor, what: &str| {
                for (i, bias) in biases(&cut(gradient, table.critic.params.views())).iter().enumerate() {
                    assert_eq!(bias.abs().max().double_value(&[]), 0.0, "layer {i}, {what}");
                }
            };
            check(
                &table,
                &table.found_on_host(2, config::Update::Alternating).gradients[0],
                &format!("{what}, on the host"),
            );
            let found = table.found(EngineChoice::Explicit, config::Update::Alternating);
            check(&table, &found.gradients[0], &what);
        }
    }
}

#[test]
fn shards_and_workers_are_the_whole_batch() {
    let gradient_penalty = "constraint={kind='gradient-penalty', lambda=2.0}";
    let curved = "critic={hidden=[6, 8], activation='silu'}";
    for (batch, critic, constraint) in [
        // One shard, two, and three that are not equal.
        (40, SMALL[1], "constraint.kind='none'"),
        (64, SMALL[1], "constraint.kind='none'"),
        (100, SMALL[1], "constraint.kind='none'"),
        (130, SMALL[1], "constraint.kind='none'"),
        (300, SMALL[1], "constraint.kind='none'"),
        (130, SMALL[1], gradient_penalty),
        (300, curved, gradient_penalty),
        (300, curved, "constraint={kind='r1', gamma=2.0}"),
    ] {
        let batch_size = format!("batch_size={batch}");
        let config = config(&[SMALL[0], critic, "objective.kind='gan'", constraint, &batch_size]);
        let table = Table::new(&config);
        for update in [config::Update::Alternating, config::Update::Simultaneous] {
            let truth = table.doubled().found(EngineChoice::Autograd, update);
            let one = table.found_on_host(1, update);
            agree(&one, &truth, 2e-5, &format!("batches of {batch}, {update:?}, {constraint}"));
            for workers in [2, 3, 7] {
                let several = table.found_on_host(workers, update);
                assert!(several.scalars == one.scalars && several.gradients == one.gradients, "{workers} workers");
            }
        }
    }
}

#[test]
fn both_engines_train_the_same_networks() {
    let weights = |engine: &str, workers: usize, update: &str, optimizer: &str| {
        let sets = [
            &format!("engine='{engine}'"),
            &format!("update='{update}'"),
            &format!("optimizer={{generator={optimizer}, critic={optimizer}}}"),
            "critic.steps=3",
        ];
        let config = config(&[&SMALL[..], &sets].concat());
        let source = Source::open(&config.data).unwrap();
        let mut game = Game::new(&config, &source, Device::Cpu, Guard::Immediate).with_workers(workers);
        let both = |game: &Game<'_>| Tensor::cat(&[game.generator().params.flat(), game.critic().params.flat()], 0);
        let before = both(&game);
        for step in 1..=4 {
            let _ = game.step(step).unwrap();
        }
        assert_eq!(game.engine().name(), engine);
        (before, both(&game))
    };
    for update in ["alternating", "simultaneous"] {
        for optimizer in ["{kind='sgd', lr=0.05}", "{kind='sgd', momentum=0.5}", "{kind='rmsprop'}", "{kind='adam'}"] {
            let (before, a) = weights("autograd", 0, update, optimizer);
            for workers in [0, 1] {
                let (_, b) = weights("explicit", workers, update, optimizer);
                let mean = |tensor: Tensor| tensor.abs().mean(None).double_value(&[]);
                let (apart, moved) = (mean(&a - &b), mean(&a - &before));
                // The optimisers divide by the gradient's size, so what is rounded in a small one is not small.
                assert!(
                    apart <= 1e-3 * moved && moved > 1e-5,
                    "{update} {optimizer}, {workers} workers: {apart} apart, {moved} from the start"
                );
            }
        }
    }
}

#[test]
fn an_engine_is_what_the_config_says() {
    for (says, expected) in [("auto", "explicit"), ("explicit", "explicit"), ("autograd", "autograd")] {
        let config = config(&[&format!("engine='{says}'"), "constraint.kind='none'"]);
        assert_eq!(config.engine_under(&config.constraint).unwrap().name(), expected);
    }
}
