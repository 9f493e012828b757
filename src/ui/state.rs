//! The dashboard's state: what was reported, what was asked for, and what the person looks at.

pub mod alerts;
pub mod analyst_handle;
pub mod app;
pub mod attached;
pub mod chart_filter;
pub mod evaluations;
pub mod event_log;
pub mod load_sampler;
pub mod pacer;
pub mod past;
mod popup;
pub mod subject;
pub mod truths;
pub mod viewing;
