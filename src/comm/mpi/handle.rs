//! One rank of a communicator of MPI.

use super::error::check;
use super::lifetime::{acquire, adopt, check_alive, free, locked, Lease, Node};
use crate::comm::pieces::{count_limit, DEFAULT_LIMIT};
use crate::comm::{agree, Communicator, Request, Traffic};
use crate::error::Result;
use crate::fail;
use mpi::ffi::{self, MPI_Comm};
use std::ffi::c_int;
use std::sync::{Arc, Mutex};

/// A duplicate of the host's communicator, or a group of one. Messages of the library and of the host never meet.
pub struct MpiCommunicator {
    pub(super) node: Arc<Node>,
    pub(super) traffic: Arc<Traffic>,
    /// Elements or bytes in one call; equal on all ranks.
    pub(super) limit: usize,
    pub(super) scratch: Mutex<Scratch>,
    level: ThreadLevel,
    /// Groups keep the duplicate that they came from.
    pub(super) lease: Arc<Lease>,
}

/// Arrays for calls of MPI, kept so that repeated calls allocate nothing.
#[derive(Default)]
pub(super) struct Scratch {
    pub integers: [Vec<c_int>; 2],
    pub exchange: Vec<Request>,
}

/// Which threads may call MPI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ThreadLevel {
    Single,
    Funneled,
    Serialized,
    Multiple,
}

impl MpiCommunicator {
    /// Collective over `host`.
    pub(super) fn duplicate(host: MPI_Comm) -> Result<Arc<MpiCommunicator>> {
        // Open MPI converts an integer that is no handle, such as a freed one's, to an address of zero; with it even a query
        // would call the host's error handler, which aborts.
        // SAFETY: MPI is running; a constant, a plain value, and a query of the host's communicator.
        let (null, inter) = unsafe {
            if host == ffi::RSMPI_COMM_NULL || host == std::mem::zeroed() {
                (true, 0)
            } else {
                let mut inter: c_int = 0;
                check(ffi::MPI_Comm_test_inter(host, &mut inter), "MPI_Comm_test_inter")?;
                (false, inter)
            }
        };
        if null {
            fail!(Argument, "the communicator is MPI_COMM_NULL, or not a handle of this MPI");
        }
        if inter != 0 {
            fail!(Argument, "the communicator is an intercommunicator; merge it with MPI_Intercomm_merge first");
        }
        let level = query_thread_level()?;
        let mine = count_limit(DEFAULT_LIMIT);
        let agreed = acquire(host, mine.as_ref().map_or(-1, |&l| l as i64));
        mine?;
        let (lease, limit) = agreed?;
        Ok(Arc::new(MpiCommunicator {
            node: lease.node().clone(),
            traffic: Arc::default(),
            limit,
            scratch: Mutex::default(),
            level,
            lease: Arc::new(lease),
        }))
    }

    /// Another handle of the same rank, for what outlives a borrow.
    pub(super) fn again(&self, node: Arc<Node>) -> MpiCommunicator {
        MpiCommunicator {
            node,
            traffic: self.traffic.clone(),
            limit: self.limit,
            scratch: Mutex::default(),
            level: self.level,
            lease: self.lease.clone(),
        }
    }

    /// The level that the host initialised MPI with.
    pub fn thread_level(&self) -> ThreadLevel {
        self.level
    }

    /// Whether the calling thread is the one that initialised MPI.
    pub fn is_main_thread(&self) -> Result<bool> {
        check_alive()?;
        let mut main: c_int = 0;
        // SAFETY: MPI is running.
        check(unsafe { ffi::MPI_Is_thread_main(&mut main) }, "MPI_Is_thread_main")?;
        Ok(main != 0)
    }

    /// Below MPI_THREAD_SERIALIZED only the thread that initialised MPI may call it.
    pub(super) fn thread_may_call(&self) -> Result<()> {
        if self.level < ThreadLevel::Serialized && !self.is_main_thread()? {
            fail!(
                State,
                "called on a thread that did not initialise MPI, whose thread level is {:?}: \
                 initialise with MPI_THREAD_SERIALIZED",
                self.level
            );
        }
        Ok(())
    }

    /// The group of this rank's colour, made at the first split by these colours and kept by the duplicate.
    pub(super) fn group(&self, colour: i32) -> Result<Arc<dyn Communicator>> {
        check_alive()?;
        let colours = (self as &dyn Communicator).allgather_i64(colour as i64)?;
        // The lowest rank of one's colour names the group, whatever the colours are.
        let leader = |r: usize| colours.iter().position(|c| *c == colours[r]).unwrap_or(r) as u32;
        let key: Vec<u32> = (0..colours.len()).map(leader).collect();
        let known = locked(&self.node.groups).iter().find(|(k, _)| *k == key).map(|(_, group)| group.clone());
        let group = match known {
            Some(group) => group,
            None => {
                let group = self.split_by(key[self.node.rank]);
                let made = group.as_ref().ok().map(Arc::clone);
                match agree(self, group) {
                    Ok(group) => {
                        locked(&self.node.groups).push((key, group.clone()));
                        group
                    }
                    Err(error) => {
                        made.iter().for_each(|group| free(group));
                        return Err(error);
                    }
                }
            }
        };
        Ok(Arc::new(self.again(group)))
    }

    /// The rank within MPI_COMM_TYPE_SHARED. Collective.
    pub(super) fn rank_of_machine(&self) -> Result<usize> {
        check_alive()?;
        // SAFETY: our own live communicator; the new handle and the rank are written on success, and it is freed here.
        unsafe {
            let (mut comm, mut rank) = (ffi::RSMPI_COMM_NULL, 0);
            let (kind, key) = (ffi::RSMPI_COMM_TYPE_SHARED, self.node.rank as c_int);
            check(
                ffi::MPI_Comm_split_type(self.node.comm, kind, key, ffi::RSMPI_INFO_NULL, &mut comm),
                "MPI_Comm_split_type",
            )?;
            let asked = check(ffi::MPI_Comm_rank(comm, &mut rank), "MPI_Comm_rank");
            check(ffi::MPI_Comm_free(&mut comm), "MPI_Comm_free")?;
            asked.map(|()| rank as usize)
        }
    }

    fn split_by(&self, leader: u32) -> Result<Arc<Node>> {
        // SAFETY: our own live communicator; the new handle is written on success.
        unsafe {
            let mut comm = ffi::RSMPI_COMM_NULL;
            let code = ffi::MPI_Comm_split(self.node.comm, leader as c_int, self.node.rank as c_int, &mut comm);
            check(code, "MPI_Comm_split")?;
            adopt(comm).map(Arc::new)
        }
    }
}

fn query_thread_level() -> Result<ThreadLevel> {
    let mut provided: c_int = 0;
    // SAFETY: MPI is running; the levels are constants of the linked MPI, ordered as ours.
    unsafe {
        check(ffi::MPI_Query_thread(&mut provided), "MPI_Query_thread")?;
        Ok(match provided {
            p if p >= ffi::RSMPI_THREAD_MULTIPLE => ThreadLevel::Multiple,
            p if p >= ffi::RSMPI_THREAD_SERIALIZED => ThreadLevel::Serialized,
            p if p >= ffi::RSMPI_THREAD_FUNNELED => ThreadLevel::Funneled,
            _ => ThreadLevel::Single,
        })
    }
}
