//! Types of values inside an expression, and how they meet.

use crate::dtype::DType;

/// What a value is: a truth value, or an element of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Bool,
    Int32,
    Int64,
    Float32,
    Float64,
    Complex64,
    Complex128,
}

impl From<DType> for Kind {
    fn from(dtype: DType) -> Kind {
        match dtype {
            DType::Int32 => Kind::Int32,
            DType::Int64 => Kind::Int64,
            DType::Float32 => Kind::Float32,
            DType::Float64 => Kind::Float64,
            DType::Complex64 => Kind::Complex64,
            DType::Complex128 => Kind::Complex128,
        }
    }
}

impl Kind {
    /// The dtype of arrays of such values; none for truth values.
    pub fn dtype(self) -> Option<DType> {
        DType::ALL.into_iter().find(|d| Kind::from(*d) == self)
    }

    pub fn name(self) -> &'static str {
        self.dtype().map_or("bool", DType::name)
    }

    /// The type of CUDA C++, with expression.cuh.
    pub fn cuda(self) -> &'static str {
        match self {
            Kind::Bool => "bool",
            Kind::Int32 => "int",
            Kind::Int64 => "long long",
            Kind::Float32 => "float",
            Kind::Float64 => "double",
            Kind::Complex64 => "Complex<float>",
            Kind::Complex128 => "Complex<double>",
        }
    }

    pub fn is_complex(self) -> bool {
        matches!(self, Kind::Complex64 | Kind::Complex128)
    }

    /// Truth values count as integers.
    pub fn is_integer(self) -> bool {
        matches!(self, Kind::Bool | Kind::Int32 | Kind::Int64)
    }

    /// The type of a real part.
    pub fn real(self) -> Kind {
        match self {
            Kind::Complex64 => Kind::Float32,
            Kind::Complex128 => Kind::Float64,
            other => other,
        }
    }

    /// The complex type of the same precision; of integers complex128.
    pub fn complex(self) -> Kind {
        match self {
            Kind::Float32 | Kind::Complex64 => Kind::Complex64,
            _ => Kind::Complex128,
        }
    }

    /// The type of double precision: what reductions accumulate in.
    pub fn double(self) -> Kind {
        match self {
            Kind::Bool | Kind::Int32 | Kind::Int64 => Kind::Int64,
            Kind::Float32 | Kind::Float64 => Kind::Float64,
            Kind::Complex64 | Kind::Complex128 => Kind::Complex128,
        }
    }

    /// NumPy's result type; a truth value gives way to everything.
    pub fn promote(self, other: Kind) -> Kind {
        match (self.dtype(), other.dtype()) {
            (Some(a), Some(b)) => a.promote(b).into(),
            (Some(a), None) | (None, Some(a)) => a.into(),
            (None, None) => Kind::Bool,
        }
    }
}
