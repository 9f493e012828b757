//! The chart of both networks' gradient norms.

use ratatui::layout::Rect;

use super::losses;
use crate::domain::Metric;
use crate::ui::charts::chart_view::ChartId;
use crate::ui::draw::pen::Pen;
use crate::ui::state::app::App;

/// Draws the panel.
pub fn draw(app: &App, pen: &mut Pen, area: Rect) {
    let metrics = [(Metric::CriticGradNorm.into(), "critic"), (Metric::GeneratorGradNorm.into(), "generator")];
    losses::panel(app, pen, area, ChartId::Gradients, "gradient norms", &metrics);
}
