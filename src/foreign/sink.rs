//! Where what the files of a run say comes together: tags become metrics, values of one step a record, and a step that
//! goes back a branch.

use std::collections::HashMap;

use super::pictures::Waiting;
use super::recognise::{Assigned, plain, recognise};
use crate::domain::metric::MOST_FOREIGN;
use crate::domain::{MetricId, MetricInfo, MetricTable, Metrics, StepRecord};
use crate::system::output::is_unsafe;

/// Records in a report.
const BATCH: usize = 512;
/// The most characters of a tag that are shown.
const LONGEST: usize = 120;
/// And of a note.
const LONGEST_NOTE: usize = 600;
/// A tag of more bytes is none.
const MOST_BYTES: usize = 4096;

/// The reports to be told, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// The run has these metrics.
    Metrics(MetricTable),
    Steps(Vec<StepRecord>),
    /// The run went back: what came after this step, up to which it had come, is of another branch.
    Back {
        from: u64,
        to: u64,
    },
    /// Something a person should know.
    Trouble(String),
    /// A note of the run on itself at a step.
    Note(u64, String),
}

/// The file of a run that is read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The prefix of its tags.
    pub prefix: String,
    /// Its place among the run's files.
    pub file: usize,
    /// Whether a step that goes back in it is the whole run's: not of one that lies beside the run's own.
    pub leads: bool,
}

/// A metric as far as it has come.
#[derive(Clone, Debug)]
struct Last {
    step: u64,
    file: usize,
}

/// The way a person wants files to be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The number that steps are divided by.
    pub divide: u64,
    /// Tags that belong to a place on the overview, whatever they look like.
    pub assigned: Vec<Assigned>,
}

impl Default for Reading {
    fn default() -> Reading {
        Reading { divide: 1, assigned: Vec::new() }
    }
}

impl Reading {
    /// The figure under a tag; `name` is the tag, fit for a screen.
    fn info(&self, tag: &str, name: String) -> MetricInfo {
        if let Some(assigned) = self.assigned.iter().find(|assigned| assigned.tag == tag) {
            return assigned.place.take(plain(name));
        }
        let info = recognise(tag, name.clone());
        // A place that a person has given away is taken.
        let taken = |assigned: &Assigned| {
            let there = assigned.place.take(plain(name.clone()));
            (there.group, there.label) == (info.group.clone(), info.label.clone())
        };
        if info.front && self.assigned.iter().any(taken) { plain(name) } else { info }
    }
}

/// The contents of a run's files, gathered.
#[derive(Debug, Default)]
pub struct Sink {
    /// Metrics by their prefix and tag; none for those beyond the most.
    places: HashMap<String, usize>,
    metrics: Vec<MetricInfo>,
    last: Vec<Option<Last>>,
    /// Whether the metrics have changed since they were told.
    news: bool,
    /// Whether it was told that there are too many.
    told_too_many: bool,
    origin: Origin,
    reading: Reading,
    /// The wall time of the first record, in seconds, and how long after it the last one came.
    began: Option<f64>,
    seconds: f64,
    /// The step whose values come in.
    current: Option<StepRecord>,
    batch: Vec<StepRecord>,
    said: Vec<Said>,
    /// Pictures of samples.
    pub pictures: Waiting,
    key: String,
}

impl Sink {
    pub fn new(reading: Reading) -> Sink {
        Sink { reading, ..Sink::default() }
    }

    /// From now on a file of this origin is read.
    pub fn read_from(&mut self, origin: &Origin) {
        if self.origin != *origin {
            self.end_record();
            self.origin = origin.clone();
        }
    }

    /// The values that follow are of this step, at this wall time in seconds if that is known.
    pub fn begin(&mut self, step: u64, time: Option<f64>) {
        let step = step / self.reading.divide.max(1);
        if let Some(time) = time.filter(|time| time.is_finite()) {
            let began = *self.began.get_or_insert(time);
            self.seconds = (time - began).max(0.0);
        }
        match &mut self.current {
            Some(record) if record.step == step => record.seconds = self.seconds,
            _ => {
                self.end_record();
                self.current = Some(StepRecord { step, seconds: self.seconds, values: Metrics::none() });
            }
        }
    }

    /// The value of a tag at the step that was begun. Where the tag has had this step before, a later file says it
    /// anew; `alone`: the tag may go back by itself, and the run goes on.
    pub fn value(&mut self, tag: &str, value: f32, alone: bool) {
        let Some(at) = self.place(tag) else { return };
        let Some(step) = self.current.as_ref().map(|record| record.step) else { return };
        let file = self.origin.file;
        if let Some(last) = &self.last[at] {
            let gone_back = step < last.step && self.origin.leads && !(alone && last.file == file);
            if gone_back {
                let (from, values) = (last.step, self.current.take());
                self.go_back(from, step.saturating_sub(1));
                self.current = values;
            }
        }
        self.last[at] = Some(Last { step, file });
        if let Some(record) = &mut self.current {
            record.values.set(MetricId::of_declared(at), value);
        }
    }

    /// Forgets what the file said of this step and later ones.
    pub fn forget_from(&mut self, step: u64) {
        let step = step / self.reading.divide.max(1);
        if let Some(last) = self.last_step().filter(|last| *last >= step && self.origin.leads) {
            self.end_record();
            self.go_back(last, step.saturating_sub(1));
        }
    }

    /// The run says this of itself at the step that was begun.
    pub fn note(&mut self, text: &str) {
        let step = self.current.as_ref().map_or(0, |record| record.step);
        self.said.push(Said::Note(step, fit_to(text, LONGEST_NOTE)));
    }

    /// Pictures of the step that was begun.
    pub fn picture(&mut self, tag: &str, files: &[&[u8]]) {
        let step = self.current.as_ref().map_or(0, |record| record.step);
        self.pictures.push(step, &format!("{}{tag}", self.origin.prefix), files);
    }

    /// Begins a branch: what came after `to` is of another one.
    pub fn go_back(&mut self, from: u64, to: u64) {
        self.flush();
        self.pictures.rewind(to);
        for last in self.last.iter_mut().flatten() {
            last.step = last.step.min(to);
        }
        self.said.push(Said::Back { from, to });
    }

    /// The last step of any metric.
    pub fn last_step(&self) -> Option<u64> {
        self.last.iter().flatten().map(|last| last.step).max()
    }

    /// Something is wrong with a file.
    pub fn trouble(&mut self, text: String) {
        self.said.push(Said::Trouble(text));
    }

    /// All will be read anew: what was told so far is void.
    pub fn restart(&mut self) {
        let from = self.last_step();
        self.current = None;
        self.batch.clear();
        self.pictures = Waiting::default();
        self.last.iter_mut().for_each(|last| *last = None);
        (self.began, self.seconds) = (None, 0.0);
        if let Some(from) = from {
            self.said.push(Said::Back { from, to: 0 });
        }
    }

    /// The reports since the last time; the step that was begun last may go on.
    pub fn take(&mut self) -> Vec<Said> {
        self.flush_batch();
        std::mem::take(&mut self.said)
    }

    /// No more values of the step that was begun come.
    pub fn end_record(&mut self) {
        let Some(record) = self.current.take() else { return };
        if record.values.others().is_empty() {
            return;
        }
        self.batch.push(record);
        if self.batch.len() >= BATCH {
            self.flush_batch();
        }
    }

    fn flush(&mut self) {
        self.end_record();
        self.flush_batch();
    }

    fn flush_batch(&mut self) {
        if self.news {
            self.news = false;
            self.said.push(Said::Metrics(MetricTable::foreign(&self.metrics)));
        }
        if !self.batch.is_empty() {
            self.said.push(Said::Steps(std::mem::take(&mut self.batch)));
        }
    }

    /// The place of a tag's metric; none where there are too many.
    fn place(&mut self, tag: &str) -> Option<usize> {
        self.key.clear();
        self.key.push_str(&self.origin.prefix);
        // The directories of `add_scalars` already say the tag.
        match self.origin.prefix.strip_prefix(tag) {
            Some(rest) if !tag.is_empty() && rest.starts_with(['/', '_']) && rest.len() > 1 => drop(self.key.pop()),
            _ => self.key.push_str(tag),
        }
        if let Some(at) = self.places.get(&self.key) {
            return Some(*at);
        }
        if tag.len() > MOST_BYTES || self.metrics.len() == MOST_FOREIGN {
            if !self.told_too_many {
                self.told_too_many = true;
                let why = match tag.len() > MOST_BYTES {
                    true => format!("a tag of more than {MOST_BYTES} bytes is passed over"),
                    false => format!(
                        "more than {MOST_FOREIGN} metrics: those that came later, {} first, are left out",
                        fit(tag)
                    ),
                };
                self.trouble(why);
            }
            return None;
        }
        let mut info = self.reading.info(&self.key, fit(&self.key));
        // Two lines that say the same could not be told apart.
        let taken = |other: &MetricInfo| other.front && (&other.group, &other.label) == (&info.group, &info.label);
        if info.front && self.metrics.iter().any(taken) {
            info = plain(info.name.into_owned());
        }
        self.metrics.push(info);
        self.last.push(None);
        self.places.insert(self.key.clone(), self.metrics.len() - 1);
        self.news = true;
        Some(self.metrics.len() - 1)
    }
}

/// A tag as it may be shown: what commands a terminal is written out, and what is too long is cut.
pub fn fit(tag: &str) -> String {
    fit_to(tag, LONGEST)
}

fn fit_to(tag: &str, longest: usize) -> String {
    let mut text = String::new();
    for (i, c) in tag.chars().enumerate() {
        if i == longest {
            text.push('…');
            break;
        }
        if is_unsafe(c) { text.extend(c.escape_unicode()) } else { text.push(c) }
    }
    if text.is_empty() { "(no name)".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(said: &[Said]) -> Vec<(u64, usize)> {
        let records = said.iter().filter_map(|said| match said {
            Said::Steps(records) => Some(records),
            _ => None,
        });
        records.flatten().map(|record| (record.step, record.values.others().len())).collect()
    }

    #[test]
    fn values_of_a_step_are_a_record_and_tags_are_told_before_them() {
        let mut sink = Sink::new(Reading::default());
        for (step, tag) in [(1, "a"), (1, "b"), (2, "a"), (2, "b")] {
            sink.begin(step, Some(1000.0 + step as f64));
            sink.value(tag, step as f32, false);
        }
        let said = sink.take();
        assert!(matches!(&said[0], Said::Metrics(table) if table.declared().len() == 2));
        assert_eq!(steps(&said), [(1, 2)]);
        sink.end_record();
        let said = sink.take();
        assert!(matches!(&said[..], [Said::Steps(records)] if records[0].seconds == 1.0 && records.len() == 1));
    }

    #[test]
    fn a_step_that_goes_back_is_told_once_and_a_repeated_one_is_not() {
        let mut sink = Sink::new(Reading::default());
        sink.read_from(&Origin { leads: true, ..Origin::default() });
        for step in [1, 2, 3, 3, 2, 3, 4] {
            sink.begin(step, None);
            sink.value("a", 0.0, false);
            sink.value("b", 0.0, false);
        }
        sink.end_record();
        let said = sink.take();
        let backs: Vec<&Said> = said.iter().filter(|said| matches!(said, Said::Back { .. })).collect();
        assert_eq!(backs, [&Said::Back { from: 3, to: 1 }]);
        assert_eq!(steps(&said), [(1, 2), (2, 2), (3, 2), (2, 2), (3, 2), (4, 2)]);
        // A tag that may go back alone does not take the run with it, unless another file says so.
        sink.begin(1, None);
        sink.value("a", 0.0, true);
        assert!(!sink.take().iter().any(|said| matches!(said, Said::Back { .. })));
        sink.read_from(&Origin { leads: true, file: 1, ..Origin::default() });
        sink.begin(2, None);
        sink.value("b", 0.0, true);
        assert!(sink.take().contains(&Said::Back { from: 4, to: 1 }));
    }

    #[test]
    fn tags_are_bounded_and_shown_escaped() {
        let mut sink = Sink::new(Reading { divide: 2, ..Reading::default() });
        for i in 0..2000 {
            sink.begin(10, None);
            sink.value(&format!("\u{1b}]0;x\u{7}{i}"), 1.0, false);
        }
        sink.end_record();
        let said = sink.take();
        let troubles: Vec<&Said> = said.iter().filter(|said| matches!(said, Said::Trouble(_))).collect();
        assert!(matches!(&troubles[..], [Said::Trouble(text)] if text.contains("more than 512")), "{troubles:?}");
        assert!(said.iter().any(|said| matches!(said, Said::Metrics(table)
            if table.declared().len() == 512 && table.declared()[0].name == "\\u{1b}]0;x\\u{7}0")));
        assert_eq!(steps(&said), [(5, 512)]);
        assert_eq!(fit(&"x".repeat(500)).chars().count(), 121);
    }

    #[test]
    fn a_tag_stands_where_a_person_puts_it() {
        let assigned = ["critic-loss=adv", "overview=d_loss"].map(|text| text.parse().unwrap()).into();
        let mut sink = Sink::new(Reading { assigned, ..Reading::default() });
        sink.begin(1, None);
        for tag in ["d_loss", "loss_d", "adv"] {
            sink.value(tag, 1.0, false);
        }
        let groups: Vec<_> = sink.metrics.iter().map(|info| (info.group.to_string(), info.front)).collect();
        assert_eq!(groups, [("d_loss".to_owned(), true), ("loss_d".to_owned(), false), ("losses".to_owned(), true)]);
    }

    #[test]
    fn a_place_on_the_overview_is_taken_once() {
        let mut sink = Sink::new(Reading::default());
        sink.begin(1, None);
        for tag in ["train/d_loss", "d_loss"] {
            sink.value(tag, 1.0, false);
        }
        let groups: Vec<_> = sink.metrics.iter().map(|info| (info.group.to_string(), info.front)).collect();
        assert_eq!(groups, [("losses".to_owned(), true), ("d_loss".to_owned(), false)]);
    }
}
