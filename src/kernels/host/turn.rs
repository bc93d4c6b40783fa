//! A plane of elements turned over: rows become columns.
//!
//! What is read and written side by side are whole vectors; squares are turned in registers: of whole cache lines with
//! AVX-512, of four by four elements (eight by four of float32, two by two of complex128) with AVX2.
//! target[c * pitch + r] = source[r * pitch + c].

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;

use super::super::cpu::{level, prefetch, Level, LINE};

/// Lines of a row that are turned before the next rows: of twice as many rows, those at hand and those to come, the first
/// two caches hold so many even where rows are a power of two apart.
const RUN_LINES: usize = 4;

/// One side of a plane: its first element, and elements from one line to the next.
#[derive(Clone, Copy, Debug)]
pub struct Plane<E> {
    pub pointer: *mut E,
    pub pitch: isize,
}

impl<E> Plane<E> {
    #[inline(always)]
    fn at(&self, line: usize, place: usize) -> *mut E {
        self.pointer.wrapping_offset(line as isize * self.pitch).wrapping_add(place)
    }

    #[inline(always)]
    fn from(&self, line: usize, place: usize) -> Plane<E> {
        Plane { pointer: self.at(line, place), pitch: self.pitch }
    }

    fn begins_lines(&self) -> bool {
        let pitch = self.pitch.unsigned_abs() * size_of::<E>();
        (self.pointer as usize).is_multiple_of(LINE) && pitch.is_multiple_of(LINE)
    }
}

/// Turns `rows` lines of the source with `columns` elements each into `columns` lines of the target.
///
/// # Safety
/// The elements of the source may be read and those of the target written, aligned for E or for a half of it; they do not
/// overlap.
pub unsafe fn turn<E: Copy>(target: Plane<E>, source: Plane<E>, rows: usize, columns: usize) {
    // SAFETY: the caller's promise.
    unsafe { turn_on(level(), target, source, rows, columns, false) }
}

/// The same; the target's lines bypass the caches where `stream` says so and the processor and their alignment allow it:
/// `cpu::fence` follows.
///
/// # Safety
/// As for `turn`.
pub unsafe fn turn_out<E: Copy>(target: Plane<E>, source: Plane<E>, rows: usize, columns: usize, stream: bool) {
    // SAFETY: the caller's promise.
    unsafe { turn_on(level(), target, source, rows, columns, stream && target.begins_lines()) }
}

/// The same for planes that come from memory: the lines of the target are completed a cache line at a time, while the next
/// lines of the source are asked for. With `stream` they bypass the caches, where the processor and the target's alignment
/// allow it: `cpu::fence` follows.
///
/// # Safety
/// As for `turn`.
pub unsafe fn turn_from_memory<E: Copy>(target: Plane<E>, source: Plane<E>, rows: usize, columns: usize, stream: bool) {
    let line = (LINE / size_of::<E>()).max(1);
    let (level, run) = (level(), RUN_LINES * line);
    let stream = stream && target.begins_lines();
    for c in (0..columns).step_by(run) {
        let columns = run.min(columns - c);
        for r in (0..rows).step_by(line) {
            for next in r + line..(r + 2 * line).min(rows) {
                (0..columns).step_by(line).for_each(|k| prefetch(source.at(next, c + k)));
            }
            // SAFETY: a part of both planes.
            unsafe { turn_on(level, target.from(c, r), source.from(r, c), line.min(rows - r), columns, stream) };
        }
    }
}

/// Whole squares of a path, then what they leave with narrower ones.
unsafe fn turn_on<E: Copy>(
    level: Level,
    target: Plane<E>,
    source: Plane<E>,
    rows: usize,
    columns: usize,
    stream: bool,
) {
    if level == Level::Baseline || !matches!(size_of::<E>(), 4 | 8 | 16) {
        // SAFETY: the caller's promise.
        return unsafe { one_by_one(target, source, rows, columns) };
    }
    // SAFETY: the caller's promise.
    let (r, c) = unsafe { whole_squares(level, target, source, (rows, columns), stream) };
    let narrower = if level == Level::Avx512 { Level::Avx2 } else { Level::Baseline };
    // The columns beside the squares, then the rows below.
    for (first, rows, from, columns) in [(0, r, c, columns - c), (r, rows - r, 0, columns)] {
        if rows > 0 && columns > 0 {
            // SAFETY: a part of both planes.
            unsafe { turn_on(narrower, target.from(from, first), source.from(first, from), rows, columns, false) };
        }
    }
}

/// The rows and columns that are done.
#[cfg(target_arch = "x86_64")]
unsafe fn whole_squares<E: Copy>(
    level: Level,
    target: Plane<E>,
    source: Plane<E>,
    shape: (usize, usize),
    stream: bool,
) -> (usize, usize) {
    // SAFETY (all): the caller's promise, and `level` found the instructions on this CPU.
    unsafe {
        match (level, size_of::<E>(), stream) {
            (Level::Avx512, 4, false) => avx512::turn4::<false>(cast(target), cast(source), shape),
            (Level::Avx512, 4, true) => avx512::turn4::<true>(cast(target), cast(source), shape),
            (Level::Avx512, 8, false) => avx512::turn8::<false>(cast(target), cast(source), shape),
            (Level::Avx512, 8, true) => avx512::turn8::<true>(cast(target), cast(source), shape),
            (Level::Avx512, 16, false) => avx512::turn16::<false>(cast(target), cast(source), shape),
            (Level::Avx512, 16, true) => avx512::turn16::<true>(cast(target), cast(source), shape),
            (_, 4, _) => avx2::turn4(cast(target), cast(source), shape),
            (_, 8, _) => avx2::turn8(cast(target), cast(source), shape),
            (_, 16, _) => avx2::turn16(cast(target), cast(source), shape),
            _ => (0, 0),
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
unsafe fn whole_squares<E: Copy>(_: Level, _: Plane<E>, _: Plane<E>, _: (usize, usize), _: bool) -> (usize, usize) {
    (0, 0)
}

unsafe fn one_by_one<E: Copy>(target: Plane<E>, source: Plane<E>, rows: usize, columns: usize) {
    for r in 0..rows {
        for c in 0..columns {
            // SAFETY: as for `turn`.
            unsafe { target.at(c, r).write_unaligned(source.at(r, c).read_unaligned()) };
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn cast<E, F>(plane: Plane<E>) -> Plane<F> {
    assert!(size_of::<E>() == size_of::<F>());
    Plane { pointer: plane.pointer.cast(), pitch: plane.pitch }
}

/// A function that turns all whole squares of a plane, H rows of W elements each, and gives the rows and columns that are
/// done.
#[cfg(target_arch = "x86_64")]
macro_rules! squares {
    ($(#[$note:meta])* $name:ident $([$stream:ident])?, $e:ty, $h:literal x $w:literal, $square:ident, $features:literal) => {
        $(#[$note])*
        ///
        /// # Safety
        /// As `super::turn`; the CPU has the instructions.
        #[target_feature(enable = $features)]
        pub unsafe fn $name$(<const $stream: bool>)?(
            target: Plane<$e>,
            source: Plane<$e>,
            (rows, columns): (usize, usize),
        ) -> (usize, usize) {
            let (rows, columns) = (rows / $h * $h, columns / $w * $w);
            for r in (0..rows).step_by($h) {
                for c in (0..columns).step_by($w) {
                    // SAFETY: a square of both planes.
                    unsafe { $square$(::<$stream>)?(target.from(c, r), source.from(r, c)) };
                }
            }
            (rows, columns)
        }
    };
}
#[cfg(target_arch = "x86_64")]
use squares;

#[cfg(test)]
mod tests;
