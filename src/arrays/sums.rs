//! Several sums over the ranks of a space's group, in one message.
//!
//! Plain sums travel as doubles. In deterministic mode they travel as the integers of an exact sum, so that the result
//! is the same for every order and every number of ranks. One word more carries a request of the caller.

use super::array::Array;
use super::coefficient::Coefficient;
use super::device_sums::DeviceSums;
use super::on_device::on_device;
use super::reduction::Reducer;
use super::space::Space;
use super::typed_sums::TypedSums;
use super::visit::{pairs, triples};
use crate::comm::agree;
use crate::dtype::Scalar;
use crate::error::{Error, Result};
use crate::fail;
use crate::kernels::cuda::program::Registers;
use crate::kernels::cuda::reduce as cuda;
use crate::kernels::host::exact_sum::Exact;
use crate::kernels::host::sum::Plain;
use crate::kernels::program::{Number, Program};

enum Kind {
    Plain(TypedSums<Plain>),
    Exact(TypedSums<Exact>),
}

pub struct Sums {
    slots: usize,
    kind: Kind,
    reducer: Reducer,
    /// What leaves in device memory add up to, until `reduce` brings it here.
    device: Option<Result<DeviceSums>>,
    /// Every rank holds everything and adds for itself; nothing is sent.
    silent: bool,
    /// The first error of an addition, which the reduction reports.
    failure: Option<Error>,
}

macro_rules! each_kind {
    ($sums:expr, $typed:ident => $body:expr) => {
        match &mut $sums.kind {
            Kind::Plain($typed) => $body,
            Kind::Exact($typed) => $body,
        }
    };
}

impl Sums {
    /// `slots` complex sums whose result every rank of the group gets from one reduction, also for a replicated space.
    pub(crate) fn new(space: &Space, slots: usize) -> Sums {
        let threads = space.context().threads().len();
        let kind = match space.context().deterministic() {
            false => Kind::Plain(TypedSums::new(slots, threads)),
            true => Kind::Exact(TypedSums::new(slots, threads)),
        };
        let device = space.is_on_device().then(|| DeviceSums::new(space.context(), slots));
        Sums { slots, kind, reducer: space.reducer().clone(), device, silent: false, failure: None }
    }

    /// As `new`, but without communication where every rank holds everything.
    pub(crate) fn quiet(space: &Space, slots: usize) -> Sums {
        let mut sums = Sums::new(space, slots);
        sums.silent = sums.reducer.is_replicated();
        sums
    }

    pub(crate) fn clear(&mut self) {
        each_kind!(self, typed => typed.clear());
        self.failure = None;
        if let Some(Ok(device)) = &mut self.device {
            let cleared = device.clear();
            self.keep(cleared);
        }
    }

    /// Whether this rank's elements of `x` enter the sum: a replicated element counts once.
    fn counts(&self, x: &Array) -> bool {
        self.silent || x.space().reducer().counts()
    }

    /// slot += <x, y> = sum conj(x) y. Reads 2n.
    pub(crate) fn add_dot(&mut self, slot: usize, x: &Array, y: &Array) {
        self.add_product(slot, x, y, true);
    }

    /// slot += sum x y. Reads 2n.
    pub(crate) fn add_dot_unconjugated(&mut self, slot: usize, x: &Array, y: &Array) {
        self.add_product(slot, x, y, false);
    }

    fn add_product(&mut self, slot: usize, x: &Array, y: &Array, conjugate: bool) {
        let done = pairs(x, y, &mut |x, y| {
            let counts = self.counts(x);
            if let Some((_, walk, [p, q])) = on_device([x, y])? {
                return self.there(slot, counts, |slots, k| cuda::dot(slots, k, x.dtype(), walk, p, conjugate, q));
            }
            each_kind!(self, typed => typed.add_dot(slot, counts, x, y, conjugate))
        });
        self.keep(done);
    }

    /// slot += |x|^2. Reads n.
    pub(crate) fn add_norm(&mut self, slot: usize, x: &Array) {
        let done = x.for_each_leaf(&mut |x| {
            let counts = self.counts(x);
            if let Some((_, walk, [p])) = on_device([x])? {
                return self.there(slot, counts, |slots, k| cuda::sum_squares(slots, k, x.dtype(), walk, p));
            }
            each_kind!(self, typed => typed.add_norm(slot, counts, x))
        });
        self.keep(done);
    }

    /// slot += sum |x|^p. Reads n.
    pub(crate) fn add_power(&mut self, slot: usize, p: f64, x: &Array) {
        let done = x.for_each_leaf(&mut |x| {
            let counts = self.counts(x);
            if let Some((_, walk, [pointer])) = on_device([x])? {
                return self.there(slot, counts, |slots, k| cuda::sum_powers(slots, k, x.dtype(), walk, p, pointer));
            }
            each_kind!(self, typed => typed.add_power(slot, counts, p, x))
        });
        self.keep(done);
    }

    /// slot += sum x. Reads n.
    pub(crate) fn add_sum(&mut self, slot: usize, x: &Array) {
        let done = x.for_each_leaf(&mut |x| {
            let counts = self.counts(x);
            if let Some((_, walk, [p])) = on_device([x])? {
                return self.there(slot, counts, |slots, k| cuda::sum(slots, k, x.dtype(), walk, p));
            }
            each_kind!(self, typed => typed.add_sum(slot, counts, x))
        });
        self.keep(done);
    }

    /// y := y + alpha x, slot += |y|^2. Reads 2n, writes n.
    pub(crate) fn add_axpy_norm(&mut self, slot: usize, alpha: Coefficient, x: &Array, y: &Array) {
        let done = pairs(x, y, &mut |x, y| {
            let counts = self.counts(y);
            if let Some((_, walk, pointers)) = on_device([x, y])? {
                let alpha = alpha.there();
                return self
                    .there(slot, counts, |slots, k| cuda::axpy_norm(slots, k, y.dtype(), walk, alpha, pointers));
            }
            let alpha = alpha.here()?;
            each_kind!(self, typed => typed.add_axpy_norm(slot, counts, alpha, x, y))
        });
        self.keep(done);
    }

    /// y := x + beta y, slot += |y|^2. Reads 2n, writes n.
    pub(crate) fn add_xpby_norm(&mut self, slot: usize, x: &Array, beta: Coefficient, y: &Array) {
        let done = pairs(x, y, &mut |x, y| {
            let counts = self.counts(y);
            if let Some((_, walk, pointers)) = on_device([x, y])? {
                let beta = beta.there();
                return self.there(slot, counts, |slots, k| cuda::xpby_norm(slots, k, y.dtype(), walk, beta, pointers));
            }
            let beta = beta.here()?;
            each_kind!(self, typed => typed.add_xpby_norm(slot, counts, x, beta, y))
        });
        self.keep(done);
    }

    /// x := x + alpha c, then r := r - d x, slot += |r|^2 + i |x|^2. Reads 3n, writes 2n.
    pub(crate) fn add_damped_update(
        &mut self,
        slot: usize,
        alpha: Coefficient,
        c: &Array,
        d: f64,
        x: &Array,
        r: &Array,
    ) {
        let done = triples(c, x, r, &mut |c, x, r| {
            let counts = self.counts(r);
            if let Some((_, walk, pointers)) = on_device([c, x, r])? {
                let factors = (alpha.there(), Scalar::real(d).into());
                return self
                    .there(slot, counts, |slots, k| cuda::damped_update(slots, k, r.dtype(), walk, factors, pointers));
            }
            let alpha = alpha.here()?;
            each_kind!(self, typed => typed.add_damped_update(slot, counts, alpha, c, d, x, r))
        });
        self.keep(done);
    }

    /// Adds on the device: to the slot, or aside where this rank's elements do not count.
    fn there(&mut self, slot: usize, counts: bool, add: impl FnOnce(&cuda::Slots, usize) -> Result<()>) -> Result<()> {
        match &mut self.device {
            Some(Ok(device)) => device.add(slot, counts, add),
            Some(Err(error)) => Err(error.clone()),
            None => fail!(Internal, "sums that were made for host arrays get one in device memory"),
        }
    }

    /// Adds where the arguments are valid; where they are not, the reduction fails on all ranks.
    pub(crate) fn add_of(&mut self, valid: Result<()>, add: impl FnOnce(&mut Sums)) {
        match valid {
            Ok(()) => add(self),
            Err(_) => self.keep(valid),
        }
    }

    fn keep(&mut self, done: Result<()>) {
        if let (Err(error), None) = (done, &self.failure) {
            self.failure = Some(error);
        }
    }

    /// The first error of an addition since `clear`.
    pub(crate) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    /// Completes all slots over the ranks of the group, and adds up `request`, a whole number below 2^40. Collective
    /// over the group.
    pub(crate) fn reduce(&mut self, request: f64) -> Result<f64> {
        self.bring_here();
        let group = self.reducer.group().clone();
        each_kind!(self, typed => typed.reduce(&*group, request))
    }

    /// Completes all slots, without a message where every rank holds everything. What failed on one rank of the group
    /// fails on all. Collective over the group.
    pub(crate) fn finish(&mut self) -> Result<()> {
        self.bring_here();
        let own = self.failure.take().map_or(Ok(()), Err);
        if self.silent || self.reduce(if own.is_err() { 1.0 } else { 0.0 })? == 0.0 {
            return own;
        }
        agree(&**self.reducer.group(), own)
    }

    /// Whether `evaluate_there` may be called, and does not wait for the device.
    pub(crate) fn stay_there(&self) -> bool {
        matches!((&self.kind, &self.device), (Kind::Plain(_), Some(Ok(_))))
            && self.reducer.device_group().is_ok_and(|group| !group.waits_for_host())
    }

    /// Completes sums whose arrays are all on the device, over the ranks of the group, and runs a program on them that
    /// finds the total of the ranks' requests behind the slots, at `request_slot`. The sums and the request are zero
    /// then. All of it in the order of the stream. Collective over the group.
    pub(crate) fn evaluate_there(
        &mut self,
        registers: &Registers,
        program: &Program,
        turn: Option<Number>,
    ) -> Result<()> {
        match &mut self.device {
            Some(Ok(device)) => device.evaluate(self.reducer.device_group()?, registers, program, turn),
            Some(Err(error)) => Err(error.clone()),
            None => fail!(Internal, "a program on sums in device memory, but there are none"),
        }
    }

    /// What this rank asks of all in the next `evaluate_there`, a whole number below 2^40.
    pub(crate) fn request_there(&self, request: f64) -> Result<()> {
        match &self.device {
            Some(Ok(device)) => device.request(request),
            _ => fail!(Internal, "a request on the device, but there are no sums"),
        }
    }

    /// Where programs on the device find what the ranks request.
    pub(crate) fn request_slot(&self) -> usize {
        self.slots
    }

    /// Adds what is on the device to the sums here; waits for the stream. `reduce` does it too: called before it by who
    /// asks for failures first.
    pub(crate) fn bring_here(&mut self) {
        let Some(Ok(device)) = &mut self.device else { return };
        let kind = &mut self.kind;
        let brought = device.bring(|slot, words| match kind {
            Kind::Plain(typed) => typed.add_words(slot, words),
            Kind::Exact(typed) => typed.add_words(slot, words),
        });
        self.keep(brought);
    }

    /// A completed slot.
    pub(crate) fn value(&self, slot: usize) -> Scalar {
        match &self.kind {
            Kind::Plain(typed) => typed.value(slot),
            Kind::Exact(typed) => typed.value(slot),
        }
    }
}
