//! In which layouts an array goes through the transforms of its axes.

use super::four_step::Matrix;
use super::{Axis, Place};
use crate::error::Result;
use crate::layout::{Layout, Partition, Role};
use crate::operators::redistributed::whole_along;

/// What is done between two changes of layout; axes are given by their place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Axes that are transformed while they are whole in a layout.
    Whole { layout: Layout, axes: Vec<usize> },
    /// An axis that the others cannot make whole, transformed as a matrix.
    Matrix { axis: usize, matrix: Matrix },
}

/// All stages in their order, and where the spectrum ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stages {
    pub stages: Vec<Stage>,
    pub shape: Vec<i64>,
    pub layout: Layout,
}

/// What axes have to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Nothing.
    Any,
    /// The first one.
    FirstFirst,
    /// All before them, so that a result does not depend on the layout, to the last bit.
    Fixed,
}

impl Order {
    /// Of the axes that are left, those that can be transformed where `is_whole` says which are whole.
    fn ready(self, left: &[usize], is_whole: impl Fn(usize) -> bool) -> Vec<usize> {
        match self {
            Order::FirstFirst if left.first() == Some(&0) && !is_whole(0) => Vec::new(),
            Order::Fixed => left.iter().copied().take_while(|k| is_whole(*k)).collect(),
            _ => left.iter().copied().filter(|k| is_whole(*k)).collect(),
        }
    }
}

/// Every axis is transformed in the first layout in which it is whole and its turn has come; a next layout makes as many
/// of those that are left whole as the others can carry. Where they can carry none, the next one is seen as a matrix.
pub(super) fn stages(
    shape: &[i64],
    layout: &Layout,
    ranks: usize,
    axes: &[Axis],
    order: Order,
    place: &Place,
) -> Result<Stages> {
    let model = (shape, layout);
    let (mut shape, mut layout) = (shape.to_vec(), layout.clone());
    let mut left: Vec<usize> = (0..axes.len()).collect();
    let mut stages = Vec::new();
    loop {
        let ready = order.ready(&left, |k| layout.axis_is_whole(&shape, axes[k].axis));
        left.retain(|k| !ready.contains(k));
        let before = shape.clone();
        ready.iter().for_each(|k| shape[axes[*k].axis] = axes[*k].spectrum);
        let fitted = fitted(&layout, &before, &shape, ranks);
        stages.push(Stage::Whole { layout: std::mem::replace(&mut layout, fitted), axes: ready });
        if left.is_empty() {
            break;
        }
        if let Some(whole) = next(&shape, ranks, axes, &left, order) {
            layout = whole;
            continue;
        }
        let axis = left.remove(0);
        let matrix = Matrix::new(&shape, ranks, axes[axis].axis, axes[axis].length)?;
        shape[axes[axis].axis] = axes[axis].spectrum;
        layout = matrix.end().clone();
        stages.push(Stage::Matrix { axis, matrix });
        if left.is_empty() {
            break;
        }
    }
    let end = match place {
        Place::AsComputed => layout,
        Place::AsModel => fitted(model.1, model.0, &shape, ranks),
        Place::In(given) => given.shaped("a spectrum")?.1.clone(),
    };
    Ok(Stages { stages, shape, layout: end })
}

/// A layout in which as many of the axes that are left can be transformed as is possible; none where that is none.
fn next(shape: &[i64], ranks: usize, axes: &[Axis], left: &[usize], order: Order) -> Option<Layout> {
    let whole = |chosen: &[usize]| {
        let chosen: Vec<usize> = chosen.iter().map(|k| axes[*k].axis).collect();
        whole_along(shape, ranks, &chosen).ok()
    };
    for count in (1..=left.len()).rev() {
        // The chosen ones as the bits of a number.
        for set in (1u32..1 << left.len()).filter(|set| set.count_ones() as usize == count) {
            let chosen: Vec<usize> = (0..left.len()).filter(|k| set >> k & 1 == 1).map(|k| left[k]).collect();
            if order.ready(left, |k| chosen.contains(&k)).len() < count {
                continue;
            }
            if let Some(layout) = whole(&chosen) {
                return Some(layout);
            }
        }
    }
    None
}

/// The layout of `from` over `to`, whose extents may differ: along axes that are whole it stays what it is; along others
/// extents that were given become balanced blocks, and boxes a cut along the first axis.
pub(super) fn fitted(layout: &Layout, from: &[i64], to: &[i64], ranks: usize) -> Layout {
    let changed = |axis: usize| from[axis] != to[axis];
    match layout {
        Layout::Grid(grid) => {
            let mut grid = grid.clone();
            for dimension in &mut grid {
                let Role::Cut { axis, partition } = &mut dimension.role else { continue };
                let Partition::Extents(extents) = &*partition else { continue };
                if changed(*axis) {
                    let one_part = extents.iter().position(|n| *n == from[*axis]);
                    *partition = match one_part {
                        Some(part) => Partition::Extents(
                            (0..extents.len()).map(|k| if k == part { to[*axis] } else { 0 }).collect(),
                        ),
                        None => Partition::Balanced,
                    };
                }
            }
            Layout::Grid(grid)
        }
        Layout::Boxes(boxes) => {
            let mut boxes = boxes.clone();
            for axis in (0..from.len()).filter(|k| changed(*k)) {
                if !layout.axis_is_whole(from, axis) {
                    return Layout::cut(0, ranks);
                }
                for b in &mut boxes {
                    b.upper[axis] = if b.is_empty() { b.lower[axis] } else { to[axis] };
                }
            }
            Layout::Boxes(boxes)
        }
        Layout::Local(_) => layout.clone(),
    }
}
