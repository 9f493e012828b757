//! What the program is made of and what it sees.

/// The version of tch, which Cargo.lock fixes.
const TCH: &str = "0.24.0";

/// libtorch's version, as found when gantop was built.
const LIBTORCH: &str = match option_env!("GANTOP_LIBTORCH") {
    Some(version) => version,
    None => "of unknown version",
};

/// What the program is made of, with versions.
pub const PARTS: [(&str, &str); 3] = [("gantop", env!("CARGO_PKG_VERSION")), ("tch", TCH), ("libtorch", LIBTORCH)];

/// gantop's, tch's and libtorch's versions and the devices seen, on a few lines.
pub fn versions() -> String {
    let devices: Vec<String> = std::iter::once("cpu".to_owned())
        .chain((0..super::device::cuda_devices()).map(|i| format!("cuda:{i}")))
        .collect();
    format!("gantop {}\ntch {TCH}, libtorch {LIBTORCH}\ndevices: {}", env!("CARGO_PKG_VERSION"), devices.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tch_is_the_locked_version() {
        let lock = include_str!("../../Cargo.lock");
        assert!(lock.contains(&format!("name = \"tch\"\nversion = \"{TCH}\"")));
    }

    #[test]
    fn versions_name_all_three_and_the_cpu() {
        let text = versions();
        assert!(text.starts_with("gantop "), "{text}");
        assert!(text.contains("tch 0.") && text.contains("libtorch 2."), "{text}");
        assert!(text.contains("devices: cpu"), "{text}");
    }
}
