//! Device memory that the passes of one transform share, in the order of their stream.

/// Bytes: of the elements that a pass keeps meanwhile, and of what cuFFT works in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    pub tile: usize,
    pub work: usize,
}

impl Needs {
    /// For two passes, one after the other.
    pub fn max(self, other: Needs) -> Needs {
        Needs { tile: self.tile.max(other.tile), work: self.work.max(other.work) }
    }
}

/// Addresses on the device of as much as is needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Room {
    pub tile: u64,
    pub work: u64,
}
