//! Transforms of the lines of a block in device memory along one axis.

use super::device_room::{Needs, Room};
use super::direct::Direct;
use super::pass::{Direction, Kind};
use crate::device::{Fft, FftKind, FftShape, FftSide, Stream};
use crate::dtype::{DType, Scalar};
use crate::environment::number;
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::fourier::{load, store, Bins, Lines, Tile};
use crate::kernels::cuda::{vector, Strided, Walk};
use crate::kernels::host::line_tile::Window;
use std::sync::Arc;

/// As `Pass`, planned for this rank's part. Lines that are neither cut off nor continued, shifted or real go from block to
/// block where these are contiguous; others through a tile that stays in the cache of the second level.
pub struct DeviceLines {
    stream: Arc<Stream>,
    /// Of complex elements.
    dtype: DType,
    axis: usize,
    kind: Kind,
    n: usize,
    model: Window,
    spectrum: Window,
    /// A tile has its lines one after another.
    by_lines: bool,
    lines: i64,
    /// Lines of a tile, and the plans of whole tiles and of the last one.
    width: i64,
    plans: Vec<Plans>,
    direct: Option<Direct>,
    room: Room,
    /// Where the tile begins in the room.
    offset: usize,
}

/// There, and back where that is another transform.
struct Plans {
    lines: i64,
    there: Fft,
    back: Option<Fft>,
}

/// Bytes of a tile: about the second-level cache of a device of today.
const TILE: usize = 32 << 20;
const ALIGNMENT: usize = 256;

/// `TILE`, or what the environment variable `DLOPS_TEST_TILE` says: with it, tests see many tiles of small arrays.
fn tile() -> Result<usize> {
    Ok(number("DLOPS_TEST_TILE", 0, "a number of bytes")?.unwrap_or(TILE))
}

impl DeviceLines {
    /// As `Pass::new`, for a block whose model has the local shape `shape`.
    pub fn new(
        stream: &Arc<Stream>,
        dtype: DType,
        axis: usize,
        kind: Kind,
        (n, len, shifts): (usize, usize, [bool; 2]),
        shape: &[i64],
    ) -> Result<DeviceLines> {
        let window = |len: usize, shift: bool| Window { len, rotation: if shift { len / 2 } else { 0 } };
        let bins = if kind.is_half() { n / 2 + 1 } else { n };
        let lines: i64 = shape.iter().enumerate().filter(|(k, _)| *k != axis).map(|(_, extent)| *extent).product();
        let mut pass = DeviceLines {
            stream: stream.clone(),
            dtype: dtype.complex(),
            axis,
            kind,
            n,
            model: window(len, shifts[0]),
            spectrum: window(bins, shifts[1]),
            by_lines: shape[axis + 1..].iter().all(|extent| *extent == 1),
            lines: if shape.contains(&0) { 0 } else { lines },
            width: 0,
            plans: Vec::new(),
            direct: None,
            room: Room::default(),
            offset: 0,
        };
        if pass.lines > 0 {
            let all = lines as usize;
            let tiles = all.div_ceil((tile()? / pass.bytes(1)).max(1));
            pass.width = all.div_ceil(tiles) as i64;
            let last = lines - (all.div_ceil(pass.width as usize) - 1) as i64 * pass.width;
            pass.plans.push(pass.plans_of(pass.width)?);
            if last != pass.width {
                pass.plans.push(pass.plans_of(last)?);
            }
            pass.direct = pass.direct(shape)?;
        }
        Ok(pass)
    }

    /// Complex elements of a tile's line.
    fn bins(&self) -> usize {
        self.spectrum.len
    }

    /// Bytes of the complex part of a tile.
    fn complex_bytes(&self, lines: i64) -> usize {
        (lines as usize * self.bins() * self.dtype.size()).next_multiple_of(ALIGNMENT)
    }

    fn bytes(&self, lines: i64) -> usize {
        let real = if self.kind.is_half() { lines as usize * self.n * self.dtype.real().size() } else { 0 };
        self.complex_bytes(lines) + real
    }

    fn plans_of(&self, lines: i64) -> Result<Plans> {
        let plan = |kind: FftKind, from: usize, to: usize| {
            let side = |n: usize| {
                let (stride, distance) = if self.by_lines { (1, n as i64) } else { (lines, 1) };
                FftSide { embed: vec![n as i64], stride, distance }
            };
            let shape = FftShape { kind, lengths: vec![self.n as i64], from: side(from), to: side(to), count: lines };
            Fft::new(&self.stream, self.dtype, &shape)
        };
        let (n, bins) = (self.n, self.bins());
        Ok(match self.kind {
            Kind::RealToHalf { .. } => Plans {
                lines,
                there: plan(FftKind::RealToHalf, n, bins)?,
                back: Some(plan(FftKind::HalfToReal, bins, n)?),
            },
            _ => Plans { lines, there: plan(FftKind::Complex, n, n)?, back: None },
        })
    }

    fn direct(&self, shape: &[i64]) -> Result<Option<Direct>> {
        let kind = match self.kind {
            Kind::Complex => FftKind::Complex,
            Kind::RealToHalf { .. } => FftKind::RealToHalf,
            Kind::RealToWhole => return Ok(None),
        };
        if self.model.len != self.n || self.model.rotation + self.spectrum.rotation > 0 {
            return Ok(None);
        }
        let mut after = shape.to_vec();
        after[self.axis] = self.bins() as i64;
        Direct::new(&self.stream, self.dtype, (kind, &[self.axis], &[self.n as i64]), [shape, &after])
    }

    pub fn needs(&self) -> Needs {
        let plans = self.plans.iter().flat_map(|p| std::iter::once(&p.there).chain(&p.back));
        let work = plans.chain(self.direct.iter().map(|d| &d.fft)).map(Fft::work).max().unwrap_or(0);
        Needs { tile: if self.lines > 0 { self.offset + self.bytes(self.width) } else { 0 }, work }
    }

    /// The tile begins so many bytes into the room. Before `needs`.
    pub(super) fn place_after(&mut self, bytes: usize) {
        self.offset = bytes.next_multiple_of(ALIGNMENT);
    }

    /// Whether both sides may be the same block, of the same strides.
    pub fn keeps_lines(&self) -> bool {
        self.kind == Kind::Complex && self.model.len == self.spectrum.len
    }

    /// Room of at least what it needs, until it is given another. Before the first run.
    pub fn lend(&mut self, room: Room) -> Result<()> {
        let plans = self.plans.iter().flat_map(|p| std::iter::once(&p.there).chain(&p.back));
        plans.chain(self.direct.iter().map(|d| &d.fft)).try_for_each(|fft| fft.lend(room.work))?;
        self.room = room;
        Ok(())
    }

    /// to := scale * transform of `from` + beta to, for all lines; `shape` is that of `from`. With beta = 0, `to` is never
    /// read. A side of complex elements has those of the dtype, one of real elements those of its precision.
    ///
    /// # Safety
    /// Both sides are blocks in live device memory, of the planned shape but for the axis: the same one or apart.
    pub unsafe fn run(
        &self,
        direction: Direction,
        shape: &[i64],
        (scale, from): (Scalar, Strided),
        (beta, to): (Scalar, Strided),
    ) -> Result<()> {
        if self.lines == 0 {
            return Ok(());
        }
        let mut after = [1; crate::layout::MAX_DIMENSIONS];
        after[..shape.len()].copy_from_slice(shape);
        after[self.axis] = if direction.back { self.model.len } else { self.bins() } as i64;
        let after = &after[..shape.len()];
        if let Some(direct) = self.direct.as_ref().filter(|d| {
            let half_back = direction.back && self.kind.is_half();
            beta.is_zero() && !half_back && d.fits(0, from) && d.fits(1, to)
        }) {
            // SAFETY: the caller's blocks, which are as planned.
            unsafe { direct.run(direction.positive, from.pointer, to.pointer)? };
            return match self.kind {
                Kind::RealToHalf { .. } => self.balance(direction, after, scale, to),
                _ if scale.is_one() => Ok(()),
                _ => {
                    let walk = Walk::contiguous(after.iter().product::<i64>() as usize, [to.pointer]);
                    vector::scale(&self.stream, self.dtype, walk, scale.into(), to.pointer)
                }
            };
        }
        let real = self.kind != Kind::Complex;
        let lines = |side: Strided, extents: &[i64], window: Window, real: bool| {
            Lines::new(side.pointer, (self.axis, window.len, window.rotation), extents, side.strides, real)
        };
        let (source, target) = match direction.back {
            false => (lines(from, shape, self.model, real)?, lines(to, after, self.spectrum, false)?),
            true => (lines(from, shape, self.spectrum, false)?, lines(to, after, self.model, real)?),
        };
        let mut first = 0;
        while first < self.lines {
            let Some(plans) = self.plans.iter().find(|p| p.lines == self.width.min(self.lines - first)) else {
                fail!(Internal, "no plan for the lines from {first} of {}", self.lines);
            };
            let parts = (source.part(first, plans.lines), target.part(first, plans.lines));
            self.tile(direction, plans, (scale, parts.0), (beta, parts.1))?;
            first += plans.lines;
        }
        Ok(())
    }

    fn tile(
        &self,
        direction: Direction,
        plans: &Plans,
        (scale, from): (Scalar, Lines),
        (beta, to): (Scalar, Lines),
    ) -> Result<()> {
        let at = self.room.tile + self.offset as u64;
        let complex = (at, Tile::new(at, self.bins(), self.by_lines, false));
        let (stream, plain) = (&*self.stream, Bins::AS_THEY_ARE);
        let (before, after, treatment, fft) = match (self.kind, direction.back) {
            (Kind::RealToHalf { .. }, back) => {
                let at = at + self.complex_bytes(plans.lines) as u64;
                let real = (at, Tile::new(at, self.n, self.by_lines, true));
                match back {
                    false => (real, complex, (plain, self.balanced(direction)), &plans.there),
                    true => {
                        let halves = Bins::new(self.n, self.kind.balance(true), !direction.positive, true);
                        (complex, real, (halves, plain), plans.back.as_ref().unwrap_or(&plans.there))
                    }
                }
            }
            _ => (complex, complex, (plain, plain), &plans.there),
        };
        load(stream, self.dtype, from, before.1, treatment.0)?;
        // SAFETY: both tiles are in the room, which nothing else uses meanwhile.
        unsafe { fft.run(direction.positive, before.0, after.0)? };
        store(stream, self.dtype, (scale, after.1), treatment.1, (beta, to))
    }

    /// cuFFT gives a half with the negative sign.
    fn balanced(&self, direction: Direction) -> Bins {
        Bins::new(self.n, self.kind.balance(false), direction.positive, false)
    }

    /// block := scale * balanced block, for what cuFFT has made of real lines.
    pub(super) fn balance(&self, direction: Direction, shape: &[i64], scale: Scalar, block: Strided) -> Result<()> {
        // A plain half, unscaled, is what cuFFT gives: no pass over it.
        if scale.is_one() && !direction.positive && self.kind.balance(false) == 1.0 {
            return Ok(());
        }
        let tile = Tile::in_place(self.bins(), self.by_lines);
        let lines = Lines::new(block.pointer, (self.axis, self.bins(), 0), shape, block.strides, false)?;
        store(&self.stream, self.dtype, (scale, tile), self.balanced(direction), (Scalar::ZERO, lines))
    }
}
