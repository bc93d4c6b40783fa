//! Tapers: factors that fall from 1 inside to 0 towards both ends.

use crate::error::Result;
use crate::fail;
use std::f64::consts::PI;

/// How a taper falls. The numbers are part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Taper {
    /// All ones
    None = 0,
    /// sin^2(pi i / (2 ntap - 2)), i = 0 .. ntap: half of a Hann window
    Hanning = 1,
    /// (1 - cos(pi i / (ntap - 1))) / 2, which is `Hanning`
    Cosine = 2,
    /// The square of `Cosine`
    CosineSquare = 3,
    /// The square root of `Cosine`
    CosineRoot = 4,
}

impl Taper {
    pub fn from_code(code: i32) -> Result<Taper> {
        use Taper::*;
        match [None, Hanning, Cosine, CosineSquare, CosineRoot].into_iter().find(|t| *t as i32 == code) {
            Some(taper) => Ok(taper),
            Option::None => {
                fail!(Argument, "taper is {code}, expected DLOPS_TAPER_NONE (0) to DLOPS_TAPER_COSINE_ROOT (4)")
            }
        }
    }
}

/// `n` factors, with an edge of `ntap` at either end that rises from 0 to 1; one of a single sample is left out.
/// (PyLops' `taper`.)
///
/// # Errors
/// `Argument`: the two ends overlap, 2 ntap > n.
pub fn taper(kind: Taper, n: usize, ntap: usize) -> Result<Vec<f64>> {
    if ntap > n / 2 {
        fail!(Argument, "the taper has {ntap} samples at either end, at most {} fit in {n}", n / 2);
    }
    let mut factors = vec![1.0; n];
    for i in 0..ntap {
        let factor = edge(kind, i, ntap);
        factors[i] = factor;
        factors[n - 1 - i] = factor;
    }
    Ok(factors)
}

/// Factor `i` of the rising edge.
fn edge(kind: Taper, i: usize, ntap: usize) -> f64 {
    // One sample would be 0 at once; PyLops leaves it out.
    if ntap == 1 {
        return 1.0;
    }
    let sine = (PI * i as f64 / (2 * ntap - 2) as f64).sin();
    match kind {
        Taper::None => 1.0,
        Taper::Hanning | Taper::Cosine => sine.powi(2),
        Taper::CosineSquare => sine.powi(4),
        Taper::CosineRoot => sine,
    }
}
