//! Real samples for an evaluation: those of a run, or others of the same kind.

use super::data::{self, Source};
use crate::config::{Against, Config, Data};
use crate::domain::SampleShape;
use crate::domain::seed::{self, Stream};
use crate::evaluate::Reals;

/// The samples of a source, by their numbers.
#[derive(Clone, Debug)]
pub struct Kept {
    source: Source,
    name: String,
}

impl Kept {
    /// The samples that a run trains on.
    pub fn of_run(source: Source) -> Kept {
        Kept { source, name: Against::Train.path().display().to_string() }
    }

    /// The samples that `against` names, beside what a run of `config` trains on; none where they are the run's own.
    ///
    /// # Errors
    /// They cannot be read; or a path is named where the run's samples come from none: why, for a person.
    pub fn against(against: &Against, config: &Config) -> Result<Option<Kept>, String> {
        let Against::Path(path) = against else { return Ok(None) };
        let mut data: Data = config.data.clone();
        let Some(images) = data.images_mut() else {
            return Err(format!(
                "{}: the run makes its own samples, so there is no other set of them; evaluate against \"train\"",
                path.display()
            ));
        };
        images.path = path.clone();
        images.limit = 0;
        let source = Source::open_watched(&data, &mut data::unwatched);
        let source = source.map_err(|error| error.to_string().replacen("data.path", "evaluate.against", 1))?;
        Ok(Some(Kept { source, name: path.display().to_string() }))
    }
}

impl Reals for Kept {
    fn shape(&self) -> SampleShape {
        self.source.shape()
    }

    fn count(&self) -> Option<usize> {
        self.source.count()
    }

    fn read(&self, index: usize, sample: &mut [f32]) -> Result<(), String> {
        // The same samples for every run on the same law.
        let mut rng = seed::rng(0, Stream::Evaluate, index as u64);
        self.source.sample(index, &mut rng, sample).map_err(|error| error.to_string())
    }

    fn classes(&self) -> Option<usize> {
        self.source.classes()
    }

    fn label(&self, index: usize) -> Option<usize> {
        self.source.label(index)
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}
