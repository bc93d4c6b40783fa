//! One rank, no transport.

use super::exchange::{check_equal_gather, check_exchange, check_gather, check_numbers, check_peer};
use super::plain_file::PlainFile;
use super::{Combine, Communicator, Number, Request, SharedFile, Traffic};
use crate::error::Result;
use crate::fail;
use std::sync::{Arc, Mutex, PoisonError};

/// The communicator of a context without MPI. Collectives copy; messages to itself are matched in the order posted.
#[derive(Clone, Default)]
pub struct Solo {
    traffic: Arc<Traffic>,
    posted: Arc<Mutex<Posted>>,
}

/// Messages of which only one half has been posted, oldest first.
#[derive(Default)]
struct Posted {
    next: u64,
    sends: Vec<Half>,
    receives: Vec<Half>,
}

/// A posted half; the address is valid until its request is waited for, by the contract of `send` and `receive`.
#[derive(Clone, Copy)]
struct Half {
    request: u64,
    address: usize,
    bytes: usize,
    tag: i32,
}

impl Solo {
    #[allow(clippy::new_ret_no_self)]
    pub fn new() -> Arc<dyn Communicator> {
        Arc::new(Solo::default())
    }

    fn post(&self, address: usize, bytes: usize, tag: i32, sends: bool, requests: &mut Vec<Request>) -> Result<()> {
        let mut posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        let request = posted.next;
        posted.next += 1;
        let half = Half { request, address, bytes, tag };
        let waiting = if sends { &mut posted.receives } else { &mut posted.sends };
        match waiting.iter().position(|other| other.tag == tag) {
            Some(at) if waiting[at].bytes == bytes => {
                let other = waiting.remove(at);
                let (from, to) = if sends { (half, other) } else { (other, half) };
                // SAFETY: neither request has been waited for, so that both buffers are still lent to us, and a
                // buffer that is being received is not being sent.
                unsafe { (to.address as *mut u8).copy_from_nonoverlapping(from.address as *const u8, bytes) };
            }
            Some(at) => fail!(
                Communication,
                "a message of {bytes} bytes to this rank meets one of {} with the same tag {tag}",
                waiting[at].bytes
            ),
            None if sends => posted.sends.push(half),
            None => posted.receives.push(half),
        }
        requests.push(Request(request));
        Ok(())
    }
}

impl Communicator for Solo {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn traffic(&self) -> &Arc<Traffic> {
        &self.traffic
    }

    fn allreduce(&self, buffer: &mut [u8], number: Number, _combine: Combine) -> Result<()> {
        check_numbers(buffer.len(), number).map(|_| ())
    }

    fn broadcast(&self, _buffer: &mut [u8], root: usize) -> Result<()> {
        check_peer("broadcast", root, 1, 0)
    }

    fn allgather(&self, send: &[u8], receive: &mut [u8]) -> Result<()> {
        check_equal_gather(send.len(), receive.len(), 1)?;
        receive.copy_from_slice(send);
        Ok(())
    }

    fn allgatherv(&self, send: &[u8], receive: &mut [u8], counts: &[usize], displacements: &[usize]) -> Result<()> {
        check_gather(send.len(), receive.len(), counts, displacements, 0, 1)?;
        receive[displacements[0]..][..counts[0]].copy_from_slice(send);
        Ok(())
    }

    fn alltoallv(
        &self,
        send: &[u8],
        send_counts: &[usize],
        send_displacements: &[usize],
        receive: &mut [u8],
        receive_counts: &[usize],
        receive_displacements: &[usize],
    ) -> Result<()> {
        let (sent, received) = (send.len(), receive.len());
        check_exchange(
            (sent, send_counts, send_displacements),
            (received, receive_counts, receive_displacements),
            0,
            1,
        )?;
        let mine = &send[send_displacements[0]..][..send_counts[0]];
        receive[receive_displacements[0]..][..mine.len()].copy_from_slice(mine);
        Ok(())
    }

    fn barrier(&self) -> Result<()> {
        Ok(())
    }

    fn split(&self, _colour: i32) -> Result<Arc<dyn Communicator>> {
        Ok(Arc::new(Solo { traffic: self.traffic.clone(), posted: Arc::default() }))
    }

    unsafe fn send(
        &self,
        pointer: *const u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        check_peer("send", peer, 1, tag)?;
        if bytes == 0 {
            return Ok(());
        }
        self.traffic.add(bytes);
        self.post(pointer as usize, bytes, tag, true, requests)
    }

    unsafe fn receive(
        &self,
        pointer: *mut u8,
        bytes: usize,
        peer: usize,
        tag: i32,
        requests: &mut Vec<Request>,
    ) -> Result<()> {
        check_peer("receive", peer, 1, tag)?;
        if bytes == 0 {
            return Ok(());
        }
        self.post(pointer as usize, bytes, tag, false, requests)
    }

    fn test(&self, _requests: &mut [Request]) -> Result<()> {
        Ok(())
    }

    /// A half that nothing has met can never complete: it is withdrawn, with an error instead of a wait for ever.
    fn wait(&self, requests: &mut Vec<Request>) -> Result<()> {
        let mut posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        let Posted { sends, receives, .. } = &mut *posted;
        let mut alone = None;
        for (halves, name) in [(sends, "send"), (receives, "receive")] {
            halves.retain(|half| {
                let waited = requests.iter().any(|r| r.0 == half.request);
                if waited {
                    alone = Some((name, *half));
                }
                !waited
            });
        }
        requests.clear();
        match alone {
            Some((name, half)) => {
                fail!(Communication, "nothing meets a {name} of {} bytes with tag {} on one rank", half.bytes, half.tag)
            }
            None => Ok(()),
        }
    }

    fn open(&self, path: &str, create: bool) -> Result<Box<dyn SharedFile>> {
        PlainFile::open(Arc::new(self.clone()), path, create)
    }
}

#[cfg(test)]
mod tests {
    use super::super::suite;
    use super::*;

    #[test]
    fn the_suite_passes() {
        suite::run(&Solo::new());
    }

    #[test]
    fn a_message_that_nothing_meets_is_an_error_and_leaves_nothing_behind() {
        let solo = Solo::new();
        let (data, mut requests) = ([1u8, 2], Vec::new());
        // SAFETY: `data` outlives the wait.
        unsafe { solo.send(data.as_ptr(), 2, 0, 5, &mut requests) }.unwrap();
        let error = solo.wait(&mut requests).unwrap_err();
        assert!(error.message.contains("send of 2 bytes with tag 5"), "{error}");
        assert!(requests.is_empty());
        solo.wait(&mut requests).unwrap();
    }
}
