//! One pass of the fused stencil kernel over this rank's part of an array, beside the exchange of its halos.

use super::block::Block;
use super::exchange::{component, Exchange, Need};
use crate::arrays::halo::Halo;
use crate::arrays::{Array, Space};
use crate::dtype::{Element, Scalar};
use crate::error::Result;
use crate::kernels::cpu;
use crate::kernels::cuda::stencil::{self as device, Rows};
use crate::kernels::host::stencil::{self as kernel, StencilReal, Store, MAX_AXES, MAX_TERMS};
use crate::kernels::stencil::Stencil;
use crate::layout::MAX_DIMENSIONS;
use crate::storage::Memory;
use std::ops::Range;
use std::sync::Mutex;

/// `weight` times a stencil along an axis of a component of x.
pub(super) struct Term {
    pub axis: usize,
    pub stencil: Stencil,
    pub weight: f64,
    /// The global index along the axis of this rank's first element.
    pub first: usize,
    pub component: usize,
    pub halo: Option<usize>,
    /// The rows of this rank, counted from its first, that need no halo, or none that they would not wait for.
    pub inside: Range<usize>,
}

/// Terms, where their results go, and what must be exchanged for them.
pub(super) struct Pass {
    pub needs: Vec<Need>,
    terms: Vec<Term>,
    /// One result a term, in the components of y; else one y, the sum of all.
    apart: bool,
    space: Space,
    shape: Vec<usize>,
    /// The box that is computed while messages are on their way.
    inside: Vec<Range<usize>>,
    /// Results larger than the cache.
    large: bool,
    /// The terms' rows on the device, where the space is there.
    rows: Vec<Rows>,
}

/// Where a leaf's elements are.
#[derive(Clone, Copy)]
struct Place<T> {
    pointer: *mut T,
    strides: [isize; MAX_AXES],
}

impl Pass {
    pub fn new(space: &Space, terms: Vec<Term>, needs: Vec<Need>, apart: bool) -> Result<Pass> {
        let shape: Vec<usize> = space.local_shape().iter().map(|n| *n as usize).collect();
        let mut inside: Vec<Range<usize>> = shape.iter().map(|n| 0..*n).collect();
        for term in terms.iter().filter(|t| t.halo.is_some()) {
            inside[term.axis] = term.inside.clone();
        }
        let results = if apart { terms.len() } else { 1 };
        let bytes = results * shape.iter().product::<usize>() * space.dtype().size();
        let rows = match (space.memory(), space.context().stream()) {
            (Memory::Cuda, Some(stream)) => {
                terms.iter().map(|t| Rows::new(stream, &t.stencil, t.weight)).collect::<Result<_>>()?
            }
            _ => vec![],
        };
        Ok(Pass { needs, terms, apart, space: space.clone(), shape, inside, large: cpu::should_stream(bytes), rows })
    }

    /// y := alpha A x + beta y. The messages are on their way while the interior is computed.
    pub fn run<T: Element>(
        &self,
        mut exchange: Exchange,
        alpha: Scalar,
        x: &Array,
        beta: Scalar,
        y: &Array,
    ) -> Result<()>
    where
        T::Real: StencilReal,
    {
        exchange.start();
        if self.space.memory() == Memory::Cuda {
            return self.run_on_device(exchange, alpha, x, beta, y);
        }
        let mut sources = [Place::<T>::none(); MAX_TERMS];
        let mut targets = [Place::<T>::none(); MAX_TERMS];
        let mut placed = Ok(());
        for (k, term) in self.terms.iter().enumerate() {
            placed = placed.and_then(|()| self.place(component(x, term.component)).map(|p| sources[k] = p));
            if self.apart || k == 0 {
                placed = placed.and_then(|()| self.place(component(y, k)).map(|p| targets[k] = p));
            }
        }
        exchange.finish(true);
        if placed.is_err() {
            exchange.finish(false);
            return placed;
        }

        // Halos may be empty buffers until `finish`, but stay where they are.
        let term = |k: usize| kernel::Term {
            x: sources[k].pointer.cast_const(),
            x_strides: &sources[k].strides[..self.shape.len()],
            axis: self.terms[k].axis,
            stencil: &self.terms[k].stencil,
            weight: self.terms[k].weight,
            offset: self.terms[k].first,
            halo: self.terms[k].halo.map_or(kernel::Halo::NONE, |h| planes(&exchange.halos[h])),
        };
        let count = self.terms.len();
        let mut terms = [term(0); MAX_TERMS];
        (1..count).for_each(|k| terms[k] = term(k));
        let output = |k: usize| kernel::Output {
            y: targets[k].pointer,
            y_strides: &targets[k].strides[..self.shape.len()],
            terms: if self.apart { &terms[k..k + 1] } else { &terms[..count] },
        };
        let results = if self.apart { count } else { 1 };
        let mut outputs = [output(0); MAX_TERMS];
        (1..results).for_each(|k| outputs[k] = output(k));

        let store = if self.large { Store::Streaming } else { Store::Cached };
        let block = Block { shape: &self.shape, outputs: &outputs[..results], alpha, beta, store };
        let pool = self.space.context().threads();
        let axes = self.shape.len();
        let (mut lower, mut upper) = ([0; MAX_AXES], [0; MAX_AXES]);
        for (axis, inside) in self.inside.iter().enumerate() {
            (lower[axis], upper[axis]) = (inside.start, inside.end);
        }
        if self.needs.is_empty() {
            return block.compute(pool, (&lower[..axes], &upper[..axes]), None);
        }
        let quiet = exchange.is_silent();
        let exchange = Mutex::new(exchange);
        let mut outcome = block.compute(pool, (&lower[..axes], &upper[..axes]), (!quiet).then_some(&exchange));
        let mut exchange = exchange.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        exchange.finish(false);
        kernel::shell(&self.shape, &self.inside, |lower, upper| {
            let done = block.compute(pool, (lower, upper), None);
            outcome = std::mem::replace(&mut outcome, Ok(())).and(done);
        });
        outcome.and(exchange.outcome())
    }

    /// As `run`, in the order of the stream: the interior is computed while the messages are on their way.
    fn run_on_device(&self, mut exchange: Exchange, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let launched = self.launch(&exchange, true, alpha, x, beta, y);
        if self.needs.is_empty() {
            return launched;
        }
        exchange.finish(false);
        launched.and_then(|()| self.launch(&exchange, false, alpha, x, beta, y)).and(exchange.outcome())
    }

    /// The part that needs no halo, or the rest.
    fn launch(
        &self,
        exchange: &Exchange,
        inner: bool,
        alpha: Scalar,
        x: &Array,
        beta: Scalar,
        y: &Array,
    ) -> Result<()> {
        let (axes, count) = (self.shape.len(), self.terms.len());
        let results = if self.apart { count } else { 1 };
        let stream = self.space.context().device_stream()?;
        let mut sources = [(0, [0; MAX_DIMENSIONS]); MAX_TERMS];
        let mut targets = sources;
        for k in 0..count {
            sources[k] = self.device_place(component(x, self.terms[k].component))?;
            if k < results {
                targets[k] = self.device_place(component(y, k))?;
            }
        }
        let term = |k: usize| device::Term {
            x: sources[k].0,
            strides: &sources[k].1[..axes],
            axis: self.terms[k].axis,
            rows: &self.rows[k],
            first: self.terms[k].first,
            planes: self.terms[k].halo.map_or(device::Planes::default(), |h| device_planes(&exchange.halos[h])),
        };
        let output = |k: usize| device::Output {
            y: targets[k].0,
            strides: &targets[k].1[..axes],
            terms: if self.apart { (k, k + 1) } else { (0, count) },
        };
        let terms: [device::Term; MAX_TERMS] = std::array::from_fn(|k| term(k.min(count - 1)));
        let outputs: [device::Output; MAX_TERMS] = std::array::from_fn(|k| output(k.min(results - 1)));
        let compute = |lower: &[usize], upper: &[usize]| {
            let (terms, outputs) = (&terms[..count], &outputs[..results]);
            device::apply(stream, self.space.dtype(), &self.shape, (lower, upper), alpha, terms, beta, outputs)
        };
        if inner {
            let (mut lower, mut upper) = ([0; MAX_AXES], [0; MAX_AXES]);
            for (axis, inside) in self.inside.iter().enumerate() {
                (lower[axis], upper[axis]) = (inside.start, inside.end);
            }
            return compute(&lower[..axes], &upper[..axes]);
        }
        let mut outcome = Ok(());
        kernel::shell(&self.shape, &self.inside, |lower, upper| {
            outcome = std::mem::replace(&mut outcome, Ok(())).and_then(|()| compute(lower, upper));
        });
        outcome
    }

    fn device_place(&self, x: &Array) -> Result<(u64, [i64; MAX_DIMENSIONS])> {
        let local = x.leaf()?;
        Ok((local.pointer() as u64, local.strides_as(self.space.local_shape())?))
    }

    fn place<T>(&self, x: &Array) -> Result<Place<T>> {
        let local = x.local()?;
        let mut place = Place { pointer: local.pointer().cast(), strides: [0; MAX_AXES] };
        let strides = local.strides_as(self.space.local_shape())?;
        place.strides.iter_mut().zip(strides).for_each(|(to, from)| *to = from as isize);
        Ok(place)
    }
}

impl<T> Place<T> {
    fn none() -> Place<T> {
        Place { pointer: std::ptr::null_mut(), strides: [0; MAX_AXES] }
    }
}

fn device_planes(halo: &Halo) -> device::Planes {
    device::Planes {
        before: halo.before() as u64,
        before_width: halo.before_len(),
        after: halo.after() as u64,
        after_width: halo.after_len(),
    }
}

fn planes<T>(halo: &Halo) -> kernel::Halo<T> {
    kernel::Halo {
        before: halo.before().cast(),
        before_width: halo.before_len(),
        after: halo.after().cast(),
        after_width: halo.after_len(),
    }
}
