use super::*;
use crate::arrays::{verbs, Array, Space};
use crate::context::{Context, ContextOptions};
use crate::dtype::{DType, Scalar};
use crate::error::{Result, Status};
use crate::layout::Layout;
use crate::operators::dot_test::dot_test;
use crate::operators::{LinearMap, Mode, Operator};

/// A complex multiple of the identity, conjugated where the mode asks for it.
struct Multiple(Scalar);

impl LinearMap for Multiple {
    fn name(&self) -> &str {
        "Multiple"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let c = if mode.conjugated() { self.0.conj() } else { self.0 };
        verbs::axpby(alpha * c, x, beta, y)
    }
}

fn space(n: i64) -> Space {
    let context = Context::solo(ContextOptions::default()).unwrap();
    Space::new(&context, DType::Complex128, &[n], Layout::cut(0, 1), None).unwrap()
}

fn multiple(space: &Space, re: f64, im: f64) -> Operator {
    Operator::new(space.clone(), space.clone(), Multiple(Scalar::complex(re, im)))
}

/// The factor by which an operator multiplies 1 in a mode.
fn factor(a: &Operator, mode: Mode) -> Scalar {
    let (x, y) = (Array::new(a.domain()).unwrap(), Array::new(a.range()).unwrap());
    verbs::fill(&x, Scalar::ONE).unwrap();
    verbs::fill(&y, Scalar::real(f64::NAN)).unwrap();
    a.apply(mode, &x, &y).unwrap();
    verbs::first_element(&y)
}

#[test]
fn modes_of_modes_form_a_group() {
    for a in Mode::ALL {
        for b in Mode::ALL {
            assert_eq!(a.then(b), b.then(a));
            assert_eq!(a.then(b).then(b), a);
        }
    }
    let a = multiple(&space(3), 1.0, 2.0);
    assert_eq!(factor(&adjoint(&a), Mode::Forward), Scalar::complex(1.0, -2.0));
    assert_eq!(factor(&transpose(&adjoint(&a)), Mode::Forward), Scalar::complex(1.0, -2.0));
    assert_eq!(factor(&conjugate(&adjoint(&a)), Mode::Adjoint), Scalar::complex(1.0, -2.0));
}

#[test]
fn sums_products_and_powers_multiply_out() {
    let s = space(5);
    let (a, b) = (multiple(&s, 1.0, 2.0), multiple(&s, 3.0, -1.0));
    let sum = sum(&[Scalar::complex(0.0, 1.0), Scalar::real(2.0)], &[a.clone(), b.clone()]).unwrap();
    assert_eq!(factor(&sum, Mode::Forward), Scalar::complex(4.0, -1.0));
    assert_eq!(factor(&sum, Mode::Adjoint), Scalar::complex(4.0, 1.0));
    let ab = product(&[a.clone(), b.clone(), a.clone()]).unwrap();
    let expected = Scalar::complex(1.0, 2.0) * Scalar::complex(3.0, -1.0) * Scalar::complex(1.0, 2.0);
    assert_eq!(factor(&ab, Mode::Forward), expected);
    assert_eq!(factor(&ab, Mode::Transpose), expected);
    assert_eq!(factor(&ab, Mode::Adjoint), expected.conj());
    let cube = power(&a, 3).unwrap();
    assert_eq!(factor(&cube, Mode::Forward), Scalar::complex(-11.0, -2.0));
    assert_eq!(factor(&power(&a, 0).unwrap(), Mode::Forward), Scalar::ONE);
    for operator in [&sum, &ab, &cube] {
        assert!(dot_test(operator, 7, 0.0).unwrap().passed);
    }
    assert!(a.counts().0 + a.counts().1 > 0);
}

#[test]
fn alpha_and_beta_enter_once() {
    let s = space(2);
    let (a, b) = (multiple(&s, 2.0, 0.0), multiple(&s, 5.0, 0.0));
    for (operator, value) in
        [(sum(&[Scalar::ONE; 2], &[a.clone(), b.clone()]).unwrap(), 7.0), (product(&[a, b]).unwrap(), 10.0)]
    {
        let (x, y) = (Array::new(&s).unwrap(), Array::new(&s).unwrap());
        verbs::fill(&x, Scalar::ONE).unwrap();
        verbs::fill(&y, Scalar::real(100.0)).unwrap();
        operator.apply_scaled(Mode::Forward, Scalar::real(3.0), &x, Scalar::real(0.5), &y).unwrap();
        assert_eq!(verbs::first_element(&y), Scalar::real(3.0 * value + 50.0));
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let (s, other) = (space(4), space(4));
    let a = multiple(&s, 1.0, 0.0);
    let error = product(&[a.clone(), multiple(&other, 1.0, 0.0)]).err().unwrap();
    assert_eq!(error.status, Status::Context);
    let longer = Space::new(s.context(), DType::Complex128, &[5], Layout::cut(0, 1), None).unwrap();
    let error = sum(&[Scalar::ONE; 2], &[a.clone(), multiple(&longer, 1.0, 0.0)]).err().unwrap();
    assert_eq!(error.status, Status::Space);
    assert!(error.message.contains("term 1"), "{}", error.message);
    assert_eq!(power(&a, -1).err().unwrap().status, Status::Argument);
    let x = Array::new(&s).unwrap();
    assert_eq!(a.apply(Mode::Forward, &x, &x).unwrap_err().status, Status::Overlap);
    let y = Array::new(&longer).unwrap();
    assert_eq!(a.apply(Mode::Forward, &x, &y).unwrap_err().status, Status::Space);
    let real = Space::new(s.context(), DType::Float64, &[4], Layout::cut(0, 1), None).unwrap();
    let real = crate::operators::basic::identity(&real, &real).unwrap();
    assert_eq!(scale(Scalar::complex(1.0, 1.0), &real).err().unwrap().status, Status::DType);
}

#[test]
fn inverses_follow_through_the_algebra() {
    let space = space(3);
    let identity = crate::operators::basic::identity(&space, &space).unwrap();
    let scaled = scale(Scalar::complex(0.0, 2.0), &identity).unwrap();
    for a in [adjoint(&scaled), conjugate(&scaled), product(&[scaled.clone(), transpose(&scaled)]).unwrap(), scaled] {
        let both = factor(&a, Mode::Forward) * factor(&inverse(&a).unwrap(), Mode::Forward);
        assert!((both.re - 1.0).abs() < 1e-15 && both.im.abs() < 1e-15, "{}: {both:?}", a.name());
    }
    let sum = sum(&[Scalar::ONE, Scalar::ONE], &[identity.clone(), identity]).unwrap();
    assert_eq!(inverse(&sum).err().unwrap().status, crate::error::Status::Unsupported);
}
