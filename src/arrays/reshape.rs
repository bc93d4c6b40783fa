//! The same local memory with another shape.

use super::array::Array;
use super::space::Space;
use crate::error::Result;
use crate::fail;
use crate::layout::{element_count, GridDimension, Layout, Partition, Role, MAX_DIMENSIONS};

/// The local elements of every rank as one vector, one rank's after the other's; of a replicated array, the whole in C
/// order, replicated. For an array that is cut along another axis than the first this is not its global C order. Local.
pub fn ravel(x: &Array) -> Result<Array> {
    let space = x.space();
    let ranks = space.context().size();
    let Some(layout) = space.layout() else {
        fail!(Space, "an array of a product space has no flat view; take its components")
    };
    let (count, layout) = match layout.copies() {
        1 => {
            let partition = Partition::Extents(space.local_counts().to_vec());
            (space.global_count(), Layout::Grid(vec![GridDimension { ranks, role: Role::Cut { axis: 0, partition } }]))
        }
        copies if copies == ranks => (space.global_count(), Layout::replicated(ranks)),
        _ => fail!(Unsupported, "a flat view of {space}, of which only some dimensions of the grid replicate"),
    };
    x.reinterpret(&Space::derived(space, space.dtype(), &[count], layout)?)
}

/// The local elements of every rank with the local shape that it gives; the global array is cut along `axis`, where the
/// local lengths add up, and has the same lengths elsewhere. A replicated array stays so: its local shapes are the global
/// one. Collective.
pub fn reshape(x: &Array, local_shape: &[i64], axis: usize) -> Result<Array> {
    let space = x.space();
    let (context, ranks) = (space.context(), space.context().size());
    let own = || -> Result<bool> {
        let count = element_count(local_shape)?;
        if axis >= local_shape.len() {
            fail!(Axis, "axis is {axis}, the local shape has {} axes", local_shape.len());
        }
        if space.is_product() {
            fail!(Space, "an array of a product space cannot be reshaped; reshape its components");
        }
        if count != space.local_count() {
            fail!(
                Shape,
                "local shape {local_shape:?} has {count} elements, the array has {} here",
                space.local_count()
            );
        }
        let copies = space.layout().map_or(1, Layout::copies);
        if copies != 1 && copies != ranks {
            fail!(Unsupported, "only some dimensions of the grid of {space} replicate, so that it cannot be reshaped");
        }
        Ok(copies == ranks && ranks > 1)
    };
    let replicated = context.agree_on(own(), &format!("{} axes, cut along axis {axis}", local_shape.len()))?;
    let mut sent = [0i64; MAX_DIMENSIONS];
    sent[..local_shape.len()].copy_from_slice(local_shape);
    let bytes: Vec<u8> = sent.iter().flat_map(|n| n.to_ne_bytes()).collect();
    let mut all = vec![0u8; bytes.len() * ranks];
    context.comm().allgather(&bytes, &mut all)?;
    let numbers: Vec<i64> = all.chunks_exact(8).map(|b| i64::from_ne_bytes(std::array::from_fn(|k| b[k]))).collect();
    let shapes: Vec<Vec<i64>> = numbers.chunks(MAX_DIMENSIONS).map(|s| s[..local_shape.len()].to_vec()).collect();
    let mut shape = shapes[0].clone();
    let layout = if replicated {
        if let Some(rank) = shapes.iter().position(|s| *s != shape) {
            fail!(
                Shape,
                "the array is replicated, and rank {rank} gives local shape {:?}, rank 0 {shape:?}",
                shapes[rank]
            );
        }
        Layout::replicated(ranks)
    } else {
        match shapes.iter().try_fold(0i64, |sum, s| sum.checked_add(s[axis])) {
            Some(sum) => shape[axis] = sum,
            None => fail!(Shape, "the local lengths along axis {axis} add up to more than 2^63 - 1"),
        }
        Layout::from_local_shapes(&shape, axis, &shapes, ranks)?
    };
    context.agree(Space::derived(space, space.dtype(), &shape, layout).and_then(|space| x.reinterpret(&space)))
}
