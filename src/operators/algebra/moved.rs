//! An operator whose vectors are in other memory than it works on.

use crate::arrays::visit::pairs;
use crate::arrays::{lane_copy, verbs, Array, Space};
use crate::context::{Context, Lanes};
use crate::device::{Event, Stream};
use crate::dtype::Scalar;
use crate::error::Result;
use crate::operators::{LinearMap, Mode, Operator, Staged};
use crate::storage::Memory;
use std::sync::Arc;

/// A with its domain and its range in the memory that is given: what goes in is copied to where A works, what comes out is
/// copied back. With the memory that both have it is A. A model may so be on one side and the data on the other. Makes one
/// array for each side that moves, and one more for results that are added to arrays on the device. Local; apply waits for
/// host memory that it reads or writes. *Deterministic* as A.
///
/// The blocks of a stack or of a block-diagonal operator that are moved from the host overlap: copies of one run beside the
/// work of another, through streams of their own and, where host memory is not page-locked, through page-locked pieces.
///
/// # Errors
/// `Unsupported`: device memory in a context without a device. `Memory`.
pub fn moved(a: &Operator, domain_memory: Memory, range_memory: Memory) -> Result<Operator> {
    let side = |own: &Space, memory: Memory| -> Result<(Space, Option<Side>)> {
        let space = own.with_memory(memory)?;
        if space.congruent(own) {
            return Ok((own.clone(), None));
        }
        let here = match memory {
            Memory::Cuda => Some(Array::new(&space)?),
            Memory::Host => None,
        };
        let side = Side { there: Array::new(own)?, here };
        Ok((space, Some(side)))
    };
    let ((domain, first), (range, second)) = (side(a.domain(), domain_memory)?, side(a.range(), range_memory)?);
    if first.is_none() && second.is_none() {
        return Ok(a.clone());
    }
    let order = Order::new(a.context())?;
    let memory = [domain_memory, range_memory];
    Ok(Operator::new(domain, range, Moved { memory, sides: [first, second], order, child: [a.clone()] }))
}

struct Moved {
    /// Of the caller's vectors.
    memory: [Memory; 2],
    /// Of domain and range, where they move.
    sides: [Option<Side>; 2],
    order: Order,
    child: [Operator; 1],
}

struct Side {
    /// Where A works.
    there: Array,
    /// Where the caller's arrays are, on the device.
    here: Option<Array>,
}

/// How copies on the lanes and work on the context's stream follow one another.
struct Order {
    stream: Arc<Stream>,
    lanes: Arc<Lanes>,
    /// x is where A works.
    brought: Event,
    /// A has worked.
    worked: Event,
    /// y is where the caller wants it.
    taken: Event,
}

impl Order {
    fn new(context: &Context) -> Result<Order> {
        let (stream, lanes) = (context.device_stream()?.clone(), context.lanes()?);
        let event = || Event::new(stream.device());
        let [brought, worked, taken] = [event()?, event()?, event()?];
        // The lanes find the arrays that were allocated on the context's stream.
        worked.record(&stream)?;
        Ok(Order { stream, lanes, brought, worked, taken })
    }
}

impl Moved {
    /// The sides that x and y are on.
    fn ways(&self, mode: Mode) -> (Option<&Side>, Option<&Side>) {
        let [domain, range] = &self.sides;
        if mode.transposed() {
            (range.as_ref(), domain.as_ref())
        } else {
            (domain.as_ref(), range.as_ref())
        }
    }
}

impl Staged for Moved {
    fn bring(&self, mode: Mode, x: &Array) -> Result<()> {
        let Some(side) = self.ways(mode).0 else { return Ok(()) };
        if side.here.is_some() {
            return verbs::copy(x, &side.there);
        }
        let order = &self.order;
        let mut lane = order.lanes.inward();
        order.worked.hold(lane.stream())?;
        // Turned the other way, x comes where a result was taken from.
        order.taken.hold(lane.stream())?;
        let started = pairs(x, &side.there, &mut |x, there| match there.space().memory() {
            Memory::Cuda => lane_copy::bring(&mut lane, x, there),
            Memory::Host => verbs::copy(x, there),
        });
        order.brought.record(lane.stream())?;
        order.brought.hold(&order.stream)?;
        started
    }

    fn work(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let (from, to) = self.ways(mode);
        let input = from.map_or(x, |side| &side.there);
        let (beta, output) = to.map_or((beta, y), |side| (Scalar::ZERO, &side.there));
        let held = self.order.taken.hold(&self.order.stream);
        let done = self.child[0].apply_unchecked(mode, alpha, input, beta, output);
        held.and(done).and(self.order.worked.record(&self.order.stream))
    }

    fn take(&self, mode: Mode, beta: Scalar, y: &Array) -> Result<()> {
        let Some(side) = self.ways(mode).1 else { return Ok(()) };
        match &side.here {
            Some(_) if beta.is_zero() => return verbs::copy(&side.there, y),
            Some(here) => {
                verbs::copy(&side.there, here)?;
                return verbs::axpby(Scalar::ONE, here, beta, y);
            }
            None => {}
        }
        let mut lane = self.order.lanes.outward();
        self.order.worked.hold(lane.stream())?;
        pairs(&side.there, y, &mut |there, y| match there.space().memory() {
            Memory::Cuda => lane_copy::take(&mut lane, there, beta, y),
            Memory::Host => verbs::axpby(Scalar::ONE, there, beta, y),
        })?;
        self.order.taken.record(lane.stream())
    }

    fn finish(&self, mode: Mode) -> Result<()> {
        let (from, to) = self.ways(mode);
        let read = from.map_or(Ok(()), |_| self.order.brought.wait_on(&self.order.stream));
        read.and(to.map_or(Ok(()), |_| self.order.taken.wait_on(&self.order.stream)))
    }

    fn place(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }
}

impl LinearMap for Moved {
    fn name(&self) -> &str {
        "Moved"
    }

    /// What fails on one rank is told after all ranks have met inside A.
    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let brought = self.bring(mode, x);
        let worked = self.work(mode, alpha, x, beta, y);
        let taken = brought.and(worked).and_then(|()| self.take(mode, beta, y));
        let finished = self.finish(mode);
        taken.and(finished)
    }

    /// x is all where A works before y comes back.
    fn in_place(&self, _mode: Mode, _strides: [&[i64]; 2]) -> bool {
        self.sides.iter().all(Option::is_some)
    }

    fn inverse_factor(&self) -> Option<f64> {
        self.child[0].inverse_factor()
    }

    fn children(&self) -> &[Operator] {
        &self.child
    }

    fn staged(&self) -> Option<&dyn Staged> {
        Some(self)
    }

    fn unmoved(&self) -> Option<(&Operator, [Memory; 2])> {
        Some((&self.child[0], self.memory))
    }
}
