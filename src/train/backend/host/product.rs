//! Matrix products of row-major slices on one thread.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// A row-major matrix, \[rows, columns\].
#[derive(Clone, Copy)]
pub struct Matrix<'a>(MatRef<'a, f32>);

impl<'a> Matrix<'a> {
    /// The matrix of so many rows that `numbers` holds.
    pub fn new(numbers: &'a [f32], rows: usize, columns: usize) -> Matrix<'a> {
        Matrix(MatRef::from_row_major_slice(numbers, rows, columns))
    }

    /// Rows for columns.
    pub fn transposed(self) -> Matrix<'a> {
        Matrix(self.0.transpose())
    }
}

/// Writes a·b, row-major, over `out`.
pub fn product(out: &mut [f32], a: Matrix<'_>, b: Matrix<'_>) {
    let out = MatMut::from_row_major_slice_mut(out, a.0.nrows(), b.0.ncols());
    matmul(out, Accum::Replace, a.0, b.0, 1.0, Par::Seq);
}

/// Writes a·b over `out` by way of its transpose, for which there is `room`: faster where the result has few columns.
pub fn narrow_product(out: &mut [f32], a: Matrix<'_>, b: Matrix<'_>, room: &mut [f32]) {
    let (rows, columns) = (a.0.nrows(), b.0.ncols());
    product(room, b.transposed(), a.transposed());
    for (column, numbers) in room.chunks_exact(rows).enumerate() {
        for (row, number) in numbers.iter().enumerate() {
            out[row * columns + column] = *number;
        }
    }
}
