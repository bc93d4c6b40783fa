//! Fourier transforms: against the values of PyLops, against one rank in every layout, and what they refuse.

use dlops::arrays::{Array, Memory, Space, Workspace};
use dlops::comm::Combine;
use dlops::context::{Context, ContextOptions};
use dlops::dtype::{DType, Scalar};
use dlops::error::{Result, Status};
use dlops::layout::Layout;
use dlops::operators::signal::fourier::{self, fftnd, fftnd_within, Fourier, Norm, Place};
use dlops::operators::{algebra, signal, Mode, Operator};
use num_complex::Complex64;
use ranks::{layouts, local_indices, on_ranks, on_ranks_with};
use reference::{complex_sequence, sequence, Case, DATA, MODEL};

mod memory;
mod ranks;
mod reference;
mod vectors;

fn solo(threads: usize) -> Context {
    Context::solo(ContextOptions { threads, ..memory::options() }).unwrap()
}

fn space(context: &Context, dtype: DType, shape: &[i64]) -> Space {
    Space::new(context, dtype, shape, Layout::cut(0, context.size()), None).unwrap()
}

fn options(case: &Case) -> Fourier {
    let flags = |name: &str| case.integers(name).into_iter().map(|v| v == 1).collect();
    let norm = match case.text("norm") {
        "ortho" => Norm::Ortho,
        "none" => Norm::None,
        _ => Norm::OneOverN,
    };
    Fourier {
        lengths: case.integers("nffts"),
        norm,
        half: case.flag("real"),
        shift_before: flags("before"),
        shift_after: flags("after"),
        place: Place::AsModel,
        ..Fourier::default()
    }
}

fn close(what: &dyn std::fmt::Display, found: &[Complex64], expected: &[Complex64], epsilon: f64) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().map(|v| v.norm()).fold(1.0, f64::max);
    for (k, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).norm() <= 16.0 * epsilon * largest, "{what}: element {k} is {a}, expected {b}");
    }
}

fn result(a: &Operator, mode: Mode, x: &[Complex64]) -> Vec<Complex64> {
    let (from, to) = a.spaces(mode);
    let (input, output) = (Array::new(from).unwrap(), Array::new(to).unwrap());
    vectors::write(&input, x);
    a.apply(mode, &input, &output).unwrap();
    vectors::read(&output)
}

#[test]
fn values_are_those_of_pylops() {
    let context = solo(1);
    for case in reference::cases("fourier", "fft") {
        let axes: Vec<usize> = case.integers("axes").into_iter().map(|a| a as usize).collect();
        let options = options(&case);
        for dtype in
            if case.is_complex() { [DType::Complex128, DType::Complex64] } else { [DType::Float64, DType::Float32] }
        {
            let a = fftnd(&space(&context, dtype, &case.integers("dims")), &axes, &options).unwrap();
            let (n, m) = (a.domain().global_count() as usize, a.range().global_count() as usize);
            let (model, data) = (model(dtype, n), complex_sequence(DATA, m));
            let forward = case.array("forward").values();
            close(&case, &result(&a, Mode::Forward, &model), &forward, dtype.epsilon());
            close(&case, &result(&a, Mode::Adjoint, &data), &case.array("adjoint").values(), dtype.epsilon());
            // conj(A) x = conj(A conj(x)), A^T y = conj(A^H conj(y)).
            let conj = |v: &[Complex64]| v.iter().map(|v| v.conj()).collect::<Vec<_>>();
            close(&case, &conj(&result(&a, Mode::Conjugate, &conj(&model))), &forward, dtype.epsilon());
            let transposed = conj(&result(&a, Mode::Transpose, &conj(&data)));
            close(&case, &transposed, &case.array("adjoint").values(), dtype.epsilon());
            let whole = options.lengths.iter().zip(&axes).all(|(n, axis)| *n >= case.integers("dims")[*axis]);
            let back = result(&algebra::inverse(&a).unwrap(), Mode::Forward, &forward);
            assert_eq!(a.describe().contains("by cuFFT"), memory::device().is_some(), "{}", a.describe());
            assert!(!whole || back.iter().zip(&model).all(|(a, b)| (a - b).norm() < 100.0 * dtype.epsilon()), "{case}");
        }
        let last = axes.len() - 1;
        let found = fourier::frequencies(options.lengths[last], 0.5, options.half, options.shift_after[last]).unwrap();
        let expected = case.array("frequencies").real();
        assert!(
            found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15) && found.len() == expected.len(),
            "{case}"
        );
    }
}

/// A layout of the spectrum, or a rule, in turn.
fn place(turn: usize, spectrum: &Space, context: &Context) -> Place {
    let shape = spectrum.shape().unwrap();
    let all = layouts(shape, context.size());
    match turn % 3 {
        0 => Place::AsModel,
        1 => Place::AsComputed,
        _ => {
            let layout = all[turn * 7 % all.len()].clone();
            Place::In(Space::new(context, spectrum.dtype(), shape, layout, None).unwrap())
        }
    }
}

fn model(dtype: DType, count: usize) -> Vec<Complex64> {
    match dtype.is_complex() {
        true => complex_sequence(MODEL, count),
        false => sequence(MODEL, count).into_iter().map(Complex64::from).collect(),
    }
}

/// On several ranks as on one, in any layout of model and spectrum: to the last bit in a deterministic context of the host.
#[test]
fn layouts_change_nothing() {
    let shape = [6, 9, 8];
    for (k, axes) in [&[0, 1, 2][..], &[2, 0], &[1]].into_iter().enumerate() {
        for (dtype, deterministic) in [(DType::Complex64, true), (DType::Float64, true), (DType::Complex128, false)] {
            let with = ContextOptions { deterministic, ..memory::options() };
            let exact = deterministic && with.device.is_none();
            let base = Fourier {
                half: dtype == DType::Float64 && k < 2,
                shift_after: vec![true; axes.len()],
                lengths: vec![[9, 7, 8], [5, 6, 1], [9, 1, 1]][k][..axes.len()].to_vec(),
                ..Fourier::default()
            };
            let single = fftnd(&space(&Context::solo(with).unwrap(), dtype, &shape), axes, &base).unwrap();
            let model = model(dtype, single.domain().global_count() as usize);
            let whole = result(&single, Mode::Forward, &model);
            let back = result(&single, Mode::Adjoint, &whole);
            let agree = |what: &str, found: &[Complex64], all: &[Complex64], space: &Space| {
                let expected: Vec<_> = local_indices(space).into_iter().map(|i| all[i as usize]).collect();
                assert!(!exact || found == expected, "{what} of {axes:?}, {dtype:?}, in {space}");
                close(&format_args!("{what} of {axes:?} in {space}"), found, &expected, dtype.epsilon());
            };
            for size in [2, 3, 4, 6] {
                let done = std::sync::atomic::AtomicUsize::new(0);
                on_ranks_with(size, with, |context| {
                    for (turn, layout) in layouts(&shape, size).into_iter().enumerate() {
                        let place = place(turn, single.range(), context);
                        let space = Space::new(context, dtype, &shape, layout, None).unwrap();
                        let a = match fftnd(&space, axes, &Fourier { place, ..base.clone() }) {
                            Ok(a) => a,
                            Err(error) => {
                                assert_eq!(error.status, Status::Layout, "{error}");
                                continue;
                            }
                        };
                        let pick = |all: &[Complex64], space: &Space| -> Vec<_> {
                            local_indices(space).into_iter().map(|i| all[i as usize]).collect()
                        };
                        let found = result(&a, Mode::Forward, &pick(&model, a.domain()));
                        agree("transform", &found, &whole, a.range());
                        let found = result(&a, Mode::Adjoint, &pick(&whole, a.range()));
                        agree("adjoint", &found, &back, a.domain());
                        done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                });
                assert!(done.into_inner() > 10 * size, "{axes:?}: few layouts on {size} ranks");
            }
        }
    }
}

/// Threads share the lines, of any strides.
#[test]
fn threads_change_nothing() {
    let shape = [12, 20, 30];
    for (dtype, half) in [(DType::Complex64, false), (DType::Float32, true), (DType::Float64, false)] {
        let options = Fourier { half, shift_before: vec![true; 3], ..Fourier::default() };
        let [one, three] = [1, 3].map(|threads| {
            let a = fftnd(&space(&solo(threads), dtype, &shape), &[0, 1, 2], &options).unwrap();
            let data = result(&a, Mode::Forward, &model(dtype, 12 * 20 * 30));
            (result(&a, Mode::Adjoint, &data), data)
        });
        assert_eq!(one, three);
    }
}

/// Errors grow like log n: primes and powers of two of 10^5, against the norm that a unitary transform keeps, and a
/// single wave, whose spectrum is one element.
#[test]
fn long_lines_are_accurate() {
    // On a device the library only calls cuFFT, and the stand-in for it sums n^2 products of a prime.
    let prime = if memory::device().is_none() { 99_991 } else { 997 };
    for n in [1usize << 17, prime, 3 * 5 * 7 * 11 * 13 * 8] {
        for dtype in [DType::Complex128, DType::Complex64] {
            let a = fftnd(&space(&solo(1), dtype, &[n as i64]), &[0], &Fourier::default()).unwrap();
            let frequency = n / 3;
            let angle = |j: usize| std::f64::consts::TAU * (j * frequency % n) as f64 / n as f64;
            let wave: Vec<_> = (0..n).map(|j| Complex64::from_polar(1.0, angle(j))).collect();
            let mut spectrum = result(&a, Mode::Forward, &wave);
            spectrum[frequency] -= (n as f64).sqrt();
            let error = spectrum.iter().map(|v| v.norm_sqr()).sum::<f64>().sqrt() / (n as f64).sqrt();
            let bound = dtype.epsilon() * (n as f64).log2();
            assert!(error < bound, "{n} elements of {dtype:?}: {error} of {bound}");
        }
    }
}

/// The only axis, of any length, in any layout, on more ranks than elements too; and axes that others are too short for.
#[test]
fn axes_that_cannot_be_whole_are_matrices() {
    let lengths = [1, 2, 3, 4, 7, 12, 13, 30, 36];
    let batched: [(&[i64], &[usize]); 3] = [(&[2, 12], &[1]), (&[2, 11, 1], &[1, 0]), (&[16, 2], &[0])];
    let lines = lengths.iter().map(|n| (vec![*n], vec![0]));
    for (k, (shape, axes)) in lines.chain(batched.map(|(s, a)| (s.to_vec(), a.to_vec()))).enumerate() {
        for (d, dtype) in [DType::Complex128, DType::Float64, DType::Float32, DType::Complex64].into_iter().enumerate()
        {
            // Every other one is cut off or continued with zeros.
            let length = |axis: &usize| (shape[*axis] + [0, 5, 0, -2][(k + d) % 4]).max(1);
            let base = Fourier {
                half: !dtype.is_complex() && k % 3 != 0,
                shift_before: vec![(k + d) % 3 == 0; axes.len()],
                shift_after: vec![(k + d) % 3 != 1; axes.len()],
                lengths: axes.iter().map(length).collect(),
                norm: [Norm::Ortho, Norm::None, Norm::OneOverN][k % 3],
                ..Fourier::default()
            };
            let single = fftnd(&space(&solo(1), dtype, &shape), &axes, &base).unwrap();
            let model = model(dtype, single.domain().global_count() as usize);
            let whole = complex_sequence(DATA, single.range().global_count() as usize);
            let expected = Mode::ALL.map(|mode| {
                let input = if mode.transposed() { &whole } else { &model };
                result(&single, mode, input)
            });
            for size in [2, 3, 4, 6] {
                on_ranks_with(size, ContextOptions::default(), |context| {
                    for (turn, layout) in layouts(&shape, size).into_iter().enumerate().skip(d % 2).step_by(1 + d) {
                        let place = place(turn, single.range(), context);
                        let space = Space::new(context, dtype, &shape, layout, None).unwrap();
                        let a = fftnd(&space, &axes, &Fourier { place, ..base.clone() }).unwrap();
                        let pick = |all: &[Complex64], space: &Space| -> Vec<_> {
                            local_indices(space).into_iter().map(|i| all[i as usize]).collect()
                        };
                        for (mode, expected) in Mode::ALL.into_iter().zip(&expected) {
                            let (from, to) = a.spaces(mode);
                            let found = result(&a, mode, &pick(if mode.transposed() { &whole } else { &model }, from));
                            let what =
                                format_args!("{mode:?} of {shape:?} in {space} to {to}, {base:?}", base = base.lengths);
                            close(&what, &found, &pick(expected, to), 2.0 * dtype.epsilon());
                        }
                    }
                });
            }
        }
    }
}

/// Two states and their messages are all that is kept of a part, and a transform is three rounds of messages, five for a
/// convolution.
#[test]
fn matrices_take_four_parts_of_memory() {
    for (n, half, padded, rounds) in [(1i64 << 12, false, 1, 3), (5040, true, 1, 3), (1021, false, 3, 5)] {
        for size in [2, 3, 4, 6, 8] {
            on_ranks_with(size, ContextOptions::default(), |context| {
                let dtype = if half { DType::Float64 } else { DType::Complex128 };
                let workspace = Workspace::new(context, Memory::Host);
                let (line, options) = (space(context, dtype, &[n]), Fourier { half, ..Fourier::default() });
                fftnd_within(&line, &[0], &options, &workspace).unwrap();
                let allowed = 4 * padded * n as usize / size * 16;
                assert!(workspace.bytes() <= allowed, "{n} on {size}: {} bytes of {allowed}", workspace.bytes());
                let a = fftnd(&line, &[0], &options).unwrap();
                let (x, y) = (Array::new(a.domain()).unwrap(), Array::new(a.range()).unwrap());
                for mode in [Mode::Forward, Mode::Adjoint] {
                    let (x, y) = if mode.transposed() { (&y, &x) } else { (&x, &y) };
                    let before = context.comm().traffic().read().0;
                    a.apply(mode, x, y).unwrap();
                    let sent = context.comm().traffic().read().0 - before;
                    assert!(sent <= rounds * (size as u64 - 1), "{n} on {size}: {sent} messages");
                }
            });
        }
    }
}

/// Errors of matrices and convolutions grow like log n too, in both precisions.
#[test]
fn long_matrices_are_accurate() {
    for n in [1usize << 16, 3 * 5 * 7 * 11 * 13, 32_749] {
        for (dtype, size) in [(DType::Complex128, 3), (DType::Complex64, 4)] {
            let frequency = n / 3;
            let angle = |j: i64| std::f64::consts::TAU * (j as usize * frequency % n) as f64 / n as f64;
            on_ranks_with(size, ContextOptions::default(), |context| {
                let line = space(context, dtype, &[n as i64]);
                let a = fftnd(&line, &[0], &Fourier::default()).unwrap();
                let wave: Vec<_> =
                    local_indices(&line).into_iter().map(|j| Complex64::from_polar(1.0, angle(j))).collect();
                let spectrum = result(&a, Mode::Forward, &wave);
                let expected = |k: i64| if k as usize == frequency { (n as f64).sqrt() } else { 0.0 };
                let off = local_indices(a.range()).into_iter().zip(spectrum).map(|(k, v)| (v - expected(k)).norm_sqr());
                let mut error = [off.sum::<f64>()];
                context.comm().allreduce_f64(&mut error, Combine::Sum).unwrap();
                let error = error[0].sqrt() / (n as f64).sqrt();
                let bound = dtype.epsilon() * (n as f64).log2();
                assert!(error < bound, "{n} elements of {dtype:?}: {error} of {bound}");
            });
        }
    }
}

/// fftshift takes element i to (i + n / 2) mod n in any layout, and the inverse takes it back; by the definition.
#[test]
fn shifts_are_numpys() {
    for (shape, axes) in [(&[7][..], &[0][..]), (&[6, 5], &[1, 0]), (&[3, 4, 2], &[0]), (&[1, 0], &[0, 1])] {
        // The index that comes to a place.
        let source = |place: i64, inverse: bool| {
            let (mut rest, mut index, mut stride) = (place, 0, 1);
            for (axis, n) in shape.iter().enumerate().rev() {
                let step = if !axes.contains(&axis) {
                    0
                } else if inverse {
                    n / 2
                } else {
                    n - n / 2
                };
                index += (rest % n + step) % n * stride;
                (rest, stride) = (rest / n, stride * n);
            }
            index
        };
        for size in [1, 2, 3, 4] {
            on_ranks(size, |context| {
                for (turn, layout) in layouts(shape, size).into_iter().enumerate() {
                    let dtype = [DType::Complex64, DType::Int64, DType::Float32][turn % 3];
                    let space = Space::new(context, dtype, shape, layout, None).unwrap();
                    for inverse in [false, true] {
                        let a = signal::fftshift(&space, axes, inverse).unwrap();
                        assert_eq!(a.inverse_factor(), Some(1.0));
                        let here = local_indices(&space);
                        for mode in Mode::ALL {
                            let (x, y) = (ranks::filled(&space), Array::new(&space).unwrap());
                            a.apply(mode, &x, &y).unwrap();
                            let there = |i: &i64| ranks::value(source(*i, inverse != mode.transposed()), dtype);
                            let expected = ranks::encode(dtype, here.iter().map(there));
                            assert!(ranks::bytes_of(&y) == expected, "{mode:?} along {axes:?} in {space}");
                        }
                    }
                }
            });
        }
    }
}

#[test]
fn bad_input_is_refused_on_all_ranks() {
    let refused = |status: Status, text: &str, made: Result<Operator>| {
        let error = made.err().unwrap_or_else(|| panic!("not refused: {text}"));
        assert!(error.status == status && error.message.contains(text), "{error} instead of {text}");
    };
    for size in [1, 3] {
        on_ranks_with(size, memory::options(), |context| {
            let make =
                |axes: &[usize], options: &Fourier| fftnd(&space(context, DType::Complex64, &[6, 5]), axes, options);
            let plane = &space(context, DType::Complex64, &[6, 5]);
            let plain = Fourier::default();
            refused(Status::Axis, "axis is 2", make(&[2], &plain));
            refused(Status::Axis, "given twice", make(&[1, 1], &plain));
            refused(Status::Axis, "along no axis", make(&[], &plain));
            refused(
                Status::Argument,
                "length of the FFT along axis 1 is 0",
                make(&[1], &Fourier { lengths: vec![0], ..plain.clone() }),
            );
            refused(
                Status::Argument,
                "1 lengths or shifts",
                make(&[0, 1], &Fourier { shift_after: vec![true], ..plain.clone() }),
            );
            refused(Status::DType, "a real space", make(&[1], &Fourier { half: true, ..plain.clone() }));
            let other = Place::In(space(context, DType::Complex64, &[6, 4]));
            refused(Status::Space, "shape [6, 5]", make(&[1], &Fourier { place: other, ..plain.clone() }));
            refused(Status::Axis, "axis is 2", signal::fftshift(plane, &[2], false));
            refused(Status::Axis, "given twice", signal::fftshift(plane, &[1, 1], false));
            refused(Status::Axis, "along no axis", signal::fftshift(plane, &[], true));
            if size > 1 {
                let uneven = signal::fftshift(plane, &[0], context.rank() == 1);
                refused(Status::Collective, "different arguments", uneven);
            }
            let integers = space(context, DType::Int32, &[6, 5]);
            refused(Status::DType, "a floating-point space", fftnd(&integers, &[0], &plain));
            let empty = space(context, DType::Complex64, &[6, 0]);
            refused(Status::Shape, "no elements along it", fftnd(&empty, &[1], &plain));
            let fine = fftnd(&empty, &[0], &plain).expect("no lines at all");
            assert!(result(&fine, Mode::Forward, &[]).is_empty());
            let identity = dlops::operators::basic::zero(fine.domain(), fine.domain()).unwrap();
            refused(Status::Unsupported, "has no inverse", algebra::inverse(&identity));
            if size > 1 {
                let uneven = Fourier { lengths: vec![5 + context.rank() as i64], ..plain.clone() };
                refused(Status::Collective, "different arguments", make(&[1], &uneven));
            }
        });
    }
}

/// Bytes of a part, from which on small arrays come in parts too.
const PART: &str = "DLOPS_TEST_PART";

/// A change of layout is taken with the passes beside it, in up to eight messages for each pair of ranks: y := alpha op(A) x +
/// beta y is that of one rank, bit by bit where lines are transformed by the host.
#[test]
fn changes_of_layout_come_in_parts() {
    let (shape, alpha, beta) = ([24i64, 24, 5], Scalar::real(0.5), Scalar::real(-2.0));
    let host = memory::device().is_none();
    // Axes in one order on any number of ranks.
    let with = ContextOptions { deterministic: host, ..memory::options() };
    for (place, changes) in [(Place::AsComputed, 1), (Place::AsModel, 2)] {
        for dtype in [DType::Complex64, DType::Float64, DType::Complex128, DType::Float32] {
            let half = dtype == DType::Float64;
            let options = Fourier { half, place: place.clone(), ..Fourier::default() };
            let made = |context: &Context| fftnd(&space(context, dtype, &shape), &[0, 1, 2], &options).unwrap();
            let single = made(&Context::solo(with).unwrap());
            let (model, data) = (
                model(dtype, single.domain().global_count() as usize),
                complex_sequence(DATA, single.range().global_count() as usize),
            );
            let applied = |a: &Operator, mode: Mode, picked: &dyn Fn(&[Complex64], &Space) -> Vec<Complex64>| {
                let (from, to) = a.spaces(mode);
                let (x, y) = (Array::new(from).unwrap(), Array::new(to).unwrap());
                let (source, target) = if mode.transposed() { (&data, &model) } else { (&model, &data) };
                vectors::write(&x, &picked(source, from));
                vectors::write(&y, &picked(target, to));
                let traffic = a.domain().context().comm().traffic();
                let before = traffic.read();
                a.apply_scaled(mode, alpha, &x, beta, &y).unwrap();
                let sent = (traffic.read().0 - before.0, traffic.read().1 - before.1);
                (vectors::read(&y), sent)
            };
            let expected = Mode::ALL.map(|mode| applied(&single, mode, &|all, _| all.to_vec()).0);
            // NCCL wants a device a rank.
            for size in if host { vec![1i64, 2, 3, 4, 6, 8] } else { vec![1, 2, 3, 4] } {
                on_ranks_with(size as usize, with, |context| {
                    let a = made(context);
                    let pick = |all: &[Complex64], space: &Space| -> Vec<_> {
                        local_indices(space).into_iter().map(|i| all[i as usize]).collect()
                    };
                    // As many as there are rows: of the first axis, and of the second one after it was cut.
                    let parts = if std::env::var_os(PART).is_some() { (24 / size).min(8) } else { 1 };
                    let second = if host { parts } else { 1 };
                    let messages = (size - 1) * if changes == 2 { parts + second } else { parts };
                    for (mode, expected) in Mode::ALL.into_iter().zip(&expected) {
                        let (found, sent) = applied(&a, mode, &pick);
                        let expected = pick(expected, a.spaces(mode).1);
                        let what = format_args!("{mode:?} of {dtype:?} on {size}, {changes} changes");
                        assert!(!host || found == expected, "{what}");
                        close(&what, &found, &expected, 4.0 * dtype.epsilon());
                        assert_eq!(sent.0, messages as u64, "{what}: messages");
                        // All of a rank's complex elements but those that stay.
                        let elements = 24 * 24 * if half { 3 } else { 5 } / size * (size - 1) / size;
                        let bytes = changes * elements as usize * dtype.complex().size();
                        assert!(!host || sent.1 == bytes as u64, "{what}: {} bytes, not {bytes}", sent.1);
                    }
                });
            }
        }
    }
}

/// Of parts of 2 MiB, without being told to.
#[test]
fn long_arrays_come_in_parts() {
    let shape = [64i64, 128, 64];
    if memory::device().is_some() || std::env::var_os(PART).is_some() {
        return;
    }
    for (dtype, parts) in [(DType::Complex128, 2), (DType::Complex64, 1)] {
        on_ranks(2, |context| {
            let options = Fourier { place: Place::AsComputed, ..Fourier::default() };
            let a = fftnd(&space(context, dtype, &shape), &[0, 1, 2], &options).unwrap();
            let (x, y) = (ranks::filled(a.domain()), Array::new(a.range()).unwrap());
            let back = Array::new(a.domain()).unwrap();
            for (mode, x, y) in [(Mode::Forward, &x, &y), (Mode::Adjoint, &y, &back)] {
                let before = context.comm().traffic().read();
                a.apply(mode, x, y).unwrap();
                let after = context.comm().traffic().read();
                let bytes = (64 * 128 * 64 / 4 * dtype.size()) as u64;
                assert_eq!((after.0 - before.0, after.1 - before.1), (parts, bytes), "{mode:?} of {dtype:?}");
            }
            let (x, back) = (vectors::read(&x), vectors::read(&back));
            let largest = x.iter().map(|v| v.norm()).fold(1.0, f64::max);
            assert!(x.iter().zip(&back).all(|(a, b)| (a - b).norm() <= 50.0 * dtype.epsilon() * largest));
        });
    }
}

/// The tests that see it again, in a process of its own, with parts of small arrays.
#[test]
fn parts_change_nothing() {
    if std::env::var_os(PART).is_some() {
        return;
    }
    let tests = ["layouts_change_nothing", "changes_of_layout_come_in_parts", "bad_input_is_refused_on_all_ranks"];
    let again = |bytes: &str, tests: &[&str]| {
        let mut program = std::process::Command::new(std::env::current_exe().unwrap());
        program.arg("--exact").args(tests).env(PART, bytes).output().unwrap()
    };
    let done = again("64", &tests);
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("3 passed"), "{said}{}", String::from_utf8_lossy(&done.stderr));
    for wrong in ["0", "few"] {
        let done = again(wrong, &tests[1..2]);
        let said = [done.stdout, done.stderr].map(|s| String::from_utf8_lossy(&s).into_owned()).concat();
        assert!(!done.status.success() && said.contains("expected a positive number of bytes"), "{wrong}: {said}");
    }
}
