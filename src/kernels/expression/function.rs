//! The named functions and constants: CuPy's and NumPy's names, and those of C where they differ.

use super::kind::Kind;

/// A function of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Sqrt,
    Cbrt,
    Exp,
    Exp2,
    Expm1,
    Log,
    Log2,
    Log10,
    Log1p,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Floor,
    Ceil,
    Trunc,
    Rint,
    Sign,
    Square,
    Reciprocal,
    Abs,
    Angle,
    Real,
    Imag,
    Conj,
    IsNan,
    IsInf,
    IsFinite,
}

/// A function of two values of one type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pair {
    Pow,
    Atan2,
    Hypot,
    Fmod,
    Copysign,
    /// NaN where one is.
    Minimum,
    Maximum,
    /// The other one where one is NaN.
    Fmin,
    Fmax,
    /// From real and imaginary part.
    Complex,
}

pub const FUNCTIONS: [(&str, Function); 46] = [
    ("sqrt", Function::Sqrt),
    ("cbrt", Function::Cbrt),
    ("exp", Function::Exp),
    ("exp2", Function::Exp2),
    ("expm1", Function::Expm1),
    ("log", Function::Log),
    ("log2", Function::Log2),
    ("log10", Function::Log10),
    ("log1p", Function::Log1p),
    ("sin", Function::Sin),
    ("cos", Function::Cos),
    ("tan", Function::Tan),
    ("arcsin", Function::Asin),
    ("asin", Function::Asin),
    ("arccos", Function::Acos),
    ("acos", Function::Acos),
    ("arctan", Function::Atan),
    ("atan", Function::Atan),
    ("sinh", Function::Sinh),
    ("cosh", Function::Cosh),
    ("tanh", Function::Tanh),
    ("arcsinh", Function::Asinh),
    ("asinh", Function::Asinh),
    ("arccosh", Function::Acosh),
    ("acosh", Function::Acosh),
    ("arctanh", Function::Atanh),
    ("atanh", Function::Atanh),
    ("floor", Function::Floor),
    ("ceil", Function::Ceil),
    ("trunc", Function::Trunc),
    ("rint", Function::Rint),
    ("sign", Function::Sign),
    ("square", Function::Square),
    ("reciprocal", Function::Reciprocal),
    ("abs", Function::Abs),
    ("absolute", Function::Abs),
    ("fabs", Function::Abs),
    ("angle", Function::Angle),
    ("arg", Function::Angle),
    ("real", Function::Real),
    ("imag", Function::Imag),
    ("conj", Function::Conj),
    ("conjugate", Function::Conj),
    ("isnan", Function::IsNan),
    ("isinf", Function::IsInf),
    ("isfinite", Function::IsFinite),
];

pub const PAIRS: [(&str, Pair); 14] = [
    ("pow", Pair::Pow),
    ("power", Pair::Pow),
    ("atan2", Pair::Atan2),
    ("arctan2", Pair::Atan2),
    ("hypot", Pair::Hypot),
    ("fmod", Pair::Fmod),
    ("copysign", Pair::Copysign),
    ("min", Pair::Minimum),
    ("minimum", Pair::Minimum),
    ("max", Pair::Maximum),
    ("maximum", Pair::Maximum),
    ("fmin", Pair::Fmin),
    ("fmax", Pair::Fmax),
    ("complex", Pair::Complex),
];

const CONSTANTS: [(&str, f64); 7] = [
    ("pi", std::f64::consts::PI),
    ("M_PI", std::f64::consts::PI),
    ("M_E", std::f64::consts::E),
    ("inf", f64::INFINITY),
    ("INFINITY", f64::INFINITY),
    ("nan", f64::NAN),
    ("NAN", f64::NAN),
];

fn find<V: Copy>(list: &[(&str, V)], name: &str) -> Option<V> {
    list.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

pub fn constant(name: &str) -> Option<f64> {
    find(&CONSTANTS, name)
}

/// Choice by condition: where(c, a, b) is c ? a : b.
pub const WHERE: &str = "where";

pub fn is_known(name: &str) -> bool {
    Function::of(name).is_some() || Pair::of(name).is_some() || constant(name).is_some() || name == WHERE
}

impl Function {
    pub fn of(name: &str) -> Option<Function> {
        find(&FUNCTIONS, name)
    }

    /// The type that the argument is converted to, or what is wrong with it.
    pub fn argument(self, given: Kind) -> Result<Kind, &'static str> {
        use Function::*;
        match self {
            Abs | Real | Imag | Conj | IsNan | IsInf | IsFinite | Square | Sign | Floor | Ceil | Trunc | Rint
                if given == Kind::Bool =>
            {
                Ok(Kind::Int64)
            }
            Abs | Real | Imag | Conj | IsNan | IsInf | IsFinite | Square => Ok(given),
            Floor | Ceil | Trunc | Rint | Sign if given.is_complex() => Err("it has no value for a complex number"),
            Floor | Ceil | Trunc | Rint | Sign => Ok(given),
            Cbrt | Exp2 | Expm1 | Log1p | Asin | Acos | Atan | Asinh | Acosh | Atanh if given.is_complex() => {
                Err("it is there for real numbers only")
            }
            _ if given.is_integer() => Ok(Kind::Float64),
            _ => Ok(given),
        }
    }

    /// The type of the result.
    pub fn result(self, argument: Kind) -> Kind {
        use Function::*;
        match self {
            Abs | Real | Imag | Angle => argument.real(),
            IsNan | IsInf | IsFinite => Kind::Bool,
            _ => argument,
        }
    }
}

impl Pair {
    pub fn of(name: &str) -> Option<Pair> {
        find(&PAIRS, name)
    }

    /// The type that both arguments are converted to, or what is wrong with it.
    pub fn argument(self, common: Kind) -> Result<Kind, &'static str> {
        match self {
            Pair::Pow if common.is_complex() => Ok(common),
            _ if common.is_complex() => Err("it has no value for complex numbers"),
            Pair::Minimum | Pair::Maximum | Pair::Fmin | Pair::Fmax if common != Kind::Bool => Ok(common),
            Pair::Minimum | Pair::Maximum | Pair::Fmin | Pair::Fmax => Ok(Kind::Int64),
            _ if common.is_integer() => Ok(Kind::Float64),
            _ => Ok(common),
        }
    }

    pub fn result(self, argument: Kind) -> Kind {
        match self {
            Pair::Complex => argument.complex(),
            _ => argument,
        }
    }
}
