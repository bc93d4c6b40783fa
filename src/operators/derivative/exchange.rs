//! The halos of one pass: posted together, helped along while the interior is computed, waited for together.

use crate::arrays::halo::Halo;
use crate::arrays::Array;
use crate::error::Result;

/// An exchange that a pass needs, of a component of its input.
pub(super) struct Need {
    pub halo: usize,
    pub component: usize,
    /// Whether it is waited for before anything is computed.
    pub first: bool,
}

/// The exchanges of one application. Ranks meet in them, so all steps are done whatever fails.
pub(super) struct Exchange<'a> {
    pub halos: &'a mut [Halo],
    needs: &'a [Need],
    x: &'a Array,
    outcome: Result<()>,
}

impl<'a> Exchange<'a> {
    pub fn new(halos: &'a mut [Halo], needs: &'a [Need], x: &'a Array) -> Exchange<'a> {
        Exchange { halos, needs, x, outcome: Ok(()) }
    }

    /// Whether no message of this rank is on its way beside the interior.
    pub fn is_silent(&self) -> bool {
        self.needs.iter().all(|need| need.first || self.halos[need.halo].is_silent())
    }

    pub fn start(&mut self) {
        for need in self.needs {
            let started = self.halos[need.halo].start(component(self.x, need.component));
            self.keep(started);
        }
    }

    /// Lets messages move; never waits.
    pub fn progress(&mut self) {
        for need in self.needs.iter().filter(|need| !need.first) {
            let moved = self.halos[need.halo].progress();
            self.keep(moved);
        }
    }

    /// Waits for what is needed first, or for the rest.
    pub fn finish(&mut self, first: bool) {
        for need in self.needs.iter().filter(|need| need.first == first) {
            let finished = self.halos[need.halo].finish();
            self.keep(finished);
        }
    }

    fn keep(&mut self, step: Result<()>) {
        if self.outcome.is_ok() {
            self.outcome = step;
        }
    }

    /// The first error of all steps.
    pub fn outcome(&mut self) -> Result<()> {
        std::mem::replace(&mut self.outcome, Ok(()))
    }
}

/// A component of a product's array, or the array itself.
pub(super) fn component(x: &Array, k: usize) -> &Array {
    x.parts().get(k).unwrap_or(x)
}
