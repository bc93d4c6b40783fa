//! A box of results, split over the threads; the caller's thread moves messages between its slabs.

use super::exchange::Exchange;
use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::kernels::host::stencil::{self as kernel, Output, StencilReal, Store, MAX_AXES};
use crate::threads::{split, ThreadPool};
use std::sync::{Mutex, PoisonError};

/// Fewer elements than this are not worth waking other threads for.
const SERIAL: usize = 1 << 15;
/// How often messages are moved at most during an interior: most transports need a few calls for a long one.
const SLABS: usize = 8;
/// Elements of a slab at least.
const SLAB: usize = 1 << 16;

type Area<'a> = (&'a [usize], &'a [usize]);
type Corners = ([usize; MAX_AXES], [usize; MAX_AXES]);

/// What the kernel is called with, but for the box.
pub(super) struct Block<'a, T> {
    pub shape: &'a [usize],
    pub outputs: &'a [Output<'a, T>],
    pub alpha: Scalar,
    pub beta: Scalar,
    pub store: Store,
}

// SAFETY: threads read x and the halos, and write disjoint boxes of the outputs.
unsafe impl<T: Sync> Sync for Block<'_, T> {}

impl<T: Element> Block<'_, T>
where
    T::Real: StencilReal,
{
    /// Computes the box, in slabs with progress of `exchange` between them.
    pub fn compute(&self, pool: &ThreadPool, area: Area, exchange: Option<&Mutex<Exchange>>) -> Result<()> {
        let count = elements(area);
        if count == 0 {
            return Ok(());
        }
        if pool.len() == 1 || count < SERIAL {
            self.in_slabs(area, exchange);
            return Ok(());
        }
        pool.run(&|t| {
            let (lower, upper) = part(area, pool.len(), t);
            let axes = self.shape.len();
            // Thread 0 is the caller's, the only one that may communicate.
            self.in_slabs((&lower[..axes], &upper[..axes]), exchange.filter(|_| t == 0));
        })
    }

    fn in_slabs(&self, area: Area, exchange: Option<&Mutex<Exchange>>) {
        let Some(exchange) = exchange else { return self.kernel(area) };
        let slabs = (elements(area) / SLAB).clamp(1, SLABS);
        for slab in 0..slabs {
            let (lower, upper) = part(area, slabs, slab);
            self.kernel((&lower[..self.shape.len()], &upper[..self.shape.len()]));
            exchange.lock().unwrap_or_else(PoisonError::into_inner).progress();
        }
    }

    fn kernel(&self, area: Area) {
        // SAFETY: places and strides are those of arrays of the operator's spaces, x and y share no memory, and the
        // box is inside the interior, or the exchange is finished.
        unsafe { kernel::apply(self.shape, self.outputs, (self.alpha, self.beta), area, self.store) }
    }
}

fn elements((lower, upper): Area) -> usize {
    lower.iter().zip(upper).map(|(l, u)| u.saturating_sub(*l)).product()
}

/// Piece number `k` of `parts` of a box, cut along its first axis that is long enough, or else its longest.
fn part((lower, upper): Area, parts: usize, k: usize) -> Corners {
    let extent = |axis: &usize| upper[*axis] - lower[*axis];
    let last = lower.len() - 1;
    let longest = || (0..=last).rev().max_by_key(extent).unwrap_or(0);
    let axis = (0..last).find(|axis| extent(axis) >= 4 * parts).unwrap_or_else(longest);
    // Pieces of rows begin on the same place of a cache line.
    let piece = split(extent(&axis), parts, k, if axis == last { 64 } else { 1 });
    let (mut from, mut to) = ([0; MAX_AXES], [0; MAX_AXES]);
    from[..=last].copy_from_slice(lower);
    to[..=last].copy_from_slice(upper);
    (from[axis], to[axis]) = (lower[axis] + piece.start, lower[axis] + piece.end);
    (from, to)
}
