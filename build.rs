//! Links this crate's programs so that they find libtorch from any directory and, where it is a CUDA build, use CUDA.
//!
//! rustc passes `--as-needed`, and nothing in gantop names a symbol of `libtorch_cuda.so`: without
//! `--no-as-needed` the linker drops it and the program says there is no CUDA on a machine that has it. `libtorch.so`
//! depends on every library of its build, so keeping that one is enough for the CPU layout and the CUDA one alike.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Nothing is linked for documentation alone.
    if std::env::var_os("CARGO_FEATURE_DOC_ONLY").is_some() {
        return;
    }
    let Some(lib) = std::env::var_os("DEP_TCH_LIBTORCH_LIB") else {
        println!("cargo::error=torch-sys did not say where libtorch is; run scripts/libtorch and build again");
        return;
    };
    let lib = Path::new(&lib);
    let shared = if cfg!(target_os = "macos") { "libtorch.dylib" } else { "libtorch.so" };
    if !lib.join(shared).exists() {
        println!("cargo::error=there is no {shared} in {}; run scripts/libtorch and build again", lib.display());
        // Looked at again every time, until it is there.
        println!("cargo::rerun-if-changed={}", lib.join(shared).display());
        return;
    }
    // scripts/libtorch writes this anew when it puts another libtorch in the same place.
    let version = lib.with_file_name("build-version");
    if version.exists() {
        println!("cargo::rerun-if-changed={}", version.display());
    }
    // -Xlinker, because -Wl would split a path at its commas.
    let mut args = vec!["-Xlinker", "-rpath", "-Xlinker"];
    let path = lib.to_string_lossy();
    args.push(&path);
    if cfg!(target_os = "linux") {
        // An rpath proper goes before LD_LIBRARY_PATH, where another libtorch may lie.
        args.extend(["-Wl,--disable-new-dtags", "-Wl,--no-as-needed", "-ltorch", "-Wl,--as-needed"]);
    }
    for arg in args {
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
