//! Ranks that add up numbers which lie on their devices.

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

fn dtype(number: Number) -> DType {
    match number {
        Number::Float32 => DType::Float32,
        Number::Float64 => DType::Float64,
        Number::Int32 => DType::Int32,
        Number::Int64 => DType::Int64,
    }
}
