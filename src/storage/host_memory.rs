//! An owned, aligned block of host memory.

use crate::dtype::Element;
use crate::error::{Error, Result, Status};
use std::alloc::Layout;
use std::ptr::NonNull;

/// Small blocks start on a cache line, the width of the widest vector.
const CACHE_LINE: usize = 64;
/// From here on a block is a mapping of its own, on huge pages where the system has them:
/// one core copies 26 to 28 GB/s on huge pages and 15 to 18 GB/s on small ones.
#[cfg(target_os = "linux")]
const MAPPED_FROM: usize = 4 << 20;
#[cfg(target_os = "linux")]
const HUGE_PAGE: usize = 2 << 20;

#[cfg(target_os = "linux")]
const PAGE: usize = 4096;
/// Large blocks begin at different places of a page: where two arrays that are walked together lie in their pages alike, a
/// load that follows a store to the same place of another page waits for it, since processors compare the last 12 bits of
/// addresses first. Eight blocks in a row are at least this far apart.
#[cfg(target_os = "linux")]
const APART: usize = 512;

/// Where in its first page block `number` begins.
#[cfg(target_os = "linux")]
fn place(number: usize) -> usize {
    /// Odd, so that all places serve; neighbours are three eighths of a page apart.
    const STEP: usize = 5;
    number % (PAGE / APART) * STEP * APART % PAGE
}

/// `bytes()` bytes, aligned to 64, large blocks to 512 and on huge pages. The contents of a fresh block are valid but
/// unspecified. Pages of a large block belong to the thread that touches them first.
pub struct HostMemory {
    start: NonNull<u8>,
    bytes: usize,
    /// Length of the mapping, which begins with the block's first page, or 0 for a block of the allocator.
    mapped: usize,
}

// SAFETY: the block is owned and reached only through `&self` for reading and `&mut self` for writing.
unsafe impl Send for HostMemory {}
// SAFETY: as above.
unsafe impl Sync for HostMemory {}

fn refused(bytes: usize) -> Error {
    Error::new(Status::Memory, format!("{bytes} bytes of host memory could not be allocated"))
}

impl HostMemory {
    /// Zero bytes are allowed. Fails with `Memory` when the system has not that much.
    pub fn new(bytes: usize) -> Result<HostMemory> {
        if bytes == 0 {
            // SAFETY: the alignment is not zero; no byte is ever read or written through this pointer.
            let start = unsafe { NonNull::new_unchecked(CACHE_LINE as *mut u8) };
            return Ok(HostMemory { start, bytes, mapped: 0 });
        }
        let layout = Layout::from_size_align(bytes, CACHE_LINE).map_err(|_| refused(bytes))?;
        #[cfg(target_os = "linux")]
        if bytes >= MAPPED_FROM {
            return map(bytes);
        }
        // SAFETY: the layout has a size above zero. Zeroed, so that every element type finds valid values.
        let start = NonNull::new(unsafe { std::alloc::alloc_zeroed(layout) }).ok_or_else(|| refused(bytes))?;
        Ok(HostMemory { start, bytes, mapped: 0 })
    }

    /// `count` elements of `size` bytes; the product is checked.
    pub fn for_elements(count: usize, size: usize) -> Result<HostMemory> {
        let bytes = count.checked_mul(size).ok_or_else(|| {
            Error::new(Status::Memory, format!("{count} elements of {size} bytes exceed the address space"))
        })?;
        HostMemory::new(bytes)
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn as_ptr(&self) -> *const u8 {
        self.start.as_ptr()
    }

    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        self.start.as_ptr()
    }

    pub fn as_bytes(&self) -> &[u8] {
        // SAFETY: the block holds `bytes` initialised bytes.
        unsafe { std::slice::from_raw_parts(self.as_ptr(), self.bytes) }
    }

    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `&mut self` makes the access exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr(), self.bytes) }
    }

    /// The block as whole elements; bytes of an incomplete last element are left out.
    pub fn elements<T: Element>(&self) -> &[T] {
        // SAFETY: 64-byte alignment suffices for every element type, and every bit pattern is a valid element.
        unsafe { std::slice::from_raw_parts(self.as_ptr().cast(), self.bytes / size_of::<T>()) }
    }

    pub fn elements_mut<T: Element>(&mut self) -> &mut [T] {
        // SAFETY: as above, and `&mut self` makes the access exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.as_mut_ptr().cast(), self.bytes / size_of::<T>()) }
    }
}

#[cfg(target_os = "linux")]
fn map(bytes: usize) -> Result<HostMemory> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let offset = place(NUMBER.fetch_add(1, Ordering::Relaxed));
    let length =
        bytes.checked_add(offset).and_then(|b| b.checked_next_multiple_of(PAGE)).ok_or_else(|| refused(bytes))?;
    let total = length.checked_add(HUGE_PAGE).ok_or_else(|| refused(bytes))?;
    // SAFETY: an anonymous private mapping at an address of the system's choice touches no existing memory; the parts
    // that are unmapped again lie inside it; the advice changes no contents and may be refused.
    unsafe {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let base = libc::mmap(std::ptr::null_mut(), total, protection, flags, -1, 0);
        if base == libc::MAP_FAILED {
            return Err(refused(bytes));
        }
        let base = base.cast::<u8>();
        let head = base.align_offset(HUGE_PAGE);
        let start = base.add(head);
        if head > 0 {
            libc::munmap(base.cast(), head);
        }
        if HUGE_PAGE > head {
            libc::munmap(start.add(length).cast(), HUGE_PAGE - head);
        }
        libc::madvise(start.cast(), length, libc::MADV_HUGEPAGE);
        Ok(HostMemory { start: NonNull::new_unchecked(start.add(offset)), bytes, mapped: length })
    }
}

impl Drop for HostMemory {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        if self.mapped > 0 {
            let start = self.start.as_ptr();
            // SAFETY: the mapping was made by `map` with this first page and length, and nothing borrows it any more.
            unsafe { libc::munmap(start.sub(start as usize % PAGE).cast(), self.mapped) };
            return;
        }
        if self.bytes > 0 {
            // SAFETY: allocated in `new` with the same layout, which was valid then.
            unsafe {
                std::alloc::dealloc(self.start.as_ptr(), Layout::from_size_align_unchecked(self.bytes, CACHE_LINE))
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_aligned_and_writable_to_the_last_byte() {
        for bytes in [0, 1, 63, 4096, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 9_000_001] {
            let mut block = HostMemory::new(bytes).unwrap();
            assert_eq!(block.bytes(), bytes);
            assert_eq!(block.as_ptr() as usize % CACHE_LINE, 0);
            if cfg!(target_os = "linux") && bytes >= 4 << 20 {
                let in_huge_page = block.as_ptr() as usize % (2 << 20);
                assert!(in_huge_page < 4096 && in_huge_page.is_multiple_of(512), "{in_huge_page}");
            }
            block.as_bytes_mut().fill(0xa5);
            assert!(block.as_bytes().iter().all(|b| *b == 0xa5));
            assert_eq!(block.elements::<f64>().len(), bytes / 8);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn blocks_in_a_row_begin_at_different_places_of_a_page() {
        for first in [0, 3, usize::MAX - 7] {
            let mut places: Vec<usize> = (0..8).map(|k| place(first.wrapping_add(k))).collect();
            places.sort_unstable();
            assert_eq!(places, (0..8).map(|k| 512 * k).collect::<Vec<usize>>());
        }
    }

    #[test]
    fn too_much_is_an_error_that_names_the_size() {
        for bytes in [usize::MAX, isize::MAX as usize, 1 << 60] {
            let e = HostMemory::new(bytes).err().unwrap();
            assert_eq!(e.status, Status::Memory);
            assert!(e.message.contains(&bytes.to_string()));
        }
        assert_eq!(HostMemory::for_elements(1 << 62, 16).err().unwrap().status, Status::Memory);
    }
}
