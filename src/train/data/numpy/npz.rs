//! Images in one of the arrays of an .npz archive, with the labels in another one.

use std::io::Read;

use super::super::archive::{self, Archive};
use super::super::images::{self, Images, Pixels};
use super::super::located::Locate;
use super::error::{Error, Problem};
use super::{array, kept, limited, made};
use crate::config::ImageData;
use crate::domain::npy::{self, Header};

/// Names of arrays of images, each with that of its labels, in the order in which they are looked for.
const NAMES: [(&str, &str); 8] = [
    ("images", "labels"),
    ("train_images", "train_labels"),
    ("x_train", "y_train"),
    ("X_train", "y_train"),
    ("x", "y"),
    ("X", "y"),
    ("data", "labels"),
    ("arr_0", "arr_1"),
];
/// The most bytes of an array of labels: 1 GiB.
const MOST_LABELS: u64 = 1 << 30;

/// Reads the images of the array called `array` in an .npz archive, or of the one that is one of images for an empty
/// name.
///
/// # Errors
/// One [`Error`] that names the file and what is wrong with it.
pub fn npz(data: &ImageData, array: &str) -> Result<Images, Error> {
    read(data, array).map_err(|problem| problem.at(&data.path))
}

fn read(data: &ImageData, array: &str) -> Result<Images, Problem> {
    super::open(&data.path)?;
    let archive = archive::open(&data.path).map_err(Problem::Archive)?;
    let arrays = arrays(&archive)?;
    let name = choose(&arrays, array)?;
    let of = |problem: Problem| problem.of(&name);
    let entry = file_of(&name);
    // Inside, what is wrong with the array; outside, with the archive.
    let within = |read: &mut dyn FnMut(&mut dyn Read) -> Result<(), Problem>| {
        let mut inside = Ok(());
        let outside = archive::read(&archive, &entry, |mut file| {
            inside = read(&mut file);
            Ok(())
        });
        outside.map_err(Problem::Archive).and(inside.map_err(of))
    };
    let mut found = None;
    within(&mut |mut file| {
        let (layout, start) = array::header(&mut file)?;
        found = Some((layout, start));
        Ok(())
    })?;
    let Some((layout, start)) = found else { return Err(Problem::Archive("it has changed".to_owned())) };
    let count = limited(data, &layout);
    let (need, memory) = (kept(data, &layout, count), images::memory(data));
    if need > memory {
        return Err(Problem::Packed { need, memory });
    }
    let (mut levels, mut pixels) = (array::Levels::Bytes, Vec::new());
    within(&mut |mut file| {
        pass(&mut file, start)?;
        levels = layout.levels(&mut file)?;
        Ok(())
    })?;
    within(&mut |mut file| {
        pass(&mut file, start)?;
        pixels = layout.keep(&mut file, levels, count)?;
        Ok(())
    })?;
    let mut images = made(data, &layout, levels, count, Pixels::Memory(pixels));
    if data.labels {
        images.labels = labels(&archive, &arrays, &name, layout.count)?;
        if let Some(labels) = &mut images.labels {
            labels.truncate(count);
        }
    }
    Ok(images)
}

/// Passes over a header.
fn pass(file: &mut dyn Read, start: usize) -> Result<(), Problem> {
    std::io::copy(&mut file.take(start as u64), &mut std::io::sink()).map(drop).map_err(Problem::Read)
}

/// The arrays in an archive by their names, in order, with what their headers say.
fn arrays(archive: &Archive) -> Result<Vec<(String, Header)>, Problem> {
    let mut names: Vec<&str> = archive.file_names().filter_map(|name| name.strip_suffix(".npy")).collect();
    names.sort_unstable();
    let mut arrays = Vec::new();
    for name in names {
        let head = archive::read(archive, &file_of(name), |file| {
            let mut head = Vec::new();
            file.take(npy::MOST_HEADER as u64).read_to_end(&mut head).map_err(|why| why.to_string())?;
            Ok(head)
        });
        let header = head.and_then(|head| npy::split(&head).map(|(header, _)| header));
        arrays.push((name.to_owned(), header.map_err(|why| Problem::Format(why).of(name))?));
    }
    Ok(arrays)
}

fn file_of(array: &str) -> String {
    format!("{array}.npy")
}

/// The name of the array of images.
fn choose(arrays: &[(String, Header)], wanted: &str) -> Result<String, Problem> {
    let told = |(name, header): &(String, Header)| format!("{name} ({} {:?})", npy::shown(&header.descr), header.shape);
    let there = || arrays.iter().map(told).collect::<Vec<_>>();
    if !wanted.is_empty() {
        let is_there = arrays.iter().any(|(name, _)| name == wanted);
        return match is_there {
            true => Ok(wanted.to_owned()),
            false => Err(Problem::NoArray { name: wanted.to_owned(), there: there() }),
        };
    }
    let images: Vec<&(String, Header)> =
        arrays.iter().filter(|(_, header)| array::Layout::of(header).is_ok()).collect();
    let usual = NAMES.iter().find_map(|(name, _)| images.iter().find(|(there, _)| there == name));
    match (&images[..], usual) {
        ([], _) => Err(Problem::NoImages { there: there() }),
        ([(name, _)], _) | (_, Some((name, _))) => Ok(name.clone()),
        _ => Err(Problem::Several { there: images.into_iter().map(told).collect() }),
    }
}

/// The labels of `count` images in the array `images`, if the archive has such an array.
fn labels(
    archive: &Archive,
    arrays: &[(String, Header)],
    images: &str,
    count: usize,
) -> Result<Option<Vec<u16>>, Problem> {
    let own = NAMES.iter().filter(|(name, _)| *name == images).map(|(_, labels)| *labels);
    let mut names = own.chain(["labels", "y"]);
    let there = |name: &&str| arrays.iter().any(|(there, _)| there == name) && *name != images;
    let Some(name) = names.find(there) else { return Ok(None) };
    let wrong = |why: String| Problem::Labels { array: name.to_owned(), why };
    let bytes = archive::unpack(archive, &file_of(name), MOST_LABELS).map_err(wrong)?;
    let (Header { descr, shape, .. }, data) = npy::split(&bytes).map_err(wrong)?;
    if !matches!(shape[..], [n] | [n, 1] if n == count) {
        return Err(wrong(format!("it is of sizes {shape:?}, but there are {count} images")));
    }
    let width = match descr.as_str() {
        "|u1" | "|i1" => 1,
        "<u2" | "<i2" => 2,
        "<u4" | "<i4" => 4,
        "<u8" | "<i8" => 8,
        descr => return Err(wrong(format!("its numbers are `{}`, not whole ones", npy::shown(descr)))),
    };
    if count.checked_mul(width) != Some(data.len()) {
        return Err(wrong("it is cut short or damaged".to_owned()));
    }
    let number = |bytes: &[u8]| {
        // Negative ones are large here.
        let number = bytes.iter().rev().fold(0u64, |number, &byte| number << 8 | u64::from(byte));
        let is_negative = descr.contains('i') && bytes.last().is_some_and(|&byte| byte >= 0x80);
        u16::try_from(number).ok().filter(|_| !is_negative)
    };
    let labels: Option<Vec<u16>> = data.chunks_exact(width).map(number).collect();
    labels.map(Some).ok_or_else(|| wrong("a label must be from 0 to 65,535".to_owned()))
}
