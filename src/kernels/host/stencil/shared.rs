//! Registers of y that hold the last numbers of a row and the first ones of the next row: gathered, and stored past the caches
//! when they are whole.
//!
//! Stores of a part of a line, through the caches, beside stores past them make memory read that line and write it again.

use super::ends::{Ends, ENDS};
use super::masked::{Masked, MOST_PER_LINE};
use super::order::BAND;
use super::rows::{Rows, Taps};
use std::mem::{size_of, MaybeUninit};

/// Rows at work at a time: those of a block, those whose ends are computed ahead of them, and the one after these.
const SLOTS: usize = 16;
const _: () = assert!(SLOTS > BAND + ENDS);

/// The registers that rows of a plane share.
pub(super) struct Shared<V: Masked> {
    /// The first number of row 0, and how far the next row's is.
    begin: *mut V::Real,
    stride: isize,
    /// The rows before this one have their first register in y.
    stored: isize,
    slots: [Slot<V>; SLOTS],
}

/// What has been computed of the register where a row begins.
struct Slot<V> {
    numbers: MaybeUninit<V>,
    written: u32,
}

/// All lanes.
const fn full<V: Masked>() -> u32 {
    ((1u64 << V::COUNT) - 1) as u32
}

impl<V: Masked> Shared<V> {
    /// Whether rows share registers, and gathering them costs less than it saves: not where rows lie unlike on lines and have
    /// taps in other rows, nor where they lie alike and registers are half a line, whose halves would be stored far from one
    /// another.
    #[inline(always)]
    pub fn pays(rows: &Rows<V::Real>, taps: &Taps<V::Real>, ends: &Ends<V::Real>) -> bool {
        let alike = rows.stride % V::COUNT as isize == 0;
        let gains = match V::PER_LINE {
            1 => alike || !taps.shared,
            MOST_PER_LINE => !alike && !taps.shared,
            _ => false,
        };
        let (begin, len) = Self::whole(rows, ends);
        let follow = rows.rows > 1 && rows.stride == len as isize && len >= V::COUNT;
        gains && follow && !(alike && (begin as usize).is_multiple_of(size_of::<V>()))
    }

    /// Where the first row begins and how long rows are, zones included.
    #[inline(always)]
    fn whole(rows: &Rows<V::Real>, ends: &Ends<V::Real>) -> (*mut V::Real, usize) {
        ends.zones().iter().fold((rows.y, rows.len), |(begin, len), zone| (begin.min(zone.y), len + zone.len))
    }

    /// For rows for which it `pays`.
    #[inline(always)]
    pub fn new(rows: &Rows<V::Real>, ends: &Ends<V::Real>) -> Self {
        let slots = [const { Slot { numbers: MaybeUninit::uninit(), written: 0 } }; SLOTS];
        Shared { begin: Self::whole(rows, ends).0, stride: rows.stride, stored: 0, slots }
    }

    /// The register where row i begins.
    #[inline(always)]
    fn register(&self, i: isize) -> *mut V::Real {
        let begin = self.begin.wrapping_offset(i * self.stride);
        begin.wrapping_byte_sub(begin as usize % size_of::<V>())
    }

    /// Keeps lanes of a register of row i that begins at y, or stores what no other row shares.
    #[inline(always)]
    pub unsafe fn put(&mut self, i: isize, sum: V, y: *mut V::Real, bits: u32) {
        let skipped = y as usize % size_of::<V>() / size_of::<V::Real>();
        let first = y.wrapping_sub(skipped);
        let low = bits & full::<V>() >> skipped;
        // SAFETY: y is writable where bits are set, and a slot has all lanes of a register.
        unsafe {
            self.put_part(i, first, sum, low, skipped as isize);
            if low != bits {
                self.put_part(i, first.wrapping_add(V::COUNT), sum, bits & !low, skipped as isize - V::COUNT as isize);
            }
        }
    }

    /// The same for lanes that lie `moved` further in the register at `register`.
    #[inline(always)]
    unsafe fn put_part(&mut self, i: isize, register: *mut V::Real, sum: V, bits: u32, moved: isize) {
        let row = match register {
            own if own == self.register(i) => i,
            next if next == self.register(i + 1) => i + 1,
            // SAFETY: the caller's promise.
            other => return unsafe { sum.store_masked(other.wrapping_offset(moved), bits) },
        };
        let slot = &mut self.slots[row as usize % SLOTS];
        let numbers = slot.numbers.as_mut_ptr().cast::<V::Real>();
        // SAFETY: the lanes lie in the slot.
        unsafe { sum.store_masked(numbers.wrapping_offset(moved), bits) };
        slot.written |= if moved < 0 { bits >> -moved } else { bits << moved };
    }

    /// Stores the registers where the rows before `end` begin: these rows have been put.
    #[inline(always)]
    pub unsafe fn store(&mut self, end: isize) {
        while self.stored < end {
            // SAFETY: the register is whole, but where the first row begins and the last one ends.
            unsafe { self.store_one(self.stored) };
            self.stored += 1;
        }
    }

    #[inline(always)]
    unsafe fn store_one(&mut self, i: isize) {
        let to = self.register(i);
        let slot = &mut self.slots[i as usize % SLOTS];
        let lanes = std::mem::take(&mut slot.written);
        if lanes == 0 {
            return;
        }
        // SAFETY: the lanes that are stored are written, and y is writable there.
        unsafe {
            let numbers = slot.numbers.as_ptr().cast::<V::Real>();
            match lanes == full::<V>() {
                true => V::load(numbers).stream(to),
                false => V::load_masked(numbers, lanes).store_masked(to, lanes),
            }
        }
    }
}

/// Stores lanes of a register of row i that begins at y, or keeps them where rows share registers: never unless `GATHER`.
#[inline(always)]
pub(super) unsafe fn put_lanes<V: Masked, const GATHER: bool>(
    shared: &mut Option<Shared<V>>,
    i: isize,
    sum: V,
    y: *mut V::Real,
    bits: u32,
) {
    // SAFETY: y is writable where bits are set.
    unsafe {
        match shared {
            Some(shared) if GATHER => shared.put(i, sum, y, bits),
            _ => sum.store_masked(y, bits),
        }
    }
}
