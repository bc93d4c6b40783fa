//! Blocks that a kernel walks over together.

use crate::error::Result;
use crate::fail;

const MAX_AXES: usize = 8;

/// Elements of one rank on the device: an address, and one stride in elements an axis of the walk's extents.
#[derive(Clone, Copy)]
pub struct Strided<'a> {
    pub pointer: u64,
    pub strides: &'a [i64],
}

/// `Walk` of walk.cuh.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Walk<const N: usize> {
    count: i64,
    axes: i32,
    aligned: i32,
    narrow: i32,
    reserved: i32,
    multipliers: [u32; MAX_AXES],
    shifts: [u32; MAX_AXES],
    extents: [i64; MAX_AXES],
    strides: [[i64; MAX_AXES]; N],
}

/// The multiplier and the shift that divide numbers below 2^31 by `divisor`, from 2 to 2^31 - 1: the upper word of
/// n ceil(2^(31 + l) / divisor), shifted by l - 1, with l the bits of divisor - 1.
///
/// Source: T. Granlund and P. L. Montgomery, "Division by invariant integers using multiplication", PLDI 1994, theorem 4.2.
fn reciprocal(divisor: u32) -> (u32, u32) {
    let bits = u32::BITS - (divisor - 1).leading_zeros();
    (((1u64 << (31 + bits)).div_ceil(u64::from(divisor))) as u32, bits - 1)
}

impl<const N: usize> Walk<N> {
    /// Contiguous blocks of `count` elements.
    pub fn contiguous(count: usize, pointers: [u64; N]) -> Walk<N> {
        Walk {
            count: count as i64,
            axes: 0,
            aligned: pointers.iter().all(|p| p % 16 == 0) as i32,
            extents: [1; MAX_AXES],
            strides: [[0; MAX_AXES]; N],
            narrow: 0,
            reserved: 0,
            multipliers: [0; MAX_AXES],
            shifts: [0; MAX_AXES],
        }
    }

    /// Blocks of one shape. Axes that follow one another in memory in all blocks are walked as one.
    pub fn new(extents: &[i64], blocks: [Strided; N]) -> Result<Walk<N>> {
        let count: i64 = extents.iter().product();
        let mut walk = Walk::contiguous(count as usize, blocks.map(|b| b.pointer));
        let mut axes = 0;
        for k in (0..extents.len()).filter(|k| extents[*k] != 1) {
            let follows = axes > 0
                && (0..N).all(|n| walk.strides[n][axes - 1] == blocks[n].strides[k].saturating_mul(extents[k]));
            match follows {
                true => {
                    axes -= 1;
                    walk.extents[axes] *= extents[k];
                }
                false if axes == MAX_AXES => {
                    fail!(Unsupported, "an array with more than {MAX_AXES} separate axes on the device")
                }
                false => walk.extents[axes] = extents[k],
            }
            (0..N).for_each(|n| walk.strides[n][axes] = blocks[n].strides[k]);
            axes += 1;
        }
        let contiguous = axes == 0 || axes == 1 && (0..N).all(|n| walk.strides[n][0] == 1);
        walk.axes = if contiguous { 0 } else { axes as i32 };
        if !contiguous && count > 0 && count <= i64::from(i32::MAX) {
            walk.narrow = 1;
            for k in 0..axes {
                (walk.multipliers[k], walk.shifts[k]) = reciprocal(walk.extents[k] as u32);
            }
        }
        Ok(walk)
    }

    pub fn count(&self) -> usize {
        self.count as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reciprocals_divide() {
        let most = i32::MAX as u32;
        for divisor in (2..200).chain([255, 256, 257, 641, 65_535, 65_536, 65_537, most / 2 + 1, most - 1, most]) {
            let (multiplier, shift) = reciprocal(divisor);
            let near = (0..40)
                .flat_map(|k| [k, most - k, k * divisor.min(most / 40), (most / divisor) * divisor - (k > 0) as u32]);
            for n in near {
                let quotient = ((u64::from(n) * u64::from(multiplier)) >> 32) as u32 >> shift;
                assert_eq!(quotient, n / divisor, "{n} / {divisor}");
            }
        }
    }

    #[test]
    fn axes_are_joined_where_every_block_allows_it() {
        let strided = |strides| Strided { pointer: 64, strides };
        let walk = Walk::new(&[4, 5, 6], [strided(&[30, 6, 1]), strided(&[30, 6, 1])]).unwrap();
        assert_eq!((walk.count, walk.axes, walk.aligned), (120, 0, 1));
        let walk = Walk::new(&[4, 5, 6], [strided(&[30, 6, 1]), strided(&[40, 8, 1])]).unwrap();
        assert_eq!((walk.axes, walk.extents[0], walk.extents[1]), (2, 20, 6));
        assert_eq!((walk.strides[0][0], walk.strides[1][0]), (6, 8));
        let walk = Walk::new(&[4, 1, 6], [strided(&[7, 9, 1])]).unwrap();
        assert_eq!((walk.axes, walk.extents[0], walk.extents[1], walk.strides[0][0]), (2, 4, 6, 7));
        assert_eq!(Walk::new(&[0, 5], [strided(&[5, 1])]).unwrap().count(), 0);
        let odd = Walk::new(&[3], [Strided { pointer: 8, strides: &[1] }]).unwrap();
        assert_eq!((odd.axes, odd.aligned), (0, 0));
    }
}
