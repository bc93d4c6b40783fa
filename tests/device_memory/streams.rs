//! The stream of a context is replaced, events order and time work, the current device is put aside and back.

use super::super::*;
use dlops::context::Event;
use dlops::device::{current_device, pop_device, push_device, Stream};
use dlops::dtype::Scalar;
use dlops::error::Status;
use dlops::operators::basic::{matrix_mult, DenseMatrix};
use dlops::operators::Mode;

#[test]
fn work_goes_on_in_another_stream() {
    if !available() {
        return;
    }
    let context = on_device(0);
    let own = context.stream().unwrap().raw();
    let second = ForeignStream::new(0);
    let space = space(&context, DType::Float64, &[1000]);
    let (x, y) = (counted(&space), Array::new(&space).unwrap());
    let pinned = Array::new_pinned(&host(&space)).unwrap();
    // Each step reads what the one before it wrote on another stream, the legacy default one among them.
    for raw in [second.raw, std::ptr::null_mut(), own, second.raw, second.raw] {
        verbs::copy(&x, &y).unwrap();
        // SAFETY: a live stream.
        unsafe { context.stream().unwrap().redirect(raw.cast()) }.unwrap();
        assert_eq!(context.stream().unwrap().raw(), raw);
        assert_eq!(context.local().stream().unwrap().raw(), raw);
        verbs::axpby(Scalar::ONE, &y, Scalar::ONE, &x).unwrap();
    }
    verbs::copy_async(&x, &pinned, None).unwrap();
    // What is put on the new stream is done when that stream is.
    let _current = second.device.enter().unwrap();
    // SAFETY: a live stream.
    done(unsafe { sys::cuStreamSynchronize(second.raw) });
    assert_eq!(values(&pinned)[999], 32.0 * 1000.0);
    // Memory that was given back on the old stream is not used by the new one before its time.
    drop((x, y));
    // SAFETY: a live stream.
    unsafe { context.stream().unwrap().redirect(own.cast()) }.unwrap();
    assert_eq!(values(&counted(&space))[10], 11.0);
}

#[test]
fn products_follow_the_stream() {
    if !available() {
        return;
    }
    let context = on_device(0);
    let columns = space(&context, DType::Float64, &[3]);
    let matrix: Vec<f64> = (0..6).map(f64::from).collect();
    // SAFETY: six doubles, which outlive the operator.
    let dense = unsafe { DenseMatrix::borrowed(DType::Float64, (2, 3), matrix.as_ptr().cast(), false, 0) }.unwrap();
    let a = matrix_mult(&columns, 0, dense).unwrap();
    let second = ForeignStream::new(0);
    let (x, y) = (counted(&columns), Array::new(a.range()).unwrap());
    a.apply(Mode::Forward, &x, &y).unwrap();
    assert_eq!(values(&y), [8.0, 26.0]);
    // SAFETY: a live stream.
    unsafe { context.stream().unwrap().redirect(second.raw.cast()) }.unwrap();
    verbs::scale(Scalar::real(2.0), &x).unwrap();
    a.apply(Mode::Forward, &x, &y).unwrap();
    assert_eq!(values(&y), [16.0, 52.0]);
    drop((x, y, a));
    context.stream().unwrap().synchronize().unwrap();
}

#[test]
fn events_order_streams_and_tell_the_time() {
    if !available() {
        return;
    }
    let context = on_device(0);
    let stream = context.stream().unwrap();
    let foreign = ForeignStream::new(0);
    // SAFETY: a live stream.
    let second = unsafe { Stream::borrow(stream.device(), foreign.raw.cast()) }.unwrap();
    let space = space(&context, DType::Float64, &[1 << 16]);
    let (x, pinned) = (counted(&space), Array::new_pinned(&host(&space)).unwrap());
    let (start, end) = (Event::new(&context).unwrap(), Event::new(&context).unwrap());
    assert!(start.is_passed().unwrap());
    assert_eq!(end.milliseconds_since(&start).unwrap_err().status, Status::State);
    start.record(None).unwrap();
    verbs::scale(Scalar::real(3.0), &x).unwrap();
    end.record(None).unwrap();
    // The copy on the other stream waits for the work on the context's.
    end.hold(Some(&second)).unwrap();
    verbs::copy_async(&x, &pinned, Some(&second)).unwrap();
    let copied = Event::new(&context).unwrap();
    copied.record(Some(&second)).unwrap();
    copied.hold(None).unwrap();
    assert!(copied.is_passed().unwrap() && end.is_passed().unwrap());
    assert_eq!(values(&pinned)[99], 300.0);
    assert!(end.milliseconds_since(&start).unwrap() > 0.0);
    // The context waits for the copy before it writes again.
    verbs::copy_async(&x, &pinned, Some(&second)).unwrap();
    copied.record(Some(&second)).unwrap();
    copied.hold(Some(stream)).unwrap();
    verbs::fill(&x, Scalar::ZERO).unwrap();
    copied.hold(None).unwrap();
    assert_eq!(values(&pinned)[99], 300.0);
    stream.synchronize().unwrap();
}

#[test]
fn events_of_the_clock() {
    let context = Context::solo(ContextOptions::default()).unwrap();
    let (start, end) = (Event::new(&context).unwrap(), Event::new(&context).unwrap());
    assert_eq!(end.milliseconds_since(&start).unwrap_err().status, Status::State);
    start.record(None).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(5));
    end.record(None).unwrap();
    end.hold(None).unwrap();
    assert!(end.is_passed().unwrap());
    let elapsed = end.milliseconds_since(&start).unwrap();
    assert!((5.0..5000.0).contains(&elapsed), "{elapsed}");
    assert_eq!(start.milliseconds_since(&end).unwrap(), -elapsed);
    if available() {
        let other = Event::new(&on_device(0)).unwrap();
        other.record(None).unwrap();
        assert_eq!(other.milliseconds_since(&start).unwrap_err().status, Status::Context);
    }
}

#[test]
fn the_current_device_is_pushed_and_popped() {
    if !two_devices() {
        return;
    }
    std::thread::spawn(|| {
        assert_eq!(current_device().unwrap(), None);
        assert_eq!(pop_device().unwrap_err().status, Status::State);
        push_device(1).unwrap();
        assert_eq!(current_device().unwrap(), Some(1));
        push_device(0).unwrap();
        push_device(0).unwrap();
        assert_eq!(current_device().unwrap(), Some(0));
        // The library's own work leaves it as it is.
        let context = on_device(1);
        assert_eq!(values(&counted(&space(&context, DType::Float64, &[4])))[3], 4.0);
        assert_eq!(current_device().unwrap(), Some(0));
        pop_device().unwrap();
        pop_device().unwrap();
        assert_eq!(current_device().unwrap(), Some(1));
        pop_device().unwrap();
        assert_eq!(current_device().unwrap(), None);
        assert_eq!(push_device(99).unwrap_err().status, Status::Argument);
    })
    .join()
    .unwrap();
}
