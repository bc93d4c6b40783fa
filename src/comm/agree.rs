//! One outcome on all ranks.

use super::{Combine, Communicator};
use crate::error::{Error, Result, Status};

/// The result of this rank if all ranks succeeded, else the error of the lowest failing rank on every rank, whose text
/// begins with that rank. Collective.
///
/// One allreduce; only on failure two broadcasts more.
pub fn agree<T>(comm: &dyn Communicator, result: Result<T>) -> Result<T> {
    let size = comm.size() as i64;
    if size == 1 {
        return result;
    }
    let mut lowest = [if result.is_ok() { size } else { comm.rank() as i64 }];
    comm.allreduce_i64(&mut lowest, Combine::Min)?;
    if lowest[0] == size {
        return result;
    }
    Err(spread(comm, lowest[0] as usize, result.err())?)
}

/// The error of rank `root`, which has one, known to all ranks. Collective: two broadcasts.
pub fn spread(comm: &dyn Communicator, root: usize, own: Option<Error>) -> Result<Error> {
    let mine = match own {
        Some(error) if comm.rank() == root => Error { message: format!("rank {root}: {}", error.message), ..error },
        _ => Error::new(Status::Ok, ""),
    };
    let mut head = [0u8; 12];
    head[..4].copy_from_slice(&mine.status.code().to_ne_bytes());
    head[4..].copy_from_slice(&(mine.message.len() as u64).to_ne_bytes());
    comm.broadcast(&mut head, root)?;
    let [c0, c1, c2, c3, length @ ..] = head;
    let mut text = mine.message.into_bytes();
    text.resize(u64::from_ne_bytes(length) as usize, 0);
    comm.broadcast(&mut text, root)?;
    Ok(Error::new(Status::from_code(i32::from_ne_bytes([c0, c1, c2, c3])), String::from_utf8_lossy(&text)))
}
