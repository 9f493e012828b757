//! Links this crate's programs so that they find libtorch and, where it is a CUDA build, really use CUDA.
//!
//! rustc passes `--as-needed`, and nothing in gantop names a symbol of `libtorch_cuda.so`: without
//! `--no-as-needed` the linker drops it and the program says there is no CUDA on a machine that has it. `libtorch.so`
//! depends on every library of its build, so keeping that one is enough for the CPU layout and the CUDA one alike.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    let Ok(lib) = std::env::var("DEP_TCH_LIBTORCH_LIB") else {
        println!("cargo::error=torch-sys did not say where libtorch is; run scripts/libtorch and build again");
        return;
    };
    println!("cargo::rustc-link-arg=-Wl,-rpath,{lib}");
    for arg in ["-Wl,--no-as-needed", "-ltorch", "-Wl,--as-needed"] {
        println!("cargo::rustc-link-arg={arg}");
    }
    if let Some(version) = libtorch_version(Path::new(&lib)) {
        println!("cargo::rustc-env=GANTOP_LIBTORCH={version}");
    }
}

/// The version that libtorch's headers name; tch has no call that tells it.
fn libtorch_version(lib: &Path) -> Option<String> {
    let include = lib.parent()?.join("include/torch");
    let header = ["headeronly/version.h", "csrc/api/include/torch/version.h"].iter().find_map(|path| {
        std::fs::read_to_string(include.join(path)).ok().filter(|text| text.contains("VERSION_MAJOR"))
    })?;
    let part = |name: &str| {
        let value = header.lines().find_map(|line| line.strip_prefix(&format!("#define TORCH_VERSION_{name} ")))?;
        value.trim().parse::<u32>().ok()
    };
    Some(format!("{}.{}.{}", part("MAJOR")?, part("MINOR")?, part("PATCH")?))
}
