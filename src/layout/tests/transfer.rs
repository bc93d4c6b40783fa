//! Redistributions of simulated ranks.

use super::*;
use crate::error::Status;
use std::collections::HashMap;

/// Local C-order offsets of a message's elements, in packing order.
pub(super) fn offsets(message: &Message, local_shape: &[i64]) -> Vec<usize> {
    let mut all = Vec::new();
    message.for_each_block(|lower, extent| {
        let block = (0..lower.len()).fold(vec![0], |prefixes, k| {
            prefixes
                .iter()
                .flat_map(|p| (lower[k]..lower[k] + extent[k]).map(move |i| p * local_shape[k] + i))
                .collect::<Vec<i64>>()
        });
        all.extend(block.into_iter().map(|offset| offset as usize));
    });
    assert_eq!(all.len() as i64, message.count);
    all
}

/// Redistributes an array of its own global indices. `None` marks what was never received.
fn redistribute(shape: &[i64], from: &Layout, to: &Layout) {
    let ranks = from.ranks();
    let transfers: Vec<Transfer> =
        (0..ranks).map(|r| Transfer::new((shape, from), (shape, to), r, ranks).unwrap()).collect();
    let mut wires: HashMap<(usize, usize), Vec<(usize, i64)>> = HashMap::new();
    for (rank, transfer) in transfers.iter().enumerate() {
        assert!(transfer.sends.windows(2).all(|w| w[0].peer < w[1].peer));
        assert!(transfer.receives.windows(2).all(|w| w[0].peer < w[1].peer));
        let held = global_indices(from, shape, rank);
        let local_shape = from.region(shape, rank).local_shape();
        for message in &transfer.sends {
            assert!(message.count > 0);
            // Each value travels with the copy it was taken from.
            let packed = offsets(message, &local_shape).iter().map(|&o| (from.copy_index(rank), held[o])).collect();
            assert!(wires.insert((rank, message.peer), packed).is_none());
        }
    }
    for (rank, transfer) in transfers.iter().enumerate() {
        let wanted = global_indices(to, shape, rank);
        let held = global_indices(from, shape, rank);
        let local_shape = to.region(shape, rank).local_shape();
        let mut local = vec![None; wanted.len()];
        for message in &transfer.receives {
            let packed = wires.remove(&(message.peer, rank)).expect("a message");
            assert_eq!(packed.len() as i64, message.count);
            for (offset, (copy, value)) in offsets(message, &local_shape).into_iter().zip(packed) {
                if held.contains(&value) {
                    assert_eq!(message.peer, rank, "what a rank holds it takes from itself");
                } else {
                    assert_eq!(copy, to.copy_index(rank) % from.copies());
                }
                assert!(local[offset].replace(value).is_none(), "received twice");
            }
        }
        let received: Vec<i64> = local.into_iter().map(|v| v.expect("received")).collect();
        assert_eq!(received, wanted, "{shape:?} from {from:?} to {to:?}, rank {rank}");
    }
    assert!(wires.is_empty(), "a message that nobody receives");
}

/// Rolled sides of other extents: position p of either side is index (p + roll) mod n.
fn redistribute_rolled(from: Rolled, to: Rolled) {
    let ranks = from.1.ranks();
    let transfers: Vec<Transfer> = (0..ranks).map(|r| Transfer::of_rolled(from, to, r, ranks).unwrap()).collect();
    // Position of each local element along all axes, as one number.
    let positions = |(shape, layout, rolls): Rolled, rank: usize| -> Vec<i64> {
        let unrolled = |(index, (n, roll)): (i64, (&i64, &i64))| (index - roll).rem_euclid(*n);
        let split = |index: i64| {
            let digits = shape.iter().rev().scan(index, |rest, n| {
                let digit = *rest % n;
                *rest /= n;
                Some(digit)
            });
            let mut digits: Vec<i64> = digits.collect();
            digits.reverse();
            digits.into_iter().zip(shape.iter().zip(rolls)).map(unrolled).fold(0, |p, d| p * 1000 + d)
        };
        global_indices(layout, shape, rank).into_iter().map(split).collect()
    };
    let mut wires: HashMap<(usize, usize), Vec<i64>> = HashMap::new();
    for (rank, transfer) in transfers.iter().enumerate() {
        let held = positions(from, rank);
        for message in &transfer.sends {
            let packed = offsets(message, &from.1.region(from.0, rank).local_shape()).into_iter().map(|o| held[o]);
            assert!(wires.insert((rank, message.peer), packed.collect()).is_none());
        }
    }
    for (rank, transfer) in transfers.iter().enumerate() {
        let wanted = positions(to, rank);
        let common = |p: &i64| {
            let mut rest = *p;
            (0..from.0.len()).rev().all(|k| {
                let digit = rest % 1000;
                rest /= 1000;
                digit < from.0[k]
            })
        };
        let mut missing: Vec<i64> = wanted.iter().copied().filter(common).collect();
        for message in &transfer.receives {
            let packed = wires.remove(&(message.peer, rank)).expect("a message");
            let places = offsets(message, &to.1.region(to.0, rank).local_shape());
            for (offset, position) in places.into_iter().zip(packed) {
                assert_eq!(wanted[offset], position, "from {from:?} to {to:?}, rank {rank}");
                missing.remove(missing.iter().position(|p| *p == position).expect("received twice"));
            }
        }
        assert!(missing.is_empty(), "from {from:?} to {to:?}, rank {rank}");
    }
    assert!(wires.is_empty(), "a message that nobody receives");
}

#[test]
fn rolled_sides_of_other_extents() {
    for ranks in [1, 2, 3, 4] {
        for (n, m) in [(6, 6), (5, 8), (7, 3), (1, 1), (1, 4)] {
            for from in shaped_layouts(&[n], ranks).iter().step_by(2) {
                for to in shaped_layouts(&[m], ranks).iter().skip(1).step_by(3) {
                    redistribute_rolled((&[n], from, &[n / 2]), (&[m], to, &[m - 1]));
                }
            }
        }
    }
    let (from, to) = (shaped_layouts(&[4, 3], 4), shaped_layouts(&[3, 5], 4));
    for (from, to) in from.iter().step_by(11).zip(to.iter().step_by(7)) {
        redistribute_rolled((&[4, 3], from, &[2, 1]), (&[3, 5], to, &[0, 2]));
    }
    let cut = Layout::cut(0, 2);
    for rolls in [&[2][..], &[-1], &[0, 0]] {
        let refused = Transfer::of_rolled((&[2], &cut, rolls), (&[2], &cut, &[]), 0, 2);
        assert_eq!(refused.unwrap_err().status, Status::Argument);
    }
}

/// All pairs of one layout in `every` with one in `every`, begun at different ones so that kinds mix.
fn pairs(shape: &[i64], ranks: usize, every: usize) {
    let layouts = shaped_layouts(shape, ranks);
    for (k, from) in layouts.iter().step_by(every).enumerate() {
        for to in layouts.iter().skip(k % every).step_by(every) {
            redistribute(shape, from, to);
        }
    }
}

#[test]
fn all_pairs_of_layouts_of_one_axis() {
    for ranks in [1, 2, 3, 4, 5, 6] {
        for n in [0, 1, 5, 8] {
            pairs(&[n], ranks, 1);
        }
    }
    pairs(&[11], 9, 2);
}

#[test]
fn pairs_of_layouts_of_two_axes() {
    pairs(&[4, 3], 2, 2);
    pairs(&[4, 3], 3, 2);
    pairs(&[5, 4], 4, 5);
    pairs(&[2, 7], 6, 11);
    pairs(&[5, 4], 9, 7);
}

#[test]
fn pairs_of_layouts_of_three_axes() {
    pairs(&[3, 2, 4], 2, 7);
    pairs(&[3, 0, 4], 3, 7);
    pairs(&[2, 3, 3], 4, 19);
    pairs(&[3, 3, 2], 8, 131);
}

#[test]
fn thousands_of_ranks_meet_few() {
    let (shape, ranks) = ([4096, 4096], 4096);
    let cut = |ranks, axis| GridDimension { ranks, role: Role::Cut { axis, partition: Partition::Balanced } };
    let tiles = Layout::Grid(vec![cut(64, 0), cut(64, 1)]);
    let transfer = Transfer::new((&shape, &Layout::cut(0, ranks)), (&shape, &tiles), 130, ranks).unwrap();
    assert_eq!((transfer.sends.len(), transfer.receives.len()), (64, 64));
    assert!(transfer.sends.iter().all(|message| message.count == 64));
}

#[test]
fn refusals() {
    let refuse = |a: &[i64], from: &Layout, b: &[i64], to: &Layout, rank, ranks| {
        Transfer::new((a, from), (b, to), rank, ranks).unwrap_err().status
    };
    let cut = Layout::cut(0, 2);
    assert_eq!(refuse(&[4], &cut, &[5], &cut, 0, 2), Status::Shape);
    assert_eq!(refuse(&[4], &Layout::Local(vec![2, 2]), &[4], &cut, 0, 2), Status::Layout);
    assert_eq!(refuse(&[4], &cut, &[4], &Layout::Local(vec![2, 2]), 0, 2), Status::Layout);
    assert_eq!(refuse(&[4], &cut, &[4], &Layout::cut(0, 3), 0, 2), Status::Layout);
    assert_eq!(refuse(&[4], &cut, &[4], &Layout::cut(1, 2), 0, 2), Status::Axis);
    assert_eq!(refuse(&[4], &cut, &[4], &cut, 2, 2), Status::Argument);
}
