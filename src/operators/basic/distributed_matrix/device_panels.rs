//! Panels in device memory.

use super::block::Block;
use super::work::{Message, Multiplication, ROOMS, TAG};
use crate::arrays::device_messages::DeviceMessages;
use crate::arrays::on_device::update_block;
use crate::context::Context;
use crate::device::{DeviceMemory, Matrices, Piece, PinnedMemory, Products, Stream, Turn};
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::kernels::cuda::{vector, Walk};
use crate::layout::MAX_DIMENSIONS;
use crate::operators::basic::device_matrix::int;
use std::sync::Arc;

pub struct DevicePanels {
    /// Before the rooms, which it is dropped ahead of.
    messages: DeviceMessages,
    stream: Arc<Stream>,
    dtype: DType,
    /// The columns of x and y are contiguous, not their rows.
    by_columns: bool,
    rooms: [DeviceMemory; ROOMS],
    /// Page-locked, where messages are staged; a twin that is `fresh` holds what its room holds.
    twins: Option<[PinnedMemory; ROOMS]>,
    fresh: [bool; ROOMS],
    /// What `finish` brings from twins.
    expected: [usize; ROOMS],
}

impl DevicePanels {
    pub fn new(
        context: &Context,
        dtype: DType,
        bytes: [usize; ROOMS],
        messages: usize,
        by_columns: bool,
    ) -> Result<DevicePanels> {
        let stream = context.device_stream()?;
        stream.prepare_products()?;
        let longest = bytes.into_iter().max().unwrap_or(0);
        let messages = DeviceMessages::new(context, TAG, std::iter::repeat_n(longest, messages))?;
        let twins = match messages.is_staged() && context.size() > 1 {
            true => {
                let [a, b, c, d, e] = bytes.map(|n| PinnedMemory::new(stream, n));
                Some([a?, b?, c?, d?, e?])
            }
            false => None,
        };
        let [a, b, c, d, e] = bytes.map(|n| DeviceMemory::new(stream, n));
        let rooms = [a?, b?, c?, d?, e?];
        let (fresh, expected) = ([false; ROOMS], [0; ROOMS]);
        Ok(DevicePanels { messages, stream: stream.clone(), dtype, by_columns, rooms, twins, fresh, expected })
    }

    pub fn room(&self, room: usize) -> *mut u8 {
        self.rooms[room].pointer() as *mut u8
    }

    pub fn overwrite(&mut self, room: usize) {
        self.fresh[room] = false;
    }

    /// cuBLAS conjugates what it transposes only, and it takes matrices by columns.
    pub fn conjugates(&self, a: &Block) -> bool {
        !self.dtype.is_complex() || (a.steps[1] == 1) == self.by_columns
    }

    pub fn conjugate(&mut self, room: usize, count: i64) -> Result<()> {
        let pointer = self.rooms[room].pointer();
        let walk = Walk::contiguous(count as usize, [pointer]);
        vector::conjugate_in_place(&self.stream, self.dtype, walk, pointer)
    }

    pub fn clear(&mut self, room: usize, bytes: usize) -> Result<()> {
        // SAFETY: the room holds as many bytes.
        unsafe { self.stream.set_bytes(self.rooms[room].pointer(), 0, bytes) }
    }

    pub fn update(&self, alpha: Scalar, from: Block, beta: Scalar, to: Block, extents: [i64; 2]) -> Result<()> {
        let strides = |block: &Block| {
            let mut strides = [1; MAX_DIMENSIONS];
            strides[..2].copy_from_slice(&block.steps);
            strides
        };
        let (source, target) = ((from.pointer as u64, &strides(&from)), (to.pointer as u64, &strides(&to)));
        update_block(&self.stream, self.dtype, alpha, source, beta, target, &extents)
    }

    pub fn start(&mut self, sends: &[Message], receives: &[Message]) -> Result<()> {
        let mut outcome = Ok(());
        if let Some(twins) = &self.twins {
            for m in sends {
                if !std::mem::replace(&mut self.fresh[m.room], true) {
                    let (to, from) = (twins[m.room].pointer(), self.rooms[m.room].pointer());
                    // SAFETY: both hold as many bytes; what is copied is sent after a wait for the stream.
                    outcome = outcome.and(unsafe { self.stream.copy_out(to, from, m.bytes) });
                }
            }
        }
        receives.iter().for_each(|m| self.expected[m.room] = m.bytes);
        let (rooms, twins) = (&self.rooms, &self.twins);
        let piece = |m: &Message| Piece { pointer: rooms[m.room].pointer(), bytes: m.bytes, peer: m.peer };
        let twin = |p: &Piece| {
            let room = rooms.iter().position(|room| room.pointer() == p.pointer).filter(|_| p.bytes > 0);
            room.zip(twins.as_ref()).map_or(std::ptr::null_mut(), |(room, twins)| twins[room].pointer())
        };
        // SAFETY: the rooms and their twins hold the pieces, and are left alone until `finish`.
        outcome.and(unsafe { self.messages.post((sends.iter().map(piece), twin), (receives.iter().map(piece), twin)) })
    }

    pub fn finish(&mut self) -> Result<()> {
        let mut outcome = self.messages.wait().map(|_| ());
        for room in 0..ROOMS {
            let bytes = std::mem::take(&mut self.expected[room]);
            if let (Some(twins), true) = (&self.twins, bytes > 0) {
                let (to, from) = (self.rooms[room].pointer(), twins[room].pointer());
                // SAFETY: both hold as many bytes; the twin is left alone until the next messages have waited.
                outcome = outcome.and(unsafe { self.stream.copy_in(to, from, bytes) });
                self.fresh[room] = true;
            }
        }
        outcome
    }

    /// Y = op(A) X by columns, or Y^T = X^T op(A)^T: blocks by rows are their transposes by columns.
    pub fn multiply(&mut self, m: &Multiplication) -> Result<()> {
        let by_rows = m.a.steps[1] == 1;
        let turn = match (by_rows == self.by_columns, m.conjugated && self.dtype.is_complex()) {
            (false, _) => Turn::None,
            (true, false) => Turn::Transposed,
            (true, true) => Turn::Adjoint,
        };
        let [rows, inner, columns] = [m.rows, m.inner, m.columns].map(|n| int("an extent", n));
        let (rows, inner, columns) = (rows?, inner?, columns?);
        let side = |block: &Block, between: i64, shortest: i32| -> Result<Matrices> {
            let leading = int("a stride", between)?.max(shortest);
            Ok(Matrices { pointer: block.pointer as u64, leading, stride: 0 })
        };
        let a = match by_rows {
            true => side(&m.a, m.a.steps[0], inner)?,
            false => side(&m.a, m.a.steps[1], rows)?,
        };
        let all = match self.by_columns {
            true => {
                let (b, c) = (side(&m.x, m.x.steps[1], inner)?, side(&m.y, m.y.steps[1], rows)?);
                Products { turns: [turn, Turn::None], m: rows, n: columns, k: inner, a, b, c, count: 1 }
            }
            false => {
                let (x, c) = (side(&m.x, m.x.steps[0], columns)?, side(&m.y, m.y.steps[0], columns)?);
                Products { turns: [Turn::None, turn], m: columns, n: rows, k: inner, a: x, b: a, c, count: 1 }
            }
        };
        // SAFETY: the blocks are those of arrays of the operator's spaces and of rooms; y is apart from the others.
        unsafe { self.stream.multiply(self.dtype, m.alpha, &all, m.beta)? };
        self.messages.progress()
    }
}
