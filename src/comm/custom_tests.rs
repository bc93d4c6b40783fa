//! The communicator of functions over a transport of threads: one thread is one rank.

use super::super::{suite, threaded};
use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the ranks of a group are counted by.
#[derive(Default)]
struct Counts {
    calls: AtomicUsize,
    largest: AtomicUsize,
    destroyed: AtomicUsize,
}

/// `user` of one rank.
struct Rank {
    comm: Arc<dyn Communicator>,
    counts: Arc<Counts>,
    fail_allreduce: i32,
}

unsafe fn of<'a>(user: *mut c_void) -> &'a mut Rank {
    // SAFETY: every `user` is a boxed Rank that lives until `destroy`, used by one thread.
    unsafe { &mut *user.cast() }
}

impl Rank {
    fn count(&self, count: i64) {
        self.counts.calls.fetch_add(1, Ordering::Relaxed);
        self.counts.largest.fetch_max(count as usize, Ordering::Relaxed);
    }
}

fn code(outcome: Result<()>) -> i32 {
    outcome.map_or(77, |()| 0)
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
    code(me.comm.allreduce(unsafe { bytes_mut(buffer, count * number.size() as i64) }, number, how))
}

unsafe extern "C" fn broadcast(user: *mut c_void, buffer: *mut c_void, length: i64, root: i32) -> i32 {
    let me = unsafe { of(user) };
    me.count(length);
    code(me.comm.broadcast(unsafe { bytes_mut(buffer, length) }, root as usize))
}

unsafe extern "C" fn allgather(user: *mut c_void, send: *const c_void, receive: *mut c_void, length: i64) -> i32 {
    let me = unsafe { of(user) };
    me.count(length);
    let all = length * me.comm.size() as i64;
    code(unsafe { me.comm.allgather(bytes(send, length), bytes_mut(receive, all)) })
}

/// One number a rank, and the end of the last part.
unsafe fn parts(me: &Rank, counts: *const i64, starts: *const i64) -> (Vec<usize>, Vec<usize>, i64) {
    // SAFETY: the contract of the table.
    let numbers = |p: *const i64| (0..me.comm.size()).map(|r| unsafe { *p.add(r) as usize }).collect::<Vec<usize>>();
    let (counts, starts) = (numbers(counts), numbers(starts));
    let end = counts.iter().zip(&starts).map(|(n, at)| at + n).max().unwrap_or(0);
    (counts, starts, end as i64)
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
    let (counts, starts, end) = unsafe { parts(me, counts, displacements) };
    counts.iter().chain(&starts).for_each(|n| me.count(*n as i64));
    code(unsafe { me.comm.allgatherv(bytes(send, length), bytes_mut(receive, end), &counts, &starts) })
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
    let (counts, starts, end) = unsafe { parts(me, send_counts, send_starts) };
    let (got, got_starts, got_end) = unsafe { parts(me, receive_counts, receive_starts) };
    let (from, to) = unsafe { (bytes(send, end), bytes_mut(receive, got_end)) };
    code(me.comm.alltoallv(from, &counts, &starts, to, &got, &got_starts))
}

unsafe extern "C" fn barrier(user: *mut c_void) -> i32 {
    code(unsafe { of(user) }.comm.barrier())
}

/// The transport keeps a copy of what is sent, so that there is nothing to wait for.
unsafe extern "C" fn send(u: *mut c_void, data: *const c_void, length: i64, peer: i32, tag: i32, r: *mut u64) -> i32 {
    let me = unsafe { of(u) };
    me.count(length);
    let mut none = Vec::new();
    let sent = unsafe { me.comm.send(data.cast(), length as usize, peer as usize, tag, &mut none) };
    unsafe { *r = u64::MAX };
    code(sent)
}

unsafe extern "C" fn receive(u: *mut c_void, data: *mut c_void, length: i64, peer: i32, tag: i32, r: *mut u64) -> i32 {
    let me = unsafe { of(u) };
    let mut posted = Vec::new();
    let received = unsafe { me.comm.receive(data.cast(), length as usize, peer as usize, tag, &mut posted) };
    unsafe { *r = posted.first().map_or(u64::MAX, |request| request.0) };
    code(received)
}

unsafe extern "C" fn wait(user: *mut c_void, count: i64, requests: *mut u64) -> i32 {
    let me = unsafe { of(user) };
    let mut wanted: Vec<u64> = (0..count as usize).map(|i| unsafe { *requests.add(i) }).collect();
    wanted.sort_unstable();
    let mut wanted = wanted.into_iter().filter(|r| *r != u64::MAX).map(Request).collect();
    code(me.comm.wait(&mut wanted))
}

unsafe extern "C" fn split(user: *mut c_void, colour: i32, group: *mut dlops_communicator_functions) -> i32 {
    match unsafe { of(user) }.comm.split(colour) {
        Ok(comm) => unsafe {
            *group = dlops_communicator_functions { split: Some(split), ..table(comm, &Arc::default()) }
        },
        Err(_) => return 77,
    }
    0
}

unsafe extern "C" fn destroy(user: *mut c_void) {
    let rank = unsafe { Box::from_raw(user.cast::<Rank>()) };
    rank.counts.destroyed.fetch_add(1, Ordering::Relaxed);
}

fn table(comm: Arc<dyn Communicator>, counts: &Arc<Counts>) -> dlops_communicator_functions {
    let (rank, size) = (comm.rank() as i32, comm.size() as i32);
    let user = Rank { comm, counts: counts.clone(), fail_allreduce: 0 };
    dlops_communicator_functions {
        user: Box::into_raw(Box::new(user)).cast(),
        rank,
        size,
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
) -> Arc<Counts> {
    let counts = Arc::new(Counts::default());
    threaded::on_ranks(size, |comm| {
        let mut table = table(comm, &counts);
        change(&mut table);
        // SAFETY: the table is complete.
        work(unsafe { Custom::create(&table) }.unwrap());
    });
    assert_eq!(counts.destroyed.load(Ordering::Relaxed), size);
    counts
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
        let counts = on_ranks(size, limited, |comm| suite::run_with_groups(&comm));
        assert_eq!(counts.largest.load(Ordering::Relaxed), 7);
    }
}

#[test]
fn traffic_counts_the_calls() {
    for size in [1, 3] {
        let messages = AtomicUsize::new(0);
        let counts = on_ranks(
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
        assert_eq!(counts.calls.load(Ordering::Relaxed), messages.load(Ordering::Relaxed));
    }
}

#[test]
fn a_failing_function_is_named_with_its_number() {
    on_ranks(
        1,
        |_| {},
        |comm| {
            let counts = Arc::default();
            let table = table(crate::comm::solo::Solo::new(), &counts);
            unsafe { of(table.user) }.fail_allreduce = 42;
            // SAFETY: the table is complete.
            let error = unsafe { Custom::create(&table) }.err().unwrap();
            assert_eq!(error.status, Status::Communication);
            assert!(error.message.contains("'allreduce' returned 42"), "{error}");
            assert_eq!(counts.destroyed.load(Ordering::Relaxed), 0, "the caller still owns user");
            unsafe { destroy(table.user) };
            comm.barrier().unwrap();
        },
    );
}

#[test]
fn bad_tables_are_refused() {
    let counts = Arc::default();
    let good = table(crate::comm::solo::Solo::new(), &counts);
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
    assert_eq!(counts.destroyed.load(Ordering::Relaxed), 1);
}
