//! Which global indices the elements of a rank have.

use crate::arrays::Space;
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::expression::Indices;
use crate::layout::IndexSet;

/// Indices along an axis, or along several that are whole but for the first, as blocks a period apart.
struct Axis {
    extent: i64,
    lower: i64,
    block: i64,
    period: i64,
    /// Of the whole array, along these axes.
    global: i64,
}

impl Axis {
    fn new(set: &IndexSet, global: i64) -> Option<Axis> {
        let list = set.intervals();
        let (extent, lower) = (set.len(), set.lower());
        let [first, second, ..] = list else {
            return Some(Axis { extent, lower, block: extent.max(1), period: 0, global });
        };
        let (block, period) = (first.len, second.start - first.start);
        let (last, rest) = list.split_last()?;
        let regular = list.iter().enumerate().all(|(k, i)| i.start == lower + k as i64 * period)
            && rest.iter().all(|i| i.len == block)
            && last.len <= block;
        regular.then_some(Axis { extent, lower, block, period, global })
    }
}

/// The global C-order index of each of this rank's elements of a leaf.
pub(super) fn indices(space: &Space) -> Result<Indices> {
    let Some(layout) = space.layout() else { fail!(Internal, "indices of a product space") };
    let count = [space.global_count()];
    let shape = space.shape().unwrap_or(&count);
    if space.local_count() == 0 {
        return Ok(Indices::from(0));
    }
    let region = layout.region(shape, space.context().rank());
    let mut axes: Vec<Axis> = Vec::new();
    for (set, n) in region.axes.iter().zip(shape) {
        match (axes.last_mut(), set.len() == *n) {
            (Some(outer), true) => {
                for number in
                    [&mut outer.extent, &mut outer.lower, &mut outer.block, &mut outer.period, &mut outer.global]
                {
                    *number *= n;
                }
            }
            _ => match Axis::new(set, *n) {
                Some(axis) => axes.push(axis),
                None => fail!(Unsupported, "a kernel with i on a layout without a period: {space}"),
            },
        }
    }
    if let [axis] = &axes[..] {
        if axis.block >= axis.extent {
            return Ok(Indices::from(axis.lower));
        }
    }
    let mut all = Indices::from(0);
    if axes.len() > all.extents.len() {
        fail!(Unsupported, "a kernel on an array of {} axes that are cut", axes.len());
    }
    all.axes = axes.len() as i64;
    let mut stride = 1;
    for (k, axis) in axes.iter().enumerate().rev() {
        (all.extents[k], all.lower[k], all.block[k]) = (axis.extent, axis.lower, axis.block);
        (all.period[k], all.stride[k]) = (axis.period, stride);
        stride *= axis.global;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comm::threaded;
    use crate::context::{Context, ContextOptions};
    use crate::dtype::DType;
    use crate::layout::{GridDimension, Layout, Partition, Role};

    #[test]
    fn every_element_has_the_index_of_its_region() {
        let cut = |axis, partition, ranks| GridDimension { ranks, role: Role::Cut { axis, partition } };
        threaded::on_ranks(4, |comm| {
            let context = Context::new(comm, ContextOptions::default()).unwrap();
            for shape in [vec![7, 5, 3], vec![4, 1, 6], vec![11]] {
                let last = shape.len() - 1;
                let mut layouts = vec![Layout::replicated(4)];
                for partition in [
                    Partition::Balanced,
                    Partition::Cyclic { block: 2, first: 0 },
                    Partition::Cyclic { block: 1, first: 0 },
                ] {
                    layouts.extend((0..=last).map(|axis| Layout::Grid(vec![cut(axis, partition.clone(), 4)])));
                    if last > 0 {
                        let both =
                            [cut(0, partition.clone(), 2), cut(last, Partition::Cyclic { block: 2, first: 0 }, 2)];
                        layouts.push(Layout::Grid(both.to_vec()));
                    }
                }
                for layout in layouts {
                    let space = Space::new(&context, DType::Float32, &shape, layout, None).unwrap();
                    let (found, region) = (indices(&space).unwrap(), space.region().unwrap());
                    let mut wanted = vec![0];
                    for (set, n) in region.axes.iter().zip(&shape) {
                        let along: Vec<i64> = set.intervals().iter().flat_map(|i| i.start..i.end()).collect();
                        wanted = wanted.iter().flat_map(|at| along.iter().map(move |i| at * n + i)).collect();
                    }
                    let all: Vec<i64> = (0..space.local_count()).map(|k| found.at(k)).collect();
                    assert_eq!(all, wanted, "{space}");
                }
            }
        });
    }
}
