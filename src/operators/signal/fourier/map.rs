//! A Fourier transform as a chain of steps: passes along axes that are whole, and changes of layout between them.

use super::stages::{fitted, Stages};
use super::{Axis, Fourier, Norm};
use crate::arrays::local::contiguous_strides;
use crate::arrays::redistribute::Redistribute;
use crate::arrays::workspace::Room;
use crate::arrays::{Array, Space, Workspace};
use crate::context::Context;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::Strided;
use crate::layout::Layout;
use crate::operators::{LinearMap, Mode, Operator, Pace};
use crate::transform::{self, Along, DevicePass, Direction, Kind, Needs, Pass, Precision, Side};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// States 0 to K of the array, with a step between each two: state 0 is the model, state K the spectrum, those between
/// are in buffers. The adjoint takes the steps back.
struct Transform<R: Precision> {
    work: Mutex<Work<R>>,
    /// This rank's shapes of all states.
    shapes: Vec<Vec<i64>>,
    /// Where states 1 to K - 1 are.
    between: Vec<Between>,
    /// Of passes on a device: their tile, and what cuFFT works in.
    passes: [Room; 2],
    /// States from which on the memory of a spectrum may serve, and up to which that of a model: what they hold there has
    /// the same shape, layout and dtype.
    from_spectrum: usize,
    to_model: usize,
    norm: Norm,
    /// Product of the lengths of the transforms.
    count: f64,
    linear: bool,
    /// Whether ranks meet in a step.
    moves: bool,
    details: String,
}

/// What an apply changes, and has to itself.
struct Work<R: Precision> {
    steps: Vec<Step<R>>,
    /// States 1 to K - 1, once there is memory for them.
    between: Vec<Array>,
}

/// A state in a room of the workspace.
struct Between {
    space: Space,
    room: Room,
    strides: Vec<i64>,
}

enum Step<R: Precision> {
    Pass(Pass<R>),
    Device(Box<DevicePass>),
    /// There, and back.
    Move(Box<[Redistribute; 2]>),
}

/// The operator from `model` to `spectrum` along the axes, in the order in which they are transformed, with its buffers in
/// a workspace; the note is one of its details. Collective.
pub(super) fn operator<R: Precision>(
    model: &Space,
    spectrum: &Space,
    axes: &[Axis],
    stages: &Stages,
    options: &Fourier,
    note: &str,
    workspace: &Workspace,
) -> Result<Operator> {
    let map = model.context().agree(Transform::<R>::new(model, spectrum, axes, stages, options, note, workspace))?;
    Ok(Operator::new(model.clone(), spectrum.clone(), map))
}

/// The states that steps have led to so far.
struct Chain<'a, R: Precision> {
    workspace: &'a Workspace,
    /// Where the room for messages starts, which all changes of layout share.
    messages: usize,
    states: Vec<Space>,
    steps: Vec<Step<R>>,
    /// Changes of layout up to each state.
    segments: Vec<usize>,
}

impl<R: Precision> Chain<'_, R> {
    fn last(&self) -> &Space {
        &self.states[self.states.len() - 1]
    }

    /// Transforms along the first of the axes, on a device also along others of them at once; how many these are.
    fn pass(&mut self, axes: &[Axis], kind: Kind) -> Result<usize> {
        let from = self.last();
        let (shape, layout) = from.shaped("a transform")?;
        let (step, count) = match from.context().stream() {
            Some(stream) if from.is_on_device() => {
                let along =
                    |a: &Axis| Along { axis: a.axis, n: a.length as usize, len: a.model as usize, shifts: a.shifts };
                let along: Vec<Along> = axes.iter().map(along).collect();
                let together = !from.context().deterministic();
                let (pass, count) = DevicePass::new(stream, from.dtype(), kind, &along, together, from.local_shape())?;
                (Step::Device(Box::new(pass)), count)
            }
            _ => {
                let (axis, threads) = (&axes[0], from.context().threads().len());
                let (length, model) = (axis.length as usize, axis.model as usize);
                (Step::Pass(Pass::new(threads, axis.axis, kind, length, model, axis.shifts)?), 1)
            }
        };
        let mut to = shape.to_vec();
        axes[..count].iter().for_each(|a| to[a.axis] = a.spectrum);
        let layout = fitted(layout, shape, &to, from.context().size());
        let state = Space::derived(from, from.dtype().complex(), &to, layout)?;
        self.push(state, step, 0);
        Ok(count)
    }

    /// Rooms for what passes on a device need, one after the other, where messages have theirs.
    fn furnish(&self) -> Result<[Room; 2]> {
        let needs = self.steps.iter().fold(Needs::default(), |needs, step| match step {
            Step::Device(pass) => needs.max(pass.needs()),
            _ => needs,
        });
        self.workspace.rewind(self.messages);
        Ok([self.workspace.take(needs.tile)?, self.workspace.take(needs.work)?])
    }

    /// To another layout, where it is one.
    fn change(&mut self, layout: &Layout) -> Result<()> {
        let from = self.last();
        let to = Space::derived(from, from.dtype(), from.shaped("a transform")?.0, layout.clone())?;
        if to.congruent(from) {
            return Ok(());
        }
        let way = |from: &Space, to: &Space| {
            self.workspace.rewind(self.messages);
            Redistribute::within(from, to, self.workspace)
        };
        let (there, back) = (way(from, &to)?, way(&to, from)?);
        self.push(to, Step::Move(Box::new([there, back])), 1);
        Ok(())
    }

    fn push(&mut self, state: Space, step: Step<R>, changes: usize) {
        self.segments.push(self.segments[self.segments.len() - 1] + changes);
        self.states.push(state);
        self.steps.push(step);
    }
}

impl<R: Precision> Transform<R> {
    fn new(
        model: &Space,
        spectrum: &Space,
        axes: &[Axis],
        stages: &Stages,
        &Fourier { norm, half, plain, .. }: &Fourier,
        note: &str,
        workspace: &Workspace,
    ) -> Result<Transform<R>> {
        let messages = workspace.position();
        let mut chain =
            Chain { workspace, messages, states: vec![model.clone()], steps: Vec::new(), segments: vec![0] };
        let linear = model.dtype().is_complex();
        let mut kind = match (linear, half) {
            (true, _) => Kind::Complex,
            (_, true) => Kind::RealToHalf { plain },
            (_, false) => Kind::RealToWhole,
        };
        for stage in &stages.stages {
            chain.change(&stage.layout)?;
            let along: Vec<Axis> = stage.axes.iter().map(|k| axes[*k]).collect();
            let mut done = 0;
            while done < along.len() {
                done += chain.pass(&along[done..], kind)?;
                kind = Kind::Complex;
            }
        }
        chain.change(spectrum.shaped("a spectrum")?.1)?;
        let (passes, last) = (chain.furnish()?, chain.states.len() - 1);
        workspace.skip_to_end();
        let between = rooms(&chain.states[1..last], &chain.segments[1..last], workspace)?;
        let same = |a: &Space, b: &Space| a.shape() == b.shape() && a.congruent(b);
        let lengths: Vec<i64> = axes.iter().map(|a| a.length).collect();
        Ok(Transform {
            from_spectrum: (0..last)
                .rev()
                .take_while(|k| *k > 0 && same(&chain.states[*k], spectrum))
                .last()
                .unwrap_or(last),
            to_model: (1..last).take_while(|k| same(&chain.states[*k], model)).last().unwrap_or(0),
            moves: chain.steps.iter().any(|step| matches!(step, Step::Move(_))),
            shapes: chain.states.iter().map(|s| s.local_shape().to_vec()).collect(),
            work: Mutex::new(Work { steps: chain.steps, between: Vec::new() }),
            between,
            passes,
            norm,
            count: lengths.iter().map(|n| *n as f64).product(),
            linear,
            details: format!("axes {:?}, lengths {lengths:?}{note}", axes.iter().map(|a| a.axis).collect::<Vec<_>>()),
        })
    }

    fn work(&self) -> MutexGuard<'_, Work<R>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The array of a state while `x` becomes `y`.
    fn place<'a>(
        &self,
        between: &'a [Array],
        state: usize,
        back: bool,
        x: &'a Array,
        beta: Scalar,
        y: &'a Array,
    ) -> &'a Array {
        let (first, last) = if back { (y, x) } else { (x, y) };
        let lent = beta.is_zero() && if back { state <= self.to_model } else { state >= self.from_spectrum };
        match state {
            0 => first,
            k if k > between.len() => last,
            _ if lent => y,
            k => &between[k - 1],
        }
    }
}

/// Where states are: those of one segment and one dtype share a room, rows as far apart as the longest of them needs.
fn rooms(states: &[Space], segments: &[usize], workspace: &Workspace) -> Result<Vec<Between>> {
    let mut rooms: Vec<((usize, DType), Room)> = Vec::new();
    let mut between = Vec::new();
    for (state, segment) in states.iter().zip(segments) {
        let key = (*segment, state.dtype());
        let mut longest = vec![0; state.local_shape().len()];
        for (other, _) in states.iter().zip(segments).filter(|(s, k)| (**k, s.dtype()) == key) {
            longest.iter_mut().zip(other.local_shape()).for_each(|(l, n)| *l = (*l).max(*n));
        }
        let room = match rooms.iter().find(|(k, _)| *k == key) {
            Some((_, room)) => room.clone(),
            None => {
                let count = longest.iter().product::<i64>() as usize;
                let Some(bytes) = count.checked_mul(state.dtype().size()) else {
                    fail!(Memory, "{count} elements of {state} exceed the address space")
                };
                let room = workspace.take(bytes)?;
                rooms.push((key, room.clone()));
                room
            }
        };
        between.push(Between { space: state.clone(), room, strides: contiguous_strides(&longest) });
    }
    Ok(between)
}

impl<R: Precision> Step<R> {
    /// to := scale op(step) from + beta to; `shapes` are those of the states before and after.
    fn take(
        &mut self,
        mode: Mode,
        shapes: (&[i64], &[i64]),
        (scale, from): (Scalar, &Array),
        (beta, to): (Scalar, &Array),
    ) -> Result<()> {
        let back = mode.transposed();
        match self {
            Step::Move(ways) => ways[back as usize].apply(scale, from, beta, to),
            Step::Device(pass) => {
                let (source, target) = (from.leaf()?, to.leaf()?);
                let strides = (source.strides_as(shapes.0)?, target.strides_as(shapes.1)?);
                let n = shapes.0.len();
                let sides = (
                    Strided { pointer: source.pointer() as u64, strides: &strides.0[..n] },
                    Strided { pointer: target.pointer() as u64, strides: &strides.1[..n] },
                );
                let direction = Direction { back, positive: mode.conjugated() };
                // SAFETY: both arrays are on the device and have the block of this step, the same one or apart.
                unsafe { pass.run(direction, shapes.0, (scale, sides.0), (beta, sides.1)) }
            }
            Step::Pass(pass) => {
                let (source, target) = (from.local()?, to.local()?);
                let shape = shapes.0;
                if shape.contains(&0) {
                    return Ok(());
                }
                let strides = (source.strides_as(shape)?, target.strides_as(shapes.1)?);
                let mut extents = [0; crate::layout::MAX_DIMENSIONS];
                extents.iter_mut().zip(shape).for_each(|(e, n)| *e = *n as usize);
                let sides = (
                    Side { pointer: source.pointer(), strides: &strides.0 },
                    Side { pointer: target.pointer(), strides: &strides.1 },
                );
                let direction = Direction { back, positive: mode.conjugated() };
                let pool = from.space().context().threads();
                // SAFETY: both arrays have the lines of this step, and are the same one or apart.
                unsafe { pass.run(pool, direction, &extents[..shape.len()], (scale, sides.0), (beta, sides.1)) }
            }
        }
    }
}

impl<R: Precision> LinearMap for Transform<R> {
    fn name(&self) -> &str {
        "FFT"
    }

    fn details(&self) -> String {
        self.details.clone()
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let Work { steps, between } = &mut *self.work();
        let (back, count) = (mode.transposed(), steps.len());
        let scale = alpha * Scalar::real(self.norm.factor(self.count));
        // All ranks meet in every step, whatever became of those before it.
        let mut outcome = Ok(());
        for turn in 0..count {
            let k = if back { count - 1 - turn } else { turn };
            let (from, to) = if back { (k + 1, k) } else { (k, k + 1) };
            let shapes = (&self.shapes[from][..], &self.shapes[to][..]);
            let (from, to) = (self.place(between, from, back, x, beta, y), self.place(between, to, back, x, beta, y));
            let scalars = if turn + 1 == count { (scale, beta) } else { (Scalar::ONE, Scalar::ZERO) };
            outcome = outcome.and(steps[k].take(mode, shapes, (scalars.0, from), (scalars.1, to)));
        }
        outcome
    }

    fn in_place(&self, mode: Mode, [model, spectrum]: [&[i64]; 2]) -> bool {
        let steps = &self.work().steps;
        let last = steps.len() - 1;
        // The step that reads x: where it does not write to y, x is read before.
        let (first, to_y) = match mode.transposed() {
            false => (0, self.from_spectrum <= 1),
            true => (last, last <= self.to_model),
        };
        !to_y
            || match &steps[first] {
                Step::Pass(pass) => pass.keeps_lines(model, spectrum),
                Step::Device(pass) => pass.keeps_lines() && model == spectrum,
                Step::Move(_) => false,
            }
    }

    fn settle(&self) -> Result<()> {
        // SAFETY: each room has the extents of the longest of its states, and stays beside the arrays.
        let array = |b: &Between| unsafe { Array::wrap_strided(&b.space, b.room.pointer(), &b.strides, None) };
        let mut work = self.work();
        work.between = self.between.iter().map(array).collect::<Result<_>>()?;
        let [tile, area] = self.passes.each_ref().map(|room| room.pointer() as u64);
        let room = transform::Room { tile, work: area };
        work.steps.iter_mut().try_for_each(|step| match step {
            Step::Device(pass) => pass.lend(room),
            _ => Ok(()),
        })
    }

    fn pace(&self, context: &Context) -> Pace {
        Pace::of_messages(context, self.moves)
    }

    fn is_complex_linear(&self) -> bool {
        self.linear
    }

    fn inverse_factor(&self) -> Option<f64> {
        // A^H A = c^2 N, with c the factor of the norm.
        Some(1.0 / (self.norm.factor(self.count).powi(2) * self.count))
    }
}
