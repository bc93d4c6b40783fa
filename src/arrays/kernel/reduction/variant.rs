//! A reduction for arrays of certain dtypes: its texts with types.

use super::Reduction;
use crate::arrays::kernel::definition::in_text;
use crate::arrays::kernel::state::{Combiner, State};
use crate::device::Function;
use crate::dtype::DType;
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::reduce::Slots;
use crate::kernels::expression::{Assignment, Kind, Program, Scope, Typed, Work};
use std::sync::{Mutex, OnceLock};

/// The kernel for arrays of certain dtypes.
pub(super) struct Variant {
    pub letters: Vec<(char, Kind)>,
    pub map: Result<Map>,
    pub combiner: Combiner,
    pub identity: Typed,
    pub post: Post,
    pub device: OnceLock<Result<OnDevice>>,
}

/// Values of elements, of the state's kind.
pub(super) struct Map {
    pub scope: Scope,
    pub assignments: Vec<Assignment>,
    pub program: Program,
    /// The variable i; n is the next one.
    pub index: usize,
    pub idle: Mutex<Vec<Work>>,
}

/// The result from the state a, the scalars and n.
pub(super) struct Post {
    pub scope: Scope,
    pub program: Program,
    pub result: usize,
}

pub(super) struct OnDevice {
    pub function: Function,
    pub slots: Mutex<Slots>,
}

impl Reduction {
    /// What is wrong for these types; on a device the map may be CUDA.
    pub(super) fn trial(&self, letters: &[(char, Kind)], on_device: bool) -> Result<()> {
        let variant = self.typed_variant(letters.to_vec())?;
        if on_device {
            Ok(())
        } else {
            variant.map.map(drop)
        }
    }

    pub(super) fn typed_variant(&self, letters: Vec<(char, Kind)>) -> Result<Variant> {
        let definition = &self.definition;
        let mut scope = definition.scope(&letters)?;
        let output = definition.kind(&scope, &definition.outputs[0])?;
        // The place of the mapped value, before i and n; no expression can name it.
        let mapped = scope.add("(mapped)", output.double());
        let index = scope.add("i", Kind::Int64);
        scope.add("n", Kind::Int64);
        let value = self.map.clone().and_then(|map| Ok((scope.typed(&map).map_err(in_text("map"))?, map)));
        let first = value.as_ref().map_or(output, |(typed, _)| typed.kind);
        let (kind, reduce, identity) = self.states(first)?;
        let map = value.and_then(|(_, map)| {
            let value = scope.converted(&map, kind).map_err(in_text("map"))?;
            let assignments = vec![Assignment { variable: mapped, value }];
            let program = Program::new(scope.variables.len(), &assignments);
            Ok(Map { scope: scope.clone(), assignments, program, index, idle: Mutex::default() })
        });
        let mut neutral = State::default();
        let program = Program::of(0, &identity);
        let mut work = Work::new(&program);
        // SAFETY: a program without variables, of one element of at most 16 bytes.
        unsafe {
            work.run(&program, 1);
            let (slot, of) = program.result(0);
            let bytes = of.dtype().map_or(1, DType::size);
            std::ptr::copy_nonoverlapping(work.slot(slot).cast_const(), neutral.pointer_mut(), bytes);
        }
        Ok(Variant {
            map,
            combiner: Combiner::new(kind, neutral, reduce),
            identity,
            post: self.post(&letters, kind, output)?,
            letters,
            device: OnceLock::new(),
        })
    }

    /// The kind of the state, and reduce and identity as values of it.
    fn states(&self, mapped: Kind) -> Result<(Kind, Typed, Typed)> {
        let none = Scope::default();
        let neutral = none.typed(&self.identity).map_err(in_text("identity"))?;
        let mut kind = mapped.double().promote(neutral.kind.double());
        let scope = |kind: Kind| {
            let mut scope = Scope::default();
            scope.add("a", kind);
            scope.add("b", kind);
            scope
        };
        let combined = scope(kind).typed(&self.reduce).map_err(in_text("reduce"))?;
        kind = kind.promote(combined.kind.double());
        let reduce = scope(kind).converted(&self.reduce, kind).map_err(in_text("reduce"))?;
        Ok((kind, reduce, none.converted(&self.identity, kind).map_err(in_text("identity"))?))
    }

    fn post(&self, letters: &[(char, Kind)], state: Kind, output: Kind) -> Result<Post> {
        let definition = &self.definition;
        let mut scope = Scope { letters: letters.to_vec(), ..Scope::default() };
        scope.add("a", state);
        for scalar in &definition.scalars {
            let kind = definition.kind(&scope, scalar)?;
            scope.add(&scalar.name, kind);
        }
        scope.add("n", Kind::Int64);
        let result = scope.add_output(&definition.outputs[0].name, output);
        let assignments = scope.assignments(&self.post).map_err(in_text("post"))?;
        if let Some(name) = scope.unassigned() {
            fail!(Compilation, "post gives {name} no value");
        }
        let program = Program::new(scope.variables.len(), &assignments);
        let result = assignments.iter().position(|a| a.variable == result).unwrap_or(0);
        Ok(Post { scope, program, result })
    }
}
