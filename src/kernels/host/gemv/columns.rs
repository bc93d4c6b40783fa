//! Rows of A times several columns: each element of A times a row of x, which lies along the lanes.
//!
//! A block of x stays in the first cache while rows of A pass, a few at a time; what they add up to is added to y.

use super::super::finish::Finish;
use super::super::lanes::{LaneKernel, Lanes, LINE};
use super::row::{in_tiles, piece, tile_rows, Row};
use super::tiles::{Ahead, Buffer};
use super::Kernel;
use crate::dtype::{Element, Scalar};
use std::mem::size_of;

/// Rows whose part of y is kept in the second cache.
const ROWS: usize = 1024;

/// A block of x: elements `from..to` of A's rows, `len` numbers of x's rows from `column` on; `x` holds them as rows of whole
/// vectors, whose loads need no masks.
#[derive(Clone, Copy)]
struct Block<R> {
    x: *const R,
    from: usize,
    to: usize,
    column: usize,
    len: usize,
}

/// y[r, :] = beta y[r, :] + alpha sum_k A[r, k] x[k, :] for R rows and the elements of a block.
#[inline(always)]
unsafe fn tile<V: Lanes, T: Element, const R: usize, const N: usize>(
    k: &Kernel<T>,
    row: usize,
    b: Block<V::Real>,
    beta: Scalar,
) {
    let (parts, line) = (T::COMPONENTS, LINE / size_of::<T>());
    let first = k.a.data.wrapping_offset(row as isize * k.a.leading).wrapping_add(b.from);
    let next = first.wrapping_offset(R as isize * k.a.leading);
    let mut ahead = Ahead::new(next, k.a.leading, (b.to - b.from).div_ceil(line));
    // SAFETY: rows row..row + R of A and y, elements from..to of A's rows, as many rows of x, len numbers of each.
    unsafe {
        let (mut a, leading) = (first.cast::<V::Real>(), k.a.leading * parts as isize);
        let mut x = b.x;
        let mut re = [Row::<V, N>::zero(); R];
        let mut im = re;
        let mut left = b.to - b.from;
        while left > 0 {
            ahead.ask(R);
            let n = line.min(left);
            for _ in 0..n {
                add::<V, T, R, N>(a, leading, x, &mut re, &mut im);
                a = a.add(parts);
                x = x.add(N * V::COUNT);
            }
            left -= n;
        }
        let finish = Finish::<V>::new(k.alpha, beta);
        for r in 0..R {
            if T::IS_COMPLEX {
                re[r].add(&im[r].rotated(k.a.conj));
            }
            let y = k.v.y.offset((row + r) as isize * k.v.y_stride).cast::<V::Real>().add(b.column);
            re[r].finish(&finish, y, b.len);
        }
    }
}

/// An element of R rows of A, times a row of x.
#[inline(always)]
unsafe fn add<V: Lanes, T: Element, const R: usize, const N: usize>(
    a: *const V::Real,
    leading: isize,
    x: *const V::Real,
    re: &mut [Row<V, N>; R],
    im: &mut [Row<V, N>; R],
) {
    // SAFETY: as for `tile`.
    unsafe {
        let x = Row::<V, N>::load(x);
        for r in 0..R {
            let a = a.offset(r as isize * leading);
            re[r].add_product(V::splat(*a), &x);
            if T::IS_COMPLEX {
                im[r].add_product(V::splat(*a.add(1)), &x);
            }
        }
    }
}

/// The rows `from..to` of x.
#[inline(always)]
unsafe fn pack<V: Lanes, T: Element, const N: usize>(k: &Kernel<T>, b: Block<V::Real>, mut to: *mut V::Real) {
    for j in b.from..b.to {
        let x = k.v.x.wrapping_offset(j as isize * k.v.x_stride).cast::<V::Real>().wrapping_add(b.column);
        // SAFETY: `len` numbers of the row, and room for N vectors.
        unsafe {
            Row::<V, N>::load_first(x, b.len).store(to);
            to = to.add(N * V::COUNT);
        }
    }
}

/// Numbers of y's rows that are computed together, as a function of its own.
struct Part<'a, T, const R: usize, const N: usize> {
    k: &'a Kernel<T>,
    column: usize,
    len: usize,
}

impl<T: Element, const R: usize, const N: usize> LaneKernel for Part<'_, T, R, N> {
    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        // SAFETY: as for `gemv`.
        unsafe { all_rows::<V, T, R, N>(self.k, self.column, self.len) }
    }
}

#[inline(always)]
unsafe fn all_rows<V: Lanes, T: Element, const R: usize, const N: usize>(k: &Kernel<T>, column: usize, len: usize) {
    let piece = piece::<T>(k.v.columns);
    assert!(piece * N * size_of::<V>() <= Buffer::BYTES);
    let mut x = Buffer::new();
    let x = x.start::<V::Real>();
    for first in (0..k.a.rows).step_by(ROWS) {
        let last = k.a.rows.min(first + ROWS);
        let mut from = 0;
        while from == 0 || from < k.a.columns {
            let to = k.a.columns.min(from + piece);
            let (b, beta) = (Block { x, from, to, column, len }, if from == 0 { k.beta } else { Scalar::ONE });
            let mut row = first;
            // SAFETY: rows below a.rows, elements below a.columns; the buffer has room for a piece's rows of N vectors.
            unsafe {
                pack::<V, T, N>(k, b, x);
                while row + R <= last {
                    tile::<V, T, R, N>(k, row, b, beta);
                    row += R;
                }
                while R > 1 && row < last {
                    tile::<V, T, 1, N>(k, row, b, beta);
                    row += 1;
                }
            }
            from = to.max(1);
        }
    }
}

/// y = beta y + alpha A x.
#[inline(always)]
pub(super) unsafe fn rows<V: Lanes, T: Element>(k: &Kernel<T>) {
    // SAFETY: as for `gemv`.
    unsafe { in_tiles!(V, T, k, Part) }
}
