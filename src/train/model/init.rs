//! The initial weights of layers. The host draws them, in f64 where a product is needed, so that a run starts from
//! the same numbers on every device and with any number of threads.

use rand::Rng as _;
use rand_distr::{Distribution, StandardNormal};

use super::layer::Geometry;
use crate::config::Init;
use crate::domain::seed::Rng;

/// The standard deviation of [`Init::Normal`].
const STD: f64 = 0.02;

/// Adds W \[output, input\], row-major, and b \[output\] to `weights`.
pub fn linear(init: Init, input: usize, output: usize, rng: &mut Rng, weights: &mut Vec<f32>) {
    let fans = Fans { pytorch: input, input, output };
    matrix(init, fans, input, output, rng, weights);
    bias(init, fans, output, rng, weights);
}

/// Adds W of a convolution from `input` channels to `output`, \[output, input, k, k\], or \[input, output, k, k\] where
/// it is transposed, row-major, and b \[output\] to `weights` if it has one.
pub fn convolution(init: Init, input: usize, output: usize, geometry: Geometry, rng: &mut Rng, weights: &mut Vec<f32>) {
    let field = (geometry.kernel * geometry.kernel) as usize;
    // PyTorch takes the second side of W for the inputs, which it is not where it is transposed.
    let pytorch = if geometry.transposed { output } else { input } * field;
    let fans = Fans { pytorch, input: input * field, output: output * field };
    let start = weights.len();
    matrix(init, fans, input * field, output, rng, weights);
    if geometry.transposed {
        let drawn = weights.split_off(start);
        // From [output, input, k, k].
        for i in 0..input {
            for o in 0..output {
                weights.extend_from_slice(&drawn[(o * input + i) * field..][..field]);
            }
        }
    }
    if geometry.bias {
        bias(init, fans, output, rng, weights);
    }
}

/// The numbers that go into a unit, and the units that a number goes to.
#[derive(Clone, Copy)]
struct Fans {
    /// The first as PyTorch counts.
    pytorch: usize,
    input: usize,
    output: usize,
}

impl Fans {
    /// PyTorch's bound.
    fn bound(self) -> f32 {
        1.0 / (self.pytorch as f32).sqrt()
    }
}

/// Adds a matrix \[rows, columns\].
fn matrix(init: Init, fans: Fans, columns: usize, rows: usize, rng: &mut Rng, weights: &mut Vec<f32>) {
    let count = rows * columns;
    let mut uniform = |bound: f32| weights.extend((0..count).map(|_| rng.gen_range(-bound..=bound)));
    match init {
        // tch's own bound, √(6/input), would put most weights at ±c with the first clip.
        Init::Pytorch => uniform(fans.bound()),
        Init::Xavier => uniform((6.0 / (fans.input + fans.output) as f64).sqrt() as f32),
        Init::Normal => weights.extend((0..count).map(|_| (STD * normal(rng)) as f32)),
        Init::Orthogonal => orthogonal(columns, rows, rng, weights),
        Init::Fixup => {
            let deviation = (2.0 / fans.input as f64).sqrt();
            weights.extend((0..count).map(|_| (deviation * normal(rng)) as f32));
        }
    }
}

fn bias(init: Init, fans: Fans, output: usize, rng: &mut Rng, weights: &mut Vec<f32>) {
    match init {
        Init::Pytorch => weights.extend((0..output).map(|_| rng.gen_range(-fans.bound()..=fans.bound()))),
        Init::Normal | Init::Xavier | Init::Orthogonal | Init::Fixup => weights.resize(weights.len() + output, 0.0),
    }
}

fn normal(rng: &mut Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// Adds a matrix whose rows, or columns if there are more rows than columns, are orthonormal. Normal vectors made
/// orthonormal one after the other have the uniform (Haar) distribution.
fn orthogonal(input: usize, output: usize, rng: &mut Rng, weights: &mut Vec<f32>) {
    let (vectors, len) = (input.min(output), input.max(output));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(vectors);
    while basis.len() < vectors {
        let mut vector: Vec<f64> = (0..len).map(|_| normal(rng)).collect();
        // The second round takes away what rounding has left of the first.
        for earlier in basis.iter().chain(&basis) {
            let along: f64 = earlier.iter().zip(&vector).map(|(a, b)| a * b).sum();
            vector.iter_mut().zip(earlier).for_each(|(v, e)| *v -= along * e);
        }
        let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
        // A vector in the span of the others, which chance gives to nobody, is drawn again.
        if norm > 1e-6 {
            vector.iter_mut().for_each(|v| *v /= norm);
            basis.push(vector);
        }
    }
    let at = |row: usize, column: usize| if output <= input { basis[row][column] } else { basis[column][row] };
    weights.extend((0..output * input).map(|i| at(i / input, i % input) as f32));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::seed::{Stream, rng};

    fn drawn(init: Init, input: usize, output: usize) -> (Vec<f64>, Vec<f64>) {
        let mut weights = vec![7.0];
        linear(init, input, output, &mut rng(11, Stream::Weights, 0), &mut weights);
        assert_eq!((weights.len(), weights[0]), (1 + output * (input + 1), 7.0));
        let all: Vec<f64> = weights[1..].iter().map(|&w| w.into()).collect();
        (all[..input * output].to_vec(), all[input * output..].to_vec())
    }

    fn moments(values: &[f64]) -> (f64, f64, f64) {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let deviation = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        (mean, deviation, values.iter().fold(0.0, |most, v| most.max(v.abs())))
    }

    #[test]
    fn weights_have_the_law_that_is_asked_for() {
        let (input, output) = (100, 200);
        let uniform = |bound: f64| (bound / 3f64.sqrt(), bound);
        for (init, (deviation, most)) in [
            (Init::Pytorch, uniform(0.1)),
            (Init::Xavier, uniform((6f64 / 300.0).sqrt())),
            // The largest of 20,000 normal numbers lies about four deviations out.
            (Init::Normal, (0.02, 0.12)),
        ] {
            let (weights, biases) = drawn(init, input, output);
            let (mean, got, largest) = moments(&weights);
            assert!(mean.abs() < 0.03 * deviation, "{init:?}: mean {mean}");
            assert!((got / deviation - 1.0).abs() < 0.02, "{init:?}: deviation {got}, not {deviation}");
            assert!(largest <= most * (1.0 + 1e-6) && largest > 0.6 * most, "{init:?}: largest {largest}");
            // Of the four, PyTorch's alone draws biases.
            assert_eq!(biases.iter().any(|b| *b != 0.0), init == Init::Pytorch, "{init:?}");
        }
    }

    #[test]
    fn orthogonal_weights_have_orthonormal_rows_or_columns() {
        for (input, output) in [(30, 20), (20, 30), (7, 7), (5, 1), (1, 5)] {
            let (w, biases) = drawn(Init::Orthogonal, input, output);
            let at = |i: usize, k: usize| if output <= input { w[i * input + k] } else { w[k * input + i] };
            let (vectors, len) = (input.min(output), input.max(output));
            for i in 0..vectors {
                for j in 0..=i {
                    let product: f64 = (0..len).map(|k| at(i, k) * at(j, k)).sum();
                    assert!((product - f64::from(u8::from(i == j))).abs() < 1e-6, "{input}→{output}: {product}");
                }
            }
            assert!(biases.iter().all(|b| *b == 0.0));
        }
    }
}
