//! The communicator over MPI, under mpirun on 1 to 4 ranks: each test starts this program again as its ranks.
#![cfg(feature = "mpi")]

use dlops::comm::{agree, mpi as over, Combine, Communicator, Number};
use dlops::error::{Error, Status};
use launch::{end, init, Launch};
use mpi::ffi;
use std::ffi::c_int;
use std::process::Command;
use std::sync::Arc;

#[path = "../src/comm/suite.rs"]
mod suite;

mod launch;

/// Runs a program on 1 to 4 ranks, with a time limit.
fn on_ranks(program: &str, environment: &[(&str, &str)]) {
    Launch { seconds: 90, environment }.run(program, 1..=4);
}

#[test]
fn every_call_works() {
    on_ranks("suite", &[]);
}

#[test]
fn every_call_is_split() {
    on_ranks("suite", &[("DLOPS_TEST_COUNT_LIMIT", "7")]);
}

#[test]
fn a_bad_limit_is_refused_on_all_ranks() {
    on_ranks("bad_limit", &[]);
}

#[test]
fn bad_communicators_are_refused() {
    on_ranks("refusals", &[]);
}

#[test]
fn many_contexts_exhaust_nothing() {
    on_ranks("cycles", &[]);
}

#[test]
fn nothing_is_called_after_finalize() {
    on_ranks("finalize", &[]);
}

#[test]
fn traffic_is_what_pmpi_counts() {
    let directory = std::env::temp_dir().join(format!("dlops-pmpi-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let library = directory.join("libpmpi_count.so");
    let compiler = std::env::var("MPICC").unwrap_or("mpicc".into());
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pmpi_count.c");
    let built = Command::new(compiler).args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).status().unwrap();
    assert!(built.success());
    let preload = ("LD_PRELOAD", library.to_str().unwrap());
    on_ranks("traffic", &[preload]);
    on_ranks("traffic", &[preload, ("DLOPS_TEST_COUNT_LIMIT", "7")]);
    std::fs::remove_dir_all(&directory).unwrap();
}

/// One rank of a program; nothing when the tests are run without mpirun.
#[test]
fn rank() {
    launch::run_rank(|program| match program {
        "suite" => suite_program(),
        "bad_limit" => bad_limit(),
        "refusals" => refusals(),
        "cycles" => cycles(),
        "finalize" => finalize(),
        "traffic" => traffic(),
        other => panic!("no program {other}"),
    });
}

fn duplicate(comm: ffi::MPI_Comm) -> ffi::MPI_Comm {
    // SAFETY: a live communicator.
    unsafe {
        let mut new = ffi::RSMPI_COMM_NULL;
        assert_eq!(ffi::MPI_Comm_dup(comm, &mut new), 0);
        new
    }
}

fn free(mut comm: ffi::MPI_Comm) {
    // SAFETY: a live communicator made by `duplicate`.
    assert_eq!(unsafe { ffi::MPI_Comm_free(&mut comm) }, 0);
}

fn suite_program() {
    init(unsafe { ffi::RSMPI_THREAD_FUNNELED });
    let world = over::world().unwrap();
    suite::run_with_groups(&world);
    messages_of_unequal_length(&*world);
    // A second context beside the first.
    suite::run(&over::world().unwrap());

    // A communicator of the host, by its Fortran handle.
    let host = unsafe { ffi::RSMPI_COMM_WORLD };
    let mut half = host;
    // SAFETY: collective over the world.
    unsafe { ffi::MPI_Comm_split(host, world.rank() as c_int % 2, -(world.rank() as c_int), &mut half) };
    let fortran = unsafe { ffi::RSMPI_Comm_c2f(half) };
    let comm = over::from_fortran(fortran, over::family()).unwrap();
    let comm: Arc<dyn Communicator> = comm;
    suite::run(&comm);
    drop(comm);
    free(half);
    end();
}

/// Too short a receive is an error of MPI, and the other messages still arrive. Open MPI does not see it in a message
/// to the same rank.
fn messages_of_unequal_length(comm: &dyn Communicator) {
    if std::env::var_os("DLOPS_TEST_COUNT_LIMIT").is_some() || comm.size() == 1 {
        return;
    }
    // SAFETY: constants; MPICH asks these two what to do with a failed message.
    unsafe {
        ffi::MPI_Comm_set_errhandler(ffi::RSMPI_COMM_WORLD, ffi::RSMPI_ERRORS_RETURN);
        ffi::MPI_Comm_set_errhandler(ffi::RSMPI_COMM_SELF, ffi::RSMPI_ERRORS_RETURN);
    }
    let (right, left) = ((comm.rank() + 1) % comm.size(), (comm.rank() + comm.size() - 1) % comm.size());
    let (long, fine) = ([1u8; 20], [7u8; 5]);
    let (mut short, mut also) = ([0u8; 10], [0u8; 5]);
    let mut requests = Vec::new();
    // SAFETY: all buffers live until the wait.
    unsafe {
        comm.receive(short.as_mut_ptr(), 10, left, 1, &mut requests).unwrap();
        comm.receive(also.as_mut_ptr(), 5, left, 2, &mut requests).unwrap();
        comm.barrier().unwrap();
        comm.send(long.as_ptr(), 20, right, 1, &mut requests).unwrap();
        comm.send(fine.as_ptr(), 5, right, 2, &mut requests).unwrap();
    }
    let error = comm.wait(&mut requests).unwrap_err();
    assert_eq!(error.status, Status::Mpi);
    assert!(error.message.contains("MPI_Wait") && error.message.to_lowercase().contains("trunc"), "{error}");
    assert_eq!(also, fine);
    comm.barrier().unwrap();
}

fn bad_limit() {
    init(unsafe { ffi::RSMPI_THREAD_SINGLE });
    let rank = over::world().unwrap().rank();
    if rank == 0 {
        // SAFETY: one thread reads the environment here.
        unsafe { std::env::set_var("DLOPS_TEST_COUNT_LIMIT", "none") };
    }
    let error = over::world().err().unwrap();
    assert_eq!(error.status, Status::Option);
    assert!(error.message.contains("DLOPS_TEST_COUNT_LIMIT"), "{error}");
    end();
}

fn refusals() {
    let world = unsafe { ffi::RSMPI_COMM_WORLD };
    let early = over::from_handle(world).err().unwrap();
    assert_eq!(early.status, Status::State);
    assert!(early.message.contains("not initialised"), "{early}");
    init(unsafe { ffi::RSMPI_THREAD_FUNNELED });

    let null = over::from_handle(unsafe { ffi::RSMPI_COMM_NULL }).err().unwrap();
    assert_eq!(null.status, Status::Argument);
    assert!(null.message.contains("MPI_COMM_NULL"), "{null}");
    let fortran = unsafe { ffi::RSMPI_Comm_c2f(world) };
    let other = 3 - over::family();
    let mismatch = over::from_fortran(fortran, other).err().unwrap();
    assert_eq!(mismatch.status, Status::MpiMismatch);
    for text in [over::family_name(1), over::family_name(2), &over::library_version()] {
        assert!(mismatch.message.contains(text), "{mismatch}");
    }
    assert_eq!(over::from_fortran(fortran, 99).err().unwrap().status, Status::MpiMismatch);

    let comm = over::from_fortran(fortran, over::family()).unwrap();
    let version = over::library_version();
    assert!(version.contains(if over::family() == 1 { "Open MPI" } else { "MPI" }), "{version}");
    if comm.size() > 1 {
        let rank = comm.rank();
        let (mut side, mut inter) = (world, world);
        // SAFETY: collective over the world: rank 0 and the others.
        unsafe {
            ffi::MPI_Comm_split(world, (rank > 0) as c_int, 0, &mut side);
            let remote = if rank > 0 { 0 } else { 1 };
            ffi::MPI_Intercomm_create(side, 0, world, remote, 3, &mut inter);
        }
        let refused = over::from_handle(inter).err().unwrap();
        assert_eq!(refused.status, Status::Argument);
        assert!(refused.message.contains("intercommunicator"), "{refused}");
        free(inter);
        free(side);
    }

    // The thread rules.
    assert!(comm.is_main_thread().unwrap());
    comm.check_thread().unwrap();
    if comm.thread_level() < over::ThreadLevel::Serialized {
        let elsewhere = std::thread::scope(|s| s.spawn(|| comm.check_thread()).join()).unwrap().unwrap_err();
        assert_eq!(elsewhere.status, Status::State);
        assert!(elsewhere.message.contains("MPI_THREAD_SERIALIZED"), "{elsewhere}");
    }
    drop(comm);
    end();
    assert_eq!(over::from_handle(world).err().unwrap().status, Status::State);
}

fn cycles() {
    init(unsafe { ffi::RSMPI_THREAD_SINGLE });
    let world = unsafe { ffi::RSMPI_COMM_WORLD };
    // MPICH's ranks spin, so that more of them than cores take a time slice for each collective.
    let ranks = over::world().unwrap().size();
    let cycles = if ranks > 2 && over::family() == 2 { 50 } else { 10_000 };
    for cycle in 0..cycles {
        let comm = over::world().unwrap();
        if cycle % 10 == 0 {
            let group = comm.split((comm.rank() % 2) as i32).unwrap();
            drop(comm);
            group.barrier().unwrap();
        }
    }
    // Ranks drop at different times and in different orders.
    let mut held: Vec<Arc<dyn Communicator>> = Vec::new();
    for cycle in 0..cycles / 2 {
        let comm = over::world().unwrap();
        let mut sum = [1.0];
        comm.allreduce_f64(&mut sum, Combine::Sum).unwrap();
        assert_eq!(sum[0], comm.size() as f64);
        let keep = 1 + comm.rank() % 3;
        held.push(comm);
        while held.len() > keep {
            held.remove((cycle / 3) % held.len());
        }
    }
    // Many at once, all different.
    held.extend((0..100).map(|_| over::world().unwrap()));
    for comm in &held[held.len() - 100..] {
        comm.barrier().unwrap();
    }
    // The host frees its communicator before or after the context goes; dropped files and groups go too.
    for cycle in 0..cycles / 2 {
        let host = duplicate(world);
        let comm = over::from_handle(host).unwrap();
        let group = if cycle % 7 == 0 { Some(comm.split(comm.rank() as i32 / 2).unwrap()) } else { None };
        if (cycle + comm.rank()).is_multiple_of(2) {
            free(host);
            comm.barrier().unwrap();
            drop((comm, group));
        } else {
            comm.barrier().unwrap();
            drop((comm, group));
            free(host);
        }
    }
    end();
    drop(held);
}

fn finalize() {
    init(unsafe { ffi::RSMPI_THREAD_SINGLE });
    let world = over::world().unwrap();
    let of_self: Arc<dyn Communicator> = over::from_handle(unsafe { ffi::RSMPI_COMM_SELF }).unwrap();
    let group = world.split((world.rank() % 2) as i32).unwrap();
    let host = duplicate(unsafe { ffi::RSMPI_COMM_WORLD });
    let orphan = over::from_handle(host).unwrap();
    free(host);
    let kept = duplicate(unsafe { ffi::RSMPI_COMM_WORLD });
    let on_kept = over::from_handle(kept).unwrap();
    of_self.barrier().unwrap();
    group.barrier().unwrap();
    orphan.barrier().unwrap();
    drop(over::from_handle(kept).unwrap());
    end();
    let all: [Arc<dyn Communicator>; 5] = [world, of_self, group, orphan, on_kept];
    let (data, mut requests) = ([1u8], Vec::new());
    for comm in &all {
        // SAFETY: refused before anything is read.
        let send = unsafe { comm.send(data.as_ptr(), 1, 0, 0, &mut requests) };
        assert_eq!(send.unwrap_err().status, Status::State);
        assert_eq!(comm.split(0).err().unwrap().status, Status::State);
        assert_eq!(comm.open("/tmp/nothing", true).err().unwrap().status, Status::State);
        if comm.size() > 1 {
            assert_eq!(comm.barrier().unwrap_err().status, Status::State);
            assert_eq!(comm.allreduce_f64(&mut [0.0], Combine::Sum).unwrap_err().status, Status::State);
            assert_eq!(comm.broadcast(&mut [0], 0).unwrap_err().status, Status::State);
        }
    }
    drop(all);
}

fn traffic() {
    init(unsafe { ffi::RSMPI_THREAD_SINGLE });
    // SAFETY: looked up by name in the preloaded library, with the type of its definition.
    let counted: extern "C" fn(&mut u64, &mut u64) = unsafe {
        let found = libc::dlsym(libc::RTLD_DEFAULT, c"pmpi_count_read".as_ptr());
        assert!(!found.is_null(), "the counter is preloaded");
        std::mem::transmute(found)
    };
    let read = || {
        let (mut messages, mut bytes) = (0, 0);
        counted(&mut messages, &mut bytes);
        (messages, bytes)
    };
    let world = over::world().unwrap();
    let before = read();
    suite::run_with_groups(&world);
    let after = read();
    let ours = world.traffic().read();
    assert_eq!(ours, (after.0 - before.0, after.1 - before.1));
    assert!(ours.0 > 50, "{ours:?}");
    drop(world);
    end();
}
