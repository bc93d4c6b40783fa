//! `include/dlops.h` is what cbindgen makes of `src/capi`, and it is fit for C and C++ programs.
//!
//! `DLOPS_BLESS=1 cargo test --test header` writes the file.

#[path = "header/generate.rs"]
mod generate;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn committed() -> PathBuf {
    root().join("include/dlops.h")
}

#[test]
fn committed_header_is_the_generated_one() {
    let header = generate::header(root(), env!("CARGO_PKG_VERSION"), env!("DLOPS_ABI"));
    if std::env::var_os("DLOPS_BLESS").is_some() {
        std::fs::write(committed(), header).expect("include/ is writable");
        return;
    }
    let old = std::fs::read_to_string(committed()).unwrap_or_default();
    if let Some((k, (old, new))) = old.lines().zip(header.lines()).enumerate().find(|(_, (old, new))| old != new) {
        panic!("include/dlops.h differs from src/capi at line {}:\n-{old}\n+{new}\n{HOW}", k + 1);
    }
    assert_eq!(
        old.lines().count(),
        header.lines().count(),
        "include/dlops.h is shorter or longer than src/capi\n{HOW}"
    );
}

const HOW: &str = "write it with scripts/test --bless";

#[test]
fn each_version_macro_holds_its_own_number() {
    let macros = generate::version_macros("3.14.15");
    for line in [
        "#define DLOPS_VERSION_MAJOR 3\n",
        "#define DLOPS_VERSION_MINOR 14\n",
        "#define DLOPS_VERSION_PATCH 15\n",
        "#define DLOPS_VERSION \"3.14.15\"\n",
    ] {
        assert!(macros.contains(line), "{line:?} is missing from\n{macros}");
    }
}

/// Every function says whether all ranks must call it, and its status cannot be overlooked.
#[test]
fn every_function_is_documented() {
    let header = std::fs::read_to_string(committed()).expect("include/dlops.h is committed");
    let functions: Vec<_> = header.split("\n\n").filter(|block| generate::function_name(block).is_some()).collect();
    assert!(!functions.is_empty(), "include/dlops.h declares no function");
    for block in functions {
        let name = generate::function_name(block).expect("only functions are left");
        assert!(block.starts_with("/**"), "{name} has no comment");
        assert!(block.contains("Collective") || block.contains("Local"), "{name} says neither Collective nor Local");
        let fallible = block.lines().any(generate::must_check);
        assert_eq!(fallible, block.contains("DLOPS_MUST_CHECK"), "{name}: DLOPS_MUST_CHECK goes with dlops_status");
    }
}

#[test]
fn compiles_alone_as_c_and_as_cpp() {
    compile("cc", &["-x", "c", "-std=c99"], "#include <dlops.h>\n");
    compile("c++", &["-x", "c++", "-std=c++11"], "#include <dlops.h>\n");
    compile("c++", &["-x", "c++", "-std=c++17"], "#include <dlops.h>\n");
}

fn compile(compiler: &str, flags: &[&str], source: &str) {
    let mut child = Command::new(compiler)
        .args(["-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(flags)
        .arg("-I")
        .arg(root().join("include"))
        .arg("-")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{compiler}: {e}"));
    child.stdin.take().expect("piped").write_all(source.as_bytes()).expect("the compiler reads its input");
    assert!(child.wait().expect("the compiler ran").success(), "{compiler} {flags:?} refuses include/dlops.h");
}
