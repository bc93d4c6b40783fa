//! A Fourier transform as a chain of steps: passes along axes that are whole, and changes of layout between them.

use super::between::{rooms, Between};
use super::chain::Chain;
use super::joined::{self, Group};
use super::stages::{Stage, Stages};
use super::step::Step;
use super::{Axis, Fourier, Norm};
use crate::arrays::workspace::Room;
use crate::arrays::{Array, Space, Workspace};
use crate::context::Context;
use crate::dtype::Scalar;
use crate::error::Result;
use crate::layout::MAX_DIMENSIONS;
use crate::operators::{LinearMap, Mode, Operator, Pace};
use crate::transform::{self, Kind, Precision};
use num_complex::Complex;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// States 0 to K of the array, with a step between each two: state 0 is the model, state K the spectrum, those between
/// are in buffers. The adjoint takes the steps back.
struct Transform<R: Precision> {
    work: Mutex<Work<R>>,
    /// The steps that are taken together.
    groups: Vec<Group>,
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

/// Of a group at most: a pass along each axis but one, and a change of layout.
const STATES: usize = MAX_DIMENSIONS + 1;

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
        let mut chain = Chain::new(model, workspace);
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
                    chain.join()?;
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
        let shapes: Vec<Vec<i64>> = chain.states.iter().map(|s| s.local_shape().to_vec()).collect();
        Ok(Transform {
            groups: joined::groups(&chain.steps, &shapes, chain.joined),
            from_spectrum: (0..last)
                .rev()
                .take_while(|k| lends && *k > 0 && same(&chain.states[*k], spectrum))
                .last()
                .unwrap_or(last),
            to_model: (1..last).take_while(|k| lends && same(&chain.states[*k], model)).last().unwrap_or(0),
            moves: chain.steps.iter().any(|step| matches!(step, Step::Move(_) | Step::Window(_))),
            shapes,
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
        let state = |turn: usize| if back { count - turn } else { turn };
        let mut turn = 0;
        for n in 0..self.groups.len() {
            let Group { steps: places, axis } = &self.groups[if back { self.groups.len() - 1 - n } else { n }];
            let (first, last) = (turn, turn + places.len());
            turn = last;
            let shapes: [&[i64]; STATES] = std::array::from_fn(|k| &self.shapes[state((first + k).min(last))][..]);
            let arrays: [&Array; STATES] =
                std::array::from_fn(|k| self.place(between, state((first + k).min(last)), back, x, beta, y));
            let factors = if last == count { (scale, beta) } else { (Scalar::ONE, Scalar::ZERO) };
            let states = (&shapes[..=places.len()], &arrays[..=places.len()]);
            outcome = outcome.and(joined::take(&mut steps[places.clone()], *axis, mode, states, factors));
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
        let mut work = self.work();
        work.between = self.between.iter().map(Between::array).collect::<Result<_>>()?;
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
