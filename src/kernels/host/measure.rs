//! Accumulations of magnitudes, as norms of every order need them: row into row, or a row into one number.

use super::vector::magnitude;
use crate::dtype::Element;

/// What is accumulated. The state is a double.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Measure {
    /// sum |x|^p
    Power(f64),
    /// number of elements that are not zero; NaN counts
    Nonzero,
    /// max |x|; NaN stays
    Largest,
    /// min |x|; NaN stays
    Smallest,
}

impl Measure {
    /// The state of no elements.
    pub fn start(self) -> f64 {
        match self {
            Measure::Smallest => f64::INFINITY,
            _ => 0.0,
        }
    }

    #[inline(always)]
    fn add<T: Element>(self, state: f64, x: T) -> f64 {
        match self {
            Measure::Power(1.0) => state + magnitude(x),
            Measure::Power(2.0) => state + x.abs_squared(),
            Measure::Power(p) => state + magnitude(x).powf(p),
            Measure::Nonzero => state + f64::from(u8::from(x != T::ZERO)),
            Measure::Largest => better(state, magnitude(x), |v, best| v > best),
            Measure::Smallest => better(state, magnitude(x), |v, best| v < best),
        }
    }

    /// The norm that belongs to a complete state: (sum |x|^p)^(1/p), or the state itself.
    pub fn finish(self, state: f64) -> f64 {
        match self {
            Measure::Power(1.0) => state,
            Measure::Power(2.0) => state.sqrt(),
            Measure::Power(p) => state.powf(1.0 / p),
            _ => state,
        }
    }
}

#[inline(always)]
fn better(best: f64, value: f64, wins: impl Fn(f64, f64) -> bool) -> f64 {
    // Nothing compares with a NaN that is already there.
    if wins(value, best) | value.is_nan() {
        value
    } else {
        best
    }
}

/// states[i] takes x[i]. Reads n and n states, writes n states.
pub fn rows<T: Element>(states: &mut [f64], x: &[T], measure: Measure) {
    for (state, x) in states.iter_mut().zip(x) {
        *state = measure.add(*state, *x);
    }
}

/// The state takes all of x. Reads n.
pub fn row<T: Element>(state: f64, x: &[T], measure: Measure) -> f64 {
    x.iter().fold(state, |state, x| measure.add(state, *x))
}

/// (smallest, largest) component, (infinity, -infinity) for none; both NaN when one is. Reads n.
pub fn extremes<T: Element>(x: &[T], so_far: (f64, f64)) -> (f64, f64) {
    x.iter().fold(so_far, |(low, high), x| {
        let value = x.to_scalar().re;
        (better(low, value, |v, best| v < best), better(high, value, |v, best| v > best))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_complex::Complex;

    #[test]
    fn states_are_those_of_plain_loops() {
        let x = [Complex::new(3.0f32, 4.0), Complex::new(0.0, 0.0), Complex::new(0.0, -1.0)];
        let of = |m: Measure| m.finish(row(m.start(), &x, m));
        assert_eq!(of(Measure::Power(1.0)), 6.0);
        assert_eq!(of(Measure::Power(2.0)), 26f64.sqrt());
        assert!((of(Measure::Power(3.0)) - 126f64.cbrt()).abs() < 1e-12);
        assert_eq!(of(Measure::Power(-1.0)), 0.0);
        assert_eq!((of(Measure::Nonzero), of(Measure::Largest), of(Measure::Smallest)), (2.0, 5.0, 0.0));
        let mut states = [Measure::Largest.start(); 2];
        rows(&mut states, &[-2.0f64, f64::NAN], Measure::Largest);
        rows(&mut states, &[1.0f64, 7.0], Measure::Largest);
        assert!(states[0] == 2.0 && states[1].is_nan());
        assert_eq!(extremes(&[2.0f32, -3.0], extremes(&[1.0f32], (f64::INFINITY, f64::NEG_INFINITY))), (-3.0, 2.0));
        assert!(extremes(&[2.0, f64::NAN, 1.0], (0.0, 0.0)).0.is_nan());
    }
}
