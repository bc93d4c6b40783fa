//! Distributed operators as the blocks of one operator on product spaces. All constructors are local.

use crate::arrays::{Array, Space};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::operators::operator::require_same_context;
use crate::operators::stages::{apply_all, Task};
use crate::operators::{LinearMap, Mode, Operator, Pace};

struct Stacked {
    name: &'static str,
    operators: Vec<Operator>,
    /// Of each operator.
    places: Vec<Place>,
}

/// Which components an operator works on; `None` for a vector that is not divided.
#[derive(Clone, Copy)]
struct Place {
    row: Option<usize>,
    column: Option<usize>,
    /// Whether it is the first of its row (forward) or of its column (adjoint), which takes beta.
    first: [bool; 2],
}

/// diag(A_1, ..., A_n) from the product of the domains to the product of the ranges, in sequence.
pub fn stacked_block_diag(operators: &[Operator]) -> Result<Operator> {
    require_operators(operators, "StackedBlockDiag")?;
    let places = (0..operators.len()).map(|k| (Some(k), Some(k)));
    let domain = Space::product(&spaces(operators, Operator::domain))?;
    let range = Space::product(&spaces(operators, Operator::range))?;
    Ok(stacked("StackedBlockDiag", operators, places, domain, range))
}

/// (A_1; ...; A_n) from the common domain to the product of the ranges; the adjoint sums in place.
pub fn stacked_vstack(operators: &[Operator]) -> Result<Operator> {
    require_operators(operators, "StackedVStack")?;
    for (k, a) in operators.iter().enumerate().skip(1) {
        a.domain().require_congruent(
            operators[0].domain(),
            &format!("the domain of operator {k}"),
            "that of operator 0",
        )?;
    }
    let places = (0..operators.len()).map(|k| (Some(k), None));
    let range = Space::product(&spaces(operators, Operator::range))?;
    Ok(stacked("StackedVStack", operators, places, operators[0].domain().clone(), range))
}

/// (A_1 ... A_n) from the product of the domains to the common range, summed in place.
pub fn stacked_hstack(operators: &[Operator]) -> Result<Operator> {
    require_operators(operators, "StackedHStack")?;
    for (k, a) in operators.iter().enumerate().skip(1) {
        a.range().require_congruent(
            operators[0].range(),
            &format!("the range of operator {k}"),
            "that of operator 0",
        )?;
    }
    let places = (0..operators.len()).map(|k| (None, Some(k)));
    let domain = Space::product(&spaces(operators, Operator::domain))?;
    Ok(stacked("StackedHStack", operators, places, domain, operators[0].range().clone()))
}

/// `rows` times `columns` blocks in row-major order, `None` for a block of zeros; every row and every column has an
/// operator. From the product of the columns' domains to the product of the rows' ranges.
pub fn block(rows: usize, columns: usize, blocks: &[Option<Operator>]) -> Result<Operator> {
    if rows == 0 || columns == 0 || rows.checked_mul(columns) != Some(blocks.len()) {
        fail!(Argument, "Block of {rows} rows and {columns} columns got {} blocks", blocks.len());
    }
    let (mut domains, mut ranges) = (vec![None; columns], vec![None; rows]);
    let (mut operators, mut places) = (Vec::new(), Vec::new());
    for (k, operator) in blocks.iter().enumerate() {
        let Some(operator) = operator else { continue };
        let (row, column) = (k / columns, k % columns);
        let here = format!("block ({row}, {column})");
        place(&mut domains[column], operator.domain(), &format!("the domain of {here}"), "those above it")?;
        place(&mut ranges[row], operator.range(), &format!("the range of {here}"), "those left of it")?;
        operators.push(operator.clone());
        places.push((Some(row), Some(column)));
    }
    let domain = complete(domains, "column")?;
    let range = complete(ranges, "row")?;
    require_operators(&operators, "Block")?;
    Ok(stacked("Block", &operators, places.into_iter(), domain, range))
}

/// The first block decides about the space of a row or column, the others follow it.
fn place(slot: &mut Option<Space>, space: &Space, who: &str, others: &str) -> Result<()> {
    match slot {
        None => *slot = Some(space.clone()),
        Some(known) => space.require_congruent(known, who, others)?,
    }
    Ok(())
}

fn complete(spaces: Vec<Option<Space>>, side: &str) -> Result<Space> {
    if let Some(k) = spaces.iter().position(Option::is_none) {
        fail!(Argument, "{side} {k} of Block has no operator, so that its space is unknown; put Zero there");
    }
    Space::product(&spaces.into_iter().flatten().collect::<Vec<_>>())
}

fn require_operators(operators: &[Operator], name: &str) -> Result<()> {
    if operators.is_empty() {
        fail!(Argument, "{name} needs at least one operator, got 0");
    }
    require_same_context(operators)
}

fn spaces(operators: &[Operator], side: fn(&Operator) -> &Space) -> Vec<Space> {
    operators.iter().map(|a| side(a).clone()).collect()
}

fn stacked(
    name: &'static str,
    operators: &[Operator],
    places: impl Iterator<Item = (Option<usize>, Option<usize>)>,
    domain: Space,
    range: Space,
) -> Operator {
    let mut known: Vec<Place> = Vec::with_capacity(operators.len());
    for (row, column) in places {
        let first = [known.iter().all(|p| p.row != row), known.iter().all(|p| p.column != column)];
        known.push(Place { row, column, first });
    }
    Operator::new(domain, range, Stacked { name, operators: operators.to_vec(), places: known })
}

/// The component of an array, or all of it.
fn part(array: &Array, index: Option<usize>) -> Result<&Array> {
    match index {
        None => Ok(array),
        Some(k) => match array.parts().get(k) {
            Some(part) => Ok(part),
            None => fail!(Space, "an array of {} has no component {k}", array.space()),
        },
    }
}

impl LinearMap for Stacked {
    fn name(&self) -> &str {
        self.name
    }

    /// y_i := beta y_i + alpha sum_j op(A)_ij x_j. All blocks run, also after one has failed.
    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let task = |k: usize| {
            let place = &self.places[k];
            let (from, to) = if mode.transposed() { (place.row, place.column) } else { (place.column, place.row) };
            let beta = if place.first[mode.transposed() as usize] { beta } else { Scalar::ONE };
            Ok(Task { operator: &self.operators[k], x: part(x, from)?, beta, y: part(y, to)? })
        };
        apply_all(mode, alpha, self.operators.len(), &task, &|_, error| error)
    }

    fn children(&self) -> &[Operator] {
        &self.operators
    }

    fn pace(&self, _: &Context) -> Pace {
        Pace::of(self.children())
    }
}
