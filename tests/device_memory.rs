//! Memory that is shared, copied and ordered: DLPack, asynchronous and peer copies, streams, events, a host's allocator, and
//! pointers that are refused. Skipped, and said so, where no CUDA driver is found.

mod device_memory {
    pub mod allocator;
    pub mod copies;
    pub mod dlpack;
    pub mod moved;
    pub mod streams;
    pub mod wrapping;
}

mod counting;
mod memory;

use cudarc::driver::sys::{self, CUresult};
use dlops::arrays::{verbs, Array, Memory, Space};
use dlops::context::{Context, ContextOptions, DeviceChoice, StreamChoice};
use dlops::device::{Current, Device};
use dlops::dtype::DType;
use dlops::layout::Layout;

fn available() -> bool {
    match dlops::device::available() {
        Ok(()) => true,
        Err(error) => {
            println!("SKIPPED: {error}");
            false
        }
    }
}

/// A context of one rank on a device.
fn on_device(ordinal: usize) -> Context {
    let device = Some(DeviceChoice { ordinal: Some(ordinal), stream: StreamChoice::Own });
    Context::solo(ContextOptions { device, ..ContextOptions::default() }).unwrap()
}

/// Two devices, or a word that there are not as many.
fn two_devices() -> bool {
    if !available() {
        return false;
    }
    let count = Device::count().unwrap();
    if count < 2 {
        println!("SKIPPED: {count} devices, two are needed");
    }
    count >= 2
}

fn space(context: &Context, dtype: DType, shape: &[i64]) -> Space {
    Space::new(context, dtype, shape, Layout::replicated(1), None).unwrap()
}

fn host(space: &Space) -> Space {
    space.with_memory(Memory::Host).unwrap()
}

/// A new array of 1, 2, 3, ...
fn counted(space: &Space) -> Array {
    let here = Array::new(&host(space)).unwrap();
    let count = here.local_count() as usize;
    match here.dtype() {
        DType::Float32 => write(&here, &(1..=count).map(|k| k as f32).collect::<Vec<_>>()),
        DType::Float64 => write(&here, &(1..=count).map(|k| k as f64).collect::<Vec<_>>()),
        other => panic!("{other:?}"),
    }
    match space.memory() {
        Memory::Host => here,
        Memory::Cuda => {
            let there = Array::new(space).unwrap();
            verbs::copy(&here, &there).unwrap();
            there
        }
    }
}

fn write<T: Copy>(x: &Array, values: &[T]) {
    let to = x.local().unwrap().pointer().cast::<T>();
    // SAFETY: a contiguous host array of as many elements of this type.
    unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), to, values.len()) };
}

/// Elements of a host array, or of a copy there, in double precision.
fn values(x: &Array) -> Vec<f64> {
    let here = match x.space().memory() {
        Memory::Host => x.clone(),
        Memory::Cuda => x.host_copy().unwrap(),
    };
    let wide = Array::new(&here.space().with_dtype(DType::Float64)).unwrap();
    verbs::copy(&here, &wide).unwrap();
    wide.local().unwrap().as_slice::<f64>().unwrap().to_vec()
}

fn done(code: CUresult) {
    assert_eq!(code, CUresult::CUDA_SUCCESS);
}

/// Device memory that the library knows nothing of.
struct Foreign {
    device: std::sync::Arc<Device>,
    pointer: u64,
}

impl Foreign {
    fn new(ordinal: usize, bytes: usize) -> Foreign {
        let device = Device::open(ordinal).unwrap();
        let _current: Current = device.enter().unwrap();
        let mut pointer = 0;
        // SAFETY: the device's context is current.
        done(unsafe { sys::cuMemAlloc_v2(&mut pointer, bytes) });
        Foreign { device: device.clone(), pointer }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _current = self.device.enter().unwrap();
        // SAFETY: allocated in `new`.
        done(unsafe { sys::cuMemFree_v2(self.pointer) });
    }
}

/// A stream that the library knows nothing of.
struct ForeignStream {
    device: std::sync::Arc<Device>,
    raw: sys::CUstream,
}

impl ForeignStream {
    fn new(ordinal: usize) -> ForeignStream {
        let device = Device::open(ordinal).unwrap();
        let _current = device.enter().unwrap();
        let mut raw = std::ptr::null_mut();
        // SAFETY: the device's context is current.
        done(unsafe { sys::cuStreamCreate(&mut raw, sys::CUstream_flags::CU_STREAM_NON_BLOCKING as u32) });
        ForeignStream { device: device.clone(), raw }
    }
}

impl Drop for ForeignStream {
    fn drop(&mut self) {
        let _current = self.device.enter().unwrap();
        // SAFETY: created in `new`.
        done(unsafe { sys::cuStreamDestroy_v2(self.raw) });
    }
}
