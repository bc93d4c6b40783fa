//! CG and CGLS against PyLops: iterates, costs, stopping and the iteration table.

mod memory;
mod reference;
mod vectors;

use dlops::arrays::{verbs, Array, Space};
use dlops::context::Context;
use dlops::dtype::{DType, Scalar};
use dlops::error::Result;
use dlops::krylov::{table, Event, Method, Reason, Solver, Tolerance};
use dlops::layout::Layout;
use dlops::operators::{LinearMap, Mode, Operator};
use num_complex::Complex64;
use reference::{cases, Case};
use std::sync::{Arc, Mutex};
use vectors::{read, write};

/// A dense matrix, by the definition.
struct Dense {
    matrix: Vec<Complex64>,
    rows: usize,
    columns: usize,
}

impl LinearMap for Dense {
    fn name(&self) -> &str {
        "Op"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> Result<()> {
        let (x, mut result) = (read(x), read(y));
        let (alpha, beta) = (Complex64::new(alpha.re, alpha.im), Complex64::new(beta.re, beta.im));
        for (i, result) in result.iter_mut().enumerate() {
            let mut sum = Complex64::new(0.0, 0.0);
            for (j, x) in x.iter().enumerate() {
                let at = if mode.transposed() { j * self.columns + i } else { i * self.columns + j };
                let element = self.matrix[at];
                sum += x * if mode.conjugated() { element.conj() } else { element };
            }
            *result = alpha * sum + if beta == Complex64::new(0.0, 0.0) { beta } else { beta * *result };
        }
        assert!(self.matrix.len() == self.rows * self.columns);
        write(y, &result);
        Ok(())
    }
}

struct Problem {
    solver: Solver,
    b: Array,
    x: Array,
    /// x after every iteration.
    iterates: Arc<Mutex<Vec<Vec<Complex64>>>>,
}

fn sequence(seed: i64, n: usize, complex: bool) -> Vec<Complex64> {
    match complex {
        true => reference::complex_sequence(seed, n),
        false => reference::sequence(seed, n).into_iter().map(|v| Complex64::new(v, 0.0)).collect(),
    }
}

fn problem(method: Method, rows: usize, columns: usize, matrix: Vec<Complex64>, complex: bool, damp: f64) -> Problem {
    let context = Context::solo(memory::options()).unwrap();
    let dtype = if complex { DType::Complex128 } else { DType::Float64 };
    let space = |n: usize| Space::new(&context, dtype, &[n as i64], Layout::cut(0, 1), None).unwrap();
    let a = Operator::new(space(columns), space(rows), Dense { matrix, rows, columns });
    let (b, x) = (Array::new(a.range()).unwrap(), Array::new(a.domain()).unwrap());
    write(&b, &sequence(2, rows, complex));
    verbs::fill(&x, Scalar::real(f64::NAN)).unwrap();
    let solver = Solver::new(method, &a).unwrap();
    solver.change(|o| o.set_damp(damp)).unwrap();
    solver.change(|o| o.set_rtol(0.0)).unwrap();
    solver.change(|o| o.set_atol(0.0)).unwrap();
    let (iterates, watched) = (Arc::new(Mutex::new(Vec::new())), x.clone());
    let kept = iterates.clone();
    solver.set_monitor(Some(Arc::new(move |_: &Solver, event: Event| {
        if event == Event::Iteration {
            kept.lock().unwrap().push(read(&watched));
        }
        Ok(false)
    })));
    Problem { solver, b, x, iterates }
}

fn start(case: &Case, problem: &Problem, columns: usize) {
    problem.solver.change(|o| o.set_max_iterations(case.integers("iterations")[0])).unwrap();
    if case.text("start") == "given" {
        write(&problem.x, &sequence(1, columns, case.is_complex()));
        problem.solver.change(|o| o.set("initial_guess", "given")).unwrap();
    }
    problem.solver.solve(&problem.b, &problem.x).unwrap();
}

fn close(ours: &[Complex64], theirs: &[Complex64], tolerance: f64, what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().map(|v| v.norm()).fold(0.0, f64::max);
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).norm() <= tolerance * scale, "{what}: {a} instead of {b}");
    }
}

fn real(values: &[f64]) -> Vec<Complex64> {
    values.iter().map(|v| Complex64::new(*v, 0.0)).collect()
}

#[test]
fn cg_has_the_iterates_and_costs_of_pylops() {
    for case in cases("solvers", "cg") {
        let n = case.integers("n")[0] as usize;
        let mut matrix = case.array("matrix").values();
        // PyLops' CG has damping: A + damp I.
        (0..n).for_each(|i| matrix[i * n + i] += case.number("damp"));
        let problem = problem(Method::Cg, n, n, matrix, case.is_complex(), 0.0);
        start(&case, &problem, n);
        close(&problem.iterates.lock().unwrap().concat(), &case.array("iterates").values(), 1e-10, &case.to_string());
        let cost = problem.solver.progress(|p| real(&p.residuals));
        close(&cost, &case.array("cost").values(), 1e-11, &case.to_string());
    }
}

#[test]
fn cgls_has_the_iterates_and_costs_of_pylops_where_it_is_right() {
    for case in cases("solvers", "cgls") {
        let (rows, columns) = (case.integers("rows")[0] as usize, case.integers("columns")[0] as usize);
        let matrix = sequence(5, rows * columns, case.is_complex());
        let problem = problem(Method::Cgls, rows, columns, matrix, case.is_complex(), case.number("damp"));
        start(&case, &problem, columns);
        let what = case.to_string();
        close(&problem.iterates.lock().unwrap().concat(), &case.array("iterates").values(), 1e-10, &what);
        close(&problem.solver.progress(|p| real(&p.residuals)), &case.array("cost").values(), 1e-11, &what);
        close(&problem.solver.progress(|p| real(&p.damped)), &case.array("cost1").values(), 1e-11, &what);
    }
}

#[test]
fn damping_enters_squared_so_that_the_method_ends_in_as_many_steps_as_unknowns() {
    for case in cases("solvers", "cgls").iter().filter(|c| c.flag("corrected")) {
        let (rows, columns) = (case.integers("rows")[0] as usize, case.integers("columns")[0] as usize);
        let matrix = sequence(5, rows * columns, case.is_complex());
        let problem = problem(Method::Cgls, rows, columns, matrix, case.is_complex(), case.number("damp"));
        problem.solver.change(|o| o.set_max_iterations(columns as i64)).unwrap();
        write(&problem.x, &sequence(1, columns, case.is_complex()));
        problem.solver.change(|o| o.set("initial_guess", "given")).unwrap();
        problem.solver.solve(&problem.b, &problem.x).unwrap();
        close(&read(&problem.x), &case.array("solution").values(), 1e-6, &case.to_string());
    }
}

#[test]
fn the_pylops_tolerance_stops_where_pylops_stops() {
    for case in cases("solvers", "cg_stop").into_iter().chain(cases("solvers", "cgls_stop")) {
        let cg = case.integers("iterations").len() == 1 && case.to_string().starts_with("cg_stop");
        let (method, rows, columns, matrix) = if cg {
            let n = case.integers("n")[0] as usize;
            let source = cases("solvers", "cg").into_iter().find(|c| !c.is_complex()).unwrap();
            (Method::Cg, n, n, source.array("matrix").values())
        } else {
            let (rows, columns) = (case.integers("rows")[0] as usize, case.integers("columns")[0] as usize);
            (Method::Cgls, rows, columns, sequence(5, rows * columns, false))
        };
        let problem = problem(method, rows, columns, matrix, false, 0.0);
        let change = |o: &mut dlops::krylov::SolverOptions| {
            o.tolerance = Tolerance::PyLops;
            o.set_atol(case.number("tol"))
        };
        problem.solver.change(change).unwrap();
        problem.solver.solve(&problem.b, &problem.x).unwrap();
        let (count, reason) = problem.solver.progress(|p| (p.iterations, p.reason));
        assert_eq!((count, reason), (case.integers("iterations")[0], Reason::AbsoluteTolerance), "{case}");
        close(&read(&problem.x), &case.array("x").values(), 1e-9, &case.to_string());
    }
}

/// Lines of PyLops-MPI's table between the rules and below, and ours; the time and our line with the reason differ.
#[test]
fn the_table_is_the_one_that_pylops_users_know() {
    for (name, method, complex) in [
        ("cg_table", Method::Cg, false),
        ("cg_table_complex", Method::Cg, true),
        ("cgls_table", Method::Cgls, false),
        ("cgls_table_complex", Method::Cgls, true),
    ] {
        let (problem, iterations) = match method {
            Method::Cg => {
                let source = cases("solvers", "cg").into_iter().find(|c| c.is_complex() == complex).unwrap();
                (problem(method, 8, 8, source.array("matrix").values(), complex, 0.0), 6)
            }
            Method::Cgls => (problem(method, 10, 6, sequence(5, 60, complex), complex, 0.5), 5),
        };
        let text = Arc::new(Mutex::new(String::new()));
        let sink = text.clone();
        problem.solver.context().set_log(Some(Arc::new(move |_, line| {
            let mut text = sink.lock().unwrap();
            text.push_str(line);
            text.push('\n');
        })));
        problem.solver.change(|o| o.set_max_iterations(iterations)).unwrap();
        problem.solver.change(|o| o.set_show([2, 2, 2])).unwrap();
        problem.solver.set_monitor(Some(Arc::new(table::table)));
        problem.solver.solve(&problem.b, &problem.x).unwrap();
        let varies = |line: &&str| !["damp", "tol", "rtol", "Stopped"].iter().any(|w| line.starts_with(w));
        let stop_clock = |line: &str| line.split("Total time").next().unwrap().trim_end().to_string();
        let lines = |text: &str| {
            text.lines().filter(varies).map(stop_clock).collect::<Vec<_>>().join("\n").trim_end().to_string()
        };
        let (ours, theirs) = (text.lock().unwrap().clone(), reference::table(name));
        assert_eq!(lines(&ours), lines(&theirs), "{name}");
        assert!(ours.contains("Stopped: iteration limit"));
    }
}
