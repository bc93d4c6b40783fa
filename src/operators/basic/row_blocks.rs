//! y = beta y + alpha A^T x for a few right-hand sides on several threads, which share the rows of A.
//!
//! Were they to share its columns, each would read a piece of every row; of rows of some 10 KB that takes a tenth longer.
//! The kernels add up `FOLD_ROWS` rows before they add to y. So each such block of rows has sums of its own here, which are
//! added in the blocks' order: an element has the bits that one thread gives it.

use super::dense_product::Product;
use crate::dtype::{DType, Element, Scalar};
use crate::error::Result;
use crate::kernels::cpu::LINE;
use crate::kernels::host::gemv::{FOLD_ROWS, MAX_COLUMNS};
use crate::storage::HostMemory;
use crate::threads::{split, ThreadPool};
use std::ops::Range;
use std::sync::Mutex;

/// Bytes of a thread's piece of a row from which on it is read as fast as whole rows.
const LONG: usize = 128 << 10;

/// Memory for the sums of all blocks but the first, whose sums go to y at once: at most as large as A, times right-hand
/// sides over `FOLD_ROWS`.
pub(super) struct RowBlocks(Mutex<HostMemory>);

/// Where a block's sums go.
struct Sums<T>(*mut T);

// SAFETY: threads write disjoint parts, and read when all have written.
unsafe impl<T: Element> Sync for Sums<T> {}

impl<T: Element> Sums<T> {
    /// Of block `block > 0`, `length` numbers each.
    fn of(&self, block: usize, length: usize) -> *mut T {
        self.0.wrapping_add((block - 1) * length)
    }
}

impl RowBlocks {
    /// For a stored matrix of `rows` rows of `columns` elements; None where threads may as well share the columns.
    pub fn new(
        threads: usize,
        dtype: DType,
        [rows, columns]: [usize; 2],
        right_hand_sides: usize,
    ) -> Result<Option<RowBlocks>> {
        let (blocks, columns_at_once) = (rows.div_ceil(FOLD_ROWS), right_hand_sides.min(MAX_COLUMNS));
        if threads == 1 || blocks < 2 || columns * dtype.size() / threads >= LONG {
            return Ok(None);
        }
        let memory = HostMemory::for_elements((blocks - 1) * columns * columns_at_once, dtype.size())?;
        Ok(Some(RowBlocks(Mutex::new(memory))))
    }

    /// The product with `right_hand_sides` columns, which are contiguous or one. False, and y as it was, for more of them
    /// than there is memory for, and while another thread of the host applies the operator.
    pub fn compute<T: Element>(
        &self,
        pool: &ThreadPool,
        product: &Product<T>,
        right_hand_sides: usize,
        alpha: Scalar,
        beta: Scalar,
    ) -> Result<bool> {
        let Ok(mut memory) = self.0.try_lock() else { return Ok(false) };
        let (rows, columns) = (product.matrix.rows, product.matrix.columns);
        let (blocks, length) = (rows.div_ceil(FOLD_ROWS), columns * right_hand_sides);
        if right_hand_sides > MAX_COLUMNS || (blocks - 1) * length * size_of::<T>() > memory.bytes() {
            return Ok(false);
        }
        let sums = Sums(memory.as_mut_ptr().cast::<T>());
        let (threads, line) = (pool.len(), LINE / size_of::<T>());
        let lines = columns.div_ceil(line);
        pool.run(&|t| {
            // Of all lines of all rows; a block's are shared by columns, so that nobody waits for a short last block.
            let share = split(rows * lines, threads, t, 1);
            for block in 0..blocks {
                let part = block * FOLD_ROWS..rows.min((block + 1) * FOLD_ROWS);
                let column = |at: usize| {
                    let at = at.clamp(part.start * lines, part.end * lines) - part.start * lines;
                    (at / part.len() * line).min(columns)
                };
                let columns = column(share.start)..column(share.end);
                let p = product.of_stored_rows(part.clone());
                if block == 0 {
                    p.compute(alpha, beta, columns, 0..right_hand_sides);
                } else {
                    let y = sums.of(block, length);
                    let p =
                        Product { y, rows: [p.rows[0], right_hand_sides as isize], columns: [p.columns[0], 1], ..p };
                    p.compute(alpha, Scalar::ZERO, columns, 0..right_hand_sides);
                }
            }
        })?;
        pool.run(&|t| {
            let columns = split(columns, threads, t, line);
            (1..blocks).for_each(|block| add(product, sums.of(block, length), columns.clone(), right_hand_sides));
        })?;
        Ok(true)
    }
}

/// Adds a block's sums to the elements of y for these columns of A.
fn add<T: Element>(product: &Product<T>, sums: *const T, columns: Range<usize>, right_hand_sides: usize) {
    for j in columns {
        for k in 0..right_hand_sides {
            let y = product.moved([0, j as isize * product.rows[1] + k as isize * product.columns[1]]).y;
            // SAFETY: an element of y, and of the block's sums, that only this thread writes.
            unsafe { *y = *y + *sums.add(j * right_hand_sides + k) };
        }
    }
}
