//! Messages of more than 2^31 bytes and arrays of more than 2^31 elements, on two ranks. They need 16 GiB of memory, so
//! that they run only when asked for: cargo test --test large -- --ignored --test-threads=1
#![cfg(feature = "mpi")]

mod launch;

use dlops::arrays::{norms, redistribute, verbs, Array, Space};
use dlops::comm::{mpi as over, Combine, Communicator, Number};
use dlops::context::{Context, ContextOptions};
use dlops::dtype::{DType, Scalar};
use dlops::layout::{GridDimension, Layout, Partition, Role};
use dlops::operators::basic::identity;
use dlops::operators::block::vstack;
use dlops::operators::derivative::{first_derivative, FirstDerivative, Kind};
use dlops::operators::Mode;
use launch::Launch;

/// Bytes of a message: 2^31 and some, no multiple of a page.
const BYTES: usize = (1 << 31) + 40_960 + 8;

fn on_ranks(program: &str, ranks: usize) {
    Launch { seconds: 600, ..Default::default() }.run(program, ranks..=ranks);
}

#[test]
#[ignore = "needs 16 GiB of memory"]
fn messages_beyond_two_gib() {
    on_ranks("messages", 2);
}

#[test]
#[ignore = "needs 16 GiB of memory"]
fn redistribution_halo_and_sum_beyond_two_gib() {
    on_ranks("movement", 2);
}

#[test]
#[ignore = "needs 16 GiB of memory"]
fn more_elements_than_an_int_counts() {
    on_ranks("elements", 1);
}

/// One rank of a program; nothing when the tests are run without mpirun.
#[test]
fn rank() {
    launch::run_rank(|program| {
        launch::with_mpi(|| match program {
            "messages" => messages(&*over::world().unwrap()),
            "movement" => movement(&Context::new(over::world().unwrap(), ContextOptions::default()).unwrap()),
            "elements" => elements(&Context::new(over::world().unwrap(), ContextOptions::default()).unwrap()),
            other => panic!("no program {other}"),
        })
    });
}

/// What stands at a place of a message from a rank: not the same at distances of powers of two.
fn byte(rank: usize, place: usize) -> u8 {
    (place / 4093 + 7 * rank) as u8
}

fn check(buffer: &[u8], rank: usize, what: &str) {
    let places = (0..buffer.len()).step_by(1_048_573).chain(buffer.len() - 9..buffer.len());
    for place in places {
        assert_eq!(buffer[place], byte(rank, place), "{what}, byte {place} from rank {rank}");
    }
}

fn messages(comm: &dyn Communicator) {
    let (rank, other) = (comm.rank(), 1 - comm.rank());
    let own: Vec<u8> = (0..BYTES).map(|place| byte(rank, place)).collect();
    let mut received = vec![0u8; BYTES];

    let mut requests = Vec::new();
    // SAFETY: both buffers live until the wait.
    unsafe {
        comm.receive(received.as_mut_ptr(), BYTES, other, 3, &mut requests).unwrap();
        comm.send(own.as_ptr(), BYTES, other, 3, &mut requests).unwrap();
    }
    comm.wait(&mut requests).unwrap();
    check(&received, other, "send");

    received.fill(0);
    let (mut sent, mut got) = ([0; 2], [0; 2]);
    (sent[other], got[other]) = (BYTES, BYTES);
    comm.alltoallv(&own, &sent, &[0, 0], &mut received, &got, &[0, 0]).unwrap();
    check(&received, other, "alltoallv");

    received.copy_from_slice(&own);
    comm.broadcast(&mut received, 1).unwrap();
    check(&received, 1, "broadcast");
    drop(received);

    let mut both = vec![0u8; BYTES + 100];
    let (counts, starts) = ([BYTES, 100], [0, BYTES]);
    comm.allgatherv(&own[..counts[rank]], &mut both, &counts, &starts).unwrap();
    check(&both[..BYTES], 0, "allgatherv");
    assert!((0..100).all(|k| both[BYTES + k] == byte(1, k)), "allgatherv");
    drop((both, own));

    let mut numbers = vec![1.0f64 + rank as f64; BYTES / 8];
    let last = numbers.len() - 1;
    numbers[last] = 10.0 * (1.0 + rank as f64);
    // SAFETY: f64 has no padding and every bit pattern is valid.
    let bytes = unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), 8 * numbers.len()) };
    comm.allreduce(bytes, Number::Float64, Combine::Sum).unwrap();
    assert!(numbers[..last].iter().all(|v| *v == 3.0) && numbers[last] == 30.0, "allreduce");
}

/// The last element of this rank's contiguous float32 memory.
fn last(x: &Array) -> f32 {
    *x.local().unwrap().as_slice::<f32>().unwrap().last().unwrap()
}

fn movement(context: &Context) {
    let n = (BYTES / 4) as i64;
    let space = |shape: &[i64], layout| Space::new(context, DType::Float32, shape, layout, None).unwrap();
    let all_on = |part: usize| {
        let extents = (0..2).map(|p| if p == part { n } else { 0 }).collect();
        Layout::Grid(vec![GridDimension {
            ranks: 2,
            role: Role::Cut { axis: 0, partition: Partition::Extents(extents) },
        }])
    };
    let (x, y) = (Array::new(&space(&[n], all_on(0))).unwrap(), Array::new(&space(&[n], all_on(1))).unwrap());
    verbs::fill(&x, Scalar::real(2.0)).unwrap();
    redistribute::redistribute(&x, &y).unwrap();
    assert_eq!(norms::extremes(&y).unwrap(), (2.0, 2.0), "redistribution");
    drop((x, y));

    // Rows of a message each: rank 1's row becomes the halo of rank 0, and in the adjoint the other way round.
    let rows = space(&[2, n], Layout::cut(0, 2));
    let options = FirstDerivative { kind: Kind::Forward, ..Default::default() };
    let d = first_derivative(&rows, 0, &options).unwrap();
    let (x, y) = (Array::new(&rows).unwrap(), Array::new(&rows).unwrap());
    verbs::fill(&x, Scalar::real(1.0 + 4.0 * context.rank() as f64)).unwrap();
    d.apply(Mode::Forward, &x, &y).unwrap();
    assert_eq!((norms::extremes(&y).unwrap(), last(&y)), ((0.0, 4.0), [4.0, 0.0][context.rank()]), "halo");
    d.apply(Mode::Adjoint, &y, &x).unwrap();
    assert_eq!((norms::extremes(&x).unwrap(), last(&x)), ((-4.0, 4.0), [-4.0, 4.0][context.rank()]), "adjoint halo");
    drop((d, x, y));

    // I on every rank, one above the other: the adjoint is one allreduce of the whole vector.
    let local = Space::new(&context.local(), DType::Float32, &[n], Layout::replicated(1), None).unwrap();
    let stack = vstack(context, &[identity(&local, &local).unwrap()], None).unwrap();
    let (x, y) = (Array::new(stack.domain()).unwrap(), Array::new(stack.range()).unwrap());
    verbs::fill(&y, Scalar::real(1.0 + context.rank() as f64)).unwrap();
    stack.apply(Mode::Adjoint, &y, &x).unwrap();
    assert_eq!((norms::extremes(&x).unwrap(), last(&x)), ((3.0, 3.0), 3.0), "allreduce");
}

fn elements(context: &Context) {
    let n = (1i64 << 31) + 1027;
    let space = Space::new(context, DType::Float32, &[n], Layout::cut(0, 1), None).unwrap();
    let x = Array::new(&space).unwrap();
    verbs::fill(&x, Scalar::ONE).unwrap();
    assert_eq!(norms::sum(&x).unwrap(), Scalar::real(n as f64));
    assert_eq!(norms::norm(&x, 0.0).unwrap(), n as f64);
    assert_eq!(verbs::dot(&x, &x).unwrap(), Scalar::real(n as f64));
    verbs::scale(Scalar::real(-3.0), &x).unwrap();
    assert_eq!((norms::extremes(&x).unwrap(), last(&x)), ((-3.0, -3.0), -3.0));
    // The last rows of the same memory as a matrix.
    let rows = Space::new(context, DType::Float32, &[n / 1025, 1025], Layout::cut(0, 1), None).unwrap();
    let part = x.slice(&rows, n - rows.local_count()).unwrap();
    verbs::add_scalar(Scalar::real(4.0), &part).unwrap();
    let first = n - rows.local_count();
    assert_eq!(norms::sum(&x).unwrap(), Scalar::real((rows.local_count() - 3 * first) as f64));
    let along = Array::new(&norms::axis_space(&rows, 0).unwrap()).unwrap();
    norms::norm_along(&part, 1.0, 0, &along).unwrap();
    assert_eq!(norms::extremes(&along).unwrap(), ((n / 1025) as f64, (n / 1025) as f64));
}
