//! Ranks as threads of one process, layouts and arrays for tests.
#![allow(dead_code)] // each test program uses its part

use dlops::arrays::{verbs, Array, Memory, Space};
use dlops::comm::threaded;
use dlops::context::{Context, ContextOptions, TransportChoice};
use dlops::dtype::{DType, Element};
use dlops::layout::{GridDimension, IndexBox, Layout, Partition, Role};
use std::io::Write;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// Runs `work` on `size` threads, each a rank with a context of its own. A rank that panics ends the program, since
/// the others wait for it; what it says is written where the harness does not keep it back, as it would be lost.
pub fn on_ranks_with(size: usize, mut options: ContextOptions, work: impl Fn(&Context) + Sync) {
    if options.device.is_some() && options.transport == TransportChoice::Automatic {
        options.transport = transport();
    }
    say_panics();
    threaded::on_ranks(size, |comm| {
        let rank = comm.rank();
        if catch_unwind(AssertUnwindSafe(|| work(&Context::new(comm, options).unwrap()))).is_err() {
            let _ = writeln!(std::io::stderr(), "rank {rank} of {size} failed");
            std::process::exit(1);
        }
    });
}

/// Panics also go to the standard error itself: only what macros print is captured by the harness.
fn say_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let _ = writeln!(std::io::stderr(), "{info}");
            before(info);
        }));
    });
}

pub fn on_ranks(size: usize, work: impl Fn(&Context) + Sync) {
    on_ranks_with(size, crate::memory::options(), work);
}

/// `DLOPS_TEST_TRANSPORT`: how what lies on devices goes from rank to rank, automatically unless it says staged, direct
/// (addresses of the device are given to the communicator, as to a CUDA-aware MPI) or nccl.
pub fn transport() -> TransportChoice {
    match std::env::var("DLOPS_TEST_TRANSPORT").as_deref() {
        Err(_) | Ok("") => TransportChoice::Automatic,
        Ok("staged") => TransportChoice::Staged,
        Ok("direct") => TransportChoice::CudaAware,
        Ok("nccl") => TransportChoice::Nccl,
        Ok(other) => panic!("DLOPS_TEST_TRANSPORT is {other}"),
    }
}

/// Layouts of a shape over a number of ranks: cut along each axis by each rule, replicated, on grids that cut two axes or
/// cut and replicate, in boxes, all on one rank, with empty ranks.
pub fn layouts(shape: &[i64], ranks: usize) -> Vec<Layout> {
    let grid = |dimensions: Vec<(usize, Role)>| {
        Layout::Grid(dimensions.into_iter().map(|(ranks, role)| GridDimension { ranks, role }).collect())
    };
    let cut = |axis: usize, partition: Partition| Role::Cut { axis, partition };
    let mut list = vec![Layout::replicated(ranks)];
    for (axis, &n) in shape.iter().enumerate() {
        let mut extents = vec![0; ranks];
        extents[ranks / 2] = n;
        let mut uneven = vec![0; ranks];
        uneven[0] = n / 3;
        uneven[ranks - 1] += n - n / 3;
        for partition in [
            Partition::Balanced,
            Partition::Ceiling,
            Partition::Extents(extents),
            Partition::Extents(uneven),
            Partition::Cyclic { block: 1, first: 0 },
            Partition::Cyclic { block: 2, first: ranks - 1 },
        ] {
            list.push(grid(vec![(ranks, cut(axis, partition))]));
        }
    }
    let factors = (2..ranks).find(|k| ranks.is_multiple_of(*k)).map(|k| (k, ranks / k));
    if let Some((a, b)) = factors {
        let last = shape.len() - 1;
        list.push(grid(vec![(a, Role::Replicate), (b, cut(last, Partition::Balanced))]));
        list.push(grid(vec![(a, cut(0, Partition::Cyclic { block: 1, first: 0 })), (b, Role::Replicate)]));
        if last > 0 {
            list.push(grid(vec![(a, cut(0, Partition::Balanced)), (b, cut(last, Partition::Balanced))]));
            list.push(grid(vec![
                (a, cut(last, Partition::Cyclic { block: 2, first: 0 })),
                (b, cut(0, Partition::Ceiling)),
            ]));
        }
    }
    // Boxes: the first half of axis 0 is cut along the last axis, the other half is one rank's.
    let (half, last) = (shape[0] / 2, shape.len() - 1);
    let whole = |lower0: i64, upper0: i64| {
        let mut b = IndexBox { lower: vec![0; shape.len()], upper: shape.to_vec() };
        (b.lower[0], b.upper[0]) = (lower0, upper0);
        b
    };
    let mut boxes = vec![whole(half, shape[0])];
    for part in 0..ranks - 1 {
        let mut b = whole(0, half);
        let n = if last == 0 { half } else { shape[last] };
        let (start, len) = dlops::layout::local_split(n, ranks as i64 - 1, part as i64);
        (b.lower[last], b.upper[last]) = (start, start + len);
        boxes.push(b);
    }
    if ranks == 1 {
        boxes = vec![whole(0, shape[0])];
    }
    list.push(Layout::Boxes(boxes));
    list
}

/// The value that tests put at a global C-order index: distinct, exact in every dtype.
pub fn value(index: i64, dtype: DType) -> (f64, f64) {
    let re = ((index * 37 + 11) % 1009 - 500) as f64;
    (re, if dtype.is_complex() { ((index * 53) % 613) as f64 - 200.0 } else { 0.0 })
}

/// Global C-order index of each of this rank's elements, in their local order.
pub fn local_indices(space: &Space) -> Vec<i64> {
    let (shape, region) = (space.shape().unwrap(), space.region().unwrap());
    let mut indices = vec![0];
    for (set, n) in region.axes.iter().zip(shape) {
        let along: Vec<i64> = set.intervals().iter().flat_map(|i| i.start..i.end()).collect();
        indices = indices.iter().flat_map(|at| along.iter().map(move |i| at * n + i)).collect();
    }
    indices
}

/// Elements as bytes of any dtype.
pub fn encode(dtype: DType, values: impl Iterator<Item = (f64, f64)>) -> Vec<u8> {
    values
        .flat_map(|(re, im)| match dtype {
            DType::Float32 => (re as f32).to_ne_bytes().to_vec(),
            DType::Float64 => re.to_ne_bytes().to_vec(),
            DType::Complex64 => [(re as f32).to_ne_bytes(), (im as f32).to_ne_bytes()].concat(),
            DType::Complex128 => [re.to_ne_bytes(), im.to_ne_bytes()].concat(),
            DType::Int32 => (re as i32).to_ne_bytes().to_vec(),
            DType::Int64 => (re as i64).to_ne_bytes().to_vec(),
        })
        .collect()
}

/// This rank's elements as bytes in C order.
pub fn bytes_of(x: &Array) -> Vec<u8> {
    if x.space().is_on_device() {
        return bytes_of(&x.host_copy().unwrap());
    }
    let (local, size) = (x.local().unwrap(), x.dtype().size());
    let (runs, count) = (local.runs(), x.local_count() as usize);
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < count {
        let (pointer, n) = runs.at(at);
        // SAFETY: a run of n elements of the array.
        bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(pointer, n * size) });
        at += n;
    }
    bytes
}

/// Sets this rank's elements from bytes in C order.
pub fn set_bytes(x: &Array, bytes: &[u8]) {
    if x.space().is_on_device() {
        let twin = Array::new(&x.space().with_memory(Memory::Host).unwrap()).unwrap();
        set_bytes(&twin, bytes);
        return verbs::copy(&twin, x).unwrap();
    }
    let (local, size) = (x.local().unwrap(), x.dtype().size());
    let (runs, count) = (local.runs(), x.local_count() as usize);
    assert_eq!(bytes.len(), count * size);
    let mut at = 0;
    while at < count {
        let (pointer, n) = runs.at(at);
        // SAFETY: a run of n elements of the array.
        unsafe { std::ptr::copy_nonoverlapping(bytes[at * size..].as_ptr(), pointer, n * size) };
        at += n;
    }
}

/// An array with `value` at every global index.
pub fn filled(space: &Space) -> Array {
    let x = Array::new(space).unwrap();
    set_bytes(&x, &encode(space.dtype(), local_indices(space).into_iter().map(|i| value(i, space.dtype()))));
    x
}

/// What `filled` gives.
pub fn expected(space: &Space) -> Vec<u8> {
    encode(space.dtype(), local_indices(space).into_iter().map(|i| value(i, space.dtype())))
}

/// The elements of a contiguous array.
pub fn elements<T: Element>(x: &Array) -> Vec<T> {
    x.host_copy().unwrap().local().unwrap().as_slice::<T>().unwrap().to_vec()
}
