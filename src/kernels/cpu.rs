//! Which vector instructions the loops use, chosen once, at run time; and the caches that they count on (`caches`).
//!
//! `vectorized!` compiles one loop body for AVX-512, AVX2 and the baseline and calls the best that the CPU has.
//! The environment variable `DLOPS_CPU` = `baseline`, `avx2` or `avx512` lowers the choice; it never raises it, and
//! other values have no effect. Loops avoid fused multiply-add and sum in a fixed number of lanes, so that every path
//! gives the same bits; where a kernel fuses (convolution, matrix times vector) its documentation says so.

mod caches;

#[cfg(test)]
pub(crate) use caches::other_caches;
pub use caches::{caches, should_stream, Caches};

use std::sync::atomic::{AtomicU8, Ordering};

/// Bytes of a cache line.
pub const LINE: usize = 64;

/// Paths in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    Baseline = 1,
    Avx2 = 2,
    Avx512 = 3,
}

impl Level {
    pub const ALL: [Level; 3] = [Level::Baseline, Level::Avx2, Level::Avx512];

    pub const fn name(self) -> &'static str {
        match self {
            Level::Baseline => "baseline",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        }
    }
}

/// The best path of this CPU.
fn detect() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as has;
        if has!("avx2") && has!("fma") && has!("bmi1") && has!("bmi2") && has!("lzcnt") && has!("popcnt") {
            let wide = has!("avx512f") && has!("avx512bw") && has!("avx512cd") && has!("avx512dq") && has!("avx512vl");
            return if wide { Level::Avx512 } else { Level::Avx2 };
        }
    }
    Level::Baseline
}

fn choose() -> Level {
    let asked = std::env::var("DLOPS_CPU").ok();
    let asked = Level::ALL.into_iter().find(|l| asked.as_deref() == Some(l.name()));
    asked.unwrap_or(Level::Avx512).min(detect())
}

/// The path that loops take.
#[inline]
pub fn level() -> Level {
    static CHOSEN: AtomicU8 = AtomicU8::new(0);
    #[cfg(test)]
    if let Some(level) = on_every_path::forced() {
        return level;
    }
    match CHOSEN.load(Ordering::Relaxed) {
        3 => Level::Avx512,
        2 => Level::Avx2,
        1 => Level::Baseline,
        _ => {
            let level = choose();
            CHOSEN.store(level as u8, Ordering::Relaxed);
            level
        }
    }
}

/// A path as a type, so that a loop body can be compiled for it.
pub trait Cpu: Copy {
    /// Fused multiply-add is one instruction.
    const FUSED: bool;
    /// Copies 64 bytes past the cache.
    ///
    /// # Safety
    /// The CPU has the path's instructions; `source` is readable and `target` writable for 64 bytes, `target` is
    /// aligned to 64, and `fence` follows before another thread is told.
    unsafe fn stream_line(target: *mut u8, source: *const u8);
}

/// Orders streamed stores before everything that follows.
#[inline(always)]
pub fn fence() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has SSE.
    unsafe {
        std::arch::x86_64::_mm_sfence()
    }
}

/// Asks for the cache line at an address, which need not be valid.
#[inline(always)]
pub fn prefetch<E>(address: *const E) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint of SSE, part of x86-64, that never faults.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast())
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

#[derive(Clone, Copy)]
pub struct Baseline;

impl Cpu for Baseline {
    const FUSED: bool = cfg!(target_arch = "aarch64");
    #[inline(always)]
    unsafe fn stream_line(target: *mut u8, source: *const u8) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: SSE2 is part of x86-64; the caller vouches for the pointers.
        unsafe {
            use std::arch::x86_64::*;
            for i in 0..4 {
                _mm_stream_si128(target.cast::<__m128i>().add(i), _mm_loadu_si128(source.cast::<__m128i>().add(i)));
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        // SAFETY: the caller vouches for the pointers.
        unsafe {
            std::ptr::copy_nonoverlapping(source, target, 64);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct Avx2;

#[cfg(target_arch = "x86_64")]
impl Cpu for Avx2 {
    const FUSED: bool = true;
    #[inline(always)]
    unsafe fn stream_line(target: *mut u8, source: *const u8) {
        // SAFETY: the caller vouches for AVX2 and the pointers.
        unsafe {
            use std::arch::x86_64::*;
            let (a, b) = (_mm256_loadu_si256(source.cast()), _mm256_loadu_si256(source.cast::<__m256i>().add(1)));
            _mm256_stream_si256(target.cast(), a);
            _mm256_stream_si256(target.cast::<__m256i>().add(1), b);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub struct Avx512;

#[cfg(target_arch = "x86_64")]
impl Cpu for Avx512 {
    const FUSED: bool = true;
    #[inline(always)]
    unsafe fn stream_line(target: *mut u8, source: *const u8) {
        // SAFETY: the caller vouches for AVX-512 and the pointers.
        unsafe {
            use std::arch::x86_64::*;
            _mm512_stream_si512(target.cast(), _mm512_loadu_si512(source.cast()));
        }
    }
}

/// Defines a function whose body is compiled once a path, with `C: Cpu` naming the path inside it:
///
/// ```ignore
/// vectorized! {
///     /// y += x
///     pub fn add[T: Element](x: &[T], y: &mut [T]) { for (y, x) in y.iter_mut().zip(x) { *y = *y + *x } }
/// }
/// ```
/// Type parameters stand in brackets with one bound each, constant ones (`usize`) in a second pair after `const`.
/// What the body calls must be `#[inline(always)]` to be compiled for the path.
macro_rules! vectorized {
    ($(#[$meta:meta])* $vis:vis fn $name:ident [$($G:ident : $B:path),* $(,)?] $(const [$($N:ident),*])?
     ($($arg:ident : $ty:ty),* $(,)?) $(-> $ret:ty)? $body:block) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        #[inline]
        $vis fn $name<$($G: $B,)* $($(const $N: usize,)*)?>($($arg: $ty),*) $(-> $ret)? {
            #[allow(clippy::too_many_arguments, clippy::extra_unused_type_parameters)]
            #[inline(always)]
            fn body<C: $crate::kernels::cpu::Cpu, $($G: $B,)* $($(const $N: usize,)*)?>($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            #[allow(clippy::too_many_arguments)]
            #[target_feature(enable = "avx512f,avx512bw,avx512cd,avx512dq,avx512vl,avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
            fn avx512<$($G: $B,)* $($(const $N: usize,)*)?>($($arg: $ty),*) $(-> $ret)? {
                body::<$crate::kernels::cpu::Avx512, $($G,)* $($($N,)*)?>($($arg),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[allow(clippy::too_many_arguments)]
            #[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
            fn avx2<$($G: $B,)* $($(const $N: usize,)*)?>($($arg: $ty),*) $(-> $ret)? {
                body::<$crate::kernels::cpu::Avx2, $($G,)* $($($N,)*)?>($($arg),*)
            }
            match $crate::kernels::cpu::level() {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `level` found these instructions on this CPU.
                $crate::kernels::cpu::Level::Avx512 => unsafe { avx512::<$($G,)* $($($N,)*)?>($($arg),*) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                $crate::kernels::cpu::Level::Avx2 => unsafe { avx2::<$($G,)* $($($N,)*)?>($($arg),*) },
                _ => body::<$crate::kernels::cpu::Baseline, $($G,)* $($($N,)*)?>($($arg),*),
            }
        }
    };
}

/// Runs a test on every path that this CPU has.
#[cfg(test)]
pub(crate) mod on_every_path {
    use super::{detect, Level};
    use std::cell::Cell;

    thread_local!(static FORCED: Cell<Option<Level>> = const { Cell::new(None) });

    pub fn forced() -> Option<Level> {
        FORCED.get()
    }

    pub fn run(mut test: impl FnMut(Level)) {
        for level in Level::ALL.into_iter().filter(|l| *l <= detect()) {
            FORCED.set(Some(level));
            test(level);
        }
        FORCED.set(None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_one_that_the_cpu_has() {
        assert!(level() <= detect());
    }
}
