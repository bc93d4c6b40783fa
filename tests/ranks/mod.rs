//! Ranks as threads of one process: a communicator for tests, which needs no MPI.
#![allow(dead_code)] // each test program uses its part

use dlops::arrays::{Array, Space};
use dlops::comm::combine::combine;
use dlops::comm::plain_file::PlainFile;
use dlops::comm::subgroup::Subgroup;
use dlops::comm::{Combine, Communicator, Number, Request, SharedFile, Traffic};
use dlops::context::{Context, ContextOptions};
use dlops::dtype::{DType, Element};
use dlops::error::Result;
use dlops::layout::{GridDimension, IndexBox, Layout, Partition, Role};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Barrier, Condvar, Mutex};

type Letters = HashMap<(usize, usize, i32), VecDeque<Vec<u8>>>;

/// What all ranks share: a board for collectives and a letter box for messages.
struct World {
    barrier: Barrier,
    board: Mutex<Vec<Vec<u8>>>,
    letters: Mutex<Letters>,
    arrived: Condvar,
}

#[derive(Clone)]
struct Thread {
    rank: usize,
    size: usize,
    world: Arc<World>,
    traffic: Arc<Traffic>,
    /// Posted receives: address, length, peer, tag.
    posted: Arc<Mutex<Vec<(usize, usize, usize, i32)>>>,
}

impl Thread {
    /// Everybody's bytes, in the order of ranks.
    fn meet(&self, mine: &[u8]) -> Vec<Vec<u8>> {
        self.world.board.lock().unwrap()[self.rank] = mine.to_vec();
        self.world.barrier.wait();
        let all = self.world.board.lock().unwrap().clone();
        self.world.barrier.wait();
        all
    }
}

impl Communicator for Thread {
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
        self.traffic.add(buffer.len());
        let all = self.meet(buffer);
        buffer.copy_from_slice(&all[0]);
        all[1..].iter().for_each(|other| combine(buffer, other, number, how));
        Ok(())
    }

    fn broadcast(&self, buffer: &mut [u8], root: usize) -> Result<()> {
        self.traffic.add(if self.rank == root { buffer.len() } else { 0 });
        let all = self.meet(buffer);
        buffer.copy_from_slice(&all[root]);
        Ok(())
    }

    fn allgather(&self, send: &[u8], receive: &mut [u8]) -> Result<()> {
        self.traffic.add(send.len());
        receive.copy_from_slice(&self.meet(send).concat());
        Ok(())
    }

    fn allgatherv(&self, send: &[u8], receive: &mut [u8], counts: &[usize], starts: &[usize]) -> Result<()> {
        self.traffic.add(send.len());
        for (r, piece) in self.meet(send).iter().enumerate() {
            receive[starts[r]..][..counts[r]].copy_from_slice(piece);
        }
        Ok(())
    }

    fn alltoallv(
        &self,
        send: &[u8],
        send_counts: &[usize],
        send_starts: &[usize],
        receive: &mut [u8],
        counts: &[usize],
        starts: &[usize],
    ) -> Result<()> {
        let parts: Vec<Vec<u8>> = (0..self.size).map(|r| send[send_starts[r]..][..send_counts[r]].to_vec()).collect();
        for (to, part) in parts.into_iter().enumerate() {
            self.world.letters.lock().unwrap().entry((self.rank, to, -1)).or_default().push_back(part);
        }
        self.world.barrier.wait();
        for from in 0..self.size {
            let part = self.world.letters.lock().unwrap().get_mut(&(from, self.rank, -1)).unwrap().pop_front().unwrap();
            assert_eq!(part.len(), counts[from], "alltoallv from {from} to {}", self.rank);
            receive[starts[from]..][..counts[from]].copy_from_slice(&part);
        }
        self.world.barrier.wait();
        Ok(())
    }

    fn barrier(&self) -> Result<()> {
        self.world.barrier.wait();
        Ok(())
    }

    fn split(&self, colour: i32) -> Result<Arc<dyn Communicator>> {
        Subgroup::new(Arc::new(self.clone()), colour)
    }

    unsafe fn send(
        &self,
        from: *const u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        if bytes > 0 {
            self.traffic.add(bytes);
            let letter = std::slice::from_raw_parts(from, bytes).to_vec();
            self.world.letters.lock().unwrap().entry((self.rank, peer, tag)).or_default().push_back(letter);
            self.world.arrived.notify_all();
            requests.push(Request(u64::MAX));
        }
        Ok(())
    }

    unsafe fn receive(
        &self,
        to: *mut u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        if bytes > 0 {
            let mut posted = self.posted.lock().unwrap();
            requests.push(Request(posted.len() as u64));
            posted.push((to as usize, bytes, peer, tag));
        }
        Ok(())
    }

    fn test(&self, _: &mut [Request]) -> Result<()> {
        Ok(())
    }

    fn wait(&self, requests: &mut Vec<Request>) -> Result<()> {
        for request in requests.drain(..).filter(|r| r.0 != u64::MAX) {
            let (to, bytes, peer, tag) = self.posted.lock().unwrap()[request.0 as usize];
            let mut letters = self.world.letters.lock().unwrap();
            let letter = loop {
                match letters.get_mut(&(peer, self.rank, tag)).and_then(VecDeque::pop_front) {
                    Some(letter) => break letter,
                    None => letters = self.world.arrived.wait(letters).unwrap(),
                }
            };
            assert_eq!(letter.len(), bytes, "message from {peer} to {} with tag {tag}", self.rank);
            // SAFETY: the poster of the receive keeps its buffer in place until the wait.
            unsafe { std::ptr::copy_nonoverlapping(letter.as_ptr(), to as *mut u8, bytes) };
        }
        Ok(())
    }

    fn open(&self, path: &str, create: bool) -> Result<Box<dyn SharedFile>> {
        PlainFile::open(Arc::new(self.clone()), path, create)
    }
}

/// Runs `work` on `size` threads, each a rank with a context of its own. A rank that panics ends the program, since
/// the others wait for it.
pub fn on_ranks_with(size: usize, options: ContextOptions, work: impl Fn(&Context) + Sync) {
    let world = Arc::new(World {
        barrier: Barrier::new(size),
        board: Mutex::new(vec![Vec::new(); size]),
        letters: Mutex::default(),
        arrived: Condvar::new(),
    });
    std::thread::scope(|scope| {
        for rank in 0..size {
            let (world, work) = (world.clone(), &work);
            scope.spawn(move || {
                let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    let (traffic, posted) = (Arc::default(), Arc::default());
                    let comm = Thread { rank, size, world, traffic, posted };
                    work(&Context::new(Arc::new(comm), options).unwrap());
                }));
                if ran.is_err() {
                    eprintln!("rank {rank} of {size} failed");
                    std::process::exit(1);
                }
            });
        }
    });
}

pub fn on_ranks(size: usize, work: impl Fn(&Context) + Sync) {
    on_ranks_with(size, ContextOptions::default(), work);
}

/// Layouts of a shape over a number of ranks: cut along each axis by each rule, replicated, on grids that cut two axes or
/// cut and replicate, in boxes, all on one rank, with empty ranks.
pub fn layouts(shape: &[i64], ranks: usize) -> Vec<Layout> {
    let grid = |dimensions: Vec<(usize, Role)>| {
        Layout::Grid(dimensions.into_iter().map(|(ranks, role)| GridDimension { ranks, role }).collect())
    };
    let cut = |axis: usize, partition: Partition| Role::Cut { axis, partition };
    let mut list = vec![Layout::replicated(ranks)];
    for (axis, &n) in shape.iter().enumerate() {
        let mut extents = vec![0; ranks];
        extents[ranks / 2] = n;
        let mut uneven = vec![0; ranks];
        uneven[0] = n / 3;
        uneven[ranks - 1] += n - n / 3;
        for partition in [
            Partition::Balanced,
            Partition::Ceiling,
            Partition::Extents(extents),
            Partition::Extents(uneven),
            Partition::Cyclic { block: 1 },
            Partition::Cyclic { block: 2 },
        ] {
            list.push(grid(vec![(ranks, cut(axis, partition))]));
        }
    }
    let factors = (2..ranks).find(|k| ranks.is_multiple_of(*k)).map(|k| (k, ranks / k));
    if let Some((a, b)) = factors {
        let last = shape.len() - 1;
        list.push(grid(vec![(a, Role::Replicate), (b, cut(last, Partition::Balanced))]));
        list.push(grid(vec![(a, cut(0, Partition::Cyclic { block: 1 })), (b, Role::Replicate)]));
        if last > 0 {
            list.push(grid(vec![(a, cut(0, Partition::Balanced)), (b, cut(last, Partition::Balanced))]));
            list.push(grid(vec![(a, cut(last, Partition::Cyclic { block: 2 })), (b, cut(0, Partition::Ceiling))]));
        }
    }
    // Boxes: the first half of axis 0 is cut along the last axis, the other half is one rank's.
    let (half, last) = (shape[0] / 2, shape.len() - 1);
    let whole = |lower0: i64, upper0: i64| {
        let mut b = IndexBox { lower: vec![0; shape.len()], upper: shape.to_vec() };
        (b.lower[0], b.upper[0]) = (lower0, upper0);
        b
    };
    let mut boxes = vec![whole(half, shape[0])];
    for part in 0..ranks - 1 {
        let mut b = whole(0, half);
        let n = if last == 0 { half } else { shape[last] };
        let (start, len) = dlops::layout::local_split(n, ranks as i64 - 1, part as i64);
        (b.lower[last], b.upper[last]) = (start, start + len);
        boxes.push(b);
    }
    if ranks == 1 {
        boxes = vec![whole(0, shape[0])];
    }
    list.push(Layout::Boxes(boxes));
    list
}

/// The value that tests put at a global C-order index: distinct, exact in every dtype.
pub fn value(index: i64, dtype: DType) -> (f64, f64) {
    let re = ((index * 37 + 11) % 1009 - 500) as f64;
    (re, if dtype.is_complex() { ((index * 53) % 613) as f64 - 200.0 } else { 0.0 })
}

/// Global C-order index of each of this rank's elements, in their local order.
pub fn local_indices(space: &Space) -> Vec<i64> {
    let (shape, region) = (space.shape().unwrap(), space.region().unwrap());
    let mut indices = vec![0];
    for (set, n) in region.axes.iter().zip(shape) {
        let along: Vec<i64> = set.intervals().iter().flat_map(|i| i.start..i.end()).collect();
        indices = indices.iter().flat_map(|at| along.iter().map(move |i| at * n + i)).collect();
    }
    indices
}

/// Elements as bytes of any dtype.
pub fn encode(dtype: DType, values: impl Iterator<Item = (f64, f64)>) -> Vec<u8> {
    values
        .flat_map(|(re, im)| match dtype {
            DType::Float32 => (re as f32).to_ne_bytes().to_vec(),
            DType::Float64 => re.to_ne_bytes().to_vec(),
            DType::Complex64 => [(re as f32).to_ne_bytes(), (im as f32).to_ne_bytes()].concat(),
            DType::Complex128 => [re.to_ne_bytes(), im.to_ne_bytes()].concat(),
            DType::Int32 => (re as i32).to_ne_bytes().to_vec(),
            DType::Int64 => (re as i64).to_ne_bytes().to_vec(),
        })
        .collect()
}

/// This rank's elements as bytes in C order.
pub fn bytes_of(x: &Array) -> Vec<u8> {
    let (local, size) = (x.local().unwrap(), x.dtype().size());
    let (runs, count) = (local.runs(), x.local_count() as usize);
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < count {
        let (pointer, n) = runs.at(at);
        // SAFETY: a run of n elements of the array.
        bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(pointer, n * size) });
        at += n;
    }
    bytes
}

/// Sets this rank's elements from bytes in C order.
pub fn set_bytes(x: &Array, bytes: &[u8]) {
    let (local, size) = (x.local().unwrap(), x.dtype().size());
    let (runs, count) = (local.runs(), x.local_count() as usize);
    assert_eq!(bytes.len(), count * size);
    let mut at = 0;
    while at < count {
        let (pointer, n) = runs.at(at);
        // SAFETY: a run of n elements of the array.
        unsafe { std::ptr::copy_nonoverlapping(bytes[at * size..].as_ptr(), pointer, n * size) };
        at += n;
    }
}

/// An array with `value` at every global index.
pub fn filled(space: &Space) -> Array {
    let x = Array::new(space).unwrap();
    set_bytes(&x, &encode(space.dtype(), local_indices(space).into_iter().map(|i| value(i, space.dtype()))));
    x
}

/// What `filled` gives.
pub fn expected(space: &Space) -> Vec<u8> {
    encode(space.dtype(), local_indices(space).into_iter().map(|i| value(i, space.dtype())))
}

/// The elements of a contiguous array.
pub fn elements<T: Element>(x: &Array) -> Vec<T> {
    x.local().unwrap().as_slice::<T>().unwrap().to_vec()
}
