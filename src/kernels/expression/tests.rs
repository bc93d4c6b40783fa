//! The language against Rust's own arithmetic, and its errors with their columns.

use super::parser::{expression, statements};
use super::{parameters, Kind, Program, Scope, Work};
use crate::dtype::DType;
use crate::error::Status;
use num_complex::Complex;

/// The value of an expression of x and y, as an element of double precision and its kind.
fn value(text: &str, of: &[(&str, Kind, Complex<f64>)]) -> (Complex<f64>, Kind) {
    let mut scope = Scope { letters: vec![('T', of.first().map_or(Kind::Float64, |v| v.1))], ..Scope::default() };
    of.iter().for_each(|(name, kind, _)| {
        scope.add(name, *kind);
    });
    let typed = scope.typed(&expression(text).unwrap()).unwrap();
    let kind = typed.kind;
    let wide = match kind {
        Kind::Bool | Kind::Int32 | Kind::Int64 => Kind::Int64,
        _ => Kind::Complex128,
    };
    let typed = scope.converted(&expression(text).unwrap(), wide).unwrap();
    let program = Program::of(of.len(), &typed);
    let mut work = Work::new(&program);
    for (k, (_, kind, value)) in of.iter().enumerate() {
        work.set_scalar(k, *kind, crate::dtype::Scalar::complex(value.re, value.im));
    }
    // SAFETY: all variables were set.
    unsafe { work.run(&program, 3) };
    let slot = work.slot(program.result(0).0);
    // SAFETY: the slot holds elements of the wide kind.
    let found = unsafe {
        match wide {
            Kind::Int64 => Complex::new(slot.cast::<i64>().add(2).read() as f64, 0.0),
            _ => slot.cast::<Complex<f64>>().add(2).read(),
        }
    };
    (found, kind)
}

fn real(text: &str, x: f64, y: f64) -> f64 {
    value(text, &[("x", Kind::Float64, x.into()), ("y", Kind::Float64, y.into())]).0.re
}

#[test]
fn precedence_is_that_of_c() {
    for (text, wanted) in [
        ("2 + 3 * 4", 14.0),
        ("(2 + 3) * 4", 20.0),
        ("2 - 3 - 4", -5.0),
        ("24 / 4 / 2", 3.0),
        ("-x * y", -6.0),
        ("- - x", 2.0),
        ("+x", 2.0),
        ("x + y > 4 && y < x || x == 2", 1.0),
        ("1 < 2 == 1", 1.0),
        ("!x + 1", 1.0),
        ("x > 3 ? 1 : y > 2 ? 5 : 7", 5.0),
        ("x < 3 ? x < 1 ? 4 : 6 : 7", 6.0),
        ("(x < 3 ? 1 : 2) + 10", 11.0),
        ("7 % 4 * 2", 6.0),
        ("-7 / 2", -3.0),
        ("-7 % 4", -3.0),
        ("7 / 2 * 1.0", 3.0),
        ("7 / 2.0", 3.5),
        ("1e2 + .5 + 2. + 1.5e-1", 102.65),
        ("5 / 0 + 5 % 0", 0.0),
        ("where(x > y, x, y)", 3.0),
    ] {
        assert_eq!(real(text, 2.0, 3.0), wanted, "{text}");
    }
}

#[test]
fn every_function_is_rusts_own() {
    let of_one: [(&str, fn(f64) -> f64); 46] = [
        ("sqrt(x)", f64::sqrt),
        ("cbrt(x)", f64::cbrt),
        ("exp(x)", f64::exp),
        ("exp2(x)", f64::exp2),
        ("expm1(x)", f64::exp_m1),
        ("log(x)", f64::ln),
        ("log2(x)", f64::log2),
        ("log10(x)", f64::log10),
        ("log1p(x)", f64::ln_1p),
        ("sin(x)", f64::sin),
        ("cos(x)", f64::cos),
        ("tan(x)", f64::tan),
        ("arcsin(x)", f64::asin),
        ("asin(x)", f64::asin),
        ("arccos(x)", f64::acos),
        ("acos(x)", f64::acos),
        ("arctan(x)", f64::atan),
        ("atan(x)", f64::atan),
        ("sinh(x)", f64::sinh),
        ("cosh(x)", f64::cosh),
        ("tanh(x)", f64::tanh),
        ("arcsinh(x)", f64::asinh),
        ("asinh(x)", f64::asinh),
        ("arccosh(x)", f64::acosh),
        ("acosh(x)", f64::acosh),
        ("arctanh(x)", f64::atanh),
        ("atanh(x)", f64::atanh),
        ("floor(x)", f64::floor),
        ("ceil(x)", f64::ceil),
        ("trunc(x)", f64::trunc),
        ("rint(x)", f64::round_ties_even),
        ("sign(x)", |x| if x.is_nan() || x == 0.0 { x } else { x.signum() }),
        ("square(x)", |x| x * x),
        ("reciprocal(x)", |x| 1.0 / x),
        ("abs(x)", f64::abs),
        ("absolute(x)", f64::abs),
        ("fabs(x)", f64::abs),
        ("angle(x)", |x| 0f64.atan2(x)),
        ("arg(x)", |x| 0f64.atan2(x)),
        ("real(x)", |x| x),
        ("imag(x)", |_| 0.0),
        ("conj(x)", |x| x),
        ("conjugate(x)", |x| x),
        ("isnan(x)", |x| f64::from(x.is_nan())),
        ("isinf(x)", |x| f64::from(x.is_infinite())),
        ("isfinite(x)", |x| f64::from(x.is_finite())),
    ];
    assert_eq!(of_one.len(), super::function::FUNCTIONS.len());
    for x in [0.3, -0.7, 2.5, -3.5, 0.0, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for ((text, wanted), (name, _)) in of_one.iter().zip(super::function::FUNCTIONS) {
            assert_eq!(text.strip_suffix("(x)"), Some(name));
            let (found, wanted) = (real(text, x, 0.0), wanted(x));
            assert!(found == wanted || found.is_nan() && wanted.is_nan(), "{text} of {x}: {found}, not {wanted}");
        }
    }
    let of_two: [(&str, fn(f64, f64) -> f64); 13] = [
        ("pow(x, y)", f64::powf),
        ("power(x, y)", f64::powf),
        ("atan2(x, y)", f64::atan2),
        ("arctan2(x, y)", f64::atan2),
        ("hypot(x, y)", f64::hypot),
        ("fmod(x, y)", |x, y| x % y),
        ("copysign(x, y)", f64::copysign),
        ("min(x, y)", |x, y| if x.is_nan() || y.is_nan() { f64::NAN } else { x.min(y) }),
        ("minimum(x, y)", |x, y| if x.is_nan() || y.is_nan() { f64::NAN } else { x.min(y) }),
        ("max(x, y)", |x, y| if x.is_nan() || y.is_nan() { f64::NAN } else { x.max(y) }),
        ("maximum(x, y)", |x, y| if x.is_nan() || y.is_nan() { f64::NAN } else { x.max(y) }),
        ("fmin(x, y)", f64::min),
        ("fmax(x, y)", f64::max),
    ];
    for (x, y) in [(0.3, 2.5), (-7.5, 2.0), (3.0, -0.5), (f64::NAN, 1.0), (2.0, f64::NAN), (0.0, 0.0)] {
        for (text, wanted) in of_two {
            let (found, wanted) = (real(text, x, y), wanted(x, y));
            assert!(found == wanted || found.is_nan() && wanted.is_nan(), "{text} of {x}, {y}: {found}, not {wanted}");
        }
    }
}

#[test]
fn complex_numbers() {
    let (x, y) = (Complex::new(0.6, -1.3), Complex::new(-2.0, 0.7));
    let of: [(&str, Complex<f64>); 26] = [
        ("x + y", x + y),
        ("x - y", x - y),
        ("x * y", x * y),
        ("x / y", x / y),
        ("y / x", y / x),
        ("-x", -x),
        ("2 * x + 1.5", x * 2.0 + 1.5),
        ("conj(x)", x.conj()),
        ("real(x)", x.re.into()),
        ("imag(x)", x.im.into()),
        ("abs(x)", x.norm().into()),
        ("angle(x)", x.arg().into()),
        ("sqrt(x)", x.sqrt()),
        ("exp(x)", x.exp()),
        ("log(x)", x.ln()),
        ("log10(x)", x.log10()),
        ("log2(x)", x.log2()),
        ("sin(x)", x.sin()),
        ("cos(x)", x.cos()),
        ("tan(x)", x.tan()),
        ("sinh(x)", x.sinh()),
        ("cosh(x)", x.cosh()),
        ("tanh(x)", x.tanh()),
        ("pow(x, y)", x.powc(y)),
        ("square(x)", x * x),
        ("complex(real(y), 3) * reciprocal(x)", Complex::new(-2.0, 3.0) / x),
    ];
    for (text, wanted) in of {
        for (kind, eps) in [(Kind::Complex128, 1e-14), (Kind::Complex64, 3e-6)] {
            let (found, _) = value(text, &[("x", kind, x), ("y", kind, y)]);
            assert!((found - wanted).norm() < eps * (1.0 + wanted.norm()), "{text}: {found}, not {wanted}");
        }
    }
    let equal = |text: &str| value(text, &[("x", Kind::Complex64, x), ("y", Kind::Complex64, y)]).0.re;
    assert_eq!(["x == x", "x == y", "x != y", "x && y", "!x"].map(equal), [1.0, 0.0, 1.0, 1.0, 0.0]);
    let huge = Complex::new(1e300, 1e300);
    assert_eq!(value("x / x", &[("x", Kind::Complex128, huge)]).0, Complex::new(1.0, 0.0));
}

#[test]
fn types_meet_as_in_numpy() {
    let of = |a: Kind, b: Kind, text: &str| value(text, &[("x", a, 3.0.into()), ("y", b, 2.0.into())]).1;
    use Kind::*;
    for (a, b, text, wanted) in [
        (Float32, Float32, "x * y", Float32),
        (Float32, Float64, "x * y", Float64),
        (Float32, Float32, "2.5 * x + 1", Float32),
        (Float32, Float32, "pi * x", Float32),
        (Float64, Float32, "1.5f * y", Float32),
        (Float64, Float32, "1.5f * x", Float64),
        (Int32, Int64, "x + y", Int64),
        (Int32, Int32, "x / y", Int32),
        (Int32, Int32, "x + 1", Int32),
        (Int32, Int32, "x * 1.5", Float64),
        (Int32, Float32, "x + y", Float64),
        (Int32, Int32, "sqrt(x)", Float64),
        (Int32, Int32, "abs(x)", Int32),
        (Float32, Complex64, "x * y", Complex64),
        (Float64, Complex64, "x * y", Complex128),
        (Complex64, Complex64, "abs(x)", Float32),
        (Complex64, Complex64, "complex(0, 1) * x", Complex64),
        (Float32, Float32, "complex(0, 1) * x", Complex64),
        (Float32, Float32, "x < y", Bool),
        (Float32, Float32, "(x < y) + (x > y)", Int64),
        (Float32, Float32, "x < y ? 1 : x", Float32),
        (Float32, Float32, "float64(x) * y", Float64),
        (Float64, Float32, "T(y) * 2", Float64),
        (Int64, Float32, "isnan(y) ? x : 0", Int64),
    ] {
        assert_eq!(of(a, b, text), wanted, "{text} of {} and {}", a.name(), b.name());
    }
}

#[test]
fn every_error_has_its_column() {
    let scope = || {
        let mut scope = Scope { letters: vec![('T', Kind::Complex64)], ..Scope::default() };
        scope.add("x", Kind::Float32);
        scope.add("c", Kind::Complex64);
        scope.add("k", Kind::Int32);
        scope.add_output("z", Kind::Float32);
        scope.add_output("w", Kind::Complex64);
        scope
    };
    for (text, wanted) in [
        ("z = x $ 2", "column 7: '$' is not part"),
        ("z = x +", "column 8: expected a value, found the end"),
        ("z = (x + 1", "column 11: expected ')', found the end"),
        ("z = x 1", "column 7: expected an operator or ';', found 1"),
        ("z x", "column 4: expected '=', found the end"),
        ("for (;;) z = x", "column 5: expected '=', found '('"),
        ("3 = x", "column 1: expected the name of an output, found 3"),
        ("z = 1e", "column 5: a number whose exponent"),
        ("z = 3x", "column 5: '3x' is not a number"),
        ("z = 99999999999999999999", "column 5: the integer"),
        ("z = v", "column 5: 'v' is no parameter"),
        ("z = foo(x)", "column 5: there is no function 'foo'"),
        ("z = pow(x)", "column 5: 'pow' has 1 arguments, expected 2"),
        ("z = x; z = x", "column 8: 'z' has a value already"),
        ("v = x", "column 1: 'v' is no output"),
        ("x = 1", "column 1: 'x' is no output"),
        ("z = w", "column 5: 'w' is read before"),
        ("z = c", "column 5: a complex64 number as float32"),
        ("z = c < c ? 1 : 0", "column 7: complex numbers have no '<'"),
        ("z = x % 2", "column 7: '%' is for integers"),
        ("z = floor(c)", "column 5: 'floor' of complex64 numbers"),
        ("z = expm1(c)", "column 5: 'expm1' of complex64 numbers: it is there for real"),
        ("z = max(c, x)", "column 5: 'max' of complex64 numbers"),
        ("float16 d = x", "column 9: 'float16' is no type"),
        ("float32 sin = x", "column 9: 'sin' is the name of a function"),
        ("z = x;\n w = y", "line 2, column 6: 'y' is no parameter"),
        ("z = x += 1", "column 7: expected an operator or ';', found '+'"),
    ] {
        let error = statements(text).and_then(|s| scope().assignments(&s)).unwrap_err();
        assert_eq!(error.status, Status::Compilation);
        // The sign before '=' is an operator without its second operand there.
        let wanted =
            wanted.replace("column 7: expected an operator or ';', found '+'", "column 8: expected a value, found '='");
        assert!(error.message.starts_with(&wanted), "{text}: {error}, not {wanted}");
    }
    let deep = format!("z = {}x{}", "(".repeat(5000), ")".repeat(5000));
    assert!(statements(&deep).unwrap_err().message.contains("levels of parentheses"));
    let long = format!("z = x{}", " + x".repeat(5000));
    assert!(statements(&long).unwrap_err().message.contains("levels"));
    assert!(statements(&format!("z = {}x", "-".repeat(5000))).is_err());
    let mut all = scope();
    all.assignments(&statements("float64 d = x - 1; z = d * d; w = z + c;").unwrap()).unwrap();
    assert_eq!(all.unassigned(), None);
    let mut half = scope();
    half.assignments(&statements("z = x").unwrap()).unwrap();
    assert_eq!(half.unassigned(), Some("w"));
}

#[test]
fn parameters_of_a_list() {
    let list = parameters("float32 x, T y,scalar complex128  alpha").unwrap();
    assert_eq!(list.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["x", "y", "alpha"]);
    assert_eq!(list.iter().map(|p| p.scalar).collect::<Vec<_>>(), [false, false, true]);
    assert_eq!(list[0].of.dtype(), Some(DType::Float32));
    assert!(parameters("  ").unwrap().is_empty());
    for (text, wanted) in [
        ("float x", "column 1: 'float' is no type"),
        ("float32", "column 8: expected the name"),
        ("float32 x float32 y", "column 11: expected ','"),
        ("float32 x, ", "column 12: the end is no type"),
        ("T x, T x", "column 8: there are two"),
        ("T i", "column 3: 'i' is not free"),
        ("T _x", "column 3: '_x' is not free"),
        ("T exp", "column 3: 'exp' is the name"),
        ("raw T x", "column 1: 'raw' is no type"),
    ] {
        let error = parameters(text).unwrap_err();
        assert!(error.message.starts_with(wanted), "{text}: {error}");
    }
}
