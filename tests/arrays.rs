//! Arrays in every layout against plain computations on the whole array, on ranks that are threads.

mod memory;
mod ranks;
mod vectors;

use dlops::arrays::gather::{self, Receiver};
use dlops::arrays::memory::Access;
use dlops::arrays::random::{self, Distribution};
use dlops::arrays::{ghosts, norms, redistribute, reshape, synchronize, verbs, Array, Space};
use dlops::context::ContextOptions;
use dlops::dtype::{DType, Scalar};
use dlops::error::Status;
use dlops::layout::{GridDimension, IndexBox, Layout, Partition, Role};
use ranks::*;

const SIZES: [usize; 6] = [1, 2, 3, 4, 6, 9];
const FLOATS: [DType; 4] = [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];
const ORDERS: [f64; 9] = [0.0, 1.0, 2.0, 3.0, 0.5, -1.0, -2.5, f64::INFINITY, f64::NEG_INFINITY];

/// The norm of magnitudes by its formula.
fn plain_norm(order: f64, values: impl Iterator<Item = f64>) -> f64 {
    let values: Vec<f64> = values.collect();
    match order {
        0.0 => values.iter().filter(|v| **v != 0.0).count() as f64,
        f64::INFINITY => values.iter().copied().fold(0.0, f64::max),
        f64::NEG_INFINITY => values.iter().copied().fold(f64::INFINITY, f64::min),
        p => values.iter().map(|v| v.powf(p)).sum::<f64>().powf(1.0 / p),
    }
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a - b).abs() <= tolerance * a.abs().max(b.abs())
}

fn magnitude(index: i64, dtype: DType) -> f64 {
    let (re, im) = value(index, dtype);
    re.hypot(im)
}

/// Runs `work` for every number of ranks, shape, layout and one dtype after the other.
fn everywhere(shapes: &[&[i64]], dtypes: &[DType], work: impl Fn(&Space) + Sync) {
    for size in SIZES {
        for shape in shapes {
            on_ranks(size, |context| {
                for (k, layout) in layouts(shape, size).into_iter().enumerate() {
                    work(&Space::new(context, dtypes[k % dtypes.len()], shape, layout, None).unwrap());
                }
            });
        }
    }
}

#[test]
fn norms_of_every_order_are_those_of_the_whole_array() {
    everywhere(&[&[11], &[5, 4], &[3, 1, 4]], &FLOATS, |space| {
        let (x, total) = (filled(space), space.global_count());
        let tolerance = 1e-12;
        for order in ORDERS {
            let wanted = plain_norm(order, (0..total).map(|i| magnitude(i, space.dtype())));
            let got = norms::norm(&x, order).unwrap();
            assert!(close(got, wanted, tolerance), "order {order} of {space}: {got}, expected {wanted}");
        }
        let sum = norms::sum(&x).unwrap();
        let values: Vec<(f64, f64)> = (0..total).map(|i| value(i, space.dtype())).collect();
        assert_eq!((sum.re, sum.im), values.iter().fold((0.0, 0.0), |s, v| (s.0 + v.0, s.1 + v.1)));
        match space.dtype().is_complex() {
            true => assert_eq!(norms::extremes(&x).unwrap_err().status, Status::DType),
            false => {
                let low = values.iter().map(|v| v.0).fold(f64::INFINITY, f64::min);
                let high = values.iter().map(|v| v.0).fold(f64::NEG_INFINITY, f64::max);
                assert_eq!(norms::extremes(&x).unwrap(), (low, high), "{space}");
            }
        }
    });
}

#[test]
fn norms_along_every_axis_have_numpys_shape_and_values() {
    everywhere(&[&[7], &[5, 4], &[3, 2, 4], &[4, 0, 3]], &FLOATS, |space| {
        let (x, shape) = (filled(space), space.shape().unwrap());
        for axis in 0..shape.len() {
            let rest = norms::axis_space(space, axis).unwrap();
            let mut wanted_shape: Vec<i64> = shape.to_vec();
            wanted_shape.remove(axis);
            assert!(rest.shape().unwrap() == wanted_shape || (shape.len() == 1 && rest.shape().unwrap() == [1]));
            assert_eq!(rest.dtype(), space.dtype().real());
            let y = Array::new(&rest).unwrap();
            let inner: i64 = shape[axis + 1..].iter().product();
            for order in ORDERS {
                norms::norm_along(&x, order, axis, &y).unwrap();
                let got = bytes_of(&y);
                for (k, index) in local_indices(&rest).into_iter().enumerate() {
                    let (a, b) = (index / inner.max(1), index % inner.max(1));
                    let line = (0..shape[axis]).map(|j| magnitude((a * shape[axis] + j) * inner + b, space.dtype()));
                    let wanted = plain_norm(order, line);
                    let (got, tolerance) = match rest.dtype() {
                        DType::Float32 => (f32::from_ne_bytes(got[4 * k..][..4].try_into().unwrap()) as f64, 3e-7),
                        _ => (f64::from_ne_bytes(got[8 * k..][..8].try_into().unwrap()), 1e-12),
                    };
                    assert!(
                        close(got, wanted, tolerance),
                        "order {order}, axis {axis} of {space}: {got}, not {wanted}"
                    );
                }
            }
        }
        assert_eq!(norms::axis_space(space, shape.len()).err().unwrap().status, Status::Axis);
    });
}

#[test]
fn a_nan_is_in_every_norm_on_every_rank() {
    on_ranks(3, |context| {
        let space = Space::new(context, DType::Float64, &[6, 2], Layout::cut(0, 3), None).unwrap();
        let x = Array::new(&space).unwrap();
        verbs::fill(&x, Scalar::ONE).unwrap();
        if context.rank() == 1 {
            set_bytes(&x, &[1.0, f64::NAN, 1.0, 1.0].iter().flat_map(|v: &f64| v.to_ne_bytes()).collect::<Vec<u8>>());
        }
        for order in ORDERS.into_iter().filter(|o| *o != 0.0) {
            assert!(norms::norm(&x, order).unwrap().is_nan(), "{order}");
            let y = Array::new(&norms::axis_space(&space, 0).unwrap()).unwrap();
            norms::norm_along(&x, order, 0, &y).unwrap();
            let y = elements::<f64>(&y);
            assert!(!y[0].is_nan() && y[1].is_nan(), "{order}: {y:?}");
        }
        let (low, high) = norms::extremes(&x).unwrap();
        assert!(low.is_nan() && high.is_nan());
        assert_eq!(norms::norm(&x, f64::NAN).unwrap_err().status, Status::Argument);
    });
}

/// Boxes that cut the axis, some of them empty: the result is cut in blocks, or everybody's.
#[test]
fn norms_along_irregular_boxes() {
    let boxes = |bounds: [[i64; 6]; 4]| {
        let one = |b: &[i64; 6]| IndexBox { lower: b[..3].to_vec(), upper: b[3..].to_vec() };
        Layout::Boxes(bounds.iter().map(one).collect())
    };
    let layouts = [
        boxes([[0, 0, 0, 2, 3, 5], [2, 1, 0, 4, 3, 5], [0, 0, 0, 0, 3, 5], [2, 0, 0, 4, 1, 5]]),
        boxes([[0, 0, 0, 4, 3, 2], [0, 0, 2, 4, 1, 5], [0, 1, 2, 1, 3, 5], [1, 1, 2, 4, 3, 5]]),
    ];
    on_ranks(4, |context| {
        for (layout, dtype) in layouts.iter().zip([DType::Float32, DType::Complex128]) {
            let space = Space::new(context, dtype, &[4, 3, 5], layout.clone(), None).unwrap();
            let x = filled(&space);
            for axis in 0..3 {
                let y = Array::new(&norms::axis_space(&space, axis).unwrap()).unwrap();
                let inner: i64 = space.shape().unwrap()[axis + 1..].iter().product();
                for order in ORDERS {
                    norms::norm_along(&x, order, axis, &y).unwrap();
                    for (index, got) in local_indices(y.space()).into_iter().zip(vectors::read(&y)) {
                        let n = space.shape().unwrap()[axis];
                        let place = |j: i64| (index / inner * n + j) * inner + index % inner;
                        let wanted = plain_norm(order, (0..n).map(|j| magnitude(place(j), dtype)));
                        assert!(
                            close(got.re, wanted, 1e-6),
                            "{space}, axis {axis}, order {order}: {got}, not {wanted}"
                        );
                    }
                }
            }
            let masked = Space::new(context, dtype, &[4, 3, 5], layout.clone(), Some(vec![0, 0, 1, 1])).unwrap();
            let error = norms::axis_space(&masked, 1).err().unwrap();
            assert!(error.status == Status::Unsupported && error.message.contains("mask"), "{error}");
            let error = ghosts::ghost_widths(&masked, 1, 1, 1).unwrap_err();
            assert!(error.status == Status::Space && error.message.contains("mask colour"), "{error}");
        }
    });
}

#[test]
fn masked_norms_stay_in_their_group() {
    for mask in [vec![0, 0, 1, 1], vec![0, 1, 0, 1], vec![2, 0, 0, 0]] {
        on_ranks(4, |context| {
            let same = |r: usize| mask[r] == mask[context.rank()];
            let cut = Space::new(context, DType::Float64, &[6, 3], Layout::cut(0, 4), Some(mask.clone())).unwrap();
            let x = filled(&cut);
            let rows: Vec<i64> = (0..4)
                .filter(|r| same(*r))
                .flat_map(|r| {
                    let (start, len) = dlops::layout::local_split(6, 4, r as i64);
                    start..start + len
                })
                .collect();
            let y = Array::new(&norms::axis_space(&cut, 0).unwrap()).unwrap();
            for order in ORDERS {
                let all = rows.iter().flat_map(|row| (0..3).map(move |j| magnitude(row * 3 + j, DType::Float64)));
                assert!(close(norms::norm(&x, order).unwrap(), plain_norm(order, all), 1e-12), "{mask:?} {order}");
                norms::norm_along(&x, order, 0, &y).unwrap();
                for (j, got) in elements::<f64>(&y).into_iter().enumerate() {
                    let line = rows.iter().map(|row| magnitude(row * 3 + j as i64, DType::Float64));
                    assert!(close(got, plain_norm(order, line), 1e-12), "{mask:?} {order}");
                }
            }
            // A replicated array under a mask: no reduction at all, so that ones(8) has dot 8 and not 4.
            let whole = Space::new(context, DType::Float64, &[8], Layout::replicated(4), Some(mask.clone())).unwrap();
            let ones = Array::new(&whole).unwrap();
            verbs::fill(&ones, Scalar::ONE).unwrap();
            assert_eq!(verbs::dot(&ones, &ones).unwrap(), Scalar::real(8.0));
            assert_eq!(norms::norm(&ones, 0.0).unwrap(), 8.0);
        });
    }
}

#[test]
fn norms_of_stacks_are_those_of_the_concatenation() {
    on_ranks(4, |context| {
        let space = |shape: &[i64], layout: Layout| Space::new(context, DType::Float64, shape, layout, None).unwrap();
        let parts = [
            filled(&space(&[5, 3], Layout::cut(0, 4))),
            filled(&space(&[7], Layout::replicated(4))),
            filled(&space(&[2, 4], Layout::cut(1, 4))),
        ];
        let nested = Array::compose(&[parts[1].clone(), parts[2].clone()]).unwrap();
        let stack = Array::compose(&[parts[0].clone(), nested]).unwrap();
        let all = || [15i64, 7, 8].into_iter().flat_map(|n| (0..n).map(|i| magnitude(i, DType::Float64)));
        for order in ORDERS {
            assert!(close(norms::norm(&stack, order).unwrap(), plain_norm(order, all()), 1e-12), "{order}");
        }
        let square: f64 = all().map(|v| v * v).sum();
        assert!(close(verbs::dot(&stack, &stack).unwrap().re, square, 1e-12));
        // The whole of a stack is the components one after the other, and back.
        let mut whole = vec![0.0f64; 30];
        // SAFETY: room for all 30 elements.
        unsafe { gather::to_global(&stack, Receiver::All, whole.as_mut_ptr().cast()) }.unwrap();
        let wanted: Vec<f64> =
            [15i64, 7, 8].into_iter().flat_map(|n| (0..n).map(|i| value(i, DType::Float64).0)).collect();
        assert_eq!(whole, wanted);
        verbs::fill(&stack, Scalar::ZERO).unwrap();
        // SAFETY: all 30 elements.
        unsafe { gather::from_global(&stack, whole.as_ptr().cast()) }.unwrap();
        assert_eq!(bytes_of(&parts[2]), expected(parts[2].space()));
        assert_eq!(bytes_of(&parts[0]), expected(parts[0].space()));
    });
}

#[test]
fn whole_arrays_go_round() {
    everywhere(&[&[9], &[5, 4], &[3, 2, 5], &[0, 3]], &DType::ALL, |space| {
        let (dtype, total, context) = (space.dtype(), space.global_count(), space.context());
        let whole = encode(dtype, (0..total).map(|i| value(i, dtype)));
        let x = Array::new(space).unwrap();
        // SAFETY: all elements; ranks that hold no first copy pass NULL.
        let reads = space.layout().unwrap().copy_index(context.rank()) == 0;
        let before = context.comm().traffic().read().0;
        // SAFETY: as above.
        unsafe { gather::from_global(&x, if reads { whole.as_ptr() } else { std::ptr::null() }) }.unwrap();
        assert_eq!(bytes_of(&x), expected(space), "{space}");
        if space.layout().unwrap().copies() == 1 && context.size() > 1 {
            // On a device also about the copy on the host, before and behind.
            let agreements = if memory::device().is_some() { 4 } else { 2 };
            assert_eq!(context.comm().traffic().read().0 - before, agreements, "agreements and no other message");
        }
        for receiver in [Receiver::All, Receiver::Rank(context.size() - 1), Receiver::Rank(0)] {
            let mine = receiver == Receiver::All || receiver == Receiver::Rank(context.rank());
            let mut back = vec![0u8; if mine { whole.len() } else { 0 }];
            // SAFETY: room where it is received.
            unsafe { gather::to_global(&x, receiver, back.as_mut_ptr()) }.unwrap();
            assert_eq!(back, if mine { whole.clone() } else { vec![] }, "{space}");
        }
        let beyond = Receiver::Rank(context.size());
        // SAFETY: refused before anything is written.
        assert_eq!(
            unsafe { gather::to_global(&x, beyond, std::ptr::null_mut()) }.unwrap_err().status,
            Status::Argument
        );
    });
}

#[test]
fn unshaped_arrays_go_round() {
    on_ranks(3, |context| {
        let counts = [2, 0, 3];
        let space = Space::unshaped(context, DType::Int32, counts[context.rank()], None).unwrap();
        let x = Array::new(&space).unwrap();
        let whole = [3i32, 1, 4, 1, 5];
        // SAFETY: all elements.
        unsafe { gather::from_global(&x, whole.as_ptr().cast()) }.unwrap();
        let mut back = [0i32; 5];
        // SAFETY: room for all elements.
        unsafe { gather::to_global(&x, Receiver::All, back.as_mut_ptr().cast()) }.unwrap();
        assert_eq!(back, whole);
    });
}

#[test]
fn a_group_gathers_its_own_parts() {
    let mask = vec![0, 1, 0, 1];
    on_ranks(4, |context| {
        for axis in 0..2 {
            let space =
                Space::new(context, DType::Complex64, &[5, 7], Layout::cut(axis, 4), Some(mask.clone())).unwrap();
            let x = filled(&space);
            let (shape, cut) = gather::group_shape(&space).unwrap();
            let members = [context.rank() % 2, context.rank() % 2 + 2];
            let kept: Vec<i64> = members
                .iter()
                .flat_map(|r| {
                    let (start, len) = dlops::layout::local_split([5, 7][axis], 4, *r as i64);
                    start..start + len
                })
                .collect();
            assert_eq!((shape[axis], shape[1 - axis], cut), (kept.len() as i64, [7, 5][axis], axis));
            let rows: Vec<i64> = if axis == 0 { kept.clone() } else { (0..5).collect() };
            let columns: Vec<i64> = if axis == 1 { kept } else { (0..7).collect() };
            let indices = rows.iter().flat_map(|i| columns.iter().map(move |j| i * 7 + j));
            let wanted = encode(DType::Complex64, indices.map(|i| value(i, DType::Complex64)));
            let mut got = vec![0u8; wanted.len()];
            // SAFETY: room for the group's elements.
            unsafe { gather::to_global(&x, Receiver::Group, got.as_mut_ptr()) }.unwrap();
            assert_eq!(got, wanted);
            // The whole is everybody's, whatever the mask.
            let mut whole = vec![0u8; 35 * 8];
            // SAFETY: room for all elements.
            unsafe { gather::to_global(&x, Receiver::All, whole.as_mut_ptr()) }.unwrap();
            assert_eq!(whole, encode(DType::Complex64, (0..35).map(|i| value(i, DType::Complex64))));
        }
    });
}

#[test]
fn every_layout_becomes_every_other() {
    for (size, shape) in [(1, vec![5, 4]), (2, vec![7]), (3, vec![5, 4]), (4, vec![4, 3, 2]), (6, vec![7, 5])] {
        on_ranks(size, |context| {
            let all = layouts(&shape, size);
            for (k, from) in all.iter().enumerate() {
                for (l, to) in all.iter().enumerate() {
                    let dtype = DType::ALL[(k + l) % 6];
                    let source = Space::new(context, dtype, &shape, from.clone(), None).unwrap();
                    let target = Space::new(context, dtype, &shape, to.clone(), None).unwrap();
                    let y = Array::new(&target).unwrap();
                    // NaN bytes, which must not survive.
                    set_bytes(&y, &vec![0xff; y.local_count() as usize * dtype.size()]);
                    let before = context.comm().traffic().read().0;
                    redistribute::redistribute(&filled(&source), &y).unwrap();
                    let messages = context.comm().traffic().read().0 - before;
                    assert_eq!(bytes_of(&y), expected(&target), "{from:?} to {to:?}");
                    // At most one message a peer beside the agreement; none from a replicated source or to the same.
                    assert!(messages <= size as u64, "{messages} messages");
                    if k == l || from.copies() == size {
                        assert!(messages <= 1, "{messages} messages from {from:?} to {to:?}");
                    }
                }
            }
        });
    }
}

#[test]
fn redistribution_is_refused_alike_on_all_ranks() {
    on_ranks(4, |context| {
        let space = |shape: &[i64], dtype, mask| Space::new(context, dtype, shape, Layout::cut(0, 4), mask).unwrap();
        let x = filled(&space(&[6, 4], DType::Float32, None));
        let refused = |y: &Space| redistribute::redistribute(&x, &Array::new(y).unwrap()).unwrap_err().status;
        assert_eq!(refused(&space(&[6, 5], DType::Float32, None)), Status::Shape);
        assert_eq!(refused(&space(&[6, 4], DType::Float64, None)), Status::DType);
        let mask = Some(vec![0, 0, 0, 1]);
        let masked = Space::new(context, DType::Float32, &[6, 4], Layout::cut(1, 4), mask.clone()).unwrap();
        assert_eq!(refused(&masked), Status::Space);
    });
}

#[test]
fn copies_take_the_roots_values() {
    let grid =
        |a: Role, b: Role| Layout::Grid(vec![GridDimension { ranks: 2, role: a }, GridDimension { ranks: 2, role: b }]);
    let cut = || Role::Cut { axis: 0, partition: Partition::Balanced };
    on_ranks(4, |context| {
        let rank = context.rank();
        let cases = [
            (Layout::replicated(4), None, [2, 2, 2, 2]),
            // Copies differ along the first dimension: root 2 is copy 1.
            (grid(Role::Replicate, cut()), None, [2, 3, 2, 3]),
            (grid(cut(), Role::Replicate), None, [0, 0, 2, 2]),
            (Layout::replicated(4), Some(vec![0, 0, 1, 1]), [0, 0, 2, 2]),
            (Layout::cut(0, 4), None, [0, 1, 2, 3]),
        ];
        for (layout, mask, wanted) in cases {
            let space = Space::new(context, DType::Complex128, &[4, 3], layout, mask).unwrap();
            let padded = vectors::Padded::new(&space).unwrap();
            let plain = Array::new(&space).unwrap();
            for x in [&padded.array, &plain] {
                verbs::fill(x, Scalar::real(rank as f64)).unwrap();
                synchronize::synchronize(x, 2).unwrap();
                let bytes = bytes_of(x);
                assert!(
                    bytes == encode(DType::Complex128, vec![(wanted[rank] as f64, 0.0); bytes.len() / 16].into_iter())
                );
            }
            assert_eq!(synchronize::synchronize(&plain, 4).unwrap_err().status, Status::Argument);
            assert!(padded.written().is_empty());
        }
    });
}

#[test]
fn ghost_cells_come_from_as_many_ranks_as_needed() {
    for (size, shape) in
        [(1usize, vec![6i64]), (2, vec![5, 3]), (3, vec![2, 4, 3]), (4, vec![6, 2]), (6, vec![7, 2]), (9, vec![5])]
    {
        on_ranks(size, |context| {
            let rank = context.rank() as i64;
            for layout in layouts(&shape, size) {
                let dtype = DType::Float64;
                let space = Space::new(context, dtype, &shape, layout, None).unwrap();
                let x = filled(&space);
                for axis in 0..shape.len() {
                    let n = shape[axis];
                    for (before, after) in
                        [(0, 0), (1, 1), (2.min(n), 0), (n, n), (rank % (n + 1), (rank + 1) % (n + 1))]
                    {
                        let (front, back) = match ghosts::ghost_widths(&space, axis, before, after) {
                            Ok(found) => found,
                            Err(e) => {
                                let cut = space.layout().unwrap().cut_of_axis(axis).unwrap();
                                let cyclic = matches!(cut.partition, Partition::Cyclic { .. });
                                assert!(cyclic && e.status == Status::Unsupported, "{space}: {e}");
                                assert!(e.message.contains("Cyclic") && e.message.contains("redistribute"), "{e}");
                                continue;
                            }
                        };
                        let region = space.region().unwrap();
                        let (lower, upper) = (region.lower()[axis], region.upper()[axis]);
                        let (low, high) = ((lower - before).max(0), (upper + after).min(n));
                        let mut local = space.local_shape().to_vec();
                        if space.local_count() > 0 {
                            assert_eq!((front, back), (lower - low, high - upper), "{space} axis {axis}");
                        }
                        local[axis] += front + back;
                        let count: i64 = local.iter().product();
                        let mut got = vec![f64::NAN; count as usize];
                        // SAFETY: room for `count` elements.
                        unsafe { ghosts::ghosted(&x, axis, before, after, got.as_mut_ptr().cast(), count) }.unwrap();
                        let mut first = region.lower();
                        first[axis] = lower - front;
                        let mut wanted = Vec::new();
                        for k in 0..count {
                            let (mut rest, mut index, mut stride) = (k, 0, 1);
                            for d in (0..shape.len()).rev() {
                                index += (first[d] + rest % local[d]) * stride;
                                rest /= local[d];
                                stride *= shape[d];
                            }
                            wanted.push(value(index, dtype).0);
                        }
                        // Axes that are cut block-cyclically hold no interval, so their other indices are not a box.
                        if region.is_box() {
                            assert_eq!(got, wanted, "{space} axis {axis} {before} {after}");
                        }
                    }
                    let wide = if rank == 0 { n + 1 } else { 0 };
                    let error = ghosts::ghost_widths(&space, axis, wide, 0).unwrap_err();
                    assert_eq!(error.status, Status::Argument, "{error}");
                }
            }
        });
    }
}

#[test]
fn too_little_room_for_ghosts_is_refused_on_all_ranks() {
    on_ranks(3, |context| {
        let space = Space::new(context, DType::Float32, &[6], Layout::cut(0, 3), None).unwrap();
        let x = filled(&space);
        let mut buffer = [0f32; 4];
        let room = if context.rank() == 1 { 3 } else { 4 };
        // SAFETY: room for four elements.
        let error = unsafe { ghosts::ghosted(&x, 0, 1, 1, buffer.as_mut_ptr().cast(), room) }.unwrap_err();
        assert!(error.status == Status::Argument && error.message.contains("rank 1"), "{error}");
    });
}

#[test]
fn random_numbers_do_not_depend_on_the_layout() {
    let shape = [6, 5];
    for dtype in FLOATS {
        for distribution in [Distribution::Uniform, Distribution::Normal] {
            let reference = std::sync::Mutex::new(None::<Vec<u8>>);
            for size in SIZES {
                on_ranks(size, |context| {
                    for layout in layouts(&shape, size) {
                        let space = Space::new(context, dtype, &shape, layout, None).unwrap();
                        let x = Array::new(&space).unwrap();
                        random::fill(&x, distribution, 7, 0).unwrap();
                        let mut all = vec![0u8; 30 * dtype.size()];
                        // SAFETY: room for all elements.
                        unsafe { gather::to_global(&x, Receiver::All, all.as_mut_ptr()) }.unwrap();
                        let mut reference = reference.lock().unwrap();
                        assert_eq!(*reference.get_or_insert(all.clone()), all, "{space}");
                        drop(reference);
                        // Replicated elements are equal without communication.
                        let local = bytes_of(&x);
                        let indices = local_indices(&space);
                        let s = dtype.size();
                        assert!(indices
                            .iter()
                            .enumerate()
                            .all(|(k, i)| local[k * s..][..s] == all[*i as usize * s..][..s]));
                    }
                });
            }
        }
    }
}

/// Ranks meet in a sum also where one of them may not read its elements.
#[test]
fn what_one_rank_may_not_read_is_refused_on_all() {
    on_ranks(3, |context| {
        let space = Space::new(context, DType::Float64, &[7], Layout::cut(0, 3), None).unwrap();
        let (x, y) = (filled(&space), filled(&space));
        if context.rank() == 1 {
            x.acquire(Access::ReadWrite).unwrap();
        }
        let mut outcomes = vec![
            verbs::dot(&x, &y).map(drop),
            verbs::dot(&y, &x).map(drop),
            verbs::dot_unconjugated(&x, &y).map(drop),
            verbs::norm(&x).map(drop),
            norms::sum(&x).map(drop),
            norms::extremes(&x).map(drop),
            dlops::operators::signal::measures::mse(&y, &x).map(drop),
        ];
        outcomes.extend(ORDERS.iter().map(|order| norms::norm(&x, *order).map(drop)));
        for (k, outcome) in outcomes.into_iter().enumerate() {
            let error = outcome.unwrap_err();
            assert!(error.status == Status::State && error.message.contains("acquired"), "{k}: {error}");
        }
        if context.rank() == 1 {
            x.release().unwrap();
        }
        assert!(norms::norm(&x, 0.0).unwrap() > 0.0);
    });
}

#[test]
fn flat_and_reshaped_views_share_the_memory() {
    on_ranks(3, |context| {
        let rank = context.rank();
        let space = Space::new(context, DType::Float64, &[4, 6], Layout::cut(1, 3), None).unwrap();
        let x = filled(&space);
        let flat = reshape::ravel(&x).unwrap();
        assert_eq!((flat.space().shape().unwrap(), bytes_of(&flat)), (&[24i64][..], bytes_of(&x)));
        assert_eq!(flat.leaf().unwrap().pointer(), x.leaf().unwrap().pointer());
        for axis in 0..3 {
            let mut local = vec![2, 2, 2];
            let y = reshape::reshape(&x, &local, axis).unwrap();
            local[axis] = 6;
            assert_eq!((y.space().shape().unwrap(), bytes_of(&y)), (&local[..], bytes_of(&x)));
        }
        let local = if rank == 1 { [4, 3] } else { [2, 4] };
        assert_eq!(reshape::reshape(&x, &local, 0).err().unwrap().status, Status::Shape, "12 elements on rank 1");
        let local = if rank == 1 { [4, 2] } else { [2, 4] };
        assert_eq!(reshape::reshape(&x, &local, 0).err().unwrap().status, Status::Shape, "axis 1 differs");
        assert_eq!(reshape::reshape(&x, &[8], 1).err().unwrap().status, Status::Axis);
        let whole = filled(&Space::new(context, DType::Float64, &[4, 6], Layout::replicated(3), None).unwrap());
        assert_eq!(reshape::ravel(&whole).unwrap().space().shape().unwrap(), [24]);
        let y = reshape::reshape(&whole, &[3, 8], 0).unwrap();
        assert!(y.space().is_replicated() && y.space().shape().unwrap() == [3, 8]);
        let error = reshape::reshape(&whole, &[[3, 8], [8, 3], [3, 8]][rank], 0).err().unwrap();
        assert_eq!(error.status, Status::Shape);
    });
}

#[test]
fn sums_are_the_same_bits_on_any_number_of_ranks() {
    let options = ContextOptions { deterministic: true, ..memory::options() };
    let reference = std::sync::Mutex::new(None::<Vec<u64>>);
    for size in SIZES {
        on_ranks_with(size, options, |context| {
            for layout in layouts(&[13, 7], size) {
                let space = Space::new(context, DType::Float64, &[13, 7], layout, None).unwrap();
                let x = Array::new(&space).unwrap();
                random::fill(&x, Distribution::Normal, 3, 0).unwrap();
                let numbers = |x: &Array, orders: &[f64]| -> Vec<u64> {
                    let norms = orders.iter().map(|p| norms::norm(x, *p).unwrap());
                    let sums = [norms::sum(x).unwrap(), verbs::dot(x, x).unwrap()].map(|v| v.re);
                    norms.chain(sums).map(f64::to_bits).collect()
                };
                let bits = numbers(&x, &[1.0, 2.0, 0.5]);
                if memory::device().is_some() {
                    let host = x.host_copy().unwrap();
                    assert_eq!(numbers(&x, &[1.0, 2.0]), numbers(&host, &[1.0, 2.0]), "{space}");
                }
                assert_eq!(*reference.lock().unwrap().get_or_insert(bits.clone()), bits, "{space}");
            }
        });
    }
}

#[test]
fn copies_convert_as_astype() {
    everywhere(&[&[5, 4]], &DType::ALL, |space| {
        for to in DType::ALL {
            let y = Array::new(&space.with_dtype(to)).unwrap();
            match verbs::copy(&filled(space), &y) {
                Ok(()) => {
                    let values = local_indices(space).into_iter().map(|i| value(i, space.dtype()));
                    assert_eq!(bytes_of(&y), encode(to, values));
                }
                Err(e) => assert!(e.status == Status::DType && space.dtype().is_complex() && !to.is_complex()),
            }
        }
    });
}
