use super::*;
use crate::dtype::Real;
use crate::kernels::cpu::Caches;
use crate::operators::derivative::coefficients::{first_derivative, second_derivative, Kind};
use num_complex::Complex;

mod near;

/// A small deterministic generator (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
    fn real(&mut self) -> f64 {
        self.next() as f64 / u64::MAX as f64 - 0.5
    }
    fn element<T: Element>(&mut self) -> T {
        T::from_scalar(Scalar::complex(self.real(), self.real()))
    }
    fn elements<T: Element>(&mut self, n: usize) -> Vec<T> {
        (0..n).map(|_| self.element()).collect()
    }
    fn stencil(&mut self, n: usize) -> Stencil {
        let kind = [Kind::Forward, Kind::Backward, Kind::Centered][self.below(3)];
        let edge = self.below(2) == 1;
        let stencil = match self.below(3) {
            0 => first_derivative(n, kind, 3, edge, 0.5),
            1 => first_derivative(n, kind, 5, edge, 0.7),
            _ => second_derivative(n, kind, edge, 1.5),
        };
        let stencil = stencil.expect("the arguments are good");
        if self.below(2) == 1 {
            stencil.adjoint()
        } else {
            stencil
        }
    }
}

fn strides_of(padded: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; padded.len()];
    for a in (1..padded.len()).rev() {
        strides[a - 1] = strides[a] * padded[a] as isize;
    }
    strides
}

fn indices(lower: &[usize], upper: &[usize]) -> Vec<Vec<usize>> {
    lower.iter().zip(upper).fold(vec![vec![]], |all, (&l, &u)| {
        all.iter().flat_map(|head| (l..u).map(|i| [&head[..], &[i]].concat())).collect()
    })
}

fn place(strides: &[isize], index: &[usize]) -> usize {
    strides.iter().zip(index).map(|(s, &i)| s * i as isize).sum::<isize>() as usize
}

/// Where results are, for `Case::run`.
fn places<T>(y: &mut [(Vec<T>, Vec<isize>)]) -> Vec<(*mut T, Vec<isize>)> {
    y.iter_mut().map(|(y, strides)| (y.as_mut_ptr(), strides.clone())).collect()
}

/// A global block and a slab of it, with halos cut out of the global block.
struct Case<T> {
    shape: Vec<usize>,
    start: Vec<usize>,
    local: Vec<usize>,
    axes: Vec<usize>,
    stencils: Vec<Stencil>,
    weights: Vec<f64>,
    global: Vec<Vec<T>>,
}

impl<T: Element> Case<T>
where
    T::Real: StencilReal,
{
    fn random(random: &mut Random, same_x: bool) -> Case<T> {
        let rank = 1 + random.below(4);
        let longest = [200, 24, 11, 7][rank - 1];
        let shape: Vec<usize> = (0..rank).map(|_| 1 + random.below(longest)).collect();
        let mut start = vec![];
        let mut local = vec![];
        for &n in &shape {
            let first = if random.below(2) == 0 { 0 } else { random.below(n) };
            start.push(first);
            local.push(if random.below(2) == 0 { n - first } else { 1 + random.below(n - first) });
        }
        let mut axes: Vec<usize> = (0..rank).filter(|_| random.below(3) > 0).collect();
        if axes.is_empty() {
            axes.push(random.below(rank));
        }
        let stencils = axes.iter().map(|&a| random.stencil(shape[a])).collect();
        let weights = axes.iter().map(|_| 1.0 + random.real()).collect();
        let n = shape.iter().product();
        let count = if same_x { 1 } else { axes.len() };
        let global = (0..count).map(|_| random.elements(n)).collect();
        Case { shape, start, local, axes, stencils, weights, global }
    }

    fn source(&self, term: usize) -> &[T] {
        &self.global[term.min(self.global.len() - 1)]
    }

    /// The plain sum of one element, in double precision.
    fn expected(&self, term: Option<usize>, local: &[usize]) -> Scalar {
        let mut sum = Scalar::ZERO;
        for k in (0..self.axes.len()).filter(|&k| term.is_none_or(|t| t == k)) {
            let axis = self.axes[k];
            let mut index: Vec<usize> = local.iter().zip(&self.start).map(|(i, s)| i + s).collect();
            let row = index[axis];
            for &(o, c) in self.stencils[k].row(row) {
                index[axis] = (row as isize + o) as usize;
                let x = self.source(k)[place(&strides_of(&self.shape), &index)].to_scalar();
                sum.re += self.weights[k] * c * x.re;
                sum.im += self.weights[k] * c * x.im;
            }
        }
        sum
    }

    /// A copy of part of the global block; each last axis has `pad` more elements.
    fn cut(&self, term: usize, start: &[usize], shape: &[usize], pad: usize) -> (Vec<T>, Vec<isize>) {
        let mut padded = shape.to_vec();
        *padded.last_mut().expect("at least one axis") += pad;
        let strides = strides_of(&padded);
        let mut out = vec![T::from_real(T::Real::from_f64(f64::NAN)); padded.iter().product()];
        for index in indices(&vec![0; shape.len()], shape) {
            let from: Vec<usize> = index.iter().zip(start).map(|(i, s)| i + s).collect();
            out[place(&strides, &index)] = self.source(term)[place(&strides_of(&self.shape), &from)];
        }
        (out, strides)
    }

    /// Computes boxes of the slab; `fused` gives one output for all terms, otherwise one output a term.
    fn run(
        &self,
        factors: (Scalar, Scalar),
        store: Store,
        fused: bool,
        pad: usize,
        boxes: &[(Vec<usize>, Vec<usize>)],
        y: &[(*mut T, Vec<isize>)],
    ) {
        let sources: Vec<_> = (0..self.axes.len()).map(|k| self.cut(k, &self.start, &self.local, pad)).collect();
        let mut halos = vec![];
        for (k, &axis) in self.axes.iter().enumerate() {
            let slab = self.start[axis]..self.start[axis] + self.local[axis];
            let (before, after) = self.stencils[k].halo(slab.clone());
            let (mut start, mut shape) = (self.start.clone(), self.local.clone());
            (start[axis], shape[axis]) = (slab.start - before, before);
            let first = self.cut(k, &start, &shape, 0).0;
            (start[axis], shape[axis]) = (slab.end, after);
            halos.push((before, first, after, self.cut(k, &start, &shape, 0).0));
        }
        let terms: Vec<Term<T>> = (0..self.axes.len())
            .map(|k| Term {
                // Terms of one array share its pointer, as an operator's do.
                x: sources[if self.global.len() == 1 { 0 } else { k }].0.as_ptr(),
                x_strides: &sources[k].1,
                axis: self.axes[k],
                stencil: &self.stencils[k],
                weight: self.weights[k],
                offset: self.start[self.axes[k]],
                halo: Halo {
                    before: halos[k].1.as_ptr(),
                    before_width: halos[k].0,
                    after: halos[k].3.as_ptr(),
                    after_width: halos[k].2,
                },
            })
            .collect();
        let outputs: Vec<Output<T>> = y
            .iter()
            .enumerate()
            .map(|(k, (y, strides))| Output {
                y: *y,
                y_strides: strides,
                terms: if fused { &terms } else { &terms[k..k + 1] },
            })
            .collect();
        for (lower, upper) in boxes {
            // SAFETY: blocks, strides and halos are made for this shape above.
            unsafe { apply(&self.local, &outputs, factors, (lower, upper), store) };
        }
    }
}

fn against_plain_loops<T: Element>(seed: u64, tolerance: f64)
where
    T::Real: StencilReal,
{
    let mut random = Random(seed);
    for round in 0..400 {
        let fused = random.below(3) > 0;
        let same_x = !fused || random.below(2) == 0;
        let case = Case::<T>::random(&mut random, same_x);
        let imaginary = if T::IS_COMPLEX && random.below(2) == 0 { 1.0 } else { 0.0 };
        let alpha = Scalar::complex(1.0 + random.real(), imaginary * random.real());
        let beta = match random.below(3) {
            0 => Scalar::ZERO,
            1 => Scalar::ONE,
            _ => Scalar::complex(random.real(), imaginary * random.real()),
        };
        let lower: Vec<usize> =
            case.local.iter().map(|&n| if random.below(2) == 0 { 0 } else { random.below(n) }).collect();
        let upper: Vec<usize> = lower
            .iter()
            .zip(&case.local)
            .map(|(&l, &n)| if random.below(2) == 0 { n } else { l + random.below(n - l + 1) })
            .collect();
        let (pad, y_pad) = (random.below(3), random.below(3));
        let mut padded = case.local.clone();
        *padded.last_mut().expect("at least one axis") += y_pad;
        let size = padded.iter().product();
        let count = if fused { 1 } else { case.axes.len() };
        let start: Vec<Vec<T>> = (0..count)
            .map(|_| match beta.is_zero() {
                true => vec![T::from_real(T::Real::from_f64(f64::NAN)); size],
                false => random.elements(size),
            })
            .collect();
        let mut first: Option<Vec<Vec<T>>> = None;
        cpu::on_every_path::run(|path| {
            for store in [Store::Cached, Store::Streaming] {
                let mut y: Vec<_> = start.iter().map(|y| (y.clone(), strides_of(&padded))).collect();
                case.run((alpha, beta), store, fused, pad, &[(lower.clone(), upper.clone())], &places(&mut y));
                let bits = |v: &T| format!("{v:?}");
                for (k, (y, strides)) in y.iter().enumerate() {
                    let mut untouched = vec![true; size];
                    for index in indices(&lower, &upper) {
                        let at = place(strides, &index);
                        untouched[at] = false;
                        let sum = alpha * case.expected((!fused).then_some(k), &index);
                        let old = if beta.is_zero() { Scalar::ZERO } else { beta * start[k][at].to_scalar() };
                        let (re, im) = (old.re + sum.re, if T::IS_COMPLEX { old.im + sum.im } else { 0.0 });
                        let value = y[at].to_scalar();
                        let error = (value.re - re).abs().max((value.im - im).abs());
                        assert!(
                            error <= tolerance,
                            "round {round} {path:?} {store:?}: {index:?} of {:?}: {value:?}, not {re} {im}",
                            case.local
                        );
                    }
                    for at in (0..size).filter(|&at| untouched[at]) {
                        assert_eq!(bits(&y[at]), bits(&start[k][at]), "round {round}: wrote outside the box");
                    }
                }
                let y: Vec<Vec<T>> = y.into_iter().map(|(y, _)| y).collect();
                let reference = first.get_or_insert_with(|| y.clone());
                for (a, b) in y.iter().zip(reference) {
                    assert!(
                        a.iter().zip(b).all(|(a, b)| bits(a) == bits(b)),
                        "round {round}: {path:?} differs in bits"
                    );
                }
            }
        });
    }
}

#[test]
fn plain_loops_agree_f32() {
    against_plain_loops::<f32>(11, 1e-4);
}

#[test]
fn plain_loops_agree_f64() {
    against_plain_loops::<f64>(12, 1e-12);
}

#[test]
fn plain_loops_agree_c64() {
    against_plain_loops::<Complex<f32>>(13, 1e-4);
}

#[test]
fn plain_loops_agree_c128() {
    against_plain_loops::<Complex<f64>>(14, 1e-12);
}

/// Slabs with halos, computed as interior and shell, hold the bits of the whole block computed at once.
#[test]
fn cuts_do_not_change_bits() {
    let mut random = Random(15);
    for _ in 0..200 {
        let mut case = Case::<f32>::random(&mut random, true);
        let rank = case.shape.len();
        let whole = case.shape.clone();
        case.start = vec![0; rank];
        case.local = whole.clone();
        let factors = (Scalar::real(1.3), Scalar::real(0.3));
        let size = whole.iter().product();
        let y0: Vec<f32> = random.elements(size);
        let mut y = [(y0.clone(), strides_of(&whole))];
        case.run(factors, Store::Cached, true, 0, &[(vec![0; rank], whole.clone())], &places(&mut y));

        let axis = random.below(rank);
        let mut start = 0;
        while start < whole[axis] {
            let n = 1 + random.below(whole[axis] - start);
            (case.start[axis], case.local[axis]) = (start, n);
            let mut inside: Vec<_> = whole.iter().map(|&n| 0..n).collect();
            inside[axis] = 0..n;
            for (k, _) in case.axes.iter().enumerate().filter(|(_, &a)| a == axis) {
                inside[axis] = case.stencils[k].inside(start..start + n);
            }
            let mut boxes = vec![];
            shell(&case.local, &inside, |l, u| boxes.push((l.to_vec(), u.to_vec())));
            boxes.push((inside.iter().map(|r| r.start).collect(), inside.iter().map(|r| r.end).collect()));
            let strides = strides_of(&case.local);
            let all = indices(&vec![0; rank], &case.local);
            let global = |i: &Vec<usize>| {
                place(&strides_of(&whole), &i.iter().zip(&case.start).map(|(i, s)| i + s).collect::<Vec<_>>())
            };
            let mut part = [(all.iter().map(|i| y0[global(i)]).collect::<Vec<f32>>(), strides.clone())];
            case.run(factors, Store::Cached, true, 0, &boxes, &places(&mut part));
            for i in &all {
                assert_eq!(
                    part[0].0[place(&strides, i)].to_bits(),
                    y[0].0[global(i)].to_bits(),
                    "{i:?} of slab {start}+{n}"
                );
            }
            start += n;
        }
    }
}

/// Caches in which rows go one by one, and such in which some go together.
const SMALL: Caches = Caches { first: 32 << 10, second: 256 << 10, share: 4 << 20 };
const LARGE: Caches = Caches { first: 48 << 10, second: 1 << 20, share: 4 << 20 };

/// Rows longer than the reused bytes, bands of rows, rows across, many tiles and several outputs, tiles of several planes of
/// them, rows that share registers, long and short ones, on every path and past the caches or not.
#[test]
fn tiles_agree() {
    let mut random = Random(16);
    for (shape, axes) in [
        (vec![5, 300, 700], vec![0, 1, 2]),
        (vec![7, 200_000], vec![0, 1]),
        (vec![4, 300, 700], vec![0]),
        (vec![3, 40, 10, 300], vec![0, 2]),
        (vec![200_000], vec![0]),
        (vec![41, 3000], vec![0, 1]),
        (vec![41, 3001], vec![0]),
        (vec![29, 20_000], vec![0]),
        (vec![41, 3008], vec![0]),
        (vec![41, 1536], vec![0]),
        (vec![27, 2048], vec![0, 1]),
        (vec![23, 5000], vec![0, 1]),
        (vec![26, 1000], vec![0, 1]),
        (vec![11, 50, 100], vec![0, 1, 2]),
        (vec![11, 50, 129], vec![1, 2]),
        (vec![19, 1001], vec![1]),
        (vec![31, 333], vec![1]),
        (vec![31, 333], vec![0, 1]),
    ] {
        for (fused, beta) in [(true, 0.0), (true, 1.0), (false, 0.0), (false, 1.0)] {
            let before = if beta == 0.0 { f64::NAN } else { 0.25 };
            let stencils = axes.iter().map(|&a| random.stencil(shape[a])).collect();
            let weights = vec![1.0; axes.len()];
            let global = vec![random.elements(shape.iter().product())];
            let case = Case::<f64> {
                start: vec![0; shape.len()],
                local: shape.clone(),
                axes: axes.clone(),
                stencils,
                weights,
                global,
                shape: shape.clone(),
            };
            let size = shape.iter().product();
            let count = if fused { 1 } else { axes.len() };
            let all = [(vec![0; shape.len()], shape.clone())];
            let mut first: Option<Vec<Vec<f64>>> = None;
            cpu::on_every_path::run(|path| {
                for (store, caches) in [(Store::Cached, SMALL), (Store::Streaming, SMALL), (Store::Streaming, LARGE)] {
                    let mut y: Vec<_> = (0..count).map(|_| (vec![before; size], strides_of(&shape))).collect();
                    let factors = (Scalar::ONE, Scalar::real(beta));
                    cpu::other_caches::run(caches, || case.run(factors, store, fused, 0, &all, &places(&mut y)));
                    let y: Vec<Vec<f64>> = y.into_iter().map(|(y, _)| y).collect();
                    if let Some(first) = &first {
                        let mut pairs = first.iter().flatten().zip(y.iter().flatten());
                        let same = pairs.all(|(a, b)| a.to_bits() == b.to_bits());
                        assert!(same, "{path:?} {store:?} differs in bits for {shape:?}");
                    } else {
                        first = Some(y);
                    }
                }
            });
            for (k, y) in first.iter().flatten().enumerate() {
                for index in indices(&all[0].0, &all[0].1) {
                    let expected =
                        case.expected((!fused).then_some(k), &index).re + if beta == 0.0 { 0.0 } else { before };
                    let error = y[place(&strides_of(&shape), &index)] - expected;
                    assert!(error.abs() < 1e-12, "{index:?} of {shape:?}");
                }
            }
        }
    }
}
