//! Transfers of simulated ranks in parts: the parts of a message are the same elements on both ends, lie in the part's rows
//! of the end that is cut, and are together the whole message.

use super::transfer::offsets;
use super::*;

/// The elements of a message as pairs (position in the order of packing, local index along the axis) of the whole.
fn taken(message: &Message, local_shape: &[i64], axis: usize) -> Vec<(usize, i64)> {
    let inner: i64 = local_shape[axis + 1..].iter().product();
    offsets(message, local_shape).into_iter().map(|o| (o, o as i64 / inner % local_shape[axis])).collect()
}

fn check(from: Rolled, to: Rolled, cut: PartCut) {
    let ranks = from.1.ranks();
    let local = |(shape, layout, _): Rolled, rank: usize| layout.region(shape, rank).local_shape();
    let whole: Vec<Transfer> = (0..ranks).map(|r| Transfer::of_rolled(from, to, r, ranks).unwrap()).collect();
    let in_parts = |(r, whole): (usize, &Transfer)| whole.clone().in_parts(from, to, r, cut);
    let parts: Vec<Vec<Transfer>> = whole.iter().enumerate().map(in_parts).collect();
    let what = || format!("{cut:?} from {from:?} to {to:?}");
    for rank in 0..ranks {
        assert_eq!(parts[rank].len(), cut.parts);
        for send in &whole[rank].sends {
            let peer = send.peer;
            let counterpart = whole[peer].receives.iter().find(|m| m.peer == rank).expect("a counterpart");
            // Which element goes where, as the whole message has it.
            let (source, target) = (local(from, rank), local(to, peer));
            let pair = |s: &Message, r: &Message| -> Vec<((usize, i64), (usize, i64))> {
                assert_eq!(s.count, r.count, "{}", what());
                taken(s, &source, cut.axis).into_iter().zip(taken(r, &target, cut.axis)).collect()
            };
            let mut expected = pair(send, counterpart);
            let mut moved = Vec::new();
            for k in 0..cut.parts {
                let s = parts[rank][k].sends.iter().find(|m| m.peer == peer);
                let r = parts[peer][k].receives.iter().find(|m| m.peer == rank);
                assert_eq!(s.is_some(), r.is_some(), "{}", what());
                let (Some(s), Some(r)) = (s, r) else { continue };
                let n = if cut.end == End::Source { source[cut.axis] } else { target[cut.axis] };
                for pair in pair(s, r) {
                    let row = if cut.end == End::Source { pair.0 .1 } else { pair.1 .1 };
                    assert!(cut.rows(k, n).contains(&row), "part {k} has row {row} of {n}: {}", what());
                    moved.push(pair);
                }
            }
            expected.sort_unstable();
            moved.sort_unstable();
            assert_eq!(moved, expected, "{}", what());
        }
        let count = |messages: &dyn Fn(&Transfer) -> Vec<Message>, whole: &Transfer| {
            let total = |list: Vec<Message>| list.iter().map(|m| m.count).sum::<i64>();
            assert_eq!(parts[rank].iter().map(|p| total(messages(p))).sum::<i64>(), total(messages(whole)));
        };
        count(&|t| t.sends.clone(), &whole[rank]);
        count(&|t| t.receives.clone(), &whole[rank]);
    }
}

/// Every so many pairs of layouts, with ends, axes, numbers of parts and rolls in turn.
fn pairs(shape: &[i64], ranks: usize, every: usize) {
    let (layouts, mut turn) = (shaped_layouts(shape, ranks), 0);
    for from in layouts.iter().step_by(every) {
        for to in layouts.iter().skip(turn % every).step_by(every) {
            turn += 1;
            let rolls: Vec<i64> = shape.iter().map(|n| if turn % 3 == 0 { n / 2 } else { 0 }).collect();
            let end = [End::Source, End::Target][turn / 2 % 2];
            let cut = PartCut { end, axis: turn % shape.len(), parts: [2, 3, 1, 8][turn % 4] };
            check((shape, from, &rolls), (shape, to, &vec![0; shape.len()]), cut);
        }
    }
}

#[test]
fn parts_move_what_the_whole_does() {
    for ranks in [1, 2, 3, 4, 6] {
        pairs(&[11], ranks, if ranks < 4 { 1 } else { 5 });
        pairs(&[0], ranks, 3);
    }
    pairs(&[5, 4], 2, 3);
    pairs(&[5, 4], 3, 5);
    pairs(&[7, 5], 4, 11);
    pairs(&[7, 3], 6, 31);
    pairs(&[3, 2, 4], 2, 13);
    pairs(&[4, 3, 5], 4, 53);
}

#[test]
fn rows_of_parts_are_all_rows_once() {
    for parts in 1..9 {
        let cut = PartCut { end: End::Source, axis: 0, parts };
        for n in (0..30).chain([i64::MAX]) {
            let rows: Vec<_> = (0..parts).map(|k| cut.rows(k, n)).collect();
            assert_eq!((rows[0].start, rows[parts - 1].end), (0, n));
            assert!(rows.windows(2).all(|w| w[0].end == w[1].start));
            let longest = rows.iter().map(|r| r.end - r.start).max().unwrap();
            assert!(rows.iter().all(|r| r.end - r.start >= longest - 1));
        }
    }
}
