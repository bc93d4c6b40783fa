//! The blocks of messages of a transfer, between the arrays of the host and packed memory.

use super::local::{packed_block, Local};
use super::space::Space;
use super::verbs;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::kernels::host::copy_block::copy_block;
use crate::layout::{Message, MAX_DIMENSIONS};

/// Where local elements are, as a block of their space's local shape.
pub(super) struct Strided {
    dtype: DType,
    pointer: *mut u8,
    strides: [isize; MAX_DIMENSIONS],
}

impl Strided {
    pub fn new(x: &Local, space: &Space) -> Result<Strided> {
        let strides = x.strides_as(space.local_shape())?.map(|s| s as isize);
        Ok(Strided { dtype: space.dtype(), pointer: x.pointer(), strides })
    }

    /// The address of the element at local indices `lower`.
    fn block(&self, lower: &[i64]) -> *mut u8 {
        let offset: isize = lower.iter().zip(&self.strides).map(|(i, s)| *i as isize * s).sum();
        self.pointer.wrapping_offset(offset * self.dtype.size() as isize)
    }

    /// Puts the elements of a message one after another to `target`, which has room for them.
    pub fn pack(&self, message: &Message, target: *mut u8) -> Result<()> {
        let (mut at, mut outcome) = (target, Ok(()));
        let size = self.dtype.size();
        message.for_each_block(|lower, extent| {
            let (count, (extents, strides)) = (extent.iter().product::<i64>() as usize, packed_block(extent));
            let (n, from) = (extent.len(), self.block(lower));
            // SAFETY: the block lies in the array, and the target has room for the whole message.
            let copied = unsafe { copy_block(at, &strides[..n], from, &self.strides[..n], &extents[..n], size) };
            outcome = std::mem::replace(&mut outcome, Ok(())).and(copied);
            at = at.wrapping_add(count * size);
        });
        outcome
    }

    /// y := alpha x + beta y for the elements x of a message, packed from `source` on.
    pub fn unpack(&self, message: &Message, alpha: Scalar, source: *mut u8, beta: Scalar) -> Result<()> {
        let (mut at, mut outcome) = (source, Ok(()));
        message.for_each_block(|lower, extent| {
            let (count, (extents, strides)) = (extent.iter().product::<i64>() as usize, packed_block(extent));
            let (extents, to) = (&extents[..extent.len()], (self.block(lower), &self.strides[..]));
            let put = verbs::update_block(self.dtype, alpha, (at, &strides[..]), beta, to, extents);
            outcome = std::mem::replace(&mut outcome, Ok(())).and(put);
            at = at.wrapping_add(count * self.dtype.size());
        });
        outcome
    }

    /// y := alpha x + beta y for the elements x that a message has of another array, block by block: both of its ends
    /// have spans of the same lengths.
    pub fn take(&self, (send, receive): (&Message, &Message), alpha: Scalar, x: &Strided, beta: Scalar) -> Result<()> {
        let mut outcome = Ok(());
        send.zip_blocks(receive, |from, to, extent| {
            let mut extents = [1usize; MAX_DIMENSIONS];
            extents.iter_mut().zip(extent).for_each(|(e, n)| *e = *n as usize);
            let (source, target) = ((x.block(from).cast_const(), &x.strides[..]), (self.block(to), &self.strides[..]));
            let put = verbs::update_block(self.dtype, alpha, source, beta, target, &extents[..extent.len()]);
            outcome = std::mem::replace(&mut outcome, Ok(())).and(put);
        });
        outcome
    }
}
