//! The lines of two strided blocks along one axis, tile by tile.

use crate::kernels::host::line_tile::Lines;
use crate::layout::MAX_DIMENSIONS;

/// Lines of one side of a tile, whatever their elements are.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub pointer: *mut u8,
    /// In elements, as the strides.
    pub offset: isize,
    pub along: isize,
    pub across: isize,
    pub count: usize,
}

impl Place {
    pub fn lines<T>(&self) -> Lines<T> {
        let pointer = self.pointer.cast::<T>().wrapping_offset(self.offset);
        Lines { pointer, along: self.along, across: self.across, count: self.count }
    }

    /// The first element of a line.
    pub fn line<T>(&self, k: usize) -> *mut T {
        self.pointer.cast::<T>().wrapping_offset(self.offset + k as isize * self.across)
    }
}

/// All lines of two blocks, in tiles: neighbours along one axis, for all indices of the others.
pub(super) struct Walk {
    pub along: [isize; 2],
    pub across: [isize; 2],
    /// Lines side by side, and how many of them a tile takes.
    row: usize,
    pub width: usize,
    /// Extents and strides of the outer axes, slowest first.
    outer: [(usize, [isize; 2]); MAX_DIMENSIONS],
    axes: usize,
}

impl Walk {
    pub fn new(axis: usize, width: usize, extents: &[usize], strides: [&[i64]; 2]) -> Walk {
        let stride = |k: usize| [strides[0][k] as isize, strides[1][k] as isize];
        let mut walk =
            Walk { along: stride(axis), across: [0; 2], row: 1, width, outer: [(1, [0; 2]); MAX_DIMENSIONS], axes: 0 };
        for k in (0..extents.len()).filter(|k| *k != axis) {
            let (n, step) = (extents[k], stride(k));
            // An axis whose indices follow those of the one before at the same distance is one with it.
            match walk.outer[..walk.axes].last_mut() {
                Some((count, before)) if *before == step.map(|s| s * n as isize) || *count == 1 => {
                    (*count, *before) = (*count * n, step);
                }
                _ => {
                    walk.outer[walk.axes] = (n, step);
                    walk.axes += 1;
                }
            }
        }
        if walk.axes > 0 {
            walk.axes -= 1;
            (walk.row, walk.across) = walk.outer[walk.axes];
        }
        walk
    }

    pub fn lines(&self) -> usize {
        self.row * self.outer[..self.axes].iter().map(|o| o.0).product::<usize>()
    }

    pub fn tiles(&self) -> usize {
        self.row.div_ceil(self.width) * self.outer[..self.axes].iter().map(|o| o.0).product::<usize>()
    }

    /// Number of lines, and the offset of the first one on both sides.
    pub fn tile(&self, k: usize) -> (usize, [isize; 2]) {
        let each = self.row.div_ceil(self.width);
        let (mut rest, first) = (k / each, k % each * self.width);
        let mut offsets = self.across.map(|s| s * first as isize);
        for (n, step) in self.outer[..self.axes].iter().rev() {
            let index = (rest % n) as isize;
            rest /= n;
            offsets.iter_mut().zip(step).for_each(|(o, s)| *o += s * index);
        }
        (self.width.min(self.row - first), offsets)
    }
}
