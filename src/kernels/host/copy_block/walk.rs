//! The order in which a strided block is walked: that of the target, with neighbouring axes merged.

use crate::error::Result;
use crate::fail;

/// The most axes of a block.
pub const MAX_AXES: usize = 16;

/// One axis of a walk: extent, and strides in elements of either side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    pub extent: usize,
    pub target: isize,
    pub source: isize,
}

const POINT: Axis = Axis { extent: 1, target: 1, source: 1 };

/// The axes of a block, slowest in the target first.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    pub axes: [Axis; MAX_AXES],
    pub count: usize,
}

impl Walk {
    /// None for a block without elements.
    pub fn new(extents: &[usize], target: &[isize], source: &[isize]) -> Result<Option<Walk>> {
        let n = extents.len();
        if n > MAX_AXES || target.len() != n || source.len() != n {
            fail!(
                Shape,
                "a block of {n} axes has {} target and {} source strides; at most {MAX_AXES} axes are supported",
                target.len(),
                source.len()
            );
        }
        let mut walk = Walk { axes: [POINT; MAX_AXES], count: 0 };
        for (i, &extent) in extents.iter().enumerate() {
            if extent == 0 {
                return Ok(None);
            }
            if extent > 1 {
                walk.axes[walk.count] = Axis { extent, target: target[i], source: source[i] };
                walk.count += 1;
            }
        }
        let axes = &mut walk.axes[..walk.count];
        axes.sort_by_key(|a| std::cmp::Reverse((a.target.unsigned_abs(), a.source.unsigned_abs())));
        walk.merge();
        Ok(Some(walk))
    }

    fn merge(&mut self) {
        let mut kept = 0;
        for i in 1..self.count {
            let (outer, inner) = (self.axes[kept], self.axes[i]);
            let joins = |o: isize, n: isize| n.checked_mul(inner.extent as isize) == Some(o);
            if joins(outer.target, inner.target) && joins(outer.source, inner.source) {
                self.axes[kept] = Axis { extent: outer.extent * inner.extent, ..inner };
            } else {
                kept += 1;
                self.axes[kept] = inner;
            }
        }
        self.count = self.count.min(kept + 1);
    }

    /// Takes the fastest axis of the target and, where it is another, the fastest of the source out of the walk.
    pub fn take_inner(&mut self) -> (Option<Axis>, Axis) {
        if self.count == 0 {
            return (None, POINT);
        }
        self.count -= 1;
        let row = self.axes[self.count];
        let outer = &self.axes[..self.count];
        let fastest = (0..outer.len()).min_by_key(|i| outer[*i].source.unsigned_abs());
        match fastest.filter(|i| outer[*i].source.unsigned_abs() < row.source.unsigned_abs()) {
            None => (None, row),
            Some(i) => {
                let column = self.axes[i];
                self.axes.copy_within(i + 1..self.count, i);
                self.count -= 1;
                (Some(column), row)
            }
        }
    }

    /// Calls f with the target's and the source's offset of every combination of the axes left.
    #[inline(always)]
    pub fn for_each(&self, mut f: impl FnMut(isize, isize)) {
        let mut index = [0usize; MAX_AXES];
        let (mut target, mut source) = (0isize, 0isize);
        loop {
            f(target, source);
            let mut axis = self.count;
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                let a = self.axes[axis];
                index[axis] += 1;
                target += a.target;
                source += a.source;
                if index[axis] < a.extent {
                    break;
                }
                index[axis] = 0;
                target -= a.target * a.extent as isize;
                source -= a.source * a.extent as isize;
            }
        }
    }
}
