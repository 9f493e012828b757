//! Images in the binary version of CIFAR-10 and CIFAR-100: records of one or two bytes of label and 3,072 of pixels,
//! the red ones first, then the green and the blue ones, each row-major. There is no header, so that lengths and labels
//! alone tell what a file is.

mod error;
mod find;
mod records;

use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use super::idx::describe;
use super::images::{self, Images, Pixels};
use super::pictures::Survey;
use crate::config::ImageData;
use crate::system::files;

use super::located::Locate;
pub use error::Error;
use error::Problem;
use records::{CHANNELS, Contents, Form, LEN, Part, SIDE, Stored};

/// Reads the images of a file, or of the training set in a directory. Of those kept, more than the memory allows stay
/// in their files. `coarse` takes CIFAR-100's 20 superclasses for labels instead of its 100 classes.
///
/// # Errors
/// One [`Error`] that names the file and what is wrong with it.
pub fn read(data: &ImageData, coarse: bool) -> Result<Images, Error> {
    let mut parts = Vec::new();
    for path in find::files(&data.path)? {
        let part = open(&path).map_err(|problem| problem.at(&path))?;
        parts.push(part);
    }
    let form = Form::of_all(&parts)?;
    if coarse && form == Form::Ten {
        return Err(Problem::NotCoarse.at(&data.path));
    }
    let all: usize = parts.iter().map(|part| part.count(form)).sum();
    let count = if data.limit == 0 { all } else { data.limit.min(all) };
    let in_memory = (count as u64 * LEN as u64) <= images::memory(data);
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    if in_memory {
        let refused = |_| Problem::Memory { need: count as u64 * LEN as u64 }.at(&data.path);
        // The files are as long as this says.
        pixels.try_reserve_exact(count * LEN).map_err(refused)?;
    }
    for part in &parts {
        let wanted = count - labels.len();
        let keep = in_memory.then_some(&mut pixels);
        part.read(form, coarse, Contents { wanted, pixels: keep, labels: &mut labels })?;
    }
    let classes = match parts.first() {
        Some(part) if data.labels => find::names(&part.path, form, coarse),
        _ => Vec::new(),
    };
    let pixels = if in_memory { Pixels::Memory(pixels) } else { Pixels::Disk(Arc::new(Stored { parts, form, count })) };
    let labels = data.labels.then_some(labels);
    let survey = Survey { classes, ..Survey::default() };
    Ok(Images { shape: images::shape(data, SIDE, SIDE, CHANNELS), count, pixels, labels, flip: data.flip, survey })
}

/// Whether a training set of CIFAR's binary version lies in the directory `path`, or where one of that name would have
/// it.
pub fn is_there(path: &Path) -> bool {
    find::files(path).is_ok()
}

/// Opens a file and looks how long it is and what it begins with.
fn open(path: &Path) -> Result<Part, Problem> {
    let file = files::open(path).map_err(Problem::Read)?;
    let len = file.metadata().map_err(Problem::Read)?.len();
    if len == 0 {
        return Err(Problem::Empty);
    }
    let mut head = Vec::new();
    BufReader::new(&file).take(8).read_to_end(&mut head).map_err(Problem::Read)?;
    let forms: Vec<Form> = Form::ALL.into_iter().filter(|form| len.is_multiple_of(form.record() as u64)).collect();
    if forms.is_empty() {
        return Err(Problem::Length { len, like: describe(&head) });
    }
    Ok(Part { file, path: path.to_owned(), len, forms })
}

#[cfg(test)]
mod tests;
