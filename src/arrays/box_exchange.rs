//! Boxes of elements that several ranks want, from the ranks that hold them.

use crate::comm::{agree, Communicator};
use crate::error::Result;
use crate::kernels::host::copy_block::copy_block;
use crate::layout::{IndexBox, MAX_DIMENSIONS};
use crate::storage::HostMemory;

/// Sends to every rank the elements of its wanted box that this rank holds, and calls `put(block, elements)` for each
/// block that arrives, in the order of ranks, with the packed elements in C order. The boxes of all ranks are given
/// alike everywhere; they may overlap. `strides` are those of the held box in elements of `size` bytes. Collective.
///
/// # Safety
/// `source` holds this rank's box with these strides.
pub(super) unsafe fn exchange(
    comm: &dyn Communicator,
    (held, wanted): (&[IndexBox], &[IndexBox]),
    size: usize,
    (source, strides): (*const u8, &[isize]),
    mut put: impl FnMut(&IndexBox, *const u8) -> Result<()>,
) -> Result<()> {
    let rank = comm.rank();
    let to: Vec<IndexBox> = wanted.iter().map(|w| held[rank].intersection(w)).collect();
    let from: Vec<IndexBox> = held.iter().map(|h| h.intersection(&wanted[rank])).collect();
    let bytes = |boxes: &[IndexBox]| boxes.iter().map(|b| b.count() as usize * size).collect::<Vec<usize>>();
    let (sent, got) = (bytes(&to), bytes(&from));
    let room = |bytes: &[usize]| HostMemory::new(bytes.iter().sum());
    let (mut packed, mut received) = agree(comm, room(&sent).and_then(|p| Ok((p, room(&got)?))))?;
    let (sent_at, got_at) = (starts(&sent), starts(&got));
    let mut outcome = Ok(());
    for (block, at) in to.iter().zip(&sent_at) {
        let (extents, tight) = packed_block(block);
        let n = block.lower.len();
        let first: isize = (0..n).map(|k| (block.lower[k] - held[rank].lower[k]) as isize * strides[k]).sum();
        let (target, source) = (packed.as_mut_ptr().wrapping_add(*at), source.wrapping_offset(first * size as isize));
        // SAFETY: the block lies in the held box, and its message has room for it.
        let copied = unsafe { copy_block(target, &tight[..n], source, &strides[..n], &extents[..n], size) };
        outcome = outcome.and(copied);
    }
    let (send, receive) = (packed.as_bytes(), received.as_bytes_mut());
    outcome = outcome.and(comm.alltoallv(send, &sent, &sent_at, receive, &got, &got_at));
    for (block, at) in from.iter().zip(&got_at).filter(|(b, _)| !b.is_empty()) {
        outcome = outcome.and_then(|()| put(block, received.as_ptr().wrapping_add(*at)));
    }
    outcome
}

/// Extents and C strides of a packed block.
pub(super) fn packed_block(block: &IndexBox) -> ([usize; MAX_DIMENSIONS], [isize; MAX_DIMENSIONS]) {
    let (mut shape, n) = ([1; MAX_DIMENSIONS], block.lower.len());
    shape.iter_mut().zip(block.lower.iter().zip(&block.upper)).for_each(|(to, (lower, upper))| *to = upper - lower);
    super::local::packed_block(&shape[..n])
}

fn starts(counts: &[usize]) -> Vec<usize> {
    let ends = counts.iter().scan(0, |end, n| {
        *end += n;
        Some(*end)
    });
    ends.zip(counts).map(|(end, n)| end - n).collect()
}
