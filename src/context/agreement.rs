//! Errors are agreed: what fails on one rank fails on all, with the same status and text.

use super::Context;
use crate::comm::agree::{agree, spread};
use crate::comm::Combine;
use crate::error::{Error, Result, Status};
use std::fmt::{self, Display, Write};

impl Context {
    /// All ranks return `Ok`, or all return the error of the lowest failing rank. Collective: one allreduce.
    pub fn agree<T>(&self, result: Result<T>) -> Result<T> {
        agree(&**self.comm(), result)
    }

    /// As `agree`, and also an error where the ranks do not hold the same `arguments`, which are numbers and texts
    /// written the same way everywhere. Collective: one allreduce.
    pub fn agree_on<T>(&self, result: Result<T>, arguments: &dyn Display) -> Result<T> {
        let comm = &**self.comm();
        if comm.size() == 1 {
            return result;
        }
        // min(h) and min(!h) = !max(h) travel with the failing rank in one message; h is not negative.
        let hash = (fnv1a(arguments) >> 1) as i64;
        let failed = if result.is_err() { comm.rank() as i64 } else { i64::MAX };
        let mut votes = [failed, hash, !hash];
        comm.allreduce_i64(&mut votes, Combine::Min)?;
        if votes[0] != i64::MAX {
            return Err(spread(comm, votes[0] as usize, result.err())?);
        }
        if votes[1] == !votes[2] {
            return result;
        }
        Err(self.disagreement(&arguments.to_string(), hash)?)
    }

    /// With check level 1: an error on all ranks where `arguments` differ. Collective then.
    pub fn check_same(&self, arguments: impl FnOnce() -> String) -> Result<()> {
        if self.check_level() == 0 || self.size() == 1 {
            return Ok(());
        }
        self.agree_on(Ok(()), &arguments())
    }

    /// Names rank 0's arguments and those of the first rank that has others.
    fn disagreement(&self, arguments: &str, hash: i64) -> Result<Error> {
        let comm = &**self.comm();
        let mut root_hash = hash.to_ne_bytes();
        comm.broadcast(&mut root_hash, 0)?;
        let differs = hash != i64::from_ne_bytes(root_hash);
        let mut first = [if differs { comm.rank() as i64 } else { i64::MAX }];
        comm.allreduce_i64(&mut first, Combine::Min)?;
        let own = Error::new(Status::Collective, arguments);
        let root = spread(comm, 0, Some(own.clone()))?;
        let other = spread(comm, first[0] as usize, Some(own))?;
        Ok(Error::new(
            Status::Collective,
            format!("the ranks passed different arguments: {}; {}", root.message, other.message),
        ))
    }

    /// Keeps an error that only this rank has seen until ranks agree next. Local.
    pub fn raise(&self, error: Error) {
        self.pending().get_or_insert(error);
    }

    /// Passes an outcome on, and keeps its error as `raise` does: for what fails on this rank alone inside an apply. A
    /// local context has nobody to tell; what holds it raises the error on the context of all. Local.
    pub(crate) fn keep_failure(&self, outcome: Result<()>) -> Result<()> {
        if let Err(error) = &outcome {
            if self.local() != *self {
                self.raise(error.clone());
            }
        }
        outcome
    }

    /// Whether an error waits to be agreed. Local.
    pub fn has_pending(&self) -> bool {
        self.pending().is_some()
    }

    /// The error that waits to be agreed, which is forgotten. Local.
    pub(crate) fn take_pending(&self) -> Option<Error> {
        self.pending().take()
    }

    /// Makes a pending error of any rank the error of all, and forgets it. Collective.
    pub fn agree_pending(&self) -> Result<()> {
        self.agree(self.take_pending().map_or(Ok(()), Err))
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, Option<Error>> {
        self.0.pending.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// FNV-1a with 64 bits: the same on every rank and machine.
/// FNV-1a of a text that is not written anywhere, so that agreement within an apply allocates nothing.
fn fnv1a(text: &dyn Display) -> u64 {
    struct Hash(u64);
    impl Write for Hash {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = part.bytes().fold(self.0, |h, b| (h ^ b as u64).wrapping_mul(0x0100_0000_01b3));
            Ok(())
        }
    }
    let mut hash = Hash(0xcbf2_9ce4_8422_2325);
    // Fails for a Display that fails only; equal texts give equal hashes all the same.
    let _ = write!(hash, "{text}");
    hash.0
}
