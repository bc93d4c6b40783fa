//! Factors of elements by their place along one axis: twiddles, chirps, the spectrum of a chirp, the weights of a half.

use crate::arrays::{Array, Space};
use crate::dtype::{Element, Real};
use crate::error::Result;
use crate::fail;
use crate::kernels::host::roots::{multiply_line, Exponents, Roots};
use crate::operators::Mode;
use crate::threads::split;
use crate::transform::Precision;
use num_complex::Complex;
use std::ops::Range;

/// The factor of local element (r, c) along the axis, r counting lines of as many elements as this rank has columns.
pub(super) enum Rule<R> {
    /// w^((row + r) c), with `row` the first row of this rank.
    Twiddle { roots: Roots<R>, row: i64 },
    /// exp(-pi i j^2 / n) for j = r row + first + c below n; from there on zero. The roots are those of 2 n.
    Chirp { roots: Roots<R>, row: i64, first: i64, n: i64 },
    /// sqrt 2 where 1 <= r row + first + c <= last; `plain`: 1, and back 2, so that a half stands for the whole.
    Half { row: i64, first: i64, last: i64, plain: bool },
    /// Element by element along the axis.
    Table(Vec<Complex<R>>),
}

/// y := D x for contiguous arrays; one of the two may be real, with a complex factor's real part coming back.
pub(super) struct Factors<R: Precision> {
    /// Local: of the axes before, along the axis, of the axes after.
    shape: [usize; 3],
    columns: usize,
    rule: Rule<R>,
}

impl<R: Precision> Factors<R> {
    /// `columns` local elements along `axis` are one line of the rule.
    pub fn new(space: &Space, axis: usize, columns: i64, rule: Rule<R>) -> Factors<R> {
        let shape = space.local_shape();
        let count = |axes: Range<usize>| shape[axes].iter().product::<i64>() as usize;
        Factors {
            shape: [count(0..axis), count(axis..axis + 1), count(axis + 1..shape.len())],
            columns: columns as usize,
            rule,
        }
    }

    /// to := op(D) from; both are the same memory or apart.
    pub fn take(&self, mode: Mode, from: &Array, to: &Array) -> Result<()> {
        let (source, target) = (from.local()?, to.local()?);
        if !source.is_contiguous() || !target.is_contiguous() {
            fail!(Internal, "factors of a transform are for contiguous arrays");
        }
        let (complex_source, complex_target) = (from.dtype().is_complex(), to.dtype().is_complex());
        let (x, y) = (Address(source.pointer()), Address(target.pointer()));
        let work = |lines: Range<usize>| {
            // SAFETY (all): the lines of a rank's block, of the types of the arrays; threads take different ones.
            lines.for_each(|line| unsafe {
                match (complex_source, complex_target) {
                    (true, true) => self.line(line, mode, x, y, |z: Complex<R>, w: &Complex<R>| z * w),
                    (false, true) => self.line(line, mode, x, y, |v: R, w: &Complex<R>| w.scale(v)),
                    _ => self.line(line, mode, x, y, |z: Complex<R>, w: &Complex<R>| z.re * w.re - z.im * w.im),
                }
            })
        };
        let [outer, along, inner] = self.shape;
        if outer * along * inner == 0 {
            return Ok(());
        }
        let (pool, lines) = (from.space().context().threads(), outer * (along / self.columns));
        match pool.len() {
            1 => work(0..lines),
            threads => pool.run(&|t| work(split(lines, threads, t, 1)))?,
        }
        Ok(())
    }

    /// One line of one block.
    ///
    /// # Safety
    /// `from` and `to` have the elements of the shape, of types S and T.
    unsafe fn line<S: Copy, T: Copy + Default>(
        &self,
        line: usize,
        mode: Mode,
        from: Address,
        to: Address,
        combine: impl Fn(S, &Complex<R>) -> T,
    ) {
        let ([_, along, inner], columns) = (self.shape, self.columns);
        let (r, start) = (line % (along / columns), line * columns * inner);
        let (x, y) = (from.at::<S>(start).cast_const(), to.at::<T>(start));
        let sign = |w: Complex<R>| if mode.conjugated() { w.conj() } else { w };
        // SAFETY (all three): the caller's promise; a line of columns * inner elements begins at `start`.
        match &self.rule {
            Rule::Twiddle { roots, row } => {
                let exponents = Exponents { start: 0, step: (*row + r as i64) as u64, growth: 0 };
                unsafe { multiply_line(roots.powers(exponents).map(sign), (columns, inner), (x, y), combine) }
            }
            Rule::Chirp { roots, row, first, n } => {
                let (j, order) = (r as i64 * row + first, 2 * n);
                let live = (n - j).clamp(0, columns as i64) as usize;
                let exponents = Exponents {
                    start: (i128::from(j) * i128::from(j) % i128::from(order)) as u64,
                    step: ((2 * j + 1) % order) as u64,
                    growth: 2,
                };
                unsafe {
                    multiply_line(roots.powers(exponents).map(sign), (live, inner), (x, y), combine);
                    (live * inner..columns * inner).for_each(|k| y.add(k).write(T::default()));
                }
            }
            Rule::Half { row, first, last, plain } => {
                let k = r as i64 * row + first;
                let pair = match (plain, mode.transposed()) {
                    (false, _) => std::f64::consts::SQRT_2,
                    (true, false) => 1.0,
                    (true, true) => 2.0,
                };
                let pair = <R as Real>::from_f64(pair);
                let weight = |c: i64| {
                    Complex::new(
                        if (1..=*last).contains(&(k + c)) { pair } else { <R as Element>::ONE },
                        <R as Element>::ZERO,
                    )
                };
                unsafe { multiply_line((0..columns as i64).map(weight), (columns, inner), (x, y), combine) }
            }
            Rule::Table(table) => {
                let factors = table[r * columns..(r + 1) * columns].iter().map(|w| sign(*w));
                unsafe { multiply_line(factors, (columns, inner), (x, y), combine) }
            }
        }
    }
}

/// An address that threads may have.
#[derive(Clone, Copy)]
struct Address(*mut u8);

// SAFETY: threads use it for different lines.
unsafe impl Sync for Address {}

impl Address {
    fn at<T>(self, index: usize) -> *mut T {
        self.0.cast::<T>().wrapping_add(index)
    }
}
