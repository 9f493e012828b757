//! The cache of what is costly to make and depends on nothing but its content: kept between runs, under a name that
//! says that content.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, View};

use crate::system::{cache, files};

/// The largest file that is read: 2 GiB.
const MAX_BYTES: u64 = 1 << 31;
/// Raised with every change of what is kept, or of how it is made: what an older gantop made is made anew.
const VERSION: &str = "1";

/// A folder of what was made before. Without one everything is made anew, every time.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    folder: Option<PathBuf>,
}

/// Tensors and texts by their names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    pub texts: HashMap<String, String>,
    pub tensors: Vec<(String, Numbers)>,
}

/// Numbers in either precision, in one dimension.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Cache {
    /// The one of whoever runs the program.
    pub fn usual() -> Cache {
        Cache { folder: cache::folder() }
    }

    /// In this folder, which need not be there yet.
    pub fn at(folder: &Path) -> Cache {
        Cache { folder: Some(folder.to_owned()) }
    }

    /// The values kept under this name; none where there is nothing, or nothing that can be used.
    pub fn read(&self, name: &str) -> Option<Kept> {
        let bytes = files::read(&self.file(name)?, MAX_BYTES).ok()?;
        parse(&bytes)
    }

    /// Keeps this under a name. That it cannot is no failure: it will be made again.
    pub fn write(&self, name: &str, kept: &Kept) {
        let Some((folder, file)) = self.folder.as_ref().zip(self.file(name)) else { return };
        let mut texts = kept.texts.clone();
        texts.insert("version".to_owned(), VERSION.to_owned());
        let tensors = kept.tensors.iter().map(|(name, numbers)| (name.as_str(), Shaped(numbers, [numbers.len()])));
        let Ok(bytes) = safetensors::serialize(tensors, &Some(texts)) else { return };
        if files::make_all(folder).is_ok() {
            let _ = files::replace(&file, &bytes);
        }
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{name}.safetensors")))
    }
}

impl Kept {
    /// The numbers of this name in single precision.
    pub fn single(&self, name: &str) -> Option<&[f32]> {
        match self.tensors.iter().find(|tensor| tensor.0 == name)? {
            (_, Numbers::Single(numbers)) => Some(numbers),
            (_, Numbers::Double(_)) => None,
        }
    }

    /// The numbers of this name in double precision.
    pub fn double(&self, name: &str) -> Option<&[f64]> {
        match self.tensors.iter().find(|tensor| tensor.0 == name)? {
            (_, Numbers::Double(numbers)) => Some(numbers),
            (_, Numbers::Single(_)) => None,
        }
    }

    /// The text of this name as what it says.
    pub fn text<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.texts.get(name)?.parse().ok()
    }
}

/// The values in a file's bytes; none where they are damaged, or of another version.
fn parse(bytes: &[u8]) -> Option<Kept> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).ok()?;
    let texts = metadata.metadata().clone()?;
    if texts.get("version").map(String::as_str) != Some(VERSION) {
        return None;
    }
    let file = SafeTensors::deserialize(bytes).ok()?;
    let tensor = |(name, view): (String, safetensors::tensor::TensorView<'_>)| {
        let numbers = match view.dtype() {
            Dtype::F32 => {
                Numbers::Single(view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
            }
            Dtype::F64 => {
                Numbers::Double(view.data().as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect())
            }
            _ => return None,
        };
        Some((name, numbers))
    };
    let tensors = file.tensors().into_iter().map(tensor).collect::<Option<Vec<_>>>()?;
    let finite = |numbers: &Numbers| match numbers {
        Numbers::Single(numbers) => numbers.iter().all(|number| number.is_finite()),
        Numbers::Double(numbers) => numbers.iter().all(|number| number.is_finite()),
    };
    tensors.iter().all(|(_, numbers)| finite(numbers)).then_some(Kept { texts, tensors })
}

impl Numbers {
    fn len(&self) -> usize {
        match self {
            Numbers::Single(numbers) => numbers.len(),
            Numbers::Double(numbers) => numbers.len(),
        }
    }
}

/// The one dimension of numbers, as a tensor's shape.
struct Shaped<'a>(&'a Numbers, [usize; 1]);

impl View for Shaped<'_> {
    fn dtype(&self) -> Dtype {
        match self.0 {
            Numbers::Single(_) => Dtype::F32,
            Numbers::Double(_) => Dtype::F64,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.1
    }

    fn data(&self) -> Cow<'_, [u8]> {
        match self.0 {
            Numbers::Single(numbers) => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
            Numbers::Double(numbers) => numbers.iter().flat_map(|number| number.to_le_bytes()).collect(),
        }
    }

    fn data_len(&self) -> usize {
        match self.0 {
            Numbers::Single(numbers) => 4 * numbers.len(),
            Numbers::Double(numbers) => 8 * numbers.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_what_is_damaged_is_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::at(&folder.path().join("not").join("there"));
        let kept = Kept {
            texts: HashMap::from([("accuracy".to_owned(), "0.75".to_owned())]),
            tensors: vec![
                ("features".to_owned(), Numbers::Single(vec![1.0, -0.5])),
                ("mean".to_owned(), Numbers::Double(vec![0.1])),
            ],
        };
        assert_eq!(cache.read("judge-1"), None);
        cache.write("judge-1", &kept);
        let read = cache.read("judge-1").unwrap();
        assert_eq!((read.text("accuracy"), read.single("features")), (Some(0.75), Some(&[1.0, -0.5][..])));
        assert_eq!((read.double("mean"), read.single("mean"), read.text::<f64>("no")), (Some(&[0.1][..]), None, None));
        let file = cache.file("judge-1").unwrap();
        let bytes = std::fs::read(&file).unwrap();
        for cut in [0, 7, bytes.len() / 2, bytes.len() - 1] {
            std::fs::write(&file, &bytes[..cut]).unwrap();
            assert_eq!(cache.read("judge-1"), None, "{cut} bytes");
        }
        assert_eq!(Cache::default().read("judge-1"), None);
        Cache::default().write("judge-1", &kept);
    }
}
