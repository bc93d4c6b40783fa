//! Between a distributed array and a whole array in one piece of memory, in global C order.
//!
//! The components of a product follow one another. Unshaped arrays are their ranks' elements one after the other.

use super::array::Array;
use super::host_twin::{on_host, Use};
use super::redistribute::Redistribute;
use super::space::Space;
use super::synchronize::synchronize_leaf;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::host::copy_block::copy_block;
use crate::layout::{GridDimension, IndexBox, Layout, Partition, Role, MAX_DIMENSIONS};
use crate::storage::HostMemory;

/// Who gets the whole array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    All,
    Rank(usize),
    /// Ranks of one mask colour get what they hold together: the cut axis is as long as their parts.
    Group,
}

/// The one dtype of all leaves.
fn common_dtype(x: &Array) -> Result<DType> {
    let dtype = x.space().dtype();
    x.for_each_leaf(&mut |leaf| match leaf.dtype() == dtype {
        true => Ok(()),
        false => {
            fail!(DType, "the components are {} and {}; a whole array has one type", dtype.name(), leaf.dtype().name())
        }
    })?;
    Ok(dtype)
}

/// x := the whole array at `global`. Every rank takes its part from its own memory, without communication; the copies of
/// replicated elements then take those of the first copy, and only ranks of that copy read `global`. Collective.
///
/// # Safety
/// `global` holds all elements, in the dtype of x, on every rank whose copy index is 0; elsewhere it is not read.
pub unsafe fn from_global(x: &Array, global: *const u8) -> Result<()> {
    if x.space().is_on_device() {
        // SAFETY: the caller's promise.
        return on_host(x, Use::Writes, |x| unsafe { from_global(x, global) });
    }
    let context = x.space().context();
    let dtype = context.agree(common_dtype(x))?;
    let mut at = global.cast_mut();
    x.for_each_leaf(&mut |x| {
        let space = x.space();
        let first = space.layout().is_some_and(|layout| layout.copy_index(context.rank()) == 0);
        // SAFETY: the caller's memory holds this leaf from `at` on.
        let taken = if first { unsafe { take_part(x, at) } } else { Ok(()) };
        at = at.wrapping_add(space.global_count() as usize * dtype.size());
        context.agree(taken)?;
        synchronize_leaf(x, 0)
    })
}

/// Copies this rank's part out of the whole array; no rank is asked.
unsafe fn take_part(x: &Array, global: *mut u8) -> Result<()> {
    let (view, ranks) = (shaped(x)?, x.space().context().size());
    let shape = view.space().shape().unwrap_or(&[]).to_vec();
    let whole = Space::derived_unmasked(view.space(), &shape, Layout::replicated(ranks))?;
    // SAFETY: as for this function.
    let source = unsafe { Array::wrap(&whole, global, None) }?;
    // Each rank holds all of the source, so that the plan has no messages.
    Redistribute::new(&whole, view.space())?.apply(Scalar::ONE, &source, Scalar::ZERO, &view)
}

/// Writes the whole array to `global` of the ranks that receive it. Collective.
///
/// # Safety
/// `global` has room for all elements on every rank that receives them; elsewhere it is not used.
pub unsafe fn to_global(x: &Array, receiver: Receiver, global: *mut u8) -> Result<()> {
    if x.space().is_on_device() {
        // SAFETY: the caller's promise.
        return on_host(x, Use::Reads, |x| unsafe { to_global(x, receiver, global) });
    }
    let context = x.space().context();
    let valid = common_dtype(x).and_then(|dtype| match receiver {
        Receiver::Rank(root) if root >= context.size() => {
            fail!(Argument, "root is {root}, and there are {} ranks", context.size())
        }
        _ => Ok(dtype),
    });
    let dtype = context.agree_on(valid, &format!("gather to {receiver:?}"))?;
    let mut at = global;
    x.for_each_leaf(&mut |x| {
        // SAFETY: the caller's memory has room for this leaf from `at` on.
        let count = unsafe {
            match receiver {
                Receiver::Group => gather_group(x, at)?,
                Receiver::All => gather(x, None, at)?,
                Receiver::Rank(root) => gather(x, Some(root), at)?,
            }
        };
        at = at.wrapping_add(count as usize * dtype.size());
        Ok(())
    })
}

/// A redistribution to a layout in which all ranks, or the root, have everything.
unsafe fn gather(x: &Array, root: Option<usize>, global: *mut u8) -> Result<i64> {
    let context = x.space().context();
    let plan = shaped(x).and_then(|view| {
        let shape = view.space().shape().unwrap_or(&[]).to_vec();
        let layout = match root {
            None => Layout::replicated(context.size()),
            Some(root) => on_root(&shape, context.size(), root),
        };
        let from = view.space();
        // The mask holds for sums; a gather brings together all parts.
        let source = view.reinterpret(&Space::derived_unmasked(
            from,
            &shape,
            from.layout().cloned().unwrap_or(layout.clone()),
        )?)?;
        let whole = Space::derived_unmasked(from, &shape, layout)?;
        let to = if root.is_none_or(|root| root == context.rank()) { global } else { std::ptr::null_mut() };
        // SAFETY: as for this function; a rank that has nothing in the layout needs no memory.
        let target = unsafe { Array::wrap(&whole, to, None) }?;
        Ok((Redistribute::new(source.space(), &whole)?, source, target))
    });
    let (mut plan, source, target) = context.agree(plan)?;
    plan.apply(Scalar::ONE, &source, Scalar::ZERO, &target)?;
    Ok(x.space().global_count())
}

fn on_root(shape: &[i64], ranks: usize, root: usize) -> Layout {
    let nothing = IndexBox { lower: vec![0; shape.len()], upper: vec![0; shape.len()] };
    let mut boxes = vec![nothing; ranks];
    boxes[root].upper = shape.to_vec();
    Layout::Boxes(boxes)
}

/// The array itself, or an unshaped one as a vector cut by its counts. Local.
fn shaped(x: &Array) -> Result<Array> {
    let space = x.space();
    if space.shape().is_some() {
        return Ok(x.clone());
    }
    let partition = Partition::Extents(space.local_counts().to_vec());
    let grid = vec![GridDimension { ranks: space.context().size(), role: Role::Cut { axis: 0, partition } }];
    let vector = Space::derived(space, space.dtype(), &[space.global_count()], Layout::Grid(grid))?;
    x.reinterpret(&vector)
}

/// The shape of what a rank's mask group holds together, and the cut axis: all parts of one axis in the order of ranks.
///
/// # Errors
/// `Unsupported`: the layout cuts more than one axis, replicates some axes only, or has boxes.
pub fn group_shape(space: &Space) -> Result<(Vec<i64>, usize)> {
    let flat = [space.global_count()];
    let shape = space.shape().unwrap_or(&flat).to_vec();
    let context = space.context();
    let axis = match space.layout() {
        Some(Layout::Local(_)) => 0,
        Some(Layout::Grid(grid)) => {
            let divided: Vec<&GridDimension> = grid.iter().filter(|d| d.ranks > 1).collect();
            match divided[..] {
                [] => return Ok((shape, 0)),
                [GridDimension { role: Role::Cut { axis, .. }, .. }] => *axis,
                _ if space.is_replicated() => return Ok((shape, 0)),
                _ => fail!(
                    Unsupported,
                    "the part of a group is one array only where one axis is cut, and this is {space}"
                ),
            }
        }
        _ => fail!(Unsupported, "the part of a group is one array only where one axis is cut, and this is {space}"),
    };
    let others: i64 = shape.iter().enumerate().filter(|(k, _)| *k != axis).map(|(_, n)| *n).product();
    let same = |r: usize| space.mask().is_none_or(|mask| mask[r] == mask[context.rank()]);
    let held: i64 = space.local_counts().iter().enumerate().filter(|(r, _)| same(*r)).map(|(_, n)| *n).sum();
    let mut group = shape;
    group[axis] = if others == 0 { 0 } else { held / others };
    Ok((group, axis))
}

/// Every rank of the group sends its elements to the others of it.
unsafe fn gather_group(x: &Array, global: *mut u8) -> Result<i64> {
    let (space, size) = (x.space(), x.dtype().size());
    let context = space.context();
    let (shape, axis) = context.agree(group_shape(space))?;
    let total: i64 = shape.iter().product();
    let local = x.local()?;
    let n = shape.len();
    let contiguous = strides_of(&shape);
    let own: Vec<isize> = local.strides.iter().map(|s| *s as isize).collect();
    let extents: Vec<usize> = local.shape.iter().map(|e| *e as usize).collect();
    if space.is_replicated() {
        // SAFETY: the local elements are the whole array, for which the caller has room.
        unsafe { copy_block(global, &contiguous[..n], local.pointer(), &own, &extents, size) }?;
        return Ok(total);
    }
    let members: Vec<usize> =
        (0..context.size()).filter(|r| space.mask().is_none_or(|mask| mask[*r] == mask[context.rank()])).collect();
    let counts: Vec<usize> = members.iter().map(|r| space.local_counts()[*r] as usize * size).collect();
    let starts: Vec<usize> = (0..counts.len()).map(|k| counts[..k].iter().sum()).collect();
    let room = HostMemory::new(x.local_count() as usize * size)
        .and_then(|packed| Ok((packed, HostMemory::new(total as usize * size)?)));
    let (mut packed, mut gathered) = context.agree(room)?;
    let tight = strides_of(&local.shape);
    // SAFETY: the packed block has room for the local elements.
    unsafe { copy_block(packed.as_mut_ptr(), &tight[..n], local.pointer(), &own, &extents, size) }?;
    let group = space.reducer().group();
    group.allgatherv(packed.as_bytes(), gathered.as_bytes_mut(), &counts, &starts)?;
    let others: i64 = shape.iter().enumerate().filter(|(k, _)| *k != axis).map(|(_, n)| *n).product();
    let mut first = 0;
    for (start, count) in starts.iter().zip(&counts) {
        let len = (count / size) as i64 / others.max(1);
        let mut part = shape.clone();
        part[axis] = len;
        let extents: Vec<usize> = part.iter().map(|e| *e as usize).collect();
        let to = global.wrapping_offset(first as isize * contiguous[axis] * size as isize);
        let from = gathered.as_ptr().wrapping_add(*start);
        // SAFETY: the part lies in the gathered block, and the caller has room for the group's array.
        unsafe { copy_block(to, &contiguous[..n], from, &strides_of(&part)[..n], &extents, size) }?;
        first += len;
    }
    Ok(total)
}

/// C strides in elements.
fn strides_of(shape: &[i64]) -> [isize; MAX_DIMENSIONS] {
    let mut strides = [1; MAX_DIMENSIONS];
    for k in (0..shape.len().saturating_sub(1)).rev() {
        strides[k] = strides[k + 1] * shape[k + 1].max(1) as isize;
    }
    strides
}
