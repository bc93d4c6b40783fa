//! What every entry point does: catch panics, keep the error text, check pointers, read options.

use super::handle::{self, Handled};
use crate::dispatch;
use crate::dtype::{DType, Element, Scalar};
use crate::error::{Error, Result, Status};
use crate::fail;
use num_complex::Complex;
use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_void, CStr};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Once;

/// Status of a call: 0 (DLOPS_OK) or a negative DLOPS_ERROR_ number.
pub type dlops_status = i32;

thread_local! {
    static LAST_ERROR: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static RANK: Cell<Option<usize>> = const { Cell::new(None) };
    static INSIDE: Cell<u32> = const { Cell::new(0) };
}

/// Runs the body of an entry point. A panic becomes `DLOPS_ERROR_INTERNAL`; an error leaves its text for
/// `dlops_last_error`.
pub(super) fn call(function: &str, body: impl FnOnce() -> Result<()>) -> dlops_status {
    silence_panics();
    INSIDE.set(INSIDE.get() + 1);
    let outcome = catch_unwind(AssertUnwindSafe(body));
    INSIDE.set(INSIDE.get() - 1);
    let error = match outcome {
        Ok(Ok(())) => return Status::Ok.code(),
        Ok(Err(error)) => error,
        Err(panic) => Error::new(Status::Internal, panic_text(&*panic)),
    };
    let text = match RANK.get() {
        Some(rank) if !error.message.starts_with("rank ") => format!("{function}: {} [rank {rank}]", error.message),
        _ => format!("{function}: {}", error.message),
    };
    keep_error(&text);
    error.status.code()
}

/// A panic's text goes into the status, not to the host's standard error.
fn silence_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if INSIDE.try_with(Cell::get).unwrap_or(0) == 0 {
                previous(info);
            }
        }));
    });
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| s.to_string()).or_else(|| panic.downcast_ref::<String>().cloned());
    format!("internal error: {}", text.unwrap_or_else(|| "panic without a text".into()))
}

fn keep_error(text: &str) {
    LAST_ERROR.with_borrow_mut(|last| {
        last.clear();
        last.extend(text.bytes().filter(|b| *b != 0));
        last.push(0);
    });
}

/// The text of this thread's last error, NUL-terminated, until its next failing call.
pub(super) fn last_error() -> *const c_char {
    LAST_ERROR.with_borrow(|last| if last.is_empty() { c"".as_ptr() } else { last.as_ptr().cast() })
}

/// The object behind a handle.
pub(super) fn borrow<T: Handled>(pointer: *const T::Opaque, argument: &str) -> Result<T> {
    let object = handle::get::<T>(pointer, argument)?;
    // A context of one rank, such as the local one of a larger context, cannot tell which rank this is.
    if object.context().size() > 1 {
        RANK.set(Some(object.context().rank()));
    }
    Ok(object)
}

/// The objects behind `count` handles.
pub(super) unsafe fn borrow_all<T: Handled>(
    pointers: *const *const T::Opaque,
    count: i64,
    argument: &str,
) -> Result<Vec<T>> {
    // SAFETY: the caller passes `count` handles at `pointers`.
    let pointers = unsafe { slice(pointers, count, argument)? };
    pointers.iter().enumerate().map(|(k, p)| borrow::<T>(*p, &format!("{argument}[{k}]"))).collect()
}

/// Where a handle is written to, on success only.
pub(super) struct Output<T: Handled>(*mut *mut T::Opaque);

impl<T: Handled> Output<T> {
    pub(super) fn new(pointer: *mut *mut T::Opaque, argument: &str) -> Result<Output<T>> {
        if pointer.is_null() {
            fail!(NullPointer, "{argument} is NULL, expected the address of a handle");
        }
        Ok(Output(pointer))
    }

    pub(super) fn write(self, object: T) -> Result<()> {
        let handle = handle::put(object)?;
        // SAFETY: not NULL, and the caller passes the address of a handle.
        unsafe { self.0.write(handle) };
        Ok(())
    }
}

/// Writes a plain value to the host's variable.
pub(super) unsafe fn write<T>(pointer: *mut T, argument: &str, value: T) -> Result<()> {
    if pointer.is_null() {
        fail!(NullPointer, "{argument} is NULL, expected an address to write to");
    }
    // SAFETY: not NULL, and the caller passes the address of a `T`.
    unsafe { pointer.write(value) };
    Ok(())
}

/// Writes several values to the host's array of at least that length.
pub(super) unsafe fn write_all<T: Copy>(pointer: *mut T, argument: &str, values: &[T]) -> Result<()> {
    if pointer.is_null() && !values.is_empty() {
        fail!(NullPointer, "{argument} is NULL, expected room for {} values", values.len());
    }
    if !values.is_empty() {
        // SAFETY: not NULL, and the caller's array has room for all values.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), pointer, values.len()) };
    }
    Ok(())
}

/// `count` values of the host.
pub(super) unsafe fn slice<'a, T>(pointer: *const T, count: i64, argument: &str) -> Result<&'a [T]> {
    let Ok(count) = usize::try_from(count) else {
        fail!(Argument, "the number of {argument} is {count}, expected 0 or more");
    };
    if count > isize::MAX as usize / std::mem::size_of::<T>().max(1) {
        fail!(Argument, "the number of {argument} is {count}, more than the address space holds");
    }
    if count == 0 {
        return Ok(&[]);
    }
    if pointer.is_null() {
        fail!(NullPointer, "{argument} is NULL, expected {count} values");
    }
    // SAFETY: not NULL, and the caller passes `count` values.
    Ok(unsafe { std::slice::from_raw_parts(pointer, count) })
}

/// A C string in UTF-8.
pub(super) unsafe fn text<'a>(pointer: *const c_char, argument: &str) -> Result<&'a str> {
    if pointer.is_null() {
        fail!(NullPointer, "{argument} is NULL, expected a string");
    }
    // SAFETY: not NULL, and the caller passes a NUL-terminated string.
    match unsafe { CStr::from_ptr(pointer) }.to_str() {
        Ok(text) => Ok(text),
        Err(_) => fail!(Argument, "{argument} is not valid UTF-8"),
    }
}

/// A struct of options: `struct_size` first, every field zero for its default.
pub(super) trait Options: Copy {
    const NAME: &'static str;
}

/// Reads options of any version: missing fields are zero, which means their default; unknown ones must be zero.
pub(super) unsafe fn options<T: Options>(pointer: *const T) -> Result<T> {
    // SAFETY: option structs are plain C data for which all zeros is valid.
    let mut options: T = unsafe { std::mem::zeroed() };
    if pointer.is_null() {
        return Ok(options);
    }
    let (name, own) = (T::NAME, std::mem::size_of::<T>());
    // SAFETY: every options struct starts with `size_t struct_size`.
    let size = unsafe { pointer.cast::<usize>().read_unaligned() };
    if size < std::mem::size_of::<usize>() || size > 1 << 16 {
        fail!(Option, "struct_size of {name} is {size}; initialise it with the macro of its header");
    }
    // SAFETY: the caller's struct has `size` bytes.
    let bytes = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), size) };
    if let Some(k) = bytes.iter().skip(own).position(|b| *b != 0) {
        fail!(
            Unsupported,
            "{name} of {size} bytes sets byte {}, which this version ({own} bytes) does not know",
            own + k
        );
    }
    // SAFETY: both sides hold at least this many bytes, and any bytes are valid in plain C data.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), (&raw mut options).cast(), size.min(own)) };
    Ok(options)
}

/// 0 or 1.
pub(super) fn boolean(value: i32, argument: &str) -> Result<bool> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => fail!(Argument, "{argument} is {value}, expected 0 or 1"),
    }
}

/// 0 or 1, in a field of options.
pub(super) fn flag(value: i32, field: &str) -> Result<bool> {
    boolean(value, field).map_err(|error| Error { status: Status::Option, ..error })
}

/// An axis; negative ones count from the last.
pub(super) fn axis(value: i32, dimensions: usize, argument: &str) -> Result<usize> {
    let n = dimensions as i64;
    let axis = if value < 0 { value as i64 + n } else { value as i64 };
    if axis < 0 || axis >= n {
        fail!(Axis, "{argument} is {value}, expected {} to {} for {n} dimensions", -n, n - 1);
    }
    Ok(axis as usize)
}

/// A scalar for arrays of `dtype`.
pub(super) fn scalar(value: Scalar, dtype: DType, argument: &str) -> Result<Scalar> {
    if !value.is_real() && !dtype.is_complex() {
        fail!(DType, "{argument} is {} + {}i, but the arrays are {}", value.re, value.im, dtype.name());
    }
    Ok(value)
}

/// `count` numbers of any floating-point dtype in double precision.
pub(super) unsafe fn numbers(
    pointer: *const c_void,
    count: i64,
    dtype: DType,
    argument: &str,
) -> Result<Vec<Complex<f64>>> {
    dispatch!(dtype, T => {
        // SAFETY: the caller passes `count` values of this dtype.
        let values = unsafe { slice(pointer.cast::<T>(), count, argument) }?;
        Ok(values.iter().map(|v| v.to_scalar()).map(|s| Complex::new(s.re, s.im)).collect())
    })
}
