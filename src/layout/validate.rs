//! Whether a layout fits a shape and a number of ranks, and what is wrong where it does not.

use super::boxes;
use super::grid::{GridDimension, Role};
use super::partition::Partition;
use super::Layout;
use crate::error::Result;
use crate::fail;

/// Most axes that a global array can have.
pub const MAX_DIMENSIONS: usize = 16;

/// Most blocks that a block-cyclic axis can have, and rows that an axis cut by columns can have, since they are kept as lists of intervals.
const MAX_BLOCKS: i64 = 1 << 27;

/// Number of elements of a shape.
///
/// # Errors
/// `Shape`: no axis, more than [`MAX_DIMENSIONS`], a negative length, or more elements than 2^63 - 1 (zero lengths
/// are counted as one here, so that no stride overflows either).
pub fn element_count(shape: &[i64]) -> Result<i64> {
    if shape.is_empty() || shape.len() > MAX_DIMENSIONS {
        fail!(Shape, "shape has {} axes, expected 1 to {MAX_DIMENSIONS}", shape.len());
    }
    if let Some(axis) = shape.iter().position(|&n| n < 0) {
        fail!(Shape, "shape is {} along axis {axis}, expected 0 or more", shape[axis]);
    }
    let volume = shape.iter().try_fold(1i64, |volume, &n| volume.checked_mul(n.max(1)));
    match volume {
        Some(volume) if !shape.contains(&0) => Ok(volume),
        Some(_) => Ok(0),
        None => fail!(Shape, "shape {shape:?} has more than 2^63 - 1 elements"),
    }
}

impl Layout {
    /// Whether the layout describes `ranks` ranks that together hold an array of this shape.
    ///
    /// # Errors
    /// `Shape`: see [`element_count`]. `Axis`: a grid dimension cuts an axis that the shape does not have.
    /// `Unsupported`: a block-cyclic axis of more than 2^27 blocks, or rows of columns. `Layout`: everything else, with a text that names the values.
    pub fn validate(&self, shape: &[i64], ranks: usize) -> Result<()> {
        let total = element_count(shape)?;
        match self {
            Layout::Grid(grid) => validate_grid(grid, shape, ranks),
            Layout::Boxes(list) => {
                if list.len() != ranks {
                    fail!(Layout, "layout: {} boxes are given for {ranks} ranks", list.len());
                }
                boxes::validate(list, shape)
            }
            Layout::Local(counts) => validate_counts(counts, shape, total, ranks),
        }
    }

    /// The layout in which rank r has `local_shapes[r]`, with `axis` cut and all other axes whole.
    ///
    /// # Errors
    /// `Axis`: the shape has no such axis. `Layout`: not one local shape a rank, or their lengths along `axis` do not
    /// sum to the global one. `Shape`: a local shape has another number of axes, or differs along another axis.
    pub fn from_local_shapes(shape: &[i64], axis: usize, local_shapes: &[Vec<i64>], ranks: usize) -> Result<Layout> {
        element_count(shape)?;
        if axis >= shape.len() {
            fail!(Axis, "axis is {axis}, the shape has {} axes", shape.len());
        }
        if local_shapes.len() != ranks {
            fail!(Layout, "local_shapes: {} shapes are given for {ranks} ranks", local_shapes.len());
        }
        for (rank, local) in local_shapes.iter().enumerate() {
            if local.len() != shape.len() {
                fail!(
                    Shape,
                    "local_shapes: the shape of rank {rank} has {} axes, the global shape has {}",
                    local.len(),
                    shape.len()
                );
            }
            if let Some(other) = (0..shape.len()).find(|&k| k != axis && local[k] != shape[k]) {
                fail!(
                    Shape,
                    "local_shapes: rank {rank} has {} along axis {other}, which is not cut and has {}",
                    local[other],
                    shape[other]
                );
            }
        }
        let partition = Partition::Extents(local_shapes.iter().map(|local| local[axis]).collect());
        let layout = Layout::Grid(vec![GridDimension { ranks, role: Role::Cut { axis, partition } }]);
        layout.validate(shape, ranks)?;
        Ok(layout)
    }
}

fn validate_grid(grid: &[GridDimension], shape: &[i64], ranks: usize) -> Result<()> {
    if let Some(dimension) = grid.iter().position(|d| d.ranks == 0) {
        fail!(Layout, "layout: grid dimension {dimension} has 0 ranks, expected 1 or more");
    }
    let product = grid.iter().try_fold(1usize, |product, d| product.checked_mul(d.ranks));
    if product != Some(ranks) {
        let sizes: Vec<usize> = grid.iter().map(|d| d.ranks).collect();
        fail!(Layout, "layout: a grid of {sizes:?} is given for {ranks} ranks");
    }
    let mut cut_by = [None; MAX_DIMENSIONS];
    for (dimension, d) in grid.iter().enumerate() {
        let Role::Cut { axis, partition } = &d.role else { continue };
        let axis = *axis;
        if axis >= shape.len() {
            fail!(Axis, "layout: grid dimension {dimension} cuts axis {axis}, the shape has {} axes", shape.len());
        }
        if let Some(first) = cut_by[axis].replace(dimension) {
            fail!(
                Layout,
                "layout: axis {axis} is cut by grid dimensions {first} and {dimension}, expected one at most"
            );
        }
        validate_partition(partition, axis, shape[axis], d.ranks)?;
    }
    Ok(())
}

fn validate_partition(partition: &Partition, axis: usize, n: i64, parts: usize) -> Result<()> {
    match partition {
        Partition::Balanced | Partition::Ceiling => {}
        Partition::Extents(extents) => {
            if extents.len() != parts {
                fail!(Layout, "layout: axis {axis} is cut over {parts} ranks, but {} extents are given", extents.len());
            }
            if let Some(part) = extents.iter().position(|&len| len < 0) {
                fail!(Layout, "layout: extent {part} of axis {axis} is {}, expected 0 or more", extents[part]);
            }
            let sum: i128 = extents.iter().map(|&len| i128::from(len)).sum();
            if sum != i128::from(n) {
                fail!(Layout, "layout: the extents of axis {axis} sum to {sum}, the axis has {n}");
            }
        }
        Partition::Cyclic { block, first } => {
            if *first >= parts {
                fail!(Layout, "layout: first of the cyclic axis {axis} is {first}, expected 0 to {}", parts - 1);
            }
            if *block < 1 {
                fail!(Layout, "layout: the block of the cyclic axis {axis} is {block}, expected 1 or more");
            }
            if n / block > MAX_BLOCKS {
                fail!(
                    Unsupported,
                    "layout: the cyclic axis {axis} has {} blocks of {block}, at most {MAX_BLOCKS} are supported; use larger blocks",
                    n / block
                );
            }
        }
        Partition::Columns { row } => {
            if *row < 1 {
                fail!(Layout, "layout: the rows along axis {axis} are {row} long, expected 1 or more");
            }
            if n / row > MAX_BLOCKS {
                fail!(
                    Unsupported,
                    "layout: axis {axis} has {} rows of {row}, at most {MAX_BLOCKS} are supported",
                    n / row
                );
            }
        }
    }
    Ok(())
}

fn validate_counts(counts: &[i64], shape: &[i64], total: i64, ranks: usize) -> Result<()> {
    if counts.len() != ranks {
        fail!(Layout, "layout: {} local counts are given for {ranks} ranks", counts.len());
    }
    if let Some(rank) = counts.iter().position(|&count| count < 0) {
        fail!(Layout, "layout: the local count of rank {rank} is {}, expected 0 or more", counts[rank]);
    }
    if shape.len() != 1 {
        fail!(Layout, "layout: local counts need a shape of one axis, the shape has {}", shape.len());
    }
    let sum: i128 = counts.iter().map(|&count| i128::from(count)).sum();
    if sum != i128::from(total) {
        fail!(Layout, "layout: the local counts sum to {sum}, the shape has {total} elements");
    }
    Ok(())
}
