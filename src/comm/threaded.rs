//! Ranks that are threads of one process: how tests run on any number of ranks without a launcher.

use super::combine::combine;
use super::exchange::{by_messages, check_equal_gather, check_gather, check_numbers, check_peer};
use super::plain_file::PlainFile;
use super::{Combine, Communicator, Number, Request, SharedFile, Traffic};
use crate::error::Result;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Barrier, Condvar, Mutex, MutexGuard, PoisonError, Weak};

/// (from, to, tag)
type Line = (usize, usize, i32);

/// What the ranks of a group share: a board for collectives, lines for messages, and the groups split from it.
struct World {
    barrier: Barrier,
    board: Mutex<Vec<Vec<u8>>>,
    lines: Mutex<HashMap<Line, VecDeque<Vec<u8>>>>,
    arrived: Condvar,
    groups: Mutex<HashMap<Vec<usize>, Weak<World>>>,
}

/// A receive that waits for its message.
struct Posted {
    pointer: *mut u8,
    bytes: usize,
    peer: usize,
    tag: i32,
}

// SAFETY: the receiving rank alone uses the pointer, until it has waited.
unsafe impl Send for Posted {}

pub struct Threaded {
    world: Arc<World>,
    rank: usize,
    size: usize,
    traffic: Arc<Traffic>,
    posted: Mutex<HashMap<u64, Posted>>,
    next: Mutex<u64>,
    itself: Weak<Threaded>,
}

/// Runs `work` on `ranks` threads, each with its communicator; results in the order of ranks.
///
/// # Panics
/// When `work` panics on a rank. A rank that leaves others waiting in a collective hangs them, as in MPI.
pub fn on_ranks<T: Send>(ranks: usize, work: impl Fn(Arc<dyn Communicator>) -> T + Sync) -> Vec<T> {
    let world = World::new(ranks);
    std::thread::scope(|scope| {
        let start = |rank| {
            let (world, work) = (world.clone(), &work);
            scope.spawn(move || work(Threaded::new(world, rank, ranks, Arc::default())))
        };
        let threads: Vec<_> = (0..ranks).map(start).collect();
        threads.into_iter().map(|t| t.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn new(size: usize) -> Arc<World> {
        Arc::new(World {
            barrier: Barrier::new(size),
            board: Mutex::new(vec![Vec::new(); size]),
            lines: Mutex::default(),
            arrived: Condvar::new(),
            groups: Mutex::default(),
        })
    }
}

impl Threaded {
    fn new(world: Arc<World>, rank: usize, size: usize, traffic: Arc<Traffic>) -> Arc<Threaded> {
        Arc::new_cyclic(|itself| Threaded {
            world,
            rank,
            size,
            traffic,
            posted: Mutex::default(),
            next: Mutex::new(1),
            itself: itself.clone(),
        })
    }

    /// Everybody's bytes, in the order of ranks.
    fn meet(&self, mine: &[u8]) -> Vec<Vec<u8>> {
        lock(&self.world.board)[self.rank] = mine.to_vec();
        self.world.barrier.wait();
        let all = lock(&self.world.board).clone();
        self.world.barrier.wait();
        all
    }
}

impl Communicator for Threaded {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    fn allreduce(&self, buffer: &mut [u8], number: Number, how: Combine) -> Result<()> {
        check_numbers(buffer.len(), number)?;
        self.traffic.add(buffer.len());
        let all = self.meet(buffer);
        buffer.copy_from_slice(&all[0]);
        all[1..].iter().for_each(|other| combine(buffer, other, number, how));
        Ok(())
    }

    fn broadcast(&self, buffer: &mut [u8], root: usize) -> Result<()> {
        check_peer("broadcast", root, self.size, 0)?;
        self.traffic.add(buffer.len());
        let all = self.meet(if self.rank == root { buffer } else { &[] });
        buffer.copy_from_slice(&all[root]);
        Ok(())
    }

    fn allgather(&self, send: &[u8], receive: &mut [u8]) -> Result<()> {
        check_equal_gather(send.len(), receive.len(), self.size)?;
        self.traffic.add(send.len());
        receive.copy_from_slice(&self.meet(send).concat());
        Ok(())
    }

    fn allgatherv(&self, send: &[u8], receive: &mut [u8], counts: &[usize], displacements: &[usize]) -> Result<()> {
        check_gather(send.len(), receive.len(), counts, displacements, self.rank, self.size)?;
        self.traffic.add(send.len());
        for (piece, (count, start)) in self.meet(send).iter().zip(counts.iter().zip(displacements)) {
            receive[*start..start + count].copy_from_slice(piece);
        }
        Ok(())
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
        let requests = &mut Vec::new();
        by_messages(
            self,
            send,
            send_counts,
            send_displacements,
            receive,
            receive_counts,
            receive_displacements,
            requests,
        )
    }

    fn barrier(&self) -> Result<()> {
        self.traffic.add(0);
        self.world.barrier.wait();
        Ok(())
    }

    fn split(&self, colour: i32) -> Result<Arc<dyn Communicator>> {
        let colours = self.meet(&colour.to_ne_bytes());
        let members: Vec<usize> = (0..self.size).filter(|r| colours[*r] == colour.to_ne_bytes()).collect();
        let world = {
            let mut groups = lock(&self.world.groups);
            let known = groups.get(&members).and_then(Weak::upgrade);
            let world = known.unwrap_or_else(|| World::new(members.len()));
            groups.insert(members.clone(), Arc::downgrade(&world));
            world
        };
        // Nobody lets go of the group's world before all members have it.
        self.world.barrier.wait();
        let rank = members.iter().position(|r| *r == self.rank).unwrap_or(0);
        Ok(Threaded::new(world, rank, members.len(), self.traffic.clone()))
    }

    unsafe fn send(&self, pointer: *const u8, bytes: usize, peer: usize, tag: i32, _: &mut Vec<Request>) -> Result<()> {
        check_peer("send", peer, self.size, tag)?;
        if bytes > 0 {
            self.traffic.add(bytes);
            // SAFETY: the caller's contract.
            let letter = unsafe { std::slice::from_raw_parts(pointer, bytes) }.to_vec();
            lock(&self.world.lines).entry((self.rank, peer, tag)).or_default().push_back(letter);
            self.world.arrived.notify_all();
        }
        Ok(())
    }

    unsafe fn receive(
        &self,
        pointer: *mut u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        check_peer("receive", peer, self.size, tag)?;
        if bytes > 0 {
            let mut next = lock(&self.next);
            lock(&self.posted).insert(*next, Posted { pointer, bytes, peer, tag });
            requests.push(Request(*next));
            *next += 1;
        }
        Ok(())
    }

    fn test(&self, _: &mut [Request]) -> Result<()> {
        Ok(())
    }

    fn wait(&self, requests: &mut Vec<Request>) -> Result<()> {
        for request in requests.drain(..) {
            let posted = lock(&self.posted).remove(&request.0).expect("a request of this communicator");
            let line = (posted.peer, self.rank, posted.tag);
            let empty = |lines: &mut HashMap<Line, VecDeque<Vec<u8>>>| lines.get(&line).is_none_or(VecDeque::is_empty);
            let waiting = self.world.arrived.wait_while(lock(&self.world.lines), empty);
            let mut lines = waiting.unwrap_or_else(PoisonError::into_inner);
            let letter = lines.get_mut(&line).and_then(VecDeque::pop_front).expect("waited for it");
            assert_eq!(letter.len(), posted.bytes, "a message from rank {} with tag {}", posted.peer, posted.tag);
            // SAFETY: the contract of `receive`; the lengths agree.
            unsafe { std::ptr::copy_nonoverlapping(letter.as_ptr(), posted.pointer, posted.bytes) };
        }
        Ok(())
    }

    fn open(&self, path: &str, create: bool) -> Result<Box<dyn SharedFile>> {
        let itself = self.itself.upgrade().expect("called through the Arc");
        PlainFile::open(itself, path, create)
    }
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use super::on_ranks;

    #[test]
    fn threads_are_a_communicator() {
        for ranks in 1..=4 {
            on_ranks(ranks, |comm| suite::run_with_groups(&comm));
        }
    }
}
