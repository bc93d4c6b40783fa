//! Floating-point numbers, real and complex: arithmetic and the named functions; the formulas of expression.cuh.

use super::function::{Function, Pair};
use super::value::{Number, Ordered, Value};
use num_complex::Complex;

/// A real number with the named functions.
pub(super) trait Real: Ordered {
    fn function(function: Function, x: Self) -> Self;
    fn real_pair(pair: Pair, x: Self, y: Self) -> Self;
    fn is_infinite(self) -> bool;
    fn complex_function(function: Function, z: Complex<Self>) -> Complex<Self>;
    fn angle(re: Self, im: Self) -> Self;
    fn hypot(re: Self, im: Self) -> Self;
    fn power(x: Complex<Self>, y: Complex<Self>) -> Complex<Self>;
}

macro_rules! real {
    ($t:ident) => {
        impl Number for $t {
            #[inline(always)]
            fn add(self, other: $t) -> $t {
                self + other
            }
            #[inline(always)]
            fn subtract(self, other: $t) -> $t {
                self - other
            }
            #[inline(always)]
            fn multiply(self, other: $t) -> $t {
                self * other
            }
            #[inline(always)]
            fn divide(self, other: $t) -> $t {
                self / other
            }
            #[inline(always)]
            fn negate(self) -> $t {
                -self
            }
        }
        impl Ordered for $t {
            #[inline(always)]
            fn is_nan(self) -> bool {
                $t::is_nan(self)
            }
        }
        impl Real for $t {
            #[inline(always)]
            fn function(function: Function, x: $t) -> $t {
                match function {
                    Function::Sqrt => x.sqrt(),
                    Function::Cbrt => x.cbrt(),
                    Function::Exp => x.exp(),
                    Function::Exp2 => x.exp2(),
                    Function::Expm1 => x.exp_m1(),
                    Function::Log => x.ln(),
                    Function::Log2 => x.log2(),
                    Function::Log10 => x.log10(),
                    Function::Log1p => x.ln_1p(),
                    Function::Sin => x.sin(),
                    Function::Cos => x.cos(),
                    Function::Tan => x.tan(),
                    Function::Asin => x.asin(),
                    Function::Acos => x.acos(),
                    Function::Atan => x.atan(),
                    Function::Sinh => x.sinh(),
                    Function::Cosh => x.cosh(),
                    Function::Tanh => x.tanh(),
                    Function::Asinh => x.asinh(),
                    Function::Acosh => x.acosh(),
                    Function::Atanh => x.atanh(),
                    Function::Floor => x.floor(),
                    Function::Ceil => x.ceil(),
                    Function::Trunc => x.trunc(),
                    Function::Rint => x.round_ties_even(),
                    // NaN of NaN, 0 of both zeros.
                    Function::Sign if x == 0.0 || x.is_nan() => x + 0.0,
                    Function::Sign => x.signum(),
                    Function::Square => x * x,
                    Function::Reciprocal => 1.0 / x,
                    Function::Abs => x.abs(),
                    Function::Angle => Self::angle(x, 0.0),
                    Function::Imag => 0.0,
                    _ => x,
                }
            }
            #[inline(always)]
            fn real_pair(pair: Pair, x: $t, y: $t) -> $t {
                match pair {
                    Pair::Pow => x.powf(y),
                    Pair::Atan2 => x.atan2(y),
                    Pair::Hypot => x.hypot(y),
                    Pair::Fmod => x % y,
                    Pair::Copysign => x.copysign(y),
                    _ => Ordered::pair(pair, x, y),
                }
            }
            fn is_infinite(self) -> bool {
                $t::is_infinite(self)
            }
            #[inline(always)]
            fn complex_function(function: Function, z: Complex<$t>) -> Complex<$t> {
                match function {
                    Function::Sqrt => z.sqrt(),
                    Function::Exp => z.exp(),
                    Function::Log => z.ln(),
                    Function::Log2 => z.ln() * $t::recip(std::f64::consts::LN_2 as $t),
                    Function::Log10 => z.ln() * $t::recip(std::f64::consts::LN_10 as $t),
                    Function::Sin => z.sin(),
                    Function::Cos => z.cos(),
                    Function::Tan => z.sin().divide(z.cos()),
                    Function::Sinh => z.sinh(),
                    Function::Cosh => z.cosh(),
                    Function::Tanh => z.sinh().divide(z.cosh()),
                    Function::Square => z * z,
                    Function::Reciprocal => Complex::new(1.0, 0.0).divide(z),
                    Function::Conj => z.conj(),
                    _ => z,
                }
            }
            #[inline(always)]
            fn angle(re: $t, im: $t) -> $t {
                im.atan2(re)
            }
            #[inline(always)]
            fn hypot(re: $t, im: $t) -> $t {
                re.hypot(im)
            }
            /// exp(y log x); 0^y is 0, and 1 for y = 0.
            #[inline(always)]
            fn power(x: Complex<$t>, y: Complex<$t>) -> Complex<$t> {
                match (x == Complex::ZERO, y == Complex::ZERO) {
                    (_, true) => Complex::ONE,
                    (true, false) => Complex::ZERO,
                    _ => (y * x.ln()).exp(),
                }
            }
        }
        impl Value for Complex<$t> {
            const INTEGER: bool = false;
            #[inline(always)]
            fn re(self) -> f64 {
                self.re as f64
            }
            #[inline(always)]
            fn im(self) -> f64 {
                self.im as f64
            }
            fn integer(self) -> i64 {
                self.re as i64
            }
            #[inline(always)]
            fn from_integer(value: i64) -> Self {
                Complex::new(value as $t, 0.0)
            }
            #[inline(always)]
            fn from_parts(re: f64, im: f64) -> Self {
                Complex::new(re as $t, im as $t)
            }
        }
        impl Number for Complex<$t> {
            #[inline(always)]
            fn add(self, other: Self) -> Self {
                self + other
            }
            #[inline(always)]
            fn subtract(self, other: Self) -> Self {
                self - other
            }
            #[inline(always)]
            fn multiply(self, other: Self) -> Self {
                self * other
            }
            /// R. L. Smith, "Algorithm 116: Complex division", CACM 5 (1962): no overflow of squares.
            #[inline(always)]
            fn divide(self, other: Self) -> Self {
                let (a, b, c, d) = (self.re, self.im, other.re, other.im);
                if c.abs() >= d.abs() {
                    let r = if c == 0.0 && d == 0.0 { 0.0 } else { d / c };
                    let t = c + d * r;
                    Complex::new((a + b * r) / t, (b - a * r) / t)
                } else {
                    let r = c / d;
                    let t = c * r + d;
                    Complex::new((a * r + b) / t, (b * r - a) / t)
                }
            }
            #[inline(always)]
            fn negate(self) -> Self {
                -self
            }
        }
    };
}

real!(f32);
real!(f64);
