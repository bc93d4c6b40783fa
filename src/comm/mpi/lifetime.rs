//! Duplicates of the host's communicators: made once, lent to one context after another, freed with the host's
//! communicator or by MPI_Finalize.
//!
//! Each host communicator carries a cache of its duplicates as an attribute. Ranks give a duplicate back when their last
//! reference goes, each at its own time and without a call of MPI; a new one is lent when all ranks have it back, which
//! the allreduce in [`acquire`] finds out. A host may free its communicator while a duplicate is lent: that duplicate
//! becomes an orphan, freed at the next chance that is not a destroy. MPI_Comm_free is formally collective; the standard
//! expects it to be local, as it is in Open MPI and in the MPICH family, and no rank waits in it here.
//! A second attribute, on MPI_COMM_SELF, tells of MPI_Finalize: it frees what is left, and MPI is not called again.

use super::error::{check, SUCCESS};
use super::version::in_place;
use crate::error::Result;
use crate::fail;
use mpi::ffi::{self, MPI_Comm, MPI_File};
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A communicator of ours, and the groups split from it, each kept for the next split by the same colours.
pub(super) struct Node {
    pub comm: MPI_Comm,
    pub rank: usize,
    pub size: usize,
    pub groups: Mutex<Vec<(Vec<u32>, Arc<Node>)>>,
    /// Files that were dropped unclosed, and how many were ever opened.
    pub files: Mutex<Ledger>,
}

/// Files of one communicator that were dropped unclosed. MPI_File_close is collective and so cannot be called from a
/// drop: the next `open` closes those that all ranks have dropped. `opened` numbers files alike on all ranks.
#[derive(Default)]
pub(super) struct Ledger {
    pub opened: u64,
    pub live: Vec<(u64, MPI_File, bool)>,
}

/// A duplicate; `lent` while a context holds it.
struct Duplicate {
    node: Arc<Node>,
    lent: AtomicBool,
}

/// All duplicates of one host communicator, in one order on all its ranks.
#[derive(Default)]
struct Cache {
    duplicates: Mutex<Vec<Arc<Duplicate>>>,
}

/// What the process keeps: it has one MPI.
struct Process {
    /// Attribute keys: of caches, and of MPI_Finalize.
    keys: Option<(c_int, c_int)>,
    caches: Vec<Weak<Cache>>,
    orphans: Vec<Arc<Duplicate>>,
}

// SAFETY: handles of communicators may be used by any thread; MPI is called under the thread level checked above.
unsafe impl Send for Node {}
// SAFETY: as for Send.
unsafe impl Sync for Node {}

static PROCESS: Mutex<Process> = Mutex::new(Process { keys: None, caches: Vec::new(), orphans: Vec::new() });
static FINALIZED: AtomicBool = AtomicBool::new(false);

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A duplicate on loan. Dropping it gives the duplicate back, without a call of MPI.
pub(super) struct Lease(Arc<Duplicate>);

impl Lease {
    pub fn node(&self) -> &Arc<Node> {
        &self.0.node
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.lent.store(false, Ordering::Release);
    }
}

/// `State` once MPI_Finalize has begun. Costs one load.
pub(super) fn check_alive() -> Result<()> {
    if FINALIZED.load(Ordering::Acquire) {
        fail!(State, "MPI_Finalize has been called: the context can only be destroyed");
    }
    Ok(())
}

/// `State` before MPI_Init and after MPI_Finalize.
pub(super) fn check_running() -> Result<()> {
    check_alive()?;
    let (mut initialized, mut finalized): (c_int, c_int) = (0, 0);
    // SAFETY: both may be called at any time.
    let codes = unsafe { (ffi::MPI_Initialized(&mut initialized), ffi::MPI_Finalized(&mut finalized)) };
    check(codes.0, "MPI_Initialized")?;
    check(codes.1, "MPI_Finalized")?;
    if initialized == 0 {
        fail!(State, "MPI is not initialised: call MPI_Init or MPI_Init_thread first");
    }
    if finalized != 0 {
        fail!(State, "MPI_Finalize has been called");
    }
    Ok(())
}

/// A duplicate of `host` that no rank uses, and the smallest `limit` of all ranks; a negative limit fails on all.
/// Collective over `host`, an intracommunicator: one allreduce, and MPI_Comm_dup if no duplicate is free.
pub(super) fn acquire(host: MPI_Comm, limit: i64) -> Result<(Lease, usize)> {
    let cache = cache_of(host)?;
    sweep();
    // 1 for each duplicate that this rank has back; the caches of all ranks list the same duplicates.
    let mut agreed = vec![limit];
    agreed.extend(locked(&cache.duplicates).iter().map(|d| !d.lent.load(Ordering::Acquire) as i64));
    minimum(&mut agreed, host)?;
    if agreed[0] < 0 {
        fail!(Option, "DLOPS_TEST_COUNT_LIMIT is not a positive number on some rank");
    }
    let limit = agreed[0] as usize;
    if let Some(free) = agreed[1..].iter().position(|&free| free == 1) {
        let duplicate = locked(&cache.duplicates)[free].clone();
        duplicate.lent.store(true, Ordering::Release);
        return Ok((Lease(duplicate), limit));
    }
    let node = duplicate(host);
    let mut all = [node.is_ok() as i64];
    minimum(&mut all, host)?;
    let node = node?;
    if all[0] == 0 {
        free(&node);
        fail!(Mpi, "MPI_Comm_dup failed on another rank");
    }
    let duplicate = Arc::new(Duplicate { node: Arc::new(node), lent: AtomicBool::new(true) });
    locked(&cache.duplicates).push(duplicate.clone());
    Ok((Lease(duplicate), limit))
}

fn minimum(values: &mut [i64], host: MPI_Comm) -> Result<()> {
    // SAFETY: in place, as many numbers as said; a live communicator of the host.
    let code = unsafe {
        let buffer = values.as_mut_ptr().cast::<c_void>();
        ffi::MPI_Allreduce(in_place(), buffer, values.len() as c_int, ffi::RSMPI_INT64_T, ffi::RSMPI_MIN, host)
    };
    check(code, "MPI_Allreduce")
}

fn duplicate(host: MPI_Comm) -> Result<Node> {
    // SAFETY: a live communicator of the host; the new handle is written on success.
    unsafe {
        let mut comm = ffi::RSMPI_COMM_NULL;
        check(ffi::MPI_Comm_dup(host, &mut comm), "MPI_Comm_dup")?;
        adopt(comm)
    }
}

/// Wraps a new communicator and makes it return its errors.
///
/// # Safety
/// `comm` is live and ours.
pub(super) unsafe fn adopt(comm: MPI_Comm) -> Result<Node> {
    let (mut rank, mut size): (c_int, c_int) = (0, 0);
    // SAFETY: by the contract above.
    unsafe {
        check(ffi::MPI_Comm_set_errhandler(comm, ffi::RSMPI_ERRORS_RETURN), "MPI_Comm_set_errhandler")?;
        check(ffi::MPI_Comm_rank(comm, &mut rank), "MPI_Comm_rank")?;
        check(ffi::MPI_Comm_size(comm, &mut size), "MPI_Comm_size")?;
    }
    let (groups, files) = (Mutex::default(), Mutex::default());
    Ok(Node { comm, rank: rank as usize, size: size as usize, groups, files })
}

/// MPI_Comm_free of a node and its groups, whose result could not be reported to anyone.
pub(super) fn free(node: &Node) {
    for (_, group) in locked(&node.groups).drain(..) {
        free(&group);
    }
    let mut comm = node.comm;
    // SAFETY: ours, freed once: the caller drops the node, or MPI ends.
    unsafe { ffi::MPI_Comm_free(&mut comm) };
}

/// Frees orphans that nobody holds any more.
fn sweep() {
    let mut process = locked(&PROCESS);
    process.orphans.retain(|duplicate| {
        let lent = duplicate.lent.load(Ordering::Acquire);
        if !lent {
            free(&duplicate.node);
        }
        lent
    });
}

/// The cache on a host's communicator, made at the first call. Local.
fn cache_of(host: MPI_Comm) -> Result<Arc<Cache>> {
    let mut process = locked(&PROCESS);
    let key = match process.keys {
        Some((key, _)) => key,
        None => {
            let keys = create_keys()?;
            process.keys = Some(keys);
            keys.0
        }
    };
    let (mut value, mut found): (*mut c_void, c_int) = (std::ptr::null_mut(), 0);
    // SAFETY: a live key and communicator; the attribute's pointer is written to `value`.
    let code = unsafe { ffi::MPI_Comm_get_attr(host, key, (&raw mut value).cast(), &mut found) };
    check(code, "MPI_Comm_get_attr")?;
    if found != 0 {
        // SAFETY: the attribute holds one reference, made by into_raw below; this is another.
        return Ok(unsafe {
            Arc::increment_strong_count(value.cast::<Cache>());
            Arc::from_raw(value.cast::<Cache>())
        });
    }
    let cache = Arc::new(Cache::default());
    let value = Arc::into_raw(cache.clone());
    // SAFETY: the attribute owns the reference until `host_freed`.
    let code = unsafe { ffi::MPI_Comm_set_attr(host, key, value as *mut c_void) };
    if code != SUCCESS {
        // SAFETY: MPI did not take the reference.
        drop(unsafe { Arc::from_raw(value) });
    }
    check(code, "MPI_Comm_set_attr")?;
    process.caches.retain(|c| c.strong_count() > 0);
    process.caches.push(Arc::downgrade(&cache));
    Ok(cache)
}

fn create_keys() -> Result<(c_int, c_int)> {
    let (mut cache, mut end): (c_int, c_int) = (0, 0);
    let none = std::ptr::null_mut();
    // SAFETY: the functions have the types MPI asks for and live as long as the process (`-z nodelete`).
    unsafe {
        let code = ffi::MPI_Comm_create_keyval(Some(not_copied), Some(host_freed), &mut cache, none);
        check(code, "MPI_Comm_create_keyval")?;
        let code = ffi::MPI_Comm_create_keyval(Some(not_copied), Some(finalizing), &mut end, none);
        check(code, "MPI_Comm_create_keyval")?;
        check(ffi::MPI_Comm_set_attr(ffi::RSMPI_COMM_SELF, end, none), "MPI_Comm_set_attr")?;
    }
    Ok((cache, end))
}

/// A host that duplicates its communicator does not duplicate our cache.
unsafe extern "C" fn not_copied(
    _comm: MPI_Comm,
    _key: c_int,
    _extra: *mut c_void,
    _value: *mut c_void,
    _new: *mut c_void,
    copied: *mut c_int,
) -> c_int {
    // SAFETY: MPI passes a flag to be written.
    unsafe { *copied = 0 };
    SUCCESS
}

/// The host frees its communicator, or MPI does so at its end.
unsafe extern "C" fn host_freed(_comm: MPI_Comm, _key: c_int, value: *mut c_void, _extra: *mut c_void) -> c_int {
    // SAFETY: the reference that the attribute held.
    let cache = unsafe { Arc::from_raw(value.cast::<Cache>()) };
    if FINALIZED.load(Ordering::Acquire) {
        return SUCCESS;
    }
    locked(&PROCESS).orphans.append(&mut locked(&cache.duplicates));
    sweep();
    SUCCESS
}

/// MPI_Finalize begins: MPI can still be called, for the last time.
unsafe extern "C" fn finalizing(_comm: MPI_Comm, _key: c_int, _value: *mut c_void, _extra: *mut c_void) -> c_int {
    let mut process = locked(&PROCESS);
    let caches = std::mem::take(&mut process.caches);
    for cache in caches.iter().filter_map(Weak::upgrade) {
        process.orphans.append(&mut locked(&cache.duplicates));
    }
    for duplicate in process.orphans.drain(..) {
        free(&duplicate.node);
    }
    FINALIZED.store(true, Ordering::Release);
    if let Some((mut cache, mut end)) = process.keys.take() {
        // SAFETY: live keys; attributes that still use them keep them alive inside MPI.
        unsafe {
            ffi::MPI_Comm_free_keyval(&mut cache);
            ffi::MPI_Comm_free_keyval(&mut end);
        }
    }
    SUCCESS
}
