//! Halo exchanges of simulated ranks.

use super::*;
use crate::error::Status;
use std::collections::HashMap;

/// What one rank has sent to another and not yet been received.
type Wire = Vec<(Side, Vec<i64>)>;

/// Runs one exchange with global indices as data and checks what each rank ends up with.
fn exchange(layout: &Layout, shape: &[i64], axis: usize, before: &[i64], after: &[i64], periodic: bool) {
    let ranks = layout.ranks();
    let n = shape[axis];
    let plan = |r| HaloPlan::new(layout, shape, axis, before, after, periodic, r).unwrap();
    let plans: Vec<HaloPlan> = (0..ranks).map(plan).collect();
    // Messages between two ranks arrive in the order in which they were sent.
    let mut wires: HashMap<(usize, usize), Wire> = HashMap::new();
    for (rank, plan) in plans.iter().enumerate() {
        let slab = &layout.region(shape, rank).axes[axis];
        for piece in &plan.sends {
            assert!(piece.len > 0 && piece.start >= 0 && piece.start + piece.len <= slab.len());
            let data = (piece.start..piece.start + piece.len).map(|k| slab.lower() + k).collect();
            wires.entry((rank, piece.peer)).or_default().push((piece.side, data));
        }
    }
    for (rank, plan) in plans.iter().enumerate() {
        let region = layout.region(shape, rank);
        let slab = &region.axes[axis];
        let (mut lower, mut upper) = (vec![-1; plan.before_len as usize], vec![-1; plan.after_len as usize]);
        for piece in &plan.receives {
            let (side, data) = wires.get_mut(&(piece.peer, rank)).expect("a message").remove(0);
            assert_eq!((side, data.len() as i64), (piece.side, piece.len));
            let buffer = if side == Side::Before { &mut lower } else { &mut upper };
            let start = piece.start as usize;
            assert!(buffer[start..start + data.len()].iter().all(|&v| v == -1), "received twice");
            buffer[start..start + data.len()].copy_from_slice(&data);
            let peers = layout.region(shape, piece.peer);
            let others =
                |r: &Region| (0..shape.len()).filter(|&k| k != axis).map(|k| r.axes[k].clone()).collect::<Vec<_>>();
            assert_eq!(others(&peers), others(&region), "the other axes differ");
            assert_eq!(layout.copy_index(piece.peer), layout.copy_index(rank));
        }
        let wanted = |first: i64, end: i64| -> Vec<i64> {
            if slab.is_empty() {
                Vec::new()
            } else if periodic {
                (first..end).map(|i| i.rem_euclid(n)).collect()
            } else {
                (first..end).filter(|i| (0..n).contains(i)).collect()
            }
        };
        assert_eq!(lower, wanted(slab.lower() - before[rank], slab.lower()), "{layout:?} {before:?} rank {rank}");
        assert_eq!(upper, wanted(slab.upper(), slab.upper() + after[rank]), "{layout:?} {after:?} rank {rank}");
    }
    assert!(wires.values().all(Vec::is_empty), "a message that nobody receives");
}

fn contiguous(layout: &Layout, axis: usize) -> bool {
    let Some(AxisCut { partition, .. }) = layout.cut_of_axis(axis) else { return true };
    !matches!(partition, Partition::Cyclic { .. } | Partition::Columns { .. })
}

#[test]
fn lines_of_ranks_with_all_widths() {
    for ranks in [1, 2, 3, 4, 5, 6, 9] {
        for n in 0..=11 {
            for layout in partitions(n, ranks)
                .into_iter()
                .map(|partition| Layout::Grid(vec![GridDimension { ranks, role: Role::Cut { axis: 0, partition } }]))
            {
                if !contiguous(&layout, 0) {
                    continue;
                }
                for (b, a) in [(0, 0), (1, 0), (0, 1), (1, 1), (2, 1), (0, 3), (3, 2), (5, 4), (n, n), (n / 2, n)] {
                    for uneven in [false, true] {
                        let vary = |w: i64| -> Vec<i64> {
                            (0..ranks as i64).map(|r| if uneven { (w + 2 * r) % (w + 1) } else { w }).collect()
                        };
                        exchange(&layout, &[n], 0, &vary(b), &vary(a), false);
                        if a.max(b) <= n {
                            exchange(&layout, &[n], 0, &vary(b), &vary(a), true);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn grids_exchange_along_each_axis() {
    for ranks in [1, 2, 3, 4, 6, 9] {
        for shape in [&[5, 3][..], &[2, 4, 3]] {
            for layout in grids(shape, ranks) {
                for axis in 0..shape.len() {
                    if contiguous(&layout, axis) {
                        let width: Vec<i64> = (0..ranks as i64).map(|r| (1 + r) % shape[axis].min(3)).collect();
                        exchange(&layout, shape, axis, &width, &vec![1; ranks], false);
                        exchange(&layout, shape, axis, &vec![2; ranks], &width, true);
                    }
                }
            }
        }
    }
}

#[test]
fn an_axis_that_is_not_cut_needs_no_messages() {
    let plan = HaloPlan::new(&Layout::cut(0, 3), &[6, 4], 1, &[2; 3], &[1; 3], false, 1).unwrap();
    assert_eq!((plan.before_len, plan.after_len, plan.sends.len(), plan.receives.len()), (0, 0, 0, 0));
    let own = HaloPlan::new(&Layout::cut(0, 3), &[6, 4], 1, &[2; 3], &[1; 3], true, 1).unwrap();
    assert!(own.sends.iter().chain(&own.receives).all(|piece| piece.peer == 1));
    assert_eq!((own.before_len, own.after_len), (2, 1));
}

#[test]
fn enormous_widths_are_clipped() {
    let plan = HaloPlan::new(&Layout::cut(0, 2), &[7], 0, &[i64::MAX; 2], &[i64::MAX; 2], false, 1).unwrap();
    assert_eq!((plan.before_len, plan.after_len), (4, 0));
}

#[test]
fn refusals() {
    let refuse = |layout: &Layout, axis, before: &[i64], after: &[i64], periodic, rank| {
        HaloPlan::new(layout, &[6], axis, before, after, periodic, rank).unwrap_err()
    };
    let cut = Layout::cut(0, 2);
    let status_and_text = |error: crate::error::Error| (error.status, error.message);
    let argument = |text: &str| (Status::Argument, text.to_string());
    assert_eq!(
        status_and_text(refuse(&cut, 0, &[1], &[1, 1], false, 0)),
        argument("before: 1 halo widths are given for 2 ranks")
    );
    assert_eq!(
        status_and_text(refuse(&cut, 0, &[1, 1], &[1, -4], false, 0)),
        argument("after: the halo width of rank 1 is -4, expected 0 or more")
    );
    assert_eq!(
        status_and_text(refuse(&cut, 0, &[7, 1], &[1, 1], true, 1)),
        argument("before: the halo width of rank 0 is 7, the periodic axis has 6")
    );
    assert_eq!(
        status_and_text(refuse(&cut, 0, &[1, 1], &[1, 1], true, 2)),
        argument("rank is 2, the layout has 2 ranks")
    );
    assert_eq!(refuse(&cut, 1, &[1, 1], &[1, 1], false, 0).status, Status::Axis);
    assert_eq!(refuse(&Layout::cut(4, 2), 0, &[1, 1], &[1, 1], false, 0).status, Status::Axis);
    let partition = Partition::Cyclic { block: 2, first: 0 };
    let cyclic = Layout::Grid(vec![GridDimension { ranks: 2, role: Role::Cut { axis: 0, partition } }]);
    assert_eq!(refuse(&cyclic, 0, &[1, 1], &[1, 1], false, 0).status, Status::Unsupported);
    assert_eq!(refuse(&Layout::Local(vec![3, 3]), 0, &[1, 1], &[1, 1], false, 0).status, Status::Unsupported);
}
