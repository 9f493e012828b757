//! Divergences, bounds and curves against closed forms.

use super::*;
use crate::config::Prior;
use crate::domain::SampleShape;
use crate::link::Law;
use crate::truth::Density as Known;

fn mode(mean: &[f64], std: f64) -> Mode {
    Mode { mean: mean.to_vec(), std, weight: 1.0 }
}

fn law(mean: &[f64], scale: f64) -> Law {
    Law { prior: Prior::Normal, mean: mean.to_vec(), scale: vec![scale; mean.len()] }
}

/// A snapshot of an affine generator against one Gaussian, whose critic has the score `score` (log-ratio head).
fn snapshot(kind: &str, law: Law, [low, high]: [f32; 2], score: impl Fn(Point) -> f64) -> Snapshot {
    let dims = law.mean.len();
    let (columns, rows) = if dims == 1 { (512, 1) } else { (96, 96) };
    let (low, high) = if dims == 1 { ([low, 0.0], [high, 0.0]) } else { ([low; 2], [high; 2]) };
    let mut field = Field { low, high, columns, rows, scores: vec![] };
    field.scores = (0..columns * rows).map(|i| score(Surface { near: &field, wide: None }.point(i)) as f32).collect();
    let objective = crate::domain::ObjectiveChoice { kind: kind.into(), ..crate::domain::ObjectiveChoice::default() };
    Snapshot { objective, field: Some(field), law: Some(law), ..Snapshot::empty(7, SampleShape::Point { dims }) }
}

/// log(p/q) of Gaussians of deviations s and t around a and b.
fn ratio(x: Point, dims: usize, (a, s): (&[f64], f64), (b, t): (&[f64], f64)) -> f64 {
    (0..dims).map(|k| (t / s).ln() - 0.5 * ((x[k] - a[k]) / s).powi(2) + 0.5 * ((x[k] - b[k]) / t).powi(2)).sum()
}

#[test]
fn on_a_line_an_optimal_critic_leaves_no_gap() {
    // N(0, 1) against N(0.5, 1.2²).
    for (kind, value) in [
        ("kl", 0.1163493346),
        ("reverse-kl", 0.1626784432),
        ("js", 0.0641937839),
        ("gan", -1.3221005772),
        ("pearson", 0.1995973377),
        ("hellinger", 0.0666238494),
        ("jeffrey", 0.2790277778),
    ] {
        let optimal = |x| ratio(x, 1, (&[0.0], 1.0), (&[0.5], 1.2));
        let truth = of(&snapshot(kind, law(&[0.5], -1.2), [-6.0, 7.0], optimal), &[mode(&[0.0], 1.0)]).unwrap();
        let divergence = truth.divergence.unwrap();
        assert!((divergence - value).abs() < 1e-7, "{kind}: {divergence}");
        let gap = truth.gap().unwrap();
        assert!((-1e-6..2e-3).contains(&gap), "{kind}: {gap}");
        assert_eq!((truth.density, truth.optimal.len()), (Known::Exact, 0));
        let curves = truth.curves.unwrap();
        let middle = curves.real.len() / 2;
        assert!((curves.learned[middle] - curves.optimal[middle]).abs() < 1e-3, "{kind}");
        assert!(curves.real[middle] > 0.3 && curves.fake[middle] > 0.2);
        // A critic that says nothing has a bound of its own, below.
        let truth = of(&snapshot(kind, law(&[0.5], 1.2), [-6.0, 7.0], |_| 0.0), &[mode(&[0.0], 1.0)]).unwrap();
        assert!(truth.gap().unwrap() > 0.04, "{kind}: {truth:?}");
    }
}

#[test]
fn what_falls_off_slowly_is_integrated_to_its_end() {
    // N(0, 1) against N(0, s²): the integral of q²/p or of p²/q, less one, in closed form.
    let neyman = |s: f64| 1.0 / (s * (2.0 - s * s).sqrt()) - 1.0;
    let pearson = |s: f64| s * s / (2.0 * s * s - 1.0).sqrt() - 1.0;
    for (kind, scale, exact) in [
        ("neyman", 1.3, neyman(1.3)),
        ("neyman", 1.35, neyman(1.35)),
        ("neyman", 1.41, neyman(1.41)),
        ("pearson", 0.7072, pearson(0.7072)),
        ("pearson", 0.74, pearson(0.74)),
        ("pearson", 0.8, pearson(0.8)),
    ] {
        let truth = of(&snapshot(kind, law(&[0.0], scale), [-6.0, 7.0], |_| 0.0), &[mode(&[0.0], 1.0)]).unwrap();
        let found = truth.divergence.unwrap();
        assert!((found - exact).abs() < 1e-6 * exact, "{kind} {scale}: {found}, not {exact}");
        // In a plane they multiply: 1 + D of the axes.
        let snapshot = snapshot(kind, law(&[0.0, 0.0], scale), [-6.0, 7.0], |_| 0.0);
        if (0.74..1.36).contains(&scale) {
            let found = of(&snapshot, &[mode(&[0.0, 0.0], 1.0)]).unwrap();
            let exact = (1.0 + exact).powi(2) - 1.0;
            assert!((found.divergence.unwrap() - exact).abs() < 1e-4 * exact, "{kind} {scale}: {found:?}, not {exact}");
        }
    }
    // Means far apart make it huge, and no more than that: e^(d²) − 1.
    let truth = of(&snapshot("pearson", law(&[20.0], 1.0), [-6.0, 7.0], |_| 0.0), &[mode(&[0.0], 1.0)]).unwrap();
    assert!((truth.divergence.unwrap().ln() - 400.0).abs() < 1e-6, "{truth:?}");
    // What is infinite stays so, however near the bound.
    for (kind, scale) in [("neyman", 1.42), ("neyman", 2.0), ("neyman", 9.0), ("pearson", 0.7), ("pearson", 0.1)] {
        let truth = of(&snapshot(kind, law(&[0.0], scale), [-6.0, 7.0], |_| 0.0), &[mode(&[0.0], 1.0)]).unwrap();
        assert_eq!(truth.divergence, Some(f64::INFINITY), "{kind} {scale}");
    }
}

#[test]
fn in_a_plane_it_is_that_of_the_closed_form() {
    let (p, q) = (([0.3, -0.2], 0.5), ([0.8, 0.3], 0.5));
    let optimal = |x| ratio(x, 2, (&p.0, p.1), (&q.0, q.1));
    let truth = of(&snapshot("kl", law(&q.0, q.1), [-2.5, 3.5], optimal), &[mode(&p.0, p.1)]).unwrap();
    // ½‖Δμ‖²/σ²
    let exact = 0.5 * 0.5 / 0.25;
    assert!((truth.divergence.unwrap() - exact).abs() < 1e-6, "{:?}", truth.divergence);
    assert!((-1e-6..1e-2).contains(&truth.gap().unwrap()), "{:?}", truth.gap());
    assert_eq!((truth.optimal.len(), truth.corners), (96 * 96, [[-2.5; 2], [3.5; 2]]));
    let middle = 48 * 96 + 48;
    let near = Field { low: [-2.5; 2], high: [3.5; 2], columns: 96, rows: 96, scores: vec![] };
    let at = Surface { near: &near, wide: None }.point(middle);
    assert!((f64::from(truth.optimal[middle]) - 1.0 - optimal(at)).abs() < 1e-5);
}

#[test]
fn modes_too_narrow_for_a_grid_are_as_outcomes_of_a_die() {
    // Two modes far apart, and a generator on one of them: p = (½, ½), q = (1, 0).
    let data = [mode(&[2.0, 0.0], 1e-4), mode(&[-2.0, 1.0], 1e-4)];
    let flat = |_: Point| 0.0;
    let of = |kind: &str| of(&snapshot(kind, law(&[2.0, 0.0], 1e-4), [-5.0, 5.0], flat), &data).unwrap();
    for kind in ["js", "gan", "hellinger", "total-variation", "reverse-kl"] {
        let divergence = objective::find(kind).and_then(|row| row.divergence()).unwrap();
        let exact = quadrature::discrete(divergence, &[0.5, 0.5], &[1.0, 0.0]);
        let found = of(kind).divergence.unwrap();
        assert!(found == exact || (found - exact).abs() < 1e-9, "{kind}: {found} {exact}");
    }
    // KL is not infinite, but what the other mode's distance, √17, makes of it.
    let (found, exact) = (of("kl").divergence.unwrap(), 0.5 * 17.0 / (2.0 * 1e-8) - 2f64.ln());
    assert!((found - exact).abs() < 1e-4 * exact, "{found} {exact}");
    // A critic that gives 0 everywhere: E_P[g(0)] − E_Q[h(0)] = −2 log 2.
    assert!((of("gan").bound + 2.0 * 2f64.ln()).abs() < 1e-6, "{}", of("gan").bound);
}

#[test]
fn narrow_modes_under_a_wide_generator_are_integrated_to_the_end() {
    // Eight modes on a circle of radius 2, which hardly overlap: KL is the sum over one of them.
    let angle = |i: usize| std::f64::consts::TAU * i as f64 / 8.0;
    let ring = |std: f64| (0..8).map(|i| mode(&[2.0 * angle(i).cos(), 2.0 * angle(i).sin()], std)).collect::<Vec<_>>();
    // E_P[ln p − ln q] with ln p = −ln 8 − ln 2πσ² − r²/2σ² of one mode, ln q = −ln 2πs² − |x|²/2s², E|x|² = 4 + 2σ².
    let kl = |std: f64, wide: f64| {
        -(8f64.ln()) - 2.0 * (std / wide).ln() - 1.0 + (4.0 + 2.0 * std * std) / (2.0 * wide * wide)
    };
    for (std, wide) in [(0.06, 1.5), (0.02, 1.5), (0.02, 0.9), (0.01, 3.0)] {
        let flat = snapshot("kl", law(&[0.0, 0.0], wide), [-5.0, 5.0], |_| 0.0);
        let found = of(&flat, &ring(std)).unwrap().divergence.unwrap();
        assert!((found - kl(std, wide)).abs() < 1e-4, "{std} {wide}: {found}, not {}", kl(std, wide));
    }
}

#[test]
fn sums_over_parts_come_near_the_grid() {
    let (p, q) = (([0.3, -0.2], 0.5), ([0.8, 0.3], 0.6));
    let field = Field { low: [-5.0; 2], high: [5.0; 2], columns: 2, rows: 2, scores: vec![0.2; 4] };
    let densities = [(&p.0, p.1), (&q.0, q.1)].map(|(mean, std)| Density::mixture(&[mode(mean, std)]).unwrap());
    for kind in ["js", "gan", "kl", "reverse-kl", "hellinger", "pearson"] {
        let objective = objective::find(kind).unwrap();
        let game = Game { objective, head: Head::LogRatio, field: Surface::new(&field, None).unwrap() };
        let [p, q] = &densities;
        let Sums { truth, bound, error, .. } = by_parts(&game, p, q, true).unwrap();
        let Sums { truth: exact, bound: same, .. } = by_grid(&game, p, q, [[-4.0, 5.0]; 2], [256; 2]);
        let (truth, exact) = (truth.unwrap(), exact.unwrap());
        assert!((truth - exact).abs() < 0.01 * exact.abs(), "{kind}: {truth} {exact}");
        // What it is off by is told, unless nobody would see it.
        assert!((truth - exact).abs() <= error.unwrap_or(SEEN * exact.abs()), "{kind}: {truth} {exact} ± {error:?}");
        assert!((bound - same).abs() < 1e-3, "{kind}: {bound} {same}");
    }
}

#[test]
fn what_is_infinite_is_said_to_be() {
    let flat = |_: Point| 0.0;
    let data = [mode(&[0.0], 1.0)];
    // N(0, 1) against N(1, 1.5²): the generator's tails are more than √2 times as wide.
    let neyman = of(&snapshot("neyman", law(&[1.0], 1.5), [-6.0, 6.0], flat), &data).unwrap();
    assert_eq!((neyman.divergence, neyman.gap()), (Some(f64::INFINITY), None));
    // A box has no mass where the data has some.
    let uniform = || Law { prior: Prior::Uniform, ..law(&[0.0], 1.0) };
    let kl = of(&snapshot("kl", uniform(), [-4.0, 4.0], flat), &data).unwrap();
    assert_eq!(kl.divergence, Some(f64::INFINITY));
    let js = of(&snapshot("js", uniform(), [-4.0, 4.0], flat), &data).unwrap().divergence.unwrap();
    assert!(js > 0.1 && js < 2.0 * 2f64.ln(), "{js}");
}

#[test]
fn what_is_no_divergence_has_a_bound_only() {
    // V = x: the bound is the difference of the means.
    let truth = of(&snapshot("wgan", law(&[-1.0], 0.5), [-9.0, 9.0], |x| x[0]), &[mode(&[2.0], 0.5)]).unwrap();
    assert!((truth.bound - 3.0).abs() < 1e-4, "{}", truth.bound);
    assert_eq!((truth.divergence, truth.gap()), (None, None));
    assert!(truth.curves.unwrap().optimal.is_empty());
}

#[test]
fn beyond_the_field_the_wide_one_says_what_the_critic_is() {
    // V = x against means far outside the field: frozen at its rim the bound would be that of the rim.
    for dims in [1, 2] {
        let mut snapshot = snapshot("wgan", law(&vec![-4.0; dims], 0.5), [-1.0, 3.0], |x| x[0]);
        let data = [mode(&vec![2.0; dims], 0.5)];
        let frozen = of(&snapshot, &data).unwrap().bound;
        let (columns, rows, second) = if dims == 1 { (64, 1, 0.0) } else { (64, 64, 8.0) };
        let mut wide = Field { low: [-10.0, -second], high: [8.0, second], columns, rows, scores: vec![] };
        let at = |i: usize| Surface { near: &wide, wide: None }.point(i)[0] as f32;
        wide.scores = (0..columns * rows).map(at).collect();
        snapshot.wide = Some(wide);
        let bound = of(&snapshot, &data).unwrap().bound;
        assert!((bound - 6.0).abs() < 1e-3 && (frozen - 3.0).abs() < 1e-2, "{dims}: {bound} {frozen}");
        // One that is not finite says nothing.
        snapshot.wide.as_mut().unwrap().scores[3] = f32::INFINITY;
        assert_eq!(of(&snapshot, &data).unwrap().bound, frozen);
    }
}

#[test]
fn an_estimate_in_a_plane_has_an_error_that_holds() {
    use rand_distr::{Distribution, StandardNormal};
    let mut rng = crate::domain::seed::rng(9, crate::domain::seed::Stream::Noise, 0);
    let mut draw = |mean: f64, std: f64| -> Vec<f32> {
        let number = |k: usize, z: f64| (std * z + if k.is_multiple_of(2) { mean } else { 0.0 }) as f32;
        (0..1000).map(|k| number(k, StandardNormal.sample(&mut rng))).collect()
    };
    for (kind, mean, std) in [("kl", 0.0, 1.0), ("kl", 1.5, 0.8), ("js", 1.0, 1.0)] {
        let known = snapshot(kind, law(&[mean, 0.0], std), [-5.0, 5.0], |_| 0.0);
        let exact = of(&known, &[mode(&[0.0; 2], 1.0)]).unwrap();
        assert_eq!(exact.error, None);
        let estimated = Snapshot { law: None, real: draw(0.0, 1.0), fake: draw(mean, std), ..known };
        let found = of(&estimated, &[mode(&[0.0; 2], 1.0)]).unwrap();
        let (error, exact) = (found.error.unwrap(), exact.divergence.unwrap());
        let off = (found.divergence.unwrap() - exact).abs();
        assert!(off <= error, "{kind} {mean} {std}: {found:?}, not {exact}");
        assert!(error < 0.06 + 0.6 * exact, "{kind} {mean} {std}: {error} says nothing");
    }
}

#[test]
fn samples_tell_the_density_nearly() {
    let mut rng = crate::domain::seed::rng(4, crate::domain::seed::Stream::Noise, 0);
    for (dims, samples, most) in [(1, 600, 0.08), (2, 300, 0.25)] {
        let mut fake = vec![0f32; samples * dims];
        crate::train::model::fill_noise(Prior::Normal, &mut rng, &mut fake);
        let snapshot = Snapshot { fake, law: None, ..snapshot("kl", law(&vec![0.0; dims], 1.0), [-5.0, 5.0], |_| 0.0) };
        let near = of(&snapshot, &[mode(&vec![0.0; dims], 1.0)]).unwrap();
        assert_eq!(near.density, Known::Kernel);
        let at_home = near.divergence.unwrap();
        assert!((0.0..most).contains(&at_home), "{dims}: {at_home}");
        // A data mean one deviation away: ½, as the estimate has it nearly.
        let mut mean = vec![0.0; dims];
        mean[0] = 1.0;
        let away = of(&snapshot, &[mode(&mean, 1.0)]).unwrap().divergence.unwrap();
        assert!((away - 0.5).abs() < 0.2, "{dims}: {away}");
    }
}

#[test]
fn what_cannot_be_told_is_not() {
    let data = [mode(&[0.0], 1.0)];
    let sound = || snapshot("kl", law(&[0.0], 1.0), [-5.0, 5.0], |_| 0.0);
    assert!(of(&sound(), &data).is_some());
    assert!(of(&sound(), &[]).is_none());
    assert!(of(&sound(), &[mode(&[0.0], 0.0)]).is_none());
    assert!(of(&sound(), &[mode(&[0.0, 0.0], 1.0)]).is_none());
    assert!(of(&Snapshot { field: None, ..sound() }, &data).is_none());
    assert!(of(&Snapshot { law: Some(law(&[f64::NAN], 1.0)), ..sound() }, &data).is_none());
    assert!(of(&Snapshot { law: None, fake: vec![f32::NAN; 50], ..sound() }, &data).is_none());
    assert!(of(&Snapshot { law: None, fake: vec![], ..sound() }, &data).is_none());
    let mut bad = sound();
    bad.field.as_mut().unwrap().scores[5] = f32::NAN;
    assert!(of(&bad, &data).is_none());
    // So far away that the data could be overlooked.
    assert!(of(&Snapshot { law: Some(law(&[1e7], 1.0)), ..sound() }, &data).is_none());
}
