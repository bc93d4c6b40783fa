//! The matrix of an operator, and the places of a rank's elements in it.

use super::cases::{number, Make};
use super::vectors;
use dlops::arrays::{Array, Space};
use dlops::context::{Context, ContextOptions};
use dlops::dtype::DType;
use dlops::layout::Layout;
use dlops::operators::{Mode, Operator};
use num_complex::Complex64;

/// By columns.
pub struct Matrix {
    columns: Vec<Vec<Complex64>>,
}

impl Matrix {
    /// From unit vectors on one rank.
    pub fn of(make: Make, dtype: DType, shape: &[i64]) -> Matrix {
        let context = Context::solo(ContextOptions::default()).unwrap();
        let a = make(&Space::new(&context, dtype, shape, Layout::cut(0, 1), None).unwrap()).unwrap();
        let (x, y) = (Array::new(a.domain()).unwrap(), Array::new(a.range()).unwrap());
        let n = a.domain().global_count() as usize;
        let column = |j: usize| {
            let mut unit = vec![Complex64::ZERO; n];
            unit[j].re = 1.0;
            vectors::write(&x, &unit);
            a.apply(Mode::Forward, &x, &y).unwrap();
            vectors::read(&y)
        };
        Matrix { columns: (0..n).map(column).collect() }
    }

    /// op(A) x
    pub fn apply(&self, mode: Mode, x: &[Complex64]) -> Vec<Complex64> {
        let element = |v: Complex64| if mode.conjugated() { v.conj() } else { v };
        if mode.transposed() {
            return self.columns.iter().map(|c| c.iter().zip(x).map(|(a, x)| element(*a) * x).sum()).collect();
        }
        let mut y = vec![Complex64::ZERO; self.columns.first().map_or(0, Vec::len)];
        for (column, x) in self.columns.iter().zip(x) {
            y.iter_mut().zip(column).for_each(|(y, a)| *y += element(*a) * x);
        }
        y
    }

    /// Whether an element of one side depends on one of the other side that no rank of the same colour holds.
    pub fn couples(&self, a: &Operator, mask: &[i32]) -> bool {
        couples(self, &holders(a.domain(), mask), &holders(a.range(), mask))
    }
}

fn couples(a: &Matrix, domain: &[Vec<i32>], range: &[Vec<i32>]) -> bool {
    a.columns.iter().zip(domain).any(|(column, here)| {
        let coupled = column.iter().zip(range).filter(|(v, _)| **v != Complex64::ZERO);
        coupled.into_iter().any(|(_, there)| here != there)
    })
}

/// The colours of the ranks that hold each element, without repetition, ascending.
fn holders(space: &Space, mask: &[i32]) -> Vec<Vec<i32>> {
    let leaves = if space.is_product() { space.components() } else { std::slice::from_ref(space) };
    let mut held = Vec::new();
    for leaf in leaves {
        let (shape, layout) = leaf.shaped("a test").unwrap();
        let mut own = vec![Vec::new(); leaf.global_count() as usize];
        for (rank, colour) in mask.iter().enumerate() {
            for place in region_places(shape, &layout.region(shape, rank)) {
                own[place].push(*colour);
            }
        }
        held.extend(own);
    }
    held.iter_mut().for_each(|colours| {
        colours.sort();
        colours.dedup();
    });
    held
}

fn region_places(shape: &[i64], region: &dlops::layout::Region) -> Vec<usize> {
    let mut places = vec![0];
    for (set, n) in region.axes.iter().zip(shape) {
        let along: Vec<i64> = set.intervals().iter().flat_map(|i| i.start..i.end()).collect();
        places = places.iter().flat_map(|p| along.iter().map(move |i| p * *n as usize + *i as usize)).collect();
    }
    places
}

/// The place in the vector of each of this rank's elements; components follow one another, and an unshaped leaf is its
/// ranks' elements one after the other.
pub fn places(space: &Space) -> Vec<usize> {
    if space.is_product() {
        let (mut start, mut all) = (0, Vec::new());
        for component in space.components() {
            all.extend(places(component).into_iter().map(|p| start + p));
            start += component.global_count() as usize;
        }
        return all;
    }
    match (space.shape(), space.region()) {
        (Some(shape), Some(region)) => region_places(shape, &region),
        _ => {
            let counts = space.local_counts();
            let before: i64 = counts[..space.context().rank()].iter().sum();
            (before as usize..(before + space.local_count()) as usize).collect()
        }
    }
}

/// A vector of the space, the same on all ranks.
pub fn vector(space: &Space, sequence: u64) -> Vec<Complex64> {
    (0..space.global_count() as usize).map(|k| number(sequence, k, space.dtype().is_complex())).collect()
}
