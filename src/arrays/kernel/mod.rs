//! Kernels of the host: one text, applied to distributed arrays on the host and on a device.
//!
//! An elementwise kernel gives every element of its outputs a value from the elements at the same place of its inputs; a
//! reduction combines the values of all elements of all ranks to one; a raw kernel is CUDA C++ of the host's own, launched
//! on this rank's memory.

mod definition;
mod elementwise;
mod indices;
mod leaves;
mod raw;
mod reduction;
mod state;
mod variants;

pub use definition::{HostBlock, HostFunction, Options};
pub use raw::Argument;

use super::Array;
use crate::context::Context;
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::fail;
use elementwise::Elementwise;
use raw::Raw;
use reduction::Reduction;
use std::ffi::c_void;
use std::fmt;
use std::sync::Arc;

/// A shared handle; clones are the same kernel.
#[derive(Clone)]
pub struct Kernel(Arc<Inner>);

struct Inner {
    context: Context,
    name: String,
    work: Work,
}

enum Work {
    Elementwise(Box<Elementwise>),
    Reduction(Box<Reduction>),
    Raw(Raw),
}

impl Kernel {
    /// A kernel of statements such as "z = x - y", over parameters such as "float32 x, T y, scalar T a". Collective.
    pub fn elementwise(
        context: &Context,
        inputs: &str,
        outputs: &str,
        body: &str,
        name: &str,
        options: Options,
    ) -> Result<Kernel> {
        let arguments = format!("kernel {name} of ({inputs}) to ({outputs}): {body}; {options}");
        let made = valid_name(name).and_then(|()| Elementwise::new(context, inputs, outputs, body, name, options));
        Kernel::agreed(context, name, made.map(|work| Work::Elementwise(Box::new(work))), &arguments)
    }

    /// A kernel that combines map(x) of all elements by reduce(a, b), from the identity on, and gives post(a).
    /// Collective.
    pub fn reduction(
        context: &Context,
        (inputs, output): (&str, &str),
        texts: ReductionTexts,
        name: &str,
        options: Options,
    ) -> Result<Kernel> {
        let arguments = format!("kernel {name} of ({inputs}) to ({output}): {texts:?}; {options}");
        let made = valid_name(name).and_then(|()| Reduction::new(context, inputs, output, texts, name, options));
        Kernel::agreed(context, name, made.map(|r| Work::Reduction(Box::new(r))), &arguments)
    }

    /// The kernel `name` of a CUDA source. Collective.
    pub fn raw(context: &Context, source: &str, name: &str, options: &str) -> Result<Kernel> {
        let arguments = format!("raw kernel {name} with '{options}': {source}");
        let made = valid_name(name).and_then(|()| Raw::new(context, source, name, options));
        Kernel::agreed(context, name, made.map(Work::Raw), &arguments)
    }

    fn agreed(context: &Context, name: &str, made: Result<Work>, arguments: &str) -> Result<Kernel> {
        let work = context.agree_on(made.map_err(|e| named(name, e)), &arguments)?;
        Ok(Kernel(Arc::new(Inner { context: context.clone(), name: name.into(), work })))
    }

    pub fn context(&self) -> &Context {
        &self.0.context
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The CUDA C++ that is compiled for arrays of these dtypes, inputs before outputs; none of a raw kernel. Local.
    pub fn cuda_text(&self, dtypes: &[DType]) -> Result<String> {
        match &self.0.work {
            Work::Elementwise(work) => work.cuda_text(dtypes),
            Work::Reduction(work) => work.cuda_text(dtypes),
            Work::Raw(_) => fail!(Argument, "kernel '{}' is {self}, whose text is its source", self.name()),
        }
    }

    /// Gives every element of the outputs its value. Local.
    pub fn apply(&self, inputs: &[Array], scalars: &[Scalar], outputs: &[Array]) -> Result<()> {
        match &self.0.work {
            Work::Elementwise(work) => self.named(work.apply(&self.0.context, inputs, scalars, outputs)),
            _ => fail!(Argument, "kernel '{}' is {self}, and only an elementwise one is applied", self.name()),
        }
    }

    /// The value over all elements of all ranks of the inputs' group; an error of any rank is the error of all. Collective.
    pub fn reduce(&self, inputs: Result<Vec<Array>>, scalars: &[Scalar]) -> Result<Scalar> {
        match &self.0.work {
            Work::Reduction(work) => work.reduce(&self.0.context, inputs, scalars),
            _ => fail!(Argument, "kernel '{}' is {self}, and only a reduction reduces", self.name()),
        }
    }

    /// Puts a raw kernel on the context's stream. Local.
    ///
    /// # Safety
    /// As for a CUDA launch: the arguments are of the kernel's parameter types, and it keeps inside the memory that they
    /// name.
    pub unsafe fn launch(&self, grid: [u32; 3], block: [u32; 3], shared: u32, arguments: &[Argument]) -> Result<()> {
        match &self.0.work {
            // SAFETY: the contract of this function.
            Work::Raw(work) => self.named(unsafe { work.launch(&self.0.context, grid, block, shared, arguments) }),
            _ => fail!(Argument, "kernel '{}' is {self}, and only a raw one is launched", self.name()),
        }
    }

    fn named<T>(&self, done: Result<T>) -> Result<T> {
        done.map_err(|e| named(self.name(), e))
    }
}

/// An error that says which kernel it is of.
fn named(name: &str, error: Error) -> Error {
    Error { message: format!("kernel '{name}': {}", error.message), ..error }
}

/// What a reduction is made of.
#[derive(Clone, Copy, Debug)]
pub struct ReductionTexts<'a> {
    /// An expression of the inputs.
    pub map: &'a str,
    /// An expression of a and b, associative and commutative.
    pub reduce: &'a str,
    /// A statement that gives the output its value from a; empty: it is a.
    pub post: &'a str,
    /// What changes nothing: an expression of numbers.
    pub identity: &'a str,
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.work {
            Work::Elementwise(work) => write!(f, "an elementwise kernel {work}"),
            Work::Reduction(work) => write!(f, "a reduction {work}"),
            Work::Raw(_) => write!(f, "a raw kernel"),
        }
    }
}

/// Names stand in compiler messages and, of raw kernels, in the source.
fn valid_name(name: &str) -> Result<()> {
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match letters && name.chars().next().is_some_and(|c| !c.is_ascii_digit()) {
        true => Ok(()),
        false => fail!(Argument, "name is '{name}', expected letters, digits and '_', not beginning with a digit"),
    }
}

/// An address of the host's that a launch reads.
pub type Address = *const c_void;
