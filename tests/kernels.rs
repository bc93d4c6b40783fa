//! Every kernel of the library, compiled by the real NVRTC for the architectures that GPUs of today have.
//!
//! `DLOPS_CUBINS` names a folder that the machine code is written to, for tools that tell registers and spills. Where
//! there is no NVRTC, or it is one that only stands in for it, the test says that it was skipped.

use dlops::error::Status;
use dlops::kernels::cuda;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A100, H100, B200.
const ARCHITECTURES: [(i32, i32); 3] = [(8, 0), (9, 0), (10, 0)];

#[test]
fn every_kernel_compiles_for_every_architecture() {
    let folder = std::env::var_os("DLOPS_CUBINS");
    let sources = cuda::sources();
    let all: Vec<_> = sources
        .iter()
        .flat_map(|(source, options)| options.iter().flat_map(move |o| ARCHITECTURES.map(|a| (*source, *o, a))))
        .collect();
    let (next, compiled) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let compile = || {
        while let Some((source, option, architecture)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            match source.compile(option, *architecture) {
                Ok(code) => {
                    compiled.fetch_add(1, Ordering::Relaxed);
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
    };
    std::thread::scope(|scope| {
        (0..std::thread::available_parallelism().map_or(1, usize::from)).for_each(|_| drop(scope.spawn(&compile)));
    });
    println!("{} compilations of {} sources", compiled.into_inner(), sources.len());
}
