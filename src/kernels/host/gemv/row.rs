//! A row of x or of sums along the lanes.

use super::super::finish::Finish;
use super::super::lanes::{Lanes, LINE};
use crate::dtype::{Element, Real};
use std::mem::size_of;

/// Bytes of a row of A in a block, where a row of x fills more than a line; twice as many where it does not. With 16 KiB of
/// x or of sums (of float32, 32 KiB) they are about a first-level cache for eight rows.
const PIECE: usize = 1 << 10;

/// Elements of a row of A in a block, of x of so many columns; sums are folded at least that often.
pub(super) const fn piece<T>(columns: usize) -> usize {
    let bytes = if columns * size_of::<T>() > LINE { PIECE } else { 2 * PIECE };
    bytes / size_of::<T>()
}

/// Rows of A against rows of N vectors: what the registers hold of sums (A x) or of x (A^T x).
#[inline(always)]
pub(super) const fn tile_rows<V: Lanes, T: Element>(n: usize) -> usize {
    let registers = if size_of::<V>() == LINE { 16 } else { 8 };
    match registers / (n * T::COMPONENTS) {
        0 | 1 => 1,
        2 | 3 => 2,
        4..=7 => 4,
        _ => 8,
    }
}

/// Runs `$part`, as a function of its own, with the rows of a tile and the vectors of a row for every eight vectors of x's
/// rows.
macro_rules! in_tiles {
    ($v:ty, $t:ty, $k:ident, $part:ident) => {{
        let numbers = $k.v.columns * <$t>::COMPONENTS;
        for column in (0..numbers).step_by(8 * <$v>::COUNT) {
            let len = (numbers - column).min(8 * <$v>::COUNT);
            let n = len.div_ceil(<$v>::COUNT);
            match (tile_rows::<$v, $t>(n), n) {
                (8, 1) => <$v>::apart($part::<$t, 8, 1> { k: $k, column, len }),
                (8, 2) => <$v>::apart($part::<$t, 8, 2> { k: $k, column, len }),
                (4, 2) => <$v>::apart($part::<$t, 4, 2> { k: $k, column, len }),
                (2, 2) => <$v>::apart($part::<$t, 2, 2> { k: $k, column, len }),
                (_, 3 | 4) => <$v>::apart($part::<$t, 2, 4> { k: $k, column, len }),
                _ => <$v>::apart($part::<$t, 1, 8> { k: $k, column, len }),
            }
        }
    }};
}
pub(super) use in_tiles;

/// N vectors that hold `len` numbers.
#[derive(Clone, Copy)]
pub(super) struct Row<V, const N: usize>(pub [V; N]);

impl<V: Lanes, const N: usize> Row<V, N> {
    /// Numbers of a row of `len` in vector i.
    #[inline(always)]
    fn held(i: usize, len: usize) -> usize {
        len.saturating_sub(i * V::COUNT).min(V::COUNT)
    }

    #[inline(always)]
    pub unsafe fn zero() -> Self {
        // SAFETY: arithmetic only.
        Row([unsafe { V::splat(<V::Real as Element>::ZERO) }; N])
    }

    /// The first `len` numbers; the other lanes are 0.
    #[inline(always)]
    pub unsafe fn load_first(from: *const V::Real, len: usize) -> Self {
        // SAFETY: the caller gives len numbers; a vector that holds none reads none.
        unsafe {
            let mut row = Self::zero();
            for i in 0..N {
                row.0[i] = V::load_first(from.wrapping_add(i * V::COUNT), Self::held(i, len));
            }
            row
        }
    }

    #[inline(always)]
    pub unsafe fn load(from: *const V::Real) -> Self {
        // SAFETY: the caller gives N vectors.
        unsafe {
            let mut row = Self::zero();
            for i in 0..N {
                row.0[i] = V::load(from.add(i * V::COUNT));
            }
            row
        }
    }

    #[inline(always)]
    pub unsafe fn store(&self, to: *mut V::Real) {
        for i in 0..N {
            // SAFETY: the caller gives room for N vectors.
            unsafe { self.0[i].store(to.add(i * V::COUNT)) };
        }
    }

    /// y = beta y + alpha times the first `len` numbers.
    #[inline(always)]
    pub unsafe fn finish(&self, finish: &Finish<V>, y: *mut V::Real, len: usize) {
        for i in 0..N {
            // SAFETY: the caller gives len numbers; a vector that holds none writes none.
            unsafe { finish.store_first(self.0[i], y.wrapping_add(i * V::COUNT), Self::held(i, len)) };
        }
    }

    #[inline(always)]
    pub unsafe fn add_product(&mut self, a: V, x: &Self) {
        for i in 0..N {
            // SAFETY: arithmetic only.
            self.0[i] = unsafe { a.mul_add(x.0[i], self.0[i]) };
        }
    }

    /// i times (or -i times) the row: what the imaginary parts of A (or conj(A)) go with.
    #[inline(always)]
    pub unsafe fn rotated(&self, conj: bool) -> Self {
        let (one, minus) = (V::Real::from_f64(1.0), V::Real::from_f64(-1.0));
        let mut row = *self;
        // SAFETY: arithmetic only.
        unsafe {
            let sign = if conj { V::pairs(one, minus) } else { V::pairs(minus, one) };
            for i in 0..N {
                row.0[i] = self.0[i].swap().mul(sign);
            }
        }
        row
    }

    #[inline(always)]
    pub unsafe fn add(&mut self, other: &Self) {
        for i in 0..N {
            // SAFETY: arithmetic only.
            self.0[i] = unsafe { self.0[i].add(other.0[i]) };
        }
    }
}
