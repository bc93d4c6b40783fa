//! Every kernel of the library, compiled by the real NVRTC for the architectures that GPUs of today have.
//!
//! `DLOPS_CUBINS` names a folder that the machine code is written to, for tools that tell registers and spills. Where
//! there is no NVRTC, or it is one that only stands in for it, the test says that it was skipped.

use dlops::error::Status;
use dlops::kernels::cuda;

/// A100, H100, B200.
const ARCHITECTURES: [(i32, i32); 3] = [(8, 0), (9, 0), (10, 0)];

#[test]
fn every_kernel_compiles_for_every_architecture() {
    let folder = std::env::var_os("DLOPS_CUBINS");
    let (mut compiled, all) = (0, cuda::sources());
    for (source, options) in &all {
        for (option, architecture) in options.iter().flat_map(|o| ARCHITECTURES.map(|a| (*o, a))) {
            match source.compile(option, architecture) {
                Ok(code) => {
                    compiled += 1;
                    if let Some(folder) = &folder {
                        let option = option.trim_start_matches("-DDLOPS_").to_lowercase();
                        let name = format!("{}.{option}.sm_{}{}.cubin", source.name, architecture.0, architecture.1);
                        std::fs::write(std::path::Path::new(folder).join(name), code).unwrap();
                    }
                }
                Err(error) if error.status == Status::Unsupported => {
                    println!("SKIPPED: {error}");
                    assert!(folder.is_none(), "cubins are wanted: {error}");
                    return;
                }
                Err(error) => panic!("{} with {option} for {architecture:?}: {error}", source.name),
            }
        }
    }
    println!("{compiled} compilations of {} sources", all.len());
}
