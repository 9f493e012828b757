//! Features by a network in a TorchScript file, such as the Inception of published figures.

use std::path::Path;

use tch::{CModule, Device, IValue, Tensor};

use super::digest::Digest;
use super::features::{Seen, numbers, pictures};
use super::{Error, first_line};
use crate::config::{FeatureFile, FeatureRange};
use crate::domain::SampleShape;
use crate::system::files;

/// The largest file that is read: 4 GiB.
const MAX_BYTES: u64 = 1 << 32;
/// Samples that a new module is tried with.
const TRIED: usize = 2;

/// A network in a TorchScript file.
#[derive(Debug)]
pub struct Script {
    module: CModule,
    file: FeatureFile,
    shape: SampleShape,
    device: Device,
    dims: usize,
    digest: String,
}

impl Script {
    /// The network that `file` tells of, tried with samples of this shape.
    ///
    /// # Errors
    /// The file cannot be read, is no TorchScript module, or its module does not give features of such samples.
    pub fn open(file: &FeatureFile, shape: SampleShape, device: Device) -> Result<Script, Error> {
        let fail = |why: String| failed(&file.path, why);
        let bytes = files::read(&file.path, MAX_BYTES).map_err(|why| fail(format!("cannot be read: {why}")))?;
        let module = CModule::load_data_on_device(&mut bytes.as_slice(), device).map_err(|why| {
            fail(format!("is not a TorchScript module as torch.jit.save writes one: {}", first_line(&why.to_string())))
        })?;
        let mut digest = Digest::of("file");
        digest.bytes(&bytes);
        digest.text(&format!("{:?} {:?} {:?} {:?} {shape:?}", file.channels, file.range, file.size, file.flags));
        let digest = digest.finish();
        let mut script = Script { module, file: file.clone(), shape, device, dims: 0, digest };
        script.module.f_set_eval()?;
        let tried = tch::no_grad(|| script.run(&vec![0.0; TRIED * shape.len()]))?;
        script.dims = tried.numel() / TRIED;
        Ok(script)
    }

    /// Whether it is the network of published figures, by its owner's word.
    pub fn is_inception(&self) -> bool {
        self.file.inception
    }

    /// Features of a sample.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// The identity of it: no other one has the same.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The name of it, for a person.
    pub fn which(&self) -> String {
        let name = self.file.path.file_name().unwrap_or(self.file.path.as_os_str());
        format!("{} {}", name.to_string_lossy(), &self.digest[..8])
    }

    /// The features of samples.
    pub fn see(&self, samples: &[f32]) -> Result<Seen, Error> {
        Ok(Seen { features: numbers(&self.run(samples)?)?, logits: Vec::new() })
    }

    /// The features of samples, \[n, d\].
    fn run(&self, samples: &[f32]) -> Result<Tensor, Error> {
        let fail = |why: String| failed(&self.file.path, why);
        let Some(input) = self.input(samples) else {
            return Err(fail("takes pictures; the samples are points: use features.kind = \"pixels\"".to_owned()));
        };
        let (n, size) = (input.size()[0], input.size());
        let flags = self.file.flags.iter().map(|flag| IValue::Bool(*flag));
        let values: Vec<IValue> = std::iter::once(IValue::Tensor(input)).chain(flags).collect();
        let out = self.module.forward_is(&values).map_err(|why| {
            let given = values.len() - 1;
            fail(format!(
                "does not take pictures {size:?} in {:?} with {given} flags; see channels, range, size and flags of \
                 evaluate.features: {}",
                self.file.range,
                first_line(&why.to_string())
            ))
        })?;
        let features = match out {
            IValue::Tensor(features) => features,
            IValue::Tuple(mut values) if matches!(values.first(), Some(IValue::Tensor(_))) => {
                match values.swap_remove(0) {
                    IValue::Tensor(features) => features,
                    _ => return Err(fail("gives no tensor".to_owned())),
                }
            }
            _ => return Err(fail("gives neither a tensor nor a tuple that begins with one".to_owned())),
        };
        let given = features.size();
        let per_sample = features.numel() as i64 / n.max(1);
        let fits = given.first() == Some(&n) && per_sample > 0 && (self.dims == 0 || per_sample == self.dims as i64);
        if !fits {
            return Err(fail(format!("gives a tensor {given:?} for {n} pictures; features are [{n}, some number]")));
        }
        Ok(features.reshape([n, -1]))
    }

    /// The pictures as the module takes them, \[n, channels, height, width\]; none of points.
    fn input(&self, samples: &[f32]) -> Option<Tensor> {
        let mut pictures = pictures(samples, self.shape, self.device)?.clamp(-1.0, 1.0);
        pictures = match (pictures.size()[1], self.file.channels as i64) {
            (has, wants) if has == wants => pictures,
            (1, wants) => pictures.repeat([1, wants, 1, 1]),
            (_, 1) => pictures.mean_dim([1i64].as_slice(), true, tch::Kind::Float),
            // Of pictures of two or four channels the first ones, or the first one over and over.
            (has, wants) if has > wants => pictures.narrow(1, 0, wants),
            (_, wants) => pictures.narrow(1, 0, 1).repeat([1, wants, 1, 1]),
        };
        if self.file.size > 0 {
            let side = self.file.size as i64;
            // A picture that shrinks is smoothed first: the resizing that clean-fid (Parmar and others 2022) asks for.
            pictures = pictures.internal_upsample_bilinear2d_aa([side, side], false, None, None);
        }
        Some(match self.file.range {
            FeatureRange::Signed => pictures,
            FeatureRange::Unit => (pictures + 1.0) / 2.0,
            FeatureRange::Byte => ((pictures + 1.0) * 127.5).round(),
        })
    }
}

fn failed(path: &Path, why: String) -> Error {
    Error::File { path: path.display().to_string(), why }
}
