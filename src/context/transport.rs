//! How what lies on devices goes from rank to rank.

use super::{Context, ContextOptions};
use crate::comm::{agree, Communicator};
use crate::device::{nccl_is_off, NcclCommunicator, Stream, UniqueId};
use crate::error::Result;
use crate::fail;
use std::ffi::c_void;
use std::sync::Arc;
use std::time::Duration;

/// What a host asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransportChoice {
    /// The host's NCCL communicator, where it gives one and `DLOPS_NCCL=0` does not forbid it; else the messages of an
    /// MPI that says that it takes device memory; else staged.
    #[default]
    Automatic,
    /// The messages of the communicator, through page-locked memory of the host.
    Staged,
    /// The messages of the communicator, which takes addresses of the device.
    CudaAware,
    /// The host's NCCL communicator, or one that is made for the context.
    Nccl,
}

/// An ncclComm_t of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostNccl(usize);

impl HostNccl {
    /// # Safety
    /// The communicator is one of the NCCL that this process has loaded; it lives, and the host gives it nothing to do
    /// while a call of the library is unfinished, until the context and everything made on it is destroyed.
    pub unsafe fn new(raw: *mut c_void) -> HostNccl {
        HostNccl(raw as usize)
    }
}

/// The way that a context has.
#[derive(Clone)]
pub(crate) enum Transport {
    Staged,
    CudaAware,
    Nccl(Arc<NcclCommunicator>),
}

impl Transport {
    fn choice(&self) -> TransportChoice {
        match self {
            Transport::Staged => TransportChoice::Staged,
            Transport::CudaAware => TransportChoice::CudaAware,
            Transport::Nccl(_) => TransportChoice::Nccl,
        }
    }
}

impl Context {
    pub(crate) fn transport(&self) -> &Transport {
        &self.0.transport
    }

    /// How what lies on devices goes from rank to rank; not `Automatic`.
    pub fn transport_choice(&self) -> TransportChoice {
        self.0.transport.choice()
    }

    /// The NCCL communicator of the context's ranks, where that is how they talk: the host's, or the library's own, which
    /// lives as long as the context.
    pub fn nccl(&self) -> Option<&Arc<NcclCommunicator>> {
        match &self.0.transport {
            Transport::Nccl(communicator) => Some(communicator),
            _ => None,
        }
    }
}

/// The way of all ranks. Collective.
pub(super) fn open(options: &ContextOptions, comm: &dyn Communicator, stream: &Arc<Stream>) -> Result<Transport> {
    let limit = |choice| match choice {
        TransportChoice::Nccl => time_limit(options.nccl_time_limit),
        _ => Ok(Duration::MAX),
    };
    let (wanted, limit) = agree(comm, wanted(options, comm).and_then(|choice| Ok((choice, limit(choice)?))))?;
    let given = options.nccl.filter(|_| wanted == TransportChoice::Nccl);
    let codes = comm.allgather_i64(2 * wanted as i64 + i64::from(given.is_some()))?;
    if let Some(other) = codes.iter().position(|c| *c != codes[0]) {
        fail!(
            Collective,
            "the ranks want different transports: rank 0 {}, rank {other} {}",
            name(codes[0]),
            name(codes[other])
        );
    }
    match (wanted, given) {
        (TransportChoice::CudaAware, _) => Ok(Transport::CudaAware),
        (TransportChoice::Nccl, Some(host)) => {
            // SAFETY: whoever made the HostNccl vouched for it.
            let borrowed =
                unsafe { NcclCommunicator::borrow(host.0 as *mut c_void, comm.rank(), comm.size(), stream, limit) };
            agree(comm, borrowed).map(Transport::Nccl)
        }
        (TransportChoice::Nccl, None) => {
            agree(comm, NcclCommunicator::available())?;
            one_device_each(comm, stream)?;
            make(comm, stream, limit).map(Transport::Nccl)
        }
        _ => Ok(Transport::Staged),
    }
}

/// What this rank wants, which is not `Automatic`. Local.
fn wanted(options: &ContextOptions, comm: &dyn Communicator) -> Result<TransportChoice> {
    match (options.transport, options.nccl) {
        (TransportChoice::Automatic, Some(_)) if !nccl_is_off() => Ok(TransportChoice::Nccl),
        (TransportChoice::Automatic, _) if comm.takes_device_memory()? => Ok(TransportChoice::CudaAware),
        (TransportChoice::Automatic, _) => Ok(TransportChoice::Staged),
        (TransportChoice::Staged | TransportChoice::CudaAware, Some(_)) => {
            fail!(Option, "nccl is given, but transport is another one")
        }
        (choice, _) => Ok(choice),
    }
}

/// How long a wait may last that NCCL's work is part of: `seconds`, or by default those of `DLOPS_NCCL_TIME_LIMIT`, else
/// half an hour.
fn time_limit(seconds: f64) -> Result<Duration> {
    const DEFAULT: f64 = 1800.0;
    let seconds = match std::env::var("DLOPS_NCCL_TIME_LIMIT") {
        _ if seconds > 0.0 => seconds,
        Err(_) => DEFAULT,
        Ok(text) => match text.trim().parse::<f64>() {
            Ok(seconds) if seconds > 0.0 => seconds,
            _ => fail!(Option, "DLOPS_NCCL_TIME_LIMIT is '{text}', expected seconds above 0, or inf"),
        },
    };
    Ok(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

fn name(code: i64) -> &'static str {
    match code {
        c if c == 2 * TransportChoice::Nccl as i64 => "an NCCL communicator of the library's own",
        c if c / 2 == TransportChoice::Nccl as i64 => "the host's NCCL communicator",
        c if c / 2 == TransportChoice::CudaAware as i64 => "CUDA-aware MPI",
        _ => "staged messages",
    }
}

/// NCCL refuses two ranks on one device, by a message that names neither. Collective.
fn one_device_each(comm: &dyn Communicator, stream: &Arc<Stream>) -> Result<()> {
    let own = agree(comm, stream.device().uuid())?;
    let mut all = vec![0; 16 * comm.size()];
    comm.allgather(&own, &mut all)?;
    let devices: Vec<&[u8]> = all.chunks_exact(16).collect();
    for (rank, device) in devices.iter().enumerate() {
        if let Some(other) = devices[..rank].iter().position(|d| d == device) {
            fail!(
                Unsupported,
                "NCCL needs a device for each rank, and rank {other} and rank {rank} have the same one: start no more ranks \
                 than there are devices on a machine, or take another transport"
            );
        }
    }
    Ok(())
}

/// A communicator of these ranks, by an id that rank 0 gives to all. Collective.
pub(super) fn make(comm: &dyn Communicator, stream: &Arc<Stream>, limit: Duration) -> Result<Arc<NcclCommunicator>> {
    let own = if comm.rank() == 0 { NcclCommunicator::unique_id() } else { Ok(UniqueId([0; 128])) };
    let mut id = agree(comm, own)?;
    comm.broadcast(&mut id.0, 0)?;
    agree(comm, NcclCommunicator::new(id, comm.rank(), comm.size(), stream, limit))
}

/// The ranks of this rank's colour, which `group` communicates among. Collective over `comm`.
pub(super) fn group(
    all: &NcclCommunicator,
    colours: &[i32],
    comm: &dyn Communicator,
    group: &dyn Communicator,
    stream: &Arc<Stream>,
) -> Result<Option<Arc<NcclCommunicator>>> {
    if all.can_split() {
        // The lowest rank of a colour names it; a rank alone needs no communicator.
        let leader = colours.iter().position(|c| *c == colours[comm.rank()]).filter(|_| group.size() > 1);
        return agree(comm, all.split(leader));
    }
    let made = if group.size() > 1 { make(group, stream, all.time_limit()).map(Some) } else { Ok(None) };
    agree(comm, made)
}
