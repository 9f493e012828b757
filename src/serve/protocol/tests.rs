use std::path::Path;

use super::*;
use crate::domain::rule::Rule;
use crate::domain::{Metric, MetricTable, Metrics, Span, StepRecord};
use crate::link::{PauseReason, Report, StateChange};

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

/// The lines of the document's examples.
fn examples() -> Vec<&'static str> {
    let blocks = DOCUMENT.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.flat_map(str::lines).collect()
}

#[test]
fn every_example_of_the_document_is_a_line_and_every_kind_of_line_has_one() {
    let (mut kinds, mut requests) = (Vec::new(), Vec::new());
    let mut metrics = MetricTable::own();
    for example in examples() {
        let kind =
            match (serde_json::from_str::<ClientMessage>(example), serde_json::from_str::<ServerMessage>(example)) {
                (Ok(ClientMessage::Command(command)), _) => {
                    requests.push(command.request.name());
                    assert_eq!(serde_json::to_string(&ClientMessage::Command(command)).unwrap(), example);
                    continue;
                }
                (Ok(ClientMessage::Hello(_)), _) => "watcher's hello",
                (_, Ok(said)) => {
                    let kind = format!("{said:?}");
                    let report =
                        said.report(Path::new("run"), &metrics).unwrap_or_else(|why| panic!("{why}: {example}"));
                    kinds.push(kind.split(['(', ' ']).next().unwrap().to_owned());
                    // What a report is made of comes back the same.
                    if let Some(report) = report {
                        if let Report::Started(info) = &report {
                            metrics = info.metrics.clone();
                        }
                        let again = serde_json::to_string(&ServerMessage::of(report, &metrics)).unwrap();
                        let back: ServerMessage = serde_json::from_str(&again).unwrap();
                        back.report(Path::new("run"), &metrics).unwrap();
                    }
                    continue;
                }
                (Err(asked), Err(said)) => panic!("{example}\nis neither asked ({asked}) nor said ({said})"),
            };
        kinds.push(kind.to_owned());
    }
    assert_eq!(requests, Request::NAMES);
    for kind in ["Hello", "watcher's hello", "Started", "Steps", "Merged", "Event", "Snapshot", "Answer", "Refused"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind} has no example: {kinds:?}");
    }
    assert!(kinds.iter().any(|kind| kind == "Finished") && kinds.iter().any(|kind| kind == "Failed"));
}

#[test]
fn a_pause_says_its_reason_and_a_sentence_alone_is_understood() {
    let reason = |line: &str| {
        let said: ServerMessage = serde_json::from_str(line).unwrap();
        let Some(Report::State(change)) = said.report(Path::new(""), &MetricTable::own()).unwrap() else {
            panic!("{line}")
        };
        change.why
    };
    let health = Some(PauseReason::Health(Rule::EmNegative));
    let change = StateChange { step: 7, state: RunState::Paused, why: health.clone() };
    let now = serde_json::to_string(&ServerMessage::of(Report::State(change), &MetricTable::own())).unwrap();
    assert!(now.contains(r#""reason":{"health":"em-negative"},"why":"the health rule em-negative"#), "{now}");
    assert_eq!(reason(&now), health);
    let before =
        r#"{"event":{"step":7,"kind":"state","state":"paused","why":"the health rule em-negative asks for it"}}"#;
    assert_eq!(reason(before), health);
    let foreign = r#"{"event":{"step":7,"kind":"state","state":"paused","why":"no disk"}}"#;
    assert_eq!(reason(foreign), Some(PauseReason::Other("no disk".to_owned())));
    let plain = r#"{"event":{"step":7,"kind":"state","state":"paused"}}"#;
    assert_eq!(reason(plain), None);
}

#[test]
fn numbers_come_back_to_the_bit_and_those_that_are_not_finite_too() {
    let mut values = Metrics::of([0.1; Metric::COUNT]);
    for (metric, value) in Metric::ALL.into_iter().zip([f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE])
    {
        values[metric] = value;
    }
    let record = StepRecord { step: 7, seconds: 0.1 + 0.2, values: values.clone() };
    let mut span = Span::of(&record);
    span.merge(&Span::of(&StepRecord { step: 8, ..record.clone() }));
    let back = |report: Report| {
        let text = serde_json::to_string(&ServerMessage::of(report, &MetricTable::own())).unwrap();
        serde_json::from_str::<ServerMessage>(&text)
            .unwrap()
            .report(Path::new(""), &MetricTable::own())
            .unwrap()
            .unwrap()
    };
    let bits = |metrics: &Metrics| metrics.own.0.map(f32::to_bits);
    let Report::Steps(records) = back(Report::Steps(vec![record.clone()])) else { panic!("no records") };
    assert_eq!((records[0].step, records[0].seconds, bits(&records[0].values)), (7, 0.1 + 0.2, bits(&values)));
    let Report::Merged(spans) = back(Report::Merged(vec![span.clone()])) else { panic!("no spans") };
    assert_eq!((spans[0].count, spans[0].non_finite), (2, span.non_finite));
    assert_eq!(bits(&span.latest), bits(&spans[0].latest));
    for (ours, theirs) in [(span.min, spans[0].min), (span.mean, spans[0].mean), (span.max, spans[0].max)] {
        assert_eq!(ours.0.map(f32::to_bits), theirs.0.map(f32::to_bits));
    }
}

#[test]
fn columns_that_differ_in_length_are_refused() {
    for text in [
        r#"{"steps":{"step":[1,2],"seconds":[1],"metrics":{}}}"#,
        r#"{"steps":{"step":[1],"seconds":[1],"metrics":{"bound":[1,2]}}}"#,
        r#"{"merged":{"first":[1],"last":[1],"count":[1],"seconds":[1],"min":{},"max":{},"mean":{},"latest":{},"non_finite":{"bound":[]}}}"#,
    ] {
        let said: ServerMessage = serde_json::from_str(text).unwrap();
        assert!(said.report(Path::new(""), &MetricTable::own()).unwrap_err().contains("columns"), "{text}");
    }
}

#[test]
fn an_order_names_keys_and_files_that_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let request = |text: &str| serde_json::from_str::<Request>(text).unwrap().command(dir.path());
    assert!(request(r#"{"set":{"constraint.clip":0.02,"objective.kind":"kl"}}"#).unwrap().is_some());
    for (text, why) in [
        (r#"{"set":{"objective.knd":"kl"}}"#, "objective.kind"),
        (r#"{"set":{"critic.steps":"2"}}"#, "whole number"),
        (r#"{"set":{"critic.steps":null}}"#, "critic.steps"),
        (r#"{"set":{"a=1\nb":2}}"#, "not a setting"),
        (r#"{"restore":"../../secret.safetensors"}"#, "is not the name of a checkpoint"),
        (r#"{"restore":"missing.safetensors"}"#, "is not the name of a checkpoint"),
    ] {
        let error = request(text).unwrap_err().to_string();
        assert!(error.contains(why), "{text}: {error}");
    }
}
