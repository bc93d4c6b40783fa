//! The lines of two arrays along an axis, in blocks for a kernel, split over threads.

use super::line_map::{LineKernel, LineMap};
use crate::arrays::Array;
use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::kernels::host::convolve::{Block, Halo};
use crate::layout::MAX_DIMENSIONS;
use crate::operators::Mode;
use crate::threads::{split, ThreadPool};
use std::ops::Range;
use std::sync::PoisonError;

/// Fewer elements are not worth waking other threads for.
const SERIAL: usize = 1 << 13;
/// How often messages are moved at most during an interior.
const SLABS: usize = 8;
/// Elements of a slab at least.
const SLAB: usize = 1 << 16;
/// Bytes of a row at least that a thread takes as its part.
const COLUMNS: usize = 128;

/// The neighbours' elements beside this rank's slab.
#[derive(Clone, Copy)]
pub(super) struct Sides<T> {
    pub before: *const T,
    pub before_len: usize,
    pub after: *const T,
    pub after_len: usize,
}

impl<T> Sides<T> {
    pub fn none() -> Sides<T> {
        Sides { before: std::ptr::null(), before_len: 0, after: std::ptr::null(), after_len: 0 }
    }
}

/// Lines, counted over all outer axes; rows along the axis; columns of the inner elements.
#[derive(Clone)]
pub(super) struct Task {
    pub outer: Range<usize>,
    pub rows: Range<usize>,
    pub columns: Range<usize>,
}

impl Task {
    fn count(&self) -> usize {
        self.outer.len() * self.rows.len() * self.columns.len()
    }
}

/// Element offsets into x, y and what lies before and after.
type Offsets = [isize; 4];

/// One axis that is neither the kernel's nor part of the inner elements.
#[derive(Clone, Copy)]
struct Loop {
    extent: usize,
    strides: Offsets,
}

const ONCE: Loop = Loop { extent: 1, strides: [0; 4] };

pub(super) struct Walk<'a, T: Element, K> {
    map: &'a LineMap<T, K>,
    mode: Mode,
    scalars: (Scalar, Scalar),
    x: *const T,
    y: *mut T,
    sides: Sides<T>,
    /// Slowest first; the last is the kernel's outer axis.
    loops: [Loop; MAX_DIMENSIONS],
    count: usize,
    /// Of the axis.
    strides: Offsets,
    inner: usize,
}

// SAFETY: threads read x and the sides, and write disjoint parts of y.
unsafe impl<T: Element, K: Sync> Sync for Walk<'_, T, K> {}

impl<'a, T: Element, K: LineKernel<T>> Walk<'a, T, K> {
    pub fn new(
        map: &'a LineMap<T, K>,
        mode: Mode,
        scalars: (Scalar, Scalar),
        x: &Array,
        y: &Array,
        sides: Sides<T>,
    ) -> Result<Walk<'a, T, K>> {
        let (shape, axis) = (&map.shape[..], map.axis);
        let (from, to) = (x.local()?, y.local()?);
        let (read, write) = (from.strides_as(shape)?, to.strides_as(shape)?);
        // Halo buffers are in C order, with their own length along the axis.
        let packed = |k: usize, len: usize| -> isize {
            let extent = |j: usize| if j == axis { len as isize } else { shape[j] as isize };
            (k + 1..shape.len()).map(extent).product()
        };
        let strides =
            |k: usize| [read[k] as isize, write[k] as isize, packed(k, sides.before_len), packed(k, sides.after_len)];
        let mut walk = Walk {
            map,
            mode,
            scalars,
            x: from.pointer().cast(),
            y: to.pointer().cast(),
            sides,
            loops: [ONCE; MAX_DIMENSIONS],
            count: 0,
            strides: strides(axis),
            inner: 1,
        };
        let mut merged = shape.len();
        while merged > axis + 1 {
            let (n, [x, y, ..]) = (shape[merged - 1] as usize, strides(merged - 1));
            let joins = n == 1 || (x == walk.inner as isize && y == walk.inner as isize);
            if !joins {
                break;
            }
            walk.inner *= n;
            merged -= 1;
        }
        for k in (0..merged).filter(|k| *k != axis) {
            walk.push(Loop { extent: shape[k] as usize, strides: strides(k) });
        }
        Ok(walk)
    }

    /// One more axis inside the others, merged with the last where memory allows it.
    fn push(&mut self, inner: Loop) {
        if inner.extent == 1 {
            return;
        }
        if let Some(last) = self.loops[..self.count].last_mut() {
            if last.strides.iter().zip(inner.strides).all(|(o, i)| *o == i * inner.extent as isize) {
                *last = Loop { extent: last.extent * inner.extent, ..inner };
                return;
            }
        }
        self.loops[self.count] = inner;
        self.count += 1;
    }

    /// Everything that this rank has.
    pub fn all(&self) -> Task {
        let outer = self.loops[..self.count].iter().map(|l| l.extent).product();
        Task { outer: 0..outer, rows: 0..self.map.shape[self.map.axis] as usize, columns: 0..self.inner }
    }

    /// Into how many slabs an interior is cut, with messages moved between them.
    pub fn slabs(&self, task: &Task) -> usize {
        (task.count() / SLAB).clamp(1, SLABS)
    }

    /// Part number `k` of a task, whole lines if there are enough of them, or columns, or rows that are long beside
    /// what they read outside; empty for some where nothing of that can be cut.
    pub fn part(&self, task: &Task, parts: usize, k: usize) -> Task {
        let (before, after) = self.map.kernel.reach(self.mode.transposed());
        let (outer, rows, columns) = (task.outer.len(), task.rows.len(), task.columns.len());
        let cut = |range: &Range<usize>, granule: usize| {
            let part = split(range.len(), parts, k, granule);
            range.start + part.start..range.start + part.end
        };
        let line = (64 / size_of::<T>()).max(1);
        match () {
            _ if outer >= 4 * parts || (outer >= parts && outer % parts == 0) => {
                Task { outer: cut(&task.outer, 1), ..task.clone() }
            }
            _ if columns * size_of::<T>() >= parts * COLUMNS => {
                Task { columns: cut(&task.columns, line), ..task.clone() }
            }
            _ if rows >= parts * (2 * (before + after) + 1) => Task { rows: cut(&task.rows, 1), ..task.clone() },
            _ => Task { outer: cut(&task.outer, 1), ..task.clone() },
        }
    }

    /// Computes a task by all threads. Rows that do not start or end at this rank's slab read as many rows of x beyond
    /// them as the kernel reaches, which the caller sees to.
    pub fn run(&self, pool: &ThreadPool, task: &Task) -> Result<()> {
        if task.count() == 0 {
            return Ok(());
        }
        if pool.len() == 1 || task.count() < SERIAL {
            self.compute(task, 0);
            return Ok(());
        }
        pool.run(&|t| self.compute(&self.part(task, pool.len(), t), t))
    }

    fn compute(&self, task: &Task, thread: usize) {
        if task.count() == 0 {
            return;
        }
        let mut scratch = self.map.scratch[thread].lock().unwrap_or_else(PoisonError::into_inner);
        let scratch = scratch.elements_mut::<T>();
        let outer = self.count.checked_sub(1).map_or(ONCE, |last| self.loops[last]);
        let mut line = task.outer.start;
        while line < task.outer.end {
            let run = (outer.extent - line % outer.extent).min(task.outer.end - line);
            let block = self.block(task, line, outer.strides, run);
            let (alpha, beta) = self.scalars;
            // SAFETY: strides are those of arrays of the operator's space, halos of the exchange of its axis; x and y
            // share no memory.
            unsafe { self.map.kernel.run(self.mode, alpha, beta, &block, scratch) };
            line += run;
        }
    }

    /// Where a line starts.
    fn offsets(&self, line: usize) -> Offsets {
        let (mut rest, mut offsets) = (line, [0isize; 4]);
        for l in self.loops[..self.count].iter().rev() {
            let index = (rest % l.extent) as isize;
            rest /= l.extent;
            offsets.iter_mut().zip(l.strides).for_each(|(o, s)| *o += index * s);
        }
        offsets
    }

    /// `run` lines from number `line` on: what lies beside the task's rows is x itself, or the halo at the ends of the slab.
    fn block(&self, task: &Task, line: usize, outer: Offsets, run: usize) -> Block<T> {
        let at = self.offsets(line);
        let (before, after) = self.map.kernel.reach(self.mode.transposed());
        let (rows, n, column) = (&task.rows, self.map.shape[self.map.axis] as usize, task.columns.start as isize);
        let [x_stride, y_stride, before_stride, after_stride] = self.strides;
        let x = |row: usize| self.x.wrapping_offset(at[0] + row as isize * x_stride + column);
        let before_width = before.min(rows.start);
        let after_width = after.min(n - rows.end);
        let mut halo = Halo {
            before: x(rows.start - before_width),
            before_width,
            before_strides: [outer[0], x_stride],
            after: x(rows.end),
            after_width,
            after_strides: [outer[0], x_stride],
        };
        if rows.start == 0 {
            halo.before = self.sides.before.wrapping_offset(at[2] + column);
            halo.before_width = self.sides.before_len;
            halo.before_strides = [outer[2], before_stride];
        }
        if rows.end == n {
            halo.after = self.sides.after.wrapping_offset(at[3] + column);
            halo.after_width = self.sides.after_len;
            halo.after_strides = [outer[3], after_stride];
        }
        Block {
            x: x(rows.start),
            y: self.y.wrapping_offset(at[1] + rows.start as isize * y_stride + column),
            outer: run,
            n: rows.len(),
            inner: task.columns.len(),
            x_strides: [outer[0], x_stride],
            y_strides: [outer[1], y_stride],
            first: self.map.first + rows.start,
            total: self.map.total,
            line: line * self.inner + task.columns.start,
            line_step: self.inner,
            halo,
        }
    }
}
