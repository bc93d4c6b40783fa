//! Which ranks add up, and whose elements count: an element that several ranks hold counts once.

use crate::comm::{agree, Combine, Communicator};
use crate::context::{Context, DeviceGroup};
use crate::error::Result;
use crate::fail;
use crate::layout::Layout;
use std::sync::Arc;

/// How a space reduces over ranks.
#[derive(Clone)]
pub(crate) struct Reducer {
    /// The ranks that share a sum: all, or those of this rank's colour.
    group: Arc<dyn Communicator>,
    /// The same ranks with their devices, where the context has one.
    device: Option<DeviceGroup>,
    /// Whether this rank's elements count; another rank of the group holds the same ones otherwise.
    counts: bool,
    /// Every rank of the group holds everything, so that nothing needs to be sent.
    replicated: bool,
}

impl Reducer {
    /// Collective where the mask is new to the context.
    pub(crate) fn new(context: &Context, layout: &Layout, mask: Option<&[i32]>) -> Result<Reducer> {
        let group = match mask {
            Some(colours) => context.group(colours)?,
            None => context.comm().clone(),
        };
        let device = context.stream().map(|_| context.device_group(mask)).transpose()?;
        let same_group = |r: usize| mask.is_none_or(|m| m[r] == m[context.rank()]);
        let here = layout.element_group(context.rank());
        let twin = |r: &usize| same_group(*r) && layout.element_group(*r) == here;
        let counts = (0..context.rank()).find(twin).is_none();
        let replicated = (0..context.size()).filter(|r| same_group(*r)).all(|r| layout.element_group(r) == here);
        Ok(Reducer { group, device, counts, replicated: replicated && group_is_one_copy(layout, context) })
    }

    /// The reducer of a product space, whose components share one group.
    pub(crate) fn merged<'a>(mut components: impl Iterator<Item = &'a Reducer> + Clone) -> Reducer {
        let all = components.clone().all(|r| r.replicated);
        let first = components.next().expect("a product has components").clone();
        Reducer { replicated: all, ..first }
    }

    pub(crate) fn counts(&self) -> bool {
        self.counts
    }

    pub(crate) fn is_replicated(&self) -> bool {
        self.replicated
    }

    pub(crate) fn group(&self) -> &Arc<dyn Communicator> {
        &self.group
    }

    /// The group, for numbers in device memory: a context without a device has no such numbers.
    pub(crate) fn device_group(&self) -> Result<&DeviceGroup> {
        match &self.device {
            Some(group) => Ok(group),
            None => fail!(Internal, "a sum of device memory in a context without a device"),
        }
    }

    /// Combines numbers in place over the ranks of the group. Collective over the group, silent where replicated.
    pub(crate) fn all_f64(&self, values: &mut [f64], combine: Combine) -> Result<()> {
        if self.replicated || self.group.size() == 1 {
            return Ok(());
        }
        self.group.allreduce_f64(values, combine)
    }

    /// As `all_f64`, of sums or of largest values; what is wrong on one rank of the group is the error of all.
    pub(crate) fn all_f64_of<const N: usize>(
        &self,
        values: [f64; N],
        combine: Combine,
        own: Result<()>,
    ) -> Result<[f64; N]> {
        if self.replicated || self.group.size() == 1 {
            return own.map(|()| values);
        }
        let mut sent = [values.as_slice(), &[f64::from(u8::from(own.is_err()))]].concat();
        self.group.allreduce_f64(&mut sent, combine)?;
        if sent[N] > 0.0 {
            agree(&*self.group, own)?;
        }
        Ok(std::array::from_fn(|k| sent[k]))
    }
}

/// Whether the layout replicates at all: one rank alone, or every rank holding the whole.
fn group_is_one_copy(layout: &Layout, context: &Context) -> bool {
    context.size() == 1 || layout.copies() == context.size()
}
