//! The backends against each other, in double precision, where a difference is an error and not rounding; and in single
//! precision, on tensors and on the host, against autograd in double.

use tch::{Device, Kind, Tensor};

use super::autograd::Autograd;
use super::host::Host;
use super::tape::{Tapes, cut};
use super::*;
use crate::config::{self, Config, Update};
use crate::domain::seed::{Stream, rng};
use crate::domain::{GeneratorLoss, Head, SampleShape};
use crate::link::Player;
use crate::theory::objective;
use crate::train::data::Source;
use crate::train::game::Game;
use crate::train::model::{Network, fill_noise, prior};
use crate::train::penalty::fill_shares;

const SMALL: [&str; 2] = ["generator.hidden=[7, 5]", "critic.hidden=[6, 8]"];
const FORMS: [GeneratorLoss; 2] = [GeneratorLoss::Saturating, GeneratorLoss::NonSaturating];
const HEADS: [Head; 2] = [Head::LogRatio, Head::Paper];

/// Two networks, a batch for them, and what they play for.
struct Table {
    players: Players,
    /// Samples of each kind.
    size: usize,
    real: Vec<f32>,
    noise: Vec<f32>,
    objective: crate::domain::ObjectiveChoice,
    constraint: Constraint,
}

/// The results of a backend: both gradients, and the scalars.
struct Found {
    gradients: [Tensor; 2],
    scalars: [f64; 10],
}

/// Looks at the gradients that come by, and leaves them as they are.
#[derive(Default)]
struct GradientNorms {
    critic: Option<Tensor>,
    generator: Option<Tensor>,
}

impl GradientNorms {
    fn keep(&mut self, player: Player, gradient: Tensor) {
        match player {
            Player::Critic => self.critic = Some(gradient),
            Player::Generator => self.generator = Some(gradient),
        }
    }
}

impl Reduce for GradientNorms {
    fn numbers(&mut self, player: Player, gradient: &mut [f32], _: &mut dyn Iterator<Item = &mut f32>) {
        self.keep(player, Tensor::from_slice(gradient));
    }

    fn tensors(&mut self, player: Player, gradient: &mut Tensor, _: &mut dyn Iterator<Item = &mut Tensor>) {
        self.keep(player, gradient.copy());
    }
}

fn config(sets: &[&str]) -> Config {
    config::load(None, &[&["batch_size=12"], sets].concat().iter().map(|set| set.to_string()).collect::<Vec<_>>())
        .unwrap()
}

/// A network with an optimiser, whose kind does not matter here.
fn trained(network: Network) -> Trained {
    Trained::new(network, config::Optimizer::Sgd { lr: 0.1, momentum: 0.0 })
}

impl Table {
    fn new(config: &Config) -> Table {
        Table::of(config, SampleShape::Point { dims: 2 })
    }

    fn of(config: &Config, shape: SampleShape) -> Table {
        let mut rng = rng(3, Stream::Weights, 0);
        let generator = Network::generator(&config.generator, shape, &mut rng, Device::Cpu).unwrap();
        let critic = Network::critic(&config.critic, shape, &mut rng, Device::Cpu).unwrap();
        let size = config.batch_size;
        let mut draw = |width: usize| {
            let mut numbers = vec![0f32; size * width];
            fill_noise(prior(&config.generator), &mut rng, &mut numbers);
            numbers
        };
        let (mut real, noise) = (draw(shape.len()), draw(config.generator.latent_dims(shape)));
        real.iter_mut().for_each(|x| *x = *x * 1.5 + 0.5);
        let players = Players { generator: trained(generator), critic: trained(critic) };
        Table { players, size, real, noise, objective: config.objective.clone(), constraint: config.constraint }
    }

    fn doubled(&self) -> Table {
        let Players { generator, critic } = &self.players;
        let [generator, critic] = [generator, critic].map(|player| trained(player.network.doubled()));
        Table {
            players: Players { generator, critic },
            size: self.size,
            real: self.real.clone(),
            noise: self.noise.clone(),
            objective: self.objective.clone(),
            constraint: self.constraint,
        }
    }

    /// The batch with this noise.
    fn batch(&self, noise: impl Iterator<Item = f32>) -> Drawn {
        let mut shares = vec![0.0; self.size];
        fill_shares(&mut rng(3, Stream::Penalty, 1), &mut shares);
        Drawn { size: self.size, real: self.real.clone(), noise: noise.collect(), shares }
    }

    /// The gradients that a backend finds: one network after the other, or both at once. Buffers are used before, so
    /// that what is left in them would show.
    fn found<B: Backend>(&mut self, mut backend: B, update: Update) -> Found {
        let mut before = self.batch(self.noise.iter().map(|z| z * -0.5));
        let mut batch = self.batch(self.noise.iter().copied());
        let latent = self.noise.len() / self.size;
        let mut reversed = self.batch(self.noise.chunks(latent).rev().flatten().copied());
        let objective = objective::of(&self.objective).unwrap();
        let losses = Losses { objective: &*objective, settings: &self.objective, constraint: &self.constraint };
        let players = &mut self.players;
        backend.begin(players, &losses);
        backend.generator(players, &losses, &mut before);
        let (critic, scores, generator) = match update {
            Update::Alternating => {
                let (critic, scores) = backend.critic_recorded(players, &losses, &mut batch);
                (critic, scores, backend.generator(players, &losses, &mut reversed))
            }
            Update::Simultaneous => backend.both(players, &losses, &mut batch),
        };
        let mut found = GradientNorms::default();
        let mut norm = |player| backend.reduce(player, players, &mut found, &mut std::iter::empty());
        let norms = [Player::Critic, Player::Generator].map(|player| norm(player).number());
        Found {
            gradients: [found.critic.unwrap(), found.generator.unwrap()],
            scalars: [
                critic.bound.number(),
                critic.loss.number(),
                critic.penalty.as_ref().map_or(0.0, Figure::number),
                critic.value_real.number(),
                scores.value_fake.number(),
                scores.score_real.number(),
                scores.score_fake.number(),
                generator.number(),
                norms[0],
                norms[1],
            ],
        }
    }

    /// The gradients of autograd.
    fn by_autograd(&mut self, update: Update) -> Found {
        self.found(Autograd::default(), update)
    }

    /// The gradients of the explicit engine on tensors.
    fn by_tapes(&mut self, update: Update) -> Found {
        let Players { generator, critic } = &self.players;
        let tapes = Tapes::new(&generator.network, &critic.network, self.size).unwrap();
        self.found(tapes, update)
    }

    /// The gradients of the explicit engine on the host with so many workers, in single precision.
    fn on_host(&mut self, workers: usize, update: Update) -> Found {
        let Players { generator, critic } = &self.players;
        let host = Host::new(&generator.network, &critic.network, self.size, workers).unwrap();
        self.found(host, update)
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

/// Compares the backends at this config, one network after the other and both at once.
fn compare(config: &Config, what: &str) {
    let mut single = Table::new(config);
    let mut double = single.doubled();
    for update in [Update::Alternating, Update::Simultaneous] {
        let truth = double.by_autograd(update);
        agree(&double.by_tapes(update), &truth, 1e-12, &format!("{what}, {update:?}, double"));
        agree(&single.by_tapes(update), &truth, 2e-5, &format!("{what}, {update:?}, single"));
        agree(&single.on_host(1, update), &truth, 2e-5, &format!("{what}, {update:?}, on the host"));
    }
}

#[test]
fn all_backends_find_the_gradients_of_every_objective() {
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
fn all_backends_find_the_gradients_of_every_activation() {
    for activation in ["relu", "leaky-relu", "tanh", "sigmoid", "elu", "silu", "softplus"] {
        let networks = [format!("generator.activation='{activation}'"), format!("critic.activation='{activation}'")];
        let networks = [networks[0].as_str(), &networks[1], "objective.kind='jeffrey'"];
        compare(&config(&[&SMALL[..], &networks].concat()), activation);
    }
}

#[test]
fn all_backends_find_the_gradients_of_every_penalty() {
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
fn all_backends_find_the_gradients_of_every_generator() {
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
            biases(table.players.critic.network.params.views())
                .iter()
                .for_each(|bias| drop(bias.detach().g_add_scalar_(20.0)));
            let what = format!("{activation}, batches of {batch}");
            let check = |table: &Table, gradient: &Tensor, what: &str| {
                for (i, bias) in biases(&cut(gradient, table.players.critic.network.params.views())).iter().enumerate()
                {
                    assert_eq!(bias.abs().max().double_value(&[]), 0.0, "layer {i}, {what}");
                }
            };
            let found = table.on_host(2, Update::Alternating);
            check(&table, &found.gradients[0], &format!("{what}, on the host"));
            let found = table.by_tapes(Update::Alternating);
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
        let mut table = Table::new(&config);
        for update in [Update::Alternating, Update::Simultaneous] {
            let truth = table.doubled().by_autograd(update);
            let one = table.on_host(1, update);
            agree(&one, &truth, 2e-5, &format!("batches of {batch}, {update:?}, {constraint}"));
            for workers in [2, 3, 7] {
                let several = table.on_host(workers, update);
                assert!(several.scalars == one.scalars && several.gradients == one.gradients, "{workers} workers");
            }
        }
    }
}

#[test]
fn all_backends_train_the_same_networks() {
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
fn passes_over_each_kind_of_images_are_one_over_both_and_the_same_in_two_threads() {
    let shape = SampleShape::Image { width: 8, height: 8, channels: 2, range: Default::default() };
    for (critic, constraint) in [
        ("kind='dcgan', base=3, norm='batch'", "{kind='none'}"),
        ("kind='dcgan', base=3, norm='layer'", "{kind='gradient-penalty', lambda=3.0}"),
        ("kind='resnet', widths=[3, 4]", "{kind='r1', gamma=2.0}"),
        ("kind='resnet', widths=[3, 4], norm='batch'", "{kind='spectral-norm'}"),
    ] {
        let sets = [
            "data={kind='idx', path='/nowhere'}",
            "generator={kind='dcgan', base=3, latent=4}",
            &format!("critic={{{critic}}}"),
            &format!("constraint={constraint}"),
            "objective.kind='gan'",
        ];
        let table = || {
            let mut table = Table::of(&config(&sets), shape);
            if table.constraint == Constraint::SpectralNorm {
                table.players.critic.network.normalise_spectrum(&mut rng(3, Stream::Spectral, 0), 5);
            }
            table
        };
        if table().constraint != Constraint::SpectralNorm {
            let mut double = table().doubled();
            let [apart, together] =
                [Update::Alternating, Update::Simultaneous].map(|update| double.by_autograd(update));
            let apart_by = (&apart.gradients[0] - &together.gradients[0]).abs().max().double_value(&[]);
            assert!(apart_by < 1e-12 * together.scalars[8], "{critic}: {apart_by}");
            for (a, b) in apart.scalars[..7].iter().zip(&together.scalars[..7]) {
                assert!((a - b).abs() < 1e-12 * (1.0 + b.abs()), "{critic}: {a} {b}");
            }
        }
        let found = |workers: usize| {
            let mut table = table();
            let autograd = Autograd::new(&table.players.critic.network, workers);
            assert_eq!(autograd.has_lane(), workers > 1);
            table.found(autograd, Update::Alternating)
        };
        let (one, two) = (found(1), found(2));
        assert!(one.scalars == two.scalars && one.gradients == two.gradients, "{critic}");
    }
}
