//! The dot test: <A x, y> = <x, A^H y> for random x and y.

use super::{Mode, Operator};
use crate::arrays::random::Distribution;
use crate::arrays::{random, verbs, Array};
use crate::dtype::Scalar;
use crate::error::Result;

/// What the test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DotTest {
    /// <A x, y>, summed over ranks.
    pub forward: Scalar,
    /// <x, A^H y>.
    pub adjoint: Scalar,
    /// |difference| over the larger of |A x||y| and |x||A^H y|.
    pub relative_error: f64,
    pub tolerance: f64,
    pub passed: bool,
}

/// |<A x, y> - <x, A^H y>| <= tolerance * max(|A x||y|, |x||A^H y|) with normally distributed x and y, whose values
/// depend on `seed` only. A tolerance of 0 takes 10 eps sqrt(n), n the larger of the two dimensions and eps the
/// coarser of the two dtypes. Real parts only for operators that are real-linear. Collective; allocates four vectors.
pub fn dot_test(a: &Operator, seed: u64, tolerance: f64) -> Result<DotTest> {
    let (x, y) = (Array::new(a.domain())?, Array::new(a.range())?);
    let (ax, ahy) = (Array::new(a.range())?, Array::new(a.domain())?);
    random::fill(&x, Distribution::Normal, seed, 0)?;
    random::fill(&y, Distribution::Normal, seed, 1)?;
    // No rank leaves alone: the products below are sums over ranks.
    let forward = a.apply(Mode::Forward, &x, &ax);
    let adjoint = a.apply(Mode::Adjoint, &y, &ahy);
    a.context().agree(forward.and(adjoint))?;
    // <u, v> = sum conj(u) v
    let forward = verbs::dot(&ax, &y)?;
    let adjoint = verbs::dot(&x, &ahy)?;
    let norms = [&ax, &y, &x, &ahy].map(verbs::norm);
    let [ax, y, x, ahy] = norms;
    let scale = (ax? * y?).max(x? * ahy?);
    let difference = match a.is_complex_linear() {
        true => (forward.re - adjoint.re).hypot(forward.im - adjoint.im),
        false => (forward.re - adjoint.re).abs(),
    };
    let n = a.domain().global_count().max(a.range().global_count()).max(1) as f64;
    let eps = a.domain().dtype().epsilon().max(a.range().dtype().epsilon());
    let tolerance = if tolerance > 0.0 { tolerance } else { 10.0 * eps * n.sqrt() };
    let relative_error = if scale > 0.0 { difference / scale } else { difference };
    Ok(DotTest { forward, adjoint, relative_error, tolerance, passed: relative_error <= tolerance })
}
