//! The iteration table that PyLops users know, on rank 0.

use super::{Event, Method, Solver};
use crate::context::Level;
use crate::error::Result;
use std::ffi::CString;

/// Writes the head at the start, lines as `show` says, and the foot at the end: to the context's log, or to the
/// standard output of C where there is none.
pub fn table(solver: &Solver, event: Event) -> Result<bool> {
    if solver.context().rank() != 0 {
        return Ok(false);
    }
    match event {
        Event::Start => write(solver, &head(solver)),
        Event::Iteration if wanted(solver) => write(solver, &line(solver)),
        Event::Iteration => {}
        Event::End => write(solver, &foot(solver)),
    }
    Ok(false)
}

fn is_complex(solver: &Solver) -> bool {
    solver.operator().domain().dtype().is_complex()
}

fn rule(solver: &Solver) -> String {
    "-".repeat(if solver.method() == Method::Cg { 55 } else { 65 })
}

fn head(solver: &Solver) -> String {
    let (options, operator, rule) = (solver.options(), solver.operator(), rule(solver));
    let damp = match solver.method() {
        Method::Cgls => format!("damp = {}\t", exponent(options.damp, 6)),
        Method::Cg => String::new(),
    };
    let columns = match (solver.method(), is_complex(solver)) {
        (Method::Cg, false) => "    Itn           x[0]              r2norm",
        (Method::Cg, true) => "    Itn              x[0]                  r2norm",
        (Method::Cgls, false) => "    Itn          x[0]              r1norm         r2norm",
        (Method::Cgls, true) => "    Itn             x[0]             r1norm         r2norm",
    };
    format!(
        "{}\n{rule}\nThe Operator {} has {} rows and {} cols\n{damp}rtol = {}\tatol = {}\tniter = {}\n{rule}\n\n{columns}",
        solver.method().name(),
        operator.name(),
        operator.range().global_count(),
        operator.domain().global_count(),
        exponent(options.rtol, 6),
        exponent(options.atol, 6),
        options.max_iterations
    )
}

/// The first n iterations, the last n before the limit, and every n-th between, counted as PyLops' `itershow`.
fn wanted(solver: &Solver) -> bool {
    let (options, done) = (solver.options(), solver.progress(|p| p.iterations) - 1);
    let [first, last, every] = options.show;
    done < first || options.max_iterations - done < last || done % every == 0
}

fn line(solver: &Solver) -> String {
    solver.progress(|p| {
        let x = match (is_complex(solver), solver.method()) {
            (false, _) => format!("        {}        ", exponent(p.first.re, 4)),
            (true, method) => {
                let sign = if p.first.im.is_sign_negative() { "" } else { "+" };
                let x = format!("{}{sign}{}j", exponent(p.first.re, 2), exponent(p.first.im, 2));
                if method == Method::Cg {
                    format!("        {x}        ")
                } else {
                    format!("       {x}   ")
                }
            }
        };
        let residual = format!("{:>6}{x}{:>11}", p.iterations, exponent(p.norms.residual, 4));
        match solver.method() {
            Method::Cg => residual,
            Method::Cgls => format!("{residual}    {:>11}", exponent(p.norms.damped, 4)),
        }
    })
}

/// A number as C's %.<digits>e prints it: an exponent of at least two digits.
fn exponent(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    match text.split_once('e') {
        None => text,
        Some((mantissa, power)) => {
            let (sign, power) = power.strip_prefix('-').map_or(('+', power), |p| ('-', p));
            format!("{mantissa}e{sign}{power:0>2}")
        }
    }
}

fn foot(solver: &Solver) -> String {
    solver.progress(|p| {
        let reason = p.reason.text();
        format!(
            "\nIterations = {}        Total time (s) = {:.2}\nStopped: {reason}\n{}\n",
            p.iterations,
            p.seconds,
            rule(solver)
        )
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
