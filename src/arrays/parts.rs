//! Real and imaginary parts of complex arrays, as real arrays of the same shape and precision.

use super::array::Array;
use super::on_device::{on_device, update_block as update_block_on_device};
use super::verbs::update_block;
use super::visit::{each_indexed_run, pairs};
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::layout::MAX_DIMENSIONS;
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
    pairs(z, x, &mut |z, x| {
        let real = check(z, x)?;
        if let Some((stream, _, [from, to])) = on_device([z, x])? {
            let (from, (complex, own)) = (from + part.offset(real) as u64, strides(z, x)?);
            let (from, to, shape) = ((from, &complex), (to, &own), x.space().local_shape());
            return update_block_on_device(stream, real, Scalar::ONE, from, Scalar::ZERO, to, shape);
        }
        each(z, x, |z, x, n| {
            let z = z.wrapping_add(part.offset(real));
            update_block(real, Scalar::ONE, (z, &[2]), Scalar::ZERO, (x, &[1]), &[n])
        })
    })
}

/// A part of z := alpha x + beta times itself, alpha and beta real. Reads n (3n with beta), writes 2n. Local.
pub(crate) fn put(alpha: f64, x: &Array, beta: f64, z: &Array, part: Part) -> Result<()> {
    let (alpha, beta) = (Scalar::real(alpha), Scalar::real(beta));
    pairs(z, x, &mut |z, x| {
        let real = check(z, x)?;
        if let Some((stream, _, [to, from])) = on_device([z, x])? {
            let (to, (complex, own)) = (to + part.offset(real) as u64, strides(z, x)?);
            let (from, to, shape) = ((from, &own), (to, &complex), x.space().local_shape());
            return update_block_on_device(stream, real, alpha, from, beta, to, shape);
        }
        each(z, x, |z, x, n| {
            let z = z.wrapping_add(part.offset(real));
            update_block(real, alpha, (x, &[1]), beta, (z, &[2]), &[n])
        })
    })
}

/// The dtype of x, the parts of a leaf z.
fn check(z: &Array, x: &Array) -> Result<DType> {
    let (dtype, real) = (z.dtype(), x.dtype());
    if !dtype.is_complex() || dtype.real() != real {
        fail!(DType, "{} is not the type of the parts of {}", real.name(), dtype.name());
    }
    Ok(real)
}

/// Calls `visit(z, x, count)` for the runs of two leaves of the host.
fn each(z: &Array, x: &Array, visit: impl Fn(*mut u8, *mut u8, usize) -> Result<()> + Sync) -> Result<()> {
    let outcome = Mutex::new(Ok(()));
    each_indexed_run([z.local()?, x.local()?], x.space(), |_, [z, x], n| {
        if let Err(error) = visit(z, x, n) {
            *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Err(error);
        }
    })?;
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
}

type Strides = [i64; MAX_DIMENSIONS];

/// Strides in real numbers of a part of z, and of x, over the local shape of x.
fn strides(z: &Array, x: &Array) -> Result<(Strides, Strides)> {
    let shape = x.space().local_shape();
    Ok((z.leaf()?.strides_as(shape)?.map(|s| 2 * s), x.leaf()?.strides_as(shape)?))
}
