//! Transforms of a block in device memory along several axes at once.

use super::device_lines::DeviceLines;
use super::device_room::{Needs, Room};
use super::direct::Direct;
use super::pass::Direction;
use crate::device::{FftKind, Stream};
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::kernels::cuda::{convert, vector, Strided, Walk};
use std::sync::Arc;

/// Complex elements along two or three axes, each of its whole extent and without shifts. From block to block where these
/// are contiguous and nothing is added; else through a copy.
pub struct DeviceBlock {
    stream: Arc<Stream>,
    dtype: DType,
    shape: Vec<i64>,
    strides: Vec<i64>,
    direct: Direct,
    room: Room,
}

impl DeviceBlock {
    /// For a block of the local shape `shape`, along axes that ascend. `None` where cuFFT would be called for many small
    /// parts.
    pub fn new(stream: &Arc<Stream>, dtype: DType, axes: &[usize], shape: &[i64]) -> Result<Option<DeviceBlock>> {
        let lengths: Vec<i64> = axes.iter().map(|k| shape[*k]).collect();
        let direct = Direct::new(stream, dtype, (FftKind::Complex, axes, &lengths), [shape, shape])?;
        Ok(direct.map(|direct| DeviceBlock {
            stream: stream.clone(),
            dtype,
            shape: shape.to_vec(),
            strides: direct.strides(1).to_vec(),
            direct,
            room: Room::default(),
        }))
    }

    fn count(&self) -> usize {
        self.shape.iter().product::<i64>() as usize
    }

    pub fn needs(&self) -> Needs {
        Needs { tile: self.count() * self.dtype.size(), work: self.direct.fft.work() }
    }

    /// Room of at least what it needs, until it is given another. Before the first run.
    pub fn lend(&mut self, room: Room) -> Result<()> {
        self.room = room;
        self.direct.fft.lend(room.work)
    }

    /// to := scale * transform of `from` + beta to; with beta = 0, `to` is never read.
    ///
    /// # Safety
    /// Both sides are blocks of the shape in live device memory, the same one or apart.
    pub unsafe fn run(
        &self,
        positive: bool,
        (scale, from): (Scalar, Strided),
        (beta, to): (Scalar, Strided),
    ) -> Result<()> {
        let (stream, dtype) = (&*self.stream, self.dtype);
        if beta.is_zero() && self.direct.fits(0, from) && self.direct.fits(1, to) {
            // SAFETY: the caller's blocks, which are as planned.
            unsafe { self.direct.run(positive, from.pointer, to.pointer)? };
            return match scale.is_one() {
                true => Ok(()),
                false => {
                    let walk = Walk::contiguous(self.count(), [to.pointer]);
                    vector::scale(stream, dtype, walk, scale.into(), to.pointer)
                }
            };
        }
        let tile = Strided { pointer: self.room.tile, strides: &self.strides };
        let source = match self.direct.fits(0, from) {
            true => from.pointer,
            false => {
                let walk = Walk::new(&self.shape, [from, tile])?;
                convert::convert(stream, walk, (dtype, from.pointer), (dtype, tile.pointer))?;
                tile.pointer
            }
        };
        // SAFETY: as above; the room is apart from both sides, or `from` itself.
        unsafe { self.direct.run(positive, source, tile.pointer)? };
        let walk = Walk::new(&self.shape, [tile, to])?;
        vector::axpby(stream, dtype, walk, scale.into(), tile.pointer, beta.into(), to.pointer)
    }
}

/// A real model whose half is taken along the last axis in memory of those that are transformed: one call of cuFFT for
/// them all on the way there.
pub struct DeviceHalf {
    lines: DeviceLines,
    others: DeviceBlock,
    whole: Direct,
}

impl DeviceHalf {
    /// Lines along the last axis, what is done along the others, and both at once.
    ///
    /// `axes` ascend; the last is that of the half, and `shape` the local one of the model. `None` as for `DeviceBlock`.
    pub fn new(
        stream: &Arc<Stream>,
        dtype: DType,
        mut lines: DeviceLines,
        axes: &[usize],
        shape: &[i64],
    ) -> Result<Option<DeviceHalf>> {
        let Some((&last, rest)) = axes.split_last() else { return Ok(None) };
        let mut half = shape.to_vec();
        half[last] = shape[last] / 2 + 1;
        let lengths: Vec<i64> = axes.iter().map(|k| shape[*k]).collect();
        let Some(others) = DeviceBlock::new(stream, dtype, rest, &half)? else { return Ok(None) };
        let whole = Direct::new(stream, dtype, (FftKind::RealToHalf, axes, &lengths), [shape, &half])?;
        lines.place_after(others.needs().tile);
        Ok(whole.map(|whole| DeviceHalf { lines, others, whole }))
    }

    pub fn needs(&self) -> Needs {
        let whole = Needs { tile: 0, work: self.whole.fft.work() };
        self.lines.needs().max(self.others.needs()).max(whole)
    }

    /// Room of at least what it needs, until it is given another. Before the first run.
    pub fn lend(&mut self, room: Room) -> Result<()> {
        self.lines.lend(room)?;
        self.others.lend(room)?;
        self.whole.fft.lend(room.work)
    }

    /// As `DeviceLines::run`, along all axes.
    ///
    /// # Safety
    /// As there.
    pub unsafe fn run(
        &self,
        direction: Direction,
        shape: &[i64],
        (scale, from): (Scalar, Strided),
        (beta, to): (Scalar, Strided),
    ) -> Result<()> {
        let others = &self.others;
        if !direction.back && beta.is_zero() && self.whole.fits(0, from) && self.whole.fits(1, to) {
            // SAFETY: the caller's blocks, which are as planned.
            unsafe { self.whole.run(false, from.pointer, to.pointer)? };
            return self.lines.balance(direction, &others.shape, scale, to);
        }
        let between = Strided { pointer: others.room.tile, strides: &others.strides };
        let (one, zero) = (Scalar::ONE, Scalar::ZERO);
        // SAFETY: the caller's blocks; the one between them is in the room, before the tile of the lines.
        unsafe {
            match direction.back {
                false => {
                    self.lines.run(direction, shape, (one, from), (zero, between))?;
                    others.run(direction.positive, (scale, between), (beta, to))
                }
                true => {
                    others.run(direction.positive, (one, from), (zero, between))?;
                    self.lines.run(direction, shape, (scale, between), (beta, to))
                }
            }
        }
    }
}
