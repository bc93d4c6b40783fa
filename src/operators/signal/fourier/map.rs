//! A Fourier transform as a chain of steps: passes along axes that are whole, and changes of layout between them.

use super::factors::Factors;
use super::matrix_pass::MatrixPass;
use super::planes;
use super::stages::{fitted, Stage, Stages};
use super::window::Window;
use super::{Axis, Fourier, Norm};
use crate::arrays::local::contiguous_strides;
use crate::arrays::redistribute::Redistribute;
use crate::arrays::workspace::Room;
use crate::arrays::{Array, Space, Workspace};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::Strided;
use crate::layout::Layout;
use crate::operators::{LinearMap, Mode, Operator, Pace};
use crate::transform::{self, Along, Bits, DevicePass, Direction, Kind, Needs, Pass, Precision};
use num_complex::Complex;
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

pub(super) enum Step<R: Precision> {
    Pass(Pass<R>),
    Device(Box<DevicePass>),
    /// There, and back.
    Move(Box<[Redistribute; 2]>),
    Window(Box<Window>),
    Matrix(MatrixPass<R>),
    /// Between other steps, so that it neither scales nor adds.
    Factors(Factors<R>),
    /// The adjoint of a step.
    Reversed(Box<Step<R>>),
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
    let mut tables = Vec::new();
    for stage in &stages.stages {
        if let Stage::Matrix { axis, matrix } = stage {
            tables.push(matrix.chirp_spectrum::<R>(model, axes[*axis].length)?);
        }
    }
    let map = Transform::<R>::new(model, spectrum, axes, stages, options, note, (workspace, tables));
    let map = model.context().agree(map)?;
    Ok(Operator::new(model.clone(), spectrum.clone(), map))
}

/// In deterministic contexts a result does not depend on the layout.
pub(super) fn bits(space: &Space) -> Bits {
    if space.context().deterministic() {
        Bits::OfTheLine
    } else {
        Bits::Free
    }
}

/// The states that steps have led to so far.
pub(super) struct Chain<'a, R: Precision> {
    workspace: &'a Workspace,
    /// Where the room for messages starts, which all changes of layout share.
    messages: usize,
    states: Vec<Space>,
    steps: Vec<Step<R>>,
    /// Changes of layout up to each state.
    segments: Vec<usize>,
}

impl<R: Precision> Chain<'_, R> {
    pub fn last(&self) -> &Space {
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
                let pass = Pass::new((threads, bits(from)), axis.axis, kind, length, model, axis.shifts)?;
                (Step::Pass(pass), 1)
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
        let ways = self.ways((from, &[]), (&to, &[]))?;
        self.push(to, Step::Move(Box::new(ways)), 1);
        Ok(())
    }

    /// Changes of layout there and back, between spaces whose first indices along the axes are given, if not zeros.
    pub fn ways(&self, from: (&Space, &[i64]), to: (&Space, &[i64])) -> Result<[Redistribute; 2]> {
        let way = |from, to| {
            self.workspace.rewind(self.messages);
            Redistribute::rolled_within(from, to, self.workspace)
        };
        Ok([way(from, to)?, way(to, from)?])
    }

    /// `changes` is 0 where the state may lie in the memory of the one before.
    pub fn push(&mut self, state: Space, step: Step<R>, changes: usize) {
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
        (workspace, tables): (&Workspace, Vec<Vec<Complex<R>>>),
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
        let (end, mut tables) = (spectrum.shaped("a spectrum")?.1, tables.into_iter());
        for (n, stage) in stages.stages.iter().enumerate() {
            match stage {
                Stage::Whole { layout, axes: chosen } => {
                    chain.change(layout)?;
                    let along: Vec<Axis> = chosen.iter().map(|k| axes[*k]).collect();
                    let mut done = 0;
                    while done < along.len() {
                        done += chain.pass(&along[done..], kind)?;
                        kind = Kind::Complex;
                    }
                }
                Stage::Matrix { axis, matrix } => {
                    let end = if n + 1 == stages.stages.len() { end } else { matrix.end() };
                    matrix.extend(&mut chain, &axes[*axis], kind, end, tables.next().unwrap_or_default())?;
                    kind = Kind::Complex;
                }
            }
        }
        chain.change(end)?;
        // Matrices are turned from one memory into another.
        let lends = !stages.has_matrix();
        let (passes, last) = (chain.furnish()?, chain.states.len() - 1);
        workspace.skip_to_end();
        let between = rooms(&chain.states[1..last], &chain.segments[1..last], workspace)?;
        let same = |a: &Space, b: &Space| a.shape() == b.shape() && a.congruent(b);
        let lengths: Vec<i64> = axes.iter().map(|a| a.length).collect();
        Ok(Transform {
            from_spectrum: (0..last)
                .rev()
                .take_while(|k| lends && *k > 0 && same(&chain.states[*k], spectrum))
                .last()
                .unwrap_or(last),
            to_model: (1..last).take_while(|k| lends && same(&chain.states[*k], model)).last().unwrap_or(0),
            moves: chain.steps.iter().any(|step| matches!(step, Step::Move(_) | Step::Window(_))),
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

/// Where states are: those of one segment and one dtype share a room, rows as far apart as the longest of them needs. A
/// segment is done with when the one after the next begins, which takes its rooms.
fn rooms(states: &[Space], segments: &[usize], workspace: &Workspace) -> Result<Vec<Between>> {
    let in_segment = |segment: usize| states.iter().zip(segments).filter(move |s| *s.1 == segment).map(|s| s.0);
    let mut sizes: Vec<((usize, bool), usize)> = Vec::new();
    let mut places = Vec::new();
    for (state, segment) in states.iter().zip(segments) {
        let mut longest = vec![0; state.local_shape().len()];
        for other in in_segment(*segment).filter(|s| s.dtype() == state.dtype()) {
            longest.iter_mut().zip(other.local_shape()).for_each(|(l, n)| *l = (*l).max(*n));
        }
        let count = longest.iter().product::<i64>() as usize;
        let Some(bytes) = count.checked_mul(state.dtype().size()) else {
            fail!(Memory, "{count} elements of {state} exceed the address space")
        };
        let first = in_segment(*segment).next().is_none_or(|s| s.dtype() == state.dtype());
        let key = (segment % 2, first);
        let at = sizes.iter().position(|size| size.0 == key).unwrap_or_else(|| {
            sizes.push((key, 0));
            sizes.len() - 1
        });
        sizes[at].1 = sizes[at].1.max(bytes);
        places.push((at, contiguous_strides(&longest)));
    }
    let rooms = sizes.iter().map(|size| workspace.take(size.1)).collect::<Result<Vec<_>>>()?;
    let between = states.iter().zip(places);
    Ok(between
        .map(|(state, (at, strides))| Between { space: state.clone(), room: rooms[at].clone(), strides })
        .collect())
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
            Step::Window(window) => window.take(back, (scale, from), (beta, to)),
            Step::Matrix(pass) => pass.take(mode, (scale, from), (beta, to)),
            Step::Factors(factors) => factors.take(mode, from, to),
            Step::Reversed(step) => step.take(mode.then(Mode::Adjoint), shapes, (scale, from), (beta, to)),
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
            Step::Pass(pass) => planes::rows(pass, mode, shapes, (scale, from), (beta, to), 0..i64::MAX),
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
        let step = |turn: usize| if back { count - 1 - turn } else { turn };
        let state = |turn: usize| if back { count - turn } else { turn };
        let shape = |turn: usize| &self.shapes[state(turn)][..];
        let place = |turn: usize| self.place(between, state(turn), back, x, beta, y);
        let scalars = |turn: usize| if turn + 1 == count { (scale, beta) } else { (Scalar::ONE, Scalar::ZERO) };
        let mut turn = 0;
        while turn < count {
            let (now, next) = (step(turn), step((turn + 1).min(count - 1)));
            let done = match (&steps[now], &steps[next]) {
                (Step::Pass(first), Step::Pass(second)) if planes::fit(first, second, shape(turn)) => {
                    let shapes = [shape(turn), shape(turn + 1), shape(turn + 2)];
                    let arrays = [place(turn), place(turn + 1), place(turn + 2)];
                    turn += 1;
                    planes::run([first, second], mode, shapes, arrays, scalars(turn))
                }
                _ => {
                    let (scale, beta) = scalars(turn);
                    let shapes = (shape(turn), shape(turn + 1));
                    steps[now].take(mode, shapes, (scale, place(turn)), (beta, place(turn + 1)))
                }
            };
            outcome = outcome.and(done);
            turn += 1;
        }
        outcome
    }

    fn in_place(&self, mode: Mode, [model, spectrum]: [&[i64]; 2]) -> bool {
        let steps = &self.work().steps;
        let last = steps.len() - 1;
        // The first two steps, and whether they write to y; where neither does, x is read before.
        let (now, next, writes) = match mode.transposed() {
            false => (0, last.min(1), [self.from_spectrum <= 1, self.from_spectrum <= 2]),
            true => (last, last.saturating_sub(1), [last <= self.to_model, last <= self.to_model + 1]),
        };
        let keeps = match &steps[now] {
            Step::Pass(pass) => pass.keeps_lines(model, spectrum),
            Step::Device(pass) => pass.keeps_lines() && model == spectrum,
            _ => false,
        };
        // Two passes go through x and y together, over rows of the first axis that are the same bytes.
        let together = now != next && matches!((&steps[now], &steps[next]), (Step::Pass(_), Step::Pass(_)));
        let each = if self.linear { 1 } else { 2 };
        let same_rows = model.iter().zip(spectrum).next().is_none_or(|(m, s)| *m == each * s);
        (!writes[0] || keeps) && (!(together && writes[1]) || same_rows)
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
