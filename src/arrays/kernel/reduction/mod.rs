//! post(map(x_1) . map(x_2) . ...), where . is reduce(a, b): over the elements of a rank, then over ranks.
//!
//! States are accumulated in double precision: int64, float64 or complex128.

mod run;
mod variant;

use super::definition::{in_text, Definition, Options};
use super::leaves::{each_leaf, is_on_device, Named};
use super::state::State;
use super::variants::Variants;
use super::ReductionTexts;
use crate::arrays::Array;
use crate::context::Context;
use crate::dtype::{DType, Scalar};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::expression::ARRAYS;
use crate::kernels::expression::parser::{self, expression, Expression, Statement};
use std::fmt;
use std::sync::Arc;
use variant::Variant;

pub(super) struct Reduction {
    definition: Definition,
    texts: [String; 3],
    /// In the language, or why not: then only a device can do it.
    map: Result<Expression>,
    reduce: Expression,
    identity: Expression,
    post: Vec<Statement>,
    variants: Variants<Variant>,
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
            variants: Variants::default(),
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
        self.variants.get(dtypes, || {
            let letters = self.definition.letters(self.definition.inputs.iter().zip(dtypes.iter().copied()))?;
            self.typed_variant(letters)
        })
    }
}
