//! The state of the list of runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::SystemTime;

use ratatui::layout::Size;
use tui_input::Input;

use super::Listing;
use crate::domain::action::{Action, Context};
use crate::domain::keymap::Keymap;
use crate::run::differences::Keys;
use crate::run::removal::Contents;
use crate::run::row::{Column, Row};
use crate::ui::Options;
use crate::ui::charts::beside::MOST_RUNS;
use crate::ui::draw::glyphs::GlyphSet;
use crate::ui::draw::theme::{Palette, Theme};
use crate::ui::popups::reader::{Line, Reader};
use crate::ui::state::app::Status;

/// The popup over the list.
#[derive(Clone, Debug)]
pub enum Popup {
    /// The filter is typed; what it was before.
    Filter(String),
    /// Something to read.
    Text(Reading),
    /// Whether to remove these.
    Remove(Asked),
}

/// A text to read, and where a person is in it.
#[derive(Clone, Debug)]
pub struct Reading {
    pub title: String,
    pub lines: Vec<Line>,
    pub reader: Reader,
}

/// The question before runs are removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The runs that would go, and what is in their directories.
    pub runs: Vec<(PathBuf, Contents)>,
    /// Why others that were ticked stay.
    pub stay: Vec<String>,
}

/// The list, and what a person has done to it.
#[derive(Debug)]
pub struct RunList {
    pub palette: Palette,
    pub glyphs: GlyphSet,
    pub keymap: Keymap,
    theme: Theme,
    /// The directory that is listed, as a person would type it.
    pub parent: String,
    rows: Vec<Row>,
    /// The time that ages are of.
    pub now: SystemTime,
    /// The column that rows are sorted by, and whether the other way round.
    pub sort: Column,
    pub reversed: bool,
    pub filter: Input,
    /// The run under the cursor, and its place when it was last there.
    cursor: Option<PathBuf>,
    place: usize,
    /// Rows above the first one in sight.
    pub scroll: usize,
    ticked: BTreeSet<PathBuf>,
    configs: BTreeMap<PathBuf, Result<Keys, String>>,
    pub popup: Option<Popup>,
    pub status: Option<Status>,
    pub size: Size,
    /// Whether something visible has changed since the last draw.
    pub dirty: bool,
}

impl RunList {
    /// The list of the directory that a person calls `parent`.
    pub fn new(options: &Options, parent: String, listing: Listing) -> RunList {
        let mut list = RunList {
            palette: options.palette,
            glyphs: options.glyphs,
            keymap: options.keymap.clone(),
            theme: options.theme,
            parent,
            rows: Vec::new(),
            now: listing.at,
            sort: Column::Age,
            reversed: false,
            filter: Input::default(),
            cursor: None,
            place: 0,
            scroll: 0,
            ticked: BTreeSet::new(),
            configs: BTreeMap::new(),
            popup: None,
            status: None,
            size: Size::default(),
            dirty: true,
        };
        list.listed(listing);
        list
    }

    /// Takes in what there is now.
    pub fn listed(&mut self, listing: Listing) {
        self.now = listing.at;
        self.dirty = true;
        match listing.rows {
            Ok(rows) => {
                self.ticked.retain(|dir| rows.iter().any(|row| row.dir == *dir));
                self.configs.retain(|dir, _| rows.iter().any(|row| row.dir == *dir));
                self.rows = rows;
            }
            Err(why) => self.say(why, true),
        }
        self.settle();
    }

    /// Takes in the config of a run.
    pub fn read(&mut self, dir: PathBuf, config: Result<Keys, String>) {
        self.configs.insert(dir, config);
        self.dirty = true;
    }

    /// The runs in sight or side by side whose configs are not known yet.
    pub fn unread(&self) -> Vec<PathBuf> {
        let own = |row: &&Row| matches!(row.kind, crate::run::row::Kind::Own(_));
        let wanted = self.current().into_iter().chain(self.ticked().into_iter().take(MOST_RUNS));
        wanted.filter(own).map(|row| row.dir.clone()).filter(|dir| !self.configs.contains_key(dir)).collect()
    }

    /// The config of a run, if it is known.
    pub fn config(&self, row: &Row) -> Option<&Keys> {
        self.configs.get(&row.dir)?.as_ref().ok()
    }

    /// The problem with the config of a run, if that is known.
    pub fn no_config(&self, row: &Row) -> Option<&str> {
        self.configs.get(&row.dir)?.as_ref().err().map(String::as_str)
    }

    /// The number of all rows, whatever the filter.
    pub fn count(&self) -> usize {
        self.rows.len()
    }

    /// The number of runs that go on.
    pub fn live(&self) -> usize {
        self.rows.iter().filter(|row| row.goes_on()).count()
    }

    /// The rows that have every word of the filter in one of their cells, in order.
    pub fn shown(&self) -> Vec<&Row> {
        let filter = self.filter.value().to_lowercase();
        let passes = |row: &&Row| {
            let wrong = match &row.kind {
                crate::run::row::Kind::Wrong(why) => why.as_str(),
                _ => "",
            };
            let cells = Column::ALL.map(|column| row.cell(column, self.now)).join(" ") + " " + wrong;
            let cells = cells.to_lowercase();
            filter.split_whitespace().all(|word| cells.contains(word))
        };
        let mut rows: Vec<&Row> = self.rows.iter().filter(passes).collect();
        rows.sort_by(|a, b| a.compare(b, self.sort, self.reversed));
        rows
    }

    /// The row of a directory.
    pub fn row(&self, dir: &PathBuf) -> Option<&Row> {
        self.rows.iter().find(|row| row.dir == *dir)
    }

    /// The place of the cursor among the rows that are shown.
    pub fn place(&self) -> usize {
        self.place
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&Row> {
        self.row(self.cursor.as_ref()?)
    }

    /// Puts the cursor on a row that is shown.
    pub fn put(&mut self, place: usize) {
        let shown = self.shown();
        let place = place.min(shown.len().saturating_sub(1));
        self.cursor = shown.get(place).map(|row| row.dir.clone());
        (self.place, self.dirty) = (place, true);
        self.keep_in_sight();
    }

    /// The cursor stays on its run wherever that is now, or where it was if the run is not shown any more.
    pub fn settle(&mut self) {
        let place = self.shown().iter().position(|row| Some(&row.dir) == self.cursor.as_ref());
        self.put(place.unwrap_or(self.place));
    }

    /// The screen has this size.
    pub fn fit(&mut self, size: Size) {
        self.size = size;
        self.keep_in_sight();
    }

    /// Scrolls by as little as brings the cursor into sight.
    fn keep_in_sight(&mut self) {
        let rows = super::draw::rows_in_sight(self.size).max(1);
        let most = self.shown().len().saturating_sub(rows);
        self.scroll = self.scroll.clamp((self.place + 1).saturating_sub(rows), self.place).min(most);
    }

    /// The runs that are ticked, in the order of the list.
    pub fn ticked(&self) -> Vec<&Row> {
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| self.is_ticked(row)).collect();
        rows.sort_by(|a, b| a.compare(b, self.sort, self.reversed));
        rows
    }

    /// Whether a row is ticked.
    pub fn is_ticked(&self, row: &Row) -> bool {
        self.ticked.contains(&row.dir)
    }

    /// Ticks the run under the cursor, or takes its tick away; says whether that could be.
    pub fn tick(&mut self) -> bool {
        let Some(row) = self.current().filter(|row| row.is_run()) else { return false };
        let dir = row.dir.clone();
        if !self.ticked.remove(&dir) {
            self.ticked.insert(dir);
        }
        true
    }

    /// Ticks every run that is shown; where all of them are, none of all.
    pub fn tick_all(&mut self) {
        let shown: Vec<PathBuf> = self.shown().iter().filter(|row| row.is_run()).map(|row| row.dir.clone()).collect();
        match shown.iter().all(|dir| self.ticked.contains(dir)) {
            true => self.ticked.clear(),
            false => self.ticked.extend(shown),
        }
    }

    /// Takes every tick away; says whether there was one.
    pub fn untick(&mut self) -> bool {
        !std::mem::take(&mut self.ticked).is_empty()
    }

    /// Forgets rows that are gone.
    pub fn drop_rows(&mut self, gone: &[PathBuf]) {
        self.rows.retain(|row| !gone.contains(&row.dir));
        self.ticked.retain(|dir| !gone.contains(dir));
        self.settle();
    }

    /// The colours for a background of this brightness, where the terminal has said so.
    pub fn paint_for(&mut self, bright: Option<bool>) {
        self.palette = self.theme.resolve(|name| std::env::var(name).ok(), bright);
        self.dirty = true;
    }

    /// Says something in the footer.
    pub fn say(&mut self, text: impl Into<String>, bad: bool) {
        self.status = Some(Status { text: text.into(), bad });
        self.dirty = true;
    }

    /// Shows a text that must be read, in lines as they are.
    pub fn tell(&mut self, title: &str, lines: Vec<Line>) {
        self.popup = Some(Popup::Text(Reading { title: title.to_owned(), lines, reader: Reader::default() }));
        self.dirty = true;
    }

    /// Where the keyboard's attention is.
    pub fn context(&self) -> Context {
        match &self.popup {
            None => Context::Runs,
            Some(Popup::Filter(_)) => Context::Filter,
            Some(Popup::Text(_)) => Context::Reading,
            Some(Popup::Remove(_)) => Context::Question,
        }
    }

    /// The key of an action where the keyboard's attention is.
    pub fn key(&self, action: Action) -> String {
        self.keymap.first_in(self.context(), action)
    }
}
