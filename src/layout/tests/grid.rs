//! Regions, copies and groups.

use super::*;

#[test]
fn regions_hold_every_element_in_each_copy_once() {
    for ranks in [1, 2, 3, 4, 6, 9] {
        for shape in [&[7][..], &[0], &[3, 4], &[1, 5], &[2, 3, 2]] {
            let total = element_count(shape).unwrap();
            for layout in shaped_layouts(shape, ranks) {
                layout.validate(shape, ranks).unwrap();
                assert_eq!(layout.ranks(), ranks);
                let held: Vec<Vec<i64>> = (0..ranks).map(|r| global_indices(&layout, shape, r)).collect();
                let counts: Vec<i64> = held.iter().map(|h| h.len() as i64).collect();
                assert_eq!(layout.local_counts(shape), counts);
                let mut seen = vec![0; total as usize * layout.copies()];
                for (rank, indices) in held.iter().enumerate() {
                    assert_eq!(layout.region(shape, rank).count(), counts[rank]);
                    assert!(indices.windows(2).all(|w| w[0] < w[1]), "local order is not ascending");
                    let copy = layout.copy_index(rank);
                    indices.iter().for_each(|&i| seen[copy * total as usize + i as usize] += 1);
                }
                assert!(seen.iter().all(|&times| times == 1), "{layout:?}");
            }
        }
    }
}

#[test]
fn groups_and_copies_number_the_ranks() {
    for ranks in [1, 2, 3, 4, 6, 9, 12] {
        for layout in shaped_layouts(&[3, 4], ranks) {
            for rank in 0..ranks {
                let (group, copy) = (layout.element_group(rank), layout.copy_index(rank));
                assert_eq!(layout.rank_of(group, copy), rank);
                assert!(copy < layout.copies() && group < ranks / layout.copies());
                let twin = layout.rank_of(group, 0);
                assert_eq!(layout.region(&[3, 4], twin), layout.region(&[3, 4], rank));
                assert!(twin <= rank);
            }
        }
    }
}

#[test]
fn ranks_are_numbered_in_c_order() {
    let cut = |ranks, axis| GridDimension { ranks, role: Role::Cut { axis, partition: Partition::Balanced } };
    let layout = Layout::Grid(vec![cut(2, 1), GridDimension { ranks: 3, role: Role::Replicate }, cut(2, 0)]);
    // rank = (column part * 3 + copy) * 2 + row part
    let region = layout.region(&[4, 6], 9);
    assert_eq!((region.lower(), region.upper()), (vec![2, 3], vec![4, 6]));
    assert_eq!((layout.copy_index(9), layout.element_group(9)), (1, 3));
    let rows = layout.cut_of_axis(0).unwrap();
    assert_eq!((rows.dimension, rows.ranks, rows.stride, rows.part(9)), (2, 2, 1, 1));
    let columns = layout.cut_of_axis(1).unwrap();
    assert_eq!((columns.dimension, columns.ranks, columns.stride, columns.part(9)), (0, 2, 6, 1));
    assert_eq!(layout.cut_of_axis(2), None);
}

#[test]
fn whole_axes() {
    let shape = [4, 6];
    for ranks in 1..=6 {
        for layout in shaped_layouts(&shape, ranks) {
            for axis in 0..2 {
                let whole = (0..ranks)
                    .map(|r| layout.region(&shape, r))
                    .all(|r| r.count() == 0 || r.axes[axis].len() == shape[axis]);
                if layout.axis_is_whole(&shape, axis) {
                    assert!(whole, "{layout:?} axis {axis}");
                } else if let Layout::Boxes(_) = layout {
                    assert!(!whole, "{layout:?} axis {axis}");
                } else {
                    assert!(layout.cut_of_axis(axis).unwrap().ranks > 1);
                }
            }
        }
    }
    assert!(Layout::replicated(3).axis_is_whole(&shape, 0) && !Layout::cut(0, 3).axis_is_whole(&shape, 0));
    assert!(Layout::Local(vec![3]).axis_is_whole(&[3], 0) && !Layout::Local(vec![3, 1]).axis_is_whole(&[4], 0));
}

#[test]
fn unshaped_layouts_are_concatenated() {
    let layout = Layout::Local(vec![2, 0, 3]);
    layout.validate(&[5], 3).unwrap();
    assert_eq!(global_indices(&layout, &[5], 2), [2, 3, 4]);
    assert_eq!(layout.local_counts(&[5]), [2, 0, 3]);
    assert_eq!((layout.copies(), layout.copy_index(2), layout.element_group(2), layout.rank_of(2, 0)), (1, 0, 2, 2));
}
