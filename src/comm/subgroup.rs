//! Some ranks of a communicator as a communicator of their own, by its messages alone.

use super::combine::combine;
use super::exchange::{by_messages, check_equal_gather, check_gather, check_numbers, check_peer};
use super::plain_file::PlainFile;
use super::{Combine, Communicator, Number, Request, SharedFile, Traffic, COLLECTIVE_TAG};
use crate::error::Result;
use crate::fail;
use std::sync::{Arc, Mutex, PoisonError};

/// A group of ranks of `parent`. Reductions and broadcasts go along binomial trees, gathers round a ring; a reduction's
/// order of summation depends on the size of the group only, and all ranks get the same bits.
#[derive(Clone)]
pub struct Subgroup {
    parent: Arc<dyn Communicator>,
    /// Parent's rank of each rank here.
    members: Arc<[usize]>,
    rank: usize,
    scratch: Arc<Mutex<Scratch>>,
}

/// Kept between calls, so that repeated calls of one size allocate nothing.
#[derive(Default)]
struct Scratch {
    partner: Vec<u8>,
    requests: Vec<Request>,
}

impl Subgroup {
    /// The ranks of `parent` with this colour, in its order. Collective over `parent`.
    #[allow(clippy::new_ret_no_self)]
    pub fn new(parent: Arc<dyn Communicator>, colour: i32) -> Result<Arc<dyn Communicator>> {
        let colours = parent.allgather_i64(colour as i64)?;
        let members: Vec<usize> = (0..colours.len()).filter(|&r| colours[r] == colour as i64).collect();
        let Some(rank) = members.iter().position(|&m| m == parent.rank()) else {
            fail!(Communication, "split: rank {} did not receive its own colour {colour}", parent.rank());
        };
        Ok(Arc::new(Subgroup { parent, members: members.into(), rank, scratch: Arc::default() }))
    }

    fn with_scratch<T>(&self, work: impl FnOnce(&mut Scratch) -> T) -> T {
        work(&mut self.scratch.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends and receives at once, and waits for both.
    fn swap(&self, out: Option<(&[u8], usize)>, into: Option<(&mut [u8], usize)>, s: &mut Vec<Request>) -> Result<()> {
        let mut posted = Ok(());
        if let Some((buffer, peer)) = into {
            let (pointer, parent_rank) = (buffer.as_mut_ptr(), self.members[peer]);
            // SAFETY: the buffer is borrowed beyond the wait below.
            posted = unsafe { self.parent.receive(pointer, buffer.len(), parent_rank, COLLECTIVE_TAG, s) };
        }
        if let Some((buffer, peer)) = out {
            let (pointer, parent_rank) = (buffer.as_ptr(), self.members[peer]);
            // SAFETY: the buffer is borrowed beyond the wait below.
            let sent = unsafe { self.parent.send(pointer, buffer.len(), parent_rank, COLLECTIVE_TAG, s) };
            posted = posted.and(sent);
        }
        let waited = self.parent.wait(s);
        posted.and(waited)
    }

    fn broadcast_tree(&self, buffer: &mut [u8], root: usize, requests: &mut Vec<Request>) -> Result<()> {
        let size = self.size();
        let relative = (self.rank + size - root) % size;
        let absolute = |r: usize| (r + root) % size;
        // The lowest set bit of a rank is the edge to its parent in the tree.
        let edge = if relative == 0 { size.next_power_of_two() } else { relative & relative.wrapping_neg() };
        if relative != 0 {
            self.swap(None, Some((&mut *buffer, absolute(relative - edge))), requests)?;
        }
        let mut step = edge / 2;
        while step > 0 {
            if relative + step < size {
                self.swap(Some((&*buffer, absolute(relative + step))), None, requests)?;
            }
            step /= 2;
        }
        Ok(())
    }
}

impl Communicator for Subgroup {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.members.len()
    }

    fn traffic(&self) -> &Arc<Traffic> {
        self.parent.traffic()
    }

    fn allreduce(&self, buffer: &mut [u8], number: Number, how: Combine) -> Result<()> {
        check_numbers(buffer.len(), number)?;
        self.with_scratch(|scratch| {
            scratch.partner.resize(buffer.len(), 0);
            let mut step = 1;
            while step < self.size() {
                if self.rank & step != 0 {
                    self.swap(Some((&*buffer, self.rank - step)), None, &mut scratch.requests)?;
                    break;
                }
                if self.rank + step < self.size() {
                    self.swap(None, Some((&mut scratch.partner, self.rank + step)), &mut scratch.requests)?;
                    combine(buffer, &scratch.partner, number, how);
                }
                step *= 2;
            }
            self.broadcast_tree(buffer, 0, &mut scratch.requests)
        })
    }

    fn broadcast(&self, buffer: &mut [u8], root: usize) -> Result<()> {
        check_peer("broadcast", root, self.size(), 0)?;
        self.with_scratch(|scratch| self.broadcast_tree(buffer, root, &mut scratch.requests))
    }

    fn allgather(&self, send: &[u8], receive: &mut [u8]) -> Result<()> {
        check_equal_gather(send.len(), receive.len(), self.size())?;
        let counts = vec![send.len(); self.size()];
        let displacements: Vec<usize> = (0..self.size()).map(|r| r * send.len()).collect();
        self.allgatherv(send, receive, &counts, &displacements)
    }

    fn allgatherv(&self, send: &[u8], receive: &mut [u8], counts: &[usize], displacements: &[usize]) -> Result<()> {
        let size = self.size();
        check_gather(send.len(), receive.len(), counts, displacements, self.rank, size)?;
        receive[displacements[self.rank]..][..send.len()].copy_from_slice(send);
        let (left, right) = ((self.rank + size - 1) % size, (self.rank + 1) % size);
        self.with_scratch(|scratch| {
            for step in 1..size {
                let mine = (self.rank + size - step + 1) % size;
                let theirs = (self.rank + size - step) % size;
                scratch.partner.clear();
                scratch.partner.extend_from_slice(&receive[displacements[mine]..][..counts[mine]]);
                let into = &mut receive[displacements[theirs]..][..counts[theirs]];
                self.swap(Some((&scratch.partner, right)), Some((into, left)), &mut scratch.requests)?;
            }
            Ok(())
        })
    }

    fn alltoallv(
        &self,
        send: &[u8],
        send_counts: &[usize],
        send_displacements: &[usize],
        receive: &mut [u8],
        receive_counts: &[usize],
        receive_displacements: &[usize],
    ) -> Result<()> {
        self.with_scratch(|scratch| {
            by_messages(
                self,
                send,
                send_counts,
                send_displacements,
                receive,
                receive_counts,
                receive_displacements,
                &mut scratch.requests,
            )
        })
    }

    fn barrier(&self) -> Result<()> {
        self.allreduce(&mut [0u8; 4], Number::Int32, Combine::Sum)
    }

    fn check_thread(&self) -> Result<()> {
        self.parent.check_thread()
    }

    fn split(&self, colour: i32) -> Result<Arc<dyn Communicator>> {
        Subgroup::new(Arc::new(self.clone()), colour)
    }

    unsafe fn send(
        &self,
        pointer: *const u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        check_peer("send", peer, self.size(), tag)?;
        // SAFETY: the caller's promise is passed on.
        unsafe { self.parent.send(pointer, bytes, self.members[peer], tag, requests) }
    }

    unsafe fn receive(
        &self,
        pointer: *mut u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        check_peer("receive", peer, self.size(), tag)?;
        // SAFETY: the caller's promise is passed on.
        unsafe { self.parent.receive(pointer, bytes, self.members[peer], tag, requests) }
    }

    fn test(&self, requests: &mut [Request]) -> Result<()> {
        self.parent.test(requests)
    }

    fn wait(&self, requests: &mut Vec<Request>) -> Result<()> {
        self.parent.wait(requests)
    }

    fn open(&self, path: &str, create: bool) -> Result<Box<dyn SharedFile>> {
        PlainFile::open(Arc::new(self.clone()), path, create)
    }
}
