//! y = x with its axes permuted.

use super::redistribution;
use crate::arrays::on_device::update_block as update_block_on_device;
use crate::arrays::verbs::update_block;
use crate::arrays::{Array, Space};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::fail;
use crate::layout::{GridDimension, IndexBox, Layout, Role, MAX_DIMENSIONS};
use crate::operators::{algebra, LinearMap, Mode, Operator, Pace};
use crate::storage::Memory;
use crate::threads::split;
use std::sync::{Mutex, PoisonError};

struct Transpose {
    /// Axis k of the range is axis `permutation[k]` of the domain.
    permutation: Vec<usize>,
    inverse: Vec<usize>,
    /// Local shapes of domain and range.
    shapes: [Vec<i64>; 2],
}

/// y[i_0, i_1, ..] = x[j], with j_(permutation[k]) = i_k: NumPy's transpose. Unitary.
///
/// The range has the permuted shape. Without `range`, its layout is the domain's with the axes permuted, and nothing is
/// sent; with one, that layout. Collective. *Deterministic: any P.*
pub fn transpose(domain: &Space, permutation: &[usize], range: Option<&Space>) -> Result<Operator> {
    let context = domain.context();
    let plan = || -> Result<_> {
        let (shape, layout) = domain.shaped("a transpose")?;
        let inverse = inverse_of(permutation, shape.len())?;
        let permuted: Vec<i64> = permutation.iter().map(|k| shape[*k]).collect();
        let layout = permute_layout(layout, permutation, &inverse)?;
        if let Some(range) = range {
            let (wanted, _) = range.shaped("the range of a transpose")?;
            if wanted != permuted {
                fail!(Shape, "the range has shape {wanted:?}, expected {permuted:?}");
            }
        }
        Ok((inverse, permuted, layout))
    };
    let (inverse, permuted, layout) = context.agree(plan())?;
    let local = Space::new(context, domain.dtype(), &permuted, layout, domain.mask().map(<[i32]>::to_vec))?
        .with_memory(domain.memory())?;
    let turn = |range: &Space| {
        let shapes = [domain.local_shape().to_vec(), local.local_shape().to_vec()];
        let map = Transpose { permutation: permutation.to_vec(), inverse: inverse.clone(), shapes };
        Operator::new(domain.clone(), range.clone(), map)
    };
    match range {
        None => Ok(turn(&local)),
        Some(range) if range.congruent(&local) => Ok(turn(range)),
        Some(range) => {
            let change = redistribution(&local, range)?;
            context.agree(algebra::product(&[change, turn(&local)]))
        }
    }
}

fn inverse_of(permutation: &[usize], axes: usize) -> Result<Vec<usize>> {
    let mut inverse = vec![usize::MAX; axes];
    if permutation.len() != axes {
        fail!(Axis, "the permutation has {} axes, the space has {axes}", permutation.len());
    }
    for (k, axis) in permutation.iter().enumerate() {
        if *axis >= axes || inverse[*axis] != usize::MAX {
            fail!(Axis, "{permutation:?} is not a permutation of 0 to {}", axes as i64 - 1);
        }
        inverse[*axis] = k;
    }
    Ok(inverse)
}

fn permute_layout(layout: &Layout, permutation: &[usize], inverse: &[usize]) -> Result<Layout> {
    Ok(match layout {
        Layout::Grid(grid) => {
            let turn = |d: &GridDimension| GridDimension {
                ranks: d.ranks,
                role: match &d.role {
                    Role::Replicate => Role::Replicate,
                    Role::Cut { axis, partition } => Role::Cut { axis: inverse[*axis], partition: partition.clone() },
                },
            };
            Layout::Grid(grid.iter().map(turn).collect())
        }
        Layout::Boxes(boxes) => {
            let turn = |corner: &[i64]| permutation.iter().map(|k| corner[*k]).collect();
            Layout::Boxes(boxes.iter().map(|b| IndexBox { lower: turn(&b.lower), upper: turn(&b.upper) }).collect())
        }
        Layout::Local(_) => fail!(Layout, "an unshaped layout (local counts only) has no axes to permute"),
    })
}

impl Transpose {
    fn apply_on_device(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let stream = y.space().context().device_stream()?;
        let permutation = if mode.transposed() { &self.inverse } else { &self.permutation };
        let [domain, range] = &self.shapes;
        let (before, after) = if mode.transposed() { (range, domain) } else { (domain, range) };
        let (source, target) = (x.leaf()?, y.leaf()?);
        let (read, write) = (source.strides_as(before)?, target.strides_as(after)?);
        let mut from = [0; MAX_DIMENSIONS];
        permutation.iter().enumerate().for_each(|(k, axis)| from[k] = read[*axis]);
        let (source, target) = ((source.pointer() as u64, &from), (target.pointer() as u64, &write));
        update_block_on_device(stream, y.dtype(), alpha, source, beta, target, after)
    }
}

impl LinearMap for Transpose {
    fn name(&self) -> &str {
        "Transpose"
    }

    fn details(&self) -> String {
        format!("axes {:?}", self.permutation)
    }

    /// Reads n (2n with beta), writes n; square tiles go through the first-level cache.
    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let permutation = if mode.transposed() { &self.inverse } else { &self.permutation };
        if y.space().memory() == Memory::Cuda {
            return self.apply_on_device(mode, alpha, x, beta, y);
        }
        let (source, target) = (x.local()?, y.local()?);
        let (size, axes, pool) = (y.dtype().size(), permutation.len(), y.space().context().threads());
        let [domain, range] = &self.shapes;
        let (before, after) = if mode.transposed() { (range, domain) } else { (domain, range) };
        let (read, write) = (source.strides_as(before)?, target.strides_as(after)?);
        let (mut extents, mut to, mut from) =
            ([1usize; MAX_DIMENSIONS], [1isize; MAX_DIMENSIONS], [1isize; MAX_DIMENSIONS]);
        for k in 0..axes {
            extents[k] = after[k] as usize;
            to[k] = write[k] as isize;
            from[k] = read[permutation[k]] as isize;
        }
        let (axis, parts) = match (0..axes).find(|k| extents[*k] >= 4 * pool.len()) {
            Some(axis) if y.local_count() >= PARALLEL => (axis, pool.len()),
            _ => (0, 1),
        };
        let outcome: Mutex<Option<Error>> = Mutex::new(None);
        let part = |t: usize| {
            let range = split(extents[axis], parts, t, 16);
            let mut extents = extents;
            extents[axis] = range.len();
            let at = |pointer: *mut u8, stride: isize| pointer.wrapping_offset(stride * (range.start * size) as isize);
            let (source, target) = (at(source.pointer(), from[axis]), at(target.pointer(), to[axis]));
            let put = update_block(y.dtype(), alpha, (source, &from), beta, (target, &to), &extents[..axes]);
            if let Err(error) = put {
                outcome.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        };
        match parts {
            1 => part(0),
            _ => pool.run(&part)?,
        }
        outcome.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::Repeats
    }
}

/// Fewer elements are not worth waking other threads for.
const PARALLEL: i64 = 1 << 15;
