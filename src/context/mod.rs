//! Where work happens: a communicator, a thread pool, a log and a profile.

mod agreement;
mod device;
mod device_group;
mod event;
mod lanes;
mod log;
mod profile;
mod symmetric;
mod transport;

pub use device::{DeviceChoice, HostStream, StreamChoice};
pub(crate) use device_group::DeviceGroup;
pub use event::Event;
pub use lanes::{Lane, Lanes, PIECE, PIECES};
pub use log::{Level, LogSink};
pub use profile::{Entry, Profile};
pub(crate) use transport::Transport;
pub use transport::{HostNccl, TransportChoice};

use crate::comm::agree;
use crate::comm::solo::Solo;
use crate::comm::Communicator;
use crate::device::{Allocator, NcclCommunicator, Staging, Stream};
use crate::error::{Error, Result};
use crate::fail;
use crate::kernels::cpu;
use crate::storage::Memory;
use crate::threads::{available_cores, ThreadPool};
use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// What a host may choose when it makes a context.
#[derive(Clone, Copy, Debug, Default)]
pub struct ContextOptions {
    /// Threads of each rank; 0 takes `DLOPS_NUM_THREADS`, or one.
    pub threads: usize,
    /// 1: every collective call first agrees that all ranks passed the same arguments.
    pub check_level: i32,
    /// Sums that do not depend on their order, nor on the number of ranks.
    pub deterministic: bool,
    /// Count calls, seconds, messages and bytes of every operator and solver.
    pub profile: bool,
    /// Work on a device; arrays are then in its memory unless their space says otherwise.
    pub device: Option<DeviceChoice>,
    /// How what lies on devices goes from rank to rank.
    pub transport: TransportChoice,
    /// The host's NCCL communicator of the same ranks.
    pub nccl: Option<HostNccl>,
    /// Seconds that a wait may last which NCCL's work is part of; 0 takes `DLOPS_NCCL_TIME_LIMIT`, or half an hour.
    pub nccl_time_limit: f64,
    /// Where device memory comes from, if not from the device's pool.
    pub allocator: Option<Allocator>,
}

/// A shared handle; clones are the same context.
#[derive(Clone)]
pub struct Context(Arc<Inner>);

struct Inner {
    comm: Arc<dyn Communicator>,
    threads: Arc<ThreadPool>,
    stream: Option<Arc<Stream>>,
    transport: Transport,
    staging: Arc<Staging>,
    lanes: Arc<Mutex<Option<Arc<Lanes>>>>,
    options: ContextOptions,
    check_level: AtomicI32,
    log: Arc<log::Log>,
    profile: Arc<Profile>,
    pending: Mutex<Option<Error>>,
    symmetric: Mutex<HashMap<usize, symmetric::Symmetric>>,
    groups: Mutex<HashMap<Vec<i32>, Arc<dyn Communicator>>>,
    nccl_groups: Mutex<HashMap<Vec<i32>, Option<Arc<NcclCommunicator>>>>,
    local: OnceLock<Context>,
    is_local: bool,
}

impl PartialEq for Context {
    fn eq(&self, other: &Context) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Context {
    /// Collective over `comm`, which the context keeps.
    pub fn new(comm: Arc<dyn Communicator>, options: ContextOptions) -> Result<Context> {
        // What kernels ask of the machine is read now, so that no apply allocates for it.
        let _ = (cpu::level(), cpu::should_stream(0));
        let threads = threads_wanted(options.threads);
        let made = threads.and_then(|n| Ok((n, Arc::new(ThreadPool::new(n)?))));
        let (wanted, pool) = agree(&*comm, made)?;
        let stream = match options.device {
            Some(choice) => Some(agree(&*comm, device::open(choice, options.allocator, &*comm))?),
            None => None,
        };
        let transport = match &stream {
            Some(stream) => transport::open(&options, &*comm, stream)?,
            None => Transport::Staged,
        };
        let context = Context(Arc::new(Inner {
            profile: Arc::new(Profile::new(options.profile)),
            threads: pool,
            stream,
            transport,
            staging: Arc::default(),
            lanes: Arc::default(),
            check_level: AtomicI32::new(options.check_level),
            options,
            log: Arc::new(log::Log::default()),
            pending: Mutex::new(None),
            symmetric: Mutex::default(),
            groups: Mutex::new(HashMap::new()),
            nccl_groups: Mutex::default(),
            local: OnceLock::new(),
            is_local: false,
            comm,
        }));
        let cores = available_cores();
        if wanted > cores {
            context.log(
                Level::Warning,
                &format!(
                    "{wanted} threads on a rank that may use {cores} cores: bind ranks to more cores (--bind-to none)"
                ),
            );
        }
        Ok(context)
    }

    /// As `agree`, before there is a context. Collective over `comm`.
    pub fn agree_over<T>(comm: &Arc<dyn Communicator>, result: Result<T>) -> Result<T> {
        agree(&**comm, result)
    }

    /// A context of one rank that needs no MPI. Local.
    pub fn solo(options: ContextOptions) -> Result<Context> {
        Context::new(Solo::new(), options)
    }

    /// This rank's own context of one rank: the same one at every call; it shares threads, log and profile. Local.
    pub fn local(&self) -> Context {
        if self.0.is_local {
            return self.clone();
        }
        let make = || {
            Context(Arc::new(Inner {
                comm: Solo::new(),
                threads: self.0.threads.clone(),
                stream: self.0.stream.clone(),
                transport: Transport::Staged,
                staging: self.0.staging.clone(),
                lanes: self.0.lanes.clone(),
                options: self.0.options,
                check_level: AtomicI32::new(self.check_level()),
                log: self.0.log.clone(),
                profile: self.0.profile.clone(),
                pending: Mutex::new(None),
                symmetric: Mutex::default(),
                groups: Mutex::new(HashMap::new()),
                nccl_groups: Mutex::default(),
                local: OnceLock::new(),
                is_local: true,
            }))
        };
        self.0.local.get_or_init(make).clone()
    }

    pub fn comm(&self) -> &Arc<dyn Communicator> {
        &self.0.comm
    }

    pub fn rank(&self) -> usize {
        self.0.comm.rank()
    }

    pub fn size(&self) -> usize {
        self.0.comm.size()
    }

    pub fn threads(&self) -> &ThreadPool {
        &self.0.threads
    }

    /// The stream of the context's device, where it has one.
    pub fn stream(&self) -> Option<&Arc<Stream>> {
        self.0.stream.as_ref()
    }

    /// The stream, for work on what lies in device memory: a context without a device has no such arrays.
    pub(crate) fn device_stream(&self) -> Result<&Arc<Stream>> {
        match self.stream() {
            Some(stream) => Ok(stream),
            None => fail!(Internal, "work on device memory in a context without a device"),
        }
    }

    /// Streams for copies beside the work; made at the first call. `Internal` without a device.
    pub(crate) fn lanes(&self) -> Result<Arc<Lanes>> {
        let mut lanes = self.0.lanes.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(made) = &*lanes {
            return Ok(made.clone());
        }
        Ok(lanes.insert(Arc::new(Lanes::new(self.device_stream()?)?)).clone())
    }

    /// Where arrays are unless their space says otherwise.
    pub fn memory(&self) -> Memory {
        match self.0.stream {
            Some(_) => Memory::Cuda,
            None => Memory::Host,
        }
    }

    pub fn options(&self) -> &ContextOptions {
        &self.0.options
    }

    pub fn deterministic(&self) -> bool {
        self.0.options.deterministic
    }

    pub fn check_level(&self) -> i32 {
        self.0.check_level.load(Ordering::Relaxed)
    }

    pub fn set_check_level(&self, level: i32) {
        self.0.check_level.store(level, Ordering::Relaxed);
    }

    pub fn profile(&self) -> &Arc<Profile> {
        &self.0.profile
    }

    /// Ranks with one colour, as a communicator; `colours` has one entry a rank. Collective where it is new.
    pub fn group(&self, colours: &[i32]) -> Result<Arc<dyn Communicator>> {
        if colours.iter().all(|c| *c == colours[0]) {
            return Ok(self.0.comm.clone());
        }
        let mut groups = self.0.groups.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(group) = groups.get(colours) {
            return Ok(group.clone());
        }
        let group = self.0.comm.split(colours[self.rank()])?;
        groups.insert(colours.to_vec(), group.clone());
        Ok(group)
    }

    /// Where messages go: `None` restores silence. Local.
    pub fn set_log(&self, sink: Option<LogSink>) {
        self.0.log.set(sink);
    }

    pub fn log(&self, level: Level, text: &str) {
        self.0.log.write(level, text);
    }

    /// Whether a sink is installed.
    pub fn has_log(&self) -> bool {
        self.0.log.is_set()
    }
}

fn threads_wanted(option: usize) -> Result<usize> {
    if option > 0 {
        return Ok(option);
    }
    match std::env::var("DLOPS_NUM_THREADS") {
        Err(_) => Ok(1),
        Ok(text) => match text.trim().parse::<usize>() {
            Ok(n) if n > 0 => Ok(n),
            _ => fail!(Option, "DLOPS_NUM_THREADS is '{text}', expected a positive number"),
        },
    }
}
