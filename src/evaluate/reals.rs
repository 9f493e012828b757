//! The real side of a comparison: which samples, what they are by content, and their features and moments.

use rand::seq::index;

use super::cache::{Kept, Numbers};
use super::digest::Digest;
use super::features::Extractor;
use super::{Cache, Error, Reals, Stage, Watch, tell};
use crate::domain::seed::{self, Stream};
use crate::theory::quality::Features;
use crate::theory::quality::gaussian::Gaussian;

/// The most real samples that moments are taken of: as many as published figures take.
const MOST: usize = 50_000;
/// The same of samples that are drawn, of which there is no end.
const MOST_DRAWN: usize = 20_000;
/// The most numbers of features that are kept beside the moments.
const MOST_KEPT: usize = 1 << 25;

/// The real samples that are used, in a random order that is always the same, and a digest of all that is in them.
#[derive(Clone, Debug)]
pub struct Content {
    indices: Vec<usize>,
    digest: String,
}

impl Content {
    /// That of these samples. All that are used are read, once.
    ///
    /// # Errors
    /// A sample cannot be read, or cancelled.
    pub fn of(data: &dyn Reals, watch: Watch<'_>) -> Result<Content, Error> {
        let mut rng = seed::rng(0, Stream::Projection, 1);
        let indices = match data.count() {
            // By chance, for the first ones are to be as good as any: files often come class by class.
            Some(count) => index::sample(&mut rng, count, count.min(MOST)).into_vec(),
            None => (0..MOST_DRAWN).collect(),
        };
        let mut digest = Digest::of("samples");
        digest.text(&format!("{:?} {:?}", data.shape(), data.classes()));
        let mut sample = vec![0f32; data.shape().len()];
        for (at, &index) in indices.iter().enumerate() {
            if at % 256 == 0 {
                tell(watch, Stage::Real, 0.0)?;
            }
            data.read(index, &mut sample).map_err(Error::Read)?;
            digest.floats(&sample);
            digest.number(data.label(index).map_or(0, |label| label + 1));
        }
        Ok(Content { indices, digest: digest.finish() })
    }

    /// The numbers of the samples.
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    /// The digest that tells these samples from all others.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

/// The real side of a comparison.
#[derive(Debug)]
pub struct RealSide {
    /// The moments of all.
    pub gaussian: Gaussian,
    /// The features of the first ones.
    pub features: Features,
    /// The number of each class, by their labels or, without any, by the classifier; empty without one.
    pub classes: Vec<u64>,
}

impl RealSide {
    /// That of the samples with this content: as the cache keeps it, or taken now.
    ///
    /// # Errors
    /// A sample cannot be read, features that are not finite, or cancelled.
    pub fn open(
        data: &dyn Reals,
        content: &Content,
        extractor: &Extractor,
        cache: &Cache,
        watch: Watch<'_>,
    ) -> Result<RealSide, Error> {
        let name = format!("real-{}-{}", content.digest(), extractor.digest());
        if let Some(side) = cache.read(&name).and_then(|kept| RealSide::kept(&kept, content, extractor)) {
            return Ok(side);
        }
        let side = RealSide::taken(data, content, extractor, watch)?;
        cache.write(&name, &side.to_keep());
        Ok(side)
    }

    fn taken(data: &dyn Reals, content: &Content, extractor: &Extractor, watch: Watch<'_>) -> Result<RealSide, Error> {
        let (len, dims, total) = (data.shape().len(), extractor.dims(), content.indices().len());
        let kept = kept(dims);
        let mut classes = vec![0; extractor.classes().unwrap_or(0)];
        let (mut gaussian, mut features) = (Gaussian::new(dims), Features::new(Vec::new(), dims)?);
        for (at, chosen) in content.indices().chunks(extractor.batch()).enumerate() {
            tell(watch, Stage::Real, (at * extractor.batch()) as f64 / total as f64)?;
            let mut samples = vec![0f32; chosen.len() * len];
            for (index, sample) in chosen.iter().zip(samples.chunks_exact_mut(len)) {
                data.read(*index, sample).map_err(Error::Read)?;
            }
            let seen = extractor.see(&samples)?;
            let batch = Features::new(seen.features, dims)?;
            gaussian.add(&batch);
            let room = kept.saturating_sub(features.len());
            features.append(&batch.first(room))?;
            for (row, &index) in chosen.iter().enumerate() {
                let seen = || seen.logits.chunks_exact(classes.len().max(1)).nth(row).map(likeliest);
                if let Some(count) = data.label(index).or_else(seen).and_then(|class| classes.get_mut(class)) {
                    *count += 1;
                }
            }
        }
        Ok(RealSide { gaussian, features, classes })
    }

    fn to_keep(&self) -> Kept {
        let mut kept = Kept::default();
        kept.texts.insert("count".to_owned(), self.gaussian.count().to_string());
        let dims = self.gaussian.dims();
        let covariance = self.gaussian.covariance();
        let entries = covariance.iter().flat_map(|m| (0..dims * dims).map(|at| m[(at / dims, at % dims)])).collect();
        kept.tensors.push(("mean".to_owned(), Numbers::Double(self.gaussian.mean().to_vec())));
        kept.tensors.push(("covariance".to_owned(), Numbers::Double(entries)));
        kept.tensors.push(("features".to_owned(), Numbers::Single(self.features.values().to_vec())));
        let classes = self.classes.iter().map(|&count| count as f64).collect();
        kept.tensors.push(("classes".to_owned(), Numbers::Double(classes)));
        kept
    }

    fn kept(kept: &Kept, content: &Content, extractor: &Extractor) -> Option<RealSide> {
        let (count, dims) = (kept.text("count")?, extractor.dims());
        let features = Features::new(kept.single("features")?.to_vec(), dims).ok()?;
        let gaussian = Gaussian::kept(count, kept.double("mean")?.to_vec(), kept.double("covariance")?)?;
        let classes: Vec<u64> = kept.double("classes")?.iter().map(|&count| count as u64).collect();
        let fits = count == content.indices().len()
            && features.len() == count.min(self::kept(dims))
            && gaussian.dims() == dims
            && classes.len() == extractor.classes().unwrap_or(0);
        fits.then_some(RealSide { gaussian, features, classes })
    }
}

/// Of how many samples the features are kept, where each has so many.
fn kept(dims: usize) -> usize {
    MOST_KEPT / dims.max(1)
}

/// The likeliest class by its logits, the first of equal ones.
fn likeliest(logits: &[f32]) -> usize {
    (0..logits.len()).fold(0, |best, k| if logits[k] > logits[best] { k } else { best })
}
