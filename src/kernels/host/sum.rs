//! A sum over many elements is *accumulate, small state, combine*; the state is a parameter of every reduction.
//!
//! `Plain` is fast and its result depends, in the last bits, on how the terms were split over threads and ranks.
//! `exact_sum::Exact` does not depend on it. Terms are double precision whatever the element type.

/// The state of one sum.
pub trait SumState: Clone + Send + Sync + 'static {
    /// 8-byte words of the state on the wire.
    const WORDS: usize;
    /// The words are integers (i64) that a sum over ranks adds as integers; otherwise doubles that it adds as doubles.
    const INTEGER: bool;

    /// The empty sum.
    fn new() -> Self;
    /// Adds `term(0)` to `term(n - 1)`.
    fn accumulate<F: Fn(usize) -> f64>(&mut self, n: usize, term: F);
    /// Adds another state.
    fn combine(&mut self, other: &Self);
    /// Writes the `WORDS` words that, summed over ranks, are the state of the whole sum.
    fn write(&self, words: &mut [u64]);
    fn read(words: &[u64]) -> Self;
    fn finish(&self) -> f64;
}

/// Partial sums of `Plain`: two vectors of the widest CPU, so that no path changes the order of additions.
const LANES: usize = 16;

/// Sixteen partial sums in double precision; term i of a call goes to lane i mod 16.
#[derive(Clone, Debug)]
pub struct Plain([f64; LANES]);

impl SumState for Plain {
    const WORDS: usize = 1;
    const INTEGER: bool = false;

    fn new() -> Plain {
        Plain([0.0; LANES])
    }

    #[inline(always)]
    fn accumulate<F: Fn(usize) -> f64>(&mut self, n: usize, term: F) {
        let mut lanes = self.0;
        let whole = n / LANES * LANES;
        let mut i = 0;
        while i < whole {
            let mut terms = [0.0; LANES];
            for (lane, term_of_lane) in terms.iter_mut().enumerate() {
                *term_of_lane = term(i + lane);
            }
            for (sum, term_of_lane) in lanes.iter_mut().zip(terms) {
                *sum += term_of_lane;
            }
            i += LANES;
        }
        for i in whole..n {
            lanes[i - whole] += term(i);
        }
        self.0 = lanes;
    }

    fn combine(&mut self, other: &Plain) {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a += b;
        }
    }

    fn write(&self, words: &mut [u64]) {
        words[0] = self.finish().to_bits();
    }

    fn read(words: &[u64]) -> Plain {
        let mut lanes = [0.0; LANES];
        lanes[0] = f64::from_bits(words[0]);
        Plain(lanes)
    }

    fn finish(&self) -> f64 {
        let mut lanes = self.0;
        let mut width = LANES / 2;
        while width > 0 {
            for i in 0..width {
                lanes[i] += lanes[i + width];
            }
            width /= 2;
        }
        lanes[0]
    }
}
