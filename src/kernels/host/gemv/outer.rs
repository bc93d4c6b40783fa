//! A^T times several columns: each element of a row of A times a row of x, which lies along the lanes, is added to the
//! sums of a row of y.
//!
//! The sums of a block of y's rows stay in the first cache while all rows of A pass, a few at a time.

use super::super::finish::Finish;
use super::super::lanes::{LaneKernel, Lanes, LINE};
use super::row::{in_tiles, piece, tile_rows, Row};
use super::tiles::{Ahead, Buffer};
use super::{Kernel, FOLD_ROWS};
use crate::dtype::{Element, Scalar};
use std::mem::size_of;

/// What a block of y's rows adds up: elements `from..to` of A's rows, `len` numbers of x's rows from `column` on.
#[derive(Clone, Copy)]
struct Block<R> {
    sums: *mut R,
    from: usize,
    to: usize,
    column: usize,
    len: usize,
}

/// sums[j, :] += sum_r A[r, j] x[r, :] for R rows, J elements at a time.
#[inline(always)]
unsafe fn tile<V: Lanes, T: Element, const R: usize, const N: usize, const J: usize>(
    k: &Kernel<T>,
    row: usize,
    b: Block<V::Real>,
) {
    let (line, n) = (LINE / size_of::<T>(), b.to - b.from);
    // SAFETY: rows row..row + R of A and x, elements from..to of A's rows, as many rows of N vectors of sums.
    unsafe {
        let first = k.a.data.offset(row as isize * k.a.leading).add(b.from);
        let mut x = [[Row::<V, N>::zero(); 2]; R];
        for r in 0..R {
            let from = k.v.x.offset((row + r) as isize * k.v.x_stride).cast::<V::Real>().add(b.column);
            x[r][0] = Row::load_first(from, b.len);
            if T::IS_COMPLEX {
                x[r][1] = x[r][0].rotated(k.a.conj);
            }
        }
        let mut ahead = Ahead::new(first.wrapping_offset(R as isize * k.a.leading), k.a.leading, n.div_ceil(line));
        let (mut a, leading) = (first.cast::<V::Real>(), k.a.leading * T::COMPONENTS as isize);
        let mut sums = b.sums;
        // Few products a line: its neighbours are asked for one by one, not in a burst.
        let step = if N == 1 { (line / R).max(J) } else { line };
        let mut left = n;
        while left > 0 {
            ahead.ask(step * R / line);
            let n = step.min(left);
            for _ in 0..n / J {
                add::<V, T, R, N, J>(a, leading, &x, sums);
                a = a.add(J * T::COMPONENTS);
                sums = sums.add(J * N * V::COUNT);
            }
            for _ in 0..n % J {
                add::<V, T, R, N, 1>(a, leading, &x, sums);
                a = a.add(T::COMPONENTS);
                sums = sums.add(N * V::COUNT);
            }
            left -= n;
        }
    }
}

/// J elements of R rows of A, times their rows of x.
#[inline(always)]
unsafe fn add<V: Lanes, T: Element, const R: usize, const N: usize, const J: usize>(
    a: *const V::Real,
    leading: isize,
    x: &[[Row<V, N>; 2]; R],
    sums: *mut V::Real,
) {
    // SAFETY: as for `tile`.
    unsafe {
        let mut sum = [Row::<V, N>::zero(); J];
        for h in 0..J {
            sum[h] = Row::load(sums.add(h * N * V::COUNT));
        }
        for r in 0..R {
            for h in 0..J {
                let a = a.add(h * T::COMPONENTS).offset(r as isize * leading);
                sum[h].add_product(V::splat(*a), &x[r][0]);
                if T::IS_COMPLEX {
                    sum[h].add_product(V::splat(*a.add(1)), &x[r][1]);
                }
            }
        }
        for h in 0..J {
            sum[h].store(sums.add(h * N * V::COUNT));
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
        unsafe {
            // Two elements at a time, where the registers have room for their sums.
            match N {
                1 | 2 => all_elements::<V, T, R, N, 2>(self.k, self.column, self.len),
                _ => all_elements::<V, T, R, N, 1>(self.k, self.column, self.len),
            }
        }
    }
}

#[inline(always)]
unsafe fn all_elements<V: Lanes, T: Element, const R: usize, const N: usize, const J: usize>(
    k: &Kernel<T>,
    column: usize,
    len: usize,
) {
    let piece = piece::<T>(k.v.columns);
    assert!(piece * N * size_of::<V>() <= Buffer::BYTES);
    let mut sums = Buffer::new();
    let sums = sums.start::<V::Real>();
    for from in (0..k.a.columns).step_by(piece) {
        let to = k.a.columns.min(from + piece);
        let b = Block { sums, from, to, column, len };
        let mut row = 0;
        while row == 0 || row < k.a.rows {
            let last = k.a.rows.min(row + FOLD_ROWS);
            let beta = if row == 0 { k.beta } else { Scalar::ONE };
            // SAFETY: the sums have room for a piece's rows of N vectors; rows below a.rows, elements below a.columns.
            unsafe {
                sums.write_bytes(0, (to - from) * N * V::COUNT);
                while row + R <= last {
                    tile::<V, T, R, N, J>(k, row, b);
                    row += R;
                }
                while R > 1 && row < last {
                    tile::<V, T, 1, N, J>(k, row, b);
                    row += 1;
                }
                let finish = Finish::<V>::new(k.alpha, beta);
                for j in 0..to - from {
                    let y = k.v.y.offset((from + j) as isize * k.v.y_stride).cast::<V::Real>().add(column);
                    Row::<V, N>::load(sums.add(j * N * V::COUNT)).finish(&finish, y, len);
                }
            }
            row = row.max(1);
        }
    }
}

/// y = beta y + alpha A^T x.
#[inline(always)]
pub(super) unsafe fn transposed<V: Lanes, T: Element>(k: &Kernel<T>) {
    // SAFETY: as for `gemv`.
    unsafe { in_tiles!(V, T, k, Part) }
}
