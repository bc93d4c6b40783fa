//! The iteration table that PyLops users know, on rank 0.

use super::{Event, Method, Solver};
use crate::context::Level;
use crate::dtype::Scalar;
use crate::error::Result;
use std::ffi::CString;

const RULE: &str = "-----------------------------------------------------------------";

/// Writes the head at the start, lines as `show` says, and the foot at the end: to the context's log, or to the
/// standard output of C where there is none.
pub fn table(solver: &Solver, event: Event) -> Result<bool> {
    if solver.context().rank() != 0 {
        return Ok(false);
    }
    match event {
        Event::Start => {
            write(solver, &head(solver));
            write(solver, &line(solver));
        }
        Event::Iteration if wanted(solver) => write(solver, &line(solver)),
        Event::Iteration => {}
        Event::End => write(solver, &foot(solver)),
    }
    Ok(false)
}

fn head(solver: &Solver) -> String {
    let options = solver.options();
    let (rows, columns) = (solver.operator().range().global_count(), solver.operator().domain().global_count());
    let damp = if solver.method() == Method::Cgls { format!("damp = {:.6e}\t", options.damp) } else { String::new() };
    let columns_of = match solver.method() {
        Method::Cg => "    Itn           x[0]              r2norm",
        Method::Cgls => "    Itn          x[0]              r1norm          r2norm",
    };
    format!(
        "{}\n{RULE}\nThe operator {} has {rows} rows and {columns} columns\n{damp}rtol = {:.6e}\tatol = {:.6e}\tniter = {}\n{RULE}\n{columns_of}",
        solver.method().name(),
        solver.operator().name(),
        options.rtol,
        options.atol,
        options.max_iterations
    )
}

/// The first n iterations, the last n of the limit, and every n-th between.
fn wanted(solver: &Solver) -> bool {
    let (k, [first, last, every], limit) = (solver.progress(|p| p.iterations), solver.options().show, solver.options().max_iterations);
    k <= first || limit - k < last || k % every == 0
}

fn line(solver: &Solver) -> String {
    solver.progress(|p| {
        let x = first(p.first, solver.operator().domain().dtype().is_complex());
        match solver.method() {
            Method::Cg => format!("{:>6}        {x}{:>11.4e}", p.iterations, p.norms.residual),
            Method::Cgls => format!("{:>6}        {x}{:>11.4e}     {:>11.4e}", p.iterations, p.norms.residual, p.norms.damped),
        }
    })
}

fn first(x: Scalar, complex: bool) -> String {
    match complex {
        true => format!("{:.1e}{:+.1e}j   ", x.re, x.im),
        false => format!("{:.2e}          ", x.re),
    }
}

fn foot(solver: &Solver) -> String {
    solver.progress(|p| {
        format!("\nIterations = {}        Total time (s) = {:.2}\nStopped: {}\n{RULE}", p.iterations, p.seconds, p.reason.text())
    })
}

fn write(solver: &Solver, text: &str) {
    if solver.context().has_log() {
        return solver.context().log(Level::Info, text);
    }
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: a NUL-terminated format that takes one string; C's own buffer keeps the order of the host's output.
    unsafe { libc::printf(c"%s\n".as_ptr(), text.as_ptr()) };
}
