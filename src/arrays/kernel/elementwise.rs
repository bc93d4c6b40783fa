//! z(i) := f(x(i), y(i), ..., i) for every element.

use super::definition::{in_text, Definition, HostBlock, HostFunction, Options};
use super::indices::indices;
use super::leaves::{check_overlaps, each_leaf, indexed, is_on_device, walk, Blocks, Named};
use super::variants::Variants;
use crate::arrays::Array;
use crate::context::Context;
use crate::device::{Function, Stream, Text};
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result, Status};
use crate::fail;
use crate::kernels::cuda::expression::{self, Elements, Indices, ARRAYS, HEADERS};
use crate::kernels::expression::cuda::{self, Body, Parameters};
use crate::kernels::expression::parser::{statements, Statement};
use crate::kernels::expression::{Assignment, Kind, Program, Scope, Work, BLOCK};
use std::ffi::CStr;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub(super) struct Elementwise {
    definition: Definition,
    body: String,
    /// The body in the language, or why it is not.
    parsed: Result<Vec<Statement>>,
    host: Option<HostFunction>,
    variants: Variants<Variant>,
}

/// The kernel for arrays of certain dtypes.
struct Variant {
    /// Of inputs, then outputs.
    dtypes: Vec<DType>,
    letters: Vec<(char, Kind)>,
    typed: Result<Typed>,
    device: OnceLock<Result<Function>>,
}

struct Typed {
    scope: Scope,
    assignments: Vec<Assignment>,
    program: Program,
    /// Which assignment is each output's.
    outputs: Vec<usize>,
    /// The variable i; n is the next one.
    index: usize,
    idle: Mutex<Vec<Work>>,
}

impl fmt::Display for Elementwise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.definition.signature(), self.body)
    }
}

impl Elementwise {
    pub fn new(
        context: &Context,
        inputs: &str,
        outputs: &str,
        body: &str,
        name: &str,
        options: Options,
    ) -> Result<Elementwise> {
        let definition = Definition::new(name, inputs, outputs, &options)?;
        definition.check_letters(definition.inputs.iter().chain(&definition.outputs))?;
        let parsed = statements(body).map_err(in_text("body"));
        let kernel =
            Elementwise { definition, body: body.into(), parsed, host: options.host, variants: Variants::default() };
        if kernel.definition.is_concrete() {
            let all = kernel.definition.inputs.iter().chain(&kernel.definition.outputs);
            let dtypes: Vec<DType> = all.filter_map(|p| p.of.dtype()).collect();
            let variant = kernel.variant(&dtypes)?;
            match context.stream() {
                Some(stream) => drop(kernel.function(&variant, stream)?),
                None => kernel.host_half(&variant).map(drop)?,
            }
        } else if context.stream().is_none() && kernel.host.is_none() {
            kernel.definition.try_letters(|letters| kernel.typed(letters))?;
        }
        Ok(kernel)
    }

    pub fn apply(&self, context: &Context, inputs: &[Array], scalars: &[Scalar], outputs: &[Array]) -> Result<()> {
        let definition = &self.definition;
        definition.check_counts(inputs.len(), scalars.len(), outputs.len())?;
        let names = definition.inputs.iter().chain(&definition.outputs).map(|p| p.name.as_str());
        let all: Vec<Named> = names.zip(inputs.iter().chain(outputs)).collect();
        check_overlaps(&all[..inputs.len()], &all[inputs.len()..])?;
        each_leaf(context, &all, &mut |leaves| {
            let mut dtypes = [DType::Float32; ARRAYS];
            dtypes.iter_mut().zip(leaves).for_each(|(d, leaf)| *d = leaf.dtype());
            let variant = self.variant(&dtypes[..leaves.len()])?;
            definition.check_scalars(&variant.letters, scalars)?;
            match is_on_device(leaves) {
                true => self.on_device(&variant, context, leaves, scalars),
                false => self.on_host(&variant, context, leaves, scalars),
            }
        })
    }

    pub fn cuda_text(&self, dtypes: &[DType]) -> Result<String> {
        self.text(&*self.variant(dtypes)?)
    }

    fn variant(&self, dtypes: &[DType]) -> Result<Arc<Variant>> {
        self.variants.get(dtypes, || {
            let parameters = self.definition.inputs.iter().chain(&self.definition.outputs);
            let letters = self.definition.letters(parameters.zip(dtypes.iter().copied()))?;
            let typed = self.typed(&letters);
            Ok(Variant { dtypes: dtypes.to_vec(), letters, typed, device: OnceLock::new() })
        })
    }

    fn typed(&self, letters: &[(char, Kind)]) -> Result<Typed> {
        let statements = self.parsed.as_ref().map_err(Clone::clone)?;
        let mut scope = self.definition.scope(letters)?;
        for output in &self.definition.outputs {
            let kind = self.definition.kind(&scope, output)?;
            scope.add_output(&output.name, kind);
        }
        let index = scope.add("i", Kind::Int64);
        scope.add("n", Kind::Int64);
        let assignments = scope.assignments(statements).map_err(in_text("body"))?;
        if let Some(name) = scope.unassigned() {
            fail!(Compilation, "body gives {name} no value");
        }
        let first = self.definition.inputs.len() + self.definition.scalars.len();
        let of = |variable: usize| assignments.iter().position(|a| a.variable == variable).unwrap_or(0);
        let outputs = (first..first + self.definition.outputs.len()).map(of).collect();
        let program = Program::new(scope.variables.len(), &assignments);
        Ok(Typed { scope, assignments, program, outputs, index, idle: Mutex::default() })
    }

    /// What computes elements on the host; `None`: the function of the host does.
    fn host_half<'a>(&self, variant: &'a Variant) -> Result<Option<&'a Typed>> {
        match (&self.host, &variant.typed) {
            (Some(_), _) => Ok(None),
            (None, Ok(typed)) => Ok(Some(typed)),
            (None, Err(error)) => Err(error.clone()),
        }
    }

    /// The text of the CUDA kernel for a variant.
    fn text(&self, variant: &Variant) -> Result<String> {
        let (definition, letters) = (&self.definition, &variant.letters);
        let [inputs, scalars, outputs] = [&definition.inputs, &definition.scalars, &definition.outputs]
            .map(|list| definition.arguments(letters, list));
        let parameters = Parameters { inputs: &inputs?, scalars: &scalars?, outputs: &outputs? };
        let body = match &variant.typed {
            Ok(typed) => Body::Typed { variables: &typed.scope.variables, assignments: &typed.assignments },
            Err(_) => Body::Cuda { text: &self.body, letters },
        };
        Ok(cuda::elementwise(&definition.name, &definition.preamble, &parameters, &body))
    }

    fn function(&self, variant: &Variant, stream: &Stream) -> Result<Function> {
        let make = || {
            let text = self.text(variant)?;
            let source = source(&self.definition, &text);
            let made = stream.device().text_function(&source, ENTRY, ENTRY);
            made.map_err(|e| beside(e, variant.typed.as_ref().err()))
        };
        variant.device.get_or_init(make).clone()
    }

    fn on_device(&self, variant: &Variant, context: &Context, leaves: &[&Array], scalars: &[Scalar]) -> Result<()> {
        let stream = context.device_stream()?;
        let function = self.function(variant, stream)?;
        let (walk, pointers) = walk(leaves)?;
        let (indices, count) = self.places(variant, leaves)?;
        let elements = Elements { walk: &walk, indices: &indices, count, pointers: &pointers[..leaves.len()], scalars };
        // SAFETY: the text was made for arrays of these dtypes; a body of the host's is the host's to answer for.
        unsafe { expression::elementwise(stream, function, &elements) }
    }

    /// Indices of the elements, where anything asks for them, and the number of all.
    fn places(&self, variant: &Variant, leaves: &[&Array]) -> Result<(Indices, i64)> {
        let space = indexed(leaves);
        let unused = variant.typed.as_ref().is_ok_and(|t| !t.program.reads(t.index)) && self.host.is_none();
        Ok((if unused { Indices::from(0) } else { indices(space)? }, space.global_count()))
    }

    fn on_host(&self, variant: &Variant, context: &Context, leaves: &[&Array], scalars: &[Scalar]) -> Result<()> {
        let half = self.host_half(variant)?;
        let (blocks, (indices, count)) = (Blocks::new(leaves)?, self.places(variant, leaves)?);
        match (half, &self.host) {
            (Some(typed), _) => blocks.on_threads(context, |_, from, to| {
                let mut work = self.work(typed, count, scalars);
                // Nothing of it can fail.
                let _ = blocks.each(from, to, |at, pointers, n| {
                    self.block(typed, &mut work, &indices, at, pointers, n);
                    Ok(())
                });
                typed.idle.lock().unwrap_or_else(PoisonError::into_inner).push(work);
            }),
            (None, Some(function)) => self.by_function(function, &blocks, &indices, &variant.dtypes, scalars),
            (None, None) => fail!(Internal, "a kernel without a host half"),
        }
    }

    /// Slots with the scalars in them.
    fn work(&self, typed: &Typed, count: i64, scalars: &[Scalar]) -> Work {
        let idle = typed.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut work = idle.unwrap_or_else(|| Work::new(&typed.program));
        let first = self.definition.inputs.len();
        for (k, value) in scalars.iter().enumerate() {
            work.set_scalar(first + k, typed.scope.variables[first + k].kind, *value);
        }
        work.set_integers(typed.index + 1, |_| count);
        work
    }

    /// Reads all inputs of a block before it writes an output, which may be the same array.
    fn block(&self, typed: &Typed, work: &mut Work, indices: &Indices, at: usize, pointers: &[*mut u8], n: usize) {
        let inputs = self.definition.inputs.len();
        for (k, pointer) in pointers[..inputs].iter().enumerate() {
            // SAFETY: n elements of an input of the dtype that the program was made for.
            unsafe { work.set_input(k, *pointer) };
        }
        if typed.program.reads(typed.index) {
            fill_indices(work, typed.index, indices, at, n);
        }
        // SAFETY: all variables were set, and n is at most a block.
        unsafe { work.run(&typed.program, n) };
        for (output, pointer) in typed.outputs.iter().zip(&pointers[inputs..]) {
            let (slot, kind) = typed.program.result(*output);
            let bytes = n * kind.dtype().map_or(1, DType::size);
            // SAFETY: n elements of the output's dtype on both sides; results stand in slots of their own.
            unsafe { std::ptr::copy_nonoverlapping(work.slot(slot).cast_const(), *pointer, bytes) };
        }
    }

    /// By the function of the host, on this thread.
    fn by_function(
        &self,
        function: &HostFunction,
        blocks: &Blocks,
        indices: &Indices,
        dtypes: &[DType],
        scalars: &[Scalar],
    ) -> Result<()> {
        let inputs = self.definition.inputs.len();
        let mut numbers = [0; BLOCK];
        blocks.each(0, blocks.count(), |at, pointers, n| {
            numbers[..n].iter_mut().enumerate().for_each(|(k, i)| *i = indices.at((at + k) as i64));
            let mut sources = [std::ptr::null(); ARRAYS];
            sources.iter_mut().zip(&pointers[..inputs]).for_each(|(s, p)| *s = p.cast_const());
            let block = HostBlock {
                count: n,
                indices: &numbers[..n],
                inputs: &sources[..inputs],
                input_dtypes: &dtypes[..inputs],
                scalars,
                outputs: &pointers[inputs..],
                output_dtypes: &dtypes[inputs..],
            };
            match function(&block) {
                0 => Ok(()),
                code => Err(Error::new(Status::Callback, format!("its host function returned {code}"))),
            }
        })
    }
}

const ENTRY: &CStr = c"elementwise";

/// The generated text of a kernel for the compiler.
pub(super) fn source<'a>(definition: &'a Definition, text: &'a str) -> Text<'a> {
    let options = definition.compiler.iter().map(String::as_str).collect();
    Text { name: &definition.name, text, headers: &HEADERS, options }
}

/// A compiler's error, after what the language has against the text.
pub(super) fn beside(error: Error, language: Option<&Error>) -> Error {
    match (error.status, language) {
        (Status::Compilation, Some(language)) => {
            let message = format!("{language}; nor is it CUDA C++: {}", error.message);
            Error { message, ..error }
        }
        _ => error,
    }
}

/// The indices of a block.
pub(super) fn fill_indices(work: &mut Work, variable: usize, indices: &Indices, at: usize, n: usize) {
    // SAFETY: the slot's own memory has room for a block of integers, and n is at most a block.
    let numbers = unsafe { std::slice::from_raw_parts_mut(work.own(variable).cast::<i64>(), n) };
    numbers.iter_mut().enumerate().for_each(|(k, i)| *i = indices.at((at + k) as i64));
}
