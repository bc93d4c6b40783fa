//! Arrays that are shared with other libraries through DLPack (dmlc/dlpack, ABI versions 0 and 1), without a copy.

use super::array::Array;
use super::local::packed_strides;
use super::memory::{Block, Release};
use super::space::Space;
use crate::device::Device;
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::layout::MAX_DIMENSIONS;
use crate::storage::Memory;
use std::ffi::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::Arc;

/// DLDevice: kind and number of the device that the data is on.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub kind: i32,
    pub number: i32,
}

/// Values of `Place::kind`.
pub const CPU: i32 = 1;
pub const CUDA: i32 = 2;
pub const CUDA_HOST: i32 = 3;
pub const CUDA_MANAGED: i32 = 13;

/// DLDataType: kind of number, bits of one, numbers of an element.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElementType {
    pub code: u8,
    pub bits: u8,
    pub lanes: u16,
}

/// DLTensor.
#[repr(C)]
pub struct Tensor {
    pub data: *mut c_void,
    pub place: Place,
    pub dimensions: i32,
    pub dtype: ElementType,
    pub shape: *mut i64,
    /// In elements; NULL: C-contiguous.
    pub strides: *mut i64,
    pub byte_offset: u64,
}

/// DLManagedTensor, of version 0.
#[repr(C)]
pub struct ManagedTensor {
    pub tensor: Tensor,
    pub manager: *mut c_void,
    pub deleter: Option<unsafe extern "C" fn(*mut ManagedTensor)>,
}

/// DLManagedTensorVersioned, of version 1.
#[repr(C)]
pub struct VersionedTensor {
    pub major: u32,
    pub minor: u32,
    pub manager: *mut c_void,
    pub deleter: Option<unsafe extern "C" fn(*mut VersionedTensor)>,
    pub flags: u64,
    pub tensor: Tensor,
}

/// Bit of `VersionedTensor::flags`.
pub const READ_ONLY: u64 = 1;

/// The two structures.
pub trait Managed: Sized + 'static {
    fn tensor(&self) -> &Tensor;
    fn is_read_only(&self) -> bool;
    fn check_version(&self) -> Result<()>;
    fn deleter(&self) -> Option<unsafe extern "C" fn(*mut Self)>;
    fn manager(&mut self) -> &mut *mut c_void;
    /// `Unsupported` where the structure cannot say that its memory is read-only.
    fn over(tensor: Tensor, read_only: bool) -> Result<Self>;
}

impl Managed for ManagedTensor {
    fn tensor(&self) -> &Tensor {
        &self.tensor
    }

    fn is_read_only(&self) -> bool {
        false
    }

    fn check_version(&self) -> Result<()> {
        Ok(())
    }

    fn deleter(&self) -> Option<unsafe extern "C" fn(*mut Self)> {
        self.deleter
    }

    fn manager(&mut self) -> &mut *mut c_void {
        &mut self.manager
    }

    fn over(tensor: Tensor, read_only: bool) -> Result<Self> {
        if read_only {
            fail!(Unsupported, "the array is read-only, which only a DLManagedTensorVersioned can tell");
        }
        let manager = std::ptr::null_mut();
        Ok(ManagedTensor { tensor, manager, deleter: Some(delete::<ManagedTensor>) })
    }
}

impl Managed for VersionedTensor {
    fn tensor(&self) -> &Tensor {
        &self.tensor
    }

    fn is_read_only(&self) -> bool {
        self.flags & READ_ONLY != 0
    }

    fn check_version(&self) -> Result<()> {
        match self.major {
            1 => Ok(()),
            major => fail!(Unsupported, "tensor is of DLPack version {major}.{}, expected 1.x", self.minor),
        }
    }

    fn deleter(&self) -> Option<unsafe extern "C" fn(*mut Self)> {
        self.deleter
    }

    fn manager(&mut self) -> &mut *mut c_void {
        &mut self.manager
    }

    fn over(tensor: Tensor, read_only: bool) -> Result<Self> {
        let (flags, manager) = (if read_only { READ_ONLY } else { 0 }, std::ptr::null_mut());
        Ok(VersionedTensor { major: 1, minor: 0, manager, deleter: Some(delete::<VersionedTensor>), flags, tensor })
    }
}

/// DLPack's name of a dtype: kinds 0 (signed integer), 2 (real) and 5 (complex).
fn element_type(dtype: DType) -> ElementType {
    let code = match dtype {
        _ if dtype.is_integer() => 0,
        _ if dtype.is_complex() => 5,
        _ => 2,
    };
    ElementType { code, bits: 8 * dtype.size() as u8, lanes: 1 }
}

/// An array over this rank's elements of `space` in the tensor's memory. The tensor is taken over on success only: its
/// deleter is called once, when the last array over the memory is gone and the device is done with what was put on the
/// context's stream before. Memory that the tensor says is read-only is never written: as an output it is refused. Local.
///
/// # Errors
/// `NullPointer`, `Argument` (device, alignment, data that is not where the tensor says), `DType`, `Shape` (shape, or
/// strides other than positive ones with the last axis contiguous), `Space` (a product), `Unsupported` (version).
///
/// # Safety
/// `managed` is NULL or a tensor that keeps DLPack's contract; work that is put on the context's stream finds its data.
pub unsafe fn import<M: Managed>(space: &Space, managed: *mut M) -> Result<Array> {
    // SAFETY: the caller passes NULL or a tensor.
    let Some(tensor) = (unsafe { managed.as_ref() }) else { fail!(NullPointer, "tensor is NULL, expected a tensor") };
    tensor.check_version()?;
    let (read_only, tensor) = (tensor.is_read_only(), tensor.tensor());
    if space.is_product() {
        fail!(Space, "a product space has no single buffer; take a tensor for each component and compose them");
    }
    check_place(space, tensor.place)?;
    let wanted = element_type(space.dtype());
    if tensor.dtype != wanted {
        let ElementType { code, bits, lanes } = tensor.dtype;
        fail!(
            DType,
            "the elements of tensor have DLPack type {code} of {bits} bits, {lanes} lanes; expected {} of {} bits for {}",
            wanted.code,
            wanted.bits,
            space.dtype().name()
        );
    }
    // SAFETY: a tensor of that many dimensions.
    let strides = unsafe { strides(space, tensor)? };
    let offset = usize::try_from(tensor.byte_offset).unwrap_or(usize::MAX);
    let pointer = tensor.data.cast::<u8>().wrapping_add(if tensor.data.is_null() { 0 } else { offset });
    let taken = Taken(managed);
    let stream = match space.memory() {
        Memory::Cuda => space.context().stream().cloned(),
        Memory::Host => None,
    };
    let release: Release = Box::new(move || {
        // The producer may use the memory for something else at once.
        let _ = stream.map(|stream| stream.synchronize());
        taken.delete();
    });
    // SAFETY: the tensor keeps its memory alive until its deleter is called.
    unsafe { Array::over_memory(space, pointer, &strides[..space.local_shape().len()], Some(release), read_only) }
}

fn check_place(space: &Space, place: Place) -> Result<()> {
    let name = match place.kind {
        CPU | CUDA_HOST => "host memory".to_string(),
        CUDA => format!("memory of CUDA device {}", place.number),
        CUDA_MANAGED => "managed memory".to_string(),
        kind => format!("on a device of DLPack kind {kind}"),
    };
    let own = space.context().stream().map(|stream| stream.device().ordinal() as i32);
    match (space.memory(), place.kind) {
        (Memory::Host, CPU | CUDA_HOST) | (Memory::Cuda, CUDA_MANAGED) => Ok(()),
        (Memory::Cuda, CUDA) if own == Some(place.number) => Ok(()),
        (Memory::Host, _) => fail!(Argument, "tensor is {name}, and {space} needs host memory"),
        (Memory::Cuda, _) => {
            fail!(Argument, "tensor is {name}, and {space} needs memory of CUDA device {}", own.unwrap_or(-1))
        }
    }
}

/// Strides for the local shape, which the tensor's must be. DLPack leaves those of axes of length 1 open.
///
/// # Safety
/// `shape` and `strides` have as many numbers as the tensor has dimensions, or are NULL.
unsafe fn strides(space: &Space, tensor: &Tensor) -> Result<[i64; MAX_DIMENSIONS]> {
    let wanted = space.local_shape();
    let count = usize::try_from(tensor.dimensions).unwrap_or(usize::MAX);
    if count != wanted.len() {
        fail!(Shape, "tensor has {} dimensions, and the local shape of {space} is {wanted:?}", tensor.dimensions);
    }
    if tensor.shape.is_null() {
        fail!(NullPointer, "the shape of tensor is NULL, expected {count} lengths");
    }
    // SAFETY: not NULL, and the tensor has that many lengths.
    let shape = unsafe { std::slice::from_raw_parts(tensor.shape, count) };
    if shape != wanted {
        fail!(Shape, "tensor has shape {shape:?}, and the local shape of {space} is {wanted:?}");
    }
    let mut strides = packed_strides(wanted);
    if !tensor.strides.is_null() {
        // SAFETY: as above.
        let given = unsafe { std::slice::from_raw_parts(tensor.strides, count) };
        for axis in (0..count).filter(|axis| shape[*axis] > 1) {
            strides[axis] = given[axis];
        }
    }
    Ok(strides)
}

/// A tensor that this library has taken over.
struct Taken<M: Managed>(*mut M);

// SAFETY: DLPack's deleters may be called from any thread.
unsafe impl<M: Managed> Send for Taken<M> {}

impl<M: Managed> Taken<M> {
    fn delete(self) {
        // SAFETY: the tensor is alive until this call, which is the only one.
        unsafe {
            if let Some(deleter) = (*self.0).deleter() {
                deleter(self.0);
            }
        }
    }
}

/// What an exported tensor keeps alive.
struct Export {
    block: Arc<Block>,
    shape: Vec<i64>,
    strides: Vec<i64>,
    /// The device whose work may use the memory when the tensor is deleted, unless the consumer works on the array's stream.
    wait: Option<Arc<Device>>,
}

impl Drop for Export {
    fn drop(&mut self) {
        // With other arrays over the memory it stays; else the consumer's last work must be over before it goes.
        if Arc::strong_count(&self.block) == 1 {
            if let Some(device) = &self.wait {
                let _ = device.synchronize();
            }
        }
    }
}

/// This rank's elements of a leaf as a tensor, without a copy. It keeps the memory, and nothing else of the library, alive
/// until its deleter is called, from any thread. `same_stream`: the consumer works on the context's stream; else deleting
/// the last owner of device memory waits for the device. Local.
///
/// # Errors
/// `Space` (a product), `Unsupported` (read-only memory in a structure of version 0).
pub fn export<M: Managed>(x: &Array, same_stream: bool) -> Result<Box<M>> {
    let local = x.leaf()?;
    let device = match x.space().memory() {
        Memory::Cuda => x.space().context().stream().map(|stream| stream.device().clone()),
        Memory::Host => None,
    };
    let place = match &device {
        Some(device) => Place { kind: CUDA, number: device.ordinal() as i32 },
        None => Place { kind: CPU, number: 0 },
    };
    let mut kept = Box::new(Export {
        block: local.block.clone(),
        shape: local.shape.clone(),
        strides: local.strides.clone(),
        wait: device.filter(|_| !same_stream),
    });
    let tensor = Tensor {
        data: local.pointer().cast(),
        place,
        dimensions: local.shape.len() as i32,
        dtype: element_type(x.dtype()),
        shape: kept.shape.as_mut_ptr(),
        strides: kept.strides.as_mut_ptr(),
        byte_offset: 0,
    };
    let mut managed = Box::new(M::over(tensor, local.block.is_read_only())?);
    *managed.manager() = Box::into_raw(kept).cast();
    Ok(managed)
}

/// The deleter of exported tensors.
unsafe extern "C" fn delete<M: Managed>(managed: *mut M) {
    if managed.is_null() {
        return;
    }
    // SAFETY: made by `export`, whose box was given away; called once.
    let (managed, kept) = unsafe {
        let mut managed = Box::from_raw(managed);
        let kept = Box::from_raw(managed.manager().cast::<Export>());
        (managed, kept)
    };
    // A panic must not reach the caller.
    let _ = catch_unwind(AssertUnwindSafe(|| drop((managed, kept))));
}
