//! Copies that do not wait, and copies between two devices.

use super::super::*;
use dlops::arrays::peer_copy;
use dlops::dtype::Scalar;
use dlops::error::Status;
use std::sync::{Arc, Mutex};

/// An array with padded rows over `memory`.
fn padded(space: &Space, memory: &mut [f64]) -> Array {
    memory.fill(-1.0);
    // SAFETY: rows of 8 in a memory that outlives the array.
    unsafe { Array::wrap_strided(space, memory.as_mut_ptr().cast(), &[8, 1], None) }.unwrap()
}

#[test]
fn any_to_any_without_a_wait() {
    if !available() {
        return;
    }
    let context = on_device(0);
    let stream = context.stream().unwrap();
    for other in [None, Some(ForeignStream::new(0))] {
        // SAFETY: a live stream.
        let second =
            other.as_ref().map(|s| unsafe { dlops::device::Stream::borrow(stream.device(), s.raw.cast()) }.unwrap());
        let on = second.as_ref();
        let wait = || on.unwrap_or(stream).synchronize().unwrap();
        let double = space(&context, DType::Float64, &[4, 5]);
        let wanted: Vec<f64> = (1..=20).map(f64::from).collect();
        let (mut from, mut to) = (vec![0.0; 32], vec![0.0; 32]);
        let single = double.with_dtype(DType::Float32);
        let pinned = |s: &Space| {
            let array = Array::new_pinned(&host(s)).unwrap();
            verbs::copy(&counted(&host(s)), &array).unwrap();
            array
        };
        let strided = padded(&host(&double), &mut from);
        verbs::copy(&counted(&host(&double)), &strided).unwrap();
        for source in [pinned(&double), pinned(&single), counted(&host(&double)), strided] {
            let there = Array::new(&double).unwrap();
            stream.synchronize().unwrap();
            verbs::copy_async(&source, &there, on).unwrap();
            wait();
            assert_eq!(values(&there), wanted);
            let back = [
                Array::new_pinned(&host(&double)).unwrap(),
                Array::new(&host(&single)).unwrap(),
                padded(&host(&double), &mut to),
            ];
            for target in back {
                verbs::copy_async(&there, &target, on).unwrap();
                wait();
                assert_eq!(values(&target), wanted, "to {}", target.space());
            }
            assert_eq!(to[5..8], [-1.0; 3]);
        }
    }
}

#[test]
fn a_copy_from_page_locked_memory_reads_it_later() {
    if !available() || std::env::var("STANDIN_LAZY").is_err() {
        return; // hardware may be as late, or not
    }
    let context = on_device(0);
    let space = space(&context, DType::Float64, &[8]);
    let (pinned, there) = (Array::new_pinned(&host(&space)).unwrap(), Array::new(&space).unwrap());
    verbs::fill(&pinned, Scalar::real(1.0)).unwrap();
    verbs::copy_async(&pinned, &there, None).unwrap();
    verbs::fill(&pinned, Scalar::real(2.0)).unwrap();
    assert_eq!(values(&there), [2.0; 8]);
    // One that waits has read it.
    verbs::copy(&pinned, &there).unwrap();
    verbs::fill(&pinned, Scalar::real(3.0)).unwrap();
    assert_eq!(values(&there), [2.0; 8]);
}

#[test]
fn between_two_devices() {
    if !two_devices() {
        return;
    }
    let (a, b) = (on_device(0), on_device(1));
    let direct = a.stream().unwrap().device().can_reach(b.stream().unwrap().device()).unwrap();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = lines.clone();
    a.set_log(Some(Arc::new(move |_, text: &str| kept.lock().unwrap().push(text.to_string()))));
    check_pair(&a, &b);
    let way = if direct { "directly" } else { "through page-locked host memory" };
    let lines = lines.lock().unwrap();
    assert!(lines.iter().any(|l| l.contains("from device 0 to device 1") && l.contains(way)), "{lines:?}");
}

fn check_pair(a: &Context, b: &Context) {
    // Also more than one piece on the way through the host.
    for (dtype, shape) in [(DType::Float64, [4, 5]), (DType::Float32, [4, 5]), (DType::Float64, [3, 700_000])] {
        let (from, to) = (space(a, DType::Float64, &shape), space(b, dtype, &shape));
        let (x, y) = (counted(&from), Array::new(&to).unwrap());
        let wanted = values(&x);
        peer_copy::copy(&x, &y).unwrap();
        // What x becomes next is not what y was given.
        verbs::fill(&x, Scalar::real(0.0)).unwrap();
        assert_eq!(values(&y), wanted);
    }
    // Strided on both sides, and host memory of one with device memory of the other.
    let (from, to) = (space(a, DType::Float64, &[3, 4]), space(b, DType::Float64, &[3, 4]));
    let (p, q) = (Foreign::new(0, 256), Foreign::new(1, 256));
    // SAFETY: rows of 6 in memory that outlives the arrays.
    let (x, y) = unsafe {
        let x = Array::wrap_strided(&from, p.pointer as *mut u8, &[6, 1], None).unwrap();
        (x, Array::wrap_strided(&to, q.pointer as *mut u8, &[6, 1], None).unwrap())
    };
    let wanted: Vec<f64> = (1..=12).map(f64::from).collect();
    peer_copy::copy(&counted(&host(&to)), &x).unwrap();
    peer_copy::copy(&x, &y).unwrap();
    let back = Array::new(&host(&from)).unwrap();
    peer_copy::copy(&y, &back).unwrap();
    assert_eq!(values(&back), wanted);
    for context in [a, b] {
        context.stream().unwrap().synchronize().unwrap();
    }
    // Two contexts of one device.
    let third = on_device(0);
    let z = Array::new(&space(&third, DType::Float64, &[3, 4])).unwrap();
    peer_copy::copy(&x, &z).unwrap();
    verbs::fill(&x, Scalar::real(0.0)).unwrap();
    assert_eq!(values(&z), wanted);
    a.stream().unwrap().synchronize().unwrap();

    let other_shape = Array::new(&space(b, DType::Float64, &[3, 5])).unwrap();
    assert_eq!(peer_copy::copy(&x, &other_shape).unwrap_err().status, Status::Space);
    let complex = Array::new(&space(a, DType::Complex128, &[3, 4])).unwrap();
    assert_eq!(peer_copy::copy(&complex, &y).unwrap_err().status, Status::DType);
}

/// The way through the host, in a process of its own: what a device reaches is found once.
#[test]
fn between_two_devices_through_the_host() {
    if !two_devices() {
        return;
    }
    if std::env::var("DLOPS_PEER_ACCESS").is_ok_and(|v| v == "0") {
        return; // `between_two_devices` of this process goes through the host
    }
    let this = std::env::current_exe().unwrap();
    let run = std::process::Command::new(this)
        .args(["between_two_devices", "--test-threads=1"])
        .env("DLOPS_PEER_ACCESS", "0")
        .output()
        .unwrap();
    assert!(run.status.success(), "{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
}
