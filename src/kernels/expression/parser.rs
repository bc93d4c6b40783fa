//! From words to a tree, with C's precedence.

use super::lexer::{words, Position, Word};
use crate::error::Result;

/// An expression and the place where it, or its operator, stands.
#[derive(Clone, Debug)]
pub struct Expression {
    pub at: Position,
    pub node: Node,
    depth: usize,
}

#[derive(Clone, Debug)]
pub enum Node {
    Integer(i64),
    Real(f64),
    Single(f32),
    Name(String),
    Negate(Box<Expression>),
    Not(Box<Expression>),
    Binary(Binary, Box<Expression>, Box<Expression>),
    /// c ? a : b
    Choose(Box<Expression>, Box<Expression>, Box<Expression>),
    Call(String, Vec<Expression>),
}

/// `target = value`, or `type target = value` for a new name.
#[derive(Clone, Debug)]
pub struct Statement {
    pub at: Position,
    pub declared: Option<String>,
    pub target: String,
    pub value: Expression,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    And,
    Or,
}

impl Binary {
    /// The operator of a sign and how tightly it binds.
    fn of(sign: &str) -> Option<(Binary, u8)> {
        Some(match sign {
            "||" => (Binary::Or, 1),
            "&&" => (Binary::And, 2),
            "==" => (Binary::Equal, 3),
            "!=" => (Binary::NotEqual, 3),
            "<" => (Binary::Less, 4),
            "<=" => (Binary::LessEqual, 4),
            ">" => (Binary::Greater, 4),
            ">=" => (Binary::GreaterEqual, 4),
            "+" => (Binary::Add, 5),
            "-" => (Binary::Subtract, 5),
            "*" => (Binary::Multiply, 6),
            "/" => (Binary::Divide, 6),
            "%" => (Binary::Remainder, 6),
            _ => return None,
        })
    }

    pub fn sign(self) -> &'static str {
        match self {
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::Remainder => "%",
            Binary::Equal => "==",
            Binary::NotEqual => "!=",
            Binary::Less => "<",
            Binary::LessEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterEqual => ">=",
            Binary::And => "&&",
            Binary::Or => "||",
        }
    }
}

/// Levels of a tree, at most: later passes go down them by recursion.
const DEPTH: usize = 500;

/// Levels of parentheses, calls and signs before a value, at most.
const NESTING: usize = 100;

/// The statements of a body.
pub fn statements(text: &str) -> Result<Vec<Statement>> {
    let mut parser = Parser::new(text)?;
    let mut list = Vec::new();
    loop {
        while parser.accept(";") {}
        if parser.word() == &Word::End {
            return Ok(list);
        }
        list.push(parser.statement()?);
        if parser.word() != &Word::End {
            parser.expect(";")?;
        }
    }
}

/// A text that is one expression.
pub fn expression(text: &str) -> Result<Expression> {
    let mut parser = Parser::new(text)?;
    let expression = parser.choice()?;
    match parser.word() {
        Word::End => Ok(expression),
        word => Err(parser.at().error(format!("expected an operator or the end, found {word}"))),
    }
}

struct Parser {
    words: Vec<(Position, Word)>,
    next: usize,
    nesting: usize,
}

impl Parser {
    fn new(text: &str) -> Result<Parser> {
        Ok(Parser { words: words(text)?, next: 0, nesting: 0 })
    }

    fn word(&self) -> &Word {
        &self.words[self.next].1
    }

    fn at(&self) -> Position {
        self.words[self.next].0
    }

    fn advance(&mut self) {
        self.next = (self.next + 1).min(self.words.len() - 1);
    }

    fn accept(&mut self, sign: &str) -> bool {
        let found = matches!(self.word(), Word::Sign(s) if *s == sign);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, sign: &str) -> Result<()> {
        match self.accept(sign) {
            true => Ok(()),
            false => Err(self.at().error(format!("expected '{sign}', found {}", self.word()))),
        }
    }

    fn name(&mut self, what: &str) -> Result<String> {
        let Word::Name(name) = self.word() else {
            return Err(self.at().error(format!("expected {what}, found {}", self.word())));
        };
        let name = name.clone();
        self.advance();
        Ok(name)
    }

    fn statement(&mut self) -> Result<Statement> {
        let mut at = self.at();
        let first = self.name("the name of an output")?;
        let (declared, target) = match self.word() {
            Word::Name(_) => {
                at = self.at();
                (Some(first), self.name("a name")?)
            }
            _ => (None, first),
        };
        self.expect("=")?;
        let value = self.choice()?;
        match self.word() {
            Word::End | Word::Sign(";") => Ok(Statement { at, declared, target, value }),
            word => Err(self.at().error(format!("expected an operator or ';', found {word}"))),
        }
    }

    /// c ? a : b, from the right.
    fn choice(&mut self) -> Result<Expression> {
        let condition = self.binary(1)?;
        let at = self.at();
        if !self.accept("?") {
            return Ok(condition);
        }
        let first = self.nested(Parser::choice)?;
        self.expect(":")?;
        let second = self.nested(Parser::choice)?;
        node(at, |b| Node::Choose(b(condition), b(first), b(second)))
    }

    /// Operators that bind at least as tightly as `level`, from the left.
    fn binary(&mut self, level: u8) -> Result<Expression> {
        let mut left = self.unary()?;
        while let Word::Sign(sign) = self.word() {
            let Some((operator, binds)) = Binary::of(sign).filter(|(_, binds)| *binds >= level) else { break };
            let at = self.at();
            self.advance();
            let right = self.binary(binds + 1)?;
            left = node(at, |b| Node::Binary(operator, b(left), b(right)))?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression> {
        let at = self.at();
        if self.accept("-") {
            let value = self.nested(Parser::unary)?;
            return node(at, |b| Node::Negate(b(value)));
        }
        if self.accept("!") {
            let value = self.nested(Parser::unary)?;
            return node(at, |b| Node::Not(b(value)));
        }
        if self.accept("+") {
            return self.nested(Parser::unary);
        }
        self.value()
    }

    fn value(&mut self) -> Result<Expression> {
        let (at, word) = self.words[self.next].clone();
        let leaf = |node| Ok(Expression { at, node, depth: 1 });
        self.advance();
        match word {
            Word::Integer(n) => leaf(Node::Integer(n)),
            Word::Real(x) => leaf(Node::Real(x)),
            Word::Single(x) => leaf(Node::Single(x)),
            Word::Name(name) if self.accept("(") => {
                let mut arguments = Vec::new();
                if !self.accept(")") {
                    loop {
                        arguments.push(self.nested(Parser::choice)?);
                        if !self.accept(",") {
                            break;
                        }
                    }
                    self.expect(")")?;
                }
                let depth = 1 + arguments.iter().map(|a| a.depth).max().unwrap_or(0);
                Ok(Expression { at, node: Node::Call(name, arguments), depth })
            }
            Word::Name(name) => leaf(Node::Name(name)),
            Word::Sign("(") => {
                let inside = self.nested(Parser::choice)?;
                self.expect(")")?;
                Ok(inside)
            }
            word => Err(at.error(format!("expected a value, found {word}"))),
        }
    }

    fn nested(&mut self, part: fn(&mut Parser) -> Result<Expression>) -> Result<Expression> {
        self.nesting += 1;
        if self.nesting > NESTING {
            return Err(self.at().error(format!("more than {NESTING} levels of parentheses and signs")));
        }
        let parsed = part(self)?;
        self.nesting -= 1;
        Ok(parsed)
    }
}

/// A node over others, which `make` puts into boxes.
fn node(at: Position, make: impl FnOnce(&mut dyn FnMut(Expression) -> Box<Expression>) -> Node) -> Result<Expression> {
    let mut depth = 1;
    let node = make(&mut |part| {
        depth = depth.max(1 + part.depth);
        Box::new(part)
    });
    match depth > DEPTH {
        true => Err(at.error(format!("an expression of more than {DEPTH} levels"))),
        false => Ok(Expression { at, node, depth }),
    }
}
