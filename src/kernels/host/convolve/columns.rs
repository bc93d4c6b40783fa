//! Blocks of columns: a panel is filled row by row, and the rows that have all their samples are convolved at once, while
//! the rows of x and y that come next are asked for.

use super::super::finish::Finish;
use super::super::lanes::{Lanes, LINE};
use super::fill::{clear, Difference};
use super::problem::{per_line, Derivative, Kernel, Stage};
use super::ring::Ring;
use super::span::difference_row;
use super::taps::Taps;
use super::tile::tile_rows;
use super::tiles::{Target, Tiles};
use crate::dtype::{Element, Real, Scalar};
use crate::kernels::cpu::prefetch;

/// Rows of x that are on their way from memory. Rows that are a power of two apart meet in few places of the first
/// cache, which hold a dozen of x and y together.
const AHEAD: isize = 8;
/// Rows that are filled, convolved and stored at a time, at least.
pub(super) const STEP: usize = 4;

/// Rows that are filled, convolved and stored at a time, of so many numbers.
pub(super) fn step<V: Lanes, H: Element>(numbers: usize) -> usize {
    tile_rows::<V>(numbers / V::COUNT, H::IS_COMPLEX).max(STEP)
}

/// A block of columns of one outer index, and where its panels are.
pub(super) struct Columns<'a, T, H, R> {
    pub kernel: &'a Kernel<'a, T, H>,
    pub outer: usize,
    pub first: usize,
    pub width: usize,
    /// Rows of x with what lies beside them, each of whole cache lines.
    pub panel: Ring<R>,
    /// For a derivative that comes last: the sums of this step and the one before.
    pub sums: Ring<R>,
}

impl<T: Element, H: Element, R: Real> Columns<'_, T, H, R> {
    /// Numbers of a row of the panels.
    fn shift(&self) -> usize {
        self.panel.pitch
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
        if let Some(row) = b.row(outer, row).filter(|_| outer < b.outer) {
            self.ask(row.wrapping_add(column));
        }
    }

    #[inline(always)]
    fn ask<E>(&self, row: *const E) {
        for line in 0..self.shift() / per_line::<R>() {
            prefetch(row.cast::<u8>().wrapping_add(line * LINE));
        }
    }

    /// Writes row i of x, or of D x, to the panel.
    #[inline(always)]
    unsafe fn fill<V: Lanes<Real = R>>(&self, i: isize, to: *mut R) {
        let k = self.kernel;
        // SAFETY: rows of x and of its halo have `width` elements, rows of the panel are whole lines.
        unsafe {
            let row = |i| k.block.row(self.outer, i).map(|row: *const T| row.add(self.first).cast::<R>());
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
        let numbers = if rows.iter().any(Option::is_none) { 0 } else { self.numbers() };
        let rows = rows.map(|row| row.unwrap_or(std::ptr::null()));
        let mut at = 0;
        // SAFETY: as for `fill`; nothing is read of a missing row.
        unsafe {
            while at + V::COUNT <= numbers {
                value(rows.map(|row| V::load(row.add(at)))).store(to.add(at));
                at += V::COUNT;
            }
            if at < numbers {
                value(rows.map(|row| V::load_first(row.add(at), numbers - at))).store(to.add(at));
                at += V::COUNT;
            }
            while at < self.shift() {
                V::splat(R::ZERO).store(to.add(at));
                at += V::COUNT;
            }
        }
    }

    /// The sums of rows from..to, all of them for a derivative that comes last: zeros where that one is 0.
    #[inline(always)]
    unsafe fn differentiable<V: Lanes<Real = R>>(
        &self,
        (place, sums): (usize, *mut R),
        (from, to): (isize, isize),
        (low, high): (isize, isize),
        taps: &Taps<R>,
    ) {
        let shift = self.shift();
        let (low, high) = (low.clamp(from, to), high.clamp(from, to));
        let at = |row: isize| (row - from) as usize * shift;
        // SAFETY: there are sums for a step.
        unsafe {
            clear::<V>(sums, at(low));
            if low < high {
                let target = Target { to: sums.add(at(low)), stride: shift as isize, len: shift };
                let identity = Finish::<V>::new(Scalar::ONE, Scalar::ZERO);
                let place = self.panel.after(place, (low - from) as usize);
                Tiles { ring: self.panel, place, taps: *taps, target }
                    .run::<V, H, false>((high - low) as usize, &identity);
            }
            let high = high.max(low);
            clear::<V>(sums.add(at(high)), at(to) - at(high));
        }
    }

    /// Rows of y, as far as they are done when the sums of rows from..to are at `place`.
    #[inline(always)]
    unsafe fn differences<V: Lanes<Real = R>>(
        &self,
        place: usize,
        (from, to): (isize, isize),
        derivative: Derivative,
        finish: &Finish<V>,
    ) {
        let (difference, first) = (Difference::new(derivative, true), (from - 1).max(0));
        // The sums of the row before.
        let mut sums = self.sums.before(self.sums.after(place, (first + 1 - from) as usize), 2);
        for row in first..to - 1 {
            let at = |k: usize| self.sums.at(self.sums.after(sums, k)).cast_const();
            let pair = [at(difference.plus), at(difference.minus)];
            // SAFETY: the ring holds the sums of this step and the one before.
            unsafe { difference_row(pair, self.y(row), self.numbers(), &difference, finish) };
            sums = self.sums.after(sums, 1);
        }
    }

    /// All rows of y.
    #[inline(always)]
    pub unsafe fn run<V: Lanes<Real = R>>(&self, taps: &Taps<R>, finish: &Finish<V>) {
        let (k, n) = (self.kernel, self.kernel.block.n as isize);
        let (before, after) = k.filter.reach();
        let (before, after) = (before as isize, after as isize);
        let last = match k.stage {
            Stage::TransposedDerivativeLast(derivative) => Some(derivative),
            _ => None,
        };
        // The rows of the sums: one more on either side for a derivative that comes last.
        let more = last.is_some() as isize;
        let (low, high) = (-more, n + more);
        // Rows of the panel: which one comes next and where, and where the first that a step reads is.
        let (mut filled, mut next, mut place) = (low - before, 0, 0);
        let (rows, mut step) = (step::<V, H>(self.shift()), 0);
        // SAFETY: the panel has room for the rows that a step reads.
        unsafe {
            for from in (low..high).step_by(rows) {
                let to = high.min(from + rows as isize);
                if !finish.streams() {
                    (from.max(0)..n.min(to)).for_each(|row| self.ask(self.y(row)));
                }
                while filled < to + after {
                    self.ask_x(filled + AHEAD);
                    self.fill::<V>(filled, self.panel.at(next));
                    (filled, next) = (filled + 1, self.panel.after(next, 1));
                }
                match last {
                    None => {
                        let stride = k.block.y_strides[1] * T::COMPONENTS as isize;
                        let target = Target { to: self.y(from), stride, len: self.numbers() };
                        Tiles { ring: self.panel, place, taps: *taps, target }
                            .run::<V, H, false>((to - from) as usize, finish);
                    }
                    Some(derivative) => {
                        self.differentiable::<V>((place, self.sums.at(step)), (from, to), k.active(derivative), taps);
                        self.differences(step, (from, to), derivative, finish);
                    }
                }
                (place, step) = (self.panel.after(place, rows), self.sums.after(step, rows));
            }
        }
    }
}
