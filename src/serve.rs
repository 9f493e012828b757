//! Everybody who watches a run: the hub in its process, the protocol, and the socket's two ends.

pub mod client;
pub mod hub;
pub mod protocol;
pub mod server;
