//! Blocks of operators and operators of the host against dense matrices, under mpirun on 1 to 4 ranks. Every element is
//! a function of its number, so that each rank knows the whole matrix and both vectors.
#![cfg(feature = "mpi")]

#[path = "blocks/counting.rs"]
mod counting;
#[path = "blocks/dense.rs"]
mod dense;
#[path = "blocks/faults.rs"]
mod faults;
#[path = "blocks/handles.rs"]
mod handles;
#[path = "blocks/matrices.rs"]
mod matrices;
#[path = "blocks/stacks.rs"]
mod stacks;

use dlops::comm::mpi as over;
use dlops::context::{Context, ContextOptions};
use mpi::ffi;
use std::process::Command;

const PROGRAM: &str = "DLOPS_TEST_BLOCKS";

fn on_ranks(program: &str) {
    for ranks in 1..=4 {
        let mpich = over::family() == 2;
        let launcher = std::env::var("MPIEXEC").unwrap_or(if mpich { "mpirun.mpich" } else { "mpirun" }.into());
        let mut command = Command::new("timeout");
        command.args(["90", &launcher, "-n", &ranks.to_string()]);
        if !mpich {
            command.arg("--oversubscribe");
            command.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
        }
        command.arg("env").arg(format!("{PROGRAM}={program}")).arg(std::env::current_exe().unwrap());
        command.args(["--exact", "rank", "--nocapture", "--test-threads=1"]);
        let output = command.output().expect("timeout and mpirun are installed");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && text.matches("1 passed").count() == ranks,
            "{program} on {ranks} ranks: {}\n{text}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn blocks_are_their_matrices() {
    on_ranks("matrices");
}

#[test]
fn stacks_are_their_matrices() {
    on_ranks("stacks");
}

#[test]
fn errors_are_agreed() {
    on_ranks("faults");
}

/// One rank of a program; nothing when the tests are run without mpirun.
#[test]
fn rank() {
    let Ok(program) = std::env::var(PROGRAM) else { return };
    let mut provided = 0;
    // SAFETY: once, before anything else of MPI.
    unsafe {
        ffi::MPI_Init_thread(std::ptr::null_mut(), std::ptr::null_mut(), ffi::RSMPI_THREAD_SERIALIZED, &mut provided)
    };
    // A rank that panics must end the others, which wait for it.
    let ran = std::panic::catch_unwind(|| {
        let context = Context::new(over::world().unwrap(), ContextOptions::default()).unwrap();
        match program.as_str() {
            "matrices" => matrices::all(&context),
            "stacks" => stacks::all(&context),
            "faults" => {
                faults::all(&context);
                handles::all();
            }
            other => panic!("no program {other}"),
        }
    });
    if ran.is_err() {
        std::process::exit(1);
    }
    // SAFETY: once, at the end.
    assert_eq!(unsafe { ffi::MPI_Finalize() }, 0);
}
