//! cuBLAS: products of matrices and vectors of a device, in the order of a stream.

use super::stream::Stream;
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result, Status};
use crate::fail;
use cudarc::cublas::sys::{self, cublasHandle_t, cublasOperation_t, cublasStatus_t};
use std::ffi::CStr;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Entries that the library calls. Asking for one that a cuBLAS lacks would panic, so all are looked up first.
const NEEDED: [&CStr; 11] = [
    c"cublasCreate_v2",
    c"cublasDestroy_v2",
    c"cublasSetStream_v2",
    c"cublasSgemmStridedBatched",
    c"cublasDgemmStridedBatched",
    c"cublasCgemmStridedBatched",
    c"cublasZgemmStridedBatched",
    c"cublasSgemv_v2",
    c"cublasDgemv_v2",
    c"cublasCgemv_v2",
    c"cublasZgemv_v2",
];

/// An error that says what was looked for, where this process has no usable cuBLAS. The answer is found once.
fn available() -> Result<()> {
    static ANSWER: OnceLock<Result<()>> = OnceLock::new();
    ANSWER.get_or_init(look).clone()
}

fn look() -> Result<()> {
    // SAFETY: loading the library runs its initialisers, which is what a program that is linked to it does.
    if !unsafe { sys::is_culib_present() } {
        fail!(
            Unsupported,
            "no cuBLAS was found: libcublas.so and libcublas.so.13 cannot be loaded; products with dense matrices need it \
             on a device, and work on host arrays without it"
        );
    }
    // SAFETY: the library was found above, so this does not panic; the symbols are only looked up.
    let lacking = NEEDED
        .iter()
        .find(|name| unsafe { sys::culib().get::<unsafe extern "C" fn()>(name.to_bytes_with_nul()).is_err() });
    match lacking {
        None => Ok(()),
        Some(name) => fail!(Unsupported, "the cuBLAS that was found has no {}", name.to_string_lossy()),
    }
}

fn check(code: cublasStatus_t, what: &str) -> Result<()> {
    match code {
        cublasStatus_t::CUBLAS_STATUS_SUCCESS => Ok(()),
        cublasStatus_t::CUBLAS_STATUS_ALLOC_FAILED => Err(Error::new(Status::Memory, format!("{what}: {code:?}"))),
        _ => Err(Error::new(Status::Cuda, format!("{what}: {code:?}"))),
    }
}

/// How a matrix enters a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    None,
    Transposed,
    Adjoint,
}

impl Turn {
    fn raw(self) -> cublasOperation_t {
        match self {
            Turn::None => cublasOperation_t::CUBLAS_OP_N,
            Turn::Transposed => cublasOperation_t::CUBLAS_OP_T,
            Turn::Adjoint => cublasOperation_t::CUBLAS_OP_C,
        }
    }
}

/// Matrices by columns on the device, one after another: address, elements from column to column, and from matrix to
/// matrix.
#[derive(Clone, Copy)]
pub struct Matrices {
    pub pointer: u64,
    pub leading: i32,
    pub stride: i64,
}

/// C := alpha op(A) op(B) + beta C for `count` products, C of m x n and k the inner extent; with beta = 0, C is not read.
#[derive(Clone, Copy)]
pub struct Products {
    pub turns: [Turn; 2],
    pub m: i32,
    pub n: i32,
    pub k: i32,
    pub a: Matrices,
    pub b: Matrices,
    pub c: Matrices,
    pub count: i32,
}

/// A vector on the device: address, and elements from one to the next.
#[derive(Clone, Copy)]
pub struct Vector {
    pub pointer: u64,
    pub stride: i32,
}

/// A cuBLAS of one stream.
pub(super) struct Blas {
    handle: Mutex<Handle>,
}

struct Handle(cublasHandle_t);

// SAFETY: a handle may be used by any thread, by one at a time.
unsafe impl Send for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: made in `Blas::new` and destroyed once, by the stream, while its context is current.
        let _ = unsafe { sys::cublasDestroy_v2(self.0) };
    }
}

impl Blas {
    /// The device's context is current.
    pub(super) fn new(stream: cudarc::driver::sys::CUstream) -> Result<Blas> {
        available()?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: cuBLAS writes one handle; destroyed in `Drop`.
        check(unsafe { sys::cublasCreate_v2(&mut raw) }, "cublasCreate")?;
        let blas = Blas { handle: Mutex::new(Handle(raw)) };
        blas.set_stream(stream)?;
        Ok(blas)
    }

    /// Products go there from now on. The device's context is current.
    pub(super) fn set_stream(&self, stream: cudarc::driver::sys::CUstream) -> Result<()> {
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: a live handle, and a stream of the current context.
        check(unsafe { sys::cublasSetStream_v2(handle.0, stream.cast()) }, "cublasSetStream")
    }
}

/// Calls the function of the dtype with alpha and beta as numbers of its precision.
macro_rules! of_dtype {
    ($dtype:expr, $scalars:expr, [$s:ident, $d:ident, $c:ident, $z:ident], |$call:ident, $alpha:ident, $beta:ident| $body:expr) => {{
        let [a, b]: [Scalar; 2] = $scalars;
        let single = [[a.re as f32, a.im as f32], [b.re as f32, b.im as f32]];
        let double = [[a.re, a.im], [b.re, b.im]];
        macro_rules! with {
            ($function:ident, $numbers:expr) => {{
                let ($alpha, $beta) = ((&raw const $numbers[0]).cast(), (&raw const $numbers[1]).cast());
                use sys::$function as $call;
                // SAFETY: the callers of these products vouch for the memory, and the numbers live until the call is over.
                (unsafe { $body }, stringify!($function))
            }};
        }
        match $dtype {
            DType::Float32 => with!($s, single),
            DType::Float64 => with!($d, double),
            DType::Complex64 => with!($c, single),
            DType::Complex128 => with!($z, double),
            other => fail!(DType, "a product of {} matrices on a device", other.name()),
        }
    }};
}

impl Stream {
    /// Whether products can be put here; makes what they need at the first call.
    pub fn prepare_products(&self) -> Result<()> {
        self.with_blas(|_| Ok(()))
    }

    /// Puts products of matrices on the stream.
    ///
    /// # Safety
    /// The matrices of the dtype are in live device memory, and those of C apart from the others.
    pub unsafe fn multiply(&self, dtype: DType, alpha: Scalar, p: &Products, beta: Scalar) -> Result<()> {
        let ([ta, tb], (a, b, c)) = (p.turns.map(Turn::raw), (p.a, p.b, p.c));
        self.with_blas(|handle| {
            let (code, name) = of_dtype!(
                dtype,
                [alpha, beta],
                [
                    cublasSgemmStridedBatched,
                    cublasDgemmStridedBatched,
                    cublasCgemmStridedBatched,
                    cublasZgemmStridedBatched
                ],
                |gemm, alpha, beta| gemm(
                    handle,
                    ta,
                    tb,
                    p.m,
                    p.n,
                    p.k,
                    alpha,
                    a.pointer as *const _,
                    a.leading,
                    a.stride,
                    b.pointer as *const _,
                    b.leading,
                    b.stride,
                    beta,
                    c.pointer as *mut _,
                    c.leading,
                    c.stride,
                    p.count,
                )
            );
            check(code, name)
        })
    }

    /// Puts y := alpha op(A) x + beta y on the stream, A of m x n by columns; with beta = 0, y is not read.
    ///
    /// # Safety
    /// Matrix and vectors of the dtype are in live device memory, and y apart from the others.
    #[allow(clippy::too_many_arguments)] // the names of the formula
    pub unsafe fn multiply_vector(
        &self,
        dtype: DType,
        alpha: Scalar,
        (turn, m, n, a): (Turn, i32, i32, Matrices),
        x: Vector,
        beta: Scalar,
        y: Vector,
    ) -> Result<()> {
        self.with_blas(|handle| {
            let (code, name) = of_dtype!(
                dtype,
                [alpha, beta],
                [cublasSgemv_v2, cublasDgemv_v2, cublasCgemv_v2, cublasZgemv_v2],
                |gemv, alpha, beta| gemv(
                    handle,
                    turn.raw(),
                    m,
                    n,
                    alpha,
                    a.pointer as *const _,
                    a.leading,
                    x.pointer as *const _,
                    x.stride,
                    beta,
                    y.pointer as *mut _,
                    y.stride,
                )
            );
            check(code, name)
        })
    }

    fn with_blas(&self, work: impl FnOnce(cublasHandle_t) -> Result<()>) -> Result<()> {
        let _current = self.device().enter()?;
        let blas = self.blas.get_or_init(|| Blas::new(self.raw())).as_ref().map_err(Clone::clone)?;
        let handle = blas.handle.lock().unwrap_or_else(PoisonError::into_inner);
        work(handle.0)
    }
}
