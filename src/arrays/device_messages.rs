//! Pieces of device memory that go from rank to rank, by whatever transport the context has.

use crate::comm::{requests_of, Communicator, Request};
use crate::context::{Context, Transport};
use crate::device::{Event, NcclCommunicator, Piece, Stream};
use crate::error::Result;
use std::sync::Arc;

/// Messages under way between `post` and `wait`. Work is ordered by the context's stream.
pub(crate) struct DeviceMessages {
    comm: Arc<dyn Communicator>,
    stream: Arc<Stream>,
    route: Route,
    tag: i32,
    requests: Vec<Request>,
    under_way: bool,
    /// Before the messages, where the host posts them; behind them, where NCCL does.
    mark: Event,
    marked: bool,
}

enum Route {
    /// Through page-locked twins of the pieces.
    Staged,
    /// The communicator takes the pieces where they are.
    CudaAware,
    Nccl(Arc<NcclCommunicator>),
}

impl DeviceMessages {
    /// For at most as many messages at once as there are lengths, in bytes. Local.
    pub(crate) fn new(context: &Context, tag: i32, lengths: impl Iterator<Item = usize>) -> Result<DeviceMessages> {
        let route = match context.transport() {
            Transport::Staged => Route::Staged,
            Transport::CudaAware => Route::CudaAware,
            Transport::Nccl(communicator) => Route::Nccl(communicator.clone()),
        };
        let requests = match route {
            Route::Nccl(_) => 0,
            _ => lengths.map(requests_of).sum(),
        };
        let stream = context.device_stream()?;
        Ok(DeviceMessages {
            comm: context.comm().clone(),
            mark: Event::new(stream.device())?,
            marked: false,
            stream: stream.clone(),
            route,
            tag,
            requests: Vec::with_capacity(requests),
            under_way: false,
        })
    }

    /// Whether messages go through page-locked memory, which their owner copies to and from.
    pub(crate) fn is_staged(&self) -> bool {
        matches!(self.route, Route::Staged)
    }

    /// Whether `post` waits for the stream.
    pub(crate) fn by_host(&self) -> bool {
        !matches!(self.route, Route::Nccl(_))
    }

    /// The next `post` by the host waits for what is on the stream now, and for nothing that is put there later.
    pub(crate) fn mark(&mut self) -> Result<()> {
        self.mark.record(&self.stream)?;
        self.marked = true;
        Ok(())
    }

    /// Posts all messages, receives first, as the pieces are when the stream has come to this call, or to the `mark` before
    /// it. With NCCL it does not wait; else it waits for the stream. `sent_at` and `received_at` give the page-locked twins
    /// of staged pieces.
    ///
    /// # Safety
    /// The pieces are in live memory, as are their twins, and both are left alone until `wait`.
    pub(crate) unsafe fn post<S, R>(
        &mut self,
        (sends, sent_at): (S, impl Fn(&Piece) -> *mut u8),
        (receives, received_at): (R, impl Fn(&Piece) -> *mut u8),
    ) -> Result<()>
    where
        S: Iterator<Item = Piece> + Clone,
        R: Iterator<Item = Piece> + Clone,
    {
        self.under_way = true;
        if let Route::Nccl(communicator) = &self.route {
            sends.clone().filter(|p| p.bytes > 0).for_each(|p| self.comm.traffic().add(p.bytes));
            // SAFETY: the caller's contract.
            let posted = unsafe { communicator.exchange(sends, receives) };
            return posted.and(communicator.mark(&self.mark));
        }
        let _current = self.stream.device().enter();
        let staged = self.is_staged();
        // Also what the last exchange copied from twins is done then.
        let mut outcome = match std::mem::take(&mut self.marked) {
            true => self.mark.wait_on(&self.stream),
            false => self.stream.synchronize(),
        };
        let place = |p: &Piece, twin: *mut u8| if staged { twin } else { p.pointer as *mut u8 };
        for p in receives {
            let at = place(&p, received_at(&p));
            // SAFETY: the caller's contract.
            outcome = outcome.and(unsafe { self.comm.receive(at, p.bytes, p.peer, self.tag, &mut self.requests) });
        }
        for p in sends {
            let at = place(&p, sent_at(&p));
            // SAFETY: the caller's contract.
            outcome = outcome.and(unsafe { self.comm.send(at, p.bytes, p.peer, self.tag, &mut self.requests) });
        }
        outcome
    }

    /// Lets the transport move messages; never waits.
    pub(crate) fn progress(&mut self) -> Result<()> {
        if self.requests.is_empty() {
            return Ok(());
        }
        let _current = self.stream.device().enter();
        self.comm.test(&mut self.requests)
    }

    /// What is put on the stream from now on finds what was received, staged pieces in their twins. With NCCL it does not
    /// wait; else for the messages. False where nothing was under way.
    pub(crate) fn wait(&mut self) -> Result<bool> {
        if !std::mem::take(&mut self.under_way) {
            return Ok(false);
        }
        if let Route::Nccl(_) = &self.route {
            return self.mark.hold(&self.stream).map(|()| true);
        }
        if self.requests.is_empty() {
            return Ok(true);
        }
        let _current = self.stream.device().enter();
        self.comm.wait(&mut self.requests).map(|()| true)
    }
}

impl Drop for DeviceMessages {
    fn drop(&mut self) {
        // Blocks go back to the pool in the order of the stream: behind messages that are still under way.
        if let (true, Route::Nccl(communicator)) = (self.under_way, &self.route) {
            let _ = communicator.arrived();
        }
    }
}
