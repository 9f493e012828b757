//! Writing files of samples that [`super::read`] reads back.

use std::io::{self, Write};

use crate::domain::npy::MAGIC;

/// Writes a .npy file of version 1 with single-precision numbers, a row of `columns` a sample.
///
/// # Errors
/// Those of `out`.
pub fn write_npy(out: &mut dyn Write, values: &[f32], columns: usize) -> io::Result<()> {
    let rows = values.len() / columns.max(1);
    npy_header(out, "<f4", &[rows, columns])?;
    values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))
}

/// Writes a .npy file of version 1 with bytes of this shape.
///
/// # Errors
/// Those of `out`.
pub fn write_npy_bytes(out: &mut dyn Write, values: &[u8], shape: &[usize]) -> io::Result<()> {
    npy_header(out, "|u1", shape)?;
    out.write_all(values)
}

fn npy_header(out: &mut dyn Write, descr: &str, shape: &[usize]) -> io::Result<()> {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}", sides.join(", "));
    // Padded so that the numbers begin at a multiple of 64 bytes, as NumPy does.
    let used = MAGIC.len() + 4 + header.len() + 1;
    header.push_str(&" ".repeat(used.next_multiple_of(64) - used));
    header.push('\n');
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&(header.len() as u16).to_le_bytes())?;
    out.write_all(header.as_bytes())
}

/// Writes CSV with a header: x0, x1, …
///
/// # Errors
/// Those of `out`.
pub fn write_csv(out: &mut dyn Write, values: &[f32], columns: usize) -> io::Result<()> {
    let names: Vec<String> = (0..columns).map(|i| format!("x{i}")).collect();
    writeln!(out, "{}", names.join(","))?;
    for row in values.chunks_exact(columns.max(1)) {
        let row: Vec<String> = row.iter().map(f32::to_string).collect();
        writeln!(out, "{}", row.join(","))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let values = [0.1f32, -2.5, 3e-20, 4.0, 5.0, f32::MAX];
        let dir = tempfile::tempdir().unwrap();
        for (name, write) in
            [("a.npy", write_npy as fn(&mut dyn Write, &[f32], usize) -> io::Result<()>), ("a.csv", write_csv)]
        {
            let mut bytes = Vec::new();
            write(&mut bytes, &values, 3).unwrap();
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let points = super::super::read(&path).unwrap();
            assert_eq!((points.len(), points.dims()), (2, 3), "{name}");
            let read: Vec<f32> = points.values().iter().map(|&x| x as f32).collect();
            assert_eq!(read, values, "{name}");
        }
    }
}
