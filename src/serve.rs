//! Everybody who watches a run: the hub in its process, the protocol, and the socket's two ends.
//!
//! It uses `domain`, `system`, `theory`, `config`, `link` and `run`. Start reading at [`hub`], then [`protocol`].

pub mod client;
pub mod hub;
pub mod protocol;
pub mod server;
