//! Rows of outputs and their taps, as the loops see them.

use crate::dtype::{Real, Scalar};
use crate::kernels::cpu::LINE;
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

/// The last two taps of a row: how many numbers one lies before the result, and the other after it or on it. 0 before: the
/// last two taps are none of that kind.
#[derive(Clone, Copy)]
pub(super) struct Neighbours {
    pub before: usize,
    pub after: usize,
}

impl Neighbours {
    pub const NONE: Neighbours = Neighbours { before: 0, after: 0 };
}

/// `rows` output rows of `len` real numbers, `stride` apart.
pub(super) struct Rows<R> {
    pub y: *mut R,
    pub stride: isize,
    pub rows: usize,
    pub len: usize,
    /// One, but for near rows.
    pub planes: Planes,
    /// Whether they stay in the caches.
    pub cached: bool,
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
