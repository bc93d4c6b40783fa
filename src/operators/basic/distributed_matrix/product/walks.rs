//! The two walks over the panels.

use super::super::block::Block;
use super::super::work::{Multiplication, ARRIVED, RIGHT};
use super::{Product, Step};
use crate::dtype::Scalar;
use crate::error::Result;

impl Product {
    /// y := alpha A x + beta y, or with conj(A); `blocks` are x and y, none where they do not fit: this rank then serves
    /// the others only. Collective.
    pub fn gather(&mut self, conj: bool, alpha: Scalar, beta: Scalar, blocks: Option<[Block; 2]>) -> Result<()> {
        let (mut outcome, mut scale) = (Ok(()), beta);
        for s in 0..=self.steps {
            let (now, next) = (s.checked_sub(1).and_then(|s| self.step(s, 0)), self.step(s, 0));
            self.sends.clear();
            self.receives.clear();
            if let Some(next) = next {
                outcome = outcome.and(self.share_columns(next, false, conj));
                let room = RIGHT[next.parity];
                match blocks {
                    _ if next.turn > 0 => self.receives.push(self.message(room, next, self.above())),
                    Some([x, _]) if self.packs_rows => outcome = outcome.and(self.pack_rows(next, x)),
                    _ => {}
                }
            }
            if let Some(now) = now.filter(|now| now.turn + 1 < self.grid.rows()) {
                self.sends.push(self.message(RIGHT[now.parity], now, self.below()));
            }
            outcome = outcome.and(self.rooms.start(&self.sends, &self.receives));
            if let (Some(now), Some([x, y]), true) = (now, blocks, self.rows * self.columns > 0) {
                let (a, conjugated) = self.columns_of(now, false, conj);
                let x = match self.packs_rows {
                    true => self.rows_room(RIGHT[now.parity], self.panel(now).count),
                    false => x.at(self.panel(now).rows[0].offset, 0, self.size),
                };
                let (rows, inner, columns) = (self.rows, self.panel(now).count, self.columns);
                let product = Multiplication { a, conjugated, x, y, rows, inner, columns, alpha, beta: scale };
                outcome = outcome.and(self.rooms.multiply(&product));
                scale = Scalar::ONE;
            }
            outcome = outcome.and(self.rooms.finish());
        }
        outcome
    }

    /// x := alpha A^T y + beta x, or with A^H; `blocks` are y and x, as for `gather`. Collective.
    pub fn scatter(&mut self, conj: bool, alpha: Scalar, beta: Scalar, blocks: Option<[Block; 2]>) -> Result<()> {
        let mut outcome = Ok(());
        for s in 0..=self.steps {
            let at = |back: usize| s.checked_sub(back).and_then(|s| self.step(s, 1));
            let (before, now, next) = (at(2), at(1), at(0));
            self.sends.clear();
            self.receives.clear();
            if let Some(next) = next {
                outcome = outcome.and(self.share_columns(next, true, conj));
            }
            if let Some(now) = now.filter(|now| now.turn > 0) {
                self.receives.push(self.message(ARRIVED, now, self.above()));
            }
            if let Some(before) = before.filter(|before| before.turn + 1 < self.grid.rows()) {
                self.sends.push(self.message(RIGHT[before.parity], before, self.below()));
            }
            outcome = outcome.and(self.rooms.start(&self.sends, &self.receives));
            if let (Some(now), Some([y, x]), true) = (now, blocks, self.columns > 0) {
                outcome = outcome.and(self.multiply_turned(now, conj, y, (alpha, beta, x)));
            }
            outcome = outcome.and(self.rooms.finish());
            if let (Some(now), Some([_, x]), true, true) = (now, blocks, self.columns > 0, self.packs_rows) {
                outcome = outcome.and(self.add_and_keep(now, alpha, beta, x));
            }
        }
        outcome
    }

    /// The panel's part of A^T y: in its room, or where it is kept if nothing stands between.
    fn multiply_turned(
        &mut self,
        now: Step,
        conj: bool,
        y: Block,
        (alpha, beta, x): (Scalar, Scalar, Block),
    ) -> Result<()> {
        let room = RIGHT[now.parity];
        let (rows, inner, columns) = (self.panel(now).count, self.rows, self.columns);
        self.rooms.overwrite(room);
        if inner == 0 {
            return self.rooms.clear(room, (rows * columns) as usize * self.size);
        }
        let (a, conjugated) = self.columns_of(now, true, conj);
        let (to, alpha, beta) = match self.packs_rows {
            true => (self.rows_room(room, rows), Scalar::ONE, Scalar::ZERO),
            false => (x.at(self.panel(now).rows[0].offset, 0, self.size), alpha, beta),
        };
        let product = Multiplication { a, conjugated, x: y, y: to, rows, inner, columns, alpha, beta };
        self.rooms.multiply(&product)
    }

    /// Adds what has arrived to the sum; the row that the panel belongs to keeps it: x := alpha sum + beta x.
    fn add_and_keep(&self, now: Step, alpha: Scalar, beta: Scalar, x: Block) -> Result<()> {
        let (count, columns) = (self.panel(now).count, self.columns);
        let [sum, arrived] = [RIGHT[now.parity], ARRIVED].map(|room| self.rows_room(room, count));
        if now.turn > 0 {
            self.rooms.update(Scalar::ONE, arrived, Scalar::ONE, sum, [count, columns])?;
        }
        let mut at = 0;
        if now.owner == self.row {
            for span in &self.panel(now).rows {
                let (from, to) = (sum.at(at, 0, self.size), x.at(span.offset, 0, self.size));
                self.rooms.update(alpha, from, beta, to, [span.len, columns])?;
                at += span.len;
            }
        }
        Ok(())
    }
}
