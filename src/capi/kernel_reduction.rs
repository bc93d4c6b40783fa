//! Kernels that reduce arrays to a number.

use super::border::{borrow, call, dlops_status, slice, text, write, Output};
use super::handle::{dlops_array, dlops_context, dlops_kernel};
use super::kernel::{arrays, dlops_kernel_options, kernel_options, optional_text};
use super::operator::dlops_scalar;
use crate::arrays::kernel::{Kernel, ReductionTexts};
use crate::context::Context;
use std::ffi::c_char;

/// Makes a kernel that combines one value of each element to a number, over all ranks: what CuPy calls a ReductionKernel.
/// Collective. Since 0.1.
///
/// The sum of squares, for example, has map "x * x", reduce "a + b", identity "0", and as the norm post "y = sqrt(a)". The
/// texts are of the language that docs/kernels.md describes; a map that is not is taken for an expression of CUDA C++, for
/// device arrays only. States are accumulated in double precision: int64, float64 or complex128, as the types of map,
/// reduce and identity need. The index of the largest element comes of complex states: map "complex(x, i)", reduce
/// "real(a) >= real(b) ? a : b", identity "complex(-inf, -1)", output "complex128 y".
///
/// @param inputs    parameters as of dlops_kernel_create_elementwise, at least one of them an array
/// @param output    one parameter as "float64 y": the type of the result
/// @param map       an expression of the inputs, i and n
/// @param reduce    an expression of a and b, associative and commutative. Over the ranks a + b, min(a, b) and max(a, b) are
///                  finished by the transport's allreduce (a + b in the order of ranks where the context is deterministic
///                  or the state is no number of the transport); anything else is gathered and combined in the order of
///                  ranks, on all alike
/// @param post      an assignment to the output from a, the scalars and n, the number of elements of all ranks and
///                  components; NULL: the output is a
/// @param identity  an expression of numbers that changes nothing in reduce; the result where there are no elements
/// @param name      letters, digits and '_'; in error texts
/// @param choices   NULL for the defaults; host_function is NULL
/// @param result    the caller destroys it
/// Errors, the same on all ranks: as dlops_kernel_create_elementwise.
#[no_mangle]
#[must_use]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn dlops_kernel_create_reduction(
    context: *const dlops_context,
    inputs: *const c_char,
    output: *const c_char,
    map: *const c_char,
    reduce: *const c_char,
    post: *const c_char,
    identity: *const c_char,
    name: *const c_char,
    choices: *const dlops_kernel_options,
    result: *mut *mut dlops_kernel,
) -> dlops_status {
    call("dlops_kernel_create_reduction", || {
        let context = borrow::<Context>(context, "context")?;
        // SAFETY: the host passes strings that end in NUL, NULL or options, and the address of a handle.
        let arguments = unsafe {
            (|| {
                let target = Output::new(result, "result")?;
                let signature = (text(inputs, "inputs")?, text(output, "output")?);
                let texts = ReductionTexts {
                    map: text(map, "map")?,
                    reduce: text(reduce, "reduce")?,
                    post: optional_text(post, "post")?,
                    identity: text(identity, "identity")?,
                };
                Ok((target, signature, texts, text(name, "name")?, kernel_options(choices)?.0))
            })()
        };
        let (target, signature, texts, name, options) = context.agree(arguments)?;
        target.write(Kernel::reduction(&context, signature, texts, name, options)?)
    })
}

/// The number that a reduction makes of arrays: of the elements of the ranks of the arrays' mask colour, each counted once,
/// also where several ranks hold it. Collective; waits for the device. Since 0.1.
///
/// @param input_count   of arrays among the inputs, in the order of the parameters
/// @param inputs        `input_count` arrays of spaces that are congruent but for the dtype, or of products of such ones
/// @param scalar_count  of parameters with `scalar`
/// @param scalars       `scalar_count` numbers, the same on all ranks
/// @param result        the output, in double precision; the same bits on all ranks of the colour
/// Errors, the same on all ranks: NULL_POINTER, HANDLE, ARGUMENT (a number of arrays or scalars; no reduction), CONTEXT,
/// SPACE, DTYPE, STATE (acquired for writing), COMPILATION, UNSUPPORTED, CUDA, MPI. A kernel that is no handle on one rank
/// only is outside the guarantee.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_kernel_reduce(
    kernel: *const dlops_kernel,
    input_count: i64,
    inputs: *const *const dlops_array,
    scalar_count: i64,
    scalars: *const dlops_scalar,
    result: *mut dlops_scalar,
) -> dlops_status {
    call("dlops_kernel_reduce", || {
        let kernel = borrow::<Kernel>(kernel, "kernel")?;
        // SAFETY: the host passes arrays of as many handles and numbers, and NULL or the address of a dlops_scalar.
        unsafe {
            let numbers = slice(scalars, scalar_count, "scalars");
            let inputs =
                numbers.clone().and_then(|_| arrays(inputs, input_count, "inputs", false)).and_then(|inputs| {
                    match result.is_null() {
                        true => crate::fail!(NullPointer, "result is NULL, expected an address to write to"),
                        false => Ok(inputs),
                    }
                });
            write(result, "result", kernel.reduce(inputs, numbers.unwrap_or(&[]))?)
        }
    })
}
