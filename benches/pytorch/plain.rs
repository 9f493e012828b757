//! The loop that people write with tch: its own networks, its own optimisers, a tensor a parameter.

use std::f64::consts::TAU;

use anyhow::bail;
use gantop::config::{Config, Constraint, Data, Ends, Optimizer, Output};
use gantop::train::data::Source;
use tch::nn::{self, Module, OptimizerConfig};
use tch::{Device, Kind, Tensor};

const PLACE: (Kind, Device) = (Kind::Float, Device::Cpu);

fn network(path: &nn::Path, widths: &[i64], tanh: bool) -> nn::Sequential {
    let last = widths.len() - 2;
    widths.windows(2).enumerate().fold(nn::seq(), |network, (i, pair)| {
        let network = network.add(nn::linear(path / i, pair[0], pair[1], Default::default()));
        match i == last {
            false => network.add_fn(|x| x.relu()),
            true if tanh => network.add_fn(|x| x.tanh()),
            true => network,
        }
    })
}

fn optimizer(config: &Optimizer, store: &nn::VarStore) -> anyhow::Result<nn::Optimizer> {
    Ok(match *config {
        Optimizer::Sgd { lr, momentum } => nn::Sgd { momentum, ..Default::default() }.build(store, lr)?,
        Optimizer::Rmsprop { lr, alpha, eps } => nn::RmsProp { alpha, eps, ..Default::default() }.build(store, lr)?,
        Optimizer::Adam { lr, beta1, beta2, eps } => {
            nn::Adam { beta1, beta2, eps, ..Default::default() }.build(store, lr)?
        }
    })
}

/// Draws a batch of real samples.
fn source(config: &Config) -> anyhow::Result<Box<dyn Fn(i64) -> Tensor>> {
    let modes = |points: Vec<[f64; 2]>, std: f64| -> Box<dyn Fn(i64) -> Tensor> {
        let flat: Vec<f32> = points.iter().flatten().map(|x| *x as f32).collect();
        let (count, centres) = (points.len() as i64, Tensor::from_slice(&flat).view([-1, 2]));
        Box::new(move |n| {
            centres.index_select(0, &Tensor::randint(count, [n], (Kind::Int64, Device::Cpu)))
                + std * Tensor::randn([n, 2], PLACE)
        })
    };
    Ok(match &config.data {
        &Data::Ring { modes: count, radius, std } => {
            let angle = |i: usize| TAU * i as f64 / count as f64;
            modes((0..count).map(|i| [radius * angle(i).cos(), radius * angle(i).sin()]).collect(), std)
        }
        &Data::Grid { side, spacing, std } => {
            let at = |i: usize| spacing * (i as f64 - (side as f64 - 1.0) / 2.0);
            modes((0..side * side).map(|i| [at(i % side), at(i / side)]).collect(), std)
        }
        data => {
            // As many samples as a data set holds, in one tensor.
            let source = Source::open(data)?;
            let (len, count) = (source.shape().len(), 1000);
            let mut samples = vec![0.0f32; len * count];
            source.fill(&mut gantop::domain::seed::rng(1, gantop::domain::seed::Stream::Data, 0), &mut samples)?;
            let all = Tensor::from_slice(&samples).view([-1, len as i64]);
            Box::new(move |n| all.index_select(0, &Tensor::randint(count as i64, [n], (Kind::Int64, Device::Cpu))))
        }
    })
}

/// Answers numbers of steps with the seconds that they take.
pub fn serve(config: &Config) -> anyhow::Result<()> {
    let networks = (config.generator.ends, config.generator.architecture.mlp(), config.critic.architecture.mlp());
    let (Some(Ends { latent, output }), Some(perceptron), Some(judge)) = networks else {
        bail!("only perceptrons are compared")
    };
    tch::set_num_threads(config.threads.max(1) as i32);
    tch::manual_seed(1);
    let sample = Source::open(&config.data)?.shape().len();
    let widths = |first: usize, hidden: &[usize], last: usize| -> Vec<i64> {
        [first].iter().chain(hidden).chain([&last]).map(|&width| width as i64).collect()
    };
    let (theirs, ours) = (nn::VarStore::new(Device::Cpu), nn::VarStore::new(Device::Cpu));
    let generator = network(&theirs.root(), &widths(latent, &perceptron.hidden, sample), output == Output::Tanh);
    let critic = network(&ours.root(), &widths(sample, &judge.hidden, 1), false);
    let mut generator_optimizer = optimizer(&config.optimizer.generator, &theirs)?;
    let mut critic_optimizer = optimizer(&config.optimizer.critic, &ours)?;
    let real = source(config)?;
    let (batch, latent) = (config.batch_size as i64, latent as i64);
    let wasserstein = config.objective.kind == "wgan";
    println!("tch's own networks and optimisers");
    super::serve(|steps| {
        for _ in 0..steps {
            for _ in 0..config.critic.steps {
                let real = real(batch);
                let fake = generator.forward(&Tensor::randn([batch, latent], PLACE)).detach();
                let (on_real, on_fake) = (critic.forward(&real), critic.forward(&fake));
                let mut loss = match wasserstein {
                    true => on_fake.mean(None) - on_real.mean(None),
                    false => (-on_real).softplus().mean(None) + on_fake.softplus().mean(None),
                };
                if let Constraint::GradientPenalty { lambda } = config.constraint {
                    let share = Tensor::rand([batch, 1], PLACE);
                    let points = (&fake + share * (real - &fake)).detach().set_requires_grad(true);
                    let slopes = Tensor::run_backward(&[critic.forward(&points)], &[&points], true, true);
                    let norms = slopes[0].norm_scalaropt_dim(2, [1i64].as_slice(), false);
                    loss += lambda * (norms - 1.0).square().mean(None);
                }
                critic_optimizer.backward_step(&loss);
                if let Some(clip) = config.constraint.clip() {
                    tch::no_grad(|| {
                        for mut weights in ours.trainable_variables() {
                            let _ = weights.clamp_(-clip, clip);
                        }
                    });
                }
            }
            let scores = critic.forward(&generator.forward(&Tensor::randn([batch, latent], PLACE)));
            let loss = if wasserstein { -scores.mean(None) } else { (-scores).softplus().mean(None) };
            generator_optimizer.backward_step(&loss);
        }
        Ok(())
    })
}
