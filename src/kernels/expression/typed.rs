//! Types of a tree: every value gets one, and conversions stand where NumPy's promotion puts them.
//!
//! A number literal is weak, as a Python number is in NumPy: it takes the type of what it meets, but a literal with a point
//! makes an integer float64. Division of integers is C's, towards zero.

use super::function::{self, Function, Pair, WHERE};
use super::kind::Kind;
use super::lexer::Position;
use super::parser::{Binary, Expression, Node, Statement};
use super::signature::{check_name, Type};
use crate::error::Result;

/// An expression whose types are known.
#[derive(Clone, Debug)]
pub struct Typed {
    pub kind: Kind,
    weak: bool,
    pub node: TypedNode,
}

#[derive(Clone, Debug)]
pub enum TypedNode {
    Integer(i64),
    Real(f64),
    /// A variable of the scope.
    Variable(usize),
    /// To the node's own type.
    Convert(Box<Typed>),
    Negate(Box<Typed>),
    Not(Box<Typed>),
    /// Both sides are of one type.
    Binary(Binary, Box<Typed>, Box<Typed>),
    Choose(Box<Typed>, Box<Typed>, Box<Typed>),
    Call(Function, Box<Typed>),
    CallPair(Pair, Box<Typed>, Box<Typed>),
}

/// Something that has a name and a type.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub kind: Kind,
    /// Whether it has a value yet.
    pub known: bool,
    /// Whether a statement gives it its value.
    pub assigned: bool,
}

/// The names that an expression may use.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub variables: Vec<Variable>,
    /// What the letters of generic types stand for.
    pub letters: Vec<(char, Kind)>,
}

/// `variable := value`, of the variable's type.
#[derive(Clone, Debug)]
pub struct Assignment {
    pub variable: usize,
    pub value: Typed,
}

impl Scope {
    /// Adds a name with a value.
    pub fn add(&mut self, name: &str, kind: Kind) -> usize {
        self.variables.push(Variable { name: name.into(), kind, known: true, assigned: false });
        self.variables.len() - 1
    }

    /// Adds a name that a statement must give a value.
    pub fn add_output(&mut self, name: &str, kind: Kind) -> usize {
        self.variables.push(Variable { name: name.into(), kind, known: false, assigned: true });
        self.variables.len() - 1
    }

    fn find(&self, name: &str) -> Option<usize> {
        self.variables.iter().position(|v| v.name == name)
    }

    /// The type with this name.
    pub fn kind_of(&self, of: Type) -> Option<Kind> {
        match of {
            Type::One(dtype) => Some(dtype.into()),
            Type::Any(letter) => self.letters.iter().find(|(l, _)| *l == letter).map(|(_, kind)| *kind),
        }
    }

    fn kind_named(&self, name: &str) -> Option<Kind> {
        self.kind_of(Type::of(name)?)
    }

    /// Types the statements of a body; every output gets a value, once.
    pub fn assignments(&mut self, statements: &[Statement]) -> Result<Vec<Assignment>> {
        let mut list = Vec::new();
        for statement in statements {
            let at = statement.at;
            let mut value = self.typed(&statement.value)?;
            let target = &statement.target;
            let variable = match (&statement.declared, self.find(target)) {
                (Some(of), None) => {
                    let Some(kind) = self.kind_named(of) else { return Err(at.error(format!("'{of}' is no type"))) };
                    check_name(target).map_err(|e| at.error(e))?;
                    self.add_output(target, kind)
                }
                (Some(_), Some(_)) => return Err(at.error(format!("there is a '{target}' already"))),
                (None, None) => return Err(at.error(format!("'{target}' is no output"))),
                (None, Some(k)) if !self.variables[k].assigned => {
                    return Err(at.error(format!("'{target}' is no output, so that nothing can be assigned to it")));
                }
                (None, Some(k)) if self.variables[k].known => {
                    return Err(at.error(format!("'{target}' has a value already")));
                }
                (None, Some(k)) => k,
            };
            value = assigned(value, self.variables[variable].kind, statement.value.at)?;
            self.variables[variable].known = true;
            list.push(Assignment { variable, value });
        }
        Ok(list)
    }

    /// The first name that no statement has given a value.
    pub fn unassigned(&self) -> Option<&str> {
        self.variables.iter().find(|v| !v.known).map(|v| v.name.as_str())
    }

    /// Types an expression that becomes a value of `kind`.
    pub fn converted(&self, expression: &Expression, kind: Kind) -> Result<Typed> {
        assigned(self.typed(expression)?, kind, expression.at)
    }

    /// Types an expression.
    pub fn typed(&self, expression: &Expression) -> Result<Typed> {
        let at = expression.at;
        Ok(match &expression.node {
            Node::Integer(n) => Typed { kind: Kind::Int64, weak: true, node: TypedNode::Integer(*n) },
            Node::Real(x) => Typed { kind: Kind::Float64, weak: true, node: TypedNode::Real(*x) },
            Node::Single(x) => strong(Kind::Float32, TypedNode::Real(f64::from(*x))),
            Node::Name(name) => match (self.find(name), function::constant(name)) {
                (Some(k), _) if self.variables[k].known => strong(self.variables[k].kind, TypedNode::Variable(k)),
                (Some(_), _) => return Err(at.error(format!("'{name}' is read before it has a value"))),
                (None, Some(value)) => Typed { kind: Kind::Float64, weak: true, node: TypedNode::Real(value) },
                (None, None) => return Err(at.error(format!("'{name}' is no parameter and no constant"))),
            },
            Node::Negate(value) => {
                let value = self.typed(value)?;
                let kind = value.kind.promote(if value.kind == Kind::Bool { Kind::Int64 } else { value.kind });
                let (weak, value) = (value.weak, convert(value, kind));
                match (weak, &value.node) {
                    (true, TypedNode::Integer(n)) => Typed { kind, weak, node: TypedNode::Integer(n.wrapping_neg()) },
                    (true, TypedNode::Real(x)) => Typed { kind, weak, node: TypedNode::Real(-x) },
                    _ => Typed { kind, weak, node: TypedNode::Negate(Box::new(value)) },
                }
            }
            Node::Not(value) => strong(Kind::Bool, TypedNode::Not(Box::new(self.truth(value)?))),
            Node::Binary(operator @ (Binary::And | Binary::Or), a, b) => {
                let (a, b) = (self.truth(a)?, self.truth(b)?);
                strong(Kind::Bool, TypedNode::Binary(*operator, Box::new(a), Box::new(b)))
            }
            Node::Binary(operator, a, b) => self.operation(at, *operator, self.typed(a)?, self.typed(b)?)?,
            Node::Choose(c, a, b) => self.choice(c, a, b)?,
            Node::Call(name, arguments) => self.call(at, name, arguments)?,
        })
    }

    fn truth(&self, expression: &Expression) -> Result<Typed> {
        Ok(convert(self.typed(expression)?, Kind::Bool))
    }

    fn choice(&self, c: &Expression, a: &Expression, b: &Expression) -> Result<Typed> {
        let condition = self.truth(c)?;
        let (a, b) = (self.typed(a)?, self.typed(b)?);
        let (kind, weak) = meet(&a, &b);
        let [a, b] = [a, b].map(|v| Box::new(convert(v, kind)));
        Ok(Typed { kind, weak, node: TypedNode::Choose(Box::new(condition), a, b) })
    }

    fn operation(&self, at: Position, operator: Binary, a: Typed, b: Typed) -> Result<Typed> {
        use Binary::*;
        let (mut kind, weak) = meet(&a, &b);
        let compares = matches!(operator, Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual);
        if kind == Kind::Bool {
            kind = Kind::Int64;
        }
        if kind.is_complex() && (operator == Remainder || compares && !matches!(operator, Equal | NotEqual)) {
            return Err(at.error(format!("complex numbers have no '{}'", operator.sign())));
        }
        if !kind.is_integer() && operator == Remainder {
            return Err(at.error(format!("'%' is for integers, not {}; fmod is for real numbers", kind.name())));
        }
        if let (true, TypedNode::Real(x), TypedNode::Real(y)) = (weak, &a.node, &b.node) {
            let folded = match operator {
                Add => Some(x + y),
                Subtract => Some(x - y),
                Multiply => Some(x * y),
                Divide => Some(x / y),
                _ => None,
            };
            if let Some(value) = folded {
                return Ok(Typed { kind, weak, node: TypedNode::Real(value) });
            }
        }
        let [a, b] = [a, b].map(|v| Box::new(convert(v, kind)));
        let (kind, weak) = if compares { (Kind::Bool, false) } else { (kind, weak) };
        Ok(Typed { kind, weak, node: TypedNode::Binary(operator, a, b) })
    }

    fn call(&self, at: Position, name: &str, arguments: &[Expression]) -> Result<Typed> {
        let count = |wanted: usize| match arguments.len() == wanted {
            true => Ok(()),
            false => Err(at.error(format!("'{name}' has {} arguments, expected {wanted}", arguments.len()))),
        };
        let refused = |kind: Kind, why: &str| at.error(format!("'{name}' of {} numbers: {why}", kind.name()));
        if let Some(kind) = self.kind_named(name) {
            count(1)?;
            return assigned(self.typed(&arguments[0])?, kind, at);
        }
        if name == WHERE {
            count(3)?;
            return self.choice(&arguments[0], &arguments[1], &arguments[2]);
        }
        if let Some(function) = Function::of(name) {
            count(1)?;
            let value = self.typed(&arguments[0])?;
            let kind = function.argument(value.kind).map_err(|why| refused(value.kind, why))?;
            let weak = value.weak && function.result(kind) != Kind::Bool;
            let value = convert(value, kind);
            return Ok(Typed { kind: function.result(kind), weak, node: TypedNode::Call(function, Box::new(value)) });
        }
        if let Some(pair) = Pair::of(name) {
            count(2)?;
            let (a, b) = (self.typed(&arguments[0])?, self.typed(&arguments[1])?);
            let (common, weak) = meet(&a, &b);
            let kind = pair.argument(common).map_err(|why| refused(common, why))?;
            let [a, b] = [a, b].map(|v| Box::new(convert(v, kind)));
            return Ok(Typed { kind: pair.result(kind), weak, node: TypedNode::CallPair(pair, a, b) });
        }
        Err(at.error(format!("there is no function '{name}'")))
    }
}

fn strong(kind: Kind, node: TypedNode) -> Typed {
    Typed { kind, weak: false, node }
}

/// The type that two values have in common, and whether it is weak.
fn meet(a: &Typed, b: &Typed) -> (Kind, bool) {
    let takes = |weak: Kind, strong: Kind| match (weak, strong) {
        (Kind::Int64, Kind::Bool) => Kind::Int64,
        (Kind::Int64, strong) => strong,
        (Kind::Complex128, strong) => strong.complex(),
        (_, strong) if strong.is_integer() => Kind::Float64,
        (_, strong) => strong,
    };
    match (a.weak, b.weak) {
        (true, false) => (takes(a.kind, b.kind), false),
        (false, true) => (takes(b.kind, a.kind), false),
        (both, _) => (a.kind.promote(b.kind), both),
    }
}

/// The value as one of `kind`; literals change at once.
fn convert(value: Typed, kind: Kind) -> Typed {
    match value.node {
        _ if value.kind == kind => value,
        TypedNode::Integer(n) if !kind.is_integer() => strong(kind, TypedNode::Real(n as f64)),
        TypedNode::Real(x) if !kind.is_integer() => strong(kind, TypedNode::Real(x)),
        TypedNode::Integer(n) if kind != Kind::Bool => strong(kind, TypedNode::Integer(n)),
        _ => strong(kind, TypedNode::Convert(Box::new(value))),
    }
}

/// As `convert`, where an imaginary part would be lost an error.
fn assigned(value: Typed, kind: Kind, at: Position) -> Result<Typed> {
    if value.kind.is_complex() && !kind.is_complex() {
        let (from, to) = (value.kind.name(), kind.name());
        return Err(at.error(format!("a {from} number as {to} would lose its imaginary part; take real, imag or abs")));
    }
    let mut value = convert(value, kind);
    value.weak = false;
    Ok(value)
}
