//! Operators on the device between vectors of the host, alone and as blocks: as the same operators on the host.

use super::super::*;
use dlops::dtype::Scalar;
use dlops::krylov::{Method, Solver};
use dlops::operators::algebra::{adjoint, moved, promoted, scale};
use dlops::operators::basic::{matrix_mult, DenseMatrix};
use dlops::operators::block::{block_diag, hstack, stacked_block_diag, stacked_vstack, vstack};
use dlops::operators::derivative::{first_derivative, FirstDerivative};
use dlops::operators::{Mode, Operator};

/// Matrices of 4 x 5, or derivatives of long vectors, which take several pieces of page-locked memory on their way.
fn blocks(context: &Context, memory: Memory, long: bool) -> Vec<Operator> {
    let context = context.local();
    (0..3usize)
        .map(|k| {
            let n = if long { 300_000 } else { 5 };
            let space = space(&context, DType::Float64, &[n]).with_memory(memory).unwrap();
            if long {
                let options = FirstDerivative { sampling: 1.0 + k as f64, ..FirstDerivative::default() };
                return first_derivative(&space, 0, &options).unwrap();
            }
            let elements: Vec<f64> = (0..20).map(|i| ((7 * i + 3 * k) % 11) as f64 - 5.0).collect();
            // SAFETY: twenty doubles, of which the operator makes a copy.
            let dense = unsafe { DenseMatrix::borrowed(DType::Float64, (4, 5), elements.as_ptr().cast(), false, 0) };
            matrix_mult(&space, 0, dense.unwrap().to_owned().unwrap()).unwrap()
        })
        .collect()
}

type Combine = fn(&Context, &[Operator]) -> Operator;

fn combinations() -> [(&'static str, Combine); 5] {
    [
        ("BlockDiag", |c, list| block_diag(c, list, None).unwrap()),
        ("VStack", |c, list| vstack(c, list, None).unwrap()),
        ("HStack", |c, list| hstack(c, list, None).unwrap()),
        ("StackedVStack", |_, list| stacked_vstack(list).unwrap()),
        ("StackedBlockDiag", |_, list| stacked_block_diag(list).unwrap()),
    ]
}

/// An array of the space, filled alike whatever its memory; `pinned`: page-locked where it is the host's.
fn filled(space: &Space, seed: u64, pinned: bool) -> Array {
    let x = if pinned && !space.is_on_device() { Array::new_pinned(space) } else { Array::new(space) }.unwrap();
    dlops::arrays::random::fill(&x, dlops::arrays::random::Distribution::Normal, seed, 0).unwrap();
    x
}

fn all_values(x: &Array) -> Vec<f64> {
    let mut all = Vec::new();
    x.for_each_leaf(&mut |leaf| {
        all.extend(values(leaf));
        Ok(())
    })
    .unwrap();
    all
}

fn close(found: &[f64], wanted: &[f64], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (k, (f, w)) in found.iter().zip(wanted).enumerate() {
        assert!((f - w).abs() <= 1e-12 * (1.0 + w.abs()), "{what}: {f} instead of {w} at {k}");
    }
}

#[test]
fn blocks_that_are_moved_give_the_numbers_of_the_host() {
    if !available() {
        return;
    }
    let context = on_device(0);
    for long in [false, true] {
        let here = blocks(&context, Memory::Host, long);
        let there = blocks(&context, Memory::Cuda, long);
        for (domain, range) in
            [(Memory::Host, Memory::Host), (Memory::Host, Memory::Cuda), (Memory::Cuda, Memory::Host)]
        {
            let sides: Vec<Operator> = there.iter().map(|a| moved(a, domain, range).unwrap()).collect();
            for (name, combine) in combinations() {
                let (a, b) = (combine(&context, &here), combine(&context, &sides));
                for (mode, beta, pinned) in [
                    (Mode::Forward, 0.0, false),
                    (Mode::Forward, 0.5, true),
                    (Mode::Adjoint, 0.0, true),
                    (Mode::Adjoint, -2.0, false),
                ] {
                    let (from, to) = a.spaces(mode);
                    let (x, y) = (filled(from, 1, pinned), filled(to, 2, pinned));
                    let (from, to) = b.spaces(mode);
                    let (p, q) = (filled(from, 1, pinned), filled(to, 2, pinned));
                    let (alpha, beta) = (Scalar::real(1.5), Scalar::real(beta));
                    // The second time on what the first left, with x changed as soon as it may be.
                    for _ in 0..2 {
                        a.apply_scaled(mode, alpha, &x, beta, &y).unwrap();
                        b.apply_scaled(mode, alpha, &p, beta, &q).unwrap();
                        verbs::scale(Scalar::real(-1.0), &x).unwrap();
                        verbs::scale(Scalar::real(-1.0), &p).unwrap();
                    }
                    let (wanted, found) = (all_values(&y), all_values(&q));
                    let what = format!("{name} long {long} from {domain:?} to {range:?}, {mode:?}, beta {}", beta.re);
                    close(&found, &wanted, &what);
                }
            }
        }
    }
}

/// Three blocks of doubles: one scaled and turned, one of single precision, and the adjoint of the adjoint of the first.
fn wrapped(a: &Operator, single: &Operator) -> Vec<Operator> {
    let turned = adjoint(&scale(Scalar::real(3.0), &adjoint(a)).unwrap());
    vec![turned, promoted(single, DType::Float64).unwrap(), adjoint(&adjoint(a))]
}

/// Blocks that are wrapped are staged as what they wrap, and an apply takes no memory, of the host or of the device.
#[test]
fn wrapped_blocks_give_the_numbers_of_the_host_and_allocate_nothing() {
    if !available() {
        return;
    }
    // One that no other test of this program uses, since its pool is looked at.
    let ordinal = Device::count().unwrap() - 1;
    let context = on_device(ordinal);
    let local = context.local();
    let of = |dtype: DType, memory: Memory| {
        let space = space(&local, dtype, &[40]).with_memory(memory).unwrap();
        first_derivative(&space, 0, &FirstDerivative::default()).unwrap()
    };
    let both = |memory: Memory| [DType::Float64, DType::Float32].map(|dtype| of(dtype, memory));
    let [a, single] = both(Memory::Host);
    let here = wrapped(&a, &single);
    let [a, single] = both(Memory::Cuda).map(|a| moved(&a, Memory::Host, Memory::Host).unwrap());
    let there = wrapped(&a, &single);
    for (name, combine) in combinations() {
        let (a, b) = (combine(&context, &here), combine(&context, &there));
        for (mode, beta) in [(Mode::Forward, 0.0), (Mode::Adjoint, 0.5), (Mode::Forward, -2.0), (Mode::Adjoint, 0.0)] {
            let (from, to) = a.spaces(mode);
            let (x, y) = (filled(from, 1, false), filled(to, 2, false));
            let (from, to) = b.spaces(mode);
            let (p, q) = (filled(from, 1, false), filled(to, 2, false));
            let (alpha, beta) = (Scalar::real(1.5), Scalar::real(beta));
            a.apply_scaled(mode, alpha, &x, beta, &y).unwrap();
            b.apply_scaled(mode, alpha, &p, beta, &q).unwrap();
            for (f, w) in all_values(&q).iter().zip(all_values(&y)) {
                assert!(
                    (f - w).abs() < 1e-5 * (1.0 + w.abs()),
                    "{name} {mode:?}, beta {}: {f} instead of {w}",
                    beta.re
                );
            }
            let device = Device::open(ordinal).unwrap();
            if ordinal > 1 {
                device.set_pool_limit(device.pool_statistics().unwrap().used);
            }
            let made = crate::counting::made(|| b.apply_scaled(mode, alpha, &p, beta, &q).unwrap());
            device.set_pool_limit(u64::MAX);
            assert_eq!(made, 0, "allocations of {name} {mode:?}, beta {}", beta.re);
        }
    }
}

#[test]
fn strided_host_arrays_and_one_operator_twice() {
    if !available() {
        return;
    }
    let context = on_device(0);
    let space = space(&context, DType::Float64, &[1000, 600]);
    let options = FirstDerivative::default();
    let (here, there) =
        (first_derivative(&host(&space), 1, &options).unwrap(), first_derivative(&space, 1, &options).unwrap());
    let there = moved(&there, Memory::Host, Memory::Host).unwrap();
    let mut memory = vec![vec![0.0f64; 1000 * 700]; 3];
    let mut padded = memory.iter_mut().map(|m| {
        // SAFETY: rows of 700 in memory that outlives the array.
        unsafe { Array::wrap_strided(&host(&space), m.as_mut_ptr().cast(), &[700, 1], None) }.unwrap()
    });
    let (x, y, z) = (padded.next().unwrap(), padded.next().unwrap(), padded.next().unwrap());
    verbs::copy(&filled(&host(&space), 3, false), &x).unwrap();
    for beta in [0.0, 2.0] {
        here.apply_scaled(Mode::Forward, Scalar::ONE, &x, Scalar::real(beta), &y).unwrap();
        there.apply_scaled(Mode::Forward, Scalar::ONE, &x, Scalar::real(beta), &z).unwrap();
        close(&values(&z), &values(&y), &format!("strided, beta {beta}"));
    }
    let (once, twice) =
        (stacked_vstack(&[here.clone(), here]).unwrap(), stacked_vstack(&[there.clone(), there]).unwrap());
    let (y, z) = (Array::new(once.range()).unwrap(), Array::new(twice.range()).unwrap());
    once.apply(Mode::Forward, &x, &y).unwrap();
    twice.apply(Mode::Forward, &x, &z).unwrap();
    close(&all_values(&z), &all_values(&y), "twice");
    let (u, v) = (Array::new(once.domain()).unwrap(), Array::new(twice.domain()).unwrap());
    once.apply(Mode::Adjoint, &y, &u).unwrap();
    twice.apply(Mode::Adjoint, &z, &v).unwrap();
    close(&values(&v), &values(&u), "adjoint of twice");
}

/// The model on the device, each block's data on the host: CGLS from an x0 on the device.
#[test]
fn cgls_with_model_and_data_on_two_sides() {
    if !available() {
        return;
    }
    let context = on_device(0);
    let solve = |operators: Vec<Operator>| {
        let a = vstack(&context, &operators, None).unwrap();
        let (truth, y) = (filled(a.domain(), 5, false), Array::new(a.range()).unwrap());
        a.apply(Mode::Forward, &truth, &y).unwrap();
        let x = Array::new(a.domain()).unwrap();
        verbs::fill(&x, Scalar::real(0.1)).unwrap();
        let solver = Solver::new(Method::Cgls, &a).unwrap();
        let options = |o: &mut dlops::krylov::SolverOptions| {
            (o.max_iterations, o.guess) = (5, true);
            Ok(())
        };
        solver.change(options).unwrap();
        solver.solve(&y, &x).unwrap();
        (x.space().memory(), y.space().memory(), values(&x))
    };
    let (_, _, wanted) = solve(blocks(&context, Memory::Host, false));
    let sides =
        blocks(&context, Memory::Cuda, false).iter().map(|a| moved(a, Memory::Cuda, Memory::Host).unwrap()).collect();
    let (model, data, found) = solve(sides);
    assert_eq!((model, data), (Memory::Cuda, Memory::Host));
    for (f, w) in found.iter().zip(&wanted) {
        assert!((f - w).abs() < 1e-8, "{f} instead of {w}");
    }
}
