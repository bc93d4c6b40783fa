//! Rows of y := beta y + sum over k of c_k x_k, where every x_k is a row of its own.
//!
//! Each element is ((beta y + c_0 x_0) + c_1 x_1) + ... in this order, on every path and for every length.

use super::ends::Ends;
use super::masked::Masked;
use super::order::{Order, ACROSS, ACROSS_READ, FEW_TAPS};
use super::registers::ends_of_rows;
use super::row::Row;
use super::rows::{Rows, Taps, MAX_LEADS, MAX_TAPS};
use super::shared::Shared;
use crate::dtype::Element;
use crate::kernels::cpu::prefetch;
use std::mem::size_of;

/// Rows, their taps, the ends of them and beta.
pub(super) type RowsFunction<R> = unsafe fn(&Rows<R>, &Taps<R>, &Ends<R>, R);

/// reads (count + [beta != 0]) n, writes n. `CAPACITY` is the number of taps, or MAX_TAPS for any number.
#[inline(always)]
pub(super) unsafe fn combine<V: Masked, const CAPACITY: usize, const BETA: bool, const STREAM: bool>(
    rows: &Rows<V::Real>,
    taps: &Taps<V::Real>,
    ends: &Ends<V::Real>,
    beta: V::Real,
) {
    // Rows that share lines are better one by one, or some at once, where they begin at lines; those of a y that is read
    // only where some go at once.
    let some_at_once = BETA && Order::new::<V, CAPACITY>(rows, taps, STREAM, BETA).together > 1;
    let odd = rows.stride % V::COUNT as isize != 0 || !(rows.y as usize).is_multiple_of(size_of::<V>());
    let joined = rows.joined(taps).filter(|_| taps.shared && if BETA { !some_at_once } else { odd });
    let rows = joined.as_ref().unwrap_or(rows);
    // SAFETY: the caller's promise.
    unsafe {
        match Shared::<V>::pays(rows, taps, ends) {
            true if STREAM => combine_rows::<V, CAPACITY, BETA, STREAM, true>(rows, taps, ends, beta, odd),
            _ => combine_rows::<V, CAPACITY, BETA, STREAM, false>(rows, taps, ends, beta, odd),
        }
    }
}

/// The same, of rows that are not joined further. What they share is gathered if `GATHER`: a loop of its own, since that of
/// other rows loses by the choice.
#[inline(always)]
unsafe fn combine_rows<V: Masked, const CAPACITY: usize, const BETA: bool, const STREAM: bool, const GATHER: bool>(
    rows: &Rows<V::Real>,
    taps: &Taps<V::Real>,
    ends: &Ends<V::Real>,
    beta: V::Real,
    odd: bool,
) {
    let count = if CAPACITY == MAX_TAPS { taps.count } else { CAPACITY };
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
        let mut shared = if GATHER { Some(Shared::new(rows, ends)) } else { None };
        let (mut y, mut i, mut ended) = (rows.y, 0, 0);
        while i < rows.rows {
            let block = if i + order.together <= rows.rows { order.together } else { 1 };
            while ended < i + block {
                ended += ends_of_rows::<V, BETA, STREAM, GATHER>(ends, rows, (0, ended), scale, &mut shared);
            }
            // The lines of zones to come, which are outside the rows' uniform part.
            if !ends.zones().is_empty() && order.rows_ahead > 0 {
                for r in 0..block as isize {
                    for l in 0..taps.leads {
                        let lead = lead[l].wrapping_offset(r * taps.stride[taps.lead[l] as usize]);
                        prefetch(lead.wrapping_sub(1));
                        prefetch(lead.wrapping_add(rows.len));
                    }
                    // Rows that do not begin at lines share lines of y, which are read even if y is not, unless gathered.
                    if BETA || odd && !GATHER {
                        let y = y.wrapping_offset(ahead(rows.stride) + r * rows.stride);
                        prefetch(y.wrapping_sub(1));
                        prefetch(y.wrapping_add(rows.len));
                    }
                }
            }
            let row = Row::<V, CAPACITY> {
                y,
                number: i,
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
            let head = row.head::<BETA, GATHER>(block, &mut shared);
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
            row.rest::<BETA, STREAM, GATHER>(block, done, &mut shared);
            if let Some(shared) = &mut shared {
                shared.store((i + block) as isize);
            }
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
        if let Some(shared) = &mut shared {
            shared.store(rows.rows as isize + 1);
        }
    }
}
