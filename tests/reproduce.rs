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
