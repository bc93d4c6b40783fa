//! The thread pool of a context.
//!
//! Hosts bring their own ranks and threads, so a pool is small, waits politely (a short spin, then sleep) and belongs to
//! one context. Work is handed over without allocation: the pool shares a borrowed closure and counts who is done.

use crate::error::{Error, Result, Status};
use std::cell::UnsafeCell;
use std::ops::Range;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// Spins before a thread sleeps: about forty microseconds, what a wake-up costs, so that threads that end their parts of a
/// round one after the other seldom sleep, and an oversubscribed core is given back soon.
const SPINS: usize = 1500;

/// The closure of the current round, lent by `run` until every worker is done with it.
type Job = *const (dyn Fn(usize) + Sync);

struct Shared {
    /// Counts rounds; a worker starts when it changes.
    round: AtomicU64,
    job: UnsafeCell<Option<Job>>,
    /// Workers that have not finished the round.
    busy: AtomicUsize,
    stop: AtomicBool,
    panic: Mutex<Option<String>>,
    /// Workers asleep, and whether the caller sleeps.
    sleep: Mutex<Sleepers>,
    start: Condvar,
    done: Condvar,
}

#[derive(Default)]
struct Sleepers {
    workers: usize,
    caller: bool,
}

// SAFETY: `job` is written by the caller of `run` only while no worker is busy, and read by workers only after the
// change of `round` (release / acquire) that published it.
unsafe impl Sync for Shared {}
// SAFETY: the pointer in `job` refers to a `Sync` closure that outlives the round.
unsafe impl Send for Shared {}

/// `len()` threads, the caller being number 0.
pub struct ThreadPool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Held by the thread whose round is running.
    turn: Mutex<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ThreadPool {
    /// A pool of `threads` threads, of which `threads - 1` are made. Fails with `Argument` for 0 and with `Memory`
    /// when the system gives no more threads.
    pub fn new(threads: usize) -> Result<ThreadPool> {
        if threads == 0 {
            crate::fail!(Argument, "threads is 0, expected at least 1");
        }
        let shared = Arc::new(Shared {
            round: AtomicU64::new(0),
            job: UnsafeCell::new(None),
            busy: AtomicUsize::new(0),
            stop: AtomicBool::new(false),
            panic: Mutex::new(None),
            sleep: Mutex::new(Sleepers::default()),
            start: Condvar::new(),
            done: Condvar::new(),
        });
        let mut pool = ThreadPool { shared, workers: Vec::new(), turn: Mutex::new(()) };
        let _signals = BlockedSignals::new();
        for index in 1..threads {
            let shared = pool.shared.clone();
            let worker = std::thread::Builder::new()
                .name(format!("dlops-{index}"))
                .spawn(move || work(&shared, index))
                .map_err(|e| {
                    Error::new(Status::Memory, format!("thread {index} of {threads} could not be started: {e}"))
                })?;
            pool.workers.push(worker);
        }
        Ok(pool)
    }

    /// Threads, with the caller's own.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.workers.len() + 1
    }

    /// Runs `f(t)` for every t in `0..len()`, each on its own thread, and returns when all are done. The calls must not
    /// wait for one another: a call of `run` from inside `f`, or while another thread's round is running, does them
    /// one after the other. A panic in `f` is reported as `Internal` once all threads are done.
    pub fn run(&self, f: &(dyn Fn(usize) + Sync)) -> Result<()> {
        let turn = if self.workers.is_empty() { None } else { self.turn.try_lock().ok() };
        if turn.is_none() {
            return (0..self.len()).try_for_each(|t| guarded(f, t)).map_err(defect);
        }
        let shared = &*self.shared;
        // SAFETY: only the lifetime is erased; `run` returns after `busy` has come down to 0, so no worker uses the
        // closure after it. No worker is busy now, since the turn is ours and the last round has ended.
        unsafe {
            *shared.job.get() = Some(std::mem::transmute::<*const (dyn Fn(usize) + Sync + '_), Job>(f as *const _));
        }
        shared.busy.store(self.workers.len(), Ordering::Relaxed);
        shared.advance();
        let own = guarded(f, 0);
        shared.wait_until_done();
        match own.err().or_else(|| lock(&shared.panic).take()) {
            None => Ok(()),
            Some(text) => {
                lock(&shared.panic).take();
                Err(defect(text))
            }
        }
    }
}

impl Drop for ThreadPool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.shared.advance();
        for worker in self.workers.drain(..) {
            // A worker catches every panic of the work, so joining cannot fail.
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn advance(&self) {
        let sleepers = lock(&self.sleep);
        self.round.fetch_add(1, Ordering::Release);
        let waiting = sleepers.workers > 0;
        drop(sleepers);
        if waiting {
            self.start.notify_all();
        }
    }

    fn wait_until_done(&self) {
        for _ in 0..SPINS {
            if self.busy.load(Ordering::Acquire) == 0 {
                return;
            }
            std::hint::spin_loop();
        }
        let mut sleepers = lock(&self.sleep);
        while self.busy.load(Ordering::Acquire) != 0 {
            sleepers.caller = true;
            sleepers = self.done.wait(sleepers).unwrap_or_else(PoisonError::into_inner);
        }
        sleepers.caller = false;
    }

    /// Waits for a round after `seen` and returns its number.
    fn wait_for_round(&self, seen: u64) -> u64 {
        for _ in 0..SPINS {
            let round = self.round.load(Ordering::Acquire);
            if round != seen {
                return round;
            }
            std::hint::spin_loop();
        }
        let mut sleepers = lock(&self.sleep);
        sleepers.workers += 1;
        loop {
            let round = self.round.load(Ordering::Acquire);
            if round != seen {
                sleepers.workers -= 1;
                return round;
            }
            sleepers = self.start.wait(sleepers).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn work(shared: &Shared, index: usize) {
    let mut seen = 0;
    loop {
        seen = shared.wait_for_round(seen);
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
        // SAFETY: the round published the job, and the caller keeps it unchanged and alive until `busy` is 0.
        let job = unsafe { (*shared.job.get()).map(|job| &*job) };
        if let Some(Err(text)) = job.map(|job| guarded(job, index)) {
            lock(&shared.panic).get_or_insert(text);
        }
        if shared.busy.fetch_sub(1, Ordering::AcqRel) == 1 && lock(&shared.sleep).caller {
            shared.done.notify_one();
        }
    }
}

fn guarded(f: &(dyn Fn(usize) + Sync), index: usize) -> std::result::Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| f(index))).map_err(|payload| {
        let text = payload.downcast_ref::<&str>().map(|s| s.to_string());
        text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no text".into())
    })
}

fn defect(text: String) -> Error {
    Error::new(Status::Internal, format!("a panic in the thread pool was caught: {text}"))
}

/// Blocks all signals while it lives, so that threads made meanwhile leave every signal to the host's threads.
struct BlockedSignals {
    #[cfg(unix)]
    before: libc::sigset_t,
}

impl BlockedSignals {
    #[cfg(unix)]
    fn new() -> BlockedSignals {
        // SAFETY: both sets are valid for writing; a zeroed set is a valid value to overwrite.
        unsafe {
            let mut all: libc::sigset_t = std::mem::zeroed();
            let mut before: libc::sigset_t = std::mem::zeroed();
            libc::sigfillset(&mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &all, &mut before);
            BlockedSignals { before }
        }
    }

    #[cfg(not(unix))]
    fn new() -> BlockedSignals {
        BlockedSignals {}
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        // SAFETY: `before` is the mask that `new` read on this thread.
        #[cfg(unix)]
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &self.before, std::ptr::null_mut());
        }
    }
}

/// The piece number `part` of `0..n` cut into `parts` consecutive pieces whose borders are multiples of
/// `granularity` (but for the end) and whose sizes differ by at most one granule.
pub fn split(n: usize, parts: usize, part: usize, granularity: usize) -> Range<usize> {
    let (parts, granularity) = (parts.max(1), granularity.max(1));
    let granules = n.div_ceil(granularity);
    let (size, larger) = (granules / parts, granules % parts);
    let border = |p: usize| (p * size + p.min(larger)).saturating_mul(granularity).min(n);
    border(part.min(parts))..border((part + 1).min(parts))
}

/// Cores that this process may use, by its affinity mask.
pub fn available_cores() -> usize {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: the set is a plain bit array, valid when zeroed, and its size is passed.
        unsafe {
            let mut set: libc::cpu_set_t = std::mem::zeroed();
            if libc::sched_getaffinity(0, std::mem::size_of::<libc::cpu_set_t>(), &mut set) == 0 {
                return (libc::CPU_COUNT(&set) as usize).max(1);
            }
        }
    }
    std::thread::available_parallelism().map_or(1, |n| n.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_runs_once_per_round() {
        for threads in [1, 2, 3, 7] {
            let pool = ThreadPool::new(threads).unwrap();
            assert_eq!(pool.len(), threads);
            let counts: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
            for _ in 0..500 {
                pool.run(&|t| {
                    counts[t].fetch_add(1, Ordering::Relaxed);
                })
                .unwrap();
            }
            assert!(counts.iter().all(|c| c.load(Ordering::Relaxed) == 500));
        }
    }

    #[test]
    fn rounds_run_after_the_workers_fell_asleep() {
        let pool = ThreadPool::new(3).unwrap();
        let sum = AtomicUsize::new(0);
        for _ in 0..5 {
            std::thread::sleep(std::time::Duration::from_millis(5));
            pool.run(&|t| {
                std::thread::sleep(std::time::Duration::from_millis(2 * t as u64));
                sum.fetch_add(t, Ordering::Relaxed);
            })
            .unwrap();
        }
        assert_eq!(sum.into_inner(), 15);
    }

    #[test]
    fn a_panic_is_an_error_and_the_pool_lives_on() {
        let pool = ThreadPool::new(2).unwrap();
        for bad in [0, 1] {
            let e = pool.run(&|t| assert!(t != bad, "planted on {t}")).unwrap_err();
            assert_eq!(e.status, Status::Internal);
            assert!(e.message.contains(&format!("planted on {bad}")), "{}", e.message);
            pool.run(&|_| ()).unwrap();
        }
    }

    #[test]
    fn a_round_inside_a_round_is_done_by_its_caller() {
        let pool = ThreadPool::new(2).unwrap();
        let count = AtomicUsize::new(0);
        pool.run(&|_| {
            pool.run(&|_| {
                count.fetch_add(1, Ordering::Relaxed);
            })
            .unwrap();
        })
        .unwrap();
        assert_eq!(count.into_inner(), 4);
    }

    #[test]
    fn no_thread_is_refused() {
        assert_eq!(ThreadPool::new(0).err().unwrap().status, Status::Argument);
    }

    #[test]
    fn pieces_cover_without_overlap() {
        for n in [0, 1, 5, 16, 63, 64, 1000] {
            for parts in 1..6 {
                for granularity in [1, 4, 16] {
                    let mut next = 0;
                    for part in 0..parts {
                        let piece = split(n, parts, part, granularity);
                        assert_eq!(piece.start, next);
                        assert!(piece.start.is_multiple_of(granularity) || piece.start == n);
                        next = piece.end;
                    }
                    assert_eq!(next, n);
                }
            }
        }
        assert!(available_cores() >= 1);
    }
}
