//! post(map(x_1) . map(x_2) . ...), where . is reduce(a, b): over the elements of a rank, then over ranks.
//!
//! States are accumulated in double precision: int64, float64 or complex128.

use super::definition::{in_text, Definition, Options};
use super::elementwise::{beside, fill_indices, source};
use super::indices::indices;
use super::leaves::{each_leaf, indexed, is_on_device, walk, Blocks, Named};
use super::state::{Combiner, State};
use super::ReductionTexts;
use crate::arrays::Array;
use crate::context::Context;
use crate::device::{Function, Stream};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::fail;
use crate::kernels::cuda::expression::{self, Elements, Indices, ARRAYS};
use crate::kernels::cuda::reduce::Slots;
use crate::kernels::expression::cuda::{self, Argument, Body, Combination, Parameters};
use crate::kernels::expression::parser::{self, expression, Expression, Statement};
use crate::kernels::expression::{Assignment, Kind, Program, Scope, Typed, Work, BLOCK};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub(super) struct Reduction {
    definition: Definition,
    texts: [String; 3],
    /// In the language, or why not: then only a device can do it.
    map: Result<Expression>,
    reduce: Expression,
    identity: Expression,
    post: Vec<Statement>,
    variants: Mutex<Vec<Arc<Variant>>>,
}

/// The kernel for arrays of certain dtypes.
struct Variant {
    dtypes: Vec<DType>,
    letters: Vec<(char, Kind)>,
    map: Result<Map>,
    combiner: Combiner,
    identity: Typed,
    post: Post,
    device: OnceLock<Result<OnDevice>>,
}

/// Values of elements, of the state's kind.
struct Map {
    scope: Scope,
    assignments: Vec<Assignment>,
    program: Program,
    /// The variable i; n is the next one.
    index: usize,
    idle: Mutex<Vec<Work>>,
}

/// The result from the state a, the scalars and n.
struct Post {
    scope: Scope,
    program: Program,
    result: usize,
}

struct OnDevice {
    function: Function,
    slots: Mutex<Slots>,
}

impl fmt::Display for Reduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [map, reduce, post] = &self.texts;
        write!(f, "{}: map {map}, reduce {reduce}, {post}", self.definition.signature())
    }
}

impl Reduction {
    pub fn new(
        context: &Context,
        inputs: &str,
        output: &str,
        texts: ReductionTexts,
        name: &str,
        options: Options,
    ) -> Result<Reduction> {
        let definition = Definition::new(name, inputs, output, &options)?;
        if options.host.is_some() {
            fail!(Option, "a reduction takes no function of the host");
        }
        if definition.outputs.len() != 1 || definition.inputs.is_empty() {
            let (inputs, outputs) = (definition.inputs.len(), definition.outputs.len());
            fail!(Argument, "a reduction of {inputs} arrays to {outputs} outputs, expected arrays and one output");
        }
        if let Some(p) = definition.scalars.iter().chain(&definition.outputs).find(|p| p.name == "a" || p.name == "b") {
            fail!(Argument, "{} is the name of a state in a reduction, and not free for a scalar or an output", p.name);
        }
        definition.check_letters(definition.inputs.iter())?;
        let post = match texts.post.trim() {
            "" => format!("{} = a", definition.outputs[0].name),
            given => given.to_string(),
        };
        let kernel = Reduction {
            map: expression(texts.map).map_err(in_text("map")),
            reduce: expression(texts.reduce).map_err(in_text("reduce"))?,
            identity: expression(texts.identity).map_err(in_text("identity"))?,
            post: parser::statements(&post).map_err(in_text("post"))?,
            texts: [texts.map.into(), texts.reduce.into(), post],
            definition,
            variants: Mutex::default(),
        };
        match (&kernel.map, context.stream()) {
            (Err(error), None) => return Err(error.clone()),
            _ if kernel.definition.inputs.iter().all(|p| p.of.dtype().is_some()) => {
                let dtypes: Vec<DType> = kernel.definition.inputs.iter().filter_map(|p| p.of.dtype()).collect();
                let variant = kernel.variant(&dtypes)?;
                match (context.stream(), &variant.map) {
                    (Some(stream), _) => drop(kernel.on_device(&variant, stream)?),
                    (None, Err(error)) => return Err(error.clone()),
                    (None, Ok(_)) => {}
                }
            }
            (_, stream) => kernel.definition.try_letters(|letters| kernel.trial(letters, stream.is_some()))?,
        }
        Ok(kernel)
    }

    /// Collective over the context.
    pub fn reduce(&self, context: &Context, inputs: Result<Vec<Array>>, scalars: &[Scalar]) -> Result<Scalar> {
        let own = inputs.and_then(|inputs| {
            self.definition.check_counts(inputs.len(), scalars.len(), 1)?;
            let (variant, state, count) = self.local(context, &inputs, scalars)?;
            Ok((variant, state, count, inputs))
        });
        let named = own.map_err(|e| super::named(&self.definition.name, e));
        let (variant, state, count, inputs) = context.agree(named)?;
        let reducer = inputs[0].space().reducer();
        let all = variant.combiner.over_ranks(reducer, state, context.deterministic())?;
        Ok(self.result(&variant, all, count, scalars))
    }

    /// This rank's state, and the number of elements of all ranks.
    fn local(&self, context: &Context, inputs: &[Array], scalars: &[Scalar]) -> Result<(Arc<Variant>, State, i64)> {
        let named: Vec<Named> = self.definition.inputs.iter().map(|p| p.name.as_str()).zip(inputs).collect();
        let silent = inputs[0].space().reducer().is_replicated();
        let mut found: Option<(Arc<Variant>, State)> = None;
        each_leaf(context, &named, &mut |leaves| {
            let mut dtypes = [DType::Float32; ARRAYS];
            dtypes.iter_mut().zip(leaves).for_each(|(d, leaf)| *d = leaf.dtype());
            let variant = self.variant(&dtypes[..leaves.len()])?;
            self.definition.check_scalars(&variant.letters, scalars)?;
            let counts = silent || leaves[0].space().reducer().counts();
            let own = match is_on_device(leaves) {
                _ if !counts || leaves[0].local_count() == 0 => {
                    // What would be refused elsewhere is refused here too.
                    if !is_on_device(leaves) {
                        variant.map.as_ref().map_err(Clone::clone)?;
                    }
                    variant.combiner.identity
                }
                true => self.there(&variant, context, leaves, scalars)?,
                false => self.here(&variant, context, leaves, scalars)?,
            };
            found = Some(match found.take() {
                None => (variant, own),
                Some((first, before)) if first.combiner.kind == variant.combiner.kind => {
                    let all = first.combiner.together(before, own);
                    (first, all)
                }
                Some((first, _)) => fail!(
                    DType,
                    "components whose values are {} and {}",
                    first.combiner.kind.name(),
                    variant.combiner.kind.name()
                ),
            });
            Ok(())
        })?;
        let Some((variant, state)) = found else { fail!(Space, "{} is of an empty product", named[0].0) };
        Ok((variant, state, inputs[0].space().global_count()))
    }

    pub fn cuda_text(&self, dtypes: &[DType]) -> Result<String> {
        self.text(&*self.variant(dtypes)?)
    }

    fn variant(&self, dtypes: &[DType]) -> Result<Arc<Variant>> {
        let mut variants = self.variants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = variants.iter().find(|v| v.dtypes == dtypes) {
            return Ok(known.clone());
        }
        let variant = Arc::new(self.new_variant(dtypes)?);
        variants.push(variant.clone());
        Ok(variant)
    }

    fn new_variant(&self, dtypes: &[DType]) -> Result<Variant> {
        let letters = self.definition.letters(self.definition.inputs.iter().zip(dtypes.iter().copied()))?;
        self.typed_variant(dtypes, letters)
    }

    /// What is wrong for these types; on a device the map may be CUDA.
    fn trial(&self, letters: &[(char, Kind)], on_device: bool) -> Result<()> {
        let variant = self.typed_variant(&[], letters.to_vec())?;
        if on_device {
            Ok(())
        } else {
            variant.map.map(drop)
        }
    }

    fn typed_variant(&self, dtypes: &[DType], letters: Vec<(char, Kind)>) -> Result<Variant> {
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
            dtypes: dtypes.to_vec(),
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

    /// On this thread and those of the pool.
    fn here(&self, variant: &Variant, context: &Context, leaves: &[&Array], scalars: &[Scalar]) -> Result<State> {
        let map = variant.map.as_ref().map_err(Clone::clone)?;
        let (blocks, combiner, space) = (Blocks::new(leaves)?, &variant.combiner, indexed(leaves));
        let reads = map.program.reads(map.index);
        let places = if reads { indices(space)? } else { Indices::from(0) };
        let states = Mutex::new(vec![combiner.identity; context.threads().len()]);
        blocks.on_threads(context, |thread, from, to| {
            let mut work = self.work(map, space.global_count(), scalars);
            // One state for each place of a block; aligned for all kinds.
            let mut lanes = vec![State::default(); BLOCK];
            let own = lanes.as_mut_ptr().cast::<u8>();
            for k in 0..BLOCK {
                // SAFETY: the k-th of a block of states, each of at most 16 bytes.
                unsafe {
                    let place = own.add(k * combiner.size());
                    std::ptr::copy_nonoverlapping(combiner.identity.pointer(), place, combiner.size());
                }
            }
            combiner.with_work(|room| {
                // Nothing of it can fail.
                let _ = blocks.each(from, to, |at, pointers, n| {
                    // SAFETY: n elements of inputs of the dtypes that the program was made for, at most a block.
                    unsafe {
                        pointers.iter().enumerate().for_each(|(k, p)| work.set_input(k, *p));
                        if reads {
                            fill_indices(&mut work, map.index, &places, at, n);
                        }
                        work.run(&map.program, n);
                        combiner.combine(room, own, work.slot(map.program.result(0).0), n);
                    }
                    Ok(())
                });
            });
            // SAFETY: a block of states.
            let state = unsafe { combiner.fold(own) };
            states.lock().unwrap_or_else(PoisonError::into_inner)[thread] = state;
            map.idle.lock().unwrap_or_else(PoisonError::into_inner).push(work);
        })?;
        let states = states.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(states.into_iter().fold(combiner.identity, |a, b| combiner.together(a, b)))
    }

    fn work(&self, map: &Map, count: i64, scalars: &[Scalar]) -> Work {
        let idle = map.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut work = idle.unwrap_or_else(|| Work::new(&map.program));
        let first = self.definition.inputs.len();
        for (k, value) in scalars.iter().enumerate() {
            work.set_scalar(first + k, map.scope.variables[first + k].kind, *value);
        }
        work.set_integers(map.index + 1, |_| count);
        work
    }

    /// On the device; waits for it.
    fn there(&self, variant: &Variant, context: &Context, leaves: &[&Array], scalars: &[Scalar]) -> Result<State> {
        let stream = context.device_stream()?;
        let OnDevice { function, slots } = self.on_device(variant, stream)?;
        let slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
        let (walk, pointers) = walk(leaves)?;
        let (space, unused) = (indexed(leaves), variant.map.as_ref().is_ok_and(|m| !m.program.reads(m.index)));
        let elements = Elements {
            walk: &walk,
            indices: &if unused { Indices::from(0) } else { indices(space)? },
            count: space.global_count(),
            pointers: &pointers[..leaves.len()],
            scalars,
        };
        let mut state = State::default();
        // SAFETY: the text was made for arrays of these dtypes; a state of at most 16 bytes is copied to as many, and
        // waited for.
        unsafe {
            expression::reduction(&slots, *function, &elements)?;
            stream.copy_out(state.pointer_mut(), slots.slot(0), variant.combiner.size())?;
        }
        stream.synchronize()?;
        Ok(state)
    }

    fn on_device<'a>(&self, variant: &'a Variant, stream: &Arc<Stream>) -> Result<&'a OnDevice> {
        let make = || {
            let text = self.text(variant)?;
            let function = stream.device().text_function(&source(&self.definition, &text), c"reduction", c"reduction");
            let function = function.map_err(|e| beside(e, variant.map.as_ref().err()))?;
            let slots = Slots::new(stream, 1, false)?;
            slots.clear()?;
            Ok(OnDevice { function, slots: Mutex::new(slots) })
        };
        variant.device.get_or_init(make).as_ref().map_err(Error::clone)
    }

    fn text(&self, variant: &Variant) -> Result<String> {
        let definition = &self.definition;
        let inputs = definition.arguments(&variant.letters, &definition.inputs)?;
        let scalars = definition.arguments(&variant.letters, &definition.scalars)?;
        let outputs = [Argument { name: "_mapped".into(), kind: variant.combiner.kind }];
        let assigned = format!("_mapped = dlops::Into<_State>::of({});", self.texts[0]);
        let body = match &variant.map {
            Ok(map) => Body::Typed { variables: &map.scope.variables, assignments: &map.assignments },
            Err(_) => Body::Cuda { text: &assigned, letters: &variant.letters },
        };
        let parameters = Parameters { inputs: &inputs, scalars: &scalars, outputs: &outputs };
        let Combiner { kind, reduce, .. } = &variant.combiner;
        let combination = Combination { kind: *kind, identity: &variant.identity, reduce };
        Ok(cuda::reduction(&definition.name, &definition.preamble, &parameters, &body, &combination))
    }

    /// post(a), rounded to the type of the output.
    fn result(&self, variant: &Variant, state: State, count: i64, scalars: &[Scalar]) -> Scalar {
        let Post { scope, program, result } = &variant.post;
        let mut work = Work::new(program);
        for (k, value) in scalars.iter().enumerate() {
            work.set_scalar(1 + k, scope.variables[1 + k].kind, *value);
        }
        work.set_integers(1 + scalars.len(), |_| count);
        let mut value = State::default();
        let (slot, kind) = program.result(*result);
        // SAFETY: the state is of the kind of the first variable; the result has at most 16 bytes.
        unsafe {
            work.set_input(0, state.pointer());
            work.run(program, 1);
            let bytes = kind.dtype().map_or(1, DType::size);
            std::ptr::copy_nonoverlapping(work.slot(slot).cast_const(), value.pointer_mut(), bytes);
        }
        // SAFETY: an element of the dtype stands there.
        kind.dtype().map_or(Scalar::ZERO, |dtype| unsafe { crate::arrays::verbs::read(dtype, value.pointer()) })
    }
}
