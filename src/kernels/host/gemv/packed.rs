//! Rows of A times a few columns: x is packed by columns, so that numbers of A lie along the lanes.
//!
//! A block of x, one contiguous line of numbers for each real column, stays in the first cache while all rows of A pass.
//! A complex column is two real ones, (x_re, -x_im) and (x_im, x_re) against (a_re, a_im): real and imaginary part of
//! the product are then plain sums, also with conj(A).

use super::super::lanes::{Lanes, LINE};
use super::tiles::{Ahead, Buffer, Groups};
use super::Kernel;
use crate::dtype::Element;
use std::mem::size_of;

/// Cache lines of A's row that are summed before the sums are folded.
const FOLD_LINES: usize = 64;
/// Vectors in a line, at most.
const MOST: usize = 4;

/// What a tile reads: rows of A from `a` on, the packed x, cut at the same number.
#[derive(Clone, Copy)]
struct Source<R> {
    a: *const R,
    /// Numbers from row to row.
    leading: isize,
    x: *const R,
    /// Numbers from column to column of the packed x.
    pitch: usize,
    /// Of a row.
    numbers: usize,
}

/// sums[r C + c] += sum_k A[r, k] x[k, c] for R rows and C real columns.
#[inline(always)]
unsafe fn tile<V: Lanes, const R: usize, const C: usize>(s: Source<V::Real>, sums: *mut V::Real) {
    let line = V::PER_LINE * V::COUNT;
    let mut ahead = Ahead::new(s.a.wrapping_offset(R as isize * s.leading), s.leading, s.numbers.div_ceil(line));
    // SAFETY: R rows of A, `numbers` of each; columns of x are padded to whole lines; R C sums and the vector they end in.
    unsafe {
        let zero = V::splat(<V::Real as Element>::ZERO);
        let mut i = 0;
        while i < s.numbers {
            let mut acc = [[[zero; MOST]; R]; C];
            let end = s.numbers.min(i + FOLD_LINES * line);
            while i + line <= end {
                for w in 0..V::PER_LINE {
                    let at = i + w * V::COUNT;
                    let mut a = [zero; R];
                    for r in 0..R {
                        if w == 0 {
                            ahead.next();
                        }
                        a[r] = V::load(s.a.offset(r as isize * s.leading).add(at));
                    }
                    for c in 0..C {
                        let x = V::load(s.x.add(c * s.pitch + at));
                        for r in 0..R {
                            acc[c][r][w] = a[r].mul_add(x, acc[c][r][w]);
                        }
                    }
                }
                i += line;
            }
            if i < end {
                for w in 0..V::PER_LINE {
                    let at = (i + w * V::COUNT).min(end);
                    for r in 0..R {
                        let row = s.a.offset(r as isize * s.leading).add(at);
                        let a = V::load_first(row, V::COUNT.min(end - at));
                        for c in 0..C {
                            // Where the row has ended, so has A, and the product is 0.
                            let x = V::load(s.x.add(c * s.pitch + i + w * V::COUNT));
                            acc[c][r][w] = a.mul_add(x, acc[c][r][w]);
                        }
                    }
                }
                i = end;
            }
            // One vector an element of the product; a line's halves, then its quarters, are added as in `sum_each`.
            let mut folded = [zero; 48];
            let to = folded.as_mut_ptr();
            for r in 0..R {
                for c in 0..C {
                    let v = &acc[c][r];
                    *to.add(r * C + c) = match V::PER_LINE {
                        1 => v[0],
                        2 => v[0].add(v[1]),
                        _ => v[0].add(v[2]).add(v[1].add(v[3])),
                    };
                }
            }
            for first in (0..R * C).step_by(V::COUNT) {
                let sum = V::sum_each(&*to.add(first).cast::<[V; LINE / 4]>());
                sum.add(V::load(sums.add(first))).store(sums.add(first));
            }
        }
    }
}

/// The packed elements from..to of x's columns, padded with zeros to whole lines.
#[inline(always)]
unsafe fn pack<T: Element>(k: &Kernel<T>, (from, to): (usize, usize), panel: *mut T::Real, pitch: usize) {
    let (len, sign) = (to - from, if k.a.conj { -T::Real::ONE } else { T::Real::ONE });
    for c in 0..k.v.columns {
        // SAFETY: rows from..to of x, and a line of the panel for each real column.
        unsafe {
            let x = k.v.x.offset(from as isize * k.v.x_stride).add(c).cast::<T::Real>();
            if T::IS_COMPLEX {
                let (re, im) = (panel.add(2 * c * pitch), panel.add((2 * c + 1) * pitch));
                for i in 0..len {
                    let x = x.offset(2 * i as isize * k.v.x_stride);
                    let (a, b) = (*x, *x.add(1));
                    (*re.add(2 * i), *re.add(2 * i + 1)) = (a, -(sign * b));
                    (*im.add(2 * i), *im.add(2 * i + 1)) = (b, sign * a);
                }
            } else {
                let line = panel.add(c * pitch);
                for i in 0..len {
                    *line.add(i) = *x.offset(i as isize * k.v.x_stride);
                }
            }
            for m in c * T::COMPONENTS..(c + 1) * T::COMPONENTS {
                panel.add(m * pitch + len * T::COMPONENTS).write_bytes(0, pitch - len * T::COMPONENTS);
            }
        }
    }
}

/// One tile for each group of columns.
#[inline(always)]
unsafe fn all_groups<V: Lanes, const WHOLE: bool>(s: Source<V::Real>, g: &Groups, mut sums: *mut V::Real) {
    let mut column = 0;
    while column < g.columns {
        let width = g.width.min(g.columns - column);
        let s = Source { x: s.x.wrapping_add(column * s.pitch), ..s };
        // SAFETY: as for `tile`; `Groups::of` gives these numbers of rows.
        unsafe {
            match (if WHOLE { g.rows } else { 1 }, width) {
                (4, 1) => tile::<V, 4, 1>(s, sums),
                (4, 2) => tile::<V, 4, 2>(s, sums),
                (4, 3) => tile::<V, 4, 3>(s, sums),
                (4, 4) => tile::<V, 4, 4>(s, sums),
                (4, 5) => tile::<V, 4, 5>(s, sums),
                (4, 6) => tile::<V, 4, 6>(s, sums),
                (3, 7) => tile::<V, 3, 7>(s, sums),
                (3, 8) => tile::<V, 3, 8>(s, sums),
                (2, 1) => tile::<V, 2, 1>(s, sums),
                (2, 2) => tile::<V, 2, 2>(s, sums),
                (2, 3) => tile::<V, 2, 3>(s, sums),
                (_, 1) => tile::<V, 1, 1>(s, sums),
                (_, 2) => tile::<V, 1, 2>(s, sums),
                (_, 3) => tile::<V, 1, 3>(s, sums),
                (_, 4) => tile::<V, 1, 4>(s, sums),
                (_, 5) => tile::<V, 1, 5>(s, sums),
                (_, 6) => tile::<V, 1, 6>(s, sums),
                (_, 7) => tile::<V, 1, 7>(s, sums),
                _ => tile::<V, 1, 8>(s, sums),
            }
            sums = sums.add(g.slot(width));
        }
        column += width;
    }
}

/// y = beta y + alpha A x.
#[inline(always)]
pub(super) unsafe fn rows<V: Lanes, T: Element>(k: &Kernel<T>) {
    let parts = T::COMPONENTS;
    let g = Groups::of::<V>(k.v.columns * parts, parts);
    let (size, line) = (size_of::<V::Real>(), V::PER_LINE * V::COUNT);
    let step = g.lines(Buffer::BYTES) * line;
    let slot = g.slots();
    // Whole tiles, and the rows after them, each in a slot of its own.
    let most = (Buffer::BYTES / size / slot - (g.rows - 1)) * g.rows;
    let (mut panel, mut sums) = (Buffer::new(), Buffer::new());
    let (panel, sums) = (panel.start::<V::Real>(), sums.start::<V::Real>());
    let numbers = k.a.columns * parts;
    let (alpha, beta) = (T::from_scalar(k.alpha), T::from_scalar(k.beta));
    // SAFETY: `step` lines of the panel for each column, and `most` rows in slots; rows below a.rows.
    unsafe {
        for first in (0..k.a.rows).step_by(most) {
            let rows = most.min(k.a.rows - first);
            let tiles = rows / g.rows;
            sums.write_bytes(0, (tiles + rows % g.rows) * slot);
            for from in (0..numbers).step_by(step) {
                let numbers = step.min(numbers - from);
                let pitch = numbers.next_multiple_of(line) + line;
                if first == 0 || step < k.a.columns * parts {
                    pack(k, (from / parts, (from + numbers) / parts), panel.cast(), pitch);
                }
                let source = |row: usize| Source {
                    a: k.a.data.offset((first + row) as isize * k.a.leading).cast::<V::Real>().add(from),
                    leading: k.a.leading * parts as isize,
                    x: panel.cast_const(),
                    pitch,
                    numbers,
                };
                for t in 0..tiles {
                    all_groups::<V, true>(source(t * g.rows), &g, sums.add(t * slot));
                }
                for row in tiles * g.rows..rows {
                    all_groups::<V, false>(source(row), &g, sums.add((tiles + row - tiles * g.rows) * slot));
                }
            }
            for row in 0..rows {
                let rest = row >= tiles * g.rows;
                let (place, r) = if rest { (tiles + row - tiles * g.rows, 0) } else { (row / g.rows, row % g.rows) };
                let y = k.v.y.offset((first + row) as isize * k.v.y_stride);
                for c in 0..k.v.columns {
                    let sum = sums.add(place * slot + g.place(r, c * parts)).cast::<T>().read_unaligned();
                    let value = alpha * sum;
                    *y.add(c) = if k.beta.is_zero() { value } else { beta * *y.add(c) + value };
                }
            }
        }
    }
}
