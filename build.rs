//! Links this crate's programs so that they find libtorch and, where it is a CUDA build, really use CUDA.
//!
//! rustc passes `--as-needed`, and nothing in gantop names a symbol of `libtorch_cuda.so`: without
//! `--no-as-needed` the linker drops it and the program says there is no CUDA on a machine that has it. `libtorch.so`
//! depends on every library of its build, so keeping that one is enough for the CPU layout and the CUDA one alike.

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
}
