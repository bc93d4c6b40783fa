//! Rows of y := beta y + sum over k of c_k x_k, where every x_k is a row of its own.
//!
//! Each element is ((beta y + c_0 x_0) + c_1 x_1) + ... in this order, on every path and for every length.

use super::beside::Neighbours;
use super::ends::Ends;
use super::masked::Masked;
use super::order::{Order, ACROSS, ACROSS_READ, FEW_TAPS};
use super::registers::ends_of_rows;
use super::row::Row;
use crate::dtype::{Element, Real, Scalar};
use crate::kernels::cpu::{prefetch, LINE};
use std::mem::size_of;

/// The most taps that one output element may have.
pub const MAX_TAPS: usize = 64;
/// The numbers of taps that near rows may have: of gradients, of their adjoints, and of Laplacians of two and three axes.
/// `dispatch` has loops of their own for them.
const NEAR_TAPS: [usize; 5] = [2, 4, 5, 6, 7];
/// The most arrays for which memory is asked ahead.
pub(super) const MAX_LEADS: usize = 4;

/// The most x that near rows of so many taps may read: the adjoint of a gradient of three axes reads three.
pub(super) const fn near_leads(taps: usize) -> usize {
    if taps == 6 {
        3
    } else {
        1
    }
}

/// Where the taps of one row are, how far the next row's are, and their coefficients.
pub(super) struct Taps<R> {
    pub source: [*const R; MAX_TAPS],
    pub stride: [isize; MAX_TAPS],
    pub coefficient: [R; MAX_TAPS],
    /// Term and side, as `Pass::shifts` numbers them.
    pub origin: [u8; MAX_TAPS],
    pub count: usize,
    /// The taps that reach memory first, one for each x.
    pub lead: [u8; MAX_LEADS],
    pub leads: usize,
    /// In a near tile, how far from the leads and from y the memory is that is asked for meanwhile; 0 elsewhere.
    pub ahead: isize,
    pub y_ahead: isize,
    /// The last two taps, if they lie on either side in the row itself.
    pub beside: Neighbours,
    /// Whether rows share lines of x with the rows after them.
    pub shared: bool,
    /// Whether no other output is computed from the same rows of x.
    pub alone: bool,
}

impl<R: Real> Taps<R> {
    pub const NEW: Taps<R> = Taps {
        source: [std::ptr::null(); MAX_TAPS],
        stride: [0; MAX_TAPS],
        coefficient: [R::ZERO; MAX_TAPS],
        origin: [0; MAX_TAPS],
        count: 0,
        lead: [0; MAX_LEADS],
        leads: 0,
        ahead: 0,
        y_ahead: 0,
        beside: Neighbours::NONE,
        shared: false,
        alone: false,
    };

    /// Whether `near_rows` serves them.
    pub fn is_near(&self) -> bool {
        let equal = || self.stride[..self.count].iter().all(|&s| s == self.stride[0]);
        let leads = 1..=near_leads(self.count);
        self.y_ahead != 0 && leads.contains(&self.leads) && NEAR_TAPS.contains(&self.count) && equal()
    }

    pub fn clear(&mut self) {
        (self.count, self.leads, self.y_ahead, self.shared, self.alone) = (0, 0, 0, false, false);
        self.beside = Neighbours::NONE;
    }
}

/// `rows` output rows of `len` real numbers, `stride` apart.
pub(super) struct Rows<R> {
    pub y: *mut R,
    pub stride: isize,
    pub rows: usize,
    pub len: usize,
    /// One, but for near rows.
    pub planes: Planes,
}

impl<R: Real> Rows<R> {
    /// The rows of a plane as one, where each follows the one before it, in y and in every x: between zones they do not.
    pub fn joined(&self, taps: &Taps<R>) -> Option<Rows<R>> {
        let follow = || taps.stride[..taps.count].iter().all(|&x| x == self.len as isize);
        (self.stride == self.len as isize && follow()).then(|| Rows { rows: 1, len: self.rows * self.len, ..*self })
    }

    /// Whether the same places of all rows, in y and in x, lie in the same sets of the first-level cache, whose ways are
    /// pages.
    pub fn share_sets_with(&self, taps: &Taps<R>) -> bool {
        const PAGE: usize = 4096;
        let apart = (self.y as usize).wrapping_sub(taps.source[0] as usize) % PAGE;
        (self.stride.unsigned_abs() * size_of::<R>()).is_multiple_of(PAGE) && !(LINE..=PAGE - LINE).contains(&apart)
    }
}

/// How many planes of rows there are, how many of them go row by row together, and how far apart they are.
#[derive(Clone, Copy)]
pub(super) struct Planes {
    pub count: usize,
    pub together: usize,
    pub y: isize,
    pub x: isize,
}

impl Planes {
    pub const ONE: Planes = Planes { count: 1, together: 1, y: 0, x: 0 };
}

/// How a row of outputs combines with what y holds.
#[derive(Clone, Copy)]
pub(super) struct Factors {
    pub alpha: Scalar,
    pub beta: Scalar,
}

impl Factors {
    /// Whether real and imaginary parts may be computed apart.
    pub fn are_real(&self) -> bool {
        self.alpha.is_real() && self.beta.is_real()
    }
}

pub(super) type RowsFunction<R> = unsafe fn(&Rows<R>, &Taps<R>, &Ends<R>, R);

/// reads (count + [beta != 0]) n, writes n. `CAPACITY` is the number of taps, or MAX_TAPS for any number.
#[inline(always)]
pub(super) unsafe fn combine<V: Masked, const CAPACITY: usize, const BETA: bool, const STREAM: bool>(
    rows: &Rows<V::Real>,
    taps: &Taps<V::Real>,
    ends: &Ends<V::Real>,
    beta: V::Real,
) {
    let count = if CAPACITY == MAX_TAPS { taps.count } else { CAPACITY };
    // Rows that share lines are better one by one, or some at once, where they begin at lines; those of a y that is read
    // only where some go at once.
    let some_at_once = BETA && Order::new::<V, CAPACITY>(rows, taps, STREAM, BETA).together > 1;
    let odd = rows.stride % V::COUNT as isize != 0 || !(rows.y as usize).is_multiple_of(size_of::<V>());
    let joined = rows.joined(taps).filter(|_| taps.shared && if BETA { !some_at_once } else { odd });
    let rows = joined.as_ref().unwrap_or(rows);
    let order = Order::new::<V, CAPACITY>(rows, taps, STREAM, BETA);
    // SAFETY: the caller's rows and taps are valid for `rows` rows of `len` numbers, and y is aligned to a number.
    unsafe {
        let ahead = |stride: isize| order.rows_ahead * stride + order.ahead;
        let scale = V::splat(beta);
        let mut c = [V::splat(V::Real::ZERO); CAPACITY];
        let mut x = [std::ptr::null::<V::Real>(); CAPACITY];
        for k in 0..count {
            c[k] = V::splat(taps.coefficient[k]);
            x[k] = taps.source[k];
        }
        let mut lead = [std::ptr::null::<V::Real>(); MAX_LEADS];
        for l in 0..taps.leads {
            let k = taps.lead[l] as usize;
            lead[l] = taps.source[k].wrapping_offset(ahead(taps.stride[k]));
        }
        let (mut y, mut i, mut ended) = (rows.y, 0, 0);
        while i < rows.rows {
            let block = if i + order.together <= rows.rows { order.together } else { 1 };
            while ended < i + block {
                ended += ends_of_rows::<V, BETA, STREAM>(ends, rows, (0, ended), scale);
            }
            // The lines of zones to come, which are outside the rows' uniform part.
            if !ends.zones().is_empty() && order.rows_ahead > 0 {
                for r in 0..block as isize {
                    for l in 0..taps.leads {
                        let lead = lead[l].wrapping_offset(r * taps.stride[taps.lead[l] as usize]);
                        prefetch(lead.wrapping_sub(1));
                        prefetch(lead.wrapping_add(rows.len));
                    }
                    // Rows that do not begin at lines share lines of y, which are read even if y is not.
                    if BETA || odd {
                        let y = y.wrapping_offset(ahead(rows.stride) + r * rows.stride);
                        prefetch(y.wrapping_sub(1));
                        prefetch(y.wrapping_add(rows.len));
                    }
                }
            }
            let row = Row::<V, CAPACITY> {
                y,
                x: &x,
                c: &c,
                count,
                scale,
                lead: &lead,
                leads: taps.leads,
                y_ahead: ahead(rows.stride),
                len: rows.len,
                x_step: taps.stride[0],
                y_step: rows.stride,
            };
            let head = row.head::<BETA>(block);
            let done = match (block > 1, order.across) {
                (true, _) if BETA && CAPACITY <= FEW_TAPS => row.across::<ACROSS_READ, BETA, STREAM>(head),
                (true, across) if across || CAPACITY > FEW_TAPS => row.across::<ACROSS, BETA, STREAM>(head),
                (true, _) => row.band::<BETA, STREAM>(block, head),
                (false, _) if order.four && CAPACITY <= FEW_TAPS => {
                    let done = row.along::<4, BETA, STREAM>(head);
                    row.along::<2, BETA, STREAM>(done)
                }
                (false, _) => row.along::<2, BETA, STREAM>(head),
            };
            row.rest::<BETA, STREAM>(block, done);
            i += block;
            let moved = block as isize;
            y = y.wrapping_offset(moved * rows.stride);
            for l in 0..taps.leads {
                lead[l] = lead[l].wrapping_offset(moved * taps.stride[taps.lead[l] as usize]);
            }
            for k in 0..count {
                x[k] = x[k].wrapping_offset(moved * taps.stride[k]);
            }
        }
    }
}
