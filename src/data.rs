//! stub replaced by merge
#[derive(Debug)]
pub struct Source(usize, f64);
#[derive(Debug, thiserror::Error)]
#[error("x")]
pub struct Error;
impl Source {
    pub fn open(d: &crate::config::Data) -> Result<Source, Error> {
        match d {
            crate::config::Data::Ring { modes, std, .. } => Ok(Source(*modes, *std)),
            _ => Err(Error),
        }
    }
    pub fn shape(&self) -> crate::link::SampleShape {
        crate::link::SampleShape::Point { dims: 2 }
    }
    pub fn modes(&self) -> Vec<crate::distance::modes::Mode> {
        vec![]
    }
    pub fn fill(&self, rng: &mut crate::seed::Rng, out: &mut [f32]) {
        use rand::Rng;
        for p in out.chunks_mut(2) {
            let k = rng.gen_range(0..self.0) as f64;
            let a = k / self.0 as f64 * 6.28318;
            p[0] = (2.0 * a.cos()) as f32 + rng.gen_range(-1.0..1.0) * self.1 as f32;
            p[1] = (2.0 * a.sin()) as f32;
        }
    }
}
