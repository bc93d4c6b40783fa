//! From `src/capi` to the text of `dlops.h`: declarations by cbindgen, grouped by the file that they come from, so that
//! the header reads from top to bottom object by object.

use dlops::error::Status;
use std::collections::HashMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The files below `src` in the order in which the header presents them, each with its heading. A type is declared
/// before the files that use it; opaque handles come first of all.
const SECTIONS: &[(&str, &str)] = &[
    ("capi/mod.rs", "Status"),
    ("capi/border.rs", "Status"),
    ("capi/library.rs", "Library"),
    ("capi/handle.rs", "Objects"),
    ("comm/table.rs", "Contexts"),
    ("capi/host.rs", "Contexts"),
    ("capi/context_options.rs", "Contexts"),
    ("capi/context.rs", "Contexts"),
    ("capi/context_log.rs", "Contexts"),
    ("capi/context_profile.rs", "Contexts"),
    ("capi/transport.rs", "Devices"),
    ("capi/device.rs", "Devices"),
    ("capi/event.rs", "Devices"),
    ("capi/space.rs", "Spaces"),
    ("capi/distribution.rs", "Spaces"),
    ("capi/space_state.rs", "Spaces"),
    ("capi/array.rs", "Arrays"),
    ("capi/dlpack.rs", "Arrays"),
    ("capi/transfer.rs", "Arrays"),
    ("capi/npy.rs", "Arrays"),
    ("capi/vector.rs", "Vectors"),
    ("capi/norms.rs", "Vectors"),
    ("capi/kernel.rs", "Kernels"),
    ("capi/kernel_reduction.rs", "Kernels"),
    ("capi/kernel_launch.rs", "Kernels"),
    ("capi/operator.rs", "Operators"),
    ("capi/basic.rs", "Basic operators"),
    ("capi/distributed_matrix.rs", "Basic operators"),
    ("capi/derivative.rs", "Derivatives"),
    ("capi/callback.rs", "Operators of the host"),
    ("capi/block.rs", "Blocks of operators"),
    ("capi/signal.rs", "Signals"),
    ("capi/fourier.rs", "Fourier transforms"),
    ("capi/plan.rs", "Plans"),
    ("capi/symmetric.rs", "Plans"),
    ("capi/avo.rs", "Seismic amplitudes"),
    ("capi/solver.rs", "Solvers"),
    ("capi/solver_settings.rs", "Solvers"),
    ("capi/solver_state.rs", "Solvers"),
];

/// The whole header.
pub fn header(root: &Path, version: &str, abi: &str) -> String {
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is valid");
    let front = config.header.take().expect("cbindgen.toml has the front page");
    let guard = config.include_guard.take().expect("cbindgen.toml names the include guard");

    let files = sources(&root.join("src"));
    let mut builder = cbindgen::Builder::new().with_config(config).with_src(root.join("src/capi/mod.rs"));
    for (path, _) in files.iter().filter(|(path, _)| !path.starts_with(root.join("src/capi"))) {
        builder = builder.with_src(path);
    }
    let mut declarations = Vec::new();
    builder.generate().expect("src/capi parses").write(&mut declarations);
    let declarations = String::from_utf8(declarations).expect("cbindgen writes UTF-8");

    let origin = origins(&files);
    let mut handles = macro_made_handles(&files);
    let mut sections: Vec<Vec<String>> = vec![Vec::new(); files.len()];
    for block in declarations.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        if is_opaque(block) {
            handles.push(polish(block));
        } else {
            let name = declared_name(block).unwrap_or_else(|| panic!("what does this declare?\n{block}"));
            if !name.to_ascii_lowercase().starts_with("dlops_") {
                continue; // internal constants of files that are read for their types
            }
            let section = *origin.get(name).unwrap_or_else(|| panic!("{name} is declared, but in no file of src/capi"));
            if name == "dlops_scalar" {
                continue; // SCALAR, which all objects use, stands before them
            }
            sections[section].push(polish(block));
            sections[section].extend(initialiser(block, name));
        }
    }
    let status = files.iter().position(|(_, heading)| *heading == "Status").expect("the first section");
    sections[status].insert(0, status_constants());
    let library = files.iter().position(|(_, heading)| *heading == "Library").expect("the second section");
    sections[library].push(SCALAR.to_string());
    let contexts = files.iter().position(|(_, heading)| *heading == "Contexts").expect("the section of the options");
    sections[contexts].insert(0, DEVICE.to_string());

    let mut text = format!("{}\n\n#ifndef {guard}\n#define {guard}\n\n", front.trim());
    text += "#include <stddef.h>\n#include <stdint.h>\n\n";
    text += &version_macros(version);
    text += MUST_CHECK;
    text += "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n";
    section(&mut text, "Objects", &handles);
    let mut k = 0;
    while k < files.len() {
        let heading = files[k].1;
        let mut blocks = Vec::new();
        while k < files.len() && files[k].1 == heading {
            blocks.append(&mut sections[k]);
            k += 1;
        }
        section(&mut text, heading, &blocks);
    }
    text += "\n#ifdef __cplusplus\n}\n#endif\n\n";
    writeln!(text, "#endif /* {guard} */").expect("a String takes all");
    let number = format!("#define DLOPS_ABI_VERSION {abi}\n");
    assert!(text.contains(&number), "DLOPS_ABI_VERSION in src/capi is not the number in Cargo.toml, {abi}");
    text
}

/// One constant for each status, from the list that the library itself uses.
fn status_constants() -> String {
    let mut text = String::new();
    for status in Status::ALL {
        let mut name = String::new();
        let letters: Vec<char> = format!("{status:?}").chars().collect();
        for (k, letter) in letters.iter().enumerate() {
            // DType is one word: a capital after a capital opens none.
            if k > 0 && letter.is_uppercase() && letters[k - 1].is_lowercase() {
                name.push('_');
            }
            name.push(letter.to_ascii_uppercase());
        }
        let constant = match status {
            Status::Ok => "#define DLOPS_OK 0".to_string(),
            _ => format!("#define DLOPS_ERROR_{name} ({})", status.code()),
        };
        writeln!(text, "{constant:<44}/* {} */", status.text()).expect("a String takes all");
    }
    text.trim_end().to_string()
}

const SCALAR: &str = "/** A scalar that multiplies arrays of any type, made by dlops_real or dlops_complex. */
typedef struct dlops_scalar {
    double re;
    double im;
} dlops_scalar;

/** A real scalar. Local. Since 0.1. */
static inline dlops_scalar dlops_real(double re)
{
    dlops_scalar scalar;
    scalar.re = re;
    scalar.im = 0.0;
    return scalar;
}

/** A complex scalar; an error with real arrays unless `im` is 0. Local. Since 0.1. */
static inline dlops_scalar dlops_complex(double re, double im)
{
    dlops_scalar scalar;
    scalar.re = re;
    scalar.im = im;
    return scalar;
}";

const DEVICE: &str = "/** The member `device` of dlops_context_options for the CUDA device of this number, from 0. */
#define DLOPS_DEVICE(number) ((number) + 1)";

/// `DLOPS_X_OPTIONS_INIT` for `struct dlops_x_options`: its size, and a zero for each other field.
fn initialiser(block: &str, name: &str) -> Option<String> {
    let body = declaration(block).strip_prefix("typedef struct")?.split_once('{')?.1.rsplit_once('}')?.0;
    let fields: Vec<&str> =
        body.lines().map(str::trim).filter(|line| line.ends_with(';') && !line.starts_with('*')).collect();
    if !fields.first()?.starts_with("size_t struct_size") {
        return None;
    }
    let zeros: String = fields[1..].iter().map(|f| if aggregate(f) { ", {0}" } else { ", 0" }).collect();
    Some(format!("#define {}_INIT {{sizeof({name}){zeros}}}", name.to_ascii_uppercase()))
}

fn aggregate(field: &str) -> bool {
    field.contains('[') || (field.starts_with("dlops_scalar ") && !field.contains('*'))
}

pub fn version_macros(version: &str) -> String {
    let numbers: Vec<&str> = version.split(['.', '-', '+']).collect();
    let (major, minor, patch) = (numbers[0], numbers[1], numbers[2]);
    format!(
        "/* The version of this header; dlops_version() gives that of the library. */\n\
         #define DLOPS_VERSION \"{version}\"\n\
         #define DLOPS_VERSION_MAJOR {major}\n\
         #define DLOPS_VERSION_MINOR {minor}\n\
         #define DLOPS_VERSION_PATCH {patch}\n\
         #define DLOPS_VERSION_AT_LEAST(major, minor, patch) \\\n    \
         (DLOPS_VERSION_MAJOR > (major) || (DLOPS_VERSION_MAJOR == (major) && \\\n     \
         (DLOPS_VERSION_MINOR > (minor) || (DLOPS_VERSION_MINOR == (minor) && DLOPS_VERSION_PATCH >= (patch)))))\n\n"
    )
}

const MUST_CHECK: &str = "/* Before a function whose result must not be ignored. */
#ifndef DLOPS_MUST_CHECK
#if defined(__cplusplus) && __cplusplus >= 201703L
#define DLOPS_MUST_CHECK [[nodiscard]]
#elif defined(__GNUC__)
#define DLOPS_MUST_CHECK __attribute__((warn_unused_result))
#else
#define DLOPS_MUST_CHECK
#endif
#endif
";

/// The name of the function that a block of the header declares.
pub fn function_name(block: &str) -> Option<&str> {
    let declaration = declaration(block);
    if declaration.starts_with("typedef") || declaration.starts_with('#') || declaration.starts_with("extern") {
        return None;
    }
    let before = &declaration[..declaration.find('(')?];
    before.rsplit(|c: char| !is_name(c)).next().filter(|name| !name.is_empty())
}

fn section(text: &mut String, heading: &str, blocks: &[String]) {
    if blocks.is_empty() {
        return;
    }
    write!(text, "\n/* {heading} {} */\n", "-".repeat(110 - heading.len())).expect("a String takes all");
    let mut last_constant = false;
    for block in blocks {
        // Constants with a short comment or none stand together.
        let constant = declaration(block).starts_with("#define") && block.lines().count() <= 2;
        let gap = if constant && last_constant { "" } else { "\n" };
        last_constant = constant;
        writeln!(text, "{gap}{block}").expect("a String takes all");
    }
}

/// A declaration as the header shows it: short comments on one line, negative constants in parentheses, structs with
/// a tag, and the attribute on a line of its own before a function whose status must be looked at.
fn polish(block: &str) -> String {
    let lines: Vec<&str> = block.lines().collect();
    let tag = lines.last().and_then(|line| line.strip_prefix("} ")).map(|name| name.trim_end_matches(';'));
    let recursive =
        tag.is_some_and(|tag| lines[..lines.len() - 1].iter().any(|line| line.contains(&format!("{tag} *"))));
    let mut text = String::new();
    let mut k = 0;
    while k < lines.len() {
        let short = k + 2 < lines.len() && lines[k].ends_with("/**") && lines[k + 2].trim() == "*/";
        let number = lines[k].strip_prefix("#define ").and_then(|rest| rest.split_once(" -"));
        if short {
            text += &format!("{} {} */", lines[k], lines[k + 1].trim().trim_start_matches("* "));
            k += 2;
        } else if let Some((name, value)) = number {
            text += &format!("#define {name} (-{value})");
        } else if let (Some(tag), "typedef struct {") = (tag, lines[k]) {
            // A struct that points to its own kind needs its name before its members.
            text += &if recursive {
                format!("typedef struct {tag} {tag};\nstruct {tag} {{")
            } else {
                format!("typedef struct {tag} {{")
            };
        } else if recursive && k + 1 == lines.len() {
            text += "};";
        } else {
            if must_check(lines[k]) {
                text += "DLOPS_MUST_CHECK\n";
            }
            text += lines[k];
        }
        text.push('\n');
        k += 1;
    }
    text.trim_end().to_string()
}

/// Whether the declaration that starts with this line returns a status that a caller must look at. A destroy has
/// nothing left to save.
pub fn must_check(line: &str) -> bool {
    let name = line.strip_prefix("dlops_status ").and_then(|rest| rest.split_once('('));
    name.is_some_and(|(name, _)| !name.ends_with("_destroy"))
}

/// The files that the header comes from with their headings, in the order of `SECTIONS`.
fn sources(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let mut found = Vec::new();
    walk(&folder.join("capi"), &mut found);
    for path in &found {
        let relative = path.strip_prefix(folder).expect("found below it").to_str().expect("file names are ASCII");
        assert!(
            SECTIONS.iter().any(|(file, _)| *file == relative),
            "src/{relative} has no place in the header: add it to SECTIONS in tests/header/generate.rs"
        );
    }
    let listed = SECTIONS.iter().map(|(file, heading)| (folder.join(file), *heading));
    listed.filter(|(path, _)| path.exists()).collect()
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for path in entries.map(|entry| entry.expect("the folder is readable").path()) {
        if path.is_dir() {
            walk(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Which file defines a name.
fn origins(files: &[(PathBuf, &str)]) -> HashMap<String, usize> {
    let mut origin = HashMap::new();
    for (k, (path, _)) in files.iter().enumerate() {
        let text = std::fs::read_to_string(path).expect("it was found a moment ago");
        let words: Vec<&str> = text.split(|c: char| !is_name(c)).filter(|word| !word.is_empty()).collect();
        for pair in words.windows(2) {
            if matches!(pair[0], "fn" | "const" | "struct" | "type" | "enum" | "union") {
                origin.entry(pair[1].to_string()).or_insert(k);
            }
        }
    }
    origin
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// A block without its comment.
fn declaration(block: &str) -> &str {
    match block.strip_prefix("/*").and_then(|rest| rest.split_once("*/")) {
        Some((_, rest)) => rest.trim_start().trim_start_matches("DLOPS_MUST_CHECK").trim_start(),
        None => block,
    }
}

/// The opaque types made by the macro `handled!(type, variant, name, ..., "comment")`, which cbindgen does not expand.
fn macro_made_handles(files: &[(PathBuf, &str)]) -> Vec<String> {
    let mut handles = Vec::new();
    for (path, _) in files {
        let text = std::fs::read_to_string(path).expect("it was found a moment ago");
        for call in text.split("\nhandled!(").skip(1) {
            let call = call.split(");\n").next().expect("a split has a first part");
            let name = call.split(',').nth(2).expect("the third argument is the C name").trim();
            let comment = call.split('"').nth(1).expect("the last argument is a comment");
            handles.push(format!("/** {comment} */\ntypedef struct {name} {name};"));
        }
    }
    handles
}

fn is_opaque(block: &str) -> bool {
    let words: Vec<&str> = declaration(block).trim_end_matches(';').split_whitespace().collect();
    matches!(words[..], ["typedef", "struct", a, b] if a == b)
}

fn declared_name(block: &str) -> Option<&str> {
    if let Some(name) = function_name(block) {
        return Some(name);
    }
    let declaration = declaration(block);
    if let Some(rest) = declaration.strip_prefix("#define ") {
        return rest.split(|c: char| !is_name(c)).next();
    }
    // typedef int (*name)(...);
    if let Some((_, rest)) = declaration.split_once("(*") {
        if !declaration.contains('{') {
            return rest.split(|c: char| !is_name(c)).next();
        }
    }
    declaration.trim_end_matches(';').rsplit(|c: char| !is_name(c)).next()
}
