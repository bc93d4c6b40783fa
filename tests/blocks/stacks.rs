//! Stacks of distributed operators on product spaces, against the matrix of their coefficients.

use super::counting::allocations;
use super::dense::{close, element, read, scalars, write, Matrix, C};
use super::vectors::Padded;
use dlops::arrays::{Array, Space};
use dlops::context::Context;
use dlops::dtype::{DType, Element, Scalar};
use dlops::error::Status;
use dlops::layout::Layout;
use dlops::operators::basic::identity;
use dlops::operators::block::{block, stacked_block_diag, stacked_hstack, stacked_vstack};
use dlops::operators::callback::{callback, Functions};
use dlops::operators::dot_test::dot_test;
use dlops::operators::{algebra, Mode, Operator};
use num_complex::Complex;

/// c I on a distributed space.
fn scaled<T: Element>(space: &Space, c: C) -> Operator {
    let c = if T::IS_COMPLEX { Scalar::complex(c.re, c.im) } else { Scalar::real(c.re) };
    algebra::scale(c, &identity(space, space).unwrap()).unwrap()
}

/// `a` multiplies components by the coefficients in `m`.
fn compare<T: Element>(a: &Operator, m: &Matrix, what: &str) {
    let messages = a.context().comm().traffic().read().0;
    for mode in Mode::ALL {
        let (from, to) = if mode.transposed() { (m.rows, m.columns) } else { (m.columns, m.rows) };
        let (domain, range) = a.spaces(mode);
        let (x, y) = (Array::new(domain).unwrap(), Array::new(range).unwrap());
        let n = domain.local_count() as usize / from;
        let numbers =
            |sequence: u64, count: usize| (0..count * n).map(|k| element::<T>(sequence, k)).collect::<Vec<C>>();
        let (all_x, all_y) = (numbers(1, from), numbers(2, to));
        for (alpha, beta) in scalars::<T>() {
            write(&x, &all_x);
            write(&y, &all_y);
            assert_eq!(allocations(|| a.apply_scaled(mode, alpha, &x, beta, &y).unwrap()), 0);
            let got = read(&y);
            for k in 0..n {
                let every = |v: &[C], count: usize| (0..count).map(|i| v[i * n + k]).collect::<Vec<C>>();
                let expected = m.apply(mode, alpha, &every(&all_x, from), beta, &every(&all_y, to));
                close::<T>(&every(&got, to), &expected, &format!("{what} {mode:?}"));
            }
        }
    }
    assert_eq!(a.context().comm().traffic().read().0, messages, "{what} sends nothing");
    let test = dot_test(a, 3, 0.0).unwrap();
    assert!(test.passed, "{what}: {test:?}");
}

fn every_kind<T: Element>(context: &Context) {
    let space = Space::new(context, T::DTYPE, &[5, 3], Layout::cut(0, context.size()), None).unwrap();
    let c = Matrix::numbered::<T>(9, 3, 2);
    let a: Vec<Operator> = c.elements.iter().map(|c| scaled::<T>(&space, *c)).collect();
    let matrix = |rows: usize, columns: usize, places: &[(usize, usize)]| {
        let mut m = Matrix::zero(rows, columns);
        places.iter().zip(&c.elements).for_each(|((i, j), e)| m.elements[i * columns + j] = *e);
        m
    };
    compare::<T>(&stacked_block_diag(&a[..3]).unwrap(), &matrix(3, 3, &[(0, 0), (1, 1), (2, 2)]), "StackedBlockDiag");
    compare::<T>(&stacked_vstack(&a[..3]).unwrap(), &matrix(3, 1, &[(0, 0), (1, 0), (2, 0)]), "StackedVStack");
    compare::<T>(&stacked_hstack(&a[..3]).unwrap(), &matrix(1, 3, &[(0, 0), (0, 1), (0, 2)]), "StackedHStack");
    let some = |k: usize| Some(a[k].clone());
    let blocks = [None, some(0), some(1), some(2), None, None, some(3), some(4), None];
    let places = [(0, 1), (0, 2), (1, 0), (2, 0), (2, 1)];
    compare::<T>(&block(3, 3, &blocks).unwrap(), &matrix(3, 3, &places), "Block");

    // (2 I)^2 of a stacked identity is 4 I (and not 2 I, nor I).
    let two = scaled::<T>(&space, C::new(2.0, 0.0));
    let square = algebra::power(&stacked_block_diag(&[two.clone(), two.clone()]).unwrap(), 2).unwrap();
    let four = Matrix { rows: 2, columns: 2, elements: [4.0, 0.0, 0.0, 4.0].map(|e| C::new(e, 0.0)).to_vec() };
    compare::<T>(&square, &four, "(2 I)^2");
    assert!(square.context() == context && square.dtype() == T::DTYPE);

    // A nested product: [[A; B], C] of a stack of stacks.
    let inner = stacked_vstack(&a[..2]).unwrap();
    let outer = stacked_vstack(&[inner, a[2].clone()]).unwrap();
    assert_eq!(outer.range().components()[0].components().len(), 2);
    compare::<T>(&outer, &matrix(3, 1, &[(0, 0), (1, 0), (2, 0)]), "nested");
}

/// Functions of the host on a distributed space, on handles and on packed memory.
fn functions<T: Element>(context: &Context) {
    let cut = |axis: usize| Space::new(context, T::DTYPE, &[4, 6], Layout::cut(axis, context.size()), None).unwrap();
    let space = cut(0);
    for contiguous in [false, true] {
        let c = element::<T>(4, 2);
        let multiply = |c: C| -> dlops::operators::callback::Function {
            Box::new(move |x: &Array, y: &Array| {
                if contiguous && !(x.leaf().unwrap().is_contiguous() && y.leaf().unwrap().is_contiguous()) {
                    return 1;
                }
                assert_eq!((x.space().shape(), y.space().shape()), (Some(&[4, 6][..]), Some(&[4, 6][..])));
                dlops::arrays::verbs::axpby(Scalar::complex(c.re, c.im), x, Scalar::ZERO, y).map_or(2, |()| 0)
            })
        };
        let functions = Functions {
            forward: multiply(c),
            adjoint: Some(multiply(c.conj())),
            contiguous,
            complex_linear: true,
            name: "Multiply".into(),
        };
        let a = callback(&space, &space, functions).unwrap();
        compare::<T>(&a, &Matrix { rows: 1, columns: 1, elements: vec![c] }, "Multiply");

        // Padded rows and a congruent flat array.
        let padded = Padded::new(&space).unwrap();
        let x = padded.array.clone();
        let counts: Vec<i64> = space.local_counts().to_vec();
        let flat = Space::unshaped(context, T::DTYPE, counts[context.rank()], None).unwrap();
        let y = Array::new(&flat).unwrap();
        let numbers: Vec<C> = (0..space.local_count() as usize).map(|k| element::<T>(6, k)).collect();
        for (mode, c) in
            [(Mode::Forward, c), (Mode::Adjoint, c.conj()), (Mode::Transpose, c), (Mode::Conjugate, c.conj())]
        {
            write(&x, &numbers);
            write(&y, &numbers);
            a.apply_scaled(mode, Scalar::ONE, &x, Scalar::real(3.0), &y).unwrap();
            let expected: Vec<C> = numbers.iter().map(|n| c * n + 3.0 * n).collect();
            close::<T>(&read(&y), &expected, "from padded rows");
            a.apply(mode, &y, &x).unwrap();
            let expected: Vec<C> = expected.iter().map(|n| c * n).collect();
            close::<T>(&read(&x), &expected, "to padded rows");
        }
        let other = Array::new(&cut(1)).unwrap();
        let refused = a.apply(Mode::Forward, &other, &y);
        assert_eq!(refused.is_err(), context.size() > 1);
    }
}

fn refusals(context: &Context) {
    let space = |dtype: DType, n: i64| Space::new(context, dtype, &[n], Layout::cut(0, context.size()), None).unwrap();
    let one = |s: &Space| identity(s, s).unwrap();
    let (a, longer, single) =
        (one(&space(DType::Float64, 8)), one(&space(DType::Float64, 9)), one(&space(DType::Float32, 8)));
    let elsewhere = Context::solo(Default::default()).unwrap();
    let stranger = one(&Space::new(&elsewhere, DType::Float64, &[8], Layout::cut(0, 1), None).unwrap());
    let status = |r: dlops::error::Result<Operator>| r.err().map(|e| e.status);
    for stack in [stacked_vstack, stacked_hstack] {
        assert_eq!(status(stack(&[])), Some(Status::Argument));
        assert_eq!(status(stack(&[a.clone(), longer.clone()])), Some(Status::Space));
        assert_eq!(status(stack(&[a.clone(), single.clone()])), Some(Status::DType));
        assert_eq!(status(stack(&[a.clone(), stranger.clone()])), Some(Status::Context));
    }
    assert_eq!(status(stacked_block_diag(&[a.clone(), stranger])), Some(Status::Context));
    // A diagonal may mix dtypes; a complex scalar then has no meaning for the real part.
    let double = one(&space(DType::Complex128, 8));
    let mixed = stacked_block_diag(&[a.clone(), double]).unwrap();
    let (x, y) = (Array::new(mixed.domain()).unwrap(), Array::new(mixed.range()).unwrap());
    let refused = mixed.apply_scaled(Mode::Forward, Scalar::complex(0.0, 1.0), &x, Scalar::ZERO, &y).err().unwrap();
    assert_eq!(refused.status, Status::DType);
    assert_eq!(status(block(2, 2, &[Some(a.clone()), None, Some(a.clone()), None])), Some(Status::Argument));
    assert_eq!(status(block(2, 1, &[Some(a.clone())])), Some(Status::Argument));
    assert_eq!(status(block(1, 2, &[Some(a), Some(longer)])), Some(Status::Space));
}

pub fn all(context: &Context) {
    every_kind::<f32>(context);
    every_kind::<f64>(context);
    every_kind::<Complex<f32>>(context);
    every_kind::<Complex<f64>>(context);
    functions::<f32>(context);
    functions::<Complex<f64>>(context);
    refusals(context);
}
