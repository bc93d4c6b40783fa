use super::*;
use crate::kernels::cpu::{fence, on_every_path};

/// Every element in its place, and nothing written beside it; the target begins `shift` elements after a line.
fn turned<E: Copy + PartialEq + std::fmt::Debug>(element: impl Fn(usize) -> E + Copy) {
    let line = LINE / size_of::<E>();
    let shapes: [(usize, usize); 10] =
        [(0, 3), (1, 1), (4, 4), (5, 7), (8, 3), (9, 16), (2, 33), (16, 16), (33, 47), (100, 130)];
    for ((rows, columns), shift) in shapes.into_iter().flat_map(|shape| [(shape, 0), (shape, 1)]) {
        for large in [None, Some(false), Some(true)] {
            // Lines of the target begin at cache lines, or not.
            let (pitch, other) = (columns + 3, (rows + 1).next_multiple_of(line) + shift);
            let mut source: Vec<E> = (0..rows * pitch + 1).map(element).collect();
            let mut memory = vec![element(99_999); columns * other + 2 * line + 1];
            let first = memory.as_ptr().align_offset(LINE).min(line) + shift;
            let target = &mut memory[first..];
            let from = Plane { pointer: source.as_mut_ptr(), pitch: pitch as isize };
            let to = Plane { pointer: target.as_mut_ptr(), pitch: other as isize };
            // SAFETY: both planes lie in their vectors.
            unsafe {
                match large {
                    None => turn(to, from, rows, columns),
                    Some(stream) => turn_from_memory(to, from, rows, columns, stream),
                }
            };
            fence();
            for (k, found) in target.iter().enumerate() {
                let (c, r) = (k / other, k % other);
                let right = if r < rows && c < columns { source[r * pitch + c] } else { element(99_999) };
                assert_eq!(*found, right, "{rows} x {columns}, shift {shift}, element {k}, {large:?}");
            }
        }
    }
}

#[test]
fn rows_become_columns() {
    on_every_path::run(|_| {
        turned(|k| k as f32);
        turned(|k| k as f64);
        turned(|k| [k as f32, -(k as f32)]);
        turned(|k| [k as f64, -(k as f64)]);
    });
}
