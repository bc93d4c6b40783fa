//! Y = A X, where A, X and Y are spread over the ranks.

mod block;
mod device_panels;
mod host_panels;
mod panels;
mod plan;
mod process_grid;
mod product;
mod rooms;
mod setting;
mod work;

use crate::arrays::{verbs, Array, Space};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::layout::Partition;
use crate::operators::algebra::{of_real, promoted};
use crate::operators::redistributed::redistributed;
use crate::operators::{LinearMap, Mode, Operator, Pace};
use block::Block;
use process_grid::transposed_layout;
use product::{Product, Vectors};
use setting::Setting;
use std::sync::{Mutex, PoisonError};

/// What stays and what travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// The one that sends the fewest elements.
    #[default]
    Automatic,
    /// A stays, cut along its rows or its columns; X or Y goes round.
    Block,
    /// A and X travel panel by panel on a grid; Y stays.
    Summa,
}

/// Choices for a distributed matrix.
#[derive(Clone, Default)]
pub struct DistributedMatrix {
    pub algorithm: Algorithm,
    /// The array holds A^T: A by columns.
    pub transposed: bool,
    /// A^T too is kept where it has to be for products with A^H to send X's kind of messages: a second tile a rank.
    pub save_adjoint: bool,
    /// The array is read where it is.
    pub borrow: bool,
    /// Where Y lies: by default on the grid, and where X does not lie on it, as X.
    pub range: Option<Space>,
    /// Indices of the inner axis in a panel; 0: chosen.
    pub panel: i64,
    /// Axis of the domain that A acts along: 1 for X of shape m x k.
    pub axis: usize,
}

/// Y = A X for A of n x k over the ranks in any layout, X of shape k x m or k, and Y of n x m or n (m x k and m x n, if A
/// acts along axis 1). No vector is replicated.
///
/// With panels of b indices, a rank on a p x q grid keeps rooms of (2 n / p + 3 m / q) b elements (the first part where
/// q > 1, the second where p > 1), and its tile of A, unless that is borrowed. *Block* sends
/// k m (p - 1) / p elements from each rank for A cut along its rows, n m (p - 1) / p for A cut along its columns; *SUMMA*
/// n k (q - 1) / (p q) + k m (p - 1) / (p q), and with A^H and no saved adjoint as many. Layouts of X or Y that are not those
/// of the grid cost a redistribution each. Cyclic blocks are multiplied as they are.
///
/// A may be real of the precision of a complex X. A complex one on a real X makes Y complex, and the adjoint is
/// Re(A^H Y). Collective. *Deterministic: same P.*
///
/// # Errors
/// `Shape`, `DType`, `Space` (masked; memory of a borrowed matrix), `Layout` (a borrowed matrix lies as the algorithm
/// cannot use it), `Argument`, `Context`, `Unsupported` (device arrays without cuBLAS), `Memory`.
pub fn distributed_matrix_mult(domain: &Space, matrix: &Array, choices: &DistributedMatrix) -> Result<Operator> {
    let context = domain.context();
    let own = matrix.dtype();
    let DistributedMatrix { algorithm, transposed, save_adjoint, borrow, range, panel, axis } = choices;
    let range_text = range.as_ref().map_or_else(String::new, |range| format!(" to {range}"));
    let text = format!(
        "distributed matrix product of {} with {domain}{range_text}, {algorithm:?}, {transposed}, {save_adjoint}, {borrow}, \
         {panel}, {axis}",
        matrix.space()
    );
    let checked = || -> Result<()> {
        if matrix.space().context() != context {
            fail!(Context, "the matrix belongs to another context than the domain");
        }
        if own.is_integer() || (own != domain.dtype() && own.real() != domain.dtype().real()) {
            fail!(
                DType,
                "the matrix is {}, but the domain is {}: expected the same precision",
                own.name(),
                domain.dtype().name()
            );
        }
        if let Some(range) = choices.range.as_ref().filter(|range| range.dtype() != own.promote(domain.dtype())) {
            fail!(DType, "the range is {}, but Y is {}", range.dtype().name(), own.promote(domain.dtype()).name());
        }
        Ok(())
    };
    context.agree_on(checked(), &text)?;
    let range = choices.range.as_ref().map(|range| range.with_dtype(own));
    let same = of_one_type(&domain.with_dtype(own), matrix, &DistributedMatrix { range, ..choices.clone() })?;
    match (own.is_complex(), domain.dtype().is_complex()) {
        (false, true) => context.agree(promoted(&same, domain.dtype())),
        (true, false) => context.agree(of_real(&same)),
        _ => Ok(same),
    }
}

/// The space of the transposed matrix, in which every rank keeps its elements. Local.
pub fn transposed_space(space: &Space) -> Result<Space> {
    let (shape, layout) = space.shaped("a transposed matrix")?;
    match *shape {
        [rows, columns] => Space::derived(space, space.dtype(), &[columns, rows], transposed_layout(layout)),
        _ => fail!(Shape, "the matrix has {} axes, expected 2", shape.len()),
    }
}

/// As `distributed_matrix_mult` for A and X of one dtype.
fn of_one_type(domain: &Space, matrix: &Array, choices: &DistributedMatrix) -> Result<Operator> {
    let context = domain.context();
    let setting = context.agree(Setting::new(domain, matrix, choices))?;
    let Setting { plan, inner, range, .. } = &setting;
    let stored = context.agree(setting.stored(matrix))?;
    let tile = stored.place(setting.layout(false), choices.borrow)?;
    let adjoint = match choices.save_adjoint {
        true => Some(stored.place(setting.layout(true), false)?),
        false => None,
    };
    let turned = plan.turned != choices.transposed;
    let [from, to] = &setting.inner_rows;
    // X' are the vectors that a gathering product takes.
    let (of_x, of_y) = if plan.turned { (to, from) } else { (from, to) };
    let panel = setting.panel(choices.panel);
    let by_columns = choices.axis == 1;
    let own = |tile, turned, inner, rows| {
        let vectors = Vectors { rows, columns: &setting.inner_columns, width: setting.shape[2], by_columns };
        Product::new(plan.grid, (tile, turned), inner, vectors, panel)
    };
    let made = || -> Result<_> {
        let mut products = vec![Mutex::new(own(tile, turned, &plan.columns, of_x)?)];
        if let Some(adjoint) = adjoint {
            products.push(Mutex::new(own(adjoint, !turned, &Partition::Balanced, of_y)?));
        }
        Ok(products)
    };
    let products = context.agree(made())?;
    let name = match (plan.grid.rows(), plan.grid.columns()) {
        (_, 1) if plan.turned => "block, A cut along its columns".to_string(),
        (_, 1) => "block, A cut along its rows".to_string(),
        (p, q) => format!("SUMMA on {p} x {q} ranks"),
    };
    let [n, k, _] = setting.shape;
    let kept = if choices.borrow { "borrowed" } else { "copied" };
    let saved = if choices.save_adjoint { ", adjoint saved" } else { "" };
    let details = format!("{n} x {k}, {kept}{saved}, {name}, panels of {panel}");
    let empty = [n == 0, k == 0];
    let (turned, sides) = (plan.turned, inner.clone());
    let map = DistributedMatrixMult { products, turned, sides, by_columns, empty, details };
    if inner[0].congruent(domain) && inner[1].congruent(range) {
        return Ok(Operator::new(domain.clone(), range.clone(), map));
    }
    redistributed(domain, range, Operator::new(inner[0].clone(), inner[1].clone(), map))
}

struct DistributedMatrixMult {
    /// Of A (A^T, if `turned`), and where it is saved of the transpose.
    products: Vec<Mutex<Product>>,
    turned: bool,
    /// Domain and range on the grid.
    sides: [Space; 2],
    /// A acts along axis 1.
    by_columns: bool,
    /// Y, X have no rows.
    empty: [bool; 2],
    details: String,
}

impl LinearMap for DistributedMatrixMult {
    fn name(&self) -> &str {
        "DistributedMatrixMult"
    }

    fn details(&self) -> String {
        self.details.clone()
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        if self.empty[usize::from(!mode.transposed())] {
            return if beta.is_zero() { verbs::fill(y, Scalar::ZERO) } else { verbs::scale(beta, y) };
        }
        let [from, to] = [mode.transposed(), !mode.transposed()].map(|range| &self.sides[usize::from(range)]);
        let block = |array: &Array, space: &Space| {
            Block::of(array, space).map(|block| if self.by_columns { block.turned() } else { block })
        };
        let blocks = block(x, from).and_then(|x| Ok([x, block(y, to)?]));
        let scatters = mode.transposed() != self.turned;
        let product = &self.products[usize::from(scatters && self.products.len() > 1)];
        let mut product = product.lock().unwrap_or_else(PoisonError::into_inner);
        let (fit, blocks) = (blocks.as_ref().map(drop).map_err(Clone::clone), blocks.ok());
        fit.and(match scatters && self.products.len() == 1 {
            true => product.scatter(mode.conjugated(), alpha, beta, blocks),
            false => product.gather(mode.conjugated(), alpha, beta, blocks),
        })
    }

    fn pace(&self, context: &Context) -> Pace {
        Pace::of_messages(context, context.size() > 1)
    }
}
