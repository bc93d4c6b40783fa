//! Which grid multiplies, and what stays where it is: the way that sends the fewest elements.

use super::process_grid::{OnGrid, ProcessGrid};
use super::Algorithm;
use crate::error::Result;
use crate::fail;
use crate::layout::Partition;

/// Y (n x m) = A (n x k) X (k x m) on `ranks` ranks.
pub struct Problem {
    pub shape: [i64; 3],
    pub ranks: usize,
    /// X and Y have one axis.
    pub vectors: bool,
    /// Where these lie on grids.
    pub matrix: Option<OnGrid>,
    pub domain: Option<OnGrid>,
    /// The range that the host asks for.
    pub range: Option<Option<OnGrid>>,
}

/// A, or A^T if `turned`, on a grid. Its rows, and those of Y (of X, if turned), are cut alike.
#[derive(Clone, Debug)]
pub struct Plan {
    pub grid: ProcessGrid,
    pub turned: bool,
    pub rows: Partition,
    pub columns: Partition,
    /// A lies so already.
    pub in_place: bool,
}

impl Problem {
    /// The way that sends the fewest elements, of those that the algorithm allows and, if `borrowed`, leave A in place.
    pub fn choose(&self, algorithm: Algorithm, borrowed: bool) -> Result<Plan> {
        let mut plans = Vec::new();
        if algorithm != Algorithm::Summa {
            plans.extend([self.by_rows(false), self.by_rows(true)]);
        }
        if algorithm != Algorithm::Block {
            match self.vectors {
                false => plans.push(self.summa()),
                true if algorithm == Algorithm::Summa => {
                    fail!(Shape, "SUMMA cuts the columns of X, and the domain has one axis; use the block algorithm")
                }
                true => {}
            }
        }
        if borrowed {
            plans.retain(|plan| plan.in_place);
        }
        let order = |a: &Plan, b: &Plan| self.cost(a).total_cmp(&self.cost(b)).then(b.in_place.cmp(&a.in_place));
        let best = plans.into_iter().min_by(order);
        match best {
            Some(plan) => Ok(plan),
            None => fail!(
                Layout,
                "a borrowed matrix stays where it is, and this one does not lie as the product needs it: cut it along its \
                 rows or along its columns, or, for SUMMA, on a grid; or let it be copied"
            ),
        }
    }

    /// A stays, all ranks in one column: its rows are cut, or if `turned` its columns.
    fn by_rows(&self, turned: bool) -> Plan {
        let grid = ProcessGrid::new(self.ranks, 1);
        let lies = |on: &OnGrid| if turned { on.0.turned() } else { on.0 };
        let matrix = self.matrix.as_ref().filter(|on| lies(on) == grid);
        let wanted = if turned { self.domain.as_ref() } else { self.range.as_ref().and_then(Option::as_ref) };
        let rows = match (matrix, wanted.filter(|on| on.0 == grid)) {
            (Some((_, cuts)), _) => cuts[usize::from(turned)].clone(),
            (None, Some((_, cuts))) => cuts[0].clone(),
            (None, None) => Partition::Balanced,
        };
        Plan { grid, turned, rows, columns: Partition::Balanced, in_place: matrix.is_some() }
    }

    /// A on its own grid, else on that of X, else on the squarest one.
    fn summa(&self) -> Plan {
        if let Some((grid, [rows, columns])) = self.matrix.clone() {
            return Plan { grid, turned: false, rows, columns, in_place: true };
        }
        let grid = self.domain.as_ref().map_or_else(|| ProcessGrid::squarest(self.ranks), |on| on.0);
        Plan { grid, turned: false, rows: Partition::Balanced, columns: Partition::Balanced, in_place: false }
    }

    /// Elements that a rank receives in an apply.
    fn cost(&self, plan: &Plan) -> f64 {
        let [n, k, m] = self.shape.map(|n| n as f64);
        let (rows, inner) = if plan.turned { (k, n) } else { (n, k) };
        let (p, q) = (plan.grid.rows() as f64, plan.grid.columns() as f64);
        let panels = rows * inner * (q - 1.0) + inner * m * (p - 1.0);
        let from = if self.domain_fits(plan) { 0.0 } else { k * m };
        let to = if self.range_fits(plan) { 0.0 } else { n * m };
        (panels + from + to) / (p * q)
    }

    /// Whether X is used where it is.
    pub fn domain_fits(&self, plan: &Plan) -> bool {
        let bound = plan.turned.then_some(&plan.rows);
        self.domain.as_ref().is_some_and(|on| lies_on(on, plan, self.shape[1], bound))
    }

    /// Whether Y is used where it is; where the host leaves it open, it lies as X does.
    fn range_fits(&self, plan: &Plan) -> bool {
        let bound = (!plan.turned).then_some(&plan.rows);
        match &self.range {
            None => self.domain_fits(plan),
            Some(range) => range.as_ref().is_some_and(|on| lies_on(on, plan, self.shape[0], bound)),
        }
    }
}

fn lies_on((grid, cuts): &OnGrid, plan: &Plan, n: i64, bound: Option<&Partition>) -> bool {
    let p = plan.grid.rows();
    *grid == plan.grid && bound.is_none_or(|rows| rows == &cuts[0] || rows.sets(n, p).eq(cuts[0].sets(n, p)))
}
