//! Programs over numbers: what a method computes between its passes over vectors, from sums over ranks to the factors of
//! the next pass and the stopping rule. A program is written once and runs on the host or on a device, where its numbers
//! then stay; each operation rounds once, so that both give the same bits.

/// Numbers that programs work on; those of a method come first, those of one program after them.
pub const REGISTERS: usize = 48;
/// Instructions of a program, at most.
const MOST: usize = 56;
/// The first register that programs use for what they forget.
const TEMPORARIES: i16 = 24;

/// A number of a program, by its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number(i16);

impl Number {
    /// A number that lives on from program to program.
    pub const fn kept(register: i16) -> Number {
        assert!(register >= 0 && register < TEMPORARIES);
        Number(register)
    }

    pub const fn register(self) -> usize {
        self.0 as usize
    }
}

/// Why a program's rules stop the method: 0 while it runs. No rule changes it then.
pub const REASON: Number = Number::kept(0);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum Operation {
    /// to := the a-th double of the sums
    Load = 0,
    /// to := value
    Constant = 1,
    /// to := a
    Copy = 2,
    /// to := a + b
    Add = 3,
    /// to := a b
    Multiply = 4,
    /// to := a / b
    Divide = 5,
    /// to := sqrt(a)
    Root = 6,
    /// to := b where a is not 0, else 0
    WhereNonzero = 7,
    /// to := a while the method runs, else 0
    WhileRunning = 8,
    /// The reason is `to` from now on where a <= b
    StopAtMost = 9,
    /// ... where a > b
    StopAbove = 10,
    /// ... where a is infinite or not a number
    StopNotFinite = 11,
    /// ... where a <= 0 < b
    StopNotPositive = 12,
}

/// One operation on registers.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Instruction {
    pub operation: Operation,
    pub to: i16,
    pub a: i16,
    pub b: i16,
    pub value: f64,
}

/// Instructions in their order; the layout is that of kernels/cuda/program.cu.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Program {
    count: i32,
    /// Registers given to temporary numbers so far.
    used: i16,
    /// There was no room for an instruction or a number.
    full: i16,
    steps: [Instruction; MOST],
}

impl Default for Program {
    fn default() -> Program {
        let nothing = Instruction { operation: Operation::Copy, to: 0, a: 0, b: 0, value: 0.0 };
        Program { count: 0, used: 0, full: 0, steps: [nothing; MOST] }
    }
}

impl Program {
    pub fn steps(&self) -> &[Instruction] {
        &self.steps[..self.count as usize]
    }

    /// Whether it was too long; it must not run then.
    pub fn is_full(&self) -> bool {
        self.full != 0
    }

    fn push(&mut self, operation: Operation, to: i16, a: i16, b: i16, value: f64) {
        match self.steps.get_mut(self.count as usize) {
            Some(step) => {
                *step = Instruction { operation, to, a, b, value };
                self.count += 1;
            }
            None => self.full = 1,
        }
    }

    fn new_number(&mut self, operation: Operation, a: i16, b: i16, value: f64) -> Number {
        let to = TEMPORARIES + self.used;
        if (to as usize) < REGISTERS {
            self.used += 1;
            self.push(operation, to, a, b, value);
        } else {
            self.full = 1;
        }
        Number(to.min(REGISTERS as i16 - 1))
    }

    /// The real part of a sum.
    pub fn sum(&mut self, slot: usize) -> Number {
        self.new_number(Operation::Load, 2 * slot as i16, 0, 0.0)
    }

    /// The imaginary part of a sum.
    pub fn sum_imaginary(&mut self, slot: usize) -> Number {
        self.new_number(Operation::Load, 2 * slot as i16 + 1, 0, 0.0)
    }

    pub fn constant(&mut self, value: f64) -> Number {
        self.new_number(Operation::Constant, 0, 0, value)
    }

    pub fn add(&mut self, a: Number, b: Number) -> Number {
        self.new_number(Operation::Add, a.0, b.0, 0.0)
    }

    pub fn multiply(&mut self, a: Number, b: Number) -> Number {
        self.new_number(Operation::Multiply, a.0, b.0, 0.0)
    }

    /// value a
    pub fn scaled(&mut self, value: f64, a: Number) -> Number {
        let value = self.constant(value);
        self.multiply(value, a)
    }

    /// a / b
    pub fn divide(&mut self, a: Number, b: Number) -> Number {
        self.new_number(Operation::Divide, a.0, b.0, 0.0)
    }

    pub fn root(&mut self, a: Number) -> Number {
        self.new_number(Operation::Root, a.0, 0, 0.0)
    }

    /// b where a is not 0, else 0
    pub fn where_nonzero(&mut self, a: Number, b: Number) -> Number {
        self.new_number(Operation::WhereNonzero, a.0, b.0, 0.0)
    }

    /// a while the method runs, else 0
    pub fn while_running(&mut self, a: Number) -> Number {
        self.new_number(Operation::WhileRunning, a.0, 0, 0.0)
    }

    /// A kept number takes the value of another one.
    pub fn set(&mut self, kept: Number, a: Number) {
        self.push(Operation::Copy, kept.0, a.0, 0, 0.0);
    }

    /// Stops for a reason where a <= b.
    pub fn stop_at_most(&mut self, reason: i16, a: Number, b: Number) {
        self.push(Operation::StopAtMost, reason, a.0, b.0, 0.0);
    }

    /// Stops for a reason where a > b.
    pub fn stop_above(&mut self, reason: i16, a: Number, b: Number) {
        self.push(Operation::StopAbove, reason, a.0, b.0, 0.0);
    }

    /// Stops for a reason where a is infinite or not a number.
    pub fn stop_not_finite(&mut self, reason: i16, a: Number) {
        self.push(Operation::StopNotFinite, reason, a.0, 0, 0.0);
    }

    /// Stops for a reason where a <= 0 < b.
    pub fn stop_not_positive(&mut self, reason: i16, a: Number, b: Number) {
        self.push(Operation::StopNotPositive, reason, a.0, b.0, 0.0);
    }
}
