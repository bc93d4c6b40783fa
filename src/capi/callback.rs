//! Operators from functions of the host.

use super::border::{borrow, call, dlops_status, flag, options, text, Options, Output};
use super::handle::{dlops_array, dlops_operator, dlops_space, Lease};
use super::host::{dlops_destroy_callback, User};
use crate::arrays::{Array, Space};
use crate::error::Result;
use crate::fail;
use crate::operators::callback::{callback, Function, Functions};
use std::ffi::{c_char, c_void};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};

/// Writes y = A x (or y = A^H x). x is not changed, y is overwritten. The handles are valid during the call and not the
/// host's to destroy: acquire their memory and release it, ask for spaces or components, or pass them to other calls.
/// Called on every rank of the operator's context in the same order, on the thread that applies, so that it may
/// communicate. Returns 0, or another number for a failure. An exception or a longjmp must not leave it: dlops.hpp catches
/// those of its lambdas and throws them again where the library was called.
pub type dlops_operator_function =
    Option<unsafe extern "C" fn(x: *const dlops_array, y: *mut dlops_array, user: *mut c_void) -> i32>;

/// As dlops_operator_function, on this rank's elements in C order, contiguous.
pub type dlops_matvec_function =
    Option<unsafe extern "C" fn(x: *const c_void, y: *mut c_void, user: *mut c_void) -> i32>;

/// Optional choices for an operator of the host; initialise with DLOPS_CALLBACK_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_callback_options {
    pub struct_size: usize,
    /// 1: A(c x) = c A x holds for real c only, as when a real part is taken; 0: for complex c
    pub real_linear: i32,
    pub reserved: i32,
    /// in tables, views and error texts; copied; NULL: "Callback"
    pub name: *const c_char,
}

impl Options for dlops_callback_options {
    const NAME: &'static str = "dlops_callback_options";
}

type OnHandles = unsafe extern "C" fn(*const dlops_array, *mut dlops_array, *mut c_void) -> i32;
type OnMemory = unsafe extern "C" fn(*const c_void, *mut c_void, *mut c_void) -> i32;

fn on_handles(user: &Arc<User>, leases: &Arc<Mutex<[Lease; 2]>>, function: OnHandles) -> Function {
    let (user, leases) = (user.clone(), leases.clone());
    Box::new(move |x: &Array, y: &Array| {
        let mut leases = match leases.try_lock() {
            Ok(leases) => leases,
            Err(TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
            // The operator refuses to be applied inside itself before this.
            Err(TryLockError::WouldBlock) => return -1,
        };
        let [first, second] = &mut *leases;
        first.lend(x.clone(), |x| {
            // SAFETY: the host's function, with live handles and its own pointer.
            second.lend(y.clone(), |y| unsafe { function(x, y, user.pointer) })
        })
    })
}

fn on_memory(user: &Arc<User>, function: OnMemory) -> Function {
    let user = user.clone();
    Box::new(move |x: &Array, y: &Array| match (x.leaf(), y.leaf()) {
        // SAFETY: the host's function, with contiguous memory of both sides and its own pointer.
        (Ok(x), Ok(y)) => unsafe { function(x.pointer().cast(), y.pointer().cast(), user.pointer) },
        // Product spaces are refused when the operator is made.
        _ => -1,
    })
}

/// Both spaces are borrowed first: a collective call needs their context to agree on anything else.
unsafe fn create(
    domain: *const dlops_space,
    range: *const dlops_space,
    result: *mut *mut dlops_operator,
    user: &User,
    destroy: dlops_destroy_callback,
    functions: impl FnOnce() -> Result<Functions>,
) -> Result<()> {
    let domain = borrow::<Space>(domain, "domain")?;
    let mut shape = String::new();
    let made = (|| {
        let range = borrow::<Space>(range, "range")?;
        let output = Output::new(result, "result")?;
        let functions = functions()?;
        let (name, linear, adjoint) = (&functions.name, functions.complex_linear, functions.adjoint.is_some());
        shape = format!("operator {name}, complex-linear: {linear}, with adjoint: {adjoint}");
        Ok((output, callback(&domain, &range, functions)?))
    })();
    let (output, operator) = domain.context().agree_on(made, &shape)?;
    output.write(operator)?;
    user.adopt(destroy);
    Ok(())
}

/// Makes an operator of the host's functions y = A x and y = A^H x, on arrays. Collective over the context of the
/// spaces. Since 0.1.
///
/// The library adds alpha, beta, conj(A) x = conj(A conj(x)) and A^T x = conj(A^H conj(x)), with one array of the
/// domain and one of the range that are made here. The functions get arrays of exactly these spaces, in the caller's
/// memory or in those two. A non-zero return is DLOPS_ERROR_CALLBACK with that number; y holds NaN then. The context
/// also keeps the error, on one rank as on several, until the next dlops_context_agree or solver reduction tells all
/// ranks; a local context (dlops_context_get_local) leaves that to the operator that its operators are blocks of.
///
/// With arrays in device memory the functions put their work on the context's stream, or behind it and before what
/// follows there. A solver that does not wait for its iterations calls them up to twice more than it iterates, and what
/// fails then is no failure.
///
/// @param domain   of x, of any layout; also of a local context, for a block of BlockDiag and others
/// @param range    of y, of the same context
/// @param forward  y = A x
/// @param adjoint  y = A^H x; NULL: adjoint and transpose return UNSUPPORTED
/// @param user     passed to the functions
/// @param destroy  called exactly once with `user` when the last handle and everything that holds the operator are
///                 gone; may be NULL. If this call fails, it is not called and `user` stays the caller's
/// @param choices  NULL for the defaults
/// @param result   the caller destroys it
/// Errors, the same on all ranks: NULL_POINTER, HANDLE, CONTEXT, OPTION, MEMORY, COLLECTIVE. A domain that is no handle
/// on one rank only is outside the guarantee.
#[no_mangle]
#[must_use]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn dlops_operator_create_callback(
    domain: *const dlops_space,
    range: *const dlops_space,
    forward: dlops_operator_function,
    adjoint: dlops_operator_function,
    user: *mut c_void,
    destroy: dlops_destroy_callback,
    choices: *const dlops_callback_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_create_callback", || {
        let user = Arc::new(User::lent(user));
        let functions = || {
            let Some(forward) = forward else { fail!(NullPointer, "forward is NULL, expected a function") };
            // SAFETY: the host passes NULL or options with their struct_size.
            let choices = unsafe { options(choices) }?;
            let name = match choices.name.is_null() {
                true => "Callback",
                // SAFETY: a NUL-terminated string of the host.
                false => unsafe { text(choices.name, "name") }?,
            };
            let leases = Arc::new(Mutex::new([Lease::new()?, Lease::new()?]));
            Ok(Functions {
                forward: on_handles(&user, &leases, forward),
                adjoint: adjoint.map(|adjoint| on_handles(&user, &leases, adjoint)),
                contiguous: false,
                complex_linear: !flag(choices.real_linear, "real_linear")?,
                name: name.to_string(),
            })
        };
        // SAFETY: the contract of this function.
        unsafe { create(domain, range, result, &user, destroy, functions) }
    })
}

/// Makes a complex-linear operator of the host's functions on this rank's elements, contiguous in C order: the short
/// form of dlops_operator_create_callback, with the same parameters and errors. Strided arrays are packed by the
/// library. Collective. Since 0.1.
///
/// @param forward  y = A x on pointers to the elements' type; not dereferenced on a rank without elements
/// Errors: as dlops_operator_create_callback, and SPACE (a product space).
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_operator_create_matvec(
    domain: *const dlops_space,
    range: *const dlops_space,
    forward: dlops_matvec_function,
    adjoint: dlops_matvec_function,
    user: *mut c_void,
    destroy: dlops_destroy_callback,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_operator_create_matvec", || {
        let user = Arc::new(User::lent(user));
        let functions = || {
            let Some(forward) = forward else { fail!(NullPointer, "forward is NULL, expected a function") };
            Ok(Functions {
                forward: on_memory(&user, forward),
                adjoint: adjoint.map(|adjoint| on_memory(&user, adjoint)),
                contiguous: true,
                complex_linear: true,
                name: "Matvec".to_string(),
            })
        };
        // SAFETY: the contract of this function.
        unsafe { create(domain, range, result, &user, destroy, functions) }
    })
}
