//! How many rows are computed together, and how far ahead memory is asked for meanwhile.

use super::masked::Masked;
use super::rows::{Rows, Taps, MAX_TAPS};
use crate::kernels::cpu::{self, Level};
use std::mem::size_of;

/// How far ahead, in bytes: a few hundred nanoseconds of a core's share of the memory bandwidth. Sums of many taps keep
/// the processor from running that far ahead by itself.
const AHEAD: usize = 4096;
/// Bytes of rows that are asked for so many bytes ahead, instead of whole rows.
const LONG: usize = 4 * AHEAD;
/// With up to so many taps, four registers of rows that share lines are computed at once, and rows go as bands; with
/// more taps, the registers and the lines of a band are too few.
pub(super) const FEW_TAPS: usize = 4;
/// Rows of a band at most.
pub(super) const BAND: usize = 8;
/// Bytes of the rows of a band: the second-level cache holds two bands and what they reach to.
const BAND_BYTES: usize = 128 << 10;
/// Bytes between rows of a band at most.
const BAND_STRIDE: usize = 64 << 10;
/// Bytes of a piece of a row of a band.
pub(super) const PIECE: usize = 4096;
/// Rows of which one register each is computed at once.
pub(super) const ACROSS: usize = 4;
/// The same for few taps where y is read.
pub(super) const ACROSS_READ: usize = 8;
/// How far ahead memory is asked for then, in bytes of every one of these rows.
const AHEAD_OF_EACH: usize = 512;
/// Rows that are longer than this go across even where those of x and y all crowd the same sets of the first-level cache.
const CROWDED: usize = 8 << 10;
/// Bytes of the first-level cache that rows can count on.
const FIRST_LEVEL: usize = 32 << 10;
/// Bytes of a first-level cache in which rows go together: twelve ways of a page, so that as many rows that lie alike in
/// their pages have room.
const TWELVE_WAYS: usize = 48 << 10;

/// Whether rows go together at all. Where registers are half a line and the first level has eight ways, rows one by one
/// are up to three times as fast: of each row half a line is read or stored in turn, and the other half fetched again.
pub(super) fn rows_go_together() -> bool {
    cpu::level() == Level::Avx512 && cpu::caches().first >= TWELVE_WAYS
}

/// How many rows with so many taps, all in other rows that share lines, go across where they do not fit the first level.
pub(super) fn across_at_most(taps: usize, beta: bool) -> usize {
    match beta {
        _ if !rows_go_together() => 1,
        true if taps <= 2 => 1,
        true if taps <= FEW_TAPS => ACROSS_READ,
        _ => ACROSS,
    }
}

pub(super) struct Order {
    pub together: usize,
    /// One register of each of these rows at once, else piece by piece.
    pub across: bool,
    /// Four registers of a single row at once, else two.
    pub four: bool,
    pub rows_ahead: isize,
    pub ahead: isize,
}

impl Order {
    /// Rows that share lines of x and do not fit the first-level cache go together, so that a line is fetched from the
    /// second level about once: as a band, whose successor is fetched in the order of memory, or, where rows lie so
    /// far apart that a band would crowd a few sets of the caches, one register of each at once. So are rows of a y that is
    /// read: every line that comes from the second level beside those of x and y from memory costs as much as a fifth of
    /// both.
    #[inline(always)]
    pub fn new<V: Masked, const CAPACITY: usize>(
        rows: &Rows<V::Real>,
        taps: &Taps<V::Real>,
        stream: bool,
        beta: bool,
    ) -> Order {
        let size = size_of::<V::Real>();
        let length = (rows.len * size).max(1);
        let aligned = rows.stride % V::COUNT as isize == 0;
        let equal = taps.stride[..taps.count].iter().all(|&s| s == taps.stride[0]);
        let four = CAPACITY <= FEW_TAPS && taps.alone && taps.shared;
        let together = CAPACITY < MAX_TAPS && taps.shared && taps.leads == 1 && aligned && equal;
        if V::PER_LINE != 1 || !together || !rows_go_together() {
            return Order::alone(four, length, size);
        }
        let ahead = ahead(four, size);
        let reused = length * taps.count;
        let across = |together, (rows_ahead, ahead)| Order { together, across: true, four, rows_ahead, ahead };
        if beta && across_at_most(taps.count, beta) > 1 && reused > FIRST_LEVEL && rows.rows >= ACROSS_READ {
            let fit = ACROSS * length <= BAND_BYTES;
            return match (CAPACITY <= FEW_TAPS, rows.share_sets_with(taps)) {
                (_, true) if length <= CROWDED => Order::alone(four, length, size),
                (true, _) => across(ACROSS_READ, (0, (AHEAD_OF_EACH / size) as isize)),
                // The next rows while they fit the second level, and the sets of the first.
                (false, false) if fit => across(ACROSS, (ACROSS as isize, 0)),
                (false, _) => across(ACROSS, (0, ahead / 4)),
            };
        }
        if stream && (reused > FIRST_LEVEL || four && reused == FIRST_LEVEL) {
            let band = (BAND_BYTES / length).min(BAND);
            if four && band > 1 && rows.stride.unsigned_abs() * size <= BAND_STRIDE {
                return Order { together: band, across: false, four, rows_ahead: band as isize, ahead: 0 };
            }
            let few = (AHEAD.div_ceil(length).max(ACROSS) as isize, 0);
            return across(ACROSS, if length >= LONG || four { (0, ahead) } else { few });
        }
        Order::alone(four, length, size)
    }

    /// Rows of so many bytes one by one, of numbers of so many.
    #[inline(always)]
    fn alone(four: bool, length: usize, size: usize) -> Order {
        let (rows_ahead, ahead) = match length >= LONG {
            true => (0, ahead(four, size)),
            false => (AHEAD.div_ceil(length) as isize, 0),
        };
        Order { together: 1, across: false, four, rows_ahead, ahead }
    }
}

/// Four registers of a few taps run ahead by themselves, too.
#[inline(always)]
fn ahead(four: bool, size: usize) -> isize {
    (if four { AHEAD / 2 } else { AHEAD } / size) as isize
}
