//! Operators whose work has a way in and a way out, one after another, with the ways beside the work of the others.

use super::mode::Mode;
use super::operator::Operator;
use super::staged::Staged;
use crate::arrays::Array;
use crate::dtype::Scalar;
use crate::error::{Error, Result};

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
        t.operator.bring(mode, t.x)
    };
    let take = |k: usize| -> Result<()> {
        let t = task(k)?;
        t.operator.take(mode, t.beta, t.y)
    };
    let same = |a: usize, b: usize| task(a).is_ok_and(|a| task(b).is_ok_and(|b| a.operator.is_same(b.operator)));
    let place = |k: usize| task(k).ok().and_then(|t| t.operator.staged().map(Staged::place));
    let shares = |a: usize, b: usize| place(a).is_some_and(|p| place(b) == Some(p));
    // One operator turned two ways: what is brought for b would come where the result of a stands.
    let turns = |a: usize, b: usize| shares(a, b) && !same(a, b);
    // The task whose result is still to be taken.
    let mut waiting: Option<usize> = None;
    if count > 0 {
        note(0, bring(0));
    }
    for k in 0..count {
        let worked = task(k).and_then(|t| {
            // Results that are added to one y keep their order, and those of one operator share a place.
            if t.operator.staged().is_none() || waiting.is_some_and(|w| shares(w, k)) {
                if let Some(w) = waiting.take() {
                    note(w, take(w));
                }
            }
            t.operator.work(mode, alpha, t.x, t.beta, t.y)
        });
        note(k, worked);
        if k + 1 < count && (turns(k, k + 1) || waiting.is_some_and(|w| turns(w, k + 1))) {
            if let Some(w) = waiting.take() {
                note(w, take(w));
            }
            note(k, take(k));
            note(k + 1, bring(k + 1));
            continue;
        }
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
        note(k, task(k).and_then(|t| t.operator.finish(mode)));
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrays::Space;
    use crate::context::{Context, ContextOptions};
    use crate::dtype::DType;
    use crate::error::Status;
    use crate::layout::Layout;
    use crate::operators::algebra::{adjoint, scale};
    use crate::operators::LinearMap;
    use std::sync::{Arc, Mutex};

    /// Writes down what it is asked for.
    struct Noted {
        name: char,
        staged: bool,
        fails: bool,
        notes: Arc<Mutex<String>>,
    }

    impl Noted {
        fn note(&self, stage: char) {
            let mut notes = self.notes.lock().unwrap();
            notes.push(self.name);
            notes.push(stage);
            notes.push(' ');
        }
    }

    impl Staged for Noted {
        fn bring(&self, _: Mode, _: &Array) -> Result<()> {
            self.note('<');
            Ok(())
        }

        fn work(&self, _: Mode, _: Scalar, _: &Array, _: Scalar, _: &Array) -> Result<()> {
            self.note('=');
            if self.fails {
                crate::fail!(Memory, "no room");
            }
            Ok(())
        }

        fn take(&self, _: Mode, _: Scalar, _: &Array) -> Result<()> {
            self.note('>');
            Ok(())
        }

        fn finish(&self, _: Mode) -> Result<()> {
            self.note('.');
            Ok(())
        }

        fn place(&self) -> *const () {
            std::ptr::from_ref(self).cast()
        }
    }

    impl LinearMap for Noted {
        fn name(&self) -> &str {
            "Noted"
        }

        fn apply(&self, _: Mode, _: Scalar, _: &Array, _: Scalar, _: &Array) -> Result<()> {
            self.note('*');
            Ok(())
        }

        fn staged(&self) -> Option<&dyn Staged> {
            self.staged.then_some(self)
        }
    }

    /// Lower-case operators are not staged; `f` is and fails. After `'` comes the adjoint, after `2` the double of one.
    fn order(names: &str) -> (String, Result<()>) {
        let context = Context::solo(ContextOptions::default()).unwrap();
        let space = Space::new(&context, DType::Float64, &[1], Layout::replicated(1), None).unwrap();
        let notes = Arc::new(Mutex::new(String::new()));
        let mut made: Vec<(char, Operator)> = Vec::new();
        let mut tasks: Vec<Operator> = Vec::new();
        let mut wrap: Option<char> = None;
        for name in names.chars() {
            if name == '\'' || name == '2' {
                wrap = Some(name);
                continue;
            }
            let known = made.iter().find(|(other, _)| *other == name).map(|(_, a)| a.clone());
            let map =
                Noted { name, staged: name.is_uppercase() || name == 'f', fails: name == 'f', notes: notes.clone() };
            let operator = known.unwrap_or_else(|| Operator::new(space.clone(), space.clone(), map));
            tasks.push(match wrap.take() {
                None => operator.clone(),
                Some('2') => scale(Scalar::real(2.0), &operator).unwrap(),
                Some(_) => adjoint(&operator),
            });
            made.push((name, operator));
        }
        let x = Array::new(&space).unwrap();
        let task = |k: usize| Ok(Task { operator: &tasks[k], x: &x, beta: Scalar::ONE, y: &x });
        let named = |k: usize, e: Error| Error::new(e.status, format!("task {k}: {}", e.message));
        let done = apply_all(Mode::Forward, Scalar::ONE, tasks.len(), &task, &named);
        let notes = notes.lock().unwrap().trim_end().to_string();
        (notes, done)
    }

    #[test]
    fn ways_run_beside_the_work_of_others() {
        assert_eq!(order("").0, "");
        assert_eq!(order("A").0, "A< A= A> A.");
        assert_eq!(order("ABC").0, "A< A= B< B= C< A> C= B> C> A. B. C.");
        assert_eq!(order("ab").0, "a* b*");
    }

    #[test]
    fn sums_keep_their_order_and_operators_their_results() {
        assert_eq!(order("AbC").0, "A< A= A> b* C< C= C> A. C.");
        assert_eq!(order("AA").0, "A< A= A< A> A= A> A. A.");
    }

    #[test]
    fn wrapped_operators_are_staged_as_what_they_wrap() {
        assert_eq!(order("'A2BC").0, "A< A= B< B= C< A> C= B> C> A. B. C.");
        assert_eq!(order("'a2b").0, "a* b*");
        // What is brought for A^H waits until the result of A is taken: both stand in A's arrays.
        assert_eq!(order("A'AB").0, "A< A= A> A< A= B< B= A> B> A. A. B.");
        assert_eq!(order("AB'A").0, "A< A= B< B= A> B> A< A= A> A. B. A.");
    }

    #[test]
    fn all_tasks_run_after_a_failure_which_is_named() {
        let (notes, done) = order("AfC");
        assert_eq!(notes, "A< A= f< f= C< A> C= f> C> A. f. C.");
        let error = done.unwrap_err();
        assert_eq!((error.status, &error.message[..]), (Status::Memory, "task 1: no room"));
    }
}
