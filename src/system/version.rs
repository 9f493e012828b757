//! The versions of what the program is made of.

/// The version of tch, which Cargo.lock fixes.
pub const TCH: &str = "0.24.0";

/// libtorch's version, as found when gantop was built.
pub const LIBTORCH: &str = match option_env!("GANTOP_LIBTORCH") {
    Some(version) => version,
    None => "of unknown version",
};

/// The parts of the program, with versions.
pub const PARTS: [(&str, &str); 3] = [("gantop", env!("CARGO_PKG_VERSION")), ("tch", TCH), ("libtorch", LIBTORCH)];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tch_is_the_locked_version() {
        let lock = include_str!("../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"tch\"\nversion = \"{TCH}\"")));
    }
}
