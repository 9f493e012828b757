//! The chart of both networks' gradient norms.

use ratatui::layout::Rect;

use super::app::App;
use super::look::ChartId;
use super::losses;
use super::pen::Pen;
use crate::link::Metric;

/// Draws the panel.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let metrics = [(Metric::CriticGradNorm.into(), "critic"), (Metric::GeneratorGradNorm.into(), "generator")];
    losses::panel(app, pen, area, ChartId::Gradients, "gradient norms", &metrics);
}
