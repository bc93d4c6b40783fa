//! Kernels of users on distributed arrays: on the host, and with DLOPS_TEST_MEMORY=cuda in device memory, on 1 to 4 ranks.

mod memory;
mod ranks;
mod vectors;

use dlops::arrays::kernel::{Argument, HostBlock, Kernel, Options, ReductionTexts};
use dlops::arrays::{Array, Memory, Space};
use dlops::context::{Context, ContextOptions};
use dlops::dtype::{DType, Scalar};
use dlops::error::{Result, Status};
use dlops::layout::Layout;
use num_complex::Complex64;
use std::sync::atomic::{AtomicI64, Ordering};

fn elementwise(context: &Context, inputs: &str, outputs: &str, body: &str) -> Result<Kernel> {
    Kernel::elementwise(context, inputs, outputs, body, "test", Options::default())
}

fn reduction(context: &Context, signature: (&str, &str), texts: [&str; 4]) -> Result<Kernel> {
    let [map, reduce, post, identity] = texts;
    Kernel::reduction(context, signature, ReductionTexts { map, reduce, post, identity }, "test", Options::default())
}

fn shapes() -> [Vec<i64>; 4] {
    [vec![13, 9], vec![6, 5, 7], vec![11], vec![8, 300]]
}

/// Values as in `ranks::value`, of all elements.
fn all_values(space: &Space) -> Vec<Complex64> {
    let value = |k| ranks::value(k, space.dtype());
    (0..space.shape().unwrap().iter().product()).map(value).map(|(re, im)| Complex64::new(re, im)).collect()
}

#[test]
fn every_element_is_computed_at_its_index() {
    for size in 1..=4 {
        ranks::on_ranks(size, |context| {
            let body = "float64 shift = 2 * i; z = a * x - y + shift; w = i + k";
            let kernel = elementwise(context, "T x, U y, scalar T a, scalar int64 k", "T z, int64 w", body).unwrap();
            for (dtype, shape) in DType::ALL.into_iter().zip(shapes().into_iter().cycle()) {
                for layout in ranks::layouts(&shape, size) {
                    let space = Space::new(context, dtype, &shape, layout, None).unwrap();
                    let x = ranks::filled(&space);
                    let [y, z, w] = [DType::Int32, dtype, DType::Int64].map(|d| {
                        let of = space.with_dtype(d);
                        if d == DType::Int32 {
                            ranks::filled(&of)
                        } else {
                            Array::new(&of).unwrap()
                        }
                    });
                    let scalars = [Scalar::real(3.0), Scalar::real(-7.0)];
                    kernel.apply(&[x.clone(), y.clone()], &scalars, &[z.clone(), w.clone()]).unwrap();
                    let indices = ranks::local_indices(&space);
                    let wanted = indices.iter().map(|i| {
                        let (re, im) = ranks::value(*i, dtype);
                        (3.0 * re - ranks::value(*i, DType::Int32).0 + (2 * i) as f64, 3.0 * im)
                    });
                    assert_eq!(ranks::bytes_of(&z), ranks::encode(dtype, wanted), "{space}");
                    let wanted = indices.iter().map(|i| ((i - 7) as f64, 0.0));
                    assert_eq!(ranks::bytes_of(&w), ranks::encode(DType::Int64, wanted), "{space}");
                    // In place: the input is the output.
                    kernel.apply(&[x.clone(), y], &scalars, &[x.clone(), w]).unwrap();
                    assert_eq!(ranks::bytes_of(&x), ranks::bytes_of(&z), "{space}");
                }
            }
        });
    }
}

#[test]
fn threads_share_the_work() {
    let options = ContextOptions { threads: 3, device: memory::device(), ..ContextOptions::default() };
    ranks::on_ranks_with(2, options, |context| {
        let space = Space::new(context, DType::Float64, &[331, 500], Layout::cut(0, 2), None).unwrap();
        let (x, y) = (Array::new(&space).unwrap(), Array::new(&space).unwrap());
        let kernel = elementwise(context, "", "float64 x, float64 y", "x = i; y = x * x").unwrap();
        kernel.apply(&[], &[], &[x.clone(), y.clone()]).unwrap();
        assert!(vectors::read(&y).iter().zip(ranks::local_indices(&space)).all(|(y, i)| y.re == (i * i) as f64));
        let sum = reduction(context, ("T x", "T y"), ["x", "a + b", "", "0"]).unwrap();
        let n = 331.0 * 500.0;
        assert_eq!(sum.reduce(Ok(vec![x]), &[]).unwrap().re, n * (n - 1.0) / 2.0);
    });
}

#[test]
fn padded_rows_have_the_indices_of_their_elements() {
    for size in [1, 3] {
        ranks::on_ranks(size, |context| {
            let kernel = elementwise(context, "float64 x", "float64 y", "y = 1000 * x + i").unwrap();
            let sum = reduction(context, ("T x", "T y"), ["x * i", "a + b", "", "0"]).unwrap();
            for layout in ranks::layouts(&[7, 6], size) {
                let space = Space::new(context, DType::Float64, &[7, 6], layout, None).unwrap();
                let wide: Vec<i64> = space.local_shape().iter().map(|n| n + 3).collect();
                let room = Space::unshaped(context, DType::Float64, wide.iter().product(), None).unwrap();
                let memory = [(); 2].map(|()| Array::new(&room).unwrap());
                memory.iter().for_each(|m| dlops::arrays::verbs::fill(m, Scalar::real(-1.0)).unwrap());
                let padded = |m: &Array| {
                    let pointer = m.leaf().unwrap().pointer().wrapping_add(8 * (wide[1] as usize + 2));
                    // SAFETY: `memory` outlives the arrays, and the rows lie inside it.
                    unsafe { Array::wrap_strided(&space, pointer, &[wide[1], 1], None).unwrap() }
                };
                let [x, y] = [padded(&memory[0]), padded(&memory[1])];
                ranks::set_bytes(&x, &ranks::expected(&space));
                kernel.apply(std::slice::from_ref(&x), &[], std::slice::from_ref(&y)).unwrap();
                let wanted: Vec<f64> = ranks::local_indices(&space)
                    .iter()
                    .map(|i| 1000.0 * ranks::value(*i, DType::Float64).0 + *i as f64)
                    .collect();
                let found: Vec<f64> = vectors::read(&y).iter().map(|v| v.re).collect();
                assert_eq!(found, wanted, "{space}");
                // Nothing beside the elements was written.
                let around = vectors::read(&memory[1]).iter().filter(|v| v.re == -1.0).count() as i64;
                assert_eq!(around, room.local_count() - space.local_count(), "{space}");
                let total: f64 = all_values(&space).iter().enumerate().map(|(i, v)| v.re * i as f64).sum();
                assert_eq!(sum.reduce(Ok(vec![x]), &[]).unwrap().re, total, "{space}");
            }
        });
    }
}

#[test]
fn reductions_count_every_element_once() {
    for size in 1..=4 {
        ranks::on_ranks(size, |context| {
            for dtype in DType::ALL {
                let real = !dtype.is_complex();
                let make = |out: &str, texts| reduction(context, ("T x, scalar float64 s", out), texts).unwrap();
                let sum = make("T y", ["x", "a + b", "", "0"]);
                let mean = make("complex128 y", ["s * x", "a + b", "y = a / n", "0"]);
                let norm = make("float64 y", ["abs(x) * abs(x)", "a + b", "y = sqrt(a) + s", "0"]);
                let product = make("complex128 y", ["i == 3 ? 2 * x : i == 5 ? x : T(1)", "a * b", "", "1"]);
                let last = make("int64 y", ["i", "max(a, b)", "", "-1"]);
                let pick = "real(a) > real(b) || real(a) == real(b) && imag(a) <= imag(b) ? a : b";
                let argmax = make("complex128 y", ["complex(real(x), i)", pick, "", "complex(-inf, inf)"]);
                let smallest = make("float64 y", ["real(x)", "min(a, b)", "", "inf"]);
                for (k, shape) in shapes().into_iter().enumerate() {
                    for layout in ranks::layouts(&shape, size).into_iter().skip(k % 2).step_by(2) {
                        let space = Space::new(context, dtype, &shape, layout, None).unwrap();
                        let (x, all) = (ranks::filled(&space), all_values(&space));
                        let of = |kernel: &Kernel| {
                            let s = kernel.reduce(Ok(vec![x.clone()]), &[Scalar::real(2.0)]).unwrap();
                            Complex64::new(s.re, s.im)
                        };
                        let close = |found: Complex64, wanted: Complex64, what: &str| {
                            let wanted = if real { wanted.re.into() } else { wanted };
                            let bound = 1e-6 * (1.0 + wanted.norm());
                            assert!((found - wanted).norm() <= bound, "{what} of {space}: {found}, not {wanted}");
                        };
                        let total: Complex64 = all.iter().sum();
                        close(of(&sum), total, "sum");
                        close(of(&mean), 2.0 * total / all.len() as f64, "mean");
                        let squares: f64 = all.iter().map(|v| v.norm_sqr()).sum();
                        close(of(&norm), Complex64::from(squares.sqrt() + 2.0), "norm");
                        close(of(&product), 2.0 * all[3] * all[5], "product");
                        assert_eq!(of(&last).re, (all.len() - 1) as f64, "{space}");
                        let best = (0..all.len()).fold(0, |b, k| if all[k].re > all[b].re { k } else { b });
                        assert_eq!(of(&argmax), Complex64::new(all[best].re, best as f64), "{space}");
                        let low = all.iter().map(|v| v.re).fold(f64::INFINITY, f64::min);
                        assert_eq!(of(&smallest), Complex64::from(low), "{space}");
                    }
                }
            }
        });
    }
}

#[test]
fn a_nan_an_empty_array_and_a_mask() {
    ranks::on_ranks(4, |context| {
        let largest = reduction(context, ("float32 x", "float32 y"), ["x", "max(a, b)", "", "-inf"]).unwrap();
        let sum = reduction(context, ("T x", "T y"), ["x", "a + b", "", "0"]).unwrap();
        let space = Space::new(context, DType::Float32, &[40], Layout::cut(0, 4), None).unwrap();
        let x = Array::new(&space).unwrap();
        let set = elementwise(context, "scalar int64 at", "float32 x", "x = i == at ? nan : i").unwrap();
        for (at, nan) in [(25.0, true), (-1.0, false)] {
            set.apply(&[], &[Scalar::real(at)], std::slice::from_ref(&x)).unwrap();
            let found = largest.reduce(Ok(vec![x.clone()]), &[]).unwrap().re;
            assert!(if nan { found.is_nan() } else { found == 39.0 }, "{found}");
        }
        let nothing = Space::new(context, DType::Float32, &[0], Layout::cut(0, 4), None).unwrap();
        let empty = Array::new(&nothing).unwrap();
        assert_eq!(largest.reduce(Ok(vec![empty.clone()]), &[]).unwrap().re, f64::NEG_INFINITY);
        set.apply(&[], &[Scalar::ZERO], &[empty]).unwrap();
        let masked = Space::new(context, DType::Float64, &[8], Layout::cut(0, 4), Some(vec![0, 1, 0, 1])).unwrap();
        let y = Array::new(&masked).unwrap();
        elementwise(context, "", "T y", "y = i + 1").unwrap().apply(&[], &[], std::slice::from_ref(&y)).unwrap();
        let wanted = if context.rank() % 2 == 0 { 1.0 + 2.0 + 5.0 + 6.0 } else { 3.0 + 4.0 + 7.0 + 8.0 };
        assert_eq!(sum.reduce(Ok(vec![y]), &[]).unwrap().re, wanted);
    });
}

#[test]
fn products_are_computed_component_by_component() {
    ranks::on_ranks(2, |context| {
        let parts = [(vec![6, 4], Layout::cut(0, 2)), (vec![5], Layout::replicated(2))];
        let spaces = parts.map(|(shape, layout)| Space::new(context, DType::Float64, &shape, layout, None).unwrap());
        let space = Space::product(&spaces).unwrap();
        let (x, y) = (Array::new(&space).unwrap(), Array::new(&space).unwrap());
        elementwise(context, "", "T x", "x = 100 * n + i").unwrap().apply(&[], &[], std::slice::from_ref(&x)).unwrap();
        let twice = elementwise(context, "T x", "T y", "y = 2 * x").unwrap();
        twice.apply(std::slice::from_ref(&x), &[], std::slice::from_ref(&y)).unwrap();
        let first = ranks::local_indices(&spaces[0]).into_iter().map(|i| 2.0 * (2400 + i) as f64);
        let wanted: Vec<f64> = first.chain((0..5).map(|i| 2.0 * (500 + i) as f64)).collect();
        let found: Vec<f64> = vectors::read(&y).iter().map(|v| v.re).collect();
        assert_eq!(found, wanted);
        let sum = reduction(context, ("T x", "float64 y"), ["x", "a + b", "y = a / n", "0"]).unwrap();
        let total: f64 =
            (0..24).map(|i| f64::from(2400 + i)).sum::<f64>() + (0..5).map(|i| f64::from(500 + i)).sum::<f64>();
        assert_eq!(sum.reduce(Ok(vec![x.clone()]), &[]).unwrap().re, total / 29.0);
        let leaf = Array::new(&spaces[0]).unwrap();
        let error = twice.apply(&[x], &[], &[leaf]).unwrap_err();
        assert_eq!(error.status, Status::Space, "{error}");
    });
}

/// The functions with the text of both sides: device against host.
#[test]
fn both_sides_give_the_same_numbers() {
    let Some(_) = memory::device() else {
        println!("SKIPPED: without DLOPS_TEST_MEMORY=cuda there is one side only");
        return;
    };
    ranks::on_ranks(1, |context| {
        let real = [
            "log1p(exp(-abs(x)))",
            "sqrt(abs(x))",
            "cbrt(x)",
            "exp2(x)",
            "expm1(x)",
            "log(abs(x)) + log2(abs(x)) + log10(abs(x))",
            "sin(x) + cos(x) * tan(x)",
            "asin(x / 9) + acos(x / 9)",
            "atan(x)",
            "sinh(x) - cosh(x) + tanh(x)",
            "asinh(x)",
            "acosh(1 + abs(x)) + atanh(x / 9)",
            "floor(x) + 2 * ceil(x) + 4 * trunc(x) + 8 * rint(x)",
        ];
        let more = [
            "sign(x) + square(x) + reciprocal(x)",
            "angle(x) + real(x) + imag(x) + conj(x)",
            "isnan(sqrt(x)) + 2 * isinf(1 / (x - x)) + 4 * isfinite(x)",
            "pow(abs(x), y) + power(2, y)",
            "atan2(x, y) + hypot(x, y)",
            "fmod(x, y) + copysign(x, y)",
            "min(x, y) - max(x, y) * 2",
            "fmin(sqrt(x), y) + 2 * fmax(x, sqrt(y))",
            "x > y && !(y > 1) || x * y < 0 ? x / y : x - -y",
            "(i % 7) / 2 + i / 3 * 0.5f - n",
            "x * 2.5 + pi - 1e-3",
            "float32(x) * T(1.5) + int32(3.7 * y) / 2",
            "isnan(min(sqrt(x), y)) ? -1 : 1",
        ];
        let complex = [
            "x + y * x - x / y",
            "-x + conj(y)",
            "abs(x) + angle(y) + real(x) * imag(y)",
            "sqrt(x)",
            "exp(x)",
            "log(x) + log2(y) + log10(x)",
            "sin(x)",
            "cos(x)",
            "tan(x)",
            "sinh(x) + cosh(y)",
            "tanh(x)",
            "pow(x, y)",
            "square(x) + reciprocal(y) + complex(0, 1.5) * x",
        ];
        for (dtype, lists) in [
            (DType::Float32, vec![real, more]),
            (DType::Float64, vec![real, more]),
            (DType::Complex64, vec![complex]),
            (DType::Complex128, vec![complex]),
        ] {
            let space = Space::new(context, dtype, &[257], Layout::cut(0, 1), None).unwrap();
            let eps = if dtype.real().size() == 4 { 3e-5 } else { 1e-12 };
            for list in lists {
                let outputs: Vec<String> = (0..list.len()).map(|k| format!("T z{k}")).collect();
                let body: Vec<String> = list.iter().enumerate().map(|(k, e)| format!("z{k} = {e}")).collect();
                let kernel = elementwise(context, "T x, T y", &outputs.join(", "), &body.join(";\n")).unwrap();
                let [there, here] = [Memory::Cuda, Memory::Host].map(|memory| {
                    let of = space.with_memory(memory).unwrap();
                    let inputs = [7, 8].map(|seed| {
                        let host = Array::new(&space.with_memory(Memory::Host).unwrap()).unwrap();
                        dlops::arrays::random::fill(&host, dlops::arrays::random::Distribution::Normal, seed, 0)
                            .unwrap();
                        let x = Array::new(&of).unwrap();
                        dlops::arrays::verbs::copy(&host, &x).unwrap();
                        x
                    });
                    let outputs: Vec<Array> = list.iter().map(|_| Array::new(&of).unwrap()).collect();
                    kernel.apply(&inputs, &[], &outputs).unwrap();
                    outputs.iter().map(vectors::read).collect::<Vec<_>>()
                });
                for ((text, a), b) in list.iter().zip(&there).zip(&here) {
                    for (a, b) in a.iter().zip(b) {
                        let same = (a - b).norm() <= eps * (1.0 + b.norm()) || (a.re.is_nan() && b.re.is_nan());
                        assert!(same, "{text} of {}: {a} on the device, {b} on the host", dtype.name());
                    }
                }
            }
        }
    });
}

#[test]
fn what_is_wrong_is_said() {
    ranks::on_ranks(2, |context| {
        let refused = |made: Result<Kernel>, status: Status, words: &str| match made {
            Ok(kernel) => panic!("{words}: {kernel} was made"),
            Err(error) => assert!(error.status == status && error.message.contains(words), "{words}: {error}"),
        };
        let argument = Status::Argument;
        refused(elementwise(context, "float32 x", "", "z = x"), argument, "expected an output");
        refused(elementwise(context, "T x", "U z, scalar T y", "z = x"), argument, "output y is a scalar");
        refused(elementwise(context, "scalar U a", "T z", "z = a"), argument, "the type U of a");
        refused(elementwise(context, "T z", "T z", "z = z"), argument, "an input and an output");
        refused(elementwise(context, "float33 x", "T z", "z = x"), Status::Compilation, "inputs, column 1: 'float33'");
        refused(elementwise(context, "float32 x", "float32 z", "z = x +"), Status::Compilation, "body, column 8");
        if context.stream().is_none() {
            refused(elementwise(context, "T x", "T z", "z = v"), Status::Compilation, "body, column 5: 'v'");
        }
        let named = Kernel::elementwise(context, "", "T z", "z = 1", "my kernel", Options::default());
        refused(named, argument, "name is 'my kernel'");
        refused(
            reduction(context, ("T x", "T y"), ["x", "a + c", "", "0"]),
            Status::Compilation,
            "reduce, column 5: 'c'",
        );
        refused(reduction(context, ("T x", "T y, T z"), ["x", "a + b", "", "0"]), argument, "2 outputs");
        refused(reduction(context, ("scalar T x", "T y"), ["x", "a + b", "", "0"]), argument, "0 arrays");
        refused(
            reduction(context, ("T x, scalar T a", "T y"), ["x", "a + b", "", "0"]),
            argument,
            "a is the name of a state",
        );
        refused(
            reduction(context, ("complex64 x", "float32 y"), ["x", "a + b", "", "0"]),
            Status::Compilation,
            "post, column 5: a complex128 number as float32",
        );

        let space = Space::new(context, DType::Float64, &[12], Layout::cut(0, 2), None).unwrap();
        let other = Space::new(context, DType::Float64, &[13], Layout::cut(0, 2), None).unwrap();
        let [x, y, z] = [&space, &space, &other].map(ranks::filled);
        let whole = Array::new(&Space::unshaped(context, DType::Float64, 8, None).unwrap()).unwrap();
        let [low, high] = [0, 2].map(|at| whole.slice(&space, at).unwrap());
        let kernel = elementwise(context, "T x, scalar float32 s", "T y", "y = x * s").unwrap();
        let one = [Scalar::ONE];
        let refused = |done: Result<()>, status: Status, words: &str| {
            let error = done.expect_err(words);
            assert!(error.status == status && error.message.contains(words), "{words}: {error}");
        };
        refused(kernel.apply(&[], &one, std::slice::from_ref(&y)), argument, "0 inputs, expected 1");
        refused(
            kernel.apply(std::slice::from_ref(&x), &[], std::slice::from_ref(&y)),
            argument,
            "0 scalars, expected 1",
        );
        refused(kernel.apply(std::slice::from_ref(&x), &one, std::slice::from_ref(&z)), Status::Space, "y is of");
        refused(kernel.apply(&[low], &one, &[high]), Status::Overlap, "x and y share memory");
        let turned = [Scalar::complex(0.0, 1.0)];
        refused(
            kernel.apply(std::slice::from_ref(&x), &turned, std::slice::from_ref(&y)),
            Status::DType,
            "scalar s is 0 + 1i",
        );
        let single = ranks::filled(&space.with_dtype(DType::Float32));
        refused(
            kernel.apply(std::slice::from_ref(&x), &one, std::slice::from_ref(&single)),
            Status::DType,
            "y is float32, but its type T is float64",
        );
        refused(kernel.reduce(Ok(vec![x.clone()]), &one).map(drop), argument, "only a reduction reduces");
        let sum = reduction(context, ("float64 x", "float64 y"), ["x", "a + b", "", "0"]).unwrap();
        refused(
            sum.apply(std::slice::from_ref(&x), &[], std::slice::from_ref(&y)),
            argument,
            "only an elementwise one is applied",
        );
        // Wrong on one rank: the error of all.
        let given = if context.rank() == 1 { vec![single] } else { vec![x.clone()] };
        refused(sum.reduce(Ok(given), &[]).map(drop), Status::DType, "x is float32");
        assert!(kernel.to_string().contains("of (T x, scalar float32 s) to (T y): y = x * s"));
        if space.memory() == Memory::Cuda {
            let host = ranks::filled(&space.with_memory(Memory::Host).unwrap());
            refused(kernel.apply(&[host], &one, &[y]), Status::Space, "memory");
        }
    });
}

#[test]
fn bodies_outside_of_the_language() {
    ranks::on_ranks(2, |context| {
        let body = "int m = 0;\nfor (int k = 0; k < 3; ++k) m += k;\nz = x * m + i;";
        let space = Space::new(context, DType::Float64, &[30], Layout::cut(0, 2), None).unwrap();
        let x = ranks::filled(&space);
        let calls = std::sync::Arc::new(AtomicI64::new(0));
        let seen = calls.clone();
        let host = move |block: &HostBlock| {
            seen.fetch_add(block.count as i64, Ordering::Relaxed);
            assert_eq!((block.input_dtypes, block.output_dtypes), (&[DType::Float64][..], &[DType::Float64][..]));
            for k in 0..block.count {
                // SAFETY: as many elements of the dtypes.
                unsafe {
                    let x = block.inputs[0].cast::<f64>().add(k).read();
                    block.outputs[0].cast::<f64>().add(k).write(3.0 * x + block.indices[k] as f64);
                }
            }
            i32::from(block.scalars[0].re as i32 == 9) * 4
        };
        let options = Options { host: Some(Box::new(host)), ..Options::default() };
        let kernel = Kernel::elementwise(context, "T x, scalar int32 s", "T z", body, "looped", options).unwrap();
        for memory in [space.memory(), Memory::Host] {
            let of = space.with_memory(memory).unwrap();
            let (x, z) = (ranks::filled(&of), Array::new(&of).unwrap());
            kernel.apply(std::slice::from_ref(&x), &[Scalar::ONE], std::slice::from_ref(&z)).unwrap();
            let indices = ranks::local_indices(&space);
            let wanted = indices.iter().map(|i| 3.0 * ranks::value(*i, DType::Float64).0 + *i as f64);
            assert!(vectors::read(&z).iter().map(|v| v.re).eq(wanted));
            assert!(memory == Memory::Cuda || calls.load(Ordering::Relaxed) >= space.local_count());
            if memory == Memory::Host {
                let error = kernel.apply(&[x], &[Scalar::real(9.0)], &[z]).unwrap_err();
                assert!(error.status == Status::Callback && error.message.contains("returned 4"), "{error}");
            }
        }
        let made = elementwise(context, "T x", "T z", body);
        if space.memory() == Memory::Host {
            let error = made.map(drop).unwrap_err();
            assert!(error.status == Status::Compilation && error.message.contains("column 5"), "{error}");
            let source = "extern \"C\" __global__ void my_add() {}";
            assert_eq!(Kernel::raw(context, source, "my_add", "").map(drop).unwrap_err().status, Status::Unsupported);
            return;
        }
        // Without the function, host arrays are refused with the column.
        let of = space.with_memory(Memory::Host).unwrap();
        let error = made.unwrap().apply(&[ranks::filled(&of)], &[], &[ranks::filled(&of)]).unwrap_err();
        assert!(error.status == Status::Compilation && error.message.contains("body, line 2, column 5"), "{error}");
        // The compiler's text, with the line of the body.
        let error = elementwise(context, "float32 x", "float32 z", "z = x;\nz = nowhere(x);").map(drop).unwrap_err();
        let words = ["test(2)", "nowhere", "body, line 2, column 5"];
        assert!(error.status == Status::Compilation && words.iter().all(|w| error.message.contains(w)), "{error}");
        let preamble = "__device__ double third(double x) { return x / 3; }\n".to_string();
        let options = || Options { preamble: preamble.clone(), compiler: "-DFOUR=4".into(), ..Options::default() };
        let text = "z = FOUR * third(x)";
        let own = Kernel::elementwise(context, "T x", "T z", text, "own", options()).unwrap();
        let z = Array::new(&space).unwrap();
        own.apply(std::slice::from_ref(&x), &[], std::slice::from_ref(&z)).unwrap();
        let third = |v: &Complex64| 4.0 * (v.re / 3.0);
        assert!(vectors::read(&z).iter().map(|v| v.re).eq(vectors::read(&x).iter().map(third)));
        let texts = ReductionTexts { map: "third(x) * FOUR", reduce: "a + b", post: "", identity: "0" };
        let total = Kernel::reduction(context, ("float64 x", "float64 y"), texts, "own", options()).unwrap();
        let wanted: f64 = all_values(&space).iter().map(third).sum();
        let found = total.reduce(Ok(vec![x.clone()]), &[]).unwrap().re;
        assert!((found - wanted).abs() < 1e-9, "{found}, not {wanted}");

        let source = "extern \"C\" __global__ void my_add(const double *x, const double *y, double *z, long long n) {\n\
                      long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x;\n if (k < n) z[k] = x[k] + y[k];\n}";
        let add = Kernel::raw(context, source, "my_add", "").unwrap();
        let count = space.local_count();
        let arguments = [
            Argument::Array(x.clone()),
            Argument::Array(x.clone()),
            Argument::Array(z.clone()),
            Argument::Value((&raw const count).cast()),
        ];
        // SAFETY: the parameters of the source, and arrays of as many elements.
        unsafe { add.launch([2, 1, 1], [16, 1, 1], 0, &arguments).unwrap() };
        assert!(vectors::read(&z).iter().zip(vectors::read(&x)).all(|(z, x)| *z == x + x));
        let error = Kernel::raw(context, source, "my_sub", "").map(drop).unwrap_err();
        assert!(error.status == Status::Argument && error.message.contains("my_sub"), "{error}");
        let error = Kernel::raw(context, "\nint f( {", "f", "").map(drop).unwrap_err();
        assert!(error.status == Status::Compilation && error.message.contains("f(2)"), "{error}");
        let error = Kernel::raw(context, source, "my_add", "--nonsense").map(drop).unwrap_err();
        assert_eq!(error.status, Status::Option, "{error}");
    });
}
