//! Kernels along an axis, and what a map of one keeps.

use crate::arrays::halo::Halo;
use crate::arrays::Space;
use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::kernels::cuda::banded::{Band, Rows};
use crate::kernels::host::convolve::Block;
use crate::operators::Mode;
use crate::storage::HostMemory;
use std::marker::PhantomData;
use std::sync::Mutex;

/// A square matrix along an axis, applied to blocks of lines.
pub(crate) trait LineKernel<T: Element>: Send + Sync + 'static {
    fn name(&self) -> &'static str;
    fn details(&self) -> String;
    /// How many elements before and after an output are read: of A, or of A^T.
    fn reach(&self, transposed: bool) -> (usize, usize);
    /// A or A^T, of `total` rows, with coefficients as the device takes them; called after `settle`.
    fn band(&self, transposed: bool, total: usize) -> Band;
    /// Elements of scratch that `run` needs.
    fn scratch_len(&self) -> usize;
    /// Keeps what belongs to this rank's lines of the space.
    fn settle(&mut self, _space: &Space, _axis: usize) -> Result<()> {
        Ok(())
    }
    /// y := alpha op(A) x + beta y on the rows of the block.
    ///
    /// # Safety
    /// x, y and the halo are valid for the block's sizes and strides, and y overlaps none of them.
    unsafe fn run(&self, mode: Mode, alpha: Scalar, beta: Scalar, block: &Block<T>, scratch: &mut [T]);
}

/// The lines of a space along an axis that is whole, or cut into one interval a rank.
pub(super) struct LineMap<T, K> {
    pub kernel: K,
    pub axis: usize,
    /// This rank's extents.
    pub shape: Vec<i64>,
    /// Global index of this rank's first element along the axis, and how many there are in all.
    pub first: usize,
    pub total: usize,
    /// None where the axis is whole; one for both directions where they reach as far, or one for each.
    pub halos: Vec<Mutex<Halo>>,
    /// One a thread.
    pub scratch: Vec<Mutex<HostMemory>>,
    /// A and A^T on the device, where the space is there.
    pub on_device: Option<[Rows; 2]>,
    pub element: PhantomData<fn() -> T>,
}
