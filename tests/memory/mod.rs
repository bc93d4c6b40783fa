//! Where the arrays of tests are: with `DLOPS_TEST_MEMORY=cuda` the contexts of a test have a device, and their arrays
//! are in its memory. Ranks work on streams of their own.
//!
//! Tests put data in and take it out by copies (`ranks`, `vectors`), so that they are the same in both memories. The
//! host's alone are: counts of allocations (`counting`), since the driver and the stand-in for it allocate in this
//! process; `comm_mpi` and the rooms `comm`, `layout` and `threads`, which know nothing of arrays; `header`; and
//! `large`, whose messages of more than 2 GiB the stand-in's interpreted kernels would take hours to fill.
#![allow(dead_code)] // each test program uses its part

use dlops::context::{ContextOptions, DeviceChoice, StreamChoice};

pub fn device() -> Option<DeviceChoice> {
    let wanted = std::env::var("DLOPS_TEST_MEMORY").is_ok_and(|memory| memory == "cuda");
    wanted.then_some(DeviceChoice { ordinal: None, stream: StreamChoice::Own })
}

/// Default options, with a device where one is wanted.
pub fn options() -> ContextOptions {
    ContextOptions { device: device(), ..ContextOptions::default() }
}
