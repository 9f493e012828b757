//! Elementwise functions over slices, written so that the compiler makes vector instructions of them.
//!
//! Each number is a function of its own arguments alone, by operations that round the same whatever instructions the
//! processor has. A number that is not finite stays so: comparisons are written for that.

use pulp::Arch;

use crate::train::backend::layers::Function;
use crate::train::model::LEAK;

/// Whether the derivative of a function can be told from its output alone.
pub fn forgets_input(function: Function) -> bool {
    function != Function::Silu
}

/// Adds `bias`, \[width\], to each row of `numbers`, and applies a function.
pub fn forward(function: Option<Function>, numbers: &mut [f32], bias: &[f32]) {
    match function {
        None => shifted(numbers, bias, |z| z),
        Some(Function::Relu) => shifted(numbers, bias, relu),
        Some(Function::LeakyRelu) => shifted(numbers, bias, leaky_relu),
        Some(Function::Tanh) => shifted(numbers, bias, tanh),
        Some(Function::Sigmoid) => shifted(numbers, bias, sigmoid),
        Some(Function::Elu) => shifted(numbers, bias, elu),
        Some(Function::Silu) => shifted(numbers, bias, silu),
        Some(Function::Softplus) => shifted(numbers, bias, softplus),
    }
}

/// Writes a function of `inputs`, which are kept for its derivative.
pub fn apply(function: Function, inputs: &[f32], outputs: &mut [f32]) {
    match function {
        Function::Relu => scaled(outputs, inputs, |_, z| relu(z)),
        Function::LeakyRelu => scaled(outputs, inputs, |_, z| leaky_relu(z)),
        Function::Tanh => scaled(outputs, inputs, |_, z| tanh(z)),
        Function::Sigmoid => scaled(outputs, inputs, |_, z| sigmoid(z)),
        Function::Elu => scaled(outputs, inputs, |_, z| elu(z)),
        Function::Silu => scaled(outputs, inputs, |_, z| silu(z)),
        Function::Softplus => scaled(outputs, inputs, |_, z| softplus(z)),
    }
}

/// Multiplies each of `grad` by the derivative of a function, given its output, or, where that does not tell, its
/// input.
pub fn backward(function: Function, grad: &mut [f32], seen: &[f32]) {
    match function {
        Function::Relu => scaled(grad, seen, |r, y| if y > 0.0 { r } else { 0.0 }),
        Function::LeakyRelu => scaled(grad, seen, |r, y| if y > 0.0 { r } else { LEAK * r }),
        Function::Tanh => scaled(grad, seen, |r, y| r * (1.0 - y * y)),
        Function::Sigmoid => scaled(grad, seen, |r, y| r * (y * (1.0 - y))),
        Function::Elu => scaled(grad, seen, |r, y| if y > 0.0 { r } else { r * (y + 1.0) }),
        Function::Silu => scaled(grad, seen, |r, z| {
            let s = sigmoid(z);
            r * (s * (1.0 + z * (1.0 - s)))
        }),
        // σ(z) = 1 − e^−y
        Function::Softplus => scaled(grad, seen, |r, y| -r * exp_m1(-y)),
    }
}

/// Whether a function has a second derivative that is not zero everywhere.
pub fn has_second_derivative(function: Function) -> bool {
    !matches!(function, Function::Relu | Function::LeakyRelu)
}

/// Multiplies each of `grad` by `tangent` and by the second derivative of a function, given what [`backward`] is given.
pub fn second_derivative(function: Function, grad: &mut [f32], seen: &[f32], tangent: &[f32]) {
    match function {
        Function::Relu | Function::LeakyRelu => grad.fill(0.0),
        Function::Tanh => scaled_by(grad, seen, tangent, |y| -2.0 * y * (1.0 - y * y)),
        Function::Sigmoid => scaled_by(grad, seen, tangent, |y| y * (1.0 - y) * (1.0 - 2.0 * y)),
        Function::Elu => scaled_by(grad, seen, tangent, |y| if y > 0.0 { 0.0 } else { y + 1.0 }),
        Function::Silu => scaled_by(grad, seen, tangent, |z| {
            let s = sigmoid(z);
            s * (1.0 - s) * (2.0 + z * (1.0 - 2.0 * s))
        }),
        // σ(1 − σ), and 1 − σ = e^−y
        Function::Softplus => scaled_by(grad, seen, tangent, |y| -exp_m1(-y) * exp(-y)),
    }
}

#[inline(always)]
fn scaled_by(grad: &mut [f32], seen: &[f32], tangent: &[f32], function: impl Fn(f32) -> f32) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for ((grad, seen), tangent) in grad.iter_mut().zip(seen).zip(tangent) {
                *grad *= function(*seen) * *tangent;
            }
        },
    );
}

#[inline(always)]
fn shifted(numbers: &mut [f32], bias: &[f32], function: impl Fn(f32) -> f32) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for row in numbers.chunks_exact_mut(bias.len()) {
                for (number, bias) in row.iter_mut().zip(bias) {
                    *number = function(*number + *bias);
                }
            }
        },
    );
}

#[inline(always)]
fn scaled(grad: &mut [f32], seen: &[f32], function: impl Fn(f32, f32) -> f32) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (grad, seen) in grad.iter_mut().zip(seen) {
                *grad = function(*grad, *seen);
            }
        },
    );
}

/// Clamps each number to \[−c, c\].
pub fn clip(numbers: &mut [f32], c: f32) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for number in numbers {
                let high = if *number > c { c } else { *number };
                *number = if high < -c { -c } else { high };
            }
        },
    );
}

/// The count of numbers that are c or more in size.
pub fn count_at(numbers: &[f32], c: f32) -> usize {
    Arch::new().dispatch(
        #[inline(always)]
        || numbers.iter().map(|number| u32::from(number.abs() >= c)).sum::<u32>() as usize,
    )
}

#[inline(always)]
fn relu(z: f32) -> f32 {
    if z < 0.0 { 0.0 } else { z }
}

#[inline(always)]
fn leaky_relu(z: f32) -> f32 {
    if z < 0.0 { LEAK * z } else { z }
}

#[inline(always)]
fn elu(z: f32) -> f32 {
    let low = exp_m1(z);
    if z > 0.0 { z } else { low }
}

#[inline(always)]
fn silu(z: f32) -> f32 {
    z * sigmoid(z)
}

/// 2ⁿ, and e^r − 1 for the rest r of z = n·log 2 + r; n from −126 to 127.
#[inline(always)]
fn parts(z: f32) -> (f32, f32) {
    // log 2 in two parts: products of the first with a small whole number are exact.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    // Adding 1.5·2²³ leaves a number rounded to a whole one in the last bits.
    const ROUNDING: f32 = 12_582_912.0;
    let z = if z < -87.0 { -87.0 } else { z };
    let z = if z > 88.0 { 88.0 } else { z };
    let rounded = z * std::f32::consts::LOG2_E + ROUNDING;
    let n = rounded - ROUNDING;
    let r = (z - n * LN_2[0]) - n * LN_2[1];
    let power = f32::from_bits(rounded.to_bits().wrapping_sub(ROUNDING.to_bits()).wrapping_add(127) << 23);
    // Taylor's series: |r| ≤ ½ log 2, so the first term left out is below 2⁻²⁸ of r.
    let series = 1.0 / 5040.0;
    let series = series * r + 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    (power, r + r * r * series)
}

/// e^z − 1, exact to rounding for small z too.
#[inline(always)]
fn exp_m1(z: f32) -> f32 {
    let (power, rest) = parts(z);
    power * rest + (power - 1.0)
}

/// e^z, at least 2⁻¹²⁶ and finite.
#[inline(always)]
fn exp(z: f32) -> f32 {
    let (power, rest) = parts(z);
    power * rest + power
}

#[inline(always)]
fn sigmoid(z: f32) -> f32 {
    let share = 1.0 / (1.0 + exp(-z));
    if z < -87.0 { 0.0 } else { share }
}

/// (e^2z − 1)/(e^2z + 1), by the side on which nothing overflows.
#[inline(always)]
fn tanh(z: f32) -> f32 {
    let grown = exp_m1(-2.0 * z.abs());
    let size = -grown / (grown + 2.0);
    if z < 0.0 { -size } else { size }
}

/// log(1 + e^z) = max(z, 0) + log(1 + e^−|z|)
#[inline(always)]
fn softplus(z: f32) -> f32 {
    let small = exp(-z.abs());
    // log(1 + x) = 2 artanh(x/(2 + x)), whose argument is at most ⅓.
    let s = small / (2.0 + small);
    let square = s * s;
    let series = 1.0 / 15.0;
    let series = series * square + 1.0 / 13.0;
    let series = series * square + 1.0 / 11.0;
    let series = series * square + 1.0 / 9.0;
    let series = series * square + 1.0 / 7.0;
    let series = series * square + 1.0 / 5.0;
    let series = series * square + 1.0 / 3.0;
    relu(z) + 2.0 * (s + s * square * series)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The functions, each with its formula in double precision.
    type Row = (Function, fn(f64) -> f64);
    const ROWS: [Row; 7] = [
        (Function::Relu, |z| z.max(0.0)),
        (Function::LeakyRelu, |z| if z < 0.0 { f64::from(LEAK) * z } else { z }),
        (Function::Tanh, f64::tanh),
        (Function::Sigmoid, |z| 1.0 / (1.0 + (-z).exp())),
        (Function::Elu, |z| if z < 0.0 { z.exp_m1() } else { z }),
        (Function::Silu, |z| z / (1.0 + (-z).exp())),
        (Function::Softplus, |z| z.max(0.0) + (-z.abs()).exp().ln_1p()),
    ];

    /// From −60 to 60, denser near 0, and the ends.
    fn places() -> Vec<f32> {
        let mut places: Vec<f32> = (-3000..=3000).map(|i| (i as f32 / 3000.0).powi(3) * 60.0).collect();
        places.extend([1e-20, -1e-20, 200.0, -200.0, 1e30, -1e30]);
        places
    }

    #[test]
    fn activations_are_their_formulas_and_so_are_their_derivatives() {
        for (activation, formula) in ROWS {
            let inputs = places();
            let mut outputs = inputs.clone();
            if forgets_input(activation) {
                forward(Some(activation), &mut outputs, &[0.0]);
            } else {
                apply(activation, &inputs, &mut outputs);
            }
            let seen = if forgets_input(activation) { &outputs } else { &inputs };
            let (mut grads, mut seconds) = (vec![1.0; inputs.len()], vec![0.5; inputs.len()]);
            backward(activation, &mut grads, seen);
            second_derivative(activation, &mut seconds, seen, &vec![2.0; inputs.len()]);
            for (((&input, &output), &grad), &second) in inputs.iter().zip(&outputs).zip(&grads).zip(&seconds) {
                let z = f64::from(input);
                let truth = formula(z);
                let apart = (f64::from(output) - truth).abs();
                assert!(apart <= 5e-7 * truth.abs() + 1e-36, "{activation:?} at {input}: {output} for {truth}");
                let h = 1e-5 * (1.0 + z.abs());
                if z.abs() > h && z.abs() < 50.0 {
                    let slope = (formula(z + h) - formula(z - h)) / (2.0 * h);
                    assert!((f64::from(grad) - slope).abs() < 2e-6, "{activation:?}' at {input}: {grad} for {slope}");
                    let h = 1e-3;
                    let curvature = (formula(z + h) - 2.0 * formula(z) + formula(z - h)) / (h * h);
                    let seam = has_seam_at_zero(activation) && z.abs() <= h;
                    assert!(
                        seam || (f64::from(second) - curvature).abs() < 3e-6,
                        "{activation:?}'' at {input}: {second} for {curvature}"
                    );
                }
            }
        }
    }

    /// Whether a function has a seam at zero.
    fn has_seam_at_zero(function: Function) -> bool {
        matches!(function, Function::Relu | Function::LeakyRelu | Function::Elu)
    }

    #[test]
    fn what_is_not_finite_stays_so() {
        for (activation, _) in ROWS {
            let mut numbers = [f32::NAN];
            if forgets_input(activation) {
                forward(Some(activation), &mut numbers, &[1.0]);
            } else {
                apply(activation, &[f32::NAN], &mut numbers);
            }
            assert!(numbers[0].is_nan(), "{activation:?}");
        }
    }
}
