//! What a host may choose for a solver: tolerances, limits, damping, preconditioner, monitor.

use super::border::{borrow, call, dlops_status, text};
use super::handle::{dlops_operator, dlops_solver};
use super::host::{dlops_destroy_callback, User};
use crate::error::{Error, Status};
use crate::fail;
use crate::krylov::solver::Monitor;
use crate::krylov::{table, Event, Method, Solver, Tolerance};
use crate::operators::Operator;
use std::ffi::{c_char, c_void};
use std::sync::Arc;

/// x is not read and the solver starts from zero.
pub const DLOPS_GUESS_ZERO: i32 = 0;
/// x holds an initial guess.
pub const DLOPS_GUESS_GIVEN: i32 = 1;

/// The stopping rule: norm <= max(rtol * norm at x = 0, atol).
pub const DLOPS_TOLERANCE_STANDARD: i32 = 0;
/// The squared norm <= atol, as PyLops and PyLops-MPI compare their tol.
pub const DLOPS_TOLERANCE_PYLOPS: i32 = 1;

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

/// Seconds after which the solver stops, 0 (the default) for none; rank 0's clock decides. On a device it may be seen two
/// iterations late. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, OPTION.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_time_limit(solver: *mut dlops_solver, seconds: f64) -> dlops_status {
    call("dlops_solver_set_time_limit", || borrow::<Solver>(solver, "solver")?.change(|o| o.set_time_limit(seconds)))
}

/// CGLS minimises |A x - b|^2 + damp^2 |x|^2; default 0. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, OPTION, UNSUPPORTED (a method without damping).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_solver_set_damping(solver: *mut dlops_solver, damp: f64) -> dlops_status {
    call("dlops_solver_set_damping", || {
        let solver = borrow::<Solver>(solver, "solver")?;
        if solver.method() == Method::Cg {
            fail!(
                Unsupported,
                "{} has no damping; add a multiple of the identity to its operator",
                solver.method().name()
            );
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
/// initial_guess, show. One has no setter: graphs is automatic (the default) or off, and says whether an iteration on a
/// device may be recorded, after the first two of a solve, and replayed as one launch. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE, OPTION (a wrong key lists the valid ones).
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
    call("dlops_solver_set_show", || borrow::<Solver>(solver, "solver")?.change(|o| o.set_show([first, last, every])))
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
            let user = User::given(user, destroy);
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
