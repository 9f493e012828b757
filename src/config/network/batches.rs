//! Batch normalisation: what a critic takes for a batch.

use serde::{Deserialize, Serialize};

use super::Architecture;
use crate::config::Norm;
use crate::config::layers::Value;
use crate::config::section::Section;

/// What batch normalisation in a critic takes for a batch, in every update, record, snapshot and picture alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Batches {
    /// The real samples are one, the generated ones another, as is usual since DCGAN (Radford, Metz and Chintala 2015). The
    /// two kinds may then be told apart by what is left after each has lost its mean and variance.
    #[default]
    Apart,
    /// Real and generated samples, as many of each, are one. The generator's update passes the step's last real samples too.
    Together,
}

impl Architecture {
    /// Whether a sample's outcome depends on those that pass with it.
    pub fn normalises_batches(&self) -> bool {
        match self {
            Architecture::Mlp(mlp) => mlp.norm == Norm::Batch,
            Architecture::Dcgan(dcgan) => dcgan.norm == Norm::Batch,
            Architecture::Resnet(resnet) => resnet.norm == Norm::Batch,
            Architecture::Affine { .. } => false,
        }
    }
}

/// What the config asks of a critic, whose architecture is read later.
pub(super) struct Asked<'p, 's> {
    table: Section<'p, 's>,
    value: Option<Value<'s>>,
    batches: Option<Batches>,
}

impl<'p, 's> Asked<'p, 's> {
    pub fn of(t: &mut Section<'p, 's>) -> Asked<'p, 's> {
        let value = t.value("batches").cloned();
        let batches = t.read("batches", |value| value.variant::<Batches>());
        Asked { table: t.alike(), value, batches }
    }

    /// What a critic of this architecture takes for a batch; none where it normalises none, which a config that asks is told.
    pub fn of_critic(self, architecture: &Architecture) -> Option<Batches> {
        if architecture.normalises_batches() {
            return Some(self.batches.unwrap_or_default());
        }
        if let Some(value) = self.value {
            self.table.report(value.wrong("is for a critic with norm = \"batch\": leave it out"));
        }
        None
    }
}
