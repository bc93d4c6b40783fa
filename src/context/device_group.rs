//! Ranks that add up numbers which lie on their devices.

use super::transport::{self, Transport};
use super::Context;
use crate::comm::{Combine, Communicator, Number};
use crate::device::{NcclCommunicator, Staging, Stream};
use crate::dtype::DType;
use crate::error::Result;
use std::sync::Arc;

/// The ranks of a context, or those of one colour of it, each with its device.
#[derive(Clone)]
pub(crate) struct DeviceGroup {
    comm: Arc<dyn Communicator>,
    nccl: Option<Arc<NcclCommunicator>>,
    stream: Arc<Stream>,
    staging: Arc<Staging>,
}

impl DeviceGroup {
    pub(super) fn new(
        comm: Arc<dyn Communicator>,
        nccl: Option<Arc<NcclCommunicator>>,
        stream: &Arc<Stream>,
        staging: &Arc<Staging>,
    ) -> DeviceGroup {
        DeviceGroup { comm, nccl, stream: stream.clone(), staging: staging.clone() }
    }

    /// Whether a sum waits for the device's work before it. It does not for one rank, nor with NCCL.
    pub(crate) fn waits_for_host(&self) -> bool {
        self.comm.size() > 1 && self.nccl.is_none()
    }

    /// Plans for sums of `count` numbers, which allocate nothing then. Local.
    pub(crate) fn prepare(&self, number: Number, count: usize) -> Result<()> {
        match self.waits_for_host() {
            true => self.staging.prepare(&self.stream, count * number.size()),
            false => Ok(()),
        }
    }

    /// x := sum over the ranks of the group of x, for `count` numbers at an address of the device, in the order of the
    /// context's stream. All ranks get the same bits. Collective over the group, with the same count: one allreduce,
    /// also of a rank that fails; none for one rank or no numbers.
    ///
    /// # Safety
    /// `pointer` holds `count` numbers in memory of the context's device.
    pub(crate) unsafe fn sum(&self, number: Number, pointer: u64, count: usize) -> Result<()> {
        if self.comm.size() == 1 || count == 0 {
            return Ok(());
        }
        let bytes = count * number.size();
        if let Some(nccl) = &self.nccl {
            self.comm.traffic().add(bytes);
            // SAFETY: the caller's contract.
            return unsafe { nccl.sum(dtype(number), pointer, count) };
        }
        let add = |here: &mut [u8]| self.comm.allreduce(here, number, Combine::Sum);
        // SAFETY: the caller's contract.
        unsafe { self.staging.change(&self.stream, pointer, bytes, add) }
    }
}

impl Context {
    /// As `group`, for numbers on the devices of its ranks; `None` is all ranks. `Internal` without a device. Collective
    /// where the colours are new.
    pub(crate) fn device_group(&self, colours: Option<&[i32]>) -> Result<DeviceGroup> {
        let stream = self.device_stream()?;
        let comm = match colours {
            Some(colours) => self.group(colours)?,
            None => self.0.comm.clone(),
        };
        let nccl = match (&self.0.transport, colours) {
            (Transport::Nccl(all), Some(colours)) if comm.size() < self.size() => {
                let mut known = self.0.nccl_groups.lock().unwrap_or_else(|e| e.into_inner());
                match known.get(colours) {
                    Some(group) => group.clone(),
                    None => {
                        let group = transport::group(all, colours, &*self.0.comm, &*comm, stream)?;
                        known.entry(colours.to_vec()).or_insert(group).clone()
                    }
                }
            }
            (Transport::Nccl(all), _) => Some(all.clone()),
            _ => None,
        };
        Ok(DeviceGroup::new(comm, nccl, stream, &self.0.staging))
    }
}

fn dtype(number: Number) -> DType {
    match number {
        Number::Float32 => DType::Float32,
        Number::Float64 => DType::Float64,
        Number::Int32 => DType::Int32,
        Number::Int64 => DType::Int64,
    }
}
