//! The backend of a run.

use super::autograd::Autograd;
use super::host::Host;
use super::tape::Tapes;
use super::{Backend, Players};
use crate::config::{Config, Constraint, EngineChoice, Unsupported};
use crate::train::meter::Measured;
use crate::train::setback::Setback;
use crate::train::step::Step;

impl Config {
    /// The engine of this run while `constraint` is in force: never [`EngineChoice::Auto`].
    ///
    /// # Errors
    ///
    /// The config insists on the explicit engine, which does not know all that the run needs.
    pub fn engine_under(&self, constraint: &Constraint) -> Result<EngineChoice, Unsupported> {
        let layers = self.layers();
        // Which of the two it is depends on the device.
        let explicit = || Host::supports(&layers, constraint).and_then(|()| Tapes::supports(&layers, constraint));
        match self.engine {
            EngineChoice::Autograd => Autograd::supports(&layers, constraint).map(|()| Autograd::ENGINE),
            EngineChoice::Explicit => explicit().map(|()| EngineChoice::Explicit),
            EngineChoice::Auto => Ok(explicit().map_or(Autograd::ENGINE, |()| EngineChoice::Explicit)),
        }
    }
}

/// The backend of a run.
#[derive(Debug)]
pub enum AnyBackend {
    Autograd(Autograd),
    Tape(Box<Tapes>),
    Host(Box<Host>),
}

impl AnyBackend {
    /// The backend of this engine for two networks and batches of `batch` samples of each kind. The explicit engine
    /// works on the host with so many workers, or, with none, on tensors. What it does not know is left to autograd,
    /// which has a thread of its own for what can go at the same time, if there is more than one worker.
    pub fn new(engine: EngineChoice, players: &Players, batch: usize, workers: usize) -> AnyBackend {
        let (generator, critic) = (&players.generator.network, &players.critic.network);
        let explicit = match (engine, workers) {
            (EngineChoice::Autograd | EngineChoice::Auto, _) => None,
            (EngineChoice::Explicit, 0) => {
                Tapes::new(generator, critic, batch).ok().map(|tapes| AnyBackend::Tape(Box::new(tapes)))
            }
            (EngineChoice::Explicit, _) => {
                Host::new(generator, critic, batch, workers).ok().map(|host| AnyBackend::Host(Box::new(host)))
            }
        };
        explicit.unwrap_or_else(|| AnyBackend::Autograd(Autograd::new(critic, workers)))
    }

    /// Its name in configs.
    pub fn engine(&self) -> EngineChoice {
        match self {
            AnyBackend::Autograd(_) => Autograd::ENGINE,
            AnyBackend::Tape(_) => Tapes::ENGINE,
            AnyBackend::Host(_) => Host::ENGINE,
        }
    }

    /// Does a step.
    pub fn step(&mut self, step: Step<'_, '_>) -> Result<Measured, Setback> {
        match self {
            AnyBackend::Autograd(autograd) => step.run(autograd),
            AnyBackend::Tape(tapes) => step.run(&mut **tapes),
            AnyBackend::Host(host) => step.run(&mut **host),
        }
    }

    /// Brings the players' tensors up to date.
    pub fn settle(&self, players: &Players) {
        match self {
            AnyBackend::Autograd(autograd) => autograd.settle(players),
            AnyBackend::Tape(tapes) => tapes.settle(players),
            AnyBackend::Host(host) => host.settle(players),
        }
    }

    /// The same before somebody changes the tensors or the losses.
    pub fn unsettle(&mut self, players: &Players) {
        self.settle(players);
        match self {
            AnyBackend::Autograd(autograd) => autograd.unsettle(),
            AnyBackend::Tape(tapes) => tapes.unsettle(),
            AnyBackend::Host(host) => host.unsettle(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::config::{self, Activation, LayerKind, Unknown};
    use crate::domain::SampleShape;
    use crate::domain::seed::{Stream, rng};
    use crate::train::backend::layers;
    use crate::train::model::Network;

    fn config(sets: &[&str]) -> Config {
        config::load(None, &sets.iter().map(|set| set.to_string()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn an_engine_is_what_the_config_says() {
        for (says, expected) in [("auto", "explicit"), ("explicit", "explicit"), ("autograd", "autograd")] {
            let config = config(&[&format!("engine='{says}'"), "constraint.kind='none'"]);
            assert_eq!(config.engine_under(&config.constraint).unwrap().name(), expected);
        }
    }

    #[test]
    fn the_explicit_backends_say_what_they_do_not_know_and_are_made_for_all_else() {
        let activations = ["relu", "leaky-relu", "tanh", "sigmoid", "elu", "silu", "softplus", "maxout"]
            .map(|a| format!("activation='{a}'"));
        let others =
            ["norm='batch'", "norm='none'", "kind='affine'", "output='tanh'", "output='sigmoid'"].map(str::to_owned);
        for set in activations.iter().chain(&others) {
            let config = config(&[&format!("generator={{{set}}}"), "constraint.kind='none'"]);
            let (mut rng, plane) = (rng(3, Stream::Weights, 0), SampleShape::Point { dims: 2 });
            let built = Network::generator(&config.generator, plane, &mut rng, Device::Cpu).unwrap();
            let critic = Network::critic(&config.critic, plane, &mut rng, Device::Cpu).unwrap();
            // What the description names is what is built.
            let layers = [&critic, &built].map(|network| network.layers().iter().map(layers::kind).collect::<Vec<_>>());
            let (named, layers) = (config.layers(), layers.concat());
            assert!(named.iter().all(|kind| layers.contains(kind)), "{set}: {named:?}, not {layers:?}");
            assert!(layers.iter().all(|kind| named.contains(kind)), "{set}: {named:?}, not {layers:?}");
            // What is said before is what is found.
            let answers = [
                Host::supports(&named, &config.constraint),
                Tapes::supports(&layers, &config.constraint),
                Host::new(&built, &critic, 4, 1).map(drop),
                Tapes::new(&built, &critic, 4).map(drop),
            ];
            let unknown = match set.as_str() {
                "norm='batch'" => Some(LayerKind::BatchNorm),
                "activation='maxout'" => Some(LayerKind::Activation(Activation::Maxout)),
                _ => None,
            };
            let expected = unknown
                .map(|kind| Unsupported { engine: EngineChoice::Explicit, what: Unknown::Layer(kind) })
                .map_or(Ok(()), Err);
            assert_eq!(answers, [expected; 4], "{set}");
            assert_eq!(Autograd::supports(&named, &Constraint::SpectralNorm), Ok(()));
        }
        for constraint in Constraint::ALL {
            let unknown = constraint == Constraint::SpectralNorm;
            assert_eq!(Host::supports(&[LayerKind::Linear], &constraint).is_err(), unknown, "{constraint}");
            assert_eq!(Tapes::supports(&[LayerKind::Linear], &constraint).is_err(), unknown, "{constraint}");
        }
    }

    #[test]
    fn what_the_explicit_engine_does_not_know_is_said_with_what_to_do() {
        for (set, what) in [
            ("constraint.kind='spectral-norm'", "the constraint spectral-norm"),
            ("critic.norm='batch'", "batch normalisation"),
            ("generator.activation='maxout'", "maxout units"),
        ] {
            let insisting = config(&[set, "engine='explicit'"]);
            let error = insisting.engine_under(&insisting.constraint).unwrap_err().to_string();
            let advice = "start with engine = \"auto\" or \"autograd\"";
            assert_eq!(error, format!("engine = \"explicit\" does not know {what}; {advice}"));
            let auto = config(&[set]);
            assert_eq!(auto.engine_under(&auto.constraint), Ok(EngineChoice::Autograd));
        }
    }
}
