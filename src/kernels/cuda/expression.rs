//! Launches of the kernels of users, whose texts kernels/expression/cuda.rs writes.

use super::reduce::{self, Slots};
use super::{blocks, Walk, THREADS};
use crate::device::{Function, Header, Stream};
use crate::dtype::Scalar;
use crate::error::Result;
use std::ffi::c_void;

/// What the texts include.
pub static HEADERS: [Header; 3] = [
    Header { name: c"strided.cuh", text: include_str!("strided.cuh") },
    Header { name: c"expression.cuh", text: include_str!("expression.cuh") },
    Header { name: c"reduction.cuh", text: include_str!("reduction.cuh") },
];

/// Inputs and outputs of a kernel, at most.
pub const ARRAYS: usize = 16;
/// Scalars of a kernel, at most.
pub const SCALARS: usize = 16;

const MAX_AXES: usize = 8;

/// `Indices` of expression.cuh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Indices {
    pub axes: i64,
    pub first: i64,
    pub extents: [i64; MAX_AXES],
    pub lower: [i64; MAX_AXES],
    pub block: [i64; MAX_AXES],
    pub period: [i64; MAX_AXES],
    pub stride: [i64; MAX_AXES],
}

impl Indices {
    /// Elements that follow one another.
    pub const fn from(first: i64) -> Indices {
        let none = [1; MAX_AXES];
        Indices { axes: 0, first, extents: none, lower: none, block: none, period: none, stride: none }
    }

    /// The global index of a local element.
    pub fn at(&self, mut local: i64) -> i64 {
        if self.axes == 0 {
            return self.first + local;
        }
        let mut index = 0;
        for k in (0..self.axes as usize).rev() {
            let (along, block) = (local % self.extents[k], self.block[k]);
            index += (self.lower[k] + along / block * self.period[k] + along % block) * self.stride[k];
            local /= self.extents[k];
        }
        index
    }
}

/// What one launch works on: the walk's first blocks are those of the addresses, inputs first.
pub struct Elements<'a> {
    pub walk: &'a Walk<ARRAYS>,
    pub indices: &'a Indices,
    /// Elements of all ranks.
    pub count: i64,
    pub pointers: &'a [u64],
    pub scalars: &'a [Scalar],
}

/// The addresses of a kernel's arguments.
struct Arguments {
    list: [*mut c_void; ARRAYS + SCALARS + 6],
    count: usize,
}

impl Arguments {
    fn new(elements: &Elements) -> Arguments {
        let mut all = Arguments { list: [std::ptr::null_mut(); ARRAYS + SCALARS + 6], count: 0 };
        // The walk over fewer blocks is the beginning of the one over all.
        all.push(elements.walk);
        all.push(elements.indices);
        all.push(&elements.count);
        elements.pointers.iter().for_each(|p| all.push(p));
        elements.scalars.iter().for_each(|s| all.push(s));
        all
    }

    fn push<T>(&mut self, value: &T) {
        self.list[self.count] = (&raw const *value).cast_mut().cast();
        self.count += 1;
    }

    fn all(&mut self) -> &mut [*mut c_void] {
        &mut self.list[..self.count]
    }
}

/// Puts an elementwise kernel on the stream.
///
/// # Safety
/// The function is that of a text for as many arrays and scalars, of the kinds that stand at the addresses in live device
/// memory, and a text of the host's keeps inside them.
pub unsafe fn elementwise(stream: &Stream, function: Function, elements: &Elements) -> Result<()> {
    let grid = blocks(stream, elements.walk.count());
    // SAFETY: the contract of this function.
    unsafe { stream.launch(function, grid, [THREADS, 1, 1], 0, Arguments::new(elements).all()) }
}

/// Puts a reduction on the stream; its state stands in the first slot then. There is at least one element.
///
/// # Safety
/// As for `elementwise`; a state has at most 16 bytes.
pub unsafe fn reduction(slots: &Slots, function: Function, elements: &Elements) -> Result<()> {
    let (slot, partials, ticket) = (slots.slot(0), slots.partials(), slots.ticket());
    let mut arguments = Arguments::new(elements);
    arguments.push(&slot);
    arguments.push(&partials);
    arguments.push(&ticket);
    let grid = slots.grid(elements.walk.count());
    // SAFETY: the contract of this function.
    unsafe { slots.stream().launch(function, grid, [reduce::THREADS, 1, 1], 0, arguments.all()) }
}

#[cfg(test)]
mod tests {
    use super::Indices;

    #[test]
    fn blocks_of_indices_a_period_apart() {
        // Columns 1, 2, 5, 6, 9 of rows 2 and 3, ten columns wide.
        let mut indices = Indices::from(0);
        indices.axes = 2;
        (indices.extents[0], indices.extents[1]) = (2, 5);
        (indices.lower[0], indices.lower[1]) = (2, 1);
        (indices.block[0], indices.block[1]) = (2, 2);
        (indices.period[0], indices.period[1]) = (2, 4);
        (indices.stride[0], indices.stride[1]) = (10, 1);
        let found: Vec<i64> = (0..10).map(|k| indices.at(k)).collect();
        assert_eq!(found, [21, 22, 25, 26, 29, 31, 32, 35, 36, 39]);
        assert_eq!(Indices::from(7).at(3), 10);
    }
}
