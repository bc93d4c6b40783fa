//! Refused shapes and layouts: each with its status and a text that names the values.

use super::*;
use crate::error::Status;

fn refuse(layout: &Layout, shape: &[i64], ranks: usize) -> (Status, String) {
    let error = layout.validate(shape, ranks).unwrap_err();
    (error.status, error.message)
}

fn cut(axis: usize, ranks: usize, partition: Partition) -> Layout {
    Layout::Grid(vec![GridDimension { ranks, role: Role::Cut { axis, partition } }])
}

fn expect(found: (Status, String), status: Status, text: &str) {
    assert_eq!(found, (status, text.to_string()));
}

#[test]
fn shapes() {
    let layout = Layout::cut(0, 2);
    expect(refuse(&layout, &[], 2), Status::Shape, "shape has 0 axes, expected 1 to 16");
    expect(refuse(&layout, &[1; 17], 2), Status::Shape, "shape has 17 axes, expected 1 to 16");
    expect(refuse(&layout, &[3, -2], 2), Status::Shape, "shape is -2 along axis 1, expected 0 or more");
    let huge = [1 << 32, 1 << 31];
    expect(refuse(&layout, &huge, 2), Status::Shape, "shape [4294967296, 2147483648] has more than 2^63 - 1 elements");
    assert_eq!(refuse(&layout, &[i64::MAX, 0, 2], 2).0, Status::Shape);
    assert_eq!(element_count(&[i64::MAX, 0]).unwrap(), 0);
    assert_eq!(element_count(&[i64::MAX, 1]).unwrap(), i64::MAX);
    assert_eq!(element_count(&[2, 3, 4]).unwrap(), 24);
}

#[test]
fn grids() {
    let shape = [4, 6];
    expect(
        refuse(&Layout::cut(2, 2), &shape, 2),
        Status::Axis,
        "layout: grid dimension 0 cuts axis 2, the shape has 2 axes",
    );
    expect(refuse(&Layout::cut(0, 2), &shape, 3), Status::Layout, "layout: a grid of [2] is given for 3 ranks");
    expect(
        refuse(&Layout::cut(0, 0), &shape, 0),
        Status::Layout,
        "layout: grid dimension 0 has 0 ranks, expected 1 or more",
    );
    let twice = GridDimension { ranks: 2, role: Role::Cut { axis: 1, partition: Partition::Ceiling } };
    expect(
        refuse(&Layout::Grid(vec![twice.clone(), twice]), &shape, 4),
        Status::Layout,
        "layout: axis 1 is cut by grid dimensions 0 and 1, expected one at most",
    );
    let wrapping = GridDimension { ranks: 1 << 32, role: Role::Replicate };
    assert_eq!(refuse(&Layout::Grid(vec![wrapping.clone(), wrapping]), &shape, 0).0, Status::Layout);
    let text = "layout: the block of the cyclic axis 0 is 0, expected 1 or more";
    expect(refuse(&cut(0, 2, Partition::Cyclic { block: 0, first: 0 }), &shape, 2), Status::Layout, text);
    let text = "layout: first of the cyclic axis 0 is 2, expected 0 to 1";
    expect(refuse(&cut(0, 2, Partition::Cyclic { block: 1, first: 2 }), &shape, 2), Status::Layout, text);
    let fine = cut(0, 2, Partition::Cyclic { block: 1, first: 0 });
    assert_eq!(refuse(&fine, &[1 << 28, 1], 2).0, Status::Unsupported);
    cut(0, 2, Partition::Cyclic { block: i64::MAX, first: 0 }).validate(&[1 << 60], 2).unwrap();
    Layout::Grid(Vec::new()).validate(&shape, 1).unwrap();
}

#[test]
fn extents() {
    let refuse = |extents: &[i64]| refuse(&cut(1, 2, Partition::Extents(extents.to_vec())), &[4, 6], 2);
    expect(refuse(&[6]), Status::Layout, "layout: axis 1 is cut over 2 ranks, but 1 extents are given");
    expect(refuse(&[7, -1]), Status::Layout, "layout: extent 1 of axis 1 is -1, expected 0 or more");
    expect(refuse(&[3, 2]), Status::Layout, "layout: the extents of axis 1 sum to 5, the axis has 6");
    assert_eq!(refuse(&[i64::MAX, i64::MAX]).0, Status::Layout);
    cut(1, 2, Partition::Extents(vec![0, 6])).validate(&[4, 6], 2).unwrap();
}

#[test]
fn local_shapes_have_three_distinct_errors() {
    let from = |axis, shapes: &[&[i64]]| {
        let shapes: Vec<Vec<i64>> = shapes.iter().map(|s| s.to_vec()).collect();
        Layout::from_local_shapes(&[4, 6], axis, &shapes, 2)
    };
    let refuse = |axis, shapes| from(axis, shapes).map_err(|e| (e.status, e.message)).unwrap_err();
    expect(refuse(0, &[&[4, 6]]), Status::Layout, "local_shapes: 1 shapes are given for 2 ranks");
    expect(refuse(0, &[&[2, 6], &[1, 6]]), Status::Layout, "layout: the extents of axis 0 sum to 3, the axis has 4");
    let other = "local_shapes: rank 1 has 5 along axis 1, which is not cut and has 6";
    expect(refuse(0, &[&[2, 6], &[2, 5]]), Status::Shape, other);
    let axes = "local_shapes: the shape of rank 1 has 1 axes, the global shape has 2";
    expect(refuse(0, &[&[2, 6], &[2]]), Status::Shape, axes);
    expect(refuse(2, &[&[2, 6], &[2, 6]]), Status::Axis, "axis is 2, the shape has 2 axes");
    assert_eq!(from(1, &[&[4, 1], &[4, 5]]).unwrap(), cut(1, 2, Partition::Extents(vec![1, 5])));
}

#[test]
fn boxes_are_disjoint_and_cover() {
    let index_box = |lower: [i64; 2], upper: [i64; 2]| IndexBox { lower: lower.to_vec(), upper: upper.to_vec() };
    let refuse = |list: &[IndexBox]| refuse(&Layout::Boxes(list.to_vec()), &[4, 6], 2);
    let left = index_box([0, 0], [4, 3]);
    expect(refuse(std::slice::from_ref(&left)), Status::Layout, "layout: 1 boxes are given for 2 ranks");
    expect(
        refuse(&[left.clone(), index_box([0, 2], [4, 6])]),
        Status::Layout,
        "layout: the boxes of ranks 0 and 1 overlap ([0, 0] to [4, 3] and [0, 2] to [4, 6])",
    );
    let short = index_box([0, 4], [4, 6]);
    expect(
        refuse(&[left.clone(), short]),
        Status::Layout,
        "layout: the boxes hold 20 of the 24 elements of shape [4, 6]",
    );
    for wrong in [index_box([0, 3], [4, 7]), index_box([-1, 3], [4, 6]), index_box([3, 3], [2, 6])] {
        let (status, text) = refuse(&[left.clone(), wrong]);
        assert_eq!(status, Status::Layout);
        assert!(text.starts_with("layout: the box of rank 1 is ["), "{text}");
    }
    let flat = IndexBox { lower: vec![0], upper: vec![4] };
    let text = "layout: the box of rank 1 has 1 lower and 1 upper bounds, the shape has 2 axes";
    expect(refuse(&[left.clone(), flat]), Status::Layout, text);
    Layout::Boxes(vec![left, index_box([0, 3], [4, 6])]).validate(&[4, 6], 2).unwrap();
}

#[test]
fn all_pairs_of_small_boxes() {
    let mut candidates = Vec::new();
    for (l0, l1, u0, u1) in (0..81).map(|k| (k % 3, k / 3 % 3, k / 9 % 3, k / 27)) {
        if l0 <= u0 && l1 <= u1 {
            candidates.push(IndexBox { lower: vec![l0, l1], upper: vec![u0, u1] });
        }
    }
    let holds = |b: &IndexBox, i: i64, j: i64| b.lower[0] <= i && i < b.upper[0] && b.lower[1] <= j && j < b.upper[1];
    for triple in (0..candidates.len().pow(3)).map(|k| {
        let n = candidates.len();
        [k % n, k / n % n, k / n / n].map(|c| candidates[c].clone())
    }) {
        let once = (0..4).all(|k| triple.iter().filter(|b| holds(b, k / 2, k % 2)).count() == 1);
        assert_eq!(Layout::Boxes(triple.to_vec()).validate(&[2, 2], 3).is_ok(), once, "{triple:?}");
    }
}

#[test]
fn local_counts() {
    let refuse = |counts: &[i64], shape: &[i64]| refuse(&Layout::Local(counts.to_vec()), shape, 2);
    expect(refuse(&[3], &[3]), Status::Layout, "layout: 1 local counts are given for 2 ranks");
    expect(refuse(&[3, -1], &[2]), Status::Layout, "layout: the local count of rank 1 is -1, expected 0 or more");
    expect(refuse(&[3, 3], &[2, 3]), Status::Layout, "layout: local counts need a shape of one axis, the shape has 2");
    expect(refuse(&[3, 3], &[5]), Status::Layout, "layout: the local counts sum to 6, the shape has 5 elements");
}
