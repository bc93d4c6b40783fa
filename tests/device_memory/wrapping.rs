//! Pointers and streams that are not what their space or context needs: each its own message.

use super::super::*;
use dlops::error::Status;

fn refused(space: &Space, pointer: *mut u8, words: &str) {
    // SAFETY: refused before anything is touched.
    let error = unsafe { Array::wrap(space, pointer, None) }.err().unwrap_or_else(|| panic!("accepted: {words}"));
    assert_eq!(error.status, Status::Argument, "{error}");
    assert!(error.message.contains(words), "'{}' has no '{words}'", error.message);
}

#[test]
fn pointers() {
    if !available() {
        return;
    }
    let context = on_device(0);
    let there = space(&context, DType::Float64, &[64]);
    let here = host(&there);
    let mut ordinary = vec![0.0f64; 64];
    let locked = Array::new_pinned(&here).unwrap();
    let device = Foreign::new(0, 512);
    refused(&there, ordinary.as_mut_ptr().cast(), "is not device memory");
    refused(&there, locked.local().unwrap().pointer(), "is page-locked host memory");
    refused(&here, device.pointer as *mut u8, "is memory of device 0");
    refused(&space(&context, DType::Float64, &[65]), device.pointer as *mut u8, "has 512 allocated bytes");
    refused(&there, (device.pointer + 8) as *mut u8, "has 504 allocated bytes");
    refused(&there, (device.pointer + 4) as *mut u8, "not aligned");
    // A context without a device knows too, while the process works on one.
    let plain = Context::solo(ContextOptions::default()).unwrap();
    refused(&space(&plain, DType::Float64, &[64]), device.pointer as *mut u8, "is memory of device 0");
    // SAFETY: memory of as many elements, which outlives the arrays.
    unsafe {
        Array::wrap(&there, device.pointer as *mut u8, None).unwrap();
        Array::wrap(&here, ordinary.as_mut_ptr().cast(), None).unwrap();
        Array::wrap(&here, locked.local().unwrap().pointer(), None).unwrap();
    }
    assert_eq!(Array::new_pinned(&there).err().unwrap().status, Status::Space);
}

#[test]
fn managed_memory_counts_as_the_devices() {
    if !available() {
        return;
    }
    let context = on_device(0);
    let there = space(&context, DType::Float64, &[64]);
    let stream = context.stream().unwrap();
    let _current = stream.device().enter().unwrap();
    let mut pointer = 0;
    // SAFETY: the device's context is current.
    let code =
        unsafe { sys::cuMemAllocManaged(&mut pointer, 512, sys::CUmemAttach_flags::CU_MEM_ATTACH_GLOBAL as u32) };
    if code != CUresult::CUDA_SUCCESS {
        println!("SKIPPED: this driver has no managed memory");
        return;
    }
    refused(&host(&there), pointer as *mut u8, "is managed memory");
    // SAFETY: memory of as many elements, which outlives the array.
    let wrapped = unsafe { Array::wrap(&there, pointer as *mut u8, None) }.unwrap();
    verbs::copy(&counted(&there), &wrapped).unwrap();
    assert_eq!(values(&wrapped)[63], 64.0);
    stream.synchronize().unwrap();
    drop(wrapped);
    // SAFETY: allocated above.
    done(unsafe { sys::cuMemFree_v2(pointer) });
}

#[test]
fn of_another_device() {
    if !two_devices() {
        return;
    }
    let context = on_device(0);
    let other = Foreign::new(1, 512);
    refused(&space(&context, DType::Float64, &[64]), other.pointer as *mut u8, "belongs to device 1");
    let stream = ForeignStream::new(1);
    // SAFETY: a live stream.
    let error = unsafe { context.stream().unwrap().redirect(stream.raw.cast()) }.unwrap_err();
    assert_eq!(error.status, Status::Argument);
    assert!(error.message.contains("belongs to device 1"), "{error}");
}
