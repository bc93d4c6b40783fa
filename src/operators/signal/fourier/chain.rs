//! How the steps of a transform are planned: the chain of states that they lead to.

use super::device_step::DeviceStep;
use super::joined::{self, Group};
use super::stages::fitted;
use super::step::Step;
use super::Axis;
use crate::arrays::redistribute::Redistribute;
use crate::arrays::workspace::Room;
use crate::arrays::{Space, Workspace};
use crate::error::Result;
use crate::layout::{End, Layout, PartCut};
use crate::transform::{Along, Bits, Kind, Needs, Pass, Precision};
use std::ops::Range;

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
    pub states: Vec<Space>,
    pub steps: Vec<Step<R>>,
    /// Changes of layout up to each state.
    pub segments: Vec<usize>,
    passes: Vec<Planned>,
    /// Changes of layout with the passes that are taken with them.
    pub joined: Vec<Group>,
}

/// A step that `pass` has made.
struct Planned {
    step: usize,
    kind: Kind,
    along: Vec<Along>,
}

impl<'a, R: Precision> Chain<'a, R> {
    /// From the model on, with what its changes of layout need in the workspace.
    pub fn new(model: &Space, workspace: &'a Workspace) -> Chain<'a, R> {
        Chain {
            workspace,
            messages: workspace.position(),
            states: vec![model.clone()],
            steps: Vec::new(),
            segments: vec![0],
            passes: Vec::new(),
            joined: Vec::new(),
        }
    }

    pub fn last(&self) -> &Space {
        &self.states[self.states.len() - 1]
    }

    /// Transforms along the first of the axes, on a device also along others of them at once; how many these are.
    pub fn pass(&mut self, axes: &[Axis], kind: Kind) -> Result<usize> {
        let from = self.last();
        let (shape, layout) = from.shaped("a transform")?;
        let along: Vec<Along> = axes.iter().map(along).collect();
        let (step, count) = match from.is_on_device() {
            true => DeviceStep::new(from, kind, &along).map(|(step, count)| (Step::Device(step), count))?,
            false => {
                let (Along { axis, n, len, shifts }, threads) = (along[0], from.context().threads().len());
                (Step::Pass(Pass::new((threads, bits(from)), axis, kind, n, len, shifts)?), 1)
            }
        };
        let mut to = shape.to_vec();
        axes[..count].iter().for_each(|a| to[a.axis] = a.spectrum);
        let layout = fitted(layout, shape, &to, from.context().size());
        let state = Space::derived(from, from.dtype().complex(), &to, layout)?;
        self.passes.push(Planned { step: self.steps.len(), kind, along: along[..count].to_vec() });
        self.push(state, step, 0);
        Ok(count)
    }

    /// Rooms for what passes on a device need, one after the other, where messages have theirs; beside these, where messages
    /// travel during passes.
    pub fn furnish(&self) -> Result<[Room; 2]> {
        let needs = self.steps.iter().fold(Needs::default(), |needs, step| match step {
            Step::Device(pass) => needs.max(pass.needs()),
            _ => needs,
        });
        match self.joined.is_empty() {
            true => self.workspace.rewind(self.messages),
            false => self.workspace.skip_to_end(),
        }
        Ok([self.workspace.take(needs.tile)?, self.workspace.take(needs.work)?])
    }

    /// To another layout, where it is one: together with the passes before it, where that pays.
    pub fn change(&mut self, layout: &Layout) -> Result<()> {
        let from = self.last().clone();
        let to = Space::derived(&from, from.dtype(), from.shaped("a transform")?.0, layout.clone())?;
        if to.congruent(&from) {
            return Ok(());
        }
        let end = self.steps.len();
        let first = self.first_pass_before(end);
        let ways = match self.cut(first..end, &from)? {
            Some(cut) => {
                self.divide(first..end, cut)?;
                self.joined.push(Group { steps: first..end + 1, axis: cut.axis });
                self.ways_in_parts(&from, &to, cut)?
            }
            None => self.ways((&from, &[]), (&to, &[]))?,
        };
        self.push(to, Step::Move(Box::new(ways)), 1);
        Ok(())
    }

    /// Takes the last passes together with the change of layout before them, where that pays, and where no others are.
    pub fn join(&mut self) -> Result<()> {
        let end = self.steps.len();
        let first = self.first_pass_before(end);
        let Some(mover) = first.checked_sub(1) else { return Ok(()) };
        let taken = self.joined.last().is_some_and(|group| group.steps.contains(&mover));
        if taken || !matches!(self.steps[mover], Step::Move(_)) {
            return Ok(());
        }
        if let Some(cut) = self.cut(first..end, &self.states[first])? {
            let cut = PartCut { end: End::Target, ..cut };
            self.divide(first..end, cut)?;
            let ways = self.ways_in_parts(&self.states[mover], &self.states[first], cut)?;
            self.steps[mover] = Step::Move(Box::new(ways));
            self.joined.push(Group { steps: mover..end, axis: cut.axis });
        }
        Ok(())
    }

    /// Where the passes begin that end at a step, and that no change of layout has taken.
    fn first_pass_before(&self, end: usize) -> usize {
        let free = self.joined.last().map_or(0, |group| group.steps.end);
        let is_pass = |step: &usize| self.passes.iter().any(|pass| pass.step == *step);
        (free..end).rev().take_while(is_pass).last().unwrap_or(end)
    }

    /// How a change of layout is cut that is taken with passes, by the rows of `space`, which are theirs.
    fn cut(&self, steps: Range<usize>, space: &Space) -> Result<Option<PartCut>> {
        let passes = self.passes.iter().filter(|pass| steps.contains(&pass.step));
        let axes: Vec<usize> = passes.flat_map(|pass| pass.along.iter().map(|a| a.axis)).collect();
        match axes.is_empty() {
            true => Ok(None),
            false => joined::cut(space, &axes),
        }
    }

    /// Plans passes of devices for parts, if all of them can be.
    fn divide(&mut self, steps: Range<usize>, cut: PartCut) -> Result<()> {
        let mut divided = Vec::new();
        for pass in self.passes.iter().filter(|pass| steps.contains(&pass.step)) {
            let from = &self.states[pass.step];
            if !from.is_on_device() {
                return Ok(());
            }
            let Some(step) = DeviceStep::in_parts(from, pass.kind, &pass.along, cut)? else { return Ok(()) };
            divided.push((pass.step, Step::Device(step)));
        }
        divided.into_iter().for_each(|(place, step)| self.steps[place] = step);
        Ok(())
    }

    fn ways_in_parts(&self, from: &Space, to: &Space, cut: PartCut) -> Result<[Redistribute; 2]> {
        let way = |from, to, cut| {
            self.workspace.rewind(self.messages);
            Redistribute::in_parts(from, to, cut, self.workspace)
        };
        let end = if cut.end == End::Source { End::Target } else { End::Source };
        Ok([way(from, to, cut)?, way(to, from, PartCut { end, ..cut })?])
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

fn along(a: &Axis) -> Along {
    Along { axis: a.axis, n: a.length as usize, len: a.model as usize, shifts: a.shifts }
}
