//! Arithmetic on single values of every type, as the language means it; the formulas of expression.cuh.

use super::function::Pair;

/// Any value: how it becomes one of another type.
pub(super) trait Value: Copy + Default + PartialEq {
    const INTEGER: bool;
    fn re(self) -> f64;
    fn im(self) -> f64;
    /// Of an integer or a truth value.
    fn integer(self) -> i64;
    fn from_integer(value: i64) -> Self;
    fn from_parts(re: f64, im: f64) -> Self;

    /// C's conversion: towards zero, imaginary parts dropped, not zero is true.
    #[inline(always)]
    fn from_value<V: Value>(value: V) -> Self {
        match V::INTEGER {
            true => Self::from_integer(value.integer()),
            false => Self::from_parts(value.re(), value.im()),
        }
    }
}

/// A number.
pub(super) trait Number: Value {
    fn add(self, other: Self) -> Self;
    fn subtract(self, other: Self) -> Self;
    fn multiply(self, other: Self) -> Self;
    fn divide(self, other: Self) -> Self;
    fn negate(self) -> Self;
}

/// A number with an order.
pub(super) trait Ordered: Number + PartialOrd {
    fn is_nan(self) -> bool;

    #[inline(always)]
    fn pair(pair: Pair, x: Self, y: Self) -> Self {
        match pair {
            Pair::Minimum if x.is_nan() || x < y => x,
            Pair::Minimum => y,
            Pair::Maximum if x.is_nan() || x > y => x,
            Pair::Maximum => y,
            Pair::Fmin if y.is_nan() || x < y => x,
            Pair::Fmin => y,
            Pair::Fmax if y.is_nan() || x > y => x,
            _ => y,
        }
    }
}

/// Real values: conversions are the language's own.
macro_rules! value {
    ($t:ty, $integer:literal) => {
        impl Value for $t {
            const INTEGER: bool = $integer;
            #[inline(always)]
            fn re(self) -> f64 {
                self as f64
            }
            #[inline(always)]
            fn im(self) -> f64 {
                0.0
            }
            #[inline(always)]
            fn integer(self) -> i64 {
                self as i64
            }
            #[inline(always)]
            fn from_integer(value: i64) -> $t {
                value as $t
            }
            #[inline(always)]
            fn from_parts(re: f64, _: f64) -> $t {
                re as $t
            }
        }
    };
}

value!(i32, true);
value!(i64, true);
value!(f32, false);
value!(f64, false);

macro_rules! integer {
    ($t:ty) => {
        impl Number for $t {
            #[inline(always)]
            fn add(self, other: $t) -> $t {
                self.wrapping_add(other)
            }
            #[inline(always)]
            fn subtract(self, other: $t) -> $t {
                self.wrapping_sub(other)
            }
            #[inline(always)]
            fn multiply(self, other: $t) -> $t {
                self.wrapping_mul(other)
            }
            /// 0 for a divisor of 0.
            #[inline(always)]
            fn divide(self, other: $t) -> $t {
                if other == 0 {
                    0
                } else {
                    self.wrapping_div(other)
                }
            }
            #[inline(always)]
            fn negate(self) -> $t {
                self.wrapping_neg()
            }
        }
        impl Ordered for $t {
            #[inline(always)]
            fn is_nan(self) -> bool {
                false
            }
        }
        impl Integer for $t {
            #[inline(always)]
            fn remainder(self, other: $t) -> $t {
                if other == 0 {
                    0
                } else {
                    self.wrapping_rem(other)
                }
            }
            #[inline(always)]
            fn absolute(self) -> $t {
                self.wrapping_abs()
            }
            #[inline(always)]
            fn sign(self) -> $t {
                self.signum()
            }
        }
    };
}

pub(super) trait Integer: Ordered {
    fn remainder(self, other: Self) -> Self;
    fn absolute(self) -> Self;
    fn sign(self) -> Self;
}

integer!(i32);
integer!(i64);

impl Value for bool {
    const INTEGER: bool = true;
    fn re(self) -> f64 {
        f64::from(u8::from(self))
    }
    fn im(self) -> f64 {
        0.0
    }
    #[inline(always)]
    fn integer(self) -> i64 {
        i64::from(self)
    }
    #[inline(always)]
    fn from_integer(value: i64) -> bool {
        value != 0
    }
    #[inline(always)]
    fn from_parts(re: f64, im: f64) -> bool {
        re != 0.0 || im != 0.0
    }
}
