//! Registers at the ends of lines load nothing beyond the arrays, and store nothing there.

use super::*;
use crate::kernels::host::guarded::Guarded;

/// One block between pages that may not be touched, with what neighbours hold on the sides named.
fn check<T: Element, H: Element<Real = T::Real>>(
    (outer, n, inner): (usize, usize, usize),
    filter: &Filter<H>,
    stage: Stage,
    sides: [bool; 2],
    at_end: bool,
) {
    let ((before, after), more) = (filter.reach(), stage.reach());
    let [before, after] = [if sides[0] { before + more } else { 0 }, if sides[1] { after + more } else { 0 }];
    let length = scratch_len::<T>(filter.taps.len());
    let lengths = [n, n, before, after].map(|rows| outer * rows * inner);
    let memory = lengths.map(|n| Guarded::new(n * size_of::<T>(), at_end));
    let scratch = Guarded::new(length * size_of::<T>(), at_end);
    let fill = |k: usize| memory[k].fill::<T>(lengths[k]);
    let strides = |rows: usize| [(rows * inner) as isize, inner as isize];
    let block = Block {
        x: fill(0),
        y: fill(1),
        outer,
        n,
        inner,
        x_strides: strides(n),
        y_strides: strides(n),
        first: before,
        total: before + n + after,
        line: 0,
        line_step: 0,
        halo: Halo {
            before: fill(2),
            before_width: before,
            before_strides: strides(before),
            after: fill(3),
            after_width: after,
            after_strides: strides(after),
        },
    };
    for (beta, stream) in [(0.0, false), (0.0, true), (1.0, false)] {
        // SAFETY: as the sizes say.
        unsafe {
            let scratch = std::slice::from_raw_parts_mut(scratch.fill::<T>(length), length);
            run(filter, stage, (Scalar::real(2.0), Scalar::real(beta)), &block, scratch, stream);
        }
    }
}

fn sweep<T: Element, H: Element<Real = T::Real>>() {
    let shapes = [
        (1, 1, 1),
        (16, 16, 1),
        (17, 33, 1),
        (35, 100, 1),
        (1, 1500, 1),
        (3, 800, 1),
        (16, 700, 1),
        (2, 20, 3),
        (2, 40, 16),
        (2, 17, 130),
    ];
    for (taps, offset) in [(1, 0), (3, 2), (41, 20)] {
        let h: Vec<H> = (0..taps).map(value).collect();
        for (k, shape) in shapes.into_iter().enumerate() {
            for (s, stage) in [STAGES[0], STAGES[3], STAGES[6]].into_iter().enumerate() {
                let sides = [[false, false], [true, false], [false, true], [true, true]][(k + s + taps) % 4];
                check::<T, H>(shape, &Filter::new(&h, offset), stage, sides, false);
                check::<T, H>(shape, &Filter::new(&h, offset), stage, sides, true);
            }
        }
    }
}

#[test]
fn nothing_beyond_the_arrays_is_touched() {
    on_every_path::run(|_| {
        sweep::<f32, f32>();
        sweep::<f64, f64>();
        sweep::<Complex<f32>, f32>();
        sweep::<Complex<f64>, Complex<f64>>();
    });
}
