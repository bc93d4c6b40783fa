//! Blocks of operators and operators of the host against dense matrices, under mpirun on 1 to 4 ranks. Every element is
//! a function of its number, so that each rank knows the whole matrix and both vectors.
#![cfg(feature = "mpi")]

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

mod launch;
mod memory;
mod vectors;

use dlops::comm::mpi as over;
use dlops::context::Context;
use launch::Launch;

fn on_ranks(program: &str) {
    Launch { seconds: 90, ..Default::default() }.run(program, 1..=4);
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
    launch::run_rank(|program| {
        // SAFETY: a constant.
        launch::init(unsafe { mpi::ffi::RSMPI_THREAD_SERIALIZED });
        let context = Context::new(over::world().unwrap(), memory::options()).unwrap();
        match program {
            "matrices" => matrices::all(&context),
            "stacks" => stacks::all(&context),
            "faults" => {
                faults::all(&context);
                handles::all();
            }
            other => panic!("no program {other}"),
        }
        drop(context);
        launch::end();
    });
}
