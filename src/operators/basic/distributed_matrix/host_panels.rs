//! Panels in host memory.

use super::block::Block;
use super::work::{Message, Multiplication, ROOMS, TAG};
use crate::arrays::verbs;
use crate::comm::{requests_of, Request};
use crate::context::Context;
use crate::dispatch;
use crate::dtype::{DType, Element, Scalar};
use crate::error::Result;
use crate::kernels::host::gemv::Matrix;
use crate::operators::basic::dense_product::Product;
use crate::storage::HostMemory;
use crate::threads::split;

/// Multiplications between two looks at the messages: some milliseconds of one core.
const BETWEEN: usize = 1 << 26;

/// Products of fewer multiplications are not worth waking other threads for.
const SERIAL: usize = 1 << 15;

pub struct HostPanels {
    context: Context,
    dtype: DType,
    rooms: [HostMemory; ROOMS],
    requests: Vec<Request>,
}

impl HostPanels {
    pub fn new(context: &Context, dtype: DType, bytes: [usize; ROOMS], messages: usize) -> Result<HostPanels> {
        let longest = bytes.into_iter().max().unwrap_or(0);
        let [a, b, c, d, e] = bytes.map(HostMemory::new);
        Ok(HostPanels {
            context: context.clone(),
            dtype,
            rooms: [a?, b?, c?, d?, e?],
            requests: Vec::with_capacity(messages * requests_of(longest)),
        })
    }

    pub fn room(&self, room: usize) -> *mut u8 {
        self.rooms[room].as_ptr().cast_mut()
    }

    pub fn clear(&mut self, room: usize, bytes: usize) -> Result<()> {
        self.rooms[room].as_bytes_mut()[..bytes].fill(0);
        Ok(())
    }

    pub fn update(&self, alpha: Scalar, from: Block, beta: Scalar, to: Block, extents: [i64; 2]) -> Result<()> {
        let (source, target) = (from.steps.map(|s| s as isize), to.steps.map(|s| s as isize));
        let extents = extents.map(|n| n as usize);
        verbs::update_block(self.dtype, alpha, (from.pointer, &source), beta, (to.pointer, &target), &extents)
    }

    pub fn start(&mut self, sends: &[Message], receives: &[Message]) -> Result<()> {
        let comm = self.context.comm().clone();
        let mut outcome = Ok(());
        for m in receives {
            let place = self.room(m.room);
            // SAFETY: the room holds as many bytes, and is left alone until `finish`.
            outcome = outcome.and(unsafe { comm.receive(place, m.bytes, m.peer, TAG, &mut self.requests) });
        }
        for m in sends {
            let place = self.room(m.room);
            // SAFETY: as above, but for reading.
            outcome = outcome.and(unsafe { comm.send(place, m.bytes, m.peer, TAG, &mut self.requests) });
        }
        outcome
    }

    pub fn finish(&mut self) -> Result<()> {
        match self.requests.is_empty() {
            true => Ok(()),
            false => self.context.comm().wait(&mut self.requests),
        }
    }

    /// In slabs of the longer side of y, with a look at the messages after each where there are any.
    pub fn multiply(&mut self, m: &Multiplication) -> Result<()> {
        let (rows, columns) = (m.rows as usize, m.columns as usize);
        let (by_rows, longer) = (rows >= columns, rows.max(columns));
        let work = rows.saturating_mul(columns).saturating_mul(m.inner as usize);
        let slabs = if self.requests.is_empty() { 1 } else { (work / BETWEEN).clamp(1, longer.div_ceil(256)) };
        let pool = self.context.threads();
        let threads = if work < SERIAL { 1 } else { pool.len() };
        let mut outcome = Ok(());
        dispatch!(self.dtype, T => {
            let product = product::<T>(m);
            let line = 64 / size_of::<T>();
            let (alpha, beta) = (m.alpha, m.beta);
            let compute = |rows, columns| product.compute(alpha, beta, rows, columns);
            for slab in (0..slabs).map(|s| split(longer, slabs, s, 64)) {
                let part = |t: usize| {
                    let own = split(slab.len(), threads, t, line);
                    let own = slab.start + own.start..slab.start + own.end;
                    match by_rows {
                        true => compute(own, 0..columns),
                        false => compute(0..rows, own),
                    }
                };
                outcome = outcome.and(match threads {
                    1 => {
                        part(0);
                        Ok(())
                    }
                    _ => pool.run(&part),
                });
                if !self.requests.is_empty() {
                    outcome = outcome.and(self.context.comm().test(&mut self.requests));
                }
            }
        });
        outcome
    }
}

/// The product for the kernels, whose matrices have contiguous rows or columns.
fn product<T: Element>(m: &Multiplication) -> Product<T> {
    let by_rows = m.a.steps[1] == 1 || m.inner == 1;
    let (rows, columns) = if by_rows { (m.rows, m.inner) } else { (m.inner, m.rows) };
    let matrix = Matrix {
        data: m.a.pointer.cast_const().cast(),
        rows: rows as usize,
        columns: columns as usize,
        leading: m.a.steps[usize::from(!by_rows)] as isize,
        transposed: !by_rows,
        conj: m.conjugated,
    };
    Product {
        matrix,
        x: m.x.pointer.cast_const().cast(),
        y: m.y.pointer.cast(),
        rows: [m.x.steps[0] as isize, m.y.steps[0] as isize],
        columns: [m.x.steps[1] as isize, m.y.steps[1] as isize],
    }
}
