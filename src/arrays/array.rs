//! One element of a space: local memory, or a list of components.

use super::local::{contiguous_strides, strided_extent, Local};
use super::memory::{Access, Block, Release};
use super::placement;
use super::runs::Runs;
use super::space::Space;
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::storage::Memory;
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

fn bytes_of(count: i64, dtype: DType) -> Result<usize> {
    match usize::try_from(count).ok().and_then(|n| n.checked_mul(dtype.size())) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(bytes),
        _ => fail!(Memory, "{count} elements of {} do not fit the address space", dtype.name()),
    }
}

impl Array {
    /// An array of the library's own memory; its elements are unspecified until written. Local.
    pub fn new(space: &Space) -> Result<Array> {
        Array::allocated(space, &|space, bytes| match (space.memory(), space.context().stream()) {
            (Memory::Cuda, Some(stream)) => Block::allocate_on(stream, bytes),
            _ => Block::allocate(bytes),
        })
    }

    /// As `new`, of a space in host memory: page-locked, for copies to and from the context's device that do not wait.
    /// Ordinary memory where the context has no device. Local.
    pub fn new_pinned(space: &Space) -> Result<Array> {
        Array::allocated(space, &|space, bytes| match (space.memory(), space.context().stream()) {
            (Memory::Cuda, _) => {
                fail!(Space, "page-locked memory is host memory, and the array would be of {space}")
            }
            (Memory::Host, Some(stream)) => Block::allocate_pinned(stream, bytes),
            (Memory::Host, None) => Block::allocate(bytes),
        })
    }

    fn allocated(space: &Space, allocate: &dyn Fn(&Space, usize) -> Result<Block>) -> Result<Array> {
        if space.is_product() {
            let parts = space.components().iter().map(|s| Array::allocated(s, allocate)).collect::<Result<Vec<_>>>()?;
            return Ok(Array(Arc::new(Inner { space: space.clone(), data: Data::Product(parts) })));
        }
        let block = allocate(space, bytes_of(space.local_count(), space.dtype())?)?;
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
        // SAFETY: as the caller says.
        unsafe { Array::over_memory(space, pointer, strides, release, false) }
    }

    /// As `wrap_strided`, also over memory that may not be written.
    ///
    /// # Safety
    /// As for `wrap`; read-only memory need not be valid for writes.
    pub(super) unsafe fn over_memory(
        space: &Space,
        pointer: *mut u8,
        strides: &[i64],
        release: Option<Release>,
        read_only: bool,
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
        if bytes > 0 {
            placement::check((space.context(), space.memory()), space, pointer, bytes)?;
        }
        // SAFETY: the caller vouches for every element that shape and strides reach.
        let mut block = unsafe { Block::borrow(space.memory(), pointer, bytes, release) };
        block.set_read_only(read_only);
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
        let local = self.leaf()?;
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

    /// This rank's memory of a leaf, for the host to work on.
    pub fn local(&self) -> Result<&Local> {
        let local = self.leaf()?;
        match local.block.memory() {
            Memory::Host => Ok(local),
            Memory::Cuda => fail!(
                Unsupported,
                "this works on host arrays only; copy the array of {} to one in host memory first",
                self.space()
            ),
        }
    }

    /// This rank's memory of a leaf, wherever it is.
    pub fn leaf(&self) -> Result<&Local> {
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
        let local = self.leaf()?;
        local.block.acquire(access)?;
        Ok(local.pointer)
    }

    pub fn release(&self) -> Result<()> {
        self.leaf()?.block.release()
    }
}
