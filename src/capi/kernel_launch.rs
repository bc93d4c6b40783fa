//! Kernels of CUDA source, launched on local memory.

use super::border::{borrow, call, dlops_status, slice, text, Output};
use super::handle::{dlops_array, dlops_context, dlops_kernel};
use super::kernel::optional_text;
use crate::arrays::kernel::{Argument, Kernel};
use crate::arrays::Array;
use crate::context::Context;
use crate::error::Result;
use crate::fail;
use std::ffi::{c_char, c_void};

/// One argument of a launch: an array, or else the value at an address.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_kernel_argument {
    /// the address of this rank's first element in device memory is passed; NULL: `value` is
    pub array: *const dlops_array,
    /// a value of exactly the parameter's type, read during the call
    pub value: *const c_void,
}

/// Makes a kernel of a CUDA source: what CuPy calls a RawKernel. Compiled by NVRTC for the context's device and kept, on
/// disk too. Collective. Since 0.1.
///
/// @param source   CUDA C++ without system headers, with a function `name` that is extern "C" __global__
/// @param name     of the function
/// @param options  of the compiler, separated by spaces, such as "--use_fast_math -DN=4"; NULL: none
/// @param result   the caller destroys it
/// Errors, the same on all ranks: NULL_POINTER, ARGUMENT (name; no such kernel), COMPILATION (the compiler's text, with the
/// lines of the source), OPTION, UNSUPPORTED (a context without a device; no NVRTC), CUDA, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_kernel_create_raw(
    context: *const dlops_context,
    source: *const c_char,
    name: *const c_char,
    options: *const c_char,
    result: *mut *mut dlops_kernel,
) -> dlops_status {
    call("dlops_kernel_create_raw", || {
        let context = borrow::<Context>(context, "context")?;
        // SAFETY: the host passes strings that end in NUL, and the address of a handle.
        let arguments = unsafe {
            (|| {
                let output = Output::new(result, "result")?;
                Ok((output, text(source, "source")?, text(name, "name")?, optional_text(options, "options")?))
            })()
        };
        let (output, source, name, options) = context.agree(arguments)?;
        output.write(Kernel::raw(&context, source, name, options)?)
    })
}

/// Puts a raw kernel on the context's stream: kernel<<<grid, block, shared_bytes>>>(arguments). Local; does not wait, and
/// an error of the kernel's own is reported by the next call that does, such as dlops_context_synchronize. Nothing is
/// launched where a number of blocks is 0. Since 0.1.
///
/// @param grid            3 numbers of blocks, x first
/// @param block           3 numbers of threads of a block, x first
/// @param shared_bytes    of dynamic shared memory of each block; more than 48 KiB where the device has it
/// @param argument_count  as many as the kernel has parameters
/// @param arguments       `argument_count` arguments. Arrays are of any rank's own size: the kernel must be told how many
///                        elements there are here (dlops_space_get_local_count), and, where an array is padded, its strides.
///                        It may write to them; the host answers for that
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (no raw kernel; sizes; more shared memory than the device has), CONTEXT, SPACE (an array in host memory or of a product
/// space), STATE (acquired), CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_kernel_launch(
    kernel: *const dlops_kernel,
    grid: *const i64,
    block: *const i64,
    shared_bytes: i64,
    argument_count: i64,
    arguments: *const dlops_kernel_argument,
) -> dlops_status {
    call("dlops_kernel_launch", || {
        let kernel = borrow::<Kernel>(kernel, "kernel")?;
        // SAFETY: the host passes three numbers each, and as many arguments.
        unsafe {
            let (grid, block) = (sizes(grid, "grid")?, sizes(block, "block")?);
            let Ok(shared) = u32::try_from(shared_bytes) else {
                fail!(Argument, "shared_bytes is {shared_bytes}, expected 0 to 2^32 - 1");
            };
            if block.contains(&0) {
                fail!(Argument, "block is {block:?}, expected at least one thread");
            }
            let given = slice(arguments, argument_count, "arguments")?;
            let arguments = given.iter().enumerate().map(argument).collect::<Result<Vec<_>>>()?;
            kernel.launch(grid, block, shared, &arguments)
        }
    })
}

fn argument((k, given): (usize, &dlops_kernel_argument)) -> Result<Argument> {
    if given.array.is_null() {
        return Ok(Argument::Value(given.value));
    }
    if !given.value.is_null() {
        fail!(Argument, "arguments[{k}] has an array and a value, expected one of them");
    }
    let array = borrow::<Array>(given.array, &format!("arguments[{k}].array"))?;
    array.check_free(&format!("arguments[{k}].array"), true)?;
    Ok(Argument::Array(array))
}

unsafe fn sizes(pointer: *const i64, argument: &str) -> Result<[u32; 3]> {
    // SAFETY: the host passes three numbers.
    let given = unsafe { slice(pointer, 3, argument) }?;
    let mut sizes = [0; 3];
    for (size, n) in sizes.iter_mut().zip(given) {
        *size = match u32::try_from(*n) {
            Ok(n) => n,
            Err(_) => fail!(Argument, "{argument} is {given:?}, expected numbers from 0 to 2^32 - 1"),
        };
    }
    Ok(sizes)
}
