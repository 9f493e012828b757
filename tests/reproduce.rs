//! `gantop reproduce`: published experiments, here shortened. At full length each checks itself and says what it missed.

use std::sync::atomic::{AtomicU64, Ordering};

use gantop::reproduce::table::{Cell, Table};
use gantop::reproduce::{self, Broken, Error, Options, Watcher};
use portable_pty::CommandBuilder;

use crate::support::program::{gantop, said};
use crate::support::pty::Pty;

fn options(objectives: &[&str], steps: u64) -> Options {
    let objectives = objectives.iter().map(|name| name.to_string()).collect();
    Options { objectives, steps: Some(steps), jobs: 2, ..Options::default() }
}

/// The number in a row's column.
#[track_caller]
fn number(table: &Table, row: &str, column: &str) -> f64 {
    let at = table.head.iter().position(|head| head == column).expect(column);
    let row = table.rows.iter().find(|cells| cells[0] == Cell::text(row)).expect(row);
    match row[at] {
        Cell::Number(value, _) | Cell::Strong(value, _) => value,
        ref other => panic!("{column}: {other:?}"),
    }
}

#[test]
fn without_a_name_the_experiments_are_listed() {
    let (code, out, err) = said(gantop(&["reproduce"]));
    assert_eq!((code, err.as_str()), (0, ""));
    let names: Vec<&str> = out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["fgan-univariate", "disjoint", "modes"]);
}

#[test]
fn what_makes_no_sense_is_bad_input() {
    for (args, why) in [
        (&["disjoynt"][..], "did you mean `disjoint`?"),
        (&["fgan-univariate", "--objectives", "kl,jss"], "did you mean `js`?"),
        (&["fgan-univariate", "--seeds", "3"], "--seed"),
        (&["fgan-univariate", "--steps", "3"], "40 steps or more"),
        (&["disjoint", "--objectives", "kl"], "compares wgan with js"),
        (&["disjoint", "--full"], "one size"),
        (&["modes", "--objectives", "gann"], "did you mean `gan`?"),
        (&["modes", "--steps", "0"], "1..=1000000000"),
    ] {
        let (code, out, err) = said(gantop(&[&["reproduce"], args].concat()));
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(err.contains(why), "{args:?}: {err}");
    }
}

#[test]
fn the_univariate_experiment_shortened_moves_to_each_rows_own_optimum() {
    let outcome = reproduce::run("fgan-univariate", &options(&["kl"], 1200), &()).unwrap();
    let [fit, cross] = &outcome.tables[..] else { panic!("two tables") };
    assert_eq!(outcome.missed, [""; 0], "shortened, nothing is held to the tolerances");
    assert!(fit.caption.contains("Seed 1, 1200 steps a row (shortened"), "{}", fit.caption);
    assert_eq!(fit.rows.len(), 1);
    let row = "kl";
    let [exact, mean] = ["μ* exact", "μ̂"].map(|column| number(fit, row, column));
    assert!((mean - exact).abs() < 0.6, "{row}: it came from 0 to {mean}, on its way to {exact}");
    let (own, bound) = (number(cross, row, &format!("D by {row}")), number(fit, row, "F̂"));
    assert!(own < 0.6 && own > number(fit, row, "D* exact") - 1e-9, "{row} {own}");
    assert!(bound < own + 0.05, "{row}: a bound of {bound} above the divergence {own}");
}

#[test]
fn a_table_is_a_function_of_options_and_seed() {
    let short = ["reproduce", "fgan-univariate", "--objectives", "js,pearson", "--steps", "60", "--csv"];
    let run = |more: &[&str]| said(gantop(&[&short[..], more].concat()));
    let (code, out, err) = run(&["--jobs", "1"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("table,row,column,value\n") && out.contains(",pearson,μ̂,"), "{out}");
    assert_eq!(run(&["--jobs", "2"]), (0, out.clone(), String::new()));
    assert_ne!(run(&["--jobs", "2", "--seed", "2"]).1, out);
}

#[test]
fn modes_are_counted_for_every_objective_and_for_true_samples() {
    let outcome = reproduce::run("modes", &Options { seeds: Some(2), ..options(&["gan", "wgan"], 20) }, &()).unwrap();
    let [ring, grid] = &outcome.tables[..] else { panic!("two tables") };
    for (table, modes) in [(ring, 8.0), (grid, 25.0)] {
        assert_eq!(table.rows.len(), 3);
        assert!((0.0..=modes).contains(&number(table, "gan", "modes")));
        assert_eq!((number(table, "true samples", "modes"), number(table, "wgan", "runs")), (modes, 2.0));
        assert!((number(table, "true samples", "good %") - 98.9).abs() < 0.5);
        assert!(table.caption.contains("2 seeds from 1 on, 20 steps each"), "{}", table.caption);
        assert!(table.notes[0].contains("not to be compared"), "{:?}", table.notes);
    }
}

/// The cells of a table of docs/reproduced.md, by its title, the head first.
#[track_caller]
fn published(title: &str) -> Vec<Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reproduced.md");
    let page = std::fs::read_to_string(path).unwrap();
    rows_of(page.split(&format!("### {title}\n")).nth(1).expect(title))
}

/// The cells of the first table of a Markdown text.
fn rows_of(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    lines.filter(|line| !line.trim_start_matches(['|', ' ']).starts_with("---")).map(cells).collect()
}

/// The columns of these heads.
fn columns(rows: &[Vec<String>], heads: &[&str]) -> Vec<Vec<String>> {
    let at: Vec<usize> = heads.iter().map(|head| rows[0].iter().position(|cell| cell == head).expect(head)).collect();
    rows.iter().map(|row| at.iter().map(|&i| row[i].clone()).collect()).collect()
}

#[test]
fn what_the_page_has_without_training_comes_out_again_to_the_digit() {
    let some = ["kl", "pearson", "hellinger"];
    let outcome = reproduce::run("fgan-univariate", &options(&some, 40), &()).unwrap();
    let heads = ["divergence", "D* exact", "paper's D*", "μ* exact", "paper's μ*", "σ* exact", "paper's σ*"];
    let again = rows_of(&outcome.tables[0].markdown());
    let mut page = published("f-GAN's univariate experiment");
    page.retain(|row| row[0] == "divergence" || some.contains(&row[0].as_str()));
    assert_eq!(columns(&page, &heads), columns(&again, &heads));
    let outcome = reproduce::run("disjoint", &options(&[], 40), &()).unwrap();
    assert_eq!(published("Two segments"), rows_of(&outcome.tables[0].markdown()));
    let heads = ["θ", "EM exact", "of samples", "JSD exact"];
    let again = rows_of(&outcome.tables[1].markdown());
    assert_eq!(columns(&published("Two Gaussians"), &heads), columns(&again, &heads));
}

/// What `scripts/claims` prints with these arguments; nothing without a Python.
fn claims(args: &[&str]) -> Option<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/claims");
    let ran = std::process::Command::new("python3").arg(script).args(args).output();
    let Ok(ran) = ran else {
        println!("skipped: there is no python3 here");
        return None;
    };
    let [out, err] = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(ran.status.success(), "{err}");
    Some(out)
}

#[test]
fn a_claim_of_a_preset_is_counted_over_seeds() {
    let args = ["--only", "lines", "--steps", "20", "--seeds", "2", env!("CARGO_BIN_EXE_gantop")];
    let Some(out) = claims(&args) else { return };
    // From two units apart nothing falls to 0 in twenty steps.
    let row = rows_of(&out).pop().unwrap();
    assert_eq!(row[..4], ["`lines`", "20", "EM falls to 0", "0 of 2"].map(str::to_owned), "{out}");
    let figure: f64 = row[4].split(' ').nth(2).unwrap().parse().unwrap();
    assert!(row[4].starts_with("exact EM ") && (1.5..2.1).contains(&figure), "{out}");
}

#[test]
fn each_result_of_the_page_is_measured_as_it_says() {
    use gantop::theory::objective;
    let source = gantop::train::data::Source::open(&gantop::config::load(Some("fgan-univariate"), &[]).unwrap().data);
    let data = reproduce::fgan::Mixture::new(source.unwrap().modes());
    let (fit, cross) =
        (published("f-GAN's univariate experiment"), published("Each result measured by every divergence"));
    let [mean, std] = ["μ̂", "σ̂"].map(|head| fit[0].iter().position(|cell| cell == head).unwrap());
    for (row, measured) in fit[1..].iter().zip(&cross[1..]) {
        assert_eq!(row[0], measured[0]);
        let [mean, std] = [mean, std].map(|at| row[at].parse::<f64>().unwrap());
        for (head, cell) in cross[0][1..].iter().zip(&measured[1..]) {
            let divergence = objective::find(head.strip_prefix("D by ").unwrap()).unwrap().divergence().unwrap();
            let found = data.divergence(divergence, mean, std);
            // The page has μ̂ and σ̂ to four digits behind the point: what half a last one changes is allowed, and its own.
            let step = 5e-5;
            let moved = [(step, 0.0), (0.0, step)].map(|(m, s)| {
                (data.divergence(divergence, mean + m, std + s) - found).abs()
                    + (data.divergence(divergence, mean - m, std - s) - found).abs()
            });
            let cell: f64 = cell.trim_matches('*').parse().unwrap_or_else(|_| panic!("{} {head}: {cell}", row[0]));
            let allowed = moved[0] + moved[1] + 1e-5;
            assert!((found - cell).abs() <= allowed, "{} {head}: {found}, not {cell} ± {allowed}", row[0]);
        }
    }
}

#[test]
fn the_page_has_every_claim_of_the_presets() {
    let Some(list) = claims(&["--list"]) else { return };
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/claims.md")).unwrap();
    let cells = |row: &[String]| row[..3].to_vec();
    let told: Vec<Vec<String>> = rows_of(&page)[1..].iter().map(|row| cells(row)).collect();
    assert_eq!(told, rows_of(&list).iter().map(|row| cells(row)).collect::<Vec<_>>());
}

/// Has the experiment stop after so many steps.
struct Impatient(AtomicU64);

impl Watcher for Impatient {
    fn expect(&self, _: u64) {}
    fn stepped(&self, steps: u64) {
        self.0.fetch_add(steps, Ordering::Relaxed);
    }
    fn stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= 10
    }
}

#[test]
fn an_experiment_that_is_to_stop_stops() {
    for name in ["fgan-univariate", "disjoint", "modes"] {
        let stopped = reproduce::run(name, &options(&[], 1_000_000), &Impatient(AtomicU64::new(0)));
        assert_eq!(stopped, Err(Error::Broken(Broken::Stopped)), "{name}");
    }
}

#[test]
fn an_interrupt_at_the_terminal_ends_it_with_130() {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_gantop"));
    command.args(["reproduce", "fgan-univariate", "--steps", "1000000"]);
    let Some(mut pty) = Pty::start(command, (24, 100)) else { return };
    pty.wait_for_text("/8,000,000 steps");
    pty.type_keys(b"\x03");
    pty.wait_for_text("stopped before the end");
    assert_eq!(pty.end().exit_code(), 130);
}
