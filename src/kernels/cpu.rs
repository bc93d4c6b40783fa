//! Which vector instructions the loops use: chosen once, at run time.
//!
//! `vectorized!` compiles one loop body for AVX-512, AVX2 and the baseline and calls the best that the CPU has.
//! The environment variable `DLOPS_CPU` = `baseline`, `avx2` or `avx512` lowers the choice; it never raises it, and
//! other values have no effect. Loops avoid fused multiply-add and sum in a fixed number of lanes, so that every path
//! gives the same bits; where a kernel fuses (convolution, matrix times vector) its documentation says so.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

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

/// Bytes of the last-level cache, 32 MiB where the system does not tell.
pub fn cache_bytes() -> usize {
    static BYTES: AtomicUsize = AtomicUsize::new(0);
    match BYTES.load(Ordering::Relaxed) {
        0 => {
            let bytes = read_cache_bytes().filter(|b| *b > 0).unwrap_or(32 << 20);
            BYTES.store(bytes, Ordering::Relaxed);
            bytes
        }
        bytes => bytes,
    }
}

/// The largest cache in `/sys/devices/system/cpu/cpu0/cache/index*/size` ("32768K").
fn read_cache_bytes() -> Option<usize> {
    caches().map(|cache| cache.0).max()
}

/// Bytes of the caches of the first processor, and how many processors share each.
fn caches() -> impl Iterator<Item = (usize, usize)> {
    (0..8).filter_map(|index| {
        let read = |what: &str| {
            std::fs::read_to_string(format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{what}")).ok()
        };
        let bytes = parse_bytes(read("size")?.trim())?;
        Some((bytes, read("shared_cpu_list").and_then(|list| count_processors(list.trim())).unwrap_or(1)))
    })
}

/// "32768K" as bytes.
fn parse_bytes(text: &str) -> Option<usize> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match &text[digits.len()..] {
        "" => 1,
        "K" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return None,
    };
    digits.parse::<usize>().ok()?.checked_mul(unit)
}

/// The length of a list such as "0-7,64-71".
fn count_processors(list: &str) -> Option<usize> {
    list.split(',').try_fold(0usize, |count, range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        count.checked_add(last.checked_sub(first)?.checked_add(1)?)
    })
}

/// Outputs of this size never bypass the cache.
const CACHED: usize = 4 << 20;

/// Whether an output of so many bytes should bypass the cache: with an input of its size it would push itself out of
/// one processor's share before anyone reads it. Ranks fill the processors that share a cache.
pub fn should_stream(bytes: usize) -> bool {
    static LIMIT: AtomicUsize = AtomicUsize::new(0);
    let limit = match LIMIT.load(Ordering::Relaxed) {
        0 => {
            let share = caches().max().map_or(cache_bytes(), |(bytes, processors)| bytes / processors.max(1));
            let limit = (share / 2).max(CACHED);
            LIMIT.store(limit, Ordering::Relaxed);
            limit
        }
        limit => limit,
    };
    bytes > limit
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
    fn the_cache_has_a_sensible_size() {
        assert!((1 << 16..1 << 36).contains(&cache_bytes()));
        assert!(!should_stream(CACHED) && should_stream(cache_bytes().max(CACHED) + 1));
    }

    #[test]
    fn sizes_and_lists_of_the_system_are_understood() {
        assert_eq!(parse_bytes("32768K"), Some(32 << 20));
        assert_eq!(parse_bytes("x"), None);
        assert_eq!(count_processors("0-7,64-71"), Some(16));
        assert_eq!(count_processors("3"), Some(1));
        assert_eq!(count_processors("7-3"), None);
    }

    #[test]
    fn the_path_is_one_that_the_cpu_has() {
        assert!(level() <= detect());
    }
}
