//! Maps that act along one axis, the same for all lines or not: halo exchange, threads, or the general way.

use super::line_map::{LineKernel, LineMap};
use super::walk::{Sides, Task, Walk};
use crate::arrays::halo::Halo;
use crate::arrays::{Array, Space};
use crate::context::Context;
use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::banded::Rows;
use crate::operators::redistributed::{redistributed, whole_along};
use crate::operators::{LinearMap, Mode, Operator, Pace};
use crate::storage::{HostMemory, Memory};
use std::marker::PhantomData;
use std::sync::{Mutex, PoisonError};

/// Boundary rows need others of x that the interior has read before. Where these are more than this part of the slab,
/// reading them again takes longer than the messages, most of which come through the memory of one machine (and move
/// only while somebody waits for them there).
const REREAD: usize = 8;

/// A kernel along `axis` of a shaped space, from the space to itself. Collective.
///
/// Along a whole axis it is local; along one that is cut into intervals a halo is exchanged, while the interior of long
/// slabs is computed; otherwise (block-cyclic cuts, boxes) the array is redistributed so that the axis is whole.
pub(crate) fn along_axis<T: Element, K: LineKernel<T>>(space: &Space, axis: usize, kernel: K) -> Result<Operator> {
    let context = space.context();
    let way = || -> Result<_> {
        let (shape, layout) = space.shaped(kernel.name())?;
        if axis >= shape.len() {
            fail!(Axis, "axis is {axis}, the space has {} axes", shape.len());
        }
        let whole = layout.axis_is_whole(shape, axis);
        let cut = layout.cut_of_axis(axis);
        let intervals = cut.is_some_and(|cut| cut.partition.intervals(shape[axis], cut.ranks).is_some());
        let other = match whole || intervals {
            true => None,
            false => Some((shape.to_vec(), whole_along(shape, context.size(), &[axis])?)),
        };
        Ok((whole, other))
    };
    let arguments = || format!("{} ({}) along axis {axis} of {space}", kernel.name(), kernel.details());
    let (whole, other) = context.agree_on(way(), &arguments())?;
    if let Some((shape, layout)) = other {
        let inner = Space::new(context, space.dtype(), &shape, layout, space.mask().map(<[i32]>::to_vec))?
            .with_memory(space.memory())?;
        return redistributed(space, space, along_axis(&inner, axis, kernel)?);
    }
    let map = context.agree(LineMap::<T, K>::new(space, axis, kernel, whole))?;
    Ok(Operator::new(space.clone(), space.clone(), map))
}

impl<T: Element, K: LineKernel<T>> LineMap<T, K> {
    fn new(space: &Space, axis: usize, mut kernel: K, whole: bool) -> Result<LineMap<T, K>> {
        kernel.settle(space, axis)?;
        let (shape, _) = space.shaped(kernel.name())?;
        let reach = [kernel.reach(false), kernel.reach(true)];
        let plan = |(before, after): (usize, usize)| {
            let ranks = space.context().size();
            Ok(Mutex::new(Halo::new(space, axis, &vec![before as i64; ranks], &vec![after as i64; ranks], false)?))
        };
        let halos = match whole {
            true => Vec::new(),
            false if reach[0] == reach[1] => vec![plan(reach[0])?],
            false => vec![plan(reach[0])?, plan(reach[1])?],
        };
        let total = shape[axis] as usize;
        let on_device = match (space.memory(), space.context().stream()) {
            (Memory::Cuda, Some(stream)) => {
                let rows = |transposed| Rows::new(stream, space.dtype(), &kernel.band(transposed, total));
                Some([rows(false)?, rows(true)?])
            }
            _ => None,
        };
        let scratch = (0..if on_device.is_some() { 0 } else { space.context().threads().len() })
            .map(|_| Ok(Mutex::new(HostMemory::for_elements(kernel.scratch_len(), size_of::<T>())?)));
        Ok(LineMap {
            scratch: scratch.collect::<Result<_>>()?,
            first: space.region().map_or(0, |r| r.axes[axis].lower()) as usize,
            total,
            shape: space.local_shape().to_vec(),
            kernel,
            axis,
            halos,
            on_device,
            element: PhantomData,
        })
    }

    /// Interior, wait, boundary. Everything at once, after the wait, where there is no message, where the boundary is
    /// short pieces of rows, and where the slab is short beside the kernel's reach.
    fn with_halo(&self, halo: &mut Halo, mode: Mode, scalars: (Scalar, Scalar), x: &Array, y: &Array) -> Result<()> {
        let mut outcome = halo.start(x);
        let sides = Sides {
            before: halo.before().cast::<T>(),
            before_len: halo.before_len(),
            after: halo.after().cast::<T>(),
            after_len: halo.after_len(),
        };
        let pool = y.space().context().threads();
        let walk = match Walk::new(self, mode, scalars, x, y, sides) {
            Ok(walk) => walk,
            Err(error) => return outcome.and(halo.finish()).and(Err(error)),
        };
        let all = walk.all();
        let (before, after) = self.kernel.reach(mode.transposed());
        // Rows that read no halo; at the ends of the array there is none.
        let low = if sides.before_len > 0 { before } else { 0 };
        let high = all.rows.end.saturating_sub(if sides.after_len > 0 { after } else { 0 });
        let ends = usize::from(sides.before_len > 0) + usize::from(sides.after_len > 0);
        let reread = ends * (before + after);
        if halo.is_silent() || halo.is_thin() || low + before + after >= high || REREAD * reread > all.rows.len() {
            outcome = outcome.and(halo.finish());
            return outcome.and(walk.run(pool, &all));
        }
        let interior = Task { rows: low..high, ..all.clone() };
        let slabs = walk.slabs(&interior);
        for slab in 0..slabs {
            outcome = outcome.and(walk.run(pool, &walk.part(&interior, slabs, slab)));
            outcome = outcome.and(halo.progress());
        }
        outcome = outcome.and(halo.finish());
        for rows in [0..low, high..all.rows.end] {
            outcome = outcome.and(walk.run(pool, &Task { rows, ..all.clone() }));
        }
        outcome
    }
}

impl<T: Element, K: LineKernel<T>> LinearMap for LineMap<T, K> {
    fn name(&self) -> &str {
        self.kernel.name()
    }

    fn details(&self) -> String {
        format!("axis {}, {}", self.axis, self.kernel.details())
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let way = mode.transposed() as usize;
        if let Some(rows) = &self.on_device {
            return self.apply_on_device(&rows[way], mode, (alpha, beta), x, y);
        }
        match self.halos.get(way).or(self.halos.first()) {
            Some(halo) => {
                let mut halo = halo.lock().unwrap_or_else(PoisonError::into_inner);
                self.with_halo(&mut halo, mode, (alpha, beta), x, y)
            }
            None => {
                let walk = Walk::new(self, mode, (alpha, beta), x, y, Sides::none())?;
                walk.run(y.space().context().threads(), &walk.all())
            }
        }
    }

    fn pace(&self, context: &Context) -> Pace {
        Pace::of_messages(context, !self.halos.is_empty())
    }
}
