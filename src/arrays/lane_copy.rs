//! Copies between host leaves and contiguous device leaves on a lane beside the context's work. Page-locked host memory is
//! read and written by the device itself; other memory passes through the lane's pieces, so that of any size nothing is
//! allocated.

use super::array::Array;
use super::visit::{each_run_between, elements, elements_mut};
use crate::context::{Lane, PIECE, PIECES};
use crate::device::Owner;
use crate::dispatch;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::kernels::host::vector;

/// Elements of a piece, and how many pieces a leaf takes.
fn pieces(x: &Array) -> (usize, usize) {
    let step = PIECE / x.dtype().size();
    (step, (x.local_count() as usize).div_ceil(step))
}

/// Whether the device can read and write the host's elements where they are.
fn is_direct(lane: &Lane, host: &Array) -> Result<bool> {
    let local = host.local()?;
    Ok(local.is_contiguous() && lane.stream().device().owner_of(local.pointer() as u64)? == Owner::PageLocked)
}

/// Starts y := x, from the host to the device. Page-locked memory of x is read until the lane's stream has come past this.
pub(crate) fn bring(lane: &mut Lane, x: &Array, y: &Array) -> Result<()> {
    let (count, size, to) = (x.local_count() as usize, x.dtype().size(), y.leaf()?.pointer() as u64);
    if count == 0 {
        return Ok(());
    }
    let source = x.local()?;
    if is_direct(lane, x)? {
        // SAFETY: both sides hold the elements; the caller waits before x is changed.
        return unsafe { lane.stream().copy_in(to, source.pointer(), count * size) };
    }
    let (step, turns) = pieces(x);
    for turn in 0..turns {
        let (from, until) = (turn * step, count.min((turn + 1) * step));
        lane.wait(turn)?;
        let piece = lane.piece(turn) as usize;
        each_run_between([source], x.space(), from..until, |index, [run], n| {
            let place = (piece + (index - from) * size) as *mut u8;
            elements_mut::<u8>(place, n * size).copy_from_slice(elements::<u8>(run, n * size));
        })?;
        // SAFETY: a piece of the elements, which stays as it is until the lane is waited for.
        unsafe { lane.stream().copy_in(to + (from * size) as u64, piece as *const u8, (until - from) * size)? };
        lane.mark(turn)?;
    }
    Ok(())
}

/// y := x + beta y, from the device to the host; with beta = 0, y is never read. Page-locked memory of y is then written
/// when the lane's stream comes past this; else y is done when this returns.
pub(crate) fn take(lane: &mut Lane, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
    let (count, size, from) = (x.local_count() as usize, x.dtype().size(), x.leaf()?.pointer() as u64);
    if count == 0 {
        return Ok(());
    }
    let target = y.local()?;
    if beta.is_zero() && is_direct(lane, y)? {
        // SAFETY: both sides hold the elements; the caller waits before y is used.
        return unsafe { lane.stream().copy_out(target.pointer(), from, count * size) };
    }
    let (step, turns) = pieces(x);
    let fetch = |lane: &mut Lane, turn: usize| -> Result<()> {
        let (start, until) = (turn * step, count.min((turn + 1) * step));
        let piece = lane.piece(turn);
        // SAFETY: a piece of the elements, which is left alone until the lane is waited for.
        unsafe { lane.stream().copy_out(piece, from + (start * size) as u64, (until - start) * size)? };
        lane.mark(turn)
    };
    for turn in 0..turns.min(PIECES) {
        fetch(lane, turn)?;
    }
    for turn in 0..turns {
        let (start, until) = (turn * step, count.min((turn + 1) * step));
        lane.wait(turn)?;
        let piece = lane.piece(turn) as usize;
        each_run_between([target], y.space(), start..until, |index, [run], n| {
            let place = (piece + (index - start) * size) as *mut u8;
            if beta.is_zero() {
                return elements_mut::<u8>(run, n * size).copy_from_slice(elements::<u8>(place, n * size));
            }
            // Operators work on floating-point elements only.
            let _ = (|| -> Result<()> {
                dispatch!(y.dtype(), T => vector::xpby(elements::<T>(place, n), beta, elements_mut::<T>(run, n)));
                Ok(())
            })();
        })?;
        if turn + PIECES < turns {
            fetch(lane, turn + PIECES)?;
        }
    }
    Ok(())
}
