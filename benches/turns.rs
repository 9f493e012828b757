//! Two things that are measured in turns, so that a machine that slows down or speeds up favours neither.

/// What both come to in their `pair`-th turns, the order alternating.
///
/// # Errors
/// Those of `turn`, which is told whether it is the first one's turn.
pub fn pair<T>(pair: usize, mut turn: impl FnMut(bool) -> anyhow::Result<T>) -> anyhow::Result<(T, T)> {
    if pair % 2 == 1 {
        let first = turn(true)?;
        return Ok((first, turn(false)?));
    }
    let second = turn(false)?;
    Ok((turn(true)?, second))
}
