//! A progress bar with the losses, for a terminal, and a line for everything that happens.

use std::io::{self, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Ending, Event, Passed, View};
use crate::domain::{Metric, Metrics, StepRecord, format};
use crate::link::{self, RunInfo};
use crate::truth::{Analysis, Density, EarthMover, Modes};

/// Draws a progress bar, and writes lines above it.
pub struct Bar<'a> {
    bar: ProgressBar,
    out: &'a mut dyn Write,
}

impl<'a> Bar<'a> {
    /// Draws on `target`, and writes lines to `out`; both are the same terminal, or none.
    pub fn new(target: ProgressDrawTarget, out: &'a mut dyn Write) -> Bar<'a> {
        Bar { bar: ProgressBar::with_draw_target(None, target), out }
    }

    /// Writes a line, with the bar out of the way.
    fn line(&mut self, text: &str) -> io::Result<()> {
        self.bar.suspend(|| {
            writeln!(self.out, "{text}")?;
            self.out.flush()
        })
    }
}

impl View for Bar<'_> {
    fn is_due(&self, passed: Passed) -> bool {
        passed.time >= Duration::from_millis(125)
    }

    fn needs_terminal(&self) -> bool {
        true
    }

    fn started(&mut self, info: &RunInfo) -> io::Result<()> {
        let template = if info.config.steps == 0 {
            "{pos} steps  {prefix}  {elapsed}\n{msg}"
        } else {
            self.bar.set_length(info.config.steps);
            "{wide_bar} {pos}/{len} steps  {prefix}  {eta} left\n{msg}"
        };
        let style = ProgressStyle::with_template(template).map_err(io::Error::other)?;
        self.bar.set_style(style.progress_chars("=> "));
        self.line(&format!(
            "{}: seed {}, on {} with {} ({}), {} engine",
            info.config.name,
            info.config.seed,
            info.device,
            link::threads(info.threads),
            info.threads_why,
            info.engine.name()
        ))
    }

    fn step(&mut self, record: &StepRecord, rate: Option<f64>) -> io::Result<()> {
        if let Some(rate) = rate {
            self.bar.set_prefix(format!("{rate:.0} steps/s"));
        }
        self.bar.set_message(figures(&record.values));
        self.bar.set_position(record.step);
        Ok(())
    }

    fn event(&mut self, event: Event) -> io::Result<()> {
        let because = |why: &Option<String>| why.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
        self.line(&match event {
            Event::State(e) => format!("step {}: {}{}", e.step, e.state, because(&e.sentence())),
            Event::Applied(e) => format!("step {}: {} {} -> {}{}", e.step, e.what, e.old, e.new, because(&e.note)),
            Event::Rejected(e) => format!("step {}: {} refused: {}", e.step, e.what, e.why),
            Event::Saved(e) => format!("step {}: {e}", e.step),
            Event::Restored(e) => format!("step {}: {e}", e.to),
            Event::Evaluation(e) => format!("step {}: {}", e.step, e.sentence().unwrap_or_default()),
            Event::Alert(e) => format!("step {}: {}", e.step, e.text),
        })
    }

    fn ended(&mut self, ending: &Ending) -> io::Result<()> {
        self.bar.finish_and_clear();
        let exit = ending.outcome.exit.name();
        let Some(summary) = &ending.outcome.summary else { return writeln!(self.out, "{exit}") };
        writeln!(
            self.out,
            "{exit}: {} steps in {:.1} s, {:.1} steps/s, on {} with {}",
            summary.steps,
            summary.seconds,
            summary.steps_per_second(),
            summary.device,
            link::threads(summary.threads)
        )?;
        if let Some(metrics) = &summary.metrics {
            writeln!(self.out, "{}", figures(metrics))?;
        }
        if let Some(analysis) = &ending.analysis {
            truths(self.out, analysis)?;
        }
        self.out.flush()
    }
}

/// The findings about the last snapshot.
fn truths(out: &mut dyn Write, analysis: &Analysis) -> io::Result<()> {
    if let Some(EarthMover { exact, samples, critic }) = analysis.em {
        let critic = critic.map_or_else(String::new, |critic| format!(", by the critic {}", number(critic as f32)));
        writeln!(out, "Earth Mover's distance {} ({samples} samples){critic}", number(exact as f32))?;
    }
    if let Some(truth) = &analysis.truth {
        let figure = |d: f64| truth.error.map_or_else(|| number(d as f32), |error| format::estimate(d, error));
        let divergence = truth.divergence.map_or_else(String::new, |d| format!("divergence {}, ", figure(d)));
        let density = match truth.density {
            Density::Exact => "known",
            Density::Kernel => "estimated from samples",
        };
        writeln!(out, "{divergence}bound {}, the generator's density {density}", number(truth.bound as f32))?;
    }
    if let Some(Modes { coverage, ceiling, samples, .. }) = &analysis.modes {
        let [good, most] = [coverage.good_share, *ceiling].map(|share| 100.0 * share);
        let (covered, modes) = (coverage.covered, coverage.modes);
        let line = format!("{covered} of {modes} modes covered, {good:.1} % of {samples} samples good");
        writeln!(out, "{line}; {most:.1} % of true samples are")?;
    }
    Ok(())
}

/// The losses and the bound, in a line.
fn figures(metrics: &Metrics) -> String {
    let figure = |metric: Metric| number(metrics[metric]);
    format!(
        "critic loss {}  generator loss {}  bound {}",
        figure(Metric::CriticLoss),
        figure(Metric::GeneratorLoss),
        figure(Metric::Bound)
    )
}

/// A number in few digits, of whatever size.
fn number(value: f32) -> String {
    let size = value.abs();
    if size == 0.0 || !size.is_finite() || (1e-3..1e4).contains(&size) {
        format!("{value:.4}")
    } else {
        format!("{value:.2e}")
    }
}
