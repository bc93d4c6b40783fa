//! Solvers that run ahead of their device: the same bits as those that wait for every iteration, and no waiting inside.
//! Skipped, and said so, where no CUDA driver is found.

mod counts;
mod memory;
mod ranks;

use dlops::arrays::random::{fill, Distribution};
use dlops::arrays::{verbs, Array, Memory, Space};
use dlops::context::{Context, ContextOptions, DeviceChoice, HostStream, StreamChoice, TransportChoice};
use dlops::device::{Device, NcclCommunicator, Stream};
use dlops::dtype::{DType, Scalar};
use dlops::error::{Error, Result, Status};
use dlops::krylov::{Event, Graphs, Method, Reason, Solver, SolverOptions, Tolerance};
use dlops::layout::{GridDimension, Layout, Partition, Role};
use dlops::operators::algebra::{adjoint, product, scale, sum};
use dlops::operators::basic::{diagonal, identity};
use dlops::operators::block::stacked_vstack;
use dlops::operators::derivative::{first_derivative, FirstDerivative};
use dlops::operators::signal::fourier::{fftnd, Fourier, Norm};
use dlops::operators::{LinearMap, Mode, Operator, Pace};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const FLOATS: [DType; 4] = [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];

/// Statistics of the stand-in are of the process.
static ALONE: Mutex<()> = Mutex::new(());

fn on_ranks(size: usize, stream: StreamChoice, work: impl Fn(&Context) + Sync) {
    on_ranks_by(TransportChoice::Automatic, size, stream, work);
}

fn on_ranks_by(transport: TransportChoice, size: usize, stream: StreamChoice, work: impl Fn(&Context) + Sync) {
    if let Err(error) = dlops::device::available() {
        return println!("SKIPPED: {error}");
    }
    if transport == TransportChoice::Nccl {
        if let Err(error) = NcclCommunicator::available() {
            return println!("SKIPPED: {error}");
        }
        if Device::count().unwrap() < size {
            return println!("SKIPPED: NCCL: fewer devices than {size} ranks");
        }
    }
    let _alone = ALONE.lock().unwrap_or_else(|e| e.into_inner());
    let device = Some(DeviceChoice { ordinal: None, stream });
    ranks::on_ranks_with(size, ContextOptions { device, transport, ..ContextOptions::default() }, work);
}

fn space(context: &Context, dtype: DType, shape: &[i64]) -> Space {
    Space::new(context, dtype, shape, Layout::cut(0, context.size()), None).unwrap()
}

fn random(space: &Space, seed: u64) -> Array {
    let host = Array::new(&space.with_memory(Memory::Host).unwrap()).unwrap();
    host.for_each_leaf(&mut |leaf| fill(leaf, Distribution::Normal, seed, 0)).unwrap();
    let device = Array::new(space).unwrap();
    verbs::copy(&host, &device).unwrap();
    device
}

/// I + D^H D / 4, which is positive definite.
fn definite(space: &Space) -> Operator {
    let d = first_derivative(space, 0, &FirstDerivative::default()).unwrap();
    let normal = product(&[adjoint(&d), d]).unwrap();
    sum(&[Scalar::ONE, Scalar::real(0.25)], &[identity(space, space).unwrap(), normal]).unwrap()
}

/// D above I, from a space to the product of two.
fn tall(space: &Space) -> Operator {
    let d = first_derivative(
        space,
        0,
        &FirstDerivative { kind: dlops::operators::derivative::Kind::Forward, ..FirstDerivative::default() },
    );
    stacked_vstack(&[d.unwrap(), identity(space, space).unwrap()]).unwrap()
}

/// diag of numbers between 1/2 and 1.
fn weights(space: &Space) -> Operator {
    let real = space.with_dtype(space.dtype().real());
    let d = Array::new(&real.with_memory(Memory::Host).unwrap()).unwrap();
    fill(&d, Distribution::Uniform, 3, 0).unwrap();
    verbs::scale(Scalar::real(0.5), &d).unwrap();
    verbs::add_scalar(Scalar::real(0.5), &d).unwrap();
    let there = Array::new(&real).unwrap();
    verbs::copy(&d, &there).unwrap();
    diagonal(space, &there).unwrap()
}

/// All that a solve tells, to the bit.
#[derive(Debug, PartialEq)]
struct Outcome {
    x: Vec<u8>,
    histories: [Vec<u64>; 3],
    iterations: i64,
    reason: Reason,
    reference: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    /// With a monitor, which needs the host in every iteration.
    Waiting,
    Ahead,
    Replayed,
}

fn solve(solver: &Solver, how: How, b: &Array, x0: &Array) -> Outcome {
    solver.set_monitor((how == How::Waiting).then(|| Arc::new(|_: &Solver, _: Event| Ok(false)) as _));
    solver
        .change(|o| {
            o.graphs = if how == How::Replayed { Graphs::Automatic } else { Graphs::Off };
            Ok(())
        })
        .unwrap();
    let x = Array::new(x0.space()).unwrap();
    verbs::copy(x0, &x).unwrap();
    solver.solve(b, &x).unwrap();
    let bits = |v: &Vec<f64>| v.iter().map(|n| n.to_bits()).collect();
    solver.progress(|p| Outcome {
        x: ranks::bytes_of(&x),
        histories: [bits(&p.residuals), bits(&p.damped), bits(&p.convergence)],
        iterations: p.iterations,
        reason: p.reason,
        reference: p.reference.to_bits(),
    })
}

/// The same outcome in every way; gives it.
fn compare(solver: &Solver, b: &Array, x0: &Array, what: &str) -> Outcome {
    let wanted = solve(solver, How::Waiting, b, x0);
    // Twice, since what was recorded is kept.
    for how in [How::Ahead, How::Replayed, How::Replayed] {
        let found = solve(solver, how, b, x0);
        assert_eq!(found, wanted, "{how:?}: {what}");
    }
    wanted
}

fn options(solver: &Solver, change: impl FnOnce(&mut SolverOptions)) {
    solver
        .change(|o| {
            change(o);
            Ok(())
        })
        .unwrap();
}

#[test]
fn running_ahead_gives_the_same_bits() {
    on_ranks(1, StreamChoice::Own, |context| {
        for dtype in FLOATS {
            let space = space(context, dtype, &[9, 7]);
            for method in Method::ALL {
                let a = if method == Method::Cg { definite(&space) } else { tall(&space) };
                let (b, x0) = (random(a.range(), 1), random(a.domain(), 2));
                for case in 0..16 {
                    let [damped, preconditioned, guess, pylops] = [1, 2, 4, 8].map(|bit| case & bit != 0);
                    let solver = Solver::new(method, &a).unwrap();
                    solver.set_preconditioner(preconditioned.then(|| weights(&space))).unwrap();
                    options(&solver, |o| {
                        o.damp = if damped { 0.3 } else { 0.0 };
                        o.guess = guess;
                        o.tolerance = if pylops { Tolerance::PyLops } else { Tolerance::Standard };
                        o.atol = if pylops { 1e-6 } else { 0.0 };
                        o.max_iterations = 40;
                        o.rtol = 1e-5;
                    });
                    let what =
                        format!("{method:?} {dtype:?} damped {damped} preconditioned {preconditioned} guess {guess}");
                    let outcome = compare(&solver, &b, &x0, &what);
                    assert!(outcome.reason as i32 > 0 && outcome.iterations > 3, "{what}: {:?}", outcome.reason);
                }
            }
        }
    });
}

#[test]
fn every_reason_to_stop_is_found_on_the_device() {
    on_ranks(1, StreamChoice::Own, |context| {
        let space = space(context, DType::Float64, &[13]);
        let (a, b, zero) = (definite(&space), random(&space, 1), Array::new(&space).unwrap());
        verbs::fill(&zero, Scalar::ZERO).unwrap();
        let reason = |a: &Operator, b: &Array, method: Method, change: fn(&mut SolverOptions)| {
            let solver = Solver::new(method, a).unwrap();
            options(&solver, change);
            let outcome = compare(&solver, b, &zero, &format!("{method:?}"));
            (outcome.reason, outcome.iterations)
        };
        let negative = scale(Scalar::real(-1.0), &a).unwrap();
        assert_eq!(reason(&negative, &b, Method::Cg, |_| ()), (Reason::Indefinite, 0));
        for method in Method::ALL {
            for limit in [0i64, 1, 2, 3, 5] {
                let set: [fn(&mut SolverOptions); 6] = [
                    |o| (o.rtol, o.max_iterations) = (0.0, 0),
                    |o| (o.rtol, o.max_iterations) = (0.0, 1),
                    |o| (o.rtol, o.max_iterations) = (0.0, 2),
                    |o| (o.rtol, o.max_iterations) = (0.0, 3),
                    |_| (),
                    |o| (o.rtol, o.max_iterations) = (0.0, 5),
                ];
                let found = reason(&a, &b, method, set[limit as usize]);
                assert_eq!(found, (Reason::IterationLimit, limit));
            }
            assert_eq!(reason(&a, &zero, method, |_| ()), (Reason::AbsoluteTolerance, 0));
            let diverged = reason(&a, &b, method, |o| (o.rtol, o.dtol) = (0.0, 1e-3));
            assert_eq!(diverged, (Reason::Diverged, 0));
            // As far as rounding goes: zero steps when the residual does not change any more.
            let exact = reason(&a, &b, method, |o| (o.rtol, o.atol, o.max_iterations) = (0.0, 0.0, 60));
            assert_eq!(exact.0, if exact.1 < 60 { Reason::AbsoluteTolerance } else { Reason::IterationLimit });
            assert_eq!(reason(&a, &b, method, |o| o.time_limit = 1e-9), (Reason::TimeLimit, 0));
            let not_finite = random(&space, 1);
            verbs::fill(&not_finite, Scalar::real(f64::NAN)).unwrap();
            assert_eq!(reason(&a, &not_finite, method, |_| ()), (Reason::NotFinite, 0));
        }
        // Not a number appears on the way.
        for call in 0..7 {
            let outcomes = [How::Waiting, How::Ahead].map(|how| {
                let solver = Solver::new(Method::Cg, &faulty(&space, call, false)).unwrap();
                options(&solver, |o| o.rtol = 0.0);
                let outcome = solve(&solver, how, &b, &zero);
                (outcome.reason, outcome.iterations, outcome.histories[0].len())
            });
            assert_eq!(outcomes[0], outcomes[1], "call {call}");
            assert_eq!(outcomes[0].0, Reason::NotFinite, "call {call}");
        }
    });
}

/// Scales by 1, 2, 3, ...; one application fails, or gives what is not a number.
struct Faulty {
    diagonal: Operator,
    at: usize,
    fails: bool,
    calls: AtomicUsize,
}

impl LinearMap for Faulty {
    fn name(&self) -> &str {
        "Faulty"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        self.diagonal.apply_scaled(mode, alpha, x, beta, y)?;
        if self.calls.fetch_add(1, Ordering::Relaxed) != self.at {
            return Ok(());
        }
        verbs::fill(y, Scalar::real(f64::NAN))?;
        if self.fails {
            return Err(Error::new(Status::Callback, "planted failure"));
        }
        Ok(())
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::Queues
    }
}

fn faulty(space: &Space, at: usize, fails: bool) -> Operator {
    let host = Array::new(&space.with_memory(Memory::Host).unwrap()).unwrap();
    ranks::set_bytes(&host, &ranks::encode(space.dtype(), (1..=space.local_count()).map(|k| (k as f64, 0.0))));
    let d = Array::new(space).unwrap();
    verbs::copy(&host, &d).unwrap();
    let map = Faulty { diagonal: diagonal(space, &d).unwrap(), at, fails, calls: AtomicUsize::new(0) };
    Operator::new(space.clone(), space.clone(), map)
}

#[test]
fn a_failure_is_the_error_of_the_solve_and_the_solver_stays_usable() {
    on_ranks(1, StreamChoice::Own, |context| {
        let space = space(context, DType::Float64, &[11]);
        let (b, x) = (random(&space, 1), Array::new(&space).unwrap());
        for method in Method::ALL {
            for call in 0..9 {
                let tell = |how: How| {
                    let solver = Solver::new(method, &faulty(&space, call, true)).unwrap();
                    solver.set_monitor((how == How::Waiting).then(|| Arc::new(|_: &Solver, _: Event| Ok(false)) as _));
                    options(&solver, |o| o.rtol = 1e-10);
                    let error = solver.solve(&b, &x).unwrap_err();
                    let iterations = solver.progress(|p| p.iterations);
                    solver.solve(&b, &x).unwrap();
                    assert_eq!(solver.progress(|p| p.reason), Reason::RelativeTolerance);
                    (error.status, error.message, iterations)
                };
                let (waiting, ahead) = (tell(How::Waiting), tell(How::Ahead));
                assert_eq!(waiting, ahead, "{method:?}, call {call}");
                assert!(ahead.1.contains("planted failure"), "{}", ahead.1);
            }
            // In an iteration that is done in vain.
            let solver = Solver::new(method, &faulty(&space, usize::MAX, true)).unwrap();
            options(&solver, |o| o.rtol = 1e-10);
            solver.solve(&b, &x).unwrap();
            let forward = solver.operator().counts().0 as usize;
            let needed = solver.progress(|p| p.iterations) as usize;
            let both = if method == Method::Cgls { 2 * needed + 1 } else { needed };
            assert!(forward > needed, "{forward} applications");
            let late = Solver::new(method, &faulty(&space, both, true)).unwrap();
            options(&late, |o| o.rtol = 1e-10);
            late.solve(&b, &x).unwrap();
            assert_eq!(late.progress(|p| p.reason), Reason::RelativeTolerance);
        }
    });
}

#[test]
fn an_iteration_does_not_wait_for_the_device() {
    on_ranks(1, StreamChoice::Own, |context| {
        if counts::now().is_none() {
            return println!("SKIPPED: the driver keeps no counts");
        }
        let space = space(context, DType::Float64, &[40, 5]);
        for method in Method::ALL {
            let a = if method == Method::Cg { definite(&space) } else { tall(&space) };
            let (b, x) = (random(a.range(), 1), Array::new(&space).unwrap());
            for graphs in [Graphs::Off, Graphs::Automatic] {
                let solver = Solver::new(method, &a).unwrap();
                let run = |iterations: i64| {
                    options(&solver, |o| (o.rtol, o.atol, o.max_iterations, o.graphs) = (0.0, 0.0, iterations, graphs));
                    solver.solve(&b, &x).unwrap();
                    a.reset_counts();
                    let before = counts::now().unwrap();
                    solver.solve(&b, &x).unwrap();
                    assert_eq!(solver.progress(|p| p.iterations), iterations);
                    let after = counts::now().unwrap();
                    // Those of a limit are known to end, so that none is done in vain.
                    let start = if method == Method::Cg { 0 } else { 1 };
                    let wanted = if method == Method::Cg { (iterations, 0) } else { (iterations, iterations + start) };
                    assert_eq!(a.counts(), (wanted.0 as u64, wanted.1 as u64), "{method:?} {graphs:?}");
                    let since = |count: fn(&counts::Counts) -> u64| count(&after) - count(&before);
                    [
                        since(|c| c.synchronizations + c.stream_queries),
                        since(|c| c.memsets + c.allocations + c.copies_to_device),
                        since(|c| c.copies_to_host),
                        since(|c| c.event_queries),
                        since(|c| c.graph_launches),
                    ]
                };
                let (few, many) = (run(10), run(20));
                let inside: Vec<i64> = many.iter().zip(few).map(|(m, f)| *m as i64 - f as i64).collect();
                let what = format!("{method:?} {graphs:?}: {inside:?} in ten iterations");
                assert_eq!(inside[..2], [0, 0], "{what}");
                // One record an iteration, asked for until it is there.
                assert_eq!(inside[2], 10, "{what}");
                assert!((10..=20).contains(&inside[3]), "{what}");
                assert_eq!(inside[4], if graphs == Graphs::Off { 0 } else { 10 }, "{what}");
            }
        }
    });
}

/// cuFFT's work is put on the stream and recorded as kernels are, in place of passes on the host.
#[test]
fn transforms_run_ahead() {
    let with_transform = |space: &Space| {
        let half = !space.dtype().is_complex();
        let spectrum = fftnd(space, &[0, 1, 2], &Fourier { half, norm: Norm::None, ..Fourier::default() }).unwrap();
        assert!(spectrum.describe().contains("by cuFFT"), "{}", spectrum.describe());
        product(&[adjoint(&spectrum), spectrum]).unwrap()
    };
    for (size, transport) in [(1, TransportChoice::Automatic), (2, TransportChoice::Nccl)] {
        on_ranks_by(transport, size, StreamChoice::Own, |context| {
            for dtype in FLOATS {
                let space = space(context, dtype, &[6, 5, 4]);
                let normal = with_transform(&space);
                let a = sum(&[Scalar::ONE, Scalar::real(0.01)], &[identity(&space, &space).unwrap(), normal]).unwrap();
                let (b, x0) = (random(&space, 1), random(&space, 2));
                compare(&Solver::new(Method::Cgls, &a).unwrap(), &b, &x0, &format!("{dtype:?} on {size} ranks"));
                if counts::now().is_none() || size > 1 {
                    continue;
                }
                let apply = || {
                    let before = counts::now().unwrap();
                    a.apply(Mode::Forward, &x0, &b).unwrap();
                    context.stream().unwrap().synchronize().unwrap();
                    let after = counts::now().unwrap();
                    (after.library_calls - before.library_calls, after.bytes_to_host - before.bytes_to_host)
                };
                // The counts are of the process, in which work of other contexts may be ending: the least is this one's.
                let found = (0..3).map(|_| apply()).min().unwrap();
                // All axes at once; of a half, the way back has one call for the last axis and one for the others.
                assert_eq!(found, (if dtype.is_complex() { 2 } else { 3 }, 0), "{dtype:?}");
            }
        });
    }
}

#[test]
fn a_stream_that_cannot_be_recorded_is_launched_on() {
    // SAFETY: NULL is the legacy default stream.
    let legacy = StreamChoice::Host(unsafe { HostStream::new(std::ptr::null_mut()) });
    on_ranks(1, legacy, |context| {
        let space = space(context, DType::Complex64, &[20]);
        let a = definite(&space);
        let (b, x0) = (random(&space, 1), random(&space, 2));
        compare(&Solver::new(Method::Cg, &a).unwrap(), &b, &x0, "the legacy default stream");
    });
}

/// The stream of the context is replaced between solves, also by one that cannot be recorded.
#[test]
fn solves_follow_the_stream() {
    for (transport, size) in [(TransportChoice::Automatic, 1), (TransportChoice::Nccl, 2)] {
        on_ranks_by(transport, size, StreamChoice::Own, |context| {
            let space = space(context, DType::Float64, &[30]);
            let solver = Solver::new(Method::Cg, &definite(&space)).unwrap();
            options(&solver, |o| (o.rtol, o.guess) = (1e-10, true));
            let (b, x0) = (random(&space, 1), random(&space, 2));
            let wanted = solve(&solver, How::Waiting, &b, &x0);
            assert!(wanted.iterations > 6);
            let stream = context.stream().unwrap();
            let (own, second) = (stream.raw(), Stream::new(stream.device()).unwrap());
            for raw in [std::ptr::null_mut(), second.raw(), own, own, std::ptr::null_mut(), second.raw()] {
                // SAFETY: a stream that lives longer than the work on it.
                unsafe { stream.redirect(raw.cast()) }.unwrap();
                let before = counts::now();
                assert_eq!(solve(&solver, How::Replayed, &b, &x0), wanted, "on {raw:p}");
                if let (Some(before), Some(after), 1) = (before, counts::now(), size) {
                    let replayed = after.graph_launches > before.graph_launches;
                    assert_eq!(replayed, !raw.is_null(), "on {raw:p}");
                }
            }
            // SAFETY: the context's own stream.
            unsafe { stream.redirect(own.cast()) }.unwrap();
            stream.synchronize().unwrap();
        });
    }
}

#[test]
fn a_new_setting_is_recorded_anew() {
    on_ranks(1, StreamChoice::Own, |context| {
        let space = space(context, DType::Float64, &[30]);
        let (a, b) = (definite(&space), random(&space, 1));
        let solver = Solver::new(Method::Cgls, &a).unwrap();
        for (rtol, seed) in [(1e-3, 2), (1e-9, 3), (1e-5, 4)] {
            options(&solver, |o| (o.rtol, o.guess) = (rtol, true));
            let x0 = random(&space, seed);
            let found = solve(&solver, How::Replayed, &b, &x0);
            assert_eq!(found, solve(&solver, How::Waiting, &b, &x0), "rtol {rtol}");
        }
        for damp in [0.1, 0.4] {
            options(&solver, |o| o.damp = damp);
            let x0 = random(&space, 5);
            compare(&solver, &b, &x0, &format!("damp {damp}"));
        }
    });
}

#[test]
fn a_solver_on_the_device_is_an_operator_and_a_preconditioner() {
    on_ranks(1, StreamChoice::Own, |context| {
        let space = space(context, DType::Float64, &[17]);
        let (a, truth) = (definite(&space), random(&space, 4));
        let (b, x) = (Array::new(&space).unwrap(), Array::new(&space).unwrap());
        a.apply(Mode::Forward, &truth, &b).unwrap();
        let solver = Solver::new(Method::Cg, &a).unwrap();
        options(&solver, |o| o.rtol = 1e-14);
        let inverse = solver.as_operator().unwrap();
        for _ in 0..2 {
            inverse.apply(Mode::Forward, &b, &x).unwrap();
            verbs::axpy(Scalar::real(-1.0), &truth, &x).unwrap();
            assert!(verbs::norm(&x).unwrap() < 1e-10);
        }
        assert!(dlops::operators::dot_test::dot_test(&inverse, 3, 1e-9).unwrap().passed);
        let outer = Solver::new(Method::Cg, &a).unwrap();
        outer.set_preconditioner(Some(inverse)).unwrap();
        let outcome = compare(&outer, &b, &truth, "preconditioned by its inverse");
        assert!(outcome.iterations <= 2, "{}", outcome.iterations);
    });
}

#[test]
fn a_mask_of_one_rank_and_several_ranks_are_solved_as_before() {
    for size in [1, 2, 3, 4] {
        on_ranks(size, StreamChoice::Own, |context| {
            for mask in [None, Some((0..context.size() as i32).map(|r| r % 2).collect::<Vec<_>>())] {
                let space =
                    Space::new(context, DType::Float64, &[24], Layout::cut(0, context.size()), mask.clone()).unwrap();
                let a = weights(&space);
                for method in Method::ALL {
                    let solver = Solver::new(method, &a).unwrap();
                    options(&solver, |o| o.rtol = 1e-10);
                    let (b, x0) = (random(&space, 1), random(&space, 2));
                    let outcome = compare(&solver, &b, &x0, &format!("{method:?} on {size} ranks, mask {mask:?}"));
                    assert_eq!(outcome.reason, Reason::RelativeTolerance);
                }
            }
        });
    }
}

#[test]
fn ranks_that_talk_over_nccl_run_ahead_together() {
    for size in [1, 2, 3, 4] {
        on_ranks_by(TransportChoice::Nccl, size, StreamChoice::Own, |context| {
            for dtype in [DType::Float64, DType::Complex64] {
                let space = space(context, dtype, &[19, 3]);
                for method in Method::ALL {
                    let a = if method == Method::Cg { definite(&space) } else { tall(&space) };
                    let solver = Solver::new(method, &a).unwrap();
                    options(&solver, |o| (o.rtol, o.damp, o.guess) = (1e-5, 0.1, true));
                    solver.set_preconditioner(Some(weights(&space))).unwrap();
                    let (b, x0) = (random(a.range(), 1), random(a.domain(), 2));
                    let outcome = compare(&solver, &b, &x0, &format!("{method:?} {dtype:?} on {size} ranks"));
                    assert_eq!(outcome.reason, Reason::RelativeTolerance);
                }
            }
            // Block-cyclic rows are redistributed.
            let cyclic = GridDimension {
                ranks: context.size(),
                role: Role::Cut { axis: 0, partition: Partition::Cyclic { block: 1, first: 0 } },
            };
            let space = Space::new(context, DType::Float64, &[12, 5], Layout::Grid(vec![cyclic]), None).unwrap();
            let a = definite(&space);
            let solver = Solver::new(Method::Cg, &a).unwrap();
            compare(&solver, &random(&space, 1), &random(&space, 2), &format!("cyclic on {size} ranks"));
        });
    }
}

#[test]
fn ranks_over_nccl_stop_together() {
    for size in [2, 3] {
        on_ranks_by(TransportChoice::Nccl, size, StreamChoice::Own, |context| {
            let space = space(context, DType::Float64, &[15]);
            let (b, x) = (random(&space, 1), Array::new(&space).unwrap());
            for call in 0..4 {
                let tell = |how: How| {
                    let at = if context.rank() == 1 { call } else { usize::MAX };
                    let solver = Solver::new(Method::Cg, &faulty(&space, at, true)).unwrap();
                    solver.set_monitor((how == How::Waiting).then(|| Arc::new(|_: &Solver, _: Event| Ok(false)) as _));
                    options(&solver, |o| o.rtol = 1e-12);
                    let error = solver.solve(&b, &x).unwrap_err();
                    let iterations = solver.progress(|p| p.iterations);
                    solver.solve(&b, &x).unwrap();
                    (error.status, error.message, iterations)
                };
                let (waiting, ahead) = (tell(How::Waiting), tell(How::Ahead));
                assert_eq!(waiting, ahead, "call {call}");
                assert!(ahead.1.contains("rank 1"), "{}", ahead.1);
            }
            // Only rank 0 looks at the clock.
            let solver = Solver::new(Method::Cg, &definite(&space)).unwrap();
            options(&solver, |o| (o.rtol, o.atol, o.time_limit, o.max_iterations) = (0.0, 0.0, 0.05, 1 << 30));
            verbs::fill(&b, Scalar::ONE).unwrap();
            solver.set_preconditioner(Some(weights(&space))).unwrap();
            solver.solve(&b, &x).unwrap();
            let reason = solver.progress(|p| p.reason);
            assert!(matches!(reason, Reason::TimeLimit | Reason::AbsoluteTolerance), "{reason:?}");
        });
    }
}
