//! Lines of a strided block, brought together into a tile and put back: what one-dimensional transforms work on.

use super::turn::{turn, Plane};

/// The indices of a line of the block that a line of the tile sees: position p of the tile is index
/// (p + rotation) mod len of the block, for p < len. What the block lacks is zero in the tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Indices of a line of the block.
    pub len: usize,
    /// The index that comes first in the tile: below `len`, or 0.
    pub rotation: usize,
}

impl Window {
    /// Positions `range` of the tile, below `len`, as runs of (position, index in the block, count).
    fn runs(&self, range: std::ops::Range<usize>) -> [(usize, usize, usize); 2] {
        let turn = (self.len - self.rotation).clamp(range.start, range.end);
        [
            (range.start, range.start + self.rotation, turn - range.start),
            (turn, (turn + self.rotation).saturating_sub(self.len), range.end - turn),
        ]
    }
}

/// How lines lie in a tile: position p of a line at line * `line` + p * `place`, for p < `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    pub line: usize,
    pub place: usize,
    pub n: usize,
}

impl Shape {
    /// Contiguous lines, `pitch` elements apart.
    pub fn lines(pitch: usize, n: usize) -> Shape {
        Shape { line: pitch, place: 1, n }
    }

    /// Rows of as many lines, side by side.
    pub fn rows(width: usize, n: usize) -> Shape {
        Shape { line: 1, place: width, n }
    }

    fn at(&self, line: usize, p: usize) -> usize {
        line * self.line + p * self.place
    }

    fn holds(&self, lines: usize, elements: usize) -> bool {
        lines == 0 || self.n == 0 || self.at(lines - 1, self.n - 1) < elements
    }
}

/// Where the lines of a block are: the first element, and distances in elements.
#[derive(Clone, Copy, Debug)]
pub struct Lines<T> {
    pub pointer: *mut T,
    /// From one index of a line to the next.
    pub along: isize,
    /// From one line to the next.
    pub across: isize,
    pub count: usize,
}

impl<T> Lines<T> {
    /// Calls `visit(line, position, element)` along the shorter stride first.
    #[inline(always)]
    fn each(&self, runs: [(usize, usize, usize); 2], mut visit: impl FnMut(usize, usize, *mut T)) {
        for (position, index, count) in runs {
            let start = self.pointer.wrapping_offset(index as isize * self.along);
            let place =
                |line: usize, p: usize| start.wrapping_offset(p as isize * self.along + line as isize * self.across);
            if self.across.unsigned_abs() < self.along.unsigned_abs() {
                (0..count).for_each(|p| (0..self.count).for_each(|l| visit(l, position + p, place(l, p))));
            } else {
                (0..self.count).for_each(|l| (0..count).for_each(|p| visit(l, position + p, place(l, p))));
            }
        }
    }
}

/// Position p of a line of the tile := convert(element of the block), or zero beyond the window, for p < n.
///
/// # Safety
/// Every element of the lines inside of the window may be read.
pub unsafe fn load<S: Copy, T: Copy + Default>(
    tile: &mut [T],
    shape: Shape,
    from: Lines<S>,
    window: Window,
    convert: impl Fn(S) -> T,
) {
    let seen = blank(tile, shape, from.count, window);
    let tile = tile.as_mut_ptr();
    // SAFETY: positions below n of lines below count lie in the tile, as `blank` has seen; the caller vouches for the block.
    from.each(window.runs(0..seen), |line, p, element| unsafe {
        tile.add(shape.at(line, p)).write(convert(element.read()))
    });
}

/// Zeros at the positions that the window lacks; how many it has.
fn blank<T: Default>(tile: &mut [T], shape: Shape, lines: usize, window: Window) -> usize {
    assert!(shape.holds(lines, tile.len()), "a tile of {} elements", tile.len());
    let seen = shape.n.min(window.len);
    if seen < shape.n {
        for line in 0..lines {
            let lacking = tile[shape.at(line, seen)..].iter_mut().step_by(shape.place);
            lacking.take(shape.n - seen).for_each(|value| *value = T::default());
        }
    }
    seen
}

/// As `load` of elements as they are.
///
/// # Safety
/// As for `load`.
pub unsafe fn gather<T: Copy + Default>(tile: &mut [T], shape: Shape, from: Lines<T>, window: Window) {
    if from.across != 1 || shape.place != 1 {
        // SAFETY: the caller's promise.
        return unsafe { load(tile, shape, from, window, |value| value) };
    }
    let seen = blank(tile, shape, from.count, window);
    for (position, index, count) in window.runs(0..seen) {
        let source = Plane { pointer: from.pointer.wrapping_offset(index as isize * from.along), pitch: from.along };
        let target = Plane { pointer: tile.as_mut_ptr().wrapping_add(position), pitch: shape.line as isize };
        // SAFETY: positions below n of lines below count lie in the tile; the caller vouches for the block.
        unsafe { turn(target, source, count, from.count) };
    }
}

/// As `store` of elements as they are.
///
/// # Safety
/// As for `store`: the elements of the window may be written.
pub unsafe fn scatter<T: Copy + Default>(tile: &[T], shape: Shape, to: Lines<T>, window: Window) {
    if to.across != 1 || shape.place != 1 || shape.n < window.len {
        // SAFETY: the caller's promise.
        return unsafe { store(tile, shape, to, window, |value, element: *mut T| element.write(value)) };
    }
    assert!(shape.holds(to.count, tile.len()), "a tile of {} elements", tile.len());
    for (position, index, count) in window.runs(0..window.len) {
        let source = Plane { pointer: tile.as_ptr().cast_mut().wrapping_add(position), pitch: shape.line as isize };
        let target = Plane { pointer: to.pointer.wrapping_offset(index as isize * to.along), pitch: to.along };
        // SAFETY: positions below n of lines below count lie in the tile, as asserted; the caller vouches for the block.
        unsafe { turn(target, source, to.count, count) };
    }
}

/// Calls `put(value, element of the block)` for the whole window: with the tile's value, or zero from position n on.
///
/// # Safety
/// The elements of the lines inside of the window are valid for what `put` does.
pub unsafe fn store<S: Copy, T: Copy + Default>(
    tile: &[T],
    shape: Shape,
    to: Lines<S>,
    window: Window,
    put: impl Fn(T, *mut S),
) {
    let seen = shape.n.min(window.len);
    assert!(shape.holds(to.count, tile.len()), "a tile of {} elements", tile.len());
    let tile = tile.as_ptr();
    // SAFETY: positions below n of lines below count lie in the tile, as asserted.
    to.each(window.runs(0..seen), |line, p, element| put(unsafe { tile.add(shape.at(line, p)).read() }, element));
    to.each(window.runs(seen..window.len), |_, _, element| put(T::default(), element));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Index of the block for position p, by the definition.
    fn index(window: Window, p: usize) -> usize {
        (p + window.rotation) % window.len
    }

    #[test]
    fn tiles_see_windows() {
        for (len, rotation, n) in [(5, 0, 5), (5, 2, 5), (5, 2, 8), (5, 3, 2), (1, 0, 3), (0, 0, 2), (6, 3, 4)] {
            for (along, across, by_rows) in [(1, 7, false), (4, 1, false), (9, 1, false), (4, 1, true), (1, 7, true)] {
                let window = Window { len, rotation };
                let mut block: Vec<f64> = (0..80).map(|k| k as f64 + 1.0).collect();
                let lines = Lines { pointer: block.as_mut_ptr(), along, across, count: 3 };
                let shape = if by_rows { Shape::rows(3, n) } else { Shape::lines(10, n) };
                let mut tile = vec![-1.0; 3 * 10];
                // SAFETY: at most 6 indices 9 apart, 3 lines 7 apart: inside of 80 elements.
                unsafe { load(&mut tile, shape, lines, window, |x| 2.0 * x) };
                for (line, p) in (0..3).flat_map(|l| (0..n).map(move |p| (l, p))) {
                    let at = |i: usize| i as isize * along + line as isize * across;
                    let expected = if p < len { 2.0 * (at(index(window, p)) as f64 + 1.0) } else { 0.0 };
                    assert_eq!(tile[shape.at(line, p)], expected, "{window:?}, {n}, line {line}, position {p}");
                }
                let before = block.clone();
                // SAFETY: as above.
                unsafe { store(&tile, shape, lines, window, |value: f64, x: *mut f64| *x = 0.5 * value) };
                for line in 0..3 {
                    for p in n..len {
                        let at = (index(window, p) as isize * along + line as isize * across) as usize;
                        assert_eq!(std::mem::replace(&mut block[at], before[at]), 0.0);
                    }
                }
                assert_eq!(block, before);
                let (mut same, mut plain) = (vec![-1.0; 3 * 10], vec![-1.0; 3 * 10]);
                // SAFETY: as above.
                unsafe { gather(&mut same, shape, lines, window) };
                // SAFETY: as above.
                unsafe { load(&mut plain, shape, lines, window, |x| x) };
                assert_eq!(same, plain);
                same.iter_mut().for_each(|x| *x += 100.0);
                // SAFETY: as above.
                unsafe { scatter(&same, shape, lines, window) };
                let scattered = std::mem::replace(&mut block, before);
                let lines = Lines { pointer: block.as_mut_ptr(), ..lines };
                // SAFETY: as above.
                unsafe { store(&same, shape, lines, window, |value: f64, x: *mut f64| *x = value) };
                assert_eq!(scattered, block);
            }
        }
    }
}
