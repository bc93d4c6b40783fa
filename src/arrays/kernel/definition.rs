//! What an elementwise kernel and a reduction have in common: parameters, options, and the types that they are used with.

use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::fail;
use crate::kernels::cuda::expression::{ARRAYS, SCALARS};
use crate::kernels::expression::cuda::Argument;
use crate::kernels::expression::{parameters, Kind, Parameter, Scope, Type};
use std::fmt;

/// A part of this rank's elements, contiguous in every array, for a function of the host.
pub struct HostBlock<'a> {
    pub count: usize,
    /// The global index of each element.
    pub indices: &'a [i64],
    pub inputs: &'a [*const u8],
    pub input_dtypes: &'a [DType],
    pub scalars: &'a [Scalar],
    pub outputs: &'a [*mut u8],
    pub output_dtypes: &'a [DType],
}

/// Computes a block; 0, or another number for a failure.
pub type HostFunction = Box<dyn Fn(&HostBlock) -> i32 + Send + Sync>;

/// What a kernel may have beside its texts.
#[derive(Default)]
pub struct Options {
    /// CUDA C++ that stands before the kernel: functions that its body calls.
    pub preamble: String,
    /// Of the compiler, between spaces.
    pub compiler: String,
    /// Computes elements of host arrays in place of the body.
    pub host: Option<HostFunction>,
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "preamble '{}', compiler '{}', host function: {}", self.preamble, self.compiler, self.host.is_some())
    }
}

pub(super) struct Definition {
    pub name: String,
    pub inputs: Vec<Parameter>,
    pub scalars: Vec<Parameter>,
    pub outputs: Vec<Parameter>,
    pub preamble: String,
    pub compiler: Vec<String>,
}

/// Says in which text a place is.
pub(super) fn in_text(what: &str) -> impl Fn(Error) -> Error + '_ {
    move |e| Error { message: format!("{what}, {}", e.message), ..e }
}

impl Definition {
    pub fn new(name: &str, inputs: &str, outputs: &str, options: &Options) -> Result<Definition> {
        let (scalars, arrays): (Vec<_>, Vec<_>) =
            parameters(inputs).map_err(in_text("inputs"))?.into_iter().partition(|p| p.scalar);
        let outputs = parameters(outputs).map_err(in_text("outputs"))?;
        if let Some(wrong) = outputs.iter().find(|p| p.scalar) {
            fail!(Argument, "output {} is a scalar; a reduction gives numbers", wrong.name);
        }
        if let Some(twice) = outputs.iter().find(|p| arrays.iter().chain(&scalars).any(|q| q.name == p.name)) {
            fail!(
                Argument,
                "{} is an input and an output; give them two names and pass one array for both",
                twice.name
            );
        }
        if outputs.is_empty() || arrays.len() + outputs.len() > ARRAYS || scalars.len() > SCALARS {
            fail!(
                Argument,
                "a kernel of {} inputs, {} outputs and {} scalars; expected an output, at most {ARRAYS} arrays and {SCALARS} \
                 scalars",
                arrays.len(),
                outputs.len(),
                scalars.len()
            );
        }
        let (name, preamble) = (name.to_string(), options.preamble.clone());
        let compiler = options.compiler.split_whitespace().map(String::from).collect();
        Ok(Definition { name, inputs: arrays, scalars, outputs, preamble, compiler })
    }

    /// Whether all types are known before there are arrays.
    pub fn is_concrete(&self) -> bool {
        self.inputs.iter().chain(&self.outputs).all(|p| matches!(p.of, Type::One(_)))
    }

    /// An error where the letter of a scalar's type is no array's, among these.
    pub fn check_letters<'a>(&self, arrays: impl Iterator<Item = &'a Parameter> + Clone) -> Result<()> {
        for p in self.scalars.iter().chain(&self.outputs).filter(|p| matches!(p.of, Type::Any(_))) {
            if !arrays.clone().any(|q| q.of == p.of) {
                fail!(Argument, "the type {} of {} is not that of an array", p.of.name(), p.name);
            }
        }
        Ok(())
    }

    /// Whether something can be typed for one meaning of the letters at least; else the error for real numbers.
    pub fn try_letters<T>(&self, typed: impl Fn(&[(char, Kind)]) -> Result<T>) -> Result<()> {
        let all = |kind: Kind| -> Vec<(char, Kind)> {
            let parameters = self.inputs.iter().chain(&self.scalars).chain(&self.outputs);
            let letters = parameters.filter_map(|p| match p.of {
                Type::Any(letter) => Some((letter, kind)),
                Type::One(_) => None,
            });
            letters.collect()
        };
        let error = match typed(&all(Kind::Float64)) {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        let others = [Kind::Complex128, Kind::Int64];
        if others.into_iter().any(|kind| typed(&all(kind)).is_ok()) {
            return Ok(());
        }
        Err(error)
    }

    /// What the letters stand for, with arrays of these dtypes.
    pub fn letters<'a>(&'a self, arrays: impl Iterator<Item = (&'a Parameter, DType)>) -> Result<Vec<(char, Kind)>> {
        let mut letters: Vec<(char, Kind)> = Vec::new();
        for (parameter, dtype) in arrays {
            let kind = Kind::from(dtype);
            let wanted = match parameter.of {
                Type::One(wanted) => Kind::from(wanted),
                Type::Any(letter) => match letters.iter().find(|(l, _)| *l == letter) {
                    Some((_, known)) => *known,
                    None => {
                        letters.push((letter, kind));
                        kind
                    }
                },
            };
            if wanted != kind {
                let (name, of) = (&parameter.name, parameter.of.name());
                fail!(DType, "{name} is {}, but its type {of} is {}", dtype.name(), wanted.name());
            }
        }
        Ok(letters)
    }

    /// Inputs and scalars as the names of a scope.
    pub fn scope(&self, letters: &[(char, Kind)]) -> Result<Scope> {
        let mut scope = Scope { letters: letters.to_vec(), ..Scope::default() };
        for parameter in self.inputs.iter().chain(&self.scalars) {
            let kind = self.kind(&scope, parameter)?;
            scope.add(&parameter.name, kind);
        }
        Ok(scope)
    }

    pub fn kind(&self, scope: &Scope, parameter: &Parameter) -> Result<Kind> {
        match scope.kind_of(parameter.of) {
            Some(kind) => Ok(kind),
            None => fail!(DType, "the type {} of {} is not known", parameter.of.name(), parameter.name),
        }
    }

    /// Parameters as those of a CUDA kernel.
    pub fn arguments(&self, letters: &[(char, Kind)], list: &[Parameter]) -> Result<Vec<Argument>> {
        let scope = Scope { letters: letters.to_vec(), ..Scope::default() };
        list.iter().map(|p| Ok(Argument { name: p.name.clone(), kind: self.kind(&scope, p)? })).collect()
    }

    /// An error where there are more or fewer arrays or numbers than parameters.
    pub fn check_counts(&self, inputs: usize, scalars: usize, outputs: usize) -> Result<()> {
        let check = |given: usize, wanted: usize, what: &str| match given == wanted {
            true => Ok(()),
            false => fail!(Argument, "{given} {what}, expected {wanted}"),
        };
        check(inputs, self.inputs.len(), "inputs")?;
        check(scalars, self.scalars.len(), "scalars")?;
        check(outputs, self.outputs.len(), "outputs")
    }

    /// An error where a number has an imaginary part that its parameter has no place for.
    pub fn check_scalars(&self, letters: &[(char, Kind)], values: &[Scalar]) -> Result<()> {
        let scope = Scope { letters: letters.to_vec(), ..Scope::default() };
        for (p, value) in self.scalars.iter().zip(values) {
            let kind = self.kind(&scope, p)?;
            if !value.is_real() && !kind.is_complex() {
                fail!(DType, "scalar {} is {} + {}i, but its type is {}", p.name, value.re, value.im, kind.name());
            }
        }
        Ok(())
    }

    /// Inputs and outputs as a signature, for texts.
    pub fn signature(&self) -> String {
        let list = |parameters: &[Parameter]| {
            let words = parameters.iter().map(|p| {
                let scalar = if p.scalar { "scalar " } else { "" };
                format!("{scalar}{} {}", p.of.name(), p.name)
            });
            words.collect::<Vec<_>>().join(", ")
        };
        let all = [self.inputs.as_slice(), &self.scalars].concat();
        format!("of ({}) to ({})", list(&all), list(&self.outputs))
    }
}
