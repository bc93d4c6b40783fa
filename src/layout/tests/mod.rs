//! Exhaustive tests: all ranks are simulated in one process, and compared with enumerated indices.

mod congruence;
mod grid;
mod halo;
mod transfer;
mod transfer_parts;
mod validate;

use super::*;

/// Global C-order indices of `rank`'s elements, in local order.
fn global_indices(layout: &Layout, shape: &[i64], rank: usize) -> Vec<i64> {
    layout.region(shape, rank).axes.iter().zip(shape).fold(vec![0], |prefixes, (set, &n)| {
        let members: Vec<i64> = set.intervals().iter().flat_map(|i| i.start..i.end()).collect();
        prefixes.iter().flat_map(|p| members.iter().map(move |m| p * n + m)).collect()
    })
}

/// Every way to cut an axis of `n` that differs in kind: uneven, empty, everything on one part.
fn partitions(n: i64, parts: usize) -> Vec<Partition> {
    let mut one_has_all = vec![0; parts];
    one_has_all[parts - 1] = n;
    let uneven: Vec<i64> = (0..parts).rev().map(|p| local_split(n, parts as i64, p as i64).1).collect();
    let mut hole = vec![0; parts];
    for i in 0..n as usize {
        hole[if i % 3 == 0 || parts < 3 { 0 } else { parts - 1 }] += 1;
    }
    vec![
        Partition::Balanced,
        Partition::Ceiling,
        Partition::Extents(one_has_all),
        Partition::Extents(uneven),
        Partition::Extents(hole),
        Partition::Cyclic { block: 1, first: 0 },
        Partition::Cyclic { block: 2, first: parts - 1 },
        Partition::Columns { row: 3 },
    ]
}

/// Ordered factorisations of `ranks` into one or two factors, and three where each is above one.
fn factorisations(ranks: usize) -> Vec<Vec<usize>> {
    let mut all = vec![vec![ranks]];
    for a in (1..=ranks).filter(|a| ranks.is_multiple_of(*a)) {
        all.push(vec![a, ranks / a]);
        let rest = ranks / a;
        let split = (2..rest).filter(|b| a > 1 && rest.is_multiple_of(*b));
        all.extend(split.map(|b| vec![a, b, rest / b]));
    }
    all
}

/// All grids over `ranks` for a shape: each grid dimension replicates or cuts one axis in every way.
fn grids(shape: &[i64], ranks: usize) -> Vec<Layout> {
    let mut all = Vec::new();
    for factors in factorisations(ranks) {
        let mut begun: Vec<Vec<GridDimension>> = vec![Vec::new()];
        for &ranks in &factors {
            let mut longer = Vec::new();
            for grid in &begun {
                longer.push([grid.as_slice(), &[GridDimension { ranks, role: Role::Replicate }]].concat());
                for (axis, &n) in shape.iter().enumerate() {
                    if super::grid::cut_of_axis(grid, axis).is_none() {
                        for partition in partitions(n, ranks) {
                            let cut = GridDimension { ranks, role: Role::Cut { axis, partition } };
                            longer.push([grid.as_slice(), &[cut]].concat());
                        }
                    }
                }
            }
            begun = longer;
        }
        all.extend(begun.into_iter().map(Layout::Grid));
    }
    all
}

/// Boxes by repeated bisection along changing axes, also where nothing is left to cut, dealt to ranks in reverse too.
fn boxes(shape: &[i64], ranks: usize) -> Vec<Layout> {
    let mut all = Vec::new();
    for first_axis in 0..shape.len() {
        for numerator in 0..=3 {
            let mut list = vec![IndexBox { lower: vec![0; shape.len()], upper: shape.to_vec() }];
            for step in 1..ranks {
                let axis = (first_axis + step) % shape.len();
                let whole = list.remove(0);
                let at = whole.lower[axis] + (whole.upper[axis] - whole.lower[axis]) * numerator / 3;
                let (mut low, mut high) = (whole.clone(), whole);
                low.upper[axis] = at;
                high.lower[axis] = at;
                list.extend([low, high]);
            }
            let reversed = list.iter().rev().cloned().collect();
            all.extend([Layout::Boxes(list), Layout::Boxes(reversed)]);
        }
    }
    all
}

fn shaped_layouts(shape: &[i64], ranks: usize) -> Vec<Layout> {
    let mut all = grids(shape, ranks);
    all.extend(boxes(shape, ranks));
    all
}
