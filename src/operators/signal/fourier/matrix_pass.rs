//! Transforms along the rows' index of a matrix that stands for one axis of an array.

use crate::arrays::{Array, Space};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::layout::MAX_DIMENSIONS;
use crate::operators::Mode;
use crate::transform::{Direction, Kind, Pass, Precision, Side};

/// Local elements along the axis are a matrix in C order, of which each column is transformed; the spectra are columns
/// again, or rows where the pass is `turned`.
pub(super) struct MatrixPass<R: Precision> {
    pass: Pass<R>,
    axis: usize,
    /// Local, before and after.
    shape: Vec<i64>,
    rows: i64,
    columns: i64,
    turned: bool,
}

impl<R: Precision> MatrixPass<R> {
    /// `rows` divides the local elements of `space` along `axis`.
    pub fn new(
        threads: usize,
        kind: Kind,
        space: &Space,
        axis: usize,
        rows: i64,
        turned: bool,
    ) -> Result<MatrixPass<R>> {
        let length = rows as usize;
        let pass = Pass::new((threads, super::chain::bits(space)), axis, kind, length, length, [false; 2])?;
        let shape = space.local_shape();
        Ok(MatrixPass { pass, axis, shape: shape.to_vec(), rows, columns: shape[axis] / rows, turned })
    }

    /// to := scale op(pass) from + beta to; both are apart where the pass is turned.
    pub fn take(&self, mode: Mode, (scale, from): (Scalar, &Array), (beta, to): (Scalar, &Array)) -> Result<()> {
        if self.shape.contains(&0) {
            return Ok(());
        }
        let direction = Direction { back: mode.transposed(), positive: mode.conjugated() };
        let (source, target) = (from.local()?, to.local()?);
        // The matrix has the side of the model one way round, that of the spectrum perhaps the other.
        let strides = |local: &crate::arrays::local::Local, spectrum: bool| -> Result<[i64; MAX_DIMENSIONS + 1]> {
            let outer = local.strides_as(&self.shape)?;
            let along = outer[self.axis];
            let mut strides = [1; MAX_DIMENSIONS + 1];
            strides[..self.axis].copy_from_slice(&outer[..self.axis]);
            strides[self.axis + 2..].copy_from_slice(&outer[self.axis + 1..]);
            (strides[self.axis], strides[self.axis + 1]) =
                if spectrum && self.turned { (along, along * self.rows) } else { (along * self.columns, along) };
            Ok(strides)
        };
        let (before, after) = (strides(source, direction.back)?, strides(target, !direction.back)?);
        let axes = self.shape.len() + 1;
        let mut extents = [1; MAX_DIMENSIONS + 1];
        for (k, n) in self.shape.iter().enumerate() {
            extents[if k > self.axis { k + 1 } else { k }] = *n as usize;
        }
        (extents[self.axis], extents[self.axis + 1]) = (self.rows as usize, self.columns as usize);
        let sides = (
            Side { pointer: source.pointer(), strides: &before[..axes] },
            Side { pointer: target.pointer(), strides: &after[..axes] },
        );
        let pool = from.space().context().threads();
        // SAFETY: both arrays have these lines: rows times columns elements along the axis; turned ones are apart.
        unsafe { self.pass.run(pool, direction, &extents[..axes], (scale, sides.0), (beta, sides.1)) }
    }
}
