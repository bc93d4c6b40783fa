//! Several columns: each element of A times a row of x, which lies along the lanes.

use super::super::lanes::{Finish, Lanes};
use super::Kernel;
use crate::dtype::{Element, Real};
use std::mem::size_of;

/// Elements of a row that are summed before the sums are folded.
const FOLD: usize = 256;

/// N vectors that hold `len` numbers.
#[derive(Clone, Copy)]
struct Row<V, const N: usize>([V; N]);

impl<V: Lanes, const N: usize> Row<V, N> {
    /// Numbers of a row of `len` in vector i.
    #[inline(always)]
    fn held(i: usize, len: usize) -> usize {
        len.saturating_sub(i * V::COUNT).min(V::COUNT)
    }

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: arithmetic only.
        Row([unsafe { V::splat(<V::Real as Element>::ZERO) }; N])
    }

    #[inline(always)]
    unsafe fn load(from: *const V::Real, len: usize) -> Self {
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
    unsafe fn add_product(&mut self, a: V, x: &Self) {
        for i in 0..N {
            // SAFETY: arithmetic only.
            self.0[i] = unsafe { a.mul_add(x.0[i], self.0[i]) };
        }
    }

    #[inline(always)]
    unsafe fn add(&mut self, other: &Self) {
        for i in 0..N {
            // SAFETY: arithmetic only.
            self.0[i] = unsafe { self.0[i].add(other.0[i]) };
        }
    }

    /// Adds i times (or -i times) `other`: the products with the imaginary parts of A.
    #[inline(always)]
    unsafe fn add_rotated(&mut self, other: &Self, conj: bool) {
        let (one, minus) = (V::Real::from_f64(1.0), V::Real::from_f64(-1.0));
        // SAFETY: arithmetic only.
        unsafe {
            let sign = if conj { V::pairs(one, minus) } else { V::pairs(minus, one) };
            for i in 0..N {
                self.0[i] = other.0[i].swap().mul_add(sign, self.0[i]);
            }
        }
    }
}

/// R rows of A times N vectors of x's columns, from number `column` on.
#[inline(always)]
unsafe fn products<V: Lanes, T: Element, const R: usize, const N: usize>(
    k: &Kernel<T>,
    row: usize,
    (column, len): (usize, usize),
) {
    let parts = size_of::<T>() / size_of::<V::Real>();
    // SAFETY: rows row..row + R of A and y, all rows of x, len numbers of each from `column` on.
    unsafe {
        let a: [*const V::Real; R] = std::array::from_fn(|r| k.a.data.offset((row + r) as isize * k.a.leading).cast());
        let (x, step) = (k.v.x.cast::<V::Real>().add(column), k.v.x_stride * parts as isize);
        let mut total = [[Row::<V, N>::zero(); 2]; R];
        for from in (0..k.a.columns).step_by(FOLD) {
            let mut re = [Row::<V, N>::zero(); R];
            let mut im = re;
            for i in from..k.a.columns.min(from + FOLD) {
                let xv = Row::<V, N>::load(x.offset(i as isize * step), len);
                for r in 0..R {
                    re[r].add_product(V::splat(*a[r].add(i * parts)), &xv);
                    if T::IS_COMPLEX {
                        im[r].add_product(V::splat(*a[r].add(i * parts + 1)), &xv);
                    }
                }
            }
            for r in 0..R {
                total[r][0].add(&re[r]);
                if T::IS_COMPLEX {
                    total[r][1].add(&im[r]);
                }
            }
        }
        let finish = Finish::<V>::new(k.alpha, k.beta);
        for (r, [mut sum, im]) in total.into_iter().enumerate() {
            if T::IS_COMPLEX {
                sum.add_rotated(&im, k.a.conj);
            }
            let y = k.v.y.offset((row + r) as isize * k.v.y_stride).cast::<V::Real>().add(column);
            for (i, v) in sum.0.into_iter().enumerate() {
                finish.store_first(v, y.wrapping_add(i * V::COUNT), Row::<V, N>::held(i, len));
            }
        }
    }
}

#[inline(always)]
unsafe fn all_rows<V: Lanes, T: Element, const R: usize, const N: usize>(k: &Kernel<T>, part: (usize, usize)) {
    let mut row = 0;
    // SAFETY: rows below a.rows.
    unsafe {
        while row + R <= k.a.rows {
            products::<V, T, R, N>(k, row, part);
            row += R;
        }
        while R > 1 && row < k.a.rows {
            products::<V, T, 1, N>(k, row, part);
            row += 1;
        }
    }
}

/// y = beta y + alpha A x.
#[inline(always)]
pub(super) unsafe fn rows<V: Lanes, T: Element>(k: &Kernel<T>) {
    let numbers = k.v.columns * (size_of::<T>() / size_of::<V::Real>());
    for column in (0..numbers).step_by(8 * V::COUNT) {
        let len = (numbers - column).min(8 * V::COUNT);
        let part = (column, len);
        // SAFETY: as for `gemv`. Eight sums of one vector (of each kind) hide the latency of the additions.
        unsafe {
            match len.div_ceil(V::COUNT) {
                1 => all_rows::<V, T, 8, 1>(k, part),
                2 => all_rows::<V, T, 4, 2>(k, part),
                3 | 4 => all_rows::<V, T, 2, 4>(k, part),
                _ => all_rows::<V, T, 1, 8>(k, part),
            }
        }
    }
}
