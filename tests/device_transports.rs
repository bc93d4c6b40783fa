//! Staged messages, messages of device memory and NCCL: the same bits, on 1 to 4 ranks, and what is refused. What cannot be
//! tried here is skipped, and said so: everything without a CUDA driver, NCCL without the library or with fewer devices than
//! ranks, and messages of device memory (which these ranks, threads of one process, copy as the host's own) without a
//! stand-in GPU whose memory is open to the host (STANDIN_GUARD=0).

mod memory;
mod ranks;
mod vectors;

use dlops::arrays::halo::Halo;
use dlops::arrays::redistribute::redistribute;
use dlops::arrays::{verbs, Array, Space};
use dlops::comm::{threaded, Communicator};
use dlops::context::{Context, ContextOptions, DeviceChoice, HostNccl, StreamChoice, TransportChoice};
use dlops::device::{Device, NcclCommunicator, Stream};
use dlops::dtype::{DType, Scalar};
use dlops::error::{Error, Status};
use dlops::krylov::{Method, Solver};
use dlops::layout::{GridDimension, Layout, Partition, Role};
use dlops::operators::block::{hstack, vstack};
use dlops::operators::derivative::{first_derivative, laplacian, FirstDerivative, Laplacian};
use dlops::operators::signal::convolve1d;
use dlops::operators::signal::fourier::{fftnd, Fourier};
use dlops::operators::{Mode, Operator};
use num_complex::Complex64;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const FLOATS: [DType; 4] = [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];

fn available() -> bool {
    let found = dlops::device::available();
    if let Err(error) = &found {
        println!("SKIPPED: {error}");
    }
    found.is_ok()
}

fn nccl_serves(ranks: usize) -> bool {
    let lacking = match (NcclCommunicator::available(), Device::count()) {
        (Err(error), _) | (_, Err(error)) => error.to_string(),
        (_, Ok(devices)) if devices < ranks => format!("{ranks} ranks and {devices} devices"),
        _ => return true,
    };
    println!("SKIPPED: NCCL: {lacking}");
    false
}

fn transports(ranks: usize) -> Vec<TransportChoice> {
    let mut list = vec![TransportChoice::Staged];
    match std::env::var("STANDIN_GUARD").as_deref() {
        Ok("0") => list.push(TransportChoice::CudaAware),
        _ => println!("SKIPPED: messages of device memory: the host cannot read it"),
    }
    if nccl_serves(ranks) {
        list.push(TransportChoice::Nccl);
    }
    list
}

fn options(transport: TransportChoice) -> ContextOptions {
    let device = DeviceChoice { ordinal: None, stream: StreamChoice::Own };
    ContextOptions { device: Some(device), transport, ..ContextOptions::default() }
}

/// `work` gives the same bytes and the same traffic on every rank by all transports.
fn same_by_all(ranks: usize, work: impl Fn(&Context) -> Vec<u8> + Sync) {
    let mut wanted: Option<Vec<(Vec<u8>, (u64, u64))>> = None;
    for transport in transports(ranks) {
        let found = Mutex::new(vec![Default::default(); ranks]);
        ranks::on_ranks_with(ranks, options(transport), |context| {
            assert_eq!(context.transport_choice(), transport);
            // Once before it is counted: what is made at the first use, such as groups of ranks, is said to all.
            work(context);
            let before = context.comm().traffic().read();
            let bytes = work(context);
            let after = context.comm().traffic().read();
            found.lock().unwrap()[context.rank()] = (bytes, (after.0 - before.0, after.1 - before.1));
        });
        let found = found.into_inner().unwrap();
        match &wanted {
            None => wanted = Some(found),
            Some(wanted) => {
                for (rank, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                    assert_eq!(found.1, wanted.1, "messages and bytes of rank {rank} of {ranks} by {transport:?}");
                    assert!(found.0 == wanted.0, "rank {rank} of {ranks} has other bytes by {transport:?}");
                }
            }
        }
    }
}

fn space(context: &Context, dtype: DType, shape: &[i64], layout: Layout, mask: Option<Vec<i32>>) -> Space {
    Space::new(context, dtype, shape, layout, mask).unwrap()
}

fn cut(axis: usize, partition: Partition, ranks: usize) -> Layout {
    Layout::Grid(vec![GridDimension { ranks, role: Role::Cut { axis, partition } }])
}

#[test]
fn axes_are_made_whole_and_transformed() {
    if !available() {
        return;
    }
    for ranks in 1..=4 {
        same_by_all(ranks, |context| {
            let mut bytes = Vec::new();
            for (dtype, half) in FLOATS.into_iter().zip([true, false, false, false]) {
                let space = space(context, dtype, &[6, 5, 8], cut(0, Partition::Balanced, ranks), None);
                let f = fftnd(&space, &[0, 1, 2], &Fourier { half, ..Fourier::default() }).unwrap();
                let (x, y) = (ranks::filled(&space), Array::new(f.range()).unwrap());
                f.apply(Mode::Forward, &x, &y).unwrap();
                bytes.extend(ranks::bytes_of(&y));
                let back = Array::new(&space).unwrap();
                f.apply(Mode::Adjoint, &y, &back).unwrap();
                let size = verbs::norm(&x).unwrap();
                verbs::axpy(Scalar::real(-1.0), &x, &back).unwrap();
                assert!(verbs::norm(&back).unwrap() < 10.0 * dtype.epsilon() * size, "{dtype:?}");
            }
            bytes
        });
    }
}

#[test]
fn layouts_change() {
    if !available() {
        return;
    }
    for (ranks, shape) in [(1, vec![5i64, 3]), (2, vec![6, 5]), (3, vec![7, 2, 3]), (4, vec![3, 4])] {
        same_by_all(ranks, |context| {
            let mut bytes = Vec::new();
            for dtype in [DType::Float32, DType::Complex128, DType::Int32] {
                let layouts = ranks::layouts(&shape, ranks);
                for (from, to) in layouts.iter().zip(layouts.iter().cycle().skip(3)) {
                    let (from, to) = (
                        space(context, dtype, &shape, from.clone(), None),
                        space(context, dtype, &shape, to.clone(), None),
                    );
                    let (x, y) = (ranks::filled(&from), Array::new(&to).unwrap());
                    redistribute(&x, &y).unwrap();
                    assert_eq!(ranks::bytes_of(&y), ranks::expected(&to), "{from} to {to}");
                    bytes.extend(ranks::bytes_of(&y));
                }
            }
            bytes
        });
    }
}

/// What a device holds at an address.
fn fetched(context: &Context, pointer: *const u8, bytes: usize) -> Vec<u8> {
    let (stream, mut here) = (context.stream().unwrap(), vec![0; bytes]);
    // SAFETY: the caller names that many bytes, and the stream is waited for.
    unsafe { stream.copy_out(here.as_mut_ptr(), pointer as u64, bytes).unwrap() };
    stream.synchronize().unwrap();
    here
}

#[test]
fn halos_over_several_ranks_and_around_the_ends() {
    if !available() {
        return;
    }
    for (ranks, shape, axis) in [(1, vec![5i64, 2], 0), (2, vec![3, 6], 1), (3, vec![8, 3], 0), (4, vec![2, 9, 2], 1)] {
        for extents in [None, Some((0..ranks as i64).map(|r| r % 3).collect::<Vec<i64>>())] {
            same_by_all(ranks, |context| {
                let mut bytes = Vec::new();
                let partition = match &extents {
                    // Uneven, and some ranks without elements.
                    Some(extents) => {
                        let rest = shape[axis] - extents.iter().sum::<i64>();
                        let mut extents = extents.clone();
                        extents[ranks - 1] += rest;
                        Partition::Extents(extents)
                    }
                    None => Partition::Balanced,
                };
                for dtype in [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128, DType::Int64] {
                    let space = space(context, dtype, &shape, cut(axis, partition.clone(), ranks), None);
                    let x = ranks::filled(&space);
                    for periodic in [false, true] {
                        let mut halo = Halo::new(&space, axis, &vec![3; ranks], &vec![1; ranks], periodic).unwrap();
                        let across = space.local_shape().iter().enumerate().filter(|(k, _)| *k != axis).map(|(_, n)| n);
                        let plane = across.product::<i64>() as usize * dtype.size();
                        for _ in 0..2 {
                            halo.start(&x).unwrap();
                            halo.progress().unwrap();
                            if dtype == DType::Float32 && !periodic {
                                // Messages that did not wait for what is packed would be on their way by now.
                                std::thread::sleep(std::time::Duration::from_millis(30));
                            }
                            halo.finish().unwrap();
                            bytes.extend(fetched(context, halo.before(), halo.before_len() * plane));
                            bytes.extend(fetched(context, halo.after(), halo.after_len() * plane));
                        }
                    }
                }
                bytes
            });
        }
    }
}

/// Numbers that look the same everywhere, and no sum of which is exact.
fn drawn(space: &Space) -> Array {
    let x = Array::new(space).unwrap();
    let first = 100 * space.context().rank();
    let number =
        |k: usize| Complex64::new(1.0 / (first + k + 3) as f64, if space.dtype().is_complex() { 0.3 } else { 0.0 });
    vectors::write(&x, &(0..space.local_count() as usize).map(number).collect::<Vec<_>>());
    x
}

fn bits(x: &Array) -> impl Iterator<Item = u8> {
    vectors::read(x).into_iter().flat_map(|v| [v.re.to_ne_bytes(), v.im.to_ne_bytes()].concat())
}

/// y := A x and back.
fn applied(operator: &Operator) -> Vec<u8> {
    let (x, y) = (drawn(operator.domain()), Array::new(operator.range()).unwrap());
    operator.apply(Mode::Forward, &x, &y).unwrap();
    let mut bytes: Vec<u8> = bits(&y).collect();
    operator.apply_scaled(Mode::Adjoint, Scalar::real(0.5), &y, Scalar::real(2.0), &x).unwrap();
    bytes.extend(bits(&x));
    bytes
}

#[test]
fn operators_with_halos() {
    if !available() {
        return;
    }
    for ranks in [2, 4] {
        same_by_all(ranks, |context| {
            let mut bytes = Vec::new();
            for (dtype, shape) in FLOATS.into_iter().zip([vec![9i64, 5], vec![7, 6, 3], vec![13], vec![5, 70]]) {
                for layout in [cut(0, Partition::Ceiling, ranks), ranks::layouts(&shape, ranks)[4].clone()] {
                    let space = space(context, dtype, &shape, layout, None);
                    let options = FirstDerivative { order: 5, edge: true, ..FirstDerivative::default() };
                    bytes.extend(applied(&first_derivative(&space, 0, &options).unwrap()));
                    bytes.extend(applied(&laplacian(&space, &Laplacian::default()).unwrap()));
                    let filter: Vec<Complex64> = (0..7).map(|k| Complex64::new(0.5 - 0.125 * k as f64, 0.0)).collect();
                    bytes.extend(applied(&convolve1d(&space, 0, &filter, 3).unwrap()));
                }
            }
            bytes
        });
    }
}

#[test]
fn sums_of_all_ranks_and_of_groups() {
    if !available() {
        return;
    }
    for ranks in 1..=4 {
        same_by_all(ranks, |context| {
            let mut bytes = Vec::new();
            let pairs: Vec<i32> = (0..ranks as i32).map(|r| 5 * (r % 2)).collect();
            for dtype in FLOATS {
                for mask in [None, Some(pairs.clone())] {
                    let n = 4 * ranks as i64 + 3;
                    let space = space(context, dtype, &[n], cut(0, Partition::Balanced, ranks), mask.clone());
                    let x = drawn(&space);
                    for number in [verbs::dot(&x, &x).unwrap(), Scalar::real(verbs::norm(&x).unwrap())] {
                        bytes.extend(number.re.to_ne_bytes().into_iter().chain(number.im.to_ne_bytes()));
                    }
                    // Arrays that are added up over ranks: sums of whole arrays, of all or of one colour.
                    let local = context.local();
                    let own = Space::new(&local, dtype, &[5], Layout::replicated(1), None).unwrap();
                    let options =
                        FirstDerivative { sampling: 1.0 + context.rank() as f64, ..FirstDerivative::default() };
                    let block = first_derivative(&own, 0, &options).unwrap();
                    bytes.extend(applied(&vstack(context, std::slice::from_ref(&block), mask.clone()).unwrap()));
                    bytes.extend(applied(&hstack(context, &[block], mask).unwrap()));
                }
            }
            bytes
        });
    }
}

#[test]
fn solvers_take_the_same_steps() {
    if !available() {
        return;
    }
    for ranks in [2, 3] {
        same_by_all(ranks, |context| {
            let mut bytes = Vec::new();
            for dtype in [DType::Float64, DType::Complex64] {
                let space = space(context, dtype, &[17, 4], cut(0, Partition::Balanced, ranks), None);
                let options = FirstDerivative { edge: true, ..FirstDerivative::default() };
                let operator = first_derivative(&space, 0, &options).unwrap();
                let data = drawn(operator.range());
                let x = Array::new(operator.domain()).unwrap();
                let solver = Solver::new(Method::Cgls, &operator).unwrap();
                solver
                    .change(|o| {
                        o.max_iterations = 12;
                        Ok(())
                    })
                    .unwrap();
                solver.solve(&data, &x).unwrap();
                bytes.extend(bits(&x));
            }
            bytes
        });
    }
}

/// With NCCL a rank has put all of an apply on its stream before another rank begins: a host that waited for messages would
/// wait for ever here.
#[test]
fn nccl_lets_no_host_wait() {
    if !available() || !nccl_serves(2) {
        return;
    }
    ranks::on_ranks_with(2, options(TransportChoice::Nccl), |context| {
        let space = space(context, DType::Float64, &[9, 4], cut(0, Partition::Balanced, 2), None);
        let own = Space::new(&context.local(), DType::Float64, &[5], Layout::replicated(1), None).unwrap();
        let block = first_derivative(&own, 0, &FirstDerivative::default()).unwrap();
        for (operator, mode) in [
            (laplacian(&space, &Laplacian::default()).unwrap(), Mode::Forward),
            (vstack(context, &[block], None).unwrap(), Mode::Adjoint),
        ] {
            let (from, to) = operator.spaces(mode);
            let (x, y, z) = (drawn(from), Array::new(to).unwrap(), Array::new(to).unwrap());
            operator.apply(mode, &x, &y).unwrap();
            context.stream().unwrap().synchronize().unwrap();
            context.comm().barrier().unwrap();
            if context.rank() == 1 {
                operator.apply(mode, &x, &z).unwrap();
            }
            context.comm().barrier().unwrap();
            if context.rank() == 0 {
                operator.apply(mode, &x, &z).unwrap();
            }
            assert!(bits(&y).eq(bits(&z)));
        }
    });
}

/// Contexts that are refused with this status on all ranks, and a part of the text.
fn refused(ranks: usize, of: impl Fn(&Arc<dyn Communicator>) -> ContextOptions + Sync, status: Status, words: &str) {
    let errors: Vec<Option<Error>> = threaded::on_ranks(ranks, |comm| {
        let options = of(&comm);
        Context::new(comm, options).err()
    });
    for error in &errors {
        let error = error.as_ref().expect("a refusal on every rank");
        assert!(error.status == status && error.message.contains(words), "{error:?} instead of {words}");
        assert_eq!(Some(error), errors[0].as_ref());
    }
}

#[test]
fn ranks_want_the_same_transport_and_a_device_each() {
    if !available() || !nccl_serves(2) {
        return;
    }
    let first = |transport| ContextOptions {
        device: Some(DeviceChoice { ordinal: Some(0), stream: StreamChoice::Own }),
        ..options(transport)
    };
    refused(2, |_| first(TransportChoice::Nccl), Status::Unsupported, "rank 0 and rank 1 have the same one");
    let mixed = |comm: &Arc<dyn Communicator>| {
        options(if comm.rank() == 0 { TransportChoice::Staged } else { TransportChoice::Nccl })
    };
    refused(2, mixed, Status::Collective, "rank 0 staged messages, rank 1 an NCCL communicator of the library's own");
    // One device for all ranks is nothing to the others.
    ranks::on_ranks_with(2, first(TransportChoice::Staged), |context| assert!(context.nccl().is_none()));
}

/// A communicator as a host makes it: its ranks here may be others than the context's.
fn of_the_host(comm: &dyn Communicator, rank: usize, size: usize, device: usize) -> Arc<NcclCommunicator> {
    let mut id = NcclCommunicator::unique_id().unwrap();
    comm.broadcast(&mut id.0, 0).unwrap();
    let stream = Stream::new(&Device::open(device).unwrap()).unwrap();
    NcclCommunicator::new(id, rank, size, &stream, Duration::from_secs(30)).unwrap()
}

#[test]
fn a_communicator_of_the_host_has_the_same_ranks_and_devices() {
    if !available() || !nccl_serves(3) {
        return;
    }
    let given = |nccl: &NcclCommunicator| ContextOptions {
        // SAFETY: each test keeps the communicator longer than the context.
        nccl: Some(unsafe { HostNccl::new(nccl.raw().unwrap()) }),
        ..options(TransportChoice::Automatic)
    };
    let kept: Mutex<Vec<Arc<NcclCommunicator>>> = Mutex::default();
    let keep = |nccl: Arc<NcclCommunicator>| {
        kept.lock().unwrap().push(nccl.clone());
        given(&nccl)
    };
    refused(
        3,
        |comm| keep(of_the_host(&**comm, 2 - comm.rank(), 3, comm.rank())),
        Status::Argument,
        "rank 0 of the context is rank 2 there",
    );
    refused(
        3,
        |comm| keep(of_the_host(&**comm, comm.rank(), 3, 2 - comm.rank())),
        Status::Argument,
        "on device 2 of rank 0",
    );
    let smaller = |comm: &Arc<dyn Communicator>| {
        let pair = comm.split(i32::from(comm.rank() == 2)).unwrap();
        keep(of_the_host(&*pair, pair.rank(), pair.size(), comm.rank()))
    };
    refused(3, smaller, Status::Argument, "has 2 ranks, the context 3");
    let none_on_one = |comm: &Arc<dyn Communicator>| {
        let all = of_the_host(&**comm, comm.rank(), 3, comm.rank());
        if comm.rank() == 1 {
            options(TransportChoice::Nccl)
        } else {
            keep(all)
        }
    };
    refused(3, none_on_one, Status::Collective, "rank 0 the host's NCCL communicator, rank 1 an NCCL communicator of");
    let unused = |comm: &Arc<dyn Communicator>| ContextOptions {
        transport: TransportChoice::Staged,
        ..keep(of_the_host(&**comm, comm.rank(), 3, comm.rank()))
    };
    refused(3, unused, Status::Option, "nccl is given");
    // The right one is used, with groups, and is the host's as before when all else is gone.
    threaded::on_ranks(3, |comm| {
        let nccl = of_the_host(&*comm, comm.rank(), 3, comm.rank());
        for turn in 0..2 {
            let context = Context::new(comm.clone(), given(&nccl)).unwrap();
            assert_eq!(context.nccl().unwrap().raw().unwrap(), nccl.raw().unwrap());
            let x = ranks::filled(&space(
                &context,
                DType::Float64,
                &[6],
                cut(0, Partition::Balanced, 3),
                (turn == 1).then(|| vec![4, 9, 4]),
            ));
            assert!(verbs::norm(&x).unwrap() > 0.0);
        }
        let stream = Stream::new(&Device::open(comm.rank()).unwrap()).unwrap();
        let ones = dlops::device::DeviceMemory::of(&stream, &[1.0f64]).unwrap();
        // SAFETY: one number in device memory, which is there when the streams are waited for.
        unsafe { nccl.sum(DType::Float64, ones.pointer(), 1).unwrap() };
        drop(nccl);
        assert_eq!(fetched_number(&stream, ones.pointer()), 3.0);
    });
}

/// Rank 1 does not come to an apply of both: rank 0 is told so when its time is over, and not before.
fn left_alone(context: &Context) -> Operator {
    let space = space(context, DType::Float64, &[9, 4], cut(0, Partition::Balanced, 2), None);
    let operator = laplacian(&space, &Laplacian::default()).unwrap();
    let (x, y) = (drawn(&space), Array::new(&space).unwrap());
    context.stream().unwrap().synchronize().unwrap();
    context.comm().barrier().unwrap();
    if context.rank() == 0 {
        operator.apply(Mode::Forward, &x, &y).unwrap();
        let (start, stream) = (Instant::now(), context.stream().unwrap());
        let error = stream.synchronize().unwrap_err();
        let waited = start.elapsed().as_secs_f64();
        assert!((0.3..10.0).contains(&waited), "{waited} s");
        assert_eq!(error.status, Status::Nccl);
        let words = "s for work of an NCCL communicator of 2 ranks, the last of it 2 messages of 64 bytes";
        assert!(error.message.starts_with("rank 0 has waited 0.") && error.message.contains(words), "{error}");
        assert!(error.message.ends_with("(nccl_time_limit is 0.3 s)"), "{error}");
        // From now on at once.
        assert_eq!(stream.synchronize().unwrap_err(), error);
        assert_eq!(context.nccl().unwrap().raw().unwrap_err(), error);
        assert_eq!(operator.apply(Mode::Forward, &x, &y).unwrap_err(), error);
    }
    let told = context.agree_pending().unwrap_err();
    assert!(told.status == Status::Nccl && told.message.contains("rank 0 has waited"), "{told}");
    operator
}

#[test]
fn a_rank_that_never_comes_is_not_waited_for() {
    if !available() || !nccl_serves(2) {
        return;
    }
    // What the library made is aborted: nothing is under way when the contexts end.
    let limited = ContextOptions { nccl_time_limit: 0.3, ..options(TransportChoice::Nccl) };
    ranks::on_ranks_with(2, limited, |context| drop(left_alone(context)));
    // The host's communicator goes on: the other rank may come late.
    threaded::on_ranks(2, |comm| {
        let nccl = of_the_host(&*comm, comm.rank(), 2, comm.rank());
        // SAFETY: the communicator is kept longer than the context.
        let given = Some(unsafe { HostNccl::new(nccl.raw().unwrap()) });
        let context = Context::new(comm.clone(), ContextOptions { nccl: given, ..limited }).unwrap();
        let operator = left_alone(&context);
        if comm.rank() == 1 {
            let (x, y) = (drawn(operator.domain()), Array::new(operator.range()).unwrap());
            operator.apply(Mode::Forward, &x, &y).unwrap();
            context.stream().unwrap().synchronize().unwrap();
        }
        drop((operator, context));
        let stream = Stream::new(&Device::open(comm.rank()).unwrap()).unwrap();
        let ones = dlops::device::DeviceMemory::of(&stream, &[1.0f64]).unwrap();
        // SAFETY: one number in device memory, which is there when the streams are waited for.
        unsafe { nccl.sum(DType::Float64, ones.pointer(), 1).unwrap() };
        drop(nccl);
        assert_eq!(fetched_number(&stream, ones.pointer()), 2.0);
    });
}

fn fetched_number(stream: &Stream, pointer: u64) -> f64 {
    let mut number = 0.0f64;
    // SAFETY: one number on both sides, and the stream is waited for.
    unsafe { stream.copy_out((&raw mut number).cast(), pointer, 8).unwrap() };
    stream.synchronize().unwrap();
    number
}
