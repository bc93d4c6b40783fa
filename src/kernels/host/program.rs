//! Programs over numbers, on the host.

use crate::kernels::program::{Operation, Program, REASON, REGISTERS};

/// Runs a program on registers; `sum` gives the doubles of the sums.
pub fn evaluate(program: &Program, registers: &mut [f64; REGISTERS], sum: impl Fn(usize) -> f64) {
    for step in program.steps() {
        let (a, b) = (step.a as usize, step.b as usize);
        let (x, y) = (registers.get(a).copied().unwrap_or(0.0), registers.get(b).copied().unwrap_or(0.0));
        let running = registers[REASON.register()] == 0.0;
        let stops = match step.operation {
            Operation::StopAtMost => x <= y,
            Operation::StopAbove => x > y,
            Operation::StopNotFinite => !x.is_finite(),
            Operation::StopNotPositive => x <= 0.0 && y > 0.0,
            operation => {
                registers[step.to as usize] = match operation {
                    Operation::Load => sum(a),
                    Operation::Constant => step.value,
                    Operation::Add => x + y,
                    Operation::Multiply => x * y,
                    Operation::Divide => x / y,
                    Operation::Root => x.sqrt(),
                    Operation::WhereNonzero if x == 0.0 => 0.0,
                    Operation::WhereNonzero => y,
                    Operation::WhileRunning if !running => 0.0,
                    _ => x,
                };
                false
            }
        };
        if stops && running {
            registers[REASON.register()] = f64::from(step.to);
        }
    }
}
