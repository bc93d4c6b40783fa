//! The host's MPI. All raw MPI calls of the library are in this folder.
//!
//! rsmpi gives the declarations for the MPI at hand and its constants as linkable symbols; its safe layer is not used,
//! since it ignores return codes and owns what it wraps.

mod collective;
mod device_memory;
mod error;
mod file;
mod handle;
mod lifetime;
mod point;
mod version;

pub use handle::{MpiCommunicator, ThreadLevel};
pub use version::{family, family_name, library_version};

use crate::comm::Communicator;
use crate::error::Result;
use crate::fail;
use ::mpi::ffi::{MPI_Comm, RSMPI_Comm_f2c};
use std::sync::Arc;

/// A duplicate of the communicator whose Fortran handle this is. Collective over it.
///
/// `host_family` is the MPI that the host was compiled with, as [`family`] numbers them.
/// Errors: `MpiMismatch` when it is not this library's; `State` before MPI_Init and after MPI_Finalize; `Argument` for
/// MPI_COMM_NULL and for intercommunicators; `Mpi` from MPI itself.
pub fn from_fortran(handle: i32, host_family: i32) -> Result<Arc<MpiCommunicator>> {
    if host_family != family() {
        fail!(
            MpiMismatch,
            "the host was compiled with {} (family {host_family}), this library with {} (family {}): {}",
            family_name(host_family),
            family_name(family()),
            family(),
            library_version()
        );
    }
    lifetime::check_running()?;
    // SAFETY: MPI is running, and the host says that the handle is one of this MPI's.
    from_handle(unsafe { RSMPI_Comm_f2c(handle) })
}

/// As [`from_fortran`], for a communicator of the MPI that this library was built for.
pub fn from_handle(comm: MPI_Comm) -> Result<Arc<MpiCommunicator>> {
    lifetime::check_running()?;
    MpiCommunicator::duplicate(comm)
}

/// MPI_COMM_WORLD.
pub fn world() -> Result<Arc<dyn Communicator>> {
    // SAFETY: a constant of the linked MPI.
    Ok(from_handle(unsafe { ::mpi::ffi::RSMPI_COMM_WORLD })?)
}
