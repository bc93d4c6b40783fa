//! Random numbers as a function of their place: every value depends on seed, stream and global index alone.
//!
//! Counter-based generator Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2,
//! 3", SC'11. The seed is the key; the counter is (index, stream). One block of 128 bits gives two doubles: the real and
//! the imaginary part of a complex value, or one real value of which the second is left unused.

use crate::dtype::{Element, Real};

const MULTIPLIER: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Ten rounds of Philox4x32.
#[inline(always)]
fn philox(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let (mut c, mut k) = (counter, key);
    for _ in 0..10 {
        let (a, b) = (u64::from(MULTIPLIER[0]) * u64::from(c[0]), u64::from(MULTIPLIER[1]) * u64::from(c[2]));
        c = [(b >> 32) as u32 ^ c[1] ^ k[0], b as u32, (a >> 32) as u32 ^ c[3] ^ k[1], a as u32];
        k = [k[0].wrapping_add(WEYL[0]), k[1].wrapping_add(WEYL[1])];
    }
    c
}

/// Two integers of 64 bits for one place.
#[inline(always)]
fn block(seed: u64, stream: u64, index: u64) -> [u64; 2] {
    let r = philox(
        [index as u32, (index >> 32) as u32, stream as u32, (stream >> 32) as u32],
        [seed as u32, (seed >> 32) as u32],
    );
    [u64::from(r[0]) | u64::from(r[1]) << 32, u64::from(r[2]) | u64::from(r[3]) << 32]
}

/// The upper 53 bits as a number in [0, 1).
#[inline(always)]
fn unit(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
}

/// ln x for x in (0, 1] that is normal, of additions, products and one quotient alone: the same bits on any processor.
/// x = 2^e m with m in [1/sqrt 2, sqrt 2), and ln m = 2 (s + s^3 / 3 + s^5 / 5 + ...) with s = (m - 1) / (m + 1).
#[inline(always)]
fn logarithm(x: f64) -> f64 {
    let bits = x.to_bits();
    let fraction = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    let upper = fraction > std::f64::consts::SQRT_2;
    let (m, e) = if upper { (0.5 * fraction, -1022.0) } else { (fraction, -1023.0) };
    let e = (bits >> 52) as f64 + e;
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut series = 0.0;
    for k in (1..=11).rev() {
        series = z * (2.0 / (2 * k + 1) as f64 + series);
    }
    // ln 2 in two parts, of which e times the first is exact.
    e * f64::from_bits(0x3fe6_2e42_fee0_0000) + (2.0 * s + (s * series + e * 1.908_214_929_270_587_7e-10))
}

/// (sin, cos) of v turns, v in [0, 1), with no more than additions and products: their series on an eighth of a turn to
/// either side of the nearest quarter.
#[inline(always)]
fn sin_cos_of_turns(v: f64) -> (f64, f64) {
    let quarter = (4.0 * v + 0.5) as i64;
    let t = 2.0 * std::f64::consts::PI * (v - 0.25 * quarter as f64);
    let z = t * t;
    let (mut sine, mut cosine) = (1.0, 1.0);
    for k in (1..=9).rev() {
        let n = (2 * k) as f64;
        sine = 1.0 - z * sine * (1.0 / (n * (n + 1.0)));
        cosine = 1.0 - z * cosine * (1.0 / (n * (n - 1.0)));
    }
    let sine = t * sine;
    match quarter & 3 {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

/// Box and Muller: two independent standard normal values, of 1 - u in (0, 1] and of the angle 2 pi v.
#[inline(always)]
fn box_muller(u: f64, v: f64) -> [f64; 2] {
    let radius = (-2.0 * logarithm(1.0 - u)).sqrt();
    let (sin, cos) = sin_cos_of_turns(v);
    [radius * cos, radius * sin]
}

/// An element of one or two real parts.
#[inline(always)]
fn write<T: Element>(out: &mut T, parts: [T::Real; 2]) {
    let out = (out as *mut T).cast::<T::Real>();
    for (i, part) in parts.iter().enumerate().take(T::COMPONENTS) {
        // SAFETY: an element is COMPONENTS real numbers in memory order.
        unsafe { out.add(i).write(*part) }
    }
}

/// The double rounded to R; never 1 when it is below 1, but the number before.
#[inline(always)]
fn below_one<R: Real>(value: f64) -> R {
    let rounded = R::from_f64(value);
    if rounded < R::ONE {
        rounded
    } else {
        R::from_f64(1.0 - f64::from(f32::EPSILON) / 2.0)
    }
}

/// out[i] = uniform in [0, 1) for place first_index + i; complex values have independent parts. Writes n.
pub fn uniform<T: Element>(seed: u64, stream: u64, first_index: u64, out: &mut [T]) {
    for (i, out) in out.iter_mut().enumerate() {
        let bits = block(seed, stream, first_index.wrapping_add(i as u64));
        write(out, [below_one(unit(bits[0])), below_one(unit(bits[1]))]);
    }
}

/// out[i] = standard normal for place first_index + i; complex values have independent parts of variance 1 each. Writes
/// n.
pub fn normal<T: Element>(seed: u64, stream: u64, first_index: u64, out: &mut [T]) {
    for (i, out) in out.iter_mut().enumerate() {
        let bits = block(seed, stream, first_index.wrapping_add(i as u64));
        write(out, box_muller(unit(bits[0]), unit(bits[1])).map(T::Real::from_f64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_complex::Complex;

    /// The published known answers (Random123, kat_vectors, philox4x32 10).
    #[test]
    fn philox_gives_the_known_answers() {
        let pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];
        for (counter, key, want) in [
            ([0; 4], [0; 2], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]),
            ([!0; 4], [!0; 2], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]),
            (pi, [0xa4093822, 0x299f31d0], [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]),
        ] {
            assert_eq!(philox(counter, key), want);
        }
    }

    fn pieces_equal_the_whole<T: Element>(fill: impl Fn(u64, &mut [T])) {
        let mut whole = vec![T::ZERO; 101];
        fill(1 << 33, &mut whole);
        for cut in [0, 1, 50, 101] {
            let mut parts = vec![T::ONE; 101];
            let (a, b) = parts.split_at_mut(cut);
            fill(1 << 33, a);
            fill((1 << 33) + cut as u64, b);
            assert_eq!(parts, whole);
        }
        assert!(whole.windows(2).all(|w| w[0] != w[1]));
    }

    #[test]
    fn values_do_not_depend_on_the_cut() {
        pieces_equal_the_whole::<f32>(|i, out| uniform(3, 1, i, out));
        pieces_equal_the_whole::<Complex<f64>>(|i, out| uniform(3, 1, i, out));
        pieces_equal_the_whole::<f64>(|i, out| normal(3, 1, i, out));
        pieces_equal_the_whole::<Complex<f32>>(|i, out| normal(3, 1, i, out));
    }

    #[test]
    fn real_values_are_rounded_doubles_and_real_parts() {
        let mut wide = [Complex::new(0.0f64, 0.0); 64];
        let mut narrow = [0f32; 64];
        let fills: [(fn(&mut [Complex<f64>]), fn(&mut [f32])); 2] =
            [(|w| uniform(9, 2, 7, w), |n| uniform(9, 2, 7, n)), (|w| normal(9, 2, 7, w), |n| normal(9, 2, 7, n))];
        for (fill_wide, fill_narrow) in fills {
            fill_wide(&mut wide);
            fill_narrow(&mut narrow);
            assert!(wide.iter().zip(narrow).all(|(w, n)| w.re as f32 == n && w.re != w.im));
        }
        assert_eq!(below_one::<f32>(unit(!0)), 1.0 - f32::EPSILON / 2.0);
        assert!(below_one::<f64>(unit(!0)) < 1.0);
    }

    #[test]
    fn seed_and_stream_matter() {
        let of = |seed, stream| {
            let mut out = [0f64; 8];
            uniform(seed, stream, 0, &mut out);
            out
        };
        for (seed, stream) in [(1, 0), (0, 1), (1 << 32, 0), (0, 1 << 32)] {
            assert_ne!(of(0, 0), of(seed, stream));
        }
    }

    #[test]
    fn functions_are_those_of_the_platform_to_rounding() {
        for k in 0..100_000u64 {
            let u = unit(block(5, 0, k)[0]).powi(1 + (k % 40) as i32) + f64::from_bits((1023 - 53) << 52);
            let (x, v) = (u.min(1.0), unit(block(6, 0, k)[1]));
            assert!((logarithm(x) - x.ln()).abs() <= 6e-16 * x.ln().abs(), "{x}");
            let (sin, cos) = sin_cos_of_turns(v);
            let (s, c) = (2.0 * std::f64::consts::PI * v).sin_cos();
            assert!((sin - s).abs() < 1e-15 && (cos - c).abs() < 1e-15, "{v}");
        }
        assert_eq!((logarithm(1.0), sin_cos_of_turns(0.0), sin_cos_of_turns(0.75)), (0.0, (0.0, 1.0), (-1.0, 0.0)));
    }

    #[test]
    fn moments_are_those_of_the_distributions() {
        let n = 200_000;
        let mut x = vec![Complex::new(0f64, 0.0); n];
        let mean = |f: &dyn Fn(&Complex<f64>) -> f64, x: &[Complex<f64>]| x.iter().map(f).sum::<f64>() / n as f64;
        uniform(11, 0, 0, &mut x);
        assert!(x.iter().all(|v| (0.0..1.0).contains(&v.re) && (0.0..1.0).contains(&v.im)));
        assert!((mean(&|v| v.re, &x) - 0.5).abs() < 0.003);
        assert!((mean(&|v| (v.re - 0.5) * (v.im - 0.5), &x)).abs() < 0.001);
        assert!((mean(&|v| (v.im - 0.5).powi(2), &x) - 1.0 / 12.0).abs() < 0.001);
        normal(11, 0, 0, &mut x);
        assert!(mean(&|v| v.re, &x).abs() < 0.01 && mean(&|v| v.re * v.im, &x).abs() < 0.01);
        assert!((mean(&|v| v.im * v.im, &x) - 1.0).abs() < 0.02);
        assert!((mean(&|v| v.re.powi(4), &x) - 3.0).abs() < 0.15);
    }
}
