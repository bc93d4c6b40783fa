//! dlops_solver: create, solve or step, destroy. Settings and state have files of their own.

use super::border::{borrow, call, dlops_status, Output};
use super::handle::{destroy, dlops_array, dlops_operator, dlops_solver};
use crate::arrays::Array;
use crate::context::Level;
use crate::krylov::{Method, Solver};
use crate::operators::Operator;

/// Methods: conjugate gradients for A x = b, A Hermitian positive definite.
pub const DLOPS_SOLVER_CG: i32 = 1;
/// Conjugate gradients on the normal equations: least squares with damping.
pub const DLOPS_SOLVER_CGLS: i32 = 2;

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

/// Solves from set-up to the end: the reason tells how it ended (not converging is no error). Collective. Since 0.1.
///
/// On arrays in device memory, without a monitor, the host does not wait for what an iteration finds: it puts iterations
/// on the context's stream and looks at each two iterations later, and x, histories and reason are to the bit those of
/// waiting. A is then applied, in vain, up to twice more than iterations tell, a time limit is seen up to two iterations
/// late, and an iteration becomes one launch (a CUDA graph) where A allows it: see the option graphs. It waits in every
/// iteration with a monitor, in deterministic mode, when ranks do not talk by NCCL, when A or the preconditioner waits
/// (DLOPS operators that move arrays or solve do), and in dlops_solver_step. When it returns, the last update of x may
/// still be on the stream.
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

/// The solver as an operator from the range of A to its domain: each apply is a solve from zero with the settings that
/// the solver has now. Local. Since 0.1.
///
/// @param result  the caller destroys it; shares A with the solver, nothing else. With a preconditioner it is applied
///                forward only; without, the other modes make vectors of their own when they are first used
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
