//! Bad input and failures on one rank only.

use super::counting::allocations;
use super::dense::{operator, read, Matrix};
use dlops::arrays::{verbs, Array};
use dlops::context::Context;
use dlops::dtype::{DType, Scalar};
use dlops::error::{Result, Status};
use dlops::operators::algebra::promoted;
use dlops::operators::basic::zero;
use dlops::operators::block::{block_diag, hstack, replicated, vstack};
use dlops::operators::callback::{callback, Functions};
use dlops::operators::dot_test::dot_test;
use dlops::operators::{Mode, Operator};

/// The status, which is the same on all ranks, as is the text.
fn agreed(context: &Context, result: Result<Operator>) -> (Status, String) {
    let error = result.err().expect("an error");
    let text = format!("{:?} {}", error.status, error.message);
    context.agree_on(Ok(()), &text).expect("the same error on all ranks");
    (error.status, error.message)
}

fn bad_arguments(context: &Context) {
    let (rank, size) = (context.rank(), context.size());
    let last = rank + 1 == size;
    let dense = |rows: usize, columns: usize| operator::<f64>(context, &Matrix::numbered::<f64>(1, rows, columns), 0);
    for (make, bad) in [(vstack as fn(&Context, &[Operator], _) -> _, dense(3, 5)), (hstack, dense(5, 3))] {
        let own = if last { vec![dense(4, 4), bad] } else { vec![dense(4, 4)] };
        let (status, text) = agreed(context, make(context, &own, None));
        assert_eq!(status, Status::Shape);
        assert!(text.contains('5') && text.contains('4'), "{text}");
    }
    if size > 1 {
        // Each rank is right by itself.
        let own = if last { dense(3, 5) } else { dense(3, 4) };
        let (status, text) = agreed(context, vstack(context, &[own], None));
        assert_eq!(status, Status::Shape);
        assert!(text.contains(&format!("rank {}", size - 1)) && text.contains("5 columns"), "{text}");

        // A map from real to complex is not converted.
        let local = context.local();
        let real = super::dense::space::<f64>(&local, &[4]);
        let widening = zero(&real, &super::dense::space::<num_complex::Complex<f64>>(&local, &[3])).unwrap();
        for make in [vstack, hstack, block_diag] {
            let own = if last { widening.clone() } else { dense(3, 4) };
            let (status, text) = agreed(context, make(context, &[own], None));
            assert_eq!(status, Status::DType);
            assert!(text.contains("complex128") && text.contains("float64"), "{text}");
        }
        let mask = vec![if last { 1 } else { 0 }; size];
        assert_eq!(agreed(context, block_diag(context, &[dense(2, 2)], Some(mask))).0, Status::Collective);
        let other = if last { dense(2, 3) } else { dense(3, 3) };
        assert_eq!(agreed(context, replicated(context, &other)).0, Status::Collective);
    }
    for make in [vstack, hstack, block_diag] {
        assert_eq!(agreed(context, make(context, &[], None)).0, Status::Argument);
        let elsewhere = Context::solo(Default::default()).unwrap();
        let stranger = operator::<f64>(&elsewhere, &Matrix::numbered::<f64>(1, 2, 2), 0);
        let own = if last { vec![stranger] } else { vec![] };
        assert_eq!(agreed(context, make(context, &own, None)).0, Status::Context);
        assert_eq!(agreed(context, make(context, &[dense(2, 2)], Some(vec![0; size + 1]))).0, Status::Layout);
    }
}

/// A block that fails on the last rank: the schedule is finished everywhere, and the error can be agreed.
fn failing_blocks(context: &Context) {
    let last = context.rank() + 1 == context.size();
    let m = Matrix::numbered::<f64>(1, 3, 3);
    let own = [operator::<f64>(context, &m, 0), operator::<f64>(context, &m, if last { 42 } else { 0 })];
    for (make, mode) in [
        (vstack as fn(&Context, &[Operator], _) -> _, Mode::Adjoint),
        (hstack, Mode::Forward),
        (block_diag, Mode::Forward),
    ] {
        let a = make(context, &own, None).unwrap();
        let (domain, range) = a.spaces(mode);
        let (x, y) = (Array::new(domain).unwrap(), Array::new(range).unwrap());
        verbs::fill(&x, Scalar::ONE).unwrap();
        verbs::fill(&y, Scalar::ONE).unwrap();
        let done = a.apply_scaled(mode, Scalar::ONE, &x, Scalar::ONE, &y);
        match done {
            Ok(()) => assert!(!last),
            Err(error) => {
                assert!(last && error.status == Status::Callback, "{error}");
                assert!(error.message.contains("42") && error.message.contains("Dense"), "{error}");
                assert!(error.message.contains("block 1"), "{error}");
            }
        }
        if a.name() != "BlockDiag" {
            assert!(read(&y).iter().all(|e| e.re.is_nan()), "the failure spreads as NaN");
        }
        let all = context.agree_pending().expect_err("the error of the last rank");
        assert_eq!(all.status, Status::Callback);
        assert!(context.agree_pending().is_ok(), "forgotten");
        // Nobody leaves a collective test alone.
        assert!(dot_test(&a, 1, 0.0).is_err());
        let _ = context.agree_pending();
    }
}

/// An operator that is applied inside its own function, and one without an adjoint.
fn misuse(context: &Context) {
    let local = context.local();
    let space = super::dense::space::<f64>(&local, &[2]);
    let slot = std::sync::Arc::new(std::sync::OnceLock::<Operator>::new());
    let inside = slot.clone();
    let functions = Functions {
        forward: Box::new(move |x, y| match inside.get().map(|a| a.apply(Mode::Forward, x, y)) {
            Some(Err(error)) if error.status == Status::State => 0,
            _ => 1,
        }),
        adjoint: None,
        contiguous: false,
        complex_linear: true,
        name: "Recursive".into(),
    };
    let a = callback(&space, &space, functions).unwrap();
    let (x, y) = (Array::new(&space).unwrap(), Array::new(&space).unwrap());
    slot.set(a.clone()).ok().unwrap();
    a.apply(Mode::Forward, &x, &y).unwrap();
    for mode in [Mode::Adjoint, Mode::Transpose] {
        assert_eq!(a.apply(mode, &x, &y).err().unwrap().status, Status::Unsupported);
    }
    a.apply(Mode::Conjugate, &x, &y).unwrap();
}

/// Blocks of several dtypes: the result has the promoted one, and a narrower block computes in its own.
fn mixed_dtypes(context: &Context) {
    use super::dense::{close, write, C};
    type Single = num_complex::Complex<f32>;
    let (rank, size) = (context.rank(), context.size());
    let m = Matrix::numbered::<f64>(7, 3, 3);
    // On one rank all three; on others one after the other, so that no rank sees the dtype of all.
    let kinds = [
        operator::<f32>(context, &m, 0),
        operator::<f64>(context, &m, 0),
        operator::<Single>(
            context,
            &Matrix { elements: m.elements.iter().map(|e| e * C::I).collect(), ..m.clone() },
            0,
        ),
    ];
    let own: Vec<Operator> = (0..3).filter(|k| k % size == rank).map(|k| kinds[k].clone()).collect();
    let factors: Vec<C> = (0..3).filter(|k| k % size == rank).map(|k| if k == 2 { C::I } else { C::ONE }).collect();
    let a = block_diag(context, &own, None).unwrap();
    let (stack, beside) = (vstack(context, &own, None).unwrap(), hstack(context, &own, None).unwrap());
    for operator in [&a, &stack, &beside] {
        assert_eq!((operator.domain().dtype(), operator.range().dtype()), (DType::Complex128, DType::Complex128));
        // The products themselves are single: so is the agreement of the two inner products.
        let test = dot_test(operator, 3, 1e-6).unwrap();
        assert!(test.passed && operator.is_complex_linear(), "{test:?}");
    }
    let x = Array::new(a.domain()).unwrap();
    let y = Array::new(a.range()).unwrap();
    let numbers: Vec<C> = (0..3 * own.len()).map(|k| C::new(k as f64 - 1.0, 0.5 * k as f64)).collect();
    let before: Vec<C> = numbers.iter().map(|v| v * 2.0).collect();
    let (alpha, beta) = (Scalar::complex(0.5, -2.0), Scalar::complex(0.0, 1.0));
    for mode in Mode::ALL {
        write(&x, &numbers);
        write(&y, &before);
        let made = allocations(|| a.apply_scaled(mode, alpha, &x, beta, &y).unwrap());
        assert_eq!(made, 0, "{mode:?}");
        for (k, factor) in factors.iter().enumerate() {
            let part = 3 * k..3 * k + 3;
            let block = Matrix { elements: m.elements.iter().map(|e| e * factor).collect(), ..m.clone() };
            let expected = block.apply(mode, alpha, &numbers[part.clone()], beta, &before[part.clone()]);
            close::<f32>(&read(&y)[part], &expected, &format!("mixed, {mode:?}"));
        }
    }
}

/// Operators that no wider type holds, or that are real on one side only.
fn promotions(context: &Context) {
    let m = Matrix::numbered::<f64>(7, 3, 3);
    let double = operator::<f64>(context, &m, 0);
    let refused = |a: &Operator, dtype| promoted(a, dtype).err().unwrap();
    let error = refused(&double, DType::Complex64);
    assert!(error.status == Status::DType && error.message.contains("float64"), "{error}");
    assert_eq!(refused(&double, DType::Int64).status, Status::DType);
    let local = context.local();
    let (real, complex) = (super::dense::space::<f64>(&local, &[3]), DType::Complex128);
    let widening = zero(&real, &real.with_dtype(complex)).unwrap();
    assert_eq!(refused(&widening, complex).status, Status::Unsupported);
    assert!(promoted(&double, DType::Float64).unwrap().is_same(&double));
}

pub fn all(context: &Context) {
    mixed_dtypes(context);
    promotions(context);
    bad_arguments(context);
    failing_blocks(context);
    misuse(context);
}
