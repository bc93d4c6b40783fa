//! Transforms of all lines of a strided block along one axis: each line is read once and written once.

use super::lines::{ComplexLines, Precision, RealLines};
use super::walk::{Place, Walk};
use crate::dtype::{Real, Scalar};
use crate::error::Result;
use crate::kernels::host::line_tile::{gather, load, scatter, store, Lines, Shape, Window};
use crate::kernels::host::row_transform::{RowTransform, Rows};
use crate::storage::HostMemory;
use crate::threads::{split, ThreadPool};
use num_complex::Complex;
use std::ops::{Add, Mul};
use std::sync::{Mutex, PoisonError};

/// What the elements before and after the transform are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// n complex ones, before and after.
    Complex,
    /// n real ones, and their n complex ones. Back: the real parts.
    RealToWhole,
    /// n real ones, and the first n / 2 + 1 complex ones, of which 1 to (n - 1) / 2 are multiplied by sqrt 2 (back:
    /// divided), so that the transform scaled by 1 / sqrt n keeps the norm. `plain`: as they are.
    RealToHalf { plain: bool },
}

impl Kind {
    pub fn is_half(self) -> bool {
        matches!(self, Kind::RealToHalf { .. })
    }

    /// The factor of bins that stand for two.
    pub(super) fn balance(self, back: bool) -> f64 {
        match (self, back) {
            (Kind::RealToHalf { plain: false }, false) => std::f64::consts::SQRT_2,
            (Kind::RealToHalf { plain: false }, true) => std::f64::consts::FRAC_1_SQRT_2,
            _ => 1.0,
        }
    }
}

/// To the spectrum or back, and the sign of the exponent, which is negative in a forward transform and positive in its
/// inverse; the other two are their transpose and conjugate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Direction {
    pub back: bool,
    pub positive: bool,
}

/// A block of this rank's elements: its first one, and strides in elements.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    pub pointer: *mut u8,
    pub strides: &'a [i64],
}

enum Plan<R: Precision> {
    Complex(ComplexLines<R>),
    Real(RealLines<R>),
}

/// Whether the bits of a line may depend on how lines lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bits {
    Free,
    /// A line has the same result wherever it is.
    OfTheLine,
}

/// Planned transforms of length n along an axis: what a line of the model is, and what one of the spectrum is.
pub struct Pass<R: Precision> {
    axis: usize,
    kind: Kind,
    n: usize,
    model: Window,
    spectrum: Window,
    plan: Plan<R>,
    /// For lines that lie side by side on both sides.
    rows: Option<RowTransform<R>>,
    /// Lines that a tile has room for, and elements from one to the next.
    width: usize,
    pitch: usize,
    /// One a thread: complex tile, real tile, scratch.
    rooms: Vec<Mutex<HostMemory>>,
}

/// Bytes of a tile, which should stay in the second-level cache.
const TILE: usize = 256 << 10;
/// Lines of a tile at most: their elements side by side fill one or two cache lines.
const WIDTH: usize = 8;
/// Elements between the lines of a tile, so that lines of a power of two do not fall on one set of the cache.
const GAP: usize = 8;
/// Fewer elements are not worth waking other threads for.
const SERIAL: usize = 1 << 12;

impl<R: Precision> Pass<R> {
    /// A transform of length `n`, at least 1, along `axis`. Lines of the model have `len` elements, of which the first n
    /// after a rotation by len / 2 (where `shifts[0]`: ifftshift) are transformed, with zeros where there are fewer; the
    /// spectrum is rotated by half of its length where `shifts[1]` (fftshift).
    pub fn new(
        (threads, bits): (usize, Bits),
        axis: usize,
        kind: Kind,
        n: usize,
        len: usize,
        shifts: [bool; 2],
    ) -> Result<Pass<R>> {
        // Both shifts: element p of the transform stands at (p + len / 2) mod len.
        let window = |len: usize, shift: bool| Window { len, rotation: if shift { len / 2 } else { 0 } };
        let bins = if kind.is_half() { n / 2 + 1 } else { n };
        let plan = match kind {
            Kind::RealToHalf { .. } => Plan::Real(RealLines::new(n)),
            _ => Plan::Complex(ComplexLines::new(n)),
        };
        let pitch = n + GAP;
        let width = (TILE / (pitch * size_of::<Complex<R>>())).clamp(1, WIDTH);
        let mut pass = Pass {
            axis,
            kind,
            n,
            model: window(len, shifts[0]),
            spectrum: window(bins, shifts[1]),
            plan,
            rows: if bits == Bits::Free && !kind.is_half() { RowTransform::new(n) } else { None },
            width,
            pitch,
            rooms: Vec::new(),
        };
        let bytes = pass.room() * size_of::<Complex<R>>();
        pass.rooms = (0..threads).map(|_| Ok(Mutex::new(HostMemory::new(bytes)?))).collect::<Result<_>>()?;
        Ok(pass)
    }

    /// The axis of the lines.
    pub fn axis(&self) -> usize {
        self.axis
    }

    /// Complex numbers that a thread needs.
    fn room(&self) -> usize {
        let scratch = match &self.plan {
            Plan::Complex(lines) => lines.scratch_len(),
            Plan::Real(lines) => lines.scratch_len() + (self.width * self.pitch).div_ceil(2),
        };
        let tiles = self.rows.as_ref().map_or(0, |rows| 3 * rows.tile_len());
        (self.width * self.pitch + scratch).max(tiles)
    }

    /// to := scale * transform of `from` + beta to, for all lines; `extents` are those of both sides but for the axis. With
    /// beta = 0, `to` is never read. A side of complex elements has Complex<R>, one of real elements R.
    ///
    /// # Safety
    /// The lines of both sides are valid for reads and writes. They are the same lines at the same places, or apart.
    pub unsafe fn run(
        &self,
        pool: &ThreadPool,
        direction: Direction,
        extents: &[usize],
        (scale, from): (Scalar, Side),
        (beta, to): (Scalar, Side),
    ) -> Result<()> {
        let mut walk = Walk::new(self.axis, self.width, extents, [from.strides, to.strides]);
        let rows = self.rows.as_ref().filter(|_| walk.across == [1; 2] && !walk.along.contains(&1));
        walk.width = rows.map_or(self.width, RowTransform::width);
        let walk = walk;
        let outcome = Mutex::new(Ok(()));
        let (from, to) = (Address(from.pointer), Address(to.pointer));
        let work = |thread: usize, tiles: std::ops::Range<usize>| {
            let mut room = self.rooms[thread].lock().unwrap_or_else(PoisonError::into_inner);
            let room = pairs_mut(room.elements_mut::<R>());
            for tile in tiles {
                let (count, [first, second]) = walk.tile(tile);
                let lines = |side: usize, offset: isize, pointer: *mut u8| Place {
                    pointer,
                    offset,
                    along: walk.along[side],
                    across: walk.across[side],
                    count,
                };
                let places = (lines(0, first, from.get()), lines(1, second, to.get()));
                // SAFETY (both): the caller vouches for the lines; threads take different ones.
                let done = match rows {
                    Some(rows) => unsafe { self.rows(rows, direction, room, (scale, places.0), (beta, places.1)) },
                    None => unsafe { self.tile(direction, room, (scale, places.0), (beta, places.1)) },
                };
                if done.is_err() {
                    *outcome.lock().unwrap_or_else(PoisonError::into_inner) = done;
                }
            }
        };
        if pool.len() == 1 || walk.lines() * self.n < SERIAL {
            work(0, 0..walk.tiles());
        } else {
            pool.run(&|t| work(t, split(walk.tiles(), pool.len(), t, 1)))?;
        }
        outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// One tile: load, transform, store.
    unsafe fn tile(
        &self,
        direction: Direction,
        room: &mut [Complex<R>],
        (scale, from): (Scalar, Place),
        (beta, to): (Scalar, Place),
    ) -> Result<()> {
        let (tile, rest) = room.split_at_mut(self.width * self.pitch);
        let [window, target] = self.windows(direction);
        let (shape, bins) = (Shape::lines(self.pitch, self.n), Shape::lines(self.pitch, self.spectrum.len));
        let real_model = self.kind != Kind::Complex;
        // SAFETY (all loads and stores below): the caller's, the types being those of the sides.
        match &self.plan {
            Plan::Complex(lines) if self.is_direct(real_model, &from, &to, beta) => {
                for k in 0..from.count {
                    let (source, line) = (from.line::<Complex<R>>(k), to.line::<Complex<R>>(k));
                    match source == line {
                        // SAFETY: whole lines of n neighbours, the same one or apart.
                        true => lines.run(direction.positive, unsafe { slice(line, self.n) }, rest),
                        // SAFETY: as above.
                        false => unsafe {
                            lines.run_apart(direction.positive, slice(source, self.n), slice(line, self.n), rest)
                        },
                    }
                    // SAFETY: as above.
                    multiply(scale, unsafe { slice(line, self.n) });
                }
            }
            Plan::Complex(lines) => {
                match real_model && !direction.back {
                    true => unsafe { load(tile, shape, from.lines::<R>(), window, Complex::from) },
                    false => unsafe { gather(tile, shape, from.lines::<Complex<R>>(), window) },
                }
                let as_is = !(real_model && direction.back) && beta.is_zero();
                for line in tile.chunks_mut(self.pitch).take(from.count) {
                    lines.run(direction.positive, &mut line[..self.n], rest);
                    if as_is {
                        multiply(scale, &mut line[..self.n]);
                    }
                }
                match real_model && direction.back {
                    true => unsafe {
                        put(tile, shape, to.lines::<R>(), target, (scale, beta), real, |z: Complex<R>| z.re)
                    },
                    false if as_is => unsafe { scatter(tile, shape, to.lines::<Complex<R>>(), target) },
                    false => unsafe {
                        put(tile, shape, to.lines::<Complex<R>>(), target, (scale, beta), complex, |z| z)
                    },
                }
            }
            Plan::Real(lines) => {
                let (reals, scratch) = rest.split_at_mut((self.width * self.pitch).div_ceil(2));
                // SAFETY: two real numbers in the place of each complex one.
                let reals = unsafe { std::slice::from_raw_parts_mut(reals.as_mut_ptr().cast::<R>(), 2 * reals.len()) };
                match direction.back {
                    false => {
                        unsafe { load(reals, shape, from.lines::<R>(), window, |x| x) };
                        for (line, half) in self.pairs(reals, tile).take(from.count) {
                            lines.to_half(line, half, scratch)?;
                            self.balance(half, false, direction.positive);
                        }
                        unsafe { put(tile, bins, to.lines::<Complex<R>>(), target, (scale, beta), complex, |z| z) }
                    }
                    true => {
                        unsafe { load(tile, bins, from.lines::<Complex<R>>(), window, |z| z) };
                        for (line, half) in self.pairs(reals, tile).take(from.count) {
                            self.balance(half, true, !direction.positive);
                            lines.to_real(half, line, scratch)?;
                        }
                        unsafe { put(reals, shape, to.lines::<R>(), target, (scale, beta), real, |x| x) }
                    }
                }
            }
        }
        Ok(())
    }

    /// As `tile`, of lines side by side: from place to place where all of them are there and whole.
    unsafe fn rows(
        &self,
        rows: &RowTransform<R>,
        direction: Direction,
        room: &mut [Complex<R>],
        (scale, from): (Scalar, Place),
        (beta, to): (Scalar, Place),
    ) -> Result<()> {
        let (tile, room) = room.split_at_mut(rows.tile_len());
        let real_model = self.kind != Kind::Complex;
        if !real_model && self.is_plain() && from.count == rows.width() {
            let side = |place: Place| Rows { pointer: place.line::<Complex<R>>(0), step: place.along };
            // SAFETY: the caller's, the types being those of the sides; they keep lines to themselves.
            unsafe { rows.run(direction.positive, (scale, side(from)), (beta, side(to)), room) };
            return Ok(());
        }
        let (shape, [window, target]) = (Shape::rows(rows.width(), self.n), self.windows(direction));
        let inside = Rows { pointer: tile.as_mut_ptr(), step: rows.width() as isize };
        // SAFETY (all): as above; the tile has n rows of all lines.
        unsafe {
            match real_model && !direction.back {
                true => load(tile, shape, from.lines::<R>(), window, Complex::from),
                false => load(tile, shape, from.lines::<Complex<R>>(), window, |z| z),
            }
            rows.run(direction.positive, (Scalar::ONE, inside), (Scalar::ZERO, inside), room);
            match real_model && direction.back {
                true => put(tile, shape, to.lines::<R>(), target, (scale, beta), real, |z: Complex<R>| z.re),
                false => put(tile, shape, to.lines::<Complex<R>>(), target, (scale, beta), complex, |z| z),
            }
        }
        Ok(())
    }

    /// What is seen of the lines before and after.
    fn windows(&self, direction: Direction) -> [Window; 2] {
        if direction.back {
            [self.spectrum, self.model]
        } else {
            [self.model, self.spectrum]
        }
    }

    /// Whether a line is transformed as it is, without zeros, parts left out, or shifts.
    fn is_plain(&self) -> bool {
        [self.model, self.spectrum].iter().all(|window| window.len == self.n && window.rotation == 0)
    }

    /// Whether each line of a model with the first of these strides takes the bytes of its spectrum, which has the second.
    pub fn keeps_lines(&self, model: &[i64], spectrum: &[i64]) -> bool {
        // Elements of the model that stand where one of the spectrum does.
        let each = match self.kind {
            Kind::Complex => 1,
            Kind::RealToHalf { .. } if self.axis + 1 == model.len() => 2,
            _ => return false,
        };
        let others = model.iter().zip(spectrum).enumerate().filter(|(axis, _)| *axis != self.axis || each == 1);
        self.model.len == self.n && others.into_iter().all(|(_, (m, s))| *m == each * s)
    }

    /// Whether lines can be transformed from place to place, without a tile.
    fn is_direct(&self, real_model: bool, from: &Place, to: &Place, beta: Scalar) -> bool {
        !real_model && beta.is_zero() && from.along == 1 && to.along == 1 && self.is_plain()
    }

    /// Real and complex lines of a tile, side by side.
    fn pairs<'a>(
        &'a self,
        reals: &'a mut [R],
        tile: &'a mut [Complex<R>],
    ) -> impl Iterator<Item = (&'a mut [R], &'a mut [Complex<R>])> {
        let real = reals.chunks_mut(self.pitch).map(|line| &mut line[..self.n]);
        real.zip(tile.chunks_mut(self.pitch).map(|half| &mut half[..self.spectrum.len]))
    }

    /// Scales the bins that stand for two, and conjugates.
    fn balance(&self, half: &mut [Complex<R>], back: bool, conjugate: bool) {
        let factor = self.kind.balance(back);
        if factor != 1.0 {
            let factor = <R as Real>::from_f64(factor);
            for bin in &mut half[1..1 + (self.n - 1) / 2] {
                *bin = bin.scale(factor);
            }
        }
        if conjugate {
            half.iter_mut().for_each(|bin| *bin = bin.conj());
        }
    }
}

/// Real numbers as half as many complex ones.
fn pairs_mut<R: Precision>(numbers: &mut [R]) -> &mut [Complex<R>] {
    // SAFETY: a complex number is two real ones, and has their alignment.
    unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), numbers.len() / 2) }
}

fn real<R: Precision>(s: Scalar) -> R {
    <R as Real>::from_f64(s.re)
}

fn complex<R: Precision>(s: Scalar) -> Complex<R> {
    Complex::new(real(s), <R as Real>::from_f64(s.im))
}

/// line := scale * line
fn multiply<R: Precision>(scale: Scalar, line: &mut [Complex<R>]) {
    if !scale.is_one() {
        let factor = complex::<R>(scale);
        line.iter_mut().for_each(|z| *z = *z * factor);
    }
}

/// block := scale * convert(tile) + beta block.
unsafe fn put<T: Copy + Default, S: Copy + Mul<Output = S> + Add<Output = S>>(
    tile: &[T],
    shape: Shape,
    to: Lines<S>,
    window: Window,
    (scale, beta): (Scalar, Scalar),
    number: fn(Scalar) -> S,
    convert: impl Fn(T) -> S,
) {
    let (a, b) = (number(scale), number(beta));
    // SAFETY: the caller vouches for the lines.
    unsafe {
        match (scale.is_one(), beta.is_zero()) {
            (true, true) => store(tile, shape, to, window, |v, x: *mut S| x.write(convert(v))),
            (false, true) => store(tile, shape, to, window, |v, x: *mut S| x.write(a * convert(v))),
            _ => store(tile, shape, to, window, |v, x: *mut S| x.write(a * convert(v) + b * x.read())),
        }
    }
}

/// # Safety
/// The line has n elements, which nothing else uses meanwhile.
unsafe fn slice<'a, T>(line: *mut T, n: usize) -> &'a mut [T] {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts_mut(line, n) }
}

/// An address that threads may have.
#[derive(Clone, Copy)]
struct Address(*mut u8);

// SAFETY: threads use it for different lines.
unsafe impl Sync for Address {}

impl Address {
    fn get(self) -> *mut u8 {
        self.0
    }
}
