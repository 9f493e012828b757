//! The game's state, out to the host and back. What is not here derives from the config, or from (seed, step).

use tch::{Tensor, no_grad};

use super::super::snapshot::to_host;
use super::{Game, Network, Players, tune};
use crate::link::checkpoint::{self, Checkpoint, Error, Named};
use crate::theory::objective;

impl Game<'_> {
    /// Every tensor of the state with its name. Copying into one changes the game.
    fn named(&self) -> Vec<(String, Tensor)> {
        let of = |player: &'static str| move |(name, tensor)| (format!("{player}.{name}"), tensor);
        let Players { generator, critic } = &self.players;
        let mut all: Vec<(String, Tensor)> = generator.network.named().into_iter().map(of("generator")).collect();
        all.extend(critic.network.named().into_iter().map(of("critic")));
        for (player, optimizer) in [("generator", &generator.optimizer), ("critic", &critic.optimizer)] {
            let moments = (0..optimizer.moments().size()[0])
                .map(|row| (format!("optimizer.{player}.moment{}", row + 1), optimizer.moments().get(row)));
            all.extend(moments);
        }
        all.extend(self.averaged().map(Network::named).into_iter().flatten().map(of(checkpoint::AVERAGED)));
        let vectors = critic.network.spectral.as_ref().map(|spectral| spectral.vectors().shallow_clone());
        all.extend(vectors.map(|vectors| ("spectral.critic".to_owned(), vectors)));
        all
    }

    /// The names and shapes of the state's tensors.
    fn layout(&self) -> Vec<(String, Vec<usize>)> {
        self.named().into_iter().map(|(name, tensor)| (name, shape(&tensor))).collect()
    }

    /// The bytes of the state's tensors on the host.
    pub fn state_bytes(&self) -> u64 {
        self.layout().iter().map(|(_, shape)| 4 * shape.iter().product::<usize>() as u64).sum()
    }

    /// The state's tensors on the host.
    pub fn tensors(&self) -> Vec<Named> {
        self.settle();
        let host = |(name, tensor)| Named { name, shape: shape(&tensor), values: to_host(&tensor) };
        self.named().into_iter().map(host).collect()
    }

    /// Puts the state of a checkpoint in place of this one: tensors, optimisers' counters and settings.
    ///
    /// # Errors
    ///
    /// The checkpoint's tensors are not those of this game, or its objective is not one of gantop's; then nothing is
    /// changed.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<(), Error> {
        let objective = objective::of(&checkpoint.info.settings.objective)
            .map_err(|unknown| Error::Differs(format!("objective.kind: {unknown}")))?;
        self.unsettle();
        // Not by `set`: the moments belong to these settings, and the weights are clipped already. The constraint comes
        // first, for the spectral norm has tensors of its own.
        let settings = std::mem::replace(&mut self.settings, checkpoint.info.settings.clone());
        let spectral = self.players.critic.network.spectral.take();
        self.constrain();
        if let Err(error) = checkpoint.fits(&self.layout()) {
            (self.settings, self.players.critic.network.spectral) = (settings, spectral);
            return Err(error);
        }
        // In place: the flat vectors and the engine's buffers share their storage.
        no_grad(|| {
            for (name, mut tensor) in self.named() {
                if let Some(saved) = checkpoint.tensor(&name) {
                    tensor.copy_(&Tensor::from_slice(&saved.values).reshape(tensor.size()));
                }
            }
        });
        let Players { generator, critic } = &mut self.players;
        generator.optimizer.set_updates(checkpoint.info.generator_updates);
        critic.optimizer.set_updates(checkpoint.info.critic_updates);
        tune(&mut self.players, &self.settings);
        self.objective = objective;
        self.choose_backend();
        self.guard.revive();
        Ok(())
    }
}

fn shape(tensor: &Tensor) -> Vec<usize> {
    tensor.size().iter().map(|&side| side as usize).collect()
}
