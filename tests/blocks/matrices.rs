//! BlockDiag, VStack and HStack over uneven numbers of operators, none on some ranks, in groups of a mask too.

use super::counting::allocations;
use super::dense::{close, element, operator, read, scalars, space, write, Matrix, C};
use super::vectors::Padded;
use dlops::arrays::{Array, Space};
use dlops::context::Context;
use dlops::dtype::{Element, Scalar};
use dlops::layout::Layout;
use dlops::operators::block::{block_diag, hstack, replicated, stacked_vstack, vstack};
use dlops::operators::dot_test::dot_test;
use dlops::operators::{algebra, Mode, Operator};
use num_complex::Complex;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Diagonal,
    Tall,
    Wide,
}

const WIDTH: usize = 6;

/// The matrices of a rank: rank 1 has none, the others 1 to 3 of different sizes.
fn matrices<T: Element>(kind: Kind, rank: usize) -> Vec<Matrix> {
    let count = [2, 0, 3, 1][rank % 4];
    let sizes = (0..count).map(|k| (1 + (rank + 2 * k) % 4, 2 + (3 * rank + k) % 3));
    sizes
        .enumerate()
        .map(|(k, (rows, columns))| {
            let (rows, columns) = match kind {
                Kind::Diagonal => (rows, columns),
                Kind::Tall => (rows, WIDTH),
                Kind::Wide => (WIDTH, columns),
            };
            Matrix::numbered::<T>((100 * rank + k) as u64, rows, columns)
        })
        .collect()
}

/// The matrix of a group of ranks, and where the rows and columns of each of them start and end.
fn whole<T: Element>(kind: Kind, group: &[usize]) -> (Matrix, Vec<[std::ops::Range<usize>; 2]>) {
    let all: Vec<Vec<Matrix>> = group.iter().map(|r| matrices::<T>(kind, *r)).collect();
    let size = |f: fn(&Matrix) -> usize| all.iter().flatten().map(f).sum::<usize>();
    let (rows, columns) = (size(|m| m.rows), size(|m| m.columns));
    let mut big = match kind {
        Kind::Diagonal => Matrix::zero(rows, columns),
        Kind::Tall => Matrix::zero(rows, WIDTH),
        Kind::Wide => Matrix::zero(WIDTH, columns),
    };
    let (mut at, mut parts) = ((0, 0), Vec::new());
    for own in &all {
        let start = at;
        for m in own {
            match kind {
                Kind::Diagonal => big.put(at.0, at.1, m),
                Kind::Tall => big.put(at.0, 0, m),
                Kind::Wide => big.put(0, at.1, m),
            }
            at = (at.0 + m.rows, at.1 + m.columns);
        }
        let columns = if kind == Kind::Tall { 0..WIDTH } else { start.1..at.1 };
        let rows = if kind == Kind::Wide { 0..WIDTH } else { start.0..at.0 };
        parts.push([columns, rows]);
    }
    (big, parts)
}

fn build<T: Element>(context: &Context, kind: Kind, mask: Option<Vec<i32>>) -> Operator {
    let operators: Vec<Operator> =
        matrices::<T>(kind, context.rank()).iter().map(|m| operator::<T>(context, m, 0)).collect();
    match kind {
        Kind::Diagonal => block_diag(context, &operators, mask),
        Kind::Tall => vstack(context, &operators, mask),
        Kind::Wide => hstack(context, &operators, mask),
    }
    .unwrap()
}

/// Applies `a`, whose matrix is `big`, in every mode with every pair of scalars.
fn compare<T: Element>(
    a: &Operator,
    big: &Matrix,
    parts: &[std::ops::Range<usize>; 2],
    messages: impl Fn(Mode) -> u64,
    what: &str,
) {
    let traffic = a.context().comm().traffic();
    for mode in Mode::ALL {
        let (from, to) = if mode.transposed() { (1, 0) } else { (0, 1) };
        let (n, m) = if mode.transposed() { (big.rows, big.columns) } else { (big.columns, big.rows) };
        let (domain, range) = a.spaces(mode);
        let (x, y) = (Array::new(domain).unwrap(), Array::new(range).unwrap());
        let all_x: Vec<C> = (0..n).map(|k| element::<T>(7, k)).collect();
        let all_y: Vec<C> = (0..m).map(|k| element::<T>(8, k)).collect();
        write(&x, &all_x[parts[from].clone()]);
        for (alpha, beta) in scalars::<T>() {
            let nan = vec![C::new(f64::NAN, f64::NAN); all_y.len()];
            write(&y, if beta.is_zero() { &nan } else { &all_y }[parts[to].clone()].as_ref());
            let before = traffic.read().0;
            let allocated = allocations(|| a.apply_scaled(mode, alpha, &x, beta, &y).unwrap());
            assert_eq!(traffic.read().0 - before, messages(mode), "messages of {what} {mode:?}");
            assert_eq!(allocated, 0, "allocations of {what} {mode:?}");
            let expected = big.apply(mode, alpha, &all_x, beta, &all_y);
            let text = format!("{what} {} {mode:?} {alpha:?} {beta:?}", T::DTYPE.name());
            close::<T>(&read(&y), &expected[parts[to].clone()], &text);
            close::<T>(&read(&x), &all_x[parts[from].clone()], "x is not changed");
        }
    }
    for seed in 0..3 {
        let test = dot_test(a, seed, 0.0).unwrap();
        assert!(test.passed, "{what} {}: {test:?}", T::DTYPE.name());
    }
}

fn every_kind<T: Element>(context: &Context) {
    let (rank, size) = (context.rank(), context.size());
    for kind in [Kind::Diagonal, Kind::Tall, Kind::Wide] {
        // Groups of ranks {0, 1} and {2, 3}, as far as there are.
        let halves: Vec<i32> = (0..size).map(|r| r as i32 / 2).collect();
        for mask in [None, Some(halves)] {
            let group: Vec<usize> = (0..size).filter(|r| mask.as_ref().is_none_or(|m| m[*r] == m[rank])).collect();
            let me = group.iter().position(|r| *r == rank).unwrap();
            let (big, parts) = whole::<T>(kind, &group);
            let a = build::<T>(context, kind, mask.clone());
            let sums = |mode: Mode| match kind {
                Kind::Diagonal => false,
                Kind::Tall => mode.transposed(),
                Kind::Wide => !mode.transposed(),
            };
            // One allreduce; in a group of two, each rank sends one message for it.
            let messages = |mode: Mode| (sums(mode) && group.len() > 1) as u64;
            assert_eq!((a.domain().mask(), a.range().mask()), (mask.as_deref(), mask.as_deref()));
            let name = format!("{kind:?} with mask {mask:?}");
            compare::<T>(&a, &big, &parts[me], messages, &name);
        }
    }
}

/// Blocks inside a product, a sum and an adjoint; blocks whose range is a product; replicated operators.
fn compositions<T: Element>(context: &Context) {
    let rank = context.rank();
    let tall = build::<T>(context, Kind::Tall, None);
    let (big, _) = whole::<T>(Kind::Tall, &(0..context.size()).collect::<Vec<_>>());
    // A^H A + 2 I, whose domain is replicated.
    let normal = algebra::product(&[algebra::adjoint(&tall), tall.clone()]).unwrap();
    let identity = dlops::operators::basic::identity(tall.domain(), tall.domain()).unwrap();
    let sum = algebra::sum(&[Scalar::ONE, Scalar::real(2.0)], &[normal, identity]).unwrap();
    assert_eq!(sum.dtype(), T::DTYPE);
    assert!(sum.context() == context);
    let mut dense = Matrix::zero(WIDTH, WIDTH);
    for i in 0..WIDTH {
        for j in 0..WIDTH {
            let column = |k: usize, j: usize| big.elements[k * WIDTH + j];
            let dot: C = (0..big.rows).map(|k| column(k, i).conj() * column(k, j)).sum();
            dense.elements[i * WIDTH + j] = dot + if i == j { 2.0 } else { 0.0 };
        }
    }
    let several = (context.size() > 1) as u64;
    compare::<T>(&sum, &dense, &[0..WIDTH, 0..WIDTH], |_| several, "A^H A + 2 I");

    // A local operator with a product as its range: the components follow one another.
    let (a, b) = (Matrix::numbered::<T>(50, 2, 3), Matrix::numbered::<T>(51, 4, 3));
    let mut both = Matrix::zero(6, 3);
    both.put(0, 0, &a);
    both.put(2, 0, &b);
    let local = stacked_vstack(&[operator::<T>(context, &a, 0), operator::<T>(context, &b, 0)]).unwrap();
    let same = replicated(context, &local).unwrap();
    assert!(same.domain().is_replicated() && same.range().components().len() == 2);
    compare::<T>(&same, &both, &[0..3, 0..6], |_| 0, "replicated");
    assert!(replicated(context, &same).unwrap().is_same(&same));
    let mut wide = Matrix::zero(6 * context.size(), 3 * context.size());
    (0..context.size()).for_each(|r| wide.put(6 * r, 3 * r, &both));
    let diagonal = block_diag(context, &[local], None).unwrap();
    let parts = [3 * rank..3 * rank + 3, 6 * rank..6 * rank + 6];
    compare::<T>(&diagonal, &wide, &parts, |_| 0, "components in a row");
    // A shaped space with the same local counts is accepted, and no other.
    let shape = [context.size() as i64, 3];
    let shaped = Space::new(context, T::DTYPE, &shape, Layout::cut(0, context.size()), None).unwrap();
    assert!(shaped.congruent(diagonal.domain()));
    assert!(!shaped.congruent(diagonal.range()));
}

/// Whole sides keep the shape that all blocks have; padded memory works where parts are whole rows.
fn padded(context: &Context) {
    let (local, size) = (context.local(), context.size());
    let rows = space::<f64>(&local, &[2, 3]);
    let identity = dlops::operators::basic::identity(&rows, &rows).unwrap();
    let stack = vstack(context, &[identity.clone(), identity.clone()], None).unwrap();
    assert_eq!(stack.domain().shape(), Some(&[2, 3][..]));
    assert!(stack.domain().is_replicated());
    let padded = Padded::new(stack.domain()).unwrap();
    let y = padded.array.clone();
    let x = Array::new(stack.range()).unwrap();
    let ones = vec![C::new(1.0, 0.0); 12];
    write(&x, &ones);
    write(&y, &ones[..6]);
    stack.apply_scaled(Mode::Adjoint, Scalar::ONE, &x, Scalar::real(10.0), &y).unwrap();
    close::<f64>(&read(&y), &[C::new(2.0 * size as f64 + 10.0, 0.0); 6], "strided sum");
    let again = allocations(|| stack.apply(Mode::Adjoint, &x, &y).unwrap());
    assert_eq!(again, 0, "the second strided sum");
    stack.apply(Mode::Forward, &y, &x).unwrap();
    close::<f64>(&read(&x), &[C::new(2.0 * size as f64, 0.0); 12], "strided input");
    assert!(padded.written().is_empty(), "padding");
}

pub fn all(context: &Context) {
    every_kind::<f32>(context);
    every_kind::<f64>(context);
    every_kind::<Complex<f32>>(context);
    every_kind::<Complex<f64>>(context);
    compositions::<f64>(context);
    compositions::<Complex<f32>>(context);
    padded(context);
}
