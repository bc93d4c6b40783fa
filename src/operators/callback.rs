//! Operators from functions of the host: y = A x and y = A^H x. Alpha, beta and the other two modes are added here.

use crate::arrays::view::View;
use crate::arrays::{verbs, Array, Space};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::{Error, Result, Status};
use crate::fail;
use crate::operators::{LinearMap, Mode, Operator, Pace};
use std::sync::{Mutex, TryLockError};

/// Writes y from x, both of the operator's spaces; 0, or another number for a failure.
pub type Function = Box<dyn Fn(&Array, &Array) -> i32 + Send + Sync>;

/// What makes an operator out of functions.
pub struct Functions {
    /// y = A x
    pub forward: Function,
    /// y = A^H x; without it the operator has no adjoint and no transpose.
    pub adjoint: Option<Function>,
    /// Both arrays are contiguous leaves in every call.
    pub contiguous: bool,
    /// Whether A(c x) = c A x for complex c.
    pub complex_linear: bool,
    pub name: String,
}

struct Callback {
    functions: Functions,
    context: Context,
    work: Mutex<[Room; 2]>,
}

/// Of the domain or of the range.
struct Room {
    /// The caller's array as an array of the operator's own space.
    view: View,
    /// For a conjugated or packed input, or an output that is added.
    buffer: Array,
}

/// An operator that calls `functions` on the calling thread, on all ranks in the same order. Makes one array of the
/// domain and one of the range. Local.
pub fn callback(domain: &Space, range: &Space, functions: Functions) -> Result<Operator> {
    if domain.context() != range.context() {
        fail!(Context, "domain and range of {} belong to different contexts", functions.name);
    }
    if functions.contiguous && (domain.is_product() || range.is_product()) {
        fail!(Space, "{} works on one block of memory a side, which a product space does not have", functions.name);
    }
    let room = |space: &Space| -> Result<Room> { Ok(Room { view: View::new(space), buffer: Array::new(space)? }) };
    let work = Mutex::new([room(domain)?, room(range)?]);
    Ok(Operator::new(domain.clone(), range.clone(), Callback { functions, context: domain.context().clone(), work }))
}

impl Callback {
    fn run(&self, rooms: &mut [Room; 2], mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let (function, which) = match &self.functions.adjoint {
            Some(adjoint) if mode.transposed() => (adjoint, "adjoint"),
            _ => (&self.functions.forward, "forward"),
        };
        // conj(A) x = conj(A conj(x)), A^T x = conj(A^H conj(x))
        let conjugate = matches!(mode, Mode::Conjugate | Mode::Transpose);
        let [domain, range] = rooms;
        let (input, output) = if mode.transposed() { (range, domain) } else { (domain, range) };
        let usable = |view: &Array| !self.functions.contiguous || view.leaf().is_ok_and(|l| l.is_contiguous());

        let direct = match input.view.over(x, 0) {
            Ok(view) if usable(view) && !(conjugate && has_complex(x)) => Some(view),
            _ => None,
        };
        let from = match direct {
            Some(view) => view,
            None => {
                verbs::copy(x, &input.buffer)?;
                if conjugate {
                    verbs::conjugate(&input.buffer)?;
                }
                &input.buffer
            }
        };
        let direct = match output.view.over(y, 0) {
            Ok(view) if usable(view) && beta.is_zero() => Some(view),
            _ => None,
        };
        let to = direct.unwrap_or(&output.buffer);
        let code = function(from, to);
        if code != 0 {
            let text = format!("the {which} function of {} returned {code}", self.functions.name);
            return Err(Error::new(Status::Callback, text));
        }
        if conjugate {
            verbs::conjugate(to)?;
        }
        match (direct.is_some(), alpha.is_one()) {
            (true, true) => Ok(()),
            (true, false) => verbs::scale(alpha, to),
            (false, _) => verbs::axpby(alpha, &output.buffer, beta, y),
        }
    }
}

fn has_complex(x: &Array) -> bool {
    match x.parts() {
        [] => x.dtype().is_complex(),
        parts => parts.iter().any(has_complex),
    }
}

impl LinearMap for Callback {
    fn name(&self) -> &str {
        &self.functions.name
    }

    /// A failure leaves NaN in y, so that no rank goes on with what looks like a result.
    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        if mode.transposed() && self.functions.adjoint.is_none() {
            fail!(Unsupported, "{} was made without an adjoint function", self.functions.name);
        }
        let mut rooms = match self.work.try_lock() {
            Ok(rooms) => rooms,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => fail!(State, "{} is applied inside its own function", self.functions.name),
        };
        let done = self.run(&mut rooms, mode, alpha, x, beta, y);
        rooms.iter_mut().for_each(|room| room.view.rest());
        if done.is_err() {
            verbs::fill(y, Scalar::real(f64::NAN))?;
        }
        self.context.keep_failure(done)
    }

    fn details(&self) -> String {
        if self.functions.adjoint.is_none() {
            "forward only".into()
        } else {
            String::new()
        }
    }

    fn is_complex_linear(&self) -> bool {
        self.functions.complex_linear
    }

    /// The functions put their work on the context's stream, and are called for every iteration.
    fn pace(&self, _: &Context) -> Pace {
        Pace::Queues
    }
}
