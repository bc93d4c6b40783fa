//! What a host may ask of a solver while it runs and after it.

use super::border::{borrow, call, dlops_status, slice, write, write_all};
use super::handle::dlops_solver;
use crate::fail;
use crate::krylov::{Progress, Reason, Solver};
use std::ffi::c_char;

/// Why a solver stopped: positive when it is satisfied, negative when it is not, 0 while it runs.
pub const DLOPS_REASON_RUNNING: i32 = 0;
pub const DLOPS_REASON_RELATIVE_TOLERANCE: i32 = 1;
pub const DLOPS_REASON_ABSOLUTE_TOLERANCE: i32 = 2;
/// The monitor asked to stop.
pub const DLOPS_REASON_MONITOR: i32 = 3;
pub const DLOPS_REASON_ITERATION_LIMIT: i32 = -1;
pub const DLOPS_REASON_TIME_LIMIT: i32 = -2;
/// The norm exceeded dtol times its value at x = 0.
pub const DLOPS_REASON_DIVERGED: i32 = -3;
/// The operator (or the preconditioner) is not positive definite.
pub const DLOPS_REASON_INDEFINITE: i32 = -4;
/// A norm is infinite or not a number.
pub const DLOPS_REASON_NOT_FINITE: i32 = -5;

/// Reads one figure of the last or present solve.
unsafe fn figure<T>(
    function: &str,
    solver: *const dlops_solver,
    output: *mut T,
    argument: &str,
    read: impl FnOnce(&Progress) -> T,
) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a T.
    call(function, || unsafe { write(output, argument, borrow::<Solver>(solver, "solver")?.progress(read)) })
}

/// Why the last solve stopped: DLOPS_REASON_... Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_get_reason(solver: *const dlops_solver, reason: *mut i32) -> dlops_status {
    // SAFETY: as for `figure`.
    unsafe { figure("dlops_solver_get_reason", solver, reason, "reason", |p| p.reason as i32) }
}

/// A reason in words; never NULL. Local. Since 0.1.
#[no_mangle]
pub extern "C" fn dlops_reason_text(reason: i32) -> *const c_char {
    let known = Reason::ALL.into_iter().find(|r| *r as i32 == reason);
    known.map_or(c"unknown reason", Reason::c_text).as_ptr()
}

/// Iterations so far. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_get_iterations(
    solver: *const dlops_solver,
    iterations: *mut i64,
) -> dlops_status {
    // SAFETY: as for `figure`.
    unsafe { figure("dlops_solver_get_iterations", solver, iterations, "iterations", |p| p.iterations) }
}

/// |b - A x| as the method's recurrence knows it. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_get_residual_norm(solver: *const dlops_solver, norm: *mut f64) -> dlops_status {
    // SAFETY: as for `figure`.
    unsafe { figure("dlops_solver_get_residual_norm", solver, norm, "norm", |p| p.norms.residual) }
}

/// sqrt(|b - A x|^2 + damp^2 |x|^2). Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_get_damped_norm(solver: *const dlops_solver, norm: *mut f64) -> dlops_status {
    // SAFETY: as for `figure`.
    unsafe { figure("dlops_solver_get_damped_norm", solver, norm, "norm", |p| p.norms.damped) }
}

/// The norm of the stopping rule: |b - A x| for CG, |A^H (b - A x) - damp^2 x| for CGLS. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_get_convergence_norm(
    solver: *const dlops_solver,
    norm: *mut f64,
) -> dlops_status {
    // SAFETY: as for `figure`.
    unsafe { figure("dlops_solver_get_convergence_norm", solver, norm, "norm", |p| p.norms.convergence) }
}

/// Seconds of the last solve, from set-up to finalize, on this rank. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_get_seconds(solver: *const dlops_solver, seconds: *mut f64) -> dlops_status {
    // SAFETY: as for `figure`.
    unsafe { figure("dlops_solver_get_seconds", solver, seconds, "seconds", |p| p.seconds) }
}

/// Histories of dlops_solver_get_history: |b - A x|, sqrt(|b - A x|^2 + damp^2 |x|^2), and the norm of the stopping rule.
pub const DLOPS_HISTORY_RESIDUAL: i32 = 0;
pub const DLOPS_HISTORY_DAMPED: i32 = 1;
pub const DLOPS_HISTORY_CONVERGENCE: i32 = 2;

/// Copies a history of iterations 0, 1, ... as far as `room` allows. Local. Since 0.1.
///
/// @param which   DLOPS_HISTORY_RESIDUAL (PyLops' cost), DLOPS_HISTORY_DAMPED (its cost1) or DLOPS_HISTORY_CONVERGENCE
/// @param values  room for `room` numbers; may be NULL when `room` is 0
/// @param count   how many numbers the history has; may be NULL
/// Errors: NULL_POINTER, HANDLE, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_get_history(
    solver: *const dlops_solver,
    which: i32,
    values: *mut f64,
    room: i64,
    count: *mut i64,
) -> dlops_status {
    call("dlops_solver_get_history", || {
        let solver = borrow::<Solver>(solver, "solver")?;
        // SAFETY: the host passes room for that many numbers; the length check is all that is wanted here.
        unsafe { slice(values.cast_const(), room, "values") }?;
        solver.progress(|p| {
            let history = match which {
                DLOPS_HISTORY_RESIDUAL => &p.residuals,
                DLOPS_HISTORY_DAMPED => &p.damped,
                DLOPS_HISTORY_CONVERGENCE => &p.convergence,
                _ => fail!(
                    Argument,
                    "which is {which}, expected DLOPS_HISTORY_RESIDUAL (0) to DLOPS_HISTORY_CONVERGENCE (2)"
                ),
            };
            let n = history.len().min(room as usize);
            // SAFETY: n is at most `room`; count is NULL or the address of an int64_t.
            unsafe {
                write_all(values, "values", &history[..n])?;
                if let Some(count) = count.as_mut() {
                    *count = history.len() as i64;
                }
            }
            Ok(())
        })
    })
}

/// Bytes of vectors that a set-up makes on this rank. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_get_memory_usage(solver: *const dlops_solver, bytes: *mut i64) -> dlops_status {
    // SAFETY: NULL or the address of an int64_t.
    call("dlops_solver_get_memory_usage", || unsafe {
        write(bytes, "bytes", borrow::<Solver>(solver, "solver")?.memory_usage() as i64)
    })
}
