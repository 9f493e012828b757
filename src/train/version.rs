//! The parts of the program and the devices that it sees.

use crate::system::version::{LIBTORCH, TCH};

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
    fn versions_name_all_three_and_the_cpu() {
        let text = versions();
        assert!(text.starts_with("gantop "), "{text}");
        assert!(text.contains("tch 0.") && text.contains("libtorch 2."), "{text}");
        assert!(text.contains("devices: cpu"), "{text}");
    }
}
