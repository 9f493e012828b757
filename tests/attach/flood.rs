//! A trainer that says whatever it likes, as fast as it can, to a dashboard in a real pseudo-terminal: it stays small, answers
//! its keys, and says what it has left out. Where no pseudo-terminal can be opened this test says so and passes.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::listen::listen;
use crate::program::dashboard::press;
use crate::support::TEST_TIMEOUT;

const SETTINGS: &str = r#"{"objective":{"kind":"\u001b[31mred"},"constraint":{"kind":"none"},"generator_lr":0.1,"critic_lr":0.1,"critic_steps":1}"#;

/// A trainer that has said hello at this socket, and heard the dashboard's.
fn trainer(path: &Path) -> UnixStream {
    let mut trainer = UnixStream::connect(path).unwrap();
    let hello = r#"{"hello":{"version":1,"program":"wild\u001b[2J","run":"wild","commands":["pause","resume"],"controls":[{"name":"\u001b[31m"}]}}"#;
    writeln!(trainer, "{hello}").unwrap();
    trainer.set_read_timeout(Some(TEST_TIMEOUT)).unwrap();
    let mut heard = String::new();
    BufReader::new(&trainer).read_line(&mut heard).unwrap();
    assert!(heard.contains(r#""watch":true"#), "{heard}");
    trainer
}

/// Tells a thread to end when it is dropped, however the test ends.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_wild_trainer_leaves_the_dashboard_small_and_awake() {
    let folder = tempfile::tempdir().unwrap();
    let Some((mut pty, path)) = listen(folder.path(), &[]) else { return };
    let mut trainer = trainer(&path);
    pty.wait_for_text("attached to wild");
    let started = |shape: &str, more: &str| format!(r#"{{"started":{{"shape":{shape}{more},"settings":{SETTINGS}}}}}"#);
    // A million metrics, declared and not; a picture larger than all that there are; one with too few numbers.
    let many: Vec<String> = (0..100_000).map(|at| format!(r#"{{"name":"m{at}"}}"#)).collect();
    let point = r#"{"point":{"dims":2}}"#;
    writeln!(trainer, "{}", started(point, &format!(r#","metrics":[{}]"#, many.join(",")))).unwrap();
    writeln!(trainer, "{}", started(r#"{"image":{"width":1000000,"height":1000000,"channels":3}}"#, "")).unwrap();
    writeln!(trainer, "{}", started(point, "")).unwrap();
    let columns: Vec<String> = (0..1_000_000).map(|at| format!(r#""m{at}":[1]"#)).collect();
    writeln!(trainer, r#"{{"steps":{{"step":[1],"seconds":[0],"metrics":{{"bound":[1],{}}}}}}}"#, columns.join(","))
        .unwrap();
    writeln!(trainer, r#"{{"snapshot":{{"step":1,"shape":{point},"real":[1],"fake":[]}}}}"#).unwrap();
    drop((many, columns));
    press(&mut pty, "6");
    for text in ["more than 64 metrics are", "must have from 1 to 16777216", "must be a multiple of 2"] {
        pty.wait_for_text(text);
    }
    let before = pty.memory();
    // As fast as it can until the screen has answered every key: steps that jump, numbers that are none, alerts in colour,
    // and lines that cannot be.
    let said = AtomicU64::new(0);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut step = 1u64;
            let mut text = String::new();
            while !over.load(Ordering::Relaxed) {
                text.clear();
                for at in 0..500 {
                    step += 1 + step % 7;
                    let value = ["0.5", "\"NaN\"", "3e38", "\"-inf\""][at % 4];
                    text += &format!(
                        r#"{{"steps":{{"step":[{step}],"seconds":[{step}],"metrics":{{"bound":[{value}]}}}}}}"#
                    );
                    text += match at % 100 {
                        0 => "\n{\"event\":{\"step\":1,\"kind\":\"alert\",\"text\":\"\\u001b]0;x\\u0007so it is\"}}\n",
                        1 => "\n{\"steps\":{\"step\":[1],\"seconds\":[1],\"metrics\":{}}}\n",
                        _ => "\n",
                    };
                }
                if trainer.write_all(text.as_bytes()).is_err() {
                    return;
                }
                said.fetch_add(500, Ordering::Relaxed);
            }
        });
        let _ends = Ends(&over);
        pty.wait_for_text("so it is");
        for (key, text) in [("2", "─ losses"), ("1", "─ events"), ("?", "─ help"), ("\u{1b}", "─ events")] {
            press(&mut pty, key);
            pty.wait_for_text(text);
        }
        pty.wait_for("10,000 lines", |_| said.load(Ordering::Relaxed) >= 10_000);
        // What was left out is said.
        press(&mut pty, "6/that were refused\r");
        pty.wait_for_text("of 64 that were refused");
        assert!(!pty.contents().contains('\u{1b}'));
    });
    if let (Some(before), Some(after)) = (before, pty.memory()) {
        let grown = after.saturating_sub(before) / 1024;
        assert!(grown < 64, "{grown} MiB more for {} lines", said.load(Ordering::Relaxed));
    }
    // Silence is nothing to worry about.
    press(&mut pty, "qy");
    assert_eq!(pty.end().exit_code(), 0);
    pty.assert_restored();
}
