//! Rows of A times one contiguous column: x is read where it is.

use super::super::lanes::{Lanes, LINE};
use super::Kernel;
use crate::dtype::{Element, Real, Scalar};
use std::mem::size_of;

/// Cache lines that are summed before the sums are folded.
const FOLD: usize = 64;
/// Vectors in a line, at most.
const MOST: usize = 4;

/// Products of a line of A's row with x, and with x's parts exchanged.
#[derive(Clone, Copy)]
struct Sums<V> {
    straight: [V; MOST],
    crossed: [V; MOST],
}

impl<V: Lanes> Sums<V> {
    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: arithmetic only.
        let zero = unsafe { V::splat(<V::Real as Element>::ZERO) };
        Sums { straight: [zero; MOST], crossed: [zero; MOST] }
    }

    #[inline(always)]
    unsafe fn add(&mut self, w: usize, a: V, x: V, swapped: V, complex: bool) {
        // SAFETY: arithmetic only.
        unsafe {
            self.straight[w] = a.mul_add(x, self.straight[w]);
            if complex {
                self.crossed[w] = a.mul_add(swapped, self.crossed[w]);
            }
        }
    }

    #[inline(always)]
    unsafe fn fold(&mut self, part: &mut Self, complex: bool) {
        // SAFETY: arithmetic only.
        unsafe {
            for w in 0..V::PER_LINE {
                self.straight[w] = self.straight[w].add(part.straight[w]);
                if complex {
                    self.crossed[w] = self.crossed[w].add(part.crossed[w]);
                }
            }
            *part = Self::zero();
        }
    }

    /// Sums of the even and of the odd lanes, in double precision.
    #[inline(always)]
    unsafe fn parts(lanes: &[V; MOST]) -> [f64; 2] {
        let mut line = [<V::Real as Element>::ZERO; LINE / 4];
        // SAFETY: PER_LINE vectors fill one line of at most 16 numbers.
        unsafe {
            for w in 0..V::PER_LINE {
                lanes[w].store(line.as_mut_ptr().add(w * V::COUNT));
            }
        }
        let sum = |first: usize| line.iter().skip(first).step_by(2).fold(0.0, |s, v| s + v.to_f64());
        [sum(0), sum(1)]
    }

    /// sum a x, or sum conj(a) x.
    #[inline(always)]
    unsafe fn total(&self, complex: bool, conj: bool) -> Scalar {
        // SAFETY: arithmetic only.
        let [even, odd] = unsafe { Self::parts(&self.straight) };
        if !complex {
            return Scalar::real(even + odd);
        }
        // SAFETY: arithmetic only.
        let [cross_even, cross_odd] = unsafe { Self::parts(&self.crossed) };
        if conj {
            Scalar::complex(even + odd, cross_even - cross_odd)
        } else {
            Scalar::complex(even - odd, cross_even + cross_odd)
        }
    }
}

/// R rows times x.
#[inline(always)]
unsafe fn dots<V: Lanes, T: Element, const R: usize>(k: &Kernel<T>, row: usize) {
    let parts = size_of::<T>() / size_of::<V::Real>();
    let (len, line) = (k.a.columns * parts, V::PER_LINE * V::COUNT);
    // SAFETY: rows row..row + R of A and of y, and all of x.
    unsafe {
        let a: [*const V::Real; R] = std::array::from_fn(|r| k.a.data.offset((row + r) as isize * k.a.leading).cast());
        let x = k.v.x.cast::<V::Real>();
        let mut total = [Sums::<V>::zero(); R];
        let mut part = total;
        let mut i = 0;
        while i < len {
            let end = len.min(i + FOLD * line);
            while i + line <= end {
                for w in 0..V::PER_LINE {
                    let at = i + w * V::COUNT;
                    let xv = V::load(x.add(at));
                    let swapped = if T::IS_COMPLEX { xv.swap() } else { xv };
                    for r in 0..R {
                        part[r].add(w, V::load(a[r].add(at)), xv, swapped, T::IS_COMPLEX);
                    }
                }
                i += line;
            }
            if i < end {
                for w in 0..V::PER_LINE {
                    let at = (i + w * V::COUNT).min(end);
                    let n = V::COUNT.min(end - at);
                    let xv = V::load_first(x.add(at), n);
                    let swapped = if T::IS_COMPLEX { xv.swap() } else { xv };
                    for r in 0..R {
                        part[r].add(w, V::load_first(a[r].add(at), n), xv, swapped, T::IS_COMPLEX);
                    }
                }
                i = end;
            }
            for r in 0..R {
                total[r].fold(&mut part[r], T::IS_COMPLEX);
            }
        }
        for (r, total) in total.iter().enumerate() {
            let y = k.v.y.offset((row + r) as isize * k.v.y_stride);
            let sum = T::from_scalar(k.alpha * total.total(T::IS_COMPLEX, k.a.conj));
            *y = if k.beta.is_zero() { sum } else { T::from_scalar(k.beta) * *y + sum };
        }
    }
}

/// y = beta y + alpha A x.
#[inline(always)]
pub(super) unsafe fn rows<V: Lanes, T: Element>(k: &Kernel<T>) {
    let mut row = 0;
    // SAFETY: rows below a.rows.
    unsafe {
        while row + 4 <= k.a.rows {
            dots::<V, T, 4>(k, row);
            row += 4;
        }
        while row < k.a.rows {
            dots::<V, T, 1>(k, row);
            row += 1;
        }
    }
}
