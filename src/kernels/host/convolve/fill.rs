//! Panels: a piece of x with what lies beside it, and the derivative of a panel.

use super::super::lanes::Lanes;
use super::problem::{Block, Derivative};
use crate::dtype::{Element, Real};

/// Copies the rows from..to (counted from the block's first, halo and zeros included) of one outer index to a panel.
///
/// # Safety
/// As for `convolve`; the panel is writable for (to - from) rows and a vector.
#[inline(always)]
pub(super) unsafe fn fill<V: Lanes, T: Element>(
    block: &Block<T>,
    outer: usize,
    (from, to): (isize, isize),
    panel: *mut T,
) {
    let (n, halo) = (block.n as isize, &block.halo);
    let (before, after) = (halo.before_width as isize, halo.after_width as isize);
    let mut write = Rows { panel, width: block.inner };
    // SAFETY: every source row is inside x or a halo buffer: the ranges are cut to them.
    unsafe {
        write.zeros::<V>((-before).min(to) - from);
        let (a, b) = (from.max(-before), to.min(0));
        if a < b {
            let [outer_stride, stride] = halo.before_strides;
            write.copy::<V>(halo.before.offset(outer as isize * outer_stride + (a + before) * stride), stride, b - a);
        }
        let (a, b) = (from.max(0), to.min(n));
        if a < b {
            let [outer_stride, stride] = block.x_strides;
            write.copy::<V>(block.x.offset(outer as isize * outer_stride + a * stride), stride, b - a);
        }
        let (a, b) = (from.max(n), to.min(n + after));
        if a < b {
            let [outer_stride, stride] = halo.after_strides;
            write.copy::<V>(halo.after.offset(outer as isize * outer_stride + (a - n) * stride), stride, b - a);
        }
        write.zeros::<V>(to - from.max(n + after));
    }
}

/// Where the next rows of a panel go.
struct Rows<T> {
    panel: *mut T,
    width: usize,
}

impl<T: Element> Rows<T> {
    #[inline(always)]
    unsafe fn zeros<V: Lanes>(&mut self, count: isize) {
        let count = count.max(0) as usize * self.width;
        // SAFETY: as for `fill`; what `clear` writes too much is written later, or behind the last row.
        unsafe {
            clear::<V>(self.panel.cast(), count * T::COMPONENTS);
            self.panel = self.panel.add(count);
        }
    }

    #[inline(always)]
    unsafe fn copy<V: Lanes>(&mut self, source: *const T, stride: isize, count: isize) {
        let row = self.width * T::COMPONENTS;
        // SAFETY: as for `fill`.
        unsafe {
            if stride == self.width as isize {
                copy::<V>(source.cast(), self.panel.cast(), count as usize * row);
            } else {
                for i in 0..count {
                    let to = self.panel.add(i as usize * self.width);
                    copy::<V>(source.offset(i * stride).cast(), to.cast(), row);
                }
            }
            self.panel = self.panel.add(count as usize * self.width);
        }
    }
}

/// `zeros` zeros at `to`, or up to a vector more.
///
/// # Safety
/// `to` is writable for so many numbers.
#[inline(always)]
pub(super) unsafe fn clear<V: Lanes>(to: *mut V::Real, zeros: usize) {
    for i in (0..zeros).step_by(V::COUNT) {
        // SAFETY: as for this function.
        unsafe { V::splat(<V::Real as Element>::ZERO).store(to.add(i)) }
    }
}

/// Copies len numbers.
///
/// # Safety
/// x is readable and `to` writable for len numbers.
#[inline(always)]
pub(super) unsafe fn copy<V: Lanes>(x: *const V::Real, to: *mut V::Real, len: usize) {
    let mut i = 0;
    // SAFETY: as for this function.
    unsafe {
        while i + V::COUNT <= len {
            V::load(x.add(i)).store(to.add(i));
            i += V::COUNT;
        }
        if i < len {
            V::load_first(x.add(i), len - i).store_first(to.add(i), len - i);
        }
    }
}

/// Which of three neighbouring rows are subtracted, and the factor.
#[derive(Clone, Copy)]
pub(super) struct Difference<R> {
    pub plus: usize,
    pub minus: usize,
    pub factor: R,
}

impl<R: Real> Difference<R> {
    /// D, or D^T on rows from which those outside `Derivative::rows` were removed.
    pub fn new(derivative: Derivative, transposed: bool) -> Difference<R> {
        let mut c = derivative.coefficients();
        if transposed {
            c.reverse();
        }
        let place = |positive: bool| c.iter().position(|v| if positive { *v > 0.0 } else { *v < 0.0 }).unwrap_or(0);
        Difference { plus: place(true), minus: place(false), factor: R::from_f64(c[place(true)]) }
    }

    /// `len` numbers of the difference of three rows of x, which is read no further.
    ///
    /// # Safety
    /// x is readable for len numbers and two shifts, `to` writable for len.
    #[inline(always)]
    pub unsafe fn between<V: Lanes<Real = R>>(&self, x: *const R, to: *mut R, len: usize, shift: usize) {
        let (plus, minus) = (x.wrapping_add(self.plus * shift), x.wrapping_add(self.minus * shift));
        // SAFETY: as for this function.
        unsafe {
            let factor = V::splat(self.factor);
            let mut i = 0;
            while i + V::COUNT <= len {
                factor.mul(V::load(plus.add(i)).sub(V::load(minus.add(i)))).store(to.add(i));
                i += V::COUNT;
            }
            if i < len {
                let d = V::load_first(plus.add(i), len - i).sub(V::load_first(minus.add(i), len - i));
                factor.mul(d).store_first(to.add(i), len - i);
            }
        }
    }
}

/// Sets the rows that are outside of low..high to 0; the panel's first row is row `from`, its last is before `to`.
///
/// # Safety
/// The panel is writable for (to - from) pitch elements.
#[inline(always)]
pub(super) unsafe fn clear_outside<T>(
    panel: *mut T,
    pitch: usize,
    (from, to): (isize, isize),
    (low, high): (isize, isize),
) {
    let (low, high) = (low.clamp(from, to), high.clamp(from, to));
    // SAFETY: both pieces are inside the panel; all-zero bytes are the number 0.
    unsafe {
        panel.write_bytes(0, (low - from) as usize * pitch);
        let high = high.max(low);
        panel.add((high - from) as usize * pitch).write_bytes(0, (to - high) as usize * pitch);
    }
}
