//! Instructions over blocks: one loop an instruction, which the compiler turns into vectors where the machine has them.

use super::function::{Function, Pair};
use super::kind::Kind;
use super::parser::Binary;
use super::program::{Instruction, Literal, Operation, Program, BLOCK};
use super::real::Real;
use super::value::{Integer, Number, Ordered, Value};
use crate::dtype::Scalar;
use num_complex::Complex;

/// Bytes of a slot: a block of the largest elements.
const SLOT: usize = BLOCK * 16;

/// The slots of a program, for one thread.
pub struct Work {
    memory: Vec<Complex<f64>>,
    slots: Vec<*mut u8>,
}

// SAFETY: the addresses are of `memory`, or of inputs that are set before every block.
unsafe impl Send for Work {}

/// Runs the body with $T bound to the type of a kind.
macro_rules! each_kind {
    ($kind:expr, $T:ident => $body:expr) => {
        match $kind {
            Kind::Bool => {
                type $T = bool;
                $body
            }
            other => each_number!(other, $T => $body),
        }
    };
}

macro_rules! each_number {
    ($kind:expr, $T:ident => $body:expr) => {
        match $kind {
            Kind::Complex64 => {
                type $T = Complex<f32>;
                $body
            }
            Kind::Complex128 => {
                type $T = Complex<f64>;
                $body
            }
            other => each_ordered!(other, $T => $body),
        }
    };
}

macro_rules! each_ordered {
    ($kind:expr, $T:ident => $body:expr) => {
        match $kind {
            Kind::Float32 => {
                type $T = f32;
                $body
            }
            Kind::Float64 => {
                type $T = f64;
                $body
            }
            Kind::Int32 => {
                type $T = i32;
                $body
            }
            // Truth values become int64 before there is arithmetic on them.
            _ => {
                type $T = i64;
                $body
            }
        }
    };
}

impl Work {
    /// Slots with the program's literals in them.
    pub fn new(program: &Program) -> Work {
        let mut memory = vec![Complex::default(); program.slots * BLOCK];
        let base = memory.as_mut_ptr().cast::<u8>();
        let slots = (0..program.slots).map(|k| base.wrapping_add(k * SLOT)).collect();
        let mut work = Work { memory, slots };
        for (slot, kind, literal) in &program.literals {
            match *literal {
                Literal::Integer(n) => work.fill(*slot, *kind, |_| n),
                Literal::Real(x) => work.fill(*slot, *kind, |_| Complex::new(x, 0.0)),
            }
        }
        work
    }

    fn fill<V: Value>(&mut self, slot: usize, kind: Kind, value: impl Fn(usize) -> V) {
        let own = self.memory.as_mut_ptr().cast::<u8>().wrapping_add(slot * SLOT);
        self.slots[slot] = own;
        each_kind!(kind, T => {
            // SAFETY: the slot's own memory has a block of elements of any kind, aligned for all.
            let elements = unsafe { std::slice::from_raw_parts_mut(own.cast::<T>(), BLOCK) };
            elements.iter_mut().enumerate().for_each(|(k, e)| *e = T::from_value(value(k)));
        });
    }

    /// A scalar variable.
    pub fn set_scalar(&mut self, variable: usize, kind: Kind, value: Scalar) {
        match kind.is_integer() {
            true => self.fill(variable, kind, |_| value.re as i64),
            false => self.fill(variable, kind, |_| Complex::new(value.re, value.im)),
        }
    }

    /// A variable of integers.
    pub fn set_integers(&mut self, variable: usize, value: impl Fn(usize) -> i64) {
        self.fill(variable, Kind::Int64, value);
    }

    /// A variable whose values stand elsewhere until the next block.
    ///
    /// # Safety
    /// As many elements of the variable's kind as the blocks have that run before it is set again.
    pub unsafe fn set_input(&mut self, variable: usize, pointer: *const u8) {
        self.slots[variable] = pointer.cast_mut();
    }

    /// The memory of a slot.
    pub fn slot(&self, slot: usize) -> *mut u8 {
        self.slots[slot]
    }

    /// The memory of a variable's own slot, for values that are written here.
    pub fn own(&mut self, variable: usize) -> *mut u8 {
        self.slots[variable] = self.memory.as_mut_ptr().cast::<u8>().wrapping_add(variable * SLOT);
        self.slots[variable]
    }

    /// Computes `count` elements, at most a block.
    ///
    /// # Safety
    /// All variables that the program reads are set, for as many elements.
    pub unsafe fn run(&mut self, program: &Program, count: usize) {
        debug_assert!(count <= BLOCK && self.slots.len() == program.slots);
        for instruction in &program.instructions {
            // SAFETY: operands and target are different slots, each of a block of elements of its kind.
            unsafe { self.step(instruction, count) };
        }
    }

    unsafe fn step(&mut self, instruction: &Instruction, n: usize) {
        let Instruction { operation, kind, operands, target } = *instruction;
        let [a, b, c] = operands.map(|k| self.slots[k].cast_const());
        let to = self.slots[target];
        // SAFETY: the contract of this function.
        unsafe {
            match operation {
                Operation::Convert(from) => {
                    each_kind!(from, A => each_kind!(kind, T => map(a, to, n, |x: A| T::from_value(x))))
                }
                Operation::Negate => each_number!(kind, T => map(a, to, n, T::negate)),
                Operation::Not => map(a, to, n, |x: bool| !x),
                Operation::Choose => each_kind!(kind, T => {
                    let condition = std::slice::from_raw_parts(a.cast::<bool>(), n);
                    let first = std::slice::from_raw_parts(b.cast::<T>(), n);
                    let second = std::slice::from_raw_parts(c.cast::<T>(), n);
                    let result = std::slice::from_raw_parts_mut(to.cast::<T>(), n);
                    for k in 0..n {
                        result[k] = if condition[k] { first[k] } else { second[k] };
                    }
                }),
                Operation::Binary(operator) => binary(operator, kind, [a, b], to, n),
                Operation::Call(function) => call(function, kind, a, to, n),
                Operation::CallPair(pair) => call_pair(pair, kind, [a, b], to, n),
            }
        }
    }
}

/// # Safety
/// `n` elements at both, apart from one another; so of the other functions here.
#[inline(always)]
unsafe fn map<A: Copy, T>(from: *const u8, to: *mut u8, n: usize, f: impl Fn(A) -> T) {
    // SAFETY: the contract of this function.
    let (from, to) =
        unsafe { (std::slice::from_raw_parts(from.cast::<A>(), n), std::slice::from_raw_parts_mut(to.cast::<T>(), n)) };
    for (to, from) in to.iter_mut().zip(from) {
        *to = f(*from);
    }
}

#[inline(always)]
unsafe fn zip<A: Copy, T>([a, b]: [*const u8; 2], to: *mut u8, n: usize, f: impl Fn(A, A) -> T) {
    // SAFETY: the contract of `map`.
    let (a, b, to) = unsafe {
        (
            std::slice::from_raw_parts(a.cast::<A>(), n),
            std::slice::from_raw_parts(b.cast::<A>(), n),
            std::slice::from_raw_parts_mut(to.cast::<T>(), n),
        )
    };
    for ((to, a), b) in to.iter_mut().zip(a).zip(b) {
        *to = f(*a, *b);
    }
}

unsafe fn binary(operator: Binary, kind: Kind, from: [*const u8; 2], to: *mut u8, n: usize) {
    // SAFETY: the contract of `map`.
    unsafe {
        match operator {
            Binary::Add => each_number!(kind, T => zip(from, to, n, T::add)),
            Binary::Subtract => each_number!(kind, T => zip(from, to, n, T::subtract)),
            Binary::Multiply => each_number!(kind, T => zip(from, to, n, T::multiply)),
            Binary::Divide => each_number!(kind, T => zip(from, to, n, T::divide)),
            Binary::Remainder if kind == Kind::Int32 => zip(from, to, n, i32::remainder),
            Binary::Remainder => zip(from, to, n, i64::remainder),
            Binary::Equal => each_number!(kind, T => zip(from, to, n, |x: T, y: T| x == y)),
            Binary::NotEqual => each_number!(kind, T => zip(from, to, n, |x: T, y: T| x != y)),
            Binary::Less => each_ordered!(kind, T => zip(from, to, n, |x: T, y: T| x < y)),
            Binary::LessEqual => each_ordered!(kind, T => zip(from, to, n, |x: T, y: T| x <= y)),
            Binary::Greater => each_ordered!(kind, T => zip(from, to, n, |x: T, y: T| x > y)),
            Binary::GreaterEqual => each_ordered!(kind, T => zip(from, to, n, |x: T, y: T| x >= y)),
            Binary::And => zip(from, to, n, |x: bool, y: bool| x & y),
            Binary::Or => zip(from, to, n, |x: bool, y: bool| x | y),
        }
    }
}

unsafe fn call(function: Function, kind: Kind, from: *const u8, to: *mut u8, n: usize) {
    // SAFETY: the contract of `map`.
    unsafe {
        match kind {
            Kind::Float32 => call_real::<f32>(function, from, to, n),
            Kind::Float64 => call_real::<f64>(function, from, to, n),
            Kind::Complex64 => call_complex::<f32>(function, from, to, n),
            Kind::Complex128 => call_complex::<f64>(function, from, to, n),
            Kind::Int32 => call_integer::<i32>(function, from, to, n),
            _ => call_integer::<i64>(function, from, to, n),
        }
    }
}

/// A loop for each of the functions that become vectors, and one for all others.
macro_rules! loops {
    ($function:expr, [$($name:ident),* $(,)?], |$f:ident| $loop:expr) => {
        match $function {
            $(Function::$name => {
                const $f: Function = Function::$name;
                $loop
            })*
            #[allow(non_snake_case)]
            $f => $loop,
        }
    };
}

unsafe fn call_real<R: Real>(function: Function, from: *const u8, to: *mut u8, n: usize) {
    // SAFETY: the contract of `map`.
    unsafe {
        match function {
            Function::IsNan => map(from, to, n, |x: R| x.is_nan()),
            Function::IsInf => map(from, to, n, |x: R| x.is_infinite()),
            Function::IsFinite => map(from, to, n, |x: R| !x.is_nan() && !x.is_infinite()),
            _ => loops!(function, [Sqrt, Floor, Ceil, Trunc, Rint, Sign, Square, Reciprocal, Abs], |F| {
                map(from, to, n, |x: R| R::function(F, x))
            }),
        }
    }
}

unsafe fn call_complex<R: Real>(function: Function, from: *const u8, to: *mut u8, n: usize)
where
    Complex<R>: Value,
{
    // SAFETY: the contract of `map`.
    unsafe {
        match function {
            Function::Abs => map(from, to, n, |z: Complex<R>| R::hypot(z.re, z.im)),
            Function::Angle => map(from, to, n, |z: Complex<R>| R::angle(z.re, z.im)),
            Function::Real => map(from, to, n, |z: Complex<R>| z.re),
            Function::Imag => map(from, to, n, |z: Complex<R>| z.im),
            Function::IsNan => map(from, to, n, |z: Complex<R>| z.re.is_nan() || z.im.is_nan()),
            Function::IsInf => map(from, to, n, |z: Complex<R>| z.re.is_infinite() || z.im.is_infinite()),
            Function::IsFinite => map(from, to, n, |z: Complex<R>| {
                !(z.re.is_nan() || z.im.is_nan() || z.re.is_infinite() || z.im.is_infinite())
            }),
            _ => map(from, to, n, |z: Complex<R>| R::complex_function(function, z)),
        }
    }
}

unsafe fn call_integer<I: Integer>(function: Function, from: *const u8, to: *mut u8, n: usize) {
    // SAFETY: the contract of `map`.
    unsafe {
        match function {
            Function::Abs => map(from, to, n, I::absolute),
            Function::Sign => map(from, to, n, I::sign),
            Function::Square => map(from, to, n, |x: I| x.multiply(x)),
            Function::Imag => map(from, to, n, |_: I| I::default()),
            Function::IsNan | Function::IsInf => map(from, to, n, |_: I| false),
            Function::IsFinite => map(from, to, n, |_: I| true),
            _ => map(from, to, n, |x: I| x),
        }
    }
}

unsafe fn call_pair(pair: Pair, kind: Kind, from: [*const u8; 2], to: *mut u8, n: usize) {
    // SAFETY: the contract of `map`.
    unsafe {
        match (pair, kind) {
            (Pair::Complex, Kind::Float32) => zip(from, to, n, Complex::<f32>::new),
            (Pair::Complex, _) => zip(from, to, n, Complex::<f64>::new),
            (_, Kind::Float32) => zip(from, to, n, |x, y| f32::real_pair(pair, x, y)),
            (_, Kind::Float64) => zip(from, to, n, |x, y| f64::real_pair(pair, x, y)),
            (_, Kind::Complex64) => zip(from, to, n, f32::power),
            (_, Kind::Complex128) => zip(from, to, n, f64::power),
            (_, Kind::Int32) => zip(from, to, n, |x: i32, y| Ordered::pair(pair, x, y)),
            _ => zip(from, to, n, |x: i64, y| Ordered::pair(pair, x, y)),
        }
    }
}
