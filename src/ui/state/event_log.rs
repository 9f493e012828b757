//! The events of the run, for the event list: bounded, in order.

use std::collections::VecDeque;

use crate::link::{Applied, Rejected};
use crate::ui::draw::theme::Role;

/// The number of entries that are kept.
pub const KEPT: usize = 500;

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A change took effect.
    Change,
    /// The run started, paused, went on, ended.
    State,
    /// A command was refused.
    Rejected,
    /// Something a person should know.
    Alert,
    /// The end of what a person was alerted of.
    Over,
}

impl Kind {
    /// Every kind that can be asked for: what is over goes with the alerts.
    pub const ALL: [Kind; 4] = [Kind::Change, Kind::State, Kind::Rejected, Kind::Alert];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Change => "change",
            Kind::State => "state",
            Kind::Rejected => "refused",
            Kind::Alert => "alert",
            Kind::Over => "over",
        }
    }

    /// The names of all kinds.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Change => "changes",
            Kind::State => "states",
            Kind::Rejected => "refusals",
            Kind::Alert | Kind::Over => "alerts",
        }
    }

    /// The look of its text.
    pub fn role(self) -> Role {
        match self {
            Kind::Change => Role::Plain,
            Kind::State => Role::Dim,
            Kind::Rejected => Role::Warn,
            Kind::Alert => Role::Bad,
            Kind::Over => Role::Good,
        }
    }
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Steps completed when it happened.
    pub step: u64,
    pub kind: Kind,
    pub text: String,
}

impl Entry {
    /// The entry of a change.
    pub fn of_change(applied: &Applied) -> Entry {
        let mut text = format!("{} {} → {}", applied.what, applied.old, applied.new);
        if let Some(note) = &applied.note {
            text = format!("{text}; {note}");
        }
        Entry { step: applied.step, kind: Kind::Change, text }
    }

    /// The entry of a refusal.
    pub fn of_refusal(rejected: &Rejected) -> Entry {
        let text = format!("refused {}: {}", rejected.what, rejected.why);
        Entry { step: rejected.step, kind: Kind::Rejected, text }
    }
}

/// The entries, oldest first.
#[derive(Clone, Debug, Default)]
pub struct EventLog {
    entries: VecDeque<Entry>,
    /// The number of the newest entries that are scrolled out of sight.
    scroll: usize,
}

impl EventLog {
    /// Adds the newest entry. A view that has been scrolled back stays where it is.
    pub fn push(&mut self, entry: Entry) {
        if self.scroll > 0 {
            self.scroll += 1;
        }
        if self.entries.len() == KEPT {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        self.scroll_by(0);
    }

    /// Scrolls towards older (positive) or newer entries.
    pub fn scroll_by(&mut self, entries: isize) {
        self.scroll = self.scroll.saturating_add_signed(entries).min(self.entries.len().saturating_sub(1));
    }

    /// The number of newer entries that are scrolled out of sight.
    pub fn newer(&self) -> usize {
        self.scroll
    }

    /// The entries in sight, newest first.
    pub fn visible(&self) -> impl Iterator<Item = &Entry> + Clone {
        self.newest().skip(self.scroll)
    }

    /// All entries, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Entry> + Clone {
        self.entries.iter().rev()
    }

    /// The number of them.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_scrolls_within_itself() {
        let mut log = EventLog::default();
        for step in 0..2 * KEPT as u64 {
            log.push(Entry { step, kind: Kind::Alert, text: "x".into() });
        }
        assert_eq!(log.len(), KEPT);
        assert_eq!(log.visible().next().unwrap().step, 999);
        log.scroll_by(3);
        assert_eq!(log.visible().next().unwrap().step, 996);
        log.push(Entry { step: 1000, kind: Kind::Alert, text: "x".into() });
        assert_eq!(log.visible().next().unwrap().step, 996);
        log.scroll_by(isize::MAX);
        assert_eq!(log.newer(), KEPT - 1);
        log.scroll_by(isize::MIN);
        assert_eq!(log.newer(), 0);
    }
}
