//! What cargo does not do for a shared library by itself: its SONAME, and that it stays loaded.

use std::{env, fs, path::PathBuf};

fn main() {
    let manifest =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let text = fs::read_to_string(&manifest).expect("Cargo.toml is readable");
    let abi =
        text.lines().find_map(|line| line.strip_prefix("abi = ")).expect("Cargo.toml names the ABI number").trim();

    println!("cargo:rustc-env=DLOPS_ABI={abi}");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libdlops.so.{abi}");
    // MPI calls the attribute callbacks that live in this library until MPI_Finalize, also after a dlclose.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");

    println!("cargo:rerun-if-changed=Cargo.toml");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=MPICC");
}
