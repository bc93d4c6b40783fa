//! The two loops behind every elementwise kernel: produce an output, or update one in place.

use crate::dtype::Element;
use crate::kernels::cpu::{fence, LINE};
use std::mem::MaybeUninit;

/// A cache line that is computed in registers before it is streamed out.
#[repr(align(64))]
struct Line([MaybeUninit<u8>; LINE]);

vectorized! {
    /// w[i] = f(i). With `stream` the output bypasses the cache: for outputs larger than it
    /// (`cpu::should_stream`) that nobody reads soon.
    pub fn produce[W: Copy, F: Fn(usize) -> W](w: &mut [W], stream: bool, f: F) {
        let size = size_of::<W>();
        let head = w.as_ptr().align_offset(LINE);
        if !stream || !LINE.is_multiple_of(size) || head >= w.len() {
            // A start that no whole number of elements brings to a cache line has `head` at usize::MAX.
            for (i, w) in w.iter_mut().enumerate() {
                *w = f(i);
            }
            return;
        }
        let tail = w.len() - (w.len() - head) % (LINE / size);
        for (i, w) in w[..head].iter_mut().enumerate() {
            *w = f(i);
        }
        for first in (head..tail).step_by(LINE / size_of::<W>()) {
            let mut line = Line([MaybeUninit::uninit(); LINE]);
            let staged = line.0.as_mut_ptr().cast::<W>();
            // SAFETY: the line is aligned to 64, which suffices for every element, and holds as many elements as are
            // written to it; they are w[first..] up to `tail` at most, whose address is a multiple of 64. The fence
            // follows below.
            unsafe {
                for i in 0..LINE / size_of::<W>() {
                    *staged.add(i) = f(first + i);
                }
                C::stream_line(w.as_mut_ptr().add(first).cast(), staged.cast());
            }
        }
        fence();
        for (i, w) in w.iter_mut().enumerate().skip(tail) {
            *w = f(i);
        }
    }
}

vectorized! {
    /// y[i] = f(i, y[i])
    pub fn update[Y: Copy, F: Fn(usize, Y) -> Y](y: &mut [Y], f: F) {
        for (i, y) in y.iter_mut().enumerate() {
            *y = f(i, *y);
        }
    }
}

/// x[i] without a bounds check, for closures given to `produce` and `update`.
///
/// # Safety
/// i < x.len()
#[inline(always)]
pub unsafe fn at<X: Copy>(x: &[X], i: usize) -> X {
    debug_assert!(i < x.len());
    // SAFETY: the caller keeps i inside.
    unsafe { *x.get_unchecked(i) }
}

/// The real components: a complex array as a real one of twice the length.
pub fn components<T: Element>(x: &[T]) -> &[T::Real] {
    // SAFETY: a complex element is its real and imaginary part in this order, without padding.
    unsafe { std::slice::from_raw_parts(x.as_ptr().cast(), x.len() * T::COMPONENTS) }
}

pub fn components_mut<T: Element>(x: &mut [T]) -> &mut [T::Real] {
    // SAFETY: as above.
    unsafe { std::slice::from_raw_parts_mut(x.as_mut_ptr().cast(), x.len() * T::COMPONENTS) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::cpu::on_every_path;

    #[test]
    fn streamed_and_plain_outputs_agree_at_every_start_and_length() {
        on_every_path::run(|level| {
            for offset in 0..20 {
                for n in [0, 1, 15, 16, 17, 100, 511, 512, 513, 1100, 2049] {
                    let mut w = vec![-1.0f32; n + 40];
                    produce(&mut w[offset..offset + n], true, |i| i as f32);
                    for (i, v) in w.iter().enumerate() {
                        let inside = i >= offset && i < offset + n;
                        let expected = if inside { (i - offset) as f32 } else { -1.0 };
                        assert_eq!(*v, expected, "{level:?} {offset} {n} {i}");
                    }
                }
            }
        });
    }

    #[test]
    fn elements_that_never_meet_a_cache_line_are_written_too() {
        let mut memory = vec![0.0f64; 2003];
        let start = usize::from((memory.as_ptr() as usize).is_multiple_of(16));
        // SAFETY: an odd number of doubles is skipped, and 1000 pairs fit behind it; alignment of Complex<f64> is 8.
        let w = unsafe {
            std::slice::from_raw_parts_mut(memory.as_mut_ptr().add(start).cast::<num_complex::Complex<f64>>(), 1000)
        };
        produce(w, true, |i| num_complex::Complex::new(i as f64, -1.0));
        assert!(w.iter().enumerate().all(|(i, w)| w.re == i as f64 && w.im == -1.0));
    }
}
