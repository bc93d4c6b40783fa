//! CUDA C++ of the host's own, launched on this rank's memory.

use super::Address;
use crate::arrays::{Array, Memory};
use crate::context::Context;
use crate::device::{Function, Text};
use crate::error::Result;
use crate::fail;
use crate::kernels::cuda::expression::HEADERS;
use std::ffi::{c_void, CString};

/// What a launch passes for a parameter.
pub enum Argument {
    /// The address of this rank's first element.
    Array(Array),
    /// The value at an address of the host, of the parameter's type.
    Value(Address),
}

pub(super) struct Raw {
    function: Function,
}

impl Raw {
    pub fn new(context: &Context, source: &str, name: &str, options: &str) -> Result<Raw> {
        let Some(stream) = context.stream() else {
            fail!(Unsupported, "a raw kernel needs a context with a device");
        };
        let Ok(entry) = CString::new(name) else { fail!(Argument, "name has a zero byte") };
        let text = Text { name, text: source, headers: &HEADERS, options: options.split_whitespace().collect() };
        Ok(Raw { function: stream.device().text_function(&text, &entry, c"of the host")? })
    }

    /// Puts the kernel on the context's stream. Local.
    ///
    /// # Safety
    /// The arguments are of the kernel's parameter types, and it keeps inside the memory that they name.
    pub unsafe fn launch(
        &self,
        context: &Context,
        grid: [u32; 3],
        block: [u32; 3],
        shared: u32,
        arguments: &[Argument],
    ) -> Result<()> {
        let mut addresses = Vec::with_capacity(arguments.len());
        for (k, argument) in arguments.iter().enumerate() {
            addresses.push(match argument {
                Argument::Value(address) => {
                    if address.is_null() {
                        fail!(NullPointer, "value of argument {k} is NULL");
                    }
                    0
                }
                Argument::Array(array) => {
                    if array.space().context() != context {
                        fail!(Context, "argument {k} is an array of another context than the kernel");
                    }
                    if array.space().memory() != Memory::Cuda || array.space().is_product() {
                        fail!(Space, "argument {k} is an array of {}; expected one in device memory", array.space());
                    }
                    array.leaf()?.pointer() as u64
                }
            });
        }
        let mut list: Vec<*mut c_void> = arguments
            .iter()
            .zip(&addresses)
            .map(|(argument, address)| match argument {
                Argument::Value(value) => value.cast_mut(),
                Argument::Array(_) => (&raw const *address).cast_mut().cast(),
            })
            .collect();
        let stream = context.device_stream()?;
        stream.device().allow_shared(self.function, shared)?;
        // SAFETY: the contract of this function.
        unsafe { stream.launch(self.function, grid, block, shared, &mut list) }
    }
}
