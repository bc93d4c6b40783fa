//! This rank's memory of an array: where the elements are, and which of them two arrays share.

use super::memory::Block;
use super::runs::Runs;
use crate::dtype::{DType, Element};
use crate::error::Result;
use crate::fail;
use crate::layout::MAX_DIMENSIONS;
use std::sync::Arc;

pub use crate::layout::{contiguous_strides, packed_strides};

/// This rank's elements of a leaf: `shape` in C order, `strides` in elements, the last axis contiguous.
#[derive(Clone)]
pub struct Local {
    pub(super) block: Arc<Block>,
    pub(super) pointer: *mut u8,
    pub shape: Vec<i64>,
    pub strides: Vec<i64>,
    pub(super) dtype: DType,
    pub(super) contiguous: bool,
}

// SAFETY: the pointer lies in `block`, which is Send and Sync under the same contract.
unsafe impl Send for Local {}
// SAFETY: as above.
unsafe impl Sync for Local {}

/// Extents and C strides of a contiguous block, as the kernels of the host take them.
pub(crate) fn packed_block(shape: &[i64]) -> ([usize; MAX_DIMENSIONS], [isize; MAX_DIMENSIONS]) {
    let mut extents = [1; MAX_DIMENSIONS];
    extents.iter_mut().zip(shape).for_each(|(to, n)| *to = *n as usize);
    (extents, packed_strides(shape).map(|s| s as isize))
}

/// A shape with another extent along one axis.
pub(crate) fn with_extent(shape: &[i64], axis: usize, extent: i64) -> [i64; MAX_DIMENSIONS] {
    let mut extents = [1; MAX_DIMENSIONS];
    extents.iter_mut().zip(shape).for_each(|(to, n)| *to = *n);
    extents[axis] = extent;
    extents
}

impl Local {
    pub fn pointer(&self) -> *mut u8 {
        self.pointer
    }

    pub fn is_contiguous(&self) -> bool {
        self.contiguous
    }

    pub fn is_owned(&self) -> bool {
        self.block.is_owned()
    }

    /// Strides of the elements as a block of `shape`, which has as many: an array of a congruent space may have other
    /// axes than the one that it is accepted for. Local, without allocation.
    pub fn strides_as(&self, shape: &[i64]) -> Result<[i64; MAX_DIMENSIONS]> {
        let mut strides = [1; MAX_DIMENSIONS];
        if self.shape == shape {
            strides.iter_mut().zip(&self.strides).for_each(|(to, from)| *to = *from);
        } else if self.contiguous {
            strides = packed_strides(shape);
        } else {
            fail!(
                Unsupported,
                "a strided array of local shape {:?} is used where {shape:?} is needed; copy it first",
                self.shape
            );
        }
        Ok(strides)
    }

    /// Contiguous runs of the local elements in C order.
    pub fn runs(&self) -> Runs {
        Runs::new(self.pointer, self.dtype.size(), &self.shape, &self.strides)
    }

    /// The local elements of contiguous memory. `None` where the array is strided or of another type.
    pub fn as_slice<T: Element>(&self) -> Option<&[T]> {
        (self.contiguous && T::DTYPE == self.dtype).then(|| {
            let count = self.count();
            // SAFETY: dtype was checked; the block holds `count` contiguous elements; a null pointer only with count 0.
            unsafe {
                std::slice::from_raw_parts(
                    if count == 0 { std::ptr::NonNull::dangling().as_ptr() } else { self.pointer.cast() },
                    count,
                )
            }
        })
    }

    fn count(&self) -> usize {
        self.shape.iter().product::<i64>() as usize
    }

    /// Moves to the elements of `parent` from `offset` on, in C order, with the strides that they have there.
    pub(super) fn lay_over(&mut self, parent: &Local, offset: i64) -> Result<()> {
        let count = self.count();
        let (start, total) = (offset as usize, parent.count());
        if offset < 0 || start > total || count > total - start || self.dtype != parent.dtype {
            fail!(
                Argument,
                "{count} elements of {} from {offset} are no part of {total} of {}",
                self.dtype.name(),
                parent.dtype.name()
            );
        }
        (self.block, self.contiguous) = (parent.block.clone(), parent.contiguous || count <= 1);
        if self.shape == parent.shape {
            // All of it.
            (self.pointer, self.contiguous) = (parent.pointer, parent.contiguous);
            self.strides.copy_from_slice(&parent.strides);
            return Ok(());
        }
        let runs = parent.runs();
        let size = self.dtype.size();
        self.pointer = match parent.contiguous || count == 0 {
            true => parent.pointer.wrapping_add(start * size),
            false => runs.at(start).0,
        };
        let mut step = 1usize;
        for axis in (0..self.shape.len()).rev() {
            let strided = !self.contiguous && self.shape[axis] > 1;
            self.strides[axis] = match strided {
                true => (runs.at(start + step).0 as i64 - self.pointer as i64) / size as i64,
                false => step as i64,
            };
            step *= self.shape[axis].max(1) as usize;
        }
        if !self.contiguous {
            self.check_same_elements(&runs, start)?;
            self.contiguous = Runs::is_contiguous(&self.shape, &self.strides);
        }
        Ok(())
    }

    /// An error where shape and strides do not visit the elements of `parent` from `start` on.
    fn check_same_elements(&self, parent: &Runs, start: usize) -> Result<()> {
        let inner = self.shape.iter().rposition(|n| *n > 1);
        let rows = inner.is_none_or(|axis| self.strides[axis] == 1);
        let (own, count, mut at) = (self.runs(), self.count(), 0);
        while rows && at < count {
            let ((here, left), (there, more)) = (own.at(at), parent.at(start + at));
            if here != there {
                break;
            }
            at += left.min(more);
        }
        if at < count {
            fail!(
                Unsupported,
                "the padding of a strided array does not fit a part of local shape {:?}; copy it first",
                self.shape
            );
        }
        Ok(())
    }

    /// Whether some byte belongs to an element of both. Blocks of other shapes or strides than each other's are taken
    /// to overlap where their address ranges do.
    pub(super) fn overlaps(&self, other: &Local) -> bool {
        let range = |l: &Local| {
            let extent = strided_extent(&l.shape, &l.strides).unwrap_or(0) as usize;
            let start = l.pointer as usize;
            (start, start + extent * l.dtype.size())
        };
        let ((a, a_end), (b, b_end)) = (range(self), range(other));
        a < b_end && b < a_end && !self.interleaves(other)
    }

    /// Whether two blocks of the same strides share no element, as far as the periods of the strides tell.
    ///
    /// Elements i of the lower block and j of the upper one are the same when sum_k (i_k - j_k) stride_k = rest, the
    /// distance of the blocks. Let rest = d stride_0 + left. Where the inner axes of either block stay within one period
    /// of stride_0, those of the upper one from `left` on, only rows with i_0 - j_0 = d can meet, and in them the inner
    /// axes at distance `left`.
    fn interleaves(&self, other: &Local) -> bool {
        let (size, distance) = (self.dtype.size() as i64, other.pointer as i64 - self.pointer as i64);
        if self.dtype != other.dtype || self.strides != other.strides || distance % size != 0 {
            return false;
        }
        let (lower, upper) = if distance >= 0 { (self, other) } else { (other, self) };
        let mut rest = distance.abs() / size;
        for (axis, &stride) in lower.strides.iter().enumerate() {
            if lower.shape[axis] == 1 && upper.shape[axis] == 1 {
                continue;
            }
            let inner = |l: &Local| strided_extent(&l.shape[axis + 1..], &l.strides[axis + 1..]).unwrap_or(i64::MAX);
            let (d, left) = (rest / stride, rest % stride);
            if inner(lower) > stride {
                return false;
            }
            if d >= lower.shape[axis] {
                return true;
            }
            if inner(upper) > stride - left {
                return false;
            }
            rest = left;
        }
        rest != 0
    }
}

/// Elements from the first to the last that shape and strides reach; strides must be positive and not fold rows
/// into one another.
pub(crate) fn strided_extent(shape: &[i64], strides: &[i64]) -> Result<i64> {
    if shape.len() != strides.len() {
        fail!(Shape, "got {} strides for a local shape of {} axes", strides.len(), shape.len());
    }
    if shape.contains(&0) {
        return Ok(0);
    }
    let mut extent = 1i64;
    for axis in (0..shape.len()).rev() {
        let (n, stride) = (shape[axis], strides[axis]);
        if axis == shape.len() - 1 && n > 1 && stride != 1 {
            fail!(Shape, "the stride of the last axis is {stride}, expected 1");
        }
        if n > 1 && stride < extent {
            fail!(
                Shape,
                "the stride of axis {axis} is {stride}, expected at least {extent}, the extent of the axes after it"
            );
        }
        let Some(reach) = (n - 1).checked_mul(stride).and_then(|r| r.checked_add(extent)) else {
            fail!(Shape, "local shape {shape:?} with strides {strides:?} exceeds 2^63 - 1 elements");
        };
        extent = reach;
    }
    Ok(extent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(pointer: *mut u8, shape: &[i64], strides: &[i64]) -> Local {
        // SAFETY: no element is touched.
        let block = Arc::new(unsafe { Block::borrow(crate::storage::Memory::Host, pointer, 0, None) });
        let (shape, strides) = (shape.to_vec(), strides.to_vec());
        Local { block, pointer, shape, strides, dtype: DType::Float32, contiguous: false }
    }

    /// Every element as its distance from the first, in elements.
    fn reach(shape: &[i64], strides: &[i64]) -> Vec<i64> {
        shape
            .iter()
            .zip(strides)
            .fold(vec![0], |all, (n, stride)| all.iter().flat_map(|at| (0..*n).map(move |i| at + i * stride)).collect())
    }

    #[test]
    fn blocks_between_the_rows_of_one_another_do_not_overlap() {
        let mut memory = [0f32; 512];
        let base = memory.as_mut_ptr().wrapping_add(256).cast::<u8>();
        let mut apart_within_the_range = 0;
        for strides in [[40, 8, 1], [24, 6, 1]] {
            for shapes in [[[2, 3, 4], [2, 3, 4]], [[2, 2, 3], [1, 3, 2]], [[3, 1, 5], [2, 3, 1]]] {
                let a = place(base, &shapes[0], &strides);
                let elements = reach(&shapes[0], &strides);
                for distance in -130..130i64 {
                    let b = place(base.wrapping_offset(4 * distance as isize), &shapes[1], &strides);
                    let shared = reach(&shapes[1], &strides).iter().any(|e| elements.contains(&(e + distance)));
                    assert!(!shared || (a.overlaps(&b) && b.overlaps(&a)), "{shapes:?} {strides:?} {distance}");
                    let row_fits = |n: i64| distance.rem_euclid(strides[1]) + n <= strides[1];
                    let plane_fits = distance.rem_euclid(strides[0]) + 3 * strides[1] <= strides[0];
                    if !shared && distance > 0 && plane_fits && row_fits(shapes[1][2]) {
                        assert!(!a.overlaps(&b) && !b.overlaps(&a), "{shapes:?} {strides:?} {distance}");
                        apart_within_the_range += usize::from(distance < *elements.last().unwrap());
                    }
                }
            }
        }
        assert!(apart_within_the_range > 20);
    }
}
