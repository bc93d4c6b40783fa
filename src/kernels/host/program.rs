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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::program::Number;

    const X: Number = Number::kept(1);
    const Y: Number = Number::kept(2);

    fn run(program: &Program, x: f64, y: f64) -> [f64; REGISTERS] {
        let mut registers = [0.0; REGISTERS];
        (registers[X.register()], registers[Y.register()]) = (x, y);
        evaluate(program, &mut registers, |k| 10.0 + k as f64);
        registers
    }

    #[test]
    fn every_operation_is_its_formula() {
        let value = |build: fn(&mut Program) -> Number, x: f64, y: f64| {
            let mut program = Program::default();
            let result = build(&mut program);
            program.set(X, result);
            run(&program, x, y)[X.register()]
        };
        assert_eq!(value(|p| p.sum(3), 0.0, 0.0), 16.0);
        assert_eq!(value(|p| p.sum_imaginary(3), 0.0, 0.0), 17.0);
        assert_eq!(value(|p| p.add(X, Y), 2.0, 5.0), 7.0);
        assert_eq!(value(|p| p.scaled(3.0, Y), 2.0, 5.0), 15.0);
        assert_eq!(value(|p| p.divide(X, Y), 2.0, 5.0), 0.4);
        assert_eq!(value(|p| p.root(Y), 2.0, 25.0), 5.0);
        assert_eq!(value(|p| p.where_nonzero(X, Y), 0.0, f64::NAN), 0.0);
        assert_eq!(value(|p| p.where_nonzero(X, Y), 1.0, 5.0), 5.0);
        assert_eq!(value(|p| p.while_running(Y), 0.0, 5.0), 5.0);
    }

    #[test]
    fn the_first_rule_that_holds_is_the_reason() {
        let mut program = Program::default();
        program.stop_not_finite(7, X);
        program.stop_not_positive(8, X, Y);
        program.stop_at_most(9, X, Y);
        program.stop_above(10, X, Y);
        let step = program.while_running(Y);
        program.set(Y, step);
        for (x, y, reason) in [(f64::NAN, 1.0, 7.0), (0.0, 1.0, 8.0), (1.0, 1.0, 9.0), (2.0, 1.0, 10.0)] {
            let registers = run(&program, x, y);
            assert_eq!((registers[REASON.register()], registers[Y.register()]), (reason, 0.0));
        }
        assert_eq!(run(&program, 1.0, f64::NAN)[REASON.register()], 0.0);
    }

    #[test]
    fn a_program_that_is_too_long_says_so() {
        let (mut long, mut many) = (Program::default(), Program::default());
        (0..100).for_each(|_| long.set(X, Y));
        for _ in 0..40 {
            many.add(X, Y);
        }
        assert!(long.is_full() && many.is_full());
        assert!(!Program::default().is_full());
    }
}
