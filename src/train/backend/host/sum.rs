//! Sums over slices, each in an order that does not depend on the processor.

use pulp::Arch;

/// Sums that are added up side by side.
const LANES: usize = 16;

/// Sums a row-major matrix over its rows into `out`, \[width\].
pub fn rows(matrix: &[f32], out: &mut [f32]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            out.fill(0.0);
            for row in matrix.chunks_exact(out.len()) {
                for (sum, number) in out.iter_mut().zip(row) {
                    *sum += *number;
                }
            }
        },
    );
}

/// Adds `part` to `sum`, number by number.
pub fn add(sum: &mut [f32], part: &[f32]) {
    Arch::new().dispatch(
        #[inline(always)]
        || sum.iter_mut().zip(part).for_each(|(sum, number)| *sum += *number),
    );
}

/// The Euclidean norm of a vector.
pub fn norm(vector: &[f32]) -> f32 {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            let mut lanes = [0f64; LANES];
            let whole = vector.chunks_exact(LANES);
            let rest = whole.remainder();
            for numbers in whole {
                for (lane, number) in lanes.iter_mut().zip(numbers) {
                    *lane += f64::from(*number) * f64::from(*number);
                }
            }
            let rest: f64 = rest.iter().map(|&number| f64::from(number).powi(2)).sum();
            // In single precision, as the optimisers square: what overflows there must not pass for finite here.
            ((lanes.iter().sum::<f64>() + rest) as f32).sqrt()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_sums() {
        let matrix: Vec<f32> = (0..12).map(|i| i as f32).collect();
        let mut out = [9.0; 3];
        rows(&matrix, &mut out);
        assert_eq!(out, [18.0, 22.0, 26.0]);
        add(&mut out, &[1.0, 2.0, 3.0]);
        assert_eq!(out, [19.0, 24.0, 29.0]);
        assert_eq!(norm(&[6.0; 20]), (20.0f32 * 36.0).sqrt());
    }

    #[test]
    fn what_is_not_finite_stays_so() {
        assert!(norm(&[1.0, f32::NAN]).is_nan());
        assert_eq!(norm(&[0.0, 1e20]), f32::INFINITY);
    }
}
