//! Dense matrices whose elements are functions of their numbers, as operators and as references.

pub use super::vectors::{read, write};
use dlops::arrays::{verbs, Array, Space};
use dlops::context::Context;
use dlops::dtype::{Element, Scalar};
use dlops::layout::Layout;
use dlops::operators::callback::{callback, Function, Functions};
use dlops::operators::{Mode, Operator};
use num_complex::Complex;

pub type C = Complex<f64>;

/// Element `index` of a sequence, in [-1, 1] for both components; real for real types, and exact in f32.
pub fn element<T: Element>(sequence: u64, index: usize) -> C {
    let mut h = sequence.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (index as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
    h = (h ^ h >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let part = |bits: u64| (bits & 0x3FF) as f64 / 511.5 - 1.0;
    let round = |x: f64| f64::from(x as f32);
    C::new(round(part(h >> 20)), if T::IS_COMPLEX { round(part(h >> 40)) } else { 0.0 })
}

/// rows x columns
#[derive(Clone)]
pub struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub elements: Vec<C>,
}

impl Matrix {
    pub fn zero(rows: usize, columns: usize) -> Matrix {
        Matrix { rows, columns, elements: vec![C::new(0.0, 0.0); rows * columns] }
    }

    pub fn numbered<T: Element>(sequence: u64, rows: usize, columns: usize) -> Matrix {
        Matrix { rows, columns, elements: (0..rows * columns).map(|k| element::<T>(sequence, k)).collect() }
    }

    pub fn put(&mut self, row: usize, column: usize, block: &Matrix) {
        for i in 0..block.rows {
            for j in 0..block.columns {
                self.elements[(row + i) * self.columns + column + j] = block.elements[i * block.columns + j];
            }
        }
    }

    /// alpha op(M) x + beta y
    pub fn apply(&self, mode: Mode, alpha: Scalar, x: &[C], beta: Scalar, y: &[C]) -> Vec<C> {
        let scalar = |s: Scalar| C::new(s.re, s.im);
        let conj = |z: C| if mode.conjugated() { z.conj() } else { z };
        (0..y.len())
            .map(|i| {
                let at = |j: usize| if mode.transposed() { j * self.columns + i } else { i * self.columns + j };
                let sum: C = x.iter().enumerate().map(|(j, x)| conj(self.elements[at(j)]) * x).sum();
                let old = if beta.is_zero() { C::new(0.0, 0.0) } else { scalar(beta) * y[i] };
                scalar(alpha) * sum + old
            })
            .collect()
    }
}

#[allow(clippy::mut_from_ref)] // the array's memory, which this thread alone uses
fn get<T: Element>(a: &Array) -> &mut [T] {
    let local = a.local().unwrap();
    assert!(local.is_contiguous());
    let count = a.local_count() as usize;
    if count == 0 {
        return &mut [];
    }
    // SAFETY: contiguous elements of this type; nobody else looks at them meanwhile.
    unsafe { std::slice::from_raw_parts_mut(local.pointer().cast(), count) }
}

pub fn space<T: Element>(context: &Context, shape: &[i64]) -> Space {
    Space::new(context, T::DTYPE, shape, Layout::replicated(context.size()), None).unwrap()
}

/// A matrix as a local operator of the host's functions; a `code` other than 0 is what they return.
pub fn operator<T: Element>(context: &Context, m: &Matrix, code: i32) -> Operator {
    let local = context.local();
    let function = |mode: Mode| -> Function {
        let m = m.clone();
        let multiply = move |x: &Array, y: &Array| {
            let (x, y) = (get::<T>(x), get::<T>(y));
            for (i, y) in y.iter_mut().enumerate() {
                let at = |j: usize| if mode.transposed() { j * m.columns + i } else { i * m.columns + j };
                *y = x.iter().enumerate().fold(T::ZERO, |sum, (j, x)| {
                    let e = m.elements[at(j)];
                    let e = T::from_scalar(Scalar::complex(e.re, e.im));
                    sum + if mode.conjugated() { e.conj() } else { e } * *x
                });
            }
        };
        Box::new(move |x: &Array, y: &Array| {
            if x.space().is_on_device() {
                let result = y.host_copy().unwrap();
                multiply(&x.host_copy().unwrap(), &result);
                verbs::copy(&result, y).unwrap();
            } else {
                multiply(x, y);
            }
            code
        })
    };
    let functions = Functions {
        forward: function(Mode::Forward),
        adjoint: Some(function(Mode::Adjoint)),
        contiguous: false,
        complex_linear: true,
        name: "Dense".into(),
    };
    let (domain, range) = (space::<T>(&local, &[m.columns as i64]), space::<T>(&local, &[m.rows as i64]));
    callback(&domain, &range, functions).unwrap()
}

/// |got - expected| <= tolerance, element by element.
pub fn close<T: Element>(got: &[C], expected: &[C], what: &str) {
    let tolerance = if T::DTYPE.epsilon() > 1e-10 { 2e-4 } else { 1e-12 };
    assert_eq!(got.len(), expected.len(), "{what}");
    for (k, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).norm() <= tolerance, "{what}, element {k}: {g} instead of {e}\n{got:?}\n{expected:?}");
    }
}

/// Pairs of alpha and beta.
pub fn scalars<T: Element>() -> Vec<(Scalar, Scalar)> {
    let mut pairs = vec![(1.0, 0.0), (1.0, 1.0), (-0.5, 0.0), (2.0, -1.5), (0.0, 1.0)];
    let mut all: Vec<_> = pairs.drain(..).map(|(a, b)| (Scalar::real(a), Scalar::real(b))).collect();
    if T::IS_COMPLEX {
        all.push((Scalar::complex(0.5, -1.0), Scalar::complex(-1.0, 0.25)));
        all.push((Scalar::complex(0.0, 2.0), Scalar::ZERO));
    }
    all
}
