//! What a reduction carries: one value of int64, float64 or complex128, combined here by the host's program of the
//! kernel, and over ranks.

use crate::arrays::reduction::Reducer;
use crate::comm::Combine;
use crate::error::Result;
use crate::kernels::expression::function::Pair;
use crate::kernels::expression::parser::Binary;
use crate::kernels::expression::{Kind, Program, Typed, TypedNode, Work, BLOCK};
use std::sync::{Mutex, PoisonError};

/// The bits of a value, as it stands in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(16))]
pub(super) struct State([u64; 2]);

impl State {
    pub fn integer(self) -> i64 {
        self.0[0] as i64
    }

    pub fn parts(self) -> [f64; 2] {
        self.0.map(f64::from_bits)
    }

    fn of_integer(value: i64) -> State {
        State([value as u64, 0])
    }

    pub fn of_parts(parts: [f64; 2]) -> State {
        State(parts.map(f64::to_bits))
    }

    pub fn pointer(&self) -> *const u8 {
        (&raw const *self).cast()
    }

    pub fn pointer_mut(&mut self) -> *mut u8 {
        (&raw mut *self).cast()
    }
}

/// How states are combined.
pub(super) struct Combiner {
    pub kind: Kind,
    pub identity: State,
    pub reduce: Typed,
    program: Program,
    known: Option<Known>,
    idle: Mutex<Vec<Work>>,
}

/// Combinations that a transport knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Sum,
    Smallest,
    Largest,
}

impl Known {
    fn of(reduce: &Typed) -> Option<Known> {
        let states = |a: &Typed, b: &Typed| match (&a.node, &b.node) {
            (TypedNode::Variable(a), TypedNode::Variable(b)) => a != b,
            _ => false,
        };
        match &reduce.node {
            TypedNode::Binary(Binary::Add, a, b) if states(a, b) => Some(Known::Sum),
            TypedNode::CallPair(Pair::Minimum, a, b) if states(a, b) => Some(Known::Smallest),
            TypedNode::CallPair(Pair::Maximum, a, b) if states(a, b) => Some(Known::Largest),
            _ => None,
        }
    }
}

impl Combiner {
    /// `reduce` is a value of `kind` over two variables of `kind`, a and b.
    pub fn new(kind: Kind, identity: State, reduce: Typed) -> Combiner {
        let (program, known) = (Program::of(2, &reduce), Known::of(&reduce));
        Combiner { kind, identity, reduce, program, known, idle: Mutex::default() }
    }

    pub fn size(&self) -> usize {
        self.kind.dtype().map_or(16, |d| d.size())
    }

    /// Does work with slots for `combine`.
    pub fn with_work<R>(&self, work: impl FnOnce(&mut Work) -> R) -> R {
        let lock = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = lock().pop();
        let mut slots = idle.unwrap_or_else(|| Work::new(&self.program));
        let done = work(&mut slots);
        lock().push(slots);
        done
    }

    /// a[k] := reduce(a[k], b[k]) for `count` states, at most a block.
    ///
    /// # Safety
    /// As many states of the kind at both, apart from one another.
    pub unsafe fn combine(&self, work: &mut Work, a: *mut u8, b: *const u8, count: usize) {
        let (slot, _) = self.program.result(0);
        // SAFETY: the contract of this function; the result stands in a slot of its own.
        unsafe {
            work.set_input(0, a.cast_const());
            work.set_input(1, b);
            work.run(&self.program, count);
            std::ptr::copy_nonoverlapping(work.slot(slot).cast_const(), a, count * self.size());
        }
    }

    /// Two states together.
    pub fn together(&self, mut a: State, b: State) -> State {
        // SAFETY: one state each.
        self.with_work(|work| unsafe { self.combine(work, a.pointer_mut(), b.pointer(), 1) });
        a
    }

    /// A block of states as one: halves are combined until one is left.
    ///
    /// # Safety
    /// `states` is a block of states of the kind.
    pub unsafe fn fold(&self, states: *mut u8) -> State {
        let mut half = BLOCK / 2;
        let mut all = State::default();
        self.with_work(|work| {
            while half > 0 {
                // SAFETY: both halves are inside the block.
                unsafe { self.combine(work, states, states.add(half * self.size()), half) };
                half /= 2;
            }
            // SAFETY: the first state of the block.
            unsafe { std::ptr::copy_nonoverlapping(states.cast_const(), all.pointer_mut(), self.size()) };
        });
        all
    }

    /// The states of all ranks of the group together, the same bits on every rank; in the order of ranks, but for sums and
    /// extremes that the transport knows. `in_order`: these too. Collective over the group.
    pub fn over_ranks(&self, reducer: &Reducer, own: State, in_order: bool) -> Result<State> {
        let group = &**reducer.group();
        if reducer.is_replicated() || group.size() == 1 {
            return Ok(own);
        }
        match (self.known, self.kind) {
            (Some(known), Kind::Int64) => {
                let mut numbers = [own.integer()];
                let combine = match known {
                    Known::Sum => Combine::Sum,
                    Known::Smallest => Combine::Min,
                    Known::Largest => Combine::Max,
                };
                group.allreduce_i64(&mut numbers, combine)?;
                Ok(State::of_integer(numbers[0]))
            }
            (Some(Known::Sum), _) if !in_order => {
                let mut parts = own.parts();
                group.allreduce_f64(&mut parts, Combine::Sum)?;
                Ok(State::of_parts(parts))
            }
            (Some(known @ (Known::Smallest | Known::Largest)), Kind::Float64) => {
                // A NaN, which a reduction may lose, travels beside the value.
                let sign = if known == Known::Largest { 1.0 } else { -1.0 };
                let value = own.parts()[0];
                let mut sent = match value.is_nan() {
                    true => [f64::NEG_INFINITY, 1.0],
                    false => [sign * value, 0.0],
                };
                group.allreduce_f64(&mut sent, Combine::Max)?;
                Ok(State::of_parts([if sent[1] > 0.0 { f64::NAN } else { sign * sent[0] }, 0.0]))
            }
            _ => {
                let mut all = vec![State::default(); group.size()];
                let bytes = |p: *mut State, n: usize| {
                    // SAFETY: states are plain bytes without padding.
                    unsafe { std::slice::from_raw_parts_mut(p.cast::<u8>(), n * size_of::<State>()) }
                };
                let mut mine = [own];
                group.allgather(bytes(mine.as_mut_ptr(), 1), bytes(all.as_mut_ptr(), group.size()))?;
                let mut states = all.into_iter();
                let first = states.next().unwrap_or(own);
                Ok(states.fold(first, |a, b| self.together(a, b)))
            }
        }
    }
}
