//! Several columns: each element of A times a row of x, which lies along the lanes.

use super::super::lanes::{Finish, Lanes};
use super::Kernel;
use crate::dtype::{Element, Real, Scalar};
use std::mem::{size_of, MaybeUninit};

/// Elements of a row that are summed before the sums are folded.
const FOLD: usize = 256;
/// Rows of A that are added up before their sums are added to y.
const FOLD_ROWS: usize = 1024;
/// Bytes of sums for a block of y's rows: two thirds of a first-level cache.
const BLOCK_BYTES: usize = 32 << 10;

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

/// R rows of A times N vectors of x's columns: even and odd elements are summed apart, in the halves of a register
/// where that holds two rows of x.
#[inline(always)]
unsafe fn paired_products<V: Lanes, T: Element, const R: usize, const N: usize>(
    k: &Kernel<T>,
    row: usize,
    (column, len): (usize, usize),
) {
    // SAFETY: as for `products`; T is real.
    unsafe {
        let a: [*const V::Real; R] = std::array::from_fn(|r| k.a.data.offset((row + r) as isize * k.a.leading).cast());
        let (x, step, n) = (k.v.x.cast::<V::Real>().add(column), k.v.x_stride, k.a.columns);
        let mut total = [[Row::<V, N>::zero(); 2]; R];
        for from in (0..n).step_by(FOLD) {
            let mut sums = [[Row::<V, N>::zero(); 2]; R];
            let end = n.min(from + FOLD);
            let mut i = from;
            while i + 2 <= end {
                let even = Row::<V, N>::load(x.offset(i as isize * step), len);
                let odd = Row::<V, N>::load(x.offset((i + 1) as isize * step), len);
                if V::HALVES {
                    let both = V::join(even.0[0], odd.0[0]);
                    for r in 0..R {
                        let sum = &mut sums[r][0].0[0];
                        *sum = V::spread_two(a[r].add(i)).mul_add(both, *sum);
                    }
                } else {
                    for r in 0..R {
                        sums[r][0].add_product(V::splat(*a[r].add(i)), &even);
                        sums[r][1].add_product(V::splat(*a[r].add(i + 1)), &odd);
                    }
                }
                i += 2;
            }
            if i < end {
                let even = Row::<V, N>::load(x.offset(i as isize * step), len);
                for r in 0..R {
                    sums[r][0].add_product(V::splat(*a[r].add(i)), &even);
                }
            }
            for r in 0..R {
                total[r][0].add(&sums[r][0]);
                total[r][1].add(&sums[r][1]);
            }
        }
        let finish = Finish::<V>::new(k.alpha, k.beta);
        for (r, [mut sum, odd]) in total.into_iter().enumerate() {
            if V::HALVES {
                sum.0[0] = sum.0[0].add(sum.0[0].upper());
            } else {
                sum.add(&odd);
            }
            let y = k.v.y.offset((row + r) as isize * k.v.y_stride).cast::<V::Real>().add(column);
            for (i, v) in sum.0.into_iter().enumerate() {
                finish.store_first(v, y.wrapping_add(i * V::COUNT), Row::<V, N>::held(i, len));
            }
        }
    }
}

#[inline(always)]
unsafe fn all_paired_rows<V: Lanes, T: Element, const R: usize, const N: usize>(k: &Kernel<T>, part: (usize, usize)) {
    let mut row = 0;
    // SAFETY: rows below a.rows.
    unsafe {
        while row + R <= k.a.rows {
            paired_products::<V, T, R, N>(k, row, part);
            row += R;
        }
        while row < k.a.rows {
            paired_products::<V, T, 1, N>(k, row, part);
            row += 1;
        }
    }
}

/// Whether a row of x is at most eight numbers of float32: elements of A are then taken in pairs.
#[inline(always)]
fn paired<T: Element>(k: &Kernel<T>) -> bool {
    size_of::<T>() == 4 && k.v.columns <= 8
}

/// Whether two rows of x or y share a register.
#[inline(always)]
fn halved<V: Lanes, T: Element>(k: &Kernel<T>) -> bool {
    V::HALVES && paired::<T>(k)
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
            if paired::<T>(k) {
                match len.div_ceil(V::COUNT) {
                    1 if V::HALVES => all_paired_rows::<V, T, 8, 1>(k, part),
                    1 => all_paired_rows::<V, T, 4, 1>(k, part),
                    _ => all_paired_rows::<V, T, 2, 2>(k, part),
                }
                continue;
            }
            match len.div_ceil(V::COUNT) {
                1 => all_rows::<V, T, 8, 1>(k, part),
                2 => all_rows::<V, T, 4, 2>(k, part),
                3 | 4 => all_rows::<V, T, 2, 4>(k, part),
                _ => all_rows::<V, T, 1, 8>(k, part),
            }
        }
    }
}

/// Sums for a block of y's rows, each padded to whole vectors: they are added to with plain aligned loads and stores.
#[repr(align(64))]
struct Block(MaybeUninit<[u8; BLOCK_BYTES]>);

/// Rows from..to of op(A), starting at `from`, are added to a block of `rows` rows.
#[derive(Clone, Copy)]
struct Target<R> {
    sums: *mut R,
    from: usize,
    rows: usize,
    /// Numbers from one row to the next.
    step: usize,
}

/// sums += K rows of A times K rows of x, of which `len` numbers from `column` on count.
#[inline(always)]
unsafe fn add_rows<V: Lanes, T: Element, const K: usize, const N: usize>(
    k: &Kernel<T>,
    row: usize,
    to: Target<V::Real>,
    (column, len): (usize, usize),
) {
    let parts = size_of::<T>() / size_of::<V::Real>();
    // SAFETY: rows row..row + K of A and x, len numbers from `column` on, and the block's rows.
    unsafe {
        let a: [*const V::Real; K] =
            std::array::from_fn(|r| k.a.data.offset((row + r) as isize * k.a.leading).add(to.from).cast());
        let mut x = [Row::<V, N>::zero(); K];
        for (r, x) in x.iter_mut().enumerate() {
            *x = Row::load(k.v.x.offset((row + r) as isize * k.v.x_stride).cast::<V::Real>().add(column), len);
        }
        if halved::<V, T>(k) {
            for x in x.iter_mut() {
                x.0[0] = V::join(x.0[0], x.0[0]);
            }
            // The block has a row more than it needs when their number is odd.
            let mut j = 0;
            while j < to.rows {
                let at = to.sums.add(j * to.step);
                let mut sum = V::load(at);
                for r in 0..K {
                    let pair = if j + 1 < to.rows { V::spread_two(a[r].add(j)) } else { V::splat(*a[r].add(j)) };
                    sum = pair.mul_add(x[r].0[0], sum);
                }
                sum.store(at);
                j += 2;
            }
            return;
        }
        for j in 0..to.rows {
            let at = to.sums.add(j * to.step);
            let mut sum = Row::<V, N>::zero();
            for i in 0..N {
                sum.0[i] = V::load(at.add(i * V::COUNT));
            }
            if T::IS_COMPLEX {
                let mut im = Row::<V, N>::zero();
                for r in 0..K {
                    sum.add_product(V::splat(*a[r].add(j * parts)), &x[r]);
                    im.add_product(V::splat(*a[r].add(j * parts + 1)), &x[r]);
                }
                sum.add_rotated(&im, k.a.conj);
            } else {
                for r in 0..K {
                    sum.add_product(V::splat(*a[r].add(j)), &x[r]);
                }
            }
            for i in 0..N {
                sum.0[i].store(at.add(i * V::COUNT));
            }
        }
    }
}

/// Up to N vectors of numbers from `column` on: y = beta y + alpha A^T x, in blocks of y's rows and of A's.
#[inline(always)]
unsafe fn all_added<V: Lanes, T: Element, const K: usize, const N: usize>(k: &Kernel<T>, part: (usize, usize)) {
    let (column, len) = part;
    let mut block = Block(MaybeUninit::uninit());
    let sums = block.0.as_mut_ptr().cast::<V::Real>();
    let step = if halved::<V, T>(k) { V::COUNT / 2 } else { N * V::COUNT };
    let most = BLOCK_BYTES / size_of::<V::Real>() / step;
    // SAFETY: `most` is even or a row is whole vectors, so the block holds what is stored; rows are below a.rows and
    // a.columns.
    unsafe {
        for from in (0..k.a.columns).step_by(most) {
            let rows = most.min(k.a.columns - from);
            let to = Target { sums, from, rows, step };
            let mut row = 0;
            while row == 0 || row < k.a.rows {
                let last = k.a.rows.min(row + FOLD_ROWS);
                sums.write_bytes(0, (rows + 1).min(most) * step);
                let beta = if row == 0 { k.beta } else { Scalar::ONE };
                while row + K <= last {
                    add_rows::<V, T, K, N>(k, row, to, part);
                    row += K;
                }
                while row < last {
                    add_rows::<V, T, 1, N>(k, row, to, part);
                    row += 1;
                }
                let finish = Finish::<V>::new(k.alpha, beta);
                for j in 0..rows {
                    let y = k.v.y.offset((from + j) as isize * k.v.y_stride).cast::<V::Real>().add(column);
                    for i in 0..N {
                        let held = Row::<V, N>::held(i, len);
                        let sum = V::load_first(sums.add(j * step).wrapping_add(i * V::COUNT), held);
                        finish.store_first(sum, y.wrapping_add(i * V::COUNT), held);
                    }
                }
                row = row.max(1);
            }
        }
    }
}

/// y = beta y + alpha A^T x.
#[inline(always)]
pub(super) unsafe fn transposed<V: Lanes, T: Element>(k: &Kernel<T>) {
    let numbers = k.v.columns * (size_of::<T>() / size_of::<V::Real>());
    for column in (0..numbers).step_by(8 * V::COUNT) {
        let part = (column, (numbers - column).min(8 * V::COUNT));
        // SAFETY: as for `gemv`.
        unsafe {
            match part.1.div_ceil(V::COUNT) {
                1 => all_added::<V, T, 8, 1>(k, part),
                2 => all_added::<V, T, 4, 2>(k, part),
                3 | 4 => all_added::<V, T, 4, 4>(k, part),
                _ => all_added::<V, T, 2, 8>(k, part),
            }
        }
    }
}
