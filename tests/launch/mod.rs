//! A test program that starts itself again under mpirun, as the ranks of one of its programs.
//!
//! Its test `rank` calls [`run_rank`], which does nothing where the tests run without mpirun.
#![allow(dead_code)] // each test program uses its part

use dlops::comm::mpi as over;
use mpi::ffi;
use std::ffi::c_int;
use std::process::Command;

const PROGRAM: &str = "DLOPS_TEST_PROGRAM";

/// How a program is started.
pub struct Launch<'a> {
    pub seconds: u32,
    pub environment: &'a [(&'a str, &'a str)],
}

impl Default for Launch<'_> {
    fn default() -> Self {
        Launch { seconds: 300, environment: &[] }
    }
}

impl Launch<'_> {
    /// Runs `program` on each of these numbers of ranks, and shows what it wrote if a rank fails.
    pub fn run(&self, program: &str, counts: std::ops::RangeInclusive<usize>) {
        for ranks in counts {
            let mpich = over::family() == 2;
            let launcher = std::env::var("MPIEXEC").unwrap_or(if mpich { "mpirun.mpich" } else { "mpirun" }.into());
            let mut command = Command::new("timeout");
            command.args([&self.seconds.to_string(), &launcher, "-n", &ranks.to_string()]);
            if !mpich {
                command.arg("--oversubscribe");
                command.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
            }
            command.arg("env").arg(format!("{PROGRAM}={program}"));
            command.args(self.environment.iter().map(|(key, value)| format!("{key}={value}")));
            command.arg(std::env::current_exe().unwrap()).args(["--exact", "rank", "--nocapture", "--test-threads=1"]);
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
}

/// One rank of the program that was started, if one was. A rank that panics ends, and so do the others, which would wait
/// for it.
pub fn run_rank(work: impl Fn(&str)) {
    let Ok(program) = std::env::var(PROGRAM) else { return };
    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&program))).is_err() {
        std::process::exit(1);
    }
}

/// Initialises MPI: once, at the start of a rank.
pub fn init(level: c_int) {
    let mut provided = 0;
    // SAFETY: before any other call of MPI.
    unsafe { ffi::MPI_Init_thread(std::ptr::null_mut(), std::ptr::null_mut(), level, &mut provided) };
}

/// Finalises MPI: once, at the end of a rank.
pub fn end() {
    // SAFETY: after all other calls of MPI.
    assert_eq!(unsafe { ffi::MPI_Finalize() }, 0);
}

/// `work` between the beginning and the end of MPI.
pub fn with_mpi(work: impl FnOnce()) {
    // SAFETY: a constant.
    init(unsafe { ffi::RSMPI_THREAD_FUNNELED });
    work();
    end();
}
