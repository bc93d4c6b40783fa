//! Stencils in three dimensions, whose planes stay in the first-level cache.

use super::*;
#[cfg(target_os = "linux")]
use crate::kernels::host::guarded::Guarded;

/// Near rows, in tiles of planes and alone: rows that begin at a cache line and those that do not, with and without halos,
/// ends of all kinds and parts of rows, in blocks of planes, hold the bits of the baseline and the values of plain loops.
#[test]
fn near_tiles_agree() {
    fn check<T: Element>(random: &mut Random, tolerance: f64)
    where
        T::Real: StencilReal,
    {
        for round in 0..250 {
            let row = [32, 48, 64, 80, 96, 37, 128, 16, 17, 19, 24, 33, 49, 50, 100][random.below(15)];
            let mut shape = vec![3 + random.below(9), 3 + random.below(12), row];
            let mut axes = vec![0, 1, 2];
            match random.below(6) {
                0 => shape.insert(random.below(3), 1 + random.below(3)),
                1 => axes = vec![0, 2],
                2 => axes = vec![2, 0, 1],
                3 => axes = vec![1, 2],
                4 => axes = vec![2],
                _ => {}
            }
            let rank = shape.len();
            let centered = random.below(2) == 0;
            let stencils = axes.iter().map(|&a| match centered {
                true => second_derivative(shape[a], Kind::Centered, false, 1.0).expect("good arguments"),
                false => random.stencil(shape[a]),
            });
            let stencils: Vec<Stencil> = stencils.collect();
            let weights = axes.iter().map(|_| 1.0 + random.real()).collect();
            // One x for all terms, or one a term as in the adjoint of a gradient.
            let fused = random.below(3) > 0;
            let sources = if fused && random.below(3) == 0 { axes.len() } else { 1 };
            let mut case = Case::<T> {
                start: vec![0; rank],
                local: shape.clone(),
                stencils,
                weights,
                global: (0..sources).map(|_| random.elements(shape.iter().product())).collect(),
                shape: shape.clone(),
                axes: axes.clone(),
            };
            // What an element has no tap for must not reach it, whatever it is.
            for _ in 0..random.below(4) * shape[1] {
                let (k, at) = (random.below(sources), random.below(case.global[0].len()));
                case.global[k][at] = T::from_scalar(Scalar::real(f64::INFINITY));
            }
            if random.below(3) == 0 {
                let axis = random.below(rank);
                case.start[axis] = random.below(shape[axis]);
                case.local[axis] = 1 + random.below(shape[axis] - case.start[axis]);
            } else if random.below(3) == 0 {
                // Rows that are cut, whose first or last lines read a halo.
                let lines = 1 + random.below(row.div_ceil(16));
                case.local[rank - 1] = row.min(16 * lines);
                case.start[rank - 1] = random.below(row - case.local[rank - 1] + 1);
            }
            let (mut lower, mut upper) = (vec![0; rank], case.local.clone());
            if random.below(3) == 0 {
                let axis = random.below(rank);
                lower[axis] = random.below(upper[axis]);
                upper[axis] = lower[axis] + 1 + random.below(upper[axis] - lower[axis]);
            }
            let beta = if random.below(2) == 0 { Scalar::ZERO } else { Scalar::real(0.5) };
            let size: usize = case.local.iter().product();
            let count = if fused { 1 } else { axes.len() };
            // Rows begin at a cache line, as in arrays, or all so many elements after one, as in a host's memory.
            let (later, pad) = (if random.below(3) == 0 { random.below(16) } else { 0 }, [0, 3, 16][random.below(3)]);
            let mut memory: Vec<Vec<T>> = (0..count).map(|_| random.elements(size + 64)).collect();
            let skip = |m: &Vec<T>| later + (m.as_ptr() as usize).wrapping_neg() % 64 / std::mem::size_of::<T>();
            let start: Vec<Vec<T>> = memory.iter().map(|m| m[skip(m)..][..size].to_vec()).collect();
            let mut first: Option<Vec<Vec<T>>> = None;
            cpu::on_every_path::run(|path| {
                for store in [Store::Cached, Store::Streaming] {
                    let strides = strides_of(&case.local);
                    let y: Vec<(*mut T, Vec<isize>)> = memory
                        .iter_mut()
                        .zip(&start)
                        .map(|(m, old)| {
                            let from = skip(m);
                            m[from..][..size].copy_from_slice(old);
                            (m[from..].as_mut_ptr(), strides.clone())
                        })
                        .collect();
                    case.run((Scalar::real(1.5), beta), store, fused, pad, &[(lower.clone(), upper.clone())], &y);
                    let y: Vec<Vec<T>> = memory.iter().map(|m| m[skip(m)..][..size].to_vec()).collect();
                    let bits = |v: &T| format!("{v:?}");
                    if let Some(first) = &first {
                        let same = y.iter().flatten().zip(first.iter().flatten()).all(|(a, b)| bits(a) == bits(b));
                        assert!(
                            same,
                            "round {round}: {path:?} {store:?} differs in bits, {:?} axes {axes:?}",
                            case.local
                        );
                        continue;
                    }
                    for (k, y) in y.iter().enumerate() {
                        for index in indices(&vec![0; rank], &case.local) {
                            let at = place(&strides, &index);
                            let old = start[k][at].to_scalar();
                            let inside = (0..rank).all(|a| (lower[a]..upper[a]).contains(&index[a]));
                            let expected = match inside {
                                true => 1.5 * case.expected((!fused).then_some(k), &index).re + beta.re * old.re,
                                false => old.re,
                            };
                            let error = y[at].to_scalar().re - expected;
                            let finite = expected.is_finite();
                            assert!(
                                !finite || error.abs() <= tolerance,
                                "round {round}: {index:?} of {:?}: {error}",
                                case.local
                            );
                        }
                    }
                    first = Some(y);
                }
            });
        }
    }
    let mut random = Random(17);
    check::<f32>(&mut random, 1e-4);
    check::<f64>(&mut random, 1e-12);
    check::<Complex<f32>>(&mut random, 1e-4);
}

/// Registers at the ends of rows load nothing beyond the arrays, and store nothing there.
#[cfg(target_os = "linux")]
#[test]
fn nothing_beyond_the_arrays_is_touched() {
    fn check<T: Element>(random: &mut Random)
    where
        T::Real: StencilReal,
    {
        for _ in 0..800 {
            let row = [16, 17, 24, 32, 33, 37, 48, 50, 64, 80, 96, 100, 128][random.below(13)];
            let shape = [3 + random.below(8), 3 + random.below(14), row];
            let (n, at_end) = (shape.iter().product::<usize>(), random.below(2) == 0);
            let memory = [0, 1].map(|_| Guarded::new(n * std::mem::size_of::<T>(), at_end));
            let (x, y) = (memory[0].fill::<T>(n), memory[1].fill::<T>(n));
            let strides = strides_of(&shape);
            let same = random.below(2) == 0;
            let stencils = shape.map(|n| match same {
                true => second_derivative(n, Kind::Centered, false, 1.0).expect("good arguments"),
                false => random.stencil(n),
            });
            let term = |axis: usize| Term {
                x: x.cast_const(),
                x_strides: &strides,
                axis,
                stencil: &stencils[axis],
                weight: 1.0,
                offset: 0,
                halo: Halo::NONE,
            };
            let terms = [term(0), term(1), term(2)];
            let outputs = [Output { y, y_strides: &strides, terms: &terms[random.below(3)..] }];
            let (mut lower, mut upper) = ([0; 3], shape);
            if random.below(3) == 0 {
                lower[2] = random.below(row);
                upper[2] = lower[2] + 1 + random.below(row - lower[2]);
            }
            cpu::on_every_path::run(|_| {
                for beta in [Scalar::ZERO, Scalar::ONE] {
                    for store in [Store::Cached, Store::Streaming] {
                        // SAFETY: the blocks have this shape; what else is touched would end the test.
                        unsafe { apply(&shape, &outputs, (Scalar::ONE, beta), (&lower, &upper), store) };
                    }
                }
            });
        }
    }
    let mut random = Random(18);
    check::<f32>(&mut random);
    check::<f64>(&mut random);
}
