//! What a host may choose for a solver, by setters or as text.

use crate::error::Result;
use crate::fail;

/// How the stopping rule compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Tolerance {
    /// norm <= max(rtol * norm at x = 0, atol)
    Standard = 0,
    /// norm^2 <= atol, as PyLops and PyLops-MPI compare their `tol` (for comparing with them)
    PyLops = 1,
}

/// Whether an iteration that runs ahead of a device is recorded and replayed as one launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graphs {
    /// Where the operators allow it.
    Automatic,
    Off,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SolverOptions {
    /// Relative tolerance, as PETSc's.
    pub rtol: f64,
    /// Absolute tolerance, in the units of the norm (of its square for `Tolerance::PyLops`).
    pub atol: f64,
    /// Diverged when the norm exceeds dtol times its value at x = 0; 0: never.
    pub dtol: f64,
    pub tolerance: Tolerance,
    pub max_iterations: i64,
    /// Seconds; 0: none. Rank 0's clock decides for all.
    pub time_limit: f64,
    /// CGLS minimises |A x - b|^2 + damp^2 |x|^2.
    pub damp: f64,
    /// Whether x holds an initial guess.
    pub guess: bool,
    /// Lines of the iteration table: the first n, the last n, every n-th.
    pub show: [i64; 3],
    pub graphs: Graphs,
}

impl Default for SolverOptions {
    fn default() -> Self {
        SolverOptions {
            rtol: 1e-5,
            atol: 1e-50,
            dtol: 1e5,
            tolerance: Tolerance::Standard,
            max_iterations: 10_000,
            time_limit: 0.0,
            damp: 0.0,
            guess: false,
            show: [10, 10, 10],
            graphs: Graphs::Automatic,
        }
    }
}

const KEYS: &str = "rtol, atol, dtol, tolerance (standard, pylops), max_iterations, time_limit, damp, \
                    initial_guess (zero, given), show (three numbers), graphs (automatic, off)";

impl SolverOptions {
    /// Sets one option from text; each key mirrors a setter.
    pub fn set(&mut self, key: &str, value: &str) -> Result<()> {
        match key {
            "rtol" => self.set_rtol(number(key, value)?),
            "atol" => self.set_atol(number(key, value)?),
            "dtol" => self.set_dtol(number(key, value)?),
            "time_limit" => self.set_time_limit(number(key, value)?),
            "damp" => self.set_damp(number(key, value)?),
            "max_iterations" => self.set_max_iterations(integer(key, value)?),
            "tolerance" => {
                self.tolerance = match value {
                    "standard" => Tolerance::Standard,
                    "pylops" => Tolerance::PyLops,
                    _ => fail!(Option, "tolerance is '{value}', expected standard or pylops"),
                };
                Ok(())
            }
            "initial_guess" => {
                self.guess = match value {
                    "zero" => false,
                    "given" => true,
                    _ => fail!(Option, "initial_guess is '{value}', expected zero or given"),
                };
                Ok(())
            }
            "graphs" => {
                self.graphs = match value {
                    "automatic" => Graphs::Automatic,
                    "off" => Graphs::Off,
                    _ => fail!(Option, "graphs is '{value}', expected automatic or off"),
                };
                Ok(())
            }
            "show" => {
                let numbers = value.split(',').map(|v| integer(key, v)).collect::<Result<Vec<i64>>>()?;
                match numbers[..] {
                    [first, last, every] => self.set_show([first, last, every]),
                    _ => fail!(Option, "show is '{value}', expected three numbers separated by commas"),
                }
            }
            _ => fail!(Option, "unknown solver option '{key}'; valid ones are {KEYS}"),
        }
    }

    pub fn set_rtol(&mut self, value: f64) -> Result<()> {
        self.rtol = not_negative("rtol", value)?;
        Ok(())
    }

    pub fn set_atol(&mut self, value: f64) -> Result<()> {
        self.atol = not_negative("atol", value)?;
        Ok(())
    }

    pub fn set_dtol(&mut self, value: f64) -> Result<()> {
        self.dtol = not_negative("dtol", value)?;
        Ok(())
    }

    pub fn set_time_limit(&mut self, value: f64) -> Result<()> {
        self.time_limit = not_negative("time_limit", value)?;
        Ok(())
    }

    pub fn set_damp(&mut self, value: f64) -> Result<()> {
        if !value.is_finite() {
            fail!(Option, "damp is {value}, expected a finite number");
        }
        self.damp = value;
        Ok(())
    }

    pub fn set_max_iterations(&mut self, value: i64) -> Result<()> {
        if !(0..=MOST_ITERATIONS).contains(&value) {
            fail!(Option, "max_iterations is {value}, expected 0 to {MOST_ITERATIONS}");
        }
        self.max_iterations = value;
        Ok(())
    }

    pub fn set_show(&mut self, value: [i64; 3]) -> Result<()> {
        if value[0] < 0 || value[1] < 0 || value[2] < 1 {
            fail!(Option, "show is {value:?}, expected first >= 0, last >= 0, every >= 1");
        }
        self.show = value;
        Ok(())
    }
}

/// Histories are kept in memory that is set aside before the first iteration.
const MOST_ITERATIONS: i64 = 1 << 32;

fn not_negative(name: &str, value: f64) -> Result<f64> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    fail!(Option, "{name} is {value}, expected a finite number of 0 or more")
}

fn number(key: &str, value: &str) -> Result<f64> {
    match value.trim().parse() {
        Ok(number) => Ok(number),
        Err(_) => fail!(Option, "{key} is '{value}', expected a number"),
    }
}

fn integer(key: &str, value: &str) -> Result<i64> {
    match value.trim().parse() {
        Ok(number) => Ok(number),
        Err(_) => fail!(Option, "{key} is '{value}', expected a whole number"),
    }
}
