//! Fingerprints of layouts: whether two spaces hold the same memory, by one comparison.
//!
//! Local C order is ascending in the global C-order index, so that a rank's elements, as a sequence, are given by
//! their set S of global indices. The fingerprint of S is its polynomial sum_{i in S} X^i at a fixed X modulo
//! p = 2^127 - 1 (Karp and Rabin 1987). For a product of index sets it factors over the axes,
//! sum_{i in S} X^i = prod_k sum_{j in S_k} (X^{s_k})^j with s_k the C-order stride of axis k, and each interval is
//! a geometric sum: nothing is enumerated, and equal sets agree however they came about. Different sets of n global
//! elements collide for at most n of the p choices of X (Schwartz 1980), which n < 2^63 makes less than 2^-64.

use super::field::{add, geometric, multiply, power};
use super::grid;
use super::index_set::IndexSet;
use super::Layout;

/// A primitive root modulo p: the digits of pi, made one.
const X: u128 = 0x243f_6a88_85a3_08d3_1319_8a2e_0370_7348;

/// First number of each kind of fingerprint.
const SHAPED: u128 = 0;
const UNSHAPED: u128 = 1;

/// Equal exactly when every rank's elements are the same global C-order indices in the same order, and the ranks
/// hold the same copies ([`Layout::copies`], [`Layout::copy_index`]). Unshaped layouts agree when their counts do,
/// and with no shaped one. The layout is valid for the shape and the ranks. The same on every machine.
pub fn congruence(shape: &[i64], layout: &Layout, ranks: usize) -> u128 {
    let roots = axis_roots(shape);
    let value = |axis: usize, set: &IndexSet| set_sum(set, roots[axis]);
    let elements = match layout {
        Layout::Grid(grid) => grid::products(grid, shape, value, 1, multiply),
        Layout::Boxes(boxes) => {
            let product = |axes: Vec<IndexSet>| axes.iter().enumerate().map(|(k, set)| value(k, set)).fold(1, multiply);
            boxes.iter().map(|b| product(b.axes())).collect()
        }
        Layout::Local(counts) => {
            let mut hash = Hash::new();
            hash.add(UNSHAPED);
            hash.add(counts_fingerprint(counts));
            return hash.value;
        }
    };
    let mut hash = Hash::new();
    hash.add(SHAPED);
    hash.add(layout.copies() as u128);
    for (rank, sum) in (0..ranks).zip(elements) {
        hash.add(layout.copy_index(rank) as u128);
        hash.add(sum);
    }
    hash.value
}

/// Equal when every rank has the same number of elements; see [`Layout::local_counts`].
pub fn counts_fingerprint(counts: &[i64]) -> u128 {
    let mut hash = Hash::new();
    counts.iter().for_each(|&count| hash.add(count as u128));
    hash.value
}

/// X^{s_k} for each axis k, with s_k the C-order stride.
fn axis_roots(shape: &[i64]) -> Vec<u128> {
    let stride = |axis: usize| shape[axis + 1..].iter().product::<i64>() as u64;
    (0..shape.len()).map(|axis| power(X, stride(axis))).collect()
}

/// sum_{j in set} y^j mod p. Equal distances and lengths, as in a cyclic set, are computed once.
fn set_sum(set: &IndexSet, y: u128) -> u128 {
    let (mut sum, mut position, mut at) = (0, 0, 1);
    let (mut distance, mut step) = (0, 1);
    let (mut len, mut block) = (0, 0);
    for interval in set.intervals() {
        if interval.start - position != distance {
            distance = interval.start - position;
            step = power(y, distance as u64);
        }
        if interval.len != len {
            len = interval.len;
            block = geometric(y, len as u64).0;
        }
        // at = y^start
        at = multiply(at, step);
        position = interval.start;
        sum = add(sum, multiply(at, block));
    }
    sum
}

/// FNV-1a with 128 bits (Fowler, Noll, Vo) over little-endian numbers.
struct Hash {
    value: u128,
}

impl Hash {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

    fn new() -> Hash {
        Hash { value: Hash::OFFSET }
    }

    fn byte(&mut self, byte: u8) {
        self.value = (self.value ^ u128::from(byte)).wrapping_mul(Hash::PRIME);
    }

    fn add(&mut self, number: u128) {
        number.to_le_bytes().into_iter().for_each(|byte| self.byte(byte));
    }
}

#[cfg(test)]
mod tests {
    use super::super::field::PRIME;
    use super::*;

    #[test]
    fn published_value_of_fnv1a() {
        let mut hash = Hash::new();
        hash.byte(b'a');
        assert_eq!(hash.value, 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
    }

    #[test]
    fn x_is_a_primitive_root() {
        // The prime factors of p - 1 = 2^127 - 2, with their multiplicities.
        let factors: [(u64, u32); 12] = [
            (2, 1),
            (3, 3),
            (7, 2),
            (19, 1),
            (43, 1),
            (73, 1),
            (127, 1),
            (337, 1),
            (5419, 1),
            (92737, 1),
            (649_657, 1),
            (77_158_673_929, 1),
        ];
        let product: u128 = factors.iter().map(|&(f, k)| u128::from(f).pow(k)).product();
        assert_eq!(product, PRIME - 1);
        for (left_out, _) in factors {
            let mut y = X;
            for (f, k) in factors {
                for _ in 0..k - u32::from(f == left_out) {
                    y = power(y, f);
                }
            }
            assert_ne!(y, 1, "the order of X divides (p - 1) / {left_out}");
        }
    }
}
