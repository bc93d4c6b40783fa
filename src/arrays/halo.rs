//! Halo exchange along one axis: what the neighbours hold next to this rank's slab, in buffers of its own.

use super::array::Array;
use super::device_halo::DeviceHalo;
use super::local::{packed_block, with_extent, Local};
use super::space::Space;
use crate::comm::{requests_of, Request};
use crate::error::Result;
use crate::fail;
use crate::kernels::host::copy_block::copy_block;
use crate::layout::{HaloPiece, HaloPlan, Side, MAX_DIMENSIONS};
use crate::storage::{HostMemory, Memory};

/// Bytes of a piece of a row from which it is worth a pass of its own: with fewer, that pass and the torn cache line
/// cost a row about 50 ns, as long as a network takes to bring so many bytes.
const THIN: usize = 256;

/// A planned exchange for arrays of one space. `start`, any work that needs no halo, `progress` in between, `finish`.
pub struct Halo {
    space: Space,
    axis: usize,
    plan: HaloPlan,
    /// Elements of one index along the axis: the product of the other local extents.
    plane: usize,
    before: HostMemory,
    after: HostMemory,
    packed: HostMemory,
    /// Received pieces that do not lie in one piece in their buffer.
    staged: HostMemory,
    requests: Vec<Request>,
    tag: i32,
    /// The buffers of device arrays, in place of those above.
    device: Option<DeviceHalo>,
}

impl Halo {
    /// Plans the exchange of `before` indices below and `after` above every slab of `space` along `axis`; one number
    /// a rank. No communication; the result is the same kind (plan or error) on all ranks, except for memory.
    pub fn new(space: &Space, axis: usize, before: &[i64], after: &[i64], periodic: bool) -> Result<Halo> {
        let (shape, layout) = space.shaped("a halo exchange")?;
        let rank = space.context().rank();
        let plan = HaloPlan::new(layout, shape, axis, before, after, periodic, rank)?;
        if let Some(mask) = space.mask() {
            let other = plan.sends.iter().chain(&plan.receives).find(|p| mask[p.peer] != mask[rank]);
            if let Some(piece) = other {
                fail!(Space, "the exchange along axis {axis} needs rank {}, which has another mask colour", piece.peer);
            }
        }
        let local = space.local_shape();
        let plane = local.iter().enumerate().filter(|(k, _)| *k != axis).map(|(_, n)| *n as usize).product::<usize>();
        let device = match space.memory() {
            Memory::Host => None,
            Memory::Cuda => Some(DeviceHalo::new(space.context(), space.dtype(), axis, local, &plan)?),
        };
        let bytes = if device.is_some() { 0 } else { plane * space.dtype().size() };
        let total = |pieces: &[HaloPiece]| pieces.iter().map(|p| p.len as usize).sum::<usize>() * bytes;
        let messages = plan.sends.len() + plan.receives.len();
        Ok(Halo {
            axis,
            plane,
            before: HostMemory::new(plan.before_len as usize * bytes)?,
            after: HostMemory::new(plan.after_len as usize * bytes)?,
            packed: HostMemory::new(total(&plan.sends))?,
            staged: HostMemory::new(total(&plan.receives))?,
            requests: Vec::with_capacity(messages * requests_of(total(&plan.sends).max(total(&plan.receives)))),
            tag: axis as i32,
            device,
            plan,
            space: space.clone(),
        })
    }

    /// Indices below the slab that this rank receives, at most what was asked for.
    pub fn before_len(&self) -> usize {
        self.plan.before_len as usize
    }

    /// Indices above the slab that this rank receives.
    pub fn after_len(&self) -> usize {
        self.plan.after_len as usize
    }

    /// Whether no rank of this exchange needs anything from this one, nor this one from them.
    pub fn is_silent(&self) -> bool {
        self.plan.sends.is_empty() && self.plan.receives.is_empty()
    }

    /// Whether what needs this exchange are many short pieces of rows, on the host: computing the rows without them, and
    /// them afterwards, takes longer than waiting for the messages first.
    pub fn is_thin(&self) -> bool {
        let (before, after) = self.space.local_shape().split_at(self.axis);
        let piece = after[1..].iter().product::<i64>() * self.plan.before_len.max(self.plan.after_len);
        let bytes = piece as usize * self.space.dtype().size();
        self.device.is_none() && before.iter().product::<i64>() > 1 && bytes < THIN
    }

    /// Elements below the slab after `finish`: the local shape with `before_len` along the axis, C order. An address of
    /// the device for arrays there.
    pub fn before(&self) -> *const u8 {
        self.device.as_ref().map_or(self.before.as_ptr(), |d| d.before.pointer() as *const u8)
    }

    /// Elements above the slab after `finish`: the local shape with `after_len` along the axis, C order.
    pub fn after(&self) -> *const u8 {
        self.device.as_ref().map_or(self.after.as_ptr(), |d| d.after.pointer() as *const u8)
    }

    /// Posts all messages of an array of the planned space. Its memory stays untouched until `finish`.
    pub fn start(&mut self, x: &Array) -> Result<()> {
        if let Some(device) = &mut self.device {
            return device.start(x.leaf()?, &self.plan);
        }
        let comm = self.space.context().comm().clone();
        let local = x.local()?;
        let mut outcome = Ok(());
        let mut staged = self.staged.as_ptr().cast_mut();
        for piece in &self.plan.receives {
            let bytes = self.bytes(piece.len);
            let target = if self.is_received_in_place(piece) { self.buffer(piece) } else { staged };
            staged = staged.wrapping_add(bytes);
            // SAFETY: the piece lies in its buffer, which is not touched before `finish` has waited.
            outcome = outcome.and(unsafe { comm.receive(target, bytes, piece.peer, self.tag, &mut self.requests) });
        }
        let mut packed = self.packed.as_ptr().cast_mut();
        for piece in &self.plan.sends {
            let bytes = self.bytes(piece.len);
            let source = match self.is_direct() && local.is_contiguous() {
                true => local.pointer().wrapping_add(self.bytes(piece.start)),
                false => {
                    outcome = outcome.and(self.pack(local, piece, packed));
                    packed
                }
            };
            packed = packed.wrapping_add(bytes);
            // SAFETY: x or the packed buffer stays as it is until `finish` has waited.
            outcome = outcome.and(unsafe { comm.send(source, bytes, piece.peer, self.tag, &mut self.requests) });
        }
        outcome
    }

    /// Lets the transport move messages; never waits.
    pub fn progress(&mut self) -> Result<()> {
        if let Some(device) = &mut self.device {
            return device.progress();
        }
        if self.requests.is_empty() {
            return Ok(());
        }
        self.space.context().comm().test(&mut self.requests)
    }

    /// Waits for all messages; the buffers are filled afterwards.
    pub fn finish(&mut self) -> Result<()> {
        if let Some(device) = &mut self.device {
            return device.finish(&self.plan);
        }
        if !self.requests.is_empty() {
            self.space.context().comm().wait(&mut self.requests)?;
        }
        let mut staged = self.staged.as_ptr().cast_mut();
        for piece in &self.plan.receives {
            if !self.is_received_in_place(piece) {
                self.unpack(piece, staged)?;
            }
            staged = staged.wrapping_add(self.bytes(piece.len));
        }
        Ok(())
    }

    /// Along the first axis (or one with nothing but single elements before it) pieces are contiguous.
    fn is_direct(&self) -> bool {
        self.space.local_shape()[..self.axis].iter().all(|n| *n == 1)
    }

    /// A piece that is contiguous in its buffer, if only because it is all of it.
    fn is_received_in_place(&self, piece: &HaloPiece) -> bool {
        self.is_direct() || piece.len == self.side(piece).1
    }

    /// The buffer that a received piece belongs to, and its indices along the axis.
    fn side(&self, piece: &HaloPiece) -> (&HostMemory, i64) {
        match piece.side {
            Side::Before => (&self.before, self.plan.before_len),
            Side::After => (&self.after, self.plan.after_len),
        }
    }

    fn bytes(&self, indices: i64) -> usize {
        indices as usize * self.plane * self.space.dtype().size()
    }

    /// Where a contiguous received piece belongs.
    fn buffer(&self, piece: &HaloPiece) -> *mut u8 {
        self.side(piece).0.as_ptr().cast_mut().wrapping_add(self.bytes(piece.start))
    }

    /// Extents and C strides of a slab with `len` indices along the axis, and the number of axes.
    fn block(&self, len: i64) -> ([usize; MAX_DIMENSIONS], [isize; MAX_DIMENSIONS], usize) {
        let local = self.space.local_shape();
        let (extents, strides) = packed_block(&with_extent(local, self.axis, len)[..local.len()]);
        (extents, strides, local.len())
    }

    fn pack(&self, x: &Local, piece: &HaloPiece, target: *mut u8) -> Result<()> {
        let (extents, strides, n) = self.block(piece.len);
        let from = x.strides_as(self.space.local_shape())?.map(|s| s as isize);
        let size = self.space.dtype().size();
        let source = x.pointer().wrapping_offset(from[self.axis] * piece.start as isize * size as isize);
        // SAFETY: the piece lies in x, and the packed buffer has room for it.
        unsafe { copy_block(target, &strides[..n], source, &from[..n], &extents[..n], size) }
    }

    fn unpack(&self, piece: &HaloPiece, source: *const u8) -> Result<()> {
        let (side, whole) = self.side(piece);
        let (extents, packed, n) = self.block(piece.len);
        let (_, strides, _) = self.block(whole);
        let size = self.space.dtype().size();
        let target =
            side.as_ptr().cast_mut().wrapping_offset(strides[self.axis] * piece.start as isize * size as isize);
        // SAFETY: the piece lies in its side's buffer; the staged piece is packed.
        unsafe { copy_block(target, &strides[..n], source, &packed[..n], &extents[..n], size) }
    }
}
