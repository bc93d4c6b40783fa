//! Compiled kernels of a device: compiled once, kept in memory and on disk.

use super::cubin_cache;
use super::device::Device;
use super::driver::{self, check};
use super::nvrtc::{self, Header};
use crate::error::{Error, Result};
use crate::fail;
use cudarc::driver::sys::{self, CUfunction, CUmodule};
use std::collections::hash_map::{Entry, HashMap};
use std::ffi::CStr;
use std::sync::{Mutex, PoisonError};

/// A file of kernels inside the library.
pub struct Source {
    pub name: &'static str,
    pub text: &'static str,
    /// What it may include.
    pub headers: &'static [Header],
}

impl Source {
    /// Machine code for an architecture (compute capability, major and minor); needs NVRTC and no device.
    pub fn compile(&self, option: &str, architecture: (i32, i32)) -> Result<Vec<u8>> {
        nvrtc::compile(self.name, self.text, self.headers, &options(option, architecture))
    }
}

/// A driver need not know what a later major version of the compiler writes; then that is what is wrong.
fn explain_versions<T>(error: Error) -> Result<T> {
    let (driver, (major, minor)) = (driver::release()?, nvrtc::version()?);
    if major <= driver / 1000 {
        return Err(error);
    }
    fail!(
        Unsupported,
        "the CUDA driver, of CUDA {}, refuses kernels that NVRTC {major}.{minor} compiled: a driver of CUDA {major}, or an \
         NVRTC of CUDA {} is needed ({error})",
        driver::written(driver),
        driver / 1000
    )
}

/// Products are rounded before they are added, as on the host: the numbers are then the same to the bit.
fn options(option: &str, (major, minor): (i32, i32)) -> Vec<String> {
    let architecture = format!("--gpu-architecture=sm_{major}{minor}");
    vec![architecture, "--std=c++17".into(), "--fmad=false".into(), "-default-device".into(), option.into()]
}

/// A kernel that is ready to be launched on its device.
#[derive(Clone, Copy)]
pub struct Function {
    raw: CUfunction,
    name: &'static CStr,
}

// SAFETY: a driver's handle, which any thread may use.
unsafe impl Send for Function {}
// SAFETY: as above.
unsafe impl Sync for Function {}

impl Function {
    pub(super) fn raw(&self) -> CUfunction {
        self.raw
    }

    pub fn name(&self) -> String {
        self.name.to_string_lossy().into_owned()
    }
}

struct Loaded {
    module: CUmodule,
    functions: HashMap<&'static CStr, Function>,
}

/// What is loaded on a device: one module for a source and its compile-time choices.
#[derive(Default)]
pub(super) struct Modules {
    loaded: Mutex<HashMap<(&'static str, &'static str), Loaded>>,
}

impl Modules {
    /// Once, when the device goes; its context is current.
    pub(super) fn unload(&self) {
        for (_, loaded) in self.loaded.lock().unwrap_or_else(PoisonError::into_inner).drain() {
            // SAFETY: loaded by `load`, and no launch of it can follow.
            let _ = unsafe { sys::cuModuleUnload(loaded.module) };
        }
    }
}

impl Device {
    /// The kernel `name` of a source compiled with one option, such as `-DDLOPS_FLOAT32`. Compiles at the first call for
    /// a source and option; later calls allocate nothing.
    pub fn function(&self, source: &'static Source, option: &'static str, name: &'static CStr) -> Result<Function> {
        let mut loaded = self.modules.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (source.name, option);
        let entry = match loaded.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let code = self.code(source, option)?;
                let module = self.load(&code).or_else(|error| {
                    // Code of the cache that this driver refuses is compiled again, once.
                    let fresh = self.compile(source, option)?;
                    let again = if fresh == code { Err(error) } else { self.load(&fresh) };
                    again.or_else(explain_versions)
                })?;
                place.insert(Loaded { module, functions: HashMap::new() })
            }
        };
        if let Some(function) = entry.functions.get(name) {
            return Ok(*function);
        }
        let _current = self.enter()?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: a loaded module and a string that ends in zero; the driver writes one handle.
        check(unsafe { sys::cuModuleGetFunction(&mut raw, entry.module, name.as_ptr()) }, || {
            format!("kernel {} of {}", name.to_string_lossy(), source.name)
        })?;
        let function = Function { raw, name };
        entry.functions.insert(name, function);
        Ok(function)
    }

    fn load(&self, code: &[u8]) -> Result<CUmodule> {
        let _current = self.enter()?;
        let mut module = std::ptr::null_mut();
        // SAFETY: the driver checks the image, which is not used after the call, and writes one handle.
        check(unsafe { sys::cuModuleLoadData(&mut module, code.as_ptr().cast()) }, || "cuModuleLoadData".into())?;
        Ok(module)
    }

    /// Machine code for this device, from the cache or the compiler.
    fn code(&self, source: &Source, option: &str) -> Result<Vec<u8>> {
        let stored = match cubin_cache::directory() {
            Some(directory) => cubin_cache::load(&directory, &self.describe(source, option)?),
            None => None,
        };
        stored.map_or_else(|| self.compile(source, option), Ok)
    }

    fn compile(&self, source: &Source, option: &str) -> Result<Vec<u8>> {
        let code = source.compile(option, self.architecture())?;
        if let Some(directory) = cubin_cache::directory() {
            cubin_cache::store(&directory, &self.describe(source, option)?, &code);
        }
        Ok(code)
    }

    /// Everything that the machine code depends on.
    fn describe(&self, source: &Source, option: &str) -> Result<String> {
        let (major, minor) = nvrtc::version()?;
        let options = options(option, self.architecture()).join(" ");
        let version = env!("CARGO_PKG_VERSION");
        let mut all = format!("dlops {version}, nvrtc {major}.{minor}, {}, {options}", source.name);
        for header in source.headers {
            all.push_str(&format!("\n--- {}\n{}", header.name.to_string_lossy(), header.text));
        }
        all.push_str(&format!("\n---\n{}", source.text));
        Ok(all)
    }
}
