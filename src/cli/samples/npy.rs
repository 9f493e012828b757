//! Samples in NumPy's .npy.

use super::Problem;
use crate::domain::npy::{self, Header, MAGIC};
use crate::theory::distance::Points;

pub fn parse(bytes: &[u8]) -> Result<Points, Problem> {
    points(bytes).map_err(Problem::Npy)?.map_err(Problem::Points)
}

/// The error is what is wrong with the format; inside, what is wrong with the numbers.
fn points(bytes: &[u8]) -> Result<Result<Points, crate::theory::distance::Error>, String> {
    if !bytes.starts_with(MAGIC) {
        return Err("named .npy, but does not begin as one does; CSV needs another name".to_owned());
    }
    let (Header { descr, fortran, shape }, data) = npy::split(bytes)?;
    let width = match descr.as_str() {
        "<f4" => 4,
        "<f8" => 8,
        _ => {
            let shown = npy::shown(&descr);
            return Err(format!("its numbers are `{shown}`; save them as '<f4' or '<f8', with x.astype('<f8')"));
        }
    };
    if fortran && shape.len() > 1 {
        return Err("its numbers are in Fortran order; save numpy.ascontiguousarray(x)".to_owned());
    }
    let (rows, columns) = match shape[..] {
        [rows] => (rows, 1),
        [rows, columns] => (rows, columns),
        _ => {
            let advice = "1 or 2 are needed, a row a sample; reshape it with x.reshape(len(x), -1)";
            return Err(format!("its header says {} dimensions; {advice}", shape.len()));
        }
    };
    if rows == 0 || columns == 0 {
        return Err(format!("its header says {rows} × {columns} numbers: it holds no samples"));
    }
    let need = rows.checked_mul(columns).and_then(|count| count.checked_mul(width));
    if need != Some(data.len()) {
        let need = need.map_or_else(|| "more bytes than there can be".to_owned(), |need| format!("{need} bytes"));
        let says = format!("its header says {rows} × {columns} numbers, {need}");
        return Err(format!("{says}, but {} follow; the file is cut short or damaged", data.len()));
    }
    let values = match width {
        4 => numbers(data, |bytes| f64::from(f32::from_le_bytes(bytes))),
        _ => numbers(data, f64::from_le_bytes),
    };
    Ok(Points::new(values, columns))
}

fn numbers<const N: usize>(data: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    data.as_chunks::<N>().0.iter().map(|bytes| number(*bytes)).collect()
}
