//! Differences along some axes, in one pass over the array, and the adjoint in one pass too.
//!
//! Along a cut axis the planes that other ranks hold are exchanged while the part that needs none of them is computed.

use super::coefficients::Kind;
use super::exchange::{Exchange, Need};
use super::pass::{Pass, Term};
use crate::arrays::halo::Halo;
use crate::arrays::{Array, Space};
use crate::context::Context;
use crate::dispatch;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::host::stencil::{MAX_AXES, MAX_TAPS, MAX_TERMS};
use crate::kernels::stencil::Stencil;
use crate::layout::{Layout, Partition, MAX_DIMENSIONS};
use crate::operators::redistributed::{redistributed, whole_along};
use crate::operators::{LinearMap, Mode, Operator, Pace};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

const _: () = assert!(MAX_AXES >= MAX_DIMENSIONS, "the kernel takes the axes of any space");

/// `weight` times a matrix along one axis.
pub(super) struct Along {
    pub axis: usize,
    pub stencil: Stencil,
    pub weight: f64,
}

/// What becomes of the axes' results.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Results {
    /// y = sum_k w_k D_k x
    Added,
    /// y_k = w_k D_k x, the components of a product space
    Apart,
}

/// The map on a space along whose axes halos can be exchanged.
struct Difference {
    name: &'static str,
    details: String,
    dtype: DType,
    /// A and its adjoint.
    passes: [Pass; 2],
    /// Shared by both passes where they need the same planes.
    halos: Mutex<Vec<Halo>>,
}

/// The operator on any layout: `arguments` are the operator's terms, or what this rank found wrong. Collective.
pub(super) fn difference(
    name: &'static str,
    space: &Space,
    arguments: Result<(Vec<Along>, String)>,
    results: Results,
) -> Result<Operator> {
    let context = space.context();
    let text = arguments.as_ref().map_or(String::new(), |(_, details)| format!("{name} of {space}: {details}"));
    let checked = arguments.and_then(|(along, details)| check_terms(name, &along).map(|()| (along, details)));
    let (along, details) = context.agree_on(checked, &text)?;

    let range_of = |space: &Space| match results {
        Results::Added => Ok(space.clone()),
        Results::Apart => Space::product(&vec![space.clone(); along.len()]),
    };
    let helper = match has_halos(space, &along)? {
        true => None,
        false => Some(helper_space(space, &along)?),
    };
    let inner = helper.as_ref().unwrap_or(space);
    let map = context.agree(Difference::new(name, details, inner, &along, results))?;
    let operator = Operator::new(inner.clone(), range_of(inner)?, map);
    match helper {
        None => Ok(operator),
        Some(_) => redistributed(space, &range_of(space)?, operator),
    }
}

fn check_terms(name: &str, along: &[Along]) -> Result<()> {
    if along.len() > MAX_TERMS {
        fail!(Unsupported, "{name} acts on {} axes, at most {MAX_TERMS} are supported", along.len());
    }
    let taps: usize = along.iter().map(|a| longest_row(&a.stencil).max(longest_row(&a.stencil.adjoint()))).sum();
    if taps > MAX_TAPS {
        fail!(Unsupported, "{name} adds up to {taps} elements for one result, at most {MAX_TAPS} are supported");
    }
    Ok(())
}

/// Elements that one result is made of, at most.
fn longest_row(stencil: &Stencil) -> usize {
    let uniform = stencil.uniform();
    let special = (0..uniform.start).chain(uniform.end..stencil.n()).map(|i| stencil.row(i).len());
    special.fold(stencil.interior().len(), usize::max)
}

/// Whether every rank's indices along all axes of the terms are consecutive, and neighbours are known.
fn has_halos(space: &Space, along: &[Along]) -> Result<bool> {
    let (shape, layout) = space.shaped("a derivative")?;
    let consecutive = |axis: usize| match layout.cut_of_axis(axis) {
        Some(cut) => !matches!(cut.partition, Partition::Cyclic { .. } | Partition::Columns { .. }),
        None => false,
    };
    Ok(along.iter().all(|a| layout.axis_is_whole(shape, a.axis) || consecutive(a.axis)))
}

/// Where the terms' axes are whole, if the others can carry the cut; else blocks along one axis, with halos.
fn helper_space(space: &Space, along: &[Along]) -> Result<Space> {
    let axes: Vec<usize> = along.iter().map(|a| a.axis).collect();
    let (shape, _) = space.shaped("a derivative")?;
    let ranks = space.context().size();
    let layout = whole_along(shape, ranks, &axes).or_else(|_| whole_along(shape, ranks, &[]));
    Space::new(
        space.context(),
        space.dtype(),
        shape,
        layout.unwrap_or(Layout::cut(0, ranks)),
        space.mask().map(<[i32]>::to_vec),
    )?
    .with_memory(space.memory())
}

impl Difference {
    fn new(
        name: &'static str,
        details: String,
        space: &Space,
        along: &[Along],
        results: Results,
    ) -> Result<Difference> {
        let mut halos = Halos { space, planned: Vec::new(), halos: Vec::new() };
        let forward = pass(space, along, results, false, &mut halos)?;
        let adjoint = pass(space, along, results, true, &mut halos)?;
        let halos = Mutex::new(halos.halos);
        Ok(Difference { name, details, dtype: space.dtype(), passes: [forward, adjoint], halos })
    }
}

fn pass(space: &Space, along: &[Along], results: Results, adjoint: bool, halos: &mut Halos) -> Result<Pass> {
    let (mut terms, mut needs) = (Vec::new(), Vec::new());
    let apart = results == Results::Apart;
    for (k, a) in along.iter().enumerate() {
        let stencil = if adjoint { a.stencil.adjoint() } else { a.stencil.clone() };
        let slab = slab(space, a.axis);
        // The adjoint of a gradient adds up what it finds in one component an axis.
        let component = if apart && adjoint { k } else { 0 };
        let halo = halos.along(a.axis, &stencil)?;
        let mut inside = stencil.inside(slab.clone());
        if let Some(halo) = halo {
            let first = halos.halos[halo].is_thin();
            if first {
                inside = 0..slab.len();
            }
            needs.push(Need { halo, component, first });
        }
        terms.push(Term { axis: a.axis, stencil, weight: a.weight, first: slab.start, component, halo, inside });
    }
    Pass::new(space, terms, needs, apart && !adjoint)
}

/// This rank's indices along an axis on which they are consecutive.
fn slab(space: &Space, axis: usize) -> Range<usize> {
    let set = space.region().and_then(|mut region| (axis < region.axes.len()).then(|| region.axes.swap_remove(axis)));
    set.map_or(0..0, |set| set.lower() as usize..set.upper() as usize)
}

/// The exchanges planned so far.
struct Halos<'a> {
    space: &'a Space,
    planned: Vec<(usize, Vec<i64>, Vec<i64>)>,
    halos: Vec<Halo>,
}

impl Halos<'_> {
    /// The number of the exchange that the stencil needs along `axis`, if any rank does.
    fn along(&mut self, axis: usize, stencil: &Stencil) -> Result<Option<usize>> {
        let (shape, layout) = self.space.shaped("a derivative")?;
        let Some(cut) = layout.cut_of_axis(axis).filter(|cut| cut.ranks > 1) else { return Ok(None) };
        let Some(parts) = cut.partition.intervals(shape[axis], cut.ranks) else {
            fail!(Internal, "a block-cyclic axis {axis} has no halo");
        };
        let widths: Vec<_> = parts.iter().map(|p| stencil.halo(p.start as usize..p.end() as usize)).collect();
        if widths.iter().all(|w| *w == (0, 0)) {
            return Ok(None);
        }
        let ranks = self.space.context().size();
        let per_rank =
            |side: fn(&(usize, usize)) -> usize| (0..ranks).map(|r| side(&widths[cut.part(r)]) as i64).collect();
        let plan = (axis, per_rank(|w| w.0), per_rank(|w| w.1));
        if let Some(same) = self.planned.iter().position(|p| *p == plan) {
            return Ok(Some(same));
        }
        self.halos.push(Halo::new(self.space, axis, &plan.1, &plan.2, false)?);
        self.planned.push(plan);
        Ok(Some(self.halos.len() - 1))
    }
}

impl LinearMap for Difference {
    fn name(&self) -> &str {
        self.name
    }

    /// The coefficients are real, so that conjugation changes nothing.
    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let pass = &self.passes[mode.transposed() as usize];
        let mut halos = self.halos.lock().unwrap_or_else(PoisonError::into_inner);
        let exchange = Exchange::new(&mut halos, &pass.needs, x);
        dispatch!(self.dtype, T => pass.run::<T>(exchange, alpha, x, beta, y))
    }

    fn details(&self) -> String {
        self.details.clone()
    }

    fn pace(&self, context: &Context) -> Pace {
        Pace::of_messages(context, self.passes.iter().any(|pass| !pass.needs.is_empty()))
    }
}

/// How a kind is called in a printed expression.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Centered => "centered",
        Kind::Forward => "forward",
        Kind::Backward => "backward",
    }
}

/// Derivatives are for floating-point spaces with a global shape.
pub(super) fn check_space<'a>(space: &'a Space, name: &str) -> Result<&'a [i64]> {
    let (shape, _) = space.shaped(name)?;
    if space.dtype().is_integer() {
        fail!(DType, "{name} of {} arrays: arithmetic needs a floating-point type", space.dtype().name());
    }
    Ok(shape)
}

/// An axis of the shape.
pub(super) fn check_axis(axis: usize, shape: &[i64]) -> Result<()> {
    if axis >= shape.len() {
        fail!(Axis, "axis is {axis}, expected 0 to {} for {} dimensions", shape.len() - 1, shape.len());
    }
    Ok(())
}
