//! What is done to sums before they are stored: y = alpha v + beta y.

use super::lanes::Lanes;
use crate::dtype::{Real, Scalar};
use std::mem::size_of;

/// y = alpha v + beta y; with beta = 0, y is not read.
#[derive(Clone, Copy)]
pub(super) struct Finish<V> {
    alpha: [V; 2],
    beta: [V; 2],
    complex: bool,
    read: bool,
    /// Rows may bypass the caches.
    stream: bool,
}

impl<V: Lanes> Finish<V> {
    #[inline(always)]
    pub unsafe fn new(alpha: Scalar, beta: Scalar) -> Self {
        let complex = !alpha.is_real() || !beta.is_real();
        // SAFETY: arithmetic only.
        unsafe {
            Finish { alpha: Self::parts(alpha), beta: Self::parts(beta), complex, read: !beta.is_zero(), stream: false }
        }
    }

    /// Rows of vectors that are aligned bypass the caches where y is not read: `fence` follows.
    pub fn streaming(self, stream: bool) -> Self {
        Finish { stream: stream && !self.read && !self.complex, ..self }
    }

    pub fn reads(&self) -> bool {
        self.read
    }

    pub fn streams(&self) -> bool {
        self.stream
    }

    #[inline(always)]
    unsafe fn parts(s: Scalar) -> [V; 2] {
        let (re, im) = (V::Real::from_f64(s.re), V::Real::from_f64(s.im));
        // SAFETY: arithmetic only.
        unsafe { [V::splat(re), V::pairs(-im, im)] }
    }

    #[inline(always)]
    pub unsafe fn value(&self, v: V, y: V) -> V {
        // SAFETY: arithmetic only.
        unsafe {
            let mut out = self.alpha[0].mul(v);
            if self.complex {
                out = self.alpha[1].mul_add(v.swap(), out);
            }
            if self.read {
                out = self.beta[0].mul_add(y, out);
                if self.complex {
                    out = self.beta[1].mul_add(y.swap(), out);
                }
            }
            out
        }
    }

    #[inline(always)]
    pub unsafe fn store(&self, v: V, y: *mut V::Real) {
        // SAFETY: the caller gives a vector's room, readable when beta is not 0.
        unsafe {
            let old = if self.read { V::load(y) } else { v };
            self.value(v, old).store(y);
        }
    }

    /// C vectors, but `len` numbers at most, in each of T rows, `stride` numbers apart. The ways are apart so that sums stay
    /// in registers.
    #[inline(always)]
    pub unsafe fn store_rows<const C: usize, const T: usize>(
        &self,
        v: &[[V; C]; T],
        y: *mut V::Real,
        stride: isize,
        len: usize,
    ) {
        let at = |k: usize, c: usize| y.wrapping_offset(k as isize * stride).wrapping_add(c * V::COUNT);
        let aligned = |k: usize| (at(k, 0) as usize).is_multiple_of(size_of::<V>());
        // SAFETY: the caller gives room for so many numbers of the rows, readable when beta is not 0.
        unsafe {
            if C * V::COUNT > len {
                for k in 0..T {
                    for c in 0..C {
                        let first = (c * V::COUNT).min(len);
                        let to = y.wrapping_offset(k as isize * stride).wrapping_add(first);
                        self.store_first(v[k][c], to, V::COUNT.min(len - first));
                    }
                }
            } else if self.complex {
                for k in 0..T {
                    for c in 0..C {
                        self.store(v[k][c], at(k, c));
                    }
                }
            } else if self.read {
                for k in 0..T {
                    for c in 0..C {
                        self.beta[0].mul_add(V::load(at(k, c)), self.alpha[0].mul(v[k][c])).store(at(k, c));
                    }
                }
            } else if self.stream && (0..T).all(aligned) {
                for k in 0..T {
                    for c in 0..C {
                        self.alpha[0].mul(v[k][c]).stream(at(k, c));
                    }
                }
            } else {
                for k in 0..T {
                    for c in 0..C {
                        self.alpha[0].mul(v[k][c]).store(at(k, c));
                    }
                }
            }
        }
    }

    #[inline(always)]
    pub unsafe fn store_first(&self, v: V, y: *mut V::Real, n: usize) {
        // SAFETY: the caller gives room for n numbers, readable when beta is not 0.
        unsafe {
            let old = if self.read { V::load_first(y, n) } else { v };
            self.value(v, old).store_first(y, n);
        }
    }
}
