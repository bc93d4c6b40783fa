//! The life of a solver: create, set, set up, step, finalise; `solve` is all of them.

use super::cg::{self, Cg};
use super::cgls::{self, Cgls};
use super::control::{Control, Verdict};
use super::stopping::judge;
use super::{Iteration, Method, Norms, Progress, Reason, SolverOptions, Step, Tolerance};
use crate::arrays::{verbs, Array};
use crate::context::{Context, Entry};
use crate::error::{Error, Result, Status};
use crate::fail;
use crate::operators::{Mode, Operator};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When a monitor is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Event {
    Start = 0,
    Iteration = 1,
    End = 2,
}

/// Called on every rank; `Ok(true)` asks to stop.
pub type Monitor = Arc<dyn Fn(&Solver, Event) -> Result<bool> + Send + Sync>;

/// A shared handle; clones are the same solver.
#[derive(Clone)]
pub struct Solver(Arc<Inner>);

struct Inner {
    method: Method,
    operator: Operator,
    entry: Arc<Entry>,
    settings: Mutex<Settings>,
    progress: Mutex<Progress>,
    run: Mutex<Option<Run>>,
    /// The monitor is being called.
    watched: AtomicBool,
}

#[derive(Clone, Default)]
struct Settings {
    options: SolverOptions,
    preconditioner: Option<Operator>,
    monitor: Option<Monitor>,
}

/// Vectors and state between set-up and finalise; kept for the next solve while the settings allow it.
struct Run {
    iteration: Box<dyn Iteration>,
    control: Control,
    settings: Settings,
    x: Option<Array>,
    start: Instant,
    /// This rank's group has finished, and why.
    finished: Reason,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Solver {
    /// Local.
    pub fn new(method: Method, operator: &Operator) -> Result<Solver> {
        if method == Method::Cg {
            operator.domain().require_congruent(operator.range(), "the domain of the operator of CG", "its range")?;
        }
        Ok(Solver(Arc::new(Inner {
            method,
            entry: operator.context().profile().entry(method.name()),
            operator: operator.clone(),
            settings: Mutex::default(),
            progress: Mutex::default(),
            run: Mutex::new(None),
            watched: AtomicBool::new(false),
        })))
    }

    pub fn method(&self) -> Method {
        self.0.method
    }

    pub fn operator(&self) -> &Operator {
        &self.0.operator
    }

    pub fn context(&self) -> &Context {
        self.0.operator.context()
    }

    pub fn options(&self) -> SolverOptions {
        lock(&self.0.settings).options.clone()
    }

    /// Changes options; they take effect at the next set-up.
    pub fn change(&self, change: impl FnOnce(&mut SolverOptions) -> Result<()>) -> Result<()> {
        change(&mut lock(&self.0.settings).options)
    }

    /// M ~ A^-1 (CG) or (A^H A)^-1 (CGLS), on the domain of A; `None` removes it.
    pub fn set_preconditioner(&self, preconditioner: Option<Operator>) -> Result<()> {
        if let Some(m) = &preconditioner {
            let domain = self.operator().domain();
            m.domain().require_congruent(domain, "the domain of the preconditioner", "the domain of the operator")?;
            m.range().require_congruent(domain, "the range of the preconditioner", "the domain of the operator")?;
        }
        lock(&self.0.settings).preconditioner = preconditioner;
        Ok(())
    }

    pub fn set_monitor(&self, monitor: Option<Monitor>) {
        // The old one ends after the lock, since its end may call the solver.
        let _old = std::mem::replace(&mut lock(&self.0.settings).monitor, monitor);
    }

    /// Reads the state of the last or present solve.
    pub fn progress<T>(&self, read: impl FnOnce(&Progress) -> T) -> T {
        read(&lock(&self.0.progress))
    }

    /// Method, operator, options and state in a few lines.
    pub fn describe(&self) -> String {
        let (options, operator) = (self.options(), self.operator());
        let state = self.progress(|p| format!("{} after {} iterations", p.reason.text(), p.iterations));
        format!("{} of {}: {options:?}; {state}", self.0.method.name(), operator.describe().trim_end())
    }

    /// Bytes of vectors that a set-up makes on this rank, known before it is called.
    pub fn memory_usage(&self) -> usize {
        let vectors = |space: &crate::arrays::Space| verbs::space_bytes(space);
        let (model, data) = (vectors(self.operator().domain()), vectors(self.operator().range()));
        let preconditioned = lock(&self.0.settings).preconditioner.is_some() as usize;
        match self.0.method {
            Method::Cg => (3 + preconditioned) * model,
            Method::Cgls => (2 + preconditioned) * model + 2 * data,
        }
    }

    /// Solves from set-up to the end. Collective.
    pub fn solve(&self, b: &Array, x: &Array) -> Result<()> {
        let traffic = self.context().comm().traffic();
        let (start, before) = (Instant::now(), traffic.read());
        let outcome = self.setup(b, x).and_then(|()| self.run());
        let outcome = outcome.and(self.finalize());
        if self.context().profile().enabled() {
            self.0.entry.record(start, before, traffic.read());
        }
        outcome
    }

    /// The present run; refused within a solve.
    fn enter(&self, verb: &str) -> Result<MutexGuard<'_, Option<Run>>> {
        match self.0.run.try_lock() {
            Ok(slot) if !self.0.watched.load(Ordering::Relaxed) => Ok(slot),
            _ => fail!(State, "the solver is running: {verb} was called from its own monitor or operator"),
        }
    }

    fn notify(&self, monitor: &Monitor, event: Event) -> Result<bool> {
        self.0.watched.store(true, Ordering::Relaxed);
        let wish = monitor(self, event);
        self.0.watched.store(false, Ordering::Relaxed);
        wish
    }

    fn run(&self) -> Result<()> {
        while self.step()? == Reason::Running {}
        Ok(())
    }

    /// Makes the vectors where they are missing, computes the first residual and calls the monitor. Collective.
    pub fn setup(&self, b: &Array, x: &Array) -> Result<()> {
        let mut slot = self.enter("set-up")?;
        let settings = lock(&self.0.settings).clone();
        let prepared = self.check(b, x).and_then(|()| self.prepare(slot.take(), &settings));
        let mut run =
            self.context().agree_on(prepared, &format_args!("{} with {:?}", self.0.method.name(), settings.options))?;
        run.start = Instant::now();
        let limit = settings.options.time_limit;
        run.control.begin((limit > 0.0).then(|| run.start + Duration::from_secs_f64(limit)));
        lock(&self.0.progress).clear(settings.options.max_iterations);

        let options = &settings.options;
        let relative = options.tolerance == Tolerance::Standard && (options.rtol > 0.0 || options.dtol > 0.0);
        let reference = match relative && options.guess {
            true => Some(run.iteration.reference(b, &mut run.control)?),
            false => None,
        };
        let norms = run.iteration.start(b, x, options.guess, &mut run.control)?;
        lock(&self.0.progress).reference = reference.unwrap_or(norms.convergence);
        run.x = Some(x.clone());
        let monitor = settings.monitor.clone();
        *slot = Some(run);
        drop(slot);
        self.after(norms, Event::Start, monitor);
        Ok(())
    }

    /// One iteration; the reason tells whether another one is wanted. Collective.
    pub fn step(&self) -> Result<Reason> {
        let mut slot = self.enter("step")?;
        let reason = self.progress(|p| p.reason);
        let Some(run) = slot.as_mut().filter(|r| r.x.is_some()) else {
            fail!(State, "the solver is not set up");
        };
        if reason != Reason::Running {
            return Ok(reason);
        }
        let x = run.x.clone().expect("checked above");
        let (step, monitor) = (run.iteration.step(&x, &mut run.control)?, run.settings.monitor.clone());
        drop(slot);
        match step {
            Step::Stopped => self.stop(match self.verdict() {
                Verdict::StopByTime => Reason::TimeLimit,
                _ => Reason::Monitor,
            }),
            Step::Broken(reason) if self.operator().domain().mask().is_none() => self.stop(reason),
            Step::Broken(reason) => {
                if let Some(run) = lock(&self.0.run).as_mut() {
                    run.finished = reason;
                    run.control.idle = true;
                }
                self.settle();
            }
            Step::Done(norms) => {
                self.count();
                self.after(norms, Event::Iteration, monitor);
            }
        }
        Ok(self.progress(|p| p.reason))
    }

    /// Calls the monitor's last event and lets go of x; the solver keeps its vectors for the next solve. Collective.
    pub fn finalize(&self) -> Result<()> {
        let monitor = {
            let mut slot = self.enter("finalize")?;
            let Some(run) = slot.as_mut().filter(|r| r.x.is_some()) else { return Ok(()) };
            run.x = None;
            let mut progress = lock(&self.0.progress);
            progress.seconds = run.start.elapsed().as_secs_f64();
            run.settings.monitor.take() // one that is replaced later must not live on here
        };
        if let Some(Err(error)) = monitor.map(|m| self.notify(&m, Event::End)) {
            self.context().raise(error);
        }
        // No reduction comes after the monitor's last two events that could carry a failure.
        self.context().agree_pending()
    }

    /// A group that has finished goes on with zero steps, which do not count.
    fn count(&self) {
        if lock(&self.0.run).as_ref().is_some_and(|r| !r.control.idle) {
            lock(&self.0.progress).iterations += 1;
        }
    }

    fn verdict(&self) -> Verdict {
        lock(&self.0.run).as_ref().map_or(Verdict::Continue, |r| r.control.verdict())
    }

    fn check(&self, b: &Array, x: &Array) -> Result<()> {
        b.space().require_congruent(self.operator().range(), "b", "the range of the operator")?;
        x.space().require_congruent(self.operator().domain(), "x", "the domain of the operator")?;
        if b.overlaps(x) {
            fail!(Overlap, "b and x share memory");
        }
        b.check_free("b", false)?;
        x.check_free("x", true)
    }

    /// A run with vectors for these settings: the old one where it fits.
    /// Makes now what the first set-up would make. Local.
    pub(super) fn prepare_ahead(&self) -> Result<()> {
        let mut slot = self.enter("set-up")?;
        let settings = lock(&self.0.settings).clone();
        lock(&self.0.progress).clear(settings.options.max_iterations);
        *slot = Some(self.prepare(slot.take(), &settings)?);
        Ok(())
    }

    fn prepare(&self, old: Option<Run>, settings: &Settings) -> Result<Run> {
        let same = |r: &Run| {
            let preconditioner = match (&r.settings.preconditioner, &settings.preconditioner) {
                (Some(a), Some(b)) => a.is_same(b),
                (None, None) => true,
                _ => false,
            };
            preconditioner && r.settings.options.damp == settings.options.damp
        };
        if let Some(run) = old.filter(same) {
            return Ok(Run { settings: settings.clone(), finished: Reason::Running, ..run });
        }
        let (a, m) = (self.operator(), settings.preconditioner.as_ref());
        let (iteration, slots): (Box<dyn Iteration>, usize) = match self.0.method {
            Method::Cg => (Box::new(Cg::new(a, m)?), cg::SLOTS),
            Method::Cgls => (Box::new(Cgls::new(a, m, settings.options.damp)?), cgls::SLOTS),
        };
        let control = Control::new(a.domain(), slots);
        Ok(Run {
            iteration,
            control,
            settings: settings.clone(),
            x: None,
            start: Instant::now(),
            finished: Reason::Running,
        })
    }

    /// Records norms, looks at the stopping rules, calls the monitor.
    fn after(&self, norms: Norms, event: Event, monitor: Option<Monitor>) {
        let first = lock(&self.0.run).as_ref().and_then(|r| r.x.as_ref().map(verbs::first_element));
        {
            let mut guard = lock(&self.0.run);
            let Some(run) = guard.as_mut() else { return };
            let mut progress = lock(&self.0.progress);
            if !run.control.idle || progress.residuals.is_empty() {
                progress.push(norms);
                progress.first = first.unwrap_or(crate::dtype::Scalar::ZERO);
                run.finished = judge(&progress, &run.settings.options);
                run.control.idle = run.finished != Reason::Running;
            }
        }
        self.settle();
        if let Some(monitor) = monitor {
            self.heed(self.notify(&monitor, event));
        }
    }

    /// Makes the group's verdict the solver's: at once, or for a masked space when all groups have finished.
    fn settle(&self) {
        let mut guard = lock(&self.0.run);
        let Some(run) = guard.as_mut() else { return };
        let mut progress = lock(&self.0.progress);
        let limit = progress.iterations >= run.settings.options.max_iterations;
        if run.control.idle && (!run.control.is_masked() || run.control.all_idle() || limit) {
            progress.reason = run.finished;
        }
    }

    /// A monitor's wish or failure goes into the next reduction.
    fn heed(&self, wish: Result<bool>) {
        let mut guard = lock(&self.0.run);
        let Some(run) = guard.as_mut() else { return };
        match wish {
            Ok(false) => {}
            Ok(true) => run.control.request_stop(),
            Err(error) => run.control.note(Err(error)),
        }
    }

    fn stop(&self, reason: Reason) {
        lock(&self.0.progress).reason = reason;
    }

    /// The operator that solves: y = A^-1 x by this method with its present options.
    pub fn as_operator(&self) -> Result<Operator> {
        super::inverse::inverse(self)
    }

    /// A solver of the same settings for op(A) that shares nothing but the operator.
    pub(super) fn turned(&self, mode: Mode) -> Result<Solver> {
        let operator = match mode {
            Mode::Forward => self.operator().clone(),
            Mode::Adjoint => crate::operators::algebra::adjoint(self.operator()),
            Mode::Transpose => crate::operators::algebra::transpose(self.operator()),
            Mode::Conjugate => crate::operators::algebra::conjugate(self.operator()),
        };
        let solver = Solver::new(self.method(), &operator)?;
        let settings = lock(&self.0.settings).clone();
        if settings.preconditioner.is_some() && mode != Mode::Forward {
            return Err(Error::new(
                Status::Unsupported,
                "a preconditioned solver as an operator has no adjoint, transpose or conjugate",
            ));
        }
        // An inner solve starts from zero, or it would not be a function of its right side.
        *lock(&solver.0.settings) = settings;
        solver.change(|o| {
            o.guess = false;
            Ok(())
        })?;
        Ok(solver)
    }
}
