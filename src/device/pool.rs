//! A device's stream-ordered memory pool, with a limit and statistics.

use super::driver::check;
use super::stream::Stream;
use crate::error::Result;
use crate::fail;
use cudarc::driver::sys::{self, CUmemPoolProps, CUmemPool_attribute, CUmemoryPool};
use std::sync::atomic::{AtomicU64, Ordering};

/// What a pool holds, in bytes, and with it what hosts' allocators have given on the device. The high marks of the two
/// are added, as if they had been at one time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolStatistics {
    /// Taken from the device.
    pub reserved: u64,
    pub reserved_high: u64,
    /// Given to arrays and buffers.
    pub used: u64,
    pub used_high: u64,
    /// `used` never exceeds this.
    pub limit: u64,
}

pub(super) struct Pool {
    raw: CUmemoryPool,
    /// Bytes asked for and not yet given back; what the limit is compared with.
    used: AtomicU64,
    /// Of them what hosts' allocators have given, now and at most so far.
    foreign: AtomicU64,
    foreign_high: AtomicU64,
    limit: AtomicU64,
}

impl Pool {
    /// A pool of the device, which keeps what it has taken until `trim`.
    pub(super) fn new(ordinal: usize) -> Result<Pool> {
        // SAFETY: a plain structure for which zero is valid; the fields that matter are set next.
        let mut wanted: CUmemPoolProps = unsafe { std::mem::zeroed() };
        wanted.allocType = sys::CUmemAllocationType::CU_MEM_ALLOCATION_TYPE_PINNED;
        wanted.location.type_ = sys::CUmemLocationType::CU_MEM_LOCATION_TYPE_DEVICE;
        wanted.location.id = ordinal as i32;
        let mut raw = std::ptr::null_mut();
        // SAFETY: the driver reads the structure and writes one handle.
        check(unsafe { sys::cuMemPoolCreate(&mut raw, &wanted) }, || format!("a memory pool on device {ordinal}"))?;
        let zero = || AtomicU64::new(0);
        let limit = AtomicU64::new(u64::MAX);
        let pool = Pool { raw, used: zero(), foreign: zero(), foreign_high: zero(), limit };
        let mut keep = u64::MAX;
        let threshold = CUmemPool_attribute::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
        // SAFETY: the attribute is an unsigned integer of 64 bits.
        check(unsafe { sys::cuMemPoolSetAttribute(raw, threshold, (&raw mut keep).cast()) }, || {
            "the release threshold of a memory pool".into()
        })?;
        Ok(pool)
    }

    /// Memory that is valid for work put on the stream from now on, from the stream's allocator where it has one. The
    /// device's context is current.
    pub(super) fn allocate(&self, bytes: usize, stream: &Stream) -> Result<u64> {
        let (limit, wanted) = (self.limit.load(Ordering::Relaxed), bytes as u64);
        let fits = |used: u64| used.checked_add(wanted).filter(|sum| *sum <= limit);
        if let Err(used) = self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            fail!(Memory, "{bytes} bytes of device memory, beside {used} in use, exceed the pool's limit of {limit}");
        }
        let given = match stream.allocator() {
            Some(allocator) => allocator.allocate(bytes, stream).inspect(|_| {
                let now = self.foreign.fetch_add(wanted, Ordering::Relaxed) + wanted;
                self.foreign_high.fetch_max(now, Ordering::Relaxed);
            }),
            None => {
                let mut pointer = 0;
                // SAFETY: a live pool and stream; the driver writes one address.
                check(unsafe { sys::cuMemAllocFromPoolAsync(&mut pointer, bytes, self.raw, stream.raw()) }, || {
                    format!("{bytes} bytes of device memory")
                })
                .map(|()| pointer)
            }
        };
        given.inspect_err(|_| {
            self.used.fetch_sub(wanted, Ordering::Relaxed);
        })
    }

    /// Gives memory back, to where it came from, once the work that is on the stream now is done. The device's context is
    /// current.
    pub(super) fn free(&self, pointer: u64, bytes: usize, stream: &Stream) {
        self.used.fetch_sub(bytes as u64, Ordering::Relaxed);
        match stream.allocator() {
            Some(allocator) => {
                self.foreign.fetch_sub(bytes as u64, Ordering::Relaxed);
                allocator.free(pointer, bytes, stream);
            }
            None => {
                // SAFETY: allocated by `allocate` and freed once. A context that has failed frees everything when it goes.
                let _ = unsafe { sys::cuMemFreeAsync(pointer, stream.raw()) };
            }
        }
    }

    /// Lets another device reach what is allocated here.
    pub(super) fn open_to(&self, ordinal: usize) -> Result<()> {
        // SAFETY: a plain structure for which zero is valid; the fields that matter are set next.
        let mut access: sys::CUmemAccessDesc = unsafe { std::mem::zeroed() };
        access.location.type_ = sys::CUmemLocationType::CU_MEM_LOCATION_TYPE_DEVICE;
        access.location.id = ordinal as i32;
        access.flags = sys::CUmemAccess_flags::CU_MEM_ACCESS_FLAGS_PROT_READWRITE;
        // SAFETY: a live pool, and one description.
        check(unsafe { sys::cuMemPoolSetAccess(self.raw, &access, 1) }, || {
            format!("opening a memory pool to device {ordinal}")
        })
    }

    pub(super) fn set_limit(&self, bytes: u64) {
        self.limit.store(bytes, Ordering::Relaxed);
    }

    /// Gives what no array uses back to the device, but for `keep` bytes.
    pub(super) fn trim(&self, keep: usize) -> Result<()> {
        // SAFETY: a live pool.
        check(unsafe { sys::cuMemPoolTrimTo(self.raw, keep) }, || format!("cuMemPoolTrimTo({keep})"))
    }

    pub(super) fn statistics(&self) -> Result<PoolStatistics> {
        let ask = |attribute: CUmemPool_attribute| {
            let mut value = 0u64;
            // SAFETY: these attributes are unsigned integers of 64 bits.
            check(unsafe { sys::cuMemPoolGetAttribute(self.raw, attribute, (&raw mut value).cast()) }, || {
                format!("cuMemPoolGetAttribute({attribute:?})")
            })?;
            Ok(value)
        };
        let (foreign, foreign_high) = (self.foreign.load(Ordering::Relaxed), self.foreign_high.load(Ordering::Relaxed));
        Ok(PoolStatistics {
            reserved: foreign + ask(CUmemPool_attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT)?,
            reserved_high: foreign_high + ask(CUmemPool_attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_HIGH)?,
            used: foreign + ask(CUmemPool_attribute::CU_MEMPOOL_ATTR_USED_MEM_CURRENT)?,
            used_high: foreign_high + ask(CUmemPool_attribute::CU_MEMPOOL_ATTR_USED_MEM_HIGH)?,
            limit: self.limit.load(Ordering::Relaxed),
        })
    }

    /// Once, when the device goes.
    pub(super) fn destroy(&self) {
        // SAFETY: nothing allocated from the pool is left: all memory holds its device.
        let _ = unsafe { sys::cuMemPoolDestroy(self.raw) };
    }
}
