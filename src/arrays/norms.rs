//! Norms of every order, of the whole array and along one axis; sum and extremes of the elements.
//!
//! |x|_p = (sum |x_i|^p)^(1/p) for any p but 0, |x|_0 the number of elements that are not zero, |x|_inf and |x|_-inf the
//! largest and the smallest magnitude: the vector norms of numpy.linalg.norm. Of a product space it is the norm of all
//! components in one vector. Replicated elements count once, and sums stay among ranks of one mask colour.

use super::array::Array;
use super::box_exchange::{exchange, packed_block};
use super::device_norms::{self, States};
use super::runs::{zip_runs, Runs};
use super::space::Space;
use super::sums::Sums;
use super::visit::{elements, SERIAL};
use crate::comm::Combine;
use crate::dispatch;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::measure::Kind;
use crate::kernels::host::convert::convert;
use crate::kernels::host::measure::{self, Measure};
use crate::layout::{GridDimension, IndexBox, Layout, Role};
use crate::threads::split;
use std::sync::{Mutex, PoisonError};

fn measure_of(order: f64) -> Result<Measure> {
    Ok(match order {
        _ if order.is_nan() => fail!(Argument, "order is NaN, expected 0, a number p, infinity or -infinity"),
        0.0 => Measure::Nonzero,
        f64::INFINITY => Measure::Largest,
        f64::NEG_INFINITY => Measure::Smallest,
        p => Measure::Power(p),
    })
}

/// |x| of the order. Of no elements: 0, and infinity for order -infinity. Collective; silent for a replicated space.
pub fn norm(x: &Array, order: f64) -> Result<f64> {
    let measure = measure_of(order)?;
    match measure {
        Measure::Power(p) => {
            let mut sums = Sums::quiet(x.space(), 1);
            sums.add_of(x.check_free("x", false), |sums| match p {
                2.0 => sums.add_norm(0, x),
                _ => sums.add_power(0, p, x),
            });
            sums.finish()?;
            Ok(measure.finish(sums.value(0).re))
        }
        Measure::Nonzero => {
            let silent = x.space().reducer().is_replicated();
            let mut count = 0.0;
            let counted = x.check_free("x", false).and_then(|()| {
                x.for_each_leaf(&mut |x| {
                    let own = state_of(x, measure)?;
                    count += if silent || x.space().reducer().counts() { own } else { 0.0 };
                    Ok(())
                })
            });
            let [total] = x.space().reducer().all_f64_of([count], Combine::Sum, counted)?;
            Ok(total)
        }
        Measure::Largest | Measure::Smallest => {
            let sign = if measure == Measure::Largest { 1.0 } else { -1.0 };
            let mut best = measure.start();
            let found = x.check_free("x", false).and_then(|()| {
                x.for_each_leaf(&mut |x| {
                    best = keep_nan(sign, best, state_of(x, measure)?);
                    Ok(())
                })
            });
            Ok(sign * extreme_of_all(x.space(), [sign * best], found)?[0])
        }
    }
}

/// sum x, not in magnitude. Collective; silent for a replicated space.
pub fn sum(x: &Array) -> Result<Scalar> {
    let mut sums = Sums::quiet(x.space(), 1);
    sums.add_of(x.check_free("x", false), |sums| sums.add_sum(0, x));
    sums.finish()?;
    Ok(sums.value(0))
}

/// (smallest, largest) element of a real array; both NaN where an element is, (infinity, -infinity) for no elements.
/// Collective; silent for a replicated space.
pub fn extremes(x: &Array) -> Result<(f64, f64)> {
    let nothing = (f64::INFINITY, f64::NEG_INFINITY);
    let mut found = nothing;
    let mut visit = |x: &Array| {
        if x.dtype().is_complex() {
            fail!(DType, "{} numbers have no order, and so no smallest and largest", x.dtype().name());
        }
        let both = |a: (f64, f64), b: (f64, f64)| (keep_nan(-1.0, a.0, b.0), keep_nan(1.0, a.1, b.1));
        if let Some(lowest) = device_norms::states_of(x, Kind::Lowest)? {
            let highest = device_norms::states_of(x, Kind::Highest)?.unwrap_or_default();
            found = lowest.into_iter().zip(highest).fold(found, both);
            return Ok(());
        }
        let own = dispatch!(x.dtype(), T => fold(x, nothing, |state, p, n| {
            measure::extremes(elements::<T>(p, n), state)
        }, both))?;
        found = both(found, own);
        Ok(())
    };
    let done = x.check_free("x", false).and_then(|()| x.for_each_leaf(&mut visit));
    let [low, high] = extreme_of_all(x.space(), [-found.0, found.1], done)?;
    Ok((-low, high))
}

/// The larger of the two times the sign; NaN where one is.
fn keep_nan(sign: f64, a: f64, b: f64) -> f64 {
    if b.is_nan() || sign * b > sign * a {
        b
    } else {
        a
    }
}

/// Largest over the ranks. A NaN, which a reduction may lose, travels as a flag behind the values.
fn extreme_of_all<const N: usize>(space: &Space, values: [f64; N], own: Result<()>) -> Result<[f64; N]> {
    let mut sent = [0.0; 4];
    sent.iter_mut().zip(with_flags(&values)).for_each(|(to, from)| *to = from);
    let all = space.reducer().all_f64_of(sent, Combine::Max, own)?;
    Ok(std::array::from_fn(|k| if all[N + k] > 0.0 { f64::NAN } else { all[k] }))
}

fn with_flags(values: &[f64]) -> Vec<f64> {
    let plain = values.iter().map(|v| if v.is_nan() { f64::NEG_INFINITY } else { *v });
    plain.chain(values.iter().map(|v| f64::from(u8::from(v.is_nan())))).collect()
}

/// This rank's state of a leaf.
fn state_of(x: &Array, measure: Measure) -> Result<f64> {
    let both = |a, b| combine(measure, a, b);
    if let Some(states) = device_norms::states_of(x, measure.into())? {
        return Ok(states.into_iter().fold(measure.start(), both));
    }
    dispatch!(x.dtype(), T => {
        fold(x, measure.start(), |state, p, n| measure::row(state, elements::<T>(p, n), measure), both)
    })
}

/// The state of two parts together.
fn combine(measure: Measure, a: f64, b: f64) -> f64 {
    match measure {
        Measure::Largest => keep_nan(1.0, a, b),
        Measure::Smallest => keep_nan(-1.0, a, b),
        _ => a + b,
    }
}

/// Folds the runs of a leaf, each thread its part; the parts are combined in the order of threads.
fn fold<S: Copy + Send + Sync>(
    x: &Array,
    start: S,
    visit: impl Fn(S, *mut u8, usize) -> S + Sync,
    combine: impl Fn(S, S) -> S,
) -> Result<S> {
    let (runs, count, pool) = (x.local()?.runs(), x.local_count() as usize, x.space().context().threads());
    let part = |from: usize, to: usize| {
        let mut state = start;
        zip_runs([&runs], from, to, |[p], n| state = visit(state, p, n));
        state
    };
    if count < SERIAL || pool.len() == 1 {
        return Ok(part(0, count));
    }
    let partials: Vec<Mutex<S>> = (0..pool.len()).map(|_| Mutex::new(start)).collect();
    pool.run(&|t| {
        let range = split(count, pool.len(), t, 64);
        *partials[t].lock().unwrap_or_else(PoisonError::into_inner) = part(range.start, range.end);
    })?;
    Ok(partials.iter().fold(start, |state, p| combine(state, *p.lock().unwrap_or_else(PoisonError::into_inner))))
}

/// The space of norms along `axis`: real, the shape without that axis (of one axis: a single element). Where a grid cuts
/// the axis, the ranks that share a line along it hold copies of the result; all other axes are cut as before. Where
/// boxes cut it, the result is cut along axis 0 in balanced blocks (of one axis: every rank has it). Local.
pub fn axis_space(space: &Space, axis: usize) -> Result<Space> {
    let (shape, layout) = space.shaped("a norm along an axis")?;
    if axis >= shape.len() {
        fail!(Axis, "axis is {axis}, the shape has {} axes", shape.len());
    }
    let less = |k: usize| if k > axis { k - 1 } else { k };
    let mut rest = shape.to_vec();
    rest.remove(axis);
    if rest.is_empty() {
        rest.push(1);
    }
    let layout = match layout {
        Layout::Grid(grid) => Layout::Grid(
            grid.iter()
                .map(|d| match &d.role {
                    Role::Cut { axis: cut, partition } if *cut != axis => GridDimension {
                        ranks: d.ranks,
                        role: Role::Cut { axis: less(*cut), partition: partition.clone() },
                    },
                    _ => GridDimension { ranks: d.ranks, role: Role::Replicate },
                })
                .collect(),
        ),
        Layout::Boxes(boxes) if along_boxes(shape, layout, axis) => {
            Layout::Boxes(boxes.iter().map(|b| b.without_axis(axis)).collect())
        }
        Layout::Boxes(boxes) => {
            if let Some(mask) = space.mask() {
                fail!(
                    Unsupported,
                    "a norm along axis {axis}, which boxes cut, under mask {mask:?}; redistribute to a grid first"
                );
            }
            match shape.len() {
                1 => Layout::replicated(boxes.len()),
                _ => Layout::cut(0, boxes.len()),
            }
        }
        Layout::Local(_) => fail!(Space, "a norm along axis {axis} of an array without a global shape"),
    };
    Space::derived(space, space.dtype().real(), &rest, layout)
}

/// Whether every box has all of the axis, and the others divide what remains.
fn along_boxes(shape: &[i64], layout: &Layout, axis: usize) -> bool {
    shape.len() > 1 && shape[axis] > 0 && layout.axis_is_whole(shape, axis)
}

/// y := norms of the order of x along `axis`. `y` is an array of [`axis_space`]. Sums run in double precision, locally
/// and then over the ranks that share the axis. Collective.
pub fn norm_along(x: &Array, order: f64, axis: usize, y: &Array) -> Result<()> {
    let context = x.space().context();
    let valid = measure_of(order).and_then(|measure| {
        let space = axis_space(x.space(), axis)?;
        y.space().require_congruent(&space, "the result", "the space of norms along the axis")?;
        if x.dtype().is_integer() {
            fail!(DType, "norms of {} arrays are not defined, convert them first", x.dtype().name());
        }
        Ok(match States::along(x, axis, measure)? {
            // What other ranks need is here before they are met.
            Some(there) if meets(x.space(), axis)? => (measure, there.bring()?, Some(there)),
            Some(there) => (measure, vec![], Some(there)),
            None => (measure, states_along(x, axis, measure)?, None),
        })
    });
    let (measure, mut states, there) = context.agree_on(valid, &format!("norm of order {order} along axis {axis}"))?;
    if let Some(mut there) = there {
        if meets(x.space(), axis)? {
            there.replace(&combine_ranks(x.space(), y.space(), axis, measure, states)?)?;
        }
        return there.finish(y);
    }
    states = combine_ranks(x.space(), y.space(), axis, measure, states)?;
    states.iter_mut().for_each(|s| *s = measure.finish(*s));
    let runs = y.local()?.runs();
    let (mut at, mut outcome) = (0, Ok(()));
    zip_runs([&runs], 0, states.len(), |[p], n| {
        // SAFETY: a run of n elements of y, and n doubles of the states.
        let put = unsafe { convert(p, y.dtype(), states[at..].as_ptr().cast(), DType::Float64, n, false) };
        outcome = std::mem::replace(&mut outcome, Ok(())).and(put);
        at += n;
    });
    outcome
}

/// Whether a state along the axis needs elements of several ranks.
fn meets(space: &Space, axis: usize) -> Result<bool> {
    Ok(match space.shaped("a norm along an axis")? {
        (shape, layout @ Layout::Boxes(_)) => !along_boxes(shape, layout, axis),
        (_, layout) => layout.cut_of_axis(axis).is_some_and(|cut| cut.ranks > 1),
    })
}

/// This rank's states of the result. Collective.
fn combine_ranks(
    space: &Space,
    result: &Space,
    axis: usize,
    measure: Measure,
    mut states: Vec<f64>,
) -> Result<Vec<f64>> {
    match space.shaped("a norm along an axis")? {
        (shape, layout @ Layout::Boxes(boxes)) if !along_boxes(shape, layout, axis) => {
            combine_boxes(boxes, result, axis, measure, &states)
        }
        _ => combine_line(space, axis, measure, &mut states).map(|()| states),
    }
}

/// This rank's states of the remaining axes, in C order.
fn states_along(x: &Array, axis: usize, measure: Measure) -> Result<Vec<f64>> {
    let local = x.local()?;
    let shape: Vec<usize> = local.shape.iter().map(|n| *n as usize).collect();
    let (length, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
    let outer = shape[..axis].iter().product::<usize>();
    let mut states = vec![measure.start(); outer * inner];
    let runs: Runs = local.runs();
    dispatch!(x.dtype(), T => {
        for row in 0..outer * length {
            let (first, states) = (row * inner, &mut states[row / length * inner..]);
            let mut at = 0;
            match inner {
                1 => {
                    // The whole line along the last axis at once.
                    if row % length == 0 {
                        let whole = |[p]: [*mut u8; 1], n: usize| states[0] = measure::row(states[0], elements::<T>(p, n), measure);
                        zip_runs([&runs], first, first + length, whole);
                    }
                }
                _ => zip_runs([&runs], first, first + inner, |[p], n| {
                    measure::rows(&mut states[at..at + n], elements::<T>(p, n), measure);
                    at += n;
                }),
            }
        }
    });
    Ok(states)
}

/// Combines states over the ranks that share a line along the axis, of one colour. Collective.
fn combine_line(space: &Space, axis: usize, measure: Measure, states: &mut [f64]) -> Result<()> {
    let (_, layout) = space.shaped("a norm along an axis")?;
    let Some(cut) = layout.cut_of_axis(axis).filter(|cut| cut.ranks > 1) else { return Ok(()) };
    let line = |rank: usize| (rank - cut.part(rank) * cut.stride, space.mask().map_or(0, |mask| mask[rank]));
    let lines: Vec<(usize, i32)> = (0..space.context().size()).map(line).collect();
    let colour = |l: &(usize, i32)| lines.iter().position(|other| other == l).unwrap_or(0) as i32;
    let group = space.context().group(&lines.iter().map(colour).collect::<Vec<i32>>())?;
    if group.size() == 1 {
        return Ok(());
    }
    let sign = match measure {
        Measure::Largest => 1.0,
        Measure::Smallest => -1.0,
        _ => return group.allreduce_f64(states, Combine::Sum),
    };
    let turned: Vec<f64> = states.iter().map(|s| sign * s).collect();
    let mut sent = with_flags(&turned);
    group.allreduce_f64(&mut sent, Combine::Max)?;
    let (values, flags) = sent.split_at(states.len());
    for ((state, value), flag) in states.iter_mut().zip(values).zip(flags) {
        *state = if *flag > 0.0 { f64::NAN } else { sign * value };
    }
    Ok(())
}

/// This rank's states of the result from those of all boxes, each of which has states of its own remaining indices.
/// Collective.
fn combine_boxes(boxes: &[IndexBox], result: &Space, axis: usize, measure: Measure, own: &[f64]) -> Result<Vec<f64>> {
    let (shape, layout) = result.shaped("the result of a norm along an axis")?;
    let comm = result.context().comm();
    // Of one axis, the single element that all boxes have a part of.
    let rest = |b: &IndexBox| match boxes[0].lower.len() {
        1 => IndexBox { lower: vec![0], upper: vec![1] },
        _ => b.without_axis(axis),
    };
    let held: Vec<IndexBox> = boxes.iter().map(rest).collect();
    let region = |rank: usize| layout.region(shape, rank);
    let wanted: Vec<IndexBox> =
        (0..comm.size()).map(region).map(|r| IndexBox { lower: r.lower(), upper: r.upper() }).collect();
    let here = &wanted[comm.rank()];
    let (_, places) = packed_block(here);
    let mut states = vec![measure.start(); here.count() as usize];
    let (_, strides) = packed_block(&held[comm.rank()]);
    let put = |block: &IndexBox, elements: *const u8| {
        let (extents, tight) = packed_block(block);
        for k in 0..block.count() as usize {
            let index = |axis: usize| k / tight[axis] as usize % extents[axis];
            let along = |axis: usize| (block.lower[axis] - here.lower[axis]) as usize + index(axis);
            let place: usize = (0..shape.len()).map(|axis| along(axis) * places[axis] as usize).sum();
            // SAFETY: the packed doubles of the block; messages of doubles alone are aligned for them.
            let theirs = unsafe { elements.cast::<f64>().add(k).read() };
            states[place] = combine(measure, states[place], theirs);
        }
        Ok(())
    };
    // SAFETY: the states of this rank's box without the axis, in C order.
    unsafe { exchange(&**comm, (&held, &wanted), size_of::<f64>(), (own.as_ptr().cast(), &strides), put)? };
    Ok(states)
}
