//! Rows with complex factors, number by number.

use super::rows::{Factors, Rows, Taps};
use crate::dtype::{Real, Scalar};

/// Complex rows, y := beta y + alpha sum over k of c_k x_k with complex factors; lengths count real numbers.
pub(super) unsafe fn complex<R: Real>(rows: &Rows<R>, taps: &Taps<R>, factors: Factors) {
    let of = |s: Scalar| (R::from_f64(s.re), R::from_f64(s.im));
    let (alpha, beta) = (of(factors.alpha), of(factors.beta));
    for i in 0..rows.rows as isize {
        for j in (0..rows.len).step_by(2) {
            let mut sum = (R::ZERO, R::ZERO);
            // SAFETY: the caller's rows and taps are valid for `rows` rows of `len` numbers, an even count.
            unsafe {
                for k in 0..taps.count {
                    let x = taps.source[k].offset(i * taps.stride[k]).add(j);
                    let c = taps.coefficient[k];
                    sum = (sum.0 + c * *x, sum.1 + c * *x.add(1));
                }
                let y = rows.y.offset(i * rows.stride).add(j);
                let mut value = (alpha.0 * sum.0 - alpha.1 * sum.1, alpha.0 * sum.1 + alpha.1 * sum.0);
                if !factors.beta.is_zero() {
                    let (re, im) = (*y, *y.add(1));
                    value.0 = (beta.0 * re - beta.1 * im) + value.0;
                    value.1 = (beta.0 * im + beta.1 * re) + value.1;
                }
                (*y, *y.add(1)) = value;
            }
        }
    }
}
