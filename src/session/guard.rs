//! A dashboard that breaks does not take the run down in the middle of a step: libtorch would be torn down under the
//! trainer, and crash.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Watched, stop};
use crate::domain::exit;
use crate::link::{self, Link};

/// Has `watch` watch the run. If that panics, what happened is told, and `go_on` follows a run that can go on without a
/// screen; where there is none such, the run is stopped in order.
pub(super) fn guarded(
    link: &Link,
    watch: impl FnOnce() -> anyhow::Result<Watched>,
    go_on: Option<impl FnOnce(&str) -> anyhow::Result<Watched>>,
) -> anyhow::Result<Watched> {
    // The terminal is given back, and the panic said, before this gets here.
    catch_unwind(AssertUnwindSafe(watch)).unwrap_or_else(|panic| {
        let why = link::panic_text(&*panic);
        let broke = format!("the dashboard broke: {why}; this is a defect of gantop");
        if let Some(go_on) = go_on {
            return go_on(&broke);
        }
        stop(link);
        let why = format!("{broke}; the run was stopped");
        Ok(Watched { code: exit::FAILED, over: true, line: None, why: Some(why) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::train::Setup;

    #[test]
    fn a_dashboard_that_panics_stops_the_run_first() {
        let sets = ["threads=1", "steps=0", "batch_size=8", "generator.hidden=[4]", "critic.hidden=[4]"];
        let config = config::load(None, &sets.map(str::to_owned)).unwrap();
        let (link, end) = link::pair();
        let trainer = Setup::new(config).unwrap().spawn(end, None).unwrap();
        let watch = || {
            // It is under way.
            link.reports.recv().unwrap();
            panic!("a view drew where there is nothing");
        };
        let watched = guarded(&link, watch, None::<fn(&str) -> anyhow::Result<Watched>>);
        let watched = watched.unwrap();
        assert_eq!((watched.code, watched.over), (exit::FAILED, true));
        let why = watched.why.unwrap();
        assert!(why.contains("a view drew where there is nothing") && why.contains("stopped"), "{why}");
        // It has been told to stop, though its watcher still holds the channels.
        trainer.join().unwrap();
    }

    #[test]
    fn a_run_that_can_go_on_without_a_screen_is_not_stopped() {
        let (link, end) = link::pair();
        let go_on = |broke: &str| {
            assert!(broke.contains("the dashboard broke: no room"), "{broke}");
            Ok(Watched { code: exit::DONE, over: true, line: None, why: None })
        };
        let watched = guarded(&link, || panic!("no room"), Some(go_on)).unwrap();
        assert_eq!((watched.code, watched.why), (exit::DONE, None));
        assert!(end.commands.is_empty());
    }
}
