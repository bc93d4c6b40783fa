//! Memory of the states between the model and the spectrum.

use crate::arrays::local::contiguous_strides;
use crate::arrays::workspace::Room;
use crate::arrays::{Array, Space, Workspace};
use crate::error::Result;
use crate::fail;

/// A state in a room of the workspace.
pub(super) struct Between {
    space: Space,
    room: Room,
    strides: Vec<i64>,
}

impl Between {
    /// An array over the workspace's present memory.
    pub fn array(&self) -> Result<Array> {
        // SAFETY: the room has the extents of the longest of its states, and stays beside the array.
        unsafe { Array::wrap_strided(&self.space, self.room.pointer(), &self.strides, None) }
    }
}

/// Where states are: those of one segment and one dtype share a room, rows as far apart as the longest of them needs. A
/// segment is done with when the one after the next begins, which takes its rooms.
pub(super) fn rooms(states: &[Space], segments: &[usize], workspace: &Workspace) -> Result<Vec<Between>> {
    let in_segment = |segment: usize| states.iter().zip(segments).filter(move |s| *s.1 == segment).map(|s| s.0);
    let mut sizes: Vec<((usize, bool), usize)> = Vec::new();
    let mut places = Vec::new();
    for (state, segment) in states.iter().zip(segments) {
        let mut longest = vec![0; state.local_shape().len()];
        for other in in_segment(*segment).filter(|s| s.dtype() == state.dtype()) {
            longest.iter_mut().zip(other.local_shape()).for_each(|(l, n)| *l = (*l).max(*n));
        }
        let count = longest.iter().product::<i64>() as usize;
        let Some(bytes) = count.checked_mul(state.dtype().size()) else {
            fail!(Memory, "{count} elements of {state} exceed the address space")
        };
        let first = in_segment(*segment).next().is_none_or(|s| s.dtype() == state.dtype());
        let key = (segment % 2, first);
        let at = sizes.iter().position(|size| size.0 == key).unwrap_or_else(|| {
            sizes.push((key, 0));
            sizes.len() - 1
        });
        sizes[at].1 = sizes[at].1.max(bytes);
        places.push((at, contiguous_strides(&longest)));
    }
    let rooms = sizes.iter().map(|size| workspace.take(size.1)).collect::<Result<Vec<_>>>()?;
    let between = states.iter().zip(places);
    Ok(between
        .map(|(state, (at, strides))| Between { space: state.clone(), room: rooms[at].clone(), strides })
        .collect())
}
