//! How far an estimate is from a reference.
//!
//! Means are over all elements of all ranks, an element that several ranks hold counting once; over a mask's group where
//! the space has a mask. Conventions as PyLops' `metrics`. *Deterministic: same P.*

use crate::arrays::host_twin::{on_host, Use};
use crate::arrays::runs::zip_runs;
use crate::arrays::visit::{elements, pairs};
use crate::arrays::Array;
use crate::comm::Combine;
use crate::dispatch;
use crate::error::Result;
use crate::fail;
use crate::kernels::host::compare::{compare, Comparison};

/// Mean absolute error, sum |x - y| / n. Collective.
pub fn mae(x: &Array, y: &Array) -> Result<f64> {
    let (sums, n) = sums(x, y)?;
    Ok(sums.absolute / n)
}

/// Mean squared error, sum |x - y|^2 / n. Collective.
pub fn mse(x: &Array, y: &Array) -> Result<f64> {
    let (sums, n) = sums(x, y)?;
    Ok(sums.squares / n)
}

/// Signal-to-noise ratio in decibels, 10 log10(sum |x|^2 / sum |x - y|^2), x the reference. Collective.
pub fn snr(x: &Array, y: &Array) -> Result<f64> {
    let (sums, _) = sums(x, y)?;
    Ok(10.0 * (sums.reference / sums.squares).log10())
}

/// Peak signal-to-noise ratio in decibels, 10 log10((largest - least)^2 / mse), x the reference: real arrays only.
/// `least` and `largest` are taken from x where they are not given. Collective.
pub fn psnr(x: &Array, y: &Array, least: Option<f64>, largest: Option<f64>) -> Result<f64> {
    if x.dtype().is_complex() {
        fail!(DType, "the peak of a {} array is not defined; pass its real part or modulus", x.dtype().name());
    }
    let (sums, n) = sums(x, y)?;
    let range = largest.unwrap_or(sums.largest) - least.unwrap_or(sums.least);
    Ok(10.0 * (range * range / (sums.squares / n)).log10())
}

/// The sums over the ranks of the group, and the number of elements.
fn sums(x: &Array, y: &Array) -> Result<(Comparison, f64)> {
    let valid = y
        .space()
        .require_congruent(x.space(), "y", "the space of x")
        .and_then(|()| x.check_free("x", false))
        .and_then(|()| y.check_free("y", false));
    x.space().context().agree(valid)?;
    on_host(x, Use::Reads, |x| on_host(y, Use::Reads, |y| sums_here(x, y)))
}

fn sums_here(x: &Array, y: &Array) -> Result<(Comparison, f64)> {
    let reducer = x.space().reducer();
    let (mut total, mut count) = (Comparison::EMPTY, 0.0);
    let local = pairs(x, y, &mut |x, y| {
        if !reducer.is_replicated() && !x.space().reducer().counts() {
            return Ok(());
        }
        let (from, to) = (x.local()?.runs(), y.local()?.runs());
        let n = x.local_count() as usize;
        count += n as f64;
        dispatch!(x.dtype(), T => {
            zip_runs([&from, &to], 0, n, |[p, q], n| compare(elements::<T>(p, n), elements::<T>(q, n), &mut total));
        });
        Ok(())
    });
    let mut added = [total.absolute, total.squares, total.reference, count];
    reducer.all_f64(&mut added, Combine::Sum)?;
    // One message for both: min x = -max(-x).
    let mut extremes = [total.largest, -total.least];
    reducer.all_f64(&mut extremes, Combine::Max)?;
    local?;
    let [absolute, squares, reference, count] = added;
    let [largest, negative] = extremes;
    Ok((Comparison { absolute, squares, reference, least: -negative, largest }, count))
}
