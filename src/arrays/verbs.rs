//! The vector verbs: one pass over memory each, over every leaf of a product: by the context's threads, or on the device
//! in the order of the context's stream.

use super::array::Array;
use super::coefficient::Coefficient;
use super::on_device::{self, on_device};
use super::space::Space;
use super::sums::Sums;
use super::visit::{each_run, elements, elements_mut, pairs, read, streams, triples};
use crate::device::Stream;
use crate::dispatch;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::reduce::axpy_xpby as axpy_xpby_on_device;
use crate::kernels::cuda::vector as cuda;
use crate::kernels::host::{convert, copy_block, fused, vector};
use crate::storage::Memory;
use std::sync::Arc;

/// Every element := value. Writes n.
pub fn fill(x: &Array, value: Scalar) -> Result<()> {
    x.for_each_leaf(&mut |x| {
        if let Some((stream, walk, [p])) = on_device([x])? {
            return on_device::fill(stream, x, walk, value, p);
        }
        let (local, stream) = (x.local()?, streams(x.space()));
        match x.dtype() {
            DType::Int32 => each_run([local], x.space(), |[p], n| elements_mut::<i32>(p, n).fill(value.re as i32)),
            DType::Int64 => each_run([local], x.space(), |[p], n| elements_mut::<i64>(p, n).fill(value.re as i64)),
            float => dispatch!(float, T => {
                each_run([local], x.space(), |[p], n| vector::fill(elements_mut::<T>(p, n), value, stream))
            }),
        }
    })
}

/// y := x, converted as NumPy's astype where the dtypes differ. Reads n, writes n.
pub fn copy(x: &Array, y: &Array) -> Result<()> {
    copy_leaves(x, y, &mut on_device::copy)
}

/// As `copy`, put on the context's stream, or another one of its device, where an array is in device memory: an array in
/// host memory is read or written until that stream is waited for. Work on the other stream is ordered by the caller.
pub fn copy_async(x: &Array, y: &Array, stream: Option<&Arc<Stream>>) -> Result<()> {
    copy_leaves(x, y, &mut |x, y| on_device::start_copy(x, y, stream).map(drop))
}

fn copy_leaves(x: &Array, y: &Array, on_device: &mut dyn FnMut(&Array, &Array) -> Result<()>) -> Result<()> {
    pairs(x, y, &mut |x, y| {
        let (from, to) = (x.dtype(), y.dtype());
        if from.is_complex() && !to.is_complex() {
            fail!(DType, "{} cannot be copied to {}: imaginary parts would be lost", from.name(), to.name());
        }
        if [x, y].iter().any(|a| a.space().memory() == Memory::Cuda) {
            return on_device(x, y);
        }
        let stream = streams(y.space());
        let (a, b) = (x.local()?, y.local()?);
        each_run([a, b], y.space(), |[p, q], n| match from == to {
            true if from.real().size() == 4 => {
                let n = n * from.size() / 4;
                vector::copy(elements_mut::<u32>(q, n), elements::<u32>(p, n), stream)
            }
            true => {
                let n = n * from.size() / 8;
                vector::copy(elements_mut::<u64>(q, n), elements::<u64>(p, n), stream)
            }
            // SAFETY: runs of n elements of both leaves, each of its own dtype; complex to real was refused above.
            false => drop(unsafe { convert::convert(q, to, p, from, n, stream) }),
        })
    })
}

/// x := alpha x. Reads n, writes n.
pub fn scale(alpha: Scalar, x: &Array) -> Result<()> {
    x.for_each_leaf(&mut |x| {
        if let Some((stream, walk, [p])) = on_device([x])? {
            return cuda::scale(stream, x.dtype(), walk, alpha.into(), p);
        }
        let local = x.local()?;
        dispatch!(x.dtype(), T => each_run([local], x.space(), |[p], n| vector::scale(alpha, elements_mut::<T>(p, n))))
    })
}

/// y := alpha x + y. Reads 2n, writes n.
pub fn axpy(alpha: Scalar, x: &Array, y: &Array) -> Result<()> {
    if alpha.is_zero() {
        return Ok(());
    }
    axpby(alpha, x, Scalar::ONE, y)
}

/// y := alpha x + beta y; with beta = 0, y is never read. Reads 2n, writes n.
pub fn axpby(alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
    pairs(x, y, &mut |x, y| {
        if let Some((stream, walk, [p, q])) = on_device([x, y])? {
            return cuda::axpby(stream, y.dtype(), walk, alpha.into(), p, beta.into(), q);
        }
        let (a, b, stream) = (x.local()?, y.local()?, streams(y.space()));
        dispatch!(y.dtype(), T => each_run([a, b], y.space(), |[p, q], n| {
            let (x, y) = (elements::<T>(p, n), elements_mut::<T>(q, n));
            match (alpha.is_one(), beta.is_zero()) {
                (true, false) => vector::xpby(x, beta, y),
                (false, false) => vector::axpby(alpha, x, beta, y),
                (_, true) => vector::scale_into(y, alpha, x, stream),
            }
        }))
    })
}

/// y := x + beta y. Reads 2n, writes n.
pub fn xpby(x: &Array, beta: Scalar, y: &Array) -> Result<()> {
    axpby(Scalar::ONE, x, beta, y)
}

/// x := x + alpha p, then p := z + beta p: a solver's step and its next direction. Reads 3n, writes 2n; with beta = 0
/// the result holds no trace of the old p, and with alpha = 0 x is left alone.
pub(crate) fn axpy_xpby(alpha: Coefficient, p: &Array, z: &Array, beta: Coefficient, x: &Array) -> Result<()> {
    triples(p, z, x, &mut |p, z, x| {
        if let Some((stream, walk, pointers)) = on_device([p, z, x])? {
            return axpy_xpby_on_device(stream, x.dtype(), walk, (alpha.there(), beta.there()), pointers);
        }
        let (alpha, beta) = (alpha.here()?, beta.here()?);
        if alpha == 0.0 || beta == 0.0 {
            axpy(Scalar::real(alpha), p, x)?;
            return xpby(z, Scalar::real(beta), p);
        }
        let (a, b, c) = (p.local()?, z.local()?, x.local()?);
        dispatch!(x.dtype(), T => each_run([a, b, c], x.space(), |[p, z, x], n| {
            fused::axpy_xpby(alpha, elements_mut::<T>(p, n), elements::<T>(z, n), beta, elements_mut::<T>(x, n))
        }))
    })
}

/// w := alpha x + beta y. Reads 2n, writes n.
pub fn waxpby(alpha: Scalar, x: &Array, beta: Scalar, y: &Array, w: &Array) -> Result<()> {
    triples(x, y, w, &mut |x, y, w| {
        if let Some((stream, walk, [p, q, r])) = on_device([x, y, w])? {
            return cuda::waxpby(stream, w.dtype(), walk, (alpha.into(), p), (beta.into(), q), r);
        }
        let (a, b, c, stream) = (x.local()?, y.local()?, w.local()?, streams(w.space()));
        dispatch!(w.dtype(), T => each_run([a, b, c], w.space(), |[p, q, r], n| {
            vector::waxpby(elements_mut::<T>(r, n), alpha, elements::<T>(p, n), beta, elements::<T>(q, n), stream)
        }))
    })
}

/// w := x .* y, or conj(x) .* y. Reads 2n, writes n.
pub fn multiply(x: &Array, y: &Array, conjugate: bool, w: &Array) -> Result<()> {
    triples(x, y, w, &mut |x, y, w| {
        if let Some((stream, walk, [p, q, r])) = on_device([x, y, w])? {
            return cuda::multiply(stream, w.dtype(), walk, p, conjugate, q, r);
        }
        let (a, b, c, stream) = (x.local()?, y.local()?, w.local()?, streams(w.space()));
        dispatch!(w.dtype(), T => each_run([a, b, c], w.space(), |[p, q, r], n| {
            vector::multiply(elements_mut::<T>(r, n), elements::<T>(p, n), conjugate, elements::<T>(q, n), stream)
        }))
    })
}

/// y := beta y + alpha d .* x, or with conj(d): the diagonal operator. Reads 2n (3n), writes n.
pub fn multiply_add(alpha: Scalar, d: &Array, conjugate: bool, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
    triples(d, x, y, &mut |d, x, y| {
        if let Some((stream, walk, [p, q, r])) = on_device([d, x, y])? {
            return cuda::multiply_add(stream, y.dtype(), walk, (alpha.into(), p, conjugate), q, (beta.into(), r));
        }
        let (a, b, c, stream) = (d.local()?, x.local()?, y.local()?, streams(y.space()));
        dispatch!(y.dtype(), T => each_run([a, b, c], y.space(), |[p, q, r], n| {
            let (d, x, y) = (elements::<T>(p, n), elements::<T>(q, n), elements_mut::<T>(r, n));
            vector::multiply_add(alpha, d, conjugate, x, beta, y, stream)
        }))
    })
}

/// x := conj(x). Reads n, writes n; nothing for real arrays.
pub fn conjugate(x: &Array) -> Result<()> {
    x.for_each_leaf(&mut |x| {
        if !x.dtype().is_complex() {
            return Ok(());
        }
        if let Some((stream, walk, [p])) = on_device([x])? {
            return cuda::conjugate_in_place(stream, x.dtype(), walk, p);
        }
        let local = x.local()?;
        dispatch!(x.dtype(), T => each_run([local], x.space(), |[p], n| vector::conjugate_in_place(elements_mut::<T>(p, n))))
    })
}

/// x := x + value. Reads n, writes n.
pub fn add_scalar(value: Scalar, x: &Array) -> Result<()> {
    x.for_each_leaf(&mut |x| {
        if let Some((stream, walk, [p])) = on_device([x])? {
            return cuda::add_scalar(stream, x.dtype(), walk, value.into(), p);
        }
        let local = x.local()?;
        dispatch!(x.dtype(), T => {
            each_run([local], x.space(), |[p], n| vector::add_scalar(value, elements_mut::<T>(p, n)))
        })
    })
}

/// Whether the elements of x and y may be read, and stand beside each other. Local.
fn summable(x: &Array, y: &Array) -> Result<()> {
    x.check_free("x", false)?;
    y.check_free("y", false)?;
    match x.space().congruent(y.space()) {
        true => Ok(()), // without the text that a refusal needs: a dot product allocates nothing
        false => x.space().require_congruent(y.space(), "x", "the space of y"),
    }
}

/// <x, y> = sum conj(x) y over the ranks of the space's group. Collective; silent for a replicated space.
pub fn dot(x: &Array, y: &Array) -> Result<Scalar> {
    let mut sums = Sums::quiet(x.space(), 1);
    sums.add_of(summable(x, y), |sums| sums.add_dot(0, x, y));
    sums.finish()?;
    Ok(sums.value(0))
}

/// sum x y, not conjugated. Collective; silent for a replicated space.
pub fn dot_unconjugated(x: &Array, y: &Array) -> Result<Scalar> {
    let mut sums = Sums::quiet(x.space(), 1);
    sums.add_of(summable(x, y), |sums| sums.add_dot_unconjugated(0, x, y));
    sums.finish()?;
    Ok(sums.value(0))
}

/// |x|_2. Collective; silent for a replicated space.
pub fn norm(x: &Array) -> Result<f64> {
    let mut sums = Sums::quiet(x.space(), 1);
    sums.add_of(x.check_free("x", false), |sums| sums.add_norm(0, x));
    sums.finish()?;
    Ok(sums.value(0).re.sqrt())
}

/// Bytes of this rank's elements.
pub fn local_bytes(x: &Array) -> usize {
    space_bytes(x.space())
}

/// Bytes of this rank's elements of an array of the space.
pub fn space_bytes(space: &Space) -> usize {
    match space.components() {
        [] => space.local_count() as usize * space.dtype().size(),
        components => components.iter().map(space_bytes).sum(),
    }
}

/// This rank's first element, 0 where it has none.
pub fn first_element(x: &Array) -> Scalar {
    let leaf = std::iter::successors(Some(x), |a| a.parts().first()).last().unwrap_or(x);
    if leaf.local_count() == 0 {
        return Scalar::ZERO;
    }
    if leaf.space().memory() == Memory::Cuda {
        return on_device::first_element(leaf).unwrap_or(Scalar::ZERO);
    }
    match leaf.local() {
        // SAFETY: a leaf with elements has one of its dtype at its pointer.
        Ok(local) => unsafe { read(leaf.dtype(), local.pointer()) },
        Err(_) => Scalar::ZERO,
    }
}

/// to := alpha from + beta to on one strided block; any dtype is moved, arithmetic needs a floating-point one.
pub(crate) fn update_block(
    dtype: DType,
    alpha: Scalar,
    from: (*const u8, &[isize]),
    beta: Scalar,
    to: (*mut u8, &[isize]),
    extents: &[usize],
) -> Result<()> {
    let n = extents.len();
    let (source, target) = (&from.1[..n], &to.1[..n]);
    if alpha.is_one() && beta.is_zero() {
        // SAFETY: callers give blocks inside arrays or buffers of this dtype.
        return unsafe { copy_block::copy_block(to.0, target, from.0, source, extents, dtype.size()) };
    }
    dispatch!(dtype, T => {
        // SAFETY: as above.
        unsafe {
            let (to, from) = (to.0.cast::<T>(), from.0.cast::<T>());
            copy_block::transform_block(alpha, false, beta, to, target, from, source, extents)
        }
    })
}
