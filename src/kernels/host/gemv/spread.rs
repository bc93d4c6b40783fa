//! A^T times a few columns: each row of A is spread over the sums of all columns at once.
//!
//! The sums of a block of y's elements, one contiguous line of numbers for each real column, stay in the first cache
//! while all rows of A pass. A complex column is two real ones, a x_re and a x_im, which are put together at the end.

use super::super::finish::Finish;
use super::super::lanes::{Lanes, LINE};
use super::tiles::{Ahead, Buffer, Groups};
use super::{Kernel, FOLD_ROWS};
use crate::dtype::{Element, Real, Scalar};
use std::mem::size_of;

/// Rows of A and of x, and the sums of the numbers of A from `a` on.
#[derive(Clone, Copy)]
struct Rows<R> {
    a: *const R,
    leading: isize,
    x: *const R,
    x_stride: isize,
    sums: *mut R,
    /// Numbers from column to column of the sums.
    pitch: usize,
    /// Of a row.
    numbers: usize,
}

/// sums[c][j] += sum_r A[r, j] x[r, c] for R rows and C real columns.
#[inline(always)]
unsafe fn tile<V: Lanes, const R: usize, const C: usize>(s: Rows<V::Real>) {
    let line = V::PER_LINE * V::COUNT;
    let mut ahead = Ahead::new(s.a.wrapping_offset(R as isize * s.leading), s.leading, s.numbers.div_ceil(line));
    // SAFETY: R rows of A and x, `numbers` of each; the sums are padded to whole lines.
    unsafe {
        let zero = V::splat(<V::Real as Element>::ZERO);
        let mut x = [[zero; R]; C];
        for c in 0..C {
            for r in 0..R {
                x[c][r] = V::splat(*s.x.offset(r as isize * s.x_stride).add(c));
            }
        }
        let whole = s.numbers - s.numbers % line;
        for i in (0..whole).step_by(line) {
            for _ in 0..R {
                ahead.next();
            }
            for at in (i..i + line).step_by(V::COUNT) {
                add::<V, R, C>(&s, &x, at, V::COUNT);
            }
        }
        if whole < s.numbers {
            for _ in 0..R {
                ahead.next();
            }
        }
        for at in (whole..s.numbers).step_by(V::COUNT) {
            add::<V, R, C>(&s, &x, at, V::COUNT.min(s.numbers - at));
        }
    }
}

/// The `held` numbers of a vector of each row, from number i on.
#[inline(always)]
unsafe fn add<V: Lanes, const R: usize, const C: usize>(s: &Rows<V::Real>, x: &[[V; R]; C], i: usize, held: usize) {
    // SAFETY: as for `tile`.
    unsafe {
        let mut a = [V::splat(<V::Real as Element>::ZERO); R];
        for r in 0..R {
            let row = s.a.offset(r as isize * s.leading).add(i);
            a[r] = if held == V::COUNT { V::load(row) } else { V::load_first(row, held) };
        }
        for c in 0..C {
            let at = s.sums.add(c * s.pitch + i);
            let mut sum = V::load(at);
            for r in 0..R {
                sum = a[r].mul_add(x[c][r], sum);
            }
            sum.store(at);
        }
    }
}

/// One tile for each group of columns.
#[inline(always)]
unsafe fn all_groups<V: Lanes, const WHOLE: bool>(s: Rows<V::Real>, g: &Groups) {
    let mut column = 0;
    while column < g.columns {
        let width = g.width.min(g.columns - column);
        let s = Rows { x: s.x.wrapping_add(column), sums: s.sums.wrapping_add(column * s.pitch), ..s };
        // SAFETY: as for `tile`; `Groups::of` gives these numbers of rows.
        unsafe {
            match (if WHOLE { g.rows } else { 1 }, width) {
                (4, 1) => tile::<V, 4, 1>(s),
                (4, 2) => tile::<V, 4, 2>(s),
                (4, 3) => tile::<V, 4, 3>(s),
                (4, 4) => tile::<V, 4, 4>(s),
                (4, 5) => tile::<V, 4, 5>(s),
                (4, 6) => tile::<V, 4, 6>(s),
                (3, 7) => tile::<V, 3, 7>(s),
                (3, 8) => tile::<V, 3, 8>(s),
                (_, 1) => tile::<V, 1, 1>(s),
                (_, 2) => tile::<V, 1, 2>(s),
                (_, 3) => tile::<V, 1, 3>(s),
                (_, 4) => tile::<V, 1, 4>(s),
                (_, 5) => tile::<V, 1, 5>(s),
                (_, 6) => tile::<V, 1, 6>(s),
                (_, 7) => tile::<V, 1, 7>(s),
                _ => tile::<V, 1, 8>(s),
            }
        }
        column += width;
    }
}

/// y = beta y + alpha A^T x.
#[inline(always)]
pub(super) unsafe fn transposed<V: Lanes, T: Element>(k: &Kernel<T>) {
    let parts = T::COMPONENTS;
    let g = Groups::spread::<V>(k.v.columns * parts);
    let line = LINE / size_of::<V::Real>();
    let step = g.lines(Buffer::BYTES) * line;
    let mut sums = Buffer::new();
    let sums = sums.start::<V::Real>();
    let all = k.a.columns * parts;
    // SAFETY: the sums hold `step` numbers for each real column; rows are below a.rows, elements below a.columns.
    unsafe {
        for from in (0..all).step_by(step) {
            let numbers = step.min(all - from);
            let pitch = numbers.next_multiple_of(line) + line;
            let mut row = 0;
            while row == 0 || row < k.a.rows {
                let last = k.a.rows.min(row + FOLD_ROWS);
                sums.write_bytes(0, g.columns * pitch);
                let beta = if row == 0 { k.beta } else { Scalar::ONE };
                let rows = |row: usize| Rows {
                    a: k.a.data.offset(row as isize * k.a.leading).cast::<V::Real>().add(from),
                    leading: k.a.leading * parts as isize,
                    x: k.v.x.offset(row as isize * k.v.x_stride).cast::<V::Real>(),
                    x_stride: k.v.x_stride * parts as isize,
                    sums,
                    pitch,
                    numbers,
                };
                while row + g.rows <= last {
                    all_groups::<V, true>(rows(row), &g);
                    row += g.rows;
                }
                while row < last {
                    all_groups::<V, false>(rows(row), &g);
                    row += 1;
                }
                finish::<V, T>(k, sums, pitch, (from / parts, (from + numbers) / parts), beta);
                row = row.max(1);
            }
        }
    }
}

/// Elements from..to of y = beta y + alpha sums.
#[inline(always)]
unsafe fn finish<V: Lanes, T: Element>(
    k: &Kernel<T>,
    sums: *mut V::Real,
    pitch: usize,
    (from, to): (usize, usize),
    beta: Scalar,
) {
    let (parts, numbers) = (T::COMPONENTS, (to - from) * T::COMPONENTS);
    // SAFETY: sums of so many numbers for each real column, padded to whole lines; elements from..to of y.
    unsafe {
        // (a + ib)(x + iv) = (ax - bv) + i(bx + av); with conj(A): (ax + bv) + i(av - bx)
        let (one, minus) = (V::Real::from_f64(1.0), V::Real::from_f64(-1.0));
        let (straight, crossed) = if k.a.conj {
            (V::pairs(one, minus), V::pairs(one, one))
        } else {
            (V::pairs(one, one), V::pairs(minus, one))
        };
        let contiguous = k.v.columns == 1 && k.v.y_stride == 1;
        // What cannot be stored as it lies is scaled in place, then added to y element by element.
        let finish = Finish::<V>::new(k.alpha, if contiguous { beta } else { Scalar::ZERO });
        for c in 0..k.v.columns {
            let sums = sums.add(c * parts * pitch);
            for i in (0..numbers).step_by(V::COUNT) {
                let mut sum = V::load(sums.add(i));
                if T::IS_COMPLEX {
                    sum = V::load(sums.add(pitch + i)).swap().mul_add(crossed, sum.mul(straight));
                }
                if contiguous {
                    let y = k.v.y.add(from).cast::<V::Real>().add(i);
                    finish.store_first(sum, y, (numbers - i).min(V::COUNT));
                } else {
                    finish.store(sum, sums.add(i));
                }
            }
        }
        if contiguous {
            return;
        }
        let b = T::from_scalar(beta);
        for j in 0..to - from {
            let y = k.v.y.offset((from + j) as isize * k.v.y_stride);
            for c in 0..k.v.columns {
                let value = sums.add(c * parts * pitch).cast::<T>().add(j).read_unaligned();
                *y.add(c) = if beta.is_zero() { value } else { b * *y.add(c) + value };
            }
        }
    }
}
