//! The smallest value of a function of a few numbers.

/// When the simplex is as small as this, and its values agree as well as this, the search is over.
const SMALL: f64 = 1e-9;
/// The most times the simplex moves.
const MOST_MOVES: usize = 2000;

/// The point near `start` where `f` is smallest, and its value there: the downhill simplex of Nelder and Mead (1965),
/// with the first simplex's edges `reach` long. `f` may be infinite, but not at `start`; a NaN counts as infinite.
pub fn minimise<const N: usize>(f: impl Fn([f64; N]) -> f64, start: [f64; N], reach: f64) -> ([f64; N], f64) {
    let at = |x: [f64; N]| {
        let value = f(x);
        (x, if value.is_nan() { f64::INFINITY } else { value })
    };
    let corner = |i: usize| std::array::from_fn(|k| start[k] + if k + 1 == i { reach } else { 0.0 });
    let mut simplex: Vec<([f64; N], f64)> = (0..=N).map(|i| at(corner(i))).collect();
    for _ in 0..MOST_MOVES {
        simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (best, worst) = (simplex[0], simplex[N]);
        let apart = |x: &[f64; N]| x.iter().zip(&best.0).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if simplex.iter().all(|(x, _)| apart(x) < SMALL) {
            break;
        }
        let centre: [f64; N] = std::array::from_fn(|k| simplex[..N].iter().map(|(x, _)| x[k]).sum::<f64>() / N as f64);
        // The worst corner, moved through the centre of the others: −1 is its mirror image.
        let moved = |share: f64| at(std::array::from_fn(|k| centre[k] + share * (worst.0[k] - centre[k])));
        let mirrored = moved(-1.0);
        let next = if mirrored.1 < best.1 {
            Some(moved(-2.0)).filter(|far| far.1 < mirrored.1).or(Some(mirrored))
        } else if mirrored.1 < simplex[N - 1].1 {
            Some(mirrored)
        } else {
            let near = if mirrored.1 < worst.1 { moved(-0.5) } else { moved(0.5) };
            Some(near).filter(|near| near.1 < worst.1.min(mirrored.1))
        };
        match next {
            Some(next) => simplex[N] = next,
            None => {
                for corner in &mut simplex[1..] {
                    *corner = at(std::array::from_fn(|k| (best.0[k] + corner.0[k]) / 2.0));
                }
            }
        }
    }
    simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
    simplex[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_a_curved_valley_is_found() {
        let rosenbrock = |[x, y]: [f64; 2]| (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2);
        let ([x, y], value) = minimise(rosenbrock, [-1.2, 1.0], 0.5);
        assert!((x - 1.0).abs() < 1e-6 && (y - 1.0).abs() < 1e-6 && value < 1e-12, "{x} {y} {value}");
    }

    #[test]
    fn walls_are_walked_around() {
        let wall = |[x]: [f64; 1]| if x > 2.0 { f64::NAN } else { (x - 1.5).powi(2) };
        let ([x], _) = minimise(wall, [0.0], 1.9);
        assert!((x - 1.5).abs() < 1e-6, "{x}");
    }
}
