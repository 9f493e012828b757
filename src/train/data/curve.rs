//! Points in the plane that lie along curves, on fields, or on a line.

use std::f64::consts::PI;

use rand::Rng as _;
use rand_distr::StandardNormal;

use crate::domain::seed::Rng;

/// A law of points in the plane.
#[derive(Clone, Copy, Debug)]
pub enum Curve {
    /// (t cos t, t sin t) + noise, all ÷ 7.5, t = 1.5π(1 + 2u).
    SwissRoll { noise: f64 },
    /// Two half circles that reach into each other, with noise.
    Moons { noise: f64 },
    /// Uniform on the dark fields of a 4 × 4 checkerboard over [−4, 4]².
    Checkerboard,
    /// (x, U[0, 1)).
    Line { x: f32 },
}

impl Curve {
    /// Fills `out` with points.
    pub fn fill(&self, rng: &mut Rng, out: &mut [f32]) {
        for point in out.chunks_exact_mut(2) {
            let [x, y] = self.point(rng);
            point[0] = x;
            point[1] = y;
        }
    }

    fn point(&self, rng: &mut Rng) -> [f32; 2] {
        match *self {
            Curve::SwissRoll { noise } => {
                let t = 1.5 * PI * (1.0 + 2.0 * rng.r#gen::<f64>());
                noisy([t * t.cos(), t * t.sin()], noise, rng).map(|v| (v / 7.5) as f32)
            }
            Curve::Moons { noise } => {
                // One number chooses both: the upper moon for [0, 1), the lower for [1, 2).
                let u = 2.0 * rng.r#gen::<f64>();
                let (sin, cos) = (PI * u.fract()).sin_cos();
                let centre = if u < 1.0 { [cos, sin] } else { [1.0 - cos, 0.5 - sin] };
                noisy(centre, noise, rng).map(|v| v as f32)
            }
            Curve::Checkerboard => {
                let x = 4.0 * rng.r#gen::<f32>() - 2.0;
                let row = if rng.r#gen::<bool>() { 0.0 } else { -2.0 };
                let y = rng.r#gen::<f32>() + row + x.floor().rem_euclid(2.0);
                [2.0 * x, 2.0 * y]
            }
            Curve::Line { x } => [x, rng.r#gen::<f32>()],
        }
    }
}

/// Adds Gaussian noise of deviation `std` to each coordinate.
fn noisy(point: [f64; 2], std: f64, rng: &mut Rng) -> [f64; 2] {
    point.map(|v| v + std * rng.sample::<f64, _>(StandardNormal))
}
