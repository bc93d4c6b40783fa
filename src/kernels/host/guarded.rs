//! For tests: memory beside which nothing can be touched.

use crate::dtype::{Element, Scalar};

/// Memory whose last byte, or whose first, is beside a page that may not be touched.
pub struct Guarded {
    pages: *mut u8,
    length: usize,
    bytes: *mut u8,
}

impl Guarded {
    const PAGE: usize = 64 << 10;

    pub fn new(bytes: usize, at_end: bool) -> Guarded {
        let inner = bytes.next_multiple_of(Guarded::PAGE);
        let length = inner + 2 * Guarded::PAGE;
        let (readable, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
        // SAFETY: new pages of the test's own.
        unsafe {
            let pages = libc::mmap(std::ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0);
            assert_ne!(pages, libc::MAP_FAILED);
            let pages = pages.cast::<u8>();
            assert_eq!(libc::mprotect(pages.add(Guarded::PAGE).cast(), inner, readable), 0);
            let skipped = if at_end { inner - bytes } else { 0 };
            Guarded { pages, length, bytes: pages.add(Guarded::PAGE + skipped) }
        }
    }

    /// n ones.
    pub fn fill<T: Element>(&self, n: usize) -> *mut T {
        let to = self.bytes.cast::<T>();
        // SAFETY: room for n elements, aligned as their number of bytes is.
        (0..n).for_each(|i| unsafe { to.add(i).write(T::from_scalar(Scalar::ONE)) });
        to
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`.
        unsafe { libc::munmap(self.pages.cast(), self.length) };
    }
}
