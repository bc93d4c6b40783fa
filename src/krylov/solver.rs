//! The life of a solver: create, set, set up, step, finalise; `solve` is all of them.

use super::cg::{self, Cg};
use super::cgls::{self, Cgls};
use super::control::{Control, Verdict};
use super::recorded::{Recorded, Setting};
use super::{Graphs, Iteration, Method, Progress, Reason, Record, SolverOptions, Tolerance};
use crate::arrays::{verbs, Array};
use crate::context::{Context, Entry};
use crate::error::{Error, Result, Status};
use crate::fail;
use crate::operators::{Mode, Operator, Pace};
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
    /// An iteration as a graph of the device, while its setting stays.
    recorded: Option<Recorded>,
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
        match self.run_ahead() {
            Ok(true) => {}
            Ok(false) => while self.step()? == Reason::Running {},
            // The end of the solve makes it the error of all ranks.
            Err(error) => self.context().raise(error),
        }
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
        let options = &settings.options;
        let relative = options.tolerance == Tolerance::Standard && (options.rtol > 0.0 || options.dtol > 0.0);
        let referenced = relative && options.guess;
        let deadline = (limit > 0.0).then(|| run.start + Duration::from_secs_f64(limit));
        run.control.begin(deadline, options, referenced);
        lock(&self.0.progress).clear(options.max_iterations);
        if referenced {
            run.iteration.reference(b, &mut run.control)?;
        }
        run.iteration.start(b, x, options.guess, &mut run.control)?;
        run.x = Some(x.clone());
        let monitor = settings.monitor.clone();
        *slot = Some(run);
        drop(slot);
        self.after(Event::Start, monitor);
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
        let idle = run.control.is_idle();
        run.iteration.step(&x, &mut run.control)?;
        let (record, verdict, monitor) = (run.control.record(), run.control.verdict(), run.settings.monitor.clone());
        drop(slot);
        match verdict {
            Verdict::StopByTime => self.stop(Reason::TimeLimit),
            Verdict::StopByMonitor => self.stop(Reason::Monitor),
            // The method cannot go on; there is nothing new to watch.
            Verdict::Continue if !idle && record.iterations == self.progress(|p| p.iterations) => self.settle(),
            Verdict::Continue => self.after(Event::Iteration, monitor),
        }
        Ok(self.progress(|p| p.reason))
    }

    /// Iterates ahead of the device, where nothing needs the host in between: all vectors are there, sums over ranks and
    /// operators do not wait, and nobody watches. Whether it did; an error of any rank is pending then.
    fn run_ahead(&self) -> Result<bool> {
        let mut slot = self.enter("step")?;
        let Some(run) = slot.as_mut() else { return Ok(false) };
        if !run.control.may_run_ahead() {
            return Ok(false);
        }
        let operators: Vec<&Operator> = std::iter::once(self.operator()).chain(&run.settings.preconditioner).collect();
        let pace = operators.iter().map(|a| a.pace()).min().unwrap_or(Pace::Waits);
        let (x, options) = (run.x.clone(), run.settings.options.clone());
        let wanted = pace > Pace::Waits && run.settings.monitor.is_none() && !run.control.is_idle();
        let (Some(x), true) = (x, wanted) else { return Ok(false) };
        let records = match options.graphs {
            Graphs::Automatic => pace == Pace::Repeats && !self.context().profile().enabled(),
            Graphs::Off => false,
        };
        let stream = self.context().device_stream()?;
        let setting = Setting::new(&options, &x, stream)?;
        let kept = run.recorded.take().filter(|kept| records && kept.is_for(&setting));
        run.recorded = match (kept, records) {
            (None, true) => Some(Recorded::new(stream, setting, &operators)),
            (kept, _) => kept,
        };
        let limit = options.max_iterations;
        let seen = |record: &Record| self.accept(record);
        let outcome = run.control.run_ahead(&mut *run.iteration, &x, limit, &mut run.recorded, seen);
        if let Some(recorded) = &mut run.recorded {
            recorded.settle(self.context());
        }
        self.stop(outcome?);
        Ok(true)
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
            return Ok(Run { settings: settings.clone(), ..run });
        }
        let (a, m) = (self.operator(), settings.preconditioner.as_ref());
        let (iteration, slots): (Box<dyn Iteration>, usize) = match self.0.method {
            Method::Cg => (Box::new(Cg::new(a, m)?), cg::SLOTS),
            Method::Cgls => (Box::new(Cgls::new(a, m, settings.options.damp)?), cgls::SLOTS),
        };
        let mut control = Control::new(a.domain(), slots);
        if a.domain().lies_on_device() && a.range().lies_on_device() {
            control.prepare_ahead()?;
        }
        Ok(Run { iteration, control, settings: settings.clone(), x: None, start: Instant::now(), recorded: None })
    }

    /// Records what an iteration found, calls the monitor.
    fn after(&self, event: Event, monitor: Option<Monitor>) {
        if let Some(run) = lock(&self.0.run).as_ref() {
            self.accept(&run.control.record());
            // Only who watches asks for it, and on a device it waits.
            if let (Some(_), Some(x)) = (&monitor, &run.x) {
                lock(&self.0.progress).first = verbs::first_element(x);
            }
        }
        self.settle();
        if let Some(monitor) = monitor {
            self.heed(self.notify(&monitor, event));
        }
    }

    /// Takes the state of a record over; a group that has finished takes zero steps, which do not count.
    fn accept(&self, record: &Record) {
        let mut progress = lock(&self.0.progress);
        if record.iterations > progress.iterations || progress.residuals.is_empty() {
            progress.iterations = record.iterations;
            progress.reference = record.reference;
            progress.push(record.norms);
        }
    }

    /// Makes the group's verdict the solver's: at once, or for a masked space when all groups have finished.
    fn settle(&self) {
        let guard = lock(&self.0.run);
        let Some(run) = guard.as_ref() else { return };
        let mut progress = lock(&self.0.progress);
        let limit = progress.iterations >= run.settings.options.max_iterations;
        if run.control.is_idle() && (!run.control.is_masked() || run.control.all_idle() || limit) {
            progress.reason = run.control.record().reason;
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
