//! Plans on plain memory: transforms and changes of layout against what they mean, in place and not, from any layout to any
//! other; workspaces; what they refuse. Memory of one size on every rank.

use dlops::arrays::{Array, Memory, Space};
use dlops::context::{Context, ContextOptions};
use dlops::dtype::DType;
use dlops::error::{Error, Result, Status};
use dlops::layout::{IndexBox, Layout};
use dlops::operators::signal::fourier::Place;
use dlops::plans::{self, Direction, Parity, Placement, Plan, Scaling, Transform, Type};
use num_complex::Complex64;
use ranks::{bytes_of, expected, layouts, local_indices, on_ranks, on_ranks_with, set_bytes};
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};

mod counting;
mod memory;
mod ranks;
mod vectors;

fn space(context: &Context, dtype: DType, shape: &[i64], layout: Layout) -> Space {
    Space::new(context, dtype, shape, layout, None).expect("a space")
}

fn ranks_of_a_test() -> &'static [usize] {
    // Transforms of what lies on the stand-in device take long.
    if memory::device().is_some() {
        &[1, 2, 4]
    } else {
        &[1, 2, 3, 4, 6]
    }
}

/// Elements of a global array, by global C-order index.
fn element(index: i64, complex: bool) -> Complex64 {
    let t = index as f64;
    Complex64::new((0.7 * t).sin() + 0.1 * (t % 7.0), if complex { (1.3 * t).cos() } else { 0.0 })
}

/// sum_j x[.., j, ..] exp(-2 pi i j k / n) for the first `bins` of k.
fn along(x: &[Complex64], shape: &mut [i64], axis: usize, bins: i64) -> Vec<Complex64> {
    let (n, inner) = (shape[axis], shape[axis + 1..].iter().product::<i64>());
    let outer: i64 = shape[..axis].iter().product();
    shape[axis] = bins;
    let mut y = Vec::new();
    for (o, k, i) in (0..outer * bins * inner).map(|at| (at / (bins * inner), at / inner % bins, at % inner)) {
        let term = |j: i64| {
            let angle = -std::f64::consts::TAU * (j * k % n) as f64 / n as f64;
            x[((o * n + j) * inner + i) as usize] * Complex64::from_polar(1.0, angle)
        };
        y.push((0..n).map(term).sum());
    }
    y
}

/// The transform of all elements, and its shape.
fn transform(shape: &[i64], axes: &[usize], complex: bool) -> (Vec<Complex64>, Vec<i64>) {
    let mut x: Vec<Complex64> = (0..shape.iter().product()).map(|k| element(k, complex)).collect();
    let mut shape = shape.to_vec();
    for (k, axis) in axes.iter().enumerate().rev() {
        let half = !complex && k + 1 == axes.len();
        let bins = if half { shape[*axis] / 2 + 1 } else { shape[*axis] };
        x = along(&x, &mut shape, *axis, bins);
    }
    (x, shape)
}

fn close(what: &dyn std::fmt::Display, dtype: DType, found: &[Complex64], expected: &[Complex64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().map(|v| v.norm()).fold(1.0, f64::max);
    for (k, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).norm() <= 50.0 * dtype.epsilon() * largest, "{what}: element {k} is {a}, expected {b}");
    }
}

/// Plain memory at both ends of a plan, and arrays over it to fill and to look at.
struct Ends {
    context: Context,
    pointers: [*mut u8; 2],
    arrays: [Array; 2],
}

impl Ends {
    fn new(plan: &Plan, in_place: bool) -> Ends {
        let context = plan.context().clone();
        let bytes = plan.capacity().expect("a size");
        let memory = plan.domain().memory();
        let allocate = || context.symmetric_allocate(bytes + 16, memory, true).expect("memory");
        let first = allocate();
        let pointers = [first, if in_place { first } else { allocate() }];
        let array = |n: usize, space: &Space| {
            // SAFETY: the memory has room for either end, and stays until the ends are dropped.
            unsafe { Array::wrap_strided(space, pointers[n], plan.strides()[n], None) }.expect("an array")
        };
        let arrays = [array(0, plan.domain()), array(1, plan.range())];
        Ends { context, pointers, arrays }
    }

    fn give(&self, plan: &Plan) {
        // SAFETY: as above.
        unsafe { plan.set_buffers(self.pointers[0].cast(), self.pointers[1].cast()) }.expect("buffers");
    }

    fn free(self) {
        let [first, second] = self.pointers;
        self.context.symmetric_free(first).expect("memory");
        if second != first {
            self.context.symmetric_free(second).expect("memory");
        }
    }
}

fn pick(all: &[Complex64], space: &Space) -> Vec<Complex64> {
    local_indices(space).into_iter().map(|i| all[i as usize]).collect()
}

/// Where the other end is, in turn.
fn place(turn: usize, context: &Context, dtype: DType, shape: &[i64]) -> Place {
    let all = layouts(shape, context.size());
    match turn % 3 {
        0 => Place::AsComputed,
        1 => Place::AsModel,
        _ => Place::In(space(context, dtype, shape, all[turn * 5 % all.len()].clone())),
    }
}

#[test]
fn transforms_of_any_layout_in_place_and_not() {
    let shape = [6, 5, 4];
    for (k, axes) in [&[0, 1, 2][..], &[1, 2], &[0, 2], &[2, 0]].into_iter().enumerate() {
        for size in ranks_of_a_test() {
            let done = AtomicUsize::new(0);
            on_ranks(*size, |context| {
                for (turn, layout) in layouts(&shape, *size).into_iter().enumerate() {
                    let dtype = [DType::Float64, DType::Complex128, DType::Float32, DType::Complex64][(turn + k) % 4];
                    let complex = dtype.is_complex();
                    let (spectrum, bins) = transform(&shape, axes, complex);
                    let count: f64 = axes.iter().map(|a| shape[*a] as f64).product();
                    let model = space(context, dtype, &shape, layout);
                    let all: Vec<_> = (0..120).map(|i| element(i, complex)).collect();
                    for in_place in [false, true] {
                        let choices = Transform {
                            place: place(turn + usize::from(in_place), context, dtype.complex(), &bins),
                            scaling: [Scaling::None, Scaling::Inverse, Scaling::Ortho][turn % 3],
                            placement: Placement { in_place, ..Placement::default() },
                            ..Transform::default()
                        };
                        let plan = plans::fourier(&model, axes, &choices).expect("a plan");
                        let what = format!("{plan}, axes {axes:?}, {:?}", choices.scaling);
                        let ends = Ends::new(&plan, in_place);
                        plan.prepare().expect("a plan");
                        ends.give(&plan);
                        let (there, back) = match choices.scaling {
                            Scaling::None => (1.0, count),
                            Scaling::Inverse => (1.0, 1.0),
                            Scaling::Ortho => (1.0 / count.sqrt(), 1.0),
                        };
                        let input = pick(&all, plan.domain());
                        vectors::write(&ends.arrays[0], &input);
                        plan.execute(Direction::Forward).expect("forward");
                        let scaled: Vec<_> = spectrum.iter().map(|v| v * there).collect();
                        close(&what, dtype, &vectors::read(&ends.arrays[1]), &pick(&scaled, plan.range()));
                        if !in_place {
                            close(&what, dtype, &vectors::read(&ends.arrays[0]), &input);
                            vectors::write(&ends.arrays[0], &vec![Complex64::default(); input.len()]);
                        }
                        plan.execute(Direction::Inverse).expect("inverse");
                        let again: Vec<_> = input.iter().map(|v| v * back).collect();
                        close(&what, dtype, &vectors::read(&ends.arrays[0]), &again);
                        ends.free();
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
            assert!(done.into_inner() > 10 * size, "{axes:?}: few layouts on {size} ranks");
        }
    }
}

/// The only axis, which no rank has whole: lengths with factors for all ranks, and primes; in place and not.
#[test]
fn halves_of_one_axis() {
    for size in ranks_of_a_test() {
        on_ranks(*size, |context| {
            for (turn, n) in [36, 45, 13, 1].into_iter().enumerate() {
                let (spectrum, bins) = transform(&[n], &[0], false);
                for in_place in [false, true] {
                    let half = space(context, DType::Complex128, &bins, Layout::cut(0, *size));
                    let choices = Transform {
                        kind: Type::ComplexToReal,
                        parity: if n % 2 == 0 { Parity::Even } else { Parity::Odd },
                        place: if turn == 0 { Place::AsComputed } else { Place::AsModel },
                        scaling: Scaling::Inverse,
                        placement: Placement { in_place, ..Placement::default() },
                        ..Transform::default()
                    };
                    let plan = plans::fourier(&half, &[0], &choices).expect("a plan");
                    let ends = Ends::new(&plan, in_place);
                    plan.prepare().expect("a plan");
                    ends.give(&plan);
                    let all: Vec<_> = (0..n).map(|i| element(i, false)).collect();
                    let model = pick(&all, plan.domain());
                    vectors::write(&ends.arrays[0], &model);
                    plan.execute(Direction::Forward).expect("forward");
                    let found = vectors::read(&ends.arrays[1]);
                    close(&plan, DType::Float64, &found, &pick(&spectrum, plan.range()));
                    plan.execute(Direction::Inverse).expect("inverse");
                    close(&plan, DType::Float64, &vectors::read(&ends.arrays[0]), &model);
                    ends.free();
                }
            }
        });
    }
}

/// Both parities, in the spectrum's layout and in the complementary one.
#[test]
fn halves_become_real() {
    for size in ranks_of_a_test() {
        on_ranks(*size, |context| {
            for (parity, n) in [(Parity::Even, 6), (Parity::Odd, 7)] {
                for (dtype, in_place) in [(DType::Float64, false), (DType::Float64, true), (DType::Float32, true)] {
                    for place in [Place::AsModel, Place::AsComputed] {
                        let (shape, axes) = ([8, 12, n], [0, 1, 2]);
                        let (spectrum, bins) = transform(&shape, &axes, false);
                        let half = space(context, dtype.complex(), &bins, Layout::cut(0, *size));
                        let choices = Transform {
                            kind: Type::ComplexToReal,
                            parity,
                            place: place.clone(),
                            scaling: Scaling::Inverse,
                            placement: Placement { in_place, ..Placement::default() },
                            ..Transform::default()
                        };
                        let plan = plans::fourier(&half, &axes, &choices).expect("a plan");
                        assert_eq!(plan.domain().shape(), Some(&shape[..]));
                        let cut = usize::from(matches!(place, Place::AsComputed));
                        let layout = plan.domain().layout().expect("a layout");
                        assert!(*size == 1 || layout.cut_of_axis(cut).is_some(), "{plan}");
                        let padded = if in_place { 2 * (n / 2 + 1) } else { n };
                        assert_eq!(plan.strides()[0][1], padded);
                        let ends = Ends::new(&plan, in_place);
                        plan.prepare().expect("a plan");
                        ends.give(&plan);
                        vectors::write(&ends.arrays[1], &pick(&spectrum, plan.range()));
                        plan.execute(Direction::Inverse).expect("inverse");
                        let all: Vec<_> = (0..shape.iter().product()).map(|i| element(i, false)).collect();
                        close(&plan, dtype, &vectors::read(&ends.arrays[0]), &pick(&all, plan.domain()));
                        ends.free();
                    }
                }
            }
            // A slab comes back complementary, and no change of layout but one is paid.
            let model = space(context, DType::Complex64, &[8, 12, 4], Layout::cut(0, *size));
            let plan =
                plans::fourier(&model, &[0, 1, 2], &Transform { place: Place::AsComputed, ..Default::default() });
            let plan = plan.expect("a plan");
            assert!(*size == 1 || plan.range().layout().expect("a layout").cut_of_axis(1).is_some(), "{plan}");
        });
    }
}

#[test]
fn every_layout_becomes_every_other() {
    let shape = [5, 3, 4];
    let dtypes = [DType::Int32, DType::Int64, DType::Float32, DType::Float64, DType::Complex64, DType::Complex128];
    for size in ranks_of_a_test() {
        on_ranks(*size, |context| {
            let all = layouts(&shape, *size);
            for (n, from) in all.iter().enumerate() {
                for m in [1, 4, 9] {
                    let (dtype, to) = (dtypes[(n + m) % 6], &all[(n * 3 + m) % all.len()]);
                    let (from, to) =
                        (space(context, dtype, &shape, from.clone()), space(context, dtype, &shape, to.clone()));
                    let in_place = (n + m / 2) % 2 == 1;
                    // Rows two elements longer than they need be, on one side.
                    let mut padded = from.local_shape().to_vec();
                    padded[2] += 2;
                    let rows = vec![padded[1] * padded[2], padded[2], 1];
                    let strides = [(n % 3 == 0).then_some(rows), None];
                    let plan = plans::redistribution(&from, &to, Placement { in_place, strides }).expect("a plan");
                    let ends = Ends::new(&plan, in_place);
                    ends.give(&plan);
                    plan.prepare().expect("a plan");
                    set_bytes(&ends.arrays[0], &expected(&from));
                    plan.execute(Direction::Forward).expect("forward");
                    assert_eq!(bytes_of(&ends.arrays[1]), expected(&to), "{plan}");
                    if !in_place {
                        set_bytes(&ends.arrays[0], &vec![0; expected(&from).len()]);
                    }
                    plan.execute(Direction::Inverse).expect("back");
                    assert_eq!(bytes_of(&ends.arrays[0]), expected(&from), "{plan}");
                    ends.free();
                }
            }
        });
    }
}

/// The workspace is asked for before planning, lent, released and lent again; other buffers need no new plan; executing
/// allocates nothing.
#[test]
fn workspaces_and_buffers_come_and_go() {
    for size in [1, 3, 4] {
        on_ranks(size, |context| {
            let layout = Layout::cut(0, size);
            let model = space(context, DType::Complex128, &[6, 8, 5], layout);
            let choices = Transform {
                scaling: Scaling::Inverse,
                placement: Placement { in_place: true, ..Placement::default() },
                ..Transform::default()
            };
            let plan = plans::fourier(&model, &[0, 1, 2], &choices).expect("a plan");
            let bytes = plan.workspace_bytes();
            assert!(size == 1 || model.is_on_device() || bytes > 0);
            let (first, second) = (Ends::new(&plan, true), Ends::new(&plan, true));
            let memory = model.memory();
            let lent = context.symmetric_allocate(bytes + 16, memory, true).expect("memory");
            let input: Vec<_> = (0..model.local_count()).map(|i| element(i, true)).collect();
            let round = |ends: &Ends| {
                ends.give(&plan);
                vectors::write(&ends.arrays[0], &input);
                let made = counting::allocations(|| {
                    plan.execute(Direction::Forward).expect("forward");
                    plan.execute(Direction::Inverse).expect("inverse");
                });
                // Threads that play ranks allocate their messages; tests/c/allocations.c counts with MPI.
                assert!(size > 1 || made == 0, "executing allocates");
                close(&plan, DType::Complex128, &vectors::read(&ends.arrays[0]), &input);
            };
            context.set_check_level(0);
            plan.prepare().expect("its own workspace");
            round(&first);
            // SAFETY: the memory outlives the plan's use of it.
            unsafe { plan.set_workspace(lent.cast(), bytes) };
            assert_eq!(plan.execute(Direction::Forward).map_err(|e| e.status), Err(Status::State));
            plan.prepare().expect("a lent workspace");
            round(&second);
            round(&first);
            plan.release_workspace();
            assert_eq!(plan.execute(Direction::Forward).map_err(|e| e.status), Err(Status::State));
            plan.prepare().expect("the lent workspace again");
            round(&first);
            // SAFETY: as above.
            unsafe { plan.set_workspace(std::ptr::null_mut(), 0) };
            plan.prepare().expect("its own again");
            round(&second);
            context.symmetric_free(lent).expect("memory");
            first.free();
            second.free();
        });
    }
}

fn refused<T>(status: Status, text: &str, made: Result<T>) {
    let error: Error = made.err().unwrap_or_else(|| panic!("not refused: {text}"));
    assert!(error.status == status && error.message.contains(text), "{:?}: {error} instead of {text}", error.status);
}

#[test]
fn bad_input_is_refused_on_all_ranks() {
    for size in [1, 3] {
        on_ranks_with(size, ContextOptions { check_level: 1, ..memory::options() }, |context| {
            let make = |axes: &[usize], dtype: DType, shape: &[i64], choices: &Transform| {
                plans::fourier(&space(context, dtype, shape, Layout::cut(0, size)), axes, choices)
            };
            let plain = Transform::default();
            let real = Transform { kind: Type::ComplexToReal, ..Transform::default() };
            let (c64, f64) = (DType::Complex64, DType::Float64);
            refused(Status::Axis, "given twice", make(&[1, 1], c64, &[6, 5], &plain));
            refused(Status::Axis, "axis is 2", make(&[2], c64, &[6, 5], &plain));
            refused(Status::Axis, "along no axis", make(&[], c64, &[6, 5], &plain));
            refused(Status::Axis, "given twice", make(&[1, 1], c64, &[6, 5], &real));
            refused(Status::Axis, "axes are", make(&[2], c64, &[6, 5], &real));
            refused(Status::Shape, "no elements along it", make(&[1], c64, &[6, 0], &plain));
            refused(Status::Shape, "1 frequencies", make(&[1], c64, &[6, 1], &real));
            refused(Status::Shape, "0 frequencies", make(&[1], c64, &[6, 0], &real));
            make(&[1], c64, &[6, 1], &Transform { parity: Parity::Odd, ..real.clone() }).expect("one real element");
            make(&[1], c64, &[6, 1], &plain).expect("lines of one element");
            let long = Transform { lengths: vec![9], ..real.clone() };
            refused(Status::Option, "parity says", make(&[1], c64, &[6, 5], &long));
            refused(Status::DType, "an FFT of type", make(&[1], f64, &[6, 5], &real));
            let r2c = Transform { kind: Type::RealToComplex, ..Transform::default() };
            refused(Status::DType, "an FFT of type", make(&[1], c64, &[6, 5], &r2c));
            refused(Status::DType, "an FFT of type", make(&[1], DType::Int32, &[6, 5], &plain));
            let strides = [Some(vec![4, 1]), None];
            let narrow = Transform { placement: Placement { strides, ..Placement::default() }, ..Transform::default() };
            refused(Status::Shape, "stride of axis 0 is 4", make(&[1], c64, &[6, 5], &narrow));
            if size > 1 {
                let uneven = [6, 5 + context.rank() as i64 / 2];
                let layout = Layout::cut(0, size);
                refused(Status::Collective, "different arguments", Space::new(context, c64, &uneven, layout, None));
                let in_place = context.rank() == 1;
                let mixed =
                    Transform { placement: Placement { in_place, ..Placement::default() }, ..Default::default() };
                refused(Status::Collective, "different arguments", make(&[1], c64, &[6, 5], &mixed));
            }
            let boxes = |upper: i64| {
                let whole = |lower: i64, upper: i64| IndexBox { lower: vec![lower, 0], upper: vec![upper, 5] };
                let boxes = (0..size as i64).map(|r| whole(2 * r, 2 * r + upper)).collect();
                Space::new(context, c64, &[2 * size as i64, 5], Layout::Boxes(boxes), None)
            };
            refused(Status::Layout, "the boxes hold", boxes(1));
            if size > 1 {
                refused(Status::Layout, "box", boxes(3));
            }
            let grid = Layout::blocks(&[2, 2], false, None);
            refused(Status::Layout, "grid", Space::new(context, c64, &[6, 5], grid, None));

            let plan = make(&[0, 1], c64, &[6, 5], &plain).expect("a plan");
            let ends = Ends::new(&plan, false);
            let [domain, range] = ends.pointers.map(|p| p.cast::<c_void>());
            refused(Status::State, "is not prepared", plan.execute(Direction::Forward));
            plan.prepare().expect("a plan");
            refused(Status::State, "has no buffers", plan.execute(Direction::Forward));
            // SAFETY: nothing is executed with what is refused.
            let set = |plan: &Plan, a: *mut c_void, b: *mut c_void| unsafe { plan.set_buffers(a, b) };
            if plan.domain().local_count() > 0 {
                refused(Status::Overlap, "share memory", set(&plan, domain, domain));
                refused(Status::Overlap, "share memory", set(&plan, domain, domain.wrapping_byte_add(8)));
                refused(Status::NullPointer, "data is NULL", set(&plan, domain, std::ptr::null_mut()));
                refused(Status::Argument, "not aligned", set(&plan, domain, range.wrapping_byte_add(1)));
            }
            let in_place = Placement { in_place: true, ..Placement::default() };
            let one = make(&[0, 1], c64, &[6, 5], &Transform { placement: in_place.clone(), ..plain.clone() });
            refused(Status::Overlap, "one address", set(&one.expect("a plan"), domain, range));
            ends.give(&plan);
            plan.execute(Direction::Forward).expect("ready");
            plan.release_workspace();
            refused(Status::State, "released", plan.execute(Direction::Inverse));
            ends.free();

            // A redistribution has a workspace in any memory: what is lent is judged, though wrong on one rank only.
            let from = space(context, f64, &[6, 5], Layout::cut(0, size));
            let plan = plans::redistribution(&from, &from, in_place).expect("a plan");
            let bytes = plan.workspace_bytes();
            let lent = context.symmetric_allocate(bytes + 64, from.memory(), true).expect("memory");
            let lend = |offset: usize, bytes: usize| {
                let wrong = context.rank() == 0;
                let (offset, bytes) = if wrong { (offset, bytes) } else { (0, plan.workspace_bytes()) };
                // SAFETY: the memory outlives the plan's use of it.
                unsafe { plan.set_workspace(lent.cast::<c_void>().wrapping_byte_add(offset), bytes) };
                plan.prepare()
            };
            refused(Status::Argument, "are needed", lend(0, bytes - 1));
            refused(Status::Argument, "is not aligned to 16 bytes", lend(8, bytes));
            lend(16, bytes).expect("enough");
            context.symmetric_free(lent).expect("memory");
            let text = if context.size() > 1 { "host" } else { "memory" };
            if from.memory() == Memory::Cuda {
                let mut here = vec![0u128; bytes];
                // SAFETY: as above.
                unsafe { plan.set_workspace(here.as_mut_ptr().cast(), bytes) };
                refused(Status::Argument, "is not device memory", plan.prepare());
                let host = from.with_memory(Memory::Host).expect("host memory");
                refused(Status::Space, text, plans::redistribution(&from, &host, Placement::default()));
            }
            let other = space(context, f64, &[6, 4], Layout::cut(0, size));
            refused(Status::Shape, "shape", plans::redistribution(&from, &other, Placement::default()));
        });
    }
}

#[test]
fn symmetric_memory_has_one_size() {
    for size in [1, 2, 3] {
        on_ranks(size, |context| {
            let memory = context.memory();
            let own = 100 * (1 + context.rank());
            let pointer = context.symmetric_allocate(4096, memory, false).expect("one size");
            assert_eq!((context.symmetric_bytes(pointer).expect("known"), pointer as usize % 64), (4096, 0));
            refused(Status::Argument, "no symmetric memory", context.symmetric_bytes(pointer.wrapping_add(1)));
            let padded = context.symmetric_allocate(own, memory, true).expect("the largest");
            assert_eq!(context.symmetric_bytes(padded).expect("known"), 100 * size);
            if size > 1 {
                refused(Status::Argument, "expected one size", context.symmetric_allocate(own, memory, false));
                let wrong = if context.rank() == 0 { padded.wrapping_add(8) } else { padded };
                refused(Status::Argument, "no symmetric memory", context.symmetric_free(wrong));
            }
            refused(Status::Argument, "0 bytes", context.symmetric_allocate(0, memory, true));
            refused(Status::Memory, "bytes", context.symmetric_allocate(1 << 60, Memory::Host, false));
            context.symmetric_free(padded).expect("still there");
            refused(Status::Argument, "was freed", context.symmetric_free(padded));
            context.symmetric_free(pointer).expect("there");
            if memory == Memory::Host {
                refused(Status::Unsupported, "without a device", context.symmetric_allocate(8, Memory::Cuda, false));
            }
        });
    }
}

/// Slabs, boxes and blocks over a grid that give the same elements to the same ranks are one and the same.
#[test]
fn distributions_of_the_same_parts_are_congruent() {
    on_ranks(4, |context| {
        let make = |layout: Layout| space(context, DType::Int64, &[8, 6], layout);
        let slab = make(Layout::cut(0, 4));
        assert!(slab.congruent(&make(Layout::blocks(&[4, 1], false, None))));
        assert!(slab.congruent(&make(Layout::blocks(&[4, 1], true, Some(&[2, 1])))));
        assert!(!slab.congruent(&make(Layout::blocks(&[4, 1], false, Some(&[1, 1])))));
        let corner = |row: i64, column: i64| IndexBox {
            lower: vec![4 * row, 3 * column],
            upper: vec![4 * row + 4, 3 * column + 3],
        };
        let boxes = |column_major: bool| {
            let at = |rank: i64| if column_major { corner(rank % 2, rank / 2) } else { corner(rank / 2, rank % 2) };
            make(Layout::Boxes((0..4).map(at).collect()))
        };
        for column_major in [false, true] {
            let blocks = make(Layout::blocks(&[2, 2], column_major, None));
            assert!(blocks.congruent(&boxes(column_major)) && !blocks.congruent(&boxes(!column_major)));
        }
    });
}

/// Small arrays in parts, that come while others travel, in place too: the tests that see it again, in a process of its own.
#[test]
fn parts_change_nothing() {
    let part = "DLOPS_TEST_PART";
    if std::env::var_os(part).is_some() {
        return;
    }
    let mut program = std::process::Command::new(std::env::current_exe().unwrap());
    program.args(["--exact", "transforms_of_any_layout_in_place_and_not"]).env(part, "64");
    let done = program.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&done.stderr));
}
