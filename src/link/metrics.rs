//! The metrics of a run by its config.

use crate::config::{Config, Evaluate};
use crate::domain::MetricTable;

impl MetricTable {
    /// The metrics that gantop's own trainer declares under this config.
    ///
    /// A metric that only some configs have, or that comes now and then, is added here.
    pub fn of(config: &Config) -> MetricTable {
        let declared = config.evaluate.iter().flat_map(Evaluate::declared);
        // Their names are gantop's own, and all different.
        MetricTable::declaring(declared).unwrap_or_default()
    }
}
