//! Lines of other runs on a chart: each run has a number, a colour and a stroke, so that colour alone never tells.

use ratatui::layout::Rect;

use super::chart::{Line, trace, warm};
use super::chart_view::ChartView;
use super::dots::Dots;
use super::ruler::cell;
use super::scale::Measure;
use crate::domain::MetricId;
use crate::history::{History, Stat};
use crate::ui::draw::glyphs::GlyphSet;
use crate::ui::draw::pen::Pen;
use crate::ui::draw::theme::{OTHERS, Role};

/// The most runs that lie over one another: each has a number of one digit.
pub const MOST_RUNS: usize = 9;
/// Cells between two labels on a line.
const LABEL_EVERY: usize = 24;
/// Cells that are drawn and left out, in turn, of each other run's lines.
const STROKES: [(usize, usize); 4] = [(3, 1), (1, 1), (2, 2), (5, 1)];

/// A line of another run.
#[derive(Debug)]
pub struct Beside<'a> {
    /// Its run's place among the others, from 0.
    pub run: usize,
    pub history: &'a History,
    pub metric: MetricId,
    /// The place of the chart's own line of that metric.
    pub layer: usize,
    /// The label that tells it from the run's other line, if it has one on the chart.
    pub initial: &'static str,
}

/// The role of the lines of a run, by its place among the others.
pub fn role(run: usize) -> Role {
    Role::Other((run % OTHERS) as u8)
}

/// The number of a run, by its place among the others: the first run of all is 1.
fn number(run: usize) -> char {
    char::from_digit((run + 2) as u32, 10).unwrap_or('+')
}

/// The look of the lines of a run.
pub fn swatch(pen: &Pen, run: usize) -> String {
    let (on, off) = STROKES[run % STROKES.len()];
    let stroke = match pen.glyphs {
        GlyphSet::Ascii => String::new(),
        _ => (0..6).map(|x| if x % (on + off) < on { '━' } else { ' ' }).collect::<String>().trim_end().to_owned(),
    };
    format!("{}{stroke}", number(run))
}

impl Beside<'_> {
    /// The steps `first..=last`, divided evenly into `columns`.
    pub fn columns(&self, (first, last): (u64, u64), columns: usize) -> Vec<Option<Stat>> {
        (self.history, self.metric).columns(first, last, columns)
    }

    /// Draws the line into the plot of a chart, smooth where that is asked for.
    pub fn draw(&self, pen: &mut Pen, plot: Rect, measure: &Measure, view: &ChartView) {
        let (first, last) = view.window;
        let mut dots = Dots::new(pen.glyphs, plot.width, plot.height);
        let across = dots.size().0;
        let columns = self.columns(view.window, across);
        match view.smoothing.steps(last - first + 1) {
            None => trace::range(&mut dots, 0, &columns, measure),
            Some(steps) => {
                let mut ema = warm(&(self.history, self.metric), view.window, across, steps);
                trace::means(&mut dots, 0, &columns, measure, |stat| ema.push(stat));
            }
        }
        let symbol = (pen.glyphs == GlyphSet::Ascii).then(|| number(self.run));
        dots.paint_stroke(pen, plot, role(self.run), STROKES[self.run % STROKES.len()], symbol);
    }

    /// Writes the run's number on the line, here and there, over whatever stands there.
    pub fn label(&self, pen: &mut Pen, plot: Rect, measure: &Measure, window: (u64, u64)) {
        let label = format!("{}{}", number(self.run), self.initial);
        let columns = self.columns(window, plot.width as usize);
        // Runs do not write in the same columns, nor do the two lines of a run.
        let shift = (7 * self.run + 11 * (self.metric.index() & 1)) % LABEL_EVERY;
        let last = columns.iter().rposition(Option::is_some);
        let room = (plot.width as usize).saturating_sub(label.len());
        let places =
            (0..room).filter(|x| x % LABEL_EVERY == shift || last.is_some_and(|last| last.min(room - 1) == *x));
        for x in places {
            let place = columns[x].and_then(|stat| stat.mean()).map(|mean| measure.place(mean));
            let axis = &measure.axis;
            let Some(place) = place.filter(|place| (axis.low..=axis.high).contains(place)) else { continue };
            let y = plot.y + cell(axis, place, plot.height);
            pen.text(plot.x + x as u16, y, label.len() as u16, &[(role(self.run), &label)]);
        }
    }
}
