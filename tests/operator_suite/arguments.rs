//! Arrays in every kind of memory that an operator may be given.

use super::vectors::{self, Padded};
use dlops::arrays::{Array, Space};
use dlops::dtype::DType;
use dlops::layout::Layout;
use num_complex::Complex64;

/// Where an argument lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// In memory of its own.
    Own,
    /// In rows of padded memory.
    Padded,
    /// In the middle of a longer array.
    Part,
}

impl Form {
    pub const ALL: [Form; 3] = [Form::Own, Form::Padded, Form::Part];
}

/// Elements of a longer array before and after a part.
const BEFORE: i64 = 3;
const AFTER: i64 = 2;
/// What stands there.
const GUARD: f64 = -77.0;

/// An array, and what lies round its elements.
pub struct Argument {
    pub array: Array,
    padded: Option<Padded>,
    parents: Vec<Array>,
}

impl Argument {
    pub fn new(space: &Space, form: Form) -> Argument {
        match form {
            Form::Own => Argument { array: Array::new(space).unwrap(), padded: None, parents: Vec::new() },
            Form::Padded => {
                let padded = Padded::new(space).unwrap();
                Argument { array: padded.array.clone(), padded: Some(padded), parents: Vec::new() }
            }
            Form::Part => {
                let mut parents = Vec::new();
                Argument { array: part(space, &mut parents), padded: None, parents }
            }
        }
    }

    /// Fails if an element that is not the array's has been written.
    pub fn check_surroundings(&self, what: &str) {
        if let Some(padded) = &self.padded {
            assert!(padded.written().is_empty(), "{what}: padding {:?} was written", padded.written());
        }
        for parent in &self.parents {
            let values = vectors::read(parent);
            let kept = values[..BEFORE as usize].iter().chain(&values[values.len() - AFTER as usize..]);
            assert!(kept.into_iter().all(|v| v.re == GUARD), "{what}: {values:?} was written round its part");
        }
    }
}

fn part(space: &Space, parents: &mut Vec<Array>) -> Array {
    if space.is_product() {
        let parts: Vec<Array> = space.components().iter().map(|c| part(c, parents)).collect();
        return Array::compose(&parts).unwrap();
    }
    let parent = longer(space, BEFORE + space.local_count() + AFTER);
    let array = parent.slice(space, BEFORE).unwrap();
    parents.push(parent);
    array
}

/// This rank's own array of `count` elements.
fn longer(space: &Space, count: i64) -> Array {
    let local = Space::new(&space.context().local(), space.dtype(), &[count], Layout::replicated(1), None).unwrap();
    let local = local.with_memory(space.memory()).unwrap();
    let array = Array::new(&local).unwrap();
    vectors::write(&array, &vec![Complex64::new(GUARD, 0.0); count as usize]);
    array
}

/// Arrays of two spaces whose first leaves share memory; both have elements on this rank.
pub fn overlapping(a: &Space, b: &Space) -> (Array, Array) {
    let leaf = |s: &Space| if s.is_product() { s.components()[0].clone() } else { s.clone() };
    let (first, second) = (leaf(a), leaf(b));
    // The last element of the one is the first of the other.
    let start = first.local_count() - 1;
    let parent = longer(&first, start + second.local_count());
    let with = |s: &Space, leaf: Array| match s.is_product() {
        true => {
            let rest = s.components()[1..].iter().map(|c| Array::new(c).unwrap());
            Array::compose(&std::iter::once(leaf).chain(rest).collect::<Vec<_>>()).unwrap()
        }
        false => leaf,
    };
    if first.dtype() == second.dtype() {
        return (with(a, parent.slice(&first, 0).unwrap()), with(b, parent.slice(&second, start).unwrap()));
    }
    // Elements of other sizes: both start where the parent does, whose elements are of the larger size.
    let parent = longer(&first.with_dtype(DType::Complex128), first.local_count().max(second.local_count()));
    // SAFETY: the parent's memory has room for either, and is kept until both are gone.
    let over = |s: &Space| unsafe {
        let keep = parent.clone();
        Array::wrap(s, parent.leaf().unwrap().pointer(), Some(Box::new(move || drop(keep)))).unwrap()
    };
    (with(a, over(&first)), with(b, over(&second)))
}
