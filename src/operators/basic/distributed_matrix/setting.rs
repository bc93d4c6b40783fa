//! What is decided before anything is made: the grid, the spaces on it, and how A gets there.

use super::plan::{Plan, Problem};
use super::process_grid::{transposed_layout, OnGrid, ProcessGrid};
use super::DistributedMatrix;
use crate::arrays::{verbs, Array, Space};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::layout::{Layout, Partition};
use crate::operators::basic::matrix_mult::range_layout;
use crate::operators::basic::redistribution::Redistribution;
use crate::storage::Memory;

/// Y = A X on a grid.
pub struct Setting {
    /// n, k, m.
    pub shape: [i64; 3],
    pub plan: Plan,
    transposed: bool,
    /// Domain and range of the product on the grid, how their rows are cut, and how their columns are.
    pub inner: [Space; 2],
    pub inner_rows: [Partition; 2],
    pub inner_columns: Partition,
    /// The range of the whole.
    pub range: Space,
}

impl Setting {
    pub fn new(domain: &Space, matrix: &Array, choices: &DistributedMatrix) -> Result<Setting> {
        let (shape, layout) = domain.shaped("a distributed matrix product")?;
        let (stored, matrix_layout) = matrix.space().shaped("a distributed matrix")?;
        let (m, k) = match (shape, choices.axis) {
            (&[k], 0) => (None, k),
            (&[k, m], 0) | (&[m, k], 1) => (Some(m), k),
            ([_] | [_, _], axis) => fail!(Axis, "axis is {axis}, the domain has {} axes", shape.len()),
            _ => fail!(Shape, "the domain has {} axes, expected 1 or 2", shape.len()),
        };
        if stored.len() != 2 {
            fail!(Shape, "the matrix has {} axes, expected 2", stored.len());
        }
        for (who, space) in [("domain", domain), ("matrix", matrix.space())] {
            if space.mask().is_some() {
                fail!(Space, "the {who} is masked, but a distributed matrix product is one problem of all ranks");
            }
        }
        let n = stored[usize::from(choices.transposed)];
        let inner = stored[usize::from(!choices.transposed)];
        if inner != k {
            fail!(Shape, "the matrix has {inner} columns, but axis {} of the domain has {k} elements", choices.axis);
        }
        if choices.panel < 0 {
            fail!(Argument, "a panel has {} indices, expected 1 or more, or 0 to have it chosen", choices.panel);
        }
        if choices.borrow && matrix.space().memory() != domain.memory() {
            fail!(Space, "a borrowed matrix has to be in the memory of the domain");
        }
        let mut range_shape = shape.to_vec();
        range_shape[choices.axis] = n;
        if let Some(range) = &choices.range {
            let (given, _) = range.shaped("the range of a distributed matrix product")?;
            if given != range_shape {
                fail!(Shape, "the range has shape {given:?}, but Y has {range_shape:?}");
            }
            if range.context() != domain.context() || range.mask().is_some() || range.memory() != domain.memory() {
                fail!(Space, "the range has to be of the context and the memory of the domain, without a mask");
            }
        }
        let matrix_layout = if choices.transposed { transposed_layout(matrix_layout) } else { matrix_layout.clone() };
        let on_grid = |space: &Space| match choices.axis {
            0 => space.layout().and_then(ProcessGrid::of),
            _ => space.layout().and_then(|layout| ProcessGrid::of(&transposed_layout(layout))),
        };
        let problem = Problem {
            shape: [n, k, m.unwrap_or(1)],
            ranks: domain.context().size(),
            vectors: m.is_none(),
            matrix: ProcessGrid::of(&matrix_layout),
            domain: on_grid(domain),
            range: choices.range.as_ref().map(on_grid),
        };
        let plan = problem.choose(choices.algorithm, choices.borrow)?;
        let given = |on: &Option<OnGrid>| on.as_ref().filter(|on| on.0 == plan.grid).map(|on| on.1.clone());
        let (of_domain, of_range) = (given(&problem.domain), problem.range.as_ref().and_then(given));
        let cut = |of: &Option<[Partition; 2]>, axis: usize| of.as_ref().map(|cuts| cuts[axis].clone());
        let free = |of: &Option<[Partition; 2]>| cut(of, 0).unwrap_or(Partition::Balanced);
        let inner_columns = cut(&of_domain, 1).or_else(|| cut(&of_range, 1)).unwrap_or(Partition::Balanced);
        let inner_rows = match plan.turned {
            false => [free(&of_domain), plan.rows.clone()],
            true => [plan.rows.clone(), free(&of_range)],
        };
        let on_plan = |shape: &[i64], rows: &Partition| {
            let layout = plan.grid.layout([rows, &inner_columns], [choices.axis, 1 - choices.axis]);
            Space::derived(domain, domain.dtype(), shape, layout)
        };
        let inner = [on_plan(shape, &inner_rows[0])?, on_plan(&range_shape, &inner_rows[1])?];
        let range = match &choices.range {
            Some(range) => range.clone(),
            None if inner[0].congruent(domain) => inner[1].clone(),
            None => Space::derived(domain, domain.dtype(), &range_shape, range_layout(layout, choices.axis, k, n))?,
        };
        let (shape, transposed) = (problem.shape, choices.transposed);
        Ok(Setting { shape, plan, transposed, inner, inner_rows, inner_columns, range })
    }

    /// The stored array's layout on the grid; that of the saved adjoint has the grid's rows along the other axis.
    pub fn layout(&self, adjoint: bool) -> Layout {
        let Plan { grid, turned, rows, columns, .. } = &self.plan;
        let axis = usize::from((*turned != self.transposed) != adjoint);
        match adjoint {
            false => grid.layout([rows, columns], [axis, 1 - axis]),
            true => {
                let free = &self.inner_rows[usize::from(*turned)];
                grid.layout([free, &Partition::Balanced], [axis, 1 - axis])
            }
        }
    }

    /// Panels that keep the kernels busy, and messages long enough.
    pub fn panel(&self, wanted: i64) -> i64 {
        const INNER: i64 = 512;
        const LONG: i64 = 1 << 16;
        let alone = self.plan.grid.rows() * self.plan.grid.columns() == 1;
        // To conjugate, on a device.
        let packs = self.inner[0].memory() == Memory::Cuda && self.inner[0].dtype().is_complex();
        let whole = |p: &Partition| !matches!(p, Partition::Cyclic { .. });
        match wanted {
            0 if alone && !packs => self.shape[0].max(self.shape[1]).max(1),
            0 if self.plan.grid.columns() == 1 && self.inner_rows.iter().all(whole) => {
                INNER.max(LONG / self.shape[2].max(1))
            }
            0 => INNER,
            wanted => wanted,
        }
    }

    /// The matrix in the memory of the product.
    pub fn stored(&self, matrix: &Array) -> Result<Stored> {
        let memory = self.inner[0].memory();
        if matrix.space().memory() == memory {
            return Ok(Stored { array: matrix.clone(), own: false });
        }
        let array = Array::new(&matrix.space().with_memory(memory)?)?;
        verbs::copy(matrix, &array)?;
        Ok(Stored { array, own: true })
    }
}

/// A, or its transpose, in any layout.
pub struct Stored {
    array: Array,
    own: bool,
}

impl Stored {
    /// The array in a layout: itself, or a copy. Collective.
    pub fn place(&self, layout: Layout, borrow: bool) -> Result<Array> {
        let (context, space) = (self.array.space().context(), self.array.space());
        let (shape, _) = space.shaped("a distributed matrix")?;
        let target = context.agree(Space::derived(space, space.dtype(), shape, layout))?;
        if target.congruent(space) && (borrow || self.own) {
            return Ok(self.array.clone());
        }
        let prepared = || Ok((Array::new(&target)?, Redistribution::new(space, &target)?));
        let (copy, way) = context.agree(prepared())?;
        context.agree(way.apply(false, Scalar::ONE, &self.array, Scalar::ZERO, &copy))?;
        Ok(copy)
    }
}
