//! Every objective against the mathematics it claims: scalars in double precision, tensors in single precision, both
//! heads.

use gantop::domain::{GeneratorLoss, Head};
use gantop::theory::objective::{self, Objective, Slope, Term, quadrature};
use tch::{Kind, Tensor};

const HEADS: [Head; 2] = [Head::LogRatio, Head::Paper];

fn row(kind: &str, pi: f64, alpha: f64) -> Box<dyn Objective> {
    objective::of(&gantop::domain::ObjectiveChoice { kind: kind.into(), pi, alpha, ..Default::default() }).unwrap()
}

/// Every row, those with a parameter for several values of it.
fn rows() -> Vec<Box<dyn Objective>> {
    let plain = objective::ALL.iter().filter(|row| row.parameter().is_none()).map(|named| row(named.name(), 0.3, 0.5));
    let weighted = [0.001, 0.05, 0.3, 0.5, 0.7, 0.95, 0.999].map(|pi| row("js-weighted", pi, 0.5));
    let alphas = [-4.0, -1.0, -0.5, 0.1, 0.5, 0.9, 1.1, 1.5, 2.0, 3.0, 5.0].map(|alpha| row("alpha", 0.3, alpha));
    plain.chain(weighted).chain(alphas).collect()
}

fn divergences() -> impl Iterator<Item = Box<dyn Objective>> {
    rows().into_iter().filter(|objective| objective.divergence().is_some())
}

/// A row's name and parameter.
fn called(row: &dyn Objective) -> String {
    row.parameter().map_or(row.name().into(), |parameter| format!("{}, {parameter}", row.name()))
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
        assert_eq!(objective::ALL.iter().filter(|other| other.name() == objective.name()).count(), 1);
    }
    assert!(objective::find("wgn").is_none());
    assert!(objective::of(&gantop::domain::ObjectiveChoice { kind: "wgn".into(), ..Default::default() }).is_err());
}

#[test]
fn a_parameter_is_the_one_of_the_settings() {
    let value = |row: &dyn Objective| row.parameter().unwrap().value;
    let usual = gantop::domain::ObjectiveChoice::default();
    for (kind, default, other) in [("js-weighted", usual.pi, 0.6), ("alpha", usual.alpha, -2.0)] {
        assert_eq!(value(objective::find(kind).unwrap()), default);
        assert_eq!(value(&*row(kind, 0.6, -2.0)), other);
    }
    assert!(objective::find("kl").unwrap().parameter().is_none());
}

#[test]
fn the_conjugate_at_the_optimal_critic_is_fenchels_equality() {
    for row in divergences() {
        let d = row.divergence().unwrap();
        for i in -60..=60 {
            let u = 10f64.powf(i as f64 / 15.0);
            let t = d.derivative(u);
            assert!(t <= d.domain_end(), "{}: f'({u}) = {t}", called(&*row));
            assert!(close(d.conjugate(t), u * t - d.f(u), 1e-9), "{} u = {u}", called(&*row));
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
            assert_eq!(d.conjugate(d.domain_end() + 1e-9), f64::INFINITY, "{}", called(&*row));
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
            assert!(close(d.derivative(u), slope, 1e-7), "{} u = {u}", called(&*row));
        }
    }
}

#[test]
fn the_second_term_is_the_conjugate_of_the_value() {
    for row in divergences() {
        let d = row.divergence().unwrap();
        for head in HEADS {
            for v in scores(12.0) {
                let t = row.value(head, v);
                if row.name() == "pearson" && head == Head::Paper && t < -2.0 {
                    assert!(row.conjugate(head, v) >= d.conjugate(t), "the bound must stay a lower one");
                    continue;
                }
                assert!(close(row.conjugate(head, v), d.conjugate(t), 1e-7), "{} {head:?} v = {v}", called(&*row));
            }
        }
    }
}

#[test]
fn the_log_ratio_head_reads_a_score_as_the_log_of_the_ratio() {
    for row in divergences() {
        let d = row.divergence().unwrap();
        for v in scores(12.0) {
            let bent = row.soft_clamp(Head::LogRatio).map_or(v, |c| c * (v / c).tanh());
            let (value, optimal) = (row.value(Head::LogRatio, v), d.derivative(bent.exp()));
            // The optimal critic of total variation jumps: a score only comes near.
            let near = if row.name() == "total-variation" { 0.5 * (1.0 - v.tanh().abs()) } else { 0.0 };
            assert!((value - optimal).abs() <= near + 1e-9 * (1.0 + optimal.abs()), "{} v = {v}", called(&*row));
        }
        assert!(
            close(row.value(Head::LogRatio, 0.0), d.derivative(1.0), 1e-12),
            "{}: the threshold is 0",
            called(&*row)
        );
    }
}

#[test]
fn the_papers_heads_reach_every_ratio_that_data_shows() {
    for row in divergences().filter(|row| row.name() != "total-variation") {
        let d = row.divergence().unwrap();
        let values: Vec<f64> = scores(1e6).chain(scores(50.0)).map(|v| row.value(Head::Paper, v)).collect();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        assert!(least <= d.derivative(0.1) && d.derivative(10.0) <= most, "{}: {least} to {most}", called(&*row));
    }
}

#[test]
fn lamberts_equation_is_solved_to_the_last_digits() {
    let d = objective::find("jeffrey").unwrap().divergence().unwrap();
    for i in -5700..=299_000 {
        let x = i as f64 / 1000.0;
        let (t, expected) = (x + 1.0 - (-x).exp(), x.exp() + x - 1.0);
        assert!(close(d.conjugate(t), expected, 1e-12), "t = {t}: {} {expected}", d.conjugate(t));
    }
}

/// log of the density of N(mean, deviation²).
fn ln_normal(mean: f64, deviation: f64) -> impl Fn(f64) -> f64 {
    move |x| -0.5 * ((x - mean) / deviation).powi(2) - (deviation * (2.0 * std::f64::consts::PI).sqrt()).ln()
}

#[test]
fn divergences_by_quadrature_are_those_of_the_table() {
    const INF: f64 = f64::INFINITY;
    // D_f(P‖Q) for A: N(0,1) against N(1,1.5²), B: N(0,1) against N(0.5,1.2²), E: p = [.1,.2,.3,.4] against q reversed.
    let table = [
        ("total-variation", 0.0, 0.3461230840, 0.1929884956, 0.4),
        ("kl", 0.0, 0.3499095526, 0.1163493346, 0.4564348191),
        ("reverse-kl", 0.0, 0.7195348919, 0.1626784432, 0.4564348191),
        ("pearson", 0.0, 0.6004150753, 0.1995973377, 1.2083333333),
        ("neyman", 0.0, INF, 0.7402282143, 1.2083333333),
        ("hellinger", 0.0, 0.2207307438, 0.0666238494, 0.2202041029),
        ("jeffrey", 0.0, 1.0694444444, 0.2790277778, 0.9128696383),
        ("js", 0.0, 0.1985801932, 0.0641937839, 0.2128802706),
        ("js-weighted", 0.3, 0.0780811642, 0.0257251834, 0.0902968972),
        ("js-weighted", 0.7, 0.0922213432, 0.0287115508, 0.0902968972),
        ("gan", 0.0, -1.1877141679, -1.3221005772, -1.1734140905),
        ("alpha", -1.0, INF, 0.3701141071, 0.6041666667),
        ("alpha", 0.5, 0.4414614876, 0.1332476989, 0.4404082058),
        ("alpha", 2.0, 0.3002075377, 0.0997986689, 0.6041666667),
    ];
    let known: std::collections::BTreeSet<&str> = table.iter().map(|row| row.0).collect();
    assert!(divergences().all(|row| known.contains(row.name())), "each row has its values");
    let (p, q) = ([0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]);
    for (name, parameter, a, b, e) in table {
        let row = row(name, parameter, parameter);
        let d = row.divergence().unwrap();
        let discrete = quadrature::discrete(d, &p, &q);
        assert!((discrete - e).abs() < 1e-9, "{name} E: {discrete}");
        for (label, expected, mean, deviation) in [("A", a, 1.0, 1.5), ("B", b, 0.5, 1.2)] {
            let found = quadrature::line(d, ln_normal(0.0, 1.0), ln_normal(mean, deviation), [-30.0, 30.0], 1e-10);
            let same = found == expected || (found - expected).abs() < 1e-8;
            assert!(same, "{} {label}: {found} {expected}", called(&*row));
        }
    }
}

#[test]
fn the_bound_at_the_optimal_score_is_the_divergence() {
    // Sums of p g(v) − q h(v), v = log(p/q), over a grid of N(0,1) against N(0.5,1.1²): F itself, in the fused forms.
    let (ln_p, ln_q) = (ln_normal(0.0, 1.0), ln_normal(0.5, 1.1));
    // Beyond, tails that the soft clamp bends weigh.
    let mild = |row: &dyn Objective| row.parameter().is_none_or(|parameter| (-1.0..=2.0).contains(&parameter.value));
    for row in divergences().filter(|row| row.name() != "total-variation" && mild(&**row)) {
        let bound: f64 = (-10_000..=10_000)
            .map(|i| i as f64 * 1e-3)
            .map(|x| {
                let v = ln_p(x) - ln_q(x);
                // The score that the soft clamp bends to v.
                let v = row.soft_clamp(Head::LogRatio).map_or(v, |c| c * (v / c).clamp(-0.999_999, 0.999_999).atanh());
                1e-3 * (ln_p(x).exp() * row.value(Head::LogRatio, v) - ln_q(x).exp() * row.conjugate(Head::LogRatio, v))
            })
            .sum();
        let expected = quadrature::line(row.divergence().unwrap(), &ln_p, &ln_q, [-40.0, 40.0], 1e-10);
        assert!(close(bound, expected, 1e-6), "{}: {bound} {expected}", called(&*row));
    }
}

#[test]
fn quadrature_meets_kinks_peaks_and_supports_that_differ() {
    let of = |name: &str| row(name, 0.3, 0.5);
    let line = |name: &str, p: &dyn Fn(f64) -> f64, q: &dyn Fn(f64) -> f64| {
        quadrature::line(of(name).divergence().unwrap(), p, q, [-10.0, 10.0], 1e-10)
    };
    // Uniform on [0, 1] against uniform on [0, 2]; their ends are jumps, where Simpson's rule converges slowly.
    let uniform = |end: f64| move |x: f64| if (0.0..=end).contains(&x) { -end.ln() } else { f64::NEG_INFINITY };
    let (one, two) = (uniform(1.0), uniform(2.0));
    assert!(close(line("total-variation", &one, &two), 0.5, 1e-7));
    assert!(close(line("kl", &one, &two), std::f64::consts::LN_2, 1e-7));
    assert_eq!(line("kl", &two, &one), f64::INFINITY);
    // Far apart: JSD is log 2, and the KL of narrow peaks is what its closed form says.
    let (left, right) = (ln_normal(-5.0, 0.05), ln_normal(5.0, 0.05));
    assert!(close(line("js", &left, &right), 2.0 * std::f64::consts::LN_2, 1e-8));
    let (left, right) = (ln_normal(-0.25, 0.05), ln_normal(0.25, 0.05));
    assert!(close(line("kl", &left, &right), 50.0, 1e-8), "{}", line("kl", &left, &right));
    assert_eq!(quadrature::discrete(of("kl").divergence().unwrap(), &[0.5, 0.5], &[1.0, 0.0]), f64::INFINITY);
    assert_eq!(quadrature::discrete(of("total-variation").divergence().unwrap(), &[1.0, 0.0], &[0.0, 1.0]), 1.0);
}

#[test]
fn the_best_critic_of_hinge_and_least_squares_is_what_their_pages_say() {
    type Best = (&'static str, fn(f64, f64) -> f64, fn(f64, f64) -> f64);
    let best: [Best; 2] = [
        ("hinge", |p, q| (p - q).signum(), |p, q| -2.0 * p.min(q)),
        ("lsgan", |p, q| p / (p + q), |p, q| -0.5 * p * q / (p + q)),
    ];
    for (name, score, bound) in best {
        let row = row(name, 0.3, 0.5);
        for (p, q) in [(0.1, 0.9), (0.4, 0.5), (0.8, 0.2)] {
            let at = |v: f64| p * row.value(Head::LogRatio, v) - q * row.conjugate(Head::LogRatio, v);
            assert!(close(at(score(p, q)), bound(p, q), 1e-12), "{name}");
            assert!(scores(5.0).all(|v| at(v) <= bound(p, q) + 1e-12), "{name}");
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
    for row in rows() {
        for head in HEADS {
            // e^x has the relative error of x's last digit times x.
            let tolerance = if row.parameter().is_some() { 1e-5 } else { 4e-6 };
            let v: Vec<f64> = scores(25.0).collect();
            let single = Tensor::from_slice(&v).to_kind(Kind::Float);
            let (values, conjugates) = (row.values(head, &single), row.conjugates(head, &single));
            for (i, &v) in v.iter().enumerate() {
                let v = v as f32 as f64;
                for (found, expected) in [
                    (values.double_value(&[i as i64]), row.value(head, v)),
                    (conjugates.double_value(&[i as i64]), row.conjugate(head, v)),
                ] {
                    assert!(
                        close(found, expected, tolerance),
                        "{} {head:?} v = {v}: {found} {expected}",
                        called(&*row)
                    );
                }
            }
            for v in scores(50.0).step_by(10).chain([-1e4, 1e4]) {
                let single = Tensor::from_slice(&[v as f32]).set_requires_grad(true);
                let loss = row.descents(head, GeneratorLoss::Auto, &single);
                for output in [row.values(head, &single), row.conjugates(head, &single), loss] {
                    let gradient = Tensor::run_backward(&[&output.sum(None)], &[&single], false, false);
                    assert!(output.double_value(&[0]).is_finite(), "{} {head:?} v = {v}", called(&*row));
                    assert!(gradient[0].double_value(&[0]).is_finite(), "{} {head:?} v = {v}", called(&*row));
                }
            }
        }
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    for row in rows() {
        for head in HEADS {
            let v: Vec<f64> = scores(6.0).collect();
            let tensor = Tensor::from_slice(&v).set_requires_grad(true);
            type Pair<'a> = (Tensor, &'a dyn Fn(f64) -> f64);
            let pairs: [Pair; 2] = [
                (row.values(head, &tensor), &|v| row.value(head, v)),
                (row.conjugates(head, &tensor), &|v| row.conjugate(head, v)),
            ];
            for (output, scalar) in pairs {
                let gradient = &Tensor::run_backward(&[&output.sum(None)], &[&tensor], false, false)[0];
                for (i, &v) in v.iter().enumerate() {
                    let h = 1e-5;
                    let slope = (scalar(v + h) - scalar(v - h)) / (2.0 * h);
                    let found = gradient.double_value(&[i as i64]);
                    assert!(close(found, slope, 1e-7), "{} {head:?} v = {v}: {found} {slope}", called(&*row));
                }
            }
        }
    }
}

#[test]
fn log_ratio_gradients_are_the_weights_of_the_table() {
    fn sigmoid(v: f64) -> f64 {
        1.0 / (1.0 + (-v).exp())
    }
    type Weights = (&'static str, fn(f64, f64) -> f64, fn(f64, f64) -> f64);
    let table: [Weights; 11] = [
        ("kl", |v, _| 0.0 * v + 1.0, |v, _| v.exp()),
        ("reverse-kl", |v, _| (-v).exp(), |v, _| 0.0 * v + 1.0),
        ("pearson", |v, _| 2.0 * v.exp(), |v, _| 2.0 * (2.0 * v).exp()),
        ("neyman", |v, _| 2.0 * (-2.0 * v).exp(), |v, _| 2.0 * (-v).exp()),
        ("hellinger", |v, _| 0.5 * (-v / 2.0).exp(), |v, _| 0.5 * (v / 2.0).exp()),
        ("jeffrey", |v, _| 1.0 + (-v).exp(), |v, _| 1.0 + v.exp()),
        ("js", |v, _| sigmoid(-v), |v, _| sigmoid(v)),
        ("gan", |v, _| sigmoid(-v), |v, _| sigmoid(v)),
        (
            "js-weighted",
            |v, pi| pi * sigmoid(-v - (pi / (1.0 - pi)).ln()),
            |v, pi| (1.0 - pi) * sigmoid(v + (pi / (1.0 - pi)).ln()),
        ),
        ("alpha", |v, a| ((a - 1.0) * v).exp(), |v, a| (a * v).exp()),
        ("total-variation", |v, _| 0.5 / v.cosh().powi(2), |v, _| 0.5 / v.cosh().powi(2)),
    ];
    for row in divergences() {
        let (_, g, h) = table.iter().find(|(name, ..)| *name == row.name()).expect("each row has its weights");
        let parameter = row.parameter().map_or(f64::NAN, |parameter| parameter.value);
        for v in scores(10.0) {
            let tensor = Tensor::from_slice(&[v]).set_requires_grad(true);
            // The soft clamp w = c·tanh(v/c) is undone by its own slope.
            let (w, bend) = match row.soft_clamp(Head::LogRatio) {
                Some(c) => (c * (v / c).tanh(), 1.0 / (v / c).cosh().powi(2)),
                None => (v, 1.0),
            };
            for (output, weight) in
                [(row.values(Head::LogRatio, &tensor), g), (row.conjugates(Head::LogRatio, &tensor), h)]
            {
                let found = Tensor::run_backward(&[&output.sum(None)], &[&tensor], false, false)[0].double_value(&[0]);
                let expected = weight(w, parameter) * bend;
                assert!(close(found, expected, 1e-9), "{} v = {v}: {found} {expected}", called(&*row));
            }
        }
    }
}

#[test]
fn losses_are_what_they_are_called() {
    const SCORES: [f64; 3] = [0.3, -1.2, 2.0];
    let fake = Tensor::from_slice(&SCORES);
    let mean = |f: &dyn Fn(f64) -> f64| SCORES.iter().map(|&v| f(v)).sum::<f64>() / SCORES.len() as f64;
    for row in rows() {
        for head in HEADS {
            let g = mean(&|v| row.value(head, v));
            let h = mean(&|v| row.conjugate(head, v));
            let (saturating, non_saturating) = match row.name() {
                "hinge" => (mean(&|v| -v), mean(&|v| -v)),
                "lsgan" => (mean(&|v| 0.5 * (v - 1.0).powi(2)), mean(&|v| 0.5 * (v - 1.0).powi(2))),
                _ => (-h, -g),
            };
            let loss = |form| row.generator_loss(head, form, &fake).double_value(&[]);
            assert!(close(loss(GeneratorLoss::NonSaturating), non_saturating, 1e-12), "{}", called(&*row));
            assert!(close(loss(GeneratorLoss::Saturating), saturating, 1e-12), "{}", called(&*row));
            let negative = row.name() == "alpha" && row.parameter().unwrap().value < 0.0;
            let auto =
                if ["reverse-kl", "neyman"].contains(&row.name()) || negative { saturating } else { non_saturating };
            assert!(close(loss(GeneratorLoss::Auto), auto, 1e-12), "{}", called(&*row));
        }
    }
}

const TERMS: [Term; 4] = [
    Term::Value,
    Term::Conjugate,
    Term::Descent(GeneratorLoss::Saturating),
    Term::Descent(GeneratorLoss::NonSaturating),
];

/// A term by the functions that give no slope.
fn terms(row: &dyn Objective, head: Head, term: Term, v: &Tensor) -> Tensor {
    match term {
        Term::Value => row.values(head, v),
        Term::Conjugate => row.conjugates(head, v),
        Term::Descent(form) => row.descents(head, form, v),
    }
}

#[test]
fn the_slope_of_every_term_is_that_of_a_finite_difference() {
    let numbers: Vec<f64> = scores(60.0).chain(scores(9.0)).collect();
    let plain = Tensor::from_slice(&numbers);
    let h = 1e-4;
    for row in rows() {
        for (head, part) in HEADS.into_iter().flat_map(|head| TERMS.map(|part| (head, part))) {
            let at = |x: f64| Vec::<f64>::try_from(terms(&*row, head, part, &(&plain + x))).unwrap();
            let ([a, b], [c, d], values) = ([at(-2.0 * h), at(-h)], [at(h), at(2.0 * h)], at(0.0));
            for (i, &v) in numbers.iter().enumerate() {
                // Hinge has corners at ±1.
                if row.name() == "hinge" && (v.abs() - 1.0).abs() < 1e-3 {
                    continue;
                }
                let (value, slope) = row.slope(head, part, v);
                assert!(close(value, values[i], 1e-12), "{} {head:?} {part:?} v = {v}", called(&*row));
                // The five-point formula, of order h⁴, and what it loses of the terms' digits.
                let difference = (8.0 * (c[i] - b[i]) - (d[i] - a[i])) / (12.0 * h);
                let noise = 1e-11 * (1.0 + value.abs()) / h;
                assert!(
                    (slope - difference).abs() <= 1e-7 * slope.abs() + noise,
                    "{} {head:?} {part:?} v = {v}: {slope} {difference}",
                    called(&*row)
                );
            }
        }
    }
}

#[test]
fn the_slopes_of_a_tensor_are_those_of_its_numbers_and_of_autograd() {
    for row in rows() {
        for (head, part) in HEADS.into_iter().flat_map(|head| TERMS.map(|part| (head, part))) {
            let numbers: Vec<f64> = scores(200.0).chain(scores(25.0)).chain([1.0, -1.0, 0.0]).collect();
            let scores = Tensor::from_slice(&numbers).set_requires_grad(true);
            let sum = terms(&*row, head, part, &scores).sum(Kind::Double);
            let autograd = &Tensor::run_backward(&[sum], &[&scores], false, false)[0];
            let found = tch::no_grad(|| row.slopes(head, part, &scores));
            let list = |tensor: &Tensor| Vec::<f64>::try_from(tensor.detach()).unwrap();
            let (values, theirs) = (list(&found.value), list(autograd));
            let ours = match &found.slope {
                Slope::Constant(slope) => vec![*slope; numbers.len()],
                Slope::Varying(slopes) => list(slopes),
            };
            for (i, &v) in numbers.iter().enumerate() {
                let (value, scalar) = row.slope(head, part, v);
                let (ours, theirs) = (ours[i], theirs[i]);
                let what = format!("{} {head:?} {part:?} v = {v}", called(&*row));
                assert!(close(values[i], value, 1e-12), "{what}");
                assert!((ours - scalar).abs() <= 1e-9 * scalar.abs() + 1e-15, "{what}: {ours} {scalar}");
                // Autograd loses digits where a clamp or a cap is near its end, and all of them at the end.
                let lost = v.abs() > row.soft_clamp(head).map_or(16.0, |c| 8.0 * c);
                assert!(lost || close(ours, theirs, 1e-6), "{what}: {ours} {theirs}");
            }
        }
    }
}

#[test]
fn the_slopes_of_the_log_ratio_head_are_those_of_the_table() {
    let sigma = |v: f64| 1.0 / (1.0 + (-v).exp());
    type Weights = (&'static str, fn(f64) -> f64, fn(f64) -> f64);
    let table: [Weights; 6] = [
        ("kl", |_| 1.0, f64::exp),
        ("reverse-kl", |v| (-v).exp(), |_| 1.0),
        ("pearson", |v| 2.0 * v.exp(), |v| 2.0 * (2.0 * v).exp()),
        ("neyman", |v| 2.0 * (-2.0 * v).exp(), |v| 2.0 * (-v).exp()),
        ("hellinger", |v| 0.5 * (-0.5 * v).exp(), |v| 0.5 * (0.5 * v).exp()),
        ("jeffrey", |v| 1.0 + (-v).exp(), |v| 1.0 + v.exp()),
    ];
    for v in scores(6.0) {
        for (name, value, conjugate) in table {
            let row = row(name, 0.3, 0.5);
            // Of the soft clamp's own slope.
            let (bent, factor) = row.soft_clamp(Head::LogRatio).map_or((v, 1.0), |c| {
                let bent = (v / c).tanh();
                (c * bent, 1.0 - bent * bent)
            });
            assert!(close(row.slope(Head::LogRatio, Term::Value, v).1, factor * value(bent), 1e-12), "{name} {v}");
            assert!(
                close(row.slope(Head::LogRatio, Term::Conjugate, v).1, factor * conjugate(bent), 1e-12),
                "{name} {v}"
            );
        }
        for name in ["js", "gan"] {
            let row = row(name, 0.3, 0.5);
            assert!(close(row.slope(Head::LogRatio, Term::Value, v).1, sigma(-v), 1e-14), "{name} {v}");
            assert!(close(row.slope(Head::LogRatio, Term::Conjugate, v).1, sigma(v), 1e-14), "{name} {v}");
        }
        let half = 0.5 / v.cosh().powi(2);
        assert!(close(row("total-variation", 0.3, 0.5).slope(Head::LogRatio, Term::Value, v).1, half, 1e-14));
        let weighted = row("js-weighted", 0.3, 0.5);
        let logit = (0.3f64 / 0.7).ln();
        assert!(close(weighted.slope(Head::LogRatio, Term::Value, v).1, 0.3 * sigma(-v - logit), 1e-14));
        assert!(close(weighted.slope(Head::LogRatio, Term::Conjugate, v).1, 0.7 * sigma(v + logit), 1e-14));
    }
}
