//! Whether a checkpoint holds enough for the networks that its config describes, before memory is asked for them.

use super::{Checkpoint, Error};
use crate::config::Generator;

impl Checkpoint {
    /// Whether each network has as many numbers here as its config says that it has weights, biases left out. A file
    /// with damage in its config could otherwise ask for more memory than there is.
    ///
    /// # Errors
    ///
    /// [`Error::Differs`], with both numbers.
    pub fn check_size(&self) -> Result<(), Error> {
        let sample = self.shape.len();
        let generator = match &self.config.generator {
            Generator::Affine { .. } => sample,
            Generator::Mlp { latent, hidden, .. } => weights(*latent, hidden, sample),
        };
        let critic = weights(sample, &self.config.critic.hidden, 1);
        for (network, needed) in [("generator", generator), ("critic", critic)] {
            let own = self.tensors.iter().filter(|tensor| tensor.name.split('.').next() == Some(network));
            let held: usize = own.map(|tensor| tensor.values.len()).sum();
            if held < needed {
                let why =
                    format!("that has a {network} of {needed} weights or more, and {held} numbers for it are there");
                return Err(Error::Differs(why));
            }
        }
        Ok(())
    }
}

/// The weights of the matrices of a perceptron with these hidden layers.
fn weights(inputs: usize, hidden: &[usize], outputs: usize) -> usize {
    let sides: Vec<usize> = [inputs].into_iter().chain(hidden.iter().copied()).chain([outputs]).collect();
    sides.windows(2).fold(0, |sum: usize, pair| sum.saturating_add(pair[0].saturating_mul(pair[1])))
}
