//! Fingerprints against enumerated indices.

use super::*;
use std::collections::HashMap;

#[test]
fn equal_exactly_when_every_rank_has_the_same_indices() {
    let mut shapes: Vec<Vec<i64>> = (0..=12).map(|n| vec![n]).collect();
    for a in 0..=4 {
        shapes.extend((1..=4).map(|b| vec![a, b]));
        shapes.extend((1..=3).flat_map(|b| (1..=3).map(move |c| vec![a, b, c])));
    }
    for ranks in 1..=4 {
        // What a fingerprint stands for, and back.
        let mut meaning = HashMap::new();
        let mut name = HashMap::new();
        for shape in &shapes {
            let big = shape.len() == 3 && shape[0] == 4;
            let every = if big { 1 } else { 1 + shape.len() / 3 };
            for layout in shaped_layouts(shape, ranks).into_iter().step_by(every) {
                let held: Vec<(usize, Vec<i64>)> =
                    (0..ranks).map(|r| (layout.copy_index(r), global_indices(&layout, shape, r))).collect();
                let held = (layout.copies(), held);
                let fingerprint = congruence(shape, &layout, ranks);
                let known = meaning.entry(fingerprint).or_insert_with(|| held.clone());
                assert_eq!(*known, held, "the same fingerprint for {shape:?} {layout:?}");
                assert_eq!(*name.entry(held).or_insert(fingerprint), fingerprint, "two names for {shape:?} {layout:?}");
            }
        }
        assert!(ranks == 1 || meaning.len() > 100);
    }
}

#[test]
fn what_users_expect() {
    let cut = |shape: &[i64], axis| congruence(shape, &Layout::cut(axis, 3), 3);
    assert_eq!(cut(&[6, 4, 5], 0), congruence(&[120], &Layout::cut(0, 3), 3), "cut along axis 0 is flat");
    assert_ne!(cut(&[6, 4, 5], 1), congruence(&[120], &Layout::cut(0, 3), 3));
    assert_ne!(cut(&[6, 6], 0), cut(&[6, 6], 1), "a square array cut the other way");
    assert_eq!(cut(&[1, 6, 2], 1), cut(&[12], 0), "axes of length one do not matter");
    let whole = congruence(&[2, 6], &Layout::replicated(3), 3);
    assert_eq!(whole, congruence(&[12], &Layout::replicated(3), 3));
    assert_ne!(whole, cut(&[2, 6], 1));
    let cyclic = Partition::Cyclic { block: 1, first: 0 };
    let columns = Layout::Grid(vec![GridDimension { ranks: 3, role: Role::Cut { axis: 0, partition: cyclic } }]);
    assert_eq!(congruence(&[12], &columns, 3), cut(&[4, 3], 1), "dealt out one by one is cut by columns");
}

#[test]
fn fingerprints_are_the_same_on_every_machine() {
    assert_eq!(congruence(&[6, 4, 5], &Layout::cut(1, 3), 3), EXPECTED_CUT);
    assert_eq!(counts_fingerprint(&[3, 3, 2, 2]), EXPECTED_COUNTS);
}

/// Computed independently with integers of any length.
const EXPECTED_CUT: u128 = 0x57af_d509_3815_1360_cf10_bf4c_59ac_cc7b;
const EXPECTED_COUNTS: u128 = 0x61f4_ede6_7b03_7757_bd07_b56d_dfc8_1bcd;

#[test]
fn unshaped_layouts_agree_when_their_counts_do() {
    let local = |counts: &[i64]| congruence(&[counts.iter().sum()], &Layout::Local(counts.to_vec()), counts.len());
    assert_eq!(local(&[3, 2]), local(&[3, 2]));
    assert_ne!(local(&[3, 2]), local(&[2, 3]));
    assert_ne!(local(&[3, 2]), congruence(&[5], &Layout::cut(0, 2), 2));
    let sizes = |layout: &Layout, shape: &[i64]| counts_fingerprint(&layout.local_counts(shape));
    assert_eq!(sizes(&Layout::Local(vec![3, 2]), &[5]), sizes(&Layout::cut(0, 2), &[5]));
    assert_ne!(sizes(&Layout::cut(0, 2), &[5]), sizes(&Layout::cut(0, 2), &[6]));
}

#[test]
fn large_arrays_cost_nothing() {
    let shape = [1 << 20, 1 << 20, 1 << 20];
    let rows = congruence(&shape, &Layout::cut(0, 4096), 4096);
    assert_eq!(rows, congruence(&[1 << 60], &Layout::cut(0, 4096), 4096));
    assert_ne!(rows, congruence(&shape, &Layout::cut(1, 4096), 4096));
}
