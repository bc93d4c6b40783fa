//! Products with a transposed matrix, some of whose rows at a time are turned over into a buffer: where y lies by rows, the
//! `gemm` crate reads the rows of op(A) where they are, but packs an op(A) that is stored by columns; with rows of A a power of
//! two apart, that takes a fifth longer than turning and multiplying.

use super::super::gemv::{Matrix, Vectors};
use super::super::lanes::LINE;
use super::super::turn::{turn_from_memory, Plane};
use super::product;
use crate::dtype::{Element, Scalar};
use std::mem::size_of;
use std::ops::RangeInclusive;

/// For fewer columns of x turning takes longer than it saves.
const COLUMNS: usize = 96;
/// Rows of A that are turned at a time at most: as many as the crate sums before it adds to y.
const DEPTH: usize = 512;
/// Columns of A that are turned at a time. Between the limits it is twice as many as x has, so that turning takes longer than
/// packing x, which the crate does as often.
const WIDTH: RangeInclusive<usize> = 256..=1024;

/// Whether turning A is worth its while; `columns` are the strides of x and y from column to column.
pub(super) fn pays<T>(a: &Matrix<T>, v: &Vectors<T>, columns: [isize; 2]) -> bool {
    let by_rows = columns[1].abs() <= v.y_stride.abs();
    a.transposed && by_rows && v.columns >= COLUMNS && a.rows > 0 && a.columns > 0
}

/// y = beta y + alpha op(A) x with an A that is not empty. False where there is no memory for the buffer: then y is as it was.
///
/// # Safety
/// As for `multiply_apart`.
pub(super) unsafe fn multiply<T: Element>(
    alpha: Scalar,
    a: &Matrix<T>,
    v: &Vectors<T>,
    columns: [isize; 2],
    beta: Scalar,
) -> bool {
    let line = LINE / size_of::<T>();
    let depth = a.rows.div_ceil(a.rows.div_ceil(DEPTH));
    // A line more, so that lines of the buffer do not all take the same places of the cache.
    let pitch = depth.next_multiple_of(line) + line;
    let width = (2 * v.columns).clamp(*WIDTH.start(), *WIDTH.end()).min(a.columns);
    let mut buffer = Vec::<T>::new();
    if buffer.try_reserve_exact(width * pitch + line).is_err() {
        return false;
    }
    let turned = buffer.as_mut_ptr();
    let turned = turned.wrapping_add(turned.align_offset(LINE));
    for first in (0..a.columns).step_by(width) {
        let width = width.min(a.columns - first);
        for from in (0..a.rows).step_by(depth) {
            let depth = depth.min(a.rows - from);
            let part = a.data.wrapping_offset(from as isize * a.leading).wrapping_add(first);
            let x = v.x.wrapping_offset(from as isize * v.x_stride);
            let y = v.y.wrapping_offset(first as isize * v.y_stride);
            let beta = if from == 0 { beta } else { Scalar::ONE };
            let shape = Matrix { rows: width, columns: depth, ..*a };
            let block = Matrix { data: turned.cast_const(), leading: pitch as isize, transposed: false, ..shape };
            // SAFETY: as for `multiply_apart`; the buffer has room for `width` lines of `pitch`.
            unsafe {
                let from = Plane { pointer: part.cast_mut(), pitch: a.leading };
                let to = Plane { pointer: turned, pitch: pitch as isize };
                turn_from_memory(to, from, depth, width, false);
                product(alpha, &block, &Vectors { x, y, ..*v }, columns, beta);
            }
        }
    }
    true
}
