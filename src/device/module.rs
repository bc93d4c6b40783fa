//! Compiled kernels of a device: compiled once, kept in memory and on disk.

use super::cubin_cache;
use super::device::Device;
use super::driver::{self, check};
use super::nvrtc::{self, Header};
use crate::error::{Error, Result, Status};
use crate::fail;
use cudarc::driver::sys::{self, CUfunction, CUfunction_attribute, CUmodule, CUresult};
use std::collections::hash_map::{Entry, HashMap};
use std::ffi::CStr;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
        self.with(option).compile(architecture).map_err(too_old)
    }

    /// Products are rounded before they are added, as on the host: the numbers are then the same to the bit.
    fn with<'a>(&'a self, option: &'a str) -> Text<'a> {
        Text { name: self.name, text: self.text, headers: self.headers, options: vec!["--fmad=false", option] }
    }
}

/// Options that the compiler refuses were not the host's.
fn too_old(error: Error) -> Error {
    match error.status {
        Status::Option => Error::new(Status::Unsupported, error.message),
        _ => error,
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

/// A source that is known at run time only, with the compiler's options for it.
pub struct Text<'a> {
    /// What the compiler calls it in its messages.
    pub name: &'a str,
    pub text: &'a str,
    /// What it may include.
    pub headers: &'static [Header],
    pub options: Vec<&'a str>,
}

impl Text<'_> {
    /// Machine code for an architecture (compute capability, major and minor); needs NVRTC and no device.
    pub fn compile(&self, architecture: (i32, i32)) -> Result<Vec<u8>> {
        nvrtc::compile(self.name, self.text, self.headers, &self.options(architecture))
    }

    fn options(&self, (major, minor): (i32, i32)) -> Vec<String> {
        let architecture = format!("--gpu-architecture=sm_{major}{minor}");
        let own = [architecture.as_str(), "--std=c++17", "-default-device"];
        own.iter().chain(&self.options).map(|o| o.to_string()).collect()
    }

    /// Everything that the machine code depends on.
    fn describe(&self, architecture: (i32, i32)) -> Result<String> {
        let (major, minor) = nvrtc::version()?;
        let options = self.options(architecture).join(" ");
        let version = env!("CARGO_PKG_VERSION");
        let mut all = format!("dlops {version}, nvrtc {major}.{minor}, {}, {options}", self.name);
        for header in self.headers {
            all.push_str(&format!("\n--- {}\n{}", header.name.to_string_lossy(), header.text));
        }
        all.push_str(&format!("\n---\n{}", self.text));
        Ok(all)
    }
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
    module: Module,
    functions: HashMap<&'static CStr, Function>,
}

/// What is loaded on a device: one module for a source and its compile-time choices.
#[derive(Default)]
pub(super) struct Modules {
    loaded: Mutex<HashMap<(&'static str, &'static str), Loaded>>,
    /// Of texts, by everything that their machine code depends on.
    texts: Mutex<HashMap<String, Module>>,
}

#[derive(Clone, Copy)]
struct Module(CUmodule);

// SAFETY: a driver's handle, which any thread may use.
unsafe impl Send for Module {}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Modules {
    /// Once, when the device goes; its context is current.
    pub(super) fn unload(&self) {
        let own = lock(&self.loaded).drain().map(|(_, loaded)| loaded.module).collect::<Vec<_>>();
        for Module(module) in own.into_iter().chain(lock(&self.texts).drain().map(|(_, module)| module)) {
            // SAFETY: loaded by `load`, and no launch of it can follow.
            let _ = unsafe { sys::cuModuleUnload(module) };
        }
    }
}

impl Device {
    /// The kernel `name` of a source compiled with one option, such as `-DDLOPS_FLOAT32`. Compiles at the first call for
    /// a source and option; later calls allocate nothing.
    pub fn function(&self, source: &'static Source, option: &'static str, name: &'static CStr) -> Result<Function> {
        let mut loaded = lock(&self.modules.loaded);
        let key = (source.name, option);
        let entry = match loaded.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let module = self.module(&source.with(option)).map_err(too_old)?;
                place.insert(Loaded { module, functions: HashMap::new() })
            }
        };
        if let Some(function) = entry.functions.get(name) {
            return Ok(*function);
        }
        let function = self.find(entry.module, name, name, source.name)?;
        entry.functions.insert(name, function);
        Ok(function)
    }

    /// The kernel `name` of a text, which is compiled once in the life of the device and kept on disk as sources are.
    /// Errors of launches call it `label`.
    pub fn text_function(&self, text: &Text, name: &CStr, label: &'static CStr) -> Result<Function> {
        let mut texts = lock(&self.modules.texts);
        let key = text.describe(self.architecture())?;
        let module = match texts.get(&key) {
            Some(known) => *known,
            None => {
                let module = self.module(text)?;
                texts.insert(key, module);
                module
            }
        };
        self.find(module, name, label, text.name)
    }

    fn find(&self, module: Module, name: &CStr, label: &'static CStr, source: &str) -> Result<Function> {
        let _current = self.enter()?;
        let mut raw = std::ptr::null_mut();
        // SAFETY: a loaded module and a string that ends in zero; the driver writes one handle.
        match unsafe { sys::cuModuleGetFunction(&mut raw, module.0, name.as_ptr()) } {
            CUresult::CUDA_ERROR_NOT_FOUND => {
                fail!(Argument, "{source} has no kernel {}; is it extern \"C\" __global__?", name.to_string_lossy())
            }
            code => check(code, || format!("kernel {} of {source}", name.to_string_lossy()))?,
        }
        Ok(Function { raw, name: label })
    }

    /// Lets blocks of a kernel have `bytes` bytes of dynamic shared memory, beyond what a launch may ask for by itself
    /// (48 KiB with the kernel's static memory). Allocates nothing.
    pub fn allow_shared(&self, function: Function, bytes: u32) -> Result<()> {
        use CUfunction_attribute::{CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES as ALLOWED, *};
        let _current = self.enter()?;
        let ask = |attribute: CUfunction_attribute| -> Result<u32> {
            let mut value = 0;
            // SAFETY: a kernel of this device; the driver writes one integer.
            check(unsafe { sys::cuFuncGetAttribute(&mut value, attribute, function.raw) }, || {
                format!("{attribute:?} of kernel {}", function.name())
            })?;
            Ok(value.max(0) as u32)
        };
        if bytes <= ask(ALLOWED)? {
            return Ok(());
        }
        let own = ask(CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES)?;
        let most = self.shared.saturating_sub(own);
        if bytes > most {
            fail!(
                Argument,
                "kernel {} is to have {bytes} bytes of dynamic shared memory in a block, but device {} has {most} for it \
                 ({} less {own} that the kernel has by itself)",
                function.name(),
                self.ordinal(),
                self.shared
            );
        }
        // SAFETY: a kernel of this device, and a size that its blocks can have.
        check(unsafe { sys::cuFuncSetAttribute(function.raw, ALLOWED, bytes as i32) }, || {
            format!("{bytes} bytes of dynamic shared memory for kernel {}", function.name())
        })
    }

    /// Compiles what is not in the cache, and loads it.
    fn module(&self, text: &Text) -> Result<Module> {
        let code = self.code(text)?;
        self.load(&code).or_else(|error| {
            // Code of the cache that this driver refuses is compiled again, once.
            let fresh = self.compile(text)?;
            let again = if fresh == code { Err(error) } else { self.load(&fresh) };
            again.or_else(explain_versions)
        })
    }

    fn load(&self, code: &[u8]) -> Result<Module> {
        let _current = self.enter()?;
        let mut module = std::ptr::null_mut();
        // SAFETY: the driver checks the image, which is not used after the call, and writes one handle.
        check(unsafe { sys::cuModuleLoadData(&mut module, code.as_ptr().cast()) }, || "cuModuleLoadData".into())?;
        Ok(Module(module))
    }

    /// Machine code for this device, from the cache or the compiler.
    fn code(&self, text: &Text) -> Result<Vec<u8>> {
        let stored = match cubin_cache::directory() {
            Some(directory) => cubin_cache::load(&directory, &text.describe(self.architecture())?),
            None => None,
        };
        stored.map_or_else(|| self.compile(text), Ok)
    }

    fn compile(&self, text: &Text) -> Result<Vec<u8>> {
        let code = text.compile(self.architecture())?;
        if let Some(directory) = cubin_cache::directory() {
            cubin_cache::store(&directory, &text.describe(self.architecture())?, &code);
        }
        Ok(code)
    }
}
