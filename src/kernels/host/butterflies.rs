//! Discrete Fourier transforms of 2, 3, 4, 5 and 8 values in registers, every lane of which has a line of its own.

use super::lanes::Lanes;
use crate::dtype::Real;
use std::f64::consts::{FRAC_1_SQRT_2, TAU};

/// What i becomes in a transform: -i with the negative sign of the exponent, i with the positive one.
#[derive(Clone, Copy)]
pub(super) struct Turn<V> {
    forth: V,
    back: V,
}

impl<V: Lanes> Turn<V> {
    #[inline(always)]
    pub unsafe fn new(positive: bool) -> Turn<V> {
        let one = V::Real::from_f64(if positive { -1.0 } else { 1.0 });
        let zero = V::Real::from_f64(0.0);
        // SAFETY: arithmetic only.
        unsafe { Turn { forth: V::pairs(one, zero - one), back: V::pairs(zero - one, one) } }
    }

    /// a -+ i b
    #[inline(always)]
    unsafe fn plus(self, a: V, b: V) -> V {
        // SAFETY: arithmetic only.
        unsafe { b.swap().mul_add(self.forth, a) }
    }

    /// a +- i b
    #[inline(always)]
    unsafe fn minus(self, a: V, b: V) -> V {
        // SAFETY: arithmetic only.
        unsafe { b.swap().mul_add(self.back, a) }
    }
}

#[inline(always)]
unsafe fn number<V: Lanes>(value: f64) -> V {
    // SAFETY: arithmetic only.
    unsafe { V::splat(V::Real::from_f64(value)) }
}

/// y[k] = sum_j x[j] exp(-+ 2 pi i j k / R), for R = 2, 3, 4, 5 or 8.
#[inline(always)]
pub(super) unsafe fn butterfly<V: Lanes, const R: usize>(x: [V; R], turn: Turn<V>) -> [V; R] {
    let mut y = x;
    // SAFETY (all): arithmetic only.
    match R {
        2 => y[..2].copy_from_slice(&unsafe { two(x[0], x[1]) }),
        3 => y[..3].copy_from_slice(&unsafe { three([x[0], x[1], x[2]], turn) }),
        4 => y[..4].copy_from_slice(&unsafe { four([x[0], x[1], x[2], x[3]], turn) }),
        5 => y[..5].copy_from_slice(&unsafe { five([x[0], x[1], x[2], x[3], x[4]], turn) }),
        8 => y[..8].copy_from_slice(&unsafe { eight([x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]], turn) }),
        _ => unreachable!("no butterfly of {R}"),
    }
    y
}

#[inline(always)]
unsafe fn two<V: Lanes>(a: V, b: V) -> [V; 2] {
    // SAFETY: arithmetic only.
    unsafe { [a.add(b), a.sub(b)] }
}

#[inline(always)]
unsafe fn three<V: Lanes>(x: [V; 3], turn: Turn<V>) -> [V; 3] {
    // SAFETY: arithmetic only.
    unsafe {
        let ([sum, difference], sine) = (two(x[1], x[2]), number::<V>(0.75f64.sqrt()));
        let (middle, side) = (sum.mul_add(number(-0.5), x[0]), difference.mul(sine));
        [x[0].add(sum), turn.plus(middle, side), turn.minus(middle, side)]
    }
}

#[inline(always)]
unsafe fn four<V: Lanes>(x: [V; 4], turn: Turn<V>) -> [V; 4] {
    // SAFETY: arithmetic only.
    unsafe {
        let ([a, b], [c, d]) = (two(x[0], x[2]), two(x[1], x[3]));
        [a.add(c), turn.plus(b, d), a.sub(c), turn.minus(b, d)]
    }
}

#[inline(always)]
unsafe fn five<V: Lanes>(x: [V; 5], turn: Turn<V>) -> [V; 5] {
    let (fifth, tenth) = (TAU / 5.0, 2.0 * TAU / 5.0);
    // SAFETY: arithmetic only.
    unsafe {
        let (cos, sin) =
            ([number::<V>(fifth.cos()), number(tenth.cos())], [number::<V>(fifth.sin()), number(tenth.sin())]);
        let ([a, c], [b, d]) = (two(x[1], x[4]), two(x[2], x[3]));
        let near = b.mul_add(cos[1], a.mul_add(cos[0], x[0]));
        let far = b.mul_add(cos[0], a.mul_add(cos[1], x[0]));
        let (side, cross) = (d.mul_add(sin[1], c.mul(sin[0])), c.mul(sin[1]).sub(d.mul(sin[0])));
        [
            x[0].add(a.add(b)),
            turn.plus(near, side),
            turn.plus(far, cross),
            turn.minus(far, cross),
            turn.minus(near, side),
        ]
    }
}

/// Of the even and the odd ones, which are turned by eighths: exp(-+ i pi / 4) = (1 -+ i) / sqrt 2.
#[inline(always)]
unsafe fn eight<V: Lanes>(x: [V; 8], turn: Turn<V>) -> [V; 8] {
    // SAFETY: arithmetic only.
    unsafe {
        let (even, odd) = (four([x[0], x[2], x[4], x[6]], turn), four([x[1], x[3], x[5], x[7]], turn));
        let (half, minus) = (number::<V>(FRAC_1_SQRT_2), number::<V>(-FRAC_1_SQRT_2));
        let (first, third) = (turn.plus(odd[1], odd[1]), turn.minus(odd[3], odd[3]));
        [
            even[0].add(odd[0]),
            first.mul_add(half, even[1]),
            turn.plus(even[2], odd[2]),
            third.mul_add(minus, even[3]),
            even[0].sub(odd[0]),
            first.mul_add(minus, even[1]),
            turn.minus(even[2], odd[2]),
            third.mul_add(half, even[3]),
        ]
    }
}
