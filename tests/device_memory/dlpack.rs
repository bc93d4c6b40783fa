//! Tensors made by hand, as another library would, and tensors of arrays.

use super::super::*;
use dlops::arrays::dlpack::{
    self, ElementType, Managed, ManagedTensor, Place, Tensor, VersionedTensor, CPU, CUDA, CUDA_HOST, READ_ONLY,
};
use dlops::error::Status;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

const FLOAT64: ElementType = ElementType { code: 2, bits: 64, lanes: 1 };

/// A tensor and what it points to; the deleter counts.
struct Made {
    shape: Vec<i64>,
    strides: Vec<i64>,
    deleted: AtomicUsize,
}

impl Made {
    fn new(shape: &[i64], strides: &[i64]) -> Box<Made> {
        Box::new(Made { shape: shape.to_vec(), strides: strides.to_vec(), deleted: AtomicUsize::new(0) })
    }

    fn tensor(&mut self, data: *mut c_void, place: Place) -> VersionedTensor {
        unsafe extern "C" fn delete(managed: *mut VersionedTensor) {
            // SAFETY: the manager is the `Made` of the test.
            unsafe { (*(*managed).manager.cast::<Made>()).deleted.fetch_add(1, Ordering::SeqCst) };
        }
        let strides = if self.strides.is_empty() { std::ptr::null_mut() } else { self.strides.as_mut_ptr() };
        VersionedTensor {
            major: 1,
            minor: 1,
            manager: (&raw mut *self).cast(),
            deleter: Some(delete),
            flags: 0,
            tensor: Tensor {
                data,
                place,
                dimensions: self.shape.len() as i32,
                dtype: FLOAT64,
                shape: self.shape.as_mut_ptr(),
                strides,
                byte_offset: 0,
            },
        }
    }

    fn deleted(&self) -> usize {
        self.deleted.load(Ordering::SeqCst)
    }
}

const HERE: Place = Place { kind: CPU, number: 0 };

fn import<M: Managed>(space: &Space, tensor: &mut M) -> Result<Array, Status> {
    // SAFETY: a tensor made by hand over memory that outlives the array.
    unsafe { dlpack::import(space, tensor) }.map_err(|e| e.status)
}

#[test]
fn tensors_of_the_host() {
    let context = Context::solo(ContextOptions::default()).unwrap();
    let space = space(&context, DType::Float64, &[2, 3]);
    let mut data: Vec<f64> = (0..20).map(f64::from).collect();
    // Rows of 5, from the fourth element on.
    let mut made = Made::new(&[2, 3], &[5, 1]);
    let mut tensor = made.tensor(data.as_mut_ptr().cast(), HERE);
    tensor.tensor.byte_offset = 24;
    let array = import(&space, &mut tensor).unwrap();
    assert_eq!(values(&array), [3.0, 4.0, 5.0, 8.0, 9.0, 10.0]);
    let second = array.clone();
    drop(array);
    assert_eq!(made.deleted(), 0);
    drop(second);
    assert_eq!(made.deleted(), 1);

    // Without strides, in page-locked memory by its name, one axis of length 1 with any stride.
    for (shape, strides, kind) in [(&[2, 3][..], &[][..], CPU), (&[2, 3], &[3, 1], CUDA_HOST)] {
        let mut made = Made::new(shape, strides);
        let mut tensor = made.tensor(data.as_mut_ptr().cast(), Place { kind, number: 0 });
        assert_eq!(values(&import(&space, &mut tensor).unwrap()), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(made.deleted(), 1);
    }
    let flat = super::super::space(&context, DType::Float64, &[1, 4]);
    let mut made = Made::new(&[1, 4], &[-7, 1]);
    let mut tensor = made.tensor(data.as_mut_ptr().cast(), HERE);
    assert_eq!(values(&import(&flat, &mut tensor).unwrap()), [0.0, 1.0, 2.0, 3.0]);

    // The older structure.
    let mut shape = [2i64, 3];
    let tensor = Tensor { shape: shape.as_mut_ptr(), ..made.tensor(data.as_mut_ptr().cast(), HERE).tensor };
    let mut old = ManagedTensor { tensor, manager: std::ptr::null_mut(), deleter: None };
    old.tensor.strides = std::ptr::null_mut();
    assert_eq!(values(&import(&space, &mut old).unwrap())[5], 5.0);
}

#[test]
fn what_does_not_fit_is_refused_and_left_to_its_owner() {
    let context = Context::solo(ContextOptions::default()).unwrap();
    let space = space(&context, DType::Float64, &[2, 3]);
    let mut data = vec![0.0f64; 20];
    type Change = fn(&mut VersionedTensor);
    let cases: [(Status, &[i64], &[i64], Change); 13] = [
        (Status::Shape, &[3, 2], &[], |_| {}),
        (Status::Shape, &[6], &[], |_| {}),
        (Status::Shape, &[2, 3], &[1, 2], |_| {}),
        (Status::Shape, &[2, 3], &[2, 1], |_| {}),
        (Status::Shape, &[2, 3], &[-3, 1], |_| {}),
        (Status::Shape, &[2, 3], &[], |t| t.tensor.dimensions = -1),
        (Status::DType, &[2, 3], &[], |t| t.tensor.dtype.bits = 32),
        (Status::DType, &[2, 3], &[], |t| t.tensor.dtype.code = 0),
        (Status::DType, &[2, 3], &[], |t| t.tensor.dtype.lanes = 2),
        (Status::Argument, &[2, 3], &[], |t| t.tensor.place.kind = CUDA),
        (Status::Argument, &[2, 3], &[], |t| t.tensor.byte_offset = 4),
        (Status::NullPointer, &[2, 3], &[], |t| t.tensor.data = std::ptr::null_mut()),
        (Status::Unsupported, &[2, 3], &[], |t| t.major = 2),
    ];
    for (k, (status, shape, strides, change)) in cases.into_iter().enumerate() {
        let mut made = Made::new(shape, strides);
        let mut tensor = made.tensor(data.as_mut_ptr().cast(), HERE);
        change(&mut tensor);
        assert_eq!(import(&space, &mut tensor).err(), Some(status), "case {k}");
        assert_eq!(made.deleted(), 0, "case {k}");
    }
    // SAFETY: NULL is refused.
    let none = unsafe { dlpack::import::<ManagedTensor>(&space, std::ptr::null_mut()) };
    assert_eq!(none.err().unwrap().status, Status::NullPointer);
}

#[test]
fn read_only_tensors_are_no_outputs() {
    let context = Context::solo(ContextOptions::default()).unwrap();
    let space = space(&context, DType::Float64, &[4]);
    let mut data = vec![1.0f64, 2.0, 3.0, 4.0];
    let mut made = Made::new(&[4], &[]);
    let mut tensor = made.tensor(data.as_mut_ptr().cast(), HERE);
    tensor.flags = READ_ONLY;
    let array = import(&space, &mut tensor).unwrap();
    assert_eq!(array.check_free("y", true).unwrap_err().status, Status::State);
    array.check_free("x", false).unwrap();
    assert_eq!(array.acquire(dlops::arrays::memory::Access::Write).unwrap_err().status, Status::State);
    // A view of it as well.
    let part = array.slice(&super::super::space(&context, DType::Float64, &[2]), 1).unwrap();
    assert_eq!(part.check_free("y", true).unwrap_err().status, Status::State);
    // The flag goes out again, and where it cannot the export is refused.
    let out = dlpack::export::<VersionedTensor>(&array, false).unwrap();
    assert_eq!(out.flags, READ_ONLY);
    give_back(out);
    assert_eq!(dlpack::export::<ManagedTensor>(&array, false).err().unwrap().status, Status::Unsupported);
}

fn give_back<M: Managed>(tensor: Box<M>) {
    let deleter = tensor.deleter().unwrap();
    // SAFETY: an exported tensor, deleted once.
    unsafe { deleter(Box::into_raw(tensor)) };
}

#[test]
fn exported_memory_outlives_the_array_and_its_context() {
    let context = Context::solo(ContextOptions::default()).unwrap();
    let array = counted(&space(&context, DType::Float64, &[2, 3]));
    let tensor = dlpack::export::<VersionedTensor>(&array, false).unwrap();
    drop((array, context));
    assert_eq!((tensor.major, tensor.flags), (1, 0));
    assert_eq!(tensor.tensor.place, HERE);
    assert_eq!(tensor.tensor.dtype, FLOAT64);
    // SAFETY: two lengths, two strides and six doubles.
    unsafe {
        assert_eq!(std::slice::from_raw_parts(tensor.tensor.shape, 2), [2, 3]);
        assert_eq!(std::slice::from_raw_parts(tensor.tensor.strides, 2), [3, 1]);
        let found = std::slice::from_raw_parts(tensor.tensor.data.cast::<f64>(), 6);
        assert_eq!(found, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    }
    // From any thread.
    let address = Box::into_raw(tensor) as usize;
    let other = std::thread::spawn(move || {
        // SAFETY: the tensor that was let go above.
        give_back(unsafe { Box::from_raw(address as *mut VersionedTensor) });
    });
    other.join().unwrap();
}

#[test]
fn tensors_of_a_device() {
    if !available() {
        return;
    }
    let context = on_device(0);
    let space = space(&context, DType::Float64, &[2, 3]);
    let array = counted(&space);
    // Out and in again: the same memory.
    let out = dlpack::export::<VersionedTensor>(&array, false).unwrap();
    assert_eq!(out.tensor.place, Place { kind: CUDA, number: 0 });
    let back = import(&space, Box::leak(out)).unwrap();
    verbs::fill(&array, dlops::dtype::Scalar::real(7.0)).unwrap();
    assert_eq!(values(&back), [7.0; 6]);
    drop(array);
    assert_eq!(values(&back), [7.0; 6]);
    let used = || {
        context.stream().unwrap().synchronize().unwrap();
        context.stream().unwrap().device().pool_statistics().unwrap().used
    };
    drop(back);

    // The last holder gives the memory back: 8 MiB, beside which what other tests use meanwhile is small.
    let wide = super::super::space(&context, DType::Float64, &[1 << 10, 1 << 10]);
    let large = Array::new(&wide).unwrap();
    let back = import(&wide, Box::leak(dlpack::export::<VersionedTensor>(&large, false).unwrap())).unwrap();
    drop(large);
    let before = used();
    drop(back);
    assert!(used() + (4 << 20) < before);

    // Padded rows of another library's memory.
    let foreign = Foreign::new(0, 1024);
    let mut made = Made::new(&[2, 3], &[5, 1]);
    let mut tensor = made.tensor(foreign.pointer as *mut c_void, Place { kind: CUDA, number: 0 });
    tensor.tensor.byte_offset = 16;
    let strided = import(&space, &mut tensor).unwrap();
    verbs::copy(&counted(&space), &strided).unwrap();
    assert_eq!(values(&strided), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    drop(strided);
    assert_eq!(made.deleted(), 1);

    // The wrong side, and memory that is not where the tensor says.
    let mut here = [0.0f64; 6];
    for (space, kind, data) in [
        (&host(&space), CUDA, foreign.pointer as *mut c_void),
        (&space, CPU, here.as_mut_ptr().cast()),
        (&space, CUDA, here.as_mut_ptr().cast()),
        (&space, 10, foreign.pointer as *mut c_void),
        (&host(&space), CPU, foreign.pointer as *mut c_void),
    ] {
        let mut made = Made::new(&[2, 3], &[]);
        let mut tensor = made.tensor(data, Place { kind, number: 0 });
        assert_eq!(import(space, &mut tensor).err(), Some(Status::Argument));
        assert_eq!(made.deleted(), 0);
    }
    let mut made = Made::new(&[2, 3], &[]);
    let mut tensor = made.tensor(foreign.pointer as *mut c_void, Place { kind: CUDA, number: 1 });
    assert_eq!(import(&space, &mut tensor).err(), Some(Status::Argument));
}
