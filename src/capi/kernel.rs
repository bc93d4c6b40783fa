//! dlops_kernel: what all kinds have in common, and elementwise kernels.

use super::border::{borrow, borrow_all, call, dlops_status, options as read_options, slice, text, Options, Output};
use super::handle::{destroy, dlops_array, dlops_context, dlops_kernel};
use super::host::{dlops_destroy_callback, User};
use super::operator::dlops_scalar;
use crate::arrays::kernel::{HostBlock, HostFunction, Kernel, Options as KernelOptions};
use crate::arrays::Array;
use crate::context::{Context, Level};
use crate::error::Result;
use crate::fail;
use std::ffi::{c_char, c_void};
use std::sync::Arc;

/// A part of this rank's elements for a function of the host: contiguous in every array.
#[repr(C)]
pub struct dlops_kernel_block {
    /// elements of the block, at least 1
    pub count: i64,
    /// the global C-order index of each element
    pub indices: *const i64,
    /// where the elements of each input are
    pub inputs: *const *const c_void,
    /// DLOPS_FLOAT32, ... of each input
    pub input_dtypes: *const i32,
    /// the scalars of the call
    pub scalars: *const dlops_scalar,
    /// where the elements of each output go; an output may be the memory of an input
    pub outputs: *const *mut c_void,
    /// DLOPS_FLOAT32, ... of each output
    pub output_dtypes: *const i32,
}

/// Computes the outputs of a block. Called on the thread that applies the kernel, for one block after another of this
/// rank's elements, on some ranks never; it must not communicate. Returns 0, or another number for a failure.
pub type dlops_kernel_function =
    Option<unsafe extern "C" fn(block: *const dlops_kernel_block, user: *mut c_void) -> i32>;

/// Optional choices for a kernel; initialise with DLOPS_KERNEL_OPTIONS_INIT. Zero means the default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_kernel_options {
    pub struct_size: usize,
    /// CUDA C++ before the kernel, such as device functions that its body calls; copied; NULL: none
    pub preamble: *const c_char,
    /// options of the CUDA compiler, separated by spaces, such as "--use_fast_math -DN=4"; copied; NULL: none
    pub compiler_options: *const c_char,
    /// computes host arrays in place of the body, of elementwise kernels; NULL: the body does
    pub host_function: dlops_kernel_function,
    /// passed to host_function
    pub user: *mut c_void,
    /// called exactly once with `user` when the last handle is gone, not when the create fails; may be NULL
    pub destroy: dlops_destroy_callback,
}

impl Options for dlops_kernel_options {
    const NAME: &'static str = "dlops_kernel_options";
}

/// A text of the host, empty where it may be missing.
pub(super) unsafe fn optional_text<'a>(pointer: *const c_char, argument: &str) -> Result<&'a str> {
    match pointer.is_null() {
        true => Ok(""),
        // SAFETY: a NUL-terminated string of the host.
        false => unsafe { text(pointer, argument) },
    }
}

/// The options of a kernel, and the host's pointer in them.
pub(super) unsafe fn kernel_options(
    choices: *const dlops_kernel_options,
) -> Result<(KernelOptions, Arc<User>, dlops_destroy_callback)> {
    // SAFETY: the host passes NULL or options with their struct_size, and strings that end in NUL.
    let (choices, preamble, compiler) = unsafe {
        let choices = read_options(choices)?;
        let preamble = optional_text(choices.preamble, "preamble")?;
        (choices, preamble, optional_text(choices.compiler_options, "compiler_options")?)
    };
    if choices.host_function.is_none() && (!choices.user.is_null() || choices.destroy.is_some()) {
        fail!(Option, "user or destroy is set, but host_function is NULL");
    }
    let user = Arc::new(User::lent(choices.user));
    let function = choices.host_function.map(|function| {
        let user = user.clone();
        Box::new(move |block: &HostBlock| {
            let dtypes = |list: &[crate::dtype::DType], codes: &mut [i32; 64]| {
                codes.iter_mut().zip(list).for_each(|(code, dtype)| *code = *dtype as i32);
            };
            let (mut inputs, mut outputs) = ([0; 64], [0; 64]);
            dtypes(block.input_dtypes, &mut inputs);
            dtypes(block.output_dtypes, &mut outputs);
            let shown = dlops_kernel_block {
                count: block.count as i64,
                indices: block.indices.as_ptr(),
                inputs: block.inputs.as_ptr().cast(),
                input_dtypes: inputs.as_ptr(),
                scalars: block.scalars.as_ptr(),
                outputs: block.outputs.as_ptr().cast(),
                output_dtypes: outputs.as_ptr(),
            };
            // SAFETY: the host's function, with memory of as many elements and its own pointer.
            unsafe { function(&shown, user.pointer) }
        }) as HostFunction
    });
    let options = KernelOptions { preamble: preamble.into(), compiler: compiler.into(), host: function };
    Ok((options, user, choices.destroy))
}

/// Arrays and numbers of a call.
pub(super) unsafe fn arrays(
    pointers: *const *const dlops_array,
    count: i64,
    argument: &str,
    writing: bool,
) -> Result<Vec<Array>> {
    // SAFETY: the caller passes `count` handles.
    let arrays = unsafe { borrow_all::<Array>(pointers, count, argument) }?;
    for (k, array) in arrays.iter().enumerate() {
        array.check_free(&format!("{argument}[{k}]"), writing)?;
    }
    Ok(arrays)
}

/// Makes a kernel that gives every element of its outputs a value from the elements at the same place of its inputs: what
/// CuPy calls an ElementwiseKernel, for distributed arrays. Collective. Since 0.1.
///
/// The body is a text of the language that docs/kernels.md describes, such as "z = x - y", or "z = log1p(exp(-abs(x)))";
/// it computes host and device arrays alike. Any other text is taken for CUDA C++, for device arrays only; then host
/// arrays need a host_function among the options, or are refused with what the language has against the body, and the
/// column. In both, i is the global index of the element in C order (int64, from 0), whatever layout and padding the array
/// has, and n the number of elements of all ranks; of a product space, those of the component.
///
/// Where all types are known, and the context has a device, the kernel is compiled here; else when arrays of new dtypes
/// are met first. What is compiled is kept, on disk too.
///
/// @param inputs   parameters as "float32 x, T y, scalar T a": a dtype, or a capital letter for any dtype, the same for
///                 all parameters of that letter; `scalar` before it is one number, passed by value
/// @param outputs  parameters as "T z"; at least one
/// @param body     for each output an assignment, separated by ';'
/// @param name     letters, digits and '_'; in error texts
/// @param choices  NULL for the defaults
/// @param result   the caller destroys it
/// Errors, the same on all ranks: NULL_POINTER, ARGUMENT, COMPILATION (with the column, or the compiler's text with the
/// lines of the body), OPTION, CUDA, MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
#[allow(clippy::too_many_arguments)]
pub unsafe extern "C" fn dlops_kernel_create_elementwise(
    context: *const dlops_context,
    inputs: *const c_char,
    outputs: *const c_char,
    body: *const c_char,
    name: *const c_char,
    choices: *const dlops_kernel_options,
    result: *mut *mut dlops_kernel,
) -> dlops_status {
    call("dlops_kernel_create_elementwise", || {
        let context = borrow::<Context>(context, "context")?;
        // SAFETY: the host passes strings that end in NUL, NULL or options, and the address of a handle.
        let arguments = unsafe {
            (|| {
                let output = Output::new(result, "result")?;
                let inputs = optional_text(inputs, "inputs")?;
                let texts = [inputs, text(outputs, "outputs")?, text(body, "body")?, text(name, "name")?];
                Ok((output, texts, kernel_options(choices)?))
            })()
        };
        let (output, [inputs, outputs, body, name], (options, user, destroy)) = context.agree(arguments)?;
        output.write(Kernel::elementwise(&context, inputs, outputs, body, name, options)?)?;
        user.adopt(destroy);
        Ok(())
    })
}

/// Gives the outputs of an elementwise kernel their values. Local; device arrays are computed in the order of the
/// context's stream, and the call does not wait.
///
/// All arrays are of spaces that are congruent but for the dtype, or of products of such ones, which are computed component
/// by component. An output may be an input too: all inputs of an element are read before its outputs are written. (A body of
/// CUDA C++ writes where it assigns.) Since 0.1.
///
/// @param input_count   of arrays among the inputs, in the order of the parameters
/// @param inputs        `input_count` arrays; not changed
/// @param scalar_count  of parameters with `scalar`
/// @param scalars       `scalar_count` numbers
/// @param output_count  of outputs
/// @param outputs       `output_count` arrays; overwritten
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (a number of arrays or scalars; no elementwise kernel), CONTEXT, SPACE, DTYPE,
/// OVERLAP, STATE (acquired), COMPILATION, CALLBACK, UNSUPPORTED, CUDA.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_kernel_apply(
    kernel: *const dlops_kernel,
    input_count: i64,
    inputs: *const *const dlops_array,
    scalar_count: i64,
    scalars: *const dlops_scalar,
    output_count: i64,
    outputs: *const *mut dlops_array,
) -> dlops_status {
    call("dlops_kernel_apply", || {
        let kernel = borrow::<Kernel>(kernel, "kernel")?;
        // SAFETY: the host passes arrays of as many handles and numbers.
        unsafe {
            let inputs = arrays(inputs, input_count, "inputs", false)?;
            let scalars = slice(scalars, scalar_count, "scalars")?;
            let outputs = arrays(outputs.cast(), output_count, "outputs", true)?;
            kernel.apply(&inputs, scalars, &outputs)
        }
    })
}

/// Copies the name of a kernel, NUL-terminated and cut to `length` bytes. Local. Since 0.1.
///
/// @param name    room for `length` bytes
/// @param length  at least 1
/// Errors: NULL_POINTER, HANDLE, ARGUMENT.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_kernel_get_name(
    kernel: *const dlops_kernel,
    name: *mut c_char,
    length: usize,
) -> dlops_status {
    call("dlops_kernel_get_name", || {
        let kernel = borrow::<Kernel>(kernel, "kernel")?;
        // SAFETY: the host's buffer has `length` bytes.
        unsafe { super::device::write_name(kernel.name(), name, length) }
    })
}

/// Writes what the kernel is to the context's log, at level DLOPS_LOG_INFO. Local. Since 0.1.
/// Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_kernel_view(kernel: *const dlops_kernel) -> dlops_status {
    call("dlops_kernel_view", || {
        let kernel = borrow::<Kernel>(kernel, "kernel")?;
        kernel.context().log(Level::Info, &format!("{}: {kernel}", kernel.name()));
        Ok(())
    })
}

/// Another handle to the same kernel. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_kernel_retain(
    kernel: *const dlops_kernel,
    copy: *mut *mut dlops_kernel,
) -> dlops_status {
    call("dlops_kernel_retain", || Output::new(copy, "copy")?.write(borrow::<Kernel>(kernel, "kernel")?))
}

/// Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE.
#[no_mangle]
pub unsafe extern "C" fn dlops_kernel_destroy(kernel: *mut *mut dlops_kernel) -> dlops_status {
    // SAFETY: the host passes NULL or the address of a handle.
    call("dlops_kernel_destroy", || unsafe { destroy::<Kernel>(kernel, "kernel") })
}
