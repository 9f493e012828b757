//! Lines over the steps, and what a person chose about them.

pub mod axis;
pub mod beside;
pub mod chart;
pub mod chart_view;
pub mod declared;
pub mod dots;
pub mod ruler;
pub mod scale;
pub mod smoothing;
pub mod zoom;
