//! Records: a label or two, then the pixels, colour by colour.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use super::super::Error as DataError;
use super::super::images::Shelf;
use super::super::located::Locate;
use super::error::{Error, Problem};

/// Pixels across and down.
pub const SIDE: usize = 32;
pub const CHANNELS: usize = 3;
/// Bytes of an image's pixels.
pub const LEN: usize = SIDE * SIDE * CHANNELS;

/// One of the two sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// CIFAR-10: one label.
    Ten,
    /// CIFAR-100: a label of 20 superclasses, then one of 100 classes.
    Hundred,
}

/// A file of records.
#[derive(Debug)]
pub struct Part {
    pub file: File,
    pub path: PathBuf,
    /// Its bytes.
    pub len: u64,
    /// The set that it can be by its length.
    pub forms: Vec<Form>,
}

/// The part of a file that is to be read.
#[derive(Debug)]
pub struct Contents<'a> {
    /// The first so many images are kept, and those behind them only looked at.
    pub wanted: usize,
    /// The place for their pixels, if they are to be kept.
    pub pixels: Option<&'a mut Vec<u8>>,
    pub labels: &'a mut Vec<u16>,
}

impl Form {
    pub const ALL: [Form; 2] = [Form::Ten, Form::Hundred];

    /// Bytes of a record.
    pub fn record(self) -> usize {
        self.largest_labels().len() + LEN
    }

    /// The largest value of each byte of label.
    fn largest_labels(self) -> &'static [u8] {
        match self {
            Form::Ten => &[9],
            Form::Hundred => &[19, 99],
        }
    }

    /// The common set of all these files.
    ///
    /// # Errors
    /// They are not all the same.
    pub fn of_all(parts: &[Part]) -> Result<Form, Error> {
        let fits = |form: &Form| parts.iter().all(|part| part.forms.contains(form));
        // A length that suits both is that of 9 MB or a multiple: then the labels tell.
        let suits: Vec<Form> = Form::ALL.into_iter().filter(fits).collect();
        match (suits[..].first(), parts) {
            (Some(&form), [first, ..]) if suits.len() > 1 => {
                let wrong = first.check_labels(form).is_err() && first.check_labels(Form::Hundred).is_ok();
                Ok(if wrong { Form::Hundred } else { form })
            }
            (Some(&form), _) => Ok(form),
            (None, [first, rest @ ..]) => {
                let form = first.forms.first().copied().unwrap_or(Form::Ten);
                let other = rest.iter().find(|part| !part.forms.contains(&form)).unwrap_or(first);
                Err(Problem::Mixed { form, other: other.path.clone() }.at(&first.path))
            }
            (None, []) => Ok(Form::Ten),
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Form::Ten => "CIFAR-10",
            Form::Hundred => "CIFAR-100",
        })
    }
}

impl Part {
    /// Images in it.
    pub fn count(&self, form: Form) -> usize {
        // As many as there are of 3 KiB each in a file, which a usize of 64 bits holds.
        (self.len / form.record() as u64) as usize
    }

    fn check_labels(&self, form: Form) -> Result<(), Error> {
        self.read(form, false, Contents { wanted: 0, pixels: None, labels: &mut Vec::new() })
    }

    /// Reads it from its beginning to its end, and checks every label.
    ///
    /// # Errors
    /// It cannot be read, or a label is none of the form's.
    pub fn read(&self, form: Form, coarse: bool, mut contents: Contents<'_>) -> Result<(), Error> {
        let at = |problem: Problem| problem.at(&self.path);
        let most = form.largest_labels();
        let mut file = BufReader::with_capacity(1 << 16, &self.file);
        file.rewind().map_err(|why| at(Problem::Read(why)))?;
        let mut record = vec![0; form.record()];
        for index in 0..self.count(form) {
            file.read_exact(&mut record).map_err(|why| match why.kind() {
                io::ErrorKind::UnexpectedEof => at(Problem::Cut),
                _ => at(Problem::Read(why)),
            })?;
            let (labels, planes) = record.split_at(most.len());
            if let Some((&label, &most)) = labels.iter().zip(most).find(|(label, most)| label > most) {
                return Err(at(Problem::Label { index: index as u64, label, most, form }));
            }
            if index >= contents.wanted {
                continue;
            }
            let label = if coarse { labels.first() } else { labels.last() };
            contents.labels.extend(label.map(|&label| u16::from(label)));
            if let Some(pixels) = &mut contents.pixels {
                let old = pixels.len();
                pixels.resize(old + LEN, 0);
                interleave(planes, &mut pixels[old..]);
            }
        }
        Ok(())
    }
}

/// Brings planes of colours into the order of images in memory, channels last.
fn interleave(planes: &[u8], pixels: &mut [u8]) {
    for (channel, plane) in planes.chunks_exact(SIDE * SIDE).enumerate() {
        pixels[channel..].iter_mut().step_by(CHANNELS).zip(plane).for_each(|(pixel, &byte)| *pixel = byte);
    }
}

/// Files of images that stay on disk.
#[derive(Debug)]
pub struct Stored {
    pub parts: Vec<Part>,
    pub form: Form,
    /// The number of their images to draw from.
    pub count: usize,
}

impl Shelf for Stored {
    fn read(&self, index: usize, pixels: &mut [u8]) -> Result<(), DataError> {
        let mut within = index;
        for part in &self.parts {
            let count = part.count(self.form);
            if within >= count {
                within -= count;
                continue;
            }
            let mut planes = vec![0; LEN];
            let labels = self.form.record() - LEN;
            let at = (within * self.form.record() + labels) as u64;
            part.file.read_exact_at(&mut planes, at).map_err(|why| {
                let why = match why.kind() {
                    io::ErrorKind::UnexpectedEof => Problem::Cut.to_string(),
                    _ => why.to_string(),
                };
                DataError::Sample { path: part.path.clone(), index, count: self.count, why }
            })?;
            interleave(&planes, pixels);
            return Ok(());
        }
        // Nobody asks for an image that is not there.
        Ok(())
    }
}
