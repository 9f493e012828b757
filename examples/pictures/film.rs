//! A moving picture of a recording: the screen at some moments, each for half a second, as one SVG that goes round and round.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use anyhow::{Context, bail, ensure};
use vt100::Parser;

use crate::draw::{DARK, page, part};

/// How long a moment is shown, in seconds.
const SHOWN: f64 = 0.5;
/// How many moments' time the last one stays besides its own.
const REST: usize = 4;

/// Makes the film of RECORDING in FILE of the seconds that follow in the arguments.
pub fn make(recording: &str, mut arguments: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let Some(file) = arguments.next() else { bail!("say where to write the film") };
    let moments: Vec<f64> =
        arguments.map(|at| at.parse().with_context(|| format!("{at} is no second"))).collect::<Result<_, _>>()?;
    ensure!(moments.is_sorted() && !moments.is_empty(), "say seconds of the recording, in their order");
    let text = fs::read_to_string(recording).with_context(|| format!("cannot read {recording}"))?;
    let svg = film(&text, &moments).with_context(|| format!("{recording} is no asciicast"))?;
    fs::write(&file, &svg).with_context(|| format!("cannot write {file}"))?;
    println!("{} KiB in {file}", svg.len() / 1024);
    Ok(())
}

fn film(recording: &str, moments: &[f64]) -> anyhow::Result<String> {
    let mut lines = recording.lines();
    let header: serde_json::Value = serde_json::from_str(lines.next().unwrap_or_default())?;
    let size =
        |name: &str| header[name].as_u64().and_then(|n| u16::try_from(n).ok()).with_context(|| format!("no {name}"));
    let (rows, columns) = (size("height")?, size("width")?);
    let mut events =
        lines.map(serde_json::from_str::<(f64, String, String)>).collect::<Result<Vec<_>, _>>()?.into_iter().peekable();
    let mut terminal = Parser::new(rows, columns, 0);
    // What each row has, moment by moment.
    let mut past: Vec<Vec<String>> = vec![Vec::new(); usize::from(rows)];
    for moment in moments {
        while let Some((_, _, bytes)) = events.next_if(|(at, _, _)| at <= moment) {
            terminal.process(bytes.as_bytes());
        }
        for (row, past) in (0..rows).zip(&mut past) {
            past.push(part(terminal.screen(), row..row + 1, &DARK));
        }
    }
    let (mut body, mut spans) = (String::new(), BTreeSet::new());
    for past in &past {
        let mut from = 0;
        for same in past.chunk_by(PartialEq::eq) {
            let to = from + same.len();
            match (from, to == moments.len()) {
                (0, true) => body += &same[0],
                // A program that moves no pictures shows the last one.
                (_, is_last) => {
                    let still = if is_last { " z" } else { "" };
                    let _ = writeln!(body, "<g class=\"a{still} s{from}-{to}\">\n{}</g>", same[0]);
                    spans.insert((from, to));
                }
            }
            from = to;
        }
    }
    Ok(page((rows, columns), &DARK, &style(&spans, moments.len()), &body))
}

/// The rules that show what stands there from one moment to another and hide it otherwise.
fn style(spans: &BTreeSet<(usize, usize)>, moments: usize) -> String {
    let all = moments + REST;
    let percent = |moment: usize| (1e5 * moment as f64 / all as f64).round() / 1e3;
    let mut style = format!(
        ".a{{visibility:hidden;animation:{}s step-end infinite}}.z{{visibility:visible}}@media(prefers-reduced-motion){{.a{{animation:none}}}}\n",
        SHOWN * all as f64
    );
    for &(from, to) in spans {
        let name = format!("s{from}-{to}");
        let _ = write!(style, ".{name}{{animation-name:{name}}}@keyframes {name}{{");
        if from > 0 {
            style += "0%{visibility:hidden}";
        }
        let _ = write!(style, "{}%{{visibility:visible}}", percent(from));
        if to < moments {
            let _ = write!(style, "{}%,to{{visibility:hidden}}", percent(to));
        }
        style += "}\n";
    }
    style
}
