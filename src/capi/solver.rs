//! dlops_solver: create, set, solve or step, ask, destroy.

use super::border::{borrow, call, dlops_status, slice, text, write, Output};
use super::context::{dlops_destroy_callback, User};
use super::handle::{destroy, dlops_array, dlops_operator, dlops_solver};
use crate::arrays::Array;
use crate::context::Level;
use crate::error::{Error, Status};
use crate::fail;
use crate::krylov::solver::Monitor;
use crate::krylov::{table, Event, Method, Progress, Reason, Solver, Tolerance};
use crate::operators::Operator;
use std::ffi::{c_char, c_void};
use std::sync::Arc;

/// Methods: conjugate gradients for A x = b, A Hermitian positive definite.
pub const DLOPS_SOLVER_CG: i32 = 1;
/// Conjugate gradients on the normal equations: least squares with damping.
pub const DLOPS_SOLVER_CGLS: i32 = 2;

/// x is not read and the solver starts from zero.
pub const DLOPS_GUESS_ZERO: i32 = 0;
/// x holds an initial guess.
pub const DLOPS_GUESS_GIVEN: i32 = 1;

/// The stopping rule: norm <= max(rtol * norm at x = 0, atol).
pub const DLOPS_TOLERANCE_STANDARD: i32 = 0;
/// The squared norm <= atol, as PyLops and PyLops-MPI compare their tol.
pub const DLOPS_TOLERANCE_PYLOPS: i32 = 1;

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

/// When a monitor is called: after set-up (iteration 0), after every iteration, after the last one.
pub const DLOPS_EVENT_START: i32 = 0;
pub const DLOPS_EVENT_ITERATION: i32 = 1;
pub const DLOPS_EVENT_END: i32 = 2;

/// What a monitor returns to stop the solver with DLOPS_REASON_MONITOR.
pub const DLOPS_STOP: i32 = 1;

/// Watches a solver. Called on every rank, on the calling thread; the getters of `solver` tell its state, and the array
/// x holds the present solution. Returns 0 to go on, DLOPS_STOP to stop; any other value is a failure, which all ranks
/// return as DLOPS_ERROR_CALLBACK. A wish of any rank becomes known to all in the next iteration, before x changes.
pub type dlops_monitor = Option<unsafe extern "C" fn(solver: *mut dlops_solver, event: i32, user: *mut c_void) -> i32>;

/// Makes a solver. Its vectors are made by the first set-up. Local. Since 0.1.
///
/// @param method    DLOPS_SOLVER_CG or DLOPS_SOLVER_CGLS
/// @param operator  A, kept alive by the solver; for CG its domain and range are congruent
/// @param solver    the caller destroys it
/// Errors: NULL_POINTER, HANDLE, ARGUMENT, SPACE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_create(
    method: i32,
    operator: *const dlops_operator,
    solver: *mut *mut dlops_solver,
) -> dlops_status {
    call("dlops_solver_create", || {
        let output = Output::new(solver, "solver")?;
        let operator = borrow::<Operator>(operator, "operator")?;
        output.write(Solver::new(Method::from_code(method)?, &operator)?)
    })
}

/// Tolerances of the stopping rule; defaults 1e-5, 1e-50 and 1e5 as in PETSc. Both 0 runs to the iteration limit (or an
/// exactly zero norm). The norm is |b - A x| for CG and |A^H (b - A x) - damp^2 x| for CGLS. Local. Since 0.1.
///
/// @param rtol  relative to the norm at x = 0
/// @param atol  absolute
/// @param dtol  the solver has diverged when the norm exceeds dtol times its value at x = 0; 0: never
/// Errors: NULL_POINTER, HANDLE, OPTION (negative or not finite).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_tolerances(
    solver: *mut dlops_solver,
    rtol: f64,
    atol: f64,
    dtol: f64,
) -> dlops_status {
    call("dlops_solver_set_tolerances", || {
        borrow::<Solver>(solver, "solver")?.change(|o| {
            let mut changed = o.clone();
            changed.set_rtol(rtol)?;
            changed.set_atol(atol)?;
            changed.set_dtol(dtol)?;
            *o = changed;
            Ok(())
        })
    })
}

/// How the stopping rule compares: DLOPS_TOLERANCE_STANDARD or DLOPS_TOLERANCE_PYLOPS. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_tolerance_rule(solver: *mut dlops_solver, rule: i32) -> dlops_status {
    call("dlops_solver_set_tolerance_rule", || {
        let rule = match rule {
            DLOPS_TOLERANCE_STANDARD => Tolerance::Standard,
            DLOPS_TOLERANCE_PYLOPS => Tolerance::PyLops,
            _ => fail!(Argument, "rule is {rule}, expected DLOPS_TOLERANCE_STANDARD (0) or DLOPS_TOLERANCE_PYLOPS (1)"),
        };
        borrow::<Solver>(solver, "solver")?.change(|o| {
            o.tolerance = rule;
            Ok(())
        })
    })
}

/// Most iterations, default 10000. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, OPTION.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_max_iterations(solver: *mut dlops_solver, iterations: i64) -> dlops_status {
    call("dlops_solver_set_max_iterations", || {
        borrow::<Solver>(solver, "solver")?.change(|o| o.set_max_iterations(iterations))
    })
}

/// Seconds after which the solver stops, 0 (the default) for none; rank 0's clock decides. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, OPTION.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_time_limit(solver: *mut dlops_solver, seconds: f64) -> dlops_status {
    call("dlops_solver_set_time_limit", || {
        borrow::<Solver>(solver, "solver")?.change(|o| o.set_time_limit(seconds))
    })
}

/// CGLS minimises |A x - b|^2 + damp^2 |x|^2; default 0. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, OPTION, UNSUPPORTED (a method without damping).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_damping(solver: *mut dlops_solver, damp: f64) -> dlops_status {
    call("dlops_solver_set_damping", || {
        let solver = borrow::<Solver>(solver, "solver")?;
        if solver.method() == Method::Cg {
            fail!(Unsupported, "{} has no damping; add a multiple of the identity to its operator", solver.method().name());
        }
        solver.change(|o| o.set_damp(damp))
    })
}

/// Whether x holds an initial guess: DLOPS_GUESS_ZERO (the default) or DLOPS_GUESS_GIVEN. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_initial_guess(solver: *mut dlops_solver, guess: i32) -> dlops_status {
    call("dlops_solver_set_initial_guess", || {
        let given = match guess {
            DLOPS_GUESS_ZERO => false,
            DLOPS_GUESS_GIVEN => true,
            _ => fail!(Argument, "guess is {guess}, expected DLOPS_GUESS_ZERO (0) or DLOPS_GUESS_GIVEN (1)"),
        };
        borrow::<Solver>(solver, "solver")?.change(|o| {
            o.guess = given;
            Ok(())
        })
    })
}

/// The preconditioner: M ~ A^-1 for CG, M ~ (A^H A)^-1 for CGLS, Hermitian positive definite on the domain of A.
/// Local. Since 0.1.
///
/// @param preconditioner  kept alive by the solver; NULL removes it
/// Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SPACE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_preconditioner(
    solver: *mut dlops_solver,
    preconditioner: *const dlops_operator,
) -> dlops_status {
    call("dlops_solver_set_preconditioner", || {
        let solver = borrow::<Solver>(solver, "solver")?;
        let preconditioner = match preconditioner.is_null() {
            true => None,
            false => Some(borrow::<Operator>(preconditioner, "preconditioner")?),
        };
        solver.set_preconditioner(preconditioner)
    })
}

/// Sets an option from text; keys mirror the setters: rtol, atol, dtol, tolerance, max_iterations, time_limit, damp,
/// initial_guess, show. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, OPTION (a wrong key lists the valid ones).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_option(
    solver: *mut dlops_solver,
    key: *const c_char,
    value: *const c_char,
) -> dlops_status {
    call("dlops_solver_set_option", || {
        let solver = borrow::<Solver>(solver, "solver")?;
        // SAFETY: NUL-terminated strings of the host.
        let (key, value) = unsafe { (text(key, "key")?, text(value, "value")?) };
        if key == "damp" && solver.method() == Method::Cg {
            fail!(Option, "{} has no option damp", solver.method().name());
        }
        solver.change(|o| o.set(key, value))
    })
}

/// Which iterations dlops_monitor_table prints: the first ones, the last ones before the limit, and every n-th;
/// default 10, 10, 10. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, OPTION.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_show(
    solver: *mut dlops_solver,
    first: i64,
    last: i64,
    every: i64,
) -> dlops_status {
    call("dlops_solver_set_show", || {
        borrow::<Solver>(solver, "solver")?.change(|o| o.set_show([first, last, every]))
    })
}

/// Sets the monitor, such as dlops_monitor_table or the host's own. Local. Since 0.1.
///
/// @param monitor  NULL removes it
/// @param user     passed to the monitor
/// @param destroy  called once with `user` when the monitor is replaced or the solver is gone; may be NULL
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_monitor(
    solver: *mut dlops_solver,
    monitor: dlops_monitor,
    user: *mut c_void,
    destroy: dlops_destroy_callback,
) -> dlops_status {
    call("dlops_solver_set_monitor", || {
        let object = borrow::<Solver>(solver, "solver")?;
        let handle = solver as usize;
        object.set_monitor(monitor.map(|monitor| {
            let user = User { pointer: user, destroy };
            Arc::new(move |_: &Solver, event: Event| {
                let user = &user;
                // SAFETY: the host's function, with its own handle and pointer.
                match unsafe { monitor(handle as *mut dlops_solver, event as i32, user.pointer) } {
                    0 => Ok(false),
                    DLOPS_STOP => Ok(true),
                    code => Err(Error::new(Status::Callback, format!("the monitor of the solver returned {code}"))),
                }
            }) as Monitor
        }));
        Ok(())
    })
}

/// A ready-made monitor: the iteration table that PyLops users know, on rank 0, to the context's log callback at level
/// DLOPS_LOG_INFO, or to stdout where there is none. Columns: iteration, first element of x on rank 0, |b - A x|, and
/// for CGLS sqrt(|b - A x|^2 + damp^2 |x|^2). Pass it to dlops_solver_set_monitor; `user` is not used. Local. Since 0.1.
#[no_mangle]
pub unsafe extern "C" fn dlops_monitor_table(solver: *mut dlops_solver, event: i32, _user: *mut c_void) -> i32 {
    let event = match event {
        DLOPS_EVENT_START => Event::Start,
        DLOPS_EVENT_ITERATION => Event::Iteration,
        _ => Event::End,
    };
    call("dlops_monitor_table", || table::table(&borrow::<Solver>(solver, "solver")?, event).map(|_| ()))
}

/// Solves from set-up to the end: the reason tells how it ended (not converging is no error). Collective. Since 0.1.
///
/// @param b  array congruent with the range of A; not changed
/// @param x  array congruent with its domain; not read unless an initial guess is set; shares no memory with b
/// Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SPACE, OVERLAP, STATE (an array is acquired; called from within its own
/// monitor), CALLBACK, MEMORY, MPI. The same on all ranks.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_solve(
    solver: *mut dlops_solver,
    b: *const dlops_array,
    x: *mut dlops_array,
) -> dlops_status {
    call("dlops_solver_solve", || {
        borrow::<Solver>(solver, "solver")?.solve(&borrow::<Array>(b, "b")?, &borrow::<Array>(x, "x")?)
    })
}

/// Makes the vectors and the first residual: the beginning of a solve whose loop is the host's. Collective. Since 0.1.
///
/// @param x  kept until dlops_solver_finalize; holds the present solution after every step
/// Errors: as dlops_solver_solve.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_setup(
    solver: *mut dlops_solver,
    b: *const dlops_array,
    x: *mut dlops_array,
) -> dlops_status {
    call("dlops_solver_setup", || {
        borrow::<Solver>(solver, "solver")?.setup(&borrow::<Array>(b, "b")?, &borrow::<Array>(x, "x")?)
    })
}

/// One iteration. Collective. Since 0.1.
///
/// @param reason  DLOPS_REASON_RUNNING while another iteration is wanted; may be NULL
/// Errors: NULL_POINTER, HANDLE, STATE (not set up), CALLBACK, MPI. The same on all ranks.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_step(solver: *mut dlops_solver, reason: *mut i32) -> dlops_status {
    call("dlops_solver_step", || {
        let found = borrow::<Solver>(solver, "solver")?.step()?;
        // SAFETY: NULL or the address of an int32_t.
        if let Some(reason) = unsafe { reason.as_mut() } {
            *reason = found as i32;
        }
        Ok(())
    })
}

/// Ends a solve that dlops_solver_setup began; the vectors stay for the next one. Collective. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, STATE, CALLBACK, MPI.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_finalize(solver: *mut dlops_solver) -> dlops_status {
    call("dlops_solver_finalize", || borrow::<Solver>(solver, "solver")?.finalize())
}

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
                _ => fail!(Argument, "which is {which}, expected DLOPS_HISTORY_RESIDUAL (0) to DLOPS_HISTORY_CONVERGENCE (2)"),
            };
            let n = history.len().min(room as usize);
            // SAFETY: n is at most `room`; count is NULL or the address of an int64_t.
            unsafe {
                super::border::write_all(values, "values", &history[..n])?;
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

/// The solver as an operator from the range of A to its domain: each apply is a solve from zero with the settings that
/// the solver has now. Local. Since 0.1.
///
/// @param result  the caller destroys it; shares A with the solver, nothing else. With a preconditioner it is applied
///                forward only
/// Errors: NULL_POINTER, HANDLE, MEMORY.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_create_operator(
    solver: *const dlops_solver,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_solver_create_operator", || {
        let output = Output::new(result, "result")?;
        output.write(borrow::<Solver>(solver, "solver")?.as_operator()?)
    })
}

/// Sends a description (method, operator, options, state) to the log at level DLOPS_LOG_INFO. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_view(solver: *const dlops_solver) -> dlops_status {
    call("dlops_solver_view", || {
        let solver = borrow::<Solver>(solver, "solver")?;
        solver.context().log(Level::Info, &solver.describe());
        Ok(())
    })
}

/// Another handle to the same solver. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_retain(
    solver: *const dlops_solver,
    copy: *mut *mut dlops_solver,
) -> dlops_status {
    call("dlops_solver_retain", || Output::new(copy, "copy")?.write(borrow::<Solver>(solver, "solver")?))
}

/// Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE.
#[no_mangle]
pub unsafe extern "C" fn dlops_solver_destroy(solver: *mut *mut dlops_solver) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a handle.
    call("dlops_solver_destroy", || unsafe { destroy::<Solver>(solver, "solver") })
}
