//! The lines of a run: taken in, or refused and counted. None of them is trusted.

use std::path::Path;

use super::check::StepOrder;
use super::{Answered, ServerMessage};
use crate::domain::MetricTable;
use crate::link::{Alert, By, Rejected, Report, RunStatus, Settings};

/// The number of refused lines that are told each; of later ones every second, fourth, eighth… as many.
const TOLD: u64 = 16;

/// Takes in the lines of one run.
#[derive(Debug, Default)]
pub struct Incoming {
    order: StepOrder,
    run: RunStatus,
    metrics: MetricTable,
    refused: u64,
}

impl Incoming {
    /// The report that the next line of the run in `dir` is, if it is one for who watches. A line that cannot be taken
    /// in changes nothing, and is told in an alert.
    pub fn read(&mut self, line: &[u8], dir: &Path) -> Option<Report> {
        let read = serde_json::from_slice(line).map_err(|error| super::wrong(&error));
        match read.and_then(|said| self.take(said, dir)) {
            Ok(report) => report,
            Err(why) => self.refuse(&why),
        }
    }

    /// Steps completed, as far as records tell.
    pub fn step(&self) -> u64 {
        self.order.last()
    }

    /// The settings in force, once they are known.
    pub fn settings(&self) -> Option<&Settings> {
        self.run.settings.as_ref()
    }

    /// The number of refused lines.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    fn take(&mut self, said: ServerMessage, dir: &Path) -> Result<Option<Report>, String> {
        let refused =
            |why| Report::Rejected(Rejected { step: self.step(), what: "a command".into(), why, by: By::Person });
        let report = match said {
            // What the run itself refuses is an event for everybody.
            ServerMessage::Answer(Answered { refused: Some(why), events, .. }) if events.is_empty() => refused(why),
            ServerMessage::Refused { why } => refused(why),
            said => match said.report(dir, &self.metrics)? {
                Some(report) => report,
                None => return Ok(None),
            },
        };
        self.order.admit(&report)?;
        self.run.take(&report);
        if let Report::Started(info) = &report {
            self.metrics = info.metrics.clone();
        }
        Ok(Some(report))
    }

    fn refuse(&mut self, why: &str) -> Option<Report> {
        self.refused = self.refused.saturating_add(1);
        let text = match self.refused {
            ..=TOLD => format!("a line: {why}"),
            count if count.is_power_of_two() => format!("a line, of {count} that were refused: {why}"),
            _ => return None,
        };
        Some(Report::Alert(Alert::new(self.step(), text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTED: &str = r#"{"started":{"config":{"name":"toy"},"shape":{"point":{"dims":1}},"metrics":[{"name":"fid","cadence":"occasional"}],"settings":{"objective":{"kind":"wgan"},"constraint":{"kind":"none"},"generator_lr":0.1,"critic_lr":0.1,"critic_steps":1}}}"#;

    /// Has these lines read after the run has started; gives what was told of the last one, and how many were refused.
    fn last(lines: &[&str]) -> (Option<Report>, u64) {
        let mut incoming = Incoming::default();
        assert!(matches!(incoming.read(STARTED.as_bytes(), Path::new("")), Some(Report::Started(_))));
        let mut report = None;
        lines.iter().for_each(|line| report = incoming.read(line.as_bytes(), Path::new("")));
        (report, incoming.refused())
    }

    fn merged(part: &str) -> String {
        format!(r#"{{"merged":{{"first":[3],"last":[9],"count":[7],"seconds":[1],"latest":{{}},{part}}}}}"#)
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let ordered = r#""min":{"bound":[1]},"max":{"bound":[3]},"mean":{"bound":[2]}"#;
        let (good, refused) = last(&[&merged(ordered)]);
        assert!(matches!(good, Some(Report::Merged(_))) && refused == 0, "{good:?}");
        let with = |from: &str, to: &str| merged(ordered).replace(from, to);
        let steps = r#"{"steps":{"step":[1,2],"seconds":[1,2],"metrics":{}}}"#.to_owned();
        for (line, why) in [
            (with(r#""first":[3]"#, r#""first":[10]"#), "steps 10 to 9: the first must not come after the last"),
            (with(r#""count":[7]"#, r#""count":[0]"#), "0 records: must be from 1"),
            (with(r#""count":[7]"#, r#""count":[18446744073709551615]"#), "records: must be from 1"),
            (with(r#""max":{"bound":[3]},"#, r#""max":{},"#), "`bound`: one of `min`, `max` and `mean` is NaN"),
            (
                with(r#""max":{"bound":[3]}"#, r#""max":{"bound":[1e308]}"#),
                "`bound`: one of `min`, `max` and `mean` is inf",
            ),
            (with(r#""max":{"bound":[3]}"#, r#""max":{"bound":["inf"]}"#), "is inf"),
            (
                with(r#""mean":{"bound":[2]}"#, r#""mean":{"bound":[4]}"#),
                "must be `min` ≤ `mean` ≤ `max`, and is 1, 4, 3",
            ),
            (with(r#""min":{"bound":[1]}"#, r#""min":{"bound":[5]}"#), "must be `min` ≤ `mean` ≤ `max`"),
            (merged(&format!(r#"{ordered},"non_finite":{{"bound":[8]}}"#)), "8 of 7 values are not finite"),
            (merged(&format!(r#"{ordered},"non_finite":{{"bound":[7]}}"#)), "no value is finite"),
            ("nonsense".into(), "column 1: expected"),
            (r#"{"later":{}}"#.into(), "unknown variant `later`"),
            (r#"{"event":{"step":1,"kind":"later"}}"#.into(), "later"),
            (r#"{"steps":{"step":[2,1],"seconds":[1,2],"metrics":{}}}"#.into(), "step 1 comes after step 2"),
            (
                r#"{"steps":{"step":[1],"seconds":[1],"metrics":{},"occasional":{"fid":[[2,1.5]]}}}"#.into(),
                "`fid` has a value at step 2, which is none of this line",
            ),
        ] {
            // What follows is read.
            let (told, refused) = last(&[&line]);
            let Some(Report::Alert(alert)) = told else { panic!("{line}: {told:?}") };
            assert!(alert.text.contains(why) && refused == 1, "{}", alert.text);
            assert!(matches!(last(&[&line, &steps]), (Some(Report::Steps(_)), 1)), "{line}");
        }
    }

    #[test]
    fn steps_rise_but_after_the_run_went_back() {
        let steps = |step: u64| format!(r#"{{"steps":{{"step":[{step}],"seconds":[1],"metrics":{{}}}}}}"#);
        assert!(matches!(last(&[&steps(5), &steps(6)]), (Some(Report::Steps(_)), 0)));
        assert_eq!(last(&[&steps(5), &steps(5)]).1, 1);
        assert_eq!(last(&[&steps(i64::MAX as u64), &steps(6)]).1, 1);
        // A line that is refused moves nothing.
        let both = r#"{"steps":{"step":[9,2],"seconds":[1,1],"metrics":{}}}"#;
        assert_eq!(last(&[&steps(5), both, &steps(6)]).1, 1);
        let back = r#"{"event":{"step":2,"kind":"restored","from":5,"file":"x","settings":{"objective":{"kind":"wgan"},"constraint":{"kind":"none"},"generator_lr":0.1,"critic_lr":0.1,"critic_steps":1}}}"#;
        assert_eq!(last(&[&steps(5), back, &steps(3)]).1, 0);
    }

    #[test]
    fn of_many_refused_lines_few_are_told() {
        let mut incoming = Incoming::default();
        let told = (0..100_000).filter(|_| incoming.read(b"{}", Path::new("")).is_some()).count();
        assert_eq!((told, incoming.refused()), (16 + 12, 100_000));
    }
}
