//! Every objective against the mathematics it claims: scalars in double precision, tensors in single precision, both
//! heads.

use gantop::config::{GeneratorLoss, Head};
use gantop::objective::{self, Objective};
use tch::{Kind, Tensor};

const HEADS: [Head; 2] = [Head::LogRatio, Head::Paper];

fn divergences() -> impl Iterator<Item = &'static dyn Objective> {
    objective::ALL.iter().copied().filter(|objective| objective.divergence().is_some())
}

/// Scores between −limit and limit.
fn scores(limit: f64) -> impl Iterator<Item = f64> {
    (-200..=200).map(move |i| limit * i as f64 / 200.0)
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

#[test]
fn names_are_unique_and_found() {
    for objective in objective::ALL {
        assert_eq!(objective::find(objective.name()).unwrap().name(), objective.name());
    }
    assert!(objective::find("wgn").is_none());
}

#[test]
fn the_conjugate_at_the_optimal_critic_is_fenchels_equality() {
    for row in divergences() {
        let d = row.divergence().unwrap();
        for i in -60..=60 {
            let u = 10f64.powf(i as f64 / 15.0);
            let t = d.derivative(u);
            assert!(t < d.domain_end(), "{}: f'({u}) = {t}", row.name());
            assert!(close(d.conjugate(t), u * t - d.f(u), 1e-9), "{} u = {u}", row.name());
        }
    }
}

#[test]
fn the_conjugate_is_the_supremum() {
    for row in divergences() {
        let d = row.divergence().unwrap();
        for u in [0.05, 0.3, 0.9, 1.0, 1.7, 6.0, 20.0] {
            let t = d.derivative(u);
            // A fine grid in log u around the whole range.
            let supremum = (-40_000..=40_000)
                .map(|i| (i as f64 / 4000.0).exp())
                .map(|x| x * t - d.f(x))
                .fold(f64::NEG_INFINITY, f64::max);
            assert!(close(d.conjugate(t), supremum, 1e-5), "{} t = {t}: {} {supremum}", row.name(), d.conjugate(t));
        }
        if d.domain_end().is_finite() {
            assert_eq!(d.conjugate(d.domain_end() + 1e-9), f64::INFINITY, "{}", row.name());
        }
    }
}

#[test]
fn the_derivative_is_that_of_f() {
    for row in divergences() {
        let d = row.divergence().unwrap();
        for u in [0.05f64, 0.3, 0.9, 1.0, 1.7, 6.0, 20.0] {
            let h = 1e-5 * u;
            let slope = (d.f(u + h) - d.f(u - h)) / (2.0 * h);
            assert!(close(d.derivative(u), slope, 1e-7), "{} u = {u}", row.name());
        }
    }
}

#[test]
fn the_penalty_is_the_conjugate_of_the_value() {
    for row in divergences() {
        let d = row.divergence().unwrap();
        for head in HEADS {
            for v in scores(6.0) {
                let t = row.value(head, v);
                if row.name() == "pearson" && head == Head::Paper && t < -2.0 {
                    assert!(row.penalty(head, v) >= d.conjugate(t), "the bound must stay a lower one");
                    continue;
                }
                assert!(close(row.penalty(head, v), d.conjugate(t), 1e-7), "{} {head:?} v = {v}", row.name());
            }
        }
    }
}

#[test]
fn the_log_ratio_head_reads_a_score_as_the_log_of_the_ratio() {
    for row in divergences() {
        let d = row.divergence().unwrap();
        for v in scores(3.0) {
            // The soft clamp bends a score by less than v³/3c².
            let bend = row.soft_clamp(Head::LogRatio).map_or(0.0, |c| (v.abs() / c).powi(2));
            let (value, optimal) = (row.value(Head::LogRatio, v), d.derivative(v.exp()));
            assert!((value - optimal).abs() <= 1e-9 + 2.0 * bend * (1.0 + optimal.abs()), "{} v = {v}", row.name());
        }
        assert!(close(row.value(Head::LogRatio, 0.0), d.derivative(1.0), 1e-12), "{}: the threshold is 0", row.name());
    }
}

#[test]
fn the_bound_at_the_optimal_critic_is_the_divergence() {
    // D_f(P‖Q) for A: N(0,1) against N(1,1.5²), B: N(0,1) against N(0.5,1.2²), E: p = [.1,.2,.3,.4] against q reversed.
    let table = [
        ("kl", 0.3499095526, 0.1163493346, 0.4564348191),
        ("reverse-kl", 0.7195348919, 0.1626784432, 0.4564348191),
        ("pearson", 0.6004150753, 0.1995973377, 1.2083333333),
        ("hellinger", 0.2207307438, 0.0666238494, 0.2202041029),
        ("js", 0.1985801932, 0.0641937839, 0.2128802706),
        ("gan", -1.1877141679, -1.3221005772, -1.1734140905),
    ];
    let normal =
        |x: f64, m: f64, s: f64| (-0.5 * ((x - m) / s).powi(2)).exp() / (s * (2.0 * std::f64::consts::PI).sqrt());
    // F with T = f'(p/q), by a sum over [−15, 15] in which both densities vanish at the ends.
    let gaussian = |d: &dyn objective::Divergence, m: f64, s: f64| {
        let width = 1e-3;
        (-15_000..=15_000)
            .map(|i| i as f64 * width)
            .map(|x| {
                let (p, q) = (normal(x, 0.0, 1.0), normal(x, m, s));
                let t = d.derivative((p / q).max(1e-300));
                width * (p * t - q * d.conjugate(t))
            })
            .sum::<f64>()
    };
    for (name, a, b, e) in table {
        let d = objective::find(name).unwrap().divergence().unwrap();
        let discrete: f64 = [(0.1, 0.4), (0.2, 0.3), (0.3, 0.2), (0.4, 0.1)]
            .into_iter()
            .map(|(p, q): (f64, f64)| {
                let t = d.derivative(p / q);
                p * t - q * d.conjugate(t)
            })
            .sum();
        assert!((discrete - e).abs() < 1e-9, "{name} E: {discrete}");
        for (label, expected, (m, s)) in [("A", a, (1.0, 1.5)), ("B", b, (0.5, 1.2))] {
            let found = gaussian(d, m, s);
            assert!((found - expected).abs() < 1e-8, "{name} {label}: {found} {expected}");
        }
    }
}

#[test]
fn both_estimates_of_the_jensen_shannon_divergence_agree() {
    // 2·JSD of N(0,1) and N(1,1.5²), and the vanilla GAN's bound on them.
    let of = |name: &str| objective::find(name).unwrap().about().jensen_shannon;
    let (js, gan) = (of("js").unwrap()(0.1985801932), of("gan").unwrap()(-1.1877141679));
    assert!((js - gan).abs() < 1e-9 && (js - 0.0992900966).abs() < 1e-9);
    assert!(of("kl").is_none() && of("wgan").is_none());
}

#[test]
fn tensors_in_single_precision_agree_with_scalars_and_stay_finite() {
    for row in objective::ALL {
        for head in HEADS {
            let v: Vec<f64> = scores(25.0).collect();
            let single = Tensor::from_slice(&v).to_kind(Kind::Float);
            let (values, penalties) = (row.values(head, &single), row.penalties(head, &single));
            for (i, &v) in v.iter().enumerate() {
                let v = v as f32 as f64;
                for (found, expected) in [
                    (values.double_value(&[i as i64]), row.value(head, v)),
                    (penalties.double_value(&[i as i64]), row.penalty(head, v)),
                ] {
                    assert!(close(found, expected, 4e-6), "{} {head:?} v = {v}: {found} {expected}", row.name());
                }
            }
            for v in [-50.0, 50.0, -1e4, 1e4] {
                let single = Tensor::from_slice(&[v as f32]).set_requires_grad(true);
                for output in [row.values(head, &single), row.penalties(head, &single)] {
                    let gradient = Tensor::run_backward(&[&output.sum(None)], &[&single], false, false);
                    assert!(output.double_value(&[0]).is_finite(), "{} {head:?} v = {v}", row.name());
                    assert!(gradient[0].double_value(&[0]).is_finite(), "{} {head:?} v = {v}", row.name());
                }
            }
        }
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    for row in objective::ALL {
        for head in HEADS {
            let v: Vec<f64> = scores(6.0).collect();
            let tensor = Tensor::from_slice(&v).set_requires_grad(true);
            type Pair<'a> = (Tensor, &'a dyn Fn(f64) -> f64);
            let pairs: [Pair; 2] = [
                (row.values(head, &tensor), &|v| row.value(head, v)),
                (row.penalties(head, &tensor), &|v| row.penalty(head, v)),
            ];
            for (output, scalar) in pairs {
                let gradient = &Tensor::run_backward(&[&output.sum(None)], &[&tensor], false, false)[0];
                for (i, &v) in v.iter().enumerate() {
                    let h = 1e-5;
                    let slope = (scalar(v + h) - scalar(v - h)) / (2.0 * h);
                    let found = gradient.double_value(&[i as i64]);
                    assert!(close(found, slope, 1e-7), "{} {head:?} v = {v}: {found} {slope}", row.name());
                }
            }
        }
    }
}

#[test]
fn log_ratio_gradients_are_the_weights_of_the_table() {
    type Weights = (&'static str, fn(f64) -> f64, fn(f64) -> f64);
    let table: [Weights; 6] = [
        ("kl", |_| 1.0, |v| v.exp()),
        ("reverse-kl", |v| (-v).exp(), |_| 1.0),
        ("pearson", |v| 2.0 * v.exp(), |v| 2.0 * (2.0 * v).exp()),
        ("hellinger", |v| 0.5 * (-v / 2.0).exp(), |v| 0.5 * (v / 2.0).exp()),
        ("js", |v| 1.0 / (1.0 + v.exp()), |v| 1.0 / (1.0 + (-v).exp())),
        ("gan", |v| 1.0 / (1.0 + v.exp()), |v| 1.0 / (1.0 + (-v).exp())),
    ];
    for (name, g, h) in table {
        let row = objective::find(name).unwrap();
        for v in scores(4.0) {
            let tensor = Tensor::from_slice(&[v]).set_requires_grad(true);
            // The soft clamp w = c·tanh(v/c) is undone by its own slope.
            let (w, bend) = match row.soft_clamp(Head::LogRatio) {
                Some(c) => (c * (v / c).tanh(), 1.0 / (v / c).cosh().powi(2)),
                None => (v, 1.0),
            };
            for (output, weight) in
                [(row.values(Head::LogRatio, &tensor), g), (row.penalties(Head::LogRatio, &tensor), h)]
            {
                let found = Tensor::run_backward(&[&output.sum(None)], &[&tensor], false, false)[0].double_value(&[0]);
                assert!(close(found, weight(w) * bend, 1e-9), "{name} v = {v}: {found} {}", weight(w) * bend);
            }
        }
    }
}

#[test]
fn losses_are_what_they_are_called() {
    let fake = Tensor::from_slice(&[0.3f64, -1.2, 2.0]);
    let mean = |row: &dyn Objective, f: &dyn Fn(&dyn Objective, f64) -> f64, v: &[f64]| {
        v.iter().map(|&v| f(row, v)).sum::<f64>() / v.len() as f64
    };
    for row in objective::ALL {
        for head in HEADS {
            let g = mean(row, &|row, v| row.value(head, v), &[0.3, -1.2, 2.0]);
            let h = mean(row, &|row, v| row.penalty(head, v), &[0.3, -1.2, 2.0]);
            let loss = |form| row.generator_loss(head, form, &fake).double_value(&[]);
            assert!(close(loss(GeneratorLoss::NonSaturating), -g, 1e-12));
            assert!(close(loss(GeneratorLoss::Saturating), -h, 1e-12));
            let auto = if row.name() == "reverse-kl" { -h } else { -g };
            assert!(close(loss(GeneratorLoss::Auto), auto, 1e-12), "{}", row.name());
        }
    }
}
