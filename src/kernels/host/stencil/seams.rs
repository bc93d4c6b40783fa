//! Short near rows that follow one another in memory, as one long row: what elements at the rows' ends lack is masked, in
//! whatever lanes of a register they are.

use super::beside::Beside;
use super::ends::Ends;
use super::masked::{Masked, MOST_PER_LINE};
use super::near_row::Near;
use super::rows::{Rows, Taps};
use super::sides::taps_of_rows;
use crate::dtype::{Element, Real};
use crate::kernels::cpu::LINE;
use std::mem::size_of;

/// The most numbers of a row. What is made once a row matters little in longer ones, and whole registers of rows are computed
/// faster without masks, the more so if these begin at lines.
const MAX_COLUMNS: usize = 160;
/// The same in cache lines, of rows that begin at lines, of those of a Laplacian with registers of half a line, and of taps
/// along the row alone where rows do not begin at lines.
const MAX_ALIGNED: usize = 5;
const MAX_ALIGNED_HALVES: usize = 4;
const MAX_ALONG: usize = 4;
/// Fewer rows are not worth the table.
const MIN_ROWS: usize = 4;

/// What an element has: the tap before it, the tap after it, the coefficients of elements within rows. One bit each.
const BEFORE: u8 = 1;
const AFTER: u8 = 2;
const INNER: u8 = 4;

/// Lanes of registers by the column of their first number.
type Lanes = [u16; MAX_COLUMNS];

/// What registers of rows have, and the coefficient of the tap that differs at the ends of rows.
pub(super) struct Seams<V: Masked> {
    /// The lanes whose elements have it, for each bit.
    has: [Lanes; 3],
    /// Numbers before the uniform part of the rows.
    before: isize,
    common: Common<V>,
}

/// What all registers have in common.
#[derive(Clone, Copy)]
struct Common<V: Masked> {
    beside: Beside<V>,
    columns: usize,
    end: V,
}

/// The tap whose coefficient may differ at the ends of rows: the element itself, of a Laplacian's second derivatives. The
/// other numbers of near taps are of first derivatives, which do not read it.
const fn own_tap(taps: usize) -> Option<usize> {
    if taps % 2 == 1 {
        Some(1)
    } else {
        None
    }
}

impl<V: Masked> Seams<V> {
    /// None where rows do not follow one another, are long or few, or where their ends read what others do not.
    #[inline(always)]
    pub unsafe fn new<const CAPACITY: usize>(
        rows: &Rows<V::Real>,
        (x, taps): (&[*const V::Real; CAPACITY], &Taps<V::Real>),
        ends: &Ends<V::Real>,
    ) -> Option<Self> {
        let columns = usize::try_from(rows.stride).ok().filter(|&columns| columns >= V::COUNT)?;
        let aligned = columns % V::COUNT == 0 && (rows.y as usize).is_multiple_of(size_of::<V>());
        let line = V::PER_LINE * V::COUNT;
        let most = match (aligned, CAPACITY) {
            (true, 2) => 0,
            (true, _) if V::PER_LINE > 1 && own_tap(CAPACITY).is_some() => MAX_ALIGNED_HALVES * line,
            (true, _) => MAX_ALIGNED * line,
            (false, 2) => MAX_ALONG * line,
            (false, _) => MAX_COLUMNS,
        };
        let follow = taps.stride[..CAPACITY].iter().all(|&x| x == rows.stride);
        if V::PER_LINE > MOST_PER_LINE
            || !rows.cached
            || columns > most.min(MAX_COLUMNS)
            || rows.rows < MIN_ROWS
            || !follow
        {
            return None;
        }
        // SAFETY: registers only.
        let beside = unsafe { Beside::<V>::of(taps)? };
        // By column.
        let mut flags = [BEFORE | AFTER | INNER; MAX_COLUMNS];
        let mut end: Option<V::Real> = None;
        let moved = |zone: *mut V::Real| (zone as isize).wrapping_sub(rows.y as isize) / size_of::<V::Real>() as isize;
        let before = ends.zones().iter().map(|zone| -moved(zone.y)).max()?.max(0);
        let mut numbers = rows.len;
        for zone in ends.zones() {
            let place = moved(zone.y);
            let like_rows = taps_of_rows::<V::Real, CAPACITY>(zone, place, x, ends)?;
            let first = usize::try_from(before + place).ok()?;
            numbers += zone.len;
            if first + zone.len > columns {
                return None;
            }
            for (lane, flags) in flags[first..first + zone.len].iter_mut().enumerate() {
                *flags = INNER;
                for (k, tap) in like_rows.iter().enumerate() {
                    let Some(tap) = tap.filter(|tap| tap.bits >> lane & 1 == 1) else { continue };
                    *flags |= match CAPACITY - k {
                        2 => BEFORE,
                        1 => AFTER,
                        _ => 0,
                    };
                    let c = tap.coefficient[lane];
                    if c.to_f64().to_bits() == taps.coefficient[k].to_f64().to_bits() {
                        continue;
                    }
                    if own_tap(CAPACITY) != Some(k) || end.is_some_and(|end| end != c) {
                        return None;
                    }
                    end = Some(c);
                    *flags &= !INNER;
                }
            }
        }
        if numbers != columns {
            return None;
        }
        let mut has = [[0; MAX_COLUMNS]; 3];
        for (flag, has) in has.iter_mut().enumerate() {
            // From a column to the next, all lanes move by one.
            (0..V::COUNT).for_each(|lane| has[0] |= ((flags[lane] >> flag & 1) as u16) << lane);
            let mut next = V::COUNT % columns;
            for column in 1..columns {
                has[column] = has[column - 1] >> 1 | ((flags[next] >> flag & 1) as u16) << (V::COUNT - 1);
                next = if next + 1 == columns { 0 } else { next + 1 };
            }
        }
        // SAFETY: registers only.
        let end = unsafe { V::splat(end.unwrap_or(V::Real::ZERO)) };
        Some(Seams { has, before, common: Common { beside, columns, end } })
    }
}

// SAFETY (all): the rows are those of `near_rows`.
impl<V: Masked, const CAPACITY: usize> Near<V, CAPACITY> {
    /// All rows of all planes with their zones.
    #[inline(always)]
    pub unsafe fn seamed<const BETA: bool>(&self, rows: &Rows<V::Real>, seams: &Seams<V>) {
        // Copied, so that they stay in registers.
        let (common, line) = (seams.common, V::COUNT as isize);
        let all = (rows.rows * common.columns) as isize;
        for plane in 0..rows.planes.count as isize {
            let y = rows.y.wrapping_offset(plane * rows.planes.y - seams.before);
            let at = plane * rows.planes.x - seams.before;
            // Registers begin at cache lines of y; the first one and the last ones may lie partly in the rows.
            let skipped = (y as usize % size_of::<V>() / size_of::<V::Real>()) as isize;
            let mut place = Place { j: -skipped, column: (common.columns - skipped as usize) % common.columns };
            // SAFETY: registers of the rows, and what their taps read.
            unsafe {
                let mut before = V::splat(V::Real::ZERO);
                let mut here = common.beside.part(at, place.j, within::<V>(place.j, all));
                while place.j < common.beside.first().min(all) {
                    (before, here) =
                        self.part_of_seam::<BETA>((y, at, all), place, (&seams.has, &common), (before, here));
                    place.step::<V>(common.columns);
                }
                while place.j + 2 * line <= all {
                    let after = common.beside.whole(at, place.j + line);
                    self.seam::<true, BETA>((y, at), place, 0, (&seams.has, &common), (before, here, after));
                    (before, here) = (here, after);
                    place.step::<V>(common.columns);
                }
                while place.j < all {
                    (before, here) =
                        self.part_of_seam::<BETA>((y, at, all), place, (&seams.has, &common), (before, here));
                    place.step::<V>(common.columns);
                }
            }
        }
    }

    /// A register that may lie partly in the rows, and its neighbours; gives it and the next one.
    #[inline(always)]
    unsafe fn part_of_seam<const BETA: bool>(
        &self,
        (y, at, all): (*mut V::Real, isize, isize),
        place: Place,
        (has, common): (&[Lanes; 3], &Common<V>),
        (before, here): (V, V),
    ) -> (V, V) {
        let next = place.j + V::COUNT as isize;
        // SAFETY: as for `seam`.
        unsafe {
            let after = common.beside.part(at, next, within::<V>(next, all));
            let lanes = within::<V>(place.j, all);
            self.seam::<false, BETA>((y, at), place, lanes, (has, common), (before, here, after));
            (here, after)
        }
    }

    /// The register at a place of the rows that begin at y and `at`, or some lanes of it.
    #[inline(always)]
    unsafe fn seam<const WHOLE: bool, const BETA: bool>(
        &self,
        (y, at): (*mut V::Real, isize),
        Place { j, column }: Place,
        lanes: u32,
        (has, common): (&[Lanes; 3], &Common<V>),
        own: (V, V, V),
    ) {
        let (row, from) = (y, at);
        let (y, at) = (y.wrapping_offset(j), at + j);
        if V::PER_LINE == 1 || y as usize % LINE < size_of::<V>() {
            self.ask::<BETA, false>(row, from, j);
        }
        // SAFETY: memory is valid for the lanes, and the table has an entry for each column.
        unsafe {
            let has = |k: usize| *has[k].get_unchecked(column) as u32;
            let load = |from: *const V::Real| if WHOLE { V::load(from) } else { V::load_masked(from, lanes) };
            let mut sum = match (BETA, CAPACITY > 2) {
                (true, _) => load(y).mul(self.scale),
                (false, true) => V::splat(-V::Real::ZERO),
                // -0 where a term comes, +0 where none does.
                (false, false) => V::splat(-V::Real::ZERO).choose(V::splat(V::Real::ZERO), has(0) | has(1)),
            };
            for k in 0..CAPACITY - 2 {
                let c = match own_tap(CAPACITY) == Some(k) {
                    true => self.c[k].choose(common.end, has(2)),
                    false => self.c[k],
                };
                let p = c.mul(load(self.x[k].wrapping_offset(at)));
                sum = if k == 0 && !BETA { p } else { sum.add(p) };
            }
            // Where registers cannot be shifted, the two taps are loaded as others are.
            let x = |k: usize| self.x[CAPACITY - 2 + k].wrapping_offset(at);
            let values = match (V::SHIFTS, WHOLE) {
                (true, _) => common.beside.taps(own.0, own.1, own.2),
                (false, true) => [V::load(x(0)), V::load(x(1))],
                (false, false) => [V::load_masked(x(0), lanes & has(0)), V::load_masked(x(1), lanes & has(1))],
            };
            for (k, value) in values.into_iter().enumerate() {
                sum = sum.add_masked(self.c[CAPACITY - 2 + k].mul(value), has(k));
            }
            if WHOLE {
                sum.store(y);
            } else {
                sum.store_masked(y, lanes);
            }
        }
    }
}

/// The number of a register's first lane, and its column.
#[derive(Clone, Copy)]
struct Place {
    j: isize,
    column: usize,
}

impl Place {
    /// On to the next register; rows are no shorter than one.
    #[inline(always)]
    fn step<V: Masked>(&mut self, columns: usize) {
        self.j += V::COUNT as isize;
        self.column += V::COUNT;
        self.column -= if self.column >= columns { columns } else { 0 };
    }
}

/// The lanes of the register at number j that lie in 0..all.
#[inline(always)]
fn within<V: Masked>(j: isize, all: isize) -> u32 {
    let line = V::COUNT as isize;
    let upto = |n: isize| ((1u64 << n.clamp(0, line)) - 1) as u32;
    upto(all - j) & !upto(-j)
}
