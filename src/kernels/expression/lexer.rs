//! A text of the expression language as words, numbers and signs.

use crate::error::{Error, Result, Status};
use std::fmt;

/// A place in a text: line and column, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    line: usize,
    column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            1 => write!(f, "column {}", self.column),
            line => write!(f, "line {line}, column {}", self.column),
        }
    }
}

impl Position {
    /// An error at this place.
    pub fn error(self, text: impl fmt::Display) -> Error {
        Error::new(Status::Compilation, format!("{self}: {text}"))
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    Name(String),
    Integer(i64),
    /// A number with a point or an exponent.
    Real(f64),
    /// With the suffix f: float32, whatever it meets.
    Single(f32),
    Sign(&'static str),
    End,
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Word::Name(name) => write!(f, "'{name}'"),
            Word::Integer(n) => write!(f, "{n}"),
            Word::Real(x) => write!(f, "{x}"),
            Word::Single(x) => write!(f, "{x}f"),
            Word::Sign(sign) => write!(f, "'{sign}'"),
            Word::End => write!(f, "the end"),
        }
    }
}

/// Longer signs before their beginnings.
const SIGNS: [&str; 21] =
    ["==", "!=", "<=", ">=", "&&", "||", "+", "-", "*", "/", "%", "<", ">", "!", "?", ":", "=", "(", ")", ",", ";"];

/// The words of a text, the last one `End`.
pub fn words(text: &str) -> Result<Vec<(Position, Word)>> {
    let letters: Vec<char> = text.chars().collect();
    let (mut list, mut at) = (Vec::new(), 0);
    let mut here = Position { line: 1, column: 1 };
    while at < letters.len() {
        let rest = &letters[at..];
        let (word, used) = match rest[0] {
            '\n' => {
                (at, here) = (at + 1, Position { line: here.line + 1, column: 1 });
                continue;
            }
            c if c.is_whitespace() => {
                (at, here.column) = (at + 1, here.column + 1);
                continue;
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let name: String = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect();
                let used = name.len();
                (Word::Name(name), used)
            }
            c if c.is_ascii_digit() || (c == '.' && rest.get(1).is_some_and(char::is_ascii_digit)) => {
                number(rest, here)?
            }
            c => match SIGNS.iter().find(|s| s.chars().zip(rest).filter(|(a, b)| a == *b).count() == s.len()) {
                Some(sign) => (Word::Sign(sign), sign.len()),
                None => return Err(here.error(format!("'{c}' is not part of the language"))),
            },
        };
        list.push((here, word));
        (at, here.column) = (at + used, here.column + used);
    }
    list.push((here, Word::End));
    Ok(list)
}

/// A number, and how many letters it has.
fn number(letters: &[char], here: Position) -> Result<(Word, usize)> {
    let digits = |from: usize| letters[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let is = |at: usize, wanted: &str| letters.get(at).is_some_and(|c| wanted.contains(*c));
    let mut end = digits(0);
    let mut whole = true;
    if is(end, ".") {
        whole = false;
        end += 1 + digits(end + 1);
    }
    if is(end, "eE") {
        let sign = usize::from(is(end + 1, "+-"));
        match digits(end + 1 + sign) {
            0 => return Err(here.error("a number whose exponent has no digits")),
            n => end += 1 + sign + n,
        }
        whole = false;
    }
    let text: String = letters[..end].iter().collect();
    let single = is(end, "fF") && !whole;
    let after = end + usize::from(single);
    if letters.get(after).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == '.') {
        return Err(here.error(format!("'{text}{}' is not a number", letters[end])));
    }
    let word = match (whole, single) {
        (true, _) => match text.parse() {
            Ok(n) => Word::Integer(n),
            Err(_) => return Err(here.error(format!("the integer {text} exceeds 2^63 - 1"))),
        },
        (false, true) => Word::Single(text.parse().unwrap_or(f32::NAN)),
        (false, false) => Word::Real(text.parse().unwrap_or(f64::NAN)),
    };
    Ok((word, after))
}
