//! Seismic wavelets.

use crate::error::Result;
use crate::fail;
use std::f64::consts::PI;

/// Ricker's wavelet (1 - 2 a) exp(-a), a = (pi f0 t)^2, at t = k dt for |k| < `half`: 2 half - 1 samples, the one in the
/// middle at time 0. (Ricker, Geophysics 18, 1953; PyLops' `ricker` of the `half` times from 0.)
///
/// dt in seconds, f0 (the frequency of the largest amplitude) in hertz.
pub fn ricker(half: usize, dt: f64, f0: f64) -> Result<Vec<f64>> {
    if half == 0 {
        fail!(Argument, "half is 0, expected 1 or more samples from time 0 on");
    }
    for (name, value) in [("dt", dt), ("f0", f0)] {
        if !(value > 0.0 && value.is_finite()) {
            fail!(Argument, "{name} is {value}, expected a positive number");
        }
    }
    let sample = |k: isize| {
        let a = (PI * f0 * k as f64 * dt).powi(2);
        (1.0 - 2.0 * a) * (-a).exp()
    };
    let half = half as isize;
    Ok((1 - half..half).map(sample).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_numbers_are_refused() {
        for (half, dt, f0) in [(0, 1.0, 1.0), (3, 0.0, 1.0), (3, f64::NAN, 1.0), (3, 0.1, f64::INFINITY)] {
            assert!(ricker(half, dt, f0).is_err());
        }
        assert_eq!(ricker(1, 0.004, 20.0).unwrap(), [1.0]);
    }
}
