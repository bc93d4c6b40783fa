//! What the ranks must agree on before their local operators make one distributed operator.

use crate::arrays::Space;
use crate::context::Context;
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::layout::{Layout, MAX_DIMENSIONS};
use crate::operators::Operator;
use crate::storage::Memory;

/// How the blocks share a side of the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Each block has elements of its own.
    Divided,
    /// Each block has all elements, and so has each rank.
    Whole,
}

/// The domains or the ranges of operators.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Common {
    dtype: DType,
    memory: Memory,
    /// Elements of each, for a whole side; 0 for a divided one.
    count: i64,
    /// The shape of each, for a whole side; empty where they differ or have none.
    shape: Vec<i64>,
}

/// What the operators of a rank have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sides {
    sides: [Common; 2],
    complex_linear: bool,
}

/// Names of the two sides and of their elements, in the order domain, range.
const NAMES: [&str; 2] = ["domain", "range"];
const ELEMENTS: [&str; 2] = ["columns", "rows"];

impl Sides {
    /// Of the operators of this rank; `None` where it has none. Local.
    pub(super) fn of(context: &Context, operators: &[Operator], kinds: [Side; 2]) -> Result<Option<Sides>> {
        let local = context.local();
        let mut common: Option<Sides> = None;
        for (k, operator) in operators.iter().enumerate() {
            if *operator.context() != local {
                fail!(
                    Context,
                    "operator {k} ({}) does not live on the local context of this rank (dlops_context_get_local)",
                    operator.name()
                );
            }
            let side =
                |s: usize| Common::of([operator.domain(), operator.range()][s], kinds[s], k, operator.name(), NAMES[s]);
            let own = Sides { sides: [side(0)?, side(1)?], complex_linear: operator.is_complex_linear() };
            match &mut common {
                None => common = Some(own),
                Some(first) => first.merge(&own, &format!("operator {k} has"), "operator 0 has")?,
            }
        }
        Ok(common)
    }

    /// Of the operators of all ranks: the same result or the same error on all. Collective: one allgather.
    pub(super) fn over_ranks(own: Option<Sides>, context: &Context, name: &str) -> Result<Sides> {
        let mut all = vec![0u8; context.size() * RECORD * 8];
        let mine: Vec<u8> = encode(own.as_ref()).iter().flat_map(|w| w.to_ne_bytes()).collect();
        context.comm().allgather(&mine, &mut all)?;
        let mut found: Option<(usize, Sides)> = None;
        for (rank, record) in all.chunks_exact(RECORD * 8).enumerate() {
            let Some(theirs) = decode(record) else { continue };
            match &mut found {
                None => found = Some((rank, theirs)),
                Some((first, sides)) => sides.merge(
                    &theirs,
                    &format!("rank {rank}: the operators of {name} have"),
                    &format!("those of rank {first} have"),
                )?,
            }
        }
        match found {
            Some((_, sides)) => Ok(sides),
            None => fail!(Argument, "{name} got no operator on any rank"),
        }
    }

    /// The dtype that domain and range have, where it is one.
    pub(super) fn uniform(&self) -> Option<DType> {
        (self.sides[0].dtype == self.sides[1].dtype).then_some(self.sides[0].dtype)
    }

    pub(super) fn complex_linear(&self) -> bool {
        self.complex_linear
    }

    /// The space of a side; `count` is this rank's number of elements of a divided one. Collective.
    pub(super) fn space(
        &self,
        side: usize,
        kind: Side,
        count: i64,
        context: &Context,
        mask: Option<Vec<i32>>,
    ) -> Result<Space> {
        let common = &self.sides[side];
        let flat = [common.count];
        let shape = if common.shape.is_empty() { &flat[..] } else { &common.shape };
        let space = match kind {
            Side::Divided => Space::unshaped(context, common.dtype, count, mask),
            Side::Whole => Space::new(context, common.dtype, shape, Layout::replicated(context.size()), mask),
        };
        space?.with_memory(common.memory)
    }

    fn merge(&mut self, other: &Sides, theirs: &str, ours: &str) -> Result<()> {
        self.complex_linear &= other.complex_linear;
        // Blocks of one dtype on both sides take that of the widest.
        if let (Some(own), Some(theirs)) = (self.uniform(), other.uniform()) {
            self.sides.iter_mut().for_each(|side| side.dtype = own.promote(theirs));
        }
        let taken = self.uniform().filter(|_| other.uniform().is_some());
        for (s, (common, other)) in self.sides.iter_mut().zip(&other.sides).enumerate() {
            if common.dtype != other.dtype && taken.is_none() {
                let (a, b) = (other.dtype.name(), common.dtype.name());
                fail!(
                    DType,
                    "{theirs} a {} of {a}, {ours} one of {b}; only blocks of one dtype on both sides are converted",
                    NAMES[s]
                );
            }
            if common.memory != other.memory {
                let (a, b) = (other.memory, common.memory);
                fail!(Space, "{theirs} a {} in {a:?} memory, {ours} one in {b:?} memory", NAMES[s]);
            }
            if common.count != other.count {
                fail!(Shape, "{theirs} {} {}, {ours} {}", other.count, ELEMENTS[s], common.count);
            }
            if common.shape != other.shape {
                common.shape.clear();
            }
        }
        Ok(())
    }
}

impl Common {
    fn of(space: &Space, kind: Side, k: usize, name: &str, side: &str) -> Result<Common> {
        let Some(dtype) = single(space, Space::dtype) else {
            fail!(DType, "the {side} of operator {k} ({name}) is a product of spaces of different dtypes");
        };
        let Some(memory) = single(space, Space::memory) else {
            fail!(Space, "the {side} of operator {k} ({name}) is a product of spaces in different memories");
        };
        let (count, shape) = match kind {
            Side::Divided => (0, Vec::new()),
            Side::Whole => (space.local_count(), space.shape().unwrap_or_default().to_vec()),
        };
        Ok(Common { dtype, memory, count, shape })
    }
}

/// What all leaves of a space have in common, if it is the same for all.
fn single<T: PartialEq>(space: &Space, property: fn(&Space) -> T) -> Option<T> {
    let mut components = space.components().iter();
    let Some(first) = components.next() else { return Some(property(space)) };
    let found = single(first, property)?;
    components.all(|c| single(c, property).as_ref() == Some(&found)).then_some(found)
}

/// Numbers that travel for a side: dtype, memory, count, dimensions, shape.
const SIDE: usize = 4 + MAX_DIMENSIONS;
/// ... and for a rank: 1 where it has operators, whether they are complex-linear, and two sides.
const RECORD: usize = 2 + 2 * SIDE;

fn encode(sides: Option<&Sides>) -> [i64; RECORD] {
    let mut words = [0; RECORD];
    let Some(sides) = sides else { return words };
    (words[0], words[1]) = (1, sides.complex_linear as i64);
    for (side, to) in sides.sides.iter().zip(words[2..].chunks_exact_mut(SIDE)) {
        (to[0], to[1]) = (side.dtype as i64, side.memory as i64);
        (to[2], to[3]) = (side.count, side.shape.len() as i64);
        to[4..4 + side.shape.len()].copy_from_slice(&side.shape);
    }
    words
}

fn decode(record: &[u8]) -> Option<Sides> {
    let words: Vec<i64> =
        record.chunks_exact(8).map(|w| i64::from_ne_bytes(w.try_into().unwrap_or_default())).collect();
    let side = |from: &[i64]| -> Option<Common> {
        let dtype = DType::ALL.into_iter().find(|d| *d as i64 == from[0])?;
        let memory = [Memory::Host, Memory::Cuda].into_iter().find(|m| *m as i64 == from[1])?;
        Some(Common { dtype, memory, count: from[2], shape: from[4..4 + from[3] as usize].to_vec() })
    };
    let both = [side(&words[2..2 + SIDE]), side(&words[2 + SIDE..])];
    match both {
        [Some(domain), Some(range)] if words[0] == 1 => {
            Some(Sides { sides: [domain, range], complex_linear: words[1] == 1 })
        }
        _ => None,
    }
}
