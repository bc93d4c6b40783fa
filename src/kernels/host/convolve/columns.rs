//! Blocks of columns: a panel is filled row by row, and the rows that have all their samples are convolved at once, while
//! the rows of x and y that come next are asked for.

use super::super::banded::source;
use super::super::lanes::{Finish, Lanes, LINE};
use super::fill::{clear, copy, Difference};
use super::panel::Kernel;
use super::span::{difference_span, Span};
use super::taps::Taps;
use super::tile::tile;
use super::{per_line, Stage};
use crate::dtype::{Element, Real, Scalar};
use crate::kernels::cpu::prefetch;
use std::mem::size_of;

/// Rows of x that are on their way from memory. Rows that are a power of two apart meet in few places of the first
/// cache, which hold a dozen of x and y together.
const AHEAD: isize = 8;
/// Rows that are filled, convolved and stored at a time.
const STEP: usize = 4;

/// Rows of numbers, `stride` apart, of which `len` are stored.
#[derive(Clone, Copy)]
struct Target<R> {
    to: *mut R,
    stride: isize,
    len: usize,
}

/// T rows of the target; C vectors of each at a time.
#[inline(always)]
unsafe fn tiles<V: Lanes, E: Element, const T: usize, const COMPLEX: bool>(
    p: *const V::Real,
    shift: usize,
    taps: &Taps<V::Real>,
    target: Target<V::Real>,
    finish: &Finish<V>,
) {
    let mut i = 0;
    while i < target.len {
        let at = Target { to: target.to.wrapping_add(i), len: target.len - i, ..target };
        let p = p.wrapping_add(i);
        // SAFETY: as for `tile` and `store`; rows of the panel are whole lines.
        i += V::COUNT
            * unsafe {
                match at.len.div_ceil(V::COUNT) {
                    8.. if size_of::<V>() == LINE && !COMPLEX => {
                        store::<V, T, 8>(tile::<V, E, T, 8, COMPLEX>(p, shift, taps), at, finish)
                    }
                    4.. => store::<V, T, 4>(tile::<V, E, T, 4, COMPLEX>(p, shift, taps), at, finish),
                    2.. => store::<V, T, 2>(tile::<V, E, T, 2, COMPLEX>(p, shift, taps), at, finish),
                    _ => store::<V, T, 1>(tile::<V, E, T, 1, COMPLEX>(p, shift, taps), at, finish),
                }
            };
    }
}

/// Stores what is inside of the target; gives C.
#[inline(always)]
unsafe fn store<V: Lanes, const T: usize, const C: usize>(
    sums: [[V; C]; T],
    target: Target<V::Real>,
    finish: &Finish<V>,
) -> usize {
    for k in 0..T {
        let to = target.to.wrapping_offset(k as isize * target.stride);
        for c in 0..C {
            let at = c * V::COUNT;
            // SAFETY: the target has T rows of len numbers, readable where beta is not 0.
            unsafe {
                if at + V::COUNT <= target.len {
                    finish.store(sums[k][c], to.add(at));
                } else {
                    finish.store_first(sums[k][c], to.add(at), target.len - at);
                }
            }
        }
    }
    C
}

/// A block of columns of one outer index, and where its panels are.
pub(super) struct Columns<'a, T, H, R> {
    pub kernel: &'a Kernel<'a, T, H>,
    pub outer: usize,
    pub first: usize,
    pub width: usize,
    /// Elements of a row of the panels: whole cache lines.
    pub pitch: usize,
    /// Rows of x with what lies beside them.
    pub panel: *mut R,
    /// For a derivative that comes last: the sums of a step, behind the last two before.
    pub sums: *mut R,
}

impl<T: Element, H: Element, R: Real> Columns<'_, T, H, R> {
    /// Rows of a tile, of eight vectors in registers of a line, else of four: its sums fill half of the registers.
    const fn tile_rows<V: Lanes>() -> usize {
        match (size_of::<V>(), H::IS_COMPLEX) {
            (LINE, _) | (_, false) => 2,
            _ => 1,
        }
    }

    /// Numbers of a row of the panels.
    fn shift(&self) -> usize {
        self.pitch * T::COMPONENTS
    }

    fn numbers(&self) -> usize {
        self.width * T::COMPONENTS
    }

    fn y(&self, row: isize) -> *mut R {
        let (y, [outer_stride, stride]) = (self.kernel.block.y, self.kernel.block.y_strides);
        y.wrapping_offset(self.outer as isize * outer_stride + row * stride).wrapping_add(self.first).cast()
    }

    /// Asks for row i of x or of what lies beside it; behind the last of them, for the first rows of the next block of
    /// columns.
    #[inline(always)]
    fn ask_x(&self, i: isize) {
        let b = &self.kernel.block;
        let (begin, end) = (-(b.halo.before_width as isize), (b.n + b.halo.after_width) as isize);
        let (outer, row, column) = match self.first + self.width {
            _ if i < end => (self.outer, i, self.first),
            next if next < b.inner => (self.outer, begin + i - end, next),
            _ => (self.outer + 1, begin + i - end, 0),
        };
        if let Some(row) = source(b, outer, row).filter(|_| outer < b.outer) {
            self.ask(row.wrapping_add(column));
        }
    }

    #[inline(always)]
    fn ask<E>(&self, row: *const E) {
        for line in 0..self.pitch / per_line::<T>() {
            prefetch(row.cast::<u8>().wrapping_add(line * LINE));
        }
    }

    /// Writes row i of x, or of D x, to the panel.
    #[inline(always)]
    unsafe fn fill<V: Lanes<Real = R>>(&self, i: isize, to: *mut R) {
        let k = self.kernel;
        // SAFETY: rows of x and of its halo have `width` elements, rows of the panel are whole lines.
        unsafe {
            let row = |i| source(&k.block, self.outer, i).map(|row: *const T| row.add(self.first).cast::<R>());
            match k.stage {
                Stage::DerivativeFirst(derivative) => {
                    // Rows of D that are not 0 read inside of x and its halo.
                    let (low, high) = k.active(derivative);
                    let d = Difference::<R>::new(derivative, false);
                    let at = |place: usize| row(i + place as isize - 1).filter(|_| low <= i && i < high);
                    let rows = [at(d.plus), at(d.minus)];
                    self.write::<V, 2>(
                        to,
                        rows,
                        #[inline(always)]
                        |[plus, minus]| V::splat(d.factor).mul(plus.sub(minus)),
                    );
                }
                _ => self.write::<V, 1>(
                    to,
                    [row(i)],
                    #[inline(always)]
                    |[x]| x,
                ),
            }
        }
    }

    /// Writes a row of the panel from rows of x: zeros where one of them is missing, and behind them.
    #[inline(always)]
    unsafe fn write<V: Lanes<Real = R>, const N: usize>(
        &self,
        to: *mut R,
        rows: [Option<*const R>; N],
        value: impl Fn([V; N]) -> V,
    ) {
        let missing = rows.iter().any(Option::is_none);
        let rows = rows.map(|row| row.unwrap_or(std::ptr::null()));
        for at in (0..self.shift()).step_by(V::COUNT) {
            let held = if missing { 0 } else { self.numbers().saturating_sub(at).min(V::COUNT) };
            // SAFETY: as for `fill`; nothing is read of a missing row.
            unsafe {
                let mut x = [V::splat(R::ZERO); N];
                for n in 0..N {
                    match held {
                        0 => {}
                        _ if held == V::COUNT => x[n] = V::load(rows[n].add(at)),
                        _ => x[n] = V::load_first(rows[n].add(at), held),
                    }
                }
                let v = if held == 0 { x[0] } else { value(x) };
                v.store(to.add(at));
            }
        }
    }

    /// The sums of `count` rows from the panel's p on.
    #[inline(always)]
    unsafe fn convolve<V: Lanes<Real = R>>(
        &self,
        p: *const R,
        count: usize,
        target: Target<R>,
        taps: &Taps<R>,
        finish: &Finish<V>,
    ) {
        let (shift, mut row) = (self.shift(), 0);
        while row < count {
            let rows = if row + Self::tile_rows::<V>() <= count { Self::tile_rows::<V>() } else { 1 };
            let p = p.wrapping_add(row * shift);
            let target = Target { to: target.to.wrapping_offset(row as isize * target.stride), ..target };
            // SAFETY: as for `tiles`.
            unsafe {
                match (rows, H::IS_COMPLEX) {
                    (2, false) => tiles::<V, T, 2, false>(p, shift, taps, target, finish),
                    (_, false) => tiles::<V, T, 1, false>(p, shift, taps, target, finish),
                    (2, true) => tiles::<V, T, 2, true>(p, shift, taps, target, finish),
                    (_, true) => tiles::<V, T, 1, true>(p, shift, taps, target, finish),
                }
            }
            row += rows;
        }
    }

    /// The sums of rows from..to, all of them for a derivative that comes last: zeros where that one is 0.
    #[inline(always)]
    unsafe fn differentiable<V: Lanes<Real = R>>(
        &self,
        p: *const R,
        (from, to): (isize, isize),
        (low, high): (isize, isize),
        taps: &Taps<R>,
    ) {
        let shift = self.shift();
        let (low, high) = (low.clamp(from, to), high.clamp(from, to));
        let at = |row: isize| (row - from) as usize * shift;
        // SAFETY: the sums have room for a step behind two rows.
        unsafe {
            let sums = self.sums.add(2 * shift);
            clear::<V>(sums, at(low));
            if low < high {
                let target = Target { to: sums.add(at(low)), stride: shift as isize, len: shift };
                let identity = Finish::<V>::new(Scalar::ONE, Scalar::ZERO);
                self.convolve::<V>(p.add(at(low)), (high - low) as usize, target, taps, &identity);
            }
            let high = high.max(low);
            clear::<V>(sums.add(at(high)), at(to) - at(high));
        }
    }

    /// Rows rows.0..rows.1 of y.
    #[inline(always)]
    pub unsafe fn run<V: Lanes<Real = R>>(&self, rows: (isize, isize), taps: &Taps<R>, finish: &Finish<V>) {
        let (k, shift) = (self.kernel, self.shift());
        let (before, after) = k.filter.reach();
        let (before, after) = (before as isize, after as isize);
        let last = match k.stage {
            Stage::TransposedDerivativeLast(derivative) => Some(derivative),
            _ => None,
        };
        // The rows of the sums: one more on either side for a derivative that comes last.
        let more = last.is_some() as isize;
        let (low, high) = (rows.0 - more, rows.1 + more);
        let at = |row: isize| self.panel.wrapping_offset((row + before - low) * shift as isize);
        let mut filled = low - before;
        // SAFETY: the panel has room for the rows low - before to high + after.
        unsafe {
            for from in (low..high).step_by(STEP) {
                let to = high.min(from + STEP as isize);
                (from.max(rows.0)..rows.1.min(to)).for_each(|row| self.ask(self.y(row)));
                while filled < to + after {
                    self.ask_x(filled + AHEAD);
                    self.fill::<V>(filled, at(filled));
                    filled += 1;
                }
                let p = at(from + after);
                let Some(derivative) = last else {
                    let stride = k.block.y_strides[1] * T::COMPONENTS as isize;
                    let target = Target { to: self.y(from), stride, len: self.numbers() };
                    self.convolve::<V>(p, (to - from) as usize, target, taps, finish);
                    continue;
                };
                self.differentiable::<V>(p, (from, to), k.active(derivative), taps);
                let difference = Difference::new(derivative, true);
                for row in rows.0.max(from - 1)..to - 1 {
                    let p = self.sums.wrapping_offset((row + 1 - from) * shift as isize);
                    let span = Span { p: p.cast_const(), y: self.y(row), len: self.numbers(), shift };
                    difference_span(span, &difference, finish);
                }
                copy::<V>(self.sums.add((to - from) as usize * shift), self.sums, 2 * shift);
            }
        }
    }
}
