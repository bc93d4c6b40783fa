//! The general way to distribute an operator: redistribute so that its axes are whole, apply, redistribute back.

use super::basic::Redistribution;
use super::{LinearMap, Mode, Operator, Pace};
use crate::arrays::{Array, Space};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::layout::{ceiling_split, GridDimension, Layout, Partition, Role};
use std::sync::Arc;

/// R_y^H A R_x, where R_x and R_y take domain and range to the spaces of A.
struct Redistributed {
    inner: [Operator; 1],
    domain: Side,
    range: Side,
}

/// The way between one of the outer spaces and A's, and an array there.
struct Side {
    way: Arc<Redistribution>,
    array: Array,
}

/// `inner`, which is built on spaces of other layouts, as an operator from `domain` to `range`. Collective.
///
/// The buffers are one array of each of inner's spaces and the messages. With beta other than 0, y makes the way there
/// and back too, so that a result does not depend on the layouts, to the last bit.
pub fn redistributed(domain: &Space, range: &Space, inner: Operator) -> Result<Operator> {
    let text = format!("{} from {domain} to {range} by {} to {}", inner.name(), inner.domain(), inner.range());
    let map = domain.context().agree_on(Redistributed::new(domain, range, inner), &text)?;
    Ok(Operator::new(domain.clone(), range.clone(), map))
}

impl Redistributed {
    fn new(domain: &Space, range: &Space, inner: Operator) -> Result<Redistributed> {
        let way = Arc::new(Redistribution::new(domain, inner.domain())?);
        let same = domain.congruent(range) && inner.domain().congruent(inner.range());
        let other = if same { way.clone() } else { Arc::new(Redistribution::new(range, inner.range())?) };
        let domain = Side { way, array: Array::new(inner.domain())? };
        let range = Side { way: other, array: Array::new(inner.range())? };
        Ok(Redistributed { inner: [inner], domain, range })
    }
}

impl LinearMap for Redistributed {
    fn name(&self) -> &str {
        "Redistributed"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let (from, to) = if mode.transposed() { (&self.range, &self.domain) } else { (&self.domain, &self.range) };
        let mut outcome = from.way.apply(false, Scalar::ONE, x, Scalar::ZERO, &from.array);
        if !beta.is_zero() {
            outcome = outcome.and(to.way.apply(false, Scalar::ONE, y, Scalar::ZERO, &to.array));
        }
        outcome = outcome.and(self.inner[0].apply_unchecked(mode, alpha, &from.array, beta, &to.array));
        outcome.and(to.way.apply(true, Scalar::ONE, &to.array, Scalar::ZERO, y))
    }

    fn children(&self) -> &[Operator] {
        &self.inner
    }

    fn pace(&self, context: &Context) -> Pace {
        Pace::of_messages(context, true).min(self.inner[0].pace())
    }
}

/// A layout of `shape` over `ranks` ranks in which `axes` are whole: one or two of the others are cut in balanced
/// blocks, so that the largest local part is as small as can be. With one rank, any layout is one.
///
/// # Errors
/// `Layout`: the largest part would be more than 2 ceil(N / ranks) elements.
pub fn whole_along(shape: &[i64], ranks: usize, axes: &[usize]) -> Result<Layout> {
    let count: i64 = shape.iter().product();
    let allowed = 2 * (count / ranks as i64 + i64::from(count % ranks as i64 != 0));
    match evenest_along(shape, ranks, axes) {
        Some((largest, layout)) if largest <= allowed => Ok(layout),
        _ if ranks == 1 => Ok(Layout::cut(0, 1)),
        found => fail!(
            Layout,
            "axes {axes:?} of shape {shape:?} cannot be whole on {ranks} ranks: the other axes leave {} elements to one rank, \
             at most {allowed} are allowed; cut the array along another axis, or use fewer ranks",
            found.map_or(count, |b| b.0)
        ),
    }
}

/// As `whole_along` without a bound: the largest local part, and the layout; none where all axes are to be whole.
pub fn evenest_along(shape: &[i64], ranks: usize, axes: &[usize]) -> Option<(i64, Layout)> {
    let free: Vec<usize> = (0..shape.len()).filter(|axis| !axes.contains(axis)).collect();
    let part = |axis: usize, ranks: usize| ceiling_split(shape[axis], ranks as i64, 0).1;
    let mut best: Option<(i64, Vec<(usize, usize)>)> = None;
    let mut consider = |cuts: Vec<(usize, usize)>| {
        let length = |axis: usize| cuts.iter().find(|c| c.0 == axis).map_or(shape[axis], |c| part(axis, c.1));
        let largest = (0..shape.len()).map(length).product::<i64>();
        if best.as_ref().is_none_or(|b| largest < b.0) {
            best = Some((largest, cuts));
        }
    };
    for (i, &a) in free.iter().enumerate() {
        consider(vec![(a, ranks)]);
        for &b in &free[i + 1..] {
            let factors = (2..ranks).filter(|p| ranks.is_multiple_of(*p));
            factors.for_each(|p| consider(vec![(a, p), (b, ranks / p)]));
        }
    }
    let (largest, cuts) = best?;
    let dimension = |(axis, ranks)| GridDimension { ranks, role: Role::Cut { axis, partition: Partition::Balanced } };
    Some((largest, Layout::Grid(cuts.into_iter().map(dimension).collect())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_axes_carry_the_cut_evenly() {
        for (shape, ranks, axes) in [
            (&[8i64, 8, 8][..], 4, &[0usize][..]),
            (&[3, 100, 3], 9, &[1]),
            (&[2, 50, 7, 3], 6, &[1]),
            (&[5], 1, &[0]),
            (&[0, 4], 3, &[0]),
            (&[7, 9], 5, &[]),
        ] {
            let layout = whole_along(shape, ranks, axes).expect("the others are long enough");
            layout.validate(shape, ranks).expect("a layout of the shape");
            assert!(axes.iter().all(|axis| layout.axis_is_whole(shape, *axis)));
            let (count, counts) = (shape.iter().product::<i64>(), layout.local_counts(shape));
            assert!(counts.iter().all(|c| *c <= 2 * (count + ranks as i64 - 1) / ranks as i64), "{counts:?}");
        }
        // 3 x 3 of 9 ranks: only the grid of two dimensions is even.
        let grid = whole_along(&[3, 100, 3], 9, &[1]).expect("as above");
        assert_eq!(grid.local_counts(&[3, 100, 3]), [100; 9]);
    }

    #[test]
    fn what_they_cannot_carry_is_refused() {
        for (shape, ranks, axes) in [(&[100i64][..], 2, &[0usize][..]), (&[100, 2], 8, &[0]), (&[9, 9], 2, &[0, 1])] {
            let error = whole_along(shape, ranks, axes).expect_err("refused");
            assert_eq!(error.status, crate::error::Status::Layout);
            assert!(error.message.contains("cannot be whole"), "{error}");
        }
    }
}
