//! Handles: slots of one pool that is never freed, each with a generation.
//!
//! A handle is a number, not an address: tag (8 bits), generation (24), slot (32). A wrong, stale or freed handle is
//! recognised without touching memory that it might seem to point to; tagged values are never addresses of user space.

use crate::arrays::kernel::Kernel;
use crate::arrays::{Array, Space};
use crate::context::{Context, Event};
use crate::error::Result;
use crate::fail;
use crate::krylov::Solver;
use crate::operators::Operator;
use crate::plans::Plan;
use std::sync::{PoisonError, RwLock};

const TAG: u64 = 0xD1 << 56;
const TAG_MASK: u64 = 0xFF << 56;
const GENERATIONS: u64 = 1 << 24;

/// Anything that a host can hold.
pub(super) enum Object {
    Context(Context),
    Space(Space),
    Array(Array),
    Operator(Operator),
    Solver(Solver),
    Kernel(Kernel),
    Event(Event),
    Plan(Plan),
}

impl Object {
    fn kind(&self) -> &'static str {
        match self {
            Object::Context(_) => Context::KIND,
            Object::Space(_) => Space::KIND,
            Object::Array(_) => Array::KIND,
            Object::Operator(_) => Operator::KIND,
            Object::Solver(_) => Solver::KIND,
            Object::Kernel(_) => Kernel::KIND,
            Object::Event(_) => Event::KIND,
            Object::Plan(_) => Plan::KIND,
        }
    }
}

/// A kind of object that crosses the border behind an opaque C type.
pub(super) trait Handled: Clone {
    type Opaque;
    const KIND: &'static str;
    fn into_object(self) -> Object;
    fn from_object(object: &Object) -> Option<&Self>;
    /// Where it lives: error texts name its rank.
    fn context(&self) -> &Context;
}

macro_rules! handled {
    ($type:ty, $variant:ident, $opaque:ident, $self:ident => $context:expr, $doc:literal) => {
        #[doc = $doc]
        pub struct $opaque {
            _private: [u8; 0],
        }
        impl Handled for $type {
            type Opaque = $opaque;
            const KIND: &'static str = stringify!($opaque);
            fn into_object(self) -> Object {
                Object::$variant(self)
            }
            fn from_object(object: &Object) -> Option<&Self> {
                match object {
                    Object::$variant(inner) => Some(inner),
                    _ => None,
                }
            }
            fn context(&$self) -> &Context {
                $context
            }
        }
    };
}

handled!(Context, Context, dlops_context, self => self, "Where work happens: communicator, threads, log, profile.");
handled!(Space, Space, dlops_space, self => Self::context(self), "What shape a vector has, or a product of spaces.");
handled!(Array, Array, dlops_array, self => self.space().context(), "One element of a space.");
handled!(Operator, Operator, dlops_operator, self => Self::context(self), "A linear map from a domain to a range space.");
handled!(Solver, Solver, dlops_solver, self => Self::context(self), "Finds x with A x = b in some sense.");
handled!(Kernel, Kernel, dlops_kernel, self => Self::context(self), "A computation of the host's on elements of arrays.");
handled!(Plan, Plan, dlops_plan, self => Self::context(self), "Work on memory of the host, planned once.");
handled!(Event, Event, dlops_event, self => Self::context(self), "A mark in the order of a context's work.");

struct Slot {
    generation: u64,
    object: Option<Object>,
    /// Belongs to a `Lease`: the host sees its handles for the time of a callback and cannot destroy them.
    leased: bool,
}

struct Pool {
    slots: Vec<Slot>,
    free: std::collections::VecDeque<u32>,
    leases: usize,
}

static POOL: RwLock<Pool> = RwLock::new(Pool { slots: Vec::new(), free: std::collections::VecDeque::new(), leases: 0 });

impl Pool {
    /// An empty slot.
    fn take_slot(&mut self) -> Result<u32> {
        if let Some(index) = self.free.pop_front() {
            return Ok(index);
        }
        let Ok(index) = u32::try_from(self.slots.len()) else { fail!(Memory, "2^32 handles are alive") };
        self.slots.push(Slot { generation: 0, object: None, leased: false });
        Ok(index)
    }

    /// Fills an empty slot.
    fn fill(&mut self, index: u32, object: Object) -> u64 {
        let slot = &mut self.slots[index as usize];
        slot.object = Some(object);
        TAG | slot.generation << 32 | index as u64
    }

    /// Empties a slot and makes its handles stale.
    fn empty(&mut self, index: u32) -> Option<Object> {
        let slot = &mut self.slots[index as usize];
        slot.generation = (slot.generation + 1) % GENERATIONS;
        slot.object.take()
    }
}

/// A new handle for an object.
pub(super) fn put<T: Handled>(object: T) -> Result<*mut T::Opaque> {
    let mut pool = POOL.write().unwrap_or_else(PoisonError::into_inner);
    let index = pool.take_slot()?;
    Ok(pool.fill(index, object.into_object()) as usize as *mut T::Opaque)
}

/// A clone of the object behind a handle.
pub(super) fn get<T: Handled>(handle: *const T::Opaque, argument: &str) -> Result<T> {
    let pool = POOL.read().unwrap_or_else(PoisonError::into_inner);
    let object = find(&pool, handle as usize as u64, T::KIND, argument)?;
    match T::from_object(object) {
        Some(object) => Ok(object.clone()),
        None => fail!(Handle, "{argument} is a {}, expected a {}", object.kind(), T::KIND),
    }
}

fn find<'a>(pool: &'a Pool, value: u64, kind: &str, argument: &str) -> Result<&'a Object> {
    if value == 0 {
        fail!(NullPointer, "{argument} is NULL, expected a {kind}");
    }
    let slot = pool.slots.get((value & 0xFFFF_FFFF) as usize).filter(|_| value & TAG_MASK == TAG);
    let Some(slot) = slot else {
        fail!(Handle, "{argument} is {value:#x}, which is not a handle of this library; expected a {kind}");
    };
    match &slot.object {
        Some(object) if slot.generation == (value >> 32) % GENERATIONS => Ok(object),
        _ => fail!(Handle, "{argument} is a handle that was destroyed, expected a {kind}"),
    }
}

/// Destroys `*handle` and sets it to NULL. NULL is accepted, as the address and as the handle.
pub(super) unsafe fn destroy<T: Handled>(handle: *mut *mut T::Opaque, argument: &str) -> Result<()> {
    // SAFETY: the caller passes NULL or the address of a handle.
    let Some(handle) = (unsafe { handle.as_mut() }) else { return Ok(()) };
    if handle.is_null() {
        return Ok(());
    }
    get::<T>(*handle, argument)?;
    let value = *handle as usize as u64;
    let object = {
        let mut pool = POOL.write().unwrap_or_else(PoisonError::into_inner);
        let index = (value & 0xFFFF_FFFF) as u32;
        if pool.slots[index as usize].leased {
            fail!(State, "{argument} is lent for the time of a callback and is not the host's to destroy");
        }
        let object = pool.empty(index);
        pool.free.push_back(index);
        object
    };
    *handle = std::ptr::null_mut();
    // Outside the lock: a last reference may run the host's destroy callback, which may call the library.
    drop(object);
    Ok(())
}

/// How many handles are alive.
pub(super) fn alive() -> usize {
    let pool = POOL.read().unwrap_or_else(PoisonError::into_inner);
    pool.slots.len() - pool.free.len() - pool.leases
}

/// A slot for objects that are lent to the host for the time of a callback, one at a time. Lending allocates nothing.
pub(super) struct Lease(u32);

impl Lease {
    pub(super) fn new() -> Result<Lease> {
        let mut pool = POOL.write().unwrap_or_else(PoisonError::into_inner);
        let index = pool.take_slot()?;
        pool.slots[index as usize].leased = true;
        pool.leases += 1;
        Ok(Lease(index))
    }

    /// Gives `visit` a handle that is stale when it returns. `&mut`: no two loans at once.
    pub(super) fn lend<T: Handled, R>(&mut self, object: T, visit: impl FnOnce(*mut T::Opaque) -> R) -> R {
        let handle = POOL.write().unwrap_or_else(PoisonError::into_inner).fill(self.0, object.into_object());
        let loan = Loan(self.0);
        let result = visit(handle as usize as *mut T::Opaque);
        drop(loan);
        result
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut pool = POOL.write().unwrap_or_else(PoisonError::into_inner);
        pool.slots[self.0 as usize].leased = false;
        pool.leases -= 1;
        pool.free.push_back(self.0);
    }
}

/// Ends when it is dropped, also by a panic.
struct Loan(u32);

impl Drop for Loan {
    fn drop(&mut self) {
        let object = POOL.write().unwrap_or_else(PoisonError::into_inner).empty(self.0);
        // Outside the lock, as in `destroy`.
        drop(object);
    }
}
