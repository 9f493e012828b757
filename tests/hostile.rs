//! A trainer that says whatever can be said, from its lines to the frames: nothing panics, memory is bounded.

use std::path::Path;

use gantop::history::{BINS, RECENT};
use gantop::link::Report;
use gantop::serve::protocol::Incoming;
use gantop::ui::draw::glyphs::GlyphSet;
use gantop::ui::{Message, Options};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseResult;

use crate::support::stage::Stage;

const SETTINGS: &str = r#"{"objective":{"kind":"wgan"},"constraint":{"kind":"clip","clip":0.1},"generator_lr":0.01,"critic_lr":0.01,"critic_steps":5}"#;
/// Metrics that may come, declared or not.
const NAMES: [&str; 6] = ["bound", "critic_loss", "generator_grad_norm", "fid", "d_real_acc", "unheard"];

/// A number as JSON: those that break things more often than others.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec![
            "0",
            "1",
            "-1",
            "0.5",
            "1e-45",
            "3.4e38",
            "-3.4e38",
            "1e38",
            "1e308",
            "-1e308",
            "1e-308",
            "null",
            "\"NaN\"",
            "\"inf\"",
            "\"-inf\"",
            "9223372036854775807",
        ])
        .prop_map(str::to_owned),
        any::<f32>().prop_filter("JSON has no word for it", |v| v.is_finite()).prop_map(|v| format!("{v:e}")),
        (-1000i32..1000).prop_map(|v| v.to_string()),
    ]
}

/// A step or a count.
fn whole() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => 0u64..2000,
        1 => select(vec![0, 1, 1 << 31, 1 << 32, 1 << 53, i64::MAX as u64 - 1, i64::MAX as u64, 1 << 63, u64::MAX]),
        1 => any::<u64>(),
    ]
}

fn list<T: std::fmt::Display>(items: &[T]) -> String {
    format!("[{}]", items.iter().map(T::to_string).collect::<Vec<_>>().join(","))
}

/// Columns of so many rows, of some of the metrics.
fn table(rows: usize) -> impl Strategy<Value = String> {
    let column = (select(NAMES.to_vec()), prop::collection::vec(number(), rows));
    prop::collection::vec(column, 0..5).prop_map(|columns| {
        // JSON takes a name that comes twice.
        let columns: Vec<String> =
            columns.iter().map(|(name, values)| format!("\"{name}\":{}", list(values))).collect();
        format!("{{{}}}", columns.join(","))
    })
}

fn started() -> impl Strategy<Value = String> {
    let shape = prop_oneof![
        (1u64..6).prop_map(|dims| format!(r#"{{"point":{{"dims":{dims}}}}}"#)),
        (1u64..9, 1u64..9, 1u64..4)
            .prop_map(|(w, h, c)| format!(r#"{{"image":{{"width":{w},"height":{h},"channels":{c}}}}}"#)),
        whole().prop_map(|dims| format!(r#"{{"point":{{"dims":{dims}}}}}"#)),
    ];
    let metrics = select(vec![
        "[]",
        r#"[{"name":"fid","cadence":"occasional"},{"name":"d_real_acc","group":"accuracy","label":"real"}]"#,
        r#"[{"name":"d_real_acc","unit":"%"},{"name":"unheard"},{"name":"bound"}]"#,
        r#"[{"name":"\u001b[31m"}]"#,
        r#"[{"name":"bound","cadence":"occasional"}]"#,
    ]);
    (shape, metrics, whole()).prop_map(|(shape, metrics, steps)| {
        format!(r#"{{"started":{{"config":{{"steps":{steps}}},"shape":{shape},"metrics":{metrics},"settings":{SETTINGS}}}}}"#)
    })
}

fn steps() -> impl Strategy<Value = String> {
    let rows = |rows: usize| {
        let seconds =
            prop::collection::vec(prop_oneof![4 => (0u32..9).prop_map(|v| v.to_string()), 1 => number()], rows);
        let came = prop::collection::vec((whole(), number()), 0..3);
        (prop::collection::vec(whole(), rows), any::<bool>(), seconds, table(rows), came)
    };
    (0usize..6).prop_flat_map(rows).prop_map(|(mut steps, sorted, seconds, metrics, came)| {
        if sorted {
            steps.sort_unstable();
            steps.dedup();
        }
        let came: Vec<String> = came.iter().map(|(step, value)| format!("[{step},{value}]")).collect();
        let (steps, seconds) = (list(&steps), list(&seconds[..steps.len()]));
        format!(
            r#"{{"steps":{{"step":{steps},"seconds":{seconds},"metrics":{metrics},"occasional":{{"fid":{}}}}}}}"#,
            list(&came)
        )
    })
}

fn merged() -> impl Strategy<Value = String> {
    let column = |rows| prop::collection::vec(whole(), rows);
    let tables = |rows| (table(rows), table(rows), table(rows), table(rows));
    let rows = move |rows: usize| (column(rows), column(rows), column(rows), column(rows), column(rows), tables(rows));
    (0usize..4).prop_flat_map(rows).prop_map(|(first, last, count, lost, came, (min, max, mean, latest))| {
        let seconds = list(&vec![1; first.len()]);
        let [first, last, count, lost, came] = [first, last, count, lost, came].map(|column| list(&column));
        format!(
            r#"{{"merged":{{"first":{first},"last":{last},"count":{count},"seconds":{seconds},"min":{min},"max":{max},"mean":{mean},"latest":{latest},"non_finite":{{"bound":{lost}}},"counts":{{"fid":{came}}}}}}}"#
        )
    })
}

/// Merged records that can be, however large, small and far apart.
fn plausible() -> impl Strategy<Value = String> {
    let figures = prop::collection::vec(any::<f32>().prop_filter("finite", |v| v.is_finite()), 3);
    (0u64..1 << 62, 0u64..1 << 61, 1u64..1 << 62, figures, select(NAMES.to_vec())).prop_map(
        |(first, more, count, mut figures, name)| {
            figures.sort_by(f32::total_cmp);
            let [min, mean, max] = [0, 1, 2].map(|at| format!(r#"{{"{name}":[{:e}]}}"#, figures[at]));
            let last = first + more;
            format!(
                r#"{{"merged":{{"first":[{first}],"last":[{last}],"count":[{count}],"seconds":[1],"min":{min},"max":{max},"mean":{mean},"latest":{mean},"counts":{{"fid":[{count}]}}}}}}"#
            )
        },
    )
}

fn snapshot() -> impl Strategy<Value = String> {
    let numbers = |most| prop::collection::vec(number(), 0..most).prop_map(|numbers| list(&numbers));
    let counts = || prop::collection::vec(0u32..u32::MAX, 0..5).prop_map(|counts| list(&counts));
    let histogram = (number(), number(), counts(), counts());
    let field = (0u64..4, 0u64..4, number(), number(), numbers(10));
    (whole(), 1u64..4, numbers(12), numbers(12), histogram, field, number()).prop_map(
        |(step, dims, real, fake, (low, high, a, b), (columns, rows, from, to, scores), bound)| {
            format!(
                r#"{{"snapshot":{{"step":{step},"shape":{{"point":{{"dims":{dims}}}}},"real":{real},"fake":{fake},"critic":{{"label":"critic value","low":{low},"high":{high},"real":{a},"fake":{b},"outside":[0,0]}},"bound":{bound},"slope":{bound},"field":{{"low":[{from},{from}],"high":[{to},{to}],"columns":{columns},"rows":{rows},"scores":{scores}}},"weights":{{"critic":[{{"name":"layer","weights":2,"histogram":{{"low":{low},"high":{high},"counts":{a}}}}}],"generator":[]}}}}}}"#
            )
        },
    )
}

fn event() -> impl Strategy<Value = String> {
    let settings = (number(), whole()).prop_map(|(rate, steps)| {
        SETTINGS.replace("0.01", &rate).replace(r#""critic_steps":5"#, &format!(r#""critic_steps":{steps}"#))
    });
    (whole(), whole(), settings, 0u8..6).prop_map(|(step, from, settings, kind)| {
        let rest = match kind {
            0 => r#""kind":"alert","text":"\u001b]0;x\u0007 all is well""#.to_owned(),
            1 => r#""kind":"state","state":"paused","why":"so""#.to_owned(),
            2 => format!(r#""kind":"restored","from":{from},"file":"x","settings":{settings}"#),
            3 => format!(
                r#""kind":"applied","what":"critic.steps","old":"1","new":"2","who":"person","settings":{settings}"#
            ),
            4 => r#""kind":"later""#.to_owned(),
            _ => r#""kind":"checkpoint","file":"../../x","reason":"asked""#.to_owned(),
        };
        format!(r#"{{"event":{{"step":{step},{rest}}}}}"#)
    })
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => started(),
        6 => steps(),
        3 => merged(),
        3 => plausible(),
        2 => snapshot(),
        3 => event(),
        1 => "\\PC{0,20}",
        1 => Just(r#"{"failed":{"why":"\u202eno"}}"#.to_owned()),
    ]
}

/// What a trainer says, the keys that are pressed then, and the size of the screen.
pub fn talk() -> impl Strategy<Value = (Vec<String>, String, (u16, u16))> {
    (prop::collection::vec(line(), 1..30), "[1-6gyGaxv+\\-]{0,12}", (1u16..140, 1u16..50))
}

/// Whether all that is said is drawn, within bounds, or refused.
pub fn is_drawn_or_refused((lines, keys, (width, height)): (Vec<String>, String, (u16, u16))) -> TestCaseResult {
    let first = format!(
        r#"{{"started":{{"shape":{{"point":{{"dims":2}}}},"metrics":[{{"name":"fid","cadence":"occasional"}},{{"name":"d_real_acc"}}],"settings":{SETTINGS}}}}}"#
    );
    let mut incoming = Incoming::default();
    let mut stage = Stage::new(Options { glyphs: GlyphSet::Braille, ..Options::default() });
    for (at, line) in std::iter::once(&first).chain(&lines).enumerate() {
        if let Some(report) = incoming.read(line.as_bytes(), Path::new("run")) {
            stage.report(report);
        }
        if at % 4 == 0 {
            stage.text(width, height);
        }
    }
    // Each page, each scale of its charts, and what the keys do.
    for page in ["1", "2", "3", "4", "5", "6"] {
        stage.press(page).text(width, height);
        (0..3).for_each(|_| drop(stage.press("y").text(width, height)));
    }
    stage.press(&keys).text(width, height);
    stage.press("\u{1b}2⇤").text(100, 40);
    let history = &stage.app.live.history;
    prop_assert!(history.len() <= 4 * (RECENT + BINS));
    prop_assert!(history.bytes() < 4_000_000, "{} bytes", history.bytes());
    prop_assert!(!stage.app.events.newest().any(|entry| entry.text.len() > 100_000));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_trainer_says_is_drawn_or_refused(said in talk()) {
        is_drawn_or_refused(said)?;
    }
}

#[test]
fn a_row_of_huge_numbers_leaves_few_ticks_on_every_scale() {
    let first = format!(r#"{{"started":{{"shape":{{"point":{{"dims":1}}}},"settings":{SETTINGS}}}}}"#);
    let merged = r#"{"merged":{"first":[1],"last":[9],"count":[9],"seconds":[1],"min":{"bound":[-3.4e38]},"max":{"bound":[3.4e38]},"mean":{"bound":[1e-45]},"latest":{"bound":["inf"]}}}"#;
    let steps = r#"{"steps":{"step":[10,9223372036854775807],"seconds":[2,3],"metrics":{"bound":[3.4e38,-1e-45]}}}"#;
    let mut incoming = Incoming::default();
    let mut stage = Stage::new(Options::default());
    for line in [&first, merged, steps] {
        let report: Report = incoming.read(line.as_bytes(), Path::new("")).expect("a report");
        stage.report(report);
    }
    assert_eq!(incoming.refused(), 0);
    stage.press("2gg");
    for _ in 0..3 {
        let text = stage.press("y").text(120, 40);
        assert!(text.contains("bound"), "{text}");
    }
    stage.message(Message::Tick(std::time::Duration::from_secs(1)));
}

#[test]
fn a_histogram_that_ends_before_it_begins_is_refused_and_one_without_an_end_is_drawn() {
    let first = format!(r#"{{"started":{{"shape":{{"point":{{"dims":1}}}},"settings":{SETTINGS}}}}}"#);
    let weights = |low: &str, high: &str| {
        format!(
            r#"{{"snapshot":{{"step":1,"shape":{{"point":{{"dims":1}}}},"real":[],"fake":[],"critic":{{"label":"critic value","low":0,"high":1,"real":[0],"fake":[0],"outside":[0,0]}},"bound":0,"slope":0,"weights":{{"critic":[{{"name":"layer","weights":2,"histogram":{{"low":{low},"high":{high},"counts":[1,0,1]}}}}],"generator":[]}}}}}}"#
        )
    };
    let mut incoming = Incoming::default();
    let mut stage = Stage::new(Options::default());
    stage.report(incoming.read(first.as_bytes(), Path::new("")).expect("a report"));
    let reversed = incoming.read(weights("0", "-3.4e38").as_bytes(), Path::new(""));
    assert!(!matches!(reversed, Some(Report::Snapshot(_))) && incoming.refused() == 1, "{reversed:?}");
    for (low, high) in [("0", "\"NaN\""), ("0.5", "0.5"), ("\"NaN\"", "1"), ("-1", "\"inf\"")] {
        let report = incoming.read(weights(low, high).as_bytes(), Path::new("")).expect("a report");
        assert!(matches!(report, Report::Snapshot(_)), "{low} {high}: {report:?}");
        stage.report(report);
        for page in ["1", "2", "3", "4", "5", "6"] {
            stage.press(page).text(60, 16);
        }
    }
}
