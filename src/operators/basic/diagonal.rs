//! y = d x, element by element, d an array or a vector along one axis.

use crate::arrays::on_device::Placed;
use crate::arrays::verbs::multiply_add;
use crate::arrays::visit::{each_indexed_run, elements, elements_mut, streams};
use crate::arrays::{Array, Space};
use crate::context::Context;
use crate::device::DeviceMemory;
use crate::dispatch;
use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::vector::multiply_add as multiply_add_on_device;
use crate::kernels::cuda::{Strided, Walk};
use crate::kernels::host::vector;
use crate::layout::MAX_DIMENSIONS;
use crate::operators::algebra::promoted;
use crate::operators::{LinearMap, Mode, Operator, Pace};
use crate::storage::{HostMemory, Memory};

/// Rows of at least so many elements are scaled by one number each; shorter ones by a repeated pattern of d.
const LONG_ROW: usize = 64;

struct Diagonal {
    diagonal: Array,
}

/// diag(d) on `space`, d an array of a congruent space, which is kept: later changes of its elements count. A real d of
/// the same precision serves a complex space.
///
/// y = d .* x, adjoint conj(d) .* x. Local. *Deterministic: any P.*
pub fn diagonal(space: &Space, diagonal: &Array) -> Result<Operator> {
    let real = diagonal.dtype();
    if space.dtype().is_complex() && space.dtype().real() == real && !space.is_product() {
        let inner = self::diagonal(&space.with_dtype(real), diagonal)?;
        return promoted(&inner, space.dtype());
    }
    diagonal.space().require_congruent(space, "the diagonal", "the space of the operator")?;
    Ok(Operator::new(space.clone(), space.clone(), Diagonal { diagonal: diagonal.clone() }))
}

impl LinearMap for Diagonal {
    fn name(&self) -> &str {
        "Diagonal"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        self.diagonal.check_free("the diagonal", false)?;
        if self.diagonal.overlaps(y) {
            fail!(Overlap, "y shares memory with the diagonal of the operator");
        }
        // y := alpha d x + beta y
        multiply_add(alpha, &self.diagonal, mode.conjugated(), x, beta, y)
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::Repeats
    }
}

struct Along {
    axis: usize,
    /// d in local order: one value an index of the axis, or each repeated over a row that is short.
    pattern: HostMemory,
    /// Elements of one index of the axis that share a value of the pattern.
    row: usize,
    /// One value an index of the axis, for arrays on the device.
    on_device: Option<DeviceMemory>,
}

/// diag(d) with d a vector along `axis`: y[.., i, ..] = d[i] x[.., i, ..]. `values` are the whole axis, the same on
/// all ranks, copied. Local; the same kind of result on all ranks, except for memory. *Deterministic: any P.*
pub fn diagonal_along<T: Element>(space: &Space, axis: usize, values: &[T]) -> Result<Operator> {
    let (shape, _) = space.shaped("a diagonal along an axis")?;
    if axis >= shape.len() {
        fail!(Axis, "axis is {axis}, the space has {} axes", shape.len());
    }
    if T::DTYPE != space.dtype() {
        fail!(DType, "the values are {}, but the space is {}", T::DTYPE.name(), space.dtype().name());
    }
    if values.len() as i64 != shape[axis] {
        fail!(Shape, "got {} values for axis {axis} of {} elements", values.len(), shape[axis]);
    }
    let inner: usize = space.local_shape()[axis + 1..].iter().map(|n| *n as usize).product();
    let (repeats, row) = if inner < LONG_ROW { (inner, 1) } else { (1, inner) };
    let indices = space.region().map(|r| r.axes[axis].clone());
    let count = space.local_shape()[axis] as usize * repeats;
    let mut pattern = HostMemory::for_elements(count, size_of::<T>())?;
    let local =
        indices.iter().flat_map(|set| set.intervals()).flat_map(|s| &values[s.start as usize..s.end() as usize]);
    let on_device = match space.memory() {
        Memory::Host => None,
        Memory::Cuda => {
            Some(DeviceMemory::of(space.context().device_stream()?, &local.clone().copied().collect::<Vec<T>>())?)
        }
    };
    let repeated = local.flat_map(|v| std::iter::repeat_n(*v, repeats));
    pattern.elements_mut::<T>().iter_mut().zip(repeated).for_each(|(p, v)| *p = v);
    Ok(Operator::new(space.clone(), space.clone(), Along { axis, pattern, row, on_device }))
}

impl Along {
    /// d is a block of the local shape whose strides are zero along all other axes.
    fn apply_on_device(
        &self,
        values: &DeviceMemory,
        mode: Mode,
        alpha: Scalar,
        x: &Array,
        beta: Scalar,
        y: &Array,
    ) -> Result<()> {
        let shape = y.space().local_shape();
        let n = shape.len();
        let (from, to) = (Placed::new(x.leaf()?, y.space())?, Placed::new(y.leaf()?, y.space())?);
        let mut strides = [0; MAX_DIMENSIONS];
        strides[self.axis] = 1;
        let block = |pointer, strides| Strided { pointer, strides };
        let (d, p, q) = (values.pointer(), from.pointer, to.pointer);
        let blocks = [block(d, &strides[..n]), block(p, &from.strides[..n]), block(q, &to.strides[..n])];
        let factor = (alpha.into(), d, mode.conjugated());
        multiply_add_on_device(values.stream(), y.dtype(), Walk::new(shape, blocks)?, factor, p, (beta.into(), q))
    }
}

impl LinearMap for Along {
    fn name(&self) -> &str {
        "Diagonal"
    }

    fn details(&self) -> String {
        format!("along axis {}", self.axis)
    }

    /// Reads n (2n with beta), writes n.
    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        if let Some(values) = &self.on_device {
            return self.apply_on_device(values, mode, alpha, x, beta, y);
        }
        let (from, to, conjugate) = (x.local()?, y.local()?, mode.conjugated());
        let stream = streams(y.space());
        dispatch!(y.dtype(), T => {
            let pattern = self.pattern.elements::<T>();
            each_indexed_run([from, to], y.space(), |index, [p, q], n| {
                let (x, y) = (elements::<T>(p, n), elements_mut::<T>(q, n));
                let mut done = 0;
                while done < n {
                    let (place, column) = ((index + done) / self.row % pattern.len(), (index + done) % self.row);
                    let left = if self.row > 1 { self.row - column } else { pattern.len() - place };
                    let part = done..n.min(done + left);
                    let (x, y) = (&x[part.clone()], &mut y[part.clone()]);
                    if self.row > 1 {
                        let d = pattern[place].to_scalar();
                        let scale = alpha * if conjugate { d.conj() } else { d };
                        match beta.is_zero() {
                            true => vector::scale_into(y, scale, x, stream),
                            false => vector::axpby(scale, x, beta, y),
                        }
                    } else {
                        let d = &pattern[place..place + part.len()];
                        vector::multiply_add(alpha, d, conjugate, x, beta, y, stream);
                    }
                    done = part.end;
                }
            })
        })
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::Repeats
    }
}
