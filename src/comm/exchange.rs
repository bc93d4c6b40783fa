//! Every rank to every rank, by messages; and the checks of counts and displacements.

use super::{Communicator, Request, COLLECTIVE_TAG};
use crate::error::Result;
use crate::fail;

/// `alltoallv` by sends and receives. Each pair of ranks knows the length of its message, so that splitting needs no
/// agreement and empty messages cost nothing; the piece of this rank is copied. `requests` is empty before and after.
#[allow(clippy::too_many_arguments)]
pub fn by_messages(
    comm: &dyn Communicator,
    send: &[u8],
    send_counts: &[usize],
    send_displacements: &[usize],
    receive: &mut [u8],
    receive_counts: &[usize],
    receive_displacements: &[usize],
    requests: &mut Vec<Request>,
) -> Result<()> {
    let (rank, size) = (comm.rank(), comm.size());
    check_exchange(
        (send.len(), send_counts, send_displacements),
        (receive.len(), receive_counts, receive_displacements),
        rank,
        size,
    )?;
    let base = receive.as_mut_ptr();
    let mut posted = Ok(());
    for distance in 1..size {
        let peer = (rank + size - distance) % size;
        // SAFETY: `check_parts` keeps the part inside `receive`, which stays borrowed until the wait below.
        let one = unsafe {
            let part = base.add(receive_displacements[peer]);
            comm.receive(part, receive_counts[peer], peer, COLLECTIVE_TAG, requests)
        };
        posted = posted.and(one);
    }
    for distance in 1..size {
        let peer = (rank + distance) % size;
        // SAFETY: `check_parts` keeps the part inside `send`, which stays borrowed until the wait below.
        let one = unsafe {
            let part = send.as_ptr().add(send_displacements[peer]);
            comm.send(part, send_counts[peer], peer, COLLECTIVE_TAG, requests)
        };
        posted = posted.and(one);
    }
    // SAFETY: both parts are inside their buffers; a shared and a mutable slice do not overlap; no message
    // touches the part of this rank.
    unsafe {
        let from = send.as_ptr().add(send_displacements[rank]);
        base.add(receive_displacements[rank]).copy_from_nonoverlapping(from, send_counts[rank]);
    }
    let waited = comm.wait(requests);
    posted.and(waited)
}

/// What `alltoallv` is given: length of the buffer, counts and displacements of what is sent and of what is received.
pub fn check_exchange(
    (sent, send_counts, send_displacements): (usize, &[usize], &[usize]),
    (received, receive_counts, receive_displacements): (usize, &[usize], &[usize]),
    rank: usize,
    size: usize,
) -> Result<()> {
    check_parts("alltoallv", "send", sent, send_counts, send_displacements, size)?;
    check_parts("alltoallv", "receive", received, receive_counts, receive_displacements, size)?;
    let (to, from) = (send_counts[rank], receive_counts[rank]);
    if to != from {
        fail!(Argument, "alltoallv: rank {rank} sends {to} bytes to itself and receives {from}");
    }
    Ok(())
}

/// One count and one displacement for each rank, every part inside a buffer of `length` bytes.
fn check_parts(
    function: &str,
    which: &str,
    length: usize,
    counts: &[usize],
    displacements: &[usize],
    size: usize,
) -> Result<()> {
    if counts.len() != size || displacements.len() != size {
        fail!(
            Argument,
            "{function}: {} {which} counts and {} displacements for {size} ranks",
            counts.len(),
            displacements.len()
        );
    }
    for (rank, (&count, &start)) in counts.iter().zip(displacements).enumerate() {
        if start.checked_add(count).is_none_or(|end| end > length) {
            fail!(Argument, "{function}: {which} part {rank} is {count} bytes at {start}, the buffer has {length}");
        }
    }
    Ok(())
}

/// As [`check_parts`] for allgatherv, where this rank's own count is the length of what it sends.
pub fn check_gather(
    send: usize,
    receive: usize,
    counts: &[usize],
    displacements: &[usize],
    rank: usize,
    size: usize,
) -> Result<()> {
    check_parts("allgatherv", "receive", receive, counts, displacements, size)?;
    if counts[rank] != send {
        fail!(Argument, "allgatherv: rank {rank} sends {send} bytes, its count is {}", counts[rank]);
    }
    Ok(())
}

/// Equal pieces of all ranks fill the receive buffer exactly.
pub fn check_equal_gather(send: usize, receive: usize, size: usize) -> Result<()> {
    if send.checked_mul(size) != Some(receive) {
        fail!(Argument, "allgather: {send} bytes from each of {size} ranks do not fill {receive} bytes");
    }
    Ok(())
}

/// Root, peer and tag of a call are in range.
pub fn check_peer(function: &str, peer: usize, size: usize, tag: i32) -> Result<()> {
    if peer >= size {
        fail!(Argument, "{function}: rank {peer} of a communicator of {size}");
    }
    if !(0..=COLLECTIVE_TAG).contains(&tag) {
        fail!(Argument, "{function}: tag {tag} is outside 0 to {}", super::LAST_TAG);
    }
    Ok(())
}

/// Whole numbers fill a buffer.
pub fn check_numbers(length: usize, number: super::Number) -> Result<usize> {
    if !length.is_multiple_of(number.size()) {
        fail!(Argument, "allreduce: {length} bytes are no whole number of {number:?}");
    }
    Ok(length / number.size())
}

/// Gathers into a packed buffer and copies each part to its place: for parts whose displacements a transport cannot
/// count although their sum it can. Which rank does so concerns no other.
pub fn gather_packed(
    receive: &mut [u8],
    counts: &[usize],
    displacements: &[usize],
    gather: impl FnOnce(&mut [u8], &[usize]) -> Result<()>,
) -> Result<()> {
    let mut starts = Vec::with_capacity(counts.len());
    let mut total = 0;
    for &count in counts {
        starts.push(total);
        total += count;
    }
    let mut packed = vec![0u8; total];
    gather(&mut packed, &starts)?;
    for ((&count, &start), &to) in counts.iter().zip(&starts).zip(displacements) {
        receive[to..][..count].copy_from_slice(&packed[start..][..count]);
    }
    Ok(())
}
