//! Strided blocks of any dimension up to 16: copied, packed, unpacked, transposed, or scaled on the way.
//!
//! Axes of extent 1 vanish, axes that are contiguous with their neighbour in both blocks are merged, and what is left
//! is walked in the order of the target. Where the source's fastest axis is another one, the two axes are transposed
//! in square tiles through a buffer in the first-level cache: both sides then touch whole cache lines only.

use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cpu::prefetch;
use std::mem::MaybeUninit;

/// The most axes of a block.
pub const MAX_AXES: usize = 16;
/// Side of a transposed tile, in elements: two cache lines of float32, eight of complex128.
const TILE: usize = 32;

/// One axis of a walk: extent, and strides in elements of either side.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Axis {
    extent: usize,
    target: isize,
    source: isize,
}

const POINT: Axis = Axis { extent: 1, target: 1, source: 1 };

/// The axes of a block, slowest in the target first.
#[derive(Clone, Copy, Debug)]
struct Walk {
    axes: [Axis; MAX_AXES],
    count: usize,
}

impl Walk {
    /// None for a block without elements.
    fn new(extents: &[usize], target: &[isize], source: &[isize]) -> Result<Option<Walk>> {
        let n = extents.len();
        if n > MAX_AXES || target.len() != n || source.len() != n {
            fail!(
                Shape,
                "a block of {n} axes has {} target and {} source strides; at most {MAX_AXES} axes are supported",
                target.len(),
                source.len()
            );
        }
        let mut walk = Walk { axes: [POINT; MAX_AXES], count: 0 };
        for (i, &extent) in extents.iter().enumerate() {
            if extent == 0 {
                return Ok(None);
            }
            if extent > 1 {
                walk.axes[walk.count] = Axis { extent, target: target[i], source: source[i] };
                walk.count += 1;
            }
        }
        let axes = &mut walk.axes[..walk.count];
        axes.sort_by_key(|a| std::cmp::Reverse((a.target.unsigned_abs(), a.source.unsigned_abs())));
        walk.merge();
        Ok(Some(walk))
    }

    fn merge(&mut self) {
        let mut kept = 0;
        for i in 1..self.count {
            let (outer, inner) = (self.axes[kept], self.axes[i]);
            let joins = |o: isize, n: isize| n.checked_mul(inner.extent as isize) == Some(o);
            if joins(outer.target, inner.target) && joins(outer.source, inner.source) {
                self.axes[kept] = Axis { extent: outer.extent * inner.extent, ..inner };
            } else {
                kept += 1;
                self.axes[kept] = inner;
            }
        }
        self.count = self.count.min(kept + 1);
    }

    /// Takes the fastest axis of the target and, where it is another, the fastest of the source out of the walk.
    fn take_inner(&mut self) -> (Option<Axis>, Axis) {
        if self.count == 0 {
            return (None, POINT);
        }
        self.count -= 1;
        let row = self.axes[self.count];
        let outer = &self.axes[..self.count];
        let fastest = (0..outer.len()).min_by_key(|i| outer[*i].source.unsigned_abs());
        match fastest.filter(|i| outer[*i].source.unsigned_abs() < row.source.unsigned_abs()) {
            None => (None, row),
            Some(i) => {
                let column = self.axes[i];
                self.axes.copy_within(i + 1..self.count, i);
                self.count -= 1;
                (Some(column), row)
            }
        }
    }

    /// Calls f with the target's and the source's offset of every combination of the axes left.
    #[inline(always)]
    fn for_each(&self, mut f: impl FnMut(isize, isize)) {
        let mut index = [0usize; MAX_AXES];
        let (mut target, mut source) = (0isize, 0isize);
        loop {
            f(target, source);
            let mut axis = self.count;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                let a = self.axes[axis];
                index[axis] += 1;
                target += a.target;
                source += a.source;
                if index[axis] < a.extent {
                    break;
                }
                index[axis] = 0;
                target -= a.target * a.extent as isize;
                source -= a.source * a.extent as isize;
            }
        }
    }
}

/// Pointers that a vectorised function takes along.
#[derive(Clone, Copy)]
struct Ends<E> {
    target: *mut E,
    source: *const E,
}

vectorized! {
    /// target[i] = f(source[i], target[i]) over the walk; `READS` says whether f looks at its second argument.
    ///
    /// The pointers of `ends` reach every element of the walk, as the callers promise.
    fn walk_with[E: Copy, F: Fn(E, E) -> E](walk: Walk, ends: Ends<E>, reads: bool, f: F) {
        let mut outer = walk;
        let (column, row) = outer.take_inner();
        let mut tile = [MaybeUninit::<E>::uninit(); TILE * TILE];
        outer.for_each(#[inline(always)] |t, s| {
            // SAFETY: offsets of the walk stay inside both blocks, and the blocks do not overlap.
            unsafe {
                let (target, source) = (ends.target.offset(t), ends.source.offset(s));
                match column {
                    None if row.target == 1 && row.source == 1 => {
                        if reads {
                            for i in 0..row.extent {
                                *target.add(i) = f(*source.add(i), *target.add(i));
                            }
                        } else {
                            for i in 0..row.extent {
                                let value = *source.add(i);
                                *target.add(i) = f(value, value);
                            }
                        }
                    }
                    None => {
                        for i in 0..row.extent as isize {
                            put(target.offset(i * row.target), *source.offset(i * row.source), reads, &f);
                        }
                    }
                    Some(column) => transpose(column, row, Ends { target, source }, &mut tile, reads, &f),
                }
            }
        });
    }
}

/// # Safety
/// `target` is writable, and holds a value when `reads`.
#[inline(always)]
unsafe fn put<E: Copy>(target: *mut E, value: E, reads: bool, f: &impl Fn(E, E) -> E) {
    // SAFETY: the caller's promise.
    unsafe { *target = f(value, if reads { *target } else { value }) }
}

/// The plane of `column` (fast in the source) and `row` (fast in the target), tile by tile.
///
/// # Safety
/// `ends` reach every element of the plane.
#[inline(always)]
unsafe fn transpose<E: Copy>(
    column: Axis,
    row: Axis,
    ends: Ends<E>,
    tile: &mut [MaybeUninit<E>; TILE * TILE],
    reads: bool,
    f: &impl Fn(E, E) -> E,
) {
    for c0 in (0..column.extent).step_by(TILE) {
        let columns = TILE.min(column.extent - c0);
        for r0 in (0..row.extent).step_by(TILE) {
            let rows = TILE.min(row.extent - r0);
            // SAFETY: indices stay below the extents; every tile element that is read was written just before.
            unsafe {
                let source = ends.source.offset(c0 as isize * column.source + r0 as isize * row.source);
                let target = ends.target.offset(c0 as isize * column.target + r0 as isize * row.target);
                for r in 0..rows {
                    let line = source.offset(r as isize * row.source);
                    if column.source == 1 {
                        for c in 0..columns {
                            tile[r * TILE + c].write(*line.add(c));
                        }
                    } else {
                        for c in 0..columns {
                            tile[r * TILE + c].write(*line.offset(c as isize * column.source));
                        }
                    }
                }
                for c in 0..columns {
                    // One source line of the next tile for each target line of this one.
                    if c < (row.extent - r0 - rows).min(TILE) {
                        let next = source.wrapping_offset((rows + c) as isize * row.source);
                        for at in (0..columns).step_by((64 / size_of::<E>()).max(1)) {
                            prefetch(next.wrapping_offset(at as isize * column.source));
                        }
                    }
                    let line = target.offset(c as isize * column.target);
                    for r in 0..rows {
                        put(line.offset(r as isize * row.target), tile[r * TILE + c].assume_init(), reads, f);
                    }
                }
            }
        }
    }
}

/// target = source for elements of 4, 8 or 16 bytes (other sizes: `Argument`); strides in elements, of any sign.
///
/// # Safety
/// Every element that extents and strides reach from `target` is writable and from `source` readable, aligned to the
/// smaller of its size and 8 (4 for complex64); the blocks do not overlap, and no element of the target is reached twice.
pub unsafe fn copy_block(
    target: *mut u8,
    target_strides: &[isize],
    source: *const u8,
    source_strides: &[isize],
    extents: &[usize],
    element_size: usize,
) -> Result<()> {
    let Some(walk) = Walk::new(extents, target_strides, source_strides)? else { return Ok(()) };
    match element_size {
        4 => walk_with(
            walk,
            Ends { target: target.cast::<u32>(), source: source.cast() },
            false,
            #[inline(always)]
            |v, _| v,
        ),
        // A complex64 is aligned as its float.
        8 if !(target as usize | source as usize).is_multiple_of(8) => walk_with(
            walk,
            Ends { target: target.cast::<[u32; 2]>(), source: source.cast() },
            false,
            #[inline(always)]
            |v, _| v,
        ),
        8 => walk_with(
            walk,
            Ends { target: target.cast::<u64>(), source: source.cast() },
            false,
            #[inline(always)]
            |v, _| v,
        ),
        16 => walk_with(
            walk,
            Ends { target: target.cast::<[u64; 2]>(), source: source.cast() },
            false,
            #[inline(always)]
            |v, _| v,
        ),
        other => fail!(Argument, "an element of {other} bytes cannot be copied, expected 4, 8 or 16"),
    }
    Ok(())
}

/// target = beta target + alpha op(source), op being the conjugate when `conj`; with beta = 0 the target is not read.
///
/// # Safety
/// As `copy_block`.
#[allow(clippy::too_many_arguments)]
pub unsafe fn transform_block<T: Element>(
    alpha: Scalar,
    conj: bool,
    beta: Scalar,
    target: *mut T,
    target_strides: &[isize],
    source: *const T,
    source_strides: &[isize],
    extents: &[usize],
) -> Result<()> {
    let Some(walk) = Walk::new(extents, target_strides, source_strides)? else { return Ok(()) };
    let ends = Ends { target, source };
    let (a, b) = (T::from_scalar(alpha), T::from_scalar(beta));
    let reads = !beta.is_zero();
    match (conj && T::IS_COMPLEX, alpha.is_one(), reads) {
        (false, true, false) => walk_with(
            walk,
            ends,
            false,
            #[inline(always)]
            |v, _| v,
        ),
        (true, true, false) => walk_with(
            walk,
            ends,
            false,
            #[inline(always)]
            |v: T, _| v.conj(),
        ),
        (false, _, false) => walk_with(
            walk,
            ends,
            false,
            #[inline(always)]
            |v, _| a * v,
        ),
        (true, _, false) => walk_with(
            walk,
            ends,
            false,
            #[inline(always)]
            |v: T, _| a * v.conj(),
        ),
        (false, _, true) => walk_with(
            walk,
            ends,
            true,
            #[inline(always)]
            |v, old| b * old + a * v,
        ),
        (true, _, true) => walk_with(
            walk,
            ends,
            true,
            #[inline(always)]
            |v: T, old| b * old + a * v.conj(),
        ),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::cpu::on_every_path;
    use num_complex::Complex;

    /// C-order strides of the extents taken in the given order of axes.
    fn strides(extents: &[usize], order: &[usize], padding: usize) -> (Vec<isize>, usize) {
        let mut strides = vec![0; extents.len()];
        let mut step = 1;
        for &axis in order.iter().rev() {
            strides[axis] = step as isize;
            step *= extents[axis] + padding;
        }
        (strides, step)
    }

    fn permutations(n: usize) -> Vec<Vec<usize>> {
        if n == 0 {
            return vec![vec![]];
        }
        let shorter = permutations(n - 1);
        (0..n)
            .flat_map(|at| {
                shorter.iter().map(move |p| {
                    let mut p = p.clone();
                    p.insert(at, n - 1);
                    p
                })
            })
            .collect()
    }

    fn offset(index: &[usize], strides: &[isize]) -> usize {
        index.iter().zip(strides).map(|(i, s)| *i as isize * s).sum::<isize>() as usize
    }

    fn for_each_index(extents: &[usize], mut f: impl FnMut(&[usize])) {
        let total: usize = extents.iter().product();
        for flat in 0..total {
            let mut rest = flat;
            let mut index = vec![0; extents.len()];
            for axis in (0..extents.len()).rev() {
                index[axis] = rest % extents[axis];
                rest /= extents[axis];
            }
            f(&index);
        }
    }

    fn copies<E: Copy + PartialEq + std::fmt::Debug>(make: impl Fn(usize) -> E) {
        for extents in [&[][..], &[7], &[5, 0], &[33, 65], &[1, 9, 4], &[3, 1, 34, 5], &[2, 3, 2, 5]] {
            for (p, padding) in permutations(extents.len()).into_iter().zip([0, 1, 2].into_iter().cycle()) {
                let identity: Vec<usize> = (0..extents.len()).collect();
                let (ts, tn) = strides(extents, &identity, padding);
                let (ss, sn) = strides(extents, &p, (padding + 1) % 3);
                let source: Vec<E> = (0..sn).map(&make).collect();
                let mut target = vec![make(1_000_000); tn];
                let mut expected = target.clone();
                for_each_index(extents, |index| expected[offset(index, &ts)] = source[offset(index, &ss)]);
                // SAFETY: the strides were made for blocks of these sizes.
                unsafe {
                    let (t, s) = (target.as_mut_ptr().cast(), source.as_ptr().cast());
                    copy_block(t, &ts, s, &ss, extents, size_of::<E>()).unwrap();
                }
                assert_eq!(target, expected, "{extents:?} {p:?} {padding}");
            }
        }
    }

    #[test]
    fn every_permutation_and_size_is_copied() {
        on_every_path::run(|_| {
            copies(|i| i as u32);
            copies(|i| i as f64);
            copies(|i| Complex::new(i as f64, -1.0));
        });
    }

    #[test]
    fn transforms_scale_conjugate_and_accumulate() {
        on_every_path::run(|_| {
            let (n, m) = (37, 70);
            let value = |i: usize| Complex::new(i as f64 * 0.5, 1.0 - i as f64);
            let source: Vec<_> = (0..n * m).map(value).collect();
            let (alpha, beta) = (Scalar::complex(0.5, 2.0), Scalar::complex(-1.0, 0.25));
            for (alpha, beta) in
                [(alpha, beta), (Scalar::ONE, Scalar::ZERO), (alpha, Scalar::ZERO), (Scalar::ONE, beta)]
            {
                for conj in [false, true] {
                    let start = if beta.is_zero() { Complex::new(f64::NAN, 0.0) } else { Complex::new(3.0, 4.0) };
                    let mut target = vec![start; n * m];
                    // SAFETY: target is m x n and source n x m, both dense.
                    unsafe {
                        let strides = (&[n as isize, 1], &[1, m as isize]);
                        let (t, s) = (target.as_mut_ptr(), source.as_ptr());
                        transform_block(alpha, conj, beta, t, strides.0, s, strides.1, &[m, n]).unwrap();
                    }
                    let (a, b): (Complex<f64>, Complex<f64>) =
                        (Element::from_scalar(alpha), Element::from_scalar(beta));
                    for (i, t) in target.iter().enumerate() {
                        let v = source[i % n * m + i / n];
                        let v = if conj { v.conj() } else { v };
                        let expected = if beta.is_zero() { a * v } else { b * start + a * v };
                        assert!((*t - expected).norm() <= 1e-12 * (1.0 + expected.norm()));
                    }
                }
            }
        });
    }

    #[test]
    fn reversed_axes_and_merged_ones() {
        let source: Vec<u32> = (0..24).collect();
        let mut target = vec![0u32; 24];
        // SAFETY: the source starts at its last element and goes back over all 24.
        unsafe {
            let (t, s) = (target.as_mut_ptr().cast(), source.as_ptr().add(23).cast());
            copy_block(t, &[6, 1], s, &[-6, -1], &[4, 6], 4).unwrap();
        }
        assert!(target.iter().enumerate().all(|(i, v)| *v == 23 - i as u32));
        let walk = Walk::new(&[2, 3, 4], &[12, 4, 1], &[24, 8, 2]).unwrap().unwrap();
        assert_eq!((walk.count, walk.axes[0]), (1, Axis { extent: 24, target: 1, source: 2 }));
    }

    #[test]
    fn odd_sizes_and_too_many_axes_are_refused() {
        let mut byte = [0u8; 8];
        // SAFETY: nothing is touched: both calls are refused.
        unsafe {
            let p = byte.as_mut_ptr();
            assert!(copy_block(p, &[1], p, &[1], &[2], 3).is_err());
            assert!(copy_block(p, &[1; 17], p, &[1; 17], &[1; 17], 4).is_err());
        }
    }
}
