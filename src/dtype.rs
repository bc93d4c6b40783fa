//! Element types: the run-time value `DType`, the compile-time trait `Element`, and NumPy's promotion.

use crate::error::{Error, Result, Status};
use num_complex::Complex;

/// What an element of an array is. The numbers are part of the ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum DType {
    Float32 = 1,
    Float64 = 2,
    Complex64 = 3,
    Complex128 = 4,
    Int32 = 5,
    Int64 = 6,
}

impl DType {
    pub const ALL: [DType; 6] =
        [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128, DType::Int32, DType::Int64];

    pub fn from_code(code: i32) -> Result<DType> {
        DType::ALL.into_iter().find(|d| *d as i32 == code).ok_or_else(|| {
            Error::new(Status::DType, format!("dtype is {code}, expected DLOPS_FLOAT32 (1) to DLOPS_INT64 (6)"))
        })
    }

    /// Bytes of one element.
    pub const fn size(self) -> usize {
        match self {
            DType::Float32 | DType::Int32 => 4,
            DType::Float64 | DType::Complex64 | DType::Int64 => 8,
            DType::Complex128 => 16,
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            DType::Float32 => "float32",
            DType::Float64 => "float64",
            DType::Complex64 => "complex64",
            DType::Complex128 => "complex128",
            DType::Int32 => "int32",
            DType::Int64 => "int64",
        }
    }

    pub const fn is_complex(self) -> bool {
        matches!(self, DType::Complex64 | DType::Complex128)
    }

    /// Storage-only types: copied, redistributed and written to files, never computed with.
    pub const fn is_integer(self) -> bool {
        matches!(self, DType::Int32 | DType::Int64)
    }

    /// The type of one real component.
    pub const fn real(self) -> DType {
        match self {
            DType::Complex64 => DType::Float32,
            DType::Complex128 => DType::Float64,
            other => other,
        }
    }

    /// The complex type of the same precision; integers become complex128, as in NumPy.
    pub const fn complex(self) -> DType {
        match self {
            DType::Float32 | DType::Complex64 => DType::Complex64,
            _ => DType::Complex128,
        }
    }

    /// NumPy's `result_type`: the smallest type that holds both without losing precision.
    pub fn promote(self, other: DType) -> DType {
        use DType::*;
        if self == other {
            return self;
        }
        if self.is_integer() && other.is_integer() {
            return Int64;
        }
        let double = [self, other].iter().any(|d| !matches!(d, Float32 | Complex64));
        match (self.is_complex() || other.is_complex(), double) {
            (true, true) => Complex128,
            (true, false) => Complex64,
            (false, true) => Float64,
            (false, false) => Float32,
        }
    }

    /// Unit round-off spacing of the real component (machine epsilon).
    pub fn epsilon(self) -> f64 {
        match self.real() {
            DType::Float32 => f32::EPSILON as f64,
            _ => f64::EPSILON,
        }
    }
}

/// A scalar that multiplies arrays of any type.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Scalar {
    pub re: f64,
    pub im: f64,
}

impl Scalar {
    pub const ZERO: Scalar = Scalar { re: 0.0, im: 0.0 };
    pub const ONE: Scalar = Scalar { re: 1.0, im: 0.0 };

    pub const fn real(re: f64) -> Scalar {
        Scalar { re, im: 0.0 }
    }

    pub const fn complex(re: f64, im: f64) -> Scalar {
        Scalar { re, im }
    }

    pub fn is_zero(self) -> bool {
        self.re == 0.0 && self.im == 0.0
    }

    pub fn is_one(self) -> bool {
        self == Scalar::ONE
    }

    pub fn is_real(self) -> bool {
        self.im == 0.0
    }

    pub fn conj(self) -> Scalar {
        Scalar { re: self.re, im: -self.im }
    }

    pub fn abs(self) -> f64 {
        self.re.hypot(self.im)
    }
}

impl std::ops::Mul for Scalar {
    type Output = Scalar;
    fn mul(self, b: Scalar) -> Scalar {
        Scalar { re: self.re * b.re - self.im * b.im, im: self.re * b.im + self.im * b.re }
    }
}

impl std::ops::Neg for Scalar {
    type Output = Scalar;
    fn neg(self) -> Scalar {
        Scalar { re: -self.re, im: -self.im }
    }
}

impl From<f64> for Scalar {
    fn from(re: f64) -> Scalar {
        Scalar::real(re)
    }
}

/// The floating-point component of an element.
pub trait Real: Element<Real = Self> + PartialOrd + std::ops::Div<Output = Self> + std::fmt::Display {
    fn to_f64(self) -> f64;
    fn from_f64(value: f64) -> Self;
}

/// A computing element type: float32, float64, complex64 or complex128.
pub trait Element:
    Copy
    + Send
    + Sync
    + 'static
    + PartialEq
    + std::fmt::Debug
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Neg<Output = Self>
{
    type Real: Real;
    const DTYPE: DType;
    const IS_COMPLEX: bool;
    /// Real components in one element: 1 or 2.
    const COMPONENTS: usize;
    const ZERO: Self;
    const ONE: Self;
    /// The scalar rounded to this type; an imaginary part is lost on real types (checked at the border).
    fn from_scalar(s: Scalar) -> Self;
    fn to_scalar(self) -> Scalar;
    fn from_real(r: Self::Real) -> Self;
    fn conj(self) -> Self;
    /// |x|^2 in double precision.
    fn abs_squared(self) -> f64;
    /// |x| in double precision, without overflow.
    fn abs(self) -> f64;
    fn is_finite(self) -> bool;
}

macro_rules! real_element {
    ($t:ty, $dtype:ident) => {
        impl Real for $t {
            fn to_f64(self) -> f64 {
                self as f64
            }
            fn from_f64(value: f64) -> Self {
                value as $t
            }
        }
        impl Element for $t {
            type Real = $t;
            const DTYPE: DType = DType::$dtype;
            const IS_COMPLEX: bool = false;
            const COMPONENTS: usize = 1;
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            fn from_scalar(s: Scalar) -> Self {
                s.re as $t
            }
            fn to_scalar(self) -> Scalar {
                Scalar::real(self as f64)
            }
            fn from_real(r: $t) -> Self {
                r
            }
            #[inline(always)]
            fn conj(self) -> Self {
                self
            }
            #[inline(always)]
            fn abs_squared(self) -> f64 {
                let x = self as f64;
                x * x
            }
            #[inline(always)]
            fn abs(self) -> f64 {
                (self as f64).abs()
            }
            fn is_finite(self) -> bool {
                <$t>::is_finite(self)
            }
        }
        impl Element for Complex<$t> {
            type Real = $t;
            const DTYPE: DType = DType::$dtype.complex();
            const IS_COMPLEX: bool = true;
            const COMPONENTS: usize = 2;
            const ZERO: Self = Complex::new(0.0, 0.0);
            const ONE: Self = Complex::new(1.0, 0.0);
            fn from_scalar(s: Scalar) -> Self {
                Complex::new(s.re as $t, s.im as $t)
            }
            fn to_scalar(self) -> Scalar {
                Scalar::complex(self.re as f64, self.im as f64)
            }
            fn from_real(r: $t) -> Self {
                Complex::new(r, 0.0)
            }
            #[inline(always)]
            fn conj(self) -> Self {
                Complex::new(self.re, -self.im)
            }
            #[inline(always)]
            fn abs_squared(self) -> f64 {
                let (re, im) = (self.re as f64, self.im as f64);
                re * re + im * im
            }
            #[inline(always)]
            fn abs(self) -> f64 {
                (self.re as f64).hypot(self.im as f64)
            }
            fn is_finite(self) -> bool {
                self.re.is_finite() && self.im.is_finite()
            }
        }
    };
}

real_element!(f32, Float32);
real_element!(f64, Float64);

/// Runs `$body` with `$T` bound to the element type of a computing dtype; integers go to `$else`.
#[macro_export]
macro_rules! dispatch {
    ($dtype:expr, $T:ident => $body:expr, else $other:expr) => {
        match $dtype {
            $crate::dtype::DType::Float32 => {
                type $T = f32;
                $body
            }
            $crate::dtype::DType::Float64 => {
                type $T = f64;
                $body
            }
            $crate::dtype::DType::Complex64 => {
                type $T = ::num_complex::Complex<f32>;
                $body
            }
            $crate::dtype::DType::Complex128 => {
                type $T = ::num_complex::Complex<f64>;
                $body
            }
            _ => $other,
        }
    };
    ($dtype:expr, $T:ident => $body:expr) => {
        $crate::dispatch!($dtype, $T => $body, else return Err($crate::error::Error::new(
            $crate::error::Status::DType,
            format!("{} arrays are for storage, copy, redistribution and files; arithmetic needs a floating-point type", $dtype.name()),
        )))
    };
}

#[cfg(test)]
mod tests {
    use super::DType::*;

    #[test]
    fn promotion_is_numpys() {
        for (a, b, c) in [
            (Float32, Complex128, Complex128),
            (Float64, Complex64, Complex128),
            (Float32, Complex64, Complex64),
            (Int32, Float32, Float64),
            (Int64, Float32, Float64),
            (Int32, Complex64, Complex128),
            (Int32, Int64, Int64),
            (Float32, Float64, Float64),
        ] {
            assert_eq!(a.promote(b), c);
            assert_eq!(b.promote(a), c);
        }
        for d in super::DType::ALL {
            assert_eq!(d.promote(d), d);
        }
    }
}
