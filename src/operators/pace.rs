//! How an apply on a device relates to the host that calls it.

use super::Operator;
use crate::context::{Context, Transport};

/// From the slowest to the fastest; an operator made of others is as fast as the slowest of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// The host does part of the work, or waits for the device or for other ranks.
    Waits,
    /// All work is put on the context's stream, and the call returns.
    Queues,
    /// As `Queues`, and a call with the same arguments puts the same work there, by this library alone: it may be
    /// recorded once and replayed.
    Repeats,
}

impl Pace {
    /// Of an operator that only calls others.
    pub(crate) fn of(operators: &[Operator]) -> Pace {
        operators.iter().map(Operator::pace).min().unwrap_or(Pace::Repeats)
    }

    /// Of an operator of kernels, which exchanges messages between ranks if `exchanges`.
    pub(crate) fn of_messages(context: &Context, exchanges: bool) -> Pace {
        match exchanges && !matches!(context.transport(), Transport::Nccl(_)) {
            true => Pace::Waits,
            false => Pace::Repeats,
        }
    }
}
