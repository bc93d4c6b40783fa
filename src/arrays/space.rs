//! What shape a vector has: dtype, global shape, layout over the ranks and memory, or a product of spaces.
//!
//! A space is immutable and shared. The trailing axis of a shape is the fastest; operators that take several
//! right-hand sides take them as one more trailing axis.

use super::reduction::Reducer;
use crate::context::Context;
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::layout::{self, Layout, Region};
use crate::storage::Memory;
use std::fmt;
use std::sync::Arc;

/// A shared handle; clones are the same space.
#[derive(Clone)]
pub struct Space(Arc<Inner>);

struct Inner {
    context: Context,
    dtype: DType,
    memory: Memory,
    local_count: i64,
    global_count: i64,
    mask: Option<Vec<i32>>,
    reducer: Reducer,
    kind: Kind,
}

enum Kind {
    Leaf(Leaf),
    Product(Vec<Space>),
}

struct Leaf {
    /// `None` for an unshaped space.
    shape: Option<Vec<i64>>,
    layout: Layout,
    local_shape: Vec<i64>,
    counts: Vec<i64>,
    elements: u128,
    sizes: u128,
}

impl Leaf {
    /// Whether every rank has the same elements in the same order, or as many where one has no shape.
    fn is_alike(&self, other: &Leaf) -> bool {
        let either_unshaped = self.shape.is_none() || other.shape.is_none();
        self.sizes == other.sizes
            && self.layout.copies() == other.layout.copies()
            && (either_unshaped || self.elements == other.elements)
    }
}

impl Space {
    /// A shaped space. `mask` is one colour a rank: reductions stay among ranks of one colour. Collective.
    pub fn new(
        context: &Context,
        dtype: DType,
        shape: &[i64],
        layout: Layout,
        mask: Option<Vec<i32>>,
    ) -> Result<Space> {
        let valid = check_mask(context, mask.as_deref()).and_then(|()| layout.validate(shape, context.size()));
        context.agree_on(valid, &format!("{} space of shape {shape:?}, {layout:?}, mask {mask:?}", dtype.name()))?;
        Space::shaped_leaf(context, dtype, shape, layout, mask)
    }

    /// A space of another shape, layout and dtype that follow from an existing one, alike on all ranks: nothing is agreed.
    /// It keeps the context and the mask. Local.
    pub(crate) fn derived(from: &Space, dtype: DType, shape: &[i64], layout: Layout) -> Result<Space> {
        Space::shaped_leaf(from.context(), dtype, shape, layout, from.0.mask.clone())?.with_memory(from.memory())
    }

    /// As `derived`, without the mask: for what moves elements between all ranks. Local.
    pub(crate) fn derived_unmasked(from: &Space, shape: &[i64], layout: Layout) -> Result<Space> {
        Space::shaped_leaf(from.context(), from.dtype(), shape, layout, None)?.with_memory(from.memory())
    }

    fn shaped_leaf(
        context: &Context,
        dtype: DType,
        shape: &[i64],
        layout: Layout,
        mask: Option<Vec<i32>>,
    ) -> Result<Space> {
        let ranks = context.size();
        layout.validate(shape, ranks)?;
        let counts = layout.local_counts(shape);
        let local_shape = layout.region(shape, context.rank()).local_shape();
        let leaf = Leaf {
            elements: layout::congruence(shape, &layout, ranks),
            sizes: layout::counts_fingerprint(&counts),
            shape: Some(shape.to_vec()),
            layout,
            local_shape,
            counts,
        };
        Space::leaf(context, dtype, leaf, shape.iter().product(), mask)
    }

    /// An unshaped space: this rank has `count` elements. Collective.
    pub fn unshaped(context: &Context, dtype: DType, count: i64, mask: Option<Vec<i32>>) -> Result<Space> {
        let valid = check_mask(context, mask.as_deref()).and_then(|()| {
            if count < 0 {
                fail!(Shape, "local count is {count}, expected 0 or more");
            }
            Ok(())
        });
        context.agree_on(valid, &format!("unshaped {} space, mask {mask:?}", dtype.name()))?;
        let counts = context.comm().allgather_i64(count)?;
        let Some(global_count) = counts.iter().try_fold(0i64, |sum, c| sum.checked_add(*c)) else {
            fail!(Shape, "the local counts {counts:?} add up to more than 2^63 - 1 elements");
        };
        let leaf = Leaf {
            shape: None,
            layout: Layout::Local(counts.clone()),
            local_shape: vec![count],
            elements: 0,
            sizes: layout::counts_fingerprint(&counts),
            counts,
        };
        Space::leaf(context, dtype, leaf, global_count, mask)
    }

    fn leaf(context: &Context, dtype: DType, leaf: Leaf, global_count: i64, mask: Option<Vec<i32>>) -> Result<Space> {
        let reducer = Reducer::new(context, &leaf.layout, mask.as_deref())?;
        Ok(Space(Arc::new(Inner {
            context: context.clone(),
            dtype,
            memory: context.memory(),
            local_count: leaf.counts[context.rank()],
            global_count,
            mask,
            reducer,
            kind: Kind::Leaf(leaf),
        })))
    }

    /// The product of spaces of one context, nested as given; its dtype is the promotion of theirs. Local.
    pub fn product(components: &[Space]) -> Result<Space> {
        let Some(first) = components.first() else {
            fail!(Argument, "a product space needs at least one component, got 0");
        };
        for (k, component) in components.iter().enumerate() {
            if component.context() != first.context() {
                fail!(Context, "component {k} of the product belongs to another context than component 0");
            }
            if component.mask() != first.mask() {
                fail!(
                    Space,
                    "component {k} of the product has mask {:?}, component 0 has {:?}",
                    component.mask(),
                    first.mask()
                );
            }
        }
        let sum = |f: fn(&Space) -> i64| components.iter().try_fold(0i64, |s, c| s.checked_add(f(c)));
        let (Some(local_count), Some(global_count)) = (sum(Space::local_count), sum(Space::global_count)) else {
            fail!(Shape, "the product has more than 2^63 - 1 elements");
        };
        Ok(Space(Arc::new(Inner {
            context: first.context().clone(),
            dtype: components.iter().map(Space::dtype).reduce(DType::promote).unwrap_or(first.dtype()),
            memory: first.memory(),
            local_count,
            global_count,
            mask: first.0.mask.clone(),
            reducer: Reducer::merged(components.iter().map(Space::reducer)),
            kind: Kind::Product(components.to_vec()),
        })))
    }

    /// The same space with another dtype. Collective for a leaf that is not yet known; no communication.
    pub fn with_dtype(&self, dtype: DType) -> Space {
        if dtype == self.dtype() && !self.is_product() {
            return self.clone();
        }
        self.changed(Some(dtype), None)
    }

    fn changed(&self, dtype: Option<DType>, memory: Option<Memory>) -> Space {
        let kind = match &self.0.kind {
            Kind::Product(components) => Kind::Product(components.iter().map(|c| c.changed(dtype, memory)).collect()),
            Kind::Leaf(leaf) => Kind::Leaf(Leaf {
                shape: leaf.shape.clone(),
                layout: leaf.layout.clone(),
                local_shape: leaf.local_shape.clone(),
                counts: leaf.counts.clone(),
                elements: leaf.elements,
                sizes: leaf.sizes,
            }),
        };
        Space(Arc::new(Inner {
            context: self.0.context.clone(),
            dtype: dtype.unwrap_or(self.0.dtype),
            memory: memory.unwrap_or(self.0.memory),
            local_count: self.0.local_count,
            global_count: self.0.global_count,
            mask: self.0.mask.clone(),
            reducer: self.0.reducer.clone(),
            kind,
        }))
    }

    /// The same space with its elements elsewhere; `Unsupported` where the context has no device. Local.
    pub fn with_memory(&self, memory: Memory) -> Result<Space> {
        if memory == Memory::Cuda && self.context().stream().is_none() {
            fail!(Unsupported, "memory is DLOPS_CUDA, but the context was made without a device");
        }
        Ok(self.changed(None, Some(memory)))
    }

    pub fn context(&self) -> &Context {
        &self.0.context
    }

    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    pub fn memory(&self) -> Memory {
        self.0.memory
    }

    /// Elements on this rank, over all components.
    pub fn local_count(&self) -> i64 {
        self.0.local_count
    }

    /// Elements of the vector; a replicated element counts once.
    pub fn global_count(&self) -> i64 {
        self.0.global_count
    }

    /// One colour a rank, where the space is masked.
    pub fn mask(&self) -> Option<&[i32]> {
        self.0.mask.as_deref()
    }

    pub(crate) fn reducer(&self) -> &Reducer {
        &self.0.reducer
    }

    pub fn is_product(&self) -> bool {
        matches!(self.0.kind, Kind::Product(_))
    }

    /// The components of a product space; empty for a leaf.
    pub fn components(&self) -> &[Space] {
        match &self.0.kind {
            Kind::Product(components) => components,
            Kind::Leaf(_) => &[],
        }
    }

    /// The global shape; `None` for an unshaped or a product space.
    pub fn shape(&self) -> Option<&[i64]> {
        match &self.0.kind {
            Kind::Leaf(leaf) => leaf.shape.as_deref(),
            Kind::Product(_) => None,
        }
    }

    /// The layout of a leaf.
    pub fn layout(&self) -> Option<&Layout> {
        match &self.0.kind {
            Kind::Leaf(leaf) => Some(&leaf.layout),
            Kind::Product(_) => None,
        }
    }

    /// The shape of this rank's elements; of an unshaped space its count; empty for a product.
    pub fn local_shape(&self) -> &[i64] {
        match &self.0.kind {
            Kind::Leaf(leaf) => &leaf.local_shape,
            Kind::Product(_) => &[],
        }
    }

    /// How many elements each rank has; empty for a product.
    pub fn local_counts(&self) -> &[i64] {
        match &self.0.kind {
            Kind::Leaf(leaf) => &leaf.counts,
            Kind::Product(_) => &[],
        }
    }

    /// Shape and layout, or an error that names who needs them.
    pub fn shaped(&self, who: &str) -> Result<(&[i64], &Layout)> {
        match &self.0.kind {
            Kind::Leaf(Leaf { shape: Some(shape), layout, .. }) => Ok((shape, layout)),
            Kind::Leaf(_) => fail!(Space, "{who} needs a space with a global shape, got one with local counts only"),
            Kind::Product(_) => fail!(Space, "{who} needs a space with a global shape, got a product space"),
        }
    }

    /// What this rank holds of a shaped space.
    pub fn region(&self) -> Option<Region> {
        self.shape().zip(self.layout()).map(|(shape, layout)| layout.region(shape, self.context().rank()))
    }

    /// Whether every rank holds every element.
    pub fn is_replicated(&self) -> bool {
        match &self.0.kind {
            Kind::Leaf(leaf) => leaf.layout.copies() == self.context().size(),
            Kind::Product(components) => components.iter().all(Space::is_replicated),
        }
    }

    /// Whether arrays of the one are accepted for the other: the same context, dtype, memory and mask, and on every
    /// rank the same elements in the same order (or the same count, where one of them is unshaped).
    pub fn congruent(&self, other: &Space) -> bool {
        if Arc::ptr_eq(&self.0, &other.0) {
            return true;
        }
        let (a, b) = (&*self.0, &*other.0);
        if a.context != b.context || a.memory != b.memory || a.mask != b.mask {
            return false;
        }
        match (&a.kind, &b.kind) {
            (Kind::Product(x), Kind::Product(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| x.congruent(y)),
            (Kind::Leaf(x), Kind::Leaf(y)) => a.dtype == b.dtype && x.is_alike(y),
            _ => false,
        }
    }

    /// Whether every rank has the same elements in the same order in a space of another context with as many ranks,
    /// whatever dtypes and memories.
    pub fn is_alike(&self, other: &Space) -> bool {
        let (a, b) = (&*self.0, &*other.0);
        if a.context.size() != b.context.size() || a.context.rank() != b.context.rank() || a.mask != b.mask {
            return false;
        }
        match (&a.kind, &b.kind) {
            (Kind::Product(x), Kind::Product(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| x.is_alike(y)),
            (Kind::Leaf(x), Kind::Leaf(y)) => x.is_alike(y),
            _ => false,
        }
    }

    /// An error that names both sides where the spaces are not congruent.
    pub fn require_congruent(&self, other: &Space, who: &str, expected: &str) -> Result<()> {
        if self.congruent(other) {
            return Ok(());
        }
        if self.context() != other.context() {
            fail!(Context, "{who} belongs to another context than {expected}");
        }
        if !self.is_product() && !other.is_product() && self.dtype() != other.dtype() {
            fail!(DType, "{who} is {}, but {expected} is {}", self.dtype().name(), other.dtype().name());
        }
        if !self.is_product() && !other.is_product() && self.memory() != other.memory() {
            let place = |space: &Space| if space.memory() == Memory::Cuda { "device" } else { "host" };
            fail!(Space, "{who} is in {} memory, but {expected} is in {} memory", place(self), place(other));
        }
        fail!(Space, "{who} is of {self}, which is not congruent with {expected}, {other}")
    }
}

fn check_mask(context: &Context, mask: Option<&[i32]>) -> Result<()> {
    if let Some(mask) = mask {
        if mask.len() != context.size() {
            fail!(Layout, "the mask has {} colours, expected one for each of the {} ranks", mask.len(), context.size());
        }
        if let Some(colour) = mask.iter().find(|c| **c < 0) {
            fail!(Layout, "the mask has colour {colour}, expected 0 or more");
        }
    }
    Ok(())
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Product(components) => {
                write!(f, "product of {} spaces (", components.len())?;
                for (k, component) in components.iter().enumerate() {
                    write!(f, "{}{component}", if k == 0 { "" } else { " x " })?;
                }
                write!(f, ")")
            }
            Kind::Leaf(leaf) => {
                write!(f, "{} space", self.0.dtype.name())?;
                match &leaf.shape {
                    Some(shape) => write!(f, " {shape:?} {}", leaf.layout)?,
                    None => write!(f, " of {} elements, {} on this rank", self.0.global_count, self.0.local_count)?,
                }
                if let Some(mask) = &self.0.mask {
                    write!(f, ", mask {mask:?}")?;
                }
                match self.0.memory {
                    Memory::Cuda => write!(f, ", on the device"),
                    Memory::Host => Ok(()),
                }
            }
        }
    }
}
