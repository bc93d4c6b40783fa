//! Values of a reduction: on the host, on a device, and the result of all ranks.

use super::variant::{Map, OnDevice, Post, Variant};
use super::Reduction;
use crate::arrays::kernel::elementwise::{beside, fill_indices, source};
use crate::arrays::kernel::indices::indices;
use crate::arrays::kernel::leaves::{indexed, walk, Blocks};
use crate::arrays::kernel::state::{Combiner, State};
use crate::arrays::Array;
use crate::context::Context;
use crate::device::Stream;
use crate::dtype::{DType, Scalar};
use crate::error::{Error, Result};
use crate::kernels::cuda::expression::{self, Elements, Indices};
use crate::kernels::cuda::reduce::Slots;
use crate::kernels::expression::cuda::{self, Argument, Body, Combination, Parameters};
use crate::kernels::expression::{Work, BLOCK};
use std::sync::{Arc, Mutex, PoisonError};

impl Reduction {
    /// On this thread and those of the pool.
    pub(super) fn here(
        &self,
        variant: &Variant,
        context: &Context,
        leaves: &[&Array],
        scalars: &[Scalar],
    ) -> Result<State> {
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
    pub(super) fn there(
        &self,
        variant: &Variant,
        context: &Context,
        leaves: &[&Array],
        scalars: &[Scalar],
    ) -> Result<State> {
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

    pub(super) fn on_device<'a>(&self, variant: &'a Variant, stream: &Arc<Stream>) -> Result<&'a OnDevice> {
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

    pub(super) fn text(&self, variant: &Variant) -> Result<String> {
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
    pub(super) fn result(&self, variant: &Variant, state: State, count: i64, scalars: &[Scalar]) -> Scalar {
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
        kind.dtype().map_or(Scalar::ZERO, |dtype| unsafe { crate::arrays::visit::read(dtype, value.pointer()) })
    }
}
