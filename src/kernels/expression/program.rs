//! A typed tree as a list of instructions over blocks of elements, for the host.
//!
//! A slot holds one value for each element of a block. Inputs are slots that point into arrays; literals and scalars are
//! filled once; every other slot is written by one instruction at a time and used again when its value is no longer
//! wanted.

use super::function::{Function, Pair};
use super::kind::Kind;
use super::parser::Binary;
use super::typed::{Assignment, Typed, TypedNode};

/// Elements of a block: enough to hide what an instruction costs, few enough that all slots stay in the cache.
pub const BLOCK: usize = 512;

#[derive(Clone, Copy, Debug)]
pub(super) enum Operation {
    /// The operand's kind is given.
    Convert(Kind),
    Negate,
    Not,
    Binary(Binary),
    Choose,
    Call(Function),
    CallPair(Pair),
}

/// `target := operation(operands)`; `kind` is that of the operands, of `Convert` and `Choose` that of the result.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instruction {
    pub operation: Operation,
    pub kind: Kind,
    pub operands: [usize; 3],
    pub target: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Literal {
    Integer(i64),
    Real(f64),
}

/// What runs over blocks. The first slots are the scope's variables, in their order.
#[derive(Debug)]
pub struct Program {
    pub(super) instructions: Vec<Instruction>,
    pub(super) literals: Vec<(usize, Kind, Literal)>,
    /// The slot of each assignment's value, in their order.
    results: Vec<(usize, Kind)>,
    pub(super) slots: usize,
}

impl Program {
    /// A program that computes the values of assignments, over `variables` names.
    pub fn new(variables: usize, assignments: &[Assignment]) -> Program {
        let mut program =
            Program { instructions: Vec::new(), literals: Vec::new(), results: Vec::new(), slots: variables };
        let mut writer = Writer { places: (0..variables).collect(), free: Vec::new(), program: &mut program };
        for assignment in assignments {
            let slot = match assignment.value.node {
                // A copy, since the memory of an input may be written before this value is wanted.
                TypedNode::Variable(_) => writer.copy(&assignment.value),
                _ => writer.value(&assignment.value),
            };
            // The name stands for this slot from here on, which nothing else takes.
            writer.places[assignment.variable] = slot;
            writer.program.results.push((slot, assignment.value.kind));
        }
        program
    }

    /// A program of one value.
    pub fn of(variables: usize, value: &Typed) -> Program {
        Program::new(variables + 1, &[Assignment { variable: variables, value: value.clone() }])
    }

    /// Whether anything reads a variable.
    pub fn reads(&self, variable: usize) -> bool {
        let operands = self.instructions.iter().flat_map(|i| i.operands);
        operands.chain(self.results.iter().map(|(slot, _)| *slot)).any(|slot| slot == variable)
    }

    /// Where the value of the k-th assignment is, and its type.
    pub fn result(&self, k: usize) -> (usize, Kind) {
        self.results[k]
    }
}

struct Writer<'a> {
    program: &'a mut Program,
    /// The slot of each variable.
    places: Vec<usize>,
    free: Vec<usize>,
}

impl Writer<'_> {
    fn new_slot(&mut self) -> usize {
        self.program.slots += 1;
        self.program.slots - 1
    }

    /// Writes what computes a value; its slot is not used again until it is given back.
    fn value(&mut self, typed: &Typed) -> usize {
        let (operation, kind, parts): (_, _, Vec<&Typed>) = match &typed.node {
            TypedNode::Integer(n) => return self.literal(typed.kind, Literal::Integer(*n)),
            TypedNode::Real(x) => return self.literal(typed.kind, Literal::Real(*x)),
            TypedNode::Variable(k) => return self.places[*k],
            TypedNode::Convert(value) => (Operation::Convert(value.kind), typed.kind, vec![value]),
            TypedNode::Negate(value) => (Operation::Negate, value.kind, vec![value]),
            TypedNode::Not(value) => (Operation::Not, value.kind, vec![value]),
            TypedNode::Binary(operator, a, b) => (Operation::Binary(*operator), a.kind, vec![a, b]),
            TypedNode::Choose(c, a, b) => (Operation::Choose, typed.kind, vec![c, a, b]),
            TypedNode::Call(function, value) => (Operation::Call(*function), value.kind, vec![value]),
            TypedNode::CallPair(pair, a, b) => (Operation::CallPair(*pair), a.kind, vec![a, b]),
        };
        let mut operands = [0; 3];
        for (place, part) in operands.iter_mut().zip(&parts) {
            *place = self.value(part);
        }
        let target = self.free.pop().unwrap_or_else(|| self.new_slot());
        for (slot, part) in operands.iter().zip(&parts) {
            // Literals and variables keep theirs.
            if !matches!(part.node, TypedNode::Integer(_) | TypedNode::Real(_) | TypedNode::Variable(_)) {
                self.free.push(*slot);
            }
        }
        self.program.instructions.push(Instruction { operation, kind, operands, target });
        target
    }

    fn copy(&mut self, typed: &Typed) -> usize {
        let (operation, from) = (Operation::Convert(typed.kind), self.value(typed));
        let target = self.free.pop().unwrap_or_else(|| self.new_slot());
        self.program.instructions.push(Instruction { operation, kind: typed.kind, operands: [from; 3], target });
        target
    }

    fn literal(&mut self, kind: Kind, value: Literal) -> usize {
        let same = |(_, k, v): &&(usize, Kind, Literal)| {
            *k == kind
                && match (v, &value) {
                    (Literal::Integer(a), Literal::Integer(b)) => a == b,
                    (Literal::Real(a), Literal::Real(b)) => a.to_bits() == b.to_bits(),
                    _ => false,
                }
        };
        if let Some((slot, _, _)) = self.program.literals.iter().find(same) {
            return *slot;
        }
        let slot = self.new_slot();
        self.program.literals.push((slot, kind, value));
        slot
    }
}
