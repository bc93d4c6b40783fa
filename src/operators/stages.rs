//! Operators whose work has a way in and a way out, one after another, with the ways beside the work of the others.

use super::mode::Mode;
use super::operator::Operator;
use crate::arrays::Array;
use crate::dtype::Scalar;
use crate::error::{Error, Result};

/// An apply in parts. Between `bring` and `finish`, x and y are left alone by everybody else.
pub trait Staged {
    /// Starts to bring x to where the operator works.
    fn bring(&self, mode: Mode, x: &Array) -> Result<()>;

    /// alpha op(A) x, and where the result has no way out also beta y.
    fn work(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()>;

    /// y := result + beta y, where the result has a way out.
    fn take(&self, mode: Mode, beta: Scalar, y: &Array) -> Result<()>;

    /// Waits until x may be changed and y is there.
    fn finish(&self, mode: Mode) -> Result<()>;
}

/// y := alpha op(A) x + beta y of one operator among several.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    pub operator: &'a Operator,
    pub x: &'a Array,
    pub beta: Scalar,
    pub y: &'a Array,
}

/// Applies `count` tasks in order; they may add to one y. Of staged operators the way in of task k + 1 and the way out of
/// task k - 1 run beside the work of task k, and nothing is waited for but at the end. All tasks run, also after one has
/// failed; the first error, with its task, is returned. Allocates nothing.
pub(crate) fn apply_all<'a>(
    mode: Mode,
    alpha: Scalar,
    count: usize,
    task: &dyn Fn(usize) -> Result<Task<'a>>,
    named: &dyn Fn(usize, Error) -> Error,
) -> Result<()> {
    let mut outcome = Ok(());
    let mut note = |k: usize, done: Result<()>| {
        if outcome.is_ok() {
            outcome = done.map_err(|error| named(k, error));
        }
    };
    let bring = |k: usize| -> Result<()> {
        let t = task(k)?;
        t.operator.staged().map_or(Ok(()), |stages| stages.bring(mode, t.x))
    };
    let take = |k: usize| -> Result<()> {
        let t = task(k)?;
        t.operator.staged().map_or(Ok(()), |stages| stages.take(mode, t.beta, t.y))
    };
    // The task whose result is still to be taken.
    let mut waiting: Option<usize> = None;
    if count > 0 {
        note(0, bring(0));
    }
    for k in 0..count {
        let worked = task(k).and_then(|t| {
            let again = waiting.is_some_and(|w| task(w).is_ok_and(|other| other.operator.is_same(t.operator)));
            // Results that are added to one y keep their order, and those of one operator share a place.
            if t.operator.staged().is_none() || again {
                if let Some(w) = waiting.take() {
                    note(w, take(w));
                }
            }
            t.operator.work(mode, alpha, t.x, t.beta, t.y)
        });
        note(k, worked);
        if k + 1 < count {
            note(k + 1, bring(k + 1));
        }
        if let Some(w) = waiting.replace(k) {
            note(w, take(w));
        }
    }
    if let Some(w) = waiting {
        note(w, take(w));
    }
    for k in 0..count {
        note(k, task(k).and_then(|t| t.operator.staged().map_or(Ok(()), |stages| stages.finish(mode))));
    }
    outcome
}
