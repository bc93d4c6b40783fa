//! Contiguous runs of strided local memory, in C order, without allocation.

use crate::layout::MAX_DIMENSIONS;

/// A strided block with neighbouring axes merged where memory allows it.
#[derive(Clone, Copy)]
pub struct Runs {
    base: *mut u8,
    element: usize,
    axes: usize,
    shape: [usize; MAX_DIMENSIONS],
    strides: [usize; MAX_DIMENSIONS],
}

// SAFETY: a plain address; who dereferences it vouches for the memory.
unsafe impl Send for Runs {}
// SAFETY: as above.
unsafe impl Sync for Runs {}

impl Runs {
    /// `shape` and `strides` in elements, at most `MAX_DIMENSIONS` axes, the last one contiguous.
    pub fn new(base: *mut u8, element: usize, shape: &[i64], strides: &[i64]) -> Runs {
        let mut runs = Runs { base, element, axes: 0, shape: [1; MAX_DIMENSIONS], strides: [1; MAX_DIMENSIONS] };
        for (n, stride) in shape.iter().zip(strides) {
            let (n, stride) = (*n as usize, *stride as usize);
            if n == 1 {
                continue;
            }
            let last = runs.axes.wrapping_sub(1);
            if runs.axes > 0 && runs.strides[last] == n * stride {
                runs.shape[last] *= n;
                runs.strides[last] = stride;
            } else {
                runs.shape[runs.axes] = n;
                runs.strides[runs.axes] = stride;
                runs.axes += 1;
            }
        }
        // The last axis of a row of single elements: [2, 1] with strides [4, 1].
        if runs.axes == 0 || (runs.strides[runs.axes - 1] != 1 && runs.axes < MAX_DIMENSIONS) {
            (runs.shape[runs.axes], runs.strides[runs.axes]) = (1, 1);
            runs.axes += 1;
        }
        runs
    }

    /// No elements.
    pub fn empty() -> Runs {
        Runs::new(std::ptr::null_mut(), 1, &[0], &[1])
    }

    pub fn is_contiguous(shape: &[i64], strides: &[i64]) -> bool {
        shape.contains(&0) || Runs::new(std::ptr::null_mut(), 1, shape, strides).axes == 1
    }

    pub fn count(&self) -> usize {
        self.shape[..self.axes].iter().product()
    }

    /// The address of element `index` in C order, and how many elements follow it contiguously (itself included).
    pub fn at(&self, index: usize) -> (*mut u8, usize) {
        let run = self.shape[self.axes - 1];
        let (mut row, column) = (index / run.max(1), index % run.max(1));
        let mut offset = column;
        for axis in (0..self.axes - 1).rev() {
            offset += (row % self.shape[axis]) * self.strides[axis];
            row /= self.shape[axis];
        }
        (self.base.wrapping_add(offset * self.element), run - column)
    }
}

/// Visits elements `from..to` of several blocks with the same count, in C order, in runs contiguous in all of them.
pub fn zip_runs<const N: usize>(
    blocks: [&Runs; N],
    from: usize,
    to: usize,
    mut visit: impl FnMut([*mut u8; N], usize),
) {
    let mut index = from;
    while index < to {
        let mut run = to - index;
        let pointers = blocks.map(|b| {
            let (pointer, left) = b.at(index);
            run = run.min(left);
            pointer
        });
        visit(pointers, run);
        index += run;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padded_rows_are_visited_in_order() {
        let mut memory: Vec<f64> = (0..40).map(f64::from).collect();
        let base = memory.as_mut_ptr().cast::<u8>();
        let padded = Runs::new(base, 8, &[2, 3, 2], &[20, 4, 1]);
        let flat = Runs::new(base, 8, &[12], &[1]);
        let mut seen = Vec::new();
        zip_runs([&padded, &flat], 1, 11, |[p, _], n| {
            // SAFETY: the runs lie inside `memory`.
            let row = unsafe { std::slice::from_raw_parts(p.cast::<f64>(), n) };
            seen.extend_from_slice(row);
        });
        assert_eq!(seen, [1.0, 4.0, 5.0, 8.0, 9.0, 20.0, 21.0, 24.0, 25.0, 28.0]);
        assert!(Runs::is_contiguous(&[2, 1, 3], &[3, 99, 1]));
        assert!(!Runs::is_contiguous(&[2, 3], &[4, 1]));
        assert!(!Runs::is_contiguous(&[2, 1], &[4, 1]));
        assert_eq!(Runs::new(base, 8, &[2, 1], &[4, 1]).at(1), (base.wrapping_add(32), 1));
        assert_eq!(Runs::new(base, 8, &[0, 3], &[3, 1]).count(), 0);
    }
}
