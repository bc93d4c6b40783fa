//! Redistributions of simulated ranks.

use super::*;
use crate::error::Status;
use std::collections::HashMap;

/// Local C-order offsets of a message's elements, in packing order.
fn offsets(message: &Message, local_shape: &[i64]) -> Vec<usize> {
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
