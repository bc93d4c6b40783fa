//! The operator handle: what every linear map has in common.

use super::mode::Mode;
use super::pace::Pace;
use super::staged::Staged;
use crate::arrays::{Array, Space};
use crate::context::{Context, Entry};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result, Status};
use crate::fail;
use crate::storage::Memory;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Instant;

/// What an implementer provides. Spaces, dtypes, overlap and scalars have been checked before `apply` is called.
pub trait LinearMap: Send + Sync {
    /// The name in tables and printed expressions, such as `FirstDerivative`.
    fn name(&self) -> &str;

    /// y := alpha op(A) x + beta y; with beta = 0, y is never read. Nothing is allocated.
    ///
    /// A rank that fails finishes its communication schedule before it returns the error.
    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()>;

    /// Whether x and y of contiguous or strided leaves may start at the same address, given the strides of domain and range:
    /// x is read before y is written, or both have the same lines in the same places.
    fn in_place(&self, _mode: Mode, _strides: [&[i64]; 2]) -> bool {
        false
    }

    /// Makes what lies over the workspace that it was made within, whose memory is new. Local.
    fn settle(&self) -> Result<()> {
        Ok(())
    }

    /// The operators inside this one.
    fn children(&self) -> &[Operator] {
        &[]
    }

    /// What distinguishes it from others of the name, such as `axis 0, centered`.
    fn details(&self) -> String {
        String::new()
    }

    /// The parts of an apply, where copies can run beside the work of other operators.
    fn staged(&self) -> Option<&dyn Staged> {
        None
    }

    /// The operator that this one only moves vectors for, and the memory of those of domain and range.
    fn unmoved(&self) -> Option<(&Operator, [Memory; 2])> {
        None
    }

    /// How an apply on arrays in device memory of the operator's context relates to the host. A solver runs ahead of a
    /// device only where no operator waits.
    fn pace(&self, _context: &Context) -> Pace {
        Pace::Waits
    }

    /// Whether A(c x) = c A x for complex c. The inner product of a map that is only real-linear is Re<.,.>.
    fn is_complex_linear(&self) -> bool {
        self.children().iter().all(Operator::is_complex_linear)
    }

    /// c, where the inverse is c A^H.
    fn inverse_factor(&self) -> Option<f64> {
        None
    }
}

/// A shared handle; clones are the same operator.
#[derive(Clone)]
pub struct Operator(Arc<Inner>);

struct Inner {
    domain: Space,
    range: Space,
    map: Box<dyn LinearMap>,
    entry: Arc<Entry>,
    /// Applications of A or conj(A), and of A^H or A^T.
    counts: [AtomicU64; 2],
}

impl Operator {
    pub fn new(domain: Space, range: Space, map: impl LinearMap + 'static) -> Operator {
        let entry = domain.context().profile().entry(map.name());
        Operator(Arc::new(Inner { domain, range, map: Box::new(map), entry, counts: Default::default() }))
    }

    pub fn domain(&self) -> &Space {
        &self.0.domain
    }

    pub fn range(&self) -> &Space {
        &self.0.range
    }

    pub fn context(&self) -> &Context {
        self.0.domain.context()
    }

    pub fn name(&self) -> &str {
        self.0.map.name()
    }

    /// The promotion of the dtypes of domain and range.
    pub fn dtype(&self) -> DType {
        self.domain().dtype().promote(self.range().dtype())
    }

    pub fn is_complex_linear(&self) -> bool {
        self.0.map.is_complex_linear()
    }

    /// c, where the inverse is known to be c A^H.
    pub fn inverse_factor(&self) -> Option<f64> {
        self.0.map.inverse_factor()
    }

    pub fn is_same(&self, other: &Operator) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The space of x and of y in a mode.
    pub fn spaces(&self, mode: Mode) -> (&Space, &Space) {
        match mode.transposed() {
            false => (self.domain(), self.range()),
            true => (self.range(), self.domain()),
        }
    }

    /// y := op(A) x.
    pub fn apply(&self, mode: Mode, x: &Array, y: &Array) -> Result<()> {
        self.apply_scaled(mode, Scalar::ONE, x, Scalar::ZERO, y)
    }

    /// y := alpha op(A) x + beta y; with beta = 0, y is never read. Collective where the operator communicates.
    ///
    /// What this rank can see wrong before anything is sent is an error of the arguments; ranks see the same, or
    /// agree on it with check level 1. What fails on this rank's device is also kept for the ranks' next agreement.
    pub fn apply_scaled(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let checked = self.check(mode, alpha, x, beta, y);
        match self.context().check_level() {
            0 => checked?,
            _ => self
                .context()
                .agree_on(checked, &format_args!("{} in mode {mode:?} with {alpha:?}, {beta:?}", self.name()))?,
        }
        let done = self.apply_unchecked(mode, alpha, x, beta, y);
        match &done {
            Err(error) if matches!(error.status, Status::Cuda | Status::Nccl) => self.context().keep_failure(done),
            _ => done,
        }
    }

    /// As `apply_scaled`, where the caller knows that the arguments fit: operators made of operators call it.
    pub(crate) fn apply_unchecked(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        self.counted(mode, || self.0.map.apply(mode, alpha, x, beta, y))
    }

    /// The parts of an apply, where it has such.
    pub(crate) fn staged(&self) -> Option<&dyn Staged> {
        self.0.map.staged()
    }

    /// The way in of a staged apply; nothing without one.
    pub(crate) fn bring(&self, mode: Mode, x: &Array) -> Result<()> {
        self.staged().map_or(Ok(()), |stages| stages.bring(mode, x))
    }

    /// The way out of a staged apply.
    pub(crate) fn take(&self, mode: Mode, beta: Scalar, y: &Array) -> Result<()> {
        self.staged().map_or(Ok(()), |stages| stages.take(mode, beta, y))
    }

    /// Waits for the ways of a staged apply.
    pub(crate) fn finish(&self, mode: Mode) -> Result<()> {
        self.staged().map_or(Ok(()), |stages| stages.finish(mode))
    }

    /// The operator that this one moves vectors for, and where those are.
    pub(crate) fn unmoved(&self) -> Option<(&Operator, [Memory; 2])> {
        self.0.map.unmoved()
    }

    /// The middle part of a staged apply, else the whole.
    pub(crate) fn work(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        match self.staged() {
            Some(stages) => self.counted(mode, || stages.work(mode, alpha, x, beta, y)),
            None => self.apply_unchecked(mode, alpha, x, beta, y),
        }
    }

    fn counted(&self, mode: Mode, apply: impl FnOnce() -> Result<()>) -> Result<()> {
        self.0.counts[mode.transposed() as usize].fetch_add(1, Ordering::Relaxed);
        if !self.context().profile().enabled() {
            return apply();
        }
        let traffic = self.context().comm().traffic();
        let (start, before) = (Instant::now(), traffic.read());
        let done = apply();
        self.0.entry.record(start, before, traffic.read());
        done
    }

    fn check(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let (from, to) = self.spaces(mode);
        let names = if mode.transposed() { ("range", "domain") } else { ("domain", "range") };
        for (array, space, name, side) in [(x, from, "x", names.0), (y, to, "y", names.1)] {
            // The text is made where it is needed only: apply allocates nothing.
            if !array.space().congruent(space) {
                array.space().require_congruent(space, name, &format!("the {side} of {}", self.name()))?;
            }
        }
        if x.overlaps(y) {
            fail!(Overlap, "x and y of {} share memory", self.name());
        }
        x.check_free("x", false)?;
        y.check_free("y", true)?;
        check_scalar("alpha", alpha, self, to)?;
        check_scalar("beta", beta, self, to)
    }

    /// Whether x and y may start at the same address; see [`LinearMap::in_place`].
    pub(crate) fn in_place(&self, mode: Mode, strides: [&[i64]; 2]) -> bool {
        self.0.map.in_place(mode, strides)
    }

    /// To be called when the workspace that it was made within has memory, before it is applied. Local.
    pub(crate) fn settle(&self) -> Result<()> {
        self.children().iter().try_for_each(Operator::settle)?;
        self.0.map.settle()
    }

    /// Applications so far: (A or conj(A), A^H or A^T).
    pub fn counts(&self) -> (u64, u64) {
        (self.0.counts[0].load(Ordering::Relaxed), self.0.counts[1].load(Ordering::Relaxed))
    }

    /// Counts applications that were done without `apply`, modulo 2^64.
    pub(crate) fn count(&self, applied: [u64; 2]) {
        for (count, n) in self.0.counts.iter().zip(applied) {
            count.fetch_add(n, Ordering::Relaxed);
        }
    }

    /// How an apply on the device relates to the host; without a device it does the work.
    pub(crate) fn pace(&self) -> Pace {
        match self.domain().lies_on_device() && self.range().lies_on_device() {
            true => self.0.map.pace(self.context()),
            false => Pace::Waits,
        }
    }

    pub fn reset_counts(&self) {
        self.0.counts.iter().for_each(|c| c.store(0, Ordering::Relaxed));
    }

    pub fn children(&self) -> &[Operator] {
        self.0.map.children()
    }

    /// The expression tree, one line an operator.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        self.describe_into(&mut text, 0);
        text
    }

    fn describe_into(&self, text: &mut String, depth: usize) {
        let details = self.0.map.details();
        let details = if details.is_empty() { details } else { format!(" ({details})") };
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{:indent$}{}{details}: {} -> {}",
            "",
            self.name(),
            self.domain(),
            self.range(),
            indent = 2 * depth
        );
        self.children().iter().for_each(|c| c.describe_into(text, depth + 1));
    }
}

/// Real arrays take real scalars, and so do operators that are only real-linear.
fn check_scalar(name: &str, value: Scalar, operator: &Operator, space: &Space) -> Result<()> {
    if value.is_real() {
        return Ok(());
    }
    if !all_complex(space) {
        fail!(DType, "{name} is {} + {}i, but the result is of {space}", value.re, value.im);
    }
    if name == "alpha" && !operator.is_complex_linear() {
        fail!(Unsupported, "{name} is {} + {}i, but {} is only real-linear", value.re, value.im, operator.name());
    }
    Ok(())
}

fn all_complex(space: &Space) -> bool {
    match space.components() {
        [] => space.dtype().is_complex(),
        components => components.iter().all(all_complex),
    }
}

/// An error that says that two operators do not fit, for those that are made of others.
pub(crate) fn require_same_context(operators: &[Operator]) -> Result<()> {
    match operators.windows(2).position(|w| w[0].context() != w[1].context()) {
        None => Ok(()),
        Some(k) => Err(Error::new(
            Status::Context,
            format!(
                "operators {k} ({}) and {} ({}) belong to different contexts",
                operators[k].name(),
                k + 1,
                operators[k + 1].name()
            ),
        )),
    }
}
