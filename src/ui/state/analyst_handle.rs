//! The event loop's analyst: started with the first snapshot of a run, and gone when it has broken.

use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError};

use crate::link::{RunInfo, Snapshot};
use crate::truth::{Analyst, Found};
use crate::ui::Message;

/// The analyst, if one is wanted and at work.
pub enum AnalystHandle {
    /// None is wanted, or it has broken.
    Off,
    /// The first snapshot starts it, to take this share of a core.
    Wanted(f64),
    On(Analyst),
    /// It could not be started: why, to be told.
    Failed(String),
}

impl AnalystHandle {
    /// An analyst that takes this share of a core; none for 0.
    pub fn new(share: f64) -> AnalystHandle {
        if share > 0.0 { AnalystHandle::Wanted(share) } else { AnalystHandle::Off }
    }

    /// Hands a snapshot of this run to the analyst.
    pub fn submit(&mut self, run: Option<&RunInfo>, snapshot: Arc<Snapshot>) {
        if let (&mut AnalystHandle::Wanted(share), Some(run)) = (&mut *self, run) {
            *self = match Analyst::start(run, share) {
                Ok(analyst) => AnalystHandle::On(analyst),
                Err(error) => AnalystHandle::Failed(format!("no analysis of snapshots: no thread for it: {error}")),
            };
        }
        if let AnalystHandle::On(analyst) = self {
            analyst.submit(snapshot);
        }
    }

    /// Has the analyst look at what it was handed last without a rest.
    pub fn hurry(&self) {
        if let AnalystHandle::On(analyst) = self {
            analyst.hurry();
        }
    }

    /// Says whether this process trains now, so that the analyst does not take more of the steps than its share.
    pub fn heed_training(&self, trains: bool) {
        if let AnalystHandle::On(analyst) = self {
            analyst.heed_training(trains);
        }
    }

    /// The source of analyses, if there is an analyst.
    pub fn found(&self) -> Option<&Receiver<Found>> {
        match self {
            AnalystHandle::On(analyst) => Some(analyst.found()),
            _ => None,
        }
    }

    /// The analyses since, or why none will ever come.
    pub fn take(&mut self) -> Option<Message> {
        let why = match self {
            AnalystHandle::Off | AnalystHandle::Wanted(_) => return None,
            AnalystHandle::On(analyst) => match analyst.found().try_recv() {
                Ok(Ok(analysis)) => return Some(Message::Analysis(analysis)),
                Err(TryRecvError::Empty) => return None,
                Ok(Err(why)) => why,
                Err(TryRecvError::Disconnected) => "the analyst ended without saying why".to_owned(),
            },
            AnalystHandle::Failed(why) => std::mem::take(why),
        };
        *self = AnalystHandle::Off;
        Some(Message::NoAnalyst(why))
    }
}
