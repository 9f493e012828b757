//! The survey of images that lie as files: what was found, and what came of it.

use std::collections::BTreeMap;
use std::fmt;

use super::note::{Note, Notes};
use crate::system::output::one_line;

/// The number of files of a kind that are told by name.
pub const MOST_TOLD: usize = 5;
/// The most names of a kind that are kept.
const MOST_KEPT: usize = 1000;

/// The files that were found, and what came of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// The number of images of each note.
    pub notes: BTreeMap<Note, usize>,
    /// The number of images of each size, across and down, upright, as they lie in their files.
    pub sizes: BTreeMap<(u32, u32), usize>,
    /// Files that cannot be used, the first thousand of them.
    pub bad: Vec<Bad>,
    /// The number of these.
    pub bad_count: usize,
    /// Files and folders that are hidden.
    pub hidden: usize,
    /// Files with other endings than those of images.
    pub others: usize,
    /// The first of their names.
    pub other_names: Vec<String>,
    /// Links to folders that had been looked into already.
    pub circles: usize,
    /// The names of the classes, in the order of the labels.
    pub classes: Vec<String>,
    /// Why there are no labels, where somebody might expect them.
    pub unlabelled: Option<&'static str>,
    /// The further notes, a line each.
    pub remarks: Vec<String>,
}

/// A file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    pub name: String,
    pub why: String,
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", one_line(&self.name), one_line(&self.why))
    }
}

impl Survey {
    pub(super) fn add_bad(&mut self, name: String, why: String) {
        self.bad_count += 1;
        if self.bad.len() < MOST_KEPT {
            self.bad.push(Bad { name, why });
        }
    }

    pub(super) fn add_other(&mut self, name: String) {
        self.others += 1;
        if self.other_names.len() < MOST_TOLD {
            self.other_names.push(name);
        }
    }

    pub(super) fn add(&mut self, notes: Notes, size: (u32, u32)) {
        *self.sizes.entry(size).or_default() += 1;
        for note in Note::ALL.into_iter().filter(|note| notes.has(*note)) {
            *self.notes.entry(note).or_default() += 1;
        }
    }

    /// The notes about images that are used, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.notes.iter().map(|(note, count)| format!("{count} {}", note.words())).collect();
        if self.bad_count > 0 {
            let named: Vec<String> = self.bad.iter().take(MOST_TOLD).map(Bad::to_string).collect();
            let more = self.bad_count - named.len().min(self.bad_count);
            let more = if more > 0 { format!("; and {more} more") } else { String::new() };
            lines.push(format!("{} passed over that cannot be used: {}{more}", self.bad_count, named.join("; ")));
        }
        if self.others > 0 {
            let named: Vec<String> = self.other_names.iter().map(|name| one_line(name)).collect();
            let more = if self.others > named.len() { ", …" } else { "" };
            lines.push(format!("{} files of other kinds: {}{more}", self.others, named.join(", ")));
        }
        if self.hidden > 0 {
            lines.push(format!("{} hidden files and folders left alone", self.hidden));
        }
        if self.circles > 0 {
            lines.push(format!("{} links to folders that had been read already not followed", self.circles));
        }
        lines.extend(self.unlabelled.map(|why| format!("no labels: {why}")));
        lines.extend(self.remarks.iter().cloned());
        lines
    }
}
