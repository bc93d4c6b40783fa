//! One element of a space: local memory, or a list of components.

use super::memory::{Access, Block, Release};
use super::runs::Runs;
use super::space::Space;
use crate::dtype::{DType, Element};
use crate::error::Result;
use crate::fail;
use crate::layout::MAX_DIMENSIONS;
use std::sync::Arc;

/// A shared handle; clones are the same array.
#[derive(Clone)]
pub struct Array(Arc<Inner>);

struct Inner {
    space: Space,
    data: Data,
}

enum Data {
    Leaf(Local),
    Product(Vec<Array>),
}

/// This rank's elements of a leaf: `shape` in C order, `strides` in elements, the last axis contiguous.
#[derive(Clone)]
pub struct Local {
    block: Arc<Block>,
    pointer: *mut u8,
    pub shape: Vec<i64>,
    pub strides: Vec<i64>,
    dtype: DType,
    contiguous: bool,
}

// SAFETY: the pointer lies in `block`, which is Send and Sync under the same contract.
unsafe impl Send for Local {}
// SAFETY: as above.
unsafe impl Sync for Local {}

/// Strides in elements of a C-contiguous block.
pub fn contiguous_strides(shape: &[i64]) -> Vec<i64> {
    let mut strides = vec![1; shape.len()];
    for k in (0..shape.len().saturating_sub(1)).rev() {
        strides[k] = strides[k + 1] * shape[k + 1].max(1);
    }
    strides
}

fn bytes_of(count: i64, dtype: DType) -> Result<usize> {
    match usize::try_from(count).ok().and_then(|n| n.checked_mul(dtype.size())) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(bytes),
        _ => fail!(Memory, "{count} elements of {} do not fit the address space", dtype.name()),
    }
}

impl Array {
    /// An array of the library's own memory; its elements are unspecified until written. Local.
    pub fn new(space: &Space) -> Result<Array> {
        if space.is_product() {
            let parts = space.components().iter().map(Array::new).collect::<Result<Vec<_>>>()?;
            return Ok(Array(Arc::new(Inner { space: space.clone(), data: Data::Product(parts) })));
        }
        let block = Block::allocate(bytes_of(space.local_count(), space.dtype())?)?;
        Ok(Array::over(
            space,
            Arc::new(block),
            0,
            space.local_shape().to_vec(),
            contiguous_strides(space.local_shape()),
        ))
    }

    /// An array over the host's memory, C-contiguous, zero copy. Local.
    ///
    /// # Safety
    /// `pointer` is valid for this rank's elements until `release` is called (or, without one, until the last handle
    /// of the array and of everything that holds it is destroyed).
    pub unsafe fn wrap(space: &Space, pointer: *mut u8, release: Option<Release>) -> Result<Array> {
        // SAFETY: contiguous strides are the ones the caller vouches for.
        unsafe { Array::wrap_strided(space, pointer, &contiguous_strides(space.local_shape()), release) }
    }

    /// An array over the host's padded or ghosted memory: one stride in elements per axis of the local shape. Local.
    ///
    /// # Safety
    /// As for `wrap`, for every element that shape and strides reach.
    pub unsafe fn wrap_strided(
        space: &Space,
        pointer: *mut u8,
        strides: &[i64],
        release: Option<Release>,
    ) -> Result<Array> {
        if space.is_product() {
            fail!(Space, "a product space has no single buffer to wrap; wrap its components and compose them");
        }
        let extent = strided_extent(space.local_shape(), strides)?;
        let bytes = bytes_of(extent, space.dtype())?;
        if pointer.is_null() && bytes > 0 {
            fail!(NullPointer, "data is NULL for {} local elements", space.local_count());
        }
        if bytes > 0 && !(pointer as usize).is_multiple_of(space.dtype().real().size()) {
            fail!(Argument, "data at {pointer:p} is not aligned for {}", space.dtype().name());
        }
        // SAFETY: the caller vouches for every element that shape and strides reach.
        let block = unsafe { Block::borrow(pointer, bytes, release) };
        Ok(Array::over(space, Arc::new(block), 0, space.local_shape().to_vec(), strides.to_vec()))
    }

    fn over(space: &Space, block: Arc<Block>, offset: i64, shape: Vec<i64>, strides: Vec<i64>) -> Array {
        let dtype = space.dtype();
        let contiguous = Runs::is_contiguous(&shape, &strides);
        let pointer = block.pointer().wrapping_offset(offset as isize * dtype.size() as isize);
        let local = Local { block, pointer, shape, strides, dtype, contiguous };
        Array(Arc::new(Inner { space: space.clone(), data: Data::Leaf(local) }))
    }

    /// An array of a product space made of existing arrays, without a copy. Local.
    pub fn compose(parts: &[Array]) -> Result<Array> {
        let spaces: Vec<Space> = parts.iter().map(|p| p.space().clone()).collect();
        for (i, a) in parts.iter().enumerate() {
            if let Some(j) = parts[..i].iter().position(|b| a.overlaps(b)) {
                fail!(Overlap, "components {j} and {i} share memory");
            }
        }
        let space = Space::product(&spaces)?;
        Ok(Array(Arc::new(Inner { space, data: Data::Product(parts.to_vec()) })))
    }

    /// The same memory as an element of a congruent space. Local.
    pub fn view_as(&self, space: &Space) -> Result<Array> {
        self.space().require_congruent(space, "the array", "the space of the view")?;
        self.reinterpret(space)
    }

    /// The same local memory as an element of any space with the same local count and dtype. Local.
    pub fn reinterpret(&self, space: &Space) -> Result<Array> {
        let Data::Leaf(local) = &self.0.data else {
            if space.components().len() != self.parts().len() {
                fail!(Space, "an array of {} cannot be viewed as {space}: the components differ", self.space());
            }
            return Ok(Array(Arc::new(Inner { space: space.clone(), data: Data::Product(self.parts().to_vec()) })));
        };
        if space.dtype() != self.dtype() || space.local_count() != self.local_count() || space.is_product() {
            fail!(Space, "an array of {} cannot be viewed as {space}: the local elements differ", self.space());
        }
        let shape = space.local_shape();
        let strides = match () {
            _ if local.contiguous => contiguous_strides(shape),
            _ if shape == local.shape => local.strides.clone(),
            _ => fail!(Unsupported, "a strided array cannot be viewed with another local shape; copy it first"),
        };
        Ok(Array::over(space, local.block.clone(), self.offset(local), shape.to_vec(), strides))
    }

    /// A part of this rank's elements, counted from `offset`, as an element of `space`; needs contiguous memory. Local.
    pub fn slice(&self, space: &Space, offset: i64) -> Result<Array> {
        let local = self.local()?;
        if space.is_product() {
            fail!(Space, "a part of an array cannot be of a product space; take a part for each component");
        }
        let end = offset.checked_add(space.local_count());
        if !local.contiguous
            || offset < 0
            || end.is_none_or(|e| e > self.local_count())
            || space.dtype() != self.dtype()
        {
            fail!(Argument, "elements {offset} to {end:?} are not a contiguous part of an array of {}", self.space());
        }
        let shape = space.local_shape();
        let at = self.offset(local) + offset;
        Ok(Array::over(space, local.block.clone(), at, shape.to_vec(), contiguous_strides(shape)))
    }

    /// An array over no memory yet, whose leaves share the empty `block`: what `lay_over` moves about. Local.
    pub(super) fn unplaced(space: &Space, block: &Arc<Block>) -> Array {
        if space.is_product() {
            let parts = space.components().iter().map(|s| Array::unplaced(s, block)).collect();
            return Array(Arc::new(Inner { space: space.clone(), data: Data::Product(parts) }));
        }
        let shape = space.local_shape().to_vec();
        let strides = contiguous_strides(&shape);
        Array::over(space, block.clone(), 0, shape, strides)
    }

    /// Whether this is the only handle of the array, and of its components.
    pub(super) fn is_only_handle(&mut self) -> bool {
        match Arc::get_mut(&mut self.0).map(|inner| &mut inner.data) {
            None => false,
            Some(Data::Leaf(_)) => true,
            Some(Data::Product(parts)) => parts.iter_mut().all(Array::is_only_handle),
        }
    }

    /// Moves the only handle of an array to the elements of `parent` from `offset` on: the leaves of a product follow
    /// one another, or lie over the components of a product of the same kind. Allocates nothing.
    pub(super) fn lay_over(&mut self, parent: &Array, offset: i64) -> Result<()> {
        let Some(inner) = Arc::get_mut(&mut self.0) else { fail!(State, "the view is held elsewhere") };
        match (&mut inner.data, &parent.0.data) {
            (Data::Leaf(local), Data::Leaf(from)) => local.lay_over(from, offset),
            (Data::Product(parts), Data::Leaf(_)) => {
                let mut at = offset;
                parts.iter_mut().try_for_each(|part| {
                    let start = at;
                    at += part.local_count();
                    part.lay_over(parent, start)
                })
            }
            (Data::Product(parts), Data::Product(from)) if parts.len() == from.len() && offset == 0 => {
                parts.iter_mut().zip(from).try_for_each(|(part, from)| part.lay_over(from, 0))
            }
            _ => fail!(Space, "an array of {} cannot be viewed as {}", parent.space(), inner.space),
        }
    }

    /// Moves the only handle of an array off the memory that it lies over.
    pub(super) fn lift(&mut self, block: &Arc<Block>) {
        match Arc::get_mut(&mut self.0).map(|inner| &mut inner.data) {
            None => {}
            Some(Data::Leaf(local)) => (local.block, local.pointer) = (block.clone(), block.pointer()),
            Some(Data::Product(parts)) => parts.iter_mut().for_each(|part| part.lift(block)),
        }
    }

    fn offset(&self, local: &Local) -> i64 {
        (local.pointer as i64 - local.block.pointer() as i64) / self.dtype().size() as i64
    }

    pub fn space(&self) -> &Space {
        &self.0.space
    }

    pub fn dtype(&self) -> DType {
        self.0.space.dtype()
    }

    pub fn local_count(&self) -> i64 {
        self.0.space.local_count()
    }

    /// The components of an array of a product space; empty for a leaf.
    pub fn parts(&self) -> &[Array] {
        match &self.0.data {
            Data::Product(parts) => parts,
            Data::Leaf(_) => &[],
        }
    }

    /// This rank's memory of a leaf.
    pub fn local(&self) -> Result<&Local> {
        match &self.0.data {
            Data::Leaf(local) => Ok(local),
            Data::Product(_) => {
                fail!(Space, "an array of a product space has no buffer of its own; take its components")
            }
        }
    }

    /// Visits every leaf, components in order.
    pub fn for_each_leaf(&self, visit: &mut dyn FnMut(&Array) -> Result<()>) -> Result<()> {
        match &self.0.data {
            Data::Leaf(_) => visit(self),
            Data::Product(parts) => parts.iter().try_for_each(|p| p.for_each_leaf(visit)),
        }
    }

    /// Whether the two have an address range in common. An array overlaps itself also on a rank without elements, so
    /// that all ranks see the same.
    pub fn overlaps(&self, other: &Array) -> bool {
        if Arc::ptr_eq(&self.0, &other.0) {
            return true;
        }
        match (&self.0.data, &other.0.data) {
            (Data::Leaf(a), Data::Leaf(b)) => a.overlaps(b),
            (Data::Product(parts), _) => parts.iter().any(|p| p.overlaps(other)),
            (_, Data::Product(parts)) => parts.iter().any(|p| self.overlaps(p)),
        }
    }

    /// An error while the host holds any of the memory.
    pub fn check_free(&self, who: &str, writing: bool) -> Result<()> {
        match &self.0.data {
            Data::Leaf(local) => local.block.check_free(who, writing),
            Data::Product(parts) => parts.iter().try_for_each(|p| p.check_free(who, writing)),
        }
    }

    /// Takes the guard and gives the address of the first local element.
    pub fn acquire(&self, access: Access) -> Result<*mut u8> {
        let local = self.local()?;
        local.block.acquire(access)?;
        Ok(local.pointer)
    }

    pub fn release(&self) -> Result<()> {
        self.local()?.block.release()
    }
}

impl Local {
    pub fn pointer(&self) -> *mut u8 {
        self.pointer
    }

    pub fn is_contiguous(&self) -> bool {
        self.contiguous
    }

    pub fn is_owned(&self) -> bool {
        self.block.is_owned()
    }

    /// Strides of the elements as a block of `shape`, which has as many: an array of a congruent space may have other
    /// axes than the one that it is accepted for. Local, without allocation.
    pub fn strides_as(&self, shape: &[i64]) -> Result<[i64; MAX_DIMENSIONS]> {
        let mut strides = [1; MAX_DIMENSIONS];
        if self.shape == shape {
            strides.iter_mut().zip(&self.strides).for_each(|(to, from)| *to = *from);
        } else if self.contiguous {
            (0..shape.len().saturating_sub(1)).rev().for_each(|k| strides[k] = strides[k + 1] * shape[k + 1].max(1));
        } else {
            fail!(
                Unsupported,
                "a strided array of local shape {:?} is used where {shape:?} is needed; copy it first",
                self.shape
            );
        }
        Ok(strides)
    }

    /// Contiguous runs of the local elements in C order.
    pub fn runs(&self) -> Runs {
        Runs::new(self.pointer, self.dtype.size(), &self.shape, &self.strides)
    }

    /// The local elements of contiguous memory. `None` where the array is strided or of another type.
    pub fn as_slice<T: Element>(&self) -> Option<&[T]> {
        (self.contiguous && T::DTYPE == self.dtype).then(|| {
            let count = self.count();
            // SAFETY: dtype was checked; the block holds `count` contiguous elements; a null pointer only with count 0.
            unsafe {
                std::slice::from_raw_parts(
                    if count == 0 { std::ptr::NonNull::dangling().as_ptr() } else { self.pointer.cast() },
                    count,
                )
            }
        })
    }

    fn count(&self) -> usize {
        self.shape.iter().product::<i64>() as usize
    }

    /// Moves to the elements of `parent` from `offset` on, in C order, with the strides that they have there.
    fn lay_over(&mut self, parent: &Local, offset: i64) -> Result<()> {
        let count = self.count();
        let (start, total) = (offset as usize, parent.count());
        if offset < 0 || start > total || count > total - start || self.dtype != parent.dtype {
            fail!(
                Argument,
                "{count} elements of {} from {offset} are no part of {total} of {}",
                self.dtype.name(),
                parent.dtype.name()
            );
        }
        (self.block, self.contiguous) = (parent.block.clone(), parent.contiguous || count <= 1);
        if self.shape == parent.shape {
            // All of it.
            (self.pointer, self.contiguous) = (parent.pointer, parent.contiguous);
            self.strides.copy_from_slice(&parent.strides);
            return Ok(());
        }
        let runs = parent.runs();
        let size = self.dtype.size();
        self.pointer = match parent.contiguous || count == 0 {
            true => parent.pointer.wrapping_add(start * size),
            false => runs.at(start).0,
        };
        let mut step = 1usize;
        for axis in (0..self.shape.len()).rev() {
            let strided = !self.contiguous && self.shape[axis] > 1;
            self.strides[axis] = match strided {
                true => (runs.at(start + step).0 as i64 - self.pointer as i64) / size as i64,
                false => step as i64,
            };
            step *= self.shape[axis].max(1) as usize;
        }
        if !self.contiguous {
            self.check_same_elements(&runs, start)?;
            self.contiguous = Runs::is_contiguous(&self.shape, &self.strides);
        }
        Ok(())
    }

    /// An error where shape and strides do not visit the elements of `parent` from `start` on.
    fn check_same_elements(&self, parent: &Runs, start: usize) -> Result<()> {
        let inner = self.shape.iter().rposition(|n| *n > 1);
        let rows = inner.is_none_or(|axis| self.strides[axis] == 1);
        let (own, count, mut at) = (self.runs(), self.count(), 0);
        while rows && at < count {
            let ((here, left), (there, more)) = (own.at(at), parent.at(start + at));
            if here != there {
                break;
            }
            at += left.min(more);
        }
        if at < count {
            fail!(
                Unsupported,
                "the padding of a strided array does not fit a part of local shape {:?}; copy it first",
                self.shape
            );
        }
        Ok(())
    }

    fn overlaps(&self, other: &Local) -> bool {
        let range = |l: &Local| {
            let extent = strided_extent(&l.shape, &l.strides).unwrap_or(0) as usize;
            let start = l.pointer as usize;
            (start, start + extent * l.dtype.size())
        };
        let ((a, a_end), (b, b_end)) = (range(self), range(other));
        a < b_end && b < a_end
    }
}

/// Elements from the first to the last that shape and strides reach; strides must be positive and not fold rows
/// into one another.
fn strided_extent(shape: &[i64], strides: &[i64]) -> Result<i64> {
    if shape.len() != strides.len() {
        fail!(Shape, "got {} strides for a local shape of {} axes", strides.len(), shape.len());
    }
    if shape.contains(&0) {
        return Ok(0);
    }
    let mut extent = 1i64;
    for axis in (0..shape.len()).rev() {
        let (n, stride) = (shape[axis], strides[axis]);
        if axis == shape.len() - 1 && n > 1 && stride != 1 {
            fail!(Shape, "the stride of the last axis is {stride}, expected 1");
        }
        if n > 1 && stride < extent {
            fail!(
                Shape,
                "the stride of axis {axis} is {stride}, expected at least {extent}, the extent of the axes after it"
            );
        }
        let Some(reach) = (n - 1).checked_mul(stride).and_then(|r| r.checked_add(extent)) else {
            fail!(Shape, "local shape {shape:?} with strides {strides:?} exceeds 2^63 - 1 elements");
        };
        extent = reach;
    }
    Ok(extent)
}
