//! Work on raw pointers to a space's local elements, planned once and executed many times.

use crate::arrays::local::{contiguous_strides, strided_extent};
use crate::arrays::workspace::Room;
use crate::arrays::{verbs, Array, Space, Workspace};
use crate::context::Context;
use crate::device::{Redirected, Stream};
use crate::dtype::Scalar;
use crate::error::{Error, Result, Status};
use crate::fail;
use crate::operators::{Mode, Operator};
use std::ffi::c_void;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// From the domain to the range, or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Forward,
    Inverse,
}

/// Where the elements of both ends are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// One buffer serves both ends.
    pub in_place: bool,
    /// Strides in elements of this rank's part of domain and range; `None`: contiguous.
    pub strides: [Option<Vec<i64>>; 2],
}

/// A shared handle; clones are the same plan. Described when it is made, planned by `prepare`.
#[derive(Clone)]
pub struct Plan(Arc<Inner>);

struct Inner {
    operator: Operator,
    workspace: Workspace,
    /// Factors of A forward and of A^H back.
    scales: [f64; 2],
    in_place: bool,
    /// Of domain and range, in elements.
    strides: [Vec<i64>; 2],
    /// For the input of each direction, where it cannot be worked on in place.
    rooms: [Option<Room>; 2],
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    prepared: bool,
    /// Address and bytes of the host's workspace.
    lent: Option<(u64, usize)>,
    /// Over the host's memory, of domain and range.
    buffers: Option<[Array; 2]>,
    /// Over `rooms`.
    copies: [Option<Array>; 2],
    /// The stream that the host wants the work on.
    stream: Option<u64>,
}

impl Plan {
    /// `operator` made within `workspace`, which has no memory yet: forward it is scales[0] A, back scales[1] A^H. Ranks agree
    /// on the outcome before the plan is used. Local.
    ///
    /// # Errors
    /// `Shape`: strides that do not fit. `Memory`: sizes beyond the address space.
    pub(super) fn new(
        operator: Operator,
        workspace: Workspace,
        scales: [f64; 2],
        placement: Placement,
        default_strides: [Vec<i64>; 2],
    ) -> Result<Plan> {
        let Placement { in_place, strides: [first, second] } = placement;
        let [domain, range] = default_strides;
        let strides = [first.unwrap_or(domain), second.unwrap_or(range)];
        for (space, strides) in [operator.domain(), operator.range()].into_iter().zip(&strides) {
            strided_extent(space.local_shape(), strides)?;
        }
        let mut rooms = [None, None];
        for (room, mode) in rooms.iter_mut().zip([Mode::Forward, Mode::Adjoint]) {
            if in_place && !operator.in_place(mode, [&strides[0], &strides[1]]) {
                let space = operator.spaces(mode).0;
                *room = Some(workspace.take(space.local_count() as usize * space.dtype().size())?);
            }
        }
        Ok(Plan(Arc::new(Inner { operator, workspace, scales, in_place, strides, rooms, state: Mutex::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn context(&self) -> &Context {
        self.0.operator.context()
    }

    pub fn domain(&self) -> &Space {
        self.0.operator.domain()
    }

    pub fn range(&self) -> &Space {
        self.0.operator.range()
    }

    /// Strides in elements of this rank's part of the domain, and of the range.
    pub fn strides(&self) -> [&[i64]; 2] {
        [&self.0.strides[0], &self.0.strides[1]]
    }

    /// Bytes of this rank's workspace, in the memory of the spaces. Local.
    pub fn workspace_bytes(&self) -> usize {
        self.0.workspace.bytes()
    }

    /// Bytes that a buffer of this rank needs to serve as either end. Local.
    pub fn capacity(&self) -> Result<usize> {
        let mut most = 0;
        for (space, strides) in [self.domain(), self.range()].into_iter().zip(&self.0.strides) {
            most = most.max(strided_extent(space.local_shape(), strides)? as usize * space.dtype().size());
        }
        Ok(most)
    }

    /// Memory of the host for the workspace, from the next `prepare` on; NULL: the library's own. What is there now is
    /// given back. Local.
    ///
    /// # Safety
    /// As of [`Workspace::lend`], until other memory is set and prepared, or the plan is gone.
    pub unsafe fn set_workspace(&self, pointer: *mut c_void, bytes: usize) {
        self.release_workspace();
        self.state().lent = (!pointer.is_null()).then_some((pointer as u64, bytes));
    }

    /// Gives the workspace its memory; the plan can be executed then. Collective.
    ///
    /// # Errors
    /// `Argument`: lent memory is too small, not aligned to 16 bytes, or not in the memory of the spaces. `Memory`.
    pub fn prepare(&self) -> Result<()> {
        let mut state = self.state();
        let outcome = self.context().agree(self.placed(state.lent));
        match outcome {
            Ok(copies) => {
                (state.copies, state.prepared) = (copies, true);
                Ok(())
            }
            Err(error) => {
                state.prepared = false;
                self.0.workspace.release();
                Err(error)
            }
        }
    }

    fn placed(&self, lent: Option<(u64, usize)>) -> Result<[Option<Array>; 2]> {
        match lent {
            // SAFETY: the host's contract of `set_workspace`.
            Some((pointer, bytes)) => unsafe { self.0.workspace.lend(pointer as *mut u8, bytes)? },
            None => self.0.workspace.allocate()?,
        }
        self.0.operator.settle()?;
        let mut copies = [None, None];
        for (n, space) in [self.domain(), self.range()].into_iter().enumerate() {
            if let Some(room) = &self.0.rooms[n] {
                // SAFETY: the room has this rank's elements, and stays beside the array.
                copies[n] = Some(unsafe { Array::wrap(space, room.pointer(), None) }?);
            }
        }
        Ok(copies)
    }

    /// Gives the workspace's memory back, the host's or the library's; `prepare` is needed before the next execution. Local.
    pub fn release_workspace(&self) {
        let mut state = self.state();
        state.prepared = false;
        state.copies = [None, None];
        self.0.workspace.release();
    }

    /// The memory that is worked on from now on: this rank's elements of domain and range with the plan's strides, in place
    /// one pointer for both, or NULL for the range. Nothing is planned again. Local.
    ///
    /// # Safety
    /// Both are valid for reads and writes of what the strides reach (in place: of `capacity` bytes), while the plan is
    /// executed.
    ///
    /// # Errors
    /// `NullPointer`, `Argument` (not aligned, or in other memory than the spaces), `Overlap`.
    pub unsafe fn set_buffers(&self, domain: *mut c_void, range: *mut c_void) -> Result<()> {
        let range = match self.0.in_place {
            true if range.is_null() => domain,
            true if range != domain => fail!(
                Overlap,
                "the plan works in place, and its buffers are {domain:p} and {range:p}, expected one address for both"
            ),
            _ => range,
        };
        let wrap = |space: &Space, pointer: *mut c_void, strides: &[i64]| {
            // SAFETY: the caller vouches for the memory.
            unsafe { Array::wrap_strided(space, pointer.cast(), strides, None) }
        };
        let buffers =
            [wrap(self.domain(), domain, &self.0.strides[0])?, wrap(self.range(), range, &self.0.strides[1])?];
        if !self.0.in_place && buffers[0].overlaps(&buffers[1]) {
            fail!(
                Overlap,
                "the buffers {domain:p} and {range:p} share memory; a plan that was made with in_place takes one for both"
            );
        }
        self.state().buffers = Some(buffers);
        Ok(())
    }

    /// The stream of the context's device that the work is put on, in place of the context's. Local.
    ///
    /// # Errors
    /// `State`: a context without a device. `Argument`: a stream of another device.
    ///
    /// # Safety
    /// As of [`Stream::borrow`], until another one is set or the plan is gone.
    pub unsafe fn set_stream(&self, stream: *mut c_void) -> Result<()> {
        let Some(own) = self.context().stream() else {
            fail!(State, "the context was made without a device (memory = DLOPS_CUDA)")
        };
        // SAFETY: the caller vouches for the stream, which is judged only.
        unsafe { Stream::borrow(own.device(), stream)? };
        self.state().stream = Some(stream as u64);
        Ok(())
    }

    /// Takes the elements from one end to the other; those of the input are unspecified afterwards where the plan works in
    /// place. On a device the work may not be done when it returns. Collective; allocates nothing.
    ///
    /// # Errors
    /// `State`: not prepared, or without buffers. What fails on the way.
    pub fn execute(&self, direction: Direction) -> Result<()> {
        let state = self.state();
        let ready = match (&state.buffers, state.prepared) {
            (_, false) => Err(unprepared("is not prepared, or its workspace was released")),
            (None, _) => Err(unprepared("has no buffers")),
            (Some(buffers), true) => Ok(buffers),
        };
        let [domain, range] = match self.context().check_level() {
            0 => ready?,
            _ => self.context().agree_on(ready, &format_args!("execution of a plan, {direction:?}"))?,
        };
        let _turned = match (state.stream, self.context().stream()) {
            // SAFETY: the host keeps its stream, as documented at the border.
            (Some(raw), Some(stream)) => Some(unsafe { Redirected::new(stream, raw as *mut c_void) }?),
            _ => None,
        };
        let (n, mode, x, y) = match direction {
            Direction::Forward => (0, Mode::Forward, domain, range),
            Direction::Inverse => (1, Mode::Adjoint, range, domain),
        };
        // All ranks meet in the work, whatever became of a copy.
        let (copied, x) = match &state.copies[n] {
            Some(copy) => (verbs::copy(x, copy), copy),
            None => (Ok(()), x),
        };
        let worked = self.0.operator.apply_unchecked(mode, Scalar::real(self.0.scales[n]), x, Scalar::ZERO, y);
        match copied.and(worked) {
            Err(error) if matches!(error.status, Status::Cuda | Status::Nccl) => {
                self.context().keep_failure(Err(error))
            }
            done => done,
        }
    }
}

fn unprepared(what: &str) -> Error {
    Error::new(Status::State, format!("the plan {what}"))
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let place = if self.0.in_place { "in place" } else { "from one buffer to another" };
        let (name, bytes) = (self.0.operator.name(), self.workspace_bytes());
        write!(f, "plan of {name} {place}: {} -> {}, {bytes} bytes of workspace", self.domain(), self.range())
    }
}

/// Strides of this rank's contiguous elements.
pub(super) fn contiguous(space: &Space) -> Vec<i64> {
    contiguous_strides(space.local_shape())
}
