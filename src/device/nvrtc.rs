//! CUDA C++ to machine code of one architecture, by NVRTC.

use crate::error::{Error, Result, Status};
use crate::fail;
use cudarc::nvrtc::sys::{self, nvrtcProgram, nvrtcResult};
use std::ffi::{c_char, CStr, CString};
use std::sync::OnceLock;

/// Major and minor version; an error that says what was looked for where there is no NVRTC.
pub(super) fn version() -> Result<(i32, i32)> {
    static ANSWER: OnceLock<std::result::Result<(i32, i32), Error>> = OnceLock::new();
    ANSWER.get_or_init(look).clone()
}

fn look() -> Result<(i32, i32)> {
    // SAFETY: loading the compiler runs its initialisers.
    if !unsafe { sys::is_culib_present() } {
        fail!(Unsupported, "kernels cannot be compiled: libnvrtc.so, libnvrtc.so.13, .12 and .11 cannot be loaded");
    }
    for name in [c"nvrtcGetCUBIN", c"nvrtcGetCUBINSize", c"nvrtcVersion"] {
        // SAFETY: the library was found above, so this does not panic; the symbol is only looked up.
        if unsafe { sys::culib().get::<unsafe extern "C" fn()>(name.to_bytes_with_nul()).is_err() } {
            fail!(Unsupported, "libnvrtc is too old: it has no {}", name.to_string_lossy());
        }
    }
    let (mut major, mut minor) = (0, 0);
    // SAFETY: the library writes two integers.
    check(unsafe { sys::nvrtcVersion(&mut major, &mut minor) }, "nvrtcVersion")?;
    Ok((major, minor))
}

fn check(code: nvrtcResult, what: &str) -> Result<()> {
    match code {
        nvrtcResult::NVRTC_SUCCESS => Ok(()),
        _ => Err(Error::new(Status::Cuda, format!("{what}: {code:?}"))),
    }
}

/// A program that is destroyed with this.
struct Program(nvrtcProgram);

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: made by nvrtcCreateProgram, destroyed once.
        let _ = unsafe { sys::nvrtcDestroyProgram(&mut self.0) };
    }
}

/// A file that a source may include by its name.
pub struct Header {
    pub name: &'static CStr,
    pub text: &'static str,
}

fn text(what: &str, text: &str) -> Result<CString> {
    match CString::new(text) {
        Ok(text) => Ok(text),
        Err(e) => fail!(Argument, "{what} has a zero byte at {}", e.nul_position()),
    }
}

/// Machine code (a cubin) of `source`. What the compiler says about a source that it refuses is in the error's message.
pub(super) fn compile(name: &str, source: &str, headers: &[Header], options: &[String]) -> Result<Vec<u8>> {
    version()?;
    let (source, file) = (text("the source", source)?, text("the name", name)?);
    let contents = headers.iter().map(|h| text("a header", h.text)).collect::<Result<Vec<_>>>()?;
    let contents: Vec<*const c_char> = contents.iter().map(|c| c.as_ptr()).collect();
    let names: Vec<*const c_char> = headers.iter().map(|h| h.name.as_ptr()).collect();
    let options = options.iter().map(|o| text("an option", o)).collect::<Result<Vec<_>>>()?;
    let options: Vec<*const c_char> = options.iter().map(|o| o.as_ptr()).collect();
    let mut program = std::ptr::null_mut();
    // SAFETY: all strings end in zero and outlive the program; counts are the lengths.
    check(
        unsafe {
            sys::nvrtcCreateProgram(
                &mut program,
                source.as_ptr(),
                file.as_ptr(),
                headers.len() as i32,
                contents.as_ptr(),
                names.as_ptr(),
            )
        },
        "nvrtcCreateProgram",
    )?;
    let program = Program(program);
    // SAFETY: a live program and as many options as said.
    let code = unsafe { sys::nvrtcCompileProgram(program.0, options.len() as i32, options.as_ptr()) };
    match code {
        nvrtcResult::NVRTC_SUCCESS => {}
        nvrtcResult::NVRTC_ERROR_COMPILATION => fail!(Compilation, "{name} does not compile:\n{}", log(&program)),
        nvrtcResult::NVRTC_ERROR_INVALID_OPTION => {
            let (major, minor) = version()?;
            fail!(
                Option,
                "NVRTC {major}.{minor} refuses the options of {name}, or is too old for the device:\n{}",
                log(&program)
            )
        }
        _ => fail!(Cuda, "{name}: {code:?}\n{}", log(&program)),
    }
    let mut size = 0;
    // SAFETY: a compiled program; the library writes one size, then as many bytes.
    check(unsafe { sys::nvrtcGetCUBINSize(program.0, &mut size) }, "nvrtcGetCUBINSize")?;
    let mut code = vec![0u8; size];
    // SAFETY: as above.
    check(unsafe { sys::nvrtcGetCUBIN(program.0, code.as_mut_ptr().cast()) }, "nvrtcGetCUBIN")?;
    Ok(code)
}

/// What the compiler said.
fn log(program: &Program) -> String {
    let mut size = 0;
    // SAFETY: a program; the library writes one size, then as many bytes, the last one zero.
    unsafe {
        if sys::nvrtcGetProgramLogSize(program.0, &mut size) != nvrtcResult::NVRTC_SUCCESS {
            return "(without a log)".into();
        }
        let mut log = vec![0u8; size];
        let _ = sys::nvrtcGetProgramLog(program.0, log.as_mut_ptr().cast());
        String::from_utf8_lossy(&log).trim_end_matches(['\0', '\n']).into()
    }
}
