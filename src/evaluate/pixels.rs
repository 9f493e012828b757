//! Features of samples that nobody has trained: a fixed random projection.

use rand::Rng as _;
use rand_distr::StandardNormal;
use tch::{Device, Tensor};

use super::Error;
use super::digest::Digest;
use super::features::{Seen, numbers, pictures};
use crate::domain::SampleShape;
use crate::domain::seed::{self, Stream};

/// The most features: of samples that have no more numbers these are the features themselves.
const DIMS: usize = 64;
/// The seed of every projection: figures compare between runs.
const SEED: u64 = 0;

/// A fixed random projection of samples of one shape.
#[derive(Debug)]
pub struct Projection {
    shape: SampleShape,
    /// \[numbers of a sample, features\]; none where a sample is its own features.
    matrix: Option<Tensor>,
    device: Device,
}

impl Projection {
    /// That of samples of this shape.
    pub fn new(shape: SampleShape, device: Device) -> Projection {
        let len = shape.len();
        let matrix = (len > DIMS).then(|| {
            let mut rng = seed::rng(SEED, Stream::Projection, len as u64);
            let scale = 1.0 / (len as f64).sqrt();
            let entries: Vec<f32> =
                (0..len * DIMS).map(|_| (scale * rng.sample::<f64, _>(StandardNormal)) as f32).collect();
            Tensor::from_slice(&entries).view([len as i64, DIMS as i64]).to_device(device)
        });
        Projection { shape, matrix, device }
    }

    /// Features of a sample.
    pub fn dims(&self) -> usize {
        self.shape.len().min(DIMS)
    }

    /// The identity of it: no other one has the same.
    pub fn digest(&self) -> String {
        let mut digest = Digest::of("pixels");
        digest.text(&format!("{:?}", self.shape));
        digest.number(self.dims());
        digest.finish()
    }

    /// The name of it, for a person.
    pub fn which(&self) -> String {
        match &self.matrix {
            Some(_) => format!("{} random projections of the pixels", self.dims()),
            None => "the samples' own numbers".to_owned(),
        }
    }

    /// The features of samples.
    pub fn see(&self, samples: &[f32]) -> Result<Seen, Error> {
        let Some(matrix) = &self.matrix else { return Ok(Seen { features: samples.to_vec(), logits: Vec::new() }) };
        let len = self.shape.len() as i64;
        let rows = match pictures(samples, self.shape, self.device) {
            Some(pictures) => pictures.permute([0, 2, 3, 1]).reshape([-1, len]),
            None => Tensor::from_slice(samples).view([-1, len]).to_device(self.device),
        };
        Ok(Seen { features: numbers(&rows.f_matmul(matrix)?)?, logits: Vec::new() })
    }
}
