//! Real and imaginary parts of complex arrays, as real arrays of the same shape and precision.

use super::array::Array;
use super::verbs::{each_indexed_run, pairs, update_block};
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use std::sync::{Mutex, PoisonError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Real,
    Imaginary,
}

impl Part {
    fn offset(self, real: DType) -> usize {
        match self {
            Part::Real => 0,
            Part::Imaginary => real.size(),
        }
    }
}

/// x := a part of z. Reads 2n, writes n. Local.
pub(crate) fn take(z: &Array, part: Part, x: &Array) -> Result<()> {
    each(z, x, |real, z, x, n| {
        let z = z.wrapping_add(part.offset(real));
        update_block(real, Scalar::ONE, (z, &[2]), Scalar::ZERO, (x, &[1]), &[n])
    })
}

/// A part of z := alpha x + beta times itself, alpha and beta real. Reads n (3n with beta), writes 2n. Local.
pub(crate) fn put(alpha: f64, x: &Array, beta: f64, z: &Array, part: Part) -> Result<()> {
    each(z, x, |real, z, x, n| {
        let z = z.wrapping_add(part.offset(real));
        update_block(real, Scalar::real(alpha), (x, &[1]), Scalar::real(beta), (z, &[2]), &[n])
    })
}

/// Calls `visit(dtype of x, z, x, count)` for the runs of all leaves.
fn each(z: &Array, x: &Array, visit: impl Fn(DType, *mut u8, *mut u8, usize) -> Result<()> + Sync) -> Result<()> {
    pairs(z, x, &mut |z, x| {
        let (dtype, real) = (z.dtype(), x.dtype());
        if !dtype.is_complex() || dtype.real() != real {
            fail!(DType, "{} is not the type of the parts of {}", real.name(), dtype.name());
        }
        let outcome = Mutex::new(Ok(()));
        each_indexed_run([z.local()?, x.local()?], x.space(), |_, [z, x], n| {
            if let Err(error) = visit(real, z, x, n) {
                *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Err(error);
            }
        })?;
        outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    })
}
