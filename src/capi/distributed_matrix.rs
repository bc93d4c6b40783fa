//! Constructor of products with a matrix that is spread over the ranks.

use super::basic::{DLOPS_COLUMN_MAJOR, DLOPS_ROW_MAJOR};
use super::border::{axis as checked_axis, borrow, call, dlops_status, flag, options, Options, Output};
use super::handle::{dlops_operator, dlops_space};
use crate::arrays::{Array, Space};
use crate::error::Result;
use crate::fail;
use crate::operators::basic::{distributed_matrix_mult, transposed_space, Algorithm, DistributedMatrix};
use crate::operators::Operator;
use std::ffi::c_void;

/// What stays and what travels in a product with a distributed matrix: the one that sends the fewest elements; A stays, and
/// X or Y goes round; A and X travel panel by panel on a process grid.
pub const DLOPS_PRODUCT_AUTOMATIC: i32 = 0;
pub const DLOPS_PRODUCT_BLOCK: i32 = 1;
pub const DLOPS_PRODUCT_SUMMA: i32 = 2;

/// Optional choices for a distributed matrix; initialise with DLOPS_DISTRIBUTED_MATRIX_MULT_OPTIONS_INIT. Zero means the
/// default.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct dlops_distributed_matrix_mult_options {
    pub struct_size: usize,
    /// elements from one row (column, if column-major) of this rank's part to the next; 0: packed
    pub leading_dimension: i64,
    /// indices of the inner axis that travel at once, the same on all ranks; 0: chosen
    pub panel: i64,
    /// a space of Y's shape in the layout of the result; NULL: Y lies as A's rows and X's columns, or as X does where X is
    /// not on A's grid
    pub range: *const dlops_space,
    /// order of this rank's part in memory: DLOPS_ROW_MAJOR (the default) or DLOPS_COLUMN_MAJOR
    pub layout: i32,
    /// 1: matrix_space and the elements are those of A^T
    pub transposed: i32,
    /// axis of the domain that A acts along, default 0; negative counts from the last
    pub axis: i32,
    /// DLOPS_PRODUCT_AUTOMATIC, BLOCK or SUMMA
    pub algorithm: i32,
    /// 1: keeps A^T too, so that the adjoint gathers X's kind of panels in place of adding up sums
    pub save_adjoint: i32,
    /// 1: the operator reads the host's memory, which stays valid and unchanged while the operator lives; 0: a copy
    pub borrow: i32,
}

impl Options for dlops_distributed_matrix_mult_options {
    const NAME: &'static str = "dlops_distributed_matrix_mult_options";
}

/// Makes Y = A X with a matrix that is spread over the ranks, as X and Y are: no vector is replicated. Collective.
/// Since 0.1.
///
/// X has shape k x m or k, Y n x m or n (m x k and m x n, if A acts along axis 1); A is n x k in any layout. On a grid of p x q
/// ranks (space options `grid`, or one cut axis) with A's rows and Y's in its rows, A's columns and X's columns in its columns,
/// and X's rows in its rows, nothing is redistributed; cyclic blocks are multiplied as they are, and grids of any shape may
/// have empty ranks. BLOCK keeps A where it is, cut along its rows (k m (p - 1) / p elements of X leave each rank, p of p)
/// or along its columns (as many of Y); SUMMA sends n k (q - 1) / (p q) elements of A and k m (p - 1) / (p q) of X from each
/// rank. Memory: this rank's part of A, unless borrowed, once more with `save_adjoint`, and panels of
/// (2 n / p + 3 m / q) `panel` elements, made here; set-up needs one more part while A changes its layout.
/// A may be real for a complex X of the same precision. A complex one on a real X gives a complex Y; the operator is then
/// only real-linear, with Re(A^H Y) as its adjoint.
/// Source: PyLops-MPI, MPIMatrixMult ("block", "summa"); van de Geijn and Watts, SUMMA, 1997. Deterministic: same P.
/// @param domain        X, with a global shape of one or two axes and no mask
/// @param matrix_space  A, with a global shape of two axes on the same ranks
/// @param matrix        this rank's elements of A, in the memory of matrix_space; copied unless `borrow` is set
/// @param choices       NULL for the defaults
/// @param result        the caller destroys it; dlops_operator_get_range gives its range
/// Errors: NULL_POINTER, HANDLE, ARGUMENT (leading dimension, panel, alignment), AXIS, SHAPE, DTYPE, OPTION, CONTEXT,
/// SPACE (no global shape, masked, wrong memory), LAYOUT (a borrowed A does not lie as the algorithm needs it), UNSUPPORTED,
/// MEMORY, COLLECTIVE.
#[no_mangle]
#[must_use]
pub unsafe extern "C" fn dlops_distributed_matrix_mult_create(
    domain: *const dlops_space,
    matrix_space: *const dlops_space,
    matrix: *const c_void,
    choices: *const dlops_distributed_matrix_mult_options,
    result: *mut *mut dlops_operator,
) -> dlops_status {
    call("dlops_distributed_matrix_mult_create", || {
        let domain = borrow::<Space>(domain, "domain")?;
        let arguments = || -> Result<_> {
            let output = Output::<Operator>::new(result, "result")?;
            let space = borrow::<Space>(matrix_space, "matrix_space")?;
            // SAFETY: the host passes NULL or options with their struct_size.
            let o = unsafe { options(choices) }?;
            let axis = checked_axis(o.axis, domain.shaped("a distributed matrix product")?.0.len(), "axis")?;
            let column_major = match o.layout {
                DLOPS_ROW_MAJOR => false,
                DLOPS_COLUMN_MAJOR => true,
                other => fail!(Option, "layout is {other}, expected DLOPS_ROW_MAJOR (0) or DLOPS_COLUMN_MAJOR (1)"),
            };
            let algorithm = match o.algorithm {
                DLOPS_PRODUCT_AUTOMATIC => Algorithm::Automatic,
                DLOPS_PRODUCT_BLOCK => Algorithm::Block,
                DLOPS_PRODUCT_SUMMA => Algorithm::Summa,
                other => fail!(
                    Option,
                    "algorithm is {other}, expected DLOPS_PRODUCT_AUTOMATIC (0), DLOPS_PRODUCT_BLOCK (1) or \
                     DLOPS_PRODUCT_SUMMA (2)"
                ),
            };
            let range = if o.range.is_null() { None } else { Some(borrow::<Space>(o.range, "range")?) };
            let stored = if column_major { transposed_space(&space)? } else { space };
            // SAFETY: the host passes this rank's elements; where they are borrowed, it keeps them while the operator lives.
            let array = unsafe { wrapped(&stored, matrix, o.leading_dimension) }?;
            let choices = DistributedMatrix {
                algorithm,
                transposed: column_major != flag(o.transposed, "transposed")?,
                save_adjoint: flag(o.save_adjoint, "save_adjoint")?,
                borrow: flag(o.borrow, "borrow")?,
                range,
                panel: o.panel,
                axis,
            };
            Ok((output, array, choices))
        };
        let (output, array, choices) = domain.context().agree(arguments())?;
        output.write(distributed_matrix_mult(&domain, &array, &choices)?)
    })
}

/// This rank's elements of a matrix by rows, which are only read.
///
/// # Safety
/// They stay valid while the array lives.
unsafe fn wrapped(space: &Space, matrix: *const c_void, leading: i64) -> Result<Array> {
    let (shape, _) = space.shaped("a distributed matrix")?;
    let &[rows, length] = space.local_shape() else {
        fail!(Shape, "the matrix has {} axes, expected 2", shape.len());
    };
    if matrix.is_null() && rows * length > 0 {
        fail!(NullPointer, "matrix is NULL, expected {rows} x {length} elements of this rank");
    }
    let leading = if leading == 0 { length } else { leading };
    if leading < length {
        fail!(Argument, "the leading dimension is {leading}, expected {length} or more");
    }
    // SAFETY: the caller's contract.
    unsafe { Array::wrap_strided(space, matrix.cast_mut().cast(), &[leading, 1], None) }
}
