//! Fourier transforms of many lines that lie side by side: row p has element p of every line.
//!
//! Stockham's mixed-radix algorithm (decimation in frequency, no permutation of the result): the stage of radix r splits
//! transforms of n' = r m elements, of which s are interleaved, into r transforms of m. For p < m, q < s, k < r:
//! y[q + s (r p + k)] = w^(p k) sum_j x[q + s (p + m j)] w^(m j k), w = exp(-+ 2 pi i / n'). Source: P. N. Swarztrauber,
//! FFT algorithms for vector computers, Parallel Computing 1 (1984). Since a register has one element of several lines,
//! nothing is moved between lanes, and lines need not be brought together before.

use super::butterflies::{butterfly, Turn};
use super::finish::Finish;
use super::lanes::{on_lanes, LaneKernel, Lanes, LINE};
use super::roots::root;
use crate::dtype::{Real, Scalar};
use num_complex::Complex;

/// Elements of a line at most: three tiles of more would not stay in the second-level cache.
const LONGEST: usize = 1 << 13;
/// Bytes of a tile's row are two cache lines up to this length, and one beyond.
const WIDE: usize = 1 << 10;

/// A planned transform of lines of `n` elements.
pub struct RowTransform<R> {
    n: usize,
    stages: Vec<Stage>,
    /// By sign of the exponent: for each stage, each p, each k from 1: re w, -im w, im w with w = w^(p k).
    factors: [Vec<[R; 3]>; 2],
}

struct Stage {
    radix: usize,
    m: usize,
    s: usize,
    /// Where its factors start.
    factors: usize,
}

/// Rows of complex numbers, which lie `step` numbers apart.
#[derive(Clone, Copy, Debug)]
pub struct Rows<R> {
    pub pointer: *mut Complex<R>,
    pub step: isize,
}

impl<R: Real> RowTransform<R> {
    /// None where n, at least 1, has other prime factors than 2, 3 and 5, or is 1 or above 2^13.
    pub fn new(n: usize) -> Option<RowTransform<R>> {
        let radices = radices(n).filter(|_| (2..=LONGEST).contains(&n))?;
        let (mut stages, mut factors) = (Vec::with_capacity(radices.len()), [Vec::new(), Vec::new()]);
        let (mut length, mut s) = (n, 1);
        for radix in radices {
            let m = length / radix;
            stages.push(Stage { radix, m, s, factors: factors[0].len() });
            for (p, k) in (0..m).flat_map(|p| (1..radix).map(move |k| (p, k))) {
                let (re, im) = root((p * k % length) as u64, length as u64);
                let [re, im, minus] = [re, im, -im].map(R::from_f64);
                factors[0].push([re, im, minus]);
                factors[1].push([re, minus, im]);
            }
            (length, s) = (m, s * radix);
        }
        Some(RowTransform { n, stages, factors })
    }

    /// Lines of a tile, whose rows are whole cache lines.
    pub fn width(&self) -> usize {
        LINE * if self.n <= WIDE { 2 } else { 1 } / size_of::<Complex<R>>()
    }

    /// Complex numbers of a tile.
    pub fn tile_len(&self) -> usize {
        self.n * self.width()
    }

    /// to := alpha * transform of `from` + beta to, of `width` lines; with beta = 0, `to` is not read. The transform is
    /// unscaled, with the positive sign of the exponent where asked. `room` has two tiles.
    ///
    /// # Safety
    /// Both sides have n rows of `width` numbers, which are the same places or apart, and apart from the room.
    pub unsafe fn run(
        &self,
        positive: bool,
        (alpha, from): (Scalar, Rows<R>),
        (beta, to): (Scalar, Rows<R>),
        room: &mut [Complex<R>],
    ) {
        assert!(room.len() >= 2 * self.tile_len(), "a room of {} numbers", room.len());
        let room = room.as_mut_ptr();
        on_lanes::<R>(Run { transform: self, positive, alpha, from, beta, to, room });
    }
}

/// Factors of n, so that the first stages, whose rows may lie far apart, have few rows to load at once.
fn radices(n: usize) -> Option<Vec<usize>> {
    let (mut rest, mut radices) = (n.max(1), Vec::new());
    let twos = rest.trailing_zeros() as usize;
    rest >>= twos;
    // Eights, but for 4 and 2 4, which leave no lone 2.
    let (eights, left) = match twos % 3 {
        1 if twos >= 4 => (twos / 3 - 1, vec![4, 4]),
        0 => (twos / 3, vec![]),
        one_or_two => (twos / 3, vec![1 << one_or_two]),
    };
    radices.extend(left);
    radices.extend(std::iter::repeat_n(8, eights));
    for prime in [3, 5] {
        while rest.is_multiple_of(prime) {
            radices.push(prime);
            rest /= prime;
        }
    }
    (rest == 1).then_some(radices)
}

struct Run<'a, R> {
    transform: &'a RowTransform<R>,
    positive: bool,
    alpha: Scalar,
    from: Rows<R>,
    beta: Scalar,
    to: Rows<R>,
    room: *mut Complex<R>,
}

impl<R: Real> LaneKernel for Run<'_, R> {
    #[inline(always)]
    unsafe fn run<V: Lanes>(self) {
        let RowTransform { stages, factors, .. } = self.transform;
        let (width, tile) = (self.transform.width(), self.transform.tile_len());
        let tiles = [0, tile].map(|at| Rows { pointer: self.room.wrapping_add(at), step: width as isize });
        // The sign of the exponent is in the factors, whose type is that of the lanes.
        let factors = factors[self.positive as usize].as_ptr().cast::<[V::Real; 3]>();
        // SAFETY: the caller of `RowTransform::run` vouches for rows and room; `on_lanes` for the type of the lanes.
        unsafe {
            let (turn, finish) = (Turn::new(self.positive), Finish::new(self.alpha, self.beta));
            for (k, stage) in stages.iter().enumerate() {
                let from = if k == 0 { self.from } else { tiles[(k - 1) % 2] };
                let ends = k + 1 == stages.len();
                let to = if ends { self.to } else { tiles[k % 2] };
                let work = Work::<V> {
                    stage,
                    registers: width * 2 / V::COUNT,
                    factors: factors.add(stage.factors),
                    turn,
                    from: (from.pointer.cast(), 2 * from.step),
                    to: (to.pointer.cast(), 2 * to.step),
                };
                match (stage.radix, ends) {
                    (2, false) => work.split::<2>(),
                    (3, false) => work.split::<3>(),
                    (4, false) => work.split::<4>(),
                    (5, false) => work.split::<5>(),
                    (_, false) => work.split::<8>(),
                    (2, true) => work.end::<2>(&finish),
                    (3, true) => work.end::<3>(&finish),
                    (4, true) => work.end::<4>(&finish),
                    (5, true) => work.end::<5>(&finish),
                    (_, true) => work.end::<8>(&finish),
                }
            }
        }
    }
}

/// A stage on rows of so many registers; distances of rows are in real numbers.
struct Work<'a, V: Lanes> {
    stage: &'a Stage,
    registers: usize,
    factors: *const [V::Real; 3],
    turn: Turn<V>,
    from: (*mut V::Real, isize),
    to: (*mut V::Real, isize),
}

impl<V: Lanes> Work<'_, V> {
    /// Sums over j for p, q and the register v.
    #[inline(always)]
    unsafe fn sums<const R: usize>(&self, p: usize, q: usize, v: usize) -> [V; R] {
        let Stage { m, s, .. } = *self.stage;
        let (first, step) = self.from;
        let row = first.wrapping_offset((q + s * p) as isize * step).wrapping_add(v * V::COUNT);
        // SAFETY: rows below n, registers within them.
        unsafe {
            let mut x = [V::load(row); R];
            for (j, x) in x.iter_mut().enumerate().skip(1) {
                *x = V::load(row.wrapping_offset((s * m * j) as isize * step));
            }
            butterfly::<V, R>(x, self.turn)
        }
    }

    /// Where k = 0 of p, q and the register v goes, and how far apart the others are.
    #[inline(always)]
    fn target<const R: usize>(&self, p: usize, q: usize, v: usize) -> (*mut V::Real, isize) {
        let (s, (first, step)) = (self.stage.s, self.to);
        (first.wrapping_offset((q + s * R * p) as isize * step).wrapping_add(v * V::COUNT), s as isize * step)
    }

    #[inline(always)]
    unsafe fn split<const R: usize>(&self) {
        for p in 0..self.stage.m {
            // SAFETY (both): there are R - 1 factors for each p; as for `sums`.
            let factors = unsafe { std::slice::from_raw_parts(self.factors.add(p * (R - 1)), R - 1) };
            self.each(
                #[inline(always)]
                |q, v| unsafe {
                    let (sums, (to, step)) = (self.sums::<R>(p, q, v), self.target::<R>(p, q, v));
                    sums[0].store(to);
                    for k in 1..R {
                        let ([re, minus, im], sum) = (factors[k - 1], sums[k]);
                        let product = sum.swap().mul_add(V::pairs(minus, im), sum.mul(V::splat(re)));
                        product.store(to.wrapping_offset(k as isize * step));
                    }
                },
            );
        }
    }

    /// The last stage, where m = 1.
    #[inline(always)]
    unsafe fn end<const R: usize>(&self, finish: &Finish<V>) {
        // SAFETY: as for `sums`.
        self.each(
            #[inline(always)]
            |q, v| unsafe {
                let (sums, (to, step)) = (self.sums::<R>(0, q, v), self.target::<R>(0, q, v));
                for k in 0..R {
                    finish.store(sums[k], to.wrapping_offset(k as isize * step));
                }
            },
        );
    }

    /// Every register of the rows that are interleaved.
    #[inline(always)]
    fn each(&self, work: impl Fn(usize, usize)) {
        for q in 0..self.stage.s {
            for v in 0..self.registers {
                work(q, v);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::cpu::on_every_path;

    /// Element p of a line.
    fn element(line: usize, p: usize) -> Complex<f64> {
        Complex::new(((p * p + 3 * line) % 17) as f64 - 7.0, ((p + 5 * line) % 11) as f64 - 4.0)
    }

    /// Element k of the transform by its definition.
    fn defined(n: usize, line: usize, k: usize, sign: f64) -> Complex<f64> {
        let power = |p: usize| root((p * k % n) as u64, n as u64);
        (0..n).map(|p| element(line, p) * Complex::new(power(p).0, sign * power(p).1)).sum()
    }

    fn check<R: Real>(n: usize, bound: f64) {
        let plan = RowTransform::<R>::new(n).expect("a length of small primes");
        let (width, step) = (plan.width(), plan.width() + 3);
        let number = |z: Complex<f64>| Complex::new(R::from_f64(z.re), R::from_f64(z.im));
        let mut room = vec![Complex::new(R::ZERO, R::ZERO); 2 * plan.tile_len()];
        let (alpha, beta) = (Scalar { re: 0.5, im: 2.0 }, Scalar { re: -1.0, im: 0.25 });
        for (positive, sign) in [(false, -1.0), (true, 1.0)] {
            let source: Vec<_> = (0..n * step).map(|k| number(element(k % step, k / step))).collect();
            let [mut kept, mut apart, mut same] = [(); 3].map(|()| source.clone());
            let rows = |x: &mut Vec<Complex<R>>| Rows { pointer: x.as_mut_ptr(), step: step as isize };
            let (from, to, both) = (rows(&mut kept), rows(&mut apart), rows(&mut same));
            // SAFETY: n rows of at least `width` numbers, and a room of two tiles.
            unsafe {
                plan.run(positive, (Scalar::ONE, from), (Scalar::ZERO, to), &mut room);
                plan.run(positive, (alpha, both), (beta, both), &mut room);
            }
            let some = |line| (0..n).step_by(n / 50 + 1).map(move |k| (line, k));
            for (line, k) in [0, width / 2, width - 1].into_iter().flat_map(some) {
                let wanted = defined(n, line, k, sign);
                let near = |found: Complex<R>, wanted: Complex<f64>| {
                    let found = Complex::new(found.re.to_f64(), found.im.to_f64());
                    assert!((found - wanted).norm() < bound, "n {n}, line {line}, element {k}: {found}, not {wanted}");
                };
                near(apart[k * step + line], wanted);
                let scaled =
                    Complex::new(alpha.re, alpha.im) * wanted + Complex::new(beta.re, beta.im) * element(line, k);
                near(same[k * step + line], scaled);
            }
            // Nothing beside the lines.
            let beside = |x: &[Complex<R>]| (0..n * step).filter(|k| k % step >= width).all(|k| x[k] == source[k]);
            assert!(beside(&same) && beside(&apart) && kept == source, "n {n}");
        }
    }

    #[test]
    fn rows_are_transformed() {
        on_every_path::run(|_| {
            for n in [2, 3, 4, 5, 6, 8, 9, 10, 15, 16, 24, 25, 27, 32, 45, 60, 64, 128, 243, 250, 256, 1280] {
                check::<f64>(n, 1e-12 * n as f64);
                check::<f32>(n, 1e-4 * n as f64);
            }
        });
    }

    #[test]
    fn other_lengths_have_no_plan() {
        for n in [1, 7, 14, 251, 1 << 14] {
            assert!(RowTransform::<f64>::new(n).is_none(), "{n}");
        }
    }

    #[test]
    fn radices_have_the_product() {
        for n in (1..3000).filter(|n| radices(*n).is_some()) {
            let radices = radices(n).expect("as filtered");
            assert!(
                radices.iter().product::<usize>() == n && radices.iter().all(|r| [2, 3, 4, 5, 8].contains(r)),
                "{n}"
            );
        }
    }
}
