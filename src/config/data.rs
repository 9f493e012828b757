//! The source of real samples.

use std::cell::RefCell;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::bytes::{self, Bytes};
use super::defaults as d;
use super::error::Problem;
use super::layers::Value;
use super::limits::{DISTANCE, MAX_IMAGE_SIZE, MAX_MODES, MAX_WHOLE};
use super::section::{Kind, Section};
use super::value::Bounds;
use crate::domain::{PixelRange, SampleShape};

/// The source of real samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Data {
    /// Gaussians evenly spaced on a circle around the origin, in 2-D.
    Ring { modes: usize, radius: f64, std: f64 },
    /// side × side Gaussians on a square lattice centred at the origin, `spacing` apart, in 2-D.
    Grid { side: usize, spacing: f64, std: f64 },
    /// (t cos t, t sin t) + noise, all ÷ 7.5, t = 1.5π(1 + 2u); `noise` is the deviation before the division.
    SwissRoll { noise: f64 },
    /// (cos θ, sin θ) and (1 − cos θ, ½ − sin θ), θ in [0, π], with noise of this deviation.
    Moons { noise: f64 },
    /// Uniform on the dark fields of a 4 × 4 checkerboard over [−4, 4]².
    Checkerboard,
    /// (θ, U[0, 1]): a vertical segment at x = θ.
    Lines { theta: f64 },
    /// A Gaussian mixture in one or two dimensions.
    Mixture { components: Vec<Component> },
    /// Images in the IDX format of MNIST: a file, plain or gzip, or a directory with `train-images-idx3-ubyte` in it.
    Idx(ImageData),
    /// Images in the binary format of CIFAR-10 and CIFAR-100: a file, or a directory with the files of a training set
    /// in it.
    Cifar {
        #[serde(flatten)]
        images: ImageData,
        /// Labels are CIFAR-100's 20 superclasses instead of its 100 classes.
        coarse: bool,
    },
    /// Images as files of PNG, JPEG, WebP, BMP, GIF or TIFF in a folder and below it. The folders in it are classes.
    Folder {
        #[serde(flatten)]
        images: ImageData,
        #[serde(flatten)]
        fit: Fit,
        /// The action on files that cannot be used.
        on_bad: OnBad,
    },
    /// The same in a zip archive, with the labels that StyleGAN's tool writes.
    Zip {
        #[serde(flatten)]
        images: ImageData,
        #[serde(flatten)]
        fit: Fit,
        on_bad: OnBad,
    },
    /// Images in an array of NumPy's, [n, height, width], [n, height, width, channels] or [n, channels, height, width],
    /// of bytes or floats, in an .npy file.
    Npy(ImageData),
    /// The same among the arrays of an .npz archive, with the labels in another one.
    Npz {
        #[serde(flatten)]
        images: ImageData,
        /// The name of the array; the empty one finds it.
        array: String,
    },
}

/// The shape that images of any size and colours are brought into.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// Pixels across and down: the square at the centre of each image is scaled to it. 0 leaves images as they are,
    /// which must then be of one size.
    pub size: usize,
    /// 1 for grey, 3 for colour.
    pub channels: usize,
    /// The filter by which images are scaled.
    pub filter: Filter,
}

/// The filter by which images are scaled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// Lanczos's window with three lobes, stretched where images are reduced.
    Lanczos,
    /// The mean over the area that a pixel covers.
    Area,
}

/// The action on files that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnBad {
    /// Name them, and train on nothing.
    Error,
    /// Pass them over, and say so.
    Skip,
}

impl Default for Fit {
    fn default() -> Fit {
        Fit { size: d::IMAGE_SIZE, channels: d::IMAGE_CHANNELS, filter: Filter::Lanczos }
    }
}

/// Images on disk, of whatever format.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImageData {
    /// A file, or a directory.
    pub path: PathBuf,
    /// Use the first so many images; 0 uses all.
    pub limit: usize,
    /// The interval that bytes 0..=255 are mapped to.
    pub range: PixelRange,
    /// The most bytes that pixels may take in memory: more of them are read as they are needed, if their file is not
    /// packed. Half of the free memory where nothing is said. The samples are the same either way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Bytes>,
    /// Mirror each sample left to right with probability ½.
    pub flip: bool,
    /// Read labels, where there are any.
    pub labels: bool,
}

/// One Gaussian of a mixture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Component {
    /// Its share; weights need not sum to 1.
    pub weight: f64,
    /// Its mean: one or two numbers.
    pub mean: Vec<f64>,
    /// Its standard deviation, the same in every direction.
    pub std: f64,
}

impl ImageData {
    /// All images of `path`, as bytes in [−1, 1], not mirrored, with their labels.
    pub fn of(path: impl Into<PathBuf>) -> ImageData {
        ImageData {
            path: path.into(),
            limit: d::IMAGE_LIMIT,
            range: PixelRange::Signed,
            memory: None,
            flip: false,
            labels: true,
        }
    }
}

impl Data {
    /// The shape of a sample, where the config alone decides it: not of images, whose file has not been read.
    pub fn known_shape(&self) -> Option<SampleShape> {
        match self {
            Data::Ring { .. } | Data::Grid { .. } | Data::SwissRoll { .. } | Data::Moons { .. } => Some(2),
            Data::Checkerboard | Data::Lines { .. } => Some(2),
            Data::Mixture { components } => components.first().map(|component| component.mean.len()),
            Data::Idx(_) | Data::Cifar { .. } | Data::Folder { .. } | Data::Zip { .. } => None,
            Data::Npy(_) | Data::Npz { .. } => None,
        }
        .map(|dims| SampleShape::Point { dims })
    }

    /// The keys that all kinds of images have, if these are images.
    pub fn images(&self) -> Option<&ImageData> {
        match self {
            Data::Idx(images) | Data::Npy(images) => Some(images),
            Data::Cifar { images, .. } | Data::Npz { images, .. } => Some(images),
            Data::Folder { images, .. } | Data::Zip { images, .. } => Some(images),
            Data::Ring { .. }
            | Data::Grid { .. }
            | Data::SwissRoll { .. }
            | Data::Moons { .. }
            | Data::Checkerboard
            | Data::Lines { .. }
            | Data::Mixture { .. } => None,
        }
    }

    /// The same, to be changed.
    pub fn images_mut(&mut self) -> Option<&mut ImageData> {
        match self {
            Data::Idx(images) | Data::Npy(images) => Some(images),
            Data::Cifar { images, .. } | Data::Npz { images, .. } => Some(images),
            Data::Folder { images, .. } | Data::Zip { images, .. } => Some(images),
            Data::Ring { .. }
            | Data::Grid { .. }
            | Data::SwissRoll { .. }
            | Data::Moons { .. }
            | Data::Checkerboard
            | Data::Lines { .. }
            | Data::Mixture { .. } => None,
        }
    }

    /// The interval that the values of pixels span; the usual one where there are no pixels.
    pub fn pixel_range(&self) -> PixelRange {
        self.images().map_or(PixelRange::default(), |images| images.range)
    }
}

const NOISE: Bounds = Bounds::Within(0.0, *DISTANCE.end());
const COMPONENT: &str = "{ weight = 0.5, mean = [0.0, 0.0], std = 0.1 }";
const IDX_PATH: &str = "where the images are, an IDX file or a directory of MNIST; say it with --set data.path=DIR";
const CIFAR_PATH: &str = "where the images are, a .bin file or a directory of CIFAR-10's or CIFAR-100's binary version; say \
                          it with --set data.path=DIR";

const FOLDER_PATH: &str =
    "the folder of the images, which are looked for below it too; say it with --set data.path=DIR";
const ZIP_PATH: &str = "the zip archive that holds the images; say it with --set data.path=FILE";
const NPY_PATH: &str = "the .npy file of an array of images; say it with --set data.path=FILE";
const NPZ_PATH: &str = "the .npz archive with an array of images; say it with --set data.path=FILE";

/// Every kind of data, with its keys, defaults and ranges.
pub(super) const KINDS: [Kind<Data>; 13] = [
    Kind {
        name: "ring",
        read: |t| Data::Ring {
            modes: t.count("modes", d::RING_MODES, 1..=MAX_MODES),
            radius: t.number("radius", d::RING_RADIUS, Bounds::Positive),
            std: t.number("std", d::RING_STD, Bounds::Positive),
        },
    },
    Kind {
        name: "grid",
        read: |t| Data::Grid {
            side: t.count("side", d::GRID_SIDE, 1..=MAX_MODES),
            spacing: t.number("spacing", d::GRID_SPACING, Bounds::Positive),
            std: t.number("std", d::GRID_STD, Bounds::Positive),
        },
    },
    Kind { name: "swiss-roll", read: |t| Data::SwissRoll { noise: t.number("noise", d::SWISS_ROLL_NOISE, NOISE) } },
    Kind { name: "moons", read: |t| Data::Moons { noise: t.number("noise", d::MOONS_NOISE, NOISE) } },
    Kind { name: "checkerboard", read: |_| Data::Checkerboard },
    Kind {
        name: "lines",
        read: |t| Data::Lines { theta: t.number("theta", d::LINES_THETA, Bounds::within(&DISTANCE)) },
    },
    Kind { name: "mixture", read: |t| Data::Mixture { components: components(t) } },
    Kind { name: "idx", read: |t| Data::Idx(images(t, IDX_PATH)) },
    Kind {
        name: "cifar",
        read: |t| Data::Cifar { images: images(t, CIFAR_PATH), coarse: t.read("coarse", Value::flag).unwrap_or(false) },
    },
    Kind {
        name: "folder",
        read: |t| Data::Folder {
            images: images(t, FOLDER_PATH),
            fit: fit(t),
            on_bad: t.variant("on_bad", OnBad::Error),
        },
    },
    Kind {
        name: "zip",
        read: |t| Data::Zip { images: images(t, ZIP_PATH), fit: fit(t), on_bad: t.variant("on_bad", OnBad::Error) },
    },
    Kind { name: "npy", read: |t| Data::Npy(images(t, NPY_PATH)) },
    Kind {
        name: "npz",
        read: |t| Data::Npz {
            images: images(t, NPZ_PATH),
            array: t.read("array", |value| value.text().map(Into::into)).unwrap_or_default(),
        },
    },
];

/// The keys of all kinds of images; `path` says what their path leads to.
fn images(t: &mut Section<'_, '_>, path: &str) -> ImageData {
    let usual = ImageData::of(t.require("path", path, Value::path).unwrap_or_default());
    ImageData {
        limit: t.count("limit", usual.limit, 0..=MAX_WHOLE as usize),
        range: t.variant("range", usual.range),
        memory: t.read("memory", bytes::read),
        flip: t.read("flip", Value::flag).unwrap_or(usual.flip),
        labels: t.read("labels", Value::flag).unwrap_or(usual.labels),
        ..usual
    }
}

/// The keys of images that are brought into a shape.
fn fit(t: &mut Section<'_, '_>) -> Fit {
    let usual = Fit::default();
    let channels = |value: &Value<'_>| match value.whole(1..=3) {
        Ok(channels @ (1 | 3)) => Ok(channels as usize),
        _ => Err(value.wrong("must be 1 for grey or 3 for colour")),
    };
    Fit {
        size: t.count("size", usual.size, 0..=MAX_IMAGE_SIZE),
        channels: t.read("channels", channels).unwrap_or(usual.channels),
        filter: t.variant("filter", usual.filter),
    }
}

fn components(t: &mut Section<'_, '_>) -> Vec<Component> {
    let dims = RefCell::new(None);
    t.rows("components", COMPONENT, MAX_MODES, |row| Component {
        weight: row.require("weight", "its share, a number", |v| v.number(Bounds::Positive)).unwrap_or(1.0),
        mean: row.require("mean", "one or two numbers", |v| mean(v, &mut dims.borrow_mut())).unwrap_or_default(),
        std: row.require("std", "its standard deviation", |v| v.number(Bounds::Positive)).unwrap_or(1.0),
    })
}

/// A mean of one or two numbers: as many as `dims`, which the first mean decides.
fn mean(value: &Value<'_>, dims: &mut Option<usize>) -> Result<Vec<f64>, Problem> {
    let elements = value.elements().unwrap_or_default();
    if !(1..=2).contains(&elements.len()) {
        return Err(value.wrong("must be a list of one or two numbers"));
    }
    let first = *dims.get_or_insert(elements.len());
    if elements.len() != first {
        return Err(value.wrong(&format!("must have as many numbers as the first mean, {first}")));
    }
    elements.iter().map(|element| element.number(Bounds::Finite)).collect()
}
