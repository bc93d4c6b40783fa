//! Random elements that depend on the seed and the global index only, not on the number of ranks.

use super::array::Array;
use super::on_device::on_device;
use super::runs::Runs;
use crate::dispatch;
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::random as cuda;
use crate::kernels::host::random as kernel;
use crate::layout::{Interval, Layout, Region};

/// What the elements are drawn from. Complex elements have independent real and imaginary parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Distribution {
    /// [0, 1)
    Uniform = 0,
    /// mean 0, variance 1 of each real component
    Normal = 1,
}

/// Fills every leaf; the k-th leaf of a product takes the k-th stream after `stream`. Local.
pub fn fill(x: &Array, distribution: Distribution, seed: u64, stream: u64) -> Result<()> {
    let mut leaf = 0;
    x.for_each_leaf(&mut |x| {
        // Streams of one product are far from those of the next `stream`.
        let stream = stream.wrapping_add(leaf << 32);
        leaf += 1;
        let region = region(x);
        if let Some((queue, walk, [p])) = on_device([x])? {
            let normal = distribution == Distribution::Normal;
            let places = places(&region, x.space().shape())?;
            return cuda::fill(queue, x.dtype(), walk, &places, normal, (seed, stream), p);
        }
        let local = x.local()?;
        let runs = local.runs();
        dispatch!(x.dtype(), T => fill_rows(&region, x.space().shape(), &runs, |first, pointer, n| {
            // SAFETY: `fill_rows` gives runs of n elements inside the leaf.
            let row = unsafe { std::slice::from_raw_parts_mut(pointer.cast::<T>(), n) };
            match distribution {
                Distribution::Uniform => kernel::uniform(seed, stream, first, row),
                Distribution::Normal => kernel::normal(seed, stream, first, row),
            }
        }));
        Ok(())
    })
}

/// What this rank holds; of an unshaped space, its part of the concatenation of all ranks' elements.
fn region(x: &Array) -> Region {
    let space = x.space();
    match (space.region(), space.layout()) {
        (Some(region), _) => region,
        (None, Some(layout @ Layout::Local(_))) => layout.region(&[space.global_count()], space.context().rank()),
        _ => Layout::replicated(1).region(&[space.local_count()], 0),
    }
}

/// The region as a device sees it: index sets of equal blocks at equal distances, as every layout has them.
fn places(region: &Region, shape: Option<&[i64]>) -> Result<cuda::Places> {
    let mut places = cuda::Places::default();
    for (k, set) in region.axes.iter().enumerate() {
        let intervals = set.intervals();
        let first = intervals.first().copied().unwrap_or(Interval { start: 0, len: 1 });
        let period = intervals.get(1).map_or(0, |second| second.start - first.start);
        let regular = |(i, interval): (usize, &Interval)| {
            let whole = interval.len == first.len || i + 1 == intervals.len() && interval.len < first.len;
            whole && interval.start == first.start + i as i64 * period
        };
        if !intervals.iter().enumerate().all(regular) {
            fail!(Internal, "indices along axis {k} that are no equal blocks at equal distances");
        }
        let factor = shape.map_or(1, |shape| shape[k + 1..].iter().product());
        places.push(cuda::Axis { extent: set.len(), start: first.start, block: first.len, period, factor });
    }
    Ok(places)
}

/// Visits local elements in runs of consecutive global C-order indices.
fn fill_rows(region: &Region, shape: Option<&[i64]>, runs: &Runs, mut visit: impl FnMut(u64, *mut u8, usize)) {
    let whole: Vec<i64> = shape.map(<[i64]>::to_vec).unwrap_or_else(|| vec![i64::MAX]);
    let last = region.axes.len() - 1;
    let outer: Vec<Vec<i64>> = region.axes[..last]
        .iter()
        .map(|set| set.intervals().iter().flat_map(|i| i.start..i.start + i.len).collect())
        .collect();
    if outer.iter().any(Vec::is_empty) {
        return;
    }
    let mut at = vec![0usize; last];
    let mut local = 0;
    loop {
        let row = (0..last).fold(0i64, |sum, k| sum * whole[k] + outer[k][at[k]]);
        for interval in region.axes[last].intervals() {
            let (mut first, mut left) =
                (if last > 0 { row * whole[last] } else { 0 } + interval.start, interval.len as usize);
            while left > 0 {
                let (pointer, run) = runs.at(local);
                let n = run.min(left);
                visit(first as u64, pointer, n);
                (first, left, local) = (first + n as i64, left - n, local + n);
            }
        }
        let Some(k) = (0..last).rev().find(|&k| at[k] + 1 < outer[k].len()) else { return };
        at[k] += 1;
        at[k + 1..].fill(0);
    }
}
