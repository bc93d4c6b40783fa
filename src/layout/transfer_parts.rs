//! A transfer in parts that move one after another.

use super::region::Region;
use super::transfer::{region, shared_spans, Message, Rolled, Span, Transfer};
use std::ops::Range;

/// The side of a transfer whose local indices tell the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Source,
    Target,
}

/// A transfer cut by the local indices along one axis of one end: every rank's own are cut into as many pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartCut {
    pub end: End,
    pub axis: usize,
    /// At least one.
    pub parts: usize,
}

impl PartCut {
    /// The indices that a part has of 0..n: from floor(k n / parts) on for part k, up to those of the next.
    pub fn rows(&self, part: usize, n: i64) -> Range<i64> {
        let parts = self.parts as i64;
        let start = |k: i64| n / parts * k + n % parts * k / parts;
        start(part as i64)..start(part as i64 + 1)
    }
}

/// The messages of all parts that travel, to or from other ranks.
pub fn others(parts: &[Transfer], rank: usize, end: End) -> impl Iterator<Item = &Message> + Clone {
    let messages = parts.iter().flat_map(move |part| match end {
        End::Source => &part.sends,
        End::Target => &part.receives,
    });
    messages.filter(move |m| m.peer != rank)
}

impl Transfer {
    /// The parts, in order; together they move what the whole does, each element once. `from`, `to` and `rank` are those that
    /// the transfer was made of. Both ends of a message find the same elements in each of its parts.
    pub fn in_parts(self, from: Rolled, to: Rolled, rank: usize, cut: PartCut) -> Vec<Transfer> {
        // Where the end that is cut keeps what a message takes along the axis, and how many indices it has there.
        let own_side = |end: End| if end == End::Source { from } else { to };
        let own = region(own_side(cut.end), rank);
        let place = |message: &Message, mine: End| -> (Vec<Span>, i64) {
            if mine == cut.end {
                return (message.axes[cut.axis].clone(), own.axes[cut.axis].len());
            }
            let along = |region: Region| region.axes[cut.axis].clone();
            let peer = along(region(own_side(cut.end), message.peer));
            (shared_spans(&peer, &along(region(own_side(mine), rank))), peer.len())
        };
        let pieces = |messages: &[Message], mine: End| -> Vec<Vec<Message>> {
            let placed: Vec<_> = messages.iter().map(|m| (m, place(m, mine))).collect();
            (0..cut.parts)
                .map(|k| placed.iter().filter_map(|(m, (at, n))| clipped(m, cut.axis, at, cut.rows(k, *n))).collect())
                .collect()
        };
        let (sends, receives) = (pieces(&self.sends, End::Source), pieces(&self.receives, End::Target));
        sends.into_iter().zip(receives).map(|(sends, receives)| Transfer { sends, receives }).collect()
    }
}

/// What a message has of the indices `rows`, where `at` tells which index each of its spans along the axis begins with.
fn clipped(message: &Message, axis: usize, at: &[Span], rows: Range<i64>) -> Option<Message> {
    let clip = |(span, at): (&Span, &Span)| {
        let (start, end) = (at.offset.max(rows.start), (at.offset + at.len).min(rows.end));
        (start < end).then(|| Span { offset: span.offset + start - at.offset, len: end - start })
    };
    let spans: Vec<Span> = message.axes[axis].iter().zip(at).filter_map(clip).collect();
    let mut axes = message.axes.clone();
    axes[axis] = spans;
    (!axes[axis].is_empty()).then(|| Message::new(message.peer, axes))
}
