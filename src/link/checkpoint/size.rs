//! Whether a checkpoint holds enough for the networks that its config describes, before memory is asked for them.

use super::{Checkpoint, CheckpointInfo, Error};
use crate::config::Config;

impl Checkpoint {
    /// Whether each network has as many numbers here as its config says that it has weights, biases left out. A file
    /// with damage in its config could otherwise ask for more memory than there is.
    ///
    /// # Errors
    ///
    /// [`Error::Differs`], with both numbers.
    pub fn check_size(&self) -> Result<(), Error> {
        let CheckpointInfo { config: Config { generator, critic, .. }, shape, .. } = &self.info;
        for (network, needed) in [("generator", generator.weights(*shape)), ("critic", critic.weights(*shape))] {
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
