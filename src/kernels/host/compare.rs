//! Two arrays compared: the sums behind error measures, in one pass.

use super::vector::magnitude;
use crate::dtype::Element;

/// Partial sums side by side.
const LANES: usize = 8;

/// What the measures are made of, over the elements seen so far.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// sum |x - y|
    pub absolute: f64,
    /// sum |x - y|^2
    pub squares: f64,
    /// sum |x|^2
    pub reference: f64,
    /// Smallest and largest real part of x.
    pub least: f64,
    pub largest: f64,
}

impl Comparison {
    /// Of no elements.
    pub const EMPTY: Comparison =
        Comparison { absolute: 0.0, squares: 0.0, reference: 0.0, least: f64::INFINITY, largest: f64::NEG_INFINITY };
}

vectorized! {
    /// Adds the elements of x and y, in double precision. Reads 2n.
    pub fn compare[T: Element](x: &[T], y: &[T], sums: &mut Comparison) {
        assert_eq!(x.len(), y.len(), "lengths of compare");
        let mut lanes = [[0.0; LANES]; 3];
        for (x, y) in x.chunks(LANES).zip(y.chunks(LANES)) {
            for (k, (x, y)) in x.iter().zip(y).enumerate() {
                let difference = *x - *y;
                lanes[0][k] += magnitude(difference);
                lanes[1][k] += difference.abs_squared();
                lanes[2][k] += x.abs_squared();
            }
        }
        for x in x {
            let value = x.to_scalar().re;
            sums.least = sums.least.min(value);
            sums.largest = sums.largest.max(value);
        }
        let total = |k: usize| lanes[k].iter().sum::<f64>();
        sums.absolute += total(0);
        sums.squares += total(1);
        sums.reference += total(2);
    }
}
