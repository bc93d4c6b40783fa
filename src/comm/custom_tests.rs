//! The communicator of functions over a transport of threads: one thread is one rank.

use super::super::combine::combine;
use super::super::suite;
use super::*;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Condvar};

/// What all ranks share: a board for collectives and a letter box for messages.
struct World {
    barrier: Barrier,
    board: Mutex<Vec<Vec<u8>>>,
    letters: Mutex<HashMap<(usize, usize, i32), VecDeque<Vec<u8>>>>,
    arrived: Condvar,
    calls: AtomicUsize,
    largest: AtomicUsize,
    destroyed: AtomicUsize,
}

/// `user` of one rank.
struct Rank {
    rank: usize,
    world: Arc<World>,
    receives: Vec<(usize, usize, usize, i32)>,
    fail_allreduce: i32,
}

impl World {
    fn new(size: usize) -> Arc<World> {
        Arc::new(World {
            barrier: Barrier::new(size),
            board: Mutex::new(vec![Vec::new(); size]),
            letters: Mutex::default(),
            arrived: Condvar::new(),
            calls: AtomicUsize::new(0),
            largest: AtomicUsize::new(0),
            destroyed: AtomicUsize::new(0),
        })
    }

    /// Everybody's bytes, in the order of ranks.
    fn meet(&self, rank: usize, mine: &[u8]) -> Vec<Vec<u8>> {
        self.board.lock().unwrap()[rank] = mine.to_vec();
        self.barrier.wait();
        let all = self.board.lock().unwrap().clone();
        self.barrier.wait();
        all
    }
}

unsafe fn of<'a>(user: *mut c_void) -> &'a mut Rank {
    // SAFETY: every `user` is a boxed Rank that lives until `destroy`, used by one thread.
    unsafe { &mut *user.cast() }
}

impl Rank {
    fn count(&self, count: i64) {
        self.world.calls.fetch_add(1, Ordering::Relaxed);
        self.world.largest.fetch_max(count as usize, Ordering::Relaxed);
    }
}

unsafe fn bytes<'a>(pointer: *const c_void, length: i64) -> &'a [u8] {
    // SAFETY: the contract of the table.
    unsafe { std::slice::from_raw_parts(pointer.cast(), length as usize) }
}

unsafe fn bytes_mut<'a>(pointer: *mut c_void, length: i64) -> &'a mut [u8] {
    // SAFETY: the contract of the table.
    unsafe { std::slice::from_raw_parts_mut(pointer.cast(), length as usize) }
}

unsafe extern "C" fn allreduce(user: *mut c_void, buffer: *mut c_void, count: i64, number: i32, how: i32) -> i32 {
    let me = unsafe { of(user) };
    if me.fail_allreduce != 0 {
        return me.fail_allreduce;
    }
    me.count(count);
    let number = [Number::Float32, Number::Float64, Number::Int32, Number::Int64]
        .into_iter()
        .find(|n| *n as i32 == number)
        .unwrap();
    let how = [Combine::Sum, Combine::Min, Combine::Max][how as usize];
    let buffer = unsafe { bytes_mut(buffer, count * number.size() as i64) };
    let all = me.world.meet(me.rank, buffer);
    buffer.copy_from_slice(&all[0]);
    all[1..].iter().for_each(|other| combine(buffer, other, number, how));
    0
}

unsafe extern "C" fn broadcast(user: *mut c_void, buffer: *mut c_void, length: i64, root: i32) -> i32 {
    let me = unsafe { of(user) };
    me.count(length);
    let buffer = unsafe { bytes_mut(buffer, length) };
    let all = me.world.meet(me.rank, buffer);
    buffer.copy_from_slice(&all[root as usize]);
    0
}

unsafe extern "C" fn allgather(user: *mut c_void, send: *const c_void, receive: *mut c_void, length: i64) -> i32 {
    let me = unsafe { of(user) };
    me.count(length);
    let all = me.world.meet(me.rank, unsafe { bytes(send, length) }).concat();
    unsafe { bytes_mut(receive, all.len() as i64) }.copy_from_slice(&all);
    0
}

unsafe extern "C" fn allgatherv(
    user: *mut c_void,
    send: *const c_void,
    length: i64,
    receive: *mut c_void,
    counts: *const i64,
    displacements: *const i64,
) -> i32 {
    let me = unsafe { of(user) };
    for (r, piece) in me.world.meet(me.rank, unsafe { bytes(send, length) }).iter().enumerate() {
        let (count, start) = unsafe { (*counts.add(r), *displacements.add(r)) };
        me.count(start.max(count));
        unsafe { bytes_mut(receive.add(start as usize), count) }.copy_from_slice(piece);
    }
    0
}

unsafe extern "C" fn alltoallv(
    user: *mut c_void,
    send: *const c_void,
    send_counts: *const i64,
    send_starts: *const i64,
    receive: *mut c_void,
    receive_counts: *const i64,
    receive_starts: *const i64,
) -> i32 {
    let me = unsafe { of(user) };
    let size = me.world.board.lock().unwrap().len();
    for to in 0..size {
        let piece = unsafe { bytes(send.add(*send_starts.add(to) as usize), *send_counts.add(to)) };
        let pieces = me.world.meet(me.rank, piece);
        if to == me.rank {
            for (from, piece) in pieces.iter().enumerate() {
                let (count, start) = unsafe { (*receive_counts.add(from), *receive_starts.add(from)) };
                unsafe { bytes_mut(receive.add(start as usize), count) }.copy_from_slice(piece);
            }
        }
    }
    0
}

unsafe extern "C" fn barrier(user: *mut c_void) -> i32 {
    unsafe { of(user) }.world.barrier.wait();
    0
}

unsafe extern "C" fn send(u: *mut c_void, data: *const c_void, length: i64, peer: i32, tag: i32, r: *mut u64) -> i32 {
    let me = unsafe { of(u) };
    me.count(length);
    let letter = unsafe { bytes(data, length) }.to_vec();
    me.world.letters.lock().unwrap().entry((me.rank, peer as usize, tag)).or_default().push_back(letter);
    me.world.arrived.notify_all();
    unsafe { *r = u64::MAX };
    0
}

unsafe extern "C" fn receive(u: *mut c_void, data: *mut c_void, length: i64, peer: i32, tag: i32, r: *mut u64) -> i32 {
    let me = unsafe { of(u) };
    me.receives.push((data as usize, length as usize, peer as usize, tag));
    unsafe { *r = me.receives.len() as u64 - 1 };
    0
}

unsafe extern "C" fn wait(user: *mut c_void, count: i64, requests: *mut u64) -> i32 {
    let me = unsafe { of(user) };
    let mut wanted: Vec<u64> = (0..count as usize).map(|i| unsafe { *requests.add(i) }).collect();
    wanted.sort_unstable();
    for request in wanted.into_iter().filter(|&r| r != u64::MAX) {
        let (address, length, peer, tag) = me.receives[request as usize];
        let letters = me.world.letters.lock().unwrap();
        let key = (peer, me.rank, tag);
        let none = |l: &mut HashMap<_, VecDeque<Vec<u8>>>| l.get(&key).is_none_or(VecDeque::is_empty);
        let mut letters = me.world.arrived.wait_while(letters, none).unwrap();
        let letter = letters.get_mut(&key).unwrap().pop_front().unwrap();
        if letter.len() != length {
            return 77;
        }
        unsafe { bytes_mut(address as *mut c_void, length as i64) }.copy_from_slice(&letter);
    }
    0
}

unsafe extern "C" fn split(user: *mut c_void, colour: i32, group: *mut dlops_communicator_functions) -> i32 {
    let me = unsafe { of(user) };
    let colours: Vec<i32> = me
        .world
        .meet(me.rank, &colour.to_ne_bytes())
        .iter()
        .map(|b| i32::from_ne_bytes(b[..].try_into().unwrap()))
        .collect();
    let members: Vec<usize> = (0..colours.len()).filter(|&r| colours[r] == colour).collect();
    // The first member makes the world of the group and posts its address.
    let made = if members[0] == me.rank { Arc::into_raw(World::new(members.len())) as usize } else { 0 };
    let addresses = me.world.meet(me.rank, &made.to_ne_bytes());
    let address = usize::from_ne_bytes(addresses[members[0]][..].try_into().unwrap()) as *const World;
    unsafe { Arc::increment_strong_count(address) };
    let world = unsafe { Arc::from_raw(address) };
    me.world.barrier.wait();
    if members[0] == me.rank {
        unsafe { Arc::decrement_strong_count(address) };
    }
    unsafe { *group = table(&world, members.iter().position(|&m| m == me.rank).unwrap(), members.len()) };
    unsafe { (*group).split = Some(split) };
    0
}

unsafe extern "C" fn destroy(user: *mut c_void) {
    let rank = unsafe { Box::from_raw(user.cast::<Rank>()) };
    rank.world.destroyed.fetch_add(1, Ordering::Relaxed);
}

fn table(world: &Arc<World>, rank: usize, size: usize) -> dlops_communicator_functions {
    let user = Rank { rank, world: world.clone(), receives: Vec::new(), fail_allreduce: 0 };
    dlops_communicator_functions {
        user: Box::into_raw(Box::new(user)).cast(),
        rank: rank as i32,
        size: size as i32,
        allreduce: Some(allreduce),
        broadcast: Some(broadcast),
        allgatherv: Some(allgatherv),
        send: Some(send),
        receive: Some(receive),
        wait: Some(wait),
        destroy: Some(destroy),
        ..Default::default()
    }
}

/// Runs `work` on `size` threads with tables changed by `change`, and checks that each table is destroyed once.
fn on_ranks(
    size: usize,
    change: fn(&mut dlops_communicator_functions),
    work: impl Fn(Arc<dyn Communicator>) + Sync,
) -> Arc<World> {
    let world = World::new(size);
    std::thread::scope(|scope| {
        for rank in 0..size {
            let (world, work) = (&world, &work);
            scope.spawn(move || {
                let mut table = table(world, rank, size);
                change(&mut table);
                // SAFETY: the table is complete.
                work(unsafe { Custom::create(&table) }.unwrap());
            });
        }
    });
    assert_eq!(world.destroyed.load(Ordering::Relaxed), size);
    world
}

#[test]
fn the_suite_passes_with_the_required_functions_alone() {
    for size in 1..=4 {
        on_ranks(size, |_| {}, |comm| suite::run_with_groups(&comm));
    }
}

#[test]
fn the_suite_passes_with_all_functions() {
    let all = |t: &mut dlops_communicator_functions| {
        t.allgather = Some(allgather);
        t.alltoallv = Some(alltoallv);
        t.barrier = Some(barrier);
        t.split = Some(split);
    };
    for size in 1..=4 {
        on_ranks(size, all, |comm| suite::run_with_groups(&comm));
    }
}

#[test]
fn no_call_passes_the_largest_count() {
    for size in 1..=4 {
        let limited = |t: &mut dlops_communicator_functions| {
            t.allgather = Some(allgather);
            t.max_count = 7;
        };
        let world = on_ranks(size, limited, |comm| suite::run_with_groups(&comm));
        assert_eq!(world.largest.load(Ordering::Relaxed), 7);
    }
}

#[test]
fn traffic_counts_the_calls() {
    for size in [1, 3] {
        let messages = AtomicUsize::new(0);
        let world = on_ranks(
            size,
            |_| {},
            |comm| {
                let before = comm.traffic().read();
                comm.barrier().unwrap();
                comm.broadcast(&mut [1, 2, 3], 0).unwrap();
                comm.allreduce_f64(&mut [1.0, 2.0], Combine::Sum).unwrap();
                let after = comm.traffic().read();
                assert_eq!(after.1 - before.1, 4 + 16 + if comm.rank() == 0 { 3 } else { 0 });
                messages.fetch_add(after.0 as usize, Ordering::Relaxed);
            },
        );
        assert_eq!(world.calls.load(Ordering::Relaxed), messages.load(Ordering::Relaxed));
    }
}

#[test]
fn a_failing_function_is_named_with_its_number() {
    on_ranks(
        1,
        |_| {},
        |comm| {
            let world = World::new(1);
            let table = table(&world, 0, 1);
            unsafe { of(table.user) }.fail_allreduce = 42;
            // SAFETY: the table is complete.
            let error = unsafe { Custom::create(&table) }.err().unwrap();
            assert_eq!(error.status, Status::Communication);
            assert!(error.message.contains("'allreduce' returned 42"), "{error}");
            assert_eq!(world.destroyed.load(Ordering::Relaxed), 0, "the caller still owns user");
            unsafe { destroy(table.user) };
            comm.barrier().unwrap();
        },
    );
}

#[test]
fn bad_tables_are_refused() {
    let world = World::new(1);
    let good = table(&world, 0, 1);
    let refused = |change: fn(&mut dlops_communicator_functions)| {
        let mut table = good;
        change(&mut table);
        // SAFETY: the table is readable for its own size.
        unsafe { Custom::create(&table) }.err().expect("refused")
    };
    assert_eq!(refused(|t| t.allreduce = None).status, Status::NullPointer);
    assert!(refused(|t| t.wait = None).message.contains("'wait'"));
    assert_eq!(refused(|t| t.size = 0).status, Status::Argument);
    assert_eq!(refused(|t| t.rank = 1).status, Status::Argument);
    assert_eq!(refused(|t| t.rank = -1).status, Status::Argument);
    assert_eq!(refused(|t| t.max_count = -1).status, Status::Argument);
    assert_eq!(refused(|t| t.struct_size = 8).status, Status::Argument);
    // SAFETY: NULL is refused.
    assert_eq!(unsafe { Custom::create(std::ptr::null()) }.err().unwrap().status, Status::NullPointer);

    #[repr(C)]
    struct Newer {
        known: dlops_communicator_functions,
        unknown: usize,
    }
    let mut newer = Newer { known: good, unknown: 1 };
    newer.known.struct_size = size_of::<Newer>();
    // SAFETY: the table is readable for its own size.
    let error = unsafe { Custom::create((&raw const newer).cast()) }.err().unwrap();
    assert_eq!(error.status, Status::Unsupported);
    newer.unknown = 0;
    // SAFETY: as above; this one takes over `user`.
    drop(unsafe { Custom::create((&raw const newer).cast()) }.unwrap());
    assert_eq!(world.destroyed.load(Ordering::Relaxed), 1);
}
