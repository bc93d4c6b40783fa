//! A dense matrix, in the host's memory or in a copy.

use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::kernels::host::gemv::Matrix;
use crate::operators::Mode;
use crate::storage::HostMemory;

/// A dense matrix in the host's memory or in a copy.
pub struct DenseMatrix {
    dtype: DType,
    /// Of A.
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// A is stored by columns, which is A^T stored by rows.
    column_major: bool,
    /// Elements from one stored row or column to the next.
    leading: usize,
    data: *const u8,
    /// Keeps a copy alive.
    copy: Option<HostMemory>,
}

// SAFETY: the elements are only read; who lends them keeps them as long as the matrix.
unsafe impl Send for DenseMatrix {}
// SAFETY: as above.
unsafe impl Sync for DenseMatrix {}

impl DenseMatrix {
    /// A view of `rows` x `columns` elements with `leading` elements from one row (column, if `column_major`) to the
    /// next; 0 takes the smallest.
    ///
    /// # Safety
    /// The elements are valid, and not written to, as long as the matrix and operators made of it live.
    pub unsafe fn borrowed(
        dtype: DType,
        (rows, columns): (i64, i64),
        data: *const u8,
        column_major: bool,
        leading: i64,
    ) -> Result<DenseMatrix> {
        for (name, n) in [("rows", rows), ("columns", columns)] {
            if n < 0 {
                fail!(Argument, "{name} is {n}, expected 0 or more");
            }
        }
        if dtype.is_integer() {
            fail!(DType, "the matrix is {}, expected a floating-point type", dtype.name());
        }
        let (stored, length) = if column_major { (columns, rows) } else { (rows, columns) };
        let leading = if leading == 0 { length } else { leading };
        if leading < length {
            fail!(Argument, "the leading dimension is {leading}, expected {length} or more");
        }
        let extent = leading.checked_mul(stored).and_then(|n| n.checked_mul(dtype.size() as i64));
        if extent.is_none_or(|bytes| bytes > isize::MAX as i64) {
            fail!(Memory, "a matrix of {rows} x {columns} with leading dimension {leading} exceeds the address space");
        }
        if data.is_null() && rows > 0 && columns > 0 {
            fail!(NullPointer, "matrix is NULL, expected {rows} x {columns} elements");
        }
        if !(data as usize).is_multiple_of(dtype.real().size()) {
            fail!(Argument, "the matrix at {data:p} is not aligned for {}", dtype.name());
        }
        let (rows, columns, leading) = (rows as usize, columns as usize, leading as usize);
        Ok(DenseMatrix { dtype, rows, columns, column_major, leading, data, copy: None })
    }

    /// The same matrix in memory of its own, packed.
    pub fn to_owned(&self) -> Result<DenseMatrix> {
        let [stored, length] = self.lines();
        let size = self.dtype.size();
        let mut copy = HostMemory::for_elements(stored * length, size)?;
        let target = copy.as_mut_ptr();
        for row in 0..if length == 0 { 0 } else { stored } {
            let source = self.data.wrapping_add(row * self.leading * size);
            // SAFETY: each stored row has `length` elements on both sides.
            unsafe { std::ptr::copy_nonoverlapping(source, target.add(row * length * size), length * size) };
        }
        Ok(DenseMatrix { leading: length, data: copy.as_ptr(), copy: Some(copy), ..*self })
    }

    pub(super) fn dtype(&self) -> DType {
        self.dtype
    }

    pub(super) fn is_column_major(&self) -> bool {
        self.column_major
    }

    pub(super) fn data(&self) -> *const u8 {
        self.data
    }

    pub(super) fn is_copy(&self) -> bool {
        self.copy.is_some()
    }

    /// The rows, or columns, that follow one another in memory, and the elements of each.
    pub(super) fn lines(&self) -> [usize; 2] {
        if self.column_major {
            [self.columns, self.rows]
        } else {
            [self.rows, self.columns]
        }
    }

    /// op(A) for the kernels.
    pub(super) fn oriented<T>(&self, mode: Mode) -> Matrix<T> {
        let [rows, columns] = self.lines();
        Matrix {
            data: self.data.cast(),
            rows,
            columns,
            leading: self.leading as isize,
            transposed: self.column_major != mode.transposed(),
            conj: mode.conjugated(),
        }
    }
}
