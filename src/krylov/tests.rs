//! Solvers on a small diagonal problem, on several ranks that are threads.

use super::*;
use crate::arrays::random::{self, Distribution};
use crate::arrays::{verbs, Space};
use crate::comm::threaded::on_ranks;
use crate::context::{Context, ContextOptions};
use crate::dtype::{DType, Scalar};
use crate::layout::Layout;
use crate::operators::{LinearMap, Mode, Operator};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

/// A diagonal operator that fails on one rank in one application.
struct Scaling {
    diagonal: Array,
    fails_at: Option<usize>,
    calls: AtomicUsize,
}

impl LinearMap for Scaling {
    fn name(&self) -> &str {
        "Scaling"
    }

    fn apply(&self, mode: Mode, alpha: Scalar, x: &Array, beta: Scalar, y: &Array) -> crate::error::Result<()> {
        verbs::multiply_add(alpha, &self.diagonal, mode.conjugated(), x, beta, y)?;
        if self.fails_at == Some(self.calls.fetch_add(1, Ordering::Relaxed)) {
            crate::fail!(Callback, "planted failure");
        }
        Ok(())
    }
}

/// Positive numbers between 1 and 2 on the diagonal.
fn scaling(space: &Space, fails_at: Option<usize>) -> Operator {
    let diagonal = Array::new(space).unwrap();
    random::fill(&diagonal, Distribution::Uniform, 5, 0).unwrap();
    if space.dtype().is_complex() {
        // Only the real parts stay: diag := (diag + conj(diag)) / 2.
        let other = Array::new(space).unwrap();
        verbs::copy(&diagonal, &other).unwrap();
        verbs::conjugate(&other).unwrap();
        verbs::axpby(Scalar::real(0.5), &other, Scalar::real(0.5), &diagonal).unwrap();
    }
    verbs::add_scalar(Scalar::ONE, &diagonal).unwrap();
    Operator::new(space.clone(), space.clone(), Scaling { diagonal, fails_at, calls: AtomicUsize::new(0) })
}

fn right_side(a: &Operator) -> (Array, Array, Array) {
    let [truth, b, x] = [(); 3].map(|()| Array::new(a.domain()).unwrap());
    random::fill(&truth, Distribution::Normal, 9, 0).unwrap();
    a.apply(Mode::Forward, &truth, &b).unwrap();
    verbs::fill(&x, Scalar::real(f64::NAN)).unwrap();
    (truth, b, x)
}

fn cut(comm: Arc<dyn crate::comm::Communicator>, dtype: DType, n: i64, deterministic: bool) -> Space {
    let ranks = comm.size();
    let context = Context::new(comm, ContextOptions { deterministic, ..Default::default() }).unwrap();
    Space::new(&context, dtype, &[n], Layout::cut(0, ranks), None).unwrap()
}

#[test]
fn both_methods_find_the_solution_on_any_number_of_ranks() {
    for ranks in [1, 2, 3, 4, 9] {
        for dtype in [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128] {
            for method in Method::ALL {
                let errors = on_ranks(ranks, |comm| {
                    let a = scaling(&cut(comm, dtype, 37, false), None);
                    let (truth, b, x) = right_side(&a);
                    let solver = Solver::new(method, &a).unwrap();
                    solver.change(|o| o.set_rtol(10.0 * dtype.epsilon())).unwrap();
                    solver.solve(&b, &x).unwrap();
                    assert_eq!(solver.progress(|p| p.reason), Reason::RelativeTolerance);
                    verbs::axpy(Scalar::real(-1.0), &truth, &x).unwrap();
                    verbs::norm(&x).unwrap() / verbs::norm(&truth).unwrap()
                });
                assert!(errors.iter().all(|e| *e < 300.0 * dtype.epsilon()), "{method:?} {dtype:?}: {errors:?}");
            }
        }
    }
}

#[test]
fn deterministic_histories_do_not_depend_on_the_number_of_ranks() {
    let history = |ranks: usize, method: Method| {
        on_ranks(ranks, |comm| {
            let a = scaling(&cut(comm, DType::Float64, 1000, true), None);
            let (_, b, x) = right_side(&a);
            let solver = Solver::new(method, &a).unwrap();
            solver.change(|o| o.set_max_iterations(8)).unwrap();
            solver.solve(&b, &x).unwrap();
            solver.progress(|p| p.residuals.iter().map(|r| r.to_bits()).collect::<Vec<_>>())
        })
    };
    for method in Method::ALL {
        let one = history(1, method).remove(0);
        for ranks in [2, 3, 4, 9] {
            assert!(history(ranks, method).iter().all(|h| *h == one), "{method:?} on {ranks} ranks");
        }
    }
}

#[test]
fn an_error_on_one_rank_reaches_all() {
    for method in Method::ALL {
        for call in 0..5 {
            let errors = on_ranks(3, |comm| {
                let rank = comm.rank();
                let a = scaling(&cut(comm, DType::Float64, 20, false), (rank == 1).then_some(call + 1));
                let (_, b, x) = right_side(&a);
                let solver = Solver::new(method, &a).unwrap();
                solver.change(|o| o.set_rtol(0.0)).unwrap();
                let error = solver.solve(&b, &x).unwrap_err();
                // The solver and its context stay usable.
                solver.solve(&b, &x).unwrap();
                error
            });
            assert!(errors.iter().all(|e| *e == errors[0]), "{errors:?}");
            assert!(errors[0].message.contains("rank 1: planted failure"), "{}", errors[0].message);
        }
    }
}

#[test]
fn a_monitor_of_one_rank_stops_all_at_the_same_iteration() {
    let found = on_ranks(4, |comm| {
        let rank = comm.rank();
        let a = scaling(&cut(comm, DType::Float64, 50, false), None);
        let (_, b, x) = right_side(&a);
        let solver = Solver::new(Method::Cgls, &a).unwrap();
        solver.change(|o| o.set_rtol(0.0)).unwrap();
        let monitor = move |s: &Solver, _: Event| Ok(rank == 2 && s.progress(|p| p.iterations) == 3);
        solver.set_monitor(Some(Arc::new(monitor)));
        solver.solve(&b, &x).unwrap();
        solver.progress(|p| (p.iterations, p.reason))
    });
    assert!(found.iter().all(|f| *f == (3, Reason::Monitor)), "{found:?}");
}

#[test]
fn groups_of_a_mask_solve_problems_of_their_own() {
    let found = on_ranks(4, |comm| {
        let (rank, context) = (comm.rank(), Context::new(comm, ContextOptions::default()).unwrap());
        let space = Space::new(&context, DType::Float64, &[40], Layout::cut(0, 4), Some(vec![0, 0, 1, 1])).unwrap();
        let a = scaling(&space, None);
        let (truth, b, x) = right_side(&a);
        if rank >= 2 {
            // The second group is done at once: b = 0.
            verbs::fill(&b, Scalar::ZERO).unwrap();
            verbs::fill(&truth, Scalar::ZERO).unwrap();
        }
        let solver = Solver::new(Method::Cg, &a).unwrap();
        solver.change(|o| o.set_rtol(1e-12)).unwrap();
        solver.solve(&b, &x).unwrap();
        verbs::axpy(Scalar::real(-1.0), &truth, &x).unwrap();
        (solver.progress(|p| (p.iterations, p.reason)), verbs::norm(&x).unwrap())
    });
    assert!(found[0].0 .0 > 5 && found[0].0 .1 == Reason::RelativeTolerance, "{found:?}");
    assert_eq!(found[2].0, (0, Reason::AbsoluteTolerance));
    assert!(found.iter().all(|f| f.1 < 1e-9), "{found:?}");
}

#[test]
fn not_a_number_stops_with_a_reason_and_indefinite_is_noticed() {
    let reasons = on_ranks(2, |comm| {
        let a = scaling(&cut(comm, DType::Float64, 10, false), None);
        let (_, b, x) = right_side(&a);
        let solver =
            Solver::new(Method::Cg, &crate::operators::algebra::scale(Scalar::real(-1.0), &a).unwrap()).unwrap();
        solver.solve(&b, &x).unwrap();
        let indefinite = solver.progress(|p| p.reason);
        verbs::fill(&b, Scalar::real(f64::NAN)).unwrap();
        solver.solve(&b, &x).unwrap();
        (indefinite, solver.progress(|p| p.reason))
    });
    assert!(reasons.iter().all(|r| *r == (Reason::Indefinite, Reason::NotFinite)), "{reasons:?}");
}

#[test]
fn stepping_is_solving_and_a_guess_is_used() {
    on_ranks(2, |comm| {
        let a = scaling(&cut(comm, DType::Complex128, 30, false), None);
        let (truth, b, x) = right_side(&a);
        let whole = Solver::new(Method::Cgls, &a).unwrap();
        whole.solve(&b, &x).unwrap();
        let steps = Solver::new(Method::Cgls, &a).unwrap();
        let y = Array::new(a.domain()).unwrap();
        assert_eq!(steps.step().unwrap_err().status, Status::State);
        steps.setup(&b, &y).unwrap();
        while steps.step().unwrap() == Reason::Running {}
        steps.finalize().unwrap();
        assert_eq!(steps.progress(|p| p.residuals.clone()), whole.progress(|p| p.residuals.clone()));
        assert_eq!(whole.memory_usage(), 4 * verbs::local_bytes(&x));
        whole.change(|o| o.set("initial_guess", "given")).unwrap();
        whole.solve(&b, &truth).unwrap();
        assert_eq!(whole.progress(|p| p.iterations), 0);
    });
}

#[test]
fn a_solver_is_an_operator() {
    on_ranks(2, |comm| {
        let a = scaling(&cut(comm, DType::Float64, 25, false), None);
        let solver = Solver::new(Method::Cg, &a).unwrap();
        solver.change(|o| o.set_rtol(1e-14)).unwrap();
        let inverse = solver.as_operator().unwrap();
        let (truth, b, x) = right_side(&a);
        inverse.apply(Mode::Forward, &b, &x).unwrap();
        verbs::axpy(Scalar::real(-1.0), &truth, &x).unwrap();
        assert!(verbs::norm(&x).unwrap() < 1e-10);
        assert!(crate::operators::dot_test::dot_test(&inverse, 3, 1e-9).unwrap().passed);
    });
}
