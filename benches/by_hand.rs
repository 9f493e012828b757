//! Benchmarks of the built program that are run by hand.

use clap::Parser;

/// The arguments, or none where there is nothing to measure: in a run of the tests, not by `cargo bench`, which says so.
pub fn args<A: Parser>(measures: &str) -> Option<A> {
    if std::env::args().any(|arg| arg == "--bench") {
        return Some(A::parse_from(std::env::args().filter(|arg| arg != "--bench")));
    }
    println!("skipped: only `cargo bench` measures {measures}");
    None
}
