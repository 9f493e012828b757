//! What the operating system gives.

pub mod files;
pub mod machine;
pub mod output;
pub mod version;
