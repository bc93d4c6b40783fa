//! A sum of doubles that is exact until the last step, and so the same for every order, thread and rank count.
//!
//! A fixed-point number over the whole range of doubles, in limbs of 32 bits that are held in 64, so that carries wait
//! (a small superaccumulator: Kulisch; Neal, arXiv:1505.05571). Integer addition has no rounding, so limbs of several
//! ranks are combined by a sum of integers. The result is rounded once, to nearest even.

use super::sum::SumState;

/// Bit 0 is 2^-1074. The largest double ends at bit 2097; 64 bits of headroom follow, and a sign.
const LIMBS: usize = 68;
/// Additions before the carries must move: each adds less than 2^32 to a limb that holds 63 bits.
const PATIENCE: u32 = 1 << 29;
const SPECIALS: usize = 3;
const NAN: usize = 0;
const PLUS: usize = 1;
const MINUS: usize = 2;

/// The exact sum; NaN and infinities are counted beside it.
#[derive(Clone, Debug)]
pub struct Exact {
    limbs: [i64; LIMBS],
    specials: [i64; SPECIALS],
    /// Additions since the carries moved.
    waiting: u32,
}

impl Exact {
    #[inline(always)]
    fn add(&mut self, value: f64) {
        let bits = value.to_bits();
        let exponent = (bits >> 52 & 0x7ff) as usize;
        let fraction = bits & ((1 << 52) - 1);
        if exponent == 0x7ff {
            return self.add_special(value);
        }
        // value = mantissa 2^(position - 1074)
        let (mantissa, position) = match exponent {
            0 => (fraction, 0),
            _ => (fraction | 1 << 52, exponent - 1),
        };
        let (limb, shift) = (position / 32, position % 32);
        let wide = (mantissa as u128) << shift;
        let sign = 1 - 2 * (bits >> 63) as i64;
        // position <= 2045, so limb + 2 <= 65.
        let limbs = &mut self.limbs[limb..limb + 3];
        limbs[0] += sign * (wide as u32) as i64;
        limbs[1] += sign * ((wide >> 32) as u32) as i64;
        limbs[2] += sign * (wide >> 64) as i64;
    }

    #[cold]
    fn add_special(&mut self, value: f64) {
        let kind = match value {
            v if v.is_nan() => NAN,
            v if v > 0.0 => PLUS,
            _ => MINUS,
        };
        self.specials[kind] += 1;
    }

    /// Moves carries: afterwards every limb but the last is in 0..2^32.
    fn carry(&mut self) {
        for i in 0..LIMBS - 1 {
            let carry = self.limbs[i] >> 32;
            self.limbs[i] -= carry << 32;
            self.limbs[i + 1] += carry;
        }
        self.waiting = 0;
    }
}

/// The double nearest to `sum limbs[i] 2^(32 i - 1074)`, limbs carried and not negative.
fn round(limbs: &[i64; LIMBS]) -> f64 {
    let Some(top) = limbs.iter().rposition(|l| *l != 0) else { return 0.0 };
    let length = 32 * top + 64 - limbs[top].leading_zeros() as usize;
    let bit = |i: usize| limbs[i / 32] >> (i % 32) & 1 == 1;
    if top == LIMBS - 1 || length > 2100 {
        return f64::INFINITY;
    }
    let low = length.saturating_sub(53);
    let mut mantissa = (low..length).rev().fold(0u64, |m, i| m << 1 | bit(i) as u64);
    let half = low > 0 && bit(low - 1);
    if half && (mantissa & 1 == 1 || (0..low - 1).any(bit)) {
        mantissa += 1;
    }
    // The leading bit of a 53-bit mantissa adds 1 to the exponent field `low`, as does a carry out of rounding.
    match ((low as u64) << 52) + mantissa {
        bits if bits >= f64::INFINITY.to_bits() => f64::INFINITY,
        bits => f64::from_bits(bits),
    }
}

impl SumState for Exact {
    const WORDS: usize = LIMBS + SPECIALS;
    const INTEGER: bool = true;

    fn new() -> Exact {
        Exact { limbs: [0; LIMBS], specials: [0; SPECIALS], waiting: 0 }
    }

    #[inline(always)]
    fn accumulate<F: Fn(usize) -> f64>(&mut self, n: usize, term: F) {
        let mut done = 0;
        while done < n {
            let count = (n - done).min((PATIENCE - self.waiting) as usize);
            for i in done..done + count {
                self.add(term(i));
            }
            self.waiting += count as u32;
            done += count;
            if self.waiting == PATIENCE {
                self.carry();
            }
        }
    }

    fn combine(&mut self, other: &Exact) {
        let mut other = other.clone();
        other.carry();
        self.carry();
        for (a, b) in self.limbs.iter_mut().zip(other.limbs) {
            *a += b;
        }
        for (a, b) in self.specials.iter_mut().zip(other.specials) {
            *a += b;
        }
        self.carry();
    }

    fn write(&self, words: &mut [u64]) {
        let mut carried = self.clone();
        carried.carry();
        for (word, value) in words.iter_mut().zip(carried.limbs.iter().chain(&carried.specials)) {
            *word = *value as u64;
        }
    }

    fn read(words: &[u64]) -> Exact {
        let mut sum = Exact::new();
        for (value, word) in sum.limbs.iter_mut().chain(&mut sum.specials).zip(words) {
            *value = *word as i64;
        }
        sum.carry();
        sum
    }

    fn finish(&self) -> f64 {
        match self.specials {
            [0, 0, 0] => {}
            [0, _, 0] => return f64::INFINITY,
            [0, 0, _] => return f64::NEG_INFINITY,
            _ => return f64::NAN,
        }
        let mut sum = self.clone();
        sum.carry();
        if sum.limbs[LIMBS - 1] >= 0 {
            return round(&sum.limbs);
        }
        for limb in &mut sum.limbs {
            *limb = -*limb;
        }
        sum.carry();
        -round(&sum.limbs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> f64 {
        let mut s = Exact::new();
        s.accumulate(values.len(), |i| values[i]);
        s.finish()
    }

    /// Doubles of all exponents, from a linear congruential generator.
    fn wild(n: usize) -> Vec<f64> {
        let mut state = 12345u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            state >> 11
        };
        (0..n)
            .map(|_| f64::from_bits(((next() % 0x7e0) << 52) | (next() & 0xf_ffff_ffff_ffff) | ((next() % 2) << 63)))
            .collect()
    }

    #[test]
    fn single_values_come_back() {
        let edge = [0.0, 1.0, -1.0, 0.1, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, -5e-324, 2.2e-308, 1e300];
        for v in edge.into_iter().chain(wild(2000)) {
            assert_eq!(sum(&[v]), v);
            assert_eq!(sum(&[v, v]), v + v);
            assert_eq!(sum(&[v, -v]), 0.0);
        }
    }

    #[test]
    fn cancellation_loses_nothing() {
        assert_eq!(sum(&[1e300, 1.0, -1e300]), 1.0);
        assert_eq!(sum(&[f64::MAX, f64::MAX, -f64::MAX]), f64::MAX);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[f64::MIN, f64::MIN]), f64::NEG_INFINITY);
        // Ties to even, and a tie broken by a bit far below.
        let half = f64::EPSILON / 2.0;
        assert_eq!(sum(&[1.0, half]), 1.0);
        assert_eq!(sum(&[1.0, half, 5e-324]), 1.0 + f64::EPSILON);
        assert_eq!(sum(&[1.0 + f64::EPSILON, half]), 1.0 + 2.0 * f64::EPSILON);
        assert_eq!(sum(&[-1.0, -half, -5e-324]), -1.0 - f64::EPSILON);
    }

    #[test]
    fn two_values_are_rounded_as_the_processor_does() {
        let v = wild(4000);
        for pair in v.windows(2) {
            assert_eq!(sum(pair), pair[0] + pair[1]);
        }
        for (i, a) in v.iter().enumerate() {
            let b = a * (1.0 + (i as f64).sin());
            assert_eq!(sum(&[*a, -b]), a - b);
        }
    }

    #[test]
    fn the_split_and_the_wire_change_nothing() {
        let v = wild(999);
        let expected = sum(&v);
        let mut reversed = v.clone();
        reversed.reverse();
        assert_eq!(sum(&reversed), expected);
        for parts in [1, 2, 3, 10] {
            let mut wire = [0u64; Exact::WORDS];
            let mut together = Exact::new();
            for piece in v.chunks(v.len().div_ceil(parts)) {
                let mut s = Exact::new();
                s.accumulate(piece.len(), |i| piece[i]);
                together.combine(&s);
                let mut words = [0u64; Exact::WORDS];
                s.write(&mut words);
                for (w, v) in wire.iter_mut().zip(words) {
                    *w = (*w as i64 + v as i64) as u64;
                }
            }
            assert_eq!(Exact::read(&wire).finish().to_bits(), expected.to_bits());
            assert_eq!(together.finish().to_bits(), expected.to_bits());
        }
    }

    #[test]
    fn nan_and_infinities_are_kept() {
        assert!(sum(&[1.0, f64::NAN, f64::INFINITY]).is_nan());
        assert!(sum(&[f64::NEG_INFINITY, f64::INFINITY]).is_nan());
        assert_eq!(sum(&[1.0, f64::INFINITY]), f64::INFINITY);
        assert_eq!(sum(&[f64::NEG_INFINITY, 1.0]), f64::NEG_INFINITY);
    }
}
