//! Copies of replicated elements made equal again.

use super::array::Array;
use super::verbs;
use crate::comm::{agree, Communicator};
use crate::device::PinnedMemory;
use crate::error::Result;
use crate::fail;
use crate::kernels::host::copy_block::copy_block;
use crate::storage::{HostMemory, Memory};

/// All ranks that hold the same elements take those of one of them: of the rank with the same copy index as `root`, which
/// for a wholly replicated array is `root` itself. Ranks of different mask colours keep different values; where that rank
/// has another colour, the lowest rank of the own colour gives the values. Elements that are not replicated stay as they
/// are, without communication. Collective.
pub fn synchronize(x: &Array, root: usize) -> Result<()> {
    let context = x.space().context();
    let valid = || match root < context.size() {
        true => Ok(()),
        false => fail!(Argument, "root is {root}, and there are {} ranks", context.size()),
    };
    context.agree_on(valid(), &format!("synchronize from rank {root}"))?;
    x.for_each_leaf(&mut |x| synchronize_leaf(x, root))
}

/// As `synchronize`, for one leaf and a root that all ranks agree on.
pub(super) fn synchronize_leaf(x: &Array, root: usize) -> Result<()> {
    let (space, local) = (x.space(), x.leaf()?);
    let context = space.context();
    let Some(layout) = space.layout().filter(|layout| layout.copies() > 1) else { return Ok(()) };
    // Ranks that hold the same elements and have one colour.
    let kin = |rank: usize| (layout.element_group(rank), space.mask().map_or(0, |mask| mask[rank]));
    let all: Vec<(usize, i32)> = (0..context.size()).map(kin).collect();
    let colour = |k: &(usize, i32)| all.iter().position(|other| other == k).unwrap_or(0) as i32;
    let group = context.group(&all.iter().map(colour).collect::<Vec<i32>>())?;
    let here = all[context.rank()];
    let members: Vec<usize> = (0..context.size()).filter(|r| all[*r] == here).collect();
    let giver = layout.rank_of(here.0, layout.copy_index(root));
    let root = members.iter().position(|r| *r == giver).unwrap_or(0);
    let bytes = x.local_count() as usize * x.dtype().size();
    if bytes == 0 {
        return Ok(());
    }
    if space.memory() == Memory::Cuda {
        return through_host(x, &*group, root, bytes);
    }
    if local.is_contiguous() {
        // SAFETY: contiguous local elements, which nothing else uses during the call.
        let buffer = unsafe { std::slice::from_raw_parts_mut(local.pointer(), bytes) };
        return group.broadcast(buffer, root);
    }
    let mut packed = agree(&*group, HostMemory::new(bytes))?;
    let strides: Vec<isize> = local.strides.iter().map(|s| *s as isize).collect();
    let tight: Vec<isize> = super::local::contiguous_strides(&local.shape).iter().map(|s| *s as isize).collect();
    let extents: Vec<usize> = local.shape.iter().map(|n| *n as usize).collect();
    let size = x.dtype().size();
    // SAFETY: the packed block has room for all local elements.
    unsafe { copy_block(packed.as_mut_ptr(), &tight, local.pointer(), &strides, &extents, size) }?;
    group.broadcast(packed.as_bytes_mut(), root)?;
    // SAFETY: as above, the other way.
    unsafe { copy_block(local.pointer(), &strides, packed.as_ptr(), &tight, &extents, size) }
}

/// A broadcast of elements on the device over page-locked memory: out on the rank that gives them, in on the others.
fn through_host(x: &Array, group: &dyn Communicator, root: usize, bytes: usize) -> Result<()> {
    let gives = group.rank() == root;
    let staged = || {
        let room = PinnedMemory::new(x.space().context().device_stream()?, bytes)?;
        // SAFETY: the room holds this rank's elements, and stays as long as the array.
        let staged = unsafe { Array::wrap(&x.space().with_memory(Memory::Host)?, room.pointer(), None)? };
        if gives {
            verbs::copy(x, &staged)?;
        }
        Ok((room, staged))
    };
    let (room, staged) = agree(group, staged())?;
    // SAFETY: the room is as large, and used by this call alone.
    group.broadcast(unsafe { std::slice::from_raw_parts_mut(room.pointer(), bytes) }, root)?;
    if gives {
        return Ok(());
    }
    verbs::copy(&staged, x)
}
