//! Every kernel of the library, compiled by the real NVRTC for the architectures that GPUs of today have.
//!
//! `DLOPS_CUBINS` names a folder that the machine code is written to, for tools that tell registers and spills. Where
//! there is no NVRTC, or it is one that only stands in for it, the test says that it was skipped.

use dlops::arrays::kernel::{Kernel, Options, ReductionTexts};
use dlops::context::{Context, ContextOptions};
use dlops::device::Text;
use dlops::dtype::DType;
use dlops::error::Status;
use dlops::kernels::cuda;
use dlops::kernels::cuda::expression::HEADERS;
use dlops::kernels::expression::function::{FUNCTIONS, PAIRS};
use std::sync::atomic::{AtomicUsize, Ordering};

/// A100, H100, B200.
const ARCHITECTURES: [(i32, i32); 3] = [(8, 0), (9, 0), (10, 0)];

#[test]
fn every_kernel_compiles_for_every_architecture() {
    let folder = std::env::var_os("DLOPS_CUBINS");
    let sources = cuda::sources();
    let all: Vec<_> = sources
        .iter()
        .flat_map(|(source, options)| options.iter().flat_map(move |o| ARCHITECTURES.map(|a| (*source, *o, a))))
        .collect();
    let (next, compiled) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let compile = || {
        while let Some((source, option, architecture)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            match source.compile(option, *architecture) {
                Ok(code) => {
                    compiled.fetch_add(1, Ordering::Relaxed);
                    if let Some(folder) = &folder {
                        let option = option.trim_start_matches("-DDLOPS_").to_lowercase();
                        let name = format!("{}.{option}.sm_{}{}.cubin", source.name, architecture.0, architecture.1);
                        std::fs::write(std::path::Path::new(folder).join(name), code).unwrap();
                    }
                }
                Err(error) if error.status == Status::Unsupported => {
                    println!("SKIPPED: {error}");
                    assert!(folder.is_none(), "cubins are wanted: {error}");
                    return;
                }
                Err(error) => panic!("{} with {option} for {architecture:?}: {error}", source.name),
            }
        }
    };
    std::thread::scope(|scope| {
        (0..std::thread::available_parallelism().map_or(1, usize::from)).for_each(|_| drop(scope.spawn(compile)));
    });
    println!("{} compilations of {} sources", compiled.into_inner(), sources.len());
}

/// The texts that are written for kernels of users, with every operator and function, for every dtype.
fn texts_of_users() -> Vec<(String, String)> {
    let context = Context::solo(ContextOptions::default()).unwrap();
    let mut list = Vec::new();
    let mut add = |name: String, kernel: Kernel, dtypes: &[DType]| list.push((name, kernel.cuda_text(dtypes).unwrap()));
    for dtype in DType::ALL {
        let complex = dtype.is_complex();
        let elementwise = |body: &str| {
            let options =
                Options { preamble: "__device__ double own(double x) { return x; }".into(), ..Options::default() };
            Kernel::elementwise(&context, "T x, T y, scalar T a, scalar int32 m", "T z, int64 w", body, "k", options)
        };
        let mut body =
            "w = i % n + i / 3 - m; z = x == y ? a * x + y / x - -x : T(!(x != y) && i > 2 || m <= 1);".to_string();
        for (k, (name, _)) in FUNCTIONS.iter().enumerate() {
            let text = format!("T f{k} = real({name}(x));");
            // What complex numbers have no value of is not written.
            if elementwise(&format!("{text} w = 0; z = f{k}"))
                .and_then(|k| k.cuda_text(&[dtype, dtype, dtype, DType::Int64]))
                .is_ok_and(|t| t.contains("_v8 ="))
            {
                body += &text;
            }
        }
        for (k, (name, _)) in PAIRS.iter().enumerate().filter(|(_, (name, _))| !complex || *name == "pow") {
            body += &format!("T p{k} = T(real({name}(x, y)));");
        }
        let name = format!("elementwise.{}", dtype.name());
        let body = if complex {
            body
        } else {
            body.replace("T p13 = T(real(complex(x, y)))", "T p13 = T(imag(complex(x, y)))")
        };
        add(name, elementwise(&body).unwrap(), &[dtype, dtype, dtype, DType::Int64]);
        for (k, (reduce, identity)) in
            [("a + b", "0"), ("a * b", "1"), ("abs(a) > abs(b) ? a : b", "0")].into_iter().enumerate()
        {
            let texts = ReductionTexts { map: "x * y", reduce, post: "y2 = a", identity };
            let kernel = Kernel::reduction(&context, ("T x, T y", "T y2"), texts, "r", Options::default());
            add(format!("reduction{k}.{}", dtype.name()), kernel.unwrap(), &[dtype, dtype]);
        }
    }
    list
}

#[test]
fn kernels_of_users_compile_for_every_architecture() {
    let folder = std::env::var_os("DLOPS_CUBINS");
    for (name, text) in texts_of_users() {
        for architecture in ARCHITECTURES {
            let source = Text { name: &name, text: &text, headers: &HEADERS, options: vec![] };
            match source.compile(architecture) {
                Ok(code) => {
                    if let Some(folder) = &folder {
                        let file = format!("user.{name}.sm_{}{}.cubin", architecture.0, architecture.1);
                        std::fs::write(std::path::Path::new(folder).join(file), code).unwrap();
                    }
                }
                Err(error) if error.status == Status::Unsupported => {
                    println!("SKIPPED: {error}");
                    return;
                }
                Err(error) => panic!("{name} for {architecture:?}: {error}\n{text}"),
            }
        }
    }
}
