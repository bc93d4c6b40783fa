//! An array taken through contiguous parts of its global C order, each shared by all ranks: how files are read and
//! written with bounded memory.
//!
//! A chunk is a contiguous part of the global order, some indices of one axis with all later axes whole. It is cut into
//! one slab a rank, contiguous too. Chunk by chunk, elements travel between slabs and the ranks that hold them.

use super::array::Array;
use crate::comm::{agree, Communicator};
use crate::error::Result;
use crate::fail;
use crate::kernels::host::copy_block::copy_block;
use crate::layout::{local_split, IndexSet, Message, Region, Span, MAX_DIMENSIONS};
use crate::storage::HostMemory;
use std::sync::Arc;

/// Which elements a rank has of a chunk.
pub(super) struct Slab {
    /// Global C-order index of the first element.
    pub start: i64,
    pub count: i64,
}

pub(super) struct Slabs {
    comm: Arc<dyn Communicator>,
    shape: Vec<i64>,
    /// The axis that chunks are cut along, and how many of its indices are one chunk.
    axis: usize,
    rows: i64,
    /// What each rank holds, and whether it is the copy that is written.
    regions: Vec<Region>,
    first_copy: Vec<bool>,
    pointer: *mut u8,
    strides: Vec<isize>,
    element: usize,
}

impl Slabs {
    /// For a leaf, in slabs of at most `slab_bytes` or one element. With `reversed` the global order has the first axis
    /// fastest (Fortran order). Local.
    pub(super) fn new(x: &Array, reversed: bool, slab_bytes: i64) -> Result<Slabs> {
        let (space, local) = (x.space(), x.local()?);
        let Some(layout) = space.layout() else { fail!(Space, "an array of {space} has no layout") };
        let comm = space.context().comm().clone();
        let mut shape = space.shape().map_or_else(|| vec![space.global_count()], <[i64]>::to_vec);
        let mut strides: Vec<isize> = local.strides.iter().map(|s| *s as isize).collect();
        let mut regions: Vec<Region> = (0..comm.size()).map(|r| layout.region(&shape, r)).collect();
        let first_copy = (0..comm.size()).map(|r| layout.copy_index(r) == 0).collect();
        if reversed {
            shape.reverse();
            strides.reverse();
            regions.iter_mut().for_each(|r| r.axes.reverse());
        }
        // A rank holds as much of a chunk as all copies of it leave.
        let slabs = (comm.size() / layout.copies()).max(1) as i64;
        let element = x.dtype().size();
        let (axis, rows) = chunking(&shape, element as i64, slabs, slab_bytes);
        Ok(Slabs { shape, axis, rows, regions, first_copy, pointer: local.pointer(), strides, element, comm })
    }

    /// How many chunks cover the array; 0 for an empty one.
    pub(super) fn chunks(&self) -> i64 {
        if self.shape.contains(&0) {
            return 0;
        }
        self.shape[..self.axis].iter().product::<i64>() * self.chunks_of_axis()
    }

    fn chunks_of_axis(&self) -> i64 {
        self.shape[self.axis].div_euclid(self.rows) + i64::from(self.shape[self.axis] % self.rows != 0)
    }

    /// This rank's slab of a chunk.
    pub(super) fn slab(&self, chunk: i64) -> Slab {
        let region = self.slab_region(chunk, self.comm.rank());
        let start = (0..self.shape.len()).fold(0, |at, k| at * self.shape[k] + region.axes[k].lower());
        Slab { start, count: region.count() }
    }

    fn slab_region(&self, chunk: i64, rank: usize) -> Region {
        let mut lead = chunk / self.chunks_of_axis();
        let first = chunk % self.chunks_of_axis() * self.rows;
        let rows = self.rows.min(self.shape[self.axis] - first);
        let (start, len) = local_split(rows, self.comm.size() as i64, rank as i64);
        let mut axes: Vec<IndexSet> = self.shape.iter().map(|n| IndexSet::interval(0, *n)).collect();
        axes[self.axis] = IndexSet::interval(first + start, len);
        for k in (0..self.axis).rev() {
            axes[k] = IndexSet::interval(lead % self.shape[k], 1);
            lead /= self.shape[k];
        }
        Region { axes }
    }

    /// From slabs to the ranks that hold the elements: every copy of a replicated one. `slab` has this rank's elements.
    /// Collective.
    pub(super) fn spread(&self, chunk: i64, slab: &[u8]) -> Result<()> {
        let (rank, ranks) = (self.comm.rank(), 0..self.comm.size());
        let own = self.slab_region(chunk, rank);
        let sends: Vec<Message> = ranks.clone().map(|r| shared(&own, &self.regions[r], r)).collect();
        let mine = &self.regions[rank];
        let receives: Vec<Message> = ranks.map(|r| shared(mine, &self.slab_region(chunk, r), r)).collect();
        let rooms = self.room(&sends).and_then(|packed| Ok((packed, self.room(&receives)?)));
        let ((mut packed, sent), (mut received, got)) = agree(&*self.comm, rooms)?;
        let strides = slab_strides(&own);
        for (message, start) in sends.iter().zip(&sent.starts) {
            let to = packed.as_mut_ptr().wrapping_add(*start);
            self.move_blocks(message, slab.as_ptr().cast_mut(), &strides, to, Direction::Pack)?;
        }
        self.exchange(&packed, &sent, &mut received, &got)?;
        for (message, start) in receives.iter().zip(&got.starts) {
            let from = received.as_mut_ptr().wrapping_add(*start);
            self.move_blocks(message, self.pointer, &self.strides, from, Direction::Unpack)?;
        }
        Ok(())
    }

    /// From the first copies of the elements to the slabs. Collective.
    pub(super) fn collect(&self, chunk: i64, slab: &mut [u8]) -> Result<()> {
        let (rank, ranks) = (self.comm.rank(), 0..self.comm.size());
        let own = self.slab_region(chunk, rank);
        let nothing = Region { axes: self.shape.iter().map(|_| IndexSet::default()).collect() };
        let held = |r: usize| if self.first_copy[r] { &self.regions[r] } else { &nothing };
        let sends: Vec<Message> = ranks.clone().map(|r| shared(held(rank), &self.slab_region(chunk, r), r)).collect();
        let receives: Vec<Message> = ranks.map(|r| shared(&own, held(r), r)).collect();
        let rooms = self.room(&sends).and_then(|packed| Ok((packed, self.room(&receives)?)));
        let ((mut packed, sent), (mut received, got)) = agree(&*self.comm, rooms)?;
        for (message, start) in sends.iter().zip(&sent.starts) {
            let to = packed.as_mut_ptr().wrapping_add(*start);
            self.move_blocks(message, self.pointer, &self.strides, to, Direction::Pack)?;
        }
        self.exchange(&packed, &sent, &mut received, &got)?;
        let strides = slab_strides(&own);
        for (message, start) in receives.iter().zip(&got.starts) {
            let from = received.as_mut_ptr().wrapping_add(*start);
            self.move_blocks(message, slab.as_mut_ptr(), &strides, from, Direction::Unpack)?;
        }
        Ok(())
    }

    /// A buffer for messages, one behind the other.
    fn room(&self, messages: &[Message]) -> Result<(HostMemory, Parts)> {
        let counts: Vec<usize> = messages.iter().map(|m| m.count as usize * self.element).collect();
        let ends = counts.iter().scan(0, |end, n| {
            *end += n;
            Some(*end)
        });
        let starts = ends.zip(&counts).map(|(end, n)| end - n).collect();
        Ok((HostMemory::new(counts.iter().sum())?, Parts { counts, starts }))
    }

    fn exchange(&self, packed: &HostMemory, sent: &Parts, received: &mut HostMemory, got: &Parts) -> Result<()> {
        let (send, receive) = (packed.as_bytes(), received.as_bytes_mut());
        self.comm.alltoallv(send, &sent.counts, &sent.starts, receive, &got.counts, &got.starts)
    }

    /// Between the blocks of a message in memory with these strides and its packed form.
    fn move_blocks(
        &self,
        message: &Message,
        memory: *mut u8,
        strides: &[isize],
        packed: *mut u8,
        direction: Direction,
    ) -> Result<()> {
        if message.count == 0 {
            return Ok(());
        }
        let (mut at, mut outcome) = (packed, Ok(()));
        message.for_each_block(|lower, extent| {
            let n = extent.len();
            let (mut extents, mut tight, mut count) = ([1; MAX_DIMENSIONS], [1; MAX_DIMENSIONS], 1usize);
            for k in (0..n).rev() {
                (extents[k], tight[k]) = (extent[k] as usize, count as isize);
                count *= extents[k];
            }
            let offset: isize = lower.iter().zip(strides).map(|(i, s)| *i as isize * s).sum();
            let block = memory.wrapping_offset(offset * self.element as isize);
            let (tight, extents) = (&tight[..n], &extents[..n]);
            // SAFETY: the block lies inside the local elements or the slab, and the packed form has room for all blocks.
            let moved = unsafe {
                match direction {
                    Direction::Pack => copy_block(at, tight, block, strides, extents, self.element),
                    Direction::Unpack => copy_block(block, strides, at, tight, extents, self.element),
                }
            };
            outcome = std::mem::replace(&mut outcome, Ok(())).and(moved);
            at = at.wrapping_add(count * self.element);
        });
        outcome
    }
}

#[derive(Clone, Copy)]
enum Direction {
    Pack,
    Unpack,
}

/// Bytes for each rank, and where they begin.
struct Parts {
    counts: Vec<usize>,
    starts: Vec<usize>,
}

/// The first axis of which one index fits a slab, and how many of its indices fit `slabs` of them.
fn chunking(shape: &[i64], element: i64, slabs: i64, slab_bytes: i64) -> (usize, i64) {
    let mut plane = element * shape.iter().map(|n| (*n).max(1)).product::<i64>();
    for (axis, n) in shape.iter().enumerate() {
        plane /= (*n).max(1);
        if plane <= slab_bytes || axis + 1 == shape.len() {
            return (axis, (slab_bytes / plane).max(1).saturating_mul(slabs));
        }
    }
    (0, 1)
}

/// The elements that `mine` and `other` share, in the local indices of `mine`; both ends list them in one order.
fn shared(mine: &Region, other: &Region, peer: usize) -> Message {
    let spans = |(a, b): (&IndexSet, &IndexSet)| -> Vec<Span> {
        a.intersect(b).iter().map(|o| Span { offset: o.offset, len: o.len }).collect()
    };
    let axes: Vec<Vec<Span>> = mine.axes.iter().zip(&other.axes).map(spans).collect();
    let count = axes.iter().map(|spans| spans.iter().map(|s| s.len).sum::<i64>()).product();
    Message { peer, count, axes }
}

/// Strides in elements of a slab, which is packed.
fn slab_strides(region: &Region) -> Vec<isize> {
    let mut strides = vec![1; region.axes.len()];
    for k in (0..strides.len().saturating_sub(1)).rev() {
        strides[k] = strides[k + 1] * region.axes[k + 1].len().max(1) as isize;
    }
    strides
}

#[cfg(test)]
mod tests {
    use super::chunking;

    #[test]
    fn chunks_are_contiguous_and_bounded() {
        assert_eq!(chunking(&[10, 4], 8, 3, 64), (0, 6));
        assert_eq!(chunking(&[10, 100], 8, 2, 64), (1, 16));
        assert_eq!(chunking(&[2, 3, 100, 4], 4, 1, 100), (2, 6));
        assert_eq!(chunking(&[5], 16, 1, 8), (0, 1));
        assert_eq!(chunking(&[0, 7], 8, 1, 64), (0, 1));
    }
}
